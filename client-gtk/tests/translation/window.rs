//! A window in German, as assistive technologies have it.

use super::SCRIPT;
use super::harness::Desktop;
use super::harness::alone::did_not_run;
use std::path::Path;
use std::process::Command;

/// A locale of the test's own, for the machine may have none but C's: where programs find it. Translations are nobody's
/// business in C, whatever `LANGUAGE` says, with some C libraries.
fn german() -> Option<tempfile::TempDir> {
    let directory = tempfile::tempdir().expect("a directory");
    let made = Command::new("localedef")
        .args(["--no-archive", "-i", "de_DE", "-f", "UTF-8"])
        .arg(directory.path().join("de_DE.UTF-8"))
        .output();
    if made.is_ok_and(|output| output.status.success()) {
        return Some(directory);
    }
    did_not_run(
        "translations",
        "no German locale can be made: packaging/setup test installs what that needs",
    );
    None
}

#[test]
fn a_window_speaks_german() {
    if !super::has_tools() {
        return;
    }
    let Some(locales) = german() else { return };
    let bin = Path::new(env!("CARGO_BIN_EXE_scarab-gtk")).parent().and_then(Path::parent);
    let catalogues = bin.expect("a directory").join("share/locale");
    let compiled = Command::new(SCRIPT).arg("compile").arg(catalogues).status().expect("the script runs");
    assert!(compiled.success());
    let locales = locales.path().to_string_lossy();
    let environment = [("LANG", "de_DE.UTF-8"), ("LOCPATH", &locales)];
    let Some(desktop) = Desktop::start_readable_with(&environment, &["sh", "-c", "PS1='$ ' exec sh"]) else {
        return;
    };
    let until_there = |texts: &[&str]| {
        desktop.until(&format!("{texts:?}"), |desktop| {
            let tree = desktop.read("tree");
            texts.iter().all(|text| tree.contains(text))
        });
    };
    desktop.until_shown("1", "$");
    until_there(&["'Neuer Reiter'", "'Sitzungen'"]);
    desktop.keys(&["ctrl+shift+r"]);
    until_there(&["'Sitzung umbenennen'", "'Abbrechen'"]);
    desktop.keys(&["Escape"]);
    desktop.keys(&["ctrl+shift+t"]);
    desktop.until_shown("2", "$");
    desktop.keys(&["ctrl+shift+w"]);
    until_there(&["'„2“ läuft weiter'", "'Zurückholen'"]);
    let help = desktop.program("scarab-gtk").arg("--help").output().expect("it runs").stdout;
    let help = String::from_utf8_lossy(&help);
    assert!(help.contains("--working-directory=ORDNER") && help.contains("Dort beginnen"), "{help}");
}
