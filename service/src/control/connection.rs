//! One connection: a task that reads, has it handled, and writes.
//!
//! ```text
//!  socket ─► shared scratch ─► Decoder ─┬─ input ───────► Session (at once)
//!                                       ├─ Ping ────────► Outbox
//!                                       └─ requests ─► deferred ─► current ─► Outbox ─► batch ─► socket
//! ```
//!
//! Input is handled as it is read: by the session's own thread, to which the [`Inlet`] is lent while a client that is
//! attached asks nothing, else here. Requests are handled one after the other: while one is `current`, or while more
//! answers wait than the client takes, further ones are deferred — in bounds, beyond which nothing is read any more.
//! So only a client that asks without listening, or more than the service can answer, can make its own keys wait.
//!
//! A connection has its [`Turn`] and then lets all others have theirs, whatever it still has to say.
//!
//! A hand-written poll instead of two tasks and channels: every hop costs a round trip several microseconds, and
//! idle it costs one small task. Nothing is allocated ahead.

use super::dispatch::{self, Later, Reply};
use super::inlet::{Asked, Inlet, Lent, Returned, Why};
use super::input::{self, Complaint};
use super::outbox::{Batch, Outbox};
use super::rate::Allowance;
use super::socket::Socket;
use super::viewer::Viewing;
use super::waits::Waits;
use crate::failure::{Failure, failed};
use crate::service::Service;
use crate::session::{Session, ViewerId};
use crate::subscriptions::ConnectionId;
use scarab_protocol::message::answer::{FailureKind, Pong};
use scarab_protocol::message::event::{DetachReason, Detached};
use scarab_protocol::message::{ToClient, ToService};
use scarab_protocol::{FrameError, SessionId};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::time::Sleep;

/// Bytes read in a turn: some hundred small messages, about 0.1 ms of work, before others have theirs.
const READ: usize = 16 << 10;
/// Time that requests may take in a turn; one may go on beyond it. Chosen so that a client that asks for the dearest
/// things without end delays others' keys by a fraction of a millisecond.
const TURN_TIME: Duration = Duration::from_micros(200);
/// Bytes of deferred requests beyond which nothing is read; one request may stand above it.
const DEFERRED_LIMIT: usize = 64 << 10;

thread_local! {
    /// What is read passes through here at once, so all connections of the one thread share it.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ].into_boxed_slice());
}

/// One connection after its hello.
pub struct Connection {
    number: ConnectionId,
    service: Arc<Service>,
    socket: Socket,
    pid: u32,
    outbox: Arc<Outbox>,
    /// Empty while it is lent.
    inlet: Inlet,
    writing: Option<(Batch, usize)>,
    viewing: Option<Viewing>,
    /// A viewer that its session detached before the attachment was even answered.
    detached_early: Option<ViewerId>,
    current: Option<(u32, Later)>,
    deferred: VecDeque<Asked>,
    deferred_bytes: usize,
    waits: Waits,
    allowance: Allowance,
    turn: Turn,
    too_slow: Option<Pin<Box<Sleep>>>,
    ending: bool,
}

/// How reading went.
enum Read {
    /// The client is gone.
    End,
    /// Something came.
    Some,
}

/// What a connection has done since others were last served.
#[derive(Debug, Default)]
struct Turn {
    read: usize,
    /// When its first request was handled.
    asked: Option<Instant>,
    /// Requests have used their time.
    late: bool,
}

impl Turn {
    fn is_over(&self) -> bool {
        self.late || self.read >= READ
    }

    /// A request was handled, beginning at this time.
    fn handled(&mut self, began: Instant) {
        self.late = self.asked.get_or_insert(began).elapsed() >= TURN_TIME;
    }
}

impl Connection {
    /// A connection of a peer whose credentials were checked.
    pub fn new(
        number: ConnectionId,
        service: Arc<Service>,
        socket: Socket,
        pid: u32,
        outbox: Arc<Outbox>,
    ) -> Self {
        Connection {
            number,
            service,
            socket,
            pid,
            outbox,
            inlet: Inlet::default(),
            writing: None,
            viewing: None,
            detached_early: None,
            current: None,
            deferred: VecDeque::new(),
            deferred_bytes: 0,
            waits: Waits::default(),
            allowance: Allowance::new(Instant::now()),
            turn: Turn::default(),
            too_slow: None,
            ending: false,
        }
    }

    /// The socket, for the hello.
    pub fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// Serves the client until it goes.
    pub async fn run(&mut self) {
        std::future::poll_fn(|cx| self.poll(cx)).await;
    }

    /// Its number.
    pub fn number(&self) -> ConnectionId {
        self.number
    }

    /// The peer's process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What it shares with the others.
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// What waits to be written to it.
    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// Its requests that wait beside the others.
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    /// The session it is attached to, and as which viewer.
    pub fn viewing(&self) -> Option<(Arc<Session>, ViewerId)> {
        self.viewing.as_ref().map(|viewing| (viewing.session.clone(), viewing.viewer))
    }

