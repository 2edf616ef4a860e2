//! The cursor's ways: absolute, relative, by tabs and lines, within margins and origin mode.

use crate::cursor::{Position, SavedCursor};
use crate::history::History;
use crate::modes::Mode;
use crate::retire::{Tables, line_of};
use crate::row::LineSize;
use crate::terminal::{Margins, Terminal};

impl<H: History> Terminal<H> {
    /// Goes to a place counted from 0, from the margins in origin mode.
    pub(crate) fn go_to(&mut self, row: usize, col: usize) {
        self.go_to_row(row);
        self.go_to_col(col);
    }

    pub(crate) fn go_to_row(&mut self, row: usize) {
        self.at.pending_wrap = false;
        self.at.row = if self.modes.is_set(Mode::Origin) {
            self.margins.top.saturating_add(row).min(self.margins.bottom - 1)
        } else {
            row.min(self.rows() - 1)
        };
        self.clip_col();
    }

    pub(crate) fn go_to_col(&mut self, col: usize) {
        self.at.pending_wrap = false;
        self.at.col = if self.modes.is_set(Mode::Origin) {
            self.margins.left.saturating_add(col).min(self.margins.right - 1)
        } else {
            col.min(self.cols() - 1)
        };
        self.clip_col();
    }

    /// A row of double width has half the columns.
    fn clip_col(&mut self) {
        if self.screen().row(self.at.row).line_size() != LineSize::Single {
            self.at.col = self.at.col.min((self.cols() / 2).max(1) - 1);
        }
    }

    pub(crate) fn up(&mut self, count: usize) {
        let first = if self.at.row >= self.margins.top { self.margins.top } else { 0 };
        self.at.pending_wrap = false;
        self.at.row = self.at.row.saturating_sub(count).max(first);
        self.clip_col();
    }

    pub(crate) fn down(&mut self, count: usize) {
        let last = if self.at.row < self.margins.bottom { self.margins.bottom } else { self.rows() } - 1;
        self.at.pending_wrap = false;
        self.at.row = self.at.row.saturating_add(count).min(last);
        self.clip_col();
    }

    pub(crate) fn forward(&mut self, count: usize) {
        let last = if self.at.col < self.margins.right { self.margins.right } else { self.cols() } - 1;
        self.at.pending_wrap = false;
        self.at.col = self.at.col.saturating_add(count).min(last);
        self.clip_col();
    }

    /// BS and CUB. With reverse wrap it goes on at the end of the row before, and from the first row at the end of
    /// the last: the rule of xterm up to 382, by either number.
    pub(crate) fn backward(&mut self, count: usize) {
        let wanted = self.modes.is_set(Mode::ReverseWrap) || self.modes.is_set(Mode::ReverseWrapExtended);
        let reverse = self.modes.is_set(Mode::AutoWrap) && wanted;
        let first = if self.at.col >= self.margins.left { self.margins.left } else { 0 };
        let mut left = count;
        // Going back from behind the last column takes a step of its own only with reverse wrap.
        if reverse && self.at.pending_wrap {
            left -= 1;
        }
        self.at.pending_wrap = false;
        if !reverse {
            self.at.col = self.at.col.saturating_sub(left).max(first);
            return;
        }
        let last = if self.at.col < self.margins.right { self.margins.right } else { self.cols() } - 1;
        // Once round the screen is everywhere.
        left = left.min(self.cols() * self.rows());
        loop {
            let step = left.min(self.at.col.saturating_sub(first));
            self.at.col -= step;
            left -= step;
            if left == 0 {
                return;
            }
            self.at.row = if self.at.row == self.margins.top || self.at.row == 0 {
                self.margins.bottom - 1
            } else {
                self.at.row - 1
            };
            self.at.col = last;
            self.clip_col();
            left -= 1;
        }
    }

    pub(crate) fn carriage_return(&mut self) {
        self.at.pending_wrap = false;
        let inside = self.at.col >= self.margins.left || self.modes.is_set(Mode::Origin);
        self.at.col = if inside { self.margins.left } else { 0 };
    }

    /// One row down, scrolling at the bottom margin (IND).
    pub(crate) fn index(&mut self) {
        self.at.pending_wrap = false;
        if self.at.row + 1 == self.margins.bottom {
            if (self.margins.left..self.margins.right).contains(&self.at.col) {
                self.scroll_up(self.margins.top, 1);
            }
        } else if self.at.row + 1 < self.rows() {
            self.at.row += 1;
            self.clip_col();
        }
    }

    /// One row up, scrolling at the top margin (RI).
    pub(crate) fn reverse_index(&mut self) {
        self.at.pending_wrap = false;
        if self.at.row == self.margins.top {
            if (self.margins.left..self.margins.right).contains(&self.at.col) {
                self.scroll_down(self.margins.top, 1);
            }
        } else if self.at.row > 0 {
            self.at.row -= 1;
            self.clip_col();
        }
    }

    /// LF, VT, FF.
    pub(crate) fn line_feed(&mut self) {
        self.index();
        if self.modes.is_set(Mode::Newline) {
            self.carriage_return();
        }
    }

