//! Another size: the primary screen's lines are wrapped anew, history gives rows back when there is room
//! for them and takes those that no longer fit; the alternate screen is cut or extended, since the program
//! on it draws it anew.
//!
//! The cost is that of a screen, never that of the history: its lines know no width.

use crate::cell::Cell;
use crate::cluster::{ClusterId, Clusters};
use crate::cursor::Position;
use crate::graphics::Placement;
use crate::history::{History, OwnedPiece, RunKind, RunStyle};
use crate::link::{Link, LinkId};
use crate::modes::Mode;
use crate::retire::{Tables, line_of};
use crate::row::{LineSize, Mark, Row, RowId};
use crate::size::Size;
use crate::style::{Style, StyleId};
use crate::terminal::Terminal;

/// An image in hand while its line is wrapped anew.
struct LiftedImage {
    /// Of its placement.
    index: usize,
    /// From the top of the screen; before it in history.
    row: i64,
    col: usize,
    /// Of that row's line, once it is in history.
    history_line: Option<u64>,
}

/// Cells of a line, without what wrapping put in between.
#[derive(Default)]
struct Line {
    cells: Vec<Cell>,
    line_size: LineSize,
    mark: Option<Mark>,
    /// It began before what is here.
    continued: bool,
    /// It goes on beyond what is here: the rest stays in history's next piece, or comes after it.
    continues: bool,
}

/// A place that must stay with its character: the cursor, the saved one, the top of the screen.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    row: usize,
    col: usize,
    /// It is behind its character (pending wrap).
    after: bool,
}

impl Anchor {
    fn of(position: Position) -> Self {
        Self { row: position.row, col: position.col, after: position.pending_wrap }
    }

    fn position(self) -> Position {
        Position { row: self.row, col: self.col, pending_wrap: self.after }
    }
}

impl<H: History> Terminal<H> {
    /// Gives the terminal another size.
    pub fn resize(&mut self, size: Size) {
        let size = size.clamped();
        let old = std::mem::replace(&mut self.size, size);
        if (old.cols, old.rows) != (size.cols, size.rows) {
            self.reflow_primary();
            self.clip_alternate();
            self.reset_margins();
            self.last.joinable = false;
        }
        if old != size && self.modes.is_set(Mode::ResizeReports) {
            self.report_size();
        }
    }

    fn clip_alternate(&mut self) {
        let (cols, rows) = (self.cols(), self.rows());
        let mut kept = self.alternate.take_rows();
        // The cursor's row stays; the rows at the top go.
        let above = if self.on_alternate { (self.at.row + 1).saturating_sub(rows) } else { 0 };
        kept.drain(..above);
        self.graphics.cut_alternate(above);
        self.alternate.replace_rows(kept, cols, rows);
        let clip = |position: &mut Position| {
            position.pending_wrap &= position.col + 1 == cols;
            position.row = position.row.saturating_sub(above).min(rows - 1);
            position.col = position.col.min(cols - 1);
        };
        if self.on_alternate {
            clip(&mut self.at);
        }
        if let Some(saved) = &mut self.saved[1] {
            clip(&mut saved.position);
        }
    }

