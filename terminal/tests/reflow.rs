//! What a change of size does.

#![allow(missing_docs)]

mod common;

use common::{at, fed, healthy, history, row_text, rows, text};
use scarab_terminal::{Mark, Size};

fn resized(cols: u16, rows: u16, bytes: &[u8], to: (u16, u16)) -> common::Term {
    let mut terminal = fed(cols, rows, bytes);
    terminal.resize(Size::cells(to.0, to.1));
    healthy(&terminal);
    terminal
}

#[test]
fn soft_wrapped_lines_are_wrapped_anew() {
    let terminal = resized(10, 4, b"abcdefghijklmno\r\nxyz", (5, 6));
    assert_eq!(rows(&terminal), ["abcde", "fghij", "klmno", "xyz", "", ""]);
    assert_eq!(at(&terminal), (3, 3));
    let terminal = resized(5, 4, b"abcdefghijklmno\r\nxyz", (10, 4));
    assert_eq!(rows(&terminal), ["abcdefghij", "klmno", "xyz", ""]);
    assert_eq!(at(&terminal), (2, 3));
    // A hard line end stays one.
    let terminal = resized(5, 4, b"abcde\r\nf", (10, 4));
    assert_eq!(text(&terminal), "abcde\nf");
}

#[test]
fn the_cursor_stays_on_its_character() {
    let mut terminal = resized(10, 5, b"abcdefghijklmno\x1b[2;3H", (7, 5));
    assert_eq!(at(&terminal), (1, 5));
    terminal.feed(b"X");
    assert_eq!(rows(&terminal)[..3], ["abcdefg", "hijklXn", "o"]);
    // Behind the last column, and back again.
    let mut terminal = resized(5, 4, b"abcde", (8, 4));
    assert_eq!((at(&terminal), terminal.cursor().pending_wrap), ((0, 5), false));
    terminal.resize(Size::cells(5, 4));
    assert_eq!((at(&terminal), terminal.cursor().pending_wrap), ((0, 4), true));
    terminal.feed(b"f");
    assert_eq!(text(&terminal), "abcde\nf");
    // Behind the end of the text.
    let terminal = resized(20, 4, b"ab\x1b[1;15H", (10, 4));
    assert_eq!(at(&terminal), (0, 9));
}

#[test]
fn a_lower_screen_gives_rows_to_history_and_takes_them_back() {
    let mut terminal = resized(5, 6, b"1\r\n2\r\n3\r\n4\r\n5\r\n6", (5, 3));
    assert_eq!(
        (history(&terminal), rows(&terminal)),
        (vec!["1", "2", "3"], vec!["4".into(), "5".into(), "6".into()])
    );
    assert_eq!(at(&terminal), (2, 1));
    terminal.resize(Size::cells(5, 5));
    assert_eq!((history(&terminal), text(&terminal).as_str()), (vec!["1"], "2\n3\n4\n5\n6"));
    assert_eq!(at(&terminal), (4, 1));
    healthy(&terminal);
    // Blank rows below the cursor go first.
    let terminal = resized(5, 6, b"1\r\n2\r\n", (5, 3));
    assert_eq!((history(&terminal).len(), text(&terminal).as_str()), (0, "1\n2"));
    // The cursor's row stays even with text below it.
    let terminal = resized(5, 4, b"1\r\n2\r\n3\r\n4\x1b[2;1H", (5, 2));
    assert_eq!((history(&terminal), text(&terminal).as_str()), (vec!["1"], "2\n3"));
}

#[test]
fn a_line_half_in_history_is_wrapped_whole() {
    let mut terminal = resized(4, 2, b"abcdefghijkl\r\nz", (12, 2));
    assert_eq!((history(&terminal).len(), rows(&terminal)), (0, vec!["abcdefghijkl".to_owned(), "z".into()]));
    terminal.resize(Size::cells(3, 2));
    assert_eq!(history(&terminal), ["abc", "def", "ghi"]);
    assert_eq!(rows(&terminal), ["jkl", "z"]);
    assert!(terminal.history().iter().all(|piece| piece.continues));
    healthy(&terminal);
}

