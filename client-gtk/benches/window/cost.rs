//! Processor time of a terminal's own process: for changes that are all drawn, and under a flood.
//!
//! Peers' includes reading and understanding what the program writes, which Scarab's service does: its time is said too.

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
        let samples = of_all(world, effort, program, |_, window| {
            window.until("done")?;
            Ok(CHANGES as f64)
        });
        table::print("ms a change", &samples);
        let ratio = figure(&samples, Target::Scarab, 50.0) / best_vte(&samples, 50.0);
        bars.at_most(format!("processor time, {what}, / vte"), ratio, most);
    }
}

/// Output without end.
pub fn flood(world: &mut World, effort: Effort, bars: &mut Bars) {
    stats::heading("Processor time of the terminal's process under flood");
    let samples = of_all(world, effort, "flood", |_, _| {
        let began = Instant::now();
        std::thread::sleep(FLOOD);
        Ok(began.elapsed().as_secs_f64())
    });
    table::print("ms a second", &samples);
    let ratio = figure(&samples, Target::Scarab, 50.0) / best_vte(&samples, 50.0);
    bars.at_most("processor time under flood, / vte", ratio, 1.0);
}

/// Processor time of each target for one of what `happens` counts.
fn of_all(
    world: &mut World,
    effort: Effort,
    program: &str,
    happens: impl Fn(&World, &Window) -> anyhow::Result<f64>,
) -> Samples {
    let targets = world.targets();
    let mut samples: Samples = targets.iter().map(|target| (*target, Vec::new())).collect();
    let mut service = Vec::new();
    for _ in 0..effort.rounds {
        for target in &targets {
            let mut one = || -> anyhow::Result<f64> {
                let window = Window::start_fit(world, *target, program)?;
                let before = (window.processor()?, processor(world.service())?);
                window.go()?;
                let count = happens(world, &window)?;
                if program != "flood" {
                    world.screen().rest(PATIENCE)?;
                }
                let after = (window.processor()?, processor(world.service())?);
                if *target == Target::Scarab {
                    service.push((after.1 - before.1) / count);
                }
                Ok((after.0 - before.0) / count)
            };
            match one() {
                Ok(took) => samples.entry(*target).or_default().push(took),
                Err(error) => println!("{}: a round was NOT MEASURED: {error:#}", target.name()),
            }
        }
    }
    println!("scarabd beside it: {:.2}\n", stats::median(&service));
    samples
}
