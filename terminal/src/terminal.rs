//! The emulator as its host sees it: bytes and events of the outside go in, and the screen, replies and
//! events come out. What each sequence does is in `perform/`.

use crate::bulk::Bulk;
use crate::checkpoint::{saved_enum, saved_struct};
use crate::cluster::Clusters;
use crate::colour::{Colours, ViewerColours};
use crate::cursor::{Cursor, CursorShape, Pen, Position, SavedCursor};
use crate::event::{Event, Events};
use crate::graphics::{Graphics, Image, ImageHost, PlacedImage, Placement};
use crate::history::History;
use crate::keyboard::KittyFlags;
use crate::link::Links;
use crate::modes::{Mode, Modes};
use crate::osc::{NotificationAssembler, Progress};
use crate::pace::ResizePace;
use crate::pointer::Pointers;
use crate::rendition::Renditions;
use crate::retire::Retirement;
use crate::screen::Screen;
use crate::size::{Options, Size};
use crate::stream::Stream;
use crate::style::Styles;
use crate::tabs::Tabs;
use crate::titles::Titles;
use crate::{charset::Charsets, input::InputModes};

/// Which cells DECSED and DECSEL, or all erasing, must leave alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Protection {
    /// None has ever been protected.
    #[default]
    Off,
    /// By DECSCA: selective erase leaves them.
    Dec,
    /// By SPA: every erase leaves them (ISO 6429).
    Iso,
}

saved_enum!(Protection { Off = 0, Dec = 1, Iso = 2 });

/// The part of the screen that scrolls, ends excluded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Margins {
    pub(crate) top: usize,
    pub(crate) bottom: usize,
    pub(crate) left: usize,
    pub(crate) right: usize,
}

saved_struct!(Margins { top, bottom, left, right });

/// How the cursor was last asked to look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct CursorLook {
    pub(crate) shape: CursorShape,
    /// Whether DECSCUSR asked for blinking; `None` leaves it to mode 12.
    pub(crate) blinking: Option<bool>,
}

saved_struct!(CursorLook { shape, blinking });

/// What was printed last, for clusters and REP.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct LastPrinted {
    /// Nothing but characters came since: the next one may belong to the same cluster.
    pub(crate) joinable: bool,
    /// No simple character (see [`crate::simple`]) that comes next joins it.
    pub(crate) simple: bool,
    /// The character that REP repeats.
    pub(crate) character: Option<char>,
}

saved_struct!(LastPrinted { joinable, simple, character });

/// A terminal.
///
/// Nothing in it depends on a clock or on chance: the same calls give the same state.
#[derive(Debug)]
pub struct Terminal<H: History> {
    pub(crate) size: Size,
    pub(crate) options: Options,
    pub(crate) stream: Stream,
    pub(crate) primary: Screen,
    pub(crate) alternate: Screen,
    pub(crate) on_alternate: bool,
    pub(crate) at: Position,
    pub(crate) pen: Pen,
    pub(crate) charsets: Charsets,
    /// Of the primary and of the alternate screen.
    pub(crate) saved: [Option<SavedCursor>; 2],
    pub(crate) margins: Margins,
    pub(crate) tabs: Tabs,
    pub(crate) modes: Modes,
    /// What XTSAVE kept.
    pub(crate) saved_modes: Modes,
    pub(crate) protection: Protection,
    pub(crate) cursor_look: CursorLook,
    pub(crate) last: LastPrinted,
    /// DECSCL: 61 to 65.
    pub(crate) conformance: u8,
    /// DECSACE: rectangles are rectangles, not streams.
    pub(crate) rectangular: bool,
    pub(crate) styles: Styles,
    pub(crate) clusters: Clusters,
    pub(crate) links: Links,
    /// Links without an id so far; each is unlike all others.
    pub(crate) anonymous_links: u64,
    pub(crate) titles: Titles,
    pub(crate) directory: Option<String>,
    pub(crate) progress: Progress,
    pub(crate) notifications: NotificationAssembler,
    pub(crate) kitty: [KittyFlags; 2],
    pub(crate) modify_other_keys: u8,
    pub(crate) focused: bool,
    pub(crate) colours: Colours,
    pub(crate) replies: Vec<u8>,
    /// C1 controls are single bytes, in what the program writes and in what it is answered (S8C1T).
    pub(crate) eight_bit: bool,
    pub(crate) renditions: Renditions,
    /// Some viewer shows it: its size is the viewers' business.
    pub(crate) watched: bool,
    pub(crate) pace: ResizePace,
    pub(crate) pointers: Pointers,
    pub(crate) events: Events,
    pub(crate) history: H,
    pub(crate) retirement: Retirement,
    pub(crate) graphics: Graphics,
    pub(crate) bulk: Bulk,
}

