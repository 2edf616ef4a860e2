//! Text printed by whole runs is what printing it character by character leaves.

use proptest::prelude::*;

use crate::cell::{Cell, Content};
use crate::history::{OwnedPiece, VecHistory};
use crate::size::{Options, Size};
use crate::terminal::Terminal;

type Term = Terminal<VecHistory>;

/// A screen with something of everything on it, and the cursor somewhere.
fn prepared(cols: u16, before: &str) -> Term {
    let mut terminal = Terminal::new(Size::cells(cols, 4), Options::default(), VecHistory::with_limit(50));
    terminal.feed("\x1b[31m漢字漢字漢字\r\nab漢字e\u{301}x\u{2764}\u{fe0f}y\x1b[m\r\n".as_bytes());
    terminal.feed(before.as_bytes());
    terminal
}

/// Each cell, clusters by their text: how these are numbered says how they came about.
fn cells(terminal: &Term) -> Vec<(String, Cell)> {
    let cell = |cell: &Cell| match cell.content() {
        Content::Cluster(id) => {
            (terminal.clusters.get(id).to_owned(), Cell::blank(cell.style()).with_wide(cell.wide()))
        }
        _ => (String::new(), *cell),
    };
    let screen = terminal.screen();
    (0..screen.rows()).flat_map(|row| screen.row(row).cells()).map(cell).collect()
}

fn flags(terminal: &Term) -> Vec<(bool, bool)> {
    (0..4).map(|row| (terminal.screen().row(row).wrapped(), terminal.screen().row(row).continued)).collect()
}

fn history(terminal: &Term) -> Vec<OwnedPiece> {
    terminal.history().iter().map(|piece| OwnedPiece::from(&piece)).collect()
}

/// Text of every kind that is printed in its own way.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ -~]{1,9}",
        3 => "[а-яä€─漢かが가😀🚀]{1,6}",
        2 => "[e漢👩❤1][\u{301}\u{fe0f}\u{fe0e}\u{20e3}\u{1f3fd}]{1,2}",
        1 => Just("👩\u{200d}👩\u{200d}👧".to_owned()),
        1 => Just("👩\u{200d}".to_owned()),
        1 => "[e漢]\u{301}{30,34}",
        1 => "[क्षᄒ\u{1161}ᆫ🇫🇷🇩\u{ad}\u{600}\u{903}\u{200b}⌚]{1,4}",
        1 => any::<char>().prop_filter("a control", |c| !c.is_control()).prop_map(String::from),
    ];
    prop::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

/// Where it is printed: pens, modes, margins and places.
fn before() -> impl Strategy<Value = String> {
    let settings = prop::sample::select(vec![
        "",
        "\x1b[?7l",
        "\x1b[?2027l",
        "\x1b[4h",
        "\x1b(0",
        "\x1b[1\"q",
        "\x1b[7;45m",
        "\x1b[?69h\x1b[2;5s",
        "\x1b[1;3r",
        "\x1b#6",
        "e",
        "\u{600}",
    ]);
    let place = (1u16..6, 1u16..14).prop_map(|(row, col)| format!("\x1b[{row};{col}H"));
    (
        prop::collection::vec(settings, 0..3),
        prop::option::of(place),
        prop::sample::select(vec!["", "x", "漢"]),
    )
        .prop_map(|(settings, place, text)| settings.concat() + &place.unwrap_or_default() + text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn runs_are_printed_as_characters_are(cols in 1u16..14, before in before(), text in text()) {
        let mut at_once = prepared(cols, &before);
        let mut one_by_one = prepared(cols, &before);
        at_once.feed(text.as_bytes());
        text.chars().for_each(|character| one_by_one.print_char(character));
        at_once.verify_integrity().map_err(TestCaseError::fail)?;
        prop_assert_eq!(cells(&at_once), cells(&one_by_one));
        prop_assert_eq!(flags(&at_once), flags(&one_by_one));
        prop_assert_eq!(history(&at_once), history(&one_by_one));
        prop_assert_eq!(at_once.at, one_by_one.at);
        prop_assert_eq!(at_once.last, one_by_one.last);
    }
}
