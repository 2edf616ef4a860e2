//! A frame, or a piece of history, on the screen.

use super::{PADDING, View};
use crate::draw::colours::{Colours, rgba};
use crate::draw::{Metrics, row};
use crate::renderer;
use gtk::gdk::RGBA;
use gtk::graphene::{Point, Rect};
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use gtk::{glib, gsk, pango};
use scarab_protocol::grid::{CursorShape, Frame, FrameColours, LineSize, RowIdentity, ScreenFlags};
use std::collections::HashMap;
use std::time::Duration;

/// Nodes of rows that are not on the screen are kept up to so many: a page back and forth.
const SPARE: usize = 200;
/// How the selection lies over the text.
const SELECTED: RGBA = RGBA::new(0.21, 0.52, 0.89, 0.4);

/// Matches of a search, and the one that was come to last.
const MATCH: RGBA = RGBA::new(0.96, 0.83, 0.18, 0.4);
const CURRENT_MATCH: RGBA = RGBA::new(1.0, 0.47, 0.0, 0.6);

/// The ground of a note.
const NOTE: RGBA = RGBA::new(0.9, 0.65, 0.04, 1.0);

/// Which row a node shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Screen(RowIdentity, u64),
    History(u64, usize),
}

/// Rows that have been shown for so long without a new frame will stay, as far as can be known.
const STAYS: Duration = Duration::from_millis(200);

/// The node of a row; `None` where there is nothing to see.
#[derive(Debug)]
struct Made {
    node: Option<gsk::RenderNode>,
    recorded: bool,
    /// The frame that it was drawn in last.
    drawn: u64,
}

/// The nodes of rows.
#[derive(Debug, Default)]
pub(super) struct Kept {
    rows: HashMap<Key, Made>,
    /// What is drawn in this frame is recorded.
    record: bool,
    /// Something of this frame is not.
    plain: bool,
    /// What nodes are made with beside their rows: colours, reversed or not, and how history is wrapped.
    made_with: (u64, bool, u16, u64),
    /// Counts frames: what was not drawn for a while goes.
    drawn: u64,
}

impl Kept {
    /// Fonts or colours have changed.
    pub(super) fn forget(&mut self) {
        self.rows.clear();
    }

    fn row(&mut self, key: Key, make: impl FnOnce() -> Option<gsk::RenderNode>) -> Option<gsk::RenderNode> {
        let drawn = self.drawn;
        let made = self.rows.entry(key).or_insert_with(|| Made { node: make(), recorded: false, drawn });
        if self.record && !made.recorded {
            made.node = made.node.as_ref().map(row::recorded);
            made.recorded = true;
        }
        self.plain |= !made.recorded;
        made.drawn = drawn;
        made.node.clone()
    }

