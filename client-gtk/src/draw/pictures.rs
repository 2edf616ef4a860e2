//! Images among the rows: where each is drawn, and what of it.
//!
//! ```text
//!   far below (z < -2^31 / 2)  <  grounds of cells  <  below (z < 0)  <  text  <  above
//! ```

use super::Metrics;
use gtk::gdk::Texture;
use gtk::graphene::Rect;
use gtk::prelude::*;
use scarab_protocol::grid::pictures::PlacedPicture;
use scarab_protocol::grid::placeholders::PlaceholderRun;
use std::ops::Range;

/// Below this an image is below the grounds of cells too: kitty's protocol says so.
const FAR_BELOW: i32 = i32::MIN / 2;

/// Between what an image is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Below the grounds of cells.
    FarBelow,
    /// Between grounds and text.
    Below,
    /// Over the text.
    Above,
}

impl Layer {
    pub fn of(z: i32) -> Self {
        match z {
            z if z < FAR_BELOW => Self::FarBelow,
            z if z < 0 => Self::Below,
            _ => Self::Above,
        }
    }
}

/// An image to be drawn.
#[derive(Clone, Debug)]
pub struct Drawing {
    pub layer: Layer,
    pub serial: u64,
    /// The part of the image: left, top, width, height, in its pixels.
    pub source: [u32; 4],
    /// Where that part goes.
    place: Rect,
    /// What of it is seen.
    clips: Vec<Rect>,
    /// And in which rows.
    rows: Range<usize>,
}

impl Drawing {
    /// A placement whose first row is that of this number; what is seen of it are `spans` of cells.
    pub fn of(
        placed: &PlacedPicture,
        row: i64,
        spans: impl Iterator<Item = Span>,
        metrics: &Metrics,
    ) -> Option<Self> {
        // Pixels of the cells that it was placed in are stretched as the cells are.
        let [cell_width, cell_height] = placed.cell.map(|pixels| pixels as f32);
        let (across, down) = (metrics.width / cell_width, metrics.height / cell_height);
        let place = Rect::new(
            placed.col as f32 * metrics.width + placed.offset[0] as f32 * across,
            row as f32 * metrics.height + placed.offset[1] as f32 * down,
            placed.size[0] as f32 * across,
            placed.size[1] as f32 * down,
        );
        let joined = joined(spans);
        let rows = joined.first()?.1.row..joined.last().map_or(0, |(rows, last)| last.row + rows);
        Some(Self {
            layer: Layer::of(placed.z),
            serial: placed.serial,
            source: placed.source,
            place,
            clips: joined.iter().map(|(rows, cells)| cells.rect(*rows, metrics)).collect(),
            rows,
        })
    }

    /// Cells of a row that stand for cells of a placement: the image lies within its cells in its own shape, in the
    /// middle.
    pub fn of_run(
        placed: &PlacedPicture,
        row: usize,
        run: &PlaceholderRun,
        metrics: &Metrics,
    ) -> Option<Self> {
        if run.image_row >= placed.rows || run.image_col >= placed.cols {
            return None;
        }
        let (width, height) = (placed.cols as f32 * metrics.width, placed.rows as f32 * metrics.height);
        let [_, _, source_width, source_height] = placed.source.map(|pixels| pixels as f32);
        let scale = (width / source_width).min(height / source_height);
        let (shown_width, shown_height) = (source_width * scale, source_height * scale);
        let left = (run.col as f32 - run.image_col as f32) * metrics.width;
        let top = (row as f32 - run.image_row as f32) * metrics.height;
        let place = Rect::new(
            left + (width - shown_width) / 2.0,
            top + (height - shown_height) / 2.0,
            shown_width,
            shown_height,
        );
        let cols = run.cols.min((placed.cols - run.image_col) as usize);
        let span = Span { row, from: run.col, to: run.col + cols };
        // No text can be below: the cells have none.
        let layer = Layer::Above;
        let clips = vec![span.rect(1, metrics)];
        Some(Self { layer, serial: placed.serial, source: placed.source, place, clips, rows: row..row + 1 })
    }

