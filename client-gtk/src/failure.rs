//! What went wrong, in a person's language: the errors that a person can do something about. What the service refuses it
//! says in its own words, and what is a defect is said as those who look for it search for it.

use crate::translation::{gettext, gettext_with};
use scarab_protocol::ClientError;

/// What `error` says.
pub fn told(error: &anyhow::Error) -> String {
    error.downcast_ref().map_or_else(|| format!("{error:#}"), said)
}

/// The same of the protocol's.
pub fn said(error: &ClientError) -> String {
    match error {
        ClientError::NotRunning { path } => {
            gettext_with("no Scarab service listens at {path}", &[("path", &path.display())])
        }
        ClientError::Connect { path, error } => {
            gettext_with("cannot connect to {path}: {error}", &[("path", &path.display()), ("error", error)])
        }
        ClientError::Stranger { path, uid } => gettext_with(
            "{path} belongs to another user (uid {uid}); Scarab talks to its owner's service only",
            &[("path", &path.display()), ("uid", uid)],
        ),
        ClientError::Silent { limit } => gettext_with(
            "the service did not answer within {seconds} s",
            &[("seconds", &limit.as_secs_f32())],
        ),
        ClientError::Closed => gettext("the service closed the connection"),
        ClientError::Io(error) => {
            gettext_with("the connection to the service failed: {error}", &[("error", error)])
        }
        ClientError::TimedOut => gettext("the service did not answer in time"),
        ClientError::GaveUp { attempts, last } => gettext_with(
            "the connection to the service is lost: {attempts} attempts failed, the last: {error}",
            &[("attempts", attempts), ("error", &said(last))],
        ),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_words_are_the_protocol_s() {
        let path = std::path::PathBuf::from("/run/x");
        let error = || std::io::Error::other("no");
        let errors = [
            ClientError::NotRunning { path: path.clone() },
            ClientError::Connect { path: path.clone(), error: error() },
            ClientError::Stranger { path, uid: 7 },
            ClientError::Silent { limit: Duration::from_millis(2500) },
            ClientError::Closed,
            ClientError::Io(error()),
            ClientError::TimedOut,
            ClientError::GaveUp { attempts: 3, last: Box::new(ClientError::Closed) },
        ];
        for error in errors {
            assert_eq!(said(&error), error.to_string());
        }
        assert_eq!(told(&anyhow::Error::from(ClientError::Closed)), "the service closed the connection");
    }
}
