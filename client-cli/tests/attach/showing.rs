//! What the outer terminal shows is what the session is.

use crate::harness::Place;
use crate::harness::outer::Outer;

/// Everything in one screen: colours, wide characters, clusters, a link, a scroll region, reverse video for a part.
const VARIED: &str = "i=0; while [ $i -lt 60 ]; do printf 'line %d \\033[3%dm colour \\033[48;5;%dm ground \\033[m\\n' $i $((i%8)) $((i*3)); i=$((i+1)); done; \
    printf 'wide 宽字 emoji 👍 family 👩‍👩‍👧 accent e\\314\\201 end\\n'; \
    printf '\\033[3;8r\\033[8;1Hone\\ntwo\\nthree\\033[r\\033[12;5H\\033[7minverse\\033[m'; \
    printf '\\033]8;;https://example.org\\033\\\\link\\033]8;;\\033\\\\'; printf '\\033[24;1Hdone'; exec cat";

fn same_as_session(place: &Place, outer: &Outer, rows: usize) {
    let capture = place.ok(["capture", "varied"]);
    let wanted: Vec<&str> = capture.lines().take(rows).collect();
    let got = outer.text();
    let got: Vec<&str> = got.lines().take(wanted.len()).collect();
    assert_eq!(got, wanted);
}

#[test]
fn the_screen_is_the_sessions() {
    let place = Place::new();
    place.script("varied", VARIED);
    let mut outer = Outer::start(&place, &["attach", "varied"], 80, 24);
    outer.until_text("done");
    same_as_session(&place, &outer, 24);
    let cell = outer.terminal.screen().row(11).cells()[4];
    let style = outer.terminal.styles().get(cell.style());
    assert!(style.attributes.contains(scarab_terminal::Attributes::INVERSE));
    let linked = outer.terminal.screen().row(11).cells()[11];
    let link =
        outer.terminal.styles().get(linked.style()).link.and_then(|link| outer.terminal.links().get(link));
    assert_eq!(link.map(|link| link.uri.to_string()).as_deref(), Some("https://example.org"));
}

#[test]
fn the_session_follows_the_size_of_its_viewer() {
    let place = Place::new();
    place.script("sizes", "trap 'stty size' WINCH; stty size; while :; do read line && echo got $line; done");
    let mut outer = Outer::start(&place, &["attach", "sizes"], 80, 24);
    outer.until_text("24 80");
    outer.resize(61, 17);
    outer.until_text("17 61");
    outer.resize(132, 43);
    outer.until_text("43 132");
}

#[test]
fn a_read_only_viewer_types_nothing_and_takes_no_size() {
    let place = Place::new();
    place.script("work", "echo ready; exec cat");
    let mut outer = Outer::start(&place, &["attach", "work", "--read-only"], 60, 12);
    outer.until_text("ready");
    outer.type_in(b"x");
    outer.until_text("read-only");
    assert_eq!(place.entry("work")["cols"], 80);
    place.ok(["send", "work", "told"]);
    outer.until_text("told");
    assert_eq!(outer.row(0), "ready");
    assert!(!outer.text().contains('x'));
}

#[test]
fn a_paste_arrives_whole_and_the_prefix_in_it_is_text() {
    let place = Place::new();
    let copy = place.file("copy");
    // The text with twelve bytes around it, less the control character, which no paste may type.
    let script =
        format!("stty raw -echo; printf '\\033[?2004hready'; exec head -c 200014 > {}", copy.display());
    place.script("work", &script);
    let mut outer = Outer::start(&place, &["attach", "work"], 80, 24);
    outer.until_text("ready");
    let mut text = vec![0x1c];
    text.extend_from_slice(b"d ");
    text.extend((0..200_000u32).map(|i| b'a' + (i % 26) as u8));
    outer.type_in(b"\x1b[200~");
    outer.type_in(&text);
    outer.type_in(b"\x1b[201~");
    assert!(outer.end().success());
    let got = std::fs::read(copy).expect("the copy");
    let wanted = [b"\x1b[200~", &text[1..], b"\x1b[201~"].concat();
    assert_eq!(got.len(), wanted.len());
    assert!(got == wanted, "every byte in its place");
}

