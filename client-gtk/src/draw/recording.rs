//! A row, or a part of one, for the cairo renderer: recorded as one node. That renderer goes through all nodes of a frame
//! whatever has changed, and a screen of many colours has thousands. Of a recording only the bounds are looked at where
//! nothing has changed, and it costs less to make than a node for each run of text does.

use super::Metrics;
use super::colours::rgba;
use super::row::Run;
use gtk::gdk::RGBA;
use gtk::graphene::Rect;
use gtk::prelude::*;
use gtk::{cairo, gsk, pango};

/// Letters spill over what their fonts say by part of a pixel.
const SPILL: f32 = 1.0;

/// Grounds, text in fonts that cairo has, and what is neither, as one node so far from the top; `None` where there is
/// nothing to see.
pub(super) fn record(
    grounds: &[(Rect, RGBA)],
    texts: &[Run],
    rest: Option<gsk::RenderNode>,
    top: f32,
    metrics: &Metrics,
) -> Option<gsk::RenderNode> {
    let mut bounds = Bounds::default();
    grounds.iter().for_each(|(place, _)| bounds.grow(place));
    rest.iter().for_each(|rest| bounds.grow(&rest.bounds()));
    let texts: Vec<_> = texts.iter().filter_map(|run| glyphs(run, metrics, &mut bounds)).collect();
    // On whole pixels: else the edges of letters would be cut.
    let node = gsk::CairoNode::new(&bounds.0?.offset_r(0.0, top).round_extents());
    let context = node.draw_context();
    context.translate(0.0, top.into());
    let source = |colour: &RGBA| {
        let parts = [colour.red(), colour.green(), colour.blue(), colour.alpha()];
        let [red, green, blue, alpha] = parts.map(f64::from);
        context.set_source_rgba(red, green, blue, alpha);
    };
    // A surface that fails shows nothing.
    for (place, colour) in grounds {
        source(colour);
        let [x, y, width, height] = [place.x(), place.y(), place.width(), place.height()].map(f64::from);
        context.rectangle(x, y, width, height);
        let _ = context.fill();
    }
    for (font, colour, glyphs) in &texts {
        source(colour);
        context.set_scaled_font(font);
        let _ = context.show_glyphs(glyphs);
    }
    if let Some(rest) = &rest {
        rest.draw(&context);
    }
    Some(node.upcast())
}

/// What cairo draws of a run.
fn glyphs<'a>(
    run: &'a Run,
    metrics: &Metrics,
    bounds: &mut Bounds,
) -> Option<(&'a cairo::ScaledFont, RGBA, Vec<cairo::Glyph>)> {
    let font = run.first.scaled.as_ref()?;
    let points = |units: i32| f64::from(units) / f64::from(pango::SCALE);
    let mut glyphs = Vec::with_capacity(run.shaped.len());
    let mut black = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
    for (col, width, shaped) in &run.shaped {
        let mut x = metrics.units(*col) + shaped.middle(metrics.units(*width));
        let (across, [left, top, right, bottom]) = (points(x) as f32, shaped.ink);
        let [l, t, r, b] = black;
        black = [l.min(across + left), t.min(top), r.max(across + right), b.max(bottom)];
        for glyph in &shaped.glyphs {
            if glyph.number != pango::GLYPH_EMPTY {
                let y = f64::from(metrics.ascent) + points(glyph.y_offset);
                glyphs.push(cairo::Glyph::new(glyph.number.into(), points(x + glyph.x_offset), y));
            }
            x += glyph.width;
        }
    }
    let [left, top, right, bottom] = black;
    if left < right {
        let (across, down) = (right - left + 2.0 * SPILL, bottom - top + 2.0 * SPILL);
        bounds.grow(&Rect::new(left - SPILL, metrics.ascent + top - SPILL, across, down));
    }
    let (colour, opacity) = run.colour;
    Some((font, rgba(colour, f32::from_bits(opacity)), glyphs))
}

/// What holds all that is drawn.
#[derive(Default)]
struct Bounds(Option<Rect>);

impl Bounds {
    fn grow(&mut self, place: &Rect) {
        self.0 = Some(self.0.map_or(*place, |bounds| bounds.union(place)));
    }
}
