//! What programs ask when they start, row by row and to the letter, as the programs send it: many questions at
//! once, every answer in the order of the questions, and nothing of it on the screen.

#![allow(missing_docs)]

mod common;

use common::{answer, fed, healthy, terminal, text};
use scarab_terminal::colour::{Rgb, ViewerColours};
use scarab_terminal::{Event, Size};

/// Name, what is sent, what comes back (ESC shown as `ESC `).
const PROGRAMS: &[(&str, &str, &str)] = &[
    (
        "neovim of 2022",
        "\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\x1b[?2004h\x1b[?1004h\x1b]11;?\x07\x1b[?u\x1b[c\x1b[>1u\x1b[2 q\x1b]112\x07",
        "ESC ]11;rgb:0000/0000/0000\x07ESC [?0uESC [?62;6;21;22;28;52c",
    ),
    (
        "neovim now",
        "\x1b[?69$p\x1b[?2026$p\x1b[?2027$p\x1b[?2031$p\x1b[?2048$p\x1b[4:3m\x1bP$qm\x1b\\\x1b[0m\x1b[?u\x1b[c",
        "ESC [?69;2$yESC [?2026;2$yESC [?2027;1$yESC [?2031;2$yESC [?2048;2$yESC P1$r0;4:3mESC \\\
         ESC [?0uESC [?62;6;21;22;28;52c",
    ),
    (
        "vim",
        "\x1b[>c\x1b]10;?\x07\x1b]11;?\x07\x1b[?12$p\x1b[>4;2m\x1b[?4m\x1b[6n\x1bPzz\x1b\\\x1b[22;2t\x1b[22;1t",
        "ESC [>1;400;0cESC ]10;rgb:e5e5/e5e5/e5e5\x07ESC ]11;rgb:0000/0000/0000\x07ESC [?12;2$yESC [>4;2m\
         ESC [1;1R",
    ),
    (
        "tmux",
        "\x1b[c\x1b[>c\x1b[>q\x1b[?2026$p\x1b]10;?\x1b\\\x1b]11;?\x1b\\\x1b[?2031h\x1b[?996n\x1b[?7727h\x1b[18t\x1b[14t",
        "ESC [?62;6;21;22;28;52cESC [>1;400;0cESC P>|scarab 0.1.0ESC \\ESC [?2026;2$y\
         ESC ]10;rgb:e5e5/e5e5/e5e5ESC \\ESC ]11;rgb:0000/0000/0000ESC \\ESC [?997;1n\
         ESC [8;24;80tESC [4;0;0t",
    ),
    (
        "fish",
        "\x1b[>0q\x1b[?u\x1bP+q696e646e\x1b\\\x1bP+q71756572792d6f732d6e616d65\x1b\\\x1b]11;?\x1b\\\x1b[6n\x1b[0c",
        "ESC P>|scarab 0.1.0ESC \\ESC [?0uESC P1+r696e646e=1b5b257031256453ESC \\\
         ESC P1+r71756572792d6f732d6e616d65=6c696e7578ESC \\ESC ]11;rgb:0000/0000/0000ESC \\ESC [1;1R\
         ESC [?62;6;21;22;28;52c",
    ),
    (
        "helix",
        "\x1b[?u\x1b[?2026$p\x1b[?996n\x1b[48;2;150;150;150m\x1b[58:2::150:150:150m\x1bP$qm\x1b\\\x1b[m\x1b]11;?\x07\x1b[c",
        "ESC [?0uESC [?2026;2$yESC [?997;1nESC P1$r0;48:2::150:150:150;58:2::150:150:150mESC \\\
         ESC ]11;rgb:0000/0000/0000\x07ESC [?62;6;21;22;28;52c",
    ),
    (
        "zellij",
        "\x1b[14t\x1b[16t\x1b]11;?\x1b\\\x1b]10;?\x1b\\\x1b]4;1;?\x1b\\\x1b[?2026$p\x1b_Ga=q,i=31,s=1,v=1,t=d,f=24;AAAA\x1b\\\x1b[?996n\x1b[?2031h\x1b[>1u\x1b[c",
        "ESC [4;0;0tESC [6;0;0tESC ]11;rgb:0000/0000/0000ESC \\ESC ]10;rgb:e5e5/e5e5/e5e5ESC \\\
         ESC ]4;1;rgb:cdcd/0000/0000ESC \\ESC [?2026;2$yESC [?997;1nESC [?62;6;21;22;28;52c",
    ),
    (
        "less, mc",
        "\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\x1b[?1001s\x1b[?1001h\x1b[?1002h\x1b[?1006h\x1b[4l\x1b[?7h",
        "",
    ),
];

