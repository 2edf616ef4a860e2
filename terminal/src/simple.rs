//! Characters of which it is known without Unicode's tables how wide they are and what they join: most of what
//! is ever printed. Whatever is not listed here is looked up ([`crate::width`]), so that a gap costs time and
//! an error costs the tests below, which compare every entry with those tables.

use crate::cluster::Clusters;
use crate::text::first_char;
use crate::width::cluster_width;

/// The zero-width joiner, which glues two pictographs together.
pub(crate) const ZWJ: char = '\u{200d}';
/// VS15: the character before is shown as text, which makes a wide one narrow.
pub(crate) const TEXT_STYLE: char = '\u{fe0e}';
/// VS16: the character before is shown as a picture, which makes a narrow one wide.
const PICTURE_STYLE: char = '\u{fe0f}';

/// What is known of a character.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// Nothing: it needs a look.
    Unsure,
    /// Simple, one column: of two simple ones next to each other none ever joins the other (UAX 29:
    /// Grapheme_Cluster_Break is Other, LV or LVT, and no conjunct).
    Narrow,
    /// Simple, two columns.
    Wide,
    /// One of the usual characters that UAX 29 joins to whatever stands before (Extend, ZWJ).
    Extension,
}

/// From and to, both included.
type Range = (char, char);

const NARROW: [Range; 19] = [
    (' ', '~'),
    // Latin, without the soft hyphen.
    ('\u{a0}', '\u{ac}'),
    ('\u{ae}', '\u{2ff}'),
    ('\u{1e00}', '\u{1eff}'),
    // Greek and Cyrillic, without the combining Cyrillic signs.
    ('\u{390}', '\u{3a1}'),
    ('\u{3a3}', '\u{482}'),
    ('\u{48a}', '\u{52f}'),
    // Dashes, quotes and bullets; currencies; arrows and mathematics.
    ('\u{2010}', '\u{2027}'),
    ('\u{2030}', '\u{205e}'),
    ('\u{20a0}', '\u{20c0}'),
    ('\u{2190}', '\u{2319}'),
    // Lines, blocks and shapes; check marks and hearts; Braille.
    ('\u{2500}', '\u{25fc}'),
    ('\u{270c}', '\u{2727}'),
    ('\u{2758}', '\u{2775}'),
    ('\u{2800}', '\u{28ff}'),
    // For private use: the symbols of prompts and file managers.
    ('\u{e000}', '\u{f8ff}'),
    // Pictographs that are narrow, among those below, without the skin tones.
    ('\u{1f300}', '\u{1f3fa}'),
    ('\u{1f400}', '\u{1f5ff}'),
    ('\u{1f6e0}', '\u{1f6ea}'),
];

const WIDE: [Range; 7] = [
    // Ideographs, Hangul syllables.
    ('\u{3400}', '\u{9fff}'),
    ('\u{ac00}', '\u{d7a3}'),
    // Their punctuation, kana.
    ('\u{3001}', '\u{3029}'),
    ('\u{3041}', '\u{3096}'),
    ('\u{309b}', '\u{30ff}'),
    ('\u{ff01}', '\u{ff60}'),
    ('\u{ffe0}', '\u{ffe6}'),
];

