//! Sixel pictures and kitty's graphics protocol: what is kept, where it is shown, what is answered, and how it moves
//! with the text.

#![allow(missing_docs)]

mod common;

use common::{Shelf, Term, answer, at, history, imaging, in_step, text};
use data_encoding::BASE64;
use scarab_terminal::{Content, Medium, Options, PlacedImage, PlacementKind, Size, Terminal, VecHistory};

/// Cells are of 10 by 20 pixels here: this picture takes 3 columns and 2 rows.
const SIXEL: &str = "\x1bP7;1q\"1;1;30;40#1;2;100;0;0!30~-!30~-!30~-!30~-!30~-!30~-!30N\x1b\\";

fn run(terminal: &mut Term, text: &str) {
    terminal.feed(text.as_bytes());
}

/// A command that transmits `width` by `height` pixels.
fn transmit(keys: &str, width: usize, height: usize) -> String {
    let payload = BASE64.encode(&vec![7; width * height * 3]);
    format!("\x1b_Gf=24,s={width},v={height},{keys};{payload}\x1b\\")
}

/// Row, column, columns, rows and what is not cut off, of all that is shown.
fn places(terminal: &Term) -> Vec<(i64, u32, u32, u32, u32, u32)> {
    let place = |image: PlacedImage| (image.row, image.col, image.cols, image.rows, image.first, image.last);
    terminal.placed_images().map(place).collect()
}

/// The cells in which a sixel picture shows, `#`, row by row.
fn shown(terminal: &Term) -> Vec<String> {
    let row = |index| {
        let cells = terminal.screen().row(index).cells();
        let letter = |content| if content == Content::Image { '#' } else { '.' };
        cells.iter().map(|cell| letter(cell.content())).collect()
    };
    (0..terminal.screen().rows()).map(row).collect()
}

fn only_picture(shelf: &Shelf) -> scarab_terminal::Picture {
    let shelved = shelf.0.lock().unwrap();
    assert_eq!(shelved.pictures.len(), 1);
    shelved.pictures.values().next().unwrap().clone()
}

