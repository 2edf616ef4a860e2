//! Where and how the next character is written: position, pen, saved cursors.

use crate::cell::PROTECTED;
use crate::charset::Charsets;
use crate::checkpoint::{Damaged, Reader, Saved, saved_enum, saved_struct};
use crate::style::{Style, StyleId};

/// The shape of the cursor (DECSCUSR).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
#[repr(u8)]
pub enum CursorShape {
    /// A block.
    #[default]
    Block = 0,
    /// A line below.
    Underline = 1,
    /// A line before.
    Bar = 2,
}

saved_enum!(CursorShape { Block = 0, Underline = 1, Bar = 2 });

/// The cursor as it is to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// Row, from 0.
    pub row: usize,
    /// Column, from 0.
    pub col: usize,
    /// Whether it is shown.
    pub visible: bool,
    /// Its shape.
    pub shape: CursorShape,
    /// Whether it blinks.
    pub blinking: bool,
    /// Whether the next character wraps to the next row first.
    pub pending_wrap: bool,
}

/// A place on a screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Position {
    pub(crate) row: usize,
    pub(crate) col: usize,
    /// The last column has been written: the next character wraps first.
    pub(crate) pending_wrap: bool,
}

saved_struct!(Position { row, col, pending_wrap });

/// What characters are written with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Pen {
    pub(crate) style: Style,
    pub(crate) protected: bool,
    /// The number of `style`; looked up when a character needs it, because programs often send several SGRs
    /// between two characters.
    pub(crate) id: Option<StyleId>,
}

impl Saved for Pen {
    fn save(&self, to: &mut Vec<u8>) {
        let Self { style, protected, id: _ } = self;
        style.save(to);
        protected.save(to);
    }

    /// The style is looked up again when the pen is next used: no number from outside is believed.
    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok(Self { style: Saved::load(from)?, protected: Saved::load(from)?, id: None })
    }
}

impl Pen {
    pub(crate) fn flags(&self) -> u16 {
        if self.protected { PROTECTED } else { 0 }
    }
}

/// What DECSC saves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct SavedCursor {
    pub(crate) position: Position,
    pub(crate) pen: Pen,
    pub(crate) charsets: Charsets,
    pub(crate) origin: bool,
}

saved_struct!(SavedCursor { position, pen, charsets, origin });
