//! However much comes in, memory stays within its bounds and the stream goes on correctly behind it.

#![allow(missing_docs)]

mod common;

use common::{Term, answer, healthy, history, imaging, in_step, rows, terminal, text};
use scarab_terminal::Size;

/// Bytes of a string that never seems to end.
const FLOOD: usize = 1 << 30;

fn flood(start: &[u8], filling: u8, end: &[u8]) {
    flood_with(FLOOD, start, filling, end);
}

fn flood_with(bytes: usize, start: &[u8], filling: u8, end: &[u8]) {
    let mut terminal = terminal(80, 24);
    terminal.feed(b"before ");
    terminal.feed(start);
    let chunk = vec![filling; 1 << 20];
    let mut most = 0;
    for _ in 0..bytes / chunk.len() {
        terminal.feed(&chunk);
        most = most.max(terminal.pending_bytes());
    }
    assert!(most <= 4 << 20, "{most} bytes kept of {start:?}");
    terminal.feed(end);
    assert!(terminal.pending_bytes() <= 32 << 10, "{} bytes kept after", terminal.pending_bytes());
    terminal.feed(b"after");
    assert_eq!(text(&terminal), "before after", "{start:?}");
    assert_eq!(answer(&mut terminal, b"\x1b[6n"), "ESC [1;13R");
    healthy(&terminal);
}

#[test]
fn endless_operating_system_commands() {
    flood(b"\x1b]2;", b'x', b"\x07");
}

#[test]
fn endless_clipboards() {
    flood(b"\x1b]52;c;", b'Q', b"\x1b\\");
}

#[test]
fn endless_device_controls() {
    flood(b"\x1bP$q", b'm', b"\x1b\\");
}

#[test]
fn endless_application_commands() {
    flood(b"\x1b_G", b'a', b"\x1b\\");
}

#[test]
fn endless_parameters() {
    // Nothing is kept of these, so that fewer do.
    flood_with(FLOOD / 16, b"\x1b[", b'1', b"m");
    flood_with(FLOOD / 16, b"\x1b[", b';', b"m");
}

#[test]
fn a_whole_clipboard_passes_and_a_larger_one_does_not() {
    let mut terminal = terminal(80, 24);
    let base64 = "QUJD".repeat((1 << 20) / 3);
    terminal.feed(format!("\x1b]52;c;{base64}\x07").as_bytes());
    assert_eq!(terminal.take_events().len(), 1);
    terminal.feed(format!("\x1b]52;c;{base64}{base64}\x07").as_bytes());
    assert_eq!(terminal.take_events(), []);
}

#[test]
fn more_styles_than_the_table_holds() {
    let mut terminal = terminal(80, 24);
    let mut line = String::new();
    for number in 0..200_000u32 {
        let [_, red, green, blue] = number.to_be_bytes();
        line.clear();
        line.push_str(&format!("\x1b[38;2;{red};{green};{blue}mx"));
        terminal.feed(line.as_bytes());
    }
    healthy(&terminal);
    assert!(terminal.styles().epoch() > 0);
    // A screen holds 1,920 cells, so that a small table is enough for good.
    assert!(terminal.styles().entries().len() <= 4096, "{}", terminal.styles().entries().len());
    assert!(terminal.cursor().pending_wrap);
    let last = terminal.screen().row(terminal.cursor().row).cells()[79];
    let [_, red, green, blue] = 199_999u32.to_be_bytes();
    let fg = terminal.styles().get(last.style()).fg;
    assert_eq!(fg, scarab_terminal::Colour::Rgb(red, green, blue));
    // What was on the screen kept its colours through all renumbering.
    let shown = terminal.history().iter().next_back().unwrap();
    assert_eq!(shown.runs.len(), 80);
}

