//! The memory orderings, as code and nowhere else: who stores what before what, and who pairs with whom.
//!
//! Generic over [`Word`], so that the same lines that run over the mapped memory run under a model
//! checker (`tests/grid_loom.rs`). A reader written in another language follows this file.
//!
//! The protocols, with `->` for "is seen by":
//!
//! - **Frames**, two buffers. The writer, having published g, passes [`start_frame`] and overwrites the
//!   buffer of g-1 for g+1. A reader takes g with [`current`], copies that buffer, and asks
//!   [`still_current`]: it is valid only if g is *equal*. (g+1 already means that g's own buffer may be
//!   in work for g+2.)
//! - **The bell.** Viewer: arm, fence, look. Service: publish or store dirty, fence, look at the arms.
//!   One of the two always sees the other.
//! - **History.** The writer raises `oldest` past what it will overwrite with [`retire`], or counts a
//!   rewrite, before it stores a byte there; a reader copies and then asks [`still_there`].

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::atomic::{Ordering::Acquire, Ordering::Relaxed, Ordering::Release, Ordering::SeqCst};

/// A shared word. Implemented over the mapping, over `AtomicU64`, and by the model checker's word.
pub trait Word {
    /// Atomic load.
    fn load(&self, ordering: Ordering) -> u64;
    /// Atomic store.
    fn store(&self, value: u64, ordering: Ordering);
    /// Atomic exchange.
    fn swap(&self, value: u64, ordering: Ordering) -> u64;
    /// The fence that belongs to this kind of word.
    fn fence(ordering: Ordering);
}

impl Word for AtomicU64 {
    fn load(&self, ordering: Ordering) -> u64 {
        Self::load(self, ordering)
    }

    fn store(&self, value: u64, ordering: Ordering) {
        Self::store(self, value, ordering);
    }

    fn swap(&self, value: u64, ordering: Ordering) -> u64 {
        Self::swap(self, value, ordering)
    }

    fn fence(ordering: Ordering) {
        std::sync::atomic::fence(ordering);
    }
}

/// Writer: the frame after `published` begins, and its buffer may be overwritten from here on.
///
/// The release fence stands between the store of the generation and the first store into the buffer: a
/// reader that saw one of those stores sees that generation too, in [`still_current`].
pub fn start_frame<W: Word>(published: u64) -> u64 {
    W::fence(Release);
    published.wrapping_add(1)
}

/// Writer: the buffer of `next` is complete; make it the current one.
///
/// The release store pairs with the acquire load in [`current`]. Nothing is unpublished now, so `dirty`
/// goes; the fence at the end is the writer's half of the bell: it pairs with the one in [`arm`], so that
/// the arms are looked at afterwards.
pub fn publish<W: Word>(generation: &W, dirty: &W, next: u64) {
    dirty.store(0, Relaxed);
    generation.store(next, Release);
    W::fence(SeqCst);
}

/// Reader: the current generation, and with it everything its buffer held.
pub fn current<W: Word>(generation: &W) -> u64 {
    generation.load(Acquire)
}

/// Reader, after the copy: true if the copy is of one piece.
///
/// The acquire fence pairs with the release fence in [`start_frame`].
pub fn still_current<W: Word>(generation: &W, seen: u64) -> bool {
    W::fence(Acquire);
    generation.load(Relaxed) == seen
}

/// Service: there is damage, and nobody was armed. After this the arms must be looked at once more.
///
/// The fence pairs with the one in [`arm`].
pub fn leave_dirty<W: Word>(dirty: &W) {
    dirty.store(1, Relaxed);
    W::fence(SeqCst);
}

/// Service: true if this viewer is armed.
pub fn is_armed<W: Word>(armed: &W) -> bool {
    armed.load(Relaxed) != 0
}

/// Service: take the arm down; true if the bell must be rung. A viewer is rung once an arming.
pub fn disarm<W: Word>(armed: &W) -> bool {
    is_armed(armed) && armed.swap(0, Relaxed) != 0
}

/// What a viewer that has just armed its bell does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A newer frame is there already: read it.
    Read,
    /// The service holds damage back because it saw nobody armed: ask for it, then wait.
    Ask,
    /// Nothing is new: wait for the bell.
    Wait,
}

/// Viewer: arm the bell, then look whether anything came before that.
pub fn arm<W: Word>(armed: &W, generation: &W, dirty: &W, seen: u64) -> Next {
    armed.store(1, Relaxed);
    W::fence(SeqCst);
    if generation.load(Acquire) != seen {
        Next::Read
    } else if dirty.load(Relaxed) != 0 {
        Next::Ask
    } else {
        Next::Wait
    }
}

/// Writer of history: everything before `to` is given up; it may be overwritten from here on.
///
/// Also used with the count of rewrites, before bytes that were committed once are overwritten.
pub fn retire<W: Word>(word: &W, to: u64) {
    word.store(to, Relaxed);
    W::fence(Release);
}

/// Writer of history: what was stored before is complete up to `to`. Pairs with [`current`], or with the
/// acquire load of the generation of a frame that names it.
pub fn commit<W: Word>(word: &W, to: u64) {
    word.store(to, Release);
}

/// Reader of history, after the copy: true if what stood at `offset` was there all the time.
pub fn still_there<W: Word>(oldest: &W, offset: u64, rewrites: &W, seen: u64) -> bool {
    W::fence(Acquire);
    oldest.load(Relaxed) <= offset && rewrites.load(Relaxed) == seen
}
