//! Operating system commands and device controls: what their text, once understood, does.

use data_encoding::BASE64;

use crate::checkpoint::saved_struct;
use crate::colour::{self, DynamicColour};
use crate::cursor::CursorShape;
use crate::dcs::{Request, Setting, answer_capability};
use crate::event::Event;
use crate::history::History;
use crate::link::LinkId;
use crate::osc::{self, ColourOp, Osc, PaletteOp, PromptKind, PromptMark, PromptStep};
use crate::pointer::PointerOp;
use crate::row::Mark;
use crate::style::Style;
use crate::terminal::Terminal;

use super::params::Params;
use super::sgr;

/// A device control string as it comes in.
#[derive(Debug, Default)]
pub(crate) struct DeviceControl {
    intermediates: Vec<u8>,
    action: char,
    data: Vec<u8>,
    /// It is too long, or malformed: it is not answered.
    spoilt: bool,
    /// Its introducer is complete; what comes is its text.
    begun: bool,
    /// The first parameter, 0 where there is none.
    parameter: u16,
}

saved_struct!(DeviceControl { intermediates, action, data, spoilt, begun } since 2 { parameter });

impl DeviceControl {
    /// Bytes of text at most: no question that has an answer is longer.
    const MAX: usize = 4 << 10;

    pub(super) fn begin(&mut self, parameter: u16, intermediates: &[u8], ignore: bool, action: char) {
        self.clear();
        self.parameter = parameter;
        self.intermediates.extend_from_slice(intermediates);
        self.action = action;
        self.spoilt = ignore;
        self.begun = true;
    }

    pub(super) fn put(&mut self, byte: u8) {
        if self.data.len() < Self::MAX {
            self.data.push(byte);
        } else {
            self.spoilt = true;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.intermediates.clear();
        self.data.clear();
        self.spoilt = false;
        self.begun = false;
        self.parameter = 0;
    }

    /// Whether its introducer is complete.
    pub(crate) fn is_begun(&self) -> bool {
        self.begun
    }

    /// An introducer that begins the same string.
    pub(crate) fn introducer(&self) -> Vec<u8> {
        let mut introducer = b"\x1bP".to_vec();
        introducer.extend_from_slice(&self.intermediates);
        introducer.push(self.action as u8);
        introducer
    }

    /// It was cancelled.
    pub(crate) fn spoil(&mut self) {
        self.spoilt = true;
    }

    /// Whether what comes still of it does not matter.
    pub(crate) fn is_spoilt(&self) -> bool {
        self.spoilt
    }

    pub(crate) fn allocated(&self) -> usize {
        self.intermediates.capacity() + self.data.capacity()
    }
}

/// Which colour a number of OSC 4, 5, 104 or 105 means.
#[derive(Clone, Copy, Debug)]
enum Entry {
    Palette(u8),
    Special(u16),
}

impl Entry {
    /// By the numbers of the palette, behind whose entries come the special colours.
    fn of_palette(index: u16) -> Self {
        u8::try_from(index).map_or(Self::Special(index.saturating_sub(colour::PALETTE as u16)), Self::Palette)
    }
}

impl<H: History> Terminal<H> {
    /// Answers the host's answer to [`Event::ClipboardRead`] on to the program: nothing but an empty
    /// clipboard when it is refused, or too long.
    pub fn answer_clipboard(&mut self, selection: &str, data: Option<&[u8]>) {
        let data = data.filter(|data| data.len() / 3 * 4 + 64 < Self::MAX_CLIPBOARD).unwrap_or_default();
        self.reply(format!("\x1b]52;{selection};{}\x1b\\", BASE64.encode(data)).as_bytes());
    }

