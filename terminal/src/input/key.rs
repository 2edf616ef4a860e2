//! Key events: which key, with what held, and what it would type. The names and numbers of keys are those of
//! kitty's keyboard protocol, because it is the only list that has them all; the numbers travel in Scarab's
//! own protocol and never change.

use std::ops::{BitAnd, BitOr, BitOrAssign, Sub};

/// A key pressed, held or let go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyEvent {
    /// The key, as it is without modifiers.
    pub key: Key,
    /// What was held with it.
    pub mods: Mods,
    /// What was done.
    pub kind: KeyKind,
    /// The character of the key with shift, where the viewer knows it.
    pub shifted: Option<char>,
    /// The key of the same place on a US keyboard, where the viewer knows it.
    pub base: Option<char>,
    /// What the key types, where it types something.
    pub text: Option<String>,
}

impl KeyEvent {
    /// A press of a key that types nothing.
    #[must_use]
    pub const fn press(key: Key, mods: Mods) -> Self {
        Self { key, mods, kind: KeyKind::Press, shifted: None, base: None, text: None }
    }
}

/// A key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Key {
    /// One that types a character: that character without shift.
    Char(char),
    /// Any other.
    Named(NamedKey),
}

impl Key {
    /// The key of this number: that of a functional key, or else a character's code point.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        let named = u16::try_from(number).ok().and_then(NamedKey::from_number);
        let character = || char::from_u32(number).filter(|c| !c.is_control()).map(Self::Char);
        named.map(Self::Named).or_else(character)
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Char(character) => u32::from(character),
            Self::Named(named) => u32::from(named.number()),
        }
    }
}

/// What was done with a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum KeyKind {
    /// Pressed.
    #[default]
    Press,
    /// Held until it repeated.
    Repeat,
    /// Let go.
    Release,
}

/// Modifiers held and locks on, in the bits of kitty's protocol.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Mods(u8);

impl Mods {
    /// None.
    pub const NONE: Self = Self(0);
    /// Shift.
    pub const SHIFT: Self = Self(1);
    /// Alt.
    pub const ALT: Self = Self(2);
    /// Control.
    pub const CTRL: Self = Self(4);
    /// Super, the Windows key.
    pub const SUPER: Self = Self(8);
    /// Hyper.
    pub const HYPER: Self = Self(16);
    /// Meta, where it is a key of its own.
    pub const META: Self = Self(32);
    /// Caps lock is on.
    pub const CAPS_LOCK: Self = Self(64);
    /// Num lock is on.
    pub const NUM_LOCK: Self = Self(128);
    /// Both locks.
    pub const LOCKS: Self = Self(64 | 128);

    /// The modifiers of these bits.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Their bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether any of `others` is among them.
    #[must_use]
    pub const fn intersects(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Mods {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Mods {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for Mods {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Sub for Mods {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// Writes the enum, the list of all keys, and their words, out of one table.
macro_rules! named_keys {
    ($($key:ident = $number:literal $meaning:literal,)*) => {
        /// A key that types no character by itself. Its value is its number in kitty's table of functional
        /// keys.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        pub enum NamedKey {
            $(#[doc = $meaning] $key = $number,)*
        }

        impl NamedKey {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$key,)*];

            /// The key of this number.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$key),)*
                    _ => None,
                }
            }

            /// Its name, as [`super::parse_key_name`] takes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$key => stringify!($key),)*
                }
            }
        }
    };
}

