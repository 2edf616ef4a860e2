//! What a key's bytes mean: legacy sequences, xterm's modifyOtherKeys and the kitty keyboard protocol, all to
//! the one form in which keys travel to the service.
//!
//! Apart from `input`, which only cuts the stream. Where a legacy byte stands for several keys, the key chosen is
//! the one that the service encodes back to the same byte.

use super::input::{Csi, number};
use scarab_protocol::message::KeyAction;
use scarab_protocol::message::input::Key;
use scarab_protocol::message::mods;

/// Numbers of keys that type no text, as the kitty keyboard protocol has them.
pub mod code {
    /// Escape.
    pub const ESCAPE: u32 = 27;
    /// Enter.
    pub const ENTER: u32 = 13;
    /// Tab.
    pub const TAB: u32 = 9;
    /// Backspace.
    pub const BACKSPACE: u32 = 127;
    /// Insert.
    pub const INSERT: u32 = 57348;
    /// Delete.
    pub const DELETE: u32 = 57349;
    /// Cursor left.
    pub const LEFT: u32 = 57350;
    /// Cursor right.
    pub const RIGHT: u32 = 57351;
    /// Cursor up.
    pub const UP: u32 = 57352;
    /// Cursor down.
    pub const DOWN: u32 = 57353;
    /// Page up.
    pub const PAGE_UP: u32 = 57354;
    /// Page down.
    pub const PAGE_DOWN: u32 = 57355;
    /// Home.
    pub const HOME: u32 = 57356;
    /// End.
    pub const END: u32 = 57357;
    /// F1; the further function keys follow.
    pub const F1: u32 = 57364;
    /// 0 on the keypad; the further digits follow.
    pub const KP_0: u32 = 57399;
    /// The point on the keypad.
    pub const KP_DECIMAL: u32 = 57409;
    /// Division on the keypad.
    pub const KP_DIVIDE: u32 = 57410;
    /// Multiplication on the keypad.
    pub const KP_MULTIPLY: u32 = 57411;
    /// Subtraction on the keypad.
    pub const KP_SUBTRACT: u32 = 57412;
    /// Addition on the keypad.
    pub const KP_ADD: u32 = 57413;
    /// Enter on the keypad.
    pub const KP_ENTER: u32 = 57414;
    /// Equals on the keypad.
    pub const KP_EQUAL: u32 = 57415;
    /// The separator on the keypad.
    pub const KP_SEPARATOR: u32 = 57416;
    /// The middle key of the keypad without Num Lock.
    pub const KP_BEGIN: u32 = 57427;
    /// Functional keys lie from here to [`LAST`] (a part of Unicode's private use area).
    pub const FIRST: u32 = 57344;
    /// The last functional key.
    pub const LAST: u32 = 63743;
}

/// A press of `key` with `held`.
pub fn press(key: u32, held: u8) -> Key {
    Key { key, mods: held, action: KeyAction::Press, shifted: 0, base: 0, text: String::new() }
}

/// The key of a C0 control or DEL.
pub fn control(byte: u8) -> Key {
    match byte {
        0x00 => press(u32::from(b' '), mods::CTRL),
        0x09 => press(code::TAB, 0),
        0x0d => press(code::ENTER, 0),
        0x1b => press(code::ESCAPE, 0),
        0x7f => press(code::BACKSPACE, 0),
        0x01..=0x1a => press(u32::from(byte - 1 + b'a'), mods::CTRL),
        // \ ] ^ _ with Control.
        _ => press(u32::from(byte | 0x40), mods::CTRL),
    }
}

/// A key that types `character`. A capital is told as its small letter with Shift; for signs the layout that
/// made them is unknown, so they are keys of their own.
pub fn text(character: char) -> Key {
    let mut key = press(u32::from(character), 0);
    key.text.push(character);
    if character.is_uppercase() {
        let mut small = character.to_lowercase();
        if let (Some(letter), None) = (small.next(), small.next()) {
            key.key = u32::from(letter);
            key.shifted = u32::from(character);
            key.mods = mods::SHIFT;
        }
    }
    key
}

/// F1 to F5 of the Linux console: `CSI [ A` to `CSI [ E`.
pub fn linux_function(letter: u8) -> Key {
    press(code::F1 + u32::from(letter - b'A'), 0)
}

/// The key of `ESC O last`, with a modifier's number (1 for none).
pub fn ss3(last: u8, modifier: u8) -> Option<Key> {
    let held = modifier - 1;
    if let Some(key) = letter(last) {
        return Some(press(key, held));
    }
    Some(match last {
        // rxvt's cursor keys with Control.
        b'a'..=b'd' => press(letter(last.to_ascii_uppercase())?, mods::CTRL),
        b'M' => press(code::KP_ENTER, held),
        b'X' => press(code::KP_EQUAL, held),
        b'j' => press(code::KP_MULTIPLY, held),
        b'k' => press(code::KP_ADD, held),
        b'l' => press(code::KP_SEPARATOR, held),
        b'm' => press(code::KP_SUBTRACT, held),
        b'n' => press(code::KP_DECIMAL, held),
        b'o' => press(code::KP_DIVIDE, held),
        b'p'..=b'y' => press(code::KP_0 + u32::from(last - b'p'), held),
        _ => return None,
    })
}

