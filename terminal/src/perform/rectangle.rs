//! Operations on rectangles (VT420): copy, fill, erase, change and turn over attributes, checksum.

use crate::cell::{Cell, Content};
use crate::history::History;
use crate::modes::Mode;
use crate::style::{Attributes, Style, Underline};
use crate::terminal::{Protection, Terminal};
use crate::width::char_width;

use super::params::Params;

/// Rows and columns counted from 0, ends excluded, within the screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rectangle {
    pub(super) top: usize,
    pub(super) left: usize,
    pub(super) bottom: usize,
    pub(super) right: usize,
}

impl<H: History> Terminal<H> {
    pub(super) fn rectangle_operation(&mut self, arguments: &Params, action: char) {
        self.at.pending_wrap &= action != 'x' && action != 'v';
        match action {
            'v' => self.copy_rectangle(arguments),
            'x' => self.fill_rectangle(arguments),
            'z' => self.erase_rectangle(arguments),
            '{' => self.erase_rectangle_selectively(arguments),
            'r' => self.change_rectangle(arguments, change_attributes),
            _ => self.change_rectangle(arguments, turn_attributes_over),
        }
    }

    /// Four parameters from `first` on; `None` if they enclose nothing.
    pub(super) fn rectangle(&self, arguments: &Params, first: usize) -> Option<Rectangle> {
        let (rows, cols) = (self.rows(), self.cols());
        let (down, across, last_row, last_col) = if self.modes.is_set(Mode::Origin) {
            (self.margins.top, self.margins.left, self.margins.bottom, self.margins.right)
        } else {
            (0, 0, rows, cols)
        };
        let rectangle = Rectangle {
            top: arguments.position(first) + down,
            left: arguments.position(first + 1) + across,
            bottom: (arguments.or(first + 2, rows) + down).min(last_row),
            right: (arguments.or(first + 3, cols) + across).min(last_col),
        };
        (rectangle.top < rectangle.bottom && rectangle.left < rectangle.right).then_some(rectangle)
    }

    /// DECCRA.
    fn copy_rectangle(&mut self, arguments: &Params) {
        let Some(from) = self.rectangle(arguments, 0) else { return };
        let (down, across) =
            if self.modes.is_set(Mode::Origin) { (self.margins.top, self.margins.left) } else { (0, 0) };
        let (top, left) = (arguments.position(5) + down, arguments.position(6) + across);
        if top >= self.rows() || left >= self.cols() {
            return;
        }
        let height = (from.bottom - from.top).min(self.rows() - top);
        let width = (from.right - from.left).min(self.cols() - left);
        // From the far end when it moves down over itself.
        let order: Vec<usize> =
            if top > from.top { (0..height).rev().collect() } else { (0..height).collect() };
        for offset in order {
            let source = self.screen().row(from.top + offset).cells()[from.left..from.left + width].to_vec();
            let row = self.screen_mut().row_mut(top + offset);
            let mut copy = row.cells().to_vec();
            copy[left..left + width].copy_from_slice(&source);
            row.copy_from(&copy, left..left + width);
        }
    }

    /// DECFRA. ASCII is of the set in the left half, as when it is written.
    fn fill_rectangle(&mut self, arguments: &Params) {
        let code = u32::try_from(arguments.raw(0)).unwrap_or(u32::MAX);
        let character = match char::from_u32(code) {
            // Without a character it is a blank.
            Some('\0') => ' ',
            Some(ascii @ ' '..='~') => self.charsets.left_half().map(ascii),
            // What a number that is too large comes as.
            Some('\u{ffff}') => return,
            // One column is filled at a time: what takes two, or none, fills nothing.
            Some(character) if !character.is_control() && char_width(character) == 1 => character,
            _ => return,
        };
        let Some(area) = self.rectangle(arguments, 1) else { return };
        let style = self.pen_style();
        let cell = Cell::char(character, style, self.pen.flags());
        for row in area.top..area.bottom {
            self.screen_mut().row_mut(row).fill(area.left..area.right, cell);
        }
    }

