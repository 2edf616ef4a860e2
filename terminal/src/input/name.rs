//! Keys by name, for people and scripts: `C-c`, `M-x`, `S-Up`, `C-M-S-Left`, `Enter`, `F5`, `a`, `^C`. The
//! names are those that tmux and Emacs users type; letters without shift or a name are those of a US
//! keyboard.

use super::key::{Key, KeyEvent, Mods, NamedKey, us_shifted, us_unshifted};

/// The longest name looked at, in bytes: five modifiers and the longest key.
const LONGEST: usize = 64;

/// Names beside those of [`NamedKey::name`], in lower case.
const ALIASES: [(&str, NamedKey); 27] = [
    ("return", NamedKey::Enter),
    ("cr", NamedKey::Enter),
    ("esc", NamedKey::Escape),
    ("bspace", NamedKey::Backspace),
    ("bs", NamedKey::Backspace),
    ("del", NamedKey::Delete),
    ("dc", NamedKey::Delete),
    ("ins", NamedKey::Insert),
    ("ic", NamedKey::Insert),
    ("pgup", NamedKey::PageUp),
    ("ppage", NamedKey::PageUp),
    ("prior", NamedKey::PageUp),
    ("pgdn", NamedKey::PageDown),
    ("pgdown", NamedKey::PageDown),
    ("npage", NamedKey::PageDown),
    ("next", NamedKey::PageDown),
    ("print", NamedKey::PrintScreen),
    ("break", NamedKey::Pause),
    ("kp/", NamedKey::KpDivide),
    ("kp*", NamedKey::KpMultiply),
    ("kp-", NamedKey::KpSubtract),
    ("kp+", NamedKey::KpAdd),
    ("kp.", NamedKey::KpDecimal),
    ("kp=", NamedKey::KpEqual),
    ("kp,", NamedKey::KpSeparator),
    ("altgr", NamedKey::IsoLevel3Shift),
    ("mute", NamedKey::MuteVolume),
];

/// The modifiers by their prefixes. Single letters mind their case, so that `s-` can be super, as in Emacs.
const PREFIXES: [(&str, Mods); 12] = [
    ("C-", Mods::CTRL),
    ("c-", Mods::CTRL),
    ("Ctrl-", Mods::CTRL),
    ("M-", Mods::ALT),
    ("A-", Mods::ALT),
    ("Alt-", Mods::ALT),
    ("S-", Mods::SHIFT),
    ("Shift-", Mods::SHIFT),
    ("s-", Mods::SUPER),
    ("Super-", Mods::SUPER),
    ("Hyper-", Mods::HYPER),
    ("Meta-", Mods::META),
];

/// Reads the name of a key into a press of it, or says in a sentence why it is none.
///
/// # Errors
/// The name is empty, too long, or no key has it.
pub fn parse_key_name(name: &str) -> Result<KeyEvent, String> {
    if name.is_empty() || name.len() > LONGEST {
        return Err("the name of a key has 1 to 64 bytes".to_owned());
    }
    let mut mods = Mods::NONE;
    let mut rest = name;
    while let Some((tail, held)) = PREFIXES
        .iter()
        .find_map(|(prefix, held)| Some((rest.strip_prefix(prefix)?, *held)))
        .filter(|(tail, _)| !tail.is_empty())
    {
        mods |= held;
        rest = tail;
    }
    let mut characters = rest.chars();
    match (characters.next(), characters.next(), characters.next()) {
        (Some(one), None, _) => return character(one, mods).ok_or_else(|| unknown(name)),
        (Some('^'), Some(one), None) => {
            return character(one.to_ascii_lowercase(), mods | Mods::CTRL).ok_or_else(|| unknown(name));
        }
        _ => {}
    }
    let word = rest.to_ascii_lowercase();
    match word.as_str() {
        "space" => return character(' ', mods).ok_or_else(|| unknown(name)),
        "btab" | "backtab" => return Ok(KeyEvent::press(Key::Named(NamedKey::Tab), mods | Mods::SHIFT)),
        _ => {}
    }
    let named = NamedKey::ALL.iter().find(|key| key.name().eq_ignore_ascii_case(&word)).copied();
    let alias = || ALIASES.iter().find(|(alias, _)| *alias == word).map(|(_, key)| *key);
    let key = named.or_else(alias).ok_or_else(|| unknown(name))?;
    let mut event = KeyEvent::press(Key::Named(key), mods);
    if let Key::Char(digit) = key.without_keypad() {
        event.text = typed(digit, mods);
    }
    Ok(event)
}

