//! Requests that are wrong, too large, too many or too dear, and a configuration that is wrong: each has its answer
//! in one line, and nobody else notices. Apart from `hostile`, which is about what comes before a request is one.

mod common;

use common::{TestService, attachment, creation, resident, size};
use scarab_protocol::message::answer::{Done, Failed, FailureKind};
use scarab_protocol::message::input::Key;
use scarab_protocol::message::request::{
    Attach, Cancel, CopyScreen, Create, GetConfig, GetStatus, Kill, List, LoadPlugin, Ping, Reload, Rename,
    Send, SetConfig, Wait,
};
use scarab_protocol::message::{KeyAction, SendItem, ToClient, WaitFor, WaitOutcome};
use std::io::Write;
use std::process::Command;
use std::time::Instant;

#[test]
fn wrong_requests_are_answered_in_one_line_each() {
    let service = TestService::start();
    let mut client = service.connect();
    client.create("taken", &["/bin/cat"]);
    assert_eq!(client.refused(creation("taken", &["/bin/cat"])), FailureKind::NameTaken);
    assert_eq!(client.refused(creation("x", &["/no/such/program"])), FailureKind::CannotStart);
    assert_eq!(client.refused(creation("x", &["/etc/passwd"])), FailureKind::CannotStart);
    for name in ["@1", "-x", "*", "a\u{1b}b", &"x".repeat(65)] {
        assert_eq!(client.refused(creation(name, &["/bin/cat"])), FailureKind::BadArgument, "{name}");
    }
    let mut odd = creation("x", &["/bin/cat"]);
    odd.environment = vec![b"NOVALUE".to_vec()];
    assert_eq!(client.refused(odd), FailureKind::BadArgument);
    let mut large = creation("x", &["/bin/cat"]);
    large.environment = vec![[b"A=".as_slice(), &vec![b'x'; 2 << 20]].concat()];
    assert_eq!(client.refused(large), FailureKind::BadArgument);
    let mut relative = creation("x", &["/bin/cat"]);
    relative.directory = "tmp".into();
    assert_eq!(client.refused(relative), FailureKind::BadArgument);
    let mut scoped = creation("x", &["/bin/cat"]);
    scoped.properties = vec!["MemoryMax=1G".into()];
    assert_eq!(client.refused(scoped), FailureKind::Unsupported);
    // Names of what could not be made are free again.
    client.create("x", &["/bin/cat"]);

    let rename = |session: &str, name: &str| Rename { session: session.into(), name: name.into() };
    assert_eq!(client.refused(rename("x", "taken")), FailureKind::NameTaken);
    assert_eq!(client.refused(rename("nobody", "y")), FailureKind::NoSuchSession);
    assert_eq!(client.refused(rename("x", "")), FailureKind::BadArgument);
    assert_eq!(client.refused(attachment("nobody")), FailureKind::NoSuchSession);
    assert_eq!(
        client.refused(Attach { viewer_name: "v".repeat(65), ..attachment("x") }),
        FailureKind::BadArgument
    );
    // Megabytes of a name are not told back.
    let long = "\u{1}".repeat(3 << 20);
    match client.ask(rename("x", &long)) {
        ToClient::Failed(Failed { kind: FailureKind::BadArgument, message }) => assert!(message.len() < 2048),
        other => panic!("{other:?}"),
    }
    assert_eq!(client.refused(attachment(&long)), FailureKind::NoSuchSession);
    let far = Create { directory: format!("/{long}"), ..creation("y", &["/bin/cat"]) };
    assert_eq!(client.refused(far), FailureKind::BadArgument);
    let set = SetConfig { key: "shell.command".into(), value: "x".repeat(1 << 20) };
    assert_eq!(client.refused(set), FailureKind::BadArgument);
    let kill = |session: &str, signal| Kill { session: session.into(), signal };
    assert_eq!(client.refused(kill("", 0)), FailureKind::BadArgument);
    assert_eq!(client.refused(kill("x", 4711)), FailureKind::BadArgument);
    let send = |items| Send { session: "x".into(), items };
    assert_eq!(client.refused(send(vec![SendItem::Key("NoSuchKey".into())])), FailureKind::BadArgument);
    assert_eq!(client.refused(send(vec![SendItem::Bytes(vec![0; 70_000])])), FailureKind::BadArgument);
    let wait = |what| Wait { session: "x".into(), what, timeout_ms: 0 };
    assert_eq!(client.refused(wait(WaitFor::Text(String::new()))), FailureKind::BadArgument);
    assert_eq!(client.refused(Cancel { request: 999 }), FailureKind::BadArgument);
    let plugin = LoadPlugin { path: "/bin/sh".into(), capabilities: vec![] };
    assert_eq!(client.refused(plugin), FailureKind::Refused);
    assert_eq!(client.ask(kill("*", 0)), Done {}.into());
    assert_eq!(client.list(), []);
}

