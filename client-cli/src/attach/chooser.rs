//! The list of sessions to choose from.

use super::keys::{self, chosen, code};
use super::screen::Panel;
use scarab_protocol::message::input::Key;
use scarab_protocol::message::{KeyAction, SessionId, SessionInfo, mods};

/// Most characters of what is said of a session beside its name.
const MAX_WHAT: usize = 40;

/// Columns of a session's state: "exited (SIGTERM)" is a long one.
const STATE: usize = 10;

/// The open list.
#[derive(Debug)]
pub struct Chooser {
    sessions: Vec<SessionInfo>,
    selected: usize,
}

/// What a key led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Go on.
    Stay,
    /// Nothing was chosen.
    Leave,
    /// This one.
    Session(SessionId),
}

impl Chooser {
    /// A list with the present session selected.
    pub fn new(sessions: Vec<SessionInfo>, present: SessionId) -> Self {
        let selected = sessions.iter().position(|session| session.id == present).unwrap_or(0);
        Self { sessions, selected }
    }

    /// Takes a key.
    pub fn key(&mut self, key: &Key) -> Choice {
        if key.action == KeyAction::Release {
            return Choice::Stay;
        }
        let control = chosen(key.mods) & mods::CTRL != 0;
        let letter = if keys::functional(key.key) { None } else { char::from_u32(key.key) };
        let last = self.sessions.len().saturating_sub(1);
        match (key.key, letter) {
            (code::ESCAPE, _) | (_, Some('q')) => return Choice::Leave,
            (_, Some('c' | 'g')) if control => return Choice::Leave,
            (code::UP, _) | (_, Some('k' | 'p')) => self.selected = self.selected.saturating_sub(1),
            (code::DOWN, _) | (_, Some('j' | 'n')) => self.selected = (self.selected + 1).min(last),
            (code::HOME, _) | (_, Some('g')) => self.selected = 0,
            (code::END, _) => self.selected = last,
            (code::PAGE_UP, _) => self.selected = self.selected.saturating_sub(10),
            (code::PAGE_DOWN, _) => self.selected = (self.selected + 10).min(last),
            (code::ENTER, _) => {
                let session = self.sessions.get(self.selected);
                return session.map_or(Choice::Leave, |session| Choice::Session(session.id));
            }
            _ => {}
        }
        Choice::Stay
    }

    /// How it is shown.
    pub fn panel(&self) -> Panel {
        let widest =
            self.sessions.iter().map(|session| session.name.chars().count()).max().unwrap_or(0).min(32);
        let lines = self.sessions.iter().map(|session| {
            let what = [&session.title, &session.foreground]
                .into_iter()
                .find(|text| !text.is_empty())
                .cloned()
                .or_else(|| session.command.first().cloned())
                .unwrap_or_default();
            let what: String = what.chars().take(MAX_WHAT).collect();
            let state = match (session.exited, session.viewers.len()) {
                (Some(status), _) => crate::text::exit(status),
                (None, 0) => "detached".to_owned(),
                (None, 1) => "1 viewer".to_owned(),
                (None, viewers) => format!("{viewers} viewers"),
            };
            let bell = if session.bell { "!" } else { " " };
            // What a narrow terminal cuts off comes last.
            format!("{:widest$} {bell} {state:STATE$}  {what}", session.name)
        });
        Panel { lines: lines.collect(), selected: Some(self.selected) }
    }
}

/// The session after (or before) the present one by id, round and round; `None` when there is no other.
pub fn neighbour(sessions: &[SessionInfo], present: SessionId, forward: bool) -> Option<SessionId> {
    let mut ids: Vec<SessionId> =
        sessions.iter().filter(|session| session.exited.is_none()).map(|session| session.id).collect();
    ids.sort_unstable();
    let found = match forward {
        true => ids.iter().find(|id| **id > present).or(ids.first()),
        false => ids.iter().rev().find(|id| **id < present).or(ids.last()),
    };
    found.copied().filter(|id| *id != present)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scarab_protocol::message::{ExitStatus, ProgressState, Size};

    fn session(id: u64, exited: Option<ExitStatus>) -> SessionInfo {
        SessionInfo {
            id: SessionId(id),
            name: format!("s{id}"),
            command: vec!["sh".to_owned()],
            foreground: String::new(),
            title: String::new(),
            directory: String::new(),
            size: Size { cols: 80, rows: 24, width_px: 0, height_px: 0 },
            leader: 1,
            created: 0,
            last_activity: 0,
            last_used: 0,
            viewers: Vec::new(),
            history_lines: 0,
            bell: false,
            progress: ProgressState::None,
            exited,
            alternate_screen: false,
        }
    }

    #[test]
    fn neighbours_go_round_and_pass_over_what_has_ended() {
        let gone = Some(ExitStatus::Code(0));
        let sessions = [session(9, None), session(2, None), session(5, gone), session(7, None)];
        let id = |id| Some(SessionId(id));
        assert_eq!(neighbour(&sessions, SessionId(2), true), id(7));
        assert_eq!(neighbour(&sessions, SessionId(9), true), id(2));
        assert_eq!(neighbour(&sessions, SessionId(2), false), id(9));
        assert_eq!(neighbour(&sessions[..1], SessionId(9), true), None);
        assert_eq!(neighbour(&[], SessionId(9), true), None);
    }

    #[test]
    fn a_line_says_the_state_before_what_may_be_cut() {
        let mut busy = session(2, None);
        (busy.name, busy.title, busy.bell) = ("build".to_owned(), "make: 12 %".to_owned(), true);
        let lines =
            Chooser::new(vec![session(1, Some(ExitStatus::Signal(15))), busy], SessionId(2)).panel().lines;
        assert_eq!(lines, ["s1      exited (SIGTERM)  sh", "build ! detached    make: 12 %"]);
    }

    #[test]
    fn the_list_begins_at_the_present_session_and_stays_within_its_ends() {
        let mut chooser = Chooser::new(vec![session(1, None), session(2, None)], SessionId(2));
        assert_eq!(chooser.panel().selected, Some(1));
        assert_eq!(chooser.key(&keys::press(code::DOWN, 0)), Choice::Stay);
        assert_eq!(chooser.key(&keys::press(code::ENTER, 0)), Choice::Session(SessionId(2)));
        chooser.key(&keys::press(code::HOME, 0));
        assert_eq!(chooser.key(&keys::press(code::ENTER, 0)), Choice::Session(SessionId(1)));
        assert_eq!(chooser.key(&keys::press(code::ESCAPE, 0)), Choice::Leave);
        assert_eq!(Chooser::new(Vec::new(), SessionId(1)).key(&keys::press(code::ENTER, 0)), Choice::Leave);
    }
}
