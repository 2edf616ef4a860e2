//! Searching a session without holding it up: its thread says where history stands and writes the lines of the screen,
//! and the looking is done on a thread of its own, over the mapped view, as a viewer does it (`protocol/src/grid/search.rs`).

use super::publish::Emulator;
use super::text::LineText;
use super::{Session, capture};
use scarab_protocol::Pattern;
use scarab_protocol::grid::search::{SearchError, matching_lines};
use scarab_protocol::grid::{GridError, HistoryMark, Place, Position, ViewReader, ViewWriter};
use scarab_protocol::message::answer::{Captured, Failed, FailureKind};
use scarab_protocol::message::{CaptureStyle, CapturedLine};
use scarab_protocol::pattern::{Case, Deadline, Syntax, TimeUp};
use std::io;
use std::ops::{ControlFlow, RangeInclusive};
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// How often a search is begun that a resize interrupts.
const ATTEMPTS: usize = 8;
/// How long an expression is looked for, however often that is begun. Chosen by feel: others wait for its turn. A literal
/// takes what reading the history takes.
const PATIENCE: Duration = Duration::from_secs(10);
/// Those that work through a history at once, of all sessions.
pub static READING: Semaphore = Semaphore::const_new(4);

/// What is looked for, where, and how much of it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The pattern's text.
    pub pattern: String,
    /// How it is meant.
    pub syntax: Syntax,
    /// Whether capitals count.
    pub case: Case,
    /// The numbers of the lines that are looked at.
    pub lines: RangeInclusive<u64>,
    /// How those that are found are written.
    pub style: CaptureStyle,
    /// How many.
    pub most: Most,
}

/// A session as it was at one moment, to be looked through.
#[derive(Debug)]
pub struct Searched {
    memory: OwnedFd,
    history: HistoryMark,
    /// The lines that are on the screen, as text; the first may begin in history.
    screen: Vec<CapturedLine>,
    /// The same as they are written for who asked, if that is another way.
    styled: Vec<CapturedLine>,
}

/// How much is found at most.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Lines.
    pub lines: usize,
    /// Bytes of their text, and one line more.
    pub bytes: usize,
}

/// The first lines of a session that match.
///
/// # Errors
/// A pattern that is none, one that takes too long, a session that is gone or cannot be read.
pub async fn find(session: &Session, wanted: Wanted) -> Result<Captured, Failed> {
    let failed = |kind, message: &str| Failed { kind, message: message.to_owned() };
    let gone = || failed(FailureKind::NoSuchSession, "the session is gone");
    let _turn = READING.acquire().await.map_err(|_| gone())?;
    let Wanted { pattern, syntax, case, lines, style, most } = wanted;
    let pattern = on_a_thread(move || Pattern::new(&pattern, syntax, case))
        .await?
        .map_err(|error| failed(FailureKind::BadArgument, &error.to_string()))?;
    let deadline = if pattern.is_quick() { Deadline::NEVER } else { Deadline::after(PATIENCE) };
    for _ in 0..ATTEMPTS {
        let (done, searched) = oneshot::channel();
        session.search(style, done);
        let searched = searched.await.map_err(|_| gone())??;
        let (pattern, lines) = (pattern.clone(), lines.clone());
        let found = on_a_thread(move || searched.find(&pattern, lines, style, most, deadline)).await??;
        if let Some(found) = found {
            return Ok(found);
        }
    }
    Err(failed(FailureKind::Interrupted, "the history changes again and again"))
}

impl Searched {
    pub(super) fn of(view: &ViewWriter, emulator: &Emulator, style: CaptureStyle) -> Result<Self, Failed> {
        let failed = |error: io::Error| Failed {
            kind: FailureKind::Internal,
            message: format!("the session's memory cannot be opened: {error}"),
        };
        let styled = match style {
            CaptureStyle::Text => Vec::new(),
            CaptureStyle::Ansi => capture::screen_lines(emulator, style)?,
        };
        Ok(Self {
            memory: view.reader_fd().map_err(failed)?,
            history: emulator.history().writer.mark(),
            screen: capture::screen_lines(emulator, CaptureStyle::Text)?,
            styled,
        })
    }

    /// The lines that match, in order; `None` if history was shortened meanwhile and it is to be begun again.
    fn find(
        self,
        pattern: &Pattern,
        lines: RangeInclusive<u64>,
        style: CaptureStyle,
        most: Most,
        deadline: Deadline,
    ) -> Result<Option<Captured>, Failed> {
        match self.matching(pattern, lines, style, most, deadline) {
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
        lines: RangeInclusive<u64>,
        style: CaptureStyle,
        most: Most,
        deadline: Deadline,
    ) -> Result<Captured, SearchError> {
        let view = ViewReader::open(self.memory)?;
        let history = view.history(&self.history)?;
        let behind = lines.end().saturating_add(1);
        let end = self.screen.first().map_or(self.history.end_line.0, |line| line.number).min(behind);
        let mut found = Vec::new();
        let mut bytes = 0;
        let mut failed = None;
        let mut take = |line: CapturedLine| {
            bytes += line.text.len();
            found.push(line);
            match found.len() < most.lines && bytes < most.bytes {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        };
        let mut full = false;
        matching_lines(history, pattern, *lines.start()..end, deadline, |line| {
            let taken = match history.line(line) {
                Ok(Some(line)) => {
                    let mut text = LineText::new(style);
                    line.pieces.iter().for_each(|piece| text.piece(piece));
                    take(CapturedLine { number: line.number.0, text: text.finish(), on_screen: false })
                }
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
            for (index, line) in self.screen.into_iter().enumerate() {
                let number = line.number;
                if !lines.contains(&number) {
                    continue;
                }
                let found = pattern.is_in_before(deadline, &line.text).map_err(|TimeUp| {
                    let reached = Place { at: Position { line: number, row: 0 }, col: 0 };
                    SearchError::TooSlow { reached }
                })?;
                let styled = self.styled.get(index).filter(|styled| styled.number == number);
                if found && take(styled.cloned().unwrap_or(line)).is_break() {
                    full = true;
                    break;
                }
            }
        }
        let next = found.last().map(|line| line.number + 1).filter(|next| full && lines.contains(next));
        Ok(Captured { lines: found, next })
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
