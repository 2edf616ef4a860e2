//! Answers to programs' queries, each given exactly once whatever happens to the service.
//!
//! They are appended to a memfd and go to the PTY by `sendfile`: the file position that the kernel moves in
//! the same call, and that lives on in systemd's descriptor store, is the account of what was given. It
//! counts from the session's beginning and never goes back; what has been sent is punched out behind it.

use super::pty::Pty;
use crate::steps::step;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FallocateFlags, MemfdFlags};
use rustix::io::Errno;
use std::io;

/// Bytes that may wait for the PTY to take them. The emulator stops answering at its own bound before; a
/// program that reads no answers gets no more of them.
const MAX_WAITING: u64 = 256 << 10;
/// Memory of what was sent is given back in steps of this many bytes.
const PUNCH: u64 = 64 << 10;
/// A hole is made of whole pages.
const PAGE: u64 = 4096;

/// The replies of one session.
#[derive(Debug)]
pub(super) struct Replies {
    ledger: OwnedFd,
    /// Bytes appended since the session began.
    end: u64,
    /// Bytes sent: a copy of the ledger's file position.
    sent: u64,
    /// Everything before this is punched out.
    punched: u64,
}

impl Replies {
    pub(super) fn create() -> io::Result<Self> {
        let ledger = rustix::fs::memfd_create("scarab-replies", MemfdFlags::CLOEXEC)?;
        Ok(Self { ledger, end: 0, sent: 0, punched: 0 })
    }

    /// The ledger that an earlier service left: its size says what was appended, its position what was sent.
    pub(super) fn open(ledger: OwnedFd) -> io::Result<Self> {
        let end = u64::try_from(rustix::fs::fstat(&ledger)?.st_size).unwrap_or_default();
        let mut sent = rustix::fs::tell(&ledger)?;
        if sent > end {
            // Nobody sends what is not there.
            rustix::fs::seek(&ledger, rustix::fs::SeekFrom::Start(end))?;
            sent = end;
        }
        Ok(Self { ledger, end, sent, punched: 0 })
    }

    /// A ledger of its own that says the same.
    pub(super) fn copy(&self) -> io::Result<Self> {
        let mut copy = Self::create()?;
        rustix::fs::ftruncate(&copy.ledger, self.sent)?;
        rustix::fs::seek(&copy.ledger, rustix::fs::SeekFrom::Start(self.sent))?;
        (copy.end, copy.sent) = (self.sent, self.sent);
        let mut waiting =
            vec![0; usize::try_from((self.end - self.sent).min(MAX_WAITING)).unwrap_or_default()];
        let read = rustix::io::pread(&self.ledger, &mut waiting, self.sent)?;
        copy.append(&waiting[..read])?;
        Ok(copy)
    }

    /// Cuts off what no program can have asked for: a ledger that is longer than a replay makes it is damaged, and
    /// what is behind must not be typed into a shell.
    pub(super) fn cut(&mut self, end: u64) -> io::Result<()> {
        if self.end > end {
            log::warn!("a ledger of replies had {} bytes that nobody asked for", self.end - end);
            if self.sent > end {
                rustix::fs::seek(&self.ledger, rustix::fs::SeekFrom::Start(end))?;
                self.sent = end;
            }
            rustix::fs::ftruncate(&self.ledger, end)?;
            self.end = end;
        }
        Ok(())
    }

