//! The state memfd: the memory that must outlive the service. It is mapped here and nowhere else, and its
//! descriptor is never handed to a viewer, so that recovery can read what the last service wrote.
//!
//! ```text
//!  0           4 KiB          20 KiB                                   20 KiB + 512 KiB
//!  | header    | host events  | journal                                |
//! ```
//!
//! One of the files with unsafe code: the mapping. Everything is bounds-checked, words are atomics, bytes are
//! copied in and out; the one call that lends memory gives it to the kernel for one `read`.
#![allow(unsafe_code)]

use crate::steps::step;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mm::{Advice, MapFlags, ProtFlags};
use std::ffi::c_void;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// Begins the memory: says whose it is.
const MAGIC: u64 = u64::from_le_bytes(*b"SCARABST");
/// The version of this layout.
const LAYOUT: u64 = 1;
/// Bytes of the header: one page.
const HEADER: usize = 4096;
/// Bytes of the ring of host events: 512 resizes between two checkpoints, or 15 whole palettes.
pub(super) const HOST_RING: usize = 16 << 10;
/// Bytes of the journal's ring. Half of it is what a recovery parses at most (a few milliseconds), and all of
/// it stays in a processor's second cache.
pub(super) const JOURNAL_RING: usize = 512 << 10;
/// Bytes of a card's slot: an environment and a command as large as they may be.
const CARD: usize = 4 << 20;
/// Bytes of a checkpoint's slot: two screens of 2,000 by 1,000 cells take 32 MiB, full tables 14 MiB.
const CHECKPOINT: usize = 64 << 20;
const TOTAL: usize = HEADER + HOST_RING + JOURNAL_RING + 2 * CARD + 2 * CHECKPOINT;

/// What keeps the memory from being cut short under its mapping, and this from being undone.
const SEALS: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::SEAL);

/// The words of the header, by their place.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub(super) enum Word {
    Magic = 0,
    Layout = 1,
    /// Bytes read from the PTY since the session began.
    Head = 2,
    /// No byte beyond this one has been asked for: after a crash, what was read past `Head` ends before it.
    Limit = 3,
    /// Bytes of host events since the session began.
    HostHead = 4,
    /// The number of the card in force; 0 for none. Its slot is that of its last bit.
    Card = 5,
    /// The number of the checkpoint in force, likewise.
    Checkpoint = 6,
    /// What the output before this position said has been told: a replay does not tell it again.
    Told = 7,
    /// Not 0: a replay is under way.
    Replaying = 8,
    /// How far it has come.
    Reached = 9,
    /// Where the replay before it ended the service.
    Stuck = 10,
    /// And how often in a row.
    Failures = 11,
    /// How often in a row the session ended the service outside a replay.
    Panics = 12,
}

/// What has two slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Card,
    Checkpoint,
}

impl Place {
    const fn word(self) -> Word {
        match self {
            Self::Card => Word::Card,
            Self::Checkpoint => Word::Checkpoint,
        }
    }

    /// Bytes of a slot: a length, and that many.
    const fn bytes(self) -> usize {
        match self {
            Self::Card => CARD,
            Self::Checkpoint => CHECKPOINT,
        }
    }

    const fn slot(self, number: u64) -> usize {
        let first = match self {
            Self::Card => HEADER + HOST_RING + JOURNAL_RING,
            Self::Checkpoint => HEADER + HOST_RING + JOURNAL_RING + 2 * CARD,
        };
        first + (number & 1) as usize * self.bytes()
    }
}

/// Why the memory of a session cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum MemoryError {
    /// The system refused something.
    #[error("its memory cannot be mapped: {0}")]
    Io(#[from] io::Error),
    /// It can be cut short, or it is not as large as it must be, or it does not begin as one.
    #[error("its memory is damaged: {0}")]
    Damaged(&'static str),
    /// A newer version wrote it.
    #[error("its memory has layout {0}; this version reads layout {LAYOUT}")]
    Layout(u64),
}

impl From<rustix::io::Errno> for MemoryError {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Io(error.into())
    }
}

/// One of the two rings.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ring {
    /// What moved the emulator beside the PTY.
    Host,
    /// The PTY's output.
    Journal,
}

impl Ring {
    const fn bytes(self) -> usize {
        match self {
            Self::Host => HOST_RING,
            Self::Journal => JOURNAL_RING,
        }
    }

    const fn start(self) -> usize {
        match self {
            Self::Host => HEADER,
            Self::Journal => HEADER + HOST_RING,
        }
    }
}

/// The mapped memory.
#[derive(Debug)]
pub(super) struct StateMemory {
    base: NonNull<u8>,
    descriptor: OwnedFd,
}

// SAFETY: the mapping belongs to this value alone and is only reached through it.
unsafe impl Send for StateMemory {}

