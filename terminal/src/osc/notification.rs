//! Desktop notifications: kitty's OSC 99 with its pieces, and what OSC 9 and OSC 777 say more simply. Apart
//! from the other OSCs because a notification may come in several of them and state must be kept in between.
//! Specification: kitty's "Desktop notifications".

use super::text::{Lines, base64, clean};
use super::{Osc, split};
use crate::checkpoint::{saved_enum, saved_struct};

/// Characters in a title, the bound of [`Notification::title`].
const TITLE_LIMIT: usize = 1024;
/// Characters in a body, the bound of [`Notification::body`]: more than any desktop shows.
const BODY_LIMIT: usize = 8192;
/// Characters in an id and in the other words of the metadata.
const WORD_LIMIT: usize = 128;
/// Bytes kept of a title or body that is still arriving: its characters at their longest.
const fn bytes_kept(limit: usize) -> usize {
    limit * 4
}
/// Unfinished notifications kept at once; the oldest makes room. Programs build one after the other.
const UNFINISHED: usize = 8;
/// The longest payload of one piece, in bytes: the specification says 2048, before encoding; some send more.
const PAYLOAD_LIMIT: usize = 8192;

/// How much a notification matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Urgency {
    /// Need not interrupt.
    Low,
    /// The usual.
    #[default]
    Normal,
    /// Must be seen.
    Critical,
}

saved_enum!(Urgency { Low = 0, Normal = 1, Critical = 2 });

/// When a notification is to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Occasion {
    /// In any case.
    #[default]
    Always,
    /// Unless the session has the focus.
    Unfocused,
    /// Unless the session can be seen.
    Invisible,
}

saved_enum!(Occasion { Always = 0, Unfocused = 1, Invisible = 2 });

/// A whole notification.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notification {
    /// The program's name for it; another one of that name replaces it.
    pub id: Option<String>,
    /// One line, never empty.
    pub title: String,
    /// May have several lines, or be empty.
    pub body: String,
    /// How much it matters.
    pub urgency: Urgency,
    /// When it is to be shown.
    pub occasion: Occasion,
}

impl Notification {
    /// One without an id, as OSC 9 and 777 make. A body alone becomes the title; with neither there is
    /// nothing.
    pub(super) fn simple(title: &[u8], body: &[u8]) -> Option<Self> {
        Self::default().with_text(title, body)
    }

    fn with_text(mut self, title: &[u8], body: &[u8]) -> Option<Self> {
        self.title = clean(title, TITLE_LIMIT, Lines::One);
        self.body = clean(body, BODY_LIMIT, Lines::Many);
        if self.title.trim().is_empty() {
            self.title = clean(body, TITLE_LIMIT, Lines::One);
            self.body.clear();
        }
        (!self.title.trim().is_empty()).then_some(self)
    }
}

/// One piece of a notification, for [`NotificationAssembler::add`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotificationPart {
    id: Option<String>,
    done: bool,
    urgency: Option<Urgency>,
    occasion: Option<Occasion>,
    /// What it adds; nothing, where the payload is of a kind not shown (icons, buttons).
    text: Option<(Part, Vec<u8>)>,
}

/// Which text a piece adds to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Title,
    Body,
}

