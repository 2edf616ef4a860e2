//! The question whether sessions shall go on when the person logs out: a bar under the header that takes nothing away
//! and waits until it is answered. When it is asked, decides [`logout`](crate::logout).

use super::Window;
use crate::failure::told;
use crate::logind;
use crate::logout;
use crate::service;
use crate::translation::{gettext, gettext_with};
use adw::prelude::*;
use gtk::{ResponseType, glib};

impl Window {
    pub fn ask_to_linger(&self) {
        let Some(content) = self.content().and_downcast::<gtk::Box>() else { return };
        let question = gettext("These sessions end when you log out. Keep them running?");
        let label = gtk::Label::builder().label(question).wrap(true).xalign(0.0).hexpand(true).build();
        let bar = gtk::InfoBar::builder()
            .message_type(gtk::MessageType::Question)
            .revealed(false)
            .accessible_role(gtk::AccessibleRole::Alert)
            .build();
        bar.add_child(&label);
        bar.add_button(&gettext("Keep Them Running"), ResponseType::Yes);
        bar.add_button(&gettext("No"), ResponseType::No);
        bar.connect_response(glib::clone!(
            #[weak(rename_to = window)]
            self,
            #[weak]
            label,
            move |bar, answer| {
                let (bar, label) = (bar.clone(), label.clone());
                glib::spawn_future_local(async move {
                    match answer {
                        ResponseType::Yes => window.keep_running(&bar, &label).await,
                        ResponseType::No => window.never_ask(&bar),
                        _ => window.close_bar(&bar),
                    }
                });
            }
        ));
        content.insert_child_after(&bar, content.first_child().as_ref());
        bar.set_revealed(true);
    }

    async fn keep_running(&self, bar: &gtk::InfoBar, label: &gtk::Label) {
        bar.set_sensitive(false);
        let answer = logind::linger().await;
        bar.set_sensitive(true);
        match answer {
            Ok(()) => {
                self.close_bar(bar);
                self.say(&gettext("Your sessions go on when you log out."));
                if let Some(application) = self.application() {
                    logout::is_safe(&application);
                }
            }
            // What it would take stays there to be copied, until the person has done with it.
            Err(error) => {
                let error = logind::words(&error);
                let said = gettext_with(
                    "logind refused ({error}). An administrator can: {command}",
                    &[("error", &error), ("command", &logind::command())],
                );
                label.set_label(&said);
                label.set_selectable(true);
                bar.set_response_sensitive(ResponseType::Yes, false);
                bar.set_show_close_button(true);
            }
        }
    }

    fn never_ask(&self, bar: &gtk::InfoBar) {
        self.close_bar(bar);
        service::configure(
            "window.linger-question",
            "false".to_owned(),
            glib::clone!(
                #[weak(rename_to = window)]
                self,
                move |error| window.say(&told(&error))
            ),
        );
    }

    fn close_bar(&self, bar: &gtk::InfoBar) {
        if let Some(content) = bar.parent().and_downcast::<gtk::Box>() {
            content.remove(bar);
        }
        if let Some(view) = self.view() {
            view.focus();
        }
    }
}
