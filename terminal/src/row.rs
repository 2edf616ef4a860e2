//! One visual row of a screen.

use std::ops::Range;

use crate::cell::Cell;
use crate::checkpoint::{Damaged, Reader, Saved, damaged, saved_enum};
use crate::simple::{Class, class};
use crate::size::Size;
use crate::text::{first_char, printable_run};

/// Names a row for as long as its session lives: a row keeps it when it moves, and no other ever gets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub struct RowId(pub u64);

/// How large a row's characters are (DECSWL, DECDWL, DECDHL).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
#[repr(u8)]
pub enum LineSize {
    /// As usual.
    #[default]
    Single = 0,
    /// Twice as wide.
    DoubleWidth = 1,
    /// Twice as wide and high, the upper half.
    DoubleTop = 2,
    /// Twice as wide and high, the lower half.
    DoubleBottom = 3,
}

saved_enum!(LineSize { Single = 0, DoubleWidth = 1, DoubleTop = 2, DoubleBottom = 3 });

/// What a shell said begins on a row (OSC 133).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Mark {
    /// A prompt.
    Prompt = 1,
    /// The output of a command.
    Output = 2,
}

saved_enum!(Mark { Prompt = 1, Output = 2 });

/// What [`Row::write_text`] did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    /// Bytes of the text.
    pub(crate) bytes: usize,
    /// The column behind the last character.
    pub(crate) end: usize,
    /// Why it went no further.
    pub(crate) stop: Stop,
}

/// What ends the text that is written at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// The last column is written.
    Full,
    /// The next character has something put on it.
    Extended,
    /// The next one needs a look or more room, or is none.
    Elsewhere,
}

/// The cells of a row on which nothing was ever written: it has none of its own, because most rows of most sessions are
/// like that.
static UNTOUCHED: [Cell; Size::MAX_COLS as usize] = [Cell::EMPTY; Size::MAX_COLS as usize];

/// A row of cells.
///
/// ```text
///  |H|e|l|l|o| |世|>|.|.|.|.|.|    > a spacer   . cells that nobody has touched
///                   ^ used: all from here on are Cell::EMPTY
/// ```
#[derive(Clone, Debug)]
pub struct Row {
    /// As many as it has columns, or none; see [`UNTOUCHED`].
    cells: Vec<Cell>,
    cols: u16,
    used: usize,
    identity: RowId,
    revision: u64,
    pub(crate) wrapped: bool,
    /// Its line began on the row before; asked of the top row only, whose row before is in history.
    pub(crate) continued: bool,
    pub(crate) line_size: LineSize,
    pub(crate) mark: Option<Mark>,
}

impl Row {
    /// For a checkpoint; how wide it is says its screen.
    pub(crate) fn save(&self, to: &mut Vec<u8>) {
        let Self { cells, cols: _, used, identity, revision, wrapped, continued, line_size, mark } = self;
        (*used as u16).save(to);
        to.extend(cells[..*used].iter().flat_map(|cell| cell.to_word().to_le_bytes()));
        (identity.0, *revision).save(to);
        wrapped.save(to);
        continued.save(to);
        line_size.save(to);
        mark.save(to);
    }

    pub(crate) fn load(from: &mut Reader<'_>, cols: usize) -> Result<Self, Damaged> {
        let used = usize::from(u16::load(from)?);
        let (words, _) = from.take(used * size_of::<Cell>())?.as_chunks();
        if used > cols {
            return damaged("a row is longer than its screen is wide");
        }
        let mut cells: Vec<Cell> =
            words.iter().map(|word| Cell::from_word(u64::from_le_bytes(*word))).collect();
        if used > 0 {
            cells.resize(cols, Cell::EMPTY);
        }
        let (identity, revision) = Saved::load(from)?;
        Ok(Self {
            cells,
            cols: cols as u16,
            used,
            identity: RowId(identity),
            revision,
            wrapped: Saved::load(from)?,
            continued: Saved::load(from)?,
            line_size: Saved::load(from)?,
            mark: Saved::load(from)?,
        })
    }

