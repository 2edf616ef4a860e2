//! The stable `--json` forms, described in `docs/cli-json.md`. Fields may be added; none changes its meaning.

use scarab_protocol::message::{
    ExitStatus, ProgressState, SessionInfo, ViewerColours, ViewerInfo, answer::Status,
};
use serde_json::{Value, json};

/// A session as `ls --json` and events show it.
pub fn session(session: &SessionInfo) -> Value {
    json!({
        "id": session.id.0,
        "name": session.name,
        "command": session.command,
        "foreground": session.foreground,
        "title": session.title,
        "directory": session.directory,
        "cols": session.size.cols,
        "rows": session.size.rows,
        "leader": (session.leader != 0).then_some(session.leader),
        "created": session.created,
        "last_activity": session.last_activity,
        "last_used": (session.last_used != 0).then_some(session.last_used),
        "viewers": session.viewers.iter().map(viewer).collect::<Vec<_>>(),
        "history_lines": session.history_lines,
        "bell": session.bell,
        "progress": progress(session.progress),
        "exited": session.exited.map(exit),
        "alternate_screen": session.alternate_screen,
    })
}

/// The service, as `status --json` shows it.
pub fn status(status: &Status) -> Value {
    json!({
        "version": status.version,
        "pid": status.pid,
        "started": status.started,
        "started_by": status.started_by,
        "socket": status.socket,
        "sessions": status.sessions,
        "exited": status.exited,
        "viewers": status.viewers,
        "connections": status.connections,
        "notes": status.notes,
    })
}

fn viewer(viewer: &ViewerInfo) -> Value {
    json!({
        "pid": viewer.pid,
        "name": viewer.name,
        "cols": viewer.size.cols,
        "rows": viewer.size.rows,
        "read_only": viewer.read_only,
        "since": viewer.since,
    })
}

/// How a leader ended: one object with one key.
pub fn exit(status: ExitStatus) -> Value {
    match status {
        ExitStatus::Code(code) => json!({ "code": code }),
        ExitStatus::Signal(number) => json!({ "signal": number }),
        ExitStatus::Unknown => json!({ "unknown": true }),
        ExitStatus::OutOfMemory => json!({ "out_of_memory": true }),
    }
}

/// Progress, `null` when none is shown.
pub fn progress(progress: ProgressState) -> Value {
    let (state, percent) = match progress {
        ProgressState::None => return Value::Null,
        ProgressState::Normal(percent) => ("normal", Some(percent)),
        ProgressState::Error(percent) => ("error", Some(percent)),
        ProgressState::Busy => ("busy", None),
        ProgressState::Paused(percent) => ("paused", Some(percent)),
    };
    json!({ "state": state, "percent": percent })
}

/// Colours as `#rrggbb`.
pub fn colours(colours: &ViewerColours) -> Value {
    let hex = |rgb: scarab_protocol::message::Rgb| format!("#{:02x}{:02x}{:02x}", rgb.r, rgb.g, rgb.b);
    let palette: serde_json::Map<String, Value> =
        colours.palette.iter().map(|(index, rgb)| (index.to_string(), hex(*rgb).into())).collect();
    json!({
        "foreground": colours.foreground.map(hex),
        "background": colours.background.map(hex),
        "cursor": colours.cursor.map(hex),
        "palette": palette,
    })
}
