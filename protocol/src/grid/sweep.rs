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
use crate::pattern::without_last_blanks;
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

    /// The stretch's lines, with line feeds between them.
    pub(super) fn lines(&self) -> &[u8] {
        self.text.strip_suffix(b"\n").unwrap_or(&self.text)
    }

    /// What is still to be looked through: numbers of lines.
    pub(super) fn rest(&self) -> Range<u64> {
        self.rest.start.line.0..self.rest.end.line.0
    }

    /// One more than the number of the stretch's last line.
    pub(super) fn end_line(&self) -> u64 {
        self.first.0 + self.starts.len() as u64
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
                    // Or it is said to be longer than all that there is, and no block would ever hold it.
                    if head.bytes > end - place.offset {
                        return Err(damaged());
                    }
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
                    end_line(&mut self.text, &self.starts);
                    line = None;
                    if place.offset >= stop {
                        break;
                    }
                }
            }
        }
        if line.is_some() {
            // The newest line goes on on the screen.
            end_line(&mut self.text, &self.starts);
        }
        Ok(Filled::To(place))
    }
}

/// Ends the line that was begun last.
fn end_line(text: &mut Vec<u8>, starts: &[u32]) {
    let start = starts.last().map_or(0, |start| *start as usize);
    let length = without_last_blanks(&text[start..]).len();
    text.truncate(start + length);
    text.push(b'\n');
}

const _: () = assert!(
    2 * MAX_LINE_BYTES as u64 + STRETCH + MAX_RECORD_BYTES as u64 <= u32::MAX as u64,
    "starts are 32 bits wide"
);

#[cfg(test)]
mod tests {
    use super::super::{MIN_HISTORY_BYTES, PieceRef, ViewLimits, ViewReader, ViewWriter};
    use super::*;
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    #[test]
    fn a_record_that_is_damaged_during_the_walk_ends_it() {
        let limits = ViewLimits { history_bytes: MIN_HISTORY_BYTES, history_lines: u64::MAX };
        let (writer, mut history) = ViewWriter::create(limits).unwrap();
        for number in 0..40 {
            history.push(&PieceRef {
                text: &number.to_string(),
                continues: number % 3 == 0,
                ..PieceRef::default()
            });
        }
        let view = ViewReader::open(writer.reader_fd().unwrap()).unwrap();
        let mark = history.mark();
        let memory: File = writer.fd().try_clone_to_owned().unwrap().into();
        let ring_at = memory.metadata().unwrap().len() - MIN_HISTORY_BYTES;
        let mut damaged = 0;
        for at in (0..mark.committed / 8).map(|word| ring_at + word * 8) {
            let mut original = [0; 8];
            memory.read_exact_at(&mut original, at).unwrap();
            // Lengths: shorter, longer than what is left, than a block, than any record.
            for words in [0, 2, 3, 5, 300, 512, 513, 1 << 15, u32::MAX] {
                let mut sweep = Sweep::new(view.history(&mark).unwrap(), 0..u64::MAX).unwrap();
                memory.write_all_at(&words.to_ne_bytes(), at).unwrap();
                let end =
                    std::iter::repeat_with(|| sweep.forward(256)).find(|next| !matches!(next, Ok(true)));
                damaged += usize::from(matches!(end, Some(Err(GridError::Damaged(_)))));
                memory.write_all_at(&original, at).unwrap();
            }
        }
        assert!(damaged > 200, "{damaged}");
    }
}
