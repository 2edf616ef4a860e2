//! Every action with its keys, and the window that shows them.

use crate::window::Window;
use gtk::prelude::*;

/// An action, what it does in a few words, and the keys it has.
pub struct Shortcut {
    pub action: &'static str,
    pub title: &'static str,
    pub keys: &'static [&'static str],
}

const fn shortcut(action: &'static str, title: &'static str, keys: &'static [&'static str]) -> Shortcut {
    Shortcut { action, title, keys }
}

/// The view's own action: the context menu.
pub const MENU: &str = "term.menu";

/// As people know them from GNOME Terminal.
pub const SHORTCUTS: [Shortcut; 19] = [
    shortcut("app.new-window", "New window", &["<Ctrl><Shift>n"]),
    shortcut("app.quit", "Close all windows", &["<Ctrl><Shift>q"]),
    shortcut("win.new-tab", "New tab", &["<Ctrl><Shift>t"]),
    shortcut("win.close-tab", "Close the tab; its session goes on", &["<Ctrl><Shift>w"]),
    shortcut("win.next-tab", "Next tab", &["<Ctrl>Page_Down"]),
    shortcut("win.previous-tab", "Previous tab", &["<Ctrl>Page_Up"]),
    shortcut("win.sessions", "All sessions", &["<Ctrl><Shift>s"]),
    shortcut("win.search", "Search", &["<Ctrl><Shift>f"]),
    shortcut("win.copy", "Copy", &["<Ctrl><Shift>c"]),
    shortcut("win.paste", "Paste", &["<Ctrl><Shift>v"]),
    // These keys are the view's, which has them only while it has the focus; see its `keyboard`.
    shortcut(MENU, "Menu", &["Menu", "<Shift>F10"]),
    shortcut("win.page-up", "A page up", &["<Shift>Page_Up"]),
    shortcut("win.page-down", "A page down", &["<Shift>Page_Down"]),
    shortcut("win.reset-scroll", "Back to the end", &["<Shift>End"]),
    shortcut("win.zoom-in", "Larger", &["<Ctrl>plus", "<Ctrl>equal", "<Ctrl>KP_Add"]),
    shortcut("win.zoom-out", "Smaller", &["<Ctrl>minus", "<Ctrl>KP_Subtract"]),
    shortcut("win.zoom-normal", "Normal size", &["<Ctrl>0", "<Ctrl>KP_0"]),
    shortcut("win.full-screen", "Full screen", &["F11"]),
    shortcut("win.shortcuts", "These shortcuts", &["<Ctrl>question", "<Ctrl><Shift>F1"]),
];

/// The actions of windows and of the application by the names they have in a view: `term.copy` is `win.copy`.
pub fn named() -> impl Iterator<Item = (String, &'static str)> {
    let theirs = SHORTCUTS.iter().map(|shortcut| shortcut.action).filter(|action| *action != MENU);
    theirs.map(|action| {
        let name = action.split_once('.').map_or(action, |(_, name)| name);
        (format!("term.{name}"), action)
    })
}

/// The window that lists them.
pub fn window(parent: &Window) -> gtk::ShortcutsWindow {
    let group = gtk::ShortcutsGroup::builder().title("Scarab").build();
    for Shortcut { title, keys, .. } in &SHORTCUTS {
        let shown = gtk::ShortcutsShortcut::builder().title(*title).accelerator(keys.join(" ")).build();
        group.append(&shown);
    }
    let section = gtk::ShortcutsSection::builder().section_name("all").max_height(12).build();
    section.append(&group);
    let window = gtk::ShortcutsWindow::builder().transient_for(parent).modal(true).build();
    window.set_child(Some(&section));
    section.set_visible(true);
    window
}
