//! Images in the window, pixel by pixel: where they are, how large, what is over and under them; scrolled, resized, and
//! looked at in history.

mod harness;

use harness::{Desktop, Picture};

/// Colours that no theme has; the first one is one that sixel can say, in percent.
const MARK: [u8; 3] = [51, 204, 102];
const OTHER: [u8; 3] = [200, 1, 210];

/// The program that sends images; built by `cargo build --examples`.
fn sender() -> String {
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_scarab-gtk")).parent().expect("a directory");
    let sender = bin.join("examples/send_image");
    assert!(sender.exists(), "send_image is not built: cargo build --workspace --examples first");
    sender.display().to_string()
}

/// Left, top, right and bottom of a colour that fills its bounds.
fn filled(picture: &Picture, colour: [u8; 3]) -> Option<[usize; 4]> {
    let (count, bounds) = picture.find(colour)?;
    let [left, top, right, bottom] = bounds;
    (count == (right - left + 1) * (bottom - top + 1)).then_some(bounds)
}

/// Width and height of a cell, from two cells of OTHER as their ground at the top left of the text, and where that is.
fn cell(desktop: &Desktop) -> ([usize; 2], [usize; 2]) {
    let [left, top, right, bottom] = desktop.until_seen("two cells", |picture| {
        filled(picture, OTHER).filter(|[left, top, right, bottom]| right - left > 8 && bottom - top > 8)
    });
    let width = right - left + 1;
    ([width / 2, bottom - top + 1], [left, top])
}

const CELLS: &str = "stty -echo; printf '\\033[?25l\\033[48;2;200;1;210m  \\033[m\\r\\n';";

/// Where cells are.
fn place(
    [width, height]: [usize; 2],
    [left, top]: [usize; 2],
    cols: std::ops::Range<usize>,
    rows: std::ops::Range<usize>,
) -> [usize; 4] {
    [
        left + cols.start * width,
        top + rows.start * height,
        left + cols.end * width - 1,
        top + rows.end * height - 1,
    ]
}

#[test]
fn a_kitty_image_fills_its_cells_and_scrolls_with_the_text() {
    let text = format!(
        "{CELLS} printf '\\033[4;6H'; {} --size 30x20 --cells 10x4 --colour 33cc66 --png
        read line; printf '\\033[24;1H\\n'; read line; printf '\\033[24;1H\\n\\n\\n\\n\\n'; read line; exec cat",
        sender()
    );
    let Some(desktop) = Desktop::start(&["sh", "-c", &text]) else { return };
    let (cell, origin) = cell(&desktop);
    let at = |row: usize| place(cell, origin, 5..15, row..row + 4);
    desktop.until_seen("the image", |picture| (filled(picture, MARK)? == at(3)).then_some(()));
    desktop.keys(&["Return"]);
    desktop.until_seen("a row higher", |picture| (filled(picture, MARK)? == at(2)).then_some(()));
    desktop.keys(&["Return"]);
    let part = place(cell, origin, 5..15, 0..1);
    desktop.until_seen("its last row", |picture| (filled(picture, MARK)? == part).then_some(()));
    // What is in history is seen there.
    desktop.keys(&["shift+Prior"]);
    desktop.until_seen("all of it", |picture| (filled(picture, MARK)? == at(3)).then_some(()));
    desktop.keys(&["shift+Next"]);
    desktop.until_seen("its last row again", |picture| (filled(picture, MARK)? == part).then_some(()));
}

#[test]
fn a_sixel_picture_is_cut_by_text_and_stays_when_the_window_is_resized() {
    let text = format!(
        "{CELLS} {} --via sixel --size 200x120 --colour 33cc66; printf '\\033[3;3H\\033[48;2;200;1;210m \\033[m'
        read line; exec cat",
        sender()
    );
    let Some(desktop) = Desktop::start(&["sh", "-c", &text]) else { return };
    // The ground of the cell in the picture makes three of them.
    let seen = desktop.until_seen("the picture", |picture| {
        let (count, bounds) = picture.find(MARK)?;
        let [left, top, right, bottom] = bounds;
        ((right - left + 1, bottom - top + 1) == (200, 120)).then_some((count, bounds))
    });
    let cut = 200 * 120 - seen.0;
    let (others, _) = desktop.picture().find(OTHER).expect("cells");
    assert_eq!(3 * cut, others, "text has cut one cell out of it");
    let window = desktop.tool(&["search", "--onlyvisible", "--class", "scarab"]);
    let size = desktop.size();
    desktop.tool(&["windowsize", &window, "500", "400"]);
    desktop.until("it is smaller", |desktop| desktop.size() != size);
    desktop.until_seen("the picture again", |picture| (picture.find(MARK)? == seen).then_some(()));
}

