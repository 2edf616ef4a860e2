//! Keys as terminals have always sent them: xterm's codes for a PC keyboard, which the terminfo entry
//! xterm-256color lists, and xterm's modifyOtherKeys over them. Repeats are presses here, and a key let go
//! sends nothing.

use super::key::{Key, KeyEvent, KeyKind, Mods, NamedKey};
use super::{InputModes, push_number};

const ESC: u8 = 0x1b;

/// Appends what a key sends without kitty's protocol.
pub(super) fn encode(event: &KeyEvent, modes: InputModes, out: &mut Vec<u8>) {
    if event.kind == KeyKind::Release {
        return;
    }
    match event.key {
        Key::Char(key) => character(event, key, modes, out),
        Key::Named(key) if key.is_keypad() => keypad(event, key, modes, out),
        Key::Named(key) => named(key, event.mods, modes, out),
    }
}

/// A key that types: its text, a control character, or either after ESC.
fn character(event: &KeyEvent, key: char, modes: InputModes, out: &mut Vec<u8>) {
    let mods = event.mods - Mods::LOCKS;
    let text =
        event.text.as_deref().filter(|text| text.chars().next().is_some_and(|first| !first.is_control()));
    let shifted = || match event.shifted {
        _ if !mods.intersects(Mods::SHIFT) => key,
        Some(shifted) => shifted,
        None => key.to_uppercase().next().unwrap_or(key),
    };
    let typed = text.and_then(only).unwrap_or_else(shifted);
    if modifies_character(modes.modify_other_keys, mods, typed) {
        return other_key(mods, u32::from(typed), out);
    }
    let alt = mods.intersects(Mods::ALT | Mods::META);
    if mods.intersects(Mods::CTRL) {
        // A Cyrillic С is where the US keyboard has c, and Ctrl-c must work there.
        let ascii = if typed.is_ascii() { typed } else { event.base.filter(char::is_ascii).unwrap_or(typed) };
        if let Some(byte) = control(ascii) {
            if alt {
                out.push(ESC);
            }
            return out.push(byte);
        }
    }
    if alt && modes.meta_escape {
        out.push(ESC);
    }
    match text {
        Some(text) if !alt => out.extend(text.as_bytes()),
        // The eighth bit of a character, as UTF-8.
        _ if alt && !modes.meta_escape && typed.is_ascii() => push_char(char::from(typed as u8 | 0x80), out),
        _ => push_char(typed, out),
    }
}

