//! Answers to questions: device attributes, status, cursor, presentation, colours' scheme, size.
//! Programs ask many things and end with DA1, so that every answer is given at once and in order.

use std::fmt::Write;

use crate::charset::Charset;
use crate::history::History;
use crate::modes::Mode;
use crate::rendition::common;
use crate::style::{Attributes, Style, Underline};
use crate::terminal::Terminal;

use super::params::Params;
use super::sgr::describe;

impl<H: History> Terminal<H> {
    /// The conformance level at the start (DECSCL): VT500.
    pub(crate) const CONFORMANCE: u8 = 65;

    /// DA1: a VT200 with sixel pictures (4) where there are images, selective erase (6), horizontal scrolling (21),
    /// colour (22), rectangles (28) and a clipboard (52).
    pub(super) fn report_primary_attributes(&mut self) {
        let sixel = if self.options.images() { "4;" } else { "" };
        self.reply(format!("\x1b[?62;{sixel}6;21;22;28;52c").as_bytes());
    }

    /// DA2. Programs, vim first, take the second number for xterm's version: one that has SGR mouse
    /// reports, and below those that they have work-arounds for.
    pub(super) fn report_secondary_attributes(&mut self) {
        self.reply(b"\x1b[>1;400;0c");
    }

    /// DA3: a unit number, which no unit has.
    pub(super) fn report_tertiary_attributes(&mut self) {
        self.reply(b"\x1bP!|00000000\x1b\\");
    }

    /// XTVERSION.
    pub(super) fn report_version(&mut self) {
        let answer = format!("\x1bP>|{}\x1b\\", self.options.name_version);
        self.reply(answer.as_bytes());
    }

    /// DECREQTPARM: no parity, eight bits, 38,400 baud both ways.
    pub(super) fn report_terminal_parameters(&mut self, what: usize) {
        if what <= 1 {
            self.reply(format!("\x1b[{};1;1;128;128;1;0x", what + 2).as_bytes());
        }
    }

    /// DSR.
    pub(super) fn report_status(&mut self, what: usize) {
        match what {
            5 => self.reply(b"\x1b[0n"),
            6 => {
                let (row, col) = self.reported_position();
                self.reply(format!("\x1b[{row};{col}R").as_bytes());
            }
            _ => {}
        }
    }

    /// DSR with `?`.
    pub(super) fn report_private_status(&mut self, arguments: &Params) {
        match arguments.raw(0) {
            6 => {
                let (row, col) = self.reported_position();
                self.reply(format!("\x1b[?{row};{col};1R").as_bytes());
            }
            // No printer; user keys unlocked; a North American keyboard, ready; no locator; no macros; no
            // data lost; one session.
            15 => self.reply(b"\x1b[?13n"),
            25 => self.reply(b"\x1b[?20n"),
            26 => self.reply(b"\x1b[?27;1;0;0n"),
            53 | 55 => self.reply(b"\x1b[?50n"),
            56 => self.reply(b"\x1b[?57;0n"),
            62 => self.reply(b"\x1b[0*{"),
            63 => self.reply(format!("\x1bP{}!~0000\x1b\\", arguments.raw(1)).as_bytes()),
            75 => self.reply(b"\x1b[?70n"),
            85 => self.reply(b"\x1b[?83n"),
            996 => self.report_colour_scheme(),
            _ => {}
        }
    }

    /// The cursor counted from 1, from the margins in origin mode.
    pub(super) fn reported_position(&self) -> (usize, usize) {
        if self.modes.is_set(Mode::Origin) {
            let (top, left) = (self.margins.top, self.margins.left);
            (self.at.row.saturating_sub(top) + 1, self.at.col.saturating_sub(left) + 1)
        } else {
            (self.at.row + 1, self.at.col + 1)
        }
    }

    /// `CSI ? 997 n`: dark or light.
    pub(crate) fn report_colour_scheme(&mut self) {
        let scheme = if self.colours.viewer().dark { 1 } else { 2 };
        self.reply(format!("\x1b[?997;{scheme}n").as_bytes());
    }

    /// The report of mode 2048.
    pub(crate) fn report_size(&mut self) {
        let size = self.size;
        let report = format!("\x1b[48;{};{};{};{}t", size.rows, size.cols, size.height_px, size.width_px);
        self.reply(report.as_bytes());
    }

    pub(super) fn report_modify_other_keys(&mut self) {
        self.reply(format!("\x1b[>4;{}m", self.modify_other_keys).as_bytes());
    }

    pub(super) fn report_kitty_flags(&mut self) {
        let flags = self.kitty[self.screen_slot()].current();
        self.reply(format!("\x1b[?{flags}u").as_bytes());
    }

    /// XTREPORTSGR: what the cells of a rectangle have in common, from the rendition without anything.
    pub(super) fn report_rendition(&mut self, arguments: &Params) {
        let mut all: Option<Style> = None;
        if let Some(area) = self.rectangle(arguments, 0) {
            for row in area.top..area.bottom {
                for cell in &self.screen().row(row).cells()[area.left..area.right] {
                    let style = self.styles.get(cell.style());
                    all = Some(all.map_or(style, |all| common(&all, &style)));
                }
            }
        }
        let answer = format!("\x1b[{}m", describe(&all.unwrap_or_default()));
        self.reply(answer.as_bytes());
    }

    /// XTREPORTCOLORS: how many colours are pushed, and the highest place that has any.
    pub(super) fn report_colour_stack(&mut self) {
        let (pushed, places) = self.colours.kept();
        self.reply(format!("\x1b[?{pushed};{places}#Q").as_bytes());
    }

    /// DECRQDE: the whole of the one page, from its first row and column.
    pub(super) fn report_displayed_extent(&mut self) {
        self.reply(format!("\x1b[{};{};1;1;1\"w", self.rows(), self.cols()).as_bytes());
    }

    /// DECRQPSR: the cursor's state (DECCIR) or the tab stops (DECTABSR).
    pub(super) fn report_presentation(&mut self, what: usize) {
        match what {
            1 => self.report_cursor_information(),
            2 => {
                let stops: Vec<String> = self.tabs.columns(self.cols()).map(|col| col.to_string()).collect();
                self.reply(format!("\x1bP2$u{}\x1b\\", stops.join("/")).as_bytes());
            }
            _ => {}
        }
    }

    fn report_cursor_information(&mut self) {
        // Each of the three is a letter whose low bits say what is on.
        let bits = |flags: &[bool]| {
            let value = flags.iter().enumerate().fold(0u8, |bits, (place, on)| bits | u8::from(*on) << place);
            char::from(b'@' | value)
        };
        let style = &self.pen.style;
        let on = |attribute| style.attributes.contains(attribute);
        let rendition = bits(&[
            on(Attributes::BOLD),
            style.underline != Underline::None,
            on(Attributes::BLINK),
            on(Attributes::INVERSE),
        ]);
        let protection = bits(&[self.pen.protected]);
        let shift = self.charsets.single_shift;
        let flags = bits(&[
            self.modes.is_set(Mode::Origin),
            shift == Some(2),
            shift == Some(3),
            self.at.pending_wrap,
        ]);
        let (row, col) = (self.at.row + 1, self.at.col + 1);
        let sizes = bits(&self.charsets.slots.map(|set| set == Charset::Latin1));
        let mut answer = format!("\x1bP1$u{row};{col};1;{rendition};{protection};{flags}");
        let _ = write!(answer, ";{};{};{sizes};", self.charsets.left, self.charsets.right);
        self.charsets.slots.iter().for_each(|set| answer.push_str(set.designation()));
        answer.push_str("\x1b\\");
        self.reply(answer.as_bytes());
    }
}
