//! What goes into a session and what comes out of it: real programs on real PTYs.

mod session_support;

use scarab_protocol::message::answer::FailureKind;
use scarab_protocol::message::{ExitStatus, SendItem, ToClient, WaitFor, WaitOutcome};
use session_support::*;
use std::io::Write;
use std::process::{Command, Stdio};
use tokio::sync::oneshot;

#[test]
fn what_is_typed_comes_back_through_cat() {
    let running = start(spec(&["cat"]));
    let mut viewer = running.attach();
    for key in "hello".chars() {
        viewer.key(key, 0);
    }
    viewer.key('\r', 0);
    viewer.see("an echo and cat's own line", |frame| {
        let screen = screen(frame);
        screen[0] == "hello" && screen[1] == "hello"
    });
    assert_eq!(viewer.frame.head().cursor.row, 2);
}

#[test]
fn a_resize_reaches_the_program_and_the_last_one_wins() {
    let running = start(spec(&["sh"]));
    let mut viewer = running.attach();
    viewer.see_text("$");
    for step in 0..20 {
        running.session.resize(viewer.id, size(60 + step, 20 + step));
    }
    running.session.resize(viewer.id, size(100, 30));
    viewer.see("the last size", |frame| (frame.head().cols, frame.head().rows) == (100, 30));
    viewer.typed("stty size\n");
    viewer.see_text("30 100");
}

#[test]
fn impossible_sizes_are_clamped() {
    let running = start(spec(&["sh"]));
    let mut viewer = running.attach();
    running.session.resize(viewer.id, size(0, 0));
    viewer.see("the least", |frame| (frame.head().cols, frame.head().rows) == (1, 1));
    running.session.resize(viewer.id, size(65535, 65535));
    viewer.see("the most", |frame| (frame.head().cols, frame.head().rows) == (2000, 1000));
    running.session.resize(viewer.id, size(80, 24));
    viewer.see("the usual", |frame| frame.head().cols == 80);
    viewer.typed("stty size\n");
    viewer.see_text("24 80");
}

