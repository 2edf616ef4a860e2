//! Images onto the screen: how many cells one takes, where the cursor goes, and what sixel pictures do to the cells
//! under them. Specifications: xterm's control sequences and the VT340's manual for sixel, kitty's graphics protocol.

use crate::cell::Cell;
use crate::colour::DynamicColour;
use crate::graphics::{Command, Image, Picture, Placement, PlacementKind, SixelText, draw};
use crate::history::History;
use crate::terminal::Terminal;

impl<H: History> Terminal<H> {
    /// The size of a cell while no viewer has told one, in pixels: the VT340's.
    const UNKNOWN_CELL: (u32, u32) = (10, 20);
    /// And the smallest one believed, so that no image takes more cells than there are on the largest screen.
    const LEAST_CELL: (u32, u32) = (5, 10);
    /// And the largest, in both directions: a letter of five inches on a screen of 200 dots an inch.
    const LARGEST_CELL: u32 = 1000;

    /// How large a cell is, for images.
    pub(super) fn image_cell(&self) -> (u32, u32) {
        match self.size.cell_px() {
            (0, _) | (_, 0) => Self::UNKNOWN_CELL,
            (width, height) => {
                let (least_width, least_height) = Self::LEAST_CELL;
                (width.clamp(least_width, Self::LARGEST_CELL), height.clamp(least_height, Self::LARGEST_CELL))
            }
        }
    }

    /// Begins the text of a sixel picture.
    pub(super) fn begin_sixel(&mut self, aspect: u16, background: u16) {
        self.graphics.transfer = None;
        self.graphics.sixel = Some(SixelText::new(aspect, background));
    }

    /// Draws the sixel picture that ends here, unless it was cancelled.
    pub(super) fn end_sixel(&mut self, cancelled: bool) {
        let Some(sixel) = self.graphics.sixel.take() else { return };
        if cancelled || sixel.spoilt {
            return;
        }
        let background = self.colours.dynamic(DynamicColour::Background);
        let picture = match &mut self.graphics.shared_registers {
            Some(registers) => draw(sixel.head, &sixel.text, registers, background),
            None => draw(sixel.head, &sixel.text, &mut Default::default(), background),
        };
        if let Ok(picture) = picture {
            self.show_sixel(&picture);
        }
        self.last.joinable = false;
    }

    fn show_sixel(&mut self, picture: &Picture) {
        self.drop_cut_sixels();
        let taken = self.graphics.add(self.on_alternate, (0, 0), picture, self.options.image_bytes);
        let Ok(Image { serial, width, height, .. }) = taken else { return };
        let cell = self.image_cell();
        let display = self.graphics.sixel_display;
        let (row, col) = if display { (0, 0) } else { (self.at.row, self.at.col) };
        let rows = height.div_ceil(cell.1).min(Placement::MAX_ROWS);
        let placement = Placement {
            serial,
            alternate: self.on_alternate,
            kind: PlacementKind::Sixel,
            id: 0,
            key: 0,
            parent: 0,
            line: self.graphics.top(self.on_alternate) + row as i64,
            history_line: None,
            col: col as u32,
            cols: width.div_ceil(cell.0).min(Placement::MAX_COLS),
            rows,
            first: 0,
            last: rows,
            source: [0, 0, width, height],
            offset: (0, 0),
            size: (width, height),
            cell,
            z: 0,
        };
        // What it covers wholly nobody will see again.
        self.graphics.remove(true, |other, _| {
            let sixel = other.kind == PlacementKind::Sixel && other.alternate == placement.alternate;
            sixel && placement.contains(other)
        });
        self.graphics.place(placement);
        self.at.pending_wrap = false;
        let end = (col + placement.cols as usize).min(self.cols());
        if display {
            for row in 0..(rows as usize).min(self.rows()) {
                self.screen_mut().row_mut(row).fill(0..end, Cell::IMAGE);
            }
            return;
        }
        for row in 0..rows {
            if row > 0 {
                self.index();
            }
            let row = self.at.row;
            self.screen_mut().row_mut(row).fill(col..end, Cell::IMAGE);
        }
        // The cursor ends on the last row of the picture, at its left edge.
        self.at.col = if self.graphics.cursor_right { end.min(self.cols() - 1) } else { col };
    }

