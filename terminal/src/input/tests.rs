//! Encodings against the tables of their specifications.

use proptest::prelude::*;

use super::*;

const PLAIN: Mods = Mods::NONE;
const SHIFT: Mods = Mods::SHIFT;
const ALT: Mods = Mods::ALT;
const CTRL: Mods = Mods::CTRL;

fn modes(kitty: u8) -> InputModes {
    InputModes { kitty, ..InputModes::default() }
}

fn sent(event: &KeyEvent, modes: InputModes) -> String {
    let mut out = Vec::new();
    encode_key(event, modes, &mut out);
    String::from_utf8(out).unwrap().replace('\x1b', "ESC ")
}

fn named(key: NamedKey, mods: Mods) -> KeyEvent {
    KeyEvent::press(Key::Named(key), mods)
}

/// A key of the US keyboard, with the text it types.
fn char_key(key: char, mods: Mods) -> KeyEvent {
    let mut event = KeyEvent::press(Key::Char(key), mods);
    event.shifted = key::us_shifted(key);
    if (mods - SHIFT - Mods::LOCKS).is_empty() {
        let shifted = event.shifted.filter(|_| mods.intersects(SHIFT));
        event.text = Some(shifted.unwrap_or(key).to_string());
    }
    event
}

fn kind(kind: KeyKind, event: KeyEvent) -> KeyEvent {
    KeyEvent { kind, ..event }
}

fn released(event: KeyEvent) -> KeyEvent {
    KeyEvent { kind: KeyKind::Release, text: None, ..event }
}

#[test]
fn modes_survive_their_bits() {
    let everything = InputModes {
        application_cursor: true,
        application_keypad: true,
        backarrow_is_backspace: true,
        bracketed_paste: true,
        focus_events: true,
        mouse: MouseTracking::Any,
        mouse_encoding: MouseEncoding::SgrPixels,
        alternate_scroll: false,
        alternate_screen: true,
        modify_other_keys: 2,
        kitty: 31,
        meta_escape: false,
        newline: true,
        num_lock: false,
        delete_is_del: true,
    };
    for modes in [everything, InputModes::default(), modes(21)] {
        assert_eq!(InputModes::from_bits(modes.to_bits()), modes);
    }
}

#[test]
fn control_keys_in_the_old_encoding() {
    use NamedKey::{Backspace, Enter, Escape, Tab};
    // The columns of kitty's table: none, ctrl, alt, shift, ctrl+shift, alt+shift, ctrl+alt.
    let columns = [PLAIN, CTRL, ALT, SHIFT, CTRL | SHIFT, ALT | SHIFT, CTRL | ALT];
    for (key, row) in [
        (Enter, ["\r", "\r", "ESC \r", "\r", "\r", "ESC \r", "ESC \r"]),
        (Escape, ["ESC ", "ESC ", "ESC ESC ", "ESC ", "ESC ", "ESC ESC ", "ESC ESC "]),
        (Backspace, ["\x7f", "\x08", "ESC \x7f", "\x7f", "\x08", "ESC \x7f", "ESC \x08"]),
        (Tab, ["\t", "\t", "ESC \t", "ESC [Z", "ESC [Z", "ESC ESC [Z", "ESC \t"]),
    ] {
        for (mods, bytes) in columns.into_iter().zip(row) {
            assert_eq!(sent(&named(key, mods), modes(0)), bytes, "{key:?} {mods:?}");
        }
    }
    for (mods, bytes) in columns.into_iter().zip([" ", "\0", "ESC  ", " ", "\0", "ESC  ", "ESC \0"]) {
        assert_eq!(sent(&char_key(' ', mods), modes(0)), bytes, "space {mods:?}");
    }
    let swapped = InputModes { backarrow_is_backspace: true, ..modes(0) };
    assert_eq!(sent(&named(Backspace, PLAIN), swapped), "\x08");
    assert_eq!(sent(&named(Backspace, CTRL), swapped), "\x7f");
    assert_eq!(sent(&named(Enter, PLAIN), InputModes { newline: true, ..modes(0) }), "\r\n");
}

