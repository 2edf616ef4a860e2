//! Writes a framed message as hex with a note beside each field, so that a person can review the bytes.
//!
//! The places are not computed from a description of the format but asked of the archived values themselves: a
//! field's note stands where the field really lies.

use rkyv::Portable;
use rkyv::option::ArchivedOption;
use rkyv::rend::unaligned::{i32_ule, u16_ule, u32_ule, u64_ule};
use rkyv::string::ArchivedString;
use rkyv::tuple::ArchivedTuple2;
use rkyv::vec::ArchivedVec;
use scarab_protocol::frame::HEAD_LEN;
use scarab_protocol::message::*;
use scarab_protocol::message::{answer::*, event::*, input::*, request::*};
use std::fmt::Write;

/// Bytes a line shows.
const WIDTH: usize = 16;

struct Note {
    at: usize,
    length: usize,
    text: String,
}

/// Notes on an archive.
pub struct Notes<'a> {
    archive: &'a [u8],
    notes: Vec<Note>,
}

impl<'a> Notes<'a> {
    fn new(archive: &'a [u8]) -> Self {
        Notes { archive, notes: Vec::new() }
    }

    fn offset<T: ?Sized>(&self, place: &T) -> usize {
        (place as *const T).cast::<u8>() as usize - self.archive.as_ptr() as usize
    }

    fn add<T: ?Sized>(&mut self, place: &T, text: String) {
        let note = Note { at: self.offset(place), length: size_of_val(place), text };
        if note.length > 0 {
            self.notes.push(note);
        }
    }

    /// The first byte of an enum says which variant it holds.
    fn tag<T: ?Sized>(&mut self, place: &T, path: &str, variant: &str) {
        let at = self.offset(place);
        let text = format!("{path}: variant {}, {variant}", self.archive[at]);
        self.notes.push(Note { at, length: 1, text });
    }
}

/// An archived value that can say where its parts lie.
pub trait Describe: Sized {
    fn describe(&self, path: &str, notes: &mut Notes);

    fn describe_all(items: &[Self], path: &str, notes: &mut Notes) {
        for (index, item) in items.iter().enumerate() {
            item.describe(&format!("{path}[{index}]"), notes);
        }
    }
}

macro_rules! describe_numbers {
    ($($number:ty),*) => {
        $(impl Describe for $number {
            fn describe(&self, path: &str, notes: &mut Notes) {
                notes.add(self, format!("{path}: {}", self.to_native()));
            }
        })*
    };
}
describe_numbers!(u16_ule, u32_ule, u64_ule, i32_ule);

impl Describe for bool {
    fn describe(&self, path: &str, notes: &mut Notes) {
        notes.add(self, format!("{path}: {self}"));
    }
}

impl Describe for u8 {
    fn describe(&self, path: &str, notes: &mut Notes) {
        notes.add(self, format!("{path}: {self}"));
    }

    fn describe_all(items: &[Self], path: &str, notes: &mut Notes) {
        notes.add(items, format!("{path}, its bytes: \"{}\"", items.escape_ascii()));
    }
}

impl Describe for ArchivedString {
    fn describe(&self, path: &str, notes: &mut Notes) {
        let text = self.as_str();
        let (own, bytes) = (notes.offset(self), notes.offset(text));
        if (own..own + size_of_val(self)).contains(&bytes) {
            notes.add(self, format!("{path}: in place, {text:?}"));
        } else {
            notes.add(self, format!("{path}: {} bytes at {bytes:04x}", text.len()));
            notes.add(text.as_bytes(), format!("{path}, its text: {text:?}"));
        }
    }
}

impl<T: Describe + Portable> Describe for ArchivedVec<T> {
    fn describe(&self, path: &str, notes: &mut Notes) {
        let place = match self.is_empty() {
            true => "an empty list".to_owned(),
            false => format!("a list of {} at {:04x}", self.len(), notes.offset(self.as_slice())),
        };
        notes.add(self, format!("{path}: {place}"));
        T::describe_all(self.as_slice(), path, notes);
    }
}

impl<T: Describe> Describe for ArchivedOption<T> {
    fn describe(&self, path: &str, notes: &mut Notes) {
        match self {
            ArchivedOption::None => notes.tag(self, path, "nothing"),
            ArchivedOption::Some(value) => {
                notes.tag(self, path, "a value");
                value.describe(path, notes);
            }
        }
    }
}

impl<A: Describe, B: Describe> Describe for ArchivedTuple2<A, B> {
    fn describe(&self, path: &str, notes: &mut Notes) {
        self.0.describe(&format!("{path}.0"), notes);
        self.1.describe(&format!("{path}.1"), notes);
    }
}

