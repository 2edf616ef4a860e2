//! Images from a program's output to a viewer's memory: pixels, places, and what becomes of files.

#![allow(missing_docs)]

mod common;

use common::TestService;
use data_encoding::BASE64;
use scarab_protocol::client::ClientError;
use scarab_protocol::grid::pictures::{PictureReader, PlacedPicture, PlacementKind};
use scarab_protocol::grid::{Frame, ReadOutcome};
use scarab_protocol::message::answer::FailureKind;
use scarab_protocol::message::request::GetPictures;

/// What a viewer of the session "work" is shown, once `text` is on its screen.
fn seen(service: &TestService, text: &str) -> (Frame, Option<PictureReader>) {
    service.connect().wait_text("work", text);
    let mut client = scarab_protocol::Client::connect(&service.socket).expect("connected");
    let mut attachment = client.attach(common::attachment("work")).expect("attached");
    let mut frame = Frame::new();
    while attachment.view.read(&mut frame).expect("a frame") == ReadOutcome::Torn {}
    let pictures = match client.pictures("") {
        Ok(pictures) => Some(pictures),
        Err(ClientError::Failed(failed)) => {
            assert_eq!(failed.kind, FailureKind::Unsupported, "{}", failed.message);
            None
        }
        Err(error) => panic!("{error}"),
    };
    (frame, pictures)
}

fn placed(frame: &Frame, pictures: &PictureReader) -> Vec<PlacedPicture> {
    pictures.placements(frame.head().pictures.table).expect("the frame's table")
}

fn command(script: &str) -> [&str; 3] {
    ["sh", "-c", script]
}

#[test]
fn a_viewer_is_shown_pixels_and_places() {
    let service = TestService::start();
    let red = BASE64.encode(&[[200, 0, 0]; 6].concat());
    let script = format!(
        "printf 'one\\r\\n\\033_Ga=T,f=24,s=3,v=2,i=7,p=9,c=5,r=2,z=-4;{red}\\033\\\\\\r\\n'
        printf '\\033Pq\"1;1;12;6#1;2;0;100;0#1!12~\\033\\\\\\r\\nall'; exec cat"
    );
    service.connect().create("work", &command(&script));
    let (frame, pictures) = seen(&service, "all");
    let pictures = pictures.expect("the memory of images");
    let [kitty, sixel] = placed(&frame, &pictures)[..] else { panic!("two images") };
    assert_eq!((kitty.image_id, kitty.placement_id, kitty.z, kitty.kind), (7, 9, -4, PlacementKind::Free));
    assert_eq!((kitty.line - frame.head().pictures.top, kitty.cols, kitty.rows), (1, 5, 2));
    assert_eq!((sixel.line - frame.head().pictures.top, sixel.kind), (3, PlacementKind::Cells));
    let picture = pictures.picture(kitty.serial).expect("its pixels");
    assert_eq!((picture.width, picture.height), (3, 2));
    assert_eq!(picture.rgba, [200, 0, 0, 255].repeat(6));
    let picture = pictures.picture(sixel.serial).expect("its pixels");
    assert_eq!(picture.rgba, [0, 255, 0, 255].repeat(12 * 6));
    let cells = &frame.rows()[3].cells;
    assert!(cells[0].image() && cells[1].image() && !cells[2].image(), "of ten pixels' width");
}

#[test]
fn without_images_there_is_no_memory_and_no_word_of_them() {
    let service = TestService::with_config("terminal.images = 0");
    let script = "stty raw -echo; printf '\\033Pq#1;2;0;100;0#1!12~\\033\\\\\\033[c'
        dd bs=1 count=20 2>/dev/null | tr -d '\\033'; printf all; exec cat";
    service.connect().create("work", &command(script));
    let (frame, pictures) = seen(&service, "all");
    assert!(pictures.is_none() && frame.head().pictures.table == 0);
    let text = service.connect().text("work").concat();
    assert!(text.contains("[?62;6;"), "DA1 has no 4: {text}");
    assert_eq!(service.connect().refused(GetPictures { session: "no".into() }), FailureKind::NoSuchSession);
}

#[test]
fn a_temporary_file_is_shown_and_gone_and_another_one_stays() {
    let service = TestService::start();
    let id = std::process::id();
    let (temporary, own) = (
        format!("/tmp/tty-graphics-protocol-{id}"),
        format!("{}/picture", service.directory.path().display()),
    );
    for path in [&temporary, &own] {
        std::fs::write(path, [1, 2, 3, 255]).expect("a file");
    }
    let show = |path: &str, medium: &str| {
        format!("\\033_Ga=T,f=32,s=1,v=1,t={medium},q=2;{}\\033\\\\", BASE64.encode(path.as_bytes()))
    };
    let script = format!("printf '{}{}all'; exec cat", show(&temporary, "t"), show(&own, "f"));
    service.connect().create("work", &command(&script));
    let (frame, pictures) = seen(&service, "all");
    let pictures = pictures.expect("the memory of images");
    let placed = placed(&frame, &pictures);
    assert_eq!(placed.len(), 2);
    for placed in placed {
        assert_eq!(pictures.picture(placed.serial).expect("its pixels").rgba, [1, 2, 3, 255]);
    }
    assert!(!std::path::Path::new(&temporary).exists() && std::path::Path::new(&own).exists());
}
