//! The blocking client: one connection, no threads, no runtime.
//!
//! | file | what |
//! | --- | --- |
//! | `opening` | connect and hello, within one limit |
//! | `traffic` | bytes in and out, and what they are made into |
//! | `queue` | what came and was not taken yet, bounded |
//! | `request` | which answer belongs to which request |
//! | `attachment` | an answer to Attach made into a mapped view and a doorbell |
//! | `input` | Input and Paste within their window |
//! | `link` | a client that reconnects and attaches again |
//! | `error` | what can go wrong, each as one line |
//!
//! ```text
//!              ask / begin / tell                 next / ask
//!  caller ───────────► out ──► socket ──► decoder ──► queue ───► caller
//!                        └ while the socket takes nothing,
//!                          what comes is read: no deadlock
//! ```
//!
//! Writing never waits without reading, so two sides that both have much to say cannot block each other; what is
//! read meanwhile is kept within [`MAX_QUEUED_EVENTS`].

mod attachment;
mod error;
mod input;
mod link;
mod opening;
mod queue;
mod request;
mod traffic;
mod wait;

pub use attachment::Attachment;
pub use error::ClientError;
pub use input::{InputStream, OutgoingPaste};
pub use link::{Attempt, Clock, Connector, Link, LinkState, MAX_ATTEMPTS, SystemClock, delay_before};
pub use queue::MAX_QUEUED_EVENTS;
pub use request::Request;

use crate::frame::Decoder;
use crate::grid::pictures::PictureReader;
use crate::hello::Hello;
use crate::message::{ToClient, ToService, input as input_message, request as request_message};
use queue::Queue;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use std::collections::HashSet;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};
use wait::Until;

/// How long a connection may take to be made and its hello to be answered. Long enough for systemd to start the
/// service and for it to take back its sessions; short enough that a person sees something happen.
pub const OPENING_LIMIT: Duration = Duration::from_secs(2);

/// Bytes taken from the socket at once, and what buffers keep when they are empty: two whole messages. More would be
/// felt: each page is one fault more before a viewer shows its first frame.
const READ_SIZE: usize = 16 << 10;

/// A message from the service.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// The id of the request this answers; 0 for an event.
    pub id: u32,
    /// The message.
    pub message: ToClient,
}

/// One connection to the service.
///
/// All methods but [`Client::next`] and [`Client::ask`] return as soon as the socket has taken what they send.
/// To wait for several things at once, poll the descriptor of [`AsFd`] for reading after
/// [`Client::has_buffered`] said no, then call `next` with no time to wait.
#[derive(Debug)]
pub struct Client {
    socket: UnixStream,
    service: Hello,
    decoder: Decoder,
    scratch: Box<[u8]>,
    queue: Queue,
    /// Requests that have no answer yet: what comes with another id was not asked for and is not kept.
    outstanding: HashSet<u32>,
    last_id: u32,
    /// Framed messages on their way out; empty between calls.
    out: Vec<u8>,
    /// Descriptors whose message is not complete yet, at most [`MAX_DESCRIPTORS`].
    arriving: Vec<OwnedFd>,
    /// The descriptors of the last Attached or Pictures and its id, until the caller takes them. With `arriving` never more
    /// than [`MAX_DESCRIPTORS`]: new ones push these out.
    attached: Option<(u32, Vec<OwnedFd>)>,
    /// Why nothing can come any more, told after all that came before.
    end: Option<ClientError>,
    ended: bool,
}

impl Client {
    /// Connects to the socket at `path` and opens the connection within [`OPENING_LIMIT`].
    pub fn connect(path: &Path) -> Result<Client, ClientError> {
        Client::connect_within(path, OPENING_LIMIT)
    }

    /// Connects with another limit for connection and hello together.
    pub fn connect_within(path: &Path, limit: Duration) -> Result<Client, ClientError> {
        let deadline = Instant::now() + limit;
        Client::greeted(opening::open(path, limit)?, limit, deadline)
    }

    /// Opens the protocol over a socket that is connected already (a plugin inherits one).
    pub fn over(socket: UnixStream, limit: Duration) -> Result<Client, ClientError> {
        Client::greeted(socket, limit, Instant::now() + limit)
    }

    fn greeted(socket: UnixStream, limit: Duration, deadline: Instant) -> Result<Client, ClientError> {
        let service = opening::greet(&socket, limit, deadline)?;
        Ok(Client {
            socket,
            service,
            decoder: Decoder::new(),
            scratch: vec![0; READ_SIZE].into(),
            queue: Queue::default(),
            outstanding: HashSet::new(),
            last_id: 0,
            out: Vec::new(),
            arriving: Vec::new(),
            attached: None,
            end: None,
            ended: false,
        })
    }

    /// What the service said in its hello: versions, capabilities, what was chosen.
    pub fn service(&self) -> &Hello {
        &self.service
    }

    /// Asks and waits for the answer, for ever if need be. What else comes meanwhile is kept for
    /// [`Client::next`].
    pub fn ask<R: Request>(&mut self, request: R) -> Result<R::Answer, ClientError> {
        self.ask_until(request, Until::Forever)
    }

    /// Asks and waits at most `limit`. An answer that comes later is thrown away.
    pub fn ask_within<R: Request>(&mut self, request: R, limit: Duration) -> Result<R::Answer, ClientError> {
        self.ask_until(request, Until::after(Some(limit)))
    }

