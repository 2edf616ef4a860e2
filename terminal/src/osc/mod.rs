//! Operating system commands: the bytes between `OSC` and its terminator as a typed value, every text cleaned
//! and bounded. Pure: what a command does to the terminal is decided elsewhere. Specifications: xterm's
//! control sequences (0 to 19, 52, 104, 105, 110 to 119), VTE and iTerm2 (7), the hyperlink document (8), ConEmu and
//! iTerm2 (9), kitty (22, 99), semantic prompts (133) and urxvt (777).

mod notification;
mod prompt;
mod text;

pub use notification::{
    Notification, NotificationAssembler, NotificationPart, Occasion, Urgency, notification_support,
};
pub use prompt::{PromptKind, PromptMark, PromptStep};

use data_encoding::HEXLOWER_PERMISSIVE;

use crate::checkpoint::{Damaged, Reader, Saved, damaged};
use crate::colour::{DynamicColour, PALETTE, Rgb, SPECIAL, parse as parse_colour};
use crate::pointer::PointerOp;
use text::{Lines, Undecoded, base64, clean, percent_decoded};

/// Characters kept of a title.
pub const TITLE_LIMIT: usize = 1024;
/// Bytes of a link's address; a longer one is no link, as in VTE.
pub const LINK_URI_LIMIT: usize = 2083;
/// Bytes of a link's `id=`; a longer one is dropped, as in VTE.
pub const LINK_ID_LIMIT: usize = 250;
/// Bytes of a directory's address: a path of PATH_MAX, percent-encoded where it is unusual.
pub const DIRECTORY_LIMIT: usize = 8192;
/// Bytes that a program may put on the clipboard, decoded.
pub const CLIPBOARD_LIMIT: usize = 1 << 20;
/// Colours set or asked for by one command: twice the palette.
const COLOUR_LIMIT: usize = 512;
/// Bytes of a pointer shape's name; CSS's longest is `vertical-text`.
const SHAPE_LIMIT: usize = 64;
/// Pointer shapes named by one command: there are no more than that.
const SHAPES_LIMIT: usize = 64;
/// Clipboards named by one OSC 52: there are twelve, and each may be named once.
const SELECTION_LIMIT: usize = 12;

/// A command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Osc {
    /// Title of window and icon (0).
    Title(String),
    /// Title of the icon (1).
    IconTitle(String),
    /// Title of the window (2).
    WindowTitle(String),
    /// Sets and asks for palette entries, in order (4).
    Palette(Vec<PaletteOp>),
    /// Resets these palette entries, or all where none is named (104).
    ResetPalette(Vec<u16>),
    /// Sets and asks for special colours, in order (5).
    Special(Vec<PaletteOp>),
    /// Resets these special colours, or all where none is named (105).
    ResetSpecial(Vec<u16>),
    /// Sets and asks for dynamic colours, in order (10 to 19).
    Dynamic(Vec<(DynamicColour, ColourOp)>),
    /// Resets a dynamic colour (110 to 119).
    ResetDynamic(DynamicColour),
    /// The working directory as a URI; empty to forget it (7). [`directory_path`] takes it apart.
    Directory(String),
    /// Text from here on is a link (8).
    Link {
        /// Joins what is apart on the screen.
        id: Option<String>,
        /// Where it leads. Never empty.
        uri: String,
    },
    /// Text from here on is no link (8).
    LinkEnd,
    /// A whole notification (9, 777).
    Notification(Notification),
    /// A piece of one, for a [`NotificationAssembler`] (99).
    NotificationPart(NotificationPart),
    /// Asks what is supported; answered with [`notification_support`] (99).
    NotificationQuery {
        /// To be repeated in the answer.
        id: String,
    },
    /// Takes a notification back (99).
    NotificationClose {
        /// The notification.
        id: String,
    },
    /// Asks which notifications are still shown (99).
    NotificationAlive {
        /// To be repeated in the answer.
        id: String,
    },
    /// How far a long command is (9;4).
    Progress(Progress),
    /// Puts data on clipboards; none clears them (52).
    ClipboardSet {
        /// Letters of the clipboards: `c` clipboard, `p` primary, `s` select, `q` secondary, `0` to `7`
        /// buffers.
        selection: String,
        /// What to put there, at most [`CLIPBOARD_LIMIT`] bytes.
        data: Vec<u8>,
    },
    /// Asks for the clipboard (52).
    ClipboardRead {
        /// As above; repeated in the answer.
        selection: String,
    },
    /// What a shell says of its prompt (133).
    Prompt(PromptMark),
    /// The mouse pointer's shape (22).
    Pointer(PointerOp),
    /// Nothing known, or malformed: to be ignored.
    Unknown,
}

