//! Text and data out of operating system commands. One place decides what an OSC may put into a title, a
//! notification or a link, because all of them end on somebody's desktop: bounded, valid UTF-8, no controls.

use std::sync::LazyLock;

use data_encoding::{BASE64_NOPAD, Encoding};

/// How many lines a text may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// Line breaks become spaces.
    One,
    /// Line feeds stay.
    Many,
}

/// `bytes` as text of at most `limit` characters: invalid UTF-8 replaced, controls removed, as are the line
/// separators and directional overrides of Unicode, with which a title can lie about what it says.
pub(super) fn clean(bytes: &[u8], limit: usize, lines: Lines) -> String {
    let mut text = String::new();
    let mut room = limit;
    for chunk in bytes.utf8_chunks() {
        let replacement = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
        for character in chunk.valid().chars().chain(replacement) {
            if room == 0 {
                return text;
            }
            match character {
                '\n' if lines == Lines::Many => text.push('\n'),
                '\n' | '\t' => text.push(' '),
                c if c.is_control() || is_invisible_layout(c) => continue,
                c => text.push(c),
            }
            room -= 1;
        }
    }
    text
}

const fn is_invisible_layout(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Why base64 was not decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Undecoded {
    /// It is none.
    Malformed,
    /// It is longer than was allowed.
    TooLong,
}

/// Decodes base64 of at most `limit` bytes. Padding may be missing and white space is passed over, because
/// shells and `base64 -w76` produce both.
pub(super) fn base64(bytes: &[u8], limit: usize) -> Result<Vec<u8>, Undecoded> {
    static LENIENT: LazyLock<Encoding> = LazyLock::new(|| {
        let mut specification = BASE64_NOPAD.specification();
        specification.check_trailing_bits = false;
        specification.encoding().expect("the base64 of RFC 4648 with one check less")
    });
    let end = bytes.iter().rposition(|b| *b != b'=' && !b.is_ascii_whitespace()).map_or(0, |last| last + 1);
    let digits: Vec<u8> = bytes[..end].iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    if digits.len() / 4 * 3 > limit {
        return Err(Undecoded::TooLong);
    }
    let data = LENIENT.decode(&digits).map_err(|_| Undecoded::Malformed)?;
    if data.len() > limit { Err(Undecoded::TooLong) } else { Ok(data) }
}

/// Undoes percent encoding (RFC 3986). A percent sign that introduces nothing stands for itself.
pub(super) fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let digits =
            tail.first_chunk::<2>().and_then(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?));
        match digits {
            Some(byte) if *first == b'%' => {
                decoded.push(byte);
                rest = &tail[2..];
            }
            _ => {
                decoded.push(*first);
                rest = tail;
            }
        }
    }
    decoded
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Undoes the quoting that `printf %q` of bash and `${(q)…}` of zsh put around words: backslashes, both
/// quotes and `$'…'`. What is not closed ends with the text.
pub(super) fn shell_unquoted(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => plain.extend(bytes.next()),
            b'\'' => plain.extend(bytes.by_ref().take_while(|b| *b != b'\'')),
            b'"' => {
                while let Some(inner) = bytes.next().filter(|b| *b != b'"') {
                    match bytes.peek() {
                        Some(b'$' | b'`' | b'"' | b'\\') if inner == b'\\' => plain.extend(bytes.next()),
                        _ => plain.push(inner),
                    }
                }
            }
            b'$' if bytes.peek() == Some(&b'\'') => {
                bytes.next();
                while let Some(inner) = bytes.next().filter(|b| *b != b'\'') {
                    if inner == b'\\' {
                        c_escape(&mut bytes, &mut plain);
                    } else {
                        plain.push(inner);
                    }
                }
            }
            _ => plain.push(byte),
        }
    }
    plain
}

