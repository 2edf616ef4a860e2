//! The thread of one session: it reads the PTY, feeds the emulator, publishes frames and serves the commands
//! of the control side. It blocks in one `poll`, without a time-out when nothing is due.
//!
//! ```text
//!            commands (eventfd) --+
//!   PTY's output, room in the PTY +--> poll --> commands, at most 64 KiB of output, timers --> a frame
//!             the leader's pidfd --+
//!     viewers asking for a frame --+
//!              what viewers do ----+
//! ```

use super::Shared;
use super::capture;
use super::events::{Pace, Questions};
use super::frames::{ECHO_FRAME_TIME, Frames};
use super::host_event::HostEvent;
use super::journal::{Journal, READ, Reading};
use super::links::Links;
use super::out_of_memory::MemoryKills;
use super::pictures::Pictures;
use super::pty::{Leader, Pty};
use super::publish::Emulator;
use super::replies::Replies;
use super::spec::{Observer, Settings};
use super::translate;
use super::viewers::Viewers;
use super::wait::Waits;
use crate::steps::stumble;
use crate::store::Store;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::AsFd;
use rustix::io::Errno;
use scarab_protocol::grid::ViewWriter;
use scarab_protocol::message::{ExitStatus, SessionId, Size, ToClient, ViewerColours, WaitOutcome};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Output parsed before commands, bells and timers are looked at again.
const BURST_BYTES: usize = 64 << 10;
/// And the time it may take.
const BURST_TIME: Duration = Duration::from_millis(1);
/// The same while a viewer's keys are read here: one that comes meanwhile waits for half of it on the average.
const LISTENING_BURST_TIME: Duration = Duration::from_micros(100);
/// A read that brings less than this was all there was: asking again would only delay an echo.
const ALL_THERE_WAS: usize = 512;
/// A synchronized update (mode 2026) may hold frames back so long: what its description recommends.
const UPDATE_TIME: Duration = Duration::from_millis(150);
/// After output, so much later the foreground process and the directory are looked at.
const SETTLE_TIME: Duration = Duration::from_millis(200);
/// So long after the last output history gives back the memory it does not use, if it may have some.
const RELEASE_TIME: Duration = Duration::from_secs(5);
/// So long after the last output a checkpoint is taken: a service of another version has nothing to parse then that
/// this one has parsed already.
const REST_TIME: Duration = Duration::from_secs(2);
/// It may have some after this many bytes: a page given back costs a fault when it is filled again.
const RELEASE_BYTES: u64 = 1 << 20;
/// After a restart the viewers have so long to come back before the session counts as out of focus: their attempts
/// begin 100 ms apart.
pub(super) const VIEWERS_TIME: Duration = Duration::from_secs(5);
/// Memory kept for the next replies, in bytes.
const KEPT_REPLIES: usize = 4 << 10;
/// While no program has the terminal open but the leader lives, it is looked at so often: the hang-up stays
/// readable, so that it cannot be polled for.
const HUNG_UP_TIME: Duration = Duration::from_millis(250);

/// What runs on a session's thread, and all that only it touches.
pub(super) struct Runner {
    pub(super) id: SessionId,
    pub(super) shared: Arc<Shared>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) settings: Settings,
    pub(super) emulator: Emulator,
    pub(super) view: ViewWriter,
    pub(super) journal: Journal,
    pub(super) replies: Replies,
    pub(super) pictures: Pictures,
    /// None once the leader has ended.
    pub(super) pty: Option<Arc<Pty>>,
    /// None once it has ended.
    pub(super) leader: Option<Arc<Leader>>,
    pub(super) viewers: Viewers,
    pub(super) waits: Waits,
    pub(super) pace: Pace,
    pub(super) questions: Questions,
    pub(super) size: Size,
    pub(super) colours: ViewerColours,
    pub(super) focused: bool,
    pub(super) command_since: Option<Instant>,
    pub(super) timers: Timers,
    pub(super) frames: Frames,
    /// Where what must outlive the service is kept.
    pub(super) store: Arc<Store>,
    /// The viewer's surroundings, as its program finds them.
    pub(super) links: Links,
    /// How the leader ended, and when, in µs since the epoch.
    pub(super) ended: Option<(ExitStatus, u64)>,
    /// None where nobody counts them, or the leader has no scope of its own.
    pub(super) kills: Option<MemoryKills>,
    /// Something has moved the emulator that the journal could not take.
    pub(super) checkpoint_due: bool,
    /// For the next checkpoint.
    pub(super) scratch: Vec<u8>,
    buffer: Vec<u8>,
    /// Output waits that the last burst did not get to.
    more: bool,
    hung_up: bool,
    /// Bytes of history when it last gave memory back.
    released: u64,
}

