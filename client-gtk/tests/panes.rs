//! Panes beside each other, and windows that come back after they were lost or closed.

mod harness;

use harness::Desktop;
use std::fs;

const SHELL: [&str; 3] = ["bash", "--norc", "--noprofile"];

/// The size of each session in columns and rows, and whether somebody looks at it.
fn sessions(desktop: &Desktop) -> Vec<(String, u32, u32, bool)> {
    let listed = desktop.scarab(&["ls"]);
    listed
        .lines()
        .skip(1)
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (cols, rows) = words.get(4)?.split_once('x')?;
            Some((words[0].to_owned(), cols.parse().ok()?, rows.parse().ok()?, words[3] != "-"))
        })
        .collect()
}

fn viewed(desktop: &Desktop) -> usize {
    sessions(desktop).iter().filter(|session| session.3).count()
}

/// What the service keeps of the windows: their layouts without the sizes, in order.
fn kept(desktop: &Desktop) -> Vec<String> {
    let file = fs::read_to_string(desktop.home().join("scarab/control.windows.toml")).unwrap_or_default();
    let layouts = file.lines().filter_map(|line| line.strip_prefix("layout = "));
    layouts.map(|layout| layout.split("\"width\"").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn panes_part_the_room_and_keys_go_between_them() {
    let Some(desktop) = Desktop::start(&SHELL) else { return };
    desktop.until_shown("1", "$");
    let (_, whole, high, _) = sessions(&desktop)[0].clone();
    desktop.keys(&["ctrl+shift+o"]);
    desktop.until("a pane to the right", |desktop| {
        matches!(sessions(desktop).as_slice(), [(_, left, rows, true), (_, right, _, true)]
            if left + right < whole && left.abs_diff(*right) <= 1 && *rows == high)
    });
    desktop.keys(&["ctrl+shift+e"]);
    desktop.until("a pane below that", |desktop| {
        matches!(sessions(desktop).as_slice(), [_, (_, _, above, true), (_, _, below, true)]
            if above + below < high && above.abs_diff(*below) <= 1)
    });
    // The focus is in the third; up is the second, left from there the first.
    for (keys, session) in [("alt+shift+Up", "2"), ("alt+shift+Left", "1"), ("alt+shift+Right", "2")] {
        desktop.keys(&[keys]);
        desktop.type_text(&format!("echo here-$((0 + {session}))"));
        desktop.keys(&["Return"]);
        desktop.until_shown(session, &format!("here-{session}"));
    }
    // The border moves by keys, and by a drag.
    let before = sessions(&desktop)[0].1;
    desktop.keys(&["ctrl+alt+shift+Left"]);
    desktop.until("the border is further to the left", |desktop| sessions(desktop)[0].1 < before);
    // One alone, and all again.
    desktop.keys(&["ctrl+shift+x"]);
    desktop.until("the second fills the tab", |desktop| sessions(desktop)[1].1 == whole);
    desktop.keys(&["ctrl+shift+x"]);
    desktop.until("they share it again", |desktop| sessions(desktop)[1].1 < whole);
    // What ends leaves its room to its neighbour.
    desktop.type_text("exit");
    desktop.keys(&["Return"]);
    desktop.until("the third has the whole height", |desktop| {
        matches!(sessions(desktop).as_slice(), [_, (name, _, rows, true)] if name == "3" && *rows == high)
    });
    desktop.type_text("echo fo''cused");
    desktop.keys(&["Return"]);
    desktop.until_shown("3", "focused");
}

#[test]
fn a_window_that_was_lost_comes_back_as_it_was() {
    let Some(mut desktop) = Desktop::start(&SHELL) else { return };
    desktop.until_shown("1", "$");
    for (key, count) in [("ctrl+shift+o", 2), ("ctrl+shift+t", 3), ("ctrl+shift+t", 4)] {
        desktop.keys(&[key]);
        desktop.until("one more", |desktop| viewed(desktop) == count);
    }
    desktop.keys(&["ctrl+Page_Up", "ctrl+Page_Up"]);
    desktop.until("all of it is kept", |desktop| {
        kept(desktop)
            .first()
            .is_some_and(|layout| layout.matches("session").count() == 4 && layout.contains("\"selected\":0"))
    });
    let before = kept(&desktop);
    desktop.kill_window();
    desktop.until("nobody looks any more", |desktop| viewed(desktop) == 0);
    desktop.open(&SHELL);
    desktop.until("everything is shown again, beside what was asked for", |desktop| viewed(desktop) == 5);
    desktop.until("and kept as before", |desktop| {
        kept(desktop).first() == before.first() && kept(desktop).len() == 2
    });
    // A window that a person closes does not come back by itself.
    desktop.keys(&["ctrl+shift+q"]);
    desktop.until("no window", |desktop| {
        desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]).is_empty()
    });
    desktop.until("nothing is kept", |desktop| kept(desktop).is_empty());
    assert_eq!(sessions(&desktop).len(), 5, "their sessions go on");
}

