//! Every message, as bare, documented data.
//!
//! A message is an rkyv archive of one struct (features `little_endian`, `unaligned`, `pointer_width_32`: byte
//! exact on every machine), validated by bytecheck before it is touched. Its kind stands in the frame's head, so
//! each struct is frozen on its own: a new message is a new number, never a change to an old one.
//!
//! | file | direction | kinds |
//! | --- | --- | --- |
//! | [`input`] | viewer → service, no answer | 1 – 15 |
//! | [`request`] | client → service, exactly one answer | 16 – 63 |
//! | [`answer`] | service → client, repeats the request's id | 64 – 127 |
//! | [`event`] | service → client, unasked, id 0 | 128 – 191 |
//!
//! Strings are UTF-8 without control characters where they name something; times are microseconds since the
//! Unix epoch; sizes are cells unless they end in `_px`.

pub mod answer;
pub mod event;
pub mod input;
mod previous;
pub mod request;
mod types;

pub use types::*;

use rkyv::rancor;

/// A message came whose archive does not hold what its kind says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the archive of a message of kind {kind} is damaged")]
pub struct DamagedMessage {
    /// The kind in the frame's head.
    pub kind: u16,
}

/// A struct that travels: its number, to and from its archive.
pub trait Message: Sized {
    /// The kind in the frame's head.
    const KIND: u16;
    /// The archive's bytes.
    fn archive(&self) -> Vec<u8>;
    /// Validates and reads an archive from outside.
    fn read(archive: &[u8]) -> Result<Self, DamagedMessage>;

    /// Appends the framed message to `out`.
    fn encode(&self, id: u32, out: &mut Vec<u8>) {
        crate::frame::encode(Self::KIND, id, &self.archive(), out);
    }
}

/// One direction's messages: an enum over its structs, decoded by kind.
macro_rules! direction {
    ($(#[$doc:meta])* $name:ident { $($kind:literal $module:ident::$message:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs)] // each variant is the struct of its name, documented there
        pub enum $name { $($message($module::$message),)* }

        impl $name {
            /// Every kind of this direction with its struct's name, in order.
            pub const KINDS: &[(u16, &str)] = &[$(($kind, stringify!($message)),)*];

            /// Decodes an archive by its kind. `Ok(None)` is a kind unknown here, to be skipped.
            pub fn decode(kind: u16, archive: &[u8]) -> Result<Option<Self>, DamagedMessage> {
                Ok(Some(match kind {
                    $($kind => $name::$message($module::$message::read(archive)?),)*
                    _ => return Ok(None),
                }))
            }

            /// The kind on the wire.
            pub fn kind(&self) -> u16 {
                match self { $($name::$message(_) => $kind,)* }
            }

            /// Appends the framed message to `out`.
            pub fn encode(&self, id: u32, out: &mut Vec<u8>) {
                match self { $($name::$message(message) => message.encode(id, out),)* }
            }
        }

        $(
            impl Message for $module::$message {
                const KIND: u16 = $kind;
                fn archive(&self) -> Vec<u8> {
                    rkyv::to_bytes::<rancor::Error>(self)
                        .expect("plain data below the frame's limits always archives")
                        .into_vec()
                }
                fn read(archive: &[u8]) -> Result<Self, DamagedMessage> {
                    rkyv::from_bytes::<Self, rancor::Failure>(archive)
                        .map_err(|_| DamagedMessage { kind: $kind })
                }
            }
            impl From<$module::$message> for $name {
                fn from(message: $module::$message) -> Self { $name::$message(message) }
            }
            impl TryFrom<$name> for $module::$message {
                type Error = $name;
                fn try_from(message: $name) -> Result<Self, $name> {
                    match message {
                        $name::$message(message) => Ok(message),
                        other => Err(other),
                    }
                }
            }
        )*
    };
}

direction! {
    /// What a client sends.
    ToService {
        1 input::Resize,
        2 input::Input,
        3 input::Key,
        4 input::Mouse,
        5 input::Paste,
        6 input::Focus,
        7 input::Colours,
        8 input::ClipboardAnswer,
        9 input::Disconnect,
        16 request::Ping,
        17 request::LoadPlugin,
        18 request::Create,
        19 request::List,
        20 request::Attach,
        21 request::Detach,
        22 request::Kill,
        23 request::Rename,
        24 request::Send,
        25 request::Capture,
        26 request::Wait,
        27 request::Cancel,
        28 request::Reload,
        29 request::GetConfig,
        30 request::SetConfig,
        31 request::CopyScreen,
        32 request::GetStatus,
        33 request::Subscribe,
        34 request::ResizeSession,
        35 request::GetEnvironment,
        36 request::KeepWindow,
        37 request::TakeWindows,
        38 request::Release,
        39 request::Search,
        40 request::GetPictures,
    }
}

direction! {
    /// What the service sends.
    ToClient {
        64 answer::Done,
        65 answer::Failed,
        66 answer::Pong,
        67 answer::Plugin,
        68 answer::Created,
        69 answer::Sessions,
        70 answer::Attached,
        71 answer::Captured,
        72 answer::Waited,
        73 answer::Config,
        74 answer::ScreenCopy,
        75 answer::Status,
        76 answer::Environment,
        77 answer::Windows,
        78 answer::Pictures,
        128 event::Acknowledged,
        129 event::InputDropped,
        130 event::Detached,
        131 event::ViewMoved,
        132 event::Bell,
        133 event::Title,
        134 event::Directory,
        135 event::ColoursChanged,
        136 event::ModesChanged,
        137 event::ClipboardSet,
        138 event::ClipboardRead,
        139 event::Notification,
        140 event::Progress,
        141 event::CommandStarted,
        142 event::CommandFinished,
        143 event::Foreground,
        144 event::SessionCreated,
        145 event::SessionRenamed,
        146 event::SessionExited,
        147 event::SessionRemoved,
        148 event::GoingDown,
        149 event::EventsLost,
        150 event::PointerShape,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_kind_is_skipped_and_a_damaged_archive_is_told() {
        assert_eq!(ToService::decode(9999, b"whatever"), Ok(None));
        assert_eq!(ToService::decode(2, b"xx"), Err(DamagedMessage { kind: 2 }));
    }

    #[test]
    fn kinds_are_unique_and_in_their_ranges() {
        let kinds: Vec<u16> = ToService::KINDS.iter().chain(ToClient::KINDS).map(|(kind, _)| *kind).collect();
        let mut sorted = kinds.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(kinds, sorted);
    }
}
