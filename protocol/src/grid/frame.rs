//! A frame as plain data: what the service says when it begins one and what a viewer gets.
//!
//! Nothing here knows of shared memory; `writer` and `reader` translate.

use super::cell::{Cell, ClusterId};
use super::style::{Link, LinkId, Rgb, Style, StyleId};

/// The number of a frame. 0 means that none was published yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

/// Which row it is: kept when the row moves, never used again for another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowIdentity(pub u64);

/// The number of a line of history. Lines are counted from the session's beginning; a number is used
/// again only for a line that a resize took back to the screen and that scrolled off once more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineNumber(pub u64);

/// The cursor's form (DECSCUSR).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CursorShape {
    /// The whole cell.
    #[default]
    Block = 0,
    /// A line below it.
    Underline = 1,
    /// A line before it.
    Bar = 2,
}

/// Where the cursor is and how it looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FrameCursor {
    /// The row, 0 at the top; always inside the frame when read.
    pub row: u16,
    /// The column, 0 at the left; always inside the frame when read.
    pub col: u16,
    /// Its form.
    pub shape: CursorShape,
    /// True if it blinks.
    pub blinking: bool,
    /// True if it shows (DECTCEM).
    pub visible: bool,
}

/// What holds for the whole screen: a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ScreenFlags(pub u32);

impl ScreenFlags {
    /// The alternate screen shows: there is no history behind it.
    pub const ALTERNATE: Self = Self(1 << 0);
    /// Foreground and background are exchanged (DECSCNM).
    pub const REVERSE_VIDEO: Self = Self(1 << 1);

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

/// Where history stands in this frame. Taken from `HistoryWriter::mark`, given to
/// `ViewReader::history`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HistoryMark {
    /// The ring's contents end here: bytes pushed since the beginning, less those taken back.
    pub committed: u64,
    /// They begin here.
    pub oldest: u64,
    /// The number that the next new line will get: one more than the newest line's. A newest line that
    /// still continues on the screen has its number already and is counted.
    pub end_line: LineNumber,
    /// The number of the line that the piece at `oldest` belongs to.
    pub oldest_line: LineNumber,
    /// How often pieces were taken back. Unchanged means: what was read up to `committed` is append-only.
    pub rewrites: u64,
}

impl HistoryMark {
    /// How many lines there are, a partly lost oldest one and an unfinished newest one included.
    pub fn lines(&self) -> u64 {
        if self.oldest == self.committed { 0 } else { self.end_line.0.saturating_sub(self.oldest_line.0) }
    }
}

/// What a frame says beside its rows, tables and colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameHead {
    /// Columns, 1 to [`MAX_COLS`](super::MAX_COLS).
    pub cols: u16,
    /// Rows, 1 to [`MAX_ROWS`](super::MAX_ROWS).
    pub rows: u16,
    /// The cursor.
    pub cursor: FrameCursor,
    /// What holds for the whole screen.
    pub flags: ScreenFlags,
    /// The input modes as the emulator packs them; a viewer needs them to know whether the mouse is the
    /// program's.
    pub modes: u64,
    /// History as it was when this frame was made.
    pub history: HistoryMark,
    /// Where images are shown.
    pub pictures: FramePictures,
}

/// What a frame says of images: the rest is in memory of its own (see [`pictures`](super::pictures)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FramePictures {
    /// The number of the table of placements; 0: there are none.
    pub table: u64,
    /// The number that the screen's first row has there.
    pub top: i64,
}

/// The dynamic colours of OSC 10 to 19 that a viewer draws with, by their place in
/// [`FrameColours::dynamic`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DynamicColour {
    /// OSC 10.
    Foreground = 0,
    /// OSC 11.
    Background = 1,
    /// OSC 12.
    Cursor = 2,
    /// OSC 13.
    PointerForeground = 3,
    /// OSC 14.
    PointerBackground = 4,
    /// OSC 17.
    SelectionBackground = 5,
    /// OSC 19.
    SelectionForeground = 6,
}

/// Places for dynamic colours; one is spare.
pub(crate) const DYNAMIC_COLOURS: usize = 8;
/// Entries of the palette.
pub(crate) const PALETTE_COLOURS: usize = 256;

/// The colours that the program has set. `None`: the viewer's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameColours {
    /// By [`DynamicColour`].
    pub dynamic: [Option<Rgb>; DYNAMIC_COLOURS],
    /// The palette.
    pub palette: [Option<Rgb>; PALETTE_COLOURS],
}

impl FrameColours {
    /// One of the dynamic colours.
    pub fn dynamic(&self, which: DynamicColour) -> Option<Rgb> {
        self.dynamic[which as usize]
    }
}

impl Default for FrameColours {
    fn default() -> Self {
        Self { dynamic: [None; DYNAMIC_COLOURS], palette: [None; PALETTE_COLOURS] }
    }
}

