//! The window as a person uses it: real keys, real mouse, and what is seen.

mod harness;

use harness::{Desktop, Picture};

/// A shell without colours of its own.
const SHELL: [&str; 3] = ["bash", "--norc", "--noprofile"];

/// Colours that no theme has.
const MARK: [u8; 3] = [1, 200, 3];
const OTHER: [u8; 3] = [200, 1, 210];

/// Where the text `X` stands on a ground of its own: bounds of the ground.
fn marked(picture: &Picture, colour: [u8; 3]) -> Option<[usize; 4]> {
    picture.find(colour).map(|(_, bounds)| bounds)
}

#[test]
fn what_is_typed_reaches_the_shell_and_is_shown() {
    let Some(desktop) = Desktop::start(&SHELL) else { return };
    desktop.until_shown("1", "$");
    desktop.type_text("printf '\\033[48;2;1;200;3m  \\033[m\\n'; echo typed-$((40 + 2))");
    desktop.keys(&["Return"]);
    desktop.until_shown("1", "typed-42");
    let [left, top, right, bottom] =
        desktop.until_seen("the ground of two cells", |picture| marked(picture, MARK));
    let (width, height) = (right - left + 1, bottom - top + 1);
    assert!(width % 2 == 0 && (10..=40).contains(&width) && (12..=40).contains(&height), "{width}x{height}");
    // Keys that are no text.
    desktop.type_text("echo one two");
    desktop.keys(&["Left", "Left", "Left", "BackSpace", "minus", "End", "Return"]);
    desktop.until_shown("1", "one-two");
    desktop.type_text("sleep 1000");
    desktop.keys(&["Return", "ctrl+c"]);
    desktop.type_text("echo inter-$((1 + 1))");
    desktop.keys(&["Return"]);
    desktop.until_shown("1", "inter-2");
}

#[test]
fn tabs_open_close_and_lose_nothing() {
    let Some(mut desktop) = Desktop::start(&SHELL) else { return };
    desktop.until_shown("1", "$");
    desktop.keys(&["ctrl+shift+t"]);
    desktop.until("a second session is attached", |desktop| {
        desktop.scarab(&["ls"]).lines().filter(|line| line.contains("running  1 ")).count() == 2
    });
    desktop.type_text("echo second-$((1 + 1))");
    desktop.keys(&["Return"]);
    desktop.until_shown("2", "second-2");
    desktop.keys(&["ctrl+Page_Up"]);
    desktop.type_text("echo first-$((1 + 0))");
    desktop.keys(&["Return"]);
    desktop.until_shown("1", "first-1");
    // Closing it detaches; its shell goes on.
    desktop.keys(&["ctrl+shift+w"]);
    desktop.until("the first one is detached", |desktop| {
        desktop.scarab(&["ls"]).lines().any(|line| line.starts_with("1 ") && line.contains("running  - "))
    });
    desktop.type_text("exit");
    desktop.keys(&["Return"]);
    desktop.until("the last tab's end is the window's", |desktop| {
        desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]).is_empty()
    });
    // And the first one is there for whoever attaches again.
    desktop.open_session("1");
    desktop.until("it is attached", |desktop| {
        desktop.scarab(&["ls"]).lines().any(|line| line.starts_with("1 ") && line.contains("running  1 "))
    });
    assert!(desktop.scarab(&["capture", "1"]).contains("first-1"));
}

#[test]
fn a_drag_selects_and_the_clipboard_has_it() {
    let Some(desktop) = Desktop::start(&SHELL) else { return };
    desktop.until_shown("1", "$");
    desktop.type_text("printf '\\033[48;2;1;200;3mselect me\\033[m\\n'");
    desktop.keys(&["Return"]);
    let [left, top, right, bottom] = desktop.until_seen("the text", |picture| marked(picture, MARK));
    let cell = (right - left + 1) / 9;
    let middle = (top + bottom) / 2;
    let at = |x: usize, y: usize| [x.to_string(), y.to_string()];
    let [x, y] = at(left + 1, middle);
    desktop.tool(&["mousemove", &x, &y, "mousedown", "1"]);
    let [x, y] = at(left + 3 * cell, middle);
    desktop.tool(&["mousemove", &x, &y]);
    let [x, y] = at(left + 6 * cell - 1, middle);
    desktop.tool(&["mousemove", &x, &y, "mouseup", "1"]);
    desktop.keys(&["ctrl+shift+c"]);
    desktop.type_text("echo [");
    desktop.keys(&["ctrl+shift+v"]);
    desktop.until_shown("1", "echo [select");
    desktop.type_text("]");
    desktop.keys(&["Return"]);
    desktop.until_shown("1", "\n[select]");
    // A double click takes a word; the middle button pastes what was selected.
    let [x, y] = at(left + 8 * cell, middle);
    desktop.tool(&["mousemove", &x, &y, "click", "--repeat", "2", "--delay", "30", "1"]);
    desktop.type_text("echo [");
    desktop.tool(&["click", "2"]);
    desktop.until_shown("1", "echo [me");
}

