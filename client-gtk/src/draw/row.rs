//! One row as one render node: grounds, then text by runs of one font and colour, then lines under, over and through it.

use super::colours::{Colours, Ink, rgba};
use super::glyphs::{Face, Fonts, Shaped};
use super::{Metrics, boxes, recording};
use gtk::gdk::RGBA;
use gtk::graphene::{Point, Rect};
use gtk::prelude::*;
use gtk::{gsk, pango};
use scarab_protocol::grid::placeholders::PLACEHOLDER;
use scarab_protocol::grid::{Attributes, Cell, Content, Frame, Rgb, Style, Underline, WrappedRow};
use std::rc::Rc;

/// What stands in a place.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    Character(char),
    Cluster(&'a str),
}

impl Text<'_> {
    /// What stands for a part of an image is no text, whether or not the image is there.
    fn unless_placeholder(self) -> Self {
        match self {
            Self::Character(PLACEHOLDER) => Self::Character(' '),
            Self::Cluster(text) if text.starts_with(PLACEHOLDER) => Self::Character(' '),
            text => text,
        }
    }
}

/// A character or cluster, where it stands, and how it looks.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'a> {
    pub col: usize,
    pub width: usize,
    pub text: Text<'a>,
    pub style: Style,
}

/// The spots of a row of the screen.
pub fn of_frame<'a>(frame: &'a Frame, cells: &'a [Cell]) -> impl Iterator<Item = Spot<'a>> {
    cells.iter().enumerate().filter_map(|(col, cell)| {
        let text = match cell.content() {
            Content::Blank => Text::Character(' '),
            Content::Char(character) => Text::Character(character),
            Content::Cluster(number) => Text::Cluster(frame.cluster(number)),
            Content::Spacer => return None,
        };
        let text = text.unless_placeholder();
        Some(Spot { col, width: if cell.wide() { 2 } else { 1 }, text, style: frame.style(cell.style()) })
    })
}

/// The spots of a row of history.
pub fn of_history(row: &WrappedRow) -> impl Iterator<Item = Spot<'_>> {
    row.glyphs.iter().scan(0, |col, glyph| {
        let mut characters = glyph.text.chars();
        let text = match (characters.next(), characters.next()) {
            (None, _) => Text::Character(' '),
            (Some(character), None) => Text::Character(character),
            _ => Text::Cluster(&glyph.text),
        };
        let text = text.unless_placeholder();
        let spot = Spot { col: *col, width: glyph.width, text, style: glyph.style };
        *col += glyph.width;
        Some(spot)
    })
}

/// Draws a row; `None` where there is nothing to see. One that is to be `recorded`, so far from the top, is one node: for
/// what is kept, as two recordings of the same are not the same to GTK. It has its place in it, because a node that moves
/// it there costs as much as the row where nothing has changed; and the screen's ground from its first letter to its last,
/// because what hides all that is below cairo copies in a third of the time in which it blends.
pub fn draw<'a>(
    spots: impl Iterator<Item = Spot<'a>>,
    recorded: Option<f32>,
    fonts: &mut Fonts,
    colours: &Colours<'_>,
) -> Option<gsk::RenderNode> {
    let spots = inked(spots, colours);
    let mut seen = spots.iter().filter(|(spot, ink)| is_seen(spot, ink)).map(|(spot, _)| spot);
    let first = seen.next()?;
    let last = seen.next_back().unwrap_or(first);
    let joined = if fonts.joins() { join(&spots, fonts) } else { Vec::new() };
    let mut grounds = grounds(&spots, fonts);
    if recorded.is_some() {
        let own = fonts.metrics().cells(first.col, last.col + last.width);
        grounds.insert(0, (own, rgba(colours.background(), 1.0)));
    }
    draw_all(&spots, &grounds, &joined, recorded, fonts)
}

