//! Making, naming, listing, resizing, waiting for and ending sessions.

use crate::harness::Place;
use scarab_protocol::Client;
use scarab_protocol::message::{Size, ToClient, ViewerColours, request};
use serde_json::Value;

fn names(sessions: &[Value]) -> Vec<&str> {
    sessions.iter().filter_map(|session| session["name"].as_str()).collect()
}

#[test]
fn a_listing_of_nothing_says_how_to_make_one() {
    let place = Place::new();
    assert_eq!(place.list(), Vec::<Value>::new());
    assert!(place.ok(["ls"]).contains("scarab new"));
}

#[test]
fn a_new_session_is_listed_with_what_it_was_made_of() {
    let place = Place::new();
    let out = place.ok(["new", "-d", "work", "--size", "100x30", "--cwd", "/", "--", "cat", "-u"]);
    assert_eq!(out, "work\n");
    let list = place.list();
    let [session] = &list[..] else { panic!("{list:?}") };
    assert_eq!(session["name"], "work");
    assert_eq!(session["command"], serde_json::json!(["cat", "-u"]));
    assert_eq!((&session["cols"], &session["rows"]), (&100.into(), &30.into()));
    assert_eq!(session["exited"], Value::Null);
    assert_eq!(session["viewers"], serde_json::json!([]));
    assert_eq!(session["last_used"], Value::Null);
    for (field, is_right) in [
        ("id", session["id"].is_u64()),
        ("leader", session["leader"].is_u64()),
        ("created", session["created"].is_u64()),
        ("last_activity", session["last_activity"].is_u64()),
        ("history_lines", session["history_lines"].is_u64()),
        ("foreground", session["foreground"].is_string()),
        ("title", session["title"].is_string()),
        ("directory", session["directory"].is_string()),
        ("bell", session["bell"].is_boolean()),
        ("progress", session["progress"].is_null()),
        ("alternate_screen", session["alternate_screen"].is_boolean()),
    ] {
        assert!(is_right, "{field}: {session}");
    }
    let human = place.ok(["ls"]);
    assert!(human.starts_with("NAME") && human.contains("work") && human.contains("100x30"), "{human}");
}

#[test]
fn names_ids_and_unique_beginnings_all_do() {
    let place = Place::new();
    place.ok(["new", "-d", "alpha", "--", "cat"]);
    place.ok(["new", "-d", "alpine", "--", "cat"]);
    let id = place.list().iter().find(|session| session["name"] == "alpha").expect("listed")["id"].clone();
    place.ok(["resize", "alpha", "90x30"]);
    place.ok(["resize", "alpi", "91x30"]);
    place.ok(["resize", &format!("@{id}"), "92x30"]);
    assert!(place.fails(1, ["resize", "al", "93x30"]).contains("al"));
    place.fails(1, ["resize", "beta", "93x30"]);
    place.fails(1, ["resize", "@999999", "93x30"]);
    assert!(place.fails(1, ["new", "-d", "alpha", "--", "cat"]).contains("alpha"));
    place.fails(1, ["new", "-d", "bad\u{7}name", "--", "cat"]);
    let number = place.ok(["new", "-d", "--", "cat"]);
    assert!(number.trim().parse::<u32>().is_ok(), "{number}");
}

#[test]
fn renaming_keeps_the_id() {
    let place = Place::new();
    place.ok(["new", "-d", "old", "--", "cat"]);
    let before = place.list()[0]["id"].clone();
    assert_eq!(place.ok(["rename", "old", "young"]), "");
    let list = place.list();
    assert_eq!((names(&list), &list[0]["id"]), (vec!["young"], &before));
    place.ok(["new", "-d", "other", "--", "cat"]);
    place.fails(1, ["rename", "other", "young"]);
}

