//! The attachment: frames by the doorbell, messages by the socket, and coming back when the service was away.

use super::ahead::Piece;
use super::note::Problem;
use super::{Told, View, busy};
use crate::ending::ending;
use crate::failure;
use crate::service::{Opened, Wanted};
use crate::translation::{gettext, gettext_with};
use crate::window::Shown;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use gtk::{gio, glib};
use scarab_protocol::client::{Attachment, Attempt, InputStream, Link, OutgoingPaste};
use scarab_protocol::grid::pictures::PictureReader;
use scarab_protocol::grid::{Armed, Frame, Heard, ReadOutcome};
use scarab_protocol::message::event::DetachReason;
use scarab_protocol::message::input::{Focus, Resize};
use scarab_protocol::message::request::Attach;
use scarab_protocol::message::{
    ExitStatus, ProgressState, SessionInfo, Size, ToClient, ToService, ViewerColours, is_for_a_shell,
};
use scarab_protocol::{Client, ClientError};
use std::collections::VecDeque;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

/// A command that ran so long, in µs, is one that a person has turned away from.
const LONG_COMMAND: u64 = 10_000_000;

/// A session that is shown.
pub(super) struct Session {
    /// Away while a thread connects anew.
    link: Option<Link>,
    pub(super) attachment: Attachment,
    stream: InputStream,
    pastes: VecDeque<OutgoingPaste>,
    /// What wakes this view.
    sources: Vec<glib::SourceId>,
    name: String,
    /// As the program set it.
    title: String,
    /// The program in the foreground.
    foreground: String,
    /// What was typed at a prompt and has not finished, where the shell tells.
    under_way: Option<String>,
    pub(super) directory: String,
    lost: bool,
    /// How its program ended.
    status: Option<ExitStatus>,
}

impl Session {
    /// The connection, while there is one.
    fn client(&mut self) -> Option<&mut Client> {
        self.link.as_mut()?.client()
    }

    /// What attaching again will say.
    fn attach(&mut self) -> Option<&mut Attach> {
        self.link.as_mut()?.attach_mut()
    }

    /// The name of what runs beside an idle shell.
    pub(super) fn busy(&self) -> Option<String> {
        let command = &self.attachment.session.command;
        let busy = || busy::busy_with(command, &self.foreground, self.under_way.as_deref());
        if self.status.is_some() { None } else { busy() }
    }

    /// Its id and its name.
    pub(super) fn identity(&self) -> (String, String) {
        (self.attachment.session.id.to_string(), self.name.clone())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.sources.drain(..).for_each(glib::SourceId::remove);
    }
}

impl View {
    pub(super) fn attached(&self, opened: Opened) {
        let Opened { link, attachment } = opened;
        let session = Session {
            link: Some(link),
            stream: InputStream::new(),
            pastes: VecDeque::new(),
            sources: Vec::new(),
            name: attachment.session.name.clone(),
            title: attachment.session.title.clone(),
            foreground: attachment.session.foreground.clone(),
            under_way: None,
            directory: attachment.session.directory.clone(),
            lost: false,
            status: None,
            attachment,
        };
        self.imp().shown.set(Some(Shown::of(&session.attachment.session)));
        self.imp().session.replace(Some(session));
        self.tell_title();
        self.begin();
        self.look_for_an_end();
    }

    /// A name that a person gave says more than a program's title, and that more than the program's name.
    fn tell_title(&self) {
        let title = self.imp().session.borrow().as_ref().map(|session| {
            let is_number = session.name.chars().all(|character| character.is_ascii_digit());
            let said = [&session.title, &session.foreground].into_iter().find(|said| !said.is_empty());
            said.filter(|_| is_number).unwrap_or(&session.name).clone()
        });
        if let Some(title) = title {
            self.imp().title.replace(title);
            self.say_title();
            self.tell(Told::Title);
        }
    }

    /// It may have ended before it was looked at; then nobody tells of that any more.
    fn look_for_an_end(&self) {
        let has_ended = {
            let mut session = self.imp().session.borrow_mut();
            session.as_mut().is_some_and(|session| {
                session.status = session.attachment.session.exited;
                session.status.is_some()
            })
        };
        if has_ended {
            self.read_frame(&mut self.imp().frame.borrow_mut());
            self.ended();
        }
    }