#[test]
fn text_keys_in_the_old_encoding() {
    for (key, mods, bytes) in [
        ('i', PLAIN, "i"),
        ('i', SHIFT, "I"),
        ('i', ALT, "ESC i"),
        ('i', CTRL, "\t"),
        ('i', SHIFT | ALT, "ESC I"),
        ('i', ALT | CTRL, "ESC \t"),
        ('i', CTRL | SHIFT, "\t"),
        ('3', ALT, "ESC 3"),
        ('3', CTRL, "ESC "),
        ('3', SHIFT | ALT, "ESC #"),
        (';', CTRL, ";"),
        ('é', PLAIN, "é"),
        ('é', ALT, "ESC é"),
        ('é', CTRL, "é"),
        ('x', Mods::META, "ESC x"),
        ('x', Mods::CAPS_LOCK | CTRL, "\x18"),
    ] {
        assert_eq!(sent(&char_key(key, mods), modes(0)), bytes, "{key} {mods:?}");
    }
    // Control and every key that has a control character.
    let table = " 2/345678?@[\\]^_~";
    let bytes = [0, 0, 31, 27, 28, 29, 30, 31, 127, 127, 0, 27, 28, 29, 30, 31, 30];
    for (key, byte) in table.chars().zip(bytes).chain(('a'..='z').zip(1..)) {
        let mut out = Vec::new();
        encode_key(&KeyEvent::press(Key::Char(key), CTRL), modes(0), &mut out);
        assert_eq!(out, [byte], "{key}");
    }
    let cyrillic = KeyEvent { base: Some('c'), ..KeyEvent::press(Key::Char('с'), CTRL) };
    assert_eq!(sent(&cyrillic, modes(0)), "\x03");
    assert_eq!(sent(&released(char_key('a', PLAIN)), modes(0)), "");
    assert_eq!(sent(&char_key('a', ALT), InputModes { meta_escape: false, ..modes(0) }), "\u{e1}");
    let composed = KeyEvent { text: Some("ﷺab".into()), ..KeyEvent::press(Key::Char('a'), PLAIN) };
    assert_eq!(sent(&composed, modes(0)), "ﷺab");
}

#[test]
fn functional_keys_in_the_old_encoding() {
    let application = InputModes { application_cursor: true, ..modes(0) };
    for (key, mods, normal, cursor_mode) in [
        (NamedKey::Up, PLAIN, "ESC [A", "ESC OA"),
        (NamedKey::Left, PLAIN, "ESC [D", "ESC OD"),
        (NamedKey::Home, PLAIN, "ESC [H", "ESC OH"),
        (NamedKey::End, PLAIN, "ESC [F", "ESC OF"),
        (NamedKey::Up, SHIFT, "ESC [1;2A", "ESC [1;2A"),
        (NamedKey::End, CTRL | ALT, "ESC [1;7F", "ESC [1;7F"),
        (NamedKey::Up, Mods::NUM_LOCK, "ESC [A", "ESC OA"),
        (NamedKey::Insert, PLAIN, "ESC [2~", "ESC [2~"),
        (NamedKey::Delete, CTRL, "ESC [3;5~", "ESC [3;5~"),
        (NamedKey::PageUp, PLAIN, "ESC [5~", "ESC [5~"),
        (NamedKey::F1, PLAIN, "ESC OP", "ESC OP"),
        (NamedKey::F4, SHIFT, "ESC [1;2S", "ESC [1;2S"),
        (NamedKey::F5, PLAIN, "ESC [15~", "ESC [15~"),
        (NamedKey::F10, PLAIN, "ESC [21~", "ESC [21~"),
        (NamedKey::F12, CTRL, "ESC [24;5~", "ESC [24;5~"),
        (NamedKey::F13, PLAIN, "ESC [1;2P", "ESC [1;2P"),
        (NamedKey::F24, PLAIN, "ESC [24;2~", "ESC [24;2~"),
        (NamedKey::F25, SHIFT, "ESC [1;6P", "ESC [1;6P"),
        (NamedKey::F35, PLAIN, "ESC [23;5~", "ESC [23;5~"),
        (NamedKey::Menu, PLAIN, "ESC [29~", "ESC [29~"),
        (NamedKey::LeftShift, SHIFT, "", ""),
        (NamedKey::MediaPlay, PLAIN, "", ""),
    ] {
        assert_eq!(sent(&named(key, mods), modes(0)), normal, "{key:?} {mods:?}");
        assert_eq!(sent(&named(key, mods), application), cursor_mode, "{key:?} {mods:?}");
    }
    let function_codes: Vec<_> = (5..=12).map(legacy::function_code).collect();
    assert_eq!(function_codes, [15, 17, 18, 19, 20, 21, 23, 24]);
}

