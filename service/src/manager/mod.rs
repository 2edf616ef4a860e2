//! The service manager as one asks it for things (org.freedesktop.systemd1(5)): a scope for each session's program.
//!
//! Sessions' threads ask and wait; one task talks with the manager, over the user's bus, or where there is none over
//! the manager's own socket. Without a manager there is nobody to ask, and everything says so.

mod property;

pub use property::parse as parse_property;

use futures_util::StreamExt;
use std::collections::HashMap;
use std::sync::mpsc as std_mpsc;
use std::time::Duration;
use tokio::sync::mpsc;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, Value};
use zbus::{Connection, MatchRule, MessageStream};

const NAME: &str = "org.freedesktop.systemd1";
const PATH: &str = "/org/freedesktop/systemd1";
const INTERFACE: &str = "org.freedesktop.systemd1.Manager";
/// The slice of all scopes: `systemd-cgls` shows the sessions together.
const SLICE: &str = "app-scarab.slice";
/// How long a session's start waits for its scope. A manager that works takes a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a program has between SIGTERM with SIGHUP and SIGKILL when the person logs out, in µs.
const STOP_TIME: u64 = 2_000_000;

/// A scope to be made around one process.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The unit's name, `scarab-17.scope`.
    pub name: String,
    /// What it is, for people.
    pub description: String,
    /// The process.
    pub pid: u32,
    /// Its limits, `NAME=VALUE` each; they were checked.
    pub properties: Vec<String>,
}

type Made = Result<(), String>;

/// The way to the manager. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Manager {
    requests: Option<mpsc::UnboundedSender<(Scope, std_mpsc::Sender<Made>)>>,
    connection: Option<Connection>,
}

impl Manager {
    /// Nobody to ask.
    pub fn none() -> Self {
        Self::default()
    }

    /// The manager, served by a task of this runtime.
    ///
    /// # Errors
    /// When it cannot be reached, in words.
    pub async fn connect() -> Result<Self, String> {
        let connection = connect().await.map_err(|error| error.to_string())?;
        let rule = MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .interface(INTERFACE)
            .and_then(|rule| rule.member("JobRemoved"))
            .map_err(|error| error.to_string())?
            .build();
        let removed = if connection.unique_name().is_some() {
            MessageStream::for_match_rule(rule, &connection, Some(64)).await
        } else {
            Ok(MessageStream::from(&connection))
        };
        let removed = removed.map_err(|error| error.to_string())?;
        // Signals are sent to whoever has asked for them. That this was done already is no failure.
        let _ = call(&connection, "Subscribe", &()).await;
        let (requests, asked) = mpsc::unbounded_channel();
        tokio::spawn(serve(connection.clone(), removed, asked));
        Ok(Self { requests: Some(requests), connection: Some(connection) })
    }

    /// How many descriptors the manager keeps for this process's unit; `None` where it does not say.
    pub async fn store_size(&self) -> Option<usize> {
        let connection = self.connection.as_ref()?;
        let unit = call(connection, "GetUnitByPID", &std::process::id()).await.ok()?;
        let unit: OwnedObjectPath = unit.body().deserialize().ok()?;
        let name = connection.unique_name().is_some().then_some(NAME);
        let properties = "org.freedesktop.DBus.Properties";
        let wanted = ("org.freedesktop.systemd1.Service", "FileDescriptorStoreMax");
        let answer = connection.call_method(name, unit, Some(properties), "Get", &wanted).await.ok()?;
        let size: u32 = answer.body().deserialize::<Value<'_>>().ok()?.downcast().ok()?;
        usize::try_from(size).ok()
    }

    /// Whether there is one.
    pub fn is_there(&self) -> bool {
        self.requests.is_some()
    }

