//! One record of history: a piece of a line, encoded compactly.
//!
//! Pure functions over bytes, apart from the ring that holds them, so that anything at all can be
//! thrown at the decoder. A record is made of whole words, can be walked over in both directions, and
//! carries its styles and links by value: nothing in it refers to a frame.
//!
//! ```text
//! 0        4     5     6      8                                       end-4   end
//! +--------+-----+-----+------+------+-----------+------+-----+-------+--------+
//! | words  |flags|marks| cols | text | [links]   | runs | pad | 0..7  | words  |
//! +--------+-----+-----+------+------+-----------+------+-----+-------+--------+
//! text   length, UTF-8                           lengths and counts are LEB128
//! links  count, then each: length of id, length of address, id, address
//! runs   until the padding, each: tag, bytes, cells, then what the tag names
//! ```
//!
//! A plain line of 80 columns takes 96 bytes.

use super::GridError;
use super::frame::{LineSize, Marks};
use super::style::{Attributes, Colour, Link, LinkId, LinkRef, Rgb, Style, Underline, cut};

/// Most bytes of one record: a row of 2,000 clusters of 64 bytes, each in a style of its own, fits. Of
/// what does not, first the links are left out, then the end of the text.
pub const MAX_RECORD_BYTES: usize = 256 << 10;
/// Most links that a record carries: one for every other column of the widest row.
const MAX_RECORD_LINKS: usize = 1000;

/// Bytes before the body.
const HEAD: usize = 8;
/// Bytes behind it.
const TAIL: usize = 4;
/// The smallest record: head, an empty text, padding, tail.
pub(crate) const MIN_RECORD_BYTES: usize = 16;

const CONTINUES: u8 = 1 << 0;
const STARTS: u8 = 1 << 1;
const LINKS: u8 = 1 << 2;
const LINE_SIZE_SHIFT: u8 = 3;
const PAD_SHIFT: u8 = 5;

const WIDE: u8 = 1 << 0;
const SINGLE: u8 = 1 << 1;
const FOREGROUND: u8 = 1 << 2;
const BACKGROUND: u8 = 1 << 3;
const UNDERLINE_COLOUR: u8 = 1 << 4;
const ATTRIBUTES: u8 = 1 << 5;
const UNDERLINE: u8 = 1 << 6;
const LINK: u8 = 1 << 7;

/// Neighbouring cells of one style and width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryRun {
    /// Bytes of the piece's text that belong to it.
    pub bytes: u32,
    /// Columns it takes: at most two for each byte.
    pub cells: u32,
    /// Every cluster in it takes two columns.
    pub wide: bool,
    /// All of it is one cluster; otherwise every code point is one.
    pub single: bool,
    /// Its looks; a link is a number in the piece's list.
    pub style: Style,
}

/// A piece of a line, as it is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct PieceRef<'a> {
    /// The text, trailing blanks left out.
    pub text: &'a str,
    /// The runs; together they cover the text.
    pub runs: &'a [HistoryRun],
    /// The links that the runs' styles name.
    pub links: &'a [LinkRef<'a>],
    /// The line goes on in the next piece, or on the screen.
    pub continues: bool,
    /// How large the line is drawn.
    pub line_size: LineSize,
    /// What the shell told about it.
    pub marks: Marks,
    /// Columns of the screen it scrolled off.
    pub cols: u16,
}

/// A piece of a line, as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPiece {
    /// The text.
    pub text: String,
    /// The runs; together they cover the text exactly, each ends between characters.
    pub runs: Vec<HistoryRun>,
    /// The links that the runs' styles name; every number in a style is in here.
    pub links: Vec<Link>,
    /// It is the beginning of its line.
    pub starts: bool,
    /// The line goes on in the next piece, or on the screen.
    pub continues: bool,
    /// How large the line is drawn.
    pub line_size: LineSize,
    /// What the shell told about it.
    pub marks: Marks,
    /// Columns of the screen it scrolled off.
    pub cols: u16,
}

impl HistoryPiece {
    /// Columns that the text takes.
    pub fn cells(&self) -> u64 {
        self.runs.iter().map(|run| u64::from(run.cells)).sum()
    }
}

/// Encodes one piece into `out`, which is cleared first. The result is at most [`MAX_RECORD_BYTES`] long
/// and always decodes: what does not fit, or contradicts itself, is left out.
pub fn encode_piece(piece: &PieceRef<'_>, starts: bool, out: &mut Vec<u8>) {
    encode(piece, starts, true, out);
    if out.len() > MAX_RECORD_BYTES {
        encode(piece, starts, false, out);
    }
    if out.len() > MAX_RECORD_BYTES {
        encode(&shortened(piece), starts, false, out);
    }
}

/// The beginning of a piece that is far too long, in one run: no emulator makes one.
fn shortened<'a>(piece: &PieceRef<'a>) -> PieceRef<'a> {
    PieceRef { text: cut(piece.text, MAX_RECORD_BYTES - 64), runs: &[], links: &[], ..*piece }
}

