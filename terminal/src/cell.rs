//! One column of a row, in eight bytes.

use crate::cluster::ClusterId;
use crate::style::StyleId;

/// What stands in a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// Nothing was ever written, or it was erased.
    Blank,
    /// One character.
    Char(char),
    /// Several characters that are seen as one.
    Cluster(ClusterId),
    /// The right half of the wide cell before.
    Spacer,
    /// Nothing: the wide character that came here did not fit before the margin and went to the next
    /// row. Left out when the line is wrapped anew.
    Padding,
    /// Nothing but a part of a sixel picture, until something is written or erased here.
    Image,
}

/// A cell.
///
/// ```text
///  63          48 47          32 31                            0
/// |    flags     |    style     | character, cluster or special |
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Cell {
    content: u32,
    style: StyleId,
    flags: u16,
}

// Eight bytes make a 200x60 screen 94 KiB, which is copied for every frame.
const _: () = assert!(size_of::<Cell>() == 8);

/// The flags of a cell that are the program's business while it writes.
pub(crate) const PROTECTED: u16 = 2;

impl Cell {
    const WIDE: u16 = 1;
    const SPACER: u32 = 0x4000_0000;
    const PADDING: u32 = 0x4000_0001;
    const PICTURE: u32 = 0x4000_0002;
    /// Tag of a cluster number.
    const CLUSTER: u32 = 0x8000_0000;

    /// A cell that nobody has touched.
    pub const EMPTY: Self = Self { content: 0, style: StyleId::DEFAULT, flags: 0 };

    /// A cell in which a sixel picture shows.
    pub(crate) const IMAGE: Self = Self { content: Self::PICTURE, ..Self::EMPTY };

    /// What stands in it.
    pub fn content(self) -> Content {
        match self.content {
            0 => Content::Blank,
            Self::SPACER => Content::Spacer,
            Self::PADDING => Content::Padding,
            Self::PICTURE => Content::Image,
            cluster if cluster & Self::CLUSTER != 0 => Content::Cluster(ClusterId(cluster & !Self::CLUSTER)),
            character => Content::Char(char::from_u32(character).unwrap_or(char::REPLACEMENT_CHARACTER)),
        }
    }

    /// The number of its style.
    pub fn style(self) -> StyleId {
        self.style
    }

    /// Whether it is two columns wide; the next cell is its [`Content::Spacer`].
    pub fn wide(self) -> bool {
        self.flags & Self::WIDE != 0
    }

    /// Whether selective erase leaves it alone (DECSCA, SPA).
    pub fn protected(self) -> bool {
        self.flags & PROTECTED != 0
    }

    /// As the picture above shows it.
    pub(crate) const fn to_word(self) -> u64 {
        self.content as u64 | (self.style.0 as u64) << 32 | (self.flags as u64) << 48
    }

    /// From a word that may come from anywhere.
    pub(crate) const fn from_word(word: u64) -> Self {
        Self { content: word as u32, style: StyleId((word >> 32) as u16), flags: (word >> 48) as u16 }
    }

    #[inline]
    pub(crate) const fn flags(self) -> u16 {
        self.flags
    }

    /// An erased cell.
    pub(crate) const fn blank(style: StyleId) -> Self {
        Self { content: 0, style, flags: 0 }
    }

    pub(crate) const fn char(character: char, style: StyleId, flags: u16) -> Self {
        Self { content: character as u32, style, flags }
    }

    #[inline]
    pub(crate) const fn ascii(byte: u8, style: StyleId, flags: u16) -> Self {
        Self { content: byte as u32, style, flags }
    }

    pub(crate) const fn cluster(cluster: ClusterId, style: StyleId, flags: u16) -> Self {
        Self { content: cluster.0 | Self::CLUSTER, style, flags }
    }

    pub(crate) const fn padding(style: StyleId) -> Self {
        Self { content: Self::PADDING, style, flags: 0 }
    }

    /// Without its character, and as it looks.
    pub(crate) fn blanked(self) -> Self {
        Self { content: 0, ..self.with_wide(false) }
    }

    /// The right half of this cell.
    pub(crate) const fn spacer(self) -> Self {
        Self { content: Self::SPACER, flags: self.flags & !Self::WIDE, ..self }
    }

    pub(crate) fn with_wide(self, wide: bool) -> Self {
        let flags = if wide { self.flags | Self::WIDE } else { self.flags & !Self::WIDE };
        Self { flags, ..self }
    }

    pub(crate) const fn with_flags(self, flags: u16) -> Self {
        Self { flags, ..self }
    }

    pub(crate) fn with_style(self, style: StyleId) -> Self {
        Self { style, ..self }
    }

    pub(crate) fn with_cluster(self, cluster: ClusterId) -> Self {
        Self { content: cluster.0 | Self::CLUSTER, ..self }
    }

    #[inline]
    pub(crate) fn is_spacer(self) -> bool {
        self.content == Self::SPACER
    }

    pub(crate) fn is_padding(self) -> bool {
        self.content == Self::PADDING
    }

    pub(crate) fn is_image(self) -> bool {
        self.content == Self::PICTURE
    }

    pub(crate) fn is_blank(self) -> bool {
        self.content == 0
    }

    /// Whether it is an ASCII character or blank.
    #[inline]
    pub(crate) fn is_ascii(self) -> bool {
        self.content < 0x80
    }

    /// The byte of an ASCII character; a space for an erased cell.
    #[inline]
    pub(crate) fn ascii_byte(self) -> u8 {
        if self.content == 0 { b' ' } else { self.content as u8 }
    }
}

impl Default for Cell {
    fn default() -> Self {
        Self::EMPTY
    }
}
