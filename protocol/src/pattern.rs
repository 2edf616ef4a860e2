//! What is looked for in lines of text: a literal or a regular expression, capitals told apart only when some are
//! typed ("smart case").
//!
//! One type for every search, so that a pattern means the same in a window, in a terminal, on the command line and on
//! the bus. Apart from `grid`, because it knows text only. A pattern is looked for **within a line**: it is compiled so
//! that no match has a line feed in it and `^` and `$` hold at each, which lets many lines be looked through at once.
//!
//! A pattern comes from outside and may be made to hurt. Matching takes time that is linear in the text, but with a
//! factor as large as the expression, and going from match to match may look at the same text again each time. So an
//! expression's size is bounded, it is given a bounded text at once, and between two of them the time is asked.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;
use std::time::{Duration, Instant};

use memchr::memmem::Finder;
use memchr::memrchr;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::{Input, meta};
use regex_syntax::ast::{self, Ast, ClassSetItem};
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange};
use regex_syntax::hir::{Hir, HirKind, Look, Repetition};

/// Bytes of a literal.
pub const MAX_LITERAL: usize = 4096;
/// Bytes of a regular expression: each `\w` of two bytes unfolds to 6 KiB of ranges on the way.
pub const MAX_EXPRESSION: usize = 1000;
/// Bytes of text in which an expression is looked for at once, between two questions for the time. With the slowest one
/// that is taken, in a text made for it, they took a third of a second (`[ab]*a[ab]{995}c` in random letters a and b).
pub(crate) const WINDOW: usize = 16 << 10;
/// Bytes that a match of an expression has at most in a line that is longer than a [`WINDOW`]: a longer one is not
/// found, or cut.
const REACH: usize = WINDOW / 2;
/// How deep groups and repetitions may be nested; what reads them recurses.
const MAX_NESTING: u32 = 100;
/// How many characters an expression may be in all, repetitions written out: the slowest way of matching tries each of
/// them at each byte of the text. Without numbered repetitions no expression of [`MAX_EXPRESSION`] has more.
const MAX_PARTS: usize = 1024;
/// Bytes of the compiled automaton. Thirty words of any script (`\w`) fit.
const MAX_AUTOMATON: usize = 1 << 20;
/// Bytes of states that are kept for quicker matching, for each thread that searches.
const STATE_CACHE: usize = 2 << 20;

/// How a pattern is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Syntax {
    /// It stands for itself.
    #[default]
    Literal,
    /// A regular expression, as the crate `regex` has them: Unicode, without references back and without looking around.
    /// Of the properties (`\p{…}`) there are general categories and scripts.
    Regex,
}

/// Which letters count as the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Case {
    /// Upper and lower case are the same unless the pattern has a capital.
    #[default]
    Smart,
    /// They differ.
    Exact,
}

/// Why something is no pattern; one line, for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// More bytes than are taken.
    #[error("the pattern is longer than {0} bytes")]
    TooLong(usize),
    /// It could never match: lines are looked through one by one.
    #[error("a pattern is looked for within a line: it cannot contain a line feed")]
    LineFeed,
    /// It is no regular expression.
    #[error("not a regular expression: {what} (character {at})")]
    Syntax {
        /// What is wrong.
        what: String,
        /// Where, counted from 1.
        at: usize,
    },
    /// Compiled it would take more than is allowed.
    #[error("the pattern is too large: make it shorter, or its repetitions smaller")]
    TooLarge,
}

/// When to give up.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// Never.
    pub const NEVER: Self = Self(None);

    /// When so much time has passed.
    pub fn after(patience: Duration) -> Self {
        Self(Instant::now().checked_add(patience))
    }

    /// Whether the time is up.
    pub fn is_over(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}

/// The time was up before all was looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeUp;

/// Something to look for, compiled. Cheap to clone: the compiled form is shared or small.
#[derive(Clone, Debug)]
pub struct Pattern {
    engine: Engine,
}

