//! A frame laid out on the outer terminal: letterboxed where the session is smaller, scrolled to its cursor where
//! it is larger, with the viewer's own line and panel over it.
//!
//! Between `grid` (what a frame is) and `paint` (what differs): the one place that knows both numberings of styles.

use super::canvas::{Ink, Inks, Tag, recolour, write_text};
use super::outer::Abilities;
use super::paint::{Cursor, Painter};
use super::style::Look;
use scarab_protocol::grid::placeholders::PLACEHOLDER;
use scarab_protocol::grid::{
    Attributes, Cell, Content, CursorShape, Frame, FrameColours, Link, ScreenFlags, Style, StyleId,
    WrappedRow,
};
use scarab_protocol::message::Size;

/// What the viewer itself shows over the session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overlay {
    /// One line over the last row.
    pub line: Option<String>,
    /// A box in the middle.
    pub panel: Option<Panel>,
}

/// A box of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panel {
    /// Its lines.
    pub lines: Vec<String>,
    /// The line that stands out.
    pub selected: Option<usize>,
}

/// The look of the viewer's own words.
fn own_look(selected: bool) -> Ink {
    let attributes = if selected { Attributes::INVERSE.with(Attributes::BOLD) } else { Attributes::INVERSE };
    Ink { look: Look { attributes, ..Look::default() }, link: None }
}

/// Where the frame was put last, so that a scrolled one moves only when it must.
#[derive(Debug, Default)]
pub struct Screen {
    /// The frame's first row and column shown.
    origin: (u16, u16),
    /// What a frame's styles are called here, filled as they are met; good for one painting.
    numbers: Vec<Option<StyleId>>,
    /// Size of the frame and revision of its colours when the tags were given.
    tagged: Option<(u16, u16, u64)>,
}

impl Screen {
    /// Paints a frame and what lies over it.
    pub fn paint(
        &mut self,
        painter: &mut Painter,
        frame: &Frame,
        size: Size,
        abilities: Abilities,
        overlay: &Overlay,
        out: &mut Vec<u8>,
    ) {
        let head = *frame.head();
        painter.begin(size.cols, size.rows, abilities);
        self.numbers.clear();
        let of = (head.cols, size.cols, frame.colours_revision());
        if self.tagged.replace(of) != Some(of) {
            painter.untag();
        }
        painter.reverse(head.flags.contains(ScreenFlags::REVERSE_VIDEO));
        self.origin = (
            origin(self.origin.0, head.rows, size.rows, head.cursor.row),
            origin(self.origin.1, head.cols, size.cols, head.cursor.col),
        );
        let (top, left) = self.origin;

        let rows = frame.rows();
        let layers = Layers::new(overlay, size);
        let tag = |row: usize| match rows.get(row + usize::from(top)) {
            Some(shown) if !layers.cover(row) => {
                Tag::Frame { identity: shown.head.identity, revision: shown.head.revision, from: left }
            }
            _ => Tag::None,
        };
        painter.scroll(tag);
        for row in 0..usize::from(size.rows) {
            painter.row(row, tag(row), |cells, inks| {
                match rows.get(row + usize::from(top)) {
                    Some(shown) => {
                        let from = usize::from(left).min(shown.cells.len());
                        self.compose(frame, &shown.cells[from..], cells, inks);
                        let end = shown.cells.len() - from;
                        if end < cells.len() {
                            outside(&mut cells[end..], inks);
                        }
                    }
                    None => outside(cells, inks),
                }
                layers.draw(row, cells, inks);
            });
        }
        let place = (head.cursor.row.checked_sub(top), head.cursor.col.checked_sub(left));
        let cursor = match place {
            (Some(row), Some(col))
                if head.cursor.visible
                    && row < size.rows
                    && col < size.cols
                    && overlay.panel.is_none()
                    && !layers.cover(usize::from(row)) =>
            {
                // A block outside of full-screen programs is what is left where nobody asked for a form: the
                // person's own cursor then.
                let form = (head.cursor.shape, head.cursor.blinking);
                let own = form.0 == CursorShape::Block && !head.flags.contains(ScreenFlags::ALTERNATE);
                Some(Cursor { row, col, form: (!own).then_some(form) })
            }
            _ => None,
        };
        painter.finish(cursor, out);
    }

    /// Where a cell of the outer terminal lies in the session; `None` outside of it.
    pub fn session_cell(&self, frame: &Frame, col: u16, row: u16) -> Option<(u16, u16)> {
        let (row, col) = (row.checked_add(self.origin.0)?, col.checked_add(self.origin.1)?);
        (row < frame.head().rows && col < frame.head().cols).then_some((col, row))
    }

    fn compose(&mut self, frame: &Frame, from: &[Cell], cells: &mut [Cell], inks: &mut Inks) {
        for (to, from) in cells.iter_mut().zip(from) {
            let style = self.number(frame, from.style(), inks);
            // What stands for a part of an image is none to a terminal that has not got the image.
            let content = match from.content() {
                Content::Char(PLACEHOLDER) => Content::Blank,
                Content::Cluster(number) if frame.cluster(number).starts_with(PLACEHOLDER) => Content::Blank,
                Content::Cluster(number) => Content::Cluster(inks.cluster(frame.cluster(number))),
                content => content,
            };
            *to = Cell::new(content, style).with_wide(from.wide());
        }
    }

    fn number(&mut self, frame: &Frame, id: StyleId, inks: &mut Inks) -> StyleId {
        let index = usize::from(id.0);
        if let Some(&Some(number)) = self.numbers.get(index) {
            return number;
        }
        let style = frame.style(id);
        let link =
            style.link.and_then(|link| frame.link(link)).map(|link| inks.link_number(&link.id, &link.uri));
        let number = inks.number(ink(&style, link, frame.colours()));
        if self.numbers.len() <= index {
            self.numbers.resize(index + 1, None);
        }
        self.numbers[index] = Some(number);
        number
    }
}

