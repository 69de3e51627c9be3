//! Bytes, blanks, comments, line feeds and reserved words: the least that tokens are made of.

use super::{Parser, Read};

/// Bytes that end an unquoted word.
pub(super) fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')')
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn peek_at(&self, offset: usize) -> Option<u8> {
        self.text.get(self.at + offset).copied()
    }

    /// The byte behind the next one, line continuations between them left out.
    pub(super) fn peek_second(&self) -> Option<u8> {
        let mut at = self.at + 1;
        while self.text.get(at..).is_some_and(|rest| rest.starts_with(b"\\\n")) {
            at += 2;
        }
        self.text.get(at).copied()
    }

    pub(super) fn starts_with(&self, sign: &[u8]) -> bool {
        self.text.get(self.at..).is_some_and(|rest| rest.starts_with(sign))
    }

    /// Takes `sign` where it stands next.
    pub(super) fn take(&mut self, sign: &[u8]) -> bool {
        let found = self.starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// The same for an operator, whose bytes may stand on several lines behind backslashes.
    pub(super) fn operator(&mut self, sign: &[u8]) -> bool {
        let start = self.at;
        for (index, byte) in sign.iter().enumerate() {
            while index > 0 && self.take(b"\\\n") {}
            if self.peek() != Some(*byte) {
                self.at = start;
                return false;
            }
            self.at += 1;
        }
        true
    }

    /// Skips blanks, line continuations and a comment.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\\') if self.peek_at(1) == Some(b'\n') => self.at += 2,
                Some(b'#') => {
                    let start = self.at;
                    let rest = self.text.get(start..).unwrap_or_default();
                    self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                    let span = self.span(start, self.at);
                    self.comments.push(span);
                }
                _ => return,
            }
        }
    }

    /// Skips blanks, comments and line feeds; heredocs that wait for one are read.
    pub(super) fn lines(&mut self) -> Read<()> {
        loop {
            self.blanks();
            if self.peek() != Some(b'\n') {
                return Ok(());
            }
            self.line_feed()?;
        }
    }

    /// Takes a line feed, and the bodies of the heredocs that wait for it.
    pub(super) fn line_feed(&mut self) -> Read<()> {
        self.at += 1;
        if self.pending.is_empty() { Ok(()) } else { self.bodies() }
    }

    /// The unquoted word that starts here, where it is one of `words` and nothing else; line continuations in it go.
    pub(super) fn reserved(&self, words: &[&'static str]) -> Option<(&'static str, usize)> {
        // Shortcut: most words start with a letter that no reserved word starts with.
        let first = self.peek()?;
        let mut found = None;
        for word in words {
            if (word.as_bytes()[0] == first || first == b'\\')
                && let Some(end) = self.is_word(word)
            {
                found = Some((*word, end));
            }
        }
        found
    }

    /// Where the word that starts here ends, where it is `word`.
    pub(super) fn is_word(&self, word: &str) -> Option<usize> {
        let mut at = self.at;
        for (index, byte) in word.bytes().enumerate() {
            while index > 0 && self.text.get(at..).is_some_and(|rest| rest.starts_with(b"\\\n")) {
                at += 2;
            }
            if self.text.get(at) != Some(&byte) {
                return None;
            }
            at += 1;
        }
        let end = at;
        while self.text.get(at..).is_some_and(|rest| rest.starts_with(b"\\\n")) {
            at += 2;
        }
        self.text.get(at).is_none_or(|next| ends_word(*next)).then_some(end)
    }

    /// Takes a word that must stand next.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        self.is_word(word).is_some_and(|end| {
            self.at = end;
            true
        })
    }

    /// Where the token that starts here ends: for what is said of it.
    pub(super) fn token_end(&self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(first) = rest.first() else { return self.at };
        if ends_word(*first) {
            let same = rest.iter().take_while(|byte| *byte == first).count();
            return self.at + if matches!(first, b';' | b'&' | b'|') { same.min(2) } else { 1 };
        }
        self.at + rest.iter().position(|byte| ends_word(*byte)).unwrap_or(rest.len())
    }

    /// How the token that starts here is named in a message.
    pub(super) fn token_name(&self) -> String {
        match self.peek() {
            None => "the end of the text".to_owned(),
            Some(b'\n') => "the end of the line".to_owned(),
            Some(_) => {
                let token = self.slice(self.at, self.token_end());
                let short: String = token.chars().take(20).collect();
                format!("`{short}`")
            }
        }
    }

    /// Whether the name of a variable starts with this byte.
    pub(super) fn starts_name(byte: u8) -> bool {
        byte.is_ascii_alphabetic() || byte == b'_'
    }

    /// Where the variable's name that starts at `from` ends; `from` where none does.
    pub(super) fn name_end(&self, from: usize) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        if !rest.first().is_some_and(|first| Self::starts_name(*first)) {
            return from;
        }
        from + rest
            .iter()
            .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
            .unwrap_or(rest.len())
    }
}
