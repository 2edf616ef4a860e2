//! The service's end of a view: frames go into the buffer that is not current, then it becomes current.
//!
//! What each buffer holds is remembered here, on the heap: a row that this buffer has already is not
//! copied again, and nothing is ever read back from memory that others can write.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use super::GridError;
use super::cell::Cell;
use super::frame::HistoryMark;
use super::frame::{FrameColours, FrameHead, Generation, RowHead, RowIdentity};
use super::history_reader::HistoryReader;
use super::history_writer::{HistoryState, HistoryWriter};
use super::layout::{
    CHUNK_BYTES, CLUSTER_HEAP, CLUSTER_HEAP_AT, CLUSTERS_AT, COLOUR_WORDS, LINK_HEAP, LINK_HEAP_AT, LINKS_AT,
    MAX_CLUSTER_BYTES, MAX_CLUSTERS, MAX_COLS, MAX_LINKS, MAX_ROWS, MAX_STYLES, ROW_WORDS, ROWS_AT,
    STYLES_AT, ViewLayout, WORD, cells_at, frame, header,
};
use super::map::MapMut;
use super::order;
use super::style::{LinkRef, Rgb, STYLE_WORDS, Style, cut};

/// How much a session's view may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewLimits {
    /// Bytes of history, between [`MIN_HISTORY_BYTES`](super::MIN_HISTORY_BYTES) and
    /// [`MAX_HISTORY_BYTES`](super::MAX_HISTORY_BYTES); rounded up to whole chunks.
    pub history_bytes: u64,
    /// Lines of history; the oldest beyond it are dropped.
    pub history_lines: u64,
}

impl Default for ViewLimits {
    /// 100,000 lines or 32 MiB, whichever comes first.
    fn default() -> Self {
        Self { history_bytes: 32 << 20, history_lines: 100_000 }
    }
}

/// Publishes one session's frames.
///
/// Bound: the memfd, whose size is fixed, and 24 bytes here for each row of each buffer.
#[derive(Debug)]
pub struct ViewWriter {
    map: Arc<MapMut>,
    layout: ViewLayout,
    published: u64,
    buffers: [Buffer; 2],
}

/// What one of the two buffers holds.
#[derive(Debug, Default)]
struct Buffer {
    size: (u16, u16),
    /// Identity and revision of each row; `None`: nothing, or a row of another size.
    rows: Vec<Option<(RowIdentity, u64)>>,
    /// `None`: colours were never written.
    colours: Option<u64>,
    styles: Filled,
    clusters: Filled,
    links: Filled,
}

/// How far a table is filled.
#[derive(Clone, Copy, Debug, Default)]
struct Filled {
    epoch: u64,
    /// Entries of the emulator's table that this one has, or had no room for.
    len: usize,
    /// Bytes of its heap in use.
    heap: usize,
}

impl Filled {
    /// Starts again if the table is not a longer version of what is here.
    fn begin(&mut self, epoch: u64, len: usize) {
        if self.epoch != epoch || len < self.len {
            *self = Self { epoch, len: 0, heap: 0 };
        }
    }
}

impl ViewWriter {
    /// A new view without any frame or history.
    ///
    /// # Errors
    /// When the system has no memory, address space or descriptors left.
    pub fn create(limits: ViewLimits) -> io::Result<(Self, HistoryWriter)> {
        let layout = ViewLayout::new(limits.history_bytes);
        let map = Arc::new(MapMut::create("scarab-view", layout.total())?);
        map.copy_from(0, &layout.header_words());
        let history = HistoryWriter::new(Arc::clone(&map), layout, limits.history_lines);
        Ok((Self { map, layout, published: 0, buffers: Default::default() }, history))
    }

    /// The view whose memory outlived its writer, with history as it stood at `history`. Its frame stays the current
    /// one until the next is published, and that one is written whole.
    ///
    /// # Errors
    /// When this is not the memory of a view, or `history` cannot have been in it. Views of the layouts that
    /// [`VIEW_LAYOUT`](super::VIEW_LAYOUT) names can be restored.
    pub fn restore(
        memory: OwnedFd,
        history_lines: u64,
        history: HistoryState,
    ) -> Result<(Self, HistoryWriter), GridError> {
        let map = Arc::new(MapMut::open(memory, header::FIXED as u64, u64::MAX >> 1)?);
        let layout = ViewLayout::of(&map)?;
        let published = map.get(header::GENERATION);
        if published > u64::MAX / 2 {
            return Err(GridError::Damaged("its frames have no number"));
        }
        HistoryReader::checked(&map, layout, history.mark)?;
        let [number, first, ..] = history.chunk;
        let HistoryMark { committed, oldest, .. } = history.mark;
        let chunk_fits = first / CHUNK_BYTES == number && (committed == oldest || first < committed);
        if !chunk_fits || committed.max(history.mark.end_line.0) > u64::MAX / 2 {
            return Err(GridError::Damaged("its history stands nowhere"));
        }
        let history = HistoryWriter::restore(Arc::clone(&map), layout, history_lines, history);
        Ok((Self { map, layout, published, buffers: Default::default() }, history))
    }

