//! Questions and their answers, to the letter; events; modes of input.

#![allow(missing_docs)]

mod common;

use common::{answer, terminal};
use scarab_terminal::colour::{Rgb, ViewerColours};
use scarab_terminal::input::{MouseEncoding, MouseTracking};
use scarab_terminal::{CursorShape, Event, Mark, Options, Progress, Size, Terminal, VecHistory};

/// Each question by itself to a new terminal of 80x24, of which ESC is shown as `ESC `.
const ANSWERS: &[(&str, &str)] = &[
    ("\x1b[c", "ESC [?62;6;21;22;28;52c"),
    ("\x1b[0c", "ESC [?62;6;21;22;28;52c"),
    ("\x1b[1c", ""),
    ("\x1bZ", "ESC [?62;6;21;22;28;52c"),
    ("\x1b[>c", "ESC [>1;400;0c"),
    ("\x1b[=c", "ESC P!|00000000ESC \\"),
    ("\x1b[>q", "ESC P>|scarab 0.1.0ESC \\"),
    ("\x1b[>0q", "ESC P>|scarab 0.1.0ESC \\"),
    ("\x1b[5n", "ESC [0n"),
    ("\x1b[3;4H\x1b[6n", "ESC [3;4R"),
    ("\x1b[3;4H\x1b[?6n", "ESC [?3;4;1R"),
    ("\x1b[?15n", "ESC [?13n"),
    ("\x1b[?25n", "ESC [?20n"),
    ("\x1b[?26n", "ESC [?27;1;0;0n"),
    ("\x1b[?996n", "ESC [?997;1n"),
    ("\x1b[x", "ESC [2;1;1;128;128;1;0x"),
    ("\x1b[1x", "ESC [3;1;1;128;128;1;0x"),
    ("\x1b[14t", "ESC [4;0;0t"),
    ("\x1b[18t", "ESC [8;24;80t"),
    ("\x1b[19t", "ESC [9;24;80t"),
    ("\x1b]2;secret\x07\x1b[21t", "ESC ]lESC \\"),
    ("\x1b[?7$p", "ESC [?7;1$y"),
    ("\x1b[?6$p", "ESC [?6;2$y"),
    ("\x1b[?6h\x1b[?6$p", "ESC [?6;1$y"),
    ("\x1b[?12345$p", "ESC [?12345;0$y"),
    ("\x1b[4$p", "ESC [4;2$y"),
    ("\x1b[20h\x1b[20$p", "ESC [20;1$y"),
    ("\x1b[10$p", "ESC [10;4$y"),
    ("\x1b[9999$p", "ESC [9999;0$y"),
    ("\x1b[?69$p", "ESC [?69;2$y"),
    ("\x1b[?2026$p", "ESC [?2026;2$y"),
    ("\x1b[?2026h\x1b[?2026$p", "ESC [?2026;1$y"),
    ("\x1b[?2027$p", "ESC [?2027;1$y"),
    ("\x1b[?2031$p", "ESC [?2031;2$y"),
    ("\x1b[?2048$p", "ESC [?2048;2$y"),
    ("\x1b[?1049h\x1b[?1049$p\x1b[?47$p", "ESC [?1049;1$yESC [?47;1$y"),
    ("\x1b[?2048h", "ESC [48;24;80;0;0t"),
    // DECRQSS.
    ("\x1bP$qm\x1b\\", "ESC P1$r0mESC \\"),
    (
        "\x1b[1;4:3;38:2::1:2:3;48:2::4:5:6;58:2::7:8:9m\x1bP$qm\x1b\\",
        "ESC P1$r0;1;4:3;38:2::1:2:3;48:2::4:5:6;58:2::7:8:9mESC \\",
    ),
    ("\x1b[31;102;4m\x1bP$qm\x1b\\", "ESC P1$r0;4;31;102mESC \\"),
    ("\x1b[38;5;200m\x1bP$qm\x1b\\", "ESC P1$r0;38:5:200mESC \\"),
    ("\x1b[3;10r\x1bP$qr\x1b\\", "ESC P1$r3;10rESC \\"),
    ("\x1b[?69h\x1b[3;10s\x1bP$qs\x1b\\", "ESC P1$r3;10sESC \\"),
    ("\x1bP$qt\x1b\\", "ESC P1$r24tESC \\"),
    ("\x1b[3 q\x1bP$q q\x1b\\", "ESC P1$r3 qESC \\"),
    ("\x1b[6 q\x1bP$q q\x1b\\", "ESC P1$r6 qESC \\"),
    ("\x1b[1\"q\x1bP$q\"q\x1b\\", "ESC P1$r1\"qESC \\"),
    ("\x1bP$q\"p\x1b\\", "ESC P1$r65;1\"pESC \\"),
    ("\x1bP$qz\x1b\\", "ESC P0$rESC \\"),
    // XTGETTCAP: Co, and one that nobody has.
    ("\x1bP+q436f\x1b\\", "ESC P1+r436f=323536ESC \\"),
    ("\x1bP+q7a7a7a\x1b\\", "ESC P0+r7a7a7aESC \\"),
    // Other device controls, and strings that nobody interprets, print nothing and answer nothing.
    ("\x1bPzz\x1b\\\x1b_Gi=1,a=q;\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\\x1b[6n", "ESC [1;1R"),
    // Keyboard.
    ("\x1b[?u", "ESC [?0u"),
    ("\x1b[>5u\x1b[?u", "ESC [?5u"),
    ("\x1b[>5u\x1b[>1u\x1b[<u\x1b[?u", "ESC [?5u"),
    ("\x1b[=9u\x1b[=2;2u\x1b[=1;3u\x1b[?u", "ESC [?10u"),
    ("\x1b[>5u\x1b[?1049h\x1b[?u\x1b[?1049l\x1b[?u", "ESC [?0uESC [?5u"),
    ("\x1b[>5u\x1bc\x1b[?u", "ESC [?0u"),
    ("\x1b[?4m", "ESC [>4;0m"),
    ("\x1b[>4;2m\x1b[?4m", "ESC [>4;2m"),
    ("\x1b[>4;2m\x1b[>4m\x1b[?4m", "ESC [>4;0m"),
    // Colours: with the terminator of the question.
    ("\x1b]4;1;#102030\x07\x1b]4;1;?\x07", "ESC ]4;1;rgb:1010/2020/3030\x07"),
    ("\x1b]11;?\x1b\\", "ESC ]11;rgb:0000/0000/0000ESC \\"),
    (
        "\x1b]10;#ffffff;#010203\x07\x1b]10;?;?\x07",
        "ESC ]10;rgb:ffff/ffff/ffff\x07ESC ]11;rgb:0101/0202/0303\x07",
    ),
    ("\x1b]11;#ffffff\x07\x1b]111\x07\x1b]11;?\x07", "ESC ]11;rgb:0000/0000/0000\x07"),
    ("\x1b]4;1;#102030\x07\x1b]104;1\x07\x1b]4;1;?\x07", "ESC ]4;1;rgb:cdcd/0000/0000\x07"),
    // Presentation.
    ("\x1b[2$w", "ESC P2$u9/17/25/33/41/49/57/65/73ESC \\"),
    ("\x1b[2;3H\x1b[1m\x1b[1$w", "ESC P1$u2;3;1;A;@;@;0;2;@;BBBBESC \\"),
    // A checksum only where the host allows it.
    ("\x1b[1;1;1;1;1;1*y", ""),
    // In order, and DA1 last.
    (
        "\x1b[?u\x1b[?2026$p\x1bP+q7a\x1b\\\x1b]11;?\x07\x1b[c",
        "ESC [?0uESC [?2026;2$yESC P0+r7aESC \\ESC ]11;rgb:0000/0000/0000\x07ESC [?62;6;21;22;28;52c",
    ),
];

