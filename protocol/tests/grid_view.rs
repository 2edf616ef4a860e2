//! Frames through a view: what the writer publishes is what a reader gets, and damaged memory harms nobody.

use std::cell::Cell as Counter;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt};

use scarab_protocol::grid::*;

fn view() -> (ViewWriter, HistoryWriter, ViewReader) {
    let (writer, history) = ViewWriter::create(ViewLimits::default()).unwrap();
    let reader = ViewReader::open(writer.reader_fd().unwrap()).unwrap();
    (writer, history, reader)
}

/// The memory behind a view, for tests that damage it.
fn memory(writer: &ViewWriter) -> File {
    writer.fd().try_clone_to_owned().unwrap().into()
}

fn head(cols: u16, rows: u16) -> FrameHead {
    FrameHead { cols, rows, ..FrameHead::default() }
}

fn row(identity: u64, revision: u64) -> RowHead {
    RowHead { identity: RowIdentity(identity), revision, attributes: RowAttributes::default() }
}

fn cells(text: &str) -> impl Iterator<Item = Cell> + '_ {
    text.chars().map(|c| Cell::new(Content::Char(c), StyleId(0)))
}

fn text(frame: &Frame, index: usize) -> String {
    let cells = frame.rows()[index].cells.iter();
    cells
        .filter_map(|cell| match cell.content() {
            Content::Blank => Some(' '.to_string()),
            Content::Char(c) => Some(c.to_string()),
            Content::Cluster(id) => Some(frame.cluster(id).to_owned()),
            Content::Spacer => None,
        })
        .collect::<String>()
        .trim_end()
        .to_owned()
}

#[test]
fn before_the_first_frame_there_is_none() {
    let (_writer, _history, mut reader) = view();
    let mut frame = Frame::new();
    assert_eq!(reader.read(&mut frame).unwrap(), ReadOutcome::Unchanged);
    assert_eq!(frame.generation(), Generation(0));
    assert!(frame.rows().is_empty());
}

#[test]
fn everything_in_a_frame_arrives() {
    let (mut writer, _history, mut reader) = view();
    let style = Style {
        foreground: Colour::Indexed(9),
        background: Colour::Rgb(Rgb { r: 1, g: 2, b: 3 }),
        underline_colour: Colour::Indexed(200),
        attributes: Attributes::ITALIC.with(Attributes::STRIKE),
        underline: Underline::Curly,
        link: Some(LinkId(1)),
    };
    let cursor = FrameCursor { row: 1, col: 3, shape: CursorShape::Bar, blinking: true, visible: true };
    let attributes = RowAttributes {
        wrapped: true,
        line_size: LineSize::DoubleTop,
        marks: Marks::PROMPT.with(Marks::INPUT),
    };
    let history = HistoryMark {
        committed: 800,
        oldest: 80,
        end_line: LineNumber(9),
        oldest_line: LineNumber(1),
        rewrites: 3,
    };
    let pictures = FramePictures { table: 7, top: -8 };
    let head = FrameHead {
        cols: 4,
        rows: 2,
        cursor,
        flags: ScreenFlags::ALTERNATE,
        modes: u64::MAX - 5,
        history,
        pictures,
    };
    let mut colours = FrameColours::default();
    colours.dynamic[DynamicColour::SelectionForeground as usize] = Some(Rgb { r: 7, g: 8, b: 9 });
    colours.palette[0] = Some(Rgb { r: 0, g: 0, b: 0 });
    colours.palette[255] = Some(Rgb { r: 255, g: 255, b: 255 });

    let links = [LinkRef { id: "", uri: "" }, LinkRef { id: "é", uri: "https://example.org/é" }];
    let clusters = ["", "👩‍👩‍👧"];
    let row0 = [
        Cell::new(Content::Char('字'), StyleId(1)).with_wide(true),
        Cell::new(Content::Spacer, StyleId(1)),
        Cell::new(Content::Cluster(ClusterId(1)), StyleId(1)).with_protected(true),
        Cell::BLANK,
    ];
    let mut next = writer.begin(&head);
    next.colours(5, || colours.clone());
    next.links(1, 2, |index| links[index]);
    next.clusters(1, 2, |index| clusters[index]);
    next.styles(1, 2, |index| [Style::default(), style][index]);
    next.row(0, RowHead { identity: RowIdentity(10), revision: 3, attributes }, row0);
    next.row(1, row(11, 1), cells("last, too long"));
    assert_eq!(next.publish(), Generation(1));

    let mut frame = Frame::new();
    assert_eq!(reader.read(&mut frame).unwrap(), ReadOutcome::Fresh);
    assert_eq!(frame.generation(), writer.generation());
    assert_eq!(*frame.head(), head);
    assert_eq!(*frame.colours(), colours);
    assert_eq!(frame.colours().dynamic(DynamicColour::SelectionForeground), Some(Rgb { r: 7, g: 8, b: 9 }));
    assert_eq!(frame.rows()[0].cells, row0);
    assert_eq!(frame.rows()[0].head.attributes, attributes);
    assert_eq!(frame.rows()[0].head.identity, RowIdentity(10));
    assert_eq!(text(&frame, 1), "last");
    assert_eq!(frame.style(StyleId(1)), style);
    assert_eq!(frame.cluster(ClusterId(1)), "👩‍👩‍👧");
    assert_eq!(frame.link(LinkId(1)), Some(&Link { id: "é".into(), uri: "https://example.org/é".into() }));
    assert_eq!(frame.style(StyleId(2)), Style::default(), "a number outside the table is the default");
    assert_eq!(frame.cluster(ClusterId(2)), "\u{fffd}");
    assert_eq!(reader.read(&mut frame).unwrap(), ReadOutcome::Unchanged);
}

