//! `docs/sequences.md` and the emulator say the same. Every sequence that there can be is tried in several states:
//! one with an effect must stand in the document, and one that stands there must have one, or none where the document
//! says that it is not done.

#![allow(missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Term, answer};
use scarab_terminal::colour::ViewerColours;
use scarab_terminal::{Event, History, Options, Size, Terminal, VecHistory};

const DOCUMENT: &str = include_str!("../../docs/sequences.md");

/// States to try a sequence in: between them every sequence that does anything changes something.
const STATES: [&str; 3] = [
    "one\r\ntwo\r\nthree\r\nfour\r\nfive\x1b[2;3H\x1b[?1h\x1b[3g",
    "\x1b]2;t\x07\x1b[22t\x1b[>5u\x1b[>4;2m\x1b[#{\x1b[31;1;4m\x1b[#P\x1b]4;1;red\x07\x1b]5;1;red\x07\x1b[>0;1t\
     \x1b[1\"q\x0e\x1b~\x1b=\x1b7\x1b[?69h\x1b[2;8s\x1b[2;4r\x1b[?6h\x1b#8\x1b[?6hab\x1bVc\x1b[2*x\x1b[3 q\x1b(0\x1b)0\x1b*0\
     \x1b+0\x1b[3;2H",
    "\x1b Gabc\x1b#6\x1b[?1049hxyz\x1b[?45h\x1b[2;2H\x1b#6\x1b[?5s\x1b[?5h\x1b[4h\x1b]10;red;red;red;red;red;red;red;red;red;red\x07\x1b]9;4;1;5\x07",
];

/// What the text of a sequence's numbers may be.
const NUMBERS: [&str; 22] = [
    "",
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "11",
    "18",
    "1;1",
    "2;3",
    "4;1",
    "1;2;2",
    "8;3;9",
    "62;1",
    "1;1;2;2",
    "88;1;1;3;3",
    "1;1;2;3;1",
    "1;1;1;1;3;3",
    "1;1;2;2;1;3;3;1",
];

/// Sequences that nobody knows: what any sequence does, and what is left of any string, is the same after them.
const NOTHING: &[u8] = b"\x1b[1,y\x1bP,z\x1b\\";

/// A state, as a terminal is brought back to it quickly.
struct State {
    saved: Vec<u8>,
    history: VecHistory,
    pieces: u64,
}

impl State {
    fn all() -> Vec<Self> {
        STATES.map(Self::after).into()
    }

    fn after(bytes: &str) -> Self {
        Self::with(Options { allow_checksum: true, tell_titles: true, ..Options::default() }, bytes)
    }

    fn with(options: Options, bytes: &str) -> Self {
        let mut terminal = Terminal::new(Size::cells(10, 4), options, VecHistory::with_limit(100));
        terminal.feed(bytes.as_bytes());
        // So much that sizes may be chosen as often as ever, which counts bytes of output.
        terminal.feed(&NOTHING.repeat(1000));
        terminal.replies().clear();
        let _ = terminal.take_events();
        let mut saved = Vec::new();
        terminal.checkpoint(&mut saved);
        let pieces = terminal.history().pieces();
        Self { saved, history: terminal.history().clone(), pieces }
    }

    fn terminal(&self) -> Term {
        Terminal::restore(&self.saved, self.history.clone()).expect("its own checkpoint")
    }

    /// Whether these bytes do anything here.
    fn moved_by(&self, bytes: &[u8]) -> bool {
        let mut terminal = self.terminal();
        terminal.feed(bytes);
        terminal.feed(NOTHING);
        let events: Vec<Event> = terminal.take_events();
        let mut now = Vec::new();
        terminal.checkpoint(&mut now);
        now != self.saved || !events.is_empty() || terminal.history().pieces() != self.pieces
    }
}

/// Whether any of these does when all are fed anything.
fn effective(states: &[State], all: &[Vec<u8>]) -> bool {
    let together = all.concat();
    states.iter().any(|state| state.moved_by(&together))
}

