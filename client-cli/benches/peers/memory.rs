//! Memory of the session keepers' own processes: proportional set size, with shared memory counted where it is.

use crate::targets::{Target, World};
use crate::{inside, stats};

/// Lines of history in a full session.
const LINES: usize = 10_000;

pub fn run(world: &World) {
    stats::heading("Memory of the session keepers, KiB (PSS of all their processes)");
    println!("| keeper | 10 empty sessions | each | 10 with {LINES} lines | a line, bytes |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for target in world.keepers() {
        if target == Target::Dtach {
            continue;
        }
        let first = world.open(target, inside::command(&["lines", "0"]));
        shown(&first);
        let alone = pss(world, target);
        let empty: Vec<_> = (0..10).map(|_| world.open(target, inside::command(&["lines", "0"]))).collect();
        empty.iter().for_each(shown);
        let with_empty = pss(world, target);
        drop(empty);
        let full: Vec<_> =
            (0..10).map(|_| world.open(target, inside::command(&["lines", &LINES.to_string()]))).collect();
        full.iter().for_each(shown);
        let with_full = pss(world, target);
        println!(
            "| {} | {} | {:.0} | {} | {:.0} |",
            target.name(),
            with_empty,
            (with_empty as f64 - alone as f64) / 10.0,
            with_full,
            (with_full as f64 - with_empty as f64) * 1024.0 / (10 * LINES) as f64
        );
        viewers(world, target, &first);
    }
}

/// What one more viewer costs the service.
fn viewers(world: &World, target: Target, session: &crate::targets::Session<'_>) {
    let before = pss(world, target);
    let clients: Vec<_> = (0..10)
        .map(|_| {
            let mut client = session.attach();
            client.until(b"row 23 of the screen");
            client
        })
        .collect();
    let own: Vec<u32> = clients.iter().map(crate::pty::Pty::pid).collect();
    let after: u64 = world.processes(target).into_iter().filter(|pid| !own.contains(pid)).map(pss_of).sum();
    println!("| {}, a viewer | | {:.0} | | |", target.name(), (after as f64 - before as f64) / 10.0);
}

fn shown(session: &crate::targets::Session<'_>) {
    if session.attach().until(b"row 23 of the screen").is_none() {
        println!("{}: the last row never came", session.target.name());
    }
}

fn pss(world: &World, target: Target) -> u64 {
    std::thread::sleep(std::time::Duration::from_millis(300)); // clients that were just ended are gone
    world.processes(target).into_iter().map(pss_of).sum()
}

fn pss_of(pid: u32) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    rollup
        .lines()
        .find_map(|line| line.strip_prefix("Pss:")?.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
