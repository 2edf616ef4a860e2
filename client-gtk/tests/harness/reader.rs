//! What assistive technologies are told of the window: a test reads there what stands in it, and what has the focus.

use super::Desktop;
use super::alone::did_not_run;
use std::path::Path;
use std::process::{Command, Stdio};

/// The system's Python has the system's libraries.
const PYTHON: &str = "/usr/bin/python3";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/accessibility.py");

/// The package that is missing here, if one is.
fn missing() -> Option<&'static str> {
    let library = Command::new(PYTHON).args(["-c", "import pyatspi"]).stderr(Stdio::null()).status();
    if !Path::new("/usr/share/dbus-1/services/org.a11y.Bus.service").exists() {
        Some("at-spi2-core")
    } else if !library.is_ok_and(|status| status.success()) {
        Some("python3-pyatspi")
    } else {
        None
    }
}

impl Desktop {
    /// As [`Desktop::start`], where the window can be read.
    pub fn start_readable(command: &[&str]) -> Option<Self> {
        Self::start_readable_with(&[], command)
    }

    /// The same with variables of the environment.
    pub fn start_readable_with(environment: &[(&str, &str)], command: &[&str]) -> Option<Self> {
        if let Some(package) = missing() {
            let why = format!("{package} is missing: packaging/setup test installs it");
            did_not_run("what assistive technologies are told", &why);
            return None;
        }
        Self::start_with(environment, command)
    }

    /// What `accessibility.py` says about one of its words; empty where there is nothing to look at.
    pub fn read(&self, word: &str) -> String {
        self.read_about(&[word])
    }

    fn read_about(&self, words: &[&str]) -> String {
        self.read_in("scarab-gtk", words)
    }

    /// The same about another program.
    pub fn read_in(&self, application: &str, words: &[&str]) -> String {
        let mut script = Command::new(PYTHON);
        script.env("SCARAB_TEST_APPLICATION", application);
        script.arg(SCRIPT).args(words).env_remove("DISPLAY").env_remove("AT_SPI_BUS_ADDRESS");
        script
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus())
            .env("XDG_RUNTIME_DIR", self.home())
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        String::from_utf8_lossy(&script.output().expect("python runs").stdout).into_owned()
    }

    /// Clicks on what is called so, once it is there and stays where it is: what slides into view is not there yet.
    pub fn click_on(&self, name: &str) {
        let mut place = String::new();
        self.until(&format!("{name:?} is there"), |desktop| !desktop.read_about(&["place", name]).is_empty());
        self.until_still();
        self.until(&format!("{name:?} can be clicked"), |desktop| {
            let before = std::mem::replace(&mut place, desktop.read_about(&["place", name]));
            !place.is_empty() && place == before
        });
        let mut places = place.split_whitespace();
        let (x, y) = places.next().zip(places.next()).expect("two numbers");
        self.tool(&["mousemove", x, y, "click", "1"]);
    }

    /// Waits until the window says a text somewhere.
    pub fn until_said(&self, text: &str) {
        self.until(&format!("the window says {text:?}"), |desktop| desktop.read("tree").contains(text));
    }

    /// Presses a key until what is called so has the focus.
    pub fn go_to(&self, name: &str, key: &str) {
        self.until(&format!("{key} goes to {name:?}"), |desktop| {
            let there = desktop.read("focus").contains(name);
            if !there {
                desktop.keys(&[key]);
            }
            there
        });
    }
}
