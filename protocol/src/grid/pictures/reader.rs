//! A viewer's end of a session's images: copies, then asks whether what was copied was there all the time.

use std::os::fd::OwnedFd;

use super::super::GridError;
use super::super::layout::WORD;
use super::super::map::Map;
use super::super::order::{self, Word};
use super::{
    MAX_PICTURES, MAX_PLACEMENTS, PIXELS_AT, PIXELS_BYTES, PLACEMENT_WORDS, PlacedPicture, SLOT_WORDS,
    TABLE_HEAD, TOTAL, check, pixel_bytes, slot_at, table_at,
};

/// An image, copied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedPicture {
    /// Columns of pixels.
    pub width: u32,
    /// Rows of pixels.
    pub height: u32,
    /// Row by row from the top: red, green, blue and opacity of each pixel, not premultiplied.
    pub rgba: Vec<u8>,
}

/// Reads one session's images.
#[derive(Debug)]
pub struct PictureReader {
    map: Map,
}

impl PictureReader {
    /// Maps the memory that a service has handed over.
    ///
    /// # Errors
    /// When it is not such memory.
    pub fn open(memory: OwnedFd) -> Result<Self, GridError> {
        let map = Map::open(memory, TOTAL, TOTAL)?;
        check(&map)?;
        Ok(Self { map })
    }

    /// An image, if it is there.
    pub fn picture(&self, serial: u64) -> Option<SharedPicture> {
        (0..MAX_PICTURES).find_map(|slot| self.in_slot(slot, serial))
    }

    fn in_slot(&self, slot: usize, wanted: u64) -> Option<SharedPicture> {
        let entry = slot_at(slot);
        if self.map.get(entry + WORD) != wanted {
            return None;
        }
        let ticket = order::current(&self.map.word(entry));
        let mut words = Vec::with_capacity(SLOT_WORDS);
        self.map.copy_into(entry, SLOT_WORDS, &mut words);
        let [_, serial, size, offset] = words[..] else { return None };
        let (width, height) = (size as u32, (size >> 32) as u32);
        let bytes = pixel_bytes(width, height)?;
        let inside = offset.checked_add(bytes).is_some_and(|end| end <= PIXELS_BYTES);
        if ticket == 0 || serial != wanted || !inside || !offset.is_multiple_of(WORD as u64) {
            return None;
        }
        let mut pixels = Vec::with_capacity(bytes.div_ceil(WORD as u64) as usize);
        self.map.copy_into((PIXELS_AT + offset) as usize, pixels.capacity(), &mut pixels);
        if !still(&self.map.word(entry), ticket) {
            return None;
        }
        let mut rgba: Vec<u8> = pixels.iter().flat_map(|word| word.to_ne_bytes()).collect();
        rgba.truncate(bytes as usize);
        Some(SharedPicture { width, height, rgba })
    }

    /// The table of placements with this number, if it is still there: another one has taken its place two tables
    /// later, and then there is a newer frame. What cannot be drawn is left out.
    pub fn placements(&self, number: u64) -> Option<Vec<PlacedPicture>> {
        let at = table_at(number);
        if number == 0 || order::current(&self.map.word(at)) != number {
            return None;
        }
        let count = usize::try_from(self.map.get(at + WORD)).ok()?.min(MAX_PLACEMENTS);
        let mut words = Vec::with_capacity(count * PLACEMENT_WORDS);
        self.map.copy_into(at + TABLE_HEAD * WORD, count * PLACEMENT_WORDS, &mut words);
        if !still(&self.map.word(at), number) {
            return None;
        }
        let (placements, _) = words.as_chunks();
        Some(placements.iter().filter_map(PlacedPicture::from_words).collect())
    }
}

/// After a copy: whether the word that says whose it is has not changed. It pairs with the writer's
/// [`order::retire`] of that word, which comes before anything is overwritten.
fn still<W: Word>(word: &W, seen: u64) -> bool {
    order::still_current(word, seen)
}
