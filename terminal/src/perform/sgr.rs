//! SGR: the pen's colours and attributes, with parameters by semicolon and by colon, and the same said
//! back (DECRQSS).

use std::fmt::Write;

use crate::history::History;
use crate::style::{Attributes, Colour, Style, StyleId, Underline};
use crate::terminal::Terminal;

use super::params::{Iter, Params};

impl<H: History> Terminal<H> {
    pub(super) fn select_graphic_rendition(&mut self, params: &Params) {
        // In place: copying what was just written in parts costs more than all the rest of it.
        let style = &mut self.pen.style;
        apply(style, params);
        // Most changes lead back to the default, whose number is known.
        self.pen.id = (*style == Style::default()).then_some(StyleId::DEFAULT);
    }

    /// XTPOPSGR.
    pub(super) fn pop_rendition(&mut self) {
        self.renditions.pop(&mut self.pen.style);
        self.pen.id = None;
    }
}

/// Applies the parameters of an SGR to a style.
pub(super) fn apply(style: &mut Style, params: &Params) {
    let mut params = params.iter();
    while let Some(values) = params.next() {
        match values {
            [code] => apply_code(style, *code, &mut params),
            [4, kind, ..] => {
                style.underline = match kind {
                    0 => Underline::None,
                    1 => Underline::Single,
                    2 => Underline::Double,
                    3 => Underline::Curly,
                    4 => Underline::Dotted,
                    5 => Underline::Dashed,
                    _ => style.underline,
                }
            }
            [code @ (38 | 48 | 58), rest @ ..] => set_colour(style, *code, colour(rest)),
            _ => {}
        }
    }
}

/// Applies a parameter of one value, which may be a colour that takes the next ones.
fn apply_code(style: &mut Style, code: u16, params: &mut Iter<'_>) {
    let attributes = &mut style.attributes;
    match code {
        0 => *style = Style { link: style.link, ..Style::default() },
        1 => attributes.set(Attributes::BOLD, true),
        2 => attributes.set(Attributes::FAINT, true),
        3 => attributes.set(Attributes::ITALIC, true),
        4 => style.underline = Underline::Single,
        5 => attributes.set(Attributes::BLINK, true),
        6 => attributes.set(Attributes::RAPID_BLINK, true),
        7 => attributes.set(Attributes::INVERSE, true),
        8 => attributes.set(Attributes::HIDDEN, true),
        9 => attributes.set(Attributes::STRIKE, true),
        21 => style.underline = Underline::Double,
        22 => attributes.set(Attributes::BOLD | Attributes::FAINT, false),
        23 => attributes.set(Attributes::ITALIC, false),
        24 => style.underline = Underline::None,
        25 => attributes.set(Attributes::BLINK | Attributes::RAPID_BLINK, false),
        27 => attributes.set(Attributes::INVERSE, false),
        28 => attributes.set(Attributes::HIDDEN, false),
        29 => attributes.set(Attributes::STRIKE, false),
        30..=37 => style.fg = Colour::Indexed((code - 30) as u8),
        39 => style.fg = Colour::Default,
        40..=47 => style.bg = Colour::Indexed((code - 40) as u8),
        49 => style.bg = Colour::Default,
        53 => attributes.set(Attributes::OVERLINE, true),
        55 => attributes.set(Attributes::OVERLINE, false),
        59 => style.underline_colour = Colour::Default,
        90..=97 => style.fg = Colour::Indexed((code - 90 + 8) as u8),
        100..=107 => style.bg = Colour::Indexed((code - 100 + 8) as u8),
        38 | 48 | 58 => set_colour(style, code, legacy_colour(params)),
        _ => {}
    }
}

fn set_colour(style: &mut Style, code: u16, colour: Option<Colour>) {
    let Some(colour) = colour else { return };
    match code {
        38 => style.fg = colour,
        48 => style.bg = colour,
        _ => style.underline_colour = colour,
    }
}

/// A colour by colons: `2::r:g:b`, `2:r:g:b` (without the colour space, as many write it), `5:n`.
fn colour(values: &[u16]) -> Option<Colour> {
    match values {
        [2, red, green, blue] | [2, _, red, green, blue, ..] => rgb(*red, *green, *blue),
        [5, index, ..] => u8::try_from(*index).ok().map(Colour::Indexed),
        _ => None,
    }
}

/// A colour by semicolons, which takes the next parameters.
fn legacy_colour(params: &mut Iter<'_>) -> Option<Colour> {
    let mut next = || params.next().and_then(|values| values.first().copied());
    match next()? {
        2 => {
            let (red, green, blue) = (next()?, next()?, next()?);
            rgb(red, green, blue)
        }
        5 => u8::try_from(next()?).ok().map(Colour::Indexed),
        _ => None,
    }
}

fn rgb(red: u16, green: u16, blue: u16) -> Option<Colour> {
    let byte = |value| u8::try_from(value).ok();
    Some(Colour::Rgb(byte(red)?, byte(green)?, byte(blue)?))
}

/// The parameters that make this style, from the default one on.
pub(super) fn describe(style: &Style) -> String {
    let mut text = "0".to_owned();
    for (code, attribute) in Attributes::CODES {
        if style.attributes.contains(attribute) {
            // Writing to a string cannot fail, here and below.
            let _ = write!(text, ";{code}");
        }
    }
    match style.underline {
        Underline::None => {}
        Underline::Single => text.push_str(";4"),
        other => {
            let _ = write!(text, ";4:{}", other as u8);
        }
    }
    for (colour, base) in [(style.fg, 30), (style.bg, 40), (style.underline_colour, 50)] {
        let _ = match colour {
            Colour::Default => Ok(()),
            Colour::Indexed(index @ 0..=7) if base < 50 => write!(text, ";{}", base + u16::from(index)),
            Colour::Indexed(index @ 8..=15) if base < 50 => {
                write!(text, ";{}", base + 60 + u16::from(index) - 8)
            }
            Colour::Indexed(index) => write!(text, ";{}:5:{index}", base + 8),
            Colour::Rgb(red, green, blue) => write!(text, ";{}:2::{red}:{green}:{blue}", base + 8),
        };
    }
    text
}