    fn reflow_primary(&mut self) {
        let (cols, rows) = (self.cols(), self.rows());
        let saved = self.saved[0].map(|saved| saved.position);
        let cursor = if self.on_alternate { saved.unwrap_or_default() } else { self.at };
        self.drop_cut_sixels();
        let mut images = self.lift_images();
        // The line at the top may have begun in history.
        let mut lines = Vec::new();
        if cols != self.primary.cols() && self.primary.row(0).continued {
            self.take_unfinished_line(Vec::new(), &mut lines);
        }
        let mut anchors = [cursor, saved.unwrap_or_default(), Position::default()].map(Anchor::of).to_vec();
        anchors.extend(images.iter().map(|image| Anchor {
            row: image.row as usize,
            col: image.col,
            after: false,
        }));
        // From here on an anchor's row is that of its line, its column that within the line.
        gather(&mut lines, &self.primary.take_rows(), &mut anchors);
        let mut wrapped = Vec::new();
        wrap(&lines, cols, &mut wrapped, &mut anchors);
        images.iter_mut().zip(anchors.drain(3..)).for_each(|(image, anchor)| image.row = anchor.row as i64);
        // Those that came back with the line at the top are where it begins.
        images.extend(self.returned_images(0));

        // Of what was on the screen before, blank rows below the cursor go first, then rows above it. Rows
        // from history stay as far as they fill the screen.
        let (cursor, top) = (anchors[0].row, anchors[2].row);
        while wrapped.len() > (top + rows).max(cursor + 1) && wrapped.last().is_some_and(is_blank) {
            wrapped.pop();
        }
        let first = if wrapped.len() > top + rows {
            top + (wrapped.len() - top - rows).min(cursor.saturating_sub(top))
        } else {
            wrapped.len().saturating_sub(rows)
        };
        self.retire(wrapped.drain(..first), &mut anchors, &mut images, 0);
        images.iter_mut().for_each(|image| image.row = (image.row - first as i64).min(rows as i64 - 1));
        if wrapped.len() > rows {
            wrapped.truncate(rows);
            wrapped[rows - 1].wrapped = false;
        }
        if wrapped.len() < rows {
            let joins = wrapped.first().is_some_and(|row| row.continued);
            let returned = self.take_back(rows - wrapped.len(), cols, joins, &mut images);
            images.iter_mut().for_each(|image| image.row += returned.len() as i64);
            anchors.iter_mut().for_each(|anchor| anchor.row += returned.len());
            wrapped.splice(..0, returned);
        }
        self.primary.replace_rows(wrapped, cols, rows);
        self.retirement.reopen(&self.history);

        self.put_images_down(&images);
        let position = |anchor: &Anchor| Anchor { row: anchor.row.min(rows - 1), ..*anchor }.position();
        if !self.on_alternate {
            self.at = position(&anchors[0]);
        }
        if let Some(saved) = &mut self.saved[0] {
            saved.position = position(&anchors[1]);
        }
    }

    /// Appends rows to history, which leave the top. The first of them has the number `first_row` among the rows that
    /// images are on.
    fn retire(
        &mut self,
        rows: impl Iterator<Item = Row>,
        anchors: &mut [Anchor],
        images: &mut [LiftedImage],
        first_row: i64,
    ) {
        let tables = Tables { styles: &self.styles, clusters: &self.clusters, links: &self.links };
        self.retirement.reopen(&self.history);
        for (number, row) in (first_row..).zip(rows) {
            for image in images.iter_mut().filter(|image| image.row == number) {
                image.history_line = Some(line_of(&row, &self.history));
            }
            self.retirement.retire(&row, tables, &mut self.history);
            self.graphics.number_on(1);
            anchors.iter_mut().for_each(|anchor| anchor.row = anchor.row.saturating_sub(1));
        }
    }

    /// Takes up to `count` rows back from history, in order. `joins`: the row below them goes on with their line.
    /// The images of these rows join `images`, their rows counted from the end of what is taken back.
    fn take_back(
        &mut self,
        count: usize,
        cols: usize,
        joins: bool,
        images: &mut Vec<LiftedImage>,
    ) -> Vec<Row> {
        let mut taken: Vec<Row> = Vec::new();
        while taken.len() < count {
            let Some(piece) = self.history.pop() else { break };
            self.graphics.number_back();
            let mut last = self.restore_line(&piece);
            // What it went on in may be gone from the screen.
            last.continues &= joins && taken.is_empty();
            let mut line = Vec::new();
            self.take_unfinished_line(vec![last], &mut line);
            let mut rows = Vec::new();
            wrap(&line, cols, &mut rows, &mut []);
            let (begin, room) = (-((taken.len() + rows.len()) as i64), count - taken.len());
            images.extend(self.returned_images(begin));
            if rows.len() > room {
                let over = rows.len() - room;
                self.retire(rows.drain(..over), &mut [], images, begin);
            }
            rows.append(&mut taken);
            taken = rows;
        }
        taken
    }

    /// Takes the pieces of history's last line back that go on in `parts`, and joins them all. A line longer
    /// than a whole screen comes back only from where it fills one: what was before stays in history, and the
    /// pieces there still say that it goes on.
    fn take_unfinished_line(&mut self, mut parts: Vec<Line>, lines: &mut Vec<Line>) {
        let enough = self.cols() * self.rows();
        let mut taken = 0;
        while taken < enough && self.history.continues() {
            let Some(piece) = self.history.pop() else { break };
            self.graphics.number_back();
            let part = self.restore_line(&piece);
            // An empty one costs something too, should the history be made of them.
            taken += part.cells.len().max(1);
            parts.push(part);
        }
        if let Some(oldest) = parts.last_mut() {
            oldest.continued = self.history.continues();
        }
        parts.into_iter().rev().for_each(|part| extend(lines, part));
    }

