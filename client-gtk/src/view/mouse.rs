//! The mouse: the program's where it asked for it, unless Shift is held; else the person's, who selects and scrolls.

use super::View;
use super::selection::Unit;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use gtk::{gdk, glib};
use scarab_protocol::grid::ScreenFlags;
use scarab_protocol::grid::modes::{Modes, Mouse as Wanted};
use scarab_protocol::message::input::{Key, Mouse, MouseAction};
use scarab_protocol::message::{KeyAction, mods};
use std::cell::Cell;

/// Rows that one notch of the wheel scrolls.
const WHEEL: f64 = 3.0;
/// The kitty protocol's numbers of the cursor keys.
const UP: u32 = 57352;
const DOWN: u32 = 57353;

/// What the mouse is doing.
#[derive(Debug, Default)]
pub(super) struct State {
    /// A drag selects.
    selecting: Cell<bool>,
    /// It has moved since.
    moved: Cell<bool>,
    /// The button that the program knows to be down.
    button: Cell<u8>,
    /// The cell that was told last.
    told: Cell<Option<(usize, usize)>>,
    /// Parts of rows that a smooth wheel has turned.
    turned: Cell<f64>,
    at: Cell<(f64, f64)>,
}

impl View {
    pub(super) fn take_mouse(&self) {
        let click = gtk::GestureClick::builder().button(0).exclusive(true).build();
        click.connect_pressed(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |click, count, x, y| view.pressed(click, count, x, y)
        ));
        click.connect_released(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |click, _, x, y| view.released(click, x, y)
        ));
        click.connect_unpaired_release(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |click, x, y, _, _| view.released(click, x, y)
        ));
        click.connect_cancel(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |click, _| {
                let at = view.imp().mouse.at.get();
                view.imp().mouse.selecting.set(false);
                view.released(click, at.0, at.1);
            }
        ));
        self.add_controller(click);
        let motion = gtk::EventControllerMotion::new();
        motion.connect_motion(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |motion, x, y| view.moved(motion.current_event_state(), x, y)
        ));
        motion.connect_leave(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |_| view.point_at(gdk::ModifierType::empty(), 0.0, 0.0)
        ));
        self.add_controller(motion);
        let wheel = gtk::EventControllerScroll::new(
            gtk::EventControllerScrollFlags::BOTH_AXES | gtk::EventControllerScrollFlags::KINETIC,
        );
        wheel.connect_scroll(glib::clone!(
            #[weak(rename_to = view)]
            self,
            #[upgrade_or]
            glib::Propagation::Proceed,
            move |wheel, _, turned| view.turned(wheel, turned)
        ));
        wheel.connect_scroll_begin(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |_| view.stop_running()
        ));
        wheel.connect_decelerate(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |wheel, _, speed| {
                if view.scrolls_itself(wheel.current_event_state()) {
                    view.run_on(speed);
                }
            }
        ));
        self.add_controller(wheel);
    }

    fn wanted(&self, state: gdk::ModifierType) -> Wanted {
        let shift = state.contains(gdk::ModifierType::SHIFT_MASK);
        let scrolled = self.imp().scrolled.borrow().is_some();
        if shift || scrolled { Wanted::Off } else { self.modes().mouse() }
    }

    fn modes(&self) -> Modes {
        Modes::new(self.imp().frame.borrow().head().modes)
    }

    fn tell_mouse(&self, action: MouseAction, button: u8, state: gdk::ModifierType, (x, y): (f64, f64)) {
        let (row, col) = self.cell_at(x, y);
        let scale = f64::from(self.scale_factor());
        let padding = f64::from(self.padding());
        let pixels = |place: f64| ((place - padding).max(0.0) * scale) as u32;
        let short = |value: usize| u16::try_from(value).unwrap_or(u16::MAX);
        let (last_row, last_col) = {
            let frame = self.imp().frame.borrow();
            (usize::from(frame.head().rows.max(1)) - 1, usize::from(frame.head().cols.max(1)) - 1)
        };
        self.imp().mouse.told.set(Some((row, col)));
        self.send(Mouse {
            action,
            button,
            mods: super::keyboard::held(state) & (mods::SHIFT | mods::ALT | mods::CTRL),
            col: short(col.min(last_col)),
            row: short(row.min(last_row)),
            x_px: pixels(x),
            y_px: pixels(y),
        });
    }

    fn pressed(&self, click: &gtk::GestureClick, count: i32, x: f64, y: f64) {
        self.grab_focus();
        let state = click.current_event_state();
        let button = protocol_button(click.current_button());
        let mouse = &self.imp().mouse;
        mouse.at.set((x, y));
        if self.wanted(state) != Wanted::Off {
            mouse.button.set(button);
            return self.tell_mouse(MouseAction::Press, button, state, (x, y));
        }
        self.point_at(state, x, y);
        match button {
            1 if state.contains(gdk::ModifierType::CONTROL_MASK) && self.open_link() => {}
            1 => {
                let unit = match count {
                    1 if state.contains(gdk::ModifierType::CONTROL_MASK) => Unit::Block,
                    1 => Unit::Character,
                    2 => Unit::Word,
                    _ => Unit::Line,
                };
                let (row, col) = self.between(x, y, unit);
                mouse.selecting.set(true);
                mouse.moved.set(unit != Unit::Character && unit != Unit::Block);
                self.select_from(row, col, unit);
            }
            2 => self.paste_primary(),
            3 => self.open_menu(x, y),
            _ => {}
        }
    }

    /// A selection by characters begins between two cells: in the half that is nearer.
    fn between(&self, x: f64, y: f64, unit: Unit) -> (usize, usize) {
        let metrics = self.metrics();
        match unit {
            Unit::Character | Unit::Block => self.cell_at(x + f64::from(metrics.width) / 2.0, y),
            Unit::Word | Unit::Line => self.cell_at(x, y),
        }
    }

    fn moved(&self, state: gdk::ModifierType, x: f64, y: f64) {
        let mouse = &self.imp().mouse;
        if mouse.at.replace((x, y)) == (x, y) {
            return;
        }
        if !state.contains(gdk::ModifierType::BUTTON1_MASK) {
            mouse.selecting.set(false);
        }
        if mouse.selecting.get() {
            mouse.moved.set(true);
            // Beyond an edge a drag scrolls on.
            if y < 0.0 {
                self.scroll(-1);
            } else if y > f64::from(self.height()) {
                self.scroll(1);
            }
            let (row, col) = self.between(x, y, Unit::Character);
            return self.select_to(row, col);
        }
        self.point_at(state, x, y);
        let button = mouse.button.get();
        let told = match self.wanted(state) {
            Wanted::Motion => true,
            Wanted::Drag => button != 0,
            Wanted::Off | Wanted::Buttons => false,
        };
        if told && mouse.told.get() != Some(self.cell_at(x, y)) {
            self.tell_mouse(MouseAction::Motion, button, state, (x, y));
        }
    }

    fn released(&self, click: &gtk::GestureClick, x: f64, y: f64) {
        let mouse = &self.imp().mouse;
        let state = click.current_event_state();
        if mouse.selecting.replace(false) {
            if mouse.moved.get() {
                self.copy_to_primary();
            } else {
                self.clear_selection();
            }
            return;
        }
        let button = mouse.button.replace(0);
        if button != 0 {
            self.tell_mouse(MouseAction::Release, button, state, (x, y));
        }
    }

    /// The wheel: the program's, or cursor keys on an alternate screen that asked for them, or history.
    fn turned(&self, wheel: &gtk::EventControllerScroll, turned: f64) -> glib::Propagation {
        let state = wheel.current_event_state();
        let mouse = &self.imp().mouse;
        let zooms = state.contains(gdk::ModifierType::CONTROL_MASK);
        let programs = self.wanted(state) != Wanted::Off;
        let pixels = wheel.unit() == gdk::ScrollUnit::Surface;
        let height = f64::from(self.metrics().height);
        if self.scrolls_itself(state) {
            self.scroll_pixels(if pixels { turned } else { turned * WHEEL * height });
            return glib::Propagation::Stop;
        }
        // A touchpad turns by parts of a notch, or by pixels.
        let step = match pixels {
            true => 1.0 / height,
            false if zooms || programs => 1.0,
            false => WHEEL,
        };
        let whole = mouse.turned.get() + turned * step;
        let rows = whole.trunc();
        mouse.turned.set(whole - rows);
        let rows = rows as i64;
        if rows == 0 {
            return glib::Propagation::Stop;
        }
        if zooms {
            self.zoom(Some(if rows < 0 { 1 } else { -1 }));
            return glib::Propagation::Stop;
        }
        if programs {
            let button = if rows < 0 { 4 } else { 5 };
            for _ in 0..rows.unsigned_abs() {
                self.tell_mouse(MouseAction::Press, button, state, mouse.at.get());
            }
        } else {
            let key = if rows < 0 { UP } else { DOWN };
            for _ in 0..rows.unsigned_abs() {
                let press = KeyAction::Press;
                self.send(Key { key, mods: 0, action: press, shifted: 0, base: 0, text: String::new() });
            }
        }
        glib::Propagation::Stop
    }

    /// The wheel moves through history: it is neither the program's nor does it stand for cursor keys.
    fn scrolls_itself(&self, state: gdk::ModifierType) -> bool {
        let alternate = self.imp().frame.borrow().head().flags.contains(ScreenFlags::ALTERNATE);
        !state.contains(gdk::ModifierType::CONTROL_MASK)
            && self.wanted(state) == Wanted::Off
            && !(alternate && self.modes().alternate_scroll())
    }
}

/// GDK counts the wheel among the buttons: 1 left, 2 middle, 3 right, then 8 and on.
fn protocol_button(button: u32) -> u8 {
    u8::try_from(button).unwrap_or(0).min(11)
}