    /// Forgets sixel pictures of which text has left nothing on the screen.
    pub(crate) fn drop_cut_sixels(&mut self) {
        let Self { graphics, primary, alternate, .. } = self;
        let tops = [graphics.top(false), graphics.top(true)];
        graphics.remove(true, |placement, _| {
            let (screen, top) =
                if placement.alternate { (&*alternate, tops[1]) } else { (&*primary, tops[0]) };
            if placement.kind != PlacementKind::Sixel || placement.begin() < top {
                return false;
            }
            let lines = placement.begin()..placement.end().min(top + screen.rows() as i64);
            let cols = placement.col as usize..(placement.col + placement.cols) as usize;
            !lines.map(|line| screen.row((line - top) as usize)).any(|row| {
                let end = cols.end.min(row.cells().len());
                row.cells().get(cols.start..end).is_some_and(|cells| cells.contains(&Cell::IMAGE))
            })
        });
    }

    /// After lines were wrapped anew: what is blank under a sixel picture shows it again.
    pub(crate) fn mark_sixels(&mut self) {
        let top = self.graphics.top(false);
        let Self { graphics, primary, .. } = self;
        let sixel = |place: &&Placement| place.kind == PlacementKind::Sixel && !place.alternate;
        for placement in graphics.placements().iter().filter(sixel) {
            let (begin, end) = (placement.begin().max(top), placement.end().min(top + primary.rows() as i64));
            for line in begin..end {
                let row = primary.row_mut((line - top) as usize);
                let cols = row.cells().len();
                for col in placement.col as usize..((placement.col + placement.cols) as usize).min(cols) {
                    if row.cells()[col] == Cell::EMPTY {
                        row.replace(col, Cell::IMAGE);
                    }
                }
            }
        }
    }

    /// Shows an image as a command of kitty's says.
    pub(super) fn show_image(&mut self, image: Image, command: &Command) -> Result<(), &'static str> {
        let [x, y, width, height] = command.source;
        let part = |length: u32, from: u32, whole: u32| {
            let left = whole.saturating_sub(from);
            if length == 0 { left } else { length.min(left) }
        };
        let source = [x, y, part(width, x, image.width), part(height, y, image.height)];
        if source[2] == 0 || source[3] == 0 {
            return Err("EINVAL:nothing of the image is to be shown");
        }
        let cell = self.image_cell();
        let offset = (command.offset.0.min(cell.0 - 1), command.offset.1.min(cell.1 - 1));
        let (cells, size) = fit((source[2], source[3]), offset, command.cells, cell);
        let here = (self.graphics.top(self.on_alternate) + self.at.row as i64, self.at.col as u32);
        let (parent, (line, col)) =
            if command.parent.0 > 0 { self.parent_of(image, command)? } else { (0, here) };
        let placement = Placement {
            serial: image.serial,
            alternate: self.on_alternate,
            kind: if command.by_placeholders { PlacementKind::Placeholder } else { PlacementKind::Kitty },
            id: command.placement,
            key: 0,
            parent,
            line,
            history_line: None,
            col,
            cols: cells.0,
            rows: cells.1,
            first: 0,
            last: cells.1,
            source,
            offset,
            size,
            cell,
            z: command.z,
        };
        self.graphics.place(placement);
        if placement.has_place() && parent == 0 && !command.cursor_stays {
            self.pass_image(cells.0 as usize, cells.1 as usize);
        }
        Ok(())
    }

    /// The placement that an image shall go with, and the line and column that follow from it.
    fn parent_of(&self, image: Image, command: &Command) -> Result<(u64, (i64, u32)), &'static str> {
        let (id, placement) = command.parent;
        let parent = self.graphics.find(self.on_alternate, id, 0);
        let parent = parent.and_then(|parent| self.graphics.placement_of(parent.serial, placement));
        let parent = parent.ok_or("ENOPARENT:there is no such placement")?;
        if command.by_placeholders || !parent.has_place() {
            return Err("EINVAL:what characters stand for goes with nothing");
        }
        let same = if command.placement > 0 {
            self.graphics.placement_of(image.serial, command.placement).map_or(0, |same| same.key)
        } else {
            0
        };
        self.graphics.may_go_with(parent.key, same)?;
        let (cols, rows) = command.shift;
        let col = i64::from(parent.col) + i64::from(cols);
        if !(0..i64::from(Placement::MAX_COLS)).contains(&col) {
            return Err("EINVAL:it would stand beside the screen");
        }
        let rows = i64::from(rows).clamp(-i64::from(Placement::MAX_ROWS), i64::from(Placement::MAX_ROWS));
        Ok((parent.key, (parent.line + rows, col as u32)))
    }

    /// Moves the cursor behind an image: to its last row, right of it.
    fn pass_image(&mut self, cols: usize, rows: usize) {
        let col = self.at.col + cols;
        let wraps = col >= self.cols();
        for _ in 1..rows + usize::from(wraps) {
            self.index();
        }
        self.at.pending_wrap = false;
        self.at.col = if wraps { 0 } else { col };
        self.last.joinable = false;
    }
}

