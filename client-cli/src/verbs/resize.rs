//! `scarab resize`: gives a session a size, whatever its viewers say.

use super::Verb;
use crate::args::{self, Args};
use crate::connect;
use lexopt::Arg;
use scarab_protocol::message::request;
use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "resize",
    usage: "NAME COLSxROWS",
    summary: "give a session a size until a viewer is used again",
    details: "\
Example:
  scarab resize build 200x50
",
    run,
};

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let (mut session, mut size) = (None, None);
    while let Some(argument) = args.next()? {
        match argument {
            Arg::Value(value) if session.is_none() => args.fill(&mut session, value)?,
            Arg::Value(value) => args.fill(&mut size, value)?,
            other => return Err(VERB.unexpected(other)),
        }
    }
    let session = args.need(session, "NAME")?;
    let text = args.need(size, "COLSxROWS")?;
    let size = args::size(&text).ok_or_else(|| args.wrong(args::size_hint(&text)))?;
    connect::client()?.ask(request::ResizeSession { session, size })?;
    Ok(ExitCode::SUCCESS)
}
