//! The sessions on the user's D-Bus, for `busctl --user` and whoever else looks: one object for the service, one for
//! each session, named and shaped after the habits of org.freedesktop.login1(5).
//!
//! | object | interfaces |
//! | --- | --- |
//! | `/org/scarab/Sessions1` | `org.scarab.Sessions1.Manager`, `org.freedesktop.DBus.ObjectManager` |
//! | `/org/scarab/Sessions1/session/ID` | `org.scarab.Sessions1.Session` |
//!
//! Everything can be seen. What reads a screen, types, or runs a command needs `dbus.control = true`: programs that
//! were let on the bus (a sandbox with a hole for it) were not let into every shell.

mod changes;
mod error;
mod service_object;
mod session_object;

use crate::service::Service;
use changes::Told;
use scarab_protocol::SessionId;
use scarab_protocol::message::ToClient;
use service_object::ServiceObject;
use std::sync::Arc;
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
}

impl Bus {
    /// Takes the name and serves the objects.
    ///
    /// # Errors
    /// When there is no bus, or another service has the name.
    pub async fn serve(service: &Arc<Service>) -> zbus::Result<Self> {
        let connection: Connection = zbus::connection::Builder::session()?
            .serve_at(PATH, zbus::fdo::ObjectManager)?
            .serve_at(PATH, ServiceObject(service.clone()))?
            .build()
            .await?;
        let (told, hears) = mpsc::channel(QUEUE);
        // The sessions that are there before the name: who finds the one finds the others.
        changes::adopt_all(&connection, service).await?;
        tokio::spawn(changes::tell(connection.clone(), service.clone(), hears));
        connection.request_name(NAME).await?;
        Ok(Self { told })
    }

    /// Something happened in a session. Never waits: when more happens than the bus takes, signals are lost, and
    /// properties are told with the next change.
    pub fn event(&self, session: SessionId, event: &ToClient) {
        let told = match event {
            ToClient::Bell(_) => Told::Bell(session),
            ToClient::CommandFinished(finished) => {
                Told::CommandFinished(session, finished.status, finished.duration)
            }
            ToClient::SessionExited(exited) => Told::Exited(session, exited.status),
            _ => Told::Changed(session),
        };
        let _ = self.told.try_send(told); // a full queue, or the bus is gone
    }

    /// A session was made.
    pub fn added(&self, session: SessionId) {
        let _ = self.told.try_send(Told::Added(session));
    }

    /// A session is no more.
    pub fn removed(&self, session: SessionId) {
        let _ = self.told.try_send(Told::Removed(session));
    }

    /// Something about a session has changed.
    pub fn changed(&self, session: SessionId) {
        let _ = self.told.try_send(Told::Changed(session));
    }
}