/// What is to be done with a colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColourOp {
    /// Set it.
    Set(Rgb),
    /// Tell it.
    Query,
}

/// What is to be done with a palette entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PaletteOp {
    /// The entry: in a palette's command 0 to 255, and from 256 on the special colours; in a command for special
    /// colours their numbers.
    pub index: u16,
    /// What to do.
    pub op: ColourOp,
}

/// How far a long command is, as taskbars show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Progress {
    /// Nothing to show.
    #[default]
    None,
    /// So many per cent, 0 to 100.
    Normal(u8),
    /// Failed, at so many per cent where that is told.
    Error(Option<u8>),
    /// Busy, nobody knows how far.
    Busy,
    /// Waiting, at so many per cent where that is told.
    Paused(Option<u8>),
}

impl Saved for Progress {
    fn save(&self, to: &mut Vec<u8>) {
        let (kind, percent): (u8, _) = match self {
            Self::None => (0, None),
            Self::Normal(percent) => (1, Some(*percent)),
            Self::Error(percent) => (2, *percent),
            Self::Busy => (3, None),
            Self::Paused(percent) => (4, *percent),
        };
        (kind, percent).save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        match Saved::load(from)? {
            (0u8, None) => Ok(Self::None),
            (1, Some(percent)) => Ok(Self::Normal(percent)),
            (2, percent) => Ok(Self::Error(percent)),
            (3, None) => Ok(Self::Busy),
            (4, percent) => Ok(Self::Paused(percent)),
            _ => damaged("no progress"),
        }
    }
}

/// Reads a command: everything between introducer and terminator. (`vte` splits it at its semicolons, keeps 16
/// parts and drops the rest, which loses palettes and long titles: hand in the body whole.)
#[must_use]
pub fn parse_body(body: &[u8]) -> Osc {
    let (number, rest) = split(body);
    let Some(number) = decimal(number) else { return Osc::Unknown };
    match number {
        0 => Osc::Title(clean(rest, TITLE_LIMIT, Lines::One)),
        1 => Osc::IconTitle(clean(rest, TITLE_LIMIT, Lines::One)),
        2 => Osc::WindowTitle(clean(rest, TITLE_LIMIT, Lines::One)),
        4 => colours(rest, PALETTE + SPECIAL).map_or(Osc::Unknown, Osc::Palette),
        5 => colours(rest, SPECIAL).map_or(Osc::Unknown, Osc::Special),
        7 => directory(rest),
        8 => link(rest),
        9 => notification_or_progress(rest),
        10..=19 => dynamic(number, rest),
        22 => pointer(rest),
        52 => clipboard(rest),
        99 => notification::parse(rest),
        104 => resets(rest, PALETTE + SPECIAL).map_or(Osc::Unknown, Osc::ResetPalette),
        105 => resets(rest, SPECIAL).map_or(Osc::Unknown, Osc::ResetSpecial),
        110..=119 => DynamicColour::from_number(number - 100).map_or(Osc::Unknown, Osc::ResetDynamic),
        133 => prompt::parse(rest),
        777 => match split(rest) {
            (b"notify", texts) => {
                let (title, body) = split(texts);
                Notification::simple(title, body).map_or(Osc::Unknown, Osc::Notification)
            }
            _ => Osc::Unknown,
        },
        _ => Osc::Unknown,
    }
}

