//! Where in the file something stands: errors name file, line and key.

use super::Config;
use std::fmt;
use std::path::{Path, PathBuf};

/// What is wrong with a configuration, as a person should read it: `FILE:LINE: KEY: what is wrong`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// Its line from 1, where one is to blame.
    pub line: Option<usize>,
    /// The dotted key, where one is to blame.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        // TOML's own messages may have several lines; ours are told in one.
        write!(f, ": {}", self.message.trim().replace('\n', "; "))
    }
}

impl std::error::Error for ConfigError {}

/// Reads a configuration from its text.
pub fn parse(file: &Path, text: &str) -> Result<Config, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let place = error.span().map(|span| place(text, span.start));
        ConfigError {
            file: file.to_owned(),
            line: place.as_ref().map(|(line, _)| *line),
            key: place.and_then(|(_, key)| key),
            message: error.message().to_owned(),
        }
    })
}

/// The line of a byte offset, from 1, and the dotted key that it belongs to.
fn place(text: &str, offset: usize) -> (usize, Option<String>) {
    let mut table = String::new();
    let mut key = None;
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if let Some(header) = header_of(line) {
            table = header;
            key = Some(table.clone());
        } else if let Some(name) = key_of(line) {
            key = Some(if table.is_empty() { name } else { format!("{table}.{name}") });
        }
        at += line.len();
        if offset < at || at == text.len() {
            return (number + 1, key);
        }
    }
    (1, None)
}

/// The table that a line opens.
pub fn header_of(line: &str) -> Option<String> {
    let inside = line.trim_start().strip_prefix('[')?;
    Some(tidy(inside.split(']').next()?))
}

/// The key that a line sets; dotted where it is.
pub fn key_of(line: &str) -> Option<String> {
    let (key, _) = line.split_once('=')?;
    let key = tidy(key);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (!key.is_empty() && key.chars().all(fits)).then_some(key)
}

fn tidy(key: &str) -> String {
    key.chars().filter(|c| !c.is_whitespace() && *c != '"' && *c != '\'').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(Path::new("/c.toml"), text).expect_err("an error").to_string()
    }

    #[test]
    fn errors_name_file_line_and_key() {
        let said = error("[history]\n# so many\nlines = -4\n");
        assert_eq!(said, "/c.toml:3: history.lines: -4 is outside 0 to 100000000");
        let said = error("[history]\nlines = 5\n\n[limits]\nviewrs = 3\n");
        assert!(said.starts_with("/c.toml:5: limits.viewrs: unknown field"), "{said}");
        let said = error("history.bytes = \"1TB\"\n");
        assert!(said.starts_with("/c.toml:1: history.bytes: \"1TB\" is no number of bytes"), "{said}");
        let said = error("[clipboard]\nwrite = \"perhaps\"\n");
        assert!(said.starts_with("/c.toml:2: clipboard.write: unknown variant"), "{said}");
        let said = error("[keys\n");
        assert!(said.starts_with("/c.toml:1: keys: "), "{said}");
        let said = error("[histroy]\n");
        assert!(said.starts_with("/c.toml:1: histroy: unknown field"), "{said}");
    }
}
