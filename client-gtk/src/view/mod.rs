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
//! | `ahead` | what is typed while no service is there |
//! | `busy` | whether something runs in it |
//! | `drawing` | a frame or a piece of history on the screen |
//! | `kept` | the nodes of rows that stay |
//! | `marks`, `note` | what lies over it |
//! | `pictures` | images among the rows |
//! | `page` | what is there instead while the service is not |
//! | `keyboard` | keys and input methods |
//! | `mouse` | the program's mouse, or the person's: selecting, scrolling |
//! | `links`, `files` | what a click with Ctrl opens |
//! | `menu` | the context menu |
//! | `history` | what is shown above the screen |
//! | `scrolling` | by pixels |
//! | `prompts` | from one prompt to the next, and what a command wrote |
//! | `scrollbar` | how much of it there is |
//! | `search` | finding text in it |
//! | `selection` | what is selected, and its text |
//! | `clipboard`, `dropped` | copy and paste, and what is dragged here |
//! | `blinking`, `flash` | the cursor's, and a bell that is seen |
//! | `accessible` | what assistive technologies see |
//! | `edits` | how little of it changes from one moment to the next |
//!
//! Nothing runs while nothing happens: the doorbell is armed by a drawn frame and rings at most once for it. Scrolling
//! runs on, and the cursor blinks, only where the desktop does not forbid it.

mod accessible;
mod ahead;
mod blinking;
mod busy;
mod clipboard;
mod drawing;
mod dropped;
mod edits;
mod files;
mod flash;
mod history;
mod kept;
mod keyboard;
mod links;
mod marks;
mod menu;
mod mouse;
mod note;
mod page;
mod pictures;
mod prompts;
mod scrollbar;
mod scrolling;
mod search;
mod selection;
mod session;

use crate::draw::colours::Theme;
use crate::draw::glyphs::Fonts;
use crate::draw::palettes;
use crate::failure::told;
use crate::service::{self, Wanted};
use crate::settings;
use crate::shortcuts;
use crate::window::Shown;
use adw::prelude::*;
use gtk::subclass::prelude::*;
use gtk::{gdk, glib, pango};
use history::Scrolled;
use kept::Kept;
use note::Problem;
use scarab_protocol::grid::Frame;
use scarab_protocol::message::Size;
use scarab_protocol::{ClientError, SessionId};
pub use search::Needle;
use selection::Selection;
use session::Session;
use std::cell::{Cell, RefCell};

/// Steps of the font's size, in points.
const SMALLEST: i32 = 4;
const LARGEST: i32 = 96;

/// What a view tells its window.
#[derive(Clone, Debug)]
pub enum Told {
    /// It has another title.
    Title,
    /// A session is shown.
    Attached,
    Bell,
    /// Something else runs in the session, or nothing any more.
    Busy,
    /// The session's program ended; there is nothing more to show.
    Ended,
    /// A line for the person.
    Says(String),
    /// Something is to be opened beside it.
    Opens(Wanted),
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
        pub(in crate::view) ahead: RefCell<ahead::Ahead>,
        pub(in crate::view) mouse: mouse::State,
        pub(in crate::view) scrolling: scrolling::State,
        /// How far the text is moved to the left and upwards, in logical pixels.
        pub(in crate::view) shift: Cell<(f32, f32)>,
        pub(in crate::view) blinking: blinking::State,
        pub(in crate::view) pictures: pictures::State,
        pub(in crate::view) links: links::State,
        pub(in crate::view) accessible: accessible::State,
        pub(in crate::view) menu: RefCell<Option<glib::WeakRef<gtk::PopoverMenu>>>,
        /// What the screen has room for.
        pub(in crate::view) size: Cell<Option<Size>>,
        /// Points that the font is larger than asked for.
        pub(in crate::view) zoom: Cell<i32>,
        pub(in crate::view) wanted: RefCell<Option<Wanted>>,
        /// The session that is shown, or will be.
        pub(in crate::view) shown: Cell<Option<Shown>>,
        pub(in crate::view) title: RefCell<String>,
        /// What runs, as it was told last.
        pub(in crate::view) busy: RefCell<Option<String>>,
        /// Why there is nothing to show.
        pub(in crate::view) problem: RefCell<Option<Problem>>,
        pub(in crate::view) flashing: Cell<bool>,
        pub(in crate::view) input_place: Cell<Option<gdk::Rectangle>>,
        pub(in crate::view) listener: RefCell<Option<Listener>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for View {
        const NAME: &'static str = "ScarabView";
        type Type = super::View;
        type ParentType = gtk::Widget;
        type Interfaces = accessible::Interfaces;

        fn class_init(class: &mut Self::Class) {
            class.set_css_name("terminal");
            class.set_accessible_role(accessible::ROLE);
            // Actions of the class are those that assistive technologies and scripts find by name; here they are the
            // window's.
            for (name, action) in shortcuts::named() {
                class.install_action(&name, None, move |view, _, _| {
                    // Fails where the view is in no window of ours: then there is nothing to do it with.
                    let _ = view.activate_action(action, None);
                });
            }
            class.install_action(shortcuts::MENU, None, |view, _, _| view.open_menu_at_cursor());
        }
    }

