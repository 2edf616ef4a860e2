//! `scarab-gtk`: the desktop terminal. Its windows are viewers: closing one loses nothing.

// Built for a newer GTK, the window still uses what the oldest one has.
#![cfg_attr(feature = "v4_14", allow(deprecated))]

mod application;
mod assistive;
mod draw;
mod ending;
mod failure;
mod logind;
mod logout;
mod preferences;
mod renderer;
mod service;
mod settings;
mod shortcuts;
mod translation;
mod view;
mod watch;
mod window;

fn main() -> gtk::glib::ExitCode {
    translation::begin();
    application::run()
}
