//! What the person does: keys, mouse, pastes, focus, and what the prefix commands.

use super::chooser::Choice;
use super::history::{History, Outcome};
use super::input::{Answer, Event, MouseEvent};
use super::prefix::{Command, Verdict};
use super::viewer::{Awaited, Ending, HISTORY_CHANGED, Showing, Viewer};
use scarab_protocol::client::ClientError;
use scarab_protocol::grid::ScreenFlags;
use scarab_protocol::grid::modes::{Modes, Mouse};
use scarab_protocol::message::input::{self, Colours, Focus, Key, MouseAction};
use scarab_protocol::message::request::{Create, List};
use scarab_protocol::message::{KeyAction, ToService, mods};
use std::time::Instant;

impl Viewer {
    pub(super) fn take_events(&mut self, events: Vec<Event>) {
        for event in events {
            if self.ending.is_some() {
                return;
            }
            match event {
                Event::Key(key) => self.key(key),
                Event::Mouse(mouse) => self.mouse(&mouse),
                Event::Focus(_) if self.read_only => {}
                Event::Focus(focused) => self.tell(Focus { focused }),
                Event::PasteStart => {
                    if self.takes_input() {
                        self.outgoing.paste_start();
                    }
                }
                Event::Paste(text) => self.paste(&text),
                Event::PasteEnd => {
                    if self.takes_input() {
                        let sent = self.link.client().map(|client| self.outgoing.paste_end(client));
                        self.settle(sent);
                    }
                }
                Event::Answer(answer) => self.answered(&answer),
            }
        }
    }

    /// What is typed goes to the session.
    fn takes_input(&self) -> bool {
        matches!(self.showing, Showing::Session)
            && !self.read_only
            && self.attachment.session.exited.is_none()
    }

    /// What came of sending.
    pub(super) fn settle(&mut self, sent: Option<Result<(), ClientError>>) {
        if let Some(Err(error)) = sent {
            self.lost(error);
        }
    }

    fn answered(&mut self, answer: &Answer) {
        if *answer == Answer::Ready {
            self.pace.ready(Instant::now());
            return;
        }
        let learned = self.outer.answer(answer);
        if self.outer.answers() {
            self.pace.trust();
        }
        if learned.repaint {
            self.repaint_all();
        }
        if !learned.write.is_empty() {
            self.rest();
            self.effects.extend_from_slice(&learned.write);
            self.keep_undo();
        }
        if learned.colours {
            let colours = self.outer.colours.clone();
            if let Some(attach) = self.link.attach_mut() {
                attach.colours = colours.clone();
            }
            self.tell(Colours { colours });
        }
        // Switches may follow from it (keyboard, mouse).
        self.repaint = true;
    }

    fn key(&mut self, key: Key) {
        if self.notice.is_some() && key.action == KeyAction::Press {
            self.notice = None;
            self.repaint = true;
        }
        match &mut self.showing {
            Showing::Session => match self.prefix.take(key) {
                Verdict::Send(key) => self.send_key(key),
                Verdict::SendBoth(first, second) => {
                    self.send_key(first);
                    self.send_key(second);
                }
                Verdict::Taken => {}
                Verdict::Do(command) => self.command(command),
            },
            Showing::History(history) => {
                let outcome = history.key(&self.attachment.view, &key);
                self.history_outcome(outcome);
            }
            Showing::Chooser(chooser) => match chooser.key(&key) {
                Choice::Stay => self.repaint = true,
                Choice::Leave => self.show_session(),
                Choice::Session(session) => {
                    self.show_session();
                    self.go_to(session);
                }
            },
            Showing::Help => {
                // Its own key's release must not close it.
                if key.action == KeyAction::Press {
                    self.show_session();
                }
            }
        }
    }

    fn show_session(&mut self) {
        self.showing = Showing::Session;
        (self.fresh, self.repaint) = (true, true);
    }

    fn send_key(&mut self, key: Key) {
        if let Some(status) = self.attachment.session.exited {
            // It was over before anybody looked: there is its last screen, and nobody to type to.
            if key.action == KeyAction::Press {
                self.ending = Some(Ending::Exited(Some(status)));
            }
            return;
        }
        if self.read_only {
            if key.action == KeyAction::Press {
                let prefix = self.prefix.name();
                self.say(&format!("read-only: {prefix} d leaves"));
            }
            return;
        }
        let sent = self.link.client().map(|client| self.outgoing.key(client, key));
        self.settle(sent);
    }

    fn paste(&mut self, text: &[u8]) {
        let taken = self.takes_input();
        match &mut self.showing {
            Showing::Session if taken => {
                let sent = self.link.client().map(|client| self.outgoing.paste(client, text));
                self.settle(sent);
            }
            Showing::History(history) => {
                history.paste(text);
                self.repaint = true;
            }
            _ => {}
        }
    }

