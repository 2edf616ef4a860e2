//! Sequences where they meet margins, wide characters, double width, eight bits or one another, as xterm, DEC's manuals
//! and kitty's documents have it.

#![allow(missing_docs)]

mod common;

use common::{Term, answer, at, fed, healthy, rows, style, terminal, text};
use scarab_terminal::{Attributes, Colour, Event, LineSize, Options, Size, Terminal, VecHistory};

/// esctest2: `test_NEL_MovesDoesNotScrollOutsideLeftRight`, and the same for LF where it returns.
#[test]
fn returning_line_feeds_do_not_scroll_what_they_come_into() {
    for feed in ["\x1bE", "\x1b[20h\n"] {
        let margins = "\x1b[2;5r\x1b[?69h\x1b[2;5s\x1b[5;3Hx";
        let from = |place: &str| {
            let mut terminal = fed(10, 8, margins.as_bytes());
            terminal.feed(format!("\x1b[{place}H{feed}").as_bytes());
            (at(&terminal), rows(&terminal)[4].clone())
        };
        // From right of the margins: on the last row of the region, within it, and at the screen's end.
        assert_eq!(from("5;6"), ((4, 1), "  x".into()), "{feed:?}");
        assert_eq!(from("4;6"), ((4, 1), "  x".into()), "{feed:?}");
        assert_eq!(from("8;6"), ((7, 1), "  x".into()), "{feed:?}");
        // From within it scrolls.
        assert_eq!(from("5;5"), ((4, 1), String::new()), "{feed:?}");
    }
}

#[test]
fn reverse_wrap_stays_in_the_half_of_a_double_width_row_that_is_seen() {
    let mut terminal = fed(8, 3, b"\x1b[?45hab\x1b#6\x1b[2;1H\x08");
    assert_eq!(terminal.screen().row(0).line_size(), LineSize::DoubleWidth);
    assert_eq!(at(&terminal), (0, 3));
    terminal.feed(b"\x1b[2;1H\x1b[4D");
    assert_eq!(at(&terminal), (0, 0));
    healthy(&terminal);
}

#[test]
fn selective_erase_of_a_rectangle_takes_characters_only() {
    let mut terminal = fed(8, 2, "\x1b[1;41mab\x1b[1\"qc\x1b[0\"q世d\x1b[m".as_bytes());
    terminal.feed(b"\x1b[44m\x1b[1;2;1;4${");
    // The wide one goes as a whole, the protected one stays, and nothing is of the pen's colour.
    assert_eq!(rows(&terminal)[0], "a c  d");
    for col in 0..6 {
        let style = style(&terminal, 0, col);
        assert_eq!((style.attributes, style.bg), (Attributes::BOLD, Colour::Indexed(1)), "{col}");
    }
    healthy(&terminal);
    // Where nothing is protected, and where nothing stands.
    terminal.feed(b"\x1b[1;1;2;8${");
    assert_eq!(rows(&terminal)[0], "  c");
    terminal.feed(b"\x1bc\x1b[1;31mx\x1b[1;1;2;8${");
    assert_eq!((text(&terminal).trim(), style(&terminal, 0, 0).fg), ("", Colour::Indexed(1)));
    assert_eq!(style(&terminal, 1, 0).attributes, Attributes::default());
    healthy(&terminal);
}

#[test]
fn rectangles_are_filled_with_any_character_of_one_column() {
    let filled = |bytes: &str| rows(&fed(4, 2, bytes.as_bytes())).join("|");
    assert_eq!(filled("\x1b[9608;1;2;1;3$x"), " ██|");
    assert_eq!(filled("\x1b(0\x1b[113;1;1;1;4$x"), "────|");
    assert_eq!(filled("\x1b[233;1;1;1;2$x"), "éé|");
    // Controls, what takes two columns, and what takes none.
    for none in [7, 0x9b, 0x4e16, 0x301, 0xd800, 65535] {
        assert_eq!(filled(&format!("ab\x1b[{none};1;1;1;4$x")), "ab|", "{none}");
    }
}