#[test]
fn programs_get_their_answers_in_order() {
    for (name, questions, answers) in PROGRAMS {
        let mut whole = terminal(80, 24);
        assert_eq!(answer(&mut whole, questions.as_bytes()), *answers, "{name}");
        assert_eq!(text(&whole), "", "{name}");
        healthy(&whole);
        let mut bytewise = terminal(80, 24);
        questions.bytes().for_each(|byte| bytewise.feed(&[byte]));
        let replies = String::from_utf8_lossy(bytewise.replies()).replace('\x1b', "ESC ");
        assert_eq!(replies, *answers, "{name} by bytes");
    }
}

/// Every mode there is: its number, and whether it is set at the start.
const PRIVATE: &[(u16, bool)] = &[
    (1, false),
    (3, false),
    (4, false),
    (5, false),
    (6, false),
    (7, true),
    (8, true),
    (9, false),
    (12, false),
    (18, false),
    (19, true),
    (25, true),
    (35, false),
    (40, false),
    (41, false),
    (42, false),
    (45, false),
    (47, false),
    (66, false),
    (67, false),
    (69, false),
    (95, false),
    (1000, false),
    (1001, false),
    (1002, false),
    (1003, false),
    (1004, false),
    (1005, false),
    (1006, false),
    (1007, true),
    (1015, false),
    (1016, false),
    (1034, false),
    (1035, true),
    (1036, true),
    (1037, false),
    (1039, false),
    (1042, false),
    (1045, false),
    (1047, false),
    (1049, false),
    (2004, false),
    (2026, false),
    (2027, true),
    (2031, false),
    (2048, false),
];

#[test]
fn every_mode_is_reported_set_saved_and_restored() {
    for (number, set) in PRIVATE {
        let state = |on: bool| format!("ESC [?{number};{}$y", if on { 1 } else { 2 });
        let ask = |terminal: &mut common::Term, before: &str| {
            terminal.feed(before.as_bytes());
            answer(terminal, format!("\x1b[?{number}$p").as_bytes())
        };
        let mut terminal = terminal(80, 24);
        assert_eq!(ask(&mut terminal, ""), state(*set));
        // 132 columns need leave.
        terminal.feed(if *number == 3 { b"\x1b[?40h" } else { b"" });
        assert_eq!(ask(&mut terminal, &format!("\x1b[?{number}h")), state(true));
        assert_eq!(ask(&mut terminal, &format!("\x1b[?{number}s\x1b[?{number}l")), state(false));
        assert_eq!(ask(&mut terminal, &format!("\x1b[?{number}r")), state(true));
        assert_eq!(ask(&mut terminal, "\x1bc"), state(*set), "after a reset");
        healthy(&terminal);
    }
    let mut terminal = terminal(80, 24);
    for number in
        (0..3000).filter(|number| *number != 1048 && !PRIVATE.iter().any(|(known, _)| known == number))
    {
        assert_eq!(
            answer(&mut terminal, format!("\x1b[?{number}$p").as_bytes()),
            format!("ESC [?{number};0$y")
        );
    }
    for number in [2, 4, 12, 20] {
        terminal.feed(format!("\x1b[{number}h").as_bytes());
        assert_eq!(
            answer(&mut terminal, format!("\x1b[{number}$p").as_bytes()),
            format!("ESC [{number};1$y")
        );
        terminal.feed(format!("\x1b[{number}l").as_bytes());
        assert_eq!(
            answer(&mut terminal, format!("\x1b[{number}$p").as_bytes()),
            format!("ESC [{number};2$y")
        );
    }
}

