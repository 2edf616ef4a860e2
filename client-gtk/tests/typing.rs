//! What reaches a program and what does not: input methods, pastes, the mouse, the wheel and focus, each as a person uses
//! it; finding, and coming back to what a closed window showed.

mod harness;

use harness::{Desktop, Picture};
use std::cell::Cell;

/// A shell without colours of its own.
const SHELL: [&str; 3] = ["bash", "--norc", "--noprofile"];

/// Colours that no theme has.
const MARK: [u8; 3] = [1, 200, 3];
const OTHER: [u8; 3] = [200, 1, 210];
const THIRD: [u8; 3] = [3, 90, 220];

/// Left, top, right, bottom, all inside.
type Bounds = [usize; 4];

fn marked(picture: &Picture, colour: [u8; 3]) -> Option<Bounds> {
    picture.find(colour).map(|(_, bounds)| bounds)
}

fn windows(desktop: &Desktop) -> usize {
    desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]).lines().count()
}

/// What the program wrote down of what it got.
fn got(desktop: &Desktop) -> String {
    desktop.scarab(&["capture", "1"]).replace('\n', "")
}

fn until_got(desktop: &Desktop, text: &str) {
    desktop.until(&format!("the program gets {text}"), |desktop| got(desktop).contains(text));
}

#[test]
fn what_an_input_method_is_about_to_type_stands_at_the_cursor_until_it_does() {
    // Text is MARK, and there is none; the cursor is OTHER.
    let text = "printf '\\033]10;#01c803\\033\\\\\\033]12;#c801d2\\033\\\\\\033[5;10H'; exec cat";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    let mut width = 0;
    for zoom in [&[][..], &["ctrl+plus"; 6]] {
        desktop.keys(zoom);
        let cursor =
            |picture: &Picture| marked(picture, OTHER).filter(|[left, _, right, _]| right - left > 5);
        let last = Cell::new(None);
        let [left, top, right, bottom] =
            desktop.until_seen("the cursor at rest, larger than before", |picture| {
                let now = cursor(picture).filter(|[left, _, right, _]| right - left > width + 2);
                (last.replace(now) == now).then_some(now).flatten()
            });
        width = right - left + 1;
        desktop.keys(&["ctrl+shift+u", "2", "1", "9", "2"]);
        // The line under it is as long as its five characters.
        let typed = desktop.until_seen("u2192 in the cursor's place", |picture| {
            let bounds = marked(picture, MARK)?;
            let near = (5 * width).abs_diff(bounds[2] - bounds[0] + 1) <= width / 2;
            (near && marked(picture, OTHER).is_none()).then_some(bounds)
        });
        assert!(typed[0].abs_diff(left) < width && typed[1] >= top && typed[3] <= bottom + 1, "{typed:?}");
        assert!(!got(&desktop).contains("2192"), "it was typed before it was chosen");
        desktop.keys(&["Return"]);
        desktop.until("it is typed", |desktop| got(desktop).contains('\u{2192}'));
        desktop.until_seen("the cursor after it", |picture| cursor(picture).filter(|now| now[0] > left));
        desktop.keys(&["BackSpace"]);
        desktop.until("it is taken back", |desktop| !got(desktop).contains('\u{2192}'));
    }
}

#[test]
fn dead_keys_compose() {
    let Some(desktop) = Desktop::start(&["sh", "-c", "echo ready; exec cat"]) else { return };
    desktop.until_shown("1", "ready");
    desktop.run("setxkbmap", &["us", "-variant", "intl"]);
    desktop.keys(&["dead_acute", "e", "dead_grave", "a", "dead_circumflex", "space", "x"]);
    desktop.until_shown("1", "\n\u{e9}\u{e0}^x");
}

#[test]
fn a_key_tells_that_num_lock_is_on_for_as_long_as_it_is() {
    // All keys as events, as the kitty keyboard protocol has them: 1 and 128 for Num Lock.
    let text = "stty raw -echo; printf '\\033[=8uready:'; exec cat -v";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    desktop.until_shown("1", "ready:");
    desktop.keys(&["x"]);
    until_got(&desktop, "ready:^[[120u");
    desktop.keys(&["Num_Lock", "y"]);
    until_got(&desktop, "^[[121;129u");
    desktop.keys(&["Num_Lock", "z"]);
    until_got(&desktop, "^[[122u");
}

