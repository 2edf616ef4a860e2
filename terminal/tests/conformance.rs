//! What xterm and DEC's terminals do in corners that programs seldom come to, and test suites always: one topic
//! a test, each by a few lines of screen or an answer. The screen has 80 columns and 25 rows.

#![allow(missing_docs)]

mod common;

use common::{Term, answer, at, healthy, row_text, rows, style, text};
use scarab_terminal::{Attributes, Colour, Event, History, Options, Size, Terminal, Underline, VecHistory};

/// A session in which programs may read everything back.
fn session() -> Term {
    let options = Options { allow_checksum: true, tell_titles: true, ..Options::default() };
    Terminal::new(Size::cells(80, 25), options, VecHistory::with_limit(1000))
}

fn fed(bytes: &str) -> Term {
    let mut terminal = session();
    terminal.feed(bytes.as_bytes());
    healthy(&terminal);
    terminal
}

/// What one question is answered with after `before`.
fn asked(before: &str, question: &str) -> String {
    let mut terminal = fed(before);
    let answer = answer(&mut terminal, question.as_bytes());
    healthy(&terminal);
    answer
}

/// The pen's style, as DECRQSS tells it.
fn pen(before: &str) -> String {
    asked(before, "\x1bP$qm\x1b\\").replace("ESC P1$r", "").replace("mESC \\", "")
}

#[test]
fn a_tab_behind_the_last_column() {
    // It stays, and the wrap with it.
    let line = "x".repeat(80);
    let terminal = fed(&format!("{line}\tY"));
    assert_eq!((row_text(&terminal, 1), at(&terminal)), ("Y".to_owned(), (1, 1)));
    // more(1) wants the wrap first.
    let terminal = fed(&format!("\x1b[?41h{line}\tY"));
    assert_eq!(row_text(&terminal, 1), "        Y");
    let terminal = fed(&"\t".repeat(20));
    assert_eq!((at(&terminal), terminal.cursor().pending_wrap), ((0, 79), false));
    // Between margins it stops at the right one, from left of them too.
    for (tabs, col) in [(1, 8), (2, 16), (3, 19), (9, 19)] {
        assert_eq!(at(&fed(&format!("\x1b[?69h\x1b[10;20s{}", "\t".repeat(tabs)))), (0, col));
    }
    assert_eq!(at(&fed("\x1b[?69h\x1b[5;30s\x1b[9;7H\x1b[2Z")), (8, 0));
}

#[test]
fn protected_cells_and_rectangles() {
    // ISO's guard holds against ED and DECSED, not against rectangles.
    assert_eq!(text(&fed("a\x1bVb\x1bW\x1b[?2J")), " b");
    assert_eq!(text(&fed("a\x1bVb\x1bW\x1b[1;1;1;2$z")), "");
    assert_eq!(text(&fed("a\x1bVb\x1bW\x1b[1;1;1;2${")), "");
    // DECSCA holds against the selective ones alone; 2 is as 0.
    assert_eq!(text(&fed("a\x1b[1\"qb\x1b[2\"qc\x1b[1;1;1;3${")), " b");
    assert_eq!(text(&fed("a\x1b[1\"qb\x1b[0\"q\x1b[1;1;1;3$z")), "");
    assert_eq!(text(&fed("\x1b[1\"qab\x1b[0\"q\x1b[1;1H\x1b[2X")), "");
    // DECSC keeps it, DECSTR ends it.
    assert_eq!(text(&fed("\x1b[1\"q\x1b7\x1b[0\"q\x1b8a\x1b[1;1;1;1${")), "a");
    assert_eq!(text(&fed("\x1b[1\"q\x1b[!pa\x1b[?2J")), "");
}

