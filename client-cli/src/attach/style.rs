//! Styles as SGR sequences: the shortest change from one to the next, in the colours the outer terminal has.
//!
//! Apart from `paint`, because what a terminal lacks (true colour, underline styles) is made up for here and
//! nowhere else. Follows ECMA-48 and xterm's ctlseqs; the colon forms of 4 and 58 as kitty has them.

use super::outer::{Abilities, Depth};
use scarab_protocol::grid::{Attributes, Colour, Rgb, Underline};
use std::io::Write;

/// How a cell looks: a grid style without its link, which is written apart (OSC 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Look {
    /// The colour of the text.
    pub foreground: Colour,
    /// The colour behind it.
    pub background: Colour,
    /// The colour of the underline.
    pub underline_colour: Colour,
    /// Bold and so on.
    pub attributes: Attributes,
    /// The kind of underline.
    pub underline: Underline,
}

impl Look {
    /// Inverse video, for overlays.
    pub const INVERSE: Self = Self {
        foreground: Colour::Default,
        background: Colour::Default,
        underline_colour: Colour::Default,
        attributes: Attributes::INVERSE,
        underline: Underline::None,
    };

    /// A blank in this look cannot be told from erased space.
    pub fn erases(&self) -> bool {
        self.background == Colour::Default
            && self.underline == Underline::None
            && !self.attributes.contains(Attributes::INVERSE)
            && !self.attributes.contains(Attributes::STRIKE)
            && !self.attributes.contains(Attributes::OVERLINE)
    }
}

/// Attributes and the parameters that set them, as far as all terminals know or ignore them.
const PARAMETERS: [(Attributes, u8); 9] = [
    (Attributes::BOLD, 1),
    (Attributes::FAINT, 2),
    (Attributes::ITALIC, 3),
    (Attributes::BLINK, 5),
    (Attributes::RAPID_BLINK, 6),
    (Attributes::INVERSE, 7),
    (Attributes::HIDDEN, 8),
    (Attributes::STRIKE, 9),
    (Attributes::OVERLINE, 53),
];

/// Appends what changes the terminal's look from `from` to `to`.
///
/// Switching something off needs knowledge of what else that parameter ends (22 ends bold and faint), so a look
/// that loses an attribute begins again from 0: a few bytes more, and right on every terminal.
pub fn change(from: &Look, to: &Look, abilities: &Abilities, out: &mut Vec<u8>) {
    if from == to {
        return;
    }
    if *to == Look::default() {
        out.extend_from_slice(b"\x1b[m");
        return;
    }
    let loses = !to.attributes.contains(from.attributes)
        || (from.underline != Underline::None && to.underline == Underline::None);
    let base = if loses { Look::default() } else { *from };
    out.extend_from_slice(b"\x1b[");
    let start = out.len();
    if loses {
        out.push(b'0');
    }
    let separate = |out: &mut Vec<u8>| {
        if out.len() > start {
            out.push(b';');
        }
    };
    for (attribute, parameter) in PARAMETERS {
        if to.attributes.contains(attribute) && !base.attributes.contains(attribute) {
            separate(out);
            number(out, parameter);
        }
    }
    if to.underline != base.underline {
        separate(out);
        underline(to.underline, abilities, out);
    }
    if to.foreground != base.foreground {
        separate(out);
        colour(to.foreground, Plane::Foreground, abilities.depth, out);
    }
    if to.background != base.background {
        separate(out);
        colour(to.background, Plane::Background, abilities.depth, out);
    }
    if abilities.underline_styles && to.underline_colour != base.underline_colour {
        separate(out);
        underline_colour(to.underline_colour, out);
    }
    if out.len() == start {
        out.truncate(start - 2);
    } else {
        out.push(b'm');
    }
}

fn number(out: &mut Vec<u8>, value: u8) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "{value}");
}

fn underline(underline: Underline, abilities: &Abilities, out: &mut Vec<u8>) {
    let styled: &[u8] = match underline {
        Underline::None => b"24",
        Underline::Single => b"4",
        Underline::Double if abilities.underline_styles => b"4:2",
        Underline::Curly if abilities.underline_styles => b"4:3",
        Underline::Dotted if abilities.underline_styles => b"4:4",
        Underline::Dashed if abilities.underline_styles => b"4:5",
        _ => b"4",
    };
    out.extend_from_slice(styled);
}

fn underline_colour(colour: Colour, out: &mut Vec<u8>) {
    let _ = match colour {
        Colour::Default => write!(out, "59"),
        Colour::Indexed(index) => write!(out, "58:5:{index}"),
        Colour::Rgb(Rgb { r, g, b }) => write!(out, "58:2::{r}:{g}:{b}"),
    };
}

#[derive(Clone, Copy)]
enum Plane {
    Foreground,
    Background,
}

fn colour(colour: Colour, plane: Plane, depth: Depth, out: &mut Vec<u8>) {
    let offset = match plane {
        Plane::Foreground => 0,
        Plane::Background => 10,
    };
    let colour = match (colour, depth) {
        (Colour::Rgb(rgb), Depth::Palette) => Colour::Indexed(nearest_256(rgb)),
        (Colour::Rgb(rgb), Depth::Sixteen) => Colour::Indexed(nearest_16(rgb)),
        (Colour::Indexed(index @ 16..), Depth::Sixteen) => Colour::Indexed(nearest_16(palette_256(index))),
        (colour, _) => colour,
    };
    let _ = match colour {
        Colour::Default => write!(out, "{}", 39 + offset),
        Colour::Indexed(index @ 0..8) => write!(out, "{}", 30 + offset + index),
        Colour::Indexed(index @ 8..16) => write!(out, "{}", 90 + offset + index - 8),
        Colour::Indexed(index) => write!(out, "{};5;{index}", 38 + offset),
        Colour::Rgb(Rgb { r, g, b }) => write!(out, "{};2;{r};{g};{b}", 38 + offset),
    };
}

