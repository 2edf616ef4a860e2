//! From a key to the pixels of its answer: through the window, its service and the program, and back.

use crate::inside::SIZE;
use crate::screen::{Area, Key, Screen, around, pixel};
use crate::table::{self, Bars, Samples, best_vte, figure};
use crate::targets::{Target, Window};
use crate::world::{PATIENCE, World};
use crate::{Effort, stats};
use anyhow::{Context, bail, ensure};
use std::time::{Duration, Instant};

/// The key that is pressed.
const KEY: Key = Key::Letter('k');
/// An answer is as high and wide as two cells; what is larger, in pixels, is something else.
const LARGEST: u16 = 40;
/// Between an answer and the next key, at least: frames that follow by themselves are drawn.
const PAUSE: Duration = Duration::from_millis(30);
/// An answer that takes longer never comes.
const NEVER: Duration = Duration::from_secs(5);

/// With the screen at rest: empty, and full of coloured text.
pub fn idle(world: &mut World, effort: Effort, bars: &mut Bars) {
    for (program, screen) in [("echo-empty", "empty"), ("echo-full", "full, coloured")] {
        let (cols, rows) = SIZE;
        stats::heading(&format!("Key to pixel, {screen} screen of {cols} by {rows}"));
        let samples = of_all(world, effort, program, false, &world.targets());
        table::print("ms", &samples);
        let scarab = figure(&samples, Target::Scarab, 50.0);
        let to = |other| scarab / other;
        bars.at_most(
            format!("key to pixel, {screen}, p50 / xterm"),
            to(figure(&samples, Target::Xterm, 50.0)),
            4.0,
        );
        bars.at_most(format!("key to pixel, {screen}, p50 / vte"), to(best_vte(&samples, 50.0)), 0.1);
    }
}

/// While the same program writes lines as fast as they are taken.
pub fn under_flood(world: &mut World, effort: Effort, bars: &mut Bars) {
    stats::heading("Key to pixel under flood");
    let samples = of_all(world, effort, "echo-flood", true, &world.targets());
    table::print("ms", &samples);
    // In time for the eye: later than three frames of 16.7 ms is felt.
    bars.at_most("key to pixel under flood, p95, ms", figure(&samples, Target::Scarab, 95.0), 50.0);
    bars.at_most("key to pixel under flood, the slowest, ms", figure(&samples, Target::Scarab, 100.0), 50.0);
}

fn of_all(world: &mut World, effort: Effort, program: &str, flood: bool, targets: &[Target]) -> Samples {
    let mut samples: Samples = targets.iter().map(|target| (*target, Vec::new())).collect();
    for _ in 0..effort.rounds {
        for target in targets {
            match series(world, *target, program, flood, effort.keys) {
                Ok(more) => samples.entry(*target).or_default().extend(more),
                Err(error) => println!("{}: a round was NOT MEASURED: {error:#}", target.name()),
            }
        }
    }
    samples
}

/// A window's answers to so many keys, in ms.
fn series(
    world: &mut World,
    target: Target,
    program: &str,
    flood: bool,
    keys: usize,
) -> anyhow::Result<Vec<f64>> {
    let window = Window::start_fit(world, target, program)?;
    let area = place_of_answer(world.screen(), &window)?;
    if flood {
        window.go()?;
        std::thread::sleep(Duration::from_millis(500)); // it fills its pipes and comes into step
    }
    let mut phase = 88_172_645_463_325_252u64;
    (0..keys)
        .map(|_| {
            // Keys come at any time of a frame. (A xorshift generator: no crate is needed for that.)
            phase ^= phase << 13;
            phase ^= phase >> 7;
            phase ^= phase << 17;
            if !flood {
                world.screen().quiet(PAUSE, PATIENCE)?;
            }
            std::thread::sleep(Duration::from_micros(20_000 + phase % 40_000));
            answered(world.screen(), area).map(|took| took.as_secs_f64() * 1e3)
        })
        .collect()
}

/// Where answers appear: what one key changes while nothing else happens, taken back by a second one.
fn place_of_answer(screen: &Screen, window: &Window) -> anyhow::Result<Area> {
    let whole = screen.area(window.id)?;
    let press = || -> anyhow::Result<Vec<u8>> {
        screen.press(KEY)?;
        screen.release(KEY)?;
        ensure!(screen.drawn(NEVER)?, "keys do not arrive");
        screen.rest(PATIENCE)?;
        screen.grab(whole)
    };
    let before = screen.grab(whole)?;
    let after = press()?;
    let area =
        around(whole, |at| pixel(&before, at) != pixel(&after, at)).context("a key changes nothing")?;
    ensure!(area.width.max(area.height) <= LARGEST, "a key changes {area:?}");
    press()?;
    Ok(area)
}

/// From before a key is pressed until its answer was seen.
fn answered(screen: &Screen, area: Area) -> anyhow::Result<Duration> {
    while screen.drawn(Duration::ZERO)? {}
    let before = screen.grab(area)?;
    let began = Instant::now();
    screen.press(KEY)?;
    let took = loop {
        let Some(left) = NEVER.checked_sub(began.elapsed()) else { bail!("a key was never answered") };
        if screen.drawn(left)? && screen.grab(area)? != before {
            break began.elapsed();
        }
    };
    screen.release(KEY)?;
    Ok(took)
}
