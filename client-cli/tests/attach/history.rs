//! The history view: scrolling, searching, selecting, copying.

use crate::harness::Place;
use crate::harness::outer::Outer;
use scarab_terminal::Event;

fn numbers(place: &Place) -> Outer {
    place.script("numbers", "seq 1 2000; echo ready; exec cat");
    let mut outer = Outer::start(place, &["attach", "numbers"], 80, 24);
    outer.until_text("ready");
    outer
}

fn clipboard(outer: &mut Outer) -> Option<Vec<u8>> {
    outer.terminal.take_events().into_iter().find_map(|event| match event {
        Event::ClipboardSet { data, .. } => Some(data),
        _ => None,
    })
}

#[test]
fn it_scrolls_to_the_first_line_and_back() {
    let place = Place::new();
    let mut outer = numbers(&place);
    outer.type_in(b"\x1c[");
    outer.until_text("[0/1978]");
    outer.type_in(b"g");
    outer.until("the first line", |outer| outer.row(0).starts_with("1 ") && outer.row(22) == "23");
    outer.type_in(b"\x1b[6~");
    outer.until("a page down", |outer| outer.row(0).starts_with("24 "));
    outer.type_in(b"q");
    outer.until("the session", |outer| outer.row(22) == "ready" && !outer.row(0).contains('['));
}

#[test]
fn it_finds_and_copies() {
    let place = Place::new();
    let mut outer = numbers(&place);
    outer.type_in(b"\x1c/");
    outer.until("the prompt", |outer| outer.row(23).trim_start() == "/");
    outer.type_in(b"777\r");
    // The newest match is 1777; the next older one 777.
    outer.until("the newest match", |outer| outer.text().contains("1777"));
    outer.type_in(b"n");
    outer.until("the older match", |outer| outer.text().lines().any(|line| line == "777"));
    outer.type_in(b"v$jjy");
    outer.until("the copy's notice", |outer| outer.row(23).contains("copied"));
    assert_eq!(clipboard(&mut outer).as_deref(), Some(&b"777\n778\n779"[..]));
}

#[test]
fn it_searches_for_expressions_and_for_what_is_typed() {
    let place = Place::new();
    place.script("lines", "echo 'a(b)c'; echo abc; seq 1 100; echo ready; exec cat");
    let mut outer = Outer::start(&place, &["attach", "lines"], 80, 24);
    outer.until_text("ready");
    outer.type_in(b"\x1c/");
    outer.until("the prompt", |outer| outer.row(23).trim_start() == "/");
    outer.type_in(b"^a(b)C?$\r");
    outer.until("a capital typed, so there is none", |outer| outer.row(23).contains("no further"));
    outer.type_in(b"/^A?a(b)c$\r");
    outer.until("the line that matches", |outer| outer.text().lines().any(|line| line == "abc"));
    // The other line is not what the expression says.
    outer.type_in(b"n");
    outer.until("nothing further", |outer| outer.row(23).contains("no further \"^A?a(b)c$\""));
    outer.type_in(b"/a(b\r");
    outer.until("what is wrong with it", |outer| {
        let row = outer.row(23);
        row.trim_start().starts_with("/a(b ") && row.contains("unclosed group (character 2)")
    });
    // What was typed is there to be mended, or meant to stand for itself.
    outer.type_in(b")");
    outer.until("it goes on", |outer| outer.row(23).trim_start() == "/a(b)");
    outer.type_in(b"\x7f\x12");
    outer.until("the other prompt", |outer| outer.row(23).trim_start() == "literally /a(b");
    outer.type_in(b"\r");
    outer.until("it stands for itself", |outer| {
        let (row, col) = (outer.terminal.cursor().row, outer.terminal.cursor().col);
        outer.row(row).starts_with("a(b)c") && col == 0
    });
}

#[test]
fn the_wheel_opens_it_and_a_drag_copies() {
    let place = Place::new();
    let mut outer = numbers(&place);
    // The emulator outside says that it takes the clipboard, so the mouse is ours in a plain shell.
    outer.until("the mouse", |outer| {
        outer.terminal.input_modes().mouse != scarab_terminal::input::MouseTracking::Off
    });
    outer.type_in(b"\x1b[<64;5;5M");
    outer.until_text("[3/1978]");
    outer.type_in(b"\x1b[<0;1;3M\x1b[<32;4;4M\x1b[<0;4;4m");
    outer.until("the copy's notice", |outer| outer.row(23).contains("copied"));
    let copied = clipboard(&mut outer).expect("a copy");
    assert_eq!(String::from_utf8_lossy(&copied), "1978\n1979");
    outer.type_in(b"\x1b[<65;5;5M\x1b[<65;5;5M");
    outer.type_in(b"q");
    outer.until("the session", |outer| outer.row(22) == "ready" && !outer.row(0).contains('['));
}
