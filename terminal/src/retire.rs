//! How a row of cells becomes text with runs, on its way into history. Done once for every row that a
//! flood scrolls off, so that it reuses its buffers and takes plain text in one pass.

use std::mem::take;

use crate::cell::{Cell, Content};
use crate::cluster::Clusters;
use crate::history::{History, Piece, Run, RunKind, RunStyle};
use crate::link::{Link, Links};
use crate::row::{LineSize, Row};
use crate::style::{StyleId, Styles};

/// The buffers for one piece.
#[derive(Debug, Default)]
pub(crate) struct Retirement {
    /// ASCII that is not in `text` yet: all of most rows.
    ascii: Vec<u8>,
    text: String,
    runs: Vec<Run>,
    links: Vec<Link>,
    /// The row before this one said that its line goes on.
    open: bool,
    known: KnownStyles,
}

/// Styles as runs have them: the last ones without a link, each in the slot of its number, and the last one with
/// a link. Copied from here a style costs a move; made anew, field by field, it keeps the processor waiting for
/// its own writes.
#[derive(Debug, Default)]
struct KnownStyles {
    // The default is right: number 0 in slot 0 is the default style, and in all others it is never looked for.
    styles: [(StyleId, RunStyle); Self::SLOTS + 1],
    /// Of the numbers.
    epoch: u64,
}

impl KnownStyles {
    /// Slots: more than the styles of most screens. Behind them is the one for a style with a link.
    const SLOTS: usize = 31;
}

/// The tables that cells refer to.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'a> {
    pub(crate) styles: &'a Styles,
    pub(crate) clusters: &'a Clusters,
    pub(crate) links: &'a Links,
}

/// The number of the line that a row will be of once it is appended to history.
pub(crate) fn line_of(row: &Row, history: &impl History) -> u64 {
    history.next_line() + u64::from(history.continues() && !row.continued)
}

impl Retirement {
    /// Appends a row to history.
    pub(crate) fn retire(&mut self, row: &Row, tables: Tables<'_>, history: &mut impl History) {
        // A soft-wrapped row is kept to its end: the line goes on behind it.
        let cells = if row.wrapped() { row.cells() } else { row.text_cells() };
        if self.open && !row.continued {
            history.close();
        }
        self.open = row.wrapped();
        self.retire_cells(cells, row, tables);
        let text = if self.text.is_empty() {
            str::from_utf8(&self.ascii).unwrap_or_default()
        } else {
            self.settle();
            &self.text
        };
        history.push(&Piece {
            text,
            runs: &self.runs,
            links: &self.links,
            continues: row.wrapped(),
            line_size: row.line_size(),
            mark: row.mark(),
            cols: row.cells().len() as u16,
        });
    }

    /// Appends a row that would be plain text and no more, and goes on with no line.
    #[inline]
    pub(crate) fn retire_text(&mut self, text: &str, runs: &[Run], cols: u16, history: &mut impl History) {
        if take(&mut self.open) {
            history.close();
        }
        let (line_size, mark) = (LineSize::Single, None);
        history.push(&Piece { text, runs, links: &[], continues: false, line_size, mark, cols });
    }

    /// Gives its buffers back.
    pub(crate) fn rest(&mut self) {
        (self.ascii, self.text, self.runs, self.links) = Default::default();
    }

    /// History's last piece is no longer the one that was retired last.
    pub(crate) fn reopen(&mut self, history: &impl History) {
        self.open = history.continues();
    }

    /// Makes text, runs and links of cells.
    fn retire_cells(&mut self, cells: &[Cell], row: &Row, tables: Tables<'_>) {
        self.ascii.clear();
        self.text.clear();
        self.runs.clear();
        self.links.clear();
        let cells = match cells.split_last() {
            // The padding before a wide character that went to the next row is no text.
            Some((last, before)) if row.wrapped() && last.is_padding() => before,
            _ => cells,
        };
        let mut rest = cells;
        while let Some(first) = rest.first() {
            let style = self.known_style(first.style(), tables);
            let runs = self.runs.len();
            // Now plain, now mixed, until the style changes.
            loop {
                let plain = self.take_plain(rest, first.style());
                self.extend_run(runs, plain, plain, false, style);
                rest = &rest[plain..];
                let mixed = self.take_mixed(runs, rest, first.style(), style, tables.clusters);
                rest = &rest[mixed..];
                if mixed == 0 {
                    break;
                }
            }
        }
    }

