//! Tabs: opening and closing them, moving them between windows, and what the views in them tell.

use super::Window;
use super::layout::{Tree, Way};
use super::panes::Panes;
use crate::logout;
use crate::service::Wanted;
use crate::settings;
use crate::translation::{gettext, gettext_with, ngettext};
use crate::view::{Told, View};
use crate::watch;
use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk::{gio, glib};
use scarab_protocol::message::SessionInfo;

impl Window {
    pub(super) fn build_tabs(&self) {
        let tabs = &self.imp().tabs;
        // Its own shortcuts would take keys that programs know (Alt+1, Ctrl+Home); ours are in `shortcuts`.
        tabs.set_shortcuts(adw::TabViewShortcuts::empty());
        tabs.connect_selected_page_notify(glib::clone!(
            #[weak(rename_to = window)]
            self,
            move |_| window.selected()
        ));
        tabs.connect_close_page(glib::clone!(
            #[weak(rename_to = window)]
            self,
            #[upgrade_or]
            glib::Propagation::Proceed,
            move |_, page| {
                window.closing(page);
                glib::Propagation::Stop
            }
        ));
        tabs.connect_n_pages_notify(glib::clone!(
            #[weak(rename_to = window)]
            self,
            move |tabs| {
                if tabs.n_pages() == 0 {
                    window.close();
                }
            }
        ));
        let changed = glib::clone!(
            #[weak(rename_to = window)]
            self,
            move || window.changed()
        );
        let moved = changed.clone();
        tabs.connect_page_reordered(move |_, _, _| moved());
        let gone = changed.clone();
        tabs.connect_page_detached(move |_, _, _| gone());
        tabs.connect_page_attached(move |_, _, _| changed());
        // A tab that is dropped where no window is gets one.
        tabs.connect_create_window(glib::clone!(
            #[weak(rename_to = window)]
            self,
            #[upgrade_or]
            None,
            move |_| {
                let application = window.application().and_downcast::<adw::Application>()?;
                let new = Self::new(&application);
                new.set_default_size(window.default_width(), window.default_height());
                new.present();
                Some(new.imp().tabs.clone())
            }
        ));
    }

    /// Opens a session in a tab of its own.
    pub fn open(&self, wanted: Wanted) {
        let view = self.new_view();
        self.open_panes(&Panes::new(&view));
        view.open(wanted);
        view.focus();
    }

    /// Opens a tab as it was; `sessions` are those that are known to be there.
    pub(super) fn open_tree(&self, tree: &Tree, sessions: &[SessionInfo]) {
        let panes = Panes::restored(tree, &mut |shown| {
            let view = self.new_view();
            let info = sessions.iter().find(|info| info.id.0 == shown.session);
            view.open_shown(shown, info.map(|info| info.size));
            view
        });
        self.open_panes(&panes);
        if let Some(view) = panes.current() {
            view.focus();
        }
    }

    fn open_panes(&self, panes: &Panes) {
        let tabs = &self.imp().tabs;
        let page = tabs.append(panes);
        page.set_title("Scarab");
        // The tab may be in another window by then.
        panes.connect_changed(glib::clone!(
            #[weak]
            panes,
            move || {
                if let Some(window) = panes.root().and_downcast::<Self>() {
                    window.panes_changed(&panes);
                }
            }
        ));
        tabs.set_selected_page(&page);
    }

    /// Opens a session beside the view that is used.
    pub(super) fn split(&self, way: Way) {
        let Some(panes) = self.panes() else { return };
        let directory = panes.current().map(|view| view.directory()).unwrap_or_default();
        let view = self.new_view();
        panes.split(way, &view);
        view.open(Wanted::New { command: Vec::new(), directory });
        view.focus();
    }

    fn new_view(&self) -> View {
        let view = View::new();
        view.connect_told(glib::clone!(
            #[weak]
            view,
            move |told| {
                let window = view.root().and_downcast::<Self>();
                let panes = view.ancestor(Panes::static_type()).and_downcast::<Panes>();
                if let (Some(window), Some(panes)) = (window, panes) {
                    window.told(&view, &panes, told);
                }
            }
        ));
        view
    }