#[test]
fn the_keypad() {
    let application = InputModes { application_keypad: true, ..modes(0) };
    for (key, numeric, app) in [
        (NamedKey::Kp0, "0", "ESC Op"),
        (NamedKey::Kp9, "9", "ESC Oy"),
        (NamedKey::KpAdd, "+", "ESC Ok"),
        (NamedKey::KpEnter, "\r", "ESC OM"),
        (NamedKey::KpEqual, "=", "ESC OX"),
        (NamedKey::KpUp, "ESC [A", "ESC [A"),
        (NamedKey::KpDelete, "ESC [3~", "ESC [3~"),
        (NamedKey::KpBegin, "ESC [E", "ESC [E"),
    ] {
        assert_eq!(sent(&named(key, PLAIN), modes(0)), numeric, "{key:?}");
        assert_eq!(sent(&named(key, PLAIN), application), app, "{key:?}");
        assert_eq!(sent(&named(key, Mods::NUM_LOCK), application), numeric, "{key:?} with num lock");
        // Mode 1035 reset.
        let application = InputModes { num_lock: false, ..application };
        assert_eq!(sent(&named(key, Mods::NUM_LOCK), application), app, "{key:?} with num lock");
    }
    // Mode 1037.
    let deletes = InputModes { delete_is_del: true, ..modes(0) };
    assert_eq!(sent(&named(NamedKey::Delete, PLAIN), deletes), "\x7f");
    assert_eq!(sent(&named(NamedKey::Delete, CTRL), deletes), "ESC [3;5~");
}

#[test]
fn modify_other_keys() {
    let level = |level| InputModes { modify_other_keys: level, ..modes(0) };
    for (event, one, two) in [
        (char_key('a', PLAIN), "a", "a"),
        (char_key('a', SHIFT), "A", "A"),
        (char_key('a', CTRL), "\x01", "ESC [27;5;97~"),
        (char_key('a', CTRL | SHIFT), "ESC [27;6;65~", "ESC [27;6;65~"),
        (char_key('a', ALT), "ESC a", "ESC [27;3;97~"),
        (char_key('1', CTRL), "ESC [27;5;49~", "ESC [27;5;49~"),
        (char_key('2', CTRL), "\0", "ESC [27;5;50~"),
        (char_key(';', CTRL), "ESC [27;5;59~", "ESC [27;5;59~"),
        (char_key(' ', SHIFT), " ", "ESC [27;2;32~"),
        (char_key(' ', CTRL), "\0", "ESC [27;5;32~"),
        (named(NamedKey::Enter, PLAIN), "\r", "\r"),
        (named(NamedKey::Enter, SHIFT), "ESC [27;2;13~", "ESC [27;2;13~"),
        (named(NamedKey::Enter, CTRL), "ESC [27;5;13~", "ESC [27;5;13~"),
        (named(NamedKey::Enter, ALT), "ESC \r", "ESC [27;3;13~"),
        (named(NamedKey::Tab, SHIFT), "ESC [Z", "ESC [Z"),
        (named(NamedKey::Tab, CTRL), "ESC [27;5;9~", "ESC [27;5;9~"),
        (named(NamedKey::Backspace, CTRL), "\x08", "\x08"),
        (named(NamedKey::Backspace, SHIFT), "\x7f", "ESC [27;2;127~"),
        (named(NamedKey::Escape, CTRL), "ESC [27;5;27~", "ESC [27;5;27~"),
        (named(NamedKey::Up, CTRL), "ESC [1;5A", "ESC [1;5A"),
    ] {
        assert_eq!(sent(&event, level(1)), one, "{event:?}");
        assert_eq!(sent(&event, level(2)), two, "{event:?}");
    }
}

