//! History through a view: what was pushed is found, in both directions, by number, after laps and returns.

use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};

use proptest::prelude::*;
use scarab_protocol::grid::*;

/// The smallest ring: so that a test goes around it many times.
fn small(history_lines: u64) -> (ViewWriter, HistoryWriter, ViewReader) {
    let limits = ViewLimits { history_bytes: MIN_HISTORY_BYTES, history_lines };
    let (writer, history) = ViewWriter::create(limits).unwrap();
    let reader = ViewReader::open(writer.reader_fd().unwrap()).unwrap();
    (writer, history, reader)
}

fn push(history: &mut HistoryWriter, text: &str, continues: bool) {
    let run = HistoryRun {
        bytes: text.len() as u32,
        cells: text.chars().count() as u32,
        wide: false,
        single: false,
        style: Style { foreground: Colour::Indexed(text.len() as u8), ..Style::default() },
    };
    let runs = if text.is_empty() { &[][..] } else { &[run] };
    history.push(&PieceRef { text, runs, continues, cols: 80, ..PieceRef::default() });
}

fn texts_backwards(reader: &HistoryReader<'_>) -> Vec<(u64, String)> {
    let mut walk = reader.walk_from_end();
    let mut found = Vec::new();
    while let Some(line) = walk.previous_line().unwrap() {
        found.push((line.number.0, line.text()));
    }
    found.reverse();
    found
}

fn texts_forwards(reader: &HistoryReader<'_>, from: u64) -> Vec<(u64, String)> {
    let mut walk = reader.walk_from(LineNumber(from)).unwrap();
    let mut found = Vec::new();
    while let Some(line) = walk.next_line().unwrap() {
        found.push((line.number.0, line.text()));
    }
    found
}

#[test]
fn nothing_is_found_in_nothing() {
    let (_writer, mut history, reader) = small(100);
    let mark = history.mark();
    let reader = reader.history(&mark).unwrap();
    assert_eq!(reader.lines(), 0);
    assert_eq!(reader.line(LineNumber(0)).unwrap(), None);
    assert!(texts_backwards(&reader).is_empty());
    assert!(texts_forwards(&reader, 0).is_empty());
    assert_eq!(reader.estimate_rows(80), 0);
    assert!(history.is_empty());
    assert_eq!(history.pop(), None);
}

#[test]
fn a_line_of_pieces_is_one_line() {
    let (_writer, mut history, reader) = small(100);
    push(&mut history, "one ", true);
    push(&mut history, "line", false);
    push(&mut history, "", false);
    push(&mut history, "half", true);
    let mark = history.mark();
    assert_eq!(mark.lines(), 3);
    let history_reader = reader.history(&mark).unwrap();
    let line = history_reader.line(LineNumber(0)).unwrap().unwrap();
    assert_eq!(line.text(), "one line");
    assert!(line.starts() && line.ends());
    assert_eq!(line.pieces[0].cols, 80);
    assert_eq!(history_reader.line(LineNumber(1)).unwrap().unwrap().text(), "");
    let newest = history_reader.line(LineNumber(2)).unwrap().unwrap();
    assert!(newest.starts() && !newest.ends(), "it goes on on the screen");
    assert_eq!(history_reader.line(LineNumber(3)).unwrap(), None);
    let all = vec![(0, "one line".to_owned()), (1, String::new()), (2, "half".to_owned())];
    assert_eq!(texts_backwards(&history_reader), all);
    assert_eq!(texts_forwards(&history_reader, 0), all);
    assert_eq!(texts_forwards(&history_reader, 1), all[1..]);
}

#[test]
fn a_mark_from_before_a_return_is_told_so() {
    let (_writer, mut history, reader) = small(100);
    push(&mut history, "stays", false);
    push(&mut history, "goes", false);
    let before = history.mark();
    assert_eq!(history.pop().unwrap().text, "goes");
    history.settle();
    push(&mut history, "else", false);
    let old = reader.history(&before).unwrap();
    assert!(matches!(old.line(LineNumber(1)), Err(GridError::Changed)));
    assert!(matches!(old.walk_from_end().previous(&mut HistoryPiece::default()), Err(GridError::Changed)));
    let now = reader.history(&history.mark()).unwrap();
    assert_eq!(now.line(LineNumber(1)).unwrap().unwrap().text(), "else");
}

