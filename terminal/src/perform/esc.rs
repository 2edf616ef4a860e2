//! Escape sequences without parameters.

use crate::charset::Charset;
use crate::history::History;
use crate::modes::Mode;
use crate::row::LineSize;
use crate::terminal::Terminal;

impl<H: History> Terminal<H> {
    pub(super) fn escape_sequence(&mut self, intermediates: &[u8], byte: u8) {
        match (intermediates, byte) {
            // The end of a string, which was acted on when its ESC came.
            (b"", b'\\') => return,
            (b"", b'6') => self.back_index(),
            (b"", b'7') => self.save_cursor(),
            (b"", b'8') => self.restore_cursor(),
            (b"", b'9') => self.forward_index(),
            (b"", b'=') => self.set_mode(Mode::ApplicationKeypad, true),
            (b"", b'>') => self.set_mode(Mode::ApplicationKeypad, false),
            (b"", b'D') => self.index(),
            // In this order: from right of the margins the return leads into them, and then the region would scroll.
            (b"", b'E') => {
                self.index();
                self.carriage_return();
            }
            (b"", b'H') => self.tabs.set(self.at.col, true),
            (b"", b'M') => self.reverse_index(),
            (b"", b'N') => self.charsets.single_shift = Some(2),
            (b"", b'O') => self.charsets.single_shift = Some(3),
            (b"", b'V') => self.guard_area(true),
            (b"", b'W') => self.guard_area(false),
            (b"", b'Z') => self.report_primary_attributes(),
            (b"", b'c') => self.reset(),
            (b"", b'n') => self.charsets.left = 2,
            (b"", b'o') => self.charsets.left = 3,
            (b"", b'|') => self.charsets.right = 3,
            (b"", b'}') => self.charsets.right = 2,
            (b"", b'~') => self.charsets.right = 1,
            (b"#", b'3') => self.set_line_size(LineSize::DoubleTop),
            (b"#", b'4') => self.set_line_size(LineSize::DoubleBottom),
            (b"#", b'5') => self.set_line_size(LineSize::Single),
            (b"#", b'6') => self.set_line_size(LineSize::DoubleWidth),
            (b"#", b'8') => self.fill_with_e(),
            (b" ", b'F') => self.eight_bit = false,
            (b" ", b'G') => self.eight_bit = self.conformance > 61,
            ([slot @ b'('..=b'+', more @ ..], set) => {
                let national = self.modes.is_set(Mode::NationalCharsets);
                self.charsets.slots[usize::from(slot - b'(')] = Charset::designated(more, set, national);
            }
            ([slot @ b'-'..=b'/'], set) => {
                let set = if set == b'A' { Charset::Latin1 } else { Charset::Ascii };
                self.charsets.slots[usize::from(slot - b'-') + 1] = set;
            }
            _ => {}
        }
        self.last.joinable = false;
        self.settle_pending_wrap();
    }
}
