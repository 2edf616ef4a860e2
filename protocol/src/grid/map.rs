#![allow(unsafe_code)]
//! Sealed shared memory and the only unsafe code over it.
//!
//! Everything is loads and stores of whole words through an index that is checked here; no reference
//! into the memory is ever lent, because another process may write it at any moment.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{FallocateFlags, MemfdFlags, Mode, OFlags, SealFlags};
use rustix::mm::{Advice, MapFlags, ProtFlags};

use super::GridError;
use super::layout::WORD;
use super::order::Word;

/// What keeps the memory under a map from shrinking away (SIGBUS) or the seals from changing.
const SEALS: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::SEAL);

/// Sealed shared memory that is read.
///
/// Invariant, kept by [`Map::of`]: `words` points to `len` words of a shared mapping that lives as long
/// as this value, of a memfd that can neither shrink nor lose its seals.
#[derive(Debug)]
pub(crate) struct Map {
    words: NonNull<AtomicU64>,
    len: usize,
    memory: OwnedFd,
}

// SAFETY: the mapping belongs to the process, not to a thread, and is only accessed through atomics.
unsafe impl Send for Map {}
// SAFETY: as above; shared access is what atomics are for.
unsafe impl Sync for Map {}

/// Sealed shared memory that is written too.
///
/// Invariant, kept by the constructors: the mapping is writable.
#[derive(Debug)]
pub(crate) struct MapMut(Map);

impl std::ops::Deref for MapMut {
    type Target = Map;

    fn deref(&self) -> &Map {
        &self.0
    }
}

impl Map {
    /// Maps `memory` for reading, once its seals and its size are known to hold: at least `least` bytes,
    /// at most `most`, whole words.
    pub(crate) fn open(memory: OwnedFd, least: u64, most: u64) -> Result<Self, GridError> {
        check(&memory, least, most)?;
        Ok(Self::of(memory, ProtFlags::READ)?)
    }

    fn of(memory: OwnedFd, protection: ProtFlags) -> io::Result<Self> {
        let bytes = usize::try_from(rustix::fs::fstat(&memory)?.st_size).map_err(io::Error::other)?;
        // SAFETY: a new mapping at an address of the kernel's choice touches no memory of ours.
        let start = unsafe {
            rustix::mm::mmap(std::ptr::null_mut(), bytes, protection, MapFlags::SHARED, &memory, 0)?
        };
        let words = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mapped at address 0"))?;
        let map = Self { words, len: bytes / WORD, memory };
        // A core dump would allocate every hole and store people's screens.
        // SAFETY: the range is exactly the mapping made above; this advice changes no contents.
        unsafe { rustix::mm::madvise(start, bytes, Advice::LinuxDontDump)? };
        Ok(map)
    }

    /// Bytes of the whole map.
    pub(crate) fn bytes(&self) -> u64 {
        (self.len * WORD) as u64
    }

    /// The word at a byte offset. Private: a reference never leaves this file.
    fn at(&self, offset: usize) -> &AtomicU64 {
        assert!(
            offset.is_multiple_of(WORD) && offset / WORD < self.len,
            "offset {offset} of {}",
            self.len * WORD
        );
        // SAFETY: inside the mapping by the check above; aligned, since a mapping starts on a page.
        unsafe { self.words.add(offset / WORD).as_ref() }
    }

    /// `count` words from a byte offset. Private, as above.
    fn range(&self, offset: usize, count: usize) -> &[AtomicU64] {
        let fits = (offset / WORD).checked_add(count).is_some_and(|end| end <= self.len);
        assert!(offset.is_multiple_of(WORD) && fits, "{count} words at {offset} of {}", self.len * WORD);
        // SAFETY: inside the mapping by the check above; atomics may be shared with other processes.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr().add(offset / WORD), count) }
    }

    /// One word, relaxed.
    pub(crate) fn get(&self, offset: usize) -> u64 {
        self.at(offset).load(Ordering::Relaxed)
    }

    /// Appends `count` words to `into`, relaxed.
    pub(crate) fn copy_into(&self, offset: usize, count: usize, into: &mut Vec<u64>) {
        into.extend(self.range(offset, count).iter().map(|word| word.load(Ordering::Relaxed)));
    }

    /// Fills `into`, whole words of bytes, relaxed.
    pub(crate) fn copy_bytes(&self, offset: usize, into: &mut [u8]) {
        let range = self.range(offset, into.len() / WORD);
        for (copy, word) in into.as_chunks_mut::<WORD>().0.iter_mut().zip(range) {
            *copy = word.load(Ordering::Relaxed).to_ne_bytes();
        }
    }

    /// A word to be used with the orderings of `order`; on a map that is only read, it may only be loaded.
    pub(crate) fn word(&self, offset: usize) -> SharedWord<'_> {
        SharedWord(self.at(offset))
    }
}

impl MapMut {
    /// New memory of `bytes`, all zero and not yet allocated, sealed and mapped.
    pub(crate) fn create(name: &str, bytes: u64) -> io::Result<Self> {
        let memory = rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        rustix::fs::ftruncate(&memory, bytes)?;
        rustix::fs::fcntl_add_seals(&memory, SEALS)?;
        Ok(Self(Map::of(memory, ProtFlags::READ | ProtFlags::WRITE)?))
    }

    /// Maps `memory` for reading and writing; see [`Map::open`].
    pub(crate) fn open(memory: OwnedFd, least: u64, most: u64) -> Result<Self, GridError> {
        check(&memory, least, most)?;
        Ok(Self(Map::of(memory, ProtFlags::READ | ProtFlags::WRITE)?))
    }