/// The character of a text that has only one.
fn only(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

fn push_char(character: char, out: &mut Vec<u8>) {
    out.extend(character.encode_utf8(&mut [0; 4]).bytes());
}

/// What Ctrl makes of a character, where it makes something. As Xlib does it, which every terminal follows;
/// Ctrl-? is DEL, as in xterm.
const fn control(character: char) -> Option<u8> {
    Some(match character {
        ' ' | '2' => 0x00,
        '3'..='7' => character as u8 - b'3' + 0x1b,
        '8' | '?' => 0x7f,
        '/' => 0x1f,
        '@'..='~' => character as u8 & 0x1f,
        _ => return None,
    })
}

/// Whether modifyOtherKeys takes this character. Level 1 leaves whatever has a code of its own; level 2 only
/// what shift alone types, but for shift-space.
fn modifies_character(level: u8, mods: Mods, typed: char) -> bool {
    let held = mods & (Mods::SHIFT | Mods::ALT | Mods::CTRL | Mods::META);
    match level {
        0 => false,
        1 => {
            held.intersects(Mods::CTRL)
                && match control(typed) {
                    Some(_) => held.intersects(Mods::SHIFT) && typed.is_ascii_alphabetic(),
                    None => true,
                }
        }
        _ if held == Mods::SHIFT => typed == ' ',
        _ => !held.is_empty(),
    }
}

/// Whether modifyOtherKeys takes this key, which sends a control character without it.
fn modifies_named(level: u8, mods: Mods, key: NamedKey) -> bool {
    let held = mods & (Mods::SHIFT | Mods::ALT | Mods::CTRL | Mods::META);
    let beyond_alt = held - Mods::ALT - Mods::META;
    match (level, key) {
        (0, _) | (1, NamedKey::Backspace) => false,
        (1, NamedKey::Enter) => !beyond_alt.is_empty(),
        (1, _) => held.intersects(Mods::CTRL),
        (_, NamedKey::Enter) => !held.is_empty(),
        (_, NamedKey::Backspace) => !(held - Mods::CTRL).is_empty(),
        _ => !held.is_empty() && held != Mods::SHIFT,
    }
}

/// `CSI 27 ; modifiers ; code ~`.
fn other_key(mods: Mods, code: u32, out: &mut Vec<u8>) {
    out.extend(b"\x1b[27;");
    push_number(modifier_parameter(mods), out);
    out.push(b';');
    push_number(code, out);
    out.push(b'~');
}

/// xterm's parameter for modifiers: 1 and the sum of shift 1, alt 2, control 4, meta 8. Super has none.
fn modifier_parameter(mods: Mods) -> u32 {
    let meta = if mods.intersects(Mods::META) { 8 } else { 0 };
    1 + u32::from((mods & (Mods::SHIFT | Mods::ALT | Mods::CTRL)).bits()) + meta
}

fn keypad(event: &KeyEvent, key: NamedKey, modes: InputModes, out: &mut Vec<u8>) {
    // Num lock wins over the application keypad unless a program says otherwise (xterm's mode 1035): who turned it on
    // wants digits.
    if modes.application_keypad
        && !(modes.num_lock && event.mods.intersects(Mods::NUM_LOCK))
        && let Some(last) = application_code(key)
    {
        if event.mods.intersects(Mods::ALT | Mods::META) && modes.meta_escape {
            out.push(ESC);
        }
        return out.extend([ESC, b'O', last]);
    }
    match key.without_keypad() {
        Key::Char(plain) => character(event, plain, modes, out),
        Key::Named(plain) => named(plain, event.mods, modes, out),
    }
}

/// The end of what a key of the application keypad sends (SS3). Without num lock the keys that move send what
/// their likes on the main keyboard do.
fn application_code(key: NamedKey) -> Option<u8> {
    Some(match key {
        NamedKey::KpEnter => b'M',
        NamedKey::KpEqual => b'X',
        NamedKey::KpMultiply => b'j',
        NamedKey::KpAdd => b'k',
        NamedKey::KpSeparator => b'l',
        NamedKey::KpSubtract => b'm',
        NamedKey::KpDecimal => b'n',
        NamedKey::KpDivide => b'o',
        _ => match key.without_keypad() {
            Key::Char(digit @ '0'..='9') => digit as u8 - b'0' + b'p',
            _ => return None,
        },
    })
}

/// A key that types nothing.
pub(super) fn named(key: NamedKey, mods: Mods, modes: InputModes, out: &mut Vec<u8>) {
    let mods = mods - Mods::LOCKS;
    let ctrl = mods.intersects(Mods::CTRL);
    let shift = mods.intersects(Mods::SHIFT);
    match key {
        NamedKey::Enter | NamedKey::Tab | NamedKey::Escape | NamedKey::Backspace => {
            let backspace = if modes.backarrow_is_backspace { 0x08 } else { 0x7f };
            let bytes: &[u8] = match key {
                NamedKey::Enter if modes.newline => b"\r\n",
                NamedKey::Enter => b"\r",
                NamedKey::Tab if shift => b"\x1b[Z",
                NamedKey::Tab => b"\t",
                NamedKey::Escape => b"\x1b",
                // Ctrl sends the other of the two.
                _ if ctrl != modes.backarrow_is_backspace => b"\x08",
                _ => b"\x7f",
            };
            if modifies_named(modes.modify_other_keys, mods, key) {
                let code = if key == NamedKey::Backspace { backspace } else { key.number() };
                return other_key(mods, u32::from(code), out);
            }
            if mods.intersects(Mods::ALT | Mods::META) {
                out.push(ESC);
            }
            out.extend(bytes);
        }
        NamedKey::Up => cursor(b'A', mods, modes.application_cursor, out),
        NamedKey::Down => cursor(b'B', mods, modes.application_cursor, out),
        NamedKey::Right => cursor(b'C', mods, modes.application_cursor, out),
        NamedKey::Left => cursor(b'D', mods, modes.application_cursor, out),
        NamedKey::KpBegin => cursor(b'E', mods, modes.application_cursor, out),
        NamedKey::End => cursor(b'F', mods, modes.application_cursor, out),
        NamedKey::Home => cursor(b'H', mods, modes.application_cursor, out),
        NamedKey::Insert => editing(2, mods, out),
        NamedKey::Delete if modes.delete_is_del && mods.is_empty() => out.push(0x7f),
        NamedKey::Delete => editing(3, mods, out),
        NamedKey::PageUp => editing(5, mods, out),
        NamedKey::PageDown => editing(6, mods, out),
        NamedKey::Menu => editing(29, mods, out),
        _ => {
            if let Some(number) = key.function_number() {
                function(number, mods, out);
            }
        }
    }
}

/// `CSI letter`, `SS3 letter` where the mode is on and nothing is held, else `CSI 1 ; modifiers letter`.
fn cursor(letter: u8, mods: Mods, application: bool, out: &mut Vec<u8>) {
    match modifier_parameter(mods) {
        1 => out.extend([ESC, if application { b'O' } else { b'[' }, letter]),
        held => {
            out.extend(b"\x1b[1;");
            push_number(held, out);
            out.push(letter);
        }
    }
}

/// `CSI number ~` or `CSI number ; modifiers ~`.
fn editing(number: u32, mods: Mods, out: &mut Vec<u8>) {
    out.extend(b"\x1b[");
    push_number(number, out);
    let held = modifier_parameter(mods);
    if held > 1 {
        out.push(b';');
        push_number(held, out);
    }
    out.push(b'~');
}

/// F1 to F35. As terminfo has it, F13 is shift-F1 and F25 is control-F1.
fn function(number: u8, mods: Mods, out: &mut Vec<u8>) {
    let (number, mods) = match number {
        13..=24 => (number - 12, mods | Mods::SHIFT),
        25.. => (number - 24, mods | Mods::CTRL),
        _ => (number, mods),
    };
    match number {
        1..=4 => cursor(b'P' + number - 1, mods, true, out),
        _ => editing(function_code(number), mods, out),
    }
}

/// The numbers of F5 to F12 on a VT220, which left gaps where its keyboard had them.
pub(super) const fn function_code(number: u8) -> u32 {
    number as u32
        + match number {
            ..=5 => 10,
            6..=10 => 11,
            _ => 12,
        }
}