#[derive(Clone, Debug)]
enum Engine {
    /// Bytes that stand for themselves; with `folds`, in a text whose ASCII letters are made small.
    Bytes {
        finder: Box<Finder<'static>>,
        folds: bool,
    },
    Regex(meta::Regex),
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`PatternError`] says in one line what is wrong with it.
    pub fn new(pattern: &str, syntax: Syntax, case: Case) -> Result<Self, PatternError> {
        let most = match syntax {
            Syntax::Literal => MAX_LITERAL,
            Syntax::Regex => MAX_EXPRESSION,
        };
        if pattern.len() > most {
            return Err(PatternError::TooLong(most));
        }
        let engine = match syntax {
            Syntax::Literal => literal(pattern, case)?,
            Syntax::Regex => regex(pattern, case)?,
        };
        Ok(Self { engine })
    }

    /// Whether it is found at the memory's own speed, so that nobody needs to ask how long it takes.
    pub fn is_quick(&self) -> bool {
        matches!(self.engine, Engine::Bytes { .. })
    }

    /// Whether it matches in a line, be it no characters of it, as grep understands it.
    pub fn is_in(&self, line: &str) -> bool {
        self.is_in_before(Deadline::NEVER, line).unwrap_or_default()
    }

    /// The same, given up when the time is up.
    ///
    /// # Errors
    /// [`TimeUp`].
    pub fn is_in_before(&self, deadline: Deadline, line: &str) -> Result<bool, TimeUp> {
        let text = self.folded(without_last_blanks(line.as_bytes()));
        Ok(self.matches(&text, deadline).next_with_empty()?.is_some())
    }

    /// Makes text ready for [`Pattern::matches`]; its length and its characters' places stay.
    pub(crate) fn fold(&self, text: &mut [u8]) {
        if let Engine::Bytes { folds: true, .. } = self.engine {
            text.make_ascii_lowercase();
        }
    }

    fn folded<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let folds = matches!(self.engine, Engine::Bytes { folds: true, .. });
        if folds { text.to_ascii_lowercase().into() } else { text.into() }
    }

    /// The matches in lines with line feeds between them, made ready by [`Pattern::fold`]: those of a walk from the left
    /// that goes on behind each match. A pattern that is not [quick](Self::is_quick) asks for the time.
    pub(crate) fn matches<'a>(&'a self, text: &'a [u8], deadline: Deadline) -> Matches<'a> {
        Matches { engine: &self.engine, text, deadline, at: 0, end: 0, safe: 0 }
    }
}

/// A line as it is looked through. The blanks at its end are no part of it: history does not tell those that were written
/// from those that were erased, and neither a copy nor a capture has them.
pub(crate) fn without_last_blanks(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    &line[..end]
}

/// A walk from match to match.
#[derive(Debug)]
pub(crate) struct Matches<'a> {
    engine: &'a Engine,
    text: &'a [u8],
    deadline: Deadline,
    /// Where to go on.
    at: usize,
    /// The end of the window that an expression is given, ...
    end: usize,
    /// ... and where the next one begins: what begins before has at least [`REACH`] bytes in this one.
    safe: usize,
}

impl Matches<'_> {
    /// The next match that has any characters.
    pub(crate) fn next(&mut self) -> Result<Option<Range<usize>>, TimeUp> {
        self.step(false)
    }

    /// The next match, also one of no characters. After such a one the walk must be led on by [`Matches::skip_to`].
    pub(crate) fn next_with_empty(&mut self) -> Result<Option<Range<usize>>, TimeUp> {
        self.step(true)
    }

    /// Up to here all has been looked through.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes on from there.
    pub(crate) fn skip_to(&mut self, at: usize) {
        self.at = self.at.max(at);
    }

    fn step(&mut self, with_empty: bool) -> Result<Option<Range<usize>>, TimeUp> {
        let found = match self.engine {
            Engine::Bytes { finder, .. } if finder.needle().is_empty() && !with_empty => None,
            Engine::Bytes { finder, .. } => self.text.get(self.at..).and_then(|rest| {
                let at = self.at + finder.find(rest)?;
                Some(at..at + finder.needle().len())
            }),
            Engine::Regex(regex) => self.step_regex(regex, with_empty)?,
        };
        if let Some(found) = &found {
            self.at = found.end;
        }
        Ok(found)
    }

    fn step_regex(&mut self, regex: &meta::Regex, with_empty: bool) -> Result<Option<Range<usize>>, TimeUp> {
        while self.at <= self.text.len() {
            if self.deadline.is_over() {
                return Err(TimeUp);
            }
            if self.at >= self.safe {
                (self.end, self.safe) = window(self.text, self.at);
            }
            // What stands around the window counts for `$`, `\b` and their like.
            match regex.search(&Input::new(self.text).range(self.at..self.end)) {
                Some(found) if found.start() >= self.safe => self.at = self.safe,
                Some(found) if with_empty || !found.is_empty() => return Ok(Some(found.range())),
                Some(found) => self.at = found.end() + 1,
                None => self.at = self.safe,
            }
        }
        Ok(None)
    }
}

