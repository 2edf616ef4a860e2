//! The same under Wayland: sway without a screen, drawn by the processor, with a keyboard that is all protocol.
//!
//! sway refuses root: a test that has it runs everything as nobody, who reads neither a home nor a build tree, so the
//! programs are copied.

use super::alone::{Children, did_not_run, has, surround};
use super::{PATIENCE, Picture, SCREEN};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Who runs it all where the test is root: nobody, on every Linux.
const NOBODY: u32 = 65534;
/// The programs under test.
const PROGRAMS: [&str; 3] = ["scarabd", "scarab", "scarab-gtk"];
/// How long the keyboard is held, in milliseconds: longer than any test runs.
const HELD: &str = "600000";

/// A compositor, a bus, a service and the window.
pub struct Wayland {
    directory: tempfile::TempDir,
    root: bool,
    children: Children,
}

/// What all of it needs.
const NEEDED: [&str; 7] = ["sway", "swaymsg", "wtype", "grim", "dbus-daemon", "setpriv", "id"];

impl Wayland {
    /// All of it with a window that runs `command`; `None` where that cannot be had.
    pub fn start(command: &[&str]) -> Option<Self> {
        if let Some(program) = NEEDED.into_iter().find(|program| !has(program)) {
            let why = format!("{program} is missing: packaging/setup test installs it");
            did_not_run("the window under Wayland", &why);
            return None;
        }
        let user = Command::new("id").arg("-u").output().expect("id runs");
        let root = user.stdout == b"0\n";
        let directory = tempfile::tempdir_in("/tmp").expect("a directory");
        let bin = PathBuf::from(env!("CARGO_BIN_EXE_scarab-gtk")).with_file_name("");
        let copies = directory.path().join("bin");
        std::fs::create_dir(&copies).expect("it is made");
        for program in PROGRAMS {
            std::fs::copy(bin.join(program), copies.join(program))
                .unwrap_or_else(|error| panic!("{program}: {error}: cargo build --workspace first"));
        }
        let (width, height) = SCREEN;
        let configuration =
            format!("output HEADLESS-1 resolution {width}x{height}\ndefault_border none\nxwayland disable\n");
        std::fs::write(directory.path().join("sway.conf"), configuration).expect("it is written");
        if root {
            std::os::unix::fs::chown(directory.path(), Some(NOBODY), Some(NOBODY)).expect("it is given away");
        }
        let mut desktop = Self { directory, root, children: Children::default() };
        let path = |name: &str| desktop.directory.path().join(name);
        let bus = format!("--address={}", desktop.bus());
        let (socket, configuration) = (desktop.socket(), path("sway.conf"));
        let [socket, configuration] = [&socket, &configuration].map(|path| path.to_str().expect("UTF-8"));
        desktop.spawn("sway", &["-c", configuration], "wayland-1");
        desktop.spawn("dbus-daemon", &["--session", "--nofork", &bus], "bus");
        desktop.spawn("scarabd", &["--listen", socket], "control.sock");
        // A seat has a keyboard as long as somebody types; the first keys after it came would be lost.
        desktop.spawn("wtype", &["-s", HELD, "-k", "F24"], "control.sock");
        desktop.spawn("scarab-gtk", &[&["--"], command].concat(), "control.sock");
        desktop.until("a window is shown and has the keyboard", |desktop| {
            let tree = desktop.run("swaymsg", &["-t", "get_tree"]);
            tree.contains("\"app_id\": \"org.scarab.Terminal\"")
                && desktop.run("swaymsg", &["-t", "get_inputs"]).contains("keyboard")
        });
        Some(desktop)
    }

    fn bus(&self) -> String {
        format!("unix:path={}", self.directory.path().join("bus").display())
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("control.sock")
    }

    /// A program as the user that everything runs as.
    fn program(&self, name: &str) -> Command {
        let own = self.directory.path().join("bin").join(name);
        let program = if PROGRAMS.contains(&name) { own.as_os_str() } else { name.as_ref() };
        let mut command = if self.root {
            let mut command = Command::new("setpriv");
            command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"]);
            command.arg("--").arg(program);
            command
        } else {
            Command::new(program)
        };
        surround(&mut command, self.directory.path(), &self.bus(), &self.socket())
            .env("WAYLAND_DISPLAY", "wayland-1")
            .env("GDK_BACKEND", "wayland")
            .env("SWAYSOCK", self.directory.path().join("sway.sock"))
            .env("WLR_BACKENDS", "headless")
            .env("WLR_LIBINPUT_NO_DEVICES", "1")
            .env("WLR_RENDERER", "pixman")
            .env("GTK_A11Y", "none");
        command
    }

    /// Starts a program, and waits for the file that says that it is there.
    fn spawn(&mut self, name: &str, arguments: &[&str], file: &str) {
        let child = self.program(name).args(arguments).stdout(Stdio::null()).spawn();
        self.children.push(child.unwrap_or_else(|error| panic!("{name}: {error}")));
        self.until(name, |desktop| desktop.directory.path().join(file).exists());
    }

    /// What a program says.
    pub fn run(&self, name: &str, arguments: &[&str]) -> String {
        let output = self.program(name).args(arguments).output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn type_text(&self, text: &str) {
        self.run("wtype", &["-d", "20", text]);
    }

    /// Presses a key while others are held. This keyboard has no level that Shift would choose.
    pub fn key(&self, held: &[&str], key: &str) {
        let held: Vec<&str> = held.iter().flat_map(|held| ["-M", held]).collect();
        self.run("wtype", &[&held[..], &["-k", key]].concat());
    }

    /// Waits until a session shows a text.
    pub fn until_shown(&self, session: &str, text: &str) {
        self.until(&format!("{session} shows {text:?}"), |desktop| {
            desktop.run("scarab", &["capture", session]).contains(text)
        });
    }

    /// Waits for a picture in which this is so.
    pub fn until_seen<T>(&self, what: &str, look: impl Fn(&Picture) -> Option<T>) -> T {
        let mut found = None;
        self.until(what, |desktop| {
            let output = desktop.program("grim").args(["-t", "ppm", "-"]).output().expect("grim runs");
            let pixels = output.stdout.len().checked_sub(SCREEN.0 * SCREEN.1 * 3).expect("the whole screen");
            found = look(&Picture(output.stdout[pixels..].to_vec()));
            found.is_some()
        });
        found.expect("it was seen")
    }

    pub fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            if Instant::now() >= deadline {
                let (sessions, screen) = (self.run("scarab", &["ls"]), self.run("scarab", &["capture", "1"]));
                panic!("never: {what}; sessions:\n{sessions}session 1 shows:\n{screen}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
