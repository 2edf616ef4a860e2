//! The images of a session. The emulator decodes them and gives their pixels here; they are put into memory that viewers
//! map, and systemd's store keeps that memory while no service runs.
//!
//! ```text
//!  emulator ── put, remove, read ──> Pictures ──> PictureWriter (a memfd) ──> viewers, systemd's store
//!  session's thread ── table for a frame, files to be removed ──┘
//! ```
//!
//! Most sessions never show an image: they have no such memory, and a frame of theirs costs one look at an empty list.

use super::image_files;
use super::publish::{Emulator, placed};
use crate::store::{Kind, Store};
use rustix::fd::OwnedFd;
use scarab_protocol::SessionId;
use scarab_protocol::grid::FramePictures;
use scarab_protocol::grid::pictures::PictureWriter;
use scarab_terminal::{ImageHost, ImageSource, Picture};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A handle on the images of one session. Both who have one, the emulator and who feeds it, are on the session's thread:
/// the lock is never waited for.
#[derive(Clone, Debug)]
pub(super) struct Pictures {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug)]
struct Kept {
    session: SessionId,
    store: Arc<Store>,
    /// Made with the first image.
    writer: Option<PictureWriter>,
    /// The system has refused the memory once: it is not asked again for every image.
    refused: bool,
    /// What the last table of placements was made of, and its number.
    shown: Option<(u64, bool)>,
    table: u64,
    /// A file has been read since the last checkpoint.
    has_read: bool,
    /// Files that are to be removed once a checkpoint has what was in them.
    used_up: Vec<PathBuf>,
}

impl Pictures {
    /// Those of a new session: none.
    pub(super) fn new(session: SessionId, store: Arc<Store>) -> Self {
        Self::with(session, store, None)
    }

    /// Those that an earlier service left. Memory that cannot be used is given up: its images are not shown.
    pub(super) fn adopt(session: SessionId, store: Arc<Store>, memory: Option<OwnedFd>) -> Self {
        let writer = memory.and_then(|memory| match PictureWriter::restore(memory) {
            Ok(writer) => Some(writer),
            Err(error) => {
                log::warn!("session {session}: its images are lost: {error}");
                store.forget(session, Kind::Pictures);
                None
            }
        });
        Self::with(session, store, writer)
    }

    fn with(session: SessionId, store: Arc<Store>, writer: Option<PictureWriter>) -> Self {
        let kept = Kept {
            session,
            store,
            writer,
            refused: false,
            shown: None,
            table: 0,
            has_read: false,
            used_up: Vec::new(),
        };
        Self { kept: Arc::new(Mutex::new(kept)) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a frame says of images, after the table that it names was written.
    pub(super) fn for_frame(&self, emulator: &Emulator) -> FramePictures {
        if emulator.images().is_empty() {
            return FramePictures::default();
        }
        let Kept { writer, shown, table, .. } = &mut *self.kept();
        let Some(writer) = writer else { return FramePictures::default() };
        let now = Some((emulator.images_revision(), emulator.on_alternate_screen()));
        if std::mem::replace(shown, now) != now {
            let mut placements = placed(emulator).peekable();
            *table = if placements.peek().is_some() { writer.place(placements) } else { 0 };
        }
        FramePictures { table: *table, top: emulator.image_top() }
    }

    /// The memory for a viewer; `None` while there is none.
    pub(super) fn for_viewer(&self) -> io::Result<Option<OwnedFd>> {
        self.kept().writer.as_ref().map(PictureWriter::reader_fd).transpose()
    }

    /// After a replay: what it did not make again is dropped.
    pub(super) fn keep_those_of(&self, emulator: &Emulator) {
        if let Some(writer) = &mut self.kept().writer {
            let images = emulator.images();
            writer.keep_only(|serial| images.binary_search_by_key(&serial, |image| image.serial).is_ok());
        }
    }

    /// A file has been read: a replay would have to read it again, and may not find it. Until a checkpoint is taken it
    /// stays where it is, and no answer to the program has left.
    pub(super) fn need_checkpoint(&self) -> bool {
        self.kept().has_read
    }

    /// A checkpoint has what was in the files. (Should the service be killed in this moment, they stay for the next clean-up
    /// of /tmp.)
    pub(super) fn checkpoint_taken(&self) {
        let Kept { has_read, used_up, .. } = &mut *self.kept();
        *has_read = false;
        for file in std::mem::take(used_up) {
            // Where it cannot be, the program that made it could not keep it from being read either.
            let _ = std::fs::remove_file(file);
        }
    }
}

impl Kept {
    /// The memory, made if there is none.
    fn writer(&mut self) -> Option<&mut PictureWriter> {
        if self.writer.is_none() && !self.refused {
            match self.make() {
                Ok(writer) => self.writer = Some(writer),
                Err(error) => {
                    log::warn!(
                        "session {}: no memory for images, which are not shown: {error}",
                        self.session
                    );
                    self.refused = true;
                }
            }
        }
        self.writer.as_mut()
    }

    fn make(&self) -> io::Result<PictureWriter> {
        let writer = PictureWriter::create()?;
        if !self.store.keep_one_more(self.session, Kind::Pictures, writer.fd())? {
            log::warn!(
                "session {}: systemd's store is full: images are lost when the service restarts",
                self.session
            );
        }
        Ok(writer)
    }
}

impl ImageHost for Pictures {
    fn put(&mut self, serial: u64, picture: &Picture) {
        let mut kept = self.kept();
        let session = kept.session;
        if let Some(writer) = kept.writer()
            && !writer.put(serial, picture.width, picture.height, &picture.rgba)
        {
            log::warn!("session {session}: there is no room for an image, which is not shown");
        }
    }

    fn remove(&mut self, serial: u64) {
        if let Some(writer) = &mut self.kept().writer {
            writer.remove(serial);
        }
    }

    fn read(&mut self, source: &ImageSource) -> Result<Vec<u8>, String> {
        let read = image_files::read(source);
        let mut kept = self.kept();
        kept.has_read = true;
        let (data, used_up) = read?;
        kept.used_up.extend(used_up);
        Ok(data)
    }
}
