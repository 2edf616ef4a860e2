//! How a process ended, asked of its pidfd: for leaders that were started by a service that is no more, so that
//! nobody can wait for them as for a child.
//!
//! One of the files with unsafe code: an ioctl that rustix does not have (PIDFD_GET_INFO, ioctl_pidfd(2)).
#![allow(unsafe_code)]

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::BorrowedFd;
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};
use scarab_protocol::message::ExitStatus;

/// `struct pidfd_info` as its first version has it.
#[repr(C)]
#[derive(Default)]
struct Info {
    mask: u64,
    cgroup: u64,
    /// Process ids, then the credentials.
    ids: [u32; 11],
    exit_code: i32,
}

/// Ask for, and told: the exit status (Linux 6.15).
const EXIT: u64 = 1 << 3;
/// A parent that is alive waits for its children at once.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 500_000_000 };
const GET_INFO: Opcode = opcode::read_write::<Info>(0xff, 11);
const _: () = assert!(size_of::<Info>() == 64);

/// The status of a process that has ended and may have been waited for by its parent; unknown where the kernel does
/// not tell.
pub(super) fn exit_status(pidfd: BorrowedFd<'_>) -> ExitStatus {
    // The kernel tells it from the moment on that its parent has waited for it, and then hangs up.
    let mut reaped = [PollFd::from_borrowed_fd(pidfd, PollFlags::empty())];
    let _: rustix::io::Result<usize> = rustix::event::poll(&mut reaped, Some(&PATIENCE));
    let mut info = Info { mask: EXIT, ..Info::default() };
    // SAFETY: the kernel reads and writes exactly this structure, whose size is part of the request's number.
    let asked = unsafe { ioctl(pidfd, Updater::<GET_INFO, Info>::new(&mut info)) };
    if asked.is_err() || info.mask & EXIT == 0 {
        return ExitStatus::Unknown;
    }
    // As wait(2) encodes it: a signal in the low seven bits, else a code in the next eight.
    match info.exit_code & 0x7f {
        0 => ExitStatus::Code(info.exit_code >> 8 & 0xff),
        signal => ExitStatus::Signal(signal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fd::AsFd;
    use rustix::process::{Pid, PidfdFlags};

    #[test]
    fn a_status_is_told_after_the_process_was_waited_for() {
        for (script, expected) in [
            ("exit 7", ExitStatus::Code(7)),
            ("kill -KILL $$", ExitStatus::Signal(9)),
            ("exit 0", ExitStatus::Code(0)),
        ] {
            let mut child = std::process::Command::new("sh").args(["-c", script]).spawn().expect("a shell");
            let pid = Pid::from_raw(child.id().cast_signed()).expect("a process id");
            let pidfd = rustix::process::pidfd_open(pid, PidfdFlags::empty()).expect("a pidfd");
            child.wait().expect("its end");
            let found = exit_status(pidfd.as_fd());
            // An older kernel says nothing, and then nothing is made up.
            assert!(found == expected || found == ExitStatus::Unknown, "{script}: {found:?}");
        }
    }
}
