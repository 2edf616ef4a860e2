//! The images of one session, in memory of its own that viewers map beside the view: pixels by the number of the image,
//! and where images are shown.
//!
//! Memory of its own, because most sessions have none: it is made with the first image. What a frame shows is said by a
//! number (of a table of placements, below), so that a frame costs nothing where no image has moved.
//!
//! ```text
//!  0        4 KiB                                              488 KiB                                2 GiB
//!  | header | slots: 2,048 entries | placements, twice ...     | pixels, each image on whole pages       |
//! ```
//!
//! Only what is touched takes memory: the region of pixels is many times as large as all images together may be, so
//! that there is always a gap for the next one, and what an image leaves behind is given back at once.

mod reader;
mod writer;

pub use reader::{PictureReader, SharedPicture};
pub use writer::PictureWriter;

use super::GridError;
use super::layout::WORD;
use super::map::Map;

/// Images at most.
pub const MAX_PICTURES: usize = 2048;
/// Placements at most.
pub const MAX_PLACEMENTS: usize = 2048;
/// The longest side of an image, in pixels.
pub const MAX_PICTURE_SIDE: u32 = 10_000;
/// Pixels of an image at most.
pub const MAX_PICTURE_PIXELS: u64 = 16 << 20;
/// Bytes of all pixels together at most: what a session may cost.
pub const PICTURE_QUOTA: u64 = 128 << 20;

/// The layout of this memory, by its number.
pub const PICTURES_LAYOUT: u16 = 1;

/// "scarabim".
const MAGIC: u64 = u64::from_le_bytes(*b"scarabim");
const LAYOUT: u64 = PICTURES_LAYOUT as u64;
const PAGE: u64 = 4096;

/// Header words, by byte offset.
mod header {
    pub(super) const MAGIC: usize = 0;
    pub(super) const LAYOUT: usize = 8;
}

const SLOTS_AT: usize = PAGE as usize;
/// An entry's words: ticket, serial, width | height << 32, byte offset of the pixels. A ticket is given once: an entry
/// is what it was as long as its ticket is the same, and empty when that is 0.
const SLOT_WORDS: usize = 4;
const TABLES_AT: usize = SLOTS_AT + MAX_PICTURES * SLOT_WORDS * WORD;
/// A table's words before its placements: its number, 0 while it is being written, and how many there are.
const TABLE_HEAD: usize = 2;
const TABLE_BYTES: usize = (TABLE_HEAD + MAX_PLACEMENTS * PLACEMENT_WORDS) * WORD;
const PIXELS_AT: u64 = (TABLES_AT + 2 * TABLE_BYTES).next_multiple_of(PAGE as usize) as u64;
/// However images come and go, a gap for the next is left: taking the first that fits needs at most the logarithm of
/// largest by smallest times what is used (Robson 1977), here 64 MiB by 4 KiB, so fourteen times.
const PIXELS_BYTES: u64 = 16 * PICTURE_QUOTA;
const TOTAL: u64 = PIXELS_AT + PIXELS_BYTES;

const fn slot_at(index: usize) -> usize {
    SLOTS_AT + index * SLOT_WORDS * WORD
}

/// Where the table with this number stands.
const fn table_at(number: u64) -> usize {
    TABLES_AT + (number & 1) as usize * TABLE_BYTES
}

/// Bytes of an image's pixels, if it may be so large.
fn pixel_bytes(width: u32, height: u32) -> Option<u64> {
    let pixels = u64::from(width) * u64::from(height);
    let fits = pixels > 0 && pixels <= MAX_PICTURE_PIXELS && width.max(height) <= MAX_PICTURE_SIDE;
    fits.then(|| pixels * 4)
}

fn check(map: &Map) -> Result<(), GridError> {
    if map.get(header::MAGIC) != MAGIC {
        return Err(GridError::Magic);
    }
    match map.get(header::LAYOUT) {
        LAYOUT => Ok(()),
        found => Err(GridError::Layout { found: u32::try_from(found).unwrap_or(u32::MAX) }),
    }
}

/// How a placement came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PlacementKind {
    /// Drawn where it stands, over or under the text.
    #[default]
    Free,
    /// Drawn where characters stand for it.
    Placeholder,
    /// Drawn in those cells that say so.
    Cells,
}

