//! Searching history and screen: found is what a plain search through the joined text of each line finds, wherever the
//! lines are wrapped, cut into pieces and half scrolled off.

use std::fs::File;
use std::ops::{ControlFlow, RangeInclusive};
use std::os::unix::fs::FileExt;
use std::time::Duration;

use proptest::prelude::*;
use scarab_protocol::grid::search::{self, Direction, Match};
use scarab_protocol::grid::*;
use scarab_protocol::pattern::{Case, Deadline, Pattern, Syntax};

const PATIENCE: Duration = Duration::from_secs(60);

/// A view with lines in history and rows on the screen.
struct Shown {
    writer: ViewWriter,
    history: HistoryWriter,
    cols: u16,
}

/// A cluster and its columns.
fn columns(cluster: &str) -> u32 {
    match cluster.chars().next() {
        Some('宽' | '字' | '👩') => 2,
        _ => 1,
    }
}

/// Text as its clusters: every code point is one, but that the family is one together and an accent is with its letter.
fn clusters(text: &str) -> Vec<&str> {
    let mut rest = text;
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let joined = ["👩‍👧", "e\u{301}"].into_iter().find(|joined| rest.starts_with(joined));
        let (cluster, after) = rest.split_at(joined.map_or(first.len_utf8(), str::len));
        found.push(cluster);
        rest = after;
    }
    found
}

impl Shown {
    fn new(history_bytes: u64, cols: u16) -> Self {
        let limits = ViewLimits { history_bytes, history_lines: u64::MAX };
        let (writer, history) = ViewWriter::create(limits).unwrap();
        Self { writer, history, cols }
    }

    fn push(&mut self, text: &str, continues: bool) {
        let mut runs: Vec<HistoryRun> = Vec::new();
        for cluster in clusters(text) {
            let (bytes, cells) = (cluster.len() as u32, columns(cluster));
            let single = cluster.chars().count() > 1;
            match runs.last_mut() {
                Some(run) if !single && !run.single && run.wide == (cells == 2) => {
                    run.bytes += bytes;
                    run.cells += cells;
                }
                _ => {
                    runs.push(HistoryRun { bytes, cells, wide: cells == 2, single, style: Style::default() })
                }
            }
        }
        self.history.push(&PieceRef { text, runs: &runs, continues, cols: self.cols, ..PieceRef::default() });
    }

    /// Publishes these rows, each with whether it is wrapped, and opens what a viewer sees.
    fn show(&mut self, rows: &[(String, bool)]) -> (ViewReader, Lines) {
        let head = FrameHead {
            cols: self.cols,
            rows: rows.len() as u16,
            history: self.history.mark(),
            ..FrameHead::default()
        };
        let mut of_frame: Vec<String> = vec![String::new()];
        let mut frame = self.writer.begin(&head);
        for (index, (text, wrapped)) in rows.iter().enumerate() {
            let mut cells = Vec::new();
            for cluster in clusters(text) {
                let content = match cluster.chars().collect::<Vec<_>>()[..] {
                    [character] => Content::Char(character),
                    _ => {
                        of_frame.push(cluster.to_owned());
                        Content::Cluster(ClusterId(of_frame.len() as u32 - 1))
                    }
                };
                let wide = columns(cluster) == 2;
                cells.push(Cell::new(content, StyleId(0)).with_wide(wide));
                if wide {
                    cells.push(Cell::new(Content::Spacer, StyleId(0)));
                }
            }
            let attributes = RowAttributes { wrapped: *wrapped, ..RowAttributes::default() };
            let head = RowHead { identity: RowIdentity(index as u64 + 1), revision: 1, attributes };
            frame.row(index, head, cells);
        }
        frame.clusters(1, of_frame.len(), |index| &of_frame[index]);
        frame.styles(1, 1, |_| Style::default());
        frame.publish();
        let mut view = ViewReader::open(self.writer.reader_fd().unwrap()).unwrap();
        let mut frame = Frame::new();
        view.read(&mut frame).unwrap();
        (view, Lines::new(frame, self.cols))
    }
}

