//! The programs that run inside the terminals being measured: this binary, called with `--inside PROGRAM DIRECTORY`.
//!
//! Terminals may start them by a service, so they and the benchmark tell each other by files in the directory: `pid`;
//! `size` as it is until it is the wanted one; `ready` when all is drawn; `go` from the benchmark; `done` at the end.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, SpecialCodeIndex, tcgetattr, tcgetwinsize, tcsetattr};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The screen on which is measured: columns and rows.
pub const SIZE: (u16, u16) = (200, 50);
/// Changes that are measured in one turn.
pub const CHANGES: usize = 40;
/// Between two changes: so long that the slowest draws each of them.
const PERIOD: Duration = Duration::from_millis(150);
/// How often a file is looked for.
const LOOK: Duration = Duration::from_millis(5);
/// The ground of the prompt, which nothing else on the screen has: red, green, blue.
pub const PROMPT: [u8; 3] = [200, 0, 120];
/// The row of the line that is changed, and of the key's answer where the whole screen is at rest.
const MIDDLE: u16 = 25;

/// What such a program is started by.
pub fn command(program: &str, directory: &Path) -> Vec<String> {
    let own = std::env::current_exe().expect("a path").display().to_string();
    vec![own, "--inside".to_owned(), program.to_owned(), directory.display().to_string()]
}

pub fn run(arguments: &[String]) -> anyhow::Result<()> {
    let [program, directory] = arguments else { anyhow::bail!("--inside PROGRAM DIRECTORY") };
    let inside = Inside { directory: PathBuf::from(directory) };
    inside.tell("pid", &std::process::id().to_string())?;
    raw_input()?;
    match program.as_str() {
        "prompt" => inside.prompt(),
        "echo-empty" => inside.echo(false),
        "echo-full" => inside.echo(true),
        "echo-flood" => inside.echo_under_flood(),
        "change-line" => inside.change(MIDDLE..=MIDDLE),
        "change-screen" => inside.change(1..=SIZE.1),
        "flood" => inside.flood(),
        other => anyhow::bail!("no program {other:?}"),
    }
}

struct Inside {
    directory: PathBuf,
}

/// Input byte by byte and unechoed; output as programs have it (OPOST stays on).
fn raw_input() -> anyhow::Result<()> {
    let stdin = std::io::stdin();
    let mut termios = tcgetattr(&stdin)?;
    let output = termios.output_modes;
    termios.make_raw();
    termios.output_modes = output;
    termios.special_codes[SpecialCodeIndex::VMIN] = 1;
    termios.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(&stdin, OptionalActions::Now, &termios)?;
    Ok(())
}