#[test]
fn what_was_closed_comes_back_by_a_key() {
    let Some(desktop) = Desktop::start(&SHELL) else { return };
    desktop.until_shown("1", "$");
    for (key, count) in [("ctrl+shift+t", 2), ("ctrl+shift+e", 3)] {
        desktop.keys(&[key]);
        desktop.until("one more", |desktop| viewed(desktop) == count);
    }
    desktop.keys(&["ctrl+shift+w"]);
    desktop.until("the tab is gone", |desktop| viewed(desktop) == 1);
    desktop.keys(&["ctrl+shift+z"]);
    desktop.until("both of its panes are back", |desktop| viewed(desktop) == 3);
    desktop.type_text("echo ba''ck");
    desktop.keys(&["Return"]);
    desktop.until("one of them has the focus", |desktop| {
        ["2", "3"].iter().any(|name| desktop.scarab(&["capture", name]).contains("back"))
    });
}

#[test]
fn nothing_runs_while_nothing_happens() {
    let Some(desktop) = Desktop::start(&SHELL) else { return };
    desktop.until_shown("1", "$");
    for (key, count) in [("ctrl+shift+o", 2), ("ctrl+shift+t", 3)] {
        desktop.keys(&[key]);
        desktop.until("one more", |desktop| viewed(desktop) == count);
    }
    // Threads of pools go after a while; then not one turn more in two seconds.
    desktop.until("it stands still", |desktop| {
        let before = desktop.turns();
        std::thread::sleep(std::time::Duration::from_secs(2));
        desktop.turns() == before
    });
}

#[test]
fn a_name_is_given_in_the_window() {
    let Some(desktop) = Desktop::start(&SHELL) else { return };
    desktop.until_shown("1", "$");
    desktop.keys(&["ctrl+shift+r"]);
    desktop.until("a dialog asks", |desktop| {
        desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]).lines().count() == 2
    });
    desktop.keys(&["ctrl+a"]);
    desktop.type_text("build");
    desktop.keys(&["Return"]);
    desktop.until("it has the name", |desktop| sessions(desktop)[0].0 == "build");
    desktop.until("so has the window", |desktop| {
        !desktop.tool(&["search", "--onlyvisible", "--name", "^build$"]).is_empty()
    });
}

#[test]
fn settings_are_seen_at_once_whoever_writes_them() {
    let Some(desktop) = Desktop::start(&SHELL) else { return };
    desktop.until_shown("1", "$");
    let config = desktop.home().join(".config/scarab/scarab.toml");
    fs::create_dir_all(config.parent().expect("a directory")).expect("it is made");
    let before = sessions(&desktop)[0].1;
    desktop.scarab(&["config", "set", "window.font", "Monospace 20"]);
    desktop.until("fewer columns fit", |desktop| sessions(desktop)[0].1 < before);
    // By hand, with a comment and a palette.
    let sixteen = vec!["\"#808080\""; 16].join(", ");
    let text = format!(
        "# mine\n[window]\npalette-dark = \"mine\"\npalette-light = \"mine\"\n[palettes.mine]\n\
         foreground = \"#ffffff\"\nbackground = \"#01c803\"\ncolours = [{sixteen}]\n\
         [shortcuts]\nnew-tab = [\"F9\"]\n"
    );
    let beside = config.with_extension("beside");
    fs::write(&beside, text).expect("written");
    fs::rename(&beside, &config).expect("renamed");
    desktop.until("as many columns as before", |desktop| sessions(desktop)[0].1 == before);
    desktop.until_seen("the palette's ground", |picture| {
        picture.find([1, 200, 3]).filter(|(count, _)| *count > 10_000)
    });
    desktop.keys(&["F9"]);
    desktop.until("another key opens a tab", |desktop| viewed(desktop) == 2);
    // The preferences write there too, and leave the comment.
    desktop.scarab(&["reload"]);
    desktop.keys(&["ctrl+comma"]);
    desktop.until("the preferences are open", |desktop| {
        desktop.tool(&["getwindowfocus", "getwindowname"]) == "Preferences"
    });
    desktop.until_still();
    // The second row: ligatures.
    desktop.keys(&["Tab", "Tab", "Return"]);
    desktop.until("it is written", |_| {
        let text = fs::read_to_string(&config).unwrap_or_default();
        text.starts_with("# mine\n[window]\n") && text.contains("ligatures = true")
    });
}

#[test]
fn a_client_that_is_killed_under_flood_takes_nothing_along() {
    let text = "i=0; while :; do i=$((i + 1)); echo line $i; done";
    let Some(mut desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    desktop.until_shown("1", "line 1");
    desktop.keys(&["ctrl+shift+t"]);
    desktop.until("two tabs", |desktop| viewed(desktop) == 2 && kept(desktop).len() == 1);
    desktop.until("both are kept", |desktop| kept(desktop)[0].matches("session").count() == 2);
    desktop.kill_window();
    desktop.until("nobody looks", |desktop| viewed(desktop) == 0);
    desktop.open(&SHELL);
    desktop.until("both are back", |desktop| viewed(desktop) == 3);
    let count = |desktop: &Desktop| {
        let shown = desktop.scarab(&["capture", "1"]);
        shown.lines().rev().find_map(|line| line.strip_prefix("line ")?.parse::<u64>().ok()).unwrap_or(0)
    };
    let then = count(&desktop);
    desktop.until("it counts on", |desktop| count(desktop) > then);
}
