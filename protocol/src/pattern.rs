//! What is looked for in lines of text: a literal or a regular expression, capitals told apart only when some are
//! typed ("smart case").
//!
//! One type for every search, so that a pattern means the same in a window, in a terminal, on the command line and on
//! the bus. Apart from `grid`, because it knows text only. A pattern is looked for **within a line**: it is compiled so
//! that no match has a line feed in it and `^` and `$` hold at each, which lets many lines be looked through at once.
//!
//! A pattern comes from outside and may be made to hurt. Matching takes time that is linear in the text; the bounds
//! below keep what a pattern costs to compile, to hold and for each byte of text.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;

use memchr::memmem::Finder;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::{Input, meta};
use regex_syntax::ast::{self, Ast, ClassSetItem};
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange};
use regex_syntax::hir::{Hir, HirKind, Look};

/// Bytes of a literal.
pub const MAX_LITERAL: usize = 4096;
/// Bytes of a regular expression: each `\w` of two bytes unfolds to 6 KiB of ranges on the way.
pub const MAX_EXPRESSION: usize = 1000;
/// How deep groups and repetitions may be nested; what reads them recurses.
const MAX_NESTING: u32 = 100;
/// Bytes of the compiled automaton. Thirty words of any script (`\w`) fit; a text that makes the slowest way of
/// matching necessary costs a fraction of a millisecond a byte then.
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
    #[error("the regular expression is too large: make it shorter, or its repetitions smaller")]
    TooLarge,
}

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

    /// Whether it matches in a line, be it no characters of it, as grep understands it.
    pub fn is_in(&self, line: &str) -> bool {
        let text = self.folded(line.as_bytes());
        match &self.engine {
            Engine::Bytes { finder, .. } => finder.find(&text).is_some(),
            Engine::Regex(regex) => regex.is_match(&*text),
        }
    }

    /// The first match in a line that has any characters.
    pub fn first_in(&self, line: &str) -> Option<Range<usize>> {
        self.next_in(&self.folded(line.as_bytes()), 0)
    }

    /// Makes text ready for [`Pattern::next_in`] and [`Pattern::next_line`]; its length and its characters' places
    /// stay.
    pub(crate) fn fold(&self, text: &mut [u8]) {
        if let Engine::Bytes { folds: true, .. } = self.engine {
            text.make_ascii_lowercase();
        }
    }

    fn folded<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let folds = matches!(self.engine, Engine::Bytes { folds: true, .. });
        if folds { text.to_ascii_lowercase().into() } else { text.into() }
    }

    /// The next match at `from` or later that has any characters, in text made ready by [`Pattern::fold`]: in the order
    /// of a walk from the left that goes on behind each match.
    pub(crate) fn next_in(&self, text: &[u8], from: usize) -> Option<Range<usize>> {
        match &self.engine {
            Engine::Bytes { finder, .. } if finder.needle().is_empty() => None,
            Engine::Bytes { finder, .. } => {
                let at = from + finder.find(text.get(from..)?)?;
                Some(at..at + finder.needle().len())
            }
            Engine::Regex(regex) => {
                let mut from = from;
                while from < text.len() {
                    let found = regex.search(&Input::new(text).range(from..))?;
                    if !found.is_empty() {
                        return Some(found.range());
                    }
                    from = found.end() + 1;
                }
                None
            }
        }
    }

    /// Where in lines that each end with a line feed, made ready by [`Pattern::fold`], the next match begins; also one
    /// of no characters.
    pub(crate) fn next_line(&self, text: &[u8], from: usize) -> Option<usize> {
        let at = match &self.engine {
            Engine::Bytes { finder, .. } => from + finder.find(text.get(from..)?)?,
            Engine::Regex(regex) => regex.search(&Input::new(text).range(from..))?.start(),
        };
        // Behind the last line feed no line begins.
        (at < text.len()).then_some(at)
    }
}

fn literal(text: &str, case: Case) -> Result<Engine, PatternError> {
    if text.contains('\n') {
        return Err(PatternError::LineFeed);
    }
    let folds = case == Case::Smart && !text.chars().any(char::is_uppercase);
    if folds && !text.is_ascii() {
        // Letters beyond ASCII change their length with their case: the automaton knows how.
        let ast = parse(&regex_syntax::escape(text))?;
        return compile(&regex_syntax::escape(text), &ast, true);
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
        HirKind::Repetition(repetition) => {
            let sub = within_line((*repetition.sub).clone());
            Hir::repetition(repetition.with(sub))
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
        assert!(regex(r"\Serr\W").is_in("xERR "));
        assert!(regex("[A-C]rr").is_in("Arr") && !regex("[A-C]rr").is_in("ARR"));
        let exact = Pattern::new("err", Syntax::Literal, Case::Exact).unwrap();
        assert!(exact.is_in("err") && !exact.is_in("Err"));
    }

    #[test]
    fn no_match_leaves_its_line() {
        let text = b"one\ntwo\n\nthree\n";
        let starts = |pattern: &str| -> Vec<Range<usize>> {
            let (pattern, mut starts, mut from) = (regex(pattern), Vec::new(), 0);
            while let Some(found) = pattern.next_in(text, from) {
                from = found.end;
                starts.push(found);
            }
            starts
        };
        assert!(starts(r"o\s*t").is_empty());
        assert!(starts(r"(?s)e.t|\x0a").is_empty());
        assert_eq!(starts(r"[^x]+"), [0..3, 4..7, 9..14]);
        assert_eq!(starts(r"\A[a-z]|e\z"), [0..1, 2..3, 4..5, 9..10, 13..14]);
        assert!(starts("x*|e").is_empty());
        assert_eq!(starts("x*e"), [2..3, 12..13, 13..14]);
        let empty = regex("^$");
        assert_eq!((empty.next_line(text, 0), empty.next_line(text, 9)), (Some(8), None));
        assert!(Pattern::new("a\nb", Syntax::Literal, Case::Smart).is_err());
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
        for hostile in
            [r"\w{1000}", "((a{100}){100}){100}", "(x?){60000}", "(((((((\\w*){20}){20}){20}){20}){20}){20})"]
        {
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
    }
}
