//! Hostile programs and viewers, and many of both: what they cost is bounded, told, and given back at the end.
//! Apart from `hostile`, which is about what comes over the socket.

mod common;

use common::{Client, PATIENCE, TestService, attachment, resident};
use scarab_protocol::message::answer::{Done, FailureKind};
use scarab_protocol::message::event::DetachReason;
use scarab_protocol::message::request::{Kill, Send, Subscribe};
use scarab_protocol::message::{SendItem, ToClient};
use std::time::{Duration, Instant};

#[test]
fn a_viewer_that_reads_nothing_under_a_storm_of_events_costs_bounded_memory() {
    let service = TestService::start();
    let mut client = service.connect();
    let storm = r#"stty raw -echo; i=0; while [ $i -lt 20000 ]; do
        printf '\033]9;note %d\007\033]0;title %d\007\007\033]7;file:///tmp/%d\007' $i $i $i; i=$((i+1)); done
        printf 'over'; exec cat"#;
    let before = resident();
    let mut stuck = service.connect();
    client.create("storm", &["/bin/sh", "-c", storm]);
    stuck.attach("storm");
    client.wait_text("storm", "over");
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 << 10, "{grown} KiB more");
    // When it reads again it finds the newest state, and is told what it missed where it missed something.
    stuck.ping(5);
    client.ping(6);
    let start = Instant::now();
    while client.list()[0].title != "title 19999" {
        assert!(start.elapsed() < PATIENCE, "the last title never came: {:?}", client.list());
        std::thread::sleep(Duration::from_millis(10)); // asking is limited
    }
}

#[test]
fn a_viewer_that_reads_nothing_for_long_is_detached_and_told_why() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = directory.path().join("scarab.toml");
    let service = TestService::launch(directory, config, Duration::from_millis(100));
    let mut client = service.connect();
    // Clipboards are the largest events: one of 500 KiB exceeds the socket's buffer.
    let storm = r#"read go; for i in 1 2 3 4; do
        printf '\033]52;c;'; head -c 500000 /dev/zero | base64 -w0; printf '\007'; done; echo over; exec cat"#;
    client.create("storm", &["/bin/sh", "-c", storm]);
    let mut stuck = service.connect();
    stuck.attach("storm");
    stuck.type_bytes(b"go\n");
    client.wait_text("storm", "over");
    let start = Instant::now();
    while !client.list()[0].viewers.is_empty() {
        assert!(start.elapsed() < PATIENCE, "it is never detached");
        std::thread::sleep(Duration::from_millis(10)); // asking is limited
    }
    stuck.event(
        |event| matches!(event, ToClient::Detached(detached) if detached.reason == DetachReason::TooSlow),
    );
    stuck.attach("storm"); // it may come back
}

/// Bytes of one hostile string: quick by default; `SCARAB_TEST_FULL_SIZE` asks for the gigabyte of the real thing.
fn hostile_length() -> u64 {
    if std::env::var_os("SCARAB_TEST_FULL_SIZE").is_some() { 1 << 30 } else { 32 << 20 }
}

#[test]
fn endless_control_strings_cost_bounded_memory_and_end_when_they_end() {
    let service = TestService::start();
    let mut client = service.connect();
    let length = hostile_length();
    for (name, introducer) in
        [("osc", "]2;"), ("clip", "]52;c;"), ("dcs", "P+q"), ("apc", "_G"), ("csi", "[")]
    {
        let fill = if name == "csi" { "1;" } else { "A" };
        // A string longer than any bound, then its end, then plain text.
        let script = format!(
            "read go; printf '\\033{introducer}'; yes '{fill}' | tr -d '\\n' | head -c {length}; \
             printf '\\033\\\\'; echo over-$((6 * 7)); exec cat"
        );
        client.create(name, &["/bin/sh", "-c", &script]);
        let before = resident();
        client.ask(Send { session: name.into(), items: vec![SendItem::Bytes(b"\n".to_vec())] });
        client.wait_text(name, "over-42");
        let grown = resident().saturating_sub(before);
        println!("{name}: {length} bytes in one string: {before} KiB before, {grown} KiB more after");
        assert!(grown < 12 << 10, "{name}: {grown} KiB more");
        assert_eq!(client.ask(Kill { session: name.into(), signal: 0 }), Done {}.into());
    }
    client.ping(1);
}

#[test]
fn millions_of_combining_characters_on_one_cell_cost_bounded_memory() {
    let count = hostile_length() / 16;
    let service = TestService::start();
    let mut client = service.connect();
    let script = format!(
        "read go; printf 'e'; yes \"$(printf '\\314\\201')\" | tr -d '\\n' | head -c {}; \
         printf '\\r\\nover-%d\\n' 42; exec cat",
        2 * count
    );
    client.create("marks", &["/bin/sh", "-c", &script]);
    let before = resident();
    client.ask(Send { session: "marks".into(), items: vec![SendItem::Bytes(b"\n".to_vec())] });
    client.wait_text("marks", "over-42");
    let grown = resident().saturating_sub(before);
    println!("{count} combining characters on one cell: {before} KiB before, {grown} KiB more after");
    assert!(grown < 8 << 10, "{grown} KiB more");
    let text = client.text("marks");
    let cell = text.iter().find(|line| line.starts_with("e\u{301}")).expect("the cell has what fits");
    assert!(cell.len() <= 256, "{} bytes", cell.len());
}

