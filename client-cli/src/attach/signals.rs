//! Signals as bytes in a socket that the viewer polls beside everything else.
//!
//! Apart because handlers may do next to nothing: each writes one byte to a socket pair of its own.

use rustix::fd::{AsFd, BorrowedFd};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use std::io::{self, Read};
use std::os::unix::net::UnixStream;

/// What a signal asks of the viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The terminal's size changed.
    Resized,
    /// Stop in good order.
    Suspend,
    /// Running again: the screen belongs to whoever had it meanwhile.
    Continued,
    /// Go.
    End,
}

const KINDS: [(Signal, &[i32]); 4] = [
    (Signal::Resized, &[SIGWINCH]),
    (Signal::Suspend, &[SIGTSTP]),
    (Signal::Continued, &[SIGCONT]),
    (Signal::End, &[SIGTERM, SIGHUP, SIGINT, SIGQUIT]),
];

/// The reading ends, by kind.
pub struct Signals {
    sockets: [UnixStream; KINDS.len()],
}

impl Signals {
    /// Registers all handlers.
    pub fn new() -> io::Result<Self> {
        let mut sockets = Vec::with_capacity(KINDS.len());
        for (_, signals) in KINDS {
            let (ours, handlers) = UnixStream::pair()?;
            ours.set_nonblocking(true)?;
            for signal in signals {
                signal_hook::low_level::pipe::register(*signal, handlers.try_clone()?)?;
            }
            sockets.push(ours);
        }
        let sockets =
            sockets.try_into().map_err(|_| io::Error::other("one socket for each kind of signal"))?;
        Ok(Self { sockets })
    }

    /// The descriptors to poll for reading.
    pub fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.sockets.iter().map(AsFd::as_fd)
    }

    /// The kinds that came since the last call, each once however often it came.
    pub fn take(&mut self) -> impl Iterator<Item = Signal> {
        let mut came = [None; KINDS.len()];
        for ((socket, (kind, _)), came) in self.sockets.iter_mut().zip(KINDS).zip(&mut came) {
            let mut bytes = [0; 64];
            while matches!(socket.read(&mut bytes), Ok(1..)) {
                *came = Some(kind);
            }
        }
        came.into_iter().flatten()
    }
}
