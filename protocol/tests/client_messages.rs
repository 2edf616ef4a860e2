//! Requests, answers and events over an open connection, against a stand-in.

mod stand_in;

use proptest::prelude::*;
use rustix::fd::{AsFd, OwnedFd};
use scarab_protocol::client::{Client, ClientError, MAX_QUEUED_EVENTS};
use scarab_protocol::message::answer::{Attached, Done, FailureKind, Pong, Sessions};
use scarab_protocol::message::event::{Bell, GoingDown, Title};
use scarab_protocol::message::input::Disconnect;
use scarab_protocol::message::request::{Attach, Create, List, Ping, Rename};
use scarab_protocol::message::{Size, ToClient, ToService, ViewerColours};
use scarab_protocol::{MAX_MESSAGE, SessionId};
use stand_in::{LONG, Peer, connected, session};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

const SIZE: Size = Size { cols: 80, rows: 24, width_px: 0, height_px: 0 };

fn ping(timestamp: u64) -> Ping {
    Ping { timestamp }
}

fn attach() -> Attach {
    Attach {
        session: "x".into(),
        read_only: false,
        detach_others: false,
        size: SIZE,
        colours: ViewerColours::default(),
        viewer_name: String::new(),
        environment: Vec::new(),
    }
}

fn title(number: u64) -> Title {
    Title { session: SessionId(number), title: "t".repeat(3000), icon: String::new() }
}

fn next(client: &mut Client) -> (u32, ToClient) {
    let received = client.next(Some(LONG)).expect("a connection").expect("a message");
    (received.id, received.message)
}

#[test]
fn answers_out_of_order_find_their_requests_and_events_keep_theirs() {
    let (mut client, service) = connected(|mut peer| {
        let ids: Vec<u32> = (0..3).map(|_| peer.next().expect("a request").0).collect();
        peer.send(ids[2], Pong { timestamp: 3 });
        peer.send(0, Bell { session: SessionId(1) });
        peer.send(ids[1], Pong { timestamp: 2 });
        peer.send(0, Bell { session: SessionId(2) });
        peer.send(ids[0], Pong { timestamp: 1 });
        peer
    });
    let first = client.begin(ping(1)).expect("sent");
    let second = client.begin(ping(2)).expect("sent");
    assert_eq!(client.ask(ping(3)).expect("answered"), Pong { timestamp: 3 });
    assert!(first != 0 && second != 0 && first != second);
    assert_eq!(next(&mut client), (0, Bell { session: SessionId(1) }.into()));
    assert_eq!(next(&mut client), (second, Pong { timestamp: 2 }.into()));
    assert_eq!(next(&mut client), (0, Bell { session: SessionId(2) }.into()));
    assert_eq!(next(&mut client), (first, Pong { timestamp: 1 }.into()));
    drop(service.join().expect("the stand-in is well"));
}

#[test]
fn a_failure_a_wrong_answer_and_an_unknown_one_end_the_request_only() {
    let (mut client, service) = connected(|mut peer| {
        let (id, _) = peer.next().expect("a request");
        let message = "the name x is taken".to_owned();
        peer.send(id, scarab_protocol::message::answer::Failed { kind: FailureKind::NameTaken, message });
        let (id, _) = peer.next().expect("a request");
        peer.send(id, Done {});
        let (id, _) = peer.next().expect("a request");
        let mut unknown = Vec::new();
        scarab_protocol::frame::encode(120, id, b"of another day", &mut unknown);
        peer.raw(&unknown);
        let (id, _) = peer.next().expect("a request");
        peer.send(id, Pong { timestamp: 4 });
        peer
    });
    let rename = Rename { session: "y".into(), name: "x".into() };
    let failed = client.ask(rename).expect_err("taken");
    assert_eq!(failed.to_string(), "the name x is taken");
    assert!(!failed.ends_connection());
    let wrong = client.ask(ping(2)).expect_err("Done is no Pong");
    assert!(matches!(wrong, ClientError::Unexpected { asked: 16, got: 64 }), "{wrong}");
    let unknown = client.ask(ping(3)).expect_err("no such kind");
    assert!(matches!(&unknown, ClientError::Failed(f) if f.kind == FailureKind::Unsupported), "{unknown}");
    assert_eq!(client.ask(ping(4)).expect("the connection lives"), Pong { timestamp: 4 });
    drop(service.join().expect("the stand-in is well"));
}