/// Pictographs that are wide by themselves.
const EMOJI: [Range; 28] = [
    ('\u{1f300}', '\u{1f320}'),
    ('\u{1f32d}', '\u{1f335}'),
    ('\u{1f337}', '\u{1f37c}'),
    ('\u{1f37e}', '\u{1f393}'),
    ('\u{1f3a0}', '\u{1f3ca}'),
    ('\u{1f3cf}', '\u{1f3d3}'),
    ('\u{1f3e0}', '\u{1f3f0}'),
    ('\u{1f3f4}', '\u{1f3f4}'),
    ('\u{1f3f8}', '\u{1f3fa}'),
    ('\u{1f400}', '\u{1f43e}'),
    ('\u{1f440}', '\u{1f440}'),
    ('\u{1f442}', '\u{1f4fc}'),
    ('\u{1f4ff}', '\u{1f53d}'),
    ('\u{1f54b}', '\u{1f54e}'),
    ('\u{1f550}', '\u{1f567}'),
    ('\u{1f57a}', '\u{1f57a}'),
    ('\u{1f595}', '\u{1f596}'),
    ('\u{1f5a4}', '\u{1f5a4}'),
    ('\u{1f5fb}', '\u{1f64f}'),
    ('\u{1f680}', '\u{1f6c5}'),
    ('\u{1f6f4}', '\u{1f6fc}'),
    ('\u{1f7e0}', '\u{1f7eb}'),
    ('\u{1f90c}', '\u{1f93a}'),
    ('\u{1f93c}', '\u{1f945}'),
    ('\u{1f947}', '\u{1f9ff}'),
    ('\u{1fa70}', '\u{1fa7c}'),
    ('\u{1fa90}', '\u{1fabd}'),
    ('\u{1fad0}', '\u{1fadb}'),
];

/// Accents; what encloses; ZWJ and the selectors of styles; skin tones.
const EXTENSIONS: [Range; 5] = [
    ('\u{300}', '\u{36f}'),
    ('\u{20d0}', '\u{20f0}'),
    (ZWJ, ZWJ),
    (TEXT_STYLE, PICTURE_STYLE),
    ('\u{1f3fb}', '\u{1f3ff}'),
];

/// Classes of neighbouring characters, two bits each: few enough bytes to stay in a processor's first cache,
/// whatever languages are mixed.
struct Classes<const BYTES: usize> {
    first: usize,
    packed: [u8; BYTES],
}

impl<const BYTES: usize> Classes<BYTES> {
    const fn new(first: usize) -> Self {
        let classes = Self { first, packed: [0; BYTES] };
        // The wide ones stand among narrow ones, and the skin tones among both.
        classes.with(&NARROW, 1).with(&WIDE, 2).with(&EMOJI, 2).with(&EXTENSIONS, 3)
    }

    const fn with(mut self, ranges: &[Range], class: u8) -> Self {
        let mut range = 0;
        while range < ranges.len() {
            let mut code = ranges[range].0 as usize;
            while code <= ranges[range].1 as usize {
                if code >= self.first && code - self.first < 4 * BYTES {
                    let place = code - self.first;
                    let shift = 2 * (place % 4);
                    self.packed[place / 4] = self.packed[place / 4] & !(3 << shift) | class << shift;
                }
                code += 1;
            }
            range += 1;
        }
        self
    }

    #[inline]
    fn get(&self, code: usize) -> Class {
        let place = code.wrapping_sub(self.first);
        match self.packed.get(place / 4).map_or(0, |four| four >> (2 * (place % 4)) & 3) {
            1 => Class::Narrow,
            2 => Class::Wide,
            3 => Class::Extension,
            _ => Class::Unsure,
        }
    }
}

/// The basic plane.
static BASIC: Classes<{ 0x1_0000 / 4 }> = Classes::new(0);
/// The blocks of pictographs.
static PICTOGRAPHS: Classes<{ 0xc00 / 4 }> = Classes::new(0x1_f000);

/// What is known of a character.
#[inline]
pub(crate) fn class(character: char) -> Class {
    match character {
        ..'\u{10000}' => BASIC.get(character as usize),
        // The tags of regional flags.
        '\u{e0020}'..='\u{e007f}' => Class::Extension,
        _ => PICTOGRAPHS.get(character as usize),
    }
}

/// The width of a simple character. `None` for all that need a look.
#[inline]
pub(crate) fn simple_width(character: char) -> Option<usize> {
    match class(character) {
        Class::Narrow => Some(1),
        Class::Wide => Some(2),
        Class::Extension | Class::Unsure => None,
    }
}

