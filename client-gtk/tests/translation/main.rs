//! Texts of the interface in other languages: the catalogues have every text there is, and a window speaks one of them.

#[path = "../harness/mod.rs"]
mod harness;

mod catalogue;
mod source;
mod window;

use harness::alone::{did_not_run, has};
use source::Token;
use std::collections::BTreeSet;
use std::process::Command;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/translations");

/// What marks a text, and which of its first arguments are texts.
const MARKS: [(&str, &[usize]); 5] =
    [("gettext", &[0]), ("gettext_with", &[0]), ("marked", &[0]), ("ngettext", &[0, 1]), ("shortcut", &[1])];

/// Gettext's tools are here; says loudly when they are not, or fails where all is required.
fn has_tools() -> bool {
    let found = has("xgettext");
    if !found {
        did_not_run("translations", "gettext is missing: packaging/setup test installs it");
    }
    found
}

/// Where texts begin that are marked.
fn marked(tokens: &[Token]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Name(name) = token else { continue };
        let Some((_, arguments)) = MARKS.iter().find(|(mark, _)| mark == name) else { continue };
        for argument in *arguments {
            // Its arguments before are literals too: a sign and a literal each.
            let at = at + 2 + 2 * argument;
            if tokens.get(at - 1) == Some(&Token::Sign(if *argument == 0 { '(' } else { ',' }))
                && let Some(Token::Text(text)) = tokens.get(at)
            {
                found.push((at, text.clone()));
            }
        }
    }
    found
}

#[test]
fn every_language_has_every_text() {
    if !has_tools() {
        return;
    }
    let output = Command::new(SCRIPT).arg("check").output().expect("the script runs");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn every_marked_text_is_gathered() {
    if !has_tools() {
        return;
    }
    let gathered = catalogue::read("scarab.pot");
    let gathered = gathered.into_iter().flat_map(|entry| [Some(entry.text), entry.plural]).flatten();
    let gathered: BTreeSet<String> = gathered.collect();
    let sources = source::all();
    let there = sources.iter().flat_map(|(_, tokens)| marked(tokens)).map(|(_, text)| text);
    // The extension of Files is no Rust.
    let files = include_str!("../../../packaging/nautilus/scarab.py");
    let of_files = files.split("_(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned);
    let there: BTreeSet<String> = there.chain(of_files).collect();
    let differ: Vec<_> = there.symmetric_difference(&gathered).collect();
    assert!(differ.is_empty(), "only in the sources, or only in the catalogue: {differ:#?}");
}

/// What reads as words and is none of a language's.
const NAMES: [&str; 7] = [
    "Scarab",
    "Menu", // a key
    "Monospace 11",
    "Get", // on the bus, as the next
    "Linger",
    "sudo loginctl enable-linger", // to be typed
    "sudo loginctl enable-linger {user}",
];

/// What reads as words is marked, or it is nothing that a person reads.
#[test]
fn no_words_are_left_in_one_language() {
    let mut left = Vec::new();
    // What draws says nothing, but has tables of letters.
    for (path, tokens) in source::all().into_iter().filter(|(path, _)| !path.contains("/draw/")) {
        let marked: BTreeSet<usize> = marked(&tokens).into_iter().map(|(at, _)| at).collect();
        for (at, token) in tokens.iter().enumerate() {
            if let Token::Text(text) = token
                && !NAMES.contains(&text.as_str())
                && reads_as_words(text)
                && !marked.contains(&at)
            {
                left.push(format!("{path}: {text:?}"));
            }
        }
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
}

/// Two words, or one with a capital; names of types are none.
fn reads_as_words(text: &str) -> bool {
    let words = text.split_whitespace().map(|word| word.trim_matches(|sign| "_.,:;?!()".contains(sign)));
    let is_word = |word: &&str| !word.is_empty() && word.chars().all(char::is_alphabetic);
    let words: Vec<&str> = words.filter(is_word).collect();
    let capital =
        |word: &&str| word.starts_with(char::is_uppercase) && !word[1..].contains(char::is_uppercase);
    words.len() > 1 || words.iter().any(|word| capital(word) && word.len() > 1)
}

#[test]
fn translations_have_the_values_of_their_texts() {
    if !has_tools() {
        return;
    }
    for language in catalogue::languages() {
        for entry in catalogue::read(&format!("{language}.po")) {
            let (text, plural) = (values(&entry.text), entry.plural.as_deref().map(values));
            for (form, translation) in entry.translations.iter().map(|text| values(text)).enumerate() {
                // A form for one thing may do without the number, as its text may.
                let fits = match &plural {
                    Some(plural) if form == 0 => translation == text || translation == *plural,
                    Some(plural) => translation == *plural,
                    None => translation == text,
                };
                assert!(fits, "{language}: {entry:?}");
            }
        }
    }
}

/// The names in braces.
fn values(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect()
}
