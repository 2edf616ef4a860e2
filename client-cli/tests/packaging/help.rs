//! What the programs say of themselves, taken apart: verbs, usage, options.

use crate::harness::{Place, SCARAB, said};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A verb as `scarab help` has it.
pub struct Verb {
    pub name: String,
    /// What follows `scarab`, in one line.
    pub usage: String,
    pub options: BTreeSet<String>,
}

/// All of them.
pub fn verbs(place: &Place) -> Vec<Verb> {
    let overview = place.ok(["help"]);
    let listed = overview.lines().skip_while(|line| *line != "Sessions:");
    let listed = listed.take_while(|line| !line.starts_with("A session is named"));
    let names =
        listed.filter_map(|line| line.strip_prefix("  ")?.split_once("  ")).map(|(name, _)| name.trim());
    let verbs: Vec<Verb> = names.map(|name| verb(place, name)).collect();
    assert!(verbs.len() > 10, "{overview}");
    verbs
}

fn verb(place: &Place, name: &str) -> Verb {
    let help = place.ok(["help", name]);
    let usage: Vec<&str> =
        help.lines().take_while(|line| !line.is_empty()).flat_map(str::split_whitespace).collect();
    let usage = usage.join(" ");
    let usage = usage.strip_prefix("Usage: scarab ").unwrap_or_else(|| panic!("{help}")).to_owned();
    let mut options = options(&help);
    // Some verbs say no more of theirs than that.
    let words = usage.split([' ', '[', ']', '|']).filter(|word| word.starts_with('-'));
    options.extend(words.filter(|word| !["-", "--"].contains(word)).map(str::to_owned));
    Verb { name: name.to_owned(), usage, options }
}

/// The options that a help lists: `  -d, --detached     do not attach`.
pub fn options(help: &str) -> BTreeSet<String> {
    let listed = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let named = listed.flat_map(|line| line.split("  ").next().unwrap_or_default().split(", "));
    named.map(|option| option.split([' ', '=']).next().unwrap_or_default().to_owned()).collect()
}

/// Another program of the workspace.
pub fn beside(program: &str) -> PathBuf {
    let path = Path::new(SCARAB).with_file_name(program);
    assert!(path.is_file(), "{} is missing: cargo build --workspace", path.display());
    path
}

/// What it says of itself.
pub fn of(place: &Place, program: &str, option: &str) -> String {
    let program = beside(program);
    let said = said(place.surround(&program.to_string_lossy(), [option]).output().expect("it runs"));
    assert!(said.status == 0 && said.err.is_empty(), "{said:?}");
    said.out
}
