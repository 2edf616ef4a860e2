//! How a shell that Scarab starts comes to load the integration in `packaging/shell`: by the means that each shell has for
//! reading another file first, with nothing left of it in the environment of what the shell starts.
//!
//! | shell | means | who takes it back |
//! | --- | --- | --- |
//! | bash | `--rcfile bash/rc.bash` | nobody need |
//! | bash, login | POSIX mode, in which `ENV` is read: `bash/login.bash` | that file, first of all |
//! | zsh | `ZDOTDIR`, in which `.zshenv` is read: `zsh/.zshenv` | that file, first of all |
//! | fish | `--init-command`, run after its configuration | nobody need |
//!
//! A login shell of bash takes no `--rcfile`. What those files do not find as they expect it, they leave alone.

use super::environment::Variables;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Names another place of the files than the installation's: the build tree's, a test's.
const DIRECTORY_VARIABLE: &str = "SCARAB_SHELL_DIR";

/// What was in a variable that is used here, for the file that gives it back.
const KEPT_ENV: &str = "SCARAB_ENV";
const KEPT_ZDOTDIR: &str = "SCARAB_ZDOTDIR";

/// Options that ask for nothing which the integration would change.
const INTERACTIVE: &[&str] = &["-i", "--interactive"];
const LOGIN: &[&str] = &["-l", "-il", "-li", "--login"];

/// Has the command load the integration, if it is a shell that has one and the files are there. An empty command is the
/// shell as a login shell.
pub(super) fn integrate(command: &mut Vec<OsString>, shell: &OsStr, variables: &mut Variables) {
    if let Some(directory) = directory() {
        integrate_from(&directory, command, shell, variables);
    }
}

/// `share/scarab/shell` beside the `bin` that this program is in.
fn directory() -> Option<PathBuf> {
    let named = std::env::var_os(DIRECTORY_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    // Of a program that was replaced since, this has the directory still.
    named.or_else(|| Some(std::env::current_exe().ok()?.parent()?.parent()?.join("share/scarab/shell")))
}

fn integrate_from(directory: &Path, command: &mut Vec<OsString>, shell: &OsStr, variables: &mut Variables) {
    let Some(way) = Way::of(command, shell) else { return };
    // Who has bash in POSIX mode gets no other bash.
    if way == Way::BashLogin && variables.contains_key(OsStr::new("POSIXLY_CORRECT")) {
        return;
    }
    let path = directory.join(way.file());
    if !path.is_file() {
        log::debug!("no shell integration: {} is not there", path.display());
        return;
    }
    match way {
        Way::Bash => {
            command.insert(1, "--rcfile".into());
            command.insert(2, path.into_os_string());
        }
        Way::BashLogin => {
            replace(variables, "ENV", KEPT_ENV, path.into_os_string());
            variables.insert("POSIXLY_CORRECT".into(), "y".into());
        }
        Way::Zsh => {
            let own = path.parent().unwrap_or(directory).as_os_str().to_owned();
            replace(variables, "ZDOTDIR", KEPT_ZDOTDIR, own);
        }
        Way::Fish => {
            if command.is_empty() {
                command.extend([shell.to_owned(), "--login".into()]);
            }
            command.insert(1, "--init-command".into());
            command.insert(2, fish_source(&path));
        }
    }
}

/// The means that a command's shell has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Bash,
    BashLogin,
    Zsh,
    Fish,
}

impl Way {
    /// None for what is no shell of these, or one with options of its own.
    fn of(command: &[OsString], shell: &OsStr) -> Option<Self> {
        let (program, arguments) = match command.split_first() {
            Some((program, arguments)) => (program.as_os_str(), arguments),
            None => (shell, &[][..]),
        };
        let is_one_of = |argument: &OsString, words: &[&str]| words.iter().any(|word| argument == word);
        if !arguments.iter().all(|argument| is_one_of(argument, INTERACTIVE) || is_one_of(argument, LOGIN)) {
            return None;
        }
        let login = command.is_empty() || arguments.iter().any(|argument| is_one_of(argument, LOGIN));
        match Path::new(program).file_name()?.to_str()? {
            "bash" if login => Some(Self::BashLogin),
            "bash" => Some(Self::Bash),
            "zsh" => Some(Self::Zsh),
            "fish" => Some(Self::Fish),
            _ => None,
        }
    }

