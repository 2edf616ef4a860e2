//! Screens and history as text, a page at a time: soft-wrapped rows are put together to lines, which are
//! numbered through history and screen.

use super::publish::Emulator;
use super::text::LineText;
use scarab_protocol::grid::{GridError, HistoryPiece, LineNumber, Marks};
use scarab_protocol::message::answer::{Captured, Failed, FailureKind, ScreenCopy};
use scarab_protocol::message::{CaptureStyle, CapturedLine, Region};
use scarab_terminal::Mark;

/// How much one page may hold. The session's thread writes it, so it bounds what a capture delays an echo by.
#[derive(Clone, Copy, Debug)]
struct Page {
    lines: usize,
    bytes: usize,
}

/// A page of history and screen.
const PAGE: Page = Page { lines: 2000, bytes: 256 << 10 };
/// A command's output comes on one page as far as it can, because its asker does not know its lines' numbers.
const COMMAND_PAGE: Page = Page { lines: 20_000, bytes: 2 << 20 };

/// Bytes of a copied screen: what fits in one message. The largest screens in the most colours would have twenty
/// times that.
const MAX_COPY: usize = 3 << 20;

/// A row of the screen, and the number of its line.
struct NumberedRow {
    index: usize,
    line: u64,
    /// The line goes on in the next row.
    continues: bool,
}

/// The screen's rows by line. The first line's beginning may stand in history.
fn numbered_rows(emulator: &Emulator) -> Vec<NumberedRow> {
    let mut line = first_screen_line(emulator);
    let screen = emulator.screen();
    (0..screen.rows())
        .map(|index| {
            let continues = screen.row(index).wrapped() && index + 1 < screen.rows();
            let row = NumberedRow { index, line, continues };
            line += u64::from(!continues);
            row
        })
        .collect()
}

/// The number of the screen's first line: that of history's last line if this goes on on the screen.
fn first_screen_line(emulator: &Emulator) -> u64 {
    let end = emulator.history().writer.mark().end_line.0;
    end - u64::from(joined(emulator) && end > 0)
}

/// History's last line goes on on the screen that is shown.
fn joined(emulator: &Emulator) -> bool {
    use scarab_terminal::History;
    !emulator.on_alternate_screen() && emulator.history().continues()
}

/// One page of what is asked for.
pub(super) fn capture(emulator: &Emulator, region: Region, style: CaptureStyle) -> Result<Captured, Failed> {
    let captured = match region {
        Region::Screen => lines(emulator, first_screen_line(emulator), u64::MAX, style, PAGE, false),
        Region::Lines { first, last } => lines(emulator, first, last, style, PAGE, true),
        Region::LastCommand => match last_command(emulator) {
            Ok(Some((first, last))) => lines(emulator, first, last, style, COMMAND_PAGE, true),
            Ok(None) => {
                let message = "no finished command is known: the shell does not mark its prompts (OSC 133)";
                return Err(Failed { kind: FailureKind::Unsupported, message: message.to_owned() });
            }
            Err(error) => Err(error),
        },
    };
    captured.map_err(unreadable)
}

/// The lines of the screen, the first one whole if it begins in history. Of a screen with more text than
/// [`COMMAND_PAGE`] the rest is left out.
pub(super) fn screen_lines(emulator: &Emulator, style: CaptureStyle) -> Result<Vec<CapturedLine>, Failed> {
    let first = first_screen_line(emulator);
    let captured = lines(emulator, first, u64::MAX, style, COMMAND_PAGE, true);
    captured.map(|captured| captured.lines).map_err(unreadable)
}

pub(super) fn unreadable(error: GridError) -> Failed {
    Failed { kind: FailureKind::Internal, message: format!("the history cannot be read: {error}") }
}

