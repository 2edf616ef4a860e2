//! The service's own socket, where no service manager passes one.
//!
//! Two services started at the same instant must not take each other's socket away: whoever holds the lock beside
//! the socket owns the path. The lock is the kernel's (flock(2)), so it cannot be left behind by a crash; the
//! socket's file can, and is removed only by the holder of the lock and only when nobody answers on it.

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// Connections that may wait to be accepted: as many as the default limit allows at all, so that none is turned
/// away unheard while the service is busy for a moment.
const BACKLOG: i32 = 1024;
/// The longest path the kernel takes for a socket, its ending NUL not counted (unix(7)).
const MAX_PATH: usize = 107;

/// Why the socket cannot be had, as a person should read it.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another service answers there.
    #[error("another scarabd already serves {}", .0.display())]
    Taken(PathBuf),
    /// The kernel takes no such path.
    #[error("the socket's path is {} bytes long, more than the {MAX_PATH} that the kernel takes: {}", .0.as_os_str().len(), .0.display())]
    TooLong(PathBuf),
    /// Something else stands there.
    #[error("{} exists and is no socket", .0.display())]
    NotASocket(PathBuf),
    /// The directory belongs to someone else.
    #[error("{} belongs to user {uid}: a socket in it would be theirs to replace", .path.display())]
    ForeignDirectory {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// The system refused.
    #[error("{}: {cause}", .path.display())]
    System {
        /// What it was about.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// A socket of our own; removed from the file system when dropped.
#[derive(Debug)]
pub struct OwnSocket {
    path: PathBuf,
    /// Device and inode of the socket's file: another one in its place is not ours to remove.
    identity: (u64, u64),
    /// Held as long as the path is ours.
    _lock: OwnedFd,
}

/// Listens at `path`. `private` says that its directory is Scarab's alone and is to be 0700.
pub fn listen(path: &Path, private: bool) -> Result<(UnixListener, OwnSocket), ListenError> {
    let path =
        std::path::absolute(path).map_err(|cause| ListenError::System { path: path.to_owned(), cause })?;
    if path.as_os_str().len() > MAX_PATH {
        return Err(ListenError::TooLong(path));
    }
    let directory = path.parent().unwrap_or(Path::new("/"));
    prepare_directory(directory, private)?;
    let lock = lock_beside(&path)?;
    remove_stale(&path)?;

    let failed = |cause: Errno| ListenError::System { path: path.clone(), cause: cause.into() };
    let socket =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .map_err(failed)?;
    // Before bind: the kernel makes the file with the socket's own mode, so it is never open to others.
    rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR).map_err(failed)?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(&path).map_err(failed)?).map_err(failed)?;
    rustix::net::listen(&socket, BACKLOG).map_err(failed)?;
    let found =
        fs::symlink_metadata(&path).map_err(|cause| ListenError::System { path: path.clone(), cause })?;
    let own = OwnSocket { identity: (found.dev(), found.ino()), path, _lock: lock };
    Ok((UnixListener::from(socket), own))
}

impl Drop for OwnSocket {
    fn drop(&mut self) {
        // The lock's file stays: removing it would let a third service lock another file of the same name.
        if fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.identity) {
            let _ = fs::remove_file(&self.path); // a left-over is found stale by the next start
        }
    }
}

fn prepare_directory(directory: &Path, private: bool) -> Result<(), ListenError> {
    let failed = |cause| ListenError::System { path: directory.to_owned(), cause };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    if !private {
        return Ok(());
    }
    let found = fs::metadata(directory).map_err(failed)?;
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(ListenError::ForeignDirectory { path: directory.to_owned(), uid: found.uid() });
    }
    if found.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700)).map_err(failed)?;
    }
    Ok(())
}

fn lock_beside(path: &Path) -> Result<OwnedFd, ListenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let failed = |cause: Errno| ListenError::System { path: name.clone(), cause: cause.into() };
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let lock = rustix::fs::open(&name, flags, Mode::RUSR | Mode::WUSR).map_err(failed)?;
    match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(Errno::WOULDBLOCK) => Err(ListenError::Taken(path.to_owned())),
        Err(error) => Err(failed(error)),
    }
}

/// Removes a socket on which nobody answers. One that answers, though the lock is ours, belongs to a service that
/// the service manager passed its socket to.
fn remove_stale(path: &Path) -> Result<(), ListenError> {
    let failed = |cause| ListenError::System { path: path.to_owned(), cause };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(found) if !found.file_type().is_socket() => return Err(ListenError::NotASocket(path.to_owned())),
        Ok(_) => {}
    }
    match try_connect(path) {
        Err(Errno::CONNREFUSED) => {
            log::info!("removing the stale socket {}", path.display());
            fs::remove_file(path).map_err(failed)
        }
        Err(Errno::NOENT) => Ok(()),
        // A full backlog (EAGAIN) is an answer too.
        Ok(()) | Err(Errno::AGAIN) => Err(ListenError::Taken(path.to_owned())),
        Err(error) => Err(failed(error.into())),
    }
}

/// Connects without waiting: a service that hangs with a full backlog must not hang this one.
fn try_connect(path: &Path) -> Result<(), Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn the_socket_is_the_owners_alone_and_goes_with_its_owner() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("run/scarab/control.sock");
        let (listener, own) = listen(&path, true).expect("listening");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().expect("a parent"))), (0o600, 0o700));
        assert!(matches!(listen(&path, true), Err(ListenError::Taken(_))));
        drop((listener, own));
        assert!(!path.exists());
        listen(&path, true).expect("free again");
    }

    #[test]
    fn only_what_nobody_answers_on_is_removed() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("s");
        drop(UnixListener::bind(&path).expect("bound"));
        drop(listen(&path, false).expect("a stale socket is replaced"));
        let other = UnixListener::bind(&path).expect("bound");
        assert!(matches!(listen(&path, false), Err(ListenError::Taken(_))));
        drop(other);
        fs::remove_file(&path).expect("removed");
        fs::write(&path, "precious").expect("written");
        assert!(matches!(listen(&path, false), Err(ListenError::NotASocket(_))));
        assert_eq!(fs::read(&path).expect("read"), b"precious");
    }

    #[test]
    fn of_many_starts_at_once_one_wins() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("s");
        drop(UnixListener::bind(&path).expect("bound"));
        let barrier = std::sync::Barrier::new(8);
        let won: Vec<_> = std::thread::scope(|scope| {
            let start = || {
                barrier.wait();
                listen(&path, false)
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().expect("joined")).collect()
        });
        assert_eq!(won.iter().filter(|result| result.is_ok()).count(), 1, "{won:?}");
        UnixStream::connect(&path).expect("the winner listens at the path");
    }

    #[test]
    fn a_path_that_is_too_long_says_so() {
        let path = PathBuf::from(format!("/tmp/{}", "x".repeat(120)));
        let error = listen(&path, false).expect_err("too long").to_string();
        assert!(error.contains("125 bytes long, more than the 107"), "{error}");
    }
}
