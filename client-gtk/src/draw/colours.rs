//! Which colour a cell has: what the program set, else the theme's; then inverse, faint and hidden.

use gtk::gdk::RGBA;
use scarab_protocol::grid::{Attributes, Colour, DynamicColour, FrameColours, Rgb, Style};
use scarab_protocol::message::{self, ViewerColours};

/// The viewer's own colours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    pub foreground: Rgb,
    pub background: Rgb,
    pub cursor: Rgb,
    /// The sixteen that have names.
    pub named: [Rgb; 16],
    pub dark: bool,
}

/// A colour from `0xrrggbb`.
pub const fn rgb(value: u32) -> Rgb {
    Rgb { r: (value >> 16) as u8, g: (value >> 8) as u8, b: value as u8 }
}

impl Theme {
    /// What the service answers programs that ask.
    pub fn told(&self) -> ViewerColours {
        let told = |Rgb { r, g, b }| message::Rgb { r, g, b };
        ViewerColours {
            foreground: Some(told(self.foreground)),
            background: Some(told(self.background)),
            cursor: Some(told(self.cursor)),
            palette: (0..=255).map(|index| (index, told(self.indexed(index)))).collect(),
            dark: self.dark,
        }
    }

    /// The 6x6x6 cube and the grey ramp are those of xterm.
    fn indexed(&self, index: u8) -> Rgb {
        match index {
            0..16 => self.named[usize::from(index)],
            16..232 => {
                let step = |part: u8| if part == 0 { 0 } else { 55 + 40 * part };
                let cube = index - 16;
                Rgb { r: step(cube / 36), g: step(cube / 6 % 6), b: step(cube % 6) }
            }
            _ => {
                let grey = 8 + 10 * (index - 232);
                Rgb { r: grey, g: grey, b: grey }
            }
        }
    }
}

/// What a cell is drawn with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    pub foreground: Rgb,
    /// `None`: the screen's own.
    pub background: Option<Rgb>,
    pub underline: Rgb,
    /// Less than 1 for faint text, 0 for hidden.
    pub opacity: f32,
}

/// How faint text stands out from its ground.
const FAINT: f32 = 0.55;

/// The colours in force.
#[derive(Clone, Debug)]
pub struct Colours<'a> {
    pub theme: &'a Theme,
    pub program: &'a FrameColours,
    /// DECSCNM: foreground and background change places.
    pub reversed: bool,
}

impl Colours<'_> {
    fn dynamic(&self, which: DynamicColour, own: Rgb) -> Rgb {
        self.program.dynamic(which).unwrap_or(own)
    }

    /// The screen's ground.
    pub fn background(&self) -> Rgb {
        let (foreground, background) = self.defaults();
        if self.reversed { foreground } else { background }
    }

    /// The colour of plain text.
    pub fn foreground(&self) -> Rgb {
        let (foreground, background) = self.defaults();
        if self.reversed { background } else { foreground }
    }

    fn defaults(&self) -> (Rgb, Rgb) {
        (
            self.dynamic(DynamicColour::Foreground, self.theme.foreground),
            self.dynamic(DynamicColour::Background, self.theme.background),
        )
    }

    pub fn cursor(&self) -> Rgb {
        self.program.dynamic(DynamicColour::Cursor).unwrap_or_else(|| self.foreground())
    }

    fn resolve(&self, colour: Colour) -> Option<Rgb> {
        match colour {
            Colour::Default => None,
            Colour::Indexed(index) => {
                Some(self.program.palette[usize::from(index)].unwrap_or_else(|| self.theme.indexed(index)))
            }
            Colour::Rgb(rgb) => Some(rgb),
        }
    }

    pub fn ink(&self, style: &Style) -> Ink {
        let has = |attribute| style.attributes.contains(attribute);
        let mut foreground = self.resolve(style.foreground).unwrap_or_else(|| self.foreground());
        let mut background = self.resolve(style.background);
        if has(Attributes::INVERSE) {
            let ground = background.unwrap_or_else(|| self.background());
            background = Some(foreground);
            foreground = ground;
        }
        let opacity = match (has(Attributes::HIDDEN), has(Attributes::FAINT)) {
            (true, _) => 0.0,
            (false, true) => FAINT,
            (false, false) => 1.0,
        };
        let underline = self.resolve(style.underline_colour).unwrap_or(foreground);
        Ink { foreground, background, underline, opacity }
    }
}

/// As GDK has it.
pub fn rgba(Rgb { r, g, b }: Rgb, opacity: f32) -> RGBA {
    let [red, green, blue] = [r, g, b].map(|part| f32::from(part) / 255.0);
    RGBA::new(red, green, blue, opacity)
}

#[cfg(test)]
mod tests {
    use super::super::palettes;
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn the_cube_and_the_ramp_are_xterms() {
        let theme = palettes::theme(&Settings::default(), true);
        assert_eq!(theme.indexed(16), rgb(0x000000));
        assert_eq!(theme.indexed(67), rgb(0x5f87af));
        assert_eq!(theme.indexed(231), rgb(0xffffff));
        assert_eq!((theme.indexed(232), theme.indexed(255)), (rgb(0x080808), rgb(0xeeeeee)));
    }

    #[test]
    fn inverse_exchanges_what_is_seen() {
        let theme = palettes::theme(&Settings::default(), true);
        let program = FrameColours::default();
        let mut colours = Colours { theme: &theme, program: &program, reversed: false };
        let inverse = Style { attributes: Attributes::INVERSE, ..Style::default() };
        let ink = colours.ink(&inverse);
        assert_eq!((ink.foreground, ink.background), (theme.background, Some(theme.foreground)));
        colours.reversed = true;
        let ink = colours.ink(&inverse);
        assert_eq!((ink.foreground, ink.background), (theme.foreground, Some(theme.background)));
        assert_eq!(colours.ink(&Style::default()).background, None);
        assert_eq!(colours.background(), theme.foreground);
    }
}
