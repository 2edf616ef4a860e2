//! The prefix key: what a person says to the viewer rather than to the session.
//!
//! A state of its own, because a key's release and repeat may follow long after its press, and because what is
//! not a command must reach the session as it was typed.

use super::keys::{self, chosen};
use super::screen::Panel;
use scarab_protocol::message::input::Key;
use scarab_protocol::message::{KeyAction, mods};

/// What the prefix asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Leave the session.
    Detach,
    /// Choose another one from a list.
    Choose,
    /// Make another one.
    New,
    /// The next one by id.
    Next,
    /// The one before.
    Previous,
    /// Look at history.
    History,
    /// Search in history.
    Search,
    /// Say what the prefix can do.
    Help,
}

/// What becomes of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It goes to the session.
    Send(Key),
    /// Both go to the session, in this order.
    SendBoth(Key, Key),
    /// It was the viewer's, and there is nothing to do.
    Taken,
    /// It was the viewer's.
    Do(Command),
}

/// The help; `name` is the prefix key's.
pub fn help(name: &str) -> Panel {
    let lines = [
        format!("{name} is the prefix key. After it:"),
        String::new(),
        "d  detach: the session goes on without you".to_owned(),
        "s  choose a session from a list".to_owned(),
        "c  make a new session".to_owned(),
        "n  next session        p  previous session".to_owned(),
        "[  history: scroll, select (v), copy (y), leave (q)".to_owned(),
        "/  search in history for a regular expression (Ctrl-r: literally);".to_owned(),
        "   n older, N newer".to_owned(),
        "?  this help".to_owned(),
        format!("{name}  again: send it to the program"),
        "Any other key: both keys go to the program.".to_owned(),
    ];
    Panel { lines: lines.into(), selected: None }
}

/// The prefix key and what was pressed of it.
#[derive(Debug)]
pub struct Prefix {
    /// The key, without Control.
    letter: char,
    armed: Option<Key>,
    /// Keys whose press was the viewer's: their repeats and releases are too. At most the prefix and one command.
    held: [u32; 2],
}

impl Default for Prefix {
    fn default() -> Self {
        Self { letter: '\\', armed: None, held: [0; 2] }
    }
}

impl Prefix {
    /// Sets the key: Control with this character.
    pub fn set(&mut self, letter: char) {
        self.letter = letter;
    }

    /// The key as people write it.
    pub fn name(&self) -> String {
        format!("Ctrl-{}", self.letter)
    }

    fn is_prefix(&self, key: &Key) -> bool {
        let letter = u32::from(self.letter);
        // By the key's place on a US keyboard too: other layouts have their own letter there.
        chosen(key.mods) == mods::CTRL && (key.key == letter || key.base == letter)
    }

    /// Decides about a key.
    pub fn take(&mut self, key: Key) -> Verdict {
        if key.action != KeyAction::Press {
            if let Some(slot) = self.held.iter_mut().find(|held| **held == key.key && key.key != 0) {
                if key.action == KeyAction::Release {
                    *slot = 0;
                }
                return Verdict::Taken;
            }
            return Verdict::Send(key);
        }
        if modifier_alone(key.key) {
            // Reported by the kitty protocol only; Shift for `?` must not end the prefix.
            return Verdict::Send(key);
        }
        match self.armed.take() {
            None if self.is_prefix(&key) => {
                self.held = [key.key, 0];
                self.armed = Some(key);
                Verdict::Taken
            }
            None => {
                // Pressed anew, for the session this time.
                self.held.iter_mut().filter(|held| **held == key.key).for_each(|held| *held = 0);
                Verdict::Send(key)
            }
            Some(_) if self.is_prefix(&key) => {
                self.held = [0; 2];
                Verdict::Send(key)
            }
            Some(prefix) => match command(&key) {
                Some(command) => {
                    self.held[1] = key.key;
                    Verdict::Do(command)
                }
                None => {
                    self.held = [0; 2];
                    Verdict::SendBoth(prefix, key)
                }
            },
        }
    }
}

/// Shift, Control and the like, by the kitty protocol's numbers, and the locks.
fn modifier_alone(code: u32) -> bool {
    matches!(code, 57441..=57454 | 57358..=57360)
}

