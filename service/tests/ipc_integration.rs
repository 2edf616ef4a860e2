//! The scenarios of a working control connection, each asserting its effect — what the program in the session saw,
//! what came back — and not merely that something was written.

mod common;

use common::{Client, Ended, TestService, attachment, creation, raw_reader, size};
use scarab_protocol::SessionId;
use scarab_protocol::message::ToClient;
use scarab_protocol::message::answer::{Done, FailureKind, Pong, Waited};
use scarab_protocol::message::input::{Disconnect, Input, Key, Resize};
use scarab_protocol::message::request::{Attach, Kill, Ping, Rename, Subscribe, Wait};
use scarab_protocol::message::{ExitStatus, KeyAction, ToService, WaitFor, WaitOutcome, mods};
use std::time::Instant;

/// Repeats lines; the terminal itself does not, so that each is shown once and in order.
const CAT: &[&str] = &["/bin/sh", "-c", "stty -echo; echo ready; exec cat"];
const SHELL: &[&str] = &["/bin/sh"];

/// Makes a session that repeats lines, ready to.
fn quiet(client: &mut Client, name: &str) -> SessionId {
    let id = client.create(name, CAT).id;
    client.wait_text(name, "ready");
    id
}

/// Asks the shell in the session for its terminal's size.
fn stty_size(client: &mut Client, session: &str, tag: u32, expected: &str) {
    // The expected text must not stand in what is typed.
    client.type_bytes(format!("echo size-{tag}: $(stty size)\n").as_bytes());
    client.wait_text(session, &format!("size-{tag}: {expected}"));
}

#[test]
fn one_client_makes_a_session_and_views_it() {
    let service = TestService::start();
    let mut client = service.connect();
    let created = client.create("", SHELL);
    assert_eq!(created.name, "1");
    let info = client.attach("1");
    assert_eq!((info.id, info.name.as_str(), info.exited), (created.id, "1", None));
    let listed = client.info(created.id).expect("listed");
    assert_eq!(listed.viewers.len(), 1);
    assert_eq!((listed.viewers[0].pid, listed.viewers[0].name.as_str()), (std::process::id(), "test"));
    client.type_bytes(b"echo $((6 * 7))-answer\n");
    client.wait_text("1", "42-answer");
}

#[test]
fn a_resize_reaches_the_program() {
    let service = TestService::start();
    let mut client = service.connect();
    let id = client.create("r", SHELL).id;
    client.attach("r");
    stty_size(&mut client, "r", 1, "24 80");
    client.tell(Resize { size: size(132, 43) });
    stty_size(&mut client, "r", 2, "43 132");
    assert_eq!(client.info(id).map(|info| info.size), Some(size(132, 43)));
}

#[test]
fn input_is_echoed_and_acknowledged_and_keys_are_encoded() {
    let service = TestService::start();
    let mut client = service.connect();
    quiet(&mut client, "i");
    client.attach("i");
    client.type_bytes(b"hello-echo\n");
    client.wait_text("i", "hello-echo");
    client.event(|event| matches!(event, ToClient::Acknowledged(ack) if ack.offset == 11));
    // Ctrl-D ends cat: the key was made a byte.
    let (key, mods) = (u32::from('d'), mods::CTRL);
    client.tell(Key { key, mods, action: KeyAction::Press, shifted: 0, base: 0, text: String::new() });
    client.event(|event| matches!(event, ToClient::SessionExited(_)));
    client.event(|event| matches!(event, ToClient::Detached(_)));
    assert_eq!(client.list(), [], "a viewer saw its end");
}

#[test]
fn many_messages_arrive_in_order() {
    let service = TestService::start();
    let mut client = service.connect();
    quiet(&mut client, "m");
    client.attach("m");
    let mut pings = Vec::new();
    for n in 0..200 {
        client.type_bytes(format!("line-{n:03}\n").as_bytes());
        pings.push((client.send(Ping { timestamp: n }), n));
    }
    for (id, timestamp) in pings {
        assert_eq!(client.answer(id), ToClient::Pong(Pong { timestamp }));
    }
    client.wait_text("m", "line-199");
    // Every line is shown twice, as typed and as cat repeats it; among those of one kind the order holds.
    let lines = client.text("m");
    let mut next = 0;
    for line in lines {
        if line.starts_with(&format!("line-{next:03}")) {
            next += 1;
        }
    }
    assert_eq!(next, 200);
}