#[test]
fn a_mark_from_a_lap_ago_finds_what_is_left() {
    let (_writer, mut history, reader) = small(u64::MAX);
    let mut number = 0u64;
    let mut fill = |history: &mut HistoryWriter, lines| {
        for _ in 0..lines {
            push(history, &format!("line {number} {}", "x".repeat(100)), false);
            number += 1;
        }
    };
    fill(&mut history, 20_000);
    let mark = history.mark();
    let old = reader.history(&mark).unwrap();
    assert_eq!(texts_forwards(&old, 0).len() as u64, mark.lines());

    // Half a lap: the older half is gone.
    fill(&mut history, 3_000);
    assert_eq!(old.line(mark.oldest_line).unwrap(), None);
    let now_oldest = history.mark().oldest_line.0;
    assert!(now_oldest > mark.oldest_line.0 && now_oldest < 20_000);
    let forwards = texts_forwards(&old, 0);
    assert_eq!(forwards.first().unwrap().0, now_oldest);
    assert_eq!(forwards, texts_backwards(&old));
    assert!(old.line(LineNumber(19_999)).unwrap().unwrap().text().starts_with("line 19999 x"));

    // More than a lap: nothing is left of it.
    fill(&mut history, 20_000);
    assert!(texts_forwards(&old, 0).is_empty());
    assert!(texts_backwards(&old).is_empty());
    assert_eq!(old.line(LineNumber(19_999)).unwrap(), None);
}

#[test]
fn a_line_longer_than_the_ring_loses_its_beginning() {
    let (_writer, mut history, reader) = small(10);
    push(&mut history, "before", false);
    for index in 0..20_000 {
        push(&mut history, &format!("{index:0100}"), true);
    }
    let mark = history.mark();
    assert_eq!((mark.lines(), mark.oldest_line), (1, LineNumber(1)));
    let history_reader = reader.history(&mark).unwrap();
    let mut walk = history_reader.walk_from(LineNumber(1)).unwrap();
    let mut pieces = 0;
    while let Some(part) = walk.next_line().unwrap() {
        assert_eq!(part.number, LineNumber(1));
        assert!(!part.starts() && !part.ends());
        pieces += part.pieces.len();
    }
    assert!((7_000..20_000).contains(&pieces), "{pieces}");
    // Taken back, all of it, as a very tall screen would.
    let mut back = 0;
    while let Some(piece) = history.pop() {
        assert_eq!(piece.text, format!("{:0100}", 19_999 - back));
        back += 1;
    }
    assert_eq!(back, pieces);
    history.settle();
    push(&mut history, "the end", false);
    let now = reader.history(&history.mark()).unwrap();
    assert_eq!(texts_backwards(&now), [(1, "the end".to_owned())], "it is still that line");
}

#[test]
fn clearing_gives_the_memory_back() {
    let (writer, mut history, reader) = small(u64::MAX);
    let memory: File = writer.fd().try_clone_to_owned().unwrap().into();
    let blocks = || memory.metadata().unwrap().blocks() * 512;
    let before = blocks();
    for _ in 0..30_000 {
        push(&mut history, &"x".repeat(100), false);
    }
    assert!(blocks() > before + (1 << 20) - 8192);
    let mark = history.mark();
    history.clear();
    assert!(blocks() <= before + 8192, "{} more", blocks() - before);
    assert_eq!(history.lines(), 0);
    assert!(texts_backwards(&reader.history(&mark).unwrap()).is_empty(), "an old mark finds nothing");
    assert_eq!(history.mark().end_line, LineNumber(30_000), "numbers go on");
    push(&mut history, "after", false);
    let now = reader.history(&history.mark()).unwrap();
    assert_eq!(texts_forwards(&now, 0), [(30_000, "after".to_owned())]);
}

#[test]
fn what_the_line_limit_leaves_unused_is_given_back_when_idle() {
    let (writer, mut history, reader) = small(500);
    for index in 0..12_345 {
        push(&mut history, &format!("{index} {}", "x".repeat(90)), false);
    }
    let memory: File = writer.fd().try_clone_to_owned().unwrap().into();
    history.release_unused();
    assert!(memory.metadata().unwrap().blocks() * 512 < 128 << 10);
    let now = reader.history(&history.mark()).unwrap();
    let texts = texts_forwards(&now, 0);
    assert_eq!(texts.len(), 500);
    assert!(texts.iter().all(|(number, text)| text.starts_with(&format!("{number} x"))));
    history.set_max_lines(3);
    assert_eq!(history.lines(), 3);
}

#[test]
fn the_estimate_of_rows_is_near() {
    let (_writer, mut history, reader) = small(u64::MAX);
    for _ in 0..3_000 {
        push(&mut history, &"x".repeat(160), false);
    }
    let now = reader.history(&history.mark()).unwrap();
    let rows = now.estimate_rows(80);
    assert!((5_900..=6_000).contains(&rows), "{rows}");
    assert_eq!(now.estimate_rows(200), 3_000);
    assert_eq!(now.estimate_rows(0), now.estimate_rows(1));
}

