//! Scrolling by pixels: a touchpad moves the text as far as the fingers, and lets it run on when they leave. What is
//! shown begins at a row (`history`) and so many pixels below its top.

use super::View;
use gtk::glib;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use std::cell::{Cell, RefCell};

/// How much of its speed text that runs on keeps in a second, as an exponent of e: GTK's own scrolled windows lose as much.
const FRICTION: f64 = 4.0;
/// Slower than that, in pixels a second, is standing still.
const STILL: f64 = 20.0;

#[derive(Debug, Default)]
pub(super) struct State {
    /// Pixels of the first row that are above the edge.
    above: Cell<f64>,
    /// Pixels a second, while it runs on.
    speed: Cell<f64>,
    running: RefCell<Option<gtk::TickCallbackId>>,
    /// When the last frame of that was, in µs of the frame clock.
    last: Cell<i64>,
}

impl View {
    /// Scrolls by pixels, up where they are negative.
    pub(super) fn scroll_pixels(&self, pixels: f64) {
        let state = &self.imp().scrolling;
        let height = f64::from(self.metrics().height);
        let above = state.above.get() + pixels;
        let rows = (above / height).floor();
        let before = self.imp().scrolled.borrow().is_some();
        self.scroll(rows as i64);
        // At the end and at the beginning there is no part of a row that could be shown.
        let moves = self.imp().scrolled.borrow().is_some() && !(rows < 0.0 && before && self.at_beginning());
        state.above.set(if moves { above - rows * height } else { 0.0 });
        self.queue_draw();
    }

    /// How far the text is moved upwards, in logical pixels on the device's own.
    pub(super) fn pixels_above(&self) -> f32 {
        let scale = f64::from(self.scale_factor());
        ((self.imp().scrolling.above.get() * scale).round() / scale) as f32
    }

    /// Whole rows again.
    pub(super) fn scroll_whole_rows(&self) {
        self.stop_running();
        self.imp().scrolling.above.set(0.0);
    }

    /// The fingers have left with so many pixels a second.
    pub(super) fn run_on(&self, speed: f64) {
        self.stop_running();
        if !self.settings().is_gtk_enable_animations() || speed.abs() < STILL {
            return;
        }
        let state = &self.imp().scrolling;
        state.speed.set(speed);
        state.last.set(0);
        let tick = self.add_tick_callback(|view, clock| view.run(clock.frame_time()));
        state.running.replace(Some(tick));
    }

    fn run(&self, now: i64) -> glib::ControlFlow {
        let state = &self.imp().scrolling;
        let last = state.last.replace(now);
        let seconds = if last == 0 { 0.0 } else { (now - last) as f64 / 1e6 };
        let speed = state.speed.get() * (-FRICTION * seconds).exp();
        state.speed.set(speed);
        self.scroll_pixels(speed * seconds);
        let stands = self.imp().scrolled.borrow().is_none() && last != 0;
        if speed.abs() < STILL || stands || self.at_beginning() && speed < 0.0 {
            state.running.take();
            return glib::ControlFlow::Break;
        }
        glib::ControlFlow::Continue
    }

    pub(super) fn stop_running(&self) {
        if let Some(tick) = self.imp().scrolling.running.take() {
            tick.remove();
        }
    }
}
