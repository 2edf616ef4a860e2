//! The nodes of rows, kept for as long as their rows stay as they are: a row that has not changed is neither made nor
//! compared.

use super::View;
use crate::draw::parts::Parts;
use crate::draw::row;
use gtk::glib;
use gtk::graphene::Point;
use gtk::gsk;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use scarab_protocol::grid::RowIdentity;
use std::collections::HashMap;
use std::time::Duration;

/// Nodes of rows that are not on the screen are kept up to so many: a page back and forth.
const SPARE: usize = 200;

/// Which row a node shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Screen(RowIdentity, u64),
    History(u64, usize),
}

/// Rows that have been shown for so long without a new frame will stay, as far as can be known.
const STAYS: Duration = Duration::from_millis(200);

/// The node of a row; `None` where there is nothing to see.
#[derive(Debug)]
pub(super) struct Made {
    node: Option<gsk::RenderNode>,
    recorded: bool,
    /// So far from the top it was shown last, and the node that does it: compared with itself in the next frame.
    placed: Option<(f32, gsk::RenderNode)>,
    /// The frame that it was drawn in last.
    drawn: u64,
}

/// The nodes of rows.
#[derive(Debug, Default)]
pub(super) struct Kept {
    rows: HashMap<Key, Made>,
    /// What the row with the cursor was made of last, and which one that was.
    typed_into: (Option<Key>, Parts),
    /// What is drawn in this frame is recorded.
    pub(super) record: bool,
    /// Something of this frame is not.
    pub(super) plain: bool,
    /// What nodes are made with beside their rows: colours, reversed or not, and how history is wrapped.
    pub(super) made_with: (u64, bool, u16, u64),
    /// Counts frames: what was not drawn for a while goes.
    drawn: u64,
}

impl Kept {
    /// Fonts or colours have changed.
    pub(super) fn forget(&mut self) {
        self.rows.clear();
        self.typed_into = Default::default();
    }

    /// A row, made where there is none. What is about to change is never recorded: as it is, only the text in it that
    /// changes is drawn anew.
    pub(super) fn row(&mut self, key: Key, make: impl FnOnce() -> Option<gsk::RenderNode>) -> &mut Made {
        let made = self.rows.entry(key).or_insert_with(|| Made::new(make()));
        if self.record && !made.recorded {
            made.renew(made.node.as_ref().map(row::recorded));
            made.recorded = true;
        }
        self.plain |= !made.recorded;
        made.drawn = self.drawn;
        made
    }

    /// The row with the cursor, which is typed into at this column: drawn in parts when the cursor comes.
    pub(super) fn typed_into(
        &mut self,
        key: Key,
        col: usize,
        make: impl FnOnce(&mut Parts) -> Option<gsk::RenderNode>,
    ) -> &mut Made {
        let (before, parts) = &mut self.typed_into;
        if before.replace(key) != Some(key) || !self.rows.contains_key(&key) {
            self.rows.insert(key, Made::new(make(parts)));
        }
        let made = self.rows.entry(key).or_insert_with(|| Made::new(None));
        if parts.plain_beside(col) {
            if self.record {
                made.renew(parts.recorded_beside(col));
            }
            self.plain |= !self.record;
        }
        made.drawn = self.drawn;
        made
    }

    /// A frame is done.
    pub(super) fn next_frame(&mut self, rows: usize) {
        if self.rows.len() > rows + SPARE {
            let drawn = self.drawn;
            self.rows.retain(|_, made| made.drawn == drawn);
        }
        self.drawn += 1;
        (self.record, self.plain) = (false, false);
    }
}

impl Made {
    fn new(node: Option<gsk::RenderNode>) -> Self {
        Self { node, recorded: false, placed: None, drawn: 0 }
    }

    fn renew(&mut self, node: Option<gsk::RenderNode>) {
        (self.node, self.placed) = (node, None);
    }

    pub(super) fn node(&self) -> Option<&gsk::RenderNode> {
        self.node.as_ref()
    }

    /// The node that shows it so far from the top.
    pub(super) fn placed(&mut self, top: f32) -> Option<&gsk::RenderNode> {
        let node = self.node.as_ref()?;
        if self.placed.as_ref().is_none_or(|(at, _)| *at != top) {
            let there = gsk::Transform::new().translate(&Point::new(0.0, top));
            self.placed = Some((top, gsk::TransformNode::new(node, Some(&there)).upcast()));
        }
        self.placed.as_ref().map(|(_, node)| node)
    }
}

impl View {
    /// Records what is shown once nothing has been drawn for a while: what changes all the time would only pay for it.
    pub(super) fn record_later(&self) {
        let view = self.downgrade();
        let source = glib::timeout_add_local_once(STAYS, move || {
            if let Some(view) = view.upgrade() {
                view.imp().recording.take();
                view.imp().kept.borrow_mut().record = true;
                view.queue_draw();
            }
        });
        if let Some(before) = self.imp().recording.replace(Some(source)) {
            before.remove();
        }
    }
}
