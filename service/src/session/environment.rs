//! The environment and the program of a session's leader. Apart from spawning because it is pure: what goes
//! in is data, what comes out is data, and each rule has its test.

use rustix::process::getuid;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Variables of the viewer that say something untrue in here, by name: what systemd told the viewer or the
/// service about themselves, and what the viewer's own terminal said about itself.
const REMOVED: &[&str] = &[
    "NOTIFY_SOCKET",
    "MANAGERPID",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "SYSTEMD_EXEC_PID",
    "MEMORY_PRESSURE_WATCH",
    "MEMORY_PRESSURE_WRITE",
    "TERMCAP",
    "COLUMNS",
    "LINES",
    "WINDOWID",
    "VTE_VERSION",
    "STY",
    "KONSOLE_VERSION",
    "XTERM_VERSION",
    "XTERM_LOCALE",
    "XTERM_SHELL",
    "TERM_SESSION_ID",
    "LC_TERMINAL",
    "LC_TERMINAL_VERSION",
    "COLORFGBG",
    "TERM",
    "COLORTERM",
    "PWD",
    "OLDPWD",
    "SHLVL",
];

/// The same, by the beginning of the name.
const REMOVED_PREFIXES: &[&str] = &[
    "LISTEN_",
    "WATCHDOG_",
    "KITTY_",
    "ALACRITTY_",
    "WEZTERM_",
    "GHOSTTY_",
    "TMUX",
    "ZELLIJ",
    "TERM_PROGRAM",
    "KONSOLE_DBUS_",
    "ITERM_",
];

/// Where programs are looked for when the environment does not say.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/// The kernel's bound on one string of arguments or environment, with its terminating NUL (MAX_ARG_STRLEN).
const MAX_STRING: usize = 128 << 10;
/// The kernel takes at most a quarter of the stack's limit for all of them, and never more than 6 MiB. With
/// the usual stack of 8 MiB that is 2 MiB; a little stays for what the kernel adds itself.
const MAX_STRINGS: usize = (2 << 20) - (16 << 10);

/// The person this service runs as.
#[derive(Clone, Debug)]
pub(super) struct Person {
    name: OsString,
    home: OsString,
    shell: OsString,
}

impl Person {
    /// From the user database's file, then from the service's own environment.
    pub(super) fn current() -> Self {
        let from_file =
            std::fs::read("/etc/passwd").ok().and_then(|text| Self::find(&text, getuid().as_raw()));
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let known = from_file.unwrap_or(Self {
            name: variable("USER").or_else(|| variable("LOGNAME")).unwrap_or_default(),
            home: variable("HOME").unwrap_or_else(|| "/".into()),
            shell: variable("SHELL").unwrap_or_else(|| "/bin/sh".into()),
        });
        // HOME in the service's environment is what the user manager was given: it may differ on purpose.
        Self { home: variable("HOME").unwrap_or(known.home), ..known }
    }

    fn find(passwd: &[u8], uid: u32) -> Option<Self> {
        passwd.split(|byte| *byte == b'\n').find_map(|line| {
            let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
            let [name, _, number, _, _, home, shell] = fields[..] else { return None };
            (std::str::from_utf8(number).ok()?.parse::<u32>().ok()? == uid).then(|| Self {
                name: OsString::from_vec(name.to_vec()),
                home: OsString::from_vec(home.to_vec()),
                shell: OsString::from_vec(if shell.is_empty() {
                    b"/bin/sh".to_vec()
                } else {
                    shell.to_vec()
                }),
            })
        })
    }

    pub(super) fn home(&self) -> &Path {
        Path::new(&self.home)
    }
}

/// The leader's variables by name.
pub(super) type Variables = BTreeMap<OsString, OsString>;