#[test]
fn lines_are_pasted_as_they_are_where_the_program_knows_a_paste() {
    let text =
        "printf 'ready\\033[?2004h\\n\\033[48;2;1;200;3mone\\ntwo\\033[m\\n'; stty raw -echo; exec cat -v";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    let [left, top, right, bottom] = desktop.until_seen("two lines", |picture| marked(picture, MARK));
    let place = |x: usize, y: usize| [x.to_string(), y.to_string()];
    let [x, y] = place(left + 1, top + 5);
    desktop.tool(&["mousemove", &x, &y, "mousedown", "1"]);
    let [x, y] = place(left + 8, bottom - 5);
    desktop.tool(&["mousemove", &x, &y]);
    let [x, y] = place(right + 1, bottom - 5);
    desktop.tool(&["mousemove", &x, &y, "mouseup", "1"]);
    desktop.keys(&["ctrl+shift+c", "ctrl+shift+v"]);
    desktop.until_shown("1", "\n^[[200~one\n          two^[[201~");
    assert_eq!(windows(&desktop), 1, "nothing is asked");
}

#[test]
fn a_program_gets_the_mouse_unless_shift_is_held() {
    let text = "stty raw -echo
        printf '\\033[?1000h\\033[?1006h\\033[?25l\\033[5;10H\\033[48;2;1;200;3m \\033[m\\033[8;1H'; exec cat -v";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    let [left, top, right, bottom] = desktop.until_seen("a cell", |picture| marked(picture, MARK));
    let [x, y] = [(left + right) / 2, (top + bottom) / 2].map(|place| place.to_string());
    desktop.tool(&["mousemove", &x, &y, "click", "1"]);
    until_got(&desktop, "^[[<0;10;5M^[[<0;10;5m");
    desktop.tool(&["click", "3"]);
    until_got(&desktop, "^[[<2;10;5M^[[<2;10;5m");
    desktop.tool(&["click", "4", "click", "5"]);
    until_got(&desktop, "^[[<64;10;5M^[[<65;10;5M");
    desktop.tool(&["keydown", "ctrl", "click", "1", "keyup", "ctrl"]);
    until_got(&desktop, "^[[<16;10;5M");
    let before = got(&desktop).matches("[<").count();
    let [from, to] = [left - 3, right + 3].map(|place| place.to_string());
    desktop.tool(&["keydown", "shift", "mousemove", &from, &y, "mousedown", "1", "mousemove", &x, &y]);
    desktop.tool(&["mousemove", &to, &y, "mouseup", "1", "keyup", "shift"]);
    desktop.until("the cell is selected", |desktop| marked(&desktop.picture(), MARK).is_none());
    desktop.type_text("q");
    until_got(&desktop, "q");
    assert_eq!(got(&desktop).matches("[<").count(), before, "the program got nothing of it");
}

#[test]
fn the_wheel_moves_in_a_pager() {
    let text = "{ printf '1\\033[48;2;1;200;3m \\033[m\\n'; seq 2 1000; } | less -R";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    let first = |desktop: &Desktop| {
        desktop.scarab(&["capture", "1"]).lines().next().map(|line| line.trim().to_owned())
    };
    let until_first = |line: &str| {
        desktop.until(&format!("{line} is on top"), |desktop| first(desktop).as_deref() == Some(line));
    };
    desktop.until_seen("the first line", |picture| marked(picture, MARK));
    until_first("1");
    desktop.tool(&["mousemove", "200", "200", "click", "5"]);
    until_first("4");
    desktop.tool(&["click", "5", "click", "5"]);
    until_first("10");
    desktop.tool(&["click", "4"]);
    until_first("7");
}

#[test]
fn a_program_that_asks_is_told_of_focus() {
    let text = "stty raw -echo; printf '\\033[?1004hready:'; exec cat -v";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    desktop.until_shown("1", "ready:");
    desktop.focus(false);
    desktop.until("it has lost it", |desktop| got(desktop).ends_with("^[[O"));
    desktop.focus(true);
    desktop.until("it has it again", |desktop| got(desktop).ends_with("^[[O^[[I"));
}

/// Which of two places is in the window.
fn seen(picture: &Picture) -> [bool; 2] {
    [MARK, OTHER].map(|colour| marked(picture, colour).is_some())
}