    /// Puts a process into a scope of its own, and waits until it is there. Not for the runtime's own thread.
    ///
    /// # Errors
    /// When that cannot be done, in words.
    pub fn make_scope(&self, scope: Scope) -> Made {
        let (done, made) = std_mpsc::channel();
        let asked = self.requests.as_ref().is_some_and(|requests| requests.send((scope, done)).is_ok());
        if !asked {
            return Err("there is no service manager to ask".to_owned());
        }
        made.recv_timeout(PATIENCE).unwrap_or_else(|_| Err("the service manager does not answer".to_owned()))
    }
}

async fn connect() -> zbus::Result<Connection> {
    match Connection::session().await {
        Ok(connection) => Ok(connection),
        Err(error) => {
            let Some(runtime) = std::env::var_os("XDG_RUNTIME_DIR") else { return Err(error) };
            let socket = std::path::Path::new(&runtime).join("systemd/private");
            let address = format!("unix:path={}", socket.display());
            zbus::connection::Builder::address(address.as_str())?.p2p().build().await
        }
    }
}

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
    job: Result<OwnedObjectPath, String>,
    done: std_mpsc::Sender<Made>,
}

async fn serve(
    connection: Connection,
    mut removed: MessageStream,
    mut asked: mpsc::UnboundedReceiver<(Scope, std_mpsc::Sender<Made>)>,
) {
    let (called, mut calls) = mpsc::unbounded_channel::<Called>();
    let mut waiting: HashMap<OwnedObjectPath, std_mpsc::Sender<Made>> = HashMap::new();
    // Jobs that ended before the answer that names them was looked at.
    let mut ended: HashMap<OwnedObjectPath, Made> = HashMap::new();
    let mut open = 0usize;
    loop {
        tokio::select! {
            request = asked.recv() => {
                let Some((scope, done)) = request else { return };
                open += 1;
                let (connection, called) = (connection.clone(), called.clone());
                tokio::spawn(async move {
                    let job = start(&connection, &scope).await;
                    let _ = called.send(Called { job, done }); // nobody listens when the service ends
                });
            }
            Some(Called { job, done }) = calls.recv() => {
                open -= 1;
                match job {
                    Ok(job) => match ended.remove(&job) {
                        Some(result) => drop(done.send(result)),
                        None => drop(waiting.insert(job, done)),
                    },
                    Err(problem) => drop(done.send(Err(problem))),
                }
                if open == 0 {
                    ended.clear();
                }
            }
            Some(message) = removed.next() => {
                let Some((job, result)) = message.ok().and_then(|message| ended_job(&message)) else { continue };
                match waiting.remove(&job) {
                    Some(done) => drop(done.send(result)),
                    None if open > 0 => drop(ended.insert(job, result)),
                    None => {}
                }
            }
        }
    }
}

/// The job that a signal says has ended, and how.
fn ended_job(message: &zbus::Message) -> Option<(OwnedObjectPath, Made)> {
    if message.header().member()?.as_str() != "JobRemoved" {
        return None;
    }
    let body = message.body();
    let (_, job, _, result): (u32, ObjectPath<'_>, &str, &str) = body.deserialize().ok()?;
    let result = if result == "done" { Ok(()) } else { Err(format!("the scope's job ended as {result:?}")) };
    Some((job.into(), result))
}

/// Asks for the scope; a setting that this manager does not know is left out.
async fn start(connection: &Connection, scope: &Scope) -> Result<OwnedObjectPath, String> {
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
    let mut answer = Err(zbus::Error::InvalidReply);
    for optional in [true, false] {
        let body = (scope.name.as_str(), "fail", with(optional), &auxiliary);
        answer = call(connection, "StartTransientUnit", &body).await;
        match &answer {
            Err(zbus::Error::MethodError(name, ..)) if name.as_str().ends_with(".UnitExists") => break,
            Err(zbus::Error::MethodError(..)) => {}
            _ => break,
        }
    }
    let answer = answer.map_err(|error| error.to_string())?;
    answer.body().deserialize::<OwnedObjectPath>().map_err(|error| error.to_string())
}