#[test]
fn answers_too_large_for_a_message_are_cut_or_refused() {
    let service = TestService::start();
    let mut client = service.connect();
    let words: Vec<String> = (0..15).map(|_| "w".repeat(8000)).collect();
    for n in 0..50 {
        let command = ["/bin/sh", "-c", "exec cat"].map(str::to_owned);
        let create =
            Create { command: command.into_iter().chain(words.clone()).collect(), ..creation("", &[]) };
        assert!(matches!(client.ask(create), ToClient::Created(_)), "session {n}");
    }
    let listed = client.list();
    assert_eq!(listed.len(), 50);
    assert_eq!(listed[0].command[..3], ["/bin/sh", "-c", "exec cat"]);
    assert_eq!(client.ask(Kill { session: "*".into(), signal: 0 }), Done {}.into());

    // The largest screen, every cell in a colour of its own: what is left of it can be looked at after its end.
    let paint = r#"BEGIN { for (r = 0; r < 1000; r++) for (c = 0; c < 2000; c++)
        printf "\033[38;2;%d;%d;%dmx", c % 256, r % 256, (c + r) % 256 }"#;
    let create = Create { size: size(2000, 1000), ..creation("wide", &["/usr/bin/awk", paint]) };
    assert!(matches!(client.ask(create), ToClient::Created(_)));
    let wait = Wait { session: "wide".into(), what: WaitFor::Exit, timeout_ms: 0 };
    assert!(matches!(client.ask(wait), ToClient::Waited(_)));
    assert_eq!(client.refused(CopyScreen { session: "wide".into() }), FailureKind::TooMany);
    client.ping(1);
}

#[test]
fn a_signal_to_all_sessions_passes_over_those_that_have_ended() {
    let service = TestService::start();
    let mut client = service.connect();
    client.create("ended", &["/bin/sh", "-c", "exit 3"]);
    let wait = Wait { session: "ended".into(), what: WaitFor::Exit, timeout_ms: 0 };
    assert!(matches!(client.ask(wait), ToClient::Waited(_)));
    client.create(
        "lives",
        &["/bin/sh", "-c", "trap 'echo heard' USR1; echo ready; while :; do sleep 0.1; done"],
    );
    client.wait_text("lives", "ready");
    assert_eq!(client.ask(Kill { session: "*".into(), signal: 10 }), Done {}.into());
    client.wait_text("lives", "heard");
    assert_eq!(client.refused(Kill { session: "ended".into(), signal: 10 }), FailureKind::Exited);
}

