//! One cell as it stands in shared memory: eight bytes, copied as one word.
//!
//! Kept apart because both sides and every viewer speak it, and because its bits are part of the
//! view's layout (see `layout`): changing them is a new layout version.

use super::style::StyleId;

/// A cell: its content, its style and two flags, packed into one word.
///
/// ```text
///  63        48 47        32 31                            0
/// +------------+------------+-------------------------------+
/// |   flags    |   style    |            content            |
/// +------------+------------+-------------------------------+
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Cell(u64);

const _: () = assert!(size_of::<Cell>() == 8, "a cell is copied as one word");

/// A number in a frame's table of clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(pub u32);

/// What a cell shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// Nothing was ever written here: drawn as a space, not copied as one at a row's end.
    Blank,
    /// One code point.
    Char(char),
    /// A grapheme cluster of several code points.
    Cluster(ClusterId),
    /// The right half of the wide cell before it.
    Spacer,
}

/// Content is a cluster's number; the number is in the bits below.
const CLUSTER: u32 = 1 << 31;
/// Content is the right half of a wide cell.
const SPACER: u32 = 1 << 30;
const WIDE: u64 = 1 << 48;
const PROTECTED: u64 = 1 << 49;
const IMAGE: u64 = 1 << 50;
const KNOWN_FLAGS: u64 = WIDE | PROTECTED | IMAGE;
const STYLE: u64 = 0xffff << 32;
const PLAIN_CONTENT: u64 = 0xffff;

impl Cell {
    /// A cell that nothing was written into, in the default style.
    pub const BLANK: Self = Self(0);

    /// A narrow, unprotected cell.
    pub const fn new(content: Content, style: StyleId) -> Self {
        let content = match content {
            Content::Blank => 0,
            Content::Char(c) => c as u32,
            Content::Cluster(id) => CLUSTER | (id.0 & !CLUSTER),
            Content::Spacer => SPACER,
        };
        Self(content as u64 | (style.0 as u64) << 32)
    }

    /// The same cell, two columns wide: a `Spacer` follows it.
    #[must_use]
    pub const fn with_wide(self, wide: bool) -> Self {
        Self(if wide { self.0 | WIDE } else { self.0 & !WIDE })
    }

    /// The same cell, protected from selective erasing (DECSCA).
    #[must_use]
    pub const fn with_protected(self, protected: bool) -> Self {
        Self(if protected { self.0 | PROTECTED } else { self.0 & !PROTECTED })
    }

    /// The same cell, in which a sixel picture is seen.
    #[must_use]
    pub const fn with_image(self, image: bool) -> Self {
        Self(if image { self.0 | IMAGE } else { self.0 & !IMAGE })
    }

    /// What it shows. Bits that mean nothing read as U+FFFD, so that a cell from anywhere is harmless.
    pub const fn content(self) -> Content {
        let content = self.0 as u32;
        if content == 0 {
            Content::Blank
        } else if content & CLUSTER != 0 {
            Content::Cluster(ClusterId(content & !CLUSTER))
        } else if content == SPACER {
            Content::Spacer
        } else {
            match char::from_u32(content) {
                Some(c) => Content::Char(c),
                None => Content::Char(char::REPLACEMENT_CHARACTER),
            }
        }
    }

    /// The number of its style in the frame's table.
    pub const fn style(self) -> StyleId {
        StyleId((self.0 >> 32) as u16)
    }

    /// True for the left half of a character that takes two columns.
    pub const fn wide(self) -> bool {
        self.0 & WIDE != 0
    }

    /// True if selective erasing spares it.
    pub const fn protected(self) -> bool {
        self.0 & PROTECTED != 0
    }

    /// True if a sixel picture that is placed over it is seen in it.
    pub const fn image(self) -> bool {
        self.0 & IMAGE != 0
    }

