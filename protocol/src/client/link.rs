//! A client that outlives its connection: it connects again with growing pauses and attaches again by the
//! session's id.
//!
//! No thread and no clock of its own: the caller sleeps for [`Link::poll_timeout`] among its other descriptors,
//! calls [`Link::try_reconnect`], and shows [`Link::state`] to the person meanwhile.
//!
//! ```text
//!              lost                       due, and it worked
//!  Connected ────────► Waiting(1 of 10) ─────────────────────► Connected
//!                        │    ▲   due, and it failed:
//!                        └────┘   the pause doubles
//!                        │ the tenth failed, or trying again cannot help
//!                        ▼
//!                      GaveUp
//! ```

use super::attachment::Attachment;
use super::error::ClientError;
use super::{Client, OPENING_LIMIT};
use crate::message::SessionId;
use crate::message::request::Attach;
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Attempts before giving up: with the pauses below 26 s of waiting, longer than a service takes to restart and
/// short enough that a person learns of the end.
pub const MAX_ATTEMPTS: u32 = 10;
/// The first pause: a restarting service is back in about this time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A connection that lasted this long makes the next loss a new one. Without it a service that dies at each
/// connection would be tried for ever.
const STEADY: Duration = Duration::from_secs(5);

/// The pause before attempt 1, 2, …: 100 ms doubling to 5 s.
pub fn delay_before(attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    (FIRST_PAUSE * (1 << doublings)).min(LONGEST_PAUSE)
}

/// Makes a new connection; may first start what should listen there.
pub type Connector = Box<dyn FnMut() -> Result<Client, ClientError> + Send>;

/// Time, as far as a [`Link`] needs it.
pub trait Clock: Send {
    /// What time it is.
    fn now(&self) -> Instant;
    /// Waits.
    fn sleep(&self, pause: Duration);
}

/// The system's monotonic clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, pause: Duration) {
        std::thread::sleep(pause);
    }
}

/// What a person is shown of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// All is well.
    Connected,
    /// The connection is lost; attempt `attempt` of `of` is made in `next_in`.
    Waiting {
        /// The attempt to come, from 1.
        attempt: u32,
        /// How many will be made.
        of: u32,
        /// Time left until then.
        next_in: Duration,
    },
    /// No further attempt will be made.
    GaveUp,
}

/// What came of [`Link::try_reconnect`].
#[derive(Debug)]
pub enum Attempt {
    /// It is not time yet, or there is nothing to try.
    NotDue,
    /// It failed; the next one is set.
    Failed(ClientError),
    /// Connected again. Where the link was attached, this is the new attachment, with input offsets from 0.
    Connected(Option<Box<Attachment>>),
}

enum State {
    Connected { client: Box<Client>, since: Instant },
    Waiting { due: Instant },
    GaveUp,
}

/// A connection that is made again when it is lost.
pub struct Link {
    connector: Connector,
    clock: Box<dyn Clock>,
    state: State,
    /// Attempts made since the last connection that lasted.
    attempts: u32,
    /// What to say when attaching again.
    attach: Option<Attach>,
    session: Option<SessionId>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Link {
    /// Connects to the socket at `path`. The first connection is made once: who cannot reach the service at all
    /// should hear so at once.
    pub fn connect(path: impl Into<PathBuf>) -> Result<Link, ClientError> {
        let path = path.into();
        Link::with(Box::new(move || Client::connect(&path)), SystemClock)
    }

    /// Connects by `connector`, now and after each loss, with time told by `clock`.
    pub fn with(mut connector: Connector, clock: impl Clock + 'static) -> Result<Link, ClientError> {
        let client = Box::new(connector()?);
        let state = State::Connected { client, since: clock.now() };
        Ok(Link { connector, clock: Box::new(clock), state, attempts: 0, attach: None, session: None })
    }

    /// The connection, while there is one.
    pub fn client(&mut self) -> Option<&mut Client> {
        match &mut self.state {
            State::Connected { client, .. } => Some(client),
            _ => None,
        }
    }

    /// How it stands, for people.
    pub fn state(&self) -> LinkState {
        match &self.state {
            State::Connected { .. } => LinkState::Connected,
            State::Waiting { due } => LinkState::Waiting {
                attempt: self.attempts + 1,
                of: MAX_ATTEMPTS,
                next_in: due.saturating_duration_since(self.clock.now()),
            },
            State::GaveUp => LinkState::GaveUp,
        }
    }

    /// How long to sleep before [`Link::try_reconnect`]; `None` when nothing is to be tried.
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.state() {
            LinkState::Waiting { next_in, .. } => Some(next_in),
            LinkState::Connected | LinkState::GaveUp => None,
        }
    }

