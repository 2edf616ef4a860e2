//! What the outer terminal can do: guessed from the environment for the first frame, then asked.
//!
//! The answers come among the keys whenever the terminal gets to them, and each only ever improves the picture:
//! nothing waits for a slow terminal, and a TERM that this host has never heard of works as well as a known one.
//! Every round of questions ends with DA1, which all terminals answer and which they answer last.
//!
//! Questions follow xterm's ctlseqs (DA1, XTVERSION, DECRQM, DECRQSS, XTGETTCAP, OSC 4, 10 to 12), the kitty keyboard
//! protocol and contour's notes on modes 2026, 2027 and 2031.

use super::input::{Answer, number};
use data_encoding::HEXLOWER_PERMISSIVE;
use scarab_protocol::message::{Rgb, ViewerColours};

/// How many colours there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Sixteen.
    Sixteen,
    /// The palette of 256.
    #[default]
    Palette,
    /// 24 bits.
    True,
}

/// How a notification is shown outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// Not by the terminal: the viewer says it in its own line.
    #[default]
    Line,
    /// `OSC 9 ; body`.
    Osc9,
    /// `OSC 777 ; notify ; title ; body`.
    Osc777,
    /// kitty's OSC 99.
    Osc99,
}

/// What painting and input rely on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Colours.
    pub depth: Depth,
    /// Underlines in several styles and of their own colour.
    pub underline_styles: bool,
    /// Synchronized output (mode 2026).
    pub synchronized: bool,
    /// Operating system commands are taken or swallowed; the Linux console would print some.
    pub osc: bool,
    /// The terminal says of itself that OSC 52 writes the clipboard.
    pub clipboard: bool,
    /// The kitty keyboard protocol.
    pub kitty_keys: bool,
    /// How to notify.
    pub notify: Notify,
    /// Progress (OSC 9;4) is understood and not taken for a notification.
    pub progress: bool,
}

/// What an answer changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// All must be painted again.
    pub repaint: bool,
    /// The colours are known better: tell the service.
    pub colours: bool,
    /// To be written: switches that go with the new knowledge, or further questions.
    pub write: Vec<u8>,
}

/// The outer terminal as far as it is known.
#[derive(Clone, Debug)]
pub struct Outer {
    /// What it can do.
    pub abilities: Abilities,
    /// Its colours.
    pub colours: ViewerColours,
    /// It has told its name and version.
    versioned: bool,
    /// Rounds of questions whose DA1 has not come.
    open_rounds: u32,
    answered: bool,
    asked_strings: bool,
    colours_told: bool,
    clusters_switched: bool,
    scheme_switched: bool,
    /// On its alternate screen the wheel types cursor keys (mode 1007), unless told otherwise.
    pub wheel_types: bool,
}

/// Colours, then the barrier. Entries 0 to 15 of the palette: the others are alike everywhere.
const COLOUR_QUESTIONS: &[u8] = b"\x1b]10;?\x1b\\\x1b]11;?\x1b\\\x1b]12;?\x1b\\\
    \x1b]4;0;?;1;?;2;?;3;?;4;?;5;?;6;?;7;?;8;?;9;?;10;?;11;?;12;?;13;?;14;?;15;?\x1b\\";
const BARRIER: &[u8] = b"\x1b[c";
/// A look that only a terminal with true colour and styled, coloured underlines repeats as it was said.
const STRING_QUESTIONS: &[u8] =
    b"\x1b[0m\x1b[4:3m\x1b[48:2::1:2:3m\x1bP$qm\x1b\\\x1b[0m\x1bP+q524742;5463\x1b\\";

/// Names in answers to XTVERSION of terminals with 24-bit colours.
const TRUE_COLOUR: [&str; 12] = [
    "kitty", "wezterm", "ghostty", "foot", "tmux", "xterm", "vte", "konsole", "iterm2", "contour", "mintty",
    "scarab",
];