/// What of a text is looked through at once from `at` on: its end, and where the next window begins. Whole lines as long
/// as one fits; a longer line in windows that overlap, from its beginning, so that what is found does not depend on what
/// stands before it.
fn window(text: &[u8], at: usize) -> (usize, usize) {
    let rest = &text[at..];
    let Some(window) = rest.get(..WINDOW) else { return (text.len(), text.len() + 1) };
    match memrchr(b'\n', window) {
        Some(line_feed) => (at + line_feed, at + line_feed + 1),
        None => (at + WINDOW, at + WINDOW - REACH),
    }
}

fn literal(text: &str, case: Case) -> Result<Engine, PatternError> {
    if text.contains('\n') {
        return Err(PatternError::LineFeed);
    }
    let folds = case == Case::Smart && !text.chars().any(char::is_uppercase);
    if folds && !text.is_ascii() {
        // Letters beyond ASCII change their length with their case: the automaton knows how.
        let escaped = regex_syntax::escape(text);
        let ast = parse(&escaped)?;
        return compile(&escaped, &ast, true);
    }
    Ok(Engine::Bytes { finder: Box::new(Finder::new(text).into_owned()), folds })
}

fn regex(pattern: &str, case: Case) -> Result<Engine, PatternError> {
    let ast = parse(pattern)?;
    let folds = case == Case::Smart && !has_capital(&ast);
    compile(pattern, &ast, folds)
}

fn parse(pattern: &str) -> Result<Ast, PatternError> {
    let mut parser = ast::parse::ParserBuilder::new().nest_limit(MAX_NESTING).build();
    parser.parse(pattern).map_err(|error| syntax_error(pattern, error.kind(), error.span()))
}

fn syntax_error(pattern: &str, what: &impl ToString, span: &ast::Span) -> PatternError {
    let before = pattern.get(..span.start.offset).unwrap_or_default();
    PatternError::Syntax { what: what.to_string(), at: before.chars().count() + 1 }
}

fn compile(pattern: &str, ast: &Ast, folds: bool) -> Result<Engine, PatternError> {
    let mut translator = TranslatorBuilder::new().case_insensitive(folds).multi_line(true).build();
    let hir = translator
        .translate(pattern, ast)
        .map_err(|error| syntax_error(pattern, error.kind(), error.span()))?;
    if parts(&hir) > MAX_PARTS {
        return Err(PatternError::TooLarge);
    }
    let config = meta::Config::new()
        .which_captures(WhichCaptures::Implicit)
        .nfa_size_limit(Some(MAX_AUTOMATON))
        .hybrid_cache_capacity(STATE_CACHE)
        .utf8_empty(false);
    let built = meta::Regex::builder().configure(config).build_from_hir(&within_line(hir));
    built.map(Engine::Regex).map_err(|_| PatternError::TooLarge)
}

/// A capital that is meant as one: not the letter of an escape such as `\S`.
fn has_capital(ast: &Ast) -> bool {
    struct Capitals(bool);

    impl Capitals {
        fn see(&mut self, literal: &ast::Literal) {
            self.0 |= literal.c.is_uppercase();
        }
    }

    impl ast::Visitor for Capitals {
        type Output = bool;
        type Err = Infallible;

        fn finish(self) -> Result<bool, Infallible> {
            Ok(self.0)
        }

        fn visit_pre(&mut self, ast: &Ast) -> Result<(), Infallible> {
            if let Ast::Literal(literal) = ast {
                self.see(literal);
            }
            Ok(())
        }

        fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Infallible> {
            match item {
                ClassSetItem::Literal(literal) => self.see(literal),
                ClassSetItem::Range(range) => {
                    self.see(&range.start);
                    self.see(&range.end);
                }
                _ => {}
            }
            Ok(())
        }
    }

    match ast::visit(ast, Capitals(false)) {
        Ok(found) => found,
        Err(never) => match never {},
    }
}

/// How large an expression is with its repetitions written out. Recurses as [`within_line`].
fn parts(hir: &Hir) -> usize {
    let all = |subs: &[Hir]| subs.iter().map(parts).fold(1, usize::saturating_add);
    match hir.kind() {
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1);
            parts(&repetition.sub).saturating_mul(times as usize).saturating_add(1)
        }
        HirKind::Capture(capture) => parts(&capture.sub),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => all(subs),
    }
}

