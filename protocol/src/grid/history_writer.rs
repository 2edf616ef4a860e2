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
use super::record::{HistoryPiece, PieceRef, RecordHead, decode_piece, encode_piece};

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
    encoded: Vec<u8>,
    words: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Chunk {
    number: u64,
    /// Offset of the first record that began in it.
    first: u64,
    cells: u64,
    lines: u64,
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
            encoded: Vec::new(),
            words: Vec::new(),
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

    /// True if there is nothing.
    pub fn is_empty(&self) -> bool {
        self.mark.committed == self.mark.oldest
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
        let bytes = self.encoded.len() as u64;
        let cells: u64 = piece.runs.iter().map(|run| u64::from(run.cells)).sum();
        let end = self.mark.committed + bytes;
        self.retire_until(end.saturating_sub(self.layout.ring_bytes()));

        if starts {
            self.mark.end_line.0 += 1;
        }
        self.enter_chunk(self.mark.committed, starts, cells);
        self.store(self.mark.committed);
        self.mark.committed = end;
        self.open = piece.continues;
        self.drop_lines();
        self.tell();
    }

    /// Takes the newest piece back; `None` when there is none.
    pub fn pop(&mut self) -> Option<HistoryPiece> {
        if self.is_empty() {
            return None;
        }
        let mut piece = HistoryPiece::default();
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

    /// The words of the header that only recovery needs, and the end, last.
    fn tell(&self) {
        self.map.set(header::HISTORY_OLDEST_LINE, self.mark.oldest_line.0);
        self.map.set(header::HISTORY_END_LINE, self.mark.end_line.0);
        order::commit(&self.map.word(header::HISTORY_COMMITTED), self.mark.committed);
    }
}
