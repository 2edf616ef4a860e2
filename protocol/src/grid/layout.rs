//! The view's layout, version 1: where everything stands in the memfd.
//!
//! Apart from the code that reads and writes so that the numbers can be compared with `README.md` line by
//! line. All offsets are bytes, all words are 64 bits wide in the machine's own byte order (both sides
//! are on one machine), and every word is eight-byte aligned.
//!
//! ```text
//! 0          4 KiB        + chunks * 32 B     + FRAME_BYTES     + FRAME_BYTES     + ring
//! +----------+----------------+------------------+------------------+---------------+
//! |  header  |  chunk table   |  frame buffer 0  |  frame buffer 1  |  history ring |
//! +----------+----------------+------------------+------------------+---------------+
//! ```
//!
//! Regions have their largest size always: the memory behind them is allocated page by page as it is
//! touched, and an empty 80x24 session touches 56 KiB (`tests/grid_view.rs` holds it to that).

use super::GridError;
use super::frame::{DYNAMIC_COLOURS, PALETTE_COLOURS};
use super::map::Map;
use super::style::STYLE_WORDS;

/// The first eight bytes of a view: "scarabvw".
pub(crate) const MAGIC: u64 = u64::from_le_bytes(*b"scarabvw");
/// The version of everything in this file.
pub const VIEW_LAYOUT: u32 = 1;

/// Most columns of a frame: wider than any screen at the smallest legible font.
pub const MAX_COLS: u16 = 2000;
/// Most rows of a frame, for the same reason.
pub const MAX_ROWS: u16 = 1000;
/// Most styles of a frame: as many as a cell can number.
pub const MAX_STYLES: usize = 1 << 16;
/// Most clusters of a frame.
pub const MAX_CLUSTERS: usize = 1 << 16;
/// Most bytes of one cluster, as UTF-8; a longer one is cut.
pub const MAX_CLUSTER_BYTES: usize = 64;
/// Most links of a frame.
pub const MAX_LINKS: usize = 1 << 14;
/// Bytes for the text of all clusters: every one as long as it may be.
pub(crate) const CLUSTER_HEAP: usize = MAX_CLUSTERS * MAX_CLUSTER_BYTES;
/// Bytes for the text of all links. Real addresses are near 100 bytes; with the longest possible ones
/// it holds 1,797, and what does not fit any more is shown without a link.
pub(crate) const LINK_HEAP: usize = 4 << 20;

pub(crate) const WORD: usize = 8;
const PAGE: usize = 4096;

/// Header words, by byte offset.
pub(crate) mod header {
    pub(crate) const MAGIC: usize = 0;
    /// Layout version | bytes of the header << 32.
    pub(crate) const VERSION: usize = 8;
    /// Bytes of the whole memfd.
    pub(crate) const TOTAL: usize = 16;
    /// Most columns | most rows << 32.
    pub(crate) const LIMITS: usize = 24;
    pub(crate) const FRAME_0: usize = 32;
    pub(crate) const FRAME_1: usize = 40;
    pub(crate) const FRAME_BYTES: usize = 48;
    pub(crate) const CHUNKS_AT: usize = 56;
    pub(crate) const CHUNKS: usize = 64;
    pub(crate) const CHUNK_BYTES: usize = 72;
    pub(crate) const RING_AT: usize = 80;
    pub(crate) const RING_BYTES: usize = 88;
    /// The words above never change.
    pub(crate) const FIXED: usize = 96;

    /// The number of the current frame. A cache line of its own from the fixed words, because it is
    /// the one that readers come back to.
    pub(crate) const GENERATION: usize = 128;
    /// Not 0: there is damage that no frame has.
    pub(crate) const DIRTY: usize = 136;
    /// Not 0: this view is over; ask the service for the new one.
    pub(crate) const MOVED: usize = 144;
    /// End of history now; a frame carries the one that belongs to it.
    pub(crate) const HISTORY_COMMITTED: usize = 192;
    /// Beginning of what is still there.
    pub(crate) const HISTORY_OLDEST: usize = 200;
    /// How often committed pieces were taken back.
    pub(crate) const HISTORY_REWRITES: usize = 208;
    /// The line that the piece at the beginning belongs to.
    pub(crate) const HISTORY_OLDEST_LINE: usize = 216;
    /// The number of the next new line.
    pub(crate) const HISTORY_END_LINE: usize = 224;
}
/// The header has a page of its own.
pub(crate) const HEADER_BYTES: usize = PAGE;

