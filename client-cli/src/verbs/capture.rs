//! `scarab capture`: the screen or history as text, page by page.

use super::Verb;
use crate::args::Args;
use crate::connect;
use crate::out::Out;
use anyhow::bail;
use lexopt::Arg;
use scarab_protocol::Client;
use scarab_protocol::message::{CaptureStyle, CapturedLine, Region, answer, request};
use scarab_protocol::pattern::{Case, Pattern, Syntax};
use serde_json::json;
use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "capture",
    usage: "NAME [--history | --lines A..B | --last-command] [--grep PATTERN [--regex]] [--ansi | --json]",
    summary: "print a session's screen or history as text",
    details: "\
The screen by default; lines that were wrapped come whole.

  --history         everything kept, and the screen
  --lines A..B      lines by number, both included; A or B may be left out; negative ones count from the end
  --last-command    the output of the last command (needs a shell with OSC 133 marks)
  --grep PATTERN    only lines that contain PATTERN, literally; upper and lower case are the same unless PATTERN
                    has a capital. Exit status 1 when there is none
  --regex           PATTERN is a regular expression; blanks at a line's end are no part of it
  --ansi            with colours and links, for a terminal
  --json            an array of objects with the lines' numbers, described in docs/cli-json.md

Examples:
  scarab capture build
  scarab capture build --history --grep error
  scarab capture build --history --grep '^(warning|error)' --regex
  scarab capture build --lines -100..
",
    run,
};

/// The lines wanted, as numbers or from the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// Its absolute number.
    Number(u64),
    /// 1 is the last one.
    FromEnd(u64),
}

