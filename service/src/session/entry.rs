//! The gate before a session's program: the process that will be it waits there until it has its scope, so that the
//! program never runs anywhere else, and tells when it cannot be executed.
//!
//! ```text
//!  service                                   the process on the PTY, this same binary
//!  spawn ──────────────────────────────────► opens both pipes
//!        ◄───────────────── "r" ──────────── (result)
//!  its scope is made, its card written
//!        ────────────────── "g" ───────────► (go) executes the program
//!        ◄── end of the pipe, or an errno ── (result)
//! ```
//!
//! The process inherits nothing but its terminal: it finds the pipes through `/proc`. When the service dies before
//! "g", it sees the end of that pipe and goes.

use super::pty::{Leader, Program};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// Begins the arguments of the process that waits.
const ENTER: &str = "--enter-session";
/// How long the process may take to come to the gate, and the program to be executed.
const PATIENCE: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };

/// The service's side.
pub(super) struct Gate {
    /// Both ends of each: read, write.
    go: (OwnedFd, OwnedFd),
    result: (OwnedFd, OwnedFd),
}

impl Gate {
    pub(super) fn new() -> Result<Self, String> {
        let pipe =
            || pipe_with(PipeFlags::CLOEXEC).map_err(|error| format!("no pipe for its start: {error}"));
        Ok(Self { go: pipe()?, result: pipe()? })
    }

    /// The program behind the gate.
    pub(super) fn behind(&self, program: Program) -> Program {
        let pipes = format!("{}:{}:{}", std::process::id(), self.go.0.as_raw_fd(), self.result.1.as_raw_fd());
        // The binary that runs, also when another one has taken its place on the disk.
        let mut command: Vec<OsString> = ["/proc/self/exe", ENTER, &pipes].map(OsString::from).into();
        command.extend(program.command);
        Program { command, ..program }
    }

    /// Waits until the process stands at the gate.
    pub(super) fn wait_for(&self, leader: &Leader) -> Result<(), String> {
        let mut fds = [PollFd::new(&self.result.0, PollFlags::IN), PollFd::new(&leader.pidfd, PollFlags::IN)];
        let ready = rustix::event::poll(&mut fds, Some(&PATIENCE)).map_err(|error| error.to_string())?;
        let mut byte = [0];
        if ready > 0 && !fds[0].revents().is_empty() && rustix::io::read(&self.result.0, &mut byte) == Ok(1) {
            return Ok(());
        }
        Err("its process did not come to its start".to_owned())
    }

    /// Lets the process execute the program, and waits until it has.
    pub(super) fn open(self) -> Result<(), String> {
        let Self { go, result: (result, to_result) } = self;
        drop(to_result);
        rustix::io::write(&go.1, b"g").map_err(|error| format!("its process is gone: {error}"))?;
        let mut fds = [PollFd::new(&result, PollFlags::IN)];
        let ready = rustix::event::poll(&mut fds, Some(&PATIENCE)).map_err(|error| error.to_string())?;
        let mut errno = [0; 4];
        match if ready > 0 { rustix::io::read(&result, &mut errno) } else { Err(Errno::TIMEDOUT) } {
            Ok(0) => Ok(()),
            Ok(4) => Err(format!(
                "the program cannot be executed: {}",
                std::io::Error::from_raw_os_error(i32::from_ne_bytes(errno))
            )),
            Ok(_) => Err("the program cannot be executed".to_owned()),
            Err(error) => Err(format!("the program is not executed: {error}")),
        }
    }
}

/// The process's side: does nothing in any other process. Comes back only where the program cannot be executed.
pub fn enter(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    /// As shells have it: found but not executed.
    const FAILED: u8 = 126;
    if arguments.nth(1)? != ENTER {
        return None;
    }
    let command: Vec<OsString> = arguments.collect();
    Some(pass(&command).unwrap_or(ExitCode::from(FAILED)))
}

fn pass(arguments: &[OsString]) -> Option<ExitCode> {
    let (pipes, command) = arguments.split_first()?;
    let mut numbers = pipes.to_str()?.split(':').map(|number| number.parse::<u32>().ok());
    let (service, go, result) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let open = |descriptor: u32, how| {
        let path = format!("/proc/{service}/fd/{descriptor}");
        rustix::fs::open(path, how | OFlags::CLOEXEC, Mode::empty()).ok()
    };
    let (go, result) = (open(go, OFlags::RDONLY)?, open(result, OFlags::WRONLY)?);
    rustix::io::write(&result, b"r").ok()?;
    let mut byte = [0];
    if rustix::io::read(go.as_fd(), &mut byte) != Ok(1) {
        // The end of the pipe: the service is gone, and this session never was.
        return None;
    }
    let error = execute(command);
    let _: rustix::io::Result<usize> =
        rustix::io::write(&result, &error.raw_os_error().unwrap_or_default().to_ne_bytes());
    None
}

/// Executes the command, or the shell of `SHELL` as a login shell: its name then begins with a dash (login(1)).
fn execute(command: &[OsString]) -> std::io::Error {
    if let Some((program, arguments)) = command.split_first() {
        return Command::new(program).args(arguments).exec();
    }
    let shell = std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
    let mut name = OsString::from("-");
    name.push(std::path::Path::new(&shell).file_name().unwrap_or(OsStr::new("sh")));
    Command::new(&shell).arg0(name).exec()
}
