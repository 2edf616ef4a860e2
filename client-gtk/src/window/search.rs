//! The bar in which something is looked for; what is found is shown by the view.

use super::Window;
use crate::service;
use crate::settings;
use crate::translation::{gettext, gettext_with};
use crate::view::{Needle, View};
use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk::glib;
use scarab_protocol::grid::search::Direction;
use scarab_protocol::pattern::{PatternError, Syntax};
use std::cell::Cell;

impl Window {
    /// What is typed there is looked for in the view that is used: Enter goes up, Ctrl+Shift+G and Ctrl+G up and down.
    pub(super) fn search_bar(&self) -> gtk::SearchBar {
        let imp = self.imp();
        let entry = gtk::SearchEntry::builder().placeholder_text(gettext("Search")).width_chars(32).build();
        let regex = gtk::ToggleButton::builder()
            .label(".*")
            .tooltip_text(gettext("Regular Expression"))
            .active(settings::current().window.search_regex)
            .focus_on_click(false)
            .build();
        regex.update_property(&[gtk::accessible::Property::Label(&gettext("Regular Expression"))]);
        let line = gtk::Box::builder().css_classes(["linked"]).build();
        line.append(&entry);
        line.append(&regex);
        // Beside what is typed and lower than it: whatever it says, the terminal keeps its height.
        let wrong = gtk::Label::builder()
            .css_classes(["error", "caption"])
            .ellipsize(gtk::pango::EllipsizeMode::End)
            .xalign(0.0)
            .hexpand(true)
            .margin_start(12)
            .build();
        let content = gtk::CenterBox::builder().hexpand(true).build();
        content.set_center_widget(Some(&line));
        content.set_end_widget(Some(&wrong));
        let bar = &imp.search;
        bar.set_child(Some(&content));
        bar.connect_entry(&entry);
        bar.set_show_close_button(true);
        let find = |direction| {
            glib::clone!(
                #[weak(rename_to = window)]
                self,
                #[weak]
                regex,
                #[weak]
                wrong,
                move |entry: &gtk::SearchEntry| {
                    let syntax = if regex.is_active() { Syntax::Regex } else { Syntax::Literal };
                    let found = window.find(&entry.text(), syntax, direction);
                    match found {
                        Ok(true) => entry.remove_css_class("error"),
                        Ok(false) | Err(_) => entry.add_css_class("error"),
                    }
                    let said = found.err().unwrap_or_default();
                    wrong.set_label(&said);
                    // In a narrow window little of it is seen.
                    let tooltip = Some(said.as_str()).filter(|said| !said.is_empty());
                    entry.set_tooltip_text(tooltip);
                    wrong.set_tooltip_text(tooltip);
                    entry.update_property(&[gtk::accessible::Property::Description(&said)]);
                }
            )
        };
        entry.connect_search_changed(find(Direction::Back));
        entry.connect_activate(find(Direction::Back));
        entry.connect_previous_match(find(Direction::Back));
        entry.connect_next_match(find(Direction::Forward));
        let again = find(Direction::Back);
        let toggled = regex.connect_toggled(glib::clone!(
            #[weak]
            entry,
            move |regex| {
                again(&entry);
                // It is remembered by the configuration, from which the other windows learn it. Where that cannot be
                // written it holds for this window.
                service::configure("window.search-regex", regex.is_active().to_string(), drop);
            }
        ));
        // What the configuration said when it was last looked at.
        let known = Cell::new(regex.is_active());
        bar.connect_search_mode_enabled_notify(glib::clone!(
            #[weak(rename_to = window)]
            self,
            #[weak]
            regex,
            move |bar| {
                if bar.is_search_mode() {
                    // The button stays as it was left, unless somebody has changed the configuration since.
                    let set = settings::current().window.search_regex;
                    if set != known.replace(set) {
                        regex.block_signal(&toggled);
                        regex.set_active(set);
                        regex.unblock_signal(&toggled);
                    }
                } else {
                    // Another view may be used by now than the one that was searched.
                    window.views().iter().for_each(View::end_search);
                    window.view().iter().for_each(View::focus);
                }
            }
        ));
        imp.search_entry.replace(Some(entry));
        bar.clone()
    }

    /// Whether there is such a text; what is wrong with it as a pattern, as a person is told.
    fn find(&self, typed: &str, syntax: Syntax, direction: Direction) -> Result<bool, String> {
        let Some(view) = self.view() else { return Ok(false) };
        if typed.is_empty() {
            view.end_search();
            return Ok(true);
        }
        let needle = Needle::new(typed, syntax).map_err(|error| {
            // What was marked is not what is typed now.
            view.end_search();
            told(&error)
        })?;
        view.find(needle, direction).map_err(|_| gettext("Nothing found so far. Searching again goes on."))
    }

    pub(super) fn open_search(&self) {
        self.imp().search.set_search_mode(true);
        if let Some(entry) = self.imp().search_entry.borrow().as_ref() {
            entry.grab_focus();
        }
    }
}

fn told(error: &PatternError) -> String {
    match error {
        PatternError::Syntax { what, at } => gettext_with(
            "This is no regular expression: {problem} (character {position})",
            &[("problem", what), ("position", at)],
        ),
        PatternError::TooLarge => {
            gettext("This pattern is too large. Make it shorter, or its repetitions smaller.")
        }
        PatternError::TooLong(bytes) => {
            gettext_with("A pattern has at most {count} bytes.", &[("count", bytes)])
        }
        PatternError::LineFeed => gettext("A pattern is looked for within a line."),
    }
}
