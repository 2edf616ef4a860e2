//! What is shown above the screen: a place in the sequence of lines, which stays where it is while output comes.

use super::View;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use scarab_protocol::grid::{Frame, GridError, Lines, Position, ViewReader, WrappedRow};

/// A view that does not follow the output.
#[derive(Debug)]
pub(super) struct Scrolled {
    lines: Lines,
    top: Position,
}

impl Scrolled {
    fn at(top: Position, frame: Frame) -> Self {
        let cols = frame.head().cols;
        Self { lines: Lines::new(frame, cols), top }
    }

    /// The position at which the last row stands at the bottom.
    fn lowest(&mut self, view: &ViewReader, rows: usize) -> Result<Position, GridError> {
        let last = self.lines.end().saturating_sub(1);
        let count = self.lines.rows(view, last)?.0.len();
        let mut top = Position { line: last, row: count.saturating_sub(1) };
        for _ in 1..rows {
            match self.lines.before(view, top)? {
                Some(before) => top = before,
                None => break,
            }
        }
        Ok(top)
    }

    /// Moves by rows, up where they are negative; true when it stands at the end.
    fn scroll(&mut self, view: &ViewReader, by: i64, rows: usize) -> Result<bool, GridError> {
        for _ in 0..by.unsigned_abs() {
            let next =
                if by < 0 { self.lines.before(view, self.top)? } else { self.lines.after(view, self.top)? };
            match next {
                Some(next) => self.top = next,
                None => break,
            }
        }
        let lowest = self.lowest(view, rows)?;
        self.top = self.top.min(lowest);
        Ok(self.top >= lowest)
    }

    fn rows(&mut self, view: &ViewReader, rows: usize) -> Result<Vec<(Position, WrappedRow)>, GridError> {
        // The line may have become shorter, or be another one by now.
        let count = self.lines.rows(view, self.top.line)?.0.len();
        self.top.row = self.top.row.min(count.saturating_sub(1));
        let mut shown = Vec::with_capacity(rows);
        let mut at = Some(self.top);
        while let Some(position) = at.filter(|_| shown.len() < rows) {
            let Some((row, _)) = self.lines.row(view, position)? else { break };
            shown.push((position, row.clone()));
            at = self.lines.after(view, position)?;
        }
        Ok(shown)
    }
}

impl View {
    /// Runs with the session's memory.
    pub(super) fn with_memory<T>(&self, run: impl FnOnce(&ViewReader) -> T) -> Option<T> {
        self.imp().session.borrow().as_ref().map(|session| run(&session.attachment.view))
    }

    pub(super) fn rows(&self) -> usize {
        self.imp().size.get().map_or(1, |size| usize::from(size.rows))
    }

    /// Scrolls by rows, up where they are negative.
    pub(super) fn scroll(&self, by: i64) {
        let mut scrolled = self.imp().scrolled.borrow_mut();
        if scrolled.is_none() {
            if by >= 0 {
                return;
            }
            let frame = self.imp().frame.borrow().clone();
            let top = Position { line: frame.head().history.end_line.0, row: 0 };
            *scrolled = Some(Scrolled::at(top, frame));
        }
        let Some(place) = scrolled.as_mut() else { return };
        let rows = self.rows();
        let at_end = self.with_memory(|memory| place.scroll(memory, by, rows));
        // At the end, or history is not what it was: the screen as it is.
        if !matches!(at_end, Some(Ok(false))) {
            *scrolled = None;
        }
        self.queue_draw();
    }

    /// Shows the rows from a position on.
    pub(super) fn show_from(&self, top: Position) {
        self.scroll_whole_rows();
        let frame = self.imp().frame.borrow().clone();
        self.imp().scrolled.replace(Some(Scrolled::at(top, frame)));
        // Not beyond the end.
        self.scroll(0);
    }

    /// Shows a position, in the middle where it is not shown already.
    pub(super) fn show_position(&self, position: Position) {
        let shown = {
            let frame = self.imp().frame.borrow();
            let rows = self.rows();
            let history = self.history_rows();
            Self::positions(&frame, history.as_deref()).into_iter().take(rows).any(|shown| shown == position)
        };
        if !shown {
            self.show_from(position);
            self.scroll(-(self.rows() as i64 / 2));
        }
    }

