//! From the start of the attach command until the whole screen has arrived, with little and much history.

use crate::pty::{PATIENCE, SIZE};
use crate::targets::{Session, Target, World};
use crate::{Effort, inside, stats};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::pty::OpenptFlags;
use rustix::termios::Winsize;
use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Attaches a round.
const TRIES: usize = 8;

/// What stands on the last row when all has come.
const LAST: &[u8] = b"row 23 of the screen";

pub fn run(world: &World, effort: Effort) {
    for lines in [10, 10_000, 90_000] {
        stats::heading(&format!("Attach with {lines} lines of history"));
        let targets: Vec<Target> = [Target::Raw]
            .into_iter()
            .chain(world.keepers().into_iter().filter(|target| *target != Target::Dtach))
            .collect();
        let sessions: Vec<_> = targets
            .iter()
            .map(|target| {
                // Raw is the floor: a program that draws the screen itself and keeps no history.
                let lines = if *target == Target::Raw { 0 } else { lines };
                world.open(*target, inside::command(&["lines", &lines.to_string()]))
            })
            .collect();
        let mut samples = vec![Vec::new(); targets.len()];
        // The program has written all when its last row can be seen.
        for session in &sessions {
            let shown = session.attach().until(LAST);
            if shown.is_none() {
                println!("{}: the last row never came", session.target.name());
            }
        }
        for _ in 0..effort.rounds * TRIES {
            for (index, session) in sessions.iter().enumerate() {
                samples[index].extend(first_screen(session).map(stats::micros));
                std::thread::sleep(Duration::from_millis(30)); // the last client's end is taken note of
            }
        }
        let tmux = targets
            .iter()
            .position(|target| *target == Target::Tmux)
            .map_or(f64::NAN, |index| stats::median(&samples[index]));
        stats::latency_head("tmux");
        for (index, target) in targets.iter().enumerate() {
            stats::latency_row(target.name(), &samples[index], tmux);
        }
    }
}

/// Starts the client by `posix_spawn`, as a shell's cost of forking itself is none of a client's, and takes its output
/// until the last row has come.
fn first_screen(session: &Session<'_>) -> Option<Duration> {
    let (master, slave) = pair();
    let (argv, environment) = session.attach_command();
    let stdio = || Stdio::from(slave.try_clone().expect("a descriptor"));
    let mut command = Command::new(&argv[0]);
    command.args(&argv[1..]).envs(environment).env("TERM", "xterm-256color");
    command.env_remove("TMUX").env_remove("STY").env_remove("SCARAB_SESSION");
    command.stdin(stdio()).stdout(stdio()).stderr(stdio());
    let began = Instant::now();
    let mut child = command.spawn().expect("the client starts");
    let (mut seen, mut buffer) = (Vec::new(), [0; 65536]);
    let took = loop {
        if seen.windows(LAST.len()).any(|window| window == LAST) {
            break Some(began.elapsed());
        }
        let Some(left) = PATIENCE.checked_sub(began.elapsed()) else { break None };
        let timeout = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
        let _ = poll(&mut [PollFd::new(&master, PollFlags::IN)], Some(&timeout));
        match rustix::io::read(&master, &mut buffer) {
            Ok(read) => seen.extend_from_slice(&buffer[..read]),
            Err(_) => break None,
        }
    };
    let _ = child.kill();
    let _ = child.wait();
    took
}

/// A PTY: its master, and its slave as a file to clone.
fn pair() -> (OwnedFd, File) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    let master = rustix::pty::openpt(flags).expect("a PTY");
    rustix::pty::grantpt(&master).expect("granted");
    rustix::pty::unlockpt(&master).expect("unlocked");
    let size = Winsize { ws_col: SIZE.0, ws_row: SIZE.1, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(&master, size).expect("a size");
    let slave = rustix::pty::ioctl_tiocgptpeer(&master, flags).expect("its slave");
    (master, File::from(slave))
}
