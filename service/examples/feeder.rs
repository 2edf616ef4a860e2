//! Writes output of one kind to its terminal, the same for the same number of blocks, for tests of survival.
//!
//! `feeder KIND BLOCKS DONE` writes so many blocks; `feeder KIND until:FILE DONE` writes until FILE exists. At the end
//! it writes the number of blocks to the file DONE. The kind `queries` asks its terminal after each block and checks
//! that it is answered exactly once; what went wrong is written to DONE instead. The kind `states` sets what the screen
//! does not show, uses it blocks later, asks for it, and writes the answers down where they can be compared.

use data_encoding::BASE64;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

/// The same numbers for the same seed (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, kind, amount, done] = &arguments[..] else { panic!("feeder KIND BLOCKS|until:FILE DONE") };
    let until = amount.strip_prefix("until:").map(PathBuf::from);
    let most = if until.is_some() { u64::MAX } else { amount.parse().expect("a number of blocks") };
    if matches!(kind.as_str(), "queries" | "states") {
        raw_mode();
    }
    let mut out = std::io::stdout().lock();
    let mut blocks = 0;
    let mut problem = None;
    while blocks < most && problem.is_none() && !until.as_deref().is_some_and(Path::exists) {
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15 ^ (blocks + 1).wrapping_mul(0x2545_f491_4f6c_dd1d));
        let mut text = String::new();
        match kind.as_str() {
            "plain" => plain(blocks, &mut numbers, &mut text),
            "styles" => styles(&mut numbers, &mut text),
            "unicode" => unicode(&mut numbers, &mut text),
            "alternate" => alternate(blocks, &mut numbers, &mut text),
            "queries" => plain(blocks, &mut numbers, &mut text),
            "states" => states(&mut numbers, &mut text),
            "images" => images(blocks, &mut numbers, &mut text),
            other => panic!("no kind {other}"),
        }
        out.write_all(text.as_bytes()).expect("written");
        if kind == "queries" {
            problem = ask(&mut out, blocks, &mut numbers).err();
        }
        if kind == "states" {
            problem = tell(&mut out, blocks).err();
        }
        blocks += 1;
    }
    let result = problem.unwrap_or_else(|| blocks.to_string());
    std::fs::write(done, result).expect("the result");
    out.write_all(b"\r\nthe end\r\n").expect("written");
}

fn plain(block: u64, numbers: &mut Numbers, text: &mut String) {
    for line in 0..20 {
        let _ = write!(text, "{block} {line} ");
        for _ in 0..numbers.next(30) {
            let _ = write!(text, "{:x} ", numbers.next(1 << 24));
        }
        text.push_str(if numbers.next(5) == 0 { "\tx\r\n" } else { "\r\n" });
    }
}

fn styles(numbers: &mut Numbers, text: &mut String) {
    let _ = write!(text, "\x1b[{};{}r", 1 + numbers.next(4), 15 + numbers.next(10));
    for _ in 0..60 {
        let _ = write!(text, "\x1b[{};{}H", 1 + numbers.next(24), 1 + numbers.next(80));
        match numbers.next(4) {
            0 => drop(write!(text, "\x1b[38;5;{}m", numbers.next(256))),
            1 => drop(write!(text, "\x1b[48;2;{};{};7m", numbers.next(256), numbers.next(256))),
            2 => drop(write!(text, "\x1b[4:{};1m", numbers.next(6))),
            _ => text.push_str("\x1b[m"),
        }
        let _ = write!(text, "{:x}", numbers.next(1 << 40));
        match numbers.next(8) {
            0 => text.push_str("\x1b[2K"),
            1 => text.push_str("\x1bM"),
            2 => drop(write!(text, "\x1b[{}L", numbers.next(3))),
            3 => text.push_str("\r\n\n"),
            _ => {}
        }
    }
}

fn unicode(numbers: &mut Numbers, text: &mut String) {
    const PIECES: [&str; 10] = [
        "plain ",
        "\u{4e16}\u{754c}",
        "e\u{301}",
        "\u{1f469}\u{200d}\u{1f680}",
        "\u{1f1e9}\u{1f1ea}",
        "\u{939}\u{93f}",
        "\u{fe0f}",
        "\u{e000}",
        "\u{5d0}\u{5d1}",
        "\u{1f44d}\u{1f3fd}",
    ];
    for _ in 0..150 {
        text.push_str(PIECES[numbers.next(PIECES.len() as u64) as usize]);
        if numbers.next(20) == 0 {
            text.push_str("\r\n");
        }
    }
}

