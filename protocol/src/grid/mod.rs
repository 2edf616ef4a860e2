//! The shared grid: each session's screen and history in memory that its viewers map.
//!
//! Its own part of the protocol because nothing here travels over the socket: the socket carries the
//! descriptors, and from then on a frame costs no message. The crate's `README.md` has the layout for
//! readers in other languages.
//!
//! ```text
//!   service                                           viewer
//!   ViewWriter ----- frames (two buffers) ----------> ViewReader --> Frame
//!   HistoryWriter -- lines (a ring) ----------------> HistoryReader --> HistoryPiece
//!   Bell <---------- armed word, a byte each way ---> Doorbell
//! ```

mod cell;
mod doorbell;
mod frame;
mod history_reader;
mod history_writer;
mod layout;
mod lines;
mod map;
pub mod modes;
pub mod order;
pub mod pictures;
pub mod placeholders;
pub mod prompts;
mod reader;
mod record;
pub mod search;
mod style;
mod sweep;
mod writer;

pub use cell::{Cell, ClusterId, Content};
pub use doorbell::{Armed, Bell, BellHandover, Doorbell, Heard};
pub use frame::{
    CursorShape, DynamicColour, Frame, FrameColours, FrameCursor, FrameHead, FramePictures, FrameRow,
    Generation, HistoryMark, LineNumber, LineSize, Marks, RowAttributes, RowHead, RowIdentity, ScreenFlags,
};
pub use history_reader::{HistoryLine, HistoryReader, HistoryWalk, MAX_LINE_BYTES};
pub use history_writer::{HistoryState, HistoryWriter};
pub use layout::{
    MAX_CLUSTER_BYTES, MAX_CLUSTERS, MAX_COLS, MAX_HISTORY_BYTES, MAX_LINKS, MAX_ROWS, MAX_STYLES,
    MIN_HISTORY_BYTES, VIEW_LAYOUT,
};
pub use lines::{Glyph, Lines, Place, Position, WrappedRow};
pub use reader::{ReadOutcome, ViewReader};
pub use record::{HistoryPiece, HistoryRun, MAX_RECORD_BYTES, PieceRef, decode_piece, encode_piece};
pub use style::{
    Attributes, Colour, Link, LinkId, LinkRef, MAX_LINK_ID_BYTES, MAX_LINK_URI_BYTES, Rgb, Style, StyleId,
    Underline,
};
pub use writer::{FrameWriter, ViewLimits, ViewWriter};

/// Why shared memory could not be used.
#[derive(Debug, thiserror::Error)]
pub enum GridError {
    /// The descriptor is not memory that is sealed against shrinking, growing and resealing.
    #[error("the shared memory is not sealed")]
    NotSealed,
    /// It is not as large as it must be.
    #[error("the shared memory has a wrong size ({0} bytes)")]
    Size(u64),
    /// It does not begin as a view does.
    #[error("this is not a session's view")]
    Magic,
    /// It is a view of a layout that this program does not read.
    #[error("the view has layout {found}; this program reads layout {VIEW_LAYOUT}")]
    Layout {
        /// The layout found.
        found: u32,
    },
    /// Something in it contradicts itself; the text says what.
    #[error("the view is damaged: {0}")]
    Damaged(&'static str),
    /// History was shortened since the frame whose mark is used: read the current frame and go on with
    /// its mark.
    #[error("history has changed since this frame")]
    Changed,
    /// The system refused to map it.
    #[error("cannot map the shared memory: {0}")]
    Io(#[from] std::io::Error),
}