#[test]
fn dangerous_pastes_are_asked_about() {
    // A shell that knows nothing of pastes.
    let Some(desktop) = Desktop::start(&["sh", "-c", "printf 'touch a\\ntouch b\\n'; exec cat"]) else {
        return;
    };
    desktop.until_shown("1", "touch b");
    let bounds = desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]);
    assert!(!bounds.is_empty());
    // Three clicks take a line, with its end.
    desktop.tool(&["mousemove", "60", "65", "click", "--repeat", "3", "--delay", "30", "1"]);
    desktop.keys(&["ctrl+shift+c", "ctrl+shift+v"]);
    desktop.until("a dialog asks", |desktop| {
        desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]).lines().count() == 2
    });
    assert_eq!(desktop.scarab(&["capture", "1"]).matches("touch a").count(), 1, "nothing was pasted yet");
    desktop.keys(&["Escape"]);
    desktop.until("the dialog is gone", |desktop| {
        desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]).lines().count() == 1
    });
    desktop.type_text("no paste");
    desktop.until_shown("1", "no paste");
    assert_eq!(desktop.scarab(&["capture", "1"]).matches("touch a").count(), 1);
}

#[test]
fn a_program_reads_the_clipboard_only_with_leave() {
    // What it asks before anybody looks at it is answered with nothing.
    let text = "printf '\\033[48;2;1;200;3m  \\033[m'; stty -echo; read line; stty raw
        printf '\\033]52;c;?\\033\\\\'; exec cat -v";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    desktop.until_seen("it waits", |picture| marked(picture, MARK));
    desktop.keys(&["Return"]);
    let windows =
        |desktop: &Desktop| desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]).lines().count();
    desktop.until("a dialog asks", |desktop| windows(desktop) == 2);
    desktop.keys(&["Escape"]);
    desktop.until("the dialog is gone", |desktop| windows(desktop) == 1);
    // It was answered, with nothing.
    desktop.until_shown("1", "52;c;");
}

#[test]
fn the_wheel_shows_history_and_a_key_comes_back() {
    let text = "printf '\\033[48;2;1;200;3m  \\033[m\\n'; seq 100; printf '\\033[48;2;200;1;210m  \\033[m\\n'; exec cat";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    desktop.until_shown("1", "100");
    desktop.until_seen("the end", |picture| marked(picture, OTHER));
    assert!(marked(&desktop.picture(), MARK).is_none(), "the beginning is above");
    desktop.tool(&["mousemove", "200", "200", "click", "--repeat", "60", "--delay", "5", "4"]);
    desktop.until_seen("the beginning", |picture| marked(picture, MARK));
    assert!(marked(&desktop.picture(), OTHER).is_none());
    desktop.type_text("x");
    desktop.until_seen("the end again", |picture| marked(picture, OTHER));
    desktop.keys(&["shift+Page_Up", "shift+Page_Up", "shift+Page_Up", "shift+Page_Up", "shift+Page_Up"]);
    desktop.until_seen("the beginning by keys", |picture| marked(picture, MARK));
}

#[test]
fn boxes_join_without_seams() {
    let colour = "\\033[38;2;1;200;3m";
    let text = format!(
        "printf '\\033[?25l{colour}\\342\\224\\214\\342\\224\\200\\342\\224\\200\\342\\224\\220\\r\\n\
                        \\342\\224\\202  \\342\\224\\202\\r\\n\
                        \\342\\224\\224\\342\\224\\200\\342\\224\\200\\342\\224\\230\\033[m'; exec cat"
    );
    let Some(desktop) = Desktop::start(&["sh", "-c", &text]) else { return };
    let [left, top, right, bottom] = desktop.until_seen("a box", |picture| marked(picture, MARK));
    let picture = desktop.picture();
    assert!(
        (left..=right).all(|x| picture.at(x, top) == MARK && picture.at(x, bottom) == MARK),
        "top and bottom"
    );
    assert!((top..=bottom).all(|y| picture.at(left, y) == MARK && picture.at(right, y) == MARK), "the sides");
    assert_ne!(picture.at((left + right) / 2, (top + bottom) / 2), MARK, "nothing inside");
}

