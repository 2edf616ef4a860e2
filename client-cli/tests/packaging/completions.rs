//! What shells complete with: loaded without a word, and offering every verb and option that the help has and none
//! that it has not, names of sessions, keys of the configuration, signals.

use crate::harness::Place;
use crate::shells::{Shell, Typist};
use crate::{has, help};
use std::collections::BTreeSet;

fn installed(shell: Shell) -> bool {
    has(&[shell.program()[0]])
}

fn place() -> Place {
    let place = Place::new();
    place.script("build", "sleep 1000");
    place.script("my notes", "sleep 1000");
    place
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn they_load_without_a_word() {
    let place = Place::new();
    for shell in Shell::ALL.into_iter().filter(|shell| installed(*shell)) {
        let mut script = shell.preparation();
        if shell == Shell::Zsh {
            script += "; autoload +X -Uz _scarab _scarab-gtk";
        }
        assert_eq!(shell.run(&place, &script), "", "{shell:?}");
    }
}

#[test]
fn every_verb_and_every_option_is_offered() {
    let place = place();
    let verbs = help::verbs(&place);
    let mut lines = vec!["scarab ".to_owned(), "scarab help ".to_owned(), "scarab-gtk -".to_owned()];
    lines.extend(verbs.iter().map(|verb| format!("scarab {} -", verb.name)));
    let window = help::options(&help::of(&place, "scarab-gtk", "--help-all"));
    for shell in Shell::ALL.into_iter().filter(|shell| installed(*shell)) {
        let offers = shell.offers(&place, &lines);
        let [all, of_help, of_window, of_verbs @ ..] = &offers[..] else { panic!("{offers:?}") };
        for verb in &verbs {
            assert!(all.contains(&verb.name), "{shell:?}: {} is not offered: {all:?}", verb.name);
            assert!(of_help.contains(&verb.name), "{shell:?}: help {}: {of_help:?}", verb.name);
        }
        let missing: Vec<_> = window.difference(of_window).collect();
        assert!(missing.is_empty(), "{shell:?}: scarab-gtk: {missing:?}");
        for (verb, offered) in verbs.iter().zip(of_verbs) {
            let offered: BTreeSet<&str> =
                offered.iter().map(String::as_str).filter(|word| word.starts_with('-')).collect();
            let missing: Vec<_> =
                verb.options.iter().filter(|word| !offered.contains(word.as_str())).collect();
            assert!(missing.is_empty(), "{shell:?}: {}: {missing:?} of {offered:?}", verb.name);
            // zsh puts two dashes before what it says of an option.
            let known = |word: &&&str| verb.options.contains(**word) || ["-h", "--help", "--"].contains(word);
            let strange: Vec<_> = offered.iter().filter(|word| !known(word)).collect();
            assert!(strange.is_empty(), "{shell:?}: {}: {strange:?} is no option", verb.name);
        }
    }
}

#[test]
fn names_keys_and_signals_come_from_the_program() {
    let place = place();
    for verb in ["attach", "detach", "rename", "resize", "kill", "send", "capture", "wait", "tail", "env"] {
        let lines = [format!("scarab {verb} "), format!("scarab {verb} m"), format!("scarab {verb} build ")];
        for shell in [Shell::Bash, Shell::Fish].into_iter().filter(|shell| installed(*shell)) {
            let offers = shell.offers(&place, &lines);
            let notes = if shell == Shell::Bash { r"my\ notes" } else { "my notes" };
            assert_eq!(offers[0], set(&["build", notes]), "{shell:?}: {verb}");
            assert_eq!(offers[1], set(&[notes]), "{shell:?}: {verb}");
            assert!(!offers[2].contains("build"), "{shell:?}: {verb} takes one name: {offers:?}");
        }
    }
    let lines = [
        "scarab config ",
        "scarab config set history.",
        "scarab config get keys.st",
        "scarab kill build --signal T",
        "scarab env --shell ",
        "scarab linger ",
        "scarab send build --key C-c Page",
        "scarab new -d -- tr",
        "scarab-gtk -n -s b",
        "scarab-gtk -w / tr",
    ];
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    for shell in Shell::ALL.into_iter().filter(|shell| installed(*shell)) {
        // zsh completes what is the only one, and lists the rest.
        let of_zsh = shell == Shell::Zsh;
        let lines = if of_zsh { [0, 1, 4, 5].map(|at| lines[at].clone()).to_vec() } else { lines.clone() };
        let offers = shell.offers(&place, &lines);
        let shows = |at: usize, words: &[&str]| {
            let missing: Vec<_> = words.iter().filter(|word| !offers[at].contains(**word)).collect();
            assert!(missing.is_empty(), "{shell:?}: {}: {missing:?} of {:?}", lines[at], offers[at]);
        };
        shows(0, &["get", "set"]);
        shows(1, &["history.lines", "history.bytes"]);
        if of_zsh {
            shows(2, &["bash", "zsh", "fish"]);
            shows(3, &["on", "off"]);
            continue;
        }
        shows(2, &["keys.style"]);
        shows(3, &["TERM", "TRAP", "TSTP"]);
        shows(4, &["bash", "zsh", "fish"]);
        shows(5, &["on", "off"]);
        shows(6, &["PageUp", "PageDown"]);
        shows(7, &["true", "tr"]);
        shows(8, &["build"]);
        shows(9, &["true", "tr"]);
    }
}

#[test]
fn a_person_s_tab_completes() {
    for shell in Shell::ALL.into_iter().filter(|shell| installed(*shell)) {
        let place = place();
        let typist = Typist::start(&place, shell);
        for (typed, completed) in [
            ("scarab capt", "> scarab capture"),
            ("scarab capture m", r"> scarab capture my\ notes"),
            ("scarab kill build --sig", "> scarab kill build --signal"),
            ("scarab config get keys.st", "> scarab config get keys.style"),
            ("scarab new -d -- unam", "> scarab new -d -- uname"),
        ] {
            typist.clear();
            place.ok(["send", "typist", "--", typed]);
            place.ok(["send", "typist", "--key", "Tab"]);
            typist.until(&format!("{shell:?}: {typed}"), |screen| {
                screen.lines().next().is_some_and(|line| line.trim_end() == completed)
            });
        }
    }
}

#[test]
fn a_tab_starts_no_service_and_complains_of_nothing() {
    let place = Place::new();
    for kind in ["sessions", "settings", "nonsense"] {
        let said = place.run(["--complete", kind]);
        assert_eq!((said.status, said.out.as_str(), said.err.as_str()), (1, "", ""), "{kind}");
    }
    assert!(place.ok(["--complete", "signals"]).starts_with("HUP\t\n"));
    assert!(!place.socket().exists());
}
