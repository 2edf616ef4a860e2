//! Sessions: one PTY, the process tree on it and its terminal state, each on a thread of its own.
//!
//! | file | what |
//! | --- | --- |
//! | `spec` | the data that crosses between the control side and a session |
//! | `start`, `environment`, `links`, `pty`, `entry` | from a request to a running program |
//! | `thread`, `commands`, `exit` | the thread: its loop, what is asked of it, its leader's end |
//! | `memory`, `journal`, `checkpoint`, `replies` | what must outlive the service |
//! | `recovery` | a session again from that |
//! | `input` | what goes into the PTY |
//! | `frames`, `publish`, `viewers` | when a frame comes, how, and who is told |
//! | `pictures`, `image_files` | images in memory that viewers map, and files that programs say one is in |
//! | `events`, `translate` | what programs tell, and the wire's words in the emulator's |
//! | `capture`, `text`, `wait` | screen and history as text, and waiting for some |
//!
//! Nothing in the control thread ever blocks on a session, nor a session on the control thread: orders go
//! into a list, answers come by one-shot channels, and only the way into the PTY is shared (see `input`).

mod capture;
mod checkpoint;
mod commands;
mod entry;
mod environment;
mod events;
mod exit;
mod frames;
mod host_event;
mod image_files;
mod input;
mod journal;
mod links;
mod memory;
mod out_of_memory;
mod pictures;
mod pidfd;
mod pty;
mod publish;
mod recovery;
mod replay;
mod replies;
pub mod search;
mod shells;
mod spec;
mod start;
mod text;
mod thread;
mod translate;
mod viewers;
mod wait;

pub use entry::enter;
pub use links::forget as forget_links;
pub use recovery::NotResumed;
pub use spec::{
    Attachment, ClipboardRead, ClipboardWrite, Host, Inlet, Joining, Observer, Outbox, Settings, Spec,
    ViewerId,
};

use commands::Command;
use input::{Backlog, Input};
use pty::Leader;
use rustix::event::EventfdFlags;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use scarab_protocol::SessionId;
use scarab_protocol::message::answer::{Captured, Failed, FailureKind, ScreenCopy};
use scarab_protocol::message::event::DetachReason;
use scarab_protocol::message::{
    CaptureStyle, ExitStatus, Region, SendItem, SessionInfo, Size, ViewerColours, WaitFor, WaitOutcome,
    input as message,
};
use scarab_terminal::input::{InputModes, PasteEncoder, encode_key, encode_mouse, parse_key_name};
use search::Searched;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::oneshot;

/// A session, as the control side has it. Every method returns at once.
pub struct Session {
    shared: Arc<Shared>,
    /// None if it had ended before this service began.
    leader: Option<Arc<Leader>>,
}

/// What the control side and the session's thread both reach.
struct Shared {
    id: SessionId,
    record: Mutex<SessionInfo>,
    /// None once the thread takes no more: an order then drops the way to its answer.
    commands: Mutex<Option<Vec<Command>>>,
    wake: Wake,
    input: Input,
    /// [`InputModes`] as the program last set them.
    modes: AtomicU64,
    /// The viewer whose size counts; 0 for none.
    last_viewer: AtomicU64,
    /// µs since the epoch.
    activity: AtomicU64,
    /// µs since the epoch; 0 when no viewer ever used it.
    used: AtomicU64,
    /// When the leader ended, in µs since the epoch; 0 while it lives.
    ended: AtomicU64,
    tokens: AtomicU64,
    /// The unit of its scope, if it has one.
    scope: OnceLock<String>,
    viewer_environment: Mutex<Vec<Vec<u8>>>,
}

/// Wakes the session's thread from its poll.
struct Wake(OwnedFd);