/// Its grounds, and what stands on them, as two nodes: for a row with an image between the two.
pub fn draw_apart<'a>(
    spots: impl Iterator<Item = Spot<'a>>,
    fonts: &mut Fonts,
    colours: &Colours<'_>,
) -> (Option<gsk::RenderNode>, Option<gsk::RenderNode>) {
    let spots = inked(spots, colours);
    let joined = if fonts.joins() { join(&spots, fonts) } else { Vec::new() };
    let grounds = draw_all(&[], &grounds(&spots, fonts), &[], None, fonts);
    (grounds, draw_all(&spots, &[], &joined, None, fonts))
}

/// The same so far from the top.
pub fn moved(node: &gsk::RenderNode, top: f32) -> gsk::RenderNode {
    let there = gsk::Transform::new().translate(&Point::new(0.0, top));
    gsk::TransformNode::new(node, Some(&there)).upcast()
}

/// The spots with what they are drawn with.
pub(super) fn inked<'a>(
    spots: impl Iterator<Item = Spot<'a>>,
    colours: &Colours<'_>,
) -> Vec<(Spot<'a>, Ink)> {
    let mut last = (Style::default(), colours.ink(&Style::default()));
    spots
        .map(|spot| {
            if spot.style != last.0 {
                last = (spot.style, colours.ink(&spot.style));
            }
            (spot, last.1)
        })
        .collect()
}

/// It is more than a blank.
fn is_seen(spot: &Spot<'_>, ink: &Ink) -> bool {
    let has = |line| spot.style.attributes.contains(line);
    let lines =
        spot.style.underline != Underline::None || has(Attributes::STRIKE) || has(Attributes::OVERLINE);
    !matches!(spot.text, Text::Character(' ')) || ink.background.is_some() || lines
}

