//! Files that programs say an image is in (kitty's graphics protocol, `t=f`, `t=t` and `t=s`). The service reads them,
//! because the emulator opens nothing; and since whoever can print into a session can name a file, it reads only what
//! cannot hang, has no effect and could be an image: regular files, of a bounded size, nowhere the kernel makes them up.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags};
use scarab_terminal::{ImageSource, Medium};

/// Where POSIX shared memory objects are (shm_overview(7)).
const SHARED_MEMORY: &str = "/dev/shm";
/// Nothing there is a file that somebody has written.
const MADE_UP: [&str; 3] = ["/dev", "/proc", "/sys"];
/// A program that wants its file deleted has this in the name, so that nobody else's can be meant.
const TEMPORARY_NAME: &[u8] = b"tty-graphics-protocol";
/// Bytes of a name at most (PATH_MAX).
const MAX_NAME: usize = 4096;

/// What is in a file, and the file if it is to be removed when that is safe; or why not, as the program shall be told.
///
/// # Errors
/// In the words of the protocol: a name as errno has it, a colon, and what is meant. Nothing of the file is in them.
pub(super) fn read(source: &ImageSource) -> Result<(Vec<u8>, Option<PathBuf>), String> {
    let name = Path::new(OsStr::from_bytes(&source.name));
    if source.name.is_empty() || source.name.len() > MAX_NAME || source.name.contains(&0) {
        return Err("EINVAL:no name of a file".to_owned());
    }
    let (path, links) = match source.medium {
        Medium::Direct => return Err("EINVAL:no file".to_owned()),
        Medium::File | Medium::Temporary if name.is_absolute() => (name.to_owned(), OFlags::empty()),
        Medium::File | Medium::Temporary => return Err("EINVAL:the name is not absolute".to_owned()),
        Medium::SharedMemory => (shared_memory(name)?, OFlags::NOFOLLOW),
    };
    // Looked at before it is opened: to open a device or a pipe may have effects.
    let found = rustix::fs::open(&path, OFlags::PATH | OFlags::CLOEXEC | links, Mode::empty())
        .map_err(|error| refusal(error.into()))?;
    let state = rustix::fs::fstat(&found).map_err(|error| refusal(error.into()))?;
    if FileType::from_raw_mode(state.st_mode) != FileType::RegularFile {
        return Err("EBADF:not a regular file".to_owned());
    }
    let reopened = format!("/proc/self/fd/{}", found.as_raw_fd());
    let real = std::fs::read_link(&reopened).map_err(refusal)?;
    let is_shared = real.starts_with(SHARED_MEMORY);
    if !is_shared && MADE_UP.iter().any(|place| real.starts_with(place)) {
        return Err("EPERM:not a file that may be read".to_owned());
    }
    let data = File::open(&reopened).map_err(refusal).and_then(|file| read_part(file, source))?;
    let to_be_removed = match source.medium {
        Medium::SharedMemory => is_shared,
        Medium::Temporary => is_temporary(&real),
        Medium::File | Medium::Direct => false,
    };
    Ok((data, to_be_removed.then_some(real)))
}

/// The part that the program names; by default all of it.
fn read_part(mut file: File, source: &ImageSource) -> Result<Vec<u8>, String> {
    const TOO_LARGE: &str = "EFBIG:the file is too large for an image";
    let length = file.metadata().map_err(refusal)?.len().saturating_sub(source.offset);
    let wanted = source.size.map_or(length, |size| size.min(length));
    if wanted > ImageSource::MAX {
        return Err(TOO_LARGE.to_owned());
    }
    file.seek(SeekFrom::Start(source.offset)).map_err(refusal)?;
    let mut data = Vec::new();
    // It may grow meanwhile.
    file.take(wanted).read_to_end(&mut data).map_err(refusal)?;
    Ok(data)
}

/// Where a shared memory object is: names have no slash but one at their beginning.
fn shared_memory(name: &Path) -> Result<PathBuf, String> {
    let mut parts = name.components().skip_while(|part| matches!(part, Component::RootDir));
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(name)), None) => Ok(Path::new(SHARED_MEMORY).join(name)),
        _ => Err("EINVAL:no name of a shared memory object".to_owned()),
    }
}

