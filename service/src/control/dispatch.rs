//! Requests: one function each, from a decoded message to its answer.
//!
//! What is quick is answered at once; what a session's thread must do first comes later; what may wait for long
//! waits beside the others (`waits`).

use super::connection::Connection;
use super::input::MAX_PALETTE;
use super::viewer::{ViewerOutbox, Viewing};
use crate::failure::{Failure, cut, failed};
use crate::operations::{self, check_environment, check_typed};
use crate::plugin;
use crate::service::Service;
use crate::session::{self, Joining, Session, search};
use crate::subscriptions::Watched;
use crate::windows::Released;
use scarab_protocol::SessionId;
use scarab_protocol::frame::MAX_JOINED;
use scarab_protocol::grid::pictures::PICTURES_LAYOUT;
use scarab_protocol::hello::VIEW_LAYOUT;
use scarab_protocol::message::answer::{
    Attached, Config, Done, Environment, FailureKind, Pictures, Sessions, Windows,
};
use scarab_protocol::message::event::DetachReason;
use scarab_protocol::message::request::{
    Attach, Capture, CopyScreen, Create, Detach, GetConfig, GetEnvironment, GetPictures, KeepWindow, Kill,
    Release, Rename, ResizeSession, Search, Send, SetConfig, Subscribe, Wait,
};
use scarab_protocol::message::{ConfigValue, SessionInfo, ToClient, ToService, WaitFor};
use scarab_protocol::pattern::{Case, Syntax};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::oneshot;

/// What of all sessions a listing may tell, in bytes: half of what a message may have, because names, viewers and
/// the rest come on top of it.
const LISTING: usize = MAX_JOINED / 2;
/// What one page of a search has at most.
const MAX_FOUND: search::Most = search::Most { lines: 2000, bytes: 256 << 10 };
/// Longest text to wait for, in bytes: a line.
const MAX_WAIT_TEXT: usize = 4096;
/// Longest name of a viewer, in bytes.
const MAX_VIEWER_NAME: usize = 64;
/// Longest value of a configuration's key, in bytes: sixteen directories of the longest possible path.
const MAX_VALUE: usize = 64 << 10;

/// What becomes of a request.
pub enum Handled {
    /// It is answered.
    Now(Box<ToClient>),
    /// It will be; the connection's next requests come after it.
    Later(Later),
    /// It waits beside the others, and its answer comes from there.
    Waits,
}

/// A request under way.
pub type Later = Pin<Box<dyn Future<Output = Reply> + std::marker::Send>>;

/// The end of a request under way.
pub enum Reply {
    /// Its answer.
    Answer(ToClient),
    /// Its answer, and what travels with it.
    With(ToClient, OwnedFd),
    /// The connection is a viewer now.
    Attached {
        /// Of what.
        viewing: Box<Viewing>,
        /// The answer.
        answer: ToClient,
        /// What travels with it.
        descriptors: Vec<OwnedFd>,
    },
}

type Result<T> = std::result::Result<T, Failure>;

/// Handles one request.
pub fn handle(connection: &mut Connection, id: u32, request: ToService) -> Result<Handled> {
    let service = connection.service().clone();
    match request {
        ToService::LoadPlugin(request) => {
            plugin::load(&request, &service.config().plugins.directories).map(now)
        }
        ToService::Create(request) => create(&service, request),
        ToService::List(_) => Ok(list(&service)),
        ToService::Attach(request) => attach(connection, request),
        ToService::Detach(request) => detach(connection, &request),
        ToService::Kill(request) => kill(connection, &request),
        ToService::Rename(request) => rename(connection, request),
        ToService::Send(request) => send(connection, id, request),
        ToService::Capture(request) => capture(connection, &request),
        ToService::Wait(request) => wait(connection, id, request),
        ToService::Cancel(request) => cancel(connection, request.request),
        ToService::Reload(_) => beside(move || service.reload().map(|()| Done {})),
        ToService::GetConfig(request) => get_config(&service, &request).map(now),
        ToService::SetConfig(request) => set_config(service, request),
        ToService::CopyScreen(request) => copy_screen(connection, &request),
        ToService::GetStatus(_) => Ok(now(service.status())),
        ToService::Subscribe(request) => subscribe(connection, &request),
        ToService::ResizeSession(request) => resize_session(connection, &request),
        ToService::GetEnvironment(request) => get_environment(connection, &request),
        ToService::KeepWindow(request) => keep_window(connection, request),
        ToService::TakeWindows(_) => take_windows(connection),
        ToService::Release(request) => release(connection, &request),
        ToService::Search(request) => find(connection, request),
        ToService::GetPictures(request) => get_pictures(connection, &request),
        // Input is handled before it comes here.
        other => Err(failed(FailureKind::UnknownRequest, format!("kind {} is no request", other.kind()))),
    }
}