#[test]
fn hostile_marks_and_rings_are_errors() {
    let (writer, mut history, reader) = small(u64::MAX);
    for index in 0..2_000 {
        push(&mut history, &format!("{index}"), index % 3 == 0);
    }
    let mark = history.mark();
    for hostile in [
        HistoryMark { oldest: mark.committed + 8, ..mark },
        HistoryMark { committed: u64::MAX - 7, ..mark },
        HistoryMark { committed: mark.committed + 4, ..mark },
        HistoryMark { oldest_line: LineNumber(u64::MAX), ..mark },
        HistoryMark { end_line: LineNumber(u64::MAX), ..mark },
    ] {
        assert!(matches!(reader.history(&hostile), Err(GridError::Damaged(_))), "{hostile:?}");
    }
    // The ring is the last region; all of its words take every value.
    let memory: File = writer.fd().try_clone_to_owned().unwrap().into();
    let ring_at = memory.metadata().unwrap().len() - MIN_HISTORY_BYTES;
    let mut piece = HistoryPiece::default();
    for at in (0..400u64).map(|word| ring_at + word * 8) {
        let mut original = [0; 8];
        memory.read_exact_at(&mut original, at).unwrap();
        for value in
            [0, 1, 2, 0xff, 0x8000, 1 << 32, u64::MAX >> 1, u64::MAX, 2 << 32 | 2, 32_768 << 32 | 32_768]
        {
            memory.write_all_at(&value.to_ne_bytes(), at).unwrap();
            let history_reader = reader.history(&mark).unwrap();
            let mut forwards = history_reader.walk_from(LineNumber(0)).unwrap();
            while let Ok(Some(_)) = forwards.next(&mut piece) {}
            let mut backwards = history_reader.walk_from_end();
            while let Ok(Some(_)) = backwards.previous(&mut piece) {}
            let _ = history_reader.line(LineNumber(1_000));
        }
        memory.write_all_at(&original, at).unwrap();
    }
    // The service reads its own ring with the same care.
    memory.write_all_at(&[0xff; 8], ring_at + mark.committed - 8).unwrap();
    assert_eq!(history.pop(), None);
    push(&mut history, "goes on", false);
    assert_eq!(texts_backwards(&history.reader()).last().unwrap().1, "goes on");
    memory.write_all_at(&[0; 4096], ring_at).unwrap();
    for _ in 0..20_000 {
        push(&mut history, &"x".repeat(100), false);
    }
}