enum Wanted {
    Screen,
    Lines(Option<Line>, Option<Line>),
    LastCommand,
}

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let (mut name, mut wanted, mut pattern) = (None, None, None);
    let (mut ansi, mut as_json, mut syntax) = (false, false, Syntax::Literal);
    while let Some(argument) = args.next()? {
        let region = match argument {
            Arg::Value(value) => {
                args.fill(&mut name, value)?;
                continue;
            }
            Arg::Long("history") => Wanted::Lines(None, None),
            Arg::Long("lines") => {
                let text = args.text()?;
                let Some((first, last)) = range(&text) else {
                    return Err(args.wrong(format!("'{text}' is no range of lines: A..B, A.. or ..B")));
                };
                Wanted::Lines(first, last)
            }
            Arg::Long("last-command") => Wanted::LastCommand,
            Arg::Long("grep") => {
                pattern = Some(args.text()?);
                continue;
            }
            Arg::Long("regex") => {
                syntax = Syntax::Regex;
                continue;
            }
            Arg::Long("ansi") => {
                ansi = true;
                continue;
            }
            Arg::Long("json") => {
                as_json = true;
                continue;
            }
            other => return Err(VERB.unexpected(other)),
        };
        if wanted.replace(region).is_some() {
            return Err(args.wrong("--history, --lines and --last-command exclude each other"));
        }
    }
    if ansi && as_json {
        return Err(args.wrong("--ansi and --json exclude each other"));
    }
    let pattern = match pattern {
        Some(text) => {
            let pattern = Pattern::new(&text, syntax, Case::Smart);
            Some((pattern.map_err(|error| args.wrong(error.to_string()))?, text))
        }
        None if syntax == Syntax::Regex => {
            return Err(args.wrong("--regex says how --grep takes its pattern"));
        }
        None => None,
    };
    let session = args.need(name, "NAME")?;
    let style = if ansi { CaptureStyle::Ansi } else { CaptureStyle::Text };
    let mut client = connect::client()?;
    let region = region(&mut client, &session, wanted.unwrap_or(Wanted::Screen))?;

    let mut out = Out::new();
    let mut printer = Printer { as_json, blank: 0, printed: 0 };
    if as_json {
        out.text("[")?;
    }
    let mut print = |lines: &[CapturedLine]| lines.iter().try_for_each(|line| printer.line(line, &mut out));
    match (&pattern, region) {
        // The service looks through its own memory far sooner than it hands all of it over.
        (Some((_, text)), Region::Lines { first, last }) => {
            let regex = syntax == Syntax::Regex;
            let request = request::Search {
                session: session.clone(),
                pattern: text.clone(),
                regex,
                first,
                last,
                style,
            };
            found(&mut client, request, |page| print(&page.lines))?;
        }
        _ => pages(&mut client, &session, region, style, |mut page| {
            if let Some((pattern, _)) = &pattern {
                page.lines.retain(|line| pattern.is_in(&plain(&line.text)));
            }
            print(&page.lines)
        })?,
    }
    if as_json {
        out.line(if printer.printed == 0 { "]" } else { "\n]" })?;
    }
    out.flush()?;
    // As grep does: nothing found is told by the status alone.
    let nothing_found = pattern.is_some() && printer.printed == 0;
    Ok(if nothing_found { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Asks page after page.
pub fn pages(
    client: &mut Client,
    session: &str,
    mut region: Region,
    style: CaptureStyle,
    mut take: impl FnMut(answer::Captured) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut asked_from = None;
    loop {
        let page = client.ask(request::Capture { session: session.to_owned(), region, style })?;
        let next = page.next;
        take(page)?;
        let Some(next) = next else { return Ok(()) };
        // A page that leads back would never end.
        if asked_from.is_some_and(|from| next <= from) {
            bail!("the service's pages do not lead on from line {next}");
        }
        asked_from = Some(next);
        region = match region {
            Region::Lines { last, .. } => Region::Lines { first: next, last },
            Region::Screen => Region::Lines { first: next, last: u64::MAX },
            // Where a command's output ends is known to the service alone, and it has sent what one answer holds.
            Region::LastCommand => {
                eprintln!("scarab: the output goes on: 'scarab capture {session} --lines {next}..'");
                return Ok(());
            }
        };
    }
}

/// Asks for the lines that match, page after page.
fn found(
    client: &mut Client,
    mut request: request::Search,
    mut take: impl FnMut(answer::Captured) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    loop {
        let page = client.ask(request.clone())?;
        let next = page.next;
        take(page)?;
        let Some(next) = next else { return Ok(()) };
        // A page that leads back would never end.
        if next <= request.first {
            bail!("the service's pages do not lead on from line {next}");
        }
        request.first = next;
    }
}

/// Negative numbers need to know where the end is.
fn region(client: &mut Client, session: &str, wanted: Wanted) -> anyhow::Result<Region> {
    let (first, last) = match wanted {
        Wanted::Screen => return Ok(Region::Screen),
        Wanted::LastCommand => return Ok(Region::LastCommand),
        Wanted::Lines(first, last) => (first, last),
    };
    let from_end = |line| matches!(line, Some(Line::FromEnd(_)));
    let end = if from_end(first) || from_end(last) {
        let mut end = 0;
        pages(client, session, Region::Screen, CaptureStyle::Text, |page| {
            // The blank rest of a screen is no end anybody means.
            end = page.lines.iter().rfind(|line| !line.text.is_empty()).map_or(end, |line| line.number + 1);
            Ok(())
        })?;
        end
    } else {
        0
    };
    let number = |line| match line {
        Line::Number(number) => number,
        Line::FromEnd(back) => end.saturating_sub(back),
    };
    Ok(Region::Lines { first: first.map_or(0, number), last: last.map_or(u64::MAX, number) })
}

fn range(text: &str) -> Option<(Option<Line>, Option<Line>)> {
    let (first, last) = text.split_once("..")?;
    let line = |text: &str| match text.strip_prefix('-') {
        _ if text.is_empty() => Some(None),
        Some(back) => back.parse().ok().filter(|&back| back > 0).map(|back| Some(Line::FromEnd(back))),
        None => text.parse().ok().map(|number| Some(Line::Number(number))),
    };
    let (first, last) = (line(first)?, line(last)?);
    let backwards = match (&first, &last) {
        (Some(Line::Number(first)), Some(Line::Number(last))) => first > last,
        (Some(Line::FromEnd(first)), Some(Line::FromEnd(last))) => first < last,
        _ => false,
    };
    (!backwards).then_some((first, last))
}

/// A line without the escape sequences of an ANSI capture: CSI to its final byte, OSC to its terminator.
fn plain(line: &str) -> std::borrow::Cow<'_, str> {
    if !line.contains('\x1b') {
        return line.into();
    }
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c != '\x1b' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('[') => drop(chars.find(|c| ('\x40'..='\x7e').contains(c))),
            Some(']') => {
                while let Some(c) = chars.next() {
                    match c {
                        '\x07' => break,
                        '\x1b' => {
                            chars.next();
                            break;
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    text.into()
}

/// Writes lines, holding blank ones back: those at the end of a screen say nothing.
struct Printer {
    as_json: bool,
    blank: usize,
    printed: u64,
}

impl Printer {
    fn line(&mut self, line: &CapturedLine, out: &mut Out) -> anyhow::Result<()> {
        if self.as_json {
            let object = json!({ "number": line.number, "text": line.text, "on_screen": line.on_screen });
            let separator = if self.printed == 0 { "\n" } else { ",\n" };
            out.text(separator)?;
            out.text(&object.to_string())?;
            self.printed += 1;
            return Ok(());
        }
        if line.text.is_empty() {
            self.blank += 1;
            return Ok(());
        }
        for _ in 0..std::mem::take(&mut self.blank) {
            out.text("\n")?;
        }
        self.printed += 1;
        out.line(&line.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_strictly() {
        let number = |number| Some(Line::Number(number));
        assert_eq!(range("3..7"), Some((number(3), number(7))));
        assert_eq!(range("..7"), Some((None, number(7))));
        assert_eq!(range("-100.."), Some((Some(Line::FromEnd(100)), None)));
        for wrong in ["", "3", "a..b", "3..-0", "3...7", "1..2..3", "--1..", "7..3", "-3..-7"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_pattern_is_looked_for_in_the_text_that_is_seen() {
        let line = "\x1b[31mred\x1b[m \x1b]8;;http://x/[m\x1b\\link\x1b]8;;\x1b\\";
        let whole = Pattern::new("^red link$", Syntax::Regex, Case::Smart).expect("a pattern");
        assert!(whole.is_in(&plain(line)));
        // Coloured blanks at the end are none of the line's.
        assert!(whole.is_in(&plain(&format!("{line}\x1b[44m   \x1b[m"))));
        assert_eq!(plain("a\x1b]8;;u\x07b\x1b"), "ab");
    }
}
