//! Links under the pointer: those that programs name (OSC 8) and addresses in the text. With Ctrl they are underlined and
//! a click opens them, if their scheme is one that only shows something.

use super::{Told, View};
use crate::translation::gettext_with;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use gtk::{gdk, glib};
use scarab_protocol::grid::{Content, Frame, FrameRow};
use std::cell::RefCell;
use std::fmt::Display;

/// Schemes that are opened. Others could run something with a click.
const SCHEMES: [&str; 5] = ["https", "http", "ftp", "ftps", "mailto"];

/// A link on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) uri: String,
    pub(super) row: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// The link that is pointed at with Ctrl.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) hovered: RefCell<Option<Link>>,
}

/// The scheme of an address that may be opened.
fn allowed(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()))
}

/// The link at a cell.
fn at(frame: &Frame, row: usize, col: usize) -> Option<Link> {
    let shown = frame.rows().get(row)?;
    let link_of = |col: usize| frame.style(shown.cells.get(col)?.style()).link;
    if let Some(link) = link_of(col) {
        let from = (0..=col).rev().take_while(|col| link_of(*col) == Some(link)).last()?;
        let to = (col..shown.cells.len()).take_while(|col| link_of(*col) == Some(link)).last()? + 1;
        return Some(Link { uri: frame.link(link)?.uri.clone(), row, from, to });
    }
    let (text, starts) = text_of(frame, shown);
    let (from, to) = address(&text, starts.iter().position(|start| *start == col)?)?;
    let uri: String = text[from..to].iter().collect();
    let uri = if uri.starts_with("www.") { format!("https://{uri}") } else { uri };
    Some(Link { uri, row, from: starts[from], to: starts.get(to).copied().unwrap_or(shown.cells.len()) })
}

/// The characters of a row, and the column of each.
fn text_of(frame: &Frame, row: &FrameRow) -> (Vec<char>, Vec<usize>) {
    let characters = row.cells.iter().enumerate().filter_map(|(col, cell)| match cell.content() {
        Content::Blank => Some((' ', col)),
        Content::Char(character) => Some((character, col)),
        Content::Cluster(number) => Some((frame.cluster(number).chars().next().unwrap_or(' '), col)),
        Content::Spacer => None,
    });
    characters.unzip()
}

/// The address that a character belongs to, as a range of characters.
fn address(text: &[char], at: usize) -> Option<(usize, usize)> {
    let part = |character: &char| !character.is_whitespace() && !"<>\"'`{}|\\^".contains(*character);
    if !part(text.get(at)?) {
        return None;
    }
    let mut from = text[..at].iter().rposition(|character| !part(character)).map_or(0, |before| before + 1);
    let mut to = text[at..].iter().position(|character| !part(character)).map_or(text.len(), |end| at + end);
    let word: String = text[from..to].iter().collect();
    // It begins at its scheme, whatever stands before that.
    let begin = SCHEMES
        .iter()
        .filter_map(|scheme| word.find(&format!("{scheme}:")))
        .chain(word.find("www."))
        .min()?;
    from += word[..begin].chars().count();
    // What closes a sentence or a bracket around it is not part of it.
    while let Some(last) = text[from..to].last()
        && (".,;:!?".contains(*last) || closes(&text[from..to], *last))
    {
        to -= 1;
    }
    (from..to).contains(&at).then_some((from, to))
}

/// A closing bracket that nothing in the address opens.
fn closes(text: &[char], last: char) -> bool {
    let open = match last {
        ')' => '(',
        ']' => '[',
        _ => return false,
    };
    let count = |wanted: char| text.iter().filter(|character| **character == wanted).count();
    count(last) > count(open)
}

impl View {
    /// The pointer is there, with Ctrl or not.
    pub(super) fn point_at(&self, state: gdk::ModifierType, x: f64, y: f64) {
        let link = if state.contains(gdk::ModifierType::CONTROL_MASK) && self.top_line().is_none() {
            let (row, col) = self.cell_at(x, y);
            at(&self.imp().frame.borrow(), row, col).filter(|link| allowed(&link.uri))
        } else {
            None
        };
        if *self.imp().links.hovered.borrow() != link {
            self.set_cursor_from_name(Some(if link.is_some() { "pointer" } else { "text" }));
            self.set_tooltip_text(link.as_ref().map(|link| link.uri.as_str()));
            self.imp().links.hovered.replace(link);
            self.queue_draw();
        }
    }

    /// Opens the link that is pointed at; false where there is none.
    pub(super) fn open_link(&self) -> bool {
        let Some(link) = self.imp().links.hovered.borrow().clone() else { return false };
        let window = self.root().and_downcast::<gtk::Window>();
        let view = self.downgrade();
        glib::spawn_future_local(async move {
            let opened = gtk::show_uri_full_future(window.as_ref(), &link.uri, gdk::CURRENT_TIME).await;
            if let (Err(error), Some(view)) = (opened, view.upgrade()) {
                let values: &[(&str, &dyn Display)] = &[("address", &link.uri), ("error", &error)];
                view.tell(Told::Says(gettext_with("{address} cannot be opened: {error}", values)));
            }
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, at: usize) -> Option<String> {
        let text: Vec<char> = text.chars().collect();
        address(&text, at).map(|(from, to)| text[from..to].iter().collect())
    }

    #[test]
    fn an_address_ends_where_a_person_would_say() {
        let text = "see (https://example.org/a_(b)), or www.example.org.";
        assert_eq!(found(text, 8).as_deref(), Some("https://example.org/a_(b)"));
        assert_eq!(found(text, 40).as_deref(), Some("www.example.org"));
        assert_eq!(found(text, 0), None);
        assert_eq!(found("url=http://x/y;", 6).as_deref(), Some("http://x/y"));
        assert_eq!(found("url=http://x/y;", 1), None, "before its scheme");
    }

    #[test]
    fn only_schemes_that_show_something_are_opened() {
        assert!(allowed("HTTPS://example.org") && allowed("mailto:a@b"));
        assert!(!allowed("javascript:alert(1)") && !allowed("x-run:rm") && !allowed("no address"));
    }
}
