//! What is typed and pasted while no service is there, in its order: none of it was sent, so none can be doubled. Where it
//! becomes too much the rest is refused aloud: a line with a hole in it could be another command.

use super::{Told, View};
use crate::translation::gettext;
use gtk::subclass::prelude::*;
use scarab_protocol::message::ToService;

/// So many pieces wait at most: what a person types before noticing.
const MOST: usize = 256;
/// And bytes in all.
const MOST_BYTES: usize = 64 << 10;

/// A piece of it.
#[derive(Debug)]
pub(super) enum Piece {
    Key(ToService),
    Text(String),
    Paste(String),
}

#[derive(Debug, Default)]
pub(super) struct Ahead {
    pieces: Vec<Piece>,
    bytes: usize,
    /// There was too much; nothing more is taken.
    full: bool,
}

impl View {
    pub(super) fn type_ahead(&self, piece: Piece) {
        let filled = {
            let mut ahead = self.imp().ahead.borrow_mut();
            if ahead.full {
                return;
            }
            ahead.bytes += match &piece {
                Piece::Key(_) => 1,
                Piece::Text(text) | Piece::Paste(text) => text.len(),
            };
            ahead.full = ahead.pieces.len() >= MOST || ahead.bytes > MOST_BYTES;
            if !ahead.full {
                ahead.pieces.push(piece);
            }
            ahead.full
        };
        if filled {
            self.tell(Told::Says(gettext("What you type now is lost: the session cannot be reached.")));
        }
    }

    /// It is there.
    pub(super) fn send_ahead(&self) {
        for piece in self.imp().ahead.take().pieces {
            match piece {
                Piece::Key(key) => self.send(key),
                Piece::Text(text) => self.send_text(&text),
                Piece::Paste(text) => self.send_paste(text),
            }
        }
    }
}
