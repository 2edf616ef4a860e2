//! Images: which there are, and where they are shown. Sixel pictures and kitty's graphics protocol end here; the
//! pixels go to the host, which shares them with viewers, as soon as they are decoded, and are not kept twice.
//!
//! ```text
//!  sixel text ─┐                                     ┌─> host: pixels by serial number
//!  kitty ──────┴> incoming ─> picture (decoded) ─────┤
//!  commands                                          └─> images ─< placements ─> viewers
//! ```
//!
//! All of this happens only where the host has said so ([`Options::image_bytes`](crate::Options::image_bytes)); otherwise both
//! are swallowed, as by a terminal that knows no images.

mod command;
mod family;
mod host;
mod incoming;
mod picture;
mod placement;
mod scrolling;
mod sixel;

pub use command::Medium;
pub use host::{ImageHost, ImageSource};
pub use incoming::MAX_INCOMING;
pub use picture::{MAX_PIXELS, MAX_SIDE, Picture};
pub use placement::{PlacedImage, PlacementKind};
pub use sixel::REGISTERS;

pub(crate) use command::{Action, Command};
pub(crate) use host::NoHost;
pub(crate) use incoming::{Incoming, SixelText, Transfer};
pub(crate) use picture::{bytes_of, decode};
pub(crate) use placement::Placement;
pub(crate) use sixel::{Registers, draw};

use crate::checkpoint::{Damaged, Reader, Saved, saved_struct};
use crate::size::Options;

/// An image that is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Image {
    /// Its number, which no other image of the session ever has. Under it the host keeps its pixels.
    pub serial: u64,
    /// Whether it belongs to the alternate screen.
    pub alternate: bool,
    /// The program's name for it, 0 without one.
    pub id: u32,
    /// The program's number for it, of which the newest counts; 0 without one.
    pub number: u32,
    /// Columns of pixels.
    pub width: u32,
    /// Rows of pixels.
    pub height: u32,
    /// When it was last asked for: the one least used goes first.
    pub(crate) used: u64,
}

saved_struct!(Image { serial, alternate, id, number, width, height, used });

impl Image {
    fn bytes(&self) -> u64 {
        bytes_of(self.width, self.height).map_or(0, |bytes| bytes as u64)
    }
}

/// The images of a terminal.
#[derive(Debug)]
pub(crate) struct Graphics {
    /// Where pixels go, and files come from.
    pub(crate) host: Box<dyn ImageHost>,
    /// In the order in which they came.
    images: Vec<Image>,
    /// In the order in which they came: of the same z the later is over the earlier.
    placements: Vec<Placement>,
    /// Bytes of all pixels.
    bytes: u64,
    next_serial: u64,
    /// The last id given to an image that came with a number only.
    next_id: u32,
    /// Counts uses.
    clock: u64,
    /// The number of the line at the top, of the primary and of the alternate screen.
    tops: [i64; 2],
    /// Files asked for so far.
    pub(crate) reads: u64,
    /// Changes with what a viewer sees.
    revision: u64,
    pub(crate) incoming: Incoming,
    pub(crate) transfer: Option<Transfer>,
    pub(crate) sixel: Option<SixelText>,
    /// Mode 80 (DECSDM): pictures stand at the top left and do not scroll.
    pub(crate) sixel_display: bool,
    /// Mode 8452: the cursor stays right of a picture.
    pub(crate) cursor_right: bool,
    /// Mode 1070 reset: the colour registers that all pictures share; `None`: each picture has its own.
    pub(crate) shared_registers: Option<Box<Registers>>,
    /// What XTSAVE kept of these modes, by their numbers: as at the start where it kept nothing.
    pub(crate) saved_modes: SavedModes,
}

/// Modes 80, 1070 and 8452 as XTSAVE found them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SavedModes {
    sixel_display: bool,
    own_registers: bool,
    cursor_right: bool,
}

saved_struct!(SavedModes { sixel_display, own_registers, cursor_right });

impl Default for SavedModes {
    fn default() -> Self {
        Self { sixel_display: false, own_registers: true, cursor_right: false }
    }
}

impl SavedModes {
    /// The place of the mode with this number.
    pub(crate) fn slot(&mut self, number: u16) -> Option<&mut bool> {
        match number {
            80 => Some(&mut self.sixel_display),
            1070 => Some(&mut self.own_registers),
            8452 => Some(&mut self.cursor_right),
            _ => None,
        }
    }
}

