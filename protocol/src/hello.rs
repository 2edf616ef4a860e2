//! The hello: 32 fixed bytes each way before anything else.
//!
//! Written by hand, because rkyv archives are bound to their layout: what two programs of different age must
//! agree on *before* they know each other's version cannot itself be an archive. All integers are big-endian.
//!
//! ```text
//! offset size  from a client                        from the service
//!      0    8  magic  89 53 43 41 52 41 42 0A       the same
//!      8    2  lowest version spoken                the same, its own
//!     10    2  highest version spoken               the same, its own
//!     12    4  capabilities                         capabilities
//!     16    4  largest message taken, bytes         the same, its own
//!     20    2  lowest view layout read              lowest view layout written
//!     22    2  highest view layout read             highest view layout written
//!     24    2  zero                                 the version chosen, 0 when refused
//!     26    2  zero                                 the view layout chosen
//!     28    2  zero                                 the refusal (see `Refusal`), 0 when accepted
//!     30    2  zero                                 zero
//! ```

/// The protocol version this crate speaks. The feature `previous` keeps the version before alive, for tests.
pub const VERSION: u16 = if cfg!(feature = "previous") { 1 } else { 2 };
/// The oldest protocol version this crate still speaks: this one and the one before.
pub const OLDEST_VERSION: u16 = 1;
/// The view layout this crate writes and reads.
pub const VIEW_LAYOUT: u16 = 1;
/// The oldest view layout this crate still reads.
pub const OLDEST_VIEW_LAYOUT: u16 = 1;
/// Bytes of a hello, either way.
pub const HELLO_LEN: usize = 32;
/// First byte outside ASCII so that text typed at the socket is told apart at once, and a final line feed so
/// that a path which translates line ends is found out.
pub const MAGIC: [u8; 8] = *b"\x89SCARAB\n";

/// What a side can do beyond its version: bits of [`Hello::capabilities`]. Unknown bits are ignored.
pub mod capability {
    /// The view can be handed over as a descriptor and mapped.
    pub const SHARED_GRID: u32 = 1 << 0;
}

/// One side's hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Lowest and highest protocol version spoken.
    pub versions: (u16, u16),
    /// Bits of [`capability`].
    pub capabilities: u32,
    /// Largest message taken, in bytes, the four length bytes not counted.
    pub max_message: u32,
    /// Lowest and highest view layout.
    pub layouts: (u16, u16),
    /// The version chosen (from the service; 0 from a client).
    pub chosen_version: u16,
    /// The view layout chosen (from the service; 0 from a client).
    pub chosen_layout: u16,
    /// Why the service will not talk (from the service; 0 = it will).
    pub refusal: u16,
}

/// Why the service refused a connection in its hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No protocol version in common.
    Version,
    /// No view layout in common.
    Layout,
    /// All connections that the configuration allows are taken.
    TooManyConnections,
    /// The peer is another user.
    NotOwner,
    /// The first bytes were no hello.
    NotAHello,
    /// The client takes no message as large as the service sends.
    SmallMessages,
    /// A number this version does not know.
    Other(u16),
}

impl Refusal {
    /// The number on the wire.
    pub fn number(self) -> u16 {
        match self {
            Refusal::Version => 1,
            Refusal::Layout => 2,
            Refusal::TooManyConnections => 3,
            Refusal::NotOwner => 4,
            Refusal::NotAHello => 5,
            Refusal::SmallMessages => 6,
            Refusal::Other(number) => number,
        }
    }

    /// The refusal of a number; `None` for 0, acceptance.
    pub fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            0 => return None,
            1 => Refusal::Version,
            2 => Refusal::Layout,
            3 => Refusal::TooManyConnections,
            4 => Refusal::NotOwner,
            5 => Refusal::NotAHello,
            6 => Refusal::SmallMessages,
            other => Refusal::Other(other),
        })
    }
}

/// What is wrong with the bytes of a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HelloError {
    /// The first eight bytes are not [`MAGIC`].
    #[error("this is not a Scarab connection: it does not begin with Scarab's eight magic bytes")]
    Magic,
    /// The lowest version is above the highest, or a version is 0.
    #[error("the hello names an impossible range of versions")]
    Range,
}

impl Hello {
    /// What this crate says first, as a client.
    pub fn client() -> Self {
        Hello {
            versions: (OLDEST_VERSION, VERSION),
            capabilities: capability::SHARED_GRID,
            max_message: crate::frame::MAX_MESSAGE as u32,
            layouts: (OLDEST_VIEW_LAYOUT, VIEW_LAYOUT),
            chosen_version: 0,
            chosen_layout: 0,
            refusal: 0,
        }
    }