/// The cells that a part of an image takes, and its size in pixels, where `wanted` says how many cells (0: as many as
/// it needs; of two, the other one follows from the shape).
fn fit(
    part: (u32, u32),
    offset: (u32, u32),
    wanted: (u32, u32),
    cell: (u32, u32),
) -> ((u32, u32), (u32, u32)) {
    let (wanted_cols, wanted_rows) = (wanted.0.min(Placement::MAX_COLS), wanted.1.min(Placement::MAX_ROWS));
    // From the offset to the end of the last cell.
    let span = |cells: u32, cell: u32, offset: u32| (cells * cell - offset).max(1);
    let scaled = |length: u32, by: u32, of: u32| {
        let length = u64::from(length) * u64::from(by) / u64::from(of);
        u32::try_from(length).unwrap_or(u32::MAX).clamp(1, 1 << 20)
    };
    let size = match (wanted_cols, wanted_rows) {
        (0, 0) => part,
        (cols, 0) => {
            let width = span(cols, cell.0, offset.0);
            (width, scaled(width, part.1, part.0))
        }
        (0, rows) => {
            let height = span(rows, cell.1, offset.1);
            (scaled(height, part.0, part.1), height)
        }
        (cols, rows) => (span(cols, cell.0, offset.0), span(rows, cell.1, offset.1)),
    };
    let needed = |wanted: u32, length: u32, offset: u32, cell: u32, most: u32| {
        if wanted > 0 { wanted } else { (length + offset).div_ceil(cell).clamp(1, most) }
    };
    let cols = needed(wanted_cols, size.0, offset.0, cell.0, Placement::MAX_COLS);
    let rows = needed(wanted_rows, size.1, offset.1, cell.1, Placement::MAX_ROWS);
    ((cols, rows), size)
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn images_take_the_cells_that_they_need_or_that_are_asked_for() {
        assert_eq!(fit((25, 41), (0, 0), (0, 0), (10, 20)), ((3, 3), (25, 41)));
        assert_eq!(fit((25, 41), (6, 19), (0, 0), (10, 20)), ((4, 3), (25, 41)));
        assert_eq!(fit((25, 41), (0, 0), (4, 5), (10, 20)), ((4, 5), (40, 100)));
        assert_eq!(fit((25, 50), (0, 0), (4, 0), (10, 20)), ((4, 4), (40, 80)));
        assert_eq!(fit((25, 50), (0, 0), (0, 2), (10, 20)), ((2, 2), (20, 40)));
        assert_eq!(fit((10_000, 1), (0, 0), (0, 1000), (10, 20)).0, (2000, 1000));
        assert_eq!(fit((1, 1), (9, 9), (u32::MAX, u32::MAX), (10, 20)).0, (2000, 1000));
    }
}
