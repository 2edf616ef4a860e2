//! Who is told what happens: connections that subscribed, and viewers of what only the service knows.
//!
//! Told from the sessions' threads, so it is a list of its own under a short lock, apart from the registry.

use crate::control::outbox::Outbox;
use scarab_protocol::SessionId;
use scarab_protocol::message::ToClient;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A connection, while the service lives: counted up, never reused.
pub type ConnectionId = u64;

/// Most sessions one connection may subscribe to by name; `*` has no number.
const MOST_WATCHED: usize = 1000;

/// All subscriptions.
#[derive(Debug, Default)]
pub struct Subscriptions {
    watchers: Mutex<HashMap<ConnectionId, Watcher>>,
}

#[derive(Debug)]
struct Watcher {
    outbox: Arc<Outbox>,
    all: bool,
    some: BTreeSet<SessionId>,
    /// The session it is attached to sends it a copy of its events already.
    attached: Option<SessionId>,
}

impl Watcher {
    fn new(outbox: &Arc<Outbox>) -> Self {
        Watcher { outbox: outbox.clone(), all: false, some: BTreeSet::new(), attached: None }
    }
}

/// What of the sessions a connection wants to hear of.
#[derive(Clone, Copy, Debug)]
pub enum Watched {
    /// All, and those yet to come.
    All,
    /// One.
    One(SessionId),
}

impl Subscriptions {
    /// Adds to what a connection is told; false when it would be too much.
    pub fn add(&self, connection: ConnectionId, outbox: &Arc<Outbox>, what: Watched) -> bool {
        let mut watchers = self.lock();
        let watcher = watchers.entry(connection).or_insert_with(|| Watcher::new(outbox));
        match what {
            Watched::All => watcher.all = true,
            Watched::One(session) if watcher.some.len() < MOST_WATCHED => {
                watcher.some.insert(session);
            }
            Watched::One(session) => return watcher.some.contains(&session),
        }
        true
    }

    /// A connection views this session now, and has its events from there.
    pub fn attached(&self, connection: ConnectionId, outbox: &Arc<Outbox>, session: SessionId) {
        let mut watchers = self.lock();
        watchers.entry(connection).or_insert_with(|| Watcher::new(outbox)).attached = Some(session);
    }

    /// A connection views this session no more.
    pub fn detached(&self, connection: ConnectionId, session: SessionId) {
        let mut watchers = self.lock();
        if let Some(watcher) = watchers.get_mut(&connection) {
            if watcher.attached == Some(session) {
                watcher.attached = None;
            }
            if watcher.attached.is_some() {
                return; // another one already
            }
            if !watcher.all && watcher.some.is_empty() {
                watchers.remove(&connection);
            }
        }
    }

    /// The connection is gone.
    pub fn remove(&self, connection: ConnectionId) {
        self.lock().remove(&connection);
    }

    /// A session is gone; its id never comes back.
    pub fn forget(&self, session: SessionId) {
        for watcher in self.lock().values_mut() {
            watcher.some.remove(&session);
        }
    }

    /// An event that a session sends to its viewers too.
    pub fn session_event(&self, session: SessionId, event: &ToClient) {
        // The clipboard is a matter of who has the session before their eyes.
        if !matches!(event, ToClient::ClipboardSet(_) | ToClient::ClipboardRead(_)) {
            self.tell(session, event, false);
        }
    }

    /// An event that only the service knows of: viewers have it from nobody else.
    pub fn service_event(&self, session: SessionId, event: &ToClient) {
        self.tell(session, event, true);
    }

    fn tell(&self, session: SessionId, event: &ToClient, to_viewers: bool) {
        for watcher in self.lock().values() {
            let views = watcher.attached == Some(session);
            let told = if views { to_viewers } else { watcher.all || watcher.some.contains(&session) };
            if told {
                watcher.outbox.event(event.clone());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Watcher>> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
