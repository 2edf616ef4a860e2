//! Searching a session's screen and history; the search itself is every viewer's (`protocol/src/grid/search.rs`).

use super::View;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use scarab_protocol::grid::search::{self, Direction, Match, SearchError};
use scarab_protocol::grid::{Frame, Generation, Lines, Place, Position};
use scarab_protocol::pattern::{Case, Pattern, PatternError, Syntax};
use std::cell::RefCell;
use std::time::Duration;

/// How long a search may hold up the window. Chosen by feel.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long marking what is shown may take. Chosen by feel: once for each frame, and a screen full of matches needs a tenth.
const MARKING: Duration = Duration::from_millis(20);
/// Most matches that are marked: a small screen full of them, of which nobody can read more.
const MOST_MARKED: usize = 4000;

/// What a person looks for.
#[derive(Clone, Debug)]
pub struct Needle {
    typed: String,
    syntax: Syntax,
    pattern: Pattern,
}

impl Needle {
    /// Refuses what is no pattern.
    pub fn new(typed: &str, syntax: Syntax) -> Result<Self, PatternError> {
        let pattern = Pattern::new(typed, syntax, Case::Smart)?;
        Ok(Self { typed: typed.to_owned(), syntax, pattern })
    }
}

impl PartialEq for Needle {
    fn eq(&self, other: &Self) -> bool {
        (&self.typed, self.syntax) == (&other.typed, other.syntax)
    }
}

/// What is looked for, and the match that was come to last.
#[derive(Debug)]
pub(super) struct Search {
    needle: Needle,
    at: Option<Place>,
    /// How far it came when it was given up, and in which direction.
    reached: Option<(Direction, Place)>,
    /// What was marked last.
    marked: RefCell<Option<Marked>>,
}

/// The matches in what was shown: looked for anew only when something else is.
#[derive(Debug)]
struct Marked {
    generation: Generation,
    positions: Vec<Position>,
    found: Vec<Match>,
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
    /// Goes to the next match from the one shown, or from the end; false where there is none. One that was given up is
    /// gone on with if the same is looked for again.
    ///
    /// # Errors
    /// When it was given up, because it takes too long.
    pub fn find(&self, needle: Needle, direction: Direction) -> Result<bool, SearchError> {
        let before = self.imp().search.take().filter(|search| search.needle == needle);
        let mut search =
            before.unwrap_or_else(|| Search { needle, at: None, reached: None, marked: RefCell::default() });
        let frame = self.imp().frame.borrow().clone();
        let mut lines = Lines::new(frame.clone(), frame.head().cols);
        let end = Place { at: Position { line: lines.end(), row: 0 }, col: 0 };
        let from = match search.reached.take() {
            Some((before, reached)) if before == direction => reached,
            _ => search.at.unwrap_or(end),
        };
        let pattern = &search.needle.pattern;
        let found =
            self.with_memory(|memory| search::find(&mut lines, memory, pattern, from, direction, PATIENCE));
        let found = match found {
            Some(Err(SearchError::TooSlow { reached })) => {
                search.reached = Some((direction, reached));
                Err(SearchError::TooSlow { reached })
            }
            // History was shortened since the frame: the next one has what is left.
            found => Ok(found.and_then(Result::ok).flatten().map(|found: Match| found.place())),
        };
        let place = *found.as_ref().unwrap_or(&None);
        search.at = place.or(search.at);
        self.imp().search.replace(Some(search));
        if let Some(place) = place {
            self.show_position(place.at);
        }
        self.queue_draw();
        found.map(|place| place.is_some())
    }

    /// Nothing is looked for any more.
    pub fn end_search(&self) {
        self.imp().search.take();
        self.queue_draw();
    }

    /// The matches in the rows that are shown.
    pub(super) fn matches(&self, frame: &Frame, positions: &[Position]) -> Vec<Mark> {
        let search = self.imp().search.borrow();
        let Some(search) = search.as_ref() else { return Vec::new() };
        let (Some(first), Some(last)) = (positions.first(), positions.last()) else { return Vec::new() };
        let mut marked = search.marked.borrow_mut();
        let marked = match marked.take() {
            Some(before) if before.generation == frame.generation() && before.positions == positions => {
                marked.insert(before)
            }
            _ => {
                let mut lines = Lines::new(frame.clone(), frame.head().cols);
                let pattern = &search.needle.pattern;
                let found = self.with_memory(|memory| {
                    search::in_rows(&mut lines, memory, *first..=*last, pattern, MOST_MARKED, MARKING)
                });
                marked.insert(Marked {
                    generation: frame.generation(),
                    positions: positions.to_vec(),
                    found: found.and_then(Result::ok).unwrap_or_default(),
                })
            }
        };
        let mut marks = Vec::new();
        for found in &marked.found {
            let current = search.at == Some(found.place());
            for span in &found.spans {
                if let Ok(row) = positions.binary_search(&span.at) {
                    marks.push(Mark { row, from: span.from, to: span.to, current });
                }
            }
        }
        marks
    }
}
