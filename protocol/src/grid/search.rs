//! Finding a pattern in the sequence of lines: in history as bytes, many lines at once; on the screen row by row. Lines
//! are searched as wholes, whatever rows they are wrapped into, and also where they begin in history and end on the
//! screen.

use super::sweep::{STRETCH, Sweep};
use super::{GridError, HistoryReader, LineNumber, Lines, Place, Position, ViewReader};
use crate::pattern::{Deadline, Matches, Pattern, TimeUp, WINDOW, without_last_blanks};
use std::ops::{ControlFlow, Range, RangeInclusive};
use std::time::Duration;

/// How long one line may take, or the lines that are looked through at once. Those are looked at one by one if they take
/// longer, and a line is passed over, so that a search which is gone on with comes to its end. Chosen by feel; even the
/// slowest pattern that is taken needs less for a line of 16 KiB.
const LONGEST: Duration = Duration::from_secs(1);

/// Which way to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To older lines.
    Back,
    /// To newer lines.
    Forward,
}

/// Why a search found nothing.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The view could not be read.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// The time was up. What lies between where it began and `reached` has been looked through, but for a line that alone
    /// takes too long; a search from there goes on.
    #[error("the search takes too long: a simpler pattern is found sooner")]
    TooSlow {
        /// Where to go on.
        reached: Place,
    },
}

/// The cells of a match in one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The row.
    pub at: Position,
    /// Its first column.
    pub from: usize,
    /// The column behind its last one.
    pub to: usize,
}

/// A match: its cells, row by row, in order; at least one span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// One for each row that it is in.
    pub spans: Vec<Span>,
}

impl Match {
    /// Where it begins.
    pub fn place(&self) -> Place {
        self.spans.first().map_or(Place::default(), |span| Place { at: span.at, col: span.from })
    }

    /// Whether a cell belongs to it.
    pub fn covers(&self, place: Place) -> bool {
        self.spans.iter().any(|span| span.at == place.at && (span.from..span.to).contains(&place.col))
    }
}

/// The next match beyond `from`: one that begins before it, or behind it.
///
/// Each call does at least one step, a line of the screen or a stretch of history, so it can take 2 seconds longer than
/// `patience`; that takes a pattern and a text that are made for it.
///
/// # Errors
/// [`SearchError`]; a line that was dropped meanwhile has no match, and is no error.
pub fn find(
    lines: &mut Lines,
    view: &ViewReader,
    pattern: &Pattern,
    from: Place,
    direction: Direction,
    patience: Duration,
) -> Result<Option<Match>, SearchError> {
    let patience = Deadline::after(patience);
    let open = is_open(lines, view)?;
    let (first, screen, end) = (lines.first(), lines.screen(), lines.end());
    if first >= end {
        return Ok(None);
    }
    // All of a line has been looked through, and what is on the other side of it from where to go on.
    let beyond = |whole: &Range<u64>| match direction {
        Direction::Back => Place { at: Position { line: whole.start, row: 0 }, col: 0 },
        Direction::Forward => {
            Place { at: Position { line: whole.end.saturating_sub(1), row: usize::MAX }, col: usize::MAX }
        }
    };
    let look = |lines: &mut Lines, whole: &Range<u64>| {
        let cells = Cells::of(lines, view, whole, pattern)?;
        match cells.find(from, direction, Deadline::after(LONGEST)) {
            Ok(None) if !patience.is_over() => Ok(None),
            Ok(Some(found)) => Ok(Some(found)),
            Ok(None) | Err(TimeUp) => Err(SearchError::TooSlow { reached: beyond(whole) }),
        }
    };
    let mut whole = whole_line(lines, open, from.at.line.clamp(first, end - 1));
    if from != beyond(&whole)
        && let Some(found) = look(lines, &whole)?
    {
        return Ok(Some(found));
    }
    if direction == Direction::Back {
        while whole.start > screen {
            whole = whole_line(lines, open, whole.start - 1);
            if let Some(found) = look(lines, &whole)? {
                return Ok(Some(found));
            }
        }
    }
    let history = match direction {
        Direction::Back => first..whole.start.min(screen),
        Direction::Forward => whole.end..screen - u64::from(open),
    };
    if history.start < history.end {
        let mark = lines.frame().head().history;
        let mut sweep = Sweep::new(view.history(&mark)?, history)?;
        let mut candidates = Vec::new();
        while match direction {
            Direction::Back => sweep.backward(stretch(pattern))?,
            Direction::Forward => sweep.forward(stretch(pattern))?,
        } {
            pattern.fold(&mut sweep.text);
            candidates.clear();
            let mut matches = pattern.matches(sweep.lines(), Deadline::after(LONGEST));
            loop {
                match matches.next() {
                    Ok(Some(found)) => {
                        let (line, text) = sweep.line_at(found.start);
                        candidates.push(line.0);
                        matches.skip_to(text.end + 1);
                    }
                    Ok(None) => break,
                    // Whatever is behind is looked at line by line.
                    Err(TimeUp) => {
                        candidates.extend(sweep.line_at(matches.at()).0.0..sweep.end_line());
                        break;
                    }
                }
            }
            if direction == Direction::Back {
                candidates.reverse();
            }
            for line in &candidates {
                if let Some(found) = look(lines, &(*line..line + 1))? {
                    return Ok(Some(found));
                }
            }
            if patience.is_over() {
                let rest = sweep.rest();
                let done = match direction {
                    Direction::Back => rest.end..rest.end + 1,
                    Direction::Forward => rest.start.saturating_sub(1)..rest.start,
                };
                return Err(SearchError::TooSlow { reached: beyond(&done) });
            }
        }
    }
    if direction == Direction::Forward {
        let mut next = whole.end.max(screen - u64::from(open));
        while next < end {
            whole = whole_line(lines, open, next);
            if let Some(found) = look(lines, &whole)? {
                return Ok(Some(found));
            }
            next = whole.end;
        }
    }
    Ok(None)
}

