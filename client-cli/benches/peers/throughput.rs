//! What a program can write through its PTY until the emulator has consumed it, detached and with a viewer.

use crate::targets::{Target, World};
use crate::{Effort, inside, pty, stats};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bytes of each payload: some tenths of a second for the slowest.
const BYTES: usize = 2 << 20;

fn payloads() -> Vec<(&'static str, Vec<u8>)> {
    let fill = |mut line: Box<dyn FnMut(usize) -> String>| {
        let mut out = Vec::with_capacity(BYTES + 256);
        let mut n = 0;
        while out.len() < BYTES {
            out.extend_from_slice(line(n).as_bytes());
            n += 1;
        }
        out
    };
    vec![
        (
            "plain log",
            fill(Box::new(|n| {
                format!(
                    "2026-01-02T03:04:05.{:06}Z INFO worker[{}]: request {n} served in {} ms\n",
                    n % 1_000_000,
                    n % 16,
                    n % 97
                )
            })),
        ),
        (
            "dense SGR",
            fill(Box::new(|n| {
                format!(
                    "\x1b[{};{}m\x1b[38;5;{}mword{}\x1b[0m \x1b[48;2;{};{};9mx\x1b[m{}",
                    n % 2,
                    31 + n % 7,
                    n % 256,
                    n % 10,
                    n % 255,
                    n % 99,
                    if n % 6 == 5 { "\n" } else { "" }
                )
            })),
        ),
        (
            "cursor motion",
            fill(Box::new(|n| {
                format!("\x1b[{};{}H{}", 1 + n * 7 % 24, 1 + n * 13 % 78, char::from(b'a' + (n % 26) as u8))
            })),
        ),
        (
            "scroll region",
            fill(Box::new(|n| {
                format!("{}line {n} in a region\n", if n % 100 == 0 { "\x1b[3;20r\x1b[20;1H" } else { "" })
            })),
        ),
        (
            "unicode",
            fill(Box::new(|n| format!("{n} 日本語のテキスト, Größe, e\u{301}, 😀 emoji and Ελληνικά\n"))),
        ),
        ("long lines", fill(Box::new(|n| format!("{} ", n * 7919)))),
        ("numbers", fill(Box::new(|n| format!("{n}\n")))),
    ]
}

pub fn run(world: &World, effort: Effort) {
    stats::heading("End to end through a PTY, MB/s (in brackets: to raw, median of the rounds)");
    let targets: Vec<(Target, bool)> = [(Target::Raw, true)]
        .into_iter()
        .chain(world.keepers().into_iter().flat_map(|keeper| match keeper {
            Target::Dtach => vec![(keeper, true)], // it has no emulator that could answer while nobody is attached
            _ => vec![(keeper, false), (keeper, true)],
        }))
        .collect();
    let name = |(target, attached): (Target, bool)| match target {
        Target::Raw => "raw".to_owned(),
        _ => format!("{} {}", target.name(), if attached { "att." } else { "det." }),
    };
    println!("| payload | {} |", targets.iter().map(|t| name(*t)).collect::<Vec<_>>().join(" | "));
    println!("| --- |{}", " ---: |".repeat(targets.len()));
    let mut logs = vec![0.0; targets.len()];
    let payloads = payloads();
    for (payload_name, bytes) in &payloads {
        let file = world.path("payload");
        std::fs::write(&file, bytes).expect("the payload");
        let mut rates: Vec<Vec<f64>> = vec![Vec::new(); targets.len()];
        for _ in 0..effort.rounds {
            for (index, (target, attached)) in targets.iter().enumerate() {
                let rate = once(world, *target, *attached, &file)
                    .map_or(f64::NAN, |took| bytes.len() as f64 / 1e6 / took.as_secs_f64());
                rates[index].push(rate);
            }
        }
        let row: Vec<String> = rates
            .iter()
            .enumerate()
            .map(|(index, of)| {
                let ratios: Vec<f64> = of.iter().zip(&rates[0]).map(|(a, raw)| a / raw).collect();
                let ratio = stats::median(&ratios);
                logs[index] += ratio.ln();
                format!("{:.1} ({ratio:.2})", stats::median(of))
            })
            .collect();
        println!("| {payload_name} | {} |", row.join(" | "));
    }
    let means: Vec<String> =
        logs.iter().map(|sum| format!("**{:.3}**", (sum / payloads.len() as f64).exp())).collect();
    println!("| geometric mean to raw | {} |", means.join(" | "));
}

fn once(world: &World, target: Target, attached: bool, payload: &Path) -> Option<Duration> {
    let result: PathBuf = world.path("result");
    let _ = std::fs::remove_file(&result);
    let (payload, to) = (payload.display().to_string(), result.display().to_string());
    let begin = if target == Target::Dtach { "wait" } else { "now" };
    let session = world.open(target, inside::command(&["throughput", &payload, &to, begin]));
    let mut client = attached.then(|| session.attach());
    if let (Some(client), Target::Dtach) = (&mut client, target) {
        client.settle(Duration::from_millis(100));
        client.write(b"k");
    }
    let began = Instant::now();
    while began.elapsed() < pty::PATIENCE {
        match &mut client {
            // A bare PTY and dtach have no emulator: their terminal answers the position it is asked for.
            Some(client) => {
                client.read_once(Duration::from_millis(5));
                if matches!(target, Target::Raw | Target::Dtach)
                    && client.seen.windows(4).any(|w| w == b"\x1b[6n")
                {
                    client.write(b"\x1b[1;1R");
                }
                client.forget_but(3);
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
        if let Ok(nanos) = std::fs::read_to_string(&result) {
            return Some(Duration::from_nanos(nanos.parse().expect("a number")));
        }
    }
    None
}
