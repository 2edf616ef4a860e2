//! The plain data that several messages share.

use rkyv::{Archive, Deserialize, Serialize};

/// A session's id: counted up from 1 for each session made, never reused while the service's records live.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "@{}", self.0)
    }
}

/// Columns and rows, and the pixels they cover (0 where unknown).
#[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns, 1 to 2000; the service clamps what is outside.
    pub cols: u16,
    /// Rows, 1 to 1000; the service clamps what is outside.
    pub rows: u16,
    /// Width of the whole text area in pixels.
    pub width_px: u32,
    /// Height of the whole text area in pixels.
    pub height_px: u32,
}

/// Modifier keys as the kitty keyboard protocol numbers them: bits of the `mods` fields.
pub mod mods {
    /// Shift.
    pub const SHIFT: u8 = 1;
    /// Alt (Option).
    pub const ALT: u8 = 2;
    /// Control.
    pub const CTRL: u8 = 4;
    /// Super (Windows, Command).
    pub const SUPER: u8 = 8;
    /// Hyper.
    pub const HYPER: u8 = 16;
    /// Meta.
    pub const META: u8 = 32;
    /// Caps Lock is on.
    pub const CAPS_LOCK: u8 = 64;
    /// Num Lock is on.
    pub const NUM_LOCK: u8 = 128;
}

/// What happened to a key.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAction {
    /// It went down.
    Press,
    /// It is held down.
    Repeat,
    /// It came up.
    Release,
}

/// A colour as red, green, blue, 8 bits each.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

/// The colours a viewer draws with: what a program that asks is told.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ViewerColours {
    /// Default text colour, where known.
    pub foreground: Option<Rgb>,
    /// Default background, where known.
    pub background: Option<Rgb>,
    /// Cursor, where known.
    pub cursor: Option<Rgb>,
    /// Palette entries that are known: index and colour.
    pub palette: Vec<(u8, Rgb)>,
    /// Light text on a dark ground? (`CSI ? 996 n`)
    pub dark: bool,
}

/// How a leader ended.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// It exited with this code.
    Code(i32),
    /// A signal of this number ended it.
    Signal(i32),
    /// It ended while no service watched it, on a kernel that does not tell afterwards.
    Unknown,
    /// The kernel killed it because the memory of its scope, or of the machine, was used up (from version 2 on).
    OutOfMemory,
}

/// ConEmu's progress states (OSC 9;4).
#[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ProgressState {
    /// None shown.
    #[default]
    None,
    /// Under way, percent 0 – 100.
    Normal(u8),
    /// Failed at this percentage.
    Error(u8),
    /// Busy for an unknown time.
    Busy,
    /// Paused at this percentage.
    Paused(u8),
}

/// All that a listing says of one session.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct SessionInfo {
    /// Its id.
    pub id: SessionId,
    /// Its unique name.
    pub name: String,
    /// The command it was made with.
    pub command: Vec<String>,
    /// Name of the foreground process, empty when unknown.
    pub foreground: String,
    /// The title its program set, empty when none.
    pub title: String,
    /// The working directory as far as known (OSC 7, else the leader's).
    pub directory: String,
    /// Its size.
    pub size: Size,
    /// The leader's process id, 0 once it has ended.
    pub leader: u32,
    /// When it was made, µs since the epoch.
    pub created: u64,
    /// Last input or output, µs since the epoch.
    pub last_activity: u64,
    /// Last attached or used by a viewer, µs since the epoch, 0 when never.
    pub last_used: u64,
    /// The viewers attached.
    pub viewers: Vec<ViewerInfo>,
    /// Pieces of lines in the history, about its lines.
    pub history_lines: u64,
    /// A bell rang that no viewer saw.
    pub bell: bool,
    /// Progress shown.
    pub progress: ProgressState,
    /// How its leader ended, once it has.
    pub exited: Option<ExitStatus>,
    /// The alternate screen is shown.
    pub alternate_screen: bool,
}

