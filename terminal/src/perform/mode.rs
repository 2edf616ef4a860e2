//! Setting, saving and reporting modes, with what else happens when one changes.

use crate::event::Event;
use crate::history::History;
use crate::input::{InputModes, MouseEncoding, MouseTracking};
use crate::modes::{Mode, Modes};
use crate::row::LineSize;
use crate::terminal::Terminal;

use super::params::Params;

impl<H: History> Terminal<H> {
    pub(super) fn set_ansi_mode(&mut self, number: u16, on: bool) {
        if let Some(mode) = Mode::from_ansi(number) {
            self.set_mode(mode, on);
        }
    }

    pub(super) fn set_private_mode(&mut self, number: u16, on: bool) {
        if let Some(mode) = Mode::from_private(number) {
            if !on || self.has_mode(mode) {
                self.set_mode(mode, on);
            }
        } else if self.options.images() {
            self.set_sixel_mode(number, on);
        }
    }

    /// A terminal of an older kind has no such mode to be set (DECSCL).
    fn has_mode(&self, mode: Mode) -> bool {
        let since = match mode {
            Mode::LeftRightMargins => 64,
            Mode::NoClearOnColumns => 65,
            _ => 61,
        };
        self.conformance >= since
    }

    /// XTSAVE.
    pub(super) fn save_private_mode(&mut self, number: u16) {
        if let Some(mode) = Mode::from_private(number) {
            let on = self.mode_is_set(mode);
            self.saved_modes.store(mode, on);
        } else if self.options.images()
            && let Some(on) = self.sixel_mode(number)
            && let Some(slot) = self.graphics.saved_modes.slot(number)
        {
            *slot = on;
        }
    }

    /// XTRESTORE.
    pub(super) fn restore_private_mode(&mut self, number: u16) {
        if let Some(mode) = Mode::from_private(number) {
            let on = self.saved_modes.is_set(mode);
            if on != self.mode_is_set(mode) && (!on || self.has_mode(mode)) {
                self.set_mode(mode, on);
            }
        } else if self.options.images()
            && let Some(on) = self.graphics.saved_modes.slot(number).copied()
        {
            self.set_sixel_mode(number, on);
        }
    }

    pub(super) fn set_mode(&mut self, mode: Mode, on: bool) {
        match mode {
            Mode::Columns132 => {
                if !self.modes.is_set(Mode::AllowColumns) {
                    return;
                }
                self.modes.set(mode, on);
                self.resize_by_program(if on { 132 } else { 80 }, 0);
                self.reset_margins();
                self.modes.set(Mode::LeftRightMargins, false);
                if !self.modes.is_set(Mode::NoClearOnColumns) {
                    self.erase_display(2, false);
                }
                self.go_to(0, 0);
            }
            Mode::AlternateScreen => self.show_alternate(on),
            Mode::AlternateScreenClear => {
                if !on && self.on_alternate {
                    self.erase_display(2, false);
                }
                self.show_alternate(on);
            }
            Mode::AlternateScreenCursor if on => {
                if !self.on_alternate {
                    self.save_cursor();
                    self.show_alternate(true);
                    self.erase_display(2, false);
                }
            }
            Mode::AlternateScreenCursor => {
                // Only from there: a stray end of a full-screen program must not move the cursor.
                if self.on_alternate {
                    self.show_alternate(false);
                    self.restore_cursor();
                }
            }
            Mode::SavedCursor if on => self.save_cursor(),
            Mode::SavedCursor => self.restore_cursor(),
            _ => self.modes.set(mode, on),
        }
        match mode {
            Mode::Origin => self.go_to(0, 0),
            Mode::LeftRightMargins if on => self.forget_line_sizes(),
            Mode::LeftRightMargins => {
                (self.margins.left, self.margins.right) = (0, self.cols());
            }
            Mode::CursorBlink => self.cursor_look.blinking = None,
            Mode::ResizeReports if on => self.report_size(),
            _ => {}
        }
        if mode.concerns_viewers() {
            self.input_changed();
        }
    }