/// Keys whose sequences end in a letter.
fn letter(last: u8) -> Option<u32> {
    Some(match last {
        b'A' => code::UP,
        b'B' => code::DOWN,
        b'C' => code::RIGHT,
        b'D' => code::LEFT,
        b'E' => code::KP_BEGIN,
        b'F' => code::END,
        b'H' => code::HOME,
        b'P' => code::F1,
        b'Q' => code::F1 + 1,
        b'R' => code::F1 + 2,
        b'S' => code::F1 + 3,
        _ => return None,
    })
}

/// Keys of `CSI number ~`.
fn tilde(number: u32) -> Option<u32> {
    Some(match number {
        1 | 7 => code::HOME,
        2 => code::INSERT,
        3 => code::DELETE,
        4 | 8 => code::END,
        5 => code::PAGE_UP,
        6 => code::PAGE_DOWN,
        11..=15 => code::F1 + number - 11,
        17..=21 => code::F1 + number - 12,
        23..=26 => code::F1 + number - 13,
        28 | 29 => code::F1 + number - 14,
        31..=34 => code::F1 + number - 15,
        _ => return None,
    })
}

/// The key of a CSI sequence without prefix; `None` when it is none.
pub fn csi(csi: &Csi<'_>) -> Option<Key> {
    let (held, action) = modifiers(csi.fields().nth(1).unwrap_or(b""));
    let with = |key: u32| Key { action, ..press(key, held) };
    match csi.last {
        b'u' => kitty(csi, held, action),
        b'~' if csi.number(0) == 27 => {
            let code = csi.number(2);
            Some(Key { mods: held, ..typed(code)? })
        }
        b'~' => tilde(csi.number(0)).map(with),
        // rxvt: Control, and Control with Shift.
        b'^' => tilde(csi.number(0)).map(|key| press(key, mods::CTRL)),
        b'@' => tilde(csi.number(0)).map(|key| press(key, mods::CTRL | mods::SHIFT)),
        b'a'..=b'd' if csi.params.is_empty() => {
            letter(csi.last.to_ascii_uppercase()).map(|key| press(key, mods::SHIFT))
        }
        b'Z' => Some(press(code::TAB, held | mods::SHIFT)),
        last => letter(last).map(with),
    }
}

/// `modifiers[:event]`: bits plus one, and what happened to the key.
fn modifiers(field: &[u8]) -> (u8, KeyAction) {
    let mut parts = field.split(|&byte| byte == b':').map(number);
    let held = parts.next().unwrap_or(0).saturating_sub(1).min(255) as u8;
    let action = match parts.next() {
        Some(2) => KeyAction::Repeat,
        Some(3) => KeyAction::Release,
        _ => KeyAction::Press,
    };
    (held, action)
}

/// A key by the code point that it types (modifyOtherKeys).
fn typed(code: u32) -> Option<Key> {
    match char::from_u32(code)? {
        control @ ('\0'..='\x1f' | '\x7f') => Some(self::control(control as u8)),
        character => Some(Key { text: String::new(), ..text(character) }),
    }
}

/// `CSI code[:shifted[:base]] ; modifiers[:event] ; text u`.
fn kitty(csi: &Csi<'_>, held: u8, action: KeyAction) -> Option<Key> {
    let mut codes = csi.fields().next().unwrap_or(b"").split(|&byte| byte == b':').map(number);
    let code = codes.next().unwrap_or(0);
    let mut key = Key { action, ..press(code, held) };
    key.shifted = codes.next().filter(|&code| char::from_u32(code).is_some()).unwrap_or(0);
    key.base = codes.next().filter(|&code| char::from_u32(code).is_some()).unwrap_or(0);
    if let Some(field) = csi.fields().nth(2) {
        // A composed text is a few characters; the bound is against noise.
        let characters =
            field.split(|&byte| byte == b':').take(32).filter_map(|part| char::from_u32(number(part)));
        key.text.extend(characters.filter(|character| !character.is_control()));
    }
    if code == 0 {
        // Text without a key (an input method).
        key.key = key.text.chars().next().map(u32::from)?;
        return Some(key);
    }
    char::from_u32(code)?;
    let typing = held & !(mods::SHIFT | mods::CAPS_LOCK | mods::NUM_LOCK) == 0;
    if key.text.is_empty() && typing && action != KeyAction::Release && !functional(code) {
        // The terminal reports no text unless asked: what the key types follows from its codes.
        let shift = held & mods::SHIFT != 0;
        let caps = held & mods::CAPS_LOCK != 0;
        let plain = char::from_u32(code)?;
        let upper = shift || (caps && plain.is_lowercase());
        match char::from_u32(key.shifted).filter(|_| key.shifted != 0) {
            Some(shifted) if upper => key.text.push(shifted),
            None if upper => key.text.extend(plain.to_uppercase()),
            _ => key.text.push(plain),
        }
    }
    Some(key)
}

