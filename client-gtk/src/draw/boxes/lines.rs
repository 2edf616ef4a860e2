//! Box drawing (U+2500 to U+257F) as far as it is horizontal and vertical.

use super::{Cell, WHOLE};

/// U+2500 to U+257F by their arms to the left, right, up and down: light, heavy, double or none. Those without arms
/// (dashes, arcs, diagonals) are drawn apart. From the characters' names in the Unicode Character Database.
pub const ARMS: &str = "\
    ll.. hh.. ..ll ..hh .... .... .... .... .... .... .... .... .l.l .h.l .l.h .h.h \
    l..l h..l l..h h..h .ll. .hl. .lh. .hh. l.l. h.l. l.h. h.h. .lll .hll .lhl .llh \
    .lhh .hhl .hlh .hhh l.ll h.ll l.hl l.lh l.hh h.hl h.lh h.hh ll.l hl.l lh.l hh.l \
    ll.h hl.h lh.h hh.h lll. hll. lhl. hhl. llh. hlh. lhh. hhh. llll hlll lhll hhll \
    llhl lllh llhh hlhl lhhl hllh lhlh hhhl hhlh hlhh lhhh hhhh .... .... .... .... \
    dd.. ..dd .d.l .l.d .d.d d..l l..d d..d .dl. .ld. .dd. d.l. l.d. d.d. .dll .ldd \
    .ddd d.ll l.dd d.dd dd.l ll.d dd.d ddl. lld. ddd. ddll lldd dddd .... .... .... \
    .... .... .... .... l... ..l. .l.. ...l h... ..h. .h.. ...h lh.. ..lh hl.. ..hl";

/// An arm of a line, from the thinnest to the widest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Arm {
    None,
    Light,
    Heavy,
    Double,
}

impl Arm {
    fn from_byte(byte: u8) -> Self {
        match byte {
            b'l' => Self::Light,
            b'h' => Self::Heavy,
            b'd' => Self::Double,
            _ => Self::None,
        }
    }
}

impl Cell {
    /// Where a line through the middle of so many pixels begins.
    pub fn middle(length: f32, thickness: f32) -> f32 {
        ((length - thickness) / 2.0).floor()
    }

    /// The first pixel across a line through the middle, and how many there are. A double one is two light ones on both
    /// sides of where a light one would be.
    fn across(&self, length: f32, arm: Arm) -> (f32, f32) {
        let light = Self::middle(length, self.thin);
        match arm {
            Arm::None | Arm::Light => (light, self.thin),
            Arm::Heavy => (Self::middle(length, 2.0 * self.thin), 2.0 * self.thin),
            Arm::Double => (light - self.thin, 3.0 * self.thin),
        }
    }
}

/// Lines from the middle to the edges.
pub fn arms(cell: &mut Cell, code: u32) {
    let at = (code as usize - 0x2500) * 5;
    let Some(arms) = ARMS.as_bytes().get(at..at + 4) else { return };
    let [left, right, up, down] = [arms[0], arms[1], arms[2], arms[3]].map(Arm::from_byte);
    let x = cell.across(cell.width, up.max(down));
    let y = cell.across(cell.height, left.max(right));
    let mut line = |arm: Arm, horizontal: bool, towards_start: bool, sides: [Arm; 2]| {
        let (length, breadth) =
            if horizontal { (cell.width, cell.height) } else { (cell.height, cell.width) };
        let (crossing, wide) = if horizontal { x } else { y };
        let (first, thickness) = cell.across(breadth, arm);
        let thin = cell.thin;
        let lines: &[(f32, f32, Arm)] = match arm {
            Arm::None => return,
            Arm::Light | Arm::Heavy => &[(first, thickness, Arm::Light)],
            // Each half of a double line ends at the double line on its side, or goes on to the other half of it.
            Arm::Double => &[(first, thin, sides[0]), (first + 2.0 * thin, thin, sides[1])],
        };
        for (place, thick, side) in lines.iter().copied() {
            let meets = side == Arm::Double;
            let (from, to) = match (towards_start, meets) {
                (true, false) => (0.0, crossing + wide),
                (true, true) => (0.0, crossing + thin),
                (false, false) => (crossing, length),
                (false, true) => (crossing + wide - thin, length),
            };
            if horizontal {
                cell.rectangle(from, place, to - from, thick);
            } else {
                cell.rectangle(place, from, thick, to - from);
            }
        }
    };
    line(left, true, true, [up, down]);
    line(right, true, false, [up, down]);
    line(up, false, true, [left, right]);
    line(down, false, false, [left, right]);
}

/// Two, three or four dashes: U+2504 to U+250B and U+254C to U+254F. The room between two is the same within a cell and
/// from one cell to the next.
pub fn dashes(cell: &mut Cell, code: u32) {
    let (count, horizontal) = match code {
        0x2504..=0x250b => (if code < 0x2508 { 3 } else { 4 }, (code - 0x2504) % 4 < 2),
        _ => (2, code < 0x254e),
    };
    let thickness = if code % 2 == 1 { 2.0 * cell.thin } else { cell.thin };
    let (length, breadth) = if horizontal { (cell.width, cell.height) } else { (cell.height, cell.width) };
    let place = Cell::middle(breadth, thickness);
    let step = length / count as f32;
    // Three fifths of it ink, by eye.
    let gap = (step * 0.4).round().max(1.0);
    let before = (gap / 2.0).floor();
    for dash in 0..count {
        let edge = |number: u32| if number == count { length } else { (step * number as f32).round() };
        let from = edge(dash) + before;
        let long = (edge(dash + 1) - edge(dash) - gap).max(1.0);
        if horizontal {
            cell.rectangle(from, place, long, thickness);
        } else {
            cell.rectangle(place, from, thickness, long);
        }
    }
}

/// U+1FBAF, a light horizontal line with a stroke through it; half as high as the cell in the chart.
pub fn tick(cell: &mut Cell, _: u32) {
    let (x, y) = (Cell::middle(cell.width, cell.thin), Cell::middle(cell.height, cell.thin));
    let (top, bottom) = (cell.y(WHOLE / 4), cell.y(WHOLE * 3 / 4));
    cell.rectangle(0.0, y, cell.width, cell.thin);
    cell.rectangle(x, top, cell.thin, bottom - top);
}
