//! What is under way of an image: the text of a sixel picture, the command that comes in, the payload of several
//! commands. All of it is in a checkpoint, so that an image whose first half came before one is whole after it.

use super::command::Command;
use super::sixel::Head;
use crate::checkpoint::{Damaged, Reader, Saved, damaged, saved_struct};

/// Bytes of an image on its way at most, as text (sixel) or decoded from base64 (kitty): a screen of 1,920 by 1,080
/// sent as raw pixels takes 8.3 MB. It is kept in checkpoints, whose room bounds it.
pub const MAX_INCOMING: usize = 12 << 20;

/// The text of a sixel picture.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct SixelText {
    pub(crate) head: Head,
    pub(crate) text: Vec<u8>,
    /// It is longer than a picture may be.
    pub(crate) spoilt: bool,
}

impl SixelText {
    pub(crate) fn new(aspect: u16, background: u16) -> Self {
        Self { head: Head { aspect, background }, ..Self::default() }
    }

    /// Takes more of it. Controls mean nothing in it, nor does what is not ASCII.
    pub(crate) fn put(&mut self, content: &[u8]) {
        if self.spoilt {
            return;
        }
        for part in content.split(|byte| !(0x21..=0x7e).contains(byte)) {
            if self.text.len() + part.len() > MAX_INCOMING {
                self.spoilt = true;
                self.text = Vec::new();
                return;
            }
            self.text.extend_from_slice(part);
        }
    }
}

impl std::fmt::Debug for SixelText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(&self.text);
        formatter.debug_tuple("SixelText").field(&self.head).field(&text).field(&self.spoilt).finish()
    }
}

impl Saved for SixelText {
    fn save(&self, to: &mut Vec<u8>) {
        let Self { head: Head { aspect, background }, text, spoilt } = self;
        (*aspect, *background).save(to);
        save_bytes(text, to);
        spoilt.save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let (aspect, background) = Saved::load(from)?;
        let text = load_bytes(from)?;
        Ok(Self { head: Head { aspect, background }, text, spoilt: Saved::load(from)? })
    }
}

/// An application program command, of which only kitty's are looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Incoming {
    part: Part,
    /// What stands before the payload.
    pub(crate) control: Vec<u8>,
    pub(crate) payload: Base64,
}

/// How far a command has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Part {
    /// Nothing of it yet.
    #[default]
    Begin,
    /// Behind the G.
    Control,
    Payload,
    /// Of another kind, or too long.
    Ignored,
}

crate::checkpoint::saved_enum!(Part { Begin = 0, Control = 1, Payload = 2, Ignored = 3 });
saved_struct!(Incoming { part, control, payload });

impl Incoming {
    pub(crate) fn put(&mut self, content: &[u8]) {
        let mut rest = content;
        if self.part == Part::Begin
            && let Some((first, behind)) = rest.split_first()
        {
            self.part = if *first == b'G' { Part::Control } else { Part::Ignored };
            rest = behind;
        }
        if self.part == Part::Control {
            let end = rest.iter().position(|byte| *byte == b';');
            let text = &rest[..end.unwrap_or(rest.len())];
            if self.control.len() + text.len() > Command::MAX {
                self.part = Part::Ignored;
                self.control.clear();
                return;
            }
            self.control.extend_from_slice(text);
            let Some(end) = end else { return };
            self.part = Part::Payload;
            rest = &rest[end + 1..];
        }
        if self.part == Part::Payload {
            self.payload.put(rest);
        }
    }

    /// Whether it is a command for images.
    pub(crate) fn is_command(&self) -> bool {
        matches!(self.part, Part::Control | Part::Payload)
    }

    fn is_sound(&self) -> bool {
        self.control.len() <= Command::MAX && self.payload.data.len() <= MAX_INCOMING
    }
}

/// Base64 decoded as it comes in (RFC 4648, padding optional: kitty's clients leave it out).
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Base64 {
    pub(crate) data: Vec<u8>,
    /// Digits that make no byte yet, six bits each, the last one lowest.
    digits: u32,
    count: u8,
    /// It ends here: padding came.
    ended: bool,
    pub(crate) too_long: bool,
    /// Something else came.
    pub(crate) malformed: bool,
}

