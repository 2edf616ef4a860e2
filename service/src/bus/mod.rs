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
use tokio::sync::mpsc;
use zbus::Connection;
use zbus::zvariant::OwnedObjectPath;

/// The name on the bus. All others begin with it.
pub const NAME: &str = "org.scarab.Sessions1";
/// The path of the service's object.
pub const PATH: &str = "/org/scarab/Sessions1";
/// Things told and not yet passed on; more than a burst of bells has, and a bound.
const QUEUE: usize = 1024;

/// The path of a session's object.
fn session_path(SessionId(id): SessionId) -> OwnedObjectPath {
    OwnedObjectPath::try_from(format!("{PATH}/session/{id}")).unwrap_or_default()
}

/// The way to the bus for those who must not wait for it.
#[derive(Debug)]
pub struct Bus {
    told: mpsc::Sender<Told>,
    /// More was told than the bus took: which objects there are is looked at anew.
    missed: Arc<AtomicBool>,
}

impl Bus {
    /// Goes on the bus, beside everything else: what happens meanwhile is told when it is there.
    pub fn join(service: &Arc<Service>) -> Self {
        let (told, hears) = mpsc::channel(QUEUE);
        let missed = Arc::new(AtomicBool::new(false));
        tokio::spawn(serve(service.clone(), hears, missed.clone()));
        Self { told, missed }
    }

    fn tell(&self, told: Told) {
        if self.told.try_send(told).is_err() {
            self.missed.store(true, Ordering::Relaxed);
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

/// Takes the name, serves the objects and tells what it hears.
async fn serve(service: Arc<Service>, hears: mpsc::Receiver<Told>, missed: Arc<AtomicBool>) {
    let joined = async {
        let connection: Connection = zbus::connection::Builder::session()?
            .serve_at(PATH, zbus::fdo::ObjectManager)?
            .serve_at(PATH, ServiceObject(service.clone()))?
            .build()
            .await?;
        // The sessions that are there before the name: who finds the one finds the others.
        let mut known = Known::default();
        changes::reconcile(&connection, &service, &mut known).await?;
        connection.request_name(NAME).await?;
        zbus::Result::Ok((connection, known))
    };
    match joined.await {
        Ok((connection, known)) => changes::tell(connection, service, hears, missed, known).await,
        Err(error) => log::warn!("not on D-Bus: {error}"),
    }
}
