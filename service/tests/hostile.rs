//! Bad input of every kind, each with its answer; and after each the service serves others as before, in the same
//! memory.

mod common;

use common::{Client, Ended, PATIENCE, TestService, attachment, creation, resident, size};
use scarab_protocol::frame::{self, MAX_JOINED, MAX_MESSAGE};
use scarab_protocol::hello::HELLO_LEN;
use scarab_protocol::message::answer::{Done, Failed, FailureKind};
use scarab_protocol::message::input::{INPUT_WINDOW, Input, Resize};
use scarab_protocol::message::request::{Attach, Ping, ResizeSession};
use scarab_protocol::message::{ToClient, ToService};
use scarab_protocol::{Hello, Refusal};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Instant;

/// A generator that needs no crate and is the same everywhere (xorshift64).
struct Noise(u64);

impl Noise {
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            bytes.extend_from_slice(&self.0.to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}

/// What the service says of the last thing it was told, and then ends.
fn complaint(client: &mut Client) -> String {
    let mut said = None;
    while let Ok((id, message)) = client.next() {
        if let (0, ToClient::Failed(failed)) = (id, message) {
            said = Some(failed.message);
        }
    }
    said.expect("a complaint before the end")
}

#[test]
fn a_wrong_magic_is_refused_at_once_and_random_bytes_too() {
    let service = TestService::start();
    let mut noise = Noise(7);
    let inputs = [b"GET / HTTP/1.1\r\n\r\n".to_vec(), b"x".to_vec(), noise.bytes(100_000)];
    for input in inputs {
        let mut client = Client::silent(&service.socket);
        // The service may be gone before all of it is written: that is an answer, too.
        let _ = client.stream.write_all(&input);
        assert_eq!(Refusal::from_number(client.hello().refusal), Some(Refusal::NotAHello));
        let mut rest = Vec::new();
        let _ = client.stream.read_to_end(&mut rest); // a reset, where it had not read all
        assert_eq!(rest, []);
    }
    let upside_down = Hello { versions: (2, 1), ..Hello::client() };
    let mut client = Client::silent(&service.socket);
    client.stream.write_all(&upside_down.encode()).expect("written");
    assert_eq!(Refusal::from_number(client.hello().refusal), Some(Refusal::NotAHello));
    service.connect().ping(1);
}

#[test]
fn a_future_version_is_refused_and_both_ranges_are_named() {
    let service = TestService::start();
    let mut client = Client::silent(&service.socket);
    let future = Hello { versions: (77, 99), ..Hello::client() };
    client.stream.write_all(&future.encode()).expect("written");
    let answer = client.hello();
    assert_eq!(Refusal::from_number(answer.refusal), Some(Refusal::Version));
    assert_eq!((answer.versions, answer.chosen_version), (Hello::client().versions, 0));
    let mut client = Client::silent(&service.socket);
    let small = Hello { max_message: 8191, ..Hello::client() };
    client.stream.write_all(&small.encode()).expect("written");
    assert_eq!(Refusal::from_number(client.hello().refusal), Some(Refusal::SmallMessages));
    let mut client = Client::silent(&service.socket);
    let layout = Hello { layouts: (50, 60), ..Hello::client() };
    client.stream.write_all(&layout.encode()).expect("written");
    assert_eq!(Refusal::from_number(client.hello().refusal), Some(Refusal::Layout));
}

#[test]
fn who_says_nothing_or_half_a_hello_is_let_go() {
    let service = TestService::start();
    let mut half = Client::silent(&service.socket);
    half.stream.write_all(&Hello::client().encode()[..HELLO_LEN / 2]).expect("written");
    let silent = Client::silent(&service.socket);
    let start = Instant::now();
    for mut client in [half, silent] {
        let mut rest = Vec::new();
        client.stream.read_to_end(&mut rest).expect("the end");
        assert_eq!(rest, []);
    }
    assert!(start.elapsed() < PATIENCE / 2);
}

#[test]
fn random_bytes_after_the_hello_end_that_connection_alone() {
    let service = TestService::start();
    let mut other = service.connect();
    other.create("kept", &["/bin/cat"]);
    let before = resident();
    for seed in 1..200 {
        let mut client = service.connect();
        let noise = Noise(seed).bytes(1 + (seed as usize * 97) % 20_000);
        let _ = client.stream.write_all(&noise); // it may end in the middle
        let _ = client.stream.shutdown(std::net::Shutdown::Write);
        let mut rest = Vec::new();
        let _ = client.stream.read_to_end(&mut rest);
    }
    other.ping(1);
    assert_eq!(other.list().len(), 1);
    let grown = resident().saturating_sub(before);
    assert!(grown < 4 << 10, "{grown} KiB more");
}

#[test]
fn random_archives_of_every_kind_are_answered_as_damaged_or_handled() {
    let service = TestService::start();
    let mut client = service.connect();
    for (kind, name) in ToService::KINDS {
        if matches!(*name, "Disconnect" | "Create" | "SetConfig") {
            continue; // by chance or by being empty these could be sound
        }
        for seed in 1..20 {
            let mut bytes = Vec::new();
            frame::encode(*kind, 1000 + seed, &Noise(u64::from(seed)).bytes(seed as usize * 3), &mut bytes);
            client.stream.write_all(&bytes).expect("written");
            if *kind < 16 {
                continue; // no answer where it was, by chance, sound
            }
            client.answer(1000 + seed);
        }
    }
    client.ping(3);
}

#[test]
fn an_unknown_kind_is_skipped_by_its_length_and_answered() {
    let service = TestService::start();
    let mut client = service.connect();
    let mut bytes = Vec::new();
    frame::encode(4711, 9, &[0; 20_000], &mut bytes);
    frame::encode(4712, 0, b"nobody asks", &mut bytes);
    client.stream.write_all(&bytes).expect("written");
    match client.answer(9) {
        ToClient::Failed(Failed { kind, .. }) => assert_eq!(kind, FailureKind::UnknownRequest),
        other => panic!("{other:?}"),
    }
    client.ping(1);
}

#[test]
fn truncated_and_oversized_messages_are_told_and_end_the_connection() {
    let service = TestService::start();
    // Truncated: the end comes in the middle.
    let mut client = service.connect();
    let mut bytes = Vec::new();
    client.encode(Ping { timestamp: 1 }, &mut bytes);
    client.stream.write_all(&bytes[..bytes.len() - 1]).expect("written");
    client.stream.shutdown(std::net::Shutdown::Write).expect("shut");
    assert_eq!(client.next(), Err(Ended));

    for length in [MAX_MESSAGE as u32 + 1, u32::MAX, 7, 0] {
        let mut client = service.connect();
        client.stream.write_all(&length.to_be_bytes()).expect("written");
        let _ = client.stream.write_all(&[0; 100]); // it may have ended already
        assert!(complaint(&mut client).contains(&format!("a message of {length} bytes")));
    }

    // Parts of another message in between.
    let mut client = service.connect();
    let mut bytes = Vec::new();
    frame::encode(9, 1, &vec![0; MAX_MESSAGE], &mut bytes);
    bytes.truncate(4 + MAX_MESSAGE);
    frame::encode(16, 1, &[], &mut bytes);
    client.stream.write_all(&bytes).expect("written");
    assert!(complaint(&mut client).contains("between the parts"));

    // Parts without end.
    let before = resident();
    let mut client = service.connect();
    let mut bytes = Vec::new();
    frame::encode(18, 1, &vec![0; MAX_JOINED + 2 * MAX_MESSAGE], &mut bytes);
    let _ = client.stream.write_all(&bytes); // it ends before all is written
    assert!(complaint(&mut client).contains("grew beyond"));
    drop((client, bytes));
    service.connect().ping(1);
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 << 10, "{grown} KiB more");
}

