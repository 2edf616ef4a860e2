//! What the control side asks of a session's thread.

use super::events::MAX_QUESTIONS;
use super::input::Resizing;
use super::search::Searched;
use super::spec::{Attachment, Inlet, Joining, Settings, ViewerId};
use super::thread::{Runner, Turn};
use super::viewers::Viewer;
use super::{capture, now_us, translate};
use crate::session::host_event::HostEvent;
use rustix::fd::OwnedFd;
use scarab_protocol::grid::Bell;
use scarab_protocol::message::answer::{Captured, Failed, FailureKind, ScreenCopy};
use scarab_protocol::message::event::{DetachReason, PointerShape};
use scarab_protocol::message::{CaptureStyle, Region, Size, ViewerColours, WaitFor, WaitOutcome};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::oneshot;

/// One order. What has an answer carries the way to give it.
pub(super) enum Command {
    Attach(Box<Joining>, oneshot::Sender<Result<Attachment, Failed>>),
    Lend(ViewerId, Box<dyn Inlet>),
    Detach(ViewerId),
    DetachAll(DetachReason),
    Resize(ViewerId, Size, Option<Resizing>),
    ResizeSession(Size),
    /// A person used this viewer, after another one.
    Used(ViewerId),
    Focus(ViewerId, bool),
    Colours(ViewerId, ViewerColours),
    Capture(Region, CaptureStyle, oneshot::Sender<Result<Captured, Failed>>),
    CopyScreen(oneshot::Sender<Result<ScreenCopy, Failed>>),
    Search(CaptureStyle, oneshot::Sender<Result<Searched, Failed>>),
    Pictures(oneshot::Sender<Result<OwnedFd, Failed>>),
    Wait(u64, WaitFor, oneshot::Sender<WaitOutcome>),
    CancelWait(u64),
    ClipboardAnswer(ViewerId, u64, Option<Vec<u8>>),
    Apply(Box<Settings>),
    /// Its name has changed.
    Renamed,
    End,
    Close,
    /// The service ends and the session does not.
    Leave(oneshot::Sender<()>),
}

impl Command {
    /// Adds this order to those that wait. The list is bounded though nobody waits for it to be taken: a state
    /// takes the place of the same viewer's older one wherever that stands, a use of a viewer makes its earlier
    /// one pointless, answers to programs' questions are as few as the questions, and requests are limited a
    /// second and connection.
    pub(super) fn queue(self, list: &mut Vec<Self>) {
        if let Self::ClipboardAnswer(viewer, ..) = &self {
            let same =
                |waiting: &&Self| matches!(waiting, Self::ClipboardAnswer(other, ..) if other == viewer);
            if list.iter().filter(same).count() < MAX_QUESTIONS {
                list.push(self);
            }
            return;
        }
        match list.iter().rposition(|earlier| self.replaces(earlier)) {
            Some(at) if matches!(self, Self::Used(_)) => {
                // Who was used last is what counts: in the earlier one's place it would not be.
                list.remove(at);
                list.push(self);
            }
            Some(at) => list[at] = self,
            None => list.push(self),
        }
    }

    /// Whether this order makes an earlier one pointless: of many sizes only the last counts.
    fn replaces(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Resize(viewer, ..), Self::Resize(other, ..))
            | (Self::Colours(viewer, _), Self::Colours(other, _))
            | (Self::Focus(viewer, _), Self::Focus(other, _))
            | (Self::Used(viewer), Self::Used(other)) => viewer == other,
            (Self::ResizeSession(_), Self::ResizeSession(_))
            | (Self::Apply(_), Self::Apply(_))
            | (Self::Renamed, Self::Renamed) => true,
            _ => false,
        }
    }
}