    fn next_frame(&mut self, rows: usize) {
        if self.rows.len() > rows + SPARE {
            let drawn = self.drawn;
            self.rows.retain(|_, made| made.drawn == drawn);
        }
        self.drawn += 1;
        (self.record, self.plain) = (false, false);
    }
}

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
        let made_with = (frame.colours_revision(), reversed, head.cols, head.history.rewrites);
        if std::mem::replace(&mut kept.made_with, made_with) != made_with {
            kept.forget();
        }
        let (width, height) = (self.width() as f32, self.height() as f32);
        snapshot.append_color(&rgba(colours.background(), 1.0), &Rect::new(0.0, 0.0, width, height));
        snapshot.save();
        snapshot.translate(&Point::new(PADDING, PADDING));
        let mut fonts = imp.fonts.borrow_mut();
        let fonts = fonts.get_or_insert_with(|| self.new_fonts());
        let scrolled = self.history_rows();
        match &scrolled {
            None => {
                for (index, shown) in frame.rows().iter().enumerate() {
                    let key = Key::Screen(shown.head.identity, shown.head.revision);
                    let node =
                        kept.row(key, || row::draw(row::of_frame(&frame, &shown.cells), fonts, &colours));
                    let size = shown.head.attributes.line_size;
                    place_sized(snapshot, node.as_ref(), index, size, width, &metrics);
                }
            }
            Some(rows) => {
                for (index, (at, wrapped)) in rows.iter().enumerate() {
                    let make = |fonts: &mut _| row::draw(row::of_history(wrapped), fonts, &colours);
                    // Lines of history stay as they are; those of the screen do not.
                    let node = if at.line < frame.head().history.end_line.0 {
                        kept.row(Key::History(at.line, at.row), || make(fonts))
                    } else {
                        make(fonts)
                    };
                    place(snapshot, node.as_ref(), index, &metrics);
                }
            }
        }
        // Recorded pictures of emoji would be too coarse for a finer screen.
        if kept.plain && self.scale_factor() == 1 && renderer::is_cairo(self) {
            self.record_later();
        }
        kept.next_frame(frame.rows().len());
        drop(kept);
        let positions = Self::positions(&frame, scrolled.as_deref());
        for cells in self.selected_cells(&frame, &positions) {
            self.mark(snapshot, &SELECTED, cells, &metrics);
        }
        if let Some(link) = self.imp().links.hovered.borrow().as_ref() {
            let y = link.row as f32 * metrics.height + metrics.underline - metrics.thickness / 2.0;
            let (from, to) = (link.from as f32 * metrics.width, link.to as f32 * metrics.width);
            let line = Rect::new(from, y.round(), to - from, metrics.thickness);
            snapshot.append_color(&rgba(colours.foreground(), 1.0), &line);
        }
        for mark in self.matches(&frame, &positions) {
            let colour = if mark.current { &CURRENT_MATCH } else { &MATCH };
            self.mark(snapshot, colour, (mark.row, mark.from, mark.to), &metrics);
        }
        if scrolled.is_none() {
            self.draw_cursor(snapshot, &frame, fonts, &colours, &metrics);
        }
        snapshot.restore();
        self.measure_history(&frame);
        if let Some(problem) = self.imp().problem.borrow().as_ref() {
            self.draw_note(snapshot, width, &format!("{problem}\nPress Enter to try again."));
        } else if self.is_lost() {
            self.draw_note(snapshot, width, "Reconnecting\u{2026}");
        } else if self.is_mapped() {
            self.wait_for_next(&frame);
        }
        self.place_input_method(&frame, &metrics);
    }

    /// Records what is shown once nothing has been drawn for a while: what changes all the time would only pay for it.
    fn record_later(&self) {
        let view = self.downgrade();
        let source = glib::timeout_add_local_once(STAYS, move || {
            if let Some(view) = view.upgrade() {
                view.imp().recording.take();
                view.imp().kept.borrow_mut().record = true;
                view.queue_draw();
            }
        });
        if let Some(before) = self.imp().recording.replace(Some(source)) {
            before.remove();
        }
    }

    /// Lays a colour over cells of a row.
    fn mark(
        &self,
        snapshot: &gtk::Snapshot,
        colour: &RGBA,
        (row, from, to): (usize, usize, usize),
        metrics: &Metrics,
    ) {
        let bounds = Rect::new(
            from as f32 * metrics.width,
            row as f32 * metrics.height,
            to.saturating_sub(from) as f32 * metrics.width,
            metrics.height,
        );
        snapshot.append_color(colour, &bounds);
    }

    /// The cursor over the row that is kept without it, with the character under a block in the ground's colour; and
    /// what an input method is about to type.
    fn draw_cursor(
        &self,
        snapshot: &gtk::Snapshot,
        frame: &Frame,
        fonts: &mut crate::draw::glyphs::Fonts,
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
            return self.draw_preedit(snapshot, &preedit, (x, y), colours, metrics);
        }
        if !cursor.visible || frame.rows().is_empty() {
            return;
        }
        let colour = rgba(colours.cursor(), 1.0);
        let line = (metrics.width / 6.0).round().max(1.0);
        if !self.has_focus() {
            let edges = [
                Rect::new(x, y, width, 1.0),
                Rect::new(x, y + metrics.height - 1.0, width, 1.0),
                Rect::new(x, y, 1.0, metrics.height),
                Rect::new(x + width - 1.0, y, 1.0, metrics.height),
            ];
            return edges.iter().for_each(|edge| snapshot.append_color(&colour, edge));
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
                let node = row::draw(std::iter::once(under), fonts, colours);
                place_sized(snapshot, node.as_ref(), row, size, x + width, metrics);
            }
        }
    }

    fn draw_preedit(
        &self,
        snapshot: &gtk::Snapshot,
        text: &str,
        (x, y): (f32, f32),
        colours: &Colours<'_>,
        metrics: &Metrics,
    ) {
        let layout = self.create_pango_layout(Some(text));
        layout.set_font_description(Some(&pango::FontDescription::from_string(super::FONT)));
        let attributes = pango::AttrList::new();
        attributes.insert(pango::AttrInt::new_underline(pango::Underline::Single));
        layout.set_attributes(Some(&attributes));
        let (width, _) = layout.pixel_size();
        let ground = Rect::new(x, y, width as f32, metrics.height);
        snapshot.append_color(&rgba(colours.background(), 1.0), &ground);
        snapshot.save();
        snapshot.translate(&Point::new(x, y));
        snapshot.append_layout(&layout, &rgba(colours.foreground(), 1.0));
        snapshot.restore();
    }

    /// Where an input method shows what it offers.
    fn place_input_method(&self, frame: &Frame, metrics: &Metrics) {
        let cursor = frame.head().cursor;
        let x = PADDING + f32::from(cursor.col) * metrics.width;
        let y = PADDING + f32::from(cursor.row) * metrics.height;
        let place = gtk::gdk::Rectangle::new(x as i32, y as i32, metrics.width as i32, metrics.height as i32);
        if self.imp().input_place.replace(Some(place)) != Some(place)
            && let Some(method) = self.imp().input_method.borrow().as_ref()
        {
            method.set_cursor_location(&place);
        }
    }

    /// A quiet note while the service is away, or when it says no.
    fn draw_note(&self, snapshot: &gtk::Snapshot, width: f32, text: &str) {
        let layout = self.create_pango_layout(Some(text));
        layout.set_width(((width - 6.0 * PADDING).max(80.0) * pango::SCALE as f32) as i32);
        let (text_width, text_height) = layout.pixel_size();
        let (wide, high) = (text_width as f32 + 16.0, text_height as f32 + 8.0);
        let ground = Rect::new((width - wide - PADDING).max(0.0), PADDING, wide, high);
        snapshot.append_color(&NOTE, &ground);
        snapshot.save();
        snapshot.translate(&Point::new(ground.x() + 8.0, ground.y() + 4.0));
        snapshot.append_layout(&layout, &RGBA::BLACK);
        snapshot.restore();
    }
}

