//! Several viewers of one session, frames, events and captures.

mod session_support;

use scarab_protocol::message::answer::FailureKind;
use scarab_protocol::message::event::DetachReason;
use scarab_protocol::message::{CaptureStyle, ExitStatus, Region, ToClient};
use session_support::*;

#[test]
fn two_viewers_see_the_same_and_the_last_used_one_gives_the_size() {
    let running = start(spec(&["cat"]));
    let mut first = running.try_attach(|joining| joining.size = size(70, 20)).expect("attached");
    first.see("its size", |frame| (frame.head().cols, frame.head().rows) == (70, 20));
    let mut second = running.try_attach(|joining| joining.size = size(90, 25)).expect("attached");
    first.see("the second one's size", |frame| (frame.head().cols, frame.head().rows) == (90, 25));
    let looker = running.try_attach(|joining| {
        joining.read_only = true;
        joining.size = size(10, 10);
    });
    first.key('a', 0);
    second.see("the first one's size again", |frame| {
        (frame.head().cols, frame.head().rows) == (70, 20) && screen(frame)[0] == "a"
    });
    first.see_text("a");
    assert_eq!(running.session.info().viewers.len(), 3);
    running.session.detach(first.id);
    second.see("the size of who is left", |frame| (frame.head().cols, frame.head().rows) == (90, 25));
    running.session.resize_session(size(40, 10));
    second.see("a size of its own", |frame| (frame.head().cols, frame.head().rows) == (40, 10));
    second.key('b', 0);
    second.see("used again", |frame| (frame.head().cols, frame.head().rows) == (90, 25));
    running.session.detach_all(DetachReason::Asked);
    drop(looker);
    let mut last = running.try_attach(|joining| joining.read_only = true).expect("attached");
    last.see("a detached session keeps its size", |frame| frame.head().cols == 90);
}

#[test]
fn a_program_changes_no_size_under_a_viewer_that_only_looks() {
    let running = shell(
        r#"read line; turn=0
        until [ "$(stty size)" = '30 90' ]; do
            printf '\033[8;30;90t'; turn=$((turn + 1)); echo turn-$turn; sleep 0.02
        done; exit 7"#,
    );
    let mut looker = running.try_attach(|joining| joining.read_only = true).expect("attached");
    let mut typist = running.attach();
    typist.typed("\n");
    running.session.detach(typist.id);
    looker.see("its size, as often as the program asks for another", |frame| {
        assert_eq!((frame.head().cols, frame.head().rows), (80, 24));
        screen(frame).iter().any(|line| line == "turn-9")
    });
    running.session.detach(looker.id);
    assert_eq!(running.exit(), ExitStatus::Code(7), "nobody looks any more");
}

#[test]
fn who_comes_later_learns_the_pointers_shape() {
    let running = shell(r"printf '\033]22;wait\033\\'; echo shaped; read line");
    running.attach().see_text("shaped");
    let second = running.attach();
    let shape = wait_for(&second.inbox, |message| match message {
        ToClient::PointerShape(event) => Some(event.shape),
        _ => None,
    });
    assert_eq!(shape, "wait");
}

#[test]
fn one_viewer_too_many_is_told_so() {
    let mut spec = spec(&["cat"]);
    spec.settings.max_viewers = 2;
    let running = start(spec);
    let mut first = running.attach();
    let _second = running.attach();
    let failed = running.try_attach(|_| {}).err().expect("refused");
    assert_eq!(failed.kind, FailureKind::TooMany);
    first.typed("still here\n");
    first.see_text("still here");
    let _only = running.try_attach(|joining| joining.detach_others = true).expect("room was made");
    let reason = wait_for(&first.inbox, |message| match message {
        ToClient::Detached(detached) => Some(detached.reason),
        _ => None,
    });
    assert_eq!(reason, DetachReason::Replaced);
}

#[test]
fn a_viewer_that_never_looks_costs_nothing_and_delays_nobody() {
    let mut spec = spec(&[
        "sh",
        "-c",
        "echo ready; read a; yes 'a line of a flood that nobody looks at' | head -n 2000000; echo over; read b",
    ]);
    spec.settings.history_bytes = 1 << 20;
    let running = start(spec);
    let mut viewer = running.attach();
    viewer.see_text("ready");
    let _stuck: Vec<_> = (0..8).map(|_| running.attach()).collect();
    // What the first lap touches belongs to the session: the emulator's screen, the rings.
    viewer.typed("\n");
    viewer.see_text("a line of a flood");
    let before = resident();
    viewer.see_text("over");
    let grown = resident().saturating_sub(before);
    assert!(grown < 8 << 20, "80 MB of output cost {} KiB", grown >> 10);
}

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("statm");
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("a number") * 4096
}