/// A match as a person sees it: where it begins, and the text of its cells.
fn told(lines: &mut Lines, view: &ViewReader, found: &Match) -> (Place, String) {
    let mut text = String::new();
    for span in &found.spans {
        assert!(span.from < span.to);
        text.push_str(&lines.row(view, span.at).unwrap().unwrap().0.text(span.from, span.to));
    }
    (found.place(), text)
}

fn marked(
    lines: &mut Lines,
    view: &ViewReader,
    rows: RangeInclusive<Position>,
    pattern: &Pattern,
) -> Vec<Match> {
    search::in_rows(lines, view, rows, pattern, usize::MAX, PATIENCE).unwrap()
}

/// All rows.
fn everything(lines: &Lines) -> RangeInclusive<Position> {
    Position { line: lines.first(), row: 0 }..=Position { line: lines.end(), row: 0 }
}

/// All matches by going from one to the next.
fn walked(
    lines: &mut Lines,
    view: &ViewReader,
    pattern: &Pattern,
    direction: Direction,
) -> Vec<(Place, String)> {
    let mut all = Vec::new();
    let end = Place { at: Position { line: lines.end(), row: 0 }, col: 0 };
    let mut from = match direction {
        Direction::Back => end,
        // Nothing begins before the first cell of the first line, so that is looked at by itself.
        Direction::Forward => Place { at: Position { line: lines.first(), row: 0 }, col: 0 },
    };
    if direction == Direction::Forward {
        let first = marked(lines, view, from.at..=from.at, pattern);
        if let Some(found) = first.first().filter(|found| found.place() == from) {
            all.push(told(lines, view, found));
        }
    }
    while let Some(found) = search::find(lines, view, pattern, from, direction, PATIENCE).unwrap() {
        let beyond = if direction == Direction::Back { found.place() < from } else { found.place() > from };
        assert!(beyond, "{found:?} from {from:?}");
        from = found.place();
        all.push(told(lines, view, &found));
    }
    if direction == Direction::Back {
        all.reverse();
    }
    all
}

fn smart(pattern: &str, syntax: Syntax) -> Pattern {
    Pattern::new(pattern, syntax, Case::Smart).unwrap()
}

/// What a plain search finds in each line's text, blanks at its end and matches of no characters left out: the cells that
/// have any part of it.
fn plain(texts: &[String], pattern: &str, syntax: Syntax) -> Vec<String> {
    let pattern = match syntax {
        Syntax::Literal => regex::escape(pattern),
        Syntax::Regex => pattern.to_owned(),
    };
    let capital = pattern.chars().any(char::is_uppercase);
    let regex = regex::RegexBuilder::new(&pattern).case_insensitive(!capital).build().unwrap();
    let mut found = Vec::new();
    for text in texts {
        for matched in regex.find_iter(text.trim_end_matches(' ')).filter(|found| !found.is_empty()) {
            let mut at = 0;
            let cells = clusters(text).into_iter().filter(|cluster| {
                at += cluster.len();
                at > matched.start() && at - cluster.len() < matched.end()
            });
            found.push(cells.collect());
        }
    }
    found
}

fn pieces() -> impl Strategy<Value = Vec<(String, bool)>> {
    let cluster =
        prop::sample::select(vec!["a", "b", "B", "é", "É", "宽", "字", " ", "👩‍👧", "e\u{301}", ".", "1"]);
    let piece = prop::collection::vec(cluster, 0..12).prop_map(|clusters| clusters.concat());
    prop::collection::vec((piece, prop::bool::weighted(0.4)), 0..60)
}

