//! Images in shared memory: what is put there is read, what is removed costs nothing, whatever else stands there is
//! harmless, and a copy is of one piece.

#![allow(missing_docs)]

use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use rustix::fs::fstat;
use scarab_protocol::grid::pictures::{
    MAX_PICTURES, MAX_PLACEMENTS, PICTURE_QUOTA, PictureReader, PictureWriter, PlacedPicture, PlacementKind,
};

fn reader(writer: &PictureWriter) -> PictureReader {
    PictureReader::open(writer.reader_fd().expect("a descriptor")).expect("it opens")
}

fn own_fd(writer: &PictureWriter) -> OwnedFd {
    writer.fd().try_clone_to_owned().expect("a descriptor")
}

/// Bytes that the kernel has given to it.
fn allocated(fd: impl AsFd) -> u64 {
    fstat(fd).expect("it has a state").st_blocks as u64 * 512
}

fn pixels(width: u32, height: u32, seed: u8) -> Vec<u8> {
    (0..width * height * 4).map(|place| (place as u8).wrapping_mul(31).wrapping_add(seed)).collect()
}

fn placement(serial: u64) -> PlacedPicture {
    PlacedPicture {
        serial,
        image_id: 7,
        placement_id: 8,
        line: -9,
        history_line: Some(0),
        col: 1,
        cols: 20,
        rows: 10,
        first: 2,
        last: 9,
        z: -5,
        source: [1, 2, 3, 4],
        offset: [5, 6],
        size: [200, 100],
        cell: [10, 20],
        kind: PlacementKind::Cells,
    }
}

#[test]
fn what_is_put_there_is_read() {
    let mut writer = PictureWriter::create().expect("memory");
    let reader = reader(&writer);
    for (serial, width, height) in [(5, 3, 3), (9, 1, 1), (6, 100, 50)] {
        assert!(writer.put(serial, width, height, &pixels(width, height, serial as u8)));
        let picture = reader.picture(serial).expect("it is there");
        assert_eq!((picture.width, picture.height), (width, height));
        assert!(picture.rgba == pixels(width, height, serial as u8));
    }
    assert!(reader.picture(4).is_none() && reader.picture(0).is_none());
    // Once more changes nothing, and another takes its place.
    let before = writer.bytes();
    assert!(writer.put(5, 3, 3, &pixels(3, 3, 5)) && writer.put(6, 100, 50, &pixels(100, 50, 6)));
    assert!(writer.put(5, 3, 3, &pixels(3, 3, 99)));
    assert!(reader.picture(5).expect("it is there").rgba == pixels(3, 3, 99));
    assert_eq!(writer.bytes(), before);
    writer.remove(5);
    writer.remove(5);
    assert!(reader.picture(5).is_none() && reader.picture(9).is_some());
    assert!(!writer.put(7, 2, 2, &[0; 15]), "too few pixels");
    assert!(!writer.put(7, 0, 2, &[]) && !writer.put(7, 99_999, 1, &pixels(99_999, 1, 0)));
}

#[test]
fn memory_is_taken_for_pixels_and_given_back() {
    let mut writer = PictureWriter::create().expect("memory");
    let empty = allocated(writer.fd());
    assert!(empty <= 8 << 10, "{empty}");
    assert!(writer.put(1, 1000, 1000, &pixels(1000, 1000, 1)));
    let full = allocated(writer.fd());
    assert!((4_000_000..4_100_000).contains(&(full - empty)), "{full}");
    writer.remove(1);
    assert!(allocated(writer.fd()) <= empty + (8 << 10));
}

#[test]
fn the_quota_and_the_number_of_images_hold() {
    let mut writer = PictureWriter::create().expect("memory");
    let large = vec![1; 32 << 20];
    let fitting = (1..20).take_while(|serial| writer.put(*serial, 4096, 2048, &large)).count();
    // What the rest of last pages may take is no more than one image here.
    assert_eq!(fitting as u64, PICTURE_QUOTA / (32 << 20));
    assert!(writer.put(50, 1, 1, &[1; 4]));
    for serial in 100.. {
        if !writer.put(serial, 1, 1, &[1; 4]) {
            assert!(serial - 100 >= MAX_PICTURES as u64 - 6, "{serial}");
            break;
        }
    }
    // With the smallest ones scattered all over there is room for a large one still.
    (1..=fitting as u64).for_each(|serial| writer.remove(serial));
    writer.remove(50);
    for serial in 60..64 {
        assert!(writer.put(serial, 4096, 1900, &vec![1; 4096 * 1900 * 4]), "{serial}");
    }
}

#[test]
fn images_outlive_their_writer() {
    let mut writer = PictureWriter::create().expect("memory");
    let reader = reader(&writer);
    for serial in 1..=5 {
        assert!(writer.put(serial, 10, 10, &pixels(10, 10, serial as u8)));
    }
    writer.remove(2);
    let number = writer.place([placement(3)].into_iter());
    let memory = own_fd(&writer);
    drop(writer);
    let mut writer = PictureWriter::restore(memory).expect("it comes back");
    assert_eq!(writer.bytes(), 4 * 4096);
    assert_eq!(reader.placements(number), Some(vec![placement(3)]));
    assert!(writer.put(4, 10, 10, &pixels(10, 10, 4)) && writer.put(6, 10, 10, &pixels(10, 10, 6)));
    for serial in [1, 3, 4, 5, 6] {
        assert!(reader.picture(serial).expect("it is there").rgba == pixels(10, 10, serial as u8));
    }
    writer.keep_only(|serial| serial > 4);
    assert!(reader.picture(4).is_none() && reader.picture(5).is_some());
    let next = writer.place([].into_iter());
    assert_eq!((next, reader.placements(next)), (number + 1, Some(vec![])));
}

