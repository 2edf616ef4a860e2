//! libghostty-vt, for comparison only: a shared library that whoever measures names by its path. Nothing of it is
//! part of Scarab, linked or needed.
//!
//! One of the files with unsafe code: a C library has no other way in.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::ptr::null;

use libloading::{Error, Library, Symbol};

use crate::{COLS, LINES, ROWS};

type New = unsafe extern "C" fn(*const c_void, *mut *mut c_void, u16, u16) -> c_int;
type Set = unsafe extern "C" fn(*mut c_void, c_int, *const c_void) -> c_int;
type Write = unsafe extern "C" fn(*mut c_void, *const u8, usize);
type Free = unsafe extern "C" fn(*mut c_void);

/// The option that bounds the scrollback in bytes. The one in lines would be as right, and makes it ten times slower.
const SCROLLBACK_MAX_BYTES: c_int = 27;
/// Bytes of a cell there, with what belongs to it: [`LINES`] lines, and a few more, come out.
const BYTES_PER_CELL: usize = 10;

/// The library.
pub(crate) struct Ghostty(Library);

impl Ghostty {
    pub(crate) fn load(path: &str) -> Result<Self, Error> {
        // SAFETY: loading runs the library's initialisers. That the path names libghostty-vt is the promise of
        // the person who set the variable.
        let library = unsafe { Library::new(path)? };
        let loaded = Self(library);
        for name in ["ghostty_terminal_new", "ghostty_terminal_set", "ghostty_terminal_vt_write"] {
            loaded.symbol::<*const c_void>(name)?;
        }
        loaded.symbol::<Free>("ghostty_terminal_free")?;
        Ok(loaded)
    }

    fn symbol<T>(&self, name: &str) -> Result<Symbol<'_, T>, Error> {
        // SAFETY: the types above are those of the library's own header for these names.
        unsafe { self.0.get(name) }
    }

    /// A terminal of the size and with the scrollback that all engines have here.
    pub(crate) fn terminal(&self) -> Result<Terminal<'_>, Error> {
        let (new, set) =
            (self.symbol::<New>("ghostty_terminal_new")?, self.symbol::<Set>("ghostty_terminal_set")?);
        let (write, free) =
            (self.symbol("ghostty_terminal_vt_write")?, self.symbol("ghostty_terminal_free")?);
        let mut handle = std::ptr::null_mut();
        let bytes: usize = COLS * LINES * BYTES_PER_CELL;
        // SAFETY: no allocator means the library's own. The handle is written on success, which is 0, and given
        // back once, by `Drop`. The option takes a pointer to a size, which is read before the call returns.
        unsafe {
            assert_eq!(new(null(), &raw mut handle, COLS as u16, ROWS as u16), 0, "no terminal");
            let bytes = (&raw const bytes).cast();
            assert_eq!(set(handle, SCROLLBACK_MAX_BYTES, bytes), 0, "no limit of the scrollback");
        }
        Ok(Terminal { handle, write, free })
    }
}

/// One of its terminals.
pub(crate) struct Terminal<'a> {
    handle: *mut c_void,
    write: Symbol<'a, Write>,
    free: Symbol<'a, Free>,
}

impl Terminal<'_> {
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        // SAFETY: the handle lives until `Drop`; the bytes are only read, during the call.
        unsafe { (self.write)(self.handle, bytes.as_ptr(), bytes.len()) }
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        // SAFETY: nobody else has the handle, and it is not used again.
        unsafe { (self.free)(self.handle) }
    }
}
