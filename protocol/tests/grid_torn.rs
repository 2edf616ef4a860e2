//! The hunt for torn reads: one writer that never waits, readers of different paces in this process and
//! in another one. Every frame and every line of history can be checked from what it says itself.

use std::os::fd::AsRawFd;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use scarab_protocol::grid::*;

/// What each reader must have met before the hunt ends: whole frames, whole lines, and lines that were
/// dropped while they were looked for. (With
/// `order::still_current` or `order::still_there` answering always true, the hunt finds it at once; the finer
/// orderings are the model checker's.)
const WANTED: usize = 300;
/// Set for the process that reads: where the view is.
const VIEW: &str = "SCARAB_TEST_TORN_VIEW";
/// Entries of the tables at least; the cells use only these.
const ENTRIES: u64 = 20;

fn size(step: u64) -> (u16, u16) {
    if (step / 1000).is_multiple_of(2) { (80, 24) } else { (300, 100) }
}

/// A line scrolls in every 64 frames.
fn identity(step: u64, index: usize) -> u64 {
    let (_, rows) = size(step);
    step / 64 + index as u64 + u64::from(rows) * 1_000_000_000
}

/// One row changes with each frame, so that the writer is much quicker than a reader that copies all.
fn revision(step: u64, identity: u64) -> u64 {
    step - (step + 128 - identity % 128) % 128 % (step + 1)
}

fn cell(identity: u64, revision: u64, col: usize) -> Cell {
    let mixed = (identity.wrapping_mul(31) ^ revision.wrapping_mul(0x9e37_79b9)).wrapping_add(col as u64);
    let content = match mixed % 50 {
        0 => Content::Cluster(ClusterId((mixed % ENTRIES) as u32)),
        n => Content::Char(char::from_u32(0x21 + n as u32).unwrap()),
    };
    Cell::new(content, StyleId((mixed % ENTRIES) as u16))
}

/// Of the tables: their epoch and length.
fn tables(step: u64) -> (u64, usize) {
    (step / 500, (ENTRIES + step % 500 / 10) as usize)
}

fn publish(view: &mut ViewWriter, step: u64, history: HistoryMark) {
    let (cols, rows) = size(step);
    let head = FrameHead { cols, rows, modes: step, history, ..FrameHead::default() };
    let mut frame = view.begin(&head);
    frame.colours(step / 7, || {
        let mut colours = FrameColours::default();
        colours.palette.fill(Some(Rgb { r: (step / 7) as u8, g: 1, b: 2 }));
        colours
    });
    let (epoch, len) = tables(step);
    let name = format!("{epoch}/");
    frame.clusters(epoch, len, |_| &name);
    frame.styles(epoch, len, |index| Style {
        foreground: Colour::Rgb(Rgb { r: epoch as u8, g: (index >> 8) as u8, b: index as u8 }),
        ..Style::default()
    });
    for index in 0..usize::from(rows) {
        let identity = identity(step, index);
        let revision = revision(step, identity);
        let row = RowHead { identity: RowIdentity(identity), revision, attributes: RowAttributes::default() };
        frame.row(index, row, (0..usize::from(cols)).map(|col| cell(identity, revision, col)));
    }
    frame.publish();
}

fn check(frame: &Frame) {
    let step = frame.head().modes;
    assert_eq!(frame.generation().0, step + 1, "the head is another frame's");
    assert_eq!((frame.head().cols, frame.head().rows), size(step));
    for (index, row) in frame.rows().iter().enumerate() {
        let identity = identity(step, index);
        assert_eq!(row.head.identity, RowIdentity(identity), "row {index} of {step}");
        assert_eq!(row.head.revision, revision(step, identity), "row {index} of {step}");
        for (col, found) in row.cells.iter().enumerate() {
            assert_eq!(*found, cell(identity, row.head.revision, col), "row {index}, column {col} of {step}");
        }
    }
    let (epoch, len) = tables(step);
    for index in 0..len {
        assert_eq!(frame.cluster(ClusterId(index as u32)), format!("{epoch}/"));
        let rgb = Rgb { r: epoch as u8, g: (index >> 8) as u8, b: index as u8 };
        assert_eq!(frame.style(StyleId(index as u16)).foreground, Colour::Rgb(rgb));
    }
    assert_eq!(frame.style(StyleId(len as u16)), Style::default());
    assert!(frame.colours().palette.iter().all(|colour| colour.unwrap().r == (step / 7) as u8));
}

/// A line says its number, which time it was written, and a sum over both, many times over.
fn line(number: u64, serial: u64) -> String {
    let sum = number.wrapping_mul(7) ^ serial;
    format!("{number} {serial} {sum} ").repeat(1 + (serial % 9) as usize)
}

fn push(history: &mut HistoryWriter, serial: u64) {
    let text = line(history.mark().end_line.0, serial);
    let run = HistoryRun { bytes: text.len() as u32, cells: text.len() as u32, ..HistoryRun::default() };
    history.push(&PieceRef { text: &text, runs: &[run], cols: 80, ..PieceRef::default() });
}

