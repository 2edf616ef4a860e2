//! What a logout would end is told to the session manager and asked about once. `logout.py` stands in for GNOME's session
//! manager and for logind; the service is started as systemd does, by a socket that is handed over.

mod harness;

use harness::Desktop;
use harness::alone::Children;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const PYTHON: &str = "/usr/bin/python3";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/logout.py");
const QUESTION: &str = "These sessions end when you log out.";

/// A window on a service of systemd's, with somebody to tell.
struct Login {
    children: Children,
    socket: PathBuf,
    calls: PathBuf,
}

impl Login {
    fn begin(desktop: &mut Desktop, lingers: &str, allows: &str) -> Self {
        desktop.kill_window(); // its service is its own
        desktop.until("no window", |desktop| {
            desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]).is_empty()
        });
        let (socket, calls) = (desktop.home().join("systemd.sock"), desktop.home().join("calls"));
        let mut login = Self { children: Children::default(), socket, calls };
        let bus = format!("unix:path={}", desktop.home().join("bus").display());
        let manager = Command::new(PYTHON)
            .args([SCRIPT, lingers, allows])
            .env("DBUS_SESSION_BUS_ADDRESS", &bus)
            .stdin(Stdio::null())
            .stdout(File::create(&login.calls).expect("a file"))
            .spawn();
        login.children.push(manager.expect("python runs"));
        desktop.until("somebody to tell", |_| login.calls().matches("ready").count() == 2);
        let service = desktop.program("scarabd");
        let mut activate = Command::new("systemd-socket-activate");
        activate.arg("-l").arg(&login.socket);
        for (name, value) in service.get_envs().filter_map(|(name, value)| name.to_str().zip(value?.to_str()))
        {
            activate.arg(format!("--setenv={name}={value}"));
        }
        activate.arg(service.get_program()).stdin(Stdio::null());
        login.children.push(activate.spawn().expect("systemd-socket-activate runs"));
        desktop.until("the socket", |_| login.socket.exists());
        let mut window = desktop.program("scarab-gtk");
        window.env("SCARAB_SOCKET", &login.socket).env("DBUS_SYSTEM_BUS_ADDRESS", &bus);
        let window = window.args(["--", "bash", "--norc", "--noprofile"]).spawn();
        login.children.push(window.expect("scarab-gtk starts"));
        desktop.until("a shell", |desktop| login.scarab(desktop, &["ls"]).contains("running  1 "));
        desktop.until_still();
        login
    }

    /// What was asked for.
    fn calls(&self) -> String {
        std::fs::read_to_string(&self.calls).unwrap_or_default()
    }

    fn until_called(&self, desktop: &Desktop, call: &str) {
        desktop.until(&format!("the call {call:?} after {}", self.calls()), |_| self.calls().contains(call));
    }

    fn scarab(&self, desktop: &Desktop, arguments: &[&str]) -> String {
        let mut scarab = desktop.program("scarab");
        scarab.env("SCARAB_SOCKET", &self.socket).args(arguments);
        String::from_utf8_lossy(&scarab.output().expect("scarab runs").stdout).into_owned()
    }
}

fn run(desktop: &Desktop, command: &str) {
    desktop.type_text(command);
    desktop.keys(&["Return"]);
}

#[test]
fn what_runs_is_told_while_it_runs_and_kept_when_asked_for() {
    let Some(mut desktop) = Desktop::start_readable(&["sh", "-c", "exec cat"]) else { return };
    let login = Login::begin(&mut desktop, "leaves", "allows");
    run(&desktop, "sleep 1000");
    login.until_called(&desktop, " 1 session is busy: sleep 1\n");
    desktop.until_said(QUESTION);
    desktop.keys(&["ctrl+c"]);
    login.until_called(&desktop, "Uninhibit 1\n");
    // It is asked once, however often something runs.
    run(&desktop, "tail -f /dev/null");
    login.until_called(&desktop, " 1 session is busy: tail 1\n");
    assert_eq!(desktop.read("tree").matches(QUESTION).count(), 1);
    desktop.click_on("Keep Them Running");
    login.until_called(&desktop, "SetUserLinger ");
    login.until_called(&desktop, "Uninhibit 2\n");
    desktop.until("the question is gone", |desktop| !desktop.read("tree").contains(QUESTION));
    // The keyboard is the shell's; what runs now ends with no logout.
    desktop.keys(&["ctrl+c"]);
    let asked = login.calls().matches("Get ").count();
    run(&desktop, "sleep 2000");
    desktop.until("logind was asked again", |_| login.calls().matches("Get ").count() > asked);
    desktop.until_still();
    assert_eq!(login.calls().matches("Inhibit ").count(), 2, "{}", login.calls());
}

#[test]
fn no_is_for_good() {
    let Some(mut desktop) = Desktop::start_readable(&["sh", "-c", "exec cat"]) else { return };
    let login = Login::begin(&mut desktop, "leaves", "allows");
    run(&desktop, "sleep 1000");
    desktop.until_said(QUESTION);
    desktop.click_on("No");
    desktop.until("the question is gone", |desktop| !desktop.read("tree").contains(QUESTION));
    let file = desktop.home().join(".config/scarab/scarab.toml");
    desktop.until("it is written down", |_| {
        std::fs::read_to_string(&file).unwrap_or_default().contains("linger-question = false")
    });
    // The session manager is told all the same.
    assert!(login.calls().contains("busy: sleep"), "{}", login.calls());
    assert!(!login.calls().contains("SetUserLinger"), "{}", login.calls());
}

#[test]
fn where_logind_refuses_the_command_is_shown() {
    let Some(mut desktop) = Desktop::start_readable(&["sh", "-c", "exec cat"]) else { return };
    let login = Login::begin(&mut desktop, "leaves", "refuses");
    run(&desktop, "sleep 1000");
    desktop.click_on("Keep Them Running");
    login.until_called(&desktop, "SetUserLinger ");
    desktop.until_said("logind refused (not for you). An administrator can: sudo loginctl enable-linger ");
}

#[test]
fn who_lingers_is_not_asked() {
    let Some(mut desktop) = Desktop::start_readable(&["sh", "-c", "exec cat"]) else { return };
    let login = Login::begin(&mut desktop, "lingers", "allows");
    run(&desktop, "sleep 1000");
    login.until_called(&desktop, "Get org.freedesktop.login1.User Linger\n");
    desktop.until_still();
    assert!(!desktop.read("tree").contains(QUESTION));
    assert!(!login.calls().contains("Inhibit"), "{}", login.calls());
}