const PATTERNS: [(&str, Syntax); 20] = [
    ("a", Syntax::Literal),
    ("ab", Syntax::Literal),
    ("aB", Syntax::Literal),
    ("é", Syntax::Literal),
    ("É", Syntax::Literal),
    ("宽字", Syntax::Literal),
    ("👩‍👧", Syntax::Literal),
    ("a.", Syntax::Literal),
    (" ", Syntax::Literal),
    ("a.b", Syntax::Regex),
    ("^a", Syntax::Regex),
    ("[ab]+$", Syntax::Regex),
    ("a*", Syntax::Regex),
    ("b*?", Syntax::Regex),
    (r"\bb", Syntax::Regex),
    (r"[^a]+", Syntax::Regex),
    (r"\w\W+\w", Syntax::Regex),
    ("(a|ab)(b|$)", Syntax::Regex),
    ("É|宽.", Syntax::Regex),
    (".{7}", Syntax::Regex),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn found_is_what_a_plain_search_of_each_lines_text_finds(
        history in pieces(),
        screen in prop::collection::vec(("[ab宽é1]{3}", any::<bool>()), 1..6),
        cols in 6u16..12,
    ) {
        let mut shown = Shown::new(MIN_HISTORY_BYTES, cols);
        let mut texts = vec![String::new()];
        for (text, continues) in &history {
            shown.push(text, *continues);
            texts.last_mut().unwrap().push_str(text);
            if !continues {
                texts.push(String::new());
            }
        }
        let (view, mut lines) = shown.show(&screen);
        let shown_rows: Vec<(String, bool)> = (0..screen.len())
            .map(|row| {
                let at = Position { line: lines.screen() + row as u64, row: 0 };
                let row = lines.row(&view, at).unwrap().unwrap().0;
                (row.text(0, usize::MAX), row.wrapped)
            })
            .collect();
        for (text, wrapped) in &shown_rows {
            texts.last_mut().unwrap().push_str(text);
            if !wrapped {
                texts.push(String::new());
            }
        }
        for (pattern, syntax) in PATTERNS {
            let expected = plain(&texts, pattern, syntax);
            let compiled = smart(pattern, syntax);
            let all = everything(&lines);
            let marked = marked(&mut lines, &view, all, &compiled);
            let mut marked: Vec<_> = marked.iter().map(|found| told(&mut lines, &view, found)).collect();
            let texts_of = |all: &[(Place, String)]| all.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>();
            prop_assert_eq!(&texts_of(&marked), &expected, "{} marked", pattern);
            // Of two that begin in one cell a walk comes to the one that it meets first.
            let places = |all: &[(Place, String)]| all.iter().map(|(place, _)| *place).collect::<Vec<_>>();
            marked.dedup_by_key(|(place, _)| *place);
            for direction in [Direction::Back, Direction::Forward] {
                let found = walked(&mut lines, &view, &compiled, direction);
                prop_assert_eq!(places(&found), places(&marked), "{} {:?}", pattern, direction);
            }
        }
    }
}

fn row(text: &str, wrapped: bool) -> (String, bool) {
    (text.to_owned(), wrapped)
}

fn found_back(lines: &mut Lines, view: &ViewReader, pattern: &str) -> Option<Match> {
    let end = Place { at: Position { line: lines.end(), row: 0 }, col: 0 };
    search::find(lines, view, &smart(pattern, Syntax::Literal), end, Direction::Back, PATIENCE).unwrap()
}

