//! The outer terminal ends with every cell, every look and the cursor of the session, whatever was written, however
//! the viewer's window was resized meanwhile, and whichever kind of terminal it is.
//!
//! The session's program is a raw `cat`: what is typed into the session is what it writes. The same bytes go into an
//! emulator of the test's own, which says what the screen must be.

use crate::harness::Place;
use crate::harness::outer::Outer;
use scarab_protocol::Client;
use scarab_protocol::message::SendItem;
use scarab_protocol::message::request::Send;
use scarab_terminal::{
    Attributes, Colour, Content, CursorShape, Options, Size, Style, Terminal, Underline, VecHistory,
};
use unicode_width::UnicodeWidthStr;

type Emulator = Terminal<VecHistory>;

/// The same numbers every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

const WORDS: [&str; 14] = [
    "word",
    "a longer piece of text, of several words",
    "x",
    "    ",
    "é",
    "│──┤",
    "宽字",
    "日本語テキスト",
    "👍",
    "👩\u{200d}👩\u{200d}👧",
    "❤\u{fe0f}",
    "e\u{301}\u{323}",
    "🇫🇷",
    "1\u{fe0f}\u{20e3}",
];

const LOOKS: [&str; 22] = [
    "",
    "0",
    "1",
    "2",
    "3",
    "7",
    "9",
    "27",
    "22",
    "31",
    "94",
    "42",
    "103",
    "38;5;208",
    "48;5;17",
    "38;2;1;200;30",
    "48;2;90;0;90",
    "4",
    "4:3",
    "58:2::9:8:7;4:4",
    "53",
    "39;49;59;24",
];

/// Something that a program may write.
fn write(dice: &mut Dice, cols: u16, rows: u16, out: &mut String) {
    let (col, row) = (1 + dice.roll(cols.into()), 1 + dice.roll(rows.into()));
    let count = 1 + dice.roll(5);
    match dice.roll(28) {
        0..8 => out.push_str(WORDS[dice.roll(WORDS.len())]),
        8..12 => *out += &format!("\x1b[{}m", LOOKS[dice.roll(LOOKS.len())]),
        12 | 13 => *out += &format!("\x1b[{row};{col}H"),
        14 | 15 => out.push_str("\r\n"),
        16 => {
            let (top, bottom) = (1 + dice.roll(rows.into()), 1 + dice.roll(rows.into()));
            *out += &format!("\x1b[{};{}r", top.min(bottom), top.max(bottom));
        }
        17 => *out += &format!("\x1b[{count}{}", ["S", "T", "L", "M"][dice.roll(4)]),
        18 => *out += &format!("\x1b[{count}{}", ["@", "P", "X", "b"][dice.roll(4)]),
        19 => *out += &format!("\x1b[{}{}", dice.roll(3), ["J", "K"][dice.roll(2)]),
        20 => out.push_str(["\n", "\x1bM", "\x1b[r", "\x1b7", "\x1b8", "\x08", "\t"][dice.roll(7)]),
        21 => {
            for line in 0..dice.roll(usize::from(rows) * 2) {
                *out += &format!("row {line} of a longer output {}\r\n", WORDS[dice.roll(WORDS.len())]);
            }
        }
        // The last column, where wide characters do not fit and the next one wraps.
        22 => *out += &format!("\x1b[{row};{}H{}", cols, WORDS[dice.roll(WORDS.len())]),
        23 => *out += &format!("\x1b[{row};{}H宽y", cols.saturating_sub(1).max(1)),
        24 => out.push_str(["\x1b[?1049h", "\x1b[?1049l", "\x1b[?7l", "\x1b[?7h"][dice.roll(4)]),
        25 => out.push_str(["\x1b[?25l", "\x1b[?25h", "\x1b[4 q", "\x1b[6 q", "\x1b[0 q"][dice.roll(5)]),
        26 => *out += &format!("\x1b]8;;https://example.org/{count}\x1b\\link\x1b]8;;\x1b\\"),
        _ => out.push_str("\x1b[?2026hhalf\x1b[5;5Hanother half\x1b[?2026l"),
    }
}

