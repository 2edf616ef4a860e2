//! The input modes of a frame, as far as a viewer acts by them.
//!
//! The service encodes keys and mouse; a viewer only has to know which events are asked for. The bits are part of the
//! view's contract (`FrameHead::modes`).

/// What a frame's program asks of input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes(u64);

/// How much of the mouse is wanted, each step including the ones before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mouse {
    /// Nothing.
    #[default]
    Off,
    /// Presses and releases (`?1000`).
    Buttons,
    /// Motion with a button held (`?1002`).
    Drag,
    /// All motion (`?1003`).
    Motion,
}

const BRACKETED_PASTE: u64 = 1 << 3;
const ALTERNATE_SCROLL: u64 = 1 << 5;
const MOUSE_SHIFT: u32 = 16;
const OTHER_KEYS_SHIFT: u32 = 24;
const KITTY_SHIFT: u32 = 32;

impl Modes {
    /// From [`FrameHead::modes`](super::FrameHead::modes); what is unknown is passed over.
    pub fn new(bits: u64) -> Self {
        Self(bits)
    }

    /// What the program wants of the mouse.
    pub fn mouse(self) -> Mouse {
        match self.0 >> MOUSE_SHIFT & 0xf {
            1 | 2 => Mouse::Buttons,
            3 => Mouse::Drag,
            4 => Mouse::Motion,
            _ => Mouse::Off,
        }
    }

    /// The program is told where a paste begins and ends.
    pub fn bracketed_paste(self) -> bool {
        self.0 & BRACKETED_PASTE != 0
    }

    /// On the alternate screen the wheel types cursor keys.
    pub fn alternate_scroll(self) -> bool {
        self.0 & ALTERNATE_SCROLL != 0
    }

    /// modifyOtherKeys, 0 to 2.
    pub fn other_keys(self) -> u8 {
        (self.0 >> OTHER_KEYS_SHIFT & 3).min(2) as u8
    }

    /// Flags of the kitty keyboard protocol, 0 to 31.
    pub fn kitty(self) -> u8 {
        (self.0 >> KITTY_SHIFT & 31) as u8
    }
}
