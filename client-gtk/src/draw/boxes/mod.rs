//! Characters that must join without seams, drawn by geometry instead of from a font: lines, blocks, mosaics, braille and
//! Powerline's shapes.
//!
//! ```text
//!   character ──► rule() ──► lines.rs      box drawing, and dashes                  rectangles
//!                            blocks.rs     parts and shades of a cell               rectangles
//!                            mosaics.rs    quadrants, sextants, octants, braille    rectangles
//!                            strokes.rs    arcs and slanting lines                  paths
//!                            slants.rs     areas with slanting edges, and circles   paths
//!                            powerline.rs  ends of a status line's parts            paths
//! ```
//!
//! What is straight is rectangles between whole pixels, and the same fraction of a cell is the same pixel for every
//! character: what two of them share an edge of neither overlaps nor leaves a gap. What is not is a path clipped to the
//! cell. Rules add these to a [`Cell`] as data, which tests can ask about every size of a cell, and which is painted here.
//!
//! What a character looks like is taken from its name in the Unicode Character Database where that says it, otherwise from
//! the code charts; each table says which.

mod blocks;
mod lines;
mod mosaics;
mod powerline;
mod slants;
mod strokes;

use super::Metrics;
use gtk::cairo;
use gtk::gdk::RGBA;
use gtk::graphene::Rect;
use gtk::prelude::*;

/// Parts of a cell are given in as many: halves, thirds, quarters and eighths of it are all whole numbers.
const WHOLE: u32 = 24;

/// Left, top, right and bottom in [`WHOLE`]s of the cell.
type Part = [u32; 4];

/// What adds a character's shapes to its cell.
type Rule = fn(&mut Cell, u32);

fn rule(character: char) -> Option<Rule> {
    Some(match character as u32 {
        0x2504..=0x250b | 0x254c..=0x254f => lines::dashes,
        0x256d..=0x2570 => strokes::arc,
        0x2571..=0x2573 | 0x1fba0..=0x1fbae | 0x1fbd0..=0x1fbdf => strokes::diagonals,
        0x2500..=0x257f => lines::arms,
        0x1fbaf => lines::tick,
        0x2580..=0x2590 | 0x2594..=0x2595 | 0x1fb70..=0x1fb8b | 0x1fbce..=0x1fbcf => blocks::eighths,
        0x2591..=0x2593 | 0x1fb8c..=0x1fb92 | 0x1fb94 => blocks::shades,
        0x1fb95..=0x1fb97 => blocks::fills,
        0x1fbe4..=0x1fbe7 | 0x1ce90..=0x1ceaf => blocks::quarters,
        0x2596..=0x259f => mosaics::quadrants,
        0x1fb00..=0x1fb3b => mosaics::sextants,
        0x1cd00..=0x1cde5 => mosaics::octants,
        0x1cc21..=0x1cc2f => mosaics::separated_quadrants,
        0x1ce51..=0x1ce8f => mosaics::separated_sextants,
        0x2800..=0x28ff => mosaics::braille,
        0x1fb3c..=0x1fb6f | 0x1fb9a..=0x1fb9f => slants::areas,
        0x1fb98..=0x1fb99 => slants::fills,
        0x1fbe0..=0x1fbe3 | 0x1fbe8..=0x1fbef => slants::circles,
        0xe0b0..=0xe0bf | 0xe0d2 | 0xe0d4 => powerline::shapes,
        _ => return None,
    })
}

/// Whether a character is drawn here.
pub fn is_drawn(character: char) -> bool {
    rule(character).is_some()
}

/// Draws a character into the cell at `x`, 0.
pub fn draw(snapshot: &gtk::Snapshot, character: char, x: f32, metrics: &Metrics, colour: &RGBA) {
    Cell::of(character, metrics.width, metrics.height).paint(snapshot, x, colour);
}

/// A cell, and what there is to paint in it.
#[derive(Debug)]
struct Cell {
    width: f32,
    height: f32,
    /// How thick a light line is.
    thin: f32,
    rectangles: Vec<Rectangle>,
    paths: Vec<Path>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Rectangle {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
    /// How much of the colour covers the ground: 1 for all.
    shade: f32,
}

#[derive(Debug)]
struct Path {
    steps: Vec<Step>,
    pen: Pen,
}

/// Places are pixels from the cell's upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Move(f32, f32),
    Line(f32, f32),
    Curve([f32; 6]),
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Pen {
    /// The inside, covered as much as [`Rectangle::shade`] says.
    Fill(f32),
    /// A light line.
    Stroke,
}

impl Cell {
    fn of(character: char, width: f32, height: f32) -> Self {
        let thin = (width / 8.0).round().max(1.0);
        let mut cell = Self { width, height, thin, rectangles: Vec::new(), paths: Vec::new() };
        if let Some(rule) = rule(character) {
            rule(&mut cell, character as u32);
        }
        cell
    }

    /// The pixel where a part of the width ends and the next one begins.
    fn x(&self, part: u32) -> f32 {
        cut(self.width, part)
    }

    /// As [`Cell::x`], down the height.
    fn y(&self, part: u32) -> f32 {
        cut(self.height, part)
    }

    fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32) {
        if width > 0.0 && height > 0.0 {
            self.rectangles.push(Rectangle { x, y, width, height, shade: 1.0 });
        }
    }

    fn part(&mut self, part: Part) {
        self.shaded(part, 1.0);
    }

    /// At least a pixel of it is seen, however small the cell.
    fn shaded(&mut self, [left, top, right, bottom]: Part, shade: f32) {
        let (x, y) = (self.x(left).min(self.width - 1.0), self.y(top).min(self.height - 1.0));
        let (width, height) = ((self.x(right) - x).max(1.0), (self.y(bottom) - y).max(1.0));
        self.rectangles.push(Rectangle { x, y, width, height, shade });
    }

    fn path(&mut self, pen: Pen, steps: Vec<Step>) {
        self.paths.push(Path { steps, pen });
    }

    /// The lines from each point to the next one; closed where it is filled.
    fn polygon(&mut self, pen: Pen, points: impl IntoIterator<Item = (f32, f32)>) {
        let mut steps: Vec<Step> = points.into_iter().map(|(x, y)| Step::Line(x, y)).collect();
        if let Some(Step::Line(x, y)) = steps.first().copied() {
            steps[0] = Step::Move(x, y);
        }
        if pen != Pen::Stroke {
            steps.push(Step::Close);
        }
        self.path(pen, steps);
    }

    fn ellipse(&mut self, pen: Pen, (x, y): (f32, f32), (wide, high): (f32, f32)) {
        let quarter = |(x1, y1): (f32, f32), (x2, y2): (f32, f32)| {
            // From one end to the other; the middle is (0, 0), so that the corner between is their sum.
            let (cx, cy) = ((x1 + x2) * ROUND, (y1 + y2) * ROUND);
            let (x3, y3) = (x1 * (1.0 - ROUND) + cx, y1 * (1.0 - ROUND) + cy);
            let (x4, y4) = (x2 * (1.0 - ROUND) + cx, y2 * (1.0 - ROUND) + cy);
            Step::Curve([x + x3, y + y3, x + x4, y + y4, x + x2, y + y2])
        };
        let ends = [(wide, 0.0), (0.0, high), (-wide, 0.0), (0.0, -high), (wide, 0.0)];
        let mut steps = vec![Step::Move(x + wide, y)];
        steps.extend(ends.windows(2).map(|ends| quarter(ends[0], ends[1])));
        steps.push(Step::Close);
        self.path(pen, steps);
    }

    fn paint(&self, snapshot: &gtk::Snapshot, x: f32, colour: &RGBA) {
        // Faint text lets the ground through: what overlaps must not do so less than the rest.
        let mut solid = *colour;
        let together = colour.alpha() < 1.0 && self.rectangles.len() + self.paths.len() > 1;
        if together {
            solid.set_alpha(1.0);
            snapshot.push_opacity(f64::from(colour.alpha()));
        }
        for rectangle in &self.rectangles {
            let Rectangle { x: left, y, width, height, shade } = *rectangle;
            let mut colour = solid;
            colour.set_alpha(solid.alpha() * shade);
            snapshot.append_color(&colour, &Rect::new(x + left, y, width, height));
        }
        if !self.paths.is_empty() {
            // It draws nothing outside of these bounds.
            let context = snapshot.append_cairo(&Rect::new(x, 0.0, self.width, self.height));
            context.translate(f64::from(x), 0.0);
            for path in &self.paths {
                path.paint(&context, &solid, self.thin);
            }
        }
        if together {
            snapshot.pop();
        }
    }
}

impl Path {
    fn paint(&self, context: &cairo::Context, colour: &RGBA, thin: f32) {
        for step in &self.steps {
            match *step {
                Step::Move(x, y) => context.move_to(x.into(), y.into()),
                Step::Line(x, y) => context.line_to(x.into(), y.into()),
                Step::Curve(places) => {
                    let [x1, y1, x2, y2, x3, y3] = places.map(f64::from);
                    context.curve_to(x1, y1, x2, y2, x3, y3);
                }
                Step::Close => context.close_path(),
            }
        }
        let shade = if let Pen::Fill(shade) = self.pen { shade } else { 1.0 };
        let [red, green, blue, alpha] =
            [colour.red(), colour.green(), colour.blue(), colour.alpha() * shade].map(f64::from);
        context.set_source_rgba(red, green, blue, alpha);
        // A surface that fails shows nothing.
        let _ = match self.pen {
            Pen::Fill(_) => context.fill(),
            Pen::Stroke => {
                context.set_line_width(thin.into());
                // A line that ends at the cell's edge at a slant goes on to it with its whole width.
                context.set_line_cap(cairo::LineCap::Square);
                context.stroke()
            }
        };
    }
}

/// How far towards the corner of its two tangents the handles of a curve are that is a quarter of a circle.
const ROUND: f32 = 0.5523;

fn cut(length: f32, part: u32) -> f32 {
    // A cell's own edge is a device pixel and need not be a whole logical one.
    if part == WHOLE { length } else { (length * part as f32 / WHOLE as f32).round() }
}

#[cfg(test)]
mod tests;
