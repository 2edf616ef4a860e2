//! `scarab status`: how the service is. It is asked, never started, for the answer may be that it does not run.

use super::Verb;
use crate::args::Args;
use crate::out::Out;
use crate::{connect, json, text};
use lexopt::Arg;
use scarab_protocol::message::{answer, request};
use std::borrow::Cow;
use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "status",
    usage: "[--json]",
    summary: "say how the service is",
    details: "\
\x20 --json            as an object, described in docs/cli-json.md

Exit status 1 when it does not run; nothing is started.
",
    run,
};

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let mut as_json = false;
    while let Some(argument) = args.next()? {
        match argument {
            Arg::Long("json") => as_json = true,
            other => return Err(VERB.unexpected(other)),
        }
    }
    let status = connect::running()?.ask(request::GetStatus {})?;
    let mut out = Out::new();
    if as_json {
        out.line(&json::status(&status).to_string())?;
    } else {
        for line in lines(&status, text::now()) {
            out.line(&line)?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn lines(status: &answer::Status, now: u64) -> Vec<String> {
    let count = |number: u32, one: &str| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
    let mut counts = vec![count(status.sessions, "session")];
    if status.exited > 0 {
        counts.push(format!("{} exited", status.exited));
    }
    counts.push(count(status.viewers, "viewer"));
    counts.push(count(status.connections, "connection"));
    let mut lines = vec![
        format!(
            "scarabd {}, process {}, up {}, {}",
            text::clean(&status.version),
            status.pid,
            text::span(now.saturating_sub(status.started)),
            match status.started_by.as_str() {
                "systemd" => Cow::Borrowed("under systemd"),
                other => text::clean(other),
            }
        ),
        counts.join(", "),
        format!("listens on {}", text::clean(&status.socket)),
    ];
    if status.version != env!("CARGO_PKG_VERSION") {
        lines.push(format!("note: this program is version {}", env!("CARGO_PKG_VERSION")));
    }
    lines.extend(status.notes.iter().map(|note| format!("note: {}", text::clean(note))));
    lines
}
