//! The doorbell: how a viewer learns of a new frame without either side ever waiting for the other.
//!
//! One word in a small memory of its own says that the viewer waits; a socket pair carries one byte each
//! way. Kept apart from the view because every viewer has its own and may write to it: at worst a viewer
//! spoils its own bell. The order of things is in `order`.
//!
//! A socket and not an eventfd: `MSG_DONTWAIT` is a matter of each call, while an eventfd's `O_NONBLOCK` is
//! shared with the viewer, who could make the service block.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::GridError;
use super::frame::Generation;
use super::map::MapMut;
use super::order::{self, Next};
use super::reader::ViewReader;

/// Bytes of the memory: one page, of which one word is used.
const MEMORY: u64 = 4096;
/// Where the armed word is.
const ARMED: usize = 0;

/// What came over the socket of a bell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing.
    Nothing,
    /// At least one byte: the bell rang, or the viewer asks for unpublished damage.
    Signal,
    /// The other side is gone.
    Closed,
}

/// The service's end, one for each viewer.
#[derive(Debug)]
pub struct Bell {
    memory: MapMut,
    socket: OwnedFd,
}

/// What the viewer gets, over the control socket.
#[derive(Debug)]
pub struct BellHandover {
    /// The memory with the armed word.
    pub memory: OwnedFd,
    /// The viewer's end of the socket pair.
    pub socket: OwnedFd,
}

impl Bell {
    /// A bell, and what its viewer needs of it.
    ///
    /// # Errors
    /// When descriptors or memory have run out.
    pub fn create() -> io::Result<(Self, BellHandover)> {
        let memory = MapMut::create("scarab-bell", MEMORY)?;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let (socket, theirs) = rustix::net::socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        let handover = BellHandover { memory: memory.as_fd().try_clone_to_owned()?, socket: theirs };
        Ok((Self { memory, socket }, handover))
    }

    /// True if the viewer waits for a frame.
    pub fn is_armed(&self) -> bool {
        order::is_armed(&self.memory.word(ARMED))
    }

    /// Rings if the viewer waits; true if it did. Never blocks: if the socket is full, there are bytes
    /// enough to wake anybody.
    pub fn ring_if_armed(&self) -> bool {
        let armed = order::disarm(&self.memory.word(ARMED));
        if armed {
            send_byte(&self.socket);
        }
        armed
    }

    /// Takes what the viewer has sent, when the descriptor has become readable. At most 64 bytes a call,
    /// so that a viewer that sends without end costs one call a turn.
    pub fn take_asks(&self) -> Heard {
        hear(&self.socket)
    }
}

/// Readable when the viewer asks, or is gone.
impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// What a viewer that has armed its bell does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Armed {
    /// Wait until the descriptor is readable.
    Wait,
    /// A newer frame is there already: read it first.
    ReadAgain,
    /// The view is over: ask the service for the session's new one.
    MapAgain,
}

/// A viewer's end.
#[derive(Debug)]
pub struct Doorbell {
    memory: MapMut,
    socket: OwnedFd,
}

impl Doorbell {
    /// Takes what the service has sent.
    ///
    /// # Errors
    /// [`GridError`] if the memory is not a bell's.
    pub fn open(memory: OwnedFd, socket: OwnedFd) -> Result<Self, GridError> {
        Ok(Self { memory: MapMut::open(memory, MEMORY, MEMORY)?, socket })
    }

    /// Says that this viewer waits for a frame after `seen`, and asks for damage that was held back.
    pub fn arm(&self, view: &ViewReader, seen: Generation) -> Armed {
        let armed = self.memory.word(ARMED);
        let next = order::arm(&armed, &view.generation_word(), &view.dirty_word(), seen.0);
        if view.moved() {
            return Armed::MapAgain;
        }
        match next {
            Next::Read => Armed::ReadAgain,
            Next::Wait => Armed::Wait,
            Next::Ask => {
                self.ask();
                Armed::Wait
            }
        }
    }

    /// Says that this viewer does not wait any more, being hidden or stopped.
    pub fn disarm(&self) {
        order::disarm(&self.memory.word(ARMED));
    }

    /// Takes the bytes that rang.
    pub fn drain(&self) -> Heard {
        hear(&self.socket)
    }

