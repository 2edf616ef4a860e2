//! The application: one instance a person, its command line, its actions and their keys.

use crate::renderer;
use crate::service::{self, Wanted};
use crate::shortcuts;
use crate::window::Window;
use adw::prelude::*;
use gtk::gio::ApplicationFlags;
use gtk::{gdk, gio, glib};
use scarab_protocol::socket::SOCKET_VARIABLE;

/// As the desktop entry is named.
const ID: &str = "org.scarab.Terminal";

/// Runs until the last window is closed.
pub fn run() -> glib::ExitCode {
    let mut flags = ApplicationFlags::HANDLES_COMMAND_LINE;
    if std::env::var_os(SOCKET_VARIABLE).is_some() {
        // A service of its own is not that of the windows which are open already.
        flags |= ApplicationFlags::NON_UNIQUE;
    }
    let application = adw::Application::builder().application_id(ID).flags(flags).build();
    let option = |long, short, flags, kind, text, value: Option<&str>| {
        application.add_main_option(long, short, flags, kind, text, value);
    };
    let none = glib::OptionFlags::NONE;
    let file = glib::OptionArg::Filename;
    option("working-directory", glib::Char::from(b'w'), none, file, "Start there", Some("DIR"));
    let string = glib::OptionArg::String;
    option("session", glib::Char::from(b's'), none, string, "Show this session", Some("NAME"));
    option("title", glib::Char::from(b't'), none, string, "Title of the window", Some("TEXT"));
    let flag = glib::OptionArg::None;
    option("new-window", glib::Char::from(b'n'), none, flag, "Open a window of its own", None);
    option(
        glib::OPTION_REMAINING,
        glib::Char::from(0),
        none,
        glib::OptionArg::StringArray,
        "",
        Some("COMMAND"),
    );

    application.connect_startup(|application| {
        if application.flags().contains(ApplicationFlags::IS_SERVICE) {
            service::leave_the_bus_s_environment();
        }
        if let Some(display) = gdk::Display::default() {
            renderer::choose(&display);
        }
        actions(application);
    });
    application.connect_command_line(command_line);
    application.connect_activate(new_window);
    application.run()
}

/// Follows the habits of xdg-terminal-exec: what is left over is the command.
fn command_line(application: &adw::Application, line: &gio::ApplicationCommandLine) -> glib::ExitCode {
    let options = line.options_dict();
    let text = |name: &str| options.lookup::<String>(name).ok().flatten();
    let file = |name: &str| {
        let bytes = options.lookup::<Vec<u8>>(name).ok().flatten()?;
        Some(String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned())
    };
    let command = options.lookup::<Vec<String>>(glib::OPTION_REMAINING).ok().flatten().unwrap_or_default();
    let cwd = line.cwd().unwrap_or_default();
    let here = || cwd.to_string_lossy().into_owned();
    let from_there = |directory: String| cwd.join(directory).to_string_lossy().into_owned();
    let wanted = match text("session") {
        Some(name) => Wanted::Session(name),
        None => Wanted::New { command, directory: file("working-directory").map_or_else(here, from_there) },
    };
    let window = Window::new(application);
    if let Some(title) = text("title") {
        window.keep_title(&title);
    }
    window.open(wanted);
    window.present();
    glib::ExitCode::SUCCESS
}

/// A fresh shell in a window of its own: what the menu's entry does.
fn new_window(application: &adw::Application) {
    let window = Window::new(application);
    window.open(Wanted::New { command: Vec::new(), directory: String::new() });
    window.present();
}

fn actions(application: &adw::Application) {
    let new_window = gio::ActionEntry::builder("new-window")
        .activate(|application: &adw::Application, _, _| new_window(application))
        .build();
    let quit = gio::ActionEntry::builder("quit")
        .activate(|application: &adw::Application, _, _| {
            application.windows().iter().for_each(GtkWindowExt::close);
        })
        .build();
    application.add_action_entries([new_window, quit]);
    shortcuts::SHORTCUTS
        .iter()
        .filter(|shortcut| shortcut.action != shortcuts::MENU)
        .for_each(|shortcut| application.set_accels_for_action(shortcut.action, shortcut.keys));
}
