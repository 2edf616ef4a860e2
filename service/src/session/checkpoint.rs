//! What is written down so that a session can go on without the process that served it: its card, which changes
//! seldom, and its checkpoints, each of which frees the journal.
//!
//! ```text
//!  card:        Card, an rkyv archive
//!  checkpoint:  | bytes of the archive, u32 | Moment, an rkyv archive | the emulator, in its own form |
//! ```

use super::journal::Position;
use super::publish::Emulator;
use super::thread::Runner;
use crate::steps::step;
use rkyv::rancor;
use rkyv::{Archive, Deserialize, Serialize};
use scarab_protocol::grid::{HistoryMark, HistoryState, LineNumber};
use scarab_protocol::message::ExitStatus;
use std::sync::atomic::Ordering;

/// Memory kept for the next checkpoint, in bytes: those of most screens are smaller.
const KEPT_SCRATCH: usize = 128 << 10;

/// What a session is.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(super) struct Card {
    pub(super) name: String,
    /// As it was asked for.
    pub(super) command: Vec<String>,
    /// µs since the epoch.
    pub(super) created: u64,
    /// The leader's process id; 0 before there is one.
    pub(super) leader: i32,
    /// The unit of its scope; empty if it has none.
    pub(super) scope: String,
    /// How the leader ended, and when, in µs since the epoch.
    pub(super) ended: Option<(ExitStatus, u64)>,
    /// The environment of the viewer that attached last.
    pub(super) environment: Vec<Vec<u8>>,
}

impl Card {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        rkyv::to_bytes::<rancor::Error>(self).map(|bytes| bytes.to_vec()).unwrap_or_default()
    }

    /// From bytes that may be anything.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        rkyv::from_bytes::<Self, rancor::Failure>(bytes).ok()
    }
}

/// What a checkpoint says beside the emulator.
#[derive(Archive, Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
pub(super) struct Moment {
    /// Position in the journal's two rings.
    output: u64,
    host: u64,
    /// Bytes in the ledger of replies. Those that the emulator still has come after them.
    pub(super) replies: u64,
    /// Where history stands: committed, oldest, end line, oldest line, rewrites.
    mark: [u64; 5],
    open: bool,
    chunk: [u64; 4],
    held: Vec<Vec<u8>>,
    /// The session is in focus of a viewer.
    pub(super) focused: bool,
    /// It has rung since a viewer last looked.
    pub(super) bell: bool,
    /// µs since the epoch; 0 for never.
    pub(super) activity: u64,
    pub(super) used: u64,
    /// The clipboards that programs have asked for and not been given.
    pub(super) questions: Vec<String>,
}

impl Moment {
    /// Where in the journal.
    pub(super) fn position(&self) -> Position {
        Position { output: self.output, host: self.host }
    }

    /// Where history stood.
    pub(super) fn history(&self) -> HistoryState {
        let [committed, oldest, end_line, oldest_line, rewrites] = self.mark;
        let (end_line, oldest_line) = (LineNumber(end_line), LineNumber(oldest_line));
        HistoryState {
            mark: HistoryMark { committed, oldest, end_line, oldest_line, rewrites },
            open: self.open,
            chunk: self.chunk,
            held: self.held.clone(),
        }
    }

    /// A checkpoint's two parts, from bytes that may be anything.
    pub(super) fn split(checkpoint: &[u8]) -> Option<(Self, &[u8])> {
        let (length, rest) = checkpoint.split_first_chunk()?;
        let (moment, emulator) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        Some((rkyv::from_bytes::<Self, rancor::Failure>(moment).ok()?, emulator))
    }
}

/// Appends a checkpoint.
fn write(moment: &Moment, emulator: &Emulator, to: &mut Vec<u8>) {
    let archive = rkyv::to_bytes::<rancor::Error>(moment).unwrap_or_default();
    to.extend_from_slice(&u32::try_from(archive.len()).unwrap_or_default().to_le_bytes());
    to.extend_from_slice(&archive);
    emulator.checkpoint(to);
}

