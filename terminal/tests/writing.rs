//! What printing, moving, erasing and inserting leave on the screen.

#![allow(missing_docs)]

mod common;

use common::{answer, at, fed, healthy, history, row_text, rows, style, terminal, text};
use scarab_terminal::{Attributes, Colour, Content, LineSize, Size, Style, Underline};

#[test]
fn the_last_column_waits_before_it_wraps() {
    let mut terminal = fed(5, 3, b"abcde");
    assert_eq!(at(&terminal), (0, 4));
    assert!(terminal.cursor().pending_wrap);
    terminal.feed(b"f");
    assert_eq!(text(&terminal), "abcde\nf");
    assert!(terminal.screen().row(0).wrapped());
    healthy(&terminal);
}

#[test]
fn lines_and_carriage_returns_end_the_waiting() {
    for (end, place) in [
        (&b"\n"[..], (1, 4)),
        (b"\x0b", (1, 4)),
        (b"\x0c", (1, 4)),
        (b"\x1bD", (1, 4)),
        (b"\r", (0, 0)),
        (b"\x08", (0, 3)),
        (b"\x1b[K", (0, 4)),
        (b"\x1b[1K", (0, 4)),
        (b"\x1b[C", (0, 4)),
    ] {
        let mut terminal = fed(5, 3, b"abcde");
        terminal.feed(end);
        assert_eq!(at(&terminal), place, "{end:?}");
        assert!(!terminal.cursor().pending_wrap, "{end:?}");
        healthy(&terminal);
    }
}

#[test]
fn without_autowrap_the_last_column_is_written_over() {
    let terminal = fed(5, 2, b"\x1b[?7labcdefgh");
    assert_eq!(text(&terminal), "abcdh");
    let terminal = fed(5, 2, "\x1b[?7labc漢字".as_bytes());
    assert_eq!(text(&terminal), "abc字");
}

#[test]
fn wide_characters_are_never_halved() {
    let mut terminal = fed(5, 3, "ab漢字".as_bytes());
    assert_eq!(rows(&terminal), ["ab漢", "字", ""]);
    assert_eq!(terminal.screen().row(0).cells()[4].content(), Content::Padding);
    assert!(terminal.screen().row(0).wrapped());
    // Writing over either half removes both.
    terminal.feed(b"\x1b[1;4Hx");
    assert_eq!(row_text(&terminal, 0), "ab x");
    terminal.feed("\x1b[1;1H漢\x1b[1;1Hy".as_bytes());
    assert_eq!(row_text(&terminal, 0), "y  x");
    healthy(&terminal);
    for cut in [
        &b"\x1b[1;2H\x1b[P"[..],
        b"\x1b[1;2H\x1b[@",
        b"\x1b[1;2H\x1b[X",
        b"\x1b[1;2H\x1b[K",
        b"\x1b[1;1H\x1b[1K",
    ] {
        let mut terminal = fed(6, 2, "漢字仮".as_bytes());
        terminal.feed(cut);
        healthy(&terminal);
        assert!(!row_text(&terminal, 0).contains('漢'), "{cut:?}");
    }
}

#[test]
fn erasing_takes_the_background_along_and_nothing_else() {
    let terminal = fed(6, 3, b"\x1b[41;1;4mabc\x1b[2;3H\x1b[K");
    let erased = style(&terminal, 1, 2);
    assert_eq!(erased, Style { bg: Colour::Indexed(1), ..Style::default() });
    assert_eq!(style(&terminal, 1, 1), Style::default());
    let written = style(&terminal, 0, 0);
    assert_eq!((written.attributes, written.underline), (Attributes::BOLD, Underline::Single));
}

#[test]
fn erasing_in_display_and_line() {
    let full = b"aaa\r\nbbb\r\nccc\x1b[2;2H";
    for (sequence, left) in [
        ("\x1b[J", "aaa\nb"),
        ("\x1b[1J", "\n  b\nccc"),
        ("\x1b[2J", ""),
        ("\x1b[K", "aaa\nb\nccc"),
        ("\x1b[1K", "aaa\n  b\nccc"),
        ("\x1b[2K", "aaa\n\nccc"),
        ("\x1b[X", "aaa\nb b\nccc"),
        ("\x1b[9X", "aaa\nb\nccc"),
    ] {
        let mut terminal = fed(3, 3, full);
        terminal.feed(sequence.as_bytes());
        assert_eq!(text(&terminal), left, "{sequence:?}");
        assert_eq!(at(&terminal), (1, 1));
        healthy(&terminal);
    }
}

