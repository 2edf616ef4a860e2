//! From the emulator to shared memory: the one file that knows both the emulator's cells and the shared ones.
//!
//! Screens are copied row by row into the view's buffer that is not current; rows that scroll off go straight
//! into the view's ring of history. Each conversion is a total function, so that a new thing in one of the
//! two crates cannot be forgotten here.

use super::pictures::Pictures;
use super::wait::PassingLines;
use scarab_protocol::grid::pictures::{PlacedPicture, PlacementKind};
use scarab_protocol::grid::{
    self, FrameColours, FrameCursor, FrameHead, FramePictures, HistoryRun, HistoryWriter, LinkRef,
};
use scarab_protocol::grid::{
    LineNumber, Marks, PieceRef, RowAttributes, RowHead, RowIdentity, ScreenFlags, ViewWriter,
};
use scarab_terminal as terminal;
use terminal::colour::DynamicColour;
use terminal::{History, Mode, OwnedPiece, Piece, Terminal};

/// The emulator of a session.
pub(super) type Emulator = Terminal<SharedHistory>;

/// The view's history, as the emulator sees it.
#[derive(Debug)]
pub(super) struct SharedHistory {
    pub(super) writer: HistoryWriter,
    /// What somebody waits to see pass.
    pub(super) passing: PassingLines,
    runs: Vec<HistoryRun>,
}

impl SharedHistory {
    pub(super) fn new(writer: HistoryWriter) -> Self {
        Self { writer, passing: PassingLines::default(), runs: Vec::new() }
    }
}

impl History for SharedHistory {
    fn push(&mut self, piece: &Piece<'_>) {
        self.passing.piece(piece.text, piece.continues);
        self.runs.clear();
        self.runs.extend(piece.runs.iter().map(|run| HistoryRun {
            bytes: run.bytes,
            cells: run.cells,
            wide: run.wide,
            single: run.kind == terminal::RunKind::Single,
            style: run_style(&run.style),
        }));
        // Allocates only where there are links.
        let links: Vec<LinkRef<'_>> =
            piece.links.iter().map(|link| LinkRef { id: &link.id, uri: &link.uri }).collect();
        self.writer.push(&PieceRef {
            text: piece.text,
            runs: &self.runs,
            links: &links,
            continues: piece.continues,
            line_size: line_size(piece.line_size),
            marks: marks(piece.mark),
            cols: piece.cols,
        });
    }

    fn pop(&mut self) -> Option<OwnedPiece> {
        let piece = self.writer.pop()?;
        Some(OwnedPiece {
            runs: piece
                .runs
                .iter()
                .map(|run| terminal::Run {
                    bytes: run.bytes,
                    cells: run.cells,
                    wide: run.wide,
                    kind: if run.single { terminal::RunKind::Single } else { terminal::RunKind::Chars },
                    style: run_style_back(&run.style),
                })
                .collect(),
            links: piece
                .links
                .into_iter()
                .map(|link| terminal::Link { id: link.id.into(), uri: link.uri.into() })
                .collect(),
            text: piece.text,
            continues: piece.continues,
            line_size: line_size_back(piece.line_size),
            mark: mark_back(piece.marks),
            cols: piece.cols,
        })
    }

    fn continues(&self) -> bool {
        self.writer.is_open()
    }

    fn close(&mut self) {
        self.passing.piece("", false);
        self.writer.close();
    }

    fn clear(&mut self) {
        self.writer.clear();
    }

    fn pieces(&self) -> u64 {
        self.writer.lines()
    }

    fn next_line(&self) -> u64 {
        let LineNumber(end) = self.writer.mark().end_line;
        // A line that goes on is counted already.
        end - u64::from(self.writer.is_open()).min(end)
    }

    fn oldest_line(&self) -> u64 {
        self.writer.mark().oldest_line.0
    }
}

