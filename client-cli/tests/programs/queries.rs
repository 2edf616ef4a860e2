//! What real programs ask of the terminal as they run in a session: every question has its answer, in order, and
//! nothing of an answer is left on the screen. `script` writes down both directions between program and session;
//! `--no-capture` shows them.

use crate::screens::{Key, Program, Scarab, installed};
use std::path::Path;
use std::time::{Duration, Instant};

/// A start on a busy machine takes seconds.
const PATIENCE: Duration = Duration::from_secs(20);
const POLLING: Duration = Duration::from_millis(20);
/// A late answer would be typed at the shell by then.
const LATE: Duration = Duration::from_millis(300);

/// A control sequence of more than two bytes: what begins it (`[`, `]`, `P`, `_`), and the rest.
#[derive(Debug, PartialEq, Eq)]
struct Sequence {
    kind: u8,
    body: String,
}

/// The control sequences among bytes, text left out.
fn sequences(bytes: &[u8]) -> Vec<Sequence> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == 0x1b) {
        rest = &rest[at + 1..];
        let Some((&kind, body)) = rest.split_first() else { break };
        let length = match kind {
            b'[' => body.iter().position(|byte| (0x40..0x7f).contains(byte)).map(|at| at + 1),
            b']' | b'P' | b'_' => body.iter().position(|byte| matches!(byte, 0x07 | 0x1b)),
            _ => continue,
        };
        let Some(length) = length else { break };
        found.push(Sequence { kind, body: String::from_utf8_lossy(&body[..length]).into_owned() });
        rest = &body[length..];
    }
    found
}

/// How the answer begins and ends that a question must have, kind first; nothing for what is no question. OSC 52 is not
/// answered unless the user allows it.
fn answer(question: &Sequence) -> Option<(&'static str, String, &'static str)> {
    let body = question.body.as_str();
    let of_csi = |start: &str, end| Some(("[", start.to_owned(), end));
    match (question.kind, body) {
        (b'[', "c" | "0c") => of_csi("?", "c"),
        (b'[', ">c" | ">0c") => of_csi(">", "c"),
        (b'[', "=c" | "=0c") => Some(("P", "!|".to_owned(), "")),
        (b'[', ">q" | ">0q") => Some(("P", ">|scarab ".to_owned(), "")),
        (b'[', "5n") => of_csi("0", "n"),
        (b'[', "6n") => of_csi("", "R"),
        (b'[', "?6n") => of_csi("?", "R"),
        (b'[', "?996n") => of_csi("?997;", "n"),
        (b'[', "?u") => of_csi("?", "u"),
        (b'[', "?4m") => of_csi(">4;", "m"),
        (b'[', "14t") => of_csi("4;", "t"),
        (b'[', "16t") => of_csi("6;", "t"),
        (b'[', "18t") => of_csi("8;", "t"),
        (b'[', _) => {
            let mode = body.strip_suffix("$p")?;
            (mode != "!").then(|| ("[", format!("{mode};"), "$y"))
        }
        (b'P', _) if body.starts_with("$q") => Some(("P", "1$r".to_owned(), "")),
        (b'P', _) if body.starts_with("+q") => Some(("P", "?+r".to_owned(), "")),
        (b']', _) if !body.starts_with("52;") => Some(("]", format!("{}rgb:", body.strip_suffix('?')?), "")),
        _ => None,
    }
}

fn answers(sequence: &Sequence, (kind, start, end): &(&str, String, &str)) -> bool {
    let body = sequence.body.as_str();
    let begins = match start.strip_prefix('?') {
        // 1 for what is known, 0 for what is not.
        Some(rest) if rest == "+r" => body.get(1..).is_some_and(|body| body.starts_with(rest)),
        _ => body.starts_with(start.as_str()),
    };
    kind.as_bytes() == [sequence.kind] && begins && body.ends_with(end)
}

/// A program, what starts it, and the keys that end it.
struct Asking {
    needs: &'static str,
    command: &'static str,
    /// What its screen shows when it is ready.
    ready: &'static str,
    leave: &'static [Key],
    /// What it is known to ask at least, in whatever version.
    asks: usize,
}

