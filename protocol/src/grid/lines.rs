//! History and the screen of one moment as one sequence of lines, wrapped to a width as they are looked at.
//!
//! What every viewer that scrolls, selects or searches reads: a position is a line and a row within it, lines are
//! decoded one at a time, and nothing costs more with a longer history.

use super::placeholders;
use super::{
    Content, Frame, GridError, HistoryLine, LineNumber, Link, Marks, ScreenFlags, Style, ViewReader,
};

/// Where a row is: its line and which of the line's rows it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line's number: history's own, and after its end one for each row of the screen.
    pub line: u64,
    /// The row within the line.
    pub row: usize,
}

/// One cluster of a wrapped row.
#[derive(Clone, Debug)]
pub struct Glyph {
    /// What it shows.
    pub text: Box<str>,
    /// Columns, 1 or 2.
    pub width: usize,
    /// How it looks; its link is a number in the frame's or the piece's own table.
    pub style: Style,
    /// A number in the links that come with the rows.
    pub link: Option<u32>,
}

/// A cell of the sequence of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The row.
    pub at: Position,
    /// The column.
    pub col: usize,
}

/// A wrapped row.
#[derive(Clone, Debug, Default)]
pub struct WrappedRow {
    /// Its clusters, trailing blanks left out.
    pub glyphs: Vec<Glyph>,
    /// The line goes on in the next row.
    pub wrapped: bool,
}

impl WrappedRow {
    /// Its text between two columns, `to` not included.
    pub fn text(&self, from: usize, to: usize) -> String {
        let mut text = String::new();
        let mut col = 0;
        for glyph in &self.glyphs {
            if (from..to).contains(&col) {
                text.push_str(&placeholders::without(&glyph.text));
            }
            col += glyph.width;
        }
        text
    }
}

/// The lines of one moment.
#[derive(Debug)]
pub struct Lines {
    frame: Frame,
    cols: usize,
    /// The line decoded last, with its links: rows of one line are asked for one after the other.
    kept: Option<(u64, Vec<WrappedRow>, Vec<Link>)>,
}

impl Lines {
    /// The history behind `frame` and its rows, `cols` wide.
    pub fn new(frame: Frame, cols: u16) -> Self {
        Self { frame, cols: usize::from(cols.max(1)), kept: None }
    }

    /// The frame of that moment.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Wraps to another width from now on.
    pub fn set_cols(&mut self, cols: u16) {
        self.cols = usize::from(cols.max(1));
        self.kept = None;
    }

    /// The number of the oldest line. The alternate screen has no history behind it.
    pub fn first(&self) -> u64 {
        let head = self.frame.head();
        match head.flags.contains(ScreenFlags::ALTERNATE) {
            true => head.history.end_line.0,
            false => head.history.oldest_line.0,
        }
    }

    /// The number of the first row of the screen.
    pub fn screen(&self) -> u64 {
        self.frame.head().history.end_line.0
    }

    /// One more than the last line's number.
    pub fn end(&self) -> u64 {
        self.screen() + self.frame.rows().len() as u64
    }

    /// The rows of a line, at least one; also for a line that was dropped meanwhile, which is blank.
    ///
    /// # Errors
    /// [`GridError::Changed`] when history was shortened since the frame, and [`GridError::Damaged`].
    pub fn rows(&mut self, view: &ViewReader, line: u64) -> Result<(&[WrappedRow], &[Link]), GridError> {
        if self.kept.as_ref().is_none_or(|(kept, ..)| *kept != line) {
            let (rows, links) = match line.checked_sub(self.screen()) {
                Some(row) => self.screen_row(row),
                None => match view.history(&self.frame.head().history)?.line(LineNumber(line))? {
                    Some(found) => wrap(&found, self.cols),
                    None => (vec![WrappedRow::default()], Vec::new()),
                },
            };
            self.kept = Some((line, rows, links));
        }
        Ok(self.kept.as_ref().map_or((&[], &[]), |(_, rows, links)| (rows.as_slice(), links.as_slice())))
    }

