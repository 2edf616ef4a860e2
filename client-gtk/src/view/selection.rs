//! What is selected: a range of the sequence of lines, by characters, words, lines or as a block, and its text.

use super::View;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use scarab_protocol::grid::{
    Frame, GridError, Lines, Place, Position, RowIdentity, ScreenFlags, ViewReader, WrappedRow,
};

/// Most bytes copied: what the service takes for a clipboard too.
const MAX_COPY: usize = 1 << 20;

/// What one step of a drag takes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Character,
    Word,
    Line,
    Block,
}

/// A selection.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    unit: Unit,
    /// Where it began, and where it is now; columns lie between cells.
    anchor: Place,
    end: Place,
    /// The number of the screen's first line, and whether it was the alternate one, in the frame that was looked at
    /// last.
    screen: u64,
    alternate: bool,
    /// The rows of that screen that are in it: their numbers, and which rows they are in which state.
    rows: Vec<(u64, RowIdentity, u64)>,
}

/// Whether a character belongs to words: what double-clicking an address or a path should take whole.
fn is_word(text: &str) -> bool {
    text.chars().next().is_some_and(|character| {
        character.is_alphanumeric()
            || "-_./~:?#@&=%+,".contains(character)
            || !character.is_ascii() && !character.is_whitespace()
    })
}

impl Selection {
    /// Remembers which rows of the screen it holds.
    fn look_at(&mut self, frame: &Frame) {
        let (first, last) = self.ends();
        let lines = first.at.line..=last.at.line;
        self.screen = frame.head().history.end_line.0;
        self.alternate = frame.head().flags.contains(ScreenFlags::ALTERNATE);
        let numbered = (self.screen..).zip(frame.rows());
        self.rows = numbered
            .filter(|(line, _)| lines.contains(line))
            .map(|(line, row)| (line, row.head.identity, row.head.revision))
            .collect();
    }

    /// Goes with its rows to where they are in a later frame; false when one of them has changed, or is gone from under
    /// it otherwise than into history.
    fn follow(&mut self, frame: &Frame) -> bool {
        let head = frame.head();
        if head.flags.contains(ScreenFlags::ALTERNATE) != self.alternate
            || head.history.end_line.0 < self.screen
        {
            return false;
        }
        let mut moved = None;
        for (line, identity, revision) in &self.rows {
            let mut rows = (head.history.end_line.0..).zip(frame.rows());
            if let Some((now, row)) = rows.find(|(_, row)| row.head.identity == *identity) {
                if row.head.revision != *revision {
                    return false;
                }
                moved.get_or_insert(now as i64 - *line as i64);
            }
        }
        if let Some(moved) = moved {
            for place in [&mut self.anchor, &mut self.end] {
                // Lines of history keep their numbers.
                if place.at.line >= self.screen {
                    place.at.line = place.at.line.saturating_add_signed(moved);
                }
            }
        }
        self.look_at(frame);
        true
    }

    /// First and last place, in order.
    fn ends(&self) -> (Place, Place) {
        (self.anchor.min(self.end), self.anchor.max(self.end))
    }

    /// The columns of a row that are selected, `to` not included.
    fn columns(&self, at: Position, row: &WrappedRow, cols: usize) -> Option<(usize, usize)> {
        let (first, last) = self.ends();
        if at < first.at || at > last.at {
            return None;
        }
        let (from, to) = match self.unit {
            Unit::Line => (0, cols),
            Unit::Block => (self.anchor.col.min(self.end.col), self.anchor.col.max(self.end.col)),
            Unit::Character | Unit::Word => {
                (if at == first.at { first.col } else { 0 }, if at == last.at { last.col } else { cols })
            }
        };
        let (from, to) = match self.unit {
            Unit::Word => (word_start(row, from), word_end(row, to)),
            _ => (from, to),
        };
        (from < to).then_some((from, to.min(cols)))
    }
}

/// Where the word at a column begins.
fn word_start(row: &WrappedRow, col: usize) -> usize {
    let (mut start, mut at) = (col, 0);
    let mut in_word = false;
    for glyph in &row.glyphs {
        if at > col {
            break;
        }
        if is_word(&glyph.text) {
            if !in_word {
                start = at;
            }
            in_word = true;
        } else {
            in_word = false;
            start = col.min(at);
        }
        at += glyph.width;
    }
    // Behind the text there is no word.
    if in_word && at > col { start.min(col) } else { col }
}

/// Behind the word that ends at a column or goes over it.
fn word_end(row: &WrappedRow, col: usize) -> usize {
    let (mut at, mut end) = (0, col);
    for glyph in &row.glyphs {
        if at >= col || at + glyph.width > col {
            if !is_word(&glyph.text) {
                break;
            }
            end = at + glyph.width;
        }
        at += glyph.width;
    }
    end.max(col)
}