/// What follows the backslash in `$'…'`.
fn c_escape(bytes: &mut std::iter::Peekable<impl Iterator<Item = u8>>, plain: &mut Vec<u8>) {
    let Some(letter) = bytes.next() else { return };
    let mut number = |start: u32, radix: u32, most: u32| {
        let mut value = start;
        for _ in 0..most {
            let Some(digit) = bytes.peek().and_then(|b| char::from(*b).to_digit(radix)) else { break };
            value = value * radix + digit;
            bytes.next();
        }
        value
    };
    let byte = match letter {
        b'a' => 0x07,
        b'b' => 0x08,
        b'e' | b'E' => 0x1b,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'0'..=b'7' => number(u32::from(letter - b'0'), 8, 2) as u8,
        b'x' => number(0, 16, 2) as u8,
        b'u' | b'U' => {
            let most = if letter == b'u' { 4 } else { 8 };
            let character = char::from_u32(number(0, 16, most)).unwrap_or(char::REPLACEMENT_CHARACTER);
            plain.extend(character.encode_utf8(&mut [0; 4]).bytes());
            return;
        }
        other => other,
    };
    plain.push(byte);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_cleaned() {
        assert_eq!(clean(b"a\x1b[b\x07\x00c\tde\n", 99, Lines::One), "a[bc de ");
        assert_eq!(clean("x\u{9b}\u{202e}y\u{2028}z".as_bytes(), 99, Lines::One), "xyz");
        assert_eq!(clean(b"a\xff\xfeb", 99, Lines::One), "a\u{fffd}\u{fffd}b");
        assert_eq!(clean("\u{e9}\u{e9}\u{e9}".as_bytes(), 2, Lines::One), "\u{e9}\u{e9}");
        assert_eq!(clean(b"a\nb", 99, Lines::Many), "a\nb");
    }

    #[test]
    fn base64_is_lenient_and_bounded() {
        for (text, data) in [
            ("aGVsbG8=", Some("hello")),
            ("aGVsbG8", Some("hello")),
            ("aGVs\nbG8=\n", Some("hello")),
            ("aGVsbG9", Some("hello")),
            ("", Some("")),
            ("====", Some("")),
            ("a", None),
            ("aGV*bG8=", None),
            ("aG=s", None),
        ] {
            let expected = data.map(|d| d.as_bytes().to_vec()).ok_or(Undecoded::Malformed);
            assert_eq!(base64(text.as_bytes(), 5), expected, "{text}");
        }
        assert_eq!(base64(b"aGVsbG8=", 4), Err(Undecoded::TooLong));
        assert_eq!(base64(&[b'A'; 400], 4), Err(Undecoded::TooLong));
    }

    #[test]
    fn percent_encoding() {
        assert_eq!(percent_decoded(b"/a%20b%2Fc%e9%zz%4"), b"/a b/c\xe9%zz%4");
    }

    #[test]
    fn shell_quoting() {
        for (quoted, plain) in [
            (r"ls\ -l\;", "ls -l;"),
            (r"echo 'a b' c", "echo a b c"),
            (r#""a \"b\" \n $x""#, r#"a "b" \n $x"#),
            (r"$'a\nb\x41\101\u00e9\'c'", "a\nbAA\u{e9}'c"),
            (r"$HOME 'open", "$HOME open"),
            (r"end\", "end"),
        ] {
            assert_eq!(shell_unquoted(quoted.as_bytes()), plain.as_bytes(), "{quoted}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_nothing_grows(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(clean(&bytes, 50, Lines::One).chars().all(|c| !c.is_control()));
            prop_assert!(clean(&bytes, 50, Lines::Many).chars().count() <= 50);
            prop_assert!(percent_decoded(&bytes).len() <= bytes.len());
            prop_assert!(shell_unquoted(&bytes).len() <= bytes.len());
            prop_assert!(base64(&bytes, 64).map_or(true, |data| data.len() <= 64));
        }

        #[test]
        fn shell_escapes_do_not_panic(text in r"\$'([\\xuU0-9a-f'nq$]{0,30})") {
            let _ = shell_unquoted(text.as_bytes());
        }
    }
}
