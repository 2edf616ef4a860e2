//! The PTY: opened and its leader spawned by portable-pty, then kept as a bare descriptor, because that is
//! all that comes back from systemd's descriptor store. Reading is the journal's business.
//!
//! One of the files with unsafe code: borrowing portable-pty's raw descriptor, and an ioctl that rustix does not
//! have (TIOCSIG).
#![allow(unsafe_code)]

use portable_pty::{CommandBuilder, PtySize, PtySystem};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags};
use rustix::pty::OpenptFlags;
use rustix::termios::{LocalModes, QueueSelector, SpecialCodeIndex, Winsize};
use scarab_protocol::message::Size;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// The master side of a session's PTY: non-blocking, close-on-exec.
#[derive(Debug)]
pub(super) struct Pty {
    master: OwnedFd,
}

/// The leader as it was spawned.
#[derive(Debug)]
pub(super) struct Leader {
    pub(super) pid: Pid,
    pub(super) pidfd: OwnedFd,
}

/// What to spawn; everything in it was checked.
#[derive(Debug)]
pub(super) struct Program {
    /// Program and arguments; none for the shell of `SHELL` as a login shell.
    pub(super) command: Vec<OsString>,
    pub(super) directory: PathBuf,
    pub(super) variables: super::environment::Variables,
}

impl Program {
    /// What its process will be called: the file's name, empty for the login shell.
    pub(super) fn name(&self) -> String {
        let file = self.command.first().and_then(|program| Path::new(program).file_name());
        file.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }
}

/// An interrupt key's effect, as the PTY's modes have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interrupt {
    signal: i32,
    /// The kernel itself throws waiting input away for this key (NOFLSH is off).
    pub(super) flushes: bool,
}

impl Pty {
    /// Opens a PTY, with the end for its program.
    pub(super) fn open(size: Size) -> Result<(Self, Slave), String> {
        let pair = portable_pty::unix::UnixPtySystem::default()
            .openpty(pty_size(size))
            .map_err(|error| format!("no PTY can be had: {error:#}"))?;
        let raw = pair.master.as_raw_fd().ok_or("the PTY has no descriptor")?;
        // SAFETY: `pair.master` owns the descriptor and lives until the end of this function.
        let borrowed = unsafe { BorrowedFd::borrow_raw(raw) };
        let master = own(borrowed).map_err(|error| format!("the PTY cannot be used: {error}"))?;
        // Editing of UTF-8 input in cooked mode needs to know that it is UTF-8.
        if let Ok(mut termios) = rustix::termios::tcgetattr(&master) {
            termios.input_modes |= rustix::termios::InputModes::IUTF8;
            let _: Result<(), Errno> =
                rustix::termios::tcsetattr(&master, rustix::termios::OptionalActions::Now, &termios);
        }
        Ok((Self { master }, Slave(pair.slave)))
    }

    /// Opens a PTY and starts a program on it.
    #[cfg(test)]
    pub(super) fn spawn(size: Size, program: &Program) -> Result<(Self, Leader), String> {
        let (pty, slave) = Self::open(size)?;
        Ok((pty, slave.spawn(program)?))
    }

    /// The PTY that an earlier service left.
    pub(super) fn adopt(master: OwnedFd) -> Option<Self> {
        // Of anything else nobody knows whether it can block this thread.
        rustix::termios::tcgetwinsize(&master).ok()?;
        let flags = rustix::fs::fcntl_getfl(&master).ok()?;
        rustix::fs::fcntl_setfl(&master, flags | OFlags::NONBLOCK).ok()?;
        Some(Self { master })
    }

    /// For systemd's descriptor store.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }

    /// The size that the kernel has for it.
    pub(super) fn size(&self) -> Option<Size> {
        let Winsize { ws_row, ws_col, ws_xpixel, ws_ypixel } =
            rustix::termios::tcgetwinsize(&self.master).ok()?;
        let (width_px, height_px) = (u32::from(ws_xpixel), u32::from(ws_ypixel));
        Some(Size { cols: ws_col, rows: ws_row, width_px, height_px })
    }

    /// Tells the kernel the size; programs get SIGWINCH when it differs.
    pub(super) fn resize(&self, size: Size) -> io::Result<()> {
        let size = pty_size(size);
        let size = Winsize {
            ws_row: size.rows,
            ws_col: size.cols,
            ws_xpixel: size.pixel_width,
            ws_ypixel: size.pixel_height,
        };
        Ok(rustix::termios::tcsetwinsize(&self.master, size)?)
    }

    /// Writes what the PTY takes now; 0 when it takes nothing.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(&self.master, bytes) {
                Ok(written) => return Ok(written),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(0),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The foreground process group.
    pub(super) fn foreground(&self) -> Option<Pid> {
        rustix::termios::tcgetpgrp(&self.master).ok()
    }