/// Lines `first` to `last`, both included.
fn lines(
    emulator: &Emulator,
    first: u64,
    last: u64,
    style: CaptureStyle,
    page: Page,
    with_history: bool,
) -> Result<Captured, GridError> {
    let mut lines: Vec<CapturedLine> = Vec::new();
    let mut bytes = 0;
    let full = |count: usize, bytes: usize| count >= page.lines || bytes >= page.bytes;
    let history = emulator.history().writer.reader();
    let first = first.max(history.first_line().0);
    // What of a joined line stands in history, to be completed by the screen.
    let mut begun: Option<LineText> = None;
    let joined = joined(emulator);
    if with_history && first < history.end_line().0 {
        let mut walk = history.walk_from(LineNumber(first))?;
        while let Some(line) = walk.next_line()? {
            let number = line.number.0;
            if number > last {
                break;
            }
            // The further parts of a line that is longer than a reader takes are left out.
            if lines.last().is_some_and(|line| line.number == number) {
                continue;
            }
            if full(lines.len(), bytes) {
                return Ok(Captured { lines, next: Some(number) });
            }
            let mut text = LineText::new(style);
            for piece in &line.pieces {
                text.piece(piece);
            }
            if joined && number + 1 == history.end_line().0 {
                begun = Some(text);
                break;
            }
            let text = text.finish();
            bytes += text.len();
            lines.push(CapturedLine { number, text, on_screen: false });
        }
    }
    let on_screen = lines.len();
    let mut text = None;
    for row in numbered_rows(emulator) {
        if row.line < first {
            continue;
        }
        if row.line > last {
            break;
        }
        let line = text.get_or_insert_with(|| begun.take().unwrap_or_else(|| LineText::new(style)));
        line.row(emulator.screen().row(row.index), emulator);
        if row.continues {
            continue;
        }
        if full(lines.len(), bytes) {
            return Ok(Captured { lines, next: Some(row.line) });
        }
        let text = text.take().map(LineText::finish).unwrap_or_default();
        bytes += text.len();
        lines.push(CapturedLine { number: row.line, text, on_screen: true });
    }
    // Below the last text a screen is empty, which nobody asks for.
    let used = lines[on_screen..].iter().rposition(|line| !line.text.is_empty()).map_or(0, |last| last + 1);
    lines.truncate(on_screen + used);
    Ok(Captured { lines, next: None })
}

/// The lines of the last finished command's output: from the last mark of output that a prompt follows, up to
/// that prompt. A search backwards over at most all of history.
fn last_command(emulator: &Emulator) -> Result<Option<(u64, u64)>, GridError> {
    let mut prompt = None;
    let mut found = |line: u64, marks: Marks| -> Option<(u64, u64)> {
        if marks.contains(Marks::PROMPT) {
            prompt = Some(line);
        } else if marks.contains(Marks::OUTPUT)
            && let Some(prompt) = prompt
        {
            return (prompt > line).then(|| (line, prompt - 1));
        }
        None
    };
    for row in numbered_rows(emulator).iter().rev() {
        let marks = match emulator.screen().row(row.index).mark() {
            None => Marks::NONE,
            Some(Mark::Prompt) => Marks::PROMPT,
            Some(Mark::Output) => Marks::OUTPUT,
        };
        if let Some(range) = found(row.line, marks) {
            return Ok(Some(range));
        }
    }
    let mut piece = HistoryPiece::default();
    let mut walk = emulator.history().writer.reader().walk_from_end();
    while let Some(line) = walk.previous(&mut piece)? {
        if let Some(range) = found(line.0, piece.marks) {
            return Ok(Some(range));
        }
    }
    Ok(None)
}

/// The screen as it is, row by row.
pub(super) fn copy_screen(emulator: &Emulator) -> Result<ScreenCopy, Failed> {
    let screen = emulator.screen();
    let mut bytes = 0;
    let mut rows = Vec::with_capacity(screen.rows());
    for index in 0..screen.rows() {
        let mut text = LineText::new(CaptureStyle::Ansi);
        text.row(screen.row(index), emulator);
        let row = text.finish();
        bytes += row.len() + 8;
        if bytes > MAX_COPY {
            let message = format!("the screen has more than {} MiB as text: make it smaller", MAX_COPY >> 20);
            return Err(Failed { kind: FailureKind::TooMany, message });
        }
        rows.push(row);
    }
    let cursor = emulator.cursor();
    let cell = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    Ok(ScreenCopy {
        rows,
        cols: cell(screen.cols()),
        cursor: cursor.visible.then(|| (cell(cursor.col), cell(cursor.row))),
    })
}

/// Looks through the screen for what is waited for.
pub(super) fn look_through_screen(emulator: &mut Emulator) {
    let mut texts = Vec::new();
    let mut text = None;
    for row in numbered_rows(emulator) {
        let line = text.get_or_insert_with(|| LineText::new(CaptureStyle::Text));
        line.row(emulator.screen().row(row.index), emulator);
        if !row.continues {
            texts.extend(text.take().map(LineText::finish));
        }
    }
    let joined = joined(emulator);
    let passing = &mut emulator.history_mut().passing;
    for (index, line) in texts.iter().enumerate() {
        passing.screen_line(line, index == 0 && joined);
    }
}
