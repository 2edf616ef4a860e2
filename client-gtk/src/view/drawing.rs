//! A frame, or a piece of history, on the screen.

use super::View;
use super::kept::{Key, Made};
use super::marks::{self, Marked};
use crate::draw::Metrics;
use crate::draw::colours::{Colours, rgba};
use crate::draw::glyphs::Fonts;
use crate::draw::pictures::Layer;
use crate::draw::row;
use crate::renderer;
use gtk::graphene::{Point, Rect};
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use scarab_protocol::grid::{CursorShape, Frame, FrameColours, LineSize, ScreenFlags};

/// How much of the text's colour lies over what a session does not fill. Chosen by eye.
const OUTSIDE: f32 = 0.12;

impl View {
    pub(super) fn draw(&self, snapshot: &gtk::Snapshot) {
        let imp = self.imp();
        let metrics = self.metrics();
        let mut frame = imp.frame.borrow_mut();
        if self.read_frame(&mut frame) {
            self.frame_changed(&frame);
        }
        let theme = self.theme();
        let program: &FrameColours = frame.colours();
        let reversed = frame.head().flags.contains(ScreenFlags::REVERSE_VIDEO);
        let colours = Colours { theme: &theme, program, reversed };
        let mut kept = imp.kept.borrow_mut();
        let head = frame.head();
        // Recorded pictures of emoji would be too coarse for a finer screen.
        let recorded = self.scale_factor() == 1 && renderer::is_cairo(self);
        let made_with = (frame.colours_revision(), reversed, head.cols, head.history.rewrites, recorded);
        if std::mem::replace(&mut kept.made_with, made_with) != made_with {
            kept.forget();
        }
        let (width, height) = (self.width() as f32, self.height() as f32);
        snapshot.append_color(&rgba(colours.background(), 1.0), &Rect::new(0.0, 0.0, width, height));
        snapshot.save();
        let padding = self.padding();
        let scrolled = self.history_rows();
        let (left, up) = self.shift(&frame, scrolled.is_some(), &metrics);
        snapshot.translate(&Point::new(padding - left, padding - up));
        let mut fonts = imp.fonts.borrow_mut();
        let fonts = fonts.get_or_insert_with(|| self.new_fonts());
        let pictures = self.pictures(&frame, scrolled.as_deref(), &metrics);
        self.draw_pictures(snapshot, &pictures, Layer::FarBelow);
        let has_below =
            |row: usize| pictures.iter().any(|picture| picture.layer != Layer::Above && picture.is_in(row));
        // The text of rows with images between it and its grounds.
        let mut texts = Vec::new();
        match &scrolled {
            None => {
                for (index, shown) in frame.rows().iter().enumerate() {
                    let key = Key::Screen(shown.head.identity, shown.head.revision);
                    let (top, size) = (index as f32 * metrics.height, shown.head.attributes.line_size);
                    let spots = row::of_frame(&frame, &shown.cells);
                    if has_below(index) {
                        let (mut grounds, text) = kept.apart(key, || row::draw_apart(spots, fonts, &colours));
                        put(snapshot, &mut grounds, top, size, width, &metrics);
                        texts.push((text, top, size));
                        continue;
                    }
                    let made = if index == usize::from(head.cursor.row) {
                        kept.typed_into(key, |parts| {
                            parts.draw(spots, recorded.then_some(0.0), fonts, &colours)
                        })
                    } else {
                        kept.row(key, recorded.then_some(top), |at| row::draw(spots, at, fonts, &colours))
                    };
                    put(snapshot, made, top, size, width, &metrics);
                }
            }
            Some(rows) => {
                // One more than fit is seen only in part.
                let seen = self.rows() + usize::from(up > 0.0);
                for (index, (place, wrapped)) in rows.iter().enumerate().take(seen) {
                    let top = index as f32 * metrics.height;
                    if has_below(index) {
                        let (grounds, text) = row::draw_apart(row::of_history(wrapped), fonts, &colours);
                        put(snapshot, &mut Made::new(grounds, 0.0), top, LineSize::Single, width, &metrics);
                        texts.push((Made::new(text, 0.0), top, LineSize::Single));
                        continue;
                    }
                    let mut make = |recorded| row::draw(row::of_history(wrapped), recorded, fonts, &colours);
                    // Lines of history stay as they are; those of the screen do not.
                    if place.line < frame.head().history.end_line.0 {
                        let key = Key::History(place.line, place.row);
                        let made = kept.row(key, recorded.then_some(top), &mut make);
                        put(snapshot, made, top, LineSize::Single, width, &metrics);
                    } else {
                        let mut made = Made::new(make(None), 0.0);
                        put(snapshot, &mut made, top, LineSize::Single, width, &metrics);
                    }
                }
            }
        }
        kept.next_frame(frame.rows().len());
        drop(kept);
        self.draw_pictures(snapshot, &pictures, Layer::Below);
        for (mut text, top, size) in texts {
            put(snapshot, &mut text, top, size, width, &metrics);
        }
        self.draw_pictures(snapshot, &pictures, Layer::Above);
        let positions = Self::positions(&frame, scrolled.as_deref());
        for cells in self.selected_cells(&frame, &positions) {
            self.mark(snapshot, Marked::Selection, cells, &colours, &metrics);
        }
        if let Some(link) = self.imp().links.hovered.borrow().as_ref() {
            for (row, from, to) in &link.cells {
                let y = *row as f32 * metrics.height + metrics.underline - metrics.thickness / 2.0;
                let (from, to) = (*from as f32 * metrics.width, *to as f32 * metrics.width);
                let line = Rect::new(from, y.round(), to - from, metrics.thickness);
                snapshot.append_color(&rgba(colours.foreground(), 1.0), &line);
            }
        }
        for mark in self.matches(&frame, &positions) {
            let marked = if mark.current { Marked::CurrentMatch } else { Marked::Match };
            self.mark(snapshot, marked, (mark.row, mark.from, mark.to), &colours, &metrics);
        }
        if scrolled.is_none() {
            self.draw_cursor(snapshot, &frame, fonts, &colours, &metrics);
        }
        snapshot.restore();
        self.draw_outside(snapshot, &frame, &colours, &metrics);
        self.draw_flash(snapshot);
        if scrolled.is_none() {
            self.blink(&frame);
        }
        self.measure_history(&frame);
        if let Some(note) = self.note() {
            self.draw_note(snapshot, width, &note);
        } else if self.is_mapped() && imp.problem.borrow().is_none() {
            self.wait_for_next(&frame);
        }
        self.place_input_method(&frame, &metrics);
        self.tell_later();
    }

