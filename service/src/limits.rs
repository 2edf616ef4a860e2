//! The limit of open files: raised for the service, put back for the programs it starts.
//!
//! A thousand connections and five descriptors a session exceed the usual soft limit of 1,024. The programs in
//! sessions must not inherit the raised one: select(2) is undefined beyond descriptor 1,023, so a program that
//! uses it relies on never being given one.

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
use std::sync::OnceLock;

/// The soft limit that programs get.
static FOR_PROGRAMS: OnceLock<Option<u64>> = OnceLock::new();
/// What programs expect. The unit cannot have it: systemd itself must be able to pass the descriptors that it keeps.
const USUAL: u64 = 1024;

/// Raises the soft limit to the hard one. Programs get the one that the service was started with, or from systemd the
/// usual one.
pub fn raise_open_files(by_systemd: bool) {
    let limit = getrlimit(Resource::Nofile);
    FOR_PROGRAMS.get_or_init(|| if by_systemd { Some(USUAL) } else { limit.current });
    if limit.current == limit.maximum {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        log::warn!("the limit of open files stays at {:?}: {error}", limit.current);
    }
}

/// Gives a process just started its soft limit.
pub fn restore_open_files(process: Pid) {
    let Some(for_programs) = FOR_PROGRAMS.get() else { return };
    let limit = Rlimit { current: *for_programs, ..getrlimit(Resource::Nofile) };
    if let Err(error) = prlimit(Some(process), Resource::Nofile, limit) {
        // It may have ended already; and it lives well enough with a larger limit.
        log::debug!(
            "process {process}: the limit of open files stays raised: {error}",
            process = process.as_raw_nonzero()
        );
    }
}
