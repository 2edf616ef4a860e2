//! A session without a service around it, and viewers that look at it through shared memory: what the tests of
//! sessions have in common. Everything waits for events; a deadline only turns a hang into a failure.
#![allow(dead_code, reason = "each test binary uses a part")]

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::AsFd;
use scarab_protocol::grid::{Armed, Content, Doorbell, Frame, FrameRow, Generation, ReadOutcome, ViewReader};
use scarab_protocol::message::answer::{Captured, Failed};
use scarab_protocol::message::input::{Input, Key, Paste};
use scarab_protocol::message::{
    CaptureStyle, ExitStatus, KeyAction, Region, SessionId, Size, ToClient, ViewerColours, mods,
};
use scarab_service::manager::Manager;
use scarab_service::session::{Attachment, Host, Joining, Observer, Outbox, Session, Settings, Spec};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A test that waits longer than this has failed. Far above what a loaded machine takes.
pub const PATIENCE: Duration = Duration::from_secs(60);

static NUMBERS: AtomicU64 = AtomicU64::new(1);

struct Told(Mutex<Sender<ToClient>>);

impl Observer for Told {
    fn event(&self, _: SessionId, event: ToClient) {
        let _ = self.0.lock().expect("not poisoned").send(event);
    }
}

impl Outbox for Told {
    fn push(&self, message: ToClient) {
        let _ = self.0.lock().expect("not poisoned").send(message);
    }
}

/// A running session.
pub struct Running {
    pub session: Arc<Session>,
    pub events: Receiver<ToClient>,
}

pub fn size(cols: u16, rows: u16) -> Size {
    Size { cols, rows, width_px: 0, height_px: 0 }
}

/// A session of this command with an environment of the test's own.
pub fn spec(command: &[&str]) -> Spec {
    Spec {
        name: "test".to_owned(),
        command: command.iter().map(|argument| (*argument).to_owned()).collect(),
        login: false,
        directory: "/".to_owned(),
        environment: vec![
            b"PATH=/usr/local/bin:/usr/bin:/bin".to_vec(),
            b"PS1=$ ".to_vec(),
            b"HOME=/".to_vec(),
        ],
        size: size(80, 24),
        allow_checksum: false,
        properties: Vec::new(),
        limited: false,
        settings: Settings::default(),
    }
}

/// Nothing outlives a test, and no manager is asked.
pub fn host(observer: Arc<dyn Observer>) -> Host {
    Host { observer, store: Arc::default(), manager: Manager::none() }
}

pub fn try_start(spec: Spec) -> Result<Running, Failed> {
    let (sender, events) = channel();
    let (started, answer) = oneshot::channel();
    let id = SessionId(NUMBERS.fetch_add(1, Ordering::Relaxed));
    Session::start(id, spec, host(Arc::new(Told(Mutex::new(sender)))), started);
    let session = answer.blocking_recv().expect("an answer")?;
    Ok(Running { session, events })
}

pub fn start(spec: Spec) -> Running {
    try_start(spec).expect("the session starts")
}

pub fn shell(script: &str) -> Running {
    start(spec(&["sh", "-c", script]))
}

/// Waits for a message for which `wanted` says something.
pub fn wait_for<T>(events: &Receiver<ToClient>, mut wanted: impl FnMut(ToClient) -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        match events.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(event) => {
                if let Some(found) = wanted(event) {
                    return found;
                }
            }
            Err(RecvTimeoutError::Timeout) => panic!("what was waited for did not come"),
            Err(RecvTimeoutError::Disconnected) => panic!("the session is gone"),
        }
    }
}

impl Running {
    pub fn exit(&self) -> ExitStatus {
        wait_for(&self.events, |event| match event {
            ToClient::SessionExited(exited) => Some(exited.status),
            _ => None,
        })
    }

    pub fn attach(&self) -> Viewer {
        self.try_attach(|_| {}).expect("attached")
    }

    pub fn try_attach(&self, change: impl FnOnce(&mut Joining)) -> Result<Viewer, Failed> {
        let (sender, inbox) = channel();
        let id = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let mut joining = Joining {
            viewer: id,
            pid: std::process::id(),
            name: "test".to_owned(),
            read_only: false,
            size: size(80, 24),
            colours: ViewerColours::default(),
            environment: Vec::new(),
            detach_others: false,
            outbox: Arc::new(Told(Mutex::new(sender))),
        };
        change(&mut joining);
        let (done, answer) = oneshot::channel();
        self.session.attach(joining, done);
        let attachment = answer.blocking_recv().expect("an answer")?;
        Ok(Viewer::new(Arc::clone(&self.session), id, attachment, inbox))
    }

