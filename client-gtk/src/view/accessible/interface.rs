//! A view as the text that it shows, by the interface that GTK has for it from 4.14 on (`GtkAccessibleText`). Places are
//! counted in characters.

use crate::view::{View, edits::Edit, imp};
use gtk::glib;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use gtk::{AccessibleTextContentChange as Change, AccessibleTextGranularity as Granularity};
use std::cell::{Cell, RefCell};
use std::ops::Range;

pub(super) const ROLE: gtk::AccessibleRole = gtk::AccessibleRole::Terminal;
pub(super) type Interfaces = (gtk::AccessibleText,);

/// What has been told. GTK reads it while it hears of a change, so nothing of it is borrowed then.
#[derive(Debug, Default)]
pub(super) struct Text {
    characters: RefCell<Vec<char>>,
    caret: Cell<usize>,
}

impl Text {
    pub(super) fn of(_: &View) -> Self {
        Self::default()
    }

    /// The view has its place already.
    pub(super) fn place(&self, _: i32, _: i32) {}

    /// One edit after the other, then the cursor. What goes is told before, what comes is told after it.
    pub(super) fn change(&self, view: &View, edits: &[Edit], caret: usize) {
        let Some(told) = view.dynamic_cast_ref::<gtk::AccessibleText>() else { return };
        for Edit { at, remove, insert } in edits {
            let length = self.characters.borrow().len();
            let (from, to) = ((*at).min(length), at.saturating_add(*remove).min(length));
            if from < to {
                told.update_contents(Change::Remove, number(from), number(to));
                self.characters.borrow_mut().drain(from..to);
            }
            if !insert.is_empty() {
                self.characters.borrow_mut().splice(from..from, insert.chars());
                told.update_contents(Change::Insert, number(from), number(from + insert.chars().count()));
            }
        }
        if self.caret.replace(caret) != caret {
            told.update_caret_position();
        }
    }

    pub(super) fn end(&self) {}
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// As GTK takes it: UTF-8, and whatever its own readers expect of C, a NUL behind it that does not count.
fn bytes(characters: &[char]) -> glib::Bytes {
    let mut text: String = characters.iter().collect();
    let length = text.len();
    text.push('\0');
    glib::Bytes::from_bytes(&glib::Bytes::from_owned(text), 0..length)
}

/// What is around a place, in the steps in which a person reads: a character; a word with the blanks behind it; or, as a
/// screen has nothing longer, a row with its end.
fn around(characters: &[char], offset: usize, granularity: Granularity) -> Range<usize> {
    let end = characters.len();
    let at = offset.min(end);
    let blank = |character: &char| character.is_whitespace();
    let word = |character: &char| !character.is_whitespace();
    let newline = |character: &char| *character == '\n';
    let behind = |until: usize, what: &dyn Fn(&char) -> bool| {
        characters[..until].iter().rposition(what).map_or(0, |place| place + 1)
    };
    let next = |from: usize, what: &dyn Fn(&char) -> bool| {
        characters[from..].iter().position(what).map_or(end, |place| from + place)
    };
    match granularity {
        Granularity::Character => at..(at + 1).min(end),
        Granularity::Word => {
            let in_blanks = characters.get(at).is_some_and(blank);
            let in_word = if in_blanks { behind(at, &word) } else { at };
            behind(in_word, &blank)..next(next(at, &blank), &word)
        }
        _ => behind(at, &newline)..(next(at, &newline) + 1).min(end),
    }
}

impl AccessibleTextImpl for imp::View {
    fn contents(&self, start: u32, end: u32) -> Option<glib::Bytes> {
        let text = self.obj().told_text();
        let characters = text.as_ref().map(|text| text.characters.borrow());
        let characters: &[char] = characters.as_ref().map_or(&[], |characters| characters);
        let place = |place: u32| usize::try_from(place).unwrap_or(usize::MAX).min(characters.len());
        let (start, end) = (place(start), place(end));
        Some(bytes(&characters[start.min(end)..end]))
    }

    fn contents_at(&self, offset: u32, granularity: Granularity) -> Option<(u32, u32, glib::Bytes)> {
        let text = self.obj().told_text()?;
        let characters = text.characters.borrow();
        let found = around(&characters, usize::try_from(offset).ok()?, granularity);
        Some((number(found.start), number(found.end), bytes(&characters[found])))
    }

    fn caret_position(&self) -> u32 {
        self.obj().told_text().map_or(0, |text| number(text.caret.get()))
    }

    fn selection(&self) -> Vec<gtk::AccessibleTextRange> {
        Vec::new()
    }

    fn attributes(&self, _: u32) -> Vec<(gtk::AccessibleTextRange, glib::GString, glib::GString)> {
        Vec::new()
    }

    fn default_attributes(&self) -> Vec<(glib::GString, glib::GString)> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, offset: usize, granularity: Granularity) -> String {
        let characters: Vec<char> = text.chars().collect();
        characters[around(&characters, offset, granularity)].iter().collect()
    }

    #[test]
    fn a_step_has_what_is_around_it() {
        let text = "$ ls  -l é\nnext\n";
        assert_eq!(found(text, 9, Granularity::Character), "é");
        assert_eq!(found(text, 3, Granularity::Word), "ls  ");
        assert_eq!(found(text, 9, Granularity::Word), "é\n");
        assert_eq!(found(text, 3, Granularity::Line), "$ ls  -l é\n");
        assert_eq!(found(text, 12, Granularity::Line), "next\n");
        for granularity in [Granularity::Character, Granularity::Word, Granularity::Line] {
            assert_eq!(found(text, 400, granularity), "", "{granularity:?} behind the end");
            assert_eq!(found("", 0, granularity), "");
        }
    }

    #[test]
    fn a_step_over_blanks_belongs_to_the_word_before() {
        assert_eq!(found("ls  -l", 3, Granularity::Word), "ls  ");
        assert_eq!(found("ls  -l", 4, Granularity::Word), "-l");
    }
}