impl<H: History> Terminal<H> {
    /// Replies that wait for the host at most, in bytes; beyond, questions go unanswered. It is more than what 4 KiB
    /// of output, and the longest sequence that they may end, can ask for: which questions are answered must not
    /// depend on how a host that reads so much at once cuts the output.
    pub const MAX_REPLIES: usize = 32 << 20;
    /// Bytes of an answer with the clipboard: what a program can be expected to read.
    pub(crate) const MAX_CLIPBOARD: usize = 64 << 10;

    /// A terminal with an empty screen.
    pub fn new(size: Size, options: Options, history: H) -> Self {
        let size = size.clamped();
        let (cols, rows) = (usize::from(size.cols), usize::from(size.rows));
        let modes = Modes::new(options.grapheme_clusters);
        Self {
            size,
            options,
            stream: Stream::default(),
            primary: Screen::new(cols, rows, 0, 1),
            alternate: Screen::new(cols, rows, 1, 1),
            on_alternate: false,
            at: Position::default(),
            pen: Pen::default(),
            charsets: Charsets::default(),
            saved: [None; 2],
            margins: Margins { top: 0, bottom: rows, left: 0, right: cols },
            tabs: Tabs::new(),
            modes,
            saved_modes: modes,
            protection: Protection::Off,
            cursor_look: CursorLook::default(),
            last: LastPrinted::default(),
            conformance: Self::CONFORMANCE,
            rectangular: false,
            styles: Styles::new(),
            clusters: Clusters::new(),
            links: Links::new(),
            anonymous_links: 0,
            titles: Titles::default(),
            directory: None,
            progress: Progress::default(),
            notifications: NotificationAssembler::default(),
            kitty: [KittyFlags::default(); 2],
            modify_other_keys: 0,
            focused: false,
            colours: Colours::default(),
            replies: Vec::new(),
            eight_bit: false,
            renditions: Renditions::default(),
            watched: false,
            pace: ResizePace::default(),
            pointers: Pointers::default(),
            events: Events::default(),
            history,
            retirement: Retirement::default(),
            graphics: Graphics::default(),
            bulk: Bulk::default(),
        }
    }

    /// Takes bytes that the program wrote. It cannot fail: what it asks for leaves as replies and events.
    pub fn feed(&mut self, bytes: &[u8]) {
        // The stream calls back into the terminal, so that it cannot be borrowed from it meanwhile.
        let mut stream = std::mem::take(&mut self.stream);
        stream.feed(self, bytes);
        self.stream = stream;
    }

    /// Gives back the memory that only a flood needs, and that of rows on which nothing stands: for when nothing has come
    /// for a while.
    pub fn rest(&mut self) {
        self.primary.rest();
        self.alternate.rest();
        self.bulk = Bulk::default();
        self.retirement.rest();
    }

    /// The size now.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Tells the colours of the viewer, which are the answers to questions about colours.
    pub fn set_colours(&mut self, colours: &ViewerColours) {
        let was_dark = self.colours.viewer().dark;
        if self.colours.set_viewer(colours) {
            self.events.push(Event::ColoursChanged);
        }
        if was_dark != colours.dark && self.modes.is_set(Mode::ColourScheme) {
            self.report_colour_scheme();
        }
    }

    /// Tells whether any viewer that shows it has the focus.
    pub fn set_focus(&mut self, focused: bool) {
        if self.focused != focused {
            self.focused = focused;
            if self.modes.is_set(Mode::FocusEvents) {
                self.reply(if focused { b"\x1b[I" } else { b"\x1b[O" });
            }
        }
    }

    /// Whether any viewer shows it, as the host said.
    pub fn watched(&self) -> bool {
        self.watched
    }

    /// Tells whether any viewer shows it. While none does, a program may choose its size.
    pub fn set_watched(&mut self, watched: bool) {
        self.watched = watched;
    }

    /// The shape that the program gives the mouse pointer, by its name in CSS; empty for the usual one.
    pub fn pointer_shape(&self) -> &str {
        self.pointers.current(self.screen_slot())
    }

    /// Ends a synchronized update (mode 2026) that took too long.
    pub fn end_synchronized_update(&mut self) {
        self.modes.set(Mode::Synchronized, false);
    }

    /// Whether a synchronized update is under way, of which nothing must be shown yet.
    pub fn synchronized(&self) -> bool {
        self.modes.is_set(Mode::Synchronized)
    }

    /// Bytes to be written to the program. The host takes what it has written off the front.
    pub fn replies(&mut self) -> &mut Vec<u8> {
        &mut self.replies
    }

