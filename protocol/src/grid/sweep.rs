//! History's text, many lines at once: what a search runs over.
//!
//! Apart from [`super::history_reader`], which decodes a record with all its runs and links: here only the text is taken
//! out of each, into memory that is used again, so that a line costs no allocation.
//!
//! ```text
//!   ring   |head|text|runs|tail|head|text|...      copied in blocks, found whole, then walked
//!   text   text of a line \n text of the next \n   pieces of one line joined
//!   starts ^                 ^                     where each line begins
//! ```

use super::GridError;
use super::frame::LineNumber;
use super::history_reader::{HistoryReader, MAX_LINE_BYTES, Place, after};
use super::record::{HistoryPiece, MAX_RECORD_BYTES, RecordHead, record_text};
use std::ops::Range;

/// Bytes of history that are looked through at once. Chosen by measuring: half of it and twice as much are slower,
/// because a block is read three times and should stay in the processor's own cache.
pub(super) const STRETCH: u64 = 128 << 10;
/// Bytes that are copied at once at least.
const SMALLEST_BLOCK: u64 = 4 << 10;
/// How often a stretch is begun again that the writer has run over. It would have to go around the whole ring in the
/// time in which a stretch is copied.
const ATTEMPTS: usize = 16;

/// Walks over history in stretches of whole lines.
///
/// Bound: twice [`MAX_LINE_BYTES`], one stretch and one record. Of a line that is longer than the first the rest is left
/// out, as by [`HistoryReader::line`].
#[derive(Debug)]
pub(super) struct Sweep<'a> {
    reader: HistoryReader<'a>,
    /// What is still to be looked through.
    rest: Range<Place>,
    block: Vec<u8>,
    /// The stretch's lines, each ended by a line feed.
    pub(super) text: Vec<u8>,
    /// Where in the text each line begins.
    starts: Vec<u32>,
    /// The first line's number.
    first: LineNumber,
}

/// What is taken next.
enum Filled {
    /// Up to this place.
    To(Place),
    /// The writer has come over it.
    Overtaken,
}

impl<'a> Sweep<'a> {
    /// Over the lines of a range, as far as they are there.
    pub(super) fn new(reader: HistoryReader<'a>, lines: Range<u64>) -> Result<Self, GridError> {
        let start = reader.walk_from(LineNumber(lines.start))?.place();
        let end = reader.walk_from(LineNumber(lines.end))?.place();
        Ok(Self {
            reader,
            rest: start..end,
            block: Vec::new(),
            text: Vec::new(),
            starts: Vec::new(),
            first: LineNumber(0),
        })
    }

    /// Takes the next stretch of about `bytes` from the beginning. False at the end.
    pub(super) fn forward(&mut self, bytes: u64) -> Result<bool, GridError> {
        for _ in 0..ATTEMPTS {
            if self.rest.start.offset >= self.rest.end.offset {
                return Ok(false);
            }
            if let Filled::To(place) = self.fill(self.rest.start, self.rest.end.offset, bytes)? {
                self.rest.start = place;
                return Ok(true);
            }
            self.rest.start = self.reader.walk_from(self.rest.start.line)?.place();
        }
        Err(GridError::Changed)
    }

    /// Takes the next stretch of about `bytes` from the end. False at the beginning.
    pub(super) fn backward(&mut self, bytes: u64) -> Result<bool, GridError> {
        for _ in 0..ATTEMPTS {
            if self.rest.end.offset <= self.rest.start.offset {
                return Ok(false);
            }
            if let Some(from) = self.reader.back_over_lines(self.rest.end, self.rest.start, bytes)?
                && let Filled::To(_) = self.fill(from, self.rest.end.offset, u64::MAX)?
            {
                self.rest.end = from;
                return Ok(true);
            }
            self.rest.start = self.reader.walk_from(self.rest.start.line)?.place();
        }
        Err(GridError::Changed)
    }

    /// The line in which a byte of the text is: its number, and its text.
    pub(super) fn line_at(&self, at: usize) -> (LineNumber, Range<usize>) {
        let index = self.starts.partition_point(|start| *start as usize <= at).saturating_sub(1);
        let start = self.starts.get(index).map_or(0, |start| *start as usize);
        let end = self.starts.get(index + 1).map_or(self.text.len(), |start| *start as usize);
        (LineNumber(self.first.0 + index as u64), start..end.saturating_sub(1).max(start))
    }

    /// Reads records from `place` to `end`, or to the end of the line with which there are `bytes`.
    fn fill(&mut self, mut place: Place, end: u64, bytes: u64) -> Result<Filled, GridError> {
        let damaged = || GridError::Damaged("a record of history");
        self.text.clear();
        self.starts.clear();
        self.first = place.line;
        let stop = place.offset.saturating_add(bytes).min(end);
        // What of the line that is being read counts so far, if one is: as `HistoryWalk::next_line` counts.
        let mut line = None;
        // What the next block must have at least: the record that the last one cut.
        let mut least = SMALLEST_BLOCK;
        while place.offset < stop || (line.is_some() && place.offset < end) {
            let count = stop.saturating_sub(place.offset).min(STRETCH).max(least).min(end - place.offset);
            self.reader.copy_block(place.offset, count as usize, &mut self.block);
            if !self.reader.check(place.offset)? {
                return Ok(Filled::Overtaken);
            }
            least = SMALLEST_BLOCK;
            let mut rest = self.block.as_slice();
            while let Some(word) = rest.first_chunk() {
                let head = RecordHead::from_word(u64::from_ne_bytes(*word)).ok_or_else(damaged)?;
                let Some((record, behind)) = rest.split_at_checked(head.bytes as usize) else {
                    least = head.bytes;
                    break;
                };
                rest = behind;
                let counted = line.get_or_insert_with(|| {
                    self.starts.push(self.text.len() as u32);
                    0
                });
                if *counted < MAX_LINE_BYTES {
                    let text = record_text(record).ok_or_else(damaged)?;
                    *counted += text.len() + size_of::<HistoryPiece>();
                    self.text.extend_from_slice(text);
                }
                place = Place { offset: place.offset + head.bytes, line: after(place.line, head.continues) };
                if !head.continues {
                    self.text.push(b'\n');
                    line = None;
                    if place.offset >= stop {
                        break;
                    }
                }
            }
            if least > end - place.offset && least > SMALLEST_BLOCK {
                return Err(damaged());
            }
        }
        if line.is_some() {
            // The newest line goes on on the screen.
            self.text.push(b'\n');
        }
        Ok(Filled::To(place))
    }
}

const _: () = assert!(
    2 * MAX_LINE_BYTES as u64 + STRETCH + MAX_RECORD_BYTES as u64 <= u32::MAX as u64,
    "starts are 32 bits wide"
);
