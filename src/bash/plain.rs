//! Plain text among the words: words in which nothing is expanded, and what may name a variable.

use super::syntax::{Part, PartKind, Word};

impl Word {
    /// The text of a word in which nothing is expanded, without its quotes; else `None`.
    pub fn plain(&self) -> Option<String> {
        fn add(parts: &[Part], text: &mut String) -> bool {
            parts.iter().all(|part| match &part.kind {
                PartKind::Literal(plain) | PartKind::Quoted(plain) => {
                    text.push_str(plain);
                    true
                }
                PartKind::DoubleQuoted(inner) => add(inner, text),
                _ => false,
            })
        }
        let mut text = String::new();
        add(&self.parts, &mut text).then_some(text)
    }
}

/// Whether a text is the name of a variable, and nothing more.
pub fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
