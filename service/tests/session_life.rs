//! How sessions begin and end.

mod session_support;

use scarab_protocol::message::answer::FailureKind;
use scarab_protocol::message::event::DetachReason;
use scarab_protocol::message::{ExitStatus, Size, ToClient, WaitFor, WaitOutcome};
use session_support::*;
use std::path::Path;
use tokio::sync::oneshot;

#[test]
fn the_leaders_status_is_kept_and_no_zombie_stays() {
    for (script, status) in [
        ("exit 3", ExitStatus::Code(3)),
        ("kill -9 $$", ExitStatus::Signal(9)),
        ("kill -TERM $$", ExitStatus::Signal(15)),
        (":", ExitStatus::Code(0)),
    ] {
        let running = shell(script);
        let leader = running.session.info().leader;
        assert_eq!(running.exit(), status, "{script}");
        assert_eq!(running.session.exited(), Some(status));
        assert_eq!(running.session.info().leader, 0);
        assert!(leader == 0 || !Path::new(&format!("/proc/{leader}")).exists(), "{leader} is still there");
    }
}

#[test]
fn the_last_output_of_a_program_is_not_lost() {
    for _ in 0..20 {
        let running = shell("seq 1 3000");
        assert_eq!(running.exit(), ExitStatus::Code(0));
        let lines = running.all_lines();
        assert_eq!(lines.last().map(String::as_str), Some("3000"));
        assert_eq!(lines.len(), 3000);
    }
}

#[test]
fn an_ended_session_can_be_looked_at() {
    let running = shell("printf 'last words'");
    let viewer = running.try_attach(|_| {});
    assert_eq!(running.exit(), ExitStatus::Code(0));
    drop(viewer);
    let mut viewer = running.attach();
    assert_eq!(viewer.info.exited, Some(ExitStatus::Code(0)));
    viewer.see_text("last words");
    let failed = viewer.input(b"x").expect_err("nobody is there");
    assert_eq!(failed.kind, FailureKind::Exited);
}

#[test]
fn viewers_hear_of_the_end_and_are_detached() {
    let running = shell("echo ready; read line; exit 4");
    let mut viewer = running.attach();
    viewer.see_text("ready");
    viewer.typed("\n");
    let status = wait_for(&viewer.inbox, |message| match message {
        ToClient::SessionExited(exited) => Some(exited.status),
        _ => None,
    });
    assert_eq!(status, ExitStatus::Code(4));
    let reason = wait_for(&viewer.inbox, |message| match message {
        ToClient::Detached(detached) => Some(detached.reason),
        _ => None,
    });
    assert_eq!(reason, DetachReason::SessionEnded);
    assert!(running.session.info().viewers.is_empty());
}

#[test]
fn a_program_that_is_not_there_is_told_in_one_line() {
    for program in ["no-such-program-anywhere", "/no/such/program", "/etc/passwd", "/"] {
        let failed = try_start(spec(&[program])).err().expect("it cannot start");
        assert_eq!(failed.kind, FailureKind::CannotStart);
        assert!(failed.message.starts_with(program) && !failed.message.contains('\n'), "{}", failed.message);
    }
}

#[test]
fn a_large_environment_reaches_the_program_and_too_large_a_one_is_refused() {
    let mut large = spec(&["sh", "-c", "echo ${#A} ${#B}; exit 6"]);
    for name in ["A", "B"] {
        large.environment.push(format!("{name}={}", "x".repeat(100 << 10)).into_bytes());
    }
    let running = start(large);
    assert_eq!(running.exit(), ExitStatus::Code(6));
    assert_eq!(running.all_lines(), ["102400 102400"]);

    let mut too_large = spec(&["true"]);
    too_large
        .environment
        .extend((0..40).map(|number| format!("V{number}={}", "x".repeat(100 << 10)).into_bytes()));
    let failed = try_start(too_large).err().expect("it cannot start");
    assert_eq!(failed.kind, FailureKind::CannotStart);
    assert!(failed.message.contains("KiB"), "{}", failed.message);
}