/// Puts a row's node where it belongs, in the size of its line (DECDWL, DECDHL).
fn place_sized(
    snapshot: &gtk::Snapshot,
    node: Option<&gsk::RenderNode>,
    index: usize,
    size: LineSize,
    width: f32,
    metrics: &Metrics,
) {
    let (high, up) = match size {
        LineSize::Single => return place(snapshot, node, index, metrics),
        LineSize::DoubleWidth => (1.0, 0.0),
        LineSize::DoubleTop => (2.0, 0.0),
        LineSize::DoubleBottom => (2.0, metrics.height),
    };
    let Some(node) = node else { return };
    let top = index as f32 * metrics.height;
    snapshot.push_clip(&Rect::new(0.0, top, width, metrics.height));
    snapshot.save();
    snapshot.translate(&Point::new(0.0, top - up));
    snapshot.scale(2.0, high);
    snapshot.append_node(node);
    snapshot.restore();
    snapshot.pop();
}

/// Puts a row's node where it belongs.
fn place(snapshot: &gtk::Snapshot, node: Option<&gsk::RenderNode>, index: usize, metrics: &Metrics) {
    if let Some(node) = node {
        snapshot.save();
        snapshot.translate(&Point::new(0.0, index as f32 * metrics.height));
        snapshot.append_node(node);
        snapshot.restore();
    }
}