/// The matches that touch some rows, in order: for marking what is shown, and so no more than are told, and those that
/// are found in time. Only in a line of hundreds of kilobytes, or with a pattern that is made to be slow, some lack.
///
/// # Errors
/// As [`Lines::rows`].
pub fn in_rows(
    lines: &mut Lines,
    view: &ViewReader,
    rows: RangeInclusive<Position>,
    pattern: &Pattern,
    most: usize,
    patience: Duration,
) -> Result<Vec<Match>, GridError> {
    let deadline = Deadline::after(patience);
    let open = is_open(lines, view)?;
    let mut found = Vec::new();
    let mut line = rows.start().line.max(lines.first());
    while line <= rows.end().line && line < lines.end() {
        let whole = whole_line(lines, open, line);
        let cells = Cells::of(lines, view, &whole, pattern)?;
        let mut matches = cells.matches(deadline);
        while let Ok(Some(matched)) = matches.next() {
            let shown = cells.cells(&matched);
            let (Some((_, begin, _)), Some((_, end, _))) = (shown.first(), shown.last()) else { continue };
            if begin.at > *rows.end() || found.len() >= most || deadline.is_over() {
                return Ok(found);
            }
            if end.at >= *rows.start() {
                found.push(cells.found(&matched));
            }
        }
        line = whole.end;
    }
    Ok(found)
}

/// Tells `each` the numbers of those lines of history in which the pattern matches, in order, also where it matches no
/// characters. A line that goes on on the screen is taken as far as it is in history.
///
/// # Errors
/// [`SearchError`].
pub fn matching_lines(
    history: HistoryReader<'_>,
    pattern: &Pattern,
    lines: Range<u64>,
    deadline: Deadline,
    mut each: impl FnMut(LineNumber) -> ControlFlow<()>,
) -> Result<(), SearchError> {
    let mut sweep = Sweep::new(history, lines)?;
    while sweep.forward(stretch(pattern))? {
        pattern.fold(&mut sweep.text);
        let mut matches = pattern.matches(sweep.lines(), deadline);
        let mut next = sweep.line_at(0).0;
        loop {
            match matches.next_with_empty() {
                Ok(Some(found)) => {
                    let (line, text) = sweep.line_at(found.start);
                    if each(line).is_break() {
                        return Ok(());
                    }
                    next = LineNumber(line.0 + 1);
                    matches.skip_to(text.end + 1);
                }
                Ok(None) => break,
                Err(TimeUp) => {
                    let reached = Place { at: Position { line: next.0, row: 0 }, col: 0 };
                    return Err(SearchError::TooSlow { reached });
                }
            }
        }
    }
    Ok(())
}

