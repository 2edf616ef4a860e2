//! A line of captured text with SGR sequences, as cells: what two terminals' captures have in common.

/// A colour as SGR can say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Colour {
    #[default]
    Default,
    Indexed(u8),
    Rgb(u8, u8, u8),
}

/// Everything SGR says of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Style {
    pub foreground: Colour,
    pub background: Colour,
    pub underline_colour: Colour,
    /// 0 none, 1 single … 5 dashed, as `SGR 4:n` counts.
    pub underline: u8,
    /// Bits by SGR number: 1 bold, 2 faint, 3 italic, 5 blink, 7 inverse, 8 hidden, 9 strike.
    pub attributes: u16,
}

/// One character with its style; a combining character belongs to the cell before it in either capture.
pub type Cell = (char, Style);

/// The cells of one captured line. Trailing blanks are trimmed whatever their background: tmux's capture leaves out
/// the cells of a row that were erased with a background colour and never written.
pub fn cells(line: &str) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut style = Style::default();
    let mut graphics = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => match chars.next() {
                Some('[') => {
                    let parameters: String =
                        std::iter::from_fn(|| chars.next_if(|c| !c.is_ascii_alphabetic())).collect();
                    if chars.next() == Some('m') {
                        apply(&mut style, &parameters);
                    }
                }
                // OSC 8: links are compared by nobody here (tmux 3.3 has none).
                Some(']') => while !matches!(chars.next(), None | Some('\x07' | '\\')) {},
                _ => {}
            },
            // tmux hands line drawing on as shifted DEC graphics.
            '\x0e' => graphics = true,
            '\x0f' => graphics = false,
            c if graphics => cells.push((dec_graphics(c), style)),
            c => cells.push((c, if c == ' ' { blank(style) } else { style })),
        }
    }
    while cells.last().is_some_and(|(c, style)| *c == ' ' && style.underline == 0) {
        cells.pop();
    }
    cells
}

/// The style of a blank, without what nobody sees: whether a cell was erased or written is the program's choice, which
/// takes another way by the terminal's name.
fn blank(style: Style) -> Style {
    const INVERSE_OR_STRIKE: u16 = 1 << 7 | 1 << 9;
    let seen = style.underline > 0 || style.attributes & INVERSE_OR_STRIKE > 0;
    Style { foreground: if seen { style.foreground } else { Colour::Default }, ..style }
}

fn apply(style: &mut Style, parameters: &str) {
    let mut codes =
        parameters.split(';').map(|p| p.split(':').map(|n| n.parse().unwrap_or(0)).collect::<Vec<u16>>());
    while let Some(code) = codes.next() {
        let mut colour = || -> Colour {
            let mut values: Vec<u16> = code[1..].to_vec();
            if values.is_empty() {
                let kind = codes.next().map_or(0, |c| c[0]);
                let more = if kind == 2 { 3 } else { 1 };
                values.push(kind);
                values.extend((0..more).map(|_| codes.next().map_or(0, |c| c[0])));
            }
            match values[..] {
                [5, index, ..] => Colour::Indexed(index as u8),
                [2, r, g, b] | [2, _, r, g, b, ..] => Colour::Rgb(r as u8, g as u8, b as u8),
                _ => Colour::Default,
            }
        };
        match code[0] {
            0 => *style = Style::default(),
            4 => style.underline = code.get(1).map_or(1, |n| *n as u8),
            21 => style.underline = 2,
            24 => style.underline = 0,
            n @ (1 | 2 | 3 | 5 | 7 | 8 | 9) => style.attributes |= 1 << n,
            22 => style.attributes &= !(1 << 1 | 1 << 2),
            n @ (23 | 25 | 27 | 28 | 29) => style.attributes &= !(1 << (n - 20)),
            n @ 30..=37 => style.foreground = Colour::Indexed(n as u8 - 30),
            38 => style.foreground = colour(),
            39 => style.foreground = Colour::Default,
            n @ 40..=47 => style.background = Colour::Indexed(n as u8 - 40),
            48 => style.background = colour(),
            49 => style.background = Colour::Default,
            58 => style.underline_colour = colour(),
            59 => style.underline_colour = Colour::Default,
            n @ 90..=97 => style.foreground = Colour::Indexed(n as u8 - 82),
            n @ 100..=107 => style.background = Colour::Indexed(n as u8 - 92),
            _ => {}
        }
    }
}

/// DEC special graphics (VT100), the part that full-screen programs draw with.
fn dec_graphics(c: char) -> char {
    match c {
        '`' => '◆',
        'a' => '▒',
        'f' => '°',
        'g' => '±',
        'j' => '┘',
        'k' => '┐',
        'l' => '┌',
        'm' => '└',
        'n' => '┼',
        'o' => '⎺',
        'p' => '⎻',
        'q' => '─',
        'r' => '⎼',
        's' => '⎽',
        't' => '├',
        'u' => '┤',
        'v' => '┴',
        'w' => '┬',
        'x' => '│',
        'y' => '≤',
        'z' => '≥',
        '{' => 'π',
        '|' => '≠',
        '}' => '£',
        '~' => '·',
        other => other,
    }
}
