//! The service's end of a session's images. What lies where is remembered here, on the heap; from the memory it is read
//! back once, when it outlived its writer, and not believed.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::super::GridError;
use super::super::layout::WORD;
use super::super::map::MapMut;
use super::super::order;
use super::{
    LAYOUT, MAGIC, MAX_PICTURES, MAX_PLACEMENTS, PAGE, PICTURE_QUOTA, PIXELS_AT, PIXELS_BYTES, PlacedPicture,
    SLOT_WORDS, TABLE_HEAD, TOTAL, check, header, pixel_bytes, slot_at, table_at,
};

/// Writes one session's images.
///
/// Bound: [`PICTURE_QUOTA`] bytes of pixels and half a MiB of tables in the memfd, 48 bytes here for each image.
#[derive(Debug)]
pub struct PictureWriter {
    map: MapMut,
    /// What lies in the region of pixels, by offset.
    kept: Vec<Kept>,
    /// The last ticket given.
    ticket: u64,
    /// The number of the last table of placements.
    table: u64,
}

/// One image.
#[derive(Clone, Copy, Debug)]
struct Kept {
    serial: u64,
    size: (u32, u32),
    slot: usize,
    /// From the beginning of the region, whole pages both.
    offset: u64,
    bytes: u64,
}

impl PictureWriter {
    /// Memory without images.
    ///
    /// # Errors
    /// When the system has no memory, address space or descriptors left.
    pub fn create() -> io::Result<Self> {
        let map = MapMut::create("scarab-images", TOTAL)?;
        map.set(header::MAGIC, MAGIC);
        map.set(header::LAYOUT, LAYOUT);
        Ok(Self { map, kept: Vec::new(), ticket: 0, table: 0 })
    }

    /// The memory that outlived its writer, with the images that are whole in it.
    ///
    /// # Errors
    /// When it is not such memory.
    pub fn restore(memory: OwnedFd) -> Result<Self, GridError> {
        let map = MapMut::open(memory, TOTAL, TOTAL)?;
        check(&map)?;
        let mut found: Vec<(u64, Kept)> = Vec::new();
        for slot in 0..MAX_PICTURES {
            let mut words = Vec::new();
            map.copy_into(slot_at(slot), SLOT_WORDS, &mut words);
            let [ticket, serial, size, offset] = words[..] else { continue };
            let (width, height) = (size as u32, (size >> 32) as u32);
            if let Some(bytes) = pixel_bytes(width, height)
                && (1..u64::MAX / 2).contains(&ticket)
            {
                let bytes = bytes.next_multiple_of(PAGE);
                found.push((ticket, Kept { serial, size: (width, height), slot, offset, bytes }));
            }
        }
        // The newest ones are believed; what contradicts them is not.
        found.sort_unstable_by_key(|(ticket, _)| std::cmp::Reverse(*ticket));
        let ticket = found.first().map_or(0, |(ticket, _)| *ticket);
        // A table that was left half written has number 0.
        let tables = [table_at(0), table_at(1)].map(|at| map.get(at)).into_iter();
        let table = tables.filter(|number| *number < u64::MAX / 2).max().unwrap_or_default();
        let mut writer = Self { map, kept: Vec::new(), ticket, table };
        for (_, kept) in found {
            let place = writer.kept.partition_point(|other| other.offset < kept.offset);
            let end = kept.offset.checked_add(kept.bytes);
            let after = writer.kept.get(place).map_or(PIXELS_BYTES, |next| next.offset);
            let before =
                place.checked_sub(1).map_or(0, |last| writer.kept[last].offset + writer.kept[last].bytes);
            let fits = kept.offset.is_multiple_of(PAGE) && kept.offset >= before;
            let alone = writer.kept.iter().all(|other| other.serial != kept.serial);
            if fits && alone && end.is_some_and(|end| end <= after) && writer.room_for(kept.bytes) {
                writer.kept.insert(place, kept);
            }
        }
        let used: Vec<usize> = writer.kept.iter().map(|kept| kept.slot).collect();
        for slot in (0..MAX_PICTURES).filter(|slot| !used.contains(slot)) {
            order::retire(&writer.map.word(slot_at(slot)), 0);
        }
        writer.give_gaps_back();
        Ok(writer)
    }

