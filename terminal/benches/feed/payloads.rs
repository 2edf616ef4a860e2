//! What the engines are fed: the kinds of output that programs make, in the groups that results are given by.

use std::fmt::Write;

use crate::{COLS, ROWS};

/// Bytes of one payload at least.
const BYTES: usize = 8 << 20;

/// Output of one kind.
pub(crate) struct Payload {
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    /// Makes a piece of its number.
    piece: fn(usize) -> String,
}

impl Payload {
    /// Pieces of it until there are enough bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BYTES + 8192);
        for n in 0.. {
            if bytes.len() >= BYTES {
                break;
            }
            bytes.extend_from_slice((self.piece)(n).as_bytes());
        }
        bytes
    }
}

fn payload(group: &'static str, name: &'static str, piece: fn(usize) -> String) -> Payload {
    Payload { group, name, piece }
}

/// All of them, those of a group next to each other.
pub(crate) fn payloads() -> Vec<Payload> {
    text().into_iter().chain(escapes()).chain(line_feeds()).chain(unicode()).collect()
}

fn text() -> [Payload; 6] {
    let log = |n: usize| {
        let (micros, worker, took) = (n % 1_000_000, n % 16, n % 97);
        format!("2026-01-02T03:04:05.{micros:06}Z INFO worker[{worker}]: request {n} served in {took} ms\r\n")
    };
    let source = |n: usize| {
        let blank = if n.is_multiple_of(7) { "\r\n" } else { "" };
        let (input, second) = (n % 64, n * 3);
        format!("    let value_{n} = compute(&input[{input}], {second}); // the reason why\r\n{blank}")
    };
    [
        payload("text", "plain log", log),
        payload("text", "source", source),
        payload("text", "long lines", |n| format!("{} ", n * 7919)),
        payload("text", "numbers", |n| format!("{n}\r\n")),
        payload("text", "light cells", |n| format!("\x1b[H{}", letter(n).repeat(COLS * ROWS))),
        payload("text", "full-screen scrolling", |n| letter(n / ROWS).repeat(COLS) + "\r\n"),
    ]
}

fn escapes() -> [Payload; 6] {
    let dense = |n: usize| {
        let (faint, colour, index, digit) = (n % 2, 31 + n % 7, n % 256, n % 10);
        let (red, green, end) = (n % 255, n % 99, if n % 6 == 5 { "\r\n" } else { "" });
        format!(
            "\x1b[{faint};{colour}m\x1b[38;5;{index}mword{digit}\x1b[0m \x1b[48;2;{red};{green};9mx\x1b[m{end}"
        )
    };
    let log = |n: usize| {
        format!(
            "\x1b[2m03:04:05\x1b[0m \x1b[32mINFO\x1b[0m \x1b[1mworker\x1b[0m: request \x1b[36m{n}\x1b[0m served\r\n"
        )
    };
    [
        payload("escapes", "dense SGR", dense),
        payload("escapes", "SGR log", log),
        payload("escapes", "cursor motion", |n| {
            format!("\x1b[{};{}H{}", 1 + n * 7 % 24, 1 + n * 13 % 78, letter(n))
        }),
        payload("escapes", "dense cells", dense_cells),
        payload("escapes", "editor", editor),
        payload("escapes", "editor, synchronized", |n| format!("\x1b[?2026h{}\x1b[?2026l", editor(n))),
    ]
}

/// Every cell of the screen with colours of its own.
fn dense_cells(n: usize) -> String {
    let cell = |mut text: String, place: usize| {
        let index = n + place / COLS + place % COLS;
        let (fg, bg) = (100 + index % 156, 255 - index % 156);
        // Writing to a string cannot fail, here and below.
        let _ = write!(text, "\x1b[38;5;{fg};48;5;{bg};1;3;4m{}", letter(n));
        text
    };
    (0..COLS * ROWS).fold("\x1b[H".to_owned(), cell)
}

/// A line of coloured source drawn where the cursor was sent, as full-screen editors do.
fn editor(n: usize) -> String {
    let mut text = format!("\x1b[{};1H\x1b[38;5;242m{:>4} \x1b[m", 1 + n % (ROWS - 1), n % 5000);
    for (place, word) in ["let", "value", "=", "compute(", "input", ");"].iter().enumerate() {
        let _ = write!(text, "\x1b[38;5;{}m{word}\x1b[m ", 20 + (n + place * 37) % 200);
    }
    text + "\x1b[K"
}

fn line_feeds() -> [Payload; 2] {
    [
        payload("line feeds", "scrolling", |_| "y\r\n".to_owned()),
        payload("line feeds", "scroll region", |n| {
            format!("{}a line\r\n", if n.is_multiple_of(1000) { "\x1b[3;20r\x1b[20;1H" } else { "" })
        }),
    ]
}

fn unicode() -> [Payload; 5] {
    [
        payload("unicode", "symbols", symbols),
        payload("unicode", "mixed", |n| {
            format!("{n} Größe, Ελληνικά, кириллица, e\u{301} und mehr Text\r\n")
        }),
        payload("unicode", "CJK", |n| format!("{n} 日本語のテキスト、한국어 문장。中文也有一些\r\n")),
        payload("unicode", "CJK, emoji", |n| {
            format!("{n} 日本語のテキスト 한국어 😀 👩\u{200d}👩\u{200d}👧 中文\r\n")
        }),
        payload("unicode", "emoji", |n| {
            format!("{n} 😀 👍🏽 👩\u{200d}👩\u{200d}👧 \u{2764}\u{fe0f} 🇫🇷 🚀🚀🚀 done\r\n")
        }),
    ]
}

/// Characters of many scripts and kinds, which wrap and end no line.
fn symbols(n: usize) -> String {
    const BLOCKS: [(u32, u32); 12] = [
        (0xc0, 64),
        (0x3b1, 25),
        (0x410, 64),
        (0x2190, 112),
        (0x2200, 128),
        (0x2500, 160),
        (0x2800, 128),
        (0x3041, 86),
        (0x4e00, 256),
        (0xac00, 256),
        (0xff01, 94),
        (0x1f600, 64),
    ];
    let (first, count) = BLOCKS[n % BLOCKS.len()];
    (0..count).filter_map(|place| char::from_u32(first + place)).collect()
}

/// A to Z in turn.
fn letter(n: usize) -> String {
    char::from(b'A' + (n % 26) as u8).to_string()
}
