//! The images of the session that is shown: asked for when a frame first names some, and kept as textures while something
//! places them. A session without images costs one look at a number.

use super::View;
use crate::draw::Metrics;
use crate::draw::pictures::{Drawing, Layer, Span};
use gtk::gdk;
use gtk::glib;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use scarab_protocol::client::Received;
use scarab_protocol::grid::pictures::{PictureReader, PlacedPicture, PlacementKind};
use scarab_protocol::grid::placeholders::{self, PlaceholderRun};
use scarab_protocol::grid::{Frame, Glyph, Position, WrappedRow};
use scarab_protocol::message::ToClient;
use scarab_protocol::message::request::GetPictures;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

#[derive(Debug, Default)]
pub(super) struct State {
    /// Their memory.
    reader: RefCell<Option<PictureReader>>,
    /// The request for that, answered or not: an attachment asks once.
    asked: Cell<Option<u32>>,
    /// The table of placements that was read last, and what it said.
    table: Cell<u64>,
    placements: RefCell<Vec<PlacedPicture>>,
    /// By the numbers of images.
    textures: RefCell<HashMap<u64, Image>>,
}

/// An image's pixels, and the parts of it that are shown.
#[derive(Debug)]
struct Image {
    size: [u32; 2],
    rgba: glib::Bytes,
    parts: HashMap<[u32; 4], gdk::Texture>,
}

impl Image {
    /// The texture of a part: left, top, width, height. `None` where there is none, as somebody may have made it up.
    fn part(&mut self, part: [u32; 4]) -> Option<gdk::Texture> {
        const PIXEL: usize = 4;
        if let Some(texture) = self.parts.get(&part) {
            return Some(texture.clone());
        }
        let [x, y, width, height] = part;
        let within = |from: u32, length: u32, whole: u32| {
            length > 0 && from.checked_add(length).is_some_and(|end| end <= whole)
        };
        if !within(x, width, self.size[0]) || !within(y, height, self.size[1]) {
            return None;
        }
        let [x, y, columns, rows, whole] = [x, y, width, height, self.size[0]].map(|pixels| pixels as usize);
        let (stride, begin) = (PIXEL * whole, PIXEL * (y * whole + x));
        let end = begin + (rows - 1) * stride + PIXEL * columns;
        let pixels = glib::Bytes::from_bytes(&self.rgba, begin..end);
        let (width, height) = (i32::try_from(width).ok()?, i32::try_from(height).ok()?);
        let texture = gdk::MemoryTexture::new(width, height, gdk::MemoryFormat::R8g8b8a8, &pixels, stride);
        self.parts.insert(part, texture.clone().upcast());
        Some(texture.upcast())
    }
}

impl View {
    /// An attachment begins: its images may be in other memory. What was shown stays until that is here.
    pub(super) fn forget_pictures(&self) {
        let state = &self.imp().pictures;
        state.reader.take();
        state.asked.set(None);
    }

    /// The images among the rows that are shown, lowest first.
    pub(super) fn pictures(
        &self,
        frame: &Frame,
        history: Option<&[(Position, WrappedRow)]>,
        metrics: &Metrics,
    ) -> Vec<Drawing> {
        let state = &self.imp().pictures;
        let table = frame.head().pictures.table;
        if table == 0 {
            if state.table.replace(0) != 0 {
                state.placements.take();
                state.textures.take();
            }
            return Vec::new();
        }
        self.read_placements(table);
        let placements = state.placements.borrow();
        let has_place = |placed: &&PlacedPicture| placed.kind != PlacementKind::Placeholder;
        let mut drawings: Vec<Drawing> = placements
            .iter()
            .filter(has_place)
            .filter_map(|placed| {
                let row = self.row_of(placed, frame, history)?;
                Drawing::of(placed, row, spans(placed, row, frame, history), metrics)
            })
            .collect();
        if placements.iter().any(|placed| !has_place(&placed)) {
            for (row, run) in placeholder_runs(frame, history) {
                let named = |placed: &&PlacedPicture| {
                    placed.kind == PlacementKind::Placeholder
                        && placed.image_id == run.image_id
                        && (run.placement_id == 0 || placed.placement_id == run.placement_id)
                };
                let placed = placements.iter().find(named);
                drawings.extend(placed.and_then(|placed| Drawing::of_run(placed, row, &run, metrics)));
            }
        }
        drawings
    }

    /// Draws those of one layer.
    pub(super) fn draw_pictures(&self, snapshot: &gtk::Snapshot, drawings: &[Drawing], layer: Layer) {
        for drawing in drawings.iter().filter(|drawing| drawing.layer == layer) {
            if let Some(texture) = self.texture(drawing) {
                drawing.draw(snapshot, &texture);
            }
        }
    }

    fn read_placements(&self, table: u64) {
        let state = &self.imp().pictures;
        let reader = state.reader.borrow();
        let Some(reader) = reader.as_ref() else {
            if state.asked.get().is_none() {
                state.asked.set(Some(0));
                let view = self.downgrade();
                glib::idle_add_local_once(move || view.upgrade().iter().for_each(View::ask_for_pictures));
            }
            return;
        };
        if state.table.get() == table {
            return;
        }
        // Where it is gone already, a newer frame is there, which names another.
        if let Some(placements) = reader.placements(table) {
            let mut textures = state.textures.borrow_mut();
            textures.retain(|serial, image| {
                let of_it = || placements.iter().filter(|placed| placed.serial == *serial);
                image.parts.retain(|part, _| of_it().any(|placed| placed.source == *part));
                of_it().next().is_some()
            });
            state.placements.replace(placements);
            state.table.set(table);
        }
    }

