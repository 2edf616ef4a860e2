//! What windows leave behind: how they were laid out, for when their client is gone, and the shells in them that nobody
//! needs for ever.
//!
//! A layout is the client's own text: the service keeps it, bounded, and gives it to the next client that asks once the
//! process that wrote it lives no more. Whether it lives is told by its number and its start together, because numbers
//! come again.
//!
//! All of it is in one file beside the socket. The runtime directory ends with the user manager, as the sessions that a
//! layout names do; a service that is killed or replaced finds the file again.

use crate::failure::{Failure, failed};
use rustix::fs::OFlags;
use scarab_protocol::SessionId;
use scarab_protocol::message::KeptWindow;
use scarab_protocol::message::answer::FailureKind;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most windows that are kept: more than a person can look for.
const MOST_WINDOWS: usize = 64;
/// Longest layout, in bytes: hundreds of tabs.
const MAX_LAYOUT: usize = 32 << 10;
/// Most shells that wait for their end; the service has no more sessions.
const MOST_RELEASED: usize = 10_000;
/// No file of ours is larger, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// A process, by its number and when it was started (clock ticks since the boot, proc(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pid: u32,
    started: u64,
}

impl Process {
    /// One that lives.
    pub fn living(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in brackets may have anything in it; behind it stand the state and, 19 fields on, the start.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let ended = matches!(fields.next()?, "Z" | "X"); // dead, though nobody has taken note yet
        let started = fields.nth(18)?.parse().ok()?;
        (!ended).then_some(Self { pid, started })
    }

    fn lives(self) -> bool {
        Self::living(self.pid) == Some(self)
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Left {
    window: Vec<Window>,
    released: Vec<Released>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Window {
    /// Hexadecimal: TOML's numbers have a sign.
    id: String,
    client: Process,
    layout: String,
}

/// A session whose window was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// Its id, and when it was made: after the service's own end the same id may be another's.
    pub session: u64,
    /// Microseconds since the Unix epoch.
    pub created: u64,
    /// Since when nobody needs it, in the same.
    pub since: u64,
}

/// All of it.
#[derive(Debug)]
pub struct Windows {
    file: PathBuf,
    left: Mutex<Left>,
}

impl Windows {
    /// What an earlier service wrote beside this socket, if it did.
    pub fn beside(socket: &Path) -> Self {
        // Two services may have their sockets in one directory.
        let file = socket.with_extension("windows.toml");
        let left = read(&file).unwrap_or_else(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                log::warn!("{}: {error}; windows do not come back", file.display());
            }
            Left::default()
        });
        Self { file, left: Mutex::new(left) }
    }

    fn lock(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a window's layout; an empty one forgets the window.
    ///
    /// # Errors
    /// When the layout is too long, there are too many windows, or the file cannot be written.
    pub fn keep(&self, window: KeptWindow, client: u32) -> Result<(), Failure> {
        let KeptWindow { window, layout } = window;
        if layout.len() > MAX_LAYOUT {
            return Err(failed(
                FailureKind::BadArgument,
                format!("a window's layout has at most {MAX_LAYOUT} bytes"),
            ));
        }
        let id = format!("{window:x}");
        // A client that is gone already leaves its window behind at once.
        let client = Process::living(client).unwrap_or(Process { pid: client, started: 0 });
        let mut left = self.lock();
        if layout.is_empty() {
            left.window.retain(|kept| kept.id != id);
        } else if let Some(kept) = left.window.iter_mut().find(|kept| kept.id == id) {
            // It stays where it was among the others: they come back in the order in which they were opened.
            (kept.client, kept.layout) = (client, layout);
        } else {
            if left.window.len() >= MOST_WINDOWS {
                left.window.retain(|kept| kept.client.lives());
            }
            if left.window.len() >= MOST_WINDOWS {
                return Err(failed(
                    FailureKind::TooMany,
                    format!("more than {MOST_WINDOWS} windows are not kept"),
                ));
            }
            left.window.push(Window { id, client, layout });
        }
        self.write(&left)
    }

    /// The windows whose clients are gone, oldest first; they are the asker's from now on.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn take(&self, client: u32) -> Result<Vec<KeptWindow>, Failure> {
        let Some(asker) = Process::living(client) else { return Ok(Vec::new()) };
        let mut left = self.lock();
        let mut taken = Vec::new();
        for window in &mut left.window {
            if !window.client.lives() {
                window.client = asker;
                let id = u64::from_str_radix(&window.id, 16).unwrap_or_default();
                taken.push(KeptWindow { window: id, layout: window.layout.clone() });
            }
        }
        if !taken.is_empty() {
            self.write(&left)?;
        }
        Ok(taken)
    }

