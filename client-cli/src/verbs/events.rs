//! `scarab events`: what happens in all sessions, as it happens.

use super::Verb;
use crate::args::Args;
use crate::out::{Out, wait_readable};
use crate::{connect, json, text};
use data_encoding::BASE64;
use lexopt::Arg;
use rustix::fd::AsFd;
use scarab_protocol::ClientError;
use scarab_protocol::client::{Client, Link};
use scarab_protocol::message::{SessionId, ToClient, request};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::ExitCode;
use std::time::Duration;

pub const VERB: Verb = Verb {
    name: "events",
    usage: "[--json]",
    summary: "print what happens in all sessions as it happens",
    details: "\
\x20 --json    one object a line, described in docs/cli-json.md; modes, colours and pointer shapes too

Example:
  scarab events --json | jq -r 'select(.event == \"bell\") | .name'
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
    let mut link = Link::connect(connect::ready()?)?;
    let mut printer = Printer { out: Out::new(), as_json, names: HashMap::new() };
    let mut fresh = true;
    loop {
        let result = match link.client() {
            Some(client) => follow(client, &mut printer, std::mem::take(&mut fresh)),
            None => return Ok(ExitCode::FAILURE),
        };
        // Only the connection's own end is worth another attempt.
        let Err(error) = result else { continue };
        link.lost(error.downcast::<ClientError>()?)?;
        link.reconnect(|_| {})?;
        fresh = true;
    }
}

/// Prints what has come; a fresh connection is told first what it wants to hear.
fn follow(client: &mut Client, printer: &mut Printer, fresh: bool) -> anyhow::Result<()> {
    if fresh {
        // Subscribed before the list is asked for: what is made in between is told twice rather than never.
        client.ask(request::Subscribe { session: "*".to_owned() })?;
        let sessions = client.ask(request::List {})?.sessions;
        printer.names = sessions.into_iter().map(|session| (session.id, session.name)).collect();
    }
    if !client.has_buffered() {
        wait_readable(&[client.as_fd()])?;
    }
    while let Some(received) = client.next(Some(Duration::ZERO))? {
        printer.print(received.message)?;
    }
    printer.out.flush()
}

struct Printer {
    out: Out,
    as_json: bool,
    names: HashMap<SessionId, String>,
}

impl Printer {
    fn print(&mut self, message: ToClient) -> anyhow::Result<()> {
        match &message {
            ToClient::SessionCreated(created) => {
                self.names.insert(created.session.id, created.session.name.clone());
            }
            ToClient::SessionRenamed(renamed) => {
                self.names.insert(renamed.session, renamed.name.clone());
            }
            _ => {}
        }
        let Some(event) = Event::of(message) else { return Ok(()) };
        if !self.as_json && matches!(event.kind, "modes" | "colours" | "pointer") {
            return Ok(());
        }
        let name = event.session.and_then(|id| self.names.get(&id)).map_or("", String::as_str);
        let line = if self.as_json { event.json(name, text::now()) } else { event.human(name) };
        self.out.line(&line)?;
        if event.kind == "removed"
            && let Some(id) = event.session
        {
            self.names.remove(&id);
        }
        Ok(())
    }
}

/// One event: its word, its session, what a person reads after the word, and its fields.
struct Event {
    kind: &'static str,
    session: Option<SessionId>,
    summary: String,
    fields: Value,
}

impl Event {
    fn new(
        kind: &'static str,
        session: SessionId,
        summary: impl Into<String>,
        fields: Value,
    ) -> Option<Self> {
        Some(Event { kind, session: Some(session), summary: summary.into(), fields })
    }

