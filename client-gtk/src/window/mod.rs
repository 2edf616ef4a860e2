//! A window: tabs of panes of views, and what is said about them.
//!
//! | file | what |
//! | --- | --- |
//! | `tabs` | opening, closing, titles, and what views tell |
//! | `panes` | the views of one tab beside each other |
//! | `actions` | everything that a key or a menu can do here |
//! | `keeping`, `layout` | coming back after a crash or a click too many |
//! | `search` | the bar in which something is looked for |
//! | `sessions`, `session_row` | the list of all sessions |
//! | `rename` | giving a session a name |
//! | `lingering` | asking whether sessions shall outlive the logout |

mod actions;
mod keeping;
mod layout;
mod lingering;
mod panes;
mod rename;
mod search;
mod session_row;
mod sessions;
mod tabs;

pub use actions::grouped;
pub use keeping::bring_back_lost;
pub use layout::Shown;

use crate::translation::gettext;
use crate::view::View;
use crate::watch;
use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk::{gio, glib};
use panes::Panes;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

mod imp {
    use super::*;

    #[derive(Debug, Default)]
    pub struct Window {
        pub tabs: adw::TabView,
        pub toasts: adw::ToastOverlay,
        pub title: adw::WindowTitle,
        pub search: gtk::SearchBar,
        pub search_entry: RefCell<Option<gtk::SearchEntry>>,
        pub sessions: sessions::Sessions,
        /// How many sessions run elsewhere.
        pub counter: gtk::Label,
        /// It has a title of its own.
        pub titled: Cell<bool>,
        /// What the service knows this window by.
        pub number: Cell<u64>,
        /// What the service keeps of it, as far as is known.
        pub kept: RefCell<Option<String>>,
        /// It will be told soon.
        pub due: RefCell<Option<glib::SourceId>>,
        /// A person closed it.
        pub closed: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Window {
        const NAME: &'static str = "ScarabWindow";
        type Type = super::Window;
        type ParentType = adw::ApplicationWindow;
    }

    impl ObjectImpl for Window {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().build();
        }
    }

    impl WidgetImpl for Window {}

    impl WindowImpl for Window {
        fn close_request(&self) -> glib::Propagation {
            self.obj().leave();
            self.obj().look_for_busy_soon();
            self.parent_close_request()
        }
    }

    impl ApplicationWindowImpl for Window {}
    impl AdwApplicationWindowImpl for Window {}
}

glib::wrapper! {
    /// A window with tabs.
    pub struct Window(ObjectSubclass<imp::Window>)
        @extends adw::ApplicationWindow, gtk::ApplicationWindow, gtk::Window, gtk::Widget,
        @implements gio::ActionGroup, gio::ActionMap, gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget,
            gtk::Native, gtk::Root, gtk::ShortcutManager;
}

/// All windows of an application.
pub fn all(application: &impl IsA<gtk::Application>) -> Vec<Window> {
    application.windows().into_iter().filter_map(|window| window.downcast().ok()).collect()
}

/// Says in each window how many sessions run elsewhere.
pub fn count(application: &impl IsA<gtk::Application>) {
    all(application).iter().for_each(Window::count);
}

impl Window {
    pub fn new(application: &adw::Application) -> Self {
        glib::Object::builder().property("application", application).build()
    }

    fn build(&self) {
        let imp = self.imp();
        imp.number.set(keeping::number());
        self.set_title(Some("Scarab"));
        let header = adw::HeaderBar::builder().title_widget(&imp.title).build();
        // So it is clipped, and the cairo renderer passes over it when only a row has changed: 7 % of a key's time.
        header.set_overflow(gtk::Overflow::Hidden);
        let new_tab = gtk::Button::builder()
            .icon_name("tab-new-symbolic")
            .tooltip_text(gettext("New Tab"))
            .action_name("win.new-tab")
            .build();
        new_tab.update_property(&[gtk::accessible::Property::Label(&gettext("New Tab"))]);
        header.pack_start(&new_tab);
        header.pack_end(&actions::menu());
        let list = sessions::button(self, &imp.counter);
        header.pack_end(&list);
        self.add_action_entries([sessions::action(&list)]);
        let bar = adw::TabBar::builder().view(&imp.tabs).build();
        imp.toasts.set_child(Some(&imp.tabs));
        imp.toasts.set_vexpand(true);
        let content = gtk::Box::new(gtk::Orientation::Vertical, 0);
        content.append(&header);
        content.append(&bar);
        content.append(&self.search_bar());
        content.append(&imp.toasts);
        self.set_content(Some(&content));
        self.actions();
        self.build_tabs();
        let changed = |window: &Self| window.changed();
        self.connect_default_width_notify(changed);
        self.connect_default_height_notify(changed);
        self.connect_maximized_notify(changed);
        self.count();
    }

    /// The panes of each tab, in the tabs' order.
    fn all_panes(&self) -> Vec<Panes> {
        let tabs = &self.imp().tabs;
        (0..tabs.n_pages()).filter_map(|index| tabs.nth_page(index).child().downcast().ok()).collect()
    }

    /// All views.
    pub fn views(&self) -> Vec<View> {
        self.all_panes().iter().flat_map(Panes::views).collect()
    }

    fn panes(&self) -> Option<Panes> {
        self.imp().tabs.selected_page()?.child().downcast().ok()
    }

    /// The view that is used.
    fn view(&self) -> Option<View> {
        self.panes()?.current()
    }

    /// One line over the terminal for a moment.
    pub fn say(&self, text: &str) {
        self.imp().toasts.add_toast(adw::Toast::builder().title(glib::markup_escape_text(text)).build());
    }

    fn show_title(&self, title: &str) {
        self.imp().title.set_title(title);
        if !self.imp().titled.get() {
            self.set_title(Some(title));
        }
    }

    /// The window has a title of its own, whatever its tabs show.
    pub fn keep_title(&self, title: &str) {
        self.set_title(Some(title));
        self.imp().titled.set(true);
    }

    /// Says how many sessions run that no window of this program shows.
    fn count(&self) {
        let windows = self.application().map(|application| all(&application)).unwrap_or_default();
        let shown: BTreeSet<u64> =
            windows.iter().flat_map(Self::views).filter_map(|view| Some(view.shown()?.session)).collect();
        let elsewhere = watch::living().iter().filter(|id| !shown.contains(id)).count();
        let counter = &self.imp().counter;
        counter.set_visible(elsewhere > 0);
        counter.set_label(&elsewhere.to_string());
    }
}