/// The same, where one may undo what another did.
fn effective_alone(states: &[State], all: &[Vec<u8>]) -> bool {
    all.iter().any(|bytes| states.iter().any(|state| state.moved_by(bytes)))
}

/// The rows of the table under this heading that has this head: the first column without its backquotes.
fn table(heading: &str, head: &str) -> Vec<String> {
    let start = DOCUMENT.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading:?}"));
    let section = &DOCUMENT[start + 1 + heading.len()..];
    let section = &section[..section.find("\n## ").unwrap_or(section.len())];
    let lines = section.lines().skip_while(|line| !line.starts_with(&format!("| {head} |"))).skip(2);
    let rows: Vec<String> = lines
        .take_while(|line| line.starts_with("| "))
        .map(|line| {
            let line = line.replace("\\|", "\u{0}");
            let first = line.split('|').nth(1).expect("a first column").trim().replace('\u{0}', "|");
            let quoted = first.strip_prefix("`` ").and_then(|text| text.strip_suffix(" ``"));
            quoted.map_or_else(|| first.trim_matches('`').to_owned(), str::to_owned)
        })
        .collect();
    assert!(!rows.is_empty(), "no table {head:?} under {heading:?}");
    rows
}

/// A number, or a range of them as the table has it.
fn numbers(row: &str) -> std::ops::RangeInclusive<u32> {
    let mut ends = row.split("` to `").map(|end| end.parse().expect("a number"));
    let first = ends.next().expect("a first number");
    first..=ends.next().unwrap_or(first)
}

/// What is left of a sequence's notation without its introducer and its parameters: `CSI ? Ps $ p` is `?$p`.
fn key(sequence: &str) -> String {
    let tokens = sequence.split(' ').skip(1).filter(|token| {
        let parameter = token.len() == 2 && token.starts_with('P') && token.ends_with(['s', 'm', 't']);
        let number = token.bytes().all(|byte| byte.is_ascii_digit());
        !(parameter || number && sequence.starts_with("CSI") || matches!(*token, ";" | "ST"))
    });
    tokens.map(|token| if token == "SP" { " " } else { token }).collect()
}

const PREFIXES: [&str; 5] = ["", "?", ">", "=", "<"];
const INTERMEDIATES: [&str; 17] =
    ["", " ", "!", "\"", "#", "$", "%", "&", "'", "(", ")", "*", "+", ",", "-", ".", "/"];

/// A control sequence with all the numbers it may have.
fn control_sequences(key: &str) -> Vec<Vec<u8>> {
    let prefix = usize::from(key.starts_with(['?', '>', '=', '<']));
    let (prefix, rest) = key.split_at(prefix);
    NUMBERS.iter().map(|numbers| format!("\x1b[{prefix}{numbers}{rest}").into_bytes()).collect()
}

/// Fails with everything in which the document and the emulator differ.
fn same(what: &str, documented: &BTreeSet<String>, found: &BTreeSet<String>) {
    let missing: Vec<_> = found.difference(documented).collect();
    let idle: Vec<_> = documented.difference(found).collect();
    assert!(
        missing.is_empty() && idle.is_empty(),
        "{what}: not in the document {missing:?}; in it without an effect {idle:?}"
    );
}

fn set<T: ToString>(items: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}

const BYTES: [(&str, u8); 11] = [
    ("NUL", 0),
    ("ENQ", 5),
    ("BEL", 7),
    ("BS", 8),
    ("HT", 9),
    ("LF", 10),
    ("VT", 11),
    ("FF", 12),
    ("CR", 13),
    ("SO", 14),
    ("SI", 15),
];

#[test]
fn bytes() {
    let states = State::all();
    let name = |byte: u8| {
        let known = BYTES.iter().find(|(_, known)| *known == byte);
        known.map_or_else(|| format!("{byte:#x}"), |(name, _)| (*name).to_owned())
    };
    let controls = (0..0x20).chain([0x7f]).filter(|byte| !matches!(byte, 0x18 | 0x1a | 0x1b));
    let found = controls.filter(|byte| effective(&states, &[vec![*byte]])).map(name);
    same("bytes", &set(table("## Bytes", "byte")), &set(found));
}

