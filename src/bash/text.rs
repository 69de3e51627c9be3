//! The literal text between expansions: backslashes, `'...'` and `$'...'` decoded from the bytes as written.
//!
//! This module never parses an expansion; where the text holds something that looks like one, it says so.

use super::ansi;

/// How the text around is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Outside all quotes: words, patterns, arithmetic.
    Plain,
    /// Inside `"..."`.
    Double,
    /// Inside the word after `:-`, `:=`, `:+`, `:?` within double quotes: `'` is a plain character there.
    DoubleOperand,
    /// Inside a heredoc's body.
    HereDocument,
    /// Inside a heredoc's body after `<<-`: tabs at the start of a line go.
    Tabbed,
    /// Inside `(( ))` and the like: `'` is a plain character.
    Arithmetic,
}

impl Mode {
    /// Whether backslashes keep their meaning only before a few characters.
    pub(super) fn is_quoted(self) -> bool {
        !matches!(self, Self::Plain | Self::Arithmetic)
    }

    /// The mode of the word after `:-` and the like within text of this mode.
    pub(super) fn operand(self) -> Self {
        if self.is_quoted() { Self::DoubleOperand } else { self }
    }
}

/// A stretch of literal text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The text it stands for.
    pub(super) text: String,
    /// Whether a backslash or single quotes quote it (never inside double quotes: there all is quoted).
    pub(super) quoted: bool,
    /// Whether it is an empty `""`.
    pub(super) double: bool,
    /// First byte.
    pub(super) start: usize,
    /// After the last byte.
    pub(super) end: usize,
}

/// Reads literal text. `None` where it holds an expansion or quotes that should have been found by the parser.
pub(super) fn pieces(raw: &str, mode: Mode, at_line_start: bool) -> Option<Vec<Piece>> {
    let mut reader = Reader { raw, at: 0, out: Vec::new() };
    if mode == Mode::Tabbed && at_line_start {
        reader.skip_tabs();
    }
    while reader.at < raw.len() {
        if mode.is_quoted() { reader.quoted(mode)? } else { reader.plain(mode)? }
    }
    Some(reader.out)
}

struct Reader<'t> {
    raw: &'t str,
    at: usize,
    out: Vec<Piece>,
}

impl Reader<'_> {
    fn char_at(&self, at: usize) -> Option<char> {
        self.raw.get(at..)?.chars().next()
    }

    fn push(&mut self, text: &str, quoted: bool, len: usize) {
        let start = self.at;
        self.at += len;
        if let Some(last) = self.out.last_mut()
            && last.quoted == quoted
            && !quoted
            && !last.double
        {
            last.text.push_str(text);
            last.end = self.at;
            return;
        }
        self.out.push(Piece { text: text.to_owned(), quoted, double: false, start, end: self.at });
    }

    /// A line continuation vanishes; it stretches the literal before it, if there is one.
    fn vanish(&mut self, len: usize) {
        self.at += len;
        if let Some(last) = self.out.last_mut() {
            last.end = self.at;
        }
    }

    fn skip_tabs(&mut self) {
        let tabs =
            self.raw.get(self.at..).unwrap_or_default().bytes().take_while(|byte| *byte == b'\t').count();
        if tabs > 0 {
            self.vanish(tabs);
        }
    }

    fn expands(&self, mode: Mode) -> bool {
        match self.char_at(self.at + 1) {
            Some('(' | '{') => true,
            Some('\'') => mode == Mode::Plain,
            Some(next) => {
                next.is_ascii_alphanumeric() || matches!(next, '_' | '@' | '*' | '#' | '?' | '$' | '!' | '-')
            }
            None => false,
        }
    }

    fn quoted(&mut self, mode: Mode) -> Option<()> {
        let first = self.char_at(self.at)?;
        match first {
            '\\' => match self.char_at(self.at + 1) {
                Some('\n') => {
                    self.vanish(2);
                    if mode == Mode::Tabbed {
                        self.skip_tabs();
                    }
                }
                Some(next @ ('$' | '`' | '\\')) => self.push(next.encode_utf8(&mut [0; 4]), false, 2),
                Some('"') if mode == Mode::Double || mode == Mode::DoubleOperand => self.push("\"", false, 2),
                Some('}') if mode == Mode::DoubleOperand => self.push("}", false, 2),
                _ => self.push("\\", false, 1),
            },
            '`' => return None,
            '"' if mode == Mode::Double || mode == Mode::DoubleOperand => {
                if self.char_at(self.at + 1) == Some('"') && mode == Mode::DoubleOperand {
                    self.empty_double();
                } else {
                    return None;
                }
            }
            '$' if self.expands(mode) => return None,
            '\n' if mode == Mode::Tabbed => {
                self.push("\n", false, 1);
                self.skip_tabs();
            }
            other => self.push(other.encode_utf8(&mut [0; 4]), false, other.len_utf8()),
        }
        Some(())
    }

    fn empty_double(&mut self) {
        let start = self.at;
        self.at += 2;
        self.out.push(Piece { text: String::new(), quoted: false, double: true, start, end: self.at });
    }

    fn plain(&mut self, mode: Mode) -> Option<()> {
        let first = self.char_at(self.at)?;
        match first {
            '\\' => match self.char_at(self.at + 1) {
                Some('\n') => self.vanish(2),
                Some(next) => self.push(next.encode_utf8(&mut [0; 4]), true, 1 + next.len_utf8()),
                None => self.push("\\", false, 1),
            },
            '\'' if mode == Mode::Plain => {
                let rest = self.raw.get(self.at + 1..)?;
                let end = rest.find('\'')?;
                self.push(rest.get(..end)?, true, end + 2);
            }
            '"' if self.char_at(self.at + 1) == Some('"') => self.empty_double(),
            '"' | '`' => return None,
            '$' if mode == Mode::Plain && self.char_at(self.at + 1) == Some('\'') => {
                let raw = self.raw.get(self.at..)?;
                let len = ansi::len(raw)?;
                let text = ansi::decode(raw.get(2..len - 1)?);
                self.push(&text, true, len);
            }
            '$' if self.expands(mode) || self.char_at(self.at + 1) == Some('[') => return None,
            other => self.push(other.encode_utf8(&mut [0; 4]), false, other.len_utf8()),
        }
        Some(())
    }
}