#[test]
fn unknown_events_and_answers_nobody_asked_for_are_passed_over() {
    let (mut client, service) = connected(|mut peer| {
        let mut unknown = Vec::new();
        scarab_protocol::frame::encode(190, 0, &[7; 3 * MAX_MESSAGE], &mut unknown);
        peer.raw(&unknown);
        peer.send(77, Pong { timestamp: 1 });
        peer.send(0, Bell { session: SessionId(5) });
        peer
    });
    assert_eq!(next(&mut client), (0, Bell { session: SessionId(5) }.into()));
    drop(service.join().expect("the stand-in is well"));
    assert!(matches!(client.next(Some(LONG)), Err(ClientError::Closed)));
}

#[test]
fn a_late_answer_is_thrown_away() {
    let (mut client, service) = connected(|mut peer| {
        let (late, _) = peer.next().expect("a request");
        let (id, _) = peer.next().expect("a request");
        peer.send(late, Pong { timestamp: 1 });
        peer.send(id, Pong { timestamp: 2 });
        peer.send(0, Bell { session: SessionId(1) });
        peer
    });
    let error = client.ask_within(ping(1), Duration::from_millis(1)).expect_err("too late");
    assert!(matches!(error, ClientError::TimedOut), "{error}");
    assert_eq!(client.ask(ping(2)).expect("answered"), Pong { timestamp: 2 });
    assert_eq!(next(&mut client), (0, Bell { session: SessionId(1) }.into()));
    drop(service.join().expect("the stand-in is well"));
}

#[test]
fn a_socket_that_does_not_wait_by_itself_is_waited_for() {
    let (ours, theirs) = UnixStream::pair().expect("a socket pair");
    ours.set_nonblocking(true).expect("a socket");
    let service = thread::spawn(move || {
        let mut peer = Peer::new(theirs).greet();
        let (id, _) = peer.next().expect("a request");
        peer.send(id, Pong { timestamp: 1 });
        peer
    });
    let mut client = Client::over(ours, LONG).expect("an open connection");
    assert_eq!(client.ask(ping(1)).expect("answered"), Pong { timestamp: 1 });
    drop(service.join().expect("the stand-in is well"));
}

#[test]
fn nothing_to_hear_is_no_error() {
    let (mut client, service) = connected(|mut peer| peer.next());
    assert_eq!(client.next(Some(Duration::ZERO)).expect("a connection"), None);
    assert_eq!(client.next(Some(Duration::from_millis(1))).expect("a connection"), None);
    assert!(!client.has_buffered());
    client.disconnect().expect("sent");
    let last = service.join().expect("the stand-in is well");
    assert_eq!(last, Some((0, ToService::Disconnect(Disconnect {}))));
}

#[test]
fn what_came_before_the_end_is_heard_and_then_the_end() {
    let (mut client, service) = connected(|mut peer| {
        peer.next().expect("a request");
        peer.send(0, GoingDown { sessions_survive: true });
    });
    client.begin(List {}).expect("sent");
    service.join().expect("the stand-in is well");
    // The socket is closed at the other end: writing fails, hearing goes on.
    assert!(matches!(client.tell(Disconnect {}), Err(ClientError::Closed)));
    assert!(client.has_buffered());
    assert_eq!(next(&mut client), (0, GoingDown { sessions_survive: true }.into()));
    for _ in 0..3 {
        let error = client.next(Some(LONG)).expect_err("over");
        assert!(matches!(error, ClientError::Closed) && error.ends_connection());
    }
    assert!(matches!(client.ask(List {}), Err(ClientError::Closed)));
}