    /// How far the text is moved to the left and upwards: by parts of a row where a person scrolled so; or, where the
    /// session is larger than this view because another one was used last, so far that the cursor is seen.
    fn shift(&self, frame: &Frame, scrolled: bool, metrics: &Metrics) -> (f32, f32) {
        let shift = if scrolled {
            (0.0, self.pixels_above())
        } else if let Some(size) = self.imp().size.get() {
            let cursor = frame.head().cursor;
            let beyond = |at: u16, room: u16| f32::from((at + 1).saturating_sub(room));
            (beyond(cursor.col, size.cols) * metrics.width, beyond(cursor.row, size.rows) * metrics.height)
        } else {
            (0.0, 0.0)
        };
        self.imp().shift.set(shift);
        shift
    }

    /// What of this view the session does not fill, because another view of it is smaller and was used last. While this
    /// one has the focus its own size is on the way.
    fn draw_outside(
        &self,
        snapshot: &gtk::Snapshot,
        frame: &Frame,
        colours: &Colours<'_>,
        metrics: &Metrics,
    ) {
        let Some(size) = self.imp().size.get().filter(|_| !self.has_focus()) else { return };
        let head = frame.head();
        let padding = self.padding();
        let (width, height) = (self.width() as f32, self.height() as f32);
        let right = padding + f32::from(head.cols) * metrics.width;
        let bottom = padding + f32::from(head.rows) * metrics.height;
        let shade = rgba(colours.foreground(), OUTSIDE);
        if head.cols > 0 && head.cols < size.cols {
            snapshot.append_color(&shade, &Rect::new(right, 0.0, width - right, height));
        }
        if head.rows > 0 && head.rows < size.rows {
            let wide = if head.cols < size.cols { right } else { width };
            snapshot.append_color(&shade, &Rect::new(0.0, bottom, wide, height - bottom));
        }
    }