#[derive(Clone, Debug)]
enum Op {
    Push { length: usize, continues: bool, times: usize },
    Pop { times: usize },
    Clear,
    Limit(u64),
    Release,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..300usize, any::<bool>(), 1..400usize)
            .prop_map(|(length, continues, times)| Op::Push { length, continues, times }),
        1 => (1..6usize).prop_map(|times| Op::Push { length: 60_000, continues: false, times }),
        3 => (1..500usize).prop_map(|times| Op::Pop { times }),
        1 => Just(Op::Clear),
        1 => (0..3_000u64).prop_map(Op::Limit),
        1 => Just(Op::Release),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The ring against a plain queue of pieces: what it still has is the queue's newest part.
    #[test]
    fn the_ring_is_the_newest_part_of_a_queue(ops in proptest::collection::vec(op(), 1..40)) {
        let (_writer, mut history, view) = small(2_000);
        // Line, text, continues.
        let mut model: VecDeque<(u64, String, bool)> = VecDeque::new();
        let (mut next_line, mut open, mut serial) = (0u64, false, 0u64);
        for op in ops {
            match op {
                Op::Push { length, continues, times } => for _ in 0..times {
                    let text = format!("{serial:0length$}");
                    serial += 1;
                    push(&mut history, &text, continues);
                    if !open {
                        next_line += 1;
                    }
                    open = continues;
                    model.push_back((next_line - 1, text, continues));
                },
                Op::Pop { times } => for _ in 0..times {
                    let Some(piece) = history.pop() else { break };
                    let (_, text, continues) = model.pop_back().unwrap();
                    prop_assert_eq!(&piece.text, &text);
                    prop_assert_eq!(piece.continues, continues);
                    open = !piece.starts;
                    next_line -= u64::from(piece.starts);
                    if serial % 2 == 0 {
                        history.settle();
                    }
                },
                Op::Clear => {
                    history.clear();
                    model.clear();
                    open = false;
                }
                Op::Limit(lines) => history.set_max_lines(lines),
                Op::Release => history.release_unused(),
            }
            history.settle();
            let mark = history.mark();
            let reader = view.history(&mark).unwrap();
            prop_assert_eq!(mark.end_line, LineNumber(next_line));

            // Everything backwards.
            let mut walk = reader.walk_from_end();
            let mut piece = HistoryPiece::default();
            let mut found = VecDeque::new();
            while let Some(line) = walk.previous(&mut piece).unwrap() {
                found.push_front((line.0, piece.text.clone(), piece.continues));
            }
            while model.len() > found.len() {
                model.pop_front();
            }
            prop_assert_eq!(&found, &model);
            if history.is_empty() {
                prop_assert!(found.is_empty());
                continue;
            }
            prop_assert_eq!(mark.oldest_line.0, found[0].0);
            // A few lines by number, and forwards from there.
            for pick in [0, found.len() / 3, found.len() / 2, found.len() - 1] {
                let number = found[pick].0;
                let first = found.iter().position(|piece| piece.0 == number).unwrap();
                let mut walk = reader.walk_from(LineNumber(number)).unwrap();
                for expected in found.iter().skip(first).take(50) {
                    let line = walk.next(&mut piece).unwrap().unwrap();
                    prop_assert_eq!((line.0, &piece.text, piece.continues), (expected.0, &expected.1, expected.2));
                }
                let line = reader.line(LineNumber(number)).unwrap().unwrap();
                prop_assert_eq!(line.number.0, number);
                prop_assert_eq!(&line.pieces[0].text, &found[first].1);
            }
        }
    }

    /// A writer that is killed, and one that begins at the last state that was kept and does the rest again.
    #[test]
    fn a_successor_that_does_the_rest_again_has_the_same_history(
        before in proptest::collection::vec(op(), 0..20),
        after in proptest::collection::vec(op(), 0..10),
        taken_back in 0..300usize,
        rewrapped in 0..200usize,
    ) {
        // Limits are the configuration's, and nobody replays them.
        let but_limits = |op: &Op| !matches!(op, Op::Limit(_));
        let before: Vec<_> = before.into_iter().filter(but_limits).collect();
        let (writer, mut history, view) = small(2_000);
        let mut serial = 0;
        before.iter().for_each(|op| act(&mut history, op, &mut serial));
        let kept = history.state();
        history.settle();
        let start = serial;
        // None of it takes anything back, or all that follows would be kept apart.
        let after: Vec<_> = after.into_iter().filter(but_limits).filter(|op| !matches!(op, Op::Pop { .. })).collect();
        let rest = |history: &mut HistoryWriter, serial: &mut u64| {
            after.iter().for_each(|op| act(history, op, serial));
            act(history, &Op::Pop { times: taken_back }, serial);
            act(history, &Op::Push { length: 10, continues: false, times: rewrapped }, serial);
        };
        rest(&mut history, &mut serial);

        let memory = writer.fd().try_clone_to_owned().unwrap();
        let (_successor, mut again) = ViewWriter::restore(memory, 2_000, kept).unwrap();
        serial = start;
        rest(&mut again, &mut serial);
        // Sums of a chunk that was left and come back to may be off: they only make the scrollbar's estimate.
        let but_sums = |history: &HistoryWriter| {
            let HistoryState { mark, open, chunk: [number, first, ..], held } = history.state();
            HistoryState { mark: HistoryMark { rewrites: 0, ..mark }, open, chunk: [number, first, 0, 0], held }
        };
        prop_assert_eq!(but_sums(&again), but_sums(&history));
        again.settle();
        history.settle();
        let mark = again.mark();
        prop_assert!(mark.rewrites > 0 && view.history(&mark).is_ok());
        let found = texts_backwards(&view.history(&mark).unwrap());
        prop_assert_eq!(found.len() as u64, mark.lines());
        if taken_back == 0 && rewrapped > 0 {
            let last = format!("{:010}", serial - 1);
            prop_assert!(found.last().is_some_and(|(_, text)| text.ends_with(&last)));
        }
    }
}

fn act(history: &mut HistoryWriter, op: &Op, serial: &mut u64) {
    match *op {
        Op::Push { length, continues, times } => {
            for _ in 0..times {
                push(history, &format!("{serial:0length$}"), continues);
                *serial += 1;
            }
        }
        Op::Pop { times } => (0..times).for_each(|_| drop(history.pop())),
        Op::Clear => history.clear(),
        Op::Limit(lines) => history.set_max_lines(lines),
        Op::Release => history.release_unused(),
    }
}
