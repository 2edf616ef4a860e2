//! Images that characters stand for (kitty's graphics protocol, "Unicode placeholders"): which part of which image a cell
//! of text shows. Programs write U+10EEEE in the colour of the image's number, with marks above it that count rows and
//! columns; so the text can be moved, cut and scrolled by programs that know nothing of images, and a viewer finds the
//! image in the text that it draws, on the screen and in history alike.

use std::borrow::Cow;

use super::{Colour, Content, Frame, FrameRow, Style, WrappedRow};

/// The character that stands for a cell of an image.
pub const PLACEHOLDER: char = '\u{10eeee}';

/// Neighbouring cells of one row that show neighbouring cells of one image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlaceholderRun {
    /// Its first column on the screen.
    pub col: usize,
    /// Columns.
    pub cols: usize,
    /// The program's name for the image.
    pub image_id: u32,
    /// And for its placement; 0 if any will do.
    pub placement_id: u32,
    /// The row of the image's cells.
    pub image_row: u32,
    /// The first column of the image's cells.
    pub image_col: u32,
}

/// One cell that stands for a part of an image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Part {
    /// The lower 24 bits of the image's name, or its number in the palette's range.
    colour: u32,
    placement_id: u32,
    row: u32,
    col: u32,
    /// The upper 8 bits of the image's name.
    high: u32,
}

/// The text without the characters in it that stand for images, and the marks above these: blanks.
pub fn without(text: &str) -> Cow<'_, str> {
    if !text.contains(PLACEHOLDER) {
        return Cow::Borrowed(text);
    }
    let mut without = String::with_capacity(text.len());
    let mut marked = false;
    for character in text.chars() {
        marked = character == PLACEHOLDER || marked && mark(character).is_some();
        match character {
            PLACEHOLDER => without.push(' '),
            _ if marked => {}
            character => without.push(character),
        }
    }
    Cow::Owned(without)
}

/// The images that a row of lines stands for. `last_col`: the column behind the last one that is looked at.
pub fn in_row(row: &WrappedRow, last_col: usize) -> Vec<PlaceholderRun> {
    let cells = row.glyphs.iter().scan(0, |next, glyph| {
        let col = std::mem::replace(next, *next + glyph.width);
        (col < last_col).then_some((col, &*glyph.text, glyph.style))
    });
    runs(cells)
}

/// The images that a row of the screen stands for.
pub fn on_screen(frame: &Frame, row: &FrameRow) -> Vec<PlaceholderRun> {
    const BARE: &str = "\u{10eeee}";
    let cells = row.cells.iter().enumerate().filter_map(|(col, cell)| {
        let text = match cell.content() {
            Content::Char(PLACEHOLDER) => BARE,
            Content::Cluster(number) => frame.cluster(number),
            Content::Spacer => return None,
            Content::Char(_) | Content::Blank => "",
        };
        Some((col, text, frame.style(cell.style())))
    });
    runs(cells)
}

/// Of cells: their columns, text and style.
fn runs<'a>(cells: impl Iterator<Item = (usize, &'a str, Style)>) -> Vec<PlaceholderRun> {
    let mut runs: Vec<PlaceholderRun> = Vec::new();
    let mut before = None;
    for (col, text, style) in cells {
        let part = part(text, &style, before);
        if let Some(Part { colour, placement_id, row, col: image_col, high }) = part {
            let image_id = high << 24 | colour;
            match runs.last_mut() {
                Some(run)
                    if run.col + run.cols == col
                        && (run.image_id, run.placement_id) == (image_id, placement_id)
                        && (run.image_row, run.image_col + run.cols as u32) == (row, image_col) =>
                {
                    run.cols += 1;
                }
                _ => {
                    let image_row = row;
                    runs.push(PlaceholderRun { col, cols: 1, image_id, placement_id, image_row, image_col });
                }
            }
        }
        before = part;
    }
    runs
}

/// What a cell stands for. What it leaves unsaid follows from the cell before it.
fn part(text: &str, style: &Style, before: Option<Part>) -> Option<Part> {
    let mut characters = text.chars();
    if characters.next() != Some(PLACEHOLDER) {
        return None;
    }
    let mut marks = characters.filter_map(mark);
    let (colour, placement_id) = (number(style.foreground), number(style.underline_colour));
    let before = before.filter(|part| (part.colour, part.placement_id) == (colour, placement_id));
    let (row, col, high) = match (marks.next(), marks.next(), marks.next()) {
        (None, ..) => before.map_or((0, 0, 0), |part| (part.row, part.col + 1, part.high)),
        (Some(row), None, _) => {
            before.filter(|part| part.row == row).map_or((row, 0, 0), |part| (row, part.col + 1, part.high))
        }
        (Some(row), Some(col), None) => {
            let goes_on = before.filter(|part| (part.row, part.col + 1) == (row, col));
            (row, col, goes_on.map_or(0, |part| part.high))
        }
        (Some(row), Some(col), Some(high)) => (row, col, high & 0xff),
    };
    Some(Part { colour, placement_id, row, col, high })
}

