//! Which sessions run, kept true by what the service tells: for the counter in each window's header, and for a list of
//! sessions that is open.
//!
//! One connection for the whole program. It is made when a view has been attached, which proves that there is a service,
//! and made again when the next one is: it needs no timer of its own.

use crate::service;
use crate::window;
use gtk::glib;
use gtk::prelude::*;
use scarab_protocol::Client;
use scarab_protocol::message::ToClient;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

#[derive(Default)]
struct Watch {
    client: Option<Client>,
    living: BTreeSet<u64>,
    /// systemd runs the service.
    of_systemd: bool,
    /// It is being connected.
    beginning: bool,
}

thread_local! {
    static WATCH: RefCell<Watch> = RefCell::default();
}

/// The ids of the sessions whose programs run.
pub fn living() -> BTreeSet<u64> {
    WATCH.with_borrow(|watch| watch.living.clone())
}

/// Whether systemd runs the service, which then ends with the person's manager.
pub fn is_of_systemd() -> bool {
    WATCH.with_borrow(|watch| watch.of_systemd)
}

/// Watches from now on, unless that is so.
pub fn begin(application: &gtk::Application) {
    let begun = WATCH
        .with_borrow_mut(|watch| watch.client.is_some() || std::mem::replace(&mut watch.beginning, true));
    if begun {
        return;
    }
    let application = application.downgrade();
    glib::spawn_future_local(async move {
        let watched = service::watch().await;
        let Some(application) = application.upgrade() else { return };
        let descriptor = WATCH.with_borrow_mut(|watch| {
            watch.beginning = false;
            let service::Watched { client, sessions, of_systemd } = watched.ok()?;
            watch.of_systemd = of_systemd;
            watch.living =
                sessions.iter().filter(|info| info.exited.is_none()).map(|info| info.id.0).collect();
            let descriptor = client.as_fd().as_raw_fd();
            watch.client = Some(client);
            Some(descriptor)
        });
        let Some(descriptor) = descriptor else { return };
        window::count(&application);
        let application = application.downgrade();
        let readable = glib::IOCondition::IN | glib::IOCondition::HUP | glib::IOCondition::ERR;
        glib_unix::unix_fd_add_local(descriptor, readable, move |_, _| {
            let Some(application) = application.upgrade() else { return glib::ControlFlow::Break };
            let heard = hear();
            if heard.counted {
                window::count(&application);
            }
            if heard.listed {
                window::all(&application).iter().for_each(window::Window::look_at_sessions);
            }
            if heard.connected { glib::ControlFlow::Continue } else { glib::ControlFlow::Break }
        });
    });
}

/// What was told.
#[derive(Default)]
struct Heard {
    /// Other sessions run now.
    counted: bool,
    /// Something that a list says has changed.
    listed: bool,
    /// There is a connection still.
    connected: bool,
}

/// Takes what was told.
fn hear() -> Heard {
    WATCH.with_borrow_mut(|watch| {
        let mut heard = Heard::default();
        while let Some(client) = &mut watch.client {
            match client.next(Some(Duration::ZERO)) {
                Ok(Some(received)) => {
                    heard.listed |= matches!(
                        received.message,
                        ToClient::SessionCreated(_)
                            | ToClient::SessionExited(_)
                            | ToClient::SessionRemoved(_)
                            | ToClient::SessionRenamed(_)
                            | ToClient::Foreground(_)
                            | ToClient::Directory(_)
                    );
                    heard.counted |= match received.message {
                        ToClient::SessionCreated(event) => watch.living.insert(event.session.id.0),
                        ToClient::SessionExited(event) => watch.living.remove(&event.session.0),
                        ToClient::SessionRemoved(event) => watch.living.remove(&event.session.0),
                        // What was missed is asked for anew by the next connection.
                        ToClient::EventsLost(_) => {
                            watch.client = None;
                            false
                        }
                        _ => false,
                    }
                }
                Ok(None) => break,
                Err(_) => watch.client = None,
            }
        }
        heard.connected = watch.client.is_some();
        heard
    })
}