    /// For systemd's descriptor store.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.ledger.as_fd()
    }

    /// Bytes appended since the session began.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Whether so many bytes more may wait.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.end - self.sent + bytes as u64 <= MAX_WAITING
    }

    /// Something waits for the PTY.
    pub(super) fn waiting(&self) -> bool {
        self.end > self.sent
    }

    /// Appends `bytes`.
    pub(super) fn append(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::pwrite(&self.ledger, bytes, self.end) {
                Ok(written) => {
                    self.end += written as u64;
                    bytes = &bytes[written..];
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        step("append");
        Ok(())
    }

    /// Sends what the PTY takes now.
    pub(super) fn send(&mut self, pty: &Pty) -> io::Result<()> {
        while self.waiting() {
            let count = usize::try_from(self.end - self.sent).unwrap_or(usize::MAX);
            match rustix::fs::sendfile(pty, &self.ledger, None, count) {
                Err(Errno::AGAIN) => break,
                // The ledger is shorter than it was: somebody else's doing.
                Ok(0) => self.sent = self.end,
                Ok(sent) => {
                    step("sendfile");
                    self.sent += sent as u64;
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.give_back();
        Ok(())
    }

    /// Gives up what waits: no program is there to read it. The ledger counts it as sent.
    pub(super) fn drop_waiting(&mut self) {
        if rustix::fs::seek(&self.ledger, rustix::fs::SeekFrom::Start(self.end)).is_ok() {
            self.sent = self.end;
        }
        self.give_back();
    }

    fn give_back(&mut self) {
        let to = self.sent / PAGE * PAGE;
        if to - self.punched < PUNCH {
            return;
        }
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        if rustix::fs::fallocate(&self.ledger, hole, self.punched, to - self.punched).is_ok() {
            self.punched = to;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::environment::Variables;
    use super::super::pty::{Leader, Program};
    use super::*;

    #[test]
    fn a_copy_says_what_was_sent_and_what_waits() {
        let mut replies = Replies::create().expect("memory");
        replies.append(b"sent and waiting").expect("appended");
        rustix::fs::seek(&replies.ledger, rustix::fs::SeekFrom::Start(5)).expect("a position");
        replies.sent = 5;
        let copy = Replies::open(replies.copy().expect("memory").ledger).expect("a ledger");
        assert_eq!((copy.sent, copy.end), (5, 16));
        let mut waiting = [0; 11];
        assert_eq!(rustix::io::pread(&copy.ledger, &mut waiting, 5), Ok(11));
        assert_eq!(&waiting, b"and waiting");
    }
    use rustix::event::{PollFd, PollFlags};
    use scarab_protocol::message::Size;

    fn reader(script: &str) -> (Pty, Leader) {
        let command = vec!["sh".into(), "-c".into(), script.into()];
        let variables = Variables::from([("PATH".into(), "/usr/bin:/bin".into())]);
        let size = Size { cols: 80, rows: 24, width_px: 0, height_px: 0 };
        Pty::spawn(size, &Program { command, directory: "/".into(), variables }).expect("a shell")
    }

    fn wait_for(pty: &Pty, what: PollFlags) {
        let mut fds = [PollFd::from_borrowed_fd(pty.as_fd(), what)];
        rustix::event::poll(&mut fds, None).expect("polled");
    }

    #[test]
    fn what_was_sent_is_given_back_and_counted() {
        const TOTAL: u64 = 2 << 20;
        let (pty, leader) = reader("stty raw -echo; printf x; exec head -c 2097152 >/dev/null");
        wait_for(&pty, PollFlags::IN);
        let mut replies = Replies::create().expect("memory");
        let mut appended = 0;
        while replies.sent < TOTAL {
            if appended < TOTAL && replies.end - replies.sent < 32 << 10 {
                replies.append(&[b'r'; 4096]).expect("kept");
                appended += 4096;
            }
            replies.send(&pty).expect("sent");
            if replies.waiting() {
                wait_for(&pty, PollFlags::OUT);
            }
        }
        assert_eq!(rustix::fs::tell(&replies.ledger), Ok(TOTAL), "the ledger is the account");
        let blocks = rustix::fs::fstat(&replies.ledger).expect("its state").st_blocks;
        assert!(blocks * 512 <= 192 << 10, "{blocks} blocks are still there");
        leader.kill_and_wait();
    }

    #[test]
    fn a_program_that_reads_no_answers_costs_bounded_memory() {
        let (pty, leader) = reader("stty raw -echo; printf x; exec sleep 1000");
        wait_for(&pty, PollFlags::IN);
        let mut replies = Replies::create().expect("memory");
        for _ in 0..1000 {
            if replies.has_room(4096) {
                replies.append(&[b'r'; 4096]).expect("kept");
            }
            replies.send(&pty).expect("sent as far as it goes");
            assert!(replies.end - replies.sent <= MAX_WAITING);
        }
        assert!(replies.waiting());
        replies.drop_waiting();
        assert!(!replies.waiting());
        leader.kill_and_wait();
    }
}
