//! What goes into a PTY. The control thread writes straight into it while nothing waits; what the PTY does
//! not take waits here, in order, and the session's thread writes it when the PTY has room again.
//!
//! Three kinds of bytes share the way, and never cut one another in two: keys and mouse events, the streams
//! of Input and Paste with their windows, and the emulator's replies. An interrupt key passes all that waits
//! by throwing it away, as the kernel does with what waits in it.

use super::pty::{Interrupt, Pty};
use super::replies::Replies;
use super::spec::{Outbox, ViewerId};
use scarab_protocol::message::answer::{Failed, FailureKind};
use scarab_protocol::message::event::{Acknowledged, InputDropped};
use scarab_protocol::message::input::INPUT_WINDOW;
use scarab_terminal::input::{MouseState, PasteEncoder};
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Bytes of keys, mouse events and sends that may wait beside the windows of the viewers, each with
/// [`ITEM_COST`]; further keys are dropped, further sends refused. A program that does not read its keys will
/// not be helped by more.
const MAX_WAITING: usize = 256 << 10;
/// What a piece that waits costs beside its bytes: its place in the queue and its allocation, rounded up.
const ITEM_COST: usize = 128;
/// Pieces of one stream that follow each other are put together up to so many bytes: a window of single bytes
/// must not cost a hundred times itself.
const JOINED: usize = 4 << 10;
/// Bytes of one send.
pub(super) const MAX_SEND: usize = 64 << 10;

/// Who is told when a send has gone into the PTY.
pub(super) type Sent = oneshot::Sender<Result<(), Failed>>;

/// The way into one PTY.
pub(super) struct Input {
    state: Mutex<State>,
    /// Something was written for a person since the session's thread last looked: its echo is waited for.
    echo_due: AtomicBool,
    /// Something waits for the PTY.
    wants_room: AtomicBool,
}

struct State {
    /// None once the leader has ended.
    pty: Option<Arc<Pty>>,
    waiting: VecDeque<Item>,
    /// What is in `waiting` that no window bounds, in bytes.
    loose: usize,
    /// Replies wait for the PTY; nothing else goes in before them.
    replies_wait: bool,
    viewers: Vec<Window>,
}

/// Bytes that go in one piece.
struct Item {
    bytes: Vec<u8>,
    written: usize,
    /// What it counts for in [`State::loose`].
    loose: usize,
    source: Source,
    after: Option<Resizing>,
}

/// A size that a viewer has told and that is not in force yet. What the viewer sends afterwards waits for it:
/// a program must not read keys that were meant for the new size before it can know of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resizing {
    viewer: ViewerId,
    /// Counted up for each viewer.
    number: u64,
}

enum Source {
    /// A key or mouse event.
    Event,
    /// Input or Paste of a viewer, these offsets of its stream.
    Stream { viewer: ViewerId, from: u64, to: u64 },
    /// A send; told when done.
    Send(Sent),
}

/// One viewer's stream of Input and Paste, and what its other events need to be encoded.
struct Window {
    viewer: ViewerId,
    read_only: bool,
    received: u64,
    /// Up to here it is in the PTY.
    written: u64,
    /// Up to here the viewer knows.
    acknowledged: u64,
    paste: Option<PasteEncoder>,
    mouse: MouseState,
    /// Sizes told, and the last one in force.
    resizes: u64,
    resized: u64,
    outbox: Arc<dyn Outbox>,
}

impl Window {
    fn resizing(&self) -> Option<Resizing> {
        let resizing = Resizing { viewer: self.viewer, number: self.resizes };
        (self.resized < self.resizes).then_some(resizing)
    }
}

/// Whether the session's thread must be woken, to wait for room in the PTY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Backlog {
    /// Nothing waits, or the thread knows already.
    Known,
    /// It began just now.
    Began,
}

