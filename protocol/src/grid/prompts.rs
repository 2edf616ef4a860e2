//! Prompts and the output between them, as shells mark them (OSC 133, "Semantic Prompts" by Per Bothner): going from one
//! to the next, and what a command wrote.

use super::{GridError, Lines, Marks, ViewReader};

/// Most lines that are looked at for a mark: the default of a session's whole history. Decoding a line costs about a
/// microsecond, and a person waits.
const MOST: u64 = 100_000;

/// The nearest line before `line` at which a prompt begins; `None` where there is none.
///
/// # Errors
/// As [`Lines::rows`].
pub fn before(lines: &Lines, view: &ViewReader, line: u64) -> Result<Option<u64>, GridError> {
    let first = lines.first().max(line.saturating_sub(MOST));
    marked(lines, view, (first..line).rev(), Marks::PROMPT)
}

/// The nearest line after `line` at which a prompt begins; `None` where there is none.
///
/// # Errors
/// As [`Lines::rows`].
pub fn after(lines: &Lines, view: &ViewReader, line: u64) -> Result<Option<u64>, GridError> {
    let end = lines.end().min(line.saturating_add(MOST));
    marked(lines, view, line.saturating_add(1)..end, Marks::PROMPT)
}

/// First and last line of what a command wrote: that at `line` or, at a prompt, of the one before. `None` where no command
/// is known to have written anything.
///
/// # Errors
/// As [`Lines::rows`].
pub fn output(lines: &Lines, view: &ViewReader, line: u64) -> Result<Option<(u64, u64)>, GridError> {
    let first = lines.first().max(line.saturating_sub(MOST));
    let Some(begin) = marked(lines, view, (first..=line).rev(), Marks::OUTPUT)? else { return Ok(None) };
    let end = after(lines, view, begin)?.unwrap_or(lines.end());
    Ok((begin < end).then(|| (begin, end - 1)))
}

fn marked(
    lines: &Lines,
    view: &ViewReader,
    mut numbers: impl Iterator<Item = u64>,
    mark: Marks,
) -> Result<Option<u64>, GridError> {
    for number in &mut numbers {
        if lines.marks(view, number)?.contains(mark) {
            return Ok(Some(number));
        }
    }
    Ok(None)
}
