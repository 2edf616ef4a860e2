//! The modes that SM, RM, DECSET and DECRST switch. What a mode does stands where it does it; here are
//! their names, numbers, initial states, and what DECRQM says of them.

use crate::checkpoint::{Damaged, Reader, Saved, VERSION};

/// A mode, and its bit in [`Modes`]. In checkpoints the bits stay theirs for good: a new mode comes last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Mode {
    /// ANSI 2, KAM.
    KeyboardLock,
    /// ANSI 4, IRM.
    Insert,
    /// ANSI 12, SRM: set is without local echo.
    SendReceive,
    /// ANSI 20, LNM.
    Newline,
    /// DECCKM.
    ApplicationCursor,
    /// DECCOLM. While somebody looks the width is the viewers' business, and it only clears the screen.
    Columns132,
    /// DECSCLM.
    SmoothScroll,
    /// DECSCNM.
    ReverseVideo,
    /// DECOM.
    Origin,
    /// DECAWM.
    AutoWrap,
    /// DECARM.
    AutoRepeat,
    /// Mouse: presses only.
    MouseX10,
    /// The cursor blinks.
    CursorBlink,
    /// DECPFF.
    PrintFormFeed,
    /// DECPEX.
    PrintExtent,
    /// DECTCEM.
    CursorVisible,
    /// 132 columns are allowed.
    AllowColumns,
    /// The work-around for more(1).
    MoreFix,
    /// DECNRCM.
    NationalCharsets,
    /// Backspace goes back over a line's start, as terminfo's `bw` says. xterm since 383 stops at hard line ends here.
    ReverseWrap,
    /// DECNKM.
    ApplicationKeypad,
    /// DECBKM.
    BackarrowIsBackspace,
    /// DECLRMM.
    LeftRightMargins,
    /// DECNCSM: DECCOLM does not clear.
    NoClearOnColumns,
    /// Mouse: presses and releases.
    MouseNormal,
    /// Mouse: motion with a button held too.
    MouseButton,
    /// Mouse: all motion.
    MouseAny,
    /// Focus reports.
    FocusEvents,
    /// Mouse coordinates as UTF-8.
    MouseUtf8,
    /// Mouse reports in SGR form.
    MouseSgr,
    /// The wheel sends arrows on the alternate screen.
    AlternateScroll,
    /// Mouse reports in urxvt's form.
    MouseUrxvt,
    /// Mouse reports in SGR form, in pixels.
    MouseSgrPixels,
    /// Meta sets the eighth bit.
    EightBitMeta,
    /// Meta sends ESC first.
    MetaEscape,
    /// Alt sends ESC first.
    AltEscape,
    /// A bell marks the window urgent.
    BellIsUrgent,
    /// The same by the number that xterm gave it when it narrowed the other one.
    ReverseWrapExtended,
    /// The alternate screen (47).
    AlternateScreen,
    /// The alternate screen, cleared when left (1047).
    AlternateScreenClear,
    /// The saved cursor (1048).
    SavedCursor,
    /// The alternate screen with a saved cursor, cleared when entered (1049).
    AlternateScreenCursor,
    /// Pastes are bracketed.
    BracketedPaste,
    /// A synchronized update is under way.
    Synchronized,
    /// Characters are joined to grapheme clusters.
    GraphemeClusters,
    /// Changes between dark and light are reported.
    ColourScheme,
    /// Changes of size are reported in the stream.
    ResizeReports,
    /// Keys change the font (rxvt); kept, since the font is the viewer's.
    FontKeys,
    /// Mouse: xterm's highlight tracking; kept, since a selection is the viewer's.
    MouseHighlight,
    /// Num Lock has the keypad type digits, whatever the application keypad says.
    NumLockModifier,
    /// Delete sends DEL.
    DeleteIsDel,
}

/// ANSI mode numbers.
const ANSI: [(u16, Mode); 4] =
    [(2, Mode::KeyboardLock), (4, Mode::Insert), (12, Mode::SendReceive), (20, Mode::Newline)];

/// ANSI modes that no terminal since the VT220 can set; DECRQM says "permanently reset".
const ANSI_FIXED: [u16; 14] = [1, 3, 5, 7, 10, 11, 13, 14, 15, 16, 17, 18, 19, 21];

/// DEC's and xterm's private mode numbers.
const PRIVATE: [(u16, Mode); 47] = [
    (1, Mode::ApplicationCursor),
    (3, Mode::Columns132),
    (4, Mode::SmoothScroll),
    (5, Mode::ReverseVideo),
    (6, Mode::Origin),
    (7, Mode::AutoWrap),
    (8, Mode::AutoRepeat),
    (9, Mode::MouseX10),
    (12, Mode::CursorBlink),
    (18, Mode::PrintFormFeed),
    (19, Mode::PrintExtent),
    (25, Mode::CursorVisible),
    (35, Mode::FontKeys),
    (40, Mode::AllowColumns),
    (41, Mode::MoreFix),
    (42, Mode::NationalCharsets),
    (45, Mode::ReverseWrap),
    (47, Mode::AlternateScreen),
    (66, Mode::ApplicationKeypad),
    (67, Mode::BackarrowIsBackspace),
    (69, Mode::LeftRightMargins),
    (95, Mode::NoClearOnColumns),
    (1000, Mode::MouseNormal),
    (1001, Mode::MouseHighlight),
    (1002, Mode::MouseButton),
    (1003, Mode::MouseAny),
    (1004, Mode::FocusEvents),
    (1005, Mode::MouseUtf8),
    (1006, Mode::MouseSgr),
    (1007, Mode::AlternateScroll),
    (1015, Mode::MouseUrxvt),
    (1016, Mode::MouseSgrPixels),
    (1034, Mode::EightBitMeta),
    (1035, Mode::NumLockModifier),
    (1036, Mode::MetaEscape),
    (1037, Mode::DeleteIsDel),
    (1039, Mode::AltEscape),
    (1042, Mode::BellIsUrgent),
    (1045, Mode::ReverseWrapExtended),
    (1047, Mode::AlternateScreenClear),
    (1048, Mode::SavedCursor),
    (1049, Mode::AlternateScreenCursor),
    (2004, Mode::BracketedPaste),
    (2026, Mode::Synchronized),
    (2027, Mode::GraphemeClusters),
    (2031, Mode::ColourScheme),
    (2048, Mode::ResizeReports),
];

