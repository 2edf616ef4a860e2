//! Questions asked by device control strings: DECRQSS (which setting is on) and XTGETTCAP (what the terminal
//! can do). Here they are read, and the second is answered, from a table that says only what is true of this
//! emulator; the first needs the emulator's state. And the reports of DECRQPSR on their way back (DECRSPS).
//! Specifications: VT510, and xterm's control sequences for the two questions.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

/// Names answered in one XTGETTCAP; real programs ask for fewer than ten at once.
const NAMES: usize = 64;
/// Bytes of one name in hexadecimal. The longest name known has 16 characters; longer ones are not even
/// echoed.
const NAME_LIMIT: usize = 128;

/// A question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// DECRQSS for a setting that is known.
    Setting(Setting),
    /// DECRQSS for any other; to be answered "invalid".
    UnknownSetting,
    /// DECRSPS: the cursor's state, as DECCIR tells it.
    RestoreCursor(Vec<u8>),
    /// DECRSPS: tab stops, counted from 1, as DECTABSR tells them.
    RestoreTabs(Vec<u16>),
    /// XTGETTCAP: names still in hexadecimal, for [`answer_capability`].
    Capabilities(Vec<Vec<u8>>),
    /// Another control string; to be ignored.
    Unknown,
}

/// A setting that DECRQSS can ask for, named by the end of the sequence that sets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setting {
    /// `m`: colours and attributes (SGR).
    Sgr,
    /// `r`: top and bottom margins (DECSTBM).
    TopBottomMargins,
    /// `s`: left and right margins (DECSLRM).
    LeftRightMargins,
    /// `t`: lines per page (DECSLPP).
    LinesPerPage,
    /// `SP q`: the cursor's style (DECSCUSR).
    CursorStyle,
    /// `" q`: protection of what is written (DECSCA).
    Protection,
    /// `" p`: conformance level (DECSCL).
    Conformance,
    /// `$ |`: columns per page (DECSCPP).
    Columns,
    /// `* |`: lines of the screen (DECSNLS).
    Lines,
    /// `* x`: what a change of attributes extends to (DECSACE).
    Extent,
    /// `$ }`: the display that is written to (DECSASD); there is but one.
    ActiveDisplay,
    /// `$ ~`: the kind of status line (DECSSDT); there is none.
    StatusLine,
}

impl Setting {
    /// The end of the sequence that sets it, which the answer repeats.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Sgr => "m",
            Self::TopBottomMargins => "r",
            Self::LeftRightMargins => "s",
            Self::LinesPerPage => "t",
            Self::CursorStyle => " q",
            Self::Protection => "\"q",
            Self::Conformance => "\"p",
            Self::Columns => "$|",
            Self::Lines => "*|",
            Self::Extent => "*x",
            Self::ActiveDisplay => "$}",
            Self::StatusLine => "$~",
        }
    }

    const ALL: [Self; 12] = [
        Self::Sgr,
        Self::TopBottomMargins,
        Self::LeftRightMargins,
        Self::LinesPerPage,
        Self::CursorStyle,
        Self::Protection,
        Self::Conformance,
        Self::Columns,
        Self::Lines,
        Self::Extent,
        Self::ActiveDisplay,
        Self::StatusLine,
    ];
}

impl Request {
    /// Reads a device control string: its first parameter, its intermediates, its final character, and the data
    /// up to the terminator.
    #[must_use]
    pub fn parse(parameter: u16, intermediates: &[u8], action: char, data: &[u8]) -> Self {
        match (intermediates, action) {
            (b"$", 't') if parameter == 1 => Self::RestoreCursor(data.to_vec()),
            (b"$", 't') if parameter == 2 => {
                let stops =
                    data.split(|b| *b == b'/').filter_map(|stop| str::from_utf8(stop).ok()?.parse().ok());
                Self::RestoreTabs(stops.collect())
            }
            (b"$", 'q') => {
                let setting = Setting::ALL.into_iter().find(|setting| setting.suffix().as_bytes() == data);
                setting.map_or(Self::UnknownSetting, Self::Setting)
            }
            (b"+", 'q') => {
                let names = data.split(|b| *b == b';').take(NAMES);
                Self::Capabilities(names.map(|name| name[..name.len().min(NAME_LIMIT)].to_vec()).collect())
            }
            _ => Self::Unknown,
        }
    }
}

