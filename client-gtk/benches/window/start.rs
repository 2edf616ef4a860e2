//! From starting a terminal's process until its window shows a prompt.

use crate::inside::PROMPT;
use crate::screen::{Area, around, pixel};
use crate::table::{self, Bars, Samples, best_vte, figure};
use crate::targets::{Target, Window};
use crate::world::{PATIENCE, World};
use crate::{Effort, stats};
use anyhow::{Context, ensure};
use std::collections::BTreeMap;
use std::time::Duration;

/// Starts a round.
const TRIES: usize = 5;

pub fn run(world: &mut World, effort: Effort, bars: &mut Bars) {
    stats::heading("First window with a prompt");
    let targets = world.targets();
    let mut samples: Samples = targets.iter().map(|target| (*target, Vec::new())).collect();
    let mut places = BTreeMap::new();
    for target in &targets {
        match place_of_prompt(world, *target) {
            Ok(place) => drop(places.insert(*target, place)),
            Err(error) => println!("{}: NOT MEASURED: {error:#}", target.name()),
        }
    }
    for _ in 0..effort.rounds * TRIES {
        for (target, place) in &places {
            match once(world, *target, *place) {
                Ok(took) => samples.entry(*target).or_default().push(took.as_secs_f64() * 1e3),
                Err(error) => println!("{}: a start was NOT MEASURED: {error:#}", target.name()),
            }
        }
    }
    table::print("ms", &samples);
    let ratio = figure(&samples, Target::Scarab, 50.0) / best_vte(&samples, 50.0);
    bars.at_most("first window with a prompt, / vte", ratio, 1.5);
}

/// X servers give pixels as blue, green, red.
fn is_prompt(pixel: &[u8]) -> bool {
    let [red, green, blue] = PROMPT;
    pixel == [blue, green, red]
}

/// Where the prompt stands, by looking at the whole window: for that there is no time when it counts. Everything that a
/// start reads from disks is in memory after it.
fn place_of_prompt(world: &mut World, target: Target) -> anyhow::Result<Area> {
    let window = Window::start(world, target, "prompt")?;
    window.until("ready")?;
    world.screen().rest(PATIENCE)?;
    let whole = world.screen().area(window.id)?;
    let picture = world.screen().grab(whole)?;
    around(whole, |at| is_prompt(pixel(&picture, at))).context("no prompt is shown")
}

fn once(world: &mut World, target: Target, place: Area) -> anyhow::Result<Duration> {
    let window = Window::start(world, target, "prompt")?;
    let all = usize::from(place.width) * usize::from(place.height);
    let seen =
        world.screen().until(place, PATIENCE, |picture| (0..all).all(|at| is_prompt(pixel(picture, at))))?;
    let took = window.began.elapsed();
    ensure!(seen, "no prompt is shown");
    Ok(took)
}
