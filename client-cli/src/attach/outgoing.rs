//! What a person typed and pasted, on its way to the session in the order it was given.
//!
//! A paste may have to wait for its window; keys typed after it wait with it. An interrupt key does not: it
//! overtakes, and what it overtook is dropped, here as in the service.

use super::keys::chosen;
use scarab_protocol::client::{Client, ClientError, InputStream, OutgoingPaste};
use scarab_protocol::message::event::{Acknowledged, InputDropped};
use scarab_protocol::message::input::Key;
use scarab_protocol::message::{KeyAction, mods};
use std::collections::VecDeque;

/// Bytes of pastes kept before the terminal is read no further.
const MAX_PASTE: usize = 16 << 20;
/// Keys kept behind a paste; further ones are dropped, as a keyboard's own buffer does.
const MAX_KEYS: usize = 1024;

#[derive(Debug)]
enum Item {
    Paste(OutgoingPaste),
    Key(Key),
}

/// The row of things to send.
#[derive(Debug, Default)]
pub struct Outgoing {
    stream: InputStream,
    items: VecDeque<Item>,
    /// The paste that still comes from the terminal was given up: the rest of it is passed over.
    skipping: bool,
}

/// True for the keys that interrupt or stop what runs.
pub fn interrupts(key: &Key) -> bool {
    let letter = |code: u32| [u32::from('c'), u32::from('z'), u32::from('\\')].contains(&code);
    key.action == KeyAction::Press && chosen(key.mods) == mods::CTRL && (letter(key.key) || letter(key.base))
}

impl Outgoing {
    /// A new attachment: offsets begin anew. True if something was lost with the old one.
    pub fn restart(&mut self) -> bool {
        let lost = self.stream.unsettled() > 0 || !self.items.is_empty();
        self.skipping |= self.open_paste().is_some_and(|paste| !paste.is_complete());
        self.items.clear();
        self.stream = InputStream::new();
        lost
    }

    fn open_paste(&mut self) -> Option<&mut OutgoingPaste> {
        self.items.iter_mut().rev().find_map(|item| match item {
            Item::Paste(paste) => Some(paste),
            Item::Key(_) => None,
        })
    }

    /// Sends a key, behind what waits. An interrupt key goes first and drops the rest.
    pub fn key(&mut self, client: &mut Client, key: Key) -> Result<(), ClientError> {
        if interrupts(&key) && !self.items.is_empty() {
            self.abort(client)?;
        }
        if self.items.is_empty() {
            return client.tell(key);
        }
        if self.items.len() < MAX_KEYS {
            self.items.push_back(Item::Key(key));
        }
        Ok(())
    }

    /// A paste begins.
    pub fn paste_start(&mut self) {
        self.skipping = false;
        self.items.push_back(Item::Paste(OutgoingPaste::open()));
    }

    /// More of the paste.
    pub fn paste(&mut self, client: &mut Client, text: &[u8]) -> Result<(), ClientError> {
        if self.skipping {
            return Ok(());
        }
        if let Some(paste) = self.open_paste() {
            paste.extend(text);
        }
        self.pump(client)
    }

    /// The paste is whole.
    pub fn paste_end(&mut self, client: &mut Client) -> Result<(), ClientError> {
        if std::mem::take(&mut self.skipping) {
            return Ok(());
        }
        if let Some(paste) = self.open_paste() {
            paste.finish();
        }
        self.pump(client)
    }

    /// Drops what waits. A paste that has begun still sends its end.
    fn abort(&mut self, client: &mut Client) -> Result<(), ClientError> {
        if let Some(Item::Paste(paste)) = self.items.front_mut() {
            paste.abort();
            client.send_paste(&mut self.stream, paste)?;
        }
        self.items.clear();
        Ok(())
    }

