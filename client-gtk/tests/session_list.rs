//! The list of all sessions, by keys alone, as a screen reader has it.

mod harness;

use harness::Desktop;

fn list(desktop: &Desktop) {
    desktop.keys(&["ctrl+shift+s"]);
    desktop.until("the list is open", |desktop| desktop.read("focus").starts_with("entry"));
}

#[test]
fn an_ended_session_says_how_it_ended_and_can_be_removed() {
    let Some(desktop) = Desktop::start_readable(&["sh", "-c", "exec cat"]) else { return };
    desktop.scarab(&["new", "over", "-d", "--", "sh", "-c", "exit 3"]);
    desktop.until("it has ended", |desktop| desktop.scarab(&["ls"]).contains("exited (3)"));
    list(&desktop);
    desktop.until_said("sh -c exit 3 in ~");
    let said = desktop.read("tree");
    assert!(said.contains("s, ended with status 3"), "{said}");
    assert!(said.contains("s, seen in Scarab"), "{said}");
    desktop.type_text("over");
    desktop.go_to("Remove from the list", "Tab");
    desktop.keys(&["Return"]);
    desktop.until("it is removed", |desktop| !desktop.scarab(&["ls"]).contains("over"));
    desktop.until("so says the list", |desktop| !desktop.read("tree").contains("ended with status 3"));
}

#[test]
fn escape_closes_the_list_with_and_without_a_search() {
    let Some(desktop) = Desktop::start_readable(&["sh", "-c", "exec cat"]) else { return };
    for (search, typed) in [("", "one"), ("cat", "two")] {
        list(&desktop);
        desktop.type_text(search);
        desktop.keys(&["Escape"]);
        desktop.until("the shell has the keyboard", |desktop| !desktop.read("focus").starts_with("entry"));
        desktop.type_text(typed);
        desktop.until_shown("1", typed);
    }
}

#[test]
fn an_open_list_shows_what_happens() {
    let Some(desktop) = Desktop::start_readable(&["sh", "-c", "exec cat"]) else { return };
    desktop.until("a session", |desktop| desktop.scarab(&["ls"]).contains("running  1 "));
    list(&desktop);
    desktop.until_said("cat in ~");
    desktop.scarab(&["new", "one-more", "-d", "--", "sh", "-c", "read x; exit 4"]);
    desktop.until_said("'one-more'");
    desktop.scarab(&["rename", "one-more", "renamed"]);
    desktop.until_said("'renamed'");
    // Whoever is at a row stays there.
    desktop.type_text("renamed");
    desktop.go_to("Rename this session", "Tab");
    desktop.scarab(&["send", "renamed", "--enter", "x"]);
    desktop.until_said("ended with status 4");
    assert!(desktop.read("focus").contains("Rename this session"));
    desktop.scarab(&["kill", "renamed"]);
    desktop.until("it is gone", |desktop| !desktop.read("tree").contains("'renamed'"));
}

#[test]
fn a_session_is_renamed_in_the_list() {
    let Some(desktop) = Desktop::start_readable(&["sh", "-c", "exec cat"]) else { return };
    desktop.scarab(&["new", "a-name", "-d", "--", "sh", "-c", "exec cat"]);
    list(&desktop);
    desktop.until_said("'a-name'");
    desktop.type_text("a-name");
    desktop.go_to("Rename this session", "Tab");
    desktop.keys(&["Return"]);
    desktop.until_said("Rename Session");
    desktop.until("its entry", |desktop| {
        let tree = desktop.read("tree");
        tree.lines().any(|line| line.trim_start().starts_with("text ") && line.ends_with(" FOCUS"))
    });
    desktop.keys(&["ctrl+a"]);
    desktop.type_text("another");
    desktop.keys(&["Return"]);
    desktop.until("it is renamed", |desktop| desktop.scarab(&["ls"]).contains("another"));
    // The window is the shell's again.
    desktop.type_text("typed");
    desktop.until_shown("1", "typed");
}