    /// A connection that has just been made.
    fn begin(&self) {
        // Offsets begin anew; keys and pastes that were under way are not sent again: they may have arrived.
        self.forget_pictures();
        let cut = self.imp().session.borrow_mut().as_mut().is_some_and(|session| {
            session.stream = InputStream::new();
            !std::mem::take(&mut session.pastes).is_empty()
        });
        if cut {
            self.tell(Told::Says(gettext("The paste was cut short: the service was away.")));
        }
        self.imp().kept.borrow_mut().forget();
        self.watch();
        self.tell(Told::Attached);
        self.tell_busy();
        self.send(Focus { focused: self.has_focus() });
        if let Some(size) = self.imp().size.get() {
            self.resized(size);
        }
        self.send_ahead();
        self.hear();
        self.queue_draw();
    }

    /// Wakes this view when the doorbell rings or the service says something.
    fn watch(&self) {
        let mut session = self.imp().session.borrow_mut();
        let Some(session) = session.as_mut() else { return };
        session.sources.drain(..).for_each(glib::SourceId::remove);
        let on = |descriptor, act: fn(&View)| {
            glib_unix::unix_fd_add_local(
                descriptor,
                glib::IOCondition::IN | glib::IOCondition::HUP | glib::IOCondition::ERR,
                glib::clone!(
                    #[weak(rename_to = view)]
                    self,
                    #[upgrade_or]
                    glib::ControlFlow::Break,
                    move |_, _| {
                        act(&view);
                        glib::ControlFlow::Continue
                    }
                ),
            )
        };
        session.sources.push(on(session.attachment.doorbell.as_fd().as_raw_fd(), View::rung));
        if let Some(client) = session.client() {
            let client = client.as_fd().as_raw_fd();
            session.sources.push(on(client, View::hear));
        }
    }

    /// There is a new frame: it is read when GTK draws, so that a flood costs one frame of the screen each.
    fn rung(&self) {
        let heard = self.imp().session.borrow().as_ref().map(|session| session.attachment.doorbell.drain());
        match heard {
            Some(Heard::Signal) => self.queue_draw(),
            Some(Heard::Closed) => {
                // The socket tells the same, and what follows from it.
                let mut session = self.imp().session.borrow_mut();
                if let Some(session) = session.as_mut()
                    && !session.sources.is_empty()
                {
                    session.sources.remove(0).remove();
                }
            }
            Some(Heard::Nothing) | None => {}
        }
    }

    /// The newest frame; false when it is the one that was shown.
    pub(super) fn read_frame(&self, frame: &mut Frame) -> bool {
        let mut session = self.imp().session.borrow_mut();
        let Some(session) = session.as_mut() else { return false };
        match session.attachment.view.read(frame) {
            Ok(outcome) => outcome == ReadOutcome::Fresh,
            Err(_) => false,
        }
    }

    /// Waits for the frame after the one that was drawn. Where frames follow each other at once, GTK draws the next one
    /// when its time has come, and a bell armed now would bring what is old by then: a key's answer under a flood would
    /// wait for one frame more.
    pub(super) fn wait_for_next(&self, frame: &Frame) {
        let Some(clock) = self.frame_clock() else { return self.arm(frame) };
        let now = clock.frame_time();
        let (interval, _) = clock.refresh_info(now);
        let since = now - self.imp().drawn.replace(now);
        if since > interval * 3 / 2 {
            return self.arm(frame);
        }
        if self.imp().arming.replace(true) {
            return;
        }
        // The rest of the interval is for the service to publish, and for this thread to wake.
        let pause = Duration::from_micros(interval as u64 * 3 / 5);
        let view = self.downgrade();
        glib::timeout_add_local_once(pause, move || {
            let Some(view) = view.upgrade() else { return };
            view.imp().arming.set(false);
            if view.is_mapped() && !view.is_lost() {
                view.arm(&view.imp().frame.borrow());
            }
        });
    }

