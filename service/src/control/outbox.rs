//! What waits to be written to one connection: its answers and events, in order, within bounds.
//!
//! ```text
//!   session threads ── events ──┐
//!                               ├─► Outbox ──► the connection's task ──► socket
//!   the connection ── answers ──┘
//! ```
//!
//! Answers are never dropped: their number is bounded by the connection, which takes no further request while
//! [`Outbox::answers_wait`]. Events are: those that tell a state (a title, a directory) replace an older one of the
//! same session that still waits; the rest wait up to [`EVENT_LIMIT`] and are then counted in one `EventsLost`.
//! What a viewer cannot do without — that it was detached, that input was dropped — is kept beyond that: there is at
//! most one of each for something the viewer itself did. One that does on and on without reading, past [`MOST`], is
//! let go.

use super::inlet::Returned;
use crate::failure::failed;
use crate::session::ViewerId;
use scarab_protocol::frame::{HEAD_LEN, MAX_JOINED, MAX_MESSAGE};
use scarab_protocol::message::ToClient;
use scarab_protocol::message::answer::FailureKind;
use scarab_protocol::message::event::EventsLost;
use std::collections::{HashMap, VecDeque};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// Bytes of events, as estimated, beyond which further ones are lost. One more may stand above it, and the largest
/// is a clipboard of 1 MiB.
const EVENT_LIMIT: usize = 256 << 10;
/// Bytes of events at which a connection ends: the limit above, the largest clipboard, and room for thousands of
/// what is always kept.
const MOST: usize = 4 << 20;
/// Bytes of answers that wait before no further request is taken. One answer may stand above it, and the largest
/// is `frame::MAX_JOINED`.
pub const ANSWER_LIMIT: usize = 256 << 10;
/// Bytes that are encoded for one write.
const BATCH: usize = 64 << 10;
/// What an event costs beside its text: its box, its place in the queue, its frame.
const EVENT_COST: usize = 256;

/// One connection's outgoing queue. Cheap to push to from any thread; never blocks beyond its short lock.
#[derive(Debug, Default)]
pub struct Outbox {
    state: Mutex<State>,
    /// The protocol version of this connection; nothing is encoded before its hello.
    version: AtomicU16,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    /// How many items were ever taken from the front: `index` counts from the beginning of time.
    taken: u64,
    /// Where the newest waiting event of a kind and session is, for those that replace each other.
    index: HashMap<(u16, u64), u64>,
    event_bytes: usize,
    answer_bytes: usize,
    /// The last viewer whose attachment its session ended.
    detached: Option<ViewerId>,
    /// The inlet that was lent, back again.
    returned: Option<Returned>,
    /// The connection is gone: what comes now goes nowhere.
    closed: bool,
    waker: Option<Waker>,
}

#[derive(Debug)]
enum Item {
    /// Answers in their frames.
    Answers(Vec<u8>),
    /// An answer in its frame, and the descriptors that travel with its first byte.
    Descriptors(Vec<u8>, Vec<OwnedFd>),
    /// An event, not yet encoded so that a newer one can take its place.
    Event(Box<ToClient>),
}

/// What is to be written next.
#[derive(Debug, Default)]
pub struct Batch {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Descriptors for the first of them.
    pub descriptors: Vec<OwnedFd>,
    /// How many of the bytes are answers'.
    pub answer_bytes: usize,
}

impl Outbox {
    /// The client's hello has settled the version.
    pub fn speak(&self, version: u16) {
        self.version.store(version, Ordering::Relaxed);
    }

    fn version(&self) -> u16 {
        // Relaxed: set by the connection's own task before it serves.
        self.version.load(Ordering::Relaxed)
    }

    /// Queues an answer from the connection's own task, which is awake and writes before it sleeps.
    pub fn answer(&self, id: u32, answer: &ToClient) {
        self.lock().answer(self.version(), id, answer);
    }