/// The same expression for text of many lines: it matches no line feed, and where it asks for the text's beginning or
/// end it gets a line's. Recurses as deep as [`MAX_NESTING`] lets an expression be.
fn within_line(hir: Hir) -> Hir {
    match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) if literal.0.contains(&b'\n') => Hir::fail(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(Class::Unicode(mut class)) => {
            class.difference(&ClassUnicode::new([ClassUnicodeRange::new('\n', '\n')]));
            Hir::class(Class::Unicode(class))
        }
        HirKind::Class(Class::Bytes(mut class)) => {
            class.difference(&ClassBytes::new([ClassBytesRange::new(b'\n', b'\n')]));
            Hir::class(Class::Bytes(class))
        }
        HirKind::Look(Look::Start | Look::StartCRLF) => Hir::look(Look::StartLF),
        HirKind::Look(Look::End | Look::EndCRLF) => Hir::look(Look::EndLF),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Repetition(Repetition { min, max, greedy, sub }) => {
            Hir::repetition(Repetition { min, max, greedy, sub: Box::new(within_line(*sub)) })
        }
        // Nobody asks what a group matched.
        HirKind::Capture(capture) => within_line(*capture.sub),
        HirKind::Concat(subs) => Hir::concat(subs.into_iter().map(within_line).collect()),
        HirKind::Alternation(subs) => Hir::alternation(subs.into_iter().map(within_line).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regex(pattern: &str) -> Pattern {
        Pattern::new(pattern, Syntax::Regex, Case::Smart).unwrap()
    }

    fn literal(pattern: &str) -> Pattern {
        Pattern::new(pattern, Syntax::Literal, Case::Smart).unwrap()
    }

    fn refused(pattern: &str) -> String {
        Pattern::new(pattern, Syntax::Regex, Case::Smart).unwrap_err().to_string()
    }

    #[test]
    fn capitals_count_only_when_some_are_typed() {
        assert!(literal("a.c").is_in("xA.Cx") && !literal("a.c").is_in("abc"));
        assert!(literal("Err").is_in("Err") && !literal("Err").is_in("err"));
        assert!(literal("straße äö").is_in("STRASSE straße ÄÖ"));
        assert!(!literal("Äö").is_in("äö"));
        assert!(regex("err.r").is_in("ERROR") && !regex("Err.r").is_in("error"));
        // The letter of an escape is no capital; one in a class is.
        assert!(regex(r"\Serr\W").is_in("xERR-"));
        assert!(regex("[A-C]rr").is_in("Arr") && !regex("[A-C]rr").is_in("ARR"));
        let exact = Pattern::new("err", Syntax::Literal, Case::Exact).unwrap();
        assert!(exact.is_in("err") && !exact.is_in("Err"));
    }

    #[test]
    fn no_match_leaves_its_line() {
        let text = b"one\ntwo\n\nthree";
        let starts = |pattern: &str| -> Vec<Range<usize>> {
            let pattern = regex(pattern);
            let mut matches = pattern.matches(text, Deadline::NEVER);
            std::iter::from_fn(|| matches.next().unwrap()).collect()
        };
        assert!(starts(r"o\s*t").is_empty());
        assert!(starts(r"(?s)e.t|\x0a").is_empty());
        assert_eq!(starts(r"[^x]+"), [0..3, 4..7, 9..14]);
        assert_eq!(starts(r"\A[a-z]|e\z"), [0..1, 2..3, 4..5, 9..10, 13..14]);
        assert!(starts("x*|e").is_empty());
        assert_eq!(starts("x*e"), [2..3, 12..13, 13..14]);
        let empty = regex("^$");
        let mut matches = empty.matches(text, Deadline::NEVER);
        assert_eq!(matches.next_with_empty(), Ok(Some(8..8)));
        matches.skip_to(9);
        assert_eq!(matches.next_with_empty(), Ok(None));
        assert!(Pattern::new("a\nb", Syntax::Literal, Case::Smart).is_err());
    }

    #[test]
    fn windows_cut_no_line_that_fits() {
        let lengths = (WINDOW - 3..=WINDOW).chain([3, 9, 0, WINDOW / 2 + 1, WINDOW / 2, 2]);
        let lines: Vec<String> = lengths.map(|length| "ab".repeat(length / 2) + &"c"[..length % 2]).collect();
        let text = lines.join("\n");
        for pattern in ["^a", "[bc]$", "^.*$", "^|$", "x*"] {
            let compiled = regex(pattern);
            let mut matches = compiled.matches(text.as_bytes(), Deadline::NEVER);
            let mut found = Vec::new();
            while let Some(matched) = matches.next_with_empty().unwrap() {
                matches.skip_to(matched.end.max(matched.start + 1));
                found.push(matched);
            }
            let plain = regex::Regex::new(&format!("(?m:{pattern})")).unwrap();
            let expected: Vec<_> = plain.find_iter(&text).map(|found| found.range()).collect();
            assert!(found == expected, "{pattern}");
        }
    }

    #[test]
    fn a_longer_line_has_every_match_that_is_not_longer_than_the_windows_share() {
        // Each match once, wherever the windows' edges are, whatever stands before the line.
        let line = "ab-".repeat(WINDOW) + &"x".repeat(REACH) + "y";
        for before in ["", "short\n"] {
            let text = before.to_owned() + &line;
            let found = |pattern: &str| -> Vec<usize> {
                let pattern = regex(pattern);
                let mut matches = pattern.matches(text.as_bytes(), Deadline::NEVER);
                std::iter::from_fn(|| Some(matches.next().unwrap()?.start - before.len())).collect()
            };
            assert!(found(r"a\w\b").into_iter().eq((0..WINDOW).map(|index| index * 3)));
            assert_eq!(found("^ab-ab").len(), 1);
            assert_eq!(found("y$"), [line.len() - 1]);
            assert_eq!(found("^y").len(), 0);
        }
    }

    #[test]
    fn the_time_is_asked_between_matches_and_windows() {
        let over = Deadline::after(Duration::ZERO);
        let line = "ab".repeat(WINDOW);
        assert_eq!(regex("x").is_in_before(over, &line), Err(TimeUp));
        // Quick enough not to be asked.
        assert_eq!(literal("x").is_in_before(over, &line), Ok(false));
        // Neither many matches of nothing, nor a look at all the rest for each match, keep it from being asked: these
        // would take minutes.
        for slow in ["(.*x)?", "(.*x)|a"] {
            let (pattern, line) = (regex(slow), "a".repeat(1 << 20));
            let mut matches = pattern.matches(line.as_bytes(), Deadline::after(Duration::from_millis(50)));
            let end = loop {
                match matches.next() {
                    Ok(Some(_)) => {}
                    end => break end,
                }
            };
            assert_eq!(end, Err(TimeUp), "{slow}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        assert_eq!(refused("é(b"), "not a regular expression: unclosed group (character 2)");
        for wrong in
            ["*", "[a", r"\", "a{2,1}", r"(?<n>a)\k<n>", "(?=a)", r"(a)\1", r"\p{nonsense}", "(?-u:\\xff)"]
        {
            let line = refused(wrong);
            assert!(line.starts_with("not a regular expression: ") && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn a_hostile_pattern_is_refused_before_it_costs_anything() {
        let clones = format!("{}{}{}", "(".repeat(49), r"\w".repeat(400), ")*".repeat(49));
        let hostile = [
            r"\w{1000}",
            "((a{100}){100}){100}",
            "(x?){60000}",
            "(((((((\\w*){20}){20}){20}){20}){20}){20})",
            "(a|b)*a(a|b){1100}c",
            &clones,
        ];
        for hostile in hostile {
            let pattern = Pattern::new(hostile, Syntax::Regex, Case::Smart);
            assert!(
                matches!(pattern, Err(PatternError::TooLarge | PatternError::Syntax { .. })),
                "{hostile}"
            );
        }
        let deep = format!("{}a{}", "(".repeat(400), ")".repeat(400));
        assert!(refused(&deep).contains("nest"), "{}", refused(&deep));
        assert_eq!(refused(&"a".repeat(MAX_EXPRESSION + 1)), "the pattern is longer than 1000 bytes");
        let long = "a".repeat(MAX_LITERAL + 1);
        assert!(Pattern::new(&long, Syntax::Literal, Case::Smart).is_err());
        // The largest that are taken compile and match.
        assert!(literal(&long[1..]).is_in(&long));
        assert!(regex(&format!("{}a{}", "(?:".repeat(45), ")?".repeat(45))).is_in("a"));
        assert!(regex(&"a".repeat(MAX_EXPRESSION)).is_in(&long));
        assert!(regex(&"a?".repeat(MAX_EXPRESSION / 2)).is_in(&long));
        // As do those that people write.
        let address = r"\b(?:\w+[.-])+\w{2,6}(?::\d{1,5})?(?:/[^\s?#]*)*(?:\?\S*)?";
        assert!(regex(address).is_in("see docs.example.org:8080/a?b"));
        assert!(regex(r"^\p{Latin}+ \p{Greek}+\PL").is_in("ab ΑΒΓ Ωμ"));
    }
}