#[test]
fn cancelled_strings_do_nothing() {
    for cancel in ["\x18", "\x1a"] {
        let mut terminal = terminal(80, 24);
        terminal.feed(b"\x1b]2;kept\x07");
        for string in
            ["\x1b]2;cancelled", "\x1b]11;?", "\x1bP$qm", "\x1bP+q544e", "\x1b_G", "\x1b[?6", "\x1bP1;2"]
        {
            assert_eq!(answer(&mut terminal, format!("{string}{cancel}").as_bytes()), "", "{string:?}");
            assert_eq!(terminal.title(), "kept");
            // What comes next is whole again.
            assert_eq!(answer(&mut terminal, b"\x1bP$qm\x1b\\"), "ESC P1$r0mESC \\", "after {string:?}");
            assert_eq!(answer(&mut terminal, b"\x1b]11;?\x07"), "ESC ]11;rgb:0000/0000/0000\x07");
        }
        assert_eq!(text(&terminal), "");
    }
}

#[test]
fn every_colour_question_ends_as_it_was_asked() {
    let mut terminal = terminal(80, 24);
    let mut colours = ViewerColours { background: Rgb::WHITE, dark: false, ..ViewerColours::default() };
    colours.palette[7] = Some(Rgb::WHITE);
    terminal.set_colours(&colours);
    for number in ["4;7", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19"] {
        for (end, shown) in [("\x07", "\x07"), ("\x1b\\", "ESC \\")] {
            let answer = answer(&mut terminal, format!("\x1b]{number};?{end}").as_bytes());
            assert!(
                answer.starts_with(&format!("ESC ]{number};rgb:")) && answer.ends_with(shown),
                "{answer:?}"
            );
        }
    }
    // Set, then reset.
    for (set, ask, reset) in
        [("4;7", "4;7", "104;7"), ("10", "10", "110"), ("11", "11", "111"), ("12", "12", "112")]
    {
        let ask = format!("\x1b]{ask};?\x07");
        let before = answer(&mut terminal, ask.as_bytes());
        terminal.feed(format!("\x1b]{set};rgb:12/34/56\x07").as_bytes());
        assert!(answer(&mut terminal, ask.as_bytes()).contains("rgb:1212/3434/5656"));
        terminal.feed(format!("\x1b]{reset}\x07").as_bytes());
        assert_eq!(answer(&mut terminal, ask.as_bytes()), before);
    }
}

#[test]
fn the_keyboard_has_a_stack_on_each_screen() {
    let mut terminal = fed(80, 24, b"\x1b[>1u\x1b[>3u\x1b[?1049h\x1b[>8u");
    assert_eq!(answer(&mut terminal, b"\x1b[?u"), "ESC [?8u");
    assert_eq!(
        answer(&mut terminal, b"\x1b[?1049l\x1b[?u\x1b[<u\x1b[?u\x1b[<9u\x1b[?u"),
        "ESC [?3uESC [?1uESC [?0u"
    );
    assert_eq!(
        answer(&mut terminal, b"\x1b[?1049h\x1b[?u\x1bc\x1b[?u\x1b[?47h\x1b[?u"),
        "ESC [?8uESC [?0uESC [?0u"
    );
}

#[test]
fn reports_that_come_unasked() {
    let mut terminal = terminal(80, 24);
    let mut colours = ViewerColours { dark: false, ..ViewerColours::default() };
    terminal.set_colours(&colours);
    terminal.set_focus(true);
    terminal.resize(Size::cells(100, 30));
    assert_eq!(terminal.replies(), b"");
    assert_eq!(answer(&mut terminal, b"\x1b[?1004h\x1b[?2031h\x1b[?2048h"), "ESC [48;30;100;0;0t");
    terminal.set_focus(false);
    colours.dark = true;
    terminal.set_colours(&colours);
    terminal.resize(Size { cols: 100, rows: 30, width_px: 1000, height_px: 600 });
    assert_eq!(terminal.replies(), b"\x1b[O\x1b[?997;1n\x1b[48;30;100;600;1000t");
    terminal.replies().clear();
    terminal.feed(b"\x1bc");
    terminal.set_focus(true);
    terminal.resize(Size::cells(80, 24));
    assert_eq!(terminal.replies(), b"");
    let _ = terminal.take_events();
    terminal.feed(b"\x1b]777;notify;title;body\x07\x1b]99;i=1:p=?;\x1b\\");
    assert!(matches!(terminal.take_events().as_slice(), [Event::Notification(_)]));
    assert!(terminal.replies().starts_with(b"\x1b]99;i=1:p=?;"));
}