#[test]
fn kitty_disambiguates() {
    for (event, bytes) in [
        (char_key('a', PLAIN), "a"),
        (char_key('a', SHIFT), "A"),
        (char_key('a', CTRL), "ESC [97;5u"),
        (char_key('a', CTRL | SHIFT), "ESC [97;6u"),
        (char_key('[', ALT), "ESC [91;3u"),
        (char_key('a', CTRL | Mods::SUPER), "ESC [97;13u"),
        (char_key('a', CTRL | Mods::NUM_LOCK | Mods::CAPS_LOCK), "ESC [97;5u"),
        (char_key(' ', CTRL), "ESC [32;5u"),
        (named(NamedKey::Escape, PLAIN), "ESC [27u"),
        (named(NamedKey::Enter, PLAIN), "\r"),
        (named(NamedKey::Enter, Mods::NUM_LOCK), "\r"),
        (named(NamedKey::Enter, SHIFT), "ESC [13;2u"),
        (named(NamedKey::Tab, PLAIN), "\t"),
        (named(NamedKey::Tab, CTRL | SHIFT), "ESC [9;6u"),
        (named(NamedKey::Backspace, PLAIN), "\x7f"),
        (named(NamedKey::Backspace, ALT), "ESC [127;3u"),
        (named(NamedKey::Up, PLAIN), "ESC [A"),
        (named(NamedKey::Up, ALT), "ESC [1;3A"),
        (named(NamedKey::Up, Mods::NUM_LOCK), "ESC [1;129A"),
        (named(NamedKey::F1, PLAIN), "ESC [P"),
        (named(NamedKey::F3, PLAIN), "ESC [13~"),
        (named(NamedKey::F3, SHIFT), "ESC [13;2~"),
        (named(NamedKey::F5, PLAIN), "ESC [15~"),
        (named(NamedKey::F13, PLAIN), "ESC [57376u"),
        (named(NamedKey::Delete, CTRL), "ESC [3;5~"),
        (named(NamedKey::Menu, PLAIN), "ESC [57363u"),
        (named(NamedKey::KpEnter, PLAIN), "ESC [57414u"),
        (named(NamedKey::KpUp, PLAIN), "ESC [57419u"),
        (named(NamedKey::KpBegin, PLAIN), "ESC [E"),
        (named(NamedKey::LeftShift, SHIFT), ""),
        (named(NamedKey::CapsLock, PLAIN), ""),
        (released(char_key('a', CTRL)), ""),
        (kind(KeyKind::Repeat, char_key('a', CTRL)), "ESC [97;5u"),
    ] {
        assert_eq!(sent(&event, modes(1)), bytes, "{event:?}");
    }
    let in_application_modes = InputModes { application_cursor: true, application_keypad: true, ..modes(1) };
    assert_eq!(sent(&named(NamedKey::Up, PLAIN), in_application_modes), "ESC [A");
    assert_eq!(sent(&named(NamedKey::KpAdd, PLAIN), in_application_modes), "ESC [57413u");
    let digit = KeyEvent { text: Some("5".into()), ..named(NamedKey::Kp5, Mods::NUM_LOCK) };
    assert_eq!(sent(&digit, in_application_modes), "5");
}

