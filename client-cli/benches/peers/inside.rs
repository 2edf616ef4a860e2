//! The programs that run inside the sessions being measured: this binary, called with `--inside`.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// This binary's path, for commands.
pub fn myself() -> String {
    std::env::current_exe().expect("a path").display().to_string()
}

/// `argv` for one of the programs below.
pub fn command(arguments: &[&str]) -> Vec<String> {
    [myself(), "--inside".to_owned()].into_iter().chain(arguments.iter().map(|a| (*a).to_owned())).collect()
}

pub fn run(arguments: &[String]) {
    let argument = |at: usize| arguments.get(at).map_or("", String::as_str);
    match argument(0) {
        "spin" => spin(),
        "throughput" => throughput(argument(1), argument(2), argument(3) == "wait"),
        "echo" => echo(false),
        "echo-flood" => echo(true),
        "flood" => flood(),
        "lines" => lines(argument(1).parse().expect("a number")),
        "relay-server" => relay_server(argument(1), &arguments[2..]),
        "relay-client" => relay_client(argument(1)),
        "bare-server" => bare_server(argument(1)),
        "bare-poll-server" => bare_poll_server(argument(1)),
        other => panic!("no program {other:?}"),
    }
}

fn spin() {
    let mut x = 0u64;
    loop {
        x = std::hint::black_box(x.wrapping_mul(3).wrapping_add(1));
    }
}

/// Input byte by byte and unechoed; output as programs have it (OPOST stays on).
fn raw_input() {
    let stdin = std::io::stdin();
    let mut termios = tcgetattr(&stdin).expect("a terminal");
    let output = termios.output_modes;
    termios.make_raw();
    termios.output_modes = output;
    termios.special_codes[SpecialCodeIndex::VMIN] = 1;
    termios.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(&stdin, OptionalActions::Now, &termios).expect("a terminal");
}

/// The token that answers key number `n`: six letters that no other key has, none of them the same as in the token
/// before (their case changes), so that a viewer which paints only differences paints it whole.
pub fn token(n: usize) -> [u8; 6] {
    let first = if n.is_multiple_of(2) { b'A' } else { b'a' };
    std::array::from_fn(|i| first + (n / 26usize.pow(5 - i as u32) % 26) as u8)
}

/// Writes the payload file, asks for the cursor's position, and stores how long it took until the answer: when
/// the emulator has consumed all. With `wait` it begins at the first key: who keeps no screen loses a question that was
/// asked before anybody attached.
fn throughput(payload: &str, result: &str, wait: bool) {
    raw_input();
    if wait {
        std::io::stdin().read_exact(&mut [0]).expect("a key");
    }
    let bytes = std::fs::read(payload).expect("the payload");
    let (mut stdin, mut stdout) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut ask = |stdout: &mut std::io::StdoutLock<'_>| {
        stdout.write_all(b"\x18\x1b[?2026l\x1b[6n").and_then(|()| stdout.flush()).expect("written");
        let mut byte = [0];
        while byte[0] != b'R' {
            stdin.read_exact(&mut byte).expect("an answer");
        }
    };
    ask(&mut stdout);
    let began = Instant::now();
    for piece in bytes.chunks(64 << 10) {
        stdout.write_all(piece).expect("written");
    }
    ask(&mut stdout);
    let nanos = began.elapsed().as_nanos();
    let part = format!("{result}.part");
    std::fs::write(&part, nanos.to_string()).expect("the result");
    std::fs::rename(part, result).expect("the result");
    std::thread::sleep(Duration::from_secs(600));
}

/// Answers each key with the next token on row 1; between keys, when flooding, writes lines into a scroll region.
fn echo(flooding: bool) {
    raw_input();
    let stdin = std::io::stdin();
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "\x1b[2J\x1b[3;24r\x1b[3;1Hready").and_then(|()| stdout.flush()).expect("written");
    let block: Vec<u8> = (0..54)
        .flat_map(|n| {
            format!("{n:04} a line of plain text as programs write them, of some seventy characters\n")
                .into_bytes()
        })
        .collect();
    let mut number = 0;
    loop {
        let timeout = flooding.then_some(Timespec { tv_sec: 0, tv_nsec: 0 });
        let ready = poll(&mut [PollFd::new(&stdin, PollFlags::IN)], timeout.as_ref()).expect("poll");
        if ready > 0 {
            let mut keys = [0; 64];
            let read = rustix::io::read(&stdin, &mut keys).expect("keys");
            if read == 0 {
                return;
            }
            let mut answer = Vec::new();
            for _ in &keys[..read] {
                answer.extend_from_slice(b"\x1b7\x1b[1;1H");
                answer.extend_from_slice(&token(number));
                answer.extend_from_slice(b"\x1b8");
                number += 1;
            }
            rustix::io::write(&stdout, &answer).expect("written");
        } else if flooding {
            rustix::io::write(&stdout, &block[..4096]).expect("written");
        }
    }
}

