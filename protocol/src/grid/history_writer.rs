//! The service's end of history: lines go into a ring that is overwritten in place.
//!
//! Offsets count bytes from the session's beginning and are folded onto the ring; only `pop` ever goes
//! back, and counts a rewrite when it does. What the ring holds is found again through the chunk table
//! (see `layout`) and by walking over records in either direction.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use super::frame::{HistoryMark, LineNumber};
use super::history_reader::HistoryReader;
use super::layout::{CHUNK_BYTES, ViewLayout, WORD, chunk, header};
use super::map::MapMut;
use super::order;
use super::record::{HistoryPiece, PieceRef, RecordHead, decode_piece, encode_piece, ends_line};

/// Bytes of a page: holes are punched in whole ones.
const PAGE: u64 = 4096;

/// Appends to one session's history and takes the newest pieces back.
///
/// Bound: the ring's size in the view, and 32 bytes here for each chunk of it.
#[derive(Debug)]
pub struct HistoryWriter {
    map: Arc<MapMut>,
    layout: ViewLayout,
    mark: HistoryMark,
    max_lines: u64,
    /// The newest piece continues: the next one belongs to the same line.
    open: bool,
    /// What the chunk table says of the chunks that hold something, oldest first; kept here too, so that
    /// nothing that counts is read back from memory that a stranger may have written.
    chunks: VecDeque<Chunk>,
    /// Records that wait for [`HistoryWriter::settle`]; `None` while nothing was taken back.
    held: Option<Vec<Vec<u8>>>,
    encoded: Vec<u8>,
    words: Vec<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Chunk {
    number: u64,
    /// Offset of the first record that began in it.
    first: u64,
    cells: u64,
    lines: u64,
}

/// Where history stands and what it waits for: all that [`ViewWriter::restore`](super::ViewWriter::restore) needs
/// beside the memory itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryState {
    /// As [`HistoryWriter::mark`] gives it.
    pub mark: HistoryMark,
    /// The line of the newest record in the ring goes on.
    pub open: bool,
    /// The chunk that is being filled: number, first record, cells, lines.
    pub chunk: [u64; 4],
    /// Records that wait for [`HistoryWriter::settle`], in order.
    pub held: Vec<Vec<u8>>,
}

/// Whether a record is the beginning of its line.
fn starts_line(record: &[u8]) -> bool {
    let head = record.first_chunk().and_then(|head| RecordHead::from_word(u64::from_ne_bytes(*head)));
    head.is_some_and(|head| head.starts)
}

impl HistoryWriter {
    pub(crate) fn new(map: Arc<MapMut>, layout: ViewLayout, max_lines: u64) -> Self {
        Self {
            map,
            layout,
            mark: HistoryMark::default(),
            max_lines,
            open: false,
            chunks: VecDeque::new(),
            held: None,
            encoded: Vec::new(),
            words: Vec::new(),
        }
    }

    /// History as it stood at `state`, over memory in which a writer may have gone on from there until it was
    /// killed: what it has overwritten since is dropped. Nothing in the memory is believed without a check.
    pub(crate) fn restore(map: Arc<MapMut>, layout: ViewLayout, max_lines: u64, state: HistoryState) -> Self {
        let HistoryState { mark, open, chunk: [number, first, cells, lines], held } = state;
        let mut writer = Self { mark, open, ..Self::new(map, layout, max_lines) };
        let rewrites = writer.map.get(header::HISTORY_REWRITES);
        // Readers of the last writer's frames must see that it was not this one that they knew.
        writer.mark.rewrites = mark.rewrites.max(rewrites).saturating_add(1).min(u64::MAX / 2);
        order::retire(&writer.map.word(header::HISTORY_REWRITES), writer.mark.rewrites);
        let (cells, lines) = (cells.min(CHUNK_BYTES), lines.min(CHUNK_BYTES));
        if !writer.is_empty() && writer.record_before(mark.committed).is_none() {
            // This is not the memory that the state is of.
            writer.mark.oldest = mark.committed;
            writer.mark.oldest_line = LineNumber(mark.end_line.0.saturating_sub(u64::from(open)));
        }
        writer.find_chunks(Chunk { number, first, cells, lines });
        let dropped = writer.map.get(header::HISTORY_OLDEST);
        if dropped > mark.oldest {
            writer.drop_until(dropped);
        }
        for record in held {
            writer.append(record);
        }
        writer.tell();
        writer
    }

