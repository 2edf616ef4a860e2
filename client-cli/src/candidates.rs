//! What a shell offers to complete a word with: `scarab --complete sessions|settings|signals`, for the files in
//! `packaging/completions` alone, so that none of them need take JSON apart.
//!
//! A line each: the word, and behind a tab what is said of it where a shell shows that. Whoever presses Tab wants no
//! service started and reads no complaint: without a service there is nothing to offer.

use crate::out::Out;
use crate::{connect, signal, text};
use scarab_protocol::message::{SessionInfo, request};
use std::ffi::OsString;
use std::process::ExitCode;

/// The first argument. No verb begins so.
pub const COMPLETE: &str = "--complete";

/// Prints the candidates of a kind.
pub fn run(mut kinds: impl Iterator<Item = OsString>) -> anyhow::Result<ExitCode> {
    let kind = kinds.next().unwrap_or_default();
    let candidates = match kind.to_str() {
        Some("sessions") => sessions(),
        Some("settings") => settings(),
        Some("signals") => Some(signal::names().map(|name| (name.to_owned(), String::new())).collect()),
        _ => None,
    };
    let Some(candidates) = candidates else { return Ok(ExitCode::FAILURE) };
    let mut out = Out::new();
    for (word, about) in candidates {
        out.line(&format!("{word}\t{about}"))?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

type Candidates = Option<Vec<(String, String)>>;

fn sessions() -> Candidates {
    let sessions = connect::running().ok()?.ask(request::List {}).ok()?.sessions;
    Some(sessions.iter().filter_map(session).collect())
}

fn session(session: &SessionInfo) -> Option<(String, String)> {
    // A name cannot be completed with anything else than itself.
    let name = text::clean(&session.name);
    (name == session.name)
        .then(|| (name.into_owned(), format!("{}: {}", text::state(session), text::command(session))))
}

fn settings() -> Candidates {
    let config = connect::running().ok()?.ask(request::GetConfig { key: String::new() }).ok()?;
    let candidate = |key: &str, value: &str| (text::clean(key).into_owned(), text::clean(value).into_owned());
    Some(config.values.iter().map(|value| candidate(&value.key, &value.value)).collect())
}