/// The steps of the palette's colour cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The palette's entries from 16 on, which every terminal has alike: a cube of 216 colours and 24 greys.
fn palette_256(index: u8) -> Rgb {
    match index {
        232.. => {
            let grey = 8 + (index - 232) * 10;
            Rgb { r: grey, g: grey, b: grey }
        }
        16.. => {
            let cube = usize::from(index - 16);
            Rgb { r: CUBE[cube / 36], g: CUBE[cube / 6 % 6], b: CUBE[cube % 6] }
        }
        _ => xterm_16(index),
    }
}

/// xterm's first sixteen: nobody knows what the terminal's own look like, but these are near what people choose.
fn xterm_16(index: u8) -> Rgb {
    let (low, high) = if index < 8 { (0, 205) } else { (127, 255) };
    let channel = |bit: u8| if index & bit != 0 { high } else { low };
    match index {
        0 => Rgb { r: 0, g: 0, b: 0 },
        7 => Rgb { r: 229, g: 229, b: 229 },
        8 => Rgb { r: 127, g: 127, b: 127 },
        15 => Rgb { r: 255, g: 255, b: 255 },
        _ => Rgb { r: channel(1), g: channel(2), b: channel(4) },
    }
}

/// How different two colours look, weighted roughly as eyes do.
fn distance(a: Rgb, b: Rgb) -> u32 {
    let square = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    2 * square(a.r, b.r) + 4 * square(a.g, b.g) + 3 * square(a.b, b.b)
}

fn nearest_256(rgb: Rgb) -> u8 {
    let step = |value: u8| (0..6u8).min_by_key(|&step| CUBE[usize::from(step)].abs_diff(value)).unwrap_or(0);
    let cube = 16 + 36 * step(rgb.r) + 6 * step(rgb.g) + step(rgb.b);
    let mean = (u32::from(rgb.r) + u32::from(rgb.g) + u32::from(rgb.b)) / 3;
    let grey = 232 + (mean.saturating_sub(3) / 10).min(23) as u8;
    // The cube on a tie: it has true black and white.
    [cube, grey].into_iter().min_by_key(|&index| distance(palette_256(index), rgb)).unwrap_or(cube)
}

fn nearest_16(rgb: Rgb) -> u8 {
    (0..16).min_by_key(|&index| distance(xterm_16(index), rgb)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(from: &Look, to: &Look, depth: Depth, underline_styles: bool) -> String {
        let mut out = Vec::new();
        change(from, to, &Abilities { depth, underline_styles, ..Abilities::default() }, &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    const PLAIN: Look = Look {
        foreground: Colour::Default,
        background: Colour::Default,
        underline_colour: Colour::Default,
        attributes: Attributes::NONE,
        underline: Underline::None,
    };

    #[test]
    fn only_what_changes_is_said() {
        let bold = Look { attributes: Attributes::BOLD, ..PLAIN };
        let red = Look { foreground: Colour::Indexed(1), ..bold };
        assert_eq!(changed(&PLAIN, &bold, Depth::True, true), "\x1b[1m");
        assert_eq!(changed(&bold, &red, Depth::True, true), "\x1b[31m");
        assert_eq!(changed(&red, &bold, Depth::True, true), "\x1b[39m");
        assert_eq!(changed(&red, &PLAIN, Depth::True, true), "\x1b[m");
        let plain_red = Look { attributes: Attributes::NONE, ..red };
        assert_eq!(changed(&red, &plain_red, Depth::True, true), "\x1b[0;31m");
        assert_eq!(changed(&red, &red, Depth::True, true), "");
    }

    #[test]
    fn what_a_terminal_lacks_is_made_up_for() {
        let orange = Rgb { r: 255, g: 135, b: 0 };
        let look = Look {
            foreground: Colour::Rgb(orange),
            underline: Underline::Curly,
            underline_colour: Colour::Indexed(9),
            ..PLAIN
        };
        assert_eq!(changed(&PLAIN, &look, Depth::True, true), "\x1b[4:3;38;2;255;135;0;58:5:9m");
        assert_eq!(changed(&PLAIN, &look, Depth::Palette, false), "\x1b[4;38;5;208m");
        assert_eq!(changed(&PLAIN, &look, Depth::Sixteen, false), "\x1b[4;33m");
        let only_underline_colour = Look { underline_colour: Colour::Indexed(9), ..PLAIN };
        assert_eq!(changed(&PLAIN, &only_underline_colour, Depth::True, false), "");
    }

    #[test]
    fn colours_of_the_palette_are_their_own_nearest() {
        for index in 16..=255 {
            let rgb = palette_256(index);
            assert_eq!(palette_256(nearest_256(rgb)), rgb, "{index}");
        }
        assert_eq!(nearest_256(Rgb { r: 0, g: 0, b: 0 }), 16);
        assert_eq!(nearest_256(Rgb { r: 255, g: 255, b: 255 }), 231);
        for index in 0..16 {
            assert_eq!(nearest_16(xterm_16(index)), index);
        }
    }
}
