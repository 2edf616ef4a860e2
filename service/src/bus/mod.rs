//! The sessions on the user's D-Bus, for `busctl --user` and whoever else looks: one object for the service, one for
//! each session, named and shaped after the habits of org.freedesktop.login1(5).
//!
//! | object | interfaces |
//! | --- | --- |
//! | `/org/scarab/Sessions1` | `org.scarab.Sessions1.Manager`, `org.freedesktop.DBus.ObjectManager` |
//! | `/org/scarab/Sessions1/session/ID` | `org.scarab.Sessions1.Session` |
//!
//! Everything can be seen. What acts or reads a screen needs `dbus.control = true`, but for making a shell in the home
//! directory: programs that were let on the bus (a sandbox with a hole for it) were not let into every shell.

mod changes;
mod error;
mod service_object;
mod session_object;

use crate::service::Service;
use changes::{Known, Told};
use scarab_protocol::SessionId;
use scarab_protocol::message::ToClient;
use service_object::ServiceObject;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use zbus::Connection;
use zbus::zvariant::OwnedObjectPath;

/// The name on the bus. All others begin with it.
pub const NAME: &str = "org.scarab.Sessions1";
/// The path of the service's object.
pub const PATH: &str = "/org/scarab/Sessions1";
/// Things told and not yet passed on; more than a burst of bells has, and a bound.
const QUEUE: usize = 1024;

/// How long the bus may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time between two attempts to be on the bus.
const AGAIN: Duration = Duration::from_secs(5);

/// The path of a session's object.
fn session_path(SessionId(id): SessionId) -> OwnedObjectPath {
    OwnedObjectPath::try_from(format!("{PATH}/session/{id}")).unwrap_or_default()
}

/// The way to the bus for those who must not wait for it.
#[derive(Debug)]
pub struct Bus {
    told: mpsc::Sender<Told>,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    /// More was told than the bus took: which objects there are is looked at anew.
    missed: AtomicBool,
    /// The bus could not be reached, or was lost.
    absent: AtomicBool,
}

impl Bus {
    /// Goes on the bus, beside everything else: what happens meanwhile is told when it is there.
    pub fn join(service: &Arc<Service>) -> Self {
        let (told, hears) = mpsc::channel(QUEUE);
        let state = Arc::<State>::default();
        tokio::spawn(serve(service.clone(), hears, state.clone()));
        Self { told, state }
    }

    /// Whether nobody finds the sessions there now.
    pub fn is_absent(&self) -> bool {
        self.state.absent.load(Ordering::Relaxed)
    }

    fn tell(&self, told: Told) {
        if self.told.try_send(told).is_err() {
            self.state.missed.store(true, Ordering::Relaxed);
        }
    }

    /// Something happened in a session. Never waits: when more happens than the bus takes, signals are lost.
    pub fn event(&self, session: SessionId, event: &ToClient) {
        self.tell(match event {
            ToClient::Bell(_) => Told::Bell(session),
            ToClient::CommandFinished(finished) => {
                Told::CommandFinished(session, finished.status, finished.duration)
            }
            ToClient::SessionExited(exited) => Told::Exited(session, exited.status),
            _ => Told::Changed(session),
        });
    }

    /// A session was made.
    pub fn added(&self, session: SessionId) {
        self.tell(Told::Added(session));
    }

    /// A session is no more.
    pub fn removed(&self, session: SessionId) {
        self.tell(Told::Removed(session));
    }

    /// Something about a session has changed.
    pub fn changed(&self, session: SessionId) {
        self.tell(Told::Changed(session));
    }
}

/// Takes the name, serves the objects and tells what it hears; again when the bus was lost or is there later.
async fn serve(service: Arc<Service>, mut hears: mpsc::Receiver<Told>, state: Arc<State>) {
    while !hears.is_closed() {
        if state.absent.load(Ordering::Relaxed) {
            // What happened while nobody could hear it is over.
            while hears.try_recv().is_ok() {}
            state.missed.store(false, Ordering::Relaxed);
        }
        let joined = tokio::time::timeout(PATIENCE, join(&service)).await;
        match joined.unwrap_or_else(|_| Err(zbus::Error::Failure("the bus does not answer".to_owned()))) {
            Ok((connection, known)) => {
                if state.absent.swap(false, Ordering::Relaxed) {
                    log::info!("on D-Bus again");
                }
                changes::tell(connection, &service, &mut hears, &state.missed, known).await;
                state.absent.store(true, Ordering::Relaxed);
                log::warn!("the connection to D-Bus is lost");
            }
            Err(error) => {
                if !state.absent.swap(true, Ordering::Relaxed) {
                    log::warn!("not on D-Bus: {error}");
                }
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// On the bus, with the sessions that are there before the name: who finds the one finds the others.
async fn join(service: &Arc<Service>) -> zbus::Result<(Connection, Known)> {
    let connection: Connection = zbus::connection::Builder::session()?
        .serve_at(PATH, zbus::fdo::ObjectManager)?
        .serve_at(PATH, ServiceObject(service.clone()))?
        .build()
        .await?;
    let mut known = Known::default();
    changes::reconcile(&connection, service, &mut known).await?;
    connection.request_name(NAME).await?;
    Ok((connection, known))
}
