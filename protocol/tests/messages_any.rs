//! Any bytes as any message: an error or a value, never a panic; and any value there and back.

use proptest::prelude::*;
use scarab_protocol::frame::encode;
use scarab_protocol::message::answer::{Captured, Failed, FailureKind, Sessions, Waited};
use scarab_protocol::message::input::{Input, Key, Paste};
use scarab_protocol::message::request::{Attach, Capture, Create, Rename, Send};
use scarab_protocol::message::{
    CaptureStyle, CapturedLine, ExitStatus, KeyAction, Message, ProgressState, Region, Rgb, SendItem,
    SessionInfo, Size, ToClient, ToService, ViewerColours, ViewerInfo, WaitOutcome,
};
use scarab_protocol::{Decoder, SessionId};

fn kinds() -> Vec<u16> {
    ToService::KINDS.iter().chain(ToClient::KINDS).map(|(kind, _)| *kind).collect()
}

/// Decodes in both directions; what comes out of it is dropped.
fn decode(kind: u16, archive: &[u8]) {
    let _ = ToService::decode(kind, archive);
    let _ = ToClient::decode(kind, archive);
}

fn text() -> impl Strategy<Value = String> {
    // Around 8 bytes an archive changes from text in place to text elsewhere.
    prop_oneof![".{0,12}", "[a-z]{0,300}"]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..300)
}

fn size() -> impl Strategy<Value = Size> {
    any::<(u16, u16, u32, u32)>().prop_map(|(cols, rows, width_px, height_px)| Size {
        cols,
        rows,
        width_px,
        height_px,
    })
}

fn rgb() -> impl Strategy<Value = Rgb> {
    any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Rgb { r, g, b })
}

fn colours() -> impl Strategy<Value = ViewerColours> {
    let optional = || prop::option::of(rgb());
    let palette = prop::collection::vec((any::<u8>(), rgb()), 0..256);
    (optional(), optional(), optional(), palette, any::<bool>()).prop_map(
        |(foreground, background, cursor, palette, dark)| ViewerColours {
            foreground,
            background,
            cursor,
            palette,
            dark,
        },
    )
}

fn exit_status() -> impl Strategy<Value = ExitStatus> {
    prop_oneof![
        any::<i32>().prop_map(ExitStatus::Code),
        any::<i32>().prop_map(ExitStatus::Signal),
        Just(ExitStatus::Unknown),
        Just(ExitStatus::OutOfMemory)
    ]
}

fn progress() -> impl Strategy<Value = ProgressState> {
    prop_oneof![
        Just(ProgressState::None),
        any::<u8>().prop_map(ProgressState::Normal),
        any::<u8>().prop_map(ProgressState::Error),
        Just(ProgressState::Busy),
        any::<u8>().prop_map(ProgressState::Paused)
    ]
}

prop_compose! {
    fn viewer()(pid: u32, name in text(), size in size(), read_only: bool, since: u64) -> ViewerInfo {
        ViewerInfo { pid, name, size, read_only, since }
    }
}

prop_compose! {
    fn session()(
        texts in prop::array::uniform4(text()),
        command in prop::collection::vec(text(), 0..5),
        numbers in any::<(u64, u32, u64, u64, u64, u64)>(),
        size in size(),
        viewers in prop::collection::vec(viewer(), 0..4),
        (bell, alternate_screen) in any::<(bool, bool)>(),
        progress in progress(),
        exited in prop::option::of(exit_status()),
    ) -> SessionInfo {
        let [name, foreground, title, directory] = texts;
        let (id, leader, created, last_activity, last_used, history_lines) = numbers;
        SessionInfo {
            id: SessionId(id), name, command, foreground, title, directory, size, leader, created, last_activity,
            last_used, viewers, history_lines, bell, progress, exited, alternate_screen,
        }
    }
}

prop_compose! {
    fn create()(
        (name, directory) in (text(), text()),
        command in prop::collection::vec(text(), 0..5),
        environment in prop::collection::vec(bytes(), 0..100),
        properties in prop::collection::vec(text(), 0..4),
        size in size(),
        (login, allow_checksum) in any::<(bool, bool)>(),
    ) -> Create {
        Create { name, command, login, directory, environment, size, properties, allow_checksum }
    }
}

prop_compose! {
    fn attach()(
        (session, viewer_name) in (text(), text()),
        (read_only, detach_others) in any::<(bool, bool)>(),
        size in size(),
        colours in colours(),
        environment in prop::collection::vec(bytes(), 0..100),
    ) -> Attach {
        Attach { session, read_only, detach_others, size, colours, viewer_name, environment }
    }
}

