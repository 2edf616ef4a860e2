//! The way of the bytes into the emulator. `vte` parses escape sequences (but for one short cut, see
//! [`Params`]); what stands between two of them is handled here, because a terminal under flood does little else: printable text is found by
//! whole runs, checked as UTF-8 in bulk and written by whole runs.
//!
//! To know where a sequence ends this mirrors the few states of the parser that matter ([`State`]): the DEC
//! state machine of vt100.net as `vte` has it. It also keeps the text of OSC strings itself, because
//! `vte` would keep any number of bytes and loses what follows the sixteenth semicolon. Controls of one byte, where a
//! program asked for them, are in `eight_bit`.

mod eight_bit;
mod saved;

use vte::Parser;

use crate::history::History;
use crate::perform::{DeviceControl, Params, Performer};
use crate::terminal::Terminal;
use crate::text::printable_run;

/// Where in the parser's states the stream is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Ground,
    /// After ESC.
    Escape,
    /// After ESC and an intermediate byte.
    EscapeIntermediate,
    /// In a control sequence.
    Csi,
    /// In an operating system command.
    Osc,
    /// In a device control string.
    Dcs,
    /// In a string that nobody interprets: SOS, PM.
    Ignored,
    /// In a sequence that is too long to be one, of which the parser is told no more.
    TooLong,
    /// In an application program command.
    Apc,
}

impl State {
    /// The state after `byte`. In strings the caller passes only bytes that can end them.
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (_, 0x18 | 0x1a) => Self::Ground,
            (_, 0x1b) => Self::Escape,
            (Self::Escape, 0x20..=0x2f) => Self::EscapeIntermediate,
            (Self::Escape, b'[') => Self::Csi,
            (Self::Escape, b']') => Self::Osc,
            (Self::Escape, b'P') => Self::Dcs,
            (Self::Escape, b'_') => Self::Apc,
            (Self::Escape, b'X' | b'^') => Self::Ignored,
            (Self::Escape | Self::EscapeIntermediate, 0x30..=0x7e) => Self::Ground,
            (Self::Csi | Self::TooLong, 0x40..=0x7e) => Self::Ground,
            (Self::Osc, 0x07) => Self::Ground,
            (state, _) => state,
        }
    }

    /// Whether a sequence has begun that is no string.
    fn is_sequence(self) -> bool {
        matches!(self, Self::Escape | Self::EscapeIntermediate | Self::Csi)
    }

    /// Whether it lasts until one of a few bytes, whatever stands before.
    fn is_string(self) -> bool {
        matches!(self, Self::Osc | Self::Dcs | Self::Ignored | Self::Apc)
    }
}

/// The parser and what it has taken in of an unfinished sequence.
#[derive(Default)]
pub(crate) struct Stream {
    parser: Parser,
    state: State,
    /// What the parser knows of an unfinished sequence, from its ESC on: a checkpoint cannot save the parser, and
    /// this brings another one to where it is. Without the control characters inside it, which have had their
    /// effect, and of a device control only its introducer.
    unfinished: Vec<u8>,
    /// The beginning of a character whose rest has not come yet: of text, and with controls of eight bits of a string.
    partial: [u8; 4],
    partial_len: usize,
    /// Bytes of an unfinished sequence, which do not count yet (see [`crate::pace`]).
    unpassed: usize,
    /// The text of an OSC string.
    osc: Vec<u8>,
    /// That text is too long or was cancelled: it is not interpreted.
    osc_spoilt: bool,
    device_control: DeviceControl,
    /// Those of the last plain sequence.
    params: Params,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Stream")
            .field("state", &self.state)
            .field("partial", &&self.partial[..self.partial_len])
            .field("osc", &String::from_utf8_lossy(&self.osc))
            .field("osc_spoilt", &self.osc_spoilt)
            .field("device_control", &self.device_control)
            .finish_non_exhaustive()
    }
}

impl Stream {
    /// Bytes of an OSC string at most: a clipboard of 1 MiB as base64 with its introducer. A longer
    /// string is swallowed whole.
    const MAX_OSC: usize = (1 << 20) / 3 * 4 + 256;
    /// Bytes of a sequence, or of a device control's introducer, at most: 32 values of the greatest length and
    /// their separators take 192. A longer one is swallowed whole.
    const MAX_SEQUENCE: usize = 1024;
    /// Bytes that are kept allocated between two strings.
    const KEPT: usize = 4 << 10;

