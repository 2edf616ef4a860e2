//! The painter against an emulator: whatever is painted over whatever stood there, the outer screen ends as wanted.

use super::*;
use crate::attach::canvas::Ink;
use crate::attach::outer::Depth;
use crate::attach::style::Look;
use scarab_protocol::grid::{Attributes, Colour, Rgb, RowIdentity, Underline};
use scarab_terminal as outer;
use scarab_terminal::{Options, Size, Terminal, VecHistory};

const COLS: usize = 37;
const ROWS: usize = 11;

/// A row as it is wanted: clusters with their widths and looks.
#[derive(Clone, Debug)]
struct Wanted {
    identity: u64,
    revision: u64,
    glyphs: Vec<(&'static str, usize, Look)>,
}

/// The same numbers every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

const GLYPHS: [(&str, usize); 12] = [
    ("a", 1),
    ("Z", 1),
    (" ", 1),
    ("", 1),
    ("~", 1),
    ("é", 1),
    ("│", 1),
    ("宽", 2),
    ("👍", 2),
    ("e\u{301}", 1),
    ("👩\u{200d}👩\u{200d}👧", 2),
    ("❤\u{fe0f}", 2),
];

fn look(dice: &mut Dice) -> Look {
    let colour = |dice: &mut Dice| match dice.roll(6) {
        0 => Colour::Indexed(dice.roll(256) as u8),
        1 => Colour::Rgb(Rgb { r: dice.roll(256) as u8, g: 7, b: 200 }),
        _ => Colour::Default,
    };
    Look {
        foreground: colour(dice),
        background: colour(dice),
        underline_colour: Colour::Default,
        attributes: match dice.roll(8) {
            0 => Attributes::BOLD,
            1 => Attributes::INVERSE.with(Attributes::ITALIC),
            2 => Attributes::STRIKE,
            _ => Attributes::NONE,
        },
        underline: if dice.roll(6) == 0 { Underline::Curly } else { Underline::None },
    }
}

fn fill(row: &mut Wanted, dice: &mut Dice) {
    row.glyphs.clear();
    let mut col = 0;
    let (length, plain) = (dice.roll(COLS + 1), dice.roll(2) == 0);
    let mut style = Look::default();
    while col < length {
        if !plain && dice.roll(4) == 0 {
            style = look(dice);
        }
        let (text, width) = GLYPHS[dice.roll(if plain { 5 } else { GLYPHS.len() })];
        if col + width > COLS {
            break;
        }
        row.glyphs.push((text, width, style));
        col += width;
    }
}

fn compose(row: &Wanted, cells: &mut [Cell], inks: &mut Inks) {
    let mut col = 0;
    for (text, width, look) in &row.glyphs {
        let style = inks.number(Ink { look: *look, link: None });
        let mut characters = text.chars();
        let content = match (characters.next(), characters.next()) {
            (None, _) => Content::Blank,
            (Some(single), None) => Content::Char(single),
            _ => Content::Cluster(inks.cluster(text)),
        };
        cells[col] = Cell::new(content, style).with_wide(*width == 2);
        if *width == 2 {
            cells[col + 1] = Cell::new(Content::Spacer, style);
        }
        col += width;
    }
}

fn colour(colour: outer::Colour) -> Colour {
    match colour {
        outer::Colour::Default => Colour::Default,
        outer::Colour::Indexed(index) => Colour::Indexed(index),
        outer::Colour::Rgb(r, g, b) => Colour::Rgb(Rgb { r, g, b }),
    }
}

/// What stands in a cell of the outer terminal: its text (a blank is a space) and what can be seen of its look.
fn standing(
    terminal: &Terminal<VecHistory>,
    row: usize,
    col: usize,
) -> (String, Colour, Colour, bool, bool, bool) {
    let cell = terminal.screen().row(row).cells()[col];
    let text = match cell.content() {
        outer::Content::Blank | outer::Content::Image => " ".to_owned(),
        outer::Content::Char(character) => character.to_string(),
        outer::Content::Cluster(id) => terminal.clusters().get(id).to_owned(),
        outer::Content::Spacer | outer::Content::Padding => String::new(),
    };
    let style = terminal.styles().get(cell.style());
    let attributes = style.attributes;
    let seen = text != " ";
    let inverse = attributes.contains(outer::Attributes::INVERSE);
    // The text's colour shows where there is text, or where it is the ground.
    let foreground = if seen || inverse { colour(style.fg) } else { Colour::Default };
    let curly = style.underline == outer::Underline::Curly;
    (text, foreground, colour(style.bg), inverse, curly, attributes.contains(outer::Attributes::STRIKE))
}

fn wanted_cell(row: &Wanted, col: usize) -> (String, Colour, Colour, bool, bool, bool) {
    let mut at = 0;
    for (text, width, look) in &row.glyphs {
        if (at..at + width).contains(&col) {
            let text = if col > at {
                ""
            } else if text.is_empty() {
                " "
            } else {
                text
            };
            let inverse = look.attributes.contains(Attributes::INVERSE);
            let seen = text != " ";
            let foreground = if seen || inverse { look.foreground } else { Colour::Default };
            let curly = look.underline == Underline::Curly;
            let strike = look.attributes.contains(Attributes::STRIKE);
            return (text.to_owned(), foreground, look.background, inverse, curly, strike);
        }
        at += width;
    }
    (" ".to_owned(), Colour::Default, Colour::Default, false, false, false)
}

fn paint(painter: &mut Painter, rows: &[Wanted], cursor: (u16, u16), out: &mut Vec<u8>) {
    let abilities =
        Abilities { depth: Depth::True, underline_styles: true, osc: true, ..Abilities::default() };
    let tag = |row: usize| Tag::Frame {
        identity: RowIdentity(rows[row].identity),
        revision: rows[row].revision,
        from: 0,
    };
    painter.begin(COLS as u16, rows.len() as u16, abilities);
    painter.scroll(tag);
    for (at, row) in rows.iter().enumerate() {
        painter.row(at, tag(at), |cells, inks| compose(row, cells, inks));
    }
    painter.finish(Some(Cursor { row: cursor.0, col: cursor.1, form: None }), out);
}

#[test]
fn any_change_ends_as_wanted() {
    let mut dice = Dice(1);
    let mut identity = 0;
    let mut fresh = |dice: &mut Dice| {
        identity += 1;
        let mut row = Wanted { identity, revision: 1, glyphs: Vec::new() };
        fill(&mut row, dice);
        row
    };
    let mut rows: Vec<Wanted> = (0..ROWS).map(|_| fresh(&mut dice)).collect();
    let size = Size::cells(COLS as u16, ROWS as u16);
    let mut terminal = Terminal::new(size, Options::default(), VecHistory::with_limit(10));
    terminal.feed(b"\x1b[?1049h\x1b[?7l");
    let mut painter = Painter::default();
    for step in 0..3000 {
        match dice.roll(10) {
            0 => {
                let count = 1 + dice.roll(3);
                for _ in 0..count {
                    rows.remove(0);
                    let row = fresh(&mut dice);
                    rows.push(row);
                }
            }
            1 => {
                // Inside a region, either way.
                let (top, bottom) = (dice.roll(4), 6 + dice.roll(5));
                let (from, to) = if dice.roll(2) == 0 { (top, bottom) } else { (bottom, top) };
                rows.remove(from);
                let row = fresh(&mut dice);
                rows.insert(to, row);
            }
            2 => painter.forget(),
            _ => {
                for _ in 0..1 + dice.roll(3) {
                    let row = &mut rows[dice.roll(ROWS)];
                    row.revision += 1;
                    if dice.roll(2) == 0 || row.glyphs.is_empty() {
                        fill(row, &mut dice);
                    } else {
                        // One narrow glyph for another: a key's echo.
                        let at = dice.roll(row.glyphs.len());
                        if row.glyphs[at].1 == 1 {
                            row.glyphs[at] = ("x", 1, look(&mut dice));
                        }
                    }
                }
            }
        }
        let cursor = (dice.roll(ROWS) as u16, dice.roll(COLS) as u16);
        let mut out = Vec::new();
        paint(&mut painter, &rows, cursor, &mut out);
        terminal.feed(&out);
        for (row, wanted) in rows.iter().enumerate() {
            for col in 0..COLS {
                assert_eq!(
                    standing(&terminal, row, col),
                    wanted_cell(wanted, col),
                    "step {step}, row {row}, column {col}: {:?}",
                    String::from_utf8_lossy(&out)
                );
            }
        }
        let stands = terminal.cursor();
        assert_eq!((stands.row, stands.col), (usize::from(cursor.0), usize::from(cursor.1)), "step {step}");
        out.clear();
        paint(&mut painter, &rows, cursor, &mut out);
        assert!(out.is_empty(), "step {step}: nothing changed, yet {:?}", String::from_utf8_lossy(&out));
    }
}

#[test]
fn a_typed_letter_costs_a_few_bytes_and_a_scroll_does_not_write_again() {
    let row = |identity: u64, text: &'static str| Wanted {
        identity,
        revision: text.len() as u64,
        glyphs: text.split_inclusive(|_: char| true).map(|letter| (letter, 1, Look::default())).collect(),
    };
    let mut painter = Painter::default();
    let mut out = Vec::new();
    let before: Vec<Wanted> = (0..ROWS as u64).map(|identity| row(identity, "some words in a row")).collect();
    paint(&mut painter, &before, (3, 19), &mut out);
    let mut after = before.clone();
    after[3] = row(3, "some words in a rowx");
    out.clear();
    paint(&mut painter, &after, (3, 20), &mut out);
    assert_eq!(out, b"x");
    after.remove(0);
    after.push(row(99, "new"));
    out.clear();
    paint(&mut painter, &after, (10, 3), &mut out);
    assert_eq!(String::from_utf8_lossy(&out), "\x1b[11;1H\n\x1b[11;1Hnew");
}

#[test]
fn controls_from_shared_memory_do_not_reach_the_terminal() {
    let mut painter = Painter::default();
    let mut out = Vec::new();
    painter.begin(10, 1, Abilities::default());
    painter.row(0, Tag::None, |cells, inks| {
        cells[0] = Cell::new(Content::Char('\x1b'), StyleId(0));
        cells[1] = Cell::new(Content::Char('\u{9b}'), StyleId(0));
        cells[2] = Cell::new(Content::Cluster(inks.cluster("a\x1b[6n")), StyleId(0));
    });
    painter.finish(None, &mut out);
    let text = String::from_utf8_lossy(&out);
    assert!(!text.contains("\x1b[6n") && !text.contains('\u{9b}'), "{text:?}");
}
