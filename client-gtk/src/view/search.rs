//! Searching a session's screen and history; the search itself is every viewer's (`protocol/src/grid/search.rs`).

use super::View;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use scarab_protocol::grid::search::{self, Direction};
use scarab_protocol::grid::{Frame, Lines, Place, Position};

/// What is looked for, and the match that was come to last.
#[derive(Debug, Default)]
pub(super) struct Search {
    needle: String,
    at: Option<Place>,
}

/// A match on the screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) row: usize,
    pub(super) from: usize,
    pub(super) to: usize,
    /// It is the one that was come to last.
    pub(super) current: bool,
}

impl View {
    /// Goes to the next match from the one shown, or from the end; false where there is none.
    pub fn find(&self, needle: &str, direction: Direction) -> bool {
        let mut search = self.imp().search.take().unwrap_or_default();
        if search.needle != needle {
            search = Search { needle: needle.to_owned(), at: None };
        }
        let frame = self.imp().frame.borrow().clone();
        let mut lines = Lines::new(frame.clone(), frame.head().cols);
        let end = Place { at: Position { line: lines.end(), row: 0 }, col: 0 };
        let from = search.at.unwrap_or(end);
        let found = self.with_memory(|memory| {
            if needle.is_empty() {
                Ok(None)
            } else {
                search::find(&mut lines, memory, needle, from, direction)
            }
        });
        let found = found.and_then(Result::ok).flatten();
        if let Some((place, _)) = found {
            search.at = Some(place);
        }
        self.imp().search.replace(Some(search));
        if let Some((place, _)) = found {
            self.show_position(place.at);
        }
        self.queue_draw();
        found.is_some()
    }

    /// Nothing is looked for any more.
    pub fn end_search(&self) {
        self.imp().search.take();
        self.queue_draw();
    }

    /// The matches in the rows that are shown.
    pub(super) fn matches(&self, frame: &Frame, positions: &[Position]) -> Vec<Mark> {
        let search = self.imp().search.borrow();
        let Some(search) = search.as_ref().filter(|search| !search.needle.is_empty()) else {
            return Vec::new();
        };
        let mut lines = Lines::new(frame.clone(), frame.head().cols);
        let mut marks = Vec::new();
        for of_line in positions.chunk_by(|one, other| one.line == other.line) {
            let line = of_line[0].line;
            let found = self.with_memory(|memory| search::in_line(&mut lines, memory, line, &search.needle));
            for (place, to) in found.and_then(Result::ok).unwrap_or_default() {
                if let Some(row) = positions.iter().position(|position| *position == place.at) {
                    marks.push(Mark { row, from: place.col, to, current: search.at == Some(place) });
                }
            }
        }
        marks
    }
}