impl Runner {
    /// Writes down how the terminal stands, and goes on from there: the journal is free again, and what history
    /// held back is appended.
    pub(super) fn checkpoint(&mut self) {
        let Position { output, host } = self.journal.position();
        let HistoryState { mark, open, chunk, held } = self.emulator.history().writer.state();
        let HistoryMark { committed, oldest, end_line, oldest_line, rewrites } = mark;
        let moment = Moment {
            output,
            host,
            replies: self.replies.end(),
            mark: [committed, oldest, end_line.0, oldest_line.0, rewrites],
            open,
            chunk,
            held,
            focused: self.focused,
            bell: self.shared.record().bell,
            activity: self.shared.activity.load(Ordering::Relaxed),
            used: self.shared.used.load(Ordering::Relaxed),
            questions: self.questions.selections(),
        };
        let taken_back = self.emulator.history().writer.is_unsettled();
        if taken_back {
            step("taken-back");
        }
        self.scratch.clear();
        write(&moment, &self.emulator, &mut self.scratch);
        if !self.journal.commit_checkpoint(&self.scratch) {
            // Only lines of history that wait can be so much: a resize of a huge screen full of long clusters.
            log::error!(
                "session {}: a checkpoint of {} bytes does not fit: lines are dropped",
                self.id,
                self.scratch.len()
            );
            self.emulator.history_mut().writer.drop_held();
            self.scratch.clear();
            write(&Moment { held: Vec::new(), ..moment }, &self.emulator, &mut self.scratch);
            if !self.journal.commit_checkpoint(&self.scratch) {
                log::error!("session {}: no checkpoint fits: the last one stays in force", self.id);
            }
        }
        self.scratch.shrink_to(KEPT_SCRATCH);
        if taken_back {
            step("kept-apart");
        }
        self.emulator.history_mut().writer.settle();
        self.pictures.checkpoint_taken();
        self.checkpoint_due = false;
    }

    /// Writes down how the terminal stands, and gives back the memory that only output needs.
    pub(super) fn rest(&mut self) {
        self.checkpoint();
        self.journal.release();
        self.emulator.rest();
        self.scratch = Vec::new();
    }

    /// Writes down what the session is.
    pub(super) fn write_card(&mut self) {
        let (name, command, created) = {
            let record = self.shared.record();
            (record.name.clone(), record.command.clone(), record.created)
        };
        let card = Card {
            name,
            command,
            created,
            leader: self.leader.as_ref().map_or(0, |leader| leader.pid.as_raw_nonzero().get()),
            scope: self.shared.scope.get().cloned().unwrap_or_default(),
            ended: self.ended,
            environment: self.shared.viewer_environment(),
        };
        self.journal.commit_card(&card.to_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_comes_back_and_nothing_else_does() {
        let card = Card {
            name: "work".to_owned(),
            command: vec!["sh".to_owned(), "-c".to_owned(), "true".to_owned()],
            created: 5,
            leader: 7,
            scope: "scarab-7.scope".to_owned(),
            ended: Some((ExitStatus::Signal(9), 8)),
            environment: vec![b"A=b".to_vec()],
        };
        let bytes = card.to_bytes();
        assert_eq!(Card::from_bytes(&bytes), Some(card.clone()));
        for end in 0..bytes.len() {
            let _ = Card::from_bytes(&bytes[..end]); // whatever it says, it says it without a panic
        }
        assert_eq!(Moment::split(b""), None);
        assert_eq!(Moment::split(&[255; 40]), None);
    }

    /// Their archives are part of the layout: other bytes are another [`GENERATION`](crate::store::GENERATION), and the
    /// structs of this one are kept to read it.
    #[test]
    fn archives_are_those_of_the_layout() {
        let card = Card {
            name: "work".to_owned(),
            command: vec!["sh".to_owned()],
            created: 0x0102,
            leader: 7,
            scope: "s".to_owned(),
            ended: Some((ExitStatus::OutOfMemory, 8)),
            environment: vec![b"A".to_vec()],
        };
        let moment = Moment {
            output: 1,
            host: 2,
            replies: 3,
            mark: [4, 5, 6, 7, 8],
            open: true,
            chunk: [9, 10, 11, 12],
            held: vec![b"h".to_vec()],
            focused: true,
            bell: false,
            activity: 13,
            used: 14,
            questions: vec!["c".to_owned()],
        };
        let archive = rkyv::to_bytes::<rancor::Error>(&moment).expect("it archives");
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(
            hex(&card.to_bytes()),
            "7368ffffffffffff41ffffffff01000000776f726bffffffffe7ffffff0100000002010000000000000700000073ffffffffffffff0103000000000800000000000000c6ffffff01000000"
        );
        assert_eq!(
            hex(&archive),
            "68ffffffff0100000063ffffffffffffff010000000000000002000000000000000300000000000000040000000000000005000000000000000600000000000000070000000000000008000000000000000109000000000000000a000000000000000b000000000000000c000000000000008fffffff0100000001000d000000000000000e000000000000007dffffff01000000"
        );
    }
}
