//! The history view: a still picture of screen and history that a person scrolls, searches, selects from and
//! copies.
//!
//! Still, because what one reads must not run away; while it is open the doorbell is not armed, so it costs the
//! service nothing. Keys are those that less, vi and tmux share.

use super::canvas::{Ink, Inks, Tag, write_text};
use super::input::MouseEvent;
use super::keys::{self, chosen, code};
use super::outer::Abilities;
use super::paint::{Cursor, Painter};
use super::screen::{draw_line, draw_row};
use super::style::Look;
use scarab_protocol::grid::search::{self, Direction, Match, SearchError};
use scarab_protocol::grid::{
    Attributes, Cell, Content, Frame, GridError, Lines, Place, Position, ViewReader, WrappedRow,
};
use scarab_protocol::message::input::{Key, MouseAction};
use scarab_protocol::message::{KeyAction, Size, mods};
use scarab_protocol::pattern::{Case, Pattern, Syntax};
use std::time::Duration;

/// Rows that one notch of the wheel scrolls.
const WHEEL: usize = 3;
/// Most bytes copied: what the service takes for a clipboard too.
const MAX_COPY: usize = 1 << 20;
/// Most characters of what is searched for.
const MAX_NEEDLE: usize = 200;
/// How long a search may hold up keys. Chosen by feel.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a key or the mouse led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Go on; paint again.
    Stay,
    /// Back to the session.
    Leave,
    /// This was selected: copy it and go on.
    Copy(String),
    /// This was selected: copy it, and back to the session.
    CopyAndLeave(String),
}

/// What is typed after `/`: a regular expression as in less, vi and tmux; Ctrl-R makes it stand for itself, as in less.
#[derive(Debug, Default)]
struct Prompt {
    text: String,
    literal: bool,
}

impl Prompt {
    /// What stands before the text typed.
    fn lead(&self) -> &'static str {
        if self.literal { "literally /" } else { "/" }
    }
}

/// What is searched for.
#[derive(Debug)]
struct Needle {
    typed: String,
    pattern: Pattern,
}

/// The open view.
#[derive(Debug)]
pub struct History {
    lines: Lines,
    size: Size,
    top: Position,
    /// The cursor's row and column on the outer screen.
    cursor: (usize, usize),
    /// Where the selection began.
    anchor: Option<Place>,
    /// The mouse holds the selection's other end.
    dragging: bool,
    prompt: Option<Prompt>,
    needle: Option<Needle>,
    /// The match shown.
    found: Option<Match>,
    /// How far a search came that was given up, and in which direction.
    reached: Option<(Direction, Place)>,
    message: Option<String>,
}

impl History {
    /// Opens at the screen as it is.
    pub fn open(view: &ViewReader, frame: Frame, size: Size) -> Result<Self, GridError> {
        let head = *frame.head();
        let lines = Lines::new(frame, size.cols);
        let mut history = Self {
            lines,
            size,
            top: Position::default(),
            cursor: (0, 0),
            anchor: None,
            dragging: false,
            prompt: None,
            needle: None,
            found: None,
            reached: None,
            message: None,
        };
        history.top = history.lowest_top(view)?;
        // The cursor stays where the person was looking.
        let above = (history.lines.screen().saturating_sub(history.top.line)) as usize;
        let row = usize::from(head.cursor.row) + above;
        history.cursor = (row.min(history.last_row()), usize::from(head.cursor.col).min(history.last_col()));
        Ok(history)
    }

    /// Opens the prompt for what to search.
    pub fn ask_needle(&mut self) {
        self.prompt = Some(Prompt::default());
    }

    /// The outer terminal has another size.
    pub fn resize(&mut self, view: &ViewReader, size: Size) -> Result<(), GridError> {
        self.size = size;
        self.lines.set_cols(size.cols);
        self.anchor = None;
        self.found = None;
        self.top.row = 0;
        let lowest = self.lowest_top(view)?;
        self.top = self.top.min(lowest);
        self.cursor = (self.cursor.0.min(self.last_row()), self.cursor.1.min(self.last_col()));
        Ok(())
    }

    fn last_row(&self) -> usize {
        usize::from(self.size.rows.max(1)) - 1
    }

    fn last_col(&self) -> usize {
        usize::from(self.size.cols.max(1)) - 1
    }

