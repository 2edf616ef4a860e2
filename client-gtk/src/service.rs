//! Reaching the service without making the window wait: connecting, making sessions and attaching block, so they are
//! done on threads of GIO's pool.

use crate::translation::{gettext, gettext_with};
use anyhow::{Context, bail};
use gtk::{gio, glib};
use scarab_protocol::client::{Attachment, Link, SystemClock};
use scarab_protocol::message::request::{
    Attach, Create, GetStatus, KeepWindow, Kill, List, Release, Rename, SetConfig, Subscribe, TakeWindows,
};
use scarab_protocol::message::{KeptWindow, SessionInfo, Size, ViewerColours};
use scarab_protocol::socket::{SOCKET_VARIABLE, default_path};
use scarab_protocol::{Client, ClientError, SessionId};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// Most bytes of the service's log that are shown: ten lines of any sane length.
const MOST_WORDS: usize = 4096;

/// Which session a view is to show.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A new one; an empty command is the person's shell.
    New { command: Vec<String>, directory: String },
    /// One that is there.
    Session(String),
}

/// What a view needs to begin.
#[derive(Debug)]
pub struct Opened {
    pub link: Link,
    pub attachment: Attachment,
}

/// Opens a session.
pub async fn open(wanted: Wanted, size: Size, colours: ViewerColours) -> anyhow::Result<Opened> {
    let opened = gio::spawn_blocking(move || blocking(wanted, size, colours)).await;
    opened.unwrap_or_else(|_| bail!(gettext("opening the session failed (a defect)")))
}

/// All sessions there are.
pub async fn list() -> anyhow::Result<Vec<SessionInfo>> {
    on_a_thread(|client| Ok(client.ask(List {})?.sessions)).await
}

/// Ends a session and its program.
pub async fn end(session: String) -> anyhow::Result<()> {
    on_a_thread(move |client| Ok(client.ask(Kill { session, signal: 0 }).map(drop)?)).await
}

/// Gives a session a name.
pub async fn rename(session: String, name: String) -> anyhow::Result<()> {
    on_a_thread(move |client| Ok(client.ask(Rename { session, name }).map(drop)?)).await
}

thread_local! {
    /// What is to be written of the configuration, the last value of each key.
    static UNWRITTEN: RefCell<BTreeMap<String, Unwritten>> = const { RefCell::new(BTreeMap::new()) };
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

struct Unwritten {
    value: String,
    wrong: Box<dyn FnOnce(anyhow::Error)>,
}

/// Writes one key of the configuration; `wrong` hears why that failed. One after the other: two answers at once could come
/// in either order, and the file say what is not shown.
pub fn configure(key: &str, value: String, wrong: impl FnOnce(anyhow::Error) + 'static) {
    let value = Unwritten { value, wrong: Box::new(wrong) };
    UNWRITTEN.with_borrow_mut(|unwritten| unwritten.insert(key.to_owned(), value));
    if WRITING.replace(true) {
        return;
    }
    glib::spawn_future_local(async move {
        while let Some((key, Unwritten { value, wrong })) = UNWRITTEN.with_borrow_mut(BTreeMap::pop_first) {
            let written = on_a_thread(move |client| Ok(client.ask(SetConfig { key, value }).map(drop)?));
            if let Err(error) = written.await {
                wrong(error);
            }
        }
        WRITING.set(false);
    });
}

/// Has a window kept, or forgotten.
pub async fn keep(window: KeptWindow) -> anyhow::Result<()> {
    on_a_thread(move |client| Ok(client.ask(KeepWindow { window }).map(drop)?)).await
}

/// The windows of these sessions were closed.
pub async fn release(sessions: Vec<u64>) -> anyhow::Result<()> {
    on_a_thread(move |client| {
        for id in sessions {
            let released = client.ask(Release { session: SessionId(id).to_string() });
            if let Err(error) = released
                && error.ends_connection()
            {
                return Err(error.into());
            }
        }
        Ok(())
    })
    .await
}

/// The windows that an earlier run of this program left, and the sessions there are.
pub async fn lost_windows() -> anyhow::Result<(Vec<KeptWindow>, Vec<SessionInfo>)> {
    on_a_thread(|client| Ok((client.ask(TakeWindows {})?.windows, client.ask(List {})?.sessions))).await
}

/// A connection that is told what happens to sessions, and how things stand now.
#[derive(Debug)]
pub struct Watched {
    pub client: Client,
    pub sessions: Vec<SessionInfo>,
    /// systemd runs the service.
    pub of_systemd: bool,
}

/// Watches all sessions.
pub async fn watch() -> anyhow::Result<Watched> {
    let watched = gio::spawn_blocking(|| {
        let mut client = connect()?;
        client.ask(Subscribe { session: "*".to_owned() })?;
        let sessions = client.ask(List {})?.sessions;
        let of_systemd = client.ask(GetStatus {})?.started_by == "systemd";
        Ok(Watched { client, sessions, of_systemd })
    });
    watched.await.unwrap_or_else(|_| bail!(gettext("asking the service failed (a defect)")))
}

async fn on_a_thread<T: Send + 'static>(
    ask: impl FnOnce(&mut Client) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let asked = gio::spawn_blocking(move || ask(&mut connect()?)).await;
    asked.unwrap_or_else(|_| bail!(gettext("asking the service failed (a defect)")))
}