    /// A window that showed this session was closed.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn release(&self, session: Released) -> Result<(), Failure> {
        let mut left = self.lock();
        left.released.retain(|released| released.session != session.session);
        left.released.push(session);
        let surplus = left.released.len().saturating_sub(MOST_RELEASED);
        left.released.drain(..surplus);
        self.write(&left)
    }

    /// Somebody looks at this session again, or it is gone.
    pub fn wanted_again(&self, SessionId(session): SessionId) {
        let mut left = self.lock();
        let before = left.released.len();
        left.released.retain(|released| released.session != session);
        if left.released.len() != before
            && let Err(failure) = self.write(&left)
        {
            log::warn!("{}", failure.message);
        }
    }

    /// The session whose window was closed longest ago.
    pub fn longest_released(&self) -> Option<Released> {
        self.lock().released.iter().min_by_key(|released| released.since).copied()
    }

    /// A new file in the old one's place, so that a crash leaves the one or the other.
    fn write(&self, left: &Left) -> Result<(), Failure> {
        let write = || -> io::Result<()> {
            let text = toml::to_string(left).map_err(io::Error::other)?;
            let beside = self.file.with_extension("new");
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .custom_flags(OFlags::NOFOLLOW.bits() as i32)
                .open(&beside)?;
            file.write_all(text.as_bytes())?;
            fs::rename(&beside, &self.file)
        };
        write().map_err(|error| {
            failed(FailureKind::Internal, format!("{} cannot be written: {error}", self.file.display()))
        })
    }
}

fn read(file: &Path) -> io::Result<Left> {
    let mut text = String::new();
    fs::File::open(file)?.take(MAX_FILE).read_to_string(&mut text)?;
    let mut left: Left = toml::from_str(&text).map_err(io::Error::other)?;
    left.window.truncate(MOST_WINDOWS);
    left.window.retain(|window| window.layout.len() <= MAX_LAYOUT);
    left.released.truncate(MOST_RELEASED);
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(window: u64, layout: &str) -> KeptWindow {
        KeptWindow { window, layout: layout.to_owned() }
    }

    /// A number that no process has: beyond the kernel's largest (PID_MAX_LIMIT).
    const GONE: u32 = 1 << 23;

    #[test]
    fn a_window_comes_back_when_its_client_is_gone_and_only_once() {
        let directory = tempfile::tempdir().expect("a directory");
        let socket = directory.path().join("control.sock");
        let own = std::process::id();
        let windows = Windows::beside(&socket);
        windows.keep(kept(u64::MAX, "none"), GONE).expect("kept");
        windows.keep(kept(2, "two"), own).expect("kept");
        windows.keep(kept(4, "four"), GONE).expect("kept");
        windows.keep(kept(u64::MAX, "one"), GONE).expect("kept anew");
        windows.keep(kept(3, "three"), GONE).expect("kept");
        windows.keep(kept(3, ""), GONE).expect("forgotten");
        // Another service finds the same.
        let windows = Windows::beside(&socket);
        assert_eq!(windows.take(own).expect("taken"), [kept(u64::MAX, "one"), kept(4, "four")]);
        assert_eq!(windows.take(own).expect("taken"), []);
    }

    #[test]
    fn a_process_that_nobody_waited_for_is_dead() {
        let mut child = std::process::Command::new("true").spawn().expect("it starts");
        let state = || fs::read_to_string(format!("/proc/{}/stat", child.id())).expect("it is there");
        while !state().contains(") Z ") {
            std::thread::yield_now();
        }
        assert_eq!(Process::living(child.id()), None);
        child.wait().expect("it has ended");
    }

    #[test]
    fn a_process_with_a_number_that_came_again_is_another_one() {
        let own = Process::living(std::process::id()).expect("it lives");
        assert!(own.lives() && !Process { started: own.started + 1, ..own }.lives());
    }

    #[test]
    fn windows_are_bounded_and_those_of_dead_clients_make_room() {
        let directory = tempfile::tempdir().expect("a directory");
        let windows = Windows::beside(&directory.path().join("control.sock"));
        let own = std::process::id();
        for window in 0..MOST_WINDOWS as u64 {
            windows.keep(kept(window, "x"), if window == 0 { GONE } else { own }).expect("kept");
        }
        windows.keep(kept(1000, "x"), own).expect("in the dead one's place");
        assert!(windows.keep(kept(1001, "x"), own).is_err());
        assert!(windows.keep(kept(1, &"x".repeat(MAX_LAYOUT + 1)), own).is_err());
    }

    #[test]
    fn a_damaged_file_is_no_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let socket = directory.path().join("control.sock");
        for text in [&b"[[window]]\nid = 3"[..], b"\xff", b"released = 5"] {
            fs::write(directory.path().join("control.windows.toml"), text).expect("written");
            let windows = Windows::beside(&socket);
            assert_eq!(windows.take(std::process::id()).expect("taken"), []);
            assert_eq!(windows.longest_released(), None);
        }
    }

    #[test]
    fn a_released_session_waits_until_somebody_looks_at_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let socket = directory.path().join("control.sock");
        let windows = Windows::beside(&socket);
        let released = |session, since| Released { session, created: 1, since };
        windows.release(released(7, 100)).expect("released");
        windows.release(released(3, 50)).expect("released");
        assert_eq!(Windows::beside(&socket).longest_released(), Some(released(3, 50)));
        windows.wanted_again(SessionId(3));
        assert_eq!(windows.longest_released(), Some(released(7, 100)));
        windows.wanted_again(SessionId(7));
        assert_eq!(Windows::beside(&socket).longest_released(), None);
    }
}