    /// The top at which the last row stands at the bottom.
    fn lowest_top(&mut self, view: &ViewReader) -> Result<Position, GridError> {
        let last = self.lines.end().saturating_sub(1);
        let rows = self.lines.rows(view, last)?.0.len();
        let mut top = Position { line: last, row: rows.saturating_sub(1) };
        for _ in 0..self.last_row() {
            match self.lines.before(view, top)? {
                Some(before) => top = before,
                None => break,
            }
        }
        Ok(top)
    }

    fn scroll_up(&mut self, view: &ViewReader, rows: usize) -> Result<usize, GridError> {
        for done in 0..rows {
            match self.lines.before(view, self.top)? {
                Some(before) => self.top = before,
                None => return Ok(done),
            }
        }
        Ok(rows)
    }

    fn scroll_down(&mut self, view: &ViewReader, rows: usize) -> Result<usize, GridError> {
        let lowest = self.lowest_top(view)?;
        for done in 0..rows {
            if self.top >= lowest {
                return Ok(done);
            }
            match self.lines.after(view, self.top)? {
                Some(after) => self.top = after,
                None => return Ok(done),
            }
        }
        Ok(rows)
    }

    /// The position shown in a row of the outer screen; the last one where nothing is shown.
    fn position(&mut self, view: &ViewReader, row: usize) -> Result<Position, GridError> {
        let mut at = self.top;
        for _ in 0..row {
            match self.lines.after(view, at)? {
                Some(after) => at = after,
                None => break,
            }
        }
        Ok(at)
    }

    fn place(&mut self, view: &ViewReader) -> Result<Place, GridError> {
        Ok(Place { at: self.position(view, self.cursor.0)?, col: self.cursor.1 })
    }

    /// Takes a key.
    pub fn key(&mut self, view: &ViewReader, key: &Key) -> Result<Outcome, GridError> {
        if key.action == KeyAction::Release {
            return Ok(Outcome::Stay);
        }
        self.message = None;
        if self.prompt.is_some() {
            return self.prompt_key(view, key);
        }
        let held = chosen(key.mods);
        let control = held & mods::CTRL != 0;
        let half = (self.last_row() / 2).max(1);
        let page = self.last_row().max(1);
        let typed = match (control, key.text.chars().next()) {
            (false, Some(typed)) => Some(typed),
            (true, _) => None,
            (false, None) if keys::functional(key.key) => None,
            (false, None) => char::from_u32(key.key),
        };
        let with_control = |letter: char| control && key.key == u32::from(letter);
        match (key.key, typed) {
            (code::ESCAPE, _) if self.anchor.is_some() => self.anchor = None,
            (code::ESCAPE, _) | (_, Some('q')) => return Ok(Outcome::Leave),
            _ if with_control('c') || with_control('g') => return Ok(Outcome::Leave),
            (code::UP, _) | (_, Some('k')) => self.up(view)?,
            (code::DOWN, _) | (_, Some('j')) => self.down(view)?,
            _ if with_control('p') => self.up(view)?,
            _ if with_control('n') => self.down(view)?,
            (code::LEFT, _) | (_, Some('h')) => self.cursor.1 = self.cursor.1.saturating_sub(1),
            (code::RIGHT, _) | (_, Some('l')) => self.cursor.1 = (self.cursor.1 + 1).min(self.last_col()),
            (code::PAGE_UP, _) | (_, Some('b')) => self.page_up(view, page)?,
            (code::PAGE_DOWN, _) | (_, Some('f')) => self.page_down(view, page)?,
            _ if with_control('b') => self.page_up(view, page)?,
            _ if with_control('f') => self.page_down(view, page)?,
            _ if with_control('u') => self.page_up(view, half)?,
            _ if with_control('d') => self.page_down(view, half)?,
            _ if with_control('y') => drop(self.scroll_up(view, 1)?),
            _ if with_control('e') => drop(self.scroll_down(view, 1)?),
            (code::HOME, _) | (_, Some('g')) => {
                self.top = Position { line: self.lines.first(), row: 0 };
                self.top = self.top.min(self.lowest_top(view)?);
                self.cursor = (0, 0);
            }
            (code::END, _) | (_, Some('G')) => {
                self.top = self.lowest_top(view)?;
                self.cursor = (self.last_row(), 0);
            }
            (_, Some('0')) => self.cursor.1 = 0,
            (_, Some('^')) => self.cursor.1 = self.row_end(view, true)?,
            (_, Some('$')) => self.cursor.1 = self.row_end(view, false)?,
            (_, Some('v' | ' ')) => {
                self.anchor = match self.anchor {
                    Some(_) => None,
                    None => Some(self.place(view)?),
                };
            }
            (_, Some('V')) => {
                self.cursor.1 = 0;
                self.anchor = Some(self.place(view)?);
                self.cursor.1 = self.last_col();
            }
            (code::ENTER, _) | (_, Some('y')) => {
                return Ok(match self.selection(view)? {
                    Some(text) => Outcome::CopyAndLeave(text),
                    None => Outcome::Leave,
                });
            }
            (_, Some('/' | '?')) => self.ask_needle(),
            (_, Some('n')) => self.search(view, Direction::Back)?,
            (_, Some('N')) => self.search(view, Direction::Forward)?,
            _ => {}
        }
        Ok(Outcome::Stay)
    }