#[test]
fn levels_of_conformance() {
    // A VT200 knows no DECRQM, a VT300 no left and right margins, a VT400 no DECNCSM.
    assert_eq!(asked("\x1b[62;1\"p", "\x1b[4$p"), "");
    assert_eq!(asked("\x1b[63;1\"p", "\x1b[4$p"), "ESC [4;2$y");
    assert_eq!(at(&fed("\x1b[63;1\"p\x1b[?69h\x1b[5;6s\x1b[1;5Habc")), (0, 7));
    assert_eq!(at(&fed("\x1b[64;1\"p\x1b[?69h\x1b[5;6s\x1b[1;5Habc")), (1, 4 + 1));
    assert_eq!(text(&fed("\x1b[64;1\"p\x1b[?40h\x1b[?95h1\x1b[?3h")), "");
    assert_eq!(text(&fed("\x1b[65;1\"p\x1b[?40h\x1b[?95h1\x1b[?3h")), "1");
    for (set, told) in [("64;1", "64;1"), ("64;0", "64;0"), ("63;2", "63;0"), ("62", "62;1"), ("66", "65;1")]
    {
        let told_by = asked(&format!("\x1b[{set}\"p"), "\x1bP$q\"p\x1b\\");
        assert!(told_by.contains(&format!("1$r{told}\"p")), "{set}: {told_by:?}");
    }
    // Whatever it was, RIS brings the highest back.
    assert_eq!(asked("\x1b[62;1\"p\x1bc", "\x1b[?69$p"), "ESC [?69;2$y");
}

/// The bytes that answer, since eight bits are no text.
fn bytes_asked(before: &[u8], question: &[u8]) -> Vec<u8> {
    let mut terminal = session();
    terminal.feed(before);
    terminal.replies().clear();
    terminal.feed(question);
    healthy(&terminal);
    terminal.replies().clone()
}

#[test]
fn controls_of_eight_bits() {
    const S8C1T: &[u8] = b"\x1b G";
    assert_eq!(bytes_asked(S8C1T, b"\x1b[6n\x1bP$qr\x1b\\"), b"\x9b1;1R\x901$r1;25r\x9c");
    assert_eq!(bytes_asked(S8C1T, b"\x9b6n\x90$qr\x9c"), b"\x9b1;1R\x901$r1;25r\x9c");
    assert_eq!(bytes_asked(b"\x1b G\x1b F", b"\x1b[6n"), b"\x1b[1;1R");
    assert_eq!(bytes_asked(b"\x1b[64;0\"p", b"\x1b[6n"), b"\x9b1;1R");
    for end in [&b"\x1b[!p\x1b[65;1\"p"[..], b"\x1bc"] {
        assert_eq!(bytes_asked(&[S8C1T, end].concat(), b"\x1b[6n"), b"\x1b[1;1R");
    }
    // IND, NEL, HTS, RI, SS2, SPA, EPA, OSC, and strings that nobody reads.
    let screen = |bytes: &[u8]| {
        let mut terminal = session();
        terminal.feed(&[S8C1T, bytes].concat());
        healthy(&terminal);
        (text(&terminal), at(&terminal), terminal.title().to_owned())
    };
    assert_eq!(screen(b"\x1b[3;5H\x84").1, (3, 4));
    assert_eq!(screen(b"\x1b[3;5H\x85").1, (3, 0));
    assert_eq!(screen(b"\x1b[3;5H\x8d").1, (1, 4));
    assert_eq!(screen(b"\x1b[3;5H\x88\r\t").1, (2, 4));
    assert_eq!(screen(b"\x1b*0\x8eqq").0, "─q");
    assert_eq!(screen(b"ab\x96c\x97\x1b[1;1H\x1b[3X").0, "  c");
    assert_eq!(
        screen(b"\x9d2;title\x9c\x9fapc\x9c\x98sos\x9c\x9epm\x9cx"),
        ("x".into(), (0, 1), "title".into())
    );
    // Characters are characters still.
    assert_eq!(screen("é漢\u{9b}x".as_bytes()).0, "é漢x");
    // And without S8C1T such a byte is a wrong one.
    let mut terminal = session();
    terminal.feed(b"\x9b6n");
    assert_eq!((text(&terminal).as_str(), terminal.replies().len()), ("\u{fffd}6n", 0));
}

