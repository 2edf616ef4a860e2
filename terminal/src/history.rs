//! The rows that have scrolled off the primary screen, as text with runs of styles.
//!
//! The emulator only appends and takes back here; where the text is kept is the host's business: the
//! service has a ring in shared memory, tests a vector. Styles and links are given by value, because the
//! emulator's tables are renumbered while history stays.

use crate::link::Link;
use crate::row::{LineSize, Mark};
use crate::style::{Attributes, Colour, Style, Underline};

/// A [`Style`] whose link is a place in the piece's own list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct RunStyle {
    /// Foreground.
    pub fg: Colour,
    /// Background.
    pub bg: Colour,
    /// Colour of the underline.
    pub underline_colour: Colour,
    /// What is on.
    pub attributes: Attributes,
    /// The underline.
    pub underline: Underline,
    /// The hyperlink: a place in [`Piece::links`].
    pub link: Option<u16>,
}

impl RunStyle {
    pub(crate) fn new(style: Style, link: Option<u16>) -> Self {
        let Style { fg, bg, underline_colour, attributes, underline, link: _ } = style;
        Self { fg, bg, underline_colour, attributes, underline, link }
    }
}

/// How the text of a run falls into cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum RunKind {
    /// Each character stands in a cell of its own.
    Chars,
    /// The whole run is one grapheme cluster in one cell.
    Single,
}

/// Neighbouring cells that look alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Run {
    /// Bytes of the piece's text.
    pub bytes: u32,
    /// Columns taken: two for each cell of a wide run.
    pub cells: u32,
    /// Whether its cells are two columns wide.
    pub wide: bool,
    /// How the text falls into cells.
    pub kind: RunKind,
    /// What it looks like.
    pub style: RunStyle,
}

/// One row on its way into history: a whole line, or a part of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece<'a> {
    /// Its text without the blank cells at its end.
    pub text: &'a str,
    /// The runs of that text, in order; together they are all of it.
    pub runs: &'a [Run],
    /// The hyperlinks that the runs name.
    pub links: &'a [Link],
    /// Whether the line goes on in the next piece.
    pub continues: bool,
    /// How large its characters are.
    pub line_size: LineSize,
    /// What a shell said begins here.
    pub mark: Option<Mark>,
    /// Columns of the screen it comes from.
    pub cols: u16,
}

/// A piece on its way back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnedPiece {
    /// See [`Piece::text`].
    pub text: String,
    /// See [`Piece::runs`].
    pub runs: Vec<Run>,
    /// See [`Piece::links`].
    pub links: Vec<Link>,
    /// See [`Piece::continues`].
    pub continues: bool,
    /// See [`Piece::line_size`].
    pub line_size: LineSize,
    /// See [`Piece::mark`].
    pub mark: Option<Mark>,
    /// See [`Piece::cols`].
    pub cols: u16,
}

impl From<&Piece<'_>> for OwnedPiece {
    fn from(piece: &Piece<'_>) -> Self {
        let Piece { text, runs, links, continues, line_size, mark, cols } = *piece;
        Self {
            text: text.to_owned(),
            runs: runs.to_vec(),
            links: links.to_vec(),
            continues,
            line_size,
            mark,
            cols,
        }
    }
}

/// Where rows go that scroll off the primary screen.
pub trait History {
    /// Appends a piece. It may drop the oldest ones to make room.
    fn push(&mut self, piece: &Piece<'_>);
    /// Takes the newest piece back. What it returns is checked, not trusted, by the emulator.
    fn pop(&mut self) -> Option<OwnedPiece>;
    /// Whether the newest piece's line goes on.
    fn continues(&self) -> bool;
    /// Ends that line, whose rest was erased or scrolled away before it got here.
    fn close(&mut self);
    /// Forgets everything.
    fn clear(&mut self);
    /// Pieces held.
    fn pieces(&self) -> u64;
    /// The number of the line that the next piece is of: that of the newest line if it goes on. Lines are counted from
    /// the beginning, whether they are still held or not.
    fn next_line(&self) -> u64;
    /// The number of the oldest line of which something is still held; of the next one where nothing is.
    fn oldest_line(&self) -> u64;
}

/// History on the heap, for tests and benchmarks. As in the service's ring, what is appended lies next to what
/// was appended before.
///
/// ```text
///  text  | dropped | piece | piece | piece |     runs and links likewise
/// ```
#[derive(Clone, Debug, Default)]
pub struct VecHistory {
    text: String,
    runs: Vec<Run>,
    links: Vec<Link>,
    entries: Vec<Entry>,
    /// The oldest piece in `entries`; those before it are dropped.
    oldest: usize,
    limit: usize,
    /// Lines that began in pieces which were dropped or cleared.
    dropped: u64,
}

/// Where a piece begins in the vectors, and what is not in them. It ends where the next one begins.
#[derive(Clone, Copy, Debug)]
struct Entry {
    start: Places,
    continues: bool,
    line_size: LineSize,
    mark: Option<Mark>,
    cols: u16,
}

/// Places in text, runs and links.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    text: usize,
    runs: usize,
    links: usize,
}