    /// DECERA. What ISO 6429 guards is not safe from it.
    fn erase_rectangle(&mut self, arguments: &Params) {
        let Some(area) = self.rectangle(arguments, 0) else { return };
        for row in area.top..area.bottom {
            self.erase(row, area.left..area.right, false);
        }
    }

    /// DECSERA. Only the characters go: how they look stays, and so does a colour behind them.
    fn erase_rectangle_selectively(&mut self, arguments: &Params) {
        let Some(area) = self.rectangle(arguments, 0) else { return };
        let keeps = self.protection == Protection::Dec;
        for row in area.top..area.bottom {
            self.screen_mut().row_mut(row).blank_characters(area.left..area.right, keeps);
        }
    }

    /// DECCARA and DECRARA.
    fn change_rectangle(&mut self, arguments: &Params, change: impl Fn(&mut Style, u16)) {
        let Some(area) = self.rectangle(arguments, 0) else { return };
        for row in area.top..area.bottom {
            // As a stream, only the first and last rows begin and end within.
            let (left, right) = if self.rectangular {
                (area.left, area.right)
            } else {
                let left = if row == area.top { area.left } else { 0 };
                (left, if row + 1 == area.bottom { area.right } else { self.cols() })
            };
            // Neighbours mostly look alike.
            let mut known: Option<(Style, Style)> = None;
            for col in left..right {
                let old = self.styles.get(self.screen().row(row).cells()[col].style());
                let new = match known {
                    Some((before, after)) if before == old => after,
                    _ => {
                        let mut style = old;
                        let mut codes = arguments.values().skip(4).peekable();
                        if codes.peek().is_none() {
                            change(&mut style, 0);
                        }
                        codes.for_each(|code| change(&mut style, code));
                        style
                    }
                };
                known = Some((old, new));
                if new != old {
                    let id = self.intern_style(new);
                    let row = self.screen_mut().row_mut(row);
                    let cell = row.cells()[col].with_style(id);
                    row.replace(col, cell);
                }
            }
        }
    }

    /// DECRQCRA. A page other than the first has nothing on it.
    pub(super) fn report_checksum(&mut self, arguments: &Params) {
        if !self.options.allow_checksum {
            return;
        }
        let mut sum = 0u32;
        if let Some(area) = self.rectangle(arguments, 2) {
            for row in area.top..area.bottom {
                for cell in &self.screen().row(row).cells()[area.left..area.right] {
                    sum = sum.wrapping_add(self.checksum_of(*cell));
                }
            }
        }
        let checksum = 0x1_0000u32.wrapping_sub(sum) & 0xffff;
        self.reply(format!("\x1bP{}!~{checksum:04X}\x1b\\", arguments.raw(0)).as_bytes());
    }

    fn checksum_of(&self, cell: Cell) -> u32 {
        match cell.content() {
            Content::Blank | Content::Padding | Content::Image => 0x20,
            Content::Char(character) => character as u32,
            Content::Cluster(id) => self.clusters.get(id).chars().fold(0, |sum, c| sum + c as u32),
            Content::Spacer => 0,
        }
    }
}

fn change_attributes(style: &mut Style, code: u16) {
    match code {
        0 => {
            *style = Style { fg: style.fg, bg: style.bg, link: style.link, ..Style::default() };
        }
        1 => style.attributes.set(Attributes::BOLD, true),
        4 => style.underline = Underline::Single,
        5 => style.attributes.set(Attributes::BLINK, true),
        7 => style.attributes.set(Attributes::INVERSE, true),
        22 => style.attributes.set(Attributes::BOLD, false),
        24 => style.underline = Underline::None,
        25 => style.attributes.set(Attributes::BLINK, false),
        27 => style.attributes.set(Attributes::INVERSE, false),
        _ => {}
    }
}

fn turn_attributes_over(style: &mut Style, code: u16) {
    match code {
        0 => [1, 4, 5, 7].iter().for_each(|code| turn_attributes_over(style, *code)),
        1 => style.attributes.toggle(Attributes::BOLD),
        4 => {
            style.underline = match style.underline {
                Underline::None => Underline::Single,
                _ => Underline::None,
            }
        }
        5 => style.attributes.toggle(Attributes::BLINK),
        7 => style.attributes.toggle(Attributes::INVERSE),
        _ => {}
    }
}