    fn mouse(&mut self, mouse: &MouseEvent) {
        match &mut self.showing {
            Showing::History(history) => {
                let outcome = history.mouse(&self.attachment.view, mouse);
                self.history_outcome(outcome);
            }
            Showing::Session => {
                let wanted = Modes::new(self.frame.head().modes).mouse();
                if wanted != Mouse::Off && !self.read_only {
                    self.send_mouse(mouse);
                } else {
                    self.own_mouse(mouse);
                }
            }
            Showing::Chooser(_) | Showing::Help => {}
        }
    }

    /// The mouse is the program's.
    fn send_mouse(&mut self, mouse: &MouseEvent) {
        let head = self.frame.head();
        // A release outside ends a drag that began inside: it is told at the edge.
        let (cols, rows) = (head.cols.min(self.size.cols), head.rows.min(self.size.rows));
        let inside = self.screen.session_cell(&self.frame, mouse.col, mouse.row);
        let cell = inside.or_else(|| {
            let (col, row) = (mouse.col.min(cols.saturating_sub(1)), mouse.row.min(rows.saturating_sub(1)));
            (mouse.action != MouseAction::Press).then(|| self.screen.session_cell(&self.frame, col, row))?
        });
        let Some((col, row)) = cell else { return };
        let pixel = |cell: u16, pixels: u32, cells: u16| match u32::from(cells) {
            0 => 0,
            // The middle of the cell: the terminal told no more.
            cells => (u32::from(cell) * 2 + 1) * pixels / (2 * cells),
        };
        self.tell(input::Mouse {
            action: mouse.action,
            button: mouse.button,
            mods: mouse.mods,
            col,
            row,
            x_px: pixel(col, self.size.width_px, self.size.cols),
            y_px: pixel(row, self.size.height_px, self.size.rows),
        });
    }

    /// The mouse is ours: the wheel opens history, a drag selects.
    fn own_mouse(&mut self, mouse: &MouseEvent) {
        match (mouse.action, mouse.button) {
            (MouseAction::Press, 4) => {
                self.open_history(|history, view| history.mouse(view, mouse).map(drop))
            }
            (MouseAction::Press, 1) if mouse.mods & mods::SHIFT == 0 => self.press = Some(*mouse),
            (MouseAction::Motion, _) => {
                if let Some(press) = self.press.take() {
                    self.open_history(|history, view| {
                        history.drag_from(view, &press)?;
                        history.mouse(view, mouse).map(drop)
                    });
                }
            }
            (MouseAction::Release, _) => self.press = None,
            _ => {}
        }
    }

    fn open_history(
        &mut self,
        begin: impl FnOnce(
            &mut History,
            &scarab_protocol::grid::ViewReader,
        ) -> Result<(), scarab_protocol::grid::GridError>,
    ) {
        let view = &self.attachment.view;
        let opened = History::open(view, self.frame.clone(), self.size).and_then(|mut history| {
            begin(&mut history, view)?;
            Ok(history)
        });
        match opened {
            Ok(history) => {
                self.showing = Showing::History(Box::new(history));
                self.repaint = true;
            }
            Err(_) => {
                // A newer frame tells how history stands now.
                self.fresh = true;
                self.say("history has just changed: try again");
            }
        }
    }

    fn history_outcome(&mut self, outcome: Result<Outcome, scarab_protocol::grid::GridError>) {
        self.repaint = true;
        match outcome {
            Ok(Outcome::Stay) => {}
            Ok(Outcome::Leave) => self.close_history(""),
            Ok(Outcome::Copy(text)) => self.copy("c", text.as_bytes()),
            Ok(Outcome::CopyAndLeave(text)) => {
                self.copy("c", text.as_bytes());
                self.close_history(&format!("copied {} characters", text.chars().count()));
            }
            Err(_) => self.close_history(HISTORY_CHANGED),
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Detach => self.ending = Some(Ending::Detached),
            Command::Help => {
                self.showing = Showing::Help;
                self.repaint = true;
            }
            Command::History | Command::Search => {
                if self.frame.head().flags.contains(ScreenFlags::ALTERNATE) && command == Command::Search {
                    self.say("a full-screen program has no history here: its own search may help");
                    return;
                }
                self.open_history(|history, _| {
                    if command == Command::Search {
                        history.ask_needle();
                    }
                    Ok(())
                });
            }
            Command::Choose => self.begin(List {}, Awaited::Choose),
            Command::Next => self.begin(List {}, Awaited::Step { forward: true }),
            Command::Previous => self.begin(List {}, Awaited::Step { forward: false }),
            Command::New => {
                let directory = &self.attachment.session.directory;
                let create = Create {
                    name: String::new(),
                    command: Vec::new(),
                    login: false,
                    directory: if directory.starts_with('/') { directory.clone() } else { String::new() },
                    environment: super::environment(),
                    size: self.size,
                    properties: Vec::new(),
                    allow_checksum: false,
                };
                self.begin(create, Awaited::Create);
            }
        }
    }

    fn begin(&mut self, request: impl Into<ToService>, awaited: Awaited) {
        let begun = self.link.client().map(|client| client.begin(request));
        match begun {
            Some(Ok(id)) => {
                self.awaited.insert(id, awaited);
            }
            Some(Err(error)) => self.lost(error),
            None => self.say("not connected"),
        }
    }
}
