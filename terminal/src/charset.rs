//! Character sets (ISO 2022 as the VT320 has it): four slots, two of them switched in by shifts.
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
    Dutch,
    Finnish,
    French,
    FrenchCanadian,
    German,
    Italian,
    Norwegian,
    Portuguese,
    Spanish,
    Swedish,
    Swiss,
    /// The right half of Latin 1, 96 characters.
    Latin1,
    /// DEC supplemental: Latin 1 as it was before it was agreed on.
    Supplemental,
}

saved_enum!(Charset {
    Ascii = 0,
    Graphics = 1,
    British = 2,
    Dutch = 3,
    Finnish = 4,
    French = 5,
    FrenchCanadian = 6,
    German = 7,
    Italian = 8,
    Norwegian = 9,
    Portuguese = 10,
    Spanish = 11,
    Swedish = 12,
    Swiss = 13,
    Latin1 = 14,
    Supplemental = 15,
});

impl Charset {
    /// The set of 94 characters that a designation names by its further intermediates and its final byte. National
    /// ones exist in their mode only (DECNRCM), but for the British one, which the VT100 had without.
    pub(crate) fn designated(intermediates: &[u8], last: u8, national: bool) -> Self {
        let set = match (intermediates, last) {
            (b"", b'0' | b'2') => return Self::Graphics,
            (b"", b'A') => return Self::British,
            (b"", b'<') | (b"%", b'5') => return Self::Supplemental,
            (b"", b'4') => Self::Dutch,
            (b"", b'5' | b'C') => Self::Finnish,
            (b"", b'R' | b'f') => Self::French,
            (b"", b'9' | b'Q') => Self::FrenchCanadian,
            (b"", b'K') => Self::German,
            (b"", b'Y') => Self::Italian,
            (b"", b'6' | b'E' | b'`') => Self::Norwegian,
            (b"%", b'6') => Self::Portuguese,
            (b"", b'Z') => Self::Spanish,
            (b"", b'7' | b'H') => Self::Swedish,
            (b"", b'=') => Self::Swiss,
            _ => Self::Ascii,
        };
        if national { set } else { Self::Ascii }
    }

    /// How a designation ends that names it, as DECCIR tells it.
    pub(crate) fn designation(self) -> &'static str {
        match self {
            Self::Ascii => "B",
            Self::Graphics => "0",
            Self::British | Self::Latin1 => "A",
            Self::Dutch => "4",
            Self::Finnish => "5",
            Self::French => "R",
            Self::FrenchCanadian => "9",
            Self::German => "K",
            Self::Italian => "Y",
            Self::Norwegian => "6",
            Self::Portuguese => "%6",
            Self::Spanish => "Z",
            Self::Swedish => "7",
            Self::Swiss => "=",
            Self::Supplemental => "%5",
        }
    }

    /// What it has in the places of ASCII that a national set may fill.
    fn national(self) -> Option<&'static str> {
        Some(match self {
            Self::British => "£@[\\]^_`{|}~",
            Self::Dutch => "£¾ĳ½|^_`¨ƒ¼´",
            Self::Finnish => "#@ÄÖÅÜ_éäöåü",
            Self::French => "£à°ç§^_`éùè¨",
            Self::FrenchCanadian => "#àâçêî_ôéùèû",
            Self::German => "#§ÄÖÜ^_`äöüß",
            Self::Italian => "£§°çé^_ùàòèì",
            Self::Norwegian => "#ÄÆØÅÜ_äæøåü",
            Self::Portuguese => "#@ÃÇÕ^_`ãçõ~",
            Self::Spanish => "£§¡Ñ¿^_`°ñç~",
            Self::Swedish => "#ÉÄÖÅÜ_éäöåü",
            Self::Swiss => "ùàéçêîèôäöüû",
            Self::Ascii | Self::Graphics | Self::Latin1 | Self::Supplemental => return None,
        })
    }

    pub(crate) fn map(self, character: char) -> char {
        /// 0x5F to 0x7E.
        const GRAPHICS: [char; 32] = [
            ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─',
            '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
        ];
        match (self, character) {
            (Self::Ascii, _) => character,
            (Self::Graphics, '\x5f'..='\x7e') => GRAPHICS[character as usize - 0x5f],
            (Self::Graphics, _) => character,
            (Self::Latin1 | Self::Supplemental, ' '..='\x7e') => {
                let right = char::from(character as u8 + 0x80);
                match (self, right) {
                    // A blank is one in a set of 94.
                    (Self::Supplemental, '\u{a0}') => ' ',
                    (Self::Supplemental, '¨') => '¤',
                    (Self::Supplemental, '×') => 'Œ',
                    (Self::Supplemental, 'Ý') => 'Ÿ',
                    (Self::Supplemental, '÷') => 'œ',
                    (Self::Supplemental, 'ý') => 'ÿ',
                    _ => right,
                }
            }
            _ => {
                let set = self.national().unwrap_or(PLACES);
                let mut pairs = PLACES.chars().zip(set.chars());
                pairs.find(|(place, _)| *place == character).map_or(character, |(_, other)| other)
            }
        }
    }
}

/// The places of ASCII that national sets fill.
const PLACES: &str = "#@[\\]^_`{|}~";

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

    /// The set in GL, without a single shift.
    pub(crate) fn left_half(&self) -> Charset {
        self.slots[usize::from(self.left)]
    }

    /// Translates one character.
    pub(crate) fn map(&mut self, character: char) -> char {
        let slot = self.single_shift.take().unwrap_or(self.left);
        self.slots[usize::from(slot)].map(character)
    }
}
