//! Rows of the tables, and the bars that the figures are held against.

use crate::stats::{heading, percentile};
use crate::targets::Target;
use std::collections::BTreeMap;

/// Samples of each target. One that never ran has none.
pub type Samples = BTreeMap<Target, Vec<f64>>;

/// A figure of one target; NaN where there is none.
pub fn figure(samples: &Samples, target: Target, percent: f64) -> f64 {
    samples.get(&target).map_or(f64::NAN, |samples| percentile(samples, percent))
}

/// VTE's figure with the renderer that does better here: the bars are held against that.
pub fn best_vte(samples: &Samples, percent: f64) -> f64 {
    Target::VTE.iter().map(|target| figure(samples, *target, percent)).fold(f64::NAN, f64::min)
}

/// A table of what was measured for each target, and how its median stands to Scarab's.
pub fn print(unit: &str, samples: &Samples) {
    println!("| {unit:<16} |       p50 |       p95 |       max | samples | p50/scarab |");
    println!("| ---------------- | --------: | --------: | --------: | ------: | ---------: |");
    let scarab = figure(samples, Target::Scarab, 50.0);
    for (target, of) in samples {
        let [p50, p95, max] = [50.0, 95.0, 100.0].map(|percent| percentile(of, percent));
        match of.len() {
            0 => println!("| {:<16} | NOT MEASURED |", target.name()),
            len => println!(
                "| {:<16} | {p50:>9.2} | {p95:>9.2} | {max:>9.2} | {len:>7} | {:>10.2} |",
                target.name(),
                p50 / scarab
            ),
        }
    }
}

/// What must hold: a figure of Scarab's, most often a ratio, and the most it may be.
#[derive(Default)]
pub struct Bars(Vec<(String, f64, f64)>);

impl Bars {
    pub fn at_most(&mut self, what: impl Into<String>, figure: f64, most: f64) {
        self.0.push((what.into(), figure, most));
    }

    pub fn print(&self) {
        heading("Bars (vte: with the renderer that is the better one here)");
        println!("| {:<58} | figure | at most |              |", "scarab");
        println!("| {:-<58} | -----: | ------: | ------------ |", "");
        for (what, figure, most) in &self.0 {
            let outcome = match (figure.is_nan(), figure <= most) {
                (true, _) => "NOT MEASURED",
                (_, true) => "met",
                (_, false) => "MISSED",
            };
            println!("| {what:<58} | {figure:>6.2} | {most:>7.2} | {outcome:<12} |");
        }
    }
}
