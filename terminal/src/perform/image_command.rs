//! The commands of kitty's graphics protocol: images taken in, shown, deleted, and what is answered.

use crate::graphics::{Action, Command, Graphics, Image, ImageSource, Medium, Picture, Transfer, decode};
use crate::history::History;
use crate::terminal::Terminal;

/// What went wrong, in the words of the protocol.
type Failure = String;

impl<H: History> Terminal<H> {
    /// Bytes of an answer's words at most.
    const MAX_WORDS: usize = 160;

    /// An application program command has ended.
    pub(crate) fn end_application_command(&mut self, cancelled: bool) {
        let incoming = std::mem::take(&mut self.graphics.incoming);
        if cancelled || !incoming.is_command() {
            return;
        }
        let (command, sound) = Command::parse(&incoming.control);
        if let Err(problem) = sound {
            self.graphics.transfer = None;
            self.answer_image_command(&command, None, Err(problem.to_owned()));
            return;
        }
        match command.action {
            Action::Transmit | Action::TransmitAndShow | Action::Query => {
                let mut transfer = match self.graphics.transfer.take() {
                    Some(transfer) if command.continues(&transfer.command) => transfer,
                    _ => Transfer::new(command),
                };
                if command.quiet > 0 {
                    transfer.command.quiet = command.quiet;
                }
                transfer.add(incoming.payload);
                if command.more {
                    self.graphics.transfer = Some(transfer);
                } else {
                    self.take_image(transfer);
                }
            }
            Action::Show => {
                let image = self.graphics.find(self.on_alternate, command.id, command.number);
                let result = match image {
                    Some(image) => self.show_image(image, &command).map_err(str::to_owned),
                    None => Err("ENOENT:there is no such image".to_owned()),
                };
                self.answer_image_command(&command, image, result);
            }
            Action::Delete => {
                self.graphics.transfer = None;
                self.delete_images(&command);
            }
            Action::Animation => {
                let problem = "EINVAL:animations are not supported".to_owned();
                self.answer_image_command(&command, None, Err(problem));
            }
        }
    }

    /// All of an image is here.
    fn take_image(&mut self, transfer: Transfer) {
        let command = transfer.command;
        let picture = self.fetch_picture(transfer);
        let (image, result) = match picture {
            Err(problem) => (None, Err(problem)),
            Ok(_) if command.action == Action::Query => (None, Ok(())),
            Ok(picture) => {
                let names = (command.id, command.number);
                match self.graphics.add(self.on_alternate, names, &picture, self.options.image_bytes) {
                    Err(problem) => (None, Err(problem.to_owned())),
                    Ok(image) => {
                        let shown = if command.action == Action::TransmitAndShow {
                            self.show_image(image, &command).map_err(str::to_owned)
                        } else {
                            Ok(())
                        };
                        self.graphics.free_nameless(image);
                        (Some(image), shown)
                    }
                }
            }
        };
        self.answer_image_command(&command, image, result);
    }

    fn fetch_picture(&mut self, transfer: Transfer) -> Result<Picture, Failure> {
        let command = transfer.command;
        let data = transfer.finish()?;
        let data = match command.medium {
            Medium::Direct => data,
            medium => {
                let number = self.graphics.reads;
                self.graphics.reads += 1;
                let offset = u64::from(command.file_offset);
                let size = (command.file_size > 0).then_some(u64::from(command.file_size));
                self.graphics.host.read(&ImageSource { number, medium, name: data, offset, size })?
            }
        };
        decode(&data, command.format, command.compressed, command.size)
            .map_err(|refused| refused.message().to_owned())
    }

    /// Answers a command that names an image, as loudly as it wishes.
    fn answer_image_command(&mut self, command: &Command, image: Option<Image>, result: Result<(), Failure>) {
        let named = command.id > 0 || command.number > 0;
        let wanted = matches!((command.quiet, &result), (0, _) | (1, Err(_)));
        if !named || !wanted {
            return;
        }
        let id = if command.id > 0 { command.id } else { image.map_or(0, |image| image.id) };
        let mut keys = Vec::new();
        for (key, value) in [("i", id), ("I", command.number), ("p", command.placement)] {
            if value > 0 {
                keys.push(format!("{key}={value}"));
            }
        }
        let words = result.map_or_else(|problem| problem, |()| "OK".to_owned());
        // They may come from the host, and go to a program: printable, and short.
        let words: String =
            words.chars().filter(|letter| (' '..='~').contains(letter)).take(Self::MAX_WORDS).collect();
        self.reply(format!("\x1b_G{};{words}\x1b\\", keys.join(",")).as_bytes());
    }

    /// `a=d`. Capital letters free the images too, where nothing shows them any more.
    fn delete_images(&mut self, command: &Command) {
        let free = command.delete.is_ascii_uppercase();
        let (alternate, top) = (self.on_alternate, self.graphics.top(self.on_alternate));
        let [x, y, ..] = command.source;
        let z = command.z;
        // Cells are counted from 1.
        let (line, col) = (top + i64::from(y) - 1, x.wrapping_sub(1));
        let cursor = (top + self.at.row as i64, self.at.col as u32);
        let rows = self.rows();
        let graphics = &mut self.graphics;
        match command.delete.to_ascii_lowercase() {
            b'a' => graphics.clear_screen(alternate, rows, free),
            b'i' => delete_named(graphics, alternate, command.id, command.placement, free),
            b'n' => {
                let image = graphics.find(alternate, 0, command.number);
                let id = image.map_or(0, |image| image.id);
                delete_named(graphics, alternate, id, command.placement, free);
            }
            b'c' => graphics.remove_placed(alternate, free, |place| place.covers(cursor.0, cursor.1)),
            b'p' => graphics.remove_placed(alternate, free, |place| place.covers(line, col)),
            b'q' => {
                graphics.remove_placed(alternate, free, |place| place.covers(line, col) && place.z == z);
            }
            b'x' => graphics.remove_placed(alternate, free, |place| place.covers_col(col)),
            b'y' => graphics.remove_placed(alternate, free, |place| place.covers_line(line)),
            b'z' => graphics.remove_placed(alternate, free, |place| place.z == z),
            b'r' if x <= y => {
                let within = |image: &Image| image.alternate == alternate && (x..=y).contains(&image.id);
                graphics.remove(free, |_, image| image.id > 0 && within(image));
                if free {
                    graphics.free_unseen(|image| image.id > 0 && within(image));
                }
            }
            // Frames of animations, and what is not known.
            _ => {}
        }
    }
}

/// Deletes placements of an image by its id: one of them, or all.
fn delete_named(graphics: &mut Graphics, alternate: bool, id: u32, placement: u32, free: bool) {
    if id == 0 {
        return;
    }
    let named = |image: &Image| image.alternate == alternate && image.id == id;
    graphics.remove(free, |place, image| named(image) && (placement == 0 || place.id == placement));
    if free {
        // Also one that was never shown.
        graphics.free_unseen(named);
    }
}

/// The largest image has room.
const _: () = assert!(Graphics::QUOTA >= ImageSource::MAX);