    impl ObjectImpl for View {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().build();
        }

        fn dispose(&self) {
            self.session.take();
            self.obj().stop_blinking();
            while let Some(child) = self.obj().first_child() {
                child.unparent();
            }
        }
    }

    impl WidgetImpl for View {
        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            self.obj().draw(snapshot);
            self.obj().draw_page(snapshot);
        }

        fn measure(&self, orientation: gtk::Orientation, _: i32) -> (i32, i32, i32, i32) {
            let metrics = self.obj().metrics();
            let padding = self.obj().padding();
            let settings = settings::current();
            let (cell, count) = match orientation {
                gtk::Orientation::Horizontal => (metrics.width, settings.window.columns),
                _ => (metrics.height, settings.window.rows),
            };
            let beside = match orientation {
                gtk::Orientation::Horizontal => self.obj().bar_width() as f32,
                _ => 0.0,
            };
            let least = (cell * 2.0 + 2.0 * padding + beside).ceil() as i32;
            let natural = (cell * f32::from(count) + 2.0 * padding + beside).ceil() as i32;
            (least, natural, -1, -1)
        }

        fn size_allocate(&self, width: i32, height: i32, baseline: i32) {
            self.parent_size_allocate(width, height, baseline);
            self.obj().allocated(width, height);
            self.obj().place_menu();
            self.obj().place_text(width, height);
            self.obj().place_page(width, height);
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
        // Watched: what lives as long as the program must not keep what every view has left with it.
        let dark = glib::closure_local!(
            #[watch(rename_to = view)]
            self,
            move |style: adw::StyleManager, _: glib::ParamSpec| {
                view.take_theme(palettes::theme(&settings::current(), style.is_dark()));
            }
        );
        style.connect_closure("notify::dark", false, dark);
        let contrast = glib::closure_local!(
            #[watch(rename_to = view)]
            self,
            move |_: adw::StyleManager, _: glib::ParamSpec| view.queue_draw()
        );
        style.connect_closure("notify::high-contrast", false, contrast);
        self.connect_scale_factor_notify(View::forget_fonts);
        self.take_keyboard();
        self.take_mouse();
        self.take_drops();
        self.take_listeners();
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
        self.focus_page();
    }

    /// Shows a session as soon as the size of the screen is known.
    pub fn open(&self, wanted: Wanted) {
        self.imp().wanted.replace(Some(wanted));
        self.open_wanted();
    }

    /// Shows a session that was shown before; at once with the size that it has, where that is known, though this view
    /// may not be seen yet.
    pub fn open_shown(&self, shown: Shown, size: Option<Size>) {
        self.imp().shown.set(Some(shown));
        if self.imp().size.get().is_none() {
            self.imp().size.set(size);
        }
        self.open(Wanted::Session(SessionId(shown.session).to_string()));
    }

    fn open_wanted(&self) {
        let Some(size) = self.imp().size.get() else { return };
        let Some(wanted) = self.imp().wanted.take() else { return };
        let (colours, again) = (self.theme().told(), wanted.clone());
        let is_new = matches!(wanted, Wanted::New { .. });
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = view)]
            self,
            async move {
                match service::open(wanted, size, colours).await {
                    // Its tab was closed meanwhile: nobody would find the new session.
                    Ok(opened) if view.root().is_none() => {
                        let session = opened.attachment.session.id.0;
                        drop(opened);
                        if is_new {
                            drop(service::release(vec![session]).await); // it stays, if that fails
                        }
                    }
                    Ok(opened) => view.attached(opened),
                    Err(error) => {
                        view.imp().wanted.replace(Some(again));
                        match error.downcast_ref::<ClientError>() {
                            Some(error) if error.ends_connection() => view.unreachable(error),
                            _ => view.fail(Problem::Note(told(&error))),
                        }
                    }
                }
            }
        ));
    }

    /// Nothing can be shown, or nothing more: why stays on the screen until it is tried again.
    fn fail(&self, problem: Problem) {
        self.remove_problem();
        self.imp().problem.replace(Some(problem));
        self.imp().ahead.take();
        self.tell_busy();
        self.queue_resize();
    }

    /// Enter was pressed on that.
    fn try_again(&self) {
        self.remove_problem();
        if let Some((id, _)) = self.session() {
            self.imp().wanted.replace(Some(Wanted::Session(id)));
        }
        self.open_wanted();
        self.queue_draw();
    }

    fn theme(&self) -> Theme {
        let dark = || adw::StyleManager::default().is_dark();
        let mut theme = self.imp().theme.borrow_mut();
        theme.get_or_insert_with(|| palettes::theme(&settings::current(), dark())).clone()
    }

    /// Space around the text, in logical pixels.
    fn padding(&self) -> f32 {
        f32::from(settings::current().window.padding)
    }

    /// A person has set something else.
    pub fn settings_changed(&self) {
        self.take_theme(palettes::theme(&settings::current(), adw::StyleManager::default().is_dark()));
        if let Some(bar) = self.bar() {
            bar.set_visible(settings::current().window.scrollbar);
        }
        self.forget_fonts();
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
        let mut description = pango::FontDescription::from_string(&settings::current().window.font);
        // A font without a size has Pango's usual one.
        let asked = if description.size() > 0 { description.size() } else { 11 * pango::SCALE };
        let size = asked + self.imp().zoom.get() * pango::SCALE;
        description.set_size(size.clamp(SMALLEST * pango::SCALE, LARGEST * pango::SCALE));
        let scale = f64::from(self.scale_factor());
        Fonts::new(self.create_pango_context(), description, scale, settings::current().window.ligatures)
    }

    /// There is so much room.
    fn allocated(&self, width: i32, height: i32) {
        let metrics = self.metrics();
        let padding = self.padding();
        let fit = |room: i32, cell: f32| ((room as f32 - 2.0 * padding) / cell).floor().max(1.0);
        let (cols, rows) = (fit(width - self.bar_width(), metrics.width), fit(height, metrics.height));
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
        // What a note is about is tried again by the person, not by more room.
        if self.imp().problem.borrow().is_none() {
            self.open_wanted();
        }
    }

    /// The cell at a place of the widget, and whether the place is inside the text.
    fn cell_at(&self, x: f64, y: f64) -> (usize, usize) {
        let metrics = self.metrics();
        let padding = self.padding();
        let (left, up) = self.imp().shift.get();
        let at = |place: f64, shift: f32, cell: f32| {
            ((place as f32 - padding + shift) / cell).floor().max(0.0) as usize
        };
        (at(y, up, metrics.height), at(x, left, metrics.width))
    }

    /// The session that is shown: its id and its name; `None` once it has ended.
    pub fn session(&self) -> Option<(String, String)> {
        self.imp().session.borrow().as_ref().map(Session::identity)
    }

    /// The session that this view shows or is about to; `None` once it has ended.
    pub fn shown(&self) -> Option<Shown> {
        self.imp().shown.get()
    }

    /// What a tab with this view is called.
    pub fn title(&self) -> String {
        self.imp().title.borrow().clone()
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

/// Gives a child all the room of its view, or as much as it needs.
fn cover(child: &impl IsA<gtk::Widget>, width: i32, height: i32) {
    let width = width.max(child.measure(gtk::Orientation::Horizontal, -1).0);
    let height = height.max(child.measure(gtk::Orientation::Vertical, width).0);
    child.allocate(width, height, -1, None);
}