fn joined(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

/// Structs by their fields: a field left out does not compile.
macro_rules! describe_structs {
    ($($name:ident { $($field:ident),* })*) => {
        $(impl Describe for $name {
            #[allow(unused_variables)] // of a struct without fields
            fn describe(&self, path: &str, notes: &mut Notes) {
                let $name { $($field),* } = self;
                $($field.describe(&joined(path, stringify!($field)), notes);)*
            }
        })*
    };
}

macro_rules! describe_enums {
    ($($name:ident { $($variant:ident $(($inner:ident))? $({ $($field:ident),* })?),* })*) => {
        $(impl Describe for $name {
            fn describe(&self, path: &str, notes: &mut Notes) {
                match self {
                    $($name::$variant $(($inner))? $({ $($field),* })? => {
                        notes.tag(self, path, stringify!($variant));
                        $($inner.describe(path, notes);)?
                        $($($field.describe(&joined(path, stringify!($field)), notes);)*)?
                    })*
                }
            }
        })*
    };
}

impl Describe for ArchivedSessionId {
    fn describe(&self, path: &str, notes: &mut Notes) {
        self.0.describe(path, notes);
    }
}

describe_structs! {
    ArchivedSize { cols, rows, width_px, height_px }
    ArchivedRgb { r, g, b }
    ArchivedViewerColours { foreground, background, cursor, palette, dark }
    ArchivedSessionInfo {
        id, name, command, foreground, title, directory, size, leader, created, last_activity, last_used, viewers,
        history_lines, bell, progress, exited, alternate_screen
    }
    ArchivedViewerInfo { pid, name, size, read_only, since }
    ArchivedCapturedLine { number, text, on_screen }
    ArchivedConfigValue { key, value, is_default }

    ArchivedResize { size }
    ArchivedInput { offset, bytes }
    ArchivedKey { key, mods, action, shifted, base, text }
    ArchivedMouse { action, button, mods, col, row, x_px, y_px }
    ArchivedPaste { offset, bytes, first, last }
    ArchivedFocus { focused }
    ArchivedColours { colours }
    ArchivedClipboardAnswer { number, data }
    ArchivedDisconnect {}

    ArchivedPing { timestamp }
    ArchivedLoadPlugin { path, capabilities }
    ArchivedCreate { name, command, login, directory, environment, size, properties, allow_checksum }
    ArchivedList {}
    ArchivedAttach { session, read_only, detach_others, size, colours, viewer_name, environment }
    ArchivedDetach { session }
    ArchivedKill { session, signal }
    ArchivedRename { session, name }
    ArchivedSend { session, items }
    ArchivedCapture { session, region, style }
    ArchivedWait { session, what, timeout_ms }
    ArchivedCancel { request }
    ArchivedReload {}
    ArchivedGetConfig { key }
    ArchivedSetConfig { key, value }
    ArchivedCopyScreen { session }
    ArchivedGetStatus {}
    ArchivedSubscribe { session }
    ArchivedResizeSession { session, size }
    ArchivedGetEnvironment { session }
    ArchivedKeepWindow { window }
    ArchivedTakeWindows {}
    ArchivedRelease { session }
    ArchivedSearch { session, pattern, regex, first, last, style }
    ArchivedGetPictures { session }
    ArchivedKeptWindow { window, layout }

    ArchivedDone {}
    ArchivedFailed { kind, message }
    ArchivedPong { timestamp }
    ArchivedPlugin { number, pid }
    ArchivedCreated { id, name }
    ArchivedSessions { sessions }
    ArchivedAttached { session, layout }
    ArchivedCaptured { lines, next }
    ArchivedWaited { outcome }
    ArchivedConfig { file, values }
    ArchivedScreenCopy { rows, cols, cursor }
    ArchivedStatus { version, pid, started, sessions, exited, viewers, connections, socket, started_by, notes }
    ArchivedEnvironment { variables }
    ArchivedWindows { windows }
    ArchivedPictures { layout }

    ArchivedAcknowledged { offset }
    ArchivedInputDropped { from, to }
    ArchivedDetached { session, reason }
    ArchivedViewMoved { session }
    ArchivedBell { session }
    ArchivedTitle { session, title, icon }
    ArchivedDirectory { session, directory }
    ArchivedColoursChanged { session, colours }
    ArchivedModesChanged { session, modes }
    ArchivedClipboardSet { session, selection, data, allowed }
    ArchivedClipboardRead { session, number, selection }
    ArchivedNotification { session, id, title, body, urgency }
    ArchivedProgress { session, progress }
    ArchivedCommandStarted { session, command }
    ArchivedCommandFinished { session, status, duration }
    ArchivedForeground { session, name }
    ArchivedSessionCreated { session }
    ArchivedSessionRenamed { session, name }
    ArchivedSessionExited { session, name, status }
    ArchivedSessionRemoved { session, name }
    ArchivedGoingDown { sessions_survive }
    ArchivedEventsLost { count }
    ArchivedPointerShape { session, shape }
}

describe_enums! {
    ArchivedKeyAction { Press, Repeat, Release }
    ArchivedMouseAction { Press, Release, Motion }
    ArchivedExitStatus { Code(code), Signal(signal), Unknown, OutOfMemory }
    ArchivedProgressState { None, Normal(percent), Error(percent), Busy, Paused(percent) }
    ArchivedSendItem { Bytes(bytes), Key(name) }
    ArchivedRegion { Screen, Lines { first, last }, LastCommand }
    ArchivedCaptureStyle { Text, Ansi }
    ArchivedWaitFor { Exit, Text(text), Command }
    ArchivedWaitOutcome { Exited(status), Text(line), Command(status), TimedOut, Cancelled, Removed }
    ArchivedPluginCapability { Observe, ReadScreens, SendInput, ManageSessions }
    ArchivedDetachReason { Asked, Replaced, SessionEnded, TooSlow }
    ArchivedFailureKind {
        NoSuchSession, Ambiguous, NameTaken, BadArgument, Exited, CannotStart, TooMany, Refused, Unsupported,
        Config, Interrupted, Internal, UnknownRequest
    }
}

/// One framed message as annotated hex. `framed` is one frame of one part.
pub fn message<M>(name: &str, framed: &[u8]) -> String
where
    M: Message + rkyv::Archive,
    M::Archived: Describe
        + for<'a> rkyv::bytecheck::CheckBytes<rkyv::api::high::HighValidator<'a, rkyv::rancor::Error>>
        + Portable,
{
    let (head, archive) = framed.split_at(4 + HEAD_LEN);
    let root = rkyv::access::<M::Archived, rkyv::rancor::Error>(archive).expect("a good archive");
    let mut notes = Notes::new(archive);
    root.describe("", &mut notes);
    let root_at = notes.offset(root);

    let mut text = String::new();
    let number =
        |range: std::ops::Range<usize>| head[range].iter().fold(0u32, |n, byte| n << 8 | u32::from(*byte));
    let mut line = |at: usize, bytes: &[u8], note: &str| row(&mut text, at, bytes, note);
    line(0, &head[..4], &format!("length of what follows: {}", number(0..4)));
    line(4, &head[4..6], &format!("kind {}, {name}", number(4..6)));
    line(6, &head[6..8], "flags: none");
    line(8, &head[8..12], &format!("id {}", number(8..12)));
    let _ = writeln!(text, "archive, {} bytes, its root at {root_at:04x}", archive.len());
    notes_as_rows(&mut text, notes);
    text
}

/// Every byte in order; those that no note covers are the ones that a smaller variant leaves unused.
fn notes_as_rows(text: &mut String, mut notes: Notes) {
    notes.notes.sort_by_key(|note| note.at);
    let mut at = 0;
    for note in &notes.notes {
        if note.at > at {
            unused(text, notes.archive, at, note.at);
        }
        assert!(note.at >= at, "{} overlaps", note.text);
        row(text, note.at, &notes.archive[note.at..note.at + note.length], &note.text);
        at = note.at + note.length;
    }
    if at < notes.archive.len() {
        unused(text, notes.archive, at, notes.archive.len());
    }
}

fn unused(text: &mut String, archive: &[u8], from: usize, to: usize) {
    let bytes = &archive[from..to];
    assert!(
        bytes.iter().all(|byte| *byte == 0),
        "bytes {from:04x} to {to:04x} carry something without a note"
    );
    row(text, from, bytes, "unused by this variant");
}

/// Offset, bytes, and the note beside the first line of them.
pub fn row(text: &mut String, at: usize, bytes: &[u8], note: &str) {
    for (index, bytes) in bytes.chunks(WIDTH).enumerate() {
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let note = if index == 0 { note } else { "" };
        let line = format!("{:04x}  {:<47}  {note}", at + index * WIDTH, hex.join(" "));
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// The bytes of each example in a golden text, in order.
pub fn bytes_of(text: &str) -> Vec<Vec<u8>> {
    let mut examples = Vec::new();
    for line in text.lines() {
        if line.starts_with("== ") {
            examples.push(Vec::new());
        }
        let is_row =
            line.len() > 6 && line.as_bytes()[..4].iter().all(u8::is_ascii_hexdigit) && &line[4..6] == "  ";
        if let (true, Some(bytes)) = (is_row, examples.last_mut()) {
            let hex = &line[6..line.len().min(6 + 3 * WIDTH - 1)];
            bytes.extend(hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("hex")));
        }
    }
    examples
}