#[test]
fn inserting_and_deleting() {
    for (sequence, left) in [
        ("\x1b[2@", "abcd\ne  f\nijkl"),
        ("\x1b[P", "abcd\negh\nijkl"),
        ("\x1b[L", "abcd\n\nefgh"),
        ("\x1b[M", "abcd\nijkl"),
        ("\x1b[S", "efgh\nijkl"),
        ("\x1b[T", "\nabcd\nefgh"),
        ("\x1b[4hX\x1b[4l", "abcd\neXfg\nijkl"),
    ] {
        let mut terminal = fed(4, 3, b"abcd\r\nefgh\r\nijkl\x1b[2;2H");
        terminal.feed(sequence.as_bytes());
        assert_eq!(text(&terminal), left, "{sequence:?}");
        healthy(&terminal);
    }
}

#[test]
fn lines_go_into_history_only_from_the_top_of_the_primary_screen() {
    let mut terminal = fed(4, 3, b"1\r\n2\r\n3\r\n4");
    assert_eq!(history(&terminal), ["1"]);
    // A region that begins at the top counts, another does not.
    terminal.feed(b"\x1b[1;2r\x1b[2;1H\n\x1b[2;3r\x1b[3;1H\n\n\x1b[r");
    assert_eq!(history(&terminal), ["1", "2"]);
    terminal.feed(b"\x1b[?1049h\x1b[3;1H\n\n\n\x1b[?1049l");
    assert_eq!(history(&terminal), ["1", "2"]);
    terminal.feed(b"\x1b[3J");
    assert!(history(&terminal).is_empty());
}

#[test]
fn regions_scroll_and_nothing_else_moves() {
    let mut terminal = fed(3, 5, b"a\r\nb\r\nc\r\nd\r\ne\x1b[2;4r\x1b[4;1H\n");
    assert_eq!(rows(&terminal), ["a", "c", "d", "", "e"]);
    terminal.feed(b"\x1b[2;1H\x1bM");
    assert_eq!(rows(&terminal), ["a", "", "c", "d", "e"]);
    // Below the region the cursor stops at the end of the screen.
    terminal.feed(b"\x1b[5;1H\n\nX");
    assert_eq!(rows(&terminal), ["a", "", "c", "d", "X"]);
    terminal.feed(b"\x1b[3;1H\x1b[9A");
    assert_eq!(at(&terminal), (1, 0));
    terminal.feed(b"\x1b[9B");
    assert_eq!(at(&terminal), (3, 0));
}

#[test]
fn origin_mode_counts_from_the_margins() {
    let mut terminal = fed(10, 6, b"\x1b[2;4r\x1b[?6hX");
    assert_eq!(row_text(&terminal, 1), "X");
    assert_eq!(answer(&mut terminal, b"\x1b[9;9H\x1b[6n"), "ESC [3;9R");
    assert_eq!(at(&terminal), (3, 8));
    terminal.feed(b"\x1b[?6l");
    assert_eq!(at(&terminal), (0, 0));
}

#[test]
fn left_and_right_margins() {
    let mut terminal = fed(6, 3, b"\x1b[?69h\x1b[2;4s\x1b[1;2Habcdef");
    assert_eq!(text(&terminal), " abc\n def");
    assert_eq!(at(&terminal), (1, 3));
    terminal.feed(b"\x1b[1;2H\x1b[@x\x1b[1;2H\x1b[P");
    assert_eq!(row_text(&terminal, 0), " ab");
    healthy(&terminal);
    // Scrolling moves the columns between the margins only.
    let mut terminal = fed(6, 3, b"111111\r\n222222\r\n333333\x1b[?69h\x1b[2;4s\x1b[S");
    assert_eq!(text(&terminal), "122211\n233322\n3   33");
    terminal.feed(b"\x1b[?69l\x1b[1;6HX");
    assert_eq!(row_text(&terminal, 0), "12221X");
    // Without the mode the same sequence saves the cursor.
    terminal.feed(b"\x1b[2;3H\x1b[s\x1b[H\x1b[u");
    assert_eq!(at(&terminal), (1, 2));
    healthy(&terminal);
}

