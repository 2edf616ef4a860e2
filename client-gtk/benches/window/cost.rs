//! Processor time of a terminal's own process: for changes that are all drawn, and under a flood.
//!
//! A peer's includes reading and understanding what the program writes, which Scarab's service does; xterm has the X
//! server draw. What those use meanwhile is said beside it.

use crate::inside::CHANGES;
use crate::table::{self, Bars, Samples, best_vte, figure};
use crate::targets::{Target, Window, processor};
use crate::world::{PATIENCE, World};
use crate::{Effort, stats};
use std::time::{Duration, Instant};

/// How long a flood is watched.
const FLOOD: Duration = Duration::from_secs(4);

/// One changed line of a full screen, and all of it changed.
pub fn changes(world: &mut World, effort: Effort, bars: &mut Bars) {
    for (program, what, most) in
        [("change-line", "one changed line", 0.2), ("change-screen", "full redraw", 1.0)]
    {
        stats::heading(&format!("Processor time of the terminal's process, {what}"));
        let samples = of_all(world, effort, program, "ms a change");
        let ratio = figure(&samples, Target::Scarab, 50.0) / best_vte(&samples, 50.0);
        bars.at_most(format!("processor time, {what}, / vte"), ratio, most);
    }
}

/// Output without end.
pub fn flood(world: &mut World, effort: Effort, bars: &mut Bars) {
    stats::heading("Processor time of the terminal's process under flood");
    let samples = of_all(world, effort, "flood", "ms a second");
    let ratio = figure(&samples, Target::Scarab, 50.0) / best_vte(&samples, 50.0);
    bars.at_most("processor time under flood, / vte", ratio, 1.0);
}

/// Processor time of a window's process, the X server and Scarab's service, in ms, for each change or each second.
type Spent = [f64; 3];

fn of_all(world: &mut World, effort: Effort, program: &str, unit: &str) -> Samples {
    let targets = world.targets();
    let mut spent: Vec<Vec<Spent>> = vec![Vec::new(); targets.len()];
    for _ in 0..effort.rounds {
        for (target, spent) in targets.iter().zip(&mut spent) {
            match once(world, *target, program) {
                Ok(took) => spent.push(took),
                Err(error) => println!("{}: a round was NOT MEASURED: {error:#}", target.name()),
            }
        }
    }
    let of = |spent: &[Spent], which: usize| spent.iter().map(|spent| spent[which]).collect::<Vec<f64>>();
    let all = targets.iter().zip(&spent);
    let samples = all.clone().map(|(target, spent)| (*target, of(spent, 0))).collect();
    table::print(unit, &samples);
    let server = all.map(|(target, spent)| format!("{} {:.2}", target.name(), stats::median(&of(spent, 1))));
    println!("\nthe X server beside it: {}", server.collect::<Vec<_>>().join("; "));
    println!("scarabd beside scarab: {:.2}", stats::median(&of(&spent[0], 2)));
    samples
}

fn once(world: &mut World, target: Target, program: &str) -> anyhow::Result<Spent> {
    let window = Window::start_fit(world, target, program)?;
    let spent = |world: &World| -> anyhow::Result<Spent> {
        Ok([processor(window.pid())?, processor(world.server())?, processor(world.service())?])
    };
    let before = spent(world)?;
    window.go()?;
    let began = Instant::now();
    let count = if program == "flood" {
        std::thread::sleep(FLOOD);
        began.elapsed().as_secs_f64()
    } else {
        window.until("done")?;
        world.screen().rest(PATIENCE)?; // the last change is drawn
        CHANGES as f64
    };
    let after = spent(world)?;
    Ok(std::array::from_fn(|which| (after[which] - before[which]) / count))
}