/// True for keys that type nothing.
pub fn functional(code: u32) -> bool {
    code < 32 || code == code::BACKSPACE || (code::FIRST..=code::LAST).contains(&code)
}

/// The modifiers that choose a key's meaning: without the locks.
pub fn chosen(held: u8) -> u8 {
    held & !(mods::CAPS_LOCK | mods::NUM_LOCK)
}

#[cfg(test)]
mod tests {
    use super::super::input::{Event, Parser};
    use super::*;

    fn parse(bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut parser = Parser::default();
        parser.feed(bytes, &mut |event| events.push(event));
        parser.flush(&mut |event| events.push(event));
        events
    }

    fn one(bytes: &[u8]) -> Key {
        match parse(bytes).as_slice() {
            [Event::Key(key)] => key.clone(),
            other => panic!("{bytes:?} gave {other:?}"),
        }
    }

    #[test]
    fn control_bytes_are_keys_with_control() {
        assert_eq!((one(b"\x03").key, one(b"\x03").mods), (u32::from(b'c'), mods::CTRL));
        assert_eq!((one(b"\x1c").key, one(b"\x1c").mods), (u32::from(b'\\'), mods::CTRL));
        assert_eq!(one(b"\x1b").key, code::ESCAPE);
        assert_eq!(one(b"\x7f").key, code::BACKSPACE);
    }

    #[test]
    fn text_carries_itself() {
        let capital = one("É".as_bytes());
        assert_eq!((capital.key, capital.mods, capital.text.as_str()), (u32::from('é'), mods::SHIFT, "É"));
        assert_eq!(one("宽".as_bytes()).text, "宽");
        let alt = one(b"\x1bx");
        assert_eq!((alt.key, alt.mods, alt.text.as_str()), (u32::from('x'), mods::ALT, ""));
    }

    #[test]
    fn legacy_sequences_of_several_terminals() {
        for (bytes, key, held) in [
            (&b"\x1b[A"[..], code::UP, 0),
            (b"\x1bOA", code::UP, 0),
            (b"\x1b[1;5C", code::RIGHT, mods::CTRL),
            (b"\x1b[3~", code::DELETE, 0),
            (b"\x1b[3;2~", code::DELETE, mods::SHIFT),
            (b"\x1b[24~", code::F1 + 11, 0),
            (b"\x1b[17~", code::F1 + 5, 0),
            (b"\x1bOP", code::F1, 0),
            (b"\x1bO5P", code::F1, mods::CTRL),
            (b"\x1b[[E", code::F1 + 4, 0),
            (b"\x1b[Z", code::TAB, mods::SHIFT),
            (b"\x1bOM", code::KP_ENTER, 0),
            (b"\x1bOa", code::UP, mods::CTRL),
            (b"\x1b[5^", code::PAGE_UP, mods::CTRL),
            (b"\x1b\x1b[D", code::LEFT, mods::ALT),
            (b"\x1b[27;5;9~", code::TAB, mods::CTRL),
            (b"\x1b[27;6;65~", u32::from(b'a'), mods::CTRL | mods::SHIFT),
            (b"\x1b[", u32::from(b'['), mods::ALT),
            (b"\x1bO", u32::from(b'o'), mods::ALT | mods::SHIFT),
        ] {
            let got = one(bytes);
            assert_eq!((got.key, got.mods), (key, held), "{bytes:?}");
        }
    }

    #[test]
    fn the_kitty_protocol_in_all_its_fields() {
        let ctrl_c = one(b"\x1b[99;5u");
        assert_eq!((ctrl_c.key, ctrl_c.mods, ctrl_c.text.as_str()), (u32::from(b'c'), mods::CTRL, ""));
        let shifted = one(b"\x1b[97:65;2;65u");
        assert_eq!((shifted.key, shifted.shifted, shifted.text.as_str()), (97, 65, "A"));
        let cyrillic = one(b"\x1b[1089:1057:99;5u");
        assert_eq!((cyrillic.key, cyrillic.base), (1089, 99));
        assert_eq!(one(b"\x1b[97;1:3u").action, KeyAction::Release);
        assert_eq!(one(b"\x1b[1;1:2A").action, KeyAction::Repeat);
        assert_eq!(one(b"\x1b[97;65u").text, "A", "Caps Lock types capitals");
        assert_eq!(one(b"\x1b[0;;228u").text, "ä");
        assert_eq!(one(b"\x1b[57414u").key, code::KP_ENTER);
    }
}
