//! What process tests share: a place of a test's own with directories, a socket and the service that `scarab` starts
//! there; plain PTYs (`pty`) and a whole terminal (`outer`) to attach from.

#![allow(dead_code)] // each test binary uses its part

pub mod outer;
pub mod pty;

use pty::Pty;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use scarab_protocol::Client;
use scarab_protocol::message::request;
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program under test.
pub const SCARAB: &str = env!("CARGO_BIN_EXE_scarab");

/// Directories and a socket for one test. The first command that needs a service starts it; it ends with this value.
pub struct Place {
    directory: tempfile::TempDir,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Self {
        let service = Path::new(SCARAB).with_file_name("scarabd");
        assert!(service.is_file(), "{} is missing: cargo build --workspace", service.display());
        let place = Place { directory: tempfile::tempdir().expect("a temporary directory") };
        for directory in ["home", "state", "config", "run"] {
            std::fs::create_dir(place.file(directory)).expect("a directory");
        }
        place
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A path in here.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.file("s")
    }

    /// All that a program run here has for an environment: nothing of the person's own.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut all: Vec<(&'static str, OsString)> = [
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("SHELL", "/bin/sh"),
            ("LANG", "C.UTF-8"),
            ("TERM", "xterm-256color"),
            ("USER", "somebody"),
        ]
        .map(|(name, value)| (name, value.into()))
        .to_vec();
        for (name, file) in [
            ("SCARAB_SOCKET", "s"),
            ("HOME", "home"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_RUNTIME_DIR", "run"),
        ] {
            all.push((name, self.file(file).into()));
        }
        all
    }

    /// `scarab` with these arguments.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        self.surround(SCARAB, arguments)
    }

    /// Any program in this place.
    pub fn surround<S: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        command.env_clear().envs(self.environment());
        command
    }

    /// Runs `scarab` to its end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Said {
        said(self.command(arguments).output().expect("scarab runs"))
    }

    /// Runs `scarab`, which must succeed and complain of nothing; its output.
    pub fn ok<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        let mut command = self.command(arguments);
        let said = said(command.output().expect("scarab runs"));
        let shown = format!("{:?}", command.get_args().collect::<Vec<_>>());
        assert!(said.status == 0 && said.err.is_empty(), "{shown}: {said:?}");
        said.out
    }

    /// Runs `scarab`, which must fail with this status and one line; the line.
    pub fn fails<S: AsRef<OsStr>>(&self, status: i32, arguments: impl IntoIterator<Item = S>) -> String {
        let mut command = self.command(arguments);
        let said = said(command.output().expect("scarab runs"));
        let shown = format!("{:?}", command.get_args().collect::<Vec<_>>());
        assert_eq!(said.status, status, "{shown}: {said:?}");
        assert!(said.err.starts_with("scarab: ") && said.err.lines().count() == 1, "{shown}: {said:?}");
        said.err
    }

    /// A session of a shell script, 80x24, nobody attached.
    pub fn script(&self, name: &str, script: &str) {
        self.ok(["new", name, "-d", "--size", "80x24", "--", "sh", "-c", script]);
    }

    /// `scarab attach` on a PTY whose bytes the test reads as they are.
    pub fn attach(&self, name: &str) -> Pty {
        let environment: Vec<(String, String)> = self
            .environment()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into_string().expect("UTF-8")))
            .collect();
        Pty::start(&[SCARAB, "attach", name].map(str::to_owned), &environment)
    }

    /// `ls --json`.
    pub fn list(&self) -> Vec<Value> {
        let text = self.ok(["ls", "--json"]);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The listing's entry of a session.
    pub fn entry(&self, name: &str) -> Value {
        let entry = self.list().into_iter().find(|entry| entry["name"] == name);
        entry.unwrap_or_else(|| panic!("{name} is not listed"))
    }

    /// The service's process, if one serves here.
    pub fn service(&self) -> Option<Pid> {
        let status = Client::connect(&self.socket()).ok()?.ask(request::GetStatus {}).ok()?;
        Pid::from_raw(status.pid.try_into().ok()?)
    }

    /// Memory that the service has touched, its own and shared, in KiB.
    pub fn memory(&self) -> u64 {
        let pid = self.service().expect("it serves").as_raw_nonzero();
        let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("smaps");
        let resident = rollup.lines().find_map(|line| line.strip_prefix("Rss:")?.split_whitespace().next());
        resident.and_then(|kib| kib.parse().ok()).expect("the resident size")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(pid) = self.service() else { return };
        let Ok(watch) = pidfd_open(pid, PidfdFlags::empty()) else { return };
        for signal in [Signal::TERM, Signal::KILL] {
            let _ = kill_process(pid, signal);
            let limit = Timespec { tv_sec: 5, tv_nsec: 0 };
            if poll(&mut [PollFd::new(&watch, PollFlags::IN)], Some(&limit)).is_ok_and(|ready| ready > 0) {
                return;
            }
        }
    }
}

pub fn said(output: Output) -> Said {
    let status = output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or(0));
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Said { status, out: text(output.stdout), err: text(output.stderr) }
}