    /// What a shell told about a line; nothing about one that was dropped meanwhile.
    ///
    /// # Errors
    /// As [`Lines::rows`].
    pub fn marks(&self, view: &ViewReader, line: u64) -> Result<Marks, GridError> {
        if let Some(row) = line.checked_sub(self.screen()) {
            let row = usize::try_from(row).ok().and_then(|row| self.frame.rows().get(row));
            return Ok(row.map_or(Marks::NONE, |row| row.head.attributes.marks));
        }
        let found = view.history(&self.frame.head().history)?.line(LineNumber(line))?;
        let pieces = found.iter().flat_map(|line| &line.pieces);
        Ok(pieces.fold(Marks::NONE, |marks, piece| marks.with(piece.marks)))
    }

    /// The row at a position, `None` past the end.
    ///
    /// # Errors
    /// As [`Lines::rows`].
    pub fn row(
        &mut self,
        view: &ViewReader,
        at: Position,
    ) -> Result<Option<(&WrappedRow, &[Link])>, GridError> {
        if at.line >= self.end() {
            return Ok(None);
        }
        let (rows, links) = self.rows(view, at.line)?;
        Ok(rows.get(at.row).map(|row| (row, links)))
    }

    /// The next row's position, `None` at the end.
    ///
    /// # Errors
    /// As [`Lines::rows`].
    pub fn after(&mut self, view: &ViewReader, at: Position) -> Result<Option<Position>, GridError> {
        if at.row + 1 < self.rows(view, at.line)?.0.len() {
            return Ok(Some(Position { row: at.row + 1, ..at }));
        }
        Ok((at.line + 1 < self.end()).then(|| Position { line: at.line + 1, row: 0 }))
    }

    /// The position of the row before, `None` at the beginning.
    ///
    /// # Errors
    /// As [`Lines::rows`].
    pub fn before(&mut self, view: &ViewReader, at: Position) -> Result<Option<Position>, GridError> {
        if at.row > 0 {
            return Ok(Some(Position { row: at.row - 1, ..at }));
        }
        if at.line <= self.first() {
            return Ok(None);
        }
        let rows = self.rows(view, at.line - 1)?.0.len();
        Ok(Some(Position { line: at.line - 1, row: rows.saturating_sub(1) }))
    }

    /// A row of the screen as it stands, not wrapped anew.
    fn screen_row(&self, row: u64) -> (Vec<WrappedRow>, Vec<Link>) {
        let mut links: Vec<Link> = Vec::new();
        let mut wrapped = WrappedRow::default();
        let Some(shown) = usize::try_from(row).ok().and_then(|row| self.frame.rows().get(row)) else {
            return (vec![wrapped], links);
        };
        let next = usize::try_from(row + 1).ok().and_then(|row| self.frame.rows().get(row));
        wrapped.wrapped = shown.head.attributes.wrapped;
        for cell in &shown.cells {
            let text = match cell.content() {
                Content::Blank => " ".into(),
                Content::Char(character) => String::from(character).into_boxed_str(),
                Content::Cluster(number) => self.frame.cluster(number).into(),
                Content::Spacer => continue,
            };
            let style = self.frame.style(cell.style());
            let link = style.link.and_then(|link| self.frame.link(link)).map(|link| {
                let known = links.iter().position(|known| known == link);
                known.unwrap_or_else(|| {
                    links.push(link.clone());
                    links.len() - 1
                }) as u32
            });
            wrapped.glyphs.push(Glyph { text, width: if cell.wide() { 2 } else { 1 }, style, link });
        }
        let blank = |glyph: &mut Glyph| &*glyph.text == " " && glyph.style == Style::default();
        match next.filter(|_| wrapped.wrapped) {
            None => while wrapped.glyphs.pop_if(blank).is_some() {},
            // Blanks before the wrap are part of the line, but for the column that a wide character did not fit into: no
            // program wrote that one, whatever its colour.
            Some(next) => {
                let wide = next.cells.first().is_some_and(|cell| cell.wide());
                if wide && shown.cells.last().is_some_and(|cell| cell.content() == Content::Blank) {
                    wrapped.glyphs.pop();
                }
            }
        }
        (vec![wrapped], links)
    }
}

