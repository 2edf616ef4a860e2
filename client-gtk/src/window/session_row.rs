//! A session in the list of all: what it is called, what it does, and what can be done with it.

use super::Window;
use crate::ending::ending;
use crate::failure::told;
use crate::service;
use crate::translation::{gettext, gettext_with};
use adw::prelude::*;
use gtk::accessible::Property;
use gtk::glib;
use scarab_protocol::message::SessionInfo;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Its row, which is kept while the list is open, so that whoever is at it with the keyboard stays there.
#[derive(Debug)]
pub struct Row {
    pub widget: adw::ActionRow,
    end: gtk::Button,
}

impl Row {
    pub fn new(window: &Window, popover: &gtk::Popover, session: &SessionInfo) -> Self {
        let widget = adw::ActionRow::builder().activatable(true).build();
        let id = session.id.to_string();
        let rename = button("document-edit-symbolic", &gettext("Rename this session"));
        rename.connect_clicked(glib::clone!(
            #[weak]
            window,
            #[weak]
            popover,
            #[weak]
            widget,
            #[strong]
            id,
            move |_| {
                popover.popdown(); // it would keep the keyboard from the dialog
                let name = widget.widget_name();
                window.rename_session(id.clone(), name.split('\n').next().unwrap_or_default());
            }
        ));
        let end = button("user-trash-symbolic", "");
        end.connect_clicked(glib::clone!(
            #[weak]
            window,
            #[weak]
            widget,
            #[strong]
            id,
            move |_| {
                let id = id.clone();
                // The next button would have the focus, and end the next one.
                widget.grab_focus();
                widget.set_sensitive(false);
                glib::spawn_future_local(async move {
                    if let Err(error) = service::end(id).await {
                        widget.set_sensitive(true);
                        window.say(&told(&error));
                    }
                });
            }
        ));
        widget.add_suffix(&rename);
        widget.add_suffix(&end);
        widget.connect_activated(glib::clone!(
            #[weak]
            window,
            #[weak]
            popover,
            move |_| {
                popover.popdown();
                window.open(service::Wanted::Session(id.clone()));
            }
        ));
        let row = Self { widget, end };
        row.show(session);
        row
    }

    /// How the session is now.
    pub fn show(&self, session: &SessionInfo) {
        let said = describe(session);
        self.widget.set_title(&glib::markup_escape_text(&session.name));
        self.widget.set_subtitle(&glib::markup_escape_text(&said));
        self.widget.set_widget_name(&format!("{}\n{said}", session.name));
        let what = if session.exited.is_some() {
            gettext("Remove from the list")
        } else {
            gettext("End this session")
        };
        self.end.set_tooltip_text(Some(&what));
        self.end.update_property(&[Property::Label(&what)]);
    }

    /// The session has in its name, command, directory or viewers what is looked for.
    pub fn fits(widget: &impl IsA<gtk::Widget>, sought: &str) -> bool {
        widget.widget_name().to_lowercase().contains(&sought.to_lowercase())
    }
}

fn button(icon: &str, what: &str) -> gtk::Button {
    let button = gtk::Button::builder().icon_name(icon).tooltip_text(what).valign(gtk::Align::Center).build();
    button.update_property(&[Property::Label(what)]);
    button.add_css_class("flat");
    button
}

/// `make in ~/src, 3 h, seen in Scarab`.
fn describe(session: &SessionInfo) -> String {
    let of_the_start = session.foreground.is_empty() || session.exited.is_some();
    let command = if of_the_start { session.command.join(" ") } else { session.foreground.clone() };
    let command = if command.is_empty() { gettext("shell") } else { command };
    let mut parts = vec![match session.directory.as_str() {
        "" => command,
        directory => {
            let directory = short(directory);
            gettext_with("{command} in {directory}", &[("command", &command), ("directory", &directory)])
        }
    }];
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_micros() as u64);
    parts.push(age(now.saturating_sub(session.created)));
    if session.exited.is_some() {
        parts.push(ending(session.exited));
    }
    let viewers = together(session.viewers.iter().map(|viewer| viewer.name.as_str()));
    if !viewers.is_empty() {
        parts.push(gettext_with("seen in {viewers}", &[("viewers", &viewers)]));
    }
    parts.join(", ")
}

/// Names, each once, with how often it comes: `Scarab (2), xterm from 10.0.0.7`.
fn together<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let unnamed = gettext("a viewer");
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for name in names.map(|name| if name.is_empty() { unnamed.as_str() } else { name }) {
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    let each = counts.iter().map(|(name, count)| match count {
        1 => (*name).to_owned(),
        count => format!("{name} ({count})"),
    });
    each.collect::<Vec<_>>().join(", ")
}

/// The home directory is known to its owner.
fn short(directory: &str) -> String {
    match Path::new(directory).strip_prefix(glib::home_dir()) {
        Ok(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Ok(rest) => format!("~/{}", rest.display()),
        Err(_) => directory.to_owned(),
    }
}

/// A span of µs in its largest unit.
fn age(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    match seconds {
        0..60 => gettext_with("{count} s", &[("count", &seconds)]),
        60..3600 => gettext_with("{count} min", &[("count", &(seconds / 60))]),
        3600..86_400 => gettext_with("{count} h", &[("count", &(seconds / 3600))]),
        _ => gettext_with("{count} d", &[("count", &(seconds / 86_400))]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_one_unit() {
        let told = [0, 59, 60, 3599, 3600, 86_399, 86_400, 900_000].map(|seconds| age(seconds * 1_000_000));
        assert_eq!(told, ["0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 d", "10 d"]);
    }

    #[test]
    fn viewers_of_one_name_are_told_once() {
        let names = ["Scarab", "xterm from 10.0.0.7", "Scarab", ""];
        assert_eq!(together(names.into_iter()), "Scarab (2), xterm from 10.0.0.7, a viewer");
        assert_eq!(together(std::iter::empty()), "");
    }
}