#[test]
fn many_viewers_end_on_the_same_screen() {
    let running = shell("read a; seq 1 200000; echo over; read b");
    let mut viewers: Vec<_> = (0..16).map(|_| running.attach()).collect();
    viewers[0].typed("\n");
    let screens: Vec<Vec<String>> = viewers
        .iter_mut()
        .map(|viewer| {
            viewer.see_text("over");
            screen(&viewer.frame)
        })
        .collect();
    assert!(screens.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn no_frame_shows_half_of_a_synchronized_update() {
    // Each update writes one number all over a row, in several writes.
    let script = "i=0; while [ $i -lt 300 ]; do printf '\\033[?2026h\\033[H'; printf '%04d' $i; sleep 0.001; \
                  printf ' %04d' $i; printf '\\033[?2026l'; i=$((i+1)); done; echo over; read a";
    let running = shell(script);
    let mut viewer = running.attach();
    let mut seen = 0;
    viewer.see("the end", |frame| {
        let row = &screen(frame)[0];
        if let Some((left, right)) = row.split_once(' ') {
            assert_eq!(left, &right[..4.min(right.len())], "half an update: {row}");
            seen += 1;
        }
        screen(frame).join("\n").contains("over")
    });
    assert!(seen > 10, "only {seen} frames were seen");
}

#[test]
fn an_update_that_never_ends_is_shown_after_a_while() {
    let running = shell("printf '\\033[?2026hstuck'; read a");
    running.attach().see_text("stuck");
}

#[test]
fn what_programs_tell_is_told_on() {
    let running =
        shell("read a; printf '\\007\\033]2;a title\\007\\033]9;hello\\007\\033]7;file:///tmp\\007'; read b");
    let mut viewer = running.attach();
    viewer.typed("\n");
    let (mut bell, mut title, mut note, mut directory) = (false, false, false, false);
    wait_for(&viewer.inbox, |message| {
        match message {
            ToClient::Bell(_) => bell = true,
            ToClient::Title(told) => title = told.title == "a title",
            ToClient::Notification(told) => note = told.title == "hello" || told.body == "hello",
            ToClient::Directory(told) => directory = told.directory == "/tmp",
            _ => {}
        }
        (bell && title && note && directory).then_some(())
    });
    assert_eq!(running.session.info().title, "a title");
    assert_eq!(running.session.info().directory, "/tmp");
}

#[test]
fn a_bell_that_nobody_heard_is_kept() {
    let running = shell("printf '\\007'; read a");
    wait_for(&running.events, |event| matches!(event, ToClient::Bell(_)).then_some(()));
    assert!(running.session.info().bell);
    running.attach();
    assert!(!running.session.info().bell);
}

#[test]
fn the_clipboard_is_asked_of_one_viewer_and_answered_once() {
    let running =
        shell("stty raw -echo; read a; printf '\\033]52;c;?\\007'; head -c 12 | od -An -c; stty sane");
    let other = running.attach();
    let mut viewer = running.attach();
    viewer.typed("\n");
    let number = wait_for(&viewer.inbox, |message| match message {
        ToClient::ClipboardRead(asked) => Some(asked.number),
        _ => None,
    });
    // Not asked of this one, so that its answer is nothing.
    running.session.clipboard_answer(other.id, number, Some(b"wrong".to_vec()));
    running.session.clipboard_answer(viewer.id, number, Some(b"yes".to_vec()));
    running.session.clipboard_answer(viewer.id, number, Some(b"again".to_vec()));
    running.exit();
    let text: String = running.all_lines().join(" ").split_whitespace().collect();
    assert!(text.contains("033]52;c;eWVz"), "{text}");
}

#[test]
fn the_foreground_process_is_known() {
    let running = shell("sleep 1000 & read a; exec sleep 1000");
    running.attach().typed("\n");
    wait_for(&running.events, |event| match event {
        ToClient::Foreground(told) if told.name == "sleep" => Some(()),
        _ => None,
    });
}

#[test]
fn captures_come_in_pages_with_styles_and_unwrapped() {
    let script = "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; \
                  printf '%0200d\\n' 7; printf '\\033[1;31mred\\033[0m \\033]8;;https://a.example/\\007link\\033]8;;\\007\\n'; read a";
    let running = shell(script);
    running.attach().see_text("link");
    let page =
        running.capture(Region::Lines { first: 0, last: u64::MAX }, CaptureStyle::Text).expect("a page");
    assert_eq!(page.lines.len(), 2000);
    let lines = running.all_lines();
    assert_eq!(lines.len(), 3002);
    assert_eq!(lines[2999], "line 2999");
    assert_eq!(lines[3000], format!("{:0200}", 7));
    let some = running.capture(Region::Lines { first: 10, last: 12 }, CaptureStyle::Text).expect("a page");
    let some: Vec<(u64, &str)> = some.lines.iter().map(|line| (line.number, line.text.as_str())).collect();
    assert_eq!(some, [(10, "line 10"), (11, "line 11"), (12, "line 12")]);
    let page = running.capture(Region::Screen, CaptureStyle::Ansi).expect("a page");
    let last = &page.lines.last().expect("lines").text;
    assert_eq!(last, "\x1b[0;1;31mred\x1b[0m \x1b]8;;https://a.example/\x1b\\link\x1b]8;;\x1b\\");
}

#[test]
fn the_last_commands_output_is_found() {
    let script = r"p() { printf '\033]133;A\007$ \033]133;B\007'; }; c() { printf '%s\n\033]133;C\007' $1; }; d() { printf '\033]133;D;0\007'; };
        p; c one; echo first; d; p; c two; echo second; echo third; d; p; c three; echo running; read a";
    let running = shell(script);
    running.attach().see_text("running");
    let page = running.capture(Region::LastCommand, CaptureStyle::Text).expect("a page");
    let lines: Vec<&str> = page.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["second", "third"]);
    let plain = shell("echo nothing marked; read a");
    plain.attach().see_text("nothing marked");
    let failed = plain.capture(Region::LastCommand, CaptureStyle::Text).expect_err("no marks");
    assert_eq!(failed.kind, FailureKind::Unsupported);
}

#[test]
fn resizing_loses_no_line() {
    let script = "i=0; while [ $i -lt 400 ]; do printf '%0*d\\n' $((i % 190 + 1)) $i; i=$((i+1)); done; \
                  printf '\\033[1;32mthe end 世界\\033[0m'; read a";
    let running = shell(script);
    let mut viewer = running.attach();
    viewer.see_text("the end");
    let before = running.all_lines();
    assert_eq!(before.len(), 401);
    let mut number = 1u32;
    for _ in 0..60 {
        number = number.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let (cols, rows) = (2 + (number >> 16) as u16 % 150, 1 + (number >> 8) as u16 % 60);
        running.session.resize(viewer.id, size(cols, rows));
        viewer.see("the size", |frame| (frame.head().cols, frame.head().rows) == (cols, rows));
        assert_eq!(running.all_lines(), before, "at {cols}x{rows}");
    }
}

#[test]
fn a_frame_carries_styles_links_clusters_and_colours() {
    use scarab_protocol::grid::{Attributes, Colour, Content, DynamicColour, Underline};
    let script = "printf '\\033[1;4:3;38;2;1;2;3;58:5:9mA\\033[0m\\033]8;id=x;https://a.example/\\007B\\033]8;;\\007'; \
                  printf 'e\\314\\201\\344\\270\\226\\033]11;#102030\\007\\033]4;5;#405060\\007\\033[5 q ready'; read a";
    let running = shell(script);
    let mut viewer = running.attach();
    viewer.see_text("ready");
    let frame = &viewer.frame;
    let cells = &frame.rows()[0].cells;
    let style = frame.style(cells[0].style());
    assert!(style.attributes.contains(Attributes::BOLD));
    assert_eq!(style.underline, Underline::Curly);
    assert_eq!(style.underline_colour, Colour::Indexed(9));
    assert!(matches!(style.foreground, Colour::Rgb(rgb) if (rgb.r, rgb.g, rgb.b) == (1, 2, 3)));
    let link = frame.style(cells[1].style()).link.and_then(|link| frame.link(link)).expect("a link");
    assert_eq!((link.id.as_str(), link.uri.as_str()), ("x", "https://a.example/"));
    assert!(matches!(cells[2].content(), Content::Cluster(id) if frame.cluster(id) == "e\u{301}"));
    assert!(
        cells[3].wide() && cells[3].content() == Content::Char('世') && cells[4].content() == Content::Spacer
    );
    let background = frame.colours().dynamic(DynamicColour::Background).expect("set by the program");
    assert_eq!((background.r, background.g, background.b), (0x10, 0x20, 0x30));
    let fifth = frame.colours().palette[5].expect("set by the program");
    assert_eq!((fifth.r, fifth.g, fifth.b), (0x40, 0x50, 0x60));
    assert!(frame.head().cursor.blinking);
}
