//! The service as a whole: what its connections and sessions share, and its life from start to stop.
//!
//! ```text
//!  main thread: one tokio runtime                       one plain thread a session
//!  ┌───────────────────────────────────┐  methods of    ┌──────────────────────────┐
//!  │ accepting, connections, signals,  │ ─ Session ───► │ PTY, emulator, view, bell│
//!  │ watchdog, configuration           │ ◄─ Observer ── │                          │
//!  └───────────────────────────────────┘    Outbox      └──────────────────────────┘
//! ```
//!
//! Neither side ever waits for the other beyond a short lock.

use crate::bus::Bus;
use crate::config::store::Store;
use crate::config::{ClipboardRead, ClipboardWrite, Config};
use crate::control;
use crate::control::outbox::Outbox;
use crate::failure::{Failure, failed};
use crate::idle;
use crate::manager::Manager;
use crate::registry::{Registry, Removed};
use crate::session::{self, Host, NotResumed, Session, Settings, ViewerId};
use crate::store::{self, Returned, Store as FdStore};
use crate::subscriptions::{ConnectionId, Subscriptions};
use crate::systemd;
use crate::windows::Windows;
use scarab_protocol::SessionId;
use scarab_protocol::message::answer::{FailureKind, Status};
use scarab_protocol::message::event::{GoingDown, SessionCreated, SessionExited, SessionRemoved};
use scarab_protocol::message::{ToClient, WaitFor};
use std::collections::HashMap;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{Notify, mpsc, oneshot};

/// Least time between two status lines: the manager need not hear of every step of a script.
const STATUS_INTERVAL: Duration = Duration::from_millis(500);
/// How long a start waits for the sessions of the last service. A hundred with full journals take a tenth of a second.
const RESUMING: Duration = Duration::from_secs(10);
/// How long a stop waits for the sessions: their programs have 2 s between SIGHUP and SIGKILL.
const STOP_SESSIONS: Duration = Duration::from_secs(3);
/// How long a viewer may leave what was sent to it unread: a stopped program, not a slow line.
pub const VIEWER_PATIENCE: Duration = Duration::from_secs(30);
/// How long a stop waits for connections to take their last events.
const STOP_CONNECTIONS: Duration = Duration::from_millis(200);

/// What a service is started with.
#[derive(Debug)]
pub struct Start {
    /// The sockets to serve, at least one.
    pub sockets: Vec<UnixListener>,
    /// Where clients find them.
    pub socket: PathBuf,
    /// Who started it.
    pub started_by: StartedBy,
    /// The configuration.
    pub config: Store,
    /// What must outlive this process is kept there.
    pub fd_store: FdStore,
    /// What an earlier process left in it.
    pub kept: Returned,
    /// Whether to ask the service manager for scopes.
    pub scopes: bool,
    /// How long a viewer may leave what was sent to it unread: [`VIEWER_PATIENCE`], except where a test cannot wait.
    pub viewer_patience: Duration,
}

/// Who started the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartedBy {
    /// systemd, which passed the socket.
    Systemd,
    /// A person or a client; it made its socket itself.
    Standalone,
}

/// What a running service is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Read the configuration again.
    Reload,
    /// Say goodbye, end the sessions and return.
    Stop,
}

/// What all connections share.
pub struct Service {
    registry: Mutex<Registry<Arc<Session>>>,
    store: Store,
    connections: Mutex<HashMap<ConnectionId, Arc<Outbox>>>,
    /// Who subscribed.
    pub subscriptions: Arc<Subscriptions>,
    /// What must outlive this process is kept there.
    pub fd_store: Arc<FdStore>,
    /// What windows leave behind.
    pub windows: Windows,
    /// Another session's window was closed, or the configuration changed.
    pub released: Notify,
    manager: Manager,
    manager_wanted: bool,
    bus: OnceLock<Bus>,
    ended: mpsc::UnboundedSender<SessionId>,
    changed: Notify,
    numbers: AtomicU64,
    /// How long a viewer may leave what was sent to it unread.
    pub viewer_patience: Duration,
    socket: PathBuf,
    started_by: StartedBy,
    started: SystemTime,
}