    /// Has the bell rung for what is newer than this frame.
    fn arm(&self, frame: &Frame) {
        let session = self.imp().session.borrow();
        let Some(session) = session.as_ref() else { return };
        match session.attachment.doorbell.arm(&session.attachment.view, frame.generation()) {
            Armed::Wait => {}
            Armed::ReadAgain => {
                let view = self.downgrade();
                glib::idle_add_local_once(move || view.upgrade().iter().for_each(WidgetExt::queue_draw));
            }
            Armed::MapAgain => {
                let view = self.downgrade();
                glib::idle_add_local_once(move || view.upgrade().iter().for_each(View::map_again));
            }
        }
    }

    /// The view is in new memory: as after a loss, so that the window does not wait for the answer.
    fn map_again(&self) {
        if !self.is_lost() {
            self.lost(ClientError::Closed);
        }
    }

    /// What attaching again will say of this viewer's colours.
    pub(super) fn remember_colours(&self, colours: &ViewerColours) {
        let mut session = self.imp().session.borrow_mut();
        let attach = session.as_mut().and_then(Session::attach);
        if let Some(attach) = attach {
            attach.colours = colours.clone();
        }
    }

    /// Sends a message; a key waits for a service that is not there.
    pub(super) fn send(&self, message: impl Into<ToService>) {
        let message = message.into();
        if !self.is_connected() {
            if matches!(message, ToService::Key(_)) {
                self.type_ahead(Piece::Key(message));
            }
            return;
        }
        let sent = {
            let mut session = self.imp().session.borrow_mut();
            let client = session.as_mut().and_then(Session::client);
            client.map(|client| client.tell(message))
        };
        self.sent(sent);
    }

    /// Sends a request; the id that its answer will have.
    pub(super) fn begin_request(&self, request: impl Into<ToService>) -> Option<u32> {
        let begun = {
            let mut session = self.imp().session.borrow_mut();
            let client = session.as_mut().and_then(Session::client)?;
            client.begin(request)
        };
        let id = begun.as_ref().ok().copied();
        self.sent(Some(begun));
        id
    }

    /// The memory that came with the answer to such a request.
    pub(super) fn complete_pictures(&self, id: u32) -> Option<PictureReader> {
        let mut session = self.imp().session.borrow_mut();
        let client = session.as_mut().and_then(Session::client)?;
        client.complete_pictures(id).ok()
    }

    /// What follows from sending, where there was a connection to send by.
    fn sent<T>(&self, sent: Option<Result<T, ClientError>>) {
        match sent {
            Some(Err(error)) => self.lost(error),
            Some(Ok(_)) => self.hear_buffered(),
            None => {}
        }
    }

    fn is_connected(&self) -> bool {
        self.imp().session.borrow_mut().as_mut().is_some_and(|session| session.client().is_some())
    }

    /// Sends bytes as they are: what an input method typed by itself.
    pub(super) fn send_text(&self, text: &str) {
        if !self.is_connected() {
            return self.type_ahead(Piece::Text(text.to_owned()));
        }
        let sent = {
            let mut session = self.imp().session.borrow_mut();
            session.as_mut().and_then(|session| {
                let client = session.link.as_mut().and_then(Link::client)?;
                Some(client.send_input(&mut session.stream, text.as_bytes()))
            })
        };
        self.sent(sent);
    }

    /// Pastes text, piece by piece as the program takes it.
    pub(super) fn send_paste(&self, text: String) {
        if !self.is_connected() {
            return self.type_ahead(Piece::Paste(text));
        }
        if let Some(session) = self.imp().session.borrow_mut().as_mut() {
            session.pastes.push_back(OutgoingPaste::new(text));
        }
        self.go_on_pasting();
    }

    fn go_on_pasting(&self) {
        let sent = {
            let mut session = self.imp().session.borrow_mut();
            let Some(Session { link, stream, pastes, .. }) = session.as_mut() else { return };
            let Some(client) = link.as_mut().and_then(Link::client) else { return };
            loop {
                let Some(paste) = pastes.front_mut() else { break Ok(()) };
                match client.send_paste(stream, paste) {
                    Ok(true) => drop(pastes.pop_front()),
                    Ok(false) => break Ok(()),
                    Err(error) => break Err(error),
                }
            }
        };
        self.sent(Some(sent));
    }

