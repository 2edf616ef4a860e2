//! Characters onto the screen: wrapping, wide characters, grapheme clusters. This is where a terminal
//! spends its time, so that plain text goes by whole runs.

use crate::cell::{Cell, Content};
use crate::cluster::Clusters;
use crate::history::History;
use crate::modes::Mode;
use crate::row::{LineSize, Stop};
use crate::simple::{
    TEXT_STYLE, ZWJ, is_accent, is_extension, is_half_flag, is_invisible, is_regional, leading_cluster,
    simple_width,
};
use crate::terminal::{LastPrinted, Terminal};
use crate::text::{first_char, last_char, printable_run};
use crate::width::{char_width, cluster_width, joins};

impl<H: History> Terminal<H> {
    /// Prints the text that bytes begin with, as far as it is simple: row by row, with the clusters that need no
    /// look. Gives the bytes taken: none where the first character is printed otherwise, or is none.
    #[inline]
    pub(crate) fn print_text(&mut self, text: &[u8]) -> usize {
        if self.is_unsure() || !self.charsets.is_plain() || self.modes.is_set(Mode::Insert) {
            return 0;
        }
        let mut taken = 0;
        loop {
            if !begins_simply(&text[taken..]) {
                // A flag, perhaps: the others need a look.
                let cluster = match text.get(taken) {
                    Some(0xf0) => self.print_cluster(&text[taken..]),
                    _ => 0,
                };
                taken += cluster;
                if cluster == 0 {
                    break;
                }
                continue;
            }
            // Before the wrap, which may give the style of a blank its number: the order is that of single characters.
            let blank = Cell::blank(self.pen_style()).with_flags(self.pen.flags());
            if self.at.pending_wrap {
                self.wrap_or_stay();
            }
            let (row, col, limit) = (self.at.row, self.at.col, self.right_limit());
            let written = self.screen_mut().row_mut(row).write_text(col, limit, &text[taken..], blank);
            if written.bytes > 0 {
                taken += written.bytes;
                self.at.pending_wrap = written.end == limit;
                self.at.col = written.end.min(limit - 1);
                let character = last_char(&text[..taken]);
                self.last = LastPrinted { joinable: true, simple: true, character };
            }
            match written.stop {
                // All that follows falls into the last column, where only the last stays.
                Stop::Full if !self.modes.is_set(Mode::AutoWrap) => {
                    taken += printable_run(&text[taken..]).saturating_sub(1);
                }
                Stop::Full => {}
                Stop::Extended => {
                    let cluster = self.print_cluster(&text[taken..]);
                    taken += cluster;
                    if cluster == 0 || self.is_unsure() {
                        break;
                    }
                }
                Stop::Elsewhere => break,
            }
        }
        taken
    }

    /// What comes next may join what was printed last, although it is simple: that may take anything as its
    /// continuation (UAX 29, Prepend, or a ZWJ).
    fn is_unsure(&self) -> bool {
        self.last.joinable && !self.last.simple
    }

    /// Prints a run of printable ASCII.
    pub(crate) fn print_ascii(&mut self, text: &[u8]) {
        let mut rest = text;
        while let Some((first, others)) = rest.split_first() {
            match self.print_text(rest) {
                0 => {
                    self.print_char(char::from(*first));
                    rest = others;
                }
                taken => rest = &rest[taken..],
            }
        }
    }

    /// Prints characters none of which is ASCII.
    pub(crate) fn print_str(&mut self, text: &str) {
        // A single shift is used up, though only ASCII is translated.
        self.charsets.single_shift = None;
        let mut rest = text.as_bytes();
        while let Some((first, length)) = first_char(rest) {
            let mut taken = self.print_text(rest);
            if taken == 0 && !self.is_unsure() && !self.modes.is_set(Mode::Insert) {
                taken = self.print_cluster(rest);
            }
            if taken == 0 {
                // One that does not fit, or needs a look.
                self.print_char(first);
                taken = length;
            }
            rest = &rest[taken..];
        }
    }

    /// Prints the cluster that comes next as a whole, if it is a simple one: what printing its characters one
    /// by one leads to, without interning what it is on the way. Gives its bytes.
    fn print_cluster(&mut self, text: &[u8]) -> usize {
        if !self.modes.is_set(Mode::GraphemeClusters) {
            return 0;
        }
        let Some(cluster) = leading_cluster(text) else { return 0 };
        let fits = self.right_limit() >= self.line_start() + 2;
        // Without wrapping a narrow one in the last column stays there, and narrow.
        let stays = cluster.widened && !self.modes.is_set(Mode::AutoWrap);
        if !fits || stays {
            return 0;
        }
        let Some(id) = str::from_utf8(&text[..cluster.bytes]).ok().and_then(|text| self.intern_cluster(text))
        else {
            return 0;
        };
        let style = self.pen_style();
        self.put_cell(Cell::cluster(id, style, self.pen.flags()).with_wide(cluster.wide));
        self.last = LastPrinted { joinable: true, simple: !cluster.open, character: Some(cluster.base) };
        cluster.bytes
    }

