//! The bytes of every message, frozen as annotated hex that a person can review.
//!
//! `SCARAB_WRITE_GOLDEN=1` writes the files. Once `packaging/previous-release` names a release they are that
//! release's promise: then only files that do not exist yet are written, and a changed one is a broken protocol.

mod annotate;
mod examples;

use scarab_protocol::message::{ToClient, ToService};
use scarab_protocol::{Decoder, Hello, Refusal};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Compares a golden file with what it should be, or writes it where that is asked for and allowed.
fn check(file: &str, expected: &str) {
    let path = directory().join(file);
    let found = std::fs::read_to_string(&path).ok();
    if found.as_deref() == Some(expected) {
        return;
    }
    let release = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/previous-release");
    let released = std::fs::read_to_string(release).expect("the last release, or none").trim() != "none";
    let write = std::env::var_os("SCARAB_WRITE_GOLDEN").is_some_and(|value| value == "1");
    if write && (found.is_none() || !released) {
        std::fs::write(&path, expected).expect("the golden file can be written");
        return;
    }
    let first = found.iter().flat_map(|text| text.lines()).zip(expected.lines()).find(|(a, b)| a != b);
    let hint = match (found.is_some(), released) {
        (true, true) => "its bytes are promised by a release: a new meaning needs a new message kind",
        _ => "if this is meant, write it with SCARAB_WRITE_GOLDEN=1 and review the difference",
    };
    panic!("{file} is not what this version sends ({hint}); first difference: {first:?}");
}

/// `SessionExited` as `session-exited`.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn file_name(kind: u16, name: &str) -> String {
    format!("{kind:03}-{}.txt", kebab(name))
}

fn title(name: &str, kind: u16, way: &str) -> String {
    format!(
        "{name}, kind {kind}, {way}\n\
         Offsets are hexadecimal, those of an archive from its start. Head big-endian, archive little-endian.\n"
    )
}

/// For one direction: each kind's file holds its examples, and reading the file's bytes gives the values back.
macro_rules! check_direction {
    ($direction:ident, $examples:expr, $way:expr, $id:expr, $($module:ident::$message:ident),* $(,)?) => {{
        let examples = $examples;
        for &(kind, name) in $direction::KINDS {
            let own: Vec<_> = examples.iter().filter(|(_, message)| message.kind() == kind).collect();
            assert!(!own.is_empty(), "{name} has no example");
            let mut text = title(name, kind, $way);
            for (number, (label, message)) in own.iter().enumerate() {
                let mut framed = Vec::new();
                message.encode($id(kind), &mut framed);
                text.push_str(&format!("\n== {} of {}: {label}\n", number + 1, own.len()));
                text.push_str(&match message {
                    $($direction::$message(_) => {
                        annotate::message::<scarab_protocol::message::$module::$message>(name, &framed)
                    })*
                });
            }
            let file = file_name(kind, name);
            check(&file, &text);

            let bytes = annotate::bytes_of(&std::fs::read_to_string(directory().join(file)).expect("checked"));
            assert_eq!(bytes.len(), own.len());
            for (bytes, (_, value)) in bytes.iter().zip(own) {
                let mut decoder = Decoder::new();
                decoder.push(bytes);
                let incoming = decoder.next().expect("a good frame").expect("a whole frame");
                assert_eq!((incoming.kind, incoming.id), (kind, $id(kind)));
                let decoded = $direction::decode(kind, incoming.archive).expect("a good archive");
                assert_eq!(decoded.as_ref(), Some(value));
            }
        }
    }};
}

#[test]
fn what_a_client_sends() {
    let id = |kind: u16| if kind < 16 { 0 } else { 9 };
    check_direction!(
        ToService,
        examples::to_service(),
        "from a client to the service",
        id,
        input::Resize,
        input::Input,
        input::Key,
        input::Mouse,
        input::Paste,
        input::Focus,
        input::Colours,
        input::ClipboardAnswer,
        input::Disconnect,
        request::Ping,
        request::LoadPlugin,
        request::Create,
        request::List,
        request::Attach,
        request::Detach,
        request::Kill,
        request::Rename,
        request::Send,
        request::Capture,
        request::Wait,
        request::Cancel,
        request::Reload,
        request::GetConfig,
        request::SetConfig,
        request::CopyScreen,
        request::GetStatus,
        request::Subscribe,
        request::ResizeSession,
        request::GetEnvironment,
        request::KeepWindow,
        request::TakeWindows,
        request::Release,
        request::Search,
        request::GetPictures,
    );
}

