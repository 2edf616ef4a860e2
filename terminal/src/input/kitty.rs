//! Keys in kitty's keyboard protocol, with all five of its flags. Where the flags leave a key as it always
//! was, the old encoding is asked. Specification: "Comprehensive keyboard handling in terminals".

use super::key::{Key, KeyEvent, KeyKind, Mods, NamedKey};
use super::{InputModes, kitty_flags, legacy, push_number};

/// Modifiers that the old encoding cannot tell.
const NEW: Mods = Mods::from_bits(Mods::SUPER.bits() | Mods::HYPER.bits() | Mods::META.bits());

/// Appends what a key sends while any flag is on.
pub(super) fn encode(event: &KeyEvent, modes: InputModes, out: &mut Vec<u8>) {
    let on = |flag| modes.kitty & flag != 0;
    let all = on(kitty_flags::ALL_KEYS);
    let release = event.kind == KeyKind::Release;
    if release && !on(kitty_flags::EVENT_TYPES) {
        return;
    }
    let text = typed(event);
    if let (Some(text), false) = (text, all) {
        return out.extend(text.as_bytes());
    }
    let codes = all || on(kitty_flags::DISAMBIGUATE);
    let key = match event.key {
        // Until keys are told apart, the keypad's are those they stand for.
        Key::Named(key) if key.is_keypad() && !codes => key.without_keypad(),
        key => key,
    };
    let code = Code {
        mods: event.mods,
        action: match event.kind {
            KeyKind::Repeat if on(kitty_flags::EVENT_TYPES) => Some(2),
            KeyKind::Release => Some(3),
            _ => None,
        },
        text: text.filter(|_| on(kitty_flags::TEXT)),
        ..Code::default()
    };
    match key {
        Key::Char(key) => character(event, key, code, modes, out),
        Key::Named(key) => named(key, code, modes, out),
    }
}

/// The text that an event types, which keys held with other modifiers than shift do not.
fn typed(event: &KeyEvent) -> Option<&str> {
    let plain = (event.mods - Mods::LOCKS - Mods::SHIFT).is_empty() && event.kind != KeyKind::Release;
    event.text.as_deref().filter(|text| plain && !text.is_empty() && !text.chars().any(char::is_control))
}

fn character(event: &KeyEvent, key: char, mut code: Code<'_>, modes: InputModes, out: &mut Vec<u8>) {
    let on = |flag| modes.kitty & flag != 0;
    if !on(kitty_flags::ALL_KEYS) {
        // Locks are not told of keys that type, so that programs that know nothing of them work.
        code.mods = code.mods - Mods::LOCKS;
        let plain = code.mods.is_empty() || (!on(kitty_flags::DISAMBIGUATE) && !code.mods.intersects(NEW));
        if code.action.is_none() && plain {
            return legacy::encode(&KeyEvent { key: Key::Char(key), ..event.clone() }, modes, out);
        }
    }
    code.number = u32::from(key);
    if on(kitty_flags::ALTERNATES) {
        code.shifted = event.shifted.filter(|_| event.mods.intersects(Mods::SHIFT));
        code.base = event.base.filter(|base| *base != key);
    }
    code.write(b'u', out);
}

fn named(key: NamedKey, mut code: Code<'_>, modes: InputModes, out: &mut Vec<u8>) {
    let on = |flag| modes.kitty & flag != 0;
    if !on(kitty_flags::ALL_KEYS) {
        if key.is_modifier() {
            return;
        }
        // So that a shell can be typed at after a program has died with the protocol on.
        if matches!(key, NamedKey::Enter | NamedKey::Tab | NamedKey::Backspace) {
            if code.action == Some(3) {
                return;
            }
            if (code.mods - Mods::LOCKS).is_empty() {
                return legacy::named(key, Mods::NONE, modes, out);
            }
        }
        if code.action.is_none() && !on(kitty_flags::DISAMBIGUATE) && !code.mods.intersects(NEW) {
            // One form of a key in all its events.
            let application = modes.application_cursor && !on(kitty_flags::EVENT_TYPES);
            let modes = InputModes { application_cursor: application, ..modes };
            let before = out.len();
            legacy::named(key, code.mods, modes, out);
            if out.len() > before {
                return;
            }
        }
    }
    let (number, last) = functional_code(key);
    code.number = number;
    code.write(last, out);
}

/// The number and the final byte of a functional key. F3 has a number, because `CSI R` reports the cursor.
fn functional_code(key: NamedKey) -> (u32, u8) {
    match key {
        NamedKey::Insert => (2, b'~'),
        NamedKey::Delete => (3, b'~'),
        NamedKey::PageUp => (5, b'~'),
        NamedKey::PageDown => (6, b'~'),
        NamedKey::Up => (1, b'A'),
        NamedKey::Down => (1, b'B'),
        NamedKey::Right => (1, b'C'),
        NamedKey::Left => (1, b'D'),
        NamedKey::KpBegin => (1, b'E'),
        NamedKey::End => (1, b'F'),
        NamedKey::Home => (1, b'H'),
        NamedKey::F1 => (1, b'P'),
        NamedKey::F2 => (1, b'Q'),
        NamedKey::F3 => (13, b'~'),
        NamedKey::F4 => (1, b'S'),
        _ => match key.function_number() {
            Some(number @ 5..=12) => (legacy::function_code(number), b'~'),
            _ => (u32::from(key.number()), b'u'),
        },
    }
}

/// The parts of `CSI number:shifted:base ; modifiers:event ; text u`.
#[derive(Default)]
struct Code<'a> {
    number: u32,
    shifted: Option<char>,
    base: Option<char>,
    mods: Mods,
    action: Option<u32>,
    text: Option<&'a str>,
}

impl Code<'_> {
    fn write(&self, last: u8, out: &mut Vec<u8>) {
        let Self { number, shifted, base, mods, action, text } = *self;
        let second = !mods.is_empty() || action.is_some();
        out.extend(b"\x1b[");
        if number != 1 || second || text.is_some() {
            push_number(number, out);
        }
        if shifted.is_some() || base.is_some() {
            out.push(b':');
            if let Some(shifted) = shifted {
                push_number(u32::from(shifted), out);
            }
            if let Some(base) = base {
                out.push(b':');
                push_number(u32::from(base), out);
            }
        }
        if second || text.is_some() {
            out.push(b';');
        }
        if second {
            push_number(1 + u32::from(mods.bits()), out);
        }
        if let Some(action) = action {
            out.push(b':');
            push_number(action, out);
        }
        let mut separator = b';';
        for character in text.unwrap_or_default().chars() {
            out.push(separator);
            push_number(u32::from(character), out);
            separator = b':';
        }
        out.push(last);
    }
}
