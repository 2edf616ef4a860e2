//! Shells that a person closed the window of and that do nothing: after a while (`sessions.keep-idle`) they end.
//!
//! Only what is plainly nobody's: a shell without a name of its own, without a viewer, without a child process, that is still a
//! shell, whose window was closed and which nobody has used since. Everything else goes on for ever.

use crate::operations;
use crate::service::Service;
use crate::session;
use crate::windows::Released;
use scarab_protocol::SessionId;
use scarab_protocol::message::{SessionInfo, is_for_a_shell, is_shell};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Looked at again after so long though nothing was due: the clock may have been set, or the machine have slept.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// Ends them as their time comes, for as long as the service lives.
pub async fn end_when_due(service: Arc<Service>) {
    loop {
        let keep = service.config().sessions.keep_idle.0;
        let released = service.windows.longest_released().filter(|_| keep > 0);
        let Some(released) = released else {
            service.released.notified().await;
            continue;
        };
        let due = released.since.saturating_add(keep.saturating_mul(1_000_000));
        let wait = Duration::from_micros(due.saturating_sub(session::micros(SystemTime::now())));
        if wait > Duration::ZERO {
            // Another configuration, or another session released, is looked at with the next round.
            let _ = tokio::time::timeout(wait.min(LOOK), service.released.notified()).await;
            continue;
        }
        see_to(&service, released);
    }
}

fn see_to(service: &Arc<Service>, released: Released) {
    let id = SessionId(released.session);
    let Some(session) = service.registry().get(id) else { return service.windows.wanted_again(id) };
    let info = session.info();
    let is_it = info.created == released.created && info.viewers.is_empty() && info.exited.is_none();
    if !is_it {
        return service.windows.wanted_again(id);
    }
    // A script may use it without being a viewer; then its time begins anew. So it does for what is busy: nobody knows
    // when that will be done.
    let used = info.last_activity > released.since;
    if !used && is_idle(&info) {
        log::info!(session = id.0; "session {id} ends: its window was closed and it does nothing");
        service.windows.wanted_again(id);
        return drop(operations::end(service, vec![(id, session)])); // it is seen to without us
    }
    let since = if used { info.last_activity } else { session::micros(SystemTime::now()) };
    if service.windows.release(Released { since, ..released }).is_err() {
        service.windows.wanted_again(id);
    }
}

/// A shell that nobody named and that has nothing to do.
fn is_idle(info: &SessionInfo) -> bool {
    let unnamed = info.name.chars().all(|character| character.is_ascii_digit());
    // It may have become another program since (exec).
    let name = std::fs::read_to_string(format!("/proc/{}/comm", info.leader)).unwrap_or_default();
    unnamed && is_for_a_shell(&info.command) && is_shell(name.trim_end()) && is_childless(info.leader)
}

/// No thread of it has a child; where the kernel does not tell, it may have some.
fn is_childless(leader: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{leader}/task")) else { return false };
    threads.flatten().all(|thread| {
        let children = std::fs::read_to_string(thread.path().join("children"));
        children.is_ok_and(|children| children.trim().is_empty())
    })
}