impl VecHistory {
    /// Dropped pieces, and bytes of them, that are worth moving the others for.
    const SLACK: usize = 4 << 10;

    /// One that keeps the newest `limit` pieces.
    pub fn with_limit(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// The pieces, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Piece<'_>> {
        (self.oldest..self.entries.len()).map(|index| self.piece(index))
    }

    fn piece(&self, index: usize) -> Piece<'_> {
        let Entry { start, continues, line_size, mark, cols } = self.entries[index];
        let end = self.entries.get(index + 1).map_or(self.ends(), |next| next.start);
        Piece {
            text: &self.text[start.text..end.text],
            runs: &self.runs[start.runs..end.runs],
            links: &self.links[start.links..end.links],
            continues,
            line_size,
            mark,
            cols,
        }
    }

    fn ends(&self) -> Places {
        Places { text: self.text.len(), runs: self.runs.len(), links: self.links.len() }
    }

    /// Drops the oldest piece. Gives the room of dropped ones back, once it is as much as the others take.
    fn drop_oldest(&mut self) {
        self.dropped += u64::from(!self.entries[self.oldest].continues);
        self.oldest += 1;
        let dropped = self.entries.get(self.oldest).map_or(self.ends(), |entry| entry.start);
        let text = dropped.text >= Self::SLACK.max(self.text.len() / 2);
        let entries = self.oldest >= Self::SLACK.max(self.entries.len() / 2);
        if !text && !entries {
            return;
        }
        self.text.drain(..dropped.text);
        self.runs.drain(..dropped.runs);
        self.links.drain(..dropped.links);
        self.entries.drain(..self.oldest);
        self.oldest = 0;
        for entry in &mut self.entries {
            entry.start.text -= dropped.text;
            entry.start.runs -= dropped.runs;
            entry.start.links -= dropped.links;
        }
    }
}

impl History for VecHistory {
    fn push(&mut self, piece: &Piece<'_>) {
        if self.limit == 0 {
            return;
        }
        if self.entries.len() - self.oldest >= self.limit {
            self.drop_oldest();
        }
        let start = self.ends();
        self.text.push_str(piece.text);
        // Most rows have one run and no link.
        match piece.runs {
            [run] => self.runs.push(*run),
            runs => self.runs.extend_from_slice(runs),
        }
        if !piece.links.is_empty() {
            self.links.extend_from_slice(piece.links);
        }
        let Piece { text: _, runs: _, links: _, continues, line_size, mark, cols } = *piece;
        self.entries.push(Entry { start, continues, line_size, mark, cols });
    }

    fn pop(&mut self) -> Option<OwnedPiece> {
        if self.entries.len() == self.oldest {
            return None;
        }
        let piece = OwnedPiece::from(&self.piece(self.entries.len() - 1));
        let start = self.entries.pop()?.start;
        self.text.truncate(start.text);
        self.runs.truncate(start.runs);
        self.links.truncate(start.links);
        Some(piece)
    }

    fn continues(&self) -> bool {
        self.entries[self.oldest..].last().is_some_and(|entry| entry.continues)
    }

    fn close(&mut self) {
        if let Some(newest) = self.entries[self.oldest..].last_mut() {
            newest.continues = false;
        }
    }

    fn clear(&mut self) {
        let dropped = self.next_line() + u64::from(self.continues());
        *self = Self { dropped, ..Self::with_limit(self.limit) };
    }

    fn pieces(&self) -> u64 {
        (self.entries.len() - self.oldest) as u64
    }

    fn next_line(&self) -> u64 {
        self.dropped + self.entries[self.oldest..].iter().filter(|entry| !entry.continues).count() as u64
    }

    fn oldest_line(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_stay_whole_when_old_ones_go() {
        let mut history = VecHistory::with_limit(3);
        let text = "x".repeat(100_000);
        for number in 0..100u16 {
            let line = format!("{number}{text}");
            let style = RunStyle::default();
            let run = Run { bytes: 1, cells: u32::from(number), wide: false, kind: RunKind::Chars, style };
            let (line_size, mark) = (LineSize::Single, None);
            let piece = Piece {
                text: &line,
                runs: &[run],
                links: &[],
                continues: false,
                line_size,
                mark,
                cols: number,
            };
            history.push(&piece);
            assert_eq!(history.iter().next_back(), Some(piece));
        }
        assert!(history.text.len() < 1 << 20);
        assert_eq!(history.iter().map(|piece| piece.cols).collect::<Vec<_>>(), [97, 98, 99]);
        let newest = history.pop().expect("three pieces");
        assert!(newest.text.starts_with("99x") && newest.runs[0].cells == 99);
        assert_eq!(history.iter().next_back().map(|piece| piece.runs[0].cells), Some(98));
    }
}