fn say(text: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// A row of words, each in a colour of its own and some on a ground; with another `seed` everything is different.
fn coloured_row(row: u16, seed: usize) -> String {
    let mut text = format!("\x1b[{row};1H");
    for word in 0..usize::from(SIZE.0) / 4 {
        // Knuth's multiplicative hash: no two neighbours alike, the same in every run.
        let hash = (seed * 4099 + usize::from(row) * 131 + word).wrapping_mul(2_654_435_761) >> 7;
        let (colour, ground) = (16 + hash % 216, 232 + hash % 12);
        let letters = [0, 1, 2].map(|n| char::from(b'a' + (hash / 26usize.pow(n) % 26) as u8));
        let [a, b, c] = letters;
        let ground = if hash.is_multiple_of(8) { format!(";48;5;{ground}") } else { String::new() };
        let _ = write!(text, "\x1b[0;38;5;{colour}{ground}m{a}{b}{c} "); // a string takes all
    }
    text + "\x1b[m"
}

fn coloured_screen(seed: usize) -> String {
    (1..=SIZE.1).map(|row| coloured_row(row, seed)).collect()
}

impl Inside {
    /// Appears whole, as it is renamed into its place.
    fn tell(&self, name: &str, text: &str) -> std::io::Result<()> {
        let part = self.directory.join(format!("{name}.part"));
        std::fs::write(&part, text)?;
        std::fs::rename(part, self.directory.join(name))
    }

    fn wait_for(&self, name: &str) {
        while !self.directory.join(name).exists() {
            std::thread::sleep(LOOK);
        }
    }

    /// Until the window has been made to fit; then a clean screen.
    fn fit(&self) -> anyhow::Result<()> {
        let mut told = None;
        loop {
            let size = tcgetwinsize(std::io::stdin())?;
            let now = (size.ws_col, size.ws_row, size.ws_xpixel, size.ws_ypixel);
            if told != Some(now) {
                let (cols, rows, width, height) = now;
                self.tell("size", &format!("{cols} {rows} {width} {height}"))?;
                told = Some(now);
            }
            if (now.0, now.1) == SIZE {
                break;
            }
            std::thread::sleep(LOOK);
        }
        say("\x1b[2J\x1b[H")?;
        Ok(())
    }

    /// A prompt, as a shell shows it.
    fn prompt(&self) -> anyhow::Result<()> {
        let [red, green, blue] = PROMPT;
        say(&format!("\x1b[48;2;{red};{green};{blue}m    \x1b[m$ "))?;
        self.tell("ready", "")?;
        let mut byte = [0];
        while matches!(std::io::stdin().read(&mut byte), Ok(1..)) {}
        Ok(())
    }

    /// Echoes every odd key as a tty does, and takes it back at every even one: the cursor moves, the place stays.
    fn echo(&self, full: bool) -> anyhow::Result<()> {
        self.fit()?;
        if full {
            say(&coloured_screen(0))?;
        }
        say(&format!("\x1b[{MIDDLE};101H"))?;
        self.tell("ready", "")?;
        let mut byte = [0];
        for answer in ["X", "\x08 \x08"].into_iter().cycle() {
            if std::io::stdin().read(&mut byte)? == 0 {
                break;
            }
            say(answer)?;
        }
        Ok(())
    }

    /// Answers keys in the first row while it writes lines below as fast as they are taken, once it is told to.
    fn echo_under_flood(&self) -> anyhow::Result<()> {
        self.fit()?;
        say(&format!("\x1b[?25l\x1b[3;{}r\x1b[3;1H", SIZE.1))?;
        self.tell("ready", "")?;
        let stdin = std::io::stdin();
        let (block, go) = (flood_block(), self.directory.join("go"));
        let mut flooding = false;
        let mut answers = ["X", " "].into_iter().cycle();
        loop {
            flooding = flooding || go.exists();
            let nanos = if flooding { 0 } else { LOOK.as_nanos() as i64 };
            let wait = Timespec { tv_sec: 0, tv_nsec: nanos };
            if poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&wait))? > 0 {
                let mut keys = [0; 64];
                match rustix::io::read(&stdin, &mut keys)? {
                    0 => return Ok(()),
                    read => {
                        for answer in answers.by_ref().take(read) {
                            say(&format!("\x1b7\x1b[1;11H{answer}\x1b8"))?;
                        }
                    }
                }
            }
            if flooding {
                say(&block)?;
            }
        }
    }

    /// Changes rows wholly, so many times, at a pace that lets each be drawn.
    fn change(&self, rows: std::ops::RangeInclusive<u16>) -> anyhow::Result<()> {
        self.fit()?;
        say(&coloured_screen(0))?;
        self.tell("ready", "")?;
        self.wait_for("go");
        for seed in 1..=CHANGES {
            say(&rows.clone().map(|row| coloured_row(row, seed)).collect::<String>())?;
            std::thread::sleep(PERIOD);
        }
        self.tell("done", "")?;
        std::thread::sleep(Duration::from_secs(600)); // it is ended when it was measured
        Ok(())
    }

    /// Writes as fast as it is taken.
    fn flood(&self) -> anyhow::Result<()> {
        self.fit()?;
        self.tell("ready", "")?;
        self.wait_for("go");
        let block = flood_block();
        loop {
            say(&block)?;
        }
    }
}

/// Some 4 KB of lines.
fn flood_block() -> String {
    (0..54)
        .map(|n| format!("{n:04} a line of plain text as programs write them, of some seventy characters\n"))
        .collect()
}
