//! Requests: each gets exactly one answer that repeats its id — the one its comment names, or
//! [`super::answer::Failed`]. `session` fields take a name, a unique beginning of one, or an id (`@17`); an
//! empty string is the session this connection is attached to.

use super::types::{
    CaptureStyle, KeptWindow, PluginCapability, Region, SendItem, Size, ViewerColours, WaitFor,
};
use rkyv::{Archive, Deserialize, Serialize};

/// Are you there? → [`super::answer::Pong`] with the same timestamp.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Ping {
    /// Anything; by custom, nanoseconds of the sender's clock.
    pub timestamp: u64,
}

/// Start a plugin. → [`super::answer::Plugin`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct LoadPlugin {
    /// Absolute path of an executable under a plugin directory, without `..` or symbolic links out of it.
    pub path: String,
    /// What it may do.
    pub capabilities: Vec<PluginCapability>,
}

/// Make a session. → [`super::answer::Created`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Create {
    /// Its name; empty for the smallest free number.
    pub name: String,
    /// Program and arguments; empty for the login shell.
    pub command: Vec<String>,
    /// Start the shell as a login shell.
    pub login: bool,
    /// Working directory; empty for the home directory.
    pub directory: String,
    /// The viewer's environment as `NAME=VALUE`; empty for a minimal one.
    pub environment: Vec<Vec<u8>>,
    /// The first size; 0 columns for 80x24.
    pub size: Size,
    /// Settings of the session's scope, `NAME=VALUE` (see systemd.resource-control(5)).
    pub properties: Vec<String>,
    /// Let programs read the screen back by checksum (DECRQCRA).
    pub allow_checksum: bool,
}

/// All sessions. → [`super::answer::Sessions`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct List {}

/// Become a viewer of a session. → [`super::answer::Attached`]
///
/// A connection has at most one attachment; attaching again moves it.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Attach {
    /// Which session; empty for the last used one.
    pub session: String,
    /// Only look: input is refused and the size is not considered.
    pub read_only: bool,
    /// Detach all other viewers of the session.
    pub detach_others: bool,
    /// The viewer's size.
    pub size: Size,
    /// Its colours, where known.
    pub colours: ViewerColours,
    /// What it calls itself in listings, at most 64 bytes.
    pub viewer_name: String,
    /// Its environment as `NAME=VALUE`, for `scarab env`; may be empty.
    pub environment: Vec<Vec<u8>>,
}

/// End viewers' attachments, not sessions. → [`super::answer::Done`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Detach {
    /// Whose viewers; empty for this connection's own attachment only.
    pub session: String,
}

/// End a session, or signal its leader. → [`super::answer::Done`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Kill {
    /// Which one; `*` for all.
    pub session: String,
    /// A signal's number for the foreground process group; 0 ends the session (SIGHUP, then SIGKILL).
    pub signal: i32,
}

/// Give a session another name. → [`super::answer::Done`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Rename {
    /// Which one.
    pub session: String,
    /// The new name.
    pub name: String,
}

/// Type into a session. → [`super::answer::Done`] when the PTY has taken all of it.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Send {
    /// Which one.
    pub session: String,
    /// What, in order; at most 64 KiB in all.
    pub items: Vec<SendItem>,
}

/// Read the screen or history as text, a page at a time. → [`super::answer::Captured`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Capture {
    /// Which one.
    pub session: String,
    /// What of it.
    pub region: Region,
    /// How written.
    pub style: CaptureStyle,
}

/// Find the lines in which a pattern matches, a page at a time; upper and lower case are the same unless the pattern has
/// a capital. → [`super::answer::Captured`] with these lines alone
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Search {
    /// Which session.
    pub session: String,
    /// The pattern.
    pub pattern: String,
    /// It is a regular expression; else it stands for itself.
    pub regex: bool,
    /// The first line that is looked at.
    pub first: u64,
    /// The last one, included.
    pub last: u64,
    /// How the lines are written.
    pub style: CaptureStyle,
}

/// Wait for something. → [`super::answer::Waited`] when it happens.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Wait {
    /// Which session.
    pub session: String,
    /// For what.
    pub what: WaitFor,
    /// Give up after this many milliseconds; 0 = never.
    pub timeout_ms: u64,
}

/// Give up a request of this connection that waits; that request answers that it was cancelled.
/// → [`super::answer::Done`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Cancel {
    /// The id of the request to give up.
    pub request: u32,
}

/// Read the configuration again. → [`super::answer::Done`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Reload {}

/// What is configured. → [`super::answer::Config`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct GetConfig {
    /// A dotted key; empty for all.
    pub key: String,
}

/// Write one key of the configuration file and reload. → [`super::answer::Config`] with that key
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct SetConfig {
    /// A dotted key.
    pub key: String,
    /// The value, as TOML.
    pub value: String,
}

/// A private copy of the screen, for a viewer that cannot map or keeps being overtaken.
/// → [`super::answer::ScreenCopy`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct CopyScreen {
    /// Which session.
    pub session: String,
}

/// How the service is. → [`super::answer::Status`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct GetStatus {}

/// Tell this connection what happens. → [`super::answer::Done`], then events
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Subscribe {
    /// Which session; `*` for all and for sessions yet to come.
    pub session: String,
}

/// Give a session a size, whatever its viewers say, until a viewer is used again. → [`super::answer::Done`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ResizeSession {
    /// Which one.
    pub session: String,
    /// The size.
    pub size: Size,
}

/// The environment of the session's last viewer. → [`super::answer::Environment`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct GetEnvironment {
    /// Which session.
    pub session: String,
}

/// Keep what a window shows, for when its client is gone without closing it. → [`super::answer::Done`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct KeepWindow {
    /// The window; an empty layout forgets it.
    pub window: KeptWindow,
}

/// Take over the windows whose clients are gone. → [`super::answer::Windows`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct TakeWindows {}

/// The memory of a session's images, to be mapped: for a viewer of whom a frame says that there are some.
/// → [`super::answer::Pictures`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct GetPictures {
    /// Which session.
    pub session: String,
}

/// The window that showed this session was closed: if it is a shell that does nothing and has no name of its own, it
/// ends after a while (`sessions.keep-idle`), unless somebody attaches. → [`super::answer::Done`]
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Release {
    /// Which session.
    pub session: String,
}