fn check_line(found: &HistoryLine) {
    let text = found.text();
    let mut words = text.split(' ').map(|word| word.parse::<u64>().unwrap_or(u64::MAX));
    let (number, serial) = (words.next().unwrap(), words.next().unwrap());
    assert_eq!(number, found.number.0, "another line");
    assert_eq!(text, line(number, serial), "two lines mixed");
}

/// What a reader has met.
#[derive(Debug, Default)]
struct Met {
    frames: usize,
    lines: usize,
    dropped: usize,
}

impl Met {
    fn enough(&self) -> bool {
        [self.frames, self.lines, self.dropped].iter().all(|met| *met >= WANTED)
    }

    /// True if there was a line, which is whole then.
    fn line(&mut self, found: Result<Option<HistoryLine>, GridError>) -> bool {
        match found {
            Ok(Some(line)) => {
                check_line(&line);
                self.lines += 1;
                return true;
            }
            Ok(None) | Err(GridError::Changed) => self.dropped += 1,
            Err(error) => panic!("{error}"),
        }
        false
    }

    /// Old and new lines of a frame's history.
    fn history(&mut self, reader: &ViewReader, frame: &Frame) {
        let history = reader.history(&frame.head().history).unwrap();
        let (first, end) = (history.first_line().0, history.end_line().0);
        for number in [first, first + (end - first) / 50, (first + end) / 2, end - 1] {
            self.line(history.line(LineNumber(number)));
        }
        let mut walk = history.walk_from_end();
        for _ in 0..20 {
            if !self.line(walk.previous_line()) {
                break;
            }
        }
        // Forwards from the oldest, where the writer overtakes.
        if let Ok(mut walk) = history.walk_from(LineNumber(first)) {
            for _ in 0..20 {
                if !self.line(walk.next_line()) {
                    break;
                }
            }
        }
    }
}

/// Reads until it has met enough of everything; `pause` sets its pace.
fn hunt(mut reader: ViewReader, pause: impl Fn()) {
    let mut kept = Frame::new();
    let mut met = Met::default();
    while !met.enough() {
        // A frame that is kept copies what changed, an empty one everything.
        let mut empty = Frame::new();
        for frame in [&mut kept, &mut empty] {
            match reader.read(frame).unwrap() {
                ReadOutcome::Fresh => {
                    met.frames += 1;
                    check(frame);
                    met.history(&reader, frame);
                }
                ReadOutcome::Torn => {
                    // What it holds is still the frame before, whole.
                    if frame.generation() != Generation(0) {
                        check(frame);
                    }
                }
                ReadOutcome::Unchanged => {}
            }
        }
        pause();
    }
}

/// The reader in another process; it does not outlive the test.
struct Elsewhere(Child);

impl Elsewhere {
    fn spawn(view: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "every_reader_sees_whole_frames_only", "--nocapture"]);
        Self(command.env(VIEW, view).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn spin(turns: u32) {
    for _ in 0..turns {
        std::hint::spin_loop();
    }
}

#[test]
fn every_reader_sees_whole_frames_only() {
    if let Some(path) = std::env::var_os(VIEW) {
        let view = std::fs::File::open(path).unwrap();
        return hunt(ViewReader::open(view.into()).unwrap(), || spin(5_000));
    }
    let limits = ViewLimits { history_bytes: MIN_HISTORY_BYTES, history_lines: u64::MAX };
    let (mut view, mut history) = ViewWriter::create(limits).unwrap();
    // Readers begin when the ring is in its second lap.
    for serial in 0..30_000 {
        push(&mut history, serial);
    }
    let for_viewers = view.reader_fd().unwrap();
    let mut elsewhere =
        Elsewhere::spawn(&format!("/proc/{}/fd/{}", std::process::id(), for_viewers.as_raw_fd()));

    let running = AtomicUsize::new(3);
    std::thread::scope(|scope| {
        for pace in [0, 5_000, 50_000] {
            let reader = ViewReader::open(view.reader_fd().unwrap()).unwrap();
            let running = &running;
            scope.spawn(move || {
                // Counted down also when an assertion fails, so that the writer ends.
                struct Done<'a>(&'a AtomicUsize);
                impl Drop for Done<'_> {
                    fn drop(&mut self) {
                        self.0.fetch_sub(1, Ordering::Relaxed);
                    }
                }
                let _done = Done(running);
                hunt(reader, || spin(pace));
            });
        }
        let mut serial = 0;
        let mut other_process = None;
        for step in 0.. {
            // In turns of 4,096 frames: outrun every reader; let even the slow ones read.
            let flat_out = step / 4_096 % 2 == 0;
            if step % 8 == 0 || !flat_out {
                for _ in 0..40 {
                    push(&mut history, serial);
                    serial += 1;
                }
                for _ in 0..serial % 3 {
                    history.pop();
                }
                history.settle();
            }
            publish(&mut view, step, history.mark());
            if !flat_out {
                spin(20_000);
            }
            if other_process.is_none() && step % 256 == 0 {
                other_process = elsewhere.0.try_wait().unwrap();
            }
            if running.load(Ordering::Relaxed) == 0 && other_process.is_some() {
                break;
            }
        }
        assert!(other_process.unwrap().success(), "the reader in the other process");
    });
}
