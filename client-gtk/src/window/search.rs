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
        let wrong = gtk::Label::builder().wrap(true).visible(false).css_classes(["error", "caption"]).build();
        let line = gtk::Box::builder().css_classes(["linked"]).halign(gtk::Align::Center).build();
        line.append(&entry);
        line.append(&regex);
        let content = gtk::Box::builder().orientation(gtk::Orientation::Vertical).spacing(3).build();
        content.append(&line);
        content.append(&wrong);
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
                    wrong.set_label(found.as_ref().map_or_else(String::as_str, |_| ""));
                    wrong.set_visible(found.is_err());
                }
            )
        };
        entry.connect_search_changed(find(Direction::Back));
        entry.connect_activate(find(Direction::Back));
        entry.connect_previous_match(find(Direction::Back));
        entry.connect_next_match(find(Direction::Forward));
        let again = find(Direction::Back);
        regex.connect_toggled(glib::clone!(
            #[weak]
            entry,
            move |regex| {
                again(&entry);
                let active = regex.is_active();
                // It is remembered by the configuration, from which the other windows learn it. Where it cannot be written
                // it holds for this window.
                if active != settings::current().window.search_regex {
                    glib::spawn_future_local(async move {
                        drop(service::configure("window.search-regex".to_owned(), active.to_string()).await);
                    });
                }
            }
        ));
        bar.connect_search_mode_enabled_notify(glib::clone!(
            #[weak(rename_to = window)]
            self,
            #[weak]
            regex,
            move |bar| {
                if bar.is_search_mode() {
                    regex.set_active(settings::current().window.search_regex);
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
        view.find(needle, direction)
            .map_err(|_| gettext("This search takes too long. A simpler pattern is found sooner."))
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
            gettext("This regular expression is too large. Make it shorter, or its repetitions smaller.")
        }
        PatternError::TooLong(bytes) => {
            gettext_with("A pattern has at most {count} bytes.", &[("count", bytes)])
        }
        PatternError::LineFeed => gettext("A pattern is looked for within a line."),
    }
}
