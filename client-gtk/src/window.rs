//! A window: tabs of views, and what is said about them.

use crate::service::Wanted;
use crate::sessions;
use crate::shortcuts;
use crate::view::{Told, View};
use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk::{gio, glib};
use scarab_protocol::grid::search::Direction;
use std::cell::Cell;

/// A size at which an 80 by 24 screen fits with most fonts.
const SIZE: (i32, i32) = (820, 560);

mod imp {
    use super::*;

    #[derive(Debug, Default)]
    pub struct Window {
        pub tabs: adw::TabView,
        pub toasts: adw::ToastOverlay,
        pub title: adw::WindowTitle,
        pub search: gtk::SearchBar,
        pub titled: Cell<bool>,
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
    impl WindowImpl for Window {}
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

impl Window {
    pub fn new(application: &adw::Application) -> Self {
        glib::Object::builder().property("application", application).build()
    }

    fn build(&self) {
        let imp = self.imp();
        self.set_default_size(SIZE.0, SIZE.1);
        self.set_title(Some("Scarab"));
        let header = adw::HeaderBar::builder().title_widget(&imp.title).build();
        let new_tab = gtk::Button::builder()
            .icon_name("tab-new-symbolic")
            .tooltip_text("New Tab")
            .action_name("win.new-tab")
            .build();
        new_tab.update_property(&[gtk::accessible::Property::Label("New Tab")]);
        header.pack_start(&new_tab);
        let list = sessions::button(self);
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
        // Its own shortcuts would take keys that programs know (Alt+1, Ctrl+Home); ours are in `shortcuts`.
        imp.tabs.set_shortcuts(adw::TabViewShortcuts::empty());
        imp.tabs.connect_selected_page_notify(glib::clone!(
            #[weak(rename_to = window)]
            self,
            move |_| window.selected()
        ));
        imp.tabs.connect_close_page(glib::clone!(
            #[weak(rename_to = window)]
            self,
            #[upgrade_or]
            glib::Propagation::Proceed,
            move |_, page| {
                window.closing(page);
                glib::Propagation::Stop
            }
        ));
        imp.tabs.connect_n_pages_notify(glib::clone!(
            #[weak(rename_to = window)]
            self,
            move |tabs| {
                if tabs.n_pages() == 0 {
                    window.close();
                }
            }
        ));
    }

    /// What is typed there is looked for in the tab that is shown: Enter goes up, Ctrl+Shift+G and Ctrl+G up and down.
    fn search_bar(&self) -> gtk::SearchBar {
        let imp = self.imp();
        let entry = gtk::SearchEntry::builder().placeholder_text("Search").width_chars(32).build();
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
                if let Some(view) = window.view().filter(|_| !bar.is_search_mode()) {
                    view.end_search();
                    view.focus();
                }
            }
        ));
        bar.clone()
    }

    /// Opens a session in a tab of its own.
    pub fn open(&self, wanted: Wanted) {
        let imp = self.imp();
        let view = View::new();
        let content = gtk::Box::new(gtk::Orientation::Horizontal, 0);
        content.append(&view);
        content.append(&view.scrollbar());
        let page = imp.tabs.append(&content);
        page.set_title("Scarab");
        // The tab may be in another window by then.
        view.connect_told(glib::clone!(
            #[weak]
            page,
            move |told| {
                if let Some(window) = page.child().root().and_downcast::<Self>() {
                    window.told(&page, told);
                }
            }
        ));
        imp.tabs.set_selected_page(&page);
        view.open(wanted);
        view.focus();
    }

    fn told(&self, page: &adw::TabPage, told: Told) {
        let imp = self.imp();
        match told {
            Told::Title(title) => {
                page.set_title(&title);
                if page.is_selected() {
                    self.show_title(&title);
                }
            }
            Told::Bell => {
                if !page.is_selected() || !self.is_active() {
                    page.set_needs_attention(true);
                }
            }
            Told::Ended => imp.tabs.close_page(page),
            Told::Says(text) => self.say(&text),
            Told::Notifies { title, body } => {
                if !page.is_selected() || !self.is_active() {
                    page.set_needs_attention(true);
                    self.notify(&title, &body);
                }
            }
            Told::Progress(percent) => {
                page.set_loading(percent.is_some());
                page.set_tooltip(&percent.map(|percent| format!("{percent} %")).unwrap_or_default());
            }
        }
    }

    fn notify(&self, title: &str, body: &str) {
        let notification = gio::Notification::new(title);
        notification.set_body(Some(body));
        if let Some(application) = self.application() {
            application.send_notification(None, &notification);
        }
    }

    /// A tab is closed: its session goes on, and is one click away.
    fn closing(&self, page: &adw::TabPage) {
        let tabs = &self.imp().tabs;
        let session = page.child().first_child().and_downcast::<View>().and_then(|view| view.session());
        if let Some((id, name)) = session {
            let toast = adw::Toast::builder()
                .title(glib::markup_escape_text(&format!("\u{201c}{name}\u{201d} keeps running")))
                .button_label("Bring Back")
                .build();
            toast.connect_button_clicked(glib::clone!(
                #[weak(rename_to = window)]
                self,
                move |_| window.open(Wanted::Session(id.clone()))
            ));
            self.imp().toasts.add_toast(toast);
        }
        tabs.close_page_finish(page, true);
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

    fn view(&self) -> Option<View> {
        self.imp().tabs.selected_page()?.child().first_child()?.downcast().ok()
    }

    /// Another tab is shown.
    fn selected(&self) {
        let imp = self.imp();
        let Some(page) = imp.tabs.selected_page() else { return };
        page.set_needs_attention(false);
        self.show_title(&page.title());
        if let Some(view) = self.view() {
            view.focus();
        }
    }

    fn actions(&self) {
        let on_view = |name: &str, act: fn(&View)| {
            gio::ActionEntry::builder(name)
                .activate(move |window: &Self, _, _| {
                    if let Some(view) = window.view() {
                        act(&view);
                    }
                })
                .build()
        };
        let on_window = |name: &str, act: fn(&Self)| {
            gio::ActionEntry::builder(name).activate(move |window: &Self, _, _| act(window)).build()
        };
        self.add_action_entries([
            on_window("new-tab", |window| {
                let directory = window.view().map(|view| view.directory()).unwrap_or_default();
                window.open(Wanted::New { command: Vec::new(), directory });
            }),
            on_window("close-tab", |window| {
                if let Some(page) = window.imp().tabs.selected_page() {
                    window.imp().tabs.close_page(&page);
                }
            }),
            on_window("next-tab", |window| _ = window.imp().tabs.select_next_page()),
            on_window("previous-tab", |window| _ = window.imp().tabs.select_previous_page()),
            on_window("full-screen", |window| window.set_fullscreened(!window.is_fullscreen())),
            on_window("shortcuts", |window| shortcuts::window(window).present()),
            on_window("search", |window| {
                let bar = &window.imp().search;
                bar.set_search_mode(true);
                if let Some(entry) = bar.child() {
                    entry.grab_focus();
                }
            }),
            on_view("copy", View::copy),
            on_view("paste", View::paste),
            on_view("zoom-in", |view| view.zoom(Some(1))),
            on_view("zoom-out", |view| view.zoom(Some(-1))),
            on_view("zoom-normal", |view| view.zoom(None)),
            on_view("reset-scroll", View::follow),
            on_view("page-up", |view| view.scroll_pages(-1)),
            on_view("page-down", |view| view.scroll_pages(1)),
        ]);
    }
}
