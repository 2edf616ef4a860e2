//! The viewers of a session: who may be rung, whose size and colours count, who has the focus.

use super::spec::{Inlet, Joining, Outbox, ViewerId};
use rustix::fd::{AsFd, BorrowedFd};
use scarab_protocol::grid::{Bell, Heard};
use scarab_protocol::message::event::{DetachReason, Detached};
use scarab_protocol::message::{SessionId, Size, ToClient, ViewerColours, ViewerInfo};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};

/// Bells that the parsing thread rings itself: each costs it 2 to 6 µs, and every hop to another thread costs
/// an echo more than that.
const RUNG_HERE: usize = 2;
/// Rounds of bells that may wait for the ringing thread; beyond, the parsing thread rings itself.
const RINGING_QUEUE: usize = 256;

/// One attached viewer.
pub(super) struct Viewer {
    pub(super) id: ViewerId,
    pub(super) pid: u32,
    pub(super) name: String,
    pub(super) read_only: bool,
    pub(super) size: Size,
    pub(super) colours: ViewerColours,
    /// It has the keyboard.
    pub(super) focused: bool,
    /// Attached since, µs since the epoch.
    pub(super) since: u64,
    pub(super) outbox: Arc<dyn Outbox>,
    pub(super) bell: Arc<Bell>,
    /// Its end of the bell is closed: it is not listened to any more.
    pub(super) deaf: bool,
    /// What it does is read here, while it does nothing else.
    pub(super) inlet: Option<Box<dyn Inlet>>,
    /// When it was last used, counted in uses of the session.
    used: u64,
}

impl Viewer {
    /// Tells one that was taken away why.
    pub(super) fn detached(&self, session: SessionId, reason: DetachReason) {
        self.outbox.push(Detached { session, reason }.into());
    }
}

/// All of a session's viewers.
#[derive(Default)]
pub(super) struct Viewers {
    list: Vec<Viewer>,
    uses: u64,
}

impl Viewers {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Viewer> {
        self.list.iter()
    }

    pub(super) fn get_mut(&mut self, id: ViewerId) -> Option<&mut Viewer> {
        self.list.iter_mut().find(|viewer| viewer.id == id)
    }

    /// Adds one; it counts as used at once if it may act.
    pub(super) fn add(&mut self, joining: Joining, since: u64, bell: Arc<Bell>) {
        let Joining { viewer: id, pid, name, read_only, size, colours, outbox, .. } = joining;
        self.list.push(Viewer {
            id,
            pid,
            name,
            read_only,
            size,
            colours,
            // It is taken to have the keyboard until it says otherwise: not every terminal tells its focus.
            focused: !read_only,
            since,
            outbox,
            bell,
            deaf: false,
            inlet: None,
            used: 0,
        });
        if !read_only {
            self.used(id);
        }
    }

    /// Takes one away.
    pub(super) fn remove(&mut self, id: ViewerId) -> Option<Viewer> {
        let at = self.list.iter().position(|viewer| viewer.id == id)?;
        Some(self.list.remove(at))
    }

    /// Takes all away.
    pub(super) fn remove_all(&mut self) -> Vec<Viewer> {
        std::mem::take(&mut self.list)
    }

    /// A person has used this one: its size and colours count from now on.
    pub(super) fn used(&mut self, id: ViewerId) {
        self.uses += 1;
        let uses = self.uses;
        if let Some(viewer) = self.get_mut(id) {
            viewer.used = uses;
        }
    }

    /// The one that was used last.
    pub(super) fn last_used(&self) -> Option<&Viewer> {
        self.list
            .iter()
            .filter(|viewer| !viewer.read_only && viewer.used > 0)
            .max_by_key(|viewer| viewer.used)
    }

    /// The one that a question for a person goes to: with the focus, else last used.
    pub(super) fn in_front(&self) -> Option<&Viewer> {
        let focused = self.list.iter().filter(|viewer| viewer.focused && !viewer.read_only);
        focused.max_by_key(|viewer| viewer.used).or_else(|| self.last_used())
    }

    /// Some viewer has the session in focus.
    pub(super) fn focused(&self) -> bool {
        self.list.iter().any(|viewer| viewer.focused && !viewer.read_only)
    }

    /// Some viewer waits for a frame.
    pub(super) fn armed(&self) -> bool {
        self.list.iter().any(|viewer| viewer.bell.is_armed())
    }

    /// Rings those that wait for a frame, the one used last first.
    pub(super) fn ring(&self) {
        let first = self.last_used();
        let others = self.list.iter().filter(|viewer| first.is_none_or(|first| first.id != viewer.id));
        let mut rung = 0;
        let mut rest = Vec::new();
        for viewer in first.into_iter().chain(others) {
            if rung < RUNG_HERE {
                rung += usize::from(viewer.bell.ring_if_armed());
            } else if viewer.bell.is_armed() {
                rest.push(Arc::clone(&viewer.bell));
            }
        }
        if !rest.is_empty() {
            ring_elsewhere(rest);
        }
    }

    /// What viewers have to say over their bells; those who hung up are not listened to again.
    pub(super) fn hear(&mut self) {
        for viewer in &mut self.list {
            if !viewer.deaf && viewer.bell.take_asks() == Heard::Closed {
                viewer.deaf = true;
            }
        }
    }

    /// Some viewer's doings are read here.
    pub(super) fn listened_to(&self) -> bool {
        self.list.iter().any(|viewer| viewer.inlet.is_some())
    }

    /// The sockets over which viewers act.
    pub(super) fn inlets(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.list.iter().filter_map(|viewer| viewer.inlet.as_ref()?.socket())
    }

    /// Does what viewers have sent.
    pub(super) fn serve(&mut self) {
        for viewer in &mut self.list {
            viewer.inlet.take_if(|inlet| !inlet.serve());
        }
    }

    /// The descriptors on which viewers may ask for a frame.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.list.iter().filter(|viewer| !viewer.deaf).map(|viewer| viewer.bell.as_fd())
    }

    /// Gives every viewer a copy.
    pub(super) fn tell(&self, message: &ToClient) {
        for viewer in &self.list {
            viewer.outbox.push(message.clone());
        }
    }

    /// For listings.
    pub(super) fn infos(&self) -> Vec<ViewerInfo> {
        let info = |viewer: &Viewer| ViewerInfo {
            pid: viewer.pid,
            name: viewer.name.clone(),
            size: viewer.size,
            read_only: viewer.read_only,
            since: viewer.since,
        };
        self.list.iter().map(info).collect()
    }
}

/// Rings on the thread that all sessions share for that; here if it has too much to do or cannot be had.
fn ring_elsewhere(bells: Vec<Arc<Bell>>) {
    static RINGER: OnceLock<Option<SyncSender<Vec<Arc<Bell>>>>> = OnceLock::new();
    let ringer = RINGER.get_or_init(|| {
        let (sender, receiver) = sync_channel::<Vec<Arc<Bell>>>(RINGING_QUEUE);
        let ring = move || receiver.iter().for_each(ring_all);
        std::thread::Builder::new().name("bells".to_owned()).stack_size(64 << 10).spawn(ring).ok()?;
        Some(sender)
    });
    let Some(ringer) = ringer else { return ring_all(bells) };
    if let Err(TrySendError::Full(bells) | TrySendError::Disconnected(bells)) = ringer.try_send(bells) {
        ring_all(bells);
    }
}

fn ring_all(bells: Vec<Arc<Bell>>) {
    for bell in bells {
        bell.ring_if_armed();
    }
}