/// Appends the answer to one name of an XTGETTCAP: what it is worth, or that it is not known.
pub fn answer_capability(hex_name: &[u8], out: &mut Vec<u8>) {
    let name = HEXLOWER_PERMISSIVE.decode(hex_name).ok();
    let known = name.as_deref().and_then(|name| capability(str::from_utf8(name).ok()?));
    out.extend(if known.is_some() { b"\x1bP1+r" } else { b"\x1bP0+r" });
    if name.is_some() {
        out.extend(hex_name);
    }
    if let Some(Value(value)) = known {
        out.push(b'=');
        out.extend(HEXLOWER.encode(value.as_bytes()).bytes());
    }
    out.extend(b"\x1b\\");
}

/// What is known of a capability.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Capability {
    /// It is there.
    Flag,
    /// It is worth this; `\x1b` is meant, parameters stay as in terminfo.
    Value(&'static str),
}

/// Looks up a capability by its name in terminfo, or in termcap where it has one.
#[must_use]
pub fn capability(name: &str) -> Option<Capability> {
    CAPABILITIES.iter().find(|(names, _)| names.contains(&name)).map(|(_, capability)| *capability)
}

use Capability::{Flag, Value};

/// What this emulator can do. `TN` names the terminfo entry that sessions run with. The keys are those of
/// that entry, which are what an application keypad and cursor mode send.
const CAPABILITIES: [(&[&str], Capability); 104] = [
    (&["TN", "name"], Value("xterm-256color")),
    (&["Co", "colors"], Value("256")),
    (&["RGB"], Value("8/8/8")),
    (&["Tc"], Flag),
    (&["Su"], Flag),
    (&["AX"], Flag),
    (&["XT"], Flag),
    (&["am"], Flag),
    (&["bce", "ut"], Flag),
    (&["query-os-name"], Value("linux")),
    (&["setrgbf"], Value("\x1b[38:2:%p1%d:%p2%d:%p3%dm")),
    (&["setrgbb"], Value("\x1b[48:2:%p1%d:%p2%d:%p3%dm")),
    (&["Smulx"], Value("\x1b[4:%p1%dm")),
    (&["Setulc"], Value("\x1b[58:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:%p1%{255}%&%dm")),
    (&["ol"], Value("\x1b[59m")),
    (&["Smol"], Value("\x1b[53m")),
    (&["Rmol"], Value("\x1b[55m")),
    (&["smxx"], Value("\x1b[9m")),
    (&["rmxx"], Value("\x1b[29m")),
    (&["sitm", "ZH"], Value("\x1b[3m")),
    (&["ritm", "ZR"], Value("\x1b[23m")),
    (&["Ms"], Value("\x1b]52;%p1%s;%p2%s\x1b\\")),
    (&["Ss"], Value("\x1b[%p1%d q")),
    (&["Se"], Value("\x1b[2 q")),
    (&["Cs"], Value("\x1b]12;%p1%s\x1b\\")),
    (&["Cr"], Value("\x1b]112\x1b\\")),
    (&["Sync"], Value("\x1b[?2026%?%p1%{1}%-%tl%eh%;")),
    (&["E3"], Value("\x1b[3J")),
    (&["BE"], Value("\x1b[?2004h")),
    (&["BD"], Value("\x1b[?2004l")),
    (&["PS"], Value("\x1b[200~")),
    (&["PE"], Value("\x1b[201~")),
    (&["fe"], Value("\x1b[?1004h")),
    (&["fd"], Value("\x1b[?1004l")),
    (&["kxIN"], Value("\x1b[I")),
    (&["kxOUT"], Value("\x1b[O")),
    (&["XM"], Value("\x1b[?1006;1000%?%p1%{1}%=%th%el%;")),
    (&["indn", "SF"], Value("\x1b[%p1%dS")),
    (&["rin", "SR"], Value("\x1b[%p1%dT")),
    (&["rep", "rp"], Value("%p1%c\x1b[%p2%{1}%-%db")),
    (&["ech", "ec"], Value("\x1b[%p1%dX")),
    (&["csr", "cs"], Value("\x1b[%i%p1%d;%p2%dr")),
    (&["kcuu1", "ku"], Value("\x1bOA")),
    (&["kcud1", "kd"], Value("\x1bOB")),
    (&["kcuf1", "kr"], Value("\x1bOC")),
    (&["kcub1", "kl"], Value("\x1bOD")),
    (&["khome", "kh"], Value("\x1bOH")),
    (&["kend", "@7"], Value("\x1bOF")),
    (&["kich1", "kI"], Value("\x1b[2~")),
    (&["kdch1", "kD"], Value("\x1b[3~")),
    (&["kpp", "kP"], Value("\x1b[5~")),
    (&["knp", "kN"], Value("\x1b[6~")),
    (&["kbs", "kb"], Value("\x7f")),
    (&["kcbt", "kB"], Value("\x1b[Z")),
    (&["kent", "@8"], Value("\x1bOM")),
    (&["kbeg", "@1"], Value("\x1bOE")),
    (&["kri", "kR"], Value("\x1b[1;2A")),
    (&["kind", "kF"], Value("\x1b[1;2B")),
    (&["kRIT", "%i"], Value("\x1b[1;2C")),
    (&["kLFT", "#4"], Value("\x1b[1;2D")),
    (&["kHOM", "#2"], Value("\x1b[1;2H")),
    (&["kEND", "*7"], Value("\x1b[1;2F")),
    (&["kIC", "#3"], Value("\x1b[2;2~")),
    (&["kDC", "*4"], Value("\x1b[3;2~")),
    (&["kPRV", "%e"], Value("\x1b[5;2~")),
    (&["kNXT", "%c"], Value("\x1b[6;2~")),
    (&["kmous", "Km"], Value("\x1b[<")),
    (&["kf1", "k1"], Value("\x1bOP")),
    (&["kf2", "k2"], Value("\x1bOQ")),
    (&["kf3", "k3"], Value("\x1bOR")),
    (&["kf4", "k4"], Value("\x1bOS")),
    (&["kf5", "k5"], Value("\x1b[15~")),
    (&["kf6", "k6"], Value("\x1b[17~")),
    (&["kf7", "k7"], Value("\x1b[18~")),
    (&["kf8", "k8"], Value("\x1b[19~")),
    (&["kf9", "k9"], Value("\x1b[20~")),
    (&["kf10", "k;"], Value("\x1b[21~")),
    (&["kf11", "F1"], Value("\x1b[23~")),
    (&["kf12", "F2"], Value("\x1b[24~")),
    (&["kf13", "F3"], Value("\x1b[1;2P")),
    (&["kf14", "F4"], Value("\x1b[1;2Q")),
    (&["kf15", "F5"], Value("\x1b[1;2R")),
    (&["kf16", "F6"], Value("\x1b[1;2S")),
    (&["kf17", "F7"], Value("\x1b[15;2~")),
    (&["kf18", "F8"], Value("\x1b[17;2~")),
    (&["kf19", "F9"], Value("\x1b[18;2~")),
    (&["kf20", "FA"], Value("\x1b[19;2~")),
    (&["kf21", "FB"], Value("\x1b[20;2~")),
    (&["kf22", "FC"], Value("\x1b[21;2~")),
    (&["kf23", "FD"], Value("\x1b[23;2~")),
    (&["kf24", "FE"], Value("\x1b[24;2~")),
    (&["kf25", "FF"], Value("\x1b[1;5P")),
    (&["kf26", "FG"], Value("\x1b[1;5Q")),
    (&["kf27", "FH"], Value("\x1b[1;5R")),
    (&["kf28", "FI"], Value("\x1b[1;5S")),
    (&["kf29", "FJ"], Value("\x1b[15;5~")),
    (&["kf30", "FK"], Value("\x1b[17;5~")),
    (&["kf31", "FL"], Value("\x1b[18;5~")),
    (&["kf32", "FM"], Value("\x1b[19;5~")),
    (&["kf33", "FN"], Value("\x1b[20;5~")),
    (&["kf34", "FO"], Value("\x1b[21;5~")),
    (&["kf35", "FP"], Value("\x1b[23;5~")),
    (&["kUP"], Value("\x1b[1;2A")),
    (&["kDN"], Value("\x1b[1;2B")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(name: &[u8]) -> String {
        let mut out = Vec::new();
        answer_capability(name, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn settings_are_known_by_their_suffix() {
        for setting in Setting::ALL {
            assert_eq!(Request::parse(0, b"$", 'q', setting.suffix().as_bytes()), Request::Setting(setting));
        }
        for data in [&b""[..], b"x", b"mm", b"q", b" p"] {
            assert_eq!(Request::parse(0, b"$", 'q', data), Request::UnknownSetting);
        }
    }

    #[test]
    fn other_strings_are_not_questions() {
        for (intermediates, action) in [(&b""[..], 'q'), (b"$", 'p'), (b"+", 'p'), (b"", 'z'), (b"$+", 'q')] {
            assert_eq!(Request::parse(0, intermediates, action, b"m"), Request::Unknown);
        }
        assert_eq!(Request::parse(3, b"$", 't', b"1"), Request::Unknown);
        assert_eq!(Request::parse(2, b"$", 't', b"9/x/17/"), Request::RestoreTabs(vec![9, 17]));
    }

    #[test]
    fn capabilities_are_answered_in_hexadecimal() {
        assert_eq!(answer(b"544e"), "\x1bP1+r544e=787465726d2d323536636f6c6f72\x1b\\");
        assert_eq!(answer(b"544E"), "\x1bP1+r544E=787465726d2d323536636f6c6f72\x1b\\");
        assert_eq!(answer(b"5463"), "\x1bP1+r5463\x1b\\");
        assert_eq!(answer(b"696e646e"), "\x1bP1+r696e646e=1b5b257031256453\x1b\\");
        assert_eq!(answer(b"6b63757531"), "\x1bP1+r6b63757531=1b4f41\x1b\\");
        assert_eq!(answer(b"7878"), "\x1bP0+r7878\x1b\\");
        assert_eq!(answer(b""), "\x1bP0+r\x1b\\");
        // What is not hexadecimal is not sent back to the program.
        assert_eq!(answer(b"x;\x07"), "\x1bP0+r\x1b\\");
    }

    #[test]
    fn names_are_separate_and_bounded() {
        let names = |list: &[&[u8]]| Request::Capabilities(list.iter().map(|n| n.to_vec()).collect());
        assert_eq!(Request::parse(0, b"+", 'q', b"544e;436f"), names(&[b"544e", b"436f"]));
        let Request::Capabilities(many) = Request::parse(0, b"+", 'q', &b"54;".repeat(9999)) else {
            panic!()
        };
        assert_eq!(many.len(), NAMES);
        let Request::Capabilities(long) = Request::parse(0, b"+", 'q', &b"54".repeat(9999)) else { panic!() };
        assert_eq!(long, [b"54".repeat(NAME_LIMIT / 2)]);
    }

    #[test]
    fn no_name_is_listed_twice() {
        let mut names: Vec<_> = CAPABILITIES.iter().flat_map(|(names, _)| *names).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    proptest! {
        #[test]
        fn answers_are_well_formed(name in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut out = Vec::new();
            answer_capability(&name, &mut out);
            prop_assert!(out.len() <= name.len() + 256 && out.ends_with(b"\x1b\\"));
            prop_assert!(!out[1..out.len() - 2].contains(&0x1b));
        }
    }
}
