//! The commands of kitty's graphics protocol: what stands between `ESC _ G` and the payload, `key=value` pairs with
//! commas between them. Only read here; `perform/graphics` does what they say.

use super::picture::Format;
use crate::checkpoint::{saved_enum, saved_struct};

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Action {
    /// Keep an image.
    #[default]
    Transmit,
    /// Keep it and show it at the cursor.
    TransmitAndShow,
    /// Say whether it could be kept.
    Query,
    /// Show an image that is kept.
    Show,
    /// Delete images, or take them off the screen.
    Delete,
    /// What animations need: frames and their control.
    Animation,
}

saved_enum!(Action {
    Transmit = 0,
    TransmitAndShow = 1,
    Query = 2,
    Show = 3,
    Delete = 4,
    Animation = 5,
});

/// Where pixel data comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Medium {
    /// From the payload itself.
    #[default]
    Direct,
    /// From a file that the payload names.
    File,
    /// From a file that is to be deleted then.
    Temporary,
    /// From a POSIX shared memory object, which is to be unlinked then.
    SharedMemory,
}

saved_enum!(Medium { Direct = 0, File = 1, Temporary = 2, SharedMemory = 3 });
saved_enum!(Format { Rgb = 0, Rgba = 1, Png = 2 });

/// One command. Keys that are left out are 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Command {
    pub(crate) action: Action,
    /// 1: no word when it went well; 2: none at all.
    pub(crate) quiet: u32,
    /// `i`.
    pub(crate) id: u32,
    /// `I`.
    pub(crate) number: u32,
    /// `p`.
    pub(crate) placement: u32,
    pub(crate) format: Format,
    pub(crate) medium: Medium,
    pub(crate) compressed: bool,
    /// `m`: more of the payload comes in further commands.
    pub(crate) more: bool,
    /// `s` and `v`: the size in pixels.
    pub(crate) size: (u32, u32),
    /// `S` and `O`: how much of a file, and from where.
    pub(crate) file_size: u32,
    pub(crate) file_offset: u32,
    /// `x`, `y`, `w`, `h`: the part of the image to be shown. To delete, `x` and `y` name a cell or a range.
    pub(crate) source: [u32; 4],
    /// `X` and `Y`: pixels from the cell's corner.
    pub(crate) offset: (u32, u32),
    /// `c` and `r`: the cells to be filled.
    pub(crate) cells: (u32, u32),
    pub(crate) z: i32,
    /// `C=1`: the cursor stays.
    pub(crate) cursor_stays: bool,
    /// `U=1`: shown where characters stand for it.
    pub(crate) by_placeholders: bool,
    /// `P` and `Q`: placed relative to another image, or that placement of it.
    pub(crate) parent: (u32, u32),
    /// `H` and `V`: so many columns and rows from there.
    pub(crate) shift: (i32, i32),
    /// `d`.
    pub(crate) delete: u8,
}

saved_struct!(Command {
    action,
    quiet,
    id,
    number,
    placement,
    format,
    medium,
    compressed,
    more,
    size,
    file_size,
    file_offset,
    source,
    offset,
    cells,
    z,
    cursor_stays,
    by_placeholders,
    parent,
    shift,
    delete,
});

impl Command {
    /// Bytes of a command without its payload at most: every key with the longest value takes half of this.
    pub(crate) const MAX: usize = 512;

    /// Reads a command. Keys that are not known are passed over, as the protocol grows; a value that cannot be is an
    /// error, in the protocol's words, beside what could be read.
    pub(crate) fn parse(text: &[u8]) -> (Self, Result<(), &'static str>) {
        let mut command = Self { delete: b'a', ..Self::default() };
        let mut result = Ok(());
        for pair in text.split(|byte| *byte == b',').filter(|pair| !pair.is_empty()) {
            let set = match pair {
                [key, b'=', value @ ..] => command.set(*key, value),
                _ => Err("EINVAL:a key without a value"),
            };
            result = result.and(set);
        }
        if command.id > 0 && command.number > 0 {
            result = result.and(Err("EINVAL:both an id and a number"));
        }
        (command, result)
    }

    /// Whether this command can only bring more of the payload of `first`: it says nothing new beside it. Programs
    /// send a bare `m=1`, as they should, or all keys again.
    pub(crate) fn continues(&self, first: &Self) -> bool {
        let bare = |command: &Self| Self { more: false, quiet: 0, ..*command };
        let nothing = Self { delete: b'a', ..Self::default() };
        let said = bare(self);
        said == nothing
            || said == bare(first)
            || said == Self { id: first.id, number: first.number, ..nothing }
    }

