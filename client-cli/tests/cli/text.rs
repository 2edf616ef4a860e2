//! What goes into sessions and what comes out: send, capture, tail, events.

use crate::harness::{Place, said};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// Reads so many raw bytes after saying that it is ready, and leaves their checksum in a file.
fn raw_reader(place: &Place, name: &str, bytes: usize) {
    let script = format!("stty raw -echo; echo ready; head -c {bytes} | sha256sum > sum-{name}");
    place.ok(["new", "-d", name, "--", "sh", "-c", &script]);
    place.ok(["wait", name, "--text", "ready", "--timeout", "20"]);
}

fn checksum(bytes: &[u8]) -> String {
    let mut child =
        Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sha256sum");
    child.stdin.take().expect("a pipe").write_all(bytes).expect("written");
    said(child.wait_with_output().expect("a sum")).out
}

#[test]
fn standard_input_arrives_byte_for_byte() {
    let place = Place::new();
    let all: Vec<u8> = (0..10_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    raw_reader(&place, "raw", all.len());
    let mut child = place.command(["send", "raw", "-"]).stdin(Stdio::piped()).spawn().expect("scarab runs");
    child.stdin.take().expect("a pipe").write_all(&all).expect("taken");
    assert!(child.wait().expect("it ends").success());
    assert_eq!(place.run(["wait", "raw", "--timeout", "60"]).status, 0);
    let sum = std::fs::read_to_string(place.file("sum-raw")).expect("a sum");
    assert_eq!(sum, checksum(&all));
}

#[test]
fn arguments_and_keys_are_typed_in_their_order() {
    let place = Place::new();
    raw_reader(&place, "keys", 8);
    place.ok(["send", "keys", "a", "b", "--key", "C-c", "Up", "--enter"]);
    assert_eq!(place.run(["wait", "keys", "--timeout", "20"]).status, 0);
    let sum = std::fs::read_to_string(place.file("sum-keys")).expect("a sum");
    assert_eq!(sum, checksum(b"a b\x03\x1b[A\r"));
    place.ok(["new", "-d", "cat", "--", "cat"]);
    place.fails(1, ["send", "cat", "--key", "NoSuchKey"]);
    place.fails(1, ["send", "nobody", "text"]);
    place.ok(["send", "cat", "--", "--dashes", "-"]);
    place.ok(["wait", "cat", "--text", "--dashes -", "--timeout", "20"]);
}

#[test]
fn input_to_a_session_that_goes_ends_with_a_message() {
    let place = Place::new();
    place.ok(["new", "-d", "x", "--", "cat"]);
    let child = place.command(["send", "x", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("scarab runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(b"first\n").expect("taken");
    place.ok(["wait", "x", "--text", "first", "--timeout", "20"]);
    place.ok(["kill", "x"]);
    place.run(["wait", "x", "--timeout", "20"]);
    // More than pipe and PTY hold: whoever does not notice the end would block here.
    let _ = pipe.write_all(&vec![b'x'; 1 << 20]);
    drop(pipe);
    let said = said(child.wait_with_output().expect("it ends"));
    assert!(said.status == 1 && said.err.lines().count() == 1, "{said:?}");
}

#[test]
fn captures_show_the_screen_the_history_and_what_is_looked_for() {
    let place = Place::new();
    let script = "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; echo Done; read line";
    place.ok(["new", "-d", "x", "--size", "80x10", "--", "sh", "-c", script]);
    place.ok(["wait", "x", "--text", "Done", "--timeout", "30"]);

    let screen = place.ok(["capture", "x"]);
    assert!(screen.ends_with("line 4999\nDone\n") && screen.lines().count() <= 10, "{screen}");
    let all = place.ok(["capture", "x", "--history"]);
    let expected: String = (0..5000).map(|i| format!("line {i}\n")).chain(["Done\n".to_owned()]).collect();
    assert_eq!(all, expected);

    assert_eq!(place.ok(["capture", "x", "--history", "--grep", "done"]), "Done\n");
    // Literally, unless it is said otherwise.
    assert_eq!(place.run(["capture", "x", "--history", "--grep", "^d.ne$"]).status, 1);
    let regex = |pattern: &str| place.run(["capture", "x", "--history", "--grep", pattern, "--regex"]);
    assert_eq!(
        regex("^d.ne$|e 4[0-9]99").out,
        "line 4099\nline 4199\nline 4299\nline 4399\nline 4499\nline 4599\nline 4699\nline 4799\nline 4899\nline 4999\nDone\n"
    );
    assert_eq!((regex("^D.NE$").status, regex("x*").out == all), (1, true));
    let wrong = regex("(line");
    assert!(wrong.status == 2 && wrong.err.contains("unclosed group (character 1)"), "{wrong:?}");
    assert!(regex(r"\w{999}").err.contains("too large"));
    assert_eq!(place.run(["capture", "x", "--regex"]).status, 2);
}

#[test]
fn a_wrapped_line_is_looked_through_as_one() {
    let place = Place::new();
    let script = "printf '%070d needle in a long line\\n' 0; seq 20; echo ready; read line";
    place.ok(["new", "-d", "x", "--size", "80x10", "--", "sh", "-c", script]);
    place.ok(["wait", "x", "--text", "ready", "--timeout", "20"]);
    let found = place.ok(["capture", "x", "--history", "--grep", "0 needle in a long line$", "--regex"]);
    assert!(found.ends_with("00 needle in a long line\n") && found.lines().count() == 1, "{found}");
}

#[test]
fn captures_by_number_and_as_json() {
    let place = Place::new();
    let script = "i=0; while [ $i -lt 50 ]; do echo line $i; i=$((i+1)); done; printf '\\033[31mred\\033[m\\n'; read line";
    place.ok(["new", "-d", "x", "--size", "80x10", "--", "sh", "-c", script]);
    place.ok(["wait", "x", "--text", "red", "--timeout", "20"]);
    let text = place.ok(["capture", "x", "--history", "--json"]);
    let lines: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(lines[7]["text"], "line 7");
    assert_eq!((&lines[0]["on_screen"], &lines[50]["on_screen"]), (&false.into(), &true.into()));
    let number = lines[7]["number"].as_u64().expect("a number");
    assert_eq!(
        place.ok(["capture", "x", "--lines", &format!("{number}..{}", number + 1)]),
        "line 7\nline 8\n"
    );
    assert_eq!(place.ok(["capture", "x", "--lines", "-2.."]), "line 49\nred\n");
    assert_eq!(place.ok(["capture", "x", "--lines", "-3..-2"]), "line 48\nline 49\n");
    let ansi = place.ok(["capture", "x", "--ansi", "--grep", "red"]);
    assert!(ansi.contains("\x1b[") && ansi.contains("red"), "{ansi:?}");
    assert_eq!(place.ok(["capture", "x", "--json", "--lines", "999999.."]).trim_end(), "[]");
    assert_eq!(place.run(["capture", "x", "--grep", "nowhere"]).status, 1);
}

#[test]
fn tail_prints_every_line_once_and_ends_with_the_session() {
    let place = Place::new();
    let script = "read start; i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; printf last";
    place.ok(["new", "-d", "x", "--", "sh", "-c", script]);
    let tail = place.command(["tail", "x"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let tail = tail.expect("scarab runs");
    while place.list()[0]["viewers"] == serde_json::json!([]) {
        std::thread::yield_now();
    }
    place.ok(["send", "x", "--enter"]);
    let said = said(tail.wait_with_output().expect("it ends"));
    assert!(said.status == 0 && said.err.is_empty(), "{} {}", said.status, said.err);
    let expected: String = (0..3000).map(|i| format!("line {i}\n")).chain(["last\n".to_owned()]).collect();
    assert_eq!(said.out.trim_start_matches('\n'), expected);
}

#[test]
fn events_are_told_one_object_a_line_until_nobody_reads() {
    let place = Place::new();
    place.ok(["ls"]);
    let events = place.command(["events", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut events = events.expect("scarab runs");
    let mut lines = BufReader::new(events.stdout.take().expect("a pipe")).lines();
    let (tell, told) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.by_ref().map_while(Result::ok) {
            let event: Value = serde_json::from_str(&line).expect("JSON");
            let last = event["event"] == "removed" || event["event"] == "exited";
            tell.send(event).expect("heard");
            if last {
                break;
            }
        }
        // Dropping the lines closes the pipe.
    });
    // The first session that is told shows that the subscription stands.
    let mut number = 0;
    let first = loop {
        place.ok(["new", "-d", &format!("e{number}"), "--", "sh", "-c", "read line"]);
        if let Ok(event) = told.try_recv() {
            break event;
        }
        number += 1;
    };
    assert_eq!(first["event"], "created");
    assert!(first["session"].is_u64() && first["time"].is_u64(), "{first}");
    assert_eq!(first["info"]["name"], first["name"]);
    place.ok(["send", first["name"].as_str().expect("a name"), "--enter"]);
    reader.join().expect("read to the end");
    let kinds: Vec<String> =
        told.iter().map(|event| event["event"].as_str().unwrap_or_default().to_owned()).collect();
    assert!(kinds.iter().any(|kind| kind == "exited" || kind == "removed"), "{kinds:?}");
    // Nothing more happens, and still it notices that its reader has gone.
    let said = said(events.wait_with_output().expect("it ends"));
    assert!(said.status == 0 && said.err.is_empty(), "{said:?}");
}
