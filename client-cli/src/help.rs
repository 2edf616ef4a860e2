//! `scarab --help` and `scarab help VERB`: enough to learn from.

use crate::args::Usage;
use crate::out::{Out, terminal_width};
use crate::verbs::{GROUPS, Verb, all, find};
use std::ffi::OsString;
use std::process::ExitCode;

/// Of which width summaries stand clear of the verbs.
const VERB_COLUMN: usize = 10;

const INTRODUCTION: &str = "\
scarab keeps your shells: a session goes on when the window, the login or the connection that showed it is gone.

  scarab                 attach to the session used last, or make the first one
  scarab VERB ...        do one of the things below
  scarab help VERB       say more about one

";

const CONCLUSION: &str = "\
A session is named by its NAME, a unique beginning of it, or its id (@17).

While attached, Ctrl-\\ is a prefix: d detaches, s chooses a session, c makes one, ? shows the rest.

Examples:
  scarab new work                      make a session and be in it; Ctrl-\\ d leaves it running
  scarab attach work                   be in it again, from any terminal or SSH login
  scarab new -d build -- make -j8      run something without looking
  scarab wait build; scarab capture build --history --grep error

Exit status: 0, 1 for a failure, 2 for wrong usage; 'wait' has that of what it waited for.
Environment: SCARAB_SOCKET names another socket than $XDG_RUNTIME_DIR/scarab/control.sock.
";

/// `scarab help [VERB]`.
pub fn run(arguments: Vec<OsString>) -> anyhow::Result<ExitCode> {
    let text = match &arguments[..] {
        [] => overview(),
        [name] => match name.to_str() {
            Some("help" | "--help" | "-h") => overview(),
            name => {
                let known = name.and_then(find);
                let unknown = || Usage {
                    verb: "",
                    message: format!("there is no verb '{}'", name.unwrap_or("in that encoding")),
                };
                of(known.ok_or_else(unknown)?)
            }
        },
        _ => return Err(Usage { verb: "", message: "help takes one VERB".to_owned() }.into()),
    };
    print(&text)
}

/// A verb's own help.
pub fn verb(name: &str) -> anyhow::Result<ExitCode> {
    print(&find(name).map_or_else(overview, of))
}

/// The verb that a mistyped one may have been.
pub fn nearest(name: &str) -> Option<&'static str> {
    // A third of the letters may be wrong: more would suggest anything for short words.
    let bound = name.chars().count().div_ceil(3);
    all()
        .map(|verb| (distance(name, verb.name), verb.name))
        .filter(|(far, _)| *far <= bound)
        .min()
        .map(|(_, near)| near)
}

fn print(text: &str) -> anyhow::Result<ExitCode> {
    let mut out = Out::new();
    // Too narrow a terminal is no place to read; what no terminal shows goes as wide as most are.
    let width = terminal_width().unwrap_or(80).max(40);
    for line in joined(text) {
        out.text(&folded(&line, width))?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn overview() -> String {
    let mut text = INTRODUCTION.to_owned();
    for (title, verbs) in GROUPS {
        text += &format!("{title}:\n");
        for verb in *verbs {
            text += &format!("  {:VERB_COLUMN$}{}\n", verb.name, verb.summary);
        }
        text.push('\n');
    }
    text + CONCLUSION
}

fn of(verb: &Verb) -> String {
    let usage = format!("scarab {} {}", verb.name, verb.usage);
    format!("Usage: {}\n\n{}.\n\n{}", usage.trim_end(), capitalised(verb.summary), verb.details)
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Lines, where a sentence or an option's text that goes on in the next line is one.
fn joined(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let flush = |line: &str| !line.is_empty() && !line.starts_with(' ');
        let goes_on = |last: &str| {
            line.starts_with("        ") || (flush(last) && flush(line) && !last.ends_with(['.', ':']))
        };
        match lines.last_mut() {
            Some(last) if goes_on(last) => {
                last.push(' ');
                last.push_str(line.trim_start());
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// A line, ended, with breaks between words where it is longer than `width`; what follows a break stands under the
/// text of an option or a verb, or else where the line itself begins.
fn folded(line: &str, width: usize) -> String {
    let start = line.len() - line.trim_start().len();
    let column = line[start..].find("  ").map(|gap| {
        let rest = &line[start + gap..];
        start + gap + rest.len() - rest.trim_start().len()
    });
    // A column at the far right would leave no room; usage goes on under its verb.
    let usage = line.starts_with("Usage: ");
    let indent = match column.filter(|column| column * 2 <= width) {
        _ if usage => "Usage: ".len(),
        Some(column) => column,
        None => start,
    };
    let mut text = String::with_capacity(line.len() + 1);
    let (mut rest, mut room) = (line, width);
    while rest.chars().count() > room {
        // The character after the last that fits: a blank there is where it breaks.
        let end = rest.char_indices().nth(room + 1).map_or(rest.len(), |(at, _)| at);
        // Not inside of what is stepped in, nor between an option and its text.
        let least = if text.is_empty() { indent.max(start + 1) } else { 1 };
        let breaks = |at: &usize| *at >= least;
        let fits = &rest[..end];
        // An option and its value belong together.
        let option = fits.rfind(" [").filter(|at| usage && breaks(at));
        let Some(at) = option.or_else(|| fits.rfind(' ').filter(breaks)) else { break };
        text += rest[..at].trim_end();
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', indent));
        rest = rest[at..].trim_start();
        room = width - indent;
    }
    text + rest + "\n"
}

/// Letters to add, drop or change to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_fits_the_overview_and_has_an_example_or_explains_itself() {
        for verb in all() {
            assert!(verb.name.len() < VERB_COLUMN, "{}", verb.name);
            assert!(!verb.details.is_empty() && verb.details.ends_with('\n'), "{}", verb.name);
            assert!(verb.details.lines().all(|line| line.len() <= 120), "{}", verb.name);
            assert!(overview().contains(verb.summary));
        }
    }

    #[test]
    fn long_lines_are_folded_under_their_text() {
        let option = "  --size COLSxROWS   the first size; this terminal's by default";
        let narrow =
            "  --size COLSxROWS   the first size; this\n                     terminal's by default\n";
        assert_eq!(folded(option, 44), narrow);
        assert_eq!(folded(option, 80), format!("{option}\n"));
        assert_eq!(folded("Usage: scarab x [A] [B]", 20), "Usage: scarab x [A]\n       [B]\n");
        assert_eq!(folded("one two three", 7), "one two\nthree\n");
        assert_eq!(folded("toooé éé", 7), "toooé\néé\n");
        for verb in all() {
            for line in of(verb).lines() {
                let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                assert_eq!(words(&folded(line, 60)), words(line));
            }
        }
    }

    #[test]
    fn a_mistyped_verb_is_guessed_but_not_wildly() {
        assert_eq!(nearest("atach"), Some("attach"));
        assert_eq!(nearest("captrue"), Some("capture"));
        assert_eq!(nearest("zzz"), None);
    }
}
