//! The list of all sessions: what runs, where, since when, and who looks at it; to attach, to end, to find.

use super::Window;
use crate::service;
use adw::prelude::*;
use gtk::accessible::Property;
use gtk::{gio, glib};
use scarab_protocol::message::SessionInfo;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A session's directory and age fit on a line, in logical pixels.
const WIDTH: i32 = 420;

/// A button in the header whose popover has the list, and beside it how many run elsewhere. The list is asked for each
/// time it is opened.
pub fn button(window: &Window, counter: &gtk::Label) -> gtk::MenuButton {
    let list = gtk::ListBox::builder().selection_mode(gtk::SelectionMode::None).build();
    list.add_css_class("boxed-list");
    list.set_placeholder(Some(
        &gtk::Label::builder().label("No sessions").margin_top(12).margin_bottom(12).build(),
    ));
    let search = gtk::SearchEntry::builder().placeholder_text("Search sessions").build();
    let scroller = gtk::ScrolledWindow::builder()
        .child(&list)
        .hscrollbar_policy(gtk::PolicyType::Never)
        .propagate_natural_height(true)
        .max_content_height(480)
        .build();
    // What does not scroll sideways has no least width of its own.
    let content =
        gtk::Box::builder().orientation(gtk::Orientation::Vertical).spacing(6).width_request(WIDTH).build();
    content.append(&search);
    content.append(&scroller);
    // Centred under its button it would hang over the window's edge.
    let popover = gtk::Popover::builder().child(&content).halign(gtk::Align::End).build();
    let face = gtk::Box::builder().spacing(4).build();
    face.append(&gtk::Image::from_icon_name("view-list-symbolic"));
    counter.set_tooltip_text(Some("Running without a window here"));
    counter.add_css_class("numeric");
    face.append(counter);
    let button = gtk::MenuButton::builder().child(&face).tooltip_text("Sessions").popover(&popover).build();
    button.update_property(&[Property::Label("Sessions")]);
    button.add_css_class("flat"); // as the header's other buttons are
    list.set_filter_func(glib::clone!(
        #[weak]
        search,
        #[upgrade_or]
        true,
        move |row| fits(row, &search)
    ));
    search.connect_search_changed(glib::clone!(
        #[weak]
        list,
        move |_| list.invalidate_filter()
    ));
    // Enter takes the first one that fits; the entry tells of what was typed a moment later than of Enter.
    search.connect_activate(glib::clone!(
        #[weak]
        list,
        move |search| {
            let mut rows =
                (0..).map_while(|index| list.row_at_index(index)).filter_map(|row| row.downcast().ok());
            if let Some(row) = rows.find(|row: &adw::ActionRow| fits(row.upcast_ref(), search)) {
                ActionRowExt::activate(&row);
            }
        }
    ));
    popover.connect_show(glib::clone!(
        #[weak]
        window,
        #[weak]
        list,
        #[weak]
        search,
        move |popover| {
            search.set_text("");
            search.grab_focus();
            fill(&window, &list, popover);
        }
    ));
    button
}

/// The row's session has in its name, command or directory what is looked for.
fn fits(row: &gtk::ListBoxRow, search: &gtk::SearchEntry) -> bool {
    row.widget_name().contains(&search.text().to_lowercase())
}

fn fill(window: &Window, list: &gtk::ListBox, popover: &gtk::Popover) {
    glib::spawn_future_local(glib::clone!(
        #[weak]
        window,
        #[weak]
        list,
        #[weak]
        popover,
        async move {
            let sessions = service::list().await;
            while let Some(row) = list.row_at_index(0) {
                list.remove(&row);
            }
            match sessions {
                Ok(sessions) => {
                    sessions.iter().for_each(|session| list.append(&row(&window, &popover, session)))
                }
                Err(error) => window.say(&format!("{error:#}")),
            }
        }
    ));
}

fn row(window: &Window, popover: &gtk::Popover, session: &SessionInfo) -> adw::ActionRow {
    let escape = glib::markup_escape_text;
    let row = adw::ActionRow::builder()
        .title(escape(&session.name))
        .subtitle(escape(&describe(session)))
        .activatable(true)
        .name(format!("{} {}", session.name, describe(session)).to_lowercase())
        .build();
    let id: Rc<str> = session.id.to_string().into();
    let end = gtk::Button::builder()
        .icon_name("user-trash-symbolic")
        .tooltip_text("End this session")
        .valign(gtk::Align::Center)
        .build();
    end.update_property(&[Property::Label("End this session")]);
    end.add_css_class("flat");
    end.connect_clicked(glib::clone!(
        #[weak]
        window,
        #[weak]
        row,
        #[strong]
        id,
        move |_| {
            let id = id.to_string();
            glib::spawn_future_local(async move {
                match service::end(id).await {
                    Ok(()) => row.set_sensitive(false),
                    Err(error) => window.say(&format!("{error:#}")),
                }
            });
        }
    ));
    row.add_suffix(&end);
    row.connect_activated(glib::clone!(
        #[weak]
        window,
        #[weak]
        popover,
        move |_| {
            popover.popdown();
            window.open(service::Wanted::Session(id.to_string()));
        }
    ));
    row
}

/// `make in ~/src, 3 h, 2 viewers`.
fn describe(session: &SessionInfo) -> String {
    let command =
        if session.foreground.is_empty() { session.command.join(" ") } else { session.foreground.clone() };
    let mut text = if command.is_empty() { "shell".to_owned() } else { command };
    if !session.directory.is_empty() {
        text += &format!(" in {}", short(&session.directory));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_micros() as u64);
    text += &format!(", {}", age(now.saturating_sub(session.created)));
    match session.viewers.len() {
        0 => {}
        1 => text += ", 1 viewer",
        more => text += &format!(", {more} viewers"),
    }
    if session.exited.is_some() {
        text += ", ended";
    }
    text
}

/// The home directory is known to its owner.
fn short(directory: &str) -> String {
    let home = glib::home_dir();
    match std::path::Path::new(directory).strip_prefix(&home) {
        Ok(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Ok(rest) => format!("~/{}", rest.display()),
        Err(_) => directory.to_owned(),
    }
}

/// A span of µs in its largest unit.
fn age(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Opens the list by a key.
pub fn action(button: &gtk::MenuButton) -> gio::ActionEntry<Window> {
    gio::ActionEntry::builder("sessions")
        .activate(glib::clone!(
            #[weak]
            button,
            move |_: &Window, _, _| button.popup()
        ))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_one_unit() {
        let told = [0, 59, 60, 3599, 3600, 86_399, 86_400, 900_000].map(|seconds| age(seconds * 1_000_000));
        assert_eq!(told, ["0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 d", "10 d"]);
    }
}
