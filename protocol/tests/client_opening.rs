//! The opening of a connection, against a stand-in that answers well, badly, late or not at all.

mod stand_in;

use scarab_protocol::client::{Client, ClientError};
use scarab_protocol::hello::{Hello, Refusal, VERSION};
use stand_in::{LONG, Listener};
use std::io::Read;
use std::time::Duration;

/// Serves one connection by reading the hello and sending `answer` in pieces of `piece` bytes.
fn answered(answer: Vec<u8>, piece: usize) -> Result<Client, ClientError> {
    let mut listener = Listener::new();
    let service = listener.serve(move |mut peer| {
        peer.stream.read_exact(&mut [0; 32]).expect("a hello");
        for piece in answer.chunks(piece) {
            peer.raw(piece);
        }
        peer
    });
    let client = Client::connect_within(&listener.path, LONG);
    drop(service.join().expect("the stand-in is well"));
    client
}

#[test]
fn an_answer_may_come_byte_by_byte() {
    let client = answered(Hello::answer(&Hello::client()).encode().to_vec(), 1).expect("a connection");
    assert_eq!(client.service().chosen_version, VERSION);
}

#[test]
fn each_refusal_is_told_as_what_it_is() {
    for refusal in (1..=7).filter_map(Refusal::from_number) {
        match answered(Hello::refuse(refusal).encode().to_vec(), 32) {
            Err(ClientError::Refused { refusal: told, .. }) => assert_eq!(told, refusal),
            other => panic!("{refusal:?} became {other:?}"),
        }
    }
}

#[test]
fn a_newer_service_is_named_with_its_versions() {
    let newer = Hello { versions: (VERSION + 1, VERSION + 4), ..Hello::refuse(Refusal::Version) };
    let error = answered(newer.encode().to_vec(), 32).expect_err("a refusal").to_string();
    assert!(error.contains(&format!("{} to {}", VERSION + 1, VERSION + 4)), "{error}");
}

#[test]
fn a_choice_that_was_not_offered_is_refused() {
    let choice = Hello { chosen_version: VERSION + 1, chosen_layout: 1, ..Hello::client() };
    assert!(matches!(answered(choice.encode().to_vec(), 32), Err(ClientError::BadChoice { .. })));
}

#[test]
fn another_program_is_told_apart_by_its_first_bytes() {
    // Fewer than 32 bytes, and the connection stays open: only the magic can tell.
    assert!(matches!(answered(b"HTTP/1.1 400".to_vec(), 32), Err(ClientError::NotScarab(_))));
}

#[test]
fn a_connection_closed_early_is_no_answer() {
    let mut listener = Listener::new();
    let service = listener.serve(drop);
    let error = Client::connect_within(&listener.path, LONG).expect_err("nobody answers");
    assert!(matches!(error, ClientError::HungUp), "{error}");
    service.join().expect("the stand-in is well");
}

#[test]
fn a_socket_that_only_accepts_is_given_up_after_the_limit() {
    // As systemd's socket with a service that cannot start: the connection waits in the listener's queue.
    let listener = Listener::new();
    let limit = Duration::from_millis(30);
    let error = Client::connect_within(&listener.path, limit).expect_err("nobody answers");
    assert!(matches!(error, ClientError::Silent { limit: told } if told == limit), "{error}");
}

#[test]
fn a_full_listener_is_given_up_after_the_limit() {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, listen, socket};
    let unused = Listener::new();
    let path = unused.directory.join("full.sock");
    let full = socket(AddressFamily::UNIX, SocketType::STREAM, None).expect("a socket");
    bind(&full, &SocketAddrUnix::new(&path).expect("an address")).expect("bound");
    listen(&full, 0).expect("listening");
    let limit = Duration::from_millis(30);
    // The queue takes one; from the second on, connect itself waits.
    let first = std::os::unix::net::UnixStream::connect(&path).expect("room for one");
    let error = Client::connect_within(&path, limit).expect_err("the queue is full");
    assert!(matches!(error, ClientError::Silent { .. }), "{error}");
    drop(first);
}

#[test]
fn nobody_there_is_told_apart_from_all_else() {
    let mut listener = Listener::new();
    let absent = Client::connect(&listener.directory.join("absent.sock")).expect_err("no socket");
    assert!(matches!(absent, ClientError::NotRunning { .. }), "{absent}");
    drop(listener.listener.take());
    let stale = Client::connect(&listener.path).expect_err("a socket without a listener");
    assert!(matches!(stale, ClientError::NotRunning { .. }), "{stale}");
    let long = Client::connect(&listener.directory.join("x".repeat(200))).expect_err("no such address");
    assert!(matches!(long, ClientError::Connect { .. }), "{long}");
}
