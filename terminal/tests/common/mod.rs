//! What the emulator's tests share: a terminal made in one line, and its screen as text.

#![allow(dead_code)] // Each test program uses a part of it.

use scarab_terminal::{Content, History, Options, Size, Terminal, VecHistory};

/// A terminal under test.
pub type Term = Terminal<VecHistory>;

/// An empty one with ample history.
pub fn terminal(cols: u16, rows: u16) -> Term {
    Terminal::new(Size::cells(cols, rows), Options::default(), VecHistory::with_limit(10_000))
}

/// One that has been fed.
pub fn fed(cols: u16, rows: u16, bytes: &[u8]) -> Term {
    let mut terminal = terminal(cols, rows);
    terminal.feed(bytes);
    healthy(&terminal);
    terminal
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
            Content::Blank | Content::Padding => text.push(' '),
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
