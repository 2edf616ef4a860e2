//! The wire's words for keys, mouse, colours and what programs tell, in the emulator's, and back. Pure.

use scarab_protocol::message::input::{Key, Mouse, MouseAction};
use scarab_protocol::message::{KeyAction, ProgressState, Rgb, Size, ViewerColours};
use scarab_terminal as terminal;
use terminal::colour::DynamicColour;
use terminal::input::{self, KeyEvent, KeyKind, Mods, MouseButton, MouseEvent, MouseKind, NamedKey};

/// A key; `None` where its number means nothing.
pub(super) fn key(key: &Key) -> Option<KeyEvent> {
    let named = u16::try_from(key.key).ok().and_then(NamedKey::from_number);
    let character = |code: u32| char::from_u32(code).filter(|_| code != 0);
    let known = match named {
        Some(named) => input::Key::Named(named),
        None => input::Key::Char(character(key.key)?),
    };
    Some(KeyEvent {
        key: known,
        mods: Mods::from_bits(key.mods),
        kind: match key.action {
            KeyAction::Press => KeyKind::Press,
            KeyAction::Repeat => KeyKind::Repeat,
            KeyAction::Release => KeyKind::Release,
        },
        shifted: character(key.shifted),
        base: character(key.base),
        text: (!key.text.is_empty()).then(|| key.text.clone()),
    })
}

/// A mouse event, kept inside a screen of this size; `None` where its button means nothing.
pub(super) fn mouse(mouse: &Mouse, size: Size) -> Option<MouseEvent> {
    let button = match mouse.button {
        0 => None,
        1 => Some(MouseButton::Left),
        2 => Some(MouseButton::Middle),
        3 => Some(MouseButton::Right),
        4 => Some(MouseButton::WheelUp),
        5 => Some(MouseButton::WheelDown),
        6 => Some(MouseButton::WheelLeft),
        7 => Some(MouseButton::WheelRight),
        8 => Some(MouseButton::Back),
        9 => Some(MouseButton::Forward),
        10 => Some(MouseButton::Tenth),
        11 => Some(MouseButton::Eleventh),
        _ => return None,
    };
    let inside = |px: u32, whole: u32| if whole == 0 { px } else { px.min(whole - 1) };
    Some(MouseEvent {
        kind: match mouse.action {
            MouseAction::Press => MouseKind::Press,
            MouseAction::Release => MouseKind::Release,
            MouseAction::Motion => MouseKind::Motion,
        },
        button,
        mods: Mods::from_bits(mouse.mods),
        col: mouse.col.min(size.cols.saturating_sub(1)),
        row: mouse.row.min(size.rows.saturating_sub(1)),
        x_px: inside(mouse.x_px, size.width_px),
        y_px: inside(mouse.y_px, size.height_px),
    })
}

/// A size as the emulator takes it: within its bounds.
pub(super) fn size(size: Size) -> terminal::Size {
    let Size { cols, rows, width_px, height_px } = size;
    terminal::Size { cols, rows, width_px, height_px }.clamped()
}

/// A size as it is told.
pub(super) fn size_back(size: terminal::Size) -> Size {
    let terminal::Size { cols, rows, width_px, height_px } = size;
    Size { cols, rows, width_px, height_px }
}

/// A viewer's colours; what it does not know stays as it is by default.
pub(super) fn colours(from: &ViewerColours) -> terminal::colour::ViewerColours {
    let rgb = |Rgb { r, g, b }: Rgb| terminal::colour::Rgb { red: r, green: g, blue: b };
    let mut colours = terminal::colour::ViewerColours::default();
    if let Some(foreground) = from.foreground {
        colours.foreground = rgb(foreground);
    }
    if let Some(background) = from.background {
        colours.background = rgb(background);
    }
    colours.cursor = from.cursor.map(rgb);
    for (index, colour) in &from.palette {
        colours.palette[usize::from(*index)] = Some(rgb(*colour));
    }
    // A viewer that knows nothing of its colours knows nothing of its darkness either.
    let silent = from.foreground.is_none() && from.background.is_none() && from.palette.is_empty();
    colours.dark = from.dark || silent;
    colours
}

/// What the program itself has set.
pub(super) fn set_by_program(set: &terminal::colour::Colours) -> ViewerColours {
    let rgb = |colour: terminal::colour::Rgb| Rgb { r: colour.red, g: colour.green, b: colour.blue };
    ViewerColours {
        foreground: set.dynamic_set_by_program(DynamicColour::Foreground).map(rgb),
        background: set.dynamic_set_by_program(DynamicColour::Background).map(rgb),
        cursor: set.dynamic_set_by_program(DynamicColour::Cursor).map(rgb),
        palette: (0..=u8::MAX)
            .filter_map(|index| set.set_by_program(index).map(|colour| (index, rgb(colour))))
            .collect(),
        dark: set.dynamic(DynamicColour::Background).is_dark(),
    }
}

/// Progress as it is told.
pub(super) fn progress(progress: terminal::Progress) -> ProgressState {
    match progress {
        terminal::Progress::None => ProgressState::None,
        terminal::Progress::Normal(percent) => ProgressState::Normal(percent),
        terminal::Progress::Error(percent) => ProgressState::Error(percent.unwrap_or(0)),
        terminal::Progress::Busy => ProgressState::Busy,
        terminal::Progress::Paused(percent) => ProgressState::Paused(percent.unwrap_or(0)),
    }
}

/// The working directory as it is told: a path of this machine, else the whole address.
pub(super) fn directory(address: &str) -> String {
    let Some((host, path)) = terminal::osc::directory_path(address) else { return address.to_owned() };
    let here = || std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if host.is_empty() || host == "localhost" || host == here().trim() {
        String::from_utf8_lossy(&path).into_owned()
    } else {
        address.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(number: u32) -> Key {
        Key { key: number, mods: 0, action: KeyAction::Press, shifted: 0, base: 0, text: String::new() }
    }

    #[test]
    fn numbers_that_mean_no_key_are_none() {
        assert_eq!(key(&press(0)), None);
        assert_eq!(key(&press(0xd800)), None);
        assert_eq!(key(&press(u32::MAX)), None);
        assert_eq!(key(&press(13)).map(|event| event.key), Some(input::Key::Named(NamedKey::Enter)));
        assert_eq!(key(&press(97)).map(|event| event.key), Some(input::Key::Char('a')));
    }

    #[test]
    fn the_mouse_stays_on_the_screen() {
        let size = Size { cols: 80, rows: 24, width_px: 800, height_px: 480 };
        let far = Mouse {
            action: MouseAction::Press,
            button: 1,
            mods: 0,
            col: u16::MAX,
            row: u16::MAX,
            x_px: u32::MAX,
            y_px: u32::MAX,
        };
        let event = mouse(&far, size).expect("a left button");
        assert_eq!((event.col, event.row, event.x_px, event.y_px), (79, 23, 799, 479));
        assert!(mouse(&Mouse { button: 12, ..far }, size).is_none());
    }

    #[test]
    fn directories_of_this_machine_are_paths() {
        assert_eq!(directory("file:///tmp/a%20b"), "/tmp/a b");
        assert_eq!(directory("file://localhost/tmp"), "/tmp");
        assert_eq!(directory("file://elsewhere.example/tmp"), "file://elsewhere.example/tmp");
    }
}