/// A title that came in hexadecimal; `None` if it did not.
#[must_use]
pub fn title_from_hex(digits: &str) -> Option<String> {
    let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?;
    Some(clean(&bytes, TITLE_LIMIT, Lines::One))
}

/// What stands before the first semicolon and what after it.
fn split(body: &[u8]) -> (&[u8], &[u8]) {
    match body.iter().position(|b| *b == b';') {
        Some(at) => (&body[..at], &body[at + 1..]),
        None => (body, b""),
    }
}

/// A number of digits only; `parse` would take a sign.
fn decimal(digits: &[u8]) -> Option<u32> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(digits).ok()?.parse().ok()
}

fn colour_op(specification: &[u8]) -> Option<ColourOp> {
    match specification.trim_ascii() {
        b"?" => Some(ColourOp::Query),
        specification => Some(ColourOp::Set(parse_colour(str::from_utf8(specification).ok()?)?)),
    }
}

/// A colour's number, of so many.
fn colour_index(digits: &[u8], count: usize) -> Option<u16> {
    decimal(digits).and_then(|index| u16::try_from(index).ok()).filter(|index| usize::from(*index) < count)
}

/// Pairs of index and colour. A pair that means nothing is passed over, the others count.
fn colours(body: &[u8], count: usize) -> Option<Vec<PaletteOp>> {
    let mut ops = Vec::new();
    let mut fields = body.split(|b| *b == b';');
    while let (Some(index), Some(specification)) = (fields.next(), fields.next()) {
        if let (Some(index), Some(op)) = (colour_index(index, count), colour_op(specification)) {
            ops.push(PaletteOp { index, op });
            if ops.len() == COLOUR_LIMIT {
                break;
            }
        }
    }
    if ops.is_empty() { None } else { Some(ops) }
}

fn resets(body: &[u8], count: usize) -> Option<Vec<u16>> {
    if body.is_empty() {
        return Some(Vec::new());
    }
    let indices = body.split(|b| *b == b';').filter_map(|index| colour_index(index, count));
    let indices: Vec<u16> = indices.take(COLOUR_LIMIT).collect();
    // None of them a colour: that must not come out as "all of them".
    if indices.is_empty() { None } else { Some(indices) }
}

/// The first colour is that of the command's number, the next that of the next number, and so on.
fn dynamic(number: u32, body: &[u8]) -> Osc {
    let kinds = (number..).map_while(DynamicColour::from_number);
    let ops: Vec<_> = kinds
        .zip(body.split(|b| *b == b';'))
        .filter_map(|(kind, specification)| Some((kind, colour_op(specification)?)))
        .collect();
    if ops.is_empty() { Osc::Unknown } else { Osc::Dynamic(ops) }
}

fn directory(body: &[u8]) -> Osc {
    let uri = clean(body, DIRECTORY_LIMIT + 1, Lines::One);
    if uri.len() > DIRECTORY_LIMIT || (!uri.is_empty() && directory_path(&uri).is_none()) {
        return Osc::Unknown;
    }
    Osc::Directory(uri)
}

/// Host (may be empty) and absolute path of a working directory as [`Osc::Directory`] tells it: a `file` URI,
/// kitty's unencoded `kitty-shell-cwd`, or a bare path. The path is bytes, as file names are.
#[must_use]
pub fn directory_path(uri: &str) -> Option<(&str, Vec<u8>)> {
    if uri.starts_with('/') {
        return Some(("", uri.as_bytes().to_vec()));
    }
    let (scheme, rest) = uri.split_once("://")?;
    let (host, path) = rest.split_at(rest.find('/')?);
    match scheme {
        "file" => Some((host, percent_decoded(path.as_bytes()))),
        "kitty-shell-cwd" => Some((host, path.as_bytes().to_vec())),
        _ => None,
    }
}