impl Input {
    pub(super) fn new(pty: Option<Arc<Pty>>) -> Self {
        Self {
            state: Mutex::new(State {
                pty,
                waiting: VecDeque::new(),
                loose: 0,
                replies_wait: false,
                viewers: Vec::new(),
            }),
            echo_due: AtomicBool::new(false),
            wants_room: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while it was held leaves whole items behind: the queue stays usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A viewer may send from now on.
    pub(super) fn join(&self, viewer: ViewerId, read_only: bool, outbox: Arc<dyn Outbox>) {
        let mut state = self.lock();
        state.viewers.retain(|window| window.viewer != viewer);
        state.viewers.push(Window {
            viewer,
            read_only,
            received: 0,
            written: 0,
            acknowledged: 0,
            paste: None,
            mouse: MouseState::default(),
            resizes: 0,
            resized: 0,
            outbox,
        });
    }

    /// A viewer goes. What it has sent still goes into the PTY.
    pub(super) fn leave(&self, viewer: ViewerId) {
        self.lock().viewers.retain(|window| window.viewer != viewer);
    }

    /// A viewer tells a size: what it sends from now on waits for [`Input::resized`]. `None` if it is no viewer.
    pub(super) fn resizing(&self, viewer: ViewerId) -> Option<Resizing> {
        let mut state = self.lock();
        let window = state.window(viewer)?;
        window.resizes += 1;
        window.resizing()
    }

    /// This size is in force, and all that its viewer told before.
    pub(super) fn resized(&self, resizing: Resizing) {
        if let Some(window) = self.lock().window(resizing.viewer) {
            window.resized = window.resized.max(resizing.number);
        }
    }

    /// The leader has ended: nothing goes in any more.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.pty = None;
        state.drop_waiting(FailureKind::Exited, "the session's program has ended");
        self.wants_room.store(false, Ordering::Relaxed);
    }

    /// Whether something was written for a person since the last call.
    pub(super) fn take_echo_due(&self) -> bool {
        self.echo_due.load(Ordering::Relaxed) && self.echo_due.swap(false, Ordering::Relaxed)
    }

    /// Whether POLLOUT is to be waited for.
    pub(super) fn wants_room(&self) -> bool {
        self.wants_room.load(Ordering::Relaxed)
    }

    /// A key: `encode` says its bytes. `None` if this viewer may not act.
    pub(super) fn key(&self, viewer: ViewerId, encode: impl FnOnce(&mut Vec<u8>)) -> Option<Backlog> {
        let mut state = self.lock();
        let window = state.window(viewer).filter(|window| !window.read_only)?;
        let after = window.resizing();
        let mut bytes = Vec::with_capacity(16);
        encode(&mut bytes);
        if !bytes.is_empty() && !self.interrupt(&mut state, &bytes) {
            self.put(&mut state, Item::loose(bytes, Source::Event, after));
        }
        Some(self.backlog(&state))
    }

    /// A mouse event: `encode` says its bytes. `None` if this viewer may not act.
    pub(super) fn mouse(
        &self,
        viewer: ViewerId,
        encode: impl FnOnce(&mut MouseState, &mut Vec<u8>),
    ) -> Option<Backlog> {
        let mut state = self.lock();
        let window = state.window(viewer).filter(|window| !window.read_only)?;
        let after = window.resizing();
        let mut bytes = Vec::with_capacity(16);
        encode(&mut window.mouse, &mut bytes);
        if !bytes.is_empty() {
            self.put(&mut state, Item::loose(bytes, Source::Event, after));
        }
        Some(self.backlog(&state))
    }

    /// A piece of a viewer's stream: `length` bytes of it from `offset` on, which `encode` turns into what
    /// the program gets, knowing the paste under way.
    pub(super) fn stream(
        &self,
        viewer: ViewerId,
        offset: u64,
        length: usize,
        encode: impl FnOnce(&mut Option<PasteEncoder>, &mut Vec<u8>),
    ) -> Result<Backlog, Failed> {
        let mut state = self.lock();
        if state.pty.is_none() {
            return Err(failed(FailureKind::Exited, "the session's program has ended"));
        }
        let full = state.loose > MAX_WAITING;
        let window = state.window(viewer).ok_or_else(|| failed(FailureKind::Refused, "not attached"))?;
        if window.read_only {
            return Err(failed(FailureKind::Refused, "this viewer may only look"));
        }
        if offset != window.received {
            let message = format!("input at offset {offset} where {} was due", window.received);
            return Err(failed(FailureKind::BadArgument, &message));
        }
        let (from, to) = (window.received, window.received + length as u64);
        if to - window.acknowledged > INPUT_WINDOW {
            return Err(failed(FailureKind::BadArgument, "more input than the window of 64 KiB"));
        }
        // The window counts bytes; pieces without any, which still open and close pastes, are counted here.
        if length == 0 && full {
            return Err(failed(FailureKind::BadArgument, "too many empty pieces of input"));
        }
        window.received = to;
        let after = window.resizing();
        let mut bytes = Vec::with_capacity(length + 16);
        encode(&mut window.paste, &mut bytes);
        if length > 0 || !bytes.is_empty() {
            let loose = if length == 0 { bytes.len() + ITEM_COST } else { 0 };
            let source = Source::Stream { viewer, from, to };
            self.put(&mut state, Item { bytes, written: 0, loose, source, after });
        }
        Ok(self.backlog(&state))
    }

    /// Bytes of nobody's window, told when the PTY has taken them. `key` means that they are one key.
    pub(super) fn send(&self, bytes: Vec<u8>, key: bool, done: Sent) -> Backlog {
        let mut state = self.lock();
        if state.pty.is_none() {
            answer(done, Err(failed(FailureKind::Exited, "the session's program has ended")));
            return Backlog::Known;
        }
        if bytes.len() > MAX_SEND || state.loose + bytes.len() + ITEM_COST > MAX_WAITING {
            let message = "too much waits for the session's program to read it";
            answer(done, Err(failed(FailureKind::TooMany, message)));
        } else if bytes.is_empty() || (key && self.interrupt(&mut state, &bytes)) {
            answer(done, Ok(()));
        } else {
            self.put(&mut state, Item::loose(bytes, Source::Send(done), None));
        }
        self.backlog(&state)
    }

    /// Writes what waits, replies first, as far as the PTY has room.
    pub(super) fn flush(&self, replies: &mut Replies) -> io::Result<()> {
        let mut state = self.lock();
        let Some(pty) = state.pty.clone() else { return Ok(()) };
        let begun = state.waiting.front().is_some_and(|item| item.written > 0);
        let mut sent = Ok(());
        if begun && !state.write_front(&pty) {
            state.replies_wait = replies.waiting();
        } else {
            sent = replies.send(&pty);
            state.replies_wait = sent.is_ok() && replies.waiting();
            if !state.replies_wait && !state.waiting.is_empty() {
                self.echo_due.store(true, Ordering::Relaxed);
                while !state.waiting.is_empty() && state.write_front(&pty) {}
            }
        }
        state.acknowledge();
        // The session's thread is the one that calls this.
        let _ = self.backlog(&state);
        sent
    }

    /// The PTY, as long as the leader lives.
    pub(super) fn pty(&self) -> Option<Arc<Pty>> {
        self.lock().pty.clone()
    }

    fn backlog(&self, state: &State) -> Backlog {
        let waits = state.replies_wait || !state.waiting.is_empty();
        let known = self.wants_room.swap(waits, Ordering::Relaxed);
        if waits && !known { Backlog::Began } else { Backlog::Known }
    }

    /// Writes an item at once if nothing stands before it; what is left waits.
    fn put(&self, state: &mut State, item: Item) {
        let Some(pty) = state.pty.clone() else { return };
        let idle = state.waiting.is_empty() && !state.replies_wait && item.after.is_none();
        let stream = matches!(item.source, Source::Stream { .. });
        if !idle && !stream && state.loose + item.loose > MAX_WAITING {
            return;
        }
        let Some(item) = state.join(item) else { return };
        state.loose += item.loose;
        state.waiting.push_back(item);
        if idle {
            // Before the write: the echo may be read before this thread runs on.
            self.echo_due.store(true, Ordering::Relaxed);
            state.write_front(&pty);
            state.acknowledge();
        }
    }

    /// Sends an interrupt key past everything; false if the bytes are none. It must not stand behind a
    /// paste that nobody reads, neither here nor in the kernel.
    fn interrupt(&self, state: &mut State, bytes: &[u8]) -> bool {
        let (Some(pty), [byte]) = (state.pty.clone(), bytes) else { return false };
        let Some(interrupt) = pty.interrupt(*byte) else { return false };
        let in_between = state.waiting.front().is_some_and(|item| item.written > 0);
        state.drop_waiting(FailureKind::Interrupted, "an interrupt key overtook it");
        if interrupt.flushes {
            pty.flush_input();
        }
        self.echo_due.store(true, Ordering::Relaxed);
        Self::press(&pty, *byte, interrupt, state.replies_wait || in_between);
        true
    }

    fn press(pty: &Pty, byte: u8, interrupt: Interrupt, jammed: bool) {
        let taken = matches!(pty.write(&[byte]), Ok(1));
        // Where the kernel keeps its input (NOFLSH) and had no room, the byte would be read too late.
        if !taken || (jammed && !interrupt.flushes) {
            pty.raise(interrupt);
        }
    }
}

impl Item {
    /// One that no window bounds.
    fn loose(bytes: Vec<u8>, source: Source, after: Option<Resizing>) -> Self {
        Self { loose: bytes.len() + ITEM_COST, bytes, written: 0, source, after }
    }
}

impl State {
    /// Makes a small piece of a stream part of the piece of the same stream that waits last; gives it back where
    /// there is none such.
    fn join(&mut self, item: Item) -> Option<Item> {
        if let (Source::Stream { viewer, from, to }, Some(last)) = (&item.source, self.waiting.back_mut())
            && let Source::Stream { viewer: same, to: end, .. } = &mut last.source
            && (viewer, from, item.after) == (same, end, last.after)
            && (item.loose, last.loose) == (0, 0)
            && last.bytes.len() + item.bytes.len() <= JOINED
        {
            *end = *to;
            last.bytes.extend(item.bytes);
            return None;
        }
        Some(item)
    }

