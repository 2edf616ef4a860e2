//! The bar in which something is looked for; what is found is shown by the view.

use super::Window;
use crate::translation::gettext;
use crate::view::View;
use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk::glib;
use scarab_protocol::grid::search::Direction;

impl Window {
    /// What is typed there is looked for in the view that is used: Enter goes up, Ctrl+Shift+G and Ctrl+G up and down.
    pub(super) fn search_bar(&self) -> gtk::SearchBar {
        let imp = self.imp();
        let entry = gtk::SearchEntry::builder().placeholder_text(gettext("Search")).width_chars(32).build();
        let bar = &imp.search;
        bar.set_child(Some(&entry));
        bar.connect_entry(&entry);
        bar.set_show_close_button(true);
        let find = |direction| {
            glib::clone!(
                #[weak(rename_to = window)]
                self,
                move |entry: &gtk::SearchEntry| {
                    let found = window.view().is_some_and(|view| view.find(&entry.text(), direction));
                    if found || entry.text().is_empty() {
                        entry.remove_css_class("error");
                    } else {
                        entry.add_css_class("error");
                    }
                }
            )
        };
        entry.connect_search_changed(find(Direction::Back));
        entry.connect_activate(find(Direction::Back));
        entry.connect_previous_match(find(Direction::Back));
        entry.connect_next_match(find(Direction::Forward));
        bar.connect_search_mode_enabled_notify(glib::clone!(
            #[weak(rename_to = window)]
            self,
            move |bar| {
                if !bar.is_search_mode() {
                    // Another view may be used by now than the one that was searched.
                    window.views().iter().for_each(View::end_search);
                    window.view().iter().for_each(View::focus);
                }
            }
        ));
        bar.clone()
    }

    pub(super) fn open_search(&self) {
        let bar = &self.imp().search;
        bar.set_search_mode(true);
        if let Some(entry) = bar.child() {
            entry.grab_focus();
        }
    }
}
