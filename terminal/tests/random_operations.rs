//! Random programs on random sizes: the terminal stays in order after every step, and it does not matter
//! where the stream is cut.

mod common;

use common::{Term, healthy, imaging, in_step, terminal};
use proptest::collection::vec;
use proptest::prelude::*;
use scarab_terminal::{
    Colour, History, LineSize, Link, Options, OwnedPiece, Piece, Run, RunKind, RunStyle, Size, Terminal,
};

/// One thing that happens to a terminal.
#[derive(Clone, Debug)]
enum Step {
    Feed(Vec<u8>),
    Resize(u16, u16),
    Frame,
    Focus(bool),
    Watched(bool),
    EndUpdate,
}

/// Bytes as programs write them: mostly text and whole sequences, some of them broken.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[ -~]{1,30}".prop_map(String::into_bytes),
        2 => "[漢字🛠가がabé́👍🏽🇫🇷❤️\u{200d}👩क्षᄒ\u{1161}ᆫ⌚\u{fe0e}\u{ad}\u{600}]{1,12}".prop_map(String::into_bytes),
        3 => vec(prop::sample::select(vec![7u8, 8, 9, 10, 11, 12, 13, 14, 15, 0x18, 0x1a, 0x1b, 0x7f]), 1..4),
        8 => control_sequence(),
        2 => escape_sequence(),
        1 => string_sequence(),
        2 => image_sequence(),
        1 => vec(any::<u8>(), 1..12),
        1 => vec(0x80u8..0xa0, 1..3),
    ]
}

fn parameter() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (0u32..30).prop_map(|number| number.to_string()),
        2 => prop::sample::select(vec!["", "65535", "99999999", "4:3", "38:2::1:2:3", "58:5:9", "48;5;7"])
            .prop_map(str::to_owned),
    ]
}

fn control_sequence() -> impl Strategy<Value = Vec<u8>> {
    let parameters = vec(parameter(), 0..6).prop_map(|parameters| parameters.join(";")).boxed();
    let modes = prop::sample::select(vec![
        1, 3, 4, 5, 6, 7, 20, 25, 35, 40, 41, 42, 45, 47, 69, 95, 1000, 1003, 1006, 1045, 1047, 1048, 1049,
        2004, 2026, 2027, 2048,
    ]);
    prop_oneof![
        6 => (parameters.clone(), prop::sample::select(b"@ABCDEFGHIJKLMPSTXZ^`abcdefghlmnrstux".to_vec()))
            .prop_map(|(parameters, action)| format!("\x1b[{parameters}{}", char::from(action))),
        4 => (modes, prop::sample::select(b"hlsr$".to_vec())).prop_map(|(mode, action)| {
            let end = if action == b'$' { "$p".to_owned() } else { char::from(action).to_string() };
            format!("\x1b[?{mode}{end}")
        }),
        2 => prop::sample::select(vec!["4h", "4l", "20h", "20l", "!p", "?J", "?K", "?1J", "?2K", "1\"q", "0\"q"])
            .prop_map(|sequence| format!("\x1b[{sequence}")),
        2 => (parameters.clone(), prop::sample::select(vec!["$r", "$t", "$v", "$x", "$z", "${", "*x", "*y", "'}", "'~", " @", " A", " q", "$w", "\"p", "*|", "$|", "#{", "#}", "#|", "#P", "#Q", "#R"]))
            .prop_map(|(parameters, action)| format!("\x1b[{parameters}{action}")),
        1 => (prop::sample::select(vec!['>', '<', '=', '?']), parameters, prop::sample::select(vec!['u', 'c', 'm', 'q', 'n', 't', 'T']))
            .prop_map(|(prefix, parameters, action)| format!("\x1b[{prefix}{parameters}{action}")),
    ]
    .prop_map(String::into_bytes)
}

fn escape_sequence() -> impl Strategy<Value = Vec<u8>> {
    let sequences = vec![
        "6", "7", "8", "9", "=", ">", "D", "E", "H", "M", "N", "O", "V", "W", "Z", "c", "n", "o", "|", "}",
        "~", "#3", "#4", "#5", "#6", "#8", "(0", "(B", ")0", "*0", "+A", ".A", "(K", "(%6", "*<", " F", " G",
    ];
    prop::sample::select(sequences).prop_map(|sequence| format!("\x1b{sequence}").into_bytes())
}