    /// What happened since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.events.take()
    }

    /// The screen that is shown.
    pub fn screen(&self) -> &Screen {
        if self.on_alternate { &self.alternate } else { &self.primary }
    }

    pub(crate) fn screen_mut(&mut self) -> &mut Screen {
        if self.on_alternate { &mut self.alternate } else { &mut self.primary }
    }

    /// Whether that is the alternate one.
    pub fn on_alternate_screen(&self) -> bool {
        self.on_alternate
    }

    /// The cursor as it is to be shown.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            row: self.at.row,
            col: self.at.col,
            visible: self.modes.is_set(Mode::CursorVisible),
            shape: self.cursor_look.shape,
            blinking: self.cursor_look.blinking.unwrap_or(self.modes.is_set(Mode::CursorBlink)),
            pending_wrap: self.at.pending_wrap,
        }
    }

    /// The modes.
    pub fn modes(&self) -> &Modes {
        &self.modes
    }

    /// What the encoding of keys, mouse, pastes and focus needs to know.
    pub fn input_modes(&self) -> InputModes {
        self.gather_input_modes()
    }

    /// The palette and the other colours, with what the program set.
    pub fn colours(&self) -> &Colours {
        &self.colours
    }

    /// The styles that cells name.
    pub fn styles(&self) -> &Styles {
        &self.styles
    }

    /// The clusters that cells name.
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// The links that styles name.
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// The window's title.
    pub fn title(&self) -> &str {
        self.titles.window()
    }

    /// The icon's title.
    pub fn icon_title(&self) -> &str {
        self.titles.icon()
    }

    /// The working directory that the program told (OSC 7).
    pub fn directory(&self) -> Option<&str> {
        self.directory.as_deref()
    }

    /// The progress that the program told (OSC 9;4).
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The host has taken the damage: rows that change from now on get a greater revision.
    pub fn begin_frame(&mut self) {
        let stamp = self.primary.stamp.max(self.alternate.stamp) + 1;
        self.primary.stamp = stamp;
        self.alternate.stamp = stamp;
    }

    /// What has scrolled off.
    pub fn history(&self) -> &H {
        &self.history
    }

    /// What has scrolled off, to be changed.
    pub fn history_mut(&mut self) -> &mut H {
        &mut self.history
    }

    /// The images that are kept, oldest first.
    pub fn images(&self) -> &[Image] {
        self.graphics.images()
    }

    /// Where images are shown on the screen and in the history above it, lowest first; also those that characters
    /// stand for.
    pub fn placed_images(&self) -> impl Iterator<Item = PlacedImage> {
        let (alternate, top) = (self.on_alternate, self.graphics.top(self.on_alternate));
        let mut here: Vec<&Placement> =
            self.graphics.placements().iter().filter(|place| place.alternate == alternate).collect();
        here.sort_by_key(|place| place.z);
        here.into_iter().map(move |place| PlacedImage::new(place, top))
    }

    /// Changes whenever [`Terminal::placed_images`] may, but for scrolling: that moves all rows alike, and with them
    /// [`Terminal::image_top`].
    pub fn images_revision(&self) -> u64 {
        self.graphics.revision()
    }

    /// The number of the screen's top line, as placements count: what scrolls off keeps its number.
    pub fn image_top(&self) -> i64 {
        self.graphics.top(self.on_alternate)
    }

    /// From here on the pixels of images go to `host`, and files that programs name come from it.
    pub fn set_image_host(&mut self, host: Box<dyn ImageHost>) {
        self.graphics.host = host;
    }

    /// Columns.
    pub(crate) fn cols(&self) -> usize {
        usize::from(self.size.cols)
    }

    /// Rows.
    pub(crate) fn rows(&self) -> usize {
        usize::from(self.size.rows)
    }

    /// The place of the current screen in what is kept per screen.
    pub(crate) fn screen_slot(&self) -> usize {
        usize::from(self.on_alternate)
    }

    /// Answers a question; whole answers only.
    pub(crate) fn reply(&mut self, answer: &[u8]) {
        if self.replies.len() + answer.len() > Self::MAX_REPLIES {
            return;
        }
        if !self.eight_bit {
            self.replies.extend_from_slice(answer);
            return;
        }
        // ESC and a letter are one byte of C1; answers have ESC for nothing else.
        let mut rest = answer;
        while let [first, after @ ..] = rest {
            match (first, after) {
                (0x1b, [second @ 0x40..=0x5f, after @ ..]) => {
                    self.replies.push(second + 0x40);
                    rest = after;
                }
                _ => {
                    self.replies.push(*first);
                    rest = after;
                }
            }
        }
    }
}