    /// Those images that stand on the primary screen itself.
    fn lift_images(&mut self) -> Vec<LiftedImage> {
        let (top, last) = (self.graphics.top(false), self.primary.rows() as i64 - 1);
        // One may have been placed, or pushed, below the screen.
        self.lift(|place| (place.line - top).min(last))
    }

    /// Those whose first row came back from history and stands at `row` now.
    fn returned_images(&mut self, row: i64) -> Vec<LiftedImage> {
        self.lift(|_| row)
    }

    /// Takes those up that stand at the top line or below and are not in hand yet.
    fn lift(&mut self, row: impl Fn(&Placement) -> i64) -> Vec<LiftedImage> {
        let top = self.graphics.top(false);
        let mut lifted = Vec::new();
        if self.graphics.placements().is_empty() {
            return lifted;
        }
        for (index, place) in self.graphics.placements_mut().iter_mut().enumerate() {
            if !place.alternate && place.has_place() && place.line >= top && place.line != Self::LIFTED {
                lifted.push(LiftedImage {
                    index,
                    row: row(place),
                    col: place.col as usize,
                    history_line: None,
                });
                place.line = Self::LIFTED;
            }
        }
        lifted
    }

    /// The line of an image that is in hand.
    const LIFTED: i64 = 1 << 62;

    /// Images stand on their rows again.
    fn put_images_down(&mut self, images: &[LiftedImage]) {
        if self.graphics.placements().is_empty() {
            return;
        }
        let top = self.graphics.top(false);
        let placements = self.graphics.placements_mut();
        for image in images {
            placements[image.index].line = top + image.row;
            placements[image.index].history_line = image.history_line;
        }
        self.mark_sixels();
    }

    /// Cells again from what history kept. The piece may come from anywhere and is not trusted.
    fn restore_line(&mut self, piece: &OwnedPiece) -> Line {
        let mut line = Line {
            line_size: piece.line_size,
            mark: piece.mark,
            continues: piece.continues,
            ..Line::default()
        };
        let mut text = piece.text.as_str();
        for run in &piece.runs {
            let Some((now, later)) = text.split_at_checked(run.bytes as usize) else { break };
            text = later;
            let style = self.restore_style(&run.style, &piece.links);
            let first = now.chars().find(|character| !character.is_control()).unwrap_or(' ');
            match run.kind {
                RunKind::Chars => {
                    for character in now.chars().filter(|character| !character.is_control()) {
                        let cell = Cell::char(character, style, 0).with_wide(run.wide);
                        line.cells.push(cell);
                    }
                }
                RunKind::Single => {
                    let cell = match self.restore_cluster(now) {
                        Some(id) => Cell::cluster(id, style, 0),
                        None => Cell::char(first, style, 0),
                    };
                    line.cells.push(cell.with_wide(run.wide));
                }
            }
            // A row is never longer than the widest screen.
            line.cells.truncate(usize::from(Size::MAX_COLS));
        }
        line
    }

    /// Looks a style up without compacting, which would not know the cells in hand here.
    fn restore_style(&mut self, style: &RunStyle, links: &[Link]) -> StyleId {
        let RunStyle { fg, bg, underline_colour, attributes, underline, link } = *style;
        let link = link.and_then(|place| links.get(usize::from(place)));
        let link = link.and_then(|link| self.restore_link(link));
        self.intern_growing(Style { fg, bg, underline_colour, attributes, underline, link })
    }

    fn restore_link(&mut self, link: &Link) -> Option<LinkId> {
        if link.id.len() > Link::MAX_ID || link.uri.len() > Link::MAX_URI {
            return None;
        }
        let id = self.links.intern(&link.id, &link.uri);
        id.or_else(|| if self.links.table.grow() { self.links.intern(&link.id, &link.uri) } else { None })
    }

    fn restore_cluster(&mut self, text: &str) -> Option<ClusterId> {
        if text.is_empty() || text.len() > Clusters::MAX_BYTES || text.chars().any(char::is_control) {
            return None;
        }
        let id = self.clusters.intern(text);
        id.or_else(|| if self.clusters.0.grow() { self.clusters.intern(text) } else { None })
    }
}