#[test]
fn images_are_below_and_above_text_and_grounds() {
    // Three images of two rows; over each a full block in OTHER's colour, and a ground of that colour.
    let image = |row: usize, z: i64| {
        format!(
            "printf '\\033[{row};1H'; {} --size 4x4 --cells 6x2 --z {z} --colour 33cc66
            printf '\\033[{row};1H\\033[38;2;7;107;207m\\342\\226\\210\\033[m\\033[{row};3H\\033[48;2;7;107;207m \\033[m';",
            sender()
        )
    };
    let text = format!(
        "{CELLS} {}{}{} read line; exec cat",
        image(3, 0),
        image(6, -1),
        image(9, i64::from(i32::MIN))
    );
    let Some(desktop) = Desktop::start(&["sh", "-c", &text]) else { return };
    let (cell, origin) = cell(&desktop);
    let middle = |col: usize, row: usize| {
        let [left, top, right, bottom] = place(cell, origin, col..col + 1, row..row + 1);
        ((left + right) / 2, (top + bottom) / 2)
    };
    const TEXT: [u8; 3] = [7, 107, 207];
    desktop.until_seen("three images", |picture| {
        let at = |(x, y): (usize, usize)| picture.at(x, y);
        [2, 5, 8].iter().all(|row| at(middle(5, *row)) == MARK).then_some(())
    });
    let picture = desktop.picture();
    let seen: Vec<[[u8; 3]; 2]> = [2, 5, 8]
        .map(|row| {
            [0, 2].map(|col| {
                let (x, y) = middle(col, row);
                picture.at(x, y)
            })
        })
        .to_vec();
    assert_eq!(seen, [[MARK, MARK], [TEXT, MARK], [TEXT, TEXT]], "text and ground, at each depth");
}

#[test]
fn characters_that_stand_for_an_image_show_it() {
    let text = format!(
        "{CELLS} {} --size 40x40 --id 77 --cells 6x3 --placeholders --colour 33cc66; read line; exec cat",
        sender()
    );
    let Some(desktop) = Desktop::start(&["sh", "-c", &text]) else { return };
    let (cell, origin) = cell(&desktop);
    let [left, top, right, bottom] = desktop.until_seen("the image", |picture| filled(picture, MARK));
    let all = place(cell, origin, 0..6, 1..4);
    // In its own shape, in the middle.
    let side = (6 * cell[0]).min(3 * cell[1]);
    let near = |one: usize, other: usize| one.abs_diff(other) <= 2;
    assert!(near(right - left + 1, side) && near(bottom - top + 1, side), "a square of {side} pixels");
    assert!(near(left - all[0], all[2] - right) && near(top - all[1], all[3] - bottom), "in the middle");
    let captured = desktop.scarab(&["capture", "1"]);
    assert!(!captured.contains('\u{10eeee}'), "as text it is blank: {captured:?}");
}

#[test]
fn what_is_deleted_is_gone_and_its_memory_too() {
    let text = format!(
        "{CELLS} {} --size 1000x1000 --cells 6x3 --id 5 --colour 33cc66; read line
        printf '\\033_Ga=d,d=I,i=5\\033\\\\'; read line; exec cat",
        sender()
    );
    let Some(desktop) = Desktop::start(&["sh", "-c", &text]) else { return };
    let (_, _) = cell(&desktop);
    desktop.until_seen("the image", |picture| filled(picture, MARK).map(|_| ()));
    desktop.keys(&["Return"]);
    desktop.until_seen("nothing of it", |picture| picture.find(MARK).is_none().then_some(()));
}