#[test]
fn eight_bits_cut_anywhere() {
    let bytes =
        b"\x1b Ga\x9b31mb\x9d2;t\x9c\x90$qm\x9c\xe2\x9b\x9b\x9bm\xc3\x84x\xe2\x9b\x9b1m\xf4\x84z\x85y"
            .to_vec();
    let mut whole = session();
    whole.feed(&bytes);
    healthy(&whole);
    for cut in 0..bytes.len() {
        let mut parts = session();
        parts.feed(&bytes[..cut]);
        let mut saved = Vec::new();
        parts.checkpoint(&mut saved);
        let replies = std::mem::take(parts.replies());
        let mut parts = Terminal::restore(&saved, VecHistory::with_limit(1000)).expect("a checkpoint");
        assert_eq!(*parts.replies(), replies);
        let _ = whole.take_events();
        parts.feed(&bytes[cut..]);
        let _ = parts.take_events();
        assert_eq!(parts.describe(), whole.describe(), "cut at {cut}");
    }
}

#[test]
fn settings_of_displays_that_are_not_there() {
    for (setting, value) in [("$}", "0"), ("$~", "0"), ("*x", "0")] {
        assert_eq!(asked("", &format!("\x1bP$q{setting}\x1b\\")), format!("ESC P1$r{value}{setting}ESC \\"));
    }
    assert_eq!(asked("\x1b[2*x", "\x1bP$q*x\x1b\\"), "ESC P1$r2*xESC \\");
    // Text goes to the one display whatever is chosen.
    assert_eq!(text(&fed("\x1b[1$}X")), "X");
}

#[test]
fn a_program_may_resize_what_nobody_looks_at() {
    let size = |terminal: &Term| (terminal.size().cols, terminal.size().rows);
    let mut terminal = fed("kept\x1b[?3h");
    assert_eq!((size(&terminal), text(&terminal).as_str()), ((80, 25), "kept"));
    assert_eq!(terminal.take_events(), []);
    terminal.feed(b"\x1b[?40h\x1b[1;2r\x1b[?69h\x1b[1;2s\x1b[?3h");
    assert_eq!((size(&terminal), text(&terminal).as_str(), at(&terminal)), ((132, 25), "", (0, 0)));
    assert_eq!(
        answer(&mut terminal, b"\x1b[18t\x1b[?69$p\x1bP$qr\x1b\\"),
        "ESC [8;25;132tESC [?69;2$yESC P1$r1;25rESC \\"
    );
    assert!(terminal.take_events().contains(&Event::Resized));
    terminal.feed(b"\x1bc");
    assert_eq!(size(&terminal), (80, 25));
    for (wish, cols, rows) in [
        ("8;10;90t", 90, 10),
        ("24t", 90, 24),
        ("30t", 90, 30),
        ("8;;70t", 70, 30),
        ("8;20t", 70, 20),
        ("24*|", 70, 24),
        ("$|", 80, 24),
        ("132$|", 132, 24),
        ("8;0;0t", 132, 24),
        ("8;9999;9999t", 132, 24),
        ("8;256;320t", 320, 256),
    ] {
        terminal.feed(format!("\x1b[{wish}").as_bytes());
        healthy(&terminal);
        assert_eq!(size(&terminal), (cols, rows), "{wish}");
    }
    terminal.feed(b"\x1b[8;25;80t\x1b[?3h\x1b[?40l\x1b[?3l");
    assert_eq!(size(&terminal), (80, 25), "mode 40 was reset by RIS");
    // Somebody looks.
    terminal.set_watched(true);
    terminal.feed(b"x\x1b[?40h\x1b[8;10;90t\x1b[30t\x1b[132$|");
    assert_eq!((size(&terminal), text(&terminal).as_str()), ((80, 25), "x"));
    terminal.feed(b"\x1b[?3h");
    assert_eq!((size(&terminal), text(&terminal).as_str()), ((80, 25), ""));
    healthy(&terminal);
}

