//! Cells and runs written as text, plain or with SGR sequences and hyperlinks. Apart from capturing, which
//! decides what is written, because waiting for a text and copying a screen write the same way.

use super::publish::{self, Emulator};
use scarab_protocol::grid::placeholders;
use scarab_protocol::grid::{Attributes, Colour, HistoryPiece, Rgb, Style, Underline};
use scarab_protocol::message::CaptureStyle;
use scarab_terminal::{Content, Row};
use std::fmt::Write;

/// Writes one line.
#[derive(Debug)]
pub(super) struct LineText {
    out: String,
    how: CaptureStyle,
    /// What the sequences written so far have set.
    style: Style,
    /// The hyperlink that is open: its address.
    link: Option<String>,
    /// Blank cells not yet written: those at the end of the line never are.
    blanks: usize,
}

impl LineText {
    pub(super) fn new(how: CaptureStyle) -> Self {
        Self { out: String::new(), how, style: Style::default(), link: None, blanks: 0 }
    }

    /// Appends a row of the screen.
    pub(super) fn row(&mut self, row: &Row, emulator: &Emulator) {
        // Which style the last cell had, so that most cells need no look-up.
        let mut last = None;
        let mut style = Style::default();
        let mut address = None;
        for cell in row.cells() {
            if last != Some(cell.style()) {
                last = Some(cell.style());
                let of_cell = emulator.styles().get(cell.style());
                style = publish::style(&of_cell);
                address = of_cell.link.and_then(|link| emulator.links().get(link)).map(|link| &*link.uri);
            }
            let mut buffer = [0; 4];
            match cell.content() {
                Content::Blank | Content::Image => self.blank(&style),
                Content::Char(character) => self.put(character.encode_utf8(&mut buffer), &style, address),
                Content::Cluster(id) => self.put(emulator.clusters().get(id), &style, address),
                Content::Spacer | Content::Padding => {}
            }
        }
    }

    /// Appends a piece of history.
    pub(super) fn piece(&mut self, piece: &HistoryPiece) {
        let mut text = piece.text.as_str();
        for run in &piece.runs {
            let Some((part, rest)) = text.split_at_checked(run.bytes as usize) else { break };
            text = rest;
            let link = run.style.link.and_then(|link| piece.links.get(link.0 as usize));
            self.put(part, &run.style, link.map(|link| link.uri.as_str()));
        }
    }

    /// The text: trailing blanks left out, all sequences ended.
    pub(super) fn finish(mut self) -> String {
        match self.how {
            CaptureStyle::Text => {
                self.out.truncate(self.out.trim_end_matches(' ').len());
            }
            CaptureStyle::Ansi => self.look(&Style::default(), None),
        }
        self.out
    }

    fn blank(&mut self, style: &Style) {
        let seen = style.background != Colour::Default
            || style.underline != Underline::None
            || style.attributes.bits() & (Attributes::INVERSE.bits() | Attributes::STRIKE.bits()) != 0;
        if self.how == CaptureStyle::Ansi && seen {
            self.put(" ", style, None);
        } else {
            self.blanks += 1;
        }
    }

    fn put(&mut self, text: &str, style: &Style, address: Option<&str>) {
        if self.blanks > 0 {
            if self.how == CaptureStyle::Ansi {
                self.look(&Style::default(), None);
            }
            self.out.extend(std::iter::repeat_n(' ', self.blanks));
            self.blanks = 0;
        }
        if self.how == CaptureStyle::Ansi {
            self.look(style, address);
        }
        self.out.push_str(&placeholders::without(text));
    }

    /// Writes what makes the following look so.
    fn look(&mut self, style: &Style, address: Option<&str>) {
        if self.link.as_deref() != address {
            // Addresses hold no control characters: the emulator refuses those.
            let _ = write!(self.out, "\x1b]8;;{}\x1b\\", address.unwrap_or_default());
            self.link = address.map(str::to_owned);
        }
        let style = Style { link: None, ..*style };
        if self.style != style {
            self.style = style;
            sgr(&style, &mut self.out);
        }
    }
}