#[test]
fn more_styles_on_the_screen_than_there_are_numbers() {
    let mut terminal = terminal(2000, 60);
    for number in 0..119_000u32 {
        let [_, red, green, blue] = number.to_be_bytes();
        terminal.feed(format!("\x1b[38;2;{red};{green};{blue}mx").as_bytes());
    }
    healthy(&terminal);
    assert_eq!(terminal.styles().entries().len(), 1 << 16);
    // Cleared, there is room again.
    terminal.feed(b"\x1b[m\x1b[2J\x1b[H");
    for number in 0..100_000u32 {
        terminal.feed(
            format!("\x1b[H\x1b[48;5;{};38;2;1;{};{}mx", number % 256, number % 250, number / 250 % 250)
                .as_bytes(),
        );
    }
    healthy(&terminal);
    let style = terminal.styles().get(terminal.screen().row(0).cells()[0].style());
    assert_ne!(style.bg, scarab_terminal::Colour::Default);
}

#[test]
fn links_without_end() {
    let mut terminal = terminal(80, 24);
    let address = "x".repeat(2000);
    for number in 0..20_000 {
        terminal.feed(format!("\x1b]8;;http://{number}/{address}\x07link\x1b]8;;\x07 ").as_bytes());
    }
    healthy(&terminal);
    let bytes: usize = terminal.links().entries().iter().map(|link| link.uri.len() + link.id.len()).sum();
    assert!(bytes <= 4 << 20, "{bytes}");
    let row = terminal.screen().row(terminal.cursor().row - 1);
    let style = terminal.styles().get(row.cells()[0].style());
    assert!(style.link.and_then(|link| terminal.links().get(link)).is_some());
}

#[test]
fn titles_and_directories_are_cut() {
    let mut terminal = terminal(80, 24);
    terminal.feed(format!("\x1b]0;{}\x07", "é".repeat(1 << 18)).as_bytes());
    assert!(terminal.title().chars().count() <= 1024);
}

#[test]
fn a_line_without_end_is_reflowed_at_the_cost_of_a_screen() {
    let mut terminal = terminal(80, 24);
    terminal.feed(&b"abcdefghij".repeat(60_000));
    let before = terminal.history().iter().count();
    terminal.resize(Size::cells(40, 24));
    healthy(&terminal);
    let after = terminal.history().iter().count();
    // All but the last screen of pieces stays as it is.
    assert!(before - 40 <= after && after <= before + 60, "{before} {after}");
    let whole: String = history(&terminal).concat() + &rows(&terminal).concat();
    assert_eq!(whole, "abcdefghij".repeat(60_000)[600_000 - whole.len()..]);
}

#[test]
fn a_stream_of_wrong_bytes_costs_what_right_ones_cost() {
    // In one piece, as a journal is replayed: looking for the end again at each would take hours.
    let mut terminal = terminal(80, 24);
    terminal.feed(&vec![0xff; 16 << 20]);
    terminal.feed(&[0x80, 0xc3].repeat(4 << 20));
    healthy(&terminal);
    terminal.feed(b"\r\nafter");
    assert_eq!(rows(&terminal)[23], "after");
}

#[test]
fn the_bound_of_a_string_does_not_depend_on_where_it_is_cut() {
    /// Bytes of the longest string that counts.
    const LONGEST: usize = (1 << 20) / 3 * 4 + 256;
    // Controls inside are not kept and do not count.
    for surplus in [0, 1, 2] {
        let filling = "\r\n".repeat(200);
        let string = format!("\x1b]2;title{filling}{}\x07", "x".repeat(LONGEST - "2;title".len() + surplus));
        let mut whole = terminal(80, 24);
        whole.feed(string.as_bytes());
        assert_eq!(whole.title().is_empty(), surplus > 0);
        let mut cut = terminal(80, 24);
        string.as_bytes().chunks(4095).for_each(|part| cut.feed(part));
        assert_eq!(whole.describe(), cut.describe(), "{surplus}");
    }
}

#[test]
fn of_a_device_control_with_too_many_intermediates_nothing_is_kept_however_it_is_cut() {
    let string = b"\x1bP********vu";
    let (mut whole, mut bytewise) = (terminal(80, 24), terminal(80, 24));
    whole.feed(string);
    string.chunks(1).for_each(|byte| bytewise.feed(byte));
    assert_eq!(whole.describe(), bytewise.describe());
}

/// Bytes of everything that a terminal is: no allocation of its can hold more than a few times as much.
fn weight(terminal: &Term) -> usize {
    let mut saved = Vec::new();
    terminal.checkpoint(&mut saved);
    saved.len()
}

