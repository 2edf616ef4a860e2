//! Control sequences: which does what. The work is done elsewhere; here is the table.

use crate::cursor::CursorShape;
use crate::history::History;
use crate::modes::Mode;
use crate::tabs::Tabs;
use crate::terminal::{CursorLook, Terminal};

use super::params::Params;

impl<H: History> Terminal<H> {
    /// A sequence without prefix and intermediates.
    #[inline]
    pub(crate) fn control_sequence(&mut self, params: &Params, action: u8) {
        if action == b'm' {
            self.select_graphic_rendition(params);
            return;
        }
        self.last.joinable = false;
        self.plain_sequence(params, char::from(action));
        self.settle_pending_wrap();
    }

    /// A sequence with a prefix or intermediates.
    pub(super) fn marked_sequence(&mut self, params: &Params, intermediates: &[u8], action: char) {
        self.last.joinable = false;
        match intermediates {
            b"?" => self.private_sequence(params, action),
            b">" | b"=" | b"<" => self.extended_sequence(intermediates[0], params, action),
            _ => self.intermediate_sequence(intermediates, params, action),
        }
        self.settle_pending_wrap();
    }

    fn plain_sequence(&mut self, arguments: &Params, action: char) {
        let count = arguments.count(0);
        match action {
            '@' => self.insert_characters(count),
            'A' => self.up(count),
            'B' => self.down(count),
            'C' => self.forward(count),
            'D' => self.backward(count),
            'E' => {
                self.down(count);
                self.carriage_return();
            }
            'F' => {
                self.up(count);
                self.carriage_return();
            }
            'G' | '`' => self.go_to_col(arguments.position(0)),
            'H' | 'f' => self.go_to(arguments.position(0), arguments.position(1)),
            'I' => self.tab_forward(count),
            'J' => self.erase_display(arguments.raw(0), false),
            'K' => self.erase_line(arguments.raw(0), false),
            'L' => self.insert_lines(count),
            'M' => self.delete_lines(count),
            'P' => self.delete_characters(count),
            'S' => self.scroll_up(self.margins.top, count),
            // With five parameters it would be the highlight tracking of mouse mode 1001, which is not there.
            'T' if arguments.len() < 5 => self.scroll_down(self.margins.top, count),
            '^' => self.scroll_down(self.margins.top, count),
            'X' => self.erase_characters(count),
            'Z' => self.tab_backward(count),
            'a' => self.go_to_col(self.reported_position().1 - 1 + count),
            'b' => self.repeat(count),
            'c' if arguments.raw(0) == 0 => self.report_primary_attributes(),
            'd' => self.go_to_row(arguments.position(0)),
            'e' => self.go_to_row(self.reported_position().0 - 1 + count),
            'g' => match arguments.raw(0) {
                0 => self.tabs.set(self.at.col, false),
                3 => self.tabs.clear(),
                _ => {}
            },
            'h' => arguments.values().for_each(|number| self.set_ansi_mode(number, true)),
            'l' => arguments.values().for_each(|number| self.set_ansi_mode(number, false)),
            'n' => self.report_status(arguments.raw(0)),
            'r' => {
                let bottom = arguments.or(1, self.rows());
                self.set_vertical_margins(arguments.position(0), bottom);
            }
            's' if self.modes.is_set(Mode::LeftRightMargins) => {
                let right = arguments.or(1, self.cols());
                self.set_horizontal_margins(arguments.position(0), right);
            }
            's' => self.save_cursor(),
            't' => self.window_operation(arguments),
            'u' => self.restore_cursor(),
            'x' => self.report_terminal_parameters(arguments.raw(0)),
            _ => {}
        }
    }

    /// Sequences with `?`.
    fn private_sequence(&mut self, arguments: &Params, action: char) {
        match action {
            'J' => self.erase_display(arguments.raw(0), true),
            'K' => self.erase_line(arguments.raw(0), true),
            'S' if self.options.images() => self.report_sixel_limits(arguments),
            'W' if arguments.raw(0) == 5 => self.tabs = Tabs::new(),
            'h' => arguments.values().for_each(|number| self.set_private_mode(number, true)),
            'l' => arguments.values().for_each(|number| self.set_private_mode(number, false)),
            'm' if arguments.raw(0) == 4 => self.report_modify_other_keys(),
            'n' => self.report_private_status(arguments),
            'r' => arguments.values().for_each(|number| self.restore_private_mode(number)),
            's' => arguments.values().for_each(|number| self.save_private_mode(number)),
            'u' => self.report_kitty_flags(),
            _ => {}
        }
    }