#[test]
fn columns_shift() {
    for (sequence, left) in [
        ("\x1b[2 @", "cd\ngh"),
        ("\x1b[2 A", "  ab\n  ef"),
        ("\x1b[1;2H\x1b['}", "a bc\ne fg"),
        ("\x1b[1;2H\x1b['~", "acd\negh"),
        ("\x1b[1;1H\x1b6", " abc\n efg"),
        ("\x1b[1;4H\x1b9", "bcd\nfgh"),
    ] {
        let mut terminal = fed(4, 2, b"abcd\r\nefgh");
        terminal.feed(sequence.as_bytes());
        assert_eq!(text(&terminal), left, "{sequence:?}");
        healthy(&terminal);
    }
}

#[test]
fn tabs() {
    let mut terminal = fed(30, 2, b"\ta\t\tb\tc");
    assert_eq!(row_text(&terminal, 0), "        a               b    c");
    terminal.feed(b"\r\x1b[3g\x1b[1;5H\x1bH\r\tX\x1b[ZY\x1b[?5W\r\tZ");
    assert_eq!(row_text(&terminal, 0), "    Y   Z               b    c");
}

#[test]
fn repeating() {
    assert_eq!(text(&fed(10, 1, b"ab\x1b[3b")), "abbbb");
    assert_eq!(text(&fed(4, 2, "漢\x1b[2b".as_bytes())), "漢漢\n漢");
    assert_eq!(text(&fed(10, 1, b"\x1b[3b")), "");
    assert_eq!(text(&fed(5, 2, b"\x1b(0q\x1b[2b\x1b(B")), "───");
    // However many are asked for, a screen full is enough.
    let terminal = fed(10, 3, b"x\x1b[65535b");
    assert_eq!(rows(&terminal), ["xxxxxxxxxx", "xxxxxxxxxx", "x"]);
}

#[test]
fn character_sets() {
    assert_eq!(text(&fed(10, 1, b"\x1b(0lqk_\x1b(Bq")), "┌─┐ q");
    assert_eq!(text(&fed(10, 1, b"\x1b)0a\x0ea\x0fa")), "a▒a");
    assert_eq!(text(&fed(10, 1, b"\x1b*0\x1bNaa")), "▒a");
    assert_eq!(text(&fed(10, 1, b"\x1b(A#\x1b(B#")), "£#");
}

#[test]
fn saved_cursors_keep_all_and_belong_to_a_screen() {
    let mut terminal = fed(10, 4, b"\x1b[2;3H\x1b[1m\x1b(0\x1b7\x1b[m\x1b(B\x1b[H\x1b8q");
    assert_eq!(row_text(&terminal, 1), "  ─");
    assert_eq!(style(&terminal, 1, 2).attributes, Attributes::BOLD);
    terminal.feed(b"\x1b[?47h\x1b[4;4H\x1b7\x1b[?47l\x1b8");
    assert_eq!(at(&terminal), (1, 2));
    // Nothing saved: home, and all as at the start.
    let terminal = fed(10, 4, b"\x1b[3;3H\x1b[1m\x1b8x");
    assert_eq!(row_text(&terminal, 0), "x");
}

#[test]
fn alternate_screens() {
    let mut terminal = fed(6, 2, b"ab\x1b[?1049hcd");
    assert!(terminal.on_alternate_screen());
    assert_eq!(text(&terminal), "  cd");
    terminal.feed(b"\x1b[?1049l");
    assert_eq!(text(&terminal), "ab");
    assert_eq!(at(&terminal), (0, 2));
    terminal.feed(b"\x1b[?1049h");
    assert_eq!(text(&terminal), "");
    terminal.feed(b"x\x1b[?47l\x1b[?47h");
    assert_eq!(text(&terminal), "  x");
    terminal.feed(b"\x1b[?1047l\x1b[?1047h");
    assert_eq!(text(&terminal), "");
    // The end of a full-screen program that never began leaves the cursor where it is.
    let terminal = fed(6, 3, b"\r\nab\x1b[?1049l");
    assert_eq!(at(&terminal), (1, 2));
}

