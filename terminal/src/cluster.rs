//! Grapheme clusters of more than one character (UAX 29), interned: a cell has room for one
//! character only.

use crate::checkpoint::{Damaged, Reader, Saved, damaged, save_text};
use crate::table::{Table, hash_text};

/// The number of a cluster in [`Clusters`], valid within an epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub struct ClusterId(pub(crate) u32);

impl ClusterId {
    /// Its place in [`Clusters::entries`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// All clusters that cells refer to.
#[derive(Debug)]
pub struct Clusters(pub(crate) Table<Box<str>>);

impl Saved for Clusters {
    fn save(&self, to: &mut Vec<u8>) {
        let Self(table) = self;
        table.save(to, |text, to| save_text(text, to));
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let table = Table::load(from, Self::LIMIT, |from| {
            let text = String::load(from)?;
            if text.is_empty() || text.len() > Self::MAX_BYTES {
                return damaged("no cluster has this length");
            }
            Ok((hash_text(&text), text.into_boxed_str()))
        })?;
        Ok(Self(table))
    }
}

impl Clusters {
    /// Bytes of UTF-8 in a cluster at most: the longest emoji sequences have 35; characters beyond
    /// are dropped.
    pub const MAX_BYTES: usize = 64;
    /// Entries at first, and at most (4 MiB of text); beyond, a cluster is shown by its first character.
    const CAPACITY: usize = 1024;
    const LIMIT: usize = 1 << 16;

    pub(crate) fn new() -> Self {
        Self(Table::new(Self::CAPACITY, Self::LIMIT))
    }

    /// The text of the cluster with this number.
    pub fn get(&self, id: ClusterId) -> &str {
        self.0.entries().get(id.index()).map_or("\u{FFFD}", |text| text)
    }

    /// Changes when the clusters were renumbered; within an epoch entries are only appended.
    pub fn epoch(&self) -> u64 {
        self.0.epoch()
    }

    /// All entries, [`ClusterId`]s being their places.
    pub fn entries(&self) -> &[Box<str>] {
        self.0.entries()
    }

    /// How many more there is room for without renumbering.
    pub(crate) fn room(&self) -> usize {
        self.0.room()
    }

    /// The number of this cluster; `None` when the table is full.
    pub(crate) fn intern(&mut self, text: &str) -> Option<ClusterId> {
        let hash = hash_text(text);
        self.0
            .find(hash, |entry| &**entry == text)
            .or_else(|| self.0.insert(hash, text.into()))
            .map(|number| ClusterId(number as u32))
    }
}
