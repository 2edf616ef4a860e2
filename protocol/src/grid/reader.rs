//! A viewer's end of a view: frames are copied out, then found whole or thrown away.
//!
//! A read has two steps. The first copies words and believes none of them beyond keeping its own memory
//! bounded; the second begins when the generation has proved the copy whole, and checks every number in
//! it. A copy that was torn never touches the frame that the viewer holds.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};

use super::GridError;
use super::cell::{Cell, repair_wide};
use super::frame::{
    CursorShape, DYNAMIC_COLOURS, Frame, FrameColours, FrameCursor, FrameHead, FramePictures, FrameRow,
    Generation, HistoryMark, LineNumber, RowAttributes, RowHead, RowIdentity, ScreenFlags, Table,
};
use super::history_reader::HistoryReader;
use super::layout::{
    CLUSTER_HEAP, CLUSTER_HEAP_AT, CLUSTERS_AT, COLOUR_WORDS, LINK_HEAP, LINK_HEAP_AT, LINKS_AT,
    MAX_CLUSTER_BYTES, MAX_CLUSTERS, MAX_COLS, MAX_LINKS, MAX_ROWS, MAX_STYLES, ROW_WORDS, ROWS_AT,
    STYLES_AT, ViewLayout, WORD, cells_at, frame, header,
};
use super::map::{Map, SharedWord};
use super::order;
use super::pictures::MAX_LINE;
use super::style::{Link, MAX_LINK_ID_BYTES, MAX_LINK_URI_BYTES, Rgb, STYLE_WORDS, Style};

/// How often [`ViewReader::read`] copies before it gives up: a writer that outruns four copies in a row
/// outruns them all, and the viewer asks the service for a copy of its own.
const ATTEMPTS: usize = 4;

/// What became of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOutcome {
    /// The frame is a newer one now.
    Fresh,
    /// There is no newer frame.
    Unchanged,
    /// The writer was too quick; the frame is still the old one, and whole.
    Torn,
}

/// Reads one session's frames and history.
///
/// Bound: as much as the largest frame takes (16 MiB of cells, 6 MiB of tables), for the copy.
#[derive(Debug)]
pub struct ViewReader {
    map: Map,
    layout: ViewLayout,
    /// Which view a `Frame` was read from, among all that this process has opened: a row of one view says
    /// nothing about another's.
    view: u64,
    copy: Copied,
}

/// What was copied and not yet believed.
#[derive(Debug, Default)]
struct Copied {
    head: Vec<u64>,
    colours: Vec<u64>,
    rows: Vec<u64>,
    /// Cells of the rows that the frame does not have, one row after the other.
    cells: Vec<u64>,
    /// For each row: where the frame has it, or its place in `cells`.
    sources: Vec<Source>,
    styles: Vec<u64>,
    clusters: TextTable,
    links: TextTable,
    /// Identity, revision and index of the rows that the frame holds, sorted: to find one that moved.
    held: Vec<(RowIdentity, u64, usize)>,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Held(usize),
    Copied(usize),
}

/// The new entries of a table with a heap, and their text.
#[derive(Debug, Default)]
struct TextTable {
    entries: Vec<u64>,
    heap: Vec<u64>,
}

impl ViewReader {
    /// Maps a view, once it is known to be one.
    ///
    /// # Errors
    /// [`GridError`] says what is wrong with the descriptor or the memory.
    pub fn open(memory: OwnedFd) -> Result<Self, GridError> {
        static VIEWS: AtomicU64 = AtomicU64::new(1);
        let map = Map::open(memory, header::FIXED as u64, u64::MAX >> 1)?;
        let layout = ViewLayout::of(&map)?;
        Ok(Self { map, layout, view: VIEWS.fetch_add(1, Ordering::Relaxed), copy: Copied::default() })
    }

    /// The frame that is current.
    pub fn generation(&self) -> Generation {
        Generation(order::current(&self.map.word(header::GENERATION)))
    }

    /// True if the view is over: ask the service for the session's new one.
    pub fn moved(&self) -> bool {
        order::current(&self.map.word(header::MOVED)) != 0
    }