    /// Appends the ASCII that a row begins with, as far as it has one style. By blocks, which the compiler turns
    /// into vector code.
    fn take_plain(&mut self, cells: &[Cell], style: StyleId) -> usize {
        const BLOCK: usize = 16;
        let mut taken = 0;
        for block in cells.chunks_exact(BLOCK) {
            if block.iter().fold(0, |other, cell| other | cell.other_than_ascii(style)) != 0 {
                break;
            }
            let mut bytes = [0; BLOCK];
            bytes.iter_mut().zip(block).for_each(|(byte, cell)| *byte = cell.ascii_byte());
            self.ascii.extend_from_slice(&bytes);
            taken += BLOCK;
        }
        // Into a block again, of which what is not needed is left: quicker than a few bytes one by one.
        let mut bytes = [0; BLOCK];
        while taken < cells.len() {
            let mut plain = 0;
            for (byte, cell) in bytes.iter_mut().zip(&cells[taken..]) {
                if cell.other_than_ascii(style) != 0 {
                    break;
                }
                *byte = cell.ascii_byte();
                plain += 1;
            }
            let end = self.ascii.len() + plain;
            self.ascii.extend_from_slice(&bytes);
            self.ascii.truncate(end);
            taken += plain;
            if plain < BLOCK {
                break;
            }
        }
        taken
    }

    /// Appends what a row begins with and is no ASCII, as far as it has one style.
    fn take_mixed(
        &mut self,
        runs: usize,
        cells: &[Cell],
        style: StyleId,
        slot: usize,
        clusters: &Clusters,
    ) -> usize {
        // The run being made: bytes, columns, and whether its cells are wide.
        let (mut bytes, mut columns, mut wide) = (0, 0, false);
        let mut taken = 0;
        for cell in cells {
            if cell.is_ascii() || cell.style() != style {
                break;
            }
            if taken == 0 {
                self.settle();
            }
            taken += 1;
            let character = match cell.content() {
                Content::Spacer => continue,
                Content::Blank | Content::Padding | Content::Image => ' ',
                Content::Char(character) => character,
                Content::Cluster(id) => {
                    self.extend_run(runs, take(&mut bytes), take(&mut columns), wide, slot);
                    let text = clusters.get(id);
                    self.text.push_str(text);
                    let (bytes, cells) = (text.len() as u32, 1 + u32::from(cell.wide()));
                    let kind = RunKind::Single;
                    let style = self.known.styles[slot].1;
                    self.runs.push(Run { bytes, cells, wide: cell.wide(), kind, style });
                    continue;
                }
            };
            if cell.wide() != wide {
                self.extend_run(runs, take(&mut bytes), take(&mut columns), wide, slot);
                wide = cell.wide();
            }
            self.text.push(character);
            bytes += character.len_utf8();
            columns += 1 + usize::from(wide);
        }
        self.extend_run(runs, bytes, columns, wide, slot);
        taken
    }

    /// Moves ASCII that waits behind the text.
    fn settle(&mut self) {
        self.text.push_str(str::from_utf8(&self.ascii).unwrap_or_default());
        self.ascii.clear();
    }

    /// Adds to the last run of those from `first` on, which are of this style, or begins one.
    fn extend_run(&mut self, first: usize, bytes: usize, cells: usize, wide: bool, style: usize) {
        if bytes == 0 {
            return;
        }
        let (bytes, cells) = (bytes as u32, cells as u32);
        match self.runs[first..].last_mut() {
            Some(run) if run.kind == RunKind::Chars && run.wide == wide => {
                run.bytes += bytes;
                run.cells += cells;
            }
            _ => {
                let style = self.known.styles[style].1;
                self.runs.push(Run { bytes, cells, wide, kind: RunKind::Chars, style });
            }
        }
    }

    /// The slot in which a style is known now.
    fn known_style(&mut self, id: StyleId, tables: Tables<'_>) -> usize {
        let epoch = tables.styles.epoch();
        if self.known.epoch != epoch {
            self.known = KnownStyles { epoch, ..KnownStyles::default() };
        }
        let slot = id.index() % KnownStyles::SLOTS;
        if self.known.styles[slot].0 == id {
            return slot;
        }
        let style = tables.styles.get(id);
        let Some(link) = style.link.and_then(|link| tables.links.get(link)) else {
            self.known.styles[slot] = (id, RunStyle::new(style, None));
            return slot;
        };
        let place = self.links.iter().position(|known| known == link).unwrap_or_else(|| {
            self.links.push(link.clone());
            self.links.len() - 1
        });
        self.known.styles[KnownStyles::SLOTS] = (id, RunStyle::new(style, Some(place as u16)));
        KnownStyles::SLOTS
    }
}
