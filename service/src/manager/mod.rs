//! The service manager as one asks it for things (org.freedesktop.systemd1(5)): a scope for each session's program.
//!
//! Sessions' threads ask and wait; one task talks with the manager, over the user's bus, or where there is none over
//! the manager's own socket. Without a manager there is nobody to ask, and everything says so.

mod own_socket;
mod property;

pub use property::check as check_properties;
use property::parse as parse_property;

use futures_util::StreamExt;
use std::collections::HashMap;
use std::sync::mpsc as std_mpsc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, Value};
use zbus::{Connection, MatchRule, MessageStream};

const NAME: &str = "org.freedesktop.systemd1";
const PATH: &str = "/org/freedesktop/systemd1";
const INTERFACE: &str = "org.freedesktop.systemd1.Manager";
/// The slice of all scopes: `systemd-cgls` shows the sessions together.
const SLICE: &str = "app-scarab.slice";
/// How long the manager may take to be reached.
const OPENING: Duration = Duration::from_secs(1);
/// Time between two attempts to reach it again: while somebody may still wait for a scope, and after that.
const AGAIN_SOON: Duration = Duration::from_millis(500);
const AGAIN: Duration = Duration::from_secs(5);
/// How long a session's start waits for its scope. A manager that works takes a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a program has between SIGTERM with SIGHUP and SIGKILL when the person logs out, in µs.
const STOP_TIME: u64 = 2_000_000;

/// A scope to be made around one process.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The unit's name without its ending, `scarab-17`.
    pub name: String,
    /// What it is, for people.
    pub description: String,
    /// The process.
    pub pid: u32,
    /// Its limits, `NAME=VALUE` each; they were checked.
    pub properties: Vec<String>,
}

/// The unit's name, or why there is none.
type Made = Result<String, String>;

/// A scope that a session's thread waits for until then.
#[derive(Debug)]
struct Asked {
    scope: Scope,
    done: std_mpsc::Sender<Made>,
    until: Instant,
}

/// The way to the manager. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Manager {
    requests: Option<mpsc::UnboundedSender<Asked>>,
    store_size: Option<usize>,
}

impl Manager {
    /// Nobody to ask.
    pub fn none() -> Self {
        Self::default()
    }

    /// The manager, served by a task of this runtime.
    ///
    /// # Errors
    /// When it cannot be reached in a moment, in words: a manager that hangs must not keep sessions from people.
    pub async fn connect() -> Result<Self, String> {
        let line = Line::open().await?;
        let store_size = line.store_size().await;
        let (requests, asked) = mpsc::unbounded_channel();
        tokio::spawn(serve(line, asked));
        Ok(Self { requests: Some(requests), store_size })
    }

    /// How many descriptors the manager keeps for this process's unit; `None` where it does not say.
    pub fn store_size(&self) -> Option<usize> {
        self.store_size
    }

    /// Whether there is one.
    pub fn is_there(&self) -> bool {
        self.requests.is_some()
    }

    /// Puts a process into a scope of its own, and waits until it is there; gives the unit's name. Not for the runtime's
    /// own thread.
    ///
    /// # Errors
    /// When that cannot be done, in words.
    pub fn make_scope(&self, scope: Scope) -> Made {
        let (done, made) = std_mpsc::channel();
        let request = Asked { scope, done, until: Instant::now() + PATIENCE };
        let asked = self.requests.as_ref().is_some_and(|requests| requests.send(request).is_ok());
        if !asked {
            return Err("there is no service manager to ask".to_owned());
        }
        made.recv_timeout(PATIENCE).unwrap_or_else(|_| Err("the service manager does not answer".to_owned()))
    }
}

/// A connection over which the manager answers, and what it tells of jobs that ended.
struct Line {
    connection: Connection,
    removed: MessageStream,
}