/// Reads what follows `99;`.
pub(super) fn parse(body: &[u8]) -> Osc {
    let (metadata, payload) = split(body);
    let mut part = NotificationPart { id: None, done: true, urgency: None, occasion: None, text: None };
    let mut encoded = false;
    let mut kind: &[u8] = b"title";
    for pair in metadata.split(|b| *b == b':') {
        let Some(equals) = pair.iter().position(|b| *b == b'=') else { continue };
        let (key, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
        match (key, value) {
            (b"i", _) => part.id = Some(word(value)).filter(|id| !id.is_empty()),
            (b"d", _) => part.done = value != b"0",
            (b"e", _) => encoded = value == b"1",
            (b"p", _) => kind = value,
            (b"u", b"0") => part.urgency = Some(Urgency::Low),
            (b"u", b"1") => part.urgency = Some(Urgency::Normal),
            (b"u", b"2") => part.urgency = Some(Urgency::Critical),
            (b"o", b"always") => part.occasion = Some(Occasion::Always),
            (b"o", b"unfocused") => part.occasion = Some(Occasion::Unfocused),
            (b"o", b"invisible") => part.occasion = Some(Occasion::Invisible),
            _ => {}
        }
    }
    let target = match kind {
        b"title" => Part::Title,
        b"body" => Part::Body,
        b"?" => return Osc::NotificationQuery { id: id_or_zero(part.id) },
        b"close" => return Osc::NotificationClose { id: id_or_zero(part.id) },
        b"alive" => return Osc::NotificationAlive { id: id_or_zero(part.id) },
        _ => return Osc::NotificationPart(part),
    };
    let payload = if encoded { base64(payload, PAYLOAD_LIMIT) } else { Ok(payload.to_vec()) };
    match payload {
        Ok(mut bytes) => {
            bytes.truncate(PAYLOAD_LIMIT);
            part.text = Some((target, bytes));
            Osc::NotificationPart(part)
        }
        Err(_) => Osc::Unknown,
    }
}

/// A word of the metadata, with what the specification does not allow in an id left out: it goes back in
/// replies.
fn word(value: &[u8]) -> String {
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"_-+.".contains(b);
    value.iter().filter(|b| allowed(b)).take(WORD_LIMIT).map(|b| char::from(*b)).collect()
}

/// Questions without an id are answered for `0`.
fn id_or_zero(id: Option<String>) -> String {
    id.unwrap_or_else(|| "0".to_owned())
}

/// The answer to [`Osc::NotificationQuery`], without introducer and terminator: what of the protocol is kept.
#[must_use]
pub fn notification_support(id: &str) -> String {
    format!("99;i={id}:p=?;o=always,unfocused,invisible:p=title,body,close,?:u=0,1,2")
}

/// Joins the pieces of OSC 99. Bounded by `UNFINISHED` notifications of bounded texts, about 300 KiB.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NotificationAssembler {
    /// The oldest first.
    unfinished: Vec<Unfinished>,
}

saved_struct!(NotificationAssembler { unfinished });

#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Unfinished {
    id: Option<String>,
    urgency: Urgency,
    occasion: Occasion,
    title: Vec<u8>,
    body: Vec<u8>,
}

saved_struct!(Unfinished { id, urgency, occasion, title, body });

impl NotificationAssembler {
    /// Takes a piece, and gives the notification that it completes.
    pub fn add(&mut self, part: NotificationPart) -> Option<Notification> {
        let NotificationPart { id, done, urgency, occasion, text } = part;
        let found = self.unfinished.iter().position(|n| n.id == id);
        let mut notification = match found {
            Some(index) => self.unfinished.remove(index),
            None => Unfinished { id, ..Unfinished::default() },
        };
        notification.urgency = urgency.unwrap_or(notification.urgency);
        notification.occasion = occasion.unwrap_or(notification.occasion);
        if let Some((target, bytes)) = text {
            let (text, limit) = match target {
                Part::Title => (&mut notification.title, bytes_kept(TITLE_LIMIT)),
                Part::Body => (&mut notification.body, bytes_kept(BODY_LIMIT)),
            };
            let room = limit.saturating_sub(text.len()).min(bytes.len());
            text.extend_from_slice(&bytes[..room]);
        }
        if !done {
            if self.unfinished.len() == UNFINISHED {
                self.unfinished.remove(0);
            }
            self.unfinished.push(notification);
            return None;
        }
        let Unfinished { id, urgency, occasion, title, body } = notification;
        Notification { id, urgency, occasion, ..Notification::default() }.with_text(&title, &body)
    }