    fn ask_for_pictures(&self) {
        let request = GetPictures { session: String::new() };
        if let Some(id) = self.begin_request(request) {
            self.imp().pictures.asked.set(Some(id));
        }
    }

    /// Takes the answer to that; false if it is another's.
    pub(super) fn take_pictures(&self, received: &Received) -> bool {
        let state = &self.imp().pictures;
        if received.id == 0 || state.asked.get() != Some(received.id) {
            return false;
        }
        // A service that has none, or is too old for that, is not asked again.
        if let ToClient::Pictures(_) = &received.message {
            let reader = self.complete_pictures(received.id);
            if let Some(reader) = reader {
                state.reader.replace(Some(reader));
                state.table.set(0);
                state.textures.take();
                self.queue_draw();
            }
        }
        true
    }

    /// The texture of what is drawn; the image is copied when it is first seen.
    fn texture(&self, drawing: &Drawing) -> Option<gdk::Texture> {
        let state = &self.imp().pictures;
        let mut textures = state.textures.borrow_mut();
        let image = match textures.entry(drawing.serial) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let picture = state.reader.borrow().as_ref()?.picture(drawing.serial)?;
                let (size, rgba) = ([picture.width, picture.height], glib::Bytes::from_owned(picture.rgba));
                entry.insert(Image { size, rgba, parts: HashMap::new() })
            }
        };
        image.part(drawing.source)
    }

    /// The row of the view, from its top, on which a placement begins.
    fn row_of(
        &self,
        placed: &PlacedPicture,
        frame: &Frame,
        history: Option<&[(Position, WrappedRow)]>,
    ) -> Option<i64> {
        let on_screen = placed.line - frame.head().pictures.top;
        let Some(rows) = history else { return Some(on_screen) };
        let screen = frame.head().history.end_line.0;
        let Some(line) = placed.history_line else {
            // Any row of the screen says where the others are.
            let (index, (at, _)) = rows.iter().enumerate().find(|(_, (at, _))| at.line >= screen)?;
            return Some(index as i64 - (at.line - screen) as i64 + on_screen);
        };
        if let Some((index, (at, _))) = rows.iter().enumerate().find(|(_, (at, _))| at.line == line) {
            return Some(index as i64 - at.row as i64);
        }
        let above = self.rows_above(line, placed.rows as usize)?;
        Some(-(above as i64))
    }
}

/// What of a placement is seen in the rows of the view.
fn spans(
    placed: &PlacedPicture,
    row: i64,
    frame: &Frame,
    history: Option<&[(Position, WrappedRow)]>,
) -> impl Iterator<Item = Span> {
    let cols = usize::from(frame.head().cols);
    let rows = history.map_or(frame.rows().len(), <[_]>::len) as i64;
    let within = |row: i64| row.clamp(0, rows) as usize;
    let shown = within(row + i64::from(placed.first))..within(row + i64::from(placed.last));
    let (from, to) = ((placed.col as usize).min(cols), ((placed.col + placed.cols) as usize).min(cols));
    shown.flat_map(move |row| match (placed.kind, history) {
        (PlacementKind::Cells, None) => {
            let cells = frame.rows().get(row).map(|row| row.cells.as_slice()).unwrap_or_default();
            runs(row, from..to.min(cells.len()), |col| cells[col].image())
        }
        // History does not say which cells show a picture: those in which nothing is written.
        (PlacementKind::Cells, Some(rows)) => {
            let written = written(&rows[row].1);
            runs(row, from..to, |col| !written.get(col).is_some_and(|written| *written))
        }
        _ => vec![Span { row, from, to }],
    })
}

/// The columns of a row in which something is written.
fn written(row: &WrappedRow) -> Vec<bool> {
    let of = |glyph: &Glyph| std::iter::repeat_n(&*glyph.text != " ", glyph.width);
    row.glyphs.iter().flat_map(of).collect()
}

/// Neighbouring columns that are wanted.
fn runs(row: usize, cols: std::ops::Range<usize>, wanted: impl Fn(usize) -> bool) -> Vec<Span> {
    let mut runs: Vec<Span> = Vec::new();
    for col in cols.filter(|col| wanted(*col)) {
        match runs.last_mut() {
            Some(run) if run.to == col => run.to += 1,
            _ => runs.push(Span { row, from: col, to: col + 1 }),
        }
    }
    runs
}

/// The cells that stand for images, with the rows of the view that they are in.
fn placeholder_runs(
    frame: &Frame,
    history: Option<&[(Position, WrappedRow)]>,
) -> Vec<(usize, PlaceholderRun)> {
    let cols = usize::from(frame.head().cols);
    let numbered = |index: usize, runs: Vec<PlaceholderRun>| runs.into_iter().map(move |run| (index, run));
    match history {
        Some(rows) => {
            let rows = rows.iter().enumerate();
            rows.flat_map(|(index, (_, row))| numbered(index, placeholders::in_row(row, cols))).collect()
        }
        None => {
            let rows = frame.rows().iter().enumerate();
            rows.flat_map(|(index, row)| numbered(index, placeholders::on_screen(frame, row))).collect()
        }
    }
}