named_keys! {
    Escape = 27 "Escape.",
    Enter = 13 "Enter of the main keyboard.",
    Tab = 9 "Tab.",
    Backspace = 127 "Backspace.",
    Insert = 57348 "Insert.",
    Delete = 57349 "Delete.",
    Left = 57350 "Cursor left.",
    Right = 57351 "Cursor right.",
    Up = 57352 "Cursor up.",
    Down = 57353 "Cursor down.",
    PageUp = 57354 "Page up.",
    PageDown = 57355 "Page down.",
    Home = 57356 "Home.",
    End = 57357 "End.",
    CapsLock = 57358 "Caps lock.",
    ScrollLock = 57359 "Scroll lock.",
    NumLock = 57360 "Num lock.",
    PrintScreen = 57361 "Print screen.",
    Pause = 57362 "Pause.",
    Menu = 57363 "Menu.",
    F1 = 57364 "F1.",
    F2 = 57365 "F2.",
    F3 = 57366 "F3.",
    F4 = 57367 "F4.",
    F5 = 57368 "F5.",
    F6 = 57369 "F6.",
    F7 = 57370 "F7.",
    F8 = 57371 "F8.",
    F9 = 57372 "F9.",
    F10 = 57373 "F10.",
    F11 = 57374 "F11.",
    F12 = 57375 "F12.",
    F13 = 57376 "F13.",
    F14 = 57377 "F14.",
    F15 = 57378 "F15.",
    F16 = 57379 "F16.",
    F17 = 57380 "F17.",
    F18 = 57381 "F18.",
    F19 = 57382 "F19.",
    F20 = 57383 "F20.",
    F21 = 57384 "F21.",
    F22 = 57385 "F22.",
    F23 = 57386 "F23.",
    F24 = 57387 "F24.",
    F25 = 57388 "F25.",
    F26 = 57389 "F26.",
    F27 = 57390 "F27.",
    F28 = 57391 "F28.",
    F29 = 57392 "F29.",
    F30 = 57393 "F30.",
    F31 = 57394 "F31.",
    F32 = 57395 "F32.",
    F33 = 57396 "F33.",
    F34 = 57397 "F34.",
    F35 = 57398 "F35.",
    Kp0 = 57399 "Keypad 0.",
    Kp1 = 57400 "Keypad 1.",
    Kp2 = 57401 "Keypad 2.",
    Kp3 = 57402 "Keypad 3.",
    Kp4 = 57403 "Keypad 4.",
    Kp5 = 57404 "Keypad 5.",
    Kp6 = 57405 "Keypad 6.",
    Kp7 = 57406 "Keypad 7.",
    Kp8 = 57407 "Keypad 8.",
    Kp9 = 57408 "Keypad 9.",
    KpDecimal = 57409 "Keypad decimal point.",
    KpDivide = 57410 "Keypad slash.",
    KpMultiply = 57411 "Keypad asterisk.",
    KpSubtract = 57412 "Keypad minus.",
    KpAdd = 57413 "Keypad plus.",
    KpEnter = 57414 "Keypad Enter.",
    KpEqual = 57415 "Keypad equals sign.",
    KpSeparator = 57416 "Keypad separator.",
    KpLeft = 57417 "Keypad cursor left.",
    KpRight = 57418 "Keypad cursor right.",
    KpUp = 57419 "Keypad cursor up.",
    KpDown = 57420 "Keypad cursor down.",
    KpPageUp = 57421 "Keypad page up.",
    KpPageDown = 57422 "Keypad page down.",
    KpHome = 57423 "Keypad home.",
    KpEnd = 57424 "Keypad end.",
    KpInsert = 57425 "Keypad insert.",
    KpDelete = 57426 "Keypad delete.",
    KpBegin = 57427 "Keypad 5 without num lock.",
    MediaPlay = 57428 "Play.",
    MediaPause = 57429 "Pause of a player.",
    MediaPlayPause = 57430 "Play or pause.",
    MediaReverse = 57431 "Play backwards.",
    MediaStop = 57432 "Stop.",
    MediaFastForward = 57433 "Fast forward.",
    MediaRewind = 57434 "Rewind.",
    MediaTrackNext = 57435 "Next track.",
    MediaTrackPrevious = 57436 "Previous track.",
    MediaRecord = 57437 "Record.",
    LowerVolume = 57438 "Quieter.",
    RaiseVolume = 57439 "Louder.",
    MuteVolume = 57440 "Mute.",
    LeftShift = 57441 "Left shift.",
    LeftControl = 57442 "Left control.",
    LeftAlt = 57443 "Left alt.",
    LeftSuper = 57444 "Left super.",
    LeftHyper = 57445 "Left hyper.",
    LeftMeta = 57446 "Left meta.",
    RightShift = 57447 "Right shift.",
    RightControl = 57448 "Right control.",
    RightAlt = 57449 "Right alt.",
    RightSuper = 57450 "Right super.",
    RightHyper = 57451 "Right hyper.",
    RightMeta = 57452 "Right meta.",
    IsoLevel3Shift = 57453 "AltGr.",
    IsoLevel5Shift = 57454 "Shift to the fifth level.",
}

