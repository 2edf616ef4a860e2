//! The palette and the dynamic colours of a session: what its viewer shows by default, what the program has
//! changed over it (OSC 4, 10 to 19 and their resets), and so what a query is answered with. Apart from the
//! screen because cells hold indices: changing a colour touches no cell. xterm's control sequences are the
//! specification.

mod names;
mod parse;
mod space;

pub use parse::parse;

use crate::checkpoint::{Damaged, Reader, Saved, saved_struct};

/// Colours in the palette.
pub const PALETTE: usize = 256;
/// Special colours (OSC 5): of bold, underlined, blinking, inverse and italic text. They are kept and told;
/// nothing is drawn in them, as in xterm unless its resources say otherwise.
pub const SPECIAL: usize = 5;

/// A colour of 8 bits a component.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Rgb {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
}

saved_struct!(Rgb { red, green, blue });

impl Rgb {
    /// Black.
    pub const BLACK: Self = Self::new(0, 0, 0);
    /// White.
    pub const WHITE: Self = Self::new(255, 255, 255);

    /// The colour of these components.
    #[must_use]
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// The colour written `0xrrggbb`.
    #[must_use]
    pub const fn from_u24(value: u32) -> Self {
        Self::new((value >> 16) as u8, (value >> 8) as u8, value as u8)
    }

    /// As a query is answered: 16 bits a component, `rgb:RRRR/GGGG/BBBB`.
    #[must_use]
    pub fn report(self) -> String {
        let Self { red, green, blue } = self;
        format!("rgb:{red:02x}{red:02x}/{green:02x}{green:02x}/{blue:02x}{blue:02x}")
    }

    /// Whether text on this background should be light. By the weights of ITU-R BT.601, which need no gamma.
    #[must_use]
    pub const fn is_dark(self) -> bool {
        self.red as u32 * 299 + self.green as u32 * 587 + self.blue as u32 * 114 < 128_000
    }
}

/// The palette of a terminal that nobody has told anything: xterm's sixteen, the 6x6x6 cube, 24 greys.
#[must_use]
pub const fn default_palette(index: u8) -> Rgb {
    const SIXTEEN: [u32; 16] = [
        0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000,
        0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
    ];
    const fn level(step: u8) -> u8 {
        if step == 0 { 0 } else { 55 + 40 * step }
    }
    match index {
        0..=15 => Rgb::from_u24(SIXTEEN[index as usize]),
        16..=231 => {
            let cube = index - 16;
            Rgb::new(level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            Rgb::new(grey, grey, grey)
        }
    }
}

/// A colour that is not in the palette, by the number of the OSC that sets it (its reset is 100 more).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum DynamicColour {
    /// Text.
    Foreground = 10,
    /// What is behind the text.
    Background = 11,
    /// The text cursor.
    Cursor = 12,
    /// The mouse pointer.
    PointerForeground = 13,
    /// The mouse pointer's outline.
    PointerBackground = 14,
    /// Text of the Tektronix window; kept because xterm answers it.
    TektronixForeground = 15,
    /// Background of the Tektronix window.
    TektronixBackground = 16,
    /// The background of selected text.
    HighlightBackground = 17,
    /// The cursor of the Tektronix window.
    TektronixCursor = 18,
    /// Selected text.
    HighlightForeground = 19,
}

impl DynamicColour {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Foreground,
        Self::Background,
        Self::Cursor,
        Self::PointerForeground,
        Self::PointerBackground,
        Self::TektronixForeground,
        Self::TektronixBackground,
        Self::HighlightBackground,
        Self::TektronixCursor,
        Self::HighlightForeground,
    ];

    /// The number of the OSC that sets it.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The colour that OSC `number` sets.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?.checked_sub(10)?).copied()
    }

    const fn slot(self) -> usize {
        self as usize - 10
    }
}