#[test]
fn escape_sequences() {
    let states = State::all();
    let rows = table("## ESC", "sequence");
    let designations: Vec<String> =
        rows.iter().filter(|row| row.ends_with(" Pt")).map(|row| key(row)).collect();
    assert_eq!(designations, ["(", ")", "*", "+", "-", ".", "/"]);
    let mut found = BTreeSet::new();
    for intermediate in INTERMEDIATES {
        for last in (0x30..=0x7eu8).filter(|last| !b"PX[\\]^_".contains(last)).map(char::from) {
            if effective(&states, &[format!("\x1b{intermediate}{last}").into_bytes()]) {
                let designation = designations.iter().any(|known| known == intermediate);
                let rest = if designation { String::new() } else { last.to_string() };
                found.insert(format!("{intermediate}{rest}"));
            }
        }
    }
    same("ESC", &rows.iter().map(|row| key(row)).collect(), &found);
}

#[test]
fn control_sequences_of_all_kinds() {
    let states = State::all();
    let documented: BTreeSet<String> = table("## CSI", "sequence").iter().map(|row| key(row)).collect();
    let mut found = BTreeSet::new();
    for prefix in PREFIXES {
        for intermediate in INTERMEDIATES {
            for last in ('@'..='~').map(String::from) {
                let key = format!("{prefix}{intermediate}{last}");
                let all = control_sequences(&key);
                let alone = documented.contains(&key) && effective_alone(&states, &all);
                if alone || effective(&states, &all) {
                    found.insert(key);
                }
            }
        }
    }
    same("CSI", &documented, &found);
}

#[test]
fn modes() {
    let documented: BTreeSet<String> =
        table("### Modes", "mode").iter().map(|row| row.replace(' ', "")).collect();
    let mut terminal = common::terminal(10, 4);
    let mut found = BTreeSet::new();
    let mut fixed = Vec::new();
    for (mark, number) in (0..5000).map(|number| ("?", number)).chain((0..100).map(|number| ("", number))) {
        let told = answer(&mut terminal, format!("\x1b[{mark}{number}$p").as_bytes());
        match told.as_bytes()[told.len() - 3] {
            b'0' => {}
            b'4' => fixed.push(number),
            _ => assert!(found.insert(format!("{mark}{number}"))),
        }
    }
    same("modes", &documented, &found);
    // As the text beneath the table says.
    assert_eq!(fixed, [1, 3, 5, 7, 10, 11, 13, 14, 15, 16, 17, 18, 19, 21]);
    // What is kept and nothing more changes nothing of how input is encoded.
    for row in DOCUMENT.lines().filter(|line| line.starts_with("| `? ") && line.contains("| kept")) {
        let number = row.split('`').nth(1).map(|text| text.replace("? ", "")).unwrap_or_default();
        let mut terminal = common::terminal(10, 4);
        let before = terminal.input_modes();
        terminal.feed(format!("\x1b[?{number}h").as_bytes());
        assert_eq!(terminal.input_modes(), before, "{row}");
    }
}

/// What comes before and after a mode for its effect to be seen; the others show without anything.
const SCENES: [(&str, &str, &str); 14] = [
    ("4", "ab\x1b[H", "x"),
    ("20", "", "ab\nc"),
    ("?6", "\x1b[2;3r", "\x1b[H"),
    ("?7", "", "abcdefghijklm"),
    ("?3", "\x1b[?40h", ""),
    ("?40", "", "\x1b[?3h"),
    ("?41", "", "abcdefghij\tY"),
    ("?42", "", "\x1b(K["),
    ("?45", "", "\r\n\x08"),
    ("?1045", "", "\r\n\x08"),
    ("?69", "", "\x1b[2;5s\x1b[1;3H\x1b[9C"),
    ("?95", "\x1b[?40hstays", "\x1b[?3h"),
    ("?1048", "\x1b[2;2H\x1b7\x1b[H", "\x1b8"),
    ("?2027", "", "\u{1f469}\u{200d}\u{1f680}"),
];

