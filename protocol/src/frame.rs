//! Messages on the byte stream: a length, a head, an archive; and parts for what does not fit.
//!
//! ```text
//! offset size
//!      0    4  length of what follows, big-endian: 8 ..= 8192
//!      4    2  kind of the message, big-endian (see `message`)
//!      6    2  flags, big-endian: bit 0 = MORE, another part of the same message follows
//!      8    4  id of the request, big-endian; an answer repeats it; 0 where no answer is due
//!     12    …  the archive, or this part of it
//! ```
//!
//! The kind stands outside the archive so that a message nobody here knows can be skipped by its length.
//! A message whose archive is larger travels in parts: consecutive frames of one kind and id on one connection,
//! all but the last with MORE, joined in order. Only one message is under way at a time in each direction.

use std::fmt;

/// Most bytes a frame's length may say: head and archive, the four length bytes not counted.
pub const MAX_MESSAGE: usize = 8192;
/// Bytes of the head after the length: kind, flags, id.
pub const HEAD_LEN: usize = 8;
/// Most archive bytes in one part.
pub const MAX_PART: usize = MAX_MESSAGE - HEAD_LEN;
/// Most bytes a message may have when its parts are joined: an environment of 200 KiB, a listing of a thousand
/// sessions and a screen of 500 x 200 cells fit several times over; captures are asked for page by page.
pub const MAX_JOINED: usize = 4 << 20;

const MORE: u16 = 1;

/// One whole message as it came, not yet decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incoming<'a> {
    /// The kind, perhaps unknown here.
    pub kind: u16,
    /// The request's id.
    pub id: u32,
    /// The archive, unchecked.
    pub archive: &'a [u8],
}

/// What ends a connection: after one of these the stream cannot be followed any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The length is below the head's or above [`MAX_MESSAGE`].
    #[error("a message of {0} bytes: the length must be {HEAD_LEN} to {MAX_MESSAGE}")]
    Length(u32),
    /// A part of another message came between the parts of one.
    #[error("message kind {got} came between the parts of a message of kind {open}")]
    Interleaved {
        /// The kind whose parts were under way.
        open: u16,
        /// The kind that came.
        got: u16,
    },
    /// The joined parts exceed [`MAX_JOINED`].
    #[error("a message in parts grew beyond {MAX_JOINED} bytes")]
    TooLong,
}

/// Appends one message to `out`, in as many parts as it needs.
pub fn encode(kind: u16, id: u32, archive: &[u8], out: &mut Vec<u8>) {
    let mut rest = archive;
    loop {
        let (part, after) = rest.split_at(rest.len().min(MAX_PART));
        let flags = if after.is_empty() { 0 } else { MORE };
        out.extend_from_slice(&((HEAD_LEN + part.len()) as u32).to_be_bytes());
        out.extend_from_slice(&kind.to_be_bytes());
        out.extend_from_slice(&flags.to_be_bytes());
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(part);
        rest = after;
        if rest.is_empty() {
            return;
        }
    }
}

/// Turns the byte stream into messages; keeps what is incomplete.
///
/// Memory: at most one frame plus what was read beyond it, and [`MAX_JOINED`] for a message in parts.
#[derive(Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Where the first undecoded byte of `buffer` is.
    start: usize,
    joined: Vec<u8>,
    open: Option<(u16, u32)>,
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").field("waiting", &(self.buffer.len() - self.start)).finish_non_exhaustive()
    }
}