    pub(crate) fn new(cols: usize, identity: RowId, revision: u64) -> Self {
        Self {
            cells: Vec::new(),
            cols: cols as u16,
            used: 0,
            identity,
            revision,
            wrapped: false,
            continued: false,
            line_size: LineSize::Single,
            mark: None,
        }
    }

    /// Who it is.
    pub fn identity(&self) -> RowId {
        self.identity
    }

    /// The stamp of its last change: greater than that of the last frame if it has changed since.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Its cells, as many as the screen has columns.
    #[inline]
    pub fn cells(&self) -> &[Cell] {
        if self.cells.is_empty() { &UNTOUCHED[..self.cols()] } else { &self.cells }
    }

    /// Its columns.
    #[inline]
    pub(crate) fn cols(&self) -> usize {
        usize::from(self.cols)
    }

    /// Its cells, to be written.
    #[inline]
    fn own_cells(&mut self) -> &mut [Cell] {
        if self.cells.is_empty() {
            self.cells = vec![Cell::EMPTY; self.cols()];
        }
        &mut self.cells
    }

    /// Gives back the memory of cells on which nothing is written.
    pub(crate) fn rest(&mut self) {
        if self.used == 0 {
            self.cells = Vec::new();
        }
    }

    /// Whether its line goes on in the next row.
    pub fn wrapped(&self) -> bool {
        self.wrapped
    }

    /// How large its characters are.
    pub fn line_size(&self) -> LineSize {
        self.line_size
    }

    /// What a shell said begins here.
    pub fn mark(&self) -> Option<Mark> {
        self.mark
    }

    /// The cells up to the last one that is not [`Cell::EMPTY`], or a few more.
    pub(crate) fn used_cells(&self) -> &[Cell] {
        &self.cells[..self.used]
    }

    /// The cells up to the last one that is not [`Cell::EMPTY`].
    pub(crate) fn trimmed_cells(&self) -> &[Cell] {
        let end = self.used_cells().iter().rposition(|cell| *cell != Cell::EMPTY).map_or(0, |last| last + 1);
        &self.cells[..end]
    }

    /// The cells up to the last one that is text or was coloured: what a sixel picture left is neither.
    pub(crate) fn text_cells(&self) -> &[Cell] {
        let is_text = |cell: &Cell| *cell != Cell::EMPTY && *cell != Cell::IMAGE;
        let end = self.used_cells().iter().rposition(is_text).map_or(0, |last| last + 1);
        &self.cells[..end]
    }

    /// Takes another identity.
    pub(crate) fn adopt(&mut self, identity: RowId, revision: u64) {
        self.identity = identity;
        self.revision = revision;
    }

    pub(crate) fn touch(&mut self, revision: u64) {
        self.revision = revision;
    }

    /// Becomes another row, erased with `blank`.
    pub(crate) fn renew(&mut self, identity: RowId, blank: Cell) {
        self.identity = identity;
        self.mark = None;
        self.clear(blank);
    }

    /// Erases everything but its identity and mark.
    pub(crate) fn clear(&mut self, blank: Cell) {
        if blank == Cell::EMPTY {
            self.cells[..self.used].fill(blank);
            self.used = 0;
        } else {
            self.own_cells().fill(blank);
            self.used = self.cols();
        }
        self.wrapped = false;
        self.continued = false;
        self.line_size = LineSize::Single;
    }

    /// Blanks both halves of a wide cell whose right half is at `col`, before something happens
    /// to only one of them.
    pub(crate) fn split_wide(&mut self, col: usize) {
        if col > 0 && col < self.used && self.cells[col].is_spacer() {
            self.cells[col - 1] = Cell::blank(self.cells[col - 1].style());
            self.cells[col] = Cell::blank(self.cells[col].style());
        }
    }

    /// Fills a range with one cell.
    pub(crate) fn fill(&mut self, range: Range<usize>, cell: Cell) {
        let end = range.end.min(self.cols());
        let start = range.start.min(end);
        self.split_wide(start);
        self.split_wide(end);
        if end == self.cols() {
            self.wrapped = false;
        }
        if cell == Cell::EMPTY {
            let filled = end.min(self.used);
            if start < filled {
                self.cells[start..filled].fill(cell);
                if filled == self.used {
                    self.used = start;
                }
            }
        } else {
            self.own_cells()[start..end].fill(cell);
            self.used = self.used.max(end);
        }
    }

