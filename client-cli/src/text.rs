//! How things are written for people: columns, ages, statuses. Names and titles come from programs, so whatever
//! could steer the reader's terminal is replaced first.

use scarab_protocol::message::{ExitStatus, ProgressState, SessionInfo};
use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};
use unicode_width::UnicodeWidthStr;

/// Text without control characters and without the marks that reorder a line.
pub fn clean(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.contains(harmful) { Cow::Owned(text.replace(harmful, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Now, µs since the epoch.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}

/// A span of µs, in its largest unit: `5s`, `12m`, `3h`, `9d`.
pub fn span(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// How a leader ended, as a listing says it.
pub fn exit(status: ExitStatus) -> String {
    match status {
        ExitStatus::Code(code) => format!("exited ({code})"),
        ExitStatus::Signal(number) => match crate::signal::name(number) {
            Some(name) => format!("exited (SIG{name})"),
            None => format!("exited (signal {number})"),
        },
        ExitStatus::Unknown => "exited (unknown)".to_owned(),
        ExitStatus::OutOfMemory => "exited (out of memory)".to_owned(),
    }
}

/// What a session is doing, as a listing says it.
pub fn state(session: &SessionInfo) -> String {
    let mut state = session.exited.map_or_else(|| "running".to_owned(), exit);
    match session.progress {
        ProgressState::None => {}
        ProgressState::Normal(percent) => state += &format!(", {percent}%"),
        ProgressState::Error(percent) => state += &format!(", failed at {percent}%"),
        ProgressState::Busy => state += ", busy",
        ProgressState::Paused(percent) => state += &format!(", paused at {percent}%"),
    }
    if session.bell {
        state += ", bell";
    }
    state
}

/// What runs in a session: the foreground process where known, with the command it was made with.
pub fn command(session: &SessionInfo) -> String {
    let command = session.command.join(" ");
    let program = session.command.first().map_or("", |path| path.rsplit('/').next().unwrap_or(path));
    let mut text = match (command.is_empty(), session.foreground.is_empty()) {
        (true, true) => "shell".to_owned(),
        (true, false) => session.foreground.clone(),
        (false, false) if session.exited.is_none() && session.foreground != program => {
            format!("{command} ({})", session.foreground)
        }
        (false, _) => command,
    };
    if !session.title.is_empty() && session.title != text {
        text = format!("{text} \u{2013} {}", session.title);
    }
    clean(&text).into_owned()
}

/// Rows as aligned columns, two blanks apart, the last one cut at `width` columns where given.
pub fn table(rows: &[Vec<String>], width: Option<usize>) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
        })
        .collect();
    rows.iter()
        .map(|row| {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                line.push_str(cell);
                if column + 1 < row.len() {
                    line.extend(std::iter::repeat_n(' ', widths[column] + 2 - cell.width()));
                }
            }
            match width {
                Some(width) => cut(&line, width),
                None => line,
            }
        })
        .collect()
}

/// The beginning of `text` that fits into `width` columns.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for cluster in unicode_segmentation::UnicodeSegmentation::graphemes(text, true) {
        if kept.width() + cluster.width() + 1 > width {
            break;
        }
        kept.push_str(cluster);
    }
    kept.push('\u{2026}');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_replaced() {
        assert_eq!(clean("a\x1b[31mb\u{202e}c"), "a\u{fffd}[31mb\u{fffd}c");
        assert!(matches!(clean("plain – text"), Cow::Borrowed(_)));
    }

    #[test]
    fn spans_use_their_largest_unit() {
        let second = 1_000_000;
        assert_eq!(span(0), "0s");
        assert_eq!(span(59 * second), "59s");
        assert_eq!(span(60 * second), "1m");
        assert_eq!(span(7200 * second), "2h");
        assert_eq!(span(3 * 86_400 * second), "3d");
    }

    #[test]
    fn columns_align_by_what_is_seen() {
        let rows = [vec!["宽".into(), "x".into()], vec!["abc".into(), "y".into()]];
        assert_eq!(table(&rows, None), ["宽   x", "abc  y"]);
        assert_eq!(table(&rows, Some(5)), ["宽  \u{2026}", "abc \u{2026}"]);
    }
}
