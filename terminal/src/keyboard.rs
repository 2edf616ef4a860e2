//! What programs asked of the keyboard: the kitty keyboard protocol's flags, of which each screen has
//! a stack, and xterm's modifyOtherKeys.

use crate::checkpoint::{Damaged, Reader, Saved, damaged};

/// The flags of one screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct KittyFlags {
    stack: [u8; Self::DEPTH],
    /// Entries in use above the lowest one.
    top: usize,
}

impl KittyFlags {
    /// Entries of the stack, twice what kitty has; the oldest is lost when it overflows, as the protocol demands.
    const DEPTH: usize = 16;
    /// The five flags there are.
    const ALL: u8 = 0b1_1111;

    pub(crate) fn current(&self) -> u8 {
        self.stack[self.top]
    }

    pub(crate) fn push(&mut self, flags: u16) {
        if self.top + 1 == Self::DEPTH {
            self.stack.rotate_left(1);
        } else {
            self.top += 1;
        }
        self.stack[self.top] = flags as u8 & Self::ALL;
    }

    pub(crate) fn pop(&mut self, count: usize) {
        for _ in 0..count.min(Self::DEPTH) {
            self.stack[self.top] = 0;
            self.top = self.top.saturating_sub(1);
        }
    }

    /// Sets (`how` 1), adds (2) or removes (3) flags of the current entry.
    pub(crate) fn set(&mut self, flags: u16, how: usize) {
        let flags = flags as u8 & Self::ALL;
        let current = &mut self.stack[self.top];
        match how {
            1 => *current = flags,
            2 => *current |= flags,
            3 => *current &= !flags,
            _ => {}
        }
    }
}

impl Saved for KittyFlags {
    fn save(&self, to: &mut Vec<u8>) {
        let Self { stack, top } = self;
        stack.save(to);
        top.save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let (stack, top) = (<[u8; Self::DEPTH]>::load(from)?, usize::load(from)?);
        if top >= Self::DEPTH { damaged("no place in a stack of flags") } else { Ok(Self { stack, top }) }
    }
}

#[cfg(test)]
mod tests {
    use super::KittyFlags;

    #[test]
    fn the_stack_loses_its_oldest_and_ends_at_nothing() {
        let mut flags = KittyFlags::default();
        for entry in 0..40 {
            flags.push(entry);
        }
        assert_eq!(flags.current(), 39 & 31);
        flags.pop(1);
        assert_eq!(flags.current(), 38 & 31);
        flags.set(0b10000, 2);
        flags.set(0b00010, 3);
        assert_eq!(flags.current(), (38 & 31 | 0b10000) & !0b10);
        flags.pop(9999);
        assert_eq!(flags.current(), 0);
    }
}