/// The colours of the viewer that a session is shown by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ViewerColours {
    /// Text.
    pub foreground: Rgb,
    /// Background.
    pub background: Rgb,
    /// The cursor, where it has a colour of its own.
    pub cursor: Option<Rgb>,
    /// The palette, as far as the viewer knows it.
    pub palette: Box<[Option<Rgb>; PALETTE]>,
    /// Whether the person prefers dark (mode 2031); usually what the background says.
    pub dark: bool,
}

saved_struct!(ViewerColours { foreground, background, cursor, palette, dark });

impl Default for ViewerColours {
    /// Before any viewer has told its own: light grey on black, as terminals without a theme are.
    fn default() -> Self {
        Self {
            foreground: default_palette(7),
            background: Rgb::BLACK,
            cursor: None,
            palette: Box::new([None; PALETTE]),
            dark: true,
        }
    }
}

/// The colours in force: the viewer's, with what the program set over them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Colours {
    viewer: ViewerColours,
    palette: Palette,
    dynamic: [Option<Rgb>; DynamicColour::ALL.len()],
    revision: u64,
    special: [Option<Rgb>; SPECIAL],
    /// The places of the stack (XTPUSHCOLORS), up to the highest that was ever used.
    places: Vec<Option<Kept>>,
    /// How many of them are pushed.
    pushed: usize,
}

saved_struct!(Colours { viewer, palette, dynamic, revision } since 2 { special, places, pushed });

/// What the program had set when it pushed its colours.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Kept {
    palette: Palette,
    dynamic: [Option<Rgb>; DynamicColour::ALL.len()],
    special: [Option<Rgb>; SPECIAL],
}

saved_struct!(Kept { palette, dynamic, special });

/// What the program set in the palette. A type only because arrays of 256 have no `Default`.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Palette(Box<[Option<Rgb>; PALETTE]>);

impl Saved for Palette {
    fn save(&self, to: &mut Vec<u8>) {
        let Self(entries) = self;
        entries.save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok(Self(Saved::load(from)?))
    }
}

impl Default for Palette {
    fn default() -> Self {
        Self(Box::new([None; PALETTE]))
    }
}

impl Colours {
    /// Goes up with every change of a colour in force, and only then.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The viewer's own colours.
    #[must_use]
    pub const fn viewer(&self) -> &ViewerColours {
        &self.viewer
    }

    /// Takes the colours of another viewer. True if anything changed; what the program set stays over them.
    pub fn set_viewer(&mut self, viewer: &ViewerColours) -> bool {
        let changed = self.viewer != *viewer;
        if changed {
            self.viewer.clone_from(viewer);
            self.revision += 1;
        }
        changed
    }

    /// The colour that palette entry `index` shows.
    #[must_use]
    pub fn effective(&self, index: u8) -> Rgb {
        let slot = usize::from(index);
        self.palette.0[slot].or(self.viewer.palette[slot]).unwrap_or(default_palette(index))
    }

    /// What the program set palette entry `index` to, if it did.
    #[must_use]
    pub fn set_by_program(&self, index: u8) -> Option<Rgb> {
        self.palette.0[usize::from(index)]
    }

    /// Sets a palette entry (OSC 4).
    pub fn set(&mut self, index: u8, colour: Rgb) {
        let slot = &mut self.palette.0[usize::from(index)];
        change(slot, Some(colour), &mut self.revision);
    }

    /// Gives a palette entry back to the viewer (OSC 104 with an index).
    pub fn reset(&mut self, index: u8) {
        change(&mut self.palette.0[usize::from(index)], None, &mut self.revision);
    }

    /// Gives the whole palette back to the viewer (OSC 104).
    pub fn reset_palette(&mut self) {
        change(&mut *self.palette.0, [None; PALETTE], &mut self.revision);
    }