fn now(answer: impl Into<ToClient>) -> Handled {
    Handled::Now(Box::new(answer.into()))
}

fn later(reply: impl Future<Output = Reply> + std::marker::Send + 'static) -> Result<Handled> {
    Ok(Handled::Later(Box::pin(reply)))
}

/// An answer that a session's thread gives.
fn answered<T: Into<ToClient> + std::marker::Send + 'static>(
    done: oneshot::Receiver<Result<T>>,
) -> Result<Handled> {
    later(async move {
        Reply::Answer(match done.await {
            Ok(Ok(answer)) => answer.into(),
            Ok(Err(failure)) => failure.into(),
            Err(_) => gone().into(),
        })
    })
}

/// An answer that waits for a disk, and is worked out beside the event loop.
fn beside<T: Into<ToClient> + std::marker::Send + 'static>(
    work: impl FnOnce() -> Result<T> + std::marker::Send + 'static,
) -> Result<Handled> {
    later(async move {
        Reply::Answer(match tokio::task::spawn_blocking(work).await {
            Ok(Ok(answer)) => answer.into(),
            Ok(Err(failure)) => failure.into(),
            Err(error) => failed(FailureKind::Internal, error.to_string()).into(),
        })
    })
}

fn gone() -> Failure {
    failed(FailureKind::NoSuchSession, "the session is gone")
}

/// The session that a request means: by name, beginning or id; empty, the one that the connection is attached to,
/// else the one used last.
fn meant(connection: &Connection, asked: &str) -> Result<(SessionId, Arc<Session>)> {
    if !asked.is_empty() {
        return connection.service().registry().resolve(asked);
    }
    match (connection.attached(), connection.viewing()) {
        (Some(id), Some((session, _))) => Ok((id, session)),
        _ => last_used(connection.service()),
    }
}

/// The session used last: of those that live where there are any.
fn last_used(service: &Service) -> Result<(SessionId, Arc<Session>)> {
    let sessions = service.registry().all();
    let used = |(_, session, ended): &(SessionId, Arc<Session>, bool)| {
        let info = session.info();
        (!ended, info.last_used, info.created, info.id)
    };
    let last = sessions.into_iter().max_by_key(used);
    last.map(|(id, session, _)| (id, session))
        .ok_or_else(|| failed(FailureKind::NoSuchSession, "there is no session (`scarab new` makes one)"))
}

fn bad(message: impl Into<String>) -> Failure {
    failed(FailureKind::BadArgument, message)
}

fn create(service: &Arc<Service>, request: Create) -> Result<Handled> {
    answered(operations::create(service, request)?)
}

fn list(service: &Service) -> Handled {
    let sessions = service.registry().all();
    let each = LISTING / sessions.len().max(1);
    let info = |(_, session, _): &(SessionId, Arc<Session>, bool)| shortened(session.info(), each);
    now(Sessions { sessions: sessions.iter().map(info).collect() })
}

/// What a listing says of a session, in about so many bytes: commands of 128 KiB must not make a listing too large
/// to be sent.
fn shortened(mut info: SessionInfo, most: usize) -> SessionInfo {
    let command: usize = info.command.iter().map(|word| word.len() + 8).sum();
    if command + info.title.len() + info.directory.len() <= most {
        return info;
    }
    cut(&mut info.title, most / 4);
    cut(&mut info.directory, most / 4);
    let mut left = most / 2;
    let mut words = 0;
    for word in &mut info.command {
        if left == 0 {
            break;
        }
        cut(word, left);
        left = left.saturating_sub(word.len() + 8);
        words += 1;
    }
    if words < info.command.len() {
        info.command.truncate(words);
        info.command.push("…".to_owned());
    }
    info
}