/// Publishes the screen as the next frame: the rows, styles, clusters, links and colours that the buffer to be
/// written lacks.
pub(super) fn publish(view: &mut ViewWriter, emulator: &mut Emulator, pictures: &Pictures) {
    let head = FrameHead { pictures: pictures.for_frame(emulator), ..head(emulator) };
    let mut frame = view.begin(&head);
    let screen = emulator.screen();
    for index in 0..screen.rows() {
        let row = screen.row(index);
        let identity = RowIdentity(row.identity().0);
        if frame.row_is_stale(index, identity, row.revision()) {
            let attributes = RowAttributes {
                wrapped: row.wrapped(),
                line_size: line_size(row.line_size()),
                marks: marks(row.mark()),
            };
            let head = RowHead { identity, revision: row.revision(), attributes };
            frame.row(index, head, row.cells().iter().map(|cell| shared_cell(*cell)));
        }
    }
    let styles = emulator.styles();
    frame.styles(styles.epoch(), styles.entries().len(), |index| style(&styles.entries()[index]));
    let clusters = emulator.clusters();
    frame.clusters(clusters.epoch(), clusters.entries().len(), |index| &clusters.entries()[index]);
    let links = emulator.links();
    frame.links(links.epoch(), links.entries().len(), |index| {
        let link = &links.entries()[index];
        LinkRef { id: &link.id, uri: &link.uri }
    });
    frame.colours(emulator.colours().revision(), || colours(emulator));
    frame.publish();
    emulator.begin_frame();
}

fn head(emulator: &Emulator) -> FrameHead {
    let size = emulator.size();
    let cursor = emulator.cursor();
    let mut flags = ScreenFlags::default();
    if emulator.on_alternate_screen() {
        flags = flags.with(ScreenFlags::ALTERNATE);
    }
    if emulator.modes().is_set(Mode::ReverseVideo) {
        flags = flags.with(ScreenFlags::REVERSE_VIDEO);
    }
    let cell = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    FrameHead {
        cols: size.cols,
        rows: size.rows,
        cursor: FrameCursor {
            row: cell(cursor.row),
            col: cell(cursor.col),
            shape: match cursor.shape {
                terminal::CursorShape::Block => grid::CursorShape::Block,
                terminal::CursorShape::Underline => grid::CursorShape::Underline,
                terminal::CursorShape::Bar => grid::CursorShape::Bar,
            },
            blinking: cursor.blinking,
            visible: cursor.visible,
        },
        flags,
        modes: emulator.input_modes().to_bits(),
        history: emulator.history().writer.mark(),
        pictures: FramePictures::default(),
    }
}

/// Where images are shown, lowest first.
pub(super) fn placed(emulator: &Emulator) -> impl Iterator<Item = PlacedPicture> {
    let (top, images) = (emulator.image_top(), emulator.images());
    emulator.placed_images().map(move |image| {
        let terminal::PlacedImage {
            serial,
            kind,
            id,
            row,
            history_line,
            col,
            cols,
            rows,
            first,
            last,
            source,
            offset,
            size,
            cell,
            z,
        } = image;
        let of = images.binary_search_by_key(&serial, |image| image.serial).ok();
        PlacedPicture {
            serial,
            image_id: of.map_or(0, |place| images[place].id),
            placement_id: id,
            line: top + row,
            history_line,
            col,
            cols,
            rows,
            first,
            last,
            z,
            source,
            offset: offset.into(),
            size: size.into(),
            cell: cell.into(),
            kind: match kind {
                terminal::PlacementKind::Kitty => PlacementKind::Free,
                terminal::PlacementKind::Placeholder => PlacementKind::Placeholder,
                terminal::PlacementKind::Sixel => PlacementKind::Cells,
            },
        }
    })
}