fn string_sequence() -> impl Strategy<Value = Vec<u8>> {
    let starts = vec![
        "\x1b]0;",
        "\x1b]4;1;",
        "\x1b]8;;http://a/",
        "\x1b]8;id=x;http://b/",
        "\x1b]8;;",
        "\x1b]52;c;",
        "\x1b]133;A",
        "\x1b]133;C",
        "\x1b]133;D;1",
        "\x1b]11;",
        "\x1b]5;1;",
        "\x1b]4;257;",
        "\x1b]105;",
        "\x1bP1$t",
        "\x1bP1$t3;4;1;O;A;H;1;2;@;",
        "\x1bP2$t",
        "\x1b]99;i=1:d=0;",
        "\x1bP$q",
        "\x1bP+q",
        "\x1b_G",
        "\x1bX",
        "\x1b^",
        "\x1bP1;2|",
    ];
    let ends: Vec<&[u8]> = vec![b"\x1b\\", b"\x07", b"\x18", b"\x9c", b""];
    (prop::sample::select(starts), "[ -~é漢]{0,20}", prop::sample::select(ends))
        .prop_map(|(start, text, end)| [start.as_bytes(), text.as_bytes(), end].concat())
}

/// Images small and less small, shown, moved about, deleted, and half-sent ones.
fn image_sequence() -> impl Strategy<Value = Vec<u8>> {
    let key = prop_oneof![
        3 => (prop::sample::select(b"iIpcrzxywhXYPPQHVUCqmsv".to_vec()), 0u32..12)
            .prop_map(|(key, value)| format!("{}={value}", char::from(key))),
        2 => prop::sample::select(vec!["a=T", "a=p", "a=p", "i=1", "i=2", "P=1", "P=2", "V=-2", "a=q", "a=t", "f=24", "f=100", "o=z", "t=f", "z=-3", "m=1"])
            .prop_map(str::to_owned),
        2 => prop::sample::select(b"aAiInNcCpPqQxXyYzZrRfF".to_vec())
            .prop_map(|letter| format!("a=d,d={}", char::from(letter))),
    ];
    let ends = vec!["\x1b\\", "\x1b\\", "\x1b\\", "\x18", ""];
    let command = (vec(key, 0..6), "[A-Za-z0-9+/]{0,40}", prop::sample::select(ends.clone()))
        .prop_map(|(keys, payload, end)| format!("\x1b_G{};{payload}{end}", keys.join(",")));
    let whole =
        (0u32..5, 1u32..40, 1u32..70, prop::sample::select(vec!["", ",C=1", ",U=1", ",z=-1", ",c=3"]))
            .prop_map(|(id, width, height, keys)| {
                let payload = "AAAA".repeat((width * height) as usize);
                format!("\x1b_Ga=T,i={id},f=24,s={width},v={height}{keys};{payload}\x1b\\")
            });
    let sixel = (0u16..10, 0u16..3, "[-$?~@!0-9#;\"]{0,20}", 1u32..90, prop::sample::select(ends)).prop_map(
        |(aspect, background, text, count, end)| format!("\x1bP{aspect};{background}q#2!{count}~{text}{end}"),
    );
    let modes = prop::sample::select(vec![80, 1070, 8452]);
    let mode = (modes, prop::sample::select(vec!["h", "l", "$p"]))
        .prop_map(|(mode, action)| format!("\x1b[?{mode}{action}"));
    let ask = (0u32..4, 0u32..6).prop_map(|(item, action)| format!("\x1b[?{item};{action};0S"));
    prop_oneof![4 => command, 4 => whole, 4 => sixel, 1 => mode, 1 => ask].prop_map(String::into_bytes)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => bytes().prop_map(Step::Feed),
        2 => (1u16..40, 1u16..14).prop_map(|(cols, rows)| Step::Resize(cols, rows)),
        1 => Just(Step::Frame),
        1 => any::<bool>().prop_map(Step::Focus),
        1 => any::<bool>().prop_map(Step::Watched),
        1 => Just(Step::EndUpdate),
    ]
}

fn apply(terminal: &mut Term, step: &Step) {
    match step {
        Step::Feed(bytes) => terminal.feed(bytes),
        Step::Resize(cols, rows) => terminal.resize(Size::cells(*cols, *rows)),
        Step::Frame => terminal.begin_frame(),
        Step::Focus(focused) => terminal.set_focus(*focused),
        Step::Watched(watched) => terminal.set_watched(*watched),
        Step::EndUpdate => terminal.end_synchronized_update(),
    }
}

/// A history that gives back whatever it was told to, as one in broken shared memory might.
struct Liar(Vec<OwnedPiece>, usize);

