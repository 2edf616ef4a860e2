//! The terminal's description: tic and infocmp take it and give it back, its keys are those that a session gets, it
//! says what the emulator itself says when it is asked, and programs that go by it draw what they do elsewhere.

use crate::harness::{Place, SCARAB, said};
use crate::{has, source};
use scarab_terminal::{Options, Size, Terminal, VecHistory};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);
const POLLING: Duration = Duration::from_millis(10);

const ENTRY: &str = "packaging/terminfo/scarab.terminfo";

fn tools() -> bool {
    has(&["tic", "infocmp", "tput"])
}

/// Runs a program that must be content.
fn content(command: &mut Command) -> String {
    let said = said(command.output().expect("it runs"));
    assert!(said.status == 0 && said.err.is_empty(), "{command:?}: {said:?}");
    said.out
}

/// Compiles a description into this directory.
fn compile(file: &Path, into: &Path) {
    content(Command::new("tic").args(["-x", "-o"]).arg(into).arg(file));
}

/// An entry as infocmp writes it, with the options; without its first line, which names a file.
fn written(directory: &Path, name: &str, options: &[&str]) -> String {
    let mut command = Command::new("infocmp");
    let text = content(command.args(options).arg(name).env("TERMINFO", directory));
    text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}

/// The capabilities that are strings.
fn strings(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let text = written(directory, "scarab", &["-x", "-1"]);
    let pairs = text.lines().filter_map(|line| line.trim().trim_end_matches(',').split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), bytes(value))).collect()
}

