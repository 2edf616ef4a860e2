//! Recordings of real programs, replayed, and compared cell by cell with what is known to be right. The data
//! belongs to another project and is not here: `SCARAB_REF_DATA` names the folder it lies in.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use scarab_terminal::{Attributes, Colour, Content, Options, Size, Style, Terminal, Underline, VecHistory};
use serde_json::Value;

/// The screen of one recording as it should be.
struct Expected {
    size: Size,
    history_size: usize,
    scrollback: usize,
    lines: Vec<String>,
    scrollback_lines: Vec<String>,
    wrapped: Vec<i64>,
    runs: Vec<Value>,
}

impl Expected {
    fn read(path: &Path) -> Option<Self> {
        let value: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        if !value["questionable"].is_null() {
            return None;
        }
        let number = |key: &str| value[key].as_u64().unwrap();
        let texts = |key: &str| {
            value[key].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
        };
        Some(Self {
            size: Size::cells(number("cols") as u16, number("rows") as u16),
            history_size: number("history_size") as usize,
            scrollback: number("scrollback") as usize,
            lines: texts("lines"),
            scrollback_lines: texts("scrollback_lines"),
            wrapped: value["wrapped"].as_array().unwrap().iter().map(|row| row.as_i64().unwrap()).collect(),
            runs: value["runs"].as_array().unwrap().clone(),
        })
    }
}

#[test]
fn recordings_end_as_they_should() {
    let Some(folder) = std::env::var_os("SCARAB_REF_DATA").map(PathBuf::from) else {
        eprintln!("NOT RUN: SCARAB_REF_DATA is not set, so that no recording was replayed");
        return;
    };
    let mut names: Vec<PathBuf> = fs::read_dir(folder.join("alacritty"))
        .expect("SCARAB_REF_DATA has a folder named alacritty")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "in"))
        .collect();
    names.sort();
    let mut problems = Vec::new();
    let mut replayed = 0;
    for path in &names {
        if let Some(expected) = Expected::read(&path.with_extension("json")) {
            replayed += 1;
            let found = compare(&expected, &fs::read(path).unwrap());
            let name = path.file_stem().unwrap().to_string_lossy();
            problems.extend(found.into_iter().take(6).map(|problem| format!("{name}: {problem}")));
        }
    }
    eprintln!("{replayed} recordings replayed");
    assert!(replayed > 0, "no recording found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn compare(expected: &Expected, bytes: &[u8]) -> Vec<String> {
    let history = VecHistory::with_limit(expected.history_size);
    let mut terminal = Terminal::new(expected.size, Options::default(), history);
    for chunk in bytes.chunks(4096) {
        terminal.feed(chunk);
        terminal.begin_frame();
    }
    let mut problems = Vec::new();
    if let Err(problem) = terminal.verify_integrity() {
        problems.push(problem);
    }
    let rows = common::rows(&terminal);
    for (row, (is, should)) in rows.iter().zip(&expected.lines).enumerate() {
        if is.trim_end() != should.trim_end() {
            problems.push(format!("row {row} is {is:?}, should be {should:?}"));
        }
    }
    let history: Vec<&str> = terminal.history().iter().map(|piece| piece.text.trim_end()).collect();
    if history.len() != expected.scrollback {
        problems.push(format!("{} rows of history, should be {}", history.len(), expected.scrollback));
    }
    for (is, should) in history.iter().zip(&expected.scrollback_lines) {
        if *is != should.trim_end() {
            problems.push(format!("history is {is:?}, should be {should:?}"));
        }
    }
    let wrapped: Vec<i64> =
        (0..rows.len()).filter(|row| terminal.screen().row(*row).wrapped()).map(|row| row as i64).collect();
    let should: Vec<i64> = expected.wrapped.iter().copied().filter(|row| *row >= 0).collect();
    if wrapped != should {
        problems.push(format!("rows {wrapped:?} wrap, should be {should:?}"));
    }
    problems.extend(compare_runs(expected, &terminal));
    problems
}