    /// Stores one word, relaxed.
    pub(crate) fn set(&self, offset: usize, value: u64) {
        self.at(offset).store(value, Ordering::Relaxed);
    }

    /// Stores words from a byte offset on, relaxed.
    pub(crate) fn copy_from(&self, offset: usize, words: &[u64]) {
        for (word, value) in self.range(offset, words.len()).iter().zip(words) {
            word.store(*value, Ordering::Relaxed);
        }
    }

    /// Stores exactly `count` words from a byte offset on, relaxed: those that come, then `rest`.
    pub(crate) fn fill_from(&self, offset: usize, count: usize, words: impl Iterator<Item = u64>, rest: u64) {
        let range = self.range(offset, count);
        let mut done = 0;
        for (word, value) in range.iter().zip(words) {
            word.store(value, Ordering::Relaxed);
            done += 1;
        }
        for word in &range[done..] {
            word.store(rest, Ordering::Relaxed);
        }
    }

    /// Gives whole pages back to the kernel; they read as zero afterwards.
    pub(crate) fn punch(&self, offset: u64, bytes: u64) -> io::Result<()> {
        if bytes > 0 {
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            rustix::fs::fallocate(&self.memory, flags, offset, bytes)?;
        }
        Ok(())
    }

    /// A descriptor of the same memory that cannot be mapped for writing.
    pub(crate) fn read_only(&self) -> io::Result<OwnedFd> {
        use std::os::fd::AsRawFd;
        let path = format!("/proc/self/fd/{}", self.memory.as_raw_fd());
        Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
    }
}

impl AsFd for MapMut {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: exactly the mapping that this value was made with; nothing borrowed from it outlives it.
        // It cannot fail for a whole mapping, and nothing could be done if it did.
        let _ = unsafe { rustix::mm::munmap(self.words.as_ptr().cast(), self.len * WORD) };
    }
}

/// Refuses memory that could shrink under a map or that has another size than it should.
fn check(memory: &OwnedFd, least: u64, most: u64) -> Result<(), GridError> {
    // Anything but a memfd has no seals to ask for (EINVAL).
    let seals = rustix::fs::fcntl_get_seals(memory).map_err(|_| GridError::NotSealed)?;
    if !seals.contains(SEALS) {
        return Err(GridError::NotSealed);
    }
    let size = u64::try_from(rustix::fs::fstat(memory).map_err(io::Error::from)?.st_size).unwrap_or(0);
    if size < least || size > most || !size.is_multiple_of(WORD as u64) {
        return Err(GridError::Size(size));
    }
    Ok(())
}

/// A word of the mapping, for `order`.
pub(crate) struct SharedWord<'a>(&'a AtomicU64);

impl Word for SharedWord<'_> {
    fn load(&self, ordering: Ordering) -> u64 {
        self.0.load(ordering)
    }

    fn store(&self, value: u64, ordering: Ordering) {
        self.0.store(value, ordering);
    }

    fn swap(&self, value: u64, ordering: Ordering) -> u64 {
        self.0.swap(value, ordering)
    }

    fn fence(ordering: Ordering) {
        std::sync::atomic::fence(ordering);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_map_stores_the_other_loads() {
        let map = MapMut::create("scarab-test", 4096).unwrap();
        let reader = Map::open(map.read_only().unwrap(), 4096, 4096).unwrap();
        map.copy_from(16, &[1, 2, 3]);
        map.fill_from(32, 3, [7].into_iter(), 9);
        let mut words = Vec::new();
        reader.copy_into(8, 6, &mut words);
        assert_eq!(words, [0, 1, 2, 7, 9, 9]);
        let mut bytes = [0; 24];
        reader.copy_bytes(16, &mut bytes);
        assert_eq!(bytes, [1u64, 2, 7].map(u64::to_ne_bytes).concat()[..]);
        assert_eq!(reader.bytes(), 4096);
    }

    #[test]
    fn memory_that_could_shrink_is_refused() {
        let memfd = rustix::fs::memfd_create("x", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        rustix::fs::ftruncate(&memfd, 4096).unwrap();
        rustix::fs::fcntl_add_seals(&memfd, SealFlags::SHRINK).unwrap();
        assert!(matches!(Map::open(memfd, 4096, 4096), Err(GridError::NotSealed)));
        let file = std::fs::File::open("/proc/self/exe").unwrap();
        assert!(matches!(Map::open(file.into(), 1, u64::MAX), Err(GridError::NotSealed)));
    }

    #[test]
    fn another_size_is_refused() {
        let map = MapMut::create("scarab-test", 4096).unwrap();
        assert!(matches!(Map::open(map.read_only().unwrap(), 8192, 8192), Err(GridError::Size(4096))));
        assert!(matches!(Map::open(map.read_only().unwrap(), 8, 8), Err(GridError::Size(4096))));
    }

    #[test]
    fn a_read_only_descriptor_does_not_map_for_writing() {
        let map = MapMut::create("scarab-test", 4096).unwrap();
        assert!(MapMut::open(map.read_only().unwrap(), 4096, 4096).is_err());
    }

    #[test]
    #[should_panic(expected = "1 words at 4096 of 4096")]
    fn the_end_is_checked() {
        MapMut::create("scarab-test", 4096).unwrap().copy_from(4096, &[1]);
    }
}