    /// The memory itself, for the service to keep.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.map.as_fd()
    }

    /// A descriptor for viewers, which cannot be mapped for writing.
    ///
    /// # Errors
    /// When `/proc` is missing or descriptors have run out.
    pub fn reader_fd(&self) -> io::Result<OwnedFd> {
        self.map.read_only()
    }

    /// The frame that is current.
    pub fn generation(&self) -> Generation {
        Generation(self.published)
    }

    /// Says that there is damage which no frame has, because no viewer was armed. Whether one is must be
    /// looked at once more after this (see `order`); publishing takes it back.
    pub fn leave_dirty(&self) {
        order::leave_dirty(&self.map.word(header::DIRTY));
    }

    /// Says that this view is over: viewers, rung once more, ask for the new one.
    pub fn mark_moved(&self) {
        order::leave_dirty(&self.map.word(header::MOVED));
    }

    /// Begins the next frame, in the buffer that is not current. A frame that is dropped without being
    /// published was never there.
    pub fn begin(&mut self, head: &FrameHead) -> FrameWriter<'_> {
        let generation = order::start_frame::<std::sync::atomic::AtomicU64>(self.published);
        let cols = head.cols.clamp(1, MAX_COLS);
        let rows = head.rows.clamp(1, MAX_ROWS);
        let base = self.layout.frame_at(generation);
        let buffer = &mut self.buffers[(generation & 1) as usize];
        if buffer.size != (cols, rows) {
            buffer.size = (cols, rows);
            buffer.rows.clear();
            buffer.rows.resize(usize::from(rows), None);
            buffer.rows.shrink_to(usize::from(rows) * 2);
        }
        let set = |at: usize, value: u64| self.map.set(base + at, value);
        let cursor = head.cursor;
        set(frame::GENERATION, generation);
        set(frame::SIZE, u64::from(cols) | u64::from(rows) << 16);
        set(
            frame::CURSOR,
            u64::from(cursor.row.min(rows - 1))
                | u64::from(cursor.col.min(cols - 1)) << 16
                | (cursor.shape as u64) << 32
                | u64::from(cursor.blinking) << 40
                | u64::from(cursor.visible) << 41,
        );
        set(frame::FLAGS, u64::from(head.flags.0));
        set(frame::MODES, head.modes);
        set(frame::HISTORY_COMMITTED, head.history.committed);
        set(frame::HISTORY_OLDEST, head.history.oldest);
        set(frame::HISTORY_END_LINE, head.history.end_line.0);
        set(frame::HISTORY_OLDEST_LINE, head.history.oldest_line.0);
        set(frame::HISTORY_REWRITES, head.history.rewrites);
        set(frame::PICTURES, head.pictures.table);
        set(frame::PICTURES_TOP, head.pictures.top as u64);
        FrameWriter { map: &self.map, published: &mut self.published, buffer, generation, base }
    }
}

/// A frame in the making. Give it the colours, the three tables and every row, then publish it; what this
/// buffer has already is not copied.
#[derive(Debug)]
pub struct FrameWriter<'a> {
    map: &'a MapMut,
    published: &'a mut u64,
    buffer: &'a mut Buffer,
    generation: u64,
    base: usize,
}

