//! A page in the view's place: the service cannot be reached or started, what was tried, what it said last, and what to
//! do. A short loss and an ended command are told by a quiet [note](super::note) instead, which leaves the picture.
//!
//! It is a child of the view over its whole room, so that panes and tabs need not know of it.

use super::View;
use super::note::Problem;
use crate::failure;
use crate::service;
use crate::translation::{gettext, marked};
use adw::prelude::*;
use gtk::glib;
use gtk::subclass::prelude::*;
use scarab_protocol::ClientError;

/// Between its parts, in logical pixels.
const SPACING: i32 = 12;

/// The page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    widget: adw::StatusPage,
    again: gtk::Button,
    /// What the service said last.
    log: gtk::Label,
}

impl Page {
    fn new(title: &str, problem: &str) -> Self {
        let again = button(&gettext("Try Again"));
        again.add_css_class("suggested-action");
        let copy = button(&gettext("Copy"));
        copy.set_tooltip_text(Some(&gettext("Copy what is wrong and what the service said")));
        let buttons = gtk::Box::builder().spacing(SPACING).halign(gtk::Align::Center).build();
        buttons.append(&again);
        buttons.append(&copy);
        let log = gtk::Label::builder()
            .selectable(true)
            .wrap(true)
            .wrap_mode(gtk::pango::WrapMode::WordChar)
            .xalign(0.0)
            .visible(false)
            .build();
        log.add_css_class("monospace");
        let content = gtk::Box::new(gtk::Orientation::Vertical, 2 * SPACING);
        content.append(&buttons);
        content.append(&log);
        let widget = adw::StatusPage::builder()
            .icon_name("network-offline-symbolic")
            .title(title)
            .description(glib::markup_escape_text(problem))
            .child(&content)
            .build();
        widget.add_css_class("background");
        widget.add_css_class("compact"); // the words matter more than the picture
        widget.set_cursor_from_name(Some("default"));
        // What is clicked here is not clicked in the terminal below.
        let click = gtk::GestureClick::builder().button(0).build();
        click.connect_pressed(|click, _, _, _| _ = click.set_state(gtk::EventSequenceState::Claimed));
        widget.add_controller(click);
        let said = format!("{title}\n{problem}\n");
        copy.connect_clicked(glib::clone!(
            #[weak]
            log,
            move |copy| copy.clipboard().set_text(&(said.clone() + &log.text()))
        ));
        Self { widget, again, log }
    }
}

fn button(label: &str) -> gtk::Button {
    let button = gtk::Button::with_label(label);
    button.add_css_class("pill");
    button
}

impl View {
    /// The service is not there, or not as it should be.
    pub(super) fn unreachable(&self, error: &ClientError) {
        let cause = match error {
            ClientError::GaveUp { last, .. } => last,
            error => error,
        };
        let title = match cause {
            ClientError::NotRunning { .. } | ClientError::Connect { .. } => {
                marked("The Sessions’ Service Does Not Run")
            }
            _ => marked("The Sessions’ Service Cannot Be Used"),
        };
        self.remove_problem();
        let page = Page::new(&gettext(title), &failure::said(error));
        page.widget.set_parent(self);
        page.again.connect_clicked(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |_| view.try_again()
        ));
        // Enter tries again, Tab goes on.
        if self.is_focus() {
            page.again.grab_focus();
        }
        let log = page.log.downgrade();
        self.fail(Problem::Page(page));
        glib::spawn_future_local(async move {
            let said = service::last_words().await;
            if let Some(log) = log.upgrade().filter(|_| !said.is_empty()) {
                log.set_text(&said);
                log.set_visible(true);
            }
        });
    }

    /// Nothing is wrong any more, or it is tried again.
    pub(super) fn remove_problem(&self) {
        let Some(Problem::Page(page)) = self.imp().problem.take() else { return };
        // What has the focus there would leave the window without one.
        if page.widget.focus_child().is_some() {
            self.grab_focus();
        }
        page.widget.unparent();
    }

    /// Gives the page the focus that the view has been given.
    pub(super) fn focus_page(&self) {
        if let Some(page) = self.page() {
            page.again.grab_focus();
        }
    }

    fn page(&self) -> Option<Page> {
        match self.imp().problem.borrow().as_ref() {
            Some(Problem::Page(page)) => Some(page.clone()),
            _ => None,
        }
    }

    /// The page has all the room, or as much as it needs.
    pub(super) fn place_page(&self, width: i32, height: i32) {
        if let Some(page) = self.page() {
            super::cover(&page.widget, width, height);
        }
    }

    pub(super) fn draw_page(&self, snapshot: &gtk::Snapshot) {
        if let Some(page) = self.page() {
            self.snapshot_child(&page.widget, snapshot);
        }
    }
}
