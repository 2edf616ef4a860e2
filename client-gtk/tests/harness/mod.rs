//! A real window: an X server without a screen, a bus, a service and the program, each of the test's own; keys and the
//! mouse by XTEST, pictures of the root window.
//!
//! Where something of it is missing a test says so loudly, and fails where `SCARAB_REQUIRE_ALL` is set, as CI does.

#![allow(dead_code, reason = "each file of tests uses a part of it")]

pub mod alone;
pub mod reader;
pub mod wayland;

use alone::{Children, did_not_run, has, surround};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take before it counts as never.
const PATIENCE: Duration = Duration::from_secs(20);
/// What X calls the window under the mouse.
const POINTER_ROOT: &str = "1";
/// The X server's screen.
const SCREEN: (usize, usize) = (1280, 900);

/// Everything that a window needs, and the window.
pub struct Desktop {
    directory: tempfile::TempDir,
    display: String,
    children: Children,
    bin: PathBuf,
    /// Variables that programs here have besides.
    environment: Vec<(String, String)>,
}

/// A picture of the root window: three bytes a pixel.
pub struct Picture(Vec<u8>);

impl Picture {
    pub fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * SCREEN.0 + x) * 3;
        [self.0[at], self.0[at + 1], self.0[at + 2]]
    }

    /// The pixels of a colour: how many, and their bounds (left, top, right, bottom).
    pub fn find(&self, colour: [u8; 3]) -> Option<(usize, [usize; 4])> {
        let places = (0..SCREEN.1).flat_map(|y| (0..SCREEN.0).map(move |x| (x, y)));
        let mut found: Option<(usize, [usize; 4])> = None;
        for (x, y) in places.filter(|(x, y)| self.at(*x, *y) == colour) {
            let (count, bounds) = found.get_or_insert((0, [x, y, x, y]));
            *count += 1;
            *bounds = [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x), bounds[3].max(y)];
        }
        found
    }
}

/// What all of it needs.
const NEEDED: [&str; 5] = ["Xvfb", "xdotool", "import", "dbus-daemon", "busctl"];

impl Desktop {
    /// All of it with a window that runs `command`; `None` where that cannot be had.
    pub fn start(command: &[&str]) -> Option<Self> {
        Self::start_with(&[], command)
    }

    /// The same with variables of the environment.
    pub fn start_with(environment: &[(&str, &str)], command: &[&str]) -> Option<Self> {
        if let Some(program) = NEEDED.into_iter().find(|program| !has(program)) {
            did_not_run("the window", &format!("{program} is missing: packaging/setup test installs it"));
            return None;
        }
        let bin = Path::new(env!("CARGO_BIN_EXE_scarab-gtk")).parent().expect("a directory").to_owned();
        assert!(bin.join("scarabd").exists(), "scarabd is not built: cargo build --workspace first");
        let directory = tempfile::tempdir().expect("a directory");
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let (display, children) = (String::new(), Children::default());
        let mut desktop = Self { directory, display, children, bin, environment };
        std::fs::create_dir(desktop.socket().parent().expect("a directory")).expect("it is made");
        desktop.start_display();
        desktop.start_bus();
        let service = desktop.program("scarabd").arg("--listen").arg(desktop.socket()).spawn();
        desktop.children.push(service.expect("scarabd starts"));
        desktop.until("the service listens", |desktop| desktop.socket().exists());
        desktop.open(command);
        Some(desktop)
    }

