//! Bytes in and out of one connection, and the messages they are made into.
//!
//! Of its own beside the client's face, because here is all that must hold whatever the service does: writing never
//! waits without reading, nothing is kept without a bound, and after the end nothing is touched any more.

use super::error::ClientError;
use super::wait::{Until, wait_for};
use super::{Client, READ_SIZE};
use crate::frame::MAX_JOINED;
use crate::message::answer::{Failed, FailureKind};
use crate::message::{ToClient, ToService};
use crate::socket::{MAX_DESCRIPTORS, receive_with};
use rustix::event::PollFlags;
use rustix::fd::AsFd;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use std::io;

impl Client {
    /// Waits for the answer of that id, leaving all else in the queue.
    pub(super) fn answer(&mut self, id: u32, until: Until) -> Result<ToClient, ClientError> {
        loop {
            if let Some(message) = self.queue.take_answer(id) {
                return Ok(message);
            }
            self.check_end()?;
            if !self.receive(until)? {
                self.outstanding.remove(&id);
                return Err(ClientError::TimedOut);
            }
        }
    }

    /// The reason of the end the first time, that it is over ever after.
    pub(super) fn check_end(&mut self) -> Result<(), ClientError> {
        match self.ended {
            true => Err(self.end.take().unwrap_or(ClientError::Closed)),
            false => Ok(()),
        }
    }

    /// Nothing can come any more; what came before stays to be taken.
    fn finish(&mut self, why: ClientError) {
        if !self.ended {
            self.ended = true;
            self.end = Some(why);
            // The other side learns it too; that it may know already is no error.
            let _ = self.socket.shutdown(std::net::Shutdown::Both);
        }
    }

    /// Reads once and sorts out what came; false when the time was up first. The end of the connection counts
    /// as something that came.
    pub(super) fn receive(&mut self, until: Until) -> Result<bool, ClientError> {
        if self.ended {
            return Ok(true);
        }
        // Without a limit the read itself waits: one call into the kernel for each answer.
        let flags = match until {
            Until::Forever => RecvFlags::empty(),
            _ => RecvFlags::DONTWAIT,
        };
        loop {
            if let Until::At(_) = until
                && !wait_for(&self.socket, PollFlags::IN, until)?
            {
                return Ok(false);
            }
            let mut came = Vec::new();
            let outcome = receive_with(self.socket.as_fd(), &mut self.scratch, &mut came, flags);
            if !came.is_empty() {
                // Never more than one message's descriptors: older ones belong to nothing that is wanted.
                self.attached = None;
                came.truncate(MAX_DESCRIPTORS);
                self.arriving = came;
            }
            match outcome {
                Ok(0) => self.finish(ClientError::Closed),
                Ok(length) => {
                    self.decoder.push(&self.scratch[..length]);
                    if let Err(error) = self.sort_out() {
                        self.finish(error);
                    }
                }
                Err(error) => match Errno::from_io_error(&error) {
                    Some(Errno::INTR) => continue,
                    Some(Errno::AGAIN) if matches!(until, Until::Now) => return Ok(false),
                    // A socket that was handed over may not wait by itself.
                    Some(Errno::AGAIN) => {
                        if matches!(until, Until::Forever) {
                            wait_for(&self.socket, PollFlags::IN, until)?;
                        }
                        continue;
                    }
                    Some(Errno::CONNRESET) => self.finish(ClientError::Closed),
                    _ => self.finish(ClientError::Io(error)),
                },
            }
            return Ok(true);
        }
    }

    /// Moves every whole message from the decoder to the queue.
    fn sort_out(&mut self) -> Result<(), ClientError> {
        let mut largest = 0;
        while let Some(incoming) = self.decoder.next()? {
            let (kind, id, length) = (incoming.kind, incoming.id, incoming.archive.len());
            largest = largest.max(length);
            if id != 0 && !self.outstanding.contains(&id) {
                continue;
            }
            let message = ToClient::decode(kind, incoming.archive)?;
            if id == 0 {
                if let Some(message) = message {
                    self.queue.push_event(message, length)?;
                }
                continue;
            }
            self.outstanding.remove(&id);
            // Each request has exactly one answer here too, also where its kind cannot be read.
            let message = message.unwrap_or_else(|| {
                let message =
                    format!("the service answered with message kind {kind}, unknown to this program");
                Failed { kind: FailureKind::Unsupported, message }.into()
            });
            if let ToClient::Attached(_) | ToClient::Pictures(_) = message {
                self.attached = Some((id, std::mem::take(&mut self.arriving)));
            }
            self.queue.push_answer(id, message);
        }
        if self.decoder.is_idle() {
            // All that came is whole, so what no message took belongs to none: closed.
            self.arriving.clear();
            if largest > READ_SIZE {
                self.decoder.shrink_when_idle();
            }
        }
        Ok(())
    }

    pub(super) fn send(&mut self, id: u32, message: &ToService) -> Result<(), ClientError> {
        if self.ended {
            return Err(self.end.take().unwrap_or(ClientError::Closed));
        }
        message.encode(id, &mut self.out);
        // The heads are counted too, a little more than the other side counts.
        let outcome = match self.out.len() > MAX_JOINED {
            true => Err(ClientError::TooLarge(self.out.len())),
            false => self.write_out(),
        };
        self.out.clear();
        self.out.shrink_to(READ_SIZE);
        outcome
    }

    /// Writes `out`, reading whenever the socket takes nothing.
    fn write_out(&mut self) -> Result<(), ClientError> {
        let mut written = 0;
        while written < self.out.len() {
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            match rustix::net::send(&self.socket, &self.out[written..], flags) {
                Ok(sent) => written += sent,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    wait_for(&self.socket, PollFlags::IN | PollFlags::OUT, Until::Forever)?;
                    self.receive(Until::Now)?;
                    self.check_end()?;
                }
                Err(error) => {
                    // What the service said before it went is kept for `next`; so is the reason.
                    while !self.ended && self.receive(Until::Now)? {}
                    self.finish(ClientError::Closed);
                    return Err(match error {
                        Errno::PIPE | Errno::CONNRESET => ClientError::Closed,
                        error => ClientError::Io(io::Error::from(error)),
                    });
                }
            }
        }
        Ok(())
    }
}
