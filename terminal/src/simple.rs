//! Characters of which it is known without Unicode's tables how wide they are and what they join: most of what
//! is ever printed. Whatever is not listed here is looked up ([`crate::width`]), so that a gap costs time and
//! an error costs the tests below, which compare every entry with those tables.

use crate::width::cluster_width;

/// The zero-width joiner, which glues two pictographs together.
pub(crate) const ZWJ: char = '\u{200d}';
/// VS15: the character before is shown as text, which makes a wide one narrow.
pub(crate) const TEXT_STYLE: char = '\u{fe0e}';
/// VS16: the character before is shown as a picture, which makes a narrow one wide.
const PICTURE_STYLE: char = '\u{fe0f}';

/// The width of a simple character: of two of these next to each other none ever joins the other (UAX 29:
/// Grapheme_Cluster_Break is Other, LV or LVT, and no conjunct). `None` for all that need a look.
#[inline]
pub(crate) fn simple_width(character: char) -> Option<usize> {
    match character {
        ' '..='~' => Some(1),
        // Latin, without the soft hyphen.
        '\u{a0}'..='\u{ac}' | '\u{ae}'..='\u{2ff}' | '\u{1e00}'..='\u{1eff}' => Some(1),
        // Greek and Cyrillic, without the combining Cyrillic signs.
        '\u{390}'..='\u{3a1}' | '\u{3a3}'..='\u{482}' | '\u{48a}'..='\u{52f}' => Some(1),
        // Ideographs, Hangul syllables.
        '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => Some(2),
        // Their punctuation, kana.
        '\u{3001}'..='\u{3029}' | '\u{3041}'..='\u{3096}' | '\u{309b}'..='\u{30ff}' => Some(2),
        '\u{ff01}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' => Some(2),
        // Dashes, quotes and bullets; currencies; arrows and mathematics.
        '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{20a0}'..='\u{20c0}' => Some(1),
        '\u{2190}'..='\u{2319}' => Some(1),
        // Lines, blocks and shapes; check marks and hearts; Braille.
        '\u{2500}'..='\u{25fc}' | '\u{270c}'..='\u{2727}' | '\u{2758}'..='\u{2775}' => Some(1),
        '\u{2800}'..='\u{28ff}' => Some(1),
        // For private use: the symbols of prompts and file managers.
        '\u{e000}'..='\u{f8ff}' => Some(1),
        character if is_emoji(character) => Some(2),
        // The other pictographs of this block, without the skin tones.
        '\u{1f300}'..='\u{1f3fa}' | '\u{1f400}'..='\u{1f5ff}' | '\u{1f6e0}'..='\u{1f6ea}' => Some(1),
        _ => None,
    }
}

/// A pictograph that is wide by itself.
fn is_emoji(character: char) -> bool {
    matches!(character,
        '\u{1f300}'..='\u{1f320}' | '\u{1f32d}'..='\u{1f335}' | '\u{1f337}'..='\u{1f37c}'
        | '\u{1f37e}'..='\u{1f393}' | '\u{1f3a0}'..='\u{1f3ca}' | '\u{1f3cf}'..='\u{1f3d3}'
        | '\u{1f3e0}'..='\u{1f3f0}' | '\u{1f3f4}' | '\u{1f3f8}'..='\u{1f3fa}' | '\u{1f400}'..='\u{1f43e}'
        | '\u{1f440}' | '\u{1f442}'..='\u{1f4fc}' | '\u{1f4ff}'..='\u{1f53d}' | '\u{1f550}'..='\u{1f567}'
        | '\u{1f54b}'..='\u{1f54e}' | '\u{1f57a}' | '\u{1f595}'..='\u{1f596}' | '\u{1f5a4}' | '\u{1f5fb}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6c5}' | '\u{1f6f4}'..='\u{1f6fc}'
        | '\u{1f7e0}'..='\u{1f7eb}' | '\u{1f90c}'..='\u{1f93a}' | '\u{1f93c}'..='\u{1f945}'
        | '\u{1f947}'..='\u{1f9ff}' | '\u{1fa70}'..='\u{1fa7c}' | '\u{1fa90}'..='\u{1fabd}'
        | '\u{1fad0}'..='\u{1fadb}')
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

/// One of the usual characters that UAX 29 joins to whatever stands before (Extend, ZWJ).
#[inline]
pub(crate) fn is_extension(character: char) -> bool {
    // Most characters are told by this alone.
    if character < '\u{300}' || ('\u{2100}'..'\u{fe0e}').contains(&character) {
        return false;
    }
    is_accent(character)
        || matches!(character, ZWJ | TEXT_STYLE | PICTURE_STYLE | '\u{20d0}'..='\u{20f0}')
        || matches!(character, '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}')
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

/// The cluster that a text begins with, if it has several characters and none of them needs a look. Only those
/// whose width the first character decides, or VS16 right behind it, so that they come out as if printed one by
/// one.
pub(crate) fn leading_cluster(text: &str) -> Option<SimpleCluster> {
    let mut chars = text.char_indices();
    let (_, base) = chars.next()?;
    let wide = simple_width(base)? == 2;
    let mut cluster = SimpleCluster { base, bytes: 0, wide, widened: false, open: false };
    let mut several = false;
    for (place, character) in chars {
        if is_extension(character) {
            if !cluster.wide && character == PICTURE_STYLE && place == base.len_utf8() {
                cluster.widened = cluster_width(&text[..place + character.len_utf8()]) == 2;
                cluster.wide = cluster.widened;
            }
            let known = if cluster.wide { character != TEXT_STYLE } else { is_accent(character) };
            // Behind a ZWJ nothing but a pictograph is usual.
            if !known || cluster.open {
                return None;
            }
            cluster.open = character == ZWJ;
        } else if cluster.open {
            if !(is_pictograph(base) && is_pictograph(character)) {
                return None;
            }
            cluster.open = false;
        } else if simple_width(character).is_some() {
            cluster.bytes = place;
            return several.then_some(cluster);
        } else {
            return None;
        }
        several = true;
    }
    cluster.bytes = text.len();
    several.then_some(cluster)
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
            let found = leading_cluster(text);
            assert_eq!(found.map(|found| &text[..found.bytes]), cluster, "{text:?}");
            if let Some(cluster) = cluster {
                assert_eq!(text.graphemes(true).next(), Some(cluster));
            }
        }
        assert!(leading_cluster("👩\u{200d}").is_some_and(|cluster| cluster.open));
    }
}