fn link(body: &[u8]) -> Osc {
    let (params, uri) = split(body);
    let Ok(uri) = str::from_utf8(uri) else { return Osc::LinkEnd };
    if uri.is_empty() || uri.len() > LINK_URI_LIMIT || uri.chars().any(char::is_control) {
        return Osc::LinkEnd;
    }
    let id = params
        .split(|b| *b == b':')
        .filter_map(|pair| str::from_utf8(pair.strip_prefix(b"id=")?).ok())
        .find(|id| !id.is_empty() && id.len() <= LINK_ID_LIMIT && !id.chars().any(char::is_control));
    Osc::Link { id: id.map(str::to_owned), uri: uri.to_owned() }
}

/// OSC 9 is two things: ConEmu's numbered commands, of which progress is kept, and iTerm2's notification.
fn notification_or_progress(body: &[u8]) -> Osc {
    /// ConEmu's highest number.
    const CONEMU_LAST: u32 = 12;
    let (first, rest) = split(body);
    match decimal(first) {
        Some(4) => progress(rest),
        Some(number) if number <= CONEMU_LAST => Osc::Unknown,
        _ => Notification::simple(body, b"").map_or(Osc::Unknown, Osc::Notification),
    }
}

fn progress(body: &[u8]) -> Osc {
    let (state, percent) = split(body);
    let percent = decimal(percent).map(|percent| percent.min(100) as u8);
    Osc::Progress(match state {
        b"0" => Progress::None,
        b"1" => Progress::Normal(percent.unwrap_or(0)),
        b"2" => Progress::Error(percent),
        b"3" => Progress::Busy,
        b"4" => Progress::Paused(percent),
        _ => return Osc::Unknown,
    })
}

/// xterm's name, or kitty's operation on names. xterm's own names are none of CSS; they are kept as they come.
fn pointer(body: &[u8]) -> Osc {
    let (operation, names) = match body {
        [operation @ (b'=' | b'>' | b'<' | b'?'), names @ ..] => (*operation, names),
        names => (b'=', names),
    };
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let name = |name: &[u8]| {
        (name.len() <= SHAPE_LIMIT && name.iter().all(allowed))
            .then(|| name.iter().map(|b| char::from(*b)).collect())
    };
    let list = || {
        let list = names.split(|b| *b == b',').filter(|shape| !shape.is_empty()).take(SHAPES_LIMIT);
        list.map(name).collect::<Option<Vec<String>>>().filter(|list| !list.is_empty())
    };
    let operation = match operation {
        b'=' => name(names).map(PointerOp::Set),
        b'>' => list().map(PointerOp::Push),
        b'<' => Some(PointerOp::Pop),
        _ => list().map(PointerOp::Query),
    };
    operation.map_or(Osc::Unknown, Osc::Pointer)
}

fn clipboard(body: &[u8]) -> Osc {
    let (letters, data) = split(body);
    if letters.len() == body.len() {
        return Osc::Unknown;
    }
    let mut selection = String::new();
    for letter in letters.iter().filter(|b| matches!(b, b'c' | b'p' | b'q' | b's' | b'0'..=b'7')) {
        if selection.len() < SELECTION_LIMIT && !selection.as_bytes().contains(letter) {
            selection.push(char::from(*letter));
        }
    }
    match (letters.is_empty(), selection.is_empty()) {
        // xterm means "s0" by none, but those who leave it out mean the clipboard.
        (true, _) => selection.push('c'),
        (false, true) => return Osc::Unknown,
        (false, false) => {}
    }
    if data == b"?" {
        return Osc::ClipboardRead { selection };
    }
    match base64(data, CLIPBOARD_LIMIT) {
        Ok(data) => Osc::ClipboardSet { selection, data },
        // xterm: what is neither base64 nor a question clears.
        Err(Undecoded::Malformed) => Osc::ClipboardSet { selection, data: Vec::new() },
        // Half of a text is worse than none, and clearing is not what was asked for.
        Err(Undecoded::TooLong) => Osc::Unknown,
    }
}

#[cfg(test)]
mod tests;
