//! Reading the command line: what every verb does alike, and the two ways it ends early.
//!
//! Apart from the verbs so that wrong usage looks the same everywhere: one line that names the verb, says what
//! is wrong and where help is, and exit status 2.

use lexopt::Arg;
use scarab_protocol::message::Size;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;

/// Largest size a session can have: the service would clamp silently, a person is told.
const MAX_SIZE: (u16, u16) = (2000, 1000);

/// Wrong usage, in one line.
#[derive(Debug)]
pub struct Usage {
    /// The verb it was said to, empty for the program itself.
    pub verb: &'static str,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.verb {
            "" => write!(f, "{} (try 'scarab help')", self.message),
            verb => write!(f, "{verb}: {} (try 'scarab help {verb}')", self.message),
        }
    }
}

impl std::error::Error for Usage {}

/// Help was asked for among a verb's options.
#[derive(Debug)]
pub struct HelpWanted(
    /// The verb.
    pub &'static str,
);

impl fmt::Display for HelpWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "help for {} was asked for", self.0)
    }
}

impl std::error::Error for HelpWanted {}

/// A verb's arguments.
pub struct Args {
    verb: &'static str,
    parser: lexopt::Parser,
}

impl Args {
    /// The arguments after a verb.
    pub fn new(verb: &'static str, arguments: Vec<OsString>) -> Self {
        Args { verb, parser: lexopt::Parser::from_args(arguments) }
    }

    /// The next option or value; `--help` never comes back.
    pub fn next(&mut self) -> anyhow::Result<Option<Arg<'_>>> {
        let verb = self.verb;
        match self.parser.next() {
            Ok(Some(Arg::Short('h') | Arg::Long("help"))) => Err(HelpWanted(verb).into()),
            Ok(argument) => Ok(argument),
            Err(error) => Err(Usage { verb, message: error.to_string() }.into()),
        }
    }

    /// The value of the option just met.
    pub fn value(&mut self) -> anyhow::Result<OsString> {
        self.parser.value().map_err(|error| self.wrong(error.to_string()))
    }

    /// The value of the option just met, as text.
    pub fn text(&mut self) -> anyhow::Result<String> {
        let value = self.value()?;
        self.utf8(value)
    }

    /// All values up to the next option; at least one.
    pub fn texts(&mut self) -> anyhow::Result<Vec<String>> {
        let values: Vec<OsString> = match self.parser.values() {
            Ok(values) => values.collect(),
            Err(error) => return Err(self.wrong(error.to_string())),
        };
        values.into_iter().map(|value| self.utf8(value)).collect()
    }

    /// Text from an argument: names and commands travel as UTF-8.
    pub fn utf8(&self, value: OsString) -> anyhow::Result<String> {
        value
            .into_string()
            .map_err(|value| self.wrong(format!("'{}' is not valid UTF-8", value.to_string_lossy())))
    }

    /// Fills a place that takes one positional argument.
    pub fn fill(&self, place: &mut Option<String>, value: OsString) -> anyhow::Result<()> {
        if place.is_some() {
            return Err(self.wrong(format!("'{}' is one argument too many", value.to_string_lossy())));
        }
        *place = Some(self.utf8(value)?);
        Ok(())
    }

    /// Demands what a place must hold by now.
    pub fn need<T>(&self, place: Option<T>, what: &str) -> anyhow::Result<T> {
        place.ok_or_else(|| self.wrong(format!("{what} is missing")))
    }

    /// The next argument is `--`: what follows it are values, whatever they look like.
    pub fn at_dashes(&mut self) -> bool {
        self.parser.try_raw_args().is_some_and(|raw| raw.peek().is_some_and(|next| next == "--"))
    }

    /// Everything that is left, as it stands.
    pub fn rest(&mut self) -> anyhow::Result<Vec<OsString>> {
        match self.parser.raw_args() {
            Ok(rest) => Ok(rest.collect()),
            Err(error) => Err(self.wrong(error.to_string())),
        }
    }

    /// A verb without arguments.
    pub fn nothing(&mut self) -> anyhow::Result<()> {
        let verb = self.verb;
        match self.next()? {
            None => Ok(()),
            Some(argument) => Err(unexpected(verb, argument)),
        }
    }

    /// A verb that takes one NAME and no options.
    pub fn only_name(&mut self) -> anyhow::Result<String> {
        let (verb, mut name) = (self.verb, None);
        while let Some(argument) = self.next()? {
            match argument {
                Arg::Value(value) => self.fill(&mut name, value)?,
                other => return Err(unexpected(verb, other)),
            }
        }
        self.need(name, "NAME")
    }

    /// Wrong usage of this verb.
    pub fn wrong(&self, message: impl Into<String>) -> anyhow::Error {
        Usage { verb: self.verb, message: message.into() }.into()
    }
}

/// An option or a value that the verb has no place for.
pub fn unexpected(verb: &'static str, argument: Arg<'_>) -> anyhow::Error {
    Usage { verb, message: argument.unexpected().to_string() }.into()
}

/// Splits `K=V`; the name must not be empty.
pub fn name_and_value(pair: &OsStr) -> Option<(&[u8], &[u8])> {
    let bytes = pair.as_bytes();
    let equals = bytes.iter().position(|&byte| byte == b'=').filter(|&at| at > 0)?;
    Some((&bytes[..equals], &bytes[equals + 1..]))
}

/// `COLSxROWS`, both within what a session can have.
pub fn size(text: &str) -> Option<Size> {
    let (cols, rows) = text.split_once(['x', 'X'])?;
    let (cols, rows) = (decimal(cols)?, decimal(rows)?);
    let fits = (1..=MAX_SIZE.0).contains(&cols) && (1..=MAX_SIZE.1).contains(&rows);
    fits.then_some(Size { cols, rows, width_px: 0, height_px: 0 })
}

/// What to say of a size that [`size`] did not take.
pub fn size_hint(text: &str) -> String {
    format!("'{text}' is no size: COLSxROWS, from 1x1 to {}x{}", MAX_SIZE.0, MAX_SIZE.1)
}

/// Digits alone: `parse` would take a leading plus sign too.
fn decimal(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_checked() {
        assert_eq!(size("80x24").map(|size| (size.cols, size.rows)), Some((80, 24)));
        assert_eq!(size("2000X1000").map(|size| (size.cols, size.rows)), Some((2000, 1000)));
        for wrong in
            ["", "80", "x", "80x", "x24", "0x24", "80x0", "2001x24", "80x1001", "+8x24", "80x24x1", "-1x2"]
        {
            assert!(size(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn pairs_need_a_name() {
        assert_eq!(name_and_value(OsStr::new("A=b=c")), Some((&b"A"[..], &b"b=c"[..])));
        assert_eq!(name_and_value(OsStr::new("A=")), Some((&b"A"[..], &b""[..])));
        assert_eq!(name_and_value(OsStr::new("=b")), None);
        assert_eq!(name_and_value(OsStr::new("A")), None);
    }
}