fn alternate(block: u64, numbers: &mut Numbers, text: &mut String) {
    let _ = write!(text, "\x1b[?1049h\x1b[2J\x1b]2;block {block}\x07");
    styles(numbers, text);
    let _ = write!(text, "\x1b]8;;http://example.org/{}\x1b\\link\x1b]8;;\x1b\\", numbers.next(50));
    let _ = write!(text, "\x1b[?2026h\x1b7\x1b(0lqqk\x1b(B\x1b8\x1b[?2026l\x1b[r\x1b[m\x1b[?1049l");
    plain(block, numbers, text);
}

/// Margins, character sets, protection, stacks, tab stops, saved cursors, rectangles, rows of double size.
fn states(numbers: &mut Numbers, text: &mut String) {
    let mut state = |choices: &[&str], text: &mut String| {
        text.push_str(choices[numbers.next(choices.len() as u64) as usize]);
    };
    for _ in 0..40 {
        state(&["\x1b[?69h", "\x1b[?69l", "", ""], text);
        state(&["\x1b[9;70s", "\x1b[30;41s", "\x1b[3;22r", "\x1b[8;12r", "\x1b[r", "", "", ""], text);
        state(&["\x1b(0", "\x1b(B", "\x1b)A", "\x1b*0", "\x1b+K", "\x1b-A", "\x1b[?42h", "\x1b[?42l"], text);
        state(&["\x0e", "\x0f", "\x1bn", "\x1bo", "\x1bN", "\x1bO", ""], text);
        state(&["\x1b[1\"q", "\x1b[0\"q", "\x1b[?K", "\x1b[?1J", "\x1bV", "\x1bW", ""], text);
        state(&["\x1b[#{", "\x1b[#}", "\x1b[1;35m", "\x1b[m", "\x1b[4:3;58:5:9m", ""], text);
        state(&["\x1b]2;one\x07", "\x1b]2;two\x07", "\x1b[22t", "\x1b[23t", ""], text);
        state(
            &["\x1b]4;1;#102030\x07", "\x1b]11;#405060\x07", "\x1b[#P", "\x1b[#Q", "\x1b]104\x07", ""],
            text,
        );
        state(&["\x1b[>1u", "\x1b[>5u", "\x1b[<u", "\x1b[=3;2u", ""], text);
        state(&["\x1b7", "\x1b8", "\x1b[?6h", "\x1b[?6l", "\x1b[4h", "\x1b[4l", ""], text);
        state(&["\x1bH", "\x1b[g", "\x1b[3g", "\x1b[?5W", "\t", "\t\t", "\x1b[Z"], text);
        state(&["\x1b[2;2;5;9;1;9;30;1$v", "\x1b[43;3;3;6;40$x", "\x1b[4;4;9;20;1$r", "", ""], text);
        state(&["\x1b#6", "\x1b#3", "\x1b#5", "\x1b[?45h\x08", "\x1b[?1047h", "\x1b[?1047l", ""], text);
        state(&["\x1b[5;20H", "\x1b[12;33H", "\x1b[20;2H", "\r\n", "\x1bM"], text);
        state(&["lqqk#[]", "text that goes on and on", "\u{e9}\u{6f22}\u{5b57}", "q"], text);
    }
}

/// Asks for what the screen does not show, and writes the answers on the screen.
fn tell(out: &mut impl Write, block: u64) -> Result<(), String> {
    // Key flags, saved colours, a colour, the margins, protection, attributes, cursor and sets, tab stops; and an end.
    let questions = "\x1b[?u\x1b[#R\x1b]4;1;?\x07\x1bP$qr\x1b\\\x1bP$qs\x1b\\\x1bP$q\"q\x1b\\\x1bP$qm\x1b\\\x1b[1$w\x1b[2$w\x1b[5n";
    out.write_all(questions.as_bytes()).and_then(|()| out.flush()).map_err(|error| error.to_string())?;
    let mut answers = Vec::new();
    while !answers.ends_with(b"\x1b[0n") {
        let mut byte = [0];
        std::io::stdin().read_exact(&mut byte).map_err(|error| format!("block {block}: {error}"))?;
        answers.push(byte[0]);
    }
    // As plain text, wherever the state of the screen puts it.
    let told = String::from_utf8_lossy(&answers).replace(|character: char| character.is_control(), "^");
    write!(out, "{block} {told}\r\n").map_err(|error| error.to_string())
}