    /// The dynamic colour in force. The cursor, the pointers and the Tektronix window follow text and
    /// background until they are set; so does a selection, the other way round.
    #[must_use]
    pub fn dynamic(&self, kind: DynamicColour) -> Rgb {
        use DynamicColour as D;
        let fallback = || match kind {
            D::Foreground => self.viewer.foreground,
            D::Background => self.viewer.background,
            D::Cursor | D::TektronixCursor => {
                self.viewer.cursor.unwrap_or_else(|| self.dynamic(D::Foreground))
            }
            D::PointerForeground | D::TektronixForeground | D::HighlightBackground => {
                self.dynamic(D::Foreground)
            }
            D::PointerBackground | D::TektronixBackground | D::HighlightForeground => {
                self.dynamic(D::Background)
            }
        };
        self.dynamic[kind.slot()].unwrap_or_else(fallback)
    }

    /// What the program set a dynamic colour to, if it did.
    #[must_use]
    pub const fn dynamic_set_by_program(&self, kind: DynamicColour) -> Option<Rgb> {
        self.dynamic[kind.slot()]
    }

    /// Sets a dynamic colour (OSC 10 to 19).
    pub fn set_dynamic(&mut self, kind: DynamicColour, colour: Rgb) {
        change(&mut self.dynamic[kind.slot()], Some(colour), &mut self.revision);
    }

    /// Gives a dynamic colour back to the viewer (OSC 110 to 119).
    pub fn reset_dynamic(&mut self, kind: DynamicColour) {
        change(&mut self.dynamic[kind.slot()], None, &mut self.revision);
    }

    /// The special colour with this number, which is the text's until it is set; `None` beyond the last.
    #[must_use]
    pub fn special(&self, number: u16) -> Option<Rgb> {
        let set = self.special.get(usize::from(number))?;
        Some(set.unwrap_or_else(|| self.dynamic(DynamicColour::Foreground)))
    }

    /// Sets a special colour, or gives it up (OSC 5, 105).
    pub fn set_special(&mut self, number: u16, colour: Option<Rgb>) {
        if let Some(slot) = self.special.get_mut(usize::from(number)) {
            change(slot, colour, &mut self.revision);
        }
    }

    /// Gives all special colours up (OSC 105).
    pub fn reset_special(&mut self) {
        change(&mut self.special, [None; SPECIAL], &mut self.revision);
    }

    /// Colours that can be kept, as in xterm. Pushed on more, the oldest are lost.
    pub(crate) const DEPTH: usize = 10;

    /// XTPUSHCOLORS: onto the stack (`place` 0), or into a place from 1 on without pushing.
    pub(crate) fn push(&mut self, place: usize) {
        let place = match place {
            0 if self.pushed == Self::DEPTH => {
                self.places.rotate_left(1);
                Self::DEPTH - 1
            }
            0 => {
                self.pushed += 1;
                self.pushed - 1
            }
            place if place <= Self::DEPTH => place - 1,
            _ => return,
        };
        if self.places.len() <= place {
            self.places.resize(place + 1, None);
        }
        self.places[place] =
            Some(Kept { palette: self.palette.clone(), dynamic: self.dynamic, special: self.special });
    }

    /// XTPOPCOLORS: from the stack (`place` 0), or from a place, where they stay.
    pub(crate) fn pop(&mut self, place: usize) {
        let place = match place {
            0 if self.pushed == 0 => return,
            0 => {
                self.pushed -= 1;
                self.pushed
            }
            place => place - 1,
        };
        if let Some(Some(Kept { palette, dynamic, special })) = self.places.get(place).cloned() {
            change(&mut self.palette, palette, &mut self.revision);
            change(&mut self.dynamic, dynamic, &mut self.revision);
            change(&mut self.special, special, &mut self.revision);
        }
    }

    /// How many colours are pushed, and the highest place that has any.
    pub(crate) fn kept(&self) -> (usize, usize) {
        (self.pushed, self.places.len())
    }

