//! The fixed words of a view and of a frame, as annotated hex that a person can review: a change here is a
//! new layout version.

use std::fs::File;
use std::os::unix::fs::FileExt;

use scarab_protocol::grid::*;

const GOLDEN: &str = include_str!("golden/grid-header.txt");

/// Offset and bytes of each line that has them: offset, bytes and, for people, what they mean, with two
/// spaces or more between.
fn golden() -> impl Iterator<Item = (u64, Vec<u8>)> {
    GOLDEN.lines().filter_map(|line| {
        let (offset, rest) = line.split_once("  ")?;
        let offset = u64::from_str_radix(offset, 16).expect("an offset");
        let bytes = rest.split("  ").next()?.split(' ');
        Some((offset, bytes.map(|byte| u8::from_str_radix(byte, 16).expect("a byte")).collect()))
    })
}

#[cfg(target_endian = "little")]
#[test]
fn the_memory_is_as_the_golden_file_says() {
    let (mut view, mut history) = ViewWriter::create(ViewLimits::default()).unwrap();
    let run = HistoryRun {
        bytes: 5,
        cells: 5,
        style: Style { foreground: Colour::Indexed(2), ..Style::default() },
        ..HistoryRun::default()
    };
    let piece =
        PieceRef { text: "hello", runs: &[run], marks: Marks::OUTPUT, cols: 80, ..PieceRef::default() };
    history.push(&piece);
    history.push(&PieceRef { continues: true, cols: 80, ..PieceRef::default() });
    let head = FrameHead {
        cols: 2,
        rows: 1,
        cursor: FrameCursor { row: 0, col: 1, shape: CursorShape::Bar, blinking: true, visible: true },
        flags: ScreenFlags::REVERSE_VIDEO,
        modes: 0x0123_4567_89ab_cdef,
        history: history.mark(),
        ..FrameHead::default()
    };
    let mut frame = view.begin(&head);
    frame.colours(9, || {
        let mut colours = FrameColours::default();
        colours.dynamic[DynamicColour::Background as usize] = Some(Rgb { r: 0x11, g: 0x22, b: 0x33 });
        colours.palette[0] = Some(Rgb { r: 0x44, g: 0x55, b: 0x66 });
        colours
    });
    frame.links(4, 1, |_| LinkRef { id: "a", uri: "x:/" });
    frame.clusters(3, 1, |_| "e\u{301}");
    frame.styles(2, 2, |index| match index {
        0 => Style::default(),
        _ => Style {
            foreground: Colour::Indexed(7),
            background: Colour::Rgb(Rgb { r: 1, g: 2, b: 3 }),
            underline_colour: Colour::Indexed(8),
            attributes: Attributes::BOLD.with(Attributes::OVERLINE),
            underline: Underline::Curly,
            link: Some(LinkId(0)),
        },
    });
    let attributes = RowAttributes { wrapped: true, line_size: LineSize::DoubleTop, marks: Marks::PROMPT };
    let row = RowHead { identity: RowIdentity(0x51), revision: 0x52, attributes };
    let cells = [
        Cell::new(Content::Cluster(ClusterId(0)), StyleId(1)).with_protected(true),
        Cell::new(Content::Char('A'), StyleId(0)),
    ];
    frame.row(0, row, cells);
    frame.publish();
    view.leave_dirty();

    let memory: File = view.fd().try_clone_to_owned().unwrap().into();
    let mut checked = 0;
    let mut wrong = String::new();
    for (offset, bytes) in golden() {
        let mut found = vec![0; bytes.len()];
        memory.read_exact_at(&mut found, offset).unwrap();
        if found != bytes {
            wrong += &format!("{offset:08x} is {found:02x?}\n");
        }
        checked += bytes.len();
    }
    assert!(wrong.is_empty(), "a change of the layout:\n{wrong}");
    assert!(checked > 400, "the golden file was read");
}
