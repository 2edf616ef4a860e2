//! The bytes of a checkpoint: numbers little-endian and of fixed width, whatever has a length behind its length,
//! everything checked when it is read back.
//!
//! Written by hand, not derived, so that an older checkpoint can go on being read when a type has changed: what
//! [`Saved::load`] does may depend on [`Reader::version`].

use super::VERSION;

/// A checkpoint that cannot be what [`Terminal::checkpoint`](crate::Terminal::checkpoint) wrote, and where it shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damaged(pub(crate) String);

impl std::fmt::Display for Damaged {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "the checkpoint is damaged: {}", self.0)
    }
}

impl std::error::Error for Damaged {}

/// A damage, in words.
pub(crate) fn damaged<T>(what: &str) -> Result<T, Damaged> {
    Err(Damaged(what.to_owned()))
}

/// What has not been read yet.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// The version of what is read.
    pub(crate) version: u32,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, version: 0 }
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Damaged> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return damaged("it ends too early");
        };
        self.rest = rest;
        Ok(taken)
    }

    /// A length of things that take at least `least` bytes each: no more than can still come.
    pub(crate) fn length(&mut self, least: usize) -> Result<usize, Damaged> {
        let length = u32::load(self)? as usize;
        if length > self.rest.len() / least { damaged("a length is too large") } else { Ok(length) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads what checkpoints have since `version`; an older one stands for the default.
    pub(crate) fn since<T: Saved + Default>(&mut self, version: u32) -> Result<T, Damaged> {
        if self.version < version { Ok(T::default()) } else { T::load(self) }
    }
}

/// Appends what checkpoints have since `version`, which the one that is written may be before.
pub(crate) fn save_since<T: Saved>(version: u32, what: &T, to: &mut Vec<u8>) {
    if VERSION >= version {
        what.save(to);
    }
}

/// What can be in a checkpoint.
pub(crate) trait Saved: Sized {
    /// Appends it.
    fn save(&self, to: &mut Vec<u8>);

    /// Reads it back.
    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged>;
}

macro_rules! saved_numbers {
    ($($number:ty),*) => {$(
        impl Saved for $number {
            fn save(&self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }

            fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
                let bytes = from.take(size_of::<Self>())?;
                Ok(Self::from_le_bytes(bytes.try_into().unwrap_or_default()))
            }
        }
    )*};
}

saved_numbers!(u8, u16, u32, u64, i32, i64);

impl Saved for usize {
    fn save(&self, to: &mut Vec<u8>) {
        (*self as u64).save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let number = u64::load(from)?;
        usize::try_from(number).or_else(|_| damaged("a number is too large"))
    }
}

impl Saved for bool {
    fn save(&self, to: &mut Vec<u8>) {
        u8::from(*self).save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        match u8::load(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => damaged("neither yes nor no"),
        }
    }
}

impl Saved for char {
    fn save(&self, to: &mut Vec<u8>) {
        u32::from(*self).save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        char::from_u32(u32::load(from)?).map_or_else(|| damaged("no character"), Ok)
    }
}

impl Saved for String {
    fn save(&self, to: &mut Vec<u8>) {
        save_text(self, to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let length = from.length(1)?;
        let bytes = from.take(length)?;
        str::from_utf8(bytes).map_or_else(|_| damaged("a text is not UTF-8"), |text| Ok(text.to_owned()))
    }
}

/// Appends a text as [`String::load`] reads it.
pub(crate) fn save_text(text: &str, to: &mut Vec<u8>) {
    (text.len() as u32).save(to);
    to.extend_from_slice(text.as_bytes());
}

impl<T: Saved> Saved for Option<T> {
    fn save(&self, to: &mut Vec<u8>) {
        self.is_some().save(to);
        if let Some(value) = self {
            value.save(to);
        }
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        bool::load(from)?.then(|| T::load(from)).transpose()
    }
}

impl<T: Saved> Saved for Vec<T> {
    fn save(&self, to: &mut Vec<u8>) {
        (self.len() as u32).save(to);
        self.iter().for_each(|item| item.save(to));
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let length = from.length(1)?;
        (0..length).map(|_| T::load(from)).collect()
    }
}

impl<T: Saved, const N: usize> Saved for [T; N] {
    fn save(&self, to: &mut Vec<u8>) {
        self.iter().for_each(|item| item.save(to));
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let items: Vec<T> = (0..N).map(|_| T::load(from)).collect::<Result<_, _>>()?;
        items.try_into().or_else(|_| damaged("too few of a number"))
    }
}

impl<A: Saved, B: Saved> Saved for (A, B) {
    fn save(&self, to: &mut Vec<u8>) {
        self.0.save(to);
        self.1.save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok((A::load(from)?, B::load(from)?))
    }
}

impl<A: Saved, B: Saved, C: Saved> Saved for (A, B, C) {
    fn save(&self, to: &mut Vec<u8>) {
        self.0.save(to);
        self.1.save(to);
        self.2.save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok((A::load(from)?, B::load(from)?, C::load(from)?))
    }
}

impl<T: Saved> Saved for Box<T> {
    fn save(&self, to: &mut Vec<u8>) {
        (**self).save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        T::load(from).map(Box::new)
    }
}

/// Saves a struct field by field. It names them all: one that is added does not compile until it stands here,
/// behind `since` and the version of the first checkpoint that has it; read from an older one it is the default.
macro_rules! saved_struct {
    ($name:ty { $($field:ident),+ $(,)? } $(since $version:literal { $($newer:ident),+ $(,)? })*) => {
        impl $crate::checkpoint::Saved for $name {
            fn save(&self, to: &mut Vec<u8>) {
                let Self { $($field),+ $(, $($newer),+)* } = self;
                $($crate::checkpoint::Saved::save($field, to);)+
                $($($crate::checkpoint::save_since($version, $newer, to);)+)*
            }

            fn load(
                from: &mut $crate::checkpoint::Reader<'_>,
            ) -> Result<Self, $crate::checkpoint::Damaged> {
                Ok(Self {
                    $($field: $crate::checkpoint::Saved::load(from)?,)+
                    $($($newer: from.since($version)?,)+)*
                })
            }
        }
    };
}

/// Saves an enum of variants without fields by the numbers given here, which stay theirs for good.
macro_rules! saved_enum {
    ($name:ty { $($variant:ident = $number:literal),+ $(,)? }) => {
        impl $crate::checkpoint::Saved for $name {
            fn save(&self, to: &mut Vec<u8>) {
                to.push(match self { $(Self::$variant => $number),+ });
            }

            fn load(
                from: &mut $crate::checkpoint::Reader<'_>,
            ) -> Result<Self, $crate::checkpoint::Damaged> {
                match <u8 as $crate::checkpoint::Saved>::load(from)? {
                    $($number => Ok(Self::$variant),)+
                    _ => $crate::checkpoint::damaged(concat!("no ", stringify!($name))),
                }
            }
        }
    };
}

pub(crate) use {saved_enum, saved_struct};