/// Wraps a line of history.
fn wrap(line: &HistoryLine, cols: usize) -> (Vec<WrappedRow>, Vec<Link>) {
    let mut rows = vec![WrappedRow::default()];
    let mut links = Vec::new();
    let mut col = 0;
    for piece in &line.pieces {
        let first_link = links.len() as u32;
        links.extend(piece.links.iter().cloned());
        let mut text = piece.text.as_str();
        for run in &piece.runs {
            let Some((mut rest, after)) = text.split_at_checked(run.bytes as usize) else { break };
            text = after;
            let link = run.style.link.map(|link| first_link + link.0);
            let width = if run.wide { 2 } else { 1 };
            while !rest.is_empty() {
                let length =
                    if run.single { rest.len() } else { rest.chars().next().map_or(1, char::len_utf8) };
                let (cluster, others) = rest.split_at(length);
                rest = others;
                if col + width > cols && col > 0 {
                    if let Some(full) = rows.last_mut() {
                        full.wrapped = true;
                    }
                    rows.push(WrappedRow::default());
                    col = 0;
                }
                col += width;
                if let Some(row) = rows.last_mut() {
                    row.glyphs.push(Glyph { text: cluster.into(), width, style: run.style, link });
                }
            }
        }
    }
    if let Some(last) = rows.last_mut() {
        last.wrapped = !line.ends();
    }
    (rows, links)
}

#[cfg(test)]
mod tests {
    use super::super::{HistoryPiece, HistoryRun};
    use super::*;

    fn piece(text: &str, wide: bool, continues: bool) -> HistoryPiece {
        let width = if wide { 2 } else { 1 };
        let runs = vec![HistoryRun {
            bytes: text.len() as u32,
            cells: text.chars().count() as u32 * width,
            wide,
            ..HistoryRun::default()
        }];
        HistoryPiece { text: text.to_owned(), runs, continues, ..HistoryPiece::default() }
    }

    fn texts(rows: &[WrappedRow]) -> Vec<(String, bool)> {
        rows.iter().map(|row| (row.text(0, usize::MAX), row.wrapped)).collect()
    }

    #[test]
    fn a_line_of_several_pieces_is_wrapped_as_one() {
        let line = HistoryLine {
            number: LineNumber(7),
            pieces: vec![piece("abcd", false, true), piece("宽字", true, true), piece("ef", false, false)],
        };
        let row = |text: &str, wrapped| (text.to_owned(), wrapped);
        assert_eq!(texts(&wrap(&line, 5).0), [row("abcd", true), row("宽字e", true), row("f", false)]);
        assert_eq!(texts(&wrap(&line, 80).0), [row("abcd宽字ef", false)]);
        // A column too narrow for a wide character shows it cut, and ends.
        assert_eq!(wrap(&line, 1).0.len(), 8);
    }

    #[test]
    fn columns_are_cut_out_of_a_row() {
        let line = HistoryLine { number: LineNumber(0), pieces: vec![piece("宽ab", false, false)] };
        let (rows, _) = wrap(&line, 80);
        assert_eq!(rows[0].text(1, 2), "a");
    }

    #[test]
    fn an_empty_line_is_one_row_and_one_that_goes_on_says_so() {
        let empty = HistoryLine { number: LineNumber(0), pieces: vec![piece("", false, false)] };
        assert_eq!(texts(&wrap(&empty, 10).0), [(String::new(), false)]);
        let open = HistoryLine { number: LineNumber(0), pieces: vec![piece("on", false, true)] };
        assert_eq!(texts(&wrap(&open, 10).0), [("on".to_owned(), true)]);
    }
}