fn encode(piece: &PieceRef<'_>, starts: bool, with_links: bool, out: &mut Vec<u8>) {
    let links = if with_links { &piece.links[..piece.links.len().min(MAX_RECORD_LINKS)] } else { &[] };
    out.clear();
    out.extend_from_slice(&[0; HEAD]);
    put_number(out, piece.text.len() as u32);
    out.extend_from_slice(piece.text.as_bytes());
    if !links.is_empty() {
        put_number(out, links.len() as u32);
        for link in links {
            let link = link.bounded();
            put_number(out, link.id.len() as u32);
            put_number(out, link.uri.len() as u32);
            out.extend_from_slice(link.id.as_bytes());
            out.extend_from_slice(link.uri.as_bytes());
        }
    }
    if covers(piece) {
        for run in piece.runs {
            put_run(out, run, links.len());
        }
    } else if !piece.text.is_empty() {
        let cells = piece.text.chars().count() as u32;
        put_run(out, &HistoryRun { bytes: piece.text.len() as u32, cells, ..HistoryRun::default() }, 0);
    }
    let pad = (out.len() + TAIL).next_multiple_of(8) - (out.len() + TAIL);
    out.resize(out.len() + pad, 0);
    let words = ((out.len() + TAIL) / 8) as u32;
    out.extend_from_slice(&words.to_ne_bytes());
    out[0..4].copy_from_slice(&words.to_ne_bytes());
    out[4] = flag(CONTINUES, piece.continues)
        | flag(STARTS, starts)
        | flag(LINKS, !links.is_empty())
        | (piece.line_size as u8) << LINE_SIZE_SHIFT
        | (pad as u8) << PAD_SHIFT;
    out[5] = piece.marks.bits();
    out[6..8].copy_from_slice(&piece.cols.to_ne_bytes());
}

/// True if the runs cover the text as the decoder wants it.
fn covers(piece: &PieceRef<'_>) -> bool {
    let mut end = 0usize;
    for run in piece.runs {
        end = end.saturating_add(run.bytes as usize);
        if !piece.text.is_char_boundary(end) || run.cells > run.bytes.saturating_mul(2) {
            return false;
        }
    }
    end == piece.text.len()
}

fn put_run(out: &mut Vec<u8>, run: &HistoryRun, links: usize) {
    let style = &run.style;
    let link = style.link.filter(|link| (link.0 as usize) < links);
    let tag = flag(WIDE, run.wide)
        | flag(SINGLE, run.single)
        | flag(FOREGROUND, style.foreground != Colour::Default)
        | flag(BACKGROUND, style.background != Colour::Default)
        | flag(UNDERLINE_COLOUR, style.underline_colour != Colour::Default)
        | flag(ATTRIBUTES, style.attributes != Attributes::NONE)
        | flag(UNDERLINE, style.underline != Underline::None)
        | flag(LINK, link.is_some());
    out.push(tag);
    put_number(out, run.bytes);
    put_number(out, run.cells);
    for colour in [style.foreground, style.background, style.underline_colour] {
        match colour {
            Colour::Default => {}
            Colour::Indexed(index) => out.extend_from_slice(&[1, index]),
            Colour::Rgb(Rgb { r, g, b }) => out.extend_from_slice(&[2, r, g, b]),
        }
    }
    if style.attributes != Attributes::NONE {
        put_number(out, u32::from(style.attributes.bits()));
    }
    if style.underline != Underline::None {
        out.push(style.underline as u8);
    }
    if let Some(link) = link {
        put_number(out, link.0);
    }
}

const fn flag(bit: u8, on: bool) -> u8 {
    if on { bit } else { 0 }
}

fn put_number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// What the first word of a record says, enough to walk over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordHead {
    pub(crate) bytes: u64,
    pub(crate) starts: bool,
    pub(crate) continues: bool,
}

impl RecordHead {
    /// From the first word; `None` if no record begins like this.
    pub(crate) fn from_word(word: u64) -> Option<Self> {
        let bytes = word.to_ne_bytes();
        let length = Self::length([bytes[0], bytes[1], bytes[2], bytes[3]])?;
        Some(Self { bytes: length, starts: bytes[4] & STARTS != 0, continues: bytes[4] & CONTINUES != 0 })
    }

    /// The length of the record that ends with this word.
    pub(crate) fn length_from_last(word: u64) -> Option<u64> {
        let bytes = word.to_ne_bytes();
        Self::length([bytes[4], bytes[5], bytes[6], bytes[7]])
    }

    fn length(words: [u8; 4]) -> Option<u64> {
        let bytes = u64::from(u32::from_ne_bytes(words)) * 8;
        (MIN_RECORD_BYTES as u64..=MAX_RECORD_BYTES as u64).contains(&bytes).then_some(bytes)
    }
}

