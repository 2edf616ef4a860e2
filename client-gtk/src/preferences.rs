//! The preferences: each row shows one key of the configuration's table `window` and writes it through the service, which
//! checks it and keeps comments. What is written comes back by the watched file and is seen at once, here and everywhere.

use crate::draw::palettes;
use crate::failure::told;
use crate::service;
use crate::settings;
use crate::translation::gettext;
use crate::window::Window;
use adw::prelude::*;
use gtk::{glib, pango};

/// The window.
pub fn window(parent: &Window) -> adw::PreferencesWindow {
    let window = adw::PreferencesWindow::builder()
        .transient_for(parent)
        .modal(true)
        .search_enabled(false)
        .default_width(560)
        .default_height(640)
        .build();
    let settings = settings::current();
    let set = &settings.window;
    let rows = Rows { window: &window };
    let page = adw::PreferencesPage::new();
    let palettes = palettes::names(&settings);
    let palettes: Vec<(&str, &str)> = palettes.iter().map(|name| (name.as_str(), name.as_str())).collect();
    let appearance = format!("{:?}", set.appearance).to_lowercase();
    let blink = format!("{:?}", set.cursor_blink).to_lowercase();

    page.add(&group(
        &gettext("Text"),
        &[
            rows.font(&gettext("Font"), "font", &set.font),
            rows.switch(
                &gettext("Ligatures"),
                &gettext("Letters that the font joins are drawn as one"),
                "ligatures",
                set.ligatures,
            ),
            rows.choice(
                &gettext("Blinking Cursor"),
                "cursor-blink",
                &[
                    ("program", &gettext("When the program asks for it")),
                    ("always", &gettext("Always")),
                    ("never", &gettext("Never")),
                ],
                &blink,
            ),
        ],
    ));
    page.add(&group(
        &gettext("Colours"),
        &[
            rows.choice(
                &gettext("Appearance"),
                "appearance",
                &[
                    ("system", &gettext("As the desktop")),
                    ("light", &gettext("Light")),
                    ("dark", &gettext("Dark")),
                ],
                &appearance,
            ),
            rows.choice(&gettext("Dark Palette"), "palette-dark", &palettes, &set.palette_dark),
            rows.choice(&gettext("Light Palette"), "palette-light", &palettes, &set.palette_light),
        ],
    ));
    page.add(&group(
        &gettext("Window"),
        &[
            rows.number(
                &gettext("Columns"),
                &gettext("Of a new window"),
                "columns",
                (2.0, 1000.0),
                set.columns,
            ),
            rows.number(&gettext("Rows"), &gettext("Of a new window"), "rows", (1.0, 500.0), set.rows),
            rows.number(
                &gettext("Padding"),
                &gettext("Pixels around the text"),
                "padding",
                (0.0, 100.0),
                set.padding,
            ),
            rows.switch(&gettext("Scrollbar"), "", "scrollbar", set.scrollbar),
        ],
    ));
    page.add(&group(
        &gettext("Bell"),
        &[
            rows.switch(&gettext("Sound"), "", "bell-sound", set.bell_sound),
            rows.switch(&gettext("Flash"), "", "bell-flash", set.bell_flash),
        ],
    ));
    window.add(&page);
    window
}

/// What is wrong is said in the window.
fn write(window: &glib::WeakRef<adw::PreferencesWindow>, key: &str, value: String) {
    let window = window.clone();
    service::configure(key, value, move |error| {
        if let Some(window) = window.upgrade() {
            window.add_toast(adw::Toast::new(&glib::markup_escape_text(&told(&error))));
        }
    });
}

fn group(title: &str, rows: &[adw::ActionRow]) -> adw::PreferencesGroup {
    let group = adw::PreferencesGroup::builder().title(title).build();
    rows.iter().for_each(|row| group.add(row));
    group
}

/// Rows of one preferences window.
struct Rows<'a> {
    window: &'a adw::PreferencesWindow,
}

impl Rows<'_> {
    /// Writes a key of the table; what is wrong is said in the window.
    fn setter<T: Into<toml::Value>>(&self, key: &str) -> impl Fn(T) + 'static + use<T> {
        let (window, key) = (self.window.downgrade(), format!("window.{key}"));
        move |value: T| write(&window, &key, value.into().to_string())
    }

    fn row(title: &str, subtitle: &str, control: &impl IsA<gtk::Widget>) -> adw::ActionRow {
        control.set_valign(gtk::Align::Center);
        let row =
            adw::ActionRow::builder().title(title).subtitle(subtitle).activatable_widget(control).build();
        row.add_suffix(control);
        row
    }

    fn switch(&self, title: &str, subtitle: &str, key: &str, value: bool) -> adw::ActionRow {
        let switch = gtk::Switch::builder().active(value).build();
        let set = self.setter(key);
        switch.connect_active_notify(move |switch| set(switch.is_active()));
        Self::row(title, subtitle, &switch)
    }

    fn number(
        &self,
        title: &str,
        subtitle: &str,
        key: &str,
        (least, most): (f64, f64),
        value: u16,
    ) -> adw::ActionRow {
        let spin = gtk::SpinButton::with_range(least, most, 1.0);
        spin.set_value(f64::from(value));
        let set = self.setter(key);
        spin.connect_value_changed(move |spin| set(i64::from(spin.value_as_int())));
        Self::row(title, subtitle, &spin)
    }

    /// One of several values, each with what it is called.
    fn choice(&self, title: &str, key: &str, choices: &[(&str, &str)], value: &str) -> adw::ActionRow {
        let labels: Vec<&str> = choices.iter().map(|(_, label)| *label).collect();
        let selected = choices.iter().position(|(known, _)| *known == value).unwrap_or(0);
        let row = adw::ComboRow::builder()
            .title(title)
            .model(&gtk::StringList::new(&labels))
            .selected(u32::try_from(selected).unwrap_or(0))
            .build();
        let values: Vec<String> = choices.iter().map(|(value, _)| (*value).to_owned()).collect();
        let set = self.setter::<String>(key);
        row.connect_selected_notify(move |row| {
            if let Some(value) = values.get(row.selected() as usize) {
                set(value.clone());
            }
        });
        row.upcast()
    }

    fn font(&self, title: &str, key: &str, value: &str) -> adw::ActionRow {
        let button = gtk::FontButton::builder().font(value).use_font(true).build();
        button.set_filter_func(|family, _| family.is_monospace());
        let set = self.setter::<String>(key);
        button.connect_font_desc_notify(move |button| {
            if let Some(font) = button.font_desc() {
                set(pango::FontDescription::to_str(&font).to_string());
            }
        });
        Self::row(title, "", &button)
    }
}
