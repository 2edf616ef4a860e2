//! Who waits for something in a session: its end, a text, the end of a command.
//!
//! A text counts when it is on the screen after a burst of output, or in a line that scrolls off during one; lines
//! are looked at as wholes, whatever rows they are wrapped into.

use scarab_protocol::message::{ExitStatus, WaitFor, WaitOutcome};
use tokio::sync::oneshot;

/// Waits of one session at once; one more is answered as cancelled.
const MAX_WAITS: usize = 256;
/// Bytes of a text to wait for; a longer one is cut, which it then still has to begin with.
const MAX_NEEDLE: usize = 4096;
/// Bytes of a line that are kept while it passes, so that a text that a wrap cuts is found.
const MAX_LINE: usize = 64 << 10;
/// Bytes of the line told in the outcome.
const MAX_TOLD: usize = 4096;

/// The waits of one session.
#[derive(Debug, Default)]
pub(super) struct Waits(Vec<Waiting>);

#[derive(Debug)]
struct Waiting {
    token: u64,
    what: WaitFor,
    done: oneshot::Sender<WaitOutcome>,
}

impl Waits {
    /// Adds one. Text waits are also to be added to [`PassingLines`], by [`Waits::needles`].
    pub(super) fn add(&mut self, token: u64, mut what: WaitFor, done: oneshot::Sender<WaitOutcome>) {
        self.0.retain(|waiting| !waiting.done.is_closed());
        if let WaitFor::Text(text) = &mut what {
            text.truncate(boundary(text, MAX_NEEDLE));
        }
        let waiting = Waiting { token, what, done };
        if self.0.len() < MAX_WAITS {
            self.0.push(waiting);
        } else {
            waiting.finish(WaitOutcome::Cancelled);
        }
    }

    /// The texts waited for.
    pub(super) fn needles(&self) -> Vec<(u64, String)> {
        let text = |waiting: &Waiting| match &waiting.what {
            WaitFor::Text(text) => Some((waiting.token, text.clone())),
            WaitFor::Exit | WaitFor::Command => None,
        };
        self.0.iter().filter_map(text).collect()
    }

    /// Ends one wait.
    pub(super) fn finish(&mut self, token: u64, outcome: WaitOutcome) {
        if let Some(at) = self.0.iter().position(|waiting| waiting.token == token) {
            self.0.swap_remove(at).finish(outcome);
        }
    }

    /// A command has ended.
    pub(super) fn command_finished(&mut self, status: Option<i32>) {
        for waiting in self.0.extract_if(.., |waiting| waiting.what == WaitFor::Command) {
            waiting.finish(WaitOutcome::Command(status));
        }
    }

    /// The leader has ended: nothing else will come.
    pub(super) fn exited(&mut self, status: ExitStatus) {
        for waiting in self.0.drain(..) {
            waiting.finish(WaitOutcome::Exited(status));
        }
    }

    /// The session is forgotten.
    pub(super) fn removed(&mut self) {
        for waiting in self.0.drain(..) {
            waiting.finish(WaitOutcome::Removed);
        }
    }
}

impl Waiting {
    fn finish(self, outcome: WaitOutcome) {
        // Who waited may have gone.
        let _: Result<(), WaitOutcome> = self.done.send(outcome);
    }
}

/// Lines on their way into history, looked through for texts.
#[derive(Debug, Default)]
pub(super) struct PassingLines {
    needles: Vec<(u64, String)>,
    /// The line that is passing, as far as it has come.
    line: String,
    /// Texts found since [`PassingLines::take_found`].
    found: Vec<(u64, String)>,
}

impl PassingLines {
    /// What to look for from now on.
    pub(super) fn look_for(&mut self, needles: Vec<(u64, String)>) {
        if needles.is_empty() {
            *self = Self::default();
        } else {
            self.needles = needles;
        }
    }

    /// Nothing is looked for, and nothing found is waiting to be taken.
    pub(super) fn is_idle(&self) -> bool {
        self.needles.is_empty() && self.found.is_empty()
    }