fn shared_cell(cell: terminal::Cell) -> grid::Cell {
    let content = match cell.content() {
        terminal::Content::Blank | terminal::Content::Padding | terminal::Content::Image => {
            grid::Content::Blank
        }
        terminal::Content::Char(character) => grid::Content::Char(character),
        terminal::Content::Cluster(id) => {
            grid::Content::Cluster(grid::ClusterId(u32::try_from(id.index()).unwrap_or(u32::MAX)))
        }
        terminal::Content::Spacer => grid::Content::Spacer,
    };
    let style = grid::StyleId(u16::try_from(cell.style().index()).unwrap_or_default());
    grid::Cell::new(content, style)
        .with_wide(cell.wide())
        .with_protected(cell.protected())
        .with_image(cell.content() == terminal::Content::Image)
}

/// A style of the screen; its link is a number in the frame's table.
pub(super) fn style(style: &terminal::Style) -> grid::Style {
    grid::Style {
        foreground: colour(style.fg),
        background: colour(style.bg),
        underline_colour: colour(style.underline_colour),
        attributes: grid::Attributes::from_bits(style.attributes.bits()),
        underline: underline(style.underline),
        link: style.link.and_then(|link| u32::try_from(link.index()).ok()).map(grid::LinkId),
    }
}

/// Both crates give the attributes the same bits; were that to change, nothing would be drawn right.
const _: () = assert!(
    terminal::Attributes::BOLD.bits() == grid::Attributes::BOLD.bits()
        && terminal::Attributes::FAINT.bits() == grid::Attributes::FAINT.bits()
        && terminal::Attributes::ITALIC.bits() == grid::Attributes::ITALIC.bits()
        && terminal::Attributes::BLINK.bits() == grid::Attributes::BLINK.bits()
        && terminal::Attributes::RAPID_BLINK.bits() == grid::Attributes::RAPID_BLINK.bits()
        && terminal::Attributes::INVERSE.bits() == grid::Attributes::INVERSE.bits()
        && terminal::Attributes::HIDDEN.bits() == grid::Attributes::HIDDEN.bits()
        && terminal::Attributes::STRIKE.bits() == grid::Attributes::STRIKE.bits()
        && terminal::Attributes::OVERLINE.bits() == grid::Attributes::OVERLINE.bits()
);

const ATTRIBUTES: [terminal::Attributes; 9] = [
    terminal::Attributes::BOLD,
    terminal::Attributes::FAINT,
    terminal::Attributes::ITALIC,
    terminal::Attributes::BLINK,
    terminal::Attributes::RAPID_BLINK,
    terminal::Attributes::INVERSE,
    terminal::Attributes::HIDDEN,
    terminal::Attributes::STRIKE,
    terminal::Attributes::OVERLINE,
];

fn run_style(style: &terminal::RunStyle) -> grid::Style {
    grid::Style {
        foreground: colour(style.fg),
        background: colour(style.bg),
        underline_colour: colour(style.underline_colour),
        attributes: grid::Attributes::from_bits(style.attributes.bits()),
        underline: underline(style.underline),
        link: style.link.map(|link| grid::LinkId(u32::from(link))),
    }
}

fn run_style_back(style: &grid::Style) -> terminal::RunStyle {
    let mut attributes = terminal::Attributes::empty();
    for attribute in ATTRIBUTES {
        attributes.set(attribute, style.attributes.bits() & attribute.bits() != 0);
    }
    terminal::RunStyle {
        fg: colour_back(style.foreground),
        bg: colour_back(style.background),
        underline_colour: colour_back(style.underline_colour),
        attributes,
        underline: underline_back(style.underline),
        link: style.link.and_then(|link| u16::try_from(link.0).ok()),
    }
}

fn colour(colour: terminal::Colour) -> grid::Colour {
    match colour {
        terminal::Colour::Default => grid::Colour::Default,
        terminal::Colour::Indexed(index) => grid::Colour::Indexed(index),
        terminal::Colour::Rgb(r, g, b) => grid::Colour::Rgb(grid::Rgb { r, g, b }),
    }
}