fn clients_at_once(count: usize) {
    let service = TestService::start();
    let mut first = service.connect();
    let id = quiet(&mut first, "shared");
    let mut clients: Vec<Client> = (0..count).map(|_| service.connect()).collect();
    for client in &mut clients {
        // So many rows that nothing scrolls away before it is waited for.
        client.attach_as(Attach { size: size(80, 60), ..attachment("shared") });
    }
    std::thread::scope(|scope| {
        for (n, client) in clients.iter_mut().enumerate() {
            scope.spawn(move || {
                client.type_bytes(format!("from-{n:02}\n").as_bytes());
                client.ping(n as u64);
            });
        }
    });
    for n in 0..count {
        first.wait_text("shared", &format!("from-{n:02}"));
    }
    assert_eq!(first.info(id).map(|info| info.viewers.len()), Some(count));
}

#[test]
fn five_clients_at_once() {
    clients_at_once(5);
}

#[test]
fn sixteen_clients_at_once() {
    clients_at_once(16);
}

#[test]
fn the_seventeenth_viewer_is_told_so_and_nobody_else_notices() {
    let service = TestService::start();
    let mut first = service.connect();
    quiet(&mut first, "full");
    let mut clients: Vec<Client> = (0..16).map(|_| service.connect()).collect();
    for client in &mut clients {
        client.attach("full");
    }
    assert_eq!(first.refused(attachment("full")), FailureKind::TooMany);
    for (n, client) in clients.iter_mut().enumerate() {
        client.ping(n as u64);
    }
    // A place that is given up can be taken.
    clients.pop();
    let mut tries = 0;
    while let ToClient::Failed(failed) = first.ask(attachment("full")) {
        assert_eq!(failed.kind, FailureKind::TooMany);
        tries += 1;
        assert!(tries < 2000, "the place is never free");
    }
}

#[test]
fn a_graceful_disconnect_ends_the_connection_and_nothing_else() {
    let service = TestService::start();
    let mut watcher = service.connect();
    let id = quiet(&mut watcher, "stays");
    let mut client = service.connect();
    client.attach("stays");
    client.type_bytes(b"before\n");
    client.tell(Disconnect {});
    while let Ok(message) = client.next() {
        assert_eq!(message.0, 0, "only events may come before the end");
    }
    watcher.wait_text("stays", "before");
    let info = watcher.info(id).expect("still listed");
    assert_eq!((info.viewers.len(), info.exited), (0, None));
}

