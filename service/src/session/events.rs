//! What programs tell through the emulator, told on: translated, coalesced and paced, so that a program that
//! rings or retitles in a loop costs its listeners 50 messages a second and no more.

use super::spec::{ClipboardRead, ClipboardWrite, ViewerId};
use super::thread::Runner;
use super::translate;
use scarab_protocol::message::ToClient;
use scarab_protocol::message::event;
use scarab_terminal::Event;
use scarab_terminal::osc::{Occasion, Urgency};
use std::time::{Duration, Instant};

/// Time between two tellings. The first after a pause is told at once.
const PACE: Duration = Duration::from_millis(20);
/// Messages held until the next telling, of the kinds that are not coalesced; further ones are dropped.
const MAX_HELD: usize = 64;
/// Questions for the clipboard open at once; one more is refused.
pub(super) const MAX_QUESTIONS: usize = 4;
/// A question for the clipboard is refused after this time: somebody may have to be asked, but a program that
/// waits looks stuck.
const QUESTION_TIME: Duration = Duration::from_secs(30);

/// Messages on their way to listeners.
#[derive(Debug, Default)]
pub(super) struct Pace {
    held: Vec<ToClient>,
    told: Option<Instant>,
}

impl Pace {
    /// Adds one; where only the newest of a kind counts it takes the place of the one before.
    fn add(&mut self, message: ToClient) {
        let single = |message: &ToClient| {
            use ToClient::{CommandFinished, CommandStarted, Notification};
            matches!(message, Notification(_) | CommandStarted(_) | CommandFinished(_))
        };
        let kind = message.kind();
        if single(&message) {
            if self.held.iter().filter(|held| single(held)).count() < MAX_HELD {
                self.held.push(message);
            }
        } else if let Some(held) = self.held.iter_mut().find(|held| held.kind() == kind) {
            *held = message;
        } else {
            self.held.push(message);
        }
    }

    /// When to tell; `None` if there is nothing.
    pub(super) fn due(&self) -> Option<Instant> {
        let told = self.told.map_or_else(Instant::now, |told| told + PACE);
        (!self.held.is_empty()).then_some(told)
    }

    /// What is to be told now.
    fn take(&mut self, now: Instant) -> Vec<ToClient> {
        self.told = Some(now);
        std::mem::take(&mut self.held)
    }
}

/// The questions of programs for the clipboard that viewers have not answered.
#[derive(Debug, Default)]
pub(super) struct Questions {
    asked: u64,
    open: Vec<Question>,
}

#[derive(Debug)]
struct Question {
    number: u64,
    viewer: ViewerId,
    selection: String,
    until: Instant,
}

impl Questions {
    /// What was asked for.
    pub(super) fn selections(&self) -> Vec<String> {
        self.open.iter().map(|question| question.selection.clone()).collect()
    }

    /// When the oldest one is given up.
    pub(super) fn due(&self) -> Option<Instant> {
        self.open.first().map(|question| question.until)
    }
}

impl Runner {
    /// Takes what the emulator has to tell.
    pub(super) fn take_events(&mut self) {
        let events = self.emulator.take_events();
        if !events.is_empty() {
            // Before, not after: what is told twice could be pasted or run twice.
            self.journal.told();
        }
        for event in events {
            self.take_event(event);
        }
        if self.pace.due().is_some_and(|due| due <= Instant::now()) {
            self.tell_held();
        }
    }

    /// Tells what is held.
    pub(super) fn tell_held(&mut self) {
        for message in self.pace.take(Instant::now()) {
            self.tell(&message);
        }
    }

    /// Tells one message to all who listen: viewers first, because the service, told of the session's end, may
    /// remove it and tell them that.
    pub(super) fn tell(&self, message: &ToClient) {
        self.viewers.tell(message);
        self.observer.event(self.id, message.clone());
    }