    /// Brings `into` up to date. Rows that it has already are not copied again, even if they moved.
    ///
    /// # Errors
    /// [`GridError::Damaged`] if a whole frame contradicts itself; `into` is empty then.
    pub fn read(&mut self, into: &mut Frame) -> Result<ReadOutcome, GridError> {
        if into.view != self.view {
            *into = Frame { view: self.view, ..Frame::default() };
        }
        for _ in 0..ATTEMPTS {
            let generation = self.generation();
            if generation == into.generation {
                return Ok(ReadOutcome::Unchanged);
            }
            let base = self.layout.frame_at(generation.0);
            let copied = self.copy.take(&self.map, base, into);
            if order::still_current(&self.map.word(header::GENERATION), generation.0) {
                let applied = copied.and_then(|()| self.copy.apply(generation, into));
                if applied.is_err() {
                    *into = Frame { view: self.view, ..Frame::default() };
                }
                return applied.map(|()| ReadOutcome::Fresh);
            }
        }
        Ok(ReadOutcome::Torn)
    }

    /// History as a frame saw it: give it the mark from that frame's head.
    ///
    /// # Errors
    /// [`GridError::Damaged`] if there can be no such history in this view.
    pub fn history(&self, mark: &HistoryMark) -> Result<HistoryReader<'_>, GridError> {
        HistoryReader::checked(&self.map, self.layout, *mark)
    }

    pub(crate) fn generation_word(&self) -> SharedWord<'_> {
        self.map.word(header::GENERATION)
    }

    pub(crate) fn dirty_word(&self) -> SharedWord<'_> {
        self.map.word(header::DIRTY)
    }
}

impl Copied {
    fn word(&self, at: usize) -> u64 {
        self.head[at / WORD]
    }

    /// How many entries a table has, if it can have that many.
    fn count(&self, at: usize, most: usize) -> Result<usize, GridError> {
        usize::try_from(self.word(at))
            .ok()
            .filter(|count| *count <= most)
            .ok_or(GridError::Damaged("a table is larger than it can be"))
    }

    fn size(&self) -> Result<(u16, u16), GridError> {
        let (cols, rows) = (self.word(frame::SIZE) as u16, (self.word(frame::SIZE) >> 16) as u16);
        if (1..=MAX_COLS).contains(&cols) && (1..=MAX_ROWS).contains(&rows) {
            Ok((cols, rows))
        } else {
            Err(GridError::Damaged("the size of a frame"))
        }
    }

    /// The first step: copies what `held` lacks. An error counts only if the copy turns out whole.
    fn take(&mut self, map: &Map, base: usize, held: &Frame) -> Result<(), GridError> {
        self.head.clear();
        map.copy_into(base, frame::HEAD_WORDS, &mut self.head);
        let (cols, rows) = self.size()?;

        self.colours.clear();
        let colours = self.word(frame::COLOURS_REVISION);
        if colours != held.colours_revision || held.generation == Generation(0) {
            map.copy_into(base + frame::COLOURS, COLOUR_WORDS, &mut self.colours);
        }

        self.rows.clear();
        map.copy_into(base + ROWS_AT, usize::from(rows) * ROW_WORDS, &mut self.rows);
        self.take_rows(map, base + cells_at(rows), usize::from(cols), held);

        self.styles.clear();
        let styles = self.count(frame::STYLES, MAX_STYLES)?;
        let from = kept(&held.styles, self.word(frame::STYLES_EPOCH), styles);
        let at = base + STYLES_AT + from * STYLE_WORDS * WORD;
        map.copy_into(at, (styles - from) * STYLE_WORDS, &mut self.styles);

        let clusters = self.count(frame::CLUSTERS, MAX_CLUSTERS)?;
        let from = kept(&held.clusters, self.word(frame::CLUSTERS_EPOCH), clusters);
        self.clusters.take(map, base + CLUSTERS_AT, from..clusters, base + CLUSTER_HEAP_AT, CLUSTER_HEAP);

        let links = self.count(frame::LINKS, MAX_LINKS)?;
        let from = kept(&held.links, self.word(frame::LINKS_EPOCH), links);
        self.links.take(map, base + LINKS_AT, from..links, base + LINK_HEAP_AT, LINK_HEAP);
        Ok(())
    }

