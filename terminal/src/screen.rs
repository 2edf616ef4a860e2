//! The grid of one screen, primary or alternate: rows that move without moving their cells.
//! It knows nothing of margins' meaning, cursors or history; the terminal tells it ranges.

use std::ops::Range;

use crate::cell::Cell;
use crate::checkpoint::{Damaged, Reader, Saved, damaged};
use crate::row::{Row, RowId};
use crate::size::Size;

/// What is visible.
///
/// ```text
///  order | 2 | 0 | 1 |        scrolling a part turns this, scrolling the whole moves `first` ...
///  rows  | b.. | c.. | a.. |  ... and both leave these where they are
/// ```
///
/// Every change to a row stamps it, and these stamps are all the damage tracking there is.
#[derive(Clone, Debug)]
pub struct Screen {
    rows: Vec<Row>,
    order: Vec<u16>,
    /// The place in `order` of the row at the top; behind the last place comes the first.
    first: usize,
    cols: usize,
    /// Rows changed from now on get this revision.
    pub(crate) stamp: u64,
    next_row: u64,
}

impl Saved for Screen {
    fn save(&self, to: &mut Vec<u8>) {
        let Self { rows, order, first: _, cols, stamp, next_row } = self;
        (*cols, *stamp, *next_row).save(to);
        (order.len() as u32).save(to);
        // From the top: where a row lies in memory means nothing.
        (0..order.len()).for_each(|index| rows[self.slot(index)].save(to));
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let (cols, stamp, next_row) = Saved::load(from)?;
        let count = from.length(1)?;
        if count > usize::from(Size::MAX_ROWS) || cols > usize::from(Size::MAX_COLS) {
            return damaged("a screen is larger than any");
        }
        let rows: Vec<Row> = (0..count).map(|_| Row::load(from, cols)).collect::<Result<_, _>>()?;
        let order = (0..count as u16).collect();
        Ok(Self { rows, order, first: 0, cols, stamp, next_row })
    }
}

impl Screen {
    /// `first_row` is 0 or 1: the two screens of a terminal take every other id, so that none is
    /// given twice.
    pub(crate) fn new(cols: usize, rows: usize, first_row: u64, stamp: u64) -> Self {
        let mut screen =
            Self { rows: Vec::new(), order: Vec::new(), first: 0, cols, stamp, next_row: first_row };
        screen.replace_rows(Vec::new(), cols, rows);
        screen
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.order.len()
    }

    /// Columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// A row, counted from the top. Past the end it is the last one.
    pub fn row(&self, index: usize) -> &Row {
        &self.rows[self.slot(index.min(self.order.len() - 1))]
    }

    /// Where in `rows` the row is that has this index.
    #[inline]
    fn slot(&self, index: usize) -> usize {
        let place = self.first + index;
        usize::from(self.order[if place < self.order.len() { place } else { place - self.order.len() }])
    }

    /// Moves the rows of `range` up by `count`, which brings the first ones to its end. To move them down is
    /// to move them up by all the others.
    #[inline]
    fn rotate(&mut self, range: Range<usize>, count: usize) {
        let rows = self.order.len();
        if range.len() == rows {
            self.first += count;
            if self.first >= rows {
                self.first -= rows;
            }
        } else {
            if self.first > 0 {
                self.order.rotate_left(self.first);
                self.first = 0;
            }
            self.order[range].rotate_left(count);
        }
    }

    /// A row to be changed.
    #[inline]
    pub(crate) fn row_mut(&mut self, index: usize) -> &mut Row {
        let slot = self.slot(index);
        let row = &mut self.rows[slot];
        row.touch(self.stamp);
        row
    }

    pub(crate) fn next_id(&mut self) -> RowId {
        let id = RowId(self.next_row);
        self.next_row += 2;
        id
    }

    /// Moves the rows of `range` up by `count`; new ones come in at its end.
    #[inline]
    pub(crate) fn scroll_up(&mut self, range: Range<usize>, count: usize, blank: Cell) {
        let count = count.min(range.len());
        if count == 0 {
            return;
        }
        self.detach(range.start);
        self.detach(range.end);
        self.rotate(range.clone(), count);
        for index in range.end - count..range.end {
            let id = self.next_id();
            self.row_mut(index).renew(id, blank);
        }
    }

    /// Moves the rows of `range` down by `count`; new ones come in at its start.
    pub(crate) fn scroll_down(&mut self, range: Range<usize>, count: usize, blank: Cell) {
        let count = count.min(range.len());
        if count == 0 {
            return;
        }
        self.detach(range.start);
        self.detach(range.end - count);
        self.detach(range.end);
        self.rotate(range.clone(), range.len() - count);
        for index in range.start..range.start + count {
            let id = self.next_id();
            self.row_mut(index).renew(id, blank);
        }
    }

