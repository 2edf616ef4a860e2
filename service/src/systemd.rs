//! Talking with the service manager: the sockets it passes, and what it is told (sd_listen_fds(3), sd_notify(3)).
//!
//! Without a manager all of this does nothing, so the rest of the service need not know.
//!
//! One of the files with unsafe code: taking over the descriptors that the manager passed.
#![allow(unsafe_code)]

use crate::store::{self, Returned};
use rustix::fd::{FromRawFd, OwnedFd};
use sd_notify::NotifyState;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

/// The names under which the control socket comes: its `FileDescriptorName=`, the unit's name where that is not
/// set, and what stands for no name at all.
const CONTROL_NAMES: [&str; 3] = ["control", "scarab.socket", "unknown"];

/// `FileDescriptorStoreMax=` of scarab.service, for managers that do not tell it.
const STORE_SIZE: usize = 5120;

/// What the manager passed.
#[derive(Debug, Default)]
pub struct Passed {
    /// The control sockets.
    pub sockets: Vec<UnixListener>,
    /// What an earlier process of this service left in the manager's store.
    pub kept: Returned,
}

/// What the manager passed; nothing where there is none.
///
/// Called first of all in `main`, while there is one thread: taking the descriptors clears `LISTEN_FDS`.
/// Descriptors of other names are left alone, but never reach a program in a session.
pub fn passed() -> Passed {
    // Before listenfd, which leaves the names alone but not the variables that say for whom they are. This also
    // sets close-on-exec on every descriptor, whatever becomes of it below.
    let names: Vec<String> = match sd_notify::listen_fds_with_names() {
        Ok(descriptors) => descriptors.map(|(_, name)| name).collect(),
        Err(error) => {
            log::warn!("the descriptors passed by the service manager cannot be told apart: {error}");
            Vec::new()
        }
    };
    let mut listenfd = listenfd::ListenFd::from_env();
    let mut passed = Passed::default();
    for index in 0..listenfd.len() {
        let name = names.get(index).map_or("unknown", String::as_str);
        if store::is_name(name) {
            if let Ok(Some(descriptor)) = listenfd.take_raw_fd(index) {
                // SAFETY: the manager passed it to this process, and it is taken out of the list this once.
                passed.kept.add(name, unsafe { OwnedFd::from_raw_fd(descriptor) });
            }
            continue;
        }
        if !CONTROL_NAMES.contains(&name) {
            log::warn!(
                "a descriptor named {name:?} was passed that this version does not know; it is left alone"
            );
            store::remove(name);
            continue;
        }
        match listenfd.take_unix_listener(index) {
            Ok(Some(socket)) if rustix::net::sockopt::socket_acceptconn(&socket).unwrap_or(false) => {
                passed.sockets.push(socket);
            }
            Ok(_) => log::warn!("the socket {name:?} that was passed does not listen; it is closed"),
            Err(error) => log::warn!("the descriptor {name:?} that was passed is no Unix socket: {error}"),
        }
    }
    passed
}

/// Descriptors that the manager keeps for this service; 0 if it keeps none.
pub fn store_size() -> usize {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return 0;
    }
    // Told from systemd 254 on.
    let told = std::env::var("FDSTORE").ok().and_then(|size| size.parse().ok());
    told.unwrap_or(STORE_SIZE)
}

/// Whether the user's manager, and the sessions with it, outlives the last logout; `None` where no logind ends it.
pub fn lingers() -> Option<bool> {
    // What loginctl(1) enable-linger leaves; to be read without a bus.
    const LINGERING: &str = "/var/lib/systemd/linger";
    let user = std::env::var_os("USER")?;
    Path::new("/run/systemd/users").is_dir().then(|| Path::new(LINGERING).join(user).exists())
}

/// Restored sessions are served; the manager goes on with what waits for this unit.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// One line for `systemctl status`.
pub fn status(line: &str) {
    tell(&[NotifyState::Status(line)]);
}

/// The configuration is being read again; [`ready`] ends it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => log::warn!("the clock cannot be read: {error}"),
    }
}

/// The service stops.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// The event loop still turns.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often [`alive`] is due: half of what the manager allows, as sd_watchdog_enabled(3) advises.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|allowed| allowed / 2).filter(|interval| !interval.is_zero())
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        log::debug!("the service manager was not reached: {error}");
    }
}
