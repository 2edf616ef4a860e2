//! The few edits that make one text of rows the next one, so that whoever hears of each edit hears what has happened:
//! rows that went away at one end and came at the other, and the characters between that differ.

use scarab_protocol::grid::{Position, RowIdentity};

/// Which row a line of text shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Screen(RowIdentity),
    History(Position),
    /// A note over the screen.
    Note,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) which: Which,
    pub(super) text: String,
}

/// Takes characters out of a text at a place, and puts others there. Places are counted in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) at: usize,
    pub(super) remove: usize,
    pub(super) insert: String,
}

/// What makes `old` `new`, to be done one after the other.
pub(super) fn edits(old: &[Line], new: &[Line]) -> Vec<Edit> {
    let place = |lines: &[Line], sought: Option<&Line>| {
        let found = sought.and_then(|sought| lines.iter().position(|line| line.which == sought.which));
        found.unwrap_or(0)
    };
    let gone = place(old, new.first());
    let come = if gone == 0 { place(new, old.first()) } else { 0 };
    let (leaving, coming) = (joined(&old[..gone], true), joined(&new[..come], true));
    let (before, after) = (joined(&old[gone..], false), joined(&new[come..], false));
    let moved = Edit { at: 0, remove: leaving.chars().count(), insert: coming };
    let mut changed = difference(&before, &after);
    changed.at += moved.insert.chars().count();
    [moved, changed].into_iter().filter(|edit| edit.remove > 0 || !edit.insert.is_empty()).collect()
}

/// One line of text each; with `more` behind them.
pub(super) fn joined(lines: &[Line], more: bool) -> String {
    let mut text = lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    if more && !lines.is_empty() {
        text.push('\n');
    }
    text
}

/// What differs between the beginning and the end that two texts share.
fn difference(old: &str, new: &str) -> Edit {
    let same = |(one, other): &(char, char)| one == other;
    let start: usize = old.chars().zip(new.chars()).take_while(same).map(|(one, _)| one.len_utf8()).sum();
    let at = old[..start].chars().count();
    let (old, new) = (&old[start..], &new[start..]);
    let rev = old.chars().rev().zip(new.chars().rev());
    let end: usize = rev.take_while(same).map(|(one, _)| one.len_utf8()).sum();
    let remove = old[..old.len() - end].chars().count();
    Edit { at, remove, insert: new[..new.len() - end].to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A screen whose first row has this number.
    fn screen(first: u64, text: &[&str]) -> Vec<Line> {
        let rows = (first..).zip(text);
        rows.map(|(row, text)| Line { which: Which::Screen(RowIdentity(row)), text: (*text).to_owned() })
            .collect()
    }

    /// The edits as they are, once it is seen that they do what they should.
    fn tried(old: &[Line], new: &[Line]) -> Vec<(usize, usize, String)> {
        let mut text: Vec<char> = joined(old, false).chars().collect();
        let edits = edits(old, new);
        for Edit { at, remove, insert } in &edits {
            text.splice(*at..at + remove, insert.chars());
        }
        assert_eq!(text.into_iter().collect::<String>(), joined(new, false));
        edits.into_iter().map(|Edit { at, remove, insert }| (at, remove, insert)).collect()
    }

    #[test]
    fn a_character_that_is_typed_is_one_character() {
        let (old, new) = (screen(0, &["é$ l", ""]), screen(0, &["é$ ll", ""]));
        assert_eq!(tried(&old, &new), [(4, 0, "l".to_owned())]);
        assert_eq!(tried(&new, &old), [(4, 1, String::new())]);
        assert_eq!(tried(&new, &new), []);
    }

    #[test]
    fn output_that_scrolls_is_what_came() {
        let old = screen(7, &["one", "two", "$ l"]);
        let new = screen(9, &["$ ls", "é", "$ "]);
        assert_eq!(tried(&old, &new), [(0, 8, String::new()), (3, 0, "s\né\n$ ".to_owned())]);
    }

    #[test]
    fn going_back_is_what_came_above() {
        let old = screen(7, &["one", "two", "three"]);
        let new = screen(6, &["zero", "one", "two"]);
        assert_eq!(tried(&old, &new), [(0, 0, "zero\n".to_owned()), (12, 6, String::new())]);
    }

    #[test]
    fn another_screen_is_all_new() {
        let (old, new) = (screen(7, &["one", "two"]), screen(100, &["a", "b", "c"]));
        assert_eq!(tried(&old, &new), [(0, 7, "a\nb\nc".to_owned())]);
        assert_eq!(tried(&[], &new), [(0, 0, "a\nb\nc".to_owned())]);
        assert_eq!(tried(&new, &[]), [(0, 5, String::new())]);
    }
}