/// Whether it joins whatever stands before, as far as that is known without a look.
#[inline]
pub(crate) fn is_extension(character: char) -> bool {
    class(character) == Class::Extension
}

/// A pictograph that is wide by itself.
fn is_emoji(character: char) -> bool {
    character >= '\u{1f000}' && class(character) == Class::Wide
}

/// One of the usual pictographs, which a ZWJ joins to each other.
fn is_pictograph(character: char) -> bool {
    // Hearts, the signs of gender and of professions.
    let narrow =
        matches!(character, '\u{2764}' | '\u{2640}' | '\u{2642}' | '\u{2695}' | '\u{2696}' | '\u{2708}');
    narrow || is_emoji(character)
}

/// An accent, which changes no width.
pub(crate) fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
}

/// A character of no width that is put on nothing: a zero-width space, marks of direction and the like.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

/// A cluster of several characters, taken from the front of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SimpleCluster {
    /// Its first character.
    pub(crate) base: char,
    /// Bytes of the text.
    pub(crate) bytes: usize,
    pub(crate) wide: bool,
    /// Only VS16 makes it wide.
    pub(crate) widened: bool,
    /// It ends in a ZWJ, which may glue another pictograph to it.
    pub(crate) open: bool,
}

/// Half of a flag.
pub(crate) fn is_regional(character: char) -> bool {
    matches!(character, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Whether a text is that and no more.
pub(crate) fn is_half_flag(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_regional) && chars.next().is_none()
}

/// A flag with nothing put on it.
fn leading_flag(text: &[u8]) -> Option<SimpleCluster> {
    const HALF: usize = 4;
    let half = |place: usize| first_char(text.get(place..)?).map(|(half, _)| half);
    let (base, _) = (half(0)?, half(HALF).filter(|half| is_regional(*half))?);
    // The next one, or its first half, joins no whole one.
    let alone = half(2 * HALF).is_none_or(|next| match class(next) {
        Class::Narrow | Class::Wide => true,
        Class::Unsure => is_regional(next) || next.is_ascii_control(),
        Class::Extension => false,
    });
    // The first half by itself is narrow.
    let flag = SimpleCluster { base, bytes: 2 * HALF, wide: true, widened: true, open: false };
    alone.then_some(flag)
}

/// The cluster that a text begins with, if it has several characters and none of them needs a look. Only those
/// whose width the first character decides, or VS16 right behind it, so that they come out as if printed one by
/// one.
pub(crate) fn leading_cluster(text: &[u8]) -> Option<SimpleCluster> {
    let (base, length) = first_char(text)?;
    if is_regional(base) {
        return leading_flag(text);
    }
    let wide = simple_width(base)? == 2;
    let mut cluster = SimpleCluster { base, bytes: length, wide, widened: false, open: false };
    // Where the text is cut off or broken, the cluster ends for now.
    while let Some((character, length)) = first_char(&text[cluster.bytes..]) {
        match class(character) {
            Class::Extension => {
                if !cluster.wide && character == PICTURE_STYLE && cluster.bytes == base.len_utf8() {
                    let mut buffer = [0; 8];
                    let base = base.encode_utf8(&mut buffer).len();
                    character.encode_utf8(&mut buffer[base..]);
                    let both = str::from_utf8(&buffer[..base + length]).unwrap_or_default();
                    cluster.widened = cluster_width(both) == 2;
                    cluster.wide = cluster.widened;
                }
                let known = if cluster.wide { character != TEXT_STYLE } else { is_accent(character) };
                // Behind a ZWJ nothing but a pictograph is usual.
                if !known || cluster.open || cluster.bytes > Clusters::MAX_BYTES {
                    return None;
                }
                cluster.open = character == ZWJ;
            }
            _ if cluster.open => {
                if !(is_pictograph(base) && is_pictograph(character)) {
                    return None;
                }
                cluster.open = false;
            }
            Class::Narrow | Class::Wide => break,
            Class::Unsure if character.is_ascii_control() => break,
            Class::Unsure => return None,
        }
        cluster.bytes += length;
    }
    // Longer than one may be it is cut off, which needs a look.
    (cluster.bytes > base.len_utf8() && cluster.bytes <= Clusters::MAX_BYTES).then_some(cluster)
}

#[cfg(test)]
mod tests {
    use unicode_segmentation::UnicodeSegmentation;

    use super::*;
    use crate::width::char_width;

    fn all() -> impl Iterator<Item = char> {
        char::MIN..=char::MAX
    }

    #[test]
    fn simple_characters_have_their_width_and_join_nothing_simple() {
        for character in all() {
            let Some(width) = simple_width(character) else { continue };
            assert_eq!(width, char_width(character), "{character:?}");
            assert_eq!(width, cluster_width(&character.to_string()), "{character:?}");
            for other in ['a', '漢', '가', '각', '😀', character] {
                for text in [format!("{other}{character}"), format!("{character}{other}")] {
                    assert_eq!(text.graphemes(true).count(), 2, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn extensions_join_everything_simple() {
        for extension in all().filter(|character| is_extension(*character)) {
            for base in ['a', 'я', '漢', '가', '각', '─', '\u{e0b0}', '😀', '❤'] {
                assert_eq!(format!("{base}{extension}").graphemes(true).count(), 1, "{extension:?}");
            }
            // A joiner ends where another extension begins, and so does what it could have glued.
            assert_eq!(simple_width(extension), None, "{extension:?}");
        }
    }

    #[test]
    fn pictographs_are_glued() {
        for character in all().filter(|character| is_pictograph(*character)) {
            for text in [format!("😀\u{200d}{character}"), format!("{character}\u{301}\u{200d}😀")] {
                assert_eq!(text.graphemes(true).count(), 1, "{character:?}");
            }
        }
    }

    #[test]
    fn leading_clusters_are_those_of_the_whole_text() {
        for (text, cluster) in [
            ("e\u{301}x", Some("e\u{301}")),
            ("👍🏽👍", Some("👍🏽")),
            ("👩\u{200d}👩\u{200d}👧漢", Some("👩\u{200d}👩\u{200d}👧")),
            ("👩\u{200d}\u{2764}\u{fe0f}\u{200d}👩", Some("👩\u{200d}\u{2764}\u{fe0f}\u{200d}👩")),
            ("漢\u{301}", Some("漢\u{301}")),
            ("🇫🇷x", Some("🇫🇷")),
            ("🇫🇷🇩🇪", Some("🇫🇷")),
            ("🇫", None),
            ("🇫x", None),
            ("🇫🇷\u{301}", None),
            ("🇫🇷\u{903}", None),
            // One character, and what its neighbour, its width or the tables decide.
            ("漢字", None),
            ("x", None),
            ("", None),
            ("❤\u{fe0f}x", Some("❤\u{fe0f}")),
            ("❤\u{301}\u{fe0f}", None),
            ("é\u{fe0f}", None),
            ("⌚\u{fe0e}", None),
            ("👩\u{200d}x", None),
            ("漢\u{200d}👩", None),
            ("👩\u{200d}\u{fe0f}👩", None),
            ("漢\u{301}\u{903}", None),
        ] {
            let found = leading_cluster(text.as_bytes());
            assert_eq!(found.map(|found| &text[..found.bytes]), cluster, "{text:?}");
            if let Some(cluster) = cluster {
                assert_eq!(text.graphemes(true).next(), Some(cluster));
            }
        }
        assert!(leading_cluster("👩\u{200d}".as_bytes()).is_some_and(|cluster| cluster.open));
        let accents = |count| "e".to_owned() + &"\u{301}".repeat(count);
        let most = (Clusters::MAX_BYTES - 1) / 2;
        assert!(leading_cluster(accents(most).as_bytes()).is_some());
        assert_eq!(leading_cluster(accents(most + 1).as_bytes()), None);
    }
}
