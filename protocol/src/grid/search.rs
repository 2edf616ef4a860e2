//! Finding a pattern in the sequence of lines: in history as bytes, many lines at once; on the screen row by row. Lines
//! are searched as wholes, whatever rows they are wrapped into, and also where they begin in history and end on the
//! screen.

use super::sweep::{STRETCH, Sweep};
use super::{GridError, HistoryReader, LineNumber, Lines, Place, Position, ViewReader};
use crate::pattern::Pattern;
use std::ops::{ControlFlow, Range};
use std::time::{Duration, Instant};

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
    /// The time was up.
    #[error("the search takes too long: a simpler pattern is found sooner")]
    TooSlow,
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

/// How long a search may take, and how much it looks through until it sees whether the time is up.
#[derive(Debug)]
struct Pace {
    end: Instant,
    began: Instant,
    bytes: u64,
}

impl Pace {
    /// Bytes to begin with: with the slowest pattern that is taken it is about a second's work.
    const LEAST: u64 = 4 << 10;
    /// A stretch that took longer than this was too large.
    const SLOW: Duration = Duration::from_millis(10);

    fn new(patience: Duration) -> Self {
        let now = Instant::now();
        Self { end: now + patience, began: now, bytes: Self::LEAST }
    }

    /// Bytes for the next stretch.
    fn next(&mut self) -> Result<u64, SearchError> {
        let now = Instant::now();
        if now >= self.end {
            return Err(SearchError::TooSlow);
        }
        let quick = now - self.began < Self::SLOW;
        self.bytes = if quick { (self.bytes * 2).min(STRETCH) } else { Self::LEAST };
        self.began = now;
        Ok(self.bytes)
    }
}

/// The next match beyond `from`: one that begins before it, or behind it.
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
    let mut pace = Pace::new(patience);
    let open = is_open(lines, view)?;
    let of_line = |lines: &mut Lines, whole: &Range<u64>| -> Result<Option<Match>, GridError> {
        let mut found = matches(lines, view, whole, pattern)?.into_iter();
        Ok(match direction {
            Direction::Back => found.rfind(|found| found.place() < from),
            Direction::Forward => found.find(|found| found.place() > from),
        })
    };
    let (first, screen, end) = (lines.first(), lines.screen(), lines.end());
    if first >= end {
        return Ok(None);
    }
    let mut whole = whole_line(lines, open, from.at.line.clamp(first, end - 1));
    if let Some(found) = of_line(lines, &whole)? {
        return Ok(Some(found));
    }
    if direction == Direction::Back {
        while whole.start > screen {
            whole = whole_line(lines, open, whole.start - 1);
            if let Some(found) = of_line(lines, &whole)? {
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
            Direction::Back => sweep.backward(pace.next()?)?,
            Direction::Forward => sweep.forward(pace.next()?)?,
        } {
            pattern.fold(&mut sweep.text);
            candidates.clear();
            let mut at = 0;
            while let Some(found) = pattern.next_in(&sweep.text, at) {
                let (line, text) = sweep.line_at(found.start);
                candidates.push(line.0);
                at = text.end + 1;
            }
            if direction == Direction::Back {
                candidates.reverse();
            }
            for line in &candidates {
                if let Some(found) = of_line(lines, &(*line..line + 1))? {
                    return Ok(Some(found));
                }
            }
        }
    }
    if direction == Direction::Forward {
        let mut next = whole.end.max(screen - u64::from(open));
        while next < end {
            whole = whole_line(lines, open, next);
            if let Some(found) = of_line(lines, &whole)? {
                return Ok(Some(found));
            }
            next = whole.end;
        }
    }
    Ok(None)
}

/// All matches that touch some lines, in order.
///
/// # Errors
/// As [`Lines::rows`].
pub fn in_lines(
    lines: &mut Lines,
    view: &ViewReader,
    of: Range<u64>,
    pattern: &Pattern,
) -> Result<Vec<Match>, GridError> {
    let open = is_open(lines, view)?;
    let mut found = Vec::new();
    let mut line = of.start.max(lines.first());
    while line < of.end.min(lines.end()) {
        let whole = whole_line(lines, open, line);
        found.append(&mut matches(lines, view, &whole, pattern)?);
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
    patience: Duration,
    mut each: impl FnMut(LineNumber) -> ControlFlow<()>,
) -> Result<(), SearchError> {
    let mut pace = Pace::new(patience);
    let mut sweep = Sweep::new(history, lines)?;
    while sweep.forward(pace.next()?)? {
        pattern.fold(&mut sweep.text);
        let mut at = 0;
        while let Some(found) = pattern.next_line(&sweep.text, at) {
            let (line, text) = sweep.line_at(found);
            if each(line).is_break() {
                return Ok(());
            }
            at = text.end + 1;
        }
    }
    Ok(())
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

fn matches(
    lines: &mut Lines,
    view: &ViewReader,
    whole: &Range<u64>,
    pattern: &Pattern,
) -> Result<Vec<Match>, GridError> {
    // The line's text, and for each cluster where its text begins, which cell it is and what column follows.
    let mut text = Vec::new();
    let mut starts: Vec<(usize, Place, usize)> = Vec::new();
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
    pattern.fold(&mut text);
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(matched) = pattern.next_in(&text, from) {
        from = matched.end;
        let first = starts.partition_point(|(start, ..)| *start <= matched.start).saturating_sub(1);
        let last = starts.partition_point(|(start, ..)| *start < matched.end);
        let cells = starts.get(first..last).unwrap_or_default();
        let spans = cells.chunk_by(|(_, one, _), (_, other, _)| one.at == other.at).filter_map(|row| {
            let ((_, begin, _), (.., to)) = (row.first()?, row.last()?);
            Some(Span { at: begin.at, from: begin.col, to: *to })
        });
        let spans: Vec<Span> = spans.collect();
        if !spans.is_empty() {
            found.push(Match { spans });
        }
    }
    Ok(found)
}
