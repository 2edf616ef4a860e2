//! The end of a session's leader: asked for, killed, noticed, and told once its last output has been read.

use super::out_of_memory::MemoryKills;
use super::pty::Leader;
use super::thread::Runner;
use super::{now_us, pidfd};
use crate::store::Kind;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use scarab_protocol::message::ExitStatus;
use scarab_protocol::message::event::{DetachReason, Notification, SessionExited};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A leader that was asked to end has so long to do it.
const GRACE: Duration = Duration::from_secs(2);
/// The signal of a kill for memory.
const SIGKILL: i32 = Signal::KILL.as_raw();
/// Output read after the leader's end. The kernel holds about 14 KiB; the bound is for programs that were left
/// behind and go on writing.
const LAST_OUTPUT: usize = 1 << 20;

impl Runner {
    /// Asks the leader and what is in the foreground to end, as a terminal that closes does. Stopped ones are
    /// woken, or they could not hear it.
    pub(super) fn end_leader(&mut self) {
        let Some(leader) = &self.leader else { return };
        for signal in [Signal::HUP, Signal::CONT] {
            if let Some(group) = self.pty.as_ref().and_then(|pty| pty.foreground()) {
                let _: rustix::io::Result<()> = rustix::process::kill_process_group(group, signal);
            }
            leader.signal(signal);
        }
        self.timers.kill.get_or_insert(Instant::now() + GRACE);
    }

    /// Kills the leader and what is in the foreground. Others get the kernel's hang-up when the leader is gone.
    pub(super) fn kill_leader(&mut self) {
        let Some(leader) = &self.leader else { return };
        if let Some(group) = self.pty.as_ref().and_then(|pty| pty.foreground()) {
            let _: rustix::io::Result<()> = rustix::process::kill_process_group(group, Signal::KILL);
        }
        leader.signal(Signal::KILL);
    }

    /// Looks out for programs killed because memory was used up, if the leader has a scope of its own.
    pub(super) fn watch_memory(&mut self) {
        let leader = self.leader.as_ref().filter(|_| self.shared.scope.get().is_some());
        self.kills = leader.and_then(|leader| MemoryKills::of(leader.pid));
    }

    /// Something was counted: a person whose program has just vanished is told why.
    pub(super) fn look_for_kills(&mut self) {
        let due = self.kills.as_ref().is_some_and(|kills| !kills.told_just_now());
        if self.kills.as_mut().is_some_and(MemoryKills::look) && due {
            let body = "A program of this session was killed because its memory was used up.";
            log::warn!("session {}: {body}", self.id);
            let told = Notification {
                session: self.id,
                id: "scarab-out-of-memory".to_owned(),
                title: "Out of memory".to_owned(),
                body: body.to_owned(),
                urgency: 2,
            };
            self.tell_now(&told.into());
        }
    }

    fn was_killed_for_memory(&mut self) -> bool {
        self.kills.as_mut().is_some_and(MemoryKills::just_now)
    }

    /// The leader has ended: its status is taken, its last output read and shown, and everybody told.
    pub(super) fn leader_ended(&mut self) {
        let Some(status) = self.leader.as_ref().and_then(|leader| leader.status()) else { return };
        // At once: its control group goes with it.
        let status = match status {
            ExitStatus::Signal(SIGKILL) | ExitStatus::Unknown if self.was_killed_for_memory() => {
                ExitStatus::OutOfMemory
            }
            status => status,
        };
        self.drain(LAST_OUTPUT);
        (self.leader, self.kills) = (None, None);
        let now = now_us();
        self.ended = Some((status, now));
        self.shared.ended.store(now, Ordering::Release);
        self.timers.kill = None;
        self.shared.input.close();
        self.pty = None;
        if self.emulator.synchronized() {
            self.emulator.end_synchronized_update();
            self.fed();
        }
        let name = {
            let mut record = self.shared.record();
            record.exited = Some(status);
            record.leader = 0;
            record.foreground.clear();
            record.history_lines = self.emulator.history().writer.lines();
            record.name.clone()
        };
        // Written down first: a service that comes after this one needs neither PTY nor leader any more.
        self.checkpoint();
        self.write_card();
        self.store.forget(self.id, Kind::Pty);
        self.store.forget(self.id, Kind::Leader);
        // Whoever waits or not: this is the last frame, and the viewers' bells end with it.
        self.publish();
        log::info!("session {}: its program ended: {status:?}", self.id);
        // Told before any wait is answered: who waited may have the session removed, and that comes after its end.
        self.tell_now(&SessionExited { session: self.id, name, status }.into());
        self.waits.exited(status);
        self.emulator.history_mut().passing.look_for(Vec::new());
        self.detach_all(DetachReason::SessionEnded);
    }
}

impl Leader {
    /// Its status once it has ended; asking takes it, so that no zombie stays.
    pub(super) fn status(&self) -> Option<ExitStatus> {
        use rustix::fd::AsFd;
        let how = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        match rustix::process::waitid(WaitId::PidFd(self.pidfd.as_fd()), how) {
            Ok(None) => None,
            Ok(Some(status)) => Some(match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => ExitStatus::Code(code),
                (None, Some(signal)) => ExitStatus::Signal(signal),
                (None, None) => ExitStatus::Unknown,
            }),
            Err(rustix::io::Errno::INTR) => None,
            // It is the child of a service that is no more.
            Err(_) if self.has_ended() => Some(pidfd::exit_status(self.pidfd.as_fd())),
            Err(_) => None,
        }
    }

    fn has_ended(&self) -> bool {
        let mut fds = [PollFd::new(&self.pidfd, PollFlags::IN)];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        rustix::event::poll(&mut fds, Some(&at_once)).is_ok_and(|ready| ready > 0)
    }

    /// Signals it; a pidfd cannot mean another process.
    pub(super) fn signal(&self, signal: Signal) {
        let _: rustix::io::Result<()> = rustix::process::pidfd_send_signal(&self.pidfd, signal);
    }

    /// Ends it for certain and takes its status: for sessions that are given up.
    pub(super) fn kill_and_wait(&self) {
        use rustix::fd::AsFd;
        self.signal(Signal::KILL);
        // A process that sleeps in the kernel may take its time; nobody waits for this thread. One that is no child of
        // this service is not waited for at all.
        while let Err(rustix::io::Errno::INTR) =
            rustix::process::waitid(WaitId::PidFd(self.pidfd.as_fd()), WaitIdOptions::EXITED)
        {}
    }
}

/// The name of a process (a group's leader), as the kernel keeps it. Between its fork and its exec a child still has
/// the name of this service's thread: then there is none yet.
pub(super) fn process_name(pid: Pid) -> Option<String> {
    let executable = |pid: &str| std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    if executable(&pid.as_raw_nonzero().to_string()).is_some_and(|it| Some(it) == executable("self")) {
        return None;
    }
    let name = std::fs::read(format!("/proc/{}/comm", pid.as_raw_nonzero())).ok()?;
    let name = String::from_utf8_lossy(&name);
    Some(name.trim_end().chars().filter(|character| !character.is_control()).collect())
}

/// The working directory of a process.
pub(super) fn process_directory(pid: Pid) -> Option<String> {
    let directory = std::fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero())).ok()?;
    Some(directory.to_string_lossy().into_owned())
}