/// The number that a colour stands for.
fn number(colour: Colour) -> u32 {
    match colour {
        Colour::Default => 0,
        Colour::Indexed(index) => u32::from(index),
        Colour::Rgb(rgb) => u32::from(rgb.r) << 16 | u32::from(rgb.g) << 8 | u32::from(rgb.b),
    }
}

/// The number that a mark stands for, counted from 0.
fn mark(character: char) -> Option<u32> {
    let wanted = u32::from(character);
    let mut count = 0;
    for (first, last) in DIACRITICS {
        if (first..=last).contains(&wanted) {
            return Some(count + wanted - first);
        }
        count += last + 1 - first;
    }
    None
}

/// The marks that count, in order and by ranges: kitty's protocol names them once for all, marks above a character of
/// Unicode 6.0 that make no other character with one.
const DIACRITICS: [(u32, u32); 86] = [
    (0x0305, 0x0305),
    (0x030d, 0x030e),
    (0x0310, 0x0310),
    (0x0312, 0x0312),
    (0x033d, 0x033f),
    (0x0346, 0x0346),
    (0x034a, 0x034c),
    (0x0350, 0x0352),
    (0x0357, 0x0357),
    (0x035b, 0x035b),
    (0x0363, 0x036f),
    (0x0483, 0x0487),
    (0x0592, 0x0595),
    (0x0597, 0x0599),
    (0x059c, 0x05a1),
    (0x05a8, 0x05a9),
    (0x05ab, 0x05ac),
    (0x05af, 0x05af),
    (0x05c4, 0x05c4),
    (0x0610, 0x0617),
    (0x0657, 0x065b),
    (0x065d, 0x065e),
    (0x06d6, 0x06dc),
    (0x06df, 0x06e2),
    (0x06e4, 0x06e4),
    (0x06e7, 0x06e8),
    (0x06eb, 0x06ec),
    (0x0730, 0x0730),
    (0x0732, 0x0733),
    (0x0735, 0x0736),
    (0x073a, 0x073a),
    (0x073d, 0x073d),
    (0x073f, 0x0741),
    (0x0743, 0x0743),
    (0x0745, 0x0745),
    (0x0747, 0x0747),
    (0x0749, 0x074a),
    (0x07eb, 0x07f1),
    (0x07f3, 0x07f3),
    (0x0816, 0x0819),
    (0x081b, 0x0823),
    (0x0825, 0x0827),
    (0x0829, 0x082d),
    (0x0951, 0x0951),
    (0x0953, 0x0954),
    (0x0f82, 0x0f83),
    (0x0f86, 0x0f87),
    (0x135d, 0x135f),
    (0x17dd, 0x17dd),
    (0x193a, 0x193a),
    (0x1a17, 0x1a17),
    (0x1a75, 0x1a7c),
    (0x1b6b, 0x1b6b),
    (0x1b6d, 0x1b73),
    (0x1cd0, 0x1cd2),
    (0x1cda, 0x1cdb),
    (0x1ce0, 0x1ce0),
    (0x1dc0, 0x1dc1),
    (0x1dc3, 0x1dc9),
    (0x1dcb, 0x1dcc),
    (0x1dd1, 0x1de6),
    (0x1dfe, 0x1dfe),
    (0x20d0, 0x20d1),
    (0x20d4, 0x20d7),
    (0x20db, 0x20dc),
    (0x20e1, 0x20e1),
    (0x20e7, 0x20e7),
    (0x20e9, 0x20e9),
    (0x20f0, 0x20f0),
    (0x2cef, 0x2cf1),
    (0x2de0, 0x2dff),
    (0xa66f, 0xa66f),
    (0xa67c, 0xa67d),
    (0xa6f0, 0xa6f1),
    (0xa8e0, 0xa8f1),
    (0xaab0, 0xaab0),
    (0xaab2, 0xaab3),
    (0xaab7, 0xaab8),
    (0xaabe, 0xaabf),
    (0xaac1, 0xaac1),
    (0xfe20, 0xfe26),
    (0x10a0f, 0x10a0f),
    (0x10a38, 0x10a38),
    (0x1d185, 0x1d189),
    (0x1d1aa, 0x1d1ad),
    (0x1d242, 0x1d244),
];