    fn prompt_key(&mut self, view: &ViewReader, key: &Key) -> Result<Outcome, GridError> {
        let control = chosen(key.mods) & mods::CTRL != 0;
        let Some(prompt) = &mut self.prompt else { return Ok(Outcome::Stay) };
        match key.key {
            code::ENTER => {
                if !prompt.text.is_empty() {
                    let syntax = if prompt.literal { Syntax::Literal } else { Syntax::Regex };
                    match Pattern::new(&prompt.text, syntax, Case::Smart) {
                        Ok(pattern) => {
                            let typed = std::mem::take(&mut prompt.text);
                            self.needle = Some(Needle { typed, pattern });
                            self.reached = None;
                        }
                        // What was typed stays, to be mended.
                        Err(error) => {
                            self.message = Some(error.to_string());
                            return Ok(Outcome::Stay);
                        }
                    }
                }
                self.prompt = None;
                self.search(view, Direction::Back)?;
            }
            code::BACKSPACE if prompt.text.is_empty() => self.prompt = None,
            code::BACKSPACE => drop(prompt.text.pop()),
            code::ESCAPE => self.prompt = None,
            _ if control && key.key == u32::from('c') => self.prompt = None,
            _ if control && key.key == u32::from('u') => prompt.text.clear(),
            _ if control && key.key == u32::from('r') => prompt.literal = !prompt.literal,
            _ if !control && prompt.text.chars().count() < MAX_NEEDLE => prompt.text.push_str(&key.text),
            _ => {}
        }
        Ok(Outcome::Stay)
    }

    /// Text pasted while the view is open can only be meant for the prompt.
    pub fn paste(&mut self, text: &[u8]) {
        if let Some(prompt) = &mut self.prompt {
            let room = MAX_NEEDLE.saturating_sub(prompt.text.chars().count());
            let text = String::from_utf8_lossy(text);
            prompt.text.extend(text.chars().take_while(|character| !character.is_control()).take(room));
        }
    }

    fn up(&mut self, view: &ViewReader) -> Result<(), GridError> {
        match self.cursor.0.checked_sub(1) {
            Some(row) => self.cursor.0 = row,
            None => drop(self.scroll_up(view, 1)?),
        }
        Ok(())
    }

    fn down(&mut self, view: &ViewReader) -> Result<(), GridError> {
        match self.cursor.0 < self.last_row() {
            true => self.cursor.0 += 1,
            false => drop(self.scroll_down(view, 1)?),
        }
        Ok(())
    }

    fn page_up(&mut self, view: &ViewReader, rows: usize) -> Result<(), GridError> {
        if self.scroll_up(view, rows)? == 0 {
            self.cursor.0 = 0;
        }
        Ok(())
    }

    fn page_down(&mut self, view: &ViewReader, rows: usize) -> Result<(), GridError> {
        if self.scroll_down(view, rows)? == 0 {
            self.cursor.0 = self.last_row();
        }
        Ok(())
    }

    /// The column of the last character in the cursor's row, or of the first that is no blank.
    fn row_end(&mut self, view: &ViewReader, first: bool) -> Result<usize, GridError> {
        let at = self.position(view, self.cursor.0)?;
        let last = self.last_col();
        let Some((row, _)) = self.lines.row(view, at)? else { return Ok(0) };
        let col = match first {
            true => row
                .glyphs
                .iter()
                .take_while(|glyph| &*glyph.text == " ")
                .map(|glyph| glyph.width)
                .sum::<usize>(),
            false => row.glyphs.iter().map(|glyph| glyph.width).sum::<usize>().saturating_sub(1),
        };
        Ok(col.min(last))
    }