/// The runtime that a service needs: one thread, the caller's.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Look at the sockets after so many tasks: a task may handle a whole batch of messages, and sixteen busy
        // clients must not make the seventeenth wait for a millisecond. Chosen by feel.
        .event_interval(16)
        // For what waits for a disk: the configuration.
        .max_blocking_threads(2)
        .thread_keep_alive(Duration::from_secs(1))
        .build()
}

/// Serves until told to stop, or until nobody is left who could tell.
pub async fn serve(start: Start, mut orders: mpsc::Receiver<Order>) -> std::io::Result<()> {
    let (ended, ends) = mpsc::unbounded_channel();
    let manager = if start.scopes {
        Manager::connect().await.unwrap_or_else(|problem| {
            log::warn!(
                "sessions get no scopes of their own: the service manager cannot be reached: {problem}"
            );
            Manager::none()
        })
    } else {
        Manager::none()
    };
    let service = Arc::new(Service {
        registry: Mutex::default(),
        store: start.config,
        connections: Mutex::default(),
        subscriptions: Arc::default(),
        fd_store: Arc::new(start.fd_store),
        windows: Windows::beside(&start.socket),
        released: Notify::new(),
        manager,
        manager_wanted: start.scopes,
        bus: OnceLock::new(),
        ended,
        changed: Notify::new(),
        numbers: AtomicU64::new(1),
        viewer_patience: start.viewer_patience,
        socket: start.socket,
        started_by: start.started_by,
        started: SystemTime::now(),
    });
    if let Some(most) = service.manager.store_size() {
        service.fd_store.set_most(most);
    }
    resume(&service, start.kept).await;
    let mut accepting = Vec::new();
    for socket in start.sockets {
        socket.set_nonblocking(true)?;
        let socket = tokio::net::UnixListener::from_std(socket)?;
        accepting.push(tokio::spawn(control::accept(service.clone(), socket)));
    }
    tokio::spawn(see_to_ends(service.clone(), ends));
    tokio::spawn(tell_status(service.clone()));
    tokio::spawn(idle::end_when_due(service.clone()));
    if let Some(interval) = systemd::watchdog_interval() {
        tokio::spawn(feed_watchdog(interval));
    }
    if start.scopes {
        // Beside everything else: a bus that hangs must not keep sessions from people.
        drop(service.bus.set(Bus::join(&service)));
    }
    log::info!("serving {}", service.socket.display());
    systemd::ready();

    while let Some(Order::Reload) = orders.recv().await {
        let service = service.clone();
        match tokio::task::spawn_blocking(move || service.reload()).await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => log::error!("{}", failure.message),
            Err(error) => log::error!("reading the configuration failed: {error}"),
        }
    }
    systemd::stopping();
    accepting.iter().for_each(tokio::task::JoinHandle::abort);
    service.stop().await;
    Ok(())
}

/// Goes on with the sessions that an earlier process left; all at once, each on its own thread.
async fn resume(service: &Arc<Service>, kept: Returned) {
    let highest = service.fd_store.adopt_ids(kept.ids);
    let newest = kept.sessions.keys().next_back().map_or(0, |id| id.0);
    service.registry().reserve_ids(highest.max(newest));
    let began = Instant::now();
    let settings = settings(&service.config());
    let mut resuming = Vec::new();
    // All of them before the first one goes on: what there is room for depends on all that is held.
    let mut sessions = kept.sessions;
    sessions.iter_mut().for_each(|(id, kept)| service.fd_store.adopt(*id, kept));
    for (id, kept) in sessions {
        let (done, resumed) = oneshot::channel();
        Session::resume(id, kept, settings.clone(), service.host(), done);
        resuming.push((id, resumed));
    }
    let count = resuming.len();
    let until = began + RESUMING;
    for (id, mut resumed) in resuming {
        match tokio::time::timeout_at(until.into(), &mut resumed).await {
            Ok(result) => service.resumed(id, result),
            Err(_) => {
                log::error!("session {id} takes too long to go on: the others are served without it");
                let service = service.clone();
                tokio::spawn(async move { service.resumed(id, resumed.await) });
            }
        }
    }
    if count > 0 {
        let took = began.elapsed().as_millis();
        let going_on = service.registry().all().len();
        log::info!("{going_on} of {count} sessions go on after {took} ms");
    }
}

