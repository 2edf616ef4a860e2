//! Reading what was written: from prompt to prompt, what a command wrote, files named with their line, one session in two
//! sizes.

mod harness;

use harness::Desktop;
use std::fs;

/// A shell that marks its prompts and what commands write (OSC 133).
const MARKING: &str = "\
printf '\\033[?2004h'
p() { printf '\\033]133;A\\007\\033[48;2;1;200;3m%s\\033[m> ' \"$1\"; }
c() { printf '\\033]133;B\\007%s\\n\\033]133;C\\007' \"$1\"; }
d() { printf '\\033]133;D;0\\007'; }
p 1; c first; printf '\\033[48;2;200;1;210mwords of the first\\033[m\\n'; echo more; d
p 2; c second; seq 60; d
p 3; c third; echo short; d
printf '\\033[48;2;9;9;200m \\033[m'; p 4; exec cat";

const MARK: [u8; 3] = [1, 200, 3];
const OTHER: [u8; 3] = [200, 1, 210];
/// Before the last prompt.
const LAST: [u8; 3] = [9, 9, 200];

#[test]
fn keys_go_from_prompt_to_prompt_and_take_what_a_command_wrote() {
    let Some(desktop) = Desktop::start(&["sh", "-c", MARKING]) else { return };
    // A picture of an earlier moment has other prompts in other places.
    let [_, third, ..] = desktop.until_seen("the last two prompts", |picture| {
        picture.find(LAST)?;
        picture.find(MARK).map(|(_, bounds)| bounds)
    });
    // What the last command wrote.
    desktop.keys(&["ctrl+shift+l", "ctrl+shift+c", "ctrl+shift+v"]);
    desktop.until_shown("1", "4> ^[[200~short");
    // Up: the third prompt is on the screen still, so the second is the first that is shown by itself.
    desktop.keys(&["ctrl+shift+Up"]);
    desktop.until_seen("a prompt at the top", |picture| {
        picture.find(MARK).filter(|(_, bounds)| bounds[3] < third)
    });
    desktop.keys(&["ctrl+shift+Up"]);
    desktop.until_seen("what the first command wrote", |picture| picture.find(OTHER));
    // That is selected and pasted, down to its last line and no further.
    desktop.keys(&["ctrl+shift+l", "ctrl+shift+c"]);
    desktop.keys(&["ctrl+shift+Down"]);
    desktop.until("another prompt at the top", |desktop| desktop.picture().find(OTHER).is_none());
    desktop.keys(&["ctrl+shift+v"]);
    desktop.until("both lines were pasted, and nothing else", |desktop| {
        let shown = desktop.scarab(&["capture", "1"]);
        let rest = shown.rsplit("4> ^[[200~short").next().unwrap_or_default();
        rest.contains("words of the first\nmore") && !rest.contains('>')
    });
}

#[test]
fn a_click_with_control_on_a_file_opens_an_editor_at_its_line() {
    let text = "printf '\\033[48;2;1;200;3msrc/it.rs:7:3\\033[m: error'; exec cat";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    fs::create_dir(desktop.home().join("src")).expect("a directory");
    fs::write(desktop.home().join("src/it.rs"), "one\n".repeat(9)).expect("a file");
    let opened = desktop.home().join("opened");
    let script = desktop.home().join("edit");
    fs::write(&script, format!("#!/bin/sh\necho \"$@\" > {}\n", opened.display())).expect("a script");
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
    desktop.scarab(&[
        "config",
        "set",
        "window.editor",
        &format!("{} -g {{file}}:{{line}}", script.display()),
    ]);
    let [left, top, right, bottom] =
        desktop.until_seen("the name", |picture| picture.find(MARK).map(|(_, bounds)| bounds));
    let [x, y] = [(left + right) / 2, (top + bottom) / 2].map(|place| place.to_string());
    // The window has taken that in when it shows what was set after it.
    desktop.scarab(&["config", "set", "window.scrollbar", "false"]);
    desktop.until("the text is wider", |desktop| desktop.scarab(&["ls"]).contains("82x24"));
    desktop.tool(&["mousemove", &x, &y, "keydown", "ctrl", "click", "1", "keyup", "ctrl"]);
    desktop.until("the editor has it", |_| {
        fs::read_to_string(&opened).is_ok_and(|text| text.ends_with("src/it.rs:7\n"))
    });
}

#[test]
fn a_link_that_is_wrapped_opens_whole_and_in_history_too() {
    let path = "0123456789".repeat(9);
    let text = format!(
        "printf 'https://example.org/{path}\\033[48;2;1;200;3mab\\033[m\\n'; read x; seq 100; exec cat"
    );
    let Some(desktop) = Desktop::start(&["sh", "-c", &text]) else { return };
    let opened = desktop.opener();
    let wanted = format!("https://example.org/{path}ab\n");
    let click = |desktop: &Desktop| {
        let [left, top, right, bottom] =
            desktop.until_seen("its end", |picture| picture.find(MARK).map(|(_, bounds)| bounds));
        let [x, y] = [(left + right) / 2, (top + bottom) / 2].map(|place| place.to_string());
        desktop.tool(&["mousemove", &x, &y, "keydown", "ctrl", "click", "1", "keyup", "ctrl"]);
    };
    click(&desktop);
    desktop.until("it is opened", |_| fs::read_to_string(&opened).is_ok_and(|text| text == wanted));
    desktop.keys(&["Return"]);
    desktop.until_shown("1", "100");
    desktop.until("it is above", |desktop| desktop.picture().find(MARK).is_none());
    desktop.tool(&["mousemove", "300", "300", "click", "--repeat", "60", "--delay", "5", "4"]);
    desktop.until_seen("the beginning", |picture| picture.find(MARK));
    desktop.until_still();
    click(&desktop);
    desktop.until("it is opened once more", |_| {
        fs::read_to_string(&opened).is_ok_and(|text| text == wanted.repeat(2))
    });
}

#[test]
fn a_session_in_two_windows_has_the_size_of_the_one_that_was_used_last() {
    let Some(mut desktop) = Desktop::start(&["bash", "--norc", "--noprofile"]) else { return };
    desktop.until_shown("1", "$");
    let size = |desktop: &Desktop| {
        let listed = desktop.scarab(&["ls"]);
        let line = listed.lines().nth(1).unwrap_or_default().to_owned();
        line.split_whitespace().nth(4).unwrap_or_default().to_owned()
    };
    let before = size(&desktop);
    let window = desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]);
    desktop.open_session("1");
    desktop.until("two viewers", |desktop| desktop.scarab(&["ls"]).contains("running  2 "));
    let both = desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]);
    let second = both.lines().find(|one| *one != window).expect("another window").to_owned();
    desktop.tool(&["windowmove", &second, "700", "500"]);
    desktop.tool(&["windowsize", &second, "400", "300"]);
    desktop.tool(&["windowfocus", &second]);
    desktop.type_text("echo second");
    desktop.keys(&["Return"]);
    desktop.until("it has the second window's size", |desktop| size(desktop) != before);
    // The first one shows where the session ends.
    let ground = desktop.picture().at(200, 150);
    desktop.until_seen("something else beside the session", |picture| {
        (picture.at(690, 400) != ground).then_some(())
    });
    desktop.tool(&["windowfocus", &window]);
    desktop.type_text("echo first");
    desktop.keys(&["Return"]);
    desktop.until("it has the first one's again", |desktop| size(desktop) == before);
}
