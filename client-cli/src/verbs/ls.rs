//! `scarab ls`: the sessions.

use super::Verb;
use crate::args::Args;
use crate::out::Out;
use crate::{connect, json, text};
use lexopt::Arg;
use scarab_protocol::message::{SessionInfo, request};

use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "ls",
    usage: "[--json]",
    summary: "list the sessions",
    details: "\
AGE is the time since a session was made, IDLE since its last input or output. A session that ended unseen stays
listed as exited, with its last screen, until it was shown or killed or a day has passed.

  --json    an array of objects, described in docs/cli-json.md

Examples:
  scarab ls
  scarab ls --json | jq -r '.[] | select(.viewers == []) | .name'
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
    let sessions = connect::client()?.ask(request::List {})?.sessions;
    let mut out = Out::new();
    if as_json {
        let values = sessions.iter().map(json::session).collect();
        out.line(&serde_json::Value::Array(values).to_string())?;
    } else if sessions.is_empty() {
        out.line("no sessions; 'scarab new' makes one")?;
    } else {
        // Cut only for a person's screen: a file or a pipe gets everything.
        for line in table(&sessions, text::now(), crate::out::terminal_width()) {
            out.line(&line)?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn table(sessions: &[SessionInfo], now: u64, width: Option<usize>) -> Vec<String> {
    let head = ["NAME", "ID", "STATE", "VIEWERS", "SIZE", "AGE", "IDLE", "COMMAND"].map(str::to_owned);
    let mut rows = vec![head.to_vec()];
    for session in sessions {
        rows.push(vec![
            text::clean(&session.name).into_owned(),
            session.id.to_string(),
            text::state(session),
            if session.viewers.is_empty() { "-".to_owned() } else { session.viewers.len().to_string() },
            format!("{}x{}", session.size.cols, session.size.rows),
            text::span(now.saturating_sub(session.created)),
            text::span(now.saturating_sub(session.last_activity)),
            text::command(session),
        ]);
    }
    text::table(&rows, width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scarab_protocol::message::{ExitStatus, ProgressState, SessionId, Size, ViewerInfo};

    #[test]
    fn a_listing_is_aligned_and_says_what_matters() {
        let second = 1_000_000;
        let size = Size { cols: 80, rows: 24, width_px: 0, height_px: 0 };
        let running = SessionInfo {
            id: SessionId(1),
            name: "0".into(),
            command: Vec::new(),
            foreground: "vim".into(),
            title: "notes\x1b]0;x".into(),
            directory: "/".into(),
            size,
            leader: 7,
            created: 0,
            last_activity: 7000 * second,
            last_used: 0,
            viewers: vec![ViewerInfo { pid: 1, name: "t".into(), size, read_only: false, since: 0 }],
            history_lines: 0,
            bell: true,
            progress: ProgressState::Normal(42),
            exited: None,
            alternate_screen: false,
        };
        let exited = SessionInfo {
            id: SessionId(12),
            name: "build".into(),
            command: vec!["make".into(), "-j8".into()],
            foreground: String::new(),
            title: String::new(),
            viewers: Vec::new(),
            bell: false,
            progress: ProgressState::None,
            exited: Some(ExitStatus::Code(2)),
            ..running.clone()
        };
        assert_eq!(
            table(&[running, exited], 7200 * second, None),
            [
                "NAME   ID   STATE               VIEWERS  SIZE   AGE  IDLE  COMMAND",
                "0      @1   running, 42%, bell  1        80x24  2h   3m    vim \u{2013} notes\u{fffd}]0;x",
                "build  @12  exited (2)          -        80x24  2h   3m    make -j8",
            ]
        );
    }
}
