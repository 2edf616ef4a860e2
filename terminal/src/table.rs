//! An interning table: equal values once, each under a small number that only grows until the table
//! is compacted. Styles, clusters and links are kept in one each.
//!
//! Numbers are stable within an epoch, and entries are only appended within it, so that whoever keeps
//! a copy takes over the tail and starts anew when the epoch changes.

use crate::checkpoint::{Damaged, Reader, Saved, damaged};

/// A table of interned values.
///
/// ```text
///  index   | 0 | 3 | 0 | 1 | 0 | 2 |…   open addressing; 0 is empty, n names entries[n - 1]
///  entries | A | B | C |
///  hashes  | . | . | . |
/// ```
#[derive(Debug)]
pub(crate) struct Table<T> {
    entries: Vec<T>,
    hashes: Vec<u64>,
    index: Vec<u32>,
    /// Entries it may hold now; a table starts small because each viewer's frame carries a copy.
    capacity: usize,
    /// Entries it may ever hold.
    limit: usize,
    epoch: u64,
    /// Insertions still to be refused before compacting is worth trying again.
    refusals: usize,
}

impl<T> Table<T> {
    pub(crate) fn new(capacity: usize, limit: usize) -> Self {
        Self {
            entries: Vec::new(),
            hashes: Vec::new(),
            index: vec![0; 64],
            capacity,
            limit,
            epoch: 0,
            refusals: 0,
        }
    }