impl Outer {
    /// From the environment alone.
    pub fn new(variable: impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        let colour = variable("COLORTERM").unwrap_or_default();
        let program = variable("TERM_PROGRAM").unwrap_or_default();
        let direct = matches!(colour.as_str(), "truecolor" | "24bit") || term.contains("direct");
        let modern = ["kitty", "foot", "alacritty", "ghostty", "wezterm", "contour"]
            .iter()
            .any(|name| term.contains(name) || program.eq_ignore_ascii_case(name));
        let console = matches!(term.as_str(), "linux" | "dumb" | "vt100" | "vt220" | "cons25");
        let depth = match (direct || modern, console) {
            (true, _) => Depth::True,
            (false, true) => Depth::Sixteen,
            (false, false) => Depth::Palette,
        };
        let mut outer = Self {
            abilities: Abilities { depth, underline_styles: modern, osc: !console, ..Abilities::default() },
            colours: ViewerColours { dark: true, ..ViewerColours::default() },
            versioned: false,
            open_rounds: 0,
            answered: false,
            asked_strings: false,
            colours_told: false,
            clusters_switched: false,
            scheme_switched: false,
            wheel_types: false,
        };
        outer.recognise(if program.is_empty() { &term } else { &program });
        // Windows Terminal and ConEmu tell by variables only.
        outer.abilities.progress |= variable("WT_SESSION").is_some() || variable("ConEmuPID").is_some();
        outer
    }

    /// The first round: what every terminal may be asked without printing anything.
    pub fn questions(&mut self) -> Vec<u8> {
        let mut questions = b"\x1b[>0q\x1b[?u\x1b[?1007$p\x1b[?2026$p\x1b[?2027$p\x1b[?2031$p".to_vec();
        if self.abilities.osc {
            questions.extend_from_slice(COLOUR_QUESTIONS);
        } else {
            // The Linux console prints the end of what it does not parse.
            questions.clear();
        }
        questions.extend_from_slice(BARRIER);
        self.open_rounds += 1;
        questions
    }

    /// Answers are still to come, as far as the terminal answers at all.
    pub fn expecting(&self) -> bool {
        self.open_rounds > 0
    }

    /// It has answered a barrier: it will answer others.
    pub fn answers(&self) -> bool {
        self.answered
    }

