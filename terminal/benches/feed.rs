//! Feeding the emulator, beside `alacritty_terminal` and `vt100` in the same run: MB/s of CPU time, 80x24, 10,000
//! lines kept. `cargo bench -p scarab-terminal --bench feed [-- ROUNDS [PAYLOAD [alone]]]`;
//! `alone`, for profiles, leaves the peers out.

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::Processor;
use scarab_terminal::{Options, Size, Terminal, VecHistory};
use std::num::NonZeroU16;
use std::time::Instant;

const COLS: usize = 80;
const ROWS: usize = 24;
const LINES: usize = 10_000;
/// Bytes of one payload, fed in pieces as a PTY gives them.
const BYTES: usize = 8 << 20;
const PIECE: usize = 4095;

struct Extent;

impl Dimensions for Extent {
    fn total_lines(&self) -> usize {
        ROWS
    }
    fn screen_lines(&self) -> usize {
        ROWS
    }
    fn columns(&self) -> usize {
        COLS
    }
}

fn fill(mut piece: impl FnMut(usize) -> String) -> Vec<u8> {
    let mut out = Vec::with_capacity(BYTES + 256);
    for n in 0.. {
        if out.len() >= BYTES {
            break;
        }
        out.extend_from_slice(piece(n).as_bytes());
    }
    out
}

fn payloads() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    vec![
        (
            "text",
            "plain log",
            fill(|n| {
                format!(
                    "2026-01-02T03:04:05.{:06}Z INFO worker[{}]: request {n} served in {} ms\r\n",
                    n % 1_000_000,
                    n % 16,
                    n % 97
                )
            }),
        ),
        (
            "text",
            "source",
            fill(|n| {
                format!(
                    "    let value_{n} = compute(&input[{}], {}); // the reason why\r\n{}",
                    n % 64,
                    n * 3,
                    if n % 7 == 0 { "\r\n" } else { "" }
                )
            }),
        ),
        ("text", "long lines", fill(|n| format!("{} ", n * 7919))),
        ("text", "numbers", fill(|n| format!("{n}\r\n"))),
        (
            "escapes",
            "dense SGR",
            fill(|n| {
                format!(
                    "\x1b[{};{}m\x1b[38;5;{}mword{}\x1b[0m \x1b[48;2;{};{};9mx\x1b[m{}",
                    n % 2,
                    31 + n % 7,
                    n % 256,
                    n % 10,
                    n % 255,
                    n % 99,
                    if n % 6 == 5 { "\r\n" } else { "" }
                )
            }),
        ),
        (
            "escapes",
            "SGR log",
            fill(|n| {
                format!(
                    "\x1b[2m03:04:05\x1b[0m \x1b[32mINFO\x1b[0m \x1b[1mworker\x1b[0m: request \x1b[36m{n}\x1b[0m served\r\n"
                )
            }),
        ),
        (
            "escapes",
            "cursor motion",
            fill(|n| {
                format!("\x1b[{};{}H{}", 1 + n * 7 % 24, 1 + n * 13 % 78, char::from(b'a' + (n % 26) as u8))
            }),
        ),
        ("line feeds", "scrolling", fill(|_| "y\r\n".to_owned())),
        (
            "line feeds",
            "scroll region",
            fill(|n| format!("{}a line\r\n", if n % 1000 == 0 { "\x1b[3;20r\x1b[20;1H" } else { "" })),
        ),
        ("unicode", "mixed", fill(|n| format!("{n} Größe, Ελληνικά, кириллица, e\u{301} und mehr Text\r\n"))),
        ("unicode", "CJK", fill(|n| format!("{n} 日本語のテキスト、한국어 문장。中文也有一些\r\n"))),
        (
            "unicode",
            "CJK, emoji",
            fill(|n| format!("{n} 日本語のテキスト 한국어 😀 👩\u{200d}👩\u{200d}👧 中文\r\n")),
        ),
        (
            "unicode",
            "emoji",
            fill(|n| format!("{n} 😀 👍🏽 👩\u{200d}👩\u{200d}👧 \u{2764}\u{fe0f} 🇫🇷 🚀🚀🚀 done\r\n")),
        ),
    ]
}

/// User and system time of this thread, in seconds.
fn cpu_time() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// MB a second of CPU time.
fn rate(bytes: &[u8], mut feed: impl FnMut(&[u8])) -> f64 {
    let (cpu, wall) = (cpu_time(), Instant::now());
    for piece in bytes.chunks(PIECE) {
        feed(piece);
    }
    let took = (cpu_time() - cpu).max(wall.elapsed().as_secs_f64() * 0.01);
    bytes.len() as f64 / 1e6 / took
}

fn scarab(bytes: &[u8]) -> f64 {
    let size = Size { cols: COLS as u16, rows: ROWS as u16, width_px: 0, height_px: 0 };
    let mut terminal = Terminal::new(size, Options::default(), VecHistory::with_limit(LINES));
    rate(bytes, |piece| terminal.feed(piece))
}

fn alacritty(bytes: &[u8]) -> f64 {
    let config = Config { scrolling_history: LINES, ..Config::default() };
    let mut terminal = Term::new(config, &Extent, VoidListener);
    let mut parser: Processor = Processor::new();
    rate(bytes, |piece| parser.advance(&mut terminal, piece))
}

fn vt100(bytes: &[u8]) -> f64 {
    let cells = |count: usize| NonZeroU16::new(count as u16).expect("more than none");
    let mut parser = vt100::Parser::new(cells(ROWS), cells(COLS), LINES);
    rate(bytes, |piece| parser.process(piece))
}

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let rounds: usize = arguments.first().and_then(|argument| argument.parse().ok()).unwrap_or(5).max(1);
    let only = arguments.get(1);
    let alone = arguments.get(2).is_some_and(|word| word == "alone");
    println!(
        "# Feeding the emulator, MB/s of CPU time, {COLS}x{ROWS}, {LINES} lines kept, median of {rounds} rounds in turn"
    );
    println!("skipped: libghostty-vt (no path to a prebuilt library given)\n");
    println!("| group | payload | scarab | alacritty_terminal | vt100 | scarab / alacritty |");
    println!("| --- | --- | ---: | ---: | ---: | ---: |");
    let mut groups: Vec<(&str, f64, usize)> = Vec::new();
    let chosen = |name: &str| only.is_none_or(|only| only == name);
    for (group, name, bytes) in payloads().into_iter().filter(|(_, name, _)| chosen(name)) {
        let mut rates: [Vec<f64>; 3] = Default::default();
        for _ in 0..rounds {
            rates[0].push(scarab(&bytes));
            rates[1].push(if alone { f64::NAN } else { alacritty(&bytes) });
            rates[2].push(if alone { f64::NAN } else { vt100(&bytes) });
        }
        let ratio = median(&rates[0].iter().zip(&rates[1]).map(|(a, b)| a / b).collect::<Vec<_>>());
        let [ours, theirs, other] = rates.each_ref().map(|rates| median(rates));
        println!("| {group} | {name} | {ours:.0} | {theirs:.0} | {other:.0} | {ratio:.2} |");
        match groups.last_mut() {
            Some((last, sum, count)) if *last == group => (*sum, *count) = (*sum + ratio.ln(), *count + 1),
            _ => groups.push((group, ratio.ln(), 1)),
        }
    }
    println!();
    for (group, sum, count) in groups {
        println!("{group}: {:.2} times alacritty_terminal (geometric mean)", (sum / count as f64).exp());
    }
}

fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