    pub(crate) fn verify_integrity(&self) -> Result<(), String> {
        let (pushed, places) = self.kept();
        if pushed > places || places > Self::DEPTH {
            return Err(format!("{pushed} palettes are pushed in {places} places"));
        }
        Ok(())
    }

    /// Gives everything back to the viewer (RIS).
    pub fn reset_all(&mut self) {
        self.reset_palette();
        self.reset_special();
        self.places.clear();
        self.pushed = 0;
        change(&mut self.dynamic, [None; DynamicColour::ALL.len()], &mut self.revision);
    }
}

/// Stores `new`, counting it as a change only if it is one, so that a program that repeats itself costs no
/// redraw.
fn change<T: PartialEq>(slot: &mut T, new: T, revision: &mut u64) {
    if *slot != new {
        *slot = new;
        *revision += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_palette_is_xterms() {
        for (index, colour) in [
            (1, 0xcd0000),
            (12, 0x5c5cff),
            (16, 0),
            (21, 0x0000ff),
            (110, 0x87afd7),
            (231, 0xffffff),
            (232, 0x080808),
            (255, 0xeeeeee),
        ] {
            assert_eq!(default_palette(index), Rgb::from_u24(colour), "{index}");
        }
    }

    #[test]
    fn reports_have_sixteen_bits() {
        assert_eq!(Rgb::from_u24(0x01abff).report(), "rgb:0101/abab/ffff");
    }

    #[test]
    fn the_program_overrides_the_viewer_until_it_resets() {
        let mut colours = Colours::default();
        let mut viewer = ViewerColours::default();
        viewer.palette[1] = Some(Rgb::from_u24(0x111111));
        assert!(colours.set_viewer(&viewer));
        assert!(!colours.set_viewer(&viewer));
        assert_eq!(
            [colours.effective(1), colours.effective(2)],
            [Rgb::from_u24(0x111111), default_palette(2)]
        );

        colours.set(1, Rgb::WHITE);
        let revision = colours.revision();
        colours.set(1, Rgb::WHITE);
        assert_eq!((colours.effective(1), colours.revision()), (Rgb::WHITE, revision));
        viewer.palette[1] = Some(Rgb::from_u24(0x222222));
        colours.set_viewer(&viewer);
        assert_eq!(colours.effective(1), Rgb::WHITE);
        colours.reset(1);
        assert_eq!(colours.effective(1), Rgb::from_u24(0x222222));
        assert_eq!(colours.revision(), revision + 2);
    }

    #[test]
    fn dynamic_colours_follow_each_other() {
        use DynamicColour as D;
        let mut colours = Colours::default();
        colours.set_dynamic(D::Foreground, Rgb::from_u24(0x123456));
        assert_eq!(colours.dynamic(D::Cursor), Rgb::from_u24(0x123456));
        assert_eq!(colours.dynamic(D::HighlightForeground), Rgb::BLACK);
        colours.set_dynamic(D::Cursor, Rgb::WHITE);
        assert_eq!(colours.dynamic(D::Cursor), Rgb::WHITE);
        let revision = colours.revision();
        colours.reset_all();
        assert!(colours.revision() > revision);
        assert_eq!(colours.dynamic(D::Cursor), default_palette(7));
        let revision = colours.revision();
        colours.reset_all();
        assert_eq!(colours.revision(), revision);
    }

    #[test]
    fn numbers_name_dynamic_colours() {
        for kind in D::ALL {
            assert_eq!(D::from_number(u32::from(kind.number())), Some(kind));
        }
        assert_eq!([D::from_number(9), D::from_number(20), D::from_number(u32::MAX)], [None; 3]);
        use DynamicColour as D;
    }

    #[test]
    fn darkness() {
        assert!(Rgb::BLACK.is_dark() && Rgb::from_u24(0x002b36).is_dark());
        assert!(!Rgb::WHITE.is_dark() && !Rgb::from_u24(0xfdf6e3).is_dark());
    }
}