impl Runner {
    /// Does all that was ordered.
    pub(super) fn commands(&mut self) -> Turn {
        let commands = self.shared.take_commands();
        // What is to be forgotten is not left to the next service.
        let closing = commands.iter().any(|command| matches!(command, Command::Close));
        for command in commands {
            match command {
                Command::Close => return Turn::Close,
                Command::Leave(done) if !closing => {
                    self.take_events();
                    self.checkpoint();
                    // It waits for this, and its waiting is over in any case.
                    let _: Result<(), ()> = done.send(());
                    return Turn::Leave;
                }
                command => self.command(command),
            }
        }
        self.take_events();
        Turn::GoOn
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Attach(joining, done) => self.attach(*joining, done),
            Command::Lend(viewer, inlet) => {
                if let Some(viewer) = self.viewers.get_mut(viewer) {
                    viewer.inlet = Some(inlet);
                }
            }
            Command::Detach(viewer) => self.detach(viewer),
            Command::DetachAll(reason) => self.detach_all(reason),
            Command::Resize(viewer, size, resizing) => {
                if let Some(viewer) = self.viewers.get_mut(viewer) {
                    viewer.size = size;
                }
                self.follow_viewers();
                if let Some(resizing) = resizing {
                    self.shared.input.resized(resizing);
                    self.flush();
                }
            }
            Command::ResizeSession(size) => self.resize(size),
            Command::Used(viewer) => {
                self.viewers.used(viewer);
                self.follow_viewers();
            }
            Command::Focus(viewer, focused) => {
                if let Some(viewer) = self.viewers.get_mut(viewer) {
                    viewer.focused = focused;
                }
                self.follow_viewers();
            }
            Command::Colours(viewer, colours) => {
                if let Some(viewer) = self.viewers.get_mut(viewer) {
                    viewer.colours = colours;
                }
                self.follow_viewers();
            }
            Command::Capture(region, style, done) => {
                answer(done, capture::capture(&self.emulator, region, style));
            }
            Command::CopyScreen(done) => answer(done, capture::copy_screen(&self.emulator)),
            Command::Search(style, done) => answer(done, Searched::of(&self.view, &self.emulator, style)),
            Command::Pictures(done) => answer(done, self.pictures_memory()),
            Command::Wait(token, what, done) => self.wait(token, what, done),
            Command::CancelWait(token) => {
                self.waits.finish(token, WaitOutcome::Cancelled);
                self.emulator.history_mut().passing.look_for(self.waits.needles());
            }
            Command::ClipboardAnswer(viewer, number, data) => self.clipboard_answered(viewer, number, data),
            Command::Apply(settings) => {
                self.settings = *settings;
                self.emulator.history_mut().writer.set_max_lines(self.settings.history_lines);
            }
            Command::Renamed => self.write_card(),
            Command::End => self.end_leader(),
            Command::Close | Command::Leave(_) => {}
        }
    }

    fn attach(&mut self, joining: Joining, done: oneshot::Sender<Result<Attachment, Failed>>) {
        let viewer = joining.viewer;
        if joining.detach_others {
            self.detach_all(DetachReason::Replaced);
        }
        let most = self.settings.max_viewers;
        if self.viewers.len() >= most {
            let message = format!("too many viewers: this session has {most} (limits.viewers)");
            return answer(done, Err(Failed { kind: FailureKind::TooMany, message }));
        }
        let made = Bell::create().and_then(|bell| Ok((bell, self.view.reader_fd()?)));
        let ((bell, handover), view) = match made {
            Ok(((bell, handover), view)) => ((bell, handover), view),
            Err(error) => {
                let message = format!("no descriptors for another viewer: {error}");
                return answer(done, Err(Failed { kind: FailureKind::Internal, message }));
            }
        };
        let mut joining = joining;
        if self.shared.set_viewer_environment(std::mem::take(&mut joining.environment)) {
            self.links.follow(&self.shared.viewer_environment(), None);
            self.write_card();
        }
        self.shared.input.join(viewer, joining.read_only, Arc::clone(&joining.outbox));
        if !joining.read_only {
            self.shared.last_viewer.store(viewer, Ordering::Relaxed);
        }
        joining.outbox.joined();
        let shape = self.emulator.pointer_shape();
        if !shape.is_empty() {
            joining.outbox.push(PointerShape { session: self.id, shape: shape.to_owned() }.into());
        }
        self.viewers.add(joining, now_us(), Arc::new(bell));
        self.shared.used();
        self.shared.record().bell = false;
        self.follow_viewers();
        self.publish_for_new_viewer();
        self.shared.record().history_lines = self.emulator.history().writer.lines();
        let attachment = Attachment {
            view,
            bell_memory: handover.memory,
            bell_socket: handover.socket,
            info: self.shared.info(),
        };
        // The connection may have gone meanwhile.
        if done.send(Ok(attachment)).is_err() {
            self.detach(viewer);
        }
    }

    fn pictures_memory(&self) -> Result<OwnedFd, Failed> {
        let failed = |kind, message: &str| Failed { kind, message: message.to_owned() };
        match self.pictures.for_viewer() {
            Ok(Some(memory)) => Ok(memory),
            Ok(None) => Err(failed(FailureKind::Unsupported, "this session has no images")),
            Err(error) => {
                Err(failed(FailureKind::Internal, &format!("no descriptor for its images: {error}")))
            }
        }
    }

    fn detach(&mut self, viewer: ViewerId) {
        let gone = self.viewers.remove(viewer);
        self.left(gone.into_iter().collect(), DetachReason::Asked);
    }

    /// Detaches all viewers.
    pub(super) fn detach_all(&mut self, reason: DetachReason) {
        let gone = self.viewers.remove_all();
        self.left(gone, reason);
    }

    /// These viewers are none any more; they are told last, when listings say so too.
    fn left(&mut self, gone: Vec<Viewer>, reason: DetachReason) {
        for viewer in &gone {
            self.shared.input.leave(viewer.id);
        }
        self.follow_viewers();
        self.give_up_questions(std::time::Instant::now());
        for viewer in gone {
            viewer.detached(self.id, reason);
        }
    }

    /// Size, colours and focus follow the viewer that was used last. Without one, the session keeps the size
    /// and colours it has, and nobody looks.
    pub(super) fn follow_viewers(&mut self) {
        let watched = !self.viewers.is_empty();
        if watched != self.emulator.watched() {
            self.record(&HostEvent::Watched(watched));
            self.emulator.set_watched(watched);
        }
        self.shared.record().viewers = self.viewers.infos();
        self.observer.changed(self.id);
        // Zero: the session was given a size of its own, until a viewer is used again.
        let free = self.shared.last_viewer.load(Ordering::Relaxed) == 0;
        let last = self.viewers.last_used();
        let (size, colours) = (last.map(|viewer| viewer.size), last.map(|viewer| viewer.colours.clone()));
        if let Some(colours) = colours.filter(|colours| *colours != self.colours) {
            self.record(&HostEvent::Coloured(colours.clone()));
            self.emulator.set_colours(&translate::colours(&colours));
            self.colours = colours;
            self.fed();
        }
        if let Some(size) = size.filter(|_| !free) {
            self.resize(size);
        }
        let focused = self.viewers.focused();
        if focused != self.focused {
            self.focused = focused;
            self.record(&HostEvent::Focused(focused));
            self.emulator.set_focus(focused);
            self.fed();
        }
    }

    /// Gives the session a size; the program hears of it only if it is another one.
    fn resize(&mut self, size: Size) {
        let inside = translate::size(size);
        let size = translate::size_back(inside);
        if size == self.size {
            return;
        }
        self.size = size;
        self.shared.record().size = size;
        self.record(&HostEvent::Resized(size));
        self.emulator.resize(inside);
        if let Some(pty) = &self.pty
            && let Err(error) = pty.resize(size)
        {
            log::warn!("session {}: resizing its PTY: {error}", self.id);
        }
        self.fed();
        self.observer.changed(self.id);
    }

    /// The program chose another size, which it can while no viewer is there.
    pub(super) fn resized_by_program(&mut self) {
        let size = translate::size_back(self.emulator.size());
        if size != self.size {
            self.size = size;
            self.shared.record().size = size;
            if let Some(pty) = &self.pty
                && let Err(error) = pty.resize(size)
            {
                log::warn!("session {}: resizing its PTY: {error}", self.id);
            }
            self.observer.changed(self.id);
        }
    }

    fn wait(&mut self, token: u64, what: WaitFor, done: oneshot::Sender<WaitOutcome>) {
        let exited = self.shared.record().exited;
        let text = matches!(what, WaitFor::Text(_));
        self.waits.add(token, what, done);
        if text {
            self.emulator.history_mut().passing.look_for(self.waits.needles());
            self.look_for_texts();
        }
        if let Some(status) = exited {
            self.waits.exited(status);
            self.emulator.history_mut().passing.look_for(Vec::new());
        }
    }
}