    /// Where history stands: to be kept before anything more is appended once pieces were taken back.
    pub fn state(&self) -> HistoryState {
        let held = self.held.clone().unwrap_or_default();
        let Chunk { number, first, cells, lines } = self.chunks.back().copied().unwrap_or_default();
        HistoryState {
            mark: self.mark,
            open: self.ring_is_open(),
            chunk: [number, first, cells, lines],
            held,
        }
    }

    /// Whether the line of the newest record in the ring goes on; what waits comes after that.
    fn ring_is_open(&self) -> bool {
        self.held.iter().flatten().next().map_or(self.open, |record| !starts_line(record))
    }

    /// Whether pieces were taken back since [`HistoryWriter::settle`]. Until then what is appended is kept apart,
    /// because it would overwrite them: a state that was kept before needs them still.
    pub fn is_unsettled(&self) -> bool {
        self.held.is_some()
    }

    /// Forgets what waits: no state can hold it.
    pub fn drop_held(&mut self) {
        self.open = self.ring_is_open();
        self.held.iter_mut().for_each(Vec::clear);
    }

    /// Appends what waited. For when [`HistoryWriter::state`] has been kept.
    pub fn settle(&mut self) {
        self.open = self.ring_is_open();
        for record in self.held.take().unwrap_or_default() {
            self.append(record);
        }
    }

    /// Where history stands now, for the head of a frame.
    pub fn mark(&self) -> HistoryMark {
        self.mark
    }

    /// How many lines there are.
    pub fn lines(&self) -> u64 {
        self.mark.lines()
    }

    /// True if there is nothing, but for what waits for [`HistoryWriter::settle`].
    pub fn is_empty(&self) -> bool {
        self.mark.committed == self.mark.oldest
    }

    /// There is a newest piece, and its line goes on.
    pub fn is_open(&self) -> bool {
        self.open && (!self.is_empty() || self.held.as_ref().is_some_and(|held| !held.is_empty()))
    }

    /// Most lines kept; the oldest beyond it are dropped now.
    pub fn set_max_lines(&mut self, max_lines: u64) {
        self.max_lines = max_lines;
        self.drop_lines();
        self.tell();
    }

