//! The desktop terminal and its peers side by side, in the same run: a key's way to the screen, what changes cost its
//! process, a flood, the first window, memory. The last table holds the figures against their bars.
//!
//! `cargo bench -p scarab-gtk --bench window [-- SECTION…] [--rounds N] [--keys N] [--target NAME]…`; sections: keys,
//! cost, flood, start, memory. Everything runs on an X server without a screen, a bus and a service of its own, without a window
//! manager or compositor: times end when the X server has the pixels. Targets take turns within a round, so that a
//! machine whose speed drifts gives true ratios. Drawing is done by the processor here, whatever the machine has.

// What it all stands in is what the tests stand in too.
#[allow(dead_code)]
#[path = "../../tests/harness/alone.rs"]
mod alone;
mod cost;
mod inside;
mod keys;
mod memory;
mod screen;
mod start;
// Percentiles and the line about the machine are those of the command line's benchmark.
#[allow(dead_code)]
#[path = "../../../client-cli/benches/peers/stats.rs"]
mod stats;
mod table;
mod targets;
mod world;

use table::Bars;
use world::World;

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Turns that each target takes.
    pub rounds: usize,
    /// Keys a round.
    pub keys: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.first().is_some_and(|first| first == "--inside") {
        return inside::run(&arguments[1..]);
    }
    let mut effort = Effort { rounds: 3, keys: 40 };
    let (mut sections, mut targets) = (Vec::new(), Vec::new());
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value follows");
        match argument.as_str() {
            "--rounds" => effort.rounds = value().parse()?,
            "--keys" => effort.keys = value().parse()?,
            "--target" => targets.push(value()),
            section => sections.push(section.to_owned()),
        }
    }
    let wanted = |name: &str| sections.is_empty() || sections.iter().any(|section| section == name);

    println!(
        "# Scarab's window and its peers, {} rounds, targets in turn; ratios are the result, absolute figures the machine's",
        effort.rounds
    );
    stats::machine();
    let mut world = World::new(&targets)?;
    for missing in world.missing() {
        println!("MISSING, not measured: {missing}");
    }
    let mut bars = Bars::default();
    if wanted("keys") {
        keys::idle(&mut world, effort, &mut bars);
    }
    if wanted("flood") {
        keys::under_flood(&mut world, effort, &mut bars);
    }
    if wanted("cost") {
        cost::changes(&mut world, effort, &mut bars);
    }
    if wanted("flood") {
        cost::flood(&mut world, effort, &mut bars);
    }
    if wanted("start") {
        start::run(&mut world, effort, &mut bars);
    }
    if wanted("memory") {
        memory::run(&mut world, effort, &mut bars);
    }
    bars.print();
    Ok(())
}
