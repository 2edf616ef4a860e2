//! What an attached viewer sends of its person: no answer is due. Keys, mouse, pastes and focus are *events*,
//! encoded by the service by the modes of the instant they arrive, so a mode change can never race a key press.

use super::types::{KeyAction, Size, ViewerColours};
use rkyv::{Archive, Deserialize, Serialize};

/// Most bytes of Input and Paste a client may have sent beyond the last [`super::event::Acknowledged`].
pub const INPUT_WINDOW: u64 = 64 << 10;

/// The viewer's size changed.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Resize {
    /// The new size.
    pub size: Size,
}

/// Raw bytes for the PTY, unchanged.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Input {
    /// Bytes of Input and Paste sent on this attachment before these.
    pub offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A key.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Key {
    /// Unshifted code point of the key, or the kitty keyboard protocol's number of a functional key
    /// (27 Escape, 13 Enter, 9 Tab, 127 Backspace, 57344 and on for the others).
    pub key: u32,
    /// Bits of [`super::mods`].
    pub mods: u8,
    /// Press, repeat or release.
    pub action: KeyAction,
    /// Code point with Shift, 0 when none.
    pub shifted: u32,
    /// Code point of the same key on the US layout, 0 when the same or unknown.
    pub base: u32,
    /// The text the key types, empty when none.
    pub text: String,
}

/// What a mouse did.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseAction {
    /// A button went down, or a wheel turned by one notch.
    Press,
    /// A button came up.
    Release,
    /// The pointer moved.
    Motion,
}

/// A mouse event.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Mouse {
    /// What happened.
    pub action: MouseAction,
    /// 0 none, 1 left, 2 middle, 3 right, 4 wheel up, 5 wheel down, 6 wheel left, 7 wheel right, 8 – 11 further.
    pub button: u8,
    /// Bits of [`super::mods`].
    pub mods: u8,
    /// Column, from 0.
    pub col: u16,
    /// Row, from 0.
    pub row: u16,
    /// Pixels from the left of the text area.
    pub x_px: u32,
    /// Pixels from the top of the text area.
    pub y_px: u32,
}

/// A piece of a paste. The service brackets it if the program asked for that, and removes what could end the
/// bracket early.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Paste {
    /// Bytes of Input and Paste sent on this attachment before these.
    pub offset: u64,
    /// The text, UTF-8; a character may be cut between pieces.
    pub bytes: Vec<u8>,
    /// This piece begins a paste.
    pub first: bool,
    /// This piece ends it.
    pub last: bool,
}

/// The viewer got or lost the keyboard.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Focus {
    /// It has it.
    pub focused: bool,
}

/// The viewer's colours changed.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Colours {
    /// All of them.
    pub colours: ViewerColours,
}

/// The answer to [`super::event::ClipboardRead`].
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ClipboardAnswer {
    /// The number the event carried.
    pub number: u64,
    /// The clipboard's bytes; `None` refuses.
    pub data: Option<Vec<u8>>,
}

/// The sender goes: its own connection ends, nothing else.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Disconnect {}