    /// What undoes what the answers made [`answer`](Self::answer) switch on.
    pub fn undo(&self) -> &'static [u8] {
        match (self.clusters_switched, self.scheme_switched) {
            (false, false) => b"",
            (true, false) => b"\x1b[?2027l",
            (false, true) => b"\x1b[?2031l",
            (true, true) => b"\x1b[?2027l\x1b[?2031l",
        }
    }

    /// What must be switched on again after the terminal was given away and taken back.
    pub fn redo(&self) -> &'static [u8] {
        match (self.clusters_switched, self.scheme_switched) {
            (false, false) => b"",
            (true, false) => b"\x1b[?2027h",
            (false, true) => b"\x1b[?2031h",
            (true, true) => b"\x1b[?2027h\x1b[?2031h",
        }
    }

    /// Takes an answer.
    pub fn answer(&mut self, answer: &Answer) -> Learned {
        let before = self.abilities;
        let mut learned = Learned::default();
        match answer {
            Answer::Attributes(attributes) => self.round_ends(attributes, &mut learned),
            Answer::Mode { mode: 2026, state: 1 | 2 } => self.abilities.synchronized = true,
            Answer::Mode { mode: 1007, state: 1 } => self.wheel_types = true,
            Answer::Mode { mode: 2027, state: 2 } => {
                // Widths by clusters, as the session has them.
                self.clusters_switched = true;
                learned.write.extend_from_slice(b"\x1b[?2027h");
            }
            Answer::Mode { mode: 2031, state: 1 | 2 } => {
                self.scheme_switched = true;
                learned.write.extend_from_slice(b"\x1b[?2031h");
            }
            Answer::Mode { .. } | Answer::Ready => {}
            Answer::KittyFlags(_) => self.abilities.kitty_keys = true,
            Answer::ColourScheme => {
                self.colours_told = false;
                self.open_rounds += 1;
                learned.write.extend_from_slice(COLOUR_QUESTIONS);
                learned.write.extend_from_slice(BARRIER);
            }
            Answer::Version(version) => {
                self.versioned = true;
                self.recognise(version);
                let name = version.to_lowercase();
                if TRUE_COLOUR.iter().any(|known| name.starts_with(known)) {
                    self.abilities.depth = Depth::True;
                }
            }
            Answer::Capability(capability) => self.capability(capability),
            Answer::Attribute(attributes) => self.attributes(attributes),
            Answer::Osc(text) => self.osc(text),
        }
        learned.repaint = (before.depth, before.underline_styles)
            != (self.abilities.depth, self.abilities.underline_styles);
        learned
    }

    /// DA1 came: all that was asked before it is answered.
    fn round_ends(&mut self, attributes: &[u16], learned: &mut Learned) {
        self.open_rounds = self.open_rounds.saturating_sub(1);
        self.answered = true;
        self.abilities.clipboard |= attributes.contains(&52);
        let known = self.colours.foreground.is_some() || self.colours.background.is_some();
        if known && !self.colours_told {
            self.colours_told = true;
            learned.colours = true;
        }
        // A terminal of the VT200 kind or one that knows its own version parses DCS; others might print it.
        let parses_strings = attributes.first().is_some_and(|level| *level >= 62) || self.versioned;
        if parses_strings && self.abilities.osc && !self.asked_strings {
            self.asked_strings = true;
            self.open_rounds += 1;
            learned.write.extend_from_slice(STRING_QUESTIONS);
            learned.write.extend_from_slice(BARRIER);
        }
    }

    /// What a terminal's name tells.
    fn recognise(&mut self, name: &str) {
        let name = name.to_lowercase();
        let is = |known: &str| name.contains(known);
        self.abilities.notify = match () {
            () if is("kitty") => Notify::Osc99,
            () if is("iterm") => Notify::Osc9,
            () if is("ghostty")
                || is("wezterm")
                || is("foot")
                || is("vte")
                || is("rxvt")
                || is("contour") =>
            {
                Notify::Osc777
            }
            () => self.abilities.notify,
        };
        self.abilities.progress |= is("ghostty") || is("wezterm") || is("iterm2 3.6");
    }

    fn capability(&mut self, capability: &str) {
        for pair in capability.split(';') {
            let name = pair.split('=').next().unwrap_or("");
            if matches!(HEXLOWER_PERMISSIVE.decode(name.as_bytes()).as_deref(), Ok(b"RGB" | b"Tc")) {
                self.abilities.depth = Depth::True;
            }
        }
    }

    /// The answer to DECRQSS: the look in force, if it was understood.
    fn attributes(&mut self, attributes: &str) {
        let Some(look) = attributes.strip_suffix('m') else { return };
        self.abilities.underline_styles |= look.split(';').any(|parameter| parameter == "4:3");
        let same = |text: &str| text.contains("48:2::1:2:3") || text.contains("48:2:1:2:3");
        if same(look) || look.contains("48;2;1;2;3") {
            self.abilities.depth = Depth::True;
        }
    }

    fn osc(&mut self, text: &str) {
        let mut parts = text.split(';');
        let which = parts.next().map_or(0, |part| number(part.as_bytes()));
        match which {
            4 => {
                while let (Some(index), Some(colour)) = (parts.next(), parts.next()) {
                    let index = number(index.as_bytes());
                    if let (Ok(index), Some(rgb)) = (u8::try_from(index), colour_of(colour)) {
                        self.colours.palette.retain(|(known, _)| *known != index);
                        self.colours.palette.push((index, rgb));
                    }
                }
            }
            10 => self.colours.foreground = parts.next().and_then(colour_of).or(self.colours.foreground),
            11 => self.colours.background = parts.next().and_then(colour_of).or(self.colours.background),
            12 => self.colours.cursor = parts.next().and_then(colour_of).or(self.colours.cursor),
            _ => {}
        }
        if let Some(background) = self.colours.background {
            self.colours.dark = brightness(background) < 128;
        }
    }
}

/// How bright a colour looks, 0 to 255 (Rec. 601).
fn brightness(rgb: Rgb) -> u32 {
    (299 * u32::from(rgb.r) + 587 * u32::from(rgb.g) + 114 * u32::from(rgb.b)) / 1000
}