    /// Prints one character.
    pub(crate) fn print_char(&mut self, character: char) {
        let character = if character.is_ascii() {
            self.charsets.map(character)
        } else {
            self.charsets.single_shift = None;
            character
        };
        let simple = simple_width(character);
        if let Some(width) = simple
            && (!self.last.joinable || self.last.simple)
        {
            self.put(character, width);
            self.last = LastPrinted { joinable: true, simple: true, character: Some(character) };
            return;
        }
        let width = simple.unwrap_or_else(|| char_width(character));
        // Nothing but a ZWJ glues a simple one to what it was put on.
        let follows = self.last.joinable && self.last.simple && is_extension(character) && character != ZWJ;
        if let Some(whole) = self.join(character, width) {
            self.last.joinable = true;
            self.last.simple = simple.is_some() || follows || whole;
        } else if width > 0 {
            self.put(character, width);
            self.last = LastPrinted { joinable: true, simple: simple.is_some(), character: Some(character) };
        }
        // What is left is a C1 control as UTF-8, or a mark with nothing to stand on.
    }

    /// Makes a character part of the cell before the cursor, if it belongs there. Tells whether that made a whole of
    /// it: a flag.
    fn join(&mut self, character: char, width: usize) -> Option<bool> {
        let clusters = self.modes.is_set(Mode::GraphemeClusters);
        // A mark of no width belongs to what it is put on, even if the cursor was moved there; all others
        // only to what was printed just before.
        if width > 0 && !(clusters && self.last.joinable) {
            return None;
        }
        let col = self.previous_col()?;
        let row = self.at.row;
        let cell = self.screen().row(row).cells()[col];
        let mut buffer = [0; 4];
        let before: &str = match cell.content() {
            Content::Char(before) => before.encode_utf8(&mut buffer),
            Content::Cluster(id) => self.clusters.get(id),
            Content::Blank | Content::Spacer | Content::Padding | Content::Image => return None,
        };
        let belongs = is_extension(character)
            || if clusters {
                joins(before, character)
            } else {
                character >= '\u{300}' && !is_invisible(character)
            };
        if !belongs {
            return None;
        }
        // Two halves are a whole flag, which nothing simple joins.
        let flag = is_regional(character) && is_half_flag(before);
        let length = before.len() + character.len_utf8();
        if length > Clusters::MAX_BYTES {
            return Some(false);
        }
        let mut joined = [0; Clusters::MAX_BYTES];
        joined[..before.len()].copy_from_slice(before.as_bytes());
        character.encode_utf8(&mut joined[before.len()..length]);
        let joined = std::str::from_utf8(&joined[..length]).unwrap_or_default();
        // Of a wide cluster only VS15 makes a narrow one, and an accent changes no width.
        let keeps_width = is_accent(character) || (cell.wide() && character != TEXT_STYLE);
        let new_width = if clusters && !keeps_width {
            cluster_width(joined).max(1)
        } else {
            1 + usize::from(cell.wide())
        };
        let Some(id) = self.intern_cluster(joined) else { return Some(false) };
        // Interning may have renumbered what the cell holds.
        let cell = self.screen().row(row).cells()[col].with_cluster(id);
        match (cell.wide(), new_width) {
            (false, 2) => self.widen(col, cell),
            (true, 1) => self.narrow(col, cell),
            _ => self.screen_mut().row_mut(row).replace(col, cell),
        }
        Some(flag)
    }

    /// The column of the character before the cursor.
    fn previous_col(&self) -> Option<usize> {
        let cells = self.screen().row(self.at.row).cells();
        let col = if self.at.pending_wrap { self.at.col } else { self.at.col.checked_sub(1)? };
        if cells[col].is_spacer() { col.checked_sub(1) } else { Some(col) }
    }

    /// A narrow cell before the cursor becomes wide: at the margin it moves to the next row.
    fn widen(&mut self, col: usize, cell: Cell) {
        let row = self.at.row;
        self.at.col = col;
        let fits = !self.at.pending_wrap;
        self.at.pending_wrap = false;
        if !fits && (!self.modes.is_set(Mode::AutoWrap) || self.right_limit() - self.line_start() < 2) {
            self.at.pending_wrap = true;
            self.screen_mut().row_mut(row).replace(col, cell);
            return;
        }
        if self.modes.is_set(Mode::Insert) {
            // What is inserted takes the place of the narrow one.
            let (limit, blank) = (self.right_limit(), self.blank());
            self.screen_mut().row_mut(row).delete_cells(col..limit, 1, blank);
        }
        self.put_cell(cell.with_wide(true));
    }