#[test]
fn a_buffer_gets_what_changed_since_its_own_last_frame() {
    let (mut writer, _history, _reader) = view();
    let copied = Counter::new(0);
    let mut publish = |revisions: [u64; 3]| {
        copied.set(0);
        let mut next = writer.begin(&head(3, 3));
        for (index, revision) in revisions.into_iter().enumerate() {
            let once = std::iter::once_with(|| {
                copied.set(copied.get() + 1);
                Cell::BLANK
            });
            next.row(index, row(index as u64, revision), once);
        }
        next.publish();
        copied.get()
    };
    assert_eq!(publish([1, 1, 1]), 3, "the first buffer is empty");
    assert_eq!(publish([2, 1, 1]), 3, "so is the second");
    assert_eq!(publish([2, 3, 1]), 2, "the first lacks the changes of two frames");
    assert_eq!(publish([2, 3, 1]), 1, "the second lacks one");
    assert_eq!(publish([2, 3, 1]), 0);
}

#[test]
fn a_viewer_that_missed_frames_gets_all_of_them() {
    let (mut writer, _history, mut reader) = view();
    let mut frame = Frame::new();
    for step in 0..200u64 {
        // One line scrolls in with each frame; every third frame is not looked at.
        let mut next = writer.begin(&head(8, 5));
        for index in 0..5u64 {
            next.row(index as usize, row(step + index, 1), cells(&format!("row {}", step + index)));
        }
        next.publish();
        if step % 3 != 0 {
            assert_eq!(reader.read(&mut frame).unwrap(), ReadOutcome::Fresh);
            for index in 0..5u64 {
                assert_eq!(text(&frame, index as usize), format!("row {}", step + index));
                assert_eq!(frame.rows()[index as usize].head.identity, RowIdentity(step + index));
            }
        }
    }
}