#[test]
fn one_connection_too_many_is_told_so_and_nobody_else_notices() {
    let service = TestService::with_config("limits.connections = 5\n");
    let mut clients: Vec<Client> = (0..5).map(|_| service.connect()).collect();
    for _ in 0..20 {
        let mut late = Client::silent(&service.socket);
        late.stream.write_all(&Hello::client().encode()).expect("written");
        assert_eq!(Refusal::from_number(late.hello().refusal), Some(Refusal::TooManyConnections));
    }
    for (n, client) in clients.iter_mut().enumerate() {
        client.ping(n as u64);
    }
    // A place given up can be taken.
    drop(clients.pop());
    let start = Instant::now();
    loop {
        let mut next = Client::silent(&service.socket);
        next.stream.write_all(&Hello::client().encode()).expect("written");
        if next.hello().refusal == 0 {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "the place is never free");
    }
}

#[test]
fn a_thousand_connections_cost_little_and_one_more_is_refused() {
    let _ = rustix::process::setrlimit(
        rustix::process::Resource::Nofile,
        rustix::process::Rlimit { current: Some(4096), maximum: Some(4096) },
    );
    let service = TestService::start();
    let before = resident();
    let mut clients: Vec<Client> = (0..1000).map(|_| service.connect()).collect();
    for (n, client) in clients.iter_mut().enumerate() {
        client.ping(n as u64);
    }
    let each = resident().saturating_sub(before) / 1000;
    assert!(each < 64, "{each} KiB each, the clients' own memory with it");
    let mut late = Client::silent(&service.socket);
    late.stream.write_all(&Hello::client().encode()).expect("written");
    assert_eq!(Refusal::from_number(late.hello().refusal), Some(Refusal::TooManyConnections));
    clients[500].ping(7);
}

/// Run by [`another_users_connection_is_refused`] as another user; says the refusal's number.
#[test]
#[ignore = "the other user's part of another test"]
fn as_another_user() {
    let path = std::env::var_os("SCARAB_TEST_PEER").expect("a socket");
    let mut client = Client::silent(path.as_ref());
    let _ = client.stream.write_all(&Hello::client().encode());
    println!("refusal={}", client.hello().refusal);
}

