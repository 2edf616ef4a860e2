//! Everything that can go wrong for a client, each as one line a person can act on.

use crate::frame::{FrameError, MAX_JOINED};
use crate::grid::GridError;
use crate::hello::{Hello, HelloError, OLDEST_VERSION, OLDEST_VIEW_LAYOUT, Refusal, VERSION, VIEW_LAYOUT};
use crate::message::DamagedMessage;
use crate::message::answer::{Failed, FailureKind};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a client did not get what it asked for.
///
/// [`ClientError::ends_connection`] tells the errors of one request from those after which the connection is of
/// no use any more.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there: the service, or the socket that starts it, does not run.
    #[error("no Scarab service listens at {}", path.display())]
    NotRunning {
        /// The socket's path.
        path: PathBuf,
    },
    /// The socket cannot be reached for another reason.
    #[error("cannot connect to {}: {error}", path.display())]
    Connect {
        /// The socket's path.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The socket was made by another user: what is typed must not go there.
    #[error("{} belongs to another user (uid {uid}); Scarab talks to its owner's service only", path.display())]
    Stranger {
        /// The socket's path.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// The connection was taken (systemd always does), the hello not answered in time.
    #[error("the service did not answer within {} s", limit.as_secs_f32())]
    Silent {
        /// How long was waited.
        limit: Duration,
    },
    /// The connection ended before the hello was answered.
    #[error("the service closed the connection before it answered")]
    HungUp,
    /// What answered is not Scarab, or not sane.
    #[error("the answer to the hello cannot be used: {0}")]
    NotScarab(HelloError),
    /// The service answered that it will not talk.
    #[error("{}", refusal_line(*refusal, service))]
    Refused {
        /// Why.
        refusal: Refusal,
        /// Its whole hello.
        service: Hello,
    },
    /// The service chose a version or a layout that was not offered.
    #[error("the service chose protocol version {version} and view layout {layout}, which were not offered")]
    BadChoice {
        /// The protocol version it chose.
        version: u16,
        /// The view layout it chose.
        layout: u16,
    },
    /// The connection is over.
    #[error("the service closed the connection")]
    Closed,
    /// The system failed the connection.
    #[error("the connection to the service failed: {0}")]
    Io(#[from] io::Error),
    /// The byte stream cannot be followed.
    #[error("the service sent what cannot be understood: {0}")]
    Frame(#[from] FrameError),
    /// A message of a known kind does not hold what its kind says.
    #[error("the service sent what cannot be understood: {0}")]
    Damaged(#[from] DamagedMessage),
    /// More came unasked than may be kept, and none of it may be thrown away.
    #[error("the service sent more than this client may keep")]
    Flooded,
    /// The request was understood and failed.
    #[error("{}", .0.message)]
    Failed(Failed),
    /// The answer is of another kind than the request's.
    #[error("the service answered a request of kind {asked} with a message of kind {got}")]
    Unexpected {
        /// The request's kind.
        asked: u16,
        /// The answer's kind.
        got: u16,
    },
    /// No answer within the caller's limit.
    #[error("the service did not answer in time")]
    TimedOut,
    /// The message cannot be sent.
    #[error("a message of {0} bytes is too large: {MAX_JOINED} at most")]
    TooLarge(usize),
    /// The three descriptors of an attachment did not come with its answer, or a later answer replaced them.
    #[error("the service attached without handing over the session's view")]
    NoView,
    /// The memory that was handed over cannot be mapped or is not what it should be.
    #[error("the session's view cannot be used: {0}")]
    BadView(#[from] GridError),
    /// All attempts to reconnect failed.
    #[error("the connection to the service is lost: {attempts} attempts failed, the last: {last}")]
    GaveUp {
        /// How many were made.
        attempts: u32,
        /// What the last one met.
        last: Box<ClientError>,
    },
}

impl ClientError {
    /// The connection cannot be used any further; a new one may help.
    pub fn ends_connection(&self) -> bool {
        !matches!(
            self,
            ClientError::Failed(_)
                | ClientError::Unexpected { .. }
                | ClientError::TimedOut
                | ClientError::TooLarge(_)
                | ClientError::NoView
                | ClientError::BadView(_)
        )
    }

    /// Trying again cannot help: the other side is there and will say the same each time.
    pub fn is_final(&self) -> bool {
        match self {
            ClientError::Refused { refusal, .. } => !matches!(refusal, Refusal::TooManyConnections),
            ClientError::Failed(failed) => {
                !matches!(failed.kind, FailureKind::TooMany | FailureKind::Internal)
            }
            ClientError::NotScarab(_)
            | ClientError::BadChoice { .. }
            | ClientError::Stranger { .. }
            | ClientError::TooLarge(_)
            | ClientError::Unexpected { .. }
            | ClientError::BadView(_)
            | ClientError::GaveUp { .. } => true,
            _ => false,
        }
    }
}

fn refusal_line(refusal: Refusal, service: &Hello) -> String {
    let range = |(lowest, highest): (u16, u16)| match lowest == highest {
        true => format!("{lowest}"),
        false => format!("{lowest} to {highest}"),
    };
    match refusal {
        Refusal::Version => format!(
            "this program speaks protocol version {} and the service {}: update the older of the two",
            range((OLDEST_VERSION, VERSION)),
            range(service.versions)
        ),
        Refusal::Layout => format!(
            "this program reads view layout {} and the service writes {}: update the older of the two",
            range((OLDEST_VIEW_LAYOUT, VIEW_LAYOUT)),
            range(service.layouts)
        ),
        Refusal::TooManyConnections => {
            "the service has as many connections as its configuration allows; close some and try again"
                .to_owned()
        }
        Refusal::NotOwner => "the service belongs to another user".to_owned(),
        Refusal::NotAHello => "the service did not understand this program's first bytes".to_owned(),
        Refusal::SmallMessages => format!(
            "the service sends messages of up to {} bytes, more than this program takes",
            service.max_message
        ),
        Refusal::Other(number) => {
            format!("the service refused the connection (reason {number}, unknown here)")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_version_names_both_sides() {
        let service = Hello { versions: (7, 9), ..Hello::refuse(Refusal::Version) };
        let line = ClientError::Refused { refusal: Refusal::Version, service }.to_string();
        assert!(line.contains("version 1 ") && line.contains("7 to 9"), "{line}");
    }

    #[test]
    fn every_error_is_one_line() {
        for refusal in (1..=7).filter_map(Refusal::from_number) {
            let line = ClientError::Refused { refusal, service: Hello::refuse(refusal) }.to_string();
            assert!(!line.is_empty() && !line.contains('\n'), "{line}");
        }
    }
}