#[test]
fn selective_erase_leaves_what_is_protected() {
    let protected = b"a\x1b[1\"qb\x1b[0\"qc";
    let mut terminal = fed(5, 1, protected);
    terminal.feed(b"\x1b[?2K");
    assert_eq!(text(&terminal), " b");
    terminal.feed(b"\x1b[2K");
    assert_eq!(text(&terminal), "");
    // What is guarded in the ISO way no erase takes.
    let mut terminal = fed(5, 1, b"a\x1bVb\x1bWc\x1b[2J");
    assert_eq!(text(&terminal), " b");
    terminal.feed(b"\x1b[1;2H\x1b[X");
    assert_eq!(text(&terminal), " b");
    let mut terminal = fed(5, 2, protected);
    terminal.feed(b"\x1b[1;1;1;5${");
    assert_eq!(text(&terminal), " b");
}

#[test]
fn rectangles() {
    let lines = b"abcd\r\nefgh\r\nijkl";
    let after = |sequence: &str| {
        let mut terminal = fed(4, 3, lines);
        terminal.feed(sequence.as_bytes());
        healthy(&terminal);
        text(&terminal)
    };
    assert_eq!(after("\x1b[88;2;2;3;3$x"), "abcd\neXXh\niXXl");
    assert_eq!(after("\x1b[2;2;3;3$z"), "abcd\ne  h\ni  l");
    assert_eq!(after("\x1b[1;1;2;2;1;2;3;1$v"), "abcd\nefab\nijef");
    assert_eq!(after("\x1b[2;1;3;2;1;1;1;1$v"), "efcd\nijgh\nijkl");
    let mut terminal = fed(4, 3, lines);
    terminal.feed(b"\x1b[2*x\x1b[1;2;2;3;1;4$r\x1b[2;2;2;2;4$t");
    assert_eq!(style(&terminal, 0, 1).attributes, Attributes::BOLD);
    assert_eq!(style(&terminal, 1, 2).underline, Underline::Single);
    assert_eq!(style(&terminal, 1, 1).underline, Underline::None);
    assert_eq!(style(&terminal, 1, 3), Style::default());
    healthy(&terminal);
}

#[test]
fn double_sized_lines_have_half_the_columns() {
    let mut terminal = fed(8, 3, b"abcdefgh\x1b[1;8H\x1b#6");
    assert_eq!(terminal.screen().row(0).line_size(), LineSize::DoubleWidth);
    assert_eq!(text(&terminal), "abcd");
    assert_eq!(at(&terminal), (0, 3));
    terminal.feed(b"\x1b[1;1Hxxxxy");
    assert_eq!(rows(&terminal), ["xxxx", "y", ""]);
    terminal.feed(b"\x1b#3\r\n\x1b#4");
    assert_eq!(terminal.screen().row(1).line_size(), LineSize::DoubleTop);
    assert_eq!(terminal.screen().row(2).line_size(), LineSize::DoubleBottom);
    healthy(&terminal);
}

#[test]
fn reverse_wrap_goes_back_over_line_starts() {
    for mode in [45, 1045] {
        let mut terminal = fed(5, 3, format!("\x1b[?{mode}habcdefg\x08\x08\x08").as_bytes());
        assert_eq!(at(&terminal), (0, 4));
        // A hard line end too, and from the top of the region to its bottom.
        terminal.feed(b"\x1b[3;1H\x08");
        assert_eq!(at(&terminal), (1, 4));
        terminal.feed(b"\x1b[2;3r\x1b[2;1H\x08");
        assert_eq!(at(&terminal), (2, 4));
        terminal.feed(b"\x1b[r\x1b[3;3H\x1b[10D");
        assert_eq!(at(&terminal), (0, 2));
        // From behind the last column the first step only leaves the wrap. Nothing of it without autowrap.
        terminal.feed(b"\x1b[1;5Hx\x08");
        assert_eq!((at(&terminal), terminal.cursor().pending_wrap), ((0, 4), false));
        terminal.feed(b"\x1b[?7l\x1b[2;1H\x08");
        assert_eq!(at(&terminal), (1, 0));
    }
}

#[test]
fn alignment_pattern() {
    let terminal = fed(3, 2, b"\x1b[2;2H\x1b[1m\x1b#8");
    assert_eq!(rows(&terminal), ["EEE", "EEE"]);
    assert_eq!(at(&terminal), (0, 0));
    assert_eq!(style(&terminal, 0, 0), Style::default());
}

