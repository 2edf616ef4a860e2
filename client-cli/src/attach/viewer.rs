//! The viewer's loop: one thread, one poll over the terminal, the service, the doorbell and signals.
//!
//! ```text
//!  terminal ──► parser ──► person.rs ──► service
//!     ▲                                     │ events, answers ──► told.rs
//!     │ one write(2)                        │ doorbell
//!     └── out ◄── paint ◄── frame ◄── shared memory
//! ```
//!
//! A frame is read only when the terminal has taken the one before, and the doorbell is armed only then: so much
//! and no more is ever on its way to a slow terminal, and keys go out whatever the painting does.

use super::chooser::Chooser;
use super::history::History;
use super::input::{Event, Parser};
use super::outer::Outer;
use super::outgoing::Outgoing;
use super::pace::Pace;
use super::paint::Painter;
use super::prefix::Prefix;
use super::screen::Screen;
use super::signals::{Signal, Signals};
use super::switches::{SETUP, Switches};
use crate::tty::{RawGuard, Tty};
use anyhow::Context;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use scarab_protocol::client::{Attachment, Attempt, Client, ClientError, Link};
use scarab_protocol::grid::{Frame, Heard};
use scarab_protocol::message::answer::FailureKind;
use scarab_protocol::message::input::Resize;
use scarab_protocol::message::{ExitStatus, Size};
use std::collections::HashMap;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// How long an Escape may stay alone before it is the key: longer than a terminal takes to write a sequence,
/// shorter than a person notices.
const ESCAPE_WAIT: Duration = Duration::from_millis(25);
/// How long a notice stays.
const NOTICE_TIME: Duration = Duration::from_secs(4);
/// How long after a session's end its status is waited for.
const STATUS_WAIT: Duration = Duration::from_millis(300);
/// How long answers of the terminal are waited for on the way out: the shell would print those that come later.
const ANSWER_WAIT: Duration = Duration::from_millis(100);
/// Most bytes of events' sequences that wait behind a frame: a clipboard of 1 MiB in base64, and more.
const MAX_EFFECTS: usize = 2 << 20;
/// Bytes read from the terminal at once: the most a tty gives.
const READ_SIZE: usize = 4096;

/// Said when lines that the view shows were taken back or cleared.
pub(super) const HISTORY_CHANGED: &str = "history has changed: back at the session";

/// What the outer terminal shows.
#[derive(Debug)]
pub(super) enum Showing {
    /// The session.
    Session,
    /// History.
    History(Box<History>),
    /// The list of sessions.
    Chooser(Chooser),
    /// What the prefix can do.
    Help,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The viewer was asked to go.
    Detached,
    /// Another viewer took the session for itself.
    Replaced,
    /// The service gave this viewer up.
    TooSlow,
    /// The session's program ended.
    Exited(Option<ExitStatus>),
    /// The terminal is gone, or a signal said so.
    HungUp,
}

/// What an answer that is awaited is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// A listing to choose from.
    Choose,
    /// A listing to go on in, forward or not.
    Step {
        /// To the next one.
        forward: bool,
    },
    /// A new session to go to.
    Create,
    /// The configured keys.
    Keys,
}

/// One line of the viewer's own for a while.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) text: String,
    /// `None`: until it is taken back.
    until: Option<Instant>,
}

pub(super) struct Viewer {
    pub(super) tty: Tty,
    pub(super) guard: Option<RawGuard>,
    signals: Signals,
    pub(super) link: Link,
    pub(super) attachment: Attachment,
    pub(super) frame: Frame,
    pub(super) name: String,
    pub(super) read_only: bool,
    pub(super) size: Size,

    pub(super) outer: Outer,
    pub(super) pace: Pace,
    pub(super) asked_at: Instant,
    pub(super) switches: Switches,
    parser: Parser,
    pub(super) prefix: Prefix,
    pub(super) outgoing: Outgoing,
    pub(super) press: Option<super::input::MouseEvent>,

    pub(super) painter: Painter,
    pub(super) screen: Screen,
    pub(super) showing: Showing,
    pub(super) notice: Option<Notice>,
    /// The bytes on their way to the terminal, and how many it has.
    pub(super) out: Vec<u8>,
    pub(super) written: usize,
    /// The terminal has been given some of them: nothing may be added.
    pub(super) sending: bool,
    /// What goes out with the next frame.
    pub(super) effects: Vec<u8>,
    /// There may be a newer frame.
    pub(super) fresh: bool,
    /// What is shown has changed.
    pub(super) repaint: bool,
    pub(super) armed: bool,
    pub(super) bell_open: bool,
    pub(super) questions_asked: bool,

