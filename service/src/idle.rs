//! Shells that a person closed the window of and that do nothing: after a while (`sessions.keep-idle`) they end.
//!
//! Only what is plainly nobody's: a shell without a name of its own, without a viewer, without a child process, whose
//! window was closed and not opened again. Everything else goes on for ever.

use crate::operations;
use crate::service::Service;
use crate::session::{self, Session};
use scarab_protocol::SessionId;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Looked at again after so long though nothing was due: the clock may have been set, or the machine have slept.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// Ends them as their time comes, for as long as the service lives.
pub async fn end_when_due(service: Arc<Service>) {
    loop {
        let keep = service.config().sessions.keep_idle.0;
        let released = service.windows.longest_released().filter(|_| keep > 0);
        let Some((id, since)) = released else {
            service.released.notified().await;
            continue;
        };
        let due = since.saturating_add(keep.saturating_mul(1_000_000));
        let wait = Duration::from_micros(due.saturating_sub(session::micros(SystemTime::now())));
        if wait > Duration::ZERO {
            // Another configuration, or another session released, is looked at with the next round.
            let _ = tokio::time::timeout(wait.min(LOOK), service.released.notified()).await;
            continue;
        }
        see_to(&service, id);
    }
}

fn see_to(service: &Arc<Service>, id: SessionId) {
    let session = service.registry().get(id);
    match session {
        Some(session) if is_idle(&session) => {
            log::info!(session = id.0; "session {id} ends: its window was closed and it does nothing");
            service.windows.retain(id);
            drop(operations::end(service, vec![(id, session)])); // it is seen to without us
        }
        // It does something, so nobody knows when it will be done: another span of time.
        Some(session) if session.info().viewers.is_empty() && session.exited().is_none() => {
            if service.windows.release(id, session::micros(SystemTime::now())).is_err() {
                service.windows.retain(id);
            }
        }
        _ => service.windows.retain(id),
    }
}

/// A shell that nobody named, looks at or uses.
fn is_idle(session: &Session) -> bool {
    let info = session.info();
    let unnamed = info.name.chars().all(|character| character.is_ascii_digit());
    let program = info.command.first().map_or("sh", |program| program.rsplit('/').next().unwrap_or(program));
    let is_shell = program.ends_with("sh") && info.command.len() <= 1;
    unnamed && is_shell && info.viewers.is_empty() && info.exited.is_none() && is_childless(info.leader)
}

/// A shell is one thread; where the kernel does not tell its children, it may have some.
fn is_childless(leader: u32) -> bool {
    let children = std::fs::read_to_string(format!("/proc/{leader}/task/{leader}/children"));
    children.is_ok_and(|children| children.trim().is_empty())
}