    pub(crate) fn feed<H: History>(&mut self, terminal: &mut Terminal<H>, bytes: &[u8]) {
        let mut rest = bytes;
        if self.partial_len > 0 && self.state == State::Ground {
            rest = self.complete_character(terminal, rest);
            terminal.pace.pass(bytes.len() - rest.len());
        }
        // With so many bytes left, or more, there is nothing to be taken by whole lines.
        let mut looked_at = usize::MAX;
        while let Some(first) = rest.first() {
            let taken = match self.state {
                State::Ground => match first {
                    0x20..=0x7e | 0x80.. => match terminal.print_text(rest) {
                        0 => self.uncommon_text(terminal, rest),
                        taken => taken,
                    },
                    0x1b => match rest {
                        [_, b'[', plain @ ..] => match self.params.read(plain) {
                            Some((action, taken)) if taken + 2 <= Self::MAX_SEQUENCE => {
                                terminal.control_sequence(&self.params, action);
                                taken + 2
                            }
                            _ => {
                                rest = &rest[self.sequence(terminal, rest)..];
                                continue;
                            }
                        },
                        _ => {
                            rest = &rest[self.sequence(terminal, rest)..];
                            continue;
                        }
                    },
                    b'\n' if rest.len() <= looked_at => {
                        terminal.execute(b'\n');
                        let lines = terminal.take_lines(&rest[1..]);
                        looked_at = rest.len() - 1 - lines.looked_at;
                        1 + lines.bytes
                    }
                    control => {
                        terminal.execute(*control);
                        1
                    }
                },
                State::Osc | State::Dcs | State::Ignored | State::Apc => self.string(terminal, rest),
                State::Escape | State::EscapeIntermediate | State::Csi => {
                    rest = &rest[self.sequence(terminal, rest)..];
                    continue;
                }
                State::TooLong => self.swallow(terminal, rest),
            };
            terminal.pace.pass(taken);
            rest = &rest[taken..];
        }
    }

    /// Text whose first character is not printed as most are.
    fn uncommon_text<H: History>(&mut self, terminal: &mut Terminal<H>, bytes: &[u8]) -> usize {
        let run = printable_run(bytes);
        if run == 0 {
            return self.text_run(terminal, bytes);
        }
        terminal.print_ascii(&bytes[..run]);
        run
    }

    /// A run of bytes beyond ASCII: characters, and what is none. To its end in one go, because looking for the
    /// end again behind every wrong byte would cost the square of their number.
    fn text_run<H: History>(&mut self, terminal: &mut Terminal<H>, bytes: &[u8]) -> usize {
        let end = bytes.iter().position(|byte| *byte < 0x80);
        let run = end.unwrap_or(bytes.len());
        if let Ok(text) = std::str::from_utf8(&bytes[..run]) {
            terminal.print_str(text);
            return run;
        }
        let mut left = run;
        for chunk in bytes[..run].utf8_chunks() {
            let (text, wrong) = (chunk.valid(), chunk.invalid());
            left -= text.len() + wrong.len();
            if !text.is_empty() {
                terminal.print_str(text);
            }
            // Cut off by ASCII the rest will not come.
            let unfinished = left == 0
                && end.is_none()
                && std::str::from_utf8(wrong).is_err_and(|error| error.error_len().is_none());
            if unfinished {
                self.partial_len = wrong.len();
                self.partial[..wrong.len()].copy_from_slice(wrong);
            } else if let [control] = wrong
                && terminal.eight_bit
                && eight_bit::is_control(*control)
            {
                // What a program that asked for controls of one byte means by a byte that is no character.
                self.control(terminal, *control);
                return run - left;
            } else if !wrong.is_empty() {
                terminal.print_char(char::REPLACEMENT_CHARACTER);
            }
        }
        run
    }

