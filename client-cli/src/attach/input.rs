//! Reads what the outer terminal sends: cuts the bytes into keys, mouse, pastes, focus and answers.
//!
//! Apart from `keys` (what a key's sequence means) and `outer` (what an answer means), because this is the part
//! that meets arbitrary bytes cut anywhere: it keeps at most [`MAX_SEQUENCE`] bytes and never fails.
//! Follows ECMA-48 for the shape of sequences, xterm's ctlseqs for mouse and bracketed paste.

use super::keys;
use scarab_protocol::message::input::{Key, MouseAction};
use scarab_protocol::message::mods;

/// Most bytes of one sequence that are kept; the rest of a longer one is swallowed. An answer with a colour or a
/// capability stays below 100 bytes.
pub const MAX_SEQUENCE: usize = 4096;

/// One thing the outer terminal told.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A key.
    Key(Key),
    /// The mouse, in cells from 0.
    Mouse(MouseEvent),
    /// The terminal's window got or lost the keyboard.
    Focus(bool),
    /// A paste begins.
    PasteStart,
    /// Bytes of a paste.
    Paste(Vec<u8>),
    /// A paste ends.
    PasteEnd,
    /// An answer to a question.
    Answer(Answer),
}

/// What a mouse did, in cells of the outer terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MouseEvent {
    /// Press, release or motion.
    pub action: MouseAction,
    /// Numbered as in [`scarab_protocol::message::input::Mouse`].
    pub button: u8,
    /// Bits of [`mods`].
    pub mods: u8,
    /// Column from 0.
    pub col: u16,
    /// Row from 0.
    pub row: u16,
}

/// An answer, its frame taken off, its meaning left to `outer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `CSI ? … c`: primary device attributes, the end of every round of questions.
    Attributes(Vec<u16>),
    /// `CSI ? mode ; state $ y`.
    Mode {
        /// The DEC private mode.
        mode: u16,
        /// 0 unknown, 1 set, 2 reset, 3 always set, 4 always reset.
        state: u16,
    },
    /// `CSI ? flags u`: the terminal speaks the kitty keyboard protocol.
    KittyFlags(u16),
    /// `CSI 0 n`: everything sent before the question has been taken.
    Ready,
    /// `CSI ? 997 ; n n`: the colours changed to dark (1) or light (2).
    ColourScheme,
    /// `OSC number ; text`.
    Osc(String),
    /// `DCS > | text`: name and version.
    Version(String),
    /// `DCS 1 + r …`: a capability, still in hexadecimal.
    Capability(String),
    /// `DCS 1 $ r … m`: the attributes in force.
    Attribute(String),
}

/// Where the bytes stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// Inside a bracketed paste.
    Paste,
    /// Inside a string that grew too long, or one that nobody asked for: swallowed to its end.
    Swallow,
}

/// The parser. Feed it as bytes come; when [`waiting`](Self::waiting) says so and nothing follows within a
/// moment, [`flush`](Self::flush) takes what is there for keys.
#[derive(Debug, Default)]
pub struct Parser {
    kept: Vec<u8>,
    state: State,
}

/// The end of a bracketed paste.
const PASTE_END: &[u8] = b"\x1b[201~";

/// How one step over the kept bytes went.
enum Step {
    /// So many bytes made this event.
    Event(usize, Event),
    /// So many bytes mean nothing here.
    Skip(usize),
    /// So many bytes begin a paste.
    PasteStart(usize),
    /// A string is too long to keep.
    Swallow,
    /// The rest of a sequence is missing.
    More,
}

impl Parser {
    /// Takes bytes and hands each whole event to `sink`.
    pub fn feed(&mut self, bytes: &[u8], sink: &mut impl FnMut(Event)) {
        let mut kept = std::mem::take(&mut self.kept);
        kept.extend_from_slice(bytes);
        let used = self.run(&kept, false, sink);
        kept.drain(..used);
        self.kept = kept;
    }

    /// True while an unfinished sequence could also be keys: Escape alone, or Alt with a bracket.
    pub fn waiting(&self) -> bool {
        self.state == State::Ground && !self.kept.is_empty()
    }

    /// Nothing followed: what is kept are keys.
    pub fn flush(&mut self, sink: &mut impl FnMut(Event)) {
        if self.waiting() {
            let kept = std::mem::take(&mut self.kept);
            self.run(&kept, true, sink);
        }
    }