fn is_blank(row: &Row) -> bool {
    row.trimmed_cells().is_empty() && row.mark.is_none()
}

/// Adds a part to the line it goes on with, or begins one.
fn extend(lines: &mut Vec<Line>, part: Line) {
    match lines.last_mut() {
        Some(line) if line.continues && part.line_size == LineSize::Single => {
            line.cells.extend(part.cells);
            line.continues = part.continues;
        }
        _ => lines.push(part),
    }
}

/// Joins rows to lines. Anchors come with rows and columns of the screen and leave with lines and places
/// within them.
fn gather(lines: &mut Vec<Line>, rows: &[Row], anchors: &mut [Anchor]) {
    let unplaced = anchors.to_vec();
    for (index, row) in rows.iter().enumerate() {
        let single = row.line_size() == LineSize::Single;
        let joins = single && lines.last().is_some_and(|line| line.continues);
        let start = if joins { lines.last().map_or(0, |line| line.cells.len()) } else { 0 };
        let cells = if row.wrapped() { row.cells() } else { row.text_cells() };
        // What a picture left in a cell stays with the picture.
        let text = |cell: &Cell| if cell.is_image() { Cell::EMPTY } else { *cell };
        let part = Line {
            // Spacers are put back with their wide cells; what padded a row is no text.
            cells: cells.iter().filter(|cell| !cell.is_spacer() && !cell.is_padding()).map(text).collect(),
            line_size: row.line_size(),
            mark: row.mark(),
            continued: row.continued,
            continues: row.wrapped() && single,
        };
        let columns_left_out =
            |col: usize| cells.iter().take(col).filter(|cell| cell.is_spacer() || cell.is_padding()).count();
        for (anchor, place) in
            unplaced.iter().zip(anchors.iter_mut()).filter(|(anchor, _)| anchor.row == index)
        {
            place.row = if joins { lines.len() - 1 } else { lines.len() };
            // On a spacer it stays with the wide cell before.
            let on_spacer = cells.get(anchor.col).is_some_and(|cell| cell.is_spacer());
            place.col = start + anchor.col - columns_left_out(anchor.col) - usize::from(on_spacer);
        }
        extend(lines, part);
    }
}

/// Breaks lines into rows of `cols`. Anchors come as [`gather`] leaves them, and leave with rows and columns.
fn wrap(lines: &[Line], cols: usize, rows: &mut Vec<Row>, anchors: &mut [Anchor]) {
    let unplaced = anchors.to_vec();
    for (index, line) in lines.iter().enumerate() {
        let mut row = Row::new(cols, RowId(0), 0);
        row.mark = line.mark;
        row.line_size = line.line_size;
        row.continued = line.continued;
        let mut col = 0;
        // Where each cell of the line came to stand; one more for what is behind them all.
        let mut places = Vec::new();
        for cell in &line.cells {
            let cell = if cols < 2 { cell.with_wide(false) } else { *cell };
            let width = 1 + usize::from(cell.wide());
            if col + width > cols {
                if line.line_size != LineSize::Single {
                    break;
                }
                if col < cols {
                    row.put(col, Cell::padding(cell.style()));
                }
                row.wrapped = true;
                rows.push(std::mem::replace(&mut row, Row::new(cols, RowId(0), 0)));
                row.continued = true;
                col = 0;
            }
            row.put(col, cell);
            places.push((rows.len(), col));
            col += width;
        }
        let last = rows.len();
        row.wrapped = line.continues && col == cols;
        rows.push(row);
        for (anchor, place) in
            unplaced.iter().zip(anchors.iter_mut()).filter(|(anchor, _)| anchor.row == index)
        {
            *place = settle(anchor, &places, (last, col), cols);
        }
    }
}

/// Where an anchor comes to stand, given the places of its line's cells and the one behind them.
fn settle(anchor: &Anchor, places: &[(usize, usize)], end: (usize, usize), cols: usize) -> Anchor {
    // Behind a character is before the next one, if there is one.
    let offset = anchor.col + usize::from(anchor.after);
    match places.get(offset) {
        Some((row, col)) => Anchor { row: *row, col: *col, after: false },
        None => {
            let col = end.1 + (offset - places.len());
            let after = offset == places.len() && col >= cols;
            Anchor { row: end.0, col: col.min(cols - 1), after }
        }
    }
}
