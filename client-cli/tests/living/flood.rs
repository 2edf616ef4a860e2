//! Viewers that do not read, and interrupts that must get through.

use crate::harness::{Place, pty::Pty};
use rustix::process::{Pid, Signal, kill_process};
use std::time::{Duration, Instant};

/// A shell that floods on each line it reads and names the flood's end.
const SHELL: &str = "trap : INT; stty -echo; echo waiting; n=0; while read -r x; do yes 'a line of the flood, some forty bytes'; n=$((n+1)); printf '\\033[2J\\033[HSTOPPED-%d' $n; done";

#[test]
fn a_stopped_viewer_costs_bounded_memory_and_delays_nobody() {
    let place = Place::new();
    place.script("s", SHELL);
    let mut stopped = place.attach("s");
    stopped.until(b"waiting").expect("shown");
    let pid =
        Pid::from_raw(place.entry("s")["viewers"][0]["pid"].as_u64().expect("a pid") as i32).expect("a pid");
    let mut live = place.attach("s");
    live.until(b"waiting").expect("shown");

    kill_process(pid, Signal::STOP).expect("stopped");
    live.write(b"\n");
    live.until(b"a line of the flood").expect("the flood is seen");
    let before = place.memory();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(2) {
        live.read_once(Duration::from_millis(50));
        live.forget();
    }
    let after = place.memory();
    // The history fills meanwhile, up to its bound; a queue for the stopped viewer would have no bound.
    assert!(after < before + 40 * 1024, "the service grew from {before} to {after} KiB");
    live.write(b"\x03");
    live.until(b"STOPPED-1").expect("Ctrl-C of the live viewer gets through");

    kill_process(pid, Signal::CONT).expect("continued");
    stopped.forget();
    stopped.until(b"STOPPED-1").expect("the stopped viewer catches up with the screen");
}

#[test]
fn ctrl_c_under_flood_is_quick_over_a_slow_line() {
    let place = Place::new();
    place.script("s", SHELL);
    let mut viewer = place.attach("s");
    viewer.until(b"waiting").expect("shown");
    viewer.write(b"\n");
    // 1 Mbit/s: 12.5 KB each 100 ms are taken off the viewer's terminal.
    let slow = |viewer: &mut Pty, until: &[u8], limit: Duration| -> Option<usize> {
        let began = Instant::now();
        let mut taken = 0;
        while began.elapsed() < limit {
            let allowed = (began.elapsed().as_millis() as usize) * 125;
            if taken < allowed {
                viewer.forget_but(32);
                let before = viewer.seen.len();
                viewer.read_once(Duration::from_millis(10));
                taken += viewer.seen.len() - before;
                if viewer.seen.windows(until.len()).any(|window| window == until) {
                    return Some(taken);
                }
            } else {
                std::thread::sleep(Duration::from_millis(1)); // the line's pace
            }
        }
        None
    };
    slow(&mut viewer, b"never to be seen", Duration::from_secs(2));
    viewer.write(b"\x03");
    let bytes =
        slow(&mut viewer, b"STOPPED-1", Duration::from_secs(20)).expect("the end of the flood is shown");
    eprintln!("bytes on the line from Ctrl-C to the end of the flood: {bytes}");
    // Two whole frames of 80x24 at most: what was being drawn, and what came after. A queue would hold far more.
    assert!(bytes < 24 << 10, "{bytes} bytes came before the end of the flood");
}
