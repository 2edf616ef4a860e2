//! Differences between what is wanted and what stands on the outer terminal, as escape sequences.
//!
//! Knows rows of cells and nothing of frames, history or overlays: those compose, this paints. The cursor is
//! placed anew after everything outside ASCII, because terminals disagree about widths; wrapping is off, so that
//! nothing ever scrolls by itself. Only sequences that every terminal since the VT100 knows are used unasked.
//!
//! ```text
//! begin ─► scroll ─► row 0 … row n ─► finish ─► bytes of one frame
//!            │          │
//!            │          └ skipped where the tag says that it stands already
//!            └ rows that moved are moved, not written again
//! ```

use super::canvas::{Inks, Tag, is_erased, mend};
use super::outer::Abilities;
use super::style;
use scarab_protocol::grid::{Cell, Content, CursorShape, RowIdentity, StyleId};
use std::io::Write;

/// Where the cursor shall stand, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Row from 0.
    pub row: u16,
    /// Column from 0.
    pub col: u16,
    /// Its form; `None` is the outer terminal's own.
    pub form: Option<(CursorShape, bool)>,
}

/// A frame below this many bytes is drawn as it is: the terminal takes it at once, and hiding the cursor or
/// opening a synchronized update would cost more than it shows. Chosen by feel.
const SMALL: usize = 256;
/// Unchanged cells between two changes that are written again rather than skipped: moving the cursor takes as
/// many bytes.
const GAP: usize = 4;
/// Rows that must be saved before a scroll pays for its sequences.
const MIN_SCROLL: usize = 3;

#[derive(Debug, Default)]
struct Row {
    tag: Tag,
    cells: Vec<Cell>,
}

/// The outer screen as it was painted, and what is being painted.
#[derive(Debug, Default)]
pub struct Painter {
    /// The numbers of everything shown.
    pub inks: Inks,
    shown: Vec<Row>,
    cols: usize,
    /// False: the outer screen may show anything.
    known: bool,
    abilities: Abilities,
    scratch: Vec<Cell>,
    body: Vec<u8>,
    /// The outer cursor's row and, where known, column.
    at: Option<(usize, Option<usize>)>,
    pen: StyleId,
    cursor_shown: Option<bool>,
    cursor_form: Option<(CursorShape, bool)>,
    reverse: bool,
}

impl Painter {
    /// Begins a frame of this size. What was shown is forgotten when the size is another, or the numbers of inks
    /// run out.
    pub fn begin(&mut self, cols: u16, rows: u16, abilities: Abilities) {
        self.abilities = abilities;
        self.body.clear();
        let (cols, rows) = (usize::from(cols), usize::from(rows));
        if self.known && self.cols == cols && self.shown.len() == rows && !self.inks.crowded() {
            return;
        }
        self.inks = Inks::default();
        self.cols = cols;
        self.shown.clear();
        self.shown.resize_with(rows, || Row { tag: Tag::None, cells: vec![Cell::BLANK; cols] });
        self.known = true;
        self.pen = StyleId(0);
        self.at = None;
        self.body.extend_from_slice(if self.abilities.osc {
            b"\x1b]8;;\x1b\\\x1b[r\x1b[m\x1b[2J"
        } else {
            b"\x1b[r\x1b[m\x1b[2J"
        });
    }

    /// The outer screen was touched by others, or its abilities changed: all must be painted again.
    pub fn forget(&mut self) {
        self.known = false;
        self.cursor_shown = None;
    }

    /// The outer cursor's form and colours are the terminal's own again (it was given away and taken back).
    pub fn forget_forms(&mut self) {
        self.cursor_form = None;
        self.reverse = false;
    }

    /// The outer cursor's form is not the terminal's own any more.
    pub fn form_changed(&self) -> bool {
        self.cursor_form.is_some()
    }

    /// Reverse video for the whole screen.
    pub fn reverse(&mut self, reverse: bool) {
        if self.reverse != reverse {
            self.reverse = reverse;
            self.body.extend_from_slice(if reverse { b"\x1b[?5h" } else { b"\x1b[?5l" });
        }
    }

    /// Moves what stands already to where the rows of `tags` (top to bottom) want it.
    pub fn scroll(&mut self, tags: impl Fn(usize) -> Tag) {
        let identity = |tag: Tag| match tag {
            Tag::Frame { identity, .. } => Some(identity),
            Tag::None => None,
        };
        let rows = self.shown.len();
        let wanted = |row: usize| if row < rows { identity(tags(row)) } else { None };
        let shown = |row: usize| self.shown.get(row).and_then(|row| identity(row.tag));
        let same = |row: usize, from: usize| wanted(row).is_some() && wanted(row) == shown(from);
        let Some((first, from)) = (0..rows).filter(|&row| !same(row, row)).find_map(|row| {
            let sought: RowIdentity = wanted(row)?;
            (0..rows).find(|&from| shown(from) == Some(sought)).map(|from| (row, from))
        }) else {
            return;
        };
        let length = (0..rows).take_while(|&step| same(first + step, from + step)).count();
        let distance = first.abs_diff(from);
        if length < MIN_SCROLL {
            return;
        }
        let (top, bottom) = (first.min(from), first.max(from) + length - 1);
        self.pen(StyleId(0));
        let whole = top == 0 && bottom + 1 == rows;
        if !whole {
            let _ = write!(self.body, "\x1b[{};{}r", top + 1, bottom + 1);
        }
        self.at = None;
        // Index and reverse index, not SU and SD: the Linux console has no others.
        let (edge, step): (usize, &[u8]) = if from > first { (bottom, b"\n") } else { (top, b"\x1bM") };
        self.move_to(edge, 0);
        for _ in 0..distance {
            self.body.extend_from_slice(step);
        }
        if !whole {
            self.body.extend_from_slice(b"\x1b[r");
        }
        self.at = None;
        let region = &mut self.shown[top..=bottom];
        let fresh = if from > first {
            region.rotate_left(distance);
            region.len() - distance..region.len()
        } else {
            region.rotate_right(distance);
            0..distance
        };
        for row in &mut region[fresh] {
            row.tag = Tag::None;
            row.cells.fill(Cell::BLANK);
        }
    }

