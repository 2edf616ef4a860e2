//! Running systemd's own tools (`systemctl`, `loginctl`, `busctl`): never longer than a bound, never mixing their
//! output with ours, and telling "there is no such thing here" from "it said no".

use anyhow::{Context, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Most bytes of a tool's output that are looked at: what is asked for are single lines.
const MAX_OUTPUT: u64 = 64 << 10;
/// How long a tool may take: it talks to a manager on this machine; one that hangs must not hang us.
pub const LIMIT: Duration = Duration::from_secs(10);

/// What became of a tool.
pub enum Ran {
    /// It is not installed.
    Missing,
    /// It exited.
    Done(Report),
    /// It was still running after its time and was killed.
    TimedOut,
}

/// What an exited tool said.
pub struct Report {
    /// It exited with 0.
    pub success: bool,
    /// Standard output, trimmed.
    pub output: String,
    /// Standard error's last line.
    pub complaint: String,
}

impl Ran {
    /// The output of a tool that succeeded.
    pub fn output(self) -> Option<String> {
        match self {
            Ran::Done(report) if report.success => Some(report.output),
            _ => None,
        }
    }
}

/// Runs a tool with messages in English, so that they can be searched for.
pub fn run(program: &str, arguments: &[&str], limit: Duration) -> anyhow::Result<Ran> {
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C").env("SYSTEMD_COLORS", "0").env("SYSTEMD_PAGER", "");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if std::env::var_os("XDG_RUNTIME_DIR").is_none_or(|directory| directory.is_empty()) {
        // Without it (su, cron) the tools cannot find the user's manager, though it may be there.
        command.env("XDG_RUNTIME_DIR", scarab_protocol::socket::runtime_directory());
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Ran::Missing),
        Err(error) => return Err(error).with_context(|| format!("cannot run {program}")),
    };
    if !exits_within(&child, limit)? {
        let _ = child.kill();
        let _ = child.wait();
        return Ok(Ran::TimedOut);
    }
    let status = child.wait().with_context(|| format!("cannot wait for {program}"))?;
    let errors = read_all(child.stderr.take());
    Ok(Ran::Done(Report {
        success: status.success(),
        output: read_all(child.stdout.take()).trim_end().to_owned(),
        complaint: errors.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned(),
    }))
}

/// Waits for a child's end without collecting it; false when the time is up.
pub fn exits_within(child: &Child, limit: Duration) -> anyhow::Result<bool> {
    let pid = Pid::from_child(child);
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).context("cannot watch a started program")?;
    let deadline = Instant::now() + limit;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).context("an impossible time limit")?;
        match poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&left)) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error).context("cannot wait for a started program"),
        }
    }
}

fn read_all(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What cannot be read is as good as not said.
        let _ = pipe.take(MAX_OUTPUT).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The value of one property of a unit of the user's manager; `None` without a manager. One that is there and does
/// not answer is an error: a second service beside its own would be worse.
pub fn unit_property(unit: &str, property: &str) -> anyhow::Result<Option<String>> {
    match run("systemctl", &["--user", "show", "--property", property, "--value", unit], LIMIT)? {
        Ran::TimedOut => bail!("the user's systemd manager did not answer within {} s", LIMIT.as_secs()),
        ran => Ok(ran.output()),
    }
}

/// systemd's version number, `None` where it is not installed.
pub fn systemd_version() -> anyhow::Result<Option<u32>> {
    let output = run("systemctl", &["--version"], LIMIT)?.output();
    Ok(output.and_then(|text| text.split_whitespace().nth(1)?.split(['~', '.', '-']).next()?.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_that_are_missing_or_hang_are_told_apart() {
        assert!(matches!(run("no-such-tool-anywhere", &[], LIMIT), Ok(Ran::Missing)));
        assert!(matches!(run("sleep", &["600"], Duration::from_millis(20)), Ok(Ran::TimedOut)));
        let Ok(Ran::Done(report)) = run("sh", &["-c", "echo out; echo why >&2; exit 3"], LIMIT) else {
            panic!("sh exits")
        };
        assert_eq!(
            (report.success, report.output.as_str(), report.complaint.as_str()),
            (false, "out", "why")
        );
    }
}