/// Whether a program can have meant that its file goes: it is where such files are, and is named as such.
fn is_temporary(real: &Path) -> bool {
    let name = real.file_name().unwrap_or_default().as_bytes();
    let named = name.windows(TEMPORARY_NAME.len()).any(|part| part == TEMPORARY_NAME);
    let own = std::env::var_os("TMPDIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let own = own.and_then(|path| std::fs::canonicalize(path).ok()).filter(|path| path.parent().is_some());
    let places = [PathBuf::from("/tmp"), PathBuf::from("/var/tmp"), PathBuf::from(SHARED_MEMORY)];
    named && places.into_iter().chain(own).any(|place| real.starts_with(place))
}

/// An error in the words of the protocol.
fn refusal(error: std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "ENOENT:there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "EPERM:the file cannot be read".to_owned(),
        _ => "EBADF:the file cannot be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is in a file, which goes if it is to go.
    fn taken(source: &ImageSource) -> Result<Vec<u8>, String> {
        let (data, used_up) = read(source)?;
        used_up.iter().for_each(|file| std::fs::remove_file(file).expect("it goes"));
        Ok(data)
    }

    fn source(medium: Medium, name: &Path) -> ImageSource {
        let name = name.as_os_str().as_bytes().to_vec();
        ImageSource { number: 0, medium, name, offset: 0, size: None }
    }

    /// Removed when dropped, should the test fail before the reader does it.
    struct Object(PathBuf);

    impl Object {
        fn new(name: &str, content: &[u8]) -> Self {
            let path = Path::new(SHARED_MEMORY).join(format!("{name}-{}", std::process::id()));
            std::fs::write(&path, content).expect("shared memory");
            Self(path)
        }
    }

    impl Drop for Object {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    #[test]
    fn files_are_read_and_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tty-graphics-protocol-1.png");
        std::fs::write(&path, b"0123456789").expect("written");
        assert_eq!(taken(&source(Medium::File, &path)), Ok(b"0123456789".to_vec()));
        let part = ImageSource { offset: 2, size: Some(3), ..source(Medium::File, &path) };
        assert_eq!(taken(&part), Ok(b"234".to_vec()));
        let beyond = ImageSource { offset: 99, size: Some(3), ..source(Medium::File, &path) };
        assert_eq!(taken(&beyond), Ok(vec![]));
        assert!(path.exists());
    }

    #[test]
    fn temporary_files_go_only_where_and_if_they_are_named_so() {
        let folder = tempfile::Builder::new().tempdir_in("/tmp").expect("a folder");
        for (name, stays) in
            [("tty-graphics-protocol-1", false), ("x-tty-graphics-protocol", false), ("mine", true)]
        {
            let path = folder.path().join(name);
            std::fs::write(&path, name).expect("written");
            assert_eq!(taken(&source(Medium::Temporary, &path)), Ok(name.as_bytes().to_vec()));
            assert_eq!(path.exists(), stays, "{name}");
        }
        // The folder's name does not count, nor does that of a link.
        let inner = folder.path().join("tty-graphics-protocol");
        std::fs::create_dir(&inner).expect("a folder");
        std::fs::write(inner.join("mine"), b"x").expect("written");
        assert_eq!(taken(&source(Medium::Temporary, &inner.join("mine"))), Ok(b"x".to_vec()));
        let link = folder.path().join("tty-graphics-protocol-link");
        std::os::unix::fs::symlink(inner.join("mine"), &link).expect("a link");
        assert_eq!(taken(&source(Medium::Temporary, &link)), Ok(b"x".to_vec()));
        assert!(inner.join("mine").exists() && link.exists());
        assert!(!is_temporary(Path::new("/home/user/tty-graphics-protocol-1")));
    }

    #[test]
    fn shared_memory_is_read_and_unlinked() {
        let object = Object::new("scarab-image", b"pixels");
        let name = Path::new("/").join(object.0.file_name().expect("a name"));
        assert_eq!(taken(&source(Medium::SharedMemory, &name)), Ok(b"pixels".to_vec()));
        assert!(!object.0.exists());
        assert_eq!(
            taken(&source(Medium::SharedMemory, &name)),
            Err("ENOENT:there is no such file".to_owned())
        );
        for wrong in ["/", "..", "/../etc/passwd", "a/b", "/dev/shm/x"] {
            let refused = taken(&source(Medium::SharedMemory, Path::new(wrong)));
            assert_eq!(refused, Err("EINVAL:no name of a shared memory object".to_owned()), "{wrong}");
        }
        // A link in there leads nowhere.
        let link = Path::new(SHARED_MEMORY).join(format!("scarab-image-link-{}", std::process::id()));
        std::os::unix::fs::symlink("/etc/hostname", &link).expect("a link");
        let refused = taken(&source(Medium::SharedMemory, Path::new(link.file_name().expect("a name"))));
        std::fs::remove_file(&link).expect("removed");
        assert_eq!(refused, Err("EBADF:not a regular file".to_owned()));
    }

    #[test]
    fn nothing_else_is_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
            .expect("a pipe");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/proc/self/status", &link).expect("a link");
        for (path, words) in [
            (pipe.as_path(), "EBADF:"),
            (folder.path(), "EBADF:"),
            (Path::new("/dev/zero"), "EBADF:"),
            (Path::new("/dev/tty"), "EBADF:"),
            (Path::new("/proc/self/status"), "EPERM:"),
            (link.as_path(), "EPERM:"),
            (Path::new("/sys/kernel/notes"), "E"),
            (Path::new("/no/such/file"), "ENOENT:"),
            (Path::new("relative"), "EINVAL:"),
            (Path::new(""), "EINVAL:"),
            (Path::new("/tmp/a\0b"), "EINVAL:"),
        ] {
            for medium in [Medium::File, Medium::Temporary] {
                let refused = taken(&source(medium, path)).expect_err("it is refused");
                assert!(refused.starts_with(words), "{path:?}: {refused}");
            }
        }
    }

    #[test]
    fn a_file_beyond_the_bound_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("large");
        let file = File::create(&path).expect("a file");
        file.set_len(ImageSource::MAX + 1).expect("a hole");
        let refused = taken(&source(Medium::File, &path)).expect_err("it is refused");
        assert!(refused.starts_with("EFBIG:"), "{refused}");
        let part = ImageSource { size: Some(5), ..source(Medium::File, &path) };
        assert_eq!(taken(&part), Ok(vec![0; 5]));
    }
}