    /// The word as it stands in shared memory.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// A cell from a word of shared memory, made harmless: numbers outside the frame's tables become
    /// U+FFFD and style 0, unknown flags and content bits are dropped.
    pub(crate) fn checked(bits: u64, styles: usize, clusters: usize) -> Self {
        // Nearly every cell: one code point below the surrogates, nothing unknown.
        let plain = (bits as u32) < 0xd800 && bits & !(PLAIN_CONTENT | STYLE | KNOWN_FLAGS) == 0;
        if plain && ((bits >> 32) as u16 as usize) < styles {
            return Self(bits);
        }
        let raw = Self(bits);
        let content = match raw.content() {
            Content::Cluster(id) if id.0 as usize >= clusters => Content::Char(char::REPLACEMENT_CHARACTER),
            content => content,
        };
        let style = if usize::from(raw.style().0) < styles { raw.style() } else { StyleId(0) };
        Self(Self::new(content, style).0 | bits & KNOWN_FLAGS)
    }
}

impl Default for Cell {
    fn default() -> Self {
        Self::BLANK
    }
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cell")
            .field("content", &self.content())
            .field("style", &self.style().0)
            .field("wide", &self.wide())
            .field("protected", &self.protected())
            .finish()
    }
}

/// Makes the halves of wide cells agree: a wide cell without its spacer and a spacer without its wide
/// cell become blank, so that no viewer has to think of either.
pub(crate) fn repair_wide(cells: &mut [Cell]) {
    let any = cells.iter().fold(0, |any, cell| any | cell.0);
    if any & (WIDE | u64::from(SPACER)) == 0 {
        return;
    }
    let mut index = 0;
    while index < cells.len() {
        let cell = cells[index];
        if cell.wide() && cell.content() != Content::Spacer {
            if cells.get(index + 1).is_some_and(|next| next.content() == Content::Spacer) {
                cells[index + 1] = cells[index + 1].with_wide(false);
                index += 2;
                continue;
            }
            cells[index] = Cell::new(Content::Blank, cell.style());
        } else if cell.content() == Content::Spacer {
            cells[index] = Cell::new(Content::Blank, cell.style());
        }
        index += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        for content in [
            Content::Blank,
            Content::Char('a'),
            Content::Char('\u{10ffff}'),
            Content::Cluster(ClusterId(0)),
            Content::Cluster(ClusterId(65_535)),
            Content::Spacer,
        ] {
            let cell =
                Cell::new(content, StyleId(65_535)).with_wide(true).with_protected(true).with_image(true);
            assert_eq!(cell.content(), content);
            assert_eq!(cell.style(), StyleId(65_535));
            assert!(cell.wide() && cell.protected() && cell.image());
            assert!(!cell.with_wide(false).wide());
            assert_eq!(Cell::checked(cell.bits(), 65_536, 65_536), cell);
        }
    }

    #[test]
    fn hostile_bits_become_harmless() {
        let surrogate = Cell::checked(0xd800, 1, 0);
        assert_eq!(surrogate.content(), Content::Char('\u{fffd}'));
        let past_the_tables = Cell::checked(u64::MAX, 3, 4);
        assert_eq!(past_the_tables.content(), Content::Char('\u{fffd}'));
        assert_eq!(past_the_tables.style(), StyleId(0));
        assert_eq!(past_the_tables.bits() >> 51, 0, "unknown flags stay out");
    }

    #[test]
    fn halves_of_wide_cells_are_made_to_agree() {
        let wide = Cell::new(Content::Char('宽'), StyleId(0)).with_wide(true);
        let spacer = Cell::new(Content::Spacer, StyleId(0));
        let narrow = Cell::new(Content::Char('n'), StyleId(0));
        let mut row = [spacer, wide, spacer, wide, narrow, spacer, wide];
        repair_wide(&mut row);
        assert_eq!(row, [Cell::BLANK, wide, spacer, Cell::BLANK, narrow, Cell::BLANK, Cell::BLANK]);
    }
}