#[test]
fn a_match_goes_over_wraps_pieces_and_the_screens_edge() {
    let mut shown = Shown::new(MIN_HISTORY_BYTES, 6);
    shown.push("xneed", true);
    shown.push("lex", false);
    shown.push("in his", true);
    let (view, mut lines) = shown.show(&[row("tory a", true), row("宽字宽", true), row("end", false)]);
    let span = |line, row, from, to| search::Span { at: Position { line, row }, from, to };
    let spans = |found: Option<Match>| found.map(|found| found.spans);
    // Pieces are joined, and wrapped anew at the width.
    assert_eq!(
        spans(found_back(&mut lines, &view, "needle")),
        Some(vec![span(0, 0, 1, 6), span(0, 1, 0, 1)])
    );
    assert_eq!(
        spans(found_back(&mut lines, &view, "history")),
        Some(vec![span(1, 0, 3, 6), span(2, 0, 0, 4)])
    );
    let across = spans(found_back(&mut lines, &view, "字宽e"));
    assert_eq!(across, Some(vec![span(3, 0, 2, 6), span(4, 0, 0, 1)]));
    assert_eq!(spans(found_back(&mut lines, &view, "xin")), None, "two lines are not joined");
    // Any row of a match has all of it, and no other row any.
    for (line, found) in [(0, 0), (1, 1), (2, 1), (3, 0), (4, 0)] {
        let rows = Position { line, row: 0 }..=Position { line, row: usize::MAX };
        let marked = marked(&mut lines, &view, rows, &smart("history", Syntax::Literal));
        assert_eq!(marked.len(), found, "line {line}");
    }
}

#[test]
fn what_is_marked_has_a_bound() {
    let mut shown = Shown::new(MIN_HISTORY_BYTES, 10);
    let (view, mut lines) = shown.show(&[row("aaaaaaaaaa", true), row("aaaaaaaaaa", true), row("a", false)]);
    let letter = smart("a", Syntax::Literal);
    let count = |lines: &mut Lines, rows, most, patience| {
        search::in_rows(lines, &view, rows, &letter, most, patience).unwrap().len()
    };
    let rows = everything(&lines);
    assert_eq!(count(&mut lines, rows.clone(), 15, PATIENCE), 15);
    assert_eq!(count(&mut lines, rows, usize::MAX, Duration::ZERO), 0, "the time is up");
    // Those before the rows do not count.
    let second = Position { line: lines.first() + 1, row: 0 };
    assert_eq!(count(&mut lines, second..=second, 10, PATIENCE), 10);
}

#[test]
fn the_column_that_a_wide_character_did_not_fit_into_is_no_blank() {
    let mut shown = Shown::new(MIN_HISTORY_BYTES, 3);
    let (view, mut lines) = shown.show(&[row("宽", true), row("字", true), row("a", true), row("b", false)]);
    assert!(found_back(&mut lines, &view, "宽字").is_some());
    assert!(found_back(&mut lines, &view, "字 a").is_some(), "these blanks were printed");
    assert!(found_back(&mut lines, &view, "a  b").is_some());
}

#[test]
fn neither_is_it_one_in_another_colour_unless_it_was_written() {
    let blue = Style { background: Colour::Indexed(4), ..Style::default() };
    for (last, joined) in [(Content::Blank, true), (Content::Char(' '), false)] {
        let mut shown = Shown::new(MIN_HISTORY_BYTES, 3);
        let head = FrameHead { cols: 3, rows: 2, history: shown.history.mark(), ..FrameHead::default() };
        let mut frame = shown.writer.begin(&head);
        for (index, character) in ['宽', '字'].into_iter().enumerate() {
            let attributes = RowAttributes { wrapped: index == 0, ..RowAttributes::default() };
            let head = RowHead { identity: RowIdentity(index as u64 + 1), revision: 1, attributes };
            let cell = |content| Cell::new(content, StyleId(1));
            let wide = cell(Content::Char(character)).with_wide(true);
            frame.row(index, head, [wide, cell(Content::Spacer), cell(last)]);
        }
        frame.styles(1, 2, |index| if index == 1 { blue } else { Style::default() });
        frame.publish();
        let mut view = ViewReader::open(shown.writer.reader_fd().unwrap()).unwrap();
        let mut frame = Frame::new();
        view.read(&mut frame).unwrap();
        let mut lines = Lines::new(frame, 3);
        assert_eq!(found_back(&mut lines, &view, "宽字").is_some(), joined, "{last:?}");
        assert_eq!(found_back(&mut lines, &view, "宽 字").is_some(), !joined, "{last:?}");
    }
}

