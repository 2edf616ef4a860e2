//! Palettes: those that are built in, and a person's own.

use super::colours::{Theme, rgb};
use crate::settings::{Palette, Settings};
use scarab_protocol::grid::Rgb;

/// Name, foreground, background, cursor, and the sixteen colours that have names.
type BuiltIn = (&'static str, u32, u32, u32, [u32; 16]);

/// GNOME's, as its terminals have it: people's eyes know it. The two blues are lighter: GNOME's darker one cannot be read
/// on a dark ground.
const GNOME: [u32; 16] = [
    0x1e1e1e, 0xc01c28, 0x26a269, 0xa2734c, 0x2a7bde, 0xa347ba, 0x2aa1b3, 0xcfcfcf, 0x5d5d5d, 0xf66151,
    0x33d17a, 0xe9ad0c, 0x62a0ea, 0xc061cb, 0x33c7de, 0xffffff,
];

/// The Tango Desktop Project's.
const TANGO: [u32; 16] = [
    0x2e3436, 0xcc0000, 0x4e9a06, 0xc4a000, 0x3465a4, 0x75507b, 0x06989a, 0xd3d7cf, 0x555753, 0xef2929,
    0x8ae234, 0xfce94f, 0x729fcf, 0xad7fa8, 0x34e2e2, 0xeeeeec,
];

/// Ethan Schoonover's Solarized: the same accents on both grounds.
const SOLARIZED: [u32; 16] = [
    0x073642, 0xdc322f, 0x859900, 0xb58900, 0x268bd2, 0xd33682, 0x2aa198, 0xeee8d5, 0x002b36, 0xcb4b16,
    0x586e75, 0x657b83, 0x839496, 0x6c71c4, 0x93a1a1, 0xfdf6e3,
];

/// Pavel Pertsev's Gruvbox.
const GRUVBOX_DARK: [u32; 16] = [
    0x282828, 0xcc241d, 0x98971a, 0xd79921, 0x458588, 0xb16286, 0x689d6a, 0xa89984, 0x928374, 0xfb4934,
    0xb8bb26, 0xfabd2f, 0x83a598, 0xd3869b, 0x8ec07c, 0xebdbb2,
];
const GRUVBOX_LIGHT: [u32; 16] = [
    0xfbf1c7, 0xcc241d, 0x98971a, 0xd79921, 0x458588, 0xb16286, 0x689d6a, 0x7c6f64, 0x928374, 0x9d0006,
    0x79740e, 0xb57614, 0x076678, 0x8f3f71, 0x427b58, 0x3c3836,
];

const BUILT_IN: [BuiltIn; 8] = [
    ("scarab-dark", 0xffffff, 0x1e1e1e, 0xffffff, GNOME),
    ("scarab-light", 0x1e1e1e, 0xffffff, 0x1e1e1e, GNOME),
    ("tango-dark", 0xd3d7cf, 0x2e3436, 0xd3d7cf, TANGO),
    ("tango-light", 0x2e3436, 0xeeeeec, 0x2e3436, TANGO),
    ("solarized-dark", 0x839496, 0x002b36, 0x839496, SOLARIZED),
    ("solarized-light", 0x657b83, 0xfdf6e3, 0x657b83, SOLARIZED),
    ("gruvbox-dark", 0xebdbb2, 0x282828, 0xebdbb2, GRUVBOX_DARK),
    ("gruvbox-light", 0x3c3836, 0xfbf1c7, 0x3c3836, GRUVBOX_LIGHT),
];

/// All names, a person's own first.
pub fn names(settings: &Settings) -> Vec<String> {
    settings.palettes.keys().cloned().chain(BUILT_IN.iter().map(|(name, ..)| (*name).to_owned())).collect()
}

/// The theme of a dark or a light desktop. A name that is none is the first palette that fits.
pub fn theme(settings: &Settings, dark: bool) -> Theme {
    let name = if dark { &settings.window.palette_dark } else { &settings.window.palette_light };
    if let Some(theme) = settings.palettes.get(name).and_then(own) {
        return theme;
    }
    let fallback = &BUILT_IN[usize::from(!dark)];
    let (_, foreground, background, cursor, named) =
        BUILT_IN.iter().find(|(known, ..)| known == name).unwrap_or(fallback);
    let background = rgb(*background);
    Theme {
        foreground: rgb(*foreground),
        background,
        cursor: rgb(*cursor),
        named: named.map(rgb),
        dark: is_dark(background),
    }
}

fn own(palette: &Palette) -> Option<Theme> {
    let foreground = parse(&palette.foreground)?;
    let background = parse(&palette.background)?;
    let cursor = palette.cursor.as_deref().and_then(parse).unwrap_or(foreground);
    let named = palette.colours.iter().map(|colour| parse(colour)).collect::<Option<Vec<_>>>()?;
    Some(Theme { foreground, background, cursor, named: named.try_into().ok()?, dark: is_dark(background) })
}

/// A dark ground is one that programs should write on with light colours: below the middle of its luma (ITU-R BT.601).
fn is_dark(Rgb { r, g, b }: Rgb) -> bool {
    299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b) < 128_000
}

fn parse(text: &str) -> Option<Rgb> {
    let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6)?;
    u32::from_str_radix(hex, 16).ok().map(rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_own_palette_comes_before_a_built_in_one() {
        let mut settings = Settings::default();
        settings.window.palette_dark = "mine".to_owned();
        assert_eq!(theme(&settings, true), theme(&Settings::default(), true), "a name that is none");
        let colours = vec!["#010203".to_owned(); 16];
        let mine = Palette {
            foreground: "#ffffff".to_owned(),
            background: "#123456".to_owned(),
            cursor: None,
            colours,
        };
        settings.palettes.insert("mine".to_owned(), mine);
        let theme = theme(&settings, true);
        assert_eq!((theme.background, theme.cursor), (rgb(0x123456), rgb(0xffffff)));
        assert_eq!(theme.named[15], rgb(0x010203));
        assert_eq!(names(&settings)[0], "mine");
    }

    #[test]
    fn palettes_know_whether_they_are_dark() {
        let settings = Settings::default();
        assert!(theme(&settings, true).dark && !theme(&settings, false).dark);
    }
}