    /// Whether something of it is in this row.
    pub fn is_in(&self, row: usize) -> bool {
        self.rows.contains(&row)
    }

    /// Draws it, with the texture of its part of the image.
    pub fn draw(&self, snapshot: &gtk::Snapshot, texture: &Texture) {
        for clip in &self.clips {
            if let Some(seen) = clip.intersection(&self.place) {
                snapshot.push_clip(&seen);
                snapshot.append_texture(texture, &self.place);
                snapshot.pop();
            }
        }
    }
}

/// Neighbouring cells of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub row: usize,
    pub from: usize,
    pub to: usize,
}

impl Span {
    /// The place of these cells in so many rows from its row on.
    fn rect(&self, rows: usize, metrics: &Metrics) -> Rect {
        let (width, height) = ((self.to - self.from) as f32, rows as f32);
        Rect::new(
            self.from as f32 * metrics.width,
            self.row as f32 * metrics.height,
            width * metrics.width,
            height * metrics.height,
        )
    }
}

/// Spans in order, those joined that are one below the other: most images are one.
fn joined(spans: impl Iterator<Item = Span>) -> Vec<(usize, Span)> {
    let mut joined: Vec<(usize, Span)> = Vec::new();
    for span in spans.filter(|span| span.from < span.to) {
        match joined.last_mut() {
            Some((rows, last))
                if last.row + *rows == span.row && (last.from, last.to) == (span.from, span.to) =>
            {
                *rows += 1;
            }
            _ => joined.push((1, span)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use scarab_protocol::grid::pictures::PlacementKind;

    const METRICS: Metrics =
        Metrics { width: 8.0, height: 16.0, ascent: 12.0, underline: 14.0, strike: 8.0, thickness: 1.0 };

    fn placed() -> PlacedPicture {
        PlacedPicture {
            serial: 1,
            col: 2,
            cols: 4,
            rows: 3,
            last: 3,
            source: [0, 0, 40, 60],
            size: [40, 60],
            cell: [10, 20],
            ..PlacedPicture::default()
        }
    }

    #[test]
    fn an_image_is_stretched_as_its_cells_are() {
        let spans = (5..8).map(|row| Span { row, from: 2, to: 6 });
        let drawing = Drawing::of(&PlacedPicture { offset: [5, 10], ..placed() }, 5, spans, &METRICS);
        let drawing = drawing.expect("it is seen");
        assert_eq!(drawing.place, Rect::new(16.0 + 4.0, 80.0 + 8.0, 32.0, 48.0));
        assert_eq!(drawing.clips, [Rect::new(16.0, 80.0, 32.0, 48.0)], "rows are joined");
        assert_eq!(drawing.layer, Layer::Above);
        assert!(Drawing::of(&placed(), 5, std::iter::empty(), &METRICS).is_none());
    }

    #[test]
    fn what_characters_stand_for_keeps_its_shape() {
        let placed = PlacedPicture { kind: PlacementKind::Placeholder, source: [0, 0, 10, 10], ..placed() };
        let run =
            PlaceholderRun { col: 7, cols: 9, image_id: 1, placement_id: 0, image_row: 1, image_col: 1 };
        let drawing = Drawing::of_run(&placed, 9, &run, &METRICS).expect("it is seen");
        // 32 by 48 pixels of cells, of which a square takes the middle.
        assert_eq!(drawing.place, Rect::new(48.0, 128.0 + 8.0, 32.0, 32.0));
        assert_eq!(drawing.clips, [Rect::new(56.0, 144.0, 24.0, 16.0)], "no further than its cells");
        let beside = PlaceholderRun { image_row: 3, ..run };
        assert!(Drawing::of_run(&placed, 9, &beside, &METRICS).is_none());
    }

    #[test]
    fn layers_are_those_of_the_protocol() {
        assert_eq!(
            [0, 5, -1, i32::MIN / 2].map(Layer::of),
            [Layer::Above, Layer::Above, Layer::Below, Layer::Below]
        );
        assert_eq!(Layer::of(i32::MIN / 2 - 1), Layer::FarBelow);
    }
}
