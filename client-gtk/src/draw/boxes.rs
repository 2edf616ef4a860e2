//! Characters that must join without seams: box drawing, blocks, shades, braille and Powerline triangles, drawn by
//! geometry instead of from a font. Everything straight is made of rectangles on whole pixels.

use super::Metrics;
use gtk::cairo;
use gtk::gdk::RGBA;
use gtk::graphene::Rect;
use gtk::prelude::*;

/// U+2500 to U+257F by their arms to the left, right, up and down: light, heavy, double or none. Those without arms
/// (dashes, arcs, diagonals) are drawn apart. From the characters' names in the Unicode Character Database.
const ARMS: &str = "\
    ll.. hh.. ..ll ..hh .... .... .... .... .... .... .... .... .l.l .h.l .l.h .h.h \
    l..l h..l l..h h..h .ll. .hl. .lh. .hh. l.l. h.l. l.h. h.h. .lll .hll .lhl .llh \
    .lhh .hhl .hlh .hhh l.ll h.ll l.hl l.lh l.hh h.hl h.lh h.hh ll.l hl.l lh.l hh.l \
    ll.h hl.h lh.h hh.h lll. hll. lhl. hhl. llh. hlh. lhh. hhh. llll hlll lhll hhll \
    llhl lllh llhh hlhl lhhl hllh lhlh hhhl hhlh hlhh lhhh hhhh .... .... .... .... \
    dd.. ..dd .d.l .l.d .d.d d..l l..d d..d .dl. .ld. .dd. d.l. l.d. d.d. .dll .ldd \
    .ddd d.ll l.dd d.dd dd.l ll.d dd.d ddl. lld. ddd. ddll lldd dddd .... .... .... \
    .... .... .... .... l... ..l. .l.. ...l h... ..h. .h.. ...h lh.. ..lh hl.. ..hl";

/// An arm of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
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

    /// Pixels across it.
    fn width(self, thin: f32) -> f32 {
        match self {
            Self::None => 0.0,
            Self::Light => thin,
            Self::Heavy => 2.0 * thin,
            Self::Double => 3.0 * thin,
        }
    }
}

/// Whether a character is drawn here.
pub fn is_drawn(character: char) -> bool {
    matches!(character, '\u{2500}'..='\u{259f}' | '\u{2800}'..='\u{28ff}' | '\u{e0b0}'..='\u{e0b3}')
}

/// Draws a character into the cell at `x`, 0.
pub fn draw(snapshot: &gtk::Snapshot, character: char, x: f32, metrics: &Metrics, colour: &RGBA) {
    let cell = Cell { snapshot, x, width: metrics.width, height: metrics.height, colour };
    let thin = (metrics.width / 8.0).round().max(1.0);
    match character {
        '\u{2504}'..='\u{250b}' | '\u{254c}'..='\u{254f}' => cell.dashes(character, thin),
        '\u{256d}'..='\u{2570}' => cell.arc(character, thin),
        '\u{2571}'..='\u{2573}' => cell.diagonals(character, thin),
        '\u{2500}'..='\u{257f}' => cell.arms(character, thin),
        '\u{2580}'..='\u{259f}' => cell.block(character),
        '\u{2800}'..='\u{28ff}' => cell.braille(character),
        '\u{e0b0}'..='\u{e0b3}' => cell.triangle(character, thin),
        _ => {}
    }
}

struct Cell<'a> {
    snapshot: &'a gtk::Snapshot,
    x: f32,
    width: f32,
    height: f32,
    colour: &'a RGBA,
}

