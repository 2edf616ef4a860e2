//! What has come and nobody has taken yet, in order and within a bound.

use super::Received;
use super::error::ClientError;
use crate::message::{ToClient, event};
use std::collections::VecDeque;

/// Most bytes of events kept for a caller who does not take them; beyond it the oldest that are only news are
/// dropped and counted. Answers do not count: there are never more than the caller asked for.
pub const MAX_QUEUED_EVENTS: usize = 1 << 20;

/// What an entry costs beside its archive: the decoded struct and its strings' headers, rounded up.
const ENTRY_COST: usize = 256;

#[derive(Debug)]
struct Entry {
    received: Received,
    /// Bytes counted against the bound; 0 for an answer.
    cost: usize,
}

/// Answers and events in the order they came.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: VecDeque<Entry>,
    event_bytes: usize,
    lost: u64,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.lost == 0
    }

    pub(super) fn push_answer(&mut self, id: u32, message: ToClient) {
        self.entries.push_back(Entry { received: Received { id, message }, cost: 0 });
    }

    /// Adds an event; fails when the bound is passed by events of which none may be dropped.
    pub(super) fn push_event(&mut self, message: ToClient, archive_len: usize) -> Result<(), ClientError> {
        // Acknowledgements are cumulative: the last of a row says all.
        if let ToClient::Acknowledged(new) = &message
            && let Some(Entry { received: Received { message: ToClient::Acknowledged(old), .. }, .. }) =
                self.entries.back_mut()
        {
            old.offset = old.offset.max(new.offset);
            return Ok(());
        }
        let cost = archive_len + ENTRY_COST;
        self.event_bytes += cost;
        self.entries.push_back(Entry { received: Received { id: 0, message }, cost });
        while self.event_bytes > MAX_QUEUED_EVENTS {
            let news = |entry: &Entry| entry.cost > 0 && is_news(&entry.received.message);
            let oldest = self.entries.iter().position(news).ok_or(ClientError::Flooded)?;
            if let Some(entry) = self.entries.remove(oldest) {
                self.event_bytes -= entry.cost;
                self.lost += 1;
            }
        }
        Ok(())
    }

    /// The oldest entry. Where events had to be dropped, that is said first: what is missing came before.
    pub(super) fn pop(&mut self) -> Option<Received> {
        if self.lost > 0 {
            let count = std::mem::take(&mut self.lost);
            return Some(Received { id: 0, message: event::EventsLost { count }.into() });
        }
        let entry = self.entries.pop_front()?;
        self.event_bytes -= entry.cost;
        Some(entry.received)
    }

    /// Takes the answer of that id out of the row. From the back: an answer that is waited for came last.
    pub(super) fn take_answer(&mut self, id: u32) -> Option<ToClient> {
        let at = self.entries.iter().rposition(|entry| entry.received.id == id)?;
        self.entries.remove(at).map(|entry| entry.received.message)
    }
}

/// Only news: what a caller loses with it can be asked for again. The others move the caller's own state
/// (input windows, attachments, connection) and are few.
fn is_news(message: &ToClient) -> bool {
    !matches!(
        message,
        ToClient::Acknowledged(_)
            | ToClient::InputDropped(_)
            | ToClient::Detached(_)
            | ToClient::ViewMoved(_)
            | ToClient::GoingDown(_)
            | ToClient::SessionExited(_)
            | ToClient::SessionRemoved(_)
            | ToClient::Failed(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::SessionId;

    fn title(number: u64, len: usize) -> ToClient {
        event::Title { session: SessionId(number), title: "t".repeat(len), icon: String::new() }.into()
    }

    #[test]
    fn the_oldest_news_go_first_and_are_counted() {
        let mut queue = Queue::default();
        let exited: ToClient = event::GoingDown { sessions_survive: true }.into();
        queue.push_event(exited.clone(), 1).expect("room");
        queue.push_answer(7, title(0, 1));
        for number in 1..=5 {
            queue.push_event(title(number, 300_000), 300_000).expect("room is made");
        }
        let lost = queue.pop().expect("what is missing is said first");
        assert_eq!(lost.message, event::EventsLost { count: 2 }.into());
        assert_eq!(queue.pop().map(|received| received.message), Some(exited));
        assert_eq!(queue.pop().map(|received| received.id), Some(7));
        for number in 3..=5 {
            assert_eq!(queue.pop().map(|received| received.message), Some(title(number, 300_000)));
        }
        assert!(queue.is_empty() && queue.event_bytes == 0);
    }

    #[test]
    fn a_flood_that_may_not_be_dropped_is_an_error() {
        let mut queue = Queue::default();
        let mut pushed = 0;
        let end = loop {
            let event = event::ViewMoved { session: SessionId(pushed) };
            match queue.push_event(event.into(), 8) {
                Ok(()) => pushed += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(end, ClientError::Flooded));
        assert!(pushed as usize * ENTRY_COST <= MAX_QUEUED_EVENTS);
    }

    #[test]
    fn acknowledgements_in_a_row_are_one() {
        let mut queue = Queue::default();
        for offset in [3, 9, 5] {
            queue.push_event(event::Acknowledged { offset }.into(), 8).expect("room");
        }
        assert_eq!(queue.pop().map(|r| r.message), Some(event::Acknowledged { offset: 9 }.into()));
        assert!(queue.is_empty());
    }

    #[test]
    fn an_answer_is_taken_out_of_the_row() {
        let mut queue = Queue::default();
        queue.push_event(title(1, 1), 1).expect("room");
        queue.push_answer(5, title(5, 1));
        queue.push_event(title(2, 1), 1).expect("room");
        assert_eq!(queue.take_answer(5), Some(title(5, 1)));
        assert_eq!(queue.take_answer(5), None);
        assert_eq!(queue.pop().map(|r| r.message), Some(title(1, 1)));
        assert_eq!(queue.pop().map(|r| r.message), Some(title(2, 1)));
    }
}
