//! What control characters and sequences do (ECMA-48, DEC STD 070 and the VT500 manuals, xterm's control
//! sequences). One file for each kind; this one takes them from the parser.

mod csi;
mod edit;
mod esc;
mod image;
mod image_command;
mod mode;
mod params;
mod presentation;
mod rectangle;
mod report;
mod reset;
mod sgr;
mod sixel_setting;
mod string;
mod window;

pub(crate) use params::Params;
pub(crate) use string::DeviceControl;
use vte::Perform;

use crate::event::Event;
use crate::history::History;
use crate::modes::Mode;
use crate::terminal::Terminal;

/// Receives what the parser has found, for as long as one run of bytes is parsed.
pub(crate) struct Performer<'a, H: History> {
    pub(crate) terminal: &'a mut Terminal<H>,
    /// The text of the OSC string that may end now; `None` if it is not to be interpreted.
    pub(crate) osc: Option<&'a [u8]>,
    pub(crate) device_control: &'a mut DeviceControl,
    /// A control sequence that ends now has a prefix and no number.
    pub(crate) bare: bool,
}

impl<H: History> Perform for Performer<'_, H> {
    fn execute(&mut self, byte: u8) {
        self.terminal.execute(byte);
    }

    fn csi_dispatch(&mut self, params: &vte::Params, intermediates: &[u8], ignore: bool, action: char) {
        // The parser sets `ignore` for too many intermediates, which no sequence has, and for too many
        // parameters, of which the first ones still count.
        match intermediates {
            [] => self.terminal.control_sequence(&params.into(), action as u8),
            _ if ignore && intermediates.len() > 1 => {}
            _ => {
                let mut params = Params::from(params);
                params.bare = self.bare;
                self.terminal.marked_sequence(&params, intermediates, action);
            }
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], ignore: bool, byte: u8) {
        if !ignore {
            self.terminal.escape_sequence(intermediates, byte);
        }
    }

    fn osc_dispatch(&mut self, _params: &[&[u8]], bell_terminated: bool) {
        if let Some(text) = self.osc {
            self.terminal.operating_system_command(text, bell_terminated);
        }
    }

    fn hook(&mut self, params: &vte::Params, intermediates: &[u8], ignore: bool, action: char) {
        let parameter = params.iter().next().and_then(|values| values.first()).copied().unwrap_or(0);
        self.device_control.begin(parameter, intermediates, ignore, action);
        self.terminal.graphics.sixel = None;
        if self.terminal.options.images() && intermediates.is_empty() && action == 'q' && !ignore {
            let mut values = params.iter().map(|values| values.first().copied().unwrap_or_default());
            self.terminal.begin_sixel(values.next().unwrap_or_default(), values.next().unwrap_or_default());
        }
    }

    fn put(&mut self, byte: u8) {
        self.device_control.put(byte);
    }

    fn unhook(&mut self) {
        if self.terminal.graphics.sixel.is_some() {
            self.terminal.end_sixel(self.device_control.is_spoilt());
        } else {
            self.terminal.answer_device_control(self.device_control);
        }
        self.device_control.clear();
    }
}

impl<H: History> Terminal<H> {
    /// A control character (C0).
    pub(crate) fn execute(&mut self, byte: u8) {
        match byte {
            0x07 => self.events.push(Event::Bell),
            0x08 => self.backward(1),
            0x09 => {
                // more(1) counts on a wrap before the tab, where it asks for one.
                if self.at.pending_wrap && self.modes.is_set(Mode::MoreFix) {
                    self.wrap_or_stay();
                }
                self.tab_forward(1);
            }
            0x0a..=0x0c => self.line_feed(),
            0x0d => self.carriage_return(),
            0x0e => self.charsets.left = 1,
            0x0f => self.charsets.left = 0,
            _ => return,
        }
        self.last.joinable = false;
    }
}