/// One attached viewer in a listing.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ViewerInfo {
    /// Process id of the peer.
    pub pid: u32,
    /// What it said of itself (a terminal's name, a host).
    pub name: String,
    /// Its own size.
    pub size: Size,
    /// It may not act.
    pub read_only: bool,
    /// Attached since, µs since the epoch.
    pub since: u64,
}

/// One thing for [`super::request::Send`] to send.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum SendItem {
    /// Raw bytes, written as they are.
    Bytes(Vec<u8>),
    /// A key by name (`C-c`, `Up`, `Enter`), encoded by the modes of that instant.
    Key(String),
}

pub use region::{ArchivedRegion, Region};

/// Of its own because rkyv's derive makes a further type whose named fields carry no documentation: here it is
/// not seen from outside.
mod region {
    use rkyv::{Archive, Deserialize, Serialize};

    /// What a capture shows.
    #[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Region {
        /// The screen.
        Screen,
        /// Lines of history and then the screen: from line number `first` (0 = the oldest kept) to `last`
        /// inclusive (`u64::MAX` = to the end of the screen). The numbers are absolute and never reused.
        Lines {
            /// First line.
            first: u64,
            /// Last line.
            last: u64,
        },
        /// The output of the last finished command (OSC 133).
        LastCommand,
    }
}

/// How a capture is written.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureStyle {
    /// Text alone.
    Text,
    /// Text with SGR sequences and hyperlinks.
    Ansi,
}

/// One line of a capture, unwrapped.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct CapturedLine {
    /// Its absolute number.
    pub number: u64,
    /// Its text, in the style asked for, without a line end; trailing blanks trimmed.
    pub text: String,
    /// On the screen (not in the history).
    pub on_screen: bool,
}

/// What to wait for.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum WaitFor {
    /// The leader's end.
    Exit,
    /// This literal text on the screen or in a line that passes.
    Text(String),
    /// The end of the command that runs now or next (OSC 133 D).
    Command,
}

/// How a wait ended.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum WaitOutcome {
    /// The leader ended.
    Exited(ExitStatus),
    /// The text came: the line it stood in.
    Text(String),
    /// A command finished with this status, where the shell told one.
    Command(Option<i32>),
    /// The time was up.
    TimedOut,
    /// It was cancelled.
    Cancelled,
    /// The session is gone.
    Removed,
}

/// A grant of LoadPlugin: what the plugin may do.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginCapability {
    /// See sessions and their events.
    Observe,
    /// Read screens and history.
    ReadScreens,
    /// Send input.
    SendInput,
    /// Create, rename and end sessions.
    ManageSessions,
}

/// One problem of a configuration, as a person should read it.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ConfigValue {
    /// The key, dotted.
    pub key: String,
    /// The value in force, as TOML.
    pub value: String,
    /// The value is the default.
    pub is_default: bool,
}

/// Programs that are shells; `deploy.sh` is none.
const SHELLS: [&str; 13] =
    ["ash", "bash", "csh", "dash", "elvish", "fish", "ksh", "mksh", "nu", "sh", "tcsh", "xonsh", "zsh"];

/// Whether a program of this name, with or without its directory, is a shell.
pub fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    SHELLS.contains(&name.strip_prefix('-').unwrap_or(name))
}

/// Whether a session made with this command is for an interactive shell: none was named, or a shell with nothing but
/// options.
pub fn is_for_a_shell(command: &[String]) -> bool {
    let Some((program, arguments)) = command.split_first() else { return true };
    let options = arguments.iter().all(|argument| argument.starts_with('-') && argument != "-c");
    is_shell(program) && options
}

/// A client's window, as it can be opened again.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct KeptWindow {
    /// A number that the client chose at random.
    pub window: u64,
    /// What it shows, in the client's own words (at most 32 KiB); the service does not read it.
    pub layout: String,
}
