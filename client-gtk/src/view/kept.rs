//! The nodes of rows, kept for as long as their rows stay as they are: a row that has not changed is neither made nor
//! compared.

use crate::draw::parts::Parts;
use crate::draw::row;
use gtk::gsk;
use scarab_protocol::grid::RowIdentity;
use std::collections::HashMap;

/// Nodes of rows that are not on the screen are kept up to so many: a page back and forth.
const SPARE: usize = 200;

/// Which row a node shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Screen(RowIdentity, u64),
    History(u64, usize),
}

/// The node of a row; `None` where there is nothing to see.
#[derive(Clone, Debug)]
pub(super) struct Made {
    /// So far from the top it was made.
    at: f32,
    node: Option<gsk::RenderNode>,
    /// So far from the top it was shown last, and the node that does it: compared with itself in the next frame.
    placed: Option<(f32, gsk::RenderNode)>,
    /// The frame that it was drawn in last.
    drawn: u64,
}

/// The nodes of rows.
#[derive(Debug, Default)]
pub(super) struct Kept {
    rows: HashMap<Key, Made>,
    /// Those with an image between their grounds and their text, as two.
    apart: HashMap<Key, (Made, Made)>,
    /// What the row with the cursor was made of last, and which one that was.
    typed_into: (Option<Key>, Parts),
    /// What nodes are made with beside their rows: colours, reversed or not, how history is wrapped, recorded or not.
    pub(super) made_with: (u64, bool, u16, u64, bool),
    /// Counts frames: what was not drawn for a while goes.
    drawn: u64,
}

impl Kept {
    /// Fonts or colours have changed.
    pub(super) fn forget(&mut self) {
        self.rows.clear();
        self.apart.clear();
        self.typed_into = Default::default();
    }

    /// A row; made where there is none, recorded so far from the top or at the top.
    pub(super) fn row(
        &mut self,
        key: Key,
        recorded: Option<f32>,
        make: impl FnOnce(Option<f32>) -> Option<gsk::RenderNode>,
    ) -> &mut Made {
        let new = || Made::new(make(recorded), recorded.unwrap_or_default());
        let made = self.rows.entry(key).or_insert_with(new);
        made.drawn = self.drawn;
        made
    }

    /// A row's grounds and its text, at the top.
    pub(super) fn apart(
        &mut self,
        key: Key,
        make: impl FnOnce() -> (Option<gsk::RenderNode>, Option<gsk::RenderNode>),
    ) -> (Made, Made) {
        let made = self.apart.entry(key).or_insert_with(|| {
            let (grounds, text) = make();
            (Made::new(grounds, 0.0), Made::new(text, 0.0))
        });
        made.0.drawn = self.drawn;
        made.clone()
    }

    /// The row with the cursor, which is typed into: drawn in parts when the cursor comes.
    pub(super) fn typed_into(
        &mut self,
        key: Key,
        make: impl FnOnce(&mut Parts) -> Option<gsk::RenderNode>,
    ) -> &mut Made {
        let (before, parts) = &mut self.typed_into;
        if before.replace(key) != Some(key) {
            self.rows.remove(&key); // it may have been drawn whole
        }
        let made = self.rows.entry(key).or_insert_with(|| Made::new(make(parts), 0.0));
        made.drawn = self.drawn;
        made
    }

    /// A frame is done.
    pub(super) fn next_frame(&mut self, rows: usize) {
        if self.rows.len() > rows + SPARE {
            let drawn = self.drawn;
            self.rows.retain(|_, made| made.drawn == drawn);
        }
        let drawn = self.drawn;
        self.apart.retain(|_, (grounds, _)| grounds.drawn == drawn);
        self.drawn += 1;
    }
}

impl Made {
    /// A node that was made so far from the top.
    pub(super) fn new(node: Option<gsk::RenderNode>, at: f32) -> Self {
        Self { at, node, placed: None, drawn: 0 }
    }

    /// The node that shows it so far from the top.
    pub(super) fn placed(&mut self, top: f32) -> Option<&gsk::RenderNode> {
        let node = self.node.as_ref()?;
        if top == self.at {
            return Some(node);
        }
        if self.placed.as_ref().is_none_or(|(at, _)| *at != top) {
            self.placed = Some((top, row::moved(node, top - self.at)));
        }
        self.placed.as_ref().map(|(_, node)| node)
    }
}