impl History for Liar {
    fn push(&mut self, _piece: &Piece<'_>) {}

    fn pop(&mut self) -> Option<OwnedPiece> {
        self.1 += 1;
        self.0.get(self.1 % (self.0.len() + 1)).cloned()
    }

    fn continues(&self) -> bool {
        !self.1.is_multiple_of(3)
    }

    fn close(&mut self) {}

    fn clear(&mut self) {}

    fn pieces(&self) -> u64 {
        u64::MAX
    }

    fn next_line(&self) -> u64 {
        self.1 as u64 / 2
    }

    fn oldest_line(&self) -> u64 {
        self.1 as u64 / 5
    }
}

fn wrong_piece() -> impl Strategy<Value = OwnedPiece> {
    let style = (any::<Option<u16>>(), any::<u8>()).prop_map(|(link, fg)| RunStyle {
        link,
        fg: Colour::Indexed(fg),
        ..RunStyle::default()
    });
    let run = (0u32..20, any::<u32>(), any::<bool>(), any::<bool>(), style).prop_map(
        |(bytes, cells, wide, single, style)| {
            let kind = if single { RunKind::Single } else { RunKind::Chars };
            Run { bytes, cells, wide, kind, style }
        },
    );
    let link = (0usize..400, 0usize..3000)
        .prop_map(|(id, uri)| Link { id: "i".repeat(id).into(), uri: "u".repeat(uri).into() });
    ("[ -~é漢\u{301}\u{0}-\u{1f}👍]{0,60}", vec(run, 0..8), vec(link, 0..3), any::<bool>(), 0u8..4).prop_map(
        |(text, runs, links, continues, size)| OwnedPiece {
            text,
            runs,
            links,
            continues,
            line_size: [LineSize::Single, LineSize::DoubleWidth, LineSize::DoubleTop, LineSize::DoubleBottom]
                [usize::from(size)],
            mark: None,
            cols: 7,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        // More with PROPTEST_CASES.
        cases: ProptestConfig::default().cases.max(1500),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_step_leaves_the_terminal_in_order(
        cols in 1u16..40,
        rows in 1u16..12,
        steps in vec(step(), 1..80),
    ) {
        let (mut terminal, shelf) = imaging(cols, rows);
        for step in &steps {
            apply(&mut terminal, step);
            if let Err(problem) = terminal.verify_integrity() {
                prop_assert!(false, "after {:?}: {}", step, problem);
            }
            in_step(&terminal, &shelf);
        }
    }

    #[test]
    fn the_stream_can_be_cut_anywhere(
        cols in 1u16..40,
        rows in 1u16..12,
        parts in vec(bytes(), 1..40),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let bytes = parts.concat();
        let (mut whole, shelf) = imaging(cols, rows);
        whole.feed(&bytes);
        let (mut bytewise, _) = imaging(cols, rows);
        bytes.chunks(1).for_each(|byte| bytewise.feed(byte));
        let (mut cut, other_shelf) = imaging(cols, rows);
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.sort_unstable();
        let mut from = 0;
        for place in places {
            cut.feed(&bytes[from..place]);
            from = place;
        }
        cut.feed(&bytes[from..]);
        healthy(&whole);
        prop_assert_eq!(whole.describe(), bytewise.describe());
        prop_assert_eq!(whole.describe(), cut.describe());
        prop_assert!(whole.history().iter().eq(bytewise.history().iter()));
        prop_assert_eq!(&shelf.0.lock().unwrap().pictures, &other_shelf.0.lock().unwrap().pictures);
    }

    #[test]
    fn what_history_gives_back_is_not_trusted(
        pieces in vec(wrong_piece(), 0..12),
        sizes in vec((1u16..40, 1u16..12), 1..6),
        program in vec(bytes(), 0..6),
    ) {
        let mut terminal = Terminal::new(Size::cells(10, 4), Options::default(), Liar(pieces, 0));
        terminal.feed(b"0123456789012345678901234567890123456789012345678901234567890123456789");
        for (cols, rows) in sizes {
            terminal.resize(Size::cells(cols, rows));
            healthy(&terminal);
            terminal.feed(&program.concat());
            healthy(&terminal);
        }
    }

    #[test]
    fn a_line_survives_any_series_of_widths(
        text in "[a-z ]{1,120}",
        rows in 3u16..12,
        widths in vec(2u16..60, 1..8),
    ) {
        let mut terminal = terminal(40, rows);
        terminal.feed(text.as_bytes());
        for width in widths {
            terminal.resize(Size::cells(width, rows));
            healthy(&terminal);
        }
        terminal.resize(Size::cells(200, rows));
        let joined = common::rows(&terminal).join("");
        let mut whole: String = terminal.history().iter().map(|piece| piece.text).collect();
        whole.push_str(&joined);
        prop_assert_eq!(whole.trim_end(), text.trim_end());
    }
}
