//! LoadPlugin: which programs may be plugins, and with which grants.
//!
//! A plugin is a process of its own that speaks this protocol on an inherited descriptor, with the capabilities
//! that its loader granted. The rules of who may be one are checked here in full; running them is not part of this
//! version, and the answer says so.

use crate::failure::{Failure, failed};
use scarab_protocol::message::PluginCapability;
use scarab_protocol::message::answer::{FailureKind, Plugin};
use scarab_protocol::message::request::LoadPlugin;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

/// Checks a request against the configured directories.
pub fn load(request: &LoadPlugin, directories: &[String]) -> Result<Plugin, Failure> {
    let program = program(&request.path, directories)?;
    check_capabilities(&request.capabilities)?;
    Err(failed(
        FailureKind::Unsupported,
        format!("{} may be a plugin, but plugins are not run by this version", program.display()),
    ))
}

/// The executable that a path names, once it is known to lie in a plugin directory.
fn program(path: &str, directories: &[String]) -> Result<PathBuf, Failure> {
    let bad = |why: &str| failed(FailureKind::BadArgument, format!("{path:?}: {why}"));
    let asked = Path::new(path);
    if path.len() > 4096 || path.contains('\0') || !asked.is_absolute() {
        return Err(bad("a plugin is named by an absolute path"));
    }
    if asked.components().any(|part| matches!(part, Component::ParentDir)) {
        return Err(bad("a plugin's path has no \"..\""));
    }
    let real = fs::canonicalize(asked).map_err(|error| bad(&error.to_string()))?;
    let inside = |directory: &String| {
        let directory = expand(directory);
        // Both as written and as resolved: a link inside a plugin directory must not lead out of it.
        asked.starts_with(&directory)
            && fs::canonicalize(&directory).is_ok_and(|true_one| real.starts_with(true_one))
    };
    if !directories.iter().any(inside) {
        let message = format!(
            "{path:?} is not in a plugin directory ({}; see plugins.directories)",
            directories.join(", ")
        );
        return Err(failed(FailureKind::Refused, message));
    }
    let found = fs::metadata(&real).map_err(|error| bad(&error.to_string()))?;
    if !found.is_file() || found.permissions().mode() & 0o111 == 0 {
        return Err(bad("not an executable file"));
    }
    Ok(real)
}

fn check_capabilities(capabilities: &[PluginCapability]) -> Result<(), Failure> {
    let bad = |why: &str| Err(failed(FailureKind::BadArgument, why));
    if capabilities.is_empty() {
        return bad("a plugin without capabilities could do nothing: grant at least one");
    }
    let twice = capabilities.iter().enumerate().any(|(at, one)| capabilities[..at].contains(one));
    if twice { bad("a capability is granted twice") } else { Ok(()) }
}

/// A configured directory with `~/` made the home directory.
fn expand(directory: &str) -> PathBuf {
    match (directory.strip_prefix("~/"), std::env::home_dir()) {
        (Some(below), Some(home)) => home.join(below),
        _ => PathBuf::from(directory),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(path: &Path, capabilities: &[PluginCapability], directories: &[String]) -> FailureKind {
        let path = path.to_str().expect("UTF-8").to_owned();
        load(&LoadPlugin { path, capabilities: capabilities.to_vec() }, directories)
            .expect_err("never run")
            .kind
    }

    #[test]
    fn only_executables_below_the_plugin_directories_get_as_far_as_being_unsupported() {
        let home = tempfile::tempdir().expect("a directory");
        let directory = home.path().join("plugins");
        fs::create_dir(&directory).expect("made");
        let (good, plain, outside) =
            (directory.join("good"), directory.join("plain"), home.path().join("outside"));
        for (path, mode) in [(&good, 0o755), (&plain, 0o644), (&outside, 0o755)] {
            fs::write(path, "#!/bin/sh\n").expect("written");
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("mode set");
        }
        std::os::unix::fs::symlink(&outside, directory.join("link")).expect("linked");
        let directories = [directory.to_str().expect("UTF-8").to_owned()];
        let observe = [PluginCapability::Observe];

        assert_eq!(answer(&good, &observe, &directories), FailureKind::Unsupported);
        assert_eq!(answer(&good, &[], &directories), FailureKind::BadArgument);
        assert_eq!(answer(&good, &[observe[0], observe[0]], &directories), FailureKind::BadArgument);
        assert_eq!(answer(&plain, &observe, &directories), FailureKind::BadArgument);
        assert_eq!(answer(&outside, &observe, &directories), FailureKind::Refused);
        assert_eq!(answer(&directory.join("link"), &observe, &directories), FailureKind::Refused);
        assert_eq!(answer(&directory.join("../outside"), &observe, &directories), FailureKind::BadArgument);
        assert_eq!(answer(&directory.join("none"), &observe, &directories), FailureKind::BadArgument);
        assert_eq!(answer(Path::new("plugins/good"), &observe, &directories), FailureKind::BadArgument);
    }
}
