//! What a peer that speaks the version before does not know, said as that version says it.
//!
//! | version | what is new | said to the version before as |
//! | --- | --- | --- |
//! | 2 | [`ExitStatus::OutOfMemory`] | `Signal(9)`, the signal with which the kernel kills for memory |

use super::{ExitStatus, SessionInfo, ToClient, WaitOutcome};

/// SIGKILL, by its number on every Linux.
const SIGKILL: i32 = 9;

impl ToClient {
    /// Appends the framed message to `out`, for a client that speaks `version`.
    pub fn encode_for(&self, version: u16, id: u32, out: &mut Vec<u8>) {
        let tells_statuses = matches!(
            self,
            ToClient::Sessions(_)
                | ToClient::Attached(_)
                | ToClient::SessionCreated(_)
                | ToClient::SessionExited(_)
                | ToClient::Waited(_)
        );
        if version >= 2 || !tells_statuses {
            return self.encode(id, out);
        }
        let mut message = self.clone();
        message.statuses(|status| {
            if *status == ExitStatus::OutOfMemory {
                *status = ExitStatus::Signal(SIGKILL);
            }
        });
        message.encode(id, out);
    }

    /// Every exit status that this message tells.
    fn statuses(&mut self, mut each: impl FnMut(&mut ExitStatus)) {
        let mut of = |session: &mut SessionInfo| session.exited.iter_mut().for_each(&mut each);
        match self {
            ToClient::Sessions(answer) => answer.sessions.iter_mut().for_each(of),
            ToClient::Attached(answer) => of(&mut answer.session),
            ToClient::SessionCreated(event) => of(&mut event.session),
            ToClient::SessionExited(event) => each(&mut event.status),
            ToClient::Waited(answer) => {
                if let WaitOutcome::Exited(status) = &mut answer.outcome {
                    each(status);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Message, SessionId, answer, event};
    use super::*;

    fn exited(status: ExitStatus) -> ToClient {
        event::SessionExited { session: SessionId(1), name: "x".to_owned(), status }.into()
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
        assert_eq!(
            told(&answer::Waited { outcome }.into(), 1),
            ToClient::from(answer::Waited { outcome: before })
        );
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
                answer::Sessions { sessions: vec![info(ExitStatus::Code(1)), info(status)] }.into(),
                answer::Attached { session: info(status), layout: 1 }.into(),
                event::SessionCreated { session: info(status) }.into(),
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
        let archive = |status| {
            event::SessionExited { session: SessionId(1), name: "x".to_owned(), status }.archive().len()
        };
        assert_eq!(archive(ExitStatus::OutOfMemory), archive(ExitStatus::Signal(9)));
    }
}
