//! Feeding the emulator, beside `alacritty_terminal`, `vt100` and, where `SCARAB_BENCH_GHOSTTY` is the path of its
//! shared library, libghostty-vt in the same run: MB/s of CPU time, 80x24, 10,000 lines kept.
//! `cargo bench -p scarab-terminal --bench feed [-- ROUNDS [PAYLOAD [alone]]]`;
//! `alone`, for profiles, leaves the peers out.

mod ghostty;
mod payloads;

use std::num::NonZeroU16;

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::Processor;
use rustix::time::{ClockId, clock_gettime};
use scarab_terminal::{Options, Size, Terminal, VecHistory};

use ghostty::Ghostty;
use payloads::{Payload, payloads};

const COLS: usize = 80;
const ROWS: usize = 24;
const LINES: usize = 10_000;
/// Bytes fed at once, as a PTY gives them.
const PIECE: usize = 4095;
/// Bytes fed before the clock runs: they fill the scrollback, whose memory is then there.
const WARM_UP: usize = 2 << 20;
/// Where libghostty-vt is. PyPI's package `pyghostty` contains it as built for release.
const GHOSTTY: &str = "SCARAB_BENCH_GHOSTTY";

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

/// User and system time of this thread, in seconds. From its clock: what /proc says of it counts in ticks.
fn cpu_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// MB a second of CPU time.
fn rate(bytes: &[u8], mut feed: impl FnMut(&[u8])) -> f64 {
    bytes[..WARM_UP].chunks(PIECE).for_each(&mut feed);
    let start = cpu_time();
    bytes.chunks(PIECE).for_each(&mut feed);
    bytes.len() as f64 / 1e6 / (cpu_time() - start)
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

/// As it is when made: each code point a cell of its own width.
fn ghostty(library: &Ghostty, bytes: &[u8]) -> f64 {
    let mut terminal = library.terminal().expect("all its functions were there when it was loaded");
    rate(bytes, |piece| terminal.feed(piece))
}

/// With grapheme clusters, as Scarab has them from the start.
fn ghostty_clusters(library: &Ghostty, bytes: &[u8]) -> f64 {
    let mut terminal = library.terminal().expect("all its functions were there when it was loaded");
    terminal.feed(b"\x1b[?2027h");
    rate(bytes, |piece| terminal.feed(piece))
}

/// The engines measured, in the order of their columns.
const ENGINES: [&str; 5] = ["scarab", "alacritty_terminal", "libghostty-vt", "the same, mode 2027", "vt100"];

/// One rate of each engine; not a number for one that is not there.
fn round(bytes: &[u8], library: Option<&Ghostty>, alone: bool) -> [f64; ENGINES.len()] {
    let mut rates = [f64::NAN; ENGINES.len()];
    rates[0] = scarab(bytes);
    if !alone {
        rates[1] = alacritty(bytes);
        rates[4] = vt100(bytes);
    }
    if let Some(library) = library.filter(|_| !alone) {
        rates[2] = ghostty(library, bytes);
        rates[3] = ghostty_clusters(library, bytes);
    }
    rates
}

fn library() -> Option<Ghostty> {
    let Ok(path) = std::env::var(GHOSTTY) else {
        println!("skipped: libghostty-vt, a bar not shown ({GHOSTTY} names no library)\n");
        return None;
    };
    Ghostty::load(&path)
        .inspect_err(|error| println!("skipped: libghostty-vt, a bar not shown ({path}: {error})\n"))
        .ok()
}

/// What a group came to: its name, the logarithms of the ratios to each engine, and how many payloads they are of.
type Group = (&'static str, [f64; ENGINES.len()], f64);

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let rounds: usize = arguments.first().and_then(|argument| argument.parse().ok()).unwrap_or(5).max(1);
    let only = arguments.get(1);
    let alone = arguments.get(2).is_some_and(|word| word == "alone");
    println!(
        "# Feeding the emulator, MB/s of CPU time, {COLS}x{ROWS}, {LINES} lines kept, median of {rounds} rounds in turn\n"
    );
    let library = library();
    println!("| group | payload | {} | to alacritty_terminal | to libghostty-vt |", ENGINES.join(" | "));
    println!("| --- | --- |{}", " ---: |".repeat(ENGINES.len() + 2));
    let mut groups: Vec<Group> = Vec::new();
    let chosen = |payload: &Payload| only.is_none_or(|only| only == payload.name);
    for payload in payloads().into_iter().filter(chosen) {
        let (group, name, bytes) = (payload.group, payload.name, payload.bytes());
        let rates: Vec<_> = (0..rounds).map(|_| round(&bytes, library.as_ref(), alone)).collect();
        let of = |engine: usize| median(rates.iter().map(|rates| rates[engine]));
        let to = |engine: usize| median(rates.iter().map(|rates| rates[0] / rates[engine]));
        let columns: String =
            (0..ENGINES.len()).map(|engine| format!(" {} |", shown(of(engine), 0))).collect();
        println!("| {group} | {name} |{columns} {} | {} |", shown(to(1), 2), shown(to(2), 2));
        if groups.last().is_none_or(|(last, ..)| *last != group) {
            groups.push((group, [0.0; ENGINES.len()], 0.0));
        }
        if let Some((_, sums, count)) = groups.last_mut() {
            sums.iter_mut().enumerate().for_each(|(engine, sum)| *sum += to(engine).ln());
            *count += 1.0;
        }
    }
    println!("\nScarab to each, geometric means:\n");
    println!("| group | {} |", ENGINES[1..].join(" | "));
    println!("| --- |{}", " ---: |".repeat(ENGINES.len() - 1));
    for (group, sums, count) in groups {
        let means: String =
            sums[1..].iter().map(|sum| format!(" {} |", shown((sum / count).exp(), 2))).collect();
        println!("| {group} |{means}");
    }
}

/// A figure with so many digits; a dash for none.
fn shown(figure: f64, digits: usize) -> String {
    if figure.is_nan() { "–".to_owned() } else { format!("{figure:.digits$}") }
}

fn median(samples: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = samples.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