impl Service {
    /// What its sessions stand on.
    pub fn host(self: &Arc<Self>) -> Host {
        Host { observer: self.clone(), store: self.fd_store.clone(), manager: self.manager.clone() }
    }

    /// A session that an earlier process left goes on, or does not.
    fn resumed(
        &self,
        id: SessionId,
        result: Result<Result<Arc<Session>, NotResumed>, oneshot::error::RecvError>,
    ) {
        match result.unwrap_or_else(|_| Err(NotResumed::Failed("its thread ended".to_owned()))) {
            Ok(session) => self.adopt(id, &session),
            Err(problem) => {
                log::error!("session {id} cannot go on: {problem}");
                if let NotResumed::Gone(_) = problem {
                    self.fd_store.forget_all(id);
                    session::forget_links(id);
                }
            }
        }
    }

    fn adopt(&self, id: SessionId, session: &Arc<Session>) {
        let asked = session.name();
        let ended = session.ended_at().map(|at| {
            let now = session::micros(SystemTime::now());
            let ago = Duration::from_micros(now.saturating_sub(at));
            Instant::now().checked_sub(ago).unwrap_or_else(Instant::now)
        });
        let name = self.registry().adopt(id, &asked, session.clone(), ended);
        if name != asked {
            session.rename(name);
        }
        // Its thread runs already, and its end may have come before it was listed.
        let ended_since = ended.is_none() && session.exited().is_some();
        if ended_since {
            self.registry().ended(id, Instant::now());
        }
        if ended.is_some() || ended_since {
            let _ = self.ended.send(id); // fails only while the service stops
        }
    }

    /// All sessions, under a lock that is held for a moment only, also by the sessions' threads: nothing that
    /// takes a session's own lock may happen under it.
    pub fn registry(&self) -> MutexGuard<'_, Registry<Arc<Session>>> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The configuration and its file.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The configuration in force.
    pub fn config(&self) -> Arc<Config> {
        self.store.current()
    }

