//! Input and Paste within their window.
//!
//! A viewer may have at most [`INPUT_WINDOW`] bytes on their way that the PTY has not taken. That keeps the
//! connection free: a key, a resize or a detach never stands behind a paste, and the service keeps 64 KiB a viewer
//! at most. Nothing here waits; the caller sends what the window takes and goes on when it opens.

use crate::frame::MAX_PART;
use crate::message::event::{Acknowledged, InputDropped};
use crate::message::input::{INPUT_WINDOW, Input, Paste};

/// Most bytes in one Input or Paste: with head and archive it stays one message of one part.
const PIECE: usize = MAX_PART - 64;

/// The offsets of one attachment's input. A new attachment begins with a new one.
#[derive(Debug, Default)]
pub struct InputStream {
    sent: u64,
    settled: u64,
}

impl InputStream {
    /// At offset 0, the whole window open.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes that may be sent now.
    pub fn room(&self) -> usize {
        INPUT_WINDOW.saturating_sub(self.unsettled()) as usize
    }

    /// Bytes sent of which is not known that the PTY took them, or that they were dropped. After a lost
    /// connection these may or may not have arrived: never send them again.
    pub fn unsettled(&self) -> u64 {
        self.sent - self.settled
    }

    /// The next message for the beginning of `bytes`, counted as sent; `None` when there is nothing to send or
    /// the window is shut.
    pub fn input(&mut self, bytes: &[u8]) -> Option<Input> {
        let length = bytes.len().min(self.room()).min(PIECE);
        (length > 0).then(|| Input { offset: self.count(length), bytes: bytes[..length].to_vec() })
    }

    /// The next piece of a paste, counted as sent; `None` when all of it is sent or the window is shut.
    pub fn paste(&mut self, paste: &mut OutgoingPaste) -> Option<Paste> {
        if paste.ended {
            return None;
        }
        let left = paste.text.len() - paste.at;
        let length = left.min(self.room()).min(PIECE);
        if length == 0 && (left > 0 || !paste.complete) {
            return None;
        }
        let bytes = paste.text[paste.at..paste.at + length].to_vec();
        let first = !paste.begun;
        paste.at += length;
        paste.begun = true;
        paste.ended = length == left && paste.complete;
        Some(Paste { offset: self.count(length), bytes, first, last: paste.ended })
    }

    /// The PTY took everything up to an offset.
    pub fn acknowledged(&mut self, event: &Acknowledged) {
        self.settle(event.offset);
    }

    /// An interrupt key overtook what was on its way.
    pub fn dropped(&mut self, event: &InputDropped) {
        self.settle(event.to);
    }

    /// Never back, and never beyond what was sent, whatever the service says.
    fn settle(&mut self, offset: u64) {
        self.settled = offset.clamp(self.settled, self.sent);
    }

    fn count(&mut self, length: usize) -> u64 {
        let offset = self.sent;
        self.sent += length as u64;
        offset
    }
}

/// A paste on its way out, in as many pieces as the window asks for.
#[derive(Debug)]
pub struct OutgoingPaste {
    text: Vec<u8>,
    at: usize,
    begun: bool,
    /// All of its text is here.
    complete: bool,
    ended: bool,
}

impl OutgoingPaste {
    /// A paste of `text`; nothing is sent yet.
    pub fn new(text: impl Into<Vec<u8>>) -> Self {
        OutgoingPaste { text: text.into(), at: 0, begun: false, complete: true, ended: false }
    }

    /// A paste whose text is still to come (a terminal delivers it piece by piece): give it by
    /// [`OutgoingPaste::extend`], then [`OutgoingPaste::finish`].
    pub fn open() -> Self {
        OutgoingPaste { text: Vec::new(), at: 0, begun: false, complete: false, ended: false }
    }

    /// More text. What was handed out already is forgotten once it is the larger part, so that each byte moves
    /// once.
    pub fn extend(&mut self, text: &[u8]) {
        if self.at > self.text.len() / 2 {
            self.text.drain(..self.at);
            self.at = 0;
        }
        self.text.extend_from_slice(text);
    }

    /// All of its text is here, sent or not.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// No more text comes.
    pub fn finish(&mut self) {
        self.complete = true;
    }

    /// All of it, and its end, has been handed out.
    pub fn is_sent(&self) -> bool {
        self.ended
    }

    /// Bytes not handed out yet.
    pub fn remaining(&self) -> usize {
        self.text.len() - self.at
    }