fn to_service() -> impl Strategy<Value = ToService> {
    let action = prop_oneof![Just(KeyAction::Press), Just(KeyAction::Repeat), Just(KeyAction::Release)];
    let item = prop_oneof![bytes().prop_map(SendItem::Bytes), text().prop_map(SendItem::Key)];
    let region = prop_oneof![
        Just(Region::Screen),
        any::<(u64, u64)>().prop_map(|(first, last)| Region::Lines { first, last }),
        Just(Region::LastCommand)
    ];
    let style = prop_oneof![Just(CaptureStyle::Text), Just(CaptureStyle::Ansi)];
    prop_oneof![
        (any::<(u32, u8, u32, u32)>(), action, text()).prop_map(
            |((key, mods, shifted, base), action, text)| {
                Key { key, mods, action, shifted, base, text }.into()
            }
        ),
        (any::<u64>(), bytes()).prop_map(|(offset, bytes)| Input { offset, bytes }.into()),
        (any::<(u64, bool, bool)>(), bytes()).prop_map(|((offset, first, last), bytes)| Paste {
            offset,
            bytes,
            first,
            last
        }
        .into()),
        create().prop_map(ToService::from),
        attach().prop_map(ToService::from),
        (text(), prop::collection::vec(item, 0..20))
            .prop_map(|(session, items)| Send { session, items }.into()),
        (text(), region, style)
            .prop_map(|(session, region, style)| Capture { session, region, style }.into()),
    ]
}

fn to_client() -> impl Strategy<Value = ToClient> {
    let kind = prop_oneof![Just(FailureKind::NoSuchSession), Just(FailureKind::UnknownRequest)];
    let outcome = prop_oneof![
        exit_status().prop_map(WaitOutcome::Exited),
        text().prop_map(WaitOutcome::Text),
        any::<Option<i32>>().prop_map(WaitOutcome::Command),
        Just(WaitOutcome::Removed)
    ];
    let line = (any::<(u64, bool)>(), text()).prop_map(|((number, on_screen), text)| CapturedLine {
        number,
        text,
        on_screen,
    });
    prop_oneof![
        (kind, text()).prop_map(|(kind, message)| Failed { kind, message }.into()),
        prop::collection::vec(session(), 0..20).prop_map(|sessions| Sessions { sessions }.into()),
        outcome.prop_map(|outcome| Waited { outcome }.into()),
        (prop::collection::vec(line, 0..50), any::<Option<u64>>()).prop_map(|(lines, next)| Captured {
            lines,
            next
        }
        .into()),
    ]
}

/// One framed message, taken apart again.
fn reframed(framed: &[u8]) -> (u16, u32, Vec<u8>) {
    let mut decoder = Decoder::new();
    decoder.push(framed);
    let incoming = decoder.next().expect("a good frame").expect("a whole message");
    (incoming.kind, incoming.id, incoming.archive.to_vec())
}

proptest! {
    #[test]
    fn noise_as_any_message_is_no_panic(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        for kind in kinds() {
            decode(kind, &noise);
        }
    }

    /// Mostly zeros and ones, which pass for tags and short lists more often than noise does.
    #[test]
    fn plausible_noise_is_no_panic(noise in prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(0xff), any::<u8>()], 0..400)) {
        for kind in kinds() {
            decode(kind, &noise);
        }
    }

    #[test]
    fn what_a_client_sends_comes_back(message in to_service(), id: u32) {
        let mut framed = Vec::new();
        message.encode(id, &mut framed);
        let (kind, got, archive) = reframed(&framed);
        prop_assert_eq!((kind, got), (message.kind(), id));
        prop_assert_eq!(ToService::decode(kind, &archive), Ok(Some(message)));
    }

    #[test]
    fn what_the_service_sends_comes_back(message in to_client(), id: u32) {
        let mut framed = Vec::new();
        message.encode(id, &mut framed);
        let (kind, got, archive) = reframed(&framed);
        prop_assert_eq!((kind, got), (message.kind(), id));
        prop_assert_eq!(ToClient::decode(kind, &archive), Ok(Some(message)));
    }

    #[test]
    fn a_message_cut_or_changed_is_no_panic(
        message in to_client(),
        other in to_service(),
        cut in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut framed = [Vec::new(), Vec::new()];
        message.encode(1, &mut framed[0]);
        other.encode(1, &mut framed[1]);
        for framed in framed {
            let (kind, _, mut archive) = reframed(&framed);
            decode(kind, &archive[..cut.index(archive.len() + 1)]);
            if !archive.is_empty() {
                for (at, byte) in &changes {
                    let at = at.index(archive.len());
                    archive[at] = *byte;
                    decode(kind, &archive);
                }
            }
        }
    }
}

/// The contract's own description of archives, followed by hand: lists and texts before what refers to them, in
/// the order of the fields, and the root last.
mod by_hand {
    use super::*;

    /// Where a list's or a text's bytes were put, and how many.
    #[derive(Clone, Copy)]
    struct Place {
        at: usize,
        length: usize,
    }

