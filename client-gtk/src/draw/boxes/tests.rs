//! What holds for the shapes of every character in cells of every size.

use super::*;

/// Sizes of a cell from the smallest font to a large one, odd and even.
fn sizes() -> impl Iterator<Item = (u8, u8)> {
    (6..26).flat_map(|width| [2 * width - 1, 2 * width, 2 * width + 1].map(|height| (width, height)))
}

/// How often each pixel of a cell is painted by characters that are made of rectangles.
fn painted(characters: &str, (width, height): (u8, u8)) -> Vec<u8> {
    let mut pixels = vec![0; usize::from(width) * usize::from(height)];
    for character in characters.chars() {
        let cell = Cell::of(character, width.into(), height.into());
        assert!(cell.paths.is_empty(), "{character} is made of rectangles");
        for Rectangle { x, y, width: wide, height: high, .. } in cell.rectangles {
            assert!([x, y, wide, high].iter().all(|place| place.fract() == 0.0), "{character}: whole pixels");
            let inside = x >= 0.0 && y >= 0.0 && x + wide <= width.into() && y + high <= height.into();
            assert!(inside, "{character} stays in its cell of {width} by {height}");
            for row in y as usize..(y + high) as usize {
                let from = row * usize::from(width) + x as usize;
                pixels[from..from + wide as usize].iter_mut().for_each(|times| *times += 1);
            }
        }
    }
    pixels
}

fn drawn() -> impl Iterator<Item = char> {
    ['\u{2500}'..='\u{28ff}', '\u{e000}'..='\u{f8ff}', '\u{1cc00}'..='\u{1fbff}']
        .into_iter()
        .flatten()
        .filter(|character| is_drawn(*character))
}

#[test]
fn every_character_that_is_drawn_has_shapes() {
    for character in drawn().filter(|character| *character != '\u{2800}') {
        let cell = Cell::of(character, 9.0, 18.0);
        assert!(!cell.rectangles.is_empty() || !cell.paths.is_empty(), "{:x}", u32::from(character));
    }
    let count =
        |range: std::ops::RangeInclusive<char>| range.filter(|character| is_drawn(*character)).count();
    assert_eq!(count('\u{2500}'..='\u{259f}'), 160);
    // All but U+1FB93, which is not assigned.
    assert_eq!(count('\u{1fb00}'..='\u{1fbaf}'), 175);
    assert_eq!(count('\u{1cd00}'..='\u{1cde5}'), 230);
    assert!(!is_drawn('\u{24ff}') && !is_drawn('\u{25a0}') && !is_drawn('a'));
}

#[test]
fn what_is_straight_is_whole_pixels_inside_of_the_cell() {
    for character in drawn() {
        if Cell::of(character, 9.0, 18.0).paths.is_empty() {
            sizes().for_each(|size| drop(painted(&character.to_string(), size)));
        }
    }
}

#[test]
fn what_a_cell_is_divided_into_covers_it_once() {
    let whole = [
        "█",
        "▀▄",
        "▌▐",
        "▘▝▖▗",
        "▚▞",
        "▙▝",
        "▛▗",
        "▜▖",
        "▟▘",
        "▁\u{1fb86}",
        "▂\u{1fb85}",
        "▃\u{1fb84}",
        "▅\u{1fb83}",
        "▆\u{1fb82}",
        "▇▔",
        "▏\u{1fb8b}",
        "▎\u{1fb8a}",
        "▍\u{1fb89}",
        "▋\u{1fb88}",
        "▊\u{1fb87}",
        "▉▕",
        "\u{1fb8c}\u{1fb8d}",
        "\u{1fb8e}\u{1fb8f}",
        "\u{1fb91}",
        "\u{1fb92}",
        "\u{1fb94}",
        "\u{1fb95}\u{1fb96}",
        // Sextants 1 to 6; 135 and 246; 1234 and the rest.
        "\u{1fb00}\u{1fb01}\u{1fb03}\u{1fb07}\u{1fb0f}\u{1fb1e}",
        "\u{1fb0e}\u{1fb2d}",
        // Octants 1 to 8, four of them by other names.
        "\u{1cea8}\u{1ceab}\u{1cd00}\u{1cd03}\u{1cd09}\u{1cd18}\u{1cea3}\u{1cea0}",
    ];
    for size in sizes() {
        for characters in whole {
            assert!(painted(characters, size).iter().all(|times| *times == 1), "{characters} at {size:?}");
        }
        for (first, count, bits, all) in
            [(0x1fb00, 60, mosaics::sextant as fn(u32) -> u8, 63), (0x1cd00, 230, mosaics::octant, 255)]
        {
            let codes = first..first + count;
            for one in codes.clone() {
                // Some are the inverse of another block's character.
                let inverse = codes.clone().find(|code| bits(*code) == all - bits(one));
                let both: String = inverse.into_iter().chain([one]).filter_map(char::from_u32).collect();
                let whole = painted(&both, size).iter().all(|times| *times == 1);
                assert!(whole || inverse.is_none(), "{both} at {size:?}");
            }
        }
        let sixteenths: String = ('\u{1ce90}'..='\u{1ce9f}').collect();
        assert!(painted(&sixteenths, size).iter().all(|times| *times == 1), "sixteenths at {size:?}");
    }
}