#[test]
fn kitty_tells_events() {
    for (event, bytes) in [
        (char_key('a', PLAIN), "a"),
        (kind(KeyKind::Repeat, char_key('a', PLAIN)), "a"),
        (released(char_key('a', PLAIN)), "ESC [97;1:3u"),
        (char_key('a', CTRL), "ESC [97;5u"),
        (kind(KeyKind::Repeat, char_key('a', CTRL)), "ESC [97;5:2u"),
        (released(char_key('a', CTRL)), "ESC [97;5:3u"),
        (kind(KeyKind::Repeat, named(NamedKey::Up, PLAIN)), "ESC [1;1:2A"),
        (released(named(NamedKey::Up, SHIFT)), "ESC [1;2:3A"),
        (released(named(NamedKey::F5, PLAIN)), "ESC [15;1:3~"),
        (released(named(NamedKey::Enter, PLAIN)), ""),
        (kind(KeyKind::Repeat, named(NamedKey::Enter, PLAIN)), "\r"),
        (released(named(NamedKey::Escape, PLAIN)), "ESC [27;1:3u"),
        (released(named(NamedKey::LeftShift, PLAIN)), ""),
    ] {
        assert_eq!(sent(&event, modes(3)), bytes, "{event:?}");
    }
    // Without disambiguation what has an old encoding keeps it.
    assert_eq!(sent(&char_key('a', CTRL), modes(2)), "\x01");
    assert_eq!(sent(&named(NamedKey::Escape, PLAIN), modes(2)), "ESC ");
    let cursor_mode = InputModes { application_cursor: true, ..modes(2) };
    assert_eq!(sent(&named(NamedKey::Up, PLAIN), cursor_mode), "ESC [A");
    assert_eq!(sent(&named(NamedKey::KpAdd, PLAIN), modes(2)), "+");
    // What has none does not need the flag.
    assert_eq!(sent(&char_key('a', Mods::SUPER), modes(2)), "ESC [97;9u");
    assert_eq!(sent(&named(NamedKey::Up, Mods::HYPER), modes(2)), "ESC [1;17A");
    assert_eq!(sent(&named(NamedKey::MediaPlay, PLAIN), modes(2)), "ESC [57428u");
}

#[test]
fn kitty_tells_alternates_and_text() {
    let cyrillic =
        KeyEvent { base: Some('c'), shifted: Some('С'), ..KeyEvent::press(Key::Char('с'), CTRL) };
    assert_eq!(sent(&cyrillic, modes(1)), "ESC [1089;5u");
    assert_eq!(sent(&cyrillic, modes(5)), "ESC [1089::99;5u");
    let with_shift = KeyEvent { mods: CTRL | SHIFT, ..cyrillic };
    assert_eq!(sent(&with_shift, modes(5)), "ESC [1089:1057:99;6u");
    assert_eq!(sent(&char_key('a', CTRL | SHIFT), modes(5)), "ESC [97:65;6u");
    assert_eq!(sent(&char_key('a', PLAIN), modes(5)), "a");

    for (event, bytes) in [
        (char_key('a', PLAIN), "ESC [97;;97u"),
        (char_key('a', SHIFT), "ESC [97;2;65u"),
        (char_key('a', CTRL), "ESC [97;5u"),
        (char_key('a', Mods::CAPS_LOCK), "ESC [97;65;97u"),
        (named(NamedKey::Enter, PLAIN), "ESC [13u"),
        (named(NamedKey::LeftControl, CTRL), "ESC [57442;5u"),
        (named(NamedKey::CapsLock, PLAIN), "ESC [57358u"),
        (KeyEvent { text: Some("å".into()), ..KeyEvent::press(Key::Char('a'), PLAIN) }, "ESC [97;;229u"),
        (KeyEvent { text: Some("ab".into()), ..KeyEvent::press(Key::Char('x'), PLAIN) }, "ESC [120;;97:98u"),
        (KeyEvent { text: Some("\r".into()), ..named(NamedKey::Enter, PLAIN) }, "ESC [13u"),
    ] {
        assert_eq!(sent(&event, modes(8 | 16)), bytes, "{event:?}");
    }
    assert_eq!(sent(&char_key('a', SHIFT), modes(8)), "ESC [97;2u");
    assert_eq!(sent(&released(named(NamedKey::Enter, PLAIN)), modes(8 | 2)), "ESC [13;1:3u");
    assert_eq!(sent(&released(char_key('a', PLAIN)), modes(31)), "ESC [97;1:3u");
}

