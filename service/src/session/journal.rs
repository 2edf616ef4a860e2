//! The journal: every byte that the PTY gave since the last checkpoint, and beside it what else moved the
//! emulator. A service killed at any instant can be followed by one that knows all of it; the order of the
//! stores in [`Journal::read`] is what makes that true.

use super::memory::{HOST_RING, JOURNAL_RING, Ring, StateMemory, Word};
use super::pty::Pty;
use rustix::io::Errno;
use scarab_protocol::message::{Rgb, Size, ViewerColours};
use std::io;

/// What one read of a PTY gives at most: the line discipline copies through a buffer of this size.
pub(super) const READ: usize = 4096;

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// So many bytes; less than there was room for unless `full`.
    Bytes { count: usize, full: bool },
    /// Nothing now.
    Nothing,
    /// No program has the terminal open, and all that was written has been read.
    HungUp,
}

/// Something beside output that moved the emulator: a replay must repeat it at the same place.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum HostEvent<'a> {
    Resized(Size),
    Focused(bool),
    Coloured(&'a ViewerColours),
    /// The time-out of a synchronized update (mode 2026).
    UpdateEnded,
    /// The answer to a program's question for the clipboard; `None` refused.
    ClipboardAnswered {
        selection: &'a str,
        data: Option<&'a [u8]>,
    },
}

/// The journal of one session.
#[derive(Debug)]
pub(super) struct Journal {
    memory: StateMemory,
    /// Bytes read since the session began.
    head: u64,
    /// Where the checkpoint stands.
    tail: u64,
    host_head: u64,
    host_tail: u64,
    encoded: Vec<u8>,
}

impl Journal {
    pub(super) fn create() -> io::Result<Self> {
        Ok(Self {
            memory: StateMemory::create()?,
            head: 0,
            tail: 0,
            host_head: 0,
            host_tail: 0,
            encoded: Vec::new(),
        })
    }

    /// Reads once from the PTY and copies what came to `to`: programs are never parsed in shared memory.
    ///
    /// A kill can land after the kernel's copy and before the store of `head`. Then the bytes behind `head`
    /// up to the last one that is not zero are new, because the space was made zero first; and `limit` says
    /// how far it was made zero, or else bytes of the ring's last lap would be taken for new ones.
    pub(super) fn read(&mut self, pty: &Pty, to: &mut [u8]) -> io::Result<Reading> {
        if self.head - self.tail + READ as u64 > JOURNAL_RING as u64 {
            self.commit_checkpoint();
        }
        let count = to.len().min(READ).min(StateMemory::room(Ring::Journal, self.head));
        self.memory.zero(Ring::Journal, self.head, count);
        self.memory.store(Word::Limit, self.head + count as u64);
        let read = loop {
            match self.memory.read_into(Ring::Journal, self.head, count, pty) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(Reading::Nothing),
                Ok(0) | Err(Errno::IO) => return Ok(Reading::HungUp),
                Err(error) => return Err(error.into()),
                Ok(read) => break read,
            }
        };
        let start = self.head;
        self.head += read as u64;
        self.memory.store(Word::Head, self.head);
        self.memory.copy_out(Ring::Journal, start, &mut to[..read]);
        Ok(Reading::Bytes { count: read, full: read == count })
    }

    /// All that was read has been parsed: takes a checkpoint when half of the ring is used.
    pub(super) fn parsed(&mut self) {
        if self.head - self.tail >= JOURNAL_RING as u64 / 2 {
            self.commit_checkpoint();
        }
    }

    /// Notes what moves the emulator now.
    pub(super) fn record(&mut self, event: &HostEvent<'_>) {
        self.encoded.clear();
        encode(self.head, event, &mut self.encoded);
        if self.encoded.len() as u64 + self.host_head - self.host_tail > HOST_RING as u64 {
            self.commit_checkpoint();
        }
        // One that no ring can hold (a large clipboard) is in the state that the next checkpoint saves.
        if self.encoded.len() <= HOST_RING {
            self.memory.copy_in(Ring::Host, self.host_head, &self.encoded);
            self.host_head += self.encoded.len() as u64;
            self.memory.store(Word::HostHead, self.host_head);
        }
    }

    /// Everything up to here is in the emulator's state: the rings are free from here on.
    pub(super) fn commit_checkpoint(&mut self) {
        self.tail = self.head;
        self.host_tail = self.host_head;
        self.memory.store(Word::HostTail, self.host_tail);
        self.memory.store(Word::Tail, self.tail);
    }
}

