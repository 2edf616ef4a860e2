//! From a request to a running session: everything is made on the session's own thread, so that the control
//! thread never waits for a fork.

use super::entry::Gate;
use super::environment::{self, Ingredients, Person};
use super::exit;
use super::input::Input;
use super::journal::Journal;
use super::links::Links;
use super::pictures::Pictures;
use super::pty::{Program, Pty};
use super::publish::{Emulator, SharedHistory};
use super::recovery::{self, Found, NotResumed};
use super::replies::Replies;
use super::shells;
use super::spec::{Host, Settings, Spec};
use super::thread::{Parts, Runner, Turn};
use super::{Session, Shared, Wake, now_us, translate};
use crate::manager::Scope;
use crate::steps::step;
use crate::store::{Kept, Kind, Store};
use rustix::fd::{AsFd, BorrowedFd};
use scarab_protocol::SessionId;
use scarab_protocol::grid::{MAX_HISTORY_BYTES, MIN_HISTORY_BYTES, ViewLimits, ViewWriter};
use scarab_protocol::message::answer::{Failed, FailureKind};
use scarab_protocol::message::event::{DetachReason, SessionExited};
use scarab_protocol::message::{ExitStatus, ProgressState, SessionInfo, Size};
use scarab_terminal::Options;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::oneshot;

/// Stack of a session's thread. Chosen by feel, with room for parsing in a debug build; only what is touched is
/// memory.
const STACK: usize = 512 << 10;
/// Characters of a scope's description: a line of systemd-cgls.
const MAX_DESCRIPTION: usize = 200;
/// The size of a session that nobody gave one.
pub(super) const DEFAULT_SIZE: Size = Size { cols: 80, rows: 24, width_px: 0, height_px: 0 };

/// What is done with a session that was made, or was not.
type Answer<E> = oneshot::Sender<Result<Arc<Session>, E>>;

/// What making a session gives.
pub(super) type Made = (Runner, Arc<Session>);

impl Session {
    /// Starts a session and says through `started` how that went. Returns at once.
    pub fn start(
        id: SessionId,
        spec: Spec,
        host: Host,
        started: oneshot::Sender<Result<Arc<Session>, Failed>>,
    ) {
        let defect = |message| Failed { kind: FailureKind::Internal, message };
        on_thread(id, started, defect, move || make(id, spec, host));
    }

    /// Goes on with a session that an earlier service left, and says through `resumed` how that went. Returns at
    /// once.
    pub fn resume(
        id: SessionId,
        kept: Kept,
        settings: Settings,
        host: Host,
        resumed: oneshot::Sender<Result<Arc<Session>, NotResumed>>,
    ) {
        let found = Found { id, kept, settings, host };
        on_thread(id, resumed, NotResumed::Failed, move || recovery::resume(found));
    }
}

/// Makes a session on a thread of its own, so that nobody waits, and lets it live on another: the stack and the
/// allocator's caches that making it took, some 40 KiB, end with the first. `defect` makes an error of words.
fn on_thread<E: Send + 'static>(
    id: SessionId,
    answer: Answer<E>,
    defect: fn(String) -> E,
    make: impl FnOnce() -> Result<Made, E> + Send + 'static,
) {
    let builder = move || std::thread::Builder::new().name(format!("session-{}", id.0)).stack_size(STACK);
    // The thread takes the sender; if there is no thread it is still here to be told.
    let answer = Arc::new(Mutex::new(Some(answer)));
    let of_thread = Arc::clone(&answer);
    let spawned = builder().spawn(move || {
        let Some(answer) = take(&of_thread) else { return };
        let made = catch_unwind(AssertUnwindSafe(make))
            .unwrap_or_else(|_| Err(defect("starting the session failed (a defect)".to_owned())));
        match made {
            Ok((runner, session)) => {
                // If nobody takes it, the handle is dropped here, and with it the session.
                let _: Result<(), _> = answer.send(Ok(session));
                let runner = Arc::new(Mutex::new(Some(runner)));
                let of_life = Arc::clone(&runner);
                if builder().spawn(move || live_in(&of_life)).is_err() {
                    // Dearer, but alive.
                    live_in(&runner);
                }
            }
            Err(error) => {
                let _: Result<(), _> = answer.send(Err(error));
            }
        }
    });
    if let Err(error) = spawned
        && let Some(answer) = take(&answer)
    {
        let _: Result<(), _> = answer.send(Err(defect(format!("no thread for the session: {error}"))));
    }
}