    fn take_rows(&mut self, map: &Map, base: usize, cols: usize, held: &Frame) {
        self.cells.clear();
        self.sources.clear();
        self.held.clear();
        let same_width = usize::from(held.head.cols) == cols;
        let is_held = |row: &FrameRow, identity, revision| {
            same_width && row.head.identity == identity && row.head.revision == revision
        };
        for (index, entry) in self.rows.chunks_exact(ROW_WORDS).enumerate() {
            let (identity, revision) = (RowIdentity(entry[0]), entry[1]);
            let source = if held.rows.get(index).is_some_and(|row| is_held(row, identity, revision)) {
                Some(index)
            } else if same_width {
                // Sorted only when a row is not where it was: most frames change one row in place.
                if self.held.is_empty() {
                    let rows = held.rows.iter().enumerate();
                    self.held.extend(rows.map(|(index, row)| (row.head.identity, row.head.revision, index)));
                    self.held.sort_unstable();
                }
                let found = self.held.partition_point(|row| (row.0, row.1) < (identity, revision));
                self.held.get(found).filter(|row| (row.0, row.1) == (identity, revision)).map(|row| row.2)
            } else {
                None
            };
            self.sources.push(match source {
                Some(index) => Source::Held(index),
                None => {
                    map.copy_into(base + index * cols * WORD, cols, &mut self.cells);
                    Source::Copied(self.cells.len() / cols - 1)
                }
            });
        }
    }

    /// The second step: the copy is whole; checks it and makes it the frame.
    fn apply(&mut self, generation: Generation, into: &mut Frame) -> Result<(), GridError> {
        if self.word(frame::GENERATION) != generation.0 {
            return Err(GridError::Damaged("a frame has another frame's number"));
        }
        let (cols, rows) = self.size()?;
        let links = self.count(frame::LINKS, MAX_LINKS)?;
        let styles = self.count(frame::STYLES, MAX_STYLES)?;
        let clusters = self.count(frame::CLUSTERS, MAX_CLUSTERS)?;

        begin(&mut into.links, self.word(frame::LINKS_EPOCH), links);
        for entry in &self.links.entries {
            let (id, uri) = text_lengths(*entry);
            let text = self.links.text(*entry)?;
            if id > MAX_LINK_ID_BYTES || uri > MAX_LINK_URI_BYTES || !text.is_char_boundary(id) {
                return Err(GridError::Damaged("a link"));
            }
            let (id, uri) = text.split_at(id);
            into.links.entries.push(Link { id: id.to_owned(), uri: uri.to_owned() });
        }
        begin(&mut into.clusters, self.word(frame::CLUSTERS_EPOCH), clusters);
        for entry in &self.clusters.entries {
            if text_bytes(*entry) > MAX_CLUSTER_BYTES {
                return Err(GridError::Damaged("a cluster is too long"));
            }
            into.clusters.entries.push(self.clusters.text(*entry)?.into());
        }
        begin(&mut into.styles, self.word(frame::STYLES_EPOCH), styles);
        let (words, _) = self.styles.as_chunks::<STYLE_WORDS>();
        into.styles.entries.extend(words.iter().map(|words| Style::from_words(*words, links)));

        self.apply_rows(usize::from(cols), styles, clusters, into);
        if !self.colours.is_empty() {
            into.colours = self.colours();
            into.colours_revision = self.word(frame::COLOURS_REVISION);
        }
        into.head = self.head(cols, rows);
        into.generation = generation;
        Ok(())
    }

    fn apply_rows(&self, cols: usize, styles: usize, clusters: usize, into: &mut Frame) {
        let mut old = std::mem::take(&mut into.rows);
        into.rows.reserve_exact(self.sources.len());
        // First the rows that stay, so that the memory of those that go can be used again.
        for (entry, source) in self.rows.chunks_exact(ROW_WORDS).zip(&self.sources) {
            let head = RowHead {
                identity: RowIdentity(entry[0]),
                revision: entry[1],
                attributes: RowAttributes::from_word(entry[2]),
            };
            let cells = match source {
                Source::Held(index) => std::mem::take(&mut old[*index].cells),
                Source::Copied(_) => Vec::new(),
            };
            into.rows.push(FrameRow { head, cells });
        }
        let mut spare = old.into_iter().map(|row| row.cells).filter(|cells| cells.capacity() > 0);
        for (row, source) in into.rows.iter_mut().zip(&self.sources) {
            if let Source::Copied(index) = source {
                row.cells = spare.next().unwrap_or_default();
                row.cells.clear();
                let words = &self.cells[index * cols..(index + 1) * cols];
                row.cells.extend(words.iter().map(|word| Cell::checked(*word, styles, clusters)));
                repair_wide(&mut row.cells);
            } else if row.cells.len() != cols {
                // Only a writer that numbers two rows alike gets here: one of the two has the cells.
                row.cells.resize(cols, Cell::BLANK);
            }
        }
    }

