//! What a person can configure: the keys, their defaults and bounds.
//!
//! One TOML file (`docs/scarab.toml` is its commented default), read by [`store`]. Every key has a bound where it
//! is declared, so that no file can make the service unbounded. Unknown keys are errors: a misspelt key that is
//! silently ignored is a setting that does not hold.

mod edit;
mod place;
pub mod store;
mod value;
mod window;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
pub use value::{Bytes, Span};
pub use window::{Palette, Window};

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// How much history a session keeps.
    pub history: History,
    /// Bounds of the service.
    pub limits: Limits,
    /// What programs are told of the terminal.
    pub terminal: Terminal,
    /// What runs in a session made without a command.
    pub shell: Shell,
    /// Programs and the clipboard (OSC 52).
    pub clipboard: Clipboard,
    /// Sessions that nobody needs any more.
    pub sessions: Sessions,
    /// The desktop terminal; the service only checks and keeps it.
    pub window: Window,
    /// A person's own palettes, by name.
    pub palettes: BTreeMap<String, Palette>,
    /// The desktop terminal's keys where they are not the default, by action.
    pub shortcuts: BTreeMap<String, Vec<String>>,
    /// The text viewer's keys; the service only hands them on.
    pub keys: Keys,
    /// The systemd scopes of sessions.
    pub scope: Scope,
    /// The D-Bus interface.
    pub dbus: Dbus,
    /// Plugins.
    pub plugins: Plugins,
}

/// How much history a new session keeps, whichever comes first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct History {
    /// Lines.
    #[serde(deserialize_with = "value::within::<_, _, 0, 100_000_000>")]
    pub lines: u64,
    /// Bytes of shared memory.
    #[serde(deserialize_with = "value::bytes_within::<_, { 1 << 20 }, { 1 << 30 }>")]
    pub bytes: Bytes,
}

/// Bounds of the service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Viewers of one session.
    #[serde(deserialize_with = "value::within::<_, _, 1, 10_000>")]
    pub viewers: usize,
    /// Connections open at once.
    #[serde(deserialize_with = "value::within::<_, _, 1, 100_000>")]
    pub connections: usize,
    /// Sessions whose program lives.
    #[serde(deserialize_with = "value::within::<_, _, 1, 10_000>")]
    pub sessions: usize,
    /// Sessions that are kept after their program ended, until someone has seen them.
    #[serde(deserialize_with = "value::within::<_, _, 0, 1000>")]
    pub exited: usize,
}

/// Most bytes of images of a session.
const MAX_IMAGE_BYTES: u64 = scarab_terminal::Options::MAX_IMAGE_BYTES;

/// What programs are told of the terminal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Terminal {
    /// `TERM` in new sessions.
    #[serde(deserialize_with = "value::terminal_name")]
    pub term: String,
    /// Let programs of every session read the screen back by checksum (DECRQCRA).
    pub allow_checksum: bool,
    /// Tell programs the titles that they ask for (XTWINOPS 20, 21).
    pub allow_title_report: bool,
    /// Memory for the images of a session; 0: programs are told that there are none.
    #[serde(deserialize_with = "value::bytes_within::<_, 0, { MAX_IMAGE_BYTES }>")]
    pub images: Bytes,
}

/// What runs in a session made without a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shell {
    /// The shell's path; empty for the user's own.
    #[serde(deserialize_with = "value::path_or_empty")]
    pub command: String,
    /// Start it as a login shell even where the viewer's environment came along.
    pub login: bool,
    /// Have bash, zsh and fish mark their prompts and tell directory and title.
    pub integration: bool,
}

/// When a program may write the clipboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClipboardWrite {
    /// At once from the session in focus, else the person is told first.
    #[default]
    Focus,
    /// The person is always told first.
    Ask,
    /// Never.
    Never,
}

/// When a program may read the clipboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClipboardRead {
    /// The viewer in use is asked.
    #[default]
    Ask,
    /// Never.
    Never,
}

