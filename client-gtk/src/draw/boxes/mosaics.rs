//! Cells of two columns and two, three or four rows of blocks that are there or not, one bit each: quadrants, sextants,
//! octants, those with room around them, and braille.
//!
//! ```text
//!   quadrants   sextants   octants   braille
//!     1 2         1 2        1 2       1 4      numbers of the blocks in the characters' names,
//!     3 4         3 4        3 4       2 5      which are those of the bits plus one
//!                 5 6        5 6       3 6
//!                            7 8       7 8
//! ```
//!
//! From the characters' names in the Unicode Character Database: sextants and octants are in the order of their bits,
//! without those that another character had already.

use super::{Cell, WHOLE};

/// U+2596 to U+259F.
const QUADRANTS: [u8; 10] = [0b0100, 0b1000, 0b0001, 0b1101, 0b1001, 0b0111, 0b1011, 0b0010, 0b0110, 0b1110];

/// Sextants that are no characters of their own: none, the left half, the right half, and all.
const NO_SEXTANTS: [u8; 4] = [0b00_0000, 0b01_0101, 0b10_1010, 0b11_1111];

/// Octants that are no characters of their own: none, all, halves, quadrants, and what else [`super::blocks`] has.
const NO_OCTANTS: [u8; 26] = [
    0x00, 0x01, 0x02, 0x03, 0x05, 0x0a, 0x0f, 0x14, 0x28, 0x3f, 0x40, 0x50, 0x55, 0x5a, 0x5f, 0x80, 0xa0,
    0xa5, 0xaa, 0xaf, 0xc0, 0xf0, 0xf5, 0xfa, 0xfc, 0xff,
];

/// The bits at a place in the order of all of them, without some, which are in that order too.
fn bits_at(place: u32, without: &[u8]) -> u8 {
    without.iter().fold(place as u8, |bits, taken| if *taken <= bits { bits + 1 } else { bits })
}

pub fn sextant(code: u32) -> u8 {
    bits_at(code - 0x1fb00, &NO_SEXTANTS)
}

pub fn octant(code: u32) -> u8 {
    bits_at(code - 0x1cd00, &NO_OCTANTS)
}

pub fn quadrants(cell: &mut Cell, code: u32) {
    joined(cell, QUADRANTS[code as usize - 0x2596], 2);
}

pub fn sextants(cell: &mut Cell, code: u32) {
    joined(cell, sextant(code), 3);
}

pub fn octants(cell: &mut Cell, code: u32) {
    joined(cell, octant(code), 4);
}

pub fn separated_quadrants(cell: &mut Cell, code: u32) {
    separated(cell, (code - 0x1cc20) as u8, 2);
}

pub fn separated_sextants(cell: &mut Cell, code: u32) {
    separated(cell, (code - 0x1ce50) as u8, 3);
}

fn joined(cell: &mut Cell, bits: u8, rows: u32) {
    for row in 0..rows {
        let (left, right) = match bits >> (2 * row) & 0b11 {
            0b00 => continue,
            0b01 => (0, WHOLE / 2),
            0b10 => (WHOLE / 2, WHOLE),
            _ => (0, WHOLE),
        };
        cell.part([left, row * WHOLE / rows, right, (row + 1) * WHOLE / rows]);
    }
}

/// As much room between two blocks as a light line is thick, in a cell and from one to the next.
fn separated(cell: &mut Cell, bits: u8, rows: u32) {
    let gap = cell.thin;
    let before = (gap / 2.0).floor();
    for block in (0..2 * rows).filter(|block| bits >> block & 1 != 0) {
        let (column, row) = (block % 2, block / 2);
        let (left, right) = (cell.x(column * WHOLE / 2), cell.x((column + 1) * WHOLE / 2));
        let (top, bottom) = (cell.y(row * WHOLE / rows), cell.y((row + 1) * WHOLE / rows));
        cell.rectangle(left + before, top + before, right - left - gap, bottom - top - gap);
    }
}

/// Dots 1 to 8 by the bits of the code point.
pub fn braille(cell: &mut Cell, code: u32) {
    const DOTS: [(u8, u8); 8] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
    let size = (cell.width / 4.0).round().max(1.0);
    for (bit, (column, row)) in DOTS.iter().enumerate() {
        if code >> bit & 1 != 0 {
            let x = (cell.width * (0.25 + 0.5 * f32::from(*column)) - size / 2.0).round();
            let y = (cell.height * (0.125 + 0.25 * f32::from(*row)) - size / 2.0).round();
            cell.rectangle(x, y, size, size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// The bits of the numbers in a name.
    fn named(numbers: &str) -> u8 {
        numbers.bytes().map(|number| 1 << (number - b'1')).sum()
    }

    #[test]
    fn sextants_have_the_blocks_of_their_names() {
        // BLOCK SEXTANT-1, -6 and so on; both sides of each that is left out.
        for (code, numbers) in [
            (0x1fb00, "1"),
            (0x1fb04, "13"),
            (0x1fb13, "35"),
            (0x1fb14, "235"),
            (0x1fb27, "146"),
            (0x1fb28, "1246"),
            (0x1fb2d, "56"),
            (0x1fb3b, "23456"),
        ] {
            assert_eq!(sextant(code), named(numbers), "{code:x}");
        }
        let all: HashSet<u8> = (0x1fb00..=0x1fb3b).map(sextant).chain(NO_SEXTANTS).collect();
        assert_eq!(all, (0..64).collect::<HashSet<u8>>());
    }

    #[test]
    fn octants_have_the_blocks_of_their_names() {
        for (code, numbers) in [
            (0x1cd00, "3"),
            (0x1cd01, "23"),
            (0x1cd08, "234"),
            (0x1cd35, "23456"),
            (0x1cd70, "1234567"),
            (0x1cdb0, "1378"),
            (0x1cde4, "1345678"),
            (0x1cde5, "2345678"),
        ] {
            assert_eq!(octant(code), named(numbers), "{code:x}");
        }
        let all: HashSet<u8> = (0x1cd00..=0x1cde5).map(octant).collect();
        assert_eq!(all.len(), 230);
        assert_eq!(all.into_iter().chain(NO_OCTANTS).collect::<HashSet<u8>>(), HashSet::from_iter(0..=255));
    }

    #[test]
    fn what_octants_leave_out_is_another_character() {
        let painted = |character: char| {
            let cell = Cell::of(character, 10.0, 16.0);
            let inside = |x: f32, y: f32| {
                cell.rectangles.iter().any(|part| {
                    (part.x..part.x + part.width).contains(&x) && (part.y..part.y + part.height).contains(&y)
                })
            };
            (0..8_u8)
                .filter(|bit| inside(f32::from(bit % 2) * 5.0 + 2.5, f32::from(bit / 2) * 4.0 + 2.0))
                .fold(0, |bits, bit| bits | 1 << bit)
        };
        let others =
            "\u{1cea8}\u{1ceab}\u{1fb82}▘▝▀\u{1fbe6}\u{1fbe7}\u{1fb85}\u{1cea3}▖▌▞▛\u{1cea0}▗▚▐▜▂▄▙▟▆█";
        let found: Vec<u8> = others.chars().map(painted).collect();
        assert_eq!(found, NO_OCTANTS[1..]);
    }
}