#[test]
fn titles_in_hexadecimal_and_told() {
    let both = "\x1b[21t\x1b[20t";
    assert_eq!(asked("\x1b]2;window é\x07\x1b]1;icon\x07", both), "ESC ]lwindow éESC \\ESC ]LiconESC \\");
    assert_eq!(asked("\x1b[>1t\x1b]0;ab\x07", both), "ESC ]l6162ESC \\ESC ]L6162ESC \\");
    assert_eq!(asked("\x1b[>0;1t\x1b]0;6162\x07", both), "ESC ]l6162ESC \\ESC ]L6162ESC \\");
    assert_eq!(asked("\x1b[>0t\x1b]2;6162\x07\x1b]1;61\x07", both), "ESC ]labESC \\ESC ]LaESC \\");
    assert_eq!(asked("\x1b[>0t\x1b]2;6162\x07\x1b]2;no hex\x07", both), "ESC ]labESC \\ESC ]LESC \\");
    // No control comes in by this way either.
    assert_eq!(asked("\x1b[>0t\x1b]2;611b5d07629b\x07", "\x1b[21t"), "ESC ]la]b\u{fffd}ESC \\");
    for end in ["\x1b[>0;1T", "\x1bc"] {
        assert_eq!(asked(&format!("\x1b[>0;1t{end}\x1b]2;ab\x07"), "\x1b[21t"), "ESC ]labESC \\");
    }
    // Popped titles are what was pushed, whatever the mode is by then.
    assert_eq!(asked("\x1b]2;ab\x07\x1b[22;2t\x1b]2;x\x07\x1b[>0t\x1b[23;2t", "\x1b[21t"), "ESC ]labESC \\");
}

#[test]
fn special_colours() {
    let set = "\x1b]4;256;rgb:f0f0/f0f0/f0f0;257;#800000\x07";
    assert_eq!(
        asked(set, "\x1b]4;256;?;257;?\x07\x1b]5;0;?;1;?\x1b\\"),
        "ESC ]4;256;rgb:f0f0/f0f0/f0f0\x07ESC ]4;257;rgb:8080/0000/0000\x07\
         ESC ]5;0;rgb:f0f0/f0f0/f0f0ESC \\ESC ]5;1;rgb:8080/0000/0000ESC \\"
    );
    // Until they are set they are the text's.
    let text = "ESC ]5;4;rgb:e5e5/e5e5/e5e5\x07";
    assert_eq!(asked("", "\x1b]5;4;?\x07"), text);
    for reset in ["\x1b]105\x07", "\x1b]105;4\x07", "\x1b]104;260\x07", "\x1bc"] {
        assert_eq!(asked(&format!("\x1b]5;4;red\x07{reset}"), "\x1b]5;4;?\x07"), text, "{reset:?}");
    }
    assert_eq!(asked("\x1b]10;#010203\x07", "\x1b]5;2;?\x07"), "ESC ]5;2;rgb:0101/0202/0303\x07");
    assert_eq!(asked("", "\x1b]5;5;?\x07\x1b]4;261;?\x07"), "");
}

#[test]
fn colours_by_every_name_that_x11_knows() {
    for (specification, told) in [
        ("#fff", "f0f0/f0f0/f0f0"),
        ("rgb:8/80/800", "8888/8080/8080"),
        ("rgbi:0.5/0.5/0.5", "c1c1/bbbb/bbbb"),
        ("CIEXYZ:0.5/0.5/0.5", "dddd/b5b5/a0a0"),
        ("CIEuvY:0.5/0.5/0.5", "ffff/a3a3/aeae"),
        ("CIExyY:0.5/0.5/0.5", "f7f7/b3b3/0e0e"),
        ("CIELab:1/1/1", "6c6c/6767/6767"),
        ("CIELuv:1/1/1", "1616/1414/0e0e"),
        ("TekHVC:1/1/1", "1a1a/1313/0f0f"),
    ] {
        for (set, ask) in [("4;0", "4;0"), ("5;0", "5;0"), ("10", "10")] {
            let told_by = asked(&format!("\x1b]{set};{specification}\x07"), &format!("\x1b]{ask};?\x07"));
            assert_eq!(told_by, format!("ESC ]{ask};rgb:{told}\x07"), "{specification}");
        }
    }
}

