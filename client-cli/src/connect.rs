//! Reaching the service, and starting it where it does not run.
//!
//! Where nothing listens the user's manager is asked to start `scarab.socket`, so that a fresh installation just
//! works; only where there is no manager, or it does not know the unit, is `scarabd` started directly. A socket
//! named by `SCARAB_SOCKET` is a person's own arrangement: systemd is never asked about it.

use crate::daemon::{self, Started};
use crate::tools::{self, Ran};
use anyhow::{Context, anyhow, bail};
use scarab_protocol::socket::{SOCKET_VARIABLE, default_path};
use scarab_protocol::{Client, ClientError};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// How long a service that was just started may take until it answers.
const START_LIMIT: Duration = Duration::from_secs(5);
/// How long to go on trying after the started process has ended: another one that started at the same instant
/// may be the one that listens.
const RACE_LIMIT: Duration = Duration::from_millis(500);
/// First pause between two attempts, doubled up to the last: a start takes some 5 ms.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LAST_PAUSE: Duration = Duration::from_millis(50);
/// Bytes of a socket's path, unix(7): 108 with the final NUL.
const MAX_PATH: usize = 107;
/// The unit that listens.
pub const SOCKET_UNIT: &str = "scarab.socket";
/// The unit that serves.
pub const SERVICE_UNIT: &str = "scarab.service";

/// A connection to the service, started if need be.
pub fn client() -> anyhow::Result<Client> {
    let path = checked_path()?;
    match Client::connect(&path) {
        Err(ClientError::NotRunning { .. }) => start(&path, Client::connect),
        result => Ok(result?),
    }
}

/// A connection to a service that runs; nothing is started.
pub fn running() -> anyhow::Result<Client> {
    Ok(Client::connect(&checked_path()?)?)
}

/// The path of a socket on which somebody listens, for who connects there alone.
pub fn ready() -> anyhow::Result<PathBuf> {
    let path = checked_path()?;
    // What else may be wrong is better told by the connection that follows.
    if let Err(ClientError::NotRunning { .. }) = knock(&path) {
        start(&path, |path| Client::connect(path).map(drop))?;
    }
    Ok(path)
}

fn knock(path: &Path) -> Result<(), ClientError> {
    match UnixStream::connect(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => {
                ClientError::NotRunning { path: path.to_owned() }
            }
            _ => ClientError::Connect { path: path.to_owned(), error },
        }),
    }
}

/// Where the control socket is; whether anybody listens there is not known.
pub fn checked_path() -> anyhow::Result<PathBuf> {
    let path = default_path();
    if path.as_os_str().as_bytes().len() > MAX_PATH {
        bail!(
            "the socket's path has more than {MAX_PATH} bytes, which the system cannot address: {}",
            path.display()
        );
    }
    Ok(path)
}

fn start<T>(path: &Path, connect: impl Fn(&Path) -> Result<T, ClientError>) -> anyhow::Result<T> {
    let own_socket: Option<OsString> = std::env::var_os(SOCKET_VARIABLE).filter(|path| !path.is_empty());
    if own_socket.is_none() && manager_starts_it()? {
        return wait_for(path, connect, None);
    }
    let started = daemon::start(own_socket.as_deref())?;
    wait_for(path, connect, Some(started))
}

/// Has the user's manager started the socket? False where there is none or it does not know the unit.
fn manager_starts_it() -> anyhow::Result<bool> {
    match tools::unit_property(SOCKET_UNIT, "LoadState")?.as_deref() {
        None | Some("" | "not-found") => return Ok(false),
        Some("loaded") => {}
        Some(state) => {
            bail!("{SOCKET_UNIT} is {state}: 'systemctl --user status {SOCKET_UNIT}' says more");
        }
    }
    match tools::run("systemctl", &["--user", "start", SOCKET_UNIT], tools::LIMIT)? {
        Ran::Missing => Ok(false),
        Ran::Done(report) if report.success => Ok(true),
        Ran::Done(report) => bail!("systemd cannot start {SOCKET_UNIT}: {}", report.complaint),
        Ran::TimedOut => bail!("systemd did not start {SOCKET_UNIT} within {} s", tools::LIMIT.as_secs()),
    }
}

/// Connects as soon as that is possible, within [`START_LIMIT`].
fn wait_for<T>(
    path: &Path,
    connect: impl Fn(&Path) -> Result<T, ClientError>,
    mut started: Option<Started>,
) -> anyhow::Result<T> {
    let mut deadline = Instant::now() + START_LIMIT;
    let mut pause = FIRST_PAUSE;
    let mut ended = None;
    loop {
        let error = match connect(path) {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        if error.is_final() {
            return Err(error.into());
        }
        if Instant::now() >= deadline {
            return Err(explain(error, started.as_mut(), ended));
        }
        // A child that ends is noticed at once, and only shortens the waiting.
        match &mut started {
            Some(started) if ended.is_none() => {
                if tools::exits_within(&started.child, pause)? {
                    ended = Some(started.child.wait().context("cannot collect scarabd's exit")?);
                    deadline = deadline.min(Instant::now() + RACE_LIMIT);
                }
            }
            _ => std::thread::sleep(pause),
        }
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

fn explain(error: ClientError, started: Option<&mut Started>, ended: Option<ExitStatus>) -> anyhow::Error {
    match started {
        Some(started) => match (ended, started.last_words()) {
            (Some(_), Some(words)) => anyhow!("scarabd did not start: {words}"),
            (Some(status), None) => anyhow!("scarabd ended at once ({status}) and said nothing"),
            (None, Some(words)) => {
                anyhow!("scarabd was started and does not answer ({error}); its last line: {words}")
            }
            (None, None) => anyhow!("scarabd was started and does not answer: {error}"),
        },
        None => {
            let journal = format!("'journalctl --user -u {SERVICE_UNIT}' says more");
            anyhow!("systemd started {SOCKET_UNIT}, yet: {error} ({journal})")
        }
    }
}
