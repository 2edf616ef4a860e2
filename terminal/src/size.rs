//! How large a terminal is, and what the host decides about it at its birth.
//! Separate because both ends of every call need it and nothing else does.

use crate::checkpoint::saved_struct;

/// The size of the text area: cells, and pixels where a viewer told them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// Width of the whole text area in pixels, 0 when unknown.
    pub width_px: u32,
    /// Height of the whole text area in pixels, 0 when unknown.
    pub height_px: u32,
}

saved_struct!(Size { cols, rows, width_px, height_px });

impl Size {
    /// The widest screen, in columns. Wider ones exist in no font that a person can read; with
    /// [`Size::MAX_ROWS`] it bounds a screen to 2,000,000 cells of 8 bytes.
    pub const MAX_COLS: u16 = 2000;
    /// The tallest screen, in rows.
    pub const MAX_ROWS: u16 = 1000;

    /// Most pixels of a side: cells of 500 pixels on the widest screen, and room to multiply by rows and columns.
    pub const MAX_PX: u32 = 1 << 20;

    /// A size in cells, its pixels unknown.
    pub const fn cells(cols: u16, rows: u16) -> Self {
        Self { cols, rows, width_px: 0, height_px: 0 }
    }

    /// The nearest size that the emulator can have: at least one cell.
    #[must_use]
    pub fn clamped(self) -> Self {
        Self {
            cols: self.cols.clamp(1, Self::MAX_COLS),
            rows: self.rows.clamp(1, Self::MAX_ROWS),
            width_px: self.width_px.min(Self::MAX_PX),
            height_px: self.height_px.min(Self::MAX_PX),
        }
    }

    /// Width and height of one cell in pixels, 0 when unknown.
    pub fn cell_px(self) -> (u32, u32) {
        (self.width_px / u32::from(self.cols.max(1)), self.height_px / u32::from(self.rows.max(1)))
    }
}

impl Default for Size {
    /// The VT100's, which is what a session without a viewer gets.
    fn default() -> Self {
        Self::cells(80, 24)
    }
}

/// What the host decides once for a terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Whether a program may ask for the checksum of a part of the screen (DECRQCRA), which lets it read what other
    /// programs wrote there.
    pub allow_checksum: bool,
    /// Whether a program that asks for a title is told it (XTWINOPS 20, 21). What is told is typed into whatever reads the
    /// terminal then, and whoever printed the title chose it.
    pub tell_titles: bool,
    /// The answer to XTVERSION: name and version.
    pub name_version: String,
    /// The state of mode 2027 at the start and after a reset: characters joined to grapheme clusters.
    pub grapheme_clusters: bool,
    /// Bytes of pixels that images may take, up to [`Options::MAX_IMAGE_BYTES`]. 0: none are taken. Where nobody could
    /// see them, programs must not be told that they are shown.
    pub image_bytes: u64,
}

impl Options {
    /// Most bytes of pixels of one session: four screens of 3,840 by 2,160.
    pub const MAX_IMAGE_BYTES: u64 = 128 << 20;

    /// Whether images are taken.
    pub(crate) fn images(&self) -> bool {
        self.image_bytes > 0
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_checksum: false,
            tell_titles: false,
            name_version: concat!("scarab ", env!("CARGO_PKG_VERSION")).to_owned(),
            grapheme_clusters: true,
            image_bytes: 0,
        }
    }
}