#[test]
fn the_alternate_screen_has_no_history_to_be_found() {
    let mut shown = Shown::new(MIN_HISTORY_BYTES, 10);
    shown.push("needle", true);
    let head = FrameHead {
        cols: 10,
        rows: 1,
        flags: ScreenFlags::ALTERNATE,
        history: shown.history.mark(),
        ..FrameHead::default()
    };
    shown.writer.begin(&head).publish();
    let mut view = ViewReader::open(shown.writer.reader_fd().unwrap()).unwrap();
    let mut frame = Frame::new();
    view.read(&mut frame).unwrap();
    assert_eq!(found_back(&mut Lines::new(frame, 10), &view, "needle"), None);
}

#[test]
fn what_is_overwritten_meanwhile_is_passed_over() {
    let mut shown = Shown::new(MIN_HISTORY_BYTES, 80);
    let filler = "x".repeat(60);
    for number in 0..20_000 {
        shown.push(&format!("needle {number} {filler}"), false);
    }
    let (view, mut lines) = shown.show(&[row("", false)]);
    let (oldest, end) = (lines.first(), lines.screen());
    let needle = smart("needle", Syntax::Literal);
    for (more, label) in [(0, "nothing"), (3_000, "a part"), (30_000, "all")] {
        for _ in 0..more {
            shown.push(&filler, false);
        }
        let left = shown.history.mark().oldest_line.0.min(end);
        let first = Place { at: Position { line: oldest, row: 0 }, col: 0 };
        let mut found = |from, direction| {
            search::find(&mut lines, &view, &needle, from, direction, PATIENCE)
                .unwrap()
                .map(|found| found.place().at.line)
        };
        let newest = found(Place { at: Position { line: end, row: 0 }, col: 0 }, Direction::Back);
        assert_eq!(newest, (left < end).then(|| end - 1), "{label} overwritten");
        let next = found(first, Direction::Forward);
        assert_eq!(next, (left < end).then(|| left.max(oldest + 1)), "{label} overwritten");
        // From the oldest line that is left there is nothing before it.
        let before = found(Place { at: Position { line: left, row: 0 }, col: 0 }, Direction::Back);
        assert_eq!(before, None, "{label} overwritten");
    }
}

#[test]
fn a_line_as_long_as_the_ring_is_searched_as_far_as_it_is_shown() {
    let mut shown = Shown::new(MIN_HISTORY_BYTES * 4, 100);
    shown.push("before needle", false);
    for number in 0..20_000 {
        shown.push(&format!("{number:0100}"), number != 19_999);
    }
    shown.push("needle after", false);
    let (view, mut lines) = shown.show(&[row("", false)]);
    let numbers: Vec<u64> = walked(&mut lines, &view, &smart("needle", Syntax::Literal), Direction::Back)
        .iter()
        .map(|(place, _)| place.at.line)
        .collect();
    assert_eq!(numbers, [0, 2]);
    // Only there one number is followed by the other.
    let in_long = |number: u32| smart(&format!("{number}{:0100}", number + 1), Syntax::Literal);
    assert_eq!(walked(&mut lines, &view, &in_long(5_000), Direction::Back).len(), 1);
    assert!(walked(&mut lines, &view, &in_long(19_000), Direction::Forward).is_empty());
}