    /// Servers that start at the same instant may choose the same number: the one that has it answers.
    fn start_display(&mut self) {
        for _ in 0..5 {
            self.start_server();
            let deadline = Instant::now() + Duration::from_secs(2);
            while Instant::now() < deadline {
                let alive =
                    self.children.last_mut().is_some_and(|server| matches!(server.try_wait(), Ok(None)));
                if alive && !self.tool(&["getdisplaygeometry"]).is_empty() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            if let Some(mut server) = self.children.pop() {
                let _ = server.kill();
                let _ = server.wait();
            }
        }
        panic!("no X server of its own");
    }

    fn start_server(&mut self) {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{}x{}x24", SCREEN.0, SCREEN.1)])
            // Without clients for a moment it would begin anew, and refuse the next one meanwhile.
            .args(["-dpi", "96", "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut number = String::new();
        let said = server.stdout.take().expect("its output");
        BufReader::new(said).read_line(&mut number).expect("its number");
        self.display = format!(":{}", number.trim());
        self.children.push(server);
    }

    fn start_bus(&mut self) {
        let address = format!("--address={}", self.bus());
        // What the bus starts finds the display, and the service where it is without being told; and has variables that
        // are nobody's.
        let services = self.directory.path().join("dbus-1/services");
        std::fs::create_dir_all(&services).expect("a directory");
        let program = self.bin.join("scarab-gtk");
        let entry = format!(
            "[D-BUS Service]\nName=org.scarab.Terminal\nExec={} --gapplication-service\n",
            program.display()
        );
        std::fs::write(services.join("org.scarab.Terminal.service"), entry).expect("an entry");
        let mut started = self.program("scarab-gtk");
        started.env_remove("SCARAB_SOCKET");
        let bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", &address])
            .env_clear()
            .envs(started.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("OF_THE_BUS", "yes")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.children.push(bus.expect("dbus-daemon starts"));
        self.until("the bus listens", |desktop| desktop.directory.path().join("bus").exists());
    }

    fn bus(&self) -> String {
        format!("unix:path={}", self.directory.path().join("bus").display())
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("scarab/control.sock")
    }

    /// The home directory of all that runs here.
    pub fn home(&self) -> &Path {
        self.directory.path()
    }

    /// A program with all of this around it.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        surround(&mut command, self.home(), &self.bus(), &self.socket())
            .env("DISPLAY", &self.display)
            .env("PS1", "$ ")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Opens a window (the program's first run stays, and opens all windows).
    pub fn open(&mut self, command: &[&str]) {
        self.open_with(&[&["--"], command].concat());
    }

    /// Opens a window on a session.
    pub fn open_session(&mut self, session: &str) {
        self.open_with(&["--session", session]);
    }

    /// Opens GNOME Files on a folder; it finds the window's program.
    pub fn start_files(&mut self, folder: &Path) {
        let path = std::env::join_paths(
            std::iter::once(self.bin.clone())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        );
        let files = self
            .program("/usr/bin/nautilus")
            .arg(folder)
            .env("PATH", path.expect("a path"))
            .stderr(Stdio::null())
            .spawn();
        self.children.push(files.expect("nautilus starts"));
        self.until("Files is shown", |desktop| {
            !desktop.tool(&["search", "--onlyvisible", "--class", "nautilus"]).is_empty()
        });
    }

    fn open_with(&mut self, arguments: &[&str]) {
        let window = self.program("scarab-gtk").args(arguments).spawn().expect("scarab-gtk starts");
        self.children.push(window);
        self.until("a window is shown", |desktop| {
            !desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]).is_empty()
        });
    }

    /// Kills the window that was opened last, as a crash would.
    pub fn kill_window(&mut self) {
        let mut window = self.children.pop().expect("a window");
        window.kill().and_then(|()| window.wait()).expect("it is killed");
    }

    /// Makes a program that opens addresses for this person: it writes them down, here.
    pub fn opener(&self) -> PathBuf {
        let applications = self.home().join(".local/share/applications");
        std::fs::create_dir_all(&applications).expect("a directory");
        let opened = self.home().join("opened");
        let script = self.home().join("open");
        std::fs::write(&script, format!("#!/bin/sh\necho \"$1\" >> {}\n", opened.display()))
            .expect("a script");
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .expect("executable");
        let entry = format!(
            "[Desktop Entry]\nType=Application\nName=x\nExec={} %u\nMimeType=x-scheme-handler/https;\n",
            script.display()
        );
        std::fs::write(applications.join("opener.desktop"), entry).expect("an entry");
        let defaults = "[Default Applications]\nx-scheme-handler/https=opener.desktop\n";
        std::fs::write(applications.join("mimeapps.list"), defaults).expect("the defaults");
        opened
    }

    /// How often the kernel has given a processor to the program whose window was opened last: all its threads.
    pub fn turns(&self) -> u64 {
        let program = self.children.last().expect("a window").id();
        let tasks = std::fs::read_dir(format!("/proc/{program}/task")).expect("its threads");
        let of_task = |task: std::fs::DirEntry| {
            let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
            let switches = status.lines().filter(|line| line.contains("ctxt_switches"));
            switches.filter_map(|line| line.rsplit('\t').next()?.parse::<u64>().ok()).sum::<u64>()
        };
        tasks.flatten().map(of_task).sum()
    }

    /// What `xdotool` says.
    pub fn tool(&self, arguments: &[&str]) -> String {
        self.run("xdotool", arguments)
    }

    /// What a program of this display says.
    pub fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program).args(arguments).env("DISPLAY", &self.display).output();
        String::from_utf8_lossy(&output.expect("it runs").stdout).trim().to_owned()
    }

    /// A method call on the bus.
    pub fn call(&self, arguments: &[&str]) {
        let mut busctl = Command::new("busctl");
        busctl.args([&["--user", "call"], arguments].concat()).env("DBUS_SESSION_BUS_ADDRESS", self.bus());
        let output = busctl.env("XDG_RUNTIME_DIR", self.directory.path()).output().expect("busctl runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Gives the window the keyboard, or takes it away: without a window manager it is then where the mouse is.
    pub fn focus(&self, there: bool) {
        let window = self.tool(&["search", "--onlyvisible", "--class", "scarab"]);
        let (x, y) = if there { (200, 200) } else { (SCREEN.0 - 2, SCREEN.1 - 2) };
        self.tool(&["mousemove", &x.to_string(), &y.to_string()]);
        self.tool(&["windowfocus", if there { &window } else { POINTER_ROOT }]);
    }

    pub fn keys(&self, keys: &[&str]) {
        self.tool(&[&["key", "--delay", "30"], keys].concat());
    }

    pub fn type_text(&self, text: &str) {
        self.tool(&["type", "--delay", "20", text]);
    }

    /// What the command line says.
    pub fn scarab(&self, arguments: &[&str]) -> String {
        let output: Output = self.program("scarab").args(arguments).output().expect("scarab runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Columns and rows of the only session.
    pub fn size(&self) -> (usize, usize) {
        let json = self.scarab(&["ls", "--json"]);
        // The session's own come before those of its viewers.
        let number = |name: &str| {
            let rest = json.split(&format!("\"{name}\":")).nth(1).unwrap_or_default();
            rest.trim()
                .split(|character: char| !character.is_ascii_digit())
                .next()
                .and_then(|n| n.parse().ok())
        };
        number("cols").zip(number("rows")).expect("its size")
    }

    /// Waits until a session shows a text.
    pub fn until_shown(&self, session: &str, text: &str) {
        self.until(&format!("{session} shows {text:?}"), |desktop| {
            desktop.scarab(&["capture", session]).contains(text)
        });
    }

    pub fn picture(&self) -> Picture {
        let output = Command::new("import")
            .args(["-window", "root", "-depth", "8", "rgb:-"])
            .env("DISPLAY", &self.display)
            .output()
            .expect("import runs");
        assert_eq!(output.stdout.len(), SCREEN.0 * SCREEN.1 * 3, "a picture of the whole screen");
        Picture(output.stdout)
    }

    /// Waits for a picture in which this is so.
    pub fn until_seen<T>(&self, what: &str, look: impl Fn(&Picture) -> Option<T>) -> T {
        let mut found = None;
        self.until(what, |desktop| {
            found = look(&desktop.picture());
            found.is_some()
        });
        found.expect("it was seen")
    }

    /// Waits until nothing moves any more: a window that opens takes its first keys otherwise than the later ones.
    pub fn until_still(&self) {
        let mut last = Vec::new();
        self.until("nothing moves", |desktop| {
            std::thread::sleep(Duration::from_millis(100));
            let now = desktop.picture().0;
            let still = now == last;
            last = now;
            still
        });
    }

    pub fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            if Instant::now() >= deadline {
                let windows = self.tool(&["search", "--onlyvisible", "--name", "."]);
                let (sessions, screen) = (self.scarab(&["ls"]), self.scarab(&["capture", "1"]));
                panic!("never: {what}; sessions:\n{sessions}windows: {windows}\nsession 1 shows:\n{screen}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
