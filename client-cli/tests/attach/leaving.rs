//! Every way out gives the terminal back and says how it ended.

use crate::harness::Place;
use crate::harness::outer::Outer;
use rustix::process::Signal;

fn attached(place: &Place) -> Outer {
    place.script("work", "echo ready; exec cat");
    let mut outer = Outer::start(place, &["attach", "work"], 80, 24);
    outer.until_text("ready");
    outer
}

#[test]
fn typing_is_echoed_and_the_prefix_detaches() {
    let place = Place::new();
    let mut outer = attached(&place);
    outer.type_in(b"hello\r");
    outer.until("the echo and cat's copy", |outer| outer.text().matches("hello").count() == 2);
    outer.type_in(b"\x1cd");
    assert!(outer.end().success());
    assert_eq!(outer.row(0), "[detached from work]");
    outer.assert_restored();
    assert_eq!(place.entry("work")["exited"], serde_json::Value::Null, "the session goes on");
}

#[test]
fn a_sessions_end_is_told_with_its_status() {
    let place = Place::new();
    place.script("brief", "read line; exit 3");
    let mut outer = Outer::start(&place, &["attach", "brief"], 80, 24);
    outer.until("the session", |outer| outer.terminal.on_alternate_screen());
    outer.type_in(b"\r");
    assert!(outer.end().success());
    assert_eq!(outer.row(0), "[brief ended: exited with 3]");
    outer.assert_restored();
}

#[test]
fn a_terminal_that_answers_nothing_is_as_good() {
    let place = Place::new();
    place.script("work", "echo ready; exec cat");
    let mut outer = Outer::start(&place, &["attach", "work"], 80, 24);
    outer.answers = false;
    outer.until_text("ready");
    outer.type_in(b"\x1cd");
    assert!(outer.end().success());
    outer.assert_restored();
}

#[test]
fn a_signal_ends_it_in_good_order() {
    let place = Place::new();
    let mut outer = attached(&place);
    outer.signal(Signal::TERM);
    assert!(outer.end().success());
    assert_eq!(outer.row(0), "[detached from work]");
    outer.assert_restored();
}

#[test]
fn suspending_gives_the_terminal_away_and_continuing_takes_it_back() {
    let place = Place::new();
    let mut outer = attached(&place);
    outer.signal(Signal::TSTP);
    outer.until("the terminal back", |outer| !outer.terminal.on_alternate_screen());
    let stat = format!("/proc/{}/stat", outer.pid());
    // The stop follows the last byte; nothing tells of it but the process's state.
    while !std::fs::read_to_string(&stat).expect("it runs").contains(") T ") {
        std::thread::yield_now();
    }
    outer.assert_restored();
    outer.terminal.feed(b"\x1b[2Jsomebody else's text");
    outer.signal(Signal::CONT);
    outer.until("the session again", |outer| outer.terminal.on_alternate_screen() && outer.row(0) == "ready");
    outer.type_in(b"\x1cd");
    assert!(outer.end().success());
    outer.assert_restored();
}

#[test]
fn another_viewer_may_take_the_session() {
    let place = Place::new();
    let mut first = attached(&place);
    let mut second = Outer::start(&place, &["attach", "work", "--detach-others"], 80, 24);
    second.until_text("ready");
    assert!(first.end().success());
    assert_eq!(first.row(0), "[detached from work: another viewer took it]");
    first.assert_restored();
}

#[test]
fn a_lost_service_is_looked_for_without_losing_the_screen() {
    let place = Place::new();
    let mut outer = attached(&place);
    let pid = place.service().expect("it serves");
    rustix::process::kill_process(pid, Signal::KILL).expect("killed");
    outer.until_text("reconnecting (2/10)");
    assert_eq!(outer.row(0), "ready", "the last frame stays");
    outer.type_in(b"\x1cd");
    assert!(outer.end().success());
    assert_eq!(outer.row(0), "[detached from work]");
    outer.assert_restored();
}

#[test]
fn inside_a_session_it_refuses() {
    let place = Place::new();
    let output =
        place.command(["attach", "work"]).env("SCARAB_SESSION", "1").output().expect("scarab starts");
    assert_eq!(output.status.code(), Some(1));
    let line = String::from_utf8_lossy(&output.stderr);
    assert!(line.contains("detach first") && line.lines().count() == 1, "{line}");
}

#[test]
fn a_session_that_does_not_exist_is_one_clear_line() {
    let place = Place::new();
    place.script("work", "exec cat");
    let mut outer = Outer::start(&place, &["attach", "nothing"], 80, 24);
    assert_eq!(outer.end().exit_code(), 1);
    assert!(outer.row(0).starts_with("scarab: "), "{}", outer.text());
    outer.assert_restored();
}

#[test]
fn a_session_that_ended_unseen_shows_its_last_screen_and_how_it_ended() {
    let place = Place::new();
    place.script("make", "echo the last words; kill -TERM $$");
    place.run(["wait", "make", "--timeout", "20"]);
    let mut outer = Outer::start(&place, &["attach", "make"], 80, 24);
    outer.until_text("make ended: killed by SIGTERM  any key leaves");
    assert_eq!(outer.row(0), "the last words");
    outer.type_in(b"\x1c[");
    outer.until_text("[0/0]");
    outer.type_in(b"q");
    outer.until_text("any key leaves");
    outer.type_in(b"x");
    assert!(outer.end().success());
    assert_eq!(outer.row(0), "[make ended: killed by SIGTERM]");
    outer.assert_restored();
    assert_eq!(place.list(), Vec::<serde_json::Value>::new(), "it was shown");
}

#[test]
fn a_terminal_that_says_it_is_dumb_is_refused() {
    let place = Place::new();
    for arguments in [&["attach", "work"][..], &["new", "work"]] {
        let mut outer = Outer::start_with(&place, arguments, 80, 24, &[("TERM", "dumb")]);
        assert_eq!(outer.end().exit_code(), 1);
        assert!(outer.row(0).contains("scarab capture"), "{}", outer.text());
        outer.assert_restored();
    }
    assert_eq!(place.list(), Vec::<serde_json::Value>::new(), "nothing was made");
}

#[test]
fn a_session_that_ended_with_its_service_is_named() {
    let place = Place::new();
    let mut outer = attached(&place);
    rustix::process::kill_process(place.service().expect("it serves"), Signal::KILL).expect("killed");
    outer.until_text("reconnecting");
    place.ok(["ls"]);
    assert_eq!(outer.end().exit_code(), 1);
    assert_eq!(outer.row(0), "scarab: the service has been restarted, and work ended with the old one");
    outer.assert_restored();
}

#[test]
fn scarab_alone_goes_to_a_session_that_lives_or_makes_one() {
    let place = Place::new();
    place.ok(["new", "-d", "over", "--", "true"]);
    place.run(["wait", "over", "--timeout", "20"]);
    let mut outer = Outer::start(&place, &[], 80, 24);
    outer.until("a shell", |outer| outer.terminal.on_alternate_screen() && !outer.row(0).is_empty());
    outer.type_in(b"echo $((6 * 7))\r");
    outer.until("its answer", |outer| outer.row(1) == "42");
    outer.type_in(b"\x1cd");
    assert!(outer.end().success());
    assert_eq!(place.list().len(), 2, "what ended unseen is still listed");

    let mut again = Outer::start(&place, &[], 80, 24);
    again.until("the same shell", |outer| outer.row(1) == "42");
}
