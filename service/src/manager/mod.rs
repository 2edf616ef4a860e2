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
use zbus::zvariant::{ObjectPath, OwnedObjectPath, Value};
use zbus::{Connection, MatchRule, MessageStream};

const NAME: &str = "org.freedesktop.systemd1";
const PATH: &str = "/org/freedesktop/systemd1";
const INTERFACE: &str = "org.freedesktop.systemd1.Manager";
/// The slice of all scopes: `systemd-cgls` shows the sessions together.
const SLICE: &str = "app-scarab.slice";
/// How long the manager may take to be reached.
const OPENING: Duration = Duration::from_secs(1);
/// Time between two attempts to reach it again.
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
            let unit = call(&self.connection, "GetUnitByPID", &std::process::id()).await.ok()?;
            let unit: OwnedObjectPath = unit.body().deserialize().ok()?;
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

/// One call for a scope that has been answered.
struct Called {
    job: Result<(OwnedObjectPath, String), String>,
    done: std_mpsc::Sender<Made>,
}

async fn serve(mut line: Line, mut asked: mpsc::UnboundedReceiver<Asked>) {
    let (called, mut calls) = mpsc::unbounded_channel::<Called>();
    let mut waiting: HashMap<OwnedObjectPath, (String, std_mpsc::Sender<Made>)> = HashMap::new();
    // Jobs that ended before the answer that names them was looked at.
    let mut ended: HashMap<OwnedObjectPath, Result<(), String>> = HashMap::new();
    let mut open = 0usize;
    loop {
        tokio::select! {
            request = asked.recv() => {
                let Some(Asked { scope, done, until }) = request else { return };
                if Instant::now() >= until {
                    continue; // who asked has given up
                }
                open += 1;
                let (connection, called) = (line.connection.clone(), called.clone());
                tokio::spawn(async move {
                    let job = start(&connection, &scope).await;
                    let _ = called.send(Called { job, done }); // nobody listens when the service ends
                });
            }
            Some(Called { job, done }) = calls.recv() => {
                open -= 1;
                match job {
                    Ok((job, name)) => match ended.remove(&job) {
                        Some(result) => drop(done.send(result.map(|()| name))),
                        None => drop(waiting.insert(job, (name, done))),
                    },
                    Err(problem) => drop(done.send(Err(problem))),
                }
                if open == 0 {
                    ended.clear();
                }
            }
            message = line.removed.next() => match message {
                Some(message) => {
                    let Some((job, result)) = message.ok().and_then(|message| ended_job(&message)) else { continue };
                    match waiting.remove(&job) {
                        Some((name, done)) => drop(done.send(result.map(|()| name))),
                        None if open > 0 => drop(ended.insert(job, result)),
                        None => {}
                    }
                }
                None => {
                    log::warn!("the connection to the service manager is lost: sessions get no scopes until it is back");
                    waiting.clear();
                    line = loop {
                        match Line::open().await {
                            Ok(line) => break line,
                            Err(_) => tokio::time::sleep(AGAIN).await,
                        }
                    };
                }
            },
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

/// Asks for the scope; a setting that this manager does not know is left out, and where a unit of this name is left from
/// a session that nobody remembers, another name is taken.
async fn start(connection: &Connection, scope: &Scope) -> Result<(OwnedObjectPath, String), String> {
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
    let mut name = format!("{}.scope", scope.name);
    let mut problem = String::new();
    // With what newer managers know, without, and under another name.
    for (optional, other_name) in [(true, false), (false, false), (true, true), (false, true)] {
        if other_name {
            name = format!("{}-{}.scope", scope.name, scope.pid);
        }
        let body = (name.as_str(), "fail", with(optional), &auxiliary);
        match call(connection, "StartTransientUnit", &body).await {
            Ok(answer) => {
                let job =
                    answer.body().deserialize::<OwnedObjectPath>().map_err(|error| error.to_string())?;
                return Ok((job, name));
            }
            Err(error @ zbus::Error::MethodError(..)) => problem = error.to_string(),
            Err(error) => return Err(error.to_string()),
        }
    }
    Err(problem)
}