#[test]
fn a_stream_that_cannot_be_followed_ends_the_connection() {
    let (mut client, service) = connected(|mut peer| {
        peer.send(0, Bell { session: SessionId(1) });
        peer.raw(&[0xff; 12]);
        peer.next()
    });
    assert_eq!(next(&mut client), (0, Bell { session: SessionId(1) }.into()));
    assert!(matches!(client.next(Some(LONG)), Err(ClientError::Frame(_))));
    assert!(matches!(client.next(Some(LONG)), Err(ClientError::Closed)));
    assert_eq!(service.join().expect("the stand-in is well"), None, "the client has gone");
}

#[test]
fn a_damaged_archive_ends_the_connection() {
    let (mut client, _service) = connected(|mut peer| {
        let (id, _) = peer.next().expect("a request");
        let mut damaged = Vec::new();
        scarab_protocol::frame::encode(69, id, &[0xff; 20], &mut damaged);
        peer.raw(&damaged);
        peer.next()
    });
    assert!(matches!(client.ask(List {}), Err(ClientError::Damaged(_))));
}

#[test]
fn events_nobody_takes_are_bounded_and_what_is_missing_is_said() {
    const SENT: u64 = 1000;
    let (mut client, service) = connected(|mut peer| {
        let (id, _) = peer.next().expect("a request");
        for number in 1..=SENT {
            peer.send(0, title(number));
        }
        peer.send(id, Pong { timestamp: 1 });
        peer
    });
    client.ask(ping(1)).expect("answered after them all");
    let (_, ToClient::EventsLost(lost)) = next(&mut client) else { panic!("first what is missing") };
    assert!(lost.count > 0 && (SENT - lost.count) * 3000 <= MAX_QUEUED_EVENTS as u64);
    for number in lost.count + 1..=SENT {
        assert_eq!(next(&mut client).1, title(number).into());
    }
    assert!(!client.has_buffered());
    drop(service.join().expect("the stand-in is well"));
}