/// Feeds many numbered pieces, and gives the weight after the first thousand of them and after all.
fn bomb(count: u32, piece: impl Fn(u32) -> String) -> (usize, usize) {
    let mut terminal = terminal(80, 24);
    let mut early = 0;
    for number in 0..count {
        terminal.feed(piece(number).as_bytes());
        let _ = terminal.take_events();
        terminal.replies().clear();
        if number == 1000 {
            early = weight(&terminal);
        }
    }
    healthy(&terminal);
    (early, weight(&terminal))
}

#[test]
fn pushes_without_end() {
    let title = "t".repeat(2000);
    let pushes: [(&str, &dyn Fn(u32) -> String); 6] = [
        ("palettes", &|number| format!("\x1b]4;{};#{number:06x}\x07\x1b[#P", number % 256)),
        ("renditions", &|number| format!("\x1b[38;5;{}m\x1b[#{{", number % 256)),
        ("keyboard flags", &|number| {
            format!("\x1b[>{}u\x1b[?1049{}", number % 32, if number % 2 == 0 { 'h' } else { 'l' })
        }),
        ("titles", &|number| format!("\x1b]0;{number} {title}\x07\x1b[22t")),
        ("saved cursors", &|number| format!("\x1b[{}G\x1b7\x1b[s\x1b[?1048h", number % 80)),
        ("saved modes", &|number| format!("\x1b[?{}s", number % 3000)),
    ];
    for (name, push) in pushes {
        let (early, late) = bomb(20_000, push);
        // 80 columns of 24 rows and a palette are some 20 KiB, ten more palettes 10, ten titles of two kinds 20.
        assert!(early <= 64 << 10 && late <= early + 1024, "{name}: {early}, then {late}");
    }
}

#[test]
fn tab_stops_without_end() {
    let (early, late) = bomb(20_000, |number| {
        format!("\x1b[{}G\x1bH\x1b[?5W\x1bP2$t{}\x1b\\", number % 3000, "7/".repeat(600))
    });
    assert_eq!(early, late);
    // And a tab over none is no search without end.
    let mut terminal = terminal(80, 24);
    terminal.feed(b"\x1b[3g");
    terminal.feed(&b"\x1b[65535I\x1b[65535Z".repeat(20_000));
    healthy(&terminal);
    assert_eq!(terminal.cursor().col, 0);
}

#[test]
fn clusters_without_end() {
    // One that never ends, and ever other ones.
    let mut terminal = terminal(80, 24);
    terminal.feed("a".as_bytes());
    terminal.feed("\u{301}".repeat(200_000).as_bytes());
    healthy(&terminal);
    assert!(weight(&terminal) < 64 << 10);
    let (early, late) = bomb(200_000, |number| {
        let mark = |shift: u32| char::from_u32(0x300 + (number >> shift & 0x3f)).unwrap_or('\u{301}');
        format!("e{}{}{}", mark(0), mark(6), mark(12))
    });
    assert!(late <= early.max(256 << 10), "{early}, then {late}");
}

#[test]
fn notifications_without_end() {
    let (_, late) = bomb(20_000, |number| format!("\x1b]99;i={number}:d=0;{}\x1b\\", "n".repeat(500)));
    assert!(late < 256 << 10, "{late}");
}

#[test]
fn sizes_without_end() {
    let mut terminal = terminal(80, 24);
    for number in 0..200 {
        let (rows, cols) = (1 + number * 13 % 300, 1 + number * 29 % 400);
        terminal.feed(format!("text\x1b[8;{rows};{cols}t\x1b[?40h\x1b[?3h\x1b[?3l").as_bytes());
        healthy(&terminal);
    }
    assert!(terminal.screen().cols() <= 320 && terminal.screen().rows() <= 256);
    assert_eq!(terminal.take_events().len(), 1);
}

/// Bytes kept for images on their way and for those that are there.
fn kept(terminal: &Term, shelf: &common::Shelf) -> (usize, usize) {
    let pictures = shelf.0.lock().unwrap().pictures.values().map(|picture| picture.rgba.len()).sum();
    (terminal.pending_bytes(), pictures)
}