    /// What was read while something was sent is not told by the descriptor any more.
    fn hear_buffered(&self) {
        let buffered = {
            let mut session = self.imp().session.borrow_mut();
            let client = session.as_mut().and_then(Session::client);
            client.is_some_and(|client| client.has_buffered())
        };
        if buffered {
            let view = self.downgrade();
            glib::idle_add_local_once(move || view.upgrade().iter().for_each(View::hear));
        }
    }

    /// Takes what the service has sent.
    fn hear(&self) {
        loop {
            let next = {
                let mut session = self.imp().session.borrow_mut();
                let client = session.as_mut().and_then(Session::client);
                client.map(|client| client.next(Some(Duration::ZERO)))
            };
            match next {
                Some(Ok(Some(received))) if self.take_pictures(&received) => {}
                Some(Ok(Some(received))) => self.take(received.message),
                Some(Ok(None)) | None => return,
                Some(Err(error)) => return self.lost(error),
            }
        }
    }

    fn take(&self, message: ToClient) {
        match message {
            ToClient::Title(event) => {
                if let Some(session) = self.imp().session.borrow_mut().as_mut() {
                    session.title = event.title;
                }
                self.tell_title();
            }
            ToClient::Foreground(event) => {
                if let Some(session) = self.imp().session.borrow_mut().as_mut() {
                    session.foreground = event.name;
                }
                self.tell_title();
                self.tell_busy();
            }
            ToClient::Directory(event) => {
                if let Some(session) = self.imp().session.borrow_mut().as_mut() {
                    session.directory = event.directory;
                }
            }
            ToClient::Bell(_) => {
                self.flash();
                self.tell(Told::Bell);
            }
            ToClient::Acknowledged(event) => {
                if let Some(session) = self.imp().session.borrow_mut().as_mut() {
                    session.stream.acknowledged(&event);
                }
                self.go_on_pasting();
            }
            ToClient::InputDropped(event) => {
                if let Some(session) = self.imp().session.borrow_mut().as_mut() {
                    session.stream.dropped(&event);
                    session.pastes.clear();
                }
            }
            ToClient::ClipboardSet(event) if event.allowed => self.program_copies(&event),
            ToClient::ClipboardSet(event) => self.ask_to_copy(event),
            ToClient::ClipboardRead(event) => self.ask_to_read(event),
            ToClient::Notification(event) => {
                self.tell(Told::Notifies { title: event.title, body: event.body });
            }
            ToClient::CommandStarted(event) => self.under_way(Some(event.command)),
            ToClient::CommandFinished(event) if event.duration >= LONG_COMMAND && !self.has_focus() => {
                self.under_way(None);
                let body = match event.status {
                    Some(0) | None => gettext("It has finished."),
                    Some(status) => {
                        gettext_with("It has failed with status {status}.", &[("status", &status)])
                    }
                };
                self.tell(Told::Notifies { title: gettext("Command finished"), body });
            }
            ToClient::CommandFinished(_) => self.under_way(None),
            ToClient::Progress(event) => self.tell(Told::Progress(match event.progress {
                ProgressState::None => None,
                ProgressState::Busy => Some(0),
                ProgressState::Normal(percent)
                | ProgressState::Error(percent)
                | ProgressState::Paused(percent) => Some(percent),
            })),
            ToClient::SessionRenamed(event) => {
                if let Some(session) = self.imp().session.borrow_mut().as_mut() {
                    session.name = event.name;
                }
                self.tell_title();
            }
            ToClient::ViewMoved(_) => self.map_again(),
            ToClient::Detached(event) => match event.reason {
                DetachReason::SessionEnded => self.ended(),
                DetachReason::Asked => {
                    self.imp().session.take();
                    self.imp().shown.set(None);
                    self.tell(Told::Ended);
                }
                // Its session goes on: the last picture stays.
                DetachReason::Replaced => {
                    self.fail(Problem::Note(gettext("Another viewer took this session.")))
                }
                DetachReason::TooSlow => self.fail(Problem::Note(gettext("This window did not keep up."))),
            },
            ToClient::SessionExited(event) => {
                if let Some(session) = self.imp().session.borrow_mut().as_mut() {
                    session.status = Some(event.status);
                }
                self.tell_busy();
            }
            ToClient::Failed(failed) => self.tell(Told::Says(failed.message)),
            _ => {}
        }
    }