    /// The size that an item waits for is in force, or its viewer is gone.
    fn may_go(&self, after: Option<Resizing>) -> bool {
        after.is_none_or(|Resizing { viewer, number }| {
            let window = self.viewers.iter().find(|window| window.viewer == viewer);
            window.is_none_or(|window| window.resized >= number)
        })
    }

    fn window(&mut self, viewer: ViewerId) -> Option<&mut Window> {
        self.viewers.iter_mut().find(|window| window.viewer == viewer)
    }

    /// Writes the first item on; true if it is gone.
    fn write_front(&mut self, pty: &Pty) -> bool {
        let Some(after) = self.waiting.front().map(|item| item.after) else { return true };
        if !self.may_go(after) {
            return false;
        }
        let Some(item) = self.waiting.front_mut() else { return true };
        while item.written < item.bytes.len() {
            match pty.write(&item.bytes[item.written..]) {
                Ok(0) => return false,
                Ok(written) => item.written += written,
                // No program has the terminal open: nobody will ever read it.
                Err(_) => {
                    self.drop_waiting(FailureKind::Interrupted, "no program reads from the session");
                    return true;
                }
            }
        }
        let Some(item) = self.waiting.pop_front() else { return true };
        self.loose -= item.loose;
        match item.source {
            Source::Event => {}
            Source::Stream { viewer, to, .. } => {
                if let Some(window) = self.window(viewer) {
                    window.written = to;
                }
            }
            Source::Send(done) => answer(done, Ok(())),
        }
        true
    }