/// What the leader's variables are made of.
pub(super) struct Ingredients<'a> {
    /// The viewer's, `NAME=VALUE`; none for a minimal environment.
    pub(super) sent: &'a [Vec<u8>],
    pub(super) person: &'a Person,
    pub(super) term: &'a str,
    pub(super) session: u64,
    pub(super) directory: &'a Path,
    pub(super) shell: &'a OsStr,
    /// The socket that the service was told to listen on, if it was.
    pub(super) socket: Option<OsString>,
}

/// The leader's environment.
pub(super) fn variables(from: &Ingredients<'_>) -> Variables {
    let mut variables: Variables = from.sent.iter().filter_map(|sent| split(sent)).collect();
    if variables.is_empty() {
        let inherited = ["PATH", "LANG", "LC_ALL", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];
        for name in inherited {
            if let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) {
                variables.insert(name.into(), value);
            }
        }
        variables.entry("LANG".into()).or_insert_with(|| "C.UTF-8".into());
        let runtime = || scarab_protocol::socket::runtime_directory().into_os_string();
        variables.entry("XDG_RUNTIME_DIR".into()).or_insert_with(runtime);
    }
    let mut fallback = |name: &str, value: &OsStr| {
        if !value.is_empty() {
            variables.entry(name.into()).or_insert_with(|| value.to_owned());
        }
    };
    fallback("HOME", &from.person.home);
    fallback("USER", &from.person.name);
    fallback("LOGNAME", &from.person.name);
    fallback("PATH", OsStr::new(DEFAULT_PATH));
    fallback("SHELL", from.shell);
    // A viewer that found the service by this variable has sent it; programs in here must find it too.
    fallback(scarab_protocol::socket::SOCKET_VARIABLE, from.socket.as_deref().unwrap_or_default());
    let mut set = |name: &str, value: &OsStr| variables.insert(name.into(), value.to_owned());
    set("TERM", OsStr::new(from.term));
    set("COLORTERM", OsStr::new("truecolor"));
    set("TERM_PROGRAM", OsStr::new("scarab"));
    set("TERM_PROGRAM_VERSION", OsStr::new(env!("CARGO_PKG_VERSION")));
    set("SCARAB_SESSION", OsStr::new(&from.session.to_string()));
    set("PWD", from.directory.as_os_str());
    variables
}

/// `NAME=VALUE` in two, `None` for what is no variable or is not to be passed on.
fn split(sent: &[u8]) -> Option<(OsString, OsString)> {
    let equals = sent.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
    let (name, value) = (&sent[..equals], &sent[equals + 1..]);
    if sent.contains(&0)
        || REMOVED.iter().any(|removed| removed.as_bytes() == name)
        || REMOVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix.as_bytes()))
    {
        return None;
    }
    Some((OsString::from_vec(name.to_vec()), OsString::from_vec(value.to_vec())))
}

/// The shell: the configured one, else the viewer's, else the user database's; and a note where the configured
/// one cannot be had.
pub(super) fn shell(
    configured: Option<&str>,
    sent: &[Vec<u8>],
    person: &Person,
) -> (OsString, Option<String>) {
    let usable = |shell: &OsString| executable(Path::new(shell));
    if let Some(shell) = configured.map(OsString::from).filter(usable) {
        return (shell, None);
    }
    let from_viewer = sent
        .iter()
        .find_map(|variable| variable.strip_prefix(b"SHELL="))
        .map(|value| OsString::from_vec(value.to_vec()))
        .filter(usable);
    let shell = from_viewer.unwrap_or_else(|| person.shell.clone());
    let note = configured.map(|configured| {
        format!("the configured shell {configured:?} cannot be run: starting {}", shell.display())
    });
    (shell, note)
}

