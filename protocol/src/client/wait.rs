//! Waiting for a descriptor, with a limit that signals do not stretch.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use rustix::io::Errno;
use std::io;
use std::time::{Duration, Instant};

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    /// Not at all.
    Now,
    /// Until then.
    At(Instant),
    /// As long as it takes.
    Forever,
}

impl Until {
    /// From a caller's limit; one too far away to be an instant is no limit.
    pub(super) fn after(limit: Option<Duration>) -> Self {
        match limit {
            Some(Duration::ZERO) => Until::Now,
            Some(limit) => Instant::now().checked_add(limit).map_or(Until::Forever, Until::At),
            None => Until::Forever,
        }
    }
}

/// Waits until one of `events` (or an error, or the end) holds for `descriptor`; false when the time is up.
pub(super) fn wait_for(descriptor: impl AsFd, events: PollFlags, until: Until) -> io::Result<bool> {
    loop {
        let left = match until {
            Until::Now => Some(Duration::ZERO),
            Until::At(then) => Some(then.saturating_duration_since(Instant::now())),
            Until::Forever => None,
        };
        // A limit beyond the kernel's range is none.
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut [PollFd::new(&descriptor, events)], left.as_ref()) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
