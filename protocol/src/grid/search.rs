//! Finding a text in the sequence of lines: literally, capitals told apart only when some are typed.

use super::{GridError, LineNumber, Lines, Place, Position, ViewReader};

/// Which way to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To older lines.
    Back,
    /// To newer lines.
    Forward,
}

/// The next match beyond `from`, and the column after its part in that row.
///
/// # Errors
/// As [`Lines::rows`].
pub fn find(
    lines: &mut Lines,
    view: &ViewReader,
    needle: &str,
    from: Place,
    direction: Direction,
) -> Result<Option<(Place, usize)>, GridError> {
    let needle = Needle::new(needle);
    let beyond = |place: &Place| match direction {
        Direction::Back => *place < from,
        Direction::Forward => *place > from,
    };
    let mut line = from.at.line;
    loop {
        let mut matches = matches(lines, view, line, &needle)?.into_iter().filter(|(place, _)| beyond(place));
        let hit = match direction {
            Direction::Back => matches.next_back(),
            Direction::Forward => matches.next(),
        };
        if hit.is_some() {
            return Ok(hit);
        }
        match next_candidate(lines, view, line, direction, &needle)? {
            Some(next) => line = next,
            None => return Ok(None),
        }
    }
}

/// The nearest line whose text has the needle; history is walked without wrapping anything.
fn next_candidate(
    lines: &Lines,
    view: &ViewReader,
    line: u64,
    direction: Direction,
    needle: &Needle,
) -> Result<Option<u64>, GridError> {
    // Rows of the screen are few: each is a candidate.
    let screen = lines.screen();
    match direction {
        Direction::Back if line > screen => return Ok(Some(line - 1)),
        Direction::Forward if line + 1 >= screen => {
            return Ok((line + 1 < lines.end()).then_some(line + 1));
        }
        _ => {}
    }
    let reader = view.history(&lines.frame().head().history)?;
    let first = lines.first();
    match direction {
        Direction::Back => {
            let mut walk = reader.walk_from(LineNumber(line))?;
            while let Some(found) = walk.previous_line()? {
                if found.number.0 < first {
                    break;
                }
                if needle.is_in(&found.text()) {
                    return Ok(Some(found.number.0));
                }
            }
            Ok(None)
        }
        Direction::Forward => {
            let mut walk = reader.walk_from(LineNumber(line + 1))?;
            while let Some(found) = walk.next_line()? {
                if needle.is_in(&found.text()) {
                    return Ok(Some(found.number.0));
                }
            }
            Ok((screen < lines.end()).then_some(screen))
        }
    }
}

/// All matches in one line, in order: where each begins, and the column after its part in that row.
///
/// # Errors
/// As [`Lines::rows`].
pub fn in_line(
    lines: &mut Lines,
    view: &ViewReader,
    line: u64,
    needle: &str,
) -> Result<Vec<(Place, usize)>, GridError> {
    matches(lines, view, line, &Needle::new(needle))
}

fn matches(
    lines: &mut Lines,
    view: &ViewReader,
    line: u64,
    needle: &Needle,
) -> Result<Vec<(Place, usize)>, GridError> {
    let (rows, _) = lines.rows(view, line)?;
    // The line's text, and for each glyph where its text begins and which cell it is.
    let mut text = String::new();
    let mut starts: Vec<(usize, Place, usize)> = Vec::new();
    for (row, wrapped) in rows.iter().enumerate() {
        let mut col = 0;
        for glyph in &wrapped.glyphs {
            let place = Place { at: Position { line, row }, col };
            starts.push((text.len(), place, col + glyph.width));
            text.push_str(&needle.fold(&glyph.text));
            col += glyph.width;
        }
    }
    let mut found = Vec::new();
    for (offset, matched) in text.match_indices(&needle.text) {
        let first = starts.partition_point(|(start, ..)| *start <= offset).saturating_sub(1);
        let last = starts.partition_point(|(start, ..)| *start < offset + matched.len()).saturating_sub(1);
        let Some(&(_, place, _)) = starts.get(first) else { continue };
        // A match that goes on in the next row is shown to the end of this one.
        let end = starts[first..=last.max(first)].iter().take_while(|(_, other, _)| other.at == place.at);
        found.push((place, end.last().map_or(place.col + 1, |(.., end)| *end)));
    }
    Ok(found)
}

/// What is looked for, ready to be compared.
struct Needle {
    text: String,
    exact: bool,
}

impl Needle {
    fn new(text: &str) -> Self {
        let exact = text.chars().any(char::is_uppercase);
        Self { text: if exact { text.to_owned() } else { text.to_lowercase() }, exact }
    }

    fn fold<'a>(&self, text: &'a str) -> std::borrow::Cow<'a, str> {
        match self.exact || !text.chars().any(char::is_uppercase) {
            true => text.into(),
            false => text.to_lowercase().into(),
        }
    }

    fn is_in(&self, text: &str) -> bool {
        self.fold(text).contains(&self.text)
    }
}
