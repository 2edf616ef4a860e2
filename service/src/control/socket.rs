//! A connection's socket: watched by the runtime for what comes, or lent to a session's thread for reading.
//!
//! It is never watched for room beside that, as the runtime's own streams are: whenever a client read what was
//! written, this thread would be woken to learn that there is room. While it is lent it is not watched at all, else
//! every key would wake this thread too. What is written goes straight into it; only where it takes nothing is room
//! waited for, by a descriptor of its own.

#![allow(unsafe_code)]

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// See the module.
pub struct Socket {
    stream: Stream,
    /// The same socket, while there is no room.
    full: Option<AsyncFd<OwnedFd>>,
}

enum Stream {
    /// Read here.
    Watched(AsyncFd<OwnedFd>),
    /// Read by a session's thread.
    Lent(Arc<OwnedFd>),
    /// It could be neither: the connection is over.
    Lost,
}

impl Socket {
    /// Of an accepted stream.
    ///
    /// # Errors
    /// What the runtime says that cannot watch it.
    pub fn new(stream: tokio::net::UnixStream) -> io::Result<Self> {
        let stream = Stream::Watched(watch(stream.into_std()?.into(), Interest::READABLE)?);
        Ok(Self { stream, full: None })
    }

    /// Reads, 0 bytes at the end; pending, too, while it is lent.
    ///
    /// # Errors
    /// As recv(2).
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let watched = match &self.stream {
            Stream::Watched(watched) => watched,
            Stream::Lent(_) => return Poll::Pending,
            Stream::Lost => return Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        };
        loop {
            let mut readable = ready!(watched.poll_read_ready(cx))?;
            match rustix::net::recv(watched, &mut *buffer, RecvFlags::DONTWAIT) {
                Ok((_, read)) => {
                    if 0 < read && read < buffer.len() {
                        readable.clear_ready(); // that was all: to ask again would cost a call
                    }
                    return Poll::Ready(Ok(read));
                }
                Err(Errno::AGAIN) => readable.clear_ready(),
                Err(Errno::INTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    /// Writes once, the descriptors with the first byte.
    ///
    /// # Errors
    /// As sendmsg(2).
    pub fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        descriptors: &[BorrowedFd<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = match &self.stream {
            Stream::Watched(watched) => watched.get_ref(),
            Stream::Lent(stream) => stream,
            Stream::Lost => return Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        };
        loop {
            let sent = match descriptors {
                [] => rustix::net::send(stream, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
                    .map_err(io::Error::from),
                _ => scarab_protocol::socket::send_with(
                    stream.as_fd(),
                    bytes,
                    descriptors,
                    SendFlags::DONTWAIT,
                ),
            };
            match sent {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                sent => {
                    self.full = None;
                    return Poll::Ready(sent);
                }
            }
            if let Some(full) = &self.full {
                ready!(full.poll_write_ready(cx))?.clear_ready();
            } else {
                self.full = Some(watch(stream.try_clone()?, Interest::WRITABLE)?);
            }
        }
    }

    /// Lends it for reading; `None` where it is lent already.
    pub fn lend(&mut self) -> Option<Arc<OwnedFd>> {
        let stream = match std::mem::replace(&mut self.stream, Stream::Lost) {
            Stream::Watched(watched) => Arc::new(watched.into_inner()),
            other => {
                self.stream = other;
                return None;
            }
        };
        self.stream = Stream::Lent(stream.clone());
        Some(stream)
    }

    /// Has it back: the session's thread has let go of it.
    pub fn take_back(&mut self) {
        if let Stream::Lent(stream) = std::mem::replace(&mut self.stream, Stream::Lost) {
            let watched = Arc::into_inner(stream).and_then(|stream| watch(stream, Interest::READABLE).ok());
            self.stream = watched.map_or(Stream::Lost, Stream::Watched);
        }
    }
}

fn watch(socket: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: the runtime must see one open descriptor for as long as it watches: an `OwnedFd` never changes its
    // number, and nothing closes it before it is dropped or taken out of the `AsyncFd`.
    Ok(unsafe { AsyncFd::register_with_interest(socket, interest) }?)
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Closing it is the session's then; the client and the session's thread learn of the end at once.
        if let Stream::Lent(stream) = &self.stream {
            let _ = rustix::net::shutdown(stream, Shutdown::Both); // it may be over already
        }
    }
}
