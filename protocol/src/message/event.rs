//! Events: what happens, told unasked with id 0. A viewer gets those of its session; a connection that
//! subscribed gets those it asked for. What waits for a slow reader is coalesced; beyond its bound the newest
//! state is kept and [`EventsLost`] says that something is missing.

use super::types::{ExitStatus, ProgressState, SessionId, SessionInfo, ViewerColours};
use rkyv::{Archive, Deserialize, Serialize};

/// Input and Paste up to this offset have reached the PTY.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Acknowledged {
    /// Bytes since the attachment began, cumulative.
    pub offset: u64,
}

/// Input and Paste from `from` to `to` were thrown away: an interrupt key overtook them.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct InputDropped {
    /// First byte not written.
    pub from: u64,
    /// The offset at which input goes on.
    pub to: u64,
}

/// Why an attachment ended.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetachReason {
    /// Asked for by this viewer or on its behalf (`scarab detach`).
    Asked,
    /// Another viewer attached and detached all others.
    Replaced,
    /// The session ended.
    SessionEnded,
    /// This viewer did not read what was sent to it.
    TooSlow,
}

/// This connection is no viewer any more.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Detached {
    /// Which session.
    pub session: SessionId,
    /// Why.
    pub reason: DetachReason,
}

/// The session's view is in new memory: attach again to map it.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ViewMoved {
    /// Which session.
    pub session: SessionId,
}

/// BEL.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Bell {
    /// Which session.
    pub session: SessionId,
}

/// The title changed (OSC 0, 1, 2).
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Title {
    /// Which session.
    pub session: SessionId,
    /// The window's title.
    pub title: String,
    /// The icon's title.
    pub icon: String,
}

/// The working directory changed (OSC 7).
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Directory {
    /// Which session.
    pub session: SessionId,
    /// The path; for another host the whole URL.
    pub directory: String,
}

/// The program changed colours (OSC 4, 10 – 12, 104, 110 – 112); they stand in the next frame.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ColoursChanged {
    /// Which session.
    pub session: SessionId,
    /// What the program set.
    pub colours: ViewerColours,
}

/// Modes that matter to viewers changed.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ModesChanged {
    /// Which session.
    pub session: SessionId,
    /// The input modes as the view's frames carry them.
    pub modes: u64,
}

/// A program wrote the clipboard (OSC 52).
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ClipboardSet {
    /// Which session.
    pub session: SessionId,
    /// `c` clipboard, `p` primary selection, as OSC 52 names them.
    pub selection: String,
    /// The bytes, at most 1 MiB.
    pub data: Vec<u8>,
    /// Allowed at once; otherwise the person must be asked or told first.
    pub allowed: bool,
}

/// A program asks for the clipboard (OSC 52); answer with [`super::input::ClipboardAnswer`].
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ClipboardRead {
    /// Which session.
    pub session: SessionId,
    /// The number to answer with.
    pub number: u64,
    /// Which clipboard.
    pub selection: String,
}

/// A desktop notification (OSC 9, 99, 777).
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Notification {
    /// Which session.
    pub session: SessionId,
    /// The program's id for it, may be empty; the same id replaces.
    pub id: String,
    /// Title.
    pub title: String,
    /// Body.
    pub body: String,
    /// 0 low, 1 normal, 2 critical.
    pub urgency: u8,
}

/// Progress (OSC 9;4).
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Progress {
    /// Which session.
    pub session: SessionId,
    /// The state.
    pub progress: ProgressState,
}

/// A command was started at a prompt (OSC 133 C).
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct CommandStarted {
    /// Which session.
    pub session: SessionId,
    /// The command line where the shell told it.
    pub command: String,
}

/// A command finished (OSC 133 D).
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct CommandFinished {
    /// Which session.
    pub session: SessionId,
    /// Its status where the shell told it.
    pub status: Option<i32>,
    /// How long it ran, µs.
    pub duration: u64,
}

/// Another process is in the foreground.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Foreground {
    /// Which session.
    pub session: SessionId,
    /// Its name.
    pub name: String,
}

/// A session was made.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct SessionCreated {
    /// It.
    pub session: SessionInfo,
}

/// A session has another name.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct SessionRenamed {
    /// Which session.
    pub session: SessionId,
    /// The new name.
    pub name: String,
}

/// A session's leader ended.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct SessionExited {
    /// Which session.
    pub session: SessionId,
    /// Its name.
    pub name: String,
    /// How.
    pub status: ExitStatus,
}

/// A session is no longer listed.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct SessionRemoved {
    /// Which session.
    pub session: SessionId,
    /// Its name.
    pub name: String,
}

/// The service stops or restarts.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct GoingDown {
    /// Sessions survive: reconnect.
    pub sessions_survive: bool,
}

/// Events could not be kept for this reader.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct EventsLost {
    /// How many.
    pub count: u64,
}

/// The pointer's shape over the session (OSC 22), a CSS cursor name.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct PointerShape {
    /// Which session.
    pub session: SessionId,
    /// The name, empty for the default.
    pub shape: String,
}
