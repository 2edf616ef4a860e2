//! What moves the emulator beside the PTY, as it stands in the journal's second ring.

use scarab_protocol::message::{Rgb, Size, ViewerColours};

/// Something beside output that moved the emulator: a replay must repeat it at the same place.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum HostEvent {
    Resized(Size),
    Focused(bool),
    Coloured(ViewerColours),
    /// The time-out of a synchronized update (mode 2026).
    UpdateEnded,
    /// The answer to a program's question for the clipboard; `None` refused.
    ClipboardAnswered {
        selection: String,
        data: Option<Vec<u8>>,
    },
    /// Whether there is any viewer.
    Watched(bool),
    /// So many bytes of replies, the last ones made, found too many waiting and were dropped.
    RepliesDropped(u64),
}

/// Appends one entry: journal offset (8 bytes), kind (4), length of what follows (4), that, and
/// zeros up to a multiple of 8. Numbers are little-endian.
pub(super) fn encode(offset: u64, event: &HostEvent, out: &mut Vec<u8>) {
    let kind: u32 = match event {
        HostEvent::Resized(_) => 1,
        HostEvent::Focused(_) => 2,
        HostEvent::Coloured(_) => 3,
        HostEvent::UpdateEnded => 4,
        HostEvent::ClipboardAnswered { .. } => 5,
        HostEvent::RepliesDropped(_) => 6,
        HostEvent::Watched(_) => 7,
    };
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    let body = out.len();
    match event {
        HostEvent::Resized(size) => {
            out.extend_from_slice(&size.cols.to_le_bytes());
            out.extend_from_slice(&size.rows.to_le_bytes());
            out.extend_from_slice(&size.width_px.to_le_bytes());
            out.extend_from_slice(&size.height_px.to_le_bytes());
        }
        HostEvent::Focused(on) | HostEvent::Watched(on) => out.push(u8::from(*on)),
        HostEvent::Coloured(colours) => {
            out.push(u8::from(colours.dark));
            for colour in [colours.foreground, colours.background, colours.cursor] {
                let Rgb { r, g, b } = colour.unwrap_or(Rgb { r: 0, g: 0, b: 0 });
                out.extend_from_slice(&[u8::from(colour.is_some()), r, g, b]);
            }
            // More entries than there are indices say nothing new: the last one of an index counts.
            let entries = &colours.palette[colours.palette.len().saturating_sub(256)..];
            for (index, Rgb { r, g, b }) in entries {
                out.extend_from_slice(&[*index, *r, *g, *b]);
            }
        }
        HostEvent::UpdateEnded => {}
        HostEvent::ClipboardAnswered { selection, data } => {
            out.push(u8::from(data.is_some()));
            out.push(u8::try_from(selection.len()).unwrap_or(u8::MAX));
            out.extend_from_slice(&selection.as_bytes()[..selection.len().min(usize::from(u8::MAX))]);
            out.extend_from_slice(data.as_deref().unwrap_or_default());
        }
        HostEvent::RepliesDropped(bytes) => out.extend_from_slice(&bytes.to_le_bytes()),
    }
    let length = u32::try_from(out.len() - body).unwrap_or(u32::MAX);
    out[body - 4..body].copy_from_slice(&length.to_le_bytes());
    out.resize(out.len().next_multiple_of(8), 0);
}