#[test]
fn graphic_rendition_in_both_forms() {
    let pen = |sgr: &str| {
        let terminal = fed(4, 1, format!("\x1b[{sgr}mx").as_bytes());
        style(&terminal, 0, 0)
    };
    let fg = |fg| Style { fg, ..Style::default() };
    assert_eq!(pen("38;2;1;2;3"), fg(Colour::Rgb(1, 2, 3)));
    assert_eq!(pen("38:2:1:2:3"), fg(Colour::Rgb(1, 2, 3)));
    assert_eq!(pen("38:2::1:2:3"), fg(Colour::Rgb(1, 2, 3)));
    assert_eq!(pen("38:5:200"), fg(Colour::Indexed(200)));
    assert_eq!(pen("38;5;200;39"), Style::default());
    assert_eq!(pen("31;95"), fg(Colour::Indexed(13)));
    assert_eq!(pen("4:3;58:2::9:8:7").underline, Underline::Curly);
    assert_eq!(pen("4:3;58:2::9:8:7").underline_colour, Colour::Rgb(9, 8, 7));
    assert_eq!(pen("58;5;3").underline_colour, Colour::Indexed(3));
    assert_eq!(pen("21").underline, Underline::Double);
    assert_eq!(pen("4;24"), Style::default());
    assert_eq!(pen("4:5;4:0"), Style::default());
    assert_eq!(pen("1;2;22"), Style::default());
    let all = "1;2;3;5;6;7;8;9;53";
    assert_eq!(pen(all).attributes.bits(), 0b1_1111_1111);
    assert_eq!(pen(&format!("{all};22;23;25;27;28;29;55")), Style::default());
    assert_eq!(pen("1;;31"), fg(Colour::Indexed(1)));
    // What is not understood, or not whole, leaves the rest alone.
    assert_eq!(pen("999;31"), fg(Colour::Indexed(1)));
    assert_eq!(pen("38;2;1"), Style::default());
    assert_eq!(pen("38;5;300;1").attributes, Attributes::BOLD);
}

#[test]
fn parameters_beyond_the_last_do_not_spoil_the_sequence() {
    let sequence = format!("\x1b[31{}m!", ";1".repeat(60));
    assert_eq!(style(&fed(4, 1, sequence.as_bytes()), 0, 0).fg, Colour::Indexed(1));
    assert_eq!(at(&fed(10, 10, b"\x1b[3;4;5;6H")), (2, 3));
}

#[test]
fn invalid_bytes_become_replacement_characters() {
    assert_eq!(text(&fed(20, 1, b"a\xffb\xc3(c\xe2\x82d\xf0\x9f\x98")), "a\u{fffd}b\u{fffd}(c\u{fffd}d");
    assert_eq!(text(&fed(20, 1, b"\x80\x9b1m\xc2\x9bx")), "\u{fffd}\u{fffd}1mx");
    assert_eq!(text(&fed(20, 1, b"\xe2\x82\x1b[m|")), "\u{fffd}|");
}

#[test]
fn reset_is_as_new() {
    let mut terminal = terminal(8, 3);
    let new = terminal.describe();
    terminal.feed(b"\x1b[?1049h\x1b[31mabc\x1b[2;3r\x1b[?6h\x1b(0\x1b[4h\x1b[3g\x1b7\x1b[?2004h\x1b[>1u\x1b]4;1;#123\x07");
    terminal.feed(b"\x1b[?1003h\x1b[>4;2m\x1b[5 q\x1b[22t\x1b[1\"q\x1b[?1049lzz\r\n\n\n\n\x1b[?1049h\x1bc");
    let _ = terminal.take_events();
    // The colours' revision has moved on, as it must.
    let described = terminal.describe();
    let unlike: Vec<_> = described
        .lines()
        .zip(new.lines())
        .filter(|(is, was)| is != was && !is.contains("revision"))
        .collect();
    assert!(unlike.is_empty(), "{unlike:?}");
    assert!(history(&terminal).is_empty());
}

#[test]
fn soft_reset_leaves_the_screen() {
    let terminal = fed(8, 3, b"abc\x1b[?25l\x1b[2;3r\x1b[?6h\x1b[4h\x1b[1m\x1b[!px");
    assert!(terminal.cursor().visible);
    assert_eq!(rows(&terminal)[..2], ["abc", "x"]);
}

