//! What the service says: events of the session, and answers to what the viewer asked.

use super::chooser::{Chooser, neighbour};
use super::effects;
use super::outer::Outer;
use super::viewer::{Awaited, Ending, Showing, Viewer};
use scarab_protocol::client::Received;
use scarab_protocol::message::event::DetachReason;
use scarab_protocol::message::input::ClipboardAnswer;
use scarab_protocol::message::{ConfigValue, ProgressState, SessionId, ToClient};
use std::time::{Duration, Instant};

impl Viewer {
    /// Takes all that has come.
    pub(super) fn hear_service(&mut self) {
        loop {
            let Some(client) = self.link.client() else { return };
            if !std::mem::take(&mut self.told) && !client.has_buffered() {
                return;
            }
            match client.next(Some(Duration::ZERO)) {
                Ok(Some(Received { id: 0, message })) => self.event(message),
                Ok(Some(Received { id, message })) => self.answer(id, message),
                Ok(None) => return,
                Err(error) => return self.lost(error),
            }
            if self.ending.is_some() {
                return;
            }
        }
    }

    fn event(&mut self, message: ToClient) {
        let ours = self.attachment.session.id;
        match message {
            ToClient::Acknowledged(event) => {
                let sent = self.link.client().map(|client| self.outgoing.acknowledged(client, &event));
                self.settle(sent);
            }
            ToClient::InputDropped(event) => {
                let sent = self.link.client().map(|client| self.outgoing.dropped(client, &event));
                self.settle(sent);
            }
            ToClient::Detached(event) if event.session == ours => match event.reason {
                DetachReason::Asked => self.ending = Some(Ending::Detached),
                DetachReason::Replaced => self.ending = Some(Ending::Replaced),
                DetachReason::TooSlow => self.ending = Some(Ending::TooSlow),
                DetachReason::SessionEnded => self.ended_at = Some(Instant::now()),
            },
            ToClient::SessionExited(event) if event.session == ours => {
                self.ending = Some(Ending::Exited(Some(event.status)));
            }
            ToClient::SessionRemoved(event) if event.session == ours => {
                self.ended_at.get_or_insert_with(Instant::now);
            }
            ToClient::SessionRenamed(event) if event.session == ours => self.name = event.name,
            ToClient::ViewMoved(event) if event.session == ours => self.map_again(),
            ToClient::Bell(event) if event.session == ours => {
                self.effect(|_, out| {
                    // Many in a row are one.
                    if out.last() != Some(&0x07) {
                        out.push(0x07);
                    }
                });
            }
            ToClient::Title(event) if event.session == ours => {
                let title = if event.title.is_empty() { &self.name } else { &event.title };
                let title = title.clone();
                self.effect(|outer, out| effects::title(&title, &outer.abilities, out));
            }
            ToClient::PointerShape(event) if event.session == ours => {
                self.effect(|outer, out| effects::pointer(&event.shape, &outer.abilities, out));
            }
            ToClient::Progress(event) if event.session == ours => {
                self.progress_shown = event.progress != ProgressState::None;
                self.effect(|outer, out| effects::progress(event.progress, &outer.abilities, out));
            }
            ToClient::ClipboardSet(event) if event.session == ours => {
                if event.allowed {
                    self.copy(&event.selection, &event.data);
                } else {
                    self.say("a program wanted to write the clipboard; the configuration does not allow it");
                }
            }
            ToClient::ClipboardRead(event) if event.session == ours => {
                // A program that reads the clipboard unasked may be anywhere the session reaches: refused here.
                self.tell(ClipboardAnswer { number: event.number, data: None });
            }
            ToClient::Notification(event) if event.session == ours => {
                let mut shown = false;
                self.effect(|outer, out| {
                    shown = effects::notify(&event.title, &event.body, event.urgency, &outer.abilities, out);
                });
                if !shown {
                    let colon = if event.title.is_empty() || event.body.is_empty() { "" } else { ": " };
                    self.say(&format!("{}{colon}{}", event.title, event.body));
                }
            }
            ToClient::GoingDown(event) if !event.sessions_survive => {
                self.say("the service stops, and its sessions with it");
            }
            _ => {}
        }
    }

    /// Writes the outer clipboard.
    pub(super) fn copy(&mut self, selection: &str, data: &[u8]) {
        self.effect(|outer: &Outer, out| effects::clipboard(selection, data, &outer.abilities, out));
    }

    fn answer(&mut self, id: u32, message: ToClient) {
        let Some(awaited) = self.awaited.remove(&id) else { return };
        match (awaited, message) {
            (Awaited::Choose, ToClient::Sessions(answer)) => {
                self.showing = Showing::Chooser(Chooser::new(answer.sessions, self.attachment.session.id));
                self.repaint = true;
            }
            (Awaited::Step { forward }, ToClient::Sessions(answer)) => {
                match neighbour(&answer.sessions, self.attachment.session.id, forward) {
                    Some(session) => self.go_to(session),
                    None => self.say("there is no other session"),
                }
            }
            (Awaited::Create, ToClient::Created(answer)) => self.go_to(answer.id),
            (Awaited::Keys, ToClient::Config(answer)) => self.configure(&answer.values),
            // Without a configuration the keys stay as they are.
            (Awaited::Keys, _) => {}
            (_, ToClient::Failed(failed)) => self.say(&failed.message),
            _ => {}
        }
    }

    /// Attaches to another session.
    pub(super) fn go_to(&mut self, session: SessionId) {
        if session == self.attachment.session.id {
            return;
        }
        let Some(mut attach) = self.link.attach_mut().cloned() else { return };
        attach.session = session.to_string();
        attach.size = self.size;
        match self.link.attach(attach) {
            Ok(attachment) => {
                self.attached(attachment);
                let name = self.name.clone();
                self.say(&name);
            }
            Err(error) => self.lost(error),
        }
    }

    fn configure(&mut self, values: &[ConfigValue]) {
        let text = |key: &str| {
            let value = values.iter().find(|value| value.key == key)?;
            // A TOML string, basic or literal; the keys' names need no further escapes than the backslash.
            let inner = value.value.trim().trim_matches(['"', '\'']);
            Some(inner.replace("\\\\", "\\"))
        };
        if text("keys.style").as_deref() == Some("tmux") {
            self.prefix.set('b');
        }
        let named = text("keys.prefix").unwrap_or_default();
        if let Some(rest) = named.strip_prefix("C-").or_else(|| named.strip_prefix("Ctrl-")) {
            let mut letters = rest.chars();
            if let (Some(letter), None) = (letters.next(), letters.next()) {
                self.prefix.set(letter.to_ascii_lowercase());
            }
        }
    }
}
