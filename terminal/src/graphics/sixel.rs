//! Sixel pictures (DEC's STD 070, chapter 9, and the VT340's manual): six pixels of a column to a character.
//!
//! The text of a picture is kept until it is whole and drawn then, in two passes over it: the first finds how large
//! the picture is, so that the second writes into memory of just that size, whatever the text says on its way.

use super::picture::{MAX_SIDE, Picture, Refused};
use crate::checkpoint::{Damaged, Reader, Saved, damaged};
use crate::colour::{Rgb, default_palette};

/// Colour registers: as many as xterm has. A number beyond is taken modulo this.
pub const REGISTERS: usize = 1024;
/// Pixels of a character, one below the other.
const BAND: u32 = 6;

/// The first colours of a VT340, in percent.
const VT340: [[u8; 3]; 16] = [
    [0, 0, 0],
    [20, 20, 80],
    [80, 13, 13],
    [20, 80, 20],
    [80, 20, 80],
    [20, 80, 80],
    [80, 80, 20],
    [53, 53, 53],
    [26, 26, 26],
    [33, 33, 60],
    [60, 26, 26],
    [33, 60, 33],
    [60, 33, 60],
    [33, 60, 60],
    [60, 60, 33],
    [80, 80, 80],
];

/// The colour registers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Registers(Vec<Rgb>);

impl Default for Registers {
    /// The VT340's sixteen, then xterm's palette, then black.
    fn default() -> Self {
        let percent = |part: u8| (u16::from(part) * 255 / 100) as u8;
        let mut registers = vec![Rgb::BLACK; REGISTERS];
        for (index, register) in (0..=u8::MAX).zip(&mut registers) {
            *register = match VT340.get(usize::from(index)) {
                Some([red, green, blue]) => Rgb::new(percent(*red), percent(*green), percent(*blue)),
                None => default_palette(index),
            };
        }
        Self(registers)
    }
}

impl Saved for Registers {
    fn save(&self, to: &mut Vec<u8>) {
        let Self(registers) = self;
        registers.save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let registers: Vec<Rgb> = Vec::load(from)?;
        if registers.len() == REGISTERS { Ok(Self(registers)) } else { damaged("too few colour registers") }
    }
}

/// What the introducer of a picture says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Head {
    /// P1: how high a pixel is, in the VT340's numbers.
    pub(crate) aspect: u16,
    /// P2: what becomes of pixels that nobody draws.
    pub(crate) background: u16,
}

impl Head {
    /// Whether pixels that nobody draws stay what they were.
    fn is_transparent(self) -> bool {
        self.background == 1
    }

    /// How high and wide a pixel is.
    fn pixel(self) -> (u32, u32) {
        match self.aspect {
            2 => (5, 1),
            3 | 4 => (3, 1),
            7..=9 => (1, 1),
            _ => (2, 1),
        }
    }
}

/// One thing that the text says.
#[derive(Clone, Copy)]
enum Item {
    /// Raster attributes: height and width of a pixel, width and height of the picture.
    Raster([u32; 4]),
    Select(usize),
    Define(usize, Rgb),
    /// Six pixels below each other, so often.
    Sixel(u8, u32),
    Return,
    NewLine,
}

/// The items of a text.
struct Items<'a> {
    rest: &'a [u8],
}

impl Items<'_> {
    /// Numbers separated by semicolons; those beyond the last place are skipped. Gives how many there are.
    fn numbers<const N: usize>(&mut self) -> ([u32; N], usize) {
        let mut numbers = [0u32; N];
        let mut place = 0;
        while let Some((byte, rest)) = self.rest.split_first() {
            match byte {
                b'0'..=b'9' => {
                    if let Some(number) = numbers.get_mut(place) {
                        *number = number.saturating_mul(10).saturating_add(u32::from(byte - b'0'));
                    }
                }
                b';' => place += 1,
                _ => break,
            }
            self.rest = rest;
        }
        (numbers, place + 1)
    }

    fn colour(&mut self) -> Item {
        let ([register, system, first, second, third], count) = self.numbers::<5>();
        let register = register as usize % REGISTERS;
        match (count, system) {
            (5.., 1) => Item::Define(register, from_hls(first, second, third)),
            (5.., 2) => {
                let part = |percent: u32| (percent.min(100) * 255 / 100) as u8;
                Item::Define(register, Rgb::new(part(first), part(second), part(third)))
            }
            _ => Item::Select(register),
        }
    }
}

