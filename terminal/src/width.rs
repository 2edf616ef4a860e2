//! How many cells text takes, and where one grapheme cluster ends: extended grapheme clusters of UAX 29 (by
//! unicode-segmentation) and the widths of unicode-width, both by the tables of Unicode 17. Kept apart
//! because the whole emulator must agree on it and nothing else may guess. Ambiguous characters are narrow, a
//! soft hyphen takes no cell, VS16 widens and VS15 narrows its base.

use unicode_segmentation::GraphemeCursor;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Bytes of a text that is segmented without an allocation: more than any cluster that people write.
const ON_STACK: usize = 128;

/// Cells taken by one whole grapheme cluster: 0, 1 or 2. Never the sum over its characters.
#[must_use]
pub fn cluster_width(cluster: &str) -> usize {
    match cluster.as_bytes() {
        [byte] => usize::from((0x20..0x7f).contains(byte)),
        _ => cluster.width().min(2),
    }
}

/// Cells taken by one code point on its own (mode 2027 off): 0 for controls and combining characters, 1 or 2.
#[must_use]
pub fn char_width(character: char) -> usize {
    match character {
        ' '..='~' => 1,
        // A sign of Khmer is three cells wide, which no terminal has.
        _ => character.width().map_or(0, |cells| cells.min(2)),
    }
}

/// Whether `next` continues the cluster `previous` rather than beginning one of its own (UAX 29). `previous`
/// must begin at a cluster boundary; an empty one is continued by nothing.
#[must_use]
pub fn joins(previous: &str, next: char) -> bool {
    if previous.is_empty() {
        return false;
    }
    // One text, because the cursor is wrong about a prepended mark before a control when they come in chunks.
    let mut buffer = [0; ON_STACK];
    let (start, end) = (previous.len(), previous.len() + next.len_utf8());
    if end > ON_STACK {
        return !is_boundary(&format!("{previous}{next}"), start);
    }
    buffer[..start].copy_from_slice(previous.as_bytes());
    next.encode_utf8(&mut buffer[start..]);
    str::from_utf8(&buffer[..end]).is_ok_and(|text| !is_boundary(text, start))
}

fn is_boundary(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0) != Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    /// The clusters that terminals disagree on, with the width that Unicode and the text-sizing rule give.
    const CLUSTERS: [(&str, usize); 19] = [
        ("\u{6f22}", 2),                                                        // wide CJK
        ("\u{1f600}", 2),                                                       // emoji
        ("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}", 2),    // ZWJ family
        ("\u{1f1eb}\u{1f1f7}", 2),                                              // flag
        ("\u{1f44d}\u{1f3fd}", 2),                                              // skin tone
        ("\u{2764}\u{fe0f}", 2),                                                // VS16 heart
        ("\u{2764}", 1),                                                        // text heart
        ("\u{231a}\u{fe0e}", 1),                                                // VS15 on wide
        ("1\u{fe0f}\u{20e3}", 2),                                               // keycap
        ("e\u{301}", 1),                                                        // combining accent
        ("\u{915}\u{94d}\u{937}", 2),                                           // Devanagari ksha
        ("\u{1112}\u{1161}\u{11ab}", 2),                                        // Hangul jamo
        ("\u{a1}", 1),                                                          // ambiguous
        ("\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}", 2),                              // rainbow flag
        ("\u{fe0f}", 0),                                                        // lone VS16
        ("\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", 2), // tag flag
        ("\u{1fae9}", 2),                                                       // Unicode 16
        ("\u{1faea}", 2),                                                       // Unicode 17
        ("\u{4dc0}", 2),                                                        // I Ching, wide since 16
    ];

    #[test]
    fn clusters_have_the_width_of_unicode() {
        for (cluster, width) in CLUSTERS {
            assert_eq!(cluster_width(cluster), width, "{cluster:?}");
            let mut so_far = String::new();
            for character in cluster.chars() {
                assert!(so_far.is_empty() || joins(&so_far, character), "{cluster:?} breaks");
                so_far.push(character);
            }
        }
    }

    #[test]
    fn a_soft_hyphen_is_a_cluster_of_no_width() {
        assert!(!joins("a", '\u{ad}'));
        assert!(!joins("\u{ad}", 'b'));
        assert_eq!([cluster_width("a"), cluster_width("\u{ad}"), char_width('\u{ad}')], [1, 0, 0]);
    }

    #[test]
    fn code_points_on_their_own() {
        for (character, width) in [
            ('a', 1),
            ('\u{301}', 0),
            ('\u{6f22}', 2),
            ('\u{200d}', 0),
            ('\0', 0),
            ('\u{7f}', 0),
            ('\u{9b}', 0),
            ('\u{17d8}', 2),
        ] {
            assert_eq!(char_width(character), width, "{character:?}");
        }
        assert_eq!([cluster_width(""), cluster_width("\x1b")], [0, 0]);
    }

    #[test]
    fn flags_pair_up() {
        assert!(joins("\u{1f1eb}", '\u{1f1f7}'));
        assert!(!joins("\u{1f1eb}\u{1f1f7}", '\u{1f1e9}'));
        assert!(!joins("", 'a'));
    }

    /// Characters that exercise every rule of UAX 29, mixed with any others.
    fn character() -> impl Strategy<Value = char> {
        let telling = "a\r\n\u{ad}\u{a9}\u{300}\u{200d}\u{fe0f}\u{1f600}\u{1f3fd}\u{1f1eb}\u{1f1f7}\
                       \u{3b1}\u{44f}\u{3042}\u{30a2}\u{6f22}\u{1100}\u{1161}\u{11a8}\u{ac00}\
                       \u{915}\u{94d}\u{937}\u{600}\u{903}\u{e0067}\u{20e3}";
        prop_oneof![proptest::sample::select(telling.chars().collect::<Vec<_>>()), any::<char>()]
    }

    fn text() -> impl Strategy<Value = String> {
        proptest::collection::vec(character(), 1..12).prop_map(String::from_iter)
    }

    #[test]
    fn long_clusters_go_on() {
        let long = format!("a{}", "\u{301}".repeat(ON_STACK));
        assert!(joins(&long, '\u{301}') && !joins(&long, 'b'));
    }

    proptest! {
        #[test]
        fn joins_is_what_segmenting_the_whole_text_says(text in text()) {
            let mut clusters: Vec<String> = Vec::new();
            for character in text.chars() {
                match clusters.last_mut() {
                    Some(cluster) if joins(cluster, character) => cluster.push(character),
                    _ => clusters.push(character.to_string()),
                }
            }
            let whole: Vec<&str> = text.graphemes(true).collect();
            prop_assert_eq!(clusters, whole);
        }

        #[test]
        fn widths_are_0_1_or_2(text in any::<String>()) {
            prop_assert!(cluster_width(&text) <= 2);
            prop_assert!(text.chars().all(|c| char_width(c) <= 2));
        }
    }
}