    /// Asks for the damage that was held back. Never blocks.
    fn ask(&self) {
        send_byte(&self.socket);
    }
}

/// Readable when the bell has rung, or the service is gone.
impl AsFd for Doorbell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn send_byte(socket: &OwnedFd) {
    // A full socket has woken the other side already, and a closed one is seen when it is read.
    let _: Result<usize, Errno> = rustix::net::send(socket, &[1], SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
}

fn hear(socket: &OwnedFd) -> Heard {
    let mut bytes = [0; 64];
    match rustix::net::recv(socket, &mut bytes, RecvFlags::DONTWAIT) {
        Ok((_, 0)) => Heard::Closed,
        Ok(_) => Heard::Signal,
        Err(Errno::AGAIN | Errno::INTR) => Heard::Nothing,
        Err(_) => Heard::Closed,
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::FrameHead;
    use super::super::writer::{ViewLimits, ViewWriter};
    use super::*;

    #[test]
    fn an_armed_viewer_is_rung_once() {
        let (view, _history) = ViewWriter::create(ViewLimits::default()).unwrap();
        let reader = ViewReader::open(view.reader_fd().unwrap()).unwrap();
        let (bell, handover) = Bell::create().unwrap();
        let doorbell = Doorbell::open(handover.memory, handover.socket).unwrap();
        assert!(!bell.ring_if_armed(), "nobody waits yet");
        assert_eq!(doorbell.drain(), Heard::Nothing);
        assert_eq!(doorbell.arm(&reader, Generation(0)), Armed::Wait);
        assert!(bell.is_armed());
        assert!(bell.ring_if_armed());
        assert!(!bell.ring_if_armed());
        assert_eq!(doorbell.drain(), Heard::Signal);
        assert_eq!(doorbell.drain(), Heard::Nothing);
    }

    #[test]
    fn damage_held_back_is_asked_for() {
        let (mut view, _history) = ViewWriter::create(ViewLimits::default()).unwrap();
        let reader = ViewReader::open(view.reader_fd().unwrap()).unwrap();
        let (bell, handover) = Bell::create().unwrap();
        let doorbell = Doorbell::open(handover.memory, handover.socket).unwrap();
        view.leave_dirty();
        assert_eq!(doorbell.arm(&reader, Generation(0)), Armed::Wait);
        assert_eq!(bell.take_asks(), Heard::Signal);
        let seen = view.begin(&FrameHead::default()).publish();
        assert!(bell.ring_if_armed());
        assert_eq!(doorbell.arm(&reader, Generation(0)), Armed::ReadAgain, "not lost if it came before");
        assert_eq!(doorbell.arm(&reader, seen), Armed::Wait);
        assert_eq!(bell.take_asks(), Heard::Nothing, "publishing took the damage away");
    }

    #[test]
    fn a_view_that_is_over_is_said_so() {
        let (view, _history) = ViewWriter::create(ViewLimits::default()).unwrap();
        let reader = ViewReader::open(view.reader_fd().unwrap()).unwrap();
        let (_bell, handover) = Bell::create().unwrap();
        let doorbell = Doorbell::open(handover.memory, handover.socket).unwrap();
        view.mark_moved();
        assert_eq!(doorbell.arm(&reader, Generation(0)), Armed::MapAgain);
    }

    #[test]
    fn a_flood_neither_blocks_nor_grows() {
        let (bell, handover) = Bell::create().unwrap();
        let doorbell = Doorbell::open(handover.memory, handover.socket).unwrap();
        for _ in 0..100_000 {
            doorbell.ask();
        }
        assert_eq!(bell.take_asks(), Heard::Signal);
    }

    #[test]
    fn the_end_of_the_other_side_is_heard() {
        let (bell, handover) = Bell::create().unwrap();
        let doorbell = Doorbell::open(handover.memory, handover.socket).unwrap();
        drop(bell);
        assert_eq!(doorbell.drain(), Heard::Closed);
        let (bell, handover) = Bell::create().unwrap();
        drop(Doorbell::open(handover.memory, handover.socket).unwrap());
        assert_eq!(bell.take_asks(), Heard::Closed);
        assert!(!bell.ring_if_armed(), "and ringing it does nothing");
    }
}
