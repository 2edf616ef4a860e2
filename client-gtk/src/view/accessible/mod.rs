//! What assistive technologies see of a view: what is shown, and where the cursor is. It is told only while such a
//! technology is on, and no oftener than somebody can hear. How depends on the GTK that this is built for.
//!
//! | module | what is in it |
//! | --- | --- |
//! | `interface` | the view as a text, from GTK 4.14 on |
//! | `mirror` | before: a widget of GTK's own that holds the text |

#[cfg(feature = "v4_14")]
mod interface;
#[cfg(not(feature = "v4_14"))]
mod mirror;

#[cfg(feature = "v4_14")]
use interface as told;
#[cfg(not(feature = "v4_14"))]
use mirror as told;

use super::View;
use super::edits::{Line, Which, edits, joined};
use crate::assistive::Assistive;
use crate::draw::row::{self, Spot, Text};
use crate::translation::{gettext, marked};
use gtk::accessible::Property;
use gtk::glib;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use scarab_protocol::grid::{Attributes, Frame};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Between two changes of what is told: ten a second are more than is read out, and output may come much faster.
const PAUSE: Duration = Duration::from_millis(100);
/// What a view is, where GTK has no role for it.
const WHAT: &str = marked("Terminal");
/// What a view is, for GTK.
pub(super) const ROLE: gtk::AccessibleRole = told::ROLE;
/// What a view is beside a widget.
pub(super) type Interfaces = told::Interfaces;

/// The text for assistive technologies.
#[derive(Debug, Default)]
pub(super) struct State {
    told: RefCell<Option<Told>>,
    /// The change that is waited for.
    due: RefCell<Option<glib::SourceId>>,
    changed: Cell<Option<Instant>>,
}

#[derive(Debug)]
struct Told {
    /// Shared: GTK asks for it while it hears of a change.
    text: Rc<told::Text>,
    lines: Vec<Line>,
}

impl View {
    /// Says what it is, and follows whether somebody listens.
    pub(super) fn take_listeners(&self) {
        let what = gettext(WHAT);
        self.update_property(&[Property::Label(&what), Property::Description(&what)]);
        let assistive = Assistive::default();
        let on = glib::closure_local!(
            #[watch(rename_to = view)]
            self,
            move |assistive: Assistive, _: glib::ParamSpec| view.set_told(assistive.on())
        );
        assistive.connect_closure("notify::on", false, on);
        self.set_told(assistive.on());
    }

    fn set_told(&self, tell: bool) {
        let state = &self.imp().accessible;
        if state.told.borrow().is_some() == tell {
            return;
        }
        if tell {
            let text = Rc::new(told::Text::of(self));
            state.told.replace(Some(Told { text, lines: Vec::new() }));
            self.say_title();
            self.queue_draw();
        } else {
            if let Some(due) = state.due.take() {
                due.remove();
            }
            if let Some(told) = state.told.take() {
                told.text.end();
            }
            self.update_property(&[Property::Label(&gettext(WHAT))]);
        }
    }

    /// The view's name is what its session shows.
    pub(super) fn say_title(&self) {
        let title = self.imp().title.borrow();
        if self.imp().accessible.told.borrow().is_some() && !title.is_empty() {
            self.update_property(&[Property::Label(&title)]);
        }
    }

    /// The text that is told, if somebody listens.
    fn told_text(&self) -> Option<Rc<told::Text>> {
        self.imp().accessible.told.borrow().as_ref().map(|told| told.text.clone())
    }

    /// What holds the text is as large as the view.
    pub(super) fn place_text(&self, width: i32, height: i32) {
        if let Some(text) = self.told_text() {
            text.place(width, height);
        }
    }

    /// Something was drawn: it is told when GTK is done with that, and when the pause is over.
    pub(super) fn tell_later(&self) {
        let state = &self.imp().accessible;
        if state.told.borrow().is_none() || state.due.borrow().is_some() {
            return;
        }
        let since = state.changed.get().map_or(PAUSE, |changed| changed.elapsed());
        let view = self.downgrade();
        let due = glib::timeout_add_local_once(PAUSE.saturating_sub(since), move || {
            if let Some(view) = view.upgrade() {
                view.imp().accessible.due.take();
                view.tell_text();
            }
        });
        state.due.replace(Some(due));
    }

