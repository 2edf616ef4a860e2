//! Files with a line that are named in the text, as compilers do (`src/main.rs:12:5`): a click with Ctrl opens an editor.

use super::{Told, View};
use crate::service::Wanted;
use crate::settings;
use crate::translation::{gettext, gettext_with};
use gtk::glib;
use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Where in a text a file with its line is named around a character, as a range of characters, and what is named.
pub(super) fn named(text: &[char], at: usize) -> Option<(usize, usize, String, u32, u32)> {
    let part = |character: &char| !character.is_whitespace() && !"\"'`<>|()[]{},;".contains(*character);
    if !part(text.get(at)?) {
        return None;
    }
    let from = text[..at].iter().rposition(|character| !part(character)).map_or(0, |before| before + 1);
    let to = text[at..].iter().position(|character| !part(character)).map_or(text.len(), |end| at + end);
    let word: String = text[from..to].iter().collect();
    let mut parts = word.split(':');
    let path = parts.next().filter(|path| !path.is_empty())?;
    let line: u32 = parts.next()?.parse().ok()?;
    let column = parts.next().and_then(|column| column.parse::<u32>().ok());
    let mut named = format!("{path}:{line}");
    if let Some(column) = column {
        named += &format!(":{column}");
    }
    let to = from + named.chars().count();
    (from..to).contains(&at).then(|| (from, to, path.to_owned(), line, column.unwrap_or(1)))
}

impl View {
    /// The file, if there is one of that name where the program is.
    pub(super) fn file(&self, path: &str, line: u32, column: u32) -> Option<File> {
        let path = match path.strip_prefix("~/") {
            Some(rest) => glib::home_dir().join(rest),
            None => Path::new(&self.directory()).join(path),
        };
        path.is_file().then_some(File { path, line, column })
    }

    /// Opens it in the editor that a person has set, or in the one that shells know, in a tab.
    pub(super) fn edit(&self, file: &File) {
        let editor = settings::current().window.editor.clone();
        if editor.is_empty() {
            let set = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
            let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
            let mut command: Vec<String> = editor.split_whitespace().map(str::to_owned).collect();
            // vi's way to say it, which nano, emacs, micro and others know.
            command.push(format!("+{}", file.line));
            command.push(file.path.to_string_lossy().into_owned());
            return self.tell(Told::Opens(Wanted::New { command, directory: self.directory() }));
        }
        let started = started(&editor, file).map_err(|error| error.to_string());
        if let Err(error) = started {
            let values: &[(&str, &dyn Display)] = &[("editor", &editor), ("error", &error)];
            self.tell(Told::Says(gettext_with(
                "“{editor}” (window.editor) cannot be started: {error}",
                values,
            )));
        }
    }
}

/// A command with the place put in, word by word: nothing in a file's name is ever read by a shell.
fn words(editor: &str, file: &File) -> Result<Vec<OsString>, glib::Error> {
    let (line, column) = (file.line.to_string(), file.column.to_string());
    let path = file.path.to_string_lossy();
    let fill = |word: OsString| -> OsString {
        let word = word.to_string_lossy().into_owned();
        // The name last: it may have braces in it.
        word.replace("{line}", &line).replace("{column}", &column).replace("{file}", &path).into()
    };
    Ok(glib::shell_parse_argv(editor)?.into_iter().map(fill).collect())
}

fn started(editor: &str, file: &File) -> anyhow::Result<()> {
    let words = words(editor, file)?;
    let (program, arguments) =
        words.split_first().ok_or_else(|| anyhow::Error::msg(gettext("no program is named")))?;
    let quiet = Stdio::null;
    let mut child =
        Command::new(program).args(arguments).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn()?;
    // Somebody must take note of its end.
    std::thread::spawn(move || child.wait());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, at: usize) -> Option<(String, u32, u32)> {
        let text: Vec<char> = text.chars().collect();
        named(&text, at).map(|(_, _, path, line, column)| (path, line, column))
    }

    #[test]
    fn a_file_is_named_with_its_line() {
        let text = "  --> src/a.rs:12:5 (x.c:3: error)";
        assert_eq!(found(text, 8), Some(("src/a.rs".to_owned(), 12, 5)));
        assert_eq!(found(text, 22), Some(("x.c".to_owned(), 3, 1)));
        assert_eq!(found(text, 2), None);
        assert_eq!(
            found("12:30 noon", 1),
            Some(("12".to_owned(), 30, 1)),
            "whether it is a file is asked later"
        );
        assert_eq!(found("a.rs:x", 1), None);
    }

    #[test]
    fn an_editor_gets_the_file_as_one_word() {
        let file = File { path: "/tmp/a $(b){line}.rs".into(), line: 7, column: 2 };
        let words = words("code -g '{file}:{line}:{column}'", &file).expect("words");
        assert_eq!(words, ["code", "-g", "/tmp/a $(b){line}.rs:7:2"]);
    }
}