impl NamedKey {
    /// Its number in kitty's table.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// Whether it is a modifier or a lock, which sends nothing by itself unless a program wants every key.
    #[must_use]
    pub const fn is_modifier(self) -> bool {
        matches!(
            self.number(),
            57358..=57360 // caps, scroll and num lock
            | 57441..=57454
        )
    }

    /// Whether it is on the keypad.
    #[must_use]
    pub const fn is_keypad(self) -> bool {
        matches!(self.number(), 57399..=57427)
    }

    /// The key of the main keyboard that a keypad key stands for; others stand for themselves.
    #[must_use]
    pub const fn without_keypad(self) -> Key {
        Key::Named(match self {
            Self::KpEnter => Self::Enter,
            Self::KpLeft => Self::Left,
            Self::KpRight => Self::Right,
            Self::KpUp => Self::Up,
            Self::KpDown => Self::Down,
            Self::KpPageUp => Self::PageUp,
            Self::KpPageDown => Self::PageDown,
            Self::KpHome => Self::Home,
            Self::KpEnd => Self::End,
            Self::KpInsert => Self::Insert,
            Self::KpDelete => Self::Delete,
            Self::KpDecimal => return Key::Char('.'),
            Self::KpDivide => return Key::Char('/'),
            Self::KpMultiply => return Key::Char('*'),
            Self::KpSubtract => return Key::Char('-'),
            Self::KpAdd => return Key::Char('+'),
            Self::KpEqual => return Key::Char('='),
            Self::KpSeparator => return Key::Char(','),
            _ => match self.number() {
                digit @ 57399..=57408 => return Key::Char((b'0' + (digit - 57399) as u8) as char),
                _ => self,
            },
        })
    }

    /// 1 for F1 to 35 for F35.
    pub(super) const fn function_number(self) -> Option<u8> {
        match self.number() {
            number @ 57364..=57398 => Some((number - 57363) as u8),
            _ => None,
        }
    }
}

/// What shift makes of a key of the US keyboard, for names of keys that no keyboard has told about.
pub(super) fn us_shifted(key: char) -> Option<char> {
    if key.is_ascii_lowercase() {
        return Some(key.to_ascii_uppercase());
    }
    US_SHIFT.iter().find(|(plain, _)| *plain == key).map(|(_, shifted)| *shifted)
}

/// The key of the US keyboard that shift makes this character of.
pub(super) fn us_unshifted(character: char) -> Option<char> {
    if character.is_ascii_uppercase() {
        return Some(character.to_ascii_lowercase());
    }
    US_SHIFT.iter().find(|(_, shifted)| *shifted == character).map(|(plain, _)| *plain)
}

const US_SHIFT: [(char, char); 21] = [
    ('`', '~'),
    ('1', '!'),
    ('2', '@'),
    ('3', '#'),
    ('4', '$'),
    ('5', '%'),
    ('6', '^'),
    ('7', '&'),
    ('8', '*'),
    ('9', '('),
    ('0', ')'),
    ('-', '_'),
    ('=', '+'),
    ('[', '{'),
    (']', '}'),
    ('\\', '|'),
    (';', ':'),
    ('\'', '"'),
    (',', '<'),
    ('.', '>'),
    ('/', '?'),
];
