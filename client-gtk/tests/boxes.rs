//! Characters that must join, pixel by pixel on a real window and at several sizes of its font.
//!
//! What their shapes are is asked of the shapes themselves, in `src/draw/boxes`; here, whether they reach the screen so.

mod harness;

use harness::{Desktop, Picture};

/// Colours that no theme has, and their escape sequences as a foreground and as a ground.
const MARK: [u8; 3] = [1, 200, 3];
const OTHER: [u8; 3] = [200, 1, 210];
const MARKED: &str = "\\033[38;2;1;200;3m";
const ON_MARK: &str = "\\033[48;2;1;200;3m";
const OTHERS: &str = "\\033[38;2;200;1;210m";
const ON_OTHER: &str = "\\033[48;2;200;1;210m";
const PLAIN: &str = "\\033[m";

/// How often the font is made larger: a step is a point, so that cells are of odd and of even sizes.
const ZOOMS: usize = 5;

/// Left, top, right, bottom, all inside.
type Bounds = [usize; 4];

fn show(text: &str) -> Option<Desktop> {
    Desktop::start(&["sh", "-c", &format!("printf '\\033[?25l{text}'; exec cat")])
}

/// Looks at what is shown in one size of the font after the other. `look` finds the bounds of `columns` by `rows` cells,
/// `check` is told the size of one.
fn at_every_zoom(
    desktop: &Desktop,
    (columns, rows): (usize, usize),
    look: impl Fn(&Picture) -> Option<Bounds>,
    check: impl Fn(&Picture, Bounds, (usize, usize)),
) {
    let mut before = 0;
    for zoom in 0..=ZOOMS {
        if zoom > 0 {
            desktop.keys(&["ctrl+plus"]);
        }
        let (bounds, cell) = desktop.until_seen("whole cells, larger than before", |picture| {
            let [left, top, right, bottom] = look(picture)?;
            let (width, height) = (right - left + 1, bottom - top + 1);
            let whole = width % columns == 0 && height % rows == 0 && height > before;
            whole.then_some(([left, top, right, bottom], (width / columns, height / rows)))
        });
        before = bounds[3] - bounds[1] + 1;
        desktop.until_still();
        check(&desktop.picture(), bounds, cell);
    }
}

fn bounds(picture: &Picture, colour: [u8; 3]) -> Option<Bounds> {
    picture.find(colour).map(|(_, bounds)| bounds)
}

/// The bounds of both colours.
fn both(picture: &Picture) -> Option<Bounds> {
    let (one, other) = (bounds(picture, MARK)?, bounds(picture, OTHER)?);
    Some([one[0].min(other[0]), one[1].min(other[1]), one[2].max(other[2]), one[3].max(other[3])])
}

#[test]
fn blocks_of_neighbours_are_one() {
    // Half a cell, one, and half of one; twice beside each other, and all around one.
    let text = format!("{MARKED}▐█▌▐█▌\\r\\n▐█▌▐█▌{PLAIN}\\r\\n\\r\\n{OTHERS}▗▄▖\\r\\n▐█▌\\r\\n▝▀▘{PLAIN}");
    let Some(desktop) = show(&text) else { return };
    let look = |picture: &Picture| bounds(picture, MARK);
    at_every_zoom(&desktop, (5, 2), look, |picture, [left, top, right, bottom], (width, height)| {
        for y in top..=bottom {
            let row: Vec<bool> = (left..=right).map(|x| picture.at(x, y) == MARK).collect();
            let runs: Vec<usize> = row.chunk_by(|one, other| one == other).map(<[bool]>::len).collect();
            assert_eq!(runs, [2 * width, width, 2 * width], "two blocks without seams and a gap between");
        }
        let [left, top, right, bottom] = bounds(picture, OTHER).expect("the other block");
        assert_eq!((right - left + 1, bottom - top + 1), (2 * width, 2 * height));
        let solid = (left..=right).all(|x| (top..=bottom).all(|y| picture.at(x, y) == OTHER));
        assert!(solid, "one block of nine characters");
    });
}

/// Some octants and their inverses, by their names in the Unicode Character Database.
#[rustfmt::skip]
const OCTANTS: [(u32, u32); 12] = [
    (0x1cd00, 0x1cde3), // 3, 1245678
    (0x1cd09, 0x1cdda), // 5, 1234678
    (0x1cd12, 0x1cdd0), // 245, 13678
    (0x1cd1b, 0x1cdc7), // 126, 34578
    (0x1cd24, 0x1cdbd), // 1346, 2578
    (0x1cd2d, 0x1cdb4), // 2356, 1478
    (0x1cd36, 0x1cdaa), // 17, 234568
    (0x1cd3f, 0x1cda1), // 247, 13568
    (0x1cd48, 0x1cd98), // 357, 12468
    (0x1cd51, 0x1cd8f), // 67, 123458
    (0x1cd5a, 0x1cd86), // 1467, 2358
    (0x1cd63, 0x1cd7d), // 2567, 1348
];