#[test]
fn rows_keep_their_identity_when_they_move_and_tell_what_changed() {
    let mut terminal = fed(5, 3, b"a\r\nb\r\nc");
    terminal.begin_frame();
    let id = |terminal: &common::Term, row: usize| terminal.screen().row(row).identity();
    let revision = |terminal: &common::Term, row: usize| terminal.screen().row(row).revision();
    let before: Vec<_> = (0..3).map(|row| (id(&terminal, row), revision(&terminal, row))).collect();
    terminal.feed(b"\r\n");
    let after: Vec<_> = (0..3).map(|row| (id(&terminal, row), revision(&terminal, row))).collect();
    assert_eq!(after[..2], before[1..]);
    assert!(after[2].1 > before[2].1);
    assert!(before.iter().all(|(identity, _)| *identity != after[2].0));
    terminal.begin_frame();
    terminal.feed(b"\x1b[2;1Hx");
    assert_eq!(id(&terminal, 1), after[1].0);
    assert!(revision(&terminal, 1) > after[1].1);
    assert_eq!(revision(&terminal, 0), after[0].1);
}

#[test]
fn a_screen_of_one_cell() {
    let mut terminal = terminal(1, 1);
    terminal.feed("a漢\u{301}👍🏽\x1b[?45h\x08\x1b[@\x1b[P\x1b[L\x1b[Mz".as_bytes());
    healthy(&terminal);
    terminal.resize(Size::cells(0, 0));
    terminal.resize(Size::cells(65535, 65535));
    assert_eq!((terminal.screen().cols(), terminal.screen().rows()), (2000, 1000));
    healthy(&terminal);
}

#[test]
fn a_last_row_below_the_margins_goes_on_in_nothing() {
    let mut terminal = fed(4, 3, b"\x1b[1;2r\x1b[3;1Habcdef");
    assert_eq!(row_text(&terminal, 2), "efcd");
    assert!(!terminal.screen().row(2).wrapped());
    terminal.resize(Size::cells(6, 3));
    assert_eq!(row_text(&terminal, 2), "efcd");
    healthy(&terminal);
}

#[test]
fn a_wrap_between_margins_joins_no_lines() {
    let mut terminal = fed(6, 3, b"\x1b[?69h\x1b[3;6sabcdefgh");
    assert_eq!(text(&terminal), "abcdef\n  gh");
    assert!(!terminal.screen().row(0).wrapped());
    terminal.feed(b"\x1b[?69l");
    terminal.resize(Size::cells(12, 3));
    assert_eq!(text(&terminal), "abcdef\n  gh");
}

#[test]
fn a_deleted_line_takes_its_part_along() {
    // Three rows of one line, the first in history, the second deleted.
    let mut terminal = fed(4, 3, b"abcdefghijkl\r\n\x1b[1;1H");
    terminal.feed(b"\x1b[M");
    terminal.resize(Size::cells(12, 3));
    assert!(
        !rows(&terminal).iter().any(|row| row.starts_with("abcd") && row.len() > 4),
        "{:?}",
        rows(&terminal)
    );
    healthy(&terminal);
}

#[test]
fn a_single_shift_is_for_one_character_of_any_kind() {
    let terminal = fed(10, 1, "\x1b*0\x1bNqq \x1bNéq \x1bN\u{1f600}q".as_bytes());
    assert_eq!(row_text(&terminal, 0), "─q éq \u{1f600}q".trim_end());
}

#[test]
fn repeating_is_printing_again() {
    let states = ["", "\x1b[4h", "\x1b[?7l", "\x1b(0", "\x1b[?69h\x1b[2;5s", "\x1b#6", "\x1b[?2027l"];
    for (state, text) in
        states.iter().flat_map(|state| ["x", "q", "é", "漢", "─", "😀"].map(|text| (state, text)))
    {
        for (cols, count) in (1..9).flat_map(|cols| [1, 3, 23].map(|count| (cols, count))) {
            let repeated = fed(cols, 3, format!("{state}{text}\x1b[{count}b").as_bytes());
            let printed = fed(cols, 3, format!("{state}{}", text.repeat(count + 1)).as_bytes());
            // More than a screen full is not printed.
            if count <= usize::from(cols) * 3 {
                assert_eq!(rows(&repeated), rows(&printed), "{text} {count} times in {state:?} on {cols}");
                assert_eq!(at(&repeated), at(&printed), "{text} {count} times in {state:?} on {cols}");
                assert_eq!(history(&repeated), history(&printed));
            }
        }
    }
}