impl View {
    /// Begins a selection at a row that is shown.
    pub(super) fn select_from(&self, row: usize, col: usize, unit: Unit) {
        let place = Place { at: self.position_of(row), col };
        let (rows, screen, alternate) = (Vec::new(), 0, false);
        let mut selection = Selection { unit, anchor: place, end: place, screen, alternate, rows };
        selection.look_at(&self.imp().frame.borrow());
        self.imp().selection.replace(Some(selection));
        self.queue_draw();
    }

    /// Takes the selection to a row that is shown.
    pub(super) fn select_to(&self, row: usize, col: usize) {
        let place = Place { at: self.position_of(row), col };
        if let Some(selection) = self.imp().selection.borrow_mut().as_mut() {
            selection.end = place;
            selection.look_at(&self.imp().frame.borrow());
        }
        self.queue_draw();
    }

    /// Selects whole lines, the last one too.
    pub(super) fn select_lines(&self, first: u64, last: u64) {
        let rows = self.with_memory(|memory| {
            let frame = self.imp().frame.borrow().clone();
            let cols = frame.head().cols;
            Lines::new(frame, cols).rows(memory, last).map_or(1, |(rows, _)| rows.len())
        });
        let last_row = rows.unwrap_or(1).saturating_sub(1);
        let at = |line, row| Place { at: Position { line, row }, col: 0 };
        let mut selection = Selection {
            unit: Unit::Line,
            anchor: at(first, 0),
            end: at(last, last_row),
            screen: 0,
            alternate: false,
            rows: Vec::new(),
        };
        selection.look_at(&self.imp().frame.borrow());
        self.imp().selection.replace(Some(selection));
        self.queue_draw();
    }

    pub(super) fn clear_selection(&self) {
        if self.imp().selection.take().is_some() {
            self.queue_draw();
        }
    }

    /// A frame after the selection was made: it goes with its rows, and ends when they are rewritten.
    pub(super) fn selection_after(&self, frame: &Frame) {
        let mut selection = self.imp().selection.borrow_mut();
        if selection.as_mut().is_some_and(|selection| !selection.follow(frame)) {
            *selection = None;
        }
    }

    /// The cells to mark: row, first column, and the one behind the last.
    pub(super) fn selected_cells(&self, frame: &Frame, shown: &[Position]) -> Vec<(usize, usize, usize)> {
        let Some(selection) = self.imp().selection.borrow().clone() else { return Vec::new() };
        let cols = usize::from(frame.head().cols);
        let mut lines = Lines::new(frame.clone(), frame.head().cols);
        let mut cells = Vec::new();
        for (index, position) in shown.iter().copied().enumerate() {
            let row = self
                .with_memory(|memory| lines.row(memory, position).ok().flatten().map(|(row, _)| row.clone()));
            let Some(Some(row)) = row else { continue };
            if let Some((from, to)) = selection.columns(position, &row, cols) {
                cells.push((index, from, to));
            }
        }
        cells
    }

    /// The text that is selected; empty where nothing is.
    pub(super) fn selected_text(&self) -> String {
        let Some(selection) = self.imp().selection.borrow().clone() else { return String::new() };
        let frame = self.imp().frame.borrow().clone();
        let text = self.with_memory(|memory| text(&selection, memory, frame));
        text.and_then(Result::ok).unwrap_or_default()
    }
}

fn text(selection: &Selection, memory: &ViewReader, frame: Frame) -> Result<String, GridError> {
    let cols = frame.head().cols;
    let mut lines = Lines::new(frame, cols);
    let (first, last) = selection.ends();
    let mut text = String::new();
    let mut at = Some(first.at);
    while let Some(position) = at.filter(|at| *at <= last.at && text.len() < MAX_COPY) {
        let Some((row, _)) = lines.row(memory, position)? else { break };
        let wrapped = row.wrapped;
        if let Some((from, to)) = selection.columns(position, row, usize::from(cols)) {
            let part = row.text(from, to);
            // Blanks at the end of a line are nobody's.
            text.push_str(if wrapped { &part } else { part.trim_end() });
        }
        let more = position < last.at;
        if more && (!wrapped || selection.unit == Unit::Block) || selection.unit == Unit::Line && !more {
            text.push('\n');
        }
        at = lines.after(memory, position)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scarab_protocol::grid::Glyph;

    fn row(text: &str) -> WrappedRow {
        let glyph = |character: char| Glyph {
            text: character.to_string().into(),
            width: 1,
            style: Default::default(),
            link: None,
        };
        WrappedRow { glyphs: text.chars().map(glyph).collect(), wrapped: false }
    }

    #[test]
    fn a_word_ends_where_its_text_does() {
        let row = row("ls ~/src/x, now");
        assert_eq!((word_start(&row, 5), word_end(&row, 5)), (3, 11));
        assert_eq!((word_start(&row, 13), word_end(&row, 13)), (12, 15));
        assert_eq!((word_start(&row, 40), word_end(&row, 40)), (40, 40), "behind the text");
    }
}