/// Answers; who asked may have gone.
fn answer<T>(to: oneshot::Sender<T>, value: T) {
    let _: Result<(), T> = to.send(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(cols: u16) -> Size {
        Size { cols, rows: 24, width_px: 0, height_px: 0 }
    }

    #[test]
    fn a_flood_of_states_from_many_viewers_waits_in_a_short_list() {
        let mut list = Vec::new();
        for step in 0..10_000u16 {
            let viewer = ViewerId::from(step % 3);
            Command::Focus(viewer, step % 2 == 0).queue(&mut list);
            Command::Resize(viewer, size(step), None).queue(&mut list);
            Command::Colours(viewer, ViewerColours::default()).queue(&mut list);
            Command::Used(viewer).queue(&mut list);
            Command::ResizeSession(size(step)).queue(&mut list);
            Command::ClipboardAnswer(viewer, u64::from(step), Some(vec![0; 100])).queue(&mut list);
        }
        assert_eq!(list.len(), 3 * (4 + MAX_QUESTIONS) + 1);
        let last_used = list.iter().rev().find_map(|command| match command {
            Command::Used(viewer) => Some(*viewer),
            _ => None,
        });
        assert_eq!(last_used, Some(9_999 % 3));
        let newest = |command: &Command| matches!(command, Command::Resize(_, Size { cols: 9_999, .. }, _));
        assert!(list.iter().any(newest), "the newest size counts");
    }
}
