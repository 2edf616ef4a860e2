//! The journal: every byte that the PTY gave since the last checkpoint, and beside it what else moved the
//! emulator. A service killed at any instant can be followed by one that knows all of it; the order of the
//! stores in [`Journal::read`] is what makes that true.

use super::host_event::{HostEvent, decode_all, encode};
use super::memory::{MemoryError, Place, Ring, StateMemory, Word};
use super::pty::Pty;
use crate::steps::step;
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::io::Errno;
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

/// Where a checkpoint stands in the two rings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// Bytes of output that are in it.
    pub(super) output: u64,
    /// Bytes of host events that are in it.
    pub(super) host: u64,
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
        Ok(Self::at(StateMemory::create()?, Position::default()))
    }

    /// The journal that an earlier service left; [`Journal::resume`] comes next.
    pub(super) fn open(memory: OwnedFd) -> Result<Self, MemoryError> {
        Ok(Self::at(StateMemory::open(memory)?, Position::default()))
    }

    /// Whether it has the layout that this version writes.
    pub(super) fn is_of_this_version(&self) -> bool {
        self.memory.is_of_this_version()
    }

    /// Takes on this version's layout where it is; false if it must be copied for that.
    pub(super) fn take_this_layout(&self) -> bool {
        self.memory.take_this_layout()
    }

    /// A copy of it in this version's layout; `from` is where its checkpoint stands.
    pub(super) fn in_this_layout(&self, from: Position) -> io::Result<Self> {
        Ok(Self::at(self.memory.in_this_layout(from)?, Position::default()))
    }

    fn at(memory: StateMemory, position: Position) -> Self {
        let Position { output, host } = position;
        Self { memory, head: output, tail: output, host_head: host, host_tail: host, encoded: Vec::new() }
    }

    /// Its memory.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.memory.fd()
    }

    /// Where it stands.
    pub(super) fn position(&self) -> Position {
        Position { output: self.head, host: self.host_head }
    }

    /// Reads once from the PTY and copies what came to `to`: programs are never parsed in shared memory. Whoever
    /// calls it takes a checkpoint when [`Journal::is_half_full`], so that there is room.
    ///
    /// A kill can land after the kernel's copy and before the store of `head`. Then the bytes behind `head`
    /// up to the last one that is not zero are new, because the space was made zero first; and `limit` says
    /// how far it was made zero, or else bytes of the ring's last lap would be taken for new ones.
    pub(super) fn read(&mut self, pty: &Pty, to: &mut [u8]) -> io::Result<Reading> {
        if cfg!(feature = "unjournaled") {
            return self.read_unjournaled(pty, to);
        }
        let free = self
            .memory
            .ring_bytes(Ring::Journal)
            .saturating_sub(usize::try_from(self.head - self.tail).unwrap_or(usize::MAX));
        let count = to.len().min(READ).min(self.memory.room(Ring::Journal, self.head)).min(free);
        if count == 0 {
            return Err(io::Error::other("the journal is full"));
        }
        if count < READ {
            step("wrap");
        }
        self.memory.zero(Ring::Journal, self.head, count);
        step("zero");
        self.memory.store(Word::Limit, self.head + count as u64);
        step("limit");
        let read = loop {
            match self.memory.read_into(Ring::Journal, self.head, count, pty) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(Reading::Nothing),
                Ok(0) | Err(Errno::IO) => return Ok(Reading::HungUp),
                Err(error) => return Err(error.into()),
                Ok(read) => break read,
            }
        };
        step("read");
        let start = self.head;
        self.head += read as u64;
        self.memory.store(Word::Head, self.head);
        step("head");
        self.memory.copy_out(Ring::Journal, start, &mut to[..read]);
        Ok(Reading::Bytes { count: read, full: read == count })
    }

    /// For the benchmark of what the journal costs: nothing survives.
    fn read_unjournaled(&mut self, pty: &Pty, to: &mut [u8]) -> io::Result<Reading> {
        let count = to.len().min(READ);
        match rustix::io::read(pty, &mut to[..count]) {
            Err(Errno::AGAIN | Errno::INTR) => Ok(Reading::Nothing),
            Ok(0) | Err(Errno::IO) => Ok(Reading::HungUp),
            Err(error) => Err(error.into()),
            Ok(read) => Ok(Reading::Bytes { count: read, full: read == count }),
        }
    }

    /// Half of the output's ring is used: as much as a recovery should have to parse.
    pub(super) fn is_half_full(&self) -> bool {
        self.head - self.tail >= self.memory.ring_bytes(Ring::Journal) as u64 / 2
    }

    /// Notes what moves the emulator next. False if there is no room for it: then a checkpoint must come first, or,
    /// for what no ring can hold (a large clipboard), directly afterwards.
    #[must_use]
    pub(super) fn record(&mut self, event: &HostEvent) -> bool {
        self.encoded.clear();
        encode(self.head, event, &mut self.encoded);
        if self.encoded.len() as u64 + self.host_head - self.host_tail
            > self.memory.ring_bytes(Ring::Host) as u64
        {
            return false;
        }
        self.memory.copy_in(Ring::Host, self.host_head, &self.encoded);
        self.host_head += self.encoded.len() as u64;
        self.memory.store(Word::HostHead, self.host_head);
        true
    }

    /// Puts a checkpoint of this position in force: the rings are free from here on.
    /// False if it does not fit: then the last one stays in force.
    #[must_use]
    pub(super) fn commit_checkpoint(&mut self, checkpoint: &[u8]) -> bool {
        if !self.memory.commit(Place::Checkpoint, checkpoint) {
            return false;
        }
        self.tail = self.head;
        self.host_tail = self.host_head;
        true
    }

    /// Gives back the memory of what the checkpoint in force holds: for when nothing has come for a while, because
    /// each page costs a fault when it is written again.
    pub(super) fn release(&self) {
        if (self.tail, self.host_tail) == (self.head, self.host_head) {
            self.memory.release();
        }
    }

    /// Puts a card in force.
    pub(super) fn commit_card(&mut self, card: &[u8]) {
        if card.is_empty() || !self.memory.commit(Place::Card, card) {
            log::error!("a card of {} bytes does not fit", card.len());
        }
    }

    /// The card in force.
    pub(super) fn card(&self) -> Option<Vec<u8>> {
        self.memory.committed(Place::Card)
    }

    /// The checkpoint in force.
    pub(super) fn checkpoint(&self) -> Option<Vec<u8>> {
        self.memory.committed(Place::Checkpoint)
    }

    /// What all output so far said is being told.
    pub(super) fn told(&self) {
        self.memory.store(Word::Told, self.head);
    }

    /// What the output up to this position said has been told.
    pub(super) fn told_until(&self) -> u64 {
        self.memory.word(Word::Told)
    }

    /// Goes on where the last service was killed, from a checkpoint at `from`: gives what came after it.
    pub(super) fn resume(&mut self, from: Position) -> Result<Rest, MemoryError> {
        let Position { output: tail, host: host_tail } = from;
        let [host_bytes, bytes] = [Ring::Host, Ring::Journal].map(|ring| self.memory.ring_bytes(ring) as u64);
        let host_head = self.memory.word(Word::HostHead);
        let host = host_head.checked_sub(host_tail).filter(|count| *count <= host_bytes);
        let head = self.memory.word(Word::Head);
        let journal = head.checked_sub(tail).filter(|count| *count <= bytes);
        let (Some(host), Some(journal)) = (host, journal.filter(|_| head.max(host_head) < u64::MAX / 2))
        else {
            return Err(MemoryError::Damaged("its journal does not fit its checkpoint"));
        };
        let mut events = vec![0; host as usize];
        self.memory.copy_out(Ring::Host, host_tail, &mut events);
        let limit = self.memory.word(Word::Limit).min(tail + bytes).max(head);
        // One read gives no more than this.
        let beyond = (limit - head).min(READ as u64);
        let mut output = vec![0; (journal + beyond) as usize];
        self.memory.copy_out(Ring::Journal, tail, &mut output);
        let unsure = &output[journal as usize..];
        let new = unsure.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        output.truncate(journal as usize + new);
        if new > 0 {
            log::info!("{new} bytes were read and not counted when the last service was killed");
        }
        self.head = tail + output.len() as u64;
        (self.tail, self.host_head, self.host_tail) = (tail, host_head, host_tail);
        self.memory.store(Word::Head, self.head);
        let events = decode_all(&events).ok_or(MemoryError::Damaged("its host events are none"))?;
        let in_order = events.iter().is_sorted_by_key(|(offset, _)| *offset)
            && events.iter().all(|(offset, _)| (tail..=self.head).contains(offset));
        if !in_order {
            return Err(MemoryError::Damaged("its host events are in no order"));
        }
        Ok(Rest { from: tail, output, events })
    }

    /// Goes on behind all that the last service can have read, which is given up.
    pub(super) fn set_aside(&mut self) {
        let bound = |position: u64| position.min(u64::MAX / 2);
        let [head, limit, host] =
            [Word::Head, Word::Limit, Word::HostHead].map(|word| bound(self.memory.word(word)));
        (self.head, self.tail) = (head.max(limit), head.max(limit));
        (self.host_head, self.host_tail) = (host, host);
        self.memory.store(Word::Head, self.head);
    }

    /// A replay begins. True if the last ones ended the service `most` times at one place: then it must not. A kill
    /// by chance does not come to the same place again and again.
    pub(super) fn is_worn_out(&self, most: u64) -> bool {
        let memory = &self.memory;
        let mut failures = 0;
        if memory.word(Word::Replaying) != 0 {
            let reached = memory.word(Word::Reached);
            let again = reached == memory.word(Word::Stuck);
            failures = if again { memory.word(Word::Failures).saturating_add(1) } else { 1 };
            memory.store(Word::Stuck, reached);
        }
        let worn_out = failures >= most;
        memory.store(Word::Failures, if worn_out { 0 } else { failures });
        memory.store(Word::Replaying, u64::from(!worn_out));
        worn_out
    }

    /// Whether the session itself, not its replay, has ended the service so often.
    pub(super) fn has_panicked(&self, most: u64) -> bool {
        self.memory.word(Word::Panics) >= most
    }

    /// The session ends the service now.
    pub(super) fn count_panic(&self) {
        self.memory.store(Word::Panics, self.memory.word(Word::Panics).saturating_add(1));
    }

    /// It has been served for a while.
    pub(super) fn forget_panics(&self) {
        self.memory.store(Word::Panics, 0);
    }

    /// The replay has come to this place.
    pub(super) fn reaching(&self, place: u64) {
        self.memory.store(Word::Reached, place);
    }

    /// The replay has ended well.
    pub(super) fn replayed(&self) {
        self.memory.store(Word::Replaying, 0);
    }
}

