//! The values that the golden files show: each message at least once, each variant of each enum somewhere.

use scarab_protocol::SessionId;
use scarab_protocol::message::answer::*;
use scarab_protocol::message::event::*;
use scarab_protocol::message::input::*;
use scarab_protocol::message::request::*;
use scarab_protocol::message::*;

const SIZE: Size = Size { cols: 80, rows: 24, width_px: 720, height_px: 432 };
const SESSION: SessionId = SessionId(17);
/// 2026-01-01 00:00:00 UTC.
const NEW_YEAR: u64 = 1_767_225_600_000_000;

fn text(text: &str) -> String {
    text.to_owned()
}

fn name() -> String {
    text("work")
}

fn window(layout: &str) -> KeptWindow {
    KeptWindow { window: 0x1234_5678_9abc_def0, layout: text(layout) }
}

fn environment() -> Vec<Vec<u8>> {
    vec![b"LANG=C.UTF-8".to_vec(), b"E=\xff".to_vec()]
}

fn no_colours() -> ViewerColours {
    ViewerColours::default()
}

fn all_colours() -> ViewerColours {
    ViewerColours {
        foreground: Some(Rgb { r: 0xd0, g: 0xd1, b: 0xd2 }),
        background: Some(Rgb { r: 0x10, g: 0x11, b: 0x12 }),
        cursor: Some(Rgb { r: 0xff, g: 0x80, b: 0 }),
        palette: vec![(1, Rgb { r: 0xcc, g: 0, b: 0 }), (2, Rgb { r: 0, g: 0xcc, b: 0 })],
        dark: true,
    }
}

fn lively() -> SessionInfo {
    SessionInfo {
        id: SESSION,
        name: name(),
        command: vec![text("vim"), text("notes.txt")],
        foreground: text("vim"),
        title: text("notes.txt - VIM"),
        directory: text("/home/ann/texts"),
        size: SIZE,
        leader: 4711,
        created: NEW_YEAR,
        last_activity: NEW_YEAR + 2_000_000,
        last_used: NEW_YEAR + 1_000_000,
        viewers: vec![ViewerInfo {
            pid: 5000,
            name: text("xterm"),
            size: SIZE,
            read_only: true,
            since: NEW_YEAR,
        }],
        history_lines: 1234,
        bell: true,
        progress: ProgressState::Normal(42),
        exited: None,
        alternate_screen: true,
    }
}

fn ended() -> SessionInfo {
    SessionInfo {
        command: Vec::new(),
        foreground: String::new(),
        title: String::new(),
        directory: String::new(),
        leader: 0,
        last_used: 0,
        viewers: Vec::new(),
        bell: false,
        progress: ProgressState::None,
        exited: Some(ExitStatus::Code(3)),
        alternate_screen: false,
        ..lively()
    }
}

