//! The manual pages: those that are written from another file are up to date, man(1) has no complaint of any, and
//! they describe every verb, option, key of the configuration and member on the bus.

use crate::harness::{Place, said};
use crate::{has, help, source, text};
use std::collections::BTreeSet;
use std::process::Command;

const PAGES: &str = "packaging/man";

fn page(name: &str) -> String {
    plain(&text(&format!("{PAGES}/{name}")))
}

/// A page's lines without what roff makes of them.
fn plain(roff: &str) -> String {
    let mut plain = roff.to_owned();
    for (escape, meant) in [
        (r"\-", "-"),
        (r"\%", ""),
        (r"\fB", ""),
        (r"\fI", ""),
        (r"\fR", ""),
        (r"\fP", ""),
        (r"\(aq", "'"),
        (r"\(ti", "~"),
        (r"\e", r"\"),
    ] {
        plain = plain.replace(escape, meant);
    }
    plain
}

/// The words of the items' tags in a part of a page that begin with a dash.
fn options(part: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut lines = part.lines();
    while let Some(line) = lines.next() {
        if matches!(line, ".TP" | ".TQ") {
            let words = lines.next().unwrap_or_default().split([' ', '"', ',', '=']);
            found.extend(words.filter(|word| word.starts_with('-')).map(str::to_owned));
        }
    }
    found
}

/// The parts of a page that begin with this request, by their titles.
fn parts<'a>(page: &'a str, request: &str) -> Vec<(&'a str, &'a str)> {
    let start = format!("\n{request} ");
    let begins = page.split(start.as_str()).skip(1);
    begins
        .map(|part| {
            let (title, rest) = part.split_once('\n').unwrap_or((part, ""));
            let end = rest.find("\n.SH ").unwrap_or(rest.len());
            (title.trim_matches('"'), &rest[..end])
        })
        .collect()
}

#[test]
fn what_is_written_from_other_files_is_up_to_date() {
    if !has(&["python3"]) {
        return;
    }
    let said =
        said(Command::new(source("packaging/manuals")).arg("check").output().expect("the script runs"));
    assert!(said.status == 0, "{said:?}");
}

#[test]
fn man_has_no_complaint() {
    if !has(&["man", "groff"]) {
        return;
    }
    let pages = std::fs::read_dir(source(PAGES)).expect("the pages").map(|page| page.expect("a page").path());
    let pages: Vec<_> = pages.collect();
    assert!(pages.len() >= 6, "{pages:?}");
    for page in pages {
        let output = Command::new("man")
            .args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"])
            .arg(&page)
            .env("LC_ALL", "C.UTF-8")
            .env("MANWIDTH", "80")
            .env_remove("MANROFFOPT")
            .output()
            .expect("man runs");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && complaint.is_empty(), "{}: {complaint}", page.display());
        assert!(output.stdout.len() > 1000, "{}: it prints nothing", page.display());
    }
}

#[test]
fn every_verb_has_its_usage_and_its_options() {
    let page = page("scarab.1");
    let parts = parts(&page, ".SS");
    let verbs = help::verbs(&Place::new());
    for verb in &verbs {
        let part = parts.iter().find(|(title, _)| *title == verb.usage);
        let (_, part) = part.unwrap_or_else(|| panic!("no part is called {:?}", verb.usage));
        assert_eq!(options(part), verb.options, "{}", verb.name);
    }
    assert_eq!(parts.len(), verbs.len(), "a part without a verb");
    for option in ["-h", "--help", "-V", "--version"] {
        assert!(options(&page).contains(option), "{option}");
    }
}

#[test]
fn every_option_of_the_other_programs_is_there() {
    let place = Place::new();
    for (program, asked, name) in
        [("scarabd", "--help", "scarabd.8"), ("scarab-gtk", "--help-all", "scarab-gtk.1")]
    {
        let there = help::options(&help::of(&place, program, asked));
        assert!(there.len() >= 4, "{program}: {there:?}");
        let described = options(&page(name));
        let missing: Vec<_> = there.difference(&described).collect();
        assert!(missing.is_empty(), "{name} lacks {missing:?}");
    }
}

#[test]
fn every_action_of_the_window_is_there() {
    let page = page("scarab-gtk.1");
    let actions = text("client-gtk/src/shortcuts.rs");
    let actions: Vec<&str> = actions
        .split("shortcut(\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0.split_once('.')?.1))
        .collect();
    assert!(actions.len() > 30, "{actions:?}");
    let words: BTreeSet<&str> = page.split([' ', ',', '\n', ';']).collect();
    let missing: Vec<_> = actions.iter().filter(|action| !words.contains(*action)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_key_of_the_configuration_is_there() {
    let place = Place::new();
    let config = place.ok(["config", "get"]);
    let keys: Vec<&str> = config
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split_once(" = ")?.0))
        .collect();
    assert!(keys.len() > 20, "{config}");
    let page = page("scarab.toml.5");
    let missing: Vec<_> = keys.iter().filter(|key| !page.contains(&format!("\n{key} = "))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_member_on_the_bus_is_there() {
    let page = page("org.scarab.Sessions1.5");
    for interface in ["Manager", "Session"] {
        let name = format!("org.scarab.Sessions1.{interface}");
        let (_, part) = *parts(&page, ".SH")
            .iter()
            .find(|(title, _)| title.ends_with(&name))
            .unwrap_or_else(|| panic!("{name} has no part"));
        let described: BTreeSet<&str> = part
            .split("\n.TP\n")
            .skip(1)
            .map(|item| item.split(['(', ' ']).next().unwrap_or_default())
            .collect();
        let file = text(&format!("packaging/dbus/{name}.xml"));
        let members: BTreeSet<&str> = ["<method name=\"", "<property name=\"", "<signal name=\""]
            .iter()
            .flat_map(|start| file.split(start).skip(1))
            .filter_map(|rest| Some(rest.split_once('"')?.0))
            .collect();
        assert_eq!(described, members, "{name}");
    }
}

#[test]
fn pages_refer_to_pages_that_there_are() {
    let pages = std::fs::read_dir(source(PAGES)).expect("the pages");
    let names: BTreeSet<String> =
        pages.map(|page| page.expect("a page").file_name().into_string().expect("UTF-8")).collect();
    for name in &names {
        let page = page(name);
        for line in page.lines().filter(|line| line.starts_with(".BR ")) {
            let words: Vec<&str> = line.split([' ', ',']).collect();
            if let [".BR", page, section, ..] = words[..]
                && let Some(section) = section.strip_prefix('(').and_then(|section| section.strip_suffix(')'))
                && page.contains("scarab")
            {
                assert!(names.contains(&format!("{page}.{section}")), "{name}: {page}({section})");
            }
        }
    }
}