#[test]
fn a_wrong_configuration_is_named_and_changes_nothing() {
    let service = TestService::with_config("history.lines = 7\n");
    let mut client = service.connect();
    std::fs::write(&service.config, "history.lines = 8\n\nhistory.colour = 1\n").expect("written");
    match client.ask(Reload {}) {
        ToClient::Failed(Failed { kind: FailureKind::Config, message }) => {
            assert!(message.contains("scarab.toml:3: history.colour: unknown field"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    let key = || GetConfig { key: "history.lines".into() };
    let value = |answer: ToClient| match answer {
        ToClient::Config(config) => config.values[0].value.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(value(client.ask(key())), "7");
    match client.ask(GetStatus {}) {
        ToClient::Status(status) => assert!(status.notes.iter().any(|note| note.contains("scarab.toml:3"))),
        other => panic!("{other:?}"),
    }
    std::fs::write(&service.config, "history.lines = 8\n").expect("written");
    assert_eq!(client.ask(Reload {}), Done {}.into());
    assert_eq!(value(client.ask(key())), "8");
    let set = |key: &str, value: &str| SetConfig { key: key.into(), value: value.into() };
    assert_eq!(value(client.ask(set("history.lines", "9"))), "9");
    assert_eq!(client.refused(set("history.lines", "-9")), FailureKind::Config);
    assert_eq!(std::fs::read_to_string(&service.config).expect("read"), "history.lines = 9\n");

    // A directory in the file's place cannot be read: the service starts all the same, and says so.
    let directory = tempfile::tempdir().expect("a directory");
    let nowhere = directory.path().join("scarab.toml");
    std::fs::create_dir(&nowhere).expect("made");
    let service = TestService::in_directory(directory, nowhere);
    let mut client = service.connect();
    assert_eq!(client.refused(Reload {}), FailureKind::Config);
    client.create("", &["/bin/cat"]);
}

#[test]
fn a_full_disk_leaves_the_configuration_as_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let mount = |arguments: &[&str]| {
        let mut command = Command::new("mount");
        command.args(arguments).arg(directory.path()).output().is_ok_and(|output| output.status.success())
    };
    if !mount(&["-t", "tmpfs", "-o", "size=8k", "tmpfs"]) {
        let said = "a full disk: this needs the right to mount one";
        assert!(std::env::var_os("SCARAB_REQUIRE_ALL").is_none(), "{said}");
        eprintln!("DID NOT RUN: {said}");
        return;
    }
    let path = directory.path().to_owned();
    let result = std::panic::catch_unwind(|| {
        let file = path.join("scarab.toml");
        std::fs::write(&file, "history.lines = 7\n").expect("written");
        let home = tempfile::tempdir().expect("a directory");
        let service = TestService::in_directory(home, file.clone());
        let mut client = service.connect();
        let _ = std::fs::write(path.join("filler"), vec![0; 64 << 10]); // as far as it goes
        let set = SetConfig { key: "history.lines".into(), value: "9".into() };
        assert_eq!(client.refused(set), FailureKind::Config);
        assert_eq!(std::fs::read_to_string(&file).expect("read"), "history.lines = 7\n");
        assert_eq!(std::fs::read_dir(&path).expect("listed").count(), 2, "nothing is left behind");
    });
    let unmounted =
        Command::new("umount").arg(directory.path()).status().is_ok_and(|status| status.success());
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
    assert!(unmounted);
}

#[test]
fn a_flood_of_requests_is_limited_aloud_and_each_gets_one_answer() {
    const REQUESTS: u32 = 6000;
    let service = TestService::start();
    let mut client = service.connect();
    let mut bystander = service.connect();
    let mut frames = Vec::new();
    for _ in 0..REQUESTS {
        client.encode(List {}, &mut frames);
    }
    let mut writer = client.stream.try_clone().expect("cloned");
    let writing = std::thread::spawn(move || writer.write_all(&frames).expect("written"));
    let (mut answered, mut refused) = (0, 0);
    for id in 1..=REQUESTS {
        match client.next().expect("an answer each") {
            (got, ToClient::Sessions(_)) if got == id => answered += 1,
            (got, ToClient::Failed(failed)) if got == id && failed.kind == FailureKind::TooMany => {
                refused += 1
            }
            other => panic!("{other:?} for {id}"),
        }
        if id % 1000 == 0 {
            bystander.ping(u64::from(id));
        }
    }
    writing.join().expect("joined");
    assert!(answered >= 2000 && refused >= 1000, "{answered} answered, {refused} refused");
    assert_eq!(bystander.list(), [], "nobody else is limited");
    client.ping(1);
}

/// Requests of the dearest kinds, as many as are allowed at once, while somebody else asks small things.
#[test]
fn a_flood_of_dear_requests_leaves_others_quick() {
    let service = TestService::start();
    let mut client = service.connect();
    const REQUESTS: usize = 1900;
    for _ in 0..50 {
        client.create("", &["/bin/cat"]);
    }
    let mut bystander = service.connect();
    let mut frames = Vec::new();
    for n in 0..REQUESTS {
        match n % 10 {
            0 => client.encode(
                SetConfig { key: "history.lines".into(), value: format!("{}", 1000 + n) },
                &mut frames,
            ),
            1..6 => client.encode(GetConfig { key: String::new() }, &mut frames),
            _ => client.encode(List {}, &mut frames),
        };
    }
    let over = std::sync::atomic::AtomicBool::new(false);
    let mut times = Vec::new();
    std::thread::scope(|scope| {
        let mut writer = client.stream.try_clone().expect("cloned");
        scope.spawn(move || writer.write_all(&frames).expect("written"));
        let (client, over) = (&mut client, &over);
        scope.spawn(move || {
            for _ in 0..REQUESTS {
                let (_, answer) = client.next().expect("an answer each");
                assert!(!matches!(answer, ToClient::Failed(_)), "{answer:?}");
            }
            over.store(true, std::sync::atomic::Ordering::Release);
        });
        while !over.load(std::sync::atomic::Ordering::Acquire) {
            let start = Instant::now();
            bystander.ping(1);
            times.push(start.elapsed());
        }
    });
    times.sort_unstable();
    let place = |hundredths: usize| times[(times.len() - 1) * hundredths / 100];
    println!("{} round trips beside: {:?} {:?} {:?}", times.len(), place(50), place(99), place(100));
    // Counted, not timed: a slow machine is slow for both.
    assert!(times.len() > 2 * REQUESTS, "{} round trips beside {REQUESTS} requests", times.len());
}

#[test]
fn who_asks_without_listening_costs_bounded_memory_and_delays_nobody() {
    let service = TestService::start();
    let mut bystander = service.connect();
    bystander.create("b", &["/bin/cat"]);
    let before = resident();
    let mut client = service.connect();
    client.attach("b");
    client.stream.set_nonblocking(true).expect("set");
    let mut frames = Vec::new();
    for _ in 0..1000 {
        client.encode(List {}, &mut frames);
        client.encode(Ping { timestamp: 1 }, &mut frames);
    }
    let (mut written, mut full) = (0u64, 0);
    while full < 200 {
        match client.stream.write(&frames[(written % frames.len() as u64) as usize..]) {
            Ok(more) => {
                written += more as u64;
                full = 0;
                assert!(written < 64 << 20, "the service takes without end");
            }
            Err(_) => {
                full += 1;
                bystander.ping(full);
            }
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 8 << 10, "{grown} KiB more");
    bystander.ping(1);
}

#[test]
fn a_key_overtakes_requests_that_wait_to_be_answered() {
    let service = TestService::start();
    let mut bystander = service.connect();
    bystander.create("k", &["/bin/cat"]);
    let mut client = service.connect();
    client.attach("k");
    // Fill the way back: the answers are not read, so requests are deferred.
    let mut frames = Vec::new();
    for _ in 0..500 {
        client.encode(GetStatus {}, &mut frames);
    }
    let mut rest = &frames[..];
    client.stream.set_nonblocking(true).expect("set");
    while let Ok(more) = client.stream.write(rest) {
        rest = &rest[more..];
        if rest.is_empty() {
            break;
        }
    }
    client.stream.set_nonblocking(false).expect("set");
    client.stream.write_all(rest).expect("written");
    for c in "typed".chars().chain(['\r']) {
        let text = if c == '\r' { String::new() } else { c.to_string() };
        let key = if c == '\r' { 13 } else { u32::from(c) };
        client.tell(Key { key, mods: 0, action: KeyAction::Press, shifted: 0, base: 0, text });
    }
    bystander.wait_text("k", "typed");
    for _ in 0..500 {
        client.next().expect("each is answered all the same");
    }
}

#[test]
fn waits_can_be_cancelled_time_out_and_are_limited() {
    let service = TestService::start();
    let mut client = service.connect();
    client.create("w", &["/bin/cat"]);
    let wait = |timeout_ms| Wait { session: "w".into(), what: WaitFor::Exit, timeout_ms };
    let outcome = |answer| match answer {
        ToClient::Waited(waited) => waited.outcome,
        other => panic!("{other:?}"),
    };
    let id = client.send(wait(0));
    assert_eq!(client.ask(Cancel { request: id }), Done {}.into());
    assert_eq!(outcome(client.answer(id)), WaitOutcome::Cancelled);
    assert_eq!(outcome(client.ask(wait(1))), WaitOutcome::TimedOut);
    let ids: Vec<_> = (0..64).map(|_| client.send(wait(0))).collect();
    assert_eq!(client.refused(wait(0)), FailureKind::TooMany);
    client.ping(1);
    assert_eq!(client.ask(Kill { session: "w".into(), signal: 0 }), Done {}.into());
    for id in ids {
        assert!(matches!(outcome(client.answer(id)), WaitOutcome::Exited(_)));
    }
    assert_eq!(client.list(), []);
}

#[test]
fn a_large_environment_a_long_listing_and_a_long_capture_travel_in_parts() {
    let service = TestService::start();
    let mut client = service.connect();
    let mut request = creation("env", &["/bin/sh", "-c", "echo ${#BIG0} ${#BIG9}; seq 1 5000; exec cat"]);
    request.environment = (0..10).map(|n| format!("BIG{n}={}", "x".repeat(20_000)).into_bytes()).collect();
    assert!(matches!(client.ask(request), ToClient::Created(_)));
    client.wait_text("env", "5000");
    let text = client.text("env");
    assert_eq!(text.first().map(String::as_str), Some("20000 20000"));
    assert!(text.iter().filter(|line| line.parse::<u32>().is_ok()).count() == 5000);
    for n in 0..60 {
        client.create(&format!("session-{n}-{}", "n".repeat(40)), &["/bin/cat"]);
    }
    assert_eq!(client.list().len(), 61);
    assert_eq!(client.ask(Kill { session: "*".into(), signal: 0 }), Done {}.into());
}

#[test]
fn an_unreadable_configuration_at_the_start_is_told_and_the_defaults_hold() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("scarab.toml");
    std::fs::write(&file, [0xff, 0xfe, 0x00]).expect("written");
    let service = TestService::in_directory(directory, file);
    let mut client = service.connect();
    match client.ask(GetStatus {}) {
        ToClient::Status(status) => assert!(
            status.notes.iter().any(|note| note.contains("scarab.toml: cannot be read")),
            "{:?}",
            status.notes
        ),
        other => panic!("{other:?}"),
    }
    match client.ask(GetConfig { key: "limits.viewers".into() }) {
        ToClient::Config(config) => {
            assert_eq!((config.values[0].value.as_str(), config.values[0].is_default), ("16", true))
        }
        other => panic!("{other:?}"),
    }
    let set = SetConfig { key: "limits.viewers".into(), value: "3".into() };
    assert_eq!(client.refused(set), FailureKind::Config, "what cannot be read is not written over");
    client.create("", &["/bin/cat"]);
}