impl Default for Graphics {
    fn default() -> Self {
        Self {
            host: Box::new(NoHost),
            images: Vec::new(),
            placements: Vec::new(),
            bytes: 0,
            next_serial: 1,
            next_id: Self::FIRST_ID - 1,
            clock: 0,
            tops: [0; 2],
            reads: 0,
            revision: 0,
            incoming: Incoming::default(),
            transfer: None,
            sixel: None,
            sixel_display: false,
            cursor_right: false,
            shared_registers: None,
            saved_modes: SavedModes::default(),
        }
    }
}

impl Saved for Graphics {
    fn save(&self, to: &mut Vec<u8>) {
        let Self {
            host: _,
            images,
            placements,
            bytes: _,
            next_serial,
            next_id,
            clock,
            tops,
            reads,
            revision,
            incoming,
            transfer,
            sixel,
            sixel_display,
            cursor_right,
            shared_registers,
            saved_modes,
        } = self;
        images.save(to);
        placements.save(to);
        (*next_serial, *next_id, *clock).save(to);
        tops.save(to);
        (*reads, *revision).save(to);
        incoming.save(to);
        transfer.save(to);
        sixel.save(to);
        (*sixel_display, *cursor_right).save(to);
        shared_registers.save(to);
        saved_modes.save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let images: Vec<Image> = Saved::load(from)?;
        let placements = Saved::load(from)?;
        let (next_serial, next_id, clock) = Saved::load(from)?;
        let tops = Saved::load(from)?;
        let (reads, revision) = Saved::load(from)?;
        let (incoming, transfer, sixel) = (Saved::load(from)?, Saved::load(from)?, Saved::load(from)?);
        let (sixel_display, cursor_right) = Saved::load(from)?;
        Ok(Self {
            bytes: images.iter().map(Image::bytes).sum(),
            images,
            placements,
            next_serial,
            next_id,
            clock,
            tops,
            reads,
            revision,
            incoming,
            transfer,
            sixel,
            sixel_display,
            cursor_right,
            shared_registers: Saved::load(from)?,
            saved_modes: Saved::load(from)?,
            ..Self::default()
        })
    }
}

/// Among images in the order in which they came, which is that of their numbers. A search by halves: programs can ask
/// for all placements to be looked at with a command of a few bytes.
fn find_image(images: &[Image], serial: u64) -> Option<&Image> {
    images.binary_search_by_key(&serial, |image| image.serial).ok().map(|place| &images[place])
}

impl Graphics {
    /// Bytes of pixels of one session at most.
    pub(crate) const QUOTA: u64 = Options::MAX_IMAGE_BYTES;
    /// Images at most.
    pub(crate) const MAX_IMAGES: usize = 2048;
    /// Placements at most, of both screens and in history.
    pub(crate) const MAX_PLACEMENTS: usize = 2048;
    /// Ids from here on are given to images that come with a number only: programs count theirs from 1, or choose
    /// them by chance.
    const FIRST_ID: u32 = 1 << 31;

    /// The images, oldest first.
    pub(crate) fn images(&self) -> &[Image] {
        &self.images
    }

    /// The placements, lowest first.
    pub(crate) fn placements(&self) -> &[Placement] {
        &self.placements
    }

    /// Changes with what a viewer sees.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// The number of the line at the top of a screen.
    pub(crate) fn top(&self, alternate: bool) -> i64 {
        self.tops[usize::from(alternate)]
    }

    pub(crate) fn image(&self, serial: u64) -> Option<&Image> {
        find_image(&self.images, serial)
    }

    /// The image that a program means.
    pub(crate) fn find(&self, alternate: bool, id: u32, number: u32) -> Option<Image> {
        let named = |image: &&Image| image.alternate == alternate && image.id > 0;
        let mut named = self.images.iter().filter(named);
        match (id, number) {
            (0, 0) => None,
            (0, number) => named.rfind(|image| image.number == number).copied(),
            (id, _) => named.find(|image| image.id == id).copied(),
        }
    }

