//! Commands as programs send them, and what must never happen whatever they send.

use data_encoding::BASE64;
use proptest::prelude::*;

use super::*;

fn osc(body: &str) -> Osc {
    parse_body(body.as_bytes())
}

fn notification(title: &str, body: &str) -> Osc {
    Osc::Notification(Notification { title: title.into(), body: body.into(), ..Notification::default() })
}

#[test]
fn titles() {
    assert_eq!(osc("0;a;b"), Osc::Title("a;b".into()));
    assert_eq!(osc("1;icon"), Osc::IconTitle("icon".into()));
    assert_eq!(osc("2;"), Osc::WindowTitle(String::new()));
    assert_eq!(osc("2"), Osc::WindowTitle(String::new()));
    assert_eq!(osc(&format!("2;{}", "\u{e9}".repeat(5000))), Osc::WindowTitle("\u{e9}".repeat(TITLE_LIMIT)));
    assert_eq!(osc("2;a\x1b\u{9b}\u{202e}b"), Osc::WindowTitle("ab".into()));
}

#[test]
fn palette_entries() {
    let set = |index, colour| PaletteOp { index, op: ColourOp::Set(Rgb::from_u24(colour)) };
    let query = |index| PaletteOp { index, op: ColourOp::Query };
    assert_eq!(osc("4;1;rgb:12/34/56"), Osc::Palette(vec![set(1, 0x123456)]));
    assert_eq!(osc("4;1;red;255;?;0;#000"), Osc::Palette(vec![set(1, 0xff0000), query(255), set(0, 0)]));
    assert_eq!(osc("4;1;nonsense;261;?;-1;?;7;?"), Osc::Palette(vec![query(7)]));
    // Behind the palette lie the special colours.
    assert_eq!(osc("4;256;?;260;?;261;?"), Osc::Palette(vec![query(256), query(260)]));
    assert_eq!(osc("5;0;?;4;red;5;?"), Osc::Special(vec![query(0), set(4, 0xff0000)]));
    for body in ["4", "4;1", "4;1;", "4;;?", "4;261;?", "5", "5;5;?"] {
        assert_eq!(osc(body), Osc::Unknown, "{body}");
    }
    let Osc::Palette(ops) = osc(&format!("4{}", ";1;?".repeat(5000))) else { panic!() };
    assert_eq!(ops.len(), COLOUR_LIMIT);
}

#[test]
fn palette_resets() {
    assert_eq!(osc("104"), Osc::ResetPalette(vec![]));
    assert_eq!(osc("104;"), Osc::ResetPalette(vec![]));
    assert_eq!(osc("104;1;300;2"), Osc::ResetPalette(vec![1, 2]));
    assert_eq!(osc("104;300"), Osc::Unknown);
    assert_eq!(osc("105"), Osc::ResetSpecial(vec![]));
    assert_eq!(osc("105;4;5;0"), Osc::ResetSpecial(vec![4, 0]));
    assert_eq!(osc("105;256"), Osc::Unknown);
}

#[test]
fn dynamic_colours() {
    use DynamicColour as D;
    let set = |colour| ColourOp::Set(Rgb::from_u24(colour));
    assert_eq!(osc("10;?"), Osc::Dynamic(vec![(D::Foreground, ColourOp::Query)]));
    assert_eq!(
        osc("10;red;#000000"),
        Osc::Dynamic(vec![(D::Foreground, set(0xff0000)), (D::Background, set(0))])
    );
    assert_eq!(osc("10;;?"), Osc::Dynamic(vec![(D::Background, ColourOp::Query)]));
    assert_eq!(osc("19;?;?"), Osc::Dynamic(vec![(D::HighlightForeground, ColourOp::Query)]));
    assert_eq!(osc("11;nonsense"), Osc::Unknown);
    assert_eq!(osc("112"), Osc::ResetDynamic(D::Cursor));
    assert_eq!(osc("119;"), Osc::ResetDynamic(D::HighlightForeground));
}

#[test]
fn directories() {
    for body in ["7;file://host/a%20b", "7;kitty-shell-cwd://h/x", "7;/plain", "7;"] {
        assert_eq!(osc(body), Osc::Directory(body[2..].into()));
    }
    for body in ["7;http://x/y", "7;relative", "7;file://nopath"] {
        assert_eq!(osc(body), Osc::Unknown, "{body}");
    }
    assert_eq!(osc(&format!("7;/{}", "x".repeat(DIRECTORY_LIMIT))), Osc::Unknown);
    assert_eq!(directory_path("file://host/a%20b%ff"), Some(("host", b"/a b\xff".to_vec())));
    assert_eq!(directory_path("file:///x"), Some(("", b"/x".to_vec())));
    assert_eq!(directory_path("kitty-shell-cwd://h/a%20"), Some(("h", b"/a%20".to_vec())));
}

