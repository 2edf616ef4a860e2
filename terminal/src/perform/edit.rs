//! Erasing, inserting and deleting: ED, EL, ECH and their selective forms, ICH, DCH, IL, DL, and columns
//! (SL, SR, DECIC, DECDC, DECBI, DECFI).

use std::ops::Range;

use crate::cell::Cell;
use crate::history::History;
use crate::modes::Mode;
use crate::row::LineSize;
use crate::style::StyleId;
use crate::terminal::{Margins, Protection, Terminal};

impl<H: History> Terminal<H> {
    /// ED, and DECSED if `selective`.
    pub(super) fn erase_display(&mut self, what: usize, selective: bool) {
        let (row, rows) = (self.at.row, self.rows());
        match what {
            0 => {
                // Not everywhere: shells erase so behind a wrap that they have just made.
                if (row, self.at.col) == (0, 0) {
                    self.screen_mut().detach(0);
                }
                self.erase_line(0, selective);
                self.erase_rows(row + 1..rows, selective);
            }
            1 => {
                self.erase_rows(0..row, selective);
                self.erase_line(1, selective);
            }
            2 => {
                self.at.pending_wrap = false;
                self.erase_rows(0..rows, selective);
                if !selective {
                    self.graphics.clear_screen(self.on_alternate, rows, true);
                }
            }
            3 if !selective => {
                self.history.clear();
                self.graphics.forget_history();
                // What the primary screen goes on with is gone.
                self.primary.detach(0);
            }
            _ => {}
        }
    }

    /// EL, and DECSEL if `selective`.
    pub(super) fn erase_line(&mut self, what: usize, selective: bool) {
        let (row, col, cols) = (self.at.row, self.at.col, self.cols());
        self.at.pending_wrap = false;
        let range = match what {
            0 => col..cols,
            1 => 0..col + 1,
            2 => 0..cols,
            _ => return,
        };
        self.erase(row, range, self.keeps_protected(selective));
    }

    pub(super) fn erase_characters(&mut self, count: usize) {
        let (row, col) = (self.at.row, self.at.col);
        self.at.pending_wrap = false;
        let end = col.saturating_add(count).min(self.cols());
        self.erase(row, col..end, self.keeps_protected(false));
    }

    fn erase_rows(&mut self, rows: Range<usize>, selective: bool) {
        let cols = self.cols();
        for row in rows {
            if self.keeps_protected(selective) {
                self.erase(row, 0..cols, true);
            } else {
                let blank = self.blank();
                let screen = self.screen_mut();
                screen.detach(row);
                let row = screen.row_mut(row);
                row.clear(blank);
                row.mark = None;
            }
        }
    }

    /// Erases a part of a row, but for protected cells if it `keeps` them.
    pub(super) fn erase(&mut self, row: usize, range: Range<usize>, keeps: bool) {
        let blank = self.blank();
        if !keeps {
            self.screen_mut().row_mut(row).fill(range, blank);
            return;
        }
        let row = self.screen_mut().row_mut(row);
        let mut col = range.start;
        while col < range.end {
            let protected = row.cells()[col].protected();
            let alike = row.cells()[col..range.end].iter().take_while(|cell| cell.protected() == protected);
            let end = col + alike.count();
            if !protected {
                row.fill(col..end, blank);
            }
            col = end;
        }
    }

    /// Whether erasing must look at every cell.
    fn keeps_protected(&self, selective: bool) -> bool {
        match self.protection {
            Protection::Off => false,
            Protection::Dec => selective,
            Protection::Iso => true,
        }
    }

    /// Whether the cursor is where lines and columns can be inserted.
    pub(super) fn within_margins(&self) -> bool {
        let Margins { top, bottom, left, right } = self.margins;
        (top..bottom).contains(&self.at.row) && (left..right).contains(&self.at.col)
    }

    pub(super) fn insert_characters(&mut self, count: usize) {
        self.at.pending_wrap = false;
        let (row, col, right) = (self.at.row, self.at.col, self.margins.right);
        if (self.margins.left..right).contains(&col) {
            let blank = self.blank();
            self.screen_mut().row_mut(row).insert_cells(col..right, count, blank);
        }
    }