    pub(super) awaited: HashMap<u32, Awaited>,
    pub(super) ending: Option<Ending>,
    /// The session ended; its status may still come.
    pub(super) ended_at: Option<Instant>,
    pub(super) progress_shown: bool,
    /// The service cannot be reached any more.
    failure: Option<ClientError>,
    /// The service has sent something.
    pub(super) told: bool,
}

impl Viewer {
    pub(super) fn new(
        tty: Tty,
        link: Link,
        attachment: Attachment,
        size: Size,
        read_only: bool,
    ) -> anyhow::Result<Self> {
        let signals = Signals::new().context("cannot watch signals")?;
        let name = attachment.session.name.clone();
        Ok(Self {
            tty,
            guard: None,
            signals,
            link,
            attachment,
            frame: Frame::new(),
            name,
            read_only,
            size,
            outer: Outer::new(|name| std::env::var(name).ok()),
            pace: Pace::default(),
            asked_at: Instant::now(),
            switches: Switches::default(),
            parser: Parser::default(),
            prefix: Prefix::default(),
            outgoing: Outgoing::default(),
            press: None,
            painter: Painter::default(),
            screen: Screen::default(),
            showing: Showing::Session,
            notice: None,
            out: Vec::new(),
            written: 0,
            sending: false,
            effects: Vec::new(),
            fresh: true,
            repaint: true,
            armed: false,
            bell_open: true,
            questions_asked: false,
            awaited: HashMap::new(),
            ending: None,
            ended_at: None,
            progress_shown: false,
            failure: None,
            told: true,
        })
    }

    /// Shows the session until something ends it. The terminal is as it was before when this returns.
    pub(super) fn run(&mut self) -> anyhow::Result<Ending> {
        self.enter()?;
        self.greet();
        let outcome = self.turn_until_the_end();
        self.leave();
        outcome
    }

    fn turn_until_the_end(&mut self) -> anyhow::Result<Ending> {
        let mut buffer = vec![0; READ_SIZE];
        loop {
            self.hear_service();
            if let Some(failure) = self.failure.take() {
                return Err(failure.into());
            }
            if let Some(ending) = self.ending.take() {
                return Ok(ending);
            }
            let paced = self.draw()?;
            if !self.write()? {
                return Ok(Ending::HungUp);
            }
            if self.out.is_empty() && paced.is_none() && self.arm()? {
                continue;
            }
            self.wait(paced, &mut buffer)?;
        }
    }

    /// Takes the terminal: raw mode, the alternate screen, nothing known of what it shows.
    fn enter(&mut self) -> anyhow::Result<()> {
        self.out.clear();
        (self.written, self.sending) = (0, false);
        if self.guard.is_none() {
            self.guard =
                Some(self.tty.enter_raw(self.undo()).context("cannot set the terminal to raw mode")?);
        } else {
            self.tty.raw_again().context("cannot set the terminal to raw mode")?;
            // Stopped without a warning: what was on may still be, and must not be switched on twice.
            self.out.append(&mut self.undo());
        }
        self.out.extend_from_slice(SETUP);
        self.out.extend_from_slice(self.outer.redo());
        self.switches = Switches::default();
        self.painter.forget();
        self.painter.forget_forms();
        self.repaint = true;
        Ok(())
    }

    /// Gives the terminal back.
    fn leave(&mut self) {
        if self.progress_shown {
            super::effects::progress(Default::default(), &self.outer.abilities, &mut self.effects);
            let _ = self.tty.write(&self.effects);
        }
        let patient = self.outer.answers() || self.asked_at.elapsed() < Duration::from_secs(1);
        if (self.outer.expecting() || self.pace.expecting()) && patient {
            self.await_answers();
        }
        self.guard = None;
    }

    /// Lets answers that are still on their way come in, for a moment.
    fn await_answers(&mut self) {
        let deadline = Instant::now() + ANSWER_WAIT;
        let mut buffer = [0; 1024];
        while self.outer.expecting() || self.pace.expecting() {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(left) = Timespec::try_from(left) else { return };
            if !matches!(poll(&mut [PollFd::new(&self.tty, PollFlags::IN)], Some(&left)), Ok(1..)) {
                return;
            }
            let Ok(read @ 1..) = self.tty.read(&mut buffer) else { return };
            let mut parser = std::mem::take(&mut self.parser);
            parser.feed(&buffer[..read], &mut |event| {
                if let Event::Answer(answer) = event {
                    if answer == super::input::Answer::Ready {
                        self.pace.ready(Instant::now());
                    }
                    self.outer.answer(&answer);
                }
            });
            self.parser = parser;
        }
    }

    pub(super) fn undo(&self) -> Vec<u8> {
        self.switches.undo(self.outer.undo(), self.painter.form_changed(), self.outer.abilities.osc)
    }

