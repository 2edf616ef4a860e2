//! What the emulator asks of its host for images: to keep pixels, and to read files that programs name. The emulator
//! itself opens nothing.

use super::command::Medium;
use super::picture::{MAX_PIXELS, PIXEL, Picture};

/// A file that a program says an image is in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageSource {
    /// How many were asked for before this one: a replay asks for the same ones with the same numbers, and must get
    /// the same answers, though a file is gone by then.
    pub number: u64,
    /// What kind of file.
    pub medium: Medium,
    /// Its name, as the program gives it.
    pub name: Vec<u8>,
    /// Bytes to be passed over at its beginning.
    pub offset: u64,
    /// Bytes to be read, if the program says how many.
    pub size: Option<u64>,
}

impl ImageSource {
    /// Bytes that are read at most: no picture has more.
    pub const MAX: u64 = MAX_PIXELS * PIXEL as u64;
}

/// Keeps pixels and reads files: the service in memory that viewers share, tests on the heap.
pub trait ImageHost: std::fmt::Debug + Send {
    /// Keeps a picture under this number. Where it cannot, viewers do without: the terminal behaves the same.
    fn put(&mut self, serial: u64, picture: &Picture);

    /// The picture with this number is not needed any more.
    fn remove(&mut self, serial: u64);

    /// What is in a file, or why not: a name as errno has it, a colon, and words.
    ///
    /// # Errors
    /// As the program shall be told.
    fn read(&mut self, source: &ImageSource) -> Result<Vec<u8>, String>;
}

/// Keeps nothing and reads nothing.
#[derive(Debug)]
pub(crate) struct NoHost;

impl ImageHost for NoHost {
    fn put(&mut self, _serial: u64, _picture: &Picture) {}

    fn remove(&mut self, _serial: u64) {}

    fn read(&mut self, _source: &ImageSource) -> Result<Vec<u8>, String> {
        Err("EPERM:files are not read here".to_owned())
    }
}