/// Labels and values of everything a client sends, by kind.
pub fn to_service() -> Vec<(&'static str, ToService)> {
    let key = |action, text: &str| Key {
        key: u32::from(b'a'),
        mods: mods::SHIFT,
        action,
        shifted: u32::from(b'A'),
        base: 0,
        text: text.to_owned(),
    };
    let mouse =
        |action, button| Mouse { action, button, mods: mods::CTRL, col: 79, row: 23, x_px: 715, y_px: 430 };
    let attach = Attach {
        session: name(),
        read_only: false,
        detach_others: true,
        size: SIZE,
        colours: all_colours(),
        viewer_name: text("xterm on tty2"),
        environment: environment(),
    };
    let capture = |region, style| Capture { session: name(), region, style };
    let wait = |what, timeout_ms| Wait { session: name(), what, timeout_ms };
    vec![
        ("80x24", Resize { size: SIZE }.into()),
        ("three bytes", Input { offset: 65_536, bytes: b"ls\r".to_vec() }.into()),
        ("A pressed", key(KeyAction::Press, "A").into()),
        ("A held", key(KeyAction::Repeat, "A").into()),
        ("A released", key(KeyAction::Release, "").into()),
        ("left button with Control", mouse(MouseAction::Press, 1).into()),
        ("released", mouse(MouseAction::Release, 1).into()),
        ("moved", mouse(MouseAction::Motion, 0).into()),
        ("a whole paste", Paste { offset: 3, bytes: b"two\nlines".to_vec(), first: true, last: true }.into()),
        ("the end of an aborted one", Paste { offset: 12, bytes: vec![], first: false, last: true }.into()),
        ("got the keyboard", Focus { focused: true }.into()),
        ("all known", Colours { colours: all_colours() }.into()),
        ("none known", Colours { colours: no_colours() }.into()),
        ("given", ClipboardAnswer { number: 5, data: Some(b"copied".to_vec()) }.into()),
        ("refused", ClipboardAnswer { number: 6, data: None }.into()),
        ("goodbye", Disconnect {}.into()),
        ("a clock's value", Ping { timestamp: 0x0102_0304_0506_0708 }.into()),
        (
            "every capability",
            LoadPlugin {
                path: text("/usr/lib/scarab/plugins/clock"),
                capabilities: vec![
                    PluginCapability::Observe,
                    PluginCapability::ReadScreens,
                    PluginCapability::SendInput,
                    PluginCapability::ManageSessions,
                ],
            }
            .into(),
        ),
        (
            "a command",
            Create {
                name: name(),
                command: vec![text("vim"), text("notes.txt")],
                login: false,
                directory: text("/home/ann/texts"),
                environment: environment(),
                size: SIZE,
                properties: vec![text("MemoryMax=2G")],
                allow_checksum: true,
            }
            .into(),
        ),
        (
            "a login shell, nothing said",
            Create {
                name: String::new(),
                command: vec![],
                login: true,
                directory: String::new(),
                environment: vec![],
                size: Size { cols: 0, rows: 0, width_px: 0, height_px: 0 },
                properties: vec![],
                allow_checksum: false,
            }
            .into(),
        ),
        ("all", List {}.into()),
        ("by name, with everything", attach.clone().into()),
        (
            "the last used, only to look",
            Attach {
                session: String::new(),
                read_only: true,
                detach_others: false,
                colours: no_colours(),
                viewer_name: String::new(),
                environment: vec![],
                ..attach
            }
            .into(),
        ),
        ("this connection's own", Detach { session: String::new() }.into()),
        ("by SIGTERM", Kill { session: text("@17"), signal: 15 }.into()),
        ("rename", Rename { session: name(), name: text("notes") }.into()),
        (
            "text and a key",
            Send {
                session: name(),
                items: vec![SendItem::Bytes(b"make".to_vec()), SendItem::Key(text("Enter"))],
            }
            .into(),
        ),
        ("the screen as text", capture(Region::Screen, CaptureStyle::Text).into()),
        (
            "lines with styles",
            capture(Region::Lines { first: 100, last: u64::MAX }, CaptureStyle::Ansi).into(),
        ),
        ("the last command", capture(Region::LastCommand, CaptureStyle::Text).into()),
        ("for the end", wait(WaitFor::Exit, 0).into()),
        ("for a text, ten seconds", wait(WaitFor::Text(text("tests passed")), 10_000).into()),
        ("for a command", wait(WaitFor::Command, 0).into()),
        ("request 9", Cancel { request: 9 }.into()),
        ("reload", Reload {}.into()),
        ("one key", GetConfig { key: text("history.lines") }.into()),
        ("a number", SetConfig { key: text("history.lines"), value: text("200000") }.into()),
        ("by name", CopyScreen { session: name() }.into()),
        ("status", GetStatus {}.into()),
        ("to everything", Subscribe { session: text("*") }.into()),
        ("to 132x43", ResizeSession { session: name(), size: Size { cols: 132, rows: 43, ..SIZE } }.into()),
        ("by id", GetEnvironment { session: text("@17") }.into()),
        ("a layout", KeepWindow { window: window("{\"tabs\":[]}") }.into()),
        ("a window that was closed", KeepWindow { window: window("") }.into()),
        ("nothing to say", TakeWindows {}.into()),
        ("by id", Release { session: text("@17") }.into()),
        (
            "an expression in all lines",
            Search {
                session: name(),
                pattern: text("err(or)?:"),
                regex: true,
                first: 0,
                last: u64::MAX,
                style: CaptureStyle::Text,
            }
            .into(),
        ),
        ("of what it is attached to", GetPictures { session: String::new() }.into()),
    ]
}