impl Decoder {
    /// An empty decoder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes from the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.make_room();
        self.buffer.extend_from_slice(bytes);
    }

    /// The vector into which a reader may append directly, sparing a copy.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        self.make_room();
        &mut self.buffer
    }

    /// Nothing is under way: every byte taken belonged to a message that is whole.
    pub fn is_idle(&self) -> bool {
        self.start == self.buffer.len() && self.open.is_none()
    }

    /// Gives memory back when nothing is under way: an idle connection keeps none.
    pub fn shrink_when_idle(&mut self) {
        if self.start == self.buffer.len() {
            self.buffer = Vec::new();
            self.start = 0;
        }
        if self.open.is_none() {
            self.joined = Vec::new();
        }
    }

    fn make_room(&mut self) {
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        } else if self.start >= MAX_MESSAGE {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
    }

    /// The next whole message, or `None` until more bytes come.
    #[allow(clippy::should_implement_trait)] // what it gives is lent from the buffer: an iterator cannot
    pub fn next(&mut self) -> Result<Option<Incoming<'_>>, FrameError> {
        loop {
            let waiting = &self.buffer[self.start..];
            let Some((length, rest)) = waiting.split_first_chunk::<4>() else { return Ok(None) };
            let length = u32::from_be_bytes(*length);
            if (length as usize) < HEAD_LEN || length as usize > MAX_MESSAGE {
                return Err(FrameError::Length(length));
            }
            if rest.len() < length as usize {
                return Ok(None);
            }
            let kind = u16::from_be_bytes([rest[0], rest[1]]);
            let flags = u16::from_be_bytes([rest[2], rest[3]]);
            let id = u32::from_be_bytes([rest[4], rest[5], rest[6], rest[7]]);
            let part = self.start + 4 + HEAD_LEN..self.start + 4 + length as usize;
            self.start = part.end;

            if let Some((open, open_id)) = self.open
                && (open, open_id) != (kind, id)
            {
                return Err(FrameError::Interleaved { open, got: kind });
            }
            let more = flags & MORE != 0;
            if self.open.is_none() && !more {
                return Ok(Some(Incoming { kind, id, archive: &self.buffer[part] }));
            }
            if self.open.is_none() {
                self.joined.clear();
            }
            if self.joined.len() + part.len() > MAX_JOINED {
                return Err(FrameError::TooLong);
            }
            self.joined.extend_from_slice(&self.buffer[part]);
            self.open = more.then_some((kind, id));
            if !more {
                return Ok(Some(Incoming { kind, id, archive: &self.joined }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(decoder: &mut Decoder) -> Vec<(u16, u32, Vec<u8>)> {
        let mut messages = Vec::new();
        while let Some(message) = decoder.next().expect("a clean stream") {
            messages.push((message.kind, message.id, message.archive.to_vec()));
        }
        messages
    }

    proptest! {
        #[test]
        fn any_messages_cut_anywhere_come_back_whole(
            sizes in prop::collection::vec((any::<u16>(), any::<u32>(), 0usize..40_000), 1..6),
            cut in 1usize..9000,
        ) {
            let mut stream = Vec::new();
            let sent: Vec<_> = sizes
                .into_iter()
                .map(|(kind, id, len)| (kind, id, (0..len).map(|i| (i % 251) as u8).collect::<Vec<u8>>()))
                .collect();
            for (kind, id, archive) in &sent {
                encode(*kind, *id, archive, &mut stream);
            }
            let mut decoder = Decoder::new();
            let mut got = Vec::new();
            for piece in stream.chunks(cut) {
                decoder.push(piece);
                got.extend(all(&mut decoder));
            }
            prop_assert_eq!(got, sent);
        }

        #[test]
        fn noise_never_panics_or_grows(noise in prop::collection::vec(any::<u8>(), 0..20_000)) {
            let mut decoder = Decoder::new();
            for piece in noise.chunks(777) {
                decoder.push(piece);
                loop {
                    match decoder.next() {
                        Ok(Some(_)) => {}
                        Ok(None) => break,
                        Err(_) => return Ok(()),
                    }
                }
                prop_assert!(decoder.buffer.len() <= 2 * MAX_MESSAGE + 777);
            }
        }
    }

    #[test]
    fn wrong_lengths_and_interleaved_parts_are_refused() {
        let mut decoder = Decoder::new();
        decoder.push(&[0, 0, 0x20, 0x01]);
        assert_eq!(decoder.next(), Err(FrameError::Length(8193)));
        let mut decoder = Decoder::new();
        decoder.push(&[0, 0, 0, 7]);
        assert_eq!(decoder.next(), Err(FrameError::Length(7)));

        let mut stream = Vec::new();
        encode(9, 1, &vec![0; MAX_PART + 1], &mut stream);
        stream.truncate(4 + MAX_MESSAGE);
        encode(10, 1, &[], &mut stream);
        let mut decoder = Decoder::new();
        decoder.push(&stream);
        assert_eq!(decoder.next(), Err(FrameError::Interleaved { open: 9, got: 10 }));
    }
}
