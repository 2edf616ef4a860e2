//! The list of all sessions: what runs or has ended, where, since when, and who looks at it; to attach, to end, to
//! rename, to find.

use super::Window;
use super::session_row::Row;
use crate::failure::told;
use crate::service;
use crate::translation::gettext;
use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk::accessible::Property;
use gtk::{gio, glib};
use scarab_protocol::message::SessionInfo;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

/// A session's directory and age fit on a line, in logical pixels.
const WIDTH: i32 = 420;

/// Between two looks while it is open: what happens oftener than a person can read is seen together.
const PAUSE: Duration = Duration::from_millis(200);

/// What a window has of it.
#[derive(Debug, Default)]
pub struct Sessions {
    list: gtk::ListBox,
    popover: gtk::Popover,
    /// By the sessions' ids, in whose order the list is.
    rows: RefCell<BTreeMap<u64, Row>>,
    /// The service is being asked.
    asking: Cell<bool>,
    /// Something happened since it was.
    outdated: Cell<bool>,
}

/// A button in the header whose popover has the list, and beside it how many run elsewhere. The list is asked for each
/// time it is opened, and while it is open when something happened.
pub fn button(window: &Window, counter: &gtk::Label) -> gtk::MenuButton {
    let Sessions { list, popover, .. } = &window.imp().sessions;
    list.set_selection_mode(gtk::SelectionMode::None);
    list.add_css_class("boxed-list");
    list.set_placeholder(Some(
        &gtk::Label::builder().label(gettext("No sessions")).margin_top(12).margin_bottom(12).build(),
    ));
    let search = gtk::SearchEntry::builder().placeholder_text(gettext("Search sessions")).build();
    let scroller = gtk::ScrolledWindow::builder()
        .child(list)
        .hscrollbar_policy(gtk::PolicyType::Never)
        .propagate_natural_height(true)
        .max_content_height(480)
        .build();
    // What does not scroll sideways has no least width of its own.
    let content =
        gtk::Box::builder().orientation(gtk::Orientation::Vertical).spacing(6).width_request(WIDTH).build();
    content.append(&search);
    content.append(&scroller);
    popover.set_child(Some(&content));
    popover.set_halign(gtk::Align::End); // centred under its button it would hang over the window's edge
    let face = gtk::Box::builder().spacing(4).build();
    face.append(&gtk::Image::from_icon_name("view-list-symbolic"));
    counter.set_tooltip_text(Some(&gettext("Running without a window here")));
    counter.add_css_class("numeric");
    face.append(counter);
    let what = gettext("Sessions");
    let button = gtk::MenuButton::builder().child(&face).tooltip_text(&what).popover(popover).build();
    button.update_property(&[Property::Label(&what)]);
    button.add_css_class("flat"); // as the header's other buttons are
    list.set_filter_func(glib::clone!(
        #[weak]
        search,
        #[upgrade_or]
        true,
        move |row| Row::fits(row, &search.text())
    ));
    search.connect_search_changed(glib::clone!(
        #[weak]
        list,
        move |_| list.invalidate_filter()
    ));
    // The entry takes Escape for itself.
    search.connect_stop_search(glib::clone!(
        #[weak]
        popover,
        move |_| popover.popdown()
    ));
    // Enter takes the first one that fits; the entry tells of what was typed a moment later than of Enter.
    search.connect_activate(glib::clone!(
        #[weak]
        list,
        move |search| {
            let mut rows =
                (0..).map_while(|index| list.row_at_index(index)).filter_map(|row| row.downcast().ok());
            if let Some(row) = rows.find(|row: &adw::ActionRow| Row::fits(row, &search.text())) {
                ActionRowExt::activate(&row);
            }
        }
    ));
    popover.connect_show(glib::clone!(
        #[weak]
        window,
        #[weak]
        search,
        move |_| {
            search.set_text("");
            search.grab_focus();
            window.look_at_sessions();
        }
    ));
    // Else the button would have the keyboard.
    popover.connect_closed(glib::clone!(
        #[weak]
        window,
        move |_| {
            let give = move || {
                if let Some(view) = window.view() {
                    view.focus();
                }
            };
            give();
            // GTK 4.18 gives it to the button after this.
            glib::idle_add_local_once(give);
        }
    ));
    button
}

impl Window {
    /// Something happened to a session: an open list shows it.
    pub fn look_at_sessions(&self) {
        let sessions = &self.imp().sessions;
        if !sessions.popover.is_visible() {
            return;
        }
        sessions.outdated.set(true);
        if sessions.asking.replace(true) {
            return;
        }
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = window)]
            self,
            async move {
                let sessions = &window.imp().sessions;
                while sessions.outdated.replace(false) && sessions.popover.is_visible() {
                    match service::list().await {
                        Ok(listed) => window.show_sessions(&listed),
                        Err(error) => window.say(&told(&error)),
                    }
                    glib::timeout_future(PAUSE).await;
                }
                sessions.asking.set(false);
            }
        ));
    }

    fn show_sessions(&self, listed: &[SessionInfo]) {
        let Sessions { list, popover, rows, .. } = &self.imp().sessions;
        let mut rows = rows.borrow_mut();
        rows.retain(|id, row| {
            let stays = listed.iter().any(|session| session.id.0 == *id);
            if !stays {
                leave(list, &row.widget);
                list.remove(&row.widget);
            }
            stays
        });
        for session in listed {
            let row = rows.entry(session.id.0).or_insert_with(|| Row::new(self, popover, session));
            row.show(session);
        }
        for (row, at) in rows.values().zip(0..) {
            if row.widget.parent().is_none() {
                list.insert(&row.widget, at);
            }
        }
        list.invalidate_filter();
    }
}

/// A row that goes hands the focus to one that stays: the next, else the one before.
fn leave(list: &gtk::ListBox, row: &adw::ActionRow) {
    if list.focus_child().as_ref() != Some(row.upcast_ref()) {
        return;
    }
    let near = [row.index() + 1, row.index() - 1].into_iter().find_map(|index| list.row_at_index(index));
    if let Some(near) = near {
        near.grab_focus();
    }
}

/// Opens the list by a key.
pub fn action(button: &gtk::MenuButton) -> gio::ActionEntry<Window> {
    gio::ActionEntry::builder("sessions")
        .activate(glib::clone!(
            #[weak]
            button,
            move |_: &Window, _, _| button.popup()
        ))
        .build()
}
