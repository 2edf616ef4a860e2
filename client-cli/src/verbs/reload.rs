//! `scarab reload`: the service reads its configuration again.

use super::Verb;
use crate::args::Args;
use crate::connect;
use scarab_protocol::message::request;
use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "reload",
    usage: "",
    summary: "read the configuration again",
    details: "\
A configuration with a mistake is refused with its file, line and key, and the old one stays in force.
",
    run,
};

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    args.nothing()?;
    connect::client()?.ask(request::Reload {})?;
    Ok(ExitCode::SUCCESS)
}