/// A cell as a person sees it.
#[derive(Debug, PartialEq)]
struct Seen {
    text: String,
    style: Style,
    link: Option<String>,
}

fn seen(terminal: &Emulator, row: usize, col: usize) -> Seen {
    let cell = terminal.screen().row(row).cells()[col];
    let text = match cell.content() {
        Content::Blank | Content::Padding | Content::Image => " ".to_owned(),
        Content::Char(character) => character.to_string(),
        // One that grew in the last column is not wide here; on another terminal it would be, where there is room.
        Content::Cluster(id) if !cell.wide() => {
            let whole = terminal.clusters().get(id);
            let mut ends = whole.char_indices().map(|(at, character)| at + character.len_utf8());
            let mut fits = 0;
            while let Some(end) = ends.next().filter(|&end| whole[..end].width() <= 1) {
                fits = end;
            }
            whole[..fits].to_owned()
        }
        Content::Cluster(id) => terminal.clusters().get(id).to_owned(),
        Content::Spacer => return seen_right_half(terminal, row, col),
    };
    let mut style = terminal.styles().get(cell.style());
    let link = style.link.take().and_then(|link| terminal.links().get(link)).map(|link| link.uri.to_string());
    let has = |attribute| style.attributes.contains(attribute);
    if text == " " && link.is_none() && style.underline == Underline::None {
        let (strikes, inverse) =
            (has(Attributes::STRIKE) || has(Attributes::OVERLINE), has(Attributes::INVERSE));
        if !strikes {
            // Of a space only the ground is seen.
            let ground = if inverse { style.fg } else { style.bg };
            let mut plain = Style::default();
            if inverse {
                plain.attributes.set(Attributes::INVERSE, true);
                plain.fg = ground;
                plain.attributes.set(Attributes::FAINT, has(Attributes::FAINT));
            } else {
                plain.bg = ground;
            }
            style = plain;
        }
    }
    if style.underline == Underline::None {
        style.underline_colour = Colour::Default;
    }
    Seen { text, style, link }
}

/// The right half of a wide character has nothing of its own.
fn seen_right_half(terminal: &Emulator, row: usize, col: usize) -> Seen {
    let whole = seen(terminal, row, col - 1);
    Seen { text: String::new(), ..whole }
}

/// Where they differ, if they do.
fn difference(outer: &Emulator, session: &Emulator, kind: &Kind) -> Option<String> {
    if outer.size().cols != session.size().cols || outer.size().rows != session.size().rows {
        return Some("the size".to_owned());
    }
    if !session.title().is_empty() && outer.title() != session.title() {
        return Some(format!("the title: {}", outer.title()));
    }
    for row in 0..session.screen().rows() {
        for col in 0..session.screen().row(row).cells().len() {
            let (shown, wanted) = (seen(outer, row, col), seen(session, row, col));
            // A terminal that knows no clusters shows them as it can; all around them must be right.
            let cluster = matches!(session.screen().row(row).cells()[col].content(), Content::Cluster(_))
                || col > 0
                    && matches!(session.screen().row(row).cells()[col - 1].content(), Content::Cluster(_));
            if shown != wanted && (kind.clusters || !cluster) {
                return Some(format!("row {row}, column {col}: shown {shown:?}, wanted {wanted:?}"));
            }
        }
    }
    let (shown, wanted) = (outer.cursor(), session.cursor());
    if shown.visible != wanted.visible {
        return Some(format!("the cursor's visibility: {}", shown.visible));
    }
    let place = |terminal: &Emulator| (terminal.cursor().row, terminal.cursor().col);
    if wanted.visible && place(outer) != place(session) {
        return Some(format!("the cursor: shown at {:?}, wanted at {:?}", place(outer), place(session)));
    }
    // A block is what a terminal has of itself; the person's own cursor is left alone then.
    if wanted.visible && wanted.shape != CursorShape::Block && shown.shape != wanted.shape {
        return Some(format!("the cursor's shape: {:?}, wanted {:?}", shown.shape, wanted.shape));
    }
    None
}

