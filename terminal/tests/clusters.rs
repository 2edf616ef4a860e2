//! Grapheme clusters and the columns they take (UAX 29, mode 2027).

#![allow(missing_docs)]

mod common;

use common::{at, fed, healthy, row_text, rows, terminal};
use scarab_terminal::Options;

/// Clusters on which terminals differ, and their width.
const CLUSTERS: [(&str, &str, usize); 20] = [
    ("wide CJK", "漢", 2),
    ("emoji", "\u{1f600}", 2),
    ("ZWJ family", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}", 2),
    ("flag", "\u{1f1eb}\u{1f1f7}", 2),
    ("skin tone", "\u{1f44d}\u{1f3fd}", 2),
    ("VS16 heart", "\u{2764}\u{fe0f}", 2),
    ("text heart", "\u{2764}", 1),
    ("VS15 on wide", "\u{231a}\u{fe0e}", 1),
    ("keycap", "1\u{fe0f}\u{20e3}", 2),
    ("combining", "e\u{301}", 1),
    ("Devanagari", "\u{915}\u{94d}\u{937}", 2),
    ("Hangul", "\u{1112}\u{1161}\u{11ab}", 2),
    ("ambiguous", "\u{a1}", 1),
    ("soft hyphen", "a\u{ad}b", 2),
    ("rainbow flag", "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}", 2),
    ("lone VS16", "\u{fe0f}", 0),
    ("tag flag", "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", 2),
    ("Unicode 16", "\u{1fae9}", 2),
    ("Unicode 17", "\u{1faea}", 2),
    ("I Ching", "\u{4dc0}", 2),
];

#[test]
fn every_cluster_takes_its_columns() {
    for (name, cluster, width) in CLUSTERS {
        let terminal = fed(20, 2, cluster.as_bytes());
        assert_eq!(at(&terminal), (0, width), "{name}");
        let mut terminal = fed(20, 2, format!("x{cluster}y").as_bytes());
        assert_eq!(at(&terminal), (0, width + 2), "{name} between others");
        let text = row_text(&terminal, 0);
        if width > 0 && name != "soft hyphen" {
            assert_eq!(text, format!("x{cluster}y"), "{name}");
        }
        // The same one byte at a time.
        terminal.feed(b"\r\n");
        for byte in format!("x{cluster}y").as_bytes() {
            terminal.feed(&[*byte]);
        }
        assert_eq!(row_text(&terminal, 1), text, "{name} by bytes");
        healthy(&terminal);
    }
}

#[test]
fn a_cluster_that_grows_at_the_margin_moves_on() {
    let mut terminal = fed(4, 3, "abc\u{2764}".as_bytes());
    assert_eq!(at(&terminal), (0, 3));
    terminal.feed("\u{fe0f}".as_bytes());
    assert_eq!(rows(&terminal)[..2], ["abc", "\u{2764}\u{fe0f}"]);
    assert_eq!(at(&terminal), (1, 2));
    assert!(terminal.screen().row(0).wrapped());
    healthy(&terminal);
    // Where nothing wraps it stays.
    let terminal = fed(4, 3, "\x1b[?7labc\u{2764}\u{fe0f}".as_bytes());
    assert_eq!(rows(&terminal)[0], "abc\u{2764}\u{fe0f}");
}

#[test]
fn a_cluster_that_shrinks_gives_its_column_back() {
    let terminal = fed(4, 2, "ab\u{231a}\u{fe0e}c".as_bytes());
    assert_eq!(rows(&terminal)[0], "ab\u{231a}\u{fe0e}c");
    assert_eq!(at(&terminal), (0, 3));
    assert!(terminal.cursor().pending_wrap);
}

#[test]
fn without_mode_2027_code_points_count() {
    let mut terminal = fed(20, 2, "\x1b[?2027l\u{1f468}\u{200d}\u{1f469}".as_bytes());
    assert_eq!(at(&terminal), (0, 4));
    terminal.feed("\r\u{1f1eb}\u{1f1f7}".as_bytes());
    assert_eq!(at(&terminal), (0, 2));
    terminal.feed("\r\u{2764}\u{fe0f}".as_bytes());
    assert_eq!(at(&terminal), (0, 1));
    terminal.feed("\re\u{301}x".as_bytes());
    assert_eq!(at(&terminal), (0, 2));
    healthy(&terminal);
    let options = Options { grapheme_clusters: false, ..Options::default() };
    let mut terminal = scarab_terminal::Terminal::new(
        scarab_terminal::Size::default(),
        options,
        common::terminal(1, 1).history().clone(),
    );
    assert_eq!(common::answer(&mut terminal, b"\x1b[?2027$p"), "ESC [?2027;2$y");
}

