//! `scarab env`: what the last viewer's environment says of where it is, for a shell that outlived an earlier one.
//!
//! Only the variables that name the viewer's own surroundings: its display, agent, bus and connection. PATH or PWD
//! of another shell would do harm.

use super::Verb;
use crate::args::{self, Args};
use crate::connect;
use crate::out::Out;
use anyhow::Context;
use lexopt::Arg;
use scarab_protocol::message::request;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "env",
    usage: "[NAME] [--shell bash|zsh|fish]",
    summary: "print the last viewer's display, agent and connection, for eval",
    details: "\
In a shell that was started from another display or SSH login than the one that looks at it now. Inside a session
NAME is that session; the shell's kind is taken from $SHELL. Shells that Scarab started have it as the
command `scarab-env`.

Examples:
  eval \"$(scarab env)\"
  scarab env --shell fish | source
",
    run,
};

/// What depends on the viewer's place and is worth following.
const FOLLOWED: &[&str] = &[
    "DBUS_SESSION_BUS_ADDRESS",
    "DESKTOP_SESSION",
    "DISPLAY",
    "GPG_AGENT_INFO",
    "KRB5CCNAME",
    "SSH_AGENT_PID",
    "SSH_ASKPASS",
    "SSH_AUTH_SOCK",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_TTY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
    "XDG_SESSION_ID",
    "XDG_SESSION_TYPE",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shell {
    /// bash, zsh and what else understands POSIX sh.
    Posix,
    Fish,
}

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let (mut name, mut shell) = (None, None);
    while let Some(argument) = args.next()? {
        match argument {
            Arg::Value(value) => args.fill(&mut name, value)?,
            Arg::Long("shell") => {
                shell = Some(match args.text()?.as_str() {
                    "bash" | "zsh" | "sh" => Shell::Posix,
                    "fish" => Shell::Fish,
                    other => return Err(args.wrong(format!("'{other}' is neither bash, zsh nor fish"))),
                });
            }
            other => return Err(VERB.unexpected(other)),
        }
    }
    let shell = shell.unwrap_or_else(|| match std::env::var_os("SHELL") {
        Some(path) if path.as_bytes().ends_with(b"/fish") => Shell::Fish,
        _ => Shell::Posix,
    });
    let session = match name {
        Some(name) => name,
        None => {
            let id = std::env::var("SCARAB_SESSION").ok();
            let id = id.context("this is no session: name one, as in 'scarab env NAME'")?;
            format!("@{}", id.trim_start_matches('@'))
        }
    };
    let variables = connect::client()?.ask(request::GetEnvironment { session })?.variables;
    let mut out = Out::new();
    out.bytes(&script(&variables, shell))?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The lines to evaluate: sets what the viewer has, unsets what it lacks; nothing when no viewer told anything.
fn script(variables: &[Vec<u8>], shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    if variables.is_empty() {
        return script;
    }
    for name in FOLLOWED {
        let value = variables.iter().find_map(|pair| {
            let (found, value) = args::name_and_value(OsStr::from_bytes(pair))?;
            (found == name.as_bytes()).then_some(value)
        });
        match (value, shell) {
            (Some(value), Shell::Posix) => {
                script.extend(format!("export {name}=").bytes());
                quote(value, b"'\\''", &mut script);
            }
            (Some(value), Shell::Fish) => {
                script.extend(format!("set -gx {name} ").bytes());
                // fish knows two escapes inside single quotes: the quote and the backslash.
                let escaped: Vec<u8> = value
                    .iter()
                    .flat_map(|&byte| if byte == b'\\' { vec![b'\\', b'\\'] } else { vec![byte] })
                    .collect();
                quote(&escaped, b"\\'", &mut script);
            }
            (None, Shell::Posix) => script.extend(format!("unset {name}").bytes()),
            (None, Shell::Fish) => script.extend(format!("set -e {name}").bytes()),
        }
        script.extend(b";\n");
    }
    script
}

fn quote(value: &[u8], inner_quote: &[u8], script: &mut Vec<u8>) {
    script.push(b'\'');
    for &byte in value {
        if byte == b'\'' {
            script.extend(inner_quote);
        } else {
            script.push(byte);
        }
    }
    script.push(b'\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(variables: &[&str], shell: Shell) -> String {
        let variables: Vec<Vec<u8>> = variables.iter().map(|pair| pair.as_bytes().to_vec()).collect();
        String::from_utf8(script(&variables, shell)).expect("text")
    }

    #[test]
    fn only_what_follows_the_viewer_is_set_and_quoted() {
        let posix = lines(&["DISPLAY=:1", "PATH=/evil", "SSH_TTY=a'b;$(x)\\"], Shell::Posix);
        assert!(
            posix.contains("export DISPLAY=':1';\n") && posix.contains("export SSH_TTY='a'\\''b;$(x)\\';\n")
        );
        assert!(posix.contains("unset WAYLAND_DISPLAY;\n") && !posix.contains("PATH="));
        let fish = lines(&["SSH_TTY=a'b\\"], Shell::Fish);
        assert!(fish.contains("set -gx SSH_TTY 'a\\'b\\\\';\n") && fish.contains("set -e DISPLAY;\n"));
    }

    #[test]
    fn an_unknown_viewer_changes_nothing() {
        assert_eq!(lines(&[], Shell::Posix), "");
    }
}
