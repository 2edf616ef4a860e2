//! How a row of cells becomes text with runs, on its way into history. Done once for every row that a
//! flood scrolls off, so that it reuses its buffers and takes plain text in one pass.

use std::mem::take;

use crate::cell::{Cell, Content};
use crate::cluster::Clusters;
use crate::history::{History, Piece, Run, RunKind, RunStyle};
use crate::link::{Link, Links};
use crate::row::Row;
use crate::style::{StyleId, Styles};

/// The buffers for one piece.
#[derive(Debug, Default)]
pub(crate) struct Retirement {
    text: Vec<u8>,
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

impl Retirement {
    /// Appends a row to history.
    pub(crate) fn retire(&mut self, row: &Row, tables: Tables<'_>, history: &mut impl History) {
        // A soft-wrapped row is kept to its end: the line goes on behind it.
        let cells = if row.wrapped() { row.cells() } else { row.text_cells() };
        if self.open && !row.continued {
            history.close();
        }
        self.open = row.wrapped();
        let (bytes, runs, links) = self.retire_cells(cells, row, tables);
        history.push(&Piece {
            // Only whole characters were appended.
            text: std::str::from_utf8(&self.text[..bytes]).unwrap_or_default(),
            runs: &self.runs[..runs],
            links: &self.links[..links],
            continues: row.wrapped(),
            line_size: row.line_size(),
            mark: row.mark(),
            cols: row.cells().len() as u16,
        });
    }

    /// History's last piece is no longer the one that was retired last.
    pub(crate) fn reopen(&mut self, history: &impl History) {
        self.open = history.continues();
    }

    /// Makes text, runs and links of cells. Gives their lengths, which need not be read back
    /// then from where they were just written.
    fn retire_cells(&mut self, cells: &[Cell], row: &Row, tables: Tables<'_>) -> (usize, usize, usize) {
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
            while rest.first().is_some_and(|cell| cell.style() == first.style()) {
                let plain = self.take_plain(rest, first.style());
                self.extend_run(runs, plain, plain, false, style);
                rest = &rest[plain..];
                let mixed = rest.iter().take_while(|cell| cell.style() == first.style() && !cell.is_ascii());
                let mixed = mixed.count();
                self.retire_mixed(runs, &rest[..mixed], style, tables.clusters);
                rest = &rest[mixed..];
            }
        }
        (self.text.len(), self.runs.len(), self.links.len())
    }

    /// Appends the ASCII that a row begins with, as far as it has one style. By blocks, which the compiler turns
    /// into vector code.
    fn take_plain(&mut self, cells: &[Cell], style: StyleId) -> usize {
        const BLOCK: usize = 16;
        let plain = |cell: &Cell| (cell.style() == style) & cell.is_ascii();
        let mut taken = 0;
        for block in cells.chunks_exact(BLOCK) {
            if !block.iter().fold(true, |all, cell| all & plain(cell)) {
                break;
            }
            let mut bytes = [0; BLOCK];
            bytes.iter_mut().zip(block).for_each(|(byte, cell)| *byte = cell.ascii_byte());
            self.text.extend_from_slice(&bytes);
            taken += BLOCK;
        }
        let rest = &cells[taken..];
        let rest = &rest[..rest.iter().take_while(|cell| plain(cell)).count()];
        // Eight at a time in one word, of which those not needed are taken off again: quicker than a few bytes.
        for part in rest.chunks(8) {
            let shifted = |(place, cell): (usize, &Cell)| u64::from(cell.ascii_byte()) << (8 * place);
            let word = part.iter().enumerate().map(shifted).fold(0, |word, byte| word | byte);
            let end = self.text.len() + part.len();
            self.text.extend_from_slice(&word.to_le_bytes());
            self.text.truncate(end);
        }
        taken + rest.len()
    }

    fn retire_mixed(&mut self, runs: usize, cells: &[Cell], style: usize, clusters: &Clusters) {
        // The run being made: bytes, columns, and whether its cells are wide.
        let (mut bytes, mut columns, mut wide) = (0, 0, false);
        for cell in cells {
            let character = match cell.content() {
                Content::Spacer => continue,
                Content::Blank | Content::Padding | Content::Image => ' ',
                Content::Char(character) => character,
                Content::Cluster(id) => {
                    self.extend_run(runs, take(&mut bytes), take(&mut columns), wide, style);
                    let text = clusters.get(id);
                    self.text.extend_from_slice(text.as_bytes());
                    let (bytes, cells) = (text.len() as u32, 1 + u32::from(cell.wide()));
                    let kind = RunKind::Single;
                    let style = self.known.styles[style].1;
                    self.runs.push(Run { bytes, cells, wide: cell.wide(), kind, style });
                    continue;
                }
            };
            if cell.wide() != wide {
                self.extend_run(runs, take(&mut bytes), take(&mut columns), wide, style);
                wide = cell.wide();
            }
            // Four bytes always, of which those not needed are taken off again: quicker than copying a few.
            let mut buffer = [0; 4];
            let encoded = character.encode_utf8(&mut buffer).len();
            let end = self.text.len() + encoded;
            self.text.extend_from_slice(&buffer);
            self.text.truncate(end);
            bytes += encoded;
            columns += 1 + usize::from(wide);
        }
        self.extend_run(runs, bytes, columns, wide, style);
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
