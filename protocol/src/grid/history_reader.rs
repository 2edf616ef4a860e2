//! A viewer's end of history: finding a line, and walking in both directions.
//!
//! Every record is copied out of the ring and then looked at once more: was it still there when the copy
//! ended? A reader that is overtaken is told so; it never sees two records mixed.

use super::GridError;
use super::frame::{HistoryMark, LineNumber};
use super::layout::{CHUNK_BYTES, ViewLayout, WORD, chunk, header};
use super::map::Map;
use super::order;
use super::record::{HistoryPiece, MIN_RECORD_BYTES, RecordHead, decode_piece};

/// Bytes of text after which [`HistoryWalk::next_line`] and [`HistoryWalk::previous_line`] hand out what
/// they have: a line can be as long as the ring, and comes in several parts then.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// History as one frame saw it. Cheap to make: make it from each frame's mark.
#[derive(Clone, Copy, Debug)]
pub struct HistoryReader<'a> {
    map: &'a Map,
    layout: ViewLayout,
    mark: HistoryMark,
}

/// A line of history, or a part of a very long one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryLine {
    /// Its number.
    pub number: LineNumber,
    /// Its pieces, in order; at least one.
    pub pieces: Vec<HistoryPiece>,
}

impl HistoryLine {
    /// True if the first piece is the line's beginning; otherwise that was dropped, or came before in a
    /// part of its own.
    pub fn starts(&self) -> bool {
        self.pieces.first().is_some_and(|piece| piece.starts)
    }

    /// True if the last piece is the line's end; otherwise it goes on on the screen, or in the next part.
    pub fn ends(&self) -> bool {
        self.pieces.last().is_some_and(|piece| !piece.continues)
    }

    /// The text of all pieces.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }
}

/// Between two records: the one behind it belongs to `line`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) line: LineNumber,
}

impl<'a> HistoryReader<'a> {
    pub(crate) fn new(map: &'a Map, layout: ViewLayout, mark: HistoryMark) -> Self {
        Self { map, layout, mark }
    }

    /// Refuses a mark that cannot be one of this ring.
    pub(crate) fn checked(map: &'a Map, layout: ViewLayout, mark: HistoryMark) -> Result<Self, GridError> {
        let held = mark.committed.checked_sub(mark.oldest);
        let lines = mark.end_line.0.checked_sub(mark.oldest_line.0);
        let (Some(held), Some(lines)) = (held, lines) else {
            return Err(GridError::Damaged("history ends before it begins"));
        };
        let aligned = mark.committed.is_multiple_of(WORD as u64) && mark.oldest.is_multiple_of(WORD as u64);
        // One line more than there are records: the newest one may have nothing here yet.
        if held > layout.ring_bytes() || !aligned || lines > held / MIN_RECORD_BYTES as u64 + 1 {
            return Err(GridError::Damaged("history is larger than its ring"));
        }
        Ok(Self::new(map, layout, mark))
    }

    /// Where history stood in the frame.
    pub fn mark(&self) -> HistoryMark {
        self.mark
    }

    /// The number of the oldest line that the frame saw; it may be gone by now.
    pub fn first_line(&self) -> LineNumber {
        self.mark.oldest_line
    }

    /// One more than the number of the newest line.
    pub fn end_line(&self) -> LineNumber {
        self.mark.end_line
    }

    /// How many lines there were.
    pub fn lines(&self) -> u64 {
        self.mark.lines()
    }

    /// One line, or the first [`MAX_LINE_BYTES`] or so of it. `None` if it is not there, or not any more.
    ///
    /// # Errors
    /// [`GridError::Changed`] and [`GridError::Damaged`].
    pub fn line(&self, number: LineNumber) -> Result<Option<HistoryLine>, GridError> {
        if number < self.mark.oldest_line || number >= self.mark.end_line {
            return Ok(None);
        }
        let mut walk = self.walk_from(number)?;
        if walk.place.line != number {
            return Ok(None);
        }
        match walk.next_line() {
            // Dropped while it was read: a walk must say so, but here that is an answer.
            Err(GridError::Changed) if self.check(u64::MAX).is_ok() => Ok(None),
            line => line,
        }
    }