/// Descriptors, threads and mappings of this process.
fn holdings() -> [usize; 3] {
    let entries = |of: &str| std::fs::read_dir(format!("/proc/self/{of}")).expect("listed").count();
    let maps = std::fs::read_to_string("/proc/self/maps").expect("read");
    [entries("fd"), entries("task"), maps.lines().filter(|line| line.contains("/memfd:")).count()]
}

#[test]
fn what_many_sessions_took_is_given_back_when_they_end() {
    const SESSIONS: usize = 300;
    let _ = rustix::process::setrlimit(
        rustix::process::Resource::Nofile,
        rustix::process::Rlimit { current: Some(8192), maximum: Some(8192) },
    );
    let service = TestService::start();
    let mut client = service.connect();
    let round = |client: &mut Client| {
        for n in 0..SESSIONS {
            // By kill, by their own end, with and without a viewer's eyes on it.
            let ends = if n % 3 == 0 { "exit 1" } else { "exec cat" };
            client.create("", &["/bin/sh", "-c", &format!("echo session {n}; {ends}")]);
        }
        let mut viewer = service.connect();
        for info in client.list().iter().step_by(7) {
            viewer.attach(&info.id.to_string());
        }
        assert_eq!(client.ask(Kill { session: "*".into(), signal: 0 }), Done {}.into());
        drop(viewer);
        let start = Instant::now();
        while !client.list().is_empty() {
            assert!(start.elapsed() < PATIENCE, "they are still listed");
        }
    };
    let before = holdings();
    round(&mut client);
    let memory = resident(); // with what the process takes once and keeps
    round(&mut client);
    // A session's thread ends after its removal is told.
    let start = Instant::now();
    let mut after = holdings();
    while after.iter().zip(before).any(|(after, before)| *after > before) {
        assert!(
            start.elapsed() < PATIENCE,
            "descriptors, threads, memories: {before:?} before, {after:?} after"
        );
        std::thread::sleep(Duration::from_millis(10));
        after = holdings();
    }
    let grown = resident().saturating_sub(memory);
    println!("descriptors, threads, memories: {before:?} before, {after:?} after; {grown} KiB more");
    assert!(grown < 8 << 10, "{grown} KiB more");
    let zombies = std::fs::read_dir("/proc").expect("listed").flatten().filter(|entry| {
        let status = std::fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        status.contains(&format!("PPid:\t{}\n", std::process::id())) && status.contains("State:\tZ")
    });
    assert_eq!(zombies.count(), 0, "zombies");
}

#[test]
fn one_viewer_too_many_is_told_so_and_nobody_else_notices() {
    let service = TestService::start();
    let mut maker = service.connect();
    maker.create("full", &["/bin/cat"]);
    let mut viewers: Vec<Client> = (0..16).map(|_| service.connect()).collect();
    viewers.iter_mut().for_each(|viewer| drop(viewer.attach("full")));
    let mut late = service.connect();
    for _ in 0..20 {
        assert_eq!(late.refused(attachment("full")), FailureKind::TooMany);
    }
    for (n, viewer) in viewers.iter_mut().enumerate() {
        viewer.ping(n as u64);
    }
    assert_eq!(maker.list()[0].viewers.len(), 16);
    viewers[15].type_bytes(b"still here\n");
    maker.wait_text("full", "still here");
    drop(viewers.pop());
    let start = Instant::now();
    while maker.list()[0].viewers.len() == 16 {
        assert!(start.elapsed() < PATIENCE, "the place is never free");
    }
    late.attach("full");
}

#[test]
fn each_viewer_is_told_of_the_end_once() {
    let service = TestService::start();
    let mut maker = service.connect();
    for n in 0..30 {
        let name = format!("s{n}");
        maker.create(&name, &["/bin/sh", "-c", "read go; exit 4"]);
        // One attached alone, one attached and subscribed, and one that comes at about the end.
        let (mut plain, mut both, mut late) = (service.connect(), service.connect(), service.connect());
        both.ask(Subscribe { session: "*".into() });
        plain.attach(&name);
        both.attach(&name);
        late.ask(Subscribe { session: "*".into() });
        let attaching = late.send(attachment(&name));
        plain.type_bytes(b"\n");
        let told = |client: &mut Client| {
            let mut count = 0;
            client.event(|event| {
                count += usize::from(matches!(event, ToClient::SessionExited(_)));
                matches!(event, ToClient::Detached(_) | ToClient::SessionRemoved(_))
            });
            client.ping(1);
            count +=
                client.drain().iter().filter(|event| matches!(event, ToClient::SessionExited(_))).count();
            count
        };
        assert_eq!((told(&mut plain), told(&mut both)), (1, 1), "round {n}");
        late.answer(attaching);
        assert_eq!(told(&mut late), 1, "round {n}");
    }
}
