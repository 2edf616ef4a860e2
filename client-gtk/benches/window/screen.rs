//! The X server as a person's eyes and hands: windows, keys by XTEST, and pixels, which are looked at when the server
//! says by DAMAGE that something was drawn.

use anyhow::{Context, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::time::{Duration, Instant};
use x11rb::CURRENT_TIME;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};
use x11rb::protocol::xproto::{
    ConfigureWindowAux, ConnectionExt as _, ImageFormat, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT,
    MapState, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// Nothing drawn for so long: a window has come to rest, even one whose frames take a fifth of a second.
const QUIET: Duration = Duration::from_millis(400);
/// A terminal's window is wider and higher than this, in pixels; helpers of toolkits are not.
const LEAST: u16 = 50;

/// Part of the root window, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub x: i16,
    pub y: i16,
    pub width: u16,
    pub height: u16,
}

/// A key by what it types on a keyboard of the United States (keysyms).
#[derive(Clone, Copy)]
pub enum Key {
    Letter(char),
    Control,
    Shift,
}

pub struct Screen {
    connection: RustConnection,
    root: Window,
    /// Of the root window, in pixels.
    size: (u16, u16),
    damage: u32,
    /// Keysyms of all keycodes, so many each, from the first keycode.
    keysyms: (u8, usize, Vec<u32>),
}

impl Screen {
    pub fn connect(display: &str) -> anyhow::Result<Self> {
        let (connection, number) = RustConnection::connect(Some(display))?;
        let screen = &connection.setup().roots[number];
        let (root, size) = (screen.root, (screen.width_in_pixels, screen.height_in_pixels));
        connection.damage_query_version(1, 1)?.reply().context("the X server has no DAMAGE")?;
        connection.xtest_get_version(2, 2)?.reply().context("the X server has no XTEST")?;
        let damage = connection.generate_id()?;
        connection.damage_create(damage, root, ReportLevel::NON_EMPTY)?;
        let (least, most) = (connection.setup().min_keycode, connection.setup().max_keycode);
        let keys = connection.get_keyboard_mapping(least, most - least + 1)?.reply()?;
        let keysyms = (least, usize::from(keys.keysyms_per_keycode), keys.keysyms);
        Ok(Self { connection, root, size, damage, keysyms })
    }

    /// The windows that are shown.
    pub fn windows(&self) -> anyhow::Result<Vec<Window>> {
        let mut shown = Vec::new();
        for window in self.connection.query_tree(self.root)?.reply()?.children {
            // One that is gone by now is not shown.
            let Ok(attributes) = self.connection.get_window_attributes(window)?.reply() else { continue };
            let Ok(geometry) = self.connection.get_geometry(window)?.reply() else { continue };
            if attributes.map_state == MapState::VIEWABLE && geometry.width.min(geometry.height) > LEAST {
                shown.push(window);
            }
        }
        Ok(shown)
    }

    pub fn area(&self, window: Window) -> anyhow::Result<Area> {
        let geometry = self.connection.get_geometry(window)?.reply()?;
        Ok(Area { x: geometry.x, y: geometry.y, width: geometry.width, height: geometry.height })
    }

    /// Puts a window into the corner and gives it a size and the keyboard.
    pub fn place(&self, window: Window, width: u16, height: u16) -> anyhow::Result<()> {
        let place = ConfigureWindowAux::new().x(0).y(0).width(u32::from(width)).height(u32::from(height));
        self.connection.configure_window(window, &place)?;
        self.connection.set_input_focus(InputFocus::PARENT, window, CURRENT_TIME)?;
        self.connection.flush()?;
        Ok(())
    }

    fn keycode(&self, key: Key) -> anyhow::Result<u8> {
        let wanted = match key {
            Key::Letter(letter) => u32::from(letter),
            Key::Control => 0xffe3,
            Key::Shift => 0xffe1,
        };
        let (first, each, keysyms) = &self.keysyms;
        let at = keysyms.iter().position(|keysym| *keysym == wanted).context("the keyboard lacks a key")?;
        Ok(first + (at / each) as u8)
    }