    fn under_way(&self, command: Option<String>) {
        if let Some(session) = self.imp().session.borrow_mut().as_mut() {
            session.under_way = command;
        }
        self.tell_busy();
    }

    /// The program ended. A shell's tab goes with it; that of a command says how, and can run it again.
    fn ended(&self) {
        let Some(session) = self.imp().session.take() else { return };
        self.imp().shown.set(None);
        if is_for_a_shell(&session.attachment.session.command) {
            return self.tell(Told::Ended);
        }
        let SessionInfo { command, directory, .. } = &session.attachment.session;
        let how = ending(session.status);
        let again = Wanted::New { command: command.clone(), directory: directory.clone() };
        self.imp().wanted.replace(Some(again));
        // Translators: {ending} is how it ended, as in "make has finished."
        let said = gettext_with("{command} {ending}.", &[("command", &command.join(" ")), ("ending", &how)]);
        self.fail(Problem::Note(said));
    }

    /// The connection failed: the last frame stays while it is made again.
    fn lost(&self, error: ClientError) {
        let outcome = {
            let mut session = self.imp().session.borrow_mut();
            let Some(session) = session.as_mut() else { return };
            let Some(link) = session.link.as_mut() else { return };
            let outcome = link.lost(error);
            if outcome.is_ok() {
                session.lost = true;
                session.sources.drain(..).for_each(glib::SourceId::remove);
            }
            outcome
        };
        match outcome {
            Ok(()) => self.reconnect_later(),
            Err(error) if error.ends_connection() => self.gave_up(&error),
            Err(error) => self.tell(Told::Says(failure::said(&error))),
        }
        self.queue_draw();
    }

    fn gave_up(&self, error: &ClientError) {
        if error.ends_connection() {
            self.unreachable(error);
        } else {
            let error = failure::said(error);
            let said = gettext_with("The session cannot be reached: {error}", &[("error", &error)]);
            self.fail(Problem::Note(said));
        }
    }

    fn reconnect_later(&self) {
        let pause =
            self.imp().session.borrow().as_ref().and_then(|session| session.link.as_ref()?.poll_timeout());
        let Some(pause) = pause else { return };
        let view = self.downgrade();
        glib::timeout_add_local_once(pause, move || {
            if let Some(view) = view.upgrade() {
                glib::spawn_future_local(async move { view.reconnect().await });
            }
        });
    }

    /// On a thread: a service that is starting may let an attempt wait for seconds.
    async fn reconnect(&self) {
        let link = self.imp().session.borrow_mut().as_mut().and_then(|session| session.link.take());
        let Some(mut link) = link else { return };
        let tried = gio::spawn_blocking(move || {
            let outcome = link.try_reconnect();
            (link, outcome)
        });
        let Ok((link, outcome)) = tried.await else {
            return self.fail(Problem::Note(gettext("Reconnecting failed (a defect).")));
        };
        {
            let mut session = self.imp().session.borrow_mut();
            let Some(session) = session.as_mut() else { return };
            session.link = Some(link);
            if let Ok(Attempt::Connected(_)) = outcome {
                session.lost = false;
            }
        }
        match outcome {
            Ok(Attempt::Connected(Some(attachment))) => {
                if let Some(session) = self.imp().session.borrow_mut().as_mut() {
                    // What runs may be another thing by now; a service that has just started does not know yet.
                    let foreground = &attachment.session.foreground;
                    if !foreground.is_empty() {
                        session.foreground.clone_from(foreground);
                    }
                    session.attachment = *attachment;
                }
                self.begin();
            }
            Ok(_) => self.reconnect_later(),
            Err(error) => self.gave_up(&error),
        }
    }

    /// The service is away.
    pub(super) fn is_lost(&self) -> bool {
        self.imp().session.borrow().as_ref().is_some_and(|session| session.lost)
    }

    /// The screen has another size.
    pub(super) fn resized(&self, size: Size) {
        {
            let mut session = self.imp().session.borrow_mut();
            let attach = session.as_mut().and_then(Session::attach);
            if let Some(attach) = attach {
                attach.size = size;
            }
        }
        self.send(Resize { size });
        self.rewrap();
    }
}
