//! Records of history: everything that goes in comes out, and anything at all may come.

use proptest::prelude::*;
use scarab_protocol::grid::*;

fn round_trip(piece: &PieceRef<'_>, starts: bool) -> HistoryPiece {
    let mut record = Vec::new();
    encode_piece(piece, starts, &mut record);
    let mut decoded = HistoryPiece::default();
    decode_piece(&record, &mut decoded).unwrap();
    decoded
}

#[test]
fn a_plain_line_of_80_columns_takes_96_bytes() {
    let text = "x".repeat(80);
    let run = HistoryRun { bytes: 80, cells: 80, ..HistoryRun::default() };
    let mut record = Vec::new();
    encode_piece(&PieceRef { text: &text, runs: &[run], cols: 80, ..PieceRef::default() }, true, &mut record);
    assert_eq!(record.len(), 96);
    encode_piece(&PieceRef::default(), true, &mut record);
    assert_eq!(record.len(), 16, "an empty one");
}

#[test]
fn runs_that_contradict_the_text_do_not_lose_it() {
    for runs in [
        vec![],
        vec![HistoryRun { bytes: 1, cells: 1, ..HistoryRun::default() }],
        vec![HistoryRun { bytes: 2, cells: 9, ..HistoryRun::default() }],
        vec![HistoryRun { bytes: u32::MAX, cells: 1, ..HistoryRun::default() }; 2],
    ] {
        let decoded = round_trip(&PieceRef { text: "é!", runs: &runs, ..PieceRef::default() }, true);
        assert_eq!(decoded.text, "é!");
        assert_eq!((decoded.runs.len(), decoded.cells()), (1, 2));
    }
}

#[test]
fn what_is_too_large_loses_links_first_and_then_its_end() {
    let uri = "u".repeat(MAX_LINK_URI_BYTES);
    let links = vec![LinkRef { id: "", uri: &uri }; 300];
    let text = "x".repeat(2_000);
    let style = Style { link: Some(LinkId(299)), ..Style::default() };
    let run = HistoryRun { bytes: 2_000, cells: 2_000, style, ..HistoryRun::default() };
    let piece = PieceRef { text: &text, runs: &[run], links: &links, ..PieceRef::default() };
    let decoded = round_trip(&piece, true);
    assert_eq!((decoded.text.len(), decoded.links.len()), (2_000, 0));
    assert_eq!(decoded.runs[0].style.link, None);

    let text = "é".repeat(MAX_RECORD_BYTES);
    let decoded = round_trip(&PieceRef { text: &text, ..PieceRef::default() }, true);
    assert!(decoded.text.len() > MAX_RECORD_BYTES - 100);
}

#[test]
fn a_cut_or_changed_record_is_an_error() {
    let run = HistoryRun { bytes: 5, cells: 5, ..HistoryRun::default() };
    let links = [LinkRef { id: "i", uri: "u" }];
    let mut record = Vec::new();
    let piece = PieceRef { text: "hello", runs: &[run], links: &links, ..PieceRef::default() };
    encode_piece(&piece, true, &mut record);
    let mut decoded = HistoryPiece::default();
    for length in 0..record.len() {
        assert!(decode_piece(&record[..length], &mut decoded).is_err());
    }
    for byte in [0, 1, 2, 3, record.len() - 1, record.len() - 4] {
        let mut changed = record.clone();
        changed[byte] ^= 1;
        assert!(decode_piece(&changed, &mut decoded).is_err(), "byte {byte}");
    }
    assert!(decode_piece(&vec![0; MAX_RECORD_BYTES + 8], &mut decoded).is_err());
}

fn colour() -> impl Strategy<Value = Colour> {
    prop_oneof![
        Just(Colour::Default),
        any::<u8>().prop_map(Colour::Indexed),
        any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Colour::Rgb(Rgb { r, g, b })),
    ]
}

fn style(links: u32) -> impl Strategy<Value = Style> {
    let underline = prop_oneof![
        Just(Underline::None),
        Just(Underline::Single),
        Just(Underline::Double),
        Just(Underline::Curly),
        Just(Underline::Dotted),
        Just(Underline::Dashed),
    ];
    let link =
        proptest::option::of(0..links.max(1)).prop_map(move |link| link.filter(|_| links > 0).map(LinkId));
    (colour(), colour(), colour(), any::<u16>(), underline, link).prop_map(
        |(foreground, background, underline_colour, attributes, underline, link)| Style {
            foreground,
            background,
            underline_colour,
            attributes: Attributes::from_bits(attributes),
            underline,
            link,
        },
    )
}

fn piece() -> impl Strategy<Value = HistoryPiece> {
    let links = proptest::collection::vec(("\\PC{0,20}", "\\PC{0,60}"), 0..4);
    let size = prop_oneof![
        Just(LineSize::Single),
        Just(LineSize::DoubleWidth),
        Just(LineSize::DoubleTop),
        Just(LineSize::DoubleBottom),
    ];
    (links, size, any::<(bool, bool, u8, u16)>()).prop_flat_map(
        |(links, line_size, (starts, continues, marks, cols))| {
            let links: Vec<Link> = links.into_iter().map(|(id, uri)| Link { id, uri }).collect();
            let runs = proptest::collection::vec(
                ("\\PC{1,40}", any::<bool>(), any::<bool>(), style(links.len() as u32)),
                0..20,
            );
            runs.prop_map(move |runs| {
                let mut piece = HistoryPiece {
                    links: links.clone(),
                    line_size,
                    starts,
                    continues,
                    marks: Marks::from_bits(marks),
                    cols,
                    ..HistoryPiece::default()
                };
                for (text, wide, single, style) in runs {
                    let cells = text.chars().count() as u32;
                    piece.text.push_str(&text);
                    piece.runs.push(HistoryRun { bytes: text.len() as u32, cells, wide, single, style });
                }
                piece
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_piece_survives(piece in piece()) {
        let links: Vec<LinkRef<'_>> = piece.links.iter().map(LinkRef::from).collect();
        let reference = PieceRef {
            text: &piece.text,
            runs: &piece.runs,
            links: &links,
            continues: piece.continues,
            line_size: piece.line_size,
            marks: piece.marks,
            cols: piece.cols,
        };
        prop_assert_eq!(round_trip(&reference, piece.starts), piece);
    }

    #[test]
    fn any_bytes_decode_or_do_not(
        piece in piece(), changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6),
    ) {
        let links: Vec<LinkRef<'_>> = piece.links.iter().map(LinkRef::from).collect();
        let reference = PieceRef { text: &piece.text, runs: &piece.runs, links: &links, ..PieceRef::default() };
        let mut record = Vec::new();
        encode_piece(&reference, true, &mut record);
        for (at, value) in changes {
            let at = at % record.len();
            record[at] = value;
        }
        let mut decoded = HistoryPiece::default();
        if decode_piece(&record, &mut decoded).is_ok() {
            let covered: usize = decoded.runs.iter().map(|run| run.bytes as usize).sum();
            prop_assert_eq!(covered, decoded.text.len());
            prop_assert!(decoded.cells() <= 2 * decoded.text.len() as u64);
            let links = decoded.links.len();
            prop_assert!(decoded.runs.iter().all(|run| run.style.link.is_none_or(|link| (link.0 as usize) < links)));
        }
    }
}