#[test]
fn stacks_of_renditions() {
    assert_eq!(pen("\x1b[1;31;4:3m\x1b[#{\x1b[0;7m\x1b[#}"), "0;1;4:3;31");
    // Only what was named comes back.
    assert_eq!(pen("\x1b[1;3;31;44m\x1b[1;30#{\x1b[0;7;42m\x1b[#}"), "0;1;7;31;42");
    assert_eq!(pen("\x1b[4m\x1b[21#p\x1b[24;9m\x1b[#q"), "0;9;4");
    assert_eq!(pen("\x1b[1m\x1b[#}"), "0;1");
    // Ten deep, and what is more is only counted.
    let deep: String = (0..20).map(|number| format!("\x1b[3{}m\x1b[#{{", number % 8)).collect();
    assert_eq!(pen(&format!("{deep}\x1b[#}}")), "0;33");
    assert_eq!(pen(&format!("{deep}{}\x1b[0;1m\x1b[#}}", "\x1b[#}".repeat(10))), "0;31");
    assert_eq!(pen(&format!("{deep}{}\x1b[0;1m\x1b[#}}", "\x1b[#}".repeat(20))), "0;1");
    // A link is no rendition.
    let terminal = fed("\x1b]8;;http://a\x07\x1b[1m\x1b[#{\x1b]8;;\x07\x1b[m\x1b[#}x");
    assert_eq!((style(&terminal, 0, 0).link, style(&terminal, 0, 0).attributes), (None, Attributes::BOLD));
    assert_eq!(pen("\x1b[1m\x1b[#{\x1bc\x1b[#}"), "0");
    // What cells have in common.
    assert_eq!(asked("\x1b[1;31mab\x1b[4mc\x1b[0;1md", "\x1b[1;1;1;3#|"), "ESC [0;1;31m");
    assert_eq!(asked("\x1b[1;31mab\x1b[4mc\x1b[0;1md", "\x1b[1;1;1;4#|"), "ESC [0;1m");
}

#[test]
fn stacks_of_colours() {
    let ask = "\x1b]4;1;?\x07\x1b[#R";
    let red =
        |colour: &str, pushed: u8, places: u8| format!("ESC ]4;1;rgb:{colour}\x07ESC [?{pushed};{places}#Q");
    assert_eq!(asked("\x1b]4;1;#010203\x07\x1b[#P\x1b]4;1;#040506\x07", ask), red("0404/0505/0606", 1, 1));
    assert_eq!(
        asked("\x1b]4;1;#010203\x07\x1b[#P\x1b]4;1;#040506\x07\x1b[#Q", ask),
        red("0101/0202/0303", 0, 1)
    );
    // From a place, where they stay.
    let two = "\x1b]4;1;#010203\x07\x1b[#P\x1b]4;1;#040506\x07\x1b[#P";
    assert_eq!(asked(&format!("{two}\x1b[1#Q"), ask), red("0101/0202/0303", 2, 2));
    assert_eq!(asked(&format!("{two}\x1b[1#P\x1b[m\x1b]104\x07\x1b[1#Q"), ask), red("0404/0505/0606", 2, 2));
    assert_eq!(asked(&format!("{two}\x1b[9#Q\x1b[9#P"), ask), red("0404/0505/0606", 2, 9));
    assert_eq!(asked(&format!("{two}\x1bc"), ask), red("cdcd/0000/0000", 0, 0));
    // What a reset took back is not brought again by what had been pushed.
    let dynamic = "\x1b]10;#010203;#111111;#222222\x07\x1b]5;0;#333333\x07\x1b[#P\x1bc\x1b[#Q\x1b[1#Q";
    assert_eq!(asked(dynamic, "\x1b]10;?\x07\x1b]5;0;?\x07"), asked("", "\x1b]10;?\x07\x1b]5;0;?\x07"));
    let mut terminal = fed("\x1b]10;#010203\x07\x1b]5;0;#333333\x07\x1b[#P\x1b]110\x07\x1b]105\x07");
    let _ = terminal.take_events();
    assert_eq!(
        answer(&mut terminal, b"\x1b[#Q\x1b]10;?\x07\x1b]5;0;?\x07"),
        "ESC ]10;rgb:0101/0202/0303\x07ESC ]5;0;rgb:3333/3333/3333\x07"
    );
    assert_eq!(terminal.take_events(), [Event::ColoursChanged]);
}