#[test]
fn without_a_host_for_images_all_is_swallowed() {
    let mut terminal = Terminal::new(Size::cells(20, 4), Options::default(), VecHistory::with_limit(10));
    terminal.feed(SIXEL.as_bytes());
    terminal.feed(transmit("i=1,a=T", 10, 20).as_bytes());
    assert_eq!(answer(&mut terminal, b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"), "");
    assert_eq!(answer(&mut terminal, b"\x1b[c"), "ESC [?62;6;21;22;28;52c");
    assert_eq!(answer(&mut terminal, b"\x1b[?80$p\x1b[?1;1;0S"), "ESC [?80;0$y");
    assert_eq!((at(&terminal), terminal.images().len()), ((0, 0), 0));
    assert_eq!(text(&terminal), "");
}

#[test]
fn what_is_there_is_told() {
    let (mut terminal, _) = imaging(20, 4);
    assert_eq!(answer(&mut terminal, b"\x1b[c"), "ESC [?62;4;6;21;22;28;52c");
    assert_eq!(answer(&mut terminal, b"\x1b[?80$p\x1b[?1070$p"), "ESC [?80;2$yESC [?1070;1$y");
    assert_eq!(answer(&mut terminal, b"\x1b[?1;1;0S"), "ESC [?1;0;1024S");
    assert_eq!(answer(&mut terminal, b"\x1b[?2;1;0S"), "ESC [?2;0;200;80S");
    assert_eq!(answer(&mut terminal, b"\x1b[?2;3;9;9S\x1b[?3;1;0S"), "ESC [?2;3SESC [?3;1S");
}

#[test]
fn a_sixel_picture_stands_at_the_cursor_which_ends_on_its_last_row() {
    let (mut terminal, shelf) = imaging(20, 6);
    run(&mut terminal, "ab");
    run(&mut terminal, SIXEL);
    in_step(&terminal, &shelf);
    assert_eq!(places(&terminal), [(0, 2, 3, 2, 0, 2)]);
    assert_eq!(at(&terminal), (1, 2));
    assert_eq!(
        shown(&terminal)[..3],
        ["..###...............", "..###...............", "...................."]
    );
    let picture = only_picture(&shelf);
    assert_eq!((picture.width, picture.height), (30, 40));
    assert!(picture.rgba.chunks(4).all(|pixel| pixel == [255, 0, 0, 255]));
    run(&mut terminal, "\x1b[?8452h\r\n");
    run(&mut terminal, SIXEL);
    assert_eq!(at(&terminal), (3, 3));
}

#[test]
fn a_sixel_picture_scrolls_the_screen_and_goes_into_history() {
    let (mut terminal, shelf) = imaging(20, 3);
    run(&mut terminal, "1\r\n2\r\n3");
    run(&mut terminal, SIXEL);
    assert_eq!(places(&terminal), [(1, 1, 3, 2, 0, 2)]);
    assert_eq!(history(&terminal), ["1"]);
    run(&mut terminal, "\r\n4\r\n5");
    assert_eq!(places(&terminal), [(-1, 1, 3, 2, 0, 2)]);
    assert_eq!(history(&terminal), ["1", "2", "3"]);
    run(&mut terminal, "\r\n6\r\n7");
    assert_eq!(places(&terminal), [(-3, 1, 3, 2, 0, 2)]);
    in_step(&terminal, &shelf);
    run(&mut terminal, "\x1b[3J");
    assert_eq!(places(&terminal), []);
    in_step(&terminal, &shelf);
}

#[test]
fn an_image_in_history_knows_its_line_there() {
    let (mut terminal, _) = imaging(10, 3);
    // A line of three rows, a line of one, the image, and a wrapped line with an image on its second row.
    run(&mut terminal, "abcdefghijklmnopqrstuvwxyz\r\nline\r\n");
    run(&mut terminal, &transmit("i=1,a=T,C=1,q=2", 10, 20));
    run(&mut terminal, "\r\nabcdefghijkl");
    run(&mut terminal, "\x1b_Ga=p,i=1,C=1,q=2\x1b\\");
    let lines =
        |terminal: &Term| terminal.placed_images().map(|image| image.history_line).collect::<Vec<_>>();
    assert_eq!(lines(&terminal), [None, None]);
    run(&mut terminal, "\r\n\r\n\r\n");
    assert_eq!(lines(&terminal), [Some(2), Some(3)]);
    // Numbers stay when history is forgotten, though what was there goes.
    run(&mut terminal, "\x1b[3J");
    assert_eq!(lines(&terminal), []);
    run(&mut terminal, "\x1b[H");
    run(&mut terminal, &transmit("i=2,a=T,C=1,q=2", 10, 20));
    run(&mut terminal, "\x1b[S");
    assert_eq!(lines(&terminal), [Some(4)]);
}

#[test]
fn what_history_has_dropped_is_freed() {
    let (before, shelf) = imaging(10, 3);
    let options = Options { image_bytes: Options::MAX_IMAGE_BYTES, ..Options::default() };
    let mut terminal = Terminal::new(before.size(), options, VecHistory::with_limit(5));
    terminal.set_image_host(Box::new(shelf.clone()));
    run(&mut terminal, SIXEL);
    run(&mut terminal, &transmit("i=1,a=T,q=2", 10, 20));
    // The picture's last row is the fifth line of history, then the sixth …
    run(&mut terminal, "\r\n\n\n\n\n\n\n");
    assert_eq!(terminal.placed_images().count(), 2);
    in_step(&terminal, &shelf);
    run(&mut terminal, "\n\n\n");
    // … and one with a name may be shown again.
    assert_eq!((terminal.placed_images().count(), terminal.images().len()), (0, 1));
    in_step(&terminal, &shelf);
}

#[test]
fn images_take_no_more_than_they_are_given() {
    let (before, shelf) = imaging(20, 6);
    let options = Options { image_bytes: 4 * 200, ..Options::default() };
    let mut terminal = Terminal::new(before.size(), options, VecHistory::with_limit(10));
    terminal.set_image_host(Box::new(shelf.clone()));
    let large = transmit("i=1", 201, 1);
    assert_eq!(
        answer(&mut terminal, large.as_bytes()),
        "ESC _Gi=1;ENOSPC:the image is larger than all images may beESC \\"
    );
    run(&mut terminal, SIXEL);
    assert_eq!((terminal.images().len(), at(&terminal)), (0, (0, 0)));
    for id in 2..9 {
        run(&mut terminal, &transmit(&format!("i={id},q=2"), 10, 10));
        in_step(&terminal, &shelf);
    }
    let ids: Vec<u32> = terminal.images().iter().map(|image| image.id).collect();
    assert_eq!(ids, [7, 8], "those used last");
}

#[test]
fn in_display_mode_it_stands_at_the_top_and_nothing_moves() {
    let (mut terminal, _) = imaging(20, 3);
    run(&mut terminal, "\x1b[?80h1\r\n2\r\n3");
    let large = format!("\x1bP7;1q{}\x1b\\", "!20~-".repeat(20));
    run(&mut terminal, &large);
    assert_eq!((places(&terminal), at(&terminal)), (vec![(0, 0, 2, 6, 0, 6)], (2, 1)));
    assert_eq!(history(&terminal), [""; 0]);
    assert_eq!(shown(&terminal), ["##.................."; 3]);
}

#[test]
fn text_and_erasing_cut_a_sixel_picture_and_what_is_gone_is_forgotten() {
    let (mut terminal, shelf) = imaging(8, 4);
    run(&mut terminal, SIXEL);
    run(&mut terminal, "\x1b[1;2Hx\x1b[2;1H\x1b[2X");
    assert_eq!(shown(&terminal)[..2], ["#.#.....", "..#....."]);
    run(&mut terminal, "\x1b[4;1H");
    run(&mut terminal, "\x1b[1;1H\x1b[K\x1b[2;1H\x1b[K\x1b[4;1H");
    // A picture elsewhere makes the terminal look.
    run(&mut terminal, "\x1bP7;1q!9~\x1b\\");
    assert_eq!(places(&terminal), [(3, 0, 1, 1, 0, 1)]);
    // One over it takes its place.
    run(&mut terminal, "\x1bP7;1q!19~\x1b\\");
    assert_eq!(places(&terminal), [(3, 0, 2, 1, 0, 1)]);
    in_step(&terminal, &shelf);
}

#[test]
fn colour_registers_are_shared_only_where_asked_for() {
    let (mut terminal, shelf) = imaging(20, 6);
    run(&mut terminal, "\x1bP7;1q#9;2;0;0;100#9@\x1b\\\x1b[H\x1bP7;1q#9@\x1b\\");
    assert_ne!(only_picture(&shelf).rgba[..], [0, 0, 255, 255]);
    run(&mut terminal, "\x1b[?1070l\x1b[H\x1bP7;1q#9;2;0;0;100#9@\x1b\\\x1b[H\x1bP7;1q#9@\x1b\\");
    assert_eq!(only_picture(&shelf).rgba[..], [0, 0, 255, 255]);
}

#[test]
fn a_cancelled_picture_is_none() {
    let (mut terminal, shelf) = imaging(20, 6);
    run(&mut terminal, "\x1bPq!30~\x18\x1b_Gi=1,s=1,v=1,a=T;AAAAAA\x18ok");
    assert_eq!((text(&terminal).as_str(), places(&terminal)), ("ok", vec![]));
    in_step(&terminal, &shelf);
}

#[test]
fn transmitting_showing_and_asking() {
    let (mut terminal, shelf) = imaging(20, 6);
    let answers = |terminal: &mut Term, text: &str| answer(terminal, text.as_bytes());
    assert_eq!(answers(&mut terminal, "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"), "ESC _Gi=31;OKESC \\");
    assert_eq!(terminal.images().len(), 0);
    assert_eq!(answers(&mut terminal, &transmit("i=5", 25, 30)), "ESC _Gi=5;OKESC \\");
    assert_eq!(answers(&mut terminal, "\x1b_Ga=p,i=5,p=7\x1b\\"), "ESC _Gi=5,p=7;OKESC \\");
    assert_eq!((places(&terminal), at(&terminal)), (vec![(0, 0, 3, 2, 0, 2)], (1, 3)));
    // The same placement moves.
    answers(&mut terminal, "\x1b_Ga=p,i=5,p=7,C=1\x1b\\");
    assert_eq!((places(&terminal), at(&terminal)), (vec![(1, 3, 3, 2, 0, 2)], (1, 3)));
    assert_eq!(
        answers(&mut terminal, "\x1b_Ga=p,i=6\x1b\\"),
        "ESC _Gi=6;ENOENT:there is no such imageESC \\"
    );
    assert_eq!(answers(&mut terminal, "\x1b_Ga=p,i=6,q=1\x1b\\").len(), 44);
    assert_eq!(answers(&mut terminal, "\x1b_Ga=p,i=6,q=2\x1b\\\x1b_Ga=p,i=5,q=1\x1b\\"), "");
    // Without a name nothing is answered, and nothing stays that cannot be shown again.
    assert_eq!(answers(&mut terminal, &transmit("a=t", 1, 1)), "");
    assert_eq!(terminal.images().len(), 1);
    assert_eq!(
        answers(&mut terminal, "\x1b_Gi=1,I=2,s=1,v=1;AAAAAA\x1b\\"),
        "ESC _Gi=1,I=2;EINVAL:both an id and a numberESC \\"
    );
    in_step(&terminal, &shelf);
}

#[test]
fn numbers_stand_for_the_newest_image() {
    let (mut terminal, shelf) = imaging(20, 6);
    let first = answer(&mut terminal, transmit("I=9", 1, 1).as_bytes());
    let second = answer(&mut terminal, transmit("I=9", 2, 2).as_bytes());
    assert_eq!(first, "ESC _Gi=2147483648,I=9;OKESC \\");
    assert_eq!(second, "ESC _Gi=2147483649,I=9;OKESC \\");
    assert_eq!(answer(&mut terminal, b"\x1b_Ga=p,I=9\x1b\\"), second);
    let width = terminal.placed_images().next().unwrap().source[2];
    assert_eq!(width, 2);
    run(&mut terminal, "\x1b_Ga=d,d=N,I=9\x1b\\");
    assert_eq!(terminal.images().len(), 1);
    in_step(&terminal, &shelf);
}

#[test]
fn a_payload_in_parts_is_one_image() {
    let (mut terminal, shelf) = imaging(20, 6);
    let pixels: Vec<u8> = (0..48).collect();
    let payload = BASE64.encode(&pixels);
    let (first, rest) = payload.split_at(20);
    let (second, third) = rest.split_at(24);
    run(&mut terminal, &format!("\x1b_Gi=3,a=T,s=4,v=3,m=1;{first}\x1b\\"));
    assert_eq!((places(&terminal), terminal.images().len()), (vec![], 0));
    // The cursor counts when the last part comes.
    run(&mut terminal, &format!("\x1b[2;2H\x1b_Gm=1;{second}\x1b\\"));
    let answered = answer(&mut terminal, format!("\x1b_Gm=0;{third}\x1b\\").as_bytes());
    assert_eq!(answered, "ESC _Gi=3;OKESC \\");
    assert_eq!(places(&terminal), [(1, 1, 1, 1, 0, 1)]);
    assert_eq!(only_picture(&shelf).rgba, pixels);
    // One that was given up does not spoil the next.
    run(&mut terminal, &format!("\x1b_Gi=3,s=9,v=9,m=1;{first}\x1b\\"));
    assert_eq!(answer(&mut terminal, transmit("i=4,q=0", 1, 1).as_bytes()), "ESC _Gi=4;OKESC \\");
    run(&mut terminal, &format!("\x1b_Gi=3,s=9,v=9,m=1;{first}\x1b\\\x1b_Ga=d\x1b\\"));
    assert_eq!(
        answer(&mut terminal, b"\x1b_Gi=8;AAAA\x1b\\"),
        "ESC _Gi=8;EINVAL:an image without pixelsESC \\"
    );
    in_step(&terminal, &shelf);
}

#[test]
fn files_are_asked_of_the_host() {
    let (mut terminal, shelf) = imaging(20, 6);
    shelf.0.lock().unwrap().files.insert(b"/tmp/x".to_vec(), vec![1, 2, 3, 4]);
    let name = BASE64.encode(b"/tmp/x");
    let asked = answer(&mut terminal, format!("\x1b_Gi=1,s=1,v=1,t=t,S=4,O=2;{name}\x1b\\").as_bytes());
    assert_eq!(asked, "ESC _Gi=1;OKESC \\");
    assert_eq!(only_picture(&shelf).rgba, [1, 2, 3, 4]);
    let name = BASE64.encode(b"/tmp/y");
    let asked = answer(&mut terminal, format!("\x1b_Gi=1,s=1,v=1,t=s,a=q;{name}\x1b\\").as_bytes());
    assert_eq!(asked, "ESC _Gi=1;ENOENT:no such fileESC \\");
    let shelved = shelf.0.lock().unwrap();
    let [first, second] = &shelved.asked[..] else { panic!("{:?}", shelved.asked) };
    assert_eq!((first.number, first.medium, first.offset, first.size), (0, Medium::Temporary, 2, Some(4)));
    assert_eq!((second.number, second.medium, second.size), (1, Medium::SharedMemory, None));
}

#[test]
fn part_of_an_image_is_scaled_to_cells() {
    let (mut terminal, _) = imaging(20, 6);
    run(&mut terminal, &transmit("i=1", 30, 40));
    run(&mut terminal, "\x1b_Ga=p,i=1,x=10,y=5,w=99,h=10,c=4,r=2,X=3,Y=99,z=-7\x1b\\");
    let image = terminal.placed_images().next().unwrap();
    assert_eq!(image.source, [10, 5, 20, 10]);
    assert_eq!((image.offset, image.size, image.cell, image.z), ((3, 19), (37, 21), (10, 20), -7));
    assert_eq!(
        answer(&mut terminal, b"\x1b_Ga=p,i=1,x=30\x1b\\"),
        "ESC _Gi=1;EINVAL:nothing of the image is to be shownESC \\"
    );
}

#[test]
fn a_viewer_may_say_anything_of_its_pixels() {
    for (width_px, height_px, cell) in
        [(0, 9, (10, 20)), (1, 1, (10, 20)), (9, 9, (5, 10)), (u32::MAX, u32::MAX, (1000, 1000))]
    {
        let (mut terminal, shelf) = imaging(2, 2);
        terminal.resize(Size { width_px, height_px, ..Size::cells(2, 2) });
        run(&mut terminal, &transmit("i=1,a=T,q=2,c=2000,r=9999", 10, 40));
        run(&mut terminal, SIXEL);
        assert!(terminal.placed_images().all(|image| image.cell == cell), "{width_px}");
        in_step(&terminal, &shelf);
    }
}

#[test]
fn the_lower_z_is_drawn_first_and_of_equals_the_earlier() {
    let (mut terminal, _) = imaging(20, 6);
    run(&mut terminal, &transmit("i=1", 10, 10));
    for (placement, z) in [(1, 5), (2, -1), (3, 5), (4, 0)] {
        run(&mut terminal, &format!("\x1b_Ga=p,i=1,p={placement},z={z}\x1b\\"));
    }
    assert_eq!(terminal.placed_images().map(|image| image.id).collect::<Vec<_>>(), [2, 4, 1, 3]);
}

#[test]
fn every_way_to_delete() {
    // Images of one cell, named 1 to 6, each with a placement of its own number and z.
    let prepared = || {
        let (mut terminal, shelf) = imaging(20, 6);
        for id in 1..=6 {
            run(
                &mut terminal,
                &format!("\x1b[{id};{id}H{}", transmit(&format!("i={id},I=0,a=T,z={id},p={id}"), 10, 20)),
            );
        }
        run(&mut terminal, "\x1b[2;2H");
        (terminal, shelf)
    };
    for (command, left) in [
        ("", vec![]),
        ("d=a", vec![]),
        ("d=i,i=3", vec![1, 2, 4, 5, 6]),
        ("d=i,i=3,p=9", vec![1, 2, 3, 4, 5, 6]),
        ("d=i,i=3,p=3", vec![1, 2, 4, 5, 6]),
        ("d=c", vec![1, 3, 4, 5, 6]),
        ("d=p,x=4,y=4", vec![1, 2, 3, 5, 6]),
        ("d=q,x=4,y=4,z=3", vec![1, 2, 3, 4, 5, 6]),
        ("d=q,x=4,y=4,z=4", vec![1, 2, 3, 5, 6]),
        ("d=x,x=5", vec![1, 2, 3, 4, 6]),
        ("d=y,y=6", vec![1, 2, 3, 4, 5]),
        ("d=z,z=1", vec![2, 3, 4, 5, 6]),
        ("d=r,x=2,y=4", vec![1, 5, 6]),
        ("d=f,i=3", vec![1, 2, 3, 4, 5, 6]),
    ] {
        let (mut terminal, shelf) = prepared();
        run(&mut terminal, &format!("\x1b_Ga=d,{command}\x1b\\"));
        let shown: Vec<u32> = terminal.placed_images().map(|image| image.id).collect();
        assert_eq!(shown, left, "{command}");
        assert_eq!(terminal.images().len(), 6, "{command}");
        in_step(&terminal, &shelf);
        // Capital letters free the images.
        let (mut terminal, shelf) = prepared();
        let Some((key, rest)) = command.split_at_checked(3) else { continue };
        run(
            &mut terminal,
            &format!("\x1b_Ga=d,{}{rest}\x1b\\", key[..2].to_owned() + &key[2..].to_uppercase()),
        );
        assert_eq!(terminal.images().len(), left.len(), "{command}");
        in_step(&terminal, &shelf);
    }
    // An image that is shown twice is freed with the last of them.
    let (mut terminal, _) = prepared();
    run(&mut terminal, "\x1b[6;10H\x1b_Ga=p,i=1,p=99\x1b\\\x1b_Ga=d,d=P,x=1,y=1\x1b\\");
    assert_eq!((terminal.images().len(), terminal.placed_images().count()), (6, 6));
    run(&mut terminal, "\x1b_Ga=d,d=Y,y=6\x1b\\");
    assert_eq!(terminal.images().len(), 4);
}

#[test]
fn images_scroll_within_margins_only_if_they_are_wholly_there_and_are_cut_off() {
    let (mut terminal, shelf) = imaging(20, 8);
    run(&mut terminal, &transmit("i=1,q=2", 10, 40));
    for row in [2, 4, 7] {
        run(&mut terminal, &format!("\x1b[{row};1H\x1b_Ga=p,i=1,C=1,q=2\x1b\\"));
    }
    // Rows 3 to 7: only the second is within.
    run(&mut terminal, "\x1b[3;7r\x1b[S");
    assert_eq!(places(&terminal), [(1, 0, 1, 2, 0, 2), (2, 0, 1, 2, 0, 2), (6, 0, 1, 2, 0, 2)]);
    run(&mut terminal, "\x1b[S");
    assert_eq!(places(&terminal), [(1, 0, 1, 2, 0, 2), (1, 0, 1, 2, 1, 2), (6, 0, 1, 2, 0, 2)]);
    run(&mut terminal, "\x1b[T\x1b[4T");
    assert_eq!(places(&terminal), [(1, 0, 1, 2, 0, 2), (6, 0, 1, 2, 0, 2)], "pushed out at both ends");
    in_step(&terminal, &shelf);
}

#[test]
fn a_region_at_the_top_pushes_images_into_history() {
    let (mut terminal, _) = imaging(20, 6);
    run(&mut terminal, &transmit("i=1,q=2", 10, 20));
    run(&mut terminal, "\x1b_Ga=p,i=1,p=1,q=2\x1b\\\x1b[6;1H\x1b_Ga=p,i=1,p=2,C=1,q=2\x1b\\\x1b[1;4r\x1b[2S");
    assert_eq!(places(&terminal), [(-2, 0, 1, 1, 0, 1), (5, 0, 1, 1, 0, 1)]);
    // Lines deleted there are no history.
    run(&mut terminal, "\x1b[2;1H\x1b_Ga=p,i=1,p=3,C=1,q=2\x1b\\\x1b[1;1H\x1b[2M");
    assert_eq!(places(&terminal), [(-2, 0, 1, 1, 0, 1), (5, 0, 1, 1, 0, 1)]);
}

#[test]
fn each_screen_has_images_of_its_own() {
    let (mut terminal, shelf) = imaging(20, 6);
    run(&mut terminal, &transmit("i=1,a=T,q=2", 10, 20));
    run(&mut terminal, "\x1b[?1049h");
    assert_eq!(places(&terminal), []);
    assert_eq!(answer(&mut terminal, b"\x1b_Ga=p,i=1,q=1\x1b\\").len(), 44);
    run(&mut terminal, &transmit("i=1,a=T,q=2", 30, 60));
    run(&mut terminal, SIXEL);
    assert_eq!(places(&terminal).len(), 2);
    run(&mut terminal, "\x1b[2J");
    assert_eq!(places(&terminal), []);
    run(&mut terminal, "\x1b[?1049l");
    assert_eq!(places(&terminal), [(0, 0, 1, 1, 0, 1)]);
    in_step(&terminal, &shelf);
    run(&mut terminal, "\x1b[2J");
    assert_eq!((places(&terminal), terminal.images().len()), (vec![], 0));
    in_step(&terminal, &shelf);
}

#[test]
fn images_stay_with_their_row_when_lines_are_wrapped_anew() {
    let (mut terminal, shelf) = imaging(10, 4);
    run(&mut terminal, "abcdefghijklmnop\r\n");
    run(&mut terminal, SIXEL);
    assert_eq!(places(&terminal), [(2, 0, 3, 2, 0, 2)]);
    terminal.resize(Size::cells(20, 4));
    assert_eq!(places(&terminal), [(1, 0, 3, 2, 0, 2)]);
    assert_eq!(shown(&terminal)[1], "###.................");
    terminal.resize(Size::cells(5, 4));
    // Four rows of text now; the picture's first is the last on the screen or below the top.
    in_step(&terminal, &shelf);
    terminal.resize(Size::cells(20, 4));
    assert_eq!(places(&terminal), [(1, 0, 3, 2, 0, 2)]);
    in_step(&terminal, &shelf);
}

#[test]
fn images_come_back_from_history_with_their_row() {
    let (mut terminal, shelf) = imaging(20, 4);
    run(&mut terminal, "first\r\n");
    run(&mut terminal, &transmit("i=1,a=T,q=2", 10, 40));
    run(&mut terminal, "\r\n1\r\n2\r\n3\r\n4\r\n5");
    assert_eq!(places(&terminal), [(-3, 0, 1, 2, 0, 2)]);
    assert_eq!(history(&terminal), ["first", "", "", "1"]);
    for size in [(20, 5), (20, 9), (31, 9), (20, 3), (7, 3), (20, 4)] {
        terminal.resize(Size::cells(size.0, size.1));
        in_step(&terminal, &shelf);
        let first = i64::try_from(history(&terminal).len()).unwrap();
        assert_eq!(places(&terminal), [(1 - first, 0, 1, 2, 0, 2)], "{size:?}");
        let line = terminal.placed_images().next().unwrap().history_line;
        assert_eq!(line, (first > 1).then_some(1), "{size:?}");
    }
}

#[test]
fn what_stands_for_characters_has_no_place() {
    let (mut terminal, shelf) = imaging(20, 4);
    run(&mut terminal, &transmit("i=1,a=T,U=1,c=4,r=2,q=2", 10, 40));
    let image = terminal.placed_images().next().unwrap();
    assert_eq!((image.kind, image.cols, image.rows), (PlacementKind::Placeholder, 4, 2));
    assert_eq!(at(&terminal), (0, 0));
    run(&mut terminal, "\x1b_Ga=d,d=A\x1b\\\x1b[2J\x1b[3J\r\n\r\n\r\n\r\n");
    assert_eq!(terminal.placed_images().count(), 1);
    run(&mut terminal, "\x1b_Ga=d,d=I,i=1\x1b\\");
    assert_eq!(terminal.placed_images().count(), 0);
    in_step(&terminal, &shelf);
}

#[test]
fn images_go_with_the_one_that_they_are_placed_by() {
    let (mut terminal, shelf) = imaging(40, 8);
    let said =
        |terminal: &mut Term, text: &str| answer(terminal, format!("\x1b_Ga=p,{text}\x1b\\").as_bytes());
    for id in 1..=3 {
        run(&mut terminal, &transmit(&format!("i={id},q=2"), 10, 20));
    }
    assert_eq!(
        said(&mut terminal, "i=2,p=1,P=1,Q=1"),
        "ESC _Gi=2,p=1;ENOPARENT:there is no such placementESC \\"
    );
    run(&mut terminal, "\x1b[2;3H\x1b_Ga=p,i=1,p=1,q=2\x1b\\");
    assert_eq!(said(&mut terminal, "i=2,p=1,P=1,Q=1,H=4,V=1"), "ESC _Gi=2,p=1;OKESC \\");
    assert_eq!(said(&mut terminal, "i=3,p=1,P=2,H=-5,V=-2"), "ESC _Gi=3,p=1;OKESC \\");
    assert_eq!(places(&terminal), [(1, 2, 1, 1, 0, 1), (2, 6, 1, 1, 0, 1), (0, 1, 1, 1, 0, 1)]);
    assert_eq!(at(&terminal), (1, 3), "only the first has moved the cursor");
    // One that moves takes the others along.
    run(&mut terminal, "\x1b[4;10H\x1b_Ga=p,i=1,p=1,q=2\x1b\\");
    assert_eq!(places(&terminal), [(4, 13, 1, 1, 0, 1), (2, 8, 1, 1, 0, 1), (3, 9, 1, 1, 0, 1)]);
    assert_eq!(
        said(&mut terminal, "i=1,p=1,P=3,Q=1"),
        "ESC _Gi=1,p=1;ECYCLE:the image would go with itselfESC \\"
    );
    assert_eq!(
        said(&mut terminal, "i=1,p=1,P=1,Q=1").len(),
        "ESC _Gi=1,p=1;ECYCLE:the image would go with itselfESC \\".len()
    );
    assert!(said(&mut terminal, "i=2,p=9,P=1,H=-99").contains("EINVAL:"));
    in_step(&terminal, &shelf);
    // One that goes takes the others along, and images that have no name.
    run(&mut terminal, "\x1b_Ga=d,d=i,i=2\x1b\\");
    assert_eq!(places(&terminal), [(3, 9, 1, 1, 0, 1)]);
    run(&mut terminal, &transmit("a=T,P=1", 5, 5));
    assert_eq!(terminal.images().len(), 4);
    run(&mut terminal, "\x1b_Ga=d,d=I,i=1\x1b\\");
    assert_eq!((places(&terminal).len(), terminal.images().len()), (0, 2));
    in_step(&terminal, &shelf);
}

#[test]
fn families_of_images_have_an_end() {
    let (mut terminal, shelf) = imaging(40, 8);
    run(&mut terminal, &transmit("i=1,q=2", 10, 20));
    run(&mut terminal, "\x1b_Ga=p,i=1,p=1,q=2\x1b\\");
    let mut last = String::new();
    for placement in 2..12 {
        let command = format!("\x1b_Ga=p,i=1,p={placement},P=1,Q={},H=1\x1b\\", placement - 1);
        last = answer(&mut terminal, command.as_bytes());
        in_step(&terminal, &shelf);
        if last.contains("ETOODEEP") {
            break;
        }
    }
    assert_eq!(last, "ESC _Gi=1,p=9;ETOODEEP:too many images go with one anotherESC \\");
    assert_eq!(places(&terminal).len(), 8);
    // Nor from above.
    run(&mut terminal, "\x1b_Ga=p,i=1,p=20,q=2\x1b\\");
    assert!(answer(&mut terminal, b"\x1b_Ga=p,i=1,p=1,P=1,Q=20\x1b\\").contains("ETOODEEP"));
    run(&mut terminal, "\x1b_Ga=d,d=i,i=1,p=1\x1b\\");
    assert_eq!(places(&terminal).len(), 1);
    in_step(&terminal, &shelf);
}

#[test]
fn animations_are_refused_in_words() {
    let (mut terminal, _) = imaging(20, 4);
    run(&mut terminal, &transmit("i=1,q=2", 10, 10));
    assert_eq!(
        answer(&mut terminal, b"\x1b_Ga=f,i=1,s=1,v=1;AAAAAA\x1b\\"),
        "ESC _Gi=1;EINVAL:animations are not supportedESC \\"
    );
}

#[test]
fn the_modes_of_pictures_are_saved_and_restored() {
    let (mut terminal, _shelf) = imaging(10, 4);
    for (mode, start) in [(80, 2), (1070, 1), (8452, 2)] {
        let other = 3 - start;
        let (turn, back) = if start == 1 { ("l", "h") } else { ("h", "l") };
        let ask = format!("\x1b[?{mode}$p");
        let told = |state: u8| format!("ESC [?{mode};{state}$y");
        let mut said = |before: String| answer(&mut terminal, (before + &ask).as_bytes());
        assert_eq!(said(format!("\x1b[?{mode}r")), told(start), "nothing was saved");
        assert_eq!(said(format!("\x1b[?{mode}{turn}\x1b[?{mode}s\x1b[?{mode}{back}")), told(start));
        assert_eq!(said(format!("\x1b[?{mode}r")), told(other));
        assert_eq!(said(format!("\x1bc\x1b[?{mode}r")), told(start));
    }
}
