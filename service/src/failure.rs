//! Failed requests as the service's functions return them.

pub use scarab_protocol::message::answer::Failed as Failure;
use scarab_protocol::message::answer::FailureKind;

/// Longest message of a failure, in bytes: it quotes what was asked, which may have megabytes.
const MAX_MESSAGE: usize = 1024;

/// A failure of a kind, told in one line.
pub fn failed(kind: FailureKind, message: impl Into<String>) -> Failure {
    let mut message: String = message.into();
    cut(&mut message, MAX_MESSAGE);
    Failure { kind, message }
}

/// Cuts a text that has more than so many bytes, between characters, and marks that.
pub fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_quotes_too_much_is_cut_between_characters() {
        let Failure { message, .. } = failed(FailureKind::BadArgument, format!("a{}", "é".repeat(10_000)));
        assert!(message.len() <= MAX_MESSAGE + 3 && message.ends_with("é…"), "{}", message.len());
        assert_eq!(failed(FailureKind::BadArgument, "short").message, "short");
    }
}
