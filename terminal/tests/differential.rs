//! The same random programs on this emulator and on another one, as far as the two should agree. Left out is
//! where the other is known to differ from xterm: what ends a pending wrap, clearing the whole screen (which it
//! moves into history), wide characters cut in half, origin
//! mode, margins left and right.

mod common;

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::{Color, NamedColor, Processor};
use common::terminal;
use proptest::collection::vec;
use proptest::prelude::*;
use scarab_terminal::{Attributes, Colour, Content, Underline};

struct Area(usize, usize);

impl Dimensions for Area {
    fn total_lines(&self) -> usize {
        self.1
    }

    fn screen_lines(&self) -> usize {
        self.1
    }

    fn columns(&self) -> usize {
        self.0
    }
}

/// What programs write, a piece at a time.
fn piece() -> impl Strategy<Value = String> {
    let fixed = vec![
        "\r",
        "\n",
        "\r\n",
        "\x08",
        "\t",
        "\x1b[P",
        "\x1bM",
        "\x1bD",
        "\x1bE",
        "\x1bH",
        "\x1b7",
        "\x1b8",
        "\x1b[4h",
        "\x1b[4l",
        "\x1b[?7l",
        "\x1b[?7h",
        "\x1b[?1049h",
        "\x1b[?1049l",
        "\x1b(0",
        "\x1b(B",
        "\x1b[r",
    ];
    let colours =
        "(0|1|2|3|4|7|8|9|22|23|24|27|28|29|3[0-79]|4[0-79]|9[0-7]|10[0-7]|38;5;[0-9]{1,2}|48;2;1;2;[0-9])";
    prop_oneof![
        8 => "[a-z ]{1,12}",
        6 => prop::sample::select(fixed).prop_map(str::to_owned),
        8 => (0u16..14, prop::sample::select("ABCDEFGLMSTXZ@de`a".chars().collect::<Vec<_>>()))
            .prop_map(|(count, action)| match action {
                // These end in the first column, which the other does not know.
                'L' | 'M' => format!("\x1b[{count}{action}\r"),
                _ => format!("\x1b[{count}{action}"),
            }),
        4 => (0u16..12, 0u16..24).prop_map(|(row, col)| format!("\x1b[{row};{col}H")),
        // The other's cursor does not stop at margins when it is moved up and down, so that they are left at once.
        2 => (1u16..6, 6u16..12, 1u16..14, prop::sample::select(vec!["\n\nab", "\x1bM\x1bMcd", "\x1b[2S", "\x1b[3T", "\x1b[2L\r", "\x1b[M\r"]))
            .prop_map(|(top, bottom, row, action)| format!("\x1b[{top};{bottom}r\x1b[{row}H{action}\x1b[r")),
        2 => prop::sample::select(vec!["\x1b[J", "\x1b[K", "\x1b[2K"]).prop_map(str::to_owned),
        4 => vec(colours, 1..4).prop_map(|codes| format!("\x1b[{}m", codes.join(";"))),
    ]
}

/// Character, foreground, background, and what is on.
type Look = (char, String, String, [bool; 7]);

fn ours(terminal: &common::Term, row: usize, col: usize) -> Look {
    let cell = terminal.screen().row(row).cells()[col];
    let character = match cell.content() {
        Content::Char(character) => character,
        _ => ' ',
    };
    let style = terminal.styles().get(cell.style());
    let colour = |colour| match colour {
        Colour::Default => "default".to_owned(),
        Colour::Indexed(index) => index.to_string(),
        Colour::Rgb(red, green, blue) => format!("{red},{green},{blue}"),
    };
    let on = |attribute| style.attributes.contains(attribute);
    let flags = [
        on(Attributes::BOLD),
        on(Attributes::FAINT),
        on(Attributes::ITALIC),
        on(Attributes::INVERSE),
        on(Attributes::HIDDEN),
        on(Attributes::STRIKE),
        style.underline != Underline::None,
    ];
    (character, colour(style.fg), colour(style.bg), flags)
}

fn theirs(terminal: &Term<VoidListener>, row: usize, col: usize) -> Look {
    let cell = &terminal.grid()[Line(row as i32)][Column(col)];
    let colour = |colour| match colour {
        Color::Named(NamedColor::Foreground | NamedColor::Background) => "default".to_owned(),
        Color::Named(name) => (name as usize).to_string(),
        Color::Indexed(index) => index.to_string(),
        Color::Spec(rgb) => format!("{},{},{}", rgb.r, rgb.g, rgb.b),
    };
    let on = |flag| cell.flags.intersects(flag);
    let flags = [
        on(Flags::BOLD),
        on(Flags::DIM),
        on(Flags::ITALIC),
        on(Flags::INVERSE),
        on(Flags::HIDDEN),
        on(Flags::STRIKEOUT),
        on(Flags::ALL_UNDERLINES),
    ];
    let character = if cell.c == '\t' { ' ' } else { cell.c };
    (character, colour(cell.fg), colour(cell.bg), flags)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(1000),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn two_emulators_agree(pieces in vec(piece(), 1..60)) {
        let (cols, rows) = (20, 12);
        let mut ours_terminal = terminal(cols as u16, rows as u16);
        let mut theirs_terminal = Term::new(Config::default(), &Area(cols, rows), VoidListener);
        let mut processor: Processor = Processor::new();
        for piece in &pieces {
            // The two disagree on what ends a pending wrap, so that nothing is done while one is but to print.
            let plain = piece.bytes().all(|byte| byte >= 0x20);
            if ours_terminal.cursor().pending_wrap && !plain {
                ours_terminal.feed(b"\r");
                processor.advance(&mut theirs_terminal, b"\r");
            }
            ours_terminal.feed(piece.as_bytes());
            processor.advance(&mut theirs_terminal, piece.as_bytes());
            let cursor = theirs_terminal.grid().cursor.point;
            prop_assert_eq!(common::at(&ours_terminal), (cursor.line.0 as usize, cursor.column.0), "after {:?}", piece);
            for row in 0..rows {
                for col in 0..cols {
                    let (ours, theirs) = (ours(&ours_terminal, row, col), theirs(&theirs_terminal, row, col));
                    prop_assert_eq!(ours, theirs, "at {},{} after {:?}", row, col, piece);
                }
            }
        }
    }
}