    /// The cursor over the row that is kept without it, with the character under a block in the ground's colour; and
    /// what an input method is about to type.
    fn draw_cursor(
        &self,
        snapshot: &gtk::Snapshot,
        frame: &Frame,
        fonts: &mut Fonts,
        colours: &Colours<'_>,
        metrics: &Metrics,
    ) {
        let cursor = frame.head().cursor;
        let (row, col) = (usize::from(cursor.row), usize::from(cursor.col));
        let cells = frame.rows().get(row).map(|row| row.cells.as_slice()).unwrap_or_default();
        let wide = cells.get(col).is_some_and(|cell| cell.wide());
        let size = frame.rows().get(row).map(|row| row.head.attributes.line_size).unwrap_or_default();
        let stretch = if size == LineSize::Single { 1.0 } else { 2.0 };
        let (x, y) = (col as f32 * metrics.width * stretch, row as f32 * metrics.height);
        let width = if wide { 2.0 * metrics.width } else { metrics.width } * stretch;
        let preedit = self.imp().preedit.borrow();
        if !preedit.is_empty() {
            return self.draw_preedit(snapshot, &preedit, (x, y), colours, fonts);
        }
        if !cursor.visible || frame.rows().is_empty() || self.cursor_is_hidden() {
            return;
        }
        let colour = rgba(colours.cursor(), 1.0);
        let line = (metrics.width / 6.0).round().max(marks::cursor_line());
        if !self.has_focus() {
            return marks::outline(
                snapshot,
                &colour,
                &Rect::new(x, y, width, metrics.height),
                marks::cursor_line(),
            );
        }
        match cursor.shape {
            CursorShape::Bar => snapshot.append_color(&colour, &Rect::new(x, y, line, metrics.height)),
            CursorShape::Underline => {
                snapshot.append_color(&colour, &Rect::new(x, y + metrics.height - line, width, line));
            }
            CursorShape::Block => {
                snapshot.append_color(&colour, &Rect::new(x, y, width, metrics.height));
                let under = row::of_frame(frame, cells).find(|spot| spot.col == col);
                let Some(mut under) = under else { return };
                under.style.foreground = scarab_protocol::grid::Colour::Rgb(colours.background());
                under.style.background = scarab_protocol::grid::Colour::Default;
                under.style.attributes = scarab_protocol::grid::Attributes::from_bits(
                    under.style.attributes.bits() & !scarab_protocol::grid::Attributes::INVERSE.bits(),
                );
                let mut made = Made::new(row::draw(std::iter::once(under), None, fonts, colours), 0.0);
                put(snapshot, &mut made, y, size, x + width, metrics);
            }
        }
    }

    fn draw_preedit(
        &self,
        snapshot: &gtk::Snapshot,
        text: &str,
        (x, y): (f32, f32),
        colours: &Colours<'_>,
        fonts: &Fonts,
    ) {
        let layout = self.create_pango_layout(Some(text));
        layout.set_font_description(Some(fonts.base()));
        let metrics = fonts.metrics();
        let (width, _) = layout.pixel_size();
        let (width, ink) = (width as f32, rgba(colours.foreground(), 1.0));
        snapshot.append_color(&rgba(colours.background(), 1.0), &Rect::new(x, y, width, metrics.height));
        snapshot.save();
        snapshot.translate(&Point::new(x, y));
        snapshot.append_layout(&layout, &ink);
        // Pango's own line lies between pixels where letters do.
        let line = Rect::new(0.0, metrics.line(metrics.underline), width, metrics.thickness);
        snapshot.append_color(&ink, &line);
        snapshot.restore();
    }

    /// Where an input method shows what it offers.
    fn place_input_method(&self, frame: &Frame, metrics: &Metrics) {
        let cursor = frame.head().cursor;
        let padding = self.padding();
        let x = padding + f32::from(cursor.col) * metrics.width;
        let y = padding + f32::from(cursor.row) * metrics.height;
        let place = gtk::gdk::Rectangle::new(x as i32, y as i32, metrics.width as i32, metrics.height as i32);
        if self.imp().input_place.replace(Some(place)) != Some(place)
            && let Some(method) = self.imp().input_method.borrow().as_ref()
        {
            method.set_cursor_location(&place);
        }
    }
}

/// Puts a row so far from the top, in the size of its line (DECDWL, DECDHL).
fn put(snapshot: &gtk::Snapshot, made: &mut Made, top: f32, size: LineSize, width: f32, metrics: &Metrics) {
    let (high, up) = match size {
        LineSize::Single => {
            if let Some(node) = made.placed(top) {
                snapshot.append_node(node);
            }
            return;
        }
        LineSize::DoubleWidth => (1.0, 0.0),
        LineSize::DoubleTop => (2.0, 0.0),
        LineSize::DoubleBottom => (2.0, metrics.height),
    };
    let Some(node) = made.placed(0.0) else { return };
    snapshot.push_clip(&Rect::new(0.0, top, width, metrics.height));
    snapshot.save();
    snapshot.translate(&Point::new(0.0, top - up));
    snapshot.scale(2.0, high);
    snapshot.append_node(node);
    snapshot.restore();
    snapshot.pop();
}
