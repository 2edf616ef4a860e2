//! The window as assistive technologies have it: a script (`accessibility.py`) that knows nothing of Scarab but AT-SPI
//! reads the text, the cursor and the focus, hears what changes, and does things by their names.

mod harness;

use harness::Desktop;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A shell without colours of its own and with a short prompt.
const SHELL: [&str; 3] = ["sh", "-c", "PS1='$ ' exec bash --norc --noprofile"];
/// What a terminal is. Before 4.14 GTK has no role of this name.
const ROLE: &str = if cfg!(feature = "v4_14") { "terminal" } else { "panel" };
/// The system's Python has the system's libraries.
const PYTHON: &str = "/usr/bin/python3";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/accessibility.py");

/// The script on the test's own buses. It needs no display.
fn script(desktop: &Desktop, arguments: &[&str]) -> Command {
    let mut script = Command::new(PYTHON);
    script
        .arg(SCRIPT)
        .args(arguments)
        .env_remove("DISPLAY")
        .env_remove("AT_SPI_BUS_ADDRESS")
        .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", desktop.home().join("bus").display()))
        .env("XDG_RUNTIME_DIR", desktop.home())
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null());
    script
}

/// What the script says; nothing where it fails.
fn look(desktop: &Desktop, arguments: &[&str]) -> Option<String> {
    let output = script(desktop, arguments).output().expect("python runs");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn until_read(desktop: &Desktop, word: &str, holds: impl Fn(&str) -> bool) {
    let mut said = None;
    desktop.until(word, |desktop| {
        said = look(desktop, &[word]);
        said.as_deref().is_some_and(&holds)
    });
}

/// As a screen reader does when it starts, and when it ends.
fn switch(desktop: &Desktop, on: bool) {
    let path = ["org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties", "Set"];
    let on = if on { "true" } else { "false" };
    desktop.call(&[&path[..], &["ssv", "org.a11y.Status", "IsEnabled", "b", on]].concat());
}

/// The script while it hears what happens.
struct Ear(Child, BufReader<ChildStdout>);

impl Ear {
    fn listen(desktop: &Desktop) -> Self {
        let mut child = script(desktop, &["events"]).stdout(Stdio::piped()).spawn().expect("python runs");
        let mut lines = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("a line");
        assert_eq!(line, "listening\n");
        Self(child, lines)
    }

    /// What it hears, up to what fits. The runner's own patience is the limit.
    fn until(&mut self, holds: impl Fn(&str) -> bool) -> Vec<String> {
        let mut heard = Vec::new();
        while !heard.last().is_some_and(|line: &String| holds(line)) {
            let mut line = String::new();
            let length = self.1.read_line(&mut line).expect("a line");
            assert_ne!(length, 0, "nothing more is heard after {heard:?}");
            heard.push(line.trim_end().to_owned());
        }
        heard
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_screen_and_the_cursor_are_read() {
    let Some(desktop) = Desktop::start_readable(&SHELL) else { return };
    desktop.until_shown("1", "$");
    switch(&desktop, true);
    until_read(&desktop, "caret", |caret| caret.starts_with("2 $"));
    let mut ear = Ear::listen(&desktop);
    desktop.type_text("printf '\\033[8mhid\\033[mseen\\n'");
    desktop.keys(&["Return"]);
    let heard =
        ear.until(|line| line.starts_with("object:text-changed:insert") && line.contains("seen\\n$ "));
    assert!(heard.iter().any(|line| line.starts_with("object:text-caret-moved")), "{heard:?}");
    until_read(&desktop, "text", |text| text.lines().nth(1) == Some("   seen"));
    desktop.type_text("ab");
    desktop.keys(&["Left"]);
    until_read(&desktop, "caret", |caret| caret.ends_with(" $ a"));
    // What came is all that is told, wherever the rest went.
    desktop.keys(&["End", "ctrl+u"]);
    desktop.type_text("seq 60; echo la''st");
    desktop.keys(&["Return"]);
    let heard = ear.until(|line| line.contains("last\\n$ "));
    let prompt = |line: &&String| line.contains("insert") && line.contains("   seen");
    assert_eq!(heard.iter().filter(prompt).count(), 0, "{heard:?}");
    // A page above.
    desktop.keys(&["shift+Page_Up", "shift+Page_Up"]);
    until_read(&desktop, "text", |text| !text.contains("last") && text.contains("\n20\n"));
}

#[test]
fn what_has_the_focus_is_named() {
    let Some(desktop) = Desktop::start_readable(&SHELL) else { return };
    desktop.until_shown("1", "$");
    let named =
        |name: &str| until_read(&desktop, "focus", |focus| focus == format!("{ROLE}: {name}: Terminal"));
    named("Terminal");
    switch(&desktop, true);
    named("bash");
    desktop.type_text("printf '\\033]2;a title\\007'");
    desktop.keys(&["Return"]);
    named("a title");
    // The search has it meanwhile.
    desktop.keys(&["ctrl+shift+f"]);
    until_read(&desktop, "focus", |focus| !focus.contains("Terminal"));
    desktop.keys(&["Escape"]);
    named("a title");
}

#[test]
fn nothing_is_told_while_nobody_listens() {
    let Some(desktop) = Desktop::start_readable(&SHELL) else { return };
    desktop.until_shown("1", "$");
    desktop.until("there is a tree", |desktop| look(desktop, &["tree"]).is_some());
    // Without an object that holds text there is none, and where the terminal is one, it is empty.
    let told = |desktop: &Desktop| look(desktop, &["text"]).is_some_and(|text| text.contains('$'));
    assert!(!told(&desktop));
    switch(&desktop, true);
    desktop.until("a text", told);
    switch(&desktop, false);
    desktop.until("no text", |desktop| !told(desktop));
    desktop.type_text("echo still-$((40 + 2))");
    desktop.keys(&["Return"]);
    desktop.until_shown("1", "still-42");
    assert!(!told(&desktop));
}

#[test]
fn a_note_is_read_and_nothing_runs_again_by_itself() {
    let Some(desktop) = Desktop::start_readable(&["sh", "-c", "echo run >> ran; echo asks; read x; exit 3"])
    else {
        return;
    };
    let ran = || std::fs::read_to_string(desktop.home().join("ran")).unwrap_or_default().lines().count();
    switch(&desktop, true);
    until_read(&desktop, "text", |text| text.starts_with("asks"));
    desktop.keys(&["Return"]);
    until_read(&desktop, "text", |text| text.contains("ended with status 3.\nPress Enter to try again."));
    desktop.tool(&["search", "--onlyvisible", "--class", "scarab", "windowsize", "600", "400"]);
    std::thread::sleep(std::time::Duration::from_millis(300)); // what would run would have begun
    assert_eq!(ran(), 1);
    desktop.keys(&["Return"]);
    desktop.until("it runs again", |_| ran() == 2);
}

#[test]
fn actions_are_done_by_name() {
    let Some(desktop) = Desktop::start_readable(&SHELL) else { return };
    desktop.until_shown("1", "$");
    until_read(&desktop, "actions", |actions| {
        ["term.copy", "term.paste", "term.zoom-in", "term.new-tab", "term.menu"]
            .iter()
            .all(|name| actions.lines().any(|line| line == *name))
    });
    let before = desktop.size();
    assert!(look(&desktop, &["do", "term.zoom-in"]).is_some());
    desktop.until("fewer columns", |desktop| desktop.size().0 < before.0);
    assert!(look(&desktop, &["do", "term.zoom-normal"]).is_some());
    desktop.until("as many as before", |desktop| desktop.size() == before);
    assert!(look(&desktop, &["do", "term.new-tab"]).is_some());
    desktop.until("a second session is attached", |desktop| {
        desktop.scarab(&["ls"]).lines().filter(|line| line.contains("running  1 ")).count() == 2
    });
    assert_eq!(look(&desktop, &["do", "term.nonsense"]), None);
}

#[test]
fn the_menu_opens_by_keys() {
    let Some(desktop) = Desktop::start_readable(&SHELL) else { return };
    desktop.until_shown("1", "$");
    for key in ["Menu", "shift+F10"] {
        desktop.keys(&[key]);
        // GTK 4.18 has no names for the items of its menus.
        until_read(&desktop, "focus", |focus| focus.starts_with("menu item"));
        desktop.keys(&["Escape"]);
        until_read(&desktop, "focus", |focus| focus.contains("Terminal"));
    }
    desktop.type_text("echo typed-$((40 + 2))");
    desktop.keys(&["Return"]);
    desktop.until_shown("1", "typed-42");
}