/// Where a program is: as `execvp` would find it. The error is one line for a person.
pub(super) fn find_program(
    program: &str,
    variables: &Variables,
    directory: &Path,
) -> Result<PathBuf, String> {
    if program.is_empty() || program.contains('\0') {
        return Err("the program's name is empty or holds a NUL".to_owned());
    }
    let found = if program.contains('/') {
        let path = directory.join(program);
        if !path.exists() {
            return Err(format!("{program}: no such file"));
        }
        if !executable(&path) {
            return Err(format!("{program}: not an executable file"));
        }
        path
    } else {
        let path = variables.get(OsStr::new("PATH")).cloned().unwrap_or_else(|| DEFAULT_PATH.into());
        std::env::split_paths(&path)
            .map(|folder| directory.join(folder).join(program))
            .find(|candidate| executable(candidate))
            .ok_or_else(|| format!("{program}: not found in PATH"))?
    };
    match missing_interpreter(&found) {
        Some(interpreter) => Err(format!("{program}: its interpreter {interpreter} does not exist")),
        None => Ok(found),
    }
}

fn executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// The interpreter that a script names, if it is not there: the exec would fail where nobody sees it.
fn missing_interpreter(path: &Path) -> Option<String> {
    use std::io::Read;
    let mut start = [0; 256];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut start)).ok()?;
    let line = start[..read].strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let interpreter = line.trim_ascii().split(|byte| matches!(byte, b' ' | b'\t')).next()?;
    let missing = !interpreter.is_empty() && !Path::new(OsStr::from_bytes(interpreter)).exists();
    missing.then(|| String::from_utf8_lossy(interpreter).into_owned())
}

/// Refuses what the kernel would refuse (E2BIG), where it can still be told.
pub(super) fn check_room(command: &[OsString], variables: &Variables) -> Result<(), String> {
    let pointer = size_of::<usize>();
    let mut total = 0;
    for (name, value) in variables {
        let bytes = name.len() + value.len() + 2;
        if bytes > MAX_STRING {
            return Err(format!(
                "the variable {} has {} KiB; the kernel passes at most 128 KiB in one",
                name.display(),
                bytes >> 10
            ));
        }
        total += bytes + pointer;
    }
    for argument in command {
        if argument.len() + 1 > MAX_STRING {
            return Err("an argument is longer than the 128 KiB that the kernel passes".to_owned());
        }
        total += argument.len() + 1 + pointer;
    }
    if total > MAX_STRINGS {
        return Err(format!(
            "arguments and environment together have {} KiB; the kernel passes at most {} KiB",
            total >> 10,
            MAX_STRINGS >> 10
        ));
    }
    Ok(())
}