#[test]
fn focus() {
    for (on, focused, bytes) in [(true, true, "\x1b[I"), (true, false, "\x1b[O"), (false, true, "")] {
        let mut out = Vec::new();
        encode_focus(focused, InputModes { focus_events: on, ..modes(0) }, &mut out);
        assert_eq!(out, bytes.as_bytes());
    }
}

mod mouse_reports {
    use super::*;

    fn event(kind: MouseKind, button: Option<MouseButton>, mods: Mods) -> MouseEvent {
        MouseEvent { kind, button, mods, col: 4, row: 9, x_px: 40, y_px: 180 }
    }

    fn report(event: MouseEvent, mouse: MouseTracking, mouse_encoding: MouseEncoding) -> Vec<u8> {
        let mut out = Vec::new();
        let modes = InputModes { mouse, mouse_encoding, ..modes(0) };
        encode_mouse(&event, modes, &mut MouseState::default(), &mut out);
        out
    }

    use MouseButton as B;
    use MouseEncoding as E;
    use MouseKind::{Motion, Press, Release};
    use MouseTracking as T;

    #[test]
    fn encodings() {
        let left = event(Press, Some(B::Left), PLAIN);
        let held = event(Press, Some(B::Right), SHIFT | ALT | CTRL);
        let up = event(Release, Some(B::Right), PLAIN);
        for (event, encoding, bytes) in [
            (left, E::Default, &b"\x1b[M\x20\x25\x2a"[..]),
            (left, E::Utf8, b"\x1b[M\x20\x25\x2a"),
            (left, E::Sgr, b"\x1b[<0;5;10M"),
            (left, E::Urxvt, b"\x1b[32;5;10M"),
            (left, E::SgrPixels, b"\x1b[<0;41;181M"),
            (held, E::Default, b"\x1b[M\x3e\x25\x2a"),
            (held, E::Sgr, b"\x1b[<30;5;10M"),
            (up, E::Default, b"\x1b[M\x23\x25\x2a"),
            (up, E::Sgr, b"\x1b[<2;5;10m"),
            (up, E::Urxvt, b"\x1b[35;5;10M"),
            (up, E::SgrPixels, b"\x1b[<2;41;181m"),
        ] {
            assert_eq!(report(event, T::Normal, encoding), bytes, "{event:?} {encoding:?}");
        }
    }

    #[test]
    fn buttons() {
        for (button, code) in [
            (B::Left, 0),
            (B::Middle, 1),
            (B::Right, 2),
            (B::WheelUp, 64),
            (B::WheelDown, 65),
            (B::WheelLeft, 66),
            (B::WheelRight, 67),
            (B::Back, 128),
            (B::Forward, 129),
            (B::Tenth, 130),
            (B::Eleventh, 131),
        ] {
            let bytes = report(event(Press, Some(button), PLAIN), T::Normal, E::Sgr);
            assert_eq!(bytes, format!("\x1b[<{code};5;10M").as_bytes());
            assert_eq!(B::from_number(button.number()), Some(button));
        }
        assert_eq!([B::from_number(0), B::from_number(12)], [None, None]);
    }

