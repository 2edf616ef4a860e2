//! The nodes of rows, kept for as long as their rows stay as they are: a row that has not changed is neither made nor
//! compared.

use super::View;
use crate::draw::row;
use gtk::glib;
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
struct Made {
    node: Option<gsk::RenderNode>,
    recorded: bool,
    /// The frame that it was drawn in last.
    drawn: u64,
}

/// The nodes of rows.
#[derive(Debug, Default)]
pub(super) struct Kept {
    rows: HashMap<Key, Made>,
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
    }

    /// The node of a row, made where there is none. A row that is about to change is never recorded: as it is, only the text
    /// in it that changes is drawn anew.
    pub(super) fn row(
        &mut self,
        key: Key,
        stays: bool,
        make: impl FnOnce() -> Option<gsk::RenderNode>,
    ) -> Option<gsk::RenderNode> {
        let drawn = self.drawn;
        let made = self.rows.entry(key).or_insert_with(|| Made { node: make(), recorded: false, drawn });
        if self.record && stays && !made.recorded {
            made.node = made.node.as_ref().map(row::recorded);
            made.recorded = true;
        }
        self.plain |= stays && !made.recorded;
        made.drawn = drawn;
        made.node.clone()
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
