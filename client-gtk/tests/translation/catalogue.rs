//! A catalogue of gettext's, read.

use std::path::Path;
use std::process::Command;

/// A text and what it is in the catalogue's language; with a number in it, its forms.
#[derive(Debug, Default)]
pub struct Entry {
    pub text: String,
    pub plural: Option<String>,
    pub translations: Vec<String>,
}

/// The directory of catalogues.
pub fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/po"))
}

/// The languages there are.
pub fn languages() -> Vec<String> {
    let listed = std::fs::read_to_string(directory().join("LINGUAS")).expect("the list of languages");
    listed.split_whitespace().map(str::to_owned).collect()
}

/// What a file of the directory holds, without its header.
pub fn read(name: &str) -> Vec<Entry> {
    let path = directory().join(name);
    let output = Command::new("msgcat").arg("--no-wrap").arg(&path).output().expect("msgcat runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut entries: Vec<Entry> = Vec::new();
    for line in String::from_utf8(output.stdout).expect("UTF-8").lines() {
        let Some((keyword, quoted)) = line.split_once('"').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let quoted = quoted.strip_suffix('"').expect("an end");
        let text = quoted.replace("\\n", "\n").replace("\\\"", "\"").replace("\\\\", "\\");
        if keyword == "msgid " {
            entries.push(Entry { text, ..Entry::default() });
            continue;
        }
        let entry = entries.last_mut().expect("a text first");
        match keyword {
            "msgid_plural " => entry.plural = Some(text),
            // More of what the line before began.
            "" => match (entry.translations.last_mut(), &mut entry.plural) {
                (Some(translation), _) => translation.push_str(&text),
                (None, Some(plural)) => plural.push_str(&text),
                (None, None) => entry.text.push_str(&text),
            },
            _ => entry.translations.push(text),
        }
    }
    entries.retain(|entry| !entry.text.is_empty());
    assert!(!entries.is_empty(), "{} holds nothing", path.display());
    entries
}
