//! logind, which ends a person's systemd manager, and every session with it, some seconds after the last logout unless
//! the person lingers. It is asked over the system bus, as `scarab linger` has loginctl(1) do.

use gtk::glib::VariantTy;
use gtk::glib::prelude::*;
use gtk::{gio, glib};

const NAME: &str = "org.freedesktop.login1";
const USER: &str = "org.freedesktop.login1.User";
/// How long an answer may take, in ms.
const PATIENCE: i32 = 5_000;

/// Whether this person's sessions outlive the last logout; `None` where no logind tells.
pub async fn lingers() -> Option<bool> {
    let answer = bus()
        .await
        .ok()?
        .call_future(
            Some(NAME),
            "/org/freedesktop/login1/user/self",
            "org.freedesktop.DBus.Properties",
            "Get",
            Some(&(USER, "Linger").to_variant()),
            Some(VariantTy::new("(v)").ok()?),
            gio::DBusCallFlags::NO_AUTO_START,
            PATIENCE,
        )
        .await
        .ok()?;
    answer.child_value(0).as_variant()?.get()
}

async fn bus() -> Result<gio::DBusConnection, glib::Error> {
    let bus = gio::bus_get_future(gio::BusType::System).await?;
    bus.set_exit_on_close(false); // a bus that is restarted is no reason to close windows
    Ok(bus)
}