#[test]
fn a_terminator_of_eight_bits_is_none_inside_a_character() {
    // Ü, ܜ and a sign whose last byte is 9C.
    for text in ["\u{dc}", "\u{71c}", "\u{1f41c}", "a\u{dc}\u{dc}b"] {
        let title = [b"\x1b G\x9d2;".as_slice(), text.as_bytes(), b"\x9cseen"].concat();
        for cut in 0..title.len() {
            let mut terminal = terminal(10, 2);
            terminal.feed(&title[..cut]);
            terminal.feed(&title[cut..]);
            assert_eq!(
                (terminal.title(), rows(&terminal)[0].as_str()),
                (text, "seen"),
                "{text} cut at {cut}"
            );
            healthy(&terminal);
        }
    }
    for (begin, end) in [(&b"\x9f"[..], &b"\x9c"[..]), (b"\x98", b"\x9c"), (b"\x90zz", b"\x9c")] {
        let bytes = [b"\x1b G", begin, "\u{dc}".as_bytes(), end, b"x"].concat();
        assert_eq!(text(&fed(10, 2, &bytes)).trim_end(), "x");
    }
}

#[test]
fn controls_of_eight_bits_cut_sequences_short() {
    let after = |bytes: &[u8]| {
        let mut all = b"\x1b G".to_vec();
        all.extend_from_slice(bytes);
        let whole = fed(10, 3, &all);
        let mut cut = terminal(10, 3);
        all.iter().for_each(|byte| cut.feed(&[*byte]));
        assert_eq!(whole.describe(), cut.describe());
        healthy(&whole);
        (at(&whole), rows(&whole)[0].clone(), whole.title().to_owned())
    };
    assert_eq!(after(b"\x9b5\x9b2Cx"), ((0, 3), "  x".into(), String::new()));
    assert_eq!(after(b"\x1b\x9b2Cx"), ((0, 3), "  x".into(), String::new()));
    assert_eq!(after(b"\x1b(\x9d2;t\x9cx"), ((0, 1), "x".into(), "t".into()));
    assert_eq!(after(b"\x9b3\x9cx"), ((0, 1), "x".into(), String::new()));
    let long = [b"\x9b".as_slice(), &b"1;".repeat(600), b"\x9b2Cx"].concat();
    assert_eq!(after(&long), ((0, 3), "  x".into(), String::new()));
    // With seven bits these bytes are nothing in a sequence.
    assert_eq!(at(&fed(10, 3, b"\x1b[\x9b3C")), (0, 3));
}

#[test]
fn a_size_is_told_however_many_events_wait() {
    let mut terminal = terminal(80, 24);
    terminal.feed(&b"\x1b]133;A\x07".repeat(400));
    terminal.feed(b"\x1b[8;30;90t\x1b]2;title\x07");
    let events = terminal.take_events();
    assert!(events.contains(&Event::Resized), "{} events", events.len());
    assert!(events.contains(&Event::Title("title".into())));
    assert!(events.len() < 300);
    assert_eq!((terminal.size().cols, terminal.size().rows), (90, 30));
}

#[test]
fn no_size_in_pixels_is_too_large() {
    let mut terminal = terminal(80, 24);
    terminal.resize(Size { cols: 1, rows: 1, width_px: u32::MAX, height_px: u32::MAX });
    terminal.feed(b"\x1b[8;256;320t\x1b[14t\x1b[16t");
    assert_eq!((terminal.size().cols, terminal.size().rows), (320, 256));
    healthy(&terminal);
}

#[test]
fn a_program_chooses_no_size_that_a_viewer_shows() {
    let size = |terminal: &Term| (terminal.size().cols, terminal.size().rows);
    let mut terminal = terminal(80, 24);
    // In focus or not.
    terminal.set_watched(true);
    terminal.feed(b"\x1b[8;30;90t\x1b[?40h\x1b[?3h");
    assert_eq!(size(&terminal), (80, 24));
    terminal.set_watched(false);
    terminal.feed(b"\x1b[8;30;90t");
    assert_eq!(size(&terminal), (90, 30));
}

#[test]
fn a_program_chooses_sizes_so_often_for_so_much_output() {
    let resizes = |terminal: &mut Term, bytes: &[u8]| {
        let before = terminal.size();
        terminal.feed(bytes);
        terminal.size() != before
    };
    let mut flood = terminal(80, 24);
    let pair: [&[u8]; 2] = [b"\x1b[8;1;320t", b"\x1b[8;256;300t"];
    let done = (0..1000).filter(|turn| resizes(&mut flood, pair[turn % 2])).count();
    // Thirty-two that were saved up, and one for every 256 bytes.
    assert!((32..32 + 1000 * 13 / 256 + 2).contains(&done), "{done}");
    assert!(!resizes(&mut flood, b"\x1b[8;25;81t"));
    flood.feed(&[b' '; 256]);
    assert!(resizes(&mut flood, b"\x1b[8;25;81t"));
    // Wherever the output is cut, and whatever it is: a replay comes to the same.
    let output: Vec<u8> = (0..400)
        .flat_map(|turn| {
            let text = [
                "\x1b[8;5;9t",
                "\u{e9}\u{4e16}",
                "\x1b]2;t\x1b\\",
                "\x1b[?25h",
                "\x1b[8;6;7t",
                "\x1bP$qm\x1b\\",
            ];
            [text[turn % 6], "\x1b[8;4;5t", text[turn % 5]].concat().into_bytes()
        })
        .collect();
    let mut whole = terminal(80, 24);
    whole.feed(&output);
    for size in [1, 2, 3, 7, 50] {
        let mut cut = terminal(80, 24);
        output.chunks(size).for_each(|chunk| cut.feed(chunk));
        assert_eq!(cut.describe(), whole.describe(), "in pieces of {size}");
    }
}

