//! Medians, percentiles and the lines of the table.

use std::time::Duration;

/// The value below which `percent` of the sorted samples lie.
pub fn percentile(samples: &[f64], percent: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        len => sorted[((len - 1) as f64 * percent / 100.0).round() as usize],
    }
}

/// The median.
pub fn median(samples: &[f64]) -> f64 {
    percentile(samples, 50.0)
}

/// Microseconds.
pub fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// A heading.
pub fn heading(title: &str) {
    println!("\n## {title}\n");
}

/// One row of a table of latencies in µs.
pub fn latency_row(name: &str, samples: &[f64], reference: f64) {
    let p50 = median(samples);
    println!(
        "| {name:<16} | {p50:>9.0} | {:>9.0} | {:>9.0} | {:>9.0} | {:>6.2} |",
        percentile(samples, 90.0),
        percentile(samples, 99.0),
        samples.iter().copied().fold(f64::NAN, f64::max),
        p50 / reference,
    );
}

/// The head of such a table.
pub fn latency_head(reference: &str) {
    println!("| µs               |       p50 |       p90 |       p99 |       max | p50/{reference} |");
    println!("| ---------------- | --------: | --------: | --------: | --------: | -----: |");
}

/// What the figures were taken on.
pub fn machine() {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("?", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    println!(
        "machine: {cores} x {model}, Linux {}, load {}",
        read("/proc/sys/kernel/osrelease").trim(),
        read("/proc/loadavg").split(' ').next().unwrap_or("?")
    );
}
