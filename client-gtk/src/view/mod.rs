//! A view: one widget that shows one session and takes its person's keys and mouse.
//!
//! ```text
//!   doorbell ──► queue_draw ──► snapshot: newest frame ──► rows (kept nodes) + cursor, selection … ──► arm
//!   keys, mouse ──► events ──► service
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `session` | the attachment: what comes, what goes, and coming back after a loss |
//! | `drawing` | a frame or a piece of history on the screen |
//! | `keyboard` | keys and input methods |
//! | `mouse` | the program's mouse, or the person's: selecting, scrolling |
//! | `links` | what a click with Ctrl opens |
//! | `menu` | the context menu |
//! | `history` | what is shown above the screen |
//! | `scrollbar` | how much of it there is |
//! | `search` | finding text in it |
//! | `selection` | what is selected, and its text |
//! | `clipboard` | copy and paste |
//!
//! Nothing runs while nothing happens: the doorbell is armed by a drawn frame and rings at most once for it.

mod clipboard;
mod drawing;
mod history;
mod keyboard;
mod links;
mod menu;
mod mouse;
mod scrollbar;
mod search;
mod selection;
mod session;

use crate::draw::colours::Theme;
use crate::draw::glyphs::Fonts;
use crate::service::{self, Wanted};
use adw::prelude::*;
use drawing::Kept;
use gtk::subclass::prelude::*;
use gtk::{gdk, glib, pango};
use history::Scrolled;
use scarab_protocol::grid::Frame;
use scarab_protocol::message::Size;
use selection::Selection;
use session::Session;
use std::cell::{Cell, RefCell};

/// Space around the text, in logical pixels.
const PADDING: f32 = 4.0;
/// The font where nothing else is said.
const FONT: &str = "Monospace 11";
/// The size that a view asks for.
const ASKED: (u16, u16) = (80, 24);
/// Steps of the font's size, in points.
const SMALLEST: i32 = 4;
const LARGEST: i32 = 96;

/// What a view tells its window.
#[derive(Clone, Debug)]
pub enum Told {
    Title(String),
    Bell,
    /// The session's program ended; there is nothing more to show.
    Ended,
    /// A line for the person.
    Says(String),
    /// The program has something to say, wherever the person looks.
    Notifies {
        title: String,
        body: String,
    },
    /// How far the program has come, in percent; `None` when it shows no progress any more.
    Progress(Option<u8>),
}

type Listener = Box<dyn Fn(Told)>;

mod imp {
    use super::*;

    /// Everything a view has. Each part is borrowed for a moment and never across a call that may come back here.
    #[derive(Default)]
    pub struct View {
        pub(in crate::view) session: RefCell<Option<Session>>,
        pub(in crate::view) frame: RefCell<Frame>,
        pub(in crate::view) fonts: RefCell<Option<Fonts>>,
        pub(in crate::view) kept: RefCell<Kept>,
        /// What will have the rows recorded that are shown by then.
        pub(in crate::view) recording: RefCell<Option<glib::SourceId>>,
        /// When the last frame was drawn, by the frame clock, in µs.
        pub(in crate::view) drawn: Cell<i64>,
        /// The bell will be armed in a moment.
        pub(in crate::view) arming: Cell<bool>,
        pub(in crate::view) theme: RefCell<Option<Theme>>,
        pub(in crate::view) scrolled: RefCell<Option<Scrolled>>,
        pub(in crate::view) selection: RefCell<Option<Selection>>,
        pub(in crate::view) search: RefCell<Option<search::Search>>,
        pub(in crate::view) adjustment: scrollbar::State,
        pub(in crate::view) input_method: RefCell<Option<gtk::IMMulticontext>>,
        /// What the input method is about to type.
        pub(in crate::view) preedit: RefCell<String>,
        /// What it typed while it looked at a key.
        pub(in crate::view) typed: RefCell<Option<String>>,
        pub(in crate::view) keyboard: keyboard::State,
        pub(in crate::view) mouse: mouse::State,
        pub(in crate::view) links: links::State,
        pub(in crate::view) menu: RefCell<Option<glib::WeakRef<gtk::PopoverMenu>>>,
        /// What the screen has room for.
        pub(in crate::view) size: Cell<Option<Size>>,
        /// Points that the font is larger than asked for.
        pub(in crate::view) zoom: Cell<i32>,
        pub(in crate::view) wanted: RefCell<Option<Wanted>>,
        /// Why there is nothing to show.
        pub(in crate::view) problem: RefCell<Option<String>>,
        pub(in crate::view) input_place: Cell<Option<gdk::Rectangle>>,
        pub(in crate::view) listener: RefCell<Option<Listener>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for View {
        const NAME: &'static str = "ScarabView";
        type Type = super::View;
        type ParentType = gtk::Widget;

        fn class_init(class: &mut Self::Class) {
            class.set_css_name("terminal");
        }
    }