/// Bytes of every value in no order, the same on every run.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn checksum(bytes: &[u8]) -> String {
    let mut child =
        Command::new("cksum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("cksum runs");
    child.stdin.take().expect("its input").write_all(bytes).expect("written");
    let output = child.wait_with_output().expect("its output");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn ten_megabytes_go_in_unchanged() {
    let bytes = noise(10 << 20);
    let running = shell("stty raw -echo; echo ready; head -c 10485760 | cksum");
    let mut viewer = running.attach();
    viewer.see_text("ready");
    viewer.stream(&bytes);
    viewer.see_text(&checksum(&bytes));
    assert_eq!(running.exit(), ExitStatus::Code(0));
}

#[test]
fn ten_megabytes_come_out_in_order() {
    let running = shell("seq 1 1200000");
    assert_eq!(running.exit(), ExitStatus::Code(0));
    let lines = running.all_lines();
    let last = lines.iter().rposition(|line| !line.is_empty()).expect("some lines");
    assert_eq!(lines[last], "1200000");
    assert!(lines.len() > 90_000, "{} lines kept", lines.len());
    for (before, after) in lines.iter().zip(&lines[1..=last]) {
        assert_eq!(before.parse::<u32>().expect("a number") + 1, after.parse::<u32>().expect("a number"));
    }
}

#[test]
fn an_interrupt_ends_a_flood() {
    let running = shell("trap 'echo caught' INT; yes 0123456789; echo over");
    let mut viewer = running.attach();
    viewer.see_text("0123456789");
    viewer.ctrl_c();
    viewer.see_text("over");
    assert_eq!(running.exit(), ExitStatus::Code(0));
}

/// Reads nothing until it is interrupted. It is the child that says "ready": its parent could be interrupted
/// before there is a child, and would wait for it all the same.
const UNTIL_INTERRUPTED: &str = "trap 'echo caught' INT; sh -c 'echo ready; exec sleep 1000'; echo over";

#[test]
fn an_interrupt_passes_a_paste_that_nobody_reads() {
    let running = shell(UNTIL_INTERRUPTED);
    let mut viewer = running.attach();
    viewer.see_text("ready");
    // Whole lines, so that the line discipline keeps them: until nothing more is taken.
    let line = [&[b'x'; 999][..], b"\n"].concat();
    let mut sent = 0;
    let refused = loop {
        match viewer.input(&line) {
            Ok(()) => sent += line.len() as u64,
            Err(refused) => break refused,
        }
        assert!(sent < 1 << 20, "the window ends it");
    };
    assert_eq!(refused.kind, FailureKind::BadArgument);
    let (done, send) = oneshot::channel();
    running.session.send(vec![SendItem::Bytes(b"never read".to_vec())], done);
    viewer.ctrl_c();
    let to = wait_for(&viewer.inbox, |message| match message {
        ToClient::InputDropped(dropped) => Some(dropped.to),
        _ => None,
    });
    assert_eq!(to, sent, "all that was accepted is accounted for");
    assert_eq!(send.blocking_recv().expect("an answer").expect_err("dropped").kind, FailureKind::Interrupted);
    viewer.see_text("over");
    assert_eq!(running.exit(), ExitStatus::Code(0));
}

#[test]
fn an_interrupt_passes_what_the_kernel_holds() {
    // Less than a window, all of it taken by the kernel, none of it read.
    let running = shell(UNTIL_INTERRUPTED);
    let mut viewer = running.attach();
    viewer.see_text("ready");
    viewer.typed(&"a line that nobody reads\n".repeat(400));
    viewer.ctrl_c();
    viewer.see_text("over");
}

#[test]
fn a_program_is_answered_in_order_and_once() {
    let running =
        shell("stty raw -echo; printf '\\033[3;5H\\033[6n\\033[5n'; head -c 10 | od -An -c; stty sane");
    assert_eq!(running.exit(), ExitStatus::Code(0));
    let text: String = running.all_lines().join(" ").split_whitespace().collect();
    assert!(text.contains("033[3;5R033[0n"), "{text}");
}

#[test]
fn many_replies_reach_a_program_that_reads_late() {
    // 3,000 answers of 4 bytes: more than the PTY takes at once.
    let script = "stty raw -echo; i=0; while [ $i -lt 3000 ]; do printf '\\033[5n'; i=$((i+1)); done; \
                  sleep 1; head -c 12000 | cksum; stty sane";
    let running = shell(script);
    assert_eq!(running.exit(), ExitStatus::Code(0));
    let text = running.all_lines().join("\n");
    assert!(text.contains(&checksum("\x1b[0n".repeat(3000).as_bytes())), "{text}");
}

#[test]
fn a_paste_is_bracketed_where_the_program_asked() {
    let running = shell("stty raw -echo; printf '\\033[?2004hready'; head -c 17 | od -An -c; stty sane");
    let mut viewer = running.attach();
    viewer.see_text("ready");
    viewer.paste(b"one ", true, false).expect("taken");
    viewer.paste(b"\x1b", false, false).expect("taken");
    viewer.paste(b"2", false, true).expect("taken");
    assert_eq!(running.exit(), ExitStatus::Code(0));
    let text: String = running.all_lines().join(" ").split_whitespace().collect();
    assert!(text.contains("033[200~one2033[201~"), "{text}");
}

#[test]
fn keys_are_sent_by_name() {
    let running = start(spec(&["cat"]));
    let (done, sent) = oneshot::channel();
    let items = vec![SendItem::Bytes(b"typed".to_vec()), SendItem::Key("Enter".to_owned())];
    running.session.send(items, done);
    assert_eq!(sent.blocking_recv().expect("an answer"), Ok(()));
    let (done, waited) = oneshot::channel();
    running.session.wait(WaitFor::Text("typed".to_owned()), done);
    assert_eq!(waited.blocking_recv(), Ok(WaitOutcome::Text("typed".to_owned())));
    let (done, sent) = oneshot::channel();
    running.session.send(vec![SendItem::Key("C-NoSuchKey".to_owned())], done);
    assert_eq!(
        sent.blocking_recv().expect("an answer").expect_err("no such key").kind,
        FailureKind::BadArgument
    );
    let (done, sent) = oneshot::channel();
    running.session.send(vec![SendItem::Key("C-d".to_owned())], done);
    assert_eq!(sent.blocking_recv().expect("an answer"), Ok(()));
    assert_eq!(running.exit(), ExitStatus::Code(0));
}

#[test]
fn who_may_only_look_cannot_type_and_windows_are_kept() {
    let running = start(spec(&["cat"]));
    let mut looker = running.try_attach(|joining| joining.read_only = true).expect("attached");
    assert_eq!(looker.input(b"x").expect_err("refused").kind, FailureKind::Refused);
    looker.key('x', 0);
    let mut viewer = running.attach();
    viewer.typed("y");
    let wrong = scarab_protocol::message::input::Input { offset: 77, bytes: b"z".to_vec() };
    let failed = running.session.input(viewer.id, wrong).expect_err("out of order");
    assert_eq!(failed.kind, FailureKind::BadArgument);
    viewer.typed("z\n");
    viewer.see("only what the second one typed", |frame| screen(frame)[1] == "yz");
}