#[test]
fn links() {
    let link = |id: Option<&str>, uri: &str| Osc::Link { id: id.map(Into::into), uri: uri.into() };
    assert_eq!(osc("8;;https://x/?a=1;b=2"), link(None, "https://x/?a=1;b=2"));
    assert_eq!(osc("8;id=one:other=2;file:///x"), link(Some("one"), "file:///x"));
    assert_eq!(osc("8;other=2:id=;file:///x"), link(None, "file:///x"));
    assert_eq!(osc(&format!("8;id={};u:", "i".repeat(251))), link(None, "u:"));
    for end in ["8;;", "8;id=x;", "8;", "8", "8;;a\x07b"] {
        assert_eq!(osc(end), Osc::LinkEnd, "{end}");
    }
    assert_eq!(osc(&format!("8;;{}", "u".repeat(LINK_URI_LIMIT + 1))), Osc::LinkEnd);
    assert_eq!(parse_body(b"8;;http://\xff"), Osc::LinkEnd);
}

#[test]
fn notifications_and_progress() {
    assert_eq!(osc("9;Done; at last"), notification("Done; at last", ""));
    assert_eq!(osc("9;2026 was a good year"), notification("2026 was a good year", ""));
    assert_eq!(osc("777;notify;Title;Body; more"), notification("Title", "Body; more"));
    assert_eq!(osc("777;notify;;Body"), notification("Body", ""));
    assert_eq!(osc("9;4;1;50"), Osc::Progress(Progress::Normal(50)));
    assert_eq!(osc("9;4;1;500"), Osc::Progress(Progress::Normal(100)));
    assert_eq!(osc("9;4;1"), Osc::Progress(Progress::Normal(0)));
    assert_eq!(osc("9;4;0;"), Osc::Progress(Progress::None));
    assert_eq!(osc("9;4;2"), Osc::Progress(Progress::Error(None)));
    assert_eq!(osc("9;4;3;0"), Osc::Progress(Progress::Busy));
    assert_eq!(osc("9;4;4;7"), Osc::Progress(Progress::Paused(Some(7))));
    for body in ["9", "9;", "9;4", "9;4;9;1", "9;9;/some/where", "9;12", "777;other;x", "777;notify;;"] {
        assert_eq!(osc(body), Osc::Unknown, "{body}");
    }
}

#[test]
fn clipboards() {
    let set =
        |selection: &str, data: &str| Osc::ClipboardSet { selection: selection.into(), data: data.into() };
    assert_eq!(osc("52;c;aGVsbG8="), set("c", "hello"));
    assert_eq!(osc("52;ppxc0;aGVsbG8"), set("pc0", "hello"));
    assert_eq!(osc("52;;aGVsbG8="), set("c", "hello"));
    assert_eq!(osc("52;c;!"), set("c", ""));
    assert_eq!(osc("52;c;"), set("c", ""));
    assert_eq!(osc("52;p;?"), Osc::ClipboardRead { selection: "p".into() });
    for body in ["52", "52;c", "52;xyz;aGVsbG8="] {
        assert_eq!(osc(body), Osc::Unknown, "{body}");
    }
    for (size, fits) in [(CLIPBOARD_LIMIT, true), (CLIPBOARD_LIMIT + 1, false), (CLIPBOARD_LIMIT + 9, false)]
    {
        match osc(&format!("52;c;{}", BASE64.encode(&vec![b'x'; size]))) {
            Osc::ClipboardSet { data, .. } => assert!(fits && data.len() == size, "{size}"),
            other => assert!(!fits && other == Osc::Unknown, "{size}"),
        }
    }
}

#[test]
fn pointer_shapes() {
    let set = |shape: &str| Osc::Pointer(PointerOp::Set(shape.into()));
    assert_eq!(osc("22;pointer"), set("pointer"));
    assert_eq!(osc("22;=vertical-text"), set("vertical-text"));
    assert_eq!(osc("22;"), set(""));
    let names = || vec!["a".into(), "b".into()];
    assert_eq!(osc("22;>a,b"), Osc::Pointer(PointerOp::Push(names())));
    assert_eq!(osc("22;?a,,b"), Osc::Pointer(PointerOp::Query(names())));
    assert_eq!(osc("22;<ignored"), Osc::Pointer(PointerOp::Pop));
    for none in ["22;>", "22;?", "22;a b", "22;>a,b c", "22;a,b"] {
        assert_eq!(osc(none), Osc::Unknown, "{none}");
    }
}

#[test]
fn numbers_are_strict() {
    for body in ["", ";", "x;y", "+2;a", " 2;a", "99999999999;a", "-1;a", "3;x", "1337;x=y", "L;x"] {
        assert_eq!(osc(body), Osc::Unknown, "{body}");
    }
}

proptest! {
    #[test]
    fn never_panics(
        number in proptest::sample::select(vec![0u32, 4, 7, 8, 9, 10, 19, 22, 52, 99, 104, 110, 133, 777]),
        text in proptest::collection::vec(
            prop_oneof![proptest::sample::select(b";:=?#%\\'\"$ix4A1".to_vec()), any::<u8>()], 0..64),
    ) {
        let mut body = number.to_string().into_bytes();
        body.push(b';');
        body.extend(&text);
        let _ = parse_body(&body);
        let _ = parse_body(&text);
    }
}
