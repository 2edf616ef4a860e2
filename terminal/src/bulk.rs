//! Whole lines that scroll off before anybody can see them: what a program floods the terminal with. They go from
//! the bytes into history at once, and never become cells.
//!
//! ```text
//!  before                          bytes                        after
//!  | older row  |  -> history      one line CR LF  -> history   | fourth line |
//!  | older row  |  -> history      another CR LF   -> history   | fifth line  |
//!  |_           |                  third CR LF     -> history   |_            |
//!                                  fourth CR LF fifth CR LF
//! ```
//!
//! Everything comes out as if each line had been printed and scrolled, down to the identities of rows: a replay
//! cuts the same bytes elsewhere.

use std::mem::take;
use std::ops::Range;

use crate::history::{History, Run, RunKind, RunStyle};
use crate::modes::Mode;
use crate::row::LineSize;
use crate::simple::{Class, class, leading_cluster};
use crate::style::Colour;
use crate::terminal::{LastPrinted, Terminal};
use crate::text::{first_char, last_char, printable_run};

/// Bytes looked at in one go.
const MOST_BYTES: usize = 16 << 10;

/// A line that was found.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// Where it begins in the bytes, and where its text ends.
    start: u32,
    end: u32,
    /// Where its runs end in the list of them.
    runs: u32,
}

impl Line {
    fn text(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    fn runs_end(self) -> usize {
        self.runs as usize
    }
}

/// Buffers for what was found.
#[derive(Debug, Default)]
pub(crate) struct Bulk {
    lines: Vec<Line>,
    runs: Vec<Run>,
}

// A run for each byte would be the worst: bounded by what is looked at.
const _: () = assert!(MOST_BYTES * (size_of::<Run>() + size_of::<Line>() / 2) < 1 << 20);

/// What became of bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// Of these nothing more is to be done.
    pub(crate) bytes: usize,
    /// Up to here there is no other line feed behind which it is worth looking again.
    pub(crate) looked_at: usize,
}

impl Bulk {
    /// Finds the lines that bytes begin with, of simple characters and clusters that need no look, no longer than a
    /// row, each with its CR LF. Gives how many bytes were looked at.
    fn find(&mut self, bytes: &[u8], cols: usize, clusters: bool) -> usize {
        self.lines.clear();
        self.runs.clear();
        let bytes = &bytes[..bytes.len().min(MOST_BYTES)];
        let mut start = 0;
        loop {
            let end = match self.find_line(bytes, start, cols, clusters) {
                Ok(end) => end,
                Err(obstacle) => return obstacle,
            };
            self.lines.push(Line { start: start as u32, end: end as u32, runs: self.runs.len() as u32 });
            start = end + 2;
        }
    }

    /// Finds one line. Gives where its text ends, or what else stands there.
    #[inline]
    fn find_line(&mut self, bytes: &[u8], start: usize, cols: usize, clusters: bool) -> Result<usize, usize> {
        let (mut place, mut columns) = (start, 0);
        let mut run =
            Run { bytes: 0, cells: 0, wide: false, kind: RunKind::Chars, style: RunStyle::default() };
        loop {
            let part = &bytes[place..];
            let ascii = printable_run(&part[..part.len().min(cols + 1)]);
            if ascii > 0 {
                self.extend(&mut run, ascii, false);
                (place, columns) = (place + ascii, columns + ascii);
                run.cells += ascii as u32;
            }
            // Characters beyond ASCII; a character before is taken back where it proves to begin a cluster.
            while let Some(0x80..) = bytes.get(place) {
                let Some((character, length)) = first_char(&bytes[place..]) else { return Err(place) };
                let width = match class(character) {
                    Class::Narrow => 1,
                    Class::Wide => 2,
                    Class::Extension if run.bytes == 0 => return Err(place),
                    Class::Extension => {
                        let base = last_char(&bytes[start..place]).map_or(0, char::len_utf8);
                        let width = 1 + usize::from(run.wide);
                        (place, columns) = (place - base, columns - width);
                        (run.bytes, run.cells) = (run.bytes - base as u32, run.cells - width as u32);
                        0
                    }
                    Class::Unsure => 0,
                };
                if width > 0 {
                    self.extend(&mut run, length, width == 2);
                    (place, columns) = (place + length, columns + width);
                    run.cells += width as u32;
                    continue;
                }
                let cluster = leading_cluster(&bytes[place..]).filter(|_| clusters);
                let Some(cluster) = cluster.filter(|cluster| !cluster.open) else { return Err(place) };
                self.settle(&mut run);
                let width = 1 + usize::from(cluster.wide);
                let (length, cells) = (cluster.bytes as u32, width as u32);
                self.runs.push(Run {
                    bytes: length,
                    cells,
                    wide: cluster.wide,
                    kind: RunKind::Single,
                    style: run.style,
                });
                (place, columns) = (place + cluster.bytes, columns + width);
            }
            match bytes.get(place..place + 2) {
                Some(b"\r\n") if columns <= cols => break,
                Some([0x20..=0x7e, _]) if columns < cols => {}
                _ => return Err(place),
            }
        }
        self.settle(&mut run);
        Ok(place)
    }

