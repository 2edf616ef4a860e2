//! XTWINOPS: questions about the window, and the stack of titles. A session has no window of its own to
//! be moved or resized; its size is the viewers' business.

use crate::history::History;
use crate::terminal::Terminal;
use crate::titles::Which;

use super::params::Params;

impl<H: History> Terminal<H> {
    pub(super) fn window_operation(&mut self, arguments: &Params) {
        let size = self.size;
        match arguments.raw(0) {
            // Not an icon, at the corner of its screen, which it fills.
            11 => self.reply(b"\x1b[1t"),
            13 => self.reply(b"\x1b[3;0;0t"),
            14 => self.reply(format!("\x1b[4;{};{}t", size.height_px, size.width_px).as_bytes()),
            15 => self.reply(format!("\x1b[5;{};{}t", size.height_px, size.width_px).as_bytes()),
            16 => {
                let (width, height) = size.cell_px();
                self.reply(format!("\x1b[6;{height};{width}t").as_bytes());
            }
            18 => self.reply(format!("\x1b[8;{};{}t", size.rows, size.cols).as_bytes()),
            19 => self.reply(format!("\x1b[9;{};{}t", size.rows, size.cols).as_bytes()),
            // A title said back is typed into the shell, and whoever printed it chose it: it stays empty.
            20 => self.reply(b"\x1b]L\x1b\\"),
            21 => self.reply(b"\x1b]l\x1b\\"),
            22 => {
                if let Some(which) = Which::from_parameter(arguments.raw(1)) {
                    self.titles.push(which);
                }
            }
            23 => {
                if let Some(which) = Which::from_parameter(arguments.raw(1)) {
                    let (window, icon) = self.titles.pop(which);
                    if let Some(title) = icon {
                        self.set_icon_title(title);
                    }
                    if let Some(title) = window {
                        self.set_title(title);
                    }
                }
            }
            _ => {}
        }
    }
}
