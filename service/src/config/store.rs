//! The configuration file: where it is, reading it, reading it again, writing one key.
//!
//! A file that is wrong never takes effect in part: the configuration in force stays as it was, and what is wrong
//! is told to who asked and kept for the status.
//!
//! Reading and writing may take as long as the disk does, so they are done beside the event loop; what is in force
//! is under a lock of its own that is held for moments only.

use super::place::{ConfigError, parse};
use super::{Config, edit};
use rustix::fs::{Mode, OFlags};
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// No configuration is larger; a device or a wrong file named as one must not fill memory.
const MAX_FILE: u64 = 1 << 20;

/// The configuration in force and the file it comes from.
#[derive(Debug)]
pub struct Store {
    file: PathBuf,
    state: Mutex<State>,
    /// Held while the file is read or written: two changes at once must not undo each other.
    editing: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    current: Arc<Config>,
    problem: Option<String>,
}

/// `$XDG_CONFIG_HOME/scarab/scarab.toml`, else below `~/.config`.
pub fn default_file() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_CONFIG_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".config")))
        .unwrap_or_else(|| PathBuf::from("/etc"))
        .join("scarab/scarab.toml")
}

impl Store {
    /// Reads `file`. A missing one means the defaults; so does a wrong one at a start, because shells matter more
    /// than settings: the problem is kept and told.
    pub fn open(file: PathBuf) -> Self {
        let store = Store { file, state: Mutex::default(), editing: Mutex::default() };
        if let Err(error) = store.reload() {
            log::error!("{error}; the defaults are in force");
        }
        store
    }

    /// The configuration in force.
    pub fn current(&self) -> Arc<Config> {
        self.state().current.clone()
    }

    /// The file, whether or not it exists.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Why the file as it is now is not in force, in one line.
    pub fn problem(&self) -> Option<String> {
        self.state().problem.clone()
    }

    /// Reads the file again. When it is wrong, the old configuration stays.
    pub fn reload(&self) -> Result<(), ConfigError> {
        let _editing = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
        match self.read().and_then(|text| parse(&self.file, &text)) {
            Ok(config) => {
                self.put_in_force(config);
                Ok(())
            }
            Err(error) => {
                self.state().problem = Some(error.to_string());
                Err(error)
            }
        }
    }

    fn put_in_force(&self, config: Config) {
        *self.state() = State { current: Arc::new(config), problem: None };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets `key` to `value` (TOML) in the file, whole or not at all, and puts it in force.
    pub fn set(&self, key: &str, value: &str) -> Result<(), ConfigError> {
        let wrong = |message: String| ConfigError {
            file: self.file.clone(),
            line: None,
            key: Some(key.to_owned()),
            message,
        };
        // A person's own names stand below these two.
        let is_open = |table: &str| {
            key.strip_prefix(table).is_some_and(|name| !name.is_empty() && name.chars().all(fits_in_a_key))
        };
        let known = Config::default().flatten().iter().any(|(known, _)| known == key)
            || is_open("shortcuts.")
            || is_open("palettes.");
        if !known {
            return Err(wrong("no such key (`scarab config get` lists them)".into()));
        }
        // A word that is no TOML by itself is taken for a string: quotes rarely survive two shells.
        let assigned = |value: &str| toml::from_str::<toml::Table>(&format!("value = {value}\n")).ok();
        let value = match assigned(value) {
            Some(_) => value.to_owned(),
            None => toml::Value::String(value.to_owned()).to_string(),
        };
        let wanted = assigned(&value)
            .filter(|table| table.len() == 1 && !value.contains('\n'))
            .and_then(|mut table| table.remove("value"))
            .ok_or_else(|| wrong("the value is not one TOML value".into()))?;

        let _editing = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
        let text = self.read()?;
        let old = parse(&self.file, &text)?;
        let edited = edit::set(&text, key, &value);
        let new = parse(&self.file, &edited)?;
        let others = |config: &Config| {
            let mut flat = config.flatten();
            flat.retain(|(known, _)| known != key);
            flat
        };
        // The line edit is trusted only as far as the parser confirms it.
        if others(&old) != others(&new) || written(&edited, key) != Some(wanted) {
            return Err(wrong(
                "the file is written in a way that cannot be edited safely: edit it by hand".into(),
            ));
        }
        self.write(&edited).map_err(|error| wrong(format!("cannot be written: {error}")))?;
        self.put_in_force(new);
        Ok(())
    }

    fn read(&self) -> Result<String, ConfigError> {
        let read = || -> io::Result<String> {
            let flags = OFlags::NONBLOCK.bits() as i32; // a FIFO in the file's place must not hang the service
            let file = match fs::OpenOptions::new().read(true).custom_flags(flags).open(&self.file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
                other => other?,
            };
            if !file.metadata()?.is_file() {
                return Err(io::Error::other("not a regular file"));
            }
            let mut text = String::new();
            file.take(MAX_FILE + 1).read_to_string(&mut text)?;
            if text.len() as u64 > MAX_FILE {
                return Err(io::Error::other("larger than 1 MiB"));
            }
            Ok(text)
        };
        read().map_err(|error| ConfigError {
            file: self.file.clone(),
            line: None,
            key: None,
            message: format!("cannot be read: {error}"),
        })
    }

    /// Writes beside the file and renames over it, so that a crash leaves the old or the new one. A symbolic link
    /// (files kept in a repository) keeps pointing where it does.
    fn write(&self, text: &str) -> io::Result<()> {
        let target = fs::canonicalize(&self.file).unwrap_or_else(|_| self.file.clone());
        let directory = target.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(directory)?;
        let mode = fs::metadata(&target).map_or(0o600, |found| found.permissions().mode() & 0o777);
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let beside = directory.join(name);
        let result = (|| {
            let flags = OFlags::NOFOLLOW.bits() as i32;
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .custom_flags(flags)
                .open(&beside)?;
            file.write_all(text.as_bytes())?;
            rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))?;
            file.sync_all()?;
            fs::rename(&beside, &target)
        })();
        if result.is_err() {
            let _ = fs::remove_file(&beside); // the first error is the one to tell
        }
        result
    }
}

