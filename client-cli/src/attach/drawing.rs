//! From what is to be shown to bytes on the terminal: reading frames, painting, writing, arming the doorbell.
//!
//! Apart from the loop, because here it is decided that nothing is painted before the terminal has taken what was
//! painted before.

use super::pace;
use super::screen::Overlay;
use super::switches::Switches;
use super::viewer::{HISTORY_CHANGED, Showing, Viewer};
use anyhow::Context;
use scarab_protocol::client::LinkState;
use scarab_protocol::grid::modes::{Modes, Mouse};
use scarab_protocol::grid::{Armed, ScreenFlags};
use std::time::{Duration, Instant};

impl Viewer {
    /// Paints what is due if the terminal is ready for it. `Some`: the terminal is not, look again by then.
    pub(super) fn draw(&mut self) -> anyhow::Result<Option<Duration>> {
        if self.sending || !(self.fresh || self.repaint || !self.effects.is_empty()) {
            return Ok(None);
        }
        let now = Instant::now();
        if let Err(left) = self.pace.may_begin(now) {
            return Ok(Some(left));
        }
        if std::mem::take(&mut self.fresh) {
            let generation = self.frame.generation();
            self.attachment.view.read(&mut self.frame).context("the session's screen cannot be read")?;
            self.repaint |= self.frame.generation() != generation && matches!(self.showing, Showing::Session);
        }
        self.out.append(&mut self.effects);
        if std::mem::take(&mut self.repaint) && self.frame.generation().0 > 0 {
            self.paint();
        }
        if !self.questions_asked && self.frame.generation().0 > 0 {
            // After the first frame: it must not wait for the terminal to think.
            self.questions_asked = true;
            self.asked_at = now;
            self.painter.rest(&mut self.out);
            self.out.extend_from_slice(&self.outer.questions());
        }
        if !self.out.is_empty() && self.pace.sent(self.out.len(), now) {
            self.out.extend_from_slice(pace::MARK);
        }
        Ok(None)
    }

    fn paint(&mut self) {
        let before = (self.switches, self.painter.form_changed());
        self.switches.follow(self.wanted(), &mut self.out);
        let abilities = self.outer.abilities;
        let mut done = false;
        if let Showing::History(history) = &mut self.showing {
            let painted = history.paint(&self.attachment.view, &mut self.painter, abilities, &mut self.out);
            done = painted.is_ok();
            if !done {
                self.close_history(HISTORY_CHANGED);
            }
        }
        if !done {
            let overlay = self.overlay();
            self.screen.paint(&mut self.painter, &self.frame, self.size, abilities, &overlay, &mut self.out);
        }
        if before != (self.switches, self.painter.form_changed()) {
            self.keep_undo();
        }
    }

    /// What undoes everything has changed.
    pub(super) fn keep_undo(&mut self) {
        let undo = self.undo();
        if let Some(guard) = &self.guard {
            guard.undo_with(undo);
        }
    }

    /// What the outer terminal is to report now.
    fn wanted(&self) -> Switches {
        let modes = Modes::new(self.frame.head().modes);
        let abilities = &self.outer.abilities;
        let alternate = self.frame.head().flags.contains(ScreenFlags::ALTERNATE);
        let mouse = match self.showing {
            Showing::History(_) => Mouse::Drag,
            _ if modes.mouse() != Mouse::Off && !self.read_only => modes.mouse(),
            // In a plain shell the wheel scrolls history and a drag selects, where what is selected can be copied;
            // elsewhere the terminal's own selection is worth more.
            _ if abilities.clipboard && !alternate => Mouse::Drag,
            _ => Mouse::Off,
        };
        Switches {
            mouse,
            // Disambiguated keys with their alternates always; more as the program asks.
            kitty: abilities.kitty_keys.then_some(5 | modes.kitty()),
            other_keys: if abilities.kitty_keys { 0 } else { modes.other_keys() },
            wheel_types: self.outer.wheel_types.then_some(alternate && modes.alternate_scroll()),
        }
    }

    fn overlay(&self) -> Overlay {
        let line = match self.link.state() {
            LinkState::Waiting { attempt, of, .. } => {
                let prefix = self.prefix.name();
                Some(format!("connection lost: reconnecting ({attempt}/{of})…  {prefix} d leaves"))
            }
            _ => self.notice.as_ref().map(|notice| notice.text.clone()).or_else(|| {
                let status = self.attachment.session.exited?;
                Some(format!("{}  any key leaves", super::ended(&self.name, Some(status))))
            }),
        };
        let panel = match &self.showing {
            Showing::Chooser(chooser) => Some(chooser.panel()),
            Showing::Help => Some(super::prefix::help(&self.prefix.name())),
            _ => None,
        };
        Overlay { line, panel }
    }

    /// Pushes out what the terminal takes; false when it is gone.
    pub(super) fn write(&mut self) -> anyhow::Result<bool> {
        while self.written < self.out.len() {
            self.sending = true;
            match self.tty.write(&self.out[self.written..]) {
                Ok(0) => return Ok(true),
                Ok(written) => self.written += written,
                Err(_) => return Ok(false),
            }
        }
        self.out.clear();
        (self.written, self.sending) = (0, false);
        Ok(true)
    }

    /// Arms the doorbell; true when there is something to do at once.
    pub(super) fn arm(&mut self) -> anyhow::Result<bool> {
        // The first frame is awaited in any view; later ones only where they are shown.
        let watching = !matches!(self.showing, Showing::History(_));
        if self.armed || self.fresh || !watching || !self.bell_open {
            return Ok(self.fresh);
        }
        match self.attachment.doorbell.arm(&self.attachment.view, self.frame.generation()) {
            Armed::Wait => {
                self.armed = true;
                Ok(false)
            }
            Armed::ReadAgain => {
                self.fresh = true;
                Ok(true)
            }
            Armed::MapAgain => {
                self.map_again();
                Ok(self.fresh)
            }
        }
    }

    /// Another look of everything.
    pub(super) fn repaint_all(&mut self) {
        self.painter.forget();
        self.repaint = true;
    }

    /// The default look into force before something that resets it.
    pub(super) fn rest(&mut self) {
        self.painter.rest(&mut self.effects);
    }
}
