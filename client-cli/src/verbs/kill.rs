//! `scarab kill`: ends a session, all of them, or signals one's program.

use super::Verb;
use crate::args::Args;
use crate::{connect, signal};
use lexopt::Arg;
use scarab_protocol::message::request;
use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "kill",
    usage: "NAME [--signal SIG] | --all",
    summary: "end a session, or send its program a signal",
    details: "\
A session is ended as by a terminal that is closed: SIGHUP, and SIGKILL for what remains 2 seconds later.

  --signal SIG    only send SIG (INT, TERM, 9, ...) to what runs in the foreground
  --all           end every session

Examples:
  scarab kill work
  scarab kill build --signal INT
",
    run,
};

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let (mut name, mut all, mut number) = (None, false, 0);
    while let Some(argument) = args.next()? {
        match argument {
            Arg::Value(value) => args.fill(&mut name, value)?,
            Arg::Long("all") => all = true,
            Arg::Short('s') | Arg::Long("signal") => {
                let text = args.text()?;
                number = signal::number(&text).ok_or_else(|| {
                    args.wrong(format!("'{text}' is no signal: a name such as TERM, or 1 to 64"))
                })?;
            }
            other => return Err(VERB.unexpected(other)),
        }
    }
    let session = match (name, all) {
        (Some(_), true) => return Err(args.wrong("NAME and --all exclude each other")),
        (None, true) => "*".to_owned(),
        // An empty name would mean the last used session: nobody kills that by accident.
        (name, false) => args.need(name.filter(|name| !name.is_empty()), "NAME")?,
    };
    connect::client()?.ask(request::Kill { session, signal: number })?;
    Ok(ExitCode::SUCCESS)
}
