//! What is dragged here: files as their paths, quoted for a shell, and text; both as if they were pasted.

use super::View;
use gtk::prelude::*;
use gtk::{gdk, glib};
use std::path::PathBuf;

/// Paths on one line, each as a shell reads it back.
fn quoted(paths: &[PathBuf]) -> String {
    let quote = |path: &PathBuf| glib::shell_quote(path).to_string_lossy().into_owned();
    paths.iter().map(quote).collect::<Vec<_>>().join(" ")
}

impl View {
    pub(super) fn take_drops(&self) {
        let target = gtk::DropTarget::new(glib::Type::INVALID, gdk::DragAction::COPY);
        target.set_types(&[gdk::FileList::static_type(), glib::Type::STRING]);
        target.connect_drop(glib::clone!(
            #[weak(rename_to = view)]
            self,
            #[upgrade_or]
            false,
            move |_, value, _, _| view.dropped(value)
        ));
        self.add_controller(target);
    }

    fn dropped(&self, value: &glib::Value) -> bool {
        let text = match value.get::<gdk::FileList>() {
            // What is no file of this machine has no path that a program could open.
            Ok(files) => quoted(&files.files().iter().filter_map(FileExt::path).collect::<Vec<_>>()),
            Err(_) => value.get::<String>().unwrap_or_default(),
        };
        self.focus();
        self.paste_text(&text);
        !text.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_whatever_is_in_it() {
        let paths = ["/tmp/a b", "/tmp/it's", "/tmp/$(x)\n"].map(PathBuf::from);
        let words = glib::shell_parse_argv(quoted(&paths)).expect("a shell reads it");
        let words: Vec<PathBuf> = words.into_iter().map(PathBuf::from).collect();
        assert_eq!(words, paths);
    }
}
