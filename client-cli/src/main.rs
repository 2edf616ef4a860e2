//! `scarab`: the command line, and the viewer for a text terminal.
//!
//! This file picks the verb and says how it ended: 0, 1 for a failure in one line on standard error, 2 for wrong
//! usage. A reader of our output who leaves early is no failure.

mod args;
mod attach;
mod candidates;
mod connect;
mod daemon;
mod follow;
mod help;
mod json;
mod out;
mod signal;
mod text;
mod tools;
mod tty;
mod verbs;

use args::{Args, HelpWanted, Usage};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Wrong usage, as sysexits and most shells' builtins have it.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let result = match arguments.next() {
        None => verbs::attach::last_or_first(),
        Some(first) if first == daemon::BECOME => daemon::become_service(arguments),
        Some(first) if first == candidates::COMPLETE => candidates::run(arguments),
        Some(first) => run(&first, arguments.collect()),
    };
    result.or_else(asked_for_help).unwrap_or_else(report)
}

fn run(first: &OsString, rest: Vec<OsString>) -> anyhow::Result<ExitCode> {
    let first = first.to_string_lossy();
    match &*first {
        "help" | "--help" | "-h" => help::run(rest),
        "--version" | "-V" => {
            let mut out = out::Out::new();
            out.line(concat!("scarab ", env!("CARGO_PKG_VERSION")))?;
            out.flush()?;
            Ok(ExitCode::SUCCESS)
        }
        name => match verbs::find(name) {
            Some(verb) => (verb.run)(Args::new(verb.name, rest)),
            None => {
                let kind = if name.starts_with('-') { "option" } else { "verb" };
                let message = match help::nearest(name) {
                    Some(near) => format!("there is no {kind} '{}'; '{near}' perhaps?", text::clean(name)),
                    None => format!("there is no {kind} '{}'", text::clean(name)),
                };
                Err(Usage { verb: "", message }.into())
            }
        },
    }
}

fn asked_for_help(error: anyhow::Error) -> anyhow::Result<ExitCode> {
    match error.downcast::<HelpWanted>() {
        Ok(HelpWanted(verb)) => help::verb(verb),
        Err(error) => Err(error),
    }
}

fn report(error: anyhow::Error) -> ExitCode {
    if error.is::<out::Closed>() {
        return ExitCode::SUCCESS;
    }
    let line = format!("{error:#}").replace('\n', " ");
    // Nowhere is left to complain of a closed standard error.
    let _ = writeln!(std::io::stderr(), "scarab: {}", text::clean(&line));
    if error.is::<Usage>() { ExitCode::from(WRONG_USAGE) } else { ExitCode::FAILURE }
}