impl Iterator for Items<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            match byte {
                b'?'..=b'~' => return Some(Item::Sixel(byte - b'?', 1)),
                b'!' => {
                    let ([count], _) = self.numbers::<1>();
                    let Some((byte @ b'?'..=b'~', rest)) = self.rest.split_first() else { continue };
                    self.rest = rest;
                    return Some(Item::Sixel(byte - b'?', count.max(1)));
                }
                b'#' => return Some(self.colour()),
                b'"' => return Some(Item::Raster(self.numbers::<4>().0)),
                b'$' => return Some(Item::Return),
                b'-' => return Some(Item::NewLine),
                _ => {}
            }
        }
    }
}

/// How large a picture is, and its pixels.
#[derive(Clone, Copy)]
struct Extent {
    /// In pixels of the text, before they are made higher or wider.
    width: u32,
    height: u32,
    pixel: (u32, u32),
}

/// The first pass. `None`: it goes beyond any picture's size.
fn measure(head: Head, text: &[u8]) -> Option<Extent> {
    let (mut width, mut height, mut pixel) = (0u32, 0u32, head.pixel());
    let (mut x, mut y) = (0u32, 0u32);
    // Raster attributes count only before anything is drawn.
    let mut drawn = false;
    for item in (Items { rest: text }) {
        match item {
            Item::Raster([high, wide, across, down]) if !drawn => {
                if high > 0 && wide > 0 {
                    pixel = (high.div_ceil(wide), wide.div_ceil(high));
                }
                (width, height) = (width.max(across), height.max(down));
            }
            Item::Sixel(bits, count) => {
                drawn = true;
                x = x.saturating_add(count);
                if bits != 0 {
                    width = width.max(x);
                    height = height.max(y + u8::BITS - bits.leading_zeros());
                }
            }
            Item::Return => x = 0,
            Item::NewLine => (x, y) = (0, y + BAND),
            Item::Raster(_) | Item::Select(_) | Item::Define(..) => {}
        }
        if width > MAX_SIDE || height > MAX_SIDE || y > MAX_SIDE {
            return None;
        }
    }
    Some(Extent { width, height, pixel })
}

/// Draws a picture. `background` is what undrawn pixels become where the picture says so. The registers are left as
/// the picture set them.
pub(crate) fn draw(
    head: Head,
    text: &[u8],
    registers: &mut Registers,
    background: Rgb,
) -> Result<Picture, Refused> {
    let Extent { width, height, pixel: (high, wide) } = measure(head, text).ok_or(Refused::TooLarge)?;
    let picture = Picture::new(width.saturating_mul(wide), height.saturating_mul(high));
    if picture == Err(Refused::Empty) {
        define(text, registers);
    }
    let mut picture = picture?;
    let across = picture.width as usize;
    let (pixels, _) = picture.rgba.as_chunks_mut::<4>();
    if !head.is_transparent() {
        pixels.fill(opaque(background));
    }
    let Registers(registers) = registers;
    // Which one is selected at the start no manual says.
    let mut ink = opaque(registers[3]);
    let (mut x, mut y) = (0usize, 0usize);
    for item in (Items { rest: text }) {
        match item {
            Item::Select(register) => ink = opaque(registers[register]),
            Item::Define(register, colour) => {
                registers[register] = colour;
                ink = opaque(colour);
            }
            Item::Sixel(bits, count) => {
                let end = (x + count as usize).min(width as usize);
                if bits != 0 && x < end {
                    let columns = x * wide as usize..end * wide as usize;
                    for bit in (0..BAND as usize).filter(|bit| bits >> bit & 1 == 1) {
                        for row in (y + bit) * high as usize..(y + bit + 1) * high as usize {
                            pixels[row * across..][columns.clone()].fill(ink);
                        }
                    }
                }
                x = end;
            }
            Item::Return => x = 0,
            Item::NewLine => (x, y) = (0, y + BAND as usize),
            Item::Raster(_) => {}
        }
    }
    Ok(picture)
}

/// What a text without pixels is for.
fn define(text: &[u8], Registers(registers): &mut Registers) {
    for item in (Items { rest: text }) {
        if let Item::Define(register, colour) = item {
            registers[register] = colour;
        }
    }
}

fn opaque(colour: Rgb) -> [u8; 4] {
    [colour.red, colour.green, colour.blue, 255]
}