    #[test]
    fn tracking_decides_what_is_told() {
        let none: Option<MouseButton> = None;
        for (kind, button, told) in [
            // x10, normal, button, any
            (Press, Some(B::Left), [true, true, true, true]),
            (Press, Some(B::WheelUp), [false, true, true, true]),
            (Press, Some(B::Back), [false, true, true, true]),
            (Release, Some(B::Left), [false, true, true, true]),
            (Release, Some(B::WheelUp), [false, false, false, false]),
            (Motion, Some(B::Left), [false, false, true, true]),
            (Motion, none, [false, false, false, true]),
            (Press, none, [false, false, false, false]),
        ] {
            for (mode, told) in [T::X10, T::Normal, T::Button, T::Any].into_iter().zip(told) {
                let bytes = report(event(kind, button, PLAIN), mode, E::Sgr);
                assert_eq!(!bytes.is_empty(), told, "{kind:?} {button:?} {mode:?}");
            }
            assert!(report(event(kind, button, PLAIN), T::Off, E::Sgr).is_empty());
        }
        assert_eq!(report(event(Press, Some(B::Left), CTRL), T::X10, E::Default), b"\x1b[M\x20\x25\x2a");
        assert_eq!(report(event(Motion, None, PLAIN), T::Any, E::Sgr), b"\x1b[<35;5;10M");
        assert_eq!(report(event(Motion, Some(B::Middle), PLAIN), T::Any, E::Sgr), b"\x1b[<33;5;10M");
    }

    #[test]
    fn coordinates_that_do_not_fit_are_not_sent() {
        let at = |col| MouseEvent { col, row: 0, ..event(Press, Some(B::Left), PLAIN) };
        assert_eq!(report(at(222), T::Normal, E::Default), b"\x1b[M\x20\xff\x21");
        assert!(report(at(223), T::Normal, E::Default).is_empty());
        assert_eq!(report(at(2014), T::Normal, E::Utf8), b"\x1b[M\x20\xdf\xbf\x21");
        assert!(report(at(2015), T::Normal, E::Utf8).is_empty());
        assert_eq!(report(at(u16::MAX), T::Normal, E::Sgr), b"\x1b[<0;65536;1M");
    }

    #[test]
    fn motion_within_a_cell_is_told_once() {
        let mut state = MouseState::default();
        let modes = InputModes { mouse: T::Any, mouse_encoding: E::Sgr, ..modes(0) };
        let mut count = |event: MouseEvent, modes| {
            let mut out = Vec::new();
            encode_mouse(&event, modes, &mut state, &mut out);
            !out.is_empty()
        };
        let motion = event(Motion, None, PLAIN);
        assert!(count(motion, modes));
        assert!(!count(MouseEvent { x_px: 41, ..motion }, modes));
        assert!(count(MouseEvent { col: 5, ..motion }, modes));
        assert!(count(event(Press, Some(B::Left), PLAIN), modes));
        assert!(!count(event(Motion, Some(B::Left), PLAIN), modes));
        assert!(count(event(Release, Some(B::Left), PLAIN), modes));
        assert!(!count(motion, modes));
        let pixels = InputModes { mouse_encoding: E::SgrPixels, ..modes };
        assert!(count(MouseEvent { x_px: 41, ..motion }, pixels));
        assert!(count(MouseEvent { x_px: 42, ..motion }, pixels));
    }

    #[test]
    fn the_wheel_scrolls_the_alternate_screen() {
        let on = InputModes { alternate_screen: true, alternate_scroll: true, ..modes(0) };
        let scrolled = |button, modes| {
            let mut out = Vec::new();
            let event = event(Press, Some(button), PLAIN);
            encode_mouse(&event, modes, &mut MouseState::default(), &mut out);
            out
        };
        assert_eq!(scrolled(B::WheelUp, on), b"\x1b[A\x1b[A\x1b[A");
        let application = InputModes { application_cursor: true, ..on };
        assert_eq!(scrolled(B::WheelDown, application), b"\x1bOB\x1bOB\x1bOB");
        assert!(scrolled(B::WheelLeft, on).is_empty());
        assert!(scrolled(B::WheelUp, InputModes { alternate_screen: false, ..on }).is_empty());
        assert!(scrolled(B::WheelUp, InputModes { alternate_scroll: false, ..on }).is_empty());
    }
}

