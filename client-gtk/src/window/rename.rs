//! Giving a session a name, by which it is found and kept.

use super::Window;
use crate::failure::told;
use crate::service;
use crate::translation::gettext;
use adw::prelude::*;
use gtk::glib;

impl Window {
    /// Asks for the name of the session that is used.
    pub(super) fn rename(&self) {
        let Some(view) = self.view() else { return };
        let Some((id, name)) = view.session() else { return };
        self.rename_session(id, &name);
    }

    /// Asks for the name of a session, which has one now.
    pub(super) fn rename_session(&self, id: String, name: &str) {
        let entry = gtk::Entry::builder().text(name).activates_default(true).build();
        let body = gettext("A session with a name of its own is kept until it is ended.");
        let dialog = adw::MessageDialog::new(Some(self), Some(&gettext("Rename Session")), Some(&body));
        dialog.set_extra_child(Some(&entry));
        dialog.add_responses(&[("cancel", &gettext("Cancel")), ("rename", &gettext("Rename"))]);
        dialog.set_response_appearance("rename", adw::ResponseAppearance::Suggested);
        dialog.set_default_response(Some("rename"));
        dialog.set_close_response("cancel");
        dialog.connect_response(
            Some("rename"),
            glib::clone!(
                #[weak(rename_to = window)]
                self,
                #[weak]
                entry,
                move |_, _| {
                    let (id, name) = (id.clone(), entry.text().to_string());
                    glib::spawn_future_local(async move {
                        if let Err(error) = service::rename(id, name).await {
                            window.say(&told(&error));
                        }
                    });
                }
            ),
        );
        dialog.present();
        entry.grab_focus();
    }
}
