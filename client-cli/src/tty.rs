//! The terminal this process stands in: opened anew, put into raw mode, written without ever waiting, and given
//! back as it was on every way out, a panic included.
//!
//! Apart from the viewer because restoring must work from anywhere: what is needed for it lies in one place that
//! a panic hook can reach.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize,
    tcsetattr,
};
use scarab_protocol::message::Size;
use std::io;
use std::sync::{Mutex, Once, PoisonError};

/// How long a terminal that takes nothing is waited for when it is given back: it may be a stopped window or a
/// dead line, and the person wants their prompt.
const RESTORE_PATIENCE_MS: u32 = 1000;

/// What giving the terminal back takes.
struct Restore {
    terminal: OwnedFd,
    modes: Termios,
    sequence: Vec<u8>,
}

/// The one terminal that is in raw mode, if any.
static RESTORE: Mutex<Option<Restore>> = Mutex::new(None);

/// The controlling terminal, open in a description of our own: its `O_NONBLOCK` is not shared with the shell.
pub struct Tty {
    terminal: OwnedFd,
}

impl Tty {
    /// Opens the terminal that standard input is, else the controlling one.
    pub fn open() -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let stdin = rustix::stdio::stdin();
        let named = rustix::termios::ttyname(stdin, Vec::new())
            .and_then(|name| rustix::fs::open(name.as_c_str(), flags, Mode::empty()));
        let terminal = named.or_else(|_| rustix::fs::open(c"/dev/tty", flags, Mode::empty()))?;
        tcgetattr(&terminal)?;
        Ok(Self { terminal })
    }

    /// Its size; 80x24 where it does not tell.
    pub fn size(&self) -> Size {
        let (cols, rows, width_px, height_px) = match tcgetwinsize(&self.terminal) {
            Ok(size) => (size.ws_col, size.ws_row, size.ws_xpixel, size.ws_ypixel),
            Err(_) => (0, 0, 0, 0),
        };
        Size {
            cols: if cols == 0 { 80 } else { cols },
            rows: if rows == 0 { 24 } else { rows },
            width_px: u32::from(width_px),
            height_px: u32::from(height_px),
        }
    }

    /// Raw mode until the guard goes. `sequence` is what undoes everything that was switched on.
    pub fn enter_raw(&self, sequence: Vec<u8>) -> io::Result<RawGuard> {
        let modes = tcgetattr(&self.terminal)?;
        let restore = Restore { terminal: self.terminal.try_clone()?, modes: modes.clone(), sequence };
        // Known to the hook before the mode changes: a panic in between must find it.
        *RESTORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(restore);
        hook_panics();
        let guard = RawGuard { _private: () };
        self.set_raw(modes)?;
        Ok(guard)
    }

    /// Raw mode once more: whoever had the terminal meanwhile may have left it otherwise.
    pub fn raw_again(&self) -> io::Result<()> {
        self.set_raw(tcgetattr(&self.terminal)?)
    }

    fn set_raw(&self, mut raw: Termios) -> io::Result<()> {
        raw.input_modes -= InputModes::IGNBRK
            | InputModes::BRKINT
            | InputModes::PARMRK
            | InputModes::ISTRIP
            | InputModes::INLCR
            | InputModes::IGNCR
            | InputModes::ICRNL
            | InputModes::IXON
            | InputModes::IXOFF;
        raw.output_modes -= OutputModes::OPOST;
        raw.local_modes -= LocalModes::ECHO
            | LocalModes::ECHONL
            | LocalModes::ICANON
            | LocalModes::ISIG
            | LocalModes::IEXTEN;
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        Ok(tcsetattr(&self.terminal, OptionalActions::Now, &raw)?)
    }

    /// Reads what is there; `Ok(0)` when the terminal is gone.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match rustix::io::read(&self.terminal, buffer) {
            Err(Errno::IO) => Ok(0), // EIO: the terminal hung up
            other => Ok(other?),
        }
    }

    /// Writes what the terminal takes now; `Ok(0)` when it takes nothing.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match rustix::io::write(&self.terminal, bytes) {
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            other => Ok(other?),
        }
    }
}

impl AsFd for Tty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.terminal.as_fd()
    }
}

/// Gives the terminal back when dropped.
pub struct RawGuard {
    _private: (),
}

impl RawGuard {
    /// Another sequence undoes what is switched on now.
    pub fn undo_with(&self, sequence: Vec<u8>) {
        if let Some(restore) = RESTORE.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            restore.sequence = sequence;
        }
    }
}

impl Drop for RawGuard {
    fn drop(&mut self) {
        restore_now();
    }
}

/// Undoes raw mode and what was switched on, once; does nothing when nothing is to be undone.
fn restore_now() {
    let restore = RESTORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(Restore { terminal, modes, sequence }) = restore {
        write_patiently(terminal.as_fd(), &sequence);
        // Nothing can be done about a terminal that is gone.
        let _ = tcsetattr(&terminal, OptionalActions::Now, &modes);
    }
}

fn write_patiently(terminal: BorrowedFd<'_>, mut bytes: &[u8]) {
    let patience = Timespec {
        tv_sec: i64::from(RESTORE_PATIENCE_MS / 1000),
        tv_nsec: i64::from(RESTORE_PATIENCE_MS % 1000) * 1_000_000,
    };
    while !bytes.is_empty() {
        match rustix::io::write(terminal, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => match poll(&mut [PollFd::new(&terminal, PollFlags::OUT)], Some(&patience)) {
                Ok(0) => return,
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => return,
            },
            Err(_) => return,
        }
    }
}

/// A panic's message must not vanish with the alternate screen, nor stand in a raw terminal.
fn hook_panics() {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore_now();
            default(panic);
        }));
    });
}