#[test]
fn colours_are_kept_in_places() {
    let mut terminal = terminal(10, 2);
    let set = |colour: &str| format!("\x1b]4;1;{colour}\x07");
    let mut said = |bytes: String| answer(&mut terminal, bytes.as_bytes());
    let ask = "\x1b]4;1;?\x07\x1b[#R";
    // A place where nothing was pushed, without pushing; there it stays.
    assert_eq!(said(set("#010203") + "\x1b[3#P" + ask), "ESC ]4;1;rgb:0101/0202/0303\x07ESC [?0;3#Q");
    for _ in 0..2 {
        assert_eq!(said(set("#040506") + "\x1b[3#Q" + ask), "ESC ]4;1;rgb:0101/0202/0303\x07ESC [?0;3#Q");
    }
    // Places without colours, and beyond the last.
    assert_eq!(said(set("#040506") + "\x1b[2#Q\x1b[11#P\x1b[11#Q\x1b[#R"), "ESC [?0;3#Q");
    // The stack is the first places.
    assert_eq!(
        said("\x1b[#P".repeat(2) + &set("#070809") + "\x1b[1#Q" + ask),
        "ESC ]4;1;rgb:0404/0505/0606\x07ESC [?2;3#Q"
    );
    assert_eq!(said("\x1b[#P".repeat(20) + "\x1b[#R"), "ESC [?10;10#Q");
    assert_eq!(said("\x1b[#Q".repeat(20) + "\x1b[#R\x1bc\x1b[#R"), "ESC [?0;10#QESC [?0;0#Q");
    healthy(&terminal);
}

#[test]
fn renditions_that_do_not_fit_are_popped_all_the_same() {
    let mut terminal = terminal(10, 2);
    terminal.feed(b"\x1b[1m\x1b[#{");
    terminal.feed(&b"\x1b[3m\x1b[#{".repeat(14));
    terminal.feed(&b"\x1b[#}".repeat(15));
    assert_eq!(answer(&mut terminal, b"\x1bP$qm\x1b\\"), "ESC P1$r0;1mESC \\");
    // The colours by their old numbers.
    terminal.feed(b"\x1b[0;34;45m\x1b[10;11#{\x1b[1;31;42m\x1b[#}");
    assert_eq!(answer(&mut terminal, b"\x1bP$qm\x1b\\"), "ESC P1$r0;1;34;45mESC \\");
}

#[test]
fn a_common_rendition_is_asked_for_by_places_within_the_margins() {
    let mut terminal = fed(8, 4, b"\x1b[2;2H\x1b[1mab\x1b[m\x1b[2;4r\x1b[?69h\x1b[2;8s");
    assert_eq!(answer(&mut terminal, b"\x1b[1;1;1;2#|\x1b[2;2;2;3#|"), "ESC [0mESC [0;1m");
    terminal.feed(b"\x1b[?6h");
    assert_eq!(answer(&mut terminal, b"\x1b[1;1;1;2#|"), "ESC [0;1m");
}

#[test]
fn a_title_mode_must_be_named() {
    let title = |bytes: &[u8]| fed(10, 2, bytes).title().to_owned();
    for cut in [&b"\x1b[>t"[..], b"\x1b[>T"] {
        assert_eq!(title(&[cut, b"\x1b]2;6162\x07"].concat()), "6162");
    }
    assert_eq!(title(b"\x1b[>0t\x1b]2;6162\x07"), "ab");
    assert_eq!(title(b"\x1b[>0t\x1b[>T\x1b]2;6162\x07"), "ab");
    let mut cut = terminal(10, 2);
    for byte in b"\x1b[>t\x1b]2;6162\x07" {
        cut.feed(&[*byte]);
    }
    assert_eq!(cut.title(), "6162");
}