#[test]
fn another_users_connection_is_refused() {
    if !rustix::process::geteuid().is_root() {
        let said = "another user's connection: this needs root to become another user";
        assert!(std::env::var_os("SCARAB_REQUIRE_ALL").is_none(), "{said}");
        eprintln!("DID NOT RUN: {said}");
        return;
    }
    let service = TestService::start();
    // What the file system forbids is opened here, so that the credentials' check alone stands in the way.
    let open = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("mode set");
    };
    open(service.directory.path(), 0o755);
    open(&service.socket, 0o666);
    let program = service.directory.path().join("peer");
    std::fs::copy(std::env::current_exe().expect("this program"), &program).expect("copied");
    open(&program, 0o755);
    let output = Command::new(&program)
        .args(["--exact", "--ignored", "--nocapture", "as_another_user"])
        .env("SCARAB_TEST_PEER", &service.socket)
        .current_dir("/")
        .uid(65534)
        .gid(65534)
        .output()
        .expect("run");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains(&format!("refusal={}", Refusal::NotOwner.number())), "{said}\n{output:?}");
    service.connect().ping(1);
}

#[test]
fn sizes_beyond_all_measure_are_clamped() {
    let service = TestService::start();
    let mut client = service.connect();
    let mut request = creation("s", &["/bin/sh"]);
    request.size = size(0, 0);
    assert!(matches!(client.ask(request), ToClient::Created(_)));
    client.attach("s");
    let sane = |client: &mut Client| {
        let size = client.list()[0].size;
        assert!((1..=2000).contains(&size.cols) && (1..=1000).contains(&size.rows), "{size:?}");
        size
    };
    for (cols, rows) in [(0, 0), (65535, 65535), (1, 1), (0, 65535)] {
        client.tell(Resize { size: size(cols, rows) });
        assert_eq!(client.ask(ResizeSession { session: "s".into(), size: size(cols, rows) }), Done {}.into());
        sane(&mut client);
    }
    client.tell(Resize { size: size(65535, 65535) });
    // Typing makes it this viewer's size again.
    client.type_bytes(b"until [ \"$(stty size)\" = '1000 2000' ]; do :; done; echo reached-$((6 * 7))\n");
    client.wait_text("s", "reached-42");
    assert_eq!(sane(&mut client), size(2000, 1000));
}

#[test]
fn input_that_nobody_may_send_is_told_and_a_broken_count_ends_the_connection() {
    let service = TestService::start();
    let mut client = service.connect();
    client.type_bytes(b"x");
    client.event(|event| matches!(event, ToClient::Failed(failed) if failed.kind == FailureKind::Refused));
    client.create("c", &["/bin/cat"]);
    client.attach_as(Attach { read_only: true, ..attachment("c") });
    client.type_bytes(b"no");
    client.event(|event| matches!(event, ToClient::Failed(failed) if failed.kind == FailureKind::Refused));
    client.attach("c");
    client.tell(Input { offset: 5, bytes: vec![b'x'] });
    assert!(!complaint(&mut client).is_empty());

    let mut client = service.connect();
    client.create("sleeper", &["/bin/sh", "-c", "stty raw -echo; echo ready; sleep 1000"]);
    client.attach("sleeper");
    client.wait_text("sleeper", "ready");
    let mut sent = 0;
    let piece = vec![b'x'; 4096];
    // The PTY takes some kilobytes; what stands beyond the window breaks it.
    while sent < 4 * INPUT_WINDOW {
        let mut bytes = Vec::new();
        ToService::from(Input { offset: sent, bytes: piece.clone() }).encode(0, &mut bytes);
        sent += piece.len() as u64;
        if client.stream.write_all(&bytes).is_err() {
            break;
        }
    }
    assert!(complaint(&mut client).contains("window"));
    let mut client = service.connect();
    assert_eq!(client.list().len(), 2, "the sessions go on");
}

/// What is pipelined behind a request is done after it, whichever thread of the service reads it.
#[test]
fn input_behind_a_detach_does_not_reach_the_session() {
    use scarab_protocol::message::request::Detach;
    let service = TestService::start();
    let mut client = service.connect();
    client.create("c", &["/bin/cat"]);
    for round in 0..50 {
        client.attach("c");
        let mut bytes = Vec::new();
        ToService::from(Input { offset: 0, bytes: b"in ".to_vec() }).encode(0, &mut bytes);
        ToService::from(Detach { session: String::new() }).encode(9000 + round, &mut bytes);
        ToService::from(Input { offset: 3, bytes: b"OUT ".to_vec() }).encode(0, &mut bytes);
        client.stream.write_all(&bytes).expect("sent");
        client
            .event(|event| matches!(event, ToClient::Failed(failed) if failed.kind == FailureKind::Refused));
    }
    client.attach("c");
    client.type_bytes(b"end");
    client.wait_text("c", "end");
    let text = client.text("c").concat();
    assert_eq!((text.matches("in").count(), text.contains("OUT")), (50, false), "{text}");
}
