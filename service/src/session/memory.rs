//! The state memfd: the memory that must outlive the service. It is mapped here and nowhere else, and its
//! descriptor is never handed to a viewer, so that recovery can read what the last service wrote.
//!
//! ```text
//!  0           4 KiB          68 KiB     580 KiB           8.6 MiB                      136.6 MiB
//!  | header    | host events  | journal  | card   | card   | checkpoint  | checkpoint   |
//! ```
//!
//! Only what is touched takes memory. Layout 2, which the version before wrote, has the same shape; its checkpoints hold
//! an emulator of a form that the version before can read. Layout 1 has a smaller ring of host events; no release wrote it.
//!
//! One of the files with unsafe code: the mapping. Everything is bounds-checked, words are atomics, bytes are
//! copied in and out; the one call that lends memory gives it to the kernel for one `read`.
#![allow(unsafe_code)]

use super::journal::Position;
use crate::steps::step;
use crate::store::GENERATION;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FallocateFlags, MemfdFlags, SealFlags};
use rustix::mm::{Advice, MapFlags, ProtFlags};
use std::ffi::c_void;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// Begins the memory: says whose it is.
const MAGIC: u64 = u64::from_le_bytes(*b"SCARABST");
/// The layout that is written: the number of its shape.
const LAYOUT: u64 = GENERATION as u64;
/// Bytes of the header: one page.
const HEADER: usize = 4096;

/// The version of the emulators in this layout's checkpoints. An older service that knew the layout and not the emulator
/// would take it for damaged, and put an empty screen in its place.
const EMULATORS: u32 = if cfg!(feature = "previous") { 1 } else { 2 };
const _: () = assert!(
    EMULATORS == scarab_terminal::CHECKPOINT_VERSION,
    "emulators in another form are another layout: raise GENERATION too"
);

/// How large the parts are. They follow the header in this order.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    /// The ring of host events.
    host: usize,
    /// The ring of output. Half of it is what a recovery parses at most (a few milliseconds), and all of it stays in
    /// a processor's second cache.
    journal: usize,
    /// A card's slot: an environment and a command as large as they may be.
    card: usize,
    /// A checkpoint's slot: two screens of 2,000 by 1,000 cells take 32 MiB, full tables 14 MiB.
    checkpoint: usize,
}

impl Shape {
    const FIRST: Self = Self { host: 16 << 10, journal: 512 << 10, card: 4 << 20, checkpoint: 64 << 20 };
    /// Room for the answer to a program that asks for a clipboard of a long text; else every such answer takes a
    /// checkpoint of its own. 2,000 resizes between two checkpoints.
    const SECOND: Self = Self { host: 64 << 10, ..Self::FIRST };
}

/// By layout, from 1 on.
const SHAPES: [Shape; 3] = [Shape::FIRST, Shape::SECOND, Shape::SECOND];

impl Shape {
    /// That of a layout, if this version knows it.
    fn of(layout: u64) -> Option<&'static Self> {
        SHAPES.get(usize::try_from(layout.checked_sub(1)?).ok()?).filter(|_| layout <= LAYOUT)
    }

    const fn total(&self) -> usize {
        self.slot(Place::Checkpoint, 0) + 2 * self.checkpoint
    }

    const fn ring_start(&self, ring: Ring) -> usize {
        match ring {
            Ring::Host => HEADER,
            Ring::Journal => HEADER + self.host,
        }
    }

    const fn ring_bytes(&self, ring: Ring) -> usize {
        match ring {
            Ring::Host => self.host,
            Ring::Journal => self.journal,
        }
    }

    /// Bytes of a slot: a length, and that many.
    const fn slot_bytes(&self, place: Place) -> usize {
        match place {
            Place::Card => self.card,
            Place::Checkpoint => self.checkpoint,
        }
    }

    const fn slot(&self, place: Place, number: u64) -> usize {
        let first = match place {
            Place::Card => HEADER + self.host + self.journal,
            Place::Checkpoint => HEADER + self.host + self.journal + 2 * self.card,
        };
        first + (number & 1) as usize * self.slot_bytes(place)
    }
}

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