mod pastes {
    use super::*;

    fn paste(text: &[u8], bracketed: bool) -> Vec<u8> {
        let mut out = Vec::new();
        encode_paste(text, InputModes { bracketed_paste: bracketed, ..modes(0) }, &mut out);
        out
    }

    #[test]
    fn nothing_in_a_paste_is_a_key() {
        assert_eq!(paste(b"a\nb\r\nc\rd\te", false), b"a\rb\rc\rd\te");
        assert_eq!(paste(b"a\nb\r\nc\rd\te", true), b"\x1b[200~a\nb\r\nc\rd\te\x1b[201~");
        assert_eq!(paste(b"x\x1b[201~\x03rm\r", true), b"\x1b[200~x[201~rm\r\x1b[201~");
        assert_eq!(
            paste("a\u{9b}201~b\u{80}é\u{a0}".as_bytes(), true),
            "\x1b[200~a201~bé\u{a0}\x1b[201~".as_bytes()
        );
        assert_eq!(paste(b"\x00\x08\x7fok", false), b"ok");
        assert_eq!(paste(b"\xc2", true), b"\x1b[200~\xc2\x1b[201~");
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let telling = proptest::sample::select(b"\r\n\xc2\x9b\x80\x1b[201~a".to_vec());
        proptest::collection::vec(prop_oneof![telling, any::<u8>()], 0..40)
    }

    proptest! {
        #[test]
        fn pieces_can_be_cut_anywhere(
            text in text(),
            cut in 0usize..40,
            bracketed in any::<bool>(),
        ) {
            let cut = cut.min(text.len());
            let mut out = Vec::new();
            let modes = InputModes { bracketed_paste: bracketed, ..modes(0) };
            let mut encoder = PasteEncoder::start(modes, &mut out);
            encoder.piece(&text[..cut], &mut out);
            encoder.piece(&text[cut..], &mut out);
            encoder.end(&mut out);
            prop_assert_eq!(&out, &paste(&text, bracketed));
            let escapes = out.iter().filter(|b| **b == 0x1b).count();
            prop_assert_eq!(escapes, if bracketed { 2 } else { 0 });
            prop_assert!(out.len() <= text.len() + 12);
        }
    }
}

proptest! {
    #[test]
    fn keys_never_panic_and_stay_short(
        bits in any::<u64>(),
        held in any::<u8>(),
        number in proptest::sample::select(NamedKey::ALL),
        character in any::<char>(),
        is_char in any::<bool>(),
        shifted in any::<Option<char>>(),
        base in any::<Option<char>>(),
        text in proptest::option::of(".{0,4}"),
        event in 0..3,
    ) {
        let key = if is_char { Key::Char(character) } else { Key::Named(number) };
        let kind = [KeyKind::Press, KeyKind::Repeat, KeyKind::Release][event as usize];
        let length = text.as_ref().map_or(0, String::len);
        let event = KeyEvent { key, mods: Mods::from_bits(held), kind, shifted, base, text };
        let mut out = Vec::new();
        encode_key(&event, InputModes::from_bits(bits), &mut out);
        prop_assert!(out.len() <= MAX_KEY_BYTES + 8 * length);
    }

    #[test]
    fn mouse_never_panics(
        bits in any::<u64>(),
        held in any::<u8>(),
        place in any::<(u16, u16, u32, u32)>(),
        kind in 0..3,
        button in proptest::option::of(proptest::sample::select(MouseButton::ALL.as_slice())),
    ) {
        let event = MouseEvent {
            kind: [MouseKind::Press, MouseKind::Release, MouseKind::Motion][kind as usize],
            button,
            mods: Mods::from_bits(held),
            col: place.0,
            row: place.1,
            x_px: place.2,
            y_px: place.3,
        };
        let mut out = Vec::new();
        encode_mouse(&event, InputModes::from_bits(bits), &mut MouseState::default(), &mut out);
        prop_assert!(out.len() <= MAX_KEY_BYTES);
    }
}
