//! What windows leave behind, over a real socket: their layouts, and shells that end when nobody needs them.

mod common;

use common::TestService;
use scarab_protocol::message::answer::{Done, FailureKind, Windows};
use scarab_protocol::message::event::SessionRemoved;
use scarab_protocol::message::request::{KeepWindow, Release, Rename, Subscribe, TakeWindows};
use scarab_protocol::message::{KeptWindow, ToClient};

/// A shell that has started nothing.
const SHELL: &[&str] = &["/bin/sh"];

fn release(session: &str) -> Release {
    Release { session: session.to_owned() }
}

#[test]
fn a_window_is_its_clients_while_that_lives() {
    let service = TestService::start();
    let mut client = service.connect();
    let window = KeptWindow { window: 7, layout: "tabs".to_owned() };
    assert_eq!(client.ask(KeepWindow { window: window.clone() }), Done {}.into());
    assert_eq!(client.ask(TakeWindows {}), Windows { windows: vec![] }.into());
    let large = KeptWindow { window: 8, layout: "x".repeat(40 << 10) };
    assert_eq!(client.refused(KeepWindow { window: large }), FailureKind::BadArgument);
}

#[test]
fn an_idle_shell_ends_after_its_window_and_nothing_else_does() {
    let service = TestService::with_config("[sessions]\nkeep-idle = \"1s\"\n");
    let directory = tempfile::tempdir().expect("a directory");
    let publish = directory.path().join("publish");
    std::fs::write(&publish, "#!/bin/sh\nread x\n").expect("a script");
    std::fs::set_permissions(&publish, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("executable");
    let mut client = service.connect();
    client.ask(Subscribe { session: "*".to_owned() });
    let idle = client.create("", SHELL).id;
    client.create("named", SHELL);
    let busy = client.create("", SHELL);
    let command = client.create("", &["sh", "-c", "read x"]);
    let seen = client.create("", SHELL);
    let kept = client.create("", SHELL);
    let other = client.create("", SHELL);
    let script = client.create("", &[publish.to_str().expect("a path")]);
    client.ask(Rename { session: kept.name.clone(), name: "kept".to_owned() });
    let mut typist = service.connect();
    typist.attach(&busy.name);
    typist.type_bytes(b"sleep 1000 &\necho star''ted\n");
    typist.wait_text(&busy.name, "started");
    typist.attach(&other.name);
    typist.type_bytes(b"echo be''fore; exec sleep 1000\n");
    typist.wait_text(&other.name, "before");
    drop(typist);
    let mut viewer = service.connect();
    for name in ["named", &busy.name, &command.name, &seen.name, "kept", &other.name, &script.name] {
        assert_eq!(client.ask(release(name)), Done {}.into());
    }
    viewer.attach(&seen.name);
    // The last one to be released is the first one to go, and the only one.
    assert_eq!(client.ask(release(&format!("@{}", idle.0))), Done {}.into());
    let removed = client.event(|event| matches!(event, ToClient::SessionRemoved(_)));
    assert!(matches!(removed, ToClient::SessionRemoved(SessionRemoved { session, .. }) if session == idle));
    let mut left: Vec<_> = client.list().into_iter().map(|info| info.name).collect();
    left.sort();
    let mut wanted = vec![
        "named".to_owned(),
        busy.name,
        command.name,
        seen.name,
        "kept".to_owned(),
        other.name,
        script.name,
    ];
    wanted.sort();
    assert_eq!(left, wanted);
    assert_eq!(client.refused(release("nobody")), FailureKind::NoSuchSession);
}