fn ask(asking: &Asking) {
    if !installed(asking.needs) {
        let message = format!("{} is not installed: what it asks WAS NOT SEEN", asking.needs);
        assert!(std::env::var_os("SCARAB_REQUIRE_ALL").is_none(), "{message}");
        eprintln!("{message}");
        return;
    }
    let scarab = Scarab::new();
    let home = tempfile::tempdir().expect("a home");
    std::fs::write(home.path().join("text"), "first line\nsecond line\n").expect("a file");
    let variables = [
        ("HOME", home.path().to_str().expect("a name in UTF-8")),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("LANG", "C.UTF-8"),
        ("TERM", "xterm-256color"),
        ("COLORTERM", "truecolor"),
        ("SHELL", "/bin/sh"),
    ];
    // Behind the program the terminal's driver echoes: a late answer would stand there.
    let line = format!("script -q -O out -I in -c '{}'; echo AFTER; cat", asking.command);
    let program = Program {
        argv: ["sh", "-c", &line].map(str::to_owned).into(),
        environment: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        directory: home.path().to_owned(),
        size: (80, 24),
    };
    scarab.start("asks", &program);
    until(&scarab, asking.ready);
    std::thread::sleep(LATE);
    no_answers_on(&scarab);
    asking.leave.iter().for_each(|key| scarab.key("asks", *key));
    until(&scarab, "AFTER");
    std::thread::sleep(LATE);
    no_answers_on(&scarab);
    scarab.end("asks");

    let read =
        |name: &str| sequences(&std::fs::read(home.path().join(name)).expect("what script wrote down"));
    let (asked, answered) = (read("out"), read("in"));
    let mut answered = answered.iter();
    let mut count = 0;
    for question in &asked {
        let Some(wanted) = answer(question) else { continue };
        let given = answered
            .find(|sequence| answers(sequence, &wanted))
            .unwrap_or_else(|| panic!("{}: {question:?} has no answer", asking.needs));
        eprintln!(
            "{:8} {}{:24} {}{}",
            asking.needs,
            char::from(question.kind),
            question.body,
            char::from(given.kind),
            given.body
        );
        count += 1;
    }
    assert!(count >= asking.asks, "{} asked {count}: {asked:?}", asking.needs);
}

fn until(scarab: &Scarab, text: &str) {
    let began = Instant::now();
    while !lines(scarab).iter().any(|line| line.contains(text)) {
        assert!(began.elapsed() < PATIENCE, "{text:?} is not shown, but {:#?}", lines(scarab));
        std::thread::sleep(POLLING);
    }
}

fn lines(scarab: &Scarab) -> Vec<String> {
    scarab.shown("asks").rows.iter().map(|row| row.iter().map(|cell| cell.0).collect()).collect()
}

/// As the driver echoes answers, and as a terminal shows what it does not understand.
fn no_answers_on(scarab: &Scarab) {
    for line in lines(scarab) {
        for garbage in ["^[", "rgb:", "[?", "[>", "$y", "$r", "+r", "P>|"] {
            assert!(!line.contains(garbage), "{garbage:?} stands in {line:?}");
        }
    }
}

const ENTER: Key = Key::Named("Enter");

#[test]
fn neovim() {
    ask(&Asking {
        needs: "nvim",
        command: "nvim -u NONE -i NONE text",
        ready: "second line",
        leave: &[Key::Text(":q!"), ENTER],
        asks: 1,
    });
}

#[test]
fn tmux() {
    let leave = &[Key::Named("C-b"), Key::Text("d")];
    let command = "tmux -u -L asks -f /dev/null new-session \"echo IN TMUX; exec cat\"";
    ask(&Asking { needs: "tmux", command, ready: "IN TMUX", leave, asks: 2 });
}

#[test]
fn fish() {
    let leave = &[Key::Text("exit"), ENTER];
    ask(&Asking { needs: "fish", command: "fish --private", ready: "Type", leave, asks: 0 });
}

#[test]
fn fzf() {
    let leave = &[ENTER];
    // Below the prompt, where it must ask where the cursor is.
    ask(&Asking { needs: "fzf", command: "fzf --height=8 <text", ready: "2/2", leave, asks: 1 });
}

#[test]
fn chafa() {
    let picture: &Path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/pictures/unicode.png"));
    let command = format!("chafa --size 40x10 {}; echo DRAWN; cat", picture.display());
    let command = Box::leak(command.into_boxed_str());
    ask(&Asking { needs: "chafa", command, ready: "DRAWN", leave: &[Key::Named("C-d")], asks: 0 });
}

#[test]
#[ignore = "Debian 12 has no helix"]
fn helix() {
    let leave = &[Key::Text(":q!"), ENTER];
    ask(&Asking { needs: "hx", command: "hx text", ready: "second line", leave, asks: 2 });
}
