//! The verbs, one per file: what each is called, says of itself and does.

pub mod attach;
mod capture;
mod config;
mod detach;
mod doctor;
mod env;
mod events;
mod kill;
pub mod linger;
mod ls;
mod new;
mod reload;
mod rename;
mod resize;
mod send;
mod status;
mod tail;
mod wait;

use crate::args::{Args, unexpected};
use lexopt::Arg;
use std::process::ExitCode;

/// A verb.
pub struct Verb {
    /// Its name.
    pub name: &'static str,
    /// What may follow the name, as `help` shows it.
    pub usage: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The rest of its help: options, examples.
    pub details: &'static str,
    /// Does it.
    pub run: fn(Args) -> anyhow::Result<ExitCode>,
}

impl Verb {
    /// An option or a value that this verb has no place for.
    fn unexpected(&self, argument: Arg<'_>) -> anyhow::Error {
        unexpected(self.name, argument)
    }
}

/// All verbs, grouped as the help shows them.
pub const GROUPS: &[(&str, &[Verb])] = &[
    ("Sessions", &[new::VERB, attach::VERB, detach::VERB, ls::VERB, rename::VERB, resize::VERB, kill::VERB]),
    ("What happens in them", &[send::VERB, capture::VERB, wait::VERB, tail::VERB, events::VERB, env::VERB]),
    ("The service", &[status::VERB, config::VERB, reload::VERB, linger::VERB, doctor::VERB]),
];

/// A verb by its name.
pub fn find(name: &str) -> Option<&'static Verb> {
    all().find(|verb| verb.name == name)
}

/// Every verb.
pub fn all() -> impl Iterator<Item = &'static Verb> {
    GROUPS.iter().flat_map(|(_, verbs)| verbs.iter())
}