    /// Paints a row. `compose` fills the cells, which come blank; it is not called where `tag` says that the row
    /// stands already.
    pub fn row(&mut self, row: usize, tag: Tag, compose: impl FnOnce(&mut [Cell], &mut Inks)) {
        let Some(shown) = self.shown.get_mut(row) else { return };
        if tag != Tag::None && shown.tag == tag {
            return;
        }
        shown.tag = tag;
        let mut new = std::mem::take(&mut self.scratch);
        let old = std::mem::take(&mut shown.cells);
        new.clear();
        new.resize(self.cols, Cell::BLANK);
        compose(&mut new, &mut self.inks);
        mend(&mut new);
        for cell in &mut new {
            if *cell != Cell::BLANK && is_erased(*cell, &self.inks) {
                *cell = Cell::BLANK;
            }
        }
        if new != old {
            self.difference(row, &new, &old);
        }
        self.shown[row].cells = new;
        self.scratch = old;
    }

    /// Ends the frame: appends it to `out`, or nothing when nothing changed.
    pub fn finish(&mut self, cursor: Option<Cursor>, out: &mut Vec<u8>) {
        let painted = self.body.len();
        if let Some(Cursor { form, .. }) = cursor
            && form != self.cursor_form
        {
            self.cursor_form = form;
            let number = match form {
                None => 0,
                Some((shape, blinking)) => shape as u8 * 2 + 2 - u8::from(blinking),
            };
            let _ = write!(self.body, "\x1b[{number} q");
        }
        if let Some(Cursor { row, col, .. }) = cursor {
            self.move_to(usize::from(row), usize::from(col));
        }
        let show = cursor.is_some();
        let toggle = self.cursor_shown != Some(show);
        if self.body.is_empty() && !toggle {
            return;
        }
        let large = painted > SMALL;
        let hide = large && !self.abilities.synchronized && self.cursor_shown != Some(false);
        if large && self.abilities.synchronized {
            out.extend_from_slice(b"\x1b[?2026h");
        }
        if hide || (toggle && !show) {
            out.extend_from_slice(b"\x1b[?25l");
        }
        out.extend_from_slice(&self.body);
        if show && (hide || toggle) {
            out.extend_from_slice(b"\x1b[?25h");
        }
        if large && self.abilities.synchronized {
            out.extend_from_slice(b"\x1b[?2026l");
        }
        self.cursor_shown = Some(show);
        self.body.clear();
    }

    fn difference(&mut self, row: usize, new: &[Cell], old: &[Cell]) {
        let filled =
            |cells: &[Cell]| cells.iter().rposition(|cell| *cell != Cell::BLANK).map_or(0, |at| at + 1);
        let (end, old_end) = (filled(new), filled(old));
        // The terminal may draw a cluster over more or fewer columns than it has here, so from the first one on
        // nothing that stands is trusted.
        let cluster = |cell: &Cell| matches!(cell.content(), Content::Cluster(_));
        let trusted =
            new.iter().zip(old).position(|(new, old)| cluster(new) || cluster(old)).unwrap_or(self.cols);
        let mut col = 0;
        while col < end {
            if col < trusted && new[col] == old[col] {
                col += 1;
                continue;
            }
            if new[col].content() == Content::Spacer && col > 0 {
                // Its other half is written even where that did not change.
                if col <= trusted && new[col - 1] == old[col - 1] {
                    self.cell(row, col - 1, new);
                }
            } else {
                self.bridge(row, col, new);
                self.cell(row, col, new);
            }
            col += 1;
        }
        if trusted < self.cols || old_end > end + GAP {
            if end < self.cols {
                self.move_to(row, end);
                self.pen(StyleId(0));
                self.body.extend_from_slice(b"\x1b[K");
            }
        } else {
            for (col, _) in old.iter().enumerate().skip(end).filter(|(_, cell)| **cell != Cell::BLANK) {
                self.bridge(row, col, new);
                self.cell(row, col, new);
            }
        }
    }

