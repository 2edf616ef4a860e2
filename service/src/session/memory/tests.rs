use super::*;

#[test]
fn bytes_go_around_the_end_of_a_ring() {
    let memory = StateMemory::create().expect("memory");
    let position = memory.ring_bytes(Ring::Host) as u64 * 3 - 4;
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
    assert!(!memory.commit(Place::Card, &vec![0; memory.shape.card]));
    assert_eq!(memory.committed(Place::Card).as_deref(), Some(&b"three"[..]));
    let again =
        StateMemory::open(memory.fd().try_clone_to_owned().expect("a descriptor")).expect("it is one");
    assert_eq!(again.committed(Place::Checkpoint).as_deref(), Some(&b"other"[..]));
}

#[test]
fn layouts_before_are_read_and_say_the_same_in_this_one() {
    (1..LAYOUT).for_each(is_read_and_says_the_same);
}

fn is_read_and_says_the_same(layout: u64) {
    let old = StateMemory::with_layout(layout).expect("memory");
    let [host, output] = [Ring::Host, Ring::Journal].map(|ring| old.ring_bytes(ring) as u64 * 3 - 2);
    old.copy_in(Ring::Host, host, b"resized");
    old.copy_in(Ring::Journal, output, b"output");
    old.store(Word::HostHead, host + 7);
    old.store(Word::Head, output + 3);
    old.store(Word::Limit, output + 6);
    old.store(Word::Panics, 2);
    assert!(old.commit(Place::Card, b"card") && old.commit(Place::Checkpoint, b"checkpoint"));
    let old = StateMemory::open(old.fd().try_clone_to_owned().expect("a descriptor")).expect("it is read");
    let new = old.in_this_layout(Position { output, host }).expect("memory");
    let new = StateMemory::open(new.fd().try_clone_to_owned().expect("a descriptor")).expect("it is read");
    assert!(new.is_of_this_version());
    let (mut events, mut bytes) = ([0; 7], [0; 6]);
    new.copy_out(Ring::Host, host, &mut events);
    new.copy_out(Ring::Journal, output, &mut bytes);
    assert_eq!((&events, &bytes), (b"resized", b"output"));
    assert_eq!(new.word(Word::Limit), output + 6);
    assert_eq!(new.word(Word::Panics), 2);
    assert_eq!(new.committed(Place::Card).as_deref(), Some(&b"card"[..]));
    assert_eq!(new.committed(Place::Checkpoint).as_deref(), Some(&b"checkpoint"[..]));
    // A limit that cannot be costs nothing.
    old.store(Word::Limit, u64::MAX);
    let new = old.in_this_layout(Position { output, host }).expect("memory");
    new.copy_out(Ring::Journal, output, &mut bytes);
    assert_eq!(&bytes, b"output");
    // Positions that cannot be.
    for position in [0, u64::MAX] {
        assert!(old.in_this_layout(Position { output: position, host: position }).is_ok());
    }
}

#[test]
fn a_layout_of_the_same_shape_is_taken_on_in_place() {
    for layout in 1..LAYOUT {
        let old = StateMemory::with_layout(layout).expect("memory");
        assert!(old.commit(Place::Checkpoint, b"checkpoint"));
        let same = Shape::of(layout) == Shape::of(LAYOUT);
        assert_eq!((old.take_this_layout(), old.is_of_this_version()), (same, same), "{layout}");
        let again = StateMemory::open(old.fd().try_clone_to_owned().expect("a descriptor"));
        let again = again.expect("it is read");
        assert_eq!(again.committed(Place::Checkpoint).as_deref(), Some(&b"checkpoint"[..]));
    }
}

#[test]
fn what_is_released_reads_as_zero_and_what_is_in_force_stays() {
    let memory = StateMemory::create().expect("memory");
    for text in [&b"old"[..], b"in force"] {
        assert!(memory.commit(Place::Card, text) && memory.commit(Place::Checkpoint, text));
    }
    let full = [7; 4096];
    for ring in [Ring::Host, Ring::Journal] {
        (0..memory.ring_bytes(ring) as u64).step_by(4096).for_each(|at| memory.copy_in(ring, at, &full));
    }
    memory.store(Word::Head, 99);
    let blocks = || rustix::fs::fstat(memory.fd()).expect("it is there").st_blocks;
    assert!(blocks() * 512 >= (576 << 10));
    memory.release();
    // The head, a card, a checkpoint.
    assert!(blocks() * 512 <= 3 * 4096, "{} blocks", blocks());
    assert_eq!(memory.word(Word::Head), 99);
    for place in [Place::Card, Place::Checkpoint] {
        assert_eq!(memory.committed(place).as_deref(), Some(&b"in force"[..]));
    }
    let mut bytes = [1; 16];
    memory.copy_out(Ring::Journal, memory.ring_bytes(Ring::Journal) as u64 - 8, &mut bytes);
    assert_eq!(bytes, [0; 16]);
}

#[test]
fn other_memory_is_refused() {
    let memory =
        rustix::fs::memfd_create("x", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).expect("memory");
    assert!(matches!(StateMemory::open(memory), Err(MemoryError::Damaged(_))));
    let memory = StateMemory::create().expect("memory");
    let again = || memory.fd().try_clone_to_owned().expect("a descriptor");
    memory.store(Word::Layout, LAYOUT + 1);
    assert!(matches!(StateMemory::open(again()), Err(MemoryError::Layout(layout)) if layout == LAYOUT + 1));
    memory.store(Word::Magic, 0);
    assert!(matches!(StateMemory::open(again()), Err(MemoryError::Damaged(_))));
}

#[test]
#[should_panic(expected = "inside the ring")]
fn a_range_across_the_end_is_refused() {
    let memory = StateMemory::create().expect("memory");
    memory.zero(Ring::Journal, memory.ring_bytes(Ring::Journal) as u64 - 1, 2);
}