/// What is due when.
#[derive(Debug, Default)]
pub(super) struct Timers {
    update: Option<Instant>,
    settle: Option<Instant>,
    release: Option<Instant>,
    rest: Option<Instant>,
    hung_up: Option<Instant>,
    /// The viewers of the last service are back, or will not come back.
    pub(super) viewers: Option<Instant>,
    /// The leader has been asked to end, and is killed then.
    pub(super) kill: Option<Instant>,
}

/// Whether the thread goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    GoOn,
    /// The session is forgotten.
    Close,
    /// The session goes on, without this service.
    Leave,
}

/// What one poll found.
#[derive(Clone, Copy, Debug, Default)]
struct Ready {
    commands: bool,
    output: bool,
    room: bool,
    leader: bool,
    kills: bool,
    bells: bool,
    inlets: bool,
}

/// What a [`Runner`] is made of.
pub(super) struct Parts {
    pub(super) id: SessionId,
    pub(super) shared: Arc<Shared>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) settings: Settings,
    pub(super) emulator: Emulator,
    pub(super) view: ViewWriter,
    pub(super) journal: Journal,
    pub(super) replies: Replies,
    pub(super) pictures: Pictures,
    pub(super) pty: Option<Arc<Pty>>,
    pub(super) leader: Option<Arc<Leader>>,
    pub(super) store: Arc<Store>,
    pub(super) ended: Option<(ExitStatus, u64)>,
}

