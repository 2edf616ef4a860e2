//! What the window draws, pixel by pixel: cursors, underlines, the selection, an input method's text, and lines that are
//! wrapped anew.

mod harness;

use harness::{Desktop, Picture};

/// Colours that no theme has.
const MARK: [u8; 3] = [1, 200, 3];
const OTHER: [u8; 3] = [200, 1, 210];

/// Left, top, right, bottom, all inside.
type Bounds = [usize; 4];

fn marked(picture: &Picture, colour: [u8; 3]) -> Option<Bounds> {
    picture.find(colour).map(|(_, bounds)| bounds)
}

fn count(picture: &Picture, colour: [u8; 3]) -> usize {
    picture.find(colour).map_or(0, |(count, _)| count)
}

fn size([left, top, right, bottom]: Bounds) -> (usize, usize) {
    (right - left + 1, bottom - top + 1)
}

/// The bounds of something that is `columns` by `rows` cells large.
fn until_cells(desktop: &Desktop, colour: [u8; 3], columns: usize, rows: usize) -> (Bounds, (usize, usize)) {
    let bounds = desktop.until_seen("a ground of whole cells", |picture| {
        marked(picture, colour).filter(|bounds| {
            let (width, height) = size(*bounds);
            width % columns == 0 && height % rows == 0 && height / rows >= 10
        })
    });
    let (width, height) = size(bounds);
    (bounds, (width / columns, height / rows))
}

#[test]
fn a_cursor_has_the_shape_and_the_colour_that_were_asked_for() {
    // Its colour is MARK; the cell above it has OTHER as its ground.
    let text = "stty -echo; printf '\\033]12;#01c803\\033\\\\\\033[4;10H\\033[48;2;200;1;210m \\033[m\\033[5;10HX\\b'
        for shape in 2 4 6; do printf '\\033['$shape' q'; read line; done; exec cat";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    let (above, (width, height)) = until_cells(&desktop, OTHER, 1, 1);
    let cell = [above[0], above[1] + height, above[2], above[3] + height];

    let full = |picture: &Picture| count(picture, MARK) > width * height / 2;
    desktop.until_seen("a block", |picture| {
        (marked(picture, MARK) == Some(cell) && full(picture)).then_some(())
    });
    let picture = desktop.picture();
    let ground = picture.at(400, 300);
    let letter = (cell[0]..=cell[2]).any(|x| (cell[1]..=cell[3]).any(|y| picture.at(x, y) == ground));
    assert!(letter, "the letter under it is shown in the ground's colour");

    desktop.focus(false);
    let edge = 2 * (width + height) - 4;
    desktop.until_seen("a hollow block without the keyboard", |picture| {
        (marked(picture, MARK) == Some(cell) && count(picture, MARK) == edge).then_some(())
    });
    desktop.focus(true);
    desktop.until_seen("a block again", |picture| full(picture).then_some(()));

    desktop.keys(&["Return"]);
    let line = desktop.until_seen("an underline", |picture| {
        marked(picture, MARK).filter(|bounds| size(*bounds).1 < height / 2)
    });
    assert_eq!((line[0], line[2], line[3]), (cell[0], cell[2], cell[3]), "along the cell's lower edge");
    desktop.keys(&["Return"]);
    let bar = desktop
        .until_seen("a bar", |picture| marked(picture, MARK).filter(|bounds| size(*bounds).1 == height));
    assert_eq!((bar[0], bar[1]), (cell[0], cell[1]), "along the cell's left edge");
    assert!(size(bar).0 < width / 2, "a bar of {} pixels in a cell of {width}", size(bar).0);
}

