//! The window under Wayland: it starts, draws at more than one scale, and takes keys there as well.

mod harness;

use harness::Picture;
use harness::wayland::Wayland;

/// Colours that no theme has.
const MARK: [u8; 3] = [1, 200, 3];
const OTHER: [u8; 3] = [200, 1, 210];

/// Width and height of what has a colour.
fn marked(picture: &Picture, colour: [u8; 3]) -> Option<(usize, usize)> {
    picture.find(colour).map(|(_, [left, top, right, bottom])| (right - left + 1, bottom - top + 1))
}

/// Sets the cursor's colour to OTHER before anything else.
const CURSOR: &str = "printf '\\033]12;#c801d2\\033\\\\'; ";

/// A cursor that is a whole block says that the window has the keyboard.
fn until_keys_arrive(desktop: &Wayland) {
    desktop.until_seen("a window that has the keyboard", |picture| {
        let (count, [left, top, right, bottom]) = picture.find(OTHER)?;
        (count == (right - left + 1) * (bottom - top + 1) && count > 60).then_some(())
    });
}

#[test]
fn a_window_under_wayland_draws_and_takes_keys() {
    let shell = format!("{CURSOR}bash --norc --noprofile; exec cat");
    let Some(desktop) = Wayland::start(&["sh", "-c", &shell]) else { return };
    desktop.until_shown("1", "$");
    until_keys_arrive(&desktop);
    desktop.type_text("printf '\\033[48;2;1;200;3m  \\033[m\\n'; echo typed-$((40 + 2))-\u{e9}\u{2192}");
    desktop.key(&[], "Return");
    desktop.until_shown("1", "typed-42-\u{e9}\u{2192}");
    let (width, height) = desktop.until_seen("the ground of two cells", |picture| marked(picture, MARK));
    assert!(width % 2 == 0 && (10..=40).contains(&width) && (12..=40).contains(&height), "{width}x{height}");
    // On a screen of twice the density the letters are as large to the eye.
    desktop.run("swaymsg", &["output", "HEADLESS-1", "scale", "2"]);
    let twice = desktop.until_seen("cells of twice as many pixels", |picture| {
        marked(picture, MARK).filter(|(wide, _)| *wide > width)
    });
    assert!(twice.0.abs_diff(2 * width) <= 4 && twice.1.abs_diff(2 * height) <= 4, "{twice:?}");
}

#[test]
fn shortcuts_and_dead_keys_work_under_wayland() {
    let Some(desktop) = Wayland::start(&["sh", "-c", &format!("{CURSOR}echo ready; exec cat")]) else {
        return;
    };
    until_keys_arrive(&desktop);
    let cols = |desktop: &Wayland| {
        let listed = desktop.run("scarab", &["ls"]);
        let size = listed.split_whitespace().find_map(|word| word.split_once('x'));
        size.and_then(|(cols, _)| cols.parse::<u32>().ok())
    };
    let before = cols(&desktop).expect("its size");
    desktop.key(&["ctrl"], "plus");
    desktop.until("fewer columns", |desktop| cols(desktop).is_some_and(|now| now < before));
    desktop.key(&["ctrl"], "0");
    desktop.until("as many as before", |desktop| cols(desktop) == Some(before));
    desktop.run("wtype", &["-d", "20", "-k", "dead_acute", "e"]);
    desktop.until_shown("1", "\n\u{e9}");
}
