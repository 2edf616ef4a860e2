//! How often programs may choose the size of their session. Each time wraps the whole screen and history's end anew,
//! for a dozen bytes: unbounded, a program that does nothing else would cost its session's thread a hundred times what
//! any other output costs. Counted in bytes of output, so that a replay of the same bytes comes to the same sizes.

use crate::checkpoint::saved_struct;

/// What output has earned, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ResizePace {
    earned: u32,
}

saved_struct!(ResizePace { earned });

impl Default for ResizePace {
    fn default() -> Self {
        Self { earned: Self::MOST }
    }
}

impl ResizePace {
    /// What one costs: sixteen to a full read of a PTY, and no more than writing every cell as often.
    const COST: u32 = 256;
    /// What can be saved up: a program that draws nothing else may do it so often in a row.
    const MOST: u32 = 32 * Self::COST;

    /// So many bytes have been taken in.
    pub(crate) fn pass(&mut self, bytes: usize) {
        self.earned = u32::try_from(bytes).unwrap_or(u32::MAX).saturating_add(self.earned).min(Self::MOST);
    }

    /// Whether it may happen now; then it does.
    pub(crate) fn take(&mut self) -> bool {
        let left = self.earned.checked_sub(Self::COST);
        self.earned = left.unwrap_or(self.earned);
        left.is_some()
    }

    pub(crate) fn verify_integrity(self) -> Result<(), String> {
        if self.earned > Self::MOST { Err(format!("{} bytes are earned", self.earned)) } else { Ok(()) }
    }
}
