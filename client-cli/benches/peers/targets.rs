//! What is measured: the program on a bare PTY, a relay of two processes that does nothing else, Scarab, and the
//! peers that this machine has. Each keeps its sessions on private sockets, ended with the benchmark.

use crate::inside;
use crate::pty::Pty;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// The program on the benchmark's own PTY.
    Raw,
    /// Two processes, a PTY and a socket: what any session keeper costs at least.
    Relay,
    Scarab,
    Tmux,
    Screen,
    Dtach,
}

impl Target {
    pub fn name(self) -> &'static str {
        match self {
            Target::Raw => "raw",
            Target::Relay => "bare relay",
            Target::Scarab => "scarab",
            Target::Tmux => "tmux",
            Target::Screen => "screen",
            Target::Dtach => "dtach",
        }
    }
}

/// `scarab` as it is installed where SCARAB_BENCH_BIN says so (`make bench` does), else as cargo has just built it.
fn program() -> String {
    std::env::var("SCARAB_BENCH_BIN")
        .map_or_else(|_| env!("CARGO_BIN_EXE_scarab").to_owned(), |directory| format!("{directory}/scarab"))
}

/// The private sockets and what this machine can measure.
pub struct World {
    directory: tempfile::TempDir,
    counter: Cell<u32>,
    skipped: Vec<String>,
    peers: Vec<Target>,
}

/// A session of one target, ended when dropped.
pub struct Session<'w> {
    world: &'w World,
    pub target: Target,
    pub name: String,
    argv: Vec<String>,
    server: Option<std::process::Child>,
}

impl World {
    pub fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("scarab-bench").tempdir().expect("a directory");
        std::fs::write(
            directory.path().join("tmux.conf"),
            "set -g status off\nset -g escape-time 0\nset -g history-limit 10000\nset -g default-terminal xterm-256color\nset -g exit-empty off\n",
        )
        .expect("written");
        std::fs::create_dir(directory.path().join("screens")).expect("a directory");
        rustix::fs::chmod(directory.path().join("screens"), rustix::fs::Mode::RWXU).expect("a mode");
        assert!(
            Path::new(&program()).with_file_name("scarabd").exists(),
            "scarabd is not built: make build first"
        );
        let mut world = World { directory, counter: Cell::new(0), skipped: Vec::new(), peers: Vec::new() };
        for (target, program) in
            [(Target::Tmux, "tmux"), (Target::Screen, "screen"), (Target::Dtach, "dtach")]
        {
            if Command::new("sh")
                .args(["-c", &format!("command -v {program}")])
                .stdout(Stdio::null())
                .status()
                .is_ok_and(|s| s.success())
            {
                world.peers.push(target);
            } else {
                world.skipped.push(format!("{program}: not installed"));
            }
        }
        for program in ["zellij", "shpool", "zmx", "wezterm"] {
            world.skipped.push(format!("{program}: not in Debian"));
        }
        world
    }

    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// The session keepers here, Scarab first.
    pub fn keepers(&self) -> Vec<Target> {
        [Target::Scarab].into_iter().chain(self.peers.iter().copied()).collect()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.path("scarab.sock")
    }

    pub fn scarab(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .args(arguments)
            .env("SCARAB_SOCKET", self.socket())
            .env_remove("SCARAB_SESSION")
            .stdin(Stdio::null());
        command
    }

    fn tmux(&self) -> Command {
        let mut command = Command::new("tmux");
        command
            .env_remove("TMUX")
            .args(["-u", "-S"])
            .arg(self.path("tmux.sock"))
            .arg("-f")
            .arg(self.path("tmux.conf"));
        command
    }

    /// Process ids of a target's own processes, the sessions' programs not counted.
    pub fn processes(&self, target: Target) -> Vec<u32> {
        let marker = match target {
            Target::Scarab => self.socket(),
            Target::Tmux => self.path("tmux.sock"),
            Target::Screen => self.path("screens"),
            _ => self.path("dtach"),
        };
        let marker = marker.display().to_string();
        let program = if target == Target::Scarab { "scarabd" } else { target.name() };
        let mut pids = Vec::new();
        for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
            let read = |file: &str| std::fs::read(entry.path().join(file)).unwrap_or_default();
            let line = String::from_utf8_lossy(&read("cmdline")).into_owned();
            let about = format!("{line}\0{}", String::from_utf8_lossy(&read("environ")));
            let named = line.split('\0').next().unwrap_or("").to_lowercase().contains(program);
            if named && about.contains(&marker) {
                pids.push(pid);
            }
        }
        pids
    }

    /// A new session running `argv`, nobody attached.
    pub fn open(&self, target: Target, argv: Vec<String>) -> Session<'_> {
        self.counter.set(self.counter.get() + 1);
        let name = format!("b{}", self.counter.get());
        let mut session = Session { world: self, target, name: name.clone(), argv, server: None };
        let ok = |command: &mut Command| {
            let output = command.stdin(Stdio::null()).output().expect("it starts");
            assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        };
        match target {
            Target::Raw => {}
            Target::Relay => {
                let socket = session.socket();
                let command = inside::command(&["relay-server", &socket.display().to_string()]);
                session.server = Some(
                    Command::new(&command[0])
                        .args(&command[1..])
                        .args(&session.argv)
                        .stdin(Stdio::null())
                        .spawn()
                        .expect("the relay"),
                );
                wait_for(&socket);
            }
            Target::Scarab => {
                ok(self.scarab(&["new", &name, "-d", "--size", "80x24", "--"]).args(&session.argv))
            }
            Target::Tmux => ok(self
                .tmux()
                .args(["new-session", "-d", "-x", "80", "-y", "24", "-s", &name, "--"])
                .args(&session.argv)),
            Target::Screen => ok(Command::new("screen")
                .env("SCREENDIR", self.path("screens"))
                .env("TERM", "xterm-256color")
                .args(["-d", "-m", "-h", "10000", "-S", &name])
                .args(&session.argv)),
            Target::Dtach => {
                ok(Command::new("dtach")
                    .arg("-n")
                    .arg(session.socket())
                    .args(["-E", "-z", "-r", "winch"])
                    .args(&session.argv));
                wait_for(&session.socket());
            }
        }
        session
    }
}

