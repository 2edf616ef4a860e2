//! One executable definition of "healthy", which tests call after every operation, and the whole state as
//! text, by which tests compare two terminals.

use std::fmt::Write;

use crate::cell::{Cell, Content};
use crate::history::History;
use crate::modes::Mode;
use crate::retire::Tables;
use crate::screen::Screen;
use crate::style::{Style, Styles};
use crate::terminal::{Margins, Terminal};

impl<H: History> Terminal<H> {
    /// Checks all that must hold between two calls.
    pub fn verify_integrity(&self) -> Result<(), String> {
        let (rows, cols) = (self.rows(), self.cols());
        if self.size != self.size.clamped() {
            return Err(format!("its size is {:?}", self.size));
        }
        for (name, screen) in [("primary", &self.primary), ("alternate", &self.alternate)] {
            if (screen.rows(), screen.cols()) != (rows, cols) {
                return Err(format!("the {name} screen is {}x{}", screen.cols(), screen.rows()));
            }
            screen.verify_integrity().map_err(|problem| format!("{name} screen: {problem}"))?;
            self.verify_references(screen).map_err(|problem| format!("{name} screen: {problem}"))?;
        }
        if self.primary.stamp != self.alternate.stamp {
            return Err("the screens are of different frames".to_owned());
        }
        if self.primary.stamp > u64::MAX / 2 {
            return Err("the screens are of no frame".to_owned());
        }
        let saved = self.saved.iter().flatten().map(|saved| saved.position);
        for position in saved.chain([self.at]) {
            if position.row >= rows || position.col >= cols {
                return Err(format!("a cursor is outside, at {position:?}"));
            }
        }
        let Margins { top, bottom, left, right } = self.margins;
        if top >= bottom || bottom > rows || left >= right || right > cols {
            return Err(format!("the margins are {:?}", self.margins));
        }
        if !self.modes.is_set(Mode::LeftRightMargins) && (left > 0 || right < cols) {
            return Err("there are left and right margins without their mode".to_owned());
        }
        if self.at.pending_wrap && self.at.col + 1 != self.right_limit() {
            return Err(format!("a wrap is pending at column {}", self.at.col));
        }
        if self.pen.id.is_some_and(|id| self.styles.get(id) != self.pen.style) {
            // A full table gives the default style, the only exception.
            if self.styles.entries().len() < Styles::LIMIT {
                return Err("the pen's style is another one's".to_owned());
            }
        }
        let pens = self.saved.iter().flatten().map(|saved| &saved.pen).chain([&self.pen]);
        let mut styles = pens.map(|pen| &pen.style).chain(self.styles.entries());
        if styles.any(|style| style.link.is_some_and(|link| link.index() >= self.links.entries().len())) {
            return Err("a style has a link that is not there".to_owned());
        }
        self.renditions.verify_integrity()?;
        self.colours.verify_integrity()?;
        self.titles.verify_integrity()?;
        self.pointers.verify_integrity()?;
        self.pace.verify_integrity()?;
        self.graphics.verify_integrity()?;
        if self.replies.len() > Self::MAX_REPLIES {
            return Err(format!("{} bytes of replies wait", self.replies.len()));
        }
        Ok(())
    }

    fn verify_references(&self, screen: &Screen) -> Result<(), String> {
        for row in (0..screen.rows()).map(|index| screen.row(index)) {
            for cell in row.cells() {
                if cell.style().index() >= self.styles.entries().len() {
                    return Err(format!("a cell has style {}", cell.style().index()));
                }
                let printable = match cell.content() {
                    Content::Cluster(id) => {
                        let text = self.clusters.entries().get(id.index());
                        text.is_some_and(|text| !text.chars().any(char::is_control))
                    }
                    Content::Char(character) => !character.is_control(),
                    Content::Blank | Content::Spacer | Content::Padding | Content::Image => true,
                };
                if !printable {
                    return Err(format!("a cell has {:?}", cell.content()));
                }
            }
        }
        Ok(())
    }

