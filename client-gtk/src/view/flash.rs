//! A bell that is seen: the text's ground is lighter for a moment.

use super::View;
use crate::settings;
use gtk::gdk::RGBA;
use gtk::glib;
use gtk::graphene::Rect;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use std::time::Duration;

/// Long enough to be seen, short enough not to stand in the way.
const FLASH: Duration = Duration::from_millis(120);
/// What lies over the text meanwhile. Chosen by eye.
const LIGHT: RGBA = RGBA::new(0.5, 0.5, 0.5, 0.35);

impl View {
    /// Flashes, where a person wants that and it does not flash already.
    pub(super) fn flash(&self) {
        if !settings::current().window.bell_flash || self.imp().flashing.replace(true) {
            return;
        }
        self.queue_draw();
        let view = self.downgrade();
        glib::timeout_add_local_once(FLASH, move || {
            if let Some(view) = view.upgrade() {
                view.imp().flashing.set(false);
                view.queue_draw();
            }
        });
    }

    pub(super) fn draw_flash(&self, snapshot: &gtk::Snapshot) {
        if self.imp().flashing.get() {
            let bounds = Rect::new(0.0, 0.0, self.width() as f32, self.height() as f32);
            snapshot.append_color(&LIGHT, &bounds);
        }
    }
}
