//! Everything that a key or a menu can do in a window. The keys are in `shortcuts`.

use super::Window;
use super::layout::Way;
use super::panes::{Panes, Towards};
use crate::preferences;
use crate::service::Wanted;
use crate::shortcuts;
use crate::translation::{gettext, marked};
use crate::view::View;
use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk::gio;

/// What the header's menu offers, in groups.
const MENU: [&[(&str, &str)]; 3] = [
    &[(marked("New _Window"), "app.new-window"), (marked("_Bring Back"), "win.bring-back")],
    &[
        (marked("Split _Right"), "win.split-right"),
        (marked("Split _Down"), "win.split-down"),
        (marked("_Rename…"), "win.rename"),
    ],
    &[(marked("_Preferences"), "win.preferences"), (marked("_Keyboard Shortcuts"), "win.shortcuts")],
];

/// A menu of marked labels and actions, in groups.
pub fn grouped(groups: &[&[(&str, &str)]]) -> gio::Menu {
    let menu = gio::Menu::new();
    for group in groups {
        let section = gio::Menu::new();
        group.iter().for_each(|(label, action)| section.append(Some(&gettext(label)), Some(action)));
        menu.append_section(None, &section);
    }
    menu
}

/// The header's menu.
pub(super) fn menu() -> gtk::MenuButton {
    gtk::MenuButton::builder()
        .icon_name("open-menu-symbolic")
        .tooltip_text(gettext("Menu"))
        .menu_model(&grouped(&MENU))
        .primary(true)
        .build()
}

impl Window {
    pub(super) fn actions(&self) {
        let on_view = |name: &str, act: fn(&View)| {
            gio::ActionEntry::builder(name)
                .activate(move |window: &Self, _, _| {
                    if let Some(view) = window.view() {
                        act(&view);
                    }
                })
                .build()
        };
        let on_panes = |name: &str, act: fn(&Panes)| {
            gio::ActionEntry::builder(name)
                .activate(move |window: &Self, _, _| {
                    if let Some(panes) = window.panes() {
                        act(&panes);
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
            on_window("bring-back", Self::bring_back),
            on_window("next-tab", |window| _ = window.imp().tabs.select_next_page()),
            on_window("previous-tab", |window| _ = window.imp().tabs.select_previous_page()),
            on_window("move-tab-left", |window| {
                let tabs = &window.imp().tabs;
                _ = tabs.selected_page().map(|page| tabs.reorder_backward(&page));
            }),
            on_window("move-tab-right", |window| {
                let tabs = &window.imp().tabs;
                _ = tabs.selected_page().map(|page| tabs.reorder_forward(&page));
            }),
            on_window("rename", Self::rename),
            on_window("full-screen", |window| window.set_fullscreened(!window.is_fullscreen())),
            on_window("preferences", |window| preferences::window(window).present()),
            on_window("shortcuts", |window| shortcuts::window(window).present()),
            on_window("search", Self::open_search),
            on_window("split-right", |window| window.split(Way::Right)),
            on_window("split-down", |window| window.split(Way::Down)),
        ]);
        self.add_action_entries([
            on_panes("zoom-pane", Panes::zoom),
            on_panes("pane-left", |panes| panes.go(Towards::Left)),
            on_panes("pane-right", |panes| panes.go(Towards::Right)),
            on_panes("pane-up", |panes| panes.go(Towards::Up)),
            on_panes("pane-down", |panes| panes.go(Towards::Down)),
            on_panes("resize-left", |panes| panes.resize(Towards::Left)),
            on_panes("resize-right", |panes| panes.resize(Towards::Right)),
            on_panes("resize-up", |panes| panes.resize(Towards::Up)),
            on_panes("resize-down", |panes| panes.resize(Towards::Down)),
        ]);
        self.add_action_entries([
            on_view("copy", View::copy),
            on_view("paste", View::paste),
            on_view("zoom-in", |view| view.zoom(Some(1))),
            on_view("zoom-out", |view| view.zoom(Some(-1))),
            on_view("zoom-normal", |view| view.zoom(None)),
            on_view("reset-scroll", View::follow),
            on_view("page-up", |view| view.scroll_pages(-1)),
            on_view("page-down", |view| view.scroll_pages(1)),
            on_view("previous-prompt", View::previous_prompt),
            on_view("next-prompt", View::next_prompt),
            on_view("select-output", View::select_output),
        ]);
    }
}