/// Images of both kinds, by every medium, placed and deleted among text; between two blocks one is always half sent.
fn images(block: u64, numbers: &mut Numbers, text: &mut String) {
    let pixels = |colour: u64, count: u64| {
        let [red, green, blue, ..] = colour.to_le_bytes();
        [red, green, blue, 255].repeat(count as usize)
    };
    // The rest of what the block before has begun: an image of 40x20 pixels.
    if block > 0 {
        let _ = write!(text, "\x1b_Gm=0;{}\x1b\\", BASE64.encode(&pixels(block - 1, 401)));
        let _ = write!(text, "\x1b_Ga=p,i={},q=2,C=1\x1b\\", (block - 1) % 7 + 1);
    }
    for number in 0..6 {
        let (width, height) = (1 + numbers.next(60), 1 + numbers.next(60));
        let colour = numbers.next(1 << 24);
        let (z, cols) = (numbers.next(3) as i64 - 1, 1 + numbers.next(20));
        let keys =
            format!("\x1b_Ga=T,q=2,f=32,s={width},v={height},z={z},c={cols},i={}", 10 + numbers.next(9));
        let data = pixels(colour, width * height);
        match numbers.next(5) {
            0 => {
                let _ = write!(text, "\x1bPq#2;2;{};{};50#2", colour % 100, width);
                for _ in 0..height.div_ceil(6) {
                    let _ = write!(text, "!{width}~-");
                }
                text.push_str("\x1b\\");
            }
            // Files that are gone when they have been read.
            1 | 2 => {
                let (letter, name) = if numbers.next(2) == 0 { ("t", "/tmp/") } else { ("s", "/dev/shm/") };
                let path = format!("{name}tty-graphics-protocol-{}-{block}-{number}", std::process::id());
                std::fs::write(&path, &data).expect("a file");
                let name = path.strip_prefix("/dev/shm").unwrap_or(&path);
                let _ = write!(text, "{keys},t={letter};{}\x1b\\", BASE64.encode(name.as_bytes()));
            }
            _ => {
                let _ = write!(text, "{keys};{}\x1b\\", BASE64.encode(&data));
            }
        }
        let _ = write!(text, "text {number} of {block}\r\n");
        match numbers.next(12) {
            0 => drop(write!(text, "\x1b_Ga=d,d=I,i={}\x1b\\", 10 + numbers.next(9))),
            1 => text.push_str("\x1b_Ga=d\x1b\\"),
            2 => text.push_str("\x1b[2J\x1b[H"),
            3 => text.push_str("\x1b[5;15r\x1b[15;1H\n\n\x1b[r\x1b[24;1H"),
            4 => text.push_str("\x1b[?1049h\x1bPq!9~\x1b\\\x1b[?1049l"),
            _ => {}
        }
    }
    let half = BASE64.encode(&pixels(block, 399)); // without padding
    let _ = write!(text, "\x1b_Ga=t,q=2,f=32,s=40,v=20,i={},m=1;{half}\x1b\\", block % 7 + 1);
}

/// Asks where the cursor is and reads one answer.
fn ask(out: &mut impl Write, block: u64, numbers: &mut Numbers) -> Result<(), String> {
    let (row, col) = (1 + numbers.next(24), 1 + numbers.next(80));
    write!(out, "\x1b[{row};{col}H\x1b[6n").and_then(|()| out.flush()).map_err(|error| error.to_string())?;
    let expected = format!("\x1b[{row};{col}R");
    let mut answer = Vec::new();
    while answer.last() != Some(&b'R') {
        let mut byte = [0];
        std::io::stdin()
            .read_exact(&mut byte)
            .map_err(|error| format!("block {block}: {error} after {answer:?}"))?;
        answer.push(byte[0]);
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    if answer == expected {
        Ok(())
    } else {
        Err(format!("block {block}: {answer:?} instead of {expected:?}"))
    }
}

fn raw_mode() {
    let stdin = std::io::stdin();
    let mut termios = rustix::termios::tcgetattr(stdin.as_fd()).expect("a terminal");
    termios.make_raw();
    rustix::termios::tcsetattr(stdin.as_fd(), rustix::termios::OptionalActions::Now, &termios)
        .expect("raw mode");
}
