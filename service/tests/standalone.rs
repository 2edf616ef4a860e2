//! The real `scarabd` as a process: without systemd, and with a stand-in for what systemd passes and hears.

mod common;

use common::{Client, Ended, PATIENCE};
use rustix::process::{Resource, getrlimit, setrlimit};
use scarab_protocol::message::ToClient;
use scarab_protocol::message::answer::Done;
use scarab_protocol::message::request::{GetConfig, GetStatus, Reload};
use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::Instant;

fn scarabd() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scarabd"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for variable in
        ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "SCARAB_SOCKET", "JOURNAL_STREAM"]
    {
        command.env_remove(variable);
    }
    command
}

/// A service of its own in a directory; killed when dropped.
struct Daemon {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Daemon {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("started");
        let log = BufReader::new(child.stderr.take().expect("a log"));
        Daemon { child, log }
    }

    /// Waits for a line of its log.
    fn says(&mut self, wanted: &str) -> String {
        let mut all = String::new();
        loop {
            let before = all.len();
            let read = self.log.read_line(&mut all).expect("the log");
            assert!(read > 0, "{wanted:?} was never said:\n{all}");
            if all[before..].contains(wanted) {
                return all[before..].trim_end().to_owned();
            }
        }
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("signalled");
    }

    fn ends(&mut self) -> ExitStatus {
        let mut rest = String::new();
        let _ = self.log.read_to_string(&mut rest); // to the end of the process and its last words
        self.child.wait().expect("waited for")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listening(directory: &Path) -> Command {
    let mut command = scarabd();
    command.arg("--listen").arg(directory.join("run/s")).arg("--config").arg(directory.join("scarab.toml"));
    command
}

#[test]
fn it_explains_itself_and_refuses_what_it_does_not_know() {
    let output = |arguments: &[&str]| scarabd().args(arguments).output().expect("run");
    let help = output(&["--help"]);
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).contains("--listen PATH"));
    let version = output(&["--version"]);
    assert_eq!(String::from_utf8_lossy(&version.stdout), format!("scarabd {}\n", env!("CARGO_PKG_VERSION")));
    let wrong = output(&["--lisen", "x"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("--lisen"));
    let long = output(&["--listen", &format!("/tmp/{}", "x".repeat(200))]);
    assert_eq!(long.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&long.stderr).contains("more than the 107"));
}

#[test]
fn it_serves_refuses_a_second_instance_reloads_and_stops_cleanly() {
    let home = tempfile::tempdir().expect("a directory");
    let socket = home.path().join("run/s");
    // A soft limit that nothing else sets, to find again below.
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(987);
    setrlimit(Resource::Nofile, limit).expect("a lower limit");
    let mut daemon = Daemon::start(listening(home.path()));
    daemon.says("serving");
    let mut client = Client::connect(&socket);
    match client.ask(GetStatus {}) {
        ToClient::Status(status) => {
            assert_eq!((status.pid, status.started_by.as_str()), (daemon.child.id(), "standalone"));
            assert_eq!(status.socket, socket.display().to_string());
        }
        other => panic!("{other:?}"),
    }

    let second = listening(home.path()).output().expect("run");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("another scarabd already serves") && said.lines().count() == 1, "{said}");
    client.ping(1);

    std::fs::write(home.path().join("scarab.toml"), "history.lines = 4321\n").expect("written");
    daemon.signal(rustix::process::Signal::HUP);
    daemon.says("was read again");
    match client.ask(GetConfig { key: "history.lines".into() }) {
        ToClient::Config(config) => assert_eq!(config.values[0].value, "4321"),
        other => panic!("{other:?}"),
    }

    // A program of a session gets the soft limit of open files that the service was started with, a moment after
    // its start.
    let script = "until [ $(ulimit -Sn) = 987 ]; do sleep 0.01; done; echo limit-$(ulimit -Sn)-; exec cat";
    client.create("x", &["/bin/sh", "-c", script]);
    client.wait_text("x", "limit-987-");

    client.attach("x");
    daemon.signal(rustix::process::Signal::TERM);
    client.event(|event| matches!(event, ToClient::GoingDown(_)));
    while client.next() != Err(Ended) {}
    assert!(daemon.ends().success());
    assert!(!socket.exists());
}

#[test]
fn a_killed_services_socket_is_found_stale_and_replaced() {
    let home = tempfile::tempdir().expect("a directory");
    let socket = home.path().join("run/s");
    let mut daemon = Daemon::start(listening(home.path()));
    daemon.says("serving");
    daemon.signal(rustix::process::Signal::KILL);
    daemon.ends();
    assert!(socket.exists());
    let mut daemon = Daemon::start(listening(home.path()));
    daemon.says("removing the stale socket");
    daemon.says("serving");
    Client::connect(&socket).ping(1);
}

#[test]
fn without_any_option_it_listens_in_the_runtime_directory() {
    let home = tempfile::tempdir().expect("a directory");
    let mut command = scarabd();
    command.env("XDG_RUNTIME_DIR", home.path()).env("XDG_CONFIG_HOME", home.path());
    let mut daemon = Daemon::start(command);
    daemon.says("serving");
    let socket = home.path().join("scarab/control.sock");
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&socket), mode(&home.path().join("scarab"))), (0o600, 0o700));
    Client::connect(&socket).ping(1);
}

/// What the service tells its manager, one message a line.
struct Manager(UnixDatagram);