impl std::fmt::Debug for Base64 {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { data, digits, count, ended, too_long, malformed } = self;
        write!(formatter, "Base64({} bytes, ", data.len())?;
        let sum = data.iter().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        write!(formatter, "{sum:x}, {digits:x}, {count}, {ended}, {too_long}, {malformed})")
    }
}

impl Saved for Base64 {
    fn save(&self, to: &mut Vec<u8>) {
        let Self { data, digits, count, ended, too_long, malformed } = self;
        save_bytes(data, to);
        (*digits, *count).save(to);
        (*ended, *too_long, *malformed).save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let data = load_bytes(from)?;
        let (digits, count) = <(u32, u8)>::load(from)?;
        let (ended, too_long, malformed) = Saved::load(from)?;
        if count > 3 || u64::from(digits) >> (6 * u32::from(count)) != 0 {
            return damaged("no digits of base64");
        }
        Ok(Self { data, digits, count, ended, too_long, malformed })
    }
}

/// The value of a digit; 64 for what is none.
const VALUES: [u8; 256] = {
    let mut values = [64; 256];
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    while value < digits.len() {
        values[digits[value] as usize] = value as u8;
        value += 1;
    }
    values
};

impl Base64 {
    fn put(&mut self, mut text: &[u8]) {
        if self.too_long || self.malformed {
            return;
        }
        // Whole groups of four digits, of which nearly all of it consists.
        while self.count == 0 && !self.ended && self.data.len() + 3 <= MAX_INCOMING {
            let Some(([a, b, c, d], rest)) = text.split_first_chunk() else { break };
            let [a, b, c, d] = [a, b, c, d].map(|digit| VALUES[usize::from(*digit)]);
            if (a | b | c | d) & 64 != 0 {
                break;
            }
            let word = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
            self.data.extend_from_slice(&word.to_be_bytes()[1..]);
            text = rest;
        }
        for byte in text.iter().filter(|byte| **byte > b' ') {
            match VALUES[usize::from(*byte)] {
                64 if *byte == b'=' => self.ended = true,
                64.. => self.malformed = true,
                _ if self.ended => self.malformed = true,
                value => self.digit(value),
            }
            if self.too_long || self.malformed {
                let (too_long, malformed) = (self.too_long, self.malformed);
                *self = Self { too_long, malformed, ..Self::default() };
                return;
            }
        }
    }

    fn digit(&mut self, value: u8) {
        self.digits = self.digits << 6 | u32::from(value);
        self.count += 1;
        if self.count == 4 {
            if self.data.len() + 3 > MAX_INCOMING {
                self.too_long = true;
            } else {
                self.data.extend_from_slice(&self.digits.to_be_bytes()[1..]);
            }
            (self.digits, self.count) = (0, 0);
        }
    }

    /// The whole.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, &'static str> {
        if self.too_long {
            return Err(TOO_LONG);
        }
        // Two digits left make one byte, three two; one is none.
        match self.count {
            1 => self.malformed = true,
            2 => self.data.push((self.digits >> 4) as u8),
            3 => self.data.extend_from_slice(&((self.digits >> 2) as u16).to_be_bytes()),
            _ => {}
        }
        if self.malformed { Err("EINVAL:the payload is no base64") } else { Ok(self.data) }
    }
}

/// What is said of a payload beyond the bound.
pub(crate) const TOO_LONG: &str = "EFBIG:too much data for one image";

/// A payload that comes in several commands.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// The first of them.
    pub(crate) command: Command,
    pub(crate) data: Vec<u8>,
    /// What was wrong with it: the others are taken and dropped.
    pub(crate) too_long: bool,
    pub(crate) malformed: bool,
}

impl std::fmt::Debug for Transfer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { command, data, too_long, malformed } = self;
        write!(formatter, "Transfer({command:?}, {} bytes, {too_long}, {malformed})", data.len())
    }
}

impl Saved for Transfer {
    fn save(&self, to: &mut Vec<u8>) {
        let Self { command, data, too_long, malformed } = self;
        command.save(to);
        save_bytes(data, to);
        (*too_long, *malformed).save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let command = Command::load(from)?;
        let data = load_bytes(from)?;
        let (too_long, malformed) = Saved::load(from)?;
        Ok(Self { command, data, too_long, malformed })
    }
}