#[test]
fn titles_are_told_where_the_host_says_so_and_not_where_the_screen_may_be_read() {
    let told = |options: Options| {
        let mut terminal = Terminal::new(Size::cells(10, 2), options, VecHistory::default());
        answer(&mut terminal, b"\x1b]0;rm -rf\x07\x1b[20t\x1b[21t")
    };
    assert_eq!(told(Options { allow_checksum: true, ..Options::default() }), "ESC ]LESC \\ESC ]lESC \\");
    assert_eq!(
        told(Options { tell_titles: true, ..Options::default() }),
        "ESC ]Lrm -rfESC \\ESC ]lrm -rfESC \\"
    );
}

#[test]
fn the_first_level_has_no_eighth_bit_to_tell_of() {
    let asked =
        |level: &str| answer(&mut fed(10, 2, format!("\x1b[{level}\"p").as_bytes()), b"\x1bP$q\"p\x1b\\");
    assert_eq!(asked("61"), "ESC P1$r61\"pESC \\");
    assert_eq!(asked("64;1"), "ESC P1$r64;1\"pESC \\");
}

#[test]
fn pointer_shapes_have_a_stack_for_each_screen() {
    let mut terminal = terminal(10, 2);
    let mut current = |bytes: &str| {
        terminal.feed(bytes.as_bytes());
        let told: Vec<Event> = terminal.take_events();
        let mut told = told.into_iter().filter_map(|event| match event {
            Event::PointerShape(shape) => Some(shape),
            _ => None,
        });
        (terminal.pointer_shape().to_owned(), told.next_back())
    };
    let told = |shape: &str| (shape.to_owned(), Some(shape.to_owned()));
    assert_eq!(current("\x1b]22;wait\x07"), told("wait"));
    assert_eq!(current("\x1b]22;wait\x07"), ("wait".into(), None), "no change");
    assert_eq!(current("\x1b]22;>help,move\x07"), told("move"));
    assert_eq!(current("\x1b]22;=grab\x07"), told("grab"), "in place of the top");
    assert_eq!(current("\x1b[?1049h"), told(""));
    assert_eq!(current("\x1b]22;text\x07"), told("text"));
    assert_eq!(current("\x1b[?1049l"), told("grab"));
    assert_eq!(current("\x1b]22;<\x07"), told("help"));
    assert_eq!(current("\x1b]22;<\x07\x1b]22;<\x07\x1b]22;<\x07"), told(""));
    assert_eq!(current("\x1b]22;>wait\x07\x1bc"), told(""));
    assert_eq!(current(&"\x1b]22;>a,b,c\x07".repeat(20)), told("c"));
    let (shape, _) = current(&"\x1b]22;<\x07".repeat(16));
    assert_eq!(shape, "", "sixteen at most");
}

#[test]
fn pointer_shapes_are_asked_for() {
    let mut terminal = terminal(10, 2);
    let mut said = |bytes: &str| answer(&mut terminal, bytes.as_bytes());
    assert_eq!(said("\x1b]22;?__current__\x1b\\"), "ESC ]22;0ESC \\");
    assert_eq!(said("\x1b]22;pointer\x07\x1b]22;?__current__\x07"), "ESC ]22;pointer\x07");
    assert_eq!(said("\x1b]22;?pointer,crosshair,no-such-name,wait\x1b\\"), "ESC ]22;1,1,0,1ESC \\");
    assert_eq!(said("\x1b]22;?__default__,__grabbed__\x1b\\"), "ESC ]22;text,textESC \\");
}

#[test]
fn the_keypad_and_delete_have_modes() {
    let terminal = fed(10, 2, b"\x1b[?1037h");
    assert!(terminal.input_modes().num_lock && terminal.input_modes().delete_is_del);
    let mut terminal = fed(10, 2, b"");
    assert_eq!(answer(&mut terminal, b"\x1b[?1035$p\x1b[?1035l\x1b[?1035$p"), "ESC [?1035;1$yESC [?1035;2$y");
    assert!(!terminal.input_modes().num_lock && !terminal.input_modes().delete_is_del);
    terminal.feed(b"\x1bc");
    assert!(terminal.input_modes().num_lock);
}

#[test]
fn a_mode_that_the_level_lacks_is_not_restored_either() {
    let mut terminal = fed(10, 2, b"\x1b[?69h\x1b[?69;95s\x1b[62\"p\x1b[?69;95r\x1b[65\"p");
    assert_eq!(answer(&mut terminal, b"\x1b[?69$p"), "ESC [?69;2$y");
    terminal.feed(b"\x1b[?69r");
    assert_eq!(answer(&mut terminal, b"\x1b[?69$p\x1b[\"v"), "ESC [?69;1$yESC [2;10;1;1;1\"w");
}