/// Compares every cell's look.
fn compare_runs(expected: &Expected, terminal: &Terminal<VecHistory>) -> Vec<String> {
    let plain = look(&Style::default(), None);
    let (rows, cols) = (usize::from(expected.size.rows), usize::from(expected.size.cols));
    let mut should = vec![vec![plain.clone(); cols]; rows];
    for run in &expected.runs {
        let number = |place: usize| run[place].as_i64().unwrap();
        let Ok(row) = usize::try_from(number(0)) else { continue };
        let flags: Vec<&str> = run[5]
            .as_str()
            .unwrap()
            .split('|')
            .filter(|flag| !flag.is_empty() && !flag.contains("WIDE") && *flag != "WRAPLINE")
            .collect();
        let text = |place: usize| match &run[place] {
            Value::String(text) => Some(colour_number(text)),
            Value::Null => None,
            number => Some(number.to_string()),
        };
        let described = (
            text(3).unwrap(),
            text(4).unwrap(),
            flags.join("|"),
            text(6).unwrap_or_default(),
            text(7).unwrap_or_default(),
        );
        for col in number(1)..number(1) + number(2) {
            should[row][col as usize] = described.clone();
        }
    }
    let mut problems = Vec::new();
    for (row, should) in should.iter().enumerate() {
        for (col, (cell, should)) in terminal.screen().row(row).cells().iter().zip(should).enumerate() {
            let style = terminal.styles().get(cell.style());
            let uri = style.link.and_then(|link| terminal.links().get(link)).map(|link| &*link.uri);
            let is = look(&style, uri);
            // Alacritty takes SGR 21 for "not bold"; ECMA-48, xterm and most others for a double underline.
            let sgr_21 = is.2 == "DOUBLE_UNDERLINE" && should.2 == "UNDERCURL";
            if is != *should && !sgr_21 && cell.content() != Content::Spacer {
                problems.push(format!("cell {row},{col} is {is:?}, should be {should:?}"));
            }
        }
    }
    problems
}

/// The data name the first sixteen colours here and number them there.
fn colour_number(text: &str) -> String {
    const NAMES: [&str; 16] = [
        "Black",
        "Red",
        "Green",
        "Yellow",
        "Blue",
        "Magenta",
        "Cyan",
        "White",
        "BrightBlack",
        "BrightRed",
        "BrightGreen",
        "BrightYellow",
        "BrightBlue",
        "BrightMagenta",
        "BrightCyan",
        "BrightWhite",
    ];
    NAMES.iter().position(|name| *name == text).map_or(text.to_owned(), |number| number.to_string())
}

/// A style in the words of the data.
fn look(style: &Style, uri: Option<&str>) -> (String, String, String, String, String) {
    let colour = |colour, default: &str| match colour {
        Colour::Default => default.to_owned(),
        Colour::Indexed(index) => index.to_string(),
        Colour::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
    };
    let on = |attribute| style.attributes.contains(attribute);
    let flags = [
        (on(Attributes::INVERSE), "INVERSE"),
        (on(Attributes::BOLD), "BOLD"),
        (on(Attributes::ITALIC), "ITALIC"),
        (style.underline == Underline::Single, "UNDERLINE"),
        (on(Attributes::FAINT), "DIM"),
        (on(Attributes::HIDDEN), "HIDDEN"),
        (on(Attributes::STRIKE), "STRIKEOUT"),
        (style.underline == Underline::Double, "DOUBLE_UNDERLINE"),
        (style.underline == Underline::Curly, "UNDERCURL"),
        (style.underline == Underline::Dotted, "DOTTED_UNDERLINE"),
        (style.underline == Underline::Dashed, "DASHED_UNDERLINE"),
    ];
    let flags: Vec<&str> = flags.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
    (
        colour(style.fg, "Foreground"),
        colour(style.bg, "Background"),
        flags.join("|"),
        colour(style.underline_colour, ""),
        uri.unwrap_or_default().to_owned(),
    )
}