#[test]
fn tables_of_placements_are_found_by_their_number() {
    let mut writer = PictureWriter::create().expect("memory");
    let reader = reader(&writer);
    assert_eq!(reader.placements(0), None);
    let first = writer.place((1..=3).map(placement));
    let second = writer.place([placement(4)].into_iter());
    assert_eq!(reader.placements(first), Some((1..=3).map(placement).collect()));
    assert_eq!(reader.placements(second), Some(vec![placement(4)]));
    // What cannot be drawn is left out, and so is what is too much.
    let wrong = [
        PlacedPicture { cols: 0, ..placement(1) },
        PlacedPicture { rows: 5000, ..placement(1) },
        PlacedPicture { first: 9, ..placement(1) },
        PlacedPicture { last: 11, ..placement(1) },
        PlacedPicture { serial: 0, ..placement(1) },
        PlacedPicture { cell: [0, 1], ..placement(1) },
        PlacedPicture { size: [u32::MAX, 1], ..placement(1) },
        PlacedPicture { line: i64::MIN, ..placement(1) },
    ];
    let third = writer.place(wrong.into_iter().chain([placement(5)]));
    assert_eq!(reader.placements(third), Some(vec![placement(5)]));
    assert_eq!(reader.placements(first), None, "its place is another's");
    let fourth = writer.place(std::iter::repeat_n(placement(1), MAX_PLACEMENTS + 9));
    assert_eq!(reader.placements(fourth).map(|placements| placements.len()), Some(MAX_PLACEMENTS));
}

#[test]
fn other_memory_is_refused() {
    let (view, _history) = scarab_protocol::grid::ViewWriter::create(Default::default()).expect("a view");
    assert!(PictureReader::open(view.reader_fd().expect("a descriptor")).is_err());
    let writer = PictureWriter::create().expect("memory");
    rustix::io::pwrite(writer.fd(), &[0; 8], 0).expect("written");
    assert!(PictureReader::open(writer.reader_fd().expect("a descriptor")).is_err());
    assert!(PictureWriter::restore(own_fd(&writer)).is_err());
}

/// A reader that copies while images come and go never sees two in one.
#[test]
fn copies_are_of_one_piece() {
    let mut writer = PictureWriter::create().expect("memory");
    let reader = reader(&writer);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let copies = scope.spawn(|| {
            let (mut whole, mut serial) = (0u32, 1);
            while !done.load(Ordering::Relaxed) || serial < 1000 {
                if let Some(picture) = reader.picture(serial) {
                    let expected = serial as u8;
                    assert!(picture.rgba.iter().all(|byte| *byte == expected), "{serial}");
                    whole += 1;
                }
                serial = serial % 1000 + 1;
            }
            whole
        });
        for round in 0..20 {
            for serial in 1..=1000u64 {
                // Sizes differ, so that images take each other's places.
                let side = 8 + (serial as u32 * 7 + round) % 60;
                assert!(writer.put(serial, side, side, &vec![serial as u8; (side * side * 4) as usize]));
                if serial > 4 {
                    writer.remove(serial - 4);
                }
            }
            (997..=1000).for_each(|serial| writer.remove(serial));
        }
        done.store(true, Ordering::Relaxed);
        copies.join().expect("no torn copy")
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever stands in the tables, both ends bear it, and what the writer does then is right.
    #[test]
    fn hostile_tables_are_harmless(
        places in prop::collection::vec((0u64..64 << 10, prop_oneof![
            any::<u64>(),
            0u64..9,
            (1u64..20).prop_map(|side| side | side << 32),
            (0u64..99).prop_map(|page| page * 4096),
        ]), 0..400),
    ) {
        let mut writer = PictureWriter::create().expect("memory");
        writer.put(3, 5, 5, &pixels(5, 5, 3));
        writer.place([placement(3)].into_iter());
        for (place, word) in places {
            // Behind the header; the first slots most of all.
            let at = 4096 + if place % 4 > 0 { place % 64 } else { place / 8 } * 8;
            rustix::io::pwrite(writer.fd(), &word.to_ne_bytes(), at).expect("written");
        }
        let reader = reader(&writer);
        for number in 0..10 {
            let _ = (reader.picture(number), reader.placements(number));
        }
        let mut writer = PictureWriter::restore(own_fd(&writer)).expect("it comes back");
        prop_assert!(writer.bytes() <= PICTURE_QUOTA + (8 << 20));
        let put = writer.put(1 << 40, 7, 7, &pixels(7, 7, 9));
        prop_assert!(put);
        prop_assert!(reader.picture(1 << 40).expect("it is there").rgba == pixels(7, 7, 9));
        writer.keep_only(|serial| serial == 1 << 40);
        prop_assert_eq!(writer.bytes(), 4096);
    }
}
