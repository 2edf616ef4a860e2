//! Tab stops: at first one every eight columns, as on every terminal since the VT100.

use crate::checkpoint::{Damaged, Reader, Saved};
use crate::size::Size;

/// The columns where a tab stops. As many as the widest screen has, so that stops outlive a
/// screen that is narrow for a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tabs(Vec<bool>);

impl Tabs {
    pub(crate) fn new() -> Self {
        Self((0..usize::from(Size::MAX_COLS)).map(|col| col > 0 && col % 8 == 0).collect())
    }

    pub(crate) fn set(&mut self, col: usize, on: bool) {
        if let Some(stop) = self.0.get_mut(col) {
            *stop = on;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.fill(false);
    }

    /// The next stop after `col`, or `last`.
    pub(crate) fn next(&self, col: usize, last: usize) -> usize {
        (col + 1..last).find(|col| self.0[*col]).unwrap_or(last)
    }

    /// The stop before `col`, or `first`.
    pub(crate) fn previous(&self, col: usize, first: usize) -> usize {
        (first..col).rev().find(|col| self.0[*col]).unwrap_or(first)
    }

    /// The stops of a screen this wide, counted from 1 (DECTABSR).
    pub(crate) fn columns(&self, cols: usize) -> impl Iterator<Item = usize> {
        self.0.iter().take(cols).enumerate().filter(|(_, stop)| **stop).map(|(col, _)| col + 1)
    }
}

impl Saved for Tabs {
    fn save(&self, to: &mut Vec<u8>) {
        let Self(stops) = self;
        to.extend(stops.chunks(8).map(|eight| {
            eight.iter().enumerate().fold(0, |byte, (place, stop)| byte | u8::from(*stop) << place)
        }));
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let cols = usize::from(Size::MAX_COLS);
        let bytes = from.take(cols.div_ceil(8))?;
        Ok(Self((0..cols).map(|col| bytes[col / 8] & 1 << (col % 8) != 0).collect()))
    }
}