#[test]
fn zooming_changes_the_size_of_the_session() {
    let Some(desktop) = Desktop::start(&SHELL) else { return };
    desktop.until_shown("1", "$");
    let size = |desktop: &Desktop| desktop.size().0;
    let before = size(&desktop);
    desktop.keys(&["ctrl+plus", "ctrl+plus", "ctrl+plus"]);
    desktop.until("fewer columns", |desktop| size(desktop) < before);
    desktop.keys(&["ctrl+0"]);
    desktop.until("as many as before", |desktop| size(desktop) == before);
}

#[test]
fn searching_goes_to_what_was_far_above() {
    let text = "printf 'needle \\033[48;2;1;200;3m  \\033[m\\n'; seq 3000; exec cat";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    desktop.until_shown("1", "3000");
    desktop.until("it is far above", |desktop| marked(&desktop.picture(), MARK).is_none());
    desktop.keys(&["ctrl+shift+f"]);
    desktop.type_text("needle");
    desktop.until_seen("the line that was looked for", |picture| marked(picture, MARK));
    // The end of the search is that of its marks; the next key goes to the program.
    desktop.keys(&["Escape"]);
    desktop.type_text("typed");
    desktop.until_shown("1", "typed");
}

#[test]
fn the_list_of_sessions_attaches_what_runs_elsewhere() {
    let Some(desktop) = Desktop::start(&SHELL) else { return };
    desktop.until_shown("1", "$");
    desktop.scarab(&["new", "elsewhere", "-d", "--", "sh", "-c", "echo here it is; exec cat"]);
    desktop.keys(&["ctrl+shift+s"]);
    std::thread::sleep(std::time::Duration::from_millis(500)); // the popover's opening
    desktop.type_text("elsew");
    desktop.keys(&["Return"]);
    desktop.until("it is attached", |desktop| {
        desktop
            .scarab(&["ls"])
            .lines()
            .any(|line| line.starts_with("elsewhere") && line.contains("running  1 "))
    });
    desktop.type_text("typed-there");
    desktop.until_shown("elsewhere", "typed-there");
}

#[test]
fn a_click_with_control_opens_a_link() {
    let link = "\\033]8;;https://example.org/named\\033\\\\\\033[48;2;1;200;3mhere\\033[m\\033]8;;\\033\\\\";
    let text = format!("printf '{link}\\n\\033[48;2;200;1;210mhttps://example.org/typed\\033[m'; exec cat");
    let Some(desktop) = Desktop::start(&["sh", "-c", &text]) else { return };
    let opened = desktop.opener();
    for (colour, address) in [(MARK, "https://example.org/named"), (OTHER, "https://example.org/typed")] {
        let [left, top, right, bottom] = desktop.until_seen("a link", |picture| marked(picture, colour));
        let [x, y] = [(left + right) / 2, (top + bottom) / 2].map(|place| place.to_string());
        // Without Control it is text.
        desktop.tool(&["mousemove", &x, &y, "click", "1"]);
        desktop.tool(&["keydown", "ctrl", "click", "1", "keyup", "ctrl"]);
        let said = || std::fs::read_to_string(&opened).unwrap_or_default();
        desktop.until(address, |_| said().contains(address));
        assert_eq!(said().lines().filter(|line| *line == address).count(), 1, "opened once");
    }
}

#[test]
fn a_session_that_is_not_there_is_said_so_until_it_is() {
    let Some(mut desktop) = Desktop::start(&SHELL) else { return };
    desktop.until_shown("1", "$");
    desktop.keys(&["ctrl+shift+w"]);
    desktop.until("the first window is gone", |desktop| {
        desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]).is_empty()
    });
    desktop.open_session("later");
    let amber = [230, 166, 10];
    desktop.until_seen("a note", |picture| picture.find(amber));
    desktop.scarab(&["new", "later", "-d", "--", "sh", "-c", "exec cat"]);
    desktop.keys(&["Return"]);
    desktop.type_text("typed-later");
    desktop.until_shown("later", "typed-later");
}

