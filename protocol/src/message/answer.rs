//! Answers: each repeats the id of its request.

use super::types::{CapturedLine, ConfigValue, KeptWindow, SessionId, SessionInfo, WaitOutcome};
use rkyv::{Archive, Deserialize, Serialize};

/// It is done; nothing more to say.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Done {}

/// Why a request failed, for programs.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// No session of that name or id.
    NoSuchSession,
    /// Several sessions' names begin so.
    Ambiguous,
    /// The name is taken.
    NameTaken,
    /// The name, size, key or value is not acceptable.
    BadArgument,
    /// The session's program has ended.
    Exited,
    /// The program could not be started.
    CannotStart,
    /// The limit of viewers, sessions or requests is reached.
    TooMany,
    /// Not allowed here: a read-only viewer, a path outside, a setting that forbids.
    Refused,
    /// Cannot be had in this environment (no systemd, for example).
    Unsupported,
    /// The configuration is wrong.
    Config,
    /// The input was interrupted before it was taken.
    Interrupted,
    /// The service failed (no memory, no descriptors, …).
    Internal,
    /// The message kind is unknown to this service.
    UnknownRequest,
}

/// The request failed.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Failed {
    /// For programs.
    pub kind: FailureKind,
    /// For people: one line that says what is wrong and what to do.
    pub message: String,
}

/// The answer to a Ping.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Pong {
    /// The Ping's timestamp.
    pub timestamp: u64,
}

/// A plugin was started.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Plugin {
    /// Its number while the service lives.
    pub number: u64,
    /// Its process.
    pub pid: u32,
}

/// A session was made.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Created {
    /// Its id.
    pub id: SessionId,
    /// Its name.
    pub name: String,
}

/// All sessions, by id.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Sessions {
    /// The sessions.
    pub sessions: Vec<SessionInfo>,
}

/// The connection is a viewer now. Three descriptors come with this message (`SCM_RIGHTS`), in this order:
/// the view (read-only memfd), the doorbell's memfd, the doorbell's socket.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Attached {
    /// The session.
    pub session: SessionInfo,
    /// Layout version of the view.
    pub layout: u16,
}

/// One page of a capture.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Captured {
    /// The lines, oldest first.
    pub lines: Vec<CapturedLine>,
    /// Ask again from this line for the next page; `None` at the end.
    pub next: Option<u64>,
}

/// A wait is over.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Waited {
    /// How.
    pub outcome: WaitOutcome,
}

/// Configuration values.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Config {
    /// The file read, whether or not it exists.
    pub file: String,
    /// The values.
    pub values: Vec<ConfigValue>,
}

/// A private copy of a screen, for who cannot map the view or keeps being overtaken by its writer.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ScreenCopy {
    /// The rows, one string each with SGR sequences, trailing blanks trimmed.
    pub rows: Vec<String>,
    /// Columns.
    pub cols: u16,
    /// Cursor column and row from 0, `None` when hidden.
    pub cursor: Option<(u16, u16)>,
}

/// How the service is.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Status {
    /// Its version (Cargo's).
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Started, µs since the epoch.
    pub started: u64,
    /// Sessions whose leader lives.
    pub sessions: u32,
    /// Exited sessions still listed.
    pub exited: u32,
    /// Viewers attached.
    pub viewers: u32,
    /// Connections open.
    pub connections: u32,
    /// Path of the socket it listens on.
    pub socket: String,
    /// How it was started: `systemd`, `standalone`.
    pub started_by: String,
    /// What people should know, each one line: promises that do not hold here, a configuration that is wrong.
    pub notes: Vec<String>,
}

/// An environment.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Environment {
    /// `NAME=VALUE` each.
    pub variables: Vec<Vec<u8>>,
}

/// Windows that were taken over.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Windows {
    /// They, those kept longest first.
    pub windows: Vec<KeptWindow>,
}

/// A session's images. One descriptor comes with this message (`SCM_RIGHTS`): their memory, read-only.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Pictures {
    /// Layout version of that memory.
    pub layout: u16,
}
