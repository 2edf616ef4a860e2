//! Sends an image of one colour to the terminal it runs in, as `kitten icat` and sixel programs do: for tests, and to see
//! what a terminal does with it.
//!
//!     send_image [--size WxH] [--colour RRGGBB] [--via sixel|direct|file|temporary|shared] [--id N] [--cells CxR]
//!                [--z N] [--placeholders] [--png] [--pause FILE] [--answer]
//!
//! `--answer` prints what the terminal answers, `--pause` stops in the middle until the file is there.

use data_encoding::BASE64;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::PathBuf;

/// Bytes of a payload in one command: as much as kitty's protocol allows.
const CHUNK: usize = 4096;

struct Wanted {
    size: (usize, usize),
    colour: [u8; 3],
    via: String,
    id: u32,
    cells: Option<(u32, u32)>,
    z: i32,
    placeholders: bool,
    png: bool,
    /// Half of it is sent, and the rest when this file is there.
    pause: Option<PathBuf>,
    answer: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted = arguments()?;
    let text = if wanted.via == "sixel" { sixel(&wanted) } else { kitty(&wanted)? };
    if let Some(file) = &wanted.pause {
        let (half, rest) = text.as_bytes().split_at(text.len() / 2);
        let mut out = std::io::stdout();
        out.write_all(half)?;
        out.flush()?;
        while !file.exists() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        return Ok(out.write_all(rest)?);
    }
    if !wanted.answer {
        return Ok(std::io::stdout().write_all(text.as_bytes())?);
    }
    let answer = ask(&text)?;
    println!("{}", answer.replace('\x1b', "ESC "));
    Ok(())
}

