//! What a cell looks like: colours and attributes (SGR, ECMA-48 and xterm's additions), interned,
//! so that a cell carries two bytes of it.

use crate::checkpoint::{Damaged, Reader, Saved, damaged, saved_enum, saved_struct};
use crate::link::LinkId;
use crate::table::{Table, mix};

/// A colour as the program named it; what it looks like is the palette's business.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum Colour {
    /// The terminal's own foreground or background.
    #[default]
    Default,
    /// One of the 256 palette entries.
    Indexed(u8),
    /// A direct colour: red, green, blue.
    Rgb(u8, u8, u8),
}

impl Saved for Colour {
    fn save(&self, to: &mut Vec<u8>) {
        (self.to_word() as u32).save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        match u32::load(from)?.to_le_bytes() {
            [0, 0, 0, 0] => Ok(Self::Default),
            [index, 0, 0, 1] => Ok(Self::Indexed(index)),
            [blue, green, red, 2] => Ok(Self::Rgb(red, green, blue)),
            _ => damaged("no colour"),
        }
    }
}

impl Colour {
    fn to_word(self) -> u64 {
        match self {
            Self::Default => 0,
            Self::Indexed(index) => 1 << 24 | u64::from(index),
            Self::Rgb(red, green, blue) => {
                2 << 24 | u64::from(red) << 16 | u64::from(green) << 8 | u64::from(blue)
            }
        }
    }
}

/// How a cell is underlined (SGR 4 and its sub-parameters).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
#[repr(u8)]
pub enum Underline {
    /// Not at all.
    #[default]
    None = 0,
    /// One line.
    Single = 1,
    /// Two lines.
    Double = 2,
    /// A wave.
    Curly = 3,
    /// Dots.
    Dotted = 4,
    /// Dashes.
    Dashed = 5,
}

saved_enum!(Underline { None = 0, Single = 1, Double = 2, Curly = 3, Dotted = 4, Dashed = 5 });

/// The attributes that are on or off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct Attributes(u16);

impl Saved for Attributes {
    fn save(&self, to: &mut Vec<u8>) {
        self.bits().save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok(Self(u16::load(from)?))
    }
}

impl Attributes {
    /// SGR 1.
    pub const BOLD: Self = Self(1);
    /// SGR 2.
    pub const FAINT: Self = Self(1 << 1);
    /// SGR 3.
    pub const ITALIC: Self = Self(1 << 2);
    /// SGR 5.
    pub const BLINK: Self = Self(1 << 3);
    /// SGR 6.
    pub const RAPID_BLINK: Self = Self(1 << 4);
    /// SGR 7.
    pub const INVERSE: Self = Self(1 << 5);
    /// SGR 8.
    pub const HIDDEN: Self = Self(1 << 6);
    /// SGR 9.
    pub const STRIKE: Self = Self(1 << 7);
    /// SGR 53.
    pub const OVERLINE: Self = Self(1 << 8);

    /// Each with the code of SGR that sets it.
    pub(crate) const CODES: [(u16, Self); 9] = [
        (1, Self::BOLD),
        (2, Self::FAINT),
        (3, Self::ITALIC),
        (5, Self::BLINK),
        (6, Self::RAPID_BLINK),
        (7, Self::INVERSE),
        (8, Self::HIDDEN),
        (9, Self::STRIKE),
        (53, Self::OVERLINE),
    ];

    /// No attribute.
    pub const fn empty() -> Self {
        Self(0)
    }

    /// As a number whose bits are the constants above.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether all of `other` are on.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Turns `other` on or off.
    pub fn set(&mut self, other: Self, on: bool) {
        if on {
            self.0 |= other.0;
        } else {
            self.0 &= !other.0;
        }
    }

    /// Turns `other` over.
    pub fn toggle(&mut self, other: Self) {
        self.0 ^= other.0;
    }
}

impl std::ops::BitOr for Attributes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Colours and attributes of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct Style {
    /// Foreground.
    pub fg: Colour,
    /// Background.
    pub bg: Colour,
    /// Colour of the underline; `Default` follows the foreground.
    pub underline_colour: Colour,
    /// What is on.
    pub attributes: Attributes,
    /// The underline.
    pub underline: Underline,
    /// The hyperlink (OSC 8).
    pub link: Option<LinkId>,
}

saved_struct!(Style { fg, bg, underline_colour, attributes, underline, link });

// A table of them goes into every frame.
const _: () = assert!(size_of::<Style>() <= 20);

impl Style {
    fn hash(&self) -> u64 {
        let link = self.link.map_or(0, |link| link.index() as u64 + 1);
        let first = mix(0x5CA2_AB01, self.fg.to_word() << 32 | self.bg.to_word());
        let second = mix(first, self.underline_colour.to_word() << 32 | link);
        mix(second, u64::from(self.attributes.0) << 8 | self.underline as u64)
    }
}

/// The number of a style in [`Styles`], valid within an epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct StyleId(pub(crate) u16);

impl Saved for StyleId {
    fn save(&self, to: &mut Vec<u8>) {
        let Self(number) = self;
        number.save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok(Self(u16::load(from)?))
    }
}

impl StyleId {
    /// The style of a cell that nobody has touched; always number 0.
    pub const DEFAULT: Self = Self(0);

    /// Its place in [`Styles::entries`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// All styles that cells refer to.
#[derive(Debug)]
pub struct Styles(pub(crate) Table<Style>);

impl Saved for Styles {
    fn save(&self, to: &mut Vec<u8>) {
        let Self(table) = self;
        table.save(to, |style, to| style.save(to));
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let table = Table::load(from, Self::LIMIT, |from| {
            let style = Style::load(from)?;
            Ok((style.hash(), style))
        })?;
        if table.entries().first() != Some(&Style::default()) {
            return damaged("the first style is not the default one");
        }
        Ok(Self(table))
    }
}

impl Styles {
    /// Entries at first: more than a usual screen ever has, and 20 KiB.
    const CAPACITY: usize = 1024;
    /// Entries at most: all that two bytes can name.
    pub(crate) const LIMIT: usize = 1 << 16;

    pub(crate) fn new() -> Self {
        let mut styles = Self(Table::new(Self::CAPACITY, Self::LIMIT));
        let default = Style::default();
        styles.0.insert(default.hash(), default);
        styles
    }

    /// The style with this number. One that the table does not have is the default one.
    pub fn get(&self, id: StyleId) -> Style {
        self.0.entries().get(id.index()).copied().unwrap_or_default()
    }

    /// Changes when the styles were renumbered; within an epoch entries are only appended.
    pub fn epoch(&self) -> u64 {
        self.0.epoch()
    }

    /// All entries, [`StyleId`]s being their places.
    pub fn entries(&self) -> &[Style] {
        self.0.entries()
    }

    /// The number of this style; `None` when the table is full.
    pub(crate) fn intern(&mut self, style: &Style) -> Option<StyleId> {
        let hash = style.hash();
        self.0
            .find(hash, |entry| entry == style)
            .or_else(|| self.0.insert(hash, *style))
            .map(|number| StyleId(number as u16))
    }

    pub(crate) fn rewrite(&mut self, live: &[bool], links: &[u32]) -> Vec<u32> {
        // Links are renumbered first, so that equal styles stay equal and hashes fresh.
        let renumbered = self.0.compact(live);
        let kept: Vec<Style> = self.0.entries().to_vec();
        self.0.replace(kept.into_iter().map(|mut style| {
            style.link = style.link.and_then(|link| link.renumbered(links));
            (style.hash(), style)
        }));
        renumbered
    }
}
