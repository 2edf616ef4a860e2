//! `scarab doctor`: what on this machine decides whether sessions survive, one line each, with what to do.
//!
//! Nothing is started or changed. A promise that does not hold here is a note; only what keeps Scarab from working
//! is a failure.

use super::Verb;
use super::linger::{self, Linger};
use crate::args::Args;
use crate::connect::{self, SERVICE_UNIT, SOCKET_UNIT};
use crate::out::Out;
use crate::{daemon, text, tools};
use scarab_protocol::message::request;
use scarab_protocol::socket::{SOCKET_VARIABLE, default_path, runtime_directory};
use scarab_protocol::{Client, ClientError};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "doctor",
    usage: "",
    summary: "check this machine and say what to do",
    details: "\
Every line begins with ok, note (a promise that does not hold here) or FAIL. Exit status 1 when one says FAIL.
",
    run,
};

/// The first systemd that keeps a stopped unit's descriptors (FileDescriptorStorePreserve=).
const KEEPS_ON_STOP: u32 = 254;
/// The TERM of sessions where the configuration does not say otherwise.
const DEFAULT_TERM: &str = "xterm-256color";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Ok,
    Note,
    Fail,
}

struct Finding {
    level: Level,
    about: &'static str,
    text: String,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, level: Level, about: &'static str, text: impl Into<String>) {
        self.0.push(Finding { level, about, text: text.into() });
    }
}

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    args.nothing()?;
    let mut findings = Findings::default();
    directory(&mut findings);
    let mut client = socket(&mut findings);
    let sessions = match &mut client {
        Some(client) => service(client, &mut findings)?,
        None => None,
    };
    program(&mut findings);
    systemd(sessions, &mut findings)?;
    terminfo(client.as_mut(), &mut findings);

    let mut out = Out::new();
    let rows: Vec<Vec<String>> = findings.0.iter().map(row).collect();
    for line in text::table(&rows, None) {
        out.line(&line)?;
    }
    out.flush()?;
    let failed = findings.0.iter().any(|finding| finding.level == Level::Fail);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn row(finding: &Finding) -> Vec<String> {
    let level = match finding.level {
        Level::Ok => "ok",
        Level::Note => "note",
        Level::Fail => "FAIL",
    };
    vec![level.to_owned(), finding.about.to_owned(), text::clean(&finding.text).into_owned()]
}

fn directory(findings: &mut Findings) {
    const ABOUT: &str = "runtime directory";
    let directory = runtime_directory();
    let shown = directory.display();
    if std::env::var_os("XDG_RUNTIME_DIR").is_none_or(|value| value.is_empty()) {
        findings.add(Level::Note, ABOUT, format!("XDG_RUNTIME_DIR is not set (su, cron); {shown} is used"));
    }
    match fs::metadata(&directory) {
        Err(error) if std::env::var_os(SOCKET_VARIABLE).is_none() => {
            findings.add(
                Level::Fail,
                ABOUT,
                format!("{shown}: {error}; log in through PAM, or set {SOCKET_VARIABLE}"),
            );
        }
        Err(error) => {
            findings.add(Level::Note, ABOUT, format!("{shown}: {error}; {SOCKET_VARIABLE} is used instead"))
        }
        Ok(metadata) if metadata.uid() != rustix::process::geteuid().as_raw() => {
            findings.add(
                Level::Fail,
                ABOUT,
                format!("{shown} belongs to user {}, not to you", metadata.uid()),
            );
        }
        Ok(metadata) if metadata.mode() & 0o077 != 0 => {
            let mode = metadata.mode() & 0o777;
            findings.add(
                Level::Note,
                ABOUT,
                format!("{shown} is open to others ({mode:03o}): chmod 700 {shown}"),
            );
        }
        Ok(_) => findings.add(Level::Ok, ABOUT, shown.to_string()),
    }
}

