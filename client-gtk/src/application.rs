//! The application: one instance a person, its command line, its actions and their keys.

use crate::renderer;
use crate::service::{self, Wanted};
use crate::settings;
use crate::shortcuts;
use crate::translation::gettext;
use crate::view::View;
use crate::window::{self, Window};
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
    let option = |long, short, kind, text: &str, value: Option<String>| {
        let none = glib::OptionFlags::NONE;
        application.add_main_option(long, glib::Char::from(short), none, kind, text, value.as_deref());
    };
    let file = glib::OptionArg::Filename;
    option("working-directory", b'w', file, &gettext("Start there"), Some(gettext("DIR")));
    let string = glib::OptionArg::String;
    option("session", b's', string, &gettext("Show this session"), Some(gettext("NAME")));
    option("title", b't', string, &gettext("Title of the window"), Some(gettext("TEXT")));
    let flag = glib::OptionArg::None;
    option("new-window", b'n', flag, &gettext("Open a window of its own"), None);
    let strings = glib::OptionArg::StringArray;
    option(glib::OPTION_REMAINING, 0, strings, "", Some(gettext("COMMAND")));

    application.connect_startup(|application| {
        // On X11 a window has its icon with it; elsewhere it is found by the entry's name.
        gtk::Window::set_default_icon_name(ID);
        if application.flags().contains(ApplicationFlags::IS_SERVICE) {
            service::leave_the_bus_s_environment();
        }
        if let Some(display) = gdk::Display::default() {
            renderer::choose(&display);
            style(&display);
        }
        let changed = glib::clone!(
            #[weak]
            application,
            move || {
                shortcuts::bind(&application);
                window::all(&application)
                    .iter()
                    .flat_map(Window::views)
                    .for_each(|view| View::settings_changed(&view));
            }
        );
        settings::watch(changed);
        actions(application);
    });
    application.connect_command_line(command_line);
    application.connect_activate(new_window);
    application.run()
}

/// A scrollbar lies on its view's ground and has none of its own.
const STYLE: &str = "scrollbar.terminal{background:none;border:none;}";

fn style(display: &gdk::Display) {
    let provider = gtk::CssProvider::new();
    provider.load_from_data(STYLE);
    gtk::style_context_add_provider_for_display(display, &provider, gtk::STYLE_PROVIDER_PRIORITY_APPLICATION);
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
    window::bring_back_lost(application);
    glib::ExitCode::SUCCESS
}

/// A fresh shell in a window of its own: what the menu's entry does.
fn new_window(application: &adw::Application) {
    let window = Window::new(application);
    window.open(Wanted::New { command: Vec::new(), directory: String::new() });
    window.present();
    window::bring_back_lost(application);
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
    shortcuts::bind(application);
}