/// Programs and the clipboard (OSC 52).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clipboard {
    /// Writing it.
    pub write: ClipboardWrite,
    /// Reading it.
    pub read: ClipboardRead,
}

/// Sessions that nobody needs any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sessions {
    /// So long after its window was closed a shell ends that has no name of its own and does nothing; 0 never.
    pub keep_idle: Span,
}

/// Whose habits the text viewer's keys follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyStyle {
    /// Prefix Ctrl-\.
    #[default]
    Scarab,
    /// Prefix Ctrl-b.
    Tmux,
}

/// The text viewer's keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Keys {
    /// Whose habits they follow.
    pub style: KeyStyle,
    /// The prefix key by name (`C-a`); empty for the style's own.
    #[serde(deserialize_with = "value::key_name")]
    pub prefix: String,
}

/// The systemd scopes of sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scope {
    /// Limits of each new one, `NAME=VALUE`.
    #[serde(deserialize_with = "value::properties")]
    pub properties: Vec<String>,
}

/// The D-Bus interface.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dbus {
    /// Let programs on the bus act on sessions, read screens and start commands, not only look.
    pub control: bool,
}

/// Plugins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plugins {
    /// Directories from which plugins are taken; `~/` is the home directory.
    #[serde(deserialize_with = "value::directories")]
    pub directories: Vec<String>,
}

impl Default for History {
    fn default() -> Self {
        History { lines: 100_000, bytes: Bytes(32 << 20) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits { viewers: 16, connections: 1000, sessions: 1000, exited: 64 }
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Sessions { keep_idle: Span(24 * 60 * 60) }
    }
}

impl Default for Shell {
    fn default() -> Self {
        Shell { command: String::new(), login: false, integration: true }
    }
}

impl Default for Terminal {
    fn default() -> Self {
        // Known to every host that a person may log in to from a session.
        Terminal {
            term: "xterm-256color".into(),
            allow_checksum: false,
            allow_title_report: false,
            images: Bytes(MAX_IMAGE_BYTES),
        }
    }
}

impl Default for Plugins {
    fn default() -> Self {
        Plugins {
            directories: vec!["~/.local/share/scarab/plugins".into(), "/usr/lib/scarab/plugins".into()],
        }
    }
}

impl Config {
    /// Every key, dotted, with its value as TOML, in the file's order.
    pub fn flatten(&self) -> Vec<(String, String)> {
        fn walk(prefix: &str, value: &toml::Value, out: &mut Vec<(String, String)>) {
            match value {
                toml::Value::Table(table) => {
                    for (key, value) in table {
                        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                        walk(&key, value, out);
                    }
                }
                value => out.push((prefix.to_owned(), value.to_string())),
            }
        }
        let mut out = Vec::new();
        let value = toml::Value::try_from(self).expect("the configuration's types are all TOML's");
        walk("", &value, &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTED: &str = include_str!("../../../docs/scarab.toml");

    #[test]
    fn the_documented_file_is_the_default_and_names_every_key() {
        assert_eq!(toml::from_str::<Config>(DOCUMENTED), Ok(Config::default()));
        // With the comment signs of its settings taken away it must say the same, key by key.
        let mut bare = String::new();
        for line in DOCUMENTED.lines() {
            let setting =
                line.strip_prefix('#').filter(|rest| !rest.starts_with([' ', '#']) && !rest.is_empty());
            bare.push_str(setting.unwrap_or(if line.starts_with('#') { "" } else { line }));
            bare.push('\n');
        }
        let written: toml::Value = toml::from_str(&bare).expect("the settings parse");
        assert_eq!(written, toml::Value::try_from(Config::default()).expect("TOML"));
        assert_eq!(toml::from_str::<Config>(&bare), Ok(Config::default()));
    }

    #[test]
    fn keys_are_dotted_and_values_are_toml() {
        let flat = Config::default().flatten();
        assert!(flat.contains(&("history.bytes".into(), "\"32MiB\"".into())), "{flat:?}");
        assert!(flat.contains(&("terminal.allow-checksum".into(), "false".into())), "{flat:?}");
    }
}
