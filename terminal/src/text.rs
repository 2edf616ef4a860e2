//! Text among bytes that may be anything, on its way to cells: runs of printable ASCII, and one character of UTF-8
//! at a time. Whoever makes cells needs each character anyhow; checking all bytes first would go over them twice.

/// How many bytes at the start are printable ASCII. Eight at a time as one word, where the text is short, and by
/// blocks, which the compiler turns into vector code.
#[inline]
pub(crate) fn printable_run(bytes: &[u8]) -> usize {
    const BLOCK: usize = 32;
    let printable = |byte: u8| byte.wrapping_sub(0x20) < 0x5f;
    let mut run = 0;
    while let Some(word) = bytes[run..].first_chunk() {
        let word = u64::from_le_bytes(*word);
        // The lowest byte that is marked is one; above it a carry may have marked others.
        let low = word.wrapping_sub(EACH * 0x20) & !word;
        let high = word | word.wrapping_add(EACH);
        let marks = (low | high) & (EACH * 0x80);
        if marks != 0 {
            return run + marks.trailing_zeros() as usize / 8;
        }
        run += 8;
        let blocks = bytes[run..].chunks_exact(BLOCK);
        run += BLOCK
            * blocks.take_while(|block| block.iter().fold(true, |all, byte| all & printable(*byte))).count();
    }
    bytes[run..].iter().position(|byte| !printable(*byte)).map_or(bytes.len(), |end| run + end)
}

/// 1 in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;

/// The character that these bytes begin with, and how many of them it takes; `None` where they begin with none, or
/// where its rest is missing.
#[inline(always)]
pub(crate) fn first_char(bytes: &[u8]) -> Option<(char, usize)> {
    let next = |byte: u8| (byte & 0xc0 == 0x80).then_some(u32::from(byte & 0x3f));
    match *bytes {
        [first @ ..0x80, ..] => Some((char::from(first), 1)),
        [first @ 0xc2..=0xdf, second, ..] => {
            Some((char::from_u32(u32::from(first & 0x1f) << 6 | next(second)?)?, 2))
        }
        [first @ 0xe0..=0xef, second, third, ..] => {
            let code = u32::from(first & 0x0f) << 12 | next(second)? << 6 | next(third)?;
            // Longer than need be is wrong; surrogates are no characters.
            if code < 0x800 { None } else { Some((char::from_u32(code)?, 3)) }
        }
        [first @ 0xf0..=0xf4, second, third, fourth, ..] => {
            let code =
                u32::from(first & 0x07) << 18 | next(second)? << 12 | next(third)? << 6 | next(fourth)?;
            if code < 0x1_0000 { None } else { Some((char::from_u32(code)?, 4)) }
        }
        _ => None,
    }
}

/// The character that these bytes end with.
#[inline]
pub(crate) fn last_char(bytes: &[u8]) -> Option<char> {
    let place = bytes.iter().rposition(|byte| byte & 0xc0 != 0x80)?;
    first_char(&bytes[place..]).map(|(character, _)| character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_the_library(bytes: &[u8]) -> Option<(char, usize)> {
        let valid = bytes.utf8_chunks().next()?.valid();
        valid.chars().next().map(|character| (character, character.len_utf8()))
    }

    #[test]
    fn printable_runs_end_where_they_should() {
        for length in 0..100 {
            let mut bytes = vec![b'~'; length];
            assert_eq!(printable_run(&bytes), length);
            for end in [0x1b, 0x7f, 0x80, 0x0a, 0x1f] {
                bytes.push(end);
                bytes.extend_from_slice(&[b' '; 40]);
                assert_eq!(printable_run(&bytes), length);
                bytes.truncate(length);
            }
        }
    }

    #[test]
    fn every_character_is_read_back() {
        for character in char::MIN..=char::MAX {
            let mut buffer = [b'x'; 5];
            let length = character.encode_utf8(&mut buffer).len();
            assert_eq!(first_char(&buffer), Some((character, length)));
            assert_eq!(first_char(&buffer[..length]), Some((character, length)));
            assert_eq!(first_char(&buffer[..length - 1]), None);
            assert_eq!(last_char(&buffer[..length]), Some(character));
        }
    }

    #[test]
    fn every_two_bytes_and_what_may_follow() {
        for (first, second) in (0..=255u8).flat_map(|first| (0..=255u8).map(move |second| (first, second))) {
            for rest in [[0x80, 0x80], [0xbf, 0xbf], [0xbf, b'a'], [b'a', 0x80], [0xc2, 0x80]] {
                let bytes = [first, second, rest[0], rest[1]];
                assert_eq!(first_char(&bytes), by_the_library(&bytes), "{bytes:x?}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..6)) {
            prop_assert_eq!(first_char(&bytes), by_the_library(&bytes));
        }
    }
}