#[test]
fn every_question_has_its_answer() {
    for (question, expected) in ANSWERS {
        let mut terminal = terminal(80, 24);
        assert_eq!(answer(&mut terminal, question.as_bytes()), *expected, "{question:?}");
        assert_eq!(common::text(&terminal), "", "{question:?}");
        common::healthy(&terminal);
    }
}

#[test]
fn the_default_charset_slots_are_reported() {
    let mut terminal = terminal(80, 24);
    assert!(answer(&mut terminal, b"\x1b(0\x1b[1$w").ends_with("0BBBESC \\"));
}

#[test]
fn checksums_where_allowed() {
    let options = Options { allow_checksum: true, ..Options::default() };
    let mut terminal = Terminal::new(Size::default(), options, VecHistory::default());
    terminal.feed(b"AB");
    let sum = 0x1_0000 - (0x41 + 0x42 + 0x20);
    assert_eq!(answer(&mut terminal, b"\x1b[7;1;1;1;1;3*y"), format!("ESC P7!~{sum:04X}ESC \\"));
}

#[test]
fn answers_that_nobody_takes_are_bounded() {
    let mut terminal = terminal(80, 24);
    let most = Terminal::<VecHistory>::MAX_REPLIES;
    let questions = b"\x1b[c\x1b[6n".repeat(1000);
    for _ in 0..most / 6000 {
        terminal.feed(&questions);
    }
    assert!((most - 64..=most).contains(&terminal.replies().len()), "{}", terminal.replies().len());
    terminal.replies().clear();
    assert_eq!(answer(&mut terminal, b"\x1b[6n"), "ESC [1;1R");
}

