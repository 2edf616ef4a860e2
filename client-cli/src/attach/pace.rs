//! How far painting may run ahead of the terminal.
//!
//! "Written" means little over a slow line: ssh and the kernel hold megabytes, and Ctrl-C would be seen seconds
//! after it was pressed. So after every few kilobytes the terminal is asked whether it is ready (DSR, `CSI 5 n`), and
//! no further frame is begun while too much is unanswered. A terminal that answers nothing is paced by its
//! descriptor alone.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The question.
pub const MARK: &[u8] = b"\x1b[5n";
/// Bytes after which it is asked. Typing stays below and asks nothing.
const MARK_EVERY: u64 = 4 << 10;
/// Bytes that may be unanswered when a frame is begun: a seventh of a second at 1 Mbit/s.
const AHEAD: u64 = 16 << 10;
/// How long an answer is waited for before a further frame goes out all the same: the line may just be stuck.
const PATIENCE: Duration = Duration::from_secs(2);
/// After so many waits in vain the terminal is not asked any more: another one may have taken its place.
const WAITS: u8 = 3;

/// What was written and what of it is known to be taken.
#[derive(Debug, Default)]
pub struct Pace {
    answers: bool,
    sent: u64,
    taken: u64,
    /// What had been sent at each question not answered, with the time of the oldest.
    marks: VecDeque<u64>,
    waiting_since: Option<Instant>,
    /// Waits that ended without any answer.
    vain: u8,
}

impl Pace {
    /// The terminal is known to answer.
    pub fn trust(&mut self) {
        self.answers = true;
    }

    /// A frame of this many bytes goes out; true if [`MARK`] is to follow it.
    pub fn sent(&mut self, bytes: usize, now: Instant) -> bool {
        self.sent += bytes as u64;
        let marked = self.marks.back().copied().unwrap_or(self.taken);
        if !self.answers {
            self.taken = self.sent;
            return false;
        }
        if self.sent - marked < MARK_EVERY {
            return false;
        }
        self.marks.push_back(self.sent);
        self.waiting_since.get_or_insert(now);
        true
    }

    /// The terminal answered the oldest question.
    pub fn ready(&mut self, now: Instant) {
        if let Some(mark) = self.marks.pop_front() {
            self.vain = 0;
            self.taken = self.taken.max(mark);
            self.waiting_since = (!self.marks.is_empty()).then_some(now);
        }
    }

    /// Answers are still to come.
    pub fn expecting(&self) -> bool {
        !self.marks.is_empty()
    }

    /// A frame may be begun. If not, how long to wait at most before asking again here.
    pub fn may_begin(&mut self, now: Instant) -> Result<(), Duration> {
        if self.sent - self.taken <= AHEAD {
            return Ok(());
        }
        let Some(since) = self.waiting_since else { return Ok(()) };
        match PATIENCE.checked_sub(now.saturating_duration_since(since)) {
            Some(left) if !left.is_zero() => return Err(left),
            _ => {}
        }
        self.vain += 1;
        self.taken = self.sent;
        self.waiting_since = Some(now);
        if self.vain == WAITS {
            *self = Self { sent: self.sent, taken: self.sent, ..Self::default() };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_asks_nothing_and_a_flood_waits_for_answers() {
        let now = Instant::now();
        let mut pace = Pace::default();
        assert!(!pace.sent(100_000, now), "nobody asks a terminal that is not known to answer");
        assert_eq!(pace.may_begin(now), Ok(()));
        pace.trust();
        assert!(!pace.sent(100, now));
        assert!(pace.sent(10_000, now) && pace.may_begin(now).is_ok());
        assert!(pace.sent(10_000, now));
        assert_eq!(pace.may_begin(now), Err(PATIENCE));
        pace.ready(now);
        assert_eq!(pace.may_begin(now), Ok(()));
        pace.ready(now);
        assert!(!pace.expecting());
        pace.ready(now);
    }

    #[test]
    fn a_terminal_that_falls_silent_gets_a_frame_at_times_and_in_the_end_all() {
        let mut now = Instant::now();
        let mut pace = Pace::default();
        pace.trust();
        for _ in 0..WAITS {
            assert!(pace.sent(50_000, now));
            assert!(pace.may_begin(now + PATIENCE / 2).is_err());
            now += PATIENCE;
            assert_eq!(pace.may_begin(now), Ok(()));
        }
        assert!(!pace.sent(50_000, now) && !pace.expecting());
        assert_eq!(pace.may_begin(now), Ok(()));
    }

    #[test]
    fn a_late_answer_is_as_good_as_any() {
        let now = Instant::now();
        let mut pace = Pace::default();
        pace.trust();
        pace.sent(50_000, now);
        assert_eq!(pace.may_begin(now + PATIENCE), Ok(()));
        pace.sent(50_000, now + PATIENCE);
        pace.ready(now + PATIENCE);
        assert!(pace.expecting() && pace.may_begin(now + PATIENCE).is_err());
        pace.ready(now + PATIENCE);
        assert_eq!(pace.may_begin(now + PATIENCE), Ok(()));
    }
}
