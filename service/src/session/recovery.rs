//! A session again from what an earlier service left in systemd's descriptor store: its last checkpoint, and what
//! the journal holds after it. Nothing in there is believed without a check; what is damaged costs as little as it
//! can, and is told on the session's own screen.

use super::checkpoint::{Card, Moment};
use super::input::Input;
use super::journal::{Journal, Rest};
use super::memory::MemoryError;
use super::pictures::Pictures;
use super::pty::{Leader, Pty};
use super::publish::{Emulator, SharedHistory};
use super::replies::Replies;
use super::spec::{Host, Settings};
use super::start::{Made, Memory, limits, options};
use super::thread::{Parts, Runner, VIEWERS_TIME};
use super::{Session, Shared, Wake, now_us, translate};
use crate::store::{Kept, Kind, Memories, Store};
use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use scarab_protocol::SessionId;
use scarab_protocol::grid::{GridError, ViewWriter};
use scarab_protocol::message::{ExitStatus, SessionInfo};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

/// So many deaths of the service at one place of a replay, one after the other, are no chance: the next one is not
/// tried. Kills by chance do come to the beginning of several, and a start takes no longer than a tenth of a second.
const MAX_ATTEMPTS: u64 = 20;
/// So many panics of a session in a row, each within seconds of a start, and its screen is given up.
const MAX_PANICS: u64 = 3;

/// What came back of a session.
pub(super) struct Found {
    pub(super) id: SessionId,
    pub(super) kept: Kept,
    pub(super) settings: Settings,
    pub(super) host: Host,
}

/// Why a session is not served.
#[derive(Debug, thiserror::Error)]
pub enum NotResumed {
    /// A newer version's memory: it is left in the store for that version.
    #[error("{0}; it is left in systemd's store for the version that wrote it")]
    Newer(String),
    /// The system has not what it takes now (threads, memory, descriptors): it is left in the store for the next start.
    #[error("{0}; it is left in systemd's store, and tried again with the next start of the service")]
    Failed(String),
    /// Nothing is left that could be shown, and no program runs.
    #[error("nothing is left of it ({0}); its descriptors are dropped")]
    Gone(String),
}