impl Runner {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts {
            id,
            shared,
            observer,
            settings,
            mut emulator,
            view,
            journal,
            replies,
            pictures,
            pty,
            leader,
            store,
            ended,
        } = parts;
        emulator.set_image_host(Box::new(pictures.clone()));
        let size = translate::size_back(emulator.size());
        Self {
            id,
            shared,
            observer,
            settings,
            emulator,
            view,
            journal,
            replies,
            pictures,
            pty,
            leader,
            viewers: Viewers::default(),
            waits: Waits::default(),
            pace: Pace::default(),
            questions: Questions::default(),
            size,
            colours: ViewerColours::default(),
            focused: false,
            command_since: None,
            timers: Timers { settle: Some(Instant::now() + SETTLE_TIME), ..Timers::default() },
            frames: Frames::new(),
            store,
            links: Links::of(id),
            ended,
            kills: None,
            checkpoint_due: false,
            scratch: Vec::new(),
            buffer: vec![0; READ],
            more: false,
            hung_up: false,
            released: 0,
        }
    }

    /// Runs until the session is forgotten, or left to the next service.
    pub(super) fn run(&mut self) -> Turn {
        self.publish();
        loop {
            let ready = self.poll();
            if ready.commands {
                let turn = self.commands();
                if turn != Turn::GoOn {
                    return turn;
                }
            }
            if ready.inlets {
                self.viewers.serve();
            }
            if ready.bells {
                self.viewers.hear();
            }
            if ready.output {
                self.pump();
            }
            if ready.room {
                self.flush();
            }
            if ready.kills {
                self.look_for_kills();
            }
            if ready.leader {
                self.leader_ended();
            }
            self.timers();
            self.publish_if_due(!self.more);
        }
    }

    fn poll(&mut self) -> Ready {
        let wanted = if self.more { Some(Duration::ZERO) } else { self.time_left() };
        let timeout = wanted.map(|time| Timespec {
            tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(time.subsec_nanos()),
        });
        let (pty, leader) = (self.pty.as_deref().filter(|_| !self.hung_up), self.leader.as_deref());
        let kills = self.kills.as_ref().filter(|_| leader.is_some()).and_then(MemoryKills::fd);
        let mut fds = Vec::with_capacity(4 + 2 * self.viewers.len());
        fds.push(PollFd::from_borrowed_fd(self.shared.wake.as_fd(), PollFlags::IN));
        if let Some(pty) = pty {
            let room = if self.shared.input.wants_room() { PollFlags::OUT } else { PollFlags::empty() };
            fds.push(PollFd::from_borrowed_fd(pty.as_fd(), PollFlags::IN | room));
        }
        if let Some(leader) = leader {
            fds.push(PollFd::from_borrowed_fd(leader.pidfd.as_fd(), PollFlags::IN));
        }
        if let Some(kills) = kills {
            fds.push(PollFd::from_borrowed_fd(kills, PollFlags::PRI));
        }
        let watched = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
        fds.extend(self.viewers.inlets().map(watched));
        let bells = fds.len();
        fds.extend(self.viewers.descriptors().map(watched));
        match rustix::event::poll(&mut fds, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ready::default(),
            // No memory for the poll's own table: look at everything, a moment later.
            Err(_) => std::thread::sleep(BURST_TIME),
        }
        let (fds, bells) = fds.split_at(bells);
        let is_ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let mut results = fds.iter().map(PollFd::revents);
        let mut next = || results.next().unwrap_or(PollFlags::empty());
        let commands = !next().is_empty();
        let terminal = if pty.is_some() { next() } else { PollFlags::empty() };
        let ended = leader.is_some() && !next().is_empty();
        let counted = kills.is_some() && !next().is_empty();
        Ready {
            commands,
            output: terminal.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) || self.more,
            room: terminal.contains(PollFlags::OUT),
            leader: ended,
            kills: counted,
            inlets: results.any(|inlet| !inlet.is_empty()),
            bells: bells.iter().any(is_ready),
        }
    }

    /// Time until the next timer; `None` when nothing is due.
    fn time_left(&self) -> Option<Duration> {
        let Timers { update, settle, release, rest, hung_up, viewers, kill } = &self.timers;
        let timers = [
            self.frames.due(),
            *update,
            *settle,
            *release,
            *rest,
            *hung_up,
            *viewers,
            *kill,
            self.pace.due(),
            self.questions.due(),
        ];
        let next = timers.into_iter().flatten().min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    fn timers(&mut self) {
        let now = Instant::now();
        let over = |timer: &mut Option<Instant>| timer.take_if(|due| *due <= now).is_some();
        if over(&mut self.timers.update) && self.emulator.synchronized() {
            self.record(&HostEvent::UpdateEnded);
            self.emulator.end_synchronized_update();
            self.fed();
        }
        if over(&mut self.timers.settle) {
            self.settle();
            if self.history_end().saturating_sub(self.released) >= RELEASE_BYTES {
                self.timers.release = Some(now + RELEASE_TIME);
            }
        }
        if over(&mut self.timers.release) {
            self.released = self.history_end();
            self.emulator.history_mut().writer.release_unused();
        }
        if over(&mut self.timers.rest) {
            // Once more: a program that says nothing may have come to the foreground after the last look.
            self.settle();
            self.rest();
        }
        if over(&mut self.timers.hung_up) {
            self.hung_up = false;
        }
        if over(&mut self.timers.viewers) {
            self.journal.forget_panics();
            self.follow_viewers();
        }
        if over(&mut self.timers.kill) {
            self.kill_leader();
        }
        if self.pace.due().is_some_and(|due| due <= now) {
            self.tell_held();
        }
        if self.questions.due().is_some_and(|due| due <= now) {
            self.give_up_questions(now);
        }
    }

    fn history_end(&self) -> u64 {
        self.emulator.history().writer.mark().committed
    }

    /// Reads and parses one burst of output.
    fn pump(&mut self) {
        let Some(pty) = self.pty.clone() else { return };
        let began = Instant::now();
        let mut bytes = 0;
        self.more = false;
        loop {
            let mut buffer = std::mem::take(&mut self.buffer);
            let reading = self.journal.read(&pty, &mut buffer);
            if let Ok(Reading::Bytes { count, .. }) = reading {
                if bytes == 0 && self.shared.input.take_echo_due() {
                    self.frames.expect_echo(began);
                }
                self.feed(&buffer[..count]);
            }
            self.buffer = buffer;
            match reading {
                Ok(Reading::Nothing) => break,
                Ok(Reading::HungUp) => {
                    self.hang_up();
                    break;
                }
                Ok(Reading::Bytes { count, full }) => {
                    bytes += count;
                    if count < ALL_THERE_WAS && !full {
                        break;
                    }
                    let echo = self.frames.echo_expected(began);
                    let limit = match echo {
                        _ if self.viewers.listened_to() => LISTENING_BURST_TIME,
                        true => ECHO_FRAME_TIME,
                        false => BURST_TIME,
                    };
                    if bytes >= BURST_BYTES || began.elapsed() >= limit {
                        self.more = true;
                        break;
                    }
                }
                Err(error) => {
                    log::error!("session {}: reading its PTY: {error}", self.id);
                    self.hang_up();
                    break;
                }
            }
        }
        // Once a burst: a look through a large screen takes longer than parsing what has come.
        if bytes > 0 && !self.emulator.history().passing.is_idle() {
            self.look_for_texts();
        }
        if bytes > 0 {
            self.shared.touch();
            self.timers.settle.get_or_insert(began + SETTLE_TIME);
            self.timers.rest = Some(began + REST_TIME);
            self.take_events();
        }
    }

    /// Takes what is left of the output at the end: what the kernel holds, and no more than `most` bytes if
    /// programs that the leader left behind go on writing.
    pub(super) fn drain(&mut self, most: usize) {
        let mut left = most;
        while let Some(pty) = self.pty.clone()
            && left > 0
        {
            let mut buffer = std::mem::take(&mut self.buffer);
            let reading = self.journal.read(&pty, &mut buffer);
            let count = if let Ok(Reading::Bytes { count, .. }) = reading { count } else { 0 };
            self.feed(&buffer[..count]);
            self.buffer = buffer;
            if count == 0 {
                break;
            }
            left = left.saturating_sub(count);
        }
        self.more = false;
        if !self.emulator.history().passing.is_idle() {
            self.look_for_texts();
        }
        self.take_events();
    }

    fn hang_up(&mut self) {
        self.hung_up = true;
        self.timers.hung_up = Some(Instant::now() + HUNG_UP_TIME);
    }

    /// Feeds what was read to the emulator.
    fn feed(&mut self, bytes: &[u8]) {
        stumble(bytes);
        let mut rest = bytes;
        // Programs that send one synchronized update after the other may be inside one whenever a read ends:
        // the moment between two is the only one at which a frame may be published.
        if self.emulator.synchronized()
            && let Some(end) = update_end(bytes)
        {
            self.emulator.feed(&bytes[..end]);
            rest = &bytes[end..];
            if !self.emulator.synchronized() {
                self.timers.update = None;
                self.frames.damage();
                self.publish_if_due(true);
            }
        }
        self.emulator.feed(rest);
        self.fed();
    }

    /// Notes what moves the emulator next; called before it does.
    pub(super) fn record(&mut self, event: &HostEvent) {
        if !self.journal.record(event) {
            self.checkpoint();
            self.checkpoint_due = !self.journal.record(event);
        }
    }

    fn needs_checkpoint(&self) -> bool {
        self.checkpoint_due
            || self.journal.is_half_full()
            || self.emulator.history().writer.is_unsettled()
            || self.pictures.need_checkpoint()
    }

    /// The emulator has changed: modes, replies.
    pub(super) fn fed(&mut self) {
        self.frames.damage();
        self.shared.modes.store(self.emulator.input_modes().to_bits(), Ordering::Release);
        if !self.emulator.synchronized() {
            self.timers.update = None;
        } else if self.timers.update.is_none() {
            self.timers.update = Some(Instant::now() + UPDATE_TIME);
        }
        if self.needs_checkpoint() {
            // What was said is told before the output that said it is forgotten.
            self.take_events();
            if self.needs_checkpoint() {
                self.checkpoint();
            }
        }
        self.send_replies();
    }

    /// Sends what the emulator has answered. Of a program that reads no answers, too many are dropped.
    pub(super) fn send_replies(&mut self) {
        let count = self.emulator.replies().len();
        if count == 0 {
            return;
        }
        if self.replies.has_room(count) {
            if let Err(error) = self.replies.append(self.emulator.replies()) {
                log::error!("session {}: keeping replies: {error}", self.id);
            }
        } else {
            self.record(&HostEvent::RepliesDropped(count as u64));
        }
        let replies = self.emulator.replies();
        replies.clear();
        replies.shrink_to(KEPT_REPLIES);
        self.flush();
    }

    /// Ends the waits whose text has come.
    pub(super) fn look_for_texts(&mut self) {
        capture::look_through_screen(&mut self.emulator);
        for (token, line) in self.emulator.history_mut().passing.take_found() {
            self.waits.finish(token, WaitOutcome::Text(line));
        }
        self.emulator.history_mut().passing.look_for(self.waits.needles());
    }

    /// Writes what waits for the PTY.
    pub(super) fn flush(&mut self) {
        if let Err(error) = self.shared.input.flush(&mut self.replies) {
            // No program has the terminal open; the answers of one that is gone are nobody's.
            log::debug!("session {}: replies: {error}", self.id);
            self.replies.drop_waiting();
        }
    }

    /// Answers a program outside a read: see [`Runner::fed`].
    pub(super) fn answer_program(&mut self, selection: &str, data: Option<&[u8]>) {
        self.record(&HostEvent::ClipboardAnswered {
            selection: selection.to_owned(),
            data: data.map(<[u8]>::to_vec),
        });
        self.emulator.answer_clipboard(selection, data);
        self.fed();
    }

    /// What changed with the output and costs a look elsewhere: the foreground process, the directory, the
    /// length of history.
    fn settle(&mut self) {
        let foreground = self.pty.as_deref().and_then(Pty::foreground);
        let name = foreground.and_then(super::exit::process_name).unwrap_or_default();
        let directory = match (self.emulator.directory(), &self.leader) {
            (None, Some(leader)) => super::exit::process_directory(leader.pid),
            _ => None,
        };
        let mut record = self.shared.record();
        record.history_lines = self.emulator.history().writer.lines();
        record.alternate_screen = self.emulator.on_alternate_screen();
        if let Some(directory) = directory.filter(|directory| *directory != record.directory) {
            record.directory = directory;
            self.observer.changed(self.id);
        }
        if !name.is_empty() && record.foreground != name {
            record.foreground.clone_from(&name);
            drop(record);
            let session = self.id;
            self.tell(&scarab_protocol::message::event::Foreground { session, name }.into());
        }
    }

    /// Tells a message that comes by itself, after all that was held.
    pub(super) fn tell_now(&mut self, message: &ToClient) {
        self.tell_held();
        self.tell(message);
    }
}

/// Where the first end of a synchronized update in these bytes ends. One that a read cuts in two is missed,
/// which costs one chance of many to publish between two updates.
fn update_end(bytes: &[u8]) -> Option<usize> {
    const END: &[u8] = b"\x1b[?2026l";
    let mut from = 0;
    while let Some(escape) = bytes[from..].iter().position(|byte| *byte == 0x1b) {
        let at = from + escape;
        if bytes[at..].starts_with(END) {
            return Some(at + END.len());
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_update_is_found_among_other_sequences() {
        assert_eq!(update_end(b"\x1b[1mtext\x1b[?2026l\x1b[?2026h"), Some(16));
        assert_eq!(update_end(b"\x1b[?2026h\x1b[?2026"), None);
        assert_eq!(update_end(b""), None);
    }
}
