//! The two terminals that a program runs in: a Scarab session and a tmux pane of the same size, driven through
//! their command lines as a person's script would.

use crate::harness::Place;
use crate::sgr::{Cell, cells};
use scarab_protocol::Client;
use scarab_protocol::message::request::CopyScreen;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a terminal shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    pub rows: Vec<Vec<Cell>>,
    /// Column and row from 0, where it is visible.
    pub cursor: Option<(u16, u16)>,
}

impl Shown {
    /// Does the text before the cursor end so?
    pub fn is_at(&self, prompt: &str) -> bool {
        let Some((col, row)) = self.cursor else { return false };
        let mut text: String = self
            .rows
            .get(row as usize)
            .map_or_else(String::new, |row| row.iter().map(|cell| cell.0).collect());
        // Trailing blanks were trimmed; a wide character is one here, so columns cannot be counted.
        if text.chars().count() < col as usize {
            text.push(' ');
        }
        text.chars().take(col as usize).collect::<String>().ends_with(prompt) || text.ends_with(prompt)
    }
}

/// A key of a script: text as it is, or a name both know.
#[derive(Clone, Copy)]
pub enum Key {
    Text(&'static str),
    Named(&'static str),
    /// No key: the text before the cursor must end so, in both, before the next key. A shell that is still starting
    /// the last command would have the terminal echo what is typed ahead.
    Prompt(&'static str),
}

/// What is run, where.
pub struct Program {
    pub argv: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub directory: PathBuf,
    pub size: (u16, u16),
}

fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Sessions of a service of their own.
pub struct Scarab {
    place: Place,
}

impl Scarab {
    pub fn new() -> Self {
        Scarab { place: Place::new() }
    }

    pub fn start(&self, name: &str, program: &Program) {
        let size = format!("{}x{}", program.size.0, program.size.1);
        let mut command = self.place.command(["new", name, "-d", "--size", &size, "--cwd"]);
        command.env_clear().env("SCARAB_SOCKET", self.place.socket()).envs(program.environment.clone());
        run(command.arg(&program.directory).arg("--").args(&program.argv));
    }

    pub fn key(&self, name: &str, key: Key) {
        match key {
            Key::Text(text) => self.place.ok(["send", name, "--", text]),
            Key::Named(key) => self.place.ok(["send", name, "--key", key]),
            Key::Prompt(_) => return,
        };
    }

    pub fn shown(&self, name: &str) -> Shown {
        let mut client = Client::connect(&self.place.socket()).expect("connected");
        let copy = client.ask(CopyScreen { session: name.to_owned() }).expect("a copy of the screen");
        Shown { rows: copy.rows.iter().map(|row| cells(row)).collect(), cursor: copy.cursor }
    }

    pub fn end(&self, name: &str) {
        // The program may have ended by the last key.
        self.place.run(["kill", name]);
    }
}

/// A private tmux server.
pub struct Tmux {
    directory: tempfile::TempDir,
}

impl Tmux {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory for the socket");
        // No status line, no end between two sessions, no wait after Escape, the TERM that Scarab gives, and the pane's own size.
        std::fs::write(
            directory.path().join("conf"),
            "set -g status off\nset -g exit-empty off\nset -g escape-time 0\nset -g default-terminal xterm-256color\n\
             set -g focus-events off\nset -g remain-on-exit on\n",
        )
        .expect("a configuration for tmux");
        Tmux { directory }
    }

    fn command(&self) -> Command {
        let mut command = Command::new("tmux");
        command.env_remove("TMUX").arg("-u").arg("-S").arg(self.path("s")).arg("-f").arg(self.path("conf"));
        command
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn start(&self, name: &str, program: &Program) {
        let mut command = self.command();
        command.env_clear().envs(program.environment.clone());
        command.args([
            "new-session",
            "-d",
            "-s",
            name,
            "-x",
            &program.size.0.to_string(),
            "-y",
            &program.size.1.to_string(),
            "-c",
        ]);
        command.arg(&program.directory);
        for (name, value) in &program.environment {
            command.arg("-e").arg(format!("{name}={value}"));
        }
        run(command.arg("--").args(&program.argv));
    }

    pub fn key(&self, name: &str, key: Key) {
        match key {
            Key::Text(text) => run(self.command().args(["send-keys", "-t", name, "-l", "--", text])),
            Key::Named(key) => run(self.command().args(["send-keys", "-t", name, tmux_name(key)])),
            Key::Prompt(_) => return,
        };
    }

    pub fn shown(&self, name: &str) -> Shown {
        // One invocation, so that cursor and rows are of one instant.
        let output = run(self.command().args([
            "display-message",
            "-p",
            "-t",
            name,
            "#{cursor_x} #{cursor_y} #{pane_height} #{cursor_flag}",
            ";",
            "capture-pane",
            "-p",
            "-e",
            "-N",
            "-t",
            name,
        ]));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut lines = text.lines();
        let numbers: Vec<u16> =
            lines.next().unwrap_or("").split(' ').filter_map(|n| n.parse().ok()).collect();
        let [x, y, height, visible] = numbers[..] else { panic!("tmux said {text:?}") };
        // SGR state goes on from line to line in tmux's capture.
        let mut rows: Vec<Vec<Cell>> = carried(lines.take(height as usize));
        rows.resize(height as usize, Vec::new());
        Shown { rows, cursor: (visible == 1).then_some((x, y)) }
    }

    pub fn end(&self, name: &str) {
        let _ = self.command().args(["kill-session", "-t", name]).output();
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = self.command().arg("kill-server").output();
    }
}

/// Lines whose SGR state is carried over the line ends, each made to stand alone.
fn carried<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Vec<Cell>> {
    let mut before = String::new();
    lines
        .map(|line| {
            let row = cells(&format!("{before}{line}"));
            for (at, _) in line.match_indices("\x1b[") {
                let sequence = &line[at..];
                if let Some(end) = sequence.find(|c: char| c.is_ascii_alphabetic())
                    && sequence.as_bytes()[end] == b'm'
                {
                    before.push_str(&sequence[..=end]);
                }
            }
            row
        })
        .collect()
}

fn tmux_name(key: &'static str) -> &'static str {
    match key {
        "PageDown" => "NPage",
        "PageUp" => "PPage",
        "Backspace" => "BSpace",
        "Delete" => "DC",
        other => other,
    }
}

/// Is a program on this machine?
pub fn installed(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|directory| Path::new(&directory).join(program).exists())
}