#[test]
fn styles_clusters_links_and_marks_come_back() {
    let mut terminal = fed(
        20,
        2,
        "\x1b]133;A\x07\x1b[1;4:3;31;48;2;1;2;3;58;5;9m漢e\u{301}\x1b]8;id=a;http://x\x07é\x1b]8;;\x07\x1b[m👍🏽x\r\n\r\n\r\n".as_bytes(),
    );
    let before = fed(
        20,
        2,
        "\x1b]133;A\x07\x1b[1;4:3;31;48;2;1;2;3;58;5;9m漢e\u{301}\x1b]8;id=a;http://x\x07é\x1b]8;;\x07\x1b[m👍🏽x\r\n".as_bytes(),
    );
    assert_eq!(terminal.history().iter().count(), 2);
    terminal.resize(Size::cells(20, 4));
    healthy(&terminal);
    assert_eq!(row_text(&terminal, 0), "漢e\u{301}é👍🏽x");
    assert_eq!(terminal.screen().row(0).mark(), Some(Mark::Prompt));
    let shown = |terminal: &common::Term| terminal.describe().lines().next().map(str::to_owned);
    assert_eq!(shown(&terminal), shown(&before));
}

#[test]
fn wide_characters_at_the_margin() {
    let mut terminal = resized(6, 3, "漢字漢字".as_bytes(), (5, 3));
    assert_eq!(rows(&terminal), ["漢字", "漢字", ""]);
    terminal.resize(Size::cells(8, 3));
    assert_eq!(rows(&terminal)[0], "漢字漢字");
    assert_eq!(at(&terminal), (0, 7));
    assert!(terminal.cursor().pending_wrap);
    terminal.resize(Size::cells(1, 3));
    healthy(&terminal);
}

#[test]
fn the_alternate_screen_is_cut() {
    let mut terminal = fed(10, 4, b"shell\x1b[?1049h1234567890\r\nb\r\nc\r\nd");
    terminal.resize(Size::cells(5, 2));
    healthy(&terminal);
    assert_eq!(rows(&terminal), ["c", "d"]);
    terminal.resize(Size::cells(10, 4));
    assert_eq!(rows(&terminal), ["c", "d", "", ""]);
    terminal.feed(b"\x1b[?1049l");
    assert_eq!(text(&terminal), "shell");
    assert_eq!(at(&terminal), (0, 5));
}

#[test]
fn margins_are_reset() {
    let mut terminal = resized(10, 6, b"\x1b[2;3r\x1b[?69h\x1b[2;4s", (10, 5));
    terminal.feed(b"\x1b[5;10Hx");
    assert_eq!(row_text(&terminal, 4), "         x");
}

#[test]
fn pixels_alone_move_nothing() {
    let mut terminal = fed(10, 4, b"abc");
    let ids: Vec<_> = (0..4).map(|row| terminal.screen().row(row).identity()).collect();
    terminal.resize(Size { cols: 10, rows: 4, width_px: 100, height_px: 80 });
    assert!((0..4).all(|row| terminal.screen().row(row).identity() == ids[row]));
}

#[test]
fn a_line_whose_rest_was_erased_ends_where_it_is() {
    // Half of it is in history when the screen is cleared.
    let start = b"abcdefghijklmnop\x1b[2J\x1b[Hprompt";
    let terminal = resized(4, 3, start, (20, 3));
    assert_eq!(text(&terminal), "abcd\nprompt");
    let mut terminal = fed(4, 3, start);
    assert!(terminal.history().iter().next_back().is_some_and(|piece| piece.continues));
    terminal.feed(b"\r\n\n\n");
    let continues: Vec<bool> = terminal.history().iter().map(|piece| piece.continues).collect();
    assert_eq!((history(&terminal), continues), (vec!["abcd", "prom", "pt"], vec![false, true, false]));
    let terminal = resized(4, 3, start, (4, 6));
    assert_eq!(rows(&terminal)[..3], ["abcd", "prom", "pt"]);
    assert!(!terminal.screen().row(0).wrapped());
}