#[test]
fn sizes_change_both_ways() {
    let (mut writer, _history, mut reader) = view();
    let mut frame = Frame::new();
    let sizes = [(80, 24), (1, 1), (200, 60), (2000, 1000), (80, 24), (40, 24), (80, 24)];
    for (step, (cols, rows)) in sizes.into_iter().cycle().take(21).enumerate() {
        let mut next = writer.begin(&head(cols, rows));
        // Only the first row is given: the others must be blank, never rows of another size.
        let label = format!("{step}");
        next.row(0, row(1, step as u64), cells(&label));
        next.publish();
        assert_eq!(reader.read(&mut frame).unwrap(), ReadOutcome::Fresh);
        assert_eq!(frame.rows().len(), usize::from(rows));
        assert!(frame.rows().iter().all(|row| row.cells.len() == usize::from(cols)));
        assert!(frame.rows()[1..].iter().flat_map(|row| &row.cells).all(|cell| *cell == Cell::BLANK));
        assert!(label.starts_with(&text(&frame, 0)));
    }
    let mut next = writer.begin(&head(0, 0));
    next.row(70_000, row(1, 1), []);
    next.publish();
    reader.read(&mut frame).unwrap();
    assert_eq!((frame.head().cols, frame.head().rows), (1, 1), "no frame is empty");
    writer.begin(&head(u16::MAX, u16::MAX)).publish();
    reader.read(&mut frame).unwrap();
    assert_eq!((frame.head().cols, frame.head().rows), (MAX_COLS, MAX_ROWS));
}

#[test]
fn tables_grow_within_an_epoch_and_start_again_with_the_next() {
    let (mut writer, _history, mut reader) = view();
    let mut frame = Frame::new();
    let asked = Counter::new(0usize);
    for step in 0..100usize {
        let epoch = (step / 30) as u64;
        let len = 1 + step % 30;
        let name = |index: usize| format!("{epoch}:{index}");
        let names: Vec<String> = (0..len).map(name).collect();
        asked.set(0);
        let mut next = writer.begin(&head(2, 1));
        next.clusters(epoch, len, |index| {
            asked.set(asked.get() + 1);
            &names[index]
        });
        next.styles(epoch, len, |index| Style {
            foreground: Colour::Indexed(index as u8),
            ..Style::default()
        });
        next.links(epoch, len, |index| LinkRef { id: &names[index], uri: &names[index] });
        next.publish();
        assert!(asked.get() <= 2 || step % 30 < 2, "only what this buffer lacks: {}", asked.get());
        if step % 4 != 1 {
            reader.read(&mut frame).unwrap();
            for index in 0..len {
                assert_eq!(frame.cluster(ClusterId(index as u32)), name(index));
                assert_eq!(frame.style(StyleId(index as u16)).foreground, Colour::Indexed(index as u8));
                assert_eq!(frame.link(LinkId(index as u32)).unwrap().uri, name(index));
            }
            assert_eq!(frame.cluster(ClusterId(len as u32)), "\u{fffd}");
            assert!(frame.link(LinkId(len as u32)).is_none());
        }
    }
}

#[test]
fn full_tables_hold_what_they_promise() {
    let (mut writer, _history, mut reader) = view();
    let longest = "x".repeat(MAX_CLUSTER_BYTES + 9);
    let uri = "u".repeat(MAX_LINK_URI_BYTES);
    let too_long = "v".repeat(MAX_LINK_URI_BYTES + 1);
    let mut next = writer.begin(&head(1, 1));
    next.styles(1, usize::MAX, |index| Style { link: Some(LinkId(index as u32)), ..Style::default() });
    next.clusters(1, usize::MAX, |_| &longest);
    next.links(1, usize::MAX, |index| LinkRef { id: "", uri: if index == 0 { &too_long } else { &uri } });
    next.publish();
    let mut frame = Frame::new();
    assert_eq!(reader.read(&mut frame).unwrap(), ReadOutcome::Fresh);
    assert_eq!(frame.cluster(ClusterId(MAX_CLUSTERS as u32 - 1)).len(), MAX_CLUSTER_BYTES);
    assert_eq!(frame.style(StyleId(u16::MAX)).link, None, "there are fewer links than styles");
    assert_eq!(frame.style(StyleId(100)).link, Some(LinkId(100)));
    assert_eq!(frame.link(LinkId(0)).unwrap().uri, "", "half an address is none");
    assert_eq!(frame.link(LinkId(1)).unwrap().uri, uri);
    assert_eq!(frame.link(LinkId(MAX_LINKS as u32 - 1)).unwrap().uri, "", "the text has no room any more");
}