/// What a string of terminfo's source stands for.
fn bytes(source: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = source.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'^' => out.push(match rest.next() {
                Some(b'?') => 0x7f,
                Some(letter) => letter & 0x1f,
                None => b'^',
            }),
            b'\\' => match rest.next() {
                Some(b'E') => out.push(0x1b),
                Some(b'n') => out.push(b'\n'),
                Some(b'r') => out.push(b'\r'),
                Some(b't') => out.push(b'\t'),
                Some(b's') => out.push(b' '),
                Some(digit @ b'0'..=b'7') => {
                    let mut octal = || u32::from(rest.next().unwrap_or(b'0') - b'0');
                    let value = u32::from(digit - b'0') * 64 + octal() * 8 + octal();
                    out.push(u8::try_from(value).expect("a byte"));
                }
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    out
}

#[test]
fn it_compiles_and_comes_back() {
    if !tools() {
        return;
    }
    assert_eq!(content(Command::new("tic").args(["-c", "-x"]).arg(source(ENTRY))), "");
    let (once, twice) =
        (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    compile(&source(ENTRY), once.path());
    for (name, alias) in [("scarab", "xterm-scarab"), ("scarab-direct", "xterm-scarab-direct")] {
        let first = written(once.path(), name, &["-x"]);
        assert_eq!(first, written(once.path(), alias, &["-x"]));
        let file = once.path().join("again");
        std::fs::write(&file, &first).expect("written");
        compile(&file, twice.path());
        assert_eq!(written(twice.path(), name, &["-x"]), first);
    }
}

/// The keys of the entry by their names on the command line.
fn keys() -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for (capability, key) in [
        ("kbs", "Backspace"),
        ("kcbt", "S-Tab"),
        ("kcuu1", "Up"),
        ("kcud1", "Down"),
        ("kcuf1", "Right"),
        ("kcub1", "Left"),
        ("khome", "Home"),
        ("kend", "End"),
        ("kich1", "Insert"),
        ("kdch1", "Delete"),
        ("kpp", "PageUp"),
        ("knp", "PageDown"),
        ("kri", "S-Up"),
        ("kind", "S-Down"),
        ("kent", "KpEnter"),
        ("kbeg", "KpBegin"),
        ("ka1", "Kp7"),
        ("ka2", "Kp8"),
        ("ka3", "Kp9"),
        ("kb1", "Kp4"),
        ("kb2", "Kp5"),
        ("kb3", "Kp6"),
        ("kc1", "Kp1"),
        ("kc2", "Kp2"),
        ("kc3", "Kp3"),
        ("kp5", "KpBegin"),
        ("kpADD", "KpAdd"),
        ("kpCMA", "KpSeparator"),
        ("kpDIV", "KpDivide"),
        ("kpDOT", "KpDecimal"),
        ("kpMUL", "KpMultiply"),
        ("kpSUB", "KpSubtract"),
        ("kpZRO", "Kp0"),
    ] {
        keys.insert(capability.to_owned(), key.to_owned());
    }
    // What is held, by xterm's number for it.
    let held = [(2, "S-"), (3, "M-"), (4, "M-S-"), (5, "C-"), (6, "C-S-"), (7, "C-M-")];
    for (capability, key) in [
        ("kUP", "Up"),
        ("kDN", "Down"),
        ("kRIT", "Right"),
        ("kLFT", "Left"),
        ("kHOM", "Home"),
        ("kEND", "End"),
        ("kIC", "Insert"),
        ("kDC", "Delete"),
        ("kPRV", "PageUp"),
        ("kNXT", "PageDown"),
    ] {
        for (number, prefix) in held {
            let number = if number == 2 { String::new() } else { number.to_string() };
            keys.insert(format!("{capability}{number}"), format!("{prefix}{key}"));
        }
    }
    for number in 1..=63 {
        let prefix = ["", "S-", "C-", "C-S-", "M-", "M-S-"][(number - 1) / 12];
        keys.insert(format!("kf{number}"), format!("{prefix}F{}", (number - 1) % 12 + 1));
    }
    keys
}

/// The strings of the entry as it is installed.
fn strings_of_the_entry() -> BTreeMap<String, Vec<u8>> {
    let directory = tempfile::tempdir().expect("a directory");
    compile(&source(ENTRY), directory.path());
    strings(directory.path())
}

#[test]
fn its_keys_are_those_that_a_session_gets() {
    if !tools() {
        return;
    }
    let strings = strings_of_the_entry();
    let keys = keys();
    // The mouse's and the focus's are no keys.
    let described = strings.keys().filter(|name| name.starts_with('k'));
    let described = described.filter(|name| !["kmous", "kxIN", "kxOUT"].contains(&name.as_str()));
    assert_eq!(described.collect::<Vec<_>>(), keys.keys().collect::<Vec<_>>());

    let place = Place::new();
    let out = place.file("keys");
    let script = r#"stty raw -echo; printf "$1"; exec cat >"$0""#;
    let modes = String::from_utf8(strings["smkx"].clone()).expect("UTF-8").replace('\x1b', r"\033");
    place.ok(["new", "keys", "-d", "--", "sh", "-c", script, &out.to_string_lossy(), &(modes + "ready")]);
    place.ok(["wait", "keys", "--timeout", "20", "--text", "ready"]);
    // A blank, which no key sends, between two of them.
    let mut pressed = vec!["send", "keys", "--key"];
    pressed.extend(keys.values().flat_map(|key| [key.as_str(), "Space"]));
    place.ok(pressed);
    let began = Instant::now();
    let sent = loop {
        let sent = std::fs::read(&out).unwrap_or_default();
        if sent.iter().filter(|byte| **byte == b' ').count() == keys.len() {
            break sent;
        }
        assert!(began.elapsed() < PATIENCE, "{}", String::from_utf8_lossy(&sent));
        std::thread::sleep(POLLING);
    };
    for ((name, key), sent) in keys.iter().zip(sent.split(|byte| *byte == b' ')) {
        assert_eq!(
            sent.escape_ascii().to_string(),
            strings[name].escape_ascii().to_string(),
            "{name}: {key}"
        );
    }
}

/// Programs may ask the terminal itself (XTGETTCAP): it must say what stands in the entry.
#[test]
fn the_emulator_says_the_same() {
    if !tools() {
        return;
    }
    let mut terminal = Terminal::new(Size::cells(80, 24), Options::default(), VecHistory::with_limit(100));
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut known = 0;
    for (name, value) in strings_of_the_entry() {
        terminal.feed(format!("\x1bP+q{}\x1b\\", hex(name.as_bytes())).as_bytes());
        let answer = String::from_utf8(std::mem::take(terminal.replies())).expect("text");
        if let Some(answer) = answer.strip_prefix("\x1bP1+r") {
            known += 1;
            assert_eq!(answer, format!("{}={}\x1b\\", hex(name.as_bytes()), hex(&value)), "{name}");
        }
    }
    assert!(known > 80, "{known}");
}

/// A place whose sessions say TERM=scarab.
fn place() -> Place {
    let place = Place::new();
    compile(&source(ENTRY), &place.file("terminfo"));
    place.ok(["config", "set", "terminal.term", "scarab"]);
    place
}

/// A session of a program there.
fn start(place: &Place, name: &str, program: &[&str]) {
    let mut command = place.command(["new", name, "-d", "--size", "80x24", "--env"]);
    command.arg(format!("TERMINFO={}", place.file("terminfo").display())).arg("--").args(program);
    content(&mut command);
}

#[test]
fn what_tput_writes_does_what_it_says() {
    if !tools() {
        return;
    }
    let place = place();
    let script = r#"
        test "$TERM" = scarab || exit
        tput clear
        tput cup 0 3; printf 'at 3'; tput hpa 10; printf 'at 10'; tput vpa 1; tput cr; printf 'row 1'
        tput cup 2 0; printf abcdefgh; tput cup 2 2; tput ech 3
        tput cup 3 0; printf abcdefgh; tput cup 3 2; tput dch 2; tput cup 3 0; tput ich 1
        tput cup 4 0; printf gone; tput cup 4 0; tput dl 1; printf 'line 4'
        tput cup 5 0; printf abcdefgh; tput cup 5 4; tput el
        tput cup 6 0; tput smacs; printf lqk; tput rmacs; printf lqk
        tput cup 7 0; tput smir; printf bc; tput cr; printf a; tput rmir
        tput cup 8 0; printf 'x'; tput rep 45 5
        tput csr 9 11; tput cup 9 0; printf '1\r\n2\r\n3\r\n4'; tput csr 0 23
        tput cup 12 0; tput bold; printf bold; tput sgr0; tput dim; printf dim; tput sgr0; tput sitm; printf italic; tput ritm
        tput cup 13 0; tput smul; printf under; tput rmul; tput Smulx 3; printf curly; tput sgr0; tput smxx; printf struck; tput rmxx
        tput Smol; printf over; tput Rmol
        tput cup 14 0; tput setaf 1; printf red; tput setaf 9; printf bright; tput setab 200; printf ground; tput op
        tput setrgbf 1 2 3; printf true; tput setrgbb 4 5 6; printf both; tput sgr0
        tput cup 15 0; tput smul; tput Setulc 65793; printf u; tput ol; printf v; tput sgr0
        tput tsl; printf 'a title'; tput fsl
        tput cup 20 0; printf done; exec sleep 1000"#;
    start(&place, "tput", &["sh", "-c", script]);
    place.ok(["wait", "tput", "--timeout", "20", "--text", "done"]);
    let plain = place.ok(["capture", "tput"]);
    let lines: Vec<&str> = plain.lines().collect();
    let expected = [
        "   at 3   at 10",
        "row 1",
        "ab   fgh",
        " abefgh",
        "line 4",
        "abcd",
        "┌─┐lqk",
        "abc",
        "x-----",
        "2",
        "3",
        "4",
        "bolddimitalic",
        "undercurlystruckover",
        "redbrightgroundtrueboth",
        "uv",
    ];
    assert_eq!(lines[..expected.len()], expected, "{plain}");
    let styled = place.ok(["capture", "tput", "--ansi"]);
    for (part, style) in [
        ("bold", "1"),
        ("dim", "2"),
        ("italic", "3"),
        ("under", "4"),
        ("curly", "4:3"),
        ("struck", "9"),
        ("over", "53"),
        ("red", "31"),
        ("bright", "91"),
        ("ground", "48;5;200"),
        ("true", "38;2;1;2;3"),
        ("both", "48;2;4;5;6"),
        ("u", "58:2::1:1:1"),
    ] {
        // The sequence right before the word.
        let word = format!("m{part}\x1b");
        let at = styled.find(&word).unwrap_or_else(|| panic!("{part}: {styled:?}"));
        let before = &styled[styled[..at].rfind('[').expect("a sequence") + 1..at];
        assert!(format!(";{before};").contains(&format!(";{style};")), "{part}: {before:?} lacks {style}");
    }
    assert_eq!(place.entry("tput")["title"], "a title");
}

/// For tmux: all of the screen is the panes'; the server, which is the place's own, ends with its only client; keys that
/// come within a millisecond are no paste, in which it would look for no prefix; a new pane says nothing at some time.
const TMUX: &str = "set -g status off\nset -g destroy-unattached on\nset -g assume-paste-time 0
set -g default-command 'exec sleep 1000'\n";

/// The same keys in the same program with both names: what it draws must be the same.
fn draws_the_same(program: &[&str], needs: &str, keys: &[&[&str]], shown: &str) {
    if !tools() || !has(&[needs]) {
        return;
    }
    let (ours, theirs) = (place(), Place::new());
    let text: String =
        (1..=99).map(|number| format!("line {number}: int x = {number}; // fn\tmain\n")).collect();
    for place in [&ours, &theirs] {
        std::fs::write(place.file("home/text.c"), &text).expect("a file");
        std::fs::write(place.file("home/tmux.conf"), TMUX).expect("a file");
        let script = format!("cd \"$HOME\" && exec {}", program.join(" "));
        start(place, "p", &["sh", "-c", &script]);
        place.ok(["wait", "p", "--timeout", "20", "--text", shown]);
    }
    assert_ne!(ours.ok(["config", "get", "terminal.term"]), theirs.ok(["config", "get", "terminal.term"]));
    for keys in [&[][..]].iter().chain(keys) {
        for place in [&ours, &theirs].into_iter().filter(|_| !keys.is_empty()) {
            place.ok([&["send", "p", "--key"][..], *keys].concat());
        }
        same(&format!("{program:?} after {keys:?}"), [(&ours, "p"), (&theirs, "p")]);
    }
}

/// Both sessions must come to show the same.
fn same(what: &str, sessions: [(&Place, &str); 2]) {
    let began = Instant::now();
    loop {
        let [one, other] = sessions.map(|(place, name)| place.ok(["capture", name, "--ansi"]));
        if one == other {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{what}:\n{one}\n--- and\n{other}");
        std::thread::sleep(POLLING);
    }
}

#[test]
fn less_draws_the_same() {
    draws_the_same(
        &["less", "text.c"],
        "less",
        &[&["Space"], &["PageUp"], &["End"], &["Home"], &["/", "9", "Enter"]],
        "text.c",
    );
}

#[test]
fn vim_draws_the_same() {
    // It asks only terminals that are called xterm for their background, and what they answer may take the message
    // about the file away again.
    let (quiet, look) = ("'set shortmess+=F'", "+'set background=dark hlsearch ruler'");
    let program = ["vim", "-N", "-u", "NONE", "-i", "NONE", "--cmd", quiet, "+'syntax on'", look, "text.c"];
    let keys: [&[&str]; 5] =
        [&["PageDown"], &["F1"], &["Z", "Z"], &["/", "i", "n", "t", "Enter"], &["V", "Down", "d"]];
    draws_the_same(&program, "vim", &keys, "Top");
}

#[test]
fn tmux_draws_the_same() {
    // Nothing in it that would draw anew when its pane changes.
    let inside = "'cat text.c; exec sleep 1000'";
    let program = ["env", "TMUX_TMPDIR=.", "tmux", "-f", "tmux.conf", "-L", "x", "new", inside];
    let keys: [&[&str]; 5] = [&["C-b", "["], &["PageUp"], &["q"], &["C-b", "\""], &["C-b", "x"]];
    draws_the_same(&program, "tmux", &keys, "line 99");
}

#[test]
fn scarab_itself_attaches_in_it() {
    if !tools() {
        return;
    }
    let (inner, outer) = (Place::new(), place());
    inner.script("inside", "printf 'in \\033[1;4:3;58:5:9mhere\\033[m'; exec sleep 1000");
    // Another service's viewer: not in a session of that one.
    let script = format!(
        "unset SCARAB_SESSION; SCARAB_SOCKET={} exec {SCARAB} attach inside",
        inner.socket().display()
    );
    start(&outer, "p", &["sh", "-c", &script]);
    outer.ok(["wait", "p", "--timeout", "20", "--text", "in here"]);
    same("attached", [(&outer, "p"), (&inner, "inside")]);
}