/// The kind of terminal that the viewer stands in.
struct Kind {
    environment: &'static [(&'static str, &'static str)],
    answers: bool,
    withheld: Option<&'static [u8]>,
    /// It joins characters to clusters as the session does.
    clusters: bool,
}

/// Writes, resizes and compares, over and over.
fn paints_what_the_session_is(kind: &Kind, sizes: &[(u16, u16)], seed: u64, steps: usize) {
    let place = Place::new();
    let (mut cols, mut rows) = sizes[0];
    let size = format!("{cols}x{rows}");
    place.ok(["new", "s", "-d", "--size", &size, "--", "sh", "-c", "stty raw -echo; printf ready; exec cat"]);
    place.ok(["wait", "s", "--text", "ready", "--timeout", "20"]);
    let mut client = Client::connect(&place.socket()).expect("connected");
    let mut session =
        Emulator::new(Size::cells(cols, rows), Options::default(), VecHistory::with_limit(100_000));
    session.feed(b"ready");
    let mut outer = Outer::start_with(&place, &["attach", "s"], cols, rows, kind.environment);
    (outer.answers, outer.withheld) = (kind.answers, kind.withheld);
    if !kind.clusters {
        let options = Options { grapheme_clusters: false, ..Options::default() };
        outer.terminal = Emulator::new(Size::cells(cols, rows), options, VecHistory::with_limit(1));
    }
    outer.until("the first frame", |outer| difference(&outer.terminal, &session, kind).is_none());

    let mut dice = Dice(seed);
    for step in 0..steps {
        if step % 7 == 6 {
            (cols, rows) = sizes[dice.roll(sizes.len())];
            outer.resize(cols, rows);
            session.resize(Size::cells(cols, rows));
            // What is written next must find the session in its new size, as it finds the test's.
            while (place.entry("s")["cols"].as_u64(), place.entry("s")["rows"].as_u64())
                != (Some(cols.into()), Some(rows.into()))
            {}
        } else {
            let mut text = String::new();
            for _ in 0..1 + dice.roll(40) {
                write(&mut dice, cols, rows, &mut text);
            }
            // Even what shows nothing must have been taken before the next size comes: the title says that it was.
            text += &format!("\x1b]2;step {step}\x1b\\");
            session.feed(text.as_bytes());
            let items = vec![SendItem::Bytes(text.into_bytes())];
            client.ask(Send { session: "s".to_owned(), items }).expect("sent");
        }
        if let Err(difference) = outer.until_same(|outer| difference(&outer.terminal, &session, kind)) {
            let captured = place.ok(["capture", "s", "--ansi"]);
            panic!(
                "step {step} of seed {seed} at {cols}x{rows}: {difference}\nshown:\n{}\nthe session:\n{captured}",
                outer.text()
            );
        }
    }
    outer.type_in(b"\x1cd");
    assert!(outer.end().success());
    outer.assert_switched_back();
}

const SIZES: [(u16, u16); 6] = [(80, 24), (79, 23), (37, 11), (132, 43), (5, 3), (2, 1)];

#[test]
fn on_a_terminal_that_has_everything() {
    let kind = Kind { environment: &[], answers: true, withheld: None, clusters: true };
    paints_what_the_session_is(&kind, &SIZES, 1, 120);
    paints_what_the_session_is(&kind, &[(80, 24)], 2, 60);
}

#[test]
fn on_a_terminal_without_synchronized_output() {
    let kind = Kind { environment: &[], answers: true, withheld: Some(b"\x1b[?2026;"), clusters: true };
    paints_what_the_session_is(&kind, &SIZES, 3, 120);
}

#[test]
fn on_a_terminal_that_answers_nothing() {
    // Known by its name to have colours and underlines.
    let kind = Kind { environment: &[("TERM", "foot")], answers: false, withheld: None, clusters: true };
    paints_what_the_session_is(&kind, &SIZES, 4, 120);
}

#[test]
fn on_a_terminal_that_knows_no_clusters() {
    let kind = Kind { environment: &[], answers: true, withheld: Some(b"\x1b[?2027;"), clusters: false };
    paints_what_the_session_is(&kind, &SIZES[..4], 5, 120);
}
