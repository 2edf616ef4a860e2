//! The text of a view in a widget of GTK's own, as before 4.14 GTK tells assistive technologies no other: a child of the
//! view that is neither drawn nor in the way.

use crate::translation::gettext;
use crate::view::View;
use crate::view::edits::Edit;
use gtk::accessible::Property;
use gtk::prelude::*;

/// GTK has none for a terminal yet.
pub(super) const ROLE: gtk::AccessibleRole = gtk::AccessibleRole::Group;
pub(super) type Interfaces = ();

#[derive(Debug)]
pub(super) struct Text(gtk::TextView);

impl Text {
    pub(super) fn of(view: &View) -> Self {
        let widget = gtk::TextView::builder()
            .focusable(false)
            .can_target(false)
            .editable(false)
            .cursor_visible(false)
            // Its lines are the rows of the screen.
            .wrap_mode(gtk::WrapMode::None)
            .build();
        // What was shown is nobody's to bring back.
        widget.buffer().set_enable_undo(false);
        let what = gettext("Text on the screen");
        widget.update_property(&[Property::Label(&what), Property::ReadOnly(true)]);
        widget.set_parent(view);
        Self(widget)
    }

    /// As large as the view, or as its text needs.
    pub(super) fn place(&self, width: i32, height: i32) {
        crate::view::cover(&self.0, width, height);
    }

    /// One edit after the other, then the cursor.
    pub(super) fn change(&self, _: &View, edits: &[Edit], caret: usize) {
        let buffer = self.0.buffer();
        let place = |at: usize| buffer.iter_at_offset(i32::try_from(at).unwrap_or(i32::MAX));
        for edit in edits {
            if edit.remove > 0 {
                buffer.delete(&mut place(edit.at), &mut place(edit.at + edit.remove));
            }
            if !edit.insert.is_empty() {
                buffer.insert(&mut place(edit.at), &edit.insert);
            }
        }
        let caret = place(caret);
        if buffer.cursor_position() != caret.offset() {
            buffer.place_cursor(&caret);
        }
    }

    pub(super) fn end(&self) {
        self.0.unparent();
    }
}