fn socket(findings: &mut Findings) -> Option<Client> {
    let path = default_path();
    match connect::running() {
        Ok(client) => {
            findings.add(Level::Ok, "socket", format!("{} answers", path.display()));
            Some(client)
        }
        Err(error) => {
            let idle = matches!(error.downcast_ref(), Some(ClientError::NotRunning { .. }));
            if idle {
                let text =
                    format!("nothing listens at {}; the next command starts the service", path.display());
                findings.add(Level::Note, "socket", text);
            } else {
                findings.add(Level::Fail, "socket", format!("{error:#}"));
            }
            None
        }
    }
}

/// The service, and how many sessions run, if systemd keeps them.
fn service(client: &mut Client, findings: &mut Findings) -> anyhow::Result<Option<usize>> {
    let status = client.ask(request::GetStatus {})?;
    let own = env!("CARGO_PKG_VERSION");
    let text = format!("scarabd {}, process {}, {}", status.version, status.pid, status.started_by);
    if status.version == own {
        findings.add(Level::Ok, "service", text);
    } else {
        let text = format!("{text}; this program is {own}: restart the service to update it");
        findings.add(Level::Note, "service", text);
    }
    for note in status.notes {
        findings.add(Level::Note, "service", note);
    }
    let by_systemd = status.started_by == "systemd";
    Ok(by_systemd.then_some(usize::try_from(status.sessions).unwrap_or(usize::MAX)))
}

fn program(findings: &mut Findings) {
    match daemon::find() {
        Some(path) => findings.add(Level::Ok, "program", path.display().to_string()),
        None => findings.add(Level::Note, "program", "scarabd is neither beside scarab nor in PATH"),
    }
}

/// What systemd keeps for the sessions, against the sessions that there are.
fn store(sessions: Option<usize>, findings: &mut Findings) -> anyhow::Result<()> {
    const ABOUT: &str = "kept sessions";
    /// A running session has so many descriptors in the store.
    const OF_SESSION: usize = 5;
    let property = |name: &str| -> anyhow::Result<Option<usize>> {
        let show = ["--user", "show", "--property", name, "--value", SERVICE_UNIT];
        let said = tools::run("systemctl", &show, tools::LIMIT)?;
        Ok(said.output().and_then(|number| number.trim().parse().ok()))
    };
    let (Some(kept), Some(most)) = (property("NFileDescriptorStore")?, property("FileDescriptorStoreMax")?)
    else {
        return Ok(());
    };
    if most == 0 {
        let text = format!("systemd keeps nothing for {SERVICE_UNIT}: sessions end when the service does");
        findings.add(Level::Fail, ABOUT, text);
        return Ok(());
    }
    let text = format!(
        "{kept} of at most {most} descriptors, room for {} sessions more",
        (most - kept.min(most)) / OF_SESSION
    );
    // An ended session has three; one more holds the ids.
    let needed = sessions.unwrap_or_default() * OF_SESSION;
    if kept < needed {
        let text =
            format!("{text}; {needed} are needed for the sessions that run: a restart would lose some");
        findings.add(Level::Fail, ABOUT, text);
    } else {
        findings.add(Level::Ok, ABOUT, text);
    }
    Ok(())
}

fn systemd(sessions: Option<usize>, findings: &mut Findings) -> anyhow::Result<()> {
    const ABOUT: &str = "systemd";
    let Some(version) = tools::systemd_version()? else {
        findings.add(Level::Note, ABOUT, "not installed: sessions live as long as scarabd and get no scopes");
        return Ok(());
    };
    let manager =
        tools::run("systemctl", &["--user", "show", "--property", "Version", "--value"], tools::LIMIT)?;
    if manager.output().is_none() {
        let text =
            format!("version {version}, but no user manager answers: sessions live as long as scarabd");
        findings.add(Level::Note, ABOUT, text);
    } else {
        let stop = if version >= KEEPS_ON_STOP { "keeps" } else { "ends" };
        let text = format!("version {version}: 'systemctl --user stop {SERVICE_UNIT}' {stop} sessions");
        findings.add(if version >= KEEPS_ON_STOP { Level::Ok } else { Level::Note }, ABOUT, text);
        unit(SOCKET_UNIT, "socket unit", findings)?;
        unit(SERVICE_UNIT, "service unit", findings)?;
        store(sessions, findings)?;
    }
    match linger::state()? {
        Linger::On => findings.add(Level::Ok, "lingering", "on: sessions go on when you log out"),
        Linger::Off => {
            findings.add(
                Level::Note,
                "lingering",
                "off: sessions end when you log out; 'scarab linger on' keeps them",
            );
        }
        Linger::NoLogind => findings.add(Level::Note, "lingering", "systemd-logind does not run here"),
    }
    kill_user_processes(findings)
}

