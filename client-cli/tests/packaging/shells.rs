//! The shells that complete: each asked for what it offers behind a line, and each typed at as a person does, in a
//! session of Scarab itself.

use crate::harness::{Place, SCARAB, said};
use crate::source;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a shell may take to show what it offers: a first Tab in zsh loads hundreds of functions.
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two looks at the screen.
const POLLING: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    pub const ALL: [Self; 3] = [Self::Bash, Self::Zsh, Self::Fish];

    /// How it is started, with nobody's settings.
    pub fn program(self) -> &'static [&'static str] {
        match self {
            Self::Bash => &["bash", "--norc", "--noprofile"],
            Self::Zsh => &["zsh", "-f"],
            Self::Fish => &["fish", "--no-config"],
        }
    }

    /// The line that makes what is offered known to it.
    pub fn preparation(self) -> String {
        let directory = source("packaging/completions");
        let directory = directory.canonicalize().expect("the completions").display().to_string();
        match self {
            Self::Bash => format!("source {directory}/scarab.bash && source {directory}/scarab-gtk.bash"),
            Self::Zsh => {
                format!("fpath=({directory} $fpath); autoload -Uz compinit; compinit -D -u; LISTMAX=0")
            }
            Self::Fish => format!("source {directory}/scarab.fish; and source {directory}/scarab-gtk.fish"),
        }
    }

    /// It with a script, where `scarab` is the program under test.
    fn command(self, place: &Place, script: &str) -> Command {
        let (program, options) = self.program().split_first().expect("a program");
        let mut command = place.surround(program, options);
        command.env("PATH", path()).arg("-c").arg(script);
        command
    }

    /// Runs a script that must end well; what it says on both streams.
    pub fn run(self, place: &Place, script: &str) -> String {
        let said = said(self.command(place, script).output().expect("the shell runs"));
        assert_eq!(said.status, 0, "{self:?}: {said:?}");
        said.out + &said.err
    }

    /// What it offers behind each of these lines. zsh says it to a person only.
    pub fn offers(self, place: &Place, lines: &[String]) -> Vec<BTreeSet<String>> {
        let script = match self {
            Self::Bash => bash_script(lines),
            Self::Fish => lines.iter().fold(self.preparation(), |script, line| {
                format!("{script}\ncomplete -C '{line}' | string replace -r '\\t.*' ''\necho ---")
            }),
            Self::Zsh => return typed_at(place, lines),
        };
        let said = said(self.command(place, &script).output().expect("the shell runs"));
        let words = |offer: &str| offer.lines().filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let mut offers: Vec<BTreeSet<String>> = said.out.split("---\n").map(words).collect();
        assert!(offers.pop().is_some_and(|rest| rest.is_empty()), "{self:?}: {said:?}");
        assert_eq!(offers.len(), lines.len(), "{self:?}: {said:?}");
        offers
    }
}

/// As bash calls it, without a person: the words of the line, the last of them under the cursor.
fn bash_script(lines: &[String]) -> String {
    let mut script = Shell::Bash.preparation();
    for line in lines {
        let words: Vec<String> = line.split(' ').map(|word| format!("'{word}'")).collect();
        let function = if line.starts_with("scarab-gtk") { "_scarab_gtk" } else { "_scarab" };
        script += &format!("\nCOMP_WORDS=({}) COMP_CWORD={}", words.join(" "), words.len() - 1);
        // compopt complains where nobody pressed a key.
        script += &format!("\n{function} 2>/dev/null; printf '%s\\n' \"${{COMPREPLY[@]}}\"; echo ---");
    }
    script
}

/// What zsh lists behind each line: the screen's words.
fn typed_at(place: &Place, lines: &[String]) -> Vec<BTreeSet<String>> {
    let typist = Typist::start(place, Shell::Zsh);
    // Tab, and the title once what it offers is on the screen.
    let tab = r#"tab() { zle expand-or-complete; zle -R; print -n "\e]2;tab $((++tabs))\a" }"#;
    place.ok([
        "send",
        "typist",
        "--enter",
        "--",
        &format!("{tab}; zle -N tab; bindkey '^I' tab; unsetopt list_ambiguous"),
    ]);
    let offers = lines.iter().enumerate().map(|(number, line)| {
        typist.clear();
        place.ok(["send", "typist", "--", line]);
        place.ok(["send", "typist", "--key", "Tab"]);
        let title = format!("tab {}", number + 1);
        typist.until(line, |_| place.entry("typist")["title"] == title.as_str());
        let screen = place.ok(["capture", "typist"]);
        screen.lines().skip(1).flat_map(str::split_whitespace).map(str::to_owned).collect()
    });
    offers.collect()
}

/// Where `scarab` is the program under test.
fn path() -> String {
    let directory = Path::new(SCARAB).parent().expect("a directory");
    format!("{}:/usr/local/bin:/usr/bin:/bin", directory.display())
}

/// A shell in a session, typed at.
pub struct Typist<'a> {
    place: &'a Place,
}

impl<'a> Typist<'a> {
    pub fn start(place: &'a Place, shell: Shell) -> Self {
        let mut command = place.command(["new", "typist", "-d", "--size", "100x60", "--"]);
        let started = said(command.args(shell.program()).env("PATH", path()).output().expect("scarab runs"));
        assert_eq!(started.status, 0, "{started:?}");
        let typist = Self { place };
        // Said in two parts, so that the line that asks for it is not taken for the answer.
        let prompt = match shell {
            Shell::Bash => "PS1='> '",
            Shell::Zsh => "PS1='> '; unsetopt prompt_sp",
            // What it would suggest by itself is no completion.
            Shell::Fish => "set -g fish_autosuggestion_enabled 0; function fish_prompt; echo -n '> '; end",
        };
        let ready = format!("{}; {prompt}; echo re''ady", shell.preparation());
        place.ok(["send", "typist", "--enter", "--", &ready]);
        typist.until("a start", |screen| screen.lines().any(|line| line == "ready"));
        typist
    }

    /// An empty line at the top.
    pub fn clear(&self) {
        self.place.ok(["send", "typist", "--key", "C-u", "C-l"]);
        self.until("a clear screen", |screen| screen.trim() == ">");
    }

    /// Looks at the screen until it is as wanted.
    pub fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let screen = self.place.ok(["capture", "typist"]);
            if wanted(&screen) {
                return screen;
            }
            assert!(began.elapsed() < PATIENCE, "{what}: waited in vain:\n{screen}");
            std::thread::sleep(POLLING);
        }
    }
}
