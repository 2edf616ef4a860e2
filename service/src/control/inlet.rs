//! Where a connection's bytes become messages. While its client views a session and does nothing but act in it,
//! the inlet is lent to the session's thread, which reads the socket itself.
//!
//! ```text
//!   the connection ── Lent ──► the session's thread ──► keys, mouse, pastes … into the PTY
//!         ▲                             │
//!         └────────── Returned ─────────┘   with the first message that is not input, or at the end
//! ```
//!
//! A key that first wakes this thread and whose echo then wakes the session's costs one wake-up more than a key
//! whose echo comes to a thread that is awake; beside other work that wake-up is most of an echo's time.

use super::input;
use super::outbox::Outbox;
use crate::failure::{Failure, failed};
use crate::session::{self, Session, ViewerId};
use rustix::io::Errno;
use rustix::net::RecvFlags;
use scarab_protocol::message::ToService;
use scarab_protocol::message::answer::FailureKind;
use scarab_protocol::{Decoder, FrameError};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

/// What a request costs beside its archive while it waits, estimated.
const ASKED_COST: usize = 128;
/// A decoder's buffer up to this size is kept between messages; a larger one is given back.
const KEPT_BUFFER: usize = 2 << 10;
/// Bytes that a session's thread reads at once: a page, and a person's keys come in tens of bytes.
const READ: usize = 4 << 10;

/// A message that came, or why it is none.
#[derive(Debug)]
pub struct Asked {
    /// The request's id; 0 where no answer is due.
    pub id: u32,
    /// What it costs to keep, in bytes.
    pub cost: usize,
    /// The message, or what its asker is told.
    pub message: Result<ToService, Failure>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Inlet {
    decoder: Decoder,
}

impl Inlet {
    /// Takes bytes from the socket.
    pub fn push(&mut self, bytes: &[u8]) {
        self.decoder.push(bytes);
    }

    /// The next whole message, `None` until more bytes come.
    ///
    /// # Errors
    /// When the stream cannot be followed any further.
    pub fn next(&mut self) -> Result<Option<Asked>, FrameError> {
        loop {
            let Some(came) = self.decoder.next()? else {
                if self.decoder.buffer().capacity() > KEPT_BUFFER {
                    self.decoder.shrink_when_idle();
                }
                return Ok(None);
            };
            let message = match ToService::decode(came.kind, came.archive) {
                Ok(Some(message)) => Ok(message),
                // Skipped by its length; only who asked something is told.
                Ok(None) if came.id == 0 => continue,
                Ok(None) => Err(failed(
                    FailureKind::UnknownRequest,
                    format!("this service knows no message of kind {}", came.kind),
                )),
                Err(damaged) => Err(failed(FailureKind::BadArgument, damaged.to_string())),
            };
            return Ok(Some(Asked { id: came.id, cost: came.archive.len() + ASKED_COST, message }));
        }
    }
}

/// An inlet on its way back to its connection.
#[derive(Debug)]
pub struct Returned {
    /// Itself, with what it has not decoded yet.
    pub inlet: Inlet,
    /// Why it comes.
    pub why: Why,
}

/// Why an inlet comes back.
#[derive(Debug)]
pub enum Why {
    /// A message that the connection itself must handle.
    Asked(Box<Asked>),
    /// The stream cannot be followed.
    Damaged(FrameError),
    /// The client did something after which its input has a hole.
    Spoilt(Failure),
    /// The client is gone.
    End,
    /// The session has no such viewer any more.
    Detached,
}

/// What a session's thread has: the inlet, and where its messages go. Dropping it gives the inlet back.
pub struct Lent {
    socket: Option<Arc<OwnedFd>>,
    inlet: Inlet,
    session: Arc<Session>,
    viewer: ViewerId,
    home: Arc<Outbox>,
    why: Why,
}

impl Lent {
    /// Ready to be handed to the session's thread.
    pub fn new(
        socket: Arc<OwnedFd>,
        inlet: Inlet,
        session: Arc<Session>,
        viewer: ViewerId,
        home: Arc<Outbox>,
    ) -> Self {
        Lent { socket: Some(socket), inlet, session, viewer, home, why: Why::Detached }
    }

    /// Reads once; `Err` is why the inlet must go back.
    fn read(&mut self) -> Result<(), Why> {
        let mut bytes = [0; READ];
        let Some(socket) = &self.socket else { return Err(Why::End) };
        match rustix::net::recv(socket, &mut bytes, RecvFlags::DONTWAIT) {
            Ok((_, 0)) => return Err(Why::End),
            Ok((_, read)) => self.inlet.push(&bytes[..read]),
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Err(_) => return Err(Why::End),
        }
        while let Some(asked) = self.inlet.next().map_err(Why::Damaged)? {
            match asked.message {
                Ok(message) if input::is_input(&message) => {
                    if let Err(complaint) = input::act(&self.session, self.viewer, message) {
                        if complaint.spoils {
                            return Err(Why::Spoilt(complaint.failure));
                        }
                        self.home.event(complaint.failure.into());
                    }
                }
                message => return Err(Why::Asked(Box::new(Asked { message, ..asked }))),
            }
        }
        Ok(())
    }
}

impl session::Inlet for Lent {
    fn socket(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().map(AsFd::as_fd)
    }

    fn serve(&mut self) -> bool {
        match self.read() {
            Ok(()) => true,
            Err(why) => {
                self.why = why;
                false
            }
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.socket = None; // before the connection has it back: it must be the only one then
        let inlet = std::mem::take(&mut self.inlet);
        let why = std::mem::replace(&mut self.why, Why::Detached);
        self.home.give_back(Returned { inlet, why });
    }
}