    /// Takes the characters out of a range, but for protected ones if it `keeps` them, and leaves how the cells look.
    pub(crate) fn blank_characters(&mut self, range: Range<usize>, keeps: bool) {
        let end = range.end.min(self.used);
        for col in range.start..end {
            let cell = self.cells[col];
            if cell.is_blank() || (keeps && cell.protected()) {
                continue;
            }
            // Both halves of a wide one, also where the range has only one of them.
            let halves = match (cell.is_spacer(), cell.wide()) {
                (true, _) => col.saturating_sub(1)..col + 1,
                (false, true) => col..(col + 2).min(self.cols()),
                (false, false) => col..col + 1,
            };
            for cell in &mut self.cells[halves] {
                *cell = cell.blanked();
            }
        }
        if range.end >= self.cols() {
            self.wrapped = false;
        }
        self.tighten();
    }

    /// Writes the text that bytes begin with from `col` on, as far as its characters are simple, have nothing put
    /// on them and fit before `limit`. A character with something put on it is written too, for whoever writes
    /// the whole of it in its place.
    #[inline]
    pub(crate) fn write_text(&mut self, col: usize, limit: usize, text: &[u8], blank: Cell) -> Written {
        self.split_wide(col);
        let cells = &mut self.own_cells()[..limit];
        let (mut end, mut bytes) = (col, 0);
        // Where the last character begins.
        let mut last = (end, bytes);
        let mut stop = Stop::Elsewhere;
        'text: while end < limit {
            let part = &text[bytes..];
            let run = printable_run(&part[..part.len().min(limit - end)]);
            if run > 0 {
                cells[end..end + run]
                    .iter_mut()
                    .zip(part)
                    .for_each(|(cell, byte)| *cell = blank.filled(u32::from(*byte)));
                (end, bytes) = (end + run, bytes + run);
                last = (end - 1, bytes - 1);
            }
            while end < limit {
                match text.get(bytes) {
                    Some(0x20..=0x7e) => continue 'text,
                    Some(0x80..) => {}
                    _ => break 'text,
                }
                let Some((character, length)) = first_char(&text[bytes..]) else { break 'text };
                let width = match class(character) {
                    Class::Narrow => 1,
                    Class::Wide => 2,
                    Class::Extension if bytes > 0 => {
                        stop = Stop::Extended;
                        break 'text;
                    }
                    Class::Extension | Class::Unsure => break 'text,
                };
                if end + width > limit {
                    break 'text;
                }
                let cell = blank.filled(character as u32).with_wide(width == 2);
                cells[end] = cell;
                if width == 2 {
                    cells[end + 1] = cell.spacer();
                }
                last = (end, bytes);
                (end, bytes) = (end + width, bytes + length);
            }
        }
        if end == limit {
            let extended = bytes > 0 && text.get(bytes).is_some_and(|byte| *byte >= 0x80) && {
                first_char(&text[bytes..]).is_some_and(|(next, _)| class(next) == Class::Extension)
            };
            stop = if extended { Stop::Extended } else { Stop::Full };
        }
        // The left half of what was here is overwritten already.
        if end < self.used && end > col && self.cells[end].is_spacer() {
            self.cells[end] = Cell::blank(self.cells[end].style());
        }
        self.used = self.used.max(end);
        if end == self.cols() {
            self.wrapped = false;
        }
        if stop == Stop::Extended {
            (end, bytes) = last;
        }
        Written { bytes, end, stop }
    }

    /// Writes one cell, and its right half if it is wide; it must fit.
    pub(crate) fn put(&mut self, col: usize, cell: Cell) {
        let end = col + 1 + usize::from(cell.wide());
        self.split_wide(col);
        self.split_wide(end);
        let cells = self.own_cells();
        cells[col] = cell;
        if cell.wide() {
            cells[col + 1] = cell.spacer();
        }
        self.used = self.used.max(end);
        if end == self.cols() {
            self.wrapped = false;
        }
    }

