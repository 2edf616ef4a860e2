//! What is installed beside the programs, held against the programs: the manual pages, what shells complete with, and
//! the terminal's description for terminfo.

#[path = "../harness/mod.rs"]
mod harness;

mod completions;
mod help;
mod manuals;
mod shells;
mod terminfo;

use std::path::{Path, PathBuf};

/// A file of the source tree.
fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Its text.
fn text(path: &str) -> String {
    let path = source(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// This machine has the programs; says loudly which it has not, or fails where all are required.
fn has(programs: &[&str]) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let missing = |program: &&&str| !std::env::split_paths(&paths).any(|path| path.join(program).is_file());
    let Some(missing) = programs.iter().find(missing) else { return true };
    let message = format!("{missing} is not installed (packaging/setup test does it): this test DID NOT RUN");
    assert!(std::env::var_os("SCARAB_REQUIRE_ALL").is_none(), "{message}");
    eprintln!("{message}");
    false
}
