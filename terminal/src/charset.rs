//! Character sets (ISO 2022 as VT220 has it): four slots, two of them switched in by shifts.
//! With UTF-8 only the left half (GL) is translated.

use crate::checkpoint::{Damaged, Reader, Saved, damaged, saved_enum};

/// A set that a slot can hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Charset {
    #[default]
    Ascii,
    /// DEC special graphics: lines and a few symbols.
    Graphics,
    /// As ASCII with a pound sign.
    British,
}

saved_enum!(Charset { Ascii = 0, Graphics = 1, British = 2 });

impl Charset {
    /// The set named by the final byte of a designation.
    pub(crate) fn from_final(byte: u8) -> Self {
        match byte {
            b'0' | b'2' => Self::Graphics,
            b'A' => Self::British,
            _ => Self::Ascii,
        }
    }

    pub(crate) fn map(self, character: char) -> char {
        /// 0x5F to 0x7E.
        const GRAPHICS: [char; 32] = [
            ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─',
            '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
        ];
        match (self, character) {
            (Self::Graphics, '\x5f'..='\x7e') => GRAPHICS[character as usize - 0x5f],
            (Self::British, '#') => '£',
            _ => character,
        }
    }
}

/// The four slots and what is shifted in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Charsets {
    pub(crate) slots: [Charset; 4],
    /// The slot in GL.
    pub(crate) left: u8,
    /// The slot in GR; kept because it can be saved and restored, and unused with UTF-8.
    pub(crate) right: u8,
    /// The slot for the next character only (SS2, SS3).
    pub(crate) single_shift: Option<u8>,
}

impl Saved for Charsets {
    fn save(&self, to: &mut Vec<u8>) {
        let Self { slots, left, right, single_shift } = self;
        slots.save(to);
        left.save(to);
        right.save(to);
        single_shift.save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let slots = <[Charset; 4]>::load(from)?;
        let (left, right, single_shift) = (u8::load(from)?, u8::load(from)?, Option::load(from)?);
        if [Some(left), Some(right), single_shift].into_iter().flatten().any(|slot| slot > 3) {
            return damaged("no slot of a character set");
        }
        Ok(Self { slots, left, right, single_shift })
    }
}

impl Default for Charsets {
    /// ASCII everywhere, G0 in GL and G2 in GR, as on the VT220.
    fn default() -> Self {
        Self { slots: [Charset::Ascii; 4], left: 0, right: 2, single_shift: None }
    }
}

impl Charsets {
    /// Whether ASCII comes out as it goes in.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.single_shift.is_none() && self.slots[usize::from(self.left)] == Charset::Ascii
    }

    /// Translates one character.
    pub(crate) fn map(&mut self, character: char) -> char {
        let slot = self.single_shift.take().unwrap_or(self.left);
        self.slots[usize::from(slot)].map(character)
    }
}