    /// Takes the mouse: the wheel scrolls, a drag selects, its end copies.
    pub fn mouse(&mut self, view: &ViewReader, mouse: &MouseEvent) -> Result<Outcome, GridError> {
        let at = (usize::from(mouse.row).min(self.last_row()), usize::from(mouse.col).min(self.last_col()));
        match (mouse.action, mouse.button) {
            (MouseAction::Press, 4) => drop(self.scroll_up(view, WHEEL)?),
            (MouseAction::Press, 5) => {
                let scrolled = self.scroll_down(view, WHEEL)?;
                // Past the end: whoever came by the wheel leaves by the wheel.
                let past = scrolled == 0 && self.anchor.is_none();
                return Ok(if past { Outcome::Leave } else { Outcome::Stay });
            }
            (MouseAction::Press, 1) => {
                self.message = None;
                self.cursor = at;
                self.anchor = Some(self.place(view)?);
                self.dragging = true;
            }
            (MouseAction::Motion, _) if self.dragging => {
                self.cursor = at;
                // At the edge a drag scrolls on.
                if at.0 == 0 {
                    self.scroll_up(view, 1)?;
                } else if at.0 == self.last_row() {
                    self.scroll_down(view, 1)?;
                }
            }
            (MouseAction::Release, _) if self.dragging => {
                self.dragging = false;
                self.cursor = at;
                let place = self.place(view)?;
                if self.anchor == Some(place) {
                    // A click: nothing was dragged over.
                    self.anchor = None;
                } else if let Some(text) = self.selection(view)? {
                    self.message = Some(format!("copied {} characters", text.chars().count()));
                    return Ok(Outcome::Copy(text));
                }
            }
            _ => {}
        }
        Ok(Outcome::Stay)
    }

    /// Begins a selection by a press that opened the view.
    pub fn drag_from(&mut self, view: &ViewReader, mouse: &MouseEvent) -> Result<(), GridError> {
        self.mouse(view, &MouseEvent { action: MouseAction::Press, button: 1, ..*mouse }).map(drop)
    }

    /// The ends of the selection, in order, the second one included.
    fn ends(&mut self, view: &ViewReader) -> Result<Option<(Place, Place)>, GridError> {
        let Some(anchor) = self.anchor else { return Ok(None) };
        let cursor = self.place(view)?;
        Ok(Some((anchor.min(cursor), anchor.max(cursor))))
    }

    /// The text selected: soft-wrapped rows joined, trailing blanks left out, at most [`MAX_COPY`] bytes.
    fn selection(&mut self, view: &ViewReader) -> Result<Option<String>, GridError> {
        let Some((from, to)) = self.ends(view)? else { return Ok(None) };
        let mut text = String::new();
        let mut at = from.at;
        loop {
            let first = if at == from.at { from.col } else { 0 };
            let last = if at == to.at { to.col + 1 } else { usize::MAX };
            let Some((row, _)) = self.lines.row(view, at)? else { break };
            let part = row.text(first, last);
            let wrapped = row.wrapped;
            text.push_str(if wrapped { &part } else { part.trim_end_matches(' ') });
            if at >= to.at || text.len() > MAX_COPY {
                break;
            }
            if !wrapped {
                text.push('\n');
            }
            match self.lines.after(view, at)? {
                Some(after) => at = after,
                None => break,
            }
        }
        let mut end = text.len().min(MAX_COPY);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        Ok((!text.is_empty()).then_some(text))
    }

