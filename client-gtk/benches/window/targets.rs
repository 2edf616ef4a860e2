//! The terminals that are measured, and a window of one.

use crate::inside::{self, SIZE};
use crate::screen::Key;
use crate::world::{PATIENCE, World, programs};
use anyhow::{Context, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use x11rb::protocol::xproto::Window as WindowId;

/// A cell of 11 points in pixels, to begin with where a terminal does not say (VTE): what is wrong in it is made good
/// by the next attempt.
const CELL: (i32, i32) = (9, 18);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Target {
    Scarab,
    /// VTE in the smallest window, drawn by the renderer that GTK chooses.
    Vte,
    /// The same drawn by cairo.
    VteCairo,
    /// With its own bitmap font: the quickest there is.
    Xterm,
    /// With the font that the others have.
    XtermScalable,
    Alacritty,
}

impl Target {
    pub const VTE: [Self; 2] = [Self::Vte, Self::VteCairo];

    pub fn name(self) -> &'static str {
        match self {
            Self::Scarab => "scarab",
            Self::Vte => "vte",
            Self::VteCairo => "vte, cairo",
            Self::Xterm => "xterm",
            Self::XtermScalable => "xterm, same font",
            Self::Alacritty => "alacritty",
        }
    }

    /// What starts a window that runs a program. No cursor blinks: Scarab's and alacritty's do not, xterm's is told.
    fn command(self, world: &World, program: &[String]) -> Command {
        let mut command = match self {
            Self::Scarab => world.command(programs().join("scarab-gtk")),
            Self::Vte | Self::VteCairo => world.command(world.path("vte")),
            Self::Xterm | Self::XtermScalable => world.command("xterm"),
            Self::Alacritty => world.command("alacritty"),
        };
        match self {
            Self::Scarab => command.arg("--"),
            Self::Vte => &mut command,
            Self::VteCairo => command.env("GSK_RENDERER", "cairo"),
            Self::Xterm => command.args(["+bc", "-e"]),
            Self::XtermScalable => command.args(["+bc", "-fa", "Monospace", "-fs", "11", "-e"]),
            Self::Alacritty => command.arg("-e"),
        };
        command.args(program);
        command
    }
}

/// A window of a target with a program in it, ended when dropped.
pub struct Window {
    child: Child,
    pub id: WindowId,
    /// When its process was started.
    pub began: Instant,
    directory: PathBuf,
}

impl Window {
    /// Starts a window that runs one of the programs in `inside`.
    pub fn start(world: &mut World, target: Target, program: &str) -> anyhow::Result<Self> {
        world.alive()?;
        world.opened += 1;
        let directory = world.path(&format!("window-{}", world.opened));
        std::fs::create_dir(&directory)?;
        let mut command = target.command(world, &inside::command(program, &directory));
        // Numbers of windows are used again: what was shown before must be gone.
        let patience = Instant::now() + PATIENCE;
        while !world.screen().windows()?.is_empty() {
            ensure!(Instant::now() < patience, "another window stays");
            std::thread::sleep(Duration::from_millis(5));
        }
        let began = Instant::now();
        let child = command.spawn()?;
        let mut window = Self { child, id: 0, began, directory };
        let deadline = began + PATIENCE;
        while window.id == 0 {
            if let Some(status) = window.child.try_wait()? {
                bail!("it ended with {status}");
            }
            ensure!(Instant::now() < deadline, "it shows no window");
            window.id = world.screen().windows()?.first().copied().unwrap_or(0);
            if window.id == 0 {
                world.screen().drawn(Duration::from_millis(5))?; // a window that is shown is drawn
            }
        }
        Ok(window)
    }

    /// The same, and makes it fit and waits until all is drawn.
    pub fn start_fit(world: &mut World, target: Target, program: &str) -> anyhow::Result<Self> {
        let window = Self::start(world, target, program)?;
        window.fit(world)?;
        window.until("ready")?;
        world.screen().rest(PATIENCE)?;
        Ok(window)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Tells the program to begin.
    pub fn go(&self) -> anyhow::Result<()> {
        Ok(std::fs::write(self.file("go"), "")?)
    }

    /// Waits for what the program tells.
    pub fn until(&self, name: &str) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.file(name).exists() {
            ensure!(Instant::now() < deadline, "its program is never {name}");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Gives the window the size with which its screen has so many cells: as far as it differs now, so that what is
    /// around the cells need not be known.
    fn fit(&self, world: &World) -> anyhow::Result<()> {
        self.until("size")?;
        let deadline = Instant::now() + PATIENCE;
        let mut last = String::new();
        loop {
            let size = std::fs::read_to_string(self.file("size"))?;
            let numbers: Vec<i32> = size.split(' ').map(str::parse).collect::<Result<_, _>>()?;
            let [cols, rows, width, height] = numbers[..] else { bail!("its size is {size:?}") };
            if (cols, rows) == (i32::from(SIZE.0), i32::from(SIZE.1)) {
                // Once more, as it may have been so from the beginning: gives it the keyboard.
                let area = world.screen().area(self.id)?;
                return world.screen().place(self.id, area.width, area.height);
            }
            ensure!(Instant::now() < deadline, "it cannot be made to fit, its screen is {cols} by {rows}");
            if size == last {
                std::thread::sleep(Duration::from_millis(20));
                continue;
            }
            world.screen().rest(PATIENCE)?;
            let area = world.screen().area(self.id)?;
            let more = |have: u16, wanted: u16, cells: i32, pixels: i32, cell: i32| {
                let cell = if pixels > 0 { pixels / cells } else { cell };
                i32::from(have) + (i32::from(wanted) - cells) * cell
            };
            let width = more(area.width, SIZE.0, cols, width, CELL.0);
            let height = more(area.height, SIZE.1, rows, height, CELL.1);
            world.screen().place(self.id, width as u16, height as u16)?;
            last = size;
        }
    }

    /// Presses and releases a key while others are held.
    pub fn chord(&self, world: &World, held: &[Key], key: Key) -> anyhow::Result<()> {
        held.iter().try_for_each(|held| world.screen().press(*held))?;
        world.screen().press(key)?;
        world.screen().release(key)?;
        held.iter().try_for_each(|held| world.screen().release(*held))
    }
}

/// Processor time of all living threads of a process, in ms.
pub fn processor(pid: u32) -> anyhow::Result<f64> {
    let mut nanos = 0u64;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
        // One that has just ended is left out.
        let Ok(said) = std::fs::read_to_string(thread.path().join("schedstat")) else { continue };
        nanos += said.split(' ').next().unwrap_or_default().parse::<u64>().context("schedstat")?;
    }
    Ok(nanos as f64 / 1e6)
}

impl Drop for Window {
    fn drop(&mut self) {
        // The program too: it may be the service's child, which outlives windows. Its number may be another's by now.
        let number = std::fs::read_to_string(self.file("pid")).unwrap_or_default();
        let line = std::fs::read_to_string(format!("/proc/{number}/cmdline")).unwrap_or_default();
        let own = line.contains(&*self.directory.to_string_lossy());
        if let Some(pid) = number.parse().ok().filter(|_| own).and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A kilobyte figure of a file in /proc whose lines are `Name: N kB`.
pub fn kilobytes(path: &Path, name: &str) -> Option<f64> {
    let text = std::fs::read_to_string(path).ok()?;
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.split_whitespace().next()?.parse().ok())
}