    /// Stands before the first piece of a line that is still there, or before the oldest piece if the
    /// line is not.
    ///
    /// # Errors
    /// [`GridError::Changed`] and [`GridError::Damaged`].
    pub fn walk_from(&self, number: LineNumber) -> Result<HistoryWalk<'a>, GridError> {
        let number = number.min(self.mark.end_line);
        let place = match self.anchor(|line| line < number) {
            Some(place) => self.forward(place, number)?,
            None => None,
        };
        let oldest = Place { offset: self.mark.oldest, line: self.mark.oldest_line };
        let place = match place {
            Some(place) => Some(place),
            None => self.forward(oldest, number)?,
        };
        let place = match place {
            Some(place) => place,
            // The oldest ones have been dropped since the frame: come from the other side.
            None => self.backward(self.first_anchor().unwrap_or_else(|| self.end()), number)?,
        };
        Ok(HistoryWalk { reader: *self, place, words: Vec::new(), bytes: Vec::new() })
    }

    /// Stands behind the newest piece.
    pub fn walk_from_end(&self) -> HistoryWalk<'a> {
        HistoryWalk { reader: *self, place: self.end(), words: Vec::new(), bytes: Vec::new() }
    }

    /// About how many rows all lines take at a width: for the length of a scrollbar. Reads 32 bytes for
    /// each 64 KiB of history.
    pub fn estimate_rows(&self, cols: u16) -> u64 {
        let cols = u64::from(cols.max(1));
        let mut rows = 0u64;
        for number in self.chunk_numbers() {
            let at = self.layout.chunk_at(number * CHUNK_BYTES);
            let (cells, lines) = (self.map.get(at + chunk::CELLS), self.map.get(at + chunk::LINES));
            let mut here = lines.max(cells / cols).min(CHUNK_BYTES);
            let dropped = self.mark.oldest.saturating_sub(number * CHUNK_BYTES);
            here -= here * dropped.min(CHUNK_BYTES) / CHUNK_BYTES;
            rows += here;
        }
        rows.max(self.lines())
    }

    fn end(&self) -> Place {
        Place { offset: self.mark.committed, line: self.mark.end_line }
    }

    fn chunk_numbers(&self) -> std::ops::Range<u64> {
        self.mark.oldest / CHUNK_BYTES..self.mark.committed.div_ceil(CHUNK_BYTES)
    }

    /// What a chunk's entry says, if it says something of the ring as the frame saw it.
    fn entry(&self, number: u64) -> Option<Place> {
        let at = self.layout.chunk_at(number * CHUNK_BYTES);
        let offset = order::current(&self.map.word(at + chunk::OFFSET));
        let line = self.map.get(at + chunk::LINE);
        let whole = order::still_current(&self.map.word(at + chunk::OFFSET), offset);
        let ours = offset / CHUNK_BYTES == number
            && offset.is_multiple_of(WORD as u64)
            && (self.mark.oldest..self.mark.committed).contains(&offset)
            && (self.mark.oldest_line.0..self.mark.end_line.0).contains(&line);
        (whole && ours).then_some(Place { offset, line: LineNumber(line) })
    }

    /// The last place in the chunk table whose line is wanted.
    fn anchor(&self, wanted: impl Fn(LineNumber) -> bool) -> Option<Place> {
        self.chunk_numbers().rev().filter_map(|number| self.entry(number)).find(|place| wanted(place.line))
    }

    /// The first place in the chunk table that is still there.
    fn first_anchor(&self) -> Option<Place> {
        let oldest = order::current(&self.map.word(header::HISTORY_OLDEST));
        self.chunk_numbers().filter_map(|number| self.entry(number)).find(|place| place.offset >= oldest)
    }

    /// Walks on to the first record of `number`, or the first behind it. `None` if overtaken.
    fn forward(&self, mut place: Place, number: LineNumber) -> Result<Option<Place>, GridError> {
        while place.line < number && place.offset < self.mark.committed {
            let head = self.head(place.offset);
            if !self.check(place.offset)? {
                return Ok(None);
            }
            let head = head.ok_or(GridError::Damaged("a record of history"))?;
            place = Place { offset: place.offset + head.bytes, line: after(place.line, head.continues) };
        }
        Ok(self.check(place.offset)?.then_some(place))
    }

    /// Walks back as long as the records belong to `number` or a later line and are there.
    fn backward(&self, mut place: Place, number: LineNumber) -> Result<Place, GridError> {
        while place.offset > self.mark.oldest {
            let found = self.before(place.offset);
            let (offset, head) = match found {
                Some((offset, head)) if self.check(offset)? => (offset, head),
                // What is not there any more may look like anything.
                _ if !self.check(place.offset.saturating_sub(1))? => break,
                _ => return Err(GridError::Damaged("a record of history")),
            };
            let line = self.line_before(place, head.continues);
            if line < number {
                break;
            }
            place = Place { offset, line };
        }
        Ok(place)
    }

    /// The line of the record that ends at `place`.
    fn line_before(&self, place: Place, continues: bool) -> LineNumber {
        if place.offset == self.mark.committed {
            LineNumber(self.mark.end_line.0.saturating_sub(1))
        } else {
            LineNumber(place.line.0.saturating_sub(u64::from(!continues)))
        }
    }

    /// The head of the record at `offset`, if it looks like one that fits.
    fn head(&self, offset: u64) -> Option<RecordHead> {
        let head = RecordHead::from_word(self.map.get(self.ring(offset)))?;
        (head.bytes <= self.mark.committed.saturating_sub(offset)).then_some(head)
    }

    /// The record that ends at `end`, if it looks like one that fits.
    fn before(&self, end: u64) -> Option<(u64, RecordHead)> {
        let last = self.map.get(self.ring(end.checked_sub(WORD as u64)?));
        let offset = end.checked_sub(RecordHead::length_from_last(last)?)?;
        let head = self.head(offset)?;
        (offset >= self.mark.oldest && offset + head.bytes == end).then_some((offset, head))
    }

    /// After a copy: was what stands from `offset` on there all the time? An error if history was
    /// shortened at its new end.
    pub(super) fn check(&self, offset: u64) -> Result<bool, GridError> {
        let oldest = self.map.word(header::HISTORY_OLDEST);
        let rewrites = self.map.word(header::HISTORY_REWRITES);
        if order::still_there(&oldest, offset, &rewrites, self.mark.rewrites) {
            Ok(true)
        } else if order::current(&rewrites) != self.mark.rewrites {
            Err(GridError::Changed)
        } else {
            Ok(false)
        }
    }

    fn ring(&self, offset: u64) -> usize {
        self.layout.ring_at() + (offset % self.layout.ring_bytes()) as usize
    }

    /// The newest line goes on on the screen. False if it was dropped meanwhile.
    ///
    /// # Errors
    /// [`GridError::Changed`] and [`GridError::Damaged`].
    pub(super) fn is_open(&self) -> Result<bool, GridError> {
        if self.mark.committed <= self.mark.oldest {
            return Ok(false);
        }
        let found = self.before(self.mark.committed);
        if !self.check(found.map_or(self.mark.committed - 1, |(offset, _)| offset))? {
            return Ok(false);
        }
        let (_, head) = found.ok_or(GridError::Damaged("a record of history"))?;
        Ok(head.continues)
    }

    /// Steps back from `end` over whole lines until `bytes` have been passed, but not beyond `least`. `None` if the
    /// writer came over it; where it leads to is only true if [`check`](Self::check) says so of that place.
    pub(super) fn back_over_lines(
        &self,
        end: Place,
        least: Place,
        bytes: u64,
    ) -> Result<Option<Place>, GridError> {
        let mut place = end;
        while place.offset > least.offset {
            let Some((offset, head)) = self.before(place.offset) else {
                // What is not there any more may look like anything.
                return match self.check(place.offset - 1)? {
                    true => Err(GridError::Damaged("a record of history")),
                    false => Ok(None),
                };
            };
            place = Place { offset, line: self.line_before(place, head.continues) };
            if head.starts && end.offset - offset >= bytes {
                break;
            }
        }
        Ok(Some(place))
    }

    /// Copies records, or what else there is, as bytes.
    pub(super) fn copy_block(&self, offset: u64, bytes: usize, into: &mut Vec<u8>) {
        into.resize(bytes, 0);
        let room = (self.layout.ring_bytes() - offset % self.layout.ring_bytes()) as usize;
        let (first, second) = into.split_at_mut(bytes.min(room));
        self.map.copy_bytes(self.ring(offset), first);
        self.map.copy_bytes(self.layout.ring_at(), second);
    }

    /// Copies a record, in two parts if the ring ends inside it.
    fn copy(&self, offset: u64, bytes: u64, words: &mut Vec<u64>) {
        words.clear();
        let count = bytes as usize / WORD;
        let room = (self.layout.ring_bytes() - offset % self.layout.ring_bytes()) as usize / WORD;
        self.map.copy_into(self.ring(offset), count.min(room), words);
        self.map.copy_into(self.layout.ring_at(), count.saturating_sub(room), words);
    }
}

