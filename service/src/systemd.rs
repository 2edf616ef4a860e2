//! Talking with the service manager: the sockets it passes, and what it is told (sd_listen_fds(3), sd_notify(3)).
//!
//! Without a manager all of this does nothing, so the rest of the service need not know.

use sd_notify::NotifyState;
use std::os::unix::net::UnixListener;
use std::time::Duration;

/// The names under which the control socket comes: its `FileDescriptorName=`, the unit's name where that is not
/// set, and what stands for no name at all.
const CONTROL_NAMES: [&str; 3] = ["control", "scarab.socket", "unknown"];

/// The control sockets that the manager passed; empty when it passed none.
///
/// Called first of all in `main`, while there is one thread: taking the descriptors clears `LISTEN_FDS`.
/// Descriptors of other names are left alone, but never reach a program in a session.
pub fn passed_sockets() -> Vec<UnixListener> {
    // Before listenfd, which leaves the names alone but not the variables that say for whom they are. This also
    // sets close-on-exec on every descriptor, whatever becomes of it below.
    let names: Vec<String> = match sd_notify::listen_fds_with_names() {
        Ok(descriptors) => descriptors.map(|(_, name)| name).collect(),
        Err(error) => {
            log::warn!("the descriptors passed by the service manager cannot be told apart: {error}");
            Vec::new()
        }
    };
    let mut passed = listenfd::ListenFd::from_env();
    let mut sockets = Vec::new();
    for index in 0..passed.len() {
        let name = names.get(index).map_or("unknown", String::as_str);
        if !CONTROL_NAMES.contains(&name) {
            log::warn!(
                "a descriptor named {name:?} was passed that this version does not know; it is left alone"
            );
            continue;
        }
        match passed.take_unix_listener(index) {
            Ok(Some(socket)) if rustix::net::sockopt::socket_acceptconn(&socket).unwrap_or(false) => {
                sockets.push(socket);
            }
            Ok(_) => log::warn!("the socket {name:?} that was passed does not listen; it is closed"),
            Err(error) => log::warn!("the descriptor {name:?} that was passed is no Unix socket: {error}"),
        }
    }
    sockets
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
