//! XTWINOPS: questions about the window, titles, and sizes. A session has no window of its own to be moved,
//! and its size is the viewers' business; but while nobody looks, the program may choose it.

use data_encoding::HEXLOWER;

use crate::event::Event;
use crate::history::History;
use crate::size::Size;
use crate::terminal::Terminal;
use crate::titles::Which;

use super::params::Params;

impl<H: History> Terminal<H> {
    pub(super) fn window_operation(&mut self, arguments: &Params) {
        let size = self.size;
        match arguments.raw(0) {
            // Its height and width; 0 keeps the one it has, which fills all the screen there is.
            8 => self.resize_by_program(arguments.raw(2), arguments.raw(1)),
            // DECSLPP.
            rows @ 24.. => self.resize_by_program(0, rows),
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
            20 => self.report_title('L', self.titles.icon().to_owned()),
            21 => self.report_title('l', self.titles.window().to_owned()),
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

    /// A title said back is typed into the shell, and whoever printed it chose it: it stays empty unless the host says
    /// otherwise.
    fn report_title(&mut self, which: char, title: String) {
        let title = match (self.options.tell_titles, self.titles.told_in_hex) {
            (false, _) => String::new(),
            (true, false) => title,
            (true, true) => HEXLOWER.encode(title.as_bytes()),
        };
        self.reply(format!("\x1b]{which}{title}\x1b\\").as_bytes());
    }

    /// XTSMTITLE and XTRMTITLE. Titles are UTF-8 whatever 2 and 3 say.
    pub(super) fn set_title_mode(&mut self, mode: u16, on: bool) {
        match mode {
            0 => self.titles.set_in_hex = on,
            1 => self.titles.told_in_hex = on,
            _ => {}
        }
    }

    /// Columns and rows by the program's wish (DECCOLM, DECSCPP, DECSLPP, DECSNLS, XTWINOPS 8); 0 keeps them. A
    /// screen that some viewer shows, in focus or not, has the size of where it is shown.
    pub(super) fn resize_by_program(&mut self, cols: usize, rows: usize) {
        /// The most that any terminal of DEC's, or a window, has been asked for.
        const MOST: Size = Size::cells(320, 256);
        const _: () = assert!(Size::MAX_PX.checked_mul(MOST.cols as u32).is_some());
        let within = |wish: usize, most: u16, is: u16| match u16::try_from(wish) {
            Ok(wish) if (1..=most).contains(&wish) => wish,
            _ => is,
        };
        let cols = within(cols, MOST.cols, self.size.cols);
        let rows = within(rows, MOST.rows, self.size.rows);
        if self.watched || (cols, rows) == (self.size.cols, self.size.rows) || !self.pace.take() {
            return;
        }
        let (width, height) = self.size.cell_px();
        // Within the bounds of sides and sizes this cannot overflow.
        let (width_px, height_px) = (width * u32::from(cols), height * u32::from(rows));
        self.resize(Size { cols, rows, width_px, height_px });
        self.events.push(Event::Resized);
    }
}