    /// Adds to a run, or begins one of the other width.
    #[inline]
    fn extend(&mut self, run: &mut Run, bytes: usize, wide: bool) {
        if run.wide != wide {
            self.settle(run);
            run.wide = wide;
        }
        run.bytes += bytes as u32;
    }

    /// Ends a run, if it has begun.
    #[inline]
    fn settle(&mut self, run: &mut Run) {
        if run.bytes > 0 {
            self.runs.push(*run);
            (run.bytes, run.cells) = (0, 0);
        }
    }

    /// How many clusters there are in the runs before one.
    fn clusters(&self, runs: usize) -> usize {
        self.runs[..runs].iter().filter(|run| run.kind == RunKind::Single).count()
    }
}

impl<H: History> Terminal<H> {
    /// Takes the lines that come next behind a line feed, as far as they scroll off again within these bytes.
    pub(crate) fn take_lines(&mut self, bytes: &[u8]) -> Taken {
        let rows = self.rows();
        // Each takes two bytes at least.
        if bytes.len() < 2 * rows || !self.scrolls_plainly() {
            return Taken { bytes: 0, looked_at: 0 };
        }
        let mut bulk = take(&mut self.bulk);
        // Without wrapping VS16 has a way of its own.
        let clusters =
            self.modes.is_set(Mode::GraphemeClusters) && self.modes.is_set(Mode::AutoWrap) && self.cols() > 1;
        let looked_at = bulk.find(bytes, self.cols(), clusters);
        // The last ones, one less than there are rows, stay in sight.
        let gone = (bulk.lines.len() + 1).saturating_sub(rows);
        let mut taken = 0;
        // Where clusters have no room in their table, what becomes of them depends on the screen.
        let room = self.clusters.room();
        let last = bulk.lines[..gone].last().copied();
        if let Some(last) = last.filter(|last| bulk.clusters(last.runs_end()) <= room) {
            taken = last.text().end + 2;
            let text = str::from_utf8(&bytes[..taken]).unwrap_or_default();
            self.retire_rows(rows - 1);
            self.retire_lines(text, &bulk.lines[..gone], &mut bulk.runs[..last.runs_end()]);
            self.primary.renew_all(gone as u64 - 1);
            self.graphics.number_on(rows - 1 + gone);
            self.at.row = 0;
        }
        self.bulk = bulk;
        Taken { bytes: taken, looked_at }
    }

    /// Appends lines to history that were never rows.
    fn retire_lines(&mut self, text: &str, lines: &[Line], runs: &mut [Run]) {
        let cols = self.size.cols;
        if let Some(line) = lines.iter().rfind(|line| line.end > line.start) {
            // The number under which the style is known is given when it is first printed with.
            let id = self.pen_style();
            let style = RunStyle::new(self.styles.get(id), None);
            runs.iter_mut().for_each(|run| run.style = style);
            // Of a cluster REP would repeat what it is put on.
            let text = &text.as_bytes()[line.text()];
            let character = match runs[..line.runs_end()].last() {
                Some(run) if run.kind == RunKind::Single => {
                    first_char(&text[text.len() - run.bytes as usize..]).map(|(base, _)| base)
                }
                _ => last_char(text),
            };
            self.last = LastPrinted { joinable: false, simple: true, character };
        }
        let mut first = 0;
        for line in lines {
            let text = text.get(line.text()).unwrap_or_default();
            let runs = &runs[first..line.runs_end()];
            let mut end = 0;
            for run in runs {
                let start = take(&mut end);
                end = start + run.bytes as usize;
                if run.kind == RunKind::Single {
                    // Known from now on, as if it had been in a cell.
                    self.clusters.intern(text.get(start..end).unwrap_or_default());
                }
            }
            self.retirement.retire_text(text, runs, cols, &mut self.history);
            first = line.runs_end();
        }
    }

