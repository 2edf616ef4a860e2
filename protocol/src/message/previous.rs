//! What a peer that speaks the version before does not know, said as that version says it.
//!
//! | version | what is new | said to the version before as |
//! | --- | --- | --- |
//! | 2 | [`ExitStatus::OutOfMemory`] | `Signal(9)`, the signal with which the kernel kills for memory |

use super::answer::{Attached, Sessions, Waited};
use super::event::{SessionCreated, SessionExited};
use super::{ExitStatus, SessionInfo, ToClient, WaitOutcome};

/// SIGKILL, by its number on every Linux.
const SIGKILL: i32 = 9;

impl ToClient {
    /// Appends the framed message to `out`, for a client that speaks `version`.
    pub fn encode_for(&self, version: u16, id: u32, out: &mut Vec<u8>) {
        let before = if version < 2 { self.as_version_1() } else { None };
        before.as_ref().unwrap_or(self).encode(id, out);
    }

    /// A message that tells exit statuses, as version 1 tells them; `None` for any other.
    fn as_version_1(&self) -> Option<Self> {
        Some(match self {
            ToClient::Sessions(answer) => {
                Sessions { sessions: answer.sessions.iter().map(session).collect() }.into()
            }
            ToClient::Attached(answer) => {
                Attached { session: session(&answer.session), ..answer.clone() }.into()
            }
            ToClient::SessionCreated(event) => SessionCreated { session: session(&event.session) }.into(),
            ToClient::SessionExited(event) => {
                SessionExited { status: lower(event.status), ..event.clone() }.into()
            }
            ToClient::Waited(Waited { outcome: WaitOutcome::Exited(status) }) => {
                Waited { outcome: WaitOutcome::Exited(lower(*status)) }.into()
            }
            _ => return None,
        })
    }
}

fn session(info: &SessionInfo) -> SessionInfo {
    SessionInfo { exited: info.exited.map(lower), ..info.clone() }
}

fn lower(status: ExitStatus) -> ExitStatus {
    match status {
        ExitStatus::OutOfMemory => ExitStatus::Signal(SIGKILL),
        status => status,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Message, SessionId};
    use super::*;

    fn exited(status: ExitStatus) -> ToClient {
        SessionExited { session: SessionId(1), name: "x".to_owned(), status }.into()
    }

    fn told(message: &ToClient, version: u16) -> ToClient {
        let mut bytes = Vec::new();
        message.encode_for(version, 0, &mut bytes);
        let mut decoder = crate::Decoder::new();
        decoder.push(&bytes);
        let incoming = decoder.next().expect("a good frame").expect("a whole frame");
        ToClient::decode(incoming.kind, incoming.archive).expect("a good archive").expect("a known kind")
    }

    #[test]
    fn version_1_hears_of_the_signal() {
        let outcome = WaitOutcome::Exited(ExitStatus::OutOfMemory);
        let before = WaitOutcome::Exited(ExitStatus::Signal(9));
        assert_eq!(told(&exited(ExitStatus::OutOfMemory), 1), exited(ExitStatus::Signal(9)));
        assert_eq!(told(&Waited { outcome }.into(), 1), ToClient::from(Waited { outcome: before }));
        assert_eq!(told(&exited(ExitStatus::Code(3)), 1), exited(ExitStatus::Code(3)));
    }

    #[test]
    fn version_1_hears_of_no_session_that_ended_so() {
        let info = |status| SessionInfo {
            id: SessionId(1),
            name: "x".to_owned(),
            command: Vec::new(),
            foreground: String::new(),
            title: String::new(),
            directory: String::new(),
            size: super::super::Size { cols: 80, rows: 24, width_px: 0, height_px: 0 },
            leader: 0,
            created: 1,
            last_activity: 1,
            last_used: 0,
            viewers: Vec::new(),
            history_lines: 0,
            bell: false,
            progress: super::super::ProgressState::None,
            exited: Some(status),
            alternate_screen: false,
        };
        let messages = |status| -> [ToClient; 3] {
            [
                Sessions { sessions: vec![info(ExitStatus::Code(1)), info(status)] }.into(),
                Attached { session: info(status), layout: 1 }.into(),
                SessionCreated { session: info(status) }.into(),
            ]
        };
        for (new, old) in messages(ExitStatus::OutOfMemory).iter().zip(messages(ExitStatus::Signal(SIGKILL)))
        {
            assert_eq!(told(new, 1), old);
        }
    }

    #[cfg(not(feature = "previous"))]
    #[test]
    fn version_2_hears_of_the_memory() {
        let message = exited(ExitStatus::OutOfMemory);
        assert_eq!(told(&message, 2), message);
    }

    /// Version 1's structs are as large as ever: the new value has no room of its own.
    #[test]
    fn archives_have_one_size_in_both() {
        let archive =
            |status| SessionExited { session: SessionId(1), name: "x".to_owned(), status }.archive().len();
        assert_eq!(archive(ExitStatus::OutOfMemory), archive(ExitStatus::Signal(9)));
    }
}
