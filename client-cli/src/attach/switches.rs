//! What the outer terminal is told to report, following what the session's program asks for.
//!
//! Kept as a value so that it can be followed by difference, undone on the way out, and said again after the
//! terminal was given away.

use scarab_protocol::grid::modes::Mouse;
use std::io::Write;

/// The terminal's reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// How much of the mouse.
    pub mouse: Mouse,
    /// Flags of the kitty keyboard protocol; `None` where the terminal has none.
    pub kitty: Option<u8>,
    /// modifyOtherKeys, 0 to 2.
    pub other_keys: u8,
    /// On the alternate screen the wheel types cursor keys; `None` where the terminal does not anyway.
    pub wheel_types: Option<bool>,
}

/// On from the beginning: own screen, no wrapping, pastes told apart, focus told; the title kept for later.
pub const SETUP: &[u8] = b"\x1b[22;0t\x1b[?1049h\x1b[?7l\x1b[?2004h\x1b[?1004h";
/// The reverse of [`SETUP`], and of what painting may have left: an unfinished string or update, a look, a region,
/// reverse video, a hidden cursor.
const UNDO: &[u8] =
    b"\x1b[?2026l\x1b[r\x1b[m\x1b[?5l\x1b[?7h\x1b[?2004l\x1b[?1004l\x1b[?25h\x1b[?1049l\x1b[23;0t";

impl Switches {
    /// Appends what leads to `wanted`.
    pub fn follow(&mut self, wanted: Switches, out: &mut Vec<u8>) {
        if self.mouse != wanted.mouse {
            if self.mouse != Mouse::Off {
                out.extend_from_slice(off(self.mouse));
            }
            out.extend_from_slice(match wanted.mouse {
                Mouse::Off => b"\x1b[?1006l",
                Mouse::Buttons => b"\x1b[?1000h\x1b[?1006h",
                Mouse::Drag => b"\x1b[?1002h\x1b[?1006h",
                Mouse::Motion => b"\x1b[?1003h\x1b[?1006h",
            });
        }
        // Writing to a vector cannot fail.
        let _ = match (self.kitty, wanted.kitty) {
            (None, Some(flags)) => write!(out, "\x1b[>{flags}u"),
            (Some(_), None) => write!(out, "\x1b[<u"),
            (Some(old), Some(new)) if old != new => write!(out, "\x1b[={new};1u"),
            _ => Ok(()),
        };
        let _ = match (self.other_keys, wanted.other_keys) {
            (old, new) if old == new => Ok(()),
            (_, 0) => write!(out, "\x1b[>4m"),
            (_, new) => write!(out, "\x1b[>4;{new}m"),
        };
        if self.wheel_types != wanted.wheel_types
            && let Some(types) = wanted.wheel_types
        {
            let _ = write!(out, "\x1b[?1007{}", if types { 'h' } else { 'l' });
        }
        *self = wanted;
    }

    /// Everything that gives the terminal back: `extra` undoes what answers had switched on, `form` says that the
    /// cursor's form was changed.
    pub fn undo(&self, extra: &[u8], form: bool, links: bool) -> Vec<u8> {
        // ST first: it ends a sequence of any kind that was cut off in the middle.
        let mut out = b"\x1b\\".to_vec();
        if links {
            out.extend_from_slice(b"\x1b]8;;\x1b\\");
        }
        let back = Switches { wheel_types: self.wheel_types.map(|_| true), ..Switches::default() };
        let mut now = *self;
        now.follow(back, &mut out);
        out.extend_from_slice(extra);
        if form {
            out.extend_from_slice(b"\x1b[0 q");
        }
        out.extend_from_slice(UNDO);
        out
    }
}

fn off(mouse: Mouse) -> &'static [u8] {
    match mouse {
        Mouse::Off => b"",
        Mouse::Buttons => b"\x1b[?1000l",
        Mouse::Drag => b"\x1b[?1002l",
        Mouse::Motion => b"\x1b[?1003l",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_differences_are_said_and_all_is_undone() {
        let mut now = Switches::default();
        let mut out = Vec::new();
        let wanted = Switches { mouse: Mouse::Drag, kitty: Some(5), other_keys: 0, wheel_types: Some(false) };
        now.follow(wanted, &mut out);
        assert_eq!(out, b"\x1b[?1002h\x1b[?1006h\x1b[>5u\x1b[?1007l");
        out.clear();
        now.follow(Switches { kitty: Some(31), ..wanted }, &mut out);
        assert_eq!(out, b"\x1b[=31;1u");
        let undo = String::from_utf8(now.undo(b"\x1b[?2027l", true, true)).expect("ASCII");
        for part in
            ["\x1b[?1002l", "\x1b[?1006l", "\x1b[<u", "\x1b[?1007h", "\x1b[?2027l", "\x1b[?1049l", "\x1b[0 q"]
        {
            assert!(undo.contains(part), "{part:?} in {undo:?}");
        }
    }
}