/// Goes on with a session.
pub(super) fn resume(found: Found) -> Result<Made, NotResumed> {
    let Found { id, mut kept, settings, host } = found;
    let Host { observer, store, manager: _ } = host;
    let mut notes = Vec::new();
    let pty = kept.pty.take().and_then(Pty::adopt);
    let missing = |what: &str| Problem::Damaged(format!("its {what} is missing"));
    let memory = kept.memories().ok_or_else(|| missing("memory"));
    let memory = match memory.and_then(|memories| Old::open(id, memories, &store)) {
        Ok(old) => Some(old),
        Err(Problem::Fatal(problem)) => return Err(problem),
        Err(Problem::Damaged(problem)) => {
            notes.push(format!("{problem}: its screen and history are lost, its program is not"));
            None
        }
    };
    // A card with neither a leader nor its end was written before one was started.
    let never_started = |card: &Card| card.leader == 0 && card.ended.is_none();
    if memory.as_ref().and_then(|old| old.card.as_ref()).is_some_and(never_started) {
        return Err(NotResumed::Gone("it was never started".to_owned()));
    }
    let card = memory.as_ref().and_then(|old| old.card.clone()).unwrap_or_else(|| Card {
        name: String::new(),
        command: Vec::new(),
        created: now_us(),
        leader: 0,
        scope: String::new(),
        ended: None,
        environment: Vec::new(),
    });
    let leader = kept.leader.take().filter(|_| card.ended.is_none());
    let leader = Leader::adopt(leader, card.leader, pty.as_ref());
    let pty = pty.filter(|_| leader.is_some()).map(Arc::new);
    // Neither a leader nor its end is known: the last service was killed between two steps of that end.
    let ended = card.ended.or_else(|| leader.is_none().then(|| (ExitStatus::Unknown, now_us())));
    let made_up = ended.is_some() && card.ended.is_none();
    if leader.is_none() {
        store.forget(id, Kind::Pty);
        store.forget(id, Kind::Leader);
    }
    if memory.is_none() && pty.is_none() {
        return Err(NotResumed::Gone(notes.join("; ")));
    }

    let wake = Wake::new().map_err(|error| NotResumed::Failed(error.to_string()))?;
    let mut replay = None;
    let mut moment = Moment::default();
    let (view, emulator, journal, replies) = match memory {
        Some(old) => {
            let Old { view: memory, mut journal, emulator, replies, .. } = old;
            moment = old.moment;
            // Counted first: what follows may be what ends the service.
            let panicked = journal.has_panicked(MAX_PANICS);
            let worn_out = journal.is_worn_out(MAX_ATTEMPTS) || panicked;
            let view = memory.as_ref().ok_or_else(|| missing("view"));
            let (view, restored) = match view.and_then(|view| load(view, &moment, &emulator, &settings)) {
                Ok(loaded) if !worn_out => loaded,
                Err(Problem::Fatal(problem)) => return Err(problem),
                Ok(_) if panicked => {
                    notes.push("it ended the service again and again: its screen is given up".to_owned());
                    without_view(id, &[], pty.as_deref(), &settings, &store)?.0
                }
                Ok(loaded) => loaded,
                Err(Problem::Damaged(problem)) => {
                    let (anew, lost) = without_view(id, &emulator, pty.as_deref(), &settings, &store)?;
                    notes.push(format!("{problem}: {lost}"));
                    anew
                }
            };
            if worn_out {
                notes.push(SET_ASIDE.to_owned());
                journal.set_aside();
            } else {
                match journal.resume(moment.position()) {
                    Ok(rest) => replay = Some((rest, memory, emulator)),
                    Err(problem) => {
                        notes.push(format!("{problem}: the last output is lost"));
                        journal.set_aside();
                    }
                }
            }
            (view, restored, journal, replies)
        }
        None => {
            store.forget(id, Kind::State);
            store.forget(id, Kind::Replies);
            let Memory { view, emulator, journal, replies } =
                Memory::create(size_of(pty.as_deref()), false, &settings)
                    .map_err(|failed| NotResumed::Failed(failed.message))?;
            store.forget(id, Kind::View);
            for (kind, memory) in
                [(Kind::View, view.fd()), (Kind::State, journal.fd()), (Kind::Replies, replies.fd())]
            {
                store.keep(id, kind, memory).map_err(|error| NotResumed::Failed(error.to_string()))?;
            }
            (view, emulator, journal, replies)
        }
    };

    let record = SessionInfo {
        id,
        name: card.name,
        command: card.command,
        foreground: String::new(),
        title: emulator.title().to_owned(),
        directory: String::new(),
        size: translate::size_back(emulator.size()),
        leader: leader.as_ref().map_or(0, Leader::number),
        created: card.created,
        last_activity: 0,
        last_used: 0,
        viewers: Vec::new(),
        history_lines: 0,
        bell: false,
        progress: translate::progress(emulator.progress()),
        exited: ended.map(|(status, _)| status),
        alternate_screen: false,
    };
    let leader = leader.map(Arc::new);
    let shared = Arc::new(Shared {
        id,
        record: Mutex::new(record),
        commands: Mutex::new(Some(Vec::new())),
        wake,
        input: Input::new(pty.clone()),
        modes: AtomicU64::new(emulator.input_modes().to_bits()),
        last_viewer: AtomicU64::new(0),
        activity: AtomicU64::new(moment.activity.max(card.created)),
        used: AtomicU64::new(moment.used),
        ended: AtomicU64::new(ended.map_or(0, |(_, at)| at)),
        tokens: AtomicU64::new(1),
        scope: if card.scope.is_empty() { OnceLock::new() } else { OnceLock::from(card.scope) },
        viewer_environment: Mutex::new(card.environment),
    });
    let session = Arc::new(Session { shared: Arc::clone(&shared), leader: leader.clone() });
    let pictures = Pictures::adopt(id, Arc::clone(&store), kept.pictures.take());
    let parts = Parts {
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
        store,
        ended,
    };
    let mut runner = Runner::new(parts);
    runner.shared.record().bell = moment.bell;
    runner.focused = moment.focused;
    runner.watch_memory();
    runner.timers.viewers = Some(Instant::now() + VIEWERS_TIME);
    match replay {
        Some((rest, view, emulator)) => {
            runner.replay_or_set_aside(&rest, view.as_ref(), &moment, &emulator, &mut notes);
        }
        None => runner.skip_given_replies(&moment),
    }
    if !notes.is_empty() || made_up {
        // Before any checkpoint: with one and without this, nobody would know whose it is.
        runner.write_card();
    }
    runner.take_over(&notes);
    Ok((runner, session))
}