    /// The first line that is shown, while it is not the screen's.
    pub(super) fn top_line(&self) -> Option<u64> {
        self.imp().scrolled.borrow().as_ref().map(|scrolled| scrolled.top.line)
    }

    /// Scrolls by pages.
    pub fn scroll_pages(&self, pages: i64) {
        self.scroll_whole_rows();
        self.scroll(pages * self.rows().saturating_sub(1).max(1) as i64);
    }

    /// How many rows there are from the beginning of a line down to the first one that is shown, if no more than `most`.
    pub(super) fn rows_above(&self, line: u64, most: usize) -> Option<usize> {
        let mut scrolled = self.imp().scrolled.borrow_mut();
        let Scrolled { lines, top } = scrolled.as_mut()?;
        let mut rows = top.row;
        if line > top.line || top.line - line > most as u64 {
            return None;
        }
        for line in line..top.line {
            rows += self.with_memory(|memory| lines.rows(memory, line).map_or(1, |(rows, _)| rows.len()))?;
        }
        (rows <= most).then_some(rows)
    }

    /// The oldest line is the first one that is shown.
    pub(super) fn at_beginning(&self) -> bool {
        let scrolled = self.imp().scrolled.borrow();
        scrolled
            .as_ref()
            .is_some_and(|scrolled| scrolled.top == Position { line: scrolled.lines.first(), row: 0 })
    }

    /// Back to the screen.
    pub fn follow(&self) {
        self.scroll_whole_rows();
        if self.imp().scrolled.take().is_some() {
            self.queue_draw();
        }
    }

    /// New output: what is shown stays, and what is below it grows.
    pub(super) fn frame_changed(&self, frame: &Frame) {
        // Something else may stand under the pointer now.
        self.imp().links.hovered.take();
        self.show_cursor();
        if let Some(scrolled) = self.imp().scrolled.borrow_mut().as_mut() {
            scrolled.lines = Lines::new(frame.clone(), frame.head().cols);
            scrolled.top.line = scrolled.top.line.max(scrolled.lines.first());
        }
        self.selection_after(frame);
    }

    /// The width has changed: rows of lines are others now.
    pub(super) fn rewrap(&self) {
        self.follow();
        self.clear_selection();
        self.imp().kept.borrow_mut().forget();
    }

    /// The rows that are shown instead of the screen's; `None` while it is the screen that is shown.
    pub(super) fn history_rows(&self) -> Option<Vec<(Position, WrappedRow)>> {
        let mut scrolled = self.imp().scrolled.borrow_mut();
        let place = scrolled.as_mut()?;
        let rows = self.rows() + 1;
        match self.with_memory(|memory| place.rows(memory, rows)) {
            Some(Ok(shown)) => Some(shown),
            _ => {
                *scrolled = None;
                None
            }
        }
    }

    /// The position of a row that is shown.
    pub(super) fn position_of(&self, row: usize) -> Position {
        let mut scrolled = self.imp().scrolled.borrow_mut();
        if let Some(place) = scrolled.as_mut() {
            let shown = self.with_memory(|memory| place.rows(memory, row + 1));
            if let Some(Ok(rows)) = shown
                && let Some((position, _)) = rows.last()
            {
                return *position;
            }
        }
        let frame = self.imp().frame.borrow();
        let last = usize::from(frame.head().rows.max(1)) - 1;
        Position { line: frame.head().history.end_line.0 + row.min(last) as u64, row: 0 }
    }

    /// The positions of all rows that are shown: those of history, or the screen's.
    pub(super) fn positions(frame: &Frame, history: Option<&[(Position, WrappedRow)]>) -> Vec<Position> {
        match history {
            Some(rows) => rows.iter().map(|(position, _)| *position).collect(),
            None => {
                let first = frame.head().history.end_line.0;
                (0..frame.rows().len() as u64).map(|row| Position { line: first + row, row: 0 }).collect()
            }
        }
    }
}