#[test]
fn national_character_sets() {
    // Only in their mode, but for the British one.
    assert_eq!(text(&fed("\x1b(K[]\x1b(A#")), "[]£");
    for (designation, text_of) in [
        ("(A", "£@[\\]^_`{|}~"),
        ("(4", "£¾ĳ½|^_`¨ƒ¼´"),
        ("(5", "#@ÄÖÅÜ_éäöåü"),
        ("(C", "#@ÄÖÅÜ_éäöåü"),
        ("(R", "£à°ç§^_`éùè¨"),
        ("(9", "#àâçêî_ôéùèû"),
        ("(K", "#§ÄÖÜ^_`äöüß"),
        ("(Y", "£§°çé^_ùàòèì"),
        ("(E", "#ÄÆØÅÜ_äæøåü"),
        ("(%6", "#@ÃÇÕ^_`ãçõ~"),
        ("(Z", "£§¡Ñ¿^_`°ñç~"),
        ("(H", "#ÉÄÖÅÜ_éäöåü"),
        ("(=", "ùàéçêîèôäöüû"),
    ] {
        let terminal = fed(&format!("\x1b[?42h\x1b{designation}#@[\\]^_`{{|}}~\x1b(B#"));
        assert_eq!(text(&terminal), format!("{text_of}#"), "{designation}");
        // DECCIR names it, and DECRSPS brings it back.
        let mut terminal = fed(&format!("\x1b[?42h\x1b{designation}"));
        let report = answer(&mut terminal, b"\x1b[1$w");
        let state = report.strip_prefix("ESC P1$u").and_then(|text| text.strip_suffix("ESC \\")).unwrap();
        let again = fed(&format!("\x1bP1$t{state}\x1b\\#@[\\]^_`{{|}}~"));
        assert_eq!(text(&again), text_of, "{state}");
    }
    // Sets of 96 characters, and DEC's own, in the left half.
    assert_eq!(text(&fed("\x1b.A\x1bni~\x0fi")), "éþi");
    assert_eq!(text(&fed("\x1b)<\x0eWi(\x0fi")), "Œé¤i");
    assert_eq!(text(&fed("\x1b*%5\x1bNii")), "éi");
}

#[test]
fn presentation_reports_go_both_ways() {
    let state = "\x1b[3;5H\x1b[1;4;5;7m\x1b[1\"q\x1b)0\x0e\x1b}\x1b[?6h\x1b[4;6H";
    let mut terminal = fed(state);
    let report = answer(&mut terminal, b"\x1b[1$w");
    assert_eq!(report, "ESC P1$u4;6;1;O;A;A;1;2;@;B0BBESC \\");
    let mut other = fed("\x1bP1$t4;6;1;O;A;A;1;2;@;B0BB\x1b\\");
    assert_eq!(answer(&mut other, b"\x1b[1$w"), report);
    assert_eq!(answer(&mut other, b"\x1b[?6$p"), "ESC [?6;1$y");
    other.feed(b"q");
    assert_eq!(row_text(&other, 3), "     ─");
    let cell = style(&other, 3, 5);
    assert!(cell.attributes.contains(Attributes::BOLD) && cell.underline == Underline::Single);
    assert!(other.screen().row(3).cells()[5].protected());
    // A wrap that is pending comes back where there can be one.
    let mut wrapped = fed("\x1bP1$t2;80;1;@;@;H;0;2;@;BBBB\x1b\\x");
    assert_eq!(at(&wrapped), (2, 1));
    assert_eq!(
        answer(&mut wrapped, b"\x1bP1$t9;9;1;@;@;H;0;2;@;BBBB\x1b\\\x1b[1$w"),
        "ESC P1$u9;9;1;@;@;@;0;2;@;BBBBESC \\"
    );
    // What is none does nothing.
    for report in [
        "",
        "1;2;3",
        "9;9;1;@;@;@;0;2;@",
        "9;9;1;@;@;@;7;2;@;BBBB",
        "9;9;1;é;@;@;0;2;@;BBBB",
        "x;9;1;@;@;@;0;2;@;BBBB",
    ] {
        let terminal = fed(&format!("\x1bP1$t{report}\x1b\\"));
        assert_eq!((at(&terminal), text(&terminal).as_str()), ((0, 0), ""), "{report}");
    }
    healthy(&fed("\x1bP1$t99999;99999;1;@;@;H;0;2;@;BBBB\x1b\\xyz"));
    // Tab stops.
    let mut tabs = fed("\x1bP2$t3/7/x/0/99999/70\x1b\\");
    assert_eq!(answer(&mut tabs, b"\x1b[2$w"), "ESC P2$u3/7/70ESC \\");
    tabs.feed(b"\ta\tb\tc");
    assert_eq!(row_text(&tabs, 0).trim_end(), format!("  a   b{}c", " ".repeat(62)));
}

