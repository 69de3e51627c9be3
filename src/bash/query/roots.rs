//! Whether every pattern of a query captures its outermost nodes. Only for queries that compile: what is not well
//! formed may be answered in any way.

/// The offset of the first outermost node that is not captured.
pub(super) fn uncaptured(query: &str) -> Option<u32> {
    let mut tokens = Tokens { tokens: tokens(query), at: 0 };
    while tokens.peek().is_some() {
        if let Some(offset) = tokens.element() {
            return u32::try_from(offset).ok();
        }
    }
    None
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Parenthesis,
    Bracket,
    Close,
    String,
    Name,
    Capture,
    Predicate,
    /// `field:`, an anchor, a quantifier.
    Other,
}

struct Tokens {
    tokens: Vec<(Token, usize)>,
    at: usize,
}

impl Tokens {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).map(|(token, _)| *token)
    }

    /// Steps over one element of a list of patterns; gives its offset where it should be captured and is not.
    fn element(&mut self) -> Option<usize> {
        let (token, offset) = *self.tokens.get(self.at)?;
        self.at += 1;
        match token {
            Token::Other | Token::Capture | Token::Close | Token::Predicate => return None,
            Token::Name | Token::String => {}
            Token::Bracket => self.skip_to_close(),
            Token::Parenthesis => match self.peek() {
                Some(Token::Predicate) => {
                    self.skip_to_close();
                    return None;
                }
                // Nodes beside each other: each of them is outermost.
                Some(Token::Parenthesis | Token::Bracket | Token::String) => {
                    let mut first = None;
                    while !matches!(self.peek(), None | Some(Token::Close)) {
                        let found = self.element();
                        first = first.or(found);
                    }
                    self.at += 1;
                    return first;
                }
                _ => self.skip_to_close(),
            },
        }
        let mut captured = false;
        while matches!(self.peek(), Some(Token::Capture | Token::Other)) {
            captured |= self.peek() == Some(Token::Capture);
            self.at += 1;
        }
        (!captured).then_some(offset)
    }

    /// Steps behind the sign that closes what is open.
    fn skip_to_close(&mut self) {
        let mut depth = 1;
        while depth > 0 {
            match self.peek() {
                None => return,
                Some(Token::Parenthesis | Token::Bracket) => depth += 1,
                Some(Token::Close) => depth -= 1,
                Some(_) => {}
            }
            self.at += 1;
        }
    }
}

fn tokens(query: &str) -> Vec<(Token, usize)> {
    let bytes = query.as_bytes();
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.?!".contains(byte) || !byte.is_ascii();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        let rest = &bytes[at + 1..];
        let run = rest.iter().take_while(|byte| name(byte)).count();
        at += 1;
        let token = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b';' => {
                at += rest.iter().take_while(|byte| **byte != b'\n').count();
                continue;
            }
            b'(' => Token::Parenthesis,
            b'[' => Token::Bracket,
            b')' | b']' => Token::Close,
            b'"' => {
                at += string(rest);
                Token::String
            }
            b'@' => {
                at += run;
                Token::Capture
            }
            b'#' => {
                at += run;
                Token::Predicate
            }
            b'!' => {
                at += run;
                Token::Other
            }
            byte if byte.is_ascii_alphanumeric() || *byte == b'_' => {
                at += run;
                if bytes.get(at) == Some(&b':') { Token::Other } else { Token::Name }
            }
            _ => Token::Other,
        };
        tokens.push((token, start));
    }
    tokens
}

/// The length of a string behind its first quote, the last one included.
fn string(rest: &[u8]) -> usize {
    let mut escaped = false;
    for (index, byte) in rest.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    rest.len()
}
