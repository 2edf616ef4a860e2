//! Pastes, which are somebody else's text: nothing in them may act as a key. Control characters other than
//! tab and line ends are left out, bracketed or not: ESC could end the brackets, and a Ctrl-C in a shell at
//! its prompt would end the paste early and run the rest as typed. Fed in pieces, as they arrive.

use super::InputModes;

/// The first byte of the C1 controls in UTF-8; the second is 0x80 to 0x9f.
const C1_LEAD: u8 = 0xc2;

/// Appends a whole paste.
pub fn encode_paste(text: &[u8], modes: InputModes, out: &mut Vec<u8>) {
    let mut encoder = PasteEncoder::start(modes, out);
    encoder.piece(text, out);
    encoder.end(out);
}

/// A paste under way. The modes of its start hold to its end, so that a bracket opened is closed. What a
/// piece ends in the middle of is kept to the next, so that pieces can be cut anywhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PasteEncoder {
    bracketed: bool,
    /// The last byte was CR, and a line feed now belongs to it.
    after_cr: bool,
    /// The last byte was [`C1_LEAD`], and is not yet out.
    c1_lead: bool,
}

impl PasteEncoder {
    /// Begins a paste.
    #[must_use]
    pub fn start(modes: InputModes, out: &mut Vec<u8>) -> Self {
        if modes.bracketed_paste {
            out.extend(b"\x1b[200~");
        }
        Self { bracketed: modes.bracketed_paste, after_cr: false, c1_lead: false }
    }

    /// Appends a piece: at most its own length and one byte.
    pub fn piece(&mut self, text: &[u8], out: &mut Vec<u8>) {
        out.reserve(text.len() + 1);
        for byte in text.iter().copied() {
            if self.c1_lead {
                self.c1_lead = false;
                if matches!(byte, 0x80..=0x9f) {
                    continue;
                }
                out.push(C1_LEAD);
            }
            let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                C1_LEAD => self.c1_lead = true,
                // A program that brackets pastes tells line ends from Enter; to the others a line end is
                // Enter.
                b'\n' if self.bracketed => out.push(b'\n'),
                b'\n' if after_cr => {}
                b'\n' => out.push(b'\r'),
                b'\t' | b'\r' => out.push(byte),
                0x00..=0x1f | 0x7f => {}
                _ => out.push(byte),
            }
        }
    }

    /// Ends the paste.
    pub fn end(self, out: &mut Vec<u8>) {
        if self.c1_lead {
            out.push(C1_LEAD);
        }
        if self.bracketed {
            out.extend(b"\x1b[201~");
        }
    }
}
