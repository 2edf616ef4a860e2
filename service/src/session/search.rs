//! Searching a session without holding it up: its thread says where history stands and writes the lines of the screen,
//! and the looking is done on a thread of its own, over the mapped view, as a viewer does it (`protocol/src/grid/search.rs`).

use super::capture;
use super::publish::Emulator;
use scarab_protocol::Pattern;
use scarab_protocol::grid::search::{SearchError, matching_lines};
use scarab_protocol::grid::{GridError, HistoryMark, Place, Position, ViewReader, ViewWriter};
use scarab_protocol::message::CapturedLine;
use scarab_protocol::message::answer::{Failed, FailureKind};
use scarab_protocol::pattern::{Deadline, TimeUp};
use std::io;
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;
use tokio::sync::oneshot;

/// A session as it was at one moment, to be looked through.
#[derive(Debug)]
pub struct Searched {
    memory: OwnedFd,
    history: HistoryMark,
    /// The lines that are on the screen; the first may begin in history.
    screen: Vec<CapturedLine>,
}

/// How much is found at most.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Lines.
    pub lines: usize,
    /// Bytes of their text, and one line more.
    pub bytes: usize,
}

impl Searched {
    pub(super) fn of(view: &ViewWriter, emulator: &Emulator) -> Result<Self, Failed> {
        let failed = |error: io::Error| Failed {
            kind: FailureKind::Internal,
            message: format!("the session's memory cannot be opened: {error}"),
        };
        Ok(Self {
            memory: view.reader_fd().map_err(failed)?,
            history: emulator.history().writer.mark(),
            screen: capture::screen_lines(emulator)?,
        })
    }

    /// The lines that match, with their numbers, in order; `None` if history was shortened meanwhile and it is to be
    /// begun again.
    pub fn find(
        self,
        pattern: &Pattern,
        most: Most,
        deadline: Deadline,
    ) -> Result<Option<Vec<(u64, String)>>, Failed> {
        match self.matching(pattern, most, deadline) {
            Ok(found) => Ok(Some(found)),
            Err(SearchError::Grid(GridError::Changed)) => Ok(None),
            Err(slow @ SearchError::TooSlow { .. }) => {
                Err(Failed { kind: FailureKind::BadArgument, message: slow.to_string() })
            }
            Err(SearchError::Grid(error)) => Err(capture::unreadable(error)),
        }
    }

    fn matching(
        self,
        pattern: &Pattern,
        most: Most,
        deadline: Deadline,
    ) -> Result<Vec<(u64, String)>, SearchError> {
        let view = ViewReader::open(self.memory)?;
        let history = view.history(&self.history)?;
        let end = self.screen.first().map_or(self.history.end_line.0, |line| line.number);
        let mut found = Vec::new();
        let mut bytes = 0;
        let mut failed = None;
        let mut take = |number: u64, text: String| {
            bytes += text.len();
            found.push((number, text));
            match found.len() < most.lines && bytes < most.bytes {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        };
        let mut full = false;
        matching_lines(history, pattern, 0..end, deadline, |line| {
            let taken = match history.line(line) {
                Ok(Some(line)) => take(line.number.0, line.text().trim_end_matches(' ').to_owned()),
                // Dropped since it was seen.
                Ok(None) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            };
            full = taken.is_break();
            taken
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        if !full {
            for line in self.screen {
                let number = line.number;
                let found = pattern.is_in_before(deadline, &line.text).map_err(|TimeUp| {
                    let reached = Place { at: Position { line: number, row: 0 }, col: 0 };
                    SearchError::TooSlow { reached }
                })?;
                if found && take(number, line.text).is_break() {
                    break;
                }
            }
        }
        Ok(found)
    }
}

/// Runs a part of a search on a thread of its own.
pub async fn on_a_thread<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Result<T, Failed> {
    let failed = |message: String| Failed { kind: FailureKind::Internal, message };
    let (done, result) = oneshot::channel();
    let run = move || {
        // Who asked may have gone.
        drop(done.send(run()));
    };
    std::thread::Builder::new()
        .name("search".to_owned())
        .spawn(run)
        .map_err(|error| failed(format!("no thread for the search: {error}")))?;
    result.await.map_err(|_| failed("the search ended without an answer".to_owned()))
}
