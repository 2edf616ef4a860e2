//! Areas with edges at a slant or round, clipped to the cell (Symbols for Legacy Computing). Where they end at an edge it is
//! on the pixel on which sextants end.

use super::{Cell, Pen, WHOLE};

/// U+1FB3C to U+1FB67, "LOWER LEFT BLOCK DIAGONAL LOWER MIDDLE LEFT TO LOWER CENTRE" and so on: what lies on the side of
/// the first corner of a line between the two places. The second half are the inverses of the first, in its order.
const MOSAICS: [&str; 44] = [
    "ihf", "jhf", "ihd", "jhd", "iha", "bcjhd", "cjhd", "bcjhf", "cjhf", "bcjh", "ejhf", "gji", "gjh", "eji",
    "ejh", "cji", "ejhab", "ejha", "gjhab", "gjha", "jhab", "gjhd", "facji", "facj", "dacji", "dacj", "acji",
    "dab", "dac", "fab", "fac", "hab", "face", "ihacg", "hacg", "ihace", "hace", "ihac", "bce", "ace", "bcg",
    "acg", "bcj", "dacg",
];

/// U+1FB68 to U+1FB6F: three of the triangles between the edges and the middle, without the left, upper, right and lower
/// one; and these alone.
const TRIANGLES: [&str; 8] = ["acjhm", "amcjh", "acmjh", "acjmh", "amh", "acm", "cjm", "hmj"];

/// U+1FB9A, upper and lower triangle, and U+1FB9B, left and right one: their edges cross in the middle.
const HOURGLASSES: [&str; 2] = ["achj", "ajch"];

/// U+1FB9C to U+1FB9F, in a medium shade: upper left, upper right, lower right, lower left.
const SHADED: [&str; 4] = ["ach", "acj", "chj", "ahj"];

/// Polygons through places of the cell:
///
/// ```text
///   a   b   c
///   d       e     a third of the height
///       m
///   f       g     two thirds
///   h   i   j
/// ```
pub fn areas(cell: &mut Cell, code: u32) {
    let at = |table: &[&'static str], first: u32| table[(code - first) as usize];
    match code {
        0x1fb3c..=0x1fb67 => area(cell, at(&MOSAICS, 0x1fb3c), 1.0),
        0x1fb68..=0x1fb6f => area(cell, at(&TRIANGLES, 0x1fb68), 1.0),
        0x1fb9a..=0x1fb9b => area(cell, at(&HOURGLASSES, 0x1fb9a), 1.0),
        _ => area(cell, at(&SHADED, 0x1fb9c), 0.5),
    }
}

/// One polygon as [`areas`] has them.
pub fn area(cell: &mut Cell, places: &str, shade: f32) {
    let points: Vec<_> = places.bytes().map(|place| point(cell, place)).collect();
    cell.polygon(Pen::Fill(shade), points);
}

fn point(cell: &Cell, place: u8) -> (f32, f32) {
    let x = match place {
        b'a' | b'd' | b'f' | b'h' => 0.0,
        b'b' | b'i' => cell.x(WHOLE / 2),
        // Not where an edge has its own: four triangles meet here.
        b'm' => cell.width / 2.0,
        _ => cell.width,
    };
    let y = match place {
        b'a' | b'b' | b'c' => 0.0,
        b'd' | b'e' => cell.y(WHOLE / 3),
        b'f' | b'g' => cell.y(2 * WHOLE / 3),
        b'm' => cell.height / 2.0,
        _ => cell.height,
    };
    (x, y)
}

/// U+1FB98, from upper left to lower right, and U+1FB99, the other way: stripes as broad as the room between. Two of them
/// beside each other and four above each other in a cell, as in the chart: they go on in every neighbour.
pub fn fills(cell: &mut Cell, code: u32) {
    let (width, height) = (cell.width, cell.height);
    let (apart, across) = (width / 2.0, width * 2.0);
    for stripe in -4..2 {
        let from = apart * stripe as f32;
        let x = [from, from + apart / 2.0, from + apart / 2.0 + across, from + across];
        let x = if code == 0x1fb98 { x } else { x.map(|x| width - x) };
        cell.polygon(Pen::Fill(1.0), [(x[0], 0.0), (x[1], 0.0), (x[2], height), (x[3], height)]);
    }
}

/// U+1FBE0 to U+1FBEF: the part of a circle that lies in the cell, around the middle of an edge or around a corner. It is
/// as wide as the cell, so that two halves make one.
pub fn circles(cell: &mut Cell, code: u32) {
    // Upper edge, right, lower, left; upper right corner, lower left, lower right, upper left.
    const MIDDLES: [(f32, f32); 8] =
        [(0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0)];
    let (number, pen, inside) = match code {
        0x1fbe0..=0x1fbe3 => (code - 0x1fbe0, Pen::Stroke, cell.thin / 2.0),
        _ => (code - 0x1fbe8, Pen::Fill(1.0), 0.0),
    };
    let (x, y) = MIDDLES[number as usize];
    let radius = cell.width.min(cell.height) / 2.0 - inside;
    cell.ellipse(pen, (x * cell.width, y * cell.height), (radius, radius));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twice the area, in cells of 6 by 6.
    fn twice(places: &str) -> f32 {
        let cell = Cell::of(' ', 6.0, 6.0);
        let points: Vec<_> = places.bytes().map(|place| point(&cell, place)).collect();
        let next = points.iter().cycle().skip(1);
        points.iter().zip(next).map(|((x1, y1), (x2, y2))| x1 * y2 - x2 * y1).sum::<f32>().abs()
    }

    #[test]
    fn mosaics_and_their_inverses_are_a_whole_cell() {
        for (one, other) in MOSAICS[..22].iter().zip(&MOSAICS[22..]) {
            assert_eq!(twice(one) + twice(other), 72.0, "{one} {other}");
            let shared = one.chars().filter(|place| other.contains(*place)).count();
            assert_eq!(shared, 2, "{one} and {other} share the line between them and nothing else");
        }
        for (one, other) in TRIANGLES[..4].iter().zip(&TRIANGLES[4..]) {
            assert_eq!((twice(one), twice(other)), (54.0, 18.0), "{one} {other}");
        }
    }

    #[test]
    fn mosaics_lie_on_the_side_of_their_corner() {
        // By name: the corner, from, to.
        for (code, corner, from, to) in [
            (0x1fb3c, 'h', 'f', 'i'),
            (0x1fb41, 'j', 'd', 'b'),
            (0x1fb46, 'j', 'f', 'e'),
            (0x1fb4c, 'h', 'b', 'e'),
            (0x1fb51, 'h', 'd', 'g'),
            (0x1fb52, 'c', 'f', 'i'),
            (0x1fb57, 'a', 'd', 'b'),
            (0x1fb5e, 'a', 'h', 'g'),
            (0x1fb67, 'c', 'd', 'g'),
        ] {
            let places = MOSAICS[code - 0x1fb3c];
            assert!([corner, from, to].iter().all(|place| places.contains(*place)), "{code:x}: {places}");
        }
    }
}
