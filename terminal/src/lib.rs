//! Scarab's terminal emulator: bytes in; screen, history, replies and events out; keys, mouse and pastes
//! encoded. No I/O, no clock, no thread, no log: the same bytes in, the same state out.
//!
//! ```
//! use scarab_terminal::{Options, Size, Terminal, VecHistory};
//!
//! let mut terminal = Terminal::new(Size::cells(80, 24), Options::default(), VecHistory::with_limit(1000));
//! terminal.feed(b"\x1b[1mHello\x1b[m\r\n\x1b[6n");
//! assert_eq!(terminal.cursor().row, 1);
//! assert_eq!(terminal.replies(), b"\x1b[2;1R");
//! ```

#![forbid(unsafe_code)]

mod bulk;
mod cell;
mod charset;
mod checkpoint;
mod cluster;
pub mod colour;
mod compact;
mod cursor;
pub mod dcs;
mod event;
mod graphics;
pub mod history;
pub mod input;
mod integrity;
mod keyboard;
mod link;
mod modes;
mod motion;
pub mod osc;
mod pace;
mod perform;
mod pointer;
mod print;
mod rendition;
mod resize;
mod retire;
mod row;
mod screen;
mod simple;
mod size;
mod stream;
mod style;
mod table;
mod tabs;
mod terminal;
mod text;
mod titles;
pub mod width;

pub use cell::{Cell, Content};
pub use checkpoint::{Damaged, VERSION as CHECKPOINT_VERSION};
pub use cluster::{ClusterId, Clusters};
pub use cursor::{Cursor, CursorShape};
pub use event::Event;
pub use graphics::{
    Image, ImageHost, ImageSource, MAX_INCOMING, MAX_PIXELS, MAX_SIDE, Medium, Picture, PlacedImage,
    PlacementKind, REGISTERS,
};
pub use history::{History, OwnedPiece, Piece, Run, RunKind, RunStyle, VecHistory};
pub use link::{Link, LinkId, Links};
pub use modes::{Mode, Modes};
pub use osc::{Notification, Progress};
pub use pointer::PointerOp;
pub use row::{LineSize, Mark, Row, RowId};
pub use screen::Screen;
pub use size::{Options, Size};
pub use style::{Attributes, Colour, Style, StyleId, Styles, Underline};
pub use terminal::Terminal;