#[test]
fn a_round_trip_is_quick_and_carries_its_timestamp() {
    let service = TestService::start();
    let mut client = service.connect();
    let mut times: Vec<_> = (0..2000)
        .map(|n| {
            let start = Instant::now();
            client.ping(n * n);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let median = times[times.len() / 2];
    // Some 20 µs on an idle machine; the bound only tells a round trip from a timer's.
    assert!(median.as_millis() < 5, "{median:?}");
}

#[test]
fn a_message_of_four_kilobytes_arrives_byte_by_byte() {
    let service = TestService::start();
    let mut client = service.connect();
    let file = service.directory.path().join("taken");
    let mut request = creation("big", &[]);
    request.command = raw_reader(4096, &file);
    assert!(matches!(client.ask(request), ToClient::Created(_)));
    client.attach("big");
    client.wait_text("big", "ready");
    let bytes: Vec<u8> = (0..4096u32).map(|n| (n * 31 % 251) as u8).collect();
    client.type_bytes(&bytes);
    client.wait_text("big", "taken");
    assert!(std::fs::read(file).expect("the file") == bytes);
}

#[test]
fn of_twenty_rapid_resizes_the_last_one_holds() {
    let service = TestService::start();
    let mut client = service.connect();
    let id = client.create("rapid", SHELL).id;
    client.attach("rapid");
    for n in 0..20 {
        client.tell(Resize { size: size(80 + n, 24 + n) });
    }
    stty_size(&mut client, "rapid", 1, "43 99");
    assert_eq!(client.info(id).map(|info| info.size), Some(size(99, 43)));
}

#[test]
fn a_thousand_messages_arrive_none_lost_none_twice() {
    let service = TestService::start();
    let mut client = service.connect();
    let file = service.directory.path().join("taken");
    let mut request = creation("thousand", &[]);
    request.command = raw_reader(8000, &file);
    assert!(matches!(client.ask(request), ToClient::Created(_)));
    client.attach("thousand");
    client.wait_text("thousand", "ready");
    let expected: Vec<u8> = (0..1000).flat_map(|n| format!("{n:08}").into_bytes()).collect();
    let mut frames = Vec::new();
    for (n, piece) in expected.chunks(8).enumerate() {
        ToService::from(Input { offset: 8 * n as u64, bytes: piece.to_vec() }).encode(0, &mut frames);
    }
    std::io::Write::write_all(&mut client.stream, &frames).expect("written");
    client.wait_text("thousand", "taken");
    client.event(|event| matches!(event, ToClient::Acknowledged(ack) if ack.offset == 8000));
    assert!(std::fs::read(file).expect("the file") == expected);
}

#[test]
fn a_new_connection_finds_the_session_as_the_lost_one_left_it() {
    let service = TestService::start();
    let mut client = service.connect();
    let id = quiet(&mut client, "lasting");
    client.attach("lasting");
    client.type_bytes(b"kept\n");
    client.wait_text("lasting", "kept");
    let before = client.text("lasting");
    drop(client); // without a word

    let mut client = service.connect();
    let info = client.attach_as(Attach { session: id.to_string(), ..attachment("") });
    assert_eq!((info.id, info.name.as_str()), (id, "lasting"));
    assert_eq!(client.text(""), before);
    client.type_bytes(b"goes on\n");
    client.wait_text("", "goes on");
}

#[test]
fn going_down_is_told_and_the_sessions_end() {
    let mut service = TestService::start();
    let mut client = service.connect();
    quiet(&mut client, "x");
    client.attach("x");
    service.stop();
    client.event(|event| matches!(event, ToClient::GoingDown(down) if !down.sessions_survive));
    while client.next() != Err(Ended) {}
}

#[test]
fn what_happens_is_told_to_who_subscribed_and_to_viewers_once() {
    let service = TestService::start();
    let mut watcher = service.connect();
    assert_eq!(watcher.ask(Subscribe { session: "*".into() }), Done {}.into());
    let mut viewer = service.connect();
    let id = viewer.create("told", SHELL).id;
    viewer.attach("tol");
    watcher.event(|event| matches!(event, ToClient::SessionCreated(made) if made.session.id == id));

    let rename = Rename { session: id.to_string(), name: "retold".into() };
    assert_eq!(watcher.ask(rename), Done {}.into());
    let renamed =
        |event: &ToClient| matches!(event, ToClient::SessionRenamed(event) if event.name == "retold");
    watcher.event(renamed);
    viewer.event(renamed);

    // A viewer that also subscribed is told once of each thing.
    assert_eq!(viewer.ask(Subscribe { session: String::new() }), Done {}.into());
    viewer.type_bytes(b"printf '\\033]777;notify;first;x\\007'; printf '\\033]777;notify;second;x\\007'\n");
    for (who, client) in [("the viewer", &mut viewer), ("the watcher", &mut watcher)] {
        for title in ["first", "second"] {
            let next = client.event(|event| matches!(event, ToClient::Notification(_)));
            assert!(matches!(&next, ToClient::Notification(note) if note.title == title), "{who}: {next:?}");
        }
    }

    assert_eq!(watcher.ask(Kill { session: "retold".into(), signal: 0 }), Done {}.into());
    viewer.event(|event| matches!(event, ToClient::SessionExited(exited) if exited.name == "retold"));
    watcher.event(|event| matches!(event, ToClient::SessionExited(exited) if exited.session == id));
    watcher.event(|event| matches!(event, ToClient::SessionRemoved(removed) if removed.session == id));
    assert_eq!(watcher.list(), []);
}

#[test]
fn an_end_that_nobody_saw_stays_listed_until_somebody_has() {
    let service = TestService::start();
    let mut client = service.connect();
    let id = client.create("job", &["/bin/sh", "-c", "echo the result; exit 3"]).id;
    let wait = Wait { session: "job".into(), what: WaitFor::Exit, timeout_ms: 0 };
    let exited = WaitOutcome::Exited(ExitStatus::Code(3));
    assert_eq!(client.ask(wait.clone()), Waited { outcome: exited.clone() }.into());
    assert_eq!(client.info(id).and_then(|info| info.exited), Some(ExitStatus::Code(3)));
    assert!(client.text("job").contains(&"the result".to_owned()));
    assert_eq!(client.ask(wait), Waited { outcome: exited }.into(), "it can still be waited for");
    let mut viewer = service.connect();
    assert_eq!(viewer.attach("job").exited, Some(ExitStatus::Code(3)));
    drop(viewer);
    let mut tries = 0;
    while !client.list().is_empty() {
        tries += 1;
        assert!(tries < 1500, "it stays though it was seen");
    }
}