impl Cell<'_> {
    fn rectangle(&self, x: f32, y: f32, width: f32, height: f32) {
        if width > 0.0 && height > 0.0 {
            self.snapshot.append_color(self.colour, &Rect::new(self.x + x, y, width, height));
        }
    }

    fn stroke(&self, draw: impl FnOnce(&cairo::Context)) {
        let context = self.snapshot.append_cairo(&Rect::new(self.x, 0.0, self.width, self.height));
        context.translate(f64::from(self.x), 0.0);
        let RGBA { .. } = self.colour;
        let [red, green, blue, alpha] =
            [self.colour.red(), self.colour.green(), self.colour.blue(), self.colour.alpha()].map(f64::from);
        context.set_source_rgba(red, green, blue, alpha);
        draw(&context);
    }

    /// Lines from the middle to the edges. A double line is two light ones with a light one's width between them.
    fn arms(&self, character: char, thin: f32) {
        let at = (character as usize - 0x2500) * 5;
        let Some(arms) = ARMS.as_bytes().get(at..at + 4) else { return };
        let [left, right, up, down] = [arms[0], arms[1], arms[2], arms[3]].map(Arm::from_byte);
        // The pixels across a line through the middle: the first one, and how many.
        let across = |length: f32, arms: [Arm; 2]| {
            let first = ((length / 2.0).floor() - thin / 2.0).floor();
            let width = arms.map(|arm| arm.width(thin)).into_iter().fold(thin, f32::max);
            if width > 2.0 * thin { (first - thin, width) } else { (first, width) }
        };
        let (x, y) = (across(self.width, [up, down]), across(self.height, [left, right]));
        let line = |arm: Arm, horizontal: bool, towards_start: bool, sides: [Arm; 2]| {
            let length = if horizontal { self.width } else { self.height };
            let (first, _) = across(if horizontal { self.height } else { self.width }, [Arm::Light; 2]);
            let (crossing, wide) = if horizontal { x } else { y };
            let lines: &[(f32, f32, Arm)] = match arm {
                Arm::None => return,
                Arm::Light => &[(0.0, 1.0, Arm::Light)],
                Arm::Heavy => &[(0.0, 2.0, Arm::Light)],
                // Each half of a double line ends at the double line on its side, or goes on to the other half of it.
                Arm::Double => &[(-1.0, 1.0, sides[0]), (1.0, 1.0, sides[1])],
            };
            for (offset, thickness, side) in lines {
                let (place, thick) = (first + offset * thin, thickness * thin);
                let meets = *side == Arm::Double;
                let (from, to) = match (towards_start, meets) {
                    (true, false) => (0.0, crossing + wide),
                    (true, true) => (0.0, crossing + thin),
                    (false, false) => (crossing, length),
                    (false, true) => (crossing + wide - thin, length),
                };
                if horizontal {
                    self.rectangle(from, place, to - from, thick);
                } else {
                    self.rectangle(place, from, thick, to - from);
                }
            }
        };
        line(left, true, true, [up, down]);
        line(right, true, false, [up, down]);
        line(up, false, true, [left, right]);
        line(down, false, false, [left, right]);
    }

    fn dashes(&self, character: char, thin: f32) {
        let (count, heavy, horizontal) = match character as u32 {
            code @ 0x2504..=0x250b => {
                (if code < 0x2508 { 3 } else { 4 }, code % 2 == 1, (code - 0x2504) % 4 < 2)
            }
            code => (2, code % 2 == 1, code < 0x254e),
        };
        let thickness = if heavy { thin * 2.0 } else { thin };
        let length = if horizontal { self.width } else { self.height };
        let step = length / count as f32;
        for dash in 0..count {
            let from = (dash as f32 * step + step * 0.2).round();
            let long = (step * 0.6).round().max(1.0);
            if horizontal {
                self.rectangle(from, ((self.height - thickness) / 2.0).floor(), long, thickness);
            } else {
                self.rectangle(((self.width - thickness) / 2.0).floor(), from, thickness, long);
            }
        }
    }

    /// A quarter of a circle between the middles of two edges, where [`Cell::arms`] has its lines.
    fn arc(&self, character: char, thin: f32) {
        let (width, height, thin) = (f64::from(self.width), f64::from(self.height), f64::from(thin));
        let x = ((width / 2.0).floor() - thin / 2.0).floor() + thin / 2.0;
        let y = ((height / 2.0).floor() - thin / 2.0).floor() + thin / 2.0;
        let (to_right, to_down) = match character {
            '\u{256d}' => (true, true),
            '\u{256e}' => (false, true),
            '\u{256f}' => (false, false),
            _ => (true, false),
        };
        let (end_x, end_y) = (if to_right { width } else { 0.0 }, if to_down { height } else { 0.0 });
        let radius = (end_x - x).abs().min((end_y - y).abs());
        let (along_x, along_y) = (if to_right { 1.0 } else { -1.0 }, if to_down { 1.0 } else { -1.0 });
        self.stroke(|context| {
            context.set_line_width(thin);
            context.move_to(x, end_y);
            context.line_to(x, y + along_y * radius);
            context.curve_to(
                x,
                y + along_y * radius * 0.45,
                x + along_x * radius * 0.45,
                y,
                x + along_x * radius,
                y,
            );
            context.line_to(end_x, y);
            let _ = context.stroke(); // a surface that fails shows nothing
        });
    }

    fn diagonals(&self, character: char, thin: f32) {
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        self.stroke(|context| {
            context.set_line_width(f64::from(thin));
            if character != '\u{2572}' {
                context.move_to(width, 0.0);
                context.line_to(0.0, height);
            }
            if character != '\u{2571}' {
                context.move_to(0.0, 0.0);
                context.line_to(width, height);
            }
            let _ = context.stroke(); // as above
        });
    }

    fn block(&self, character: char) {
        let (width, height) = (self.width, self.height);
        let eighths = |count: u32, of: f32| (of * count as f32 / 8.0).round();
        match character as u32 {
            0x2580 => self.rectangle(0.0, 0.0, width, eighths(4, height)),
            code @ 0x2581..=0x2588 => {
                let high = eighths(code - 0x2580, height);
                self.rectangle(0.0, height - high, width, high);
            }
            code @ 0x2589..=0x258f => self.rectangle(0.0, 0.0, eighths(0x2590 - code, width), height),
            0x2590 => {
                let from = eighths(4, width);
                self.rectangle(from, 0.0, width - from, height);
            }
            code @ 0x2591..=0x2593 => {
                let mut shade = *self.colour;
                shade.set_alpha(shade.alpha() * (code - 0x2590) as f32 / 4.0);
                Cell { colour: &shade, ..*self }.rectangle(0.0, 0.0, width, height);
            }
            0x2594 => self.rectangle(0.0, 0.0, width, eighths(1, height)),
            0x2595 => {
                let from = eighths(7, width);
                self.rectangle(from, 0.0, width - from, height);
            }
            code => {
                // Quadrants: upper left 1, upper right 2, lower left 4, lower right 8.
                const QUADRANTS: [u8; 10] = [4, 8, 1, 13, 9, 7, 11, 2, 6, 14];
                let set = QUADRANTS.get(code as usize - 0x2596).copied().unwrap_or(0);
                let (x, y) = (eighths(4, width), eighths(4, height));
                let parts = [
                    (1, 0.0, 0.0, x, y),
                    (2, x, 0.0, width - x, y),
                    (4, 0.0, y, x, height - y),
                    (8, x, y, width - x, height - y),
                ];
                for (bit, x, y, width, height) in parts {
                    if set & bit != 0 {
                        self.rectangle(x, y, width, height);
                    }
                }
            }
        }
    }

    /// Dots 1 to 8 by the bits of the code point.
    fn braille(&self, character: char) {
        const DOTS: [(u8, u8); 8] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
        let size = (self.width / 4.0).round().max(1.0);
        for (bit, (col, row)) in DOTS.iter().enumerate() {
            if character as u32 >> bit & 1 != 0 {
                let x = (self.width * (0.25 + 0.5 * f32::from(*col)) - size / 2.0).round();
                let y = (self.height * (0.125 + 0.25 * f32::from(*row)) - size / 2.0).round();
                self.rectangle(x, y, size, size);
            }
        }
    }

    fn triangle(&self, character: char, thin: f32) {
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        let to_right = matches!(character, '\u{e0b0}' | '\u{e0b1}');
        let filled = matches!(character, '\u{e0b0}' | '\u{e0b2}');
        let (base, tip) = if to_right { (0.0, width) } else { (width, 0.0) };
        self.stroke(|context| {
            context.move_to(base, 0.0);
            context.line_to(tip, height / 2.0);
            context.line_to(base, height);
            context.set_line_width(f64::from(thin));
            let _ = if filled { context.fill() } else { context.stroke() }; // as above
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_the_block_has_its_arms() {
        assert_eq!(ARMS.split(' ').count(), 128);
        assert!(ARMS.split(' ').all(|arms| arms.len() == 4));
        let arms = |character: char| &ARMS[(character as usize - 0x2500) * 5..][..4];
        for (character, expected) in
            [('─', "ll.."), ('┃', "..hh"), ('┌', ".l.l"), ('┼', "llll"), ('╬', "dddd"), ('╿', "..hl")]
        {
            assert_eq!(arms(character), expected, "{character}");
        }
    }
}
