//! What a session is made of and what it tells: the data that crosses between the control side and a
//! session. Apart from the handle so that the control side can be read without the session's insides.

use crate::manager::Manager;
use crate::store::Store;
use rustix::fd::{BorrowedFd, OwnedFd};
use scarab_protocol::SessionId;
use scarab_protocol::message::{SessionInfo, Size, ToClient, ViewerColours};
use std::sync::Arc;

/// One attachment, while the service lives: counted up, never reused.
pub type ViewerId = u64;

/// A new session.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Its name, already checked and unique.
    pub name: String,
    /// Program and arguments; empty for the shell.
    pub command: Vec<String>,
    /// Start the shell as a login shell.
    pub login: bool,
    /// Working directory; empty for the home directory.
    pub directory: String,
    /// The viewer's environment as `NAME=VALUE`; empty for a minimal one and a login shell.
    pub environment: Vec<Vec<u8>>,
    /// The first size; 0 columns for 80x24.
    pub size: Size,
    /// Let programs read the screen back by checksum (DECRQCRA), whatever the settings say.
    pub allow_checksum: bool,
    /// Limits of its scope, `NAME=VALUE` each, which were checked.
    pub properties: Vec<String>,
    /// Some of them were asked for with this session: without a scope it must not start.
    pub limited: bool,
    /// The configuration at this moment.
    pub settings: Settings,
}

/// What of the configuration concerns a session. Those marked "new" hold for sessions made from now on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Most lines of history.
    pub history_lines: u64,
    /// Bytes of history (new).
    pub history_bytes: u64,
    /// `TERM` of the leader (new).
    pub term: String,
    /// Most viewers at once.
    pub max_viewers: usize,
    /// Who may write the clipboard.
    pub clipboard_write: ClipboardWrite,
    /// Who may read it.
    pub clipboard_read: ClipboardRead,
    /// Let programs read the screen back by checksum (new).
    pub allow_checksum: bool,
    /// Tell programs the titles that they ask for (new).
    pub allow_title_report: bool,
    /// Bytes that images may take, 0 for none (new).
    pub image_bytes: u64,
    /// The shell instead of the user's own (new).
    pub shell: Option<String>,
    /// Have shells load what is in `packaging/shell` (new).
    pub shell_integration: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            history_lines: 100_000,
            history_bytes: 32 << 20,
            term: "xterm-256color".to_owned(),
            max_viewers: 16,
            clipboard_write: ClipboardWrite::default(),
            clipboard_read: ClipboardRead::default(),
            allow_checksum: false,
            allow_title_report: false,
            image_bytes: scarab_terminal::Options::MAX_IMAGE_BYTES,
            shell: None,
            shell_integration: true,
        }
    }
}

/// What becomes of a program's writing to the clipboard (OSC 52).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClipboardWrite {
    /// Done at once where a viewer has the session in focus, else the person is told first.
    #[default]
    Focused,
    /// The person is always told first.
    Ask,
    /// Ignored.
    Never,
}

/// What becomes of a program's reading of the clipboard (OSC 52).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClipboardRead {
    /// The viewer asks its person.
    #[default]
    Ask,
    /// Refused.
    Never,
}

/// What sessions stand on.
#[derive(Clone)]
pub struct Host {
    /// Is told what happens.
    pub observer: Arc<dyn Observer>,
    /// Keeps what must outlive this process.
    pub store: Arc<Store>,
    /// Makes scopes.
    pub manager: Manager,
}

/// Is told what happens in a session, on that session's thread: it must not block.
pub trait Observer: Send + Sync {
    /// Something happened. The last thing told of a leader is `SessionExited`.
    fn event(&self, session: SessionId, event: ToClient);

    /// What a listing says of it has changed, and no event says so.
    fn changed(&self, _session: SessionId) {}
}

/// Takes what is meant for one viewer: acknowledgements, its detachment, its copy of the session's events.
/// It must not block, and bounds what it keeps.
pub trait Outbox: Send + Sync {
    /// One message.
    fn push(&self, message: ToClient);

    /// The session counts it as a viewer: it has its own copy of every event from now on, until its `Detached`.
    /// Called on the session's thread, so that no event comes in between.
    fn joined(&self) {}
}

/// The way in of one viewer, served by its session's thread. Dropping it gives it back.
pub trait Inlet: Send {
    /// Readable when there is something to do.
    fn socket(&self) -> Option<BorrowedFd<'_>>;

    /// Does what has come, a bounded piece of it; false when it is to be dropped. It must not block.
    fn serve(&mut self) -> bool;
}

/// A connection that wants to be a viewer.
pub struct Joining {
    /// Its number.
    pub viewer: ViewerId,
    /// The peer's process.
    pub pid: u32,
    /// What it calls itself.
    pub name: String,
    /// It may only look.
    pub read_only: bool,
    /// Its size.
    pub size: Size,
    /// Its colours.
    pub colours: ViewerColours,
    /// Its environment, for whoever asks for the last viewer's.
    pub environment: Vec<Vec<u8>>,
    /// All others go.
    pub detach_others: bool,
    /// Where its messages go.
    pub outbox: Arc<dyn Outbox>,
}

impl std::fmt::Debug for Joining {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Joining")
            .field("viewer", &self.viewer)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What a new viewer is given.
#[derive(Debug)]
pub struct Attachment {
    /// The view, read-only.
    pub view: OwnedFd,
    /// The doorbell's memory.
    pub bell_memory: OwnedFd,
    /// The doorbell's socket, the viewer's end.
    pub bell_socket: OwnedFd,
    /// The session.
    pub info: SessionInfo,
}
