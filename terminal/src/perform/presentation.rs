//! DECRSPS: the cursor's state put back as DECCIR told it (VT420).

use crate::charset::Charset;
use crate::history::History;
use crate::modes::Mode;
use crate::style::{Attributes, Underline};
use crate::terminal::{Protection, Terminal};

impl<H: History> Terminal<H> {
    /// Row, column, page, rendition, protection, flags, GL, GR, sizes and names of the sets: ten fields, of which a
    /// report with fewer, or with one that is none, does nothing.
    pub(super) fn restore_presentation(&mut self, report: &[u8]) {
        let fields: Vec<&[u8]> = report.split(|byte| *byte == b';').collect();
        let [row, col, _page, rendition, protection, flags, left, right, sizes, names] = fields[..] else {
            return;
        };
        let number = |field: &[u8]| str::from_utf8(field).ok().and_then(|text| text.parse::<usize>().ok());
        // A letter whose low bits say what is on.
        let bits = |field: &[u8]| match field {
            [letter @ 0x40..=0x7f] => Some(letter - 0x40),
            _ => None,
        };
        let slot = |field: &[u8]| number(field).filter(|slot| *slot < 4).map(|slot| slot as u8);
        let (Some(row), Some(col)) = (number(row), number(col)) else { return };
        let (Some(rendition), Some(protection), Some(flags)) =
            (bits(rendition), bits(protection), bits(flags))
        else {
            return;
        };
        let (Some(left), Some(right), Some(sizes)) = (slot(left), slot(right), bits(sizes)) else { return };

        let style = &mut self.pen.style;
        for (bit, attribute) in [(0, Attributes::BOLD), (2, Attributes::BLINK), (3, Attributes::INVERSE)] {
            style.attributes.set(attribute, rendition >> bit & 1 == 1);
        }
        style.underline = if rendition & 2 == 0 { Underline::None } else { Underline::Single };
        self.pen.id = None;
        self.pen.protected = protection & 1 == 1;
        if self.pen.protected {
            self.protection = Protection::Dec;
        }
        self.restore_charsets(sizes, names);
        (self.charsets.left, self.charsets.right) = (left, right);
        self.charsets.single_shift = match flags >> 1 & 3 {
            1 => Some(2),
            2 => Some(3),
            _ => None,
        };
        // The place is told without regard to margins.
        self.modes.set(Mode::Origin, false);
        self.go_to(row.saturating_sub(1), col.saturating_sub(1));
        self.modes.set(Mode::Origin, flags & 1 == 1);
        self.at.pending_wrap = flags >> 3 & 1 == 1;
        self.settle_pending_wrap();
    }

    /// Names of sets, one after the other: intermediates, if any, and a final byte.
    fn restore_charsets(&mut self, sizes: u8, names: &[u8]) {
        let mut rest = names;
        for slot in 0..self.charsets.slots.len() {
            let Some(end) = rest.iter().position(|byte| (0x30..=0x7e).contains(byte)) else { return };
            let (name, after) = rest.split_at(end + 1);
            rest = after;
            self.charsets.slots[slot] = match (sizes >> slot & 1, name) {
                (1, b"A") => Charset::Latin1,
                (1, _) => Charset::Ascii,
                (_, name) => Charset::designated(&name[..end], name[end], true),
            };
        }
    }
}
