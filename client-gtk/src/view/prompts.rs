//! From one prompt to the next, and selecting what a command wrote: where the shell marks them (OSC 133).

use super::{Told, View};
use crate::translation::gettext;
use gtk::subclass::prelude::*;
use scarab_protocol::grid::{GridError, Lines, Position, ViewReader, prompts};

impl View {
    /// Goes to the prompt before the one that stands at the top.
    pub fn previous_prompt(&self) {
        let found = self.look_for(prompts::before);
        self.show_prompt(found);
    }

    /// Goes to the next one below the top; behind the last one, to the end.
    pub fn next_prompt(&self) {
        if self.top_line().is_none() {
            return;
        }
        match self.look_for(prompts::after) {
            Some(None) => self.follow(),
            found => self.show_prompt(found),
        }
    }

    /// Selects what the command wrote whose prompt or output stands at the top; at the end, what the last one wrote.
    pub fn select_output(&self) {
        let at_end = self.top_line().is_none();
        let found = self.look_for(|lines, view, top| {
            let line = match at_end {
                true => lines.end().saturating_sub(1),
                // A prompt's own command is the one that is meant.
                false if lines.marks(view, top)?.contains(scarab_protocol::grid::Marks::PROMPT) => {
                    prompts::after(lines, view, top)?.unwrap_or(lines.end()).saturating_sub(1)
                }
                false => top,
            };
            prompts::output(lines, view, line)
        });
        match found {
            Some(Some((first, last))) => {
                self.select_lines(first, last);
                self.copy_to_primary();
            }
            _ => self.tell(Told::Says(gettext("The shell has marked no output here (OSC 133)."))),
        }
    }

    fn look_for<T>(&self, look: impl FnOnce(&Lines, &ViewReader, u64) -> Result<T, GridError>) -> Option<T> {
        let frame = self.imp().frame.borrow().clone();
        let cols = frame.head().cols;
        let lines = Lines::new(frame, cols);
        let top = self.top_line().unwrap_or(lines.screen());
        self.with_memory(|memory| look(&lines, memory, top)).and_then(Result::ok)
    }

    fn show_prompt(&self, found: Option<Option<u64>>) {
        match found {
            Some(Some(line)) => self.show_from(Position { line, row: 0 }),
            _ => self.tell(Told::Says(gettext("There is no prompt further up that the shell has marked."))),
        }
    }
}