    /// What is read, below the files' directory.
    fn file(self) -> &'static str {
        match self {
            Self::Bash => "bash/rc.bash",
            Self::BashLogin => "bash/login.bash",
            Self::Zsh => "zsh/.zshenv",
            Self::Fish => "scarab.fish",
        }
    }
}

/// Gives a variable another value and keeps the one it had.
fn replace(variables: &mut Variables, name: &str, kept: &str, value: OsString) {
    variables.remove(OsStr::new(kept));
    if let Some(had) = variables.insert(name.into(), value) {
        variables.insert(kept.into(), had);
    }
}

/// The command that reads a file, with its name quoted as fish reads it.
fn fish_source(path: &Path) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut command = b"source '".to_vec();
    for &byte in path.as_os_str().as_bytes() {
        if matches!(byte, b'\'' | b'\\') {
            command.push(b'\\');
        }
        command.push(byte);
    }
    command.push(b'\'');
    OsString::from_vec(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files as they are installed.
    fn files() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/shell")
    }

    /// The command and the variables that come of these.
    fn integrated(command: &[&str], shell: &str, sent: &[(&str, &str)]) -> (Vec<String>, Variables) {
        let mut command: Vec<OsString> = command.iter().map(OsString::from).collect();
        let mut variables: Variables = sent.iter().map(|(name, value)| (name.into(), value.into())).collect();
        integrate_from(&files(), &mut command, OsStr::new(shell), &mut variables);
        (command.into_iter().map(|argument| argument.into_string().expect("UTF-8")).collect(), variables)
    }

    #[test]
    fn each_shell_loads_it_by_its_own_means() {
        let file = |name: &str| files().join(name).into_os_string();
        let value = |variables: &Variables, name: &str| variables.get(OsStr::new(name)).cloned();

        let (command, variables) = integrated(&["/bin/bash", "-i"], "", &[]);
        assert_eq!(command[..2], ["/bin/bash", "--rcfile"]);
        assert_eq!((OsStr::new(&command[2]), command[3].as_str()), (file("bash/rc.bash").as_os_str(), "-i"));
        assert!(variables.is_empty());

        for command in [&[][..], &["bash", "--login"]] {
            let (made, variables) = integrated(command, "/bin/bash", &[("ENV", "/mine")]);
            assert_eq!(made, command, "its name stays that of a login shell");
            assert_eq!(value(&variables, "ENV"), Some(file("bash/login.bash")));
            assert_eq!(value(&variables, KEPT_ENV), Some("/mine".into()));
            assert!(variables.contains_key(OsStr::new("POSIXLY_CORRECT")));
        }

        let (command, variables) = integrated(&[], "/usr/bin/zsh", &[(KEPT_ZDOTDIR, "of another shell")]);
        assert!(command.is_empty());
        assert_eq!(value(&variables, "ZDOTDIR"), Some(file("zsh")));
        assert_eq!(value(&variables, KEPT_ZDOTDIR), None);

        let (command, variables) = integrated(&[], "/usr/bin/fish", &[]);
        assert_eq!(command[..2], ["/usr/bin/fish", "--init-command"]);
        assert_eq!(command[3], "--login");
        assert!(variables.is_empty());
    }

    #[test]
    fn what_was_asked_for_in_another_way_is_left_alone() {
        for command in [
            &["bash", "--norc"][..],
            &["bash", "--rcfile", "/mine"],
            &["bash", "-c", "true"],
            &["bash", "script"],
            &["zsh", "-f"],
            &["fish", "--no-config"],
            &["sh"],
            &["vim", "bash"],
        ] {
            let (made, variables) = integrated(command, "/bin/bash", &[]);
            assert_eq!(made, command);
            assert!(variables.is_empty());
        }
        let posix = [("POSIXLY_CORRECT", "")];
        let (command, variables) = integrated(&[], "/bin/bash", &posix);
        assert_eq!((command.len(), variables.len()), (0, 1));
    }

    #[test]
    fn without_its_files_nothing_is_changed() {
        for command in [&[][..], &["bash"], &["zsh"], &["fish", "-l"]] {
            let mut made: Vec<OsString> = command.iter().map(OsString::from).collect();
            let mut variables = Variables::new();
            integrate_from(Path::new("/nowhere"), &mut made, OsStr::new("/bin/bash"), &mut variables);
            assert_eq!((made.len(), variables.len()), (command.len(), 0));
        }
    }

    #[test]
    fn a_path_is_quoted_for_fish() {
        assert_eq!(fish_source(Path::new("/a'b\\c d")), "source '/a\\'b\\\\c d'");
    }
}