    pub fn capture(&self, region: Region, style: CaptureStyle) -> Result<Captured, Failed> {
        let (done, answer) = oneshot::channel();
        self.session.capture(region, style, done);
        answer.blocking_recv().expect("an answer")
    }

    /// All lines of history and screen.
    pub fn all_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut first = 0;
        loop {
            let page =
                self.capture(Region::Lines { first, last: u64::MAX }, CaptureStyle::Text).expect("a page");
            lines.extend(page.lines.into_iter().map(|line| line.text));
            match page.next {
                Some(next) => first = next,
                None => return lines,
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.session.close();
    }
}

/// A viewer as a client would be.
pub struct Viewer {
    pub session: Arc<Session>,
    pub id: u64,
    pub info: scarab_protocol::message::SessionInfo,
    pub inbox: Receiver<ToClient>,
    pub view: ViewReader,
    pub bell: Doorbell,
    pub frame: Frame,
    offset: u64,
    acknowledged: u64,
}

impl Viewer {
    fn new(session: Arc<Session>, id: u64, attachment: Attachment, inbox: Receiver<ToClient>) -> Self {
        let Attachment { view, bell_memory, bell_socket, info } = attachment;
        Self {
            session,
            id,
            info,
            inbox,
            view: ViewReader::open(view).expect("a view"),
            bell: Doorbell::open(bell_memory, bell_socket).expect("a bell"),
            frame: Frame::new(),
            offset: 0,
            acknowledged: 0,
        }
    }

    /// Reads frames until one is as wanted, by credit and doorbell alone.
    pub fn see(&mut self, what: &str, mut wanted: impl FnMut(&Frame) -> bool) {
        let until = Instant::now() + PATIENCE;
        loop {
            while self.view.read(&mut self.frame).expect("a readable view") == ReadOutcome::Torn {}
            if wanted(&self.frame) {
                return;
            }
            assert!(
                Instant::now() < until,
                "not seen: {what}; the screen is:\n{}",
                screen(&self.frame).join("\n")
            );
            if self.bell.arm(&self.view, self.frame.generation()) == Armed::Wait {
                let mut fds = [PollFd::from_borrowed_fd(self.bell.as_fd(), PollFlags::IN)];
                let timeout = Timespec { tv_sec: 1, tv_nsec: 0 };
                rustix::event::poll(&mut fds, Some(&timeout)).expect("polled");
                self.bell.drain();
            }
        }
    }

    pub fn see_text(&mut self, text: &str) {
        self.see(text, |frame| screen(frame).join("\n").contains(text));
    }

    pub fn generation(&self) -> Generation {
        self.frame.generation()
    }

    pub fn key(&self, key: char, mods: u8) {
        let key = Key {
            key: u32::from(key),
            mods,
            action: KeyAction::Press,
            shifted: 0,
            base: 0,
            text: if mods == 0 { key.to_string() } else { String::new() },
        };
        self.session.key(self.id, &key);
    }

    pub fn ctrl_c(&self) {
        self.key('c', mods::CTRL);
    }

    pub fn typed(&mut self, text: &str) {
        self.input(text.as_bytes()).expect("taken");
    }

    pub fn input(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        self.session.input(self.id, Input { offset: self.offset, bytes: bytes.to_vec() })?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    pub fn paste(&mut self, bytes: &[u8], first: bool, last: bool) -> Result<(), Failed> {
        self.session.paste(self.id, Paste { offset: self.offset, bytes: bytes.to_vec(), first, last })?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Sends any amount within the window, as a client must.
    pub fn stream(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(4000) {
            while self.offset - self.acknowledged + piece.len() as u64 > 64 << 10 {
                self.acknowledged = wait_for(&self.inbox, |message| match message {
                    ToClient::Acknowledged(to) => Some(to.offset),
                    _ => None,
                });
            }
            self.input(piece).expect("within the window");
        }
    }
}

/// The rows of a frame as text, trailing blanks trimmed.
pub fn screen(frame: &Frame) -> Vec<String> {
    frame.rows().iter().map(|row| row_text(frame, row)).collect()
}

fn row_text(frame: &Frame, row: &FrameRow) -> String {
    let mut text = String::new();
    for cell in &row.cells {
        match cell.content() {
            Content::Blank => text.push(' '),
            Content::Char(character) => text.push(character),
            Content::Cluster(id) => text.push_str(frame.cluster(id)),
            Content::Spacer => {}
        }
    }
    text.truncate(text.trim_end().len());
    text
}
