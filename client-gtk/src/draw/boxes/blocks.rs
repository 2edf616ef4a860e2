//! Parts of a cell in one piece or few: eighths, quarters, shades, and fills of rectangles. From the characters' names
//! (Block Elements, Symbols for Legacy Computing, and its supplement); the fills from the code charts.

use super::{Cell, Part, WHOLE};

const HALF: u32 = WHOLE / 2;
const THIRD: u32 = WHOLE / 3;
const QUARTER: u32 = WHOLE / 4;
const EIGHTH: u32 = WHOLE / 8;

const ALL: Part = [0, 0, WHOLE, WHOLE];
const LEFT: Part = [0, 0, HALF, WHOLE];
const RIGHT: Part = [HALF, 0, WHOLE, WHOLE];
const UPPER: Part = [0, 0, WHOLE, HALF];
const LOWER: Part = [0, HALF, WHOLE, WHOLE];

/// What the eighths from the upper and the right edge are that Block Elements lacks: U+1FB82 to U+1FB86, and U+1FB87 to
/// U+1FB8B.
const LACKING: [u32; 5] = [2, 3, 5, 6, 7];

/// How much of a cell a medium shade covers. Shades are even, as dots would make a pattern of their own where cells meet;
/// so that a medium one's inverse looks the same.
const MEDIUM: f32 = 0.5;

/// What lies along one edge, and single eighths.
pub fn eighths(cell: &mut Cell, code: u32) {
    let left = |count: u32| [0, 0, EIGHTH * count, WHOLE];
    let right = |count: u32| [WHOLE - EIGHTH * count, 0, WHOLE, WHOLE];
    let upper = |count: u32| [0, 0, WHOLE, EIGHTH * count];
    let lower = |count: u32| [0, WHOLE - EIGHTH * count, WHOLE, WHOLE];
    // From 1, as in the names.
    let column = |number: u32| [EIGHTH * (number - 1), 0, EIGHTH * number, WHOLE];
    let row = |number: u32| [0, EIGHTH * (number - 1), WHOLE, EIGHTH * number];
    let lacking = |number: u32| LACKING[number as usize % LACKING.len()];
    match code {
        0x2580 => cell.part(UPPER),
        0x2581..=0x2588 => cell.part(lower(code - 0x2580)),
        0x2589..=0x258f => cell.part(left(0x2590 - code)),
        0x2590 => cell.part(RIGHT),
        0x2594 => cell.part(upper(1)),
        0x2595 => cell.part(right(1)),
        0x1fb70..=0x1fb75 => cell.part(column(code - 0x1fb70 + 2)),
        0x1fb76..=0x1fb7b => cell.part(row(code - 0x1fb76 + 2)),
        0x1fb7c => [left(1), lower(1)].into_iter().for_each(|part| cell.part(part)),
        0x1fb7d => [left(1), upper(1)].into_iter().for_each(|part| cell.part(part)),
        0x1fb7e => [right(1), upper(1)].into_iter().for_each(|part| cell.part(part)),
        0x1fb7f => [right(1), lower(1)].into_iter().for_each(|part| cell.part(part)),
        0x1fb80 => [upper(1), lower(1)].into_iter().for_each(|part| cell.part(part)),
        0x1fb81 => [1, 3, 5, 8].into_iter().for_each(|number| cell.part(row(number))),
        0x1fb82..=0x1fb86 => cell.part(upper(lacking(code - 0x1fb82))),
        0x1fb87..=0x1fb8b => cell.part(right(lacking(code - 0x1fb87))),
        0x1fbce => cell.part([0, 0, 2 * THIRD, WHOLE]),
        _ => cell.part([0, 0, THIRD, WHOLE]),
    }
}

/// Light, medium and dark; and halves that are medium, beside nothing or a half that is full. U+1FB93 is not assigned.
pub fn shades(cell: &mut Cell, code: u32) {
    match code {
        0x2591..=0x2593 => cell.shaded(ALL, (code - 0x2590) as f32 / 4.0),
        0x1fb8c => cell.shaded(LEFT, MEDIUM),
        0x1fb8d => cell.shaded(RIGHT, MEDIUM),
        0x1fb8e => cell.shaded(UPPER, MEDIUM),
        0x1fb8f => cell.shaded(LOWER, MEDIUM),
        0x1fb90 => cell.shaded(ALL, MEDIUM),
        0x1fb91 => {
            cell.part(UPPER);
            cell.shaded(LOWER, MEDIUM);
        }
        0x1fb92 => {
            cell.shaded(UPPER, MEDIUM);
            cell.part(LOWER);
        }
        _ => {
            cell.shaded(LEFT, MEDIUM);
            cell.part(RIGHT);
        }
    }
}

/// A draughtboard of four by four fields, which begins with a full one; its inverse; and two broad stripes.
pub fn fills(cell: &mut Cell, code: u32) {
    for row in 0..4 {
        let (top, bottom) = (QUARTER * row, QUARTER * (row + 1));
        if code == 0x1fb97 {
            if row % 2 == 1 {
                cell.part([0, top, WHOLE, bottom]);
            }
            continue;
        }
        for column in (0..4).filter(|column| (column + row + code - 0x1fb95).is_multiple_of(2)) {
            cell.part([QUARTER * column, top, QUARTER * (column + 1), bottom]);
        }
    }
}

/// Quarters, sixteenths, and what else octants have no character of their own for.
pub fn quarters(cell: &mut Cell, code: u32) {
    /// U+1FBE4 to U+1FBE7, the quarters in the middle of an edge, in quarters of the cell's sides.
    const MIDDLE: [Part; 4] = [[1, 0, 3, 2], [1, 2, 3, 4], [0, 1, 2, 3], [2, 1, 4, 3]];
    /// U+1CEA0 to U+1CEAF, as above: some of the four fields along the lower, left, upper and right edge.
    #[rustfmt::skip]
    const EDGES: [Part; 16] = [
        [2, 3, 4, 4], [1, 3, 4, 4], [0, 3, 3, 4], [0, 3, 2, 4],
        [0, 2, 1, 4], [0, 1, 1, 4], [0, 0, 1, 3], [0, 0, 1, 2],
        [0, 0, 2, 1], [0, 0, 3, 1], [1, 0, 4, 1], [2, 0, 4, 1],
        [3, 0, 4, 2], [3, 0, 4, 3], [3, 1, 4, 4], [3, 2, 4, 4],
    ];
    let part = match code {
        0x1fbe4..=0x1fbe7 => MIDDLE[code as usize - 0x1fbe4],
        // The sixteenths in the order of reading.
        0x1ce90..=0x1ce9f => {
            let (column, row) = (code % 4, (code - 0x1ce90) / 4);
            [column, row, column + 1, row + 1]
        }
        _ => EDGES[code as usize % EDGES.len()],
    };
    cell.part(part.map(|quarters| quarters * QUARTER));
}