#[test]
fn what_the_service_sends() {
    let id = |kind: u16| if kind < 128 { 9 } else { 0 };
    check_direction!(
        ToClient,
        examples::to_client(),
        "from the service to a client",
        id,
        answer::Done,
        answer::Failed,
        answer::Pong,
        answer::Plugin,
        answer::Created,
        answer::Sessions,
        answer::Attached,
        answer::Captured,
        answer::Waited,
        answer::Config,
        answer::ScreenCopy,
        answer::Status,
        answer::Environment,
        answer::Windows,
        answer::Pictures,
        event::Acknowledged,
        event::InputDropped,
        event::Detached,
        event::ViewMoved,
        event::Bell,
        event::Title,
        event::Directory,
        event::ColoursChanged,
        event::ModesChanged,
        event::ClipboardSet,
        event::ClipboardRead,
        event::Notification,
        event::Progress,
        event::CommandStarted,
        event::CommandFinished,
        event::Foreground,
        event::SessionCreated,
        event::SessionRenamed,
        event::SessionExited,
        event::SessionRemoved,
        event::GoingDown,
        event::EventsLost,
        event::PointerShape,
    );
}

#[test]
fn the_hello() {
    let mut from_client = Hello::client();
    // The numbers of the first version: a later one says others, and its golden files stand beside these.
    (from_client.versions, from_client.layouts) = ((1, 1), (1, 1));
    let accepted = Hello { chosen_version: 1, chosen_layout: 1, ..from_client };
    let refused = Hello { versions: (2, 3), refusal: Refusal::Version.number(), ..from_client };
    for (file, label, hello) in [
        ("hello-client.txt", "from a client", from_client),
        ("hello-service.txt", "from the service: accepted", accepted),
        ("hello-refused.txt", "from a service of another age: no version in common", refused),
    ] {
        let bytes = hello.encode();
        let mut text = "Hello\nOffsets are hexadecimal, integers big-endian.\n\n".to_owned();
        text.push_str(&format!("== 1 of 1: {label}\n"));
        let mut row = |at: usize, length: usize, note: String| {
            annotate::row(&mut text, at, &bytes[at..at + length], &note);
        };
        row(0, 8, "magic: 89 S C A R A B LF".into());
        row(8, 2, format!("lowest version spoken: {}", hello.versions.0));
        row(10, 2, format!("highest version spoken: {}", hello.versions.1));
        row(12, 4, format!("capabilities: {:#x}", hello.capabilities));
        row(16, 4, format!("largest message taken: {}", hello.max_message));
        row(20, 2, format!("lowest view layout: {}", hello.layouts.0));
        row(22, 2, format!("highest view layout: {}", hello.layouts.1));
        row(24, 2, format!("version chosen: {}", hello.chosen_version));
        row(26, 2, format!("view layout chosen: {}", hello.chosen_layout));
        row(28, 2, format!("refusal: {}", hello.refusal));
        row(30, 2, "zero".into());
        check(file, &text);

        let written = std::fs::read_to_string(directory().join(file)).expect("checked");
        let bytes: [u8; 32] = annotate::bytes_of(&written)[0].as_slice().try_into().expect("32 bytes");
        assert_eq!(Hello::decode(&bytes), Ok(hello));
    }
}

#[test]
fn no_file_is_left_over_and_none_is_missing() {
    let kinds = ToService::KINDS.iter().chain(ToClient::KINDS);
    let expected: BTreeSet<String> = kinds.map(|(kind, name)| file_name(*kind, name)).collect();
    let found: BTreeSet<String> = std::fs::read_dir(directory())
        .expect("the golden files")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("a plain name"))
        .filter(|name| name.starts_with(|first: char| first.is_ascii_digit()))
        .collect();
    assert_eq!(found, expected);
}

/// The contract's tables: each kind has its row under its number and name, each shared type its true size.
#[test]
fn the_contract_names_every_kind() {
    let contract = include_str!("../../README.md");
    for (kind, name) in ToService::KINDS.iter().chain(ToClient::KINDS) {
        assert!(contract.contains(&format!("| {kind} | `{name}` |")), "{name} is missing in README.md");
    }
    macro_rules! check_sizes {
        ($($name:ident),*) => {
            $({
                let size = size_of::<rkyv::Archived<scarab_protocol::message::$name>>();
                let row = concat!("| ", stringify!($name), " |");
                assert!(contract.contains(&format!("{row} {size} |")), "{row} {size} |");
            })*
        };
    }
    check_sizes!(
        SessionId,
        Size,
        Rgb,
        ViewerColours,
        KeyAction,
        ExitStatus,
        ProgressState,
        SendItem,
        Region,
        CaptureStyle,
        CapturedLine,
        WaitFor,
        WaitOutcome,
        PluginCapability,
        ConfigValue,
        ViewerInfo,
        SessionInfo
    );
}