/// A grid style as an ink, in the colours the program has set.
pub fn ink(style: &Style, link: Option<u32>, colours: &FrameColours) -> Ink {
    let look = Look {
        foreground: style.foreground,
        background: style.background,
        underline_colour: style.underline_colour,
        attributes: style.attributes,
        underline: style.underline,
    };
    Ink { look: recolour(look, colours), link }
}

/// Draws a row of the sequence of lines into blank cells.
pub fn draw_row(
    row: &WrappedRow,
    links: &[Link],
    colours: &FrameColours,
    cells: &mut [Cell],
    inks: &mut Inks,
) {
    let mut col = 0;
    for glyph in &row.glyphs {
        if col + glyph.width > cells.len() {
            break;
        }
        let link = glyph.link.and_then(|link| links.get(link as usize));
        let link = link.map(|link| inks.link_number(&link.id, &link.uri));
        let style = inks.number(ink(&glyph.style, link, colours));
        let mut characters = glyph.text.chars();
        let content = match (characters.next(), characters.next()) {
            (None | Some(PLACEHOLDER), _) => Content::Blank,
            (Some(single), None) => Content::Char(single),
            _ => Content::Cluster(inks.cluster(&glyph.text)),
        };
        cells[col] = Cell::new(content, style).with_wide(glyph.width == 2);
        if glyph.width == 2 {
            cells[col + 1] = Cell::new(Content::Spacer, style);
        }
        col += glyph.width;
    }
    // A session with a ground of its own shows it behind short rows too.
    let ground = inks.number(ink(&Style::default(), None, colours));
    if ground != StyleId(0) {
        let end = col.min(cells.len());
        cells[end..].fill(Cell::new(Content::Blank, ground));
    }
}

/// The first of `have` rows (or columns) shown in `room`, keeping `cursor` visible and moving as little as may be.
fn origin(before: u16, have: u16, room: u16, cursor: u16) -> u16 {
    if have <= room || room == 0 {
        return 0;
    }
    let least = (cursor + 1).saturating_sub(room);
    before.clamp(least, cursor.max(least)).min(have - room)
}

/// What lies outside a smaller session: dots, so that it cannot be taken for the session's own blank.
fn outside(cells: &mut [Cell], inks: &mut Inks) {
    let faint = Ink { look: Look { attributes: Attributes::FAINT, ..Look::default() }, link: None };
    cells.fill(Cell::new(Content::Char('.'), inks.number(faint)));
}

/// An overlay placed on a screen of some size.
struct Layers<'a> {
    overlay: &'a Overlay,
    rows: usize,
    /// Rows and columns of the panel, with the marker before its text and a margin after it.
    panel: Option<(std::ops::Range<usize>, std::ops::Range<usize>)>,
    /// The panel's first line shown.
    first: usize,
}

impl<'a> Layers<'a> {
    fn new(overlay: &'a Overlay, size: Size) -> Self {
        let (rows, cols) = (usize::from(size.rows), usize::from(size.cols));
        let mut first = 0;
        let panel = overlay.panel.as_ref().map(|panel| {
            let height = panel.lines.len().min(rows);
            let widest = panel.lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
            let width = (widest + 3).min(cols);
            first = panel.selected.map_or(0, |selected| (selected + 1).saturating_sub(height));
            let (top, left) = ((rows - height) / 2, (cols - width) / 2);
            (top..top + height, left..left + width)
        });
        Self { overlay, rows, panel, first }
    }

    fn cover(&self, row: usize) -> bool {
        (self.overlay.line.is_some() && row + 1 == self.rows)
            || self.panel.as_ref().is_some_and(|(rows, _)| rows.contains(&row))
    }

    fn draw(&self, row: usize, cells: &mut [Cell], inks: &mut Inks) {
        if let (Some((rows, cols)), Some(panel)) = (&self.panel, &self.overlay.panel)
            && rows.contains(&row)
        {
            let line = self.first + row - rows.start;
            let style = inks.number(own_look(panel.selected == Some(line)));
            let marker = if panel.selected == Some(line) { '>' } else { ' ' };
            let cells = &mut cells[cols.clone()];
            cells.fill(Cell::new(Content::Char(' '), style));
            if let Some(first) = cells.first_mut() {
                *first = Cell::new(Content::Char(marker), style);
            }
            write_text(cells, 2, panel.lines.get(line).map_or("", |line| line), style);
        }
        if row + 1 == self.rows
            && let Some(line) = &self.overlay.line
        {
            draw_line(line, cells, inks);
        }
    }
}

/// One line in the viewer's own look, over a whole row.
pub fn draw_line(line: &str, cells: &mut [Cell], inks: &mut Inks) {
    let style = inks.number(own_look(false));
    cells.fill(Cell::new(Content::Char(' '), style));
    write_text(cells, 1, line, style);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_session_is_scrolled_to_its_cursor_and_no_further() {
        assert_eq!(origin(0, 24, 24, 23), 0);
        assert_eq!(origin(0, 60, 24, 10), 0);
        assert_eq!(origin(0, 60, 24, 40), 17);
        assert_eq!(origin(17, 60, 24, 30), 17, "still visible: not moved");
        assert_eq!(origin(17, 60, 24, 5), 5);
        assert_eq!(origin(50, 60, 24, 59), 36);
        assert_eq!(origin(3, 60, 0, 59), 0);
    }
}
