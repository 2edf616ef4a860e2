//! `scarab config`: reads and writes the configuration.

use super::Verb;
use crate::args::Args;
use crate::out::Out;
use crate::{connect, text};
use lexopt::Arg;
use scarab_protocol::message::{answer, request};
use std::process::ExitCode;

pub const VERB: Verb = Verb {
    name: "config",
    usage: "get [KEY] | set KEY VALUE",
    summary: "show or change the configuration",
    details: "\
`get` without KEY shows everything in force; with KEY its value alone. `set` writes the configuration file, keeping
its comments, and loads it. VALUE is TOML; what is no TOML value is taken as a string.

Examples:
  scarab config get
  scarab config get history.lines
  scarab config set history.lines 200000
  scarab config set keys.style tmux
",
    run,
};

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let mut words = Vec::new();
    while let Some(argument) = args.next()? {
        match argument {
            Arg::Value(value) => words.push(args.utf8(value)?),
            other => return Err(VERB.unexpected(other)),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut out = Out::new();
    match words[..] {
        ["get"] => {
            let config = connect::client()?.ask(request::GetConfig { key: String::new() })?;
            all(&config, &mut out)?;
        }
        ["get", key] => {
            let config = connect::client()?.ask(request::GetConfig { key: key.to_owned() })?;
            match &config.values[..] {
                [only] if only.key == key => out.line(&text::clean(&only.value))?,
                _ => all(&config, &mut out)?,
            }
        }
        ["set", key, value] => {
            let request = request::SetConfig { key: key.to_owned(), value: toml(value) };
            connect::client()?.ask(request)?;
        }
        [] => return Err(args.wrong("'get' or 'set' is missing")),
        ["set", ..] => return Err(args.wrong("set takes a KEY and a VALUE")),
        ["get", ..] => return Err(args.wrong("get takes one KEY at most")),
        [other, ..] => return Err(args.wrong(format!("'{other}' is neither 'get' nor 'set'"))),
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// A value as TOML: a bare word becomes a string, so that no shell needs two kinds of quotes.
fn toml(value: &str) -> String {
    let number = value.replace('_', "");
    let is_toml = value.starts_with(['"', '\'', '[', '{'])
        || matches!(value, "true" | "false")
        || number.parse::<i64>().is_ok()
        || number.parse::<f64>().is_ok();
    // A JSON string is a TOML basic string.
    if is_toml { value.to_owned() } else { serde_json::Value::from(value).to_string() }
}

fn all(config: &answer::Config, out: &mut Out) -> anyhow::Result<()> {
    out.line(&format!("# {}", text::clean(&config.file)))?;
    for value in &config.values {
        let mark = if value.is_default { "  # default" } else { "" };
        out.line(&format!("{} = {}{mark}", text::clean(&value.key), text::clean(&value.value)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::toml;

    #[test]
    fn bare_words_become_strings() {
        for value in ["true", "12", "-1", "1_000", "1.5", "\"x\"", "'x'", "[1, 2]"] {
            assert_eq!(toml(value), value);
        }
        assert_eq!(toml("32MiB"), "\"32MiB\"");
        assert_eq!(toml("a \"b\"\\"), "\"a \\\"b\\\"\\\\\"");
        assert_eq!(toml(""), "\"\"");
    }
}