    /// `None` for what concerns only this connection or an attached viewer.
    fn of(message: ToClient) -> Option<Self> {
        match message {
            ToClient::Bell(event) => Event::new("bell", event.session, "", json!({})),
            ToClient::Title(event) => {
                let fields = json!({ "title": event.title, "icon_title": event.icon });
                Event::new("title", event.session, event.title, fields)
            }
            ToClient::Directory(event) => {
                let fields = json!({ "directory": event.directory });
                Event::new("directory", event.session, event.directory, fields)
            }
            ToClient::ColoursChanged(event) => {
                Event::new("colours", event.session, "", json!({ "colours": json::colours(&event.colours) }))
            }
            ToClient::ModesChanged(event) => Event::new(
                "modes",
                event.session,
                format!("{:#x}", event.modes),
                json!({ "modes": event.modes }),
            ),
            ToClient::ClipboardSet(event) => {
                let summary = format!("{} bytes", event.data.len());
                let fields = json!({
                    "selection": event.selection,
                    "data_base64": BASE64.encode(&event.data),
                    "allowed": event.allowed,
                });
                Event::new("clipboard", event.session, summary, fields)
            }
            ToClient::Notification(event) => {
                let fields = json!({
                    "id": event.id,
                    "title": event.title,
                    "body": event.body,
                    "urgency": event.urgency,
                });
                let summary = [event.title, event.body].join(" ");
                Event::new("notification", event.session, summary.trim(), fields)
            }
            ToClient::Progress(event) => {
                let progress = json::progress(event.progress);
                let summary = match progress["percent"].as_u64() {
                    Some(percent) => format!("{} {percent}%", progress["state"].as_str().unwrap_or_default()),
                    None => progress["state"].as_str().unwrap_or("none").to_owned(),
                };
                Event::new("progress", event.session, summary, json!({ "progress": progress }))
            }
            ToClient::CommandStarted(event) => {
                let fields = json!({ "command": event.command });
                Event::new("command-started", event.session, event.command, fields)
            }
            ToClient::CommandFinished(event) => {
                let status =
                    event.status.map_or("status unknown".to_owned(), |status| format!("status {status}"));
                let summary = format!("{status} after {}", text::span(event.duration));
                let fields = json!({ "status": event.status, "duration": event.duration });
                Event::new("command-finished", event.session, summary, fields)
            }
            ToClient::Foreground(event) => {
                let fields = json!({ "foreground": event.name });
                Event::new("foreground", event.session, event.name, fields)
            }
            ToClient::SessionCreated(event) => {
                let fields = json!({ "info": json::session(&event.session) });
                Event::new("created", event.session.id, text::command(&event.session), fields)
            }
            ToClient::SessionRenamed(event) => Event::new("renamed", event.session, "", json!({})),
            ToClient::SessionExited(event) => {
                let fields = json!({ "exited": json::exit(event.status) });
                Event::new("exited", event.session, text::exit(event.status), fields)
            }
            ToClient::SessionRemoved(event) => Event::new("removed", event.session, "", json!({})),
            ToClient::PointerShape(event) => {
                let fields = json!({ "shape": event.shape });
                Event::new("pointer", event.session, event.shape, fields)
            }
            ToClient::GoingDown(event) => Some(Event {
                kind: "going-down",
                session: None,
                summary: if event.sessions_survive { "sessions go on" } else { "sessions end" }.to_owned(),
                fields: json!({ "sessions_survive": event.sessions_survive }),
            }),
            ToClient::EventsLost(event) => Some(Event {
                kind: "events-lost",
                session: None,
                summary: event.count.to_string(),
                fields: json!({ "count": event.count }),
            }),
            _ => None,
        }
    }

    fn json(&self, name: &str, time: u64) -> String {
        let mut object = self.fields.clone();
        object["event"] = self.kind.into();
        object["time"] = time.into();
        if let Some(session) = self.session {
            object["session"] = session.0.into();
            object["name"] = name.into();
        }
        object.to_string()
    }

    fn human(&self, name: &str) -> String {
        let line = match self.session {
            Some(id) => format!("{name} {id}  {}  {}", self.kind, self.summary),
            None => format!("service  {}  {}", self.kind, self.summary),
        };
        text::clean(line.trim_end()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scarab_protocol::message::{ExitStatus, event};

    #[test]
    fn an_event_has_its_word_its_session_and_its_fields() {
        let session = SessionId(3);
        let exited = event::SessionExited { session, name: "x".into(), status: ExitStatus::Signal(9) };
        let event = Event::of(exited.into()).expect("told");
        assert_eq!(event.human("x"), "x @3  exited  exited (SIGKILL)");
        let object: Value = serde_json::from_str(&event.json("x", 5)).expect("JSON");
        assert_eq!(
            object,
            json!({ "event": "exited", "session": 3, "name": "x", "time": 5, "exited": { "signal": 9 } })
        );
        assert!(Event::of(event::Acknowledged { offset: 1 }.into()).is_none());
    }
}