    /// Whether this byte is an interrupt key now (VINTR, VQUIT, VSUSP while ISIG is set). The master answers
    /// for its slave. Only control characters are looked up, so that a typed letter costs no question to the
    /// kernel; where somebody has made a letter an interrupt key, the kernel acts on it when it comes to it.
    pub(super) fn interrupt(&self, byte: u8) -> Option<Interrupt> {
        if !byte.is_ascii_control() {
            return None;
        }
        let termios = rustix::termios::tcgetattr(&self.master).ok()?;
        if byte == 0 || !termios.local_modes.contains(LocalModes::ISIG) {
            return None;
        }
        let keys = [
            (SpecialCodeIndex::VINTR, rustix::process::Signal::INT),
            (SpecialCodeIndex::VQUIT, rustix::process::Signal::QUIT),
            (SpecialCodeIndex::VSUSP, rustix::process::Signal::TSTP),
        ];
        let (_, signal) = keys.into_iter().find(|(index, _)| termios.special_codes[*index] == byte)?;
        let flushes = !termios.local_modes.contains(LocalModes::NOFLSH);
        Some(Interrupt { signal: signal.as_raw(), flushes })
    }

    /// Throws away what the kernel holds of the input: what waits on its way to the line discipline and what
    /// waits there to be read. The kernel does the same when it comes to the interrupt key; but behind a full
    /// buffer it never comes to it.
    pub(super) fn flush_input(&self) {
        let _: Result<(), Errno> = rustix::termios::tcflush(&self.master, QueueSelector::OFlush);
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        if let Ok(slave) = rustix::pty::ioctl_tiocgptpeer(&self.master, flags) {
            let _: Result<(), Errno> = rustix::termios::tcflush(&slave, QueueSelector::IFlush);
        }
    }

    /// Sends the key's signal to the foreground group without the byte, for a PTY that takes nothing.
    pub(super) fn raise(&self, interrupt: Interrupt) {
        /// `_IOW('T', 0x36, int)`; the argument is the number itself.
        const TIOCSIG: rustix::ioctl::Opcode = rustix::ioctl::opcode::write::<i32>(b'T', 0x36);
        let signal = usize::try_from(interrupt.signal).unwrap_or_default();
        // SAFETY: TIOCSIG takes an integer by value and touches no memory of ours.
        let _: Result<(), Errno> = unsafe {
            let ioctl = rustix::ioctl::IntegerSetter::<TIOCSIG>::new_usize(signal);
            rustix::ioctl::ioctl(&self.master, ioctl)
        };
    }
}

/// The end of a PTY for its program. It is closed here once the program has it, so that the master sees a hang-up when
/// the last program goes.
pub(super) struct Slave(Box<dyn portable_pty::SlavePty + Send>);

impl Slave {
    /// Starts the program.
    pub(super) fn spawn(self, program: &Program) -> Result<Leader, String> {
        let mut builder = if program.command.is_empty() {
            CommandBuilder::new_default_prog()
        } else {
            CommandBuilder::from_argv(program.command.clone())
        };
        builder.env_clear();
        for (name, value) in &program.variables {
            builder.env(name, value);
        }
        builder.cwd(&program.directory);
        let child = self.0.spawn_command(builder).map_err(|error| one_line(&format!("{error:#}")))?;
        let pid = child
            .process_id()
            .and_then(|pid| i32::try_from(pid).ok())
            .and_then(Pid::from_raw)
            .ok_or("the program has no process id")?;
        // Nobody else waits for it, so the number cannot belong to another process yet.
        let pidfd = rustix::process::pidfd_open(pid, PidfdFlags::empty()).map_err(|error| {
            let _: Result<(), Errno> = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            format!("the program cannot be watched (pidfd): {error}")
        })?;
        crate::limits::restore_open_files(pid);
        Ok(Leader { pid, pidfd })
    }
}

impl Leader {
    /// The leader that an earlier service left, by its pidfd, or where that is missing by the terminal that it leads.
    pub(super) fn adopt(pidfd: Option<OwnedFd>, pid: i32, pty: Option<&Pty>) -> Option<Self> {
        if let (Some(pidfd), Some(pid)) = (pidfd, Pid::from_raw(pid).filter(|_| pid > 0)) {
            return Some(Self { pid, pidfd });
        }
        let pid = rustix::termios::tcgetsid(pty?).ok()?;
        let pidfd = rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok()?;
        Some(Self { pid, pidfd })
    }

    /// Its process id, as messages have it.
    pub(super) fn number(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }
}

impl AsFd for Pty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }
}

/// A descriptor of our own for the same PTY, close-on-exec and non-blocking.
fn own(master: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let owned = rustix::io::fcntl_dupfd_cloexec(master, 3)?;
    let flags = rustix::fs::fcntl_getfl(&owned)?;
    rustix::fs::fcntl_setfl(&owned, flags | OFlags::NONBLOCK)?;
    Ok(owned)
}

fn pty_size(size: Size) -> PtySize {
    let pixels = |px: u32| u16::try_from(px).unwrap_or(u16::MAX);
    PtySize {
        rows: size.rows,
        cols: size.cols,
        pixel_width: pixels(size.width_px),
        pixel_height: pixels(size.height_px),
    }
}

fn one_line(message: &str) -> String {
    message.split('\n').map(str::trim).collect::<Vec<_>>().join(" ")
}
