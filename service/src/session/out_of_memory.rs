//! Programs of a session that were killed because memory was used up: by the kernel, which counts them for each control
//! group (cgroups(7), `memory.events`), or by systemd-oomd, which writes it on the group before it kills. A manager
//! that leaves the group alone (OOMPolicy=continue) says nothing more than these.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::process::Pid;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A leader killed so shortly after was killed for it: the kernel counts, and then sends SIGKILL.
const JUST_NOW: Duration = Duration::from_secs(2);
/// Time between two messages of kills.
const TELL_AGAIN: Duration = Duration::from_secs(10);
/// What systemd-oomd sets to the number of its kills.
const BY_OOMD: &str = "user.oomd_ooms";
/// Bytes of the file: a dozen short lines.
const FILE: usize = 1024;

/// The kills in one session's scope.
#[derive(Debug)]
pub(super) struct MemoryKills {
    group: OwnedFd,
    events: OwnedFd,
    known: u64,
    last: Option<Instant>,
    /// The group is there.
    there: bool,
}

impl MemoryKills {
    /// Those in the scope of this leader; `None` where nobody counts them (no memory controller for users).
    pub(super) fn of(leader: Pid) -> Option<Self> {
        let groups = std::fs::read_to_string(format!("/proc/{}/cgroup", leader.as_raw_nonzero())).ok()?;
        // Of the one hierarchy of version 2; those of version 1 have names.
        let group = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
        Self::in_group(&root().join(group))
    }

    fn in_group(group: &Path) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let group = rustix::fs::open(group, flags | OFlags::DIRECTORY, Mode::empty()).ok()?;
        let events = rustix::fs::openat(&group, "memory.events", flags, Mode::empty()).ok()?;
        let mut kills = Self { group, events, known: 0, last: None, there: true };
        kills.known = kills.count();
        Some(kills)
    }

    /// Ready with `PollFlags::PRI` when something was counted; `None` once the group is gone, when it always would be.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.there.then(|| self.events.as_fd())
    }

    /// Looks again; whether there were more.
    pub(super) fn look(&mut self) -> bool {
        let count = self.count();
        let more = count > self.known;
        if more {
            self.last = Some(Instant::now());
        }
        self.known = count.max(self.known);
        more
    }

    /// A person has been told a moment ago: a build that starts a killed compiler again and again is one message.
    pub(super) fn told_just_now(&self) -> bool {
        self.last.is_some_and(|last| last.elapsed() < TELL_AGAIN)
    }

    /// Whether what ends now may have been one of them.
    pub(super) fn just_now(&mut self) -> bool {
        self.look();
        self.last.is_some_and(|last| last.elapsed() < JUST_NOW)
    }

    /// As many as are still told: the group of a leader that has ended may be gone.
    fn count(&mut self) -> u64 {
        let mut text = [0; FILE];
        let read = rustix::io::pread(&self.events, &mut text, 0);
        self.there = read.is_ok();
        let read = read.unwrap_or_default();
        let by_kernel = oom_kills(&String::from_utf8_lossy(&text[..read]));
        let read = rustix::fs::fgetxattr(&self.group, BY_OOMD, &mut text).unwrap_or_default();
        let by_oomd = String::from_utf8_lossy(&text[..read.min(FILE)]).trim().parse().unwrap_or(0);
        by_kernel.saturating_add(by_oomd)
    }
}

/// Where the control groups are.
fn root() -> PathBuf {
    // Tests say what the kernel would say; a release build listens to the kernel alone.
    #[cfg(debug_assertions)]
    if let Some(root) = std::env::var_os("SCARAB_CGROUPS") {
        return root.into();
    }
    "/sys/fs/cgroup".into()
}

/// The kills that a `memory.events` tells.
fn oom_kills(events: &str) -> u64 {
    let count = events.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok());
    count.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: &str = "low 0\nhigh 0\nmax 7\noom 1\noom_kill 0\noom_group_kill 0\n";

    #[test]
    fn what_is_counted_after_the_beginning_counts() {
        let group = tempfile::tempdir().expect("a directory");
        let events = group.path().join("memory.events");
        assert!(MemoryKills::in_group(group.path()).is_none(), "nobody counts");
        std::fs::write(&events, EVENTS.replace("oom_kill 0", "oom_kill 4")).expect("written");
        let mut kills = MemoryKills::in_group(group.path()).expect("somebody counts");
        assert!(!kills.look() && !kills.just_now());
        std::fs::write(&events, EVENTS.replace("oom_kill 0", "oom_kill 5")).expect("written");
        assert!(kills.look() && !kills.look() && kills.just_now());
        kills.last = Instant::now().checked_sub(JUST_NOW);
        assert!(!kills.just_now(), "that was before");
        std::fs::write(&events, "noise").expect("written");
        assert!(!kills.look());
    }

    #[test]
    fn so_does_what_oomd_writes() {
        let group = tempfile::tempdir().expect("a directory");
        std::fs::write(group.path().join("memory.events"), EVENTS).expect("written");
        let mut kills = MemoryKills::in_group(group.path()).expect("somebody counts");
        let flags = rustix::fs::XattrFlags::empty();
        rustix::fs::setxattr(group.path(), BY_OOMD, b"1", flags).expect("a file system with attributes");
        assert!(kills.just_now());
    }

    #[test]
    fn only_the_line_of_that_name_is_read() {
        assert_eq!(oom_kills(EVENTS), 0);
        assert_eq!(oom_kills("oom 9\noom_group_kill 8\noom_kill 3\n"), 3);
        assert_eq!(oom_kills(""), 0);
    }
}
