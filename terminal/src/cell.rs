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
///
/// One word, not three fields: runs of cells are compared and written by vector code.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Cell(u64);

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
    /// What is 0 in a cell of the default style that is ASCII or blank.
    const NOT_ASCII: u64 = 0x0000_ffff_ffff_ff80;

    /// A cell that nobody has touched.
    pub const EMPTY: Self = Self(0);

    #[inline]
    const fn new(content: u32, style: StyleId, flags: u16) -> Self {
        Self(content as u64 | (style.0 as u64) << 32 | (flags as u64) << 48)
    }

    #[inline]
    const fn code(self) -> u32 {
        self.0 as u32
    }

    /// A cell in which a sixel picture shows.
    pub(crate) const IMAGE: Self = Self::new(Self::PICTURE, StyleId::DEFAULT, 0);

    /// What stands in it.
    #[inline]
    pub fn content(self) -> Content {
        match self.code() {
            0 => Content::Blank,
            Self::SPACER => Content::Spacer,
            Self::PADDING => Content::Padding,
            Self::PICTURE => Content::Image,
            cluster if cluster & Self::CLUSTER != 0 => Content::Cluster(ClusterId(cluster & !Self::CLUSTER)),
            character => Content::Char(char::from_u32(character).unwrap_or(char::REPLACEMENT_CHARACTER)),
        }
    }

    /// The number of its style.
    #[inline]
    pub fn style(self) -> StyleId {
        StyleId((self.0 >> 32) as u16)
    }

    /// Whether it is two columns wide; the next cell is its [`Content::Spacer`].
    #[inline]
    pub fn wide(self) -> bool {
        self.flags() & Self::WIDE != 0
    }

    /// Whether selective erase leaves it alone (DECSCA, SPA).
    pub fn protected(self) -> bool {
        self.flags() & PROTECTED != 0
    }

    /// As the picture above shows it.
    pub(crate) const fn to_word(self) -> u64 {
        self.0
    }

    /// From a word that may come from anywhere.
    pub(crate) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    #[inline]
    pub(crate) const fn flags(self) -> u16 {
        (self.0 >> 48) as u16
    }

    /// An erased cell.
    #[inline]
    pub(crate) const fn blank(style: StyleId) -> Self {
        Self::new(0, style, 0)
    }

    #[inline]
    pub(crate) const fn char(character: char, style: StyleId, flags: u16) -> Self {
        Self::new(character as u32, style, flags)
    }

    pub(crate) const fn cluster(cluster: ClusterId, style: StyleId, flags: u16) -> Self {
        Self::new(cluster.0 | Self::CLUSTER, style, flags)
    }

    pub(crate) const fn padding(style: StyleId) -> Self {
        Self::new(Self::PADDING, style, 0)
    }

    /// Without its character, and as it looks.
    pub(crate) const fn blanked(self) -> Self {
        self.with_content(0).with_wide(false)
    }

    /// A narrow character in a blank cell.
    #[inline]
    pub(crate) const fn filled(self, code: u32) -> Self {
        Self(self.0 | code as u64)
    }

    #[inline]
    const fn with_content(self, content: u32) -> Self {
        Self(self.0 >> 32 << 32 | content as u64)
    }

    /// The right half of this cell.
    #[inline]
    pub(crate) const fn spacer(self) -> Self {
        self.with_content(Self::SPACER).with_flags(self.flags() & !Self::WIDE)
    }

    #[inline]
    pub(crate) const fn with_wide(self, wide: bool) -> Self {
        self.with_flags(self.flags() & !Self::WIDE | if wide { Self::WIDE } else { 0 })
    }

    #[inline]
    pub(crate) const fn with_flags(self, flags: u16) -> Self {
        Self(self.0 << 16 >> 16 | (flags as u64) << 48)
    }

    pub(crate) const fn with_style(self, style: StyleId) -> Self {
        Self::new(self.code(), style, self.flags())
    }

    pub(crate) const fn with_cluster(self, cluster: ClusterId) -> Self {
        self.with_content(cluster.0 | Self::CLUSTER)
    }

    #[inline]
    pub(crate) const fn is_spacer(self) -> bool {
        self.code() == Self::SPACER
    }

    pub(crate) const fn is_padding(self) -> bool {
        self.code() == Self::PADDING
    }

    pub(crate) const fn is_image(self) -> bool {
        self.code() == Self::PICTURE
    }

    #[inline]
    pub(crate) const fn is_blank(self) -> bool {
        self.code() == 0
    }

    /// Whether it is an ASCII character or blank.
    #[inline]
    pub(crate) const fn is_ascii(self) -> bool {
        self.code() < 0x80
    }

    /// 0 if it is ASCII or blank, and of this style.
    #[inline]
    pub(crate) const fn other_than_ascii(self, style: StyleId) -> u64 {
        (self.0 ^ Self::blank(style).0) & Self::NOT_ASCII
    }

    /// The byte of an ASCII character; a space for an erased cell.
    #[inline]
    pub(crate) const fn ascii_byte(self) -> u8 {
        let byte = self.0 as u8;
        byte | if byte == 0 { b' ' } else { 0 }
    }
}

impl Default for Cell {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Cell")
            .field("content", &self.content())
            .field("style", &self.style())
            .field("flags", &self.flags())
            .finish()
    }
}