    /// A wide cell before the cursor becomes narrow.
    fn narrow(&mut self, col: usize, cell: Cell) {
        let row = self.at.row;
        let row = self.screen_mut().row_mut(row);
        row.replace(col, cell.with_wide(false));
        row.replace(col + 1, Cell::blank(cell.style()));
        self.at.col = col + 1;
        self.at.pending_wrap = false;
    }

    /// Writes a character of one or two columns at the cursor.
    fn put(&mut self, character: char, width: usize) {
        let style = self.pen_style();
        self.put_cell(Cell::char(character, style, self.pen.flags()).with_wide(width == 2));
    }

    fn put_cell(&mut self, cell: Cell) {
        if self.at.pending_wrap {
            self.wrap_or_stay();
        }
        let mut cell = cell;
        let mut limit = self.right_limit();
        if cell.wide() && self.at.col + 2 > limit {
            if limit - self.line_start().min(limit - 1) < 2 {
                // A screen of one column: half a character is better than none.
                cell = cell.with_wide(false);
            } else if self.modes.is_set(Mode::AutoWrap) {
                let (row, col) = (self.at.row, self.at.col);
                self.screen_mut().row_mut(row).put(col, Cell::padding(cell.style()));
                self.wrap();
                limit = self.right_limit();
            } else {
                self.at.col = limit - 2;
            }
        }
        let width = 1 + usize::from(cell.wide());
        let (row, col) = (self.at.row, self.at.col);
        if self.modes.is_set(Mode::Insert) {
            let blank = self.blank();
            self.screen_mut().row_mut(row).insert_cells(col..limit, width, blank);
        }
        self.screen_mut().row_mut(row).put(col, cell);
        self.at.pending_wrap = col + width >= limit;
        self.at.col = (col + width).min(limit - 1);
    }

    /// The column after the last one that the cursor's row can be written to.
    pub(crate) fn right_limit(&self) -> usize {
        let row = self.screen().row(self.at.row);
        let limit = if self.at.col < self.margins.right { self.margins.right } else { self.cols() };
        if row.line_size() == LineSize::Single {
            limit
        } else {
            limit.min((self.cols() / 2).max(1)).max(self.at.col + 1)
        }
    }

    /// The column that a wrap leads to.
    fn line_start(&self) -> usize {
        if self.at.col >= self.margins.left { self.margins.left } else { 0 }
    }

    pub(crate) fn wrap_or_stay(&mut self) {
        if self.modes.is_set(Mode::AutoWrap) {
            self.wrap();
        } else {
            self.at.pending_wrap = false;
        }
    }

    /// Goes on in the next row.
    fn wrap(&mut self) {
        let row = self.at.row;
        // Between margins, or where the cursor stays on the last row, no line goes on.
        let scrolls = row + 1 == self.margins.bottom;
        let joins =
            self.right_limit() == self.cols() && self.line_start() == 0 && (scrolls || row + 1 < self.rows());
        let identity = self.screen().row(row).identity();
        if joins {
            // Before the row moves, perhaps into history.
            self.screen_mut().row_mut(row).wrapped = true;
        }
        self.at.col = self.line_start();
        self.index();
        if joins {
            // Scrolling has taken the two apart.
            let row = self.at.row;
            let screen = self.screen_mut();
            screen.row_mut(row).continued = true;
            if row > 0 && screen.row(row - 1).identity() == identity {
                screen.row_mut(row - 1).wrapped = true;
            }
        }
    }

    /// Prints the last character again (REP).
    pub(crate) fn repeat(&mut self, count: usize) {
        let Some(character) = self.last.character else { return };
        // More than a screen full leaves nothing of the first ones.
        let mut left = count.min(self.cols() * self.rows());
        let ascii = character.is_ascii();
        if simple_width(character).is_some() && (!ascii || self.charsets.is_plain()) {
            // It joins nothing, itself included: whole runs.
            let run = character.to_string().repeat(left.min(Self::REPEATED));
            self.last.joinable = false;
            while left > 0 {
                let now = &run[..left.min(Self::REPEATED) * character.len_utf8()];
                if ascii {
                    self.print_ascii(now.as_bytes())
                } else {
                    self.print_str(now)
                }
                left -= left.min(Self::REPEATED);
            }
            return;
        }
        for _ in 0..left {
            self.last.joinable = false;
            if ascii && self.charsets.single_shift.is_none() {
                // It has been translated already.
                self.put(character, 1);
            } else {
                self.print_char(character);
            }
        }
        self.last.character = Some(character);
    }

    /// Characters that REP prints at once.
    const REPEATED: usize = 256;
}

/// Whether the first character is a simple one.
#[inline]
fn begins_simply(text: &[u8]) -> bool {
    match text.first() {
        Some(0x20..=0x7e) => true,
        Some(0x80..) => first_char(text).is_some_and(|(first, _)| simple_width(first).is_some()),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