#[test]
fn lines_are_filtered_as_grep_does() {
    let mut shown = Shown::new(MIN_HISTORY_BYTES, 80);
    for line in ["one", "", "two", "tw", "", "three"] {
        shown.push(line, line == "tw");
    }
    let (view, _) = shown.show(&[row("", false)]);
    let mark = shown.history.mark();
    let numbers = |pattern: &str, most: usize| {
        let mut numbers = Vec::new();
        let pattern = smart(pattern, Syntax::Regex);
        let reader = view.history(&mark).unwrap();
        search::matching_lines(reader, &pattern, 0..u64::MAX, Deadline::NEVER, |line| {
            numbers.push(line.0);
            if numbers.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
        .unwrap();
        numbers
    };
    assert_eq!(numbers("^$", 9), [1]);
    assert_eq!(numbers("x*", 9), [0, 1, 2, 3, 4]);
    assert_eq!(numbers("x*", 2), [0, 1]);
    assert_eq!(numbers("^tw", 9), [2, 3]);
    assert_eq!(numbers("o$|e{2}", 9), [2, 4]);
}

#[test]
fn blanks_at_a_lines_end_are_no_part_of_it() {
    let mut shown = Shown::new(MIN_HISTORY_BYTES, 8);
    // Alike in history, in a line that goes on on the screen, and there.
    for (text, continues) in
        [("ab  ", false), ("    ", false), ("", false), ("a ", true), (" b ", false), ("ab", true)]
    {
        shown.push(text, continues);
    }
    let (view, mut lines) =
        shown.show(&[row("cd      ", false), row("ab      ", false), row("        ", false)]);
    let found = |lines: &mut Lines, pattern: &str| {
        let all = everything(lines);
        let found = marked(lines, &view, all, &smart(pattern, Syntax::Regex));
        found
            .iter()
            .map(|found| told(lines, &view, found))
            .map(|(place, text)| (place.at.line, text))
            .collect::<Vec<_>>()
    };
    let told = |line, text: &str| (line, text.to_owned());
    assert_eq!(found(&mut lines, "^ab$"), [told(0, "ab"), told(6, "ab")]);
    assert_eq!(found(&mut lines, r"\s+$"), []);
    assert_eq!(found(&mut lines, " b$|cd$"), [told(3, " b"), told(5, "cd")]);
    let mut empty = Vec::new();
    let history = view.history(&shown.history.mark()).unwrap();
    search::matching_lines(history, &smart("^$", Syntax::Regex), 0..4, Deadline::NEVER, |line| {
        empty.push(line.0);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(empty, [1, 2]);
}

/// All matches, by calls that each give up as soon as they have done something.
fn walked_in_steps(
    lines: &mut Lines,
    view: &ViewReader,
    pattern: &Pattern,
    direction: Direction,
) -> (usize, Vec<Place>) {
    let mut from = match direction {
        Direction::Back => Place { at: Position { line: lines.end(), row: 0 }, col: 0 },
        Direction::Forward => Place { at: Position { line: lines.first(), row: 0 }, col: 0 },
    };
    let (mut steps, mut found) = (0, Vec::new());
    loop {
        match search::find(lines, view, pattern, from, direction, Duration::ZERO) {
            Ok(Some(one)) => {
                from = one.place();
                found.push(from);
            }
            Ok(None) => return (steps, found),
            Err(search::SearchError::TooSlow { reached }) => {
                let beyond = if direction == Direction::Back { reached < from } else { reached > from };
                assert!(beyond, "{reached:?} from {from:?}");
                from = reached;
                steps += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_search_that_was_given_up_is_gone_on_with() {
    let mut shown = Shown::new(MIN_HISTORY_BYTES * 8, 80);
    for number in 0..30_000 {
        shown.push(
            &format!("{number:060} {}", if number % 1000 == 999 { "needle" } else { "" }),
            number % 7 == 0,
        );
    }
    shown.push("open needle", true);
    let (view, mut lines) =
        shown.show(&[row("on", true), row("the needle", false), row("no", false), row("needle", false)]);
    for (pattern, syntax) in [("needle", Syntax::Literal), ("ne+d.e$", Syntax::Regex)] {
        let pattern = smart(pattern, syntax);
        for direction in [Direction::Back, Direction::Forward] {
            let all = walked(&mut lines, &view, &pattern, direction);
            let (steps, mut found) = walked_in_steps(&mut lines, &view, &pattern, direction);
            if direction == Direction::Back {
                found.reverse();
            }
            assert_eq!(found, all.iter().map(|(place, _)| *place).collect::<Vec<_>>(), "{direction:?}");
            // Stretches of at most 128 KiB, each line on the screen, and each line with a match.
            assert!(steps > 15, "{direction:?}: {steps}");
        }
    }
}

#[test]
fn a_line_that_alone_takes_too_long_is_passed_over() {
    let mut shown = Shown::new(MIN_HISTORY_BYTES * 8, 80);
    shown.push("before", false);
    for piece in 0..10_000 {
        shown.push(&"a".repeat(80), piece != 9_999);
    }
    shown.push("behind", false);
    let (view, mut lines) = shown.show(&[row("", false)]);
    // Nothing at each place of the line, each time after a look at all that is left of a window.
    let slow = smart("(.*x)?(before|behind)?", Syntax::Regex);
    let mut from = Place { at: Position { line: lines.end(), row: 0 }, col: 0 };
    let mut met = Vec::new();
    loop {
        match search::find(&mut lines, &view, &slow, from, Direction::Back, PATIENCE) {
            Ok(Some(found)) => {
                from = found.place();
                met.push(from.at.line);
            }
            Ok(None) => break,
            Err(search::SearchError::TooSlow { reached }) => from = reached,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(met, [2, 0]);
    let history = view.history(&shown.history.mark()).unwrap();
    let given_up = search::matching_lines(
        history,
        &smart("x", Syntax::Regex),
        0..3,
        Deadline::after(Duration::ZERO),
        |_| unreachable!("nothing matches"),
    );
    let Err(search::SearchError::TooSlow { reached }) = given_up else { panic!("{given_up:?}") };
    assert_eq!(reached, Place::default());
}

#[test]
fn damaged_records_end_a_search() {
    let mut shown = Shown::new(MIN_HISTORY_BYTES, 80);
    for number in 0..2_000 {
        shown.push(&format!("{number}"), number % 3 == 0);
    }
    let (view, mut lines) = shown.show(&[row("", false)]);
    let memory: File = shown.writer.fd().try_clone_to_owned().unwrap().into();
    // The ring is the last region; the words of its first and its last records take every value that could be a length.
    let ring_at = memory.metadata().unwrap().len() - MIN_HISTORY_BYTES;
    let end = shown.history.mark().committed;
    assert!(end < MIN_HISTORY_BYTES && end > 8 << 10);
    let (from, needle) =
        (Place { at: Position { line: lines.end(), row: 0 }, col: 0 }, smart("none", Syntax::Literal));
    let mut damaged = 0;
    for at in (0..64).chain(end / 8 - 64..end / 8).map(|word| ring_at + word * 8) {
        let mut original = [0; 8];
        memory.read_exact_at(&mut original, at).unwrap();
        for words in
            [0, 1, 2, 3, 64, 500, 512, 513, 1024, 1 << 15, (1 << 15) + 1, 1 << 20, u64::from(u32::MAX)]
        {
            memory.write_all_at(&(words | words << 32).to_ne_bytes(), at).unwrap();
            for direction in [Direction::Back, Direction::Forward] {
                let from = if direction == Direction::Back { from } else { Place::default() };
                let found = search::find(&mut lines, &view, &needle, from, direction, PATIENCE);
                damaged +=
                    usize::from(matches!(found, Err(search::SearchError::Grid(GridError::Damaged(_)))));
            }
            let history = view.history(&shown.history.mark()).unwrap();
            let _ = search::matching_lines(history, &needle, 0..u64::MAX, Deadline::NEVER, |_| {
                ControlFlow::Continue(())
            });
        }
        memory.write_all_at(&original, at).unwrap();
    }
    assert!(damaged > 500, "{damaged}");
    let whole = search::find(&mut lines, &view, &needle, from, Direction::Back, PATIENCE);
    assert!(matches!(whole, Ok(None)), "{whole:?}");
}