    /// Steps over `bytes`; how many of them are done with.
    fn run(&mut self, bytes: &[u8], last: bool, sink: &mut impl FnMut(Event)) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            match self.state {
                State::Ground => match step(rest, last) {
                    Step::Event(len, event) => {
                        sink(event);
                        at += len;
                    }
                    Step::Skip(len) => at += len,
                    Step::PasteStart(len) => {
                        sink(Event::PasteStart);
                        self.state = State::Paste;
                        at += len;
                    }
                    Step::Swallow => {
                        // Past the introducer: its ESC would be taken for the end.
                        self.state = State::Swallow;
                        at += 2;
                    }
                    Step::More => break,
                },
                State::Paste => {
                    let (text, end) = paste_text(rest);
                    if text > 0 {
                        sink(Event::Paste(rest[..text].to_vec()));
                        at += text;
                    }
                    match end {
                        true => {
                            sink(Event::PasteEnd);
                            self.state = State::Ground;
                            at += PASTE_END.len();
                        }
                        false => break,
                    }
                }
                State::Swallow => match rest.iter().position(|&byte| byte == 0x07 || byte == 0x1b) {
                    Some(end) => {
                        let ended = match (rest[end], rest.get(end + 1)) {
                            (0x07, _) => 1,
                            (_, Some(b'\\')) => 2,
                            // Cut off by another sequence.
                            (_, Some(_)) => 0,
                            (_, None) => {
                                at += end;
                                break;
                            }
                        };
                        self.state = State::Ground;
                        at += end + ended;
                    }
                    None => at = bytes.len(),
                },
            }
        }
        at
    }
}

/// How much of `rest` is a paste's text for certain, and whether its end mark follows at once.
fn paste_text(rest: &[u8]) -> (usize, bool) {
    let mut from = 0;
    while let Some(escape) = rest[from..].iter().position(|&byte| byte == 0x1b) {
        let tail = &rest[from + escape..];
        if tail.starts_with(PASTE_END) {
            return (from + escape, true);
        }
        if PASTE_END.starts_with(tail) {
            return (from + escape, false);
        }
        from += escape + 1;
    }
    (rest.len(), false)
}

fn key(len: usize, key: Option<Key>) -> Step {
    match key {
        Some(key) => Step::Event(len, Event::Key(key)),
        None => Step::Skip(len),
    }
}

fn step(bytes: &[u8], last: bool) -> Step {
    match bytes[0] {
        0x1b => escape(bytes, last),
        byte @ (0x00..0x20 | 0x7f) => key(1, Some(keys::control(byte))),
        byte @ 0x20..0x7f => key(1, Some(keys::text(byte as char))),
        _ => character(bytes, last),
    }
}

/// One UTF-8 character outside ASCII.
fn character(bytes: &[u8], last: bool) -> Step {
    let len = match bytes[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Step::Skip(1),
    };
    let there = &bytes[..len.min(bytes.len())];
    match std::str::from_utf8(there) {
        Ok(text) => key(len, text.chars().next().map(keys::text)),
        Err(error) if error.error_len().is_none() && !last => Step::More,
        Err(error) => Step::Skip(error.error_len().unwrap_or(there.len())),
    }
}

/// A sequence, or Alt with a key, or Escape alone.
fn escape(bytes: &[u8], last: bool) -> Step {
    let Some(&second) = bytes.get(1) else {
        return if last { key(1, Some(keys::control(0x1b))) } else { Step::More };
    };
    let step = match second {
        b'[' => csi(bytes),
        b'O' => ss3(bytes),
        b'P' => string(bytes, dcs),
        b']' => string(bytes, |body| Some(Answer::Osc(String::from_utf8_lossy(body).into_owned()))),
        b'_' | b'^' | b'X' if !last => string(bytes, |_| None),
        _ => Step::Skip(0),
    };
    match step {
        // Incomplete and nothing follows, or no sequence at all: Alt with whatever key comes next.
        Step::More if !last => Step::More,
        Step::More | Step::Skip(0) => match self::step(&bytes[1..], last) {
            Step::Event(len, Event::Key(mut alt)) => {
                alt.mods |= mods::ALT;
                alt.text.clear();
                Step::Event(len + 1, Event::Key(alt))
            }
            Step::More => Step::More,
            _ => key(1, Some(keys::control(0x1b))),
        },
        done => done,
    }
}

