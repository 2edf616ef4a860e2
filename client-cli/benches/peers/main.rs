//! Scarab and its peers side by side, in the same run: throughput through a PTY, the latency of a key, Ctrl-C under
//! flood, attach time, the control socket, memory. The table names what was skipped and why.
//!
//! `cargo bench -p scarab-cli --bench peers [-- SECTION…] [--rounds N]`; sections: throughput, echo,
//! echo-flood, ctrl-c, attach, control, memory. Targets take turns within a round, so that a machine whose speed
//! drifts gives true ratios; every section is run quiet and then beside two busy loops where that matters.

mod attach;
mod control;
mod inside;
mod latency;
mod memory;
#[path = "../../tests/harness/pty.rs"]
mod pty;
mod stats;
mod targets;
mod throughput;

use std::process::{Child, Command};

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Turns that each target takes.
    pub rounds: usize,
    /// Keys a round.
    pub keys: usize,
}

/// Two processes that spin, ended when dropped: a machine that has something else to do.
struct Busy(Vec<Child>);

impl Busy {
    fn two() -> Self {
        Busy(
            (0..2)
                .map(|_| {
                    Command::new(inside::myself()).args(["--inside", "spin"]).spawn().expect("a busy loop")
                })
                .collect(),
        )
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.first().is_some_and(|first| first == "--inside") {
        inside::run(&arguments[1..]);
        return;
    }
    let mut effort = Effort { rounds: 3, keys: 200 };
    let mut sections = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => {
                effort.rounds =
                    arguments.next().and_then(|n| n.parse().ok()).expect("--rounds takes a number")
            }
            "--keys" => {
                effort.keys = arguments.next().and_then(|n| n.parse().ok()).expect("--keys takes a number")
            }
            section => sections.push(section.to_owned()),
        }
    }
    let wanted = |name: &str| sections.is_empty() || sections.iter().any(|section| section == name);

    println!(
        "# Scarab and its peers, {} rounds, targets in turn; ratios are the result, absolute figures the machine's",
        effort.rounds
    );
    stats::machine();
    let world = targets::World::new();
    for skipped in world.skipped() {
        println!("skipped: {skipped}");
    }
    if wanted("throughput") {
        throughput::run(&world, effort);
    }
    for busy in [false, true] {
        let _beside = busy.then(Busy::two);
        let when = if busy { "beside two busy loops" } else { "quiet" };
        if wanted("echo") {
            latency::echo_idle(&world, effort, when);
        }
        if wanted("echo-flood") {
            latency::echo_under_flood(&world, effort, when);
        }
        if wanted("ctrl-c") {
            latency::interrupt(&world, effort, when);
        }
        if wanted("control") {
            control::run(&world, effort, when);
        }
    }
    if wanted("attach") {
        attach::run(&world, effort);
    }
    if wanted("memory") {
        memory::run(&world);
    }
}