    fn head(&self, cols: u16, rows: u16) -> FrameHead {
        let cursor = self.word(frame::CURSOR);
        FrameHead {
            cols,
            rows,
            cursor: FrameCursor {
                row: (cursor as u16).min(rows - 1),
                col: ((cursor >> 16) as u16).min(cols - 1),
                shape: match (cursor >> 32) as u8 {
                    1 => CursorShape::Underline,
                    2 => CursorShape::Bar,
                    _ => CursorShape::Block,
                },
                blinking: cursor >> 40 & 1 != 0,
                visible: cursor >> 41 & 1 != 0,
            },
            flags: ScreenFlags(self.word(frame::FLAGS) as u32),
            modes: self.word(frame::MODES),
            history: HistoryMark {
                committed: self.word(frame::HISTORY_COMMITTED),
                oldest: self.word(frame::HISTORY_OLDEST),
                end_line: LineNumber(self.word(frame::HISTORY_END_LINE)),
                oldest_line: LineNumber(self.word(frame::HISTORY_OLDEST_LINE)),
                rewrites: self.word(frame::HISTORY_REWRITES),
            },
            pictures: FramePictures {
                table: self.word(frame::PICTURES),
                // As near as placements are: rows are counted from here.
                top: (self.word(frame::PICTURES_TOP) as i64).clamp(-MAX_LINE, MAX_LINE),
            },
        }
    }

    fn colours(&self) -> FrameColours {
        let colour = |index: usize| {
            let bits = (self.colours[index / 2] >> (32 * (index % 2))) as u32;
            (bits >> 24 == 1).then(|| Rgb::from_bits(bits))
        };
        FrameColours {
            dynamic: std::array::from_fn(colour),
            palette: std::array::from_fn(|index| colour(DYNAMIC_COLOURS + index)),
        }
    }
}

impl TextTable {
    /// Copies entries and the part of the heap from the first one's text on.
    fn take(&mut self, map: &Map, at: usize, new: std::ops::Range<usize>, heap_at: usize, heap_bytes: usize) {
        self.entries.clear();
        self.heap.clear();
        map.copy_into(at + new.start * WORD, new.len(), &mut self.entries);
        // Text by text, each entry rewritten to where the copy is: entries come in the heap's order, but
        // nothing depends on it.
        for entry in &mut self.entries {
            let (offset, length) = (*entry as u32 as usize, text_bytes(*entry));
            let words = length.div_ceil(WORD);
            let fits = offset.is_multiple_of(WORD) && offset + words * WORD <= heap_bytes;
            let start = (self.heap.len() * WORD) as u64;
            if fits && self.heap.len() + words <= heap_bytes / WORD {
                map.copy_into(heap_at + offset, words, &mut self.heap);
                *entry = *entry >> 32 << 32 | start;
            } else {
                *entry = *entry >> 32 << 32 | u64::from(u32::MAX);
            }
        }
    }

    /// The text of an entry that `take` has rewritten.
    fn text(&self, entry: u64) -> Result<String, GridError> {
        let (start, length) = (entry as u32 as usize / WORD, text_bytes(entry));
        let words = self.heap.get(start..).and_then(|words| words.get(..length.div_ceil(WORD)));
        let words = words.ok_or(GridError::Damaged("a text outside its table"))?;
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        bytes.truncate(length);
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }
}

/// The lengths of the two texts of an entry; a cluster has no second one.
fn text_lengths(entry: u64) -> (usize, usize) {
    (usize::from((entry >> 32) as u16), usize::from((entry >> 48) as u16))
}

fn text_bytes(entry: u64) -> usize {
    let (first, second) = text_lengths(entry);
    first + second
}

/// How many entries of a table need not be copied again.
fn kept<T>(table: &Table<T>, epoch: u64, len: usize) -> usize {
    if table.epoch == epoch && table.entries.len() <= len { table.entries.len() } else { 0 }
}

/// Drops what is not kept.
fn begin<T>(table: &mut Table<T>, epoch: u64, len: usize) {
    let kept = kept(table, epoch, len);
    table.entries.truncate(kept);
    table.epoch = epoch;
}