    pub(crate) fn entries(&self) -> &[T] {
        &self.entries
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(crate) fn find(&self, hash: u64, matches: impl Fn(&T) -> bool) -> Option<usize> {
        let mask = self.index.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            match self.index[slot] {
                0 => return None,
                number => {
                    let entry = number as usize - 1;
                    if self.hashes[entry] == hash && matches(&self.entries[entry]) {
                        return Some(entry);
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Values that can be appended now.
    pub(crate) fn room(&self) -> usize {
        self.capacity - self.entries.len()
    }

    /// Appends a value that [`Table::find`] did not know; `None` when the table is full.
    pub(crate) fn insert(&mut self, hash: u64, value: T) -> Option<usize> {
        if self.entries.len() >= self.capacity {
            return None;
        }
        // At most half full, so that a probe always ends.
        if (self.entries.len() + 1) * 2 > self.index.len() {
            self.rebuild(self.index.len() * 2);
        }
        self.entries.push(value);
        self.hashes.push(hash);
        self.link(self.entries.len() - 1);
        Some(self.entries.len() - 1)
    }

    /// Makes room without compacting, if it may hold more than it does.
    pub(crate) fn grow(&mut self) -> bool {
        let grows = self.capacity < self.limit;
        self.capacity = (self.capacity * 2).min(self.limit);
        grows
    }

    /// Compacting gained next to nothing: not to be tried again at every insertion.
    pub(crate) fn refuse(&mut self) {
        self.refusals = self.limit;
    }

    /// Whether a full table should be compacted now. A table full of live entries gains nothing, and
    /// marking costs the whole screen, so that it is tried again only now and then.
    pub(crate) fn worth_compacting(&mut self) -> bool {
        if self.refusals == 0 {
            return true;
        }
        self.refusals -= 1;
        false
    }

    /// Keeps the entries marked live, renumbers them in order and returns the new number of each
    /// (`u32::MAX` for the dropped). Begins an epoch.
    pub(crate) fn compact(&mut self, live: &[bool]) -> Vec<u32> {
        let mut renumbered = vec![u32::MAX; self.entries.len()];
        let mut kept = 0u32;
        let mut position = 0;
        let hashes = &mut self.hashes;
        let mut kept_hashes = Vec::new();
        self.entries.retain(|_| {
            let keep = live.get(position).copied().unwrap_or(false);
            if keep {
                renumbered[position] = kept;
                kept += 1;
                kept_hashes.push(hashes[position]);
            }
            position += 1;
            keep
        });
        *hashes = kept_hashes;
        let kept = kept as usize;
        if kept * 2 > self.capacity {
            self.capacity = (self.capacity * 2).min(self.limit);
        }
        self.refusals = 0;
        if self.capacity - kept < self.capacity / 16 {
            self.refuse();
        }
        self.rebuild((kept * 4).next_power_of_two().max(64));
        self.epoch += 1;
        renumbered
    }

    /// Puts other values in the place of the entries, in their order.
    pub(crate) fn replace(&mut self, values: impl Iterator<Item = (u64, T)>) {
        (self.hashes, self.entries) = values.unzip();
        self.rebuild(self.index.len());
    }

    /// For a checkpoint: the entries by `entry`, and when it grows and compacts.
    pub(crate) fn save(&self, to: &mut Vec<u8>, entry: impl Fn(&T, &mut Vec<u8>)) {
        let Self { entries, hashes: _, index: _, capacity, limit: _, epoch, refusals } = self;
        (*capacity, *epoch, *refusals).save(to);
        (entries.len() as u32).save(to);
        entries.iter().for_each(|value| entry(value, to));
    }

    /// Reads it back; `entry` gives each value with its hash.
    pub(crate) fn load(
        from: &mut Reader<'_>,
        limit: usize,
        mut entry: impl FnMut(&mut Reader<'_>) -> Result<(u64, T), Damaged>,
    ) -> Result<Self, Damaged> {
        let (capacity, epoch, refusals) = Saved::load(from)?;
        let mut table = Self { capacity, epoch, refusals, ..Self::new(capacity, limit) };
        let length = from.length(1)?;
        if capacity > limit || length > capacity || refusals > limit {
            return damaged("a table is larger than it may be");
        }
        for _ in 0..length {
            let (hash, value) = entry(from)?;
            table.insert(hash, value);
        }
        Ok(table)
    }

    fn rebuild(&mut self, slots: usize) {
        self.index.clear();
        self.index.resize(slots, 0);
        for entry in 0..self.entries.len() {
            self.link(entry);
        }
    }

    fn link(&mut self, entry: usize) {
        let mask = self.index.len() - 1;
        let mut slot = self.hashes[entry] as usize & mask;
        while self.index[slot] != 0 {
            slot = (slot + 1) & mask;
        }
        self.index[slot] = entry as u32 + 1;
    }
}

/// Mixes one word into a hash. Multiply and fold: quick and the same on every run; a program that
/// makes its own styles collide slows only its own session.
#[inline]
pub(crate) fn mix(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash ^ word) * 0x9E37_79B9_7F4A_7C15;
    (product >> 64) as u64 ^ product as u64
}

/// The hash of a text.
pub(crate) fn hash_text(text: &str) -> u64 {
    text.as_bytes().chunks(8).fold(0x5CA2_AB00 + text.len() as u64, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mix(hash, u64::from_le_bytes(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intern(table: &mut Table<u64>, value: u64) -> Option<usize> {
        let hash = mix(1, value % 7);
        table.find(hash, |entry| *entry == value).or_else(|| table.insert(hash, value))
    }

    #[test]
    fn equal_values_share_a_number_even_when_hashes_collide() {
        let mut table = Table::new(500, 500);
        for value in 0..500 {
            assert_eq!(intern(&mut table, value), Some(value as usize));
        }
        for value in 0..500 {
            assert_eq!(intern(&mut table, value), Some(value as usize));
        }
        assert_eq!(intern(&mut table, 500), None);
    }

    #[test]
    fn compacting_keeps_order_and_findability() {
        let mut table = Table::new(16, 64);
        for value in 0..16 {
            intern(&mut table, value);
        }
        let live: Vec<bool> = (0..16).map(|value| value % 3 == 0).collect();
        let renumbered = table.compact(&live);
        assert_eq!(table.epoch(), 1);
        assert_eq!(table.entries(), [0, 3, 6, 9, 12, 15]);
        assert_eq!(renumbered[9], 3);
        assert_eq!(renumbered[10], u32::MAX);
        assert_eq!(intern(&mut table, 9), Some(3));
        assert_eq!(intern(&mut table, 10), Some(6));
    }

    #[test]
    fn a_table_of_live_entries_grows_to_its_limit_and_then_refuses() {
        let mut table = Table::new(16, 64);
        for value in 0..200 {
            if intern(&mut table, value).is_none() && table.worth_compacting() {
                let live = vec![true; table.entries().len()];
                table.compact(&live);
                intern(&mut table, value);
            }
        }
        assert_eq!(table.entries().len(), 64);
        // Three times it grew; then it was tried again once for as many refusals as it has entries.
        assert_eq!(table.epoch(), 3 + 200 / 65 - 1);
    }
}