/// How large a line's characters are drawn (DECSWL, DECDWL, DECDHL).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LineSize {
    /// As everywhere.
    #[default]
    Single = 0,
    /// Twice as wide.
    DoubleWidth = 1,
    /// The top half of characters twice as wide and high.
    DoubleTop = 2,
    /// The bottom half of them.
    DoubleBottom = 3,
}

impl LineSize {
    pub(crate) const fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            1 => Self::DoubleWidth,
            2 => Self::DoubleTop,
            3 => Self::DoubleBottom,
            _ => Self::Single,
        }
    }
}

/// What a shell told about a row (OSC 133): a set of bits, because a prompt and the command typed after
/// it stand on one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks(u8);

impl Marks {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// A prompt begins here (133;A).
    pub const PROMPT: Self = Self(1 << 0);
    /// The command that is typed begins here (133;B).
    pub const INPUT: Self = Self(1 << 1);
    /// A command's output begins here (133;C).
    pub const OUTPUT: Self = Self(1 << 2);
    /// A command ended here (133;D).
    pub const END: Self = Self(1 << 3);
    const ALL: u8 = (1 << 4) - 1;

    /// The set from its bits; unknown ones are dropped.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL)
    }

    /// The bits, as they stand in shared memory.
    pub const fn bits(self) -> u8 {
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

/// What belongs to a row as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RowAttributes {
    /// The line goes on in the next row.
    pub wrapped: bool,
    /// How large it is drawn.
    pub line_size: LineSize,
    /// What the shell told about it.
    pub marks: Marks,
}

impl RowAttributes {
    /// `wrapped | line size << 1 | marks << 8`.
    pub(crate) fn word(self) -> u64 {
        u64::from(self.wrapped) | (self.line_size as u64) << 1 | u64::from(self.marks.bits()) << 8
    }

    pub(crate) fn from_word(word: u64) -> Self {
        Self {
            wrapped: word & 1 != 0,
            line_size: LineSize::from_bits((word >> 1) as u8),
            marks: Marks::from_bits((word >> 8) as u8),
        }
    }
}

/// Which row it is and in which state: two rows of the same `identity` and `revision` are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RowHead {
    /// Kept when the row moves.
    pub identity: RowIdentity,
    /// Raised by every change of the row that came after a frame; never lowered for an identity.
    pub revision: u64,
    /// What belongs to the row as a whole; a change of it raises the revision too.
    pub attributes: RowAttributes,
}

/// A row of a frame that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameRow {
    /// Which row it is and in which state.
    pub head: RowHead,
    /// Exactly as many as the frame has columns. Every number in them is inside the frame's tables, and
    /// the two halves of a wide character always stand together.
    pub cells: Vec<Cell>,
}

/// A whole, consistent state of the screen, owned by the viewer.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    pub(crate) view: u64,
    pub(crate) generation: Generation,
    pub(crate) head: FrameHead,
    pub(crate) rows: Vec<FrameRow>,
    pub(crate) styles: Table<Style>,
    pub(crate) clusters: Table<Box<str>>,
    pub(crate) links: Table<Link>,
    pub(crate) colours: FrameColours,
    pub(crate) colours_revision: u64,
}

/// A table that only grows within an epoch.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    pub(crate) epoch: u64,
    pub(crate) entries: Vec<T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { epoch: 0, entries: Vec::new() }
    }
}

impl Frame {
    /// An empty frame: nothing was read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Its number; 0 as long as nothing was read.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Size, cursor, modes and so on.
    pub fn head(&self) -> &FrameHead {
        &self.head
    }

    /// The rows, top to bottom; as many as the head says.
    pub fn rows(&self) -> &[FrameRow] {
        &self.rows
    }

    /// The colours that the program has set.
    pub fn colours(&self) -> &FrameColours {
        &self.colours
    }

    /// Changed whenever the colours have.
    pub fn colours_revision(&self) -> u64 {
        self.colours_revision
    }

    /// A cell's style.
    pub fn style(&self, id: StyleId) -> Style {
        self.styles.entries.get(usize::from(id.0)).copied().unwrap_or_default()
    }

    /// A cell's cluster, U+FFFD if there is none of that number.
    pub fn cluster(&self, id: ClusterId) -> &str {
        self.clusters.entries.get(id.0 as usize).map_or("\u{fffd}", |text| text)
    }

    /// A style's link.
    pub fn link(&self, id: LinkId) -> Option<&Link> {
        self.links.entries.get(id.0 as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_attributes_survive_their_word() {
        for line_size in
            [LineSize::Single, LineSize::DoubleWidth, LineSize::DoubleTop, LineSize::DoubleBottom]
        {
            for wrapped in [false, true] {
                let attributes = RowAttributes { wrapped, line_size, marks: Marks::PROMPT.with(Marks::END) };
                assert_eq!(RowAttributes::from_word(attributes.word()), attributes);
            }
        }
        assert_eq!(RowAttributes::from_word(u64::MAX).word(), 0xf07, "unknown bits are dropped");
    }
}
