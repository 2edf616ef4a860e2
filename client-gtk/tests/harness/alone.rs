//! What every rig of this crate stands on, the tests' and the benchmark's: programs that end with it, surroundings without
//! anything of the person's, and saying aloud what is missing.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Programs that are ended with the rig, the last one first.
#[derive(Debug, Default)]
pub struct Children(Vec<Child>);

impl Deref for Children {
    type Target = Vec<Child>;

    fn deref(&self) -> &Vec<Child> {
        &self.0
    }
}

impl DerefMut for Children {
    fn deref_mut(&mut self) -> &mut Vec<Child> {
        &mut self.0
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for child in self.0.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// This machine has the program.
pub fn has(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
    found.is_ok_and(|output| output.status.success())
}

/// Gives a program a home, a bus and a service, and none of the machine's settings or input methods.
pub fn surround<'a>(command: &'a mut Command, home: &Path, bus: &str, socket: &Path) -> &'a mut Command {
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .current_dir(home)
        .env("XDG_RUNTIME_DIR", home)
        .env("SCARAB_SOCKET", socket)
        .env("DBUS_SESSION_BUS_ADDRESS", bus)
        .env("LANG", "C.UTF-8")
        .env("SHELL", "/bin/sh")
        .env("GSETTINGS_BACKEND", "memory")
        .env("GTK_IM_MODULE", "gtk-im-context-simple")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
}

/// Says loudly that a test cannot run here and why; fails where all are required, as in CI.
pub fn did_not_run(what: &str, why: &str) {
    assert!(std::env::var_os("SCARAB_REQUIRE_ALL").is_none(), "{why}");
    eprintln!("a test of {what} DID NOT RUN: {why}");
}
