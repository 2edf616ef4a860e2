//! What a session's events make the outer terminal do: title, bell, clipboard, notifications, progress.
//!
//! Apart from painting, because these are not part of any frame. Text from a program goes out only without
//! control characters, so that no event can smuggle a sequence to the outer terminal.

use super::outer::{Abilities, Notify};
use data_encoding::BASE64;
use scarab_protocol::message::ProgressState;
use std::io::Write;

/// Most characters of a title or of a notification's parts.
const MAX_TEXT: usize = 1024;

fn clean(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(MAX_TEXT).collect()
}

/// The window's title (OSC 2). The one before is kept on the terminal's own stack.
pub fn title(text: &str, abilities: &Abilities, out: &mut Vec<u8>) {
    if abilities.osc {
        let _ = write!(out, "\x1b]2;{}\x1b\\", clean(text));
    }
}

/// The clipboard (OSC 52), of the selections that xterm names.
pub fn clipboard(selection: &str, data: &[u8], abilities: &Abilities, out: &mut Vec<u8>) {
    if abilities.osc {
        let selection: String = selection.chars().filter(|letter| "cpqs01234567".contains(*letter)).collect();
        let _ = write!(out, "\x1b]52;{selection};{}\x1b\\", BASE64.encode(data));
    }
}

/// A notification, as the terminal knows them; false if it knows none.
pub fn notify(title: &str, body: &str, urgency: u8, abilities: &Abilities, out: &mut Vec<u8>) -> bool {
    let (title, body) = (clean(title), clean(body));
    // In this form a semicolon would end the title.
    let joined = if title.is_empty() || body.is_empty() {
        format!("{title}{body}")
    } else {
        format!("{title}: {body}")
    };
    let written = match abilities.notify {
        Notify::Line => return false,
        Notify::Osc9 => write!(out, "\x1b]9;{joined}\x1b\\"),
        Notify::Osc777 => write!(out, "\x1b]777;notify;{};{body}\x1b\\", title.replace(';', ",")),
        Notify::Osc99 => {
            let (title, body) = if title.is_empty() { (body, title) } else { (title, body) };
            write!(out, "\x1b]99;i=scarab:d=0:u={};{title}\x1b\\", urgency.min(2))
                .and_then(|()| write!(out, "\x1b]99;i=scarab:p=body;{body}\x1b\\"))
        }
    };
    // Writing to a vector cannot fail.
    written.is_ok()
}

/// Progress (OSC 9;4).
pub fn progress(state: ProgressState, abilities: &Abilities, out: &mut Vec<u8>) {
    if !abilities.progress {
        return;
    }
    let (number, percent) = match state {
        ProgressState::None => (0, 0),
        ProgressState::Normal(percent) => (1, percent),
        ProgressState::Error(percent) => (2, percent),
        ProgressState::Busy => (3, 0),
        ProgressState::Paused(percent) => (4, percent),
    };
    let _ = write!(out, "\x1b]9;4;{number};{}\x1b\\", percent.min(100));
}

/// The pointer's shape (OSC 22).
pub fn pointer(shape: &str, abilities: &Abilities, out: &mut Vec<u8>) {
    if abilities.osc {
        let shape: String =
            shape.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
        let _ = write!(out, "\x1b]22;{shape}\x1b\\");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWING: Abilities = Abilities {
        depth: super::super::outer::Depth::True,
        underline_styles: true,
        synchronized: true,
        osc: true,
        clipboard: true,
        kitty_keys: true,
        notify: Notify::Osc777,
        progress: true,
    };

    #[test]
    fn nothing_smuggles_a_sequence_out() {
        let mut out = Vec::new();
        let evil = "a\x1b\\\x1b[6n\u{9b}b\x07";
        title(evil, &KNOWING, &mut out);
        assert_eq!(out, b"\x1b]2;a\\[6nb\x1b\\");
        out.clear();
        assert!(notify(evil, evil, 9, &KNOWING, &mut out));
        assert_eq!(out, b"\x1b]777;notify;a\\[6nb;a\\[6nb\x1b\\");
        out.clear();
        clipboard("c\x1b;", b"hello", &KNOWING, &mut out);
        assert_eq!(out, b"\x1b]52;c;aGVsbG8=\x1b\\");
    }

    #[test]
    fn what_a_terminal_does_not_know_is_not_sent() {
        let mut out = Vec::new();
        let plain = Abilities { osc: false, notify: Notify::Line, progress: false, ..KNOWING };
        title("t", &plain, &mut out);
        clipboard("c", b"x", &plain, &mut out);
        progress(ProgressState::Busy, &plain, &mut out);
        pointer("text", &plain, &mut out);
        assert!(!notify("t", "b", 1, &plain, &mut out));
        assert!(out.is_empty());
    }
}
