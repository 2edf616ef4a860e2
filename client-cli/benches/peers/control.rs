//! The control socket: round trips and messages a second, beside a blocking echo over a bare socket pair of the
//! same message size.

use crate::targets::{Target, World};
use crate::{Effort, inside, stats};
use scarab_protocol::Client;
use scarab_protocol::message::request::Ping;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// Bytes of a framed Ping.
const MESSAGE: usize = 20;
/// Pings that a pipelining client has under way.
const WINDOW: usize = 64;

pub fn run(world: &World, effort: Effort, when: &str) {
    stats::heading(&format!("Control socket, {when}"));
    // Keeps the service alive and away from being started by the first connection measured.
    let _session = world.open(Target::Scarab, inside::command(&["lines", "1"]));
    let bare = bare_server(&world.path(&format!("bare-{}", when.len())));
    let count = effort.keys * 20;
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..effort.rounds {
        ours.extend(round_trips(&world.socket(), count));
        floor.extend(bare_round_trips(&bare, count));
    }
    stats::latency_head("bare");
    stats::latency_row("bare socket", &floor, stats::median(&floor));
    stats::latency_row("scarab, 1", &ours, stats::median(&floor));
    let many = |path: &Path, clients: usize, ours: bool| -> Vec<f64> {
        let threads: Vec<_> = (0..clients)
            .map(|_| {
                let path = path.to_owned();
                std::thread::spawn(move || {
                    if ours { round_trips(&path, 2000) } else { bare_round_trips(&path, 2000) }
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a client")).collect()
    };
    let floor16 = many(&bare, 16, false);
    stats::latency_row("bare, 16 busy", &floor16, stats::median(&floor));
    stats::latency_row("scarab, 16 busy", &many(&world.socket(), 16, true), stats::median(&floor));

    for clients in [1, 16] {
        let each = 200_000 / clients;
        let began = Instant::now();
        let threads: Vec<_> = (0..clients)
            .map(|_| {
                let path = world.socket();
                std::thread::spawn(move || pipelined(&path, each))
            })
            .collect();
        for thread in threads {
            thread.join().expect("no answer lost or out of order");
        }
        let rate = (each * clients) as f64 / began.elapsed().as_secs_f64();
        println!("pipelined by {clients}: {rate:.0} messages/s, none lost, all in order");
    }
}

fn round_trips(path: &Path, count: usize) -> Vec<f64> {
    let mut client = Client::connect(path).expect("connected");
    (0..count as u64)
        .map(|timestamp| {
            let began = Instant::now();
            let pong = client.ask(Ping { timestamp }).expect("a Pong");
            assert_eq!(pong.timestamp, timestamp);
            stats::micros(began.elapsed())
        })
        .collect()
}

fn pipelined(path: &Path, count: usize) {
    let mut client = Client::connect(path).expect("connected");
    let mut next = 0u64;
    let mut answered = 0u64;
    while answered < count as u64 {
        while next < count as u64 && next - answered < WINDOW as u64 {
            client.begin(Ping { timestamp: next }).expect("sent");
            next += 1;
        }
        let received = client.next(Some(Duration::from_secs(10))).expect("alive").expect("an answer");
        if let scarab_protocol::message::ToClient::Pong(pong) = received.message {
            assert_eq!(pong.timestamp, answered, "answers come in order");
            answered += 1;
        }
    }
}

/// A thread a connection that sends back what it gets: the floor.
fn bare_server(path: &Path) -> std::path::PathBuf {
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path).expect("a socket");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || echo(stream));
        }
    });
    path.to_owned()
}

fn echo(mut stream: UnixStream) {
    let mut buffer = [0; 65536];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..read]).is_err() {
            return;
        }
    }
}

fn bare_round_trips(path: &Path, count: usize) -> Vec<f64> {
    let mut stream = UnixStream::connect(path).expect("connected");
    let mut buffer = [0; MESSAGE];
    (0..count)
        .map(|_| {
            let began = Instant::now();
            stream.write_all(&buffer).expect("sent");
            stream.read_exact(&mut buffer).expect("echoed");
            stats::micros(began.elapsed())
        })
        .collect()
}