/// DEC's hue, lightness and saturation: degrees, of which 0 is blue, and percents.
fn from_hls(hue: u32, lightness: u32, saturation: u32) -> Rgb {
    let hue = f64::from((hue % 360 + 240) % 360);
    let lightness = f64::from(lightness.min(100)) / 100.0;
    let saturation = f64::from(saturation.min(100)) / 100.0;
    let chroma = (1.0 - (2.0 * lightness - 1.0).abs()) * saturation;
    let second = chroma * (1.0 - ((hue / 60.0) % 2.0 - 1.0).abs());
    let (red, green, blue) = match hue as u32 / 60 {
        0 => (chroma, second, 0.0),
        1 => (second, chroma, 0.0),
        2 => (0.0, chroma, second),
        3 => (0.0, second, chroma),
        4 => (second, 0.0, chroma),
        _ => (chroma, 0.0, second),
    };
    let part = |part: f64| ((part + lightness - chroma / 2.0) * 255.0).round().clamp(0.0, 255.0) as u8;
    Rgb::new(part(red), part(green), part(blue))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SQUARE: Head = Head { aspect: 7, background: 1 };

    fn drawn(head: Head, text: &str) -> Picture {
        draw(head, text.as_bytes(), &mut Registers::default(), Rgb::new(9, 9, 9)).expect("a picture")
    }

    /// The picture as rows of characters: r, g, b, w for pure colours, `.` for nothing, `,` for the background.
    fn rows(picture: &Picture) -> Vec<String> {
        let (pixels, _) = picture.rgba.as_chunks::<4>();
        let letter = |pixel: &[u8; 4]| match pixel {
            [255, 0, 0, 255] => 'r',
            [0, 255, 0, 255] => 'g',
            [0, 0, 255, 255] => 'b',
            [255, 255, 255, 255] => 'w',
            [9, 9, 9, 255] => ',',
            [0, 0, 0, 0] => '.',
            _ => '?',
        };
        pixels.chunks(picture.width as usize).map(|row| row.iter().map(letter).collect()).collect()
    }

    #[test]
    fn pixels_go_where_they_should() {
        let text = "#1;2;100;0;0#2;2;0;0;100#1~!2@$#2??A-#2!3~";
        assert_eq!(rows(&drawn(SQUARE, text))[..8], ["rrr", "r.b", "r..", "r..", "r..", "r..", "bbb", "bbb"]);
    }

    #[test]
    fn raster_attributes_give_size_and_shape() {
        let head = Head { aspect: 0, background: 0 };
        assert_eq!(rows(&drawn(head, "\"1;1;3;2#1;2;0;100;0@")), ["g,,", ",,,"]);
        assert_eq!(rows(&drawn(head, "#1;2;0;100;0@")), ["g", "g"], "two to one without them");
        assert_eq!(rows(&drawn(SQUARE, "\"3;1#1;2;0;100;0@")), ["g", "g", "g"]);
        assert_eq!(rows(&drawn(SQUARE, "\"1;2#1;2;0;100;0@")), ["gg"]);
        // Once something is drawn they come too late.
        assert_eq!(rows(&drawn(SQUARE, "#1;2;0;100;0@\"1;1;9;9")), ["g"]);
    }

    #[test]
    fn hues_are_those_of_dec() {
        assert_eq!(from_hls(0, 50, 100), Rgb::new(0, 0, 255));
        assert_eq!(from_hls(120, 50, 100), Rgb::new(255, 0, 0));
        assert_eq!(from_hls(240, 50, 100), Rgb::new(0, 255, 0));
        assert_eq!(from_hls(77, 100, 30), Rgb::WHITE);
        assert_eq!(from_hls(4_000_000_000, 0, 0), Rgb::BLACK);
    }

    #[test]
    fn registers_stay_as_they_were_set() {
        let mut registers = Registers::default();
        draw(SQUARE, b"#5;2;100;100;100", &mut registers, Rgb::BLACK).expect_err("nothing is drawn");
        let picture = draw(SQUARE, b"#5@", &mut registers, Rgb::BLACK).expect("a picture");
        assert_eq!(rows(&picture), ["w"]);
    }

    #[test]
    fn what_is_too_large_is_refused() {
        for text in ["!99999~", "\"1;1;99999;1", "\"1;1;10000;10000", "\"9999;1;10;9999"] {
            let refused = draw(SQUARE, text.as_bytes(), &mut Registers::default(), Rgb::BLACK);
            assert_eq!(refused.err(), Some(Refused::TooLarge), "{text}");
        }
        let deep = "-".repeat(1 << 20) + "~";
        assert!(draw(SQUARE, deep.as_bytes(), &mut Registers::default(), Rgb::BLACK).is_err());
        assert_eq!(draw(SQUARE, b"??", &mut Registers::default(), Rgb::BLACK).err(), Some(Refused::Empty));
    }

    proptest! {
        #[test]
        fn no_text_panics(
            text in prop::collection::vec(
                prop_oneof![
                    prop::sample::select(b"~@?#!\"$-;0123456789".to_vec()),
                    any::<u8>(),
                ],
                0..200,
            ),
            aspect in 0u16..12,
            background in 0u16..3,
        ) {
            let head = Head { aspect, background };
            let _ = draw(head, &text, &mut Registers::default(), Rgb::BLACK);
        }
    }
}