    /// Takes an image in, in the place of one with the same id. Others, those least used first, make room for it among
    /// the bytes of `quota`; where that is not enough, it is refused in the protocol's words.
    pub(crate) fn add(
        &mut self,
        alternate: bool,
        (id, number): (u32, u32),
        picture: &Picture,
        quota: u64,
    ) -> Result<Image, &'static str> {
        let Picture { width, height, ref rgba } = *picture;
        let quota = quota.min(Self::QUOTA);
        if rgba.len() as u64 > quota {
            return Err("ENOSPC:the image is larger than all images may be");
        }
        if id > 0 {
            self.remove_images(|image| image.alternate == alternate && image.id == id);
        }
        self.make_room(rgba.len() as u64, quota);
        let id = if id == 0 && number > 0 { self.free_id(alternate) } else { id };
        self.clock += 1;
        let image =
            Image { serial: self.next_serial, alternate, id, number, width, height, used: self.clock };
        self.next_serial += 1;
        self.bytes += image.bytes();
        self.images.push(image);
        self.host.put(image.serial, picture);
        Ok(image)
    }

    /// An id that no image has. There are fewer images than ids.
    fn free_id(&mut self, alternate: bool) -> u32 {
        loop {
            self.next_id = self.next_id.wrapping_add(1).max(Self::FIRST_ID);
            if self.find(alternate, self.next_id, 0).is_none() {
                return self.next_id;
            }
        }
    }

    fn make_room(&mut self, bytes: u64, quota: u64) {
        while !self.images.is_empty() && (self.bytes + bytes > quota || self.images.len() >= Self::MAX_IMAGES)
        {
            // Those that nobody sees first, and among them the one least used.
            let seen = self.seen();
            let shown = |image: &Image| seen.binary_search(&image.serial).is_ok();
            let least = self.images.iter().min_by_key(|image| (shown(image), image.used));
            let Some(serial) = least.map(|image| image.serial) else { return };
            self.remove_images(|image| image.serial == serial);
        }
    }

    /// Removes images and what shows them.
    fn remove_images(&mut self, mut which: impl FnMut(&Image) -> bool) {
        let Self { images, placements, host, bytes, revision, .. } = self;
        images.retain(|image| {
            let goes = which(image);
            if goes {
                host.remove(image.serial);
                placements.retain(|placement| placement.serial != image.serial);
                *bytes -= image.bytes();
                *revision += 1;
            }
            !goes
        });
        self.drop_orphans();
    }

    /// Shows an image.
    pub(crate) fn place(&mut self, mut placement: Placement) {
        self.clock += 1;
        placement.key = self.clock;
        let same = |other: &Placement| {
            placement.id > 0 && other.serial == placement.serial && other.id == placement.id
        };
        let before = self.placements.iter().position(same).map(|place| self.placements.remove(place));
        if let Some(before) = before {
            placement.key = before.key;
            self.move_children(&before, &placement);
        }
        if self.placements.len() >= Self::MAX_PLACEMENTS {
            let oldest = self.placements[0].key;
            self.remove(false, |other, _| other.key == oldest);
        }
        // What had to go may have been what it was to go with.
        let has_parent = placement.parent == 0 || self.placement(placement.parent).is_some();
        if let Some(image) = self.images.iter_mut().find(|image| image.serial == placement.serial)
            && has_parent
        {
            image.used = self.clock;
            self.placements.push(placement);
        }
        self.revision += 1;
    }

    /// Takes placements away. Images that nothing shows any more go too if nobody could show them again, or `free`.
    pub(crate) fn remove(&mut self, free: bool, mut which: impl FnMut(&Placement, &Image) -> bool) {
        let mut touched = Vec::new();
        let Self { images, placements, .. } = self;
        placements.retain(|placement| {
            let image = find_image(images, placement.serial);
            let goes = image.is_none_or(|image| which(placement, image));
            if goes {
                touched.push(placement.serial);
            }
            !goes
        });
        if !touched.is_empty() {
            self.revision += 1;
            self.free_unseen(|image| touched.contains(&image.serial) && (free || image.id == 0));
            self.drop_orphans();
        }
    }

    /// Takes those away that have a place on a screen.
    pub(crate) fn remove_placed(&mut self, alternate: bool, free: bool, which: impl Fn(&Placement) -> bool) {
        self.remove(free, |place, _| place.alternate == alternate && place.has_place() && which(place));
    }

    /// Frees images that nothing shows.
    pub(crate) fn free_unseen(&mut self, mut which: impl FnMut(&Image) -> bool) {
        let seen = self.seen();
        self.remove_images(|image| seen.binary_search(&image.serial).is_err() && which(image));
    }

    /// Frees an image without a name that nothing shows: nobody could show it later.
    pub(crate) fn free_nameless(&mut self, image: Image) {
        if image.id == 0 && !self.placements.iter().any(|placement| placement.serial == image.serial) {
            self.remove_images(|other| other.serial == image.serial);
        }
    }

    /// The images that are shown somewhere, in order.
    fn seen(&self) -> Vec<u64> {
        let mut seen: Vec<u64> = self.placements.iter().map(|placement| placement.serial).collect();
        seen.sort_unstable();
        seen
    }

    /// RIS: as at the start, but for what must not come twice.
    pub(crate) fn reset(&mut self) {
        self.remove_images(|_| true);
        self.incoming = Incoming::default();
        self.transfer = None;
        self.sixel_display = false;
        self.cursor_right = false;
        self.shared_registers = None;
        self.saved_modes = SavedModes::default();
    }

    /// Bytes kept of images on their way.
    pub(crate) fn pending(&self) -> usize {
        self.incoming.payload.data.capacity()
            + self.transfer.as_ref().map_or(0, |transfer| transfer.data.capacity())
            + self.sixel.as_ref().map_or(0, |sixel| sixel.text.capacity())
    }

    /// Where placements are that move with their lines when these are wrapped anew.
    pub(crate) fn placements_mut(&mut self) -> &mut [Placement] {
        self.revision += 1;
        &mut self.placements
    }

    /// The state as text; what was never used says nothing.
    pub(crate) fn describe(&self, text: &mut String) {
        use std::fmt::Write;
        let Self {
            host: _,
            images,
            placements,
            bytes,
            next_serial,
            next_id,
            clock,
            tops,
            reads,
            revision: _,
            incoming,
            transfer,
            sixel,
            sixel_display,
            cursor_right,
            shared_registers,
            saved_modes,
        } = self;
        let _ = writeln!(text, "{images:?} {bytes} {next_serial} {next_id} {clock}");
        for placement in placements {
            let line = placement.line - tops[usize::from(placement.alternate)];
            let _ = writeln!(text, "{:?}", Placement { line, ..*placement });
        }
        let _ = writeln!(text, "{reads} {incoming:?} {transfer:?} {sixel:?}");
        let _ = writeln!(text, "{sixel_display} {cursor_right} {shared_registers:?} {saved_modes:?}");
    }

    pub(crate) fn verify_integrity(&self) -> Result<(), String> {
        if self.images.len() > Self::MAX_IMAGES || self.placements.len() > Self::MAX_PLACEMENTS {
            return Err("there are too many images".to_owned());
        }
        if self.bytes > Self::QUOTA || self.bytes != self.images.iter().map(Image::bytes).sum::<u64>() {
            return Err(format!("images count as {} bytes", self.bytes));
        }
        let mut names: Vec<(bool, u32)> = Vec::new();
        for (place, image) in self.images.iter().enumerate() {
            let ordered = place == 0 || self.images[place - 1].serial < image.serial;
            if !ordered || image.serial >= self.next_serial || image.used > self.clock || image.bytes() == 0 {
                return Err(format!("no image is so: {image:?}"));
            }
            names.extend((image.id > 0).then_some((image.alternate, image.id)));
        }
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("two images have one id".to_owned());
        }
        if self.next_serial > u64::MAX / 2 || self.clock > u64::MAX / 2 || self.revision > u64::MAX / 2 {
            return Err("images were counted too far".to_owned());
        }
        if self.tops.iter().any(|top| top.unsigned_abs() > 1 << 61) {
            return Err("lines were counted too far".to_owned());
        }
        for placement in &self.placements {
            let image = self.image(placement.serial).filter(|image| image.alternate == placement.alternate);
            let Some(image) = image else { return Err("a placement shows no image".to_owned()) };
            placement.verify_integrity((image.width, image.height))?;
            if placement.key == 0 || placement.key > self.clock {
                return Err("a placement has no number".to_owned());
            }
            self.verify_ancestors(placement)?;
        }
        let mut keys: Vec<u64> = self.placements.iter().map(|placement| placement.key).collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("two placements have one number".to_owned());
        }
        if !incoming::are_sound(&self.incoming, self.transfer.as_ref(), self.sixel.as_ref()) {
            return Err("more of an image is on its way than may be".to_owned());
        }
        Ok(())
    }
}