    /// Gives up what is left. A paste that has begun still sends its end, so that the program sees the bracket
    /// closed; one that has not sends nothing.
    pub fn abort(&mut self) {
        self.text.truncate(self.at);
        self.complete = true;
        self.ended |= !self.begun;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;
    use proptest::prelude::*;

    #[test]
    fn the_window_shuts_and_opens() {
        let mut stream = InputStream::new();
        let bytes = vec![7; 100_000];
        let mut sent = 0;
        while let Some(piece) = stream.input(&bytes[sent..]) {
            assert_eq!(piece.offset, sent as u64);
            sent += piece.bytes.len();
        }
        assert_eq!((sent as u64, stream.room()), (INPUT_WINDOW, 0));
        stream.acknowledged(&Acknowledged { offset: 1000 });
        assert_eq!(stream.room(), 1000);
        stream.dropped(&InputDropped { from: 1000, to: INPUT_WINDOW });
        assert_eq!((stream.room() as u64, stream.unsettled()), (INPUT_WINDOW, 0));
    }

    #[test]
    fn a_lying_service_cannot_open_the_window_further_or_shut_it() {
        let mut stream = InputStream::new();
        stream.input(&[1; 10]).expect("room");
        stream.acknowledged(&Acknowledged { offset: u64::MAX });
        assert_eq!(stream.room() as u64, INPUT_WINDOW);
        stream.acknowledged(&Acknowledged { offset: 0 });
        assert_eq!(stream.room() as u64, INPUT_WINDOW);
    }

    #[test]
    fn every_piece_is_one_message_of_one_part() {
        let mut stream = InputStream::new();
        let input = stream.input(&[0; 2 * MAX_PART]).expect("room");
        assert!(input.archive().len() <= MAX_PART);
        let paste = stream.paste(&mut OutgoingPaste::new(vec![b'x'; 2 * MAX_PART])).expect("room");
        assert!(paste.archive().len() <= MAX_PART);
    }

    #[test]
    fn an_aborted_paste_still_ends() {
        let mut stream = InputStream::new();
        let mut paste = OutgoingPaste::new(vec![b'x'; 1 << 20]);
        while stream.paste(&mut paste).is_some() {}
        assert!(!paste.is_sent() && paste.remaining() > 0);
        paste.abort();
        let end = stream.paste(&mut paste).expect("an end needs no room");
        assert!(end.last && !end.first && end.bytes.is_empty() && paste.is_sent());

        let mut unbegun = OutgoingPaste::new("text");
        unbegun.abort();
        assert!(stream.paste(&mut unbegun).is_none() && unbegun.is_sent());
    }

    #[test]
    fn a_paste_that_still_comes_ends_only_when_finished() {
        let mut stream = InputStream::new();
        let mut paste = OutgoingPaste::open();
        assert!(stream.paste(&mut paste).is_none(), "nothing to send yet");
        let mut got = Vec::new();
        for text in [&b"one "[..], b"two ", b"three"] {
            paste.extend(text);
            let piece = stream.paste(&mut paste).expect("text");
            assert_eq!((piece.first, piece.last), (got.is_empty(), false));
            got.extend(piece.bytes);
            assert!(stream.paste(&mut paste).is_none() && !paste.is_sent());
        }
        paste.finish();
        let end = stream.paste(&mut paste).expect("the end");
        assert!(end.last && end.bytes.is_empty() && paste.is_sent());
        assert_eq!(got, b"one two three");
    }

    proptest! {
        #[test]
        fn pieces_join_to_the_paste(length in 0usize..300_000, steps in prop::collection::vec(1u64..70_000, 1..40)) {
            let text: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let (mut stream, mut paste) = (InputStream::new(), OutgoingPaste::new(text.clone()));
            let (mut got, mut firsts, mut lasts) = (Vec::new(), 0, 0);
            let mut steps = steps.into_iter().cycle();
            while !paste.is_sent() {
                while let Some(piece) = stream.paste(&mut paste) {
                    prop_assert_eq!(piece.offset, got.len() as u64);
                    got.extend(piece.bytes);
                    firsts += u32::from(piece.first);
                    lasts += u32::from(piece.last);
                    prop_assert!(stream.unsettled() <= INPUT_WINDOW);
                }
                let settled = got.len() as u64 - stream.unsettled();
                stream.acknowledged(&Acknowledged { offset: settled + steps.next().unwrap_or(1) });
            }
            prop_assert_eq!((got, firsts, lasts), (text, 1, 1));
        }
    }
}