#[test]
fn a_frame_that_is_dropped_was_never_there() {
    let (mut writer, _history, mut reader) = view();
    let mut frame = Frame::new();
    for (revision, published) in [(1, true), (2, true), (3, false), (4, true), (5, false), (5, true)] {
        let mut next = writer.begin(&head(8, 1));
        next.row(0, row(1, revision), cells(&format!("r{revision}")));
        if published {
            next.publish();
            assert_eq!(reader.read(&mut frame).unwrap(), ReadOutcome::Fresh);
            assert_eq!(text(&frame, 0), format!("r{revision}"));
        } else {
            assert_eq!(reader.read(&mut frame).unwrap(), ReadOutcome::Unchanged);
        }
    }
}

#[test]
fn a_frame_of_one_view_says_nothing_about_another() {
    let (mut one, _history, mut one_reader) = view();
    let (mut two, _history2, mut two_reader) = view();
    for (writer, text) in [(&mut one, "one"), (&mut two, "two")] {
        let mut next = writer.begin(&head(8, 1));
        next.row(0, row(1, 1), cells(text));
        next.publish();
    }
    let mut frame = Frame::new();
    one_reader.read(&mut frame).unwrap();
    assert_eq!(text(&frame, 0), "one");
    assert_eq!(two_reader.read(&mut frame).unwrap(), ReadOutcome::Fresh);
    assert_eq!(text(&frame, 0), "two");
}

#[test]
fn a_small_session_touches_little_memory() {
    let (mut writer, _history, mut reader) = view();
    let mut frame = Frame::new();
    for step in 0..4 {
        let mut next = writer.begin(&head(80, 24));
        next.colours(1, FrameColours::default);
        next.styles(1, 1, |_| Style::default());
        for index in 0..24 {
            next.row(index, row(index as u64, step), cells("$"));
        }
        next.publish();
        reader.read(&mut frame).unwrap();
    }
    // `blocks` counts 512 bytes each.
    let touched = memory(&writer).metadata().unwrap().blocks() * 512;
    assert!(touched <= 64 << 10, "{touched} bytes");
}

#[test]
fn what_is_not_a_view_is_refused() {
    let (writer, _history, _reader) = view();
    assert!(matches!(ViewReader::open(File::open("/dev/null").unwrap().into()), Err(GridError::NotSealed)));
    let (_bell, handover) = Bell::create().unwrap();
    assert!(matches!(ViewReader::open(handover.memory), Err(GridError::Magic)));
    let open = || ViewReader::open(writer.reader_fd().unwrap());
    let file = memory(&writer);
    let mut original = [0; 96];
    file.read_exact_at(&mut original, 0).unwrap();
    for word in 0..12 {
        for value in [0, 1, u64::MAX] {
            file.write_all_at(&value.to_ne_bytes(), word * 8).unwrap();
            let error = open().expect_err("a changed header");
            match word {
                0 => assert!(matches!(error, GridError::Magic)),
                1 if value as u32 != VIEW_LAYOUT => assert!(matches!(error, GridError::Layout { .. })),
                _ => assert!(matches!(error, GridError::Damaged(_) | GridError::Size(_)), "{error}"),
            }
            file.write_all_at(&original, 0).unwrap();
        }
    }
    // A header that agrees with itself, of another size than the memory's.
    let other = ViewWriter::create(ViewLimits { history_bytes: 1 << 20, history_lines: 1 }).unwrap().0;
    memory(&other).read_exact_at(&mut original, 0).unwrap();
    file.write_all_at(&original, 0).unwrap();
    assert!(matches!(open(), Err(GridError::Size(_))));
}