impl Wake {
    fn new() -> std::io::Result<Self> {
        Ok(Self(rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
    }

    fn ring(&self) {
        // It can only fail when it has been rung 2^64 times unheard.
        let _: rustix::io::Result<usize> = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }

    fn clear(&self) {
        let _: rustix::io::Result<usize> = rustix::io::read(&self.0, &mut [0; 8]);
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Shared {
    fn record(&self) -> MutexGuard<'_, SessionInfo> {
        // Its fields are independent: one left unset by a panic is only old.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn order(&self, command: Command) {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(list) = commands.as_mut() else { return };
        command.queue(list);
        drop(commands);
        self.wake.ring();
    }

    fn take_commands(&self) -> Vec<Command> {
        self.wake.clear();
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        commands.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The thread ends: what was ordered and will be is not done.
    fn take_no_more(&self) {
        *self.commands.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn info(&self) -> SessionInfo {
        let mut info = self.record().clone();
        info.last_activity = self.activity.load(Ordering::Relaxed);
        info.last_used = self.used.load(Ordering::Relaxed);
        info
    }

    /// There was input or output.
    fn touch(&self) {
        self.activity.store(now_us(), Ordering::Relaxed);
    }

    /// A viewer attached or acted.
    fn used(&self) {
        let now = now_us();
        self.used.store(now, Ordering::Relaxed);
        self.activity.store(now, Ordering::Relaxed);
    }

    /// Keeps a viewer's environment, if it has one; whether it is another one than before.
    fn set_viewer_environment(&self, environment: Vec<Vec<u8>>) -> bool {
        let mut kept = self.viewer_environment.lock().unwrap_or_else(PoisonError::into_inner);
        let differs = !environment.is_empty() && *kept != environment;
        if differs {
            *kept = environment;
        }
        differs
    }

    fn viewer_environment(&self) -> Vec<Vec<u8>> {
        self.viewer_environment.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn modes(&self) -> InputModes {
        InputModes::from_bits(self.modes.load(Ordering::Acquire))
    }
}

impl Session {
    /// This session's id.
    pub fn id(&self) -> SessionId {
        self.shared.id
    }

    /// Its name now.
    pub fn name(&self) -> String {
        self.shared.record().name.clone()
    }

    /// Gives it another name, which the caller has checked and found free.
    pub fn rename(&self, name: String) {
        self.shared.record().name = name;
        self.shared.order(Command::Renamed);
    }

    /// What a listing says of it. The foreground process, the directory and the length of history are at most
    /// 200 ms old.
    pub fn info(&self) -> SessionInfo {
        self.shared.info()
    }

    /// How its leader ended, once it has.
    pub fn exited(&self) -> Option<ExitStatus> {
        self.shared.record().exited
    }

    /// Makes a connection a viewer. Also an ended session can be looked at; its info says that it has.
    pub fn attach(&self, joining: Joining, done: oneshot::Sender<Result<Attachment, Failed>>) {
        self.shared.order(Command::Attach(Box::new(joining), done));
    }

    /// Has a viewer's messages read by the session's own thread, until one comes that is not its.
    pub fn lend(&self, viewer: ViewerId, inlet: Box<dyn Inlet>) {
        self.shared.order(Command::Lend(viewer, inlet));
    }

    /// Ends one attachment.
    pub fn detach(&self, viewer: ViewerId) {
        // From now on nothing it sends counts, whenever the thread comes to the rest.
        self.shared.input.leave(viewer);
        self.shared.order(Command::Detach(viewer));
    }

    /// Ends all attachments.
    pub fn detach_all(&self, reason: DetachReason) {
        self.shared.order(Command::DetachAll(reason));
    }

    /// A viewer has another size. What it sends afterwards reaches the program when the size has.
    pub fn resize(&self, viewer: ViewerId, size: Size) {
        let resizing = self.shared.input.resizing(viewer);
        self.shared.order(Command::Resize(viewer, size, resizing));
    }

    /// The session gets this size, until a viewer is used again.
    pub fn resize_session(&self, size: Size) {
        self.shared.last_viewer.store(0, Ordering::Relaxed);
        self.shared.order(Command::ResizeSession(size));
    }

    /// A viewer's key, written before this returns if the PTY takes it.
    pub fn key(&self, viewer: ViewerId, key: &message::Key) {
        let Some(event) = translate::key(key) else { return };
        let modes = self.shared.modes();
        let written = self.shared.input.key(viewer, |out| encode_key(&event, modes, out));
        self.acted(viewer, written);
    }

    /// A viewer's mouse event.
    pub fn mouse(&self, viewer: ViewerId, mouse: &message::Mouse) {
        let size = self.shared.record().size;
        let Some(event) = translate::mouse(mouse, size) else { return };
        let modes = self.shared.modes();
        let written = self.shared.input.mouse(viewer, |state, out| encode_mouse(&event, modes, state, out));
        // The pointer passing over a window does not mean that it is used.
        if mouse.action != message::MouseAction::Motion {
            self.acted(viewer, written);
        } else if written == Some(Backlog::Began) {
            self.shared.wake.ring();
        }
    }

    /// A viewer got or lost the keyboard.
    pub fn focus(&self, viewer: ViewerId, focused: bool) {
        self.shared.order(Command::Focus(viewer, focused));
    }

    /// A viewer's colours are others now.
    pub fn colours(&self, viewer: ViewerId, colours: ViewerColours) {
        self.shared.order(Command::Colours(viewer, colours));
    }

    /// Bytes for the PTY as they are.
    ///
    /// # Errors
    /// When the viewer may not act, or sends beyond its window or at another offset than is due.
    pub fn input(&self, viewer: ViewerId, input: message::Input) -> Result<(), Failed> {
        let message::Input { offset, bytes } = input;
        let written = self.shared.input.stream(viewer, offset, bytes.len(), |_, out| *out = bytes)?;
        self.acted(viewer, Some(written));
        Ok(())
    }

    /// A piece of a paste.
    ///
    /// # Errors
    /// As [`Session::input`].
    pub fn paste(&self, viewer: ViewerId, paste: message::Paste) -> Result<(), Failed> {
        let message::Paste { offset, bytes, first, last } = paste;
        let modes = self.shared.modes();
        let written = self.shared.input.stream(viewer, offset, bytes.len(), |under_way, out| {
            if first {
                if let Some(unfinished) = under_way.take() {
                    unfinished.end(out);
                }
                *under_way = Some(PasteEncoder::start(modes, out));
            }
            // The rest of a paste that an interrupt key has ended is passed over.
            if let Some(encoder) = under_way {
                encoder.piece(&bytes, out);
            }
            if last && let Some(encoder) = under_way.take() {
                encoder.end(out);
            }
        })?;
        self.acted(viewer, Some(written));
        Ok(())
    }

    /// Types for a script; told when the PTY has taken all of it.
    pub fn send(&self, items: Vec<SendItem>, done: oneshot::Sender<Result<(), Failed>>) {
        let modes = self.shared.modes();
        let one_key = matches!(items[..], [SendItem::Key(_)]);
        let mut bytes = Vec::new();
        for item in items {
            match item {
                SendItem::Bytes(more) => bytes.extend(more),
                SendItem::Key(name) => match parse_key_name(&name) {
                    Ok(key) => encode_key(&key, modes, &mut bytes),
                    Err(message) => {
                        let failed = Failed { kind: FailureKind::BadArgument, message };
                        let _: Result<(), _> = done.send(Err(failed));
                        return;
                    }
                },
            }
        }
        self.shared.touch();
        if self.shared.input.send(bytes, one_key, done) == Backlog::Began {
            self.shared.wake.ring();
        }
    }

    /// Screen and history as text, one page.
    pub fn capture(
        &self,
        region: Region,
        style: CaptureStyle,
        done: oneshot::Sender<Result<Captured, Failed>>,
    ) {
        self.shared.order(Command::Capture(region, style, done));
    }

    /// A private copy of the screen.
    pub fn copy_screen(&self, done: oneshot::Sender<Result<ScreenCopy, Failed>>) {
        self.shared.order(Command::CopyScreen(done));
    }

    /// The memory of its images, for a viewer.
    pub fn pictures(&self, done: oneshot::Sender<Result<OwnedFd, Failed>>) {
        self.shared.order(Command::Pictures(done));
    }

    /// What there is to be searched now, its lines to be given in a style.
    pub fn search(&self, style: CaptureStyle, done: oneshot::Sender<Result<Searched, Failed>>) {
        self.shared.order(Command::Search(style, done));
    }

    /// Waits for something; the token cancels it.
    pub fn wait(&self, what: WaitFor, done: oneshot::Sender<WaitOutcome>) -> u64 {
        let token = self.shared.tokens.fetch_add(1, Ordering::Relaxed);
        self.shared.order(Command::Wait(token, what, done));
        token
    }

    /// Gives a wait up; it is answered as cancelled.
    pub fn cancel_wait(&self, token: u64) {
        self.shared.order(Command::CancelWait(token));
    }

    /// A viewer answers a program's question for the clipboard.
    pub fn clipboard_answer(&self, viewer: ViewerId, number: u64, data: Option<Vec<u8>>) {
        self.shared.order(Command::ClipboardAnswer(viewer, number, data));
    }

    /// Signals the foreground process group, or the leader where there is none.
    ///
    /// # Errors
    /// When there is no such signal, or the leader has ended.
    pub fn signal(&self, signal: i32) -> Result<(), Failed> {
        let failed = |kind, message: String| Failed { kind, message };
        let number = rustix::process::Signal::from_named_raw(signal)
            .ok_or_else(|| failed(FailureKind::BadArgument, format!("there is no signal {signal}")))?;
        let ended = || failed(FailureKind::Exited, "the session's program has ended".to_owned());
        let pty = self.shared.input.pty().ok_or_else(ended)?;
        let sent = match pty.foreground() {
            Some(group) => rustix::process::kill_process_group(group, number),
            None => match &self.leader {
                Some(leader) => rustix::process::pidfd_send_signal(&leader.pidfd, number),
                None => return Err(ended()),
            },
        };
        sent.map_err(|error| failed(FailureKind::Internal, format!("the signal cannot be sent: {error}")))
    }

    /// Ends it: SIGHUP, and SIGKILL after two seconds. It stays to be looked at until it is closed.
    pub fn end(&self) {
        self.shared.order(Command::End);
    }

    /// Leaves it to the next service: its state is written down, its thread ends, and its program goes on.
    pub fn leave(&self, done: oneshot::Sender<()>) {
        self.shared.order(Command::Leave(done));
    }

    /// The unit of its scope; empty if it has none.
    pub fn scope(&self) -> String {
        self.shared.scope.get().cloned().unwrap_or_default()
    }

    /// When its leader ended, in µs since the epoch, if it has.
    pub fn ended_at(&self) -> Option<u64> {
        match self.shared.ended.load(Ordering::Acquire) {
            0 => None,
            at => Some(at),
        }
    }

    /// Forgets it: its thread ends, its memory goes, and what may still run on it is killed.
    pub fn close(&self) {
        self.shared.order(Command::Close);
    }

    /// The environment of the viewer that attached last, for a program in here that takes it over.
    pub fn viewer_environment(&self) -> Vec<Vec<u8>> {
        links::Links::of(self.id()).named_in(self.shared.viewer_environment())
    }

    /// The configuration has changed.
    pub fn apply(&self, settings: Settings) {
        self.shared.order(Command::Apply(Box::new(settings)));
    }

    /// A viewer acted, if it might: its size counts from now on.
    fn acted(&self, viewer: ViewerId, written: Option<Backlog>) {
        let Some(written) = written else { return };
        self.shared.used();
        if self.shared.last_viewer.swap(viewer, Ordering::Relaxed) != viewer {
            self.shared.order(Command::Used(viewer));
        } else if written == Backlog::Began {
            self.shared.wake.ring();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("id", &self.shared.id).finish_non_exhaustive()
    }
}

/// Now, in µs since the epoch.
fn now_us() -> u64 {
    micros(SystemTime::now())
}

/// A time as messages carry it: µs since the epoch, 0 for what lies before.
pub(crate) fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
