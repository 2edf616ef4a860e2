//! Requests that may wait for long beside the others of their connection: Wait, and Send to a program that does
//! not read.
//!
//! Each has a task of its own. Whoever takes a request out of the list first — its task, or a Cancel — is the one
//! who answers it, so that it gets exactly one answer.

use super::outbox::Outbox;
use crate::failure::failed;
use crate::session::Session;
use scarab_protocol::message::answer::{Done, Failed, FailureKind, Waited};
use scarab_protocol::message::{ToClient, WaitOutcome};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Requests of one connection that may wait at once.
const MOST_WAITING: usize = 64;

/// One connection's waiting requests.
#[derive(Clone, Default)]
pub struct Waits {
    waiting: Arc<Mutex<HashMap<u32, Waiting>>>,
}

struct Waiting {
    /// The session and its token for a Wait; nothing for a Send.
    wait: Option<(Arc<Session>, u64)>,
    task: Option<JoinHandle<()>>,
}

impl Waiting {
    fn give_up(self) {
        if let Some((session, token)) = self.wait {
            session.cancel_wait(token);
        }
        if let Some(task) = self.task {
            task.abort();
        }
    }
}

impl Waits {
    /// Whether this request may wait too.
    pub fn admit(&self, id: u32) -> Result<(), Failed> {
        let waiting = self.lock();
        if waiting.contains_key(&id) {
            return Err(failed(
                FailureKind::BadArgument,
                format!("a request with the id {id} waits already"),
            ));
        }
        if waiting.len() >= MOST_WAITING {
            let message = format!("{MOST_WAITING} requests of this connection wait already: cancel one");
            return Err(failed(FailureKind::TooMany, message));
        }
        Ok(())
    }

    /// Answers a Wait when it is over, after `timeout` at the latest (zero: never).
    pub fn wait(
        &self,
        id: u32,
        session: Arc<Session>,
        token: u64,
        over: oneshot::Receiver<WaitOutcome>,
        timeout: Duration,
        outbox: Arc<Outbox>,
    ) {
        let wait = Some((session, token));
        self.spawn(id, wait, outbox, async move {
            let outcome = if timeout.is_zero() {
                over.await.unwrap_or(WaitOutcome::Removed)
            } else {
                match tokio::time::timeout(timeout, over).await {
                    Ok(outcome) => outcome.unwrap_or(WaitOutcome::Removed),
                    Err(_) => WaitOutcome::TimedOut,
                }
            };
            Waited { outcome }.into()
        });
    }

    /// Answers a Send when the PTY has taken it.
    pub fn send(&self, id: u32, done: oneshot::Receiver<Result<(), Failed>>, outbox: Arc<Outbox>) {
        self.spawn(id, None, outbox, async move {
            match done.await {
                Ok(Ok(())) => Done {}.into(),
                Ok(Err(failure)) => failure.into(),
                Err(_) => failed(FailureKind::Exited, "the session is gone").into(),
            }
        });
    }

    /// Gives up a request; it answers that it was cancelled. False when none of that id waits.
    pub fn cancel(&self, id: u32, outbox: &Outbox) -> bool {
        let Some(waiting) = self.lock().remove(&id) else { return false };
        let answer = match waiting.wait {
            Some(_) => Waited { outcome: WaitOutcome::Cancelled }.into(),
            None => failed(FailureKind::Interrupted, "cancelled; a part of it may have been typed").into(),
        };
        waiting.give_up();
        outbox.answer(id, &answer);
        true
    }

    /// The connection is gone: nobody waits any more.
    pub fn give_up_all(&self) {
        let all: Vec<_> = self.lock().drain().collect();
        all.into_iter().for_each(|(_, waiting)| waiting.give_up());
    }

    fn spawn(
        &self,
        id: u32,
        wait: Option<(Arc<Session>, u64)>,
        outbox: Arc<Outbox>,
        answer: impl Future<Output = ToClient> + Send + 'static,
    ) {
        self.lock().insert(id, Waiting { wait, task: None });
        let waits = self.clone();
        let task = tokio::spawn(async move {
            let answer = answer.await;
            let waiting = waits.lock().remove(&id);
            if let Some(waiting) = waiting {
                if let (Some((session, token)), ToClient::Waited(Waited { outcome: WaitOutcome::TimedOut })) =
                    (&waiting.wait, &answer)
                {
                    session.cancel_wait(*token);
                }
                outbox.answer_late(id, &answer);
            }
        });
        // The task cannot have run yet: this thread is the runtime's only one.
        if let Some(waiting) = self.lock().get_mut(&id) {
            waiting.task = Some(task);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