#[cfg(test)]
mod tests {
    use super::super::{Glyph, Rgb};
    use super::*;

    fn row(cells: &[(&str, u32, u32)]) -> WrappedRow {
        let rgb = |number: u32| {
            Colour::Rgb(Rgb { r: (number >> 16) as u8, g: (number >> 8) as u8, b: number as u8 })
        };
        let glyphs = cells.iter().map(|(text, image, placement)| {
            let underline_colour = if *placement == 0 { Colour::Default } else { rgb(*placement) };
            let style = Style { foreground: rgb(*image), underline_colour, ..Style::default() };
            Glyph { text: (*text).into(), width: 1, style, link: None }
        });
        WrappedRow { glyphs: glyphs.collect(), wrapped: false }
    }

    fn found(cells: &[(&str, u32, u32)]) -> Vec<(usize, usize, u32, u32, u32, u32)> {
        let run = |run: PlaceholderRun| {
            (run.col, run.cols, run.image_id, run.placement_id, run.image_row, run.image_col)
        };
        in_row(&row(cells), 99).into_iter().map(run).collect()
    }

    #[test]
    fn marks_count_from_the_first_to_the_last() {
        assert_eq!(mark('\u{305}'), Some(0));
        assert_eq!(mark('\u{30d}'), Some(1));
        assert_eq!(mark('\u{363}'), Some(17));
        assert_eq!(mark('\u{1d244}'), Some(296));
        assert_eq!(mark('\u{301}'), None);
        let count: u32 = DIACRITICS.iter().map(|(first, last)| last + 1 - first).sum();
        assert_eq!(count, 297);
        assert!(DIACRITICS.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
    }

    #[test]
    fn as_text_they_are_blanks() {
        assert_eq!(without("a\u{10eeee}\u{305}\u{30d}\u{10eeee}b\u{305}"), "a  b\u{305}");
        assert!(matches!(without("e\u{301}"), Cow::Borrowed(_)));
    }

    #[test]
    fn cells_with_all_marks_say_all() {
        let cells = [
            ("x", 42, 0),
            ("\u{10eeee}\u{30d}\u{305}\u{30e}", 42, 7),
            ("\u{10eeee}\u{30d}\u{30d}\u{30e}", 42, 7),
            ("\u{10eeee}\u{30d}\u{310}\u{30e}", 42, 7),
        ];
        assert_eq!(found(&cells), [(1, 2, 2 << 24 | 42, 7, 1, 0), (3, 1, 2 << 24 | 42, 7, 1, 3)]);
        assert_eq!(in_row(&row(&cells), 2).len(), 1);
    }

    #[test]
    fn what_is_left_unsaid_follows_from_the_cell_before() {
        // Row alone, then nothing, then row and column that go on; the upper bits stay.
        let cells = [
            ("\u{10eeee}\u{30e}\u{305}\u{30d}", 5, 0),
            ("\u{10eeee}\u{30e}", 5, 0),
            ("\u{10eeee}", 5, 0),
            ("\u{10eeee}\u{30e}\u{310}", 5, 0),
        ];
        assert_eq!(found(&cells), [(0, 4, 1 << 24 | 5, 0, 2, 0)]);
        // Another colour, another row, another underline: it begins anew.
        for other in [("\u{10eeee}", 6, 0), ("\u{10eeee}\u{30d}", 5, 0), ("\u{10eeee}", 5, 9)] {
            let all = found(&[cells[0], other]);
            assert_eq!((all.len(), all[1].1, all[1].5), (2, 1, 0), "{other:?}");
        }
        // Text between them, too.
        assert_eq!(found(&[cells[0], ("-", 5, 0), ("\u{10eeee}", 5, 0)])[1], (2, 1, 5, 0, 0, 0));
    }

    #[test]
    fn a_number_of_the_palette_names_an_image() {
        let style = Style { foreground: Colour::Indexed(200), ..Style::default() };
        let glyph = Glyph { text: "\u{10eeee}".into(), width: 1, style, link: None };
        let found = in_row(&WrappedRow { glyphs: vec![glyph], wrapped: false }, 10);
        assert_eq!(found[0].image_id, 200);
    }
}