    /// Says to the service what it should know of this viewer, and asks it for the keys configured.
    fn greet(&mut self) {
        let title = if self.attachment.session.title.is_empty() {
            &self.name
        } else {
            &self.attachment.session.title
        };
        super::effects::title(title, &self.outer.abilities, &mut self.effects);
        let read_only = self.read_only;
        let asked = self.link.client().map(|client| {
            if !read_only {
                // A viewer is attached by a person who looks at it.
                client.tell(scarab_protocol::message::input::Focus { focused: true })?;
            }
            client.begin(scarab_protocol::message::request::GetConfig { key: String::new() })
        });
        match asked {
            Some(Ok(id)) => {
                self.awaited.insert(id, Awaited::Keys);
            }
            Some(Err(error)) => self.lost(error),
            None => {}
        }
    }

    /// The view is in new memory.
    pub(super) fn map_again(&mut self) {
        match self.link.attach_again() {
            Ok(attachment) => self.attached(attachment),
            Err(error) => {
                self.bell_open = false;
                self.lost(error);
            }
        }
    }

    /// A new attachment: another session, the same one after a loss, or its view in new memory.
    pub(super) fn attached(&mut self, attachment: Attachment) {
        let other = attachment.session.id != self.attachment.session.id;
        self.name.clone_from(&attachment.session.name);
        self.attachment = attachment;
        (self.fresh, self.repaint, self.armed, self.bell_open) = (true, true, false, true);
        self.ended_at = None;
        self.showing = Showing::Session;
        self.press = None;
        self.painter.untag();
        if self.outgoing.restart() && !other {
            self.say("what was being sent when the connection was lost may be incomplete");
        }
        let title = if self.attachment.session.title.is_empty() {
            &self.name
        } else {
            &self.attachment.session.title
        };
        super::effects::title(title, &self.outer.abilities, &mut self.effects);
        if std::mem::take(&mut self.progress_shown) {
            super::effects::progress(Default::default(), &self.outer.abilities, &mut self.effects);
        }
    }

    /// The connection failed, or a request did.
    pub(super) fn lost(&mut self, error: ClientError) {
        match self.link.lost(error) {
            Ok(()) => {
                self.awaited.clear();
                (self.armed, self.bell_open, self.repaint) = (false, false, true);
            }
            // No further attempt will be made.
            Err(error) if error.ends_connection() => self.failure = Some(error),
            // A request's own failure, in its own words.
            Err(error) => self.say(&error.to_string()),
        }
    }

    /// Shows a line for a while.
    pub(super) fn say(&mut self, text: &str) {
        self.notice = Some(Notice { text: text.to_owned(), until: Instant::now().checked_add(NOTICE_TIME) });
        self.repaint = true;
    }

    /// Adds what goes out with the next frame, within its bound.
    pub(super) fn effect(&mut self, write: impl FnOnce(&Outer, &mut Vec<u8>)) {
        if self.effects.len() < MAX_EFFECTS {
            write(&self.outer, &mut self.effects);
        }
    }

    pub(super) fn close_history(&mut self, why: &str) {
        self.showing = Showing::Session;
        (self.fresh, self.repaint) = (true, true);
        self.painter.untag();
        if !why.is_empty() {
            self.say(why);
        }
    }