fn attach(connection: &mut Connection, request: Attach) -> Result<Handled> {
    if request.viewer_name.len() > MAX_VIEWER_NAME || request.viewer_name.chars().any(char::is_control) {
        return Err(bad(format!(
            "a viewer's name has at most {MAX_VIEWER_NAME} bytes and no control characters"
        )));
    }
    if request.colours.palette.len() > MAX_PALETTE {
        return Err(bad(format!("a palette has at most {MAX_PALETTE} colours")));
    }
    check_environment(&request.environment)?;
    let service = connection.service().clone();
    let (id, session) = match request.session.as_str() {
        "" => last_used(&service)?,
        asked => service.registry().resolve(asked)?,
    };
    if connection.attached() == Some(id) {
        connection.leave(true); // so that moving to new memory needs no second place among the viewers
    }
    let viewer = service.next_number();
    let subscriptions = service.subscriptions.clone();
    let outbox =
        ViewerOutbox::new(connection.outbox().clone(), viewer, connection.number(), id, subscriptions);
    let outbox = Arc::new(outbox);
    let joining = Joining {
        viewer,
        pid: connection.pid(),
        name: request.viewer_name,
        read_only: request.read_only,
        size: request.size,
        colours: request.colours,
        environment: request.environment,
        detach_others: request.detach_others,
        outbox: outbox.clone(),
    };
    let (done, attached) = oneshot::channel();
    session.attach(joining, done);
    // From here on dropping it detaches, whether or not the answer ever comes.
    let mut viewing = Box::new(Viewing { viewer, id, session, outbox, service, over: false, unheard: false });
    later(async move {
        let failure = match attached.await {
            Ok(Ok(session::Attachment { view, bell_memory, bell_socket, info })) => {
                let answer = Attached { session: info, layout: VIEW_LAYOUT }.into();
                let descriptors = vec![view, bell_memory, bell_socket];
                return Reply::Attached { viewing, answer, descriptors };
            }
            Ok(Err(failure)) => failure,
            Err(_) => gone(),
        };
        viewing.over = true;
        Reply::Answer(failure.into())
    })
}

fn detach(connection: &mut Connection, request: &Detach) -> Result<Handled> {
    if request.session.is_empty() {
        connection.leave(true);
    } else {
        let (_, session) = meant(connection, &request.session)?;
        session.detach_all(DetachReason::Asked);
    }
    Ok(now(Done {}))
}

fn kill(connection: &Connection, request: &Kill) -> Result<Handled> {
    let service = connection.service().clone();
    let sessions = match request.session.as_str() {
        "*" => service.registry().all().into_iter().map(|(id, session, _)| (id, session)).collect(),
        "" if connection.attached().is_none() => return Err(bad("say which session is to end")),
        asked => vec![meant(connection, asked)?],
    };
    if request.signal != 0 {
        for (_, session) in &sessions {
            match session.signal(request.signal) {
                // Of all sessions those are meant that can hear it.
                Err(failure) if failure.kind == FailureKind::Exited && request.session == "*" => {}
                result => result?,
            }
        }
        return Ok(now(Done {}));
    }
    answered(operations::end(&service, sessions))
}

fn rename(connection: &Connection, request: Rename) -> Result<Handled> {
    let (id, session) = meant(connection, &request.session)?;
    operations::rename(connection.service(), id, &session, request.name)?;
    Ok(now(Done {}))
}

fn send(connection: &Connection, id: u32, request: Send) -> Result<Handled> {
    check_typed(&request.items)?;
    let (_, session) = meant(connection, &request.session)?;
    connection.waits().admit(id)?;
    let (done, taken) = oneshot::channel();
    session.send(request.items, done);
    connection.waits().send(id, taken, connection.outbox().clone());
    Ok(Handled::Waits)
}

fn capture(connection: &Connection, request: &Capture) -> Result<Handled> {
    let (_, session) = meant(connection, &request.session)?;
    let (done, captured) = oneshot::channel();
    session.capture(request.region, request.style, done);
    answered(captured)
}

fn find(connection: &Connection, request: Search) -> Result<Handled> {
    let (_, session) = meant(connection, &request.session)?;
    let Search { session: _, pattern, regex, first, last, style } = request;
    let syntax = if regex { Syntax::Regex } else { Syntax::Literal };
    let lines = first..=last;
    let wanted = search::Wanted { pattern, syntax, case: Case::Smart, lines, style, most: MAX_FOUND };
    later(async move {
        Reply::Answer(match search::find(&session, wanted).await {
            Ok(found) => found.into(),
            Err(failure) => failure.into(),
        })
    })
}

fn copy_screen(connection: &Connection, request: &CopyScreen) -> Result<Handled> {
    let (_, session) = meant(connection, &request.session)?;
    let (done, copied) = oneshot::channel();
    session.copy_screen(done);
    answered(copied)
}