#[test]
fn the_program_gets_a_clean_environment_and_its_directory() {
    let mut spec = spec(&["sh", "-c", "pwd; echo $TERM $COLORTERM $SCARAB_SESSION; echo [$LISTEN_FDS$TMUX]"]);
    spec.directory = "/usr".to_owned();
    spec.environment.extend([b"LISTEN_FDS=3".to_vec(), b"TMUX=/x".to_vec(), b"TERM=dumb".to_vec()]);
    let running = start(spec);
    let id = running.session.id().0;
    running.exit();
    assert_eq!(
        running.all_lines(),
        ["/usr".to_owned(), format!("xterm-256color truecolor {id}"), "[]".to_owned()]
    );
}

#[test]
fn a_directory_that_is_not_there_becomes_home() {
    let mut spec = spec(&["pwd"]);
    spec.directory = "/no/such/directory".to_owned();
    let running = start(spec);
    assert_eq!(running.exit(), ExitStatus::Code(0));
    let lines = running.all_lines();
    assert!(lines[0].contains("/no/such/directory"), "{lines:?}");
    assert!(lines.last().expect("pwd's line").starts_with('/'), "{lines:?}");
}

#[test]
fn a_leader_that_will_not_go_is_killed() {
    let running = shell("trap '' HUP TERM; echo ready; while :; do sleep 1; done");
    running.attach().see_text("ready");
    running.session.end();
    assert_eq!(running.exit(), ExitStatus::Signal(9));
}

#[test]
fn asking_to_end_ends_a_shell_at_once() {
    let running = start(spec(&["sh"]));
    running.attach().see_text("$");
    running.session.end();
    assert_eq!(running.exit(), ExitStatus::Signal(1));
}

#[test]
fn closing_a_session_ends_its_programs() {
    let running = shell("trap '' HUP; sleep 1000 & echo child $! ready; wait");
    let mut viewer = running.attach();
    viewer.see_text("ready");
    let child = screen(&viewer.frame)[0].split(' ').nth(1).expect("its number").to_owned();
    let leader = running.session.info().leader.to_string();
    let (done, waited) = oneshot::channel();
    running.session.wait(WaitFor::Exit, done);
    running.session.close();
    assert_eq!(waited.blocking_recv(), Ok(WaitOutcome::Removed));
    gone(&leader);
    gone(&child);
}

/// Waits until a process is no more; one that nobody has waited for yet counts as gone.
fn gone(pid: &str) {
    let until = std::time::Instant::now() + PATIENCE;
    let runs = || {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        state.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
    };
    while runs() {
        assert!(std::time::Instant::now() < until, "{pid} still runs");
        std::thread::yield_now();
    }
}

#[test]
fn signals_go_to_the_foreground() {
    let running = shell("trap 'echo got it; exit 9' USR1; echo ready; while :; do sleep 0.05; done");
    running.attach().see_text("ready");
    assert_eq!(running.session.signal(12345).expect_err("no such signal").kind, FailureKind::BadArgument);
    running.session.signal(10).expect("sent");
    // The foreground group is the shell and its sleep: the shell's trap decides.
    assert_eq!(running.exit(), ExitStatus::Code(9));
    assert_eq!(running.session.signal(10).expect_err("it has ended").kind, FailureKind::Exited);
}

#[test]
fn waits_end_as_they_should() {
    let running =
        shell("read a; echo the $a comes; read b; printf '\\033]133;C\\007\\033]133;D;7\\007'; read c");
    let wait = |what| {
        let (done, waited) = oneshot::channel();
        (running.session.wait(what, done), waited)
    };
    let (_, text) = wait(WaitFor::Text("the word comes".to_owned()));
    let (cancelled, never) = wait(WaitFor::Text("never".to_owned()));
    let (_, command) = wait(WaitFor::Command);
    let (_, exit) = wait(WaitFor::Exit);
    let mut viewer = running.attach();
    viewer.typed("word\n");
    assert_eq!(text.blocking_recv(), Ok(WaitOutcome::Text("the word comes".to_owned())));
    running.session.cancel_wait(cancelled);
    assert_eq!(never.blocking_recv(), Ok(WaitOutcome::Cancelled));
    viewer.typed("\n");
    assert_eq!(command.blocking_recv(), Ok(WaitOutcome::Command(Some(7))));
    viewer.typed("\n");
    assert_eq!(exit.blocking_recv(), Ok(WaitOutcome::Exited(ExitStatus::Code(0))));
    let (done, waited) = oneshot::channel();
    running.session.wait(WaitFor::Exit, done);
    assert_eq!(waited.blocking_recv(), Ok(WaitOutcome::Exited(ExitStatus::Code(0))));
}

