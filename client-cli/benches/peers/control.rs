//! The control socket: round trips and messages a second, beside a bare echo server with
//! messages of the same size.

use crate::targets::{Target, World, wait_for};
use crate::{Effort, inside, stats};
use scarab_protocol::Client;
use scarab_protocol::message::request::Ping;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Bytes of a framed Ping.
const MESSAGE: usize = 20;
/// Pings that a pipelining client has under way.
const WINDOW: usize = 64;

pub fn run(world: &World, effort: Effort, when: &str) {
    stats::heading(&format!("Control socket, {when}"));
    // Keeps the service alive and away from being started by the first connection measured.
    let _session = world.open(Target::Scarab, inside::command(&["lines", "1"]));
    let bare = BareServer::start(world.path(&format!("bare-{}", when.len())), "bare-server");
    let bare_poll = BareServer::start(world.path(&format!("bare-poll-{}", when.len())), "bare-poll-server");
    // Short turns, each on new connections: which processor a pair of processes meets on decides a round trip's cost,
    // and must not decide who wins.
    let (turns, each) = (effort.rounds * 10, effort.keys * 2);
    let socket = world.socket();
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    let (mut ours16, mut floor16, mut poll16) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..turns {
        floor.extend(bare_round_trips(&bare.path, each));
        ours.extend(round_trips(&socket, each));
    }
    for _ in 0..turns {
        floor16.extend(of_many(16, || bare_round_trips(&bare.path, each)));
        poll16.extend(of_many(16, || bare_round_trips(&bare_poll.path, each)));
        ours16.extend(of_many(16, || round_trips(&socket, each)));
    }
    stats::latency_head("bare");
    stats::latency_row("bare socket", &floor, stats::median(&floor));
    stats::latency_row("scarab, 1", &ours, stats::median(&floor));
    stats::latency_row("bare, 16 busy", &floor16, stats::median(&floor16));
    stats::latency_row("bare, 16, 1 thr.", &poll16, stats::median(&floor16));
    stats::latency_row("scarab, 16 busy", &ours16, stats::median(&floor16));
    let to = |floor: &[f64]| stats::percentile(&ours16, 99.0) / stats::percentile(floor, 99.0);
    println!(
        "p99 of 16 busy: {:.2} of a bare server with 16 threads, {:.2} of one with one thread",
        to(&floor16),
        to(&poll16)
    );

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

/// The samples of so many clients at once.
fn of_many(clients: usize, client: impl Fn() -> Vec<f64> + Sync) -> Vec<f64> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients).map(|_| scope.spawn(&client)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a client")).collect()
    })
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

/// The floor: a process of its own, as the service is, that sends back what it gets: with a thread a connection, or
/// with one thread for all.
struct BareServer {
    path: PathBuf,
    process: Child,
}

impl BareServer {
    fn start(path: PathBuf, program: &str) -> Self {
        let command = inside::command(&[program, &path.display().to_string()]);
        let process = Command::new(&command[0]).args(&command[1..]).spawn().expect("the bare server");
        wait_for(&path);
        BareServer { path, process }
    }
}

impl Drop for BareServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
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
