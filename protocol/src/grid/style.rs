//! Styles, colours and links, as frames and history carry them.
//!
//! Apart from `cell` because history keeps styles by value where a frame keeps them in a table.

/// A number in a frame's table of styles. Style 0 is the default one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StyleId(pub u16);

/// A number in a table of links: the frame's, or the history piece's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

/// A colour of eight bits a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rgb {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

impl Rgb {
    pub(crate) const fn bits(self) -> u32 {
        (self.r as u32) << 16 | (self.g as u32) << 8 | self.b as u32
    }

    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self { r: (bits >> 16) as u8, g: (bits >> 8) as u8, b: bits as u8 }
    }
}

/// The colour of a foreground, a background or an underline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Colour {
    /// The viewer's default (for an underline: the foreground's colour).
    #[default]
    Default,
    /// An entry of the palette.
    Indexed(u8),
    /// A colour of its own.
    Rgb(Rgb),
}

/// The highest byte of a colour's word says which kind it is.
const TAG_INDEXED: u32 = 1 << 24;
const TAG_RGB: u32 = 2 << 24;

impl Colour {
    pub(crate) const fn bits(self) -> u32 {
        match self {
            Self::Default => 0,
            Self::Indexed(index) => TAG_INDEXED | index as u32,
            Self::Rgb(rgb) => TAG_RGB | rgb.bits(),
        }
    }

    /// Any bits: an unknown kind is the default colour.
    pub(crate) const fn from_bits(bits: u32) -> Self {
        match bits & 0xff00_0000 {
            TAG_INDEXED => Self::Indexed(bits as u8),
            TAG_RGB => Self::Rgb(Rgb::from_bits(bits)),
            _ => Self::Default,
        }
    }
}

/// How a cell is underlined (SGR 4:0 to 4:5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Underline {
    /// Not at all.
    #[default]
    None = 0,
    /// One straight line.
    Single = 1,
    /// Two straight lines.
    Double = 2,
    /// A wave.
    Curly = 3,
    /// Dots.
    Dotted = 4,
    /// Dashes.
    Dashed = 5,
}

impl Underline {
    pub(crate) const fn from_bits(bits: u8) -> Self {
        match bits {
            1 => Self::Single,
            2 => Self::Double,
            3 => Self::Curly,
            4 => Self::Dotted,
            5 => Self::Dashed,
            _ => Self::None,
        }
    }
}

/// The attributes that are on or off: a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Attributes(u16);

impl Attributes {
    /// None at all.
    pub const NONE: Self = Self(0);
    /// SGR 1.
    pub const BOLD: Self = Self(1 << 0);
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
    const ALL: u16 = (1 << 9) - 1;

    /// The set from its bits; unknown ones are dropped.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & Self::ALL)
    }

    /// The bits, as they stand in shared memory.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// True if everything in `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// This set and `other` together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Everything about a cell's looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// The colour of the text.
    pub foreground: Colour,
    /// The colour behind it.
    pub background: Colour,
    /// The colour of the underline; `Default` takes the text's.
    pub underline_colour: Colour,
    /// Bold, italic and so on.
    pub attributes: Attributes,
    /// The kind of underline.
    pub underline: Underline,
    /// The link the cell belongs to (OSC 8): in a frame a number in the frame's table, in history one
    /// in the piece's own list.
    pub link: Option<LinkId>,
}

/// Words of a style in a frame's table.
pub(crate) const STYLE_WORDS: usize = 3;

impl Style {
    /// `foreground | background << 32`, `underline colour | (link + 1) << 32`,
    /// `attributes | underline << 16`.
    pub(crate) fn words(&self) -> [u64; STYLE_WORDS] {
        let link = self.link.map_or(0, |link| link.0.saturating_add(1));
        [
            u64::from(self.foreground.bits()) | u64::from(self.background.bits()) << 32,
            u64::from(self.underline_colour.bits()) | u64::from(link) << 32,
            u64::from(self.attributes.bits()) | (self.underline as u64) << 16,
        ]
    }

    /// Any words; a link outside a table of `links` entries is dropped.
    pub(crate) fn from_words(words: [u64; STYLE_WORDS], links: usize) -> Self {
        let link = (words[1] >> 32) as u32;
        Self {
            foreground: Colour::from_bits(words[0] as u32),
            background: Colour::from_bits((words[0] >> 32) as u32),
            underline_colour: Colour::from_bits(words[1] as u32),
            attributes: Attributes::from_bits(words[2] as u16),
            underline: Underline::from_bits((words[2] >> 16) as u8),
            link: (link != 0 && link as usize <= links).then(|| LinkId(link - 1)),
        }
    }
}

/// A hyperlink (OSC 8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Link {
    /// Cells with the same id and address are one link wherever they stand. Empty if the program
    /// gave none.
    pub id: String,
    /// The address.
    pub uri: String,
}

/// A hyperlink, borrowed from whoever writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkRef<'a> {
    /// See [`Link::id`]. At most [`MAX_LINK_ID_BYTES`]; a longer one is cut.
    pub id: &'a str,
    /// See [`Link::uri`]. At most [`MAX_LINK_URI_BYTES`]; a longer one is left empty, because half an
    /// address leads somewhere else.
    pub uri: &'a str,
}

/// Bytes of a link's id: VTE's bound, which programs know.
pub const MAX_LINK_ID_BYTES: usize = 250;
/// Bytes of a link's address: VTE's bound, which programs know.
pub const MAX_LINK_URI_BYTES: usize = 2083;

impl<'a> LinkRef<'a> {
    /// The same link within the bounds.
    pub(crate) fn bounded(self) -> Self {
        let uri = if self.uri.len() <= MAX_LINK_URI_BYTES { self.uri } else { "" };
        Self { id: cut(self.id, MAX_LINK_ID_BYTES), uri }
    }
}

impl<'a> From<&'a Link> for LinkRef<'a> {
    fn from(link: &'a Link) -> Self {
        Self { id: &link.id, uri: &link.uri }
    }
}

/// The longest beginning of `text` that fits into `bytes` and ends between characters.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_survives_its_words() {
        let style = Style {
            foreground: Colour::Indexed(255),
            background: Colour::Rgb(Rgb { r: 1, g: 2, b: 3 }),
            underline_colour: Colour::Default,
            attributes: Attributes::BOLD.with(Attributes::OVERLINE),
            underline: Underline::Dashed,
            link: Some(LinkId(7)),
        };
        assert_eq!(Style::from_words(style.words(), 8), style);
        assert_eq!(Style::from_words(style.words(), 7).link, None, "a link outside the table is none");
        assert_eq!(Style::default().words(), [0; STYLE_WORDS]);
    }

    #[test]
    fn any_words_are_a_style() {
        let style = Style::from_words([u64::MAX; STYLE_WORDS], 10);
        assert_eq!(style.foreground, Colour::Default);
        assert_eq!(style.underline, Underline::None);
        assert_eq!(style.attributes.bits(), Attributes::ALL);
        assert_eq!(style.link, None);
    }
}
