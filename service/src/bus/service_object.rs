//! `org.scarab.Sessions1.Manager`: the service.

use super::error::Error;
use super::session_path;
use crate::operations;
use crate::service::Service;
use crate::systemd;
use scarab_protocol::SessionId;
use scarab_protocol::message::Size;
use scarab_protocol::message::request::Create;
use std::sync::Arc;
use zbus::interface;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedObjectPath;

/// The object.
pub(super) struct ServiceObject(pub(super) Arc<Service>);

#[interface(name = "org.scarab.Sessions1.Manager")]
impl ServiceObject {
    /// All sessions: id, name, whether its program runs, and the object's path.
    async fn list_sessions(&self) -> Vec<(u64, String, bool, OwnedObjectPath)> {
        let sessions = self.0.registry().all();
        sessions
            .into_iter()
            .map(|(id, session, ended)| (id.0, session.name(), !ended, session_path(id)))
            .collect()
    }

    /// The session of a name, of a unique beginning of one, or of an id ("@17").
    async fn get_session(&self, name: &str) -> Result<OwnedObjectPath, Error> {
        Ok(session_path(self.0.registry().resolve(name)?.0))
    }

    /// Makes a session: its name (empty: the smallest free number), program and arguments (none: the person's shell,
    /// as a login shell), and working directory (empty: the home directory). Program and directory need dbus.control.
    async fn create_session(
        &self,
        name: String,
        command: Vec<String>,
        directory: String,
    ) -> Result<OwnedObjectPath, Error> {
        // A directory too: a shell's prompt may run what it finds there.
        let plain = command.is_empty() && directory.is_empty();
        if !plain && !self.0.config().dbus.control {
            return Err(Error::not_allowed("running a command, or a shell in a directory of choice,"));
        }
        let size = Size { cols: 0, rows: 0, width_px: 0, height_px: 0 };
        let request = Create {
            name,
            command,
            login: true,
            directory,
            environment: Vec::new(),
            size,
            properties: Vec::new(),
            allow_checksum: false,
        };
        let created = operations::create(&self.0, request)?.await.map_err(|_| Error::gone())??;
        Ok(session_path(created.id))
    }

    /// Reads the configuration again. When it is wrong the old one stays in force, and the error says where.
    async fn reload(&self) -> Result<(), Error> {
        let service = self.0.clone();
        let read = tokio::task::spawn_blocking(move || service.reload()).await;
        Ok(read.unwrap_or(Ok(()))?)
    }

    /// A session was made.
    #[zbus(signal)]
    pub(super) async fn session_new(
        emitter: &SignalEmitter<'_>,
        id: u64,
        session: OwnedObjectPath,
    ) -> zbus::Result<()>;

    /// A session is no more.
    #[zbus(signal)]
    pub(super) async fn session_removed(
        emitter: &SignalEmitter<'_>,
        id: u64,
        session: OwnedObjectPath,
    ) -> zbus::Result<()>;

    /// The version of the service.
    #[zbus(property(emits_changed_signal = "const"))]
    async fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }

    /// Sessions whose programs run.
    #[zbus(property(emits_changed_signal = "false"))]
    async fn running_sessions(&self) -> u32 {
        self.0.status().sessions
    }

    /// Viewers of all sessions.
    #[zbus(property(emits_changed_signal = "false"))]
    async fn viewers(&self) -> u32 {
        self.0.status().viewers
    }

    /// Which promises do not hold here, and what is wrong, a line each.
    #[zbus(property(emits_changed_signal = "false"))]
    async fn notes(&self) -> Vec<String> {
        self.0.status().notes
    }

    /// Whether the sessions outlive the last logout: "yes", "no" (see loginctl(1) enable-linger), or "unknown" where
    /// nobody ends them then.
    #[zbus(property(emits_changed_signal = "false"))]
    async fn lingering(&self) -> String {
        let known = systemd::lingers().map(|lingers| if lingers { "yes" } else { "no" });
        known.unwrap_or("unknown").to_owned()
    }

    /// Whether calls may type, read screens and run commands (dbus.control).
    #[zbus(property(emits_changed_signal = "false"))]
    async fn control_allowed(&self) -> bool {
        self.0.config().dbus.control
    }

    /// Descriptors that systemd keeps for the sessions, and how many it can keep; both 0 where it keeps none.
    #[zbus(property(emits_changed_signal = "false"))]
    async fn kept_descriptors(&self) -> (u32, u32) {
        let (held, most) = self.0.fd_store.fill();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        if most == 0 { (0, 0) } else { (number(held), number(most)) }
    }
}

/// What the manager's signals carry.
pub(super) fn named(id: SessionId) -> (u64, OwnedObjectPath) {
    (id.0, session_path(id))
}