impl Line {
    /// Over the user's bus; where that does not lead to the manager, over the manager's own socket.
    async fn open() -> Result<Self, String> {
        let timed = |opening: Opening| async move {
            match tokio::time::timeout(OPENING, opening).await {
                Ok(line) => line.map_err(|error| error.to_string()),
                Err(_) => Err("no answer".to_owned()),
            }
        };
        let over_bus: Opening = Box::pin(async { Self::over(Connection::session().await?).await });
        let own: Opening = Box::pin(async {
            let runtime = std::env::var_os("XDG_RUNTIME_DIR").ok_or(zbus::Error::InvalidReply)?;
            let socket = std::path::Path::new(&runtime).join("systemd/private");
            Self::over(own_socket::connect(&socket).await?).await
        });
        match timed(over_bus).await {
            Ok(line) => Ok(line),
            Err(bus) => timed(own).await.map_err(|own| format!("{bus}; over its own socket: {own}")),
        }
    }

    async fn over(connection: Connection) -> zbus::Result<Self> {
        let rule = MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .path(PATH)?
            .interface(INTERFACE)?
            .member("JobRemoved")?;
        // From the manager alone: anybody on the bus can send a signal that looks like its.
        let rule = if connection.is_bus() { rule.sender(NAME)? } else { rule };
        let removed = MessageStream::for_match_rule(rule.build(), &connection, Some(64)).await?;
        // Signals are sent to whoever has asked for them.
        call(&connection, "Subscribe", &()).await?;
        Ok(Self { connection, removed })
    }

    async fn store_size(&self) -> Option<usize> {
        let size = async {
            let unit = unit(&self.connection, "GetUnitByPID", &std::process::id()).await?;
            let name = self.connection.unique_name().is_some().then_some(NAME);
            let properties = "org.freedesktop.DBus.Properties";
            let wanted = ("org.freedesktop.systemd1.Service", "FileDescriptorStoreMax");
            let answer =
                self.connection.call_method(name, unit, Some(properties), "Get", &wanted).await.ok()?;
            let size: u32 = answer.body().deserialize::<Value<'_>>().ok()?.downcast().ok()?;
            usize::try_from(size).ok()
        };
        tokio::time::timeout(OPENING, size).await.ok().flatten()
    }
}

type Opening = std::pin::Pin<Box<dyn Future<Output = zbus::Result<Line>> + Send>>;

async fn call<B>(connection: &Connection, method: &str, body: &B) -> zbus::Result<zbus::Message>
where
    B: serde::Serialize + zbus::zvariant::DynamicType,
{
    // On the manager's own socket there are no names.
    let name = connection.unique_name().is_some().then_some(NAME);
    connection.call_method(name, PATH, Some(INTERFACE), method, body).await
}

/// The unit that a call gives; `None` where there is none.
async fn unit<B>(connection: &Connection, method: &str, body: &B) -> Option<OwnedObjectPath>
where
    B: serde::Serialize + zbus::zvariant::DynamicType,
{
    call(connection, method, body).await.ok()?.body().deserialize().ok()
}

async fn serve(mut line: Line, mut asked: mpsc::UnboundedReceiver<Asked>) {
    let mut open = Open::default();
    loop {
        tokio::select! {
            request = asked.recv() => {
                let Some(request) = request else { return };
                open.ask(&line.connection, request, false);
            }
            Some(Ok((number, answer))) = open.calls.join_next() => open.answered(number, answer),
            message = line.removed.next() => match message {
                Some(message) => {
                    let Some((job, result)) = message.ok().and_then(|message| ended_job(&message)) else { continue };
                    open.ended(job, result);
                }
                None => {
                    log::warn!("the connection to the service manager is lost: sessions get no scopes until it is back");
                    line = reopen().await;
                    // Their answers are lost, whether or not their scopes were made.
                    for request in std::mem::take(&mut open).requests.into_values() {
                        open.ask(&line.connection, request, true);
                    }
                }
            },
        }
    }
}