impl Mode {
    /// The ANSI mode with this number.
    pub fn from_ansi(number: u16) -> Option<Self> {
        ANSI.iter().find(|(known, _)| *known == number).map(|(_, mode)| *mode)
    }

    /// The private mode with this number.
    pub fn from_private(number: u16) -> Option<Self> {
        PRIVATE.iter().find(|(known, _)| *known == number).map(|(_, mode)| *mode)
    }

    /// Whether DECRQM answers "permanently reset" for this ANSI mode.
    pub(crate) fn is_fixed_ansi(number: u16) -> bool {
        ANSI_FIXED.contains(&number)
    }

    const fn bit(self) -> u64 {
        1 << self as u8
    }

    /// The modes of which only one can be set: setting it resets the others.
    fn rivals(self) -> &'static [Self] {
        const TRACKING: [Mode; 4] = [Mode::MouseX10, Mode::MouseNormal, Mode::MouseButton, Mode::MouseAny];
        const ENCODING: [Mode; 4] = [Mode::MouseUtf8, Mode::MouseSgr, Mode::MouseUrxvt, Mode::MouseSgrPixels];
        if TRACKING.contains(&self) {
            &TRACKING
        } else if ENCODING.contains(&self) {
            &ENCODING
        } else {
            &[]
        }
    }

    /// Whether it changes how input is encoded or what viewers must know of.
    pub(crate) fn concerns_viewers(self) -> bool {
        !matches!(
            self,
            Self::Insert
                | Self::Origin
                | Self::AutoWrap
                | Self::LeftRightMargins
                | Self::Synchronized
                | Self::SavedCursor
                | Self::AllowColumns
                | Self::Columns132
                | Self::CursorVisible
                | Self::CursorBlink
                | Self::FontKeys
                | Self::MouseHighlight
        )
    }
}

/// Which modes are set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Modes(u64);

impl Saved for Modes {
    fn save(&self, to: &mut Vec<u8>) {
        let Self(bits) = self;
        // Version 1 ends before this one.
        let known = if VERSION < 2 { Mode::FontKeys.bit() - 1 } else { u64::MAX };
        (bits & known).save(to);
    }

    fn load(from: &mut Reader<'_>) -> Result<Self, Damaged> {
        let mut modes = Self(u64::load(from)?);
        // Version 1 had no such mode, and did as if it were set.
        if from.version < 2 {
            modes.store(Mode::NumLockModifier, true);
        }
        Ok(modes)
    }
}

impl Modes {
    pub(crate) fn new(grapheme_clusters: bool) -> Self {
        let mut modes = Self(0);
        for mode in [
            Mode::SendReceive,
            Mode::AutoWrap,
            Mode::AutoRepeat,
            Mode::CursorVisible,
            Mode::PrintExtent,
            Mode::AlternateScroll,
            Mode::MetaEscape,
            Mode::NumLockModifier,
        ] {
            modes.set(mode, true);
        }
        modes.set(Mode::GraphemeClusters, grapheme_clusters);
        modes
    }

    /// Whether a mode is set.
    #[inline]
    pub const fn is_set(&self, mode: Mode) -> bool {
        self.0 & mode.bit() != 0
    }

    /// Sets or resets a mode and no other.
    pub(crate) fn store(&mut self, mode: Mode, on: bool) {
        if on {
            self.0 |= mode.bit();
        } else {
            self.0 &= !mode.bit();
        }
    }

    /// Sets or resets a mode, and resets those that exclude it.
    pub(crate) fn set(&mut self, mode: Mode, on: bool) {
        if on {
            for rival in mode.rivals() {
                self.0 &= !rival.bit();
            }
        }
        self.store(mode, on);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_has_its_own_bit_and_number() {
        let mut seen = 0u64;
        for (number, mode) in ANSI.iter().chain(&PRIVATE) {
            assert_eq!(seen & mode.bit(), 0, "{number}");
            seen |= mode.bit();
        }
        assert_eq!(seen, Mode::DeleteIsDel.bit() * 2 - 1);
    }

    #[test]
    fn one_mouse_mode_at_a_time() {
        let mut modes = Modes::new(true);
        modes.set(Mode::MouseNormal, true);
        modes.set(Mode::MouseSgr, true);
        modes.set(Mode::MouseAny, true);
        assert!(modes.is_set(Mode::MouseAny) && !modes.is_set(Mode::MouseNormal));
        assert!(modes.is_set(Mode::MouseSgr));
    }
}
