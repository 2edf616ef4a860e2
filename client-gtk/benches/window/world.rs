//! What all targets stand in: an X server without a screen, a bus, a home directory and Scarab's service, of the
//! benchmark's own and ended with it; and which peers this machine has.

use crate::alone::{Children, has, surround};
use crate::screen::Screen;
use crate::targets::Target;
use anyhow::{Context, bail, ensure};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take before it counts as never.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// The X server's screen, in pixels: 200 by 50 cells of 11 points and what windows have around them.
const SCREEN: &str = "2400x1400x24";

pub struct World {
    directory: tempfile::TempDir,
    children: Children,
    display: String,
    pub screen: Option<Screen>,
    targets: Vec<Target>,
    missing: Vec<String>,
    /// Windows opened so far, for the names of their directories.
    pub opened: usize,
}

/// Where `scarab-gtk`, `scarabd` and `scarab` are: as SCARAB_BENCH_BIN says (`make bench` does), else as cargo builds.
pub fn programs() -> PathBuf {
    std::env::var_os("SCARAB_BENCH_BIN").map_or_else(
        || Path::new(env!("CARGO_BIN_EXE_scarab-gtk")).parent().expect("a directory").to_owned(),
        PathBuf::from,
    )
}

impl World {
    /// With all targets, or those that are named.
    pub fn new(named: &[String]) -> anyhow::Result<Self> {
        for program in ["scarab-gtk", "scarabd", "scarab"] {
            ensure!(programs().join(program).exists(), "{program} is not built: make build window first");
        }
        for program in ["Xvfb", "dbus-daemon"] {
            ensure!(has(program), "{program} is missing: packaging/setup bench installs it");
        }
        let mut world = Self {
            directory: tempfile::tempdir()?,
            children: Children::default(),
            display: String::new(),
            screen: None,
            targets: vec![Target::Scarab],
            missing: Vec::new(),
            opened: 0,
        };
        match world.compile_vte() {
            Ok(()) => world.targets.extend(Target::VTE),
            Err(error) => world.missing.push(format!("vte: {error:#} (packaging/setup bench installs it)")),
        }
        for (target, program) in
            [(Target::Xterm, "xterm"), (Target::XtermScalable, "xterm"), (Target::Alacritty, "alacritty")]
        {
            if has(program) {
                world.targets.push(target);
            } else {
                world.missing.push(format!("{}: not installed", target.name()));
            }
        }
        if !named.is_empty() {
            world.targets.retain(|target| named.iter().any(|name| name == target.name()));
        }
        world.start_display()?;
        let bus = format!("--address={}", world.bus());
        world.start("dbus-daemon", &["--session", "--nofork", &bus], "bus")?;
        let service = programs().join("scarabd").display().to_string();
        let socket = world.socket().display().to_string();
        world.start(&service, &["--listen", &socket], "scarab.sock")?;
        Ok(world)
    }

    /// What is measured here, Scarab first.
    pub fn targets(&self) -> Vec<Target> {
        self.targets.clone()
    }

    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.path("scarab.sock")
    }

    /// Without the X server, the bus or the service nothing more can be measured: better said than guessed.
    pub fn alive(&mut self) -> anyhow::Result<()> {
        for (name, child) in ["the X server", "the bus", "scarabd"].iter().zip(self.children.iter_mut()) {
            if let Some(status) = child.try_wait()? {
                bail!("{name} is gone: {status}");
            }
        }
        Ok(())
    }

    /// The X server's process.
    pub fn server(&self) -> u32 {
        self.children.first().map_or(0, Child::id)
    }

    /// The service's process.
    pub fn service(&self) -> u32 {
        self.children.last().map_or(0, Child::id)
    }

    pub fn screen(&self) -> &Screen {
        self.screen.as_ref().expect("the display was started")
    }

    fn bus(&self) -> String {
        format!("unix:path={}", self.path("bus").display())
    }

    /// A program in this world and with nothing of the person's who runs the benchmark.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        surround(&mut command, self.directory.path(), &self.bus(), &self.socket())
            .env("DISPLAY", &self.display)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn compile_vte(&self) -> anyhow::Result<()> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/window/vte.c");
        let script = format!(
            "cc -O2 -o '{}' '{}' $(pkg-config --cflags --libs vte-2.91-gtk4)",
            self.path("vte").display(),
            source.display()
        );
        let output = Command::new("sh")
            .args(["-c", &format!("pkg-config --exists vte-2.91-gtk4 && {script}")])
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("no libvte-2.91-gtk4-dev");
        ensure!(output.status.success(), "its host does not compile: {said}");
        Ok(())
    }

    fn start_display(&mut self) -> anyhow::Result<()> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", SCREEN, "-dpi", "96", "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let said = server.stdout.take().context("its output")?;
        self.children.push(server);
        let mut number = String::new();
        BufReader::new(said).read_line(&mut number)?;
        self.display = format!(":{}", number.trim());
        self.screen = Some(Screen::connect(&self.display).context("no X server of its own")?);
        Ok(())
    }

    /// Starts something that is there when it has made a socket.
    fn start(&mut self, program: &str, arguments: &[&str], socket: &str) -> anyhow::Result<()> {
        let child = self.command(program).args(arguments).spawn().with_context(|| program.to_owned())?;
        self.children.push(child);
        let deadline = Instant::now() + PATIENCE;
        while !self.path(socket).exists() {
            if Instant::now() > deadline {
                bail!("{program} does not start");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}
