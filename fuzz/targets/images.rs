//! Any bytes as a picture: sixel as it is, and through kitty's protocol raw, compressed, and as PNG. The terminal stays
//! in order, and what its host has is what it knows of.

#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use libfuzzer_sys::fuzz_target;
use scarab_terminal::{ImageHost, ImageSource, Options, Picture, Size, Terminal, VecHistory};

#[derive(Clone, Debug, Default)]
struct Shelf(Arc<Mutex<BTreeMap<u64, usize>>>);

impl ImageHost for Shelf {
    fn put(&mut self, serial: u64, picture: &Picture) {
        assert_eq!(picture.rgba.len(), picture.width as usize * picture.height as usize * 4);
        assert!(self.0.lock().unwrap().insert(serial, picture.rgba.len()).is_none());
    }

    fn remove(&mut self, serial: u64) {
        self.0.lock().unwrap().remove(&serial).expect("what is removed was put");
    }

    fn read(&mut self, _source: &ImageSource) -> Result<Vec<u8>, String> {
        Err("ENOENT:no files here".to_owned())
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&way, rest)) = data.split_first() else { return };
    let options = Options { images: true, ..Options::default() };
    let size = Size { width_px: 200, height_px: 120, ..Size::cells(20, 6) };
    let mut terminal = Terminal::new(size, options, VecHistory::with_limit(100));
    let shelf = Shelf::default();
    terminal.set_image_host(Box::new(shelf.clone()));
    // A command is the text up to the first NUL; what follows is its payload before base64.
    let (head, payload) = rest.split_at(rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len()));
    let fixed = match way % 5 {
        0 => {
            terminal.feed(b"\x1bPq");
            terminal.feed(rest);
            terminal.feed(b"\x1b\\");
            None
        }
        1 => Some("f=100,a=T,"),
        2 => Some("f=32,o=z,a=T,s=3,v=3,"),
        3 => Some("f=24,a=T,s=2,v=2,"),
        _ => Some(""),
    };
    if let Some(fixed) = fixed {
        let encoded = BASE64.encode(payload.get(1..).unwrap_or_default());
        let chunks: Vec<&[u8]> = encoded.as_bytes().chunks(64).collect();
        for (number, chunk) in chunks.iter().enumerate() {
            let more = u8::from(number + 1 < chunks.len());
            terminal.feed(b"\x1b_G");
            if number == 0 {
                terminal.feed(fixed.as_bytes());
                terminal.feed(head);
                terminal.feed(b",");
            }
            terminal.feed(format!("m={more};").as_bytes());
            terminal.feed(chunk);
            terminal.feed(b"\x1b\\");
        }
    }
    terminal.feed(b"\x1b[2S\x1b[3;1Htext");
    terminal.resize(Size::cells(7, 9));
    terminal.verify_integrity().expect("in order");
    let known: Vec<u64> = terminal.images().iter().map(|image| image.serial).collect();
    assert!(known.iter().eq(shelf.0.lock().unwrap().keys()));
});
