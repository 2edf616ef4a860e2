//! The context menu.

use super::View;
use crate::translation::marked;
use crate::window::grouped;
use gtk::gdk;
use gtk::prelude::*;
use gtk::subclass::prelude::*;

/// What it offers: a label and an action, in groups.
const ITEMS: [&[(&str, &str)]; 3] = [
    &[
        (marked("_Copy"), "win.copy"),
        (marked("_Paste"), "win.paste"),
        (marked("Select _Output"), "win.select-output"),
    ],
    &[
        (marked("New _Tab"), "win.new-tab"),
        (marked("Split _Right"), "win.split-right"),
        (marked("Split _Down"), "win.split-down"),
    ],
    &[
        (marked("_Search"), "win.search"),
        (marked("S_essions"), "win.sessions"),
        (marked("_Preferences"), "win.preferences"),
    ],
];

impl View {
    /// Opens it at a place.
    pub(super) fn open_menu(&self, x: f64, y: f64) {
        let menu = grouped(&ITEMS);
        let popover = gtk::PopoverMenu::from_model(Some(&menu));
        popover.set_has_arrow(false);
        popover.set_halign(gtk::Align::Start);
        popover.set_pointing_to(Some(&gdk::Rectangle::new(x as i32, y as i32, 1, 1)));
        popover.set_parent(self);
        popover.connect_closed(|popover| {
            // Its action is activated after it has closed.
            let popover = popover.clone();
            gtk::glib::idle_add_local_once(move || popover.unparent());
        });
        self.imp().menu.replace(Some(popover.downgrade()));
        popover.popup();
    }

    /// Opens it where the cursor is, as keys do; where that is not shown, in the corner.
    pub(super) fn open_menu_at_cursor(&self) {
        let metrics = self.metrics();
        let (row, col) = if self.top_line().is_some() {
            (0.0, 0.0)
        } else {
            let frame = self.imp().frame.borrow();
            let cursor = frame.head().cursor;
            (f32::from(cursor.row) + 1.0, f32::from(cursor.col))
        };
        // Under its line, which stays readable.
        let padding = self.padding();
        let (x, y) = (padding + col * metrics.width, padding + row * metrics.height);
        self.open_menu(f64::from(x), f64::from(y));
    }

    /// A popover is placed anew with its parent.
    pub(super) fn place_menu(&self) {
        if let Some(popover) = self.imp().menu.borrow().as_ref().and_then(|menu| menu.upgrade()) {
            popover.present();
        }
    }
}