    /// Waits for the next thing and takes it in.
    fn wait(&mut self, paced: Option<Duration>, buffer: &mut [u8]) -> anyhow::Result<()> {
        let now = Instant::now();
        let until = |then: Option<Instant>| then.map(|then| then.saturating_duration_since(now));
        let timeout = [
            paced,
            self.parser.waiting().then_some(ESCAPE_WAIT),
            until(self.notice.as_ref().and_then(|notice| notice.until)),
            until(self.ended_at.and_then(|ended| ended.checked_add(STATUS_WAIT))),
            self.link.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min();
        let reading = !self.outgoing.is_full();
        let writing = self.written < self.out.len();
        let ready = self.poll(timeout, reading, writing)?;
        self.told = ready.service;

        if ready.bell {
            match self.attachment.doorbell.drain() {
                Heard::Signal => (self.armed, self.fresh) = (false, true),
                Heard::Nothing => {}
                Heard::Closed => (self.armed, self.bell_open) = (false, false),
            }
        }
        if ready.terminal {
            self.read_terminal(buffer);
        } else if self.parser.waiting()
            && timeout.is_some_and(|limit| now.elapsed() >= limit.min(ESCAPE_WAIT))
        {
            let mut events = Vec::new();
            self.parser.flush(&mut |event| events.push(event));
            self.take_events(events);
        }
        if ready.signal {
            let came: Vec<Signal> = self.signals.take().collect();
            for signal in came {
                self.signalled(signal)?;
            }
        }
        self.time_passes()
    }

    fn poll(&mut self, timeout: Option<Duration>, reading: bool, writing: bool) -> anyhow::Result<Ready> {
        let mut events = PollFlags::empty();
        if reading {
            events |= PollFlags::IN;
        }
        if writing {
            events |= PollFlags::OUT;
        }
        // Rounded up to whole milliseconds by the kernel's clock, so no deadline is met too early.
        let timeout = timeout.and_then(|limit| Timespec::try_from(limit).ok());
        let mut fds = Vec::with_capacity(8);
        fds.push(PollFd::new(&self.tty, events));
        fds.extend(self.signals.descriptors().map(|signal| PollFd::from_borrowed_fd(signal, PollFlags::IN)));
        let bell_at = fds.len();
        if self.bell_open {
            fds.push(PollFd::from_borrowed_fd(self.attachment.doorbell.as_fd(), PollFlags::IN));
        }
        let service_at = fds.len();
        if let Some(client) = self.link.client() {
            fds.push(PollFd::from_borrowed_fd(Client::as_fd(client), PollFlags::IN));
        }
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error).context("cannot wait for the terminal"),
        }
        let came = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        Ok(Ready {
            terminal: fds[0].revents().intersects(PollFlags::IN | gone),
            signal: fds[1..bell_at].iter().any(came),
            bell: self.bell_open && fds.get(bell_at).is_some_and(came),
            service: fds.get(service_at).is_some_and(came),
        })
    }

    fn read_terminal(&mut self, buffer: &mut [u8]) {
        match self.tty.read(buffer) {
            Ok(0) => self.ending = Some(Ending::HungUp),
            Ok(read) => {
                let mut events = Vec::new();
                self.parser.feed(&buffer[..read], &mut |event| events.push(event));
                self.take_events(events);
            }
            Err(error) => {
                let error = Errno::from_io_error(&error);
                if !matches!(error, Some(Errno::AGAIN | Errno::INTR)) {
                    self.ending = Some(Ending::HungUp);
                }
            }
        }
    }

    fn signalled(&mut self, signal: Signal) -> anyhow::Result<()> {
        match signal {
            Signal::Resized => self.resized(),
            Signal::Suspend => {
                self.guard = None;
                // The stop is met when the call returns; the next line runs after SIGCONT.
                rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)
                    .context("cannot stop")?;
                let meanwhile: Vec<Signal> = self.signals.take().collect();
                if meanwhile.contains(&Signal::End) {
                    self.ending = Some(Ending::HungUp);
                    return Ok(());
                }
                self.enter()?;
                self.resized();
            }
            Signal::Continued => {
                self.enter()?;
                self.resized();
            }
            Signal::End => self.ending = Some(Ending::HungUp),
        }
        Ok(())
    }

    fn resized(&mut self) {
        let size = self.tty.size();
        self.size = size;
        self.repaint = true;
        if let Some(attach) = self.link.attach_mut() {
            attach.size = size;
        }
        if let Showing::History(history) = &mut self.showing
            && history.resize(&self.attachment.view, size).is_err()
        {
            self.close_history(HISTORY_CHANGED);
        }
        if !self.read_only {
            self.tell(Resize { size });
        }
    }

    /// Sends to the service, as far as it is there.
    pub(super) fn tell(&mut self, message: impl Into<scarab_protocol::message::ToService>) {
        if let Some(client) = self.link.client()
            && let Err(error) = client.tell(message)
        {
            self.lost(error);
        }
    }

    /// What is due by the clock.
    fn time_passes(&mut self) -> anyhow::Result<()> {
        let now = Instant::now();
        if self.notice.as_ref().and_then(|notice| notice.until).is_some_and(|until| until <= now) {
            self.notice = None;
            self.repaint = true;
        }
        if self.ended_at.is_some_and(|ended| now.saturating_duration_since(ended) >= STATUS_WAIT) {
            self.ending = Some(Ending::Exited(None));
        }
        if self.link.poll_timeout().is_some_and(|left| left.is_zero()) {
            match self.link.try_reconnect().map_err(|error| self.not_back(error))? {
                Attempt::NotDue => {}
                Attempt::Failed(_) => self.repaint = true,
                Attempt::Connected(attachment) => {
                    self.notice = None;
                    if let Some(attachment) = attachment {
                        self.attached(*attachment);
                        self.greet();
                    }
                }
            }
        }
        Ok(())
    }
}

impl Viewer {
    /// Why there will be no further attempt, in the words of who was attached.
    fn not_back(&self, error: ClientError) -> anyhow::Error {
        match &error {
            ClientError::Failed(failed) if failed.kind == FailureKind::NoSuchSession => {
                anyhow::anyhow!("the service has been restarted, and {} ended with the old one", self.name)
            }
            _ => anyhow::Error::new(error).context(format!("detached from {}", self.name)),
        }
    }
}

/// What is ready.
struct Ready {
    terminal: bool,
    signal: bool,
    bell: bool,
    service: bool,
}
