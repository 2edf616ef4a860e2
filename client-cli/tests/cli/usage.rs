//! Wrong usage, help, and output that nobody reads.

use crate::harness::Place;
use std::process::Stdio;

const VERBS: &[&str] = &[
    "new", "attach", "detach", "ls", "rename", "resize", "kill", "send", "capture", "wait", "tail", "events",
    "env", "status", "config", "reload", "linger", "doctor",
];

#[test]
fn wrong_usage_is_one_line_with_a_hint_and_status_2() {
    let place = Place::new();
    let wrong: &[&[&str]] = &[
        &["frobnicate"],
        &["--frobnicate"],
        &["help", "frobnicate"],
        &["help", "ls", "new"],
        &["new", "a", "b"],
        &["new", "--size", "80"],
        &["new", "--size", "0x0"],
        &["new", "--size", "65535x65535"],
        &["new", "--env", "NOVALUE"],
        &["new", "--property", "NOVALUE"],
        &["new", "-d", "--"],
        &["new", "--cwd"],
        &["attach", "-c"],
        &["attach", "a", "b"],
        &["detach"],
        &["ls", "extra"],
        &["rename", "a"],
        &["rename", "a", "b", "c"],
        &["resize", "a"],
        &["resize", "a", "80x"],
        &["kill"],
        &["kill", ""],
        &["kill", "a", "--all"],
        &["kill", "a", "--signal", "NOPE"],
        &["kill", "a", "--signal", "0"],
        &["send"],
        &["send", "a"],
        &["send", "a", "-", "text"],
        &["send", "a", "--key"],
        &["capture"],
        &["capture", "a", "--lines", "x"],
        &["capture", "a", "--history", "--last-command"],
        &["capture", "a", "--ansi", "--json"],
        &["wait", "a", "--text", "x", "--command"],
        &["wait", "a", "--text", ""],
        &["wait", "a", "--timeout", "0"],
        &["wait", "a", "--timeout", "soon"],
        &["tail"],
        &["events", "a"],
        &["env", "--shell", "csh"],
        &["config"],
        &["config", "put"],
        &["config", "set", "a"],
        &["linger", "maybe"],
    ];
    for arguments in wrong {
        let line = place.fails(2, *arguments);
        assert!(line.contains("scarab help"), "{arguments:?}: {line}");
    }
    for verb in VERBS {
        let line = place.fails(2, [*verb, "--no-such-option"]);
        assert!(line.contains(verb) && line.contains("--no-such-option"), "{line}");
    }
    assert!(!place.socket().exists(), "nothing of this needs the service");
}

#[test]
fn a_mistyped_verb_is_guessed() {
    let line = Place::new().fails(2, ["atach"]);
    assert!(line.contains("'attach' perhaps?"), "{line}");
}

#[test]
fn help_names_every_verb_and_each_has_its_own() {
    let place = Place::new();
    let overview = place.ok(["--help"]);
    assert_eq!(overview, place.ok(["help"]));
    for verb in VERBS {
        assert!(overview.contains(&format!("\n  {verb} ")), "{verb}");
        let own = place.ok(["help", verb]);
        assert!(own.starts_with(&format!("Usage: scarab {verb}")), "{own}");
        assert_eq!(own, place.ok([verb, "--help"]));
    }
    assert_eq!(place.ok(["--version"]), concat!("scarab ", env!("CARGO_PKG_VERSION"), "\n"));
    assert!(!place.socket().exists(), "help needs no service");
}

#[test]
fn closed_output_is_no_failure() {
    let place = Place::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = place
        .command(["help"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .and_then(|child| child.wait_with_output())
        .expect("scarab runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let place = Place::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let output = place.command(["help"]).stdout(full).stderr(Stdio::piped()).output().expect("scarab runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"), "{output:?}");
}