    /// Queues an answer from anywhere else.
    pub fn answer_late(&self, id: u32, answer: &ToClient) {
        let mut state = self.lock();
        state.answer(self.version(), id, answer);
        state.wake();
    }

    /// Queues an answer with descriptors, from the connection's own task.
    pub fn answer_with(&self, id: u32, answer: &ToClient, descriptors: Vec<OwnedFd>) {
        let mut bytes = Vec::new();
        answer.encode_for(self.version(), id, &mut bytes);
        let mut state = self.lock();
        if state.closed {
            return;
        }
        state.answer_bytes += bytes.len();
        state.items.push_back(Item::Descriptors(bytes, descriptors));
    }

    /// Queues an event, lets it take the place of an older one, or counts it as lost.
    pub fn event(&self, event: ToClient) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        let cost = cost(&event);
        let key = replaces(&event);
        if let Some(key) = key
            && let Some(&place) = state.index.get(&key)
        {
            let place = (place - state.taken) as usize;
            if let Some(Item::Event(old)) = state.items.get_mut(place) {
                let freed = self::cost(old);
                **old = event;
                state.event_bytes = state.event_bytes + cost - freed;
                return; // its waker was called when the old one came
            }
        }
        if state.event_bytes > EVENT_LIMIT && !is_vital(&event) {
            state.lose();
            return;
        }
        if state.event_bytes > MOST {
            state.wake();
            *state = State { closed: true, ..State::default() };
            return;
        }
        if let ToClient::InputDropped(_) = event {
            // An acknowledgement of later input must not move before it.
            state.index.remove(&ACKNOWLEDGED);
        }
        if let Some(key) = key {
            let place = state.taken + state.items.len() as u64;
            state.index.insert(key, place);
        }
        state.event_bytes += cost;
        state.items.push_back(Item::Event(Box::new(event)));
        state.wake();
    }

    /// Notes that the session ended this viewer's attachment.
    pub fn detached(&self, viewer: ViewerId) {
        let mut state = self.lock();
        state.detached = Some(viewer);
        state.wake();
    }

    /// The last viewer whose attachment its session ended, once.
    pub fn take_detached(&self) -> Option<ViewerId> {
        self.lock().detached.take()
    }

    /// Gives the connection its inlet back.
    pub fn give_back(&self, returned: Returned) {
        let mut state = self.lock();
        state.returned = Some(returned);
        state.wake();
    }

    /// The inlet that has come back, once.
    pub fn take_returned(&self) -> Option<Returned> {
        self.lock().returned.take()
    }

    /// Who is woken when something comes; false when nothing will, because the connection is to end.
    pub fn register(&self, waker: &Waker) -> bool {
        let mut state = self.lock();
        if state.closed {
            return false;
        }
        if !state.waker.as_ref().is_some_and(|old| old.will_wake(waker)) {
            state.waker = Some(waker.clone());
        }
        true
    }

    /// So many answers wait that no further request should be taken.
    pub fn answers_wait(&self) -> bool {
        self.lock().answer_bytes > ANSWER_LIMIT
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        let state = self.lock();
        state.items.is_empty() && state.answer_bytes == 0 || state.closed
    }

    /// The next bytes to write, `None` when nothing waits. Their answers count as waiting until
    /// [`Outbox::written`].
    pub fn next_batch(&self) -> Option<Batch> {
        let mut state = self.lock();
        let mut batch = Batch::default();
        while batch.bytes.len() < BATCH {
            match state.items.front() {
                // Descriptors travel with the first byte of a write.
                Some(Item::Descriptors(..)) if !batch.bytes.is_empty() => break,
                None => break,
                Some(_) => {}
            }
            state.taken += 1;
            match state.items.pop_front() {
                Some(Item::Answers(bytes)) => {
                    batch.answer_bytes += bytes.len();
                    if batch.bytes.is_empty() {
                        batch.bytes = bytes;
                    } else {
                        batch.bytes.extend_from_slice(&bytes);
                    }
                }
                Some(Item::Descriptors(bytes, descriptors)) => {
                    batch.answer_bytes += bytes.len();
                    batch.bytes = bytes;
                    batch.descriptors = descriptors;
                }
                Some(Item::Event(event)) => {
                    state.event_bytes -= cost(&event);
                    if let Some(key) = replaces(&event)
                        && state.index.get(&key) == Some(&(state.taken - 1))
                    {
                        state.index.remove(&key);
                    }
                    event.encode_for(self.version(), 0, &mut batch.bytes);
                }
                None => break,
            }
        }
        if state.items.is_empty() {
            // An idle connection keeps no room for the busiest moment it had.
            state.items.shrink_to(4);
            state.index.shrink_to(4);
        }
        (!batch.bytes.is_empty()).then_some(batch)
    }

    /// So many bytes of answers were written.
    pub fn written(&self, answer_bytes: usize) {
        let mut state = self.lock();
        state.answer_bytes = state.answer_bytes.saturating_sub(answer_bytes); // 0 once it is closed
    }

    /// The connection is gone.
    pub fn close(&self) {
        *self.lock() = State { closed: true, ..State::default() };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; were it so, a queue in order is still better than a second panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn answer(&mut self, version: u16, id: u32, answer: &ToClient) {
        if self.closed {
            return;
        }
        if let Some(Item::Answers(bytes)) = self.items.back_mut() {
            self.answer_bytes += encode(version, id, answer, bytes);
        } else {
            let mut bytes = Vec::new();
            self.answer_bytes += encode(version, id, answer, &mut bytes);
            self.items.push_back(Item::Answers(bytes));
        }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Counts a lost event where the first one was lost.
    fn lose(&mut self) {
        if let Some(place) = self.index.get(&LOST)
            && let Some(Item::Event(event)) = self.items.get_mut((place - self.taken) as usize)
            && let ToClient::EventsLost(lost) = &mut **event
        {
            lost.count += 1;
            return;
        }
        let event = ToClient::from(EventsLost { count: 1 });
        let place = self.taken + self.items.len() as u64;
        self.index.insert(LOST, place);
        self.event_bytes += cost(&event);
        self.items.push_back(Item::Event(Box::new(event)));
        self.wake();
    }
}

/// Appends an answer in its frames; how many bytes that are. One that no client would take becomes a failure.
fn encode(version: u16, id: u32, answer: &ToClient, bytes: &mut Vec<u8>) -> usize {
    let before = bytes.len();
    answer.encode_for(version, id, bytes);
    let length = bytes.len() - before;
    let heads = length.div_ceil(4 + MAX_MESSAGE) * (4 + HEAD_LEN);
    if length - heads > MAX_JOINED {
        bytes.truncate(before);
        bytes.shrink_to(BATCH);
        let message =
            format!("the answer has {length} bytes, more than the {MAX_JOINED} that a message may have");
        ToClient::from(failed(FailureKind::TooMany, message)).encode(id, bytes);
    }
    bytes.len() - before
}

const ACKNOWLEDGED: (u16, u64) = (128, 0);
const LOST: (u16, u64) = (149, 0);
/// A complaint about input, to which no answer is due: the last one is enough.
const COMPLAINT: (u16, u64) = (65, 0);

/// The kind and session of an event that a newer one replaces while it waits.
fn replaces(event: &ToClient) -> Option<(u16, u64)> {
    let session = match event {
        ToClient::Acknowledged(_) => return Some(ACKNOWLEDGED),
        ToClient::EventsLost(_) => return Some(LOST),
        ToClient::Failed(_) => return Some(COMPLAINT),
        ToClient::Bell(event) => event.session,
        ToClient::Title(event) => event.session,
        ToClient::Directory(event) => event.session,
        ToClient::ColoursChanged(event) => event.session,
        ToClient::ModesChanged(event) => event.session,
        ToClient::Progress(event) => event.session,
        ToClient::Foreground(event) => event.session,
        ToClient::PointerShape(event) => event.session,
        ToClient::ViewMoved(event) => event.session,
        _ => return None,
    };
    Some((event.kind(), session.0))
}

/// An event without which the viewer would go wrong, not merely know less.
fn is_vital(event: &ToClient) -> bool {
    matches!(
        event,
        ToClient::Acknowledged(_)
            | ToClient::InputDropped(_)
            | ToClient::Detached(_)
            | ToClient::ViewMoved(_)
            | ToClient::GoingDown(_)
    )
}

fn cost(event: &ToClient) -> usize {
    EVENT_COST
        + match event {
            ToClient::Title(event) => event.title.len() + event.icon.len(),
            ToClient::Directory(event) => event.directory.len(),
            ToClient::ColoursChanged(event) => 4 * event.colours.palette.len(),
            ToClient::ClipboardSet(event) => event.data.len() + event.selection.len(),
            ToClient::ClipboardRead(event) => event.selection.len(),
            ToClient::Notification(event) => event.id.len() + event.title.len() + event.body.len(),
            ToClient::CommandStarted(event) => event.command.len(),
            ToClient::Foreground(event) => event.name.len(),
            ToClient::SessionCreated(event) => {
                let session = &event.session;
                session.title.len()
                    + session.directory.len()
                    + session.command.iter().map(|word| 8 + word.len()).sum::<usize>()
                    + session.viewers.len() * 128
            }
            ToClient::SessionRenamed(event) => event.name.len(),
            ToClient::SessionExited(event) => event.name.len(),
            ToClient::SessionRemoved(event) => event.name.len(),
            ToClient::PointerShape(event) => event.shape.len(),
            ToClient::Failed(event) => event.message.len(),
            _ => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scarab_protocol::message::ExitStatus;
    use scarab_protocol::message::answer::{Done, Pong};
    use scarab_protocol::message::event::{
        Acknowledged, Bell, InputDropped, Notification, SessionExited, Title,
    };
    use scarab_protocol::{Decoder, SessionId};

    fn drain(outbox: &Outbox) -> Vec<(u32, ToClient)> {
        let mut messages = Vec::new();
        while let Some(batch) = outbox.next_batch() {
            outbox.written(batch.answer_bytes);
            let mut decoder = Decoder::new();
            decoder.push(&batch.bytes);
            while let Some(message) = decoder.next().expect("frames") {
                let decoded = ToClient::decode(message.kind, message.archive).expect("sound").expect("known");
                messages.push((message.id, decoded));
            }
        }
        assert!(outbox.is_empty());
        messages
    }

    fn title(session: u64, title: &str) -> ToClient {
        Title { session: SessionId(session), title: title.into(), icon: String::new() }.into()
    }

    #[test]
    fn states_replace_each_other_and_order_is_kept() {
        let outbox = Outbox::default();
        outbox.event(title(1, "a"));
        outbox.answer(7, &Pong { timestamp: 1 }.into());
        outbox.answer(8, &Done {}.into());
        outbox.event(title(2, "other"));
        outbox.event(title(1, "b"));
        outbox.event(Bell { session: SessionId(1) }.into());
        outbox.event(Bell { session: SessionId(1) }.into());
        let got = drain(&outbox);
        let kinds: Vec<_> = got.iter().map(|(id, message)| (*id, message.kind())).collect();
        assert_eq!(kinds, [(0, 133), (7, 66), (8, 64), (0, 133), (0, 132)]);
        assert_eq!(got[0].1, title(1, "b"));
        outbox.event(title(1, "c"));
        assert_eq!(drain(&outbox), [(0, title(1, "c"))]);
    }

    #[test]
    fn each_client_is_spoken_to_in_its_version() {
        let exited = |status| -> ToClient {
            SessionExited { session: SessionId(1), name: "x".to_owned(), status }.into()
        };
        let told = exited(ExitStatus::OutOfMemory);
        for (version, expected) in [(1, exited(ExitStatus::Signal(9))), (2, told.clone())] {
            let outbox = Outbox::default();
            outbox.speak(version);
            outbox.event(told.clone());
            outbox.answer(7, &told);
            outbox.answer_with(8, &told, Vec::new());
            let expected = [0, 7, 8].map(|id| (id, expected.clone()));
            assert_eq!(drain(&outbox), expected, "version {version}");
        }
    }

    #[test]
    fn an_acknowledgement_never_overtakes_dropped_input() {
        let outbox = Outbox::default();
        outbox.event(Acknowledged { offset: 5 }.into());
        outbox.event(Acknowledged { offset: 10 }.into());
        outbox.event(InputDropped { from: 10, to: 20 }.into());
        outbox.event(Acknowledged { offset: 30 }.into());
        let got: Vec<_> = drain(&outbox).into_iter().map(|(_, message)| message).collect();
        let expected: [ToClient; 3] = [
            Acknowledged { offset: 10 }.into(),
            InputDropped { from: 10, to: 20 }.into(),
            Acknowledged { offset: 30 }.into(),
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn a_reader_that_does_not_read_costs_a_bounded_queue_and_is_told_what_it_lost() {
        let outbox = Outbox::default();
        let note = |n: u32| -> ToClient {
            let body = "x".repeat(1000);
            Notification { session: SessionId(1), id: n.to_string(), title: "t".into(), body, urgency: 1 }
                .into()
        };
        (0..10_000).for_each(|n| outbox.event(note(n)));
        outbox.event(Acknowledged { offset: 1 }.into());
        let got = drain(&outbox);
        assert!(got.len() < 400, "{}", got.len());
        let kept =
            got.iter().filter(|(_, message)| matches!(message, ToClient::Notification(_))).count() as u64;
        let lost = got.iter().find_map(|(_, message)| match message {
            ToClient::EventsLost(lost) => Some(lost.count),
            _ => None,
        });
        assert_eq!(lost, Some(10_000 - kept));
        assert_eq!(got.last().map(|(_, message)| message.kind()), Some(128), "what is vital is kept");
    }

    #[test]
    fn an_answer_that_no_client_would_take_becomes_a_failure() {
        use scarab_protocol::message::answer::Environment;
        let outbox = Outbox::default();
        // What surrounds one variable in the archive is less than 100 bytes.
        let answer = |bytes: usize| -> ToClient { Environment { variables: vec![vec![b'x'; bytes]] }.into() };
        outbox.answer(1, &answer(MAX_JOINED - 100));
        outbox.answer(2, &answer(MAX_JOINED + 1));
        outbox.answer(3, &Done {}.into());
        let got = drain(&outbox);
        assert_eq!(got.len(), 3);
        assert_eq!(got[0], (1, answer(MAX_JOINED - 100)));
        assert!(matches!(&got[1], (2, ToClient::Failed(failed)) if failed.kind == FailureKind::TooMany));
    }

    #[test]
    fn who_never_reads_what_is_always_kept_is_let_go() {
        let outbox = Outbox::default();
        assert!(outbox.register(Waker::noop()));
        for n in 0..100_000 {
            outbox.event(InputDropped { from: n, to: n + 1 }.into());
            assert!(outbox.lock().event_bytes <= MOST + EVENT_COST);
        }
        assert!(!outbox.register(Waker::noop()) && outbox.is_empty());
        outbox.written(0);
    }

    #[test]
    fn descriptors_begin_a_batch() {
        let outbox = Outbox::default();
        let (read, _write) = rustix::pipe::pipe().expect("a pipe");
        outbox.answer(1, &Done {}.into());
        outbox.answer_with(2, &Done {}.into(), vec![read]);
        outbox.answer(3, &Done {}.into());
        let descriptors = |batch: Option<Batch>| batch.map(|batch| batch.descriptors.len());
        assert_eq!(descriptors(outbox.next_batch()), Some(0));
        assert_eq!(descriptors(outbox.next_batch()), Some(1));
        assert_eq!(outbox.next_batch().map(|batch| batch.bytes.len()), None);
    }
}
