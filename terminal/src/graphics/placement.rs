//! Where an image is shown: a rectangle of cells on a line, which scrolls with its line and goes into history with it.

use crate::checkpoint::{saved_enum, saved_struct};
use crate::size::Size;

/// How a placement came to be, which says how it behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PlacementKind {
    /// By kitty's protocol: text leaves it alone.
    Kitty,
    /// By kitty's protocol, shown wherever characters stand for it; it has no place of its own.
    Placeholder,
    /// A sixel picture: what is written or erased over it cuts it. It is seen where cells say so
    /// ([`Content::Image`](crate::Content::Image)).
    Sixel,
}

saved_enum!(PlacementKind { Kitty = 0, Placeholder = 1, Sixel = 2 });

/// An image on a screen.
///
/// ```text
///        col
///  line   +-----------+  --- first = 0      The cells that it takes are cols x rows. Rows before `first`
///         |           |                     and from `last` on have been cut off by margins.
///         |           |
///         +-----------+  --- last = rows
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Placement {
    /// The image.
    pub(crate) serial: u64,
    pub(crate) alternate: bool,
    pub(crate) kind: PlacementKind,
    /// The program's name for it, 0 without one.
    pub(crate) id: u32,
    /// Its number, which no other placement ever has; it keeps it when it is placed anew under its name. 0 until it is
    /// placed.
    pub(crate) key: u64,
    /// The number of the placement that it moves and goes with, 0 without one.
    pub(crate) parent: u64,
    /// The number of its first line: that of the screen's top line is [`Graphics::top`](super::Graphics::top), those
    /// before it are in history.
    pub(crate) line: i64,
    /// Once that is in history, the number which history has for the line it is of: history's lines are found by
    /// theirs, whatever width a viewer has.
    pub(crate) history_line: Option<u64>,
    pub(crate) col: u32,
    pub(crate) cols: u32,
    pub(crate) rows: u32,
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// The part of the image: left, top, width, height.
    pub(crate) source: [u32; 4],
    /// In pixels of `cell`, from the corner of the first cell.
    pub(crate) offset: (u32, u32),
    /// How large it is shown, in pixels of `cell`.
    pub(crate) size: (u32, u32),
    /// How large a cell was when it was placed.
    pub(crate) cell: (u32, u32),
    /// Below 0 it is under the text.
    pub(crate) z: i32,
}

saved_struct!(Placement {
    serial,
    alternate,
    kind,
    id,
    key,
    parent,
    line,
    history_line,
    col,
    cols,
    rows,
    first,
    last,
    source,
    offset,
    size,
    cell,
    z,
});

/// An image on a screen, for whoever draws it. Rows are counted from the top of the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlacedImage {
    /// The number of the image.
    pub serial: u64,
    /// How it came to be.
    pub kind: PlacementKind,
    /// The program's name for it, 0 without one.
    pub id: u32,
    /// Its first row, from the top of the screen: below 0 it is so many pieces back in history.
    pub row: i64,
    /// Once that row is in history, the number of its line there.
    pub history_line: Option<u64>,
    /// Its first column.
    pub col: u32,
    /// Columns that it takes.
    pub cols: u32,
    /// Rows that it takes.
    pub rows: u32,
    /// The first of its rows that has not been cut off.
    pub first: u32,
    /// The row behind the last such.
    pub last: u32,
    /// The part of the image that is shown: left, top, width, height, in its pixels.
    pub source: [u32; 4],
    /// Pixels from the corner of the first cell.
    pub offset: (u32, u32),
    /// How large it is shown, in pixels.
    pub size: (u32, u32),
    /// The size of the cells that these pixels are of.
    pub cell: (u32, u32),
    /// Below 0 it is under the text.
    pub z: i32,
}

impl PlacedImage {
    pub(crate) fn new(placement: &Placement, top: i64) -> Self {
        let Placement {
            serial,
            alternate: _,
            kind,
            id,
            key: _,
            parent: _,
            line,
            history_line,
            col,
            cols,
            rows,
            first,
            last,
            source,
            offset,
            size,
            cell,
            z,
        } = *placement;
        let row = line - top;
        Self {
            serial,
            kind,
            id,
            row,
            history_line,
            col,
            cols,
            rows,
            first,
            last,
            source,
            offset,
            size,
            cell,
            z,
        }
    }
}

impl Placement {
    /// Cells across or down at most: no screen has more.
    pub(crate) const MAX_COLS: u32 = Size::MAX_COLS as u32;
    pub(crate) const MAX_ROWS: u32 = Size::MAX_ROWS as u32;
    /// Placements at most of which one goes with the next: as many as kitty's protocol demands.
    pub(crate) const MAX_DEPTH: usize = 8;

    /// The first line that shows something of it.
    pub(crate) fn begin(&self) -> i64 {
        self.line + i64::from(self.first)
    }

    /// The line behind the last one.
    pub(crate) fn end(&self) -> i64 {
        self.line + i64::from(self.last)
    }

    pub(crate) fn has_place(&self) -> bool {
        self.kind != PlacementKind::Placeholder
    }

    /// Whether it covers this cell.
    pub(crate) fn covers(&self, line: i64, col: u32) -> bool {
        self.covers_line(line) && self.covers_col(col)
    }

    pub(crate) fn covers_line(&self, line: i64) -> bool {
        self.has_place() && (self.begin()..self.end()).contains(&line)
    }

    pub(crate) fn covers_col(&self, col: u32) -> bool {
        self.has_place() && (self.col..self.col + self.cols).contains(&col)
    }

    /// Whether all of `other` lies within.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        self.begin() <= other.begin()
            && other.end() <= self.end()
            && self.col <= other.col
            && other.col + other.cols <= self.col + self.cols
    }

    pub(crate) fn verify_integrity(&self, image: (u32, u32)) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("a placement {what}: {self:?}"));
        let [x, y, width, height] = self.source;
        let within = |from: u32, length: u32, whole: u32| {
            length > 0 && u64::from(from) + u64::from(length) <= u64::from(whole)
        };
        if !within(x, width, image.0) || !within(y, height, image.1) {
            return wrong("shows what is not in its image");
        }
        if self.cols == 0 || self.rows == 0 || self.cols > Self::MAX_COLS || self.rows > Self::MAX_ROWS {
            return wrong("is larger than a screen");
        }
        if self.first >= self.last || self.last > self.rows {
            return wrong("is cut off");
        }
        if self.history_line.is_some() && (self.alternate || !self.has_place()) {
            return wrong("is in no history");
        }
        if self.col >= Self::MAX_COLS || self.line.unsigned_abs() > 1 << 62 {
            return wrong("is nowhere");
        }
        if self.cell.0 == 0 || self.cell.1 == 0 || self.size.0 == 0 || self.size.1 == 0 {
            return wrong("has no size");
        }
        Ok(())
    }
}
