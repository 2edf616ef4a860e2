//! `scarab new`: makes a session with this terminal's environment, directory and size.

use super::{Verb, attach, linger};
use crate::args::{self, Args};
use crate::connect;
use crate::out::Out;
use anyhow::{Context, bail};
use lexopt::Arg;
use scarab_protocol::message::{Size, request};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "new",
    usage: "[NAME] [-d] [--cwd DIR] [--env K=V]... [--size COLSxROWS] [--property K=V]... [--allow-checksum] [-- COMMAND...]",
    summary: "make a session and attach to it",
    details: "\
Without NAME the session is called by the smallest free number; without COMMAND it runs your shell.

  -d, --detached     do not attach; print the session's name
  --cwd DIR          start there instead of in the current directory
  --env K=V          set a variable in the session; may be repeated
  --size COLSxROWS   the first size; this terminal's by default
  --property K=V     a setting of the session's systemd scope, such as MemoryMax=2G; may be repeated
  --allow-checksum   let programs read their screen back by checksum (DECRQCRA)

Examples:
  scarab new work
  scarab new -d build -- make -j8
  scarab new -d --property MemoryMax=1G -- sh -c 'npm run dev'
",
    run,
};

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let mut create = from_here()?;
    let (mut name, mut detached, mut command) = (None, false, Vec::new());
    let mut environment = BTreeMap::new();
    let mut dashes = args.at_dashes();
    while let Some(argument) = args.next()? {
        match argument {
            Arg::Value(value) if dashes => {
                command.push(args.utf8(value)?);
                for value in args.rest()? {
                    command.push(args.utf8(value)?);
                }
            }
            Arg::Value(value) => args.fill(&mut name, value)?,
            Arg::Short('d') | Arg::Long("detached") => detached = true,
            Arg::Long("cwd") => create.directory = directory(&args.value()?)?,
            Arg::Long("env") => {
                let pair = args.value()?;
                let Some((name, value)) = args::name_and_value(&pair) else {
                    return Err(
                        args.wrong(format!("--env takes NAME=VALUE, not '{}'", pair.to_string_lossy()))
                    );
                };
                environment.insert(name.to_vec(), value.to_vec());
            }
            Arg::Long("size") => {
                let text = args.text()?;
                create.size = args::size(&text).ok_or_else(|| args.wrong(args::size_hint(&text)))?;
            }
            Arg::Long("property") => {
                let pair = args.text()?;
                if args::name_and_value(OsStr::new(&pair)).is_none() {
                    return Err(args.wrong(format!("--property takes NAME=VALUE, not '{pair}'")));
                }
                create.properties.push(pair);
            }
            Arg::Long("allow-checksum") => create.allow_checksum = true,
            other => return Err(VERB.unexpected(other)),
        }
        dashes = args.at_dashes();
    }
    if dashes && command.is_empty() {
        return Err(args.wrong("COMMAND is missing after --"));
    }
    create.name = name.unwrap_or_default();
    create.command = command;
    override_environment(&mut create.environment, environment);
    if !detached {
        // Said before there is a session that nobody asked for any more.
        if std::env::var_os("SCARAB_SESSION").is_some() {
            bail!("this is a session already: 'scarab new -d' makes another one beside it");
        }
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            bail!("this is no terminal to attach: 'scarab new -d' makes a session without a viewer");
        }
        crate::attach::check_terminal()?;
    }
    let created = connect::client()?.ask(create)?;
    if detached {
        let mut out = Out::new();
        out.line(&created.name)?;
        out.flush()?;
        // A person left it running; a script has nobody to tell.
        if std::io::stderr().is_terminal() {
            linger::tell_once();
        }
        return Ok(ExitCode::SUCCESS);
    }
    attach::to(created.id.to_string())
}

/// A session as this process's surroundings would have it: environment, directory, size.
pub fn from_here() -> anyhow::Result<request::Create> {
    let directory = std::env::current_dir().unwrap_or_default();
    Ok(request::Create {
        name: String::new(),
        command: Vec::new(),
        login: false,
        // A directory that is gone or not UTF-8 falls back to the home directory.
        directory: directory.into_os_string().into_string().unwrap_or_default(),
        environment: crate::attach::environment(),
        size: terminal_size(),
        properties: Vec::new(),
        allow_checksum: false,
    })
}

fn override_environment(variables: &mut Vec<Vec<u8>>, with: BTreeMap<Vec<u8>, Vec<u8>>) {
    variables.retain(|pair| {
        let name = args::name_and_value(OsStr::from_bytes(pair)).map_or(&[][..], |(name, _)| name);
        !with.contains_key(name)
    });
    variables.extend(with.into_iter().map(|(name, value)| [name, b"=".to_vec(), value].concat()));
}

fn directory(path: &OsStr) -> anyhow::Result<String> {
    let shown = path.to_string_lossy();
    let absolute = std::fs::canonicalize(path).with_context(|| format!("cannot start in {shown}"))?;
    if !absolute.is_dir() {
        bail!("cannot start in {shown}: it is not a directory");
    }
    let text = absolute.into_os_string().into_string();
    text.map_err(|_| anyhow::anyhow!("cannot start in {shown}: its path is not valid UTF-8"))
}

/// The size of the terminal on standard input, output or error; 0x0, the service's default, without one.
fn terminal_size() -> Size {
    use rustix::stdio::{stderr, stdin, stdout};
    let size = [stdin(), stdout(), stderr()]
        .into_iter()
        .filter_map(|descriptor| rustix::termios::tcgetwinsize(descriptor).ok())
        .find(|size| size.ws_col > 0 && size.ws_row > 0);
    size.map_or(Size { cols: 0, rows: 0, width_px: 0, height_px: 0 }, |size| Size {
        cols: size.ws_col,
        rows: size.ws_row,
        width_px: u32::from(size.ws_xpixel),
        height_px: u32::from(size.ws_ypixel),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_not_doubled() {
        let mut variables = vec![b"A=1".to_vec(), b"AB=2".to_vec(), b"odd".to_vec()];
        let with = BTreeMap::from([(b"A".to_vec(), b"x=y".to_vec()), (b"C".to_vec(), Vec::new())]);
        override_environment(&mut variables, with);
        assert_eq!(variables, [&b"AB=2"[..], b"odd", b"A=x=y", b"C="]);
    }
}
