//! Where the log goes: to the journal with structured fields when standard error is the journal, else as plain
//! lines to standard error.
//!
//! Levels, by what a person does about them: *error*, something is lost or refused that should not be; *warn*,
//! it goes on but someone should look; *info*, what an administrator wants to find later (starts, sessions, stops);
//! *debug*, for who works on Scarab. What passes through a terminal is never logged.

use log::kv::{Error, Key, Value, VisitSource};
use log::{LevelFilter, Log, Metadata, Record};
use std::io::Write;

/// The variable that names the least level told: `error`, `warn`, `info` (the default), `debug`, `trace`, `off`.
pub const LEVEL_VARIABLE: &str = "SCARAB_LOG";

/// Installs the logger; called once, by `main`.
pub fn install() {
    let level = std::env::var(LEVEL_VARIABLE).ok().and_then(|level| level.parse().ok());
    let to_journal = systemd_journal_logger::connected_to_journal()
        && systemd_journal_logger::JournalLog::new()
            .map(|journal| journal.with_syslog_identifier("scarabd".to_owned()))
            .is_ok_and(|journal| journal.install().is_ok());
    if !to_journal {
        // Fails only where a logger stands already, which then is the one to use.
        let _ = log::set_logger(&Lines);
    }
    log::set_max_level(level.unwrap_or(LevelFilter::Info));
}

/// Plain lines: `scarabd: warn: message (key=value)`.
struct Lines;

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut line = match record.level() {
            log::Level::Info => format!("scarabd: {}", record.args()),
            level => format!("scarabd: {}: {}", level.as_str().to_ascii_lowercase(), record.args()),
        };
        let mut fields = Fields(Vec::new());
        if record.key_values().visit(&mut fields).is_ok() && !fields.0.is_empty() {
            line.push_str(&format!(" ({})", fields.0.join(", ")));
        }
        line.push('\n');
        // One write for a line, so that lines of several threads do not mix; nobody is left to tell of a failure.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }

    fn flush(&self) {}
}

struct Fields(Vec<String>);

impl<'kvs> VisitSource<'kvs> for Fields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        self.0.push(format!("{key}={value}"));
        Ok(())
    }
}
