//! A terminal for `scarab attach` to stand in: a PTY, and an emulator behind it that shows and answers.

use super::{Place, SCARAB};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use scarab_terminal::{Content, Options, Size, Terminal, VecHistory};
use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Outer {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    child: Box<dyn Child + Send + Sync>,
    /// The terminal's modes before anybody attached.
    pub modes: String,
    pub terminal: Terminal<VecHistory>,
    /// It answers questions, as most terminals do.
    pub answers: bool,
    /// It answers none that begins so.
    pub withheld: Option<&'static [u8]>,
    /// Everything the viewer wrote.
    pub written: Vec<u8>,
}

impl Outer {
    /// Starts `scarab` with these arguments in a terminal of this size.
    pub fn start(place: &Place, arguments: &[&str], cols: u16, rows: u16) -> Self {
        Self::start_with(place, arguments, cols, rows, &[])
    }

    /// The same, with more in the environment.
    pub fn start_with(
        place: &Place,
        arguments: &[&str],
        cols: u16,
        rows: u16,
        environment: &[(&str, &str)],
    ) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize { cols, rows, pixel_width: cols * 8, pixel_height: rows * 16 })
            .expect("a PTY");
        let mut command = CommandBuilder::new(SCARAB);
        command.args(arguments);
        command.cwd(place.path());
        command.env_clear();
        for (name, value) in place.environment() {
            command.env(name, value);
        }
        for (name, value) in environment {
            command.env(name, value);
        }
        let modes = format!("{:?}", pair.master.get_termios());
        let child = pair.slave.spawn_command(command).expect("scarab starts");
        drop(pair.slave);
        let (sender, output) = channel();
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            writer: pair.master.take_writer().expect("a writer"),
            master: pair.master,
            output,
            child,
            modes,
            terminal: Terminal::new(Size::cells(cols, rows), Options::default(), VecHistory::with_limit(100)),
            answers: true,
            withheld: None,
            written: Vec::new(),
        }
    }

    pub fn type_in(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).expect("typed");
    }

    pub fn resize(&mut self, cols: u16, rows: u16) {
        self.terminal.resize(Size::cells(cols, rows));
        self.master.resize(PtySize { cols, rows, pixel_width: 0, pixel_height: 0 }).expect("resized");
    }

    /// Shows what comes until `wanted` holds.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.show(&bytes),
                Err(_) => panic!("waited for {what} in vain; the terminal shows:\n{}", self.text()),
            }
        }
    }

    /// Shows what comes until nothing is told to differ; what does when patience ends.
    pub fn until_same(&mut self, difference: impl Fn(&Self) -> Option<String>) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while let Some(difference) = difference(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.show(&bytes),
                Err(_) => return Err(difference),
            }
        }
        Ok(())
    }

    fn show(&mut self, bytes: &[u8]) {
        self.terminal.feed(bytes);
        self.written.extend_from_slice(bytes);
        let mut replies = std::mem::take(self.terminal.replies());
        if let Some(start) = self.withheld
            && let Some(at) = replies.windows(start.len()).position(|bytes| bytes == start)
        {
            let end = at + start.len();
            let rest = replies[end..].iter().position(|byte| *byte == 0x1b).unwrap_or(replies.len() - end);
            replies.drain(at..end + rest);
        }
        if self.answers && !replies.is_empty() {
            self.writer.write_all(&replies).expect("answered");
        }
    }

    /// Shows what has come and was not shown yet; how many bytes that were.
    pub fn take_unseen(&mut self) -> usize {
        let before = self.written.len();
        while let Ok(bytes) = self.output.try_recv() {
            self.show(&bytes);
        }
        self.written.len() - before
    }

    /// Waits for some text anywhere on the screen.
    pub fn until_text(&mut self, text: &str) {
        self.until(&format!("{text:?}"), |outer| outer.text().contains(text));
    }

    /// A row's text, trailing blanks left out.
    pub fn row(&self, row: usize) -> String {
        let mut text = String::new();
        for cell in self.terminal.screen().row(row).cells() {
            match cell.content() {
                Content::Blank | Content::Image => text.push(' '),
                Content::Char(character) => text.push(character),
                Content::Cluster(id) => text.push_str(self.terminal.clusters().get(id)),
                Content::Spacer | Content::Padding => {}
            }
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// The whole screen.
    pub fn text(&self) -> String {
        let rows: Vec<String> = (0..self.terminal.screen().rows()).map(|row| self.row(row)).collect();
        rows.join("\n")
    }

    pub fn signal(&self, signal: Signal) {
        let pid = self.child.process_id().and_then(|pid| Pid::from_raw(pid as i32)).expect("it runs");
        kill_process(pid, signal).expect("signalled");
    }

    /// The viewer's process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    /// Waits for the viewer's end and shows all it wrote.
    pub fn end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.show(&bytes),
                // The reader ends with the last program on the terminal.
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().expect("its status"),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("it does not end; the terminal shows:\n{}", self.text())
                }
            }
        }
    }

    /// Asserts that the terminal is as it was.
    pub fn assert_restored(&self) {
        assert_eq!(format!("{:?}", self.master.get_termios()), self.modes, "the terminal's modes");
        self.assert_switched_back();
    }

    /// The same without the kernel's part.
    pub fn assert_switched_back(&self) {
        assert!(!self.terminal.on_alternate_screen(), "the alternate screen was left");
        assert!(self.terminal.cursor().visible, "the cursor is shown");
        let fresh = Terminal::new(self.terminal.size(), Options::default(), VecHistory::with_limit(1));
        assert_eq!(self.terminal.input_modes(), fresh.input_modes(), "every mode of input is as it was");
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