    impl ObjectImpl for View {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().build();
        }

        fn dispose(&self) {
            self.session.take();
            while let Some(child) = self.obj().first_child() {
                child.unparent();
            }
        }
    }

    impl WidgetImpl for View {
        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            self.obj().draw(snapshot);
        }

        fn measure(&self, orientation: gtk::Orientation, _: i32) -> (i32, i32, i32, i32) {
            let metrics = self.obj().metrics();
            let (cell, count) = match orientation {
                gtk::Orientation::Horizontal => (metrics.width, ASKED.0),
                _ => (metrics.height, ASKED.1),
            };
            let least = (cell * 2.0 + 2.0 * PADDING).ceil() as i32;
            let natural = (cell * f32::from(count) + 2.0 * PADDING).ceil() as i32;
            (least, natural, -1, -1)
        }

        fn size_allocate(&self, width: i32, height: i32, baseline: i32) {
            self.parent_size_allocate(width, height, baseline);
            self.obj().allocated(width, height);
            self.obj().place_menu();
        }

        fn map(&self) {
            self.parent_map();
            self.obj().queue_draw();
        }
    }
}

glib::wrapper! {
    /// The widget.
    pub struct View(ObjectSubclass<imp::View>)
        @extends gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl View {
    pub fn new() -> Self {
        glib::Object::new()
    }

    fn build(&self) {
        self.set_focusable(true);
        self.set_hexpand(true);
        self.set_vexpand(true);
        self.set_cursor_from_name(Some("text"));
        self.set_overflow(gtk::Overflow::Hidden);
        let style = adw::StyleManager::default();
        self.imp().theme.replace(Some(Theme::built_in(style.is_dark())));
        style.connect_dark_notify(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |style| view.take_theme(Theme::built_in(style.is_dark()))
        ));
        self.connect_scale_factor_notify(View::forget_fonts);
        self.take_keyboard();
        self.take_mouse();
    }

    /// Whom to tell.
    pub fn connect_told(&self, listener: impl Fn(Told) + 'static) {
        self.imp().listener.replace(Some(Box::new(listener)));
    }

    fn tell(&self, told: Told) {
        // Taken out while it runs: it may end in this view's end.
        let Some(listener) = self.imp().listener.take() else { return };
        listener(told);
        self.imp().listener.borrow_mut().get_or_insert(listener);
    }

    pub fn focus(&self) {
        self.grab_focus();
    }

    /// Shows a session as soon as the size of the screen is known.
    pub fn open(&self, wanted: Wanted) {
        self.imp().wanted.replace(Some(wanted));
        self.open_wanted();
    }

    fn open_wanted(&self) {
        let Some(size) = self.imp().size.get() else { return };
        let Some(wanted) = self.imp().wanted.take() else { return };
        let (colours, again) = (self.theme().told(), wanted.clone());
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = view)]
            self,
            async move {
                match service::open(wanted, size, colours).await {
                    Ok(opened) => view.attached(opened),
                    Err(error) => {
                        view.imp().wanted.replace(Some(again));
                        view.fail(format!("{error:#}"));
                    }
                }
            }
        ));
    }

    /// Nothing can be shown, or nothing more: why stays on the screen until it is tried again.
    fn fail(&self, problem: String) {
        self.imp().problem.replace(Some(problem));
        self.queue_draw();
    }

    /// Enter was pressed on that.
    fn try_again(&self) {
        self.imp().problem.take();
        if let Some((id, _)) = self.session() {
            self.imp().wanted.replace(Some(Wanted::Session(id)));
        }
        self.open_wanted();
        self.queue_draw();
    }

    fn theme(&self) -> Theme {
        self.imp().theme.borrow().clone().unwrap_or_else(|| Theme::built_in(true))
    }

    fn take_theme(&self, theme: Theme) {
        let told = theme.told();
        self.imp().theme.replace(Some(theme));
        self.remember_colours(&told);
        self.imp().kept.borrow_mut().forget();
        self.send(scarab_protocol::message::input::Colours { colours: told });
        self.queue_draw();
    }

    /// Larger, smaller, or as it was.
    pub fn zoom(&self, step: Option<i32>) {
        let zoom = step.map_or(0, |step| (self.imp().zoom.get() + step).clamp(-LARGEST, LARGEST));
        self.imp().zoom.set(zoom);
        self.forget_fonts();
    }

    fn forget_fonts(&self) {
        self.imp().fonts.take();
        self.imp().kept.borrow_mut().forget();
        self.queue_resize();
        self.allocated(self.width(), self.height());
        self.queue_draw();
    }

    fn metrics(&self) -> crate::draw::Metrics {
        let mut fonts = self.imp().fonts.borrow_mut();
        *fonts.get_or_insert_with(|| self.new_fonts()).metrics()
    }

    fn new_fonts(&self) -> Fonts {
        let mut description = pango::FontDescription::from_string(FONT);
        let points = description.size() / pango::SCALE + self.imp().zoom.get();
        description.set_size(points.clamp(SMALLEST, LARGEST) * pango::SCALE);
        Fonts::new(self.create_pango_context(), description, f64::from(self.scale_factor()))
    }

    /// There is so much room.
    fn allocated(&self, width: i32, height: i32) {
        let metrics = self.metrics();
        let fit = |room: i32, cell: f32| ((room as f32 - 2.0 * PADDING) / cell).floor().max(1.0);
        let (cols, rows) = (fit(width, metrics.width), fit(height, metrics.height));
        if width <= 0 || height <= 0 {
            return;
        }
        let scale = self.scale_factor() as f32;
        let size = Size {
            cols: cols as u16,
            rows: rows as u16,
            width_px: (cols * metrics.width * scale) as u32,
            height_px: (rows * metrics.height * scale) as u32,
        };
        if self.imp().size.replace(Some(size)) != Some(size) {
            self.resized(size);
        }
        self.open_wanted();
    }

    /// The cell at a place of the widget, and whether the place is inside the text.
    fn cell_at(&self, x: f64, y: f64) -> (usize, usize) {
        let metrics = self.metrics();
        let at = |place: f64, cell: f32| ((place as f32 - PADDING) / cell).floor().max(0.0) as usize;
        (at(y, metrics.height), at(x, metrics.width))
    }

    /// The session that is shown: its id and its name; `None` once it has ended.
    pub fn session(&self) -> Option<(String, String)> {
        self.imp().session.borrow().as_ref().map(Session::identity)
    }

    /// The line that says where the program is, for new tabs.
    pub fn directory(&self) -> String {
        self.imp().session.borrow().as_ref().map(|session| session.directory.clone()).unwrap_or_default()
    }

    /// The keyboard's display.
    fn gdk_display(&self) -> gdk::Display {
        WidgetExt::display(self)
    }
}