/// The text of a record, not yet found to be UTF-8.
pub(crate) fn record_text(record: &[u8]) -> Option<&[u8]> {
    let mut body = record.get(HEAD..record.len().checked_sub(TAIL)?)?;
    let length = take_number(&mut body)?;
    body.get(..length as usize)
}

/// Makes a record, of which the first word is enough, the last one of its line.
pub(crate) fn ends_line(record: &mut [u8]) {
    if let Some(flags) = record.get_mut(4) {
        *flags &= !CONTINUES;
    }
}

/// Decodes one record into `piece`, reusing its memory. After an error its contents mean nothing.
///
/// # Errors
/// [`GridError::Damaged`] for anything that [`encode_piece`] does not make.
pub fn decode_piece(record: &[u8], piece: &mut HistoryPiece) -> Result<(), GridError> {
    decode(record, piece).ok_or(GridError::Damaged("a record of history"))
}

fn decode(record: &[u8], piece: &mut HistoryPiece) -> Option<()> {
    let length = record.len();
    if !(MIN_RECORD_BYTES..=MAX_RECORD_BYTES).contains(&length) || !length.is_multiple_of(8) {
        return None;
    }
    let words = ((length / 8) as u32).to_ne_bytes();
    if record[..4] != words || record[length - TAIL..] != words {
        return None;
    }
    let flags = record[4];
    let pad = usize::from(flags >> PAD_SHIFT);
    let mut body = record.get(HEAD..length.checked_sub(TAIL + pad)?)?;

    piece.starts = flags & STARTS != 0;
    piece.continues = flags & CONTINUES != 0;
    piece.line_size = LineSize::from_bits(flags >> LINE_SIZE_SHIFT);
    piece.marks = Marks::from_bits(record[5]);
    piece.cols = u16::from_ne_bytes([record[6], record[7]]);
    piece.text.clear();
    piece.runs.clear();
    piece.links.clear();

    let text_length = take_number(&mut body)?;
    piece.text.push_str(take_text(&mut body, text_length)?);
    if flags & LINKS != 0 {
        let count = take_number(&mut body)? as usize;
        if count > MAX_RECORD_LINKS {
            return None;
        }
        for _ in 0..count {
            let (id, uri) = (take_number(&mut body)?, take_number(&mut body)?);
            let link = LinkRef { id: take_text(&mut body, id)?, uri: take_text(&mut body, uri)? };
            piece.links.push(Link { id: link.id.to_owned(), uri: link.uri.to_owned() });
        }
    }
    let mut end = 0usize;
    while !body.is_empty() {
        let run = take_run(&mut body, piece.links.len())?;
        end = end.checked_add(run.bytes as usize)?;
        if !piece.text.is_char_boundary(end) || run.cells > run.bytes.saturating_mul(2) {
            return None;
        }
        piece.runs.push(run);
    }
    (end == piece.text.len()).then_some(())
}

fn take_run(body: &mut &[u8], links: usize) -> Option<HistoryRun> {
    let tag = take(body, 1)?[0];
    let (bytes, cells) = (take_number(body)?, take_number(body)?);
    let mut colour = |present: u8| match (tag & present != 0).then(|| take(body, 1).map(|kind| kind[0])) {
        None => Some(Colour::Default),
        Some(Some(1)) => Some(Colour::Indexed(take(body, 1)?[0])),
        Some(Some(2)) => take(body, 3).map(|rgb| Colour::Rgb(Rgb { r: rgb[0], g: rgb[1], b: rgb[2] })),
        Some(_) => None,
    };
    let foreground = colour(FOREGROUND)?;
    let background = colour(BACKGROUND)?;
    let underline_colour = colour(UNDERLINE_COLOUR)?;
    let attributes = if tag & ATTRIBUTES != 0 { take_number(body)? } else { 0 };
    let underline = if tag & UNDERLINE != 0 { take(body, 1)?[0] } else { 0 };
    let link = if tag & LINK != 0 { Some(LinkId(take_number(body)?)) } else { None };
    if link.is_some_and(|link| link.0 as usize >= links) {
        return None;
    }
    let style = Style {
        foreground,
        background,
        underline_colour,
        attributes: Attributes::from_bits(attributes as u16),
        underline: Underline::from_bits(underline),
        link,
    };
    Some(HistoryRun { bytes, cells, wide: tag & WIDE != 0, single: tag & SINGLE != 0, style })
}

fn take<'a>(body: &mut &'a [u8], bytes: usize) -> Option<&'a [u8]> {
    let (taken, rest) = body.split_at_checked(bytes)?;
    *body = rest;
    Some(taken)
}

fn take_text<'a>(body: &mut &'a [u8], bytes: u32) -> Option<&'a str> {
    std::str::from_utf8(take(body, bytes as usize)?).ok()
}

fn take_number(body: &mut &[u8]) -> Option<u32> {
    let mut number = 0u64;
    for shift in (0..35).step_by(7) {
        let byte = take(body, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(number).ok();
        }
    }
    None
}