/// Sets all of a style, whatever was set before.
fn sgr(style: &Style, out: &mut String) {
    out.push_str("\x1b[0");
    for (attribute, code) in [
        (Attributes::BOLD, ";1"),
        (Attributes::FAINT, ";2"),
        (Attributes::ITALIC, ";3"),
        (Attributes::BLINK, ";5"),
        (Attributes::RAPID_BLINK, ";6"),
        (Attributes::INVERSE, ";7"),
        (Attributes::HIDDEN, ";8"),
        (Attributes::STRIKE, ";9"),
        (Attributes::OVERLINE, ";53"),
    ] {
        if style.attributes.contains(attribute) {
            out.push_str(code);
        }
    }
    out.push_str(match style.underline {
        Underline::None => "",
        Underline::Single => ";4",
        Underline::Double => ";4:2",
        Underline::Curly => ";4:3",
        Underline::Dotted => ";4:4",
        Underline::Dashed => ";4:5",
    });
    // Writing to a string does not fail.
    let _ = match style.foreground {
        Colour::Default => Ok(()),
        Colour::Indexed(index @ 0..8) => write!(out, ";{}", 30 + index),
        Colour::Indexed(index @ 8..16) => write!(out, ";{}", 90 + index - 8),
        Colour::Indexed(index) => write!(out, ";38;5;{index}"),
        Colour::Rgb(Rgb { r, g, b }) => write!(out, ";38;2;{r};{g};{b}"),
    };
    let _ = match style.background {
        Colour::Default => Ok(()),
        Colour::Indexed(index @ 0..8) => write!(out, ";{}", 40 + index),
        Colour::Indexed(index @ 8..16) => write!(out, ";{}", 100 + index - 8),
        Colour::Indexed(index) => write!(out, ";48;5;{index}"),
        Colour::Rgb(Rgb { r, g, b }) => write!(out, ";48;2;{r};{g};{b}"),
    };
    // With colons: a terminal that does not know it must not take its numbers for others.
    let _ = match style.underline_colour {
        Colour::Default => Ok(()),
        Colour::Indexed(index) => write!(out, ";58:5:{index}"),
        Colour::Rgb(Rgb { r, g, b }) => write!(out, ";58:2::{r}:{g}:{b}"),
    };
    out.push('m');
}

#[cfg(test)]
mod tests {
    use super::*;
    use scarab_protocol::grid::{HistoryRun, Link, LinkId};

    fn piece(text: &str, styles: &[(u32, Style)]) -> HistoryPiece {
        let run = |(bytes, style): &(u32, Style)| HistoryRun {
            bytes: *bytes,
            cells: *bytes,
            wide: false,
            single: false,
            style: *style,
        };
        let links = vec![Link { id: String::new(), uri: "https://a.example/".to_owned() }];
        HistoryPiece {
            text: text.to_owned(),
            runs: styles.iter().map(run).collect(),
            links,
            ..Default::default()
        }
    }

    #[test]
    fn styles_and_links_begin_and_end() {
        let red = Style { foreground: Colour::Indexed(1), ..Style::default() };
        let link = Style { link: Some(LinkId(0)), underline: Underline::Curly, ..Style::default() };
        let piece = piece("redlinkplain", &[(3, red), (4, link), (5, Style::default())]);
        let mut line = LineText::new(CaptureStyle::Ansi);
        line.piece(&piece);
        assert_eq!(
            line.finish(),
            "\x1b[0;31mred\x1b]8;;https://a.example/\x1b\\\x1b[0;4:3mlink\x1b]8;;\x1b\\\x1b[0mplain"
        );
        let mut line = LineText::new(CaptureStyle::Text);
        line.piece(&piece);
        assert_eq!(line.finish(), "redlinkplain");
    }

    #[test]
    fn runs_that_contradict_their_text_end_the_piece() {
        let piece = piece("aé", &[(2, Style::default()), (90, Style::default())]);
        let mut line = LineText::new(CaptureStyle::Text);
        line.piece(&piece);
        assert_eq!(line.finish(), "");
    }
}