    /// Tells the viewers how far their streams have come: once for all that was written in one go.
    fn acknowledge(&mut self) {
        for window in &mut self.viewers {
            if window.written > window.acknowledged {
                window.acknowledged = window.written;
                window.outbox.push(Acknowledged { offset: window.acknowledged }.into());
            }
        }
    }

    /// Throws away what waits and tells those concerned.
    fn drop_waiting(&mut self, kind: FailureKind, message: &str) {
        self.acknowledge();
        self.loose = 0;
        let mut dropped: Vec<(ViewerId, u64)> = Vec::new();
        for item in std::mem::take(&mut self.waiting) {
            match item.source {
                Source::Event => {}
                Source::Stream { viewer, from, to } => {
                    if dropped.iter().all(|(other, _)| *other != viewer) {
                        dropped.push((viewer, (from + item.written as u64).min(to)));
                    }
                }
                Source::Send(done) => answer(done, Err(failed(kind, message))),
            }
        }
        for (viewer, from) in dropped {
            if let Some(window) = self.window(viewer) {
                // The rest of a paste under way is passed over, up to its end.
                window.paste = None;
                window.written = window.received;
                window.acknowledged = window.received;
                let to = window.received;
                window.outbox.push(InputDropped { from, to }.into());
            }
        }
    }
}

/// Answers a waiting request; its asker may have gone, which is its own business.
fn answer<T>(to: oneshot::Sender<T>, value: T) {
    let _: Result<(), T> = to.send(value);
}

fn failed(kind: FailureKind, message: &str) -> Failed {
    Failed { kind, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::environment::Variables;
    use super::super::pty::{Leader, Program};
    use super::*;
    use scarab_protocol::message::{Size, ToClient};

    #[derive(Default)]
    struct Told(Mutex<Vec<ToClient>>);

    impl Outbox for Told {
        fn push(&self, message: ToClient) {
            self.0.lock().expect("not poisoned").push(message);
        }
    }

    fn input() -> (Input, Replies, Arc<Told>, Leader) {
        let command = vec!["sleep".into(), "1000".into()];
        let variables = Variables::from([("PATH".into(), "/usr/bin:/bin".into())]);
        let size = Size { cols: 80, rows: 24, width_px: 0, height_px: 0 };
        let (pty, leader) =
            Pty::spawn(size, &Program { command, directory: "/".into(), variables }).expect("a program");
        let (input, told) = (Input::new(Some(Arc::new(pty))), Arc::new(Told::default()));
        input.join(7, false, told.clone());
        (input, Replies::create().expect("memory"), told, leader)
    }

    #[test]
    fn input_waits_for_the_size_told_before_it() {
        let (input, mut replies, told, leader) = input();
        input.join(8, false, told.clone());
        let type_x = |viewer, offset| input.stream(viewer, offset, 1, |_, out| out.push(b'x'));
        let first = input.resizing(7).expect("a viewer");
        assert_eq!(type_x(7, 0), Ok(Backlog::Began), "the session's thread is woken");
        let second = input.resizing(7).expect("a viewer");
        assert_eq!(type_x(7, 1), Ok(Backlog::Known));
        assert_eq!(type_x(8, 0), Ok(Backlog::Known), "another viewer's stands behind it");
        input.flush(&mut replies).expect("flushed");
        assert_eq!(*told.0.lock().expect("not poisoned"), []);
        input.resized(first);
        input.flush(&mut replies).expect("flushed");
        assert_eq!(*told.0.lock().expect("not poisoned"), [Acknowledged { offset: 1 }.into()]);
        assert!(input.wants_room());
        input.resized(second);
        input.flush(&mut replies).expect("flushed");
        assert!(!input.wants_room());
        // One that goes takes its size with it.
        input.resizing(7).expect("a viewer");
        assert_eq!(type_x(7, 2), Ok(Backlog::Began));
        input.leave(7);
        input.flush(&mut replies).expect("flushed");
        assert!(!input.wants_room());
        leader.kill_and_wait();
    }

    #[test]
    fn small_and_empty_pieces_cost_bounded_memory() {
        let (input, _replies, _told, leader) = input();
        input.resizing(7).expect("a viewer"); // never in force: everything waits
        for offset in 0..INPUT_WINDOW {
            let taken = input.stream(7, offset, 1, |_, out| out.push(b'x'));
            assert!(taken.is_ok(), "within the window");
        }
        assert!(input.lock().waiting.len() <= 1 + INPUT_WINDOW as usize / JOINED);
        let bracket = |_: &mut Option<PasteEncoder>, out: &mut Vec<u8>| out.extend(b"\x1b[200~");
        let pieces = (0..1_000_000).take_while(|_| input.stream(7, INPUT_WINDOW, 0, bracket).is_ok()).count();
        assert!((100..=MAX_WAITING / ITEM_COST + 1).contains(&pieces), "{pieces}");
        for _ in 0..100_000 {
            assert!(input.key(7, |out| out.push(b'k')).is_some());
        }
        let bytes = {
            let state = input.lock();
            state.waiting.iter().map(|item| item.bytes.capacity() + size_of::<Item>()).sum::<usize>()
        };
        assert!(bytes < 2 * MAX_WAITING + 2 * INPUT_WINDOW as usize, "{bytes}");
        leader.kill_and_wait();
    }
}