/// `ESC O` and one more: cursor, keypad and function keys. `Skip(0)` when it is none of them.
fn ss3(bytes: &[u8]) -> Step {
    // Some terminals put a modifier's digit in between (`ESC O 5 P`).
    let (modifier, at) = match bytes.get(2) {
        Some(digit @ b'1'..=b'9') => (digit - b'0', 3),
        _ => (1, 2),
    };
    match bytes.get(at) {
        None => Step::More,
        Some(&last) => match keys::ss3(last, modifier) {
            Some(found) => key(at + 1, Some(found)),
            None => Step::Skip(0),
        },
    }
}

/// A string sequence up to BEL or ST.
fn string(bytes: &[u8], read: impl Fn(&[u8]) -> Option<Answer>) -> Step {
    let body = &bytes[2..];
    let Some(end) = body.iter().position(|&byte| byte == 0x07 || byte == 0x1b) else {
        return if bytes.len() > MAX_SEQUENCE { Step::Swallow } else { Step::More };
    };
    let len = match (body[end], body.get(end + 1)) {
        (0x07, _) => 2 + end + 1,
        (_, Some(b'\\')) => 2 + end + 2,
        (_, None) => return Step::More,
        // Cut off by another sequence.
        (_, Some(_)) => return Step::Skip(2 + end),
    };
    match read(&body[..end]) {
        Some(answer) => Step::Event(len, Event::Answer(answer)),
        None => Step::Skip(len),
    }
}

fn dcs(body: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(body).ok()?;
    if let Some(version) = text.strip_prefix(">|") {
        Some(Answer::Version(version.to_owned()))
    } else if let Some(capability) = text.strip_prefix("1+r") {
        Some(Answer::Capability(capability.to_owned()))
    } else {
        // xterm and all after it say 1 for "valid".
        text.strip_prefix("1$r").map(|attributes| Answer::Attribute(attributes.to_owned()))
    }
}

/// The parts of a CSI sequence.
pub struct Csi<'a> {
    /// `<`, `=`, `>` or `?` right after the bracket.
    pub prefix: Option<u8>,
    /// Everything up to the intermediates.
    pub params: &'a [u8],
    /// The last intermediate.
    pub intermediate: Option<u8>,
    /// The final byte.
    pub last: u8,
}

impl<'a> Csi<'a> {
    /// The parameters, each with its sub-parameters' text.
    pub fn fields(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.params.split(|&byte| byte == b';')
    }

    /// Parameter `index`, 0 when absent or no number.
    pub fn number(&self, index: usize) -> u32 {
        self.fields()
            .nth(index)
            .map_or(0, |field| number(field.split(|&byte| byte == b':').next().unwrap_or(b"")))
    }
}

/// A decimal number, saturating; 0 for anything else.
pub fn number(text: &[u8]) -> u32 {
    text.iter()
        .try_fold(0u32, |value, byte| {
            byte.is_ascii_digit().then(|| value.saturating_mul(10).saturating_add(u32::from(byte - b'0')))
        })
        .unwrap_or(0)
}

fn csi(bytes: &[u8]) -> Step {
    let mut at = 2;
    let prefix = bytes.get(at).copied().filter(|byte| (b'<'..=b'?').contains(byte));
    at += usize::from(prefix.is_some());
    let params_at = at;
    while bytes.get(at).is_some_and(|byte| (b'0'..=b';').contains(byte)) {
        at += 1;
    }
    let params = &bytes[params_at..at];
    let mut intermediate = None;
    while let Some(&byte @ 0x20..=0x2f) = bytes.get(at) {
        intermediate = Some(byte);
        at += 1;
    }
    let Some(&last) = bytes.get(at) else {
        return if at > MAX_SEQUENCE { Step::Skip(at) } else { Step::More };
    };
    if !(0x40..=0x7e).contains(&last) {
        // A control or a character inside: no sequence. The bytes before it mean nothing.
        return if at == 2 { Step::Skip(0) } else { Step::Skip(at) };
    }
    at += 1;
    let csi = Csi { prefix, params, intermediate, last };
    match (prefix, intermediate, last) {
        (None, None, b'M') if params.is_empty() => x10_mouse(bytes, at),
        (None, None, b'[') if params.is_empty() => match bytes.get(at) {
            // The Linux console's F1 to F5.
            Some(&letter @ b'A'..=b'E') => key(at + 1, Some(keys::linux_function(letter))),
            Some(_) => Step::Skip(at),
            None => Step::More,
        },
        (None, None, b'I') if params.is_empty() => Step::Event(at, Event::Focus(true)),
        (None, None, b'O') if params.is_empty() => Step::Event(at, Event::Focus(false)),
        (None, None, b'~') if params == b"200" => Step::PasteStart(at),
        (None, None, b'~') if params == b"201" => Step::Skip(at),
        (None, None, b'n') if params == b"0" => Step::Event(at, Event::Answer(Answer::Ready)),
        (Some(b'<'), None, b'M' | b'm') => {
            sgr_mouse(&csi).map_or(Step::Skip(at), |mouse| Step::Event(at, mouse))
        }
        (Some(_), _, _) => {
            report(&csi).map_or(Step::Skip(at), |answer| Step::Event(at, Event::Answer(answer)))
        }
        (None, None, _) => key(at, keys::csi(&csi)),
        _ => Step::Skip(at),
    }
}