    /// Changes one cell in place; the caller keeps wide cells whole.
    pub(crate) fn replace(&mut self, col: usize, cell: Cell) {
        self.own_cells()[col] = cell;
        self.used = self.used.max(col + 1);
    }

    /// Moves the cells of `range` right by `count`, filling with `blank`; what leaves the range is lost.
    pub(crate) fn insert_cells(&mut self, range: Range<usize>, count: usize, blank: Cell) {
        let count = count.min(range.len());
        self.split_wide(range.start);
        self.split_wide(range.end);
        self.split_wide(range.end - count);
        self.own_cells().copy_within(range.start..range.end - count, range.start + count);
        self.used = self.used.max(range.end);
        let filled = range.start..range.start + count;
        self.cells[filled].fill(blank);
        if range.end == self.cols() {
            self.wrapped = false;
        }
        self.tighten();
    }

    /// Moves the cells of `range` left by `count`, filling with `blank`.
    pub(crate) fn delete_cells(&mut self, range: Range<usize>, count: usize, blank: Cell) {
        let count = count.min(range.len());
        self.split_wide(range.start);
        self.split_wide(range.start + count);
        self.split_wide(range.end);
        self.own_cells().copy_within(range.start + count..range.end, range.start);
        self.cells[range.end - count..range.end].fill(blank);
        self.used = self.used.max(range.end);
        if range.end == self.cols() {
            self.wrapped = false;
        }
        self.tighten();
    }

    /// Takes over the cells of `range` from another row.
    pub(crate) fn copy_from(&mut self, other: &[Cell], range: Range<usize>) {
        self.split_wide(range.start);
        self.split_wide(range.end);
        self.own_cells()[range.clone()].copy_from_slice(&other[range.clone()]);
        // A wide cell cut by the range's edges in the other row comes as half of itself.
        if self.cells[range.start].is_spacer() {
            self.cells[range.start] = Cell::blank(self.cells[range.start].style());
        }
        if self.cells[range.end - 1].wide() {
            self.cells[range.end - 1] = Cell::blank(self.cells[range.end - 1].style());
        }
        self.used = self.used.max(range.end);
        if range.end == self.cols() {
            self.wrapped = false;
        }
        self.tighten();
    }

    /// Applies a change to every touched cell.
    pub(crate) fn rewrite(&mut self, mut change: impl FnMut(Cell) -> Cell) {
        for cell in &mut self.cells[..self.used] {
            *cell = change(*cell);
        }
    }

    /// Cuts or extends it; a wide cell cut in half is blanked.
    pub(crate) fn set_width(&mut self, cols: usize) {
        if cols != self.cols() {
            self.split_wide(cols);
            self.wrapped = false;
        }
        if !self.cells.is_empty() {
            self.cells.resize(cols, Cell::EMPTY);
        }
        self.cols = cols as u16;
        self.used = self.used.min(cols);
    }

    fn tighten(&mut self) {
        self.used = self.trimmed_cells().len();
    }

    pub(crate) fn verify_integrity(&self) -> Result<(), String> {
        if !self.cells.is_empty() && self.cells.len() != self.cols() {
            return Err(format!("{} cells in {} columns", self.cells.len(), self.cols()));
        }
        if self.cells[self.used..].iter().any(|cell| *cell != Cell::EMPTY) {
            return Err(format!("a cell is touched beyond {}", self.used));
        }
        for (col, cell) in self.cells.iter().enumerate() {
            let next_is_spacer = self.cells.get(col + 1).is_some_and(|next| next.is_spacer());
            if cell.wide() != next_is_spacer {
                return Err(format!("column {col} is half of a wide cell"));
            }
            if cell.wide() && (cell.is_blank() || cell.is_spacer() || cell.is_padding() || cell.is_image()) {
                return Err(format!("column {col} is wide and has no character"));
            }
        }
        if self.cells.first().is_some_and(|cell| cell.is_spacer()) {
            return Err("a row begins with a spacer".to_owned());
        }
        Ok(())
    }
}