fn blocking(wanted: Wanted, size: Size, colours: ViewerColours) -> anyhow::Result<Opened> {
    let environment = environment();
    let mut link = Link::with(Box::new(connect), SystemClock)?;
    let session = match wanted {
        Wanted::Session(name) => name,
        Wanted::New { command, directory } => {
            let create = Create {
                name: String::new(),
                command,
                login: is_of_the_bus(),
                directory,
                environment: environment.clone(),
                size,
                properties: Vec::new(),
                allow_checksum: false,
            };
            let client = link.client().with_context(|| gettext("the connection is lost"))?;
            client.ask(create)?.id.to_string()
        }
    };
    let attach = Attach {
        session,
        read_only: false,
        detach_others: false,
        size,
        colours,
        viewer_name: "Scarab".to_owned(),
        environment,
    };
    let attachment = link.attach(attach)?;
    Ok(Opened { link, attachment })
}

/// Connects. Where nothing listens, `scarab` knows how to have a service started.
fn connect() -> Result<Client, ClientError> {
    let path = default_path();
    match Client::connect(&path) {
        Err(ClientError::NotRunning { .. }) => match start() {
            Ok(()) => Client::connect(&path),
            Err(error) => Err(ClientError::Connect { path, error }),
        },
        result => result,
    }
}

/// Has the service started. The error is what was said about it, in the words of who tried.
fn start() -> io::Result<()> {
    let own = std::env::current_exe().ok().map(|own| own.with_file_name("scarab"));
    let scarab = own.filter(|scarab| scarab.exists()).unwrap_or_else(|| "scarab".into());
    let started = Command::new(&scarab)
        .arg("ls")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| {
            let values: &[(&str, &dyn Display)] = &[("program", &scarab.display()), ("error", &error)];
            io::Error::other(gettext_with("cannot run {program}: {error}", values))
        })?;
    if started.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&started.stderr);
    let said = said.lines().rfind(|line| !line.trim().is_empty());
    let said = said.map(|said| said.trim_start_matches("scarab: ").to_owned());
    Err(io::Error::other(said.unwrap_or_else(|| gettext("it could not be started"))))
}

/// The last lines of the service's log, for who cannot reach it; empty where systemd does not run it.
pub async fn last_words() -> String {
    if std::env::var_os(SOCKET_VARIABLE).is_some() {
        return String::new(); // a service of its own is none of systemd's
    }
    let read = gio::spawn_blocking(|| {
        let log = ["--user", "-u", "scarab.service", "-n", "10", "--no-pager", "-q", "-o", "cat"];
        Command::new("journalctl").args(log).stdin(Stdio::null()).stderr(Stdio::null()).output()
    });
    let said = read.await.ok().and_then(Result::ok).map(|output| output.stdout).unwrap_or_default();
    let tail = &said[said.len().saturating_sub(MOST_WORDS)..];
    String::from_utf8_lossy(tail).trim().replace('\0', "")
}

/// The bus started this program: what it inherited is the user manager's environment and not a person's.
static OF_THE_BUS: AtomicBool = AtomicBool::new(false);
/// What of it says where the person's screen and sockets are. The rest comes from a login shell's profile.
const OF_THE_SCREEN: [&str; 8] = [
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
    "XDG_SESSION_TYPE",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "LANG",
];

/// From now on new shells are login shells, so that `~/.profile` counts.
pub fn leave_the_bus_s_environment() {
    OF_THE_BUS.store(true, Ordering::Relaxed); // before any window, on the one thread there is
}

fn is_of_the_bus() -> bool {
    OF_THE_BUS.load(Ordering::Relaxed)
}

fn environment() -> Vec<Vec<u8>> {
    let of_the_bus = is_of_the_bus();
    std::env::vars_os()
        .filter(|(name, _)| !of_the_bus || OF_THE_SCREEN.iter().any(|kept| name == kept))
        .map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat())
        .collect()
}
