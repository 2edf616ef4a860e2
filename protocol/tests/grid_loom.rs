//! The orderings of `grid::order` under a model checker, which tries every interleaving and every value
//! that the memory model allows a load to return. Runs only so:
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" cargo test -p scarab-protocol --release --test grid_loom
//! ```
//!
//! Each model has a twin that leaves out one step and must fail: otherwise the model would prove nothing.
#![cfg(loom)]

use std::sync::atomic::Ordering::{self, Relaxed};

use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::thread;
use scarab_protocol::grid::order::{self, Next};

/// A word of the model checker.
struct Word(AtomicU64);

impl order::Word for Word {
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
        loom::sync::atomic::fence(ordering);
    }
}

fn word() -> Word {
    Word(AtomicU64::new(0))
}

fn get(word: &Word) -> u64 {
    word.0.load(Relaxed)
}

fn set(word: &Word, value: u64) {
    word.0.store(value, Relaxed);
}

/// Two buffers of two words, each filled with its generation's number.
struct View {
    generation: Word,
    dirty: Word,
    buffers: [[Word; 2]; 2],
}

/// A writer of three frames against a reader; `accept` says which copies the reader takes for whole.
fn frames(accept: fn(&Word, u64) -> bool) {
    loom::model(move || {
        let view = Arc::new(View {
            generation: word(),
            dirty: word(),
            buffers: [[word(), word()], [word(), word()]],
        });
        let writer = Arc::clone(&view);
        let thread = thread::spawn(move || {
            for published in 0..3 {
                let next = order::start_frame::<Word>(published);
                for word in &writer.buffers[(next & 1) as usize] {
                    set(word, next);
                }
                order::publish(&writer.generation, &writer.dirty, next);
            }
        });
        let seen = order::current(&view.generation);
        let copy = view.buffers[(seen & 1) as usize].each_ref().map(get);
        if accept(&view.generation, seen) {
            assert_eq!(copy, [seen, seen], "half a frame");
        }
        thread.join().unwrap();
    });
}

#[test]
fn no_reader_takes_half_a_frame() {
    frames(order::still_current);
}

#[test]
#[should_panic(expected = "half a frame")]
fn a_reader_that_accepts_the_next_generation_is_caught() {
    frames(|generation, seen| order::still_current(generation, seen) || get(generation) == seen + 1);
}

#[test]
#[should_panic(expected = "half a frame")]
fn a_reader_without_its_fence_is_caught() {
    frames(|generation, seen| get(generation) == seen);
}

/// A service with damage against a viewer that arms its bell. However they meet, the viewer sees the
/// damage, or is rung for it, or asks for it.
fn bell(look_again: bool) {
    struct Both {
        armed: Word,
        generation: Word,
        dirty: Word,
    }
    loom::model(move || {
        let both = Arc::new(Both { armed: word(), generation: word(), dirty: word() });
        let service = Arc::clone(&both);
        let thread = thread::spawn(move || {
            let publish = || {
                order::publish(&service.generation, &service.dirty, 1);
                order::disarm(&service.armed)
            };
            if order::is_armed(&service.armed) {
                return publish();
            }
            order::leave_dirty(&service.dirty);
            if look_again && order::is_armed(&service.armed) {
                return publish();
            }
            false
        });
        let next = order::arm(&both.armed, &both.generation, &both.dirty, 0);
        let rung = thread.join().unwrap();
        assert!(next != Next::Wait || rung, "a viewer waits for damage that nobody will tell it of");
    });
}

#[test]
fn no_damage_is_forgotten() {
    bell(true);
}

#[test]
#[should_panic(expected = "nobody will tell")]
fn a_service_that_does_not_look_again_is_caught() {
    bell(false);
}

/// A frame published while the viewer, having read the one before, arms.
#[test]
fn no_frame_is_missed() {
    loom::model(|| {
        let (armed, generation, dirty) = (Arc::new(word()), Arc::new(word()), Arc::new(word()));
        let (their_armed, their_generation, their_dirty) =
            (Arc::clone(&armed), Arc::clone(&generation), Arc::clone(&dirty));
        let thread = thread::spawn(move || {
            order::publish(&*their_generation, &*their_dirty, 1);
            order::disarm(&*their_armed)
        });
        let next = order::arm(&*armed, &*generation, &*dirty, 0);
        assert!(next == Next::Read || thread.join().unwrap(), "neither seen nor rung");
    });
}

/// One word of the ring, overwritten by the next lap; or, with `rewrite`, by what came after a return.
fn history(rewrite: bool, retire: fn(&Word, u64)) {
    struct Ring {
        oldest: Word,
        rewrites: Word,
        record: [Word; 2],
    }
    loom::model(move || {
        let ring = Arc::new(Ring { oldest: word(), rewrites: word(), record: [word(), word()] });
        let writer = Arc::clone(&ring);
        let thread = thread::spawn(move || {
            retire(if rewrite { &writer.rewrites } else { &writer.oldest }, 1);
            for word in &writer.record {
                set(word, 7);
            }
        });
        let copy = ring.record.each_ref().map(get);
        if order::still_there(&ring.oldest, 0, &ring.rewrites, 0) {
            assert_eq!(copy, [0, 0], "another lap");
        }
        thread.join().unwrap();
    });
}

#[test]
fn no_reader_takes_a_record_of_another_lap() {
    history(false, order::retire);
    history(true, order::retire);
}

#[test]
#[should_panic(expected = "another lap")]
fn a_writer_that_retires_without_its_fence_is_caught() {
    history(false, set);
}

/// The entry of a chunk: an offset and the line that belongs to it.
#[test]
fn an_entry_of_the_chunk_table_is_whole() {
    loom::model(|| {
        let entry = Arc::new([word(), word()]);
        let theirs = Arc::clone(&entry);
        let thread = thread::spawn(move || {
            let [offset, line] = &*theirs;
            order::retire(offset, u64::MAX);
            set(line, 5);
            order::commit(offset, 5);
        });
        let [offset, line] = &*entry;
        let seen = order::current(offset);
        let copy = get(line);
        if order::still_current(offset, seen) && seen != u64::MAX {
            assert_eq!(copy, seen);
        }
        thread.join().unwrap();
    });
}
