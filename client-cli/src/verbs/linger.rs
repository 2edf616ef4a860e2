//! `scarab linger`: whether the user's manager, and with it every session, outlives the last logout.

use super::Verb;
use crate::args::Args;
use crate::connect;
use crate::out::Out;
use crate::tools::{self, Ran};
use anyhow::bail;
use lexopt::Arg;
use scarab_protocol::message::request;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

pub const VERB: Verb = Verb {
    name: "linger",
    usage: "[on|off]",
    summary: "say or choose whether sessions outlive your logout",
    details: "\
Without lingering, logind stops your systemd manager some seconds after your last logout, and sessions end with it.

Examples:
  scarab linger
  scarab linger on
",
    run,
};

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let mut choice = None;
    while let Some(argument) = args.next()? {
        match argument {
            Arg::Value(value) => args.fill(&mut choice, value)?,
            other => return Err(VERB.unexpected(other)),
        }
    }
    match choice.as_deref() {
        None => show(),
        Some("on") => set("enable-linger"),
        Some("off") => set("disable-linger"),
        Some(other) => Err(args.wrong(format!("'{other}' is neither 'on' nor 'off'"))),
    }
}

fn show() -> anyhow::Result<ExitCode> {
    let mut out = Out::new();
    match state()? {
        Linger::On => out.line("on: sessions go on when you log out")?,
        Linger::Off => out.line("off: sessions end when you log out; 'scarab linger on' keeps them")?,
        Linger::NoLogind => bail!("{NO_LOGIND}"),
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

const NO_LOGIND: &str = "systemd-logind does not run here, so no logout ends sessions";

fn set(verb: &str) -> anyhow::Result<ExitCode> {
    if matches!(state()?, Linger::NoLogind) {
        bail!("{NO_LOGIND}");
    }
    let uid = uid();
    match tools::run("loginctl", &[verb, &uid], tools::LIMIT)? {
        Ran::Done(report) if report.success => Ok(ExitCode::SUCCESS),
        Ran::Done(report) => {
            bail!("logind refused ({}); an administrator can: sudo loginctl {verb} {uid}", report.complaint)
        }
        Ran::TimedOut => bail!("logind did not answer within {} s", tools::LIMIT.as_secs()),
        Ran::Missing => bail!("{NO_LOGIND}"),
    }
}

/// Whether the user lingers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linger {
    /// The manager outlives the last logout.
    On,
    /// It does not.
    Off,
    /// Nobody here ends managers.
    NoLogind,
}

/// Asks logind. It knows only users who are logged in or linger: one it does not know does not linger.
pub fn state() -> anyhow::Result<Linger> {
    state_within(tools::LIMIT)
}

fn state_within(limit: Duration) -> anyhow::Result<Linger> {
    let uid = uid();
    Ok(match tools::run("loginctl", &["show-user", &uid, "--property", "Linger", "--value"], limit)? {
        Ran::Done(report) if report.success => match report.output.as_str() {
            "yes" => Linger::On,
            _ => Linger::Off,
        },
        Ran::Done(_) => {
            // Told apart by a question about logind itself.
            match tools::run("loginctl", &["list-users", "--no-legend"], limit)?.output() {
                Some(_) => Linger::Off,
                None => Linger::NoLogind,
            }
        }
        Ran::Missing | Ran::TimedOut => Linger::NoLogind,
    })
}

/// Says once, in plain words, that sessions end with the last logout, where that is so. Nothing that fails here is worth
/// a person's time.
pub fn tell_once() {
    let Some(marker) = marker() else { return };
    if marker.exists() || !by_systemd() || !matches!(state_within(MOMENT), Ok(Linger::Off)) {
        return;
    }
    // Nobody is left to tell of a terminal that is gone.
    let _ = writeln!(
        std::io::stderr(),
        "These sessions end when you log out. To keep them running: scarab linger on   (this is said once)"
    );
    let made = marker.parent().map(std::fs::create_dir_all);
    if made.is_some_and(|made| made.is_ok()) {
        let _ = std::fs::write(&marker, ""); // else it is said again
    }
}

/// How long a person who leaves may be held up for this.
const MOMENT: Duration = Duration::from_secs(1);

/// Whether it is systemd that ends the sessions: a service that it did not start lives as long as it lives.
fn by_systemd() -> bool {
    let status = connect::running().ok().and_then(|mut client| client.ask(request::GetStatus {}).ok());
    status.is_some_and(|status| status.started_by == "systemd")
}

/// The file that says that a person has been told.
fn marker() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = variable("XDG_STATE_HOME").filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(variable("HOME")?.join(".local/state")))?;
    Some(state.join("scarab/told-of-lingering"))
}

fn uid() -> String {
    rustix::process::getuid().as_raw().to_string()
}
