//! Memory of a window's process: its proportional share of what is shared (PSS), one window alone at a time.

use crate::screen::Key;
use crate::table::{self, Bars, Samples, best_vte, figure};
use crate::targets::{Target, Window, kilobytes};
use crate::world::{PATIENCE, World};
use crate::{Effort, stats};
use anyhow::Context;
use std::path::PathBuf;
use std::time::Duration;

/// Tabs of the full window.
const TABS: usize = 10;

pub fn run(world: &mut World, effort: Effort, bars: &mut Bars) {
    stats::heading("Memory of a window with one tab, PSS of its process");
    let targets = world.targets();
    let mut samples: Samples = targets.iter().map(|target| (*target, Vec::new())).collect();
    for _ in 0..effort.rounds {
        for target in &targets {
            match one_tab(world, *target) {
                Ok(pss) => samples.entry(*target).or_default().push(pss),
                Err(error) => println!("{}: a round was NOT MEASURED: {error:#}", target.name()),
            }
        }
    }
    table::print("MiB", &samples);
    println!("\nscarabd beside it: {:.1}", pss(world.service()).unwrap_or(f64::NAN));
    let ratio = figure(&samples, Target::Scarab, 50.0) / best_vte(&samples, 50.0);
    bars.at_most("memory of one window, / vte", ratio, 1.2);

    stats::heading("Memory of more tabs");
    let mut grown = Vec::new();
    for _ in 0..effort.rounds {
        match tabs(world) {
            Ok(each) => grown.push(each),
            Err(error) => println!("scarab: a round was NOT MEASURED: {error:#}"),
        }
    }
    println!("| PSS, MiB         | tabs 1 to 9 | the tenth |");
    println!("| ---------------- | ----------: | --------: |");
    let of = |at: usize| stats::median(&grown.iter().map(|each: &[f64; 2]| each[at]).collect::<Vec<_>>());
    println!("| scarab           | {:>8.2} ea. | {:>9.2} |", of(0), of(1));
    bars.at_most("memory of the tenth tab, PSS, MiB", of(1), 3.0);
}

/// In MiB.
fn pss(pid: u32) -> anyhow::Result<f64> {
    let file = PathBuf::from(format!("/proc/{pid}/smaps_rollup"));
    Ok(kilobytes(&file, "Pss").context("smaps_rollup has no Pss")? / 1024.0)
}

fn settled(world: &World) -> anyhow::Result<()> {
    world.screen().rest(PATIENCE)?;
    std::thread::sleep(Duration::from_millis(500)); // what toolkits do when they have time
    Ok(())
}

fn one_tab(world: &mut World, target: Target) -> anyhow::Result<f64> {
    let window = Window::start(world, target, "prompt")?;
    window.until("ready")?;
    settled(world)?;
    pss(window.pid())
}

/// What each tab from the second to the ninth adds, and what the tenth does.
fn tabs(world: &mut World) -> anyhow::Result<[f64; 2]> {
    let window = Window::start(world, Target::Scarab, "prompt")?;
    window.until("ready")?;
    let area = world.screen().area(window.id)?;
    world.screen().place(window.id, area.width, area.height)?;
    settled(world)?;
    let mut sizes = vec![pss(window.pid())?];
    for _ in 1..TABS {
        window.chord(world, &[Key::Control, Key::Shift], Key::Letter('t'))?;
        settled(world)?;
        sizes.push(pss(window.pid())?);
    }
    let [first, .., ninth, tenth] = sizes[..] else { anyhow::bail!("too few tabs") };
    Ok([(ninth - first) / (TABS - 2) as f64, tenth - ninth])
}