    /// A number never given before: of a connection, of a viewer.
    pub fn next_number(&self) -> u64 {
        // Relaxed: only the number's being unique matters.
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<ConnectionId, Arc<Outbox>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a new connection in, unless all that are allowed are taken.
    pub fn connection_opened(&self, connection: ConnectionId, outbox: &Arc<Outbox>) -> bool {
        let most = self.config().limits.connections;
        let mut connections = self.connections();
        if connections.len() >= most {
            return false;
        }
        connections.insert(connection, outbox.clone());
        true
    }

    /// Counts it out.
    pub fn connection_closed(&self, connection: ConnectionId) {
        self.subscriptions.remove(connection);
        let mut connections = self.connections();
        connections.remove(&connection);
        if connections.len() < connections.capacity() / 4 {
            connections.shrink_to_fit();
        }
    }

    /// A session was made: it can be found, and who subscribed hears of it.
    pub fn session_made(&self, id: SessionId, session: &Arc<Session>) {
        // Told first, and its end, if that came before this, after it. No request can come in between.
        let event = ToClient::from(SessionCreated { session: session.info() });
        self.subscriptions.service_event(id, &event);
        self.on_bus(|bus| bus.added(id));
        let has_ended = self.registry().commit(id, session.clone());
        if let Some(status) = session.exited().filter(|_| has_ended) {
            let event = SessionExited { session: id, name: session.name(), status };
            let event = event.into();
            self.subscriptions.session_event(id, &event);
            self.on_bus(|bus| bus.event(id, &event));
            let _ = self.ended.send(id); // fails only while the service stops
        }
        self.changed.notify_one();
    }

    fn on_bus(&self, tell: impl FnOnce(&Bus)) {
        if let Some(bus) = self.bus.get() {
            tell(bus);
        }
    }

    /// Something about a session has changed that no event of its own tells.
    pub fn changed_outside(&self, id: SessionId) {
        self.on_bus(|bus| bus.changed(id));
        self.changed.notify_one();
    }

    /// A viewer was attached.
    pub fn viewer_joined(&self, id: SessionId, viewer: ViewerId) {
        self.registry().joined(id, viewer);
        self.windows.wanted_again(id);
        self.changed_outside(id);
    }

    /// A viewer is gone.
    pub fn viewer_left(&self, id: SessionId, viewer: ViewerId) {
        let removed = self.registry().left(id, viewer);
        self.removed(removed);
        self.changed_outside(id);
    }

    /// A session's end was asked for and has come.
    pub fn dismissed(&self, id: SessionId) {
        let removed = self.registry().dismissed(id);
        self.removed(removed);
    }

    fn removed(&self, removed: impl IntoIterator<Item = Removed<Arc<Session>>>) {
        for Removed { id, name, session } in removed {
            session.close();
            self.subscriptions.service_event(id, &SessionRemoved { session: id, name }.into());
            self.subscriptions.forget(id);
            self.on_bus(|bus| bus.removed(id));
        }
        self.changed.notify_one();
    }

    /// Reads the configuration again and tells the sessions; when it is wrong the old one stays. It waits for the
    /// disk.
    pub fn reload(&self) -> Result<(), Failure> {
        systemd::reloading();
        let result = self.store().reload();
        if result.is_ok() {
            self.apply();
            log::info!("the configuration was read again");
        }
        systemd::ready();
        result.map_err(|error| {
            failed(FailureKind::Config, format!("{error}; the old configuration stays in force"))
        })
    }

    /// Puts the configuration in force in the sessions that there are.
    pub fn apply(&self) {
        let settings = settings(&self.config());
        let sessions = self.registry().all();
        for (_, session, _) in sessions {
            session.apply(settings.clone());
        }
        self.released.notify_one();
    }

    /// How the service is.
    pub fn status(&self) -> Status {
        let counts = self.registry().counts();
        let mut notes = Vec::new();
        if let Some(problem) = self.store().problem() {
            notes.push(format!("the configuration is wrong and not in force: {problem}"));
        }
        if !self.fd_store.is_there() {
            notes.push(
                "sessions end with this service: it was not started by systemd, which would keep them".into(),
            );
        }
        if self.manager_wanted && !self.manager.is_there() {
            notes.push("sessions get no scopes of their own: the service manager cannot be reached".into());
        }
        if self.bus.get().is_some_and(Bus::is_absent) {
            notes.push("`busctl --user` does not find the sessions: the user's bus cannot be reached".into());
        }
        if self.fd_store.is_there() && systemd::lingers() == Some(false) {
            notes.push("sessions end when you log out: `scarab linger on` keeps them running".into());
        }
        Status {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            started: session::micros(self.started),
            sessions: number(counts.live),
            exited: number(counts.exited),
            viewers: number(counts.viewers),
            connections: number(self.connections().len()),
            socket: self.socket.display().to_string(),
            started_by: match self.started_by {
                StartedBy::Systemd => "systemd".into(),
                StartedBy::Standalone => "standalone".into(),
            },
            notes,
        }
    }

    /// Tells everybody, leaves the sessions to the next service or ends them where there will be none, and lets the
    /// connections take what was last said.
    async fn stop(self: &Arc<Self>) {
        log::info!("stopping");
        let sessions_survive = self.fd_store.is_there();
        let outboxes: Vec<_> = self.connections().values().cloned().collect();
        for outbox in &outboxes {
            outbox.event(GoingDown { sessions_survive }.into());
        }
        if sessions_survive {
            self.leave_sessions().await;
        } else {
            self.end_sessions().await;
        }
        let until = Instant::now() + STOP_CONNECTIONS;
        while Instant::now() < until && !outboxes.iter().all(|outbox| outbox.is_empty()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Has all sessions written down, and their threads end.
    async fn leave_sessions(self: &Arc<Self>) {
        let mut left = Vec::new();
        let sessions = self.registry().all();
        for (_, session, _) in sessions {
            let (done, written) = oneshot::channel();
            session.leave(done);
            left.push(written);
        }
        let all = async {
            for written in left {
                let _ = written.await; // an error says that its thread has ended already
            }
        };
        if tokio::time::timeout(STOP_SESSIONS, all).await.is_err() {
            log::warn!("not every session was written down in time: the next service replays its journal");
        }
        let flushed = tokio::task::spawn_blocking(store::flush).await;
        flushed.unwrap_or_else(|error| log::warn!("what systemd was told may be lost: {error}"));
        // A session whose handle is dropped ends; these do not.
        std::mem::forget(self.clone());
    }

    async fn end_sessions(&self) {
        let sessions = self.registry().all();
        let mut ends = Vec::new();
        for (_, session, ended) in &sessions {
            if !ended {
                let (done, end) = oneshot::channel();
                session.wait(WaitFor::Exit, done);
                session.end();
                ends.push(end);
            }
        }
        let all = async {
            for end in ends {
                let _ = end.await; // an error says that the session is gone, which is what is waited for
            }
        };
        if tokio::time::timeout(STOP_SESSIONS, all).await.is_err() {
            log::warn!("not every session ended in time");
        }
        sessions.iter().for_each(|(_, session, _)| session.close());
    }
}

impl session::Observer for Service {
    fn changed(&self, session: SessionId) {
        self.on_bus(|bus| bus.changed(session));
    }

    fn event(&self, session: SessionId, event: ToClient) {
        let ToClient::SessionExited(_) = event else {
            self.on_bus(|bus| bus.event(session, &event));
            return self.subscriptions.session_event(session, &event);
        };
        // Told under the registry's lock: it cannot be removed, and that be told, before its end is.
        let mut registry = self.registry();
        if registry.ended(session, Instant::now()) {
            self.subscriptions.session_event(session, &event);
            self.on_bus(|bus| bus.event(session, &event));
            let _ = self.ended.send(session); // fails only while the service stops
        } // an end before the session is listed is told by whoever lists it
    }
}

/// Removes sessions that ended and need no eyes, and those that waited long enough for some.
async fn see_to_ends(service: Arc<Service>, mut ends: mpsc::UnboundedReceiver<SessionId>) {
    loop {
        let next = service.registry().next_expiry();
        let ended = match next {
            None => ends.recv().await,
            Some(expiry) => match tokio::time::timeout_at(expiry.into(), ends.recv()).await {
                Ok(ended) => ended,
                Err(_) => {
                    service.expire();
                    continue;
                }
            },
        };
        let Some(id) = ended else { return };
        let removed = service.registry().settle(id);
        service.removed(removed);
        service.expire();
    }
}

impl Service {
    fn expire(&self) {
        let most = self.config().limits.exited;
        let removed = self.registry().expire(Instant::now(), most);
        self.removed(removed);
    }
}

/// Keeps the manager's status line true: `5 sessions, 2 viewers`.
async fn tell_status(service: Arc<Service>) {
    loop {
        systemd::status(&status_line(&service));
        tokio::time::sleep(STATUS_INTERVAL).await;
        service.changed.notified().await;
    }
}

fn status_line(service: &Service) -> String {
    let counts = service.registry().counts();
    let of = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let mut line = format!("{}, {}", of(counts.live, "session"), of(counts.viewers, "viewer"));
    if counts.exited > 0 {
        line.push_str(&format!(", {} exited", counts.exited));
    }
    if service.store().problem().is_some() {
        line.push_str("; the configuration is wrong (see the log)");
    }
    line
}

async fn feed_watchdog(interval: Duration) {
    loop {
        systemd::alive();
        tokio::time::sleep(interval).await;
    }
}

/// What of the configuration concerns sessions.
pub fn settings(config: &Config) -> Settings {
    Settings {
        history_lines: config.history.lines,
        history_bytes: config.history.bytes.0,
        term: config.terminal.term.clone(),
        max_viewers: config.limits.viewers,
        clipboard_write: match config.clipboard.write {
            ClipboardWrite::Focus => session::ClipboardWrite::Focused,
            ClipboardWrite::Ask => session::ClipboardWrite::Ask,
            ClipboardWrite::Never => session::ClipboardWrite::Never,
        },
        clipboard_read: match config.clipboard.read {
            ClipboardRead::Ask => session::ClipboardRead::Ask,
            ClipboardRead::Never => session::ClipboardRead::Never,
        },
        allow_checksum: config.terminal.allow_checksum,
        allow_title_report: config.terminal.allow_title_report,
        image_bytes: config.terminal.images.0,
        shell: Some(config.shell.command.clone()).filter(|shell| !shell.is_empty()),
        shell_integration: config.shell.integration,
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