    fn ask_until<R: Request>(&mut self, request: R, until: Until) -> Result<R::Answer, ClientError> {
        let id = self.begin(request)?;
        match self.answer(id, until)? {
            ToClient::Failed(failed) => Err(ClientError::Failed(failed)),
            answer => R::Answer::try_from(answer)
                .map_err(|answer| ClientError::Unexpected { asked: R::KIND, got: answer.kind() }),
        }
    }

    /// Sends a request whose answer will come by [`Client::next`] with the id returned, which is never 0.
    pub fn begin(&mut self, request: impl Into<ToService>) -> Result<u32, ClientError> {
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        let id = self.last_id;
        // Before it is sent: a service that refuses early answers while the rest is still on its way.
        self.outstanding.insert(id);
        self.send(id, &request.into()).inspect_err(|_| {
            self.outstanding.remove(&id);
        })?;
        Ok(id)
    }

    /// Sends a message that is not answered.
    pub fn tell(&mut self, message: impl Into<ToService>) -> Result<(), ClientError> {
        self.send(0, &message.into())
    }

    /// The next answer or event, in the order they came; `None` when nothing came within `limit` (no limit: waits
    /// for ever). Messages of a kind unknown here are passed over.
    pub fn next(&mut self, limit: Option<Duration>) -> Result<Option<Received>, ClientError> {
        let until = Until::after(limit);
        loop {
            if let Some(received) = self.queue.pop() {
                return Ok(Some(received));
            }
            self.check_end()?;
            if !self.receive(until)? {
                return Ok(None);
            }
        }
    }

    /// [`Client::next`] would return at once, whatever the socket says.
    pub fn has_buffered(&self) -> bool {
        !self.queue.is_empty() || self.ended
    }

    /// Becomes a viewer: asks, and maps what comes.
    pub fn attach(&mut self, attach: request_message::Attach) -> Result<Attachment, ClientError> {
        self.attach_until(attach, Until::Forever)
    }

    /// Becomes a viewer within `limit`.
    pub fn attach_within(
        &mut self,
        attach: request_message::Attach,
        limit: Duration,
    ) -> Result<Attachment, ClientError> {
        self.attach_until(attach, Until::after(Some(limit)))
    }

    fn attach_until(
        &mut self,
        attach: request_message::Attach,
        until: Until,
    ) -> Result<Attachment, ClientError> {
        let id = self.begin(attach)?;
        match self.answer(id, until)? {
            ToClient::Attached(attached) => self.complete_attach(id, attached),
            ToClient::Failed(failed) => Err(ClientError::Failed(failed)),
            other => {
                let asked = <request_message::Attach as crate::message::Message>::KIND;
                Err(ClientError::Unexpected { asked, got: other.kind() })
            }
        }
    }

    /// Maps what came with the answer to an Attach that was sent by [`Client::begin`]. Once for each answer, and
    /// before the next one comes.
    pub fn complete_attach(
        &mut self,
        id: u32,
        answer: crate::message::answer::Attached,
    ) -> Result<Attachment, ClientError> {
        match self.attached.take_if(|(of, _)| *of == id) {
            Some((_, descriptors)) => Attachment::map(answer.session, descriptors),
            None => Err(ClientError::NoView),
        }
    }

    /// The images of a session, mapped.
    pub fn pictures(&mut self, session: &str) -> Result<PictureReader, ClientError> {
        let id = self.begin(request_message::GetPictures { session: session.to_owned() })?;
        match self.answer(id, Until::Forever)? {
            ToClient::Pictures(_) => self.complete_pictures(id),
            ToClient::Failed(failed) => Err(ClientError::Failed(failed)),
            other => {
                let asked = <request_message::GetPictures as crate::message::Message>::KIND;
                Err(ClientError::Unexpected { asked, got: other.kind() })
            }
        }
    }

    /// Maps what came with the answer to a GetPictures that was sent by [`Client::begin`]. Once for each answer, and
    /// before the next one comes.
    pub fn complete_pictures(&mut self, id: u32) -> Result<PictureReader, ClientError> {
        let (_, mut descriptors) = self.attached.take_if(|(of, _)| *of == id).ok_or(ClientError::NoView)?;
        let memory = descriptors.pop().ok_or(ClientError::NoView)?;
        Ok(PictureReader::open(memory)?)
    }

    /// Sends as much of `bytes` as the window takes now; how many that were. The rest goes after the next
    /// [`InputStream::acknowledged`].
    pub fn send_input(&mut self, stream: &mut InputStream, bytes: &[u8]) -> Result<usize, ClientError> {
        let mut taken = 0;
        while let Some(piece) = stream.input(&bytes[taken..]) {
            taken += piece.bytes.len();
            self.tell(piece)?;
        }
        Ok(taken)
    }

    /// Sends as much of a paste as the window takes now; true when all of it is sent.
    pub fn send_paste(
        &mut self,
        stream: &mut InputStream,
        paste: &mut OutgoingPaste,
    ) -> Result<bool, ClientError> {
        while let Some(piece) = stream.paste(paste) {
            self.tell(piece)?;
        }
        Ok(paste.is_sent())
    }

    /// Ends this connection in good order; sessions and other viewers do not notice.
    pub fn disconnect(mut self) -> Result<(), ClientError> {
        self.tell(input_message::Disconnect {})
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