#[test]
fn a_command_that_failed_says_so_and_runs_again() {
    let text = "echo run >> ran; printf '\\033[48;2;1;200;3m  \\033[m'; read x; exit 3";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    let ran = || std::fs::read_to_string(desktop.home().join("ran")).unwrap_or_default().lines().count();
    desktop.until_seen("what it shows", |picture| marked(picture, MARK));
    desktop.keys(&["Return"]);
    let amber = [230, 166, 10];
    desktop.until_seen("a note", |picture| picture.find(amber));
    assert!(marked(&desktop.picture(), MARK).is_some(), "the last picture stays");
    assert_eq!(ran(), 1);
    desktop.keys(&["Return"]);
    desktop.until("it runs again", |_| ran() == 2);
}

#[test]
fn a_command_that_ends_at_once_says_so_too() {
    // Not all of them end before they are looked at; one of five does.
    let Some(mut desktop) = Desktop::start(&["true"]) else { return };
    let amber = [230, 166, 10];
    for _ in 0..5 {
        desktop.until_seen("a note", |picture| picture.find(amber));
        desktop.kill_window();
        desktop.until("no window", |desktop| {
            desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]).is_empty()
        });
        desktop.open(&["true"]);
    }
}

#[test]
fn a_title_that_changes_takes_no_key_from_the_search() {
    let text = "while :; do printf '\\033]2;%s\\a' \"$RANDOM\"; sleep 0.02; done";
    let Some(desktop) = Desktop::start(&["bash", "-c", text]) else { return };
    desktop.keys(&["ctrl+shift+f"]);
    desktop.type_text("some words to search");
    std::thread::sleep(std::time::Duration::from_millis(300)); // what was typed has gone wherever it goes
    assert!(!desktop.scarab(&["capture", "1"]).contains("words"), "{}", desktop.scarab(&["capture", "1"]));
}

#[test]
fn reversing_the_screen_reverses_what_is_drawn_already() {
    let Some(desktop) =
        Desktop::start(&["sh", "-c", "printf '\\033[?25lplain text'; read x; printf '\\033[?5h'; exec cat"])
    else {
        return;
    };
    desktop.until_shown("1", "plain text");
    let ground = desktop.until_seen("the text", |picture| {
        let ground = picture.at(400, 300);
        (20..100).any(|x| (50..80).any(|y| picture.at(x, y) != ground)).then_some(ground)
    });
    desktop.keys(&["Return"]);
    let reversed = desktop.until_seen("another ground", |picture| {
        let now = picture.at(400, 300);
        (now != ground).then_some(now)
    });
    desktop.until_seen("the text on it", |picture| {
        (20..100).any(|x| (56..76).any(|y| picture.at(x, y) != reversed)).then_some(())
    });
}

#[test]
fn the_menu_opens_a_login_shell_without_the_bus_s_variables() {
    let Some(desktop) = Desktop::start(&["sh", "-c", "exec cat"]) else { return };
    let activate = ["org.scarab.Terminal", "/org/scarab/Terminal", "org.freedesktop.Application", "Activate"];
    desktop.call(&[&activate[..], &["a{sv}", "0"]].concat());
    desktop.until("a second session is attached", |desktop| {
        desktop.scarab(&["ls"]).lines().filter(|line| line.contains("running  1 ")).count() == 2
    });
    let json = desktop.scarab(&["ls", "--json"]);
    let leader = json
        .rsplit("\"leader\":")
        .next()
        .and_then(|rest| rest.trim().split(|character: char| !character.is_ascii_digit()).next());
    let leader = leader.expect("its leader");
    let read = |file: &str| std::fs::read(format!("/proc/{leader}/{file}")).expect("its process");
    assert!(
        read("cmdline").starts_with(b"-"),
        "a login shell: {:?}",
        String::from_utf8_lossy(&read("cmdline"))
    );
    let environment = String::from_utf8_lossy(&read("environ")).replace('\0', "\n");
    assert!(!environment.contains("OF_THE_BUS"), "{environment}");
    assert!(environment.contains("\nDISPLAY=") || environment.starts_with("DISPLAY="), "{environment}");
}
