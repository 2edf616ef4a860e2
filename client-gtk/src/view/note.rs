//! What is wrong with a view. A quiet note over the screen tells that the service is away for the moment, or that there
//! is nothing to show and why; a service that is not there is worth a [page](super::page).

use super::View;
use super::page::Page;
use crate::translation::gettext;
use gtk::gdk::RGBA;
use gtk::graphene::{Point, Rect};
use gtk::pango;
use gtk::prelude::*;
use gtk::subclass::prelude::*;

/// Around it, in logical pixels.
const MARGIN: f32 = 4.0;

/// Its ground.
const GROUND: RGBA = RGBA::new(0.9, 0.65, 0.04, 1.0);

/// Why there is nothing to show, or nothing more, until it is tried again.
#[derive(Debug)]
pub(super) enum Problem {
    /// With what was shown last still to be read.
    Note(String),
    /// The service is not there.
    Page(Page),
}

impl View {
    /// What the note says now; `None` while all is well, or all too bad.
    pub(super) fn note(&self) -> Option<String> {
        match self.imp().problem.borrow().as_ref() {
            Some(Problem::Note(text)) => Some(text.clone() + "\n" + &gettext("Press Enter to try again.")),
            Some(Problem::Page(_)) => None,
            None => self.is_lost().then(|| gettext("Reconnecting…")),
        }
    }

    pub(super) fn draw_note(&self, snapshot: &gtk::Snapshot, width: f32, text: &str) {
        let layout = self.create_pango_layout(Some(text));
        layout.set_width(((width - 6.0 * MARGIN).max(80.0) * pango::SCALE as f32) as i32);
        let (text_width, text_height) = layout.pixel_size();
        let (wide, high) = (text_width as f32 + 16.0, text_height as f32 + 8.0);
        let ground = Rect::new((width - wide - MARGIN).max(0.0), MARGIN, wide, high);
        snapshot.append_color(&GROUND, &ground);
        snapshot.save();
        snapshot.translate(&Point::new(ground.x() + 8.0, ground.y() + 4.0));
        snapshot.append_layout(&layout, &RGBA::BLACK);
        snapshot.restore();
    }
}