    /// Bytes that the emulator keeps of unfinished sequences and waiting replies, for tests of bounds.
    pub fn pending_bytes(&self) -> usize {
        self.stream.allocated() + self.replies.capacity() + self.graphics.pending()
    }

    /// The state as text, one thing a line: equal for terminals that behave alike from here on.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        for (name, screen) in [("primary", &self.primary), ("alternate", &self.alternate)] {
            for index in 0..screen.rows() {
                let row = screen.row(index);
                let _ = write!(text, "{name} {index} ");
                self.describe_cells(row.trimmed_cells(), &mut text);
                let (wrapped, size, mark) = (row.wrapped(), row.line_size(), row.mark());
                let _ = writeln!(text, " {wrapped} {size:?} {mark:?}");
            }
        }
        let Self {
            size,
            options,
            stream,
            primary: _,
            alternate: _,
            on_alternate,
            at,
            pen,
            charsets,
            saved,
            margins,
            tabs,
            modes,
            saved_modes,
            protection,
            cursor_look,
            last,
            conformance,
            rectangular,
            styles: _,
            clusters: _,
            links: _,
            anonymous_links,
            titles,
            directory,
            progress,
            notifications,
            kitty,
            modify_other_keys,
            focused,
            colours,
            replies,
            eight_bit,
            renditions,
            watched,
            pace,
            pointers,
            events,
            history,
            retirement: _,
            graphics,
            bulk: _,
        } = self;
        let pens: Vec<_> = saved.iter().flatten().map(|saved| &saved.pen).chain([pen]).collect();
        for pen in pens {
            let _ = write!(text, "pen {:?} ", pen.protected);
            self.describe_style(pen.style, &mut text);
        }
        let places: Vec<_> = saved
            .iter()
            .map(|saved| saved.map(|saved| (saved.position, saved.charsets, saved.origin)))
            .collect();
        let _ = writeln!(text, "\n{size:?} {options:?} {stream:?} {on_alternate} {at:?} {charsets:?}");
        let _ = writeln!(text, "{places:?} {margins:?} {modes:?} {saved_modes:?} {protection:?}");
        let _ = writeln!(text, "{cursor_look:?} {last:?} {conformance} {rectangular} {anonymous_links}");
        let _ = writeln!(text, "{titles:?} {directory:?} {progress:?} {notifications:?} {kitty:?}");
        let _ = writeln!(text, "{modify_other_keys} {focused} {}", history.pieces());
        let _ = writeln!(text, "{tabs:?} {eight_bit} {renditions:?} {watched} {pace:?} {pointers:?}");
        let _ = writeln!(text, "{colours:?}");
        graphics.describe(&mut text);
        let _ = writeln!(text, "{} {events:?}", String::from_utf8_lossy(replies));
        text
    }

    fn describe_cells(&self, cells: &[Cell], text: &mut String) {
        let mut style = None;
        for cell in cells {
            if style != Some((cell.style(), cell.flags())) {
                style = Some((cell.style(), cell.flags()));
                let _ = write!(text, "<{} ", cell.flags());
                self.describe_style(self.styles.get(cell.style()), text);
                text.push('>');
            }
            match cell.content() {
                Content::Blank => text.push('\u{b7}'),
                Content::Char(character) => text.push(character),
                Content::Cluster(id) => {
                    let _ = write!(text, "{{{}}}", self.clusters.get(id));
                }
                Content::Spacer => text.push('\u{203a}'),
                Content::Padding => text.push('\u{2026}'),
                Content::Image => text.push('\u{25a6}'),
            }
        }
    }

    fn describe_style(&self, style: Style, text: &mut String) {
        let tables = Tables { styles: &self.styles, clusters: &self.clusters, links: &self.links };
        let link = style.link.and_then(|link| tables.links.get(link));
        let plain = Style { link: None, ..style };
        if plain != Style::default() || link.is_some() {
            let _ = write!(text, "{plain:?} {link:?}");
        }
    }
}
