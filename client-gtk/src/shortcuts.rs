//! Every action with its keys, and the window that shows them.

use crate::settings;
use crate::translation::{gettext, marked};
use crate::window::Window;
use gtk::prelude::*;

/// An action, what it does in a few words, and the keys it has. The words are translated where they are shown.
pub struct Shortcut {
    pub action: &'static str,
    pub title: &'static str,
    keys: &'static [&'static str],
}

/// `packaging/translations` knows that the second one is a text.
const fn shortcut(action: &'static str, title: &'static str, keys: &'static [&'static str]) -> Shortcut {
    Shortcut { action, title, keys }
}

/// The view's own action: the context menu.
pub const MENU: &str = "term.menu";

/// Those of a group, as people know them from GNOME Terminal.
type Group = (&'static str, &'static [Shortcut]);

const GROUPS: [Group; 5] = [
    (
        marked("Windows and tabs"),
        &[
            shortcut("app.new-window", "New window", &["<Ctrl><Shift>n"]),
            shortcut("win.new-tab", "New tab", &["<Ctrl><Shift>t"]),
            shortcut("win.close-tab", "Close the tab; its sessions go on", &["<Ctrl><Shift>w"]),
            shortcut("win.bring-back", "Bring back what was closed", &["<Ctrl><Shift>z"]),
            shortcut("win.next-tab", "Next tab", &["<Ctrl>Page_Down"]),
            shortcut("win.previous-tab", "Previous tab", &["<Ctrl>Page_Up"]),
            shortcut("win.move-tab-left", "Move the tab to the left", &["<Ctrl><Shift>Page_Up"]),
            shortcut("win.move-tab-right", "Move the tab to the right", &["<Ctrl><Shift>Page_Down"]),
            shortcut("win.full-screen", "Full screen", &["F11"]),
            shortcut("app.quit", "Close all windows", &["<Ctrl><Shift>q"]),
        ],
    ),
    (
        marked("Panes"),
        &[
            shortcut("win.split-right", "Split to the right", &["<Ctrl><Shift>o"]),
            shortcut("win.split-down", "Split downwards", &["<Ctrl><Shift>e"]),
            shortcut("win.zoom-pane", "One pane alone, and back", &["<Ctrl><Shift>x"]),
            shortcut("win.pane-left", "To the left", &["<Alt><Shift>Left"]),
            shortcut("win.pane-right", "To the right", &["<Alt><Shift>Right"]),
            shortcut("win.pane-up", "Upwards", &["<Alt><Shift>Up"]),
            shortcut("win.pane-down", "Downwards", &["<Alt><Shift>Down"]),
            shortcut("win.resize-left", "Border to the left", &["<Ctrl><Alt><Shift>Left"]),
            shortcut("win.resize-right", "Border to the right", &["<Ctrl><Alt><Shift>Right"]),
            shortcut("win.resize-up", "Border upwards", &["<Ctrl><Alt><Shift>Up"]),
            shortcut("win.resize-down", "Border downwards", &["<Ctrl><Alt><Shift>Down"]),
        ],
    ),
    (
        marked("Text"),
        &[
            shortcut("win.copy", "Copy", &["<Ctrl><Shift>c"]),
            shortcut("win.paste", "Paste", &["<Ctrl><Shift>v"]),
            // These keys are the view's, which has them only while it has the focus; see its `keyboard`.
            shortcut(MENU, "Menu", &["Menu", "<Shift>F10"]),
            shortcut("win.search", "Search", &["<Ctrl><Shift>f"]),
            shortcut("win.page-up", "A page up", &["<Shift>Page_Up"]),
            shortcut("win.page-down", "A page down", &["<Shift>Page_Down"]),
            shortcut("win.reset-scroll", "Back to the end", &["<Shift>End"]),
            shortcut("win.previous-prompt", "To the prompt before", &["<Ctrl><Shift>Up"]),
            shortcut("win.next-prompt", "To the next prompt", &["<Ctrl><Shift>Down"]),
            shortcut("win.select-output", "Select what a command wrote", &["<Ctrl><Shift>l"]),
        ],
    ),
    (
        marked("Look"),
        &[
            shortcut("win.zoom-in", "Larger", &["<Ctrl>plus", "<Ctrl>equal", "<Ctrl>KP_Add"]),
            shortcut("win.zoom-out", "Smaller", &["<Ctrl>minus", "<Ctrl>KP_Subtract"]),
            shortcut("win.zoom-normal", "Normal size", &["<Ctrl>0", "<Ctrl>KP_0"]),
            shortcut("win.preferences", "Preferences", &["<Ctrl>comma"]),
        ],
    ),
    (
        marked("Sessions"),
        &[
            shortcut("win.sessions", "All sessions", &["<Ctrl><Shift>s"]),
            shortcut("win.rename", "Rename the session", &["<Ctrl><Shift>r"]),
            shortcut("win.shortcuts", "These shortcuts", &["<Ctrl>question", "<Ctrl><Shift>F1"]),
        ],
    ),
];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Shortcut> {
    GROUPS.iter().flat_map(|(_, group)| group.iter())
}

impl Shortcut {
    /// Its name in the configuration's table `shortcuts`.
    fn name(&self) -> &'static str {
        self.action.split_once('.').map_or(self.action, |(_, name)| name)
    }

    /// A person's keys, or the usual ones.
    fn keys(&self) -> Vec<String> {
        let own = settings::current().shortcuts.get(self.name()).cloned();
        let mut keys = own.unwrap_or_else(|| self.keys.iter().map(|key| (*key).to_owned()).collect());
        keys.retain(|key| gtk::accelerator_parse(key).is_some());
        keys
    }
}

/// Gives every action its keys.
pub fn bind(application: &impl IsA<gtk::Application>) {
    for shortcut in all().filter(|shortcut| shortcut.action != MENU) {
        let keys = shortcut.keys();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        application.set_accels_for_action(shortcut.action, &keys);
    }
}

/// The actions of windows and of the application by the names they have in a view: `term.copy` is `win.copy`.
pub fn named() -> impl Iterator<Item = (String, &'static str)> {
    let theirs = all().filter(|shortcut| shortcut.action != MENU);
    theirs.map(|shortcut| (format!("term.{}", shortcut.name()), shortcut.action))
}

/// The window that lists them.
pub fn window(parent: &Window) -> gtk::ShortcutsWindow {
    let section = gtk::ShortcutsSection::builder().section_name("all").max_height(14).build();
    for (title, shortcuts) in &GROUPS {
        let group = gtk::ShortcutsGroup::builder().title(gettext(title)).build();
        for shortcut in *shortcuts {
            let keys = shortcut.keys().join(" ");
            let shown =
                gtk::ShortcutsShortcut::builder().title(gettext(shortcut.title)).accelerator(keys).build();
            group.append(&shown);
        }
        section.append(&group);
    }
    let window = gtk::ShortcutsWindow::builder().transient_for(parent).modal(true).build();
    window.set_child(Some(&section));
    section.set_visible(true);
    window
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_key_has_two_meanings_and_no_action_two_places() {
        let keys: Vec<&str> = all().flat_map(|shortcut| shortcut.keys.iter().copied()).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
        let names: Vec<&str> = all().map(Shortcut::name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