    /// Forgets the pieces of unfinished notifications (RIS).
    pub fn clear(&mut self) {
        self.unfinished.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_body;
    use super::*;

    /// What a series of OSC bodies leaves at the end.
    fn assemble(bodies: &[&str]) -> Option<Notification> {
        let mut assembler = NotificationAssembler::default();
        let mut last = None;
        for body in bodies {
            match parse_body(body.as_bytes()) {
                Osc::NotificationPart(part) => last = assembler.add(part),
                other => panic!("{other:?}"),
            }
        }
        last
    }

    fn texts(bodies: &[&str]) -> Option<(String, String)> {
        assemble(bodies).map(|n| (n.title, n.body))
    }

    fn pair(title: &str, body: &str) -> Option<(String, String)> {
        Some((title.to_owned(), body.to_owned()))
    }

    #[test]
    fn the_examples_of_the_specification() {
        assert_eq!(texts(&["99;;Hello world"]), pair("Hello world", ""));
        assert_eq!(
            texts(&["99;i=1:d=0;Hello world", "99;i=1:d=1:p=body;This is cool"]),
            pair("Hello world", "This is cool")
        );
    }

    #[test]
    fn texts_join_and_decode() {
        assert_eq!(
            texts(&["99;i=a:d=0;one ", "99;i=b:d=0;other", "99;i=a;two;three"]),
            pair("one two;three", "")
        );
        assert_eq!(texts(&["99;i=1:d=0:e=1;aGVsbG8", "99;i=1:e=1:p=body;YQpi"]), pair("hello", "a\nb"));
        // A character cut in two by the pieces.
        assert_eq!(
            texts(&["99;i=1:d=0:e=1;w6k=", "99;i=1:d=0:e=1;ww==", "99;i=1:e=1;qQ=="]),
            pair("\u{e9}\u{e9}", "")
        );
        assert_eq!(texts(&["99;p=body;only a body"]), pair("only a body", ""));
        assert_eq!(texts(&["99;i=1:d=0;kept", "99;i=1:p=icon;whatever"]), pair("kept", ""));
        assert_eq!(texts(&["99;;"]), None);
    }

    #[test]
    fn metadata_is_kept_and_cleaned() {
        let notification = assemble(&["99;i=a b\u{7}!c:u=2:o=unfocused:x=1:junk;T"]).unwrap();
        assert_eq!(notification.id.as_deref(), Some("abc"));
        assert_eq!((notification.urgency, notification.occasion), (Urgency::Critical, Occasion::Unfocused));
    }

    #[test]
    fn questions() {
        assert_eq!(parse_body(b"99;i=q1:p=?;"), Osc::NotificationQuery { id: "q1".into() });
        assert_eq!(parse_body(b"99;p=close;"), Osc::NotificationClose { id: "0".into() });
        assert_eq!(parse_body(b"99;i=z:p=alive;"), Osc::NotificationAlive { id: "z".into() });
        assert!(notification_support("q1").starts_with("99;i=q1:p=?;"));
    }

    #[test]
    fn unfinished_notifications_are_bounded() {
        let mut assembler = NotificationAssembler::default();
        let long = "x".repeat(PAYLOAD_LIMIT * 2);
        for id in 0..1000 {
            for kind in ["title", "body"] {
                for _ in 0..8 {
                    let body = format!("99;i={id}:d=0:p={kind};{long}");
                    let Osc::NotificationPart(part) = parse_body(body.as_bytes()) else { panic!() };
                    assert_eq!(assembler.add(part), None);
                }
            }
        }
        assert_eq!(assembler.unfinished.len(), UNFINISHED);
        let bytes: usize = assembler.unfinished.iter().map(|n| n.title.len() + n.body.len()).sum();
        assert!(bytes <= UNFINISHED * bytes_kept(TITLE_LIMIT + BODY_LIMIT));
        let Osc::NotificationPart(part) = parse_body(b"99;i=999;") else { panic!() };
        let notification = assembler.add(part).unwrap();
        assert_eq!((notification.title.len(), notification.body.len()), (TITLE_LIMIT, BODY_LIMIT));
    }
}