impl StateMemory {
    /// New memory, all zero but for its head; sealed against any change of its size.
    pub(super) fn create() -> io::Result<Self> {
        let descriptor =
            rustix::fs::memfd_create("scarab-state", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        rustix::fs::ftruncate(&descriptor, TOTAL as u64)?;
        rustix::fs::fcntl_add_seals(&descriptor, SEALS)?;
        let memory = Self::map(descriptor)?;
        memory.store(Word::Layout, LAYOUT);
        memory.store(Word::Magic, MAGIC);
        Ok(memory)
    }

    /// The memory that an earlier service left.
    pub(super) fn open(descriptor: OwnedFd) -> Result<Self, MemoryError> {
        let seals = rustix::fs::fcntl_get_seals(&descriptor);
        if !seals.is_ok_and(|seals| seals.contains(SEALS)) {
            return Err(MemoryError::Damaged("its size is not sealed"));
        }
        if rustix::fs::fstat(&descriptor)?.st_size != TOTAL as i64 {
            return Err(MemoryError::Damaged("it has a wrong size"));
        }
        let memory = Self::map(descriptor)?;
        if memory.word(Word::Magic) != MAGIC {
            return Err(MemoryError::Damaged("it does not begin as a session's"));
        }
        match memory.word(Word::Layout) {
            LAYOUT => Ok(memory),
            // Not any number is that of a version to come.
            layout if (LAYOUT..LAYOUT + 1000).contains(&layout) => Err(MemoryError::Layout(layout)),
            _ => Err(MemoryError::Damaged("its layout is none")),
        }
    }

    fn map(descriptor: OwnedFd) -> io::Result<Self> {
        // SAFETY: a new mapping at an address that the kernel chooses; sealed, so it cannot be cut short.
        let base = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                TOTAL,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                descriptor.as_fd(),
                0,
            )?
        };
        let base = NonNull::new(base.cast::<u8>()).ok_or(io::ErrorKind::OutOfMemory)?;
        let memory = Self { base, descriptor };
        // A core dump must hold nobody's screen. SAFETY: the range is the mapping just made.
        unsafe { rustix::mm::madvise(memory.base.as_ptr().cast::<c_void>(), TOTAL, Advice::LinuxDontDump)? };
        Ok(memory)
    }

    /// For systemd's descriptor store, which holds the memory while no service runs.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    fn atomic(&self, word: Word) -> &AtomicU64 {
        // SAFETY: the header is inside the mapping, aligned to a page, and every access to it is atomic.
        unsafe { AtomicU64::from_ptr(self.base.as_ptr().cast::<u64>().add(word as usize)) }
    }

    /// A word.
    pub(super) fn word(&self, word: Word) -> u64 {
        self.atomic(word).load(Ordering::Acquire)
    }

    /// Stores a word; everything stored before it stands before it.
    pub(super) fn store(&self, word: Word, value: u64) {
        // A killed process loses no store, whatever its order; Release keeps the compiler from moving it.
        self.atomic(word).store(value, Ordering::Release);
    }

    /// Writes what is to be in force from now on, and puts it in force; false if it is too large.
    pub(super) fn commit(&self, place: Place, bytes: &[u8]) -> bool {
        const LENGTH: usize = size_of::<u64>();
        if bytes.len() > place.bytes() - LENGTH {
            return false;
        }
        let number = self.word(place.word()).wrapping_add(1).max(1);
        let length = (bytes.len() as u64).to_ne_bytes();
        // SAFETY: both ranges lie in the slot, as was checked just now, and the slot in the mapping; the sources
        // are memory of ours elsewhere.
        unsafe {
            let slot = self.base.as_ptr().add(place.slot(number));
            std::ptr::copy_nonoverlapping(length.as_ptr(), slot, LENGTH);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), slot.add(LENGTH), bytes.len());
        }
        step("slot");
        self.store(place.word(), number);
        step("commit");
        true
    }

    /// A copy of what is in force; `None` if there is nothing, or nothing believable.
    pub(super) fn committed(&self, place: Place) -> Option<Vec<u8>> {
        const LENGTH: usize = size_of::<u64>();
        let number = self.word(place.word());
        if number == 0 {
            return None;
        }
        let mut length = [0; LENGTH];
        // SAFETY: the slot lies in the mapping and is longer than a length.
        unsafe {
            let slot = self.base.as_ptr().add(place.slot(number));
            std::ptr::copy_nonoverlapping(slot, length.as_mut_ptr(), LENGTH);
        }
        let length = usize::try_from(u64::from_ne_bytes(length)).ok()?;
        if length > place.bytes() - LENGTH {
            return None;
        }
        let mut bytes = vec![0; length];
        // SAFETY: as above; the length was checked against the slot, and `bytes` is as long.
        unsafe {
            let slot = self.base.as_ptr().add(place.slot(number) + LENGTH);
            std::ptr::copy_nonoverlapping(slot, bytes.as_mut_ptr(), length);
        }
        Some(bytes)
    }

    /// Bytes from `position` to the end of its ring.
    pub(super) fn room(ring: Ring, position: u64) -> usize {
        ring.bytes() - (position % ring.bytes() as u64) as usize
    }

    /// The address of `count` bytes at `position`, which must not wrap around.
    fn at(&self, ring: Ring, position: u64, count: usize) -> *mut u8 {
        let place = (position % ring.bytes() as u64) as usize;
        assert!(count <= ring.bytes() - place, "a range of a ring ends inside the ring");
        // SAFETY: checked just now against the ring, and the rings lie inside the mapping.
        unsafe { self.base.as_ptr().add(ring.start() + place) }
    }

    /// Makes `count` bytes zero.
    pub(super) fn zero(&self, ring: Ring, position: u64, count: usize) {
        let at = self.at(ring, position, count);
        // SAFETY: `at` checked the range; only this thread reaches this memory.
        unsafe { at.write_bytes(0, count) };
    }

    /// Reads from a descriptor straight into the ring.
    pub(super) fn read_into(
        &self,
        ring: Ring,
        position: u64,
        count: usize,
        from: impl AsFd,
    ) -> rustix::io::Result<usize> {
        let at = self.at(ring, position, count);
        // SAFETY: `at` checked the range; no other reference to it exists, and no other process that runs
        // with this service maps it (the descriptor is not handed out).
        let space = unsafe { std::slice::from_raw_parts_mut(at, count) };
        rustix::io::read(from, space)
    }

    /// Copies bytes out, around the end of the ring if need be; no more than the ring holds.
    pub(super) fn copy_out(&self, ring: Ring, position: u64, to: &mut [u8]) {
        let (first, second) = to.split_at_mut(to.len().min(Self::room(ring, position)));
        let behind = position + first.len() as u64;
        for (position, part) in [(position, first), (behind, second)] {
            let at = self.at(ring, position, part.len());
            // SAFETY: `at` checked the range, and `part` is memory of ours elsewhere.
            unsafe { std::ptr::copy_nonoverlapping(at, part.as_mut_ptr(), part.len()) };
        }
    }

    /// Copies bytes in, around the end of the ring if need be; no more than the ring holds.
    pub(super) fn copy_in(&self, ring: Ring, position: u64, from: &[u8]) {
        let (first, second) = from.split_at(from.len().min(Self::room(ring, position)));
        for (position, part) in [(position, first), (position + first.len() as u64, second)] {
            let at = self.at(ring, position, part.len());
            // SAFETY: `at` checked the range, and `part` is memory of ours elsewhere.
            unsafe { std::ptr::copy_nonoverlapping(part.as_ptr(), at, part.len()) };
        }
    }
}