    pub(super) fn delete_characters(&mut self, count: usize) {
        self.at.pending_wrap = false;
        let (row, col, right) = (self.at.row, self.at.col, self.margins.right);
        if (self.margins.left..right).contains(&col) {
            let blank = self.blank();
            self.screen_mut().row_mut(row).delete_cells(col..right, count, blank);
        }
    }

    pub(super) fn insert_lines(&mut self, count: usize) {
        if self.within_margins() {
            self.scroll_down(self.at.row, count);
            self.carriage_return();
        }
    }

    pub(super) fn delete_lines(&mut self, count: usize) {
        if self.within_margins() {
            let row = self.at.row;
            let Margins { bottom, left, right, .. } = self.margins;
            // Lines deleted at the top of the screen are gone, not history.
            let blank = self.blank();
            let count = count.min(bottom - row);
            if left > 0 || right < self.cols() {
                self.screen_mut().scroll_columns_up(row..bottom, left..right, count, blank);
            } else {
                let (alternate, rows) = (self.on_alternate, self.rows());
                self.graphics.scroll_up(alternate, row..bottom, count, rows, false);
                self.screen_mut().detach(row + count);
                self.screen_mut().scroll_up(row..bottom, count, blank);
            }
            self.carriage_return();
        }
    }

    /// SL and DECDC: the columns from `from` to the right margin, in all rows between the margins.
    pub(super) fn shift_columns_left(&mut self, from: usize, count: usize) {
        let Margins { top, bottom, right, .. } = self.margins;
        let blank = self.blank();
        self.at.pending_wrap = false;
        for row in top..bottom {
            self.screen_mut().row_mut(row).delete_cells(from..right, count, blank);
        }
    }

    /// SR and DECIC.
    pub(super) fn shift_columns_right(&mut self, from: usize, count: usize) {
        let Margins { top, bottom, right, .. } = self.margins;
        let blank = self.blank();
        self.at.pending_wrap = false;
        for row in top..bottom {
            self.screen_mut().row_mut(row).insert_cells(from..right, count, blank);
        }
    }

    /// DECBI: a column to the left, shifting the others at the margin.
    pub(super) fn back_index(&mut self) {
        self.at.pending_wrap = false;
        if self.at.col == self.margins.left {
            if self.within_margins() {
                self.shift_columns_right(self.at.col, 1);
            }
        } else {
            self.at.col = self.at.col.saturating_sub(1);
        }
    }

    /// DECFI: a column to the right, shifting the others at the margin.
    pub(super) fn forward_index(&mut self) {
        self.at.pending_wrap = false;
        if self.at.col + 1 == self.margins.right {
            if self.within_margins() {
                self.shift_columns_left(self.margins.left, 1);
            }
        } else {
            self.at.col = (self.at.col + 1).min(self.cols() - 1);
        }
    }

    /// DECSCA.
    pub(super) fn set_character_protection(&mut self, what: usize) {
        self.pen.protected = what == 1;
        if what == 1 {
            self.protection = Protection::Dec;
        }
    }

    /// SPA and EPA.
    pub(super) fn guard_area(&mut self, on: bool) {
        self.pen.protected = on;
        if on {
            self.protection = Protection::Iso;
        }
    }

    /// DECDWL, DECDHL, DECSWL. There are none while there are left and right margins.
    pub(super) fn set_line_size(&mut self, size: LineSize) {
        if self.modes.is_set(Mode::LeftRightMargins) {
            return;
        }
        let (row, half) = (self.at.row, (self.cols() / 2).max(1));
        let cols = self.cols();
        let blank = self.blank();
        let line = self.screen_mut().row_mut(row);
        line.line_size = size;
        if size != LineSize::Single {
            line.fill(half..cols, blank);
            if self.at.col >= half {
                self.at.col = half - 1;
                self.at.pending_wrap = false;
            }
        }
    }

    /// DECALN: the whole screen full of E, to adjust the tube by.
    pub(super) fn fill_with_e(&mut self) {
        self.reset_margins();
        self.modes.set(Mode::Origin, false);
        self.go_to(0, 0);
        let cols = self.cols();
        for row in 0..self.rows() {
            let row = self.screen_mut().row_mut(row);
            row.clear(Cell::EMPTY);
            row.fill(0..cols, Cell::char('E', StyleId::DEFAULT, 0));
        }
    }
}
