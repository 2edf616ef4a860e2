//! The opening of a connection: connect, say the hello, hear it answered, all within one limit.
//!
//! systemd's socket takes every connection, whether or not a service will ever answer: only an answered hello
//! is a connection.

use super::error::ClientError;
use super::wait::{Until, wait_for};
use crate::hello::{HELLO_LEN, Hello, HelloError, MAGIC, Refusal};
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout, socket_peercred};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// Opens a connection to the socket at `path`; the service must be of this process's own user.
pub(super) fn open(path: &Path, limit: Duration) -> Result<UnixStream, ClientError> {
    let failed = |error: Errno| match error {
        Errno::NOENT | Errno::CONNREFUSED => ClientError::NotRunning { path: path.to_owned() },
        // The limit below: the listener's queue stayed full.
        Errno::AGAIN => ClientError::Silent { limit },
        error => ClientError::Connect { path: path.to_owned(), error: error.into() },
    };
    let address = SocketAddrUnix::new(path).map_err(failed)?;
    let socket =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .map_err(failed)?;
    // A listener that takes nobody makes connect wait; the send time-out bounds that too.
    set_socket_timeout(&socket, Timeout::Send, Some(limit)).map_err(failed)?;
    loop {
        match rustix::net::connect(&socket, &address) {
            Err(Errno::INTR) => {}
            done => break done.map_err(failed)?,
        }
    }
    set_socket_timeout(&socket, Timeout::Send, None).map_err(failed)?;

    let peer = socket_peercred(&socket).map_err(failed)?;
    if peer.uid != rustix::process::geteuid() {
        return Err(ClientError::Stranger { path: path.to_owned(), uid: peer.uid.as_raw() });
    }
    Ok(UnixStream::from(socket))
}

/// Says the hello on a fresh connection and hears it answered before `deadline`.
pub(super) fn greet(socket: &UnixStream, limit: Duration, deadline: Instant) -> Result<Hello, ClientError> {
    let hello = Hello::client();
    // 32 bytes always fit into a fresh socket's buffer. A service that refuses at once may already have answered
    // and gone: its answer is worth more than this error.
    let sent = rustix::net::send(socket, &hello.encode(), SendFlags::NOSIGNAL | SendFlags::DONTWAIT);

    let mut bytes = [0; HELLO_LEN];
    let mut have = 0;
    while have < HELLO_LEN {
        if !wait_for(socket, PollFlags::IN, Until::At(deadline))? {
            return Err(ClientError::Silent { limit });
        }
        match rustix::net::recv(socket, &mut bytes[have..], RecvFlags::DONTWAIT) {
            Ok((0, _)) | Err(Errno::CONNRESET) => {
                return Err(match sent {
                    Err(error) if error != Errno::PIPE => ClientError::Io(error.into()),
                    _ => ClientError::HungUp,
                });
            }
            Ok((received, _)) => have += received,
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(error) => return Err(ClientError::Io(error.into())),
        }
        // Whoever answers something else is told apart at once, not when the time is up.
        let magic = have.min(MAGIC.len());
        if bytes[..magic] != MAGIC[..magic] {
            return Err(ClientError::NotScarab(HelloError::Magic));
        }
    }
    let service = Hello::decode(&bytes).map_err(ClientError::NotScarab)?;
    if let Some(refusal) = Refusal::from_number(service.refusal) {
        return Err(ClientError::Refused { refusal, service });
    }
    let within = |chosen: u16, (lowest, highest): (u16, u16)| (lowest..=highest).contains(&chosen);
    if !within(service.chosen_version, hello.versions) || !within(service.chosen_layout, hello.layouts) {
        let (version, layout) = (service.chosen_version, service.chosen_layout);
        return Err(ClientError::BadChoice { version, layout });
    }
    if let Err(error) = sent {
        return Err(ClientError::Io(io::Error::from(error)));
    }
    Ok(service)
}