fn report(csi: &Csi<'_>) -> Option<Answer> {
    let small = |index| csi.number(index).min(u32::from(u16::MAX)) as u16;
    match (csi.prefix?, csi.intermediate, csi.last) {
        (b'?', None, b'c') => Some(Answer::Attributes(
            csi.fields().map(|field| number(field).min(65_535) as u16).take(32).collect(),
        )),
        (b'?', Some(b'$'), b'y') => Some(Answer::Mode { mode: small(0), state: small(1) }),
        (b'?', None, b'u') => Some(Answer::KittyFlags(small(0))),
        (b'?', None, b'n') if csi.number(0) == 997 => Some(Answer::ColourScheme),
        _ => None,
    }
}

/// `CSI < code ; column ; row M` (press, motion) or `m` (release).
fn sgr_mouse(csi: &Csi<'_>) -> Option<Event> {
    let cell = |index| csi.number(index).clamp(1, 65_535) as u16 - 1;
    mouse(csi.number(0), csi.last == b'm', cell(1), cell(2))
}

/// `CSI M` and three bytes, each 32 more than it means: terminals without the SGR form.
fn x10_mouse(bytes: &[u8], at: usize) -> Step {
    let Some(&[code, col, row]) = bytes.get(at..at + 3).and_then(|three| three.first_chunk::<3>()) else {
        return Step::More;
    };
    let code = u32::from(code.saturating_sub(32));
    let cell = |byte: u8| u16::from(byte.saturating_sub(33));
    let released = code & 0b1110_0011 == 3;
    mouse(code, released, cell(col), cell(row)).map_or(Step::Skip(at + 3), |event| Step::Event(at + 3, event))
}