fn take<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().ok()?.take()
}

/// The life of the session that is in a slot, if there is one.
fn live_in(slot: &Mutex<Option<Runner>>) {
    if let Some(runner) = take(slot) {
        live(runner);
    }
}

/// The life of a session's thread.
fn live(mut runner: Runner) {
    let turn = catch_unwind(AssertUnwindSafe(|| runner.run()));
    runner.shared.take_no_more();
    match turn {
        Ok(Turn::Leave) => return,
        Ok(_) => {}
        Err(_) if runner.store.is_there() => {
            // The next service goes on with all sessions from what is written down; this one's state cannot be
            // trusted. SIGKILL, because an abort would write everybody's screens to the disk.
            log::error!("session {}: a defect of the service, which starts anew", runner.id);
            runner.journal.count_panic();
            let _: rustix::io::Result<()> =
                rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        }
        Err(_) => fail(&runner),
    }
    runner.waits.removed();
    runner.kill_leader();
    if let Some(leader) = runner.leader.take() {
        leader.kill_and_wait();
    }
    runner.store.forget_all(runner.id);
    runner.links.remove();
}

/// A defect has stopped the session's thread: everybody is told, and nothing of its state is trusted.
fn fail(runner: &Runner) {
    log::error!("session {}: stopped by a defect of the service; its program is ended", runner.id);
    let status = ExitStatus::Unknown;
    let name = {
        let mut record = runner.shared.record();
        record.exited = Some(status);
        record.leader = 0;
        record.viewers.clear();
        record.name.clone()
    };
    runner.shared.input.close();
    let told = catch_unwind(AssertUnwindSafe(|| {
        runner.tell(&SessionExited { session: runner.id, name, status }.into());
        for viewer in runner.viewers.iter() {
            viewer.detached(runner.id, DetachReason::SessionEnded);
        }
    }));
    if told.is_err() {
        log::error!("session {}: not everybody could be told", runner.id);
    }
}

/// What a session's view may hold.
pub(super) fn limits(settings: &Settings) -> ViewLimits {
    ViewLimits {
        history_bytes: settings.history_bytes.clamp(MIN_HISTORY_BYTES, MAX_HISTORY_BYTES),
        history_lines: settings.history_lines,
    }
}

/// What a session's emulator is told at its birth.
pub(super) fn options(settings: &Settings, allow_checksum: bool) -> Options {
    Options {
        allow_checksum: allow_checksum || settings.allow_checksum,
        tell_titles: settings.allow_title_report,
        // The version before knew none.
        image_bytes: if cfg!(feature = "previous") { 0 } else { settings.image_bytes },
        ..Options::default()
    }
}

/// The memory of a session, and the emulator over it.
pub(super) struct Memory {
    pub(super) view: ViewWriter,
    pub(super) emulator: Emulator,
    pub(super) journal: Journal,
    pub(super) replies: Replies,
}

impl Memory {
    pub(super) fn create(
        size: scarab_terminal::Size,
        allow_checksum: bool,
        settings: &Settings,
    ) -> Result<Self, Failed> {
        let internal = |what: &str, error: std::io::Error| Failed {
            kind: FailureKind::Internal,
            message: format!("no {what} for the session: {error}"),
        };
        let (view, history) =
            ViewWriter::create(limits(settings)).map_err(|error| internal("view", error))?;
        let journal = Journal::create().map_err(|error| internal("journal", error))?;
        let replies = Replies::create().map_err(|error| internal("memory of replies", error))?;
        let emulator = Emulator::new(size, options(settings, allow_checksum), SharedHistory::new(history));
        Ok(Self { view, emulator, journal, replies })
    }
}

/// A note for whoever looks at a session's screen.
pub(super) fn on_screen(note: &str) -> String {
    format!("\x1b[2mscarab: {note}\x1b[m\r\n")
}