/// The directory to start in, and a note where it is not the one asked for.
pub(super) fn directory(wanted: &str, person: &Person) -> (PathBuf, Option<String>) {
    let usable = |path: &Path| {
        path.is_absolute() && path.is_dir() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
    };
    let home = if usable(person.home()) { person.home().to_owned() } else { PathBuf::from("/") };
    if wanted.is_empty() {
        return (home, None);
    }
    if !wanted.contains('\0') && usable(Path::new(wanted)) {
        return (PathBuf::from(wanted), None);
    }
    let note = format!("cannot enter {wanted:?}: starting in {}", home.display());
    (home, Some(note))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> Person {
        Person { name: "ann".into(), home: "/".into(), shell: "/bin/sh".into() }
    }

    fn made(sent: &[&str]) -> Variables {
        let sent: Vec<Vec<u8>> = sent.iter().map(|variable| variable.as_bytes().to_vec()).collect();
        variables(&Ingredients {
            sent: &sent,
            person: &person(),
            term: "xterm-256color",
            session: 7,
            directory: Path::new("/tmp"),
            shell: OsStr::new("/bin/sh"),
            socket: None,
        })
    }

    fn value<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
        variables.get(OsStr::new(name)).and_then(|value| value.to_str())
    }

    #[test]
    fn what_the_viewer_sent_comes_through_and_what_is_untrue_here_does_not() {
        let made = made(&[
            "EDITOR=vi",
            "LISTEN_FDS=3",
            "NOTIFY_SOCKET=/x",
            "WATCHDOG_USEC=1",
            "TMUX_PANE=%1",
            "KITTY_WINDOW_ID=4",
            "TERM=dumb",
            "TERM_PROGRAM=other",
            "EQUALS=a=b=c",
            "no variable",
            "=nameless",
        ]);
        assert_eq!(value(&made, "EDITOR"), Some("vi"));
        assert_eq!(value(&made, "EQUALS"), Some("a=b=c"));
        assert_eq!(value(&made, "TERM"), Some("xterm-256color"));
        assert_eq!(value(&made, "TERM_PROGRAM"), Some("scarab"));
        assert_eq!(value(&made, "SCARAB_SESSION"), Some("7"));
        assert_eq!(value(&made, "PWD"), Some("/tmp"));
        for gone in ["LISTEN_FDS", "NOTIFY_SOCKET", "WATCHDOG_USEC", "TMUX_PANE", "KITTY_WINDOW_ID", ""] {
            assert_eq!(value(&made, gone), None, "{gone}");
        }
    }

    #[test]
    fn nothing_sent_gives_a_minimal_environment() {
        let made = made(&[]);
        for there in ["HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "XDG_RUNTIME_DIR", "TERM"] {
            assert!(value(&made, there).is_some_and(|value| !value.is_empty()), "{there}");
        }
        assert_eq!(value(&made, "USER"), Some("ann"));
    }

    #[test]
    fn the_user_database_is_read_line_by_line() {
        let text = b"root:x:0:0:root:/root:/bin/bash\nbroken line\nann:x:1000:1000:Ann,,,:/home/ann:\n";
        let found = Person::find(text, 1000).expect("ann is there");
        assert_eq!(
            (found.name, found.home, found.shell),
            ("ann".into(), "/home/ann".into(), "/bin/sh".into())
        );
        assert!(Person::find(text, 4).is_none());
    }

    #[test]
    fn a_missing_program_is_told_in_one_line() {
        let made = made(&["PATH=/usr/bin:/bin"]);
        let missing = find_program("no-such-program-here", &made, Path::new("/")).expect_err("not there");
        assert_eq!(missing, "no-such-program-here: not found in PATH");
        assert!(find_program("/etc/passwd", &made, Path::new("/")).is_err());
        assert!(find_program("/", &made, Path::new("/")).is_err());
        assert!(find_program("sh", &made, Path::new("/")).is_ok());
    }

    #[test]
    fn too_large_an_environment_is_refused_in_words() {
        let mut large = made(&[]);
        large.insert("A".into(), "x".repeat(100 << 10).into());
        large.insert("B".into(), "x".repeat(100 << 10).into());
        assert_eq!(check_room(&[], &large), Ok(()), "200 KiB in two variables are fine");
        large.insert("C".into(), "x".repeat(129 << 10).into());
        assert!(check_room(&[], &large).expect_err("one is too long").contains("variable C"));
    }

    #[test]
    fn a_configured_shell_that_cannot_be_run_is_told() {
        let sent = [b"SHELL=/bin/sh".to_vec()];
        let other = Person { shell: "/bin/other".into(), ..person() };
        assert_eq!(shell(Some("/bin/cat"), &sent, &other), ("/bin/cat".into(), None));
        assert_eq!(shell(None, &sent, &other), ("/bin/sh".into(), None));
        assert_eq!(shell(None, &[b"SHELL=/no/such".to_vec()], &other), ("/bin/other".into(), None));
        let (instead, note) = shell(Some("/no/shell"), &sent, &other);
        assert_eq!(instead, "/bin/sh");
        assert!(note.expect("a note").contains("\"/no/shell\" cannot be run: starting /bin/sh"));
    }

    #[test]
    fn a_directory_that_cannot_be_entered_becomes_home_with_a_note() {
        assert_eq!(directory("/tmp", &person()), (PathBuf::from("/tmp"), None));
        let (home, note) = directory("/no/such/place", &person());
        assert_eq!(home, PathBuf::from("/"));
        assert!(note.expect("a note").contains("/no/such/place"));
    }
}
