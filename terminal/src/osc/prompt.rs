//! Semantic prompts (OSC 133): where a shell's prompt, command line and output begin and end. Apart because
//! it is a little language of its own, by FinalTerm, iTerm2, kitty and Per Bothner's "semantic prompts".
//! Unknown options are passed over, as those documents ask.

use super::Osc;
use super::text::{Lines, clean, percent_decoded, shell_unquoted};

/// Characters of a command line that are kept.
const COMMAND_LIMIT: usize = 8192;
/// Characters of an application's id that are kept.
const ID_LIMIT: usize = 128;

/// What a shell says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PromptMark {
    /// Where it has come to.
    pub step: PromptStep,
    /// Which shell, where several are nested (`aid=`).
    pub id: Option<String>,
}

/// The steps of a prompt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PromptStep {
    /// A prompt begins here (A, N, P).
    PromptStart(PromptKind),
    /// The person's input begins here (B, I).
    InputStart,
    /// The command's output begins here (C).
    OutputStart {
        /// The command line, where the shell tells it.
        command: Option<String>,
    },
    /// The command has ended (D).
    CommandEnd {
        /// Its exit status, where the shell tells it.
        exit: Option<i32>,
    },
    /// Go to the beginning of a line, unless there already (L).
    FreshLine,
}

/// Which prompt it is (`k=`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PromptKind {
    /// The first of a command.
    #[default]
    Initial,
    /// Of a further line that can be edited with the first.
    Continuation,
    /// Of a further line that cannot (PS2).
    Secondary,
    /// At the right margin.
    Right,
}

/// Reads what follows `133;`.
pub(super) fn parse(body: &[u8]) -> Osc {
    let mut fields = body.split(|b| *b == b';');
    let letter = fields.next().unwrap_or_default();
    let (mut kind, mut id, mut command, mut exit) = (PromptKind::Initial, None, None, None);
    for (index, field) in fields.enumerate() {
        let (key, value) = match field.iter().position(|b| *b == b'=') {
            Some(equals) => (&field[..equals], &field[equals + 1..]),
            None => (field, &b""[..]),
        };
        match key {
            b"aid" => id = Some(clean(value, ID_LIMIT, Lines::One)),
            b"k" => {
                kind = match value {
                    b"c" => PromptKind::Continuation,
                    b"s" => PromptKind::Secondary,
                    b"r" => PromptKind::Right,
                    _ => PromptKind::Initial,
                }
            }
            b"cmdline" => command = Some(shell_unquoted(value)),
            b"cmdline_url" => command = Some(percent_decoded(value)),
            number if index == 0 => exit = str::from_utf8(number).ok().and_then(|text| text.parse().ok()),
            _ => {}
        }
    }
    let step = match letter {
        b"A" | b"N" | b"P" => PromptStep::PromptStart(kind),
        b"B" | b"I" => PromptStep::InputStart,
        b"C" => PromptStep::OutputStart { command: command.map(|c| clean(&c, COMMAND_LIMIT, Lines::Many)) },
        b"D" => PromptStep::CommandEnd { exit },
        b"L" => PromptStep::FreshLine,
        _ => return Osc::Unknown,
    };
    Osc::Prompt(PromptMark { step, id })
}

#[cfg(test)]
mod tests {
    use super::super::parse_body;
    use super::*;

    #[test]
    fn marks() {
        let output = |command: Option<&str>| PromptStep::OutputStart { command: command.map(Into::into) };
        for (body, step) in [
            ("133;A", PromptStep::PromptStart(PromptKind::Initial)),
            ("133;A;click_events=1;k=s", PromptStep::PromptStart(PromptKind::Secondary)),
            ("133;P;k=r", PromptStep::PromptStart(PromptKind::Right)),
            ("133;B", PromptStep::InputStart),
            ("133;C", output(None)),
            ("133;C;cmdline_url=echo%20a%3Bb", output(Some("echo a;b"))),
            ("133;C;cmdline=echo\\ a\\ b", output(Some("echo a b"))),
            ("133;C;cmdline_url=a%0Ab%1B", output(Some("a\nb"))),
            ("133;D", PromptStep::CommandEnd { exit: None }),
            ("133;D;0", PromptStep::CommandEnd { exit: Some(0) }),
            ("133;D;130;err=x", PromptStep::CommandEnd { exit: Some(130) }),
            ("133;D;-1", PromptStep::CommandEnd { exit: Some(-1) }),
            ("133;D;99999999999", PromptStep::CommandEnd { exit: None }),
            ("133;D;;", PromptStep::CommandEnd { exit: None }),
            ("133;L", PromptStep::FreshLine),
        ] {
            assert_eq!(parse_body(body.as_bytes()), Osc::Prompt(PromptMark { step, id: None }), "{body}");
        }
        for body in ["133", "133;", "133;Z", "133;AB"] {
            assert_eq!(parse_body(body.as_bytes()), Osc::Unknown, "{body}");
        }
    }

    #[test]
    fn shells_are_told_apart() {
        let Osc::Prompt(mark) = parse_body(b"133;D;0;aid=17\x07") else { panic!() };
        assert_eq!((mark.id.as_deref(), mark.step), (Some("17"), PromptStep::CommandEnd { exit: Some(0) }));
    }
}
