//! Says what a viewer is shown of a session's images: `seen_images SESSION` prints a line for each placement on the screen
//! and in history, with a checksum of its image's pixels.

use scarab_protocol::grid::{Frame, ReadOutcome};
use scarab_protocol::message::request::Attach;
use scarab_protocol::message::{Size, ViewerColours};
use scarab_protocol::{Client, socket};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let session = std::env::args().nth(1).ok_or("seen_images SESSION")?;
    let mut client = Client::connect(&socket::default_path())?;
    let mut attachment = client.attach(Attach {
        session: session.clone(),
        read_only: true,
        detach_others: false,
        size: Size { cols: 80, rows: 24, width_px: 0, height_px: 0 },
        colours: ViewerColours::default(),
        viewer_name: "seen_images".to_owned(),
        environment: Vec::new(),
    })?;
    let mut frame = Frame::new();
    while attachment.view.read(&mut frame)? == ReadOutcome::Torn {}
    let head = frame.head();
    if head.pictures.table == 0 {
        println!("no images");
        return Ok(());
    }
    let pictures = client.pictures(&session)?;
    let placements = pictures.placements(head.pictures.table).ok_or("the table is another by now")?;
    for placed in placements {
        let row = placed.line - head.pictures.top;
        let pixels = pictures.picture(placed.serial).map(|picture| {
            // FNV-1a.
            let hash = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            let hash = picture.rgba.iter().fold(0xcbf2_9ce4_8422_2325, hash);
            format!("{}x{} {hash:016x}", picture.width, picture.height)
        });
        let pixels = pixels.unwrap_or_else(|| "without pixels".to_owned());
        println!(
            "row {row}, {:?}: {pixels}",
            scarab_protocol::grid::pictures::PlacedPicture { line: 0, ..placed }
        );
    }
    Ok(())
}