/// What came after a checkpoint.
#[derive(Debug)]
pub(super) struct Rest {
    /// Where the output begins.
    pub(super) from: u64,
    pub(super) output: Vec<u8>,
    /// Each with the output's position at which it came.
    pub(super) events: Vec<(u64, HostEvent)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_ring_takes_no_more_than_it_holds_until_a_checkpoint() {
        let mut journal = Journal::create().expect("memory");
        let mut taken = 0;
        while journal.record(&HostEvent::Focused(true)) {
            taken += 1;
        }
        assert_eq!(taken, journal.memory.ring_bytes(Ring::Host) / 24);
        assert!(journal.commit_checkpoint(b"state"));
        assert!(journal.record(&HostEvent::Focused(false)));
        let large = HostEvent::ClipboardAnswered {
            selection: "c".to_owned(),
            data: Some(vec![b'x'; journal.memory.ring_bytes(Ring::Host)]),
        };
        assert!(journal.commit_checkpoint(b"state"));
        assert!(!journal.record(&large), "too large for the ring: a checkpoint must follow it");
    }

    #[test]
    fn what_came_after_a_checkpoint_is_found_again() {
        let mut journal = Journal::create().expect("memory");
        assert!(journal.record(&HostEvent::Focused(true)));
        assert!(journal.commit_checkpoint(b"state"));
        let position = journal.position();
        assert!(journal.record(&HostEvent::UpdateEnded));
        // A service killed between the kernel's copy and the store of the head.
        journal.memory.copy_in(Ring::Journal, 0, b"output\0\0");
        journal.memory.store(Word::Limit, 4096);
        let mut next =
            Journal::open(journal.fd().try_clone_to_owned().expect("a descriptor")).expect("a journal");
        assert_eq!(next.checkpoint().as_deref(), Some(&b"state"[..]));
        let rest = next.resume(position).expect("the rest");
        assert_eq!((rest.output, rest.events), (b"output".to_vec(), vec![(0, HostEvent::UpdateEnded)]));
        assert_eq!(next.position().output, 6);
        // One that does not fit is an error, not a panic.
        assert!(next.resume(Position { output: 7, host: 0 }).is_err());
        journal.memory.store(Word::Head, u64::MAX);
        assert!(next.resume(position).is_err());
        next.set_aside();
    }

    #[test]
    fn only_replays_that_end_at_one_place_again_and_again_are_given_up() {
        let journal = Journal::create().expect("memory");
        for place in [0, 4096, 8192, 8192, 4096] {
            assert!(!journal.is_worn_out(3), "{place}");
            journal.reaching(place);
        }
        journal.replayed();
        for _ in 0..3 {
            assert!(!journal.is_worn_out(3));
            journal.reaching(4096);
        }
        assert!(journal.is_worn_out(3));
        assert!(!journal.is_worn_out(3), "the next one begins anew");
    }
}
