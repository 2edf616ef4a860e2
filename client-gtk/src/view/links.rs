//! Links under the pointer: those that programs name (OSC 8), addresses in the text, and files with a line (`files`). With
//! Ctrl they are underlined and a click opens them, if their scheme is one that only shows something.

use super::files::{self, File};
use super::{Told, View};
use crate::translation::gettext_with;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use gtk::{gdk, glib};
use scarab_protocol::grid::{GridError, Lines, Link as NamedLink, WrappedRow};
use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::rc::Rc;

/// So many rows of one line are looked at, above and below: no address is longer.
const MOST_ROWS: usize = 16;

/// Schemes that are opened. Others could run something with a click.
const SCHEMES: [&str; 5] = ["https", "http", "ftp", "ftps", "mailto"];

/// What a click opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Address(String),
    File(File),
}

/// A link that is shown, and where: rows, their first columns, and those behind their last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) target: Target,
    pub(super) cells: Vec<(usize, usize, usize)>,
}

/// The link that is pointed at with Ctrl.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) hovered: RefCell<Option<Link>>,
    /// The pointer has the shape of a hand.
    pointing: Cell<bool>,
}

/// The scheme of an address that may be opened.
fn allowed(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()))
}

/// The text of a line around one of its rows that is shown.
#[derive(Debug, Default)]
struct Line {
    characters: Vec<char>,
    /// Where each stands: the row as it is shown, which may be above the first one; the column and the width.
    places: Vec<(i64, usize, usize)>,
    /// The address that a program gave it.
    addresses: Vec<Option<Rc<str>>>,
}

impl Line {
    fn add(&mut self, at: i64, row: &WrappedRow, links: &[NamedLink]) {
        let links: Vec<Rc<str>> = links.iter().map(|link| Rc::from(link.uri.as_str())).collect();
        let mut col = 0;
        for glyph in &row.glyphs {
            self.characters.push(glyph.text.chars().next().unwrap_or(' '));
            self.places.push((at, col, glyph.width));
            self.addresses.push(glyph.link.and_then(|link| links.get(link as usize).cloned()));
            col += glyph.width;
        }
    }

    /// The character at a cell.
    fn at(&self, row: usize, col: usize) -> Option<usize> {
        let is_there = |(at, from, width): &(i64, usize, usize)| {
            *at == row as i64 && (*from..from + width).contains(&col)
        };
        self.places.iter().position(is_there)
    }

    /// The address that a program gave to a character, with all that belongs to it.
    fn given(&self, at: usize) -> Option<(String, usize, usize)> {
        let uri = self.addresses.get(at)?.clone()?;
        let same = |index: &usize| self.addresses[*index].as_ref() == Some(&uri);
        let from = (0..=at).rev().take_while(same).last()?;
        let to = (at..self.addresses.len()).take_while(same).last()? + 1;
        Some((uri.to_string(), from, to))
    }

    /// The cells of a range of characters that are shown.
    fn cells(&self, from: usize, to: usize) -> Vec<(usize, usize, usize)> {
        let places = &self.places[from..to];
        let rows = places.chunk_by(|(one, ..), (other, ..)| one == other);
        let cells = rows.filter_map(|places| {
            let ((row, first, _), (_, last, width)) = (places.first()?, places.last()?);
            Some((usize::try_from(*row).ok()?, *first, last + width))
        });
        cells.collect()
    }
}