/// Makes memory, PTY and program. Whatever must outlive this process is in the store before the program is there.
fn make(id: SessionId, spec: Spec, host: Host) -> Result<Made, Failed> {
    let cannot_start = |message: String| Failed { kind: FailureKind::CannotStart, message };
    let Host { observer, store, manager } = host;
    let Spec {
        name,
        command,
        login,
        directory,
        environment,
        size,
        allow_checksum,
        properties,
        limited,
        settings,
    } = spec;

    let size = if size.cols == 0 || size.rows == 0 { DEFAULT_SIZE } else { size };
    let inside = translate::size(size);
    let Memory { view, mut emulator, journal, replies } = Memory::create(inside, allow_checksum, &settings)?;
    let wake = Wake::new().map_err(|error| cannot_start(format!("no wake-up for the session: {error}")))?;

    let request = Request { id, command: &command, login, directory: &directory, environment: &environment };
    let (mut program, notes) = request.program(&settings).map_err(cannot_start)?;
    for note in notes {
        log::warn!("session {id}: {note}");
        // Where the person sees it: before the program's first output.
        emulator.feed(on_screen(&note).as_bytes());
    }
    let (pty, slave) = Pty::open(translate::size_back(inside)).map_err(cannot_start)?;
    store.reserve(id).map_err(|message| Failed { kind: FailureKind::TooMany, message })?;
    let kept = Keeping { store: &store, id, kept: false };
    kept.keep(&[
        (Kind::Pty, pty.fd()),
        (Kind::View, view.fd()),
        (Kind::State, journal.fd()),
        (Kind::Replies, replies.fd()),
    ])?;
    let pty = Arc::new(pty);

    let now = now_us();
    let record = SessionInfo {
        id,
        name,
        command,
        foreground: String::new(),
        title: String::new(),
        directory: program.directory.to_string_lossy().into_owned(),
        size: translate::size_back(inside),
        leader: 0,
        created: now,
        last_activity: now,
        last_used: 0,
        viewers: Vec::new(),
        history_lines: 0,
        bell: false,
        progress: ProgressState::None,
        exited: None,
        alternate_screen: false,
    };
    let shared = Arc::new(Shared {
        id,
        record: Mutex::new(record),
        commands: Mutex::new(Some(Vec::new())),
        wake,
        input: Input::new(Some(Arc::clone(&pty))),
        modes: AtomicU64::new(emulator.input_modes().to_bits()),
        last_viewer: AtomicU64::new(0),
        activity: AtomicU64::new(now),
        used: AtomicU64::new(0),
        ended: AtomicU64::new(0),
        tokens: AtomicU64::new(1),
        scope: OnceLock::new(),
        viewer_environment: Mutex::new(environment),
    });
    let mut runner = Runner::new(Parts {
        id,
        shared: Arc::clone(&shared),
        observer,
        settings,
        emulator,
        view,
        journal,
        replies,
        pictures: Pictures::new(id, Arc::clone(&store)),
        pty: Some(pty),
        leader: None,
        store: Arc::clone(&store),
        ended: None,
    });
    // In this order: a card without a leader says that the program was never started.
    runner.write_card();
    runner.checkpoint();
    runner.links.follow(&runner.shared.viewer_environment(), Some(&mut program.variables));
    // With a manager the program waits at a gate until it has its scope; without one there is nothing to wait for.
    let gate = if manager.is_there() { Some(Gate::new().map_err(cannot_start)?) } else { None };
    let name = program.name();
    let program = match &gate {
        Some(gate) => gate.behind(program),
        None => program,
    };
    let leader = Arc::new(slave.spawn(&program).map_err(cannot_start)?);
    step("spawn");
    // From here on a failure must not leave the program behind.
    let entered = kept.keep(&[(Kind::Leader, leader.pidfd.as_fd())]).and_then(|()| {
        runner.leader = Some(Arc::clone(&leader));
        let Some(gate) = gate else {
            runner.write_card();
            return Ok(());
        };
        gate.wait_for(&leader).map_err(cannot_start)?;
        match manager.make_scope(runner.scope(properties)) {
            Ok(name) => drop(runner.shared.scope.set(name)),
            Err(problem) if limited => {
                return Err(cannot_start(format!("no scope with these limits can be made: {problem}")));
            }
            Err(problem) => {
                log::warn!("session {id}: no scope of its own: {problem}");
                let note = format!("no scope of its own ({problem}): limits and accounting do not hold");
                runner.emulator.feed(on_screen(&note).as_bytes());
                runner.checkpoint();
            }
        }
        runner.write_card();
        runner.watch_memory();
        step("card");
        gate.open().map_err(cannot_start)
    });
    if let Err(failed) = entered {
        leader.kill_and_wait();
        return Err(failed);
    }
    {
        let mut record = runner.shared.record();
        record.leader = leader.number();
        record.foreground = exit::process_name(leader.pid).unwrap_or(name);
    }
    kept.succeeded();
    Ok((runner, Arc::new(Session { shared, leader: Some(leader) })))
}