    pub(super) fn operating_system_command(&mut self, text: &[u8], bell_terminated: bool) {
        let end = if bell_terminated { "\x07" } else { "\x1b\\" };
        let revision = self.colours.revision();
        match osc::parse_body(text) {
            Osc::Title(title) => self.title_by_program(&title, true, true),
            Osc::IconTitle(title) => self.title_by_program(&title, false, true),
            Osc::WindowTitle(title) => self.title_by_program(&title, true, false),
            Osc::Palette(operations) => {
                for operation in operations {
                    self.palette_colour(4, Entry::of_palette(operation.index), operation, end);
                }
            }
            Osc::Special(operations) => {
                for operation in operations {
                    self.palette_colour(5, Entry::Special(operation.index), operation, end);
                }
            }
            Osc::ResetPalette(indices) if indices.is_empty() => self.colours.reset_palette(),
            Osc::ResetPalette(indices) => {
                indices.iter().for_each(|index| self.reset_colour(Entry::of_palette(*index)));
            }
            Osc::ResetSpecial(numbers) if numbers.is_empty() => self.colours.reset_special(),
            Osc::ResetSpecial(numbers) => {
                numbers.iter().for_each(|number| self.reset_colour(Entry::Special(*number)));
            }
            Osc::Dynamic(operations) => {
                for (kind, operation) in operations {
                    self.dynamic_colour(kind, operation, end);
                }
            }
            Osc::ResetDynamic(kind) => self.colours.reset_dynamic(kind),
            Osc::Directory(directory) => {
                self.directory = Some(directory.clone()).filter(|directory| !directory.is_empty());
                self.events.push(Event::Directory(directory));
            }
            Osc::Link { id, uri } => self.begin_link(id, &uri),
            Osc::LinkEnd => self.pen_link(None),
            Osc::Notification(notification) => self.events.push(Event::Notification(notification)),
            Osc::NotificationPart(part) => {
                if let Some(notification) = self.notifications.add(part) {
                    self.events.push(Event::Notification(notification));
                }
            }
            Osc::NotificationQuery { id } => {
                let support = osc::notification_support(&id);
                self.reply(format!("\x1b]{support}{end}").as_bytes());
            }
            Osc::NotificationClose { id } => self.events.push(Event::NotificationClosed { id }),
            // Which are still shown only the desktop knows; the support that was answered says so.
            Osc::NotificationAlive { .. } => {}
            Osc::Progress(progress) => {
                self.progress = progress;
                self.events.push(Event::Progress(progress));
            }
            Osc::ClipboardSet { selection, data } => {
                self.events.push(Event::ClipboardSet { selection, data });
            }
            Osc::ClipboardRead { selection } => self.events.push(Event::ClipboardRead { selection }),
            Osc::Prompt(mark) => self.semantic_prompt(mark),
            Osc::Pointer(operation) => self.pointer(operation, end),
            Osc::Unknown => {}
        }
        if self.colours.revision() != revision {
            self.events.push(Event::ColoursChanged);
        }
    }

    fn pointer(&mut self, operation: PointerOp, end: &str) {
        let (slot, before) = (self.screen_slot(), self.pointer_shape().to_owned());
        match operation {
            PointerOp::Set(shape) => self.pointers.set(slot, shape),
            PointerOp::Push(shapes) => self.pointers.push(slot, shapes),
            PointerOp::Pop => self.pointers.pop(slot),
            PointerOp::Query(names) => {
                let answer = self.pointers.answer(slot, &names);
                self.reply(format!("\x1b]22;{answer}{end}").as_bytes());
            }
        }
        self.pointer_changed(&before);
    }

    /// Tells the pointer's shape if it is not the one before.
    pub(super) fn pointer_changed(&mut self, before: &str) {
        let shape = self.pointer_shape();
        if shape != before {
            let shape = shape.to_owned();
            self.events.push(Event::PointerShape(shape));
        }
    }

    /// One pair of OSC 4 or 5, `command`.
    fn palette_colour(&mut self, command: u8, entry: Entry, operation: PaletteOp, end: &str) {
        let PaletteOp { index, op } = operation;
        match (op, entry) {
            (ColourOp::Set(colour), Entry::Palette(entry)) => self.colours.set(entry, colour),
            (ColourOp::Set(colour), Entry::Special(number)) => self.colours.set_special(number, Some(colour)),
            (ColourOp::Query, entry) => {
                let colour = match entry {
                    Entry::Palette(entry) => Some(self.colours.effective(entry)),
                    Entry::Special(number) => self.colours.special(number),
                };
                if let Some(colour) = colour {
                    let colour = colour.report();
                    self.reply(format!("\x1b]{command};{index};{colour}{end}").as_bytes());
                }
            }
        }
    }

    fn reset_colour(&mut self, entry: Entry) {
        match entry {
            Entry::Palette(entry) => self.colours.reset(entry),
            Entry::Special(number) => self.colours.set_special(number, None),
        }
    }

    /// XTPOPCOLORS.
    pub(super) fn pop_colours(&mut self, arguments: &Params) {
        let revision = self.colours.revision();
        arguments.values().for_each(|place| self.colours.pop(usize::from(place)));
        if self.colours.revision() != revision {
            self.events.push(Event::ColoursChanged);
        }
    }

    fn dynamic_colour(&mut self, kind: DynamicColour, operation: ColourOp, end: &str) {
        match operation {
            ColourOp::Set(colour) => self.colours.set_dynamic(kind, colour),
            ColourOp::Query => {
                let (number, colour) = (kind.number(), self.colours.dynamic(kind).report());
                self.reply(format!("\x1b]{number};{colour}{end}").as_bytes());
            }
        }
    }

