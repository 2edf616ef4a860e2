//! The cursor's blinking: only its own node comes and goes, no row is built anew. A timer runs only while a cursor blinks
//! before a person's eyes, and no longer after the last key or output than GTK's setting says.

use super::View;
use crate::settings::{self, CursorBlink};
use gtk::glib;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use scarab_protocol::grid::Frame;
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

#[derive(Debug, Default)]
pub(super) struct State {
    hidden: Cell<bool>,
    timer: RefCell<Option<glib::SourceId>>,
    /// When it stops, unless something happens.
    until: Cell<Option<Instant>>,
}

impl View {
    /// The cursor is in the half of its blinking in which nothing is seen.
    pub(super) fn cursor_is_hidden(&self) -> bool {
        self.imp().blinking.hidden.get()
    }

    /// Something has happened: the cursor is seen, and blinks on from here.
    pub(super) fn show_cursor(&self) {
        let state = &self.imp().blinking;
        self.stop_blinking();
        let seconds = self.settings().gtk_cursor_blink_timeout();
        let span = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        state.until.set(Instant::now().checked_add(span));
    }

    pub(super) fn stop_blinking(&self) {
        let state = &self.imp().blinking;
        state.hidden.set(false);
        if let Some(timer) = state.timer.take() {
            timer.remove();
        }
    }

    /// After a frame was drawn.
    pub(super) fn blink(&self, frame: &Frame) {
        let state = &self.imp().blinking;
        let cursor = frame.head().cursor;
        let wanted = match settings::current().window.cursor_blink {
            CursorBlink::Program => cursor.blinking && self.settings().is_gtk_cursor_blink(),
            CursorBlink::Always => true,
            CursorBlink::Never => false,
        };
        let in_time = state.until.get().is_none_or(|until| Instant::now() < until);
        if !(wanted && in_time && cursor.visible && self.has_focus() && self.is_mapped()) {
            return self.stop_blinking();
        }
        if state.timer.borrow().is_some() {
            return;
        }
        // GTK's setting is a whole turn, in milliseconds.
        let half = u64::try_from(self.settings().gtk_cursor_blink_time() / 2).unwrap_or(0).max(100);
        let turn = glib::clone!(
            #[weak(rename_to = view)]
            self,
            #[upgrade_or]
            glib::ControlFlow::Break,
            move || view.turn_cursor()
        );
        state.timer.replace(Some(glib::timeout_add_local(Duration::from_millis(half), turn)));
    }

    fn turn_cursor(&self) -> glib::ControlFlow {
        let state = &self.imp().blinking;
        self.queue_draw();
        if state.until.get().is_some_and(|until| Instant::now() >= until) {
            state.hidden.set(false);
            state.timer.take();
            return glib::ControlFlow::Break;
        }
        state.hidden.set(!state.hidden.get());
        glib::ControlFlow::Continue
    }
}