#[test]
fn a_program_sees_its_new_size() {
    let place = Place::new();
    let script = "trap 'stty size' WINCH; echo ready; while :; do sleep 0.1; done";
    place.ok(["new", "-d", "x", "--size", "80x24", "--", "sh", "-c", script]);
    place.ok(["wait", "x", "--text", "ready", "--timeout", "20"]);
    place.ok(["resize", "x", "132x43"]);
    place.ok(["wait", "x", "--text", "43 132", "--timeout", "20"]);
}

#[test]
fn a_program_may_choose_the_size_of_a_session_that_nobody_looks_at() {
    let place = Place::new();
    // Only the size that the kernel has ends the loop.
    let script = r#"printf '\033[?40h\033[?3h'; until [ "$(stty size)" = '24 132' ]; do sleep 0.05; done
        printf '\033[8;30;90t'; until [ "$(stty size)" = '30 90' ]; do sleep 0.05; done; echo both; exec sleep 1000"#;
    place.ok(["new", "-d", "x", "--size", "80x24", "--", "sh", "-c", script]);
    place.ok(["wait", "x", "--text", "both", "--timeout", "30"]);
    assert_eq!((place.entry("x")["cols"].as_u64(), place.entry("x")["rows"].as_u64()), (Some(90), Some(30)));
}

