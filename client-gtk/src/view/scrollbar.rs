//! The scrollbar: how much history there is, and where in it the view stands. In rows, as well as they can be estimated
//! without reading all of it.

use super::View;
use crate::settings;
use gtk::glib;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use scarab_protocol::grid::{Frame, Position, ScreenFlags};
use std::cell::{Cell, RefCell};

/// What it takes of a view, in logical pixels: as much as Adwaita's. That is a pixel wider with a slider than without, and
/// the text must not move when history comes.
const WIDTH: i32 = 20;

/// What the scrollbar shows.
#[derive(Debug, Default)]
pub(super) struct State {
    adjustment: RefCell<Option<gtk::Adjustment>>,
    /// It is being set to what is so; not by a person.
    setting: Cell<bool>,
    /// Rows in all and the first one shown, to be set when GTK is done with drawing.
    due: Cell<Option<(f64, f64)>>,
}

impl View {
    /// The scrollbar, which lies over the view's edge: its ground is the view's.
    pub(super) fn bar(&self) -> Option<gtk::Scrollbar> {
        self.next_sibling().and_downcast()
    }

    /// What it takes of the view's width, in logical pixels.
    pub(super) fn bar_width(&self) -> i32 {
        if self.bar().is_some_and(|bar| WidgetExt::is_visible(&bar)) { WIDTH } else { 0 }
    }

    /// A scrollbar for this view.
    pub fn scrollbar(&self) -> gtk::Scrollbar {
        let adjustment = gtk::Adjustment::new(0.0, 0.0, 1.0, 1.0, 1.0, 1.0);
        adjustment.connect_value_changed(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |adjustment| view.bar_moved(adjustment)
        ));
        self.imp().adjustment.adjustment.replace(Some(adjustment.clone()));
        let bar = gtk::Scrollbar::new(gtk::Orientation::Vertical, Some(&adjustment));
        bar.set_opacity(0.0);
        bar.set_can_target(false);
        bar.set_halign(gtk::Align::End);
        bar.add_css_class("terminal");
        bar.set_visible(settings::current().window.scrollbar);
        bar
    }

    /// A person moved it: to the line at that part of all lines.
    fn bar_moved(&self, adjustment: &gtk::Adjustment) {
        if self.imp().adjustment.setting.get() {
            return;
        }
        let room = adjustment.upper() - adjustment.page_size();
        if adjustment.value() >= room - 0.5 {
            return self.follow();
        }
        let (first, end) = {
            let history = self.imp().frame.borrow().head().history;
            (history.oldest_line.0, history.end_line.0)
        };
        let part = adjustment.value() / room.max(1.0);
        let line = first + (end.saturating_sub(first) as f64 * part) as u64;
        self.show_from(Position { line, row: 0 });
    }

    /// Notes how much there is. GTK is drawing: the bar itself is set a moment later, and only if it changes.
    pub(super) fn measure_history(&self, frame: &Frame) {
        let state = &self.imp().adjustment;
        let head = frame.head();
        let rows = self.rows() as f64;
        let above = match head.flags.contains(ScreenFlags::ALTERNATE) {
            true => 0.0,
            false => {
                let estimate = self.with_memory(|memory| {
                    memory.history(&head.history).map_or(0, |history| history.estimate_rows(head.cols))
                });
                estimate.unwrap_or(0) as f64
            }
        };
        let (first, end) = (head.history.oldest_line.0, head.history.end_line.0);
        let value = self.top_line().map_or(above, |line| {
            above * line.saturating_sub(first) as f64 / end.saturating_sub(first).max(1) as f64
        });
        let wanted = (above + rows, value.min(above));
        let is_so = state.adjustment.borrow().as_ref().is_none_or(|adjustment| {
            adjustment.upper() == wanted.0 && adjustment.value() == wanted.1 && adjustment.page_size() == rows
        });
        if is_so || state.due.replace(Some(wanted)).is_some() {
            return;
        }
        let view = self.downgrade();
        glib::idle_add_local_once(move || view.upgrade().iter().for_each(View::set_bar));
    }

    fn set_bar(&self) {
        let state = &self.imp().adjustment;
        let Some((upper, value)) = state.due.take() else { return };
        let Some(adjustment) = state.adjustment.borrow().clone() else { return };
        let page = self.rows() as f64;
        // Where there is nothing to scroll there is nothing to see; its place stays, so that the text does not move.
        if let Some(bar) = self.bar() {
            bar.set_opacity(if upper > page { 1.0 } else { 0.0 });
            bar.set_can_target(upper > page);
        }
        state.setting.set(true);
        adjustment.configure(value, 0.0, upper, 1.0, (page - 1.0).max(1.0), page);
        state.setting.set(false);
    }
}