/// A press of the key that types `character`, on a US keyboard where that needs shift.
fn character(character: char, mut mods: Mods) -> Option<KeyEvent> {
    if character.is_control() {
        return None;
    }
    let mut key = character;
    if let Some(plain) = us_unshifted(character) {
        key = plain;
        mods |= Mods::SHIFT;
    }
    let shifted = mods.intersects(Mods::SHIFT).then(|| us_shifted(key)).flatten();
    let mut event = KeyEvent::press(Key::Char(key), mods);
    event.shifted = shifted;
    event.text = typed(shifted.unwrap_or(key), mods);
    Some(event)
}

/// With modifiers other than shift a key types nothing.
fn typed(character: char, mods: Mods) -> Option<String> {
    (mods - Mods::SHIFT).is_empty().then(|| character.to_string())
}

fn unknown(name: &str) -> String {
    format!("no key is called {name:?}; examples: a, Enter, Up, F5, C-c, M-x, S-Tab, C-M-Left")
}

#[cfg(test)]
mod tests {
    use super::super::{InputModes, encode_key};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_send_what_they_say() {
        for (name, bytes) in [
            ("a", "a"),
            ("A", "A"),
            ("S-a", "A"),
            ("!", "!"),
            ("é", "é"),
            ("-", "-"),
            ("C-c", "\x03"),
            ("^C", "\x03"),
            ("^", "^"),
            ("C--", "-"),
            ("C-@", "\0"),
            ("C-Space", "\0"),
            ("Space", " "),
            ("C-\\", "\x1c"),
            ("C-_", "\x1f"),
            ("C-?", "\x7f"),
            ("M-x", "\x1bx"),
            ("M-X", "\x1bX"),
            ("C-M-d", "\x1b\x04"),
            ("Alt-Ctrl-d", "\x1b\x04"),
            ("Enter", "\r"),
            ("return", "\r"),
            ("Esc", "\x1b"),
            ("BSpace", "\x7f"),
            ("BTab", "\x1b[Z"),
            ("S-Tab", "\x1b[Z"),
            ("Up", "\x1b[A"),
            ("S-Up", "\x1b[1;2A"),
            ("C-M-S-Left", "\x1b[1;8D"),
            ("F5", "\x1b[15~"),
            ("PgUp", "\x1b[5~"),
            ("DC", "\x1b[3~"),
            ("Kp5", "5"),
            ("kp+", "+"),
            ("KpEnter", "\r"),
        ] {
            let mut out = Vec::new();
            encode_key(&parse_key_name(name).unwrap(), InputModes::default(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), bytes, "{name}");
        }
    }

    #[test]
    fn what_is_no_name_is_said() {
        for name in ["", "C-", "nonsense", "F36", "C-\n", "\u{7}", "ab", &"C-".repeat(99)] {
            assert!(parse_key_name(name).is_err(), "{name}");
        }
        assert!(parse_key_name("Entr").unwrap_err().contains("\"Entr\""));
    }

    #[test]
    fn every_named_key_has_its_name_and_number() {
        for key in NamedKey::ALL {
            assert_eq!(parse_key_name(key.name()).unwrap().key, Key::Named(*key));
            assert_eq!(Key::from_number(u32::from(key.number())), Some(Key::Named(*key)));
        }
        assert_eq!(NamedKey::ALL.len(), 111);
        assert_eq!(Key::from_number(97), Some(Key::Char('a')));
        assert_eq!([0, 8, 0x9b, 0xd800, u32::MAX].map(Key::from_number), [None; 5]);
    }

    proptest! {
        #[test]
        fn never_panics(name in "([CMSs]-){0,3}.{0,8}") {
            let _ = parse_key_name(&name);
        }
    }
}