    pub(super) fn take_event(&mut self, event: Event) {
        let session = self.id;
        match event {
            Event::Bell => {
                if self.viewers.is_empty() {
                    self.shared.record().bell = true;
                }
                self.pace.add(event::Bell { session }.into());
            }
            Event::Title(_) | Event::IconTitle(_) => {
                let title = self.emulator.title().to_owned();
                self.shared.record().title.clone_from(&title);
                let icon = self.emulator.icon_title().to_owned();
                self.pace.add(event::Title { session, title, icon }.into());
            }
            Event::Directory(address) => {
                let directory = translate::directory(&address);
                self.shared.record().directory.clone_from(&directory);
                self.pace.add(event::Directory { session, directory }.into());
            }
            Event::ColoursChanged => {
                let colours = translate::set_by_program(self.emulator.colours());
                self.pace.add(event::ColoursChanged { session, colours }.into());
            }
            Event::ModesChanged => {
                let modes = self.emulator.input_modes().to_bits();
                self.shared.record().alternate_screen = self.emulator.on_alternate_screen();
                self.pace.add(event::ModesChanged { session, modes }.into());
            }
            Event::Progress(progress) => {
                let progress = translate::progress(progress);
                self.shared.record().progress = progress;
                self.pace.add(event::Progress { session, progress }.into());
            }
            Event::Resized => self.resized_by_program(),
            Event::PointerShape(shape) => {
                self.pace.add(event::PointerShape { session, shape }.into());
            }
            Event::Notification(notification) => {
                let wanted = match notification.occasion {
                    Occasion::Always => true,
                    Occasion::Unfocused | Occasion::Invisible => !self.viewers.focused(),
                };
                if wanted {
                    let urgency = match notification.urgency {
                        Urgency::Low => 0,
                        Urgency::Normal => 1,
                        Urgency::Critical => 2,
                    };
                    let id = notification.id.unwrap_or_default();
                    let (title, body) = (notification.title, notification.body);
                    self.pace.add(event::Notification { session, id, title, body, urgency }.into());
                }
            }
            // Nobody draws prompts, and closing a notification early has no message of its own.
            Event::PromptStarted | Event::NotificationClosed { .. } => {}
            Event::CommandStarted { command } => {
                self.command_since = Some(Instant::now());
                let command = command.unwrap_or_default();
                self.pace.add(event::CommandStarted { session, command }.into());
            }
            Event::CommandFinished { exit } => {
                let ran = self.command_since.take().map_or(Duration::ZERO, |since| since.elapsed());
                let duration = u64::try_from(ran.as_micros()).unwrap_or(u64::MAX);
                self.waits.command_finished(exit);
                self.pace.add(event::CommandFinished { session, status: exit, duration }.into());
            }
            Event::ClipboardSet { selection, data } => self.clipboard_set(selection, data),
            Event::ClipboardRead { selection } => self.clipboard_read(selection),
        }
    }

    /// To the viewer in front alone: the others' clipboards are none of the program's business.
    fn clipboard_set(&mut self, selection: String, data: Vec<u8>) {
        let allowed = match self.settings.clipboard_write {
            ClipboardWrite::Never => return,
            ClipboardWrite::Ask => false,
            ClipboardWrite::Focused => self.viewers.focused(),
        };
        let message: ToClient = event::ClipboardSet { session: self.id, selection, data, allowed }.into();
        if let Some(viewer) = self.viewers.in_front() {
            viewer.outbox.push(message.clone());
        }
        self.observer.event(self.id, message);
    }

    fn clipboard_read(&mut self, selection: String) {
        let viewer = match self.settings.clipboard_read {
            ClipboardRead::Ask if self.questions.open.len() < MAX_QUESTIONS => self.viewers.in_front(),
            ClipboardRead::Ask | ClipboardRead::Never => None,
        };
        let Some(viewer) = viewer else { return self.answer_program(&selection, None) };
        self.questions.asked += 1;
        let number = self.questions.asked;
        let question = event::ClipboardRead { session: self.id, number, selection: selection.clone() };
        viewer.outbox.push(question.into());
        let until = Instant::now() + QUESTION_TIME;
        self.questions.open.push(Question { number, viewer: viewer.id, selection, until });
    }

    /// A viewer answers; what was not asked of it, or was answered already, is nothing.
    pub(super) fn clipboard_answered(&mut self, viewer: ViewerId, number: u64, data: Option<Vec<u8>>) {
        let asked = |question: &Question| question.number == number && question.viewer == viewer;
        if let Some(at) = self.questions.open.iter().position(asked) {
            let question = self.questions.open.remove(at);
            self.answer_program(&question.selection, data.as_deref());
        }
    }

    /// Refuses the questions whose time is up, and those that went to viewers who are gone.
    pub(super) fn give_up_questions(&mut self, now: Instant) {
        let viewers = &self.viewers;
        let gone = |question: &Question| viewers.iter().all(|viewer| viewer.id != question.viewer);
        let over: Vec<Question> =
            self.questions.open.extract_if(.., |question| question.until <= now || gone(question)).collect();
        for question in over {
            self.answer_program(&question.selection, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scarab_protocol::message::SessionId;

    #[test]
    fn only_the_newest_of_a_kind_is_held_and_everything_is_bounded() {
        let mut pace = Pace::default();
        let session = SessionId(1);
        for number in 0..1000 {
            pace.add(event::Bell { session }.into());
            pace.add(event::PointerShape { session, shape: number.to_string() }.into());
        }
        assert_eq!(pace.held.len(), 2);
        assert_eq!(pace.held[1], event::PointerShape { session, shape: "999".to_owned() }.into());
        for _ in 0..1000 {
            pace.add(event::CommandStarted { session, command: String::new() }.into());
        }
        assert_eq!(pace.held.len(), MAX_HELD + 2);
        let now = Instant::now();
        assert_eq!(pace.take(now).len(), MAX_HELD + 2);
        assert_eq!(pace.due(), None);
        pace.add(event::Bell { session }.into());
        assert_eq!(pace.due(), Some(now + PACE));
    }
}