    /// Sequences with `>`, `=` or `<`.
    fn extended_sequence(&mut self, prefix: u8, arguments: &Params, action: char) {
        let slot = self.screen_slot();
        match (prefix, action) {
            (b'>', 'c') if arguments.raw(0) == 0 => self.report_secondary_attributes(),
            (b'=', 'c') if arguments.raw(0) == 0 => self.report_tertiary_attributes(),
            (b'>', 'q') if arguments.raw(0) == 0 => self.report_version(),
            (b'>', 't') => arguments.named().for_each(|number| self.set_title_mode(number, true)),
            (b'>', 'T') => arguments.named().for_each(|number| self.set_title_mode(number, false)),
            (b'>', 'm') => self.set_modify_other_keys(arguments),
            (b'>', 'n') if arguments.raw(0) == 4 => self.change_modify_other_keys(0),
            (b'>', 'u') => {
                self.kitty[slot].push(arguments.raw(0) as u16);
                self.input_changed();
            }
            (b'<', 'u') => {
                self.kitty[slot].pop(arguments.count(0));
                self.input_changed();
            }
            (b'=', 'u') => {
                self.kitty[slot].set(arguments.raw(0) as u16, arguments.count(1));
                self.input_changed();
            }
            _ => {}
        }
    }

    /// Sequences with an intermediate byte.
    fn intermediate_sequence(&mut self, intermediates: &[u8], arguments: &Params, action: char) {
        let count = arguments.count(0);
        match (intermediates, action) {
            (b" ", '@') => self.shift_columns_left(self.margins.left, count),
            (b" ", 'A') => self.shift_columns_right(self.margins.left, count),
            (b" ", 'q') => self.set_cursor_look(arguments.raw(0)),
            (b"!", 'p') => self.soft_reset(),
            (b"\"", 'p') => self.set_conformance(arguments),
            (b"\"", 'q') => self.set_character_protection(arguments.raw(0)),
            (b"$", 'p') => self.report_mode(arguments.raw(0) as u16, false),
            (b"?$", 'p') => self.report_mode(arguments.raw(0) as u16, true),
            (b"\"", 'v') => self.report_displayed_extent(),
            (b"$", 'w') => self.report_presentation(arguments.raw(0)),
            (b"'", '}') if self.within_margins() => self.shift_columns_right(self.at.col, count),
            (b"'", '~') if self.within_margins() => self.shift_columns_left(self.at.col, count),
            (b"*", 'x') => self.rectangular = arguments.raw(0) == 2,
            (b"*", 'y') => self.report_checksum(arguments),
            (b"*", '|') => self.resize_by_program(0, arguments.raw(0)),
            (b"$", '|') => self.resize_by_program(arguments.or(0, 80), 0),
            (b"#", '{' | 'p') => self.renditions.push(self.pen.style, arguments.values()),
            (b"#", '}' | 'q') => self.pop_rendition(),
            (b"#", '|') => self.report_rendition(arguments),
            (b"#", 'P') => arguments.values().for_each(|place| self.colours.push(usize::from(place))),
            (b"#", 'Q') => self.pop_colours(arguments),
            (b"#", 'R') => self.report_colour_stack(),
            (b"$", 'r' | 't' | 'v' | 'x' | 'z' | '{') => self.rectangle_operation(arguments, action),
            _ => {}
        }
    }

    fn set_cursor_look(&mut self, look: usize) {
        let (shape, blinking) = match look {
            0 => (CursorShape::Block, None),
            1 => (CursorShape::Block, Some(true)),
            2 => (CursorShape::Block, Some(false)),
            3 => (CursorShape::Underline, Some(true)),
            4 => (CursorShape::Underline, Some(false)),
            5 => (CursorShape::Bar, Some(true)),
            6 => (CursorShape::Bar, Some(false)),
            _ => return,
        };
        self.cursor_look = CursorLook { shape, blinking };
    }
}
