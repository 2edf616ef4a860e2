//! Hyperlinks (OSC 8) that cells refer to through their style, interned.

use std::num::NonZeroU16;

use crate::checkpoint::{Damaged, Reader, Saved, damaged, save_text};
use crate::table::{Table, hash_text, mix};

/// A hyperlink.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct Link {
    /// Links with the same id and address are one link, however many runs of cells it has. The
    /// program names it, or else it is made up and unlike all others.
    pub id: Box<str>,
    /// Where it leads.
    pub uri: Box<str>,
}

impl Link {
    /// The longest id kept, in bytes (as VTE).
    pub const MAX_ID: usize = 250;
    /// The longest address kept, in bytes (as VTE): longer links are no links.
    pub const MAX_URI: usize = 2083;
}

/// The number of a link in [`Links`], valid within an epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub struct LinkId(NonZeroU16);

impl Saved for LinkId {
    fn save(&self, to: &mut Vec<u8>) {
        let Self(number) = self;
        number.get().save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        NonZeroU16::new(u16::load(from)?).map_or_else(|| damaged("no link"), |number| Ok(Self(number)))
    }
}

impl LinkId {
    fn from_index(index: usize) -> Option<Self> {
        u16::try_from(index + 1).ok().and_then(NonZeroU16::new).map(Self)
    }

    /// Its place in [`Links::entries`].
    pub fn index(self) -> usize {
        usize::from(self.0.get()) - 1
    }

    pub(crate) fn renumbered(self, renumbering: &[u32]) -> Option<Self> {
        renumbering
            .get(self.index())
            .filter(|number| **number != u32::MAX)
            .and_then(|number| Self::from_index(*number as usize))
    }
}

/// All links that cells refer to.
#[derive(Debug)]
pub struct Links {
    pub(crate) table: Table<Link>,
    /// Bytes of text in the table.
    bytes: usize,
}

impl Saved for Links {
    fn save(&self, to: &mut Vec<u8>) {
        let Self { table, bytes: _ } = self;
        table.save(to, |Link { id, uri }, to| {
            save_text(id, to);
            save_text(uri, to);
        });
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let mut bytes = 0;
        let table = Table::load(from, Self::LIMIT, |from| {
            let (id, uri) = (String::load(from)?, String::load(from)?);
            bytes += id.len() + uri.len();
            if id.len() > Link::MAX_ID || uri.len() > Link::MAX_URI || bytes > Self::MAX_BYTES {
                return damaged("links are too long");
            }
            Ok((link_hash(&id, &uri), Link { id: id.into(), uri: uri.into() }))
        })?;
        Ok(Self { table, bytes })
    }
}

fn link_hash(id: &str, uri: &str) -> u64 {
    mix(hash_text(id), hash_text(uri))
}

impl Links {
    /// Entries at first, and at most.
    const CAPACITY: usize = 1024;
    const LIMIT: usize = (1 << 16) - 1;
    /// Bytes of ids and addresses at most: 2,000 links of the greatest length, 50,000 usual ones.
    const MAX_BYTES: usize = 4 << 20;

    pub(crate) fn new() -> Self {
        Self { table: Table::new(Self::CAPACITY, Self::LIMIT), bytes: 0 }
    }

    /// The link with this number.
    pub fn get(&self, id: LinkId) -> Option<&Link> {
        self.table.entries().get(id.index())
    }

    /// Changes when the links were renumbered; within an epoch entries are only appended.
    pub fn epoch(&self) -> u64 {
        self.table.epoch()
    }

    /// All entries, [`LinkId`]s being their places.
    pub fn entries(&self) -> &[Link] {
        self.table.entries()
    }

    /// The number of this link; `None` when the table is full.
    pub(crate) fn intern(&mut self, id: &str, uri: &str) -> Option<LinkId> {
        let hash = link_hash(id, uri);
        let known = self.table.find(hash, |entry| &*entry.id == id && &*entry.uri == uri);
        known
            .or_else(|| {
                let bytes = id.len() + uri.len();
                if self.bytes + bytes > Self::MAX_BYTES {
                    return None;
                }
                let number = self.table.insert(hash, Link { id: id.into(), uri: uri.into() })?;
                self.bytes += bytes;
                Some(number)
            })
            .and_then(LinkId::from_index)
    }

    pub(crate) fn compact(&mut self, live: &[bool]) -> Vec<u32> {
        let renumbered = self.table.compact(live);
        self.bytes = self.table.entries().iter().map(|link| link.id.len() + link.uri.len()).sum();
        if self.bytes > Self::MAX_BYTES / 16 * 15 {
            self.table.refuse();
        }
        renumbered
    }
}