#[test]
fn modes_that_only_say_how_they_stand() {
    for mode in [35, 1001, 1039] {
        let ask = format!("\x1b[?{mode}$p");
        assert_eq!(asked("", &ask), format!("ESC [?{mode};2$y"));
        assert_eq!(asked(&format!("\x1b[?{mode}h"), &ask), format!("ESC [?{mode};1$y"));
    }
}

#[test]
fn carriage_returns_keep_to_the_margin() {
    assert_eq!(at(&fed("\x1b[?69h\x1b[5;10s\x1b[1;4H\r")), (0, 0));
    assert_eq!(at(&fed("\x1b[?69h\x1b[5;10s\x1b[1;7H\r")), (0, 4));
    assert_eq!(at(&fed("\x1b[?69h\x1b[5;10s\x1b[1;2H\x1b7\x1b[?6h\x1b8\x1b[?6h\r")), (0, 4));
}

#[test]
fn the_saved_cursor_by_all_its_names() {
    for (save, restore) in [("\x1b7", "\x1b8"), ("\x1b[s", "\x1b[u"), ("\x1b[?1048h", "\x1b[?1048l")] {
        assert_eq!(at(&fed(&format!("\x1b[6;5H{save}\x1b[H{restore}"))), (5, 4), "{save:?}");
        assert_eq!(at(&fed(&format!("\x1b[!p\x1b[6;5H{restore}"))), (0, 0), "{save:?}");
        assert_eq!(at(&fed(&format!("{save}\x1b[5;7r\x1b[?69h\x1b[5;7s\x1b[?6h{restore}\x1b[H"))), (0, 0));
        // Neither wrapping, reverse wrap nor insertion is a part of it.
        let terminal = fed(&format!("\x1b[?7h{save}\x1b[?7l{restore}\x1b[1;79Habcd"));
        assert_eq!(at(&terminal), (0, 79));
        assert_eq!(text(&fed(&format!("\x1b[4h{save}\x1b[4l{restore}\x1b[Ha\x1b[Hb"))), "b");
    }
    // With left and right margins CSI s sets them, and saves nothing.
    assert_eq!(at(&fed("\x1b[3;2H\x1b[s\x1b[?69h\x1b[1;10s\x1b[6;5H\x1b[s\x1b[5;4H\x1b[u")), (2, 1));
}

#[test]
fn the_most_that_stacks_hold_is_what_they_hold() {
    let mut terminal = session();
    for number in 0..5000u32 {
        terminal.feed(format!("\x1b[#P\x1b[#{{\x1b]2;{number}\x07\x1b[22t\x1b[>{}u", number % 32).as_bytes());
    }
    healthy(&terminal);
    assert!(answer(&mut terminal, b"\x1b[#R").starts_with("ESC [?10;10#Q"));
    let mut saved = Vec::new();
    terminal.checkpoint(&mut saved);
    assert!(saved.len() < 64 << 10, "{}", saved.len());
    // The session's own: nothing of it went into history or onto the screen.
    assert_eq!((text(&terminal).as_str(), terminal.history().pieces()), ("", 0));
    assert_eq!(rows(&terminal).len(), 25);
    assert_eq!(terminal.styles().get(terminal.screen().row(0).cells()[0].style()).fg, Colour::Default);
}