#[test]
fn half_pixels_are_the_cell_s_own_edges_and_whole_ones_of_the_screen() {
    // Where a logical pixel is two of the screen's, a cell may end in the middle of one.
    for (width, height) in [(8.5, 17.0), (9.0, 17.5), (9.5, 18.5)] {
        for characters in
            ["▀▄", "▌▐", "▙▝", "▎\u{1fb8a}", "\u{1fb0e}\u{1fb2d}", "\u{1cd00}\u{1cde3}", "\u{1fb95}\u{1fb96}"]
        {
            let cells = characters.chars().map(|character| Cell::of(character, width, height));
            let parts: Vec<Rectangle> = cells.flat_map(|cell| cell.rectangles).collect();
            let whole = |place: f32| (place * 2.0).fract() == 0.0;
            assert!(
                parts.iter().all(|part| [part.x, part.y, part.width, part.height].into_iter().all(whole))
            );
            let area: f32 = parts.iter().map(|part| part.width * part.height).sum();
            assert_eq!(area, width * height, "{characters} in {width} by {height}");
        }
    }
}

#[test]
fn separated_blocks_touch_nothing() {
    for (width, height) in sizes() {
        for character in ['\u{1cc2f}', '\u{1ce8f}'] {
            let one = painted(&character.to_string(), (width, height));
            let columns = (0..width).filter(|x| {
                (0..height).any(|y| one[usize::from(y) * usize::from(width) + usize::from(*x)] > 0)
            });
            let columns: Vec<u8> = columns.collect();
            assert!(
                columns.windows(2).filter(|pair| pair[1] > pair[0] + 1).count() == 1,
                "two columns of blocks"
            );
            assert!(columns.len() < usize::from(width) - 1, "and room between two cells");
        }
    }
}

#[test]
fn lines_of_neighbours_meet() {
    for (width, height) in sizes() {
        let at = |character: char, x: u8, y: u8| {
            painted(&character.to_string(), (width, height))
                [usize::from(y) * usize::from(width) + usize::from(x)]
                > 0
        };
        let right = |character: char| (0..height).map(|y| at(character, width - 1, y)).collect::<Vec<bool>>();
        let left = |character: char| (0..height).map(|y| at(character, 0, y)).collect::<Vec<bool>>();
        let lower = |character: char| (0..width).map(|x| at(character, x, height - 1)).collect::<Vec<bool>>();
        let upper = |character: char| (0..width).map(|x| at(character, x, 0)).collect::<Vec<bool>>();
        for (one, other) in
            [('─', '┐'), ('━', '┓'), ('═', '╗'), ('┌', '┼'), ('╞', '╬'), ('╾', '─'), ('╼', '┥')]
        {
            assert_eq!(right(one), left(other), "{one}{other} in {width} by {height}");
        }
        for (one, other) in
            [('│', '┘'), ('┃', '┛'), ('║', '╝'), ('┬', '┼'), ('╥', '╬'), ('╿', '│'), ('╽', '┸')]
        {
            assert_eq!(lower(one), upper(other), "{one}{other} in {width} by {height}");
        }
        // Dashes lie on the line that they are of.
        for (dashes, line) in [('┄', '─'), ('┉', '━'), ('╌', '─')] {
            let rows = |character: char| {
                (0..height).map(|y| (0..width).any(|x| at(character, x, y))).collect::<Vec<bool>>()
            };
            assert_eq!(rows(dashes), rows(line), "{dashes}{line} in {width} by {height}");
        }
    }
}

#[test]
fn dashes_are_apart_from_one_another() {
    for (width, height) in sizes().filter(|(width, _)| *width >= 8) {
        for (character, count) in [('┄', 3), ('┈', 4), ('╌', 2), ('┆', 3), ('┊', 4), ('╎', 2)] {
            let cell = Cell::of(character, width.into(), height.into());
            let sides = |one: &Rectangle| {
                if "┄┈╌".contains(character) { (one.x, one.width) } else { (one.y, one.height) }
            };
            let length = if "┄┈╌".contains(character) { width } else { height };
            let dashes: Vec<(f32, f32)> = cell.rectangles.iter().map(sides).collect();
            assert_eq!(dashes.len(), count);
            let next = dashes.iter().skip(1).map(|(from, _)| *from).chain([dashes[0].0 + f32::from(length)]);
            let gaps: Vec<f32> =
                dashes.iter().zip(next).map(|((from, long), next)| next - from - long).collect();
            assert!(gaps.iter().all(|gap| *gap == gaps[0] && *gap >= 1.0), "{character}: {gaps:?}");
        }
    }
}

#[test]
fn every_character_of_the_block_has_its_arms() {
    let table = lines::ARMS;
    assert_eq!(table.split(' ').count(), 128);
    assert!(table.split(' ').all(|arms| arms.len() == 4));
    let arms = |character: char| &table[(character as usize - 0x2500) * 5..][..4];
    for (character, expected) in
        [('─', "ll.."), ('┃', "..hh"), ('┌', ".l.l"), ('┼', "llll"), ('╬', "dddd"), ('╿', "..hl")]
    {
        assert_eq!(arms(character), expected, "{character}");
    }
}

#[test]
fn a_half_circle_goes_from_corner_to_corner_and_as_far_as_the_other_edge() {
    let ends = |character: char| -> Vec<(f32, f32)> {
        let cell = Cell::of(character, 9.0, 17.0);
        let end = |step: &Step| match *step {
            Step::Move(x, y) | Step::Line(x, y) | Step::Curve([.., x, y]) => Some((x, y)),
            Step::Close => None,
        };
        cell.paths[0].steps.iter().filter_map(end).collect()
    };
    for (character, x, far) in [('\u{e0b4}', 0.0, 9.0), ('\u{e0b6}', 9.0, 0.0)] {
        let ends = ends(character);
        assert!([(x, 0.0), (far, 8.5), (x, 17.0)].iter().all(|place| ends.contains(place)), "{ends:?}");
    }
}