#[test]
fn a_text_that_only_passes_is_waited_for() {
    let running = shell("read a; seq 1 50000; echo over; read b");
    let (done, waited) = oneshot::channel();
    running.session.wait(WaitFor::Text("23456".to_owned()), done);
    let mut viewer = running.attach();
    viewer.typed("\n");
    assert_eq!(waited.blocking_recv(), Ok(WaitOutcome::Text("23456".to_owned())));
}

#[test]
fn the_first_size_is_the_asked_one_or_the_usual_one() {
    let mut spec_of = spec(&["stty", "size"]);
    spec_of.size = Size { cols: 0, rows: 0, width_px: 0, height_px: 0 };
    let running = start(spec_of);
    running.exit();
    assert_eq!(running.all_lines(), ["24 80"]);
    let mut spec_of = spec(&["stty", "size"]);
    spec_of.size = size(132, 50);
    let running = start(spec_of);
    running.exit();
    assert_eq!(running.all_lines(), ["50 132"]);
}

/// Panics once, where a defect of the service would.
struct Defect(std::sync::Mutex<Option<std::sync::mpsc::Sender<ToClient>>>);

impl scarab_service::session::Observer for Defect {
    fn event(&self, _: scarab_protocol::SessionId, event: ToClient) {
        assert!(!matches!(event, ToClient::Bell(_)), "a defect, made for this test");
        if let Some(told) = &*self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) {
            let _ = told.send(event);
        }
    }
}

#[test]
fn a_defect_takes_its_own_session_only() {
    let other = start(spec(&["cat"]));
    let (sender, events) = std::sync::mpsc::channel();
    let (started, answer) = oneshot::channel();
    let observer = std::sync::Arc::new(Defect(std::sync::Mutex::new(Some(sender))));
    let id = scarab_protocol::SessionId(1 << 40);
    let spec = spec(&["sh", "-c", "read a; printf '\\007'; sleep 1000"]);
    scarab_service::session::Session::start(id, spec, host(observer), started);
    let session = answer.blocking_recv().expect("an answer").expect("a session");
    let leader = session.info().leader;
    let running = Running { session, events };
    let mut viewer = running.attach();
    viewer.typed("\n");
    assert_eq!(running.exit(), ExitStatus::Unknown);
    wait_for(&viewer.inbox, |message| matches!(message, ToClient::Detached(_)).then_some(()));
    gone(&leader.to_string());
    let (done, waited) = oneshot::channel();
    running.session.wait(WaitFor::Exit, done);
    assert!(waited.blocking_recv().is_err(), "nobody is left to answer");
    let mut viewer = other.attach();
    viewer.typed("unharmed\n");
    viewer.see_text("unharmed");
}

#[test]
fn a_hang_up_alone_does_not_end_a_session() {
    let running = shell("echo last; exec </dev/null >/dev/null 2>&1; sleep 0.5; exit 5");
    assert_eq!(running.exit(), ExitStatus::Code(5));
    assert_eq!(running.all_lines(), ["last"]);
}

#[test]
fn programs_left_behind_do_not_keep_a_session() {
    // It ignores the hang-up, and ends by itself when it cannot write any more.
    let running = shell("trap '' HUP; (while echo still here; do :; done) & sleep 0.1; exit 2");
    assert_eq!(running.exit(), ExitStatus::Code(2));
    assert!(running.session.info().exited.is_some());
}