    pub fn press(&self, key: Key) -> anyhow::Result<()> {
        self.key_event(key, KEY_PRESS_EVENT)
    }

    pub fn release(&self, key: Key) -> anyhow::Result<()> {
        self.key_event(key, KEY_RELEASE_EVENT)
    }

    fn key_event(&self, key: Key, kind: u8) -> anyhow::Result<()> {
        self.connection.xtest_fake_input(kind, self.keycode(key)?, CURRENT_TIME, self.root, 0, 0, 0)?;
        self.connection.flush()?;
        Ok(())
    }

    /// The pixels of an area, four bytes each.
    pub fn grab(&self, area: Area) -> anyhow::Result<Vec<u8>> {
        let Area { x, y, width, height } = area;
        let within =
            |at: i16, long: u16, most: u16| at >= 0 && i32::from(at) + i32::from(long) <= i32::from(most);
        ensure!(
            within(x, width, self.size.0) && within(y, height, self.size.1),
            "{area:?} is not on the screen"
        );
        let image = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, !0)?;
        let data = image.reply()?.data;
        ensure!(data.len() == usize::from(width) * usize::from(height) * 4, "pixels of another depth");
        Ok(data)
    }

    /// Waits until something is drawn; false when nothing was within that time.
    pub fn drawn(&self, within: Duration) -> anyhow::Result<bool> {
        let deadline = Instant::now() + within;
        loop {
            let mut heard = false;
            while let Some(event) = self.connection.poll_for_event()? {
                heard |= matches!(event, Event::DamageNotify(_));
            }
            if heard {
                // From now on: what is drawn before the next look is seen by it, what comes later is told again.
                self.connection.damage_subtract(self.damage, x11rb::NONE, x11rb::NONE)?;
                self.connection.flush()?;
                return Ok(true);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            let left = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
            let _ = poll(&mut [PollFd::new(self.connection.stream(), PollFlags::IN)], Some(&left));
        }
    }

    /// Until nothing has been drawn for a while.
    pub fn rest(&self, patience: Duration) -> anyhow::Result<()> {
        self.quiet(QUIET, patience)
    }

    /// Until nothing has been drawn for so long.
    pub fn quiet(&self, long: Duration, patience: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + patience;
        while self.drawn(long)? {
            ensure!(Instant::now() < deadline, "its window never comes to rest");
        }
        Ok(())
    }

    /// Waits until an area's pixels are such.
    pub fn until(
        &self,
        area: Area,
        within: Duration,
        mut such: impl FnMut(&[u8]) -> bool,
    ) -> anyhow::Result<bool> {
        let deadline = Instant::now() + within;
        loop {
            if such(&self.grab(area)?) {
                return Ok(true);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            self.drawn(left)?;
        }
    }
}

/// The smallest area around all pixels of which this is so, within an area that was grabbed.
pub fn around(area: Area, such: impl Fn(usize) -> bool) -> Option<Area> {
    let width = usize::from(area.width);
    let mut bounds: Option<[usize; 4]> = None;
    for at in (0..width * usize::from(area.height)).filter(|at| such(*at)) {
        let (x, y) = (at % width, at / width);
        let [left, top, right, bottom] = bounds.get_or_insert([x, y, x, y]);
        (*left, *top) = ((*left).min(x), (*top).min(y));
        (*right, *bottom) = ((*right).max(x), (*bottom).max(y));
    }
    let [left, top, right, bottom] = bounds?;
    Some(Area {
        x: area.x + left as i16,
        y: area.y + top as i16,
        width: (right - left + 1) as u16,
        height: (bottom - top + 1) as u16,
    })
}

/// One pixel of a picture.
pub fn pixel(picture: &[u8], at: usize) -> &[u8] {
    &picture[at * 4..at * 4 + 3]
}
