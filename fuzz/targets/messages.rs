//! Any bytes on a connection, and any bytes as each kind of message: an error or a message, and what was read is
//! written and read again as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scarab_protocol::Decoder;
use scarab_protocol::message::{ToClient, ToService};

/// What bytes decode to is written and read again.
macro_rules! there_and_back {
    ($direction:ident, $kind:expr, $archive:expr) => {
        if let Ok(Some(message)) = $direction::decode($kind, $archive) {
            let mut written = Vec::new();
            message.encode(7, &mut written);
            let mut decoder = Decoder::new();
            decoder.push(&written);
            let again = decoder.next().expect("framed").expect("whole");
            let again = $direction::decode(again.kind, again.archive).expect("an archive").expect("a kind");
            // As text: a number that is none equals nothing.
            assert_eq!(format!("{message:?}"), format!("{again:?}"));
        }
    };
}

fn read(kind: u16, archive: &[u8]) {
    there_and_back!(ToService, kind, archive);
    there_and_back!(ToClient, kind, archive);
}

fuzz_target!(|data: &[u8]| {
    let mut decoder = Decoder::new();
    let (first, second) = data.split_at(data.len() / 2);
    for bytes in [first, second] {
        decoder.push(bytes);
        while let Ok(Some(message)) = decoder.next() {
            read(message.kind, message.archive);
        }
    }
    // Any bytes as an archive.
    let Some((choice, archive)) = data.split_first() else { return };
    let kinds = ToService::KINDS.iter().chain(ToClient::KINDS);
    if let Some((kind, _)) = kinds.cycle().nth(usize::from(*choice)) {
        read(*kind, archive);
    }
});
