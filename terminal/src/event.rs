//! What leaves the emulator besides the screen and the replies: things that happened, for the host to
//! hand on to viewers.

use crate::osc::{Notification, Progress};

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// BEL.
    Bell,
    /// The window's title changed.
    Title(String),
    /// The icon's title changed.
    IconTitle(String),
    /// The working directory, as a `file:` address (OSC 7).
    Directory(String),
    /// The palette or a dynamic colour changed.
    ColoursChanged,
    /// A mode changed that viewers or the encoding of input depend on.
    ModesChanged,
    /// The program sets a clipboard (OSC 52).
    ClipboardSet {
        /// `c` clipboard, `p` primary, … as the program named them.
        selection: String,
        /// What it is set to.
        data: Vec<u8>,
    },
    /// The program asks for a clipboard; [`crate::Terminal::answer_clipboard`] answers.
    ClipboardRead {
        /// As in [`Event::ClipboardSet`].
        selection: String,
    },
    /// A desktop notification (OSC 9, 99, 777).
    Notification(Notification),
    /// A notification is to be taken back (OSC 99).
    NotificationClosed {
        /// The program's name for it.
        id: String,
    },
    /// Progress of a task (OSC 9;4).
    Progress(Progress),
    /// A prompt begins (OSC 133;A).
    PromptStarted,
    /// A command begins to run (OSC 133;C).
    CommandStarted {
        /// The command, where the shell told it.
        command: Option<String>,
    },
    /// A command has ended (OSC 133;D).
    CommandFinished {
        /// Its exit status, where the shell told it.
        exit: Option<i32>,
    },
    /// The shape of the mouse pointer changed (OSC 22); empty for the usual one.
    PointerShape(String),
    /// The program chose another size, which it may while no viewer shows it; [`crate::Terminal::size`] tells it.
    Resized,
}

/// Events waiting to be taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events(Vec<Event>);

impl Events {
    /// Events that wait at most, beside one of each kind of which only the last counts; later ones are dropped. A host
    /// takes them after every read.
    const MAX: usize = 256;
    /// Bytes of clipboard that wait at most: one full transfer.
    const MAX_CLIPBOARD: usize = 1 << 20;

    pub(crate) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.0)
    }

    /// Adds one; where only the last of a kind counts it takes the place of the one before.
    pub(crate) fn push(&mut self, event: Event) {
        let coalesces = matches!(
            event,
            Event::Bell
                | Event::Title(_)
                | Event::IconTitle(_)
                | Event::Directory(_)
                | Event::ColoursChanged
                | Event::ModesChanged
                | Event::Progress(_)
                | Event::PointerShape(_)
                | Event::Resized
        );
        if coalesces {
            let kind = std::mem::discriminant(&event);
            if let Some(waiting) = self.0.iter_mut().find(|waiting| std::mem::discriminant(*waiting) == kind)
            {
                *waiting = event;
                return;
            }
        }
        if let Event::ClipboardSet { data, .. } = &event {
            let waiting: usize = self.0.iter().map(clipboard_bytes).sum();
            if waiting + data.len() > Self::MAX_CLIPBOARD {
                self.0.retain(|waiting| !matches!(waiting, Event::ClipboardSet { .. }));
            }
        }
        // Of those that coalesce there is one of each kind at most, and what they tell is a state that must be known.
        if coalesces || self.0.len() < Self::MAX {
            self.0.push(event);
        }
    }
}

fn clipboard_bytes(event: &Event) -> usize {
    match event {
        Event::ClipboardSet { data, .. } => data.len(),
        _ => 0,
    }
}
