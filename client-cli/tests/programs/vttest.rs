//! vttest, which draws what a terminal must be able to and says beside it how it should look: each menu walked by
//! itself in a session, every screen compared with the one kept in `vttest/`, which somebody has looked at.

use crate::screens::{Key, Program, Scarab, Shown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The version whose screens are kept. Others word and order them otherwise: they are walked, but not compared.
const VERSION: &str = "2.7 (20221229)";

/// How long a screen may take: some are drawn slowly on purpose.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a screen must have stayed as it is to be the one that waits for a key.
const STILL: Duration = Duration::from_millis(120);
/// After so long the next screen is taken to look as the one before.
const SAME: Duration = Duration::from_secs(3);
const POLLING: Duration = Duration::from_millis(15);

/// What changes the menu itself, waits for a person's own keys or mouse, or tests what is not there.
const LEFT_OUT: [&str; 21] = [
    "Enable",
    "Disable",
    "Specify",
    "Reset",
    "Toggle",
    "eyboard",
    "ouse",
    "Tektronix",
    "Printer",
    "nswer",
    "Exit",
    "Modify",
    "Soft Character",
    "Locator",
    "(SRM)",
    "User-Defined",
    "Terminal State",
    "User-Preferred",
    "Window Report",
    "Test VT220 features",
    "Test VT320 features",
];

/// Of the other terminals' menu, what is walked.
const OTHERS: [&str; 2] = ["VT220", "VT320"];

struct Walk<'a> {
    scarab: &'a Scarab,
    name: &'a str,
    screens: String,
}

/// A screen as text.
fn text(shown: &Shown) -> Vec<String> {
    shown
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| cell.0).collect::<String>().trim_end().to_owned())
        .collect()
}

/// Whether the program waits for a choice, and whether for Return.
fn waits(shown: &Shown) -> (bool, bool) {
    let rows = text(shown);
    let row = shown.cursor.and_then(|(_, row)| rows.get(usize::from(row)).cloned()).unwrap_or_default();
    (row.contains("Enter choice number"), rows.iter().any(|row| row.contains("Push <RETURN>")))
}

/// What a menu is called.
fn heading(shown: &Shown) -> String {
    text(shown).into_iter().find(|row| !row.is_empty()).unwrap_or_default()
}

/// Number and title of each item of a menu.
fn items(shown: &Shown) -> Vec<(String, String)> {
    let lines = text(shown);
    let item = |line: &String| {
        let (number, title) = line.trim_start().split_once('.')?;
        let number = number.trim();
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| (number.to_owned(), title.trim_start_matches([' ', '*']).trim().to_owned()))
    };
    lines.iter().filter_map(item).collect()
}