fn get_pictures(connection: &Connection, request: &GetPictures) -> Result<Handled> {
    let (_, session) = meant(connection, &request.session)?;
    let (done, memory) = oneshot::channel();
    session.pictures(done);
    later(async move {
        match memory.await {
            Ok(Ok(memory)) => Reply::With(Pictures { layout: PICTURES_LAYOUT }.into(), memory),
            Ok(Err(failure)) => Reply::Answer(failure.into()),
            Err(_) => Reply::Answer(gone().into()),
        }
    })
}

fn wait(connection: &Connection, id: u32, request: Wait) -> Result<Handled> {
    if let WaitFor::Text(text) = &request.what
        && !(1..=MAX_WAIT_TEXT).contains(&text.len())
    {
        return Err(bad(format!("the text to wait for must have 1 to {MAX_WAIT_TEXT} bytes")));
    }
    let (_, session) = meant(connection, &request.session)?;
    connection.waits().admit(id)?;
    let (done, over) = oneshot::channel();
    let token = session.wait(request.what, done);
    let timeout = Duration::from_millis(request.timeout_ms);
    connection.waits().wait(id, session, token, over, timeout, connection.outbox().clone());
    Ok(Handled::Waits)
}

fn cancel(connection: &Connection, request: u32) -> Result<Handled> {
    if connection.waits().cancel(request, connection.outbox()) {
        Ok(now(Done {}))
    } else {
        Err(bad(format!("no request with the id {request} waits on this connection")))
    }
}

fn get_config(service: &Service, request: &GetConfig) -> Result<Config> {
    let (file, config) = (service.store().file().display().to_string(), service.config());
    let defaults = crate::config::Config::default().flatten();
    let below = format!("{}.", request.key);
    let values: Vec<ConfigValue> = config
        .flatten()
        .into_iter()
        .filter(|(key, _)| request.key.is_empty() || *key == request.key || key.starts_with(&below))
        .map(|(key, value)| {
            let is_default = defaults.iter().any(|(known, default)| *known == key && *default == value);
            ConfigValue { key, value, is_default }
        })
        .collect();
    if values.is_empty() {
        return Err(bad(format!("no such key: {:?} (`scarab config get` lists them)", request.key)));
    }
    Ok(Config { file, values })
}

fn set_config(service: Arc<Service>, request: SetConfig) -> Result<Handled> {
    if request.value.len() > MAX_VALUE {
        return Err(bad(format!("a value has at most {MAX_VALUE} bytes")));
    }
    beside(move || {
        let result = service.store().set(&request.key, &request.value);
        result.map_err(|error| failed(FailureKind::Config, error.to_string()))?;
        service.apply();
        get_config(&service, &GetConfig { key: request.key })
    })
}

fn subscribe(connection: &Connection, request: &Subscribe) -> Result<Handled> {
    let watched = match request.session.as_str() {
        "*" => Watched::All,
        asked => Watched::One(meant(connection, asked)?.0),
    };
    let service = connection.service();
    if !service.subscriptions.add(connection.number(), connection.outbox(), watched) {
        return Err(failed(FailureKind::TooMany, "too many subscriptions: subscribe to \"*\""));
    }
    Ok(now(Done {}))
}

fn resize_session(connection: &Connection, request: &ResizeSession) -> Result<Handled> {
    let (_, session) = meant(connection, &request.session)?;
    session.resize_session(request.size);
    Ok(now(Done {}))
}

fn get_environment(connection: &Connection, request: &GetEnvironment) -> Result<Handled> {
    let (_, session) = meant(connection, &request.session)?;
    Ok(now(Environment { variables: session.viewer_environment() }))
}

fn keep_window(connection: &Connection, request: KeepWindow) -> Result<Handled> {
    connection.service().windows.keep(request.window, connection.pid())?;
    Ok(now(Done {}))
}

fn take_windows(connection: &Connection) -> Result<Handled> {
    let windows = connection.service().windows.take(connection.pid())?;
    Ok(now(Windows { windows }))
}

fn release(connection: &Connection, request: &Release) -> Result<Handled> {
    let service = connection.service();
    let (SessionId(id), session) = service.registry().resolve(&request.session)?;
    let since = session::micros(SystemTime::now());
    service.windows.release(Released { session: id, created: session.info().created, since })?;
    service.released.notify_one();
    Ok(now(Done {}))
}