#[test]
fn what_the_program_asks_of_the_terminal_is_asked_of_the_outer_one() {
    let place = Place::new();
    let script =
        "printf '\\033]2;my title\\033\\\\\\033[?1003h\\033[?1006h\\033[?25l\\033[4 qready'; exec cat -v";
    place.script("asking", script);
    let mut outer = Outer::start(&place, &["attach", "asking"], 80, 24);
    outer.until_text("ready");
    outer.until("the mouse", |outer| {
        outer.terminal.input_modes().mouse == scarab_terminal::input::MouseTracking::Any
    });
    assert_eq!(outer.terminal.title(), "my title");
    outer.until("the cursor hidden", |outer| !outer.terminal.cursor().visible);
    outer.type_in(b"\x1b[<0;5;7M");
    outer.until_text("^[[<0;5;7M");
    outer.type_in(b"\x1cd");
    assert!(outer.end().success());
    outer.assert_restored();
}

#[test]
fn the_list_leads_to_another_session() {
    let place = Place::new();
    place.script("first", "echo this is the first; exec cat");
    place.script("second", "echo this is the second; exec cat");
    let mut outer = Outer::start(&place, &["attach", "first"], 80, 24);
    outer.until_text("this is the first");
    outer.type_in(b"\x1cs");
    outer.until_text("> first");
    outer.type_in(b"j");
    outer.until_text("> second");
    outer.type_in(b"\r");
    outer.until_text("this is the second");
    outer.type_in(b"\x1cp");
    outer.until_text("this is the first");
    outer.type_in(b"\x1cn");
    outer.until_text("this is the second");
    outer.type_in(b"\x1cd");
    assert!(outer.end().success());
    assert_eq!(outer.row(0), "[detached from second]");
}

#[test]
fn a_flood_is_interrupted_at_once_and_the_screen_is_right_after_it() {
    let place = Place::new();
    let flood =
        "trap 'echo stopped; exec cat' INT; while :; do echo 0123456789abcdefghijklmnopqrstuvwxyz; done";
    place.script("varied", flood);
    let mut outer = Outer::start(&place, &["attach", "varied"], 80, 24);
    outer.until_text("0123456789abcdefghijklmnopqrstuvwxyz");
    outer.type_in(b"\x03");
    outer.until_text("stopped");
    outer.type_in(b"after\r");
    outer.until("the echo", |outer| outer.text().matches("after").count() == 2);
    same_as_session(&place, &outer, 24);
}

#[test]
fn painting_does_not_run_ahead_of_a_terminal_that_has_fallen_behind() {
    let place = Place::new();
    let script = "trap : INT; yes 0123456789012345678901234567890123456789; echo first; \
        read go; od -An -v -tx1 -w60 /dev/urandom | head -n 60000; echo last; exec cat";
    place.script("work", script);
    // Large frames of which no two rows are alike: twenty-odd of them pass while nobody looks.
    let mut outer = Outer::start(&place, &["attach", "work"], 200, 60);
    outer.until("a question whether it keeps up", |outer| {
        outer.written.windows(4).any(|bytes| bytes == b"\x1b[5n")
    });
    outer.type_in(b"\x03");
    outer.until_text("first");
    // From here on it takes bytes, as a slow line's buffers do, and answers nothing.
    outer.answers = false;
    outer.type_in(b"\r");
    place.ok(["wait", "work", "--text", "last"]);
    let ahead = outer.take_unseen();
    // A frame and what may be unanswered, once more for each two seconds of a slow machine; unpaced it is megabytes.
    assert!(ahead < 160 << 10, "{ahead} bytes were painted ahead of the terminal");
    outer.until_text("last");
}

#[test]
fn the_kitty_keyboard_is_used_where_the_terminal_has_it() {
    let place = Place::new();
    place.script("keys", "stty raw -echo; printf '\\033[>15uready'; exec cat -v");
    let mut outer = Outer::start(&place, &["attach", "keys"], 80, 24);
    outer.until_text("ready");
    outer.until("the program's flags outside", |outer| outer.terminal.input_modes().kitty == 15);
    outer.type_in(b"\x1b[97;5u\x1b[97;5:3u");
    outer.until_text("^[[97;5:3u");
    outer.type_in(b"\x1b[92;5u\x1b[92;5:3u\x1b[100u");
    assert!(outer.end().success());
    assert_eq!(outer.row(0), "[detached from keys]");
    outer.assert_restored();
}
