//! What the person does, encoded as the bytes that the program in the session expects. Keys, the mouse,
//! pastes and focus come in as events; the modes that the program has set decide what goes out. Apart from
//! the emulator because it needs nothing of it but [`InputModes`], a few bits that another thread can read at
//! the instant of a key press. Specifications: xterm's control sequences, its modifyOtherKeys, and kitty's
//! keyboard protocol.

mod key;
mod kitty;
mod legacy;
mod mouse;
mod name;
mod paste;

pub use key::{Key, KeyEvent, KeyKind, Mods, NamedKey};
pub use mouse::{MouseButton, MouseEvent, MouseKind, MouseState, encode_mouse};
pub use name::parse_key_name;
pub use paste::{PasteEncoder, encode_paste};

/// Which mouse events the program wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MouseTracking {
    /// None.
    #[default]
    Off,
    /// Presses of the three buttons, without modifiers (mode 9).
    X10,
    /// Presses and releases (1000).
    Normal,
    /// These, and motion while a button is held (1002).
    Button,
    /// These, and all motion (1003).
    Any,
}

impl MouseTracking {
    const ALL: [Self; 5] = [Self::Off, Self::X10, Self::Normal, Self::Button, Self::Any];
}

/// How mouse events are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MouseEncoding {
    /// One byte a number, up to column and row 223.
    #[default]
    Default,
    /// One UTF-8 character a number, up to 2015 (1005).
    Utf8,
    /// Decimal, telling which button was released (1006).
    Sgr,
    /// Decimal (1015).
    Urxvt,
    /// As `Sgr`, in pixels (1016).
    SgrPixels,
}

impl MouseEncoding {
    const ALL: [Self; 5] = [Self::Default, Self::Utf8, Self::Sgr, Self::Urxvt, Self::SgrPixels];
}

/// Flags of kitty's keyboard protocol, as in [`InputModes::kitty`].
pub mod kitty_flags {
    /// Escape codes are told from keys.
    pub const DISAMBIGUATE: u8 = 1;
    /// Repeats and releases are told.
    pub const EVENT_TYPES: u8 = 2;
    /// The shifted key and that of the base layout are told.
    pub const ALTERNATES: u8 = 4;
    /// Every key is an escape code, text too.
    pub const ALL_KEYS: u8 = 8;
    /// With that, the text of a key is told.
    pub const TEXT: u8 = 16;
    /// All flags there are.
    pub const ALL: u8 = 31;
}

/// Everything that decides how input is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InputModes {
    /// Cursor keys send application codes (DECCKM, mode 1).
    pub application_cursor: bool,
    /// The keypad sends application codes (DECKPAM, mode 66).
    pub application_keypad: bool,
    /// Backspace sends BS rather than DEL (DECBKM, 67).
    pub backarrow_is_backspace: bool,
    /// Pastes are bracketed (2004).
    pub bracketed_paste: bool,
    /// Focus is reported (1004).
    pub focus_events: bool,
    /// Which mouse events are reported.
    pub mouse: MouseTracking,
    /// How they are written.
    pub mouse_encoding: MouseEncoding,
    /// The wheel sends cursor keys on the alternate screen (1007).
    pub alternate_scroll: bool,
    /// The alternate screen is shown.
    pub alternate_screen: bool,
    /// xterm's modifyOtherKeys, 0 to 2.
    pub modify_other_keys: u8,
    /// The flags of kitty's keyboard protocol in force ([`kitty_flags`]); 0 turns it off.
    pub kitty: u8,
    /// Alt sends ESC first rather than setting the eighth bit (1036).
    pub meta_escape: bool,
    /// Enter sends CR LF (LNM, 20).
    pub newline: bool,
    /// Num lock has the keypad type digits, whatever the application keypad says (mode 1035).
    pub num_lock: bool,
    /// Delete sends DEL (mode 1037).
    pub delete_is_del: bool,
}

impl Default for InputModes {
    /// As after a reset of the terminal.
    fn default() -> Self {
        Self {
            application_cursor: false,
            application_keypad: false,
            backarrow_is_backspace: false,
            bracketed_paste: false,
            focus_events: false,
            mouse: MouseTracking::Off,
            mouse_encoding: MouseEncoding::Default,
            alternate_scroll: true,
            alternate_screen: false,
            modify_other_keys: 0,
            kitty: 0,
            meta_escape: true,
            newline: false,
            num_lock: true,
            delete_is_del: false,
        }
    }
}

impl InputModes {
    /// All of it in one word, so that it can be kept in one atomic. Bits 0 to 9 are the switches in the order
    /// below; 16 to 18 mouse tracking, 20 to 22 mouse encoding, 24 and 25 modifyOtherKeys, 32 to 36 the flags
    /// of kitty.
    #[must_use]
    pub fn to_bits(self) -> u64 {
        let Self {
            application_cursor,
            application_keypad,
            backarrow_is_backspace,
            bracketed_paste,
            focus_events,
            mouse,
            mouse_encoding,
            alternate_scroll,
            alternate_screen,
            modify_other_keys,
            kitty,
            meta_escape,
            newline,
            num_lock,
            delete_is_del,
        } = self;
        let switches = [
            application_cursor,
            application_keypad,
            backarrow_is_backspace,
            bracketed_paste,
            focus_events,
            alternate_scroll,
            alternate_screen,
            meta_escape,
            newline,
            num_lock,
            delete_is_del,
        ];
        let switches = switches.iter().enumerate().fold(0, |bits, (bit, on)| bits | u64::from(*on) << bit);
        switches
            | (mouse as u64) << 16
            | (mouse_encoding as u64) << 20
            | u64::from(modify_other_keys.min(2)) << 24
            | u64::from(kitty & kitty_flags::ALL) << 32
    }

    /// The reverse. Bits that mean nothing are passed over.
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        let on = |bit: u32| bits >> bit & 1 == 1;
        let number = |bit: u32, mask: u64| (bits >> bit & mask) as usize;
        Self {
            application_cursor: on(0),
            application_keypad: on(1),
            backarrow_is_backspace: on(2),
            bracketed_paste: on(3),
            focus_events: on(4),
            mouse: MouseTracking::ALL.get(number(16, 7)).copied().unwrap_or_default(),
            mouse_encoding: MouseEncoding::ALL.get(number(20, 7)).copied().unwrap_or_default(),
            alternate_scroll: on(5),
            alternate_screen: on(6),
            modify_other_keys: number(24, 3).min(2) as u8,
            kitty: number(32, 31) as u8,
            meta_escape: on(7),
            newline: on(8),
            num_lock: on(9),
            delete_is_del: on(10),
        }
    }
}

/// Appends what a key sends. At most [`MAX_KEY_BYTES`] and the text of the event.
pub fn encode_key(event: &KeyEvent, modes: InputModes, out: &mut Vec<u8>) {
    if modes.kitty & kitty_flags::ALL == 0 {
        legacy::encode(event, modes, out);
    } else {
        kitty::encode(event, modes, out);
    }
}

/// The longest that a key without text sends, in bytes.
pub const MAX_KEY_BYTES: usize = 64;

/// Appends the report of focus gained or lost, where the program wants it.
pub fn encode_focus(focused: bool, modes: InputModes, out: &mut Vec<u8>) {
    if modes.focus_events {
        out.extend(if focused { b"\x1b[I" } else { b"\x1b[O" });
    }
}

/// Appends a number in decimal, without the allocation that formatting would make.
fn push_number(number: u32, out: &mut Vec<u8>) {
    if number >= 10 {
        push_number(number / 10, out);
    }
    out.push(b'0' + (number % 10) as u8);
}

#[cfg(test)]
mod tests;
