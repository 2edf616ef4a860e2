//! Controls of one byte (C1 of ISO 6429, after S8C1T), beside text and strings in UTF-8, whose characters have the same
//! bytes in them.

use super::Stream;
use crate::history::History;
use crate::terminal::Terminal;

/// ST.
const STRING_TERMINATOR: u8 = 0x9c;

/// Whether it is a control where those have eight bits. ISO 6429 ends or begins anew with it whatever has begun.
pub(super) fn is_control(byte: u8) -> bool {
    matches!(byte, 0x80..=0x9f)
}

impl Stream {
    /// What a control of one byte is short for.
    pub(super) fn control<H: History>(&mut self, terminal: &mut Terminal<H>, byte: u8) {
        self.sequence(terminal, &[0x1b, byte - 0x40]);
    }

    /// Where a string ends: at `ends`, or at a string terminator that is no part of a character.
    pub(super) fn end_of_string(&mut self, bytes: &[u8], ends: impl Fn(u8) -> bool) -> Option<usize> {
        bytes.iter().position(|byte| {
            let ends = if self.goes_on_with_character(*byte) {
                false
            } else {
                *byte == STRING_TERMINATOR || ends(*byte)
            };
            self.partial_len = if ends { 0 } else { self.partial_len };
            ends
        })
    }

    /// Takes in a byte of a string; whether it belongs to the character that the bytes before it began.
    fn goes_on_with_character(&mut self, byte: u8) -> bool {
        let begun = self.partial_len > 0;
        for length in [self.partial_len, 0] {
            self.partial[length] = byte;
            match str::from_utf8(&self.partial[..=length]) {
                Ok(_) => {
                    self.partial_len = 0;
                    return begun && length > 0;
                }
                Err(error) if error.error_len().is_none() => {
                    self.partial_len = length + 1;
                    return begun && length > 0;
                }
                // This byte does not belong to it; perhaps it begins one.
                Err(_) => self.partial_len = 0,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminator_inside_a_character_ends_nothing() {
        for (bytes, end) in [
            (&b"abc\x9cd"[..], Some(3)),
            ("\u{dc}\u{71c}\u{2701c}".as_bytes(), None),
            (b"\xc3\x9c\x9c", Some(2)),
            // What these begin does not go on with it.
            (b"\xe0\x9c", Some(1)),
            (b"\xf4\x9c", Some(1)),
            (b"\xc3a\x9c", Some(2)),
            (b"\xff\x9c", Some(1)),
            (b"\xe2\xc3\x9c\x07", Some(3)),
        ] {
            for cut in 0..=bytes.len() {
                let mut stream = Stream::default();
                let ends = |byte| byte == 0x07;
                let first = stream.end_of_string(&bytes[..cut], ends);
                let found = first.or_else(|| stream.end_of_string(&bytes[cut..], ends).map(|at| at + cut));
                assert_eq!(found, end, "{bytes:x?} cut at {cut}");
                assert!(end.is_none() || stream.partial_len == 0);
            }
        }
    }
}
