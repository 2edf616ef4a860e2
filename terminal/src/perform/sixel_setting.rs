//! What programs may set and ask about sixel pictures: modes 80, 8452 and 1070, and XTSMGRAPHICS.

use crate::graphics::{MAX_SIDE, REGISTERS};
use crate::history::History;
use crate::terminal::Terminal;

use super::params::Params;

impl<H: History> Terminal<H> {
    pub(super) fn set_sixel_mode(&mut self, number: u16, on: bool) {
        match number {
            80 => self.graphics.sixel_display = on,
            8452 => self.graphics.cursor_right = on,
            1070 if on => self.graphics.shared_registers = None,
            1070 => {
                self.graphics.shared_registers.get_or_insert_default();
            }
            _ => {}
        }
    }

    /// Whether one of these modes is set.
    pub(super) fn sixel_mode(&self, number: u16) -> Option<bool> {
        match number {
            80 => Some(self.graphics.sixel_display),
            8452 => Some(self.graphics.cursor_right),
            1070 => Some(self.graphics.shared_registers.is_none()),
            _ => None,
        }
    }

    /// XTSMGRAPHICS: how many colour registers there are, and how large a picture may be. Neither can be changed.
    pub(super) fn report_sixel_limits(&mut self, arguments: &Params) {
        let (item, action) = (arguments.raw(0), arguments.raw(1));
        let (cell_width, cell_height) = self.image_cell();
        let (width, height) = (self.cols() as u32 * cell_width, self.rows() as u32 * cell_height);
        let answer = match (item, action) {
            // Read, reset, read the most.
            (1, 1 | 2 | 4) => format!("0;{REGISTERS}"),
            (2, 1 | 2) => format!("0;{};{}", width.min(MAX_SIDE), height.min(MAX_SIDE)),
            (2, 4) => format!("0;{MAX_SIDE};{MAX_SIDE}"),
            // Setting fails.
            (1 | 2, 3) => "3".to_owned(),
            (1 | 2, _) => "2".to_owned(),
            _ => "1".to_owned(),
        };
        self.reply(format!("\x1b[?{item};{answer}S").as_bytes());
    }
}