fn command(key: &Key) -> Option<Command> {
    // Control may still be held from the prefix for letters; Alt is a key of its own.
    if chosen(key.mods) & !(mods::SHIFT | mods::CTRL) != 0 || keys::functional(key.key) {
        return None;
    }
    let typed = key.text.chars().next().filter(|_| chosen(key.mods) & mods::CTRL == 0);
    let held = chosen(key.mods);
    Some(match typed.or_else(|| char::from_u32(key.key))? {
        'd' => Command::Detach,
        's' if held == 0 => Command::Choose,
        'c' if held == 0 => Command::New,
        'n' if held == 0 => Command::Next,
        'p' if held == 0 => Command::Previous,
        '[' if held & mods::CTRL == 0 => Command::History,
        '/' if held & mods::CTRL == 0 => Command::Search,
        '?' if held & mods::CTRL == 0 => Command::Help,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::input::{Event, Parser};
    use super::*;

    fn verdicts(prefix: &mut Prefix, bytes: &[u8]) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        let mut parser = Parser::default();
        let mut take = |event| match event {
            Event::Key(key) => verdicts.push(prefix.take(key)),
            other => panic!("{other:?}"),
        };
        parser.feed(bytes, &mut take);
        parser.flush(&mut take);
        verdicts
    }

    #[test]
    fn commands_follow_the_prefix_only() {
        let mut prefix = Prefix::default();
        assert_eq!(verdicts(&mut prefix, b"\x1cd"), [Verdict::Taken, Verdict::Do(Command::Detach)]);
        assert_eq!(verdicts(&mut prefix, b"\x1c\x04"), [Verdict::Taken, Verdict::Do(Command::Detach)]);
        assert_eq!(verdicts(&mut prefix, b"\x1c?"), [Verdict::Taken, Verdict::Do(Command::Help)]);
        assert!(matches!(verdicts(&mut prefix, b"d")[..], [Verdict::Send(_)]));
    }

    #[test]
    fn the_prefix_twice_is_sent_once_and_an_unknown_key_sends_both() {
        let mut prefix = Prefix::default();
        let twice = verdicts(&mut prefix, b"\x1c\x1c");
        assert_eq!(twice, [Verdict::Taken, Verdict::Send(keys::control(0x1c))]);
        let unknown = verdicts(&mut prefix, b"\x1cx");
        assert_eq!(unknown, [Verdict::Taken, Verdict::SendBoth(keys::control(0x1c), keys::text('x'))]);
        assert!(prefix.armed.is_none());
    }

    #[test]
    fn it_is_known_in_the_kitty_encoding_with_releases_swallowed() {
        let mut prefix = Prefix::default();
        let got = verdicts(&mut prefix, b"\x1b[92;5u\x1b[92;5:3u\x1b[100;1u\x1b[100;1:3u");
        assert_eq!(got, [Verdict::Taken, Verdict::Taken, Verdict::Do(Command::Detach), Verdict::Taken]);
        // A layout on which another key stands in that place.
        assert_eq!(verdicts(&mut prefix, b"\x1b[35::92;5u"), [Verdict::Taken]);
        assert!(prefix.armed.is_some());
    }

    #[test]
    fn locks_do_not_hide_it_and_other_modifiers_do() {
        let mut prefix = Prefix::default();
        assert_eq!(verdicts(&mut prefix, b"\x1b[92;133u"), [Verdict::Taken], "Control with Num Lock");
        let mut prefix = Prefix::default();
        assert!(matches!(verdicts(&mut prefix, b"\x1b[92;7u")[..], [Verdict::Send(_)]), "Control with Alt");
    }

    #[test]
    fn another_prefix_can_be_chosen() {
        let mut prefix = Prefix::default();
        prefix.set('b');
        assert_eq!(prefix.name(), "Ctrl-b");
        assert_eq!(verdicts(&mut prefix, b"\x02d"), [Verdict::Taken, Verdict::Do(Command::Detach)]);
        assert!(matches!(verdicts(&mut prefix, b"\x1c")[..], [Verdict::Send(_)]));
    }
}