impl Word {
    /// Those that say how far something has come, and so mean the same in any layout.
    const COUNTS: [Self; 9] = [
        Self::Head,
        Self::Limit,
        Self::HostHead,
        Self::Told,
        Self::Replaying,
        Self::Reached,
        Self::Stuck,
        Self::Failures,
        Self::Panics,
    ];
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

/// The mapped memory.
#[derive(Debug)]
pub(super) struct StateMemory {
    base: NonNull<u8>,
    descriptor: OwnedFd,
    shape: &'static Shape,
}

// SAFETY: the mapping belongs to this value alone and is only reached through it.
unsafe impl Send for StateMemory {}

impl StateMemory {
    /// New memory, all zero but for its head; sealed against any change of its size.
    pub(super) fn create() -> io::Result<Self> {
        Self::with_layout(LAYOUT)
    }

    fn with_layout(layout: u64) -> io::Result<Self> {
        let shape = Shape::of(layout).ok_or(io::ErrorKind::InvalidInput)?;
        let descriptor =
            rustix::fs::memfd_create("scarab-state", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        rustix::fs::ftruncate(&descriptor, shape.total() as u64)?;
        rustix::fs::fcntl_add_seals(&descriptor, SEALS)?;
        let memory = Self::map(descriptor, shape)?;
        memory.store(Word::Layout, layout);
        memory.store(Word::Magic, MAGIC);
        Ok(memory)
    }

    /// The memory that an earlier service left, of this layout or one before.
    pub(super) fn open(descriptor: OwnedFd) -> Result<Self, MemoryError> {
        let seals = rustix::fs::fcntl_get_seals(&descriptor);
        if !seals.is_ok_and(|seals| seals.contains(SEALS)) {
            return Err(MemoryError::Damaged("its size is not sealed"));
        }
        // What it is comes first, whatever its size: a later layout has another.
        let mut head = [0; 2 * size_of::<u64>()];
        let read = rustix::io::pread(&descriptor, &mut head, 0)?;
        let [magic, layout] =
            [0, 8].map(|at| head[at..].first_chunk().copied().map_or(0, u64::from_ne_bytes));
        if read < head.len() || magic != MAGIC {
            return Err(MemoryError::Damaged("it does not begin as a session's"));
        }
        let Some(shape) = Shape::of(layout) else {
            // Not any number is that of a version to come.
            let known = (LAYOUT..LAYOUT + 1000).contains(&layout);
            return Err(if known {
                MemoryError::Layout(layout)
            } else {
                MemoryError::Damaged("its layout is none")
            });
        };
        if rustix::fs::fstat(&descriptor)?.st_size != shape.total() as i64 {
            return Err(MemoryError::Damaged("it has a wrong size"));
        }
        Ok(Self::map(descriptor, shape)?)
    }

    /// Whether it has the layout that this version makes.
    pub(super) fn is_of_this_version(&self) -> bool {
        self.word(Word::Layout) == LAYOUT
    }

    /// Takes on this version's layout where it is, if that has the same shape. What is in force is read in either; an
    /// older service knows from here on that it cannot read what follows.
    pub(super) fn take_this_layout(&self) -> bool {
        let same = Shape::of(LAYOUT) == Some(self.shape);
        if same {
            self.store(Word::Layout, LAYOUT);
        }
        same
    }

    /// The same memory in this version's layout: what came after `from`, where the checkpoint in force stands, and all
    /// that is in force.
    pub(super) fn in_this_layout(&self, from: Position) -> io::Result<Self> {
        let new = Self::create()?;
        for word in Word::COUNTS {
            new.store(word, self.word(word));
        }
        // As far as a resumption believes the limit.
        let ring = from.output.saturating_add(self.ring_bytes(Ring::Journal) as u64);
        let read_until = self.word(Word::Head).max(self.word(Word::Limit).min(ring));
        let rings =
            [(Ring::Host, from.host, self.word(Word::HostHead)), (Ring::Journal, from.output, read_until)];
        for (ring, from, to) in rings {
            // More than the ring holds is none of ours: whoever goes on with this finds the same numbers.
            if let Some(count) = to
                .checked_sub(from)
                .filter(|count| *count <= self.ring_bytes(ring) as u64 && to < u64::MAX / 2)
            {
                let mut bytes = vec![0; count as usize];
                self.copy_out(ring, from, &mut bytes);
                new.copy_in(ring, from, &bytes);
            }
        }
        for place in [Place::Card, Place::Checkpoint] {
            if let Some(bytes) = self.committed(place) {
                new.commit(place, &bytes);
            }
        }
        Ok(new)
    }

    fn map(descriptor: OwnedFd, shape: &'static Shape) -> io::Result<Self> {
        // SAFETY: a new mapping at an address that the kernel chooses; sealed, so it cannot be cut short.
        let base = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                shape.total(),
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                descriptor.as_fd(),
                0,
            )?
        };
        let base = NonNull::new(base.cast::<u8>()).ok_or(io::ErrorKind::OutOfMemory)?;
        let memory = Self { base, descriptor, shape };
        // A core dump must hold nobody's screen. SAFETY: the range is the mapping just made.
        unsafe {
            rustix::mm::madvise(memory.base.as_ptr().cast::<c_void>(), shape.total(), Advice::LinuxDontDump)?;
        }
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
        if bytes.len() > self.shape.slot_bytes(place) - LENGTH {
            return false;
        }
        let number = self.word(place.word()).wrapping_add(1).max(1);
        let length = (bytes.len() as u64).to_ne_bytes();
        // SAFETY: both ranges lie in the slot, as was checked just now, and the slot in the mapping; the sources
        // are memory of ours elsewhere.
        unsafe {
            let slot = self.base.as_ptr().add(self.shape.slot(place, number));
            std::ptr::copy_nonoverlapping(length.as_ptr(), slot, LENGTH);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), slot.add(LENGTH), bytes.len());
        }
        step("slot");
        self.store(place.word(), number);
        step("commit");
        true
    }

    /// Gives back the pages of everything that is not in force, the rings included: for when nothing in these is
    /// needed. They read as zero from then on, which is what a recovery takes for bytes that never came.
    pub(super) fn release(&self) {
        let slots = [Place::Card, Place::Checkpoint].map(|place| {
            let other = self.word(place.word()).wrapping_add(1);
            (self.shape.slot(place, other), self.shape.slot_bytes(place))
        });
        let rings = [Ring::Host, Ring::Journal]
            .map(|ring| (self.shape.ring_start(ring), self.shape.ring_bytes(ring)));
        for (start, bytes) in slots.into_iter().chain(rings) {
            let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            // Where holes cannot be punched the memory stays, within its bound.
            let _: rustix::io::Result<()> =
                rustix::fs::fallocate(&self.descriptor, hole, start as u64, bytes as u64);
        }
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
            let slot = self.base.as_ptr().add(self.shape.slot(place, number));
            std::ptr::copy_nonoverlapping(slot, length.as_mut_ptr(), LENGTH);
        }
        let length = usize::try_from(u64::from_ne_bytes(length)).ok()?;
        if length > self.shape.slot_bytes(place) - LENGTH {
            return None;
        }
        let mut bytes = vec![0; length];
        // SAFETY: as above; the length was checked against the slot, and `bytes` is as long.
        unsafe {
            let slot = self.base.as_ptr().add(self.shape.slot(place, number) + LENGTH);
            std::ptr::copy_nonoverlapping(slot, bytes.as_mut_ptr(), length);
        }
        Some(bytes)
    }

    /// Bytes that a ring holds.
    pub(super) fn ring_bytes(&self, ring: Ring) -> usize {
        self.shape.ring_bytes(ring)
    }

    /// Bytes from `position` to the end of its ring.
    pub(super) fn room(&self, ring: Ring, position: u64) -> usize {
        let bytes = self.ring_bytes(ring);
        bytes - (position % bytes as u64) as usize
    }

    /// The address of `count` bytes at `position`, which must not wrap around.
    fn at(&self, ring: Ring, position: u64, count: usize) -> *mut u8 {
        let bytes = self.ring_bytes(ring);
        let place = (position % bytes as u64) as usize;
        assert!(count <= bytes - place, "a range of a ring ends inside the ring");
        // SAFETY: checked just now against the ring, and the rings lie inside the mapping.
        unsafe { self.base.as_ptr().add(self.shape.ring_start(ring) + place) }
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
        let (first, second) = to.split_at_mut(to.len().min(self.room(ring, position)));
        let behind = position + first.len() as u64;
        for (position, part) in [(position, first), (behind, second)] {
            let at = self.at(ring, position, part.len());
            // SAFETY: `at` checked the range, and `part` is memory of ours elsewhere.
            unsafe { std::ptr::copy_nonoverlapping(at, part.as_mut_ptr(), part.len()) };
        }
    }

    /// Copies bytes in, around the end of the ring if need be; no more than the ring holds.
    pub(super) fn copy_in(&self, ring: Ring, position: u64, from: &[u8]) {
        let (first, second) = from.split_at(from.len().min(self.room(ring, position)));
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
            unsafe { rustix::mm::munmap(self.base.as_ptr().cast::<c_void>(), self.shape.total()) };
    }
}

#[cfg(test)]
mod tests;
