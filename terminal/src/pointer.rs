//! The shapes that programs give the mouse pointer (OSC 22), by kitty's document on pointer shapes: a stack for each
//! screen, of which the top is shown; xterm's form sets the top.

use crate::checkpoint::saved_struct;

/// What a program wants of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PointerOp {
    /// This shape in place of the top; empty for none of its own.
    Set(String),
    /// These onto the stack, the last one on top.
    Push(Vec<String>),
    /// The top away.
    Pop,
    /// Which of these are known; or what is shown, by the names that the document has for that.
    Query(Vec<String>),
}

/// The shapes of both screens, the top last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Pointers {
    stacks: [Vec<String>; 2],
}

saved_struct!(Pointers { stacks });

/// What a viewer shows over a session where no program says otherwise.
const USUAL: &str = "text";

/// Those that every terminal with this protocol has, sorted.
const KNOWN: [&str; 29] = [
    "alias",
    "copy",
    "crosshair",
    "default",
    "e-resize",
    "ew-resize",
    "grab",
    "grabbing",
    "help",
    "move",
    "n-resize",
    "ne-resize",
    "nesw-resize",
    "no-drop",
    "not-allowed",
    "ns-resize",
    "nw-resize",
    "nwse-resize",
    "pointer",
    "progress",
    "s-resize",
    "se-resize",
    "sw-resize",
    "text",
    "vertical-text",
    "w-resize",
    "wait",
    "zoom-in",
    "zoom-out",
];

impl Pointers {
    /// Shapes on a stack: the least that the document asks for. Beyond, the oldest is lost.
    const DEPTH: usize = 16;

    /// The shape to show on a screen; empty for the usual one.
    pub(crate) fn current(&self, slot: usize) -> &str {
        self.stacks[slot].last().map_or("", String::as_str)
    }

    pub(crate) fn set(&mut self, slot: usize, shape: String) {
        let stack = &mut self.stacks[slot];
        stack.pop();
        if !shape.is_empty() {
            stack.push(shape);
        }
    }

    pub(crate) fn push(&mut self, slot: usize, shapes: Vec<String>) {
        let stack = &mut self.stacks[slot];
        stack.extend(shapes);
        stack.drain(..stack.len().saturating_sub(Self::DEPTH));
    }

    pub(crate) fn pop(&mut self, slot: usize) {
        self.stacks[slot].pop();
    }

    /// The answer to a question for names, one for each.
    pub(crate) fn answer(&self, slot: usize, names: &[String]) -> String {
        let answers: Vec<&str> = names
            .iter()
            .map(|name| match (name.as_str(), self.current(slot)) {
                ("__current__", "") => "0",
                ("__current__", current) => current,
                ("__default__" | "__grabbed__", _) => USUAL,
                (name, _) if KNOWN.binary_search(&name).is_ok() => "1",
                _ => "0",
            })
            .collect();
        answers.join(",")
    }

    pub(crate) fn verify_integrity(&self) -> Result<(), String> {
        let deepest = self.stacks.iter().map(Vec::len).max().unwrap_or_default();
        if deepest > Self::DEPTH { Err(format!("{deepest} pointer shapes are on a stack")) } else { Ok(()) }
    }
}
