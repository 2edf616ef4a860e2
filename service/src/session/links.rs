//! The viewer's surroundings under names that stay: a running shell keeps its variables for good, but the agent's and the
//! compositor's sockets are other ones with the next login. So a session's variables name symbolic links, and each
//! viewer that attaches has them point to what it has. What is no path (`DISPLAY`) is for `scarab env`.

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
        let value = |name: &str| {
            let found =
                environment.iter().find_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
            found.map(OsStr::from_bytes).filter(|value| !value.is_empty())
        };
        for (name, link) in LINKED {
            let Some(target) = value(name).map(Path::new) else { continue };
            // A compositor's socket may be named without its directory.
            let target = match value("XDG_RUNTIME_DIR") {
                Some(runtime) if name == "WAYLAND_DISPLAY" => Path::new(runtime).join(target),
                _ => target.to_owned(),
            };
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

    /// The session is no more.
    pub(super) fn remove(&self) {
        if let Some(directory) = &self.directory {
            // Only links are in it, and they may never have been made.
            let _: io::Result<()> = std::fs::remove_dir_all(directory);
        }
    }
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
        // Neither a circle nor what is no path.
        links.follow(&sent(&[&format!("SSH_AUTH_SOCK={}", agent.display()), "XAUTHORITY=relative"]), None);
        assert_eq!(pointed(&agent), Path::new("/tmp/other"));
        assert!(!agent.with_file_name("xauthority").exists());
        links.remove();
        assert!(!agent.exists());
    }
}
