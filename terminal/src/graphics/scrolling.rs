//! How placements follow their lines. Lines are numbered on for as long as a screen lives, so that scrolling the
//! whole of it moves no placement: only the number of its top line grows.

use std::ops::Range;

use super::{Graphics, Placement};

impl Graphics {
    /// The rows of `region` have moved up by `count`, on a screen of `rows` rows. `numbered`: what left at the top has
    /// kept its numbers, in history or beyond the screen; otherwise it is gone.
    pub(crate) fn scroll_up(
        &mut self,
        alternate: bool,
        region: Range<usize>,
        count: usize,
        rows: usize,
        numbered: bool,
    ) {
        let top = self.top(alternate);
        let count = count as i64;
        if numbered {
            self.tops[usize::from(alternate)] += count;
        }
        let whole = region.len() == rows;
        // With the whole of the primary screen all placements keep their numbers.
        if self.placements.is_empty() || (numbered && whole && !alternate) {
            return;
        }
        let (start, end) = (top + region.start as i64, top + region.end as i64);
        self.follow(alternate, |placement| {
            let inside = (whole || placement.end() <= end) && (numbered || placement.begin() >= start);
            match (inside, numbered) {
                (true, true) | (false, false) => {}
                // It keeps its place on the screen.
                (false, true) => placement.line += count,
                (true, false) => {
                    placement.line -= count;
                    let cut = (start - placement.line).clamp(0, i64::from(placement.last));
                    placement.first = placement.first.max(cut as u32);
                }
            }
        });
    }

    /// The rows of `region` have moved down by `count`.
    pub(crate) fn scroll_down(&mut self, alternate: bool, region: Range<usize>, count: usize) {
        if self.placements.is_empty() {
            return;
        }
        let top = self.top(alternate);
        let (start, end) = (top + region.start as i64, top + region.end as i64);
        self.follow(alternate, |placement| {
            if placement.begin() >= start && placement.end() <= end {
                placement.line += count as i64;
                let cut = (end - placement.line).clamp(i64::from(placement.first), i64::from(placement.last));
                placement.last = cut as u32;
            }
        });
    }

    /// Moves those that have a place, and takes away what nobody can see any more.
    fn follow(&mut self, alternate: bool, mut change: impl FnMut(&mut Placement)) {
        let of_screen = |placement: &Placement| placement.alternate == alternate && placement.has_place();
        self.placements.iter_mut().filter(|placement| of_screen(placement)).for_each(&mut change);
        self.revision += 1;
        // The alternate screen has no history.
        let gone = if alternate { self.top(true) } else { i64::MIN };
        let unseen = |placement: &Placement| placement.first >= placement.last || placement.end() <= gone;
        if self.placements.iter().any(|placement| of_screen(placement) && unseen(placement)) {
            self.remove(false, |placement, _| of_screen(placement) && unseen(placement));
        }
    }

    /// The row with this index goes into history, as a part of the line that has this number there, which is asked for
    /// only if it is needed. The rows above it have gone, but are still counted.
    pub(crate) fn retire_line(&mut self, index: usize, history_line: impl FnOnce() -> u64) {
        if self.placements.is_empty() {
            return;
        }
        let line = self.tops[0] + index as i64;
        let here = |placement: &&mut Placement| {
            !placement.alternate && placement.has_place() && placement.line == line
        };
        let mut here = self.placements.iter_mut().filter(here).peekable();
        if here.peek().is_some() {
            let number = history_line();
            here.for_each(|placement| placement.history_line = Some(number));
            self.revision += 1;
        }
    }

    /// History has no line before this one any more.
    pub(crate) fn forget_before(&mut self, oldest: u64) {
        let is_gone = |placement: &Placement| {
            // A row of cells is a line, or less.
            let end = placement.history_line.map(|line| line.saturating_add(u64::from(placement.last)));
            end.is_some_and(|end| end <= oldest)
        };
        if self.placements.iter().any(is_gone) {
            self.remove(false, |placement, _| is_gone(placement));
        }
    }

    /// So many rows have gone into history.
    pub(crate) fn number_on(&mut self, rows: usize) {
        self.tops[0] += rows as i64;
    }

    /// History's last piece was taken back.
    pub(crate) fn number_back(&mut self) {
        self.tops[0] -= 1;
    }

    /// History is gone, and with it what was shown there.
    pub(crate) fn forget_history(&mut self) {
        let top = self.top(false);
        for placement in self.placements.iter_mut().filter(|placement| !placement.alternate) {
            let cut = (top - placement.line).clamp(0, i64::from(placement.last));
            if placement.has_place() {
                placement.first = placement.first.max(cut as u32);
            }
        }
        self.remove(true, |placement, _| placement.first >= placement.last);
    }

    /// The rows above the last `rows` of the alternate screen are cut off.
    pub(crate) fn cut_alternate(&mut self, above: usize) {
        self.tops[1] += above as i64;
        self.follow(true, |_| {});
    }

    /// Takes away what is seen on a screen of `rows` rows.
    pub(crate) fn clear_screen(&mut self, alternate: bool, rows: usize, free: bool) {
        let top = self.top(alternate);
        let bottom = top + rows as i64;
        self.remove(free, |placement, _| {
            placement.alternate == alternate
                && placement.has_place()
                && placement.begin() < bottom
                && placement.end() > top
        });
    }
}
