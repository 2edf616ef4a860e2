//! The texts of the interface in a person's language, by gettext. `po/` has the catalogues; `packaging/translations` finds
//! the texts by the names of the functions here, which is why they are gettext's own.
//!
//! Values get into a text by name and after it was translated, so that a translation may put them where its language has
//! them: `{name}`, never `format!`.
#![allow(unsafe_code)] // the locale belongs to the whole process

use gettextrs::{LocaleCategory, bind_textdomain_codeset, bindtextdomain, setlocale, textdomain};
use std::fmt::Display;

/// What the catalogues are called.
const DOMAIN: &str = "scarab";

/// Chooses the language. GTK does so too, but only when it opens the display, which is too late for `--help`.
pub fn begin() {
    // SAFETY: nobody else looks at the locale meanwhile: `main` calls this first, before there are other threads.
    unsafe { setlocale(LocaleCategory::LcAll, "") };
    // Where any of it fails, texts stay as they are written in the sources.
    if let Some(directory) = catalogues() {
        let _ = bindtextdomain(DOMAIN, directory);
    }
    let _ = bind_textdomain_codeset(DOMAIN, "UTF-8");
    let _ = textdomain(DOMAIN);
}

/// Beside the program, wherever it is installed or built; `None` where the system's are the ones.
fn catalogues() -> Option<std::path::PathBuf> {
    let program = std::env::current_exe().ok()?;
    let directory = program.parent()?.parent()?.join("share/locale");
    directory.is_dir().then_some(directory)
}

/// A text.
pub fn gettext(text: &str) -> String {
    gettextrs::gettext(text)
}

/// A text with values in it: `{name}` is the one that is called so.
pub fn gettext_with(text: &str, values: &[(&str, &dyn Display)]) -> String {
    fill(&gettext(text), values)
}

/// A text about so many things: `{count}` is the number.
pub fn ngettext(one: &str, many: &str, count: usize) -> String {
    let number = u32::try_from(count).unwrap_or(u32::MAX);
    fill(&gettextrs::ngettext(one, many, number), &[("count", &count)])
}

/// Marks a text that is translated where it is shown: a constant cannot be.
pub const fn marked(text: &'static str) -> &'static str {
    text
}

/// In one pass: a brace in a value is only a brace.
fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after.split_once('}').and_then(|(name, behind)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value.to_string(), behind))
        });
        let (value, behind) = value.unwrap_or_else(|| ("{".to_owned(), after));
        filled.push_str(&value);
        rest = behind;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_where_a_text_has_them() {
        let values: &[(&str, &dyn Display)] = &[("program", &"{code}"), ("code", &3)];
        assert_eq!(fill("{code}: {program} failed", values), "3: {code} failed");
        assert_eq!(fill("{ {other} {code", values), "{ {other} {code");
        assert_eq!(ngettext("{count} line", "{count} lines", 1), "1 line");
        assert_eq!(ngettext("{count} line", "{count} lines", 2), "2 lines");
    }
}