impl Walk<'_> {
    /// The screen that waits for a key, another one than `before` if it comes.
    fn next(&self, before: Option<&Shown>) -> Shown {
        let began = Instant::now();
        let mut last = self.scarab.shown(self.name);
        let mut since = Instant::now();
        loop {
            std::thread::sleep(POLLING);
            let now = self.scarab.shown(self.name);
            if now != last {
                (last, since) = (now, Instant::now());
                continue;
            }
            let (choice, push) = waits(&last);
            let changed = before.is_none_or(|before| *before != last) || began.elapsed() > SAME;
            if since.elapsed() >= STILL && changed && (choice || push) {
                return last;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "vttest waits for no key, after\n{}\nbut shows\n{}",
                self.screens,
                text(&last).join("\n")
            );
        }
    }

    fn enter(&self, text: &str) {
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        for digit in text.chars().filter_map(|digit| digit.to_digit(10)) {
            self.scarab.key(self.name, Key::Text(DIGITS[digit as usize]));
        }
        self.scarab.key(self.name, Key::Named("enter"));
    }

    /// Chooses an item of `menu`, and goes through all that it shows until the menu is there again.
    fn choose(&mut self, menu: &Shown, number: &str, path: &str) -> Shown {
        self.enter(number);
        let mut before = menu.clone();
        let mut count = 0;
        loop {
            let shown = self.next(Some(&before));
            let (choice, _) = waits(&shown);
            if choice && heading(&shown) == heading(menu) {
                return shown;
            }
            if choice {
                self.walk(&shown, path);
                self.enter("0");
            } else {
                count += 1;
                self.keep(path, count, &shown);
                self.enter("");
            }
            before = shown;
        }
    }

    /// Every item of a menu.
    fn walk(&mut self, menu: &Shown, path: &str) {
        let mut shown = menu.clone();
        for (number, title) in items(menu) {
            let wanted = path != "11" || OTHERS.iter().any(|other| title.contains(other));
            if number != "0" && wanted && !LEFT_OUT.iter().any(|out| title.contains(out)) {
                shown = self.choose(&shown, &number, &format!("{path}.{number} {title}"));
            }
        }
    }

    fn keep(&mut self, path: &str, count: usize, shown: &Shown) {
        let rows = text(shown);
        let end = rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
        self.screens += &format!("==== {path}, screen {count}\n");
        rows[..end].iter().for_each(|row| self.screens += &format!("{row}\n"));
    }
}

/// Walks the main menu's item `number`.
fn menu(number: &str) {
    let version = Command::new("vttest").arg("-V").output();
    let Ok(version) = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()) else {
        let message = format!("vttest is not installed: its menu {number} DID NOT RUN");
        assert!(std::env::var_os("SCARAB_REQUIRE_ALL").is_none(), "{message}");
        eprintln!("{message}");
        return;
    };
    let scarab = Scarab::new();
    let home = tempfile::tempdir().expect("a home");
    let environment =
        [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("LANG", "C.UTF-8"), ("TERM", "xterm-256color")];
    let program = Program {
        argv: vec!["vttest".to_owned()],
        environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        directory: home.path().to_owned(),
        size: (80, 24),
    };
    scarab.start("vttest", &program);
    let mut walk = Walk { scarab: &scarab, name: "vttest", screens: String::new() };
    let main = walk.next(None);
    walk.choose(&main, number, number);
    let screens = std::mem::take(&mut walk.screens);
    scarab.end("vttest");
    if version.contains(VERSION) {
        compare(number, &screens);
    } else {
        assert!(screens.contains("screen 1"), "menu {number} shows nothing");
        eprintln!(
            "the screens of menu {number} were NOT COMPARED: kept are those of {VERSION}, not of {version}"
        );
    }
}

fn golden(number: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/programs/vttest/menu-{number}.txt"))
}

/// `SCARAB_WRITE_GOLDEN=1` writes a file that is not there yet.
fn compare(number: &str, screens: &str) {
    let file = golden(number);
    if std::env::var_os("SCARAB_WRITE_GOLDEN").is_some_and(|value| value == "1") && !file.exists() {
        std::fs::write(&file, screens).expect("the golden file can be written");
    }
    let kept = std::fs::read_to_string(&file).expect("the golden file");
    let (ours, theirs): (Vec<&str>, Vec<&str>) = (screens.lines().collect(), kept.lines().collect());
    let mut heading = "";
    for (at, line) in ours.iter().enumerate() {
        if line.starts_with("==== ") {
            heading = line;
        }
        let expected = theirs.get(at).copied().unwrap_or("(nothing)");
        assert_eq!(*line, expected, "{} line {}, in {heading}", file.display(), at + 1);
    }
    assert_eq!(ours.len(), theirs.len(), "{} has more", file.display());
}

macro_rules! menus {
    ($($name:ident $number:literal)*) => { $(#[test] fn $name() { menu($number); })* };
}
menus! {
    cursor_movements "1"
    screen_features "2"
    character_sets "3"
    reports "6"
    inserting_and_deleting "8"
    other_terminals "11"
}