#[test]
fn sizes_in_pixels() {
    let size = Size { width_px: 800, height_px: 480, ..Size::default() };
    let mut terminal = Terminal::new(size, Options::default(), VecHistory::default());
    assert_eq!(answer(&mut terminal, b"\x1b[14t\x1b[16t"), "ESC [4;480;800tESC [6;20;10t");
    terminal.feed(b"\x1b[?2048h");
    terminal.replies().clear();
    terminal.resize(Size { cols: 100, rows: 30, width_px: 1000, height_px: 600 });
    assert_eq!(terminal.replies(), b"\x1b[48;30;100;600;1000t");
    terminal.replies().clear();
    // The same size again is no news.
    terminal.resize(Size { cols: 100, rows: 30, width_px: 1000, height_px: 600 });
    assert_eq!(terminal.replies(), b"");
}

#[test]
fn colours_follow_the_viewer() {
    let mut terminal = terminal(80, 24);
    let mut colours = ViewerColours { background: Rgb::WHITE, dark: false, ..ViewerColours::default() };
    terminal.set_colours(&colours);
    assert_eq!(answer(&mut terminal, b"\x1b]11;?\x07"), "ESC ]11;rgb:ffff/ffff/ffff\x07");
    assert_eq!(answer(&mut terminal, b"\x1b[?996n\x1b[?2031h"), "ESC [?997;2n");
    colours.dark = true;
    terminal.set_colours(&colours);
    assert_eq!(terminal.replies(), b"\x1b[?997;1n");
    assert!(terminal.take_events().contains(&Event::ColoursChanged));
}

#[test]
fn focus_is_told_on_change_only() {
    let mut terminal = terminal(80, 24);
    terminal.set_focus(true);
    assert_eq!(terminal.replies(), b"");
    terminal.feed(b"\x1b[?1004h");
    terminal.set_focus(true);
    terminal.set_focus(false);
    assert_eq!(terminal.replies(), b"\x1b[O");
}

#[test]
fn clipboards() {
    let mut terminal = terminal(80, 24);
    terminal.feed(b"\x1b]52;c;aGVsbG8=\x07\x1b]52;p;?\x07");
    assert_eq!(
        terminal.take_events(),
        [
            Event::ClipboardSet { selection: "c".into(), data: b"hello".to_vec() },
            Event::ClipboardRead { selection: "p".into() }
        ]
    );
    terminal.answer_clipboard("p", Some(b"hi"));
    terminal.answer_clipboard("p", None);
    assert_eq!(terminal.replies(), b"\x1b]52;p;aGk=\x1b\\\x1b]52;p;\x1b\\");
}

#[test]
fn titles_and_their_stack() {
    let mut terminal = terminal(80, 24);
    terminal.feed("\x1b]0;one; two é\x07\x1b[22;0t\x1b]2;three\x1b\\".as_bytes());
    assert_eq!((terminal.title(), terminal.icon_title()), ("three", "one; two é"));
    terminal.feed(b"\x1b[23;0t\x1b[23;0t");
    assert_eq!(terminal.title(), "one; two é");
    let events = terminal.take_events();
    assert_eq!(events, [Event::IconTitle("one; two é".into()), Event::Title("one; two é".into())]);
    for _ in 0..1000 {
        terminal.feed(b"\x1b[22t");
    }
    for number in 0..20 {
        terminal.feed(format!("\x1b]2;{number}\x07").as_bytes());
    }
    for _ in 0..20 {
        terminal.feed(b"\x1b[23t");
    }
    assert_eq!(terminal.title(), "one; two é");
    // More semicolons than the parser keeps parameters.
    terminal.feed(format!("\x1b]2;{}\x07", "a;".repeat(40)).as_bytes());
    assert_eq!(terminal.title(), "a;".repeat(40));
}