/// Why something of a session cannot be had again.
enum Problem {
    /// It is damaged, in words: what was in it is lost.
    Damaged(String),
    /// It may be whole, but this process cannot have it.
    Fatal(NotResumed),
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::Fatal(NotResumed::Failed(error.to_string()))
    }
}

/// What a person is told whose journal could not be replayed.
const SET_ASIDE: &str = "its last output could not be worked through and is left out";

/// What an earlier service left in memory.
struct Old {
    view: Option<OwnedFd>,
    journal: Journal,
    card: Option<Card>,
    moment: Moment,
    emulator: Vec<u8>,
    replies: Replies,
}

impl Old {
    fn open(id: SessionId, memories: Memories, store: &Store) -> Result<Self, Problem> {
        let Memories { state, mut view, replies } = memories;
        let damaged = |what: &str| Problem::Damaged(what.to_owned());
        let mut journal = Journal::open(state).map_err(|error| match error {
            MemoryError::Layout(_) => Problem::Fatal(NotResumed::Newer(error.to_string())),
            MemoryError::Io(error) => error.into(),
            MemoryError::Damaged(_) => Problem::Damaged(error.to_string()),
        })?;
        let mut replies = match replies {
            Some(ledger) => Replies::open(ledger)?,
            None => {
                let replies = Replies::create()?;
                store.keep(id, Kind::Replies, replies.fd())?;
                replies
            }
        };
        let checkpoint = journal.checkpoint().ok_or_else(|| damaged("its memory holds no checkpoint"))?;
        let (moment, emulator) =
            Moment::split(&checkpoint).ok_or_else(|| damaged("its checkpoint is damaged"))?;
        let card = journal.card().and_then(|card| Card::from_bytes(&card));
        let emulator = emulator.to_vec();
        if !journal.is_of_this_version() {
            let (new_journal, new_replies) = (journal.in_this_layout(moment.position())?, replies.copy()?);
            // systemd keeps an open file once, whatever its names: this is the same memory, opened again.
            let new_view = view.as_ref().map(reopen).transpose()?;
            let moved = new_view.as_ref().map(|view| (Kind::View, view.as_fd()));
            let others = [(Kind::Replies, new_replies.fd()), (Kind::State, new_journal.fd())];
            if store.migrate(id, &moved.into_iter().chain(others).collect::<Vec<_>>())? {
                (view, journal, replies) = (new_view, new_journal, new_replies);
                log::info!("session {id}: its memory was of an earlier version and is now of this one");
            } else if journal.take_this_layout() {
                log::info!(
                    "session {id}: systemd's store has no room to move it (FileDescriptorStoreMax= of \
                     scarab.service); its memory takes on this version's layout where it is"
                );
            } else {
                log::warn!(
                    "session {id}: systemd's store has no room to move it to this version; it goes on in the layout \
                     of the version before (FileDescriptorStoreMax= of scarab.service)"
                );
            }
        }
        Ok(Self { view, journal, card, moment, emulator, replies })
    }
}

/// The same memory under an open file of its own.
fn reopen(memory: &OwnedFd) -> std::io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", memory.as_raw_fd());
    Ok(std::fs::File::options().read(true).write(true).open(path)?.into())
}

/// View and emulator as they stood at a checkpoint.
fn load(
    view: &OwnedFd,
    moment: &Moment,
    emulator: &[u8],
    settings: &Settings,
) -> Result<(ViewWriter, Emulator), Problem> {
    let restored = ViewWriter::restore(view.try_clone()?, settings.history_lines, moment.history());
    let (view, history) = restored.map_err(|error| match error {
        GridError::Io(error) => error.into(),
        other => Problem::Damaged(other.to_string()),
    })?;
    let emulator = Emulator::restore(emulator, SharedHistory::new(history))
        .map_err(|damaged| Problem::Damaged(damaged.to_string()))?;
    Ok((view, emulator))
}