fn arguments() -> Result<Wanted, lexopt::Error> {
    use lexopt::prelude::*;
    fn pair<T: std::str::FromStr>(text: &str) -> Option<(T, T)> {
        let (one, other) = text.split_once('x')?;
        Some((one.parse().ok()?, other.parse().ok()?))
    }
    let mut wanted = Wanted {
        size: (100, 100),
        colour: [200, 1, 210],
        via: "direct".to_owned(),
        id: 0,
        cells: None,
        z: 0,
        placeholders: false,
        png: false,
        pause: None,
        answer: false,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("size") => wanted.size = pair(&parser.value()?.string()?).ok_or("a size is 20x10")?,
            Long("cells") => wanted.cells = Some(pair(&parser.value()?.string()?).ok_or("cells are 20x10")?),
            Long("colour") => {
                let number = u32::from_str_radix(&parser.value()?.string()?, 16).map_err(|_| "no colour")?;
                wanted.colour = [16, 8, 0].map(|shift| (number >> shift) as u8);
            }
            Long("via") => wanted.via = parser.value()?.string()?,
            Long("id") => wanted.id = parser.value()?.parse()?,
            Long("z") => wanted.z = parser.value()?.parse()?,
            Long("placeholders") => wanted.placeholders = true,
            Long("pause") => wanted.pause = Some(parser.value()?.into()),
            Long("png") => wanted.png = true,
            Long("answer") => wanted.answer = true,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(wanted)
}

/// A sixel picture: rows of six pixels, each a run of the sixel whose six bits are set. Colours are in percent.
fn sixel(wanted: &Wanted) -> String {
    let ((width, height), [red, green, blue]) =
        (wanted.size, wanted.colour.map(|part| f32::from(part) / 2.55));
    let mut text = format!("\x1bPq\"1;1;{width};{height}#1;2;{red:.0};{green:.0};{blue:.0}#1");
    for top in (0..height).step_by(6) {
        let bits = (1u8 << (height - top).min(6)) - 1;
        let _ = write!(text, "!{width}{}-", char::from(63 + bits));
    }
    text + "\x1b\\"
}

/// The same by kitty's protocol.
fn kitty(wanted: &Wanted) -> Result<String, Box<dyn std::error::Error>> {
    let (width, height) = wanted.size;
    let [red, green, blue] = wanted.colour;
    let mut data = [red, green, blue, 255].repeat(width * height);
    let mut keys = format!("a=T,f=32,s={width},v={height}");
    if wanted.png {
        data = png_of(wanted.size, &data)?;
        keys = "a=T,f=100".to_owned();
    }
    if wanted.id > 0 {
        let _ = write!(keys, ",i={}", wanted.id);
    }
    if let Some((cols, rows)) = wanted.cells {
        let _ = write!(keys, ",c={cols},r={rows}");
    }
    if wanted.z != 0 {
        let _ = write!(keys, ",z={}", wanted.z);
    }
    if wanted.placeholders {
        keys += ",U=1";
    }
    if !wanted.answer {
        keys += ",q=2";
    }
    let mut text = match wanted.via.as_str() {
        "direct" => chunks(&keys, &data),
        via => {
            let own = std::process::id();
            let (letter, path) = match via {
                "file" => ("f", std::env::temp_dir().join(format!("scarab-image-{own}"))),
                "temporary" => ("t", PathBuf::from(format!("/tmp/tty-graphics-protocol-{own}"))),
                "shared" => ("s", PathBuf::from(format!("/dev/shm/scarab-image-{own}"))),
                _ => return Err("images go by sixel, direct, file, temporary or shared".into()),
            };
            std::fs::write(&path, &data)?;
            let name = path.to_string_lossy();
            let name = name.strip_prefix("/dev/shm").unwrap_or(&name);
            format!("\x1b_G{keys},t={letter};{}\x1b\\", BASE64.encode(name.as_bytes()))
        }
    };
    if let (true, Some((cols, rows))) = (wanted.placeholders, wanted.cells) {
        text += &placeholders(wanted.id, cols, rows);
    }
    Ok(text)
}

fn chunks(keys: &str, data: &[u8]) -> String {
    let encoded = BASE64.encode(data);
    let chunks: Vec<&[u8]> = encoded.as_bytes().chunks(CHUNK).collect();
    let mut text = String::new();
    for (number, chunk) in chunks.iter().enumerate() {
        let more = u8::from(number + 1 < chunks.len());
        let keys = if number == 0 { format!("{keys},") } else { String::new() };
        let _ = write!(text, "\x1b_G{keys}m={more};{}\x1b\\", String::from_utf8_lossy(chunk));
    }
    text
}

/// Rows of characters that stand for it. The first marks: enough for tests.
fn placeholders(id: u32, cols: u32, rows: u32) -> String {
    const MARKS: [char; 10] = [
        '\u{305}', '\u{30d}', '\u{30e}', '\u{310}', '\u{312}', '\u{33d}', '\u{33e}', '\u{33f}', '\u{346}',
        '\u{34a}',
    ];
    let mut text = String::new();
    for row in MARKS.iter().take(rows as usize) {
        let _ = write!(text, "\x1b[38;2;{};{};{}m", id >> 16 & 255, id >> 8 & 255, id & 255);
        for col in MARKS.iter().take(cols as usize) {
            let _ = write!(text, "\u{10eeee}{row}{col}");
        }
        text += "\x1b[m\r\n";
    }
    text
}

fn png_of((width, height): (usize, usize), rgba: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header()?.write_image_data(rgba)?;
    Ok(file)
}

/// Sends it, and a question that every terminal answers; gives all that came before that answer.
fn ask(text: &str) -> Result<String, Box<dyn std::error::Error>> {
    let terminal = std::io::stdin();
    let before = tcgetattr(&terminal)?;
    let mut raw = before.clone();
    raw.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Now, &raw)?;
    std::io::stdout().write_all(text.as_bytes())?;
    std::io::stdout().write_all(b"\x1b[c")?;
    std::io::stdout().flush()?;
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"c") || !answer.windows(3).any(|part| part == b"\x1b[?") {
        terminal.lock().read_exact(&mut byte)?;
        answer.extend(byte);
    }
    tcsetattr(&terminal, OptionalActions::Now, &before)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    Ok(answer.split("\x1b[?").next().unwrap_or_default().to_owned())
}
