//! What a window shows, as text that the service keeps: tabs, the splits in them, and the session in each pane.
//!
//! It comes back from outside, so it is read as anything from outside: serde_json bounds its depth, the service its
//! length, and sessions that are not there any more are left out.

use scarab_protocol::message::SessionInfo;
use serde::{Deserialize, Serialize};

/// A window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    pub tabs: Vec<Tree>,
    /// Which tab is in front.
    pub selected: usize,
    /// Logical pixels.
    pub width: i32,
    pub height: i32,
    pub maximized: bool,
}

/// A session, by its id and when it was made (µs since the Unix epoch): after a reboot the same id is another session's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub session: u64,
    pub created: u64,
}

impl Shown {
    pub fn of(info: &SessionInfo) -> Self {
        Self { session: info.id.0, created: info.created }
    }

    /// It is one of these.
    pub fn is_among(self, sessions: &[SessionInfo]) -> bool {
        sessions.iter().any(|info| Self::of(info) == self)
    }
}

/// Where the second pane stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    Right,
    Down,
}

/// What a tab shows: a pane, or two parts of which each may be split again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tree {
    Pane(Shown),
    Split {
        way: Way,
        /// The first one's part of the room, from 0 to 1.
        part: f64,
        panes: Box<(Tree, Tree)>,
    },
}

impl Tree {
    /// Its sessions, in order.
    pub fn sessions(&self) -> Vec<Shown> {
        match self {
            Self::Pane(shown) => vec![*shown],
            Self::Split { panes, .. } => [panes.0.sessions(), panes.1.sessions()].concat(),
        }
    }

    /// What is left of it with the sessions that still are.
    pub fn with(self, is_there: &impl Fn(Shown) -> bool) -> Option<Self> {
        match self {
            Self::Pane(shown) => is_there(shown).then_some(self),
            Self::Split { way, part, panes } => {
                let (first, second) = *panes;
                match (first.with(is_there), second.with(is_there)) {
                    (Some(first), Some(second)) => {
                        let part = if part.is_finite() { part.clamp(0.05, 0.95) } else { 0.5 };
                        Some(Self::Split { way, part, panes: Box::new((first, second)) })
                    }
                    (one, other) => one.or(other),
                }
            }
        }
    }
}

impl Layout {
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What is left of it with the sessions that still are; `None` when nothing is.
    pub fn with(self, is_there: &impl Fn(Shown) -> bool) -> Option<Self> {
        let selected = self.selected;
        let kept: Vec<(usize, Tree)> = self
            .tabs
            .into_iter()
            .enumerate()
            .filter_map(|(index, tree)| Some((index, tree.with(is_there)?)))
            .collect();
        if kept.is_empty() {
            return None;
        }
        let selected = kept.iter().position(|(index, _)| *index >= selected).unwrap_or(kept.len() - 1);
        Some(Self { tabs: kept.into_iter().map(|(_, tree)| tree).collect(), selected, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane(session: u64) -> Tree {
        Tree::Pane(Shown { session, created: session * 10 })
    }

    fn split(first: Tree, second: Tree) -> Tree {
        Tree::Split { way: Way::Right, part: 0.25, panes: Box::new((first, second)) }
    }

    fn layout() -> Layout {
        let tabs = vec![pane(1), split(pane(2), split(pane(3), pane(4))), pane(5)];
        Layout { tabs, selected: 1, width: 800, height: 600, maximized: false }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        assert_eq!(Layout::read(&layout().write()), Some(layout()));
        assert_eq!(Layout::read("{\"tabs\":3}"), None);
        let nested = |levels: usize| {
            let tree = (0..levels).fold(pane(1), |tree, session| split(tree, pane(session as u64)));
            Layout { tabs: vec![tree], ..layout() }
        };
        assert_eq!(Layout::read(&nested(20).write()), Some(nested(20)));
        // As text: nothing that is so deep is ever made into a tree.
        let (open, close) = (
            "{\"split\":{\"way\":\"right\",\"part\":0.5,\"panes\":[",
            ",{\"pane\":{\"session\":1,\"created\":1}}]}}",
        );
        let leaf = "{\"pane\":{\"session\":1,\"created\":1}}";
        let text = |levels: usize| {
            let tree = open.repeat(levels) + leaf + &close.repeat(levels);
            format!("{{\"tabs\":[{tree}],\"selected\":0,\"width\":1,\"height\":1,\"maximized\":false}}")
        };
        assert!(Layout::read(&text(20)).is_some());
        assert_eq!(Layout::read(&text(5000)), None);
    }

    #[test]
    fn sessions_that_are_gone_leave_their_place_to_the_others() {
        let left = layout().with(&|shown| [2, 4, 5].contains(&shown.session)).expect("something");
        assert_eq!(left.tabs, [split(pane(2), pane(4)), pane(5)]);
        assert_eq!(left.selected, 0, "the tab that was in front is the first one now");
        let left = layout().with(&|shown| shown.session == 1).expect("something");
        assert_eq!((left.tabs, left.selected), (vec![pane(1)], 0));
        assert_eq!(layout().with(&|_| false), None);
        assert_eq!(layout().tabs[1].sessions().len(), 3);
    }
}