/// One entry of the second ring: journal offset (8 bytes), kind (4), length of what follows (4), that, and
/// zeros up to a multiple of 8. Numbers are little-endian.
fn encode(offset: u64, event: &HostEvent<'_>, out: &mut Vec<u8>) {
    let kind: u32 = match event {
        HostEvent::Resized(_) => 1,
        HostEvent::Focused(_) => 2,
        HostEvent::Coloured(_) => 3,
        HostEvent::UpdateEnded => 4,
        HostEvent::ClipboardAnswered { .. } => 5,
    };
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    let body = out.len();
    match event {
        HostEvent::Resized(size) => {
            out.extend_from_slice(&size.cols.to_le_bytes());
            out.extend_from_slice(&size.rows.to_le_bytes());
            out.extend_from_slice(&size.width_px.to_le_bytes());
            out.extend_from_slice(&size.height_px.to_le_bytes());
        }
        HostEvent::Focused(focused) => out.push(u8::from(*focused)),
        HostEvent::Coloured(colours) => {
            out.push(u8::from(colours.dark));
            for colour in [colours.foreground, colours.background, colours.cursor] {
                let Rgb { r, g, b } = colour.unwrap_or(Rgb { r: 0, g: 0, b: 0 });
                out.extend_from_slice(&[u8::from(colour.is_some()), r, g, b]);
            }
            // More entries than there are indices say nothing new: the last one of an index counts.
            let entries = &colours.palette[colours.palette.len().saturating_sub(256)..];
            for (index, Rgb { r, g, b }) in entries {
                out.extend_from_slice(&[*index, *r, *g, *b]);
            }
        }
        HostEvent::UpdateEnded => {}
        HostEvent::ClipboardAnswered { selection, data } => {
            out.push(u8::from(data.is_some()));
            out.push(u8::try_from(selection.len()).unwrap_or(u8::MAX));
            out.extend_from_slice(&selection.as_bytes()[..selection.len().min(usize::from(u8::MAX))]);
            out.extend_from_slice(data.unwrap_or_default());
        }
    }
    let length = u32::try_from(out.len() - body).unwrap_or(u32::MAX);
    out[body - 4..body].copy_from_slice(&length.to_le_bytes());
    out.resize(out.len().next_multiple_of(8), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_where_what_and_how_long() {
        let mut out = Vec::new();
        encode(0x1234, &HostEvent::Resized(Size { cols: 80, rows: 24, width_px: 1, height_px: 2 }), &mut out);
        assert_eq!(out.len(), 16 + 16, "12 bytes, padded");
        assert_eq!(out[..8], 0x1234u64.to_le_bytes());
        assert_eq!(out[8..16], [1, 0, 0, 0, 12, 0, 0, 0]);
        assert_eq!(out[16..20], [80, 0, 24, 0]);
    }

    #[test]
    fn the_second_ring_is_bounded_by_checkpoints() {
        let mut journal = Journal::create().expect("memory");
        for _ in 0..10_000 {
            journal.record(&HostEvent::Focused(true));
            assert!(journal.host_head - journal.host_tail <= HOST_RING as u64);
        }
        let large = vec![b'x'; HOST_RING * 2];
        let before = journal.host_head;
        journal.record(&HostEvent::ClipboardAnswered { selection: "c", data: Some(&large) });
        assert_eq!(journal.host_head, before, "too large for the ring: the checkpoint stands for it");
        assert_eq!(journal.host_tail, before);
    }
}