impl Runner {
    /// The scope that its leader is to have.
    fn scope(&self, properties: Vec<String>) -> Scope {
        let pid = self.leader.as_ref().map_or(0, |leader| leader.number());
        let record = self.shared.record();
        let command = if record.command.is_empty() { "a shell".to_owned() } else { record.command.join(" ") };
        let description: String = format!("{}: {command}", record.name)
            .chars()
            .map(|character| if character.is_control() { ' ' } else { character })
            .take(MAX_DESCRIPTION)
            .collect();
        Scope { name: format!("scarab-{}", self.id.0), description, pid, properties }
    }
}

/// A session's place in the store, given back unless the session comes to be.
struct Keeping<'a> {
    store: &'a Store,
    id: SessionId,
    kept: bool,
}

impl Keeping<'_> {
    fn keep(&self, descriptors: &[(Kind, BorrowedFd<'_>)]) -> Result<(), Failed> {
        descriptors.iter().try_for_each(|(kind, descriptor)| {
            self.store.keep(self.id, *kind, *descriptor).map_err(|error| Failed {
                kind: FailureKind::Internal,
                message: format!("systemd does not keep the session's descriptors: {error}"),
            })
        })
    }

    fn succeeded(mut self) {
        self.kept = true;
    }
}

impl Drop for Keeping<'_> {
    fn drop(&mut self) {
        if !self.kept {
            Links::of(self.id).remove();
            self.store.forget_all(self.id);
        }
    }
}

/// What of a request decides about the program.
struct Request<'a> {
    id: SessionId,
    command: &'a [String],
    login: bool,
    directory: &'a str,
    environment: &'a [Vec<u8>],
}

impl Request<'_> {
    /// The program to spawn, and a note where something is not as it was asked for. All that can be
    /// checked before the fork is: afterwards a failure has nobody to tell.
    fn program(&self, settings: &Settings) -> Result<(Program, Vec<String>), String> {
        let person = Person::current();
        let (shell, shell_note) = environment::shell(settings.shell.as_deref(), self.environment, &person);
        let (directory, note) = environment::directory(self.directory, &person);
        let variables = environment::variables(&Ingredients {
            sent: self.environment,
            person: &person,
            term: &settings.term,
            session: self.id.0,
            directory: &directory,
            shell: &shell,
            socket: std::env::var_os(scarab_protocol::socket::SOCKET_VARIABLE),
        });
        // Without a viewer's environment it takes a login shell to read ~/.profile.
        let login = self.login || self.environment.is_empty();
        let mut command: Vec<OsString> = match self.command {
            [] if login => Vec::new(),
            [] => vec![shell.clone()],
            command => command.iter().map(OsString::from).collect(),
        };
        let mut variables = variables;
        let mut notes: Vec<String> = note.into_iter().collect();
        if self.command.is_empty() {
            notes.extend(shell_note);
            variables.insert("SHELL".into(), shell.clone());
        }
        let program = command.first().unwrap_or(&shell).to_string_lossy().into_owned();
        environment::find_program(&program, &variables, &directory)?;
        if command.iter().any(|argument| argument.as_encoded_bytes().contains(&0)) {
            return Err("an argument holds a NUL".to_owned());
        }
        if settings.shell_integration {
            shells::integrate(&mut command, &shell, &mut variables);
        }
        environment::check_room(&command, &variables)?;
        Ok((Program { command, directory, variables }, notes))
    }
}