    /// The memory itself, for the service to keep.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.map.as_fd()
    }

    /// A descriptor for viewers, which cannot be mapped for writing.
    ///
    /// # Errors
    /// When `/proc` is missing or descriptors have run out.
    pub fn reader_fd(&self) -> io::Result<OwnedFd> {
        self.map.read_only()
    }

    /// Bytes that images take here.
    pub fn bytes(&self) -> u64 {
        self.kept.iter().map(|kept| kept.bytes).sum()
    }

    fn room_for(&self, bytes: u64) -> bool {
        // The quota counts pixels; the rest of a last page comes on top of it.
        self.bytes() + bytes <= PICTURE_QUOTA + MAX_PICTURES as u64 * PAGE && self.kept.len() < MAX_PICTURES
    }

    /// Keeps an image; `rgba` has its pixels row by row. One that is here already under its number stays where it is, as
    /// a replay makes the same images again; another one goes. `false`: it cannot be kept.
    pub fn put(&mut self, serial: u64, width: u32, height: u32, rgba: &[u8]) -> bool {
        let Some(bytes) = pixel_bytes(width, height).filter(|bytes| *bytes == rgba.len() as u64) else {
            return false;
        };
        if let Some(there) = self.kept.iter().find(|kept| kept.serial == serial) {
            if there.size == (width, height) && self.shows(there, rgba) {
                return true;
            }
            self.remove(serial);
        }
        let bytes = bytes.next_multiple_of(PAGE);
        let free = (0..MAX_PICTURES).find(|slot| self.kept.iter().all(|kept| kept.slot != *slot));
        let (true, Some(slot), Some((place, offset))) = (self.room_for(bytes), free, self.gap(bytes)) else {
            return false;
        };
        let (pairs, rest) = rgba.as_chunks::<8>();
        let last = rest.first_chunk().map(|pixel: &[u8; 4]| u64::from(u32::from_ne_bytes(*pixel)));
        let words = pairs.iter().map(|pair| u64::from_ne_bytes(*pair)).chain(last);
        self.map.fill_from((PIXELS_AT + offset) as usize, rgba.len().div_ceil(WORD), words, 0);
        self.ticket += 1;
        let entry = slot_at(slot);
        self.map.copy_from(entry + WORD, &[serial, super::pair(width, height), offset]);
        order::commit(&self.map.word(entry), self.ticket);
        self.kept.insert(place, Kept { serial, size: (width, height), slot, offset, bytes });
        true
    }

    /// Whether an image has these pixels.
    fn shows(&self, kept: &Kept, rgba: &[u8]) -> bool {
        const PIECE: usize = 16 << 10;
        let mut piece = [0; PIECE];
        let at = (PIXELS_AT + kept.offset) as usize;
        rgba.chunks(PIECE).enumerate().all(|(number, wanted)| {
            let read = &mut piece[..wanted.len().next_multiple_of(WORD)];
            self.map.copy_bytes(at + number * PIECE, read);
            read[..wanted.len()] == *wanted
        })
    }

    /// The first gap that is large enough: its place among the images, and where it begins.
    fn gap(&self, bytes: u64) -> Option<(usize, u64)> {
        let mut begin = 0;
        for (place, kept) in self.kept.iter().enumerate() {
            if kept.offset - begin >= bytes {
                return Some((place, begin));
            }
            begin = kept.offset + kept.bytes;
        }
        (PIXELS_BYTES - begin >= bytes).then_some((self.kept.len(), begin))
    }

    /// An image is not needed any more. Its memory is given back.
    pub fn remove(&mut self, serial: u64) {
        let Some(place) = self.kept.iter().position(|kept| kept.serial == serial) else { return };
        let kept = self.kept.remove(place);
        order::retire(&self.map.word(slot_at(kept.slot)), 0);
        // Where the kernel refuses, the pages are used again by a later image.
        let _ = self.map.punch(PIXELS_AT + kept.offset, kept.bytes);
    }

    /// Drops all images but those that `wanted` names: after a replay, what it did not make.
    pub fn keep_only(&mut self, wanted: impl Fn(u64) -> bool) {
        let unwanted: Vec<u64> =
            self.kept.iter().map(|kept| kept.serial).filter(|serial| !wanted(*serial)).collect();
        unwanted.into_iter().for_each(|serial| self.remove(serial));
    }

    fn give_gaps_back(&self) {
        let mut begin = 0;
        for (offset, bytes) in
            self.kept.iter().map(|kept| (kept.offset, kept.bytes)).chain([(PIXELS_BYTES, 0)])
        {
            let _ = self.map.punch(PIXELS_AT + begin, offset - begin);
            begin = offset + bytes;
        }
    }

    /// Writes where images are shown, lowest first, and gives the number of the table for the frame to name. What is
    /// beyond [`MAX_PLACEMENTS`] is left out.
    pub fn place(&mut self, placements: impl Iterator<Item = PlacedPicture>) -> u64 {
        let number = self.table + 1;
        let at = table_at(number);
        order::retire(&self.map.word(at), 0);
        let mut count = 0;
        for placement in placements.take(MAX_PLACEMENTS) {
            let words = placement.to_words();
            self.map.copy_from(at + (TABLE_HEAD + count * words.len()) * WORD, &words);
            count += 1;
        }
        self.map.set(at + WORD, count as u64);
        order::commit(&self.map.word(at), number);
        self.table = number;
        number
    }
}