    /// Attaches, and remembers how: after a loss the same session is attached again. An error of the connection
    /// is to be handed to [`Link::lost`] as any other.
    pub fn attach(&mut self, attach: Attach) -> Result<Attachment, ClientError> {
        let client = self.client().ok_or(ClientError::Closed)?;
        let attachment = client.attach(attach.clone())?;
        self.session = Some(attachment.session.id);
        // By id from now on: the name may change, and the others were detached once.
        self.attach =
            Some(Attach { session: attachment.session.id.to_string(), detach_others: false, ..attach });
        Ok(attachment)
    }

    /// Attaches to the same session again, for a view that moved.
    pub fn attach_again(&mut self) -> Result<Attachment, ClientError> {
        let attach = self.attach.clone().ok_or(ClientError::NoView)?;
        self.client().ok_or(ClientError::Closed)?.attach(attach)
    }

    /// What attaching again will say, so that the caller keeps size and colours as they are now.
    pub fn attach_mut(&mut self) -> Option<&mut Attach> {
        self.attach.as_mut()
    }

    /// The session attached, also while the connection is lost.
    pub fn session(&self) -> Option<SessionId> {
        self.session
    }

    /// Forgets the attachment: it ended while the connection lives.
    pub fn forget_session(&mut self) {
        (self.attach, self.session) = (None, None);
    }

    /// Takes an error of [`Link::client`]: one that ends the connection starts the attempts, another is handed
    /// back. [`ClientError::GaveUp`] comes back when connections that did not last have used up all attempts.
    pub fn lost(&mut self, error: ClientError) -> Result<(), ClientError> {
        if !error.ends_connection() {
            return Err(error);
        }
        if let State::Connected { since, .. } = self.state {
            let now = self.clock.now();
            if now.saturating_duration_since(since) >= STEADY {
                self.attempts = 0;
            }
            return self.wait_or_give_up(now, error).map(|_| ());
        }
        Ok(())
    }

    /// Makes the next attempt if it is due: connects, has the hello answered, attaches again. Takes up to
    /// [`OPENING_LIMIT`] twice. The error is the end: all attempts failed, or the service is there and says what
    /// no further attempt can change (its version, or that the session is gone).
    pub fn try_reconnect(&mut self) -> Result<Attempt, ClientError> {
        match self.state {
            State::Waiting { due } if due <= self.clock.now() => {}
            _ => return Ok(Attempt::NotDue),
        }
        self.attempts += 1;
        match self.open_again() {
            Ok((client, attachment)) => {
                self.state = State::Connected { client: Box::new(client), since: self.clock.now() };
                Ok(Attempt::Connected(attachment.map(Box::new)))
            }
            Err(error) if error.is_final() => {
                self.state = State::GaveUp;
                Err(error)
            }
            Err(error) => self.wait_or_give_up(self.clock.now(), error),
        }
    }

    /// Sleeps and tries until connected or at the end; `show` sees each state before it is waited out.
    pub fn reconnect(
        &mut self,
        mut show: impl FnMut(LinkState),
    ) -> Result<Option<Box<Attachment>>, ClientError> {
        loop {
            match self.state() {
                LinkState::Waiting { next_in, .. } => {
                    show(self.state());
                    self.clock.sleep(next_in);
                }
                LinkState::Connected => return Ok(None),
                LinkState::GaveUp => return Err(ClientError::Closed),
            }
            if let Attempt::Connected(attachment) = self.try_reconnect()? {
                return Ok(attachment);
            }
        }
    }

    fn open_again(&mut self) -> Result<(Client, Option<Attachment>), ClientError> {
        let mut client = (self.connector)()?;
        let attachment = match &self.attach {
            Some(attach) => Some(client.attach_within(attach.clone(), OPENING_LIMIT)?),
            None => None,
        };
        Ok((client, attachment))
    }

    fn wait_or_give_up(&mut self, now: Instant, error: ClientError) -> Result<Attempt, ClientError> {
        if self.attempts >= MAX_ATTEMPTS {
            self.state = State::GaveUp;
            return Err(ClientError::GaveUp { attempts: self.attempts, last: Box::new(error) });
        }
        self.state = State::Waiting { due: now + delay_before(self.attempts + 1) };
        Ok(Attempt::Failed(error))
    }
}
