//! Starting the service where none listens, and saying what is wrong where it cannot be reached.

use crate::harness::{Place, SCARAB};
use scarab_protocol::hello::{HELLO_LEN, Hello, Refusal};
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;

#[test]
fn the_service_is_started_apart_from_what_started_it() {
    let place = Place::new();
    let marker = place.file("marker");
    let script = format!("exec 9>{}; exec {} new -d x -- cat", marker.display(), SCARAB);
    let status = place.surround("/bin/sh", ["-c", &script]).status().expect("sh runs");
    assert!(status.success());
    let service = place.service().expect("it serves");
    assert_eq!(rustix::process::getsid(Some(service)).expect("a session"), service, "its own session");
    let proc = format!("/proc/{}", service.as_raw_nonzero());
    assert_eq!(std::fs::read_link(format!("{proc}/cwd")).expect("its directory").to_str(), Some("/"));
    for entry in std::fs::read_dir(format!("{proc}/fd")).expect("its descriptors") {
        let target = entry.and_then(|entry| std::fs::read_link(entry.path())).unwrap_or_default();
        assert_ne!(target, marker, "an inherited descriptor");
    }
    assert!(place.file("state/scarab/scarabd.log").exists(), "a log of its own");
}

#[test]
fn many_first_commands_at_once_share_one_service() {
    let place = Place::new();
    let children: Vec<_> = (0..6)
        .map(|number| {
            place.command(["new", "-d", &format!("n{number}"), "--", "cat"]).spawn().expect("scarab runs")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("it ends").success());
    }
    assert_eq!(place.list().len(), 6);
}

#[test]
fn a_socket_left_behind_is_no_obstacle() {
    let place = Place::new();
    drop(UnixListener::bind(place.socket()).expect("bound"));
    place.ok(["new", "-d", "x", "--", "cat"]);
}

#[test]
fn status_and_doctor_start_nothing() {
    let place = Place::new();
    assert!(place.fails(1, ["status"]).contains("listens"));
    let doctor = place.run(["doctor"]);
    assert!(
        doctor.out.lines().all(|line| ["ok ", "note", "FAIL"].iter().any(|level| line.starts_with(level)))
    );
    assert!(doctor.out.contains("nothing listens at"), "{doctor:?}");
    assert!(!place.socket().exists());

    place.ok(["ls"]);
    let status = place.ok(["status"]);
    let pid = place.service().expect("it serves").as_raw_nonzero();
    assert!(status.contains(&format!("process {pid}")) && status.contains("0 sessions"), "{status}");
    let doctor = place.run(["doctor"]);
    assert!(doctor.out.contains(&format!("process {pid}")), "{doctor:?}");
}

#[test]
fn another_version_is_named_with_both_numbers() {
    let place = Place::new();
    let listener = UnixListener::bind(place.socket()).expect("bound");
    let other = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("a client");
        socket.read_exact(&mut [0; HELLO_LEN]).expect("its hello");
        let hello = Hello { versions: (71, 72), ..Hello::refuse(Refusal::Version) };
        socket.write_all(&hello.encode()).expect("answered");
    });
    let line = place.fails(1, ["ls"]);
    assert!(line.contains("71 to 72") && line.contains('1'), "{line}");
    other.join().expect("served");
}

#[test]
fn what_is_no_service_is_told_apart() {
    let place = Place::new();
    let listener = UnixListener::bind(place.socket()).expect("bound");
    let other = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("a client");
        let _ = socket.write_all(b"220 some other service ready, say something\r\n");
        let _ = socket.read(&mut [0; HELLO_LEN]);
    });
    place.fails(1, ["ls"]);
    other.join().expect("served");
}

#[test]
fn paths_that_cannot_be_are_told() {
    let place = Place::new();
    let long = format!("/tmp/{}", "x".repeat(200));
    let output = place.command(["ls"]).env("SCARAB_SOCKET", &long).output().expect("scarab runs");
    let line = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(1) && line.contains("107 bytes") && line.lines().count() == 1,
        "{line}"
    );
    let output = place.command(["ls"]).env("SCARAB_SOCKET", "/proc/no/such/s").output().expect("scarab runs");
    let line = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(1) && line.contains("scarabd") && line.lines().count() == 1,
        "{line}"
    );
}

#[test]
fn a_configuration_is_read_written_and_reloaded() {
    let place = Place::new();
    let all = place.ok(["config", "get"]);
    assert!(all.contains("history.lines = "), "{all}");
    place.ok(["config", "set", "history.lines", "1234"]);
    assert_eq!(place.ok(["config", "get", "history.lines"]), "1234\n");
    place.ok(["reload"]);
    place.fails(1, ["config", "get", "no.such.key"]);
    place.fails(1, ["config", "set", "no.such.key", "1"]);
    place.fails(1, ["config", "set", "history.lines", "many"]);
    assert_eq!(place.ok(["config", "get", "history.lines"]), "1234\n");
}