/// Words of a frame buffer, by byte offset from its beginning.
pub(crate) mod frame {
    /// The generation this buffer was written for.
    pub(crate) const GENERATION: usize = 0;
    /// Columns | rows << 16.
    pub(crate) const SIZE: usize = 8;
    /// Row | column << 16 | shape << 32 | blinking << 40 | visible << 41.
    pub(crate) const CURSOR: usize = 16;
    pub(crate) const FLAGS: usize = 24;
    pub(crate) const MODES: usize = 32;
    pub(crate) const HISTORY_COMMITTED: usize = 40;
    pub(crate) const HISTORY_OLDEST: usize = 48;
    pub(crate) const HISTORY_END_LINE: usize = 56;
    pub(crate) const HISTORY_OLDEST_LINE: usize = 64;
    pub(crate) const HISTORY_REWRITES: usize = 72;
    pub(crate) const COLOURS_REVISION: usize = 80;
    pub(crate) const STYLES_EPOCH: usize = 88;
    pub(crate) const STYLES: usize = 96;
    pub(crate) const CLUSTERS_EPOCH: usize = 104;
    pub(crate) const CLUSTERS: usize = 112;
    pub(crate) const LINKS_EPOCH: usize = 120;
    pub(crate) const LINKS: usize = 128;
    /// Of images; frames of services that know none have 0 there.
    pub(crate) const PICTURES: usize = 136;
    pub(crate) const PICTURES_TOP: usize = 144;
    /// Words from the beginning that are always copied together.
    pub(crate) const HEAD_WORDS: usize = 19;
    /// Dynamic colours, then the palette, two to a word.
    pub(crate) const COLOURS: usize = 192;
}

/// Words of the colours: each takes 32 bits, `0x01rrggbb` or 0 for "not set".
pub(crate) const COLOUR_WORDS: usize = (DYNAMIC_COLOURS + PALETTE_COLOURS) / 2;
/// The row table: directly behind the colours, so that a small screen fills few pages.
pub(crate) const ROWS_AT: usize = (frame::COLOURS + COLOUR_WORDS * WORD).next_multiple_of(64);
/// Words of a row's entry: identity, revision, attributes.
pub(crate) const ROW_WORDS: usize = 3;
const ROWS_AND_CELLS: usize =
    cells_at(MAX_ROWS) + MAX_COLS as usize * MAX_ROWS as usize * size_of::<super::Cell>();
/// The tables, each on pages of its own: a reader without clusters touches none of them.
pub(crate) const STYLES_AT: usize = ROWS_AND_CELLS.next_multiple_of(PAGE);
/// Cluster entries: byte offset in the heap | bytes << 32.
pub(crate) const CLUSTERS_AT: usize = (STYLES_AT + MAX_STYLES * STYLE_WORDS * WORD).next_multiple_of(PAGE);
pub(crate) const CLUSTER_HEAP_AT: usize = (CLUSTERS_AT + MAX_CLUSTERS * WORD).next_multiple_of(PAGE);
/// Link entries: byte offset in the heap | bytes of the id << 32 | bytes of the address << 48. The id
/// stands directly before the address.
pub(crate) const LINKS_AT: usize = (CLUSTER_HEAP_AT + CLUSTER_HEAP).next_multiple_of(PAGE);
pub(crate) const LINK_HEAP_AT: usize = (LINKS_AT + MAX_LINKS * WORD).next_multiple_of(PAGE);
/// Bytes of a frame buffer.
pub(crate) const FRAME_BYTES: usize = (LINK_HEAP_AT + LINK_HEAP).next_multiple_of(PAGE);

/// Where the cells begin: behind the entries of as many rows as the frame has.
pub(crate) const fn cells_at(rows: u16) -> usize {
    (ROWS_AT + rows as usize * ROW_WORDS * WORD).next_multiple_of(64)
}

/// Bytes of the ring that one entry of the chunk table stands for: small enough to walk through in
/// microseconds, large enough that the table of 32 MiB takes four pages.
pub(crate) const CHUNK_BYTES: u64 = 64 << 10;
/// Words of a chunk's entry.
pub(crate) const CHUNK_WORDS: usize = 4;
/// Words of a chunk's entry, by byte offset from its beginning.
pub(crate) mod chunk {
    /// Offset of the first record that begins in this chunk. It counts only if it lies in the chunk: a
    /// table of zeros says that line 0 begins at offset 0, which is so, and nothing else.
    pub(crate) const OFFSET: usize = 0;
    /// The line that record belongs to.
    pub(crate) const LINE: usize = 8;
    /// Cells of all records that begin here, trailing blanks not counted.
    pub(crate) const CELLS: usize = 16;
    /// Lines that begin here.
    pub(crate) const LINES: usize = 24;
    /// No record begins in this chunk (any more).
    pub(crate) const NONE: u64 = u64::MAX;
}