pub(super) fn after(line: LineNumber, continues: bool) -> LineNumber {
    LineNumber(line.0.saturating_add(u64::from(!continues)))
}

/// A place between two pieces of history, and the memory to read them with.
#[derive(Clone, Debug)]
pub struct HistoryWalk<'a> {
    reader: HistoryReader<'a>,
    place: Place,
    words: Vec<u64>,
    bytes: Vec<u8>,
}

impl HistoryWalk<'_> {
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Reads the next piece and steps over it. `None` at the end.
    ///
    /// # Errors
    /// [`GridError::Changed`] also if the walk was overtaken: the pieces to come have been dropped.
    pub fn next(&mut self, piece: &mut HistoryPiece) -> Result<Option<LineNumber>, GridError> {
        let Place { offset, line } = self.place;
        if offset >= self.reader.mark.committed {
            return Ok(None);
        }
        let head = self.reader.head(offset);
        if let Some(head) = head {
            self.reader.copy(offset, head.bytes, &mut self.words);
        }
        if !self.reader.check(offset)? {
            return Err(GridError::Changed);
        }
        let head = head.ok_or(GridError::Damaged("a record of history"))?;
        self.decode(piece)?;
        self.place = Place { offset: offset + head.bytes, line: after(line, piece.continues) };
        Ok(Some(line))
    }

    /// Reads the piece before and steps back over it. `None` at the beginning, and where the rest was
    /// dropped.
    ///
    /// # Errors
    /// [`GridError::Changed`] and [`GridError::Damaged`].
    pub fn previous(&mut self, piece: &mut HistoryPiece) -> Result<Option<LineNumber>, GridError> {
        if self.place.offset <= self.reader.mark.oldest {
            return Ok(None);
        }
        let found = self.reader.before(self.place.offset);
        if let Some((offset, head)) = found {
            self.reader.copy(offset, head.bytes, &mut self.words);
        }
        let Some((offset, _)) = found else {
            // What is not there any more may look like anything.
            return if self.reader.check(self.place.offset - 1)? {
                Err(GridError::Damaged("a record of history"))
            } else {
                Ok(None)
            };
        };
        if !self.reader.check(offset)? {
            return Ok(None);
        }
        self.decode(piece)?;
        let line = self.reader.line_before(self.place, piece.continues);
        self.place = Place { offset, line };
        Ok(Some(line))
    }

    /// Reads the rest of the line that the walk stands in, bounded by [`MAX_LINE_BYTES`] or so.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn next_line(&mut self) -> Result<Option<HistoryLine>, GridError> {
        let mut line = HistoryLine::default();
        let mut bytes = 0;
        while bytes < MAX_LINE_BYTES {
            let mut piece = HistoryPiece::default();
            let Some(number) = self.next(&mut piece)? else { break };
            line.number = number;
            let ends = !piece.continues;
            bytes += piece.text.len() + size_of::<HistoryPiece>();
            line.pieces.push(piece);
            if ends {
                break;
            }
        }
        Ok((!line.pieces.is_empty()).then_some(line))
    }

    /// Reads the line before, from its end backwards, bounded by [`MAX_LINE_BYTES`] or so.
    ///
    /// # Errors
    /// As [`previous`](Self::previous).
    pub fn previous_line(&mut self) -> Result<Option<HistoryLine>, GridError> {
        let mut line = HistoryLine::default();
        let mut bytes = 0;
        while bytes < MAX_LINE_BYTES {
            let mut piece = HistoryPiece::default();
            let Some(number) = self.previous(&mut piece)? else { break };
            line.number = number;
            let starts = piece.starts;
            bytes += piece.text.len() + size_of::<HistoryPiece>();
            line.pieces.push(piece);
            if starts {
                break;
            }
        }
        line.pieces.reverse();
        Ok((!line.pieces.is_empty()).then_some(line))
    }

    fn decode(&mut self, piece: &mut HistoryPiece) -> Result<(), GridError> {
        self.bytes.clear();
        self.bytes.extend(self.words.iter().flat_map(|word| word.to_ne_bytes()));
        decode_piece(&self.bytes, piece)
    }
}