fn mouse(code: u32, released: bool, col: u16, row: u16) -> Option<Event> {
    let button = match (code & 0b1100_0000, code & 3) {
        (0, 3) => 0,
        (0, low) => low as u8 + 1,
        (64, low) => low as u8 + 4,
        (128, low) => low as u8 + 8,
        _ => return None,
    };
    let mut held = 0;
    for (bit, modifier) in [(4, mods::SHIFT), (8, mods::ALT), (16, mods::CTRL)] {
        if code & bit != 0 {
            held |= modifier;
        }
    }
    let action = match (code & 32 != 0, released) {
        (true, _) => MouseAction::Motion,
        (false, true) => MouseAction::Release,
        (false, false) => MouseAction::Press,
    };
    Some(Event::Mouse(MouseEvent { action, button, mods: held, col, row }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(parser: &mut Parser, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        parser.feed(bytes, &mut |event| events.push(event));
        events
    }

    /// Joins neighbouring pieces of a paste, which may be cut anywhere.
    fn joined(events: Vec<Event>) -> Vec<Event> {
        let mut joined: Vec<Event> = Vec::new();
        for event in events {
            match (joined.last_mut(), event) {
                (Some(Event::Paste(text)), Event::Paste(more)) => text.extend(more),
                (_, event) => joined.push(event),
            }
        }
        joined
    }

    const ALL_KINDS: &[u8] = b"ab\x1b[A\x1b[<0;5;7M\x1b[<0;5;7m\x1b[<65;1;1M\x1b[M !!\x1b[I\x1b[O\x1b[200~x\x1b[20\x1cy\
        \x1b[201~\xc3\xa4\xff\x1b[?62;52c\x1b[?2026;2$y\x1b[?5u\x1b[0n\x1b]11;rgb:0000/1111/2222\x1b\\\
        \x1b]10;rgb:1/2/3\x07\x1bP>|kitty(0.40)\x1b\\\x1bP1+r524742\x1b\\\x1bP1$r0;4:3m\x1b\\\x1b_ignored\x1b\\\
        \x1b[97;5:3u\x1bx\x1b[1;2P\r\x1b[?997;1nz";

    #[test]
    fn the_same_bytes_cut_anywhere_are_the_same_events() {
        let whole = joined(events(&mut Parser::default(), ALL_KINDS));
        assert!(whole.len() > 25, "{whole:?}");
        for cut in 1..ALL_KINDS.len() {
            let mut parser = Parser::default();
            let mut got = events(&mut parser, &ALL_KINDS[..cut]);
            got.extend(events(&mut parser, &ALL_KINDS[cut..]));
            assert_eq!(joined(got), whole, "cut at {cut}");
        }
        let mut parser = Parser::default();
        let single: Vec<Event> = ALL_KINDS.iter().flat_map(|byte| events(&mut parser, &[*byte])).collect();
        assert_eq!(joined(single), whole);
    }

    #[test]
    fn any_bytes_are_harmless_and_bounded() {
        // A small generator: the same noise every time, rich in what begins and ends sequences.
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let alphabet =
            b"\x1b\x1b\x1b[[]OP_^X\\\x07;:?<>=0123456789MmuyctnR~$ \x00\x7f\xc3\xa4\xe5\xae\xbd\xffabz";
        let mut parser = Parser::default();
        for _ in 0..20_000 {
            let mut piece = Vec::new();
            for _ in 0..1 + seed % 13 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                piece.push(alphabet[(seed >> 33) as usize % alphabet.len()]);
            }
            parser.feed(&piece, &mut |_| {});
            assert!(parser.kept.len() <= MAX_SEQUENCE + 16);
            if seed.is_multiple_of(17) {
                parser.flush(&mut |_| {});
            }
        }
    }

    #[test]
    fn an_endless_string_is_swallowed_and_the_stream_goes_on() {
        let mut parser = Parser::default();
        assert_eq!(events(&mut parser, b"\x1b]52;c;"), []);
        for _ in 0..1000 {
            assert_eq!(events(&mut parser, &[b'A'; 1000]), []);
            assert!(parser.kept.len() <= MAX_SEQUENCE + 1000);
        }
        assert_eq!(events(&mut parser, b"\x1b\\q"), [Event::Key(keys::text('q'))]);
    }

    #[test]
    fn a_prefix_key_inside_a_paste_is_text() {
        let got = events(&mut Parser::default(), b"\x1b[200~\x1cd\x1b[201~");
        assert_eq!(got, [Event::PasteStart, Event::Paste(b"\x1cd".to_vec()), Event::PasteEnd]);
    }

    #[test]
    fn escape_waits_for_what_may_follow() {
        let mut parser = Parser::default();
        assert_eq!(events(&mut parser, b"\x1b"), []);
        assert!(parser.waiting());
        let mut flushed = Vec::new();
        parser.flush(&mut |event| flushed.push(event));
        assert_eq!(flushed, [Event::Key(keys::control(0x1b))]);
        assert!(!parser.waiting());
    }

    #[test]
    fn mouse_in_both_forms() {
        let press = MouseEvent { action: MouseAction::Press, button: 1, mods: 0, col: 4, row: 6 };
        assert_eq!(events(&mut Parser::default(), b"\x1b[<0;5;7M"), [Event::Mouse(press)]);
        assert_eq!(events(&mut Parser::default(), b"\x1b[M \x25\x27"), [Event::Mouse(press)]);
        let wheel = MouseEvent { button: 5, mods: mods::CTRL, ..press };
        assert_eq!(events(&mut Parser::default(), b"\x1b[<81;5;7M"), [Event::Mouse(wheel)]);
        let motion = MouseEvent { action: MouseAction::Motion, button: 0, ..press };
        assert_eq!(events(&mut Parser::default(), b"\x1b[<35;5;7M"), [Event::Mouse(motion)]);
    }
}
