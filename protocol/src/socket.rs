//! Where the control socket is, and sending and receiving with descriptors.

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags,
};
use std::ffi::OsString;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::path::PathBuf;

/// Most descriptors one message carries: view, doorbell memory, doorbell socket.
pub const MAX_DESCRIPTORS: usize = 3;

/// The variable that names another socket than the usual one.
pub const SOCKET_VARIABLE: &str = "SCARAB_SOCKET";

/// The user's runtime directory: `$XDG_RUNTIME_DIR`, else `/run/user/UID` (su and cron do not set it).
pub fn runtime_directory() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(directory) if !directory.is_empty() => PathBuf::from(directory),
        _ => PathBuf::from(format!("/run/user/{}", rustix::process::getuid().as_raw())),
    }
}

/// The control socket: `$SCARAB_SOCKET`, else `scarab/control.sock` in the runtime directory.
pub fn default_path() -> PathBuf {
    path_from(std::env::var_os(SOCKET_VARIABLE), runtime_directory())
}

fn path_from(variable: Option<OsString>, runtime: PathBuf) -> PathBuf {
    match variable {
        Some(path) if !path.is_empty() => PathBuf::from(path),
        _ => runtime.join("scarab/control.sock"),
    }
}

/// Sends `bytes` with descriptors attached to the first of them; how many bytes were taken. At least one byte
/// must be given: descriptors cannot travel alone on a stream.
pub fn send_with(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
    flags: SendFlags,
) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "more descriptors than one message carries"));
    }
    let sent =
        rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut control, flags | SendFlags::NOSIGNAL)?;
    Ok(sent)
}

/// Receives into `bytes`, adding descriptors to `descriptors` (close-on-exec; never more than
/// [`MAX_DESCRIPTORS`] a call: the kernel closes what does not fit); how many bytes came, 0 at the end.
pub fn receive_with(
    socket: BorrowedFd<'_>,
    bytes: &mut [u8],
    descriptors: &mut Vec<OwnedFd>,
    flags: RecvFlags,
) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = rustix::net::recvmsg(
        socket,
        &mut [IoSliceMut::new(bytes)],
        &mut control,
        flags | RecvFlags::CMSG_CLOEXEC,
    )?;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    Ok(received.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fd::AsFd;
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

    #[test]
    fn the_variable_wins_when_it_says_something() {
        let runtime = PathBuf::from("/run/user/7");
        assert_eq!(path_from(None, runtime.clone()), PathBuf::from("/run/user/7/scarab/control.sock"));
        assert_eq!(
            path_from(Some("".into()), runtime.clone()),
            PathBuf::from("/run/user/7/scarab/control.sock")
        );
        assert_eq!(path_from(Some("/tmp/s".into()), runtime), PathBuf::from("/tmp/s"));
    }

    #[test]
    fn descriptors_travel_with_bytes() {
        let (a, b) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .expect("a socket pair");
        let (read, write) = rustix::pipe::pipe().expect("a pipe");
        send_with(a.as_fd(), b"x", &[read.as_fd()], SendFlags::empty()).expect("sent");
        drop(read);
        let (mut bytes, mut descriptors) = ([0; 8], Vec::new());
        let received =
            receive_with(b.as_fd(), &mut bytes, &mut descriptors, RecvFlags::empty()).expect("received");
        assert_eq!((received, descriptors.len()), (1, 1));
        rustix::io::write(&write, b"through").expect("written");
        let got = rustix::io::read(&descriptors[0], &mut bytes).expect("read");
        assert_eq!(&bytes[..got], b"through");
    }
}