    /// A piece of a line passes.
    pub(super) fn piece(&mut self, text: &str, continues: bool) {
        if self.needles.is_empty() {
            return;
        }
        let before = self.line.len();
        self.line.push_str(text);
        self.needles.retain(|(token, needle)| {
            // What was there before has been looked through, but for what this piece may complete.
            let from = boundary(&self.line, before.saturating_sub(needle.len()));
            let found = self.line[from..].contains(needle.as_str());
            if found {
                self.found.push((*token, told(&self.line, needle)));
            }
            !found
        });
        if !continues {
            self.line.clear();
        } else if self.line.len() > MAX_LINE {
            let from = boundary(&self.line, self.line.len() - MAX_NEEDLE);
            self.line.drain(..from);
        }
    }

    /// Looks through a line of the screen; the first one may be the rest of the line that is passing.
    pub(super) fn screen_line(&mut self, line: &str, first: bool) {
        let whole;
        let line = if first && !self.line.is_empty() {
            whole = format!("{}{line}", self.line);
            &whole
        } else {
            line
        };
        self.needles.retain(|(token, needle)| {
            let found = line.contains(needle.as_str());
            if found {
                self.found.push((*token, told(line, needle)));
            }
            !found
        });
    }

    /// What was found, each with its line.
    pub(super) fn take_found(&mut self) -> Vec<(u64, String)> {
        std::mem::take(&mut self.found)
    }
}

/// The end of the longest beginning of `text` that has at most `bytes` and ends between characters.
fn boundary(text: &str, bytes: usize) -> usize {
    let within = bytes.min(text.len());
    (0..=within).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// The line, or so much of it around the text as is told.
fn told(line: &str, needle: &str) -> String {
    if line.len() <= MAX_TOLD {
        return line.to_owned();
    }
    let at = line.find(needle).unwrap_or_default();
    let from = boundary(line, at.saturating_sub(MAX_TOLD / 4));
    let to = boundary(line, from + MAX_TOLD);
    line[from..to].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looking_for(needle: &str) -> PassingLines {
        let mut lines = PassingLines::default();
        lines.look_for(vec![(7, needle.to_owned())]);
        lines
    }

    #[test]
    fn a_text_that_a_wrap_cuts_is_found() {
        let mut lines = looking_for("ready");
        lines.piece("it is re", true);
        assert!(lines.take_found().is_empty());
        lines.piece("ady now", false);
        assert_eq!(lines.take_found(), [(7, "it is ready now".to_owned())]);
        lines.piece("ready", false);
        assert!(lines.take_found().is_empty(), "found once");
    }

    #[test]
    fn the_end_of_one_line_and_the_start_of_the_next_do_not_join() {
        let mut lines = looking_for("ready");
        lines.piece("rea", false);
        lines.piece("dy", false);
        assert!(lines.take_found().is_empty());
    }

    #[test]
    fn a_line_half_scrolled_off_is_looked_at_with_its_rest_on_the_screen() {
        let mut lines = looking_for("ready");
        lines.piece("it is re", true);
        lines.screen_line("ady now", true);
        assert_eq!(lines.take_found().len(), 1);
    }

    #[test]
    fn an_endless_line_costs_bounded_memory() {
        let mut lines = looking_for("needle");
        for _ in 0..10_000 {
            lines.piece(&"é".repeat(40), true);
            assert!(lines.line.len() <= MAX_LINE + 80);
        }
        lines.piece("nee", true);
        lines.piece("dle", true);
        let found = lines.take_found();
        assert_eq!(found.len(), 1);
        assert!(found[0].1.len() <= MAX_TOLD);
    }

    #[test]
    fn one_wait_too_many_is_cancelled() {
        let mut waits = Waits::default();
        let mut receivers = Vec::new();
        for token in 0..=MAX_WAITS as u64 {
            let (done, receiver) = oneshot::channel();
            waits.add(token, WaitFor::Exit, done);
            receivers.push(receiver);
        }
        let last = receivers.pop().expect("there are many").blocking_recv();
        assert_eq!(last, Ok(WaitOutcome::Cancelled));
        waits.exited(ExitStatus::Code(3));
        assert_eq!(receivers.remove(0).blocking_recv(), Ok(WaitOutcome::Exited(ExitStatus::Code(3))));
    }
}