#[test]
fn waiting_gives_the_programs_own_status() {
    let place = Place::new();
    place.ok(["new", "-d", "three", "--", "sh", "-c", "exit 3"]);
    assert_eq!(place.run(["wait", "three"]).status, 3);
    place.ok(["new", "-d", "signal", "--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(place.run(["wait", "signal"]).status, 128 + 15);
    place.ok(["new", "-d", "stays", "--", "cat"]);
    assert_eq!(place.run(["wait", "stays", "--timeout", "0.05"]).status, 124);
    assert_eq!(place.run(["wait", "stays", "--text", "never", "--timeout", "0.05"]).status, 124);
    place.fails(1, ["wait", "nobody"]);

    // What ended unseen stays listed with its status.
    let list = place.list();
    let exited =
        |name: &str| list.iter().find(|session| session["name"] == name).expect("listed")["exited"].clone();
    assert_eq!(exited("three"), serde_json::json!({ "code": 3 }));
    assert_eq!(exited("signal"), serde_json::json!({ "signal": 15 }));
    let human = place.ok(["ls"]);
    assert!(human.contains("exited (3)") && human.contains("exited (SIGTERM)"), "{human}");
}

#[test]
fn a_text_that_can_no_longer_come_is_a_failure() {
    let place = Place::new();
    place.ok(["new", "-d", "x", "--", "sh", "-c", "read line; echo seen"]);
    let wait = place.command(["wait", "x", "--text", "never"]).stderr(std::process::Stdio::piped()).spawn();
    let wait = wait.expect("scarab runs");
    place.ok(["send", "x", "--enter"]);
    let output = wait.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn signals_and_kills_end_what_they_should() {
    let place = Place::new();
    place.ok([
        "new",
        "-d",
        "a",
        "--",
        "sh",
        "-c",
        "trap 'exit 7' INT; echo ready; while :; do sleep 0.1; done",
    ]);
    place.ok(["wait", "a", "--text", "ready", "--timeout", "20"]);
    place.ok(["kill", "a", "--signal", "INT"]);
    assert_eq!(place.run(["wait", "a", "--timeout", "20"]).status, 7);

    place.ok(["new", "-d", "b", "--", "cat"]);
    place.ok(["new", "-d", "c", "--", "cat"]);
    place.ok(["new", "-d", "d", "--", "cat"]);
    let wait = place.command(["wait", "b", "--timeout", "20"]).spawn().expect("scarab runs");
    place.ok(["kill", "b"]);
    let status = { wait }.wait().expect("it ends").code();
    assert_ne!(status, Some(124), "killed in time");
    place.fails(1, ["kill", "nobody"]);
    place.ok(["kill", "--all"]);
    for name in ["c", "d"] {
        assert_ne!(place.run(["wait", name, "--timeout", "20"]).status, 124, "{name} was killed");
    }
}

#[test]
fn programs_and_directories_that_do_not_exist_are_told() {
    let place = Place::new();
    assert!(place.fails(1, ["new", "-d", "--", "/no/such/program"]).contains("/no/such/program"));
    assert!(place.fails(1, ["new", "-d", "--cwd", "/no/such/place", "--", "cat"]).contains("/no/such/place"));
    assert!(place.fails(1, ["new", "x"]).contains("new -d"), "no terminal to attach");
    let nested = place.command(["new", "x"]).env("SCARAB_SESSION", "1").output().expect("scarab runs");
    assert!(String::from_utf8_lossy(&nested.stderr).contains("a session already"), "{nested:?}");
    assert_eq!(place.list(), Vec::<Value>::new(), "nothing was left behind");
}

#[test]
fn the_environment_arrives_whole() {
    let place = Place::new();
    let long = "v".repeat(100 << 10);
    let script = "echo ${#LONG_A} ${#LONG_B} $OWN $GIVEN $SCARAB_SESSION; read line";
    let mut command = place.command([
        "new",
        "-d",
        "big",
        "--env",
        "GIVEN=by option",
        "--env",
        "OWN=replaced",
        "--",
        "sh",
        "-c",
        script,
    ]);
    let status =
        command.env("LONG_A", &long).env("LONG_B", &long).env("OWN", "first").status().expect("scarab runs");
    assert!(status.success());
    let id = place.list()[0]["id"].clone();
    let expected = format!("102400 102400 replaced by option {id}");
    place.ok(["wait", "big", "--text", &expected, "--timeout", "20"]);
}

#[test]
fn many_sessions_are_listed_in_one_go() {
    let place = Place::new();
    let count = std::env::var("SCARAB_TEST_SESSIONS").map_or(100, |count| count.parse().expect("a number"));
    for number in 0..count {
        place.ok(["new", "-d", &format!("many-{number}"), "--", "cat"]);
    }
    let list = place.list();
    assert_eq!(list.len(), count);
    assert_eq!(place.ok(["ls"]).lines().count(), count + 1);
    assert!(place.ok(["status"]).contains(&format!("{count} sessions")));
}

#[test]
fn the_last_viewers_surroundings_can_be_taken_over() {
    let place = Place::new();
    place.ok(["new", "-d", "x", "--", "cat"]);
    let mut viewer = Client::connect(&place.socket()).expect("connected");
    let attached = viewer.attach(request::Attach {
        session: "x".to_owned(),
        read_only: false,
        detach_others: false,
        size: Size { cols: 80, rows: 24, width_px: 0, height_px: 0 },
        colours: ViewerColours::default(),
        viewer_name: "test".to_owned(),
        environment: vec![b"DISPLAY=:7".to_vec(), b"SSH_TTY=/dev/it's".to_vec(), b"PATH=/evil".to_vec()],
    });
    let _attachment = attached.expect("attached");
    assert_eq!(place.list()[0]["viewers"][0]["name"], "test");

    let script = place.ok(["env", "x", "--shell", "bash"]);
    let check =
        format!("SSH_AUTH_SOCK=old; {script} echo \"$DISPLAY|$SSH_TTY|${{SSH_AUTH_SOCK-unset}}|$PATH\"");
    let output = place.surround("/bin/sh", ["-c", &check]).env("PATH", "/bin").output().expect("sh runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), ":7|/dev/it's|unset|/bin\n");
    assert!(place.ok(["env", "x", "--shell", "fish"]).contains("set -gx SSH_TTY '/dev/it\\'s';"));
    place.fails(1, ["env"]);

    place.ok(["detach", "x"]);
    let detached = |message| matches!(message, ToClient::Detached(_));
    while !viewer.next(None).expect("told").is_some_and(|received| detached(received.message)) {}
    assert_eq!(place.list()[0]["viewers"], serde_json::json!([]));
}