    /// Titles of the window, the icon or both, as the program wrote them.
    fn title_by_program(&mut self, text: &str, window: bool, icon: bool) {
        let title = if self.titles.set_in_hex { osc::title_from_hex(text) } else { Some(text.to_owned()) };
        let Some(title) = title else { return };
        if icon {
            self.set_icon_title(title.clone());
        }
        if window {
            self.set_title(title);
        }
    }

    pub(super) fn set_title(&mut self, title: String) {
        if self.titles.set_window(title.clone()) {
            self.events.push(Event::Title(title));
        }
    }

    pub(super) fn set_icon_title(&mut self, title: String) {
        if self.titles.set_icon(title.clone()) {
            self.events.push(Event::IconTitle(title));
        }
    }

    /// Text from here on belongs to a link. One without an id is unlike all others, even to the same
    /// address, so that what was printed apart is not lit up together.
    fn begin_link(&mut self, id: Option<String>, uri: &str) {
        let id = id.unwrap_or_else(|| {
            self.anonymous_links += 1;
            format!("scarab-{}", self.anonymous_links)
        });
        let link = self.intern_link(&id, uri);
        self.pen_link(link);
    }

    fn pen_link(&mut self, link: Option<LinkId>) {
        self.pen.style = Style { link, ..self.pen.style };
        self.pen.id = None;
    }

    /// OSC 133.
    fn semantic_prompt(&mut self, mark: PromptMark) {
        let row = self.at.row;
        match mark.step {
            PromptStep::PromptStart(PromptKind::Initial) => {
                self.screen_mut().row_mut(row).mark = Some(Mark::Prompt);
                self.events.push(Event::PromptStarted);
            }
            PromptStep::PromptStart(_) | PromptStep::InputStart => {}
            PromptStep::OutputStart { command } => {
                // A prompt on the same row is worth more: it is what a person jumps to.
                let row = self.screen_mut().row_mut(row);
                row.mark = row.mark.or(Some(Mark::Output));
                self.events.push(Event::CommandStarted { command });
            }
            PromptStep::CommandEnd { exit } => self.events.push(Event::CommandFinished { exit }),
            PromptStep::FreshLine => {
                if self.at.col > self.margins.left {
                    self.carriage_return();
                    self.index();
                }
            }
        }
    }

    pub(super) fn answer_device_control(&mut self, control: &DeviceControl) {
        if control.spoilt {
            return;
        }
        let DeviceControl { parameter, intermediates, action, data, .. } = control;
        match Request::parse(*parameter, intermediates, *action, data) {
            Request::RestoreCursor(state) => self.restore_presentation(&state),
            Request::RestoreTabs(stops) => {
                self.tabs.clear();
                stops.iter().for_each(|stop| self.tabs.set(usize::from(*stop).wrapping_sub(1), true));
            }
            Request::Setting(setting) => {
                let (value, suffix) = (self.describe_setting(setting), setting.suffix());
                self.reply(format!("\x1bP1$r{value}{suffix}\x1b\\").as_bytes());
            }
            Request::UnknownSetting => self.reply(b"\x1bP0$r\x1b\\"),
            Request::Capabilities(names) => {
                for name in names {
                    let mut answer = Vec::new();
                    answer_capability(&name, &mut answer);
                    self.reply(&answer);
                }
            }
            Request::Unknown => {}
        }
    }

    /// What DECRQSS answers, before the suffix.
    fn describe_setting(&self, setting: Setting) -> String {
        match setting {
            Setting::Sgr => sgr::describe(&self.pen.style),
            Setting::TopBottomMargins => format!("{};{}", self.margins.top + 1, self.margins.bottom),
            Setting::LeftRightMargins => format!("{};{}", self.margins.left + 1, self.margins.right),
            Setting::LinesPerPage | Setting::Lines => self.rows().to_string(),
            Setting::Columns => self.cols().to_string(),
            Setting::CursorStyle => {
                let steady = match self.cursor_look.shape {
                    CursorShape::Block => 2,
                    CursorShape::Underline => 4,
                    CursorShape::Bar => 6,
                };
                (steady - u8::from(self.cursor().blinking)).to_string()
            }
            Setting::Protection => u8::from(self.pen.protected).to_string(),
            // At level 1 there is nothing to choose.
            Setting::Conformance if self.conformance == 61 => "61".to_owned(),
            Setting::Conformance => format!("{};{}", self.conformance, u8::from(!self.eight_bit)),
            Setting::Extent => if self.rectangular { "2" } else { "0" }.to_owned(),
            Setting::ActiveDisplay | Setting::StatusLine => "0".to_owned(),
        }
    }
}