    fn set(&mut self, key: u8, value: &[u8]) -> Result<(), &'static str> {
        const NUMBER: &str = "EINVAL:a value is no number";
        let text = str::from_utf8(value).unwrap_or_default();
        if key == b'z' {
            self.z = text.parse().map_err(|_| NUMBER)?;
            return Ok(());
        }
        if let b'a' | b't' | b'o' | b'd' = key {
            let [letter] = value else { return Err("EINVAL:a value is longer than a letter") };
            return self.set_letter(key, *letter);
        }
        if let b'H' | b'V' = key {
            let shift: i32 = text.parse().map_err(|_| NUMBER)?;
            *(if key == b'H' { &mut self.shift.0 } else { &mut self.shift.1 }) = shift;
            return Ok(());
        }
        if !b"qiIpmsvSOxywhXYcrCUPQf".contains(&key) {
            return Ok(());
        }
        let number: u32 = text.parse().map_err(|_| NUMBER)?;
        match key {
            b'q' => self.quiet = number,
            b'i' => self.id = number,
            b'I' => self.number = number,
            b'p' => self.placement = number,
            b'm' => self.more = number != 0,
            b's' => self.size.0 = number,
            b'v' => self.size.1 = number,
            b'S' => self.file_size = number,
            b'O' => self.file_offset = number,
            b'x' => self.source[0] = number,
            b'y' => self.source[1] = number,
            b'w' => self.source[2] = number,
            b'h' => self.source[3] = number,
            b'X' => self.offset.0 = number,
            b'Y' => self.offset.1 = number,
            b'c' => self.cells.0 = number,
            b'r' => self.cells.1 = number,
            b'C' => self.cursor_stays = number != 0,
            b'U' => self.by_placeholders = number != 0,
            b'P' => self.parent.0 = number,
            b'Q' => self.parent.1 = number,
            b'f' => {
                self.format = match number {
                    24 => Format::Rgb,
                    32 => Format::Rgba,
                    100 => Format::Png,
                    _ => return Err("EINVAL:an unknown format"),
                };
            }
            _ => {}
        }
        Ok(())
    }

    fn set_letter(&mut self, key: u8, letter: u8) -> Result<(), &'static str> {
        match (key, letter) {
            (b'a', b't') => self.action = Action::Transmit,
            (b'a', b'T') => self.action = Action::TransmitAndShow,
            (b'a', b'q') => self.action = Action::Query,
            (b'a', b'p') => self.action = Action::Show,
            (b'a', b'd') => self.action = Action::Delete,
            (b'a', b'f' | b'a' | b'c') => self.action = Action::Animation,
            (b't', b'd') => self.medium = Medium::Direct,
            (b't', b'f') => self.medium = Medium::File,
            (b't', b't') => self.medium = Medium::Temporary,
            (b't', b's') => self.medium = Medium::SharedMemory,
            (b'o', b'z') => self.compressed = true,
            (b'd', letter) => self.delete = letter,
            (b'a', _) => return Err("EINVAL:an unknown action"),
            (b't', _) => return Err("EINVAL:an unknown medium"),
            _ => return Err("EINVAL:an unknown compression"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_read() {
        let (command, result) = Command::parse(
            b"a=T,q=2,i=4294967295,p=7,f=100,t=t,o=z,m=1,s=10,v=20,S=5,O=6,x=1,y=2,w=3,h=4,X=5,Y=6,c=7,r=8,z=-9,C=1,U=1,P=2,Q=3,H=-4,V=5",
        );
        assert_eq!(result, Ok(()));
        let expected = Command {
            action: Action::TransmitAndShow,
            quiet: 2,
            id: u32::MAX,
            number: 0,
            placement: 7,
            format: Format::Png,
            medium: Medium::Temporary,
            compressed: true,
            more: true,
            size: (10, 20),
            file_size: 5,
            file_offset: 6,
            source: [1, 2, 3, 4],
            offset: (5, 6),
            cells: (7, 8),
            z: -9,
            cursor_stays: true,
            by_placeholders: true,
            parent: (2, 3),
            shift: (-4, 5),
            delete: b'a',
        };
        assert_eq!(command, expected);
    }

    #[test]
    fn what_cannot_be_is_an_error_and_what_is_new_is_not() {
        assert_eq!(Command::parse(b"a=t,k=5,N=1,j=new").1, Ok(()));
        for wrong in
            ["a=x", "a=tt", "i=-1", "i=4294967296", "f=16", "i", "t=q", "o=b", "s=", "z=x", "i=1,I=2"]
        {
            let (_, result) = Command::parse(wrong.as_bytes());
            assert!(result.is_err_and(|error| error.starts_with("EINVAL:")), "{wrong}");
        }
        // The rest is read all the same: the answer needs the id.
        assert_eq!(Command::parse(b"f=1,i=5").0.id, 5);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = Command::parse(&text);
        }
    }
}
