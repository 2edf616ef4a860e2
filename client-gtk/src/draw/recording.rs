//! A row, or a part of one, for the cairo renderer: recorded as one node. That renderer goes through all nodes of a frame
//! whatever has changed, and a screen of many colours has thousands. Of a recording only the bounds are looked at where
//! nothing has changed, and it costs less to make than a node for each run of text does.

use super::colours::rgba;
use super::glyphs::Fonts;
use super::row::Run;
use gtk::gdk::RGBA;
use gtk::graphene::Rect;
use gtk::prelude::*;
use gtk::{cairo, gsk, pango};

/// Letters spill over what their fonts say by part of a pixel.
const SPILL: f32 = 1.0;

/// What is recorded, in the order in which it is drawn.
#[derive(Default)]
pub(super) struct Recording {
    grounds: Vec<(Rect, RGBA)>,
    texts: Vec<(cairo::ScaledFont, RGBA, Vec<cairo::Glyph>)>,
    /// Left, top, right and bottom.
    bounds: Option<[f32; 4]>,
}

impl Recording {
    pub(super) fn ground(&mut self, place: Rect, colour: RGBA) {
        self.grow(edges(&place));
        self.grounds.push((place, colour));
    }

    /// Text in a font that cairo has.
    pub(super) fn text(&mut self, run: &Run, font: &cairo::ScaledFont, fonts: &Fonts) {
        let metrics = fonts.metrics();
        let points = |units: i32| f64::from(units) / f64::from(pango::SCALE);
        let mut glyphs = Vec::with_capacity(run.shaped.len());
        for (col, width, shaped) in &run.shaped {
            let room = *width as f32 * metrics.width;
            let middle = ((f64::from(room) - points(shaped.width)) / 2.0).max(0.0);
            let mut x = f64::from(*col as f32 * metrics.width) + middle;
            let (across, down) = (x as f32, metrics.ascent);
            let [left, top, right, bottom] = shaped.ink;
            self.grow([
                across + left - SPILL,
                down + top - SPILL,
                across + right + SPILL,
                down + bottom + SPILL,
            ]);
            for glyph in &shaped.glyphs {
                if glyph.number != pango::GLYPH_EMPTY {
                    let y = f64::from(metrics.ascent) + points(glyph.y_offset);
                    glyphs.push(cairo::Glyph::new(glyph.number.into(), x + points(glyph.x_offset), y));
                }
                x += points(glyph.width);
            }
        }
        let (colour, opacity) = run.colour;
        self.texts.push((font.clone(), rgba(colour, f32::from_bits(opacity)), glyphs));
    }

    fn grow(&mut self, [left, top, right, bottom]: [f32; 4]) {
        let [l, t, r, b] = self.bounds.unwrap_or([left, top, right, bottom]);
        self.bounds = Some([l.min(left), t.min(top), r.max(right), b.max(bottom)]);
    }

    /// One node of all that, and of what is neither ground nor text; `None` where there is nothing to see.
    pub(super) fn finish(mut self, rest: Option<gsk::RenderNode>) -> Option<gsk::RenderNode> {
        if let Some(rest) = &rest {
            self.grow(edges(&rest.bounds()));
        }
        let [left, top, right, bottom] = self.bounds?;
        // On whole pixels: else the edges of letters would be cut.
        let node = gsk::CairoNode::new(&Rect::new(left, top, right - left, bottom - top).round_extents());
        let context = node.draw_context();
        let source = |colour: &RGBA| {
            let parts = [colour.red(), colour.green(), colour.blue(), colour.alpha()];
            let [red, green, blue, alpha] = parts.map(f64::from);
            context.set_source_rgba(red, green, blue, alpha);
        };
        // A surface that fails shows nothing.
        for (place, colour) in &self.grounds {
            source(colour);
            let [x, y] = [place.x(), place.y()].map(f64::from);
            context.rectangle(x, y, place.width().into(), place.height().into());
            let _ = context.fill();
        }
        for (font, colour, glyphs) in &self.texts {
            source(colour);
            context.set_scaled_font(font);
            let _ = context.show_glyphs(glyphs);
        }
        if let Some(rest) = &rest {
            rest.draw(&context);
        }
        Some(node.upcast())
    }
}

fn edges(place: &Rect) -> [f32; 4] {
    [place.x(), place.y(), place.x() + place.width(), place.y() + place.height()]
}