#[test]
fn shells_tell_what_they_do() {
    let mut terminal = terminal(80, 24);
    terminal.feed(b"\x1b]7;file://host/tmp\x07\x1b]133;A\x07$ ls\r\n\x1b]133;C;cmdline_url=ls\x07a b\r\n\x1b]133;D;3\x07");
    assert_eq!(terminal.directory(), Some("file://host/tmp"));
    assert_eq!(
        terminal.take_events(),
        [
            Event::Directory("file://host/tmp".into()),
            Event::PromptStarted,
            Event::CommandStarted { command: Some("ls".into()) },
            Event::CommandFinished { exit: Some(3) },
        ]
    );
    assert_eq!(terminal.screen().row(0).mark(), Some(Mark::Prompt));
    assert_eq!(terminal.screen().row(1).mark(), Some(Mark::Output));
    terminal.feed(b"\x1b]9;4;1;40\x07\x1b]9;done\x07\x1b]777;notify;a;b\x07\x07");
    assert_eq!(terminal.progress(), Progress::Normal(40));
    assert_eq!(terminal.take_events().len(), 4);
}

#[test]
fn events_that_nobody_takes_are_bounded() {
    let mut terminal = terminal(80, 24);
    for number in 0..10_000 {
        terminal.feed(format!("\x07\x1b]2;{number}\x07\x1b]9;note {number}\x07").as_bytes());
    }
    let events = terminal.take_events();
    assert!(events.len() <= 256);
    assert!(events.contains(&Event::Title("9999".into())));
}

#[test]
fn links_join_by_id_and_end() {
    let mut terminal = terminal(80, 24);
    terminal.feed(b"\x1b]8;;http://a\x07x\x1b]8;;\x07y\x1b]8;;http://a\x07z\x1b]8;id=1;http://b\x07p\x1b]8;;\x07 \x1b]8;id=1;http://b\x07q");
    let link = |col: usize| terminal.styles().get(terminal.screen().row(0).cells()[col].style()).link;
    assert_eq!(&*terminal.links().get(link(0).unwrap()).unwrap().uri, "http://a");
    assert_eq!(link(1), None);
    assert_ne!(link(0), link(2));
    assert_eq!(link(3), link(5));
    // SGR 0 does not end a link.
    terminal.feed(b"\r\n\x1b[mr\x1b]8;;\x07s");
    let style = |col: usize| terminal.styles().get(terminal.screen().row(1).cells()[col].style());
    assert!(style(0).link.is_some() && style(1).link.is_none());
}

#[test]
fn synchronized_updates() {
    let mut terminal = terminal(80, 24);
    terminal.feed(b"\x1b[?2026hx");
    assert!(terminal.synchronized());
    terminal.end_synchronized_update();
    assert!(!terminal.synchronized());
    terminal.feed(b"\x1b[?2026h\x1b[?2026l");
    assert!(!terminal.synchronized());
}

#[test]
fn input_modes() {
    let mut terminal = terminal(80, 24);
    let _ = terminal.take_events();
    terminal.feed(b"\x1b[?1;66;67;1003;1006;1004;2004h\x1b[20h\x1b[>3u\x1b[>4;1m");
    assert_eq!(terminal.take_events(), [Event::ModesChanged]);
    let modes = terminal.input_modes();
    assert!(modes.application_cursor && modes.application_keypad && modes.backarrow_is_backspace);
    assert!(modes.bracketed_paste && modes.focus_events && modes.newline && modes.alternate_scroll);
    assert_eq!((modes.mouse, modes.mouse_encoding), (MouseTracking::Any, MouseEncoding::Sgr));
    assert_eq!((modes.kitty, modes.modify_other_keys), (3, 1));
    terminal.feed(b"\x1b[?1003l\x1b[?1049h");
    assert_eq!(terminal.input_modes().mouse, MouseTracking::Off);
    assert_eq!(terminal.input_modes().kitty, 0);
    assert!(terminal.input_modes().alternate_screen);
}

#[test]
fn private_modes_are_saved_and_restored() {
    let mut terminal = terminal(80, 24);
    terminal.feed(b"\x1b[?25;1000s\x1b[?25l\x1b[?1000h\x1b[?25;1000r");
    assert!(terminal.cursor().visible);
    assert_eq!(terminal.input_modes().mouse, MouseTracking::Off);
}

#[test]
fn cursor_looks() {
    let mut terminal = terminal(80, 24);
    for (look, shape, blinking) in [
        (1, CursorShape::Block, true),
        (2, CursorShape::Block, false),
        (3, CursorShape::Underline, true),
        (4, CursorShape::Underline, false),
        (5, CursorShape::Bar, true),
        (6, CursorShape::Bar, false),
        (0, CursorShape::Block, false),
    ] {
        terminal.feed(format!("\x1b[{look} q").as_bytes());
        assert_eq!((terminal.cursor().shape, terminal.cursor().blinking), (shape, blinking));
    }
    terminal.feed(b"\x1b[?12h\x1b[?25l");
    assert!(terminal.cursor().blinking && !terminal.cursor().visible);
}