impl Drop for StateMemory {
    fn drop(&mut self) {
        // SAFETY: the mapping made in `create`, which nobody reaches any more.
        let _: rustix::io::Result<()> =
            unsafe { rustix::mm::munmap(self.base.as_ptr().cast::<c_void>(), TOTAL) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_around_the_end_of_a_ring() {
        let memory = StateMemory::create().expect("memory");
        let position = HOST_RING as u64 * 3 - 4;
        memory.copy_in(Ring::Host, position, b"abcdefgh");
        let (mut end, mut start, mut whole) = ([0; 4], [0; 4], [0; 8]);
        memory.copy_out(Ring::Host, position, &mut end);
        memory.copy_out(Ring::Host, position + 4, &mut start);
        memory.copy_out(Ring::Host, position, &mut whole);
        assert_eq!(&whole, b"abcdefgh");
        assert_eq!((&end, &start), (b"abcd", b"efgh"));
        let mut other = [1; 4];
        memory.copy_out(Ring::Journal, 0, &mut other);
        assert_eq!(other, [0; 4], "the rings do not touch");
    }

    #[test]
    fn a_slot_holds_what_was_put_in_force_last() {
        let memory = StateMemory::create().expect("memory");
        assert_eq!(memory.committed(Place::Card), None);
        for text in ["one", "two", "", "three"] {
            assert!(memory.commit(Place::Card, text.as_bytes()));
            assert!(memory.commit(Place::Checkpoint, b"other"));
            assert_eq!(memory.committed(Place::Card).as_deref(), Some(text.as_bytes()));
        }
        assert!(!memory.commit(Place::Card, &vec![0; CARD]));
        assert_eq!(memory.committed(Place::Card).as_deref(), Some(&b"three"[..]));
        let again =
            StateMemory::open(memory.fd().try_clone_to_owned().expect("a descriptor")).expect("it is one");
        assert_eq!(again.committed(Place::Checkpoint).as_deref(), Some(&b"other"[..]));
    }

    #[test]
    fn other_memory_is_refused() {
        let memory =
            rustix::fs::memfd_create("x", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).expect("memory");
        assert!(matches!(StateMemory::open(memory), Err(MemoryError::Damaged(_))));
        let memory = StateMemory::create().expect("memory");
        let again = || memory.fd().try_clone_to_owned().expect("a descriptor");
        memory.store(Word::Layout, LAYOUT + 1);
        assert!(matches!(StateMemory::open(again()), Err(MemoryError::Layout(2))));
        memory.store(Word::Magic, 0);
        assert!(matches!(StateMemory::open(again()), Err(MemoryError::Damaged(_))));
    }

    #[test]
    #[should_panic(expected = "inside the ring")]
    fn a_range_across_the_end_is_refused() {
        let memory = StateMemory::create().expect("memory");
        memory.zero(Ring::Journal, JOURNAL_RING as u64 - 1, 2);
    }
}