    /// Writes a few unchanged cells up to `col` again where that is shorter than moving.
    fn bridge(&mut self, row: usize, col: usize, cells: &[Cell]) {
        let Some((at_row, Some(at))) = self.at else { return };
        if at_row != row || at >= col || col - at > GAP {
            return;
        }
        let plain = |cell: &Cell| {
            let ascii = match cell.content() {
                Content::Blank => true,
                Content::Char(character) => character.is_ascii_graphic() || character == ' ',
                _ => false,
            };
            ascii && cell.style() == self.pen
        };
        if cells[at..col].iter().all(plain) {
            for at in at..col {
                self.cell(row, at, cells);
            }
        }
    }

    /// Writes one cell (a wide one whole) at its place.
    fn cell(&mut self, row: usize, col: usize, cells: &[Cell]) {
        let cell = cells[col];
        self.move_to(row, col);
        self.pen(cell.style());
        let next = match cell.content() {
            Content::Blank | Content::Spacer => {
                self.body.push(b' ');
                Some(col + 1)
            }
            Content::Char(character @ ' '..='~') => {
                self.body.push(character as u8);
                Some(col + 1)
            }
            Content::Char(character) => {
                if cell.wide() && !surely_wide(character) {
                    self.clear_two(row, col);
                }
                push_safely(&mut self.body, character);
                None
            }
            Content::Cluster(number) => {
                if cell.wide() {
                    self.clear_two(row, col);
                }
                let text = self.inks.text(number);
                for character in if cell.wide() { text } else { narrow(text) }.chars() {
                    push_safely(&mut self.body, character);
                }
                None
            }
        };
        // In the last column terminals differ about where the cursor is.
        self.at = Some((row, next.filter(|&next| next < self.cols)));
    }

    /// Blanks the two columns of a character that the terminal may draw over only one of them.
    fn clear_two(&mut self, row: usize, col: usize) {
        self.body.extend_from_slice(b"  ");
        self.at = Some((row, None));
        self.move_to(row, col);
    }

    fn move_to(&mut self, row: usize, col: usize) {
        match self.at {
            Some((at, Some(known))) if (at, known) == (row, col) => return,
            Some((at, _)) if at == row && col == 0 => self.body.push(b'\r'),
            Some((at, _)) if at == row => {
                let _ = write!(self.body, "\x1b[{}G", col + 1);
            }
            Some((at, _)) if at + 1 == row && col == 0 => self.body.extend_from_slice(b"\r\n"),
            _ => {
                let _ = write!(self.body, "\x1b[{};{}H", row + 1, col + 1);
            }
        }
        self.at = Some((row, Some(col)));
    }

    fn pen(&mut self, to: StyleId) {
        if self.pen == to {
            return;
        }
        let (from, ink) = (self.inks.ink(self.pen), self.inks.ink(to));
        style::change(&from.look, &ink.look, &self.abilities, &mut self.body);
        if from.link != ink.link && self.abilities.osc {
            link(&self.inks, ink.link, &mut self.body);
        }
        self.pen = to;
    }

    /// Puts the default look into force, for whoever writes next without knowing of looks.
    pub fn rest(&mut self, out: &mut Vec<u8>) {
        self.pen(StyleId(0));
        out.append(&mut self.body);
    }

    /// No tag holds any more: rows must be compared cell by cell.
    pub fn untag(&mut self) {
        for row in &mut self.shown {
            row.tag = Tag::None;
        }
    }
}

/// Opens a link, or ends the one that is open (OSC 8). Pieces painted apart belong together by the id.
fn link(inks: &Inks, number: Option<u32>, out: &mut Vec<u8>) {
    let (id, uri) = number.map_or(("", ""), |number| inks.link(number));
    let clean =
        |text: &str| !text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) && !text.contains('\u{9c}');
    let written = match number {
        Some(number) if !uri.is_empty() && clean(uri) => {
            if id.is_empty() || !clean(id) || id.contains([':', ';']) {
                write!(out, "\x1b]8;id=scarab-{number};{uri}\x1b\\")
            } else {
                write!(out, "\x1b]8;id={id};{uri}\x1b\\")
            }
        }
        _ => write!(out, "\x1b]8;;\x1b\\"),
    };
    // Writing to a vector cannot fail.
    let _ = written;
}

/// As much of a cluster as fits one column. One that grew in the last column, where it could not become wide, would
/// take its neighbour's column on the outer terminal.
fn narrow(text: &str) -> &str {
    use unicode_width::UnicodeWidthStr;
    let ends = text.char_indices().map(|(at, character)| at + character.len_utf8());
    ends.take_while(|&end| text[..end].width() <= 1).last().map_or("", |end| &text[..end])
}

/// Appends a character that came from shared memory: one that would control the outer terminal is not let
/// through.
fn push_safely(out: &mut Vec<u8>, character: char) {
    let shown = if character.is_control() { char::REPLACEMENT_CHARACTER } else { character };
    out.extend_from_slice(shown.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Wide in every table since the first: the East Asian scripts. Emoji differ with the age of the terminal.
fn surely_wide(character: char) -> bool {
    matches!(u32::from(character),
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f
        | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x20000..=0x3fffd)
}

#[cfg(test)]
#[path = "paint_tests.rs"]
mod tests;
