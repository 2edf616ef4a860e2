//! A million lines of history looked through, as a viewer does it: from the mapped view, from its newest line back to
//! its oldest one, with nothing to be found before the last.
//!
//! `cargo bench -p scarab-protocol --bench search [-- LINES]`

use scarab_protocol::grid::search::{self, Direction};
use scarab_protocol::grid::{
    Frame, FrameHead, HistoryRun, HistoryWriter, Lines, PieceRef, Place, Position, Style, ViewLimits,
    ViewReader, ViewWriter,
};
use scarab_protocol::pattern::{Case, Pattern, Syntax};
use std::time::{Duration, Instant};

const ROUNDS: usize = 7;
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    let lines = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000u64);
    let limits = ViewLimits { history_bytes: lines.next_multiple_of(1 << 16) * 160, history_lines: u64::MAX };
    let (mut writer, mut history) = ViewWriter::create(limits).expect("a view");
    let began = Instant::now();
    for number in 0..lines {
        push(&mut history, number, lines);
    }
    let mark = history.mark();
    println!(
        "# {} lines of history, {} bytes of records, written in {:.0} ms; the best and the median of {ROUNDS}",
        mark.lines(),
        mark.committed - mark.oldest,
        began.elapsed().as_secs_f64() * 1e3
    );
    let frame = writer.begin(&FrameHead { cols: 80, rows: 24, history: mark, ..FrameHead::default() });
    frame.publish();

    for (syntax, case, pattern, what) in [
        (Syntax::Literal, Case::Smart, "needle", "literal, any case"),
        (Syntax::Literal, Case::Smart, "Needle", "literal, a capital typed"),
        (Syntax::Literal, Case::Smart, "nädel", "literal, any case, not ASCII"),
        (Syntax::Regex, Case::Smart, "needle", "regex that is a literal"),
        (Syntax::Regex, Case::Smart, r"ne+d(le|ful)\b", "regex with a literal beginning"),
        (Syntax::Regex, Case::Smart, r"\d+: [a-z]+dle$", "regex, every line a near miss"),
        (Syntax::Regex, Case::Smart, r"\w+dle\b", "regex of words"),
    ] {
        let pattern = Pattern::new(pattern, syntax, case).expect("a pattern");
        let mut times: Vec<f64> = (0..ROUNDS).map(|_| once(&writer, &pattern, Direction::Back)).collect();
        let first = times[0];
        times.sort_by(f64::total_cmp);
        println!("{what:34} {:7.1} ms {:7.1} ms (the first time {first:.1} ms)", times[0], times[ROUNDS / 2]);
    }
    let pattern = Pattern::new("needle", Syntax::Literal, Case::Smart).expect("a pattern");
    let forward = once(&writer, &pattern, Direction::Forward);
    println!("{:34} {forward:7.1} ms", "literal, any case, forwards, once");
}

/// A view that nobody has read yet is searched: mapping it is part of the time, as it is for a command.
fn once(writer: &ViewWriter, pattern: &Pattern, direction: Direction) -> f64 {
    let began = Instant::now();
    let mut view = ViewReader::open(writer.reader_fd().expect("a descriptor")).expect("a view");
    let mut frame = Frame::new();
    view.read(&mut frame).expect("a frame");
    let mut lines = Lines::new(frame, 80);
    // Only the second line from either end has a match.
    let (from, expected) = match direction {
        Direction::Back => (Position { line: lines.screen() - 2, row: 0 }, 1),
        Direction::Forward => (Position { line: 2, row: 0 }, lines.screen() - 2),
    };
    let from = Place { at: from, col: 0 };
    let found = search::find(&mut lines, &view, pattern, from, direction, PATIENCE).expect("whole history");
    let took = began.elapsed().as_secs_f64() * 1e3;
    assert_eq!(found.map(|found| found.place().at.line), Some(expected));
    took
}

/// A line of a log, 80 columns.
fn push(history: &mut HistoryWriter, number: u64, lines: u64) {
    let words = ["connection", "closed", "by", "peer", "while", "reading", "headers", "from", "upstream"];
    let mut text = format!("2026-01-02T03:04:{:02} {number:8}:", number % 60);
    let mut word = number as usize;
    while text.len() < 68 {
        text.push(' ');
        text.push_str(words[word % words.len()]);
        word = word * 7 + 3;
    }
    if number == 1 || number == lines - 2 {
        "Needle nädel needle 1: xneedle".clone_into(&mut text);
    }
    let run = HistoryRun {
        bytes: text.len() as u32,
        cells: text.chars().count() as u32,
        wide: false,
        single: false,
        style: Style::default(),
    };
    history.push(&PieceRef { text: &text, runs: &[run], cols: 80, ..PieceRef::default() });
}