fn colour_back(colour: grid::Colour) -> terminal::Colour {
    match colour {
        grid::Colour::Default => terminal::Colour::Default,
        grid::Colour::Indexed(index) => terminal::Colour::Indexed(index),
        grid::Colour::Rgb(grid::Rgb { r, g, b }) => terminal::Colour::Rgb(r, g, b),
    }
}

fn underline(underline: terminal::Underline) -> grid::Underline {
    match underline {
        terminal::Underline::None => grid::Underline::None,
        terminal::Underline::Single => grid::Underline::Single,
        terminal::Underline::Double => grid::Underline::Double,
        terminal::Underline::Curly => grid::Underline::Curly,
        terminal::Underline::Dotted => grid::Underline::Dotted,
        terminal::Underline::Dashed => grid::Underline::Dashed,
    }
}

fn underline_back(underline: grid::Underline) -> terminal::Underline {
    match underline {
        grid::Underline::None => terminal::Underline::None,
        grid::Underline::Single => terminal::Underline::Single,
        grid::Underline::Double => terminal::Underline::Double,
        grid::Underline::Curly => terminal::Underline::Curly,
        grid::Underline::Dotted => terminal::Underline::Dotted,
        grid::Underline::Dashed => terminal::Underline::Dashed,
    }
}

fn line_size(size: terminal::LineSize) -> grid::LineSize {
    match size {
        terminal::LineSize::Single => grid::LineSize::Single,
        terminal::LineSize::DoubleWidth => grid::LineSize::DoubleWidth,
        terminal::LineSize::DoubleTop => grid::LineSize::DoubleTop,
        terminal::LineSize::DoubleBottom => grid::LineSize::DoubleBottom,
    }
}

fn line_size_back(size: grid::LineSize) -> terminal::LineSize {
    match size {
        grid::LineSize::Single => terminal::LineSize::Single,
        grid::LineSize::DoubleWidth => terminal::LineSize::DoubleWidth,
        grid::LineSize::DoubleTop => terminal::LineSize::DoubleTop,
        grid::LineSize::DoubleBottom => terminal::LineSize::DoubleBottom,
    }
}

fn marks(mark: Option<terminal::Mark>) -> Marks {
    match mark {
        None => Marks::NONE,
        Some(terminal::Mark::Prompt) => Marks::PROMPT,
        Some(terminal::Mark::Output) => Marks::OUTPUT,
    }
}

fn mark_back(marks: Marks) -> Option<terminal::Mark> {
    if marks.contains(Marks::OUTPUT) {
        Some(terminal::Mark::Output)
    } else if marks.contains(Marks::PROMPT) {
        Some(terminal::Mark::Prompt)
    } else {
        None
    }
}

/// The colours that the program set; all others are the viewer's.
fn colours(emulator: &Emulator) -> FrameColours {
    let set = emulator.colours();
    let rgb = |colour: terminal::colour::Rgb| grid::Rgb { r: colour.red, g: colour.green, b: colour.blue };
    let mut colours = FrameColours::default();
    for (index, entry) in (0..=u8::MAX).zip(&mut colours.palette) {
        *entry = set.set_by_program(index).map(rgb);
    }
    for (theirs, ours) in [
        (DynamicColour::Foreground, grid::DynamicColour::Foreground),
        (DynamicColour::Background, grid::DynamicColour::Background),
        (DynamicColour::Cursor, grid::DynamicColour::Cursor),
        (DynamicColour::PointerForeground, grid::DynamicColour::PointerForeground),
        (DynamicColour::PointerBackground, grid::DynamicColour::PointerBackground),
        (DynamicColour::HighlightBackground, grid::DynamicColour::SelectionBackground),
        (DynamicColour::HighlightForeground, grid::DynamicColour::SelectionForeground),
    ] {
        colours.dynamic[ours as usize] = set.dynamic_set_by_program(theirs).map(rgb);
    }
    colours
}
