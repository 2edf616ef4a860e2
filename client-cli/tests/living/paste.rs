//! Ten megabytes through `scarab send NAME -`, with another viewer live.

use crate::harness::Place;
use std::io::Write;
use std::process::{Command, Stdio};

const BYTES: usize = 10 << 20;

fn send(place: &Place, name: &str, bytes: &[u8]) {
    let mut child = place
        .command(["send", name, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("scarab starts");
    child.stdin.take().expect("its input").write_all(bytes).expect("written");
    assert!(child.wait().expect("it ends").success(), "send failed");
}

fn checksum(bytes: &[u8]) -> String {
    let mut child = Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sha256sum starts");
    child.stdin.take().expect("its input").write_all(bytes).expect("written");
    String::from_utf8_lossy(&child.wait_with_output().expect("it ends").stdout).into_owned()
}

#[test]
fn ten_megabytes_of_lines_reach_a_cooked_reader_whole() {
    let place = Place::new();
    let file = place.file("file");
    place.script(
        "cooked",
        &format!(
            "stty -echo; echo ready; cat > {}; echo the file is written; read -r forever",
            file.display()
        ),
    );
    place.ok(["wait", "cooked", "--text", "ready", "--timeout", "20"]);
    let mut viewer = place.attach("cooked");
    viewer.until(b"ready").expect("the viewer shows the session");

    let mut lines = Vec::with_capacity(BYTES);
    for n in 0.. {
        if lines.len() >= BYTES {
            break;
        }
        writeln!(lines, "line {n} of the paste: printable, äöü 漢字, no control characters")
            .expect("written");
    }
    send(&place, "cooked", &lines);
    place.ok(["send", "cooked", "--key", "C-d"]);
    viewer.until(b"the file is written").expect("the reader saw the end");
    assert_eq!(checksum(&std::fs::read(&file).expect("the file")), checksum(&lines));
}

#[test]
fn ten_megabytes_of_any_bytes_reach_a_raw_reader_whole() {
    let place = Place::new();
    let file = place.file("sum");
    place.script(
        "raw",
        &format!(
            "stty raw -echo; printf ready; head -c {BYTES} | sha256sum > {}; printf summed; sleep 1000",
            file.display()
        ),
    );
    place.ok(["wait", "raw", "--text", "ready", "--timeout", "20"]);
    let mut viewer = place.attach("raw");
    viewer.until(b"ready").expect("the viewer shows the session");

    let mut state = 1u64;
    let bytes: Vec<u8> = (0..BYTES)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 56) as u8
        })
        .collect();
    send(&place, "raw", &bytes);
    place.ok(["wait", "raw", "--text", "summed", "--timeout", "60"]);
    assert_eq!(std::fs::read_to_string(&file).expect("the sum"), checksum(&bytes));
}
