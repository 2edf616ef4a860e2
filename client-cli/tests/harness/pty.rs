//! A program on a PTY of the benchmark's own, written to and read from without waiting longer than asked.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// Columns and rows of every measurement.
pub const SIZE: (u16, u16) = (80, 24);

/// How long anything may take before the benchmark gives up on a target.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Pty {
    master: OwnedFd,
    _pair: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    /// What was read since the last `forget`.
    pub seen: Vec<u8>,
}

impl Pty {
    /// Starts a command on a new 80x24 PTY.
    pub fn start(argv: &[String], environment: &[(String, String)]) -> Self {
        let size = PtySize { cols: SIZE.0, rows: SIZE.1, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a PTY");
        let mut command = CommandBuilder::new(&argv[0]);
        command.args(&argv[1..]);
        command.env("TERM", "xterm-256color");
        for name in ["TMUX", "STY", "SCARAB_SESSION"] {
            command.env_remove(name);
        }
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let raw = pair.master.as_raw_fd().expect("a descriptor");
        let master = duplicate(raw);
        Pty { master, _pair: pair.master, child, seen: Vec::new() }
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }

    /// Writes all of it.
    pub fn write(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match rustix::io::write(&self.master, bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => panic!("writing to the PTY: {e}"),
            }
        }
    }

    /// Reads once, waiting up to `patience`; false when nothing came or the end is reached.
    pub fn read_once(&mut self, patience: Duration) -> bool {
        let timeout =
            Timespec { tv_sec: patience.as_secs() as i64, tv_nsec: i64::from(patience.subsec_nanos()) };
        let mut fds = [PollFd::new(&self.master, PollFlags::IN)];
        if !matches!(poll(&mut fds, Some(&timeout)), Ok(1..)) {
            return false;
        }
        let mut buffer = [0; 65536];
        match rustix::io::read(&self.master, &mut buffer) {
            Ok(0) | Err(_) => false,
            Ok(read) => {
                self.seen.extend_from_slice(&buffer[..read]);
                true
            }
        }
    }

    /// Reads until `token` stands in what was seen; how long that took, `None` when patience ended.
    pub fn until(&mut self, token: &[u8]) -> Option<Duration> {
        let began = Instant::now();
        let mut from = 0;
        loop {
            if find(&self.seen[from..], token) {
                return Some(began.elapsed());
            }
            // The token may be cut by the end of a read.
            from = self.seen.len().saturating_sub(token.len());
            if self.seen.len() > 8 << 20 {
                self.seen.drain(..from);
                from = 0;
            }
            let left = PATIENCE.checked_sub(began.elapsed())?;
            if !self.read_once(left) {
                return None;
            }
        }
    }

    /// Reads until nothing has come for `quiet`.
    pub fn settle(&mut self, quiet: Duration) {
        let began = Instant::now();
        while began.elapsed() < PATIENCE && self.read_once(quiet) {
            self.seen.clear();
        }
        self.seen.clear();
    }

    pub fn forget(&mut self) {
        self.seen.clear();
    }

    /// Forgets all but the last bytes: what was looked for may be cut by the end of a read.
    pub fn forget_but(&mut self, keep: usize) {
        let from = self.seen.len().saturating_sub(keep);
        self.seen.drain(..from);
    }

    /// The program's process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap_or(0)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[allow(unsafe_code)]
fn duplicate(raw: std::os::fd::RawFd) -> OwnedFd {
    // SAFETY: the master that owns `raw` lives in the caller while it is borrowed here.
    let borrowed = unsafe { BorrowedFd::borrow_raw(raw) };
    rustix::io::fcntl_dupfd_cloexec(borrowed, 0).expect("a descriptor")
}

fn find(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
