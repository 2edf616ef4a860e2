//! From rows of a frame or of history to render nodes, which GTK draws and compares.
//!
//! ```text
//!   FrameRow / WrappedRow ──► Spot (text, style, columns) ──► row.rs ──► one RenderNode for each row, kept by its key
//!                                                             │ parts.rs       the row that is typed into
//!                                                             │ recording.rs   what cairo draws, as one node
//!                                                             │ glyphs.rs      fonts, shaped once for each character
//!                                                             │ boxes/         what must join, by geometry
//!                                                             └ colours.rs     theme (palettes.rs), inverse, faint
//!   placements ──► pictures.rs: images below, between and over the rows
//! ```
//!
//! Cursor, selection and the like are nodes of their own over these: a blinking cursor builds no row anew.

pub mod boxes;
pub mod colours;
pub mod glyphs;
pub mod palettes;
pub mod parts;
pub mod pictures;
mod recording;
pub mod row;

use gtk::graphene::Rect;
use gtk::pango;

/// The size of a cell, in whole device pixels, and where the letters stand in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics {
    /// Width in logical pixels.
    pub width: f32,
    /// Height in logical pixels.
    pub height: f32,
    /// From the top to the line on which letters stand.
    pub ascent: f32,
    /// From the top to the middle of an underline.
    pub underline: f32,
    /// From the top to the middle of a line through the text.
    pub strike: f32,
    /// How thick lines are.
    pub thickness: f32,
}

impl Metrics {
    /// The place of the cells from one column up to another in their row.
    fn cells(&self, from: usize, to: usize) -> Rect {
        Rect::new(from as f32 * self.width, 0.0, (to - from) as f32 * self.width, self.height)
    }

    /// Where a line begins, from the top, whose middle is at a place: on whole pixels, and inside.
    pub fn line(&self, middle: f32) -> f32 {
        (middle - self.thickness / 2.0).round().min(self.height - self.thickness)
    }

    /// The width of so many columns in Pango's units.
    fn units(&self, cols: usize) -> i32 {
        (f64::from(self.width) * f64::from(pango::SCALE) * cols as f64).round() as i32
    }
}
