//! What a call that fails is told.

use super::NAME;
use crate::failure::Failure;
use scarab_protocol::message::answer::FailureKind;
use zbus::message::Header;
use zbus::names::ErrorName;
use zbus::{DBusError, Message};

/// A failure under its name on the bus, `org.scarab.Sessions1.Error.…`.
#[derive(Debug)]
pub struct Error {
    name: String,
    message: String,
}

impl Error {
    /// A call that `dbus.control` does not allow.
    pub fn not_allowed(what: &str) -> Self {
        let message = format!(
            "{what} over D-Bus is off: `scarab config set dbus.control true` lets every program on your bus do it"
        );
        Self { name: format!("{NAME}.Error.NotAllowed"), message }
    }

    /// The session is not there any more.
    pub fn gone() -> Self {
        Self { name: format!("{NAME}.Error.NoSuchSession"), message: "the session is gone".to_owned() }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let kind = match failure.kind {
            FailureKind::NoSuchSession => "NoSuchSession",
            FailureKind::Ambiguous => "Ambiguous",
            FailureKind::NameTaken => "NameTaken",
            FailureKind::BadArgument => "BadArgument",
            FailureKind::Exited => "Exited",
            FailureKind::CannotStart => "CannotStart",
            FailureKind::TooMany => "TooMany",
            FailureKind::Refused => "NotAllowed",
            FailureKind::Unsupported => "Unsupported",
            FailureKind::Config => "Config",
            FailureKind::Interrupted => "Interrupted",
            FailureKind::Internal | FailureKind::UnknownRequest => "Internal",
        };
        Self { name: format!("{NAME}.Error.{kind}"), message: failure.message }
    }
}

impl DBusError for Error {
    fn create_reply(&self, call: &Header<'_>) -> zbus::Result<Message> {
        Message::error(call, self.name())?.build(&(self.message.as_str(),))
    }

    fn name(&self) -> ErrorName<'_> {
        ErrorName::from_str_unchecked(&self.name)
    }

    fn description(&self) -> Option<&str> {
        Some(&self.message)
    }
}
