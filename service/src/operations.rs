//! What can be done with sessions from outside, whatever the door: the control socket's requests and the bus's calls.

use crate::failure::{Failure, failed};
use crate::manager::check_properties;
use crate::service::{Service, settings};
use crate::session::{Session, Spec};
use scarab_protocol::SessionId;
use scarab_protocol::message::answer::{Created, Done, FailureKind};
use scarab_protocol::message::event::SessionRenamed;
use scarab_protocol::message::request::Create;
use scarab_protocol::message::{SendItem, WaitFor};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Most bytes of an environment, a command or the items of a Send's text: below what the kernel takes for a new
/// program (execve(2)), above every real environment.
const MAX_ENVIRONMENT: usize = 1 << 20;
/// Most bytes of a command with its arguments.
const MAX_COMMAND: usize = 128 << 10;
/// Longest path that the kernel takes (PATH_MAX), in bytes.
const MAX_PATH: usize = 4096;
/// Most bytes that one Send types, as its message says.
const MAX_SEND: usize = 64 << 10;
/// How long Kill waits for a session's end: 2 s until SIGKILL, and a moment for the kernel.
const KILL_TIME: Duration = Duration::from_secs(3);

type Result<T> = std::result::Result<T, Failure>;

/// What will have been done.
pub type Coming<T> = oneshot::Receiver<Result<T>>;

fn bad(message: impl Into<String>) -> Failure {
    failed(FailureKind::BadArgument, message)
}

/// Refuses what no environment is.
///
/// # Errors
/// When it is too large, or has something in it that is no variable.
pub fn check_environment(environment: &[Vec<u8>]) -> Result<()> {
    let total: usize = environment.iter().map(|variable| variable.len() + 1).sum();
    if total > MAX_ENVIRONMENT {
        return Err(bad(format!(
            "the environment has {total} bytes, more than the {MAX_ENVIRONMENT} allowed"
        )));
    }
    let wrong =
        |variable: &&Vec<u8>| variable.contains(&0) || !variable.iter().skip(1).any(|byte| *byte == b'=');
    match environment.iter().find(wrong) {
        Some(variable) => {
            let shown: String = String::from_utf8_lossy(variable).chars().take(40).collect();
            Err(bad(format!("{shown:?} is no variable of the form NAME=VALUE")))
        }
        None => Ok(()),
    }
}

/// Refuses more than one request may type.
///
/// # Errors
/// When it is too much.
pub fn check_typed(items: &[SendItem]) -> Result<()> {
    let cost = |item: &SendItem| match item {
        SendItem::Bytes(bytes) => bytes.len().max(1),
        SendItem::Key(name) => name.len().max(1),
    };
    if items.iter().map(cost).sum::<usize>() > MAX_SEND {
        return Err(bad(format!("more than {MAX_SEND} bytes: send them in pieces")));
    }
    Ok(())
}

/// Makes a session; how that went comes when it is there.
///
/// # Errors
/// When the request is wrong, or there are too many.
pub fn create(service: &Arc<Service>, request: Create) -> Result<Coming<Created>> {
    let Create { name, command, login, directory, environment, size, properties, allow_checksum } = request;
    check_properties(&properties).map_err(bad)?;
    if !properties.is_empty() && !service.host().manager.is_there() {
        let message = "properties are limits of a session's scope, which only systemd can make: this service was not \
                       started by it";
        return Err(failed(FailureKind::Unsupported, message));
    }
    if command.iter().map(|word| word.len() + 1).sum::<usize>() > MAX_COMMAND {
        return Err(bad(format!("the command is longer than {MAX_COMMAND} bytes")));
    }
    if command.first().is_some_and(String::is_empty) || command.iter().any(|word| word.contains('\0')) {
        return Err(bad("the command is empty or has a NUL in it"));
    }
    if directory.len() > MAX_PATH
        || !directory.is_empty() && !directory.starts_with('/')
        || directory.contains('\0')
    {
        return Err(bad(format!(
            "the directory {directory:?} is no absolute path of at most {MAX_PATH} bytes"
        )));
    }
    check_environment(&environment)?;
    let config = service.config();
    let (id, name) = service.registry().reserve(&name, config.limits.sessions)?;
    let spec = Spec {
        name: name.clone(),
        login: login || config.shell.login && command.is_empty(),
        command,
        directory,
        environment,
        size,
        allow_checksum,
        limited: !properties.is_empty(),
        // Of two for one thing the later one counts.
        properties: config.scope.properties.iter().cloned().chain(properties).collect(),
        settings: settings(&config),
    };
    let (started, made) = oneshot::channel();
    service.fd_store.note_id(id);
    Session::start(id, spec, service.host(), started);
    // On its own, not in the connection: the name must be freed or the session listed even if the client goes.
    let (done, answer) = oneshot::channel();
    let service = service.clone();
    tokio::spawn(async move {
        let result = match made.await {
            Ok(Ok(session)) => {
                log::info!(session = id.0, name = name.as_str(); "session {id} was made");
                service.session_made(id, &session);
                Ok(Created { id, name })
            }
            Ok(Err(failure)) => {
                service.registry().release(id);
                Err(failure)
            }
            Err(_) => {
                service.registry().release(id);
                Err(failed(FailureKind::Internal, "the session's thread could not be started"))
            }
        };
        let _ = done.send(result); // the client may be gone; its session stays
    });
    Ok(answer)
}

/// Gives a session another name, and tells who listens.
///
/// # Errors
/// When the name is none, or taken.
pub fn rename(service: &Service, id: SessionId, session: &Session, name: String) -> Result<()> {
    service.registry().rename(id, &name)?;
    session.rename(name.clone());
    service.subscriptions.service_event(id, &SessionRenamed { session: id, name }.into());
    service.changed_outside(id);
    Ok(())
}

/// Ends sessions, as a terminal that closes does, and forgets them.
pub fn end(service: &Arc<Service>, sessions: Vec<(SessionId, Arc<Session>)>) -> Coming<Done> {
    let service = service.clone();
    let mut ends = Vec::new();
    for (id, session) in sessions {
        if session.exited().is_none() {
            let (done, end) = oneshot::channel();
            session.wait(WaitFor::Exit, done);
            session.end();
            ends.push((id, Some(end)));
        } else {
            ends.push((id, None));
        }
    }
    // On its own: what was asked for is seen to even if the client goes.
    let (done, answer) = oneshot::channel();
    tokio::spawn(async move {
        let all = async {
            for (_, end) in &mut ends {
                if let Some(end) = end {
                    let _ = end.await; // an error says that the session is gone, which was asked for
                }
            }
        };
        let in_time = tokio::time::timeout(KILL_TIME, all).await.is_ok();
        ends.iter().for_each(|(id, _)| service.dismissed(*id));
        let result = if in_time {
            Ok(Done {})
        } else {
            Err(failed(
                FailureKind::Internal,
                "the program has not ended though it was killed (uninterruptible?)",
            ))
        };
        let _ = done.send(result);
    });
    answer
}