impl Manager {
    fn hears(&self, wanted: &str) -> String {
        let start = Instant::now();
        loop {
            let mut bytes = [0; 4096];
            let read =
                self.0.recv(&mut bytes).unwrap_or_else(|error| panic!("never told {wanted:?}: {error}"));
            let said = String::from_utf8_lossy(&bytes[..read]).into_owned();
            if said.lines().any(|line| line.starts_with(wanted)) {
                return said;
            }
            assert!(start.elapsed() < PATIENCE, "never told {wanted:?}");
        }
    }
}

#[test]
fn passed_sockets_are_served_and_the_manager_is_told_everything() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("passed");
    let passed = UnixListener::bind(&path).expect("bound");
    let second = UnixListener::bind(home.path().join("second")).expect("bound");
    let manager = Manager(UnixDatagram::bind(home.path().join("notify")).expect("bound"));
    manager.0.set_read_timeout(Some(PATIENCE)).expect("time-out set");
    for socket in [&passed, &second] {
        rustix::io::fcntl_setfd(socket, rustix::io::FdFlags::empty()).expect("inheritable");
    }
    // As systemd does: descriptors from 3 on, for this process and no other; one of them of a name unknown here.
    let script = format!(
        "exec 13<&{} 14<&{}; exec 3<&13 4</dev/null 5<&14 13<&- 14<&-; \
         LISTEN_PID=$$ LISTEN_FDS=3 LISTEN_FDNAMES=control:mystery:control exec \"$0\" --config /nonexistent",
        passed.as_raw_fd(),
        second.as_raw_fd(),
    );
    let mut command = Command::new("/bin/bash");
    command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_scarabd"));
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    command.env("NOTIFY_SOCKET", home.path().join("notify")).env("WATCHDOG_USEC", "100000");
    command.env_remove("WATCHDOG_PID").env_remove("SCARAB_SOCKET").env_remove("JOURNAL_STREAM");
    let mut daemon = Daemon::start(command);
    daemon.says("\"mystery\"");
    manager.hears("READY=1");
    for path in [&path, &home.path().join("second")] {
        Client::connect(path).ping(1);
    }
    let mut client = Client::connect(&path);
    match client.ask(GetStatus {}) {
        ToClient::Status(status) => assert_eq!(status.started_by, "systemd"),
        other => panic!("{other:?}"),
    }
    manager.hears("WATCHDOG=1");
    manager.hears("WATCHDOG=1");

    // Nothing of the manager's reaches a session, and no descriptor of it either.
    let script =
        "env | grep -E '^(LISTEN_|NOTIFY_|WATCHDOG_)'; ls /proc/self/fd | wc -l; echo over; exec cat";
    client.create("clean", &["/bin/sh", "-c", script]);
    client.wait_text("clean", "over");
    assert_eq!(
        client.text("clean")[..2],
        ["4".to_owned(), "over".to_owned()],
        "standard three, and ls's own"
    );
    manager.hears("STATUS=1 session, 0 viewers");
    client.attach("clean");
    manager.hears("STATUS=1 session, 1 viewer");

    assert_eq!(client.ask(Reload {}), Done {}.into());
    let said = manager.hears("RELOADING=1");
    assert!(said.contains("MONOTONIC_USEC="), "{said}");
    manager.hears("READY=1");
    daemon.signal(rustix::process::Signal::TERM);
    manager.hears("STOPPING=1");
    // A manager goes on listening: the service waits until it has been heard.
    std::thread::spawn(move || while manager.0.recv(&mut [0; 4096]).is_ok() {});
    assert!(daemon.ends().success());
    assert!(path.exists(), "a passed socket is the manager's to remove");
}

#[test]
fn a_full_disk_under_the_log_stops_nothing() {
    let home = tempfile::tempdir().expect("a directory");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("the full device");
    let mut command = listening(home.path());
    let mut child = command.stderr(full).env("SCARAB_LOG", "debug").spawn().expect("started");
    let socket = home.path().join("run/s");
    let start = Instant::now();
    while !socket.exists() {
        assert!(start.elapsed() < PATIENCE && child.try_wait().expect("asked").is_none(), "it never listens");
    }
    let mut client = Client::connect(&socket);
    client.create("logged", &["/bin/cat"]); // which is told to the log
    client.ping(1);
    child.kill().expect("killed");
    child.wait().expect("waited for");
}

/// How often a process's threads have gone to sleep: each wake-up ends in one more.
fn sleeps(process: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).expect("listed").flatten();
    let of_task = |task: std::fs::DirEntry| {
        let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or_default()
    };
    tasks.map(of_task).sum()
}

#[test]
fn an_idle_service_with_sessions_and_a_viewer_never_wakes() {
    let home = tempfile::tempdir().expect("a directory");
    let daemon = Daemon::start(listening(home.path()));
    let socket = home.path().join("run/s");
    let start = Instant::now();
    while !socket.exists() {
        assert!(start.elapsed() < PATIENCE, "it never listens");
    }
    let mut client = Client::connect(&socket);
    for n in 0..5 {
        client.create(&n.to_string(), &["/bin/sh", "-c", "echo ready; exec cat"]);
        client.wait_text(&n.to_string(), "ready");
    }
    client.attach("0");
    // A second without one wake-up must come once the last output has been seen to; a timer that comes again and
    // again never lets it.
    let second = std::time::Duration::from_secs(1);
    let idle = || {
        let before = sleeps(daemon.child.id());
        std::thread::sleep(second);
        sleeps(daemon.child.id()) == before
    };
    assert!((0..10).any(|_| idle()), "it wakes every second");
}
