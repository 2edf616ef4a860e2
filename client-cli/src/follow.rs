//! A session's output as lines, told once each when they are complete: what `scarab tail` prints.
//!
//! Read from shared memory alone: lines that scrolled off from history, the others from the screen. A line is
//! complete when the cursor has gone below it; a screen that is repainted upwards is not told again, one that was
//! cleared is. The alternate screen is no output: nothing is told while it shows.

use scarab_protocol::grid::{Content, Frame, FrameRow, GridError, LineNumber, ScreenFlags, ViewReader};

/// What became of a frame's lines.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    /// All are told; so many had been dropped from history before they could be.
    All {
        /// Lines lost.
        lost: u64,
    },
    /// History changed under the frame: a newer frame has the rest.
    Overtaken,
}

/// Remembers what was told.
#[derive(Default)]
pub struct Follower {
    /// The next line to tell; none before the first frame.
    next: Option<u64>,
    /// The lines told that are still on the screen, at most one a row.
    told: Vec<(u64, String)>,
}

/// A line on the screen.
struct ScreenLine {
    number: u64,
    text: String,
}

impl Follower {
    /// Tells the lines that `frame` completes; with `ended` also the one the cursor is on. A piece of text may be
    /// a part of a long line; its end is told as a line feed.
    pub fn take(
        &mut self,
        view: &ViewReader,
        frame: &Frame,
        ended: bool,
        mut tell: impl FnMut(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<Told> {
        let head = frame.head();
        if head.flags.contains(ScreenFlags::ALTERNATE) || frame.rows().is_empty() {
            return Ok(Told::All { lost: 0 });
        }
        let history = view.history(&head.history)?;
        let (top, open) = match history.walk_from_end().previous_line() {
            Ok(Some(line)) if !line.ends() => (line.number.0, line.text()),
            Ok(_) => (head.history.end_line.0, String::new()),
            Err(GridError::Changed) => return Ok(Told::Overtaken),
            Err(error) => return Err(error.into()),
        };
        let mut next = self.next.unwrap_or(top);
        let lost = head.history.oldest_line.0.saturating_sub(next);
        next += lost;

        if next < top {
            let mut walk = history.walk_from(LineNumber(next))?;
            while next < top {
                let line = match walk.next_line() {
                    Ok(Some(line)) if line.number.0 < top => line,
                    Ok(_) => break,
                    Err(GridError::Changed) => {
                        self.next = Some(next);
                        return Ok(Told::Overtaken);
                    }
                    Err(error) => return Err(error.into()),
                };
                // A line that was told while on the screen may stand before the place asked for.
                if line.number.0 >= next {
                    tell(&line.text())?;
                    if line.ends() {
                        tell("\n")?;
                        next = line.number.0 + 1;
                    }
                }
            }
            next = next.max(top);
        }

        let (lines, cursor) = screen_lines(frame, top, open);
        let below_is_blank = lines.iter().all(|line| line.number <= cursor || line.text.is_empty());
        if cursor < next && below_is_blank {
            next = self.first_changed(&lines, cursor);
        }
        for line in &lines {
            let complete = line.number < cursor || (ended && !line.text.is_empty());
            if complete && line.number >= next {
                tell(&line.text)?;
                tell("\n")?;
                next = line.number + 1;
            }
        }
        self.told = lines
            .into_iter()
            .filter(|line| line.number < next)
            .map(|line| (line.number, line.text))
            .collect();
        self.next = Some(next);
        Ok(Told::All { lost })
    }

    /// After the screen was cleared: the first line above the cursor that was not told as it stands now.
    fn first_changed(&self, lines: &[ScreenLine], cursor: u64) -> u64 {
        let told = |line: &ScreenLine| {
            self.told.iter().any(|(number, text)| (*number, text) == (line.number, &line.text))
        };
        lines
            .iter()
            .filter(|line| line.number < cursor)
            .find(|line| !told(line))
            .map_or(cursor, |line| line.number)
    }
}

/// The screen's rows joined to lines, the first of them numbered `top` and begun by `open`; and the number of the
/// line the cursor is on.
fn screen_lines(frame: &Frame, top: u64, open: String) -> (Vec<ScreenLine>, u64) {
    let mut lines = Vec::with_capacity(frame.rows().len());
    let mut cursor = top;
    let mut text = open;
    for (index, row) in frame.rows().iter().enumerate() {
        let number = top + lines.len() as u64;
        if index == usize::from(frame.head().cursor.row) {
            cursor = number;
        }
        let wrapped = row.head.attributes.wrapped;
        append(frame, row, wrapped, &mut text);
        if !wrapped {
            lines.push(ScreenLine { number, text: std::mem::take(&mut text) });
        }
    }
    if !text.is_empty() {
        lines.push(ScreenLine { number: top + lines.len() as u64, text });
    }
    (lines, cursor)
}

fn append(frame: &Frame, row: &FrameRow, wrapped: bool, text: &mut String) {
    let begin = text.len();
    for cell in &row.cells {
        match cell.content() {
            Content::Blank => text.push(' '),
            Content::Char(c) => text.push(c),
            Content::Cluster(id) => text.push_str(frame.cluster(id)),
            Content::Spacer => {}
        }
    }
    if !wrapped {
        text.truncate(begin + text[begin..].trim_end_matches(' ').len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scarab_protocol::grid::{
        Cell, FrameCursor, FrameHead, HistoryWriter, LineSize, Marks, PieceRef, RowAttributes, RowHead,
        RowIdentity, StyleId, ViewLimits, ViewWriter,
    };

    /// A session without an emulator: what scrolled off and what is on the screen, as given.
    struct Stage {
        writer: ViewWriter,
        history: HistoryWriter,
        view: ViewReader,
        frame: Frame,
        follower: Follower,
        revision: u64,
    }

    impl Stage {
        fn new() -> Self {
            let (writer, history) = ViewWriter::create(ViewLimits::default()).expect("a view");
            let view = ViewReader::open(writer.reader_fd().expect("a descriptor")).expect("mapped");
            Stage { writer, history, view, frame: Frame::new(), follower: Follower::default(), revision: 0 }
        }

        fn scroll_off(&mut self, text: &str, continues: bool) {
            let (line_size, marks, cols) = (LineSize::Single, Marks::NONE, 20);
            self.history.push(&PieceRef { text, runs: &[], links: &[], continues, line_size, marks, cols });
        }

        /// Shows rows (`>` at the end: wrapped) with the cursor on one of them; what is told.
        fn show(&mut self, rows: &[&str], cursor: u16, flags: ScreenFlags, ended: bool) -> String {
            self.revision += 1;
            let cols = 20;
            let cursor = FrameCursor { row: cursor, ..FrameCursor::default() };
            let history = self.history.mark();
            let count = rows.len() as u16;
            let head = FrameHead { cols, rows: count, cursor, flags, history, ..FrameHead::default() };
            let mut writer = self.writer.begin(&head);
            for (index, row) in rows.iter().enumerate() {
                let wrapped = row.ends_with('>');
                let attributes = RowAttributes { wrapped, ..RowAttributes::default() };
                let identity = RowIdentity(index as u64 + 1);
                let chars =
                    row.trim_end_matches('>').chars().map(|c| Cell::new(Content::Char(c), StyleId(0)));
                let cells = chars.chain(std::iter::repeat(Cell::BLANK)).take(usize::from(cols));
                writer.row(
                    index,
                    RowHead { identity, revision: self.revision, attributes },
                    cells.collect::<Vec<_>>(),
                );
            }
            writer.publish();
            self.view.read(&mut self.frame).expect("a frame");
            let mut told = String::new();
            let take = self.follower.take(&self.view, &self.frame, ended, |text| {
                told.push_str(text);
                Ok(())
            });
            assert_eq!(take.expect("followed"), Told::All { lost: 0 });
            told
        }
    }

    const PRIMARY: ScreenFlags = ScreenFlags(0);

    #[test]
    fn a_line_is_told_once_when_the_cursor_has_left_it() {
        let mut stage = Stage::new();
        assert_eq!(stage.show(&["one", "tw", ""], 1, PRIMARY, false), "one\n");
        assert_eq!(stage.show(&["one", "two", ""], 1, PRIMARY, false), "");
        assert_eq!(stage.show(&["one", "two", "$"], 2, PRIMARY, false), "two\n");
        stage.scroll_off("one", false);
        stage.scroll_off("two", false);
        stage.scroll_off("three", false);
        assert_eq!(stage.show(&["four", "five", "$"], 2, PRIMARY, false), "three\nfour\nfive\n");
        assert_eq!(stage.show(&["four", "five", "end"], 2, PRIMARY, true), "end\n");
    }

    #[test]
    fn wrapped_lines_come_whole_also_half_scrolled_off() {
        let mut stage = Stage::new();
        assert_eq!(stage.show(&["abc>", "def", ""], 1, PRIMARY, false), "");
        stage.scroll_off("abc", true);
        assert_eq!(stage.show(&["def", "", ""], 1, PRIMARY, false).trim_end(), "abcdef");
        stage.scroll_off("def", false);
        assert_eq!(stage.show(&["", "", ""], 0, PRIMARY, false), "");
    }

    #[test]
    fn after_a_clear_only_what_is_new_is_told() {
        let mut stage = Stage::new();
        assert_eq!(stage.show(&["a", "b", "$"], 2, PRIMARY, false), "a\nb\n");
        assert_eq!(stage.show(&["", "", ""], 0, PRIMARY, false), "");
        assert_eq!(stage.show(&["new", "", ""], 1, PRIMARY, false), "new\n");
        assert_eq!(
            stage.show(&["new", "b", "$"], 1, PRIMARY, false),
            "",
            "the cursor went up, nothing was cleared"
        );
    }

    #[test]
    fn the_alternate_screen_is_no_output() {
        let mut stage = Stage::new();
        assert_eq!(stage.show(&["a", "$"], 1, PRIMARY, false), "a\n");
        assert_eq!(stage.show(&["vim", "~"], 1, ScreenFlags::ALTERNATE, false), "");
        assert_eq!(stage.show(&["a", "$ vim", ""], 2, PRIMARY, false), "$ vim\n");
    }
}