/// Lines without end.
fn flood() {
    let mut stdout = std::io::stdout().lock();
    let mut n = 0u64;
    let mut block = Vec::new();
    loop {
        block.clear();
        while block.len() < 4000 {
            let _ = writeln!(block, "{n:020} {n:020} {n:020}");
            n += 1;
        }
        if stdout.write_all(&block).and_then(|()| stdout.flush()).is_err() {
            return;
        }
    }
}

/// `count` lines of history, then 23 marked rows on a clean screen, then rest.
fn lines(count: usize) {
    raw_input();
    let mut stdout = std::io::stdout().lock();
    for n in 0..count {
        writeln!(stdout, "line {n} of the history, with some words to fill it up to a common length")
            .expect("written");
    }
    for row in 0..23 {
        writeln!(stdout, "\x1b[Kmarked row {row:02} of the screen").expect("written");
    }
    write!(stdout, "\x1b[Kmarked row 23 of the screen").and_then(|()| stdout.flush()).expect("written");
    let mut byte = [0];
    while matches!(std::io::stdin().read(&mut byte), Ok(1..)) {}
}

/// Sends back what it gets, a thread a connection.
fn bare_server(socket: &str) {
    let listener = UnixListener::bind(socket).expect("a socket");
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(read @ 1..) = (&stream).read(&mut buffer) {
                if (&stream).write_all(&buffer[..read]).is_err() {
                    return;
                }
            }
        });
    }
}

/// The same with one thread for all.
fn bare_poll_server(socket: &str) {
    let listener = UnixListener::bind(socket).expect("a socket");
    let mut peers: Vec<UnixStream> = Vec::new();
    let mut buffer = [0; 65536];
    loop {
        let mut fds = vec![PollFd::new(&listener, PollFlags::IN)];
        fds.extend(peers.iter().map(|peer| PollFd::new(peer, PollFlags::IN)));
        poll(&mut fds, None).expect("poll");
        let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        let mut ready_peers = ready[1..].iter();
        peers.retain_mut(|peer| {
            !ready_peers.next().is_some_and(|ready| *ready)
                || matches!(peer.read(&mut buffer), Ok(read @ 1..) if peer.write_all(&buffer[..read]).is_ok())
        });
        if ready[0] {
            peers.extend(listener.accept().map(|(peer, _)| peer));
        }
    }
}

/// One process of the bare relay: owns a PTY with the program and passes bytes to and from one socket.
fn relay_server(socket: &str, argv: &[String]) {
    let listener = UnixListener::bind(socket).expect("a socket");
    let pty = crate::pty::Pty::start(argv, &[]);
    loop {
        let (peer, _) = listener.accept().expect("a client");
        pass(&peer, pty.fd(), pty.fd());
    }
}

/// The other: its terminal, raw, to and from the socket.
fn relay_client(socket: &str) {
    let stdin = std::io::stdin();
    let mut termios = tcgetattr(&stdin).expect("a terminal");
    termios.make_raw();
    tcsetattr(&stdin, OptionalActions::Now, &termios).expect("a terminal");
    let peer = UnixStream::connect(PathBuf::from(socket)).expect("the relay");
    pass(&peer, stdin, std::io::stdout());
}

/// Bytes from the socket to `output`, from `input` to the socket, until either ends.
fn pass(peer: &UnixStream, input: impl rustix::fd::AsFd, output: impl rustix::fd::AsFd) {
    let mut buffer = [0; 65536];
    let all = |fd: rustix::fd::BorrowedFd<'_>, mut bytes: &[u8]| -> bool {
        while !bytes.is_empty() {
            match rustix::io::write(fd, bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(_) => return false,
            }
        }
        true
    };
    loop {
        let mut fds = [PollFd::new(peer, PollFlags::IN), PollFd::new(&input, PollFlags::IN)];
        if poll(&mut fds, None).is_err() {
            continue;
        }
        let (from_peer, from_input) = (!fds[0].revents().is_empty(), !fds[1].revents().is_empty());
        if from_peer {
            match rustix::io::read(peer, &mut buffer) {
                Ok(read @ 1..) if all(output.as_fd(), &buffer[..read]) => {}
                _ => return,
            }
        }
        if from_input {
            match rustix::io::read(&input, &mut buffer) {
                Ok(read @ 1..) if all(std::os::fd::AsFd::as_fd(peer), &buffer[..read]) => {}
                _ => return,
            }
        }
    }
}
