//! What changes, told on the bus: objects that come and go, signals, and properties, these at most ten times a second
//! for each session.

use super::service_object::{ServiceObject, named};
use super::session_object::{SessionObject, ended, signalled};
use super::{PATH, session_path};
use crate::service::Service;
use futures_util::StreamExt;
use scarab_protocol::SessionId;
use scarab_protocol::message::ExitStatus;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use zbus::names::InterfaceName;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::Value;
use zbus::{Connection, MessageStream};

/// Time between two tellings of changed properties.
const PACE: Duration = Duration::from_millis(100);
const SESSION: InterfaceName<'static> =
    InterfaceName::from_static_str_unchecked("org.scarab.Sessions1.Session");

/// Something to be told.
#[derive(Debug)]
pub(super) enum Told {
    Added(SessionId),
    Removed(SessionId),
    /// Properties may have changed.
    Changed(SessionId),
    Bell(SessionId),
    CommandFinished(SessionId, Option<i32>, u64),
    Exited(SessionId, ExitStatus),
}

type Properties = HashMap<&'static str, Value<'static>>;

/// The sessions that have objects, and what was told of them last.
pub(super) type Known = HashMap<SessionId, Properties>;

/// Makes objects of the sessions that have none, and removes those of sessions that are no more.
pub(super) async fn reconcile(
    connection: &Connection,
    service: &Arc<Service>,
    known: &mut Known,
) -> zbus::Result<()> {
    let sessions = service.registry().all();
    let gone: Vec<SessionId> =
        known.keys().filter(|id| sessions.iter().all(|(there, ..)| there != *id)).copied().collect();
    for id in gone {
        remove(connection, id, known).await?;
    }
    for (id, session, _) in sessions {
        if let Entry::Vacant(unknown) = known.entry(id) {
            add(connection, service, id).await?;
            unknown.insert(signalled(&session.info()));
        }
    }
    Ok(())
}

async fn remove(connection: &Connection, id: SessionId, known: &mut Known) -> zbus::Result<()> {
    known.remove(&id);
    connection.object_server().remove::<SessionObject, _>(session_path(id)).await?;
    Ok(())
}

async fn add(connection: &Connection, service: &Arc<Service>, id: SessionId) -> zbus::Result<bool> {
    let object = SessionObject { service: service.clone(), id };
    connection.object_server().at(session_path(id), object).await
}

/// Tells what it hears until nobody is left to tell it, or the bus is lost.
pub(super) async fn tell(
    connection: Connection,
    service: &Arc<Service>,
    hears: &mut mpsc::Receiver<Told>,
    missed: &AtomicBool,
    mut known: Known,
) {
    // Ends with the connection; nothing that it brings is of interest.
    let rule = "type='signal',interface='org.freedesktop.DBus',member='NameLost'";
    let Ok(mut lost) = MessageStream::for_match_rule(rule, &connection, None).await else { return };
    let mut dirty = BTreeSet::new();
    let mut due = Instant::now();
    loop {
        let told = tokio::select! {
            told = hears.recv() => match told {
                Some(told) => told,
                None => return,
            },
            message = lost.next() => match message {
                Some(_) => continue,
                None => return,
            },
            () = tokio::time::sleep_until(due), if !dirty.is_empty() => {
                for id in std::mem::take(&mut dirty) {
                    properties(&connection, service, id, &mut known).await;
                }
                due = Instant::now() + PACE;
                continue;
            }
        };
        if missed.swap(false, Ordering::Relaxed) {
            let _: zbus::Result<()> = reconcile(&connection, service, &mut known).await; // see below
            dirty.extend(known.keys());
        }
        // A bus that fails is one that nobody listens on any more.
        let _: zbus::Result<()> = async {
            let at = |id| SignalEmitter::new(&connection, session_path(id));
            let all = SignalEmitter::new(&connection, PATH)?;
            match told {
                Told::Added(id) => {
                    if known.contains_key(&id) {
                        return Ok(());
                    }
                    let Some(session) = service.registry().get(id) else { return Ok(()) };
                    add(&connection, service, id).await?;
                    known.insert(id, signalled(&session.info()));
                    let (id, path) = named(id);
                    ServiceObject::session_new(&all, id, path).await
                }
                Told::Removed(id) => {
                    dirty.remove(&id);
                    remove(&connection, id, &mut known).await?;
                    let (id, path) = named(id);
                    ServiceObject::session_removed(&all, id, path).await
                }
                Told::Changed(id) => {
                    dirty.insert(id);
                    Ok(())
                }
                Told::Bell(id) => {
                    dirty.insert(id);
                    SessionObject::bell_rang(&at(id)?).await
                }
                Told::CommandFinished(id, status, duration) => {
                    dirty.insert(id);
                    SessionObject::command_finished(&at(id)?, status.unwrap_or(-1), duration).await
                }
                Told::Exited(id, status) => {
                    dirty.insert(id);
                    let (how, status) = ended(Some(status));
                    SessionObject::exited(&at(id)?, how, status).await
                }
            }
        }
        .await;
    }
}

/// Tells the properties of a session that differ from what was told last.
async fn properties(connection: &Connection, service: &Service, id: SessionId, known: &mut Known) {
    let Some(session) = service.registry().get(id) else { return };
    let now = signalled(&session.info());
    let before = known.entry(id).or_default();
    let changed: HashMap<&str, Value<'_>> = now
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(value))
        .filter_map(|(name, value)| Some((*name, value.try_clone().ok()?)))
        .collect();
    if changed.is_empty() {
        return;
    }
    let path = session_path(id);
    if let Ok(emitter) = SignalEmitter::new(connection, path) {
        let told = zbus::fdo::Properties::properties_changed(&emitter, SESSION, changed, Default::default());
        let _: zbus::Result<()> = told.await; // see above
    }
    *before = now;
}