impl Session<'_> {
    fn socket(&self) -> PathBuf {
        self.world.path(&format!("{}-{}", self.target.name().split(' ').next_back().unwrap_or(""), self.name))
    }

    /// Its client, on a PTY of the benchmark's.
    pub fn attach(&self) -> Pty {
        let (argv, environment) = self.attach_command();
        Pty::start(&argv, &environment)
    }

    /// The command that attaches, and what its environment has beside the common.
    pub fn attach_command(&self) -> (Vec<String>, Vec<(String, String)>) {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let socket = self.socket().display().to_string();
        let (argv, environment) = match self.target {
            Target::Raw => (self.argv.clone(), vec![]),
            Target::Relay => (inside::command(&["relay-client", &socket]), vec![]),
            Target::Scarab => {
                (words(&[&program(), "attach", &self.name]), vec![("SCARAB_SOCKET", self.world.socket())])
            }
            Target::Tmux => (
                words(&[
                    "tmux",
                    "-u",
                    "-S",
                    &self.world.path("tmux.sock").display().to_string(),
                    "attach",
                    "-t",
                    &self.name,
                ]),
                vec![],
            ),
            Target::Screen => {
                (words(&["screen", "-U", "-x", &self.name]), vec![("SCREENDIR", self.world.path("screens"))])
            }
            Target::Dtach => (words(&["dtach", "-a", &socket, "-E", "-z", "-r", "winch"]), vec![]),
        };
        let environment: Vec<(String, String)> = environment
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.display().to_string()))
            .collect();
        (argv, environment)
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        let quiet = |command: &mut Command| {
            drop(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status())
        };
        match self.target {
            Target::Raw => {}
            Target::Relay => {
                if let Some(server) = &mut self.server {
                    let _ = server.kill();
                    let _ = server.wait();
                }
            }
            Target::Scarab => quiet(&mut self.world.scarab(&["kill", &self.name])),
            Target::Tmux => quiet(self.world.tmux().args(["kill-session", "-t", &self.name])),
            Target::Screen => quiet(
                Command::new("screen")
                    .env("SCREENDIR", self.world.path("screens"))
                    .args(["-S", &self.name, "-X", "quit"]),
            ),
            Target::Dtach => {
                let socket = self.socket().display().to_string();
                quiet(Command::new("pkill").args(["-f", &socket]));
            }
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.tmux().arg("kill-server").stderr(Stdio::null()).status();
        for pid in self.processes(Target::Scarab) {
            if let Some(pid) = rustix::process::Pid::from_raw(pid as i32) {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            }
        }
    }
}

/// Until a socket is there.
pub fn wait_for(path: &Path) {
    let began = Instant::now();
    while !path.exists() && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(2));
    }
}
