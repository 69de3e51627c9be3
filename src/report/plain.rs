//! Text of unknown origin made fit for a terminal: a script's control characters must not drive the reader's screen.

use std::borrow::Cow;

/// `text` on one line: every control character is written as an escape.
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, is_unsafe)
}

/// `text` with its line feeds and tabs kept, every other control character written as an escape.
pub fn block(text: &str) -> Cow<'_, str> {
    escape(text, |c| is_unsafe(c) && c != '\n' && c != '\t')
}

/// Control characters (C0, DEL, C1), and what reorders or hides the text around it.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn escape(text: &str, must: impl Fn(char) -> bool) -> Cow<'_, str> {
    let printable = |byte: u8| (b' '..0x7f).contains(&byte);
    if text.bytes().all(printable) || !text.contains(&must) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if must(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::{block, line};

    #[test]
    fn an_escape_sequence_arrives_as_text() {
        assert_eq!(line("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\nc");
        assert_eq!(block("a\r\n\tb\u{202e}"), "a\\r\n\tb\\u{202e}");
        assert_eq!(line("näh ✓"), "näh ✓");
    }
}