/// Every word of a published frame is overwritten with every hostile value: a reader may get an error or
/// a frame that keeps the promises of `Frame`, and nothing else.
#[test]
fn hostile_words_are_an_error_or_harmless() {
    let (mut writer, _history, mut reader) = view();
    let file = memory(&writer);
    let mut header = [0; 96];
    file.read_exact_at(&mut header, 0).unwrap();
    let word = |at: usize| u64::from_ne_bytes(header[at..at + 8].try_into().unwrap());
    let (frame_0, frame_1, frame_bytes) = (word(32), word(40), word(48));

    let mut used = Vec::new();
    let mut publish = |file: &File| {
        let mut next = writer.begin(&head(6, 2));
        next.colours(1, FrameColours::default);
        next.styles(1, 2, |_| Style { link: Some(LinkId(0)), ..Style::default() });
        next.clusters(1, 2, |_| "e\u{301}");
        next.links(1, 1, |_| LinkRef { id: "id", uri: "file:///" });
        let row0 = [
            Cell::new(Content::Char('宽'), StyleId(1)).with_wide(true),
            Cell::new(Content::Spacer, StyleId(1)),
            Cell::new(Content::Cluster(ClusterId(1)), StyleId(1)),
        ];
        next.row(0, row(1, 1), row0);
        next.row(1, row(2, 1), cells("text"));
        let generation = next.publish();
        let base = if generation.0 & 1 == 0 { frame_0 } else { frame_1 };
        if used.is_empty() {
            let mut bytes = vec![0; frame_bytes as usize];
            file.read_exact_at(&mut bytes, base).unwrap();
            let words = bytes.chunks_exact(8).enumerate();
            used = words
                .filter(|(_, word)| word.iter().any(|byte| *byte != 0))
                .map(|(at, _)| at as u64 * 8)
                .collect();
            // The head, also where it is zero.
            used.extend((0..17).map(|word| word * 8));
        }
        (base, used.clone())
    };
    publish(&file);
    let mut older = Frame::new();
    reader.read(&mut older).unwrap();
    let (base, used) = publish(&file);
    assert!(used.len() > 30);
    let hostile =
        [0, 1, 0xff, 0xffff, 0xd800, 1 << 31, 0xffff_ffff, 1 << 32, 1 << 48, 1 << 63, u64::MAX - 7, u64::MAX];
    for at in used {
        let mut original = [0; 8];
        file.read_exact_at(&mut original, base + at).unwrap();
        for value in hostile {
            file.write_all_at(&value.to_ne_bytes(), base + at).unwrap();
            for mut frame in [Frame::new(), older.clone()] {
                match reader.read(&mut frame) {
                    Ok(outcome) => {
                        assert_eq!(outcome, ReadOutcome::Fresh);
                        check(&frame);
                        let _ = reader.history(&frame.head().history);
                    }
                    Err(error) => {
                        assert!(matches!(error, GridError::Damaged(_)), "{error}");
                        assert!(frame.rows().is_empty());
                    }
                }
            }
        }
        file.write_all_at(&original, base + at).unwrap();
    }
}

fn check(frame: &Frame) {
    let head = frame.head();
    assert_eq!(frame.rows().len(), usize::from(head.rows));
    assert!(head.cursor.row < head.rows && head.cursor.col < head.cols);
    for row in frame.rows() {
        assert_eq!(row.cells.len(), usize::from(head.cols));
        let mut cells = row.cells.iter().peekable();
        while let Some(cell) = cells.next() {
            frame.style(cell.style());
            if let Content::Cluster(id) = cell.content() {
                assert!(frame.cluster(id).len() <= 3 * MAX_CLUSTER_BYTES);
            }
            assert_ne!(cell.content(), Content::Spacer);
            if cell.wide() {
                assert_eq!(cells.next().map(|next| next.content()), Some(Content::Spacer));
            }
        }
    }
}

#[test]
fn viewers_cannot_map_the_view_for_writing() {
    let (writer, _history, _reader) = view();
    let theirs = File::from(writer.reader_fd().unwrap());
    assert!(theirs.write_at(&[1], 0).is_err());
    assert!(theirs.as_fd().try_clone_to_owned().is_ok());
    assert!(theirs.set_len(0).is_err());
}
