//! `scarab rename`: gives a session another name.

use super::Verb;
use crate::args::Args;
use crate::connect;
use lexopt::Arg;
use scarab_protocol::message::request;
use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "rename",
    usage: "NAME NEW",
    summary: "give a session another name; its id stays",
    details: "\
Example:
  scarab rename 0 work
",
    run,
};

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let (mut session, mut name) = (None, None);
    while let Some(argument) = args.next()? {
        match argument {
            Arg::Value(value) if session.is_none() => args.fill(&mut session, value)?,
            Arg::Value(value) => args.fill(&mut name, value)?,
            other => return Err(VERB.unexpected(other)),
        }
    }
    let session = args.need(session, "NAME")?;
    let name = args.need(name, "the NEW name")?;
    connect::client()?.ask(request::Rename { session, name })?;
    Ok(ExitCode::SUCCESS)
}
