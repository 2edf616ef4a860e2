//! Light lines that are round or at a slant. They end where [`super::lines`] has its own, in the middle of an edge, or in a
//! corner.

use super::{Cell, Pen, ROUND, Step};

/// U+256D to U+2570: a quarter of a circle between two edges, and straight on to the farther one.
pub fn arc(cell: &mut Cell, code: u32) {
    let (x, y) = middle(cell);
    let to_right = matches!(code, 0x256d | 0x2570);
    let to_down = matches!(code, 0x256d | 0x256e);
    let (end_x, end_y) = (if to_right { cell.width } else { 0.0 }, if to_down { cell.height } else { 0.0 });
    let radius = (end_x - x).abs().min((end_y - y).abs());
    let (along_x, along_y) = (radius.copysign(end_x - x), radius.copysign(end_y - y));
    let handle = 1.0 - ROUND;
    cell.path(
        Pen::Stroke,
        vec![
            Step::Move(x, end_y),
            Step::Line(x, y + along_y),
            Step::Curve([x, y + along_y * handle, x + along_x * handle, y, x + along_x, y]),
            Step::Line(end_x, y),
        ],
    );
}

/// U+2571 to U+2573.
const CORNERS: [&str; 3] = ["cg", "ai", "cg ai"];

/// U+1FBA0 to U+1FBAE, from the middle of one edge to that of another.
const EDGES: [&str; 15] = [
    "bd", "bf", "dh", "fh", "bdh", "bfh", "dhf", "dbf", "bd fh", "bf dh", "bfhd", "bdhf", "dbfh", "fbdh",
    "bdhfb",
];

/// U+1FBD0 to U+1FBDF, from a corner to the middle of an edge or of the cell.
const STEEP: [&str; 16] =
    ["fg", "cd", "af", "di", "ah", "bi", "ch", "bg", "aec", "cei", "gei", "aeg", "ahc", "cdi", "gbi", "afg"];

/// Lines through places of the cell, from the characters' names:
///
/// ```text
///   a b c
///   d e f
///   g h i
/// ```
pub fn diagonals(cell: &mut Cell, code: u32) {
    lines(
        cell,
        match code {
            0x2571..=0x2573 => CORNERS[code as usize - 0x2571],
            0x1fba0..=0x1fbae => EDGES[code as usize - 0x1fba0],
            _ => STEEP[code as usize - 0x1fbd0],
        },
    );
}

/// Lines as [`diagonals`] has them. One path, so that they are one where they cross.
pub fn lines(cell: &mut Cell, lines: &str) {
    let (x, y) = middle(cell);
    let steps = lines.split(' ').flat_map(|line| {
        line.bytes().enumerate().map(|(index, place)| {
            let place = place - b'a';
            let (x, y) =
                ([0.0, x, cell.width][usize::from(place % 3)], [0.0, y, cell.height][usize::from(place / 3)]);
            if index == 0 { Step::Move(x, y) } else { Step::Line(x, y) }
        })
    });
    let steps = steps.collect();
    cell.path(Pen::Stroke, steps);
}

/// The middle of light lines.
fn middle(cell: &Cell) -> (f32, f32) {
    let along = |length: f32| Cell::middle(length, cell.thin) + cell.thin / 2.0;
    (along(cell.width), along(cell.height))
}
