//! “Open in Scarab” of GNOME Files: the real file manager with what packaging/nautilus gives it.

mod harness;

use harness::Desktop;
use harness::alone::{did_not_run, has};
use std::path::Path;
use std::process::Command;

const EXTENSION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/nautilus/scarab.py");
/// Two names that a shell would take for something else.
const OUTER: &str = "a folder; of 'mine'";
const INNER: &str = "$(inner)";

/// The file manager's name among assistive technologies.
const FILES: &str = "org.gnome.Nautilus";

/// Most entries of a menu of Files.
const ENTRIES: usize = 20;

/// Opens the menu at a place and takes the entry of ours by keys. A menu may open late and be closed by the next try: what
/// counts is the one in which the entry gets the focus.
fn open_in_scarab(desktop: &Desktop, [x, y]: [&str; 2]) {
    desktop.until("the entry has the focus", |desktop| {
        desktop.keys(&["Escape"]);
        desktop.tool(&["mousemove", x, y, "click", "3"]);
        desktop.read_in(FILES, &["tree"]).contains("'Open in Scarab'")
            && (0..ENTRIES).any(|_| {
                desktop.keys(&["Down"]);
                desktop.read_in(FILES, &["focus"]).contains("Open in Scarab")
            })
    });
    desktop.keys(&["Return"]);
}

/// From GTK 4.18 on the items of a menu have no names, and nobody can say which one has the focus.
fn menus_have_names() -> bool {
    let newer = Command::new("pkg-config").args(["--atleast-version=4.18", "gtk4"]).status();
    !newer.expect("pkg-config runs").success()
}

fn until_there_is_a_shell_in(desktop: &Desktop, folder: &Path) {
    let wanted = format!("\"directory\":\"{}\"", folder.display());
    desktop.until(&format!("a session in {}", folder.display()), |desktop| {
        desktop.scarab(&["ls", "--json"]).replace("\": \"", "\":\"").contains(&wanted)
    });
}

#[test]
fn a_folder_is_opened_from_the_menus_of_files() {
    if !has("nautilus") || !Path::new("/usr/share/doc/python3-nautilus").exists() {
        let why = "nautilus and python3-nautilus are needed: packaging/setup test installs them";
        return did_not_run("the menus of Files", why);
    }
    if !menus_have_names() {
        eprintln!("the menus of Files were NOT LOOKED AT: GTK 4.18 tells nobody the names of their items");
        return;
    }
    let Some(mut desktop) = Desktop::start_readable(&["sh", "-c", "exec cat"]) else { return };
    let extensions = desktop.home().join(".local/share/nautilus-python/extensions");
    std::fs::create_dir_all(&extensions).expect("a directory");
    std::fs::copy(EXTENSION, extensions.join("scarab.py")).expect("the extension");
    let outer = desktop.home().join(OUTER);
    let inner = outer.join(INNER);
    std::fs::create_dir_all(&inner).expect("folders");
    desktop.start_files(&outer);
    // Below the only folder in it, then on it.
    for (place, folder) in [(["500", "400"], &outer), (["290", "110"], &inner)] {
        open_in_scarab(&desktop, place);
        until_there_is_a_shell_in(&desktop, folder);
        desktop.tool(&["search", "--onlyvisible", "--class", "nautilus", "windowraise", "windowfocus"]);
    }
}