    /// Moves the rows from `top` to the bottom margin up. What leaves the primary screen at its top
    /// goes into history.
    pub(crate) fn scroll_up(&mut self, top: usize, count: usize) {
        let blank = self.blank();
        let Margins { bottom, left, right, .. } = self.margins;
        let count = count.min(bottom - top);
        if left > 0 || right < self.cols() {
            self.screen_mut().scroll_columns_up(top..bottom, left..right, count, blank);
            return;
        }
        if top == 0 && !self.on_alternate {
            self.retire_rows(count);
        }
        let (alternate, rows) = (self.on_alternate, self.rows());
        self.graphics.scroll_up(alternate, top..bottom, count, rows, top == 0);
        self.screen_mut().scroll_up(top..bottom, count, blank);
    }

    /// Appends the first rows of the primary screen to history.
    pub(crate) fn retire_rows(&mut self, count: usize) {
        let tables = Tables { styles: &self.styles, clusters: &self.clusters, links: &self.links };
        for index in 0..count.min(self.primary.rows()) {
            let row = self.primary.row(index);
            self.graphics.retire_line(index, || line_of(row, &self.history));
            self.retirement.retire(row, tables, &mut self.history);
        }
        if !self.graphics.placements().is_empty() {
            self.graphics.forget_before(self.history.oldest_line());
        }
    }

    /// Moves the rows from `top` to the bottom margin down.
    pub(crate) fn scroll_down(&mut self, top: usize, count: usize) {
        let blank = self.blank();
        let Margins { bottom, left, right, .. } = self.margins;
        let count = count.min(bottom - top);
        if left > 0 || right < self.cols() {
            self.screen_mut().scroll_columns_down(top..bottom, left..right, count, blank);
        } else {
            self.graphics.scroll_down(self.on_alternate, top..bottom, count);
            self.screen_mut().scroll_down(top..bottom, count, blank);
        }
    }

    pub(crate) fn tab_forward(&mut self, count: usize) {
        // At the margin it stays, and so does a wrap that is pending there.
        if self.at.pending_wrap {
            return;
        }
        let last = if self.at.col < self.margins.right { self.margins.right } else { self.cols() } - 1;
        for _ in 0..count.min(self.cols()) {
            self.at.col = self.tabs.next(self.at.col, last);
        }
        self.clip_col();
    }

    pub(crate) fn tab_backward(&mut self, count: usize) {
        let origin = self.modes.is_set(Mode::Origin);
        let first = if origin && self.at.col >= self.margins.left { self.margins.left } else { 0 };
        self.at.pending_wrap = false;
        for _ in 0..count.min(self.cols()) {
            self.at.col = self.tabs.previous(self.at.col, first);
        }
    }

    /// DECSC.
    pub(crate) fn save_cursor(&mut self) {
        let slot = self.screen_slot();
        self.saved[slot] = Some(SavedCursor {
            position: self.at,
            pen: self.pen,
            charsets: self.charsets,
            origin: self.modes.is_set(Mode::Origin),
        });
    }

    /// DECRC: without a DECSC before, everything is as at the start.
    pub(crate) fn restore_cursor(&mut self) {
        let saved = self.saved[self.screen_slot()].unwrap_or_default();
        self.pen = saved.pen;
        self.charsets = saved.charsets;
        self.modes.set(Mode::Origin, saved.origin);
        let Position { row, col, pending_wrap } = saved.position;
        let (rows, cols) = (0..self.rows(), 0..self.cols());
        self.at = Position { row: row.min(rows.end - 1), col: col.min(cols.end - 1), pending_wrap };
        if saved.origin {
            let Margins { top, bottom, left, right } = self.margins;
            self.at.row = self.at.row.clamp(top, bottom - 1);
            self.at.col = self.at.col.clamp(left, right - 1);
        }
        self.clip_col();
        self.settle_pending_wrap();
    }

    /// What a sequence did to margins or rows may have left the cursor before the end of its row.
    #[inline]
    pub(crate) fn settle_pending_wrap(&mut self) {
        if self.at.pending_wrap {
            self.at.pending_wrap = self.at.col + 1 == self.right_limit();
        }
    }

    /// DECSTBM, lines counted from 0, the last one excluded.
    pub(crate) fn set_vertical_margins(&mut self, top: usize, bottom: usize) {
        let bottom = bottom.min(self.rows());
        if top + 1 < bottom || (top == 0 && bottom == self.rows()) {
            (self.margins.top, self.margins.bottom) = (top, bottom);
            self.go_to(0, 0);
        }
    }

    /// DECSLRM, columns counted from 0, the last one excluded.
    pub(crate) fn set_horizontal_margins(&mut self, left: usize, right: usize) {
        let right = right.min(self.cols());
        if left + 1 < right || (left == 0 && right == self.cols()) {
            (self.margins.left, self.margins.right) = (left, right);
            self.go_to(0, 0);
        }
    }

    pub(crate) fn reset_margins(&mut self) {
        self.margins = Margins { top: 0, bottom: self.rows(), left: 0, right: self.cols() };
    }
}
