//! What a viewer reads in a frame about input is what the emulator wrote there.

use scarab_protocol::grid::modes::{Modes, Mouse};
use scarab_terminal::input::{InputModes, MouseTracking};

#[test]
fn the_bits_are_the_emulators() {
    for (tracking, mouse) in [
        (MouseTracking::Off, Mouse::Off),
        (MouseTracking::Normal, Mouse::Buttons),
        (MouseTracking::Button, Mouse::Drag),
        (MouseTracking::Any, Mouse::Motion),
    ] {
        let modes = InputModes {
            mouse: tracking,
            alternate_scroll: true,
            bracketed_paste: true,
            modify_other_keys: 2,
            kitty: 21,
            ..InputModes::default()
        };
        let seen = Modes::new(modes.to_bits());
        assert_eq!((seen.mouse(), seen.alternate_scroll(), seen.bracketed_paste()), (mouse, true, true));
        assert_eq!((seen.other_keys(), seen.kitty()), (2, 21));
    }
    let none = InputModes { alternate_scroll: false, ..InputModes::default() };
    let seen = Modes::new(none.to_bits());
    assert_eq!((seen.mouse(), seen.alternate_scroll(), seen.bracketed_paste()), (Mouse::Off, false, false));
    assert_eq!((seen.other_keys(), seen.kitty()), (0, 0));
}