/// All that a program or a viewer could notice, but for the mode itself.
fn noticed(scene: (&str, &str), mode: &str) -> String {
    let mut terminal = common::terminal(10, 4);
    terminal.feed(format!("{}\x1b[{mode}{}", scene.0, scene.1).as_bytes());
    let synchronized = terminal.synchronized();
    let seen = (common::text(&terminal), terminal.cursor(), terminal.input_modes(), terminal.size());
    let screen = terminal.on_alternate_screen();
    // What the host tells, a program may want to hear of.
    terminal.set_focus(true);
    terminal.set_colours(&ViewerColours { dark: false, ..ViewerColours::default() });
    terminal.resize(Size::cells(12, 5));
    let replies = String::from_utf8_lossy(terminal.replies()).into_owned();
    format!("{seen:?} {screen} {synchronized} {replies:?}")
}

#[test]
fn modes_that_are_not_only_kept_have_an_effect() {
    let section = DOCUMENT.split("\n### Modes\n").nth(1).and_then(|rest| rest.split("\n### ").next());
    let rows = section.expect("a section").lines().filter(|line| line.starts_with("| `"));
    for row in rows.filter(|line| !line.contains("| kept")) {
        let mode = row.split('`').nth(1).map(|text| text.replace(' ', "")).unwrap_or_default();
        let scene =
            SCENES.iter().find(|(of, ..)| *of == mode).map_or(("", ""), |(_, before, after)| (before, after));
        let [set, reset] = ["h", "l"].map(|end| noticed(scene, &format!("{mode}{end}")));
        assert_ne!(set, reset, "{row}");
    }
}

#[test]
fn reports_of_state() {
    let mut found = BTreeSet::new();
    for (mark, number) in ["", "?"].iter().flat_map(|mark| (0..1100).map(move |number| (mark, number))) {
        let question = format!("\x1b[{mark}{number}n");
        if !answer(&mut common::terminal(10, 4), question.as_bytes()).is_empty() {
            found.insert(format!("{mark}{number}"));
        }
    }
    same("DSR", &table("### DSR", "question").iter().map(|row| row.replace(' ', "")).collect(), &found);
}

#[test]
fn window_operations() {
    let states = State::all();
    let found = (0..=24).filter(|number| {
        let all = ["", ";2", ";3;9"].map(|rest| format!("\x1b[{number}{rest}t").into_bytes());
        effective(&states, &all)
    });
    same("XTWINOPS", &set(table("### XTWINOPS", "number")), &set(found));
}

#[test]
fn renditions() {
    // From nothing, and from everything.
    let states = ["\x1b[1,y", "\x1b[1;2;3;4;5;6;7;8;9;53;31;42;58:5:1m"].map(State::after);
    let documented = table("### SGR", "code").iter().flat_map(|row| numbers(row)).collect::<BTreeSet<_>>();
    let found = (0..1000).filter(|code| {
        // A colour alone is none.
        let rest: &[&str] = if matches!(code, 38 | 48 | 58) { &[";5;7", ":5:7"] } else { &[""] };
        let all: Vec<_> = rest.iter().map(|rest| format!("\x1b[{code}{rest}m").into_bytes()).collect();
        effective_alone(&states, &all)
    });
    same("SGR", &set(documented), &set(found));
}

#[test]
fn device_controls_and_settings() {
    let states = State::all();
    let report = "1;1;1;A;@;@;0;2;@;0BBB";
    let (mut found, mut settings) = (BTreeSet::new(), BTreeSet::new());
    for intermediate in INTERMEDIATES {
        for last in ('@'..='~').map(String::from) {
            let mut all = Vec::new();
            for (number, text) in
                ["", "1", "2"].iter().flat_map(|n| ["m", "544e", "9/17", report].map(|t| (n, t)))
            {
                all.push(format!("\x1bP{number}{intermediate}{last}{text}\x1b\\").into_bytes());
            }
            if effective(&states, &all) {
                found.insert(format!("{intermediate}{last}"));
            }
            let setting = format!("{intermediate}{last}");
            let told = answer(&mut common::terminal(10, 4), format!("\x1bP$q{setting}\x1b\\").as_bytes());
            if told.starts_with("ESC P1") {
                settings.insert(setting);
            }
        }
    }
    same("DCS", &table("## DCS", "sequence").iter().map(|row| key(row)).collect(), &found);
    let documented =
        table("## DCS", "setting").iter().map(|row| row.replace(' ', "").replace("SP", " ")).collect();
    same("DECRQSS", &documented, &settings);
}

