//! What a person has set: the tables `window`, `palettes` and `shortcuts` of the one configuration file.
//!
//! The file is read here, so that the first window has its font before any service answers, and watched, so that a
//! change is seen at once whoever made it. It is written by the service alone, which checks what it writes and keeps
//! comments. A file with a mistake changes nothing: the service names the mistake, and what was read last stays.

use adw::prelude::*;
use gtk::{gio, glib};
use rustix::fs::OFlags;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::rc::Rc;

/// No configuration is larger, in bytes (the service takes no larger one).
const MAX_FILE: u64 = 1 << 20;

/// The tables that concern this program.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub window: Window,
    pub palettes: BTreeMap<String, Palette>,
    pub shortcuts: BTreeMap<String, Vec<String>>,
}

/// `docs/scarab.toml` says what each is; a test compares the defaults.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Window {
    pub font: String,
    pub ligatures: bool,
    pub appearance: Appearance,
    pub palette_dark: String,
    pub palette_light: String,
    pub columns: u16,
    pub rows: u16,
    pub padding: u16,
    pub cursor_blink: CursorBlink,
    pub bell_sound: bool,
    pub bell_flash: bool,
    pub scrollbar: bool,
    pub search_regex: bool,
    pub editor: String,
    pub linger_question: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Appearance {
    #[default]
    System,
    Light,
    Dark,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CursorBlink {
    #[default]
    Program,
    Always,
    Never,
}

/// Colours as `#rrggbb`; the service has checked them, and what is none is ignored.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Palette {
    pub foreground: String,
    pub background: String,
    pub cursor: Option<String>,
    pub colours: Vec<String>,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            font: "Monospace 11".to_owned(),
            ligatures: false,
            appearance: Appearance::System,
            palette_dark: "scarab-dark".to_owned(),
            palette_light: "scarab-light".to_owned(),
            columns: 80,
            rows: 24,
            padding: 4,
            cursor_blink: CursorBlink::Program,
            bell_sound: true,
            bell_flash: false,
            scrollbar: true,
            search_regex: false,
            editor: String::new(),
            linger_question: true,
        }
    }
}

impl Settings {
    /// What the file says; `None` where it says nothing that could be meant.
    fn read() -> Option<Self> {
        // A pipe in its place must not hold up the windows.
        let flags = OFlags::NONBLOCK.bits() as i32;
        let file = match std::fs::OpenOptions::new().read(true).custom_flags(flags).open(file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(Self::default()),
            opened => opened.ok()?,
        };
        file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let mut text = String::new();
        file.take(MAX_FILE).read_to_string(&mut text).ok()?;
        let settings: Self = toml::from_str(&text).ok()?;
        settings.window.is_within_bounds().then_some(settings)
    }
}

impl Window {
    /// What the service would refuse is not taken here either.
    fn is_within_bounds(&self) -> bool {
        (2..=1000).contains(&self.columns) && (1..=500).contains(&self.rows) && self.padding <= 100
    }
}

/// `$XDG_CONFIG_HOME/scarab/scarab.toml`, else below `~/.config`: as the service finds it.
fn file() -> PathBuf {
    glib::user_config_dir().join("scarab/scarab.toml")
}

thread_local! {
    static CURRENT: RefCell<Rc<Settings>> = RefCell::default();
    static MONITOR: RefCell<Option<gio::FileMonitor>> = const { RefCell::new(None) };
}

/// What is in force.
pub fn current() -> Rc<Settings> {
    CURRENT.with_borrow(Rc::clone)
}

/// Reads the file now and whenever it changes; `changed` is called after a change.
pub fn watch(changed: impl Fn() + 'static) {
    take();
    // A directory that is not there cannot be watched: GIO would look for it again and again.
    if let Some(directory) = file().parent()
        && !directory.exists()
    {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
        if made.is_err() {
            return;
        }
    }
    // A link is followed: it is what it points to that changes.
    let watched = std::fs::canonicalize(file()).unwrap_or_else(|_| file());
    let monitor = gio::File::for_path(watched)
        .monitor_file(gio::FileMonitorFlags::WATCH_MOVES, gio::Cancellable::NONE)
        .ok();
    if let Some(monitor) = &monitor {
        monitor.connect_changed(move |_, _, _, event| {
            // A file that is being written is looked at when it is whole.
            let whole = !matches!(event, gio::FileMonitorEvent::Changed | gio::FileMonitorEvent::Created);
            if whole && take() {
                changed();
            }
        });
    }
    MONITOR.set(monitor);
}

/// Puts what the file says in force; true when that is something else than before.
fn take() -> bool {
    let Some(settings) = Settings::read().map(Rc::new) else { return false };
    let scheme = match settings.window.appearance {
        Appearance::System => adw::ColorScheme::Default,
        Appearance::Light => adw::ColorScheme::ForceLight,
        Appearance::Dark => adw::ColorScheme::ForceDark,
    };
    let before = CURRENT.replace(settings.clone());
    adw::StyleManager::default().set_color_scheme(scheme);
    before != settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_documented_file() {
        let documented = include_str!("../../docs/scarab.toml");
        let set = |line: &str| {
            let setting = line.strip_prefix('#').filter(|rest| !rest.starts_with(' '));
            setting.unwrap_or(line).to_owned() + "\n"
        };
        let bare: String = documented.lines().map(set).collect();
        assert_eq!(toml::from_str::<Settings>(&bare), Ok(Settings::default()));
    }
}