impl FrameWriter<'_> {
    /// True if [`row`](Self::row) would copy this row's cells.
    pub fn row_is_stale(&self, index: usize, identity: RowIdentity, revision: u64) -> bool {
        self.buffer.rows.get(index).is_some_and(|held| *held != Some((identity, revision)))
    }

    /// The row at `index`. `cells` is not touched if this buffer has the row already; cells that are
    /// missing become blank, those beyond the frame's columns are left out.
    pub fn row(&mut self, index: usize, head: RowHead, cells: impl IntoIterator<Item = Cell>) {
        if !self.row_is_stale(index, head.identity, head.revision) {
            return;
        }
        self.buffer.rows[index] = Some((head.identity, head.revision));
        let (cols, rows) = self.buffer.size;
        let entry = self.base + ROWS_AT + index * ROW_WORDS * WORD;
        self.map.copy_from(entry, &[head.identity.0, head.revision, head.attributes.word()]);
        let at = self.base + cells_at(rows) + index * usize::from(cols) * WORD;
        let cells = cells.into_iter().map(Cell::bits);
        self.map.fill_from(at, usize::from(cols), cells, Cell::BLANK.bits());
    }

    /// The colours; `colours` is called if this buffer has another revision of them.
    pub fn colours(&mut self, revision: u64, colours: impl FnOnce() -> FrameColours) {
        if self.buffer.colours == Some(revision) {
            return;
        }
        self.buffer.colours = Some(revision);
        let colours = colours();
        let bits = |colour: &Option<Rgb>| colour.map_or(0, |rgb| 1 << 24 | u64::from(rgb.bits()));
        let mut words = [0; COLOUR_WORDS];
        for (index, colour) in colours.dynamic.iter().chain(&colours.palette).enumerate() {
            words[index / 2] |= bits(colour) << (32 * (index % 2));
        }
        self.map.copy_from(self.base + frame::COLOURS, &words);
        self.map.set(self.base + frame::COLOURS_REVISION, revision);
    }

    /// The table of styles, which only grows within an `epoch`: `style` is called for the entries that
    /// this buffer lacks. At most [`MAX_STYLES`].
    pub fn styles(&mut self, epoch: u64, len: usize, style: impl Fn(usize) -> Style) {
        let len = len.min(MAX_STYLES);
        let filled = &mut self.buffer.styles;
        filled.begin(epoch, len);
        for index in filled.len..len {
            self.map.copy_from(self.base + STYLES_AT + index * STYLE_WORDS * WORD, &style(index).words());
        }
        filled.len = len;
        self.map.set(self.base + frame::STYLES_EPOCH, epoch);
        self.map.set(self.base + frame::STYLES, len as u64);
    }

    /// The table of clusters, as [`styles`](Self::styles). At most [`MAX_CLUSTERS`] of
    /// [`MAX_CLUSTER_BYTES`].
    pub fn clusters<'t>(&mut self, epoch: u64, len: usize, cluster: impl Fn(usize) -> &'t str) {
        let len = len.min(MAX_CLUSTERS);
        let filled = &mut self.buffer.clusters;
        filled.begin(epoch, len);
        for index in filled.len..len {
            let text = cut(cluster(index), MAX_CLUSTER_BYTES);
            // Always room: the heap is as large as all clusters at their longest.
            debug_assert!(filled.heap + text.len().next_multiple_of(WORD) <= CLUSTER_HEAP);
            let entry = filled.heap as u64 | (text.len() as u64) << 32;
            self.map.set(self.base + CLUSTERS_AT + index * WORD, entry);
            let at = self.base + CLUSTER_HEAP_AT + filled.heap;
            filled.heap += put_text(self.map, at, &[text]);
        }
        filled.len = len;
        self.map.set(self.base + frame::CLUSTERS_EPOCH, epoch);
        self.map.set(self.base + frame::CLUSTERS, len as u64);
    }

    /// The table of links, as [`styles`](Self::styles). At most [`MAX_LINKS`]; one whose text has no room
    /// any more is left empty.
    pub fn links<'t>(&mut self, epoch: u64, len: usize, link: impl Fn(usize) -> LinkRef<'t>) {
        let len = len.min(MAX_LINKS);
        let filled = &mut self.buffer.links;
        filled.begin(epoch, len);
        for index in filled.len..len {
            let mut link = link(index).bounded();
            if filled.heap + (link.id.len() + link.uri.len()).next_multiple_of(WORD) > LINK_HEAP {
                link = LinkRef { id: "", uri: "" };
            }
            let entry = filled.heap as u64 | (link.id.len() as u64) << 32 | (link.uri.len() as u64) << 48;
            self.map.set(self.base + LINKS_AT + index * WORD, entry);
            let at = self.base + LINK_HEAP_AT + filled.heap;
            filled.heap += put_text(self.map, at, &[link.id, link.uri]);
        }
        filled.len = len;
        self.map.set(self.base + frame::LINKS_EPOCH, epoch);
        self.map.set(self.base + frame::LINKS, len as u64);
    }

    /// Makes the frame the current one. Afterwards the bells may be looked at and rung.
    pub fn publish(mut self) -> Generation {
        for index in 0..self.buffer.rows.len() {
            if self.buffer.rows[index].is_none() {
                self.row(index, RowHead::default(), []);
            }
        }
        let generation = self.map.word(header::GENERATION);
        order::publish(&generation, &self.map.word(header::DIRTY), self.generation);
        *self.published = self.generation;
        Generation(self.generation)
    }
}

/// Stores texts one behind the other; returns the bytes they take, in whole words.
fn put_text(map: &MapMut, at: usize, texts: &[&str]) -> usize {
    let mut bytes = texts.iter().flat_map(|text| text.bytes());
    let length: usize = texts.iter().map(|text| text.len()).sum();
    let words = length.div_ceil(WORD);
    let word = |_| u64::from_ne_bytes(std::array::from_fn(|_| bytes.next().unwrap_or(0)));
    map.fill_from(at, words, (0..words).map(word), 0);
    words * WORD
}