/// The grounds that the program set.
pub(super) fn grounds(spots: &[(Spot<'_>, Ink)], fonts: &Fonts) -> Vec<(Rect, RGBA)> {
    let runs = spots.chunk_by(|(_, one), (_, other)| one.background == other.background);
    runs.filter_map(|run| {
        let ((first, ink), (last, _)) = (run.first()?, run.last()?);
        let place = fonts.metrics().cells(first.col, last.col + last.width);
        Some((place, rgba(ink.background?, 1.0)))
    })
    .collect()
}

/// Grounds, text and lines; `joined` says which spots are parts of joined letters, where there are any. Recorded so far
/// from the top, or as nodes at the top.
pub(super) fn draw_all(
    spots: &[(Spot<'_>, Ink)],
    grounds: &[(Rect, RGBA)],
    joined: &[Option<Rc<Shaped>>],
    recorded: Option<f32>,
    fonts: &mut Fonts,
) -> Option<gsk::RenderNode> {
    let top = recorded.unwrap_or_default();
    let metrics = *fonts.metrics();
    let (mut runs, mut drawn) = (Runs::default(), Vec::new());
    for (index, (spot, ink)) in spots.iter().enumerate().filter(|(_, (_, ink))| ink.opacity > 0.0) {
        match spot.text {
            Text::Character(character) if boxes::is_drawn(character) => drawn.push((character, spot, ink)),
            _ => runs.add(spot, ink, joined.get(index).cloned().flatten(), fonts),
        }
    }
    let (recorded, rest): (Vec<_>, Vec<_>) =
        runs.runs.into_iter().partition(|run| recorded.is_some() && run.first.scaled.is_some());
    let snapshot = gtk::Snapshot::new();
    // Grounds alone are cheaper as they are.
    if recorded.is_empty() {
        grounds.iter().for_each(|(place, colour)| snapshot.append_color(colour, place));
    }
    for (character, spot, ink) in drawn {
        let colour = rgba(ink.foreground, ink.opacity);
        boxes::draw(&snapshot, character, spot.col as f32 * metrics.width, &metrics, &colour);
    }
    for run in rest {
        run.finish(&snapshot, &metrics);
    }
    for (spot, ink) in spots {
        decorate(&snapshot, spot, ink, &metrics);
    }
    let rest = snapshot.to_node();
    if recorded.is_empty() {
        rest.map(|rest| if top == 0.0 { rest } else { moved(&rest, top) })
    } else {
        recording::record(grounds, &recorded, rest, top, &metrics)
    }
}

/// For each spot what it is as part of letters that the font joins: signs of ASCII that stand together and look alike.
fn join(spots: &[(Spot<'_>, Ink)], fonts: &mut Fonts) -> Vec<Option<Rc<Shaped>>> {
    let sign = |spot: &Spot<'_>| match spot.text {
        Text::Character(character) if character.is_ascii_punctuation() => Some(character),
        _ => None,
    };
    let mut joined = Vec::with_capacity(spots.len());
    let together = |(one, ink): &(Spot<'_>, Ink), (other, other_ink): &(Spot<'_>, Ink)| {
        sign(one).is_some() && sign(other).is_some() && one.style == other.style && ink == other_ink
    };
    for run in spots.chunk_by(together) {
        let text: String = run.iter().filter_map(|(spot, _)| sign(spot)).collect();
        let parts = match run {
            [(first, _), _, ..] => fonts.joined(&text, Face::of(first.style.attributes)),
            _ => None,
        };
        match parts {
            Some(parts) => joined.extend(parts.iter().cloned().map(Some)),
            None => joined.extend(run.iter().map(|_| None)),
        }
    }
    joined
}

/// The text of a row by font and colour: what looks alike goes into one node, wherever in the row it stands. A node costs
/// more than its letters.
#[derive(Default)]
struct Runs {
    runs: Vec<Run>,
    last: usize,
}

pub(super) struct Run {
    /// All are of its font.
    pub(super) first: Rc<Shaped>,
    pub(super) colour: (Rgb, u32),
    /// The columns where they begin, their widths in columns, and what stands there.
    pub(super) shaped: Vec<(usize, usize, Rc<Shaped>)>,
}

impl Runs {
    fn add(&mut self, spot: &Spot<'_>, ink: &Ink, joined: Option<Rc<Shaped>>, fonts: &mut Fonts) {
        let face = Face::of(spot.style.attributes);
        let shaped = match spot.text {
            _ if joined.is_some() => joined,
            Text::Character(' ') => return,
            Text::Character(character) => fonts.character(character, face),
            Text::Cluster(text) => fonts.cluster(text, face),
        };
        let Some(shaped) = shaped else { return };
        let colour = (ink.foreground, ink.opacity.to_bits());
        // Pango draws its sign for what no font has in the middle of all the room up to the next letter: each alone.
        let alike = |run: &Run| {
            run.colour == colour
                && run.first.font == shaped.font
                && run.first.scaled.is_some()
                && shaped.scaled.is_some()
        };
        if !self.runs.get(self.last).is_some_and(alike) {
            self.last = self.runs.iter().position(alike).unwrap_or_else(|| {
                // Room for a word, so that most runs need no more.
                self.runs.push(Run { first: shaped.clone(), colour, shaped: Vec::with_capacity(8) });
                self.runs.len() - 1
            });
        }
        self.runs[self.last].shaped.push((spot.col, spot.width, shaped));
    }
}

impl Run {
    fn finish(self, snapshot: &gtk::Snapshot, metrics: &Metrics) {
        let mut string = pango::GlyphString::new();
        string.set_size(self.shaped.iter().map(|(.., shaped)| shaped.glyphs.len()).sum::<usize>() as i32);
        let mut at = 0;
        {
            let glyphs = string.glyph_info_mut();
            let mut put = |number: u32, width: i32, x: i32, y: i32| {
                if let Some(info) = glyphs.get_mut(at) {
                    info.set_glyph(number);
                    let geometry = info.geometry_mut();
                    geometry.set_width(width);
                    geometry.set_x_offset(x);
                    geometry.set_y_offset(y);
                    at += 1;
                }
            };
            for (index, (col, width, shaped)) in self.shaped.iter().enumerate() {
                // Up to the next character, over the blanks between: a text node drops glyphs that draw nothing.
                let next = self.shaped.get(index + 1).map_or(col + width, |(next, ..)| *next);
                let room = metrics.units(next - col);
                let middle = shaped.middle(metrics.units(*width));
                let count = shaped.glyphs.len();
                for (index, glyph) in shaped.glyphs.iter().enumerate() {
                    // The last one fills up to the next cell, whatever the font says.
                    let before: i32 = shaped.glyphs[..index].iter().map(|glyph| glyph.width).sum();
                    let advance = if index + 1 == count { room - before } else { glyph.width };
                    put(glyph.number, advance, middle + glyph.x_offset, glyph.y_offset);
                }
            }
        }
        let (foreground, opacity) = self.colour;
        let colour = rgba(foreground, f32::from_bits(opacity));
        let from = self.shaped.first().map_or(0, |(from, ..)| *from);
        let origin = Point::new(from as f32 * metrics.width, metrics.ascent);
        if let Some(node) = gsk::TextNode::new(&self.first.font, &string, &colour, &origin) {
            snapshot.append_node(node);
        }
    }
}

/// Lines under, over and through a spot, on whole pixels.
fn decorate(snapshot: &gtk::Snapshot, spot: &Spot<'_>, ink: &Ink, metrics: &Metrics) {
    let (x, width) = (spot.col as f32 * metrics.width, spot.width as f32 * metrics.width);
    let thick = metrics.thickness;
    let line = |colour: &RGBA, middle: f32, from: f32, long: f32| {
        snapshot.append_color(colour, &Rect::new(from, metrics.line(middle), long, thick));
    };
    let colour = rgba(ink.underline, ink.opacity);
    match spot.style.underline {
        Underline::None => {}
        Underline::Single => line(&colour, metrics.underline, x, width),
        Underline::Double => {
            line(&colour, metrics.underline - thick, x, width);
            line(&colour, metrics.underline + thick, x, width);
        }
        Underline::Dotted => {
            let mut at = 0.0;
            while at < width {
                line(&colour, metrics.underline, x + at, thick.min(width - at));
                at += 2.0 * thick;
            }
        }
        Underline::Dashed => {
            let dash = (metrics.width / 2.0).floor().max(thick);
            let mut at = 0.0;
            while at < width {
                line(&colour, metrics.underline, x + at, dash.min(width - at));
                at += metrics.width;
            }
        }
        Underline::Curly => wave(snapshot, &colour, x, width, metrics),
    }
    let colour = rgba(ink.foreground, ink.opacity);
    if spot.style.attributes.contains(Attributes::STRIKE) {
        line(&colour, metrics.strike, x, width);
    }
    if spot.style.attributes.contains(Attributes::OVERLINE) {
        line(&colour, thick / 2.0, x, width);
    }
}

/// A wave whose length is a cell's width, so that neighbours join.
fn wave(snapshot: &gtk::Snapshot, colour: &RGBA, x: f32, width: f32, metrics: &Metrics) {
    let height = (metrics.thickness * 3.0).max(3.0);
    let top = (metrics.underline - height / 2.0).round().min(metrics.height - height).max(0.0);
    let context = snapshot.append_cairo(&Rect::new(x, top, width, height));
    let [red, green, blue, alpha] =
        [colour.red(), colour.green(), colour.blue(), colour.alpha()].map(f64::from);
    context.set_source_rgba(red, green, blue, alpha);
    context.set_line_width(f64::from(metrics.thickness));
    let (step, middle) = (f64::from(metrics.width), f64::from(top + height / 2.0));
    let swing = f64::from(height - metrics.thickness) / 2.0;
    context.move_to(f64::from(x), middle);
    let mut at = f64::from(x);
    while at < f64::from(x + width) {
        for (sign, half) in [(-1.0, 0.0), (1.0, 0.5)] {
            let from = at + step * half;
            let peak = middle + sign * swing * 1.8;
            context.curve_to(from + step * 0.17, peak, from + step * 0.33, peak, from + step * 0.5, middle);
        }
        at += step;
    }
    let _ = context.stroke(); // a surface that fails shows nothing
}