    /// Sends what may be sent.
    fn pump(&mut self, client: &mut Client) -> Result<(), ClientError> {
        while let Some(front) = self.items.front_mut() {
            match front {
                Item::Paste(paste) => {
                    if !client.send_paste(&mut self.stream, paste)? {
                        return Ok(());
                    }
                    self.items.pop_front();
                }
                Item::Key(_) => {
                    if let Some(Item::Key(key)) = self.items.pop_front() {
                        client.tell(key)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The service took more.
    pub fn acknowledged(&mut self, client: &mut Client, event: &Acknowledged) -> Result<(), ClientError> {
        self.stream.acknowledged(event);
        self.pump(client)
    }

    /// The service dropped what an interrupt key overtook: the rest of that paste would be a paste with a hole.
    pub fn dropped(&mut self, client: &mut Client, event: &InputDropped) -> Result<(), ClientError> {
        self.stream.dropped(event);
        if let Some(Item::Paste(_)) = self.items.front() {
            let whole = self.whole_front();
            self.skipping = !whole;
            if let Some(Item::Paste(mut paste)) = self.items.pop_front() {
                paste.abort();
                client.send_paste(&mut self.stream, &mut paste)?;
            }
        }
        self.pump(client)
    }

    /// The first paste has come from the terminal to its end.
    fn whole_front(&self) -> bool {
        match self.items.front() {
            Some(Item::Paste(paste)) => paste.is_complete(),
            _ => true,
        }
    }

    /// So much waits that the terminal should not be read.
    pub fn is_full(&mut self) -> bool {
        self.open_paste().is_some_and(|paste| paste.remaining() > MAX_PASTE)
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys;
    use super::*;
    use scarab_protocol::hello::Hello;
    use scarab_protocol::message::ToService;
    use scarab_protocol::{Decoder, hello::HELLO_LEN};
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    /// A client over a socket pair, and the service's end.
    fn connected() -> (Client, UnixStream) {
        let (ours, mut theirs) = UnixStream::pair().expect("a socket pair");
        let answer = Hello::answer(&Hello::client()).encode();
        theirs.write_all(&answer).expect("answered");
        let client = Client::over(ours, Duration::from_secs(2)).expect("a connection");
        let mut hello = [0; HELLO_LEN];
        theirs.read_exact(&mut hello).expect("a hello");
        theirs.set_nonblocking(true).expect("set");
        (client, theirs)
    }

    /// What has been sent: pastes as their text with marks at both ends, keys as their numbers.
    fn sent(service: &mut UnixStream) -> String {
        let mut decoder = Decoder::new();
        let mut buffer = [0; 65536];
        while let Ok(read @ 1..) = service.read(&mut buffer) {
            decoder.push(&buffer[..read]);
        }
        let mut text = String::new();
        while let Some(message) = decoder.next().expect("clean") {
            match ToService::decode(message.kind, message.archive).expect("whole") {
                Some(ToService::Paste(paste)) => {
                    text.push_str(if paste.first { "<" } else { "" });
                    text.push_str(&String::from_utf8_lossy(&paste.bytes));
                    text.push_str(if paste.last { ">" } else { "" });
                }
                Some(ToService::Key(key)) => text.push_str(&format!("[{}]", key.key)),
                other => panic!("{other:?}"),
            }
        }
        text
    }

    #[test]
    fn keys_typed_after_a_paste_wait_for_it() {
        let (mut client, mut service) = connected();
        let mut outgoing = Outgoing::default();
        outgoing.key(&mut client, keys::text('a')).expect("sent");
        outgoing.paste_start();
        outgoing.paste(&mut client, b"one ").expect("sent");
        outgoing.key(&mut client, keys::text('b')).expect("kept");
        outgoing.paste(&mut client, b"two").expect("sent");
        outgoing.paste_end(&mut client).expect("sent");
        assert_eq!(sent(&mut service), "[97]<one two>[98]");
    }

    #[test]
    fn an_interrupt_overtakes_and_drops_what_is_left() {
        let (mut client, mut service) = connected();
        let mut outgoing = Outgoing::default();
        outgoing.paste_start();
        // More than the window takes.
        outgoing.paste(&mut client, &[b'x'; 100_000]).expect("sent");
        outgoing.paste_end(&mut client).expect("kept");
        outgoing.key(&mut client, keys::text('b')).expect("kept");
        outgoing.key(&mut client, keys::control(3)).expect("sent");
        let text = sent(&mut service);
        assert!(text.starts_with("<xxx") && text.ends_with("x>[99]"), "{}", &text[text.len() - 20..]);
        assert_eq!(text.matches('x').count(), 64 << 10, "no more than the window");
        outgoing.key(&mut client, keys::text('c')).expect("sent");
        assert_eq!(sent(&mut service), "[99]");
    }

    #[test]
    fn the_window_opens_and_the_rest_follows() {
        let (mut client, mut service) = connected();
        let mut outgoing = Outgoing::default();
        outgoing.paste_start();
        outgoing.paste(&mut client, &[b'x'; 70_000]).expect("sent");
        outgoing.paste_end(&mut client).expect("kept");
        assert_eq!(sent(&mut service).matches('x').count(), 64 << 10);
        outgoing.acknowledged(&mut client, &Acknowledged { offset: 64 << 10 }).expect("sent");
        let rest = sent(&mut service);
        assert_eq!((rest.matches('x').count(), rest.ends_with('>')), (70_000 - (64 << 10), true));
    }

    #[test]
    fn a_paste_cut_off_by_a_new_attachment_does_not_go_on_in_it() {
        let (mut client, mut service) = connected();
        let mut outgoing = Outgoing::default();
        outgoing.paste_start();
        outgoing.paste(&mut client, b"before ").expect("sent");
        assert!(outgoing.restart());
        sent(&mut service);
        outgoing.paste(&mut client, b"after").expect("passed over");
        outgoing.paste_end(&mut client).expect("passed over");
        assert_eq!(sent(&mut service), "");
        outgoing.paste_start();
        outgoing.paste(&mut client, b"whole").expect("sent");
        outgoing.paste_end(&mut client).expect("sent");
        assert_eq!(sent(&mut service), "<whole>");
    }
}