    /// Left and right margins and rows of double width exclude each other.
    fn forget_line_sizes(&mut self) {
        for row in 0..self.rows() {
            if self.screen().row(row).line_size() != LineSize::Single {
                self.screen_mut().row_mut(row).line_size = LineSize::Single;
            }
        }
    }

    fn show_alternate(&mut self, alternate: bool) {
        let pointer = self.pointer_shape().to_owned();
        self.on_alternate = alternate;
        self.pointer_changed(&pointer);
    }

    /// Whether a mode is set, also where it is no bit of its own.
    fn mode_is_set(&self, mode: Mode) -> bool {
        match mode {
            Mode::AlternateScreen | Mode::AlternateScreenClear | Mode::AlternateScreenCursor => {
                self.on_alternate
            }
            Mode::SavedCursor => self.saved[self.screen_slot()].is_some(),
            _ => self.modes.is_set(mode),
        }
    }

    /// DECRQM, which a VT200 does not know.
    pub(super) fn report_mode(&mut self, number: u16, private: bool) {
        if self.conformance < 63 {
            return;
        }
        let mode = if private { Mode::from_private(number) } else { Mode::from_ansi(number) };
        let state = match mode {
            Some(mode) if self.mode_is_set(mode) => 1,
            Some(_) => 2,
            None if !private && Mode::is_fixed_ansi(number) => 4,
            None if private && self.options.images() => match self.sixel_mode(number) {
                Some(true) => 1,
                Some(false) => 2,
                None => 0,
            },
            None => 0,
        };
        let prefix = if private { "?" } else { "" };
        self.reply(format!("\x1b[{prefix}{number};{state}$y").as_bytes());
    }

    /// XTMODKEYS.
    pub(super) fn set_modify_other_keys(&mut self, arguments: &Params) {
        match arguments.raw(0) {
            // None named resets all of them.
            0 => self.change_modify_other_keys(0),
            4 => self.change_modify_other_keys(arguments.raw(1).min(2) as u8),
            _ => {}
        }
    }

    pub(super) fn change_modify_other_keys(&mut self, level: u8) {
        self.modify_other_keys = level;
        self.input_changed();
    }

    pub(super) fn input_changed(&mut self) {
        self.events.push(Event::ModesChanged);
    }

    pub(crate) fn gather_input_modes(&self) -> InputModes {
        let set = |mode| self.modes.is_set(mode);
        let tracking = [
            (Mode::MouseX10, MouseTracking::X10),
            (Mode::MouseNormal, MouseTracking::Normal),
            (Mode::MouseButton, MouseTracking::Button),
            (Mode::MouseAny, MouseTracking::Any),
        ];
        let encoding = [
            (Mode::MouseUtf8, MouseEncoding::Utf8),
            (Mode::MouseSgr, MouseEncoding::Sgr),
            (Mode::MouseUrxvt, MouseEncoding::Urxvt),
            (Mode::MouseSgrPixels, MouseEncoding::SgrPixels),
        ];
        InputModes {
            application_cursor: set(Mode::ApplicationCursor),
            application_keypad: set(Mode::ApplicationKeypad),
            backarrow_is_backspace: set(Mode::BackarrowIsBackspace),
            bracketed_paste: set(Mode::BracketedPaste),
            focus_events: set(Mode::FocusEvents),
            mouse: pick(&self.modes, &tracking, MouseTracking::Off),
            mouse_encoding: pick(&self.modes, &encoding, MouseEncoding::Default),
            alternate_scroll: set(Mode::AlternateScroll),
            alternate_screen: self.on_alternate,
            modify_other_keys: self.modify_other_keys,
            kitty: self.kitty[self.screen_slot()].current(),
            meta_escape: set(Mode::MetaEscape),
            newline: set(Mode::Newline),
            num_lock: set(Mode::NumLockModifier),
            delete_is_del: set(Mode::DeleteIsDel),
        }
    }
}

fn pick<T: Copy>(modes: &Modes, choices: &[(Mode, T)], otherwise: T) -> T {
    choices.iter().find(|(mode, _)| modes.is_set(*mode)).map_or(otherwise, |(_, choice)| *choice)
}
