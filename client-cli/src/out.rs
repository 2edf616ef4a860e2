//! Standard output that may close at any moment (`scarab ls | head`): that is an end, not a failure or a panic.

use anyhow::Context;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::BorrowedFd;
use std::fmt;
use std::io::{self, BufWriter, StdoutLock, Write};

/// Whoever read our standard output has gone.
#[derive(Debug)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("standard output was closed")
    }
}

impl std::error::Error for Closed {}

/// Buffered standard output.
pub struct Out(BufWriter<StdoutLock<'static>>);

impl Out {
    /// Takes standard output for as long as this lives.
    pub fn new() -> Self {
        Out(BufWriter::with_capacity(64 << 10, io::stdout().lock()))
    }

    /// Writes a line and its end.
    pub fn line(&mut self, text: &str) -> anyhow::Result<()> {
        self.text(text)?;
        self.text("\n")
    }

    /// Writes text as it is.
    pub fn text(&mut self, text: &str) -> anyhow::Result<()> {
        check(self.0.write_all(text.as_bytes()))
    }

    /// Writes bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        check(self.0.write_all(bytes))
    }

    /// Hands over what is buffered. Every verb that wrote ends with this: a drop would hide the error.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        check(self.0.flush())
    }
}

/// Columns of the terminal that standard output is, if it is one.
pub fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|&columns| columns > 0)
}

fn check(result: io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Closed.into()),
        result => result.context("cannot write to standard output"),
    }
}

/// Waits until one of `inputs` has something to read, and notices when standard output is closed meanwhile: what
/// follows output must end with its reader even if nothing more ever happens.
pub fn wait_readable(inputs: &[BorrowedFd<'_>]) -> anyhow::Result<()> {
    let mut descriptors: Vec<PollFd<'_>> =
        inputs.iter().map(|&input| PollFd::from_borrowed_fd(input, PollFlags::IN)).collect();
    // No events asked of standard output: only its error, the reader's end of a pipe having closed.
    descriptors.push(PollFd::from_borrowed_fd(rustix::stdio::stdout(), PollFlags::empty()));
    loop {
        match poll(&mut descriptors, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(io::Error::from(error)).context("cannot wait for the service"),
        }
        let (stdout, inputs) = descriptors.split_last().context("there is always standard output")?;
        if stdout.revents().contains(PollFlags::ERR) {
            return Err(Closed.into());
        }
        if inputs.iter().any(|input| !input.revents().is_empty()) {
            return Ok(());
        }
    }
}
