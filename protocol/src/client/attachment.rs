//! What an answered Attach becomes: the session's view mapped, and the doorbell that tells of new frames.

use super::error::ClientError;
use crate::grid::{Doorbell, ViewReader};
use crate::message::SessionInfo;
use crate::socket::MAX_DESCRIPTORS;
use rustix::fd::OwnedFd;

// The hello promises the layout that the grid reads.
const _: () = assert!(crate::hello::VIEW_LAYOUT as u32 == crate::grid::VIEW_LAYOUT);

/// A viewer's hold on its session's screen. It stays readable when the connection is lost, so that a person goes
/// on seeing the last frame while the client reconnects.
#[derive(Debug)]
pub struct Attachment {
    /// The session as it was when it was attached.
    pub session: SessionInfo,
    /// Its frames and history.
    pub view: ViewReader,
    /// Rings when there is a new frame.
    pub doorbell: Doorbell,
}

impl Attachment {
    /// Maps the descriptors in the order the contract names: view, doorbell memory, doorbell socket.
    pub(super) fn map(session: SessionInfo, descriptors: Vec<OwnedFd>) -> Result<Self, ClientError> {
        let [view, bell_memory, bell_socket] =
            <[OwnedFd; MAX_DESCRIPTORS]>::try_from(descriptors).map_err(|_| ClientError::NoView)?;
        let view = ViewReader::open(view)?;
        let doorbell = Doorbell::open(bell_memory, bell_socket)?;
        Ok(Attachment { session, view, doorbell })
    }
}