fn unit(name: &str, about: &'static str, findings: &mut Findings) -> anyhow::Result<()> {
    let property =
        |property| Ok::<_, anyhow::Error>(tools::unit_property(name, property)?.unwrap_or_default());
    match property("LoadState")?.as_str() {
        "loaded" => {}
        "" | "not-found" => {
            findings.add(Level::Note, about, format!("{name} is not installed: scarabd is started directly"));
            return Ok(());
        }
        state => {
            findings.add(
                Level::Fail,
                about,
                format!("{name} is {state}: 'systemctl --user status {name}' says more"),
            );
            return Ok(());
        }
    }
    match (property("ActiveState")?.as_str(), property("UnitFileState")?.as_str()) {
        ("failed", _) => {
            findings.add(
                Level::Fail,
                about,
                format!("{name} has failed: 'systemctl --user status {name}' says why"),
            );
        }
        (active, "") => findings.add(Level::Ok, about, format!("{name} is {active}")),
        (active, file) => findings.add(Level::Ok, about, format!("{name} is {active}, {file}")),
    }
    Ok(())
}

/// logind's KillUserProcesses= ends what a login leaves behind; sessions in scopes of the manager are not that.
fn kill_user_processes(findings: &mut Findings) -> anyhow::Result<()> {
    let question = [
        "get-property",
        "org.freedesktop.login1",
        "/org/freedesktop/login1",
        "org.freedesktop.login1.Manager",
        "KillUserProcesses",
    ];
    match tools::run("busctl", &question, tools::LIMIT)?.output().as_deref() {
        Some("b true") => findings.add(
            Level::Note,
            "logout",
            "logind kills what a login leaves behind (KillUserProcesses=yes): a scarabd started by hand ends with it",
        ),
        Some("b false") => findings.add(Level::Ok, "logout", "logind leaves a login's processes alone"),
        _ => {}
    }
    Ok(())
}

fn terminfo(client: Option<&mut Client>, findings: &mut Findings) {
    let configured = client.and_then(|client| {
        let config = client.ask(request::GetConfig { key: "terminal.term".to_owned() }).ok()?;
        Some(config.values.first()?.value.trim_matches('"').to_owned())
    });
    let term = configured.unwrap_or_else(|| DEFAULT_TERM.to_owned());
    match terminfo_entry(&term) {
        Some(path) => findings.add(Level::Ok, "terminfo", format!("{term}: {}", path.display())),
        None => findings.add(
            Level::Note,
            "terminfo",
            format!("{term}, the sessions' TERM, is unknown here: install ncurses-term or set terminal.term"),
        ),
    }
}

/// Where ncurses finds an entry (terminfo(5)): by its first letter, or that letter's code in hexadecimal.
fn terminfo_entry(term: &str) -> Option<PathBuf> {
    let first = term.chars().next().filter(|first| first.is_ascii() && !term.contains('/'))?;
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let home = variable("HOME").map(|home| home.join(".terminfo"));
    let listed = std::env::var_os("TERMINFO_DIRS").unwrap_or_default();
    let usual = ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo"];
    variable("TERMINFO")
        .into_iter()
        .chain(home)
        .chain(std::env::split_paths(&listed).filter(|path| path.is_absolute()))
        .chain(usual.map(|path| Path::new(path).to_owned()))
        .flat_map(|path| {
            [path.join(first.to_string()).join(term), path.join(format!("{:x}", first as u32)).join(term)]
        })
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminfo_name_cannot_lead_elsewhere() {
        assert_eq!(terminfo_entry("../../../etc/passwd"), None);
        assert_eq!(terminfo_entry(""), None);
        assert_eq!(terminfo_entry("no-such-terminal-anywhere"), None);
    }
}
