//! The mouse: presses, releases, motion and the wheel, in every tracking mode and encoding of xterm.
//! Positions come in cells and in pixels, and the mode picks.

use super::key::Mods;
use super::{InputModes, MouseEncoding, MouseTracking, push_number};

/// Lines that one click of the wheel moves on the alternate screen (mode 1007); what GTK and most terminals
/// scroll.
const WHEEL_LINES: usize = 3;

/// What happened, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MouseEvent {
    /// What was done.
    pub kind: MouseKind,
    /// With which button; for motion the one held, if any.
    pub button: Option<MouseButton>,
    /// What was held on the keyboard.
    pub mods: Mods,
    /// The column, from 0.
    pub col: u16,
    /// The row, from 0.
    pub row: u16,
    /// Pixels from the left edge of the text, from 0.
    pub x_px: u32,
    /// Pixels from its top.
    pub y_px: u32,
}

/// What was done with the mouse.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MouseKind {
    /// A button went down, or the wheel turned by one click.
    Press,
    /// A button went up.
    Release,
    /// It moved.
    Motion,
}

/// A button of the mouse, by its number in X.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum MouseButton {
    /// The first.
    Left = 1,
    /// The second.
    Middle = 2,
    /// The third.
    Right = 3,
    /// The wheel, away from the person.
    WheelUp = 4,
    /// The wheel, towards the person.
    WheelDown = 5,
    /// The wheel, to the left.
    WheelLeft = 6,
    /// The wheel, to the right.
    WheelRight = 7,
    /// The eighth: back.
    Back = 8,
    /// The ninth: forward.
    Forward = 9,
    /// The tenth.
    Tenth = 10,
    /// The eleventh.
    Eleventh = 11,
}

impl MouseButton {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 11] = [
        Self::Left,
        Self::Middle,
        Self::Right,
        Self::WheelUp,
        Self::WheelDown,
        Self::WheelLeft,
        Self::WheelRight,
        Self::Back,
        Self::Forward,
        Self::Tenth,
        Self::Eleventh,
    ];

    /// The button of this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number.checked_sub(1)?)).copied()
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    const fn is_wheel(self) -> bool {
        matches!(self.number(), 4..=7)
    }

    /// The bits by which xterm tells buttons apart.
    const fn code(self) -> u32 {
        match self.number() {
            number @ ..=3 => number as u32 - 1,
            number @ ..=7 => number as u32 - 4 + 64,
            number => number as u32 - 8 + 128,
        }
    }
}

/// What was reported last, so that motion within a cell is reported once. One a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MouseState {
    last: Option<(u32, u32, Option<MouseButton>)>,
}

/// Appends what a mouse event sends; nothing where the program has not asked for it.
pub fn encode_mouse(event: &MouseEvent, modes: InputModes, state: &mut MouseState, out: &mut Vec<u8>) {
    let wheel = event.button.is_some_and(MouseButton::is_wheel);
    let wanted = match (modes.mouse, event.kind) {
        (MouseTracking::Off, _) => {
            state.last = None;
            return scroll(event, modes, out);
        }
        // A wheel has no way up, and is never held.
        (_, MouseKind::Release | MouseKind::Motion) if wheel => false,
        (MouseTracking::X10, kind) => kind == MouseKind::Press && event.button.is_some_and(|b| b.code() < 3),
        (_, MouseKind::Press | MouseKind::Release) => event.button.is_some(),
        (MouseTracking::Normal, MouseKind::Motion) => false,
        (MouseTracking::Button, MouseKind::Motion) => event.button.is_some(),
        (MouseTracking::Any, MouseKind::Motion) => true,
    };
    if !wanted {
        return;
    }
    let (x, y) = match modes.mouse_encoding {
        MouseEncoding::SgrPixels => (event.x_px, event.y_px),
        _ => (u32::from(event.col), u32::from(event.row)),
    };
    let position = (x, y, event.button);
    if event.kind == MouseKind::Motion && state.last == Some(position) {
        return;
    }
    // After a release the button is up, and motion that tells so is news only in another cell.
    state.last = Some(if event.kind == MouseKind::Release { (x, y, None) } else { position });
    write(event, modes, (x.saturating_add(1), y.saturating_add(1)), out);
}

/// Without tracking the wheel moves the cursor on the alternate screen, where there is no history to scroll.
fn scroll(event: &MouseEvent, modes: InputModes, out: &mut Vec<u8>) {
    if !modes.alternate_scroll || !modes.alternate_screen || event.kind != MouseKind::Press {
        return;
    }
    let letter = match event.button {
        Some(MouseButton::WheelUp) => b'A',
        Some(MouseButton::WheelDown) => b'B',
        _ => return,
    };
    for _ in 0..WHEEL_LINES {
        out.extend([0x1b, if modes.application_cursor { b'O' } else { b'[' }, letter]);
    }
}

/// Writes a report at column `x` and row `y`, from 1.
fn write(event: &MouseEvent, modes: InputModes, (x, y): (u32, u32), out: &mut Vec<u8>) {
    /// No button, or in most encodings one let go.
    const NONE: u32 = 3;
    const MOTION: u32 = 32;
    let button = event.button.map_or(NONE, MouseButton::code);
    let motion = if event.kind == MouseKind::Motion { MOTION } else { 0 };
    let held = if modes.mouse == MouseTracking::X10 { 0 } else { modifier_bits(event.mods) };
    let released = event.kind == MouseKind::Release;
    // These encodings cannot say which button was let go.
    let nameless = if released { NONE } else { button } + motion + held;
    match modes.mouse_encoding {
        MouseEncoding::Default => {
            let numbers = [nameless, x, y].map(|number| u8::try_from(number + 32));
            if let [Ok(button), Ok(x), Ok(y)] = numbers {
                out.extend([0x1b, b'[', b'M', button, x, y]);
            }
        }
        MouseEncoding::Utf8 => {
            /// The last of two bytes.
            const LAST: u32 = 0x7ff;
            let numbers =
                [nameless, x, y].map(|n| Some(n + 32).filter(|n| *n <= LAST).and_then(char::from_u32));
            if let [Some(button), Some(x), Some(y)] = numbers {
                out.extend(b"\x1b[M");
                for character in [button, x, y] {
                    out.extend(character.encode_utf8(&mut [0; 4]).bytes());
                }
            }
        }
        MouseEncoding::Urxvt => {
            out.extend(b"\x1b[");
            push_numbers([nameless + 32, x, y], out);
            out.push(b'M');
        }
        MouseEncoding::Sgr | MouseEncoding::SgrPixels => {
            out.extend(b"\x1b[<");
            push_numbers([button + motion + held, x, y], out);
            out.push(if released { b'm' } else { b'M' });
        }
    }
}

fn modifier_bits(mods: Mods) -> u32 {
    let bit = |held, bit| if mods.intersects(held) { bit } else { 0 };
    bit(Mods::SHIFT, 4) + bit(Mods::ALT | Mods::META, 8) + bit(Mods::CTRL, 16)
}

fn push_numbers([button, x, y]: [u32; 3], out: &mut Vec<u8>) {
    push_number(button, out);
    out.push(b';');
    push_number(x, out);
    out.push(b';');
    push_number(y, out);
}