/// Texts of which every command that there is understands one.
const TEXTS: [&str; 16] = [
    "",
    "text",
    "?",
    "0;?",
    "1;?",
    "0;#123456",
    "#123456",
    "4;1;50",
    "c;eA==",
    "i=1;text",
    "A",
    "C",
    "notify;a;b",
    ";http://a",
    "file:///tmp",
    "0",
];

fn commands(number: u32) -> Vec<Vec<u8>> {
    TEXTS
        .iter()
        .map(|text| format!("\x1b]{number};{text}\x07").into_bytes())
        .chain([format!("\x1b]{number}\x07").into_bytes()])
        .collect()
}

#[test]
fn operating_system_commands() {
    let states = State::all();
    let documented: BTreeSet<u32> = table("## OSC", "number").iter().flat_map(|row| numbers(row)).collect();
    // Setting a title twice may come to the one that there was, a reset undoes a colour.
    let found: Vec<u32> = (0..2000)
        .filter(|number| {
            let all = commands(*number);
            let alone = documented.contains(number) && effective_alone(&states, &all);
            alone || effective(&states, &all)
        })
        .collect();
    same("OSC", &set(documented), &set(found));
}

#[test]
fn images_are_known_and_off() {
    let states = State::all();
    let on = State::with(Options { image_bytes: Options::MAX_IMAGE_BYTES, ..Options::default() }, "text");
    for row in table("## Images", "sequence") {
        let known: &[&str] = match key(&row).as_str() {
            "q" => &["\x1bPq~\x1b\\", "\x1bP7;1q#1~\x1b\\"],
            "G" => &["\x1b_Gi=1,s=1,v=1,f=24;AAEC\x1b\\", "\x1b_Ga=T,s=1,v=1,f=24;AAEC\x1b\\"],
            "?S" => &["\x1b[?1;1S", "\x1b[?2;4S"],
            "?h" | "?l" => &[],
            other => panic!("{other:?} has no example here"),
        };
        let mode = row.strip_prefix("CSI ? ").map(|rest| format!("\x1b[?{}", rest.replace(' ', "")));
        let mode = mode.filter(|_| known.is_empty());
        for bytes in known.iter().map(|bytes| (*bytes).to_owned()).chain(mode) {
            assert!(on.moved_by(bytes.as_bytes()), "{row}: {bytes:?}");
            for state in &states {
                assert!(!state.moved_by(bytes.as_bytes()), "{row}: {bytes:?}");
            }
        }
    }
    // Nor is a program told that they are there.
    let mut terminal = common::terminal(10, 4);
    assert!(!answer(&mut terminal, b"\x1b[c").contains(";4;"));
    assert!(answer(&mut common::imaging(10, 4).0, b"\x1b[c").contains(";4;"));
}

#[test]
fn what_is_not_done_does_nothing() {
    let states = State::all();
    let mut seen = BTreeMap::new();
    for row in table("## Not done", "sequence") {
        let kind = row.split(' ').next().unwrap_or_default().to_owned();
        let all = match kind.as_str() {
            "CSI" => control_sequences(&key(&row)),
            "ESC" => vec![format!("\x1b{}", key(&row)).into_bytes()],
            "OSC" => commands(row[4..].parse().expect("a number")),
            name => vec![vec![BYTES.iter().find(|(known, _)| *known == name).expect("a byte").1]],
        };
        for bytes in all {
            for state in &states {
                assert!(!state.moved_by(&bytes), "{row}: {:?}", String::from_utf8_lossy(&bytes));
            }
        }
        *seen.entry(kind).or_insert(0) += 1;
    }
    assert!(seen.len() >= 5, "{seen:?}");
}
