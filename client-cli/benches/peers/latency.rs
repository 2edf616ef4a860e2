//! A key's echo, and Ctrl-C under flood, as they appear at an attached viewer.

use crate::targets::{Target, World};
use crate::{Effort, inside, pty::Pty, stats};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Between keys: a quick typist's pause is long, this is short, yet lets every process go to sleep.
const PAUSE: Duration = Duration::from_millis(2);

fn all(world: &World) -> Vec<Target> {
    [Target::Raw, Target::Relay].into_iter().chain(world.keepers()).collect()
}

/// Key to token while nothing else happens. All targets stand open and take turns key by key: what it costs to wake a
/// process changes from one second to the next, and so meets all of them alike.
pub fn echo_idle(world: &World, effort: Effort, when: &str) {
    stats::heading(&format!("Key echo, idle, {when}"));
    let targets = all(world);
    let mut samples: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for _ in 0..effort.rounds {
        let sessions: Vec<_> =
            targets.iter().map(|target| world.open(*target, inside::command(&["echo"]))).collect();
        let mut clients: Vec<Option<Pty>> = sessions.iter().map(|session| Some(session.attach())).collect();
        for (client, target) in clients.iter_mut().zip(&targets) {
            // dtach keeps no screen: what was said before it attached is gone.
            if *target != Target::Dtach && client.as_mut().and_then(|client| client.until(b"read")).is_none()
            {
                println!("{}: the viewer shows nothing", target.name());
                *client = None;
            }
        }
        clients.iter_mut().flatten().for_each(|client| drain(client, false));
        for key in 0..effort.keys {
            for (index, entry) in clients.iter_mut().enumerate() {
                let Some(client) = entry else { continue };
                client.forget();
                pause(client, false);
                match answered(client, b"k", &inside::token(key)) {
                    Some(took) => samples.entry(index).or_default().push(stats::micros(took)),
                    None => {
                        println!("{}: key {key} was never answered", targets[index].name());
                        *entry = None;
                    }
                }
            }
        }
    }
    report(&targets, &samples, Target::Relay, "relay");
}

/// Key to token while the same program floods a scroll region.
pub fn echo_under_flood(world: &World, effort: Effort, when: &str) {
    stats::heading(&format!("Key echo, under flood, {when}"));
    let mut samples: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let targets = all(world);
    for _ in 0..effort.rounds {
        for (index, target) in targets.iter().enumerate() {
            let session = world.open(*target, inside::command(&["echo-flood"]));
            let mut client = session.attach();
            drain(&mut client, true);
            for key in 0..effort.keys {
                client.forget();
                match answered(&mut client, b"k", &inside::token(key)) {
                    Some(took) => samples.entry(index).or_default().push(stats::micros(took)),
                    None => {
                        println!("{}: key {key} was never answered", target.name());
                        break;
                    }
                }
                pause(&mut client, true);
            }
        }
    }
    report(&targets, &samples, Target::Relay, "relay");
}

/// From before a key is written until its token has come: on a busy processor the whole chain behind the key may have
/// run when the write returns.
fn answered(client: &mut Pty, key: &[u8], token: &[u8]) -> Option<Duration> {
    let began = Instant::now();
    client.write(key);
    client.until(token).map(|_| began.elapsed())
}

/// Between two keys the viewer's output is taken, as a terminal would.
fn pause(client: &mut Pty, flooding: bool) {
    if flooding {
        let until = Instant::now() + PAUSE;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            client.read_once(left);
        }
    } else {
        std::thread::sleep(PAUSE);
    }
}

fn drain(client: &mut Pty, flooding: bool) {
    if flooding {
        for _ in 0..50 {
            client.read_once(Duration::from_millis(10));
        }
    } else {
        client.settle(Duration::from_millis(200));
    }
}

/// 0x03 at the viewer until the shell's mark stands there.
pub fn interrupt(world: &World, effort: Effort, when: &str) {
    stats::heading(&format!("Ctrl-C under flood, {when}"));
    let targets = all(world);
    let mut samples: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let tries = (effort.keys / 10).max(10);
    for _ in 0..effort.rounds {
        for (index, target) in targets.iter().enumerate() {
            let session = world.open(*target, shell());
            let mut client = session.attach();
            if *target != Target::Dtach && client.until(b"waiting").is_none() {
                println!("{}: the viewer shows nothing", target.name());
                continue;
            }
            for n in 0..tries {
                client.write(b"\n");
                for _ in 0..30 {
                    client.read_once(Duration::from_millis(10));
                }
                client.forget();
                match answered(&mut client, b"\x03", &inside::token(n)) {
                    Some(took) => samples.entry(index).or_default().push(stats::micros(took)),
                    None => {
                        println!("{}: flood {n} never ended", target.name());
                        break;
                    }
                }
                client.settle(Duration::from_millis(20));
            }
        }
    }
    report(&targets, &samples, Target::Tmux, "tmux");
}

/// A shell that runs a flood at each line and says a token when it has been interrupted.
fn shell() -> Vec<String> {
    let tokens: String =
        (0..100).map(|n| String::from_utf8_lossy(&inside::token(n)).into_owned() + " ").collect();
    let script = format!(
        "trap : INT; stty -echo; set -- {tokens}; printf 'waiting\\r\\n'; while read -r x; do {} --inside flood; printf '\\033[2J\\033[H%s' \"$1\"; shift; done",
        inside::myself()
    );
    vec!["bash".to_owned(), "-c".to_owned(), script]
}

fn report(targets: &[Target], samples: &BTreeMap<usize, Vec<f64>>, reference: Target, name: &str) {
    let reference = targets
        .iter()
        .position(|target| *target == reference)
        .and_then(|index| samples.get(&index))
        .map_or(f64::NAN, |s| stats::median(s));
    stats::latency_head(name);
    for (index, target) in targets.iter().enumerate() {
        match samples.get(&index) {
            Some(samples) => stats::latency_row(target.name(), samples, reference),
            None => println!("| {:<16} | no sample |", target.name()),
        }
    }
}
