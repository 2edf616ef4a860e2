//! Reading single values with their bounds, so that what is wrong is found where it stands in the file.

use crate::manager::check_properties;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// A number of bytes; written with the largest binary unit that divides it (`32MiB`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("", 1)];

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = UNITS
            .iter()
            .find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size))
            .unwrap_or(&UNITS[3]);
        write!(f, "{}{unit}", self.0 / size)
    }
}

impl std::str::FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no number of bytes: write \"32MiB\", \"512KiB\", \"1GiB\"");
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let size = UNITS.iter().find(|(name, _)| *name == unit.trim_start()).ok_or_else(wrong)?.1;
        number.parse::<u64>().ok().and_then(|n| n.checked_mul(size)).map(Bytes).ok_or_else(wrong)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of bytes such as \"32MiB\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Bytes, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Bytes, E> {
                Ok(Bytes(number))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Bytes, E> {
                u64::try_from(number)
                    .map(Bytes)
                    .map_err(|_| E::custom("a number of bytes cannot be negative"))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A span of time in whole seconds; written with the largest unit that divides it (`1d`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub u64);

const SPANS: [(&str, u64); 4] = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)];

/// No span is longer: a hundred years, in seconds.
const LONGEST: u64 = 100 * 366 * 86_400;

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = SPANS
            .iter()
            .find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size))
            .unwrap_or(&SPANS[3]);
        write!(f, "{}{unit}", self.0 / size)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let size = SPANS.iter().find(|(name, _)| *name == unit.trim_start()).map(|(_, size)| *size);
        let seconds =
            number.parse::<u64>().ok().zip(size).and_then(|(number, size)| number.checked_mul(size));
        seconds.filter(|seconds| *seconds <= LONGEST).map(Self).ok_or_else(|| {
            D::Error::custom(format!("{text:?} is no span of time: write \"1d\", \"12h\", \"30min\", \"0s\""))
        })
    }
}

/// A whole number from `MIN` to `MAX`.
pub fn within<'de, D, T, const MIN: u64, const MAX: u64>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    let number = i64::deserialize(deserializer)?;
    u64::try_from(number)
        .ok()
        .filter(|number| (MIN..=MAX).contains(number))
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| D::Error::custom(format!("{number} is outside {MIN} to {MAX}")))
}

/// A number of bytes from `MIN` to `MAX`.
pub fn bytes_within<'de, D: Deserializer<'de>, const MIN: u64, const MAX: u64>(
    deserializer: D,
) -> Result<Bytes, D::Error> {
    let bytes = Bytes::deserialize(deserializer)?;
    if (MIN..=MAX).contains(&bytes.0) {
        Ok(bytes)
    } else {
        Err(D::Error::custom(format!("{bytes} is outside {} to {}", Bytes(MIN), Bytes(MAX))))
    }
}

/// A name for `TERM`: what terminfo allows as a file name.
pub fn terminal_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '.');
    if (1..=64).contains(&name.len()) && name.chars().all(fits) && !name.starts_with('.') {
        Ok(name)
    } else {
        Err(D::Error::custom(format!("{name:?} is no name of a terminal type")))
    }
}

/// An absolute path, or nothing.
pub fn path_or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let path = String::deserialize(deserializer)?;
    if path.is_empty() || absolute(&path) {
        Ok(path)
    } else {
        Err(D::Error::custom(format!("{path:?} is no absolute path")))
    }
}

/// The name of a key: bounded, printable; the viewer that uses it knows which names there are.
pub fn key_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.len() <= 32 && name.chars().all(|c| !c.is_control() && !c.is_whitespace()) {
        Ok(name)
    } else {
        Err(D::Error::custom(format!("{name:?} is no name of a key, such as \"C-a\"")))
    }
}

/// Longest text of one line, in bytes.
const MAX_LINE: usize = 256;

/// A text of one line.
pub fn line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = line_or_empty(deserializer)?;
    if text.is_empty() { Err(D::Error::custom("nothing is written there")) } else { Ok(text) }
}

/// A text of one line, or nothing.
pub fn line_or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() <= MAX_LINE && !text.chars().any(char::is_control) {
        Ok(text)
    } else {
        Err(D::Error::custom(format!("at most {MAX_LINE} bytes, without control characters")))
    }
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn checked_colour<E: Error>(text: String) -> Result<String, E> {
    if is_colour(&text) {
        Ok(text)
    } else {
        Err(E::custom(format!("{text:?} is no colour such as \"#1e1e2e\"")))
    }
}

/// A colour, `#rrggbb`.
pub fn colour<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked_colour(String::deserialize(deserializer)?)
}

/// A colour that need not be there.
pub fn colour_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer)?.map(checked_colour).transpose()
}

/// The sixteen colours of a palette.
pub fn sixteen_colours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let colours = Vec::<String>::deserialize(deserializer)?;
    if colours.len() != 16 {
        return Err(D::Error::custom(format!("{} colours: a palette has 16", colours.len())));
    }
    colours.into_iter().map(checked_colour).collect()
}

/// At most 16 absolute directories, or ones below `~/`.
pub fn directories<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let directories = Vec::<String>::deserialize(deserializer)?;
    if directories.len() > 16 {
        return Err(D::Error::custom("more than 16 directories"));
    }
    match directories.iter().find(|path| !absolute(path.strip_prefix('~').unwrap_or(path))) {
        Some(path) => Err(D::Error::custom(format!("{path:?} is neither absolute nor below ~/"))),
        None => Ok(directories),
    }
}

/// Limits of a scope, each `NAME=VALUE`.
pub fn properties<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let properties = Vec::<String>::deserialize(deserializer)?;
    check_properties(&properties).map_err(D::Error::custom)?;
    Ok(properties)
}

fn absolute(path: &str) -> bool {
    path.starts_with('/') && !path.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_and_write_alike() {
        #[derive(Serialize, Deserialize)]
        struct One {
            span: Span,
        }
        for (text, seconds) in [("1d", 86_400), ("90min", 5400), ("0s", 0), ("25h", 90_000)] {
            let read: One = toml::from_str(&format!("span = \"{text}\"")).expect("a span");
            assert_eq!(read.span, Span(seconds));
            assert_eq!(read.span.to_string(), text);
        }
        for wrong in ["", "1", "d", "1y", "-1d", "99999999999d"] {
            assert!(toml::from_str::<One>(&format!("span = \"{wrong}\"")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn bytes_read_and_write_alike() {
        for (text, number) in [("32MiB", 32 << 20), ("1GiB", 1 << 30), ("3", 3), ("1536KiB", 1536 << 10)] {
            assert_eq!(text.parse(), Ok(Bytes(number)));
            assert_eq!(Bytes(number).to_string(), text);
        }
        for wrong in ["", "MiB", "32MB", "-1", "99999999999GiB", "1.5MiB"] {
            assert!(wrong.parse::<Bytes>().is_err(), "{wrong}");
        }
    }
}
