//! When a frame is published: for a viewer that waits, once the output is drained or has kept it waiting long
//! enough, at once for the echo of a key, and never inside a synchronized update. With nobody waiting nothing
//! is published, and the view says that there is damage.

use super::publish;
use super::thread::Runner;
use std::time::{Duration, Instant};

/// Least time between two frames: viewers that read slowly are otherwise starved by the credits of others.
const FRAME_TIME: Duration = Duration::from_millis(2);
/// The same while the echo of a key is due: a flood hides it for no longer, and a frame costs a tenth of this.
pub(super) const ECHO_FRAME_TIME: Duration = Duration::from_micros(150);
/// So long after input the output may be its echo: a program's answer to a key often comes in several writes,
/// and behind a flood it comes late.
const ECHO_TIME: Duration = Duration::from_millis(3);

/// What decides when the next frame comes.
#[derive(Debug)]
pub(super) struct Frames {
    /// The screen differs from the last frame since then.
    damaged: Option<Instant>,
    published: Instant,
    /// The view says that there is damage which nobody waited for.
    left_dirty: bool,
    /// Output may be an echo until then.
    echo: Option<Instant>,
    due: Option<Instant>,
}

impl Frames {
    pub(super) fn new() -> Self {
        Self { damaged: None, published: Instant::now(), left_dirty: false, echo: None, due: None }
    }

    /// The screen has changed.
    pub(super) fn damage(&mut self) {
        self.damaged.get_or_insert_with(Instant::now);
    }

    /// The first output after input came at this time.
    pub(super) fn expect_echo(&mut self, now: Instant) {
        self.echo = Some(now + ECHO_TIME);
    }

    /// Whether output may be an echo.
    pub(super) fn echo_expected(&mut self, now: Instant) -> bool {
        self.echo = self.echo.filter(|until| now < *until);
        self.echo.is_some()
    }

    /// When the thread must look again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }
}

impl Runner {
    /// Publishes a frame if somebody waits for one and the time has come. `drained`: all output has been read.
    pub(super) fn publish_if_due(&mut self, drained: bool) {
        self.frames.due = None;
        let Some(damaged) = self.frames.damaged else { return };
        if self.emulator.synchronized() || !self.somebody_waits() {
            return;
        }
        let now = Instant::now();
        let Frames { published, .. } = self.frames;
        let due = match (self.frames.echo_expected(now), drained) {
            (true, true) => now,
            (true, false) => damaged.max(published) + ECHO_FRAME_TIME,
            (false, true) => published + FRAME_TIME,
            (false, false) => damaged.max(published) + FRAME_TIME,
        };
        if due <= now {
            self.publish();
        } else {
            self.frames.due = Some(due);
        }
    }

    /// Whether a viewer waits for a frame. If none does, the view says that there is damage, and whoever
    /// waits next asks for it; who began to wait in this very moment is seen by the second look.
    fn somebody_waits(&mut self) -> bool {
        if self.viewers.armed() {
            return true;
        }
        if !self.frames.left_dirty {
            self.view.leave_dirty();
            self.frames.left_dirty = true;
        }
        self.viewers.armed()
    }

    /// Publishes a frame now and rings for it.
    pub(super) fn publish(&mut self) {
        publish::publish(&mut self.view, &mut self.emulator, &self.pictures);
        self.frames.published = Instant::now();
        self.frames.damaged = None;
        self.frames.left_dirty = false;
        self.frames.due = None;
        self.viewers.ring();
    }

    /// Publishes what a new viewer should see, unless an update is under way.
    pub(super) fn publish_for_new_viewer(&mut self) {
        if self.frames.damaged.is_some() && !self.emulator.synchronized() {
            self.publish();
        }
    }
}
