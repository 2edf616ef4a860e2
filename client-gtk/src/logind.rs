//! logind, which ends a person's systemd manager, and every session with it, some seconds after the last logout unless
//! the person lingers. It is asked and told over the system bus, as `scarab linger` has loginctl(1) do.

use gtk::glib::VariantTy;
use gtk::glib::prelude::*;
use gtk::{gio, glib};

const NAME: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
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

/// Has this person linger. It may take as long as an administrator needs for a password.
pub async fn linger() -> Result<(), glib::Error> {
    let (lingers, asks) = (true, true);
    let arguments = (user()?, lingers, asks).to_variant();
    let bus = bus().await?;
    let path = "/org/freedesktop/login1";
    let flags = gio::DBusCallFlags::ALLOW_INTERACTIVE_AUTHORIZATION;
    bus.call_future(Some(NAME), path, MANAGER, "SetUserLinger", Some(&arguments), None, flags, i32::MAX)
        .await
        .map(drop)
}

/// What an error says, without the name that the bus has for it.
pub fn words(error: &glib::Error) -> String {
    let said = error.message();
    let bare = said.strip_prefix("GDBus.Error:").and_then(|said| said.split_once(": "));
    bare.map_or(said, |(_, words)| words).to_owned()
}

/// What an administrator types where logind refuses.
pub fn command() -> String {
    match user() {
        Ok(user) => format!("sudo loginctl enable-linger {user}"),
        Err(_) => "sudo loginctl enable-linger".to_owned(),
    }
}

fn user() -> Result<u32, glib::Error> {
    gio::Credentials::new().unix_user()
}

async fn bus() -> Result<gio::DBusConnection, glib::Error> {
    let bus = gio::bus_get_future(gio::BusType::System).await?;
    bus.set_exit_on_close(false); // a bus that is restarted is no reason to close windows
    Ok(bus)
}
