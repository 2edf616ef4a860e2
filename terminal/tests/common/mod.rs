//! What the emulator's tests share: a terminal made in one line, and its screen as text.

#![allow(dead_code)] // Each test program uses a part of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use scarab_terminal::{
    Content, History, ImageHost, ImageSource, Options, Picture, Size, Terminal, VecHistory,
};

/// A terminal under test.
pub type Term = Terminal<VecHistory>;

/// An empty one with ample history.
pub fn terminal(cols: u16, rows: u16) -> Term {
    Terminal::new(Size::cells(cols, rows), Options::default(), VecHistory::with_limit(10_000))
}

/// The pixels that a terminal has given away, by serial number, and what it finds in files.
#[derive(Clone, Debug, Default)]
pub struct Shelf(pub Arc<Mutex<Shelved>>);

/// What is on a [`Shelf`].
#[derive(Debug, Default)]
pub struct Shelved {
    pub pictures: BTreeMap<u64, Picture>,
    pub files: BTreeMap<Vec<u8>, Vec<u8>>,
    pub asked: Vec<ImageSource>,
}

impl ImageHost for Shelf {
    fn put(&mut self, serial: u64, picture: &Picture) {
        let before = self.0.lock().unwrap().pictures.insert(serial, picture.clone());
        assert!(before.is_none(), "{serial} twice");
    }

    fn remove(&mut self, serial: u64) {
        assert!(self.0.lock().unwrap().pictures.remove(&serial).is_some(), "{serial} is not there");
    }

    fn read(&mut self, source: &ImageSource) -> Result<Vec<u8>, String> {
        let mut shelved = self.0.lock().unwrap();
        shelved.asked.push(source.clone());
        shelved.files.get(&source.name).cloned().ok_or_else(|| "ENOENT:no such file".to_owned())
    }
}

/// One that takes images, with the place where they go. Its cells are of 10 by 20 pixels.
pub fn imaging(cols: u16, rows: u16) -> (Term, Shelf) {
    let options = Options { image_bytes: Options::MAX_IMAGE_BYTES, ..Options::default() };
    let (width_px, height_px) = (u32::from(cols) * 10, u32::from(rows) * 20);
    let size = Size { width_px, height_px, ..Size::cells(cols, rows) };
    let mut terminal = Terminal::new(size, options, VecHistory::with_limit(10_000));
    let shelf = Shelf::default();
    terminal.set_image_host(Box::new(shelf.clone()));
    (terminal, shelf)
}

/// Fails the test if what is on the shelf is not what the terminal has.
pub fn in_step(terminal: &Term, shelf: &Shelf) {
    healthy(terminal);
    let shelved = shelf.0.lock().unwrap();
    let known: Vec<_> =
        terminal.images().iter().map(|image| (image.serial, image.width, image.height)).collect();
    let kept: Vec<_> =
        shelved.pictures.iter().map(|(serial, picture)| (*serial, picture.width, picture.height)).collect();
    assert_eq!(known, kept);
}

/// One that has been fed.
pub fn fed(cols: u16, rows: u16, bytes: &[u8]) -> Term {
    let mut terminal = terminal(cols, rows);
    terminal.feed(bytes);
    healthy(&terminal);
    terminal
}

/// The style of a cell.
pub fn style(terminal: &Term, row: usize, col: usize) -> scarab_terminal::Style {
    terminal.styles().get(terminal.screen().row(row).cells()[col].style())
}

/// Fails the test if the terminal is not in order.
pub fn healthy<H: History>(terminal: &Terminal<H>) {
    if let Err(problem) = terminal.verify_integrity() {
        panic!("{problem}");
    }
}

/// The text of a row, blanks at its end trimmed.
pub fn row_text<H: History>(terminal: &Terminal<H>, row: usize) -> String {
    let mut text = String::new();
    for cell in terminal.screen().row(row).cells() {
        match cell.content() {
            Content::Blank | Content::Padding | Content::Image => text.push(' '),
            Content::Char(character) => text.push(character),
            Content::Cluster(id) => text.push_str(terminal.clusters().get(id)),
            Content::Spacer => {}
        }
    }
    text.truncate(text.trim_end_matches(' ').len());
    text
}

/// The texts of all rows.
pub fn rows<H: History>(terminal: &Terminal<H>) -> Vec<String> {
    (0..terminal.screen().rows()).map(|row| row_text(terminal, row)).collect()
}

/// The rows down to the last that is not blank.
pub fn text<H: History>(terminal: &Terminal<H>) -> String {
    rows(terminal).join("\n").trim_end_matches('\n').to_owned()
}

/// The texts of history's pieces, oldest first.
pub fn history(terminal: &Term) -> Vec<&str> {
    terminal.history().iter().map(|piece| piece.text.trim_end()).collect()
}

/// Row and column of the cursor.
pub fn at<H: History>(terminal: &Terminal<H>) -> (usize, usize) {
    (terminal.cursor().row, terminal.cursor().col)
}

/// The answers to what is fed now.
pub fn answer<H: History>(terminal: &mut Terminal<H>, bytes: &[u8]) -> String {
    terminal.replies().clear();
    terminal.feed(bytes);
    let answer = String::from_utf8_lossy(terminal.replies()).replace('\x1b', "ESC ");
    terminal.replies().clear();
    answer
}
