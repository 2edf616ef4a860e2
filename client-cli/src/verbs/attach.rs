//! `scarab attach`, and `scarab` alone: this terminal becomes a viewer.

use super::{Verb, new};
use crate::args::Args;
use crate::{attach, connect};
use lexopt::Arg;
use scarab_protocol::message::request;
use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "attach",
    usage: "[-c] [NAME] [--read-only] [--detach-others]",
    summary: "show a session in this terminal",
    details: "\
Without NAME: the session that was used last.

  -c, --create       make the session if there is none of that name
  --read-only        only look; what is typed goes nowhere
  --detach-others    detach the session's other viewers

While attached, Ctrl-\\ is a prefix: then d detaches, s chooses a session, c makes one, n and p go to the next and
the previous one, [ shows the history, / searches it for a regular expression (Ctrl-r: literally), ? helps, and
Ctrl-\\ again sends itself.

Examples:
  scarab attach work
  scarab attach -c work          work if it is there, else a new session of that name
  ssh -t host scarab attach      the last used session of another machine
",
    run,
};

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let (mut name, mut create, mut read_only, mut detach_others) = (None, false, false, false);
    while let Some(argument) = args.next()? {
        match argument {
            Arg::Value(value) => args.fill(&mut name, value)?,
            Arg::Short('c') | Arg::Long("create") => create = true,
            Arg::Long("read-only") => read_only = true,
            Arg::Long("detach-others") => detach_others = true,
            other => return Err(VERB.unexpected(other)),
        }
    }
    let create = match (create, &name) {
        (false, _) => None,
        (true, Some(name)) => Some(request::Create { name: name.clone(), ..new::from_here()? }),
        (true, None) => return Err(args.wrong("-c needs the NAME of the session to make")),
    };
    let socket = connect::checked_path()?;
    let session = name.unwrap_or_default();
    attach::run(attach::Options { session, read_only, detach_others, socket, create })
}

/// Shows a session that was just made, by its id.
pub fn to(session: String) -> anyhow::Result<ExitCode> {
    let socket = connect::checked_path()?;
    attach::run(attach::Options { session, read_only: false, detach_others: false, socket, create: None })
}

/// `scarab` alone: the last used session, or the first one.
pub fn last_or_first() -> anyhow::Result<ExitCode> {
    let socket = connect::checked_path()?;
    let create = Some(new::from_here()?);
    attach::run(attach::Options {
        session: String::new(),
        read_only: false,
        detach_others: false,
        socket,
        create,
    })
}