async fn reopen() -> Line {
    let lost = Instant::now();
    loop {
        match Line::open().await {
            Ok(line) => return line,
            Err(_) if lost.elapsed() < PATIENCE => tokio::time::sleep(AGAIN_SOON).await,
            Err(_) => tokio::time::sleep(AGAIN).await,
        }
    }
}

/// A scope's job and the unit's name; no job where the scope was there before.
type Started = Result<(Option<OwnedObjectPath>, String), zbus::Error>;

/// What was asked for over one connection and has not been answered.
#[derive(Default)]
struct Open {
    requests: HashMap<u64, Asked>,
    /// The calls that are under way; they end with this.
    calls: JoinSet<(u64, Started)>,
    /// Jobs that have not ended.
    jobs: HashMap<OwnedObjectPath, (u64, String)>,
    /// Jobs that ended before the answer that names them was looked at.
    ended: HashMap<OwnedObjectPath, Result<(), String>>,
    next: u64,
}

impl Open {
    fn ask(&mut self, connection: &Connection, request: Asked, again: bool) {
        self.forget_late();
        if request.until <= Instant::now() {
            return;
        }
        let (number, connection, scope) = (self.next, connection.clone(), request.scope.clone());
        self.next += 1;
        self.requests.insert(number, request);
        self.calls.spawn(async move {
            if again && let Some(name) = made_before(&connection, &scope).await {
                return (number, Ok((None, name)));
            }
            (number, start(&connection, &scope).await)
        });
    }

    /// Who asked for these has given up.
    fn forget_late(&mut self) {
        let now = Instant::now();
        self.requests.retain(|_, request| request.until > now);
        self.jobs.retain(|_, (number, _)| self.requests.contains_key(number));
    }

    fn answered(&mut self, number: u64, answer: Started) {
        match answer {
            Ok((None, name)) => self.done(number, Ok(name)),
            Ok((Some(job), name)) => match self.ended.remove(&job) {
                Some(result) => self.done(number, result.map(|()| name)),
                None => drop(self.jobs.insert(job, (number, name))),
            },
            // The connection is gone, which is noticed in a moment: it is asked again over the next one.
            Err(zbus::Error::InputOutput(_)) => {}
            Err(problem) => self.done(number, Err(problem.to_string())),
        }
        if self.calls.is_empty() {
            self.ended.clear();
        }
    }

    fn ended(&mut self, job: OwnedObjectPath, result: Result<(), String>) {
        match self.jobs.remove(&job) {
            Some((number, name)) => self.done(number, result.map(|()| name)),
            None if !self.calls.is_empty() => drop(self.ended.insert(job, result)),
            None => {}
        }
    }

    fn done(&mut self, number: u64, made: Made) {
        if let Some(request) = self.requests.remove(&number) {
            let _ = request.done.send(made); // nobody listens when the service ends
        }
    }
}