#[test]
fn every_underline_looks_its_own_way_in_its_own_colour() {
    // On black, each in a colour whose parts are 0 or 200: what is drawn softly is a darker shade of the same.
    let text = "printf '\\033]11;#000000\\033\\\\\\033[?25l'
        line() { printf '\\033[4:'$1'm\\033[58:2::'$2'm          \\033[m\\r\\n\\r\\n'; }
        line 1 200:0:0; line 2 0:0:200; line 3 0:200:0; line 4 200:200:0; line 5 200:0:200
        printf '\\033[48;2;1;200;3m  \\033[m'; exec cat";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    let (_, (width, height)) = until_cells(&desktop, MARK, 2, 1);
    let single = [200, 0, 0];
    let [left, _, right, _] = desktop.until_seen("a single line", |picture| marked(picture, single));
    assert_eq!(right - left + 1, 10 * width, "under ten cells without a gap at their ends");
    let picture = desktop.picture();
    // Rows of pixels in which a colour is drawn, and in each where, within the ten cells.
    let rows = |colour: [u8; 3]| -> Vec<(usize, Vec<bool>)> {
        let is = |[r, g, b]: [u8; 3]| {
            let parts = [r, g, b].into_iter().zip(colour);
            [r, g, b].iter().any(|part| *part > 60)
                && parts.clone().all(|(part, whole)| (part > 0) == (whole > 0))
        };
        let row = |y: usize| (left..=right).map(|x| is(picture.at(x, y))).collect::<Vec<bool>>();
        (0..900).map(|y| (y, row(y))).filter(|(_, row)| row.contains(&true)).collect()
    };
    let whole = |row: &[bool]| row.iter().all(|drawn| *drawn);
    let runs = |row: &[bool]| row.chunk_by(|one, other| one == other).filter(|run| run[0]).count();

    let single = rows(single);
    let thick = single.len();
    assert!(thick < height / 4 && single.iter().all(|(_, row)| whole(row)), "one whole line");

    let double = rows([0, 0, 200]);
    assert!(double.iter().all(|(_, row)| whole(row)), "two whole lines");
    let (first, last) = (double[0].0, double[double.len() - 1].0);
    assert_eq!((double.len(), last - first + 1), (2 * thick, 3 * thick), "with room between");

    let dotted = rows([200, 200, 0]);
    assert_eq!(dotted.len(), thick);
    let dots = runs(&dotted[0].1);
    assert!((3 * width..=10 * width / 2 + 10).contains(&dots), "{dots} dots in ten cells of {width} pixels");

    let dashed = rows([200, 0, 200]);
    assert_eq!(dashed.len(), thick);
    assert_eq!(runs(&dashed[0].1), 10, "a dash for each cell");

    let curly = rows([0, 200, 0]);
    assert!(curly.len() >= 3 && curly.iter().all(|(_, row)| !whole(row)), "a wave is no line: {curly:?}");
    let column = |x: usize| curly.iter().any(|(_, row)| row[x]);
    assert!((0..10 * width).all(column), "but without a gap");
    let (top, bottom) = (&curly[0].1, &curly[curly.len() - 1].1);
    let both = top.iter().zip(bottom).filter(|(up, down)| **up && **down).count();
    assert_eq!(both, 0, "up and down by turns");
}

#[test]
fn a_selection_is_seen_and_goes_with_the_next_key() {
    let text = "printf '\\033[?25l\\033[48;2;1;200;3m          \\033[m\\n'; exec cat";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    let ([left, top, right, bottom], (width, _)) = until_cells(&desktop, MARK, 10, 1);
    let middle = ((top + bottom) / 2).to_string();
    let x = |column: usize| (left + column * width).to_string();
    desktop.tool(&["mousemove", &x(2), &middle, "mousedown", "1"]);
    desktop.tool(&["mousemove", &x(3), &middle, "mousemove", &x(6), &middle, "mouseup", "1"]);
    let all = 10 * width * (bottom - top + 1);
    desktop.until_seen("four cells are another colour", |picture| {
        (count(picture, MARK) == all * 6 / 10).then_some(())
    });
    let picture = desktop.picture();
    let row = top + 2;
    let changed = (left..=right).filter(|x| picture.at(*x, row) != MARK).map(|x| (x - left) / width);
    assert_eq!(changed.clone().min().zip(changed.max()), Some((2, 5)), "from the third to the sixth");
    desktop.type_text("x");
    desktop.until_seen("no selection", |picture| (count(picture, MARK) == all).then_some(()));
}

#[test]
fn a_window_of_another_width_wraps_anew_and_loses_nothing() {
    let text = "printf '\\033[?25l\\033[48;2;1;200;3m%150s\\033[m\\n' end-of-line; exec cat";
    let Some(desktop) = Desktop::start(&["sh", "-c", text]) else { return };
    desktop.until_shown("1", "end-of-line");
    let cols = |desktop: &Desktop| desktop.size().0;
    let before = cols(&desktop);
    assert!((76..150).contains(&before), "the line is wrapped once at {before} columns");
    let window = desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]);
    let geometry = desktop.tool(&["getwindowgeometry", "--shell", &window]);
    let part = |name: &str| {
        let line = geometry.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|number| number.parse::<usize>().ok()).expect("the window's size")
    };
    let (width, height) = (part("WIDTH="), part("HEIGHT="));
    // What is ground of the line, text apart: the same number of cells however it is wrapped.
    let (_, (_, cell)) = until_cells(&desktop, MARK, before, 2);
    let whole = count(&desktop.picture(), MARK);
    for (wide, rows) in [(width / 2, 150_usize.div_ceil(before / 2)), (width * 3 / 2, 2), (width, 2)] {
        desktop.tool(&["windowsize", &window, &wide.to_string(), &height.to_string()]);
        let fits = |desktop: &Desktop| cols(desktop).abs_diff(before * wide / width) <= 8;
        desktop.until("the session has the window's width", fits);
        let lines = 150_usize.div_ceil(cols(&desktop));
        assert!(lines.abs_diff(rows) <= 1, "{lines} rows");
        desktop.until_seen("the line in so many rows", |picture| {
            marked(picture, MARK).filter(|bounds| size(*bounds).1 == lines * cell)
        });
        assert_eq!(count(&desktop.picture(), MARK), whole, "no cell more and none less");
        let shown = desktop.scarab(&["capture", "1"]);
        assert!(shown.lines().any(|line| line.len() == 150 && line.ends_with("end-of-line")), "{shown}");
    }
}