    fn told(&self, view: &View, panes: &Panes, told: Told) {
        let imp = self.imp();
        let page = imp.tabs.page(panes);
        let seen = page.is_selected() && self.is_active();
        match told {
            Told::Title => {
                if panes.current().as_ref() == Some(view) {
                    self.show_page_title(&page, view);
                }
            }
            Told::Attached => {
                self.changed();
                if let Some(application) = self.application() {
                    watch::begin(&application);
                    super::bring_back_lost(&application);
                    super::count(&application);
                }
            }
            Told::Bell => {
                if settings::current().window.bell_sound {
                    view.error_bell();
                }
                if !seen {
                    page.set_needs_attention(true);
                }
            }
            Told::Busy => self.look_for_busy(),
            Told::Ended => {
                self.look_for_busy_soon();
                if panes.remove(view) {
                    self.changed();
                } else {
                    imp.tabs.close_page(&page);
                }
            }
            Told::Says(text) => self.say(&text),
            Told::Opens(wanted) => self.open(wanted),
            Told::Notifies { title, body } => {
                if !seen {
                    page.set_needs_attention(true);
                    self.notify(&title, &body);
                }
            }
            Told::Progress(percent) => {
                page.set_loading(percent.is_some());
                let said = percent.map(|percent| gettext_with("{percent} %", &[("percent", &percent)]));
                page.set_tooltip(&said.unwrap_or_default());
            }
        }
    }

    fn look_for_busy(&self) {
        if let Some(application) = self.application() {
            logout::changed(&application);
        }
    }

    /// When what is being closed is gone.
    pub(super) fn look_for_busy_soon(&self) {
        if let Some(application) = self.application() {
            glib::idle_add_local_once(move || logout::changed(&application));
        }
    }

    fn notify(&self, title: &str, body: &str) {
        let notification = gio::Notification::new(title);
        notification.set_body(Some(body));
        if let Some(application) = self.application() {
            application.send_notification(None, &notification);
        }
    }

    fn show_page_title(&self, page: &adw::TabPage, view: &View) {
        let title = view.title();
        page.set_title(&title);
        if page.is_selected() {
            self.show_title(&title);
        }
    }

    /// A tab is closed: its sessions go on, and are one click away.
    fn closing(&self, page: &adw::TabPage) {
        let tabs = &self.imp().tabs;
        let panes = page.child().downcast::<Panes>().ok();
        if let Some(tree) = panes.as_ref().and_then(Panes::tree) {
            let names: Vec<String> = panes
                .iter()
                .flat_map(Panes::views)
                .filter_map(|view| view.session().map(|(_, name)| name))
                .collect();
            // One that has come back and is not yet attached has no name here.
            let what = match (names.as_slice(), tree.sessions().len()) {
                ([name], 1) => gettext_with("“{name}” keeps running", &[("name", name)]),
                (_, count) => {
                    ngettext("{count} session keeps running", "{count} sessions keep running", count)
                }
            };
            let toast = adw::Toast::builder()
                .title(glib::markup_escape_text(&what))
                .button_label(gettext("Bring Back"))
                .action_name("win.bring-back")
                .build();
            self.leave_tab(tree);
            self.imp().toasts.add_toast(toast);
        }
        tabs.close_page_finish(page, true);
        self.look_for_busy_soon();
        if let Some(application) = self.application() {
            super::count(&application);
        }
    }

    /// Another tab is shown.
    fn selected(&self) {
        let Some(page) = self.imp().tabs.selected_page() else { return };
        page.set_needs_attention(false);
        if let Some(view) = self.view() {
            self.show_page_title(&page, &view);
            view.focus();
        }
        self.changed();
    }

    /// Another view is used, or the views stand otherwise.
    fn panes_changed(&self, panes: &Panes) {
        let page = self.imp().tabs.page(panes);
        if let Some(view) = panes.current() {
            self.show_page_title(&page, &view);
        }
        self.changed();
    }
}
