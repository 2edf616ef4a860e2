//! The titles of the window and its icon, and the stack that programs keep them on (XTWINOPS 22, 23).

use crate::checkpoint::saved_struct;

/// The titles in force and those pushed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Titles {
    window: String,
    icon: String,
    window_stack: Vec<String>,
    icon_stack: Vec<String>,
    /// Titles come in hexadecimal (XTSMTITLE 0).
    pub(crate) set_in_hex: bool,
    /// Titles are told in hexadecimal (XTSMTITLE 1).
    pub(crate) told_in_hex: bool,
}

saved_struct!(Titles { window, icon, window_stack, icon_stack } since 2 { set_in_hex, told_in_hex });

/// Which of the titles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Which {
    Both,
    Icon,
    Window,
}

impl Which {
    pub(crate) fn from_parameter(parameter: usize) -> Option<Self> {
        match parameter {
            0 => Some(Self::Both),
            1 => Some(Self::Icon),
            2 => Some(Self::Window),
            _ => None,
        }
    }

    fn window(self) -> bool {
        self != Self::Icon
    }

    fn icon(self) -> bool {
        self != Self::Window
    }
}

impl Titles {
    /// Titles on the stack at most (as xterm); the oldest is lost.
    const DEPTH: usize = 10;

    pub(crate) fn window(&self) -> &str {
        &self.window
    }

    pub(crate) fn icon(&self) -> &str {
        &self.icon
    }

    pub(crate) fn set_window(&mut self, title: String) -> bool {
        let changed = self.window != title;
        self.window = title;
        changed
    }

    pub(crate) fn set_icon(&mut self, title: String) -> bool {
        let changed = self.icon != title;
        self.icon = title;
        changed
    }

    pub(crate) fn push(&mut self, which: Which) {
        if which.window() {
            push(&mut self.window_stack, &self.window);
        }
        if which.icon() {
            push(&mut self.icon_stack, &self.icon);
        }
    }

    /// Takes the titles pushed last: window, icon.
    pub(crate) fn pop(&mut self, which: Which) -> (Option<String>, Option<String>) {
        let window = if which.window() { self.window_stack.pop() } else { None };
        let icon = if which.icon() { self.icon_stack.pop() } else { None };
        (window, icon)
    }

    /// RIS. The titles stay.
    pub(crate) fn reset(&mut self) {
        self.window_stack.clear();
        self.icon_stack.clear();
        self.set_in_hex = false;
        self.told_in_hex = false;
    }

    pub(crate) fn verify_integrity(&self) -> Result<(), String> {
        let deepest = self.window_stack.len().max(self.icon_stack.len());
        if deepest > Self::DEPTH { Err(format!("{deepest} titles are on a stack")) } else { Ok(()) }
    }
}

fn push(stack: &mut Vec<String>, title: &str) {
    if stack.len() == Titles::DEPTH {
        stack.remove(0);
    }
    stack.push(title.to_owned());
}
