//! Searching history and screen: found is what a plain search through the joined text of each line finds, wherever the
//! lines are wrapped, cut into pieces and half scrolled off.

use std::ops::ControlFlow;
use std::time::Duration;

use proptest::prelude::*;
use scarab_protocol::grid::search::{self, Direction, Match};
use scarab_protocol::grid::*;
use scarab_protocol::pattern::{Case, Pattern, Syntax};

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
            frame.row(index, head, cells.into_iter());
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
        let first = search::in_lines(lines, view, from.at.line..from.at.line + 1, pattern).unwrap();
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

/// What a plain search finds in each line's text, matches of no characters left out.
fn plain(texts: &[String], pattern: &str, syntax: Syntax) -> Vec<String> {
    let pattern = match syntax {
        Syntax::Literal => regex::escape(pattern),
        Syntax::Regex => pattern.to_owned(),
    };
    let capital = pattern.chars().any(char::is_uppercase);
    let regex = regex::RegexBuilder::new(&pattern).case_insensitive(!capital).build().unwrap();
    let found = texts.iter().flat_map(|text| regex.find_iter(text));
    found.map(|found| found.as_str().to_owned()).filter(|found| !found.is_empty()).collect()
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
            // A match that begins or ends within a cluster is told as whole cells, and two in one begin at one place.
            let within = |text: &String| text.starts_with(['\u{301}', '\u{200d}', '👧']) || text.ends_with(['e', '👩', '\u{200d}']);
            if expected.iter().any(within) {
                continue;
            }
            let compiled = smart(pattern, syntax);
            let all = lines.first()..lines.end();
            let marked = search::in_lines(&mut lines, &view, all, &compiled).unwrap();
            let marked: Vec<_> = marked.iter().map(|found| told(&mut lines, &view, found)).collect();
            let texts_of = |all: &[(Place, String)]| all.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>();
            prop_assert_eq!(&texts_of(&marked), &expected, "{} marked", pattern);
            for direction in [Direction::Back, Direction::Forward] {
                let found = walked(&mut lines, &view, &compiled, direction);
                prop_assert_eq!(&found, &marked, "{} {:?}", pattern, direction);
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
    // Any row of the line has all of its matches.
    for line in 1..5 {
        let marked = search::in_lines(&mut lines, &view, line..line + 1, &smart("history", Syntax::Literal));
        assert_eq!(marked.unwrap().len(), 1, "line {line}");
    }
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
        search::matching_lines(reader, &pattern, 0..u64::MAX, PATIENCE, |line| {
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
fn a_slow_pattern_is_given_up() {
    let mut shown = Shown::new(MIN_HISTORY_BYTES * 8, 80);
    for _ in 0..50_000 {
        shown.push(&"ab".repeat(40), false);
    }
    let (view, mut lines) = shown.show(&[row("", false)]);
    let slow = smart(r"(a|b|ab|ba)*(a(a|b){40}|b(a|b){41})+c", Syntax::Regex);
    let end = Place { at: Position { line: lines.end(), row: 0 }, col: 0 };
    let patience = Duration::ZERO;
    let given_up = search::find(&mut lines, &view, &slow, end, Direction::Back, patience);
    assert!(matches!(given_up, Err(search::SearchError::TooSlow)));
}
