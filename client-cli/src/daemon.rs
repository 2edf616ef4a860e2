//! Starting `scarabd` where no user manager does it: in a session of its own, so that the terminal's end does not
//! reach it, and with nothing inherited but `/dev/null` and a log.
//!
//! setsid(2) and marking inherited descriptors must happen in the process that becomes the service. Doing it in a
//! small run of our own program that then executes `scarabd` needs no code between fork and exec.

#![allow(unsafe_code)] // one descriptor number taken from /proc is borrowed

use anyhow::Context;
use rustix::fd::{BorrowedFd, RawFd};
use rustix::io::FdFlags;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

/// The first argument of the small run in between. No verb begins so.
pub const BECOME: &str = "--become-service";

/// A log larger than this is set aside at the next start: it never grows past one run's lines.
const MAX_LOG: u64 = 1 << 20;

/// A service that was started, and where it says what is wrong.
pub struct Started {
    /// Its process, while we live.
    pub child: Child,
    log: Option<(File, u64)>,
}

impl Started {
    /// The last line it wrote, for when it did not come up.
    pub fn last_words(&mut self) -> Option<String> {
        let (file, from) = self.log.as_mut()?;
        file.seek(SeekFrom::Start(*from)).ok()?;
        let mut text = Vec::new();
        file.take(MAX_LOG).read_to_end(&mut text).ok()?;
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().rfind(|line| !line.trim().is_empty())?;
        Some(crate::text::clean(line.trim()).into_owned())
    }
}

/// Starts `scarabd`, listening on `socket` where one was named, else on its usual one.
pub fn start(socket: Option<&OsStr>) -> anyhow::Result<Started> {
    let service =
        find().context("no service is running, and scarabd is neither beside scarab nor in PATH")?;
    let ourselves = std::env::current_exe().context("cannot find this program's own file")?;
    let log = open_log();
    let mut command = Command::new(ourselves);
    command.arg(BECOME).arg(service);
    if let Some(socket) = socket {
        // The service's directory is `/`: a relative path would name another place there.
        let socket = std::path::absolute(socket).context("the current directory is gone")?;
        command.arg("--listen").arg(socket);
    }
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
    let errors = log.as_ref().and_then(|(file, _)| file.try_clone().ok());
    command.stderr(errors.map_or_else(Stdio::null, Stdio::from));
    let child = command.spawn().context("cannot start scarabd")?;
    Ok(Started { child, log })
}

/// The run in between: leaves the terminal, drops what was inherited, becomes the service.
pub fn become_service(mut arguments: impl Iterator<Item = OsString>) -> anyhow::Result<ExitCode> {
    let service = arguments.next().context("which program to become is missing")?;
    // Fails only for who leads a session already, which is all that is wanted.
    let _ = rustix::process::setsid();
    close_inherited_on_exec().context("cannot list inherited descriptors")?;
    let error = Command::new(&service).args(arguments).exec();
    Err(error).with_context(|| format!("cannot execute {}", service.to_string_lossy()))
}

fn close_inherited_on_exec() -> std::io::Result<()> {
    for entry in fs::read_dir("/proc/self/fd")? {
        let Some(number) = entry?.file_name().to_str().and_then(|name| name.parse::<RawFd>().ok()) else {
            continue;
        };
        if number > 2 {
            // SAFETY: the kernel listed this number as open in this process just now, and this process has one
            // thread, which closes nothing here; the listing's own descriptor lives until the loop's end.
            let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
            rustix::io::fcntl_setfd(descriptor, FdFlags::CLOEXEC)?;
        }
    }
    Ok(())
}

/// `scarabd` beside this program (a build tree, an unpacked archive), else in PATH.
pub fn find() -> Option<PathBuf> {
    let executable =
        |path: &PathBuf| rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok() && path.is_file();
    let beside = std::env::current_exe().ok().map(|own| own.with_file_name("scarabd"));
    let search = std::env::var_os("PATH").unwrap_or_default();
    let in_path =
        std::env::split_paths(&search).filter(|path| path.is_absolute()).map(|path| path.join("scarabd"));
    beside.into_iter().chain(in_path).find(executable)
}

/// The log, and where this run's lines begin in it. Without a place for one the service starts all the same.
fn open_log() -> Option<(File, u64)> {
    let directory = state_directory()?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory).ok()?;
    let path = directory.join("scarabd.log");
    if fs::metadata(&path).is_ok_and(|log| log.len() > MAX_LOG) {
        let _ = fs::rename(&path, directory.join("scarabd.log.old"));
    }
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path).ok()?;
    let length = file.metadata().ok()?.len();
    Some((file, length))
}

/// `$XDG_STATE_HOME/scarab`, else `~/.local/state/scarab` (XDG base directory specification).
fn state_directory() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state =
        absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(Path::new(".local/state"))))?;
    Some(state.join("scarab"))
}