/// The address that is written around a character.
fn written(text: &[char], at: usize) -> Option<(String, usize, usize)> {
    let (from, to) = address(text, at)?;
    let uri: String = text[from..to].iter().collect();
    Some((if uri.starts_with("www.") { format!("https://{uri}") } else { uri }, from, to))
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
        let link = if state.contains(gdk::ModifierType::CONTROL_MASK) {
            let (row, col) = self.cell_at(x, y);
            self.link_at(row, col)
        } else {
            None
        };
        let state = &self.imp().links;
        // A new frame forgets the link, but not that the pointer says so.
        if *state.hovered.borrow() != link || state.pointing.replace(link.is_some()) != link.is_some() {
            self.set_cursor_from_name(Some(if link.is_some() { "pointer" } else { "text" }));
            let shown = link.as_ref().map(|link| match &link.target {
                Target::Address(uri) => uri.clone(),
                Target::File(file) => format!("{}:{}", file.path.display(), file.line),
            });
            self.set_tooltip_text(shown.as_deref());
            state.hovered.replace(link);
            state.pointing.set(state.hovered.borrow().is_some());
            self.queue_draw();
        }
    }

    /// What a click on a cell opens: an address, or a file that is there.
    fn link_at(&self, row: usize, col: usize) -> Option<Link> {
        let line = self.line_around(row)?;
        let at = line.at(row, col)?;
        if let Some((uri, from, to)) = line.given(at).or_else(|| written(&line.characters, at)) {
            let target = Target::Address(uri);
            return matches!(&target, Target::Address(uri) if allowed(uri))
                .then(|| Link { target, cells: line.cells(from, to) });
        }
        let (from, to, path, number, column) = files::named(&line.characters, at)?;
        let target = Target::File(self.file(&path, number, column)?);
        Some(Link { target, cells: line.cells(from, to) })
    }

    /// The line that a row belongs to, as far as it is wrapped around it.
    fn line_around(&self, row: usize) -> Option<Line> {
        let history = self.history_rows();
        let frame = self.imp().frame.borrow().clone();
        let position = *Self::positions(&frame, history.as_deref()).get(row)?;
        let cols = frame.head().cols;
        let mut lines = Lines::new(frame, cols);
        self.with_memory(|memory| -> Result<Line, GridError> {
            let (mut begin, mut above) = (position, 0);
            while let Some(before) = lines.before(memory, begin)?.filter(|_| above < MOST_ROWS) {
                if !lines.row(memory, before)?.is_some_and(|(row, _)| row.wrapped) {
                    break;
                }
                (begin, above) = (before, above + 1);
            }
            let mut line = Line::default();
            let mut next = Some(begin);
            for at in 0..above + MOST_ROWS {
                let Some(position) = next else { break };
                let Some((wrapped, links)) = lines.row(memory, position)? else { break };
                line.add(row as i64 + at as i64 - above as i64, wrapped, links);
                if !wrapped.wrapped {
                    break;
                }
                next = lines.after(memory, position)?;
            }
            Ok(line)
        })
        .and_then(Result::ok)
    }

    /// Opens the link that is pointed at; false where there is none.
    pub(super) fn open_link(&self) -> bool {
        let Some(link) = self.imp().links.hovered.borrow().clone() else { return false };
        let uri = match link.target {
            Target::Address(uri) => uri,
            Target::File(file) => {
                self.edit(&file);
                return true;
            }
        };
        let window = self.root().and_downcast::<gtk::Window>();
        let view = self.downgrade();
        glib::spawn_future_local(async move {
            let opened = gtk::show_uri_full_future(window.as_ref(), &uri, gdk::CURRENT_TIME).await;
            if let (Err(error), Some(view)) = (opened, view.upgrade()) {
                let values: &[(&str, &dyn Display)] = &[("address", &uri), ("error", &error)];
                view.tell(Told::Says(gettext_with("{address} cannot be opened: {error}", values)));
            }
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scarab_protocol::grid::Glyph;

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
    fn a_link_goes_on_in_the_next_row() {
        let glyph = |character: char, link| Glyph {
            text: character.to_string().into(),
            width: 1,
            style: Default::default(),
            link,
        };
        let row = |text: &str, link, wrapped| WrappedRow {
            glyphs: text.chars().map(|character| glyph(character, link)).collect(),
            wrapped,
        };
        let mut line = Line::default();
        line.add(-1, &row("see http", None, true), &[]);
        line.add(0, &row("s://x/y z", None, false), &[]);
        let at = line.at(0, 2).expect("a character");
        let (uri, from, to) = written(&line.characters, at).expect("an address");
        assert_eq!((uri.as_str(), line.cells(from, to)), ("https://x/y", vec![(0, 0, 7)]));
        let named = NamedLink { id: String::new(), uri: "mailto:a@b".to_owned() };
        let mut line = Line::default();
        line.add(3, &row("ab", Some(0), true), std::slice::from_ref(&named));
        line.add(4, &row("c", Some(0), false), std::slice::from_ref(&named));
        let (uri, from, to) = line.given(2).expect("an address");
        assert_eq!((uri.as_str(), line.cells(from, to)), ("mailto:a@b", vec![(3, 0, 2), (4, 0, 1)]));
    }

    #[test]
    fn only_schemes_that_show_something_are_opened() {
        assert!(allowed("HTTPS://example.org") && allowed("mailto:a@b"));
        assert!(!allowed("javascript:alert(1)") && !allowed("x-run:rm") && !allowed("no address"));
    }
}