/// The job that a signal says has ended, and how.
fn ended_job(message: &zbus::Message) -> Option<(OwnedObjectPath, Result<(), String>)> {
    if message.header().member()?.as_str() != "JobRemoved" {
        return None;
    }
    let body = message.body();
    let (_, job, _, result): (u32, ObjectPath<'_>, &str, &str) = body.deserialize().ok()?;
    let result = if result == "done" { Ok(()) } else { Err(format!("the scope's job ended as {result:?}")) };
    Some((job.into(), result))
}

/// The names that a scope may get: where a unit of the first is left from a session that nobody remembers, the second.
fn names(scope: &Scope) -> [String; 2] {
    [format!("{}.scope", scope.name), format!("{}-{}.scope", scope.name, scope.pid)]
}

/// The scope that the process is in already.
async fn made_before(connection: &Connection, scope: &Scope) -> Option<String> {
    let here = unit(connection, "GetUnitByPID", &scope.pid).await?;
    for name in names(scope) {
        if unit(connection, "GetUnit", &name.as_str()).await.as_ref() == Some(&here) {
            return Some(name);
        }
    }
    None
}

/// Asks for the scope; a setting that this manager does not know is left out.
async fn start(connection: &Connection, scope: &Scope) -> Started {
    let with = |optional: bool| {
        let mut properties: Vec<(&str, Value<'_>)> = vec![
            ("Description", Value::from(scope.description.as_str())),
            ("Slice", Value::from(SLICE)),
            ("PIDs", Value::from(vec![scope.pid])),
            // A scope that failed is nobody's to clean up.
            ("CollectMode", Value::from("inactive-or-failed")),
            // Interactive shells ignore SIGTERM.
            ("SendSIGHUP", Value::from(true)),
            ("TimeoutStopUSec", Value::from(STOP_TIME)),
        ];
        if optional {
            properties.push(("OOMPolicy", Value::from("continue")));
        }
        properties.extend(scope.properties.iter().filter_map(|property| parse_property(property).ok()));
        properties
    };
    let auxiliary: Vec<(&str, Vec<(&str, Value<'_>)>)> = Vec::new();
    let mut problem = zbus::Error::InvalidReply;
    for name in names(scope) {
        // With what newer managers know, and without.
        for optional in [true, false] {
            let body = (name.as_str(), "fail", with(optional), &auxiliary);
            match call(connection, "StartTransientUnit", &body).await {
                Ok(answer) => return Ok((Some(answer.body().deserialize()?), name)),
                Err(error @ zbus::Error::MethodError(..)) => problem = error,
                Err(error) => return Err(error),
            }
        }
    }
    Err(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(patience: Duration) -> (Asked, std_mpsc::Receiver<Made>) {
        let (done, made) = std_mpsc::channel();
        let scope = Scope { name: "s".into(), description: "s".into(), pid: 1, properties: Vec::new() };
        (Asked { scope, done, until: Instant::now() + patience }, made)
    }

    fn job(number: u32) -> OwnedObjectPath {
        ObjectPath::try_from(format!("/job/{number}")).expect("a path").into()
    }

    /// One request, and a call that never ends: others are under way.
    fn open() -> (Open, std_mpsc::Receiver<Made>) {
        let (request, made) = asked(PATIENCE);
        let mut open = Open::default();
        open.requests.insert(0, request);
        open.calls.spawn(std::future::pending());
        (open, made)
    }

    #[tokio::test]
    async fn a_job_is_answered_whether_it_ends_before_or_after_its_call() {
        let (mut before, made) = open();
        before.ended(job(1), Ok(()));
        before.answered(0, Ok((Some(job(1)), "s.scope".into())));
        assert_eq!(made.try_recv(), Ok(Ok("s.scope".into())));
        let (mut after, made) = open();
        after.answered(0, Ok((Some(job(1)), "s.scope".into())));
        assert!(made.try_recv().is_err());
        after.ended(job(2), Ok(()));
        after.ended(job(1), Err("failed".into()));
        assert_eq!(made.try_recv(), Ok(Err("failed".into())));
    }

    #[tokio::test]
    async fn what_a_lost_connection_left_unanswered_is_still_asked_for() {
        let (mut open, made) = open();
        let lost = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        open.answered(0, Err(zbus::Error::InputOutput(std::sync::Arc::new(lost))));
        assert!(made.try_recv().is_err());
        assert_eq!(open.requests.len(), 1);
        open.answered(0, Err(zbus::Error::InvalidReply));
        assert!(matches!(made.try_recv(), Ok(Err(_))));
        assert!(open.requests.is_empty());
    }

    #[tokio::test]
    async fn a_request_that_nobody_waits_for_is_dropped() {
        let (mut open, _made) = open();
        let (late, _late) = asked(Duration::ZERO);
        open.requests.insert(1, late);
        open.jobs.insert(job(1), (1, "late.scope".into()));
        open.forget_late();
        assert!(open.requests.contains_key(&0) && !open.requests.contains_key(&1));
        assert!(open.jobs.is_empty());
    }
}