/// `rgb:h/h/h` to `rgb:hhhh/hhhh/hhhh`, `rgba:` with a fourth part, `#rrggbb`.
fn colour_of(text: &str) -> Option<Rgb> {
    if let Some(hex) = text.strip_prefix('#') {
        let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?;
        let [r, g, b] = bytes.try_into().ok()?;
        return Some(Rgb { r, g, b });
    }
    let parts = text.strip_prefix("rgb:").or_else(|| text.strip_prefix("rgba:"))?;
    let mut channels = parts.split('/').map(|part| {
        let value = u32::from_str_radix(part, 16).ok().filter(|_| (1..=4).contains(&part.len()))?;
        Some((value * 255 / (16u32.pow(part.len() as u32) - 1)) as u8)
    });
    Some(Rgb { r: channels.next()??, g: channels.next()??, b: channels.next()?? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &'static [(&str, &str)]) -> Outer {
        Outer::new(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_environment_gives_a_first_guess() {
        assert_eq!(environment(&[("TERM", "xterm-256color")]).abilities.depth, Depth::Palette);
        assert_eq!(environment(&[("TERM", "never-heard-of")]).abilities.depth, Depth::Palette);
        assert_eq!(environment(&[("TERM", "linux")]).abilities.depth, Depth::Sixteen);
        assert_eq!(environment(&[("TERM", "xterm-kitty")]).abilities.depth, Depth::True);
        assert_eq!(environment(&[("TERM", "x"), ("COLORTERM", "truecolor")]).abilities.depth, Depth::True);
    }

    #[test]
    fn answers_only_improve_the_picture() {
        let mut outer = environment(&[("TERM", "never-heard-of")]);
        outer.questions();
        assert!(outer.expecting());
        assert!(!outer.answer(&Answer::Mode { mode: 2026, state: 2 }).repaint);
        assert!(outer.abilities.synchronized);
        outer.answer(&Answer::Osc("11;rgb:ffff/fefe/fdfd".into()));
        outer.answer(&Answer::Osc("4;1;rgb:cd/00/00".into()));
        let learned = outer.answer(&Answer::Attributes(vec![62, 52]));
        assert!(learned.colours && outer.abilities.clipboard && !outer.colours.dark);
        assert_eq!(outer.colours.palette, [(1, Rgb { r: 0xcd, g: 0, b: 0 })]);
        assert!(learned.write.ends_with(b"\x1b[c"), "a second round, with strings");
        let learned = outer.answer(&Answer::Attribute("0;4:3;48:2::1:2:3m".into()));
        assert!(learned.repaint && outer.abilities.underline_styles);
        assert_eq!(outer.abilities.depth, Depth::True);
        assert_eq!(outer.answer(&Answer::Attributes(vec![62])), Learned::default());
        assert!(!outer.expecting());
    }

    #[test]
    fn a_terminal_that_only_knows_da1_is_asked_nothing_more() {
        let mut outer = environment(&[("TERM", "vt102")]);
        outer.questions();
        assert!(outer.answer(&Answer::Attributes(vec![1, 2])).write.is_empty());
        let mut console = environment(&[("TERM", "linux")]);
        assert_eq!(console.questions(), b"\x1b[c");
        assert!(console.answer(&Answer::Attributes(vec![6])).write.is_empty());
    }

    #[test]
    fn capabilities_come_in_hexadecimal() {
        let mut outer = environment(&[]);
        assert!(outer.answer(&Answer::Capability("524742=382F382F38".into())).repaint);
        assert_eq!(outer.abilities.depth, Depth::True);
    }

    #[test]
    fn colours_in_every_length() {
        assert_eq!(colour_of("rgb:f/0/8"), Some(Rgb { r: 255, g: 0, b: 136 }));
        assert_eq!(colour_of("rgb:ffff/0000/8080"), Some(Rgb { r: 255, g: 0, b: 128 }));
        assert_eq!(colour_of("#ff0080"), Some(Rgb { r: 255, g: 0, b: 128 }));
        assert_eq!(colour_of("rgba:ff/00/80/ff"), Some(Rgb { r: 255, g: 0, b: 128 }));
        for wrong in ["", "rgb:", "rgb:1/2", "rgb:12345/1/1", "#12", "red", "rgb:é/1/1"] {
            assert_eq!(colour_of(wrong), None, "{wrong}");
        }
    }
}
