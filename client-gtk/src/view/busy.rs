//! What a session does beside an idle shell: what a person would lose if it ended now.
//!
//! It is known by what the service tells a viewer anyway: the program in the foreground, and commands where the shell has
//! told of them (OSC 133). A script that a shell reads itself (`bash script`) is noticed by the latter alone.

use super::{Told, View};
use gtk::subclass::prelude::*;
use scarab_protocol::message::{is_for_a_shell, is_shell};

/// A name is told to a person in a line with others.
const LONGEST_NAME: usize = 32;

fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// The name of what runs; `None` while a shell waits. `made_with` is the session's command, `under_way` what was typed at
/// a prompt and has not finished.
pub(super) fn busy_with(made_with: &[String], foreground: &str, under_way: Option<&str>) -> Option<String> {
    let is_program = !foreground.is_empty() && !is_shell(foreground);
    let name = if is_program {
        foreground
    } else if let Some(command) = under_way {
        command.split_whitespace().next().map_or(foreground, base)
    } else if is_for_a_shell(made_with) {
        return None;
    } else {
        made_with.first().map_or(foreground, |program| base(program))
    };
    Some(name.chars().filter(|character| !character.is_control()).take(LONGEST_NAME).collect())
}

impl View {
    /// The name of what runs in the session.
    pub fn busy(&self) -> Option<String> {
        if self.imp().problem.borrow().is_some() {
            return None; // whether it still does is not known
        }
        let session = self.imp().session.borrow();
        session.as_ref().and_then(|session| session.busy())
    }

    /// Something else may run now.
    pub(super) fn tell_busy(&self) {
        let busy = self.busy();
        if self.imp().busy.replace(busy.clone()) != busy {
            self.tell(Told::Busy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_that_waits_is_not_busy_and_all_else_is() {
        let busy = |made_with: &[&str], foreground, under_way| {
            let made_with: Vec<String> = made_with.iter().map(|&word| word.to_owned()).collect();
            busy_with(&made_with, foreground, under_way)
        };
        assert_eq!(busy(&[], "bash", None), None);
        assert_eq!(busy(&["/usr/bin/zsh", "-l"], "", None), None);
        assert_eq!(busy(&[], "vim", None).as_deref(), Some("vim"));
        assert_eq!(busy(&[], "make", Some("make -j2")).as_deref(), Some("make"));
        assert_eq!(busy(&[], "bash", Some("./deploy now")).as_deref(), Some("deploy"));
        assert_eq!(busy(&[], "bash", Some("")).as_deref(), Some("bash"));
        assert_eq!(busy(&["sh", "-c", "read x"], "sh", None).as_deref(), Some("sh"));
        assert_eq!(busy(&["a\u{7}b"], "", None).as_deref(), Some("ab"));
    }
}