/// A new view in place of one that is damaged, with the emulator if that is not; and what is lost, in words.
fn without_view(
    id: SessionId,
    emulator: &[u8],
    pty: Option<&Pty>,
    settings: &Settings,
    store: &Store,
) -> Result<((ViewWriter, Emulator), &'static str), NotResumed> {
    let view = || {
        ViewWriter::create(limits(settings)).map_err(|error| NotResumed::Failed(format!("no view: {error}")))
    };
    let (mut writer, history) = view()?;
    let restored = Emulator::restore(emulator, SharedHistory::new(history));
    let (emulator, lost) = if let Ok(emulator) = restored {
        (emulator, "its history is lost, its program is not")
    } else {
        let history;
        (writer, history) = view()?;
        let emulator = Emulator::new(size_of(pty), options(settings, false), SharedHistory::new(history));
        (emulator, "its screen and history are lost, its program is not")
    };
    store.forget(id, Kind::View);
    store
        .keep(id, Kind::View, writer.fd())
        .map_err(|error| NotResumed::Failed(format!("its view is not kept: {error}")))?;
    Ok(((writer, emulator), lost))
}

/// The size that the kernel has for the terminal.
fn size_of(pty: Option<&Pty>) -> scarab_terminal::Size {
    translate::size(pty.and_then(Pty::size).unwrap_or(super::start::DEFAULT_SIZE))
}

impl Runner {
    /// Replays the journal; if that is what brings a service down, goes on without it.
    fn replay_or_set_aside(
        &mut self,
        rest: &Rest,
        view: Option<&OwnedFd>,
        moment: &Moment,
        emulator: &[u8],
        notes: &mut Vec<String>,
    ) {
        let replayed = catch_unwind(AssertUnwindSafe(|| self.replay(rest, moment)));
        let Err(_) = replayed else { return };
        log::error!("session {}: a defect: its journal cannot be replayed, and is left out", self.id);
        notes.push(SET_ASIDE.to_owned());
        self.journal.set_aside();
        let loaded = view.and_then(|view| load(view, moment, emulator, &self.settings).ok());
        let pty = self.pty.as_deref();
        let anew = loaded.map(Ok).unwrap_or_else(|| {
            without_view(self.id, emulator, pty, &self.settings, &self.store).map(|(anew, _)| anew)
        });
        match anew {
            Ok((view, emulator)) => {
                (self.view, self.emulator) = (view, emulator);
                self.emulator.set_image_host(Box::new(self.pictures.clone()));
            }
            Err(problem) => log::error!("session {}: {problem}", self.id),
        }
        self.skip_given_replies(moment);
    }

    /// From here on the session is this service's: everything that others see says how it stands now.
    fn take_over(&mut self, notes: &[String]) {
        for note in notes {
            log::warn!("session {}: {note}", self.id);
            // On a line of its own.
            if self.emulator.cursor().col > 0 {
                self.emulator.feed(b"\r\n");
            }
            self.emulator.feed(super::start::on_screen(note).as_bytes());
        }
        self.size = translate::size_back(self.emulator.size());
        if let Some(pty) = &self.pty
            && let Err(error) = pty.resize(self.size)
        {
            log::warn!("session {}: resizing its PTY: {error}", self.id);
        }
        self.pictures.keep_those_of(&self.emulator);
        // Viewers know frames of the last service, of which this emulator knows nothing.
        self.emulator.restamp(self.view.generation().0);
        {
            let mut record = self.shared.record();
            record.size = self.size;
            record.title = self.emulator.title().to_owned();
            record.progress = translate::progress(self.emulator.progress());
            record.alternate_screen = self.emulator.on_alternate_screen();
            record.history_lines = self.emulator.history().writer.lines();
            record.directory = match (self.emulator.directory(), &self.leader) {
                (Some(address), _) => translate::directory(address),
                (None, Some(leader)) => super::exit::process_directory(leader.pid).unwrap_or_default(),
                (None, None) => String::new(),
            };
        }
        self.fed();
        if !notes.is_empty() {
            self.checkpoint();
        }
        debug_assert_eq!(self.emulator.verify_integrity(), Ok(()));
        self.flush();
    }
}