/// An image on the screen or in the history above it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PlacedPicture {
    /// The number of the image.
    pub serial: u64,
    /// The program's name for it, and for this placement; 0 without one.
    pub image_id: u32,
    /// See above.
    pub placement_id: u32,
    /// The number of its first line; a frame says which number the line at its top has.
    pub line: i64,
    /// Once that line is in history, the number of the line there that it is of, or a part of.
    pub history_line: Option<u64>,
    /// Its first column.
    pub col: u32,
    /// Columns that it takes.
    pub cols: u32,
    /// Rows that it takes.
    pub rows: u32,
    /// Its rows from this one on have not been cut off …
    pub first: u32,
    /// … up to this one.
    pub last: u32,
    /// Below 0 it is under the text.
    pub z: i32,
    /// The part of the image that is shown: left, top, width, height, in its pixels.
    pub source: [u32; 4],
    /// Pixels from the corner of the first cell.
    pub offset: [u32; 2],
    /// How large it is shown, in pixels.
    pub size: [u32; 2],
    /// The size of the cells that these pixels are of.
    pub cell: [u32; 2],
    /// How it came to be.
    pub kind: PlacementKind,
}

const PLACEMENT_WORDS: usize = 13;

/// Line numbers are below this, and above it with a minus: farther than any program can scroll, and near enough to be
/// counted on with.
pub(super) const MAX_LINE: i64 = 1 << 60;

const fn pair(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

const fn halves(word: u64) -> [u32; 2] {
    [word as u32, (word >> 32) as u32]
}

impl PlacedPicture {
    /// Columns, rows, and their places at most: no screen has more.
    const MAX_CELLS: u32 = 2000;
    /// Pixels of what is shown at most: so many columns, with cells of 1,000 pixels.
    const MAX_SHOWN: u32 = 1 << 21;

    fn to_words(self) -> [u64; PLACEMENT_WORDS] {
        let Self {
            serial,
            image_id,
            placement_id,
            line,
            history_line,
            col,
            cols,
            rows,
            first,
            last,
            z,
            source: [x, y, width, height],
            offset,
            size,
            cell,
            kind,
        } = self;
        let kind = match kind {
            PlacementKind::Free => 0,
            PlacementKind::Placeholder => 1,
            PlacementKind::Cells => 2,
        };
        [
            serial,
            pair(image_id, placement_id),
            line as u64,
            pair(col, cols),
            pair(rows, kind),
            pair(first, last),
            pair(z as u32, 0),
            pair(x, y),
            pair(width, height),
            pair(offset[0], offset[1]),
            pair(size[0], size[1]),
            pair(cell[0], cell[1]),
            history_line.map_or(0, |line| line.saturating_add(1)),
        ]
    }

    /// From words that may say anything; `None` for what cannot be drawn. That the source lies within the image is the
    /// business of whoever has the image.
    fn from_words(words: &[u64; PLACEMENT_WORDS]) -> Option<Self> {
        let [serial, ids, line, across, down, cut, z, corner, part, offset, size, cell, history] = *words;
        let ([image_id, placement_id], [col, cols], [rows, kind]) =
            (halves(ids), halves(across), halves(down));
        let ([first, last], [z, _], [x, y], [width, height]) =
            (halves(cut), halves(z), halves(corner), halves(part));
        let (offset, size, cell) = (halves(offset), halves(size), halves(cell));
        let kind = match kind {
            0 => PlacementKind::Free,
            1 => PlacementKind::Placeholder,
            2 => PlacementKind::Cells,
            _ => return None,
        };
        let few = |cells: u32| (1..=Self::MAX_CELLS).contains(&cells);
        let sound =
            serial > 0 && col < Self::MAX_CELLS && few(cols) && few(rows) && first < last && last <= rows;
        let sized = ![width, height, size[0], size[1], cell[0], cell[1]].contains(&0)
            && size.iter().chain(&offset).all(|pixels| *pixels <= Self::MAX_SHOWN);
        let z = z as i32;
        let line = line as i64;
        let near = (-MAX_LINE..MAX_LINE).contains(&line);
        (sound && sized && near).then_some(Self {
            serial,
            image_id,
            placement_id,
            line,
            history_line: history.checked_sub(1),
            col,
            cols,
            rows,
            first,
            last,
            z,
            source: [x, y, width, height],
            offset,
            size,
            cell,
            kind,
        })
    }
}

const _: () = assert!(PIXELS_AT == 488 << 10, "the picture above says so");
const _: () = assert!(MAX_PICTURE_PIXELS * 4 <= PICTURE_QUOTA);