impl Transfer {
    pub(crate) fn new(command: Command) -> Self {
        Self { command, data: Vec::new(), too_long: false, malformed: false }
    }

    /// Takes the payload of one command more.
    pub(crate) fn add(&mut self, payload: Base64) {
        match payload.finish() {
            Ok(_) if self.too_long || self.malformed => {}
            Ok(data) if self.data.len() + data.len() > MAX_INCOMING => self.too_long = true,
            Ok(data) if self.data.is_empty() => self.data = data,
            Ok(data) => self.data.extend_from_slice(&data),
            Err(TOO_LONG) => self.too_long = true,
            Err(_) => self.malformed = true,
        }
        if self.too_long || self.malformed {
            self.data = Vec::new();
        }
    }

    /// The whole payload.
    pub(crate) fn finish(self) -> Result<Vec<u8>, &'static str> {
        match (self.too_long, self.malformed) {
            (true, _) => Err(TOO_LONG),
            (_, true) => Err("EINVAL:the payload is no base64"),
            _ => Ok(self.data),
        }
    }
}

/// Whether nothing is longer than it may become.
pub(crate) fn are_sound(incoming: &Incoming, transfer: Option<&Transfer>, sixel: Option<&SixelText>) -> bool {
    incoming.is_sound()
        && transfer.is_none_or(|transfer| transfer.data.len() <= MAX_INCOMING)
        && sixel.is_none_or(|sixel| sixel.text.len() <= MAX_INCOMING)
}

/// As a vector of bytes is saved, in one go.
fn save_bytes(bytes: &[u8], to: &mut Vec<u8>) {
    (bytes.len() as u32).save(to);
    to.extend_from_slice(bytes);
}

fn load_bytes(from: &mut Reader<'_>) -> Result<Vec<u8>, Damaged> {
    let length = from.length(1)?;
    Ok(from.take(length)?.to_vec())
}

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64, BASE64_NOPAD};
    use proptest::prelude::*;

    use super::*;

    fn decoded(parts: &[&[u8]]) -> Result<Vec<u8>, &'static str> {
        let mut base64 = Base64::default();
        parts.iter().for_each(|part| base64.put(part));
        base64.finish()
    }

    proptest! {
        #[test]
        fn base64_comes_out_as_it_went_in(data in prop::collection::vec(any::<u8>(), 0..200), cut in any::<prop::sample::Index>()) {
            for text in [BASE64.encode(&data), BASE64_NOPAD.encode(&data)] {
                let (first, second) = text.as_bytes().split_at(cut.index(text.len() + 1));
                prop_assert_eq!(decoded(&[first, second]), Ok(data.clone()));
            }
        }

        #[test]
        fn commands_can_be_cut_anywhere(text in "G?[a-z=,;A-Z]{0,40}", cut in any::<prop::sample::Index>()) {
            let mut whole = Incoming::default();
            whole.put(text.as_bytes());
            let mut parts = Incoming::default();
            let (first, second) = text.as_bytes().split_at(cut.index(text.len() + 1));
            parts.put(first);
            parts.put(second);
            prop_assert_eq!(whole, parts);
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        assert!(decoded(&[b"QUJD*"]).is_err());
        assert!(decoded(&[b"QUJDR"]).is_err());
        assert!(decoded(&[b"QQ==QUJD"]).is_err());
        assert_eq!(decoded(&[b"QU JD\n", b"QQ"]), Ok(b"ABCA".to_vec()));
    }

    #[test]
    fn more_than_an_image_may_have_is_dropped() {
        let mut base64 = Base64::default();
        let text = vec![b'A'; 1 << 20];
        (0..17).for_each(|_| base64.put(&text));
        assert!(base64.too_long && base64.data.capacity() == 0);
        assert_eq!(base64.finish(), Err(TOO_LONG));
        let mut exact = Base64::default();
        (0..16).for_each(|_| exact.put(&text));
        assert_eq!(exact.finish().map(|data| data.len()), Ok(MAX_INCOMING));
        let mut sixel = SixelText::default();
        (0..13).for_each(|_| sixel.put(&text));
        assert!(sixel.spoilt && sixel.text.capacity() == 0);
    }
}
