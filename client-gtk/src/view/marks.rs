//! What lies over cells: the selection, and what a search has found. A wash of colour tells them apart; with high contrast
//! it is thinner, so that text keeps its own contrast, and each has a frame in the text's colour, so that it is seen
//! without telling colours.

use super::View;
use crate::draw::Metrics;
use crate::draw::colours::{Colours, rgba};
use gtk::gdk::RGBA;
use gtk::graphene::Rect;
use gtk::prelude::*;

/// What is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marked {
    Selection,
    /// What was searched for.
    Match,
    /// The match that was come to last.
    CurrentMatch,
}

impl Marked {
    fn wash(self) -> RGBA {
        match self {
            Self::Selection => RGBA::new(0.21, 0.52, 0.89, 0.4),
            Self::Match => RGBA::new(0.96, 0.83, 0.18, 0.4),
            Self::CurrentMatch => RGBA::new(1.0, 0.47, 0.0, 0.6),
        }
    }

    /// Its frame's width with high contrast, in logical pixels.
    fn frame(self) -> f32 {
        if self == Self::CurrentMatch { 2.0 } else { 1.0 }
    }
}

/// How much of a wash is left with high contrast.
const THINNER: f32 = 0.5;

/// How wide the cursor's lines are at least, in logical pixels.
pub(super) fn cursor_line() -> f32 {
    if high_contrast() { 2.0 } else { 1.0 }
}

fn high_contrast() -> bool {
    adw::StyleManager::default().is_high_contrast()
}

impl View {
    /// Marks cells of a row: the row, the first column, and the one behind the last.
    pub(super) fn mark(
        &self,
        snapshot: &gtk::Snapshot,
        marked: Marked,
        (row, from, to): (usize, usize, usize),
        colours: &Colours<'_>,
        metrics: &Metrics,
    ) {
        let bounds = Rect::new(
            from as f32 * metrics.width,
            row as f32 * metrics.height,
            to.saturating_sub(from) as f32 * metrics.width,
            metrics.height,
        );
        let wash = marked.wash();
        if high_contrast() {
            let thin = RGBA::new(wash.red(), wash.green(), wash.blue(), wash.alpha() * THINNER);
            snapshot.append_color(&thin, &bounds);
            outline(snapshot, &rgba(colours.foreground(), 1.0), &bounds, marked.frame());
        } else {
            snapshot.append_color(&wash, &bounds);
        }
    }
}

/// A frame just inside of bounds.
pub(super) fn outline(snapshot: &gtk::Snapshot, colour: &RGBA, bounds: &Rect, line: f32) {
    let (x, y, width, height) = (bounds.x(), bounds.y(), bounds.width(), bounds.height());
    let edges = [
        Rect::new(x, y, width, line),
        Rect::new(x, y + height - line, width, line),
        Rect::new(x, y, line, height),
        Rect::new(x + width - line, y, line, height),
    ];
    edges.iter().for_each(|edge| snapshot.append_color(colour, edge));
}
