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

use rustix::fd::{AsFd, OwnedFd};
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
const TOTAL: usize = HEADER + HOST_RING + JOURNAL_RING;

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
    /// The journal is needed from here on: the position of the checkpoint.
    Tail = 4,
    /// Bytes of host events since the session began.
    HostHead = 5,
    /// Host events are needed from here on.
    HostTail = 6,
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
    /// Kept for systemd's descriptor store, which holds the memory while no service runs.
    _descriptor: OwnedFd,
}

// SAFETY: the mapping belongs to this value alone and is only reached through it.
unsafe impl Send for StateMemory {}

impl StateMemory {
    /// New memory, all zero but for its head; sealed against any change of its size.
    pub(super) fn create() -> io::Result<Self> {
        let descriptor =
            rustix::fs::memfd_create("scarab-state", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        rustix::fs::ftruncate(&descriptor, TOTAL as u64)?;
        rustix::fs::fcntl_add_seals(&descriptor, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
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
        let memory = Self { base, _descriptor: descriptor };
        // A core dump must hold nobody's screen. SAFETY: the range is the mapping just made.
        unsafe { rustix::mm::madvise(memory.base.as_ptr().cast::<c_void>(), TOTAL, Advice::LinuxDontDump)? };
        memory.store(Word::Layout, LAYOUT);
        memory.store(Word::Magic, MAGIC);
        Ok(memory)
    }

    /// Stores a word; everything stored before it stands before it.
    pub(super) fn store(&self, word: Word, value: u64) {
        // SAFETY: the header is inside the mapping, aligned to a page, and every access to it is atomic.
        let word = unsafe { AtomicU64::from_ptr(self.base.as_ptr().cast::<u64>().add(word as usize)) };
        // A killed process loses no store, whatever its order; Release keeps the compiler from moving it.
        word.store(value, Ordering::Release);
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

    /// Copies bytes out.
    pub(super) fn copy_out(&self, ring: Ring, position: u64, to: &mut [u8]) {
        let at = self.at(ring, position, to.len());
        // SAFETY: `at` checked the range, and `to` is memory of ours elsewhere.
        unsafe { std::ptr::copy_nonoverlapping(at, to.as_mut_ptr(), to.len()) };
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
        let (mut end, mut start) = ([0; 4], [0; 4]);
        memory.copy_out(Ring::Host, position, &mut end);
        memory.copy_out(Ring::Host, position + 4, &mut start);
        assert_eq!((&end, &start), (b"abcd", b"efgh"));
        let mut other = [1; 4];
        memory.copy_out(Ring::Journal, 0, &mut other);
        assert_eq!(other, [0; 4], "the rings do not touch");
    }

    #[test]
    #[should_panic(expected = "inside the ring")]
    fn a_range_across_the_end_is_refused() {
        let memory = StateMemory::create().expect("memory");
        memory.zero(Ring::Journal, JOURNAL_RING as u64 - 1, 2);
    }
}
