//! From a request to a running session: everything is made on the session's own thread, so that the control
//! thread never waits for a fork.

use super::environment::{self, Ingredients, Person};
use super::exit;
use super::input::Input;
use super::journal::Journal;
use super::pty::{Program, Pty};
use super::publish::{Emulator, SharedHistory};
use super::replies::Replies;
use super::spec::{Observer, Spec};
use super::thread::{Parts, Runner};
use super::{Session, Shared, Wake, now_us, translate};
use scarab_protocol::SessionId;
use scarab_protocol::grid::{MAX_HISTORY_BYTES, MIN_HISTORY_BYTES, ViewLimits, ViewWriter};
use scarab_protocol::message::answer::{Failed, FailureKind};
use scarab_protocol::message::event::{DetachReason, SessionExited};
use scarab_protocol::message::{ExitStatus, ProgressState, SessionInfo, Size};
use scarab_terminal::Options;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// Stack of a session's thread. Chosen by feel, with room for parsing in a debug build; only what is touched is
/// memory, 32 KiB in a session at its prompt.
const STACK: usize = 512 << 10;
/// The size of a session that nobody gave one.
const DEFAULT_SIZE: Size = Size { cols: 80, rows: 24, width_px: 0, height_px: 0 };

type Started = oneshot::Sender<Result<Arc<Session>, Failed>>;

impl Session {
    /// Starts a session and says through `started` how that went. Returns at once.
    pub fn start(id: SessionId, spec: Spec, observer: Arc<dyn Observer>, started: Started) {
        let builder = std::thread::Builder::new().name(format!("session-{}", id.0)).stack_size(STACK);
        // The thread takes the sender; if there is no thread it is still here to be told.
        let started = Arc::new(Mutex::new(Some(started)));
        let of_thread = Arc::clone(&started);
        let spawned = builder.spawn(move || {
            if let Some(started) = take(&of_thread) {
                live(id, spec, observer, started);
            }
        });
        if let Err(error) = spawned
            && let Some(started) = take(&started)
        {
            let message = format!("no thread for the session: {error}");
            let _: Result<(), _> = started.send(Err(Failed { kind: FailureKind::Internal, message }));
        }
    }
}

fn take(started: &Mutex<Option<Started>>) -> Option<Started> {
    started.lock().ok()?.take()
}

/// The life of a session's thread.
fn live(id: SessionId, spec: Spec, observer: Arc<dyn Observer>, started: Started) {
    let made = catch_unwind(AssertUnwindSafe(|| make(id, spec, observer))).unwrap_or_else(|_| {
        Err(Failed {
            kind: FailureKind::Internal,
            message: "starting the session failed (a defect)".to_owned(),
        })
    });
    let (mut runner, session) = match made {
        Ok(made) => made,
        Err(failed) => {
            let _: Result<(), _> = started.send(Err(failed));
            return;
        }
    };
    // If nobody takes it, the handle is dropped here, and with it the session.
    let _: Result<(), _> = started.send(Ok(session));
    if catch_unwind(AssertUnwindSafe(|| runner.run())).is_err() {
        fail(&runner);
    }
    runner.shared.take_no_more();
    runner.waits.removed();
    runner.kill_leader();
    if let Some(leader) = runner.leader.take() {
        leader.kill_and_wait();
    }
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

/// Makes memory, PTY and program.
fn make(id: SessionId, spec: Spec, observer: Arc<dyn Observer>) -> Result<(Runner, Arc<Session>), Failed> {
    let internal = |what: &str, error: std::io::Error| Failed {
        kind: FailureKind::Internal,
        message: format!("no {what} for the session: {error}"),
    };
    let cannot_start = |message: String| Failed { kind: FailureKind::CannotStart, message };
    let Spec { name, command, login, directory, environment, size, allow_checksum, settings } = spec;

    let size = if size.cols == 0 || size.rows == 0 { DEFAULT_SIZE } else { size };
    let inside = translate::size(size);
    let size = translate::size_back(inside);
    let limits = ViewLimits {
        history_bytes: settings.history_bytes.clamp(MIN_HISTORY_BYTES, MAX_HISTORY_BYTES),
        history_lines: settings.history_lines,
    };
    let (view, history) = ViewWriter::create(limits).map_err(|error| internal("view", error))?;
    let journal = Journal::create().map_err(|error| internal("journal", error))?;
    let replies = Replies::create().map_err(|error| internal("memory of replies", error))?;
    let wake = Wake::new().map_err(|error| internal("wake-up", error))?;
    let options = Options { allow_checksum: allow_checksum || settings.allow_checksum, ..Options::default() };
    let mut emulator = Emulator::new(inside, options, SharedHistory::new(history));

    let request = Request { id, command: &command, login, directory: &directory, environment: &environment };
    let (program, notes) = request.program(&settings).map_err(cannot_start)?;
    for note in notes {
        log::warn!("session {id}: {note}");
        // Where the person sees it: before the program's first output.
        emulator.feed(format!("\x1b[2mscarab: {note}\x1b[m\r\n").as_bytes());
    }
    let (pty, leader) = Pty::spawn(size, &program).map_err(cannot_start)?;
    let (pty, leader) = (Arc::new(pty), Arc::new(leader));

    let now = now_us();
    let record = SessionInfo {
        id,
        name,
        command,
        foreground: exit::process_name(leader.pid).unwrap_or_else(|| program.name()),
        title: String::new(),
        directory: program.directory.to_string_lossy().into_owned(),
        size,
        leader: leader.pid.as_raw_nonzero().get().unsigned_abs(),
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
        input: Input::new(Arc::clone(&pty)),
        modes: AtomicU64::new(emulator.input_modes().to_bits()),
        last_viewer: AtomicU64::new(0),
        activity: AtomicU64::new(now),
        used: AtomicU64::new(0),
        tokens: AtomicU64::new(1),
        viewer_environment: Mutex::new(environment),
    });
    let session = Arc::new(Session { shared: Arc::clone(&shared), leader: Arc::clone(&leader) });
    let runner = Runner::new(Parts {
        id,
        shared,
        observer,
        settings,
        emulator,
        view,
        journal,
        replies,
        pty,
        leader,
        size,
    });
    Ok((runner, session))
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
    fn program(&self, settings: &super::Settings) -> Result<(Program, Vec<String>), String> {
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
        let command: Vec<OsString> = match self.command {
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
        environment::check_room(&command, &variables)?;
        Ok((Program { command, directory, variables }, notes))
    }
}