/// What needs no quotes in a key (TOML 1.0, "Keys"), and the dot between two.
fn fits_in_a_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

/// The value of a dotted key as a file's text has it.
fn written(text: &str, key: &str) -> Option<toml::Value> {
    let mut value = toml::Value::Table(toml::from_str(text).ok()?);
    for part in key.split('.') {
        let toml::Value::Table(mut table) = value else { return None };
        value = table.remove(part)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(text: &str) -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("scarab.toml");
        fs::write(&file, text).expect("written");
        let store = Store::open(file);
        (directory, store)
    }

    #[test]
    fn a_wrong_file_leaves_the_old_configuration_in_force_and_is_told() {
        let (_directory, store) = store("[history]\nlines = 5\n");
        assert_eq!(store.current().history.lines, 5);
        fs::write(store.file(), "[history]\nlines = \"many\"\n").expect("written");
        assert!(store.reload().is_err());
        assert_eq!(store.current().history.lines, 5);
        assert!(store.problem().is_some_and(|problem| problem.contains("scarab.toml:2: history.lines")));
        fs::remove_file(store.file()).expect("removed");
        store.reload().expect("no file is no error");
        assert_eq!((store.current().history.lines, store.problem()), (100_000, None));
    }

    #[test]
    fn what_is_no_readable_file_is_told() {
        let directory = tempfile::tempdir().expect("a directory");
        let store = Store::open(directory.path().to_owned());
        assert!(
            store.problem().is_some_and(|problem| problem.contains("cannot be read: not a regular file"))
        );
        let (_directory, store) = self::store("");
        fs::write(store.file(), b"\xff\xfe").expect("written");
        assert!(store.reload().is_err());
        fs::write(store.file(), "#".repeat(MAX_FILE as usize + 1)).expect("written");
        assert!(store.reload().expect_err("too large").to_string().contains("larger than 1 MiB"));
    }

    #[test]
    fn setting_a_key_writes_it_and_puts_it_in_force() {
        let (directory, store) = store("# mine\n[history]\nlines = 5\n");
        store.set("history.lines", "6").expect("set");
        store.set("clipboard.write", "never").expect("a bare word is a string");
        store.set("plugins.directories", "[\"/opt/p\"]").expect("a list");
        assert_eq!(store.current().history.lines, 6);
        let text = fs::read_to_string(store.file()).expect("read");
        assert!(
            text.starts_with("# mine\n[history]\nlines = 6\n\n[clipboard]\nwrite = \"never\"\n"),
            "{text}"
        );
        assert_eq!(fs::read_dir(directory.path()).expect("listed").count(), 1, "no temporary file stays");

        for (key, value) in [
            ("history.lines", "-1"),
            ("history.lins", "1"),
            ("history", "1"),
            ("history.lines", "7\nbytes = 1"),
            ("history.lines", "7 # x\n[limits]\nviewers = 1"),
        ] {
            assert!(store.set(key, value).is_err(), "{key} = {value}");
        }
        assert_eq!(fs::read_to_string(store.file()).expect("read"), text, "a refused value changes nothing");
    }

    #[test]
    fn what_a_line_edit_cannot_change_safely_is_left_alone() {
        let text = "[plugins]\ndirectories = [\n  \"/a\", # one\n]\n";
        let (_directory, store) = store(text);
        let error = store.set("plugins.directories", "[]").expect_err("several lines");
        assert!(!error.to_string().is_empty());
        assert_eq!(fs::read_to_string(store.file()).expect("read"), text);
    }
}