#[test]
fn a_mosaic_and_its_inverse_look_the_same_in_exchanged_colours() {
    const COLUMNS: usize = 24;
    let sextants = (0x1fb00..0x1fb1e).map(|code| (code, 0x1fb3b - (code - 0x1fb00)));
    let halves = [('▀', '▄'), ('▌', '▐'), ('▚', '▞'), ('▙', '▝'), ('▛', '▗'), ('\u{1fb95}', '\u{1fb96}')];
    let pairs: Vec<(char, char)> = sextants
        .chain(OCTANTS)
        .filter_map(|(one, other)| Some((char::from_u32(one)?, char::from_u32(other)?)))
        .chain(halves)
        .collect();
    assert_eq!(2 * pairs.len() % COLUMNS, 0, "whole rows");
    let rows = 2 * pairs.len() / COLUMNS;
    let cells = |pairs: &[(char, char)]| -> String {
        let cell = |(one, other): &(char, char)| format!("{MARKED}{ON_OTHER}{one}{OTHERS}{ON_MARK}{other}");
        pairs.iter().map(cell).collect()
    };
    let text: Vec<String> = pairs.chunks(COLUMNS / 2).map(cells).collect();
    let Some(desktop) = show(&format!("{}{PLAIN}", text.join(&format!("{PLAIN}\\r\\n")))) else { return };
    at_every_zoom(&desktop, (COLUMNS, rows), both, |picture, [left, top, ..], (width, height)| {
        for (index, (one, other)) in pairs.iter().enumerate() {
            let (x, y) = (left + 2 * index % COLUMNS * width, top + 2 * index / COLUMNS * height);
            let places = (0..width).flat_map(|x| (0..height).map(move |y| (x, y)));
            let mut seen = [0; 2];
            for (dx, dy) in places {
                let colours = (picture.at(x + dx, y + dy), picture.at(x + width + dx, y + dy));
                assert_eq!(colours.0, colours.1, "{one} and {other} at {dx}, {dy} of {width} by {height}");
                assert!(
                    [MARK, OTHER].contains(&colours.0),
                    "{one} at {dx}, {dy}: nothing between the colours"
                );
                seen[usize::from(colours.0 == MARK)] += 1;
            }
            assert!(seen.iter().all(|count| *count > 0), "{one} is drawn: {seen:?}");
        }
    });
}

#[test]
fn separated_blocks_leave_the_same_room_everywhere() {
    let text = format!(
        "{MARKED}\u{1ce8f}\u{1ce8f}\u{1ce8f}\\r\\n\u{1ce8f}\u{1ce8f}\u{1ce8f}{PLAIN}\\r\\n{ON_OTHER}   {PLAIN}"
    );
    let Some(desktop) = show(&text) else { return };
    let look = |picture: &Picture| bounds(picture, OTHER);
    at_every_zoom(&desktop, (3, 1), look, |picture, [left, top, right, _], (_, height)| {
        let upper = top - 2 * height;
        let columns: Vec<bool> =
            (left..=right).map(|x| (upper..top).any(|y| picture.at(x, y) == MARK)).collect();
        let rows: Vec<bool> =
            (upper..top).map(|y| (left..=right).any(|x| picture.at(x, y) == MARK)).collect();
        for (places, blocks) in [(columns, 6), (rows, 6)] {
            let runs: Vec<&[bool]> = places.chunk_by(|one, other| one == other).collect();
            assert_eq!(runs.iter().filter(|run| run[0]).count(), blocks, "{places:?}");
            let inside = &runs[usize::from(!runs[0][0])..];
            let gaps: Vec<usize> = inside.iter().filter(|run| !run[0]).map(|run| run.len()).collect();
            let between = &gaps[..blocks - 1];
            assert!(between.iter().all(|gap| *gap == between[0]), "{gaps:?}");
        }
    });
}

#[test]
fn a_half_circle_reaches_the_edges_of_its_cell() {
    let text = format!("{ON_OTHER}  {PLAIN}\\r\\n{MARKED}█\u{e0b4}\\r\\n\u{e0b6}█{PLAIN}");
    let Some(desktop) = show(&text) else { return };
    let look = |picture: &Picture| bounds(picture, OTHER);
    at_every_zoom(&desktop, (2, 1), look, |picture, [left, _, right, bottom], (width, height)| {
        let ground = picture.at(400, 300);
        // More of it than of the ground: edges are soft.
        let inked = |x: usize, y: usize| {
            let far = |colour: [u8; 3]| -> u32 {
                colour.iter().zip(picture.at(x, y)).map(|(one, other)| u32::from(one.abs_diff(other))).sum()
            };
            far(MARK) < far(ground)
        };
        let rows = [bottom + 1, bottom + 1 + height];
        for (row, flat, tip, beyond) in
            [(rows[0], left + width, right, right + 1), (rows[1], right - width, left, left - 1)]
        {
            let middle = row + height / 2;
            assert!((row..row + height).all(|y| inked(flat, y)), "the flat side is as high as the cell");
            assert!(inked(tip, middle), "it reaches the other edge");
            for y in row..row + height {
                assert_eq!(picture.at(beyond, y), ground, "and goes no farther");
            }
            assert!(!inked(tip, row) && !inked(tip, row + height - 1), "it is round");
            let across = left.min(tip)..=right.max(tip);
            assert!(across.clone().all(|x| inked(x, middle)), "one with the block beside it");
        }
    });
}