/// The smallest ring: holds a few of the largest records.
pub const MIN_HISTORY_BYTES: u64 = 1 << 20;
/// The largest ring: a bound against a slip in a configuration file.
pub const MAX_HISTORY_BYTES: u64 = 4 << 30;

/// Where the regions of one view are; all follows from the size of its ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ViewLayout {
    ring_bytes: u64,
}

impl ViewLayout {
    /// A layout with a ring of at least `history_bytes`, within the bounds.
    pub(crate) fn new(history_bytes: u64) -> Self {
        let ring_bytes =
            history_bytes.clamp(MIN_HISTORY_BYTES, MAX_HISTORY_BYTES).next_multiple_of(CHUNK_BYTES);
        Self { ring_bytes }
    }

    /// The layout that the fixed words of a header describe, if it is exactly one of this version.
    pub(crate) fn from_header(words: &[u64]) -> Option<Self> {
        let layout = Self::new(words[header::RING_BYTES / WORD]);
        (layout.header_words() == words).then_some(layout)
    }

    /// The layout that a view's memory says it has. In two steps, so that a view of another layout, whatever its
    /// size, is named as such.
    pub(crate) fn of(map: &Map) -> Result<Self, GridError> {
        let mut fixed = Vec::new();
        map.copy_into(0, header::FIXED / WORD, &mut fixed);
        if fixed[header::MAGIC / WORD] != MAGIC {
            return Err(GridError::Magic);
        }
        let found = fixed[header::VERSION / WORD] as u32;
        if found != VIEW_LAYOUT {
            return Err(GridError::Layout { found });
        }
        let layout = Self::from_header(&fixed).ok_or(GridError::Damaged("its header"))?;
        if map.bytes() == layout.total() { Ok(layout) } else { Err(GridError::Size(map.bytes())) }
    }

    /// The fixed words of the header, in order.
    pub(crate) fn header_words(self) -> [u64; header::FIXED / WORD] {
        let mut words = [0; header::FIXED / WORD];
        let mut set = |at: usize, value: u64| words[at / WORD] = value;
        set(header::MAGIC, MAGIC);
        set(header::VERSION, u64::from(VIEW_LAYOUT) | (HEADER_BYTES as u64) << 32);
        set(header::TOTAL, self.total());
        set(header::LIMITS, u64::from(MAX_COLS) | u64::from(MAX_ROWS) << 32);
        set(header::FRAME_0, self.frame_at(0) as u64);
        set(header::FRAME_1, self.frame_at(1) as u64);
        set(header::FRAME_BYTES, FRAME_BYTES as u64);
        set(header::CHUNKS_AT, HEADER_BYTES as u64);
        set(header::CHUNKS, self.chunks());
        set(header::CHUNK_BYTES, CHUNK_BYTES);
        set(header::RING_AT, self.ring_at() as u64);
        set(header::RING_BYTES, self.ring_bytes);
        words
    }

    /// Bytes of the ring, a multiple of [`CHUNK_BYTES`].
    pub(crate) fn ring_bytes(self) -> u64 {
        self.ring_bytes
    }

    pub(crate) fn chunks(self) -> u64 {
        self.ring_bytes / CHUNK_BYTES
    }

    /// Where the entry of the chunk that holds `offset` stands.
    pub(crate) fn chunk_at(self, offset: u64) -> usize {
        HEADER_BYTES + (offset / CHUNK_BYTES % self.chunks()) as usize * CHUNK_WORDS * WORD
    }

    /// Where the buffer of a generation begins.
    pub(crate) fn frame_at(self, generation: u64) -> usize {
        let table = self.chunks() as usize * CHUNK_WORDS * WORD;
        (HEADER_BYTES + table).next_multiple_of(PAGE) + (generation & 1) as usize * FRAME_BYTES
    }

    /// Where the ring begins.
    pub(crate) fn ring_at(self) -> usize {
        self.frame_at(1) + FRAME_BYTES
    }

    /// Bytes of the whole memfd.
    pub(crate) fn total(self) -> u64 {
        self.ring_at() as u64 + self.ring_bytes
    }
}

// Every region is made of whole words, and the one before it ends where it begins or earlier.
const _: () = assert!(size_of::<super::Cell>() == WORD);
const _: () = assert!(header::FIXED <= header::GENERATION);
const _: () = assert!(
    frame::HEAD_WORDS * WORD == frame::PICTURES_TOP + WORD && frame::PICTURES_TOP + WORD <= frame::COLOURS
);
const _: () = assert!(ROWS_AT.is_multiple_of(WORD) && STYLES_AT.is_multiple_of(WORD));
const _: () = assert!(FRAME_BYTES < 32 << 20, "two of them are the larger part of a session's bound");
