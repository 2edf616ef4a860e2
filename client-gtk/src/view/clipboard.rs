//! Copy and paste, and what of a paste a person is asked about first.

use super::{Told, View};
use crate::translation::{gettext, gettext_with, ngettext};
use adw::prelude::*;
use gtk::glib;
use gtk::subclass::prelude::*;
use scarab_protocol::grid::modes::Modes;
use scarab_protocol::message::event::{ClipboardRead, ClipboardSet};
use scarab_protocol::message::input::ClipboardAnswer;

/// Lines of a paste that are shown before it is agreed to.
const SHOWN_LINES: usize = 8;

/// And characters of each.
const SHOWN_CHARACTERS: usize = 200;

/// What may be pasted: control characters but for tabs and line ends are keys, not text.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars().filter(|character| matches!(character, '\t' | '\n') || !character.is_control()).collect()
}

/// As much of a text as fits into a question.
fn shown(text: &str) -> String {
    let cut = |line: &str| line.chars().take(SHOWN_CHARACTERS).collect::<String>();
    let mut shown: String = text.lines().take(SHOWN_LINES).map(cut).collect::<Vec<_>>().join("\n");
    if text.lines().count() > SHOWN_LINES {
        shown.push_str("\n…");
    }
    shown
}

/// Whether a program that does not know a paste from typing would execute something of it.
fn is_dangerous(text: &str, bracketed: bool) -> bool {
    !bracketed && text.trim_end_matches(' ').contains('\n')
}

impl View {
    /// Copies what is selected.
    pub fn copy(&self) {
        let text = self.selected_text();
        if !text.is_empty() {
            self.clipboard().set_text(&text);
        }
    }

    /// What was selected can be pasted by the middle button everywhere.
    pub(super) fn copy_to_primary(&self) {
        let text = self.selected_text();
        if !text.is_empty() {
            self.primary_clipboard().set_text(&text);
        }
    }

    /// A program copies (OSC 52), as it may.
    pub(super) fn program_copies(&self, event: &ClipboardSet) {
        let text = String::from_utf8_lossy(&event.data).replace('\0', "");
        if event.selection.contains('p') {
            self.primary_clipboard().set_text(&text);
        } else {
            self.clipboard().set_text(&text);
        }
    }

    /// A program wants to copy, and the configuration says that its person is asked.
    pub(super) fn ask_to_copy(&self, event: ClipboardSet) {
        let text = String::from_utf8_lossy(&event.data);
        let dialog = self.question(
            &gettext("Let the program change the clipboard?"),
            &shown(&text),
            &gettext("Allow"),
        );
        dialog.connect_response(
            Some("yes"),
            glib::clone!(
                #[weak(rename_to = view)]
                self,
                move |_, _| view.program_copies(&event)
            ),
        );
        dialog.present();
    }

    /// A program wants to read the clipboard (OSC 52): what is in there may be a password.
    pub(super) fn ask_to_read(&self, event: ClipboardRead) {
        let clipboard =
            if event.selection.contains('p') { self.primary_clipboard() } else { self.clipboard() };
        let dialog = self.question(&gettext("Let the program read the clipboard?"), "", &gettext("Allow"));
        dialog.connect_response(
            None,
            glib::clone!(
                #[weak(rename_to = view)]
                self,
                move |_, response| {
                    let number = event.number;
                    if response != "yes" {
                        return view.send(ClipboardAnswer { number, data: None });
                    }
                    let clipboard = clipboard.clone();
                    glib::spawn_future_local(async move {
                        let text = clipboard.read_text_future().await.ok().flatten();
                        let data = text.map(|text| text.as_bytes().to_vec());
                        view.send(ClipboardAnswer { number, data });
                    });
                }
            ),
        );
        dialog.present();
    }

    /// A question with a way out that is the default; the answer that goes on is called `yes`.
    fn question(&self, heading: &str, body: &str, answer: &str) -> adw::MessageDialog {
        let root = self.root().and_downcast::<gtk::Window>();
        let dialog = adw::MessageDialog::new(root.as_ref(), Some(heading), Some(body));
        dialog.add_responses(&[("no", &gettext("Cancel")), ("yes", answer)]);
        dialog.set_response_appearance("yes", adw::ResponseAppearance::Destructive);
        dialog.set_default_response(Some("no"));
        dialog.set_close_response("no");
        dialog
    }

    /// Pastes the clipboard.
    pub fn paste(&self) {
        self.paste_from(self.clipboard());
    }

    pub(super) fn paste_primary(&self) {
        self.paste_from(self.primary_clipboard());
    }

    fn paste_from(&self, clipboard: gtk::gdk::Clipboard) {
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = view)]
            self,
            async move {
                match clipboard.read_text_future().await {
                    Ok(Some(text)) => view.paste_text(&text),
                    Ok(None) => {}
                    Err(error) => {
                        let said = gettext_with("Nothing can be pasted: {error}", &[("error", &error)]);
                        view.tell(Told::Says(said));
                    }
                }
            }
        ));
    }

    pub(super) fn paste_text(&self, text: &str) {
        let text = clean(text);
        let bracketed = Modes::new(self.imp().frame.borrow().head().modes).bracketed_paste();
        if is_dangerous(&text, bracketed) {
            self.ask_and_paste(text);
        } else if !text.is_empty() {
            self.follow();
            self.send_paste(text);
        }
    }

    /// Asks before lines are typed that would be executed at once.
    fn ask_and_paste(&self, text: String) {
        let count = text.lines().count();
        let heading = ngettext("Paste a line and run it?", "Paste {count} lines?", count);
        let dialog = self.question(&heading, &shown(&text), &gettext("Paste"));
        dialog.connect_response(
            Some("yes"),
            glib::clone!(
                #[weak(rename_to = view)]
                self,
                move |_, _| {
                    view.follow();
                    view.send_paste(text.clone());
                }
            ),
        );
        dialog.present();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_pasted() {
        assert_eq!(clean("a\x1b[201~b\x03\r\n\tc\u{9b}d"), "a[201~b\n\tcd");
    }

    #[test]
    fn a_line_that_would_run_is_asked_about() {
        assert!(is_dangerous("rm -r x\n", false) && is_dangerous("a\nb", false));
        assert!(!is_dangerous("rm -r x", false) && !is_dangerous("a\nb", true));
    }
}