#[test]
fn two_sides_that_both_have_much_to_say_do_not_block_each_other() {
    let environment = vec![vec![b'x'; 1000]; 3000];
    let expected = environment.clone();
    let (mut client, service) = connected(move |mut peer| {
        // 3 MB at once, far beyond any socket's buffer, before anything is read.
        for number in 1..=1000 {
            peer.send(0, title(number));
        }
        let (id, request) = peer.next().expect("the request");
        let ToService::Create(create) = request else { panic!("another request") };
        assert!(create.environment == expected);
        peer.send(id, Sessions { sessions: vec![session(1); 2000] });
        peer
    });
    let create = Create {
        name: String::new(),
        command: Vec::new(),
        login: false,
        directory: String::new(),
        environment,
        size: SIZE,
        properties: Vec::new(),
        allow_checksum: false,
    };
    let id = client.begin(create).expect("sent while the other side was writing");
    loop {
        match next(&mut client) {
            (0, _) => {}
            (answered, ToClient::Sessions(sessions)) => {
                assert_eq!((answered, sessions.sessions.len()), (id, 2000), "an answer in many parts");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    drop(service.join().expect("the stand-in is well"));
}

#[test]
fn a_message_too_large_is_not_sent() {
    let (mut client, service) = connected(|mut peer| {
        let (id, _) = peer.next().expect("a request");
        peer.send(id, Pong { timestamp: 1 });
        peer
    });
    let huge = Rename { session: "x".repeat(5 << 20), name: String::new() };
    assert!(matches!(client.ask(huge), Err(ClientError::TooLarge(_))));
    client.ask(ping(1)).expect("nothing of it was sent");
    drop(service.join().expect("the stand-in is well"));
}

/// The reading end of a pipe of which the other end travels: it ends when the last holder has closed it.
fn travelling_pipe() -> (std::fs::File, OwnedFd) {
    let (read, write) = rustix::pipe::pipe().expect("a pipe");
    (read.into(), write)
}

fn attached() -> Attached {
    Attached { session: session(3), layout: 1 }
}

#[test]
fn an_attachment_without_its_descriptors_is_refused_and_stray_ones_are_closed() {
    let (mut one, one_end) = travelling_pipe();
    let (mut other, other_end) = travelling_pipe();
    let (mut client, service) = connected(move |mut peer| {
        // A descriptor with a message that takes none, then an Attached with none of its own.
        peer.send_with(0, Bell { session: SessionId(1) }, &[one_end.as_fd()]);
        drop(one_end);
        let (id, _) = peer.next().expect("a request");
        peer.send(id, attached());
        // And one with too few.
        let (id, _) = peer.next().expect("a request");
        peer.send_with(id, attached(), &[other_end.as_fd()]);
        peer
    });
    assert_eq!(next(&mut client), (0, Bell { session: SessionId(1) }.into()));
    assert_eq!(one.read(&mut [0]).expect("an end"), 0, "the stray descriptor is closed");
    assert!(matches!(client.attach(attach()), Err(ClientError::NoView)));
    assert!(matches!(client.attach(attach()), Err(ClientError::NoView)));
    drop(service.join().expect("the stand-in is well"));
    assert_eq!(other.read(&mut [0]).expect("an end"), 0, "so are those of a refused attachment");
}

#[test]
fn an_attachment_nobody_completes_keeps_no_more_than_one_set_of_descriptors() {
    let (mut first, first_end) = travelling_pipe();
    let (second, second_end) = travelling_pipe();
    let (mut client, service) = connected(move |mut peer| {
        for end in [first_end, second_end] {
            let (id, _) = peer.next().expect("a request");
            peer.send_with(id, attached(), &[end.as_fd(), end.as_fd(), end.as_fd()]);
        }
        peer
    });
    let old = client.begin(attach()).expect("sent");
    client.begin(attach()).expect("sent");
    let (id, ToClient::Attached(answer)) = next(&mut client) else { panic!("an attachment") };
    assert_eq!(id, old);
    next(&mut client);
    drop(service.join().expect("the stand-in is well"));
    assert_eq!(first.read(&mut [0]).expect("an end"), 0, "the second pushed the first out");
    assert!(matches!(client.complete_attach(old, answer), Err(ClientError::NoView)));
    drop((client, second));
}

#[test]
fn memory_that_is_no_view_is_refused() {
    let (_keep, end) = travelling_pipe();
    let (mut client, service) = connected(move |mut peer| {
        let (id, _) = peer.next().expect("a request");
        peer.send_with(id, attached(), &[end.as_fd(), end.as_fd(), end.as_fd()]);
        peer
    });
    let error = client.attach(attach()).expect_err("a pipe is no view");
    assert!(matches!(error, ClientError::BadView(_)) && !error.ends_connection(), "{error}");
    drop(service.join().expect("the stand-in is well"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn garbage_ends_in_an_error_never_in_a_panic_or_a_hang(
        noise in prop::collection::vec(any::<u8>(), 0..40_000),
        kinds in prop::collection::vec((0u16..200, any::<bool>(), prop::collection::vec(any::<u8>(), 0..200)), 0..20),
    ) {
        let (mut client, service) = connected(move |mut peer| {
            let mut bytes = Vec::new();
            for (kind, answer, archive) in kinds {
                scarab_protocol::frame::encode(kind, u32::from(answer), &archive, &mut bytes);
            }
            bytes.extend(noise);
            // The client may go away in the middle.
            let _ = peer.stream.write_all(&bytes);
        });
        let _ = client.begin(ping(1));
        let mut heard = 0;
        while let Ok(received) = client.next(Some(LONG)) {
            prop_assert!(received.is_some());
            heard += 1;
            prop_assert!(heard <= 40_000 / 12 + 20);
        }
        prop_assert!(matches!(client.next(None), Err(ClientError::Closed)));
        service.join().expect("the stand-in is well");
    }
}
