//! What ties a connection to the session it views: the attachment, and the way its session's messages take.

use super::outbox::Outbox;
use crate::service::Service;
use crate::session::{self, Session, ViewerId};
use crate::subscriptions::{ConnectionId, Subscriptions};
use scarab_protocol::SessionId;
use scarab_protocol::message::ToClient;
use std::sync::{Arc, Mutex, PoisonError};

/// Messages kept for a viewer before its `Attached` was queued: microseconds' worth. Beyond, the oldest state is
/// what the attachment's own description tells anyway.
const MOST_HELD: usize = 256;

/// One attachment's way into its connection's outbox.
#[derive(Debug)]
pub struct ViewerOutbox {
    outbox: Arc<Outbox>,
    viewer: ViewerId,
    /// Whose attachment to what it is, for the subscriptions: as long as the session counts it as a viewer, the
    /// connection has that session's events from here and from nowhere else.
    connection: ConnectionId,
    session: SessionId,
    subscriptions: Arc<Subscriptions>,
    way: Mutex<Way>,
}

#[derive(Debug)]
enum Way {
    /// The answer `Attached` is not queued yet; what the session says meanwhile must come after it.
    Held(Vec<ToClient>),
    Open,
    /// The connection has left this attachment: what its session still says belongs to nobody.
    Left,
}

impl ViewerOutbox {
    /// One whose messages wait for [`ViewerOutbox::open`].
    pub fn new(
        outbox: Arc<Outbox>,
        viewer: ViewerId,
        connection: ConnectionId,
        session: SessionId,
        subscriptions: Arc<Subscriptions>,
    ) -> Self {
        let way = Mutex::new(Way::Held(Vec::new()));
        ViewerOutbox { outbox, viewer, connection, session, subscriptions, way }
    }

    /// `Attached` is queued: messages follow.
    pub fn open(&self) {
        let mut way = self.way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Way::Held(held) = std::mem::replace(&mut *way, Way::Open) {
            held.into_iter().for_each(|message| self.deliver(message));
        }
    }

    /// Nothing more is to come.
    pub fn leave(&self) {
        *self.way.lock().unwrap_or_else(PoisonError::into_inner) = Way::Left;
        // After that, so that a session which counts it as a viewer only now cannot undo it.
        self.subscriptions.detached(self.connection, self.session);
    }

    fn deliver(&self, message: ToClient) {
        let detached = matches!(message, ToClient::Detached(_));
        self.outbox.event(message);
        if detached {
            self.outbox.detached(self.viewer);
        }
    }
}

impl session::Outbox for ViewerOutbox {
    fn push(&self, message: ToClient) {
        let mut way = self.way.lock().unwrap_or_else(PoisonError::into_inner);
        if let (ToClient::Detached(_), Way::Held(_) | Way::Open) = (&message, &*way) {
            self.subscriptions.detached(self.connection, self.session);
        }
        match &mut *way {
            Way::Held(held) if held.len() < MOST_HELD || matches!(message, ToClient::Detached(_)) => {
                held.push(message);
            }
            Way::Held(_) | Way::Left => {}
            Way::Open => self.deliver(message),
        }
    }

    fn joined(&self) {
        let way = self.way.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*way, Way::Left) {
            self.subscriptions.attached(self.connection, &self.outbox, self.session);
        }
    }
}

/// An attachment under way or in force. Dropping it detaches.
pub struct Viewing {
    /// Its number.
    pub viewer: ViewerId,
    /// The session's id.
    pub id: SessionId,
    /// The session.
    pub session: Arc<Session>,
    /// Its messages' way.
    pub outbox: Arc<ViewerOutbox>,
    /// Where it is counted.
    pub service: Arc<Service>,
    /// The session has ended it already.
    pub over: bool,
    /// The session's thread has given the inlet back for good: it is not lent to it again.
    pub unheard: bool,
}

impl Drop for Viewing {
    fn drop(&mut self) {
        if !self.over {
            self.outbox.leave();
            self.session.detach(self.viewer);
        }
        self.service.viewer_left(self.id, self.viewer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Outbox as _;
    use scarab_protocol::message::event::{Bell, DetachReason, Detached};

    #[test]
    fn nothing_comes_before_the_attachment_is_told_or_after_it_is_left() {
        let outbox = Arc::new(Outbox::default());
        let session = SessionId(1);
        let way = ViewerOutbox::new(outbox.clone(), 7, 1, session, Arc::default());
        way.push(Bell { session }.into());
        way.push(Detached { session, reason: DetachReason::SessionEnded }.into());
        assert!(outbox.is_empty() && outbox.take_detached().is_none());
        way.open();
        assert!(!outbox.is_empty());
        assert_eq!(outbox.take_detached(), Some(7));
        while outbox.next_batch().is_some() {}
        way.leave();
        way.push(Bell { session }.into());
        assert!(outbox.is_empty());
    }

    #[test]
    fn an_event_comes_once_to_who_views_and_subscribes() {
        use crate::subscriptions::Watched;
        let outbox = Arc::new(Outbox::default());
        let subscriptions = Arc::new(Subscriptions::default());
        let (session, other) = (SessionId(1), SessionId(2));
        subscriptions.add(1, &outbox, Watched::All);
        let told = |session: SessionId| {
            subscriptions.session_event(session, &Bell { session }.into());
            let told = !outbox.is_empty();
            while outbox.next_batch().is_some() {}
            told
        };
        let way = ViewerOutbox::new(outbox.clone(), 7, 1, session, subscriptions.clone());
        assert!(told(session), "the session does not tell it yet");
        way.joined();
        assert!(!told(session), "from now on it does, though the answer is not even queued");
        let next = ViewerOutbox::new(outbox.clone(), 8, 1, other, subscriptions.clone());
        next.joined();
        way.leave();
        assert!(told(session) && !told(other), "leaving one does not undo joining another");
        next.push(Detached { session: other, reason: DetachReason::Asked }.into());
        assert!(told(other));
        way.joined();
        assert!(told(session), "who has left is not counted in any more");
    }
}