    /// Whether the cursor is at the beginning of an untouched last row, behind which the whole primary screen
    /// scrolls, and text is printed as it comes, on no background.
    fn scrolls_plainly(&self) -> bool {
        let (rows, cols) = (self.rows(), self.cols());
        let margins = &self.margins;
        let row = self.primary.row(rows - 1);
        (self.at.row + 1, self.at.col, self.at.pending_wrap) == (rows, 0, false)
            && (margins.top, margins.bottom, margins.left, margins.right) == (0, rows, 0, cols)
            && rows > 1
            && !self.on_alternate
            // Each scroll would move them, and count.
            && self.graphics.placements().is_empty()
            && row.used_cells().is_empty()
            && (row.wrapped(), row.continued, row.line_size(), row.mark())
                == (false, false, LineSize::Single, None)
            && !self.last.joinable
            && self.charsets.is_plain()
            && !self.modes.is_set(Mode::Insert)
            && self.pen.style.bg == Colour::Default
            && self.pen.style.link.is_none()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::history::{OwnedPiece, VecHistory};
    use crate::size::{Options, Size};
    use crate::terminal::Terminal;

    type Term = Terminal<VecHistory>;

    fn fed(cols: u16, rows: u16, parts: &[&[u8]]) -> Term {
        let mut terminal =
            Terminal::new(Size::cells(cols, rows), Options::default(), VecHistory::with_limit(40));
        parts.iter().for_each(|part| terminal.feed(part));
        terminal
    }

    /// All that there is to know of a terminal.
    fn state(terminal: &Term) -> (Vec<u8>, Vec<OwnedPiece>) {
        let mut bytes = Vec::new();
        terminal.checkpoint(&mut bytes);
        (bytes, terminal.history().iter().map(|piece| OwnedPiece::from(&piece)).collect())
    }

    /// Lines that fit a row of 12 columns, or do not, or are no plain lines.
    fn line() -> impl Strategy<Value = String> {
        let text = prop_oneof![
            6 => "[ -~]{0,12}",
            3 => "[а-я漢かが😀 x]{0,6}",
            1 => "[ -~]{13,30}",
            2 => "[xé漢👩]{0,2}(e\u{301}|漢\u{301}|👩\u{200d}👩|\u{2764}\u{fe0f}|👍🏽|🇫🇷|🇩🇪🇫|1\u{20e3})[x漢😀 ]{0,3}",
            1 => "[e漢]\u{301}{30,34}",
            1 => "[x漢]{0,3}[\u{301}\u{915}\u{94d}👩\u{200d}\u{fe0f}\t\x08\x0e\x0f]{1,2}",
            1 => "\x1b\\[(31|7|45|4|0|2;3r|r|H|9;1H|\\?1049h|\\?1049l|\\?7l|\\?7h|4h|4l|1A)m?",
        ];
        let end = prop_oneof![12 => Just("\r\n"), 1 => Just("\n"), 1 => Just("\r"), 1 => Just("")];
        (text, end).prop_map(|(text, end)| text + end)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn lines_at_once_are_lines_one_by_one(
            cols in 1u16..16,
            rows in 1u16..7,
            lines in prop::collection::vec(line(), 0..60),
        ) {
            let bytes = lines.concat().into_bytes();
            let at_once = fed(cols, rows, &[&bytes]);
            at_once.verify_integrity().map_err(TestCaseError::fail)?;
            // Cut behind line feeds alone: a cluster cut in two leaves its half in the table.
            let one_by_one = fed(cols, rows, &bytes.split_inclusive(|byte| *byte == b'\n').collect::<Vec<_>>());
            prop_assert!(state(&at_once) == state(&one_by_one), "{:?}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn a_flood_leaves_its_end_on_the_screen_and_the_rest_in_history() {
        let flood: String = (0..10_000).map(|number| format!("line {number}\r\n")).collect();
        let terminal = fed(20, 5, &[b"before\x1b[31m", flood.as_bytes()]);
        let text: Vec<String> = terminal.history().iter().map(|piece| piece.text.to_owned()).collect();
        assert_eq!(text.len(), 40);
        assert_eq!((text[0].as_str(), text[39].as_str()), ("line 9956", "line 9995"));
        assert_eq!(terminal.screen().row(3).used_cells().len(), "line 9999".len());
        assert_eq!((terminal.cursor().row, terminal.cursor().col), (4, 0));
        let reds =
            terminal.history().iter().all(|piece| piece.runs[0].style.fg == crate::style::Colour::Indexed(1));
        assert!(reds, "lines keep the pen's style");
    }

    #[test]
    fn a_line_that_wraps_into_the_flood_is_closed() {
        let terminal = fed(4, 2, &[b"abcdef\x1b[1;1H\x1b[K\n\r\x1b[K1\r\n2\r\n3\r\n4\r\n5\r\n"]);
        let pieces: Vec<(String, bool)> =
            terminal.history().iter().map(|piece| (piece.text.to_owned(), piece.continues)).collect();
        assert!(pieces.iter().all(|(_, continues)| !continues), "{pieces:?}");
    }
}
