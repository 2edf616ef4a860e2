//! As much of Rust as is needed to find the texts in a source: names, string literals, and single signs between them.
//! `xgettext` reads the sources as C; this reads them again, so that nothing it does not understand is lost.

use std::path::Path;

/// A piece of a source.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Name(String),
    /// A string literal, as the program has it.
    Text(String),
    Sign(char),
}

/// Each source of the program with its tokens, without unit tests.
pub fn all() -> Vec<(String, Vec<Token>)> {
    let mut sources = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    assert!(sources.len() > 10, "these are not the sources");
    sources
}

fn below(directory: &Path, sources: &mut Vec<(String, Vec<Token>)>) {
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            below(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let source = std::fs::read_to_string(&path).expect("a source");
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            sources.push((path.display().to_string(), tokens(source)));
        }
    }
}

fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some((text, length)) = raw(rest) {
            tokens.push(Token::Text(text));
            length
        } else if first == '"' {
            let (text, length) = literal(rest);
            tokens.push(Token::Text(text));
            length
        } else if first == '\'' {
            character(rest)
        } else if first.is_alphanumeric() || first == '_' {
            let part = |character: char| character.is_alphanumeric() || character == '_';
            let length = rest.find(|character| !part(character)).unwrap_or(rest.len());
            // `b"…"` and `c"…"` are no text.
            if rest[length..].starts_with('"') {
                length + literal(&rest[length..]).1
            } else {
                tokens.push(Token::Name(rest[..length].to_owned()));
                length
            }
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Sign(first));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// A raw string at the beginning, and how long it is.
fn raw(source: &str) -> Option<(String, usize)> {
    let after = source.strip_prefix('r')?;
    let marks = after.len() - after.trim_start_matches('#').len();
    let inside = after[marks..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(marks));
    let length = inside.find(&end)?;
    Some((inside[..length].to_owned(), 1 + marks + 1 + length + end.len()))
}

/// The string at the beginning, and how long it is.
fn literal(source: &str) -> (String, usize) {
    let mut text = String::new();
    let mut characters = source.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (text, at + 1),
            '\\' => match characters.next().expect("what is escaped").1 {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                '0' => text.push('\0'),
                'x' => {
                    let digits: String = characters.by_ref().take(2).map(|(_, digit)| digit).collect();
                    text.extend(char::from_u32(u32::from_str_radix(&digits, 16).expect("digits")));
                }
                'u' => {
                    let digits = characters.by_ref().skip(1).map(|(_, digit)| digit);
                    let digits: String = digits.take_while(|digit| *digit != '}').collect();
                    text.extend(char::from_u32(u32::from_str_radix(&digits, 16).expect("digits")));
                }
                '\n' => while characters.next_if(|(_, next)| next.is_whitespace()).is_some() {},
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
    panic!("a string without an end: {source}");
}

/// How long a character or a lifetime is.
fn character(source: &str) -> usize {
    let mut characters = source.char_indices().skip(1);
    let (_, first) = characters.next().expect("a character");
    if first == '\\' {
        characters.next();
        return source[3..].find('\'').map_or(source.len(), |end| 3 + end + 1);
    }
    match characters.next() {
        Some((at, '\'')) => at + 1,
        _ => 1,
    }
}