    fn tell_text(&self) {
        let (lines, caret) = self.shown_text();
        let state = &self.imp().accessible;
        let (text, edits) = {
            let mut told = state.told.borrow_mut();
            let Some(Told { text, lines: old }) = told.as_mut() else { return };
            let edits = edits(old, &lines);
            *old = lines;
            (text.clone(), edits)
        };
        text.change(self, &edits, caret);
        state.changed.set(Some(Instant::now()));
    }

    /// What is shown, row by row, and where the cursor is in it: at the beginning of what is above the screen.
    fn shown_text(&self) -> (Vec<Line>, usize) {
        let scrolled = self.history_rows();
        let frame: &Frame = &self.imp().frame.borrow();
        let mut caret = 0;
        let mut lines: Vec<Line> = match scrolled {
            Some(rows) => rows
                .iter()
                .map(|(at, wrapped)| Line {
                    which: Which::History(*at),
                    text: text(row::of_history(wrapped), None).0,
                })
                .collect(),
            None => {
                let cursor = frame.head().cursor;
                let mut lines = Vec::with_capacity(frame.rows().len());
                for (index, shown) in frame.rows().iter().enumerate() {
                    let col = (index == usize::from(cursor.row)).then_some(usize::from(cursor.col));
                    let (text, at) = text(row::of_frame(frame, &shown.cells), col);
                    if let Some(at) = at {
                        caret = joined(&lines, true).chars().count() + at;
                    }
                    lines.push(Line { which: Which::Screen(shown.head.identity), text });
                }
                lines
            }
        };
        if let Some(text) = self.note() {
            lines.push(Line { which: Which::Note, text });
        }
        (lines, caret)
    }
}

/// The text of a row without the blanks behind it, and how many characters are before a column: blanks up to there
/// count as text.
fn text<'a>(spots: impl Iterator<Item = Spot<'a>>, col: Option<usize>) -> (String, Option<usize>) {
    let (mut text, mut end, mut caret) = (String::new(), 0, None);
    for spot in spots {
        if col.is_some_and(|col| (spot.col..spot.col + spot.width).contains(&col)) {
            caret = Some(text.chars().count());
            end = text.len();
        }
        let hidden = spot.style.attributes.contains(Attributes::HIDDEN);
        match spot.text {
            _ if hidden => text.extend(std::iter::repeat_n(' ', spot.width)),
            Text::Character(character) => text.push(character),
            Text::Cluster(cluster) => text.push_str(cluster),
        }
        if !hidden && !matches!(spot.text, Text::Character(' ')) {
            end = text.len();
        }
    }
    text.truncate(end);
    let caret = col.map(|_| caret.unwrap_or_else(|| text.chars().count()));
    (text, caret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scarab_protocol::grid::Style;

    fn spots(text: &str, hidden: bool) -> impl Iterator<Item = Spot<'static>> {
        let attributes = if hidden { Attributes::HIDDEN } else { Attributes::default() };
        let style = Style { attributes, ..Style::default() };
        let mut col = 0;
        text.chars().collect::<Vec<_>>().into_iter().map(move |character| {
            let width = if character.is_ascii() { 1 } else { 2 };
            col += width;
            Spot { col: col - width, width, text: Text::Character(character), style }
        })
    }

    #[test]
    fn blanks_behind_the_text_are_left_out_unless_the_cursor_is_behind_them() {
        assert_eq!(text(spots("ab c   ", false), None), ("ab c".to_owned(), None));
        assert_eq!(text(spots("$      ", false), Some(2)), ("$ ".to_owned(), Some(2)));
        assert_eq!(text(spots("$      ", false), Some(0)), ("$".to_owned(), Some(0)));
        assert_eq!(text(spots("ab", false), Some(9)), ("ab".to_owned(), Some(2)));
    }

    #[test]
    fn the_cursor_is_counted_in_characters() {
        assert_eq!(text(spots("漢字x ", false), Some(4)), ("漢字x".to_owned(), Some(2)));
        assert_eq!(text(spots("漢字x ", false), Some(3)).1, Some(1), "the second half of a character");
    }

    #[test]
    fn what_nobody_sees_is_not_told() {
        assert_eq!(text(spots("secret", true).chain(spots("", false)), None), (String::new(), None));
    }
}