    fn search(&mut self, view: &ViewReader, direction: Direction) -> Result<(), GridError> {
        let from = match (&self.reached, &self.found) {
            (Some((before, reached)), _) if *before == direction => *reached,
            (_, Some(found)) => found.place(),
            _ => self.place(view)?,
        };
        let Some(needle) = &self.needle else {
            self.message = Some("nothing to search for: / asks".to_owned());
            return Ok(());
        };
        self.reached = None;
        match search::find(&mut self.lines, view, &needle.pattern, from, direction, PATIENCE) {
            Ok(Some(found)) => {
                let place = found.place();
                self.found = Some(found);
                // In the middle, where its surroundings are seen.
                self.top = place.at;
                let above = self.last_row() / 2;
                self.scroll_up(view, above)?;
                self.top = self.top.min(self.lowest_top(view)?);
                let mut row = 0;
                let mut at = self.top;
                while at < place.at && row < self.last_row() {
                    match self.lines.after(view, at)? {
                        Some(after) => at = after,
                        None => break,
                    }
                    row += 1;
                }
                self.cursor = (row, place.col.min(self.last_col()));
            }
            Ok(None) => self.message = Some(format!("no further \"{}\"", needle.typed)),
            Err(SearchError::Grid(error)) => return Err(error),
            Err(SearchError::TooSlow { reached }) => {
                self.reached = Some((direction, reached));
                let key = if direction == Direction::Back { 'n' } else { 'N' };
                self.message = Some(format!("nothing found so far: {key} searches on"));
            }
        }
        Ok(())
    }

    /// Paints the view.
    pub fn paint(
        &mut self,
        view: &ViewReader,
        painter: &mut Painter,
        abilities: Abilities,
        out: &mut Vec<u8>,
    ) -> Result<(), GridError> {
        painter.begin(self.size.cols, self.size.rows, abilities);
        painter.reverse(false);
        let ends = self.ends(view)?;
        let found = self.found.as_ref();
        let above = self.lines.screen().saturating_sub(self.top.line);
        let total = self.lines.screen() - self.lines.first();
        let corner = format!("[{above}/{total}]");
        let line = match (&self.prompt, &self.message) {
            // What is wrong with it stands behind it.
            (Some(prompt), Some(wrong)) => Some(format!("{}{}  ({wrong})", prompt.lead(), prompt.text)),
            (Some(prompt), None) => Some(format!("{}{}", prompt.lead(), prompt.text)),
            (None, message) => message.clone(),
        };
        let mut at = Some(self.top);
        let colours = self.lines.frame().colours().clone();
        for row in 0..usize::from(self.size.rows) {
            let shown = match at {
                Some(position) => self.lines.row(view, position)?,
                None => None,
            };
            painter.row(row, Tag::None, |cells, inks| {
                if let (Some((wrapped, links)), Some(position)) = (shown, at) {
                    draw_row(wrapped, links, &colours, cells, inks);
                    let place = |col| Place { at: position, col };
                    let chosen = |col| {
                        ends.is_some_and(|(from, to)| (from..=to).contains(&place(col)))
                            || found.is_some_and(|found| found.covers(place(col)))
                    };
                    highlight(wrapped, cells, inks, chosen);
                }
                if row == 0 {
                    let style = inks.number(Ink { look: Look::INVERSE, link: None });
                    let from = cells.len().saturating_sub(corner.len());
                    write_text(cells, from, &corner, style);
                }
                if let (Some(line), true) = (&line, row + 1 == usize::from(self.size.rows)) {
                    draw_line(line, cells, inks);
                }
            });
            at = match at {
                Some(position) => self.lines.after(view, position)?,
                None => None,
            };
        }
        let (row, col) = match &self.prompt {
            Some(prompt) => {
                let typed = prompt.lead().len() + prompt.text.chars().count();
                (self.last_row(), (typed + 1).min(self.last_col()))
            }
            None => self.cursor,
        };
        painter.finish(Some(Cursor { row: row as u16, col: col as u16, form: None }), out);
        Ok(())
    }
}

/// Turns the chosen columns round. Past the text of a row only its first blank column is: it stands for the line's
/// end.
fn highlight(row: &WrappedRow, cells: &mut [Cell], inks: &mut Inks, chosen: impl Fn(usize) -> bool) {
    let text: usize = row.glyphs.iter().map(|glyph| glyph.width).sum();
    for (col, cell) in cells.iter_mut().enumerate().take(text + 1) {
        if chosen(col) {
            let mut ink = inks.ink(cell.style());
            let bits = ink.look.attributes.bits() ^ Attributes::INVERSE.bits();
            ink.look.attributes = Attributes::from_bits(bits);
            let content = match cell.content() {
                Content::Blank => Content::Char(' '),
                content => content,
            };
            *cell = Cell::new(content, inks.number(ink)).with_wide(cell.wide());
        }
    }
}
