//! The manager's own socket, for people without a bus. All that comes over it says that its sender is
//! `org.freedesktop.systemd1`: no unique name, which a sender must have (D-Bus specification, "Message Protocol") and
//! without which zbus panics. So each message gets one on its way in.

use async_trait::async_trait;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use zbus::connection::Builder;
use zbus::connection::socket::{ReadHalf, Socket, Split};
use zbus::{Connection, Message};

/// A message's beginning, which says how long it is.
const BEGINNING: usize = 16;
/// Most bytes of a message: the manager answers in a few hundred.
const MOST: usize = 1 << 20;

/// A message that comes right behind the end of the handshake is read with it, and then looked at only when more comes
/// (seen with systemd 252). So something is said until it answers: so often, and so long apart.
const WAKING: usize = 20;
const WAKING_TIME: Duration = Duration::from_millis(20);

/// Connects to the manager itself.
pub(super) async fn connect(path: &Path) -> zbus::Result<Connection> {
    let socket = OwnSocket(UnixStream::connect(path).await?);
    let connection = Builder::socket(socket).p2p().build().await?;
    for _ in 0..WAKING {
        let ping = connection.call_method(None::<&str>, "/", Some("org.freedesktop.DBus.Peer"), "Ping", &());
        if tokio::time::timeout(WAKING_TIME, ping).await.is_ok() {
            break;
        }
    }
    Ok(connection)
}

struct OwnSocket(UnixStream);

impl Socket for OwnSocket {
    type ReadHalf = Incoming;
    type WriteHalf = OwnedWriteHalf;

    fn split(self) -> Split<Incoming, OwnedWriteHalf> {
        let (read, write) = self.0.into_split();
        Split::new(Incoming(read), write)
    }
}

#[derive(Debug)]
struct Incoming(OwnedReadHalf);

#[async_trait]
impl ReadHalf for Incoming {
    async fn receive_message(
        &mut self,
        number: u64,
        received: &mut Vec<u8>,
        descriptors: &mut Vec<OwnedFd>,
    ) -> zbus::Result<Message> {
        let length = loop {
            match length(received) {
                Some(length) if length > MOST => return Err(zbus::Error::ExcessData),
                Some(length) if received.len() >= length => break length,
                _ => {}
            }
            let mut more = [0; 4096];
            let (count, passed) = self.0.recvmsg(&mut more).await?;
            if count == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            received.extend_from_slice(&more[..count]);
            descriptors.extend(passed);
        };
        name_sender(&mut received[..length]);
        self.0.receive_message(number, received, descriptors).await
    }

    async fn recvmsg(&mut self, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
        self.0.recvmsg(buffer).await
    }
}

/// A number of the beginning, in the message's own byte order.
fn number(message: &[u8], at: usize) -> Option<usize> {
    let bytes = *message.get(at..)?.first_chunk()?;
    let number = if message[0] == b'B' { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
    usize::try_from(number).ok()
}

/// Bytes of the message that begins here, once enough of it has come: the beginning, the header's fields up to a
/// multiple of 8, the body.
fn length(message: &[u8]) -> Option<usize> {
    let (body, fields) = (number(message, 4)?, number(message, 12)?);
    Some((BEGINNING.saturating_add(fields)).checked_next_multiple_of(8)?.saturating_add(body))
}

/// Makes the manager's name a unique one, which begins with a colon, where it stands as the sender.
fn name_sender(message: &mut [u8]) {
    // The field's code, its signature "s", and the string with its length and its end.
    const LITTLE: &[u8] = b"\x07\x01s\0\x18\0\0\0org.freedesktop.systemd1\0";
    const BIG: &[u8] = b"\x07\x01s\0\0\0\0\x18org.freedesktop.systemd1\0";
    let Some(end) = number(message, 12).map(|fields| BEGINNING.saturating_add(fields)) else { return };
    let end = end.min(message.len());
    let header = &message[..end];
    let found = header.windows(LITTLE.len()).position(|window| window == LITTLE || window == BIG);
    if let Some(at) = found {
        message[at + 8] = b':';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Vec<u8> {
        let mut message = b"l\x04\x01\x01\x05\0\0\0\x01\0\0\0\x21\0\0\0".to_vec();
        message.extend_from_slice(b"\x07\x01s\0\x18\0\0\0org.freedesktop.systemd1\0");
        message.resize(56, 0);
        message.extend_from_slice(b"hello");
        message
    }

    #[test]
    fn the_length_is_known_from_the_beginning() {
        let message = message();
        assert_eq!(length(&message), Some(61));
        assert_eq!(length(&message[..15]), None);
        assert_eq!(length(&[255; 16]), Some(usize::try_from(u32::MAX).expect("64 bits") * 2 + 17));
    }

    #[test]
    fn the_sender_gets_a_unique_name_and_nothing_else_changes() {
        let mut changed = message();
        name_sender(&mut changed);
        let differences: Vec<_> = (0..changed.len()).filter(|at| changed[*at] != message()[*at]).collect();
        assert_eq!(differences, [24]);
        assert_eq!(&changed[24..48], b":rg.freedesktop.systemd1");
        for end in 0..changed.len() {
            name_sender(&mut message()[..end]);
        }
    }
}