#[test]
fn a_search_goes_up_and_down_by_keys() {
    let text = "printf 'needle \\033[48;2;1;200;3m  \\033[m\\n'; seq 200
        printf 'needle \\033[48;2;200;1;210m  \\033[m\\n'; seq 200; echo needle; exec cat";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    desktop.until_shown("1", "needle");
    let until = |what: &str, wanted: [bool; 2]| {
        desktop.until_seen(what, |picture| (seen(picture) == wanted).then_some(()));
    };
    until("the end", [false, false]);
    desktop.keys(&["ctrl+shift+f"]);
    desktop.type_text("needle");
    desktop.keys(&["Return"]);
    until("the one before the last", [false, true]);
    desktop.keys(&["Return"]);
    until("the first", [true, false]);
    desktop.keys(&["ctrl+g"]);
    until("the next", [false, true]);
    desktop.keys(&["ctrl+shift+g"]);
    until("the previous", [true, false]);
    desktop.keys(&["ctrl+g", "ctrl+g"]);
    until("the last", [false, false]);
}

#[test]
fn a_search_may_be_for_an_expression() {
    let text = "printf 'needle \\033[48;2;1;200;3m  \\033[m.\\n'; seq 300
        printf 'n.*le \\033[48;2;200;1;210m  \\033[m.\\n'; seq 300; echo ready; exec cat";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    desktop.until_shown("1", "ready");
    let is_set =
        |desktop: &Desktop| desktop.scarab(&["config", "get", "window.search-regex"]).contains("true");
    desktop.keys(&["ctrl+shift+f"]);
    desktop.type_text("n.*le");
    desktop.until_seen("what stands for itself", |picture| (seen(picture) == [false, true]).then_some(()));
    assert!(!is_set(&desktop));
    // The button, by keys; pressed again before the service has answered it stays as it was left.
    desktop.keys(&["Tab", "space", "space", "space"]);
    desktop.until("it is remembered", is_set);
    desktop.keys(&["Escape", "ctrl+shift+f", "ctrl+a"]);
    desktop.type_text("^n.*dle");
    let place = desktop.until_seen("the line that matches", |picture| marked(picture, MARK));
    desktop.type_text(".*$");
    let is_washed = |picture: &Picture| marked(picture, MARK).is_none().then_some(());
    desktop.until_seen("it is a match to its end", is_washed);
    // An expression that is not whole marks nothing, and what is wrong with it moves nothing.
    desktop.type_text("(");
    assert_eq!(desktop.until_seen("nothing is marked", |picture| marked(picture, MARK)), place);
    desktop.keys(&["BackSpace"]);
    desktop.until_seen("it is a match again", is_washed);
    assert!(is_set(&desktop));
    desktop.keys(&["Escape"]);
    desktop.type_text("typed");
    desktop.until_shown("1", "typed");
}

#[test]
fn a_closed_window_s_sessions_are_all_found_again() {
    let Some(mut desktop) = Desktop::start(&SHELL) else { return };
    let sessions = [("1", MARK), ("2", OTHER), ("3", THIRD)];
    for (session, [r, g, b]) in sessions {
        if session != "1" {
            desktop.keys(&["ctrl+shift+t"]);
        }
        desktop.until("its session is attached", |desktop| {
            desktop.scarab(&["ls"]).lines().filter(|line| line.contains("running  1 ")).count().to_string()
                == session
        });
        desktop.until_shown(session, "$");
        desktop
            .type_text(&format!("printf '\\033[48;2;{r};{g};{b}m  \\033[m'; echo tab-{session}-$((40 + 2))"));
        desktop.keys(&["Return"]);
        desktop.until_shown(session, &format!("tab-{session}-42"));
    }
    // The button in the corner of the window, which stands in the corner of the screen.
    let window = desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]);
    let geometry = desktop.tool(&["getwindowgeometry", "--shell", &window]);
    let width = geometry.lines().find_map(|line| line.strip_prefix("WIDTH="));
    let width: usize = width.and_then(|width| width.parse().ok()).expect("a width");
    desktop.tool(&["mousemove", &(width - 24).to_string(), "24", "click", "1"]);
    desktop.until("the window is closed", |desktop| windows(desktop) == 0);
    desktop.until("nobody looks at them, and they run", |desktop| {
        desktop.scarab(&["ls"]).lines().filter(|line| line.contains("running  - ")).count() == 3
    });
    desktop.tool(&["mousemove", "400", "300"]);
    for (session, colour) in sessions {
        desktop.open_session(session);
        desktop.until_seen("what it showed", |picture| marked(picture, colour));
        assert!(desktop.scarab(&["capture", session]).contains(&format!("tab-{session}-42")));
        desktop.type_text(&format!("echo again-{session}-$((40 + 2))"));
        desktop.keys(&["Return"]);
        desktop.until_shown(session, &format!("again-{session}-42"));
        desktop.keys(&["ctrl+shift+q"]);
        desktop.until("its window is closed", |desktop| windows(desktop) == 0);
    }
}
