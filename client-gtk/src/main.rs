//! `scarab-gtk`: the desktop terminal. Its windows are viewers: closing one loses nothing.

mod application;
mod assistive;
mod draw;
mod renderer;
mod service;
mod sessions;
mod shortcuts;
mod view;
mod window;

fn main() -> gtk::glib::ExitCode {
    application::run()
}