    /// The id of the session it is attached to.
    pub fn attached(&self) -> Option<SessionId> {
        self.viewing.as_ref().map(|viewing| viewing.id)
    }

    /// Ends its attachment. `quietly`, the client hears nothing more of it, as when it moves to another session.
    pub fn leave(&mut self, quietly: bool) {
        if let Some(viewing) = self.viewing.take().filter(|_| quietly) {
            viewing.outbox.leave();
        }
    }

    /// Tells the client what it did wrong where no answer is due, and perhaps ends the connection.
    pub fn complain(&mut self, failure: Failure, end: bool) {
        if end {
            self.outbox.answer(0, &failure.into());
            self.ending = true;
        } else {
            self.outbox.event(failure.into());
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.outbox.register(cx.waker()) {
            return Poll::Ready(());
        }
        self.turn = Turn::default();
        loop {
            self.note_detached();
            let came_back = self.take_back();
            self.poll_current(cx);
            self.take_deferred(cx);
            match self.poll_write(cx) {
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                _ if self.ending => return Poll::Ready(()), // what the socket did not take now is lost with it
                _ => {}
            }
            let resumable =
                self.current.is_none() && !self.deferred.is_empty() && !self.outbox.answers_wait();
            if self.turn.is_over() {
                // Others first, those too whose sockets have become readable meanwhile.
                let mut others = std::pin::pin!(tokio::task::yield_now());
                let _ = others.as_mut().poll(cx); // this task is woken after them
                return Poll::Pending;
            }
            match self.poll_read(cx) {
                Poll::Ready(Err(_) | Ok(Read::End)) => return Poll::Ready(()),
                Poll::Ready(Ok(Read::Some)) => {}
                Poll::Pending if resumable || came_back => {}
                Poll::Pending => {
                    self.lend();
                    return Poll::Pending;
                }
            }
        }
    }

    /// Lends the inlet to the thread of the session that is viewed, while nothing but input is to be expected.
    fn lend(&mut self) {
        let Some(viewing) = self.viewing.as_ref().filter(|viewing| !viewing.unheard) else { return };
        // While something waits to be written the socket stays watched for room.
        if self.current.is_some() || !self.deferred.is_empty() || self.writing.is_some() {
            return;
        }
        let Some(socket) = self.socket.lend() else { return };
        let (session, viewer) = (viewing.session.clone(), viewing.viewer);
        let inlet = std::mem::take(&mut self.inlet);
        let lent = Lent::new(socket, inlet, session.clone(), viewer, self.outbox.clone());
        session.lend(viewer, Box::new(lent));
    }

    /// Takes the inlet back if it has come, and what it came for.
    fn take_back(&mut self) -> bool {
        let Some(Returned { inlet, why }) = self.outbox.take_returned() else { return false };
        self.inlet = inlet;
        self.socket.take_back();
        match why {
            Why::Asked(asked) => {
                self.take(*asked);
                self.handle_incoming();
            }
            Why::Damaged(error) => self.cannot_follow(&error),
            Why::Spoilt(failure) => self.complain(failure, true),
            Why::End => self.ending = true,
            Why::Detached => {
                if let Some(viewing) = &mut self.viewing {
                    viewing.unheard = true;
                }
            }
        }
        true
    }

    fn note_detached(&mut self) {
        let Some(viewer) = self.outbox.take_detached() else { return };
        match &mut self.viewing {
            Some(viewing) if viewing.viewer == viewer => {
                viewing.over = true;
                self.leave(false);
            }
            _ => self.detached_early = Some(viewer),
        }
    }

    fn poll_current(&mut self, cx: &mut Context<'_>) {
        let Some((id, later)) = &mut self.current else { return };
        if let Poll::Ready(reply) = later.as_mut().poll(cx) {
            let id = *id;
            self.current = None;
            self.finish(id, reply);
        }
    }

    fn finish(&mut self, id: u32, reply: Reply) {
        match reply {
            Reply::Answer(answer) => self.outbox.answer(id, &answer),
            Reply::With(answer, descriptor) => self.outbox.answer_with(id, &answer, vec![descriptor]),
            Reply::Attached { viewing, answer, descriptors } => {
                self.leave(true);
                self.outbox.answer_with(id, &answer, descriptors);
                self.service.viewer_joined(viewing.id, viewing.viewer);
                viewing.outbox.open();
                self.viewing = Some(*viewing);
                if self.viewing.as_ref().is_some_and(|viewing| self.detached_early == Some(viewing.viewer)) {
                    self.leave(false);
                }
            }
        }
    }

    fn take_deferred(&mut self, cx: &mut Context<'_>) {
        while self.current.is_none()
            && !self.deferred.is_empty()
            && !self.outbox.answers_wait()
            && !self.turn.late
        {
            let Some(Asked { id, cost, message }) = self.deferred.pop_front() else { return };
            self.deferred_bytes -= cost;
            self.request(id, message);
            self.poll_current(cx);
        }
        if self.deferred.is_empty() {
            self.deferred.shrink_to(0);
        }
    }

    /// Writes all that waits; pending when the socket takes no more now.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.writing.is_none() {
                self.writing = self.outbox.next_batch().map(|batch| (batch, 0));
            }
            let Some((batch, at)) = &mut self.writing else {
                self.too_slow = None;
                return Poll::Ready(Ok(()));
            };
            let descriptors: Vec<_> = batch.descriptors.iter().map(AsFd::as_fd).collect();
            let Poll::Ready(written) = self.socket.poll_write(cx, &batch.bytes[*at..], &descriptors) else {
                self.watch_slowness(cx);
                return Poll::Pending;
            };
            match written {
                Ok(more) => {
                    *at += more;
                    batch.descriptors.clear();
                    self.too_slow = None;
                    if *at == batch.bytes.len() {
                        self.outbox.written(batch.answer_bytes);
                        self.writing = None;
                    }
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// A viewer that reads nothing for long is one no more; the connection stays, within its bounds.
    fn watch_slowness(&mut self, cx: &mut Context<'_>) {
        if self.viewing.is_none() {
            return;
        }
        let clock =
            self.too_slow.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.service.viewer_patience)));
        if clock.as_mut().poll(cx).is_ready() {
            self.too_slow = None;
            if let Some(session) = self.attached() {
                log::warn!("a viewer of session {session} (process {}) reads nothing: detached", self.pid);
                self.leave(true);
                self.outbox.event(Detached { session, reason: DetachReason::TooSlow }.into());
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Read>> {
        if self.deferred_bytes > DEFERRED_LIMIT {
            return Poll::Pending; // woken by what is in the way: the current request, writing, the next turn
        }
        let read = SCRATCH.with_borrow_mut(|scratch| {
            let read = ready!(self.socket.poll_read(cx, scratch))?;
            self.inlet.push(&scratch[..read]);
            Poll::Ready(Ok::<_, io::Error>(read))
        });
        let read = ready!(read)?;
        if read == 0 {
            return Poll::Ready(Ok(Read::End));
        }
        self.turn.read += read;
        self.handle_incoming();
        Poll::Ready(Ok(Read::Some))
    }

    fn handle_incoming(&mut self) {
        while !self.ending {
            match self.inlet.next() {
                Ok(Some(asked)) => self.take(asked),
                Ok(None) => return,
                Err(error) => return self.cannot_follow(&error),
            }
        }
    }

    fn cannot_follow(&mut self, error: &FrameError) {
        log::debug!("a client's stream cannot be followed: {error}");
        self.complain(failed(FailureKind::BadArgument, error.to_string()), true);
    }

    fn take(&mut self, asked: Asked) {
        let Asked { id, cost, message } = asked;
        let message = match message {
            Ok(ToService::Ping(ping)) if !self.outbox.answers_wait() => {
                self.outbox.answer(id, &Pong { timestamp: ping.timestamp }.into());
                return;
            }
            Ok(ToService::Disconnect(_)) => {
                self.ending = true;
                return;
            }
            Ok(message) if input::is_input(&message) => return self.act(message),
            message => message,
        };
        let busy = self.current.is_some() || !self.deferred.is_empty() || self.turn.late;
        if busy || self.outbox.answers_wait() {
            self.deferred_bytes += cost;
            self.deferred.push_back(Asked { id, cost, message });
        } else {
            self.request(id, message);
        }
    }

    /// What a person does, as long as the inlet is not lent.
    fn act(&mut self, message: ToService) {
        let Some((session, viewer)) = self.viewing() else {
            let message = "input without an attached session was ignored";
            return self.complain(failed(FailureKind::Refused, message), false);
        };
        if let Err(Complaint { failure, spoils }) = input::act(&session, viewer, message) {
            self.complain(failure, spoils);
        }
    }

    fn request(&mut self, id: u32, asked: Result<ToService, Failure>) {
        let began = Instant::now();
        self.answer_or_begin(id, asked, began);
        self.turn.handled(began);
    }

    fn answer_or_begin(&mut self, id: u32, asked: Result<ToService, Failure>, now: Instant) {
        let handled = match asked {
            Ok(ToService::Ping(ping)) => Ok(Pong { timestamp: ping.timestamp }.into()),
            Ok(_) if !self.allowance.take(now) => Err(failed(FailureKind::TooMany, Allowance::refusal())),
            Ok(request) => match dispatch::handle(self, id, request) {
                Ok(dispatch::Handled::Now(answer)) => Ok(*answer),
                Ok(dispatch::Handled::Later(later)) => {
                    self.current = Some((id, later));
                    return;
                }
                Ok(dispatch::Handled::Waits) => return,
                Err(failure) => Err(failure),
            },
            Err(failure) => Err(failure),
        };
        let answer: ToClient = handled.unwrap_or_else(Into::into);
        self.outbox.answer(id, &answer);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.outbox.close();
        self.waits.give_up_all();
        self.leave(true);
        self.service.connection_closed(self.number);
    }
}