    /// Reads what is there now.
    pub fn reader(&self) -> HistoryReader<'_> {
        HistoryReader::new(&self.map, self.layout, self.mark)
    }

    /// Appends one piece: a new line, or more of the newest one if that continues.
    pub fn push(&mut self, piece: &PieceRef<'_>) {
        let starts = !self.open;
        encode_piece(piece, starts, &mut self.encoded);
        if let Some(held) = &mut self.held {
            held.push(self.encoded.clone());
            self.open = piece.continues;
            return;
        }
        let cells: u64 = piece.runs.iter().map(|run| u64::from(run.cells)).sum();
        self.append_encoded(starts, piece.continues, cells);
    }

    /// Appends a record that was encoded before.
    fn append(&mut self, record: Vec<u8>) {
        let mut piece = HistoryPiece::default();
        // One that does not decode was damaged while it was kept: it is left out.
        if decode_piece(&record, &mut piece).is_ok() && piece.starts != self.open {
            self.encoded = record;
            self.append_encoded(piece.starts, piece.continues, piece.cells());
        }
    }

    /// Appends what is in `encoded`.
    fn append_encoded(&mut self, starts: bool, continues: bool, cells: u64) {
        let end = self.mark.committed + self.encoded.len() as u64;
        self.retire_until(end.saturating_sub(self.layout.ring_bytes()));

        if starts {
            self.mark.end_line.0 += 1;
        }
        self.enter_chunk(self.mark.committed, starts, cells);
        self.store(self.mark.committed);
        self.mark.committed = end;
        self.open = continues;
        self.drop_lines();
        self.tell();
    }

    /// Ends the newest piece's line, whose rest will not come.
    pub fn close(&mut self) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        if let Some(record) = self.held.as_mut().and_then(|held| held.last_mut()) {
            ends_line(record);
            return;
        }
        if self.is_empty() {
            return;
        }
        if let Some((offset, _)) = self.record_before(self.mark.committed) {
            let mut head = self.map.get(self.ring(offset)).to_ne_bytes();
            ends_line(&mut head);
            self.mark.rewrites += 1;
            order::retire(&self.map.word(header::HISTORY_REWRITES), self.mark.rewrites);
            self.map.set(self.ring(offset), u64::from_ne_bytes(head));
            self.tell();
        }
    }

    /// Takes the newest piece back; `None` when there is none. What is appended from now on waits for
    /// [`HistoryWriter::settle`].
    pub fn pop(&mut self) -> Option<HistoryPiece> {
        let mut piece = HistoryPiece::default();
        while let Some(record) = self.held.as_mut().and_then(Vec::pop) {
            if decode_piece(&record, &mut piece).is_ok() {
                self.open = !piece.starts;
                return Some(piece);
            }
        }
        if self.is_empty() {
            return None;
        }
        let last = self.record_before(self.mark.committed);
        let decoded = last.and_then(|(offset, bytes)| {
            self.load(offset, bytes);
            decode_piece(&self.encoded, &mut piece).ok().map(|()| offset)
        });
        // Only a stranger's hand in the memory can have damaged it: nothing behind it can be found.
        let Some(offset) = decoded else {
            self.clear();
            return None;
        };
        self.held.get_or_insert_default();
        self.mark.rewrites += 1;
        order::retire(&self.map.word(header::HISTORY_REWRITES), self.mark.rewrites);
        self.leave_chunk(offset, piece.starts, piece.cells());
        self.mark.committed = offset;
        if piece.starts {
            self.mark.end_line.0 = self.mark.end_line.0.saturating_sub(1);
        }
        self.open = !piece.starts;
        if self.is_empty() {
            self.mark.oldest_line = LineNumber(self.mark.end_line.0.saturating_sub(u64::from(self.open)));
        }
        self.tell();
        Some(piece)
    }

    /// Drops everything and gives the memory back. Line numbers go on.
    pub fn clear(&mut self) {
        self.held.iter_mut().for_each(Vec::clear);
        self.retire_until(self.mark.committed);
        self.mark.oldest_line = self.mark.end_line;
        self.open = false;
        self.tell();
        self.release_unused();
    }

    /// Gives the pages back that hold nothing: for when the session is idle, because every page given
    /// back costs a fault when it is filled again.
    pub fn release_unused(&mut self) {
        // What is free lies between the end of the contents and, one lap on, their beginning.
        let ring = self.layout.ring_bytes();
        let from = self.mark.committed.next_multiple_of(PAGE);
        let to = (self.mark.oldest + ring) / PAGE * PAGE;
        if to <= from {
            return;
        }
        let (start, bytes) = (from % ring, (to - from).min(ring));
        let first = bytes.min(ring - start);
        let at = self.layout.ring_at() as u64;
        for (offset, bytes) in [(at + start, first), (at, bytes - first)] {
            // Where holes cannot be punched the memory stays, within its bound.
            let _: io::Result<()> = self.map.punch(offset, bytes);
        }
    }

    /// What the chunk table says of the records there are, `last` being the newest chunk. Entries that say nothing
    /// believable are left out: readers find their way without, if slower.
    fn find_chunks(&mut self, last: Chunk) {
        if self.is_empty() {
            return;
        }
        for number in self.mark.oldest / CHUNK_BYTES..last.number {
            let at = self.layout.chunk_at(number * CHUNK_BYTES);
            let [first, cells, lines] =
                [chunk::OFFSET, chunk::CELLS, chunk::LINES].map(|word| self.map.get(at + word));
            if first / CHUNK_BYTES == number && first < self.mark.committed {
                let (cells, lines) = (cells.min(CHUNK_BYTES), lines.min(CHUNK_BYTES));
                self.chunks.push_back(Chunk { number, first, cells, lines });
            }
        }
        let Chunk { number, first, cells, lines } = last;
        let at = self.layout.chunk_at(number * CHUNK_BYTES);
        self.chunks.push_back(last);
        self.map.set(at + chunk::CELLS, cells);
        self.map.set(at + chunk::LINES, lines);
        order::commit(&self.map.word(at + chunk::OFFSET), first);
    }

    /// Drops what the last writer had dropped. The records before `offset` are gone, so that the line at `offset`
    /// is found from the next chunk, or from the end.
    fn drop_until(&mut self, offset: u64) {
        let mut mark = self.mark;
        let newest_line = LineNumber(mark.end_line.0.saturating_sub(u64::from(self.open)));
        (mark.oldest, mark.oldest_line) = (mark.committed, newest_line);
        if offset < mark.committed && offset.is_multiple_of(WORD as u64) {
            let next = self.chunks.iter().find(|chunk| chunk.first > offset).map(|chunk| {
                let line = self.map.get(self.layout.chunk_at(chunk.first) + chunk::LINE);
                (chunk.first, line)
            });
            let (end, line) = next.unwrap_or((mark.committed, newest_line.0));
            if let Some(lines) = self.lines_between(offset, end) {
                mark.oldest = offset;
                mark.oldest_line = LineNumber(line.saturating_sub(lines)).min(mark.end_line);
            }
        }
        self.retire(mark);
    }

    /// How many lines end between two records; `None` if what lies between is not records.
    fn lines_between(&self, mut offset: u64, end: u64) -> Option<u64> {
        let mut lines = 0;
        while offset < end {
            let head = RecordHead::from_word(self.map.get(self.ring(offset)))?;
            lines += u64::from(!head.continues);
            offset += head.bytes;
        }
        (offset == end).then_some(lines)
    }

    /// Drops the oldest records until none begins before `offset`.
    fn retire_until(&mut self, offset: u64) {
        let mut mark = self.mark;
        while mark.oldest < offset {
            self.step_over_oldest(&mut mark);
        }
        self.retire(mark);
    }

    /// Drops the oldest lines beyond the limit.
    fn drop_lines(&mut self) {
        let mut mark = self.mark;
        while mark.lines() > self.max_lines && mark.oldest < mark.committed {
            self.step_over_oldest(&mut mark);
        }
        self.retire(mark);
    }

    /// Moves the beginning over one record; over everything if the record is not one any more.
    fn step_over_oldest(&self, mark: &mut HistoryMark) {
        let head = RecordHead::from_word(self.map.get(self.ring(mark.oldest)));
        match head.filter(|head| mark.oldest + head.bytes <= mark.committed) {
            Some(head) => {
                mark.oldest += head.bytes;
                mark.oldest_line.0 += u64::from(!head.continues);
                mark.oldest_line = mark.oldest_line.min(mark.end_line);
            }
            None => {
                mark.oldest = mark.committed;
                mark.oldest_line = mark.end_line;
            }
        }
        if mark.oldest == mark.committed {
            mark.oldest_line = LineNumber(mark.end_line.0 - u64::from(self.open && mark.end_line.0 > 0));
        }
    }

    fn retire(&mut self, mark: HistoryMark) {
        if mark.oldest == self.mark.oldest {
            return;
        }
        self.mark = mark;
        order::retire(&self.map.word(header::HISTORY_OLDEST), mark.oldest);
        if self.is_empty() {
            self.chunks.clear();
        }
        while self.chunks.front().is_some_and(|chunk| chunk.number < mark.oldest / CHUNK_BYTES) {
            self.chunks.pop_front();
        }
    }

    /// A record begins at `offset`: counts it in its chunk's entry, a new one if it is the first.
    fn enter_chunk(&mut self, offset: u64, starts: bool, cells: u64) {
        let number = offset / CHUNK_BYTES;
        let at = self.layout.chunk_at(offset);
        if self.chunks.back().is_none_or(|chunk| chunk.number != number) {
            self.chunks.push_back(Chunk { number, first: offset, cells: 0, lines: 0 });
            // Readers check the offset before and after the line: no offset, no line.
            order::retire(&self.map.word(at + chunk::OFFSET), chunk::NONE);
            self.map.set(at + chunk::LINE, self.mark.end_line.0.saturating_sub(1));
            order::commit(&self.map.word(at + chunk::OFFSET), offset);
        }
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.cells += cells;
            chunk.lines += u64::from(starts);
            self.map.set(at + chunk::CELLS, chunk.cells);
            self.map.set(at + chunk::LINES, chunk.lines);
        }
    }

    /// The record that begins at `offset` goes.
    fn leave_chunk(&mut self, offset: u64, starts: bool, cells: u64) {
        let at = self.layout.chunk_at(offset);
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.cells = chunk.cells.saturating_sub(cells);
            chunk.lines = chunk.lines.saturating_sub(u64::from(starts));
            self.map.set(at + chunk::CELLS, chunk.cells);
            self.map.set(at + chunk::LINES, chunk.lines);
        }
        if offset == self.mark.oldest || self.chunks.back().is_some_and(|chunk| chunk.first == offset) {
            order::retire(&self.map.word(at + chunk::OFFSET), chunk::NONE);
            self.chunks.pop_back();
        }
    }

    /// Where the record that ends at `end` begins, and its length.
    fn record_before(&self, end: u64) -> Option<(u64, u64)> {
        let bytes = RecordHead::length_from_last(self.map.get(self.ring(end - WORD as u64)))?;
        let offset = end.checked_sub(bytes)?;
        (offset >= self.mark.oldest).then_some((offset, bytes))
    }

    /// Where the byte of this offset stands in the view.
    fn ring(&self, offset: u64) -> usize {
        self.layout.ring_at() + (offset % self.layout.ring_bytes()) as usize
    }

    /// Stores the encoded record, in two parts if the ring ends inside it.
    fn store(&mut self, offset: u64) {
        self.words.clear();
        let (words, _) = self.encoded.as_chunks::<WORD>();
        self.words.extend(words.iter().map(|bytes| u64::from_ne_bytes(*bytes)));
        let room = (self.layout.ring_bytes() - offset % self.layout.ring_bytes()) as usize / WORD;
        let (first, second) = self.words.split_at(self.words.len().min(room));
        self.map.copy_from(self.ring(offset), first);
        self.map.copy_from(self.layout.ring_at(), second);
    }

    /// Loads a record back into `encoded`.
    fn load(&mut self, offset: u64, bytes: u64) {
        self.words.clear();
        let count = bytes as usize / WORD;
        let room = (self.layout.ring_bytes() - offset % self.layout.ring_bytes()) as usize / WORD;
        self.map.copy_into(self.ring(offset), count.min(room), &mut self.words);
        self.map.copy_into(self.layout.ring_at(), count.saturating_sub(room), &mut self.words);
        self.encoded.clear();
        self.encoded.extend(self.words.iter().flat_map(|word| word.to_ne_bytes()));
    }

    /// What else a frame's readers and recovery find in the header, and the end, last.
    fn tell(&self) {
        self.map.set(header::HISTORY_OLDEST_LINE, self.mark.oldest_line.0);
        self.map.set(header::HISTORY_END_LINE, self.mark.end_line.0);
        order::commit(&self.map.word(header::HISTORY_COMMITTED), self.mark.committed);
    }
}
