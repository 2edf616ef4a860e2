//! Which of GTK's renderers draws: on a machine without a graphics processor the one for software, because the other one
//! redraws everything for each changed line there (some thirty times dearer).
//!
//! GTK offers an environment variable for it, which every program started from here would inherit, or this key on the
//! display, which it reads when a window gets its renderer. It is private to GTK (`gdksurface.c`): where a later one
//! does not read it, drawing is slow and right.
#![allow(unsafe_code)] // the key takes a C string

use gtk::gdk;
use gtk::glib::gobject_ffi::{GObject, g_object_set_data};
use gtk::prelude::*;

/// Chooses for all windows of a display. What a person chose by `GSK_RENDERER` stays.
pub fn choose(display: &gdk::Display) {
    if std::env::var_os("GSK_RENDERER").is_none() && !has_graphics_processor() {
        let display: *mut GObject = display.upcast_ref::<gtk::glib::Object>().as_ptr();
        // SAFETY: the display lives for as long as `display`; key and value are constants that end in NUL and live
        // for ever; GTK only reads the value.
        unsafe { g_object_set_data(display, c"gsk-renderer".as_ptr(), c"cairo".as_ptr() as *mut _) };
    }
}

/// Whether cairo draws a widget's window.
pub fn is_cairo(widget: &impl IsA<gtk::Widget>) -> bool {
    let renderer = widget.native().and_then(|native| native.renderer());
    renderer.is_some_and(|renderer| renderer.is::<gtk::gsk::CairoRenderer>())
}

/// The kernel has a device that renders.
fn has_graphics_processor() -> bool {
    let Ok(devices) = std::fs::read_dir("/dev/dri") else { return false };
    devices.flatten().any(|device| device.file_name().to_string_lossy().starts_with("renderD"))
}