    /// Goes on with a character that the last bytes broke off in.
    fn complete_character<'a, H: History>(
        &mut self,
        terminal: &mut Terminal<H>,
        bytes: &'a [u8],
    ) -> &'a [u8] {
        let mut rest = bytes;
        while let Some((byte, after)) = rest.split_first() {
            self.partial[self.partial_len] = *byte;
            match std::str::from_utf8(&self.partial[..=self.partial_len]) {
                Ok(text) => {
                    self.partial_len = 0;
                    terminal.print_str(text);
                    return after;
                }
                Err(error) if error.error_len().is_none() => {
                    self.partial_len += 1;
                    rest = after;
                }
                // This byte does not belong to it and is read again by itself.
                Err(_) => {
                    self.partial_len = 0;
                    terminal.print_char(char::REPLACEMENT_CHARACTER);
                    return rest;
                }
            }
        }
        rest
    }

    /// The bytes of an escape or control sequence, up to its end or the beginning of a string. They count when it has
    /// had its effect, however it was cut.
    fn sequence<H: History>(&mut self, terminal: &mut Terminal<H>, bytes: &[u8]) -> usize {
        let taken = self.parse_sequence(terminal, bytes);
        self.unpassed += taken;
        if !self.state.is_sequence() {
            terminal.pace.pass(std::mem::take(&mut self.unpassed));
        }
        taken
    }

    fn parse_sequence<H: History>(&mut self, terminal: &mut Terminal<H>, bytes: &[u8]) -> usize {
        let mut taken = 0;
        let mut begins_anew = None;
        // Bytes of it so far that are no control characters, and where they begin here.
        let (mut length, mut begin) = (self.unfinished.len(), 0);
        let eight_bit = terminal.eight_bit;
        for byte in bytes {
            if eight_bit && eight_bit::is_control(*byte) {
                begins_anew = Some(*byte);
                break;
            }
            taken += 1;
            self.state = self.state.after(*byte);
            if *byte == 0x1b {
                (length, begin) = (0, taken - 1);
                self.unfinished.clear();
            }
            length += usize::from(*byte == 0x1b || *byte >= 0x20);
            if length > Self::MAX_SEQUENCE {
                self.state = State::TooLong.after(*byte);
                taken -= 1;
                self.parse(terminal, &bytes[..taken]);
                // Cancelled, the parser is as it was at the beginning.
                self.parse(terminal, b"\x18");
                self.unfinished.clear();
                return taken + 1;
            }
            if self.state == State::Ground || self.state.is_string() {
                break;
            }
        }
        self.parse(terminal, &bytes[..taken]);
        if self.state.is_sequence() {
            let told = bytes[begin..taken].iter().filter(|byte| **byte == 0x1b || **byte >= 0x20);
            self.unfinished.extend(told);
        } else {
            self.unfinished.clear();
            if self.state == State::Dcs {
                self.unfinished.extend_from_slice(b"\x1bP");
            }
        }
        if let Some(control) = begins_anew {
            self.control(terminal, control);
            taken += 1;
        }
        taken
    }

    /// The rest of a sequence that is too long, up to the byte that ends it.
    fn swallow<H: History>(&mut self, terminal: &Terminal<H>, bytes: &[u8]) -> usize {
        let control = |byte| terminal.eight_bit && eight_bit::is_control(byte);
        let end =
            bytes.iter().position(|byte| matches!(byte, 0x18 | 0x1a | 0x1b | 0x40..=0x7e) || control(*byte));
        let Some(end) = end else { return bytes.len() };
        if bytes[end] == 0x1b || bytes[end] >= 0x80 {
            self.state = State::Ground; // which is where a sequence begins
            return end;
        }
        self.state = self.state.after(bytes[end]);
        end + 1
    }

    /// The bytes of a string, up to and with the one that ends it.
    fn string<H: History>(&mut self, terminal: &mut Terminal<H>, bytes: &[u8]) -> usize {
        let is_osc = self.state == State::Osc;
        let ends = |byte| matches!(byte, 0x18 | 0x1a | 0x1b) || (byte == 0x07 && is_osc);
        let end = if terminal.eight_bit {
            self.end_of_string(bytes, ends)
        } else {
            bytes.iter().position(|byte| ends(*byte))
        };
        let content = &bytes[..end.unwrap_or(bytes.len())];
        let string = self.state;
        match string {
            State::Osc => self.keep_osc(content),
            // Bytes beyond ASCII mean nothing in any DCS, and one of them (0x9C, which is part of
            // many characters) would end it for the parser.
            State::Dcs if self.device_control.is_spoilt() => {}
            State::Dcs => self.device_control_text(terminal, content),
            State::Apc if terminal.options.images() => terminal.graphics.incoming.put(content),
            _ => {}
        }
        let Some(end) = end else { return bytes.len() };
        let terminator = if bytes[end] == 0x9c { 0x1b } else { bytes[end] };
        if matches!(terminator, 0x18 | 0x1a) {
            // Cancelled: the parser ends it as if it were whole.
            self.osc_spoilt = true;
            self.device_control.spoil();
        }
        self.state = self.state.after(terminator);
        self.unfinished.clear();
        if self.state == State::Escape {
            self.unfinished.push(terminator);
        }
        if string == State::Apc {
            terminal.end_application_command(terminator != 0x1b);
        }
        self.parse(terminal, &[terminator]);
        self.osc_spoilt = false;
        self.osc.clear();
        self.osc.shrink_to(Self::KEPT);
        self.device_control.clear();
        if bytes[end] == 0x9c {
            self.sequence(terminal, b"\\");
        }
        end + 1
    }

    /// Text of a device control. The parser needs none of a picture's, which is long.
    fn device_control_text<H: History>(&mut self, terminal: &mut Terminal<H>, content: &[u8]) {
        let begun = self.device_control.is_begun();
        self.watch_introducer(content);
        if self.device_control.is_spoilt() {
            return;
        }
        let mut rest = content;
        if !begun {
            let end =
                rest.iter().position(|byte| matches!(byte, 0x40..=0x7e)).map_or(rest.len(), |end| end + 1);
            self.parse_ascii(terminal, &rest[..end]);
            rest = &rest[end..];
            // It may be one of those that the parser does not take.
            if self.device_control.is_spoilt() {
                return;
            }
        }
        match &mut terminal.graphics.sixel {
            Some(sixel) => sixel.put(rest),
            None => self.parse_ascii(terminal, rest),
        }
    }

    fn parse_ascii<H: History>(&mut self, terminal: &mut Terminal<H>, bytes: &[u8]) {
        let told = bytes.split(|byte| *byte >= 0x80).filter(|part| !part.is_empty());
        told.for_each(|part| self.parse(terminal, part));
    }

    /// Keeps what has come of a device control's introducer, and spoils the whole where that is too long.
    fn watch_introducer(&mut self, content: &[u8]) {
        if self.device_control.is_begun() {
            return;
        }
        let end = content.iter().position(|byte| matches!(byte, 0x40..=0x7e)).unwrap_or(content.len());
        self.unfinished.extend(content[..end].iter().filter(|byte| matches!(byte, 0x20..=0x7e)));
        if self.unfinished.len() > Self::MAX_SEQUENCE {
            self.unfinished.truncate(Self::MAX_SEQUENCE);
            self.device_control.spoil();
        }
    }

    fn keep_osc(&mut self, content: &[u8]) {
        if self.osc_spoilt {
            return;
        }
        // Controls are not kept and do not count. One byte more than the bound is how too long a text shows.
        content.split(|byte| *byte < 0x20).for_each(|part| {
            let room = Self::MAX_OSC + 1 - self.osc.len();
            self.osc.extend_from_slice(&part[..part.len().min(room)]);
        });
        if self.osc.len() > Self::MAX_OSC {
            self.osc_spoilt = true;
            self.osc.clear();
        }
    }

    fn parse<H: History>(&mut self, terminal: &mut Terminal<H>, bytes: &[u8]) {
        let osc = if self.osc_spoilt { None } else { Some(&*self.osc) };
        let bare = self.ends_behind_prefix(bytes);
        let mut performer = Performer { terminal, osc, device_control: &mut self.device_control, bare };
        self.parser.advance(&mut performer, bytes);
    }

    /// Whether the last byte follows a prefix (`<`, `=`, `>`, `?`): for the parser a number that is missing is a 0.
    fn ends_behind_prefix(&self, bytes: &[u8]) -> bool {
        let before = match bytes {
            [.., before, _] => Some(before),
            _ => self.unfinished.last(),
        };
        before.is_some_and(|byte| matches!(byte, b'<'..=b'?'))
    }

    /// Bytes kept of unfinished sequences.
    pub(crate) fn allocated(&self) -> usize {
        self.osc.capacity() + self.device_control.allocated()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use vte::Perform;

    use super::*;
    use crate::history::VecHistory;
    use crate::size::{Options, Size};

    /// Notes whether anything was printed, which happens in the ground state only.
    #[derive(Default)]
    struct Probe(bool);

    impl Perform for Probe {
        fn print(&mut self, _character: char) {
            self.0 = true;
        }
    }

    /// Whether the parser itself is in its ground state after these bytes.
    fn parser_is_in_ground(bytes: &[u8]) -> bool {
        let mut parser = Parser::<1024>::new();
        parser.advance(&mut Probe::default(), bytes);
        let mut probe = Probe::default();
        parser.advance(&mut probe, b"x");
        probe.0
    }

    proptest! {
        /// Every byte that means something to the parser, often. Bytes beyond ASCII are kept from it.
        #[test]
        fn the_mirror_shows_what_the_parser_does(
            bytes in vec(prop_oneof![
                4 => prop::sample::select(b"\x1b\x1b\x1b[]PX^_\\\x07\x18\x1a;:1?$ !(m~q\x7f\r".to_vec()),
                1 => 0u8..0x80,
            ], 0..24),
        ) {
            let options = Options::default();
            let mut terminal = Terminal::new(Size::default(), options, VecHistory::default());
            for (place, byte) in bytes.iter().enumerate() {
                terminal.feed(&[*byte]);
                let ground = terminal.stream.state == State::Ground;
                prop_assert_eq!(ground, parser_is_in_ground(&bytes[..=place]), "after {:?}", &bytes[..=place]);
            }
        }
    }
}