#[test]
fn what_comes_between_ends_a_cluster() {
    // A flag's halves apart, because the cursor was moved in between.
    let terminal = fed(20, 2, "\u{1f1eb}\x1b[1;3H\u{1f1f7}".as_bytes());
    assert_eq!(at(&terminal).1, if terminal.screen().row(0).cells()[0].wide() { 4 } else { 3 });
    // An accent is put on what it stands behind all the same.
    let terminal = fed(20, 2, "abc\x1b[1;2H\u{301}".as_bytes());
    assert_eq!(row_text(&terminal, 0), "a\u{301}bc");
    // With nothing to be put on it is dropped.
    let terminal = fed(20, 2, "\u{301}x".as_bytes());
    assert_eq!(row_text(&terminal, 0), "x");
}

#[test]
fn accents_by_the_million_cost_nothing() {
    let mut terminal = terminal(10, 2);
    terminal.feed(b"e");
    let accents = "\u{301}".repeat(10_000);
    for _ in 0..100 {
        terminal.feed(accents.as_bytes());
    }
    healthy(&terminal);
    assert!(row_text(&terminal, 0).len() <= 64);
    assert!(terminal.clusters().entries().len() < 40);
    assert_eq!(at(&terminal), (0, 1));
}

#[test]
fn more_clusters_than_the_table_holds() {
    // Each cell another cluster, for longer than the table is.
    let mut terminal = terminal(80, 24);
    for first in 0..300u32 {
        for second in 0..300u32 {
            let first = char::from_u32(0x4e00 + first).unwrap();
            let mark = char::from_u32(0x300 + second % 0x70).unwrap();
            let other = char::from_u32(0x300 + second / 0x70).unwrap();
            terminal.feed(format!("{first}{mark}{other}").as_bytes());
        }
    }
    healthy(&terminal);
    assert!(terminal.clusters().epoch() > 0);
    assert!(terminal.clusters().entries().len() <= 1 << 16);
}

#[test]
fn a_cluster_that_grows_while_inserting_takes_its_own_place() {
    let terminal = fed(8, 2, "abcdef\x1b[1;3H\x1b[4h\u{2764}\u{fe0f}".as_bytes());
    assert_eq!(row_text(&terminal, 0), "ab\u{2764}\u{fe0f}cdef");
    assert_eq!(at(&terminal), (0, 4));
    // At the margin it goes to the next row and pushes that one's cells.
    let terminal = fed(4, 2, "\x1b[2;1Hxy\x1b[1;1Habc\x1b[4h\u{2764}\u{fe0f}".as_bytes());
    assert_eq!(rows(&terminal), ["abc", "\u{2764}\u{fe0f}xy"]);
}

#[test]
fn whole_clusters_come_out_as_their_characters_do() {
    let texts = [
        "👍🏽👍👍🏽",
        "👩\u{200d}👩\u{200d}👧漢",
        "👩\u{200d}👩e\u{301}\u{302}x",
        "漢\u{301}字❤\u{fe0f}⌚\u{fe0e}",
        "👩\u{200d}x👩\u{200d}",
        "🛠\u{fe0f}\u{301}é\u{fe0f}❤\u{fe0f}\u{200d}🔥🇫🇷🇫🇷",
    ];
    // On screens where they wrap, with margins, without wrap, while inserting, without clusters.
    let states =
        ["", "\x1b[?69h\x1b[2;5s", "\x1b[?7l", "\x1b[4h", "\x1b[?2027l", "\x1b#6", "\x1b[7m\x1b[1\"q"];
    for (state, cols) in states.iter().flat_map(|state| (1..9).map(move |cols| (state, cols))) {
        for text in
            texts.iter().flat_map(|first| texts.iter().map(move |second| format!("a{first}{second}z")))
        {
            let whole = fed(cols, 3, format!("{state}{text}").as_bytes());
            let mut single = fed(cols, 3, state.as_bytes());
            text.chars().for_each(|character| single.feed(character.to_string().as_bytes()));
            assert_eq!(whole.describe(), single.describe(), "{text:?} in {state:?} on {cols}");
        }
    }
}