/// Bytes of history to be looked through at once: by an expression no more than it takes at once, because the time is
/// asked in between.
fn stretch(pattern: &Pattern) -> u64 {
    if pattern.is_quick() { STRETCH } else { WINDOW as u64 }
}

/// History's newest line goes on on the screen that is shown.
fn is_open(lines: &Lines, view: &ViewReader) -> Result<bool, GridError> {
    if lines.first() == lines.screen() {
        return Ok(false);
    }
    view.history(&lines.frame().head().history)?.is_open()
}

/// What is one line for a person: a line of history, or rows of the screen joined by soft wraps, with the line of history
/// that goes on there.
fn whole_line(lines: &Lines, open: bool, line: u64) -> Range<u64> {
    let screen = lines.screen();
    let goes_on = |line: u64| match line.checked_sub(screen) {
        Some(row) => {
            let row = usize::try_from(row).ok().and_then(|row| lines.frame().rows().get(row));
            row.is_some_and(|row| row.head.attributes.wrapped)
        }
        None => open && line + 1 == screen,
    };
    let (mut start, mut end) = (line, line + 1);
    while start > lines.first() && goes_on(start - 1) {
        start -= 1;
    }
    while end < lines.end() && goes_on(end - 1) {
        end += 1;
    }
    start..end
}

/// A line's text, and which cell each of its clusters is.
struct Cells<'a> {
    pattern: &'a Pattern,
    /// Made ready for the pattern.
    text: Vec<u8>,
    /// Where in the text each cluster begins, its cell, and the column behind it.
    starts: Vec<(usize, Place, usize)>,
}

impl<'a> Cells<'a> {
    fn of(
        lines: &mut Lines,
        view: &ViewReader,
        whole: &Range<u64>,
        pattern: &'a Pattern,
    ) -> Result<Self, GridError> {
        let mut text = Vec::new();
        let mut starts = Vec::new();
        for line in whole.clone() {
            let (rows, _) = lines.rows(view, line)?;
            for (row, wrapped) in rows.iter().enumerate() {
                let mut col = 0;
                for glyph in &wrapped.glyphs {
                    let place = Place { at: Position { line, row }, col };
                    starts.push((text.len(), place, col + glyph.width));
                    text.extend_from_slice(glyph.text.as_bytes());
                    col += glyph.width;
                }
            }
        }
        text.truncate(without_last_blanks(&text).len());
        pattern.fold(&mut text);
        Ok(Self { pattern, text, starts })
    }

    fn matches(&self, deadline: Deadline) -> Matches<'_> {
        self.pattern.matches(&self.text, deadline)
    }

    /// The next match beyond `from`.
    fn find(&self, from: Place, direction: Direction, deadline: Deadline) -> Result<Option<Match>, TimeUp> {
        let mut found = None;
        let mut matches = self.matches(deadline);
        while let Some(matched) = matches.next()? {
            let place = self.cells(&matched).first().map_or(from, |(_, place, _)| *place);
            match direction {
                Direction::Back if place < from => found = Some(matched),
                Direction::Back => break,
                Direction::Forward if place > from => {
                    found = Some(matched);
                    break;
                }
                Direction::Forward => {}
            }
        }
        Ok(found.map(|matched| self.found(&matched)))
    }

    /// The cells that have some of these bytes.
    fn cells(&self, bytes: &Range<usize>) -> &[(usize, Place, usize)] {
        let first = self.starts.partition_point(|(start, ..)| *start <= bytes.start).saturating_sub(1);
        let behind = self.starts.partition_point(|(start, ..)| *start < bytes.end);
        self.starts.get(first..behind).unwrap_or_default()
    }

    fn found(&self, bytes: &Range<usize>) -> Match {
        let rows = self.cells(bytes).chunk_by(|(_, one, _), (_, other, _)| one.at == other.at);
        let spans = rows.filter_map(|row| {
            let ((_, begin, _), (.., to)) = (row.first()?, row.last()?);
            Some(Span { at: begin.at, from: begin.col, to: *to })
        });
        Match { spans: spans.collect() }
    }
}
