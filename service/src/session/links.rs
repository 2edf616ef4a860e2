//! The viewer's surroundings under names that stay: a running shell keeps its variables for good, but the agent's and the
//! compositor's sockets are other ones with the next login. So a session's variables name symbolic links, and each
//! viewer that attaches has them point to what it has. What is no path (`DISPLAY`) is for `scarab env`, and so is what the
//! shell was started without.

use super::environment::Variables;
use scarab_protocol::SessionId;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Variables that name a file, and the links' names.
const LINKED: [(&str, &str); 3] =
    [("SSH_AUTH_SOCK", "ssh-agent"), ("WAYLAND_DISPLAY", "wayland"), ("XAUTHORITY", "xauthority")];

/// The links of one session.
#[derive(Debug)]
pub(super) struct Links {
    /// None where there is no runtime directory to have them in.
    directory: Option<PathBuf>,
}

impl Links {
    /// Below the runtime directory, which only its owner can enter and which ends with the last login.
    pub(super) fn of(SessionId(id): SessionId) -> Self {
        let runtime =
            std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
        Self { directory: runtime.map(|runtime| runtime.join(format!("scarab/session-{id}"))) }
    }

    /// Has the links point to what this environment names, and the variables, if they are for a program that is to be
    /// started, to the links. What the environment lacks stays as it was.
    pub(super) fn follow(&self, environment: &[Vec<u8>], mut variables: Option<&mut Variables>) {
        let Some(directory) = &self.directory else { return };
        for (name, link) in LINKED {
            let Some(target) = target(environment, name) else { continue };
            // A viewer inside a session has a session's links: they must not point to each other in a circle.
            if !target.is_absolute() || directory.parent().is_some_and(|links| target.starts_with(links)) {
                continue;
            }
            let link = directory.join(link);
            match point(&link, &target) {
                Ok(()) => {
                    if let Some(variables) = &mut variables {
                        variables.insert(OsString::from(name), link.into_os_string());
                    }
                }
                Err(error) => log::warn!("{}: {error}", link.display()),
            }
        }
    }

    /// The same environment for a program that runs already: where a link points to what a variable names, it is named
    /// instead, and will follow later viewers too.
    pub(super) fn named_in(&self, mut environment: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let Some(directory) = &self.directory else { return environment };
        for (name, link) in LINKED {
            let link = directory.join(link);
            let there = std::fs::read_link(&link).ok();
            if there.is_some() && there == target(&environment, name) {
                environment.retain(|pair| value_of(pair, name).is_none());
                environment.push([name.as_bytes(), b"=", link.as_os_str().as_bytes()].concat());
            }
        }
        environment
    }

    /// The session is no more.
    pub(super) fn remove(&self) {
        if let Some(directory) = &self.directory {
            // Only links are in it, and they may never have been made.
            let _: io::Result<()> = std::fs::remove_dir_all(directory);
        }
    }
}

fn value_of<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")
}

/// The file that a variable of this environment names.
fn target(environment: &[Vec<u8>], name: &str) -> Option<PathBuf> {
    let value = |name| {
        let found = environment.iter().find_map(|pair| value_of(pair, name));
        found.filter(|value| !value.is_empty()).map(|value| Path::new(OsStr::from_bytes(value)))
    };
    let target = value(name)?;
    // A compositor's socket may be named without its directory.
    Some(match value("XDG_RUNTIME_DIR") {
        Some(runtime) if name == "WAYLAND_DISPLAY" => runtime.join(target),
        _ => target.to_owned(),
    })
}

/// Removes the links of a session that is no more.
pub fn forget(session: SessionId) {
    Links::of(session).remove();
}

/// Makes or changes a link in one step: whoever opens it meanwhile finds the old one or the new one.
fn point(link: &Path, target: &Path) -> io::Result<()> {
    if std::fs::read_link(link).is_ok_and(|there| there == target) {
        return Ok(());
    }
    if let Some(directory) = link.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let new = link.with_extension("new");
    let _: io::Result<()> = std::fs::remove_file(&new); // of a service that was killed just here
    std::os::unix::fs::symlink(target, &new)?;
    std::fs::rename(&new, link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_follow_the_viewer_and_variables_the_links() {
        let home = tempfile::tempdir().expect("a directory");
        let links = Links { directory: Some(home.path().join("scarab/session-7")) };
        let sent = |pairs: &[&str]| pairs.iter().map(|pair| pair.as_bytes().to_vec()).collect::<Vec<_>>();
        let mut variables = Variables::from([("SSH_AUTH_SOCK".into(), "/tmp/agent".into())]);
        let first =
            sent(&["SSH_AUTH_SOCK=/tmp/agent", "XDG_RUNTIME_DIR=/run/user/1", "WAYLAND_DISPLAY=wayland-0"]);
        links.follow(&first, Some(&mut variables));
        let agent = home.path().join("scarab/session-7/ssh-agent");
        assert_eq!(variables[OsStr::new("SSH_AUTH_SOCK")], agent);
        let pointed = |link: &Path| std::fs::read_link(link).expect("a link");
        assert_eq!(pointed(&agent), Path::new("/tmp/agent"));
        assert_eq!(pointed(&agent.with_file_name("wayland")), Path::new("/run/user/1/wayland-0"));

        links.follow(&sent(&["SSH_AUTH_SOCK=/tmp/other"]), None);
        assert_eq!(pointed(&agent), Path::new("/tmp/other"));
        assert_eq!(pointed(&agent.with_file_name("wayland")), Path::new("/run/user/1/wayland-0"));
        let running = links.named_in(sent(&["SSH_AUTH_SOCK=/tmp/other", "DISPLAY=:1", "XAUTHORITY=/tmp/x"]));
        let agent_named = format!("SSH_AUTH_SOCK={}", agent.display());
        assert_eq!(running, sent(&["DISPLAY=:1", "XAUTHORITY=/tmp/x", &agent_named]));
        // Neither a circle nor what is no path.
        links.follow(&sent(&[&format!("SSH_AUTH_SOCK={}", agent.display()), "XAUTHORITY=relative"]), None);
        assert_eq!(pointed(&agent), Path::new("/tmp/other"));
        assert!(!agent.with_file_name("xauthority").exists());
        links.remove();
        assert!(!agent.exists());
    }
}
