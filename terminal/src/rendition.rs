//! The stack of renditions (XTPUSHSGR, XTPOPSGR of xterm's control sequences): a program that draws into another
//! one's picture puts the pen back as it found it.

use crate::checkpoint::saved_struct;
use crate::style::{Attributes, Style, Underline};

/// What was pushed, the last one last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Renditions {
    stack: Vec<Kept>,
    /// Pushed beyond the stack's depth, and kept as a number only: each pop still belongs to its push.
    beyond: u32,
}

saved_struct!(Renditions { stack, beyond });

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Kept {
    /// Without its link, which is no rendition.
    style: Style,
    /// Which parts to restore; see [`part`].
    parts: u16,
}

saved_struct!(Kept { style, parts });

const UNDERLINE: u16 = 1 << 4;
const FOREGROUND: u16 = 1 << 10;
const BACKGROUND: u16 = 1 << 11;

/// The part that a parameter of XTPUSHSGR names: the code that sets it, 30 the foreground, 31 the background, which
/// were 10 and 11 once.
fn part(parameter: u16) -> u16 {
    match parameter {
        1..=9 => 1 << parameter,
        21 => UNDERLINE,
        10 | 30 => FOREGROUND,
        11 | 31 => BACKGROUND,
        _ => 0,
    }
}

impl Renditions {
    /// Renditions that can be kept, as in xterm.
    const DEPTH: usize = 10;

    /// Keeps the parts that `parameters` name, or everything where they name nothing.
    pub(crate) fn push(&mut self, style: Style, parameters: impl Iterator<Item = u16>) {
        if self.stack.len() == Self::DEPTH {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        let named = parameters.filter(|parameter| *parameter > 0).collect::<Vec<_>>();
        let parts = if named.is_empty() {
            u16::MAX
        } else {
            named.into_iter().map(part).fold(0, |all, part| all | part)
        };
        self.stack.push(Kept { style: Style { link: None, ..style }, parts });
    }

    /// Puts back what was kept last.
    pub(crate) fn pop(&mut self, style: &mut Style) {
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        let Some(Kept { style: kept, parts }) = self.stack.pop() else { return };
        if parts == u16::MAX {
            *style = Style { link: style.link, ..kept };
            return;
        }
        for (parameter, attribute) in Attributes::CODES {
            if parts & part(parameter) != 0 {
                style.attributes.set(attribute, kept.attributes.contains(attribute));
            }
        }
        if parts & UNDERLINE != 0 {
            (style.underline, style.underline_colour) = (kept.underline, kept.underline_colour);
        }
        if parts & FOREGROUND != 0 {
            style.fg = kept.fg;
        }
        if parts & BACKGROUND != 0 {
            style.bg = kept.bg;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.stack.clear();
        self.beyond = 0;
    }

    pub(crate) fn verify_integrity(&self) -> Result<(), String> {
        if self.stack.len() > Self::DEPTH {
            return Err(format!("{} renditions are on the stack", self.stack.len()));
        }
        if self.stack.iter().any(|kept| kept.style.link.is_some()) {
            return Err("a rendition on the stack has a link".to_owned());
        }
        Ok(())
    }
}

/// What two styles have in common, the rest as it is by default (XTREPORTSGR).
pub(crate) fn common(one: &Style, other: &Style) -> Style {
    let mut style = Style::default();
    for (_, attribute) in Attributes::CODES {
        let both = one.attributes.contains(attribute) && other.attributes.contains(attribute);
        style.attributes.set(attribute, both);
    }
    style.underline = if one.underline == other.underline { one.underline } else { Underline::None };
    if one.fg == other.fg {
        style.fg = one.fg;
    }
    if one.bg == other.bg {
        style.bg = one.bg;
    }
    if one.underline_colour == other.underline_colour {
        style.underline_colour = one.underline_colour;
    }
    style
}