/// Labels and values of everything the service sends, by kind.
pub fn to_client() -> Vec<(&'static str, ToClient)> {
    let mut examples: Vec<(&'static str, ToClient)> = vec![("done", Done {}.into())];
    for (label, kind) in [
        ("no such session", FailureKind::NoSuchSession),
        ("ambiguous", FailureKind::Ambiguous),
        ("name taken", FailureKind::NameTaken),
        ("bad argument", FailureKind::BadArgument),
        ("exited", FailureKind::Exited),
        ("cannot start", FailureKind::CannotStart),
        ("too many", FailureKind::TooMany),
        ("refused", FailureKind::Refused),
        ("unsupported", FailureKind::Unsupported),
        ("configuration", FailureKind::Config),
        ("interrupted", FailureKind::Interrupted),
        ("internal", FailureKind::Internal),
        ("unknown request", FailureKind::UnknownRequest),
    ] {
        examples.push((label, Failed { kind, message: text("why, in one line") }.into()));
    }
    let line = |number, line: &str, on_screen| CapturedLine { number, text: text(line), on_screen };
    let waited = |outcome| Waited { outcome };
    examples.extend([
        ("the Ping's", Pong { timestamp: 0x0102_0304_0506_0708 }.into()),
        ("started", Plugin { number: 2, pid: 4800 }.into()),
        ("created", Created { id: SESSION, name: name() }.into()),
        ("one that lives, one that ended", Sessions { sessions: vec![lively(), ended()] }.into()),
        ("none", Sessions { sessions: vec![] }.into()),
        ("with three descriptors beside it", Attached { session: lively(), layout: 1 }.into()),
        (
            "a page, and more to come",
            Captured { lines: vec![line(100, "$ make", false), line(101, "", true)], next: Some(102) }.into(),
        ),
        ("the last page", Captured { lines: vec![], next: None }.into()),
        ("exited with a code", waited(WaitOutcome::Exited(ExitStatus::Code(1))).into()),
        ("exited by a signal", waited(WaitOutcome::Exited(ExitStatus::Signal(9))).into()),
        ("exited, unseen", waited(WaitOutcome::Exited(ExitStatus::Unknown)).into()),
        ("exited for memory", waited(WaitOutcome::Exited(ExitStatus::OutOfMemory)).into()),
        ("a text", waited(WaitOutcome::Text(text("12 tests passed"))).into()),
        ("a command with a status", waited(WaitOutcome::Command(Some(0))).into()),
        ("a command without", waited(WaitOutcome::Command(None)).into()),
        ("timed out", waited(WaitOutcome::TimedOut).into()),
        ("cancelled", waited(WaitOutcome::Cancelled).into()),
        ("removed", waited(WaitOutcome::Removed).into()),
        (
            "one value",
            Config {
                file: text("/home/ann/.config/scarab/config.toml"),
                values: vec![ConfigValue {
                    key: text("history.lines"),
                    value: text("100000"),
                    is_default: true,
                }],
            }
            .into(),
        ),
        (
            "two rows and a cursor",
            ScreenCopy { rows: vec![text("$ make"), String::new()], cols: 80, cursor: Some((0, 1)) }.into(),
        ),
        ("a hidden cursor", ScreenCopy { rows: vec![], cols: 80, cursor: None }.into()),
        (
            "with a note",
            Status {
                version: text("0.1.0"),
                pid: 900,
                started: NEW_YEAR,
                sessions: 5,
                exited: 1,
                viewers: 2,
                connections: 3,
                socket: text("/run/user/1000/scarab/control.sock"),
                started_by: text("systemd"),
                notes: vec![text("sessions end when you log out: lingering is off")],
            }
            .into(),
        ),
        ("two variables", Environment { variables: environment() }.into()),
        ("none", Windows { windows: vec![] }.into()),
        ("the first layout", Pictures { layout: 1 }.into()),
        ("one window", Windows { windows: vec![window("{\"tabs\":[]}")] }.into()),
        ("up to 65536", Acknowledged { offset: 65_536 }.into()),
        ("a KiB of it", InputDropped { from: 65_536, to: 66_560 }.into()),
        ("asked", Detached { session: SESSION, reason: DetachReason::Asked }.into()),
        ("replaced", Detached { session: SESSION, reason: DetachReason::Replaced }.into()),
        ("session ended", Detached { session: SESSION, reason: DetachReason::SessionEnded }.into()),
        ("too slow", Detached { session: SESSION, reason: DetachReason::TooSlow }.into()),
        ("moved", ViewMoved { session: SESSION }.into()),
        ("bell", Bell { session: SESSION }.into()),
        ("a title", Title { session: SESSION, title: text("notes.txt - VIM"), icon: text("VIM") }.into()),
        ("a path", Directory { session: SESSION, directory: text("/home/ann") }.into()),
        ("all", ColoursChanged { session: SESSION, colours: all_colours() }.into()),
        ("a word of bits", ModesChanged { session: SESSION, modes: 0x8001 }.into()),
        (
            "allowed",
            ClipboardSet { session: SESSION, selection: text("c"), data: b"copied".to_vec(), allowed: true }
                .into(),
        ),
        ("the clipboard", ClipboardRead { session: SESSION, number: 5, selection: text("c") }.into()),
        (
            "normal",
            Notification {
                session: SESSION,
                id: text("build"),
                title: text("make"),
                body: text("The build is done."),
                urgency: 1,
            }
            .into(),
        ),
        ("none", Progress { session: SESSION, progress: ProgressState::None }.into()),
        ("42 %", Progress { session: SESSION, progress: ProgressState::Normal(42) }.into()),
        ("failed at 42 %", Progress { session: SESSION, progress: ProgressState::Error(42) }.into()),
        ("busy", Progress { session: SESSION, progress: ProgressState::Busy }.into()),
        ("paused at 42 %", Progress { session: SESSION, progress: ProgressState::Paused(42) }.into()),
        ("make", CommandStarted { session: SESSION, command: text("make") }.into()),
        ("with a status", CommandFinished { session: SESSION, status: Some(2), duration: 1_500_000 }.into()),
        ("without", CommandFinished { session: SESSION, status: None, duration: 0 }.into()),
        ("cc", Foreground { session: SESSION, name: text("cc") }.into()),
        ("a session", SessionCreated { session: ended() }.into()),
        ("renamed", SessionRenamed { session: SESSION, name: text("notes") }.into()),
        (
            "by a signal",
            SessionExited { session: SESSION, name: name(), status: ExitStatus::Signal(15) }.into(),
        ),
        ("removed", SessionRemoved { session: SESSION, name: name() }.into()),
        ("for a restart", GoingDown { sessions_survive: true }.into()),
        ("three", EventsLost { count: 3 }.into()),
        ("a hand", PointerShape { session: SESSION, shape: text("pointer") }.into()),
    ]);
    examples
}