    #[derive(Default)]
    struct Writer {
        archive: Vec<u8>,
    }

    impl Writer {
        fn put(&mut self, bytes: &[u8], length: usize) -> Place {
            let place = Place { at: self.archive.len(), length };
            self.archive.extend_from_slice(bytes);
            place
        }

        /// Only a text longer than 8 bytes is put elsewhere.
        fn put_text(&mut self, text: &str) -> Place {
            let elsewhere = if text.len() > 8 { text } else { "" };
            self.put(elsewhere.as_bytes(), text.len())
        }

        fn distance(&self, to: Place) -> [u8; 4] {
            (to.at as i32 - self.archive.len() as i32).to_le_bytes()
        }

        fn list(&mut self, place: Place) {
            let distance = self.distance(place);
            self.archive.extend_from_slice(&distance);
            self.archive.extend_from_slice(&(place.length as u32).to_le_bytes());
        }

        fn text(&mut self, text: &str, place: Place) {
            if text.len() <= 8 {
                let mut inline = [0xff; 8];
                inline[..text.len()].copy_from_slice(text.as_bytes());
                self.archive.extend_from_slice(&inline);
                return;
            }
            let length = text.len() as u32;
            let marked = length & 0x3f | 0x80 | (length & !0x3f) << 2;
            let distance = self.distance(place);
            self.archive.extend_from_slice(&marked.to_le_bytes());
            self.archive.extend_from_slice(&distance);
        }
    }

    fn texts(writer: &mut Writer, texts: &[String]) -> Place {
        let places: Vec<Place> = texts.iter().map(|text| writer.put_text(text)).collect();
        let at = writer.archive.len();
        for (text, place) in texts.iter().zip(places) {
            writer.text(text, place);
        }
        Place { at, length: texts.len() }
    }

    fn lists(writer: &mut Writer, lists: &[Vec<u8>]) -> Place {
        let places: Vec<Place> = lists.iter().map(|bytes| writer.put(bytes, bytes.len())).collect();
        let at = writer.archive.len();
        for place in places {
            writer.list(place);
        }
        Place { at, length: lists.len() }
    }

    fn archive_of(create: &Create) -> Vec<u8> {
        let mut writer = Writer::default();
        let name = writer.put_text(&create.name);
        let command = texts(&mut writer, &create.command);
        let directory = writer.put_text(&create.directory);
        let environment = lists(&mut writer, &create.environment);
        let properties = texts(&mut writer, &create.properties);

        writer.text(&create.name, name);
        writer.list(command);
        writer.archive.push(create.login.into());
        writer.text(&create.directory, directory);
        writer.list(environment);
        let Size { cols, rows, width_px, height_px } = create.size;
        writer.archive.extend_from_slice(&cols.to_le_bytes());
        writer.archive.extend_from_slice(&rows.to_le_bytes());
        writer.archive.extend_from_slice(&width_px.to_le_bytes());
        writer.archive.extend_from_slice(&height_px.to_le_bytes());
        writer.list(properties);
        writer.archive.push(create.allow_checksum.into());
        writer.archive
    }

    #[test]
    fn the_contract_s_example_is_true() {
        let contract = include_str!("../README.md");
        let rows = contract.lines().skip_while(|line| !line.starts_with("For example `Rename"));
        let rows = rows.filter_map(|line| line.strip_prefix("    00")).take(4);
        let bytes: Vec<u8> = rows
            .flat_map(|row| row[4..].split("  ").next().unwrap_or("").split(' '))
            .map(|byte| u8::from_str_radix(byte, 16).expect("hex"))
            .collect();
        let rename = Rename { session: "work".into(), name: "long-running".into() };
        assert_eq!(bytes, rename.archive());
    }

    proptest! {
        #[test]
        fn an_archive_written_as_the_contract_says_is_the_same(create in create()) {
            let archive = archive_of(&create);
            prop_assert_eq!(Create::read(&archive), Ok(create.clone()));
            prop_assert_eq!(create.archive(), archive);
        }
    }
}

#[test]
fn parts_join_to_what_was_sent() {
    let environment = vec![vec![b'e'; 200]; 1000];
    let empty = Size { cols: 0, rows: 0, width_px: 0, height_px: 0 };
    let create = Create {
        name: "n".into(),
        command: vec![],
        login: true,
        directory: String::new(),
        environment,
        size: empty,
        properties: vec![],
        allow_checksum: false,
    };
    let mut framed = Vec::new();
    encode(Create::KIND, 3, &create.archive(), &mut framed);
    let (kind, id, archive) = reframed(&framed);
    assert_eq!((kind, id), (Create::KIND, 3));
    assert_eq!(Create::read(&archive), Ok(create), "an environment of 200 KiB");
}
