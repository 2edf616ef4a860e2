//! `scarab wait`: until a session ends, a text appears or a command finishes.

use super::Verb;
use crate::args::Args;
use crate::connect;
use anyhow::bail;
use lexopt::Arg;
use scarab_protocol::ClientError;
use scarab_protocol::message::{ExitStatus, ToClient, WaitFor, WaitOutcome, request};
use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "wait",
    usage: "NAME [--text PATTERN | --command] [--timeout SECONDS]",
    summary: "wait until a session ends, a text appears or a command finishes",
    details: "\
\x20 --text PATTERN       until PATTERN stands on the screen or passes, literally
  --command            until the command that runs now or next ends (needs a shell with OSC 133 marks)
  --timeout SECONDS    give up after so long; fractions are allowed

The exit status is that of the session's program or of the command: its code, or 128 and the signal's number; for
--text it is 0. 124 says that the time was up, 125 that the status is unknown.

Examples:
  scarab new -d build -- make && scarab wait build
  scarab wait server --text 'listening on' --timeout 30
  scarab send work make --enter && scarab wait work --command
",
    run,
};

/// The time was up: timeout(1)'s status for the same.
const TIMED_OUT: u8 = 124;
/// Nobody knows how it ended: the session was killed off the list, or ended while no service watched it.
const UNKNOWN: u8 = 125;

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let (mut name, mut what, mut timeout_ms) = (None, None, 0);
    while let Some(argument) = args.next()? {
        let next = match argument {
            Arg::Value(value) => {
                args.fill(&mut name, value)?;
                continue;
            }
            Arg::Long("timeout") => {
                let text = args.text()?;
                timeout_ms = milliseconds(&text)
                    .ok_or_else(|| args.wrong(format!("'{text}' is no time: seconds, more than 0")))?;
                continue;
            }
            Arg::Long("text") => WaitFor::Text(args.text()?),
            Arg::Long("command") => WaitFor::Command,
            other => return Err(VERB.unexpected(other)),
        };
        if what.replace(next).is_some() {
            return Err(args.wrong("--text and --command exclude each other"));
        }
    }
    if what == Some(WaitFor::Text(String::new())) {
        return Err(args.wrong("--text needs a text"));
    }
    let session = args.need(name, "NAME")?;
    let what = what.unwrap_or(WaitFor::Exit);
    let for_text = matches!(what, WaitFor::Text(_));
    let mut client = connect::client()?;
    let id = client.begin(request::Wait { session: session.clone(), what, timeout_ms })?;
    let outcome = loop {
        let Some(received) = client.next(None)? else { continue };
        match received.message {
            _ if received.id != id => {}
            ToClient::Waited(waited) => break waited.outcome,
            ToClient::Failed(failed) => return Err(ClientError::Failed(failed).into()),
            other => bail!("the service answered with a message of kind {}", other.kind()),
        }
    };
    Ok(match outcome {
        WaitOutcome::Text(_) => ExitCode::SUCCESS,
        // The text can no longer come.
        WaitOutcome::Exited(_) | WaitOutcome::Removed if for_text => {
            bail!("{session} ended before the text came")
        }
        WaitOutcome::Exited(status) => ExitCode::from(code(status)),
        WaitOutcome::Command(status) => ExitCode::from(status.map_or(UNKNOWN, |status| status as u8)),
        WaitOutcome::TimedOut => ExitCode::from(TIMED_OUT),
        WaitOutcome::Removed => ExitCode::from(UNKNOWN),
        WaitOutcome::Cancelled => bail!("the wait was cancelled"),
    })
}

/// A shell's way to say a status in one byte.
fn code(status: ExitStatus) -> u8 {
    match status {
        ExitStatus::Code(code) => code as u8,
        ExitStatus::Signal(number) => 128u8.wrapping_add(number as u8),
        ExitStatus::Unknown => UNKNOWN,
        // By SIGKILL, as the shell of a program says it.
        ExitStatus::OutOfMemory => code(ExitStatus::Signal(9)),
    }
}

fn milliseconds(text: &str) -> Option<u64> {
    let seconds: f64 = text.parse().ok()?;
    // At least one, because 0 would mean for ever; the conversion caps what is beyond the range.
    (seconds.is_finite() && seconds > 0.0).then(|| ((seconds * 1000.0).ceil() as u64).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_fit_a_byte_as_shells_have_it() {
        assert_eq!(code(ExitStatus::Code(3)), 3);
        assert_eq!(code(ExitStatus::Signal(15)), 143);
        assert_eq!(code(ExitStatus::Unknown), 125);
    }

    #[test]
    fn times_are_positive() {
        assert_eq!(milliseconds("1.5"), Some(1500));
        assert_eq!(milliseconds("0.0001"), Some(1));
        for wrong in ["0", "-1", "inf", "nan", "x", ""] {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }
}
