//! `scarab detach`: ends a session's viewers, not the session.

use super::Verb;
use crate::args::Args;
use crate::connect;
use scarab_protocol::message::request;
use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "detach",
    usage: "NAME",
    summary: "send all viewers of a session away; it goes on",
    details: "\
Example:
  scarab detach work
",
    run,
};

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let session = args.only_name()?;
    connect::client()?.ask(request::Detach { session })?;
    Ok(ExitCode::SUCCESS)
}