#[test]
fn endless_pictures_are_swallowed() {
    for (start, filling) in [
        (&b"\x1bPq"[..], b'~'),
        (b"\x1bPq\"1;1;99999;99999", b'-'),
        (b"\x1b_Gi=1,f=100;", b'A'),
        (b"\x1b_G", b'i'),
    ] {
        let (mut terminal, shelf) = imaging(80, 24);
        terminal.feed(start);
        let chunk = vec![filling; 1 << 20];
        let mut most = 0;
        for _ in 0..64 {
            terminal.feed(&chunk);
            most = most.max(kept(&terminal, &shelf).0);
        }
        // A vector that grows takes up to twice what it holds.
        assert!(most <= 2 * scarab_terminal::MAX_INCOMING + (64 << 10), "{most} bytes kept");
        terminal.feed(b"\x1b\\after");
        assert!(terminal.pending_bytes() <= 64 << 10, "{} bytes kept after", terminal.pending_bytes());
        assert_eq!(text(&terminal), "after");
        in_step(&terminal, &shelf);
    }
}

#[test]
fn a_payload_in_endless_commands_is_dropped_and_said_to_be_too_large() {
    let (mut terminal, shelf) = imaging(80, 24);
    terminal.feed(b"\x1b_Gi=7,s=100,v=100,m=1;\x1b\\");
    let command = format!("\x1b_Gm=1;{}\x1b\\", "A".repeat(4096));
    let mut most = 0;
    for _ in 0..20_000 {
        terminal.feed(command.as_bytes());
        most = most.max(kept(&terminal, &shelf).0);
    }
    assert!(most <= 3 * scarab_terminal::MAX_INCOMING, "{most} bytes kept");
    assert_eq!(
        answer(&mut terminal, b"\x1b_Gm=0;\x1b\\"),
        "ESC _Gi=7;EFBIG:too much data for one imageESC \\"
    );
    assert_eq!(kept(&terminal, &shelf).1, 0);
    in_step(&terminal, &shelf);
}

#[test]
fn images_make_room_for_new_ones() {
    let (mut terminal, shelf) = imaging(80, 24);
    // 16 million pixels each, compressed to nothing, shown and named.
    let zeros = {
        use std::io::Write;
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&vec![0; 64 << 20]).expect("to memory");
        data_encoding::BASE64.encode(&encoder.finish().expect("to memory"))
    };
    for id in 1..6 {
        let transmit = format!("\x1b_Ga=T,i={id},s=4096,v=4096,o=z,c=2,r=1;{zeros}\x1b\\");
        assert_eq!(answer(&mut terminal, transmit.as_bytes()), format!("ESC _Gi={id};OKESC \\"));
        in_step(&terminal, &shelf);
        assert!(kept(&terminal, &shelf).1 <= 128 << 20);
    }
    assert_eq!(terminal.images().iter().map(|image| image.id).collect::<Vec<_>>(), [4, 5]);
    assert_eq!(terminal.placed_images().count(), 2);
    // The one that is asked for stays.
    terminal.feed(b"\x1b_Ga=p,i=4\x1b\\");
    terminal.feed(format!("\x1b_Gi=9,s=4096,v=4096,o=z;{zeros}\x1b\\").as_bytes());
    assert_eq!(terminal.images().iter().map(|image| image.id).collect::<Vec<_>>(), [4, 9]);
    in_step(&terminal, &shelf);
}

#[test]
fn images_and_placements_are_counted() {
    let (mut terminal, shelf) = imaging(80, 24);
    for id in 1..5000 {
        terminal.feed(format!("\x1b_Ga=t,i={id},s=1,v=1,q=2;AAAAAA\x1b\\").as_bytes());
    }
    assert_eq!(terminal.images().len(), 2048);
    for _ in 0..5000 {
        terminal.feed(b"\x1b_Ga=p,i=4999,q=2,C=1\x1b\\");
    }
    assert_eq!(terminal.placed_images().count(), 2048);
    for _ in 0..5000 {
        terminal.feed(b"\x1bP7;1q@\x1b\\\r\n");
    }
    assert!(terminal.images().len() <= 2048 && terminal.placed_images().count() <= 2048);
    in_step(&terminal, &shelf);
    terminal.feed(b"\x1bc");
    assert_eq!((terminal.images().len(), terminal.placed_images().count()), (0, 0));
    in_step(&terminal, &shelf);
}
