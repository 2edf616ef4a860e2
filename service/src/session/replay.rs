//! What the journal holds after the last checkpoint, fed to the emulator again, exactly as it came.

use super::checkpoint::Moment;
use super::host_event::HostEvent;
use super::journal::Rest;
use super::thread::Runner;
use super::translate;
use crate::steps::stumble;
use scarab_terminal::Event;

/// Output parsed in one go: as much as one read gives.
const PIECE: usize = 4096;

/// Replies as they are made again: those that the ledger has were given already.
struct Regenerated {
    /// Where the next one stands in the ledger.
    position: u64,
    /// What the ledger has.
    given: u64,
    /// What it lacks.
    missing: Vec<u8>,
}

impl Regenerated {
    fn after(moment: &Moment, given: u64) -> Self {
        Self { position: moment.replies, given, missing: Vec::new() }
    }

    fn take(&mut self, replies: &mut Vec<u8>) {
        let known = self.given.saturating_sub(self.position).min(replies.len() as u64);
        self.missing.extend_from_slice(&replies[known as usize..]);
        self.position += replies.len() as u64;
        replies.clear();
    }

    /// The last ones made were dropped then.
    fn drop_last(&mut self, bytes: u64) {
        self.position = self.position.saturating_sub(bytes);
        let missing = (self.missing.len() as u64).saturating_sub(bytes);
        self.missing.truncate(missing as usize);
    }
}

impl Runner {
    /// Of the replies that the checkpoint still had, those that the ledger has were given.
    pub(super) fn skip_given_replies(&mut self, moment: &Moment) {
        let mut replies = Regenerated::after(moment, self.replies.end());
        replies.take(self.emulator.replies());
        *self.emulator.replies() = replies.missing;
        for selection in &moment.questions {
            // Those who were asked are gone.
            self.answer_program(selection, None);
        }
    }

    /// Feeds the emulator what came after its checkpoint, as it came then.
    pub(super) fn replay(&mut self, rest: &Rest, moment: &Moment) {
        let told = self.journal.told_until();
        let mut replies = Regenerated::after(moment, self.replies.end());
        replies.take(self.emulator.replies());
        let mut questions = moment.questions.clone();
        let mut untold = Vec::new();
        let mut events = rest.events.iter().peekable();
        let mut at = rest.from;
        let end = rest.from + rest.output.len() as u64;
        loop {
            while let Some((_, event)) = events.next_if(|(offset, _)| *offset <= at) {
                self.repeat(event, &mut replies, &mut questions);
                replies.take(self.emulator.replies());
            }
            if at == end {
                break;
            }
            self.journal.reaching(at);
            let next = events.peek().map_or(end, |(offset, _)| *offset);
            let told_here = if at < told { told } else { end };
            let to = (at + PIECE as u64).min(next).min(told_here).min(end);
            let range = (at - rest.from) as usize..(to - rest.from) as usize;
            stumble(&rest.output[range.clone()]);
            self.emulator.feed(&rest.output[range]);
            at = to;
            replies.take(self.emulator.replies());
            for event in self.emulator.take_events() {
                match event {
                    Event::ClipboardRead { selection } if at <= told => questions.push(selection),
                    _ if at <= told => {}
                    event => untold.push(event),
                }
            }
        }
        if let Err(error) = self.replies.cut(replies.position) {
            log::error!("session {}: its replies: {error}", self.id);
        }
        *self.emulator.replies() = replies.missing;
        self.journal.told();
        for event in untold {
            self.take_event(event);
        }
        for selection in questions {
            // Those who were asked are gone.
            self.answer_program(&selection, None);
        }
        self.checkpoint();
        self.journal.replayed();
        self.send_replies();
    }

    /// Does again what the host did.
    fn repeat(&mut self, event: &HostEvent, replies: &mut Regenerated, questions: &mut Vec<String>) {
        match event {
            HostEvent::Resized(size) => self.emulator.resize(translate::size(*size)),
            HostEvent::Focused(focused) => {
                self.focused = *focused;
                self.emulator.set_focus(*focused);
            }
            HostEvent::Watched(watched) => self.emulator.set_watched(*watched),
            HostEvent::Coloured(colours) => self.emulator.set_colours(&translate::colours(colours)),
            HostEvent::UpdateEnded => self.emulator.end_synchronized_update(),
            HostEvent::ClipboardAnswered { selection, data } => {
                if let Some(at) = questions.iter().position(|asked| asked == selection) {
                    questions.remove(at);
                }
                self.emulator.answer_clipboard(selection, data.as_deref());
            }
            HostEvent::RepliesDropped(bytes) => replies.drop_last(*bytes),
        }
    }
}