/// All entries; `None` if these are none.
pub(super) fn decode_all(mut bytes: &[u8]) -> Option<Vec<(u64, HostEvent)>> {
    let mut events = Vec::new();
    while !bytes.is_empty() {
        let (offset, rest) = bytes.split_first_chunk()?;
        let (kind, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = u32::from_le_bytes(*length) as usize;
        let event = decode(u32::from_le_bytes(*kind), rest.get(..length)?)?;
        events.push((u64::from_le_bytes(*offset), event));
        bytes = rest.get(length.next_multiple_of(8)..)?;
    }
    Some(events)
}

fn decode(kind: u32, body: &[u8]) -> Option<HostEvent> {
    let colour = |bytes: &[u8; 3]| Rgb { r: bytes[0], g: bytes[1], b: bytes[2] };
    Some(match (kind, body) {
        (1, body) => {
            let (cols, rest) = body.split_first_chunk()?;
            let (rows, rest) = rest.split_first_chunk()?;
            let (width, rest) = rest.split_first_chunk()?;
            let height = rest.first_chunk()?;
            HostEvent::Resized(Size {
                cols: u16::from_le_bytes(*cols),
                rows: u16::from_le_bytes(*rows),
                width_px: u32::from_le_bytes(*width),
                height_px: u32::from_le_bytes(*height),
            })
        }
        (2, [focused]) => HostEvent::Focused(*focused != 0),
        (3, [dark, rest @ ..]) => {
            let (fixed, palette) = rest.split_first_chunk::<12>()?;
            let known = |at: usize| {
                let [is_known, r, g, b] = *fixed[4 * at..].first_chunk()?;
                (is_known != 0).then_some(colour(&[r, g, b]))
            };
            let (entries, _) = palette.as_chunks::<4>();
            HostEvent::Coloured(ViewerColours {
                foreground: known(0),
                background: known(1),
                cursor: known(2),
                palette: entries.iter().map(|[index, r, g, b]| (*index, colour(&[*r, *g, *b]))).collect(),
                dark: *dark != 0,
            })
        }
        (4, []) => HostEvent::UpdateEnded,
        (5, [is_some, length, rest @ ..]) => {
            let (selection, data) = rest.split_at_checked(usize::from(*length))?;
            let selection = str::from_utf8(selection).ok()?.to_owned();
            HostEvent::ClipboardAnswered { selection, data: (*is_some != 0).then(|| data.to_vec()) }
        }
        (6, body) => HostEvent::RepliesDropped(u64::from_le_bytes(*body.first_chunk()?)),
        (7, [watched]) => HostEvent::Watched(*watched != 0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_where_what_and_how_long() {
        let mut out = Vec::new();
        encode(0x1234, &HostEvent::Resized(Size { cols: 80, rows: 24, width_px: 1, height_px: 2 }), &mut out);
        assert_eq!(out.len(), 16 + 16, "12 bytes, padded");
        assert_eq!(out[..8], 0x1234u64.to_le_bytes());
        assert_eq!(out[8..16], [1, 0, 0, 0, 12, 0, 0, 0]);
        assert_eq!(out[16..20], [80, 0, 24, 0]);
    }

    #[test]
    fn every_event_comes_back_as_it_was() {
        let colour = Rgb { r: 1, g: 2, b: 3 };
        let events = [
            HostEvent::Resized(Size { cols: 80, rows: 24, width_px: 640, height_px: 480 }),
            HostEvent::Focused(true),
            HostEvent::Coloured(ViewerColours {
                foreground: Some(colour),
                background: None,
                cursor: Some(colour),
                palette: vec![(7, colour), (255, colour)],
                dark: true,
            }),
            HostEvent::UpdateEnded,
            HostEvent::ClipboardAnswered { selection: "c".to_owned(), data: Some(b"text".to_vec()) },
            HostEvent::ClipboardAnswered { selection: String::new(), data: None },
            HostEvent::RepliesDropped(1 << 40),
            HostEvent::Watched(true),
        ];
        let mut bytes = Vec::new();
        events.iter().zip(0..).for_each(|(event, offset)| encode(offset, event, &mut bytes));
        let decoded = decode_all(&bytes).expect("events");
        assert!(decoded.iter().map(|(offset, _)| *offset).eq(0..events.len() as u64));
        assert!(decoded.iter().map(|(_, event)| event).eq(&events));
        for end in 0..bytes.len() {
            let _ = decode_all(&bytes[..end]); // anything but a panic
        }
    }
}
