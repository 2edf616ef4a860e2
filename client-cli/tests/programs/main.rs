//! Real programs in a session, compared with tmux: the same keys, at three sizes; after every key each cell, each
//! attribute and the cursor must be the same. What differs for a known reason is said in `scripts.rs`.

#[path = "../harness/mod.rs"]
mod harness;
mod queries;
mod screens;
mod scripts;
mod sgr;
mod vttest;

use screens::{Key, Program, Scarab, Shown, Tmux};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long both may take to show the same after a key. Most keys need a few milliseconds; a start on a busy
/// machine seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Two programs are asked each time whether they show the same yet.
const POLLING: Duration = Duration::from_millis(5);

const SIZES: [(u16, u16); 3] = [(80, 24), (132, 43), (47, 11)];

fn compare(script: &scripts::Script) {
    if !screens::installed(script.needs) {
        let message = format!("{} is not installed: this comparison DID NOT RUN", script.needs);
        assert!(std::env::var_os("SCARAB_REQUIRE_ALL").is_none(), "{message}");
        eprintln!("{message}");
        return;
    }
    let (scarab, tmux) = (Scarab::new(), Tmux::new());
    let mut sleeper = Command::new("sleep").arg("1000").spawn().expect("a process to look at");
    let pid = sleeper.id().to_string();
    for (index, size) in SIZES.into_iter().enumerate() {
        let name = format!("p{index}");
        let home = tempfile::tempdir().expect("a home");
        (script.prepare)(home.path());
        let text = |s: &str| s.replace("$HOME", &home.path().display().to_string()).replace("$PID", &pid);
        let program = Program {
            argv: script.argv.iter().map(|argument| text(argument)).collect(),
            environment: [
                ("HOME", "$HOME"),
                ("PATH", "/usr/local/bin:/usr/bin:/bin"),
                ("LANG", "C.UTF-8"),
                ("LC_ALL", "C.UTF-8"),
                ("TERM", "xterm-256color"),
                ("SHELL", "/bin/sh"),
                ("USER", "user"),
                ("TMPDIR", "/tmp"),
                ("COLORTERM", "truecolor"),
            ]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), text(value)))
            .collect(),
            directory: home.path().join("work"),
            size,
        };
        scarab.start(&name, &program);
        // One after the other: both have one home, and a program that writes its settings there as it starts must
        // not be read by the other half-way.
        drawn(script, || scarab.shown(&name));
        tmux.start(&name, &program);
        same(script, size, "the start", None, || (scarab.shown(&name), tmux.shown(&name)));
        for (number, key) in script.keys.iter().enumerate() {
            scarab.key(&name, *key);
            tmux.key(&name, *key);
            let (label, prompt) = match key {
                Key::Text(text) => (format!("key {number} {text:?}"), None),
                Key::Named(key) => (format!("key {number} <{key}>"), None),
                Key::Prompt(prompt) => (format!("waiting for {prompt:?}, {number}"), Some(*prompt)),
            };
            same(script, size, &label, prompt, || (scarab.shown(&name), tmux.shown(&name)));
        }
        scarab.end(&name);
        tmux.end(&name);
    }
    let _ = sleeper.kill();
    let _ = sleeper.wait();
}

/// Something is shown.
fn drawn(script: &scripts::Script, shown: impl Fn() -> Shown) {
    let began = Instant::now();
    while shown().rows.iter().all(Vec::is_empty) {
        assert!(began.elapsed() < PATIENCE, "{} shows nothing", script.name);
        std::thread::sleep(POLLING);
    }
}

/// Both must come to show the same, and something at all; what they show when patience ends is printed.
fn same(
    script: &scripts::Script,
    size: (u16, u16),
    after: &str,
    prompt: Option<&str>,
    shown: impl Fn() -> (Shown, Shown),
) {
    let began = Instant::now();
    let mut same_since: Option<(Instant, Shown)> = None;
    loop {
        let (ours, theirs) = shown();
        let empty = ours.rows.iter().all(Vec::is_empty);
        if ours == theirs && !empty && prompt.is_none_or(|prompt| ours.is_at(prompt)) {
            match &same_since {
                Some((since, what)) if *what == ours && since.elapsed() >= script.settled => return,
                None if script.settled.is_zero() => return,
                Some((_, what)) if *what == ours => {}
                _ => same_since = Some((Instant::now(), ours)),
            }
            std::thread::sleep(POLLING);
            continue;
        }
        same_since = None;
        if began.elapsed() > PATIENCE {
            panic!("{} at {}x{} after {after}:\n{}", script.name, size.0, size.1, difference(&ours, &theirs));
        }
        std::thread::sleep(POLLING);
    }
}

fn difference(ours: &Shown, theirs: &Shown) -> String {
    let text = |row: &[sgr::Cell]| row.iter().map(|cell| cell.0).collect::<String>();
    let mut out = format!("cursor: scarab {:?}, tmux {:?}\n", ours.cursor, theirs.cursor);
    for (number, (a, b)) in ours.rows.iter().zip(&theirs.rows).enumerate() {
        if a != b {
            out += &format!("row {number}\n  scarab |{}|\n  tmux   |{}|\n", text(a), text(b));
            if let Some(at) = (0..a.len().max(b.len())).find(|at| a.get(*at) != b.get(*at)) {
                out += &format!("  first at {at}: scarab {:?}, tmux {:?}\n", a.get(at), b.get(at));
            }
        }
    }
    if ours.rows.len() != theirs.rows.len() {
        out += &format!("rows: scarab {}, tmux {}\n", ours.rows.len(), theirs.rows.len());
    }
    out
}

macro_rules! programs {
    ($($name:ident)*) => { $(#[test] fn $name() { compare(&scripts::$name()); })* };
}
programs!(vim less htop mc nano fzf tmux fish nvim zsh);