    /// All rows become new ones, after so many others that have gone already.
    pub(crate) fn renew_all(&mut self, gone: u64) {
        self.next_row += 2 * gone;
        for index in 0..self.rows() {
            let id = self.next_id();
            self.row_mut(index).renew(id, Cell::EMPTY);
        }
    }

    /// The line of the row before goes on in this one no longer.
    #[inline]
    pub(crate) fn detach(&mut self, index: usize) {
        if index > 0 && self.row(index - 1).wrapped() {
            self.row_mut(index - 1).wrapped = false;
        }
        if index < self.rows() && self.row(index).continued {
            self.row_mut(index).continued = false;
        }
    }

    /// As [`Screen::scroll_up`], for some columns only.
    pub(crate) fn scroll_columns_up(
        &mut self,
        range: Range<usize>,
        cols: Range<usize>,
        count: usize,
        blank: Cell,
    ) {
        let count = count.min(range.len());
        for index in range.start..range.end - count {
            self.copy_columns(index + count, index, cols.clone());
        }
        for index in range.end - count..range.end {
            self.row_mut(index).fill(cols.clone(), blank);
        }
    }

    /// As [`Screen::scroll_down`], for some columns only.
    pub(crate) fn scroll_columns_down(
        &mut self,
        range: Range<usize>,
        cols: Range<usize>,
        count: usize,
        blank: Cell,
    ) {
        let count = count.min(range.len());
        for index in (range.start + count..range.end).rev() {
            self.copy_columns(index - count, index, cols.clone());
        }
        for index in range.start..range.start + count {
            self.row_mut(index).fill(cols.clone(), blank);
        }
    }

    /// Copies columns of one row to another.
    pub(crate) fn copy_columns(&mut self, from: usize, to: usize, cols: Range<usize>) {
        let (source, target) = (self.slot(from), self.slot(to));
        let stamp = self.stamp;
        let Ok([source, target]) = self.rows.get_disjoint_mut([source, target]) else { return };
        target.copy_from(source.cells(), cols);
        target.touch(stamp);
    }

    /// Takes other rows in, from the top; missing ones are empty. They get new ids.
    pub(crate) fn replace_rows(&mut self, new_rows: Vec<Row>, cols: usize, rows: usize) {
        self.cols = cols;
        self.rows = new_rows;
        self.rows.truncate(rows);
        for index in 0..self.rows.len() {
            let id = self.next_id();
            self.rows[index].set_width(cols);
            self.rows[index].adopt(id, self.stamp);
        }
        while self.rows.len() < rows {
            let id = self.next_id();
            self.rows.push(Row::new(cols, id, self.stamp));
        }
        self.order = (0..rows as u16).collect();
        self.first = 0;
    }

    /// Takes all rows out, in order. [`Screen::replace_rows`] must follow.
    pub(crate) fn take_rows(&mut self) -> Vec<Row> {
        let mut rows: Vec<Option<Row>> = std::mem::take(&mut self.rows).into_iter().map(Some).collect();
        (0..rows.len()).filter_map(|index| rows[self.slot(index)].take()).collect()
    }

    /// Gives back the memory of rows on which nothing is written.
    pub(crate) fn rest(&mut self) {
        self.rows.iter_mut().for_each(Row::rest);
    }

    /// Applies a change to every touched cell, and stamps every row.
    pub(crate) fn rewrite(&mut self, mut change: impl FnMut(Cell) -> Cell) {
        for row in &mut self.rows {
            row.rewrite(&mut change);
            row.touch(self.stamp);
        }
    }

    pub(crate) fn verify_integrity(&self) -> Result<(), String> {
        if self.order.is_empty() || self.order.len() != self.rows.len() {
            return Err(format!("{} rows in an order of {}", self.rows.len(), self.order.len()));
        }
        if self.first >= self.order.len() {
            return Err(format!("the first of {} rows is at {}", self.order.len(), self.first));
        }
        let mut seen = vec![false; self.rows.len()];
        for index in &self.order {
            if std::mem::replace(&mut seen[usize::from(*index)], true) {
                return Err(format!("row {index} is in two places"));
            }
        }
        let mut ids: Vec<RowId> = self.rows.iter().map(Row::identity).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() != self.rows.len() || ids.last().is_some_and(|id| id.0 >= self.next_row) {
            return Err("a row id is used twice".to_owned());
        }
        for index in 0..self.rows() {
            let row = self.row(index);
            if row.cells().len() != self.cols {
                return Err(format!("row {index} has {} cells of {}", row.cells().len(), self.cols));
            }
            if row.revision() > self.stamp {
                return Err(format!("row {index} is from the future"));
            }
            row.verify_integrity().map_err(|problem| format!("row {index}: {problem}"))?;
        }
        Ok(())
    }
}
