//! RIS, DECSTR and DECSCL: back to how it all began, wholly or in part.

use crate::cell::Cell;
use crate::charset::Charsets;
use crate::cursor::{Pen, Position, SavedCursor};
use crate::event::Event;
use crate::history::History;
use crate::keyboard::KittyFlags;
use crate::modes::{Mode, Modes};
use crate::osc::Progress;
use crate::pointer::Pointers;
use crate::tabs::Tabs;
use crate::terminal::{CursorLook, LastPrinted, Protection, Terminal};

use super::params::Params;

impl<H: History> Terminal<H> {
    /// RIS. Titles and the directory stay: they tell of programs, not of the screen.
    pub(super) fn reset(&mut self) {
        if self.modes.is_set(Mode::Columns132) {
            self.resize_by_program(80, 0);
        }
        self.modes = Modes::new(self.options.grapheme_clusters);
        self.saved_modes = self.modes;
        self.on_alternate = false;
        self.at = Position::default();
        self.pen = Pen::default();
        self.charsets = Charsets::default();
        self.saved = [None; 2];
        self.reset_margins();
        self.tabs = Tabs::new();
        self.protection = Protection::Off;
        self.cursor_look = CursorLook::default();
        self.last = LastPrinted::default();
        self.conformance = Self::CONFORMANCE;
        self.rectangular = false;
        self.titles.reset();
        self.renditions.clear();
        let pointer = self.pointer_shape().to_owned();
        self.pointers = Pointers::default();
        self.pointer_changed(&pointer);
        self.eight_bit = false;
        self.notifications.clear();
        self.kitty = [KittyFlags::default(); 2];
        self.modify_other_keys = 0;
        self.colours.reset_all();
        self.history.clear();
        self.graphics.reset();
        for screen in [&mut self.primary, &mut self.alternate] {
            for row in 0..screen.rows() {
                let row = screen.row_mut(row);
                row.clear(Cell::EMPTY);
                row.mark = None;
            }
        }
        if self.progress != Progress::None {
            self.progress = Progress::None;
            self.events.push(Event::Progress(Progress::None));
        }
        self.events.push(Event::ColoursChanged);
        self.input_changed();
    }

    /// DECSTR: what a program may have left behind, but not what is on the screen.
    pub(super) fn soft_reset(&mut self) {
        for (mode, on) in [
            (Mode::CursorVisible, true),
            (Mode::Origin, false),
            (Mode::AutoWrap, true),
            (Mode::Insert, false),
            (Mode::KeyboardLock, false),
            (Mode::ApplicationCursor, false),
            (Mode::ApplicationKeypad, false),
            (Mode::LeftRightMargins, false),
            (Mode::ReverseWrap, false),
            (Mode::ReverseWrapExtended, false),
            (Mode::NationalCharsets, false),
            (Mode::Synchronized, false),
        ] {
            self.modes.set(mode, on);
        }
        self.reset_margins();
        self.at.pending_wrap = false;
        self.pen = Pen::default();
        self.charsets = Charsets::default();
        self.cursor_look = CursorLook::default();
        self.protection = Protection::Off;
        self.rectangular = false;
        let slot = self.screen_slot();
        self.saved[slot] = Some(SavedCursor::default());
        self.input_changed();
    }

    /// DECSCL. Controls of eight bits come only by their number: DEC's terminals take them for granted where it is
    /// missing, but what is written today expects none.
    pub(super) fn set_conformance(&mut self, arguments: &Params) {
        if let level @ 61..=65 = arguments.raw(0) {
            self.soft_reset();
            self.conformance = level as u8;
            self.eight_bit = level > 61 && arguments.len() > 1 && matches!(arguments.raw(1), 0 | 2);
        }
    }
}
