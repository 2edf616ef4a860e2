//! A connection's socket: watched by the runtime, or lent to a session's thread for reading.
//!
//! While it is lent the runtime does not watch it at all — otherwise every key would wake this thread too — and what
//! is written goes straight into it; only where it takes nothing is room waited for.

use rustix::net::SendFlags;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream as Plain;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, Interest, ReadBuf};
use tokio::net::UnixStream;

/// See the module. Neither lent nor watched, the connection is over.
pub struct Socket {
    /// A session's thread reads it.
    lent: Option<Arc<Plain>>,
    /// The runtime watches it: always while it is not lent, else by a second descriptor and only for room.
    watched: Option<UnixStream>,
}

impl Socket {
    /// A socket that the runtime watches.
    pub fn new(stream: UnixStream) -> Self {
        Self { lent: None, watched: Some(stream) }
    }

    /// The stream, unless it is lent.
    pub fn stream(&self) -> Option<&UnixStream> {
        self.watched.as_ref().filter(|_| self.lent.is_none())
    }

    /// Reads; pending, too, while it is lent.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.watched {
            _ if self.lent.is_some() => Poll::Pending,
            Some(stream) => Pin::new(stream).poll_read(cx, buffer),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Writes once, the descriptors with the first byte.
    pub fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        descriptors: &[BorrowedFd<'_>],
    ) -> Poll<io::Result<usize>> {
        let send = |socket: BorrowedFd<'_>| match descriptors {
            [] => Ok(rustix::net::send(socket, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)?),
            _ => scarab_protocol::socket::send_with(socket, bytes, descriptors, SendFlags::DONTWAIT),
        };
        let full =
            |sent: &io::Result<usize>| sent.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock);
        // At once: a socket that has just been taken back is not known to have room, and mostly has.
        let mut sent = match (&self.lent, &self.watched) {
            (Some(plain), _) => send(plain.as_fd()),
            (None, Some(stream)) => send(stream.as_fd()),
            (None, None) => Err(io::ErrorKind::NotConnected.into()),
        };
        while full(&sent) {
            let watched = match (&mut self.watched, &self.lent) {
                (Some(watched), _) => watched,
                (none, Some(plain)) => none.insert(UnixStream::from_std(plain.try_clone()?)?),
                (None, None) => break,
            };
            ready!(watched.poll_write_ready(cx))?;
            sent = watched.try_io(Interest::WRITABLE, || send(watched.as_fd()));
        }
        if self.lent.is_some() {
            self.watched = None;
        }
        Poll::Ready(sent)
    }

    /// Lends it for reading; `None` where it is lent already or cannot be.
    pub fn lend(&mut self) -> Option<Arc<Plain>> {
        let stream = self.watched.take_if(|_| self.lent.is_none())?;
        self.lent = stream.into_std().ok().map(Arc::new);
        self.lent.clone()
    }

    /// Has it back: the session's thread has let go of it.
    pub fn take_back(&mut self) {
        let plain = self.lent.take().and_then(Arc::into_inner);
        self.watched = plain.and_then(|plain| UnixStream::from_std(plain).ok());
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Closing it is the session's then; the client and the session's thread learn of the end at once.
        if let Some(plain) = &self.lent {
            let _: io::Result<()> = plain.shutdown(std::net::Shutdown::Both); // it may be over already
        }
    }
}