    /// The service's answer to a client's hello: the highest version and layout both know, or why not.
    pub fn answer(client: &Hello) -> Self {
        let mut hello = Hello::client();
        match (common(client.versions, hello.versions), common(client.layouts, hello.layouts)) {
            (None, _) => hello.refusal = Refusal::Version.number(),
            (_, None) => hello.refusal = Refusal::Layout.number(),
            _ if client.max_message < hello.max_message => {
                hello.refusal = Refusal::SmallMessages.number();
            }
            (Some(version), Some(layout)) => {
                hello.chosen_version = version;
                hello.chosen_layout = layout;
            }
        }
        hello
    }

    /// The service's hello to a connection it will not serve.
    pub fn refuse(refusal: Refusal) -> Self {
        Hello { refusal: refusal.number(), ..Hello::client() }
    }

    /// The 32 bytes.
    pub fn encode(&self) -> [u8; HELLO_LEN] {
        let mut bytes = [0; HELLO_LEN];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&self.versions.0.to_be_bytes());
        bytes[10..12].copy_from_slice(&self.versions.1.to_be_bytes());
        bytes[12..16].copy_from_slice(&self.capabilities.to_be_bytes());
        bytes[16..20].copy_from_slice(&self.max_message.to_be_bytes());
        bytes[20..22].copy_from_slice(&self.layouts.0.to_be_bytes());
        bytes[22..24].copy_from_slice(&self.layouts.1.to_be_bytes());
        bytes[24..26].copy_from_slice(&self.chosen_version.to_be_bytes());
        bytes[26..28].copy_from_slice(&self.chosen_layout.to_be_bytes());
        bytes[28..30].copy_from_slice(&self.refusal.to_be_bytes());
        bytes
    }

    /// Reads 32 bytes from outside.
    pub fn decode(bytes: &[u8; HELLO_LEN]) -> Result<Self, HelloError> {
        if bytes[..8] != MAGIC {
            return Err(HelloError::Magic);
        }
        let u16_at = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        let u32_at = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let hello = Hello {
            versions: (u16_at(8), u16_at(10)),
            capabilities: u32_at(12),
            max_message: u32_at(16),
            layouts: (u16_at(20), u16_at(22)),
            chosen_version: u16_at(24),
            chosen_layout: u16_at(26),
            refusal: u16_at(28),
        };
        for (lowest, highest) in [hello.versions, hello.layouts] {
            if lowest == 0 || lowest > highest {
                return Err(HelloError::Range);
            }
        }
        Ok(hello)
    }
}

fn common(a: (u16, u16), b: (u16, u16)) -> Option<u16> {
    let highest = a.1.min(b.1);
    (highest >= a.0.max(b.0)).then_some(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_went() {
        let hello = Hello { chosen_version: 3, chosen_layout: 4, refusal: 5, ..Hello::client() };
        assert_eq!(Hello::decode(&hello.encode()), Ok(hello));
    }

    #[test]
    fn the_highest_common_version_is_chosen_and_none_is_refused() {
        let newer = Hello { versions: (VERSION, VERSION + 7), ..Hello::client() };
        assert_eq!(Hello::answer(&newer).chosen_version, VERSION);
        let far = Hello { versions: (VERSION + 1, VERSION + 7), ..Hello::client() };
        let answer = Hello::answer(&far);
        assert_eq!(
            (answer.chosen_version, Refusal::from_number(answer.refusal)),
            (0, Some(Refusal::Version))
        );
    }

    #[test]
    fn who_takes_only_smaller_messages_is_refused() {
        let small = Hello { max_message: crate::frame::MAX_MESSAGE as u32 - 1, ..Hello::client() };
        let answer = Hello::answer(&small);
        assert_eq!(
            (answer.chosen_version, Refusal::from_number(answer.refusal)),
            (0, Some(Refusal::SmallMessages))
        );
        let large = Hello { max_message: u32::MAX, ..Hello::client() };
        assert_eq!(Hello::answer(&large).refusal, 0);
    }

    #[test]
    fn wrong_bytes_are_told_apart() {
        let mut bytes = Hello::client().encode();
        bytes[0] = b'G';
        assert_eq!(Hello::decode(&bytes), Err(HelloError::Magic));
        let upside_down = Hello { versions: (2, 1), ..Hello::client() };
        assert_eq!(Hello::decode(&upside_down.encode()), Err(HelloError::Range));
    }
}
