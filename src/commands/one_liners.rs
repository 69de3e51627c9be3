//! Scripts on a command line (`sed`, `awk`, `perl`): whether they can stop before the end of what they read.
//!
//! Only as much of each language is read as it takes to tell a command from a pattern, a text or a comment.

use serde::Deserialize;

use super::HOLE;

/// A language of scripts on a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Language {
    Sed,
    Awk,
    Perl,
}

/// Whether the script can stop before the end of its input.
pub(super) fn stops_early(language: Language, script: &str) -> bool {
    match language {
        Language::Sed => sed_quits(script),
        Language::Awk => awk_exits(script),
        Language::Perl => perl_leaves(script),
    }
}

/// The characters of a script, one after the other.
struct Cursor {
    chars: Vec<char>,
    at: usize,
}

impl Cursor {
    fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0 }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn skip_while(&mut self, is: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&is) {
            self.at += 1;
        }
    }

    fn skip_line(&mut self) {
        self.skip_while(|c| c != '\n');
    }

    /// Skips up to behind `end`; what a backslash quotes and what stands in `[...]` does not end it.
    fn skip_delimited(&mut self, end: char, classes: bool) {
        while let Some(c) = self.next() {
            match c {
                '\\' => drop(self.next()),
                '[' if classes && end != '[' => self.skip_class(),
                c if c == end => return,
                _ => {}
            }
        }
    }

    /// The inside of `[...]` in a regular expression, unless it does not end on its line.
    fn skip_class(&mut self) {
        let start = self.at;
        if self.peek() == Some('^') {
            self.at += 1;
        }
        if self.peek() == Some(']') {
            self.at += 1;
        }
        loop {
            match self.next() {
                Some(']') => return,
                Some('\n') | None => {
                    self.at = start;
                    return;
                }
                Some('[') if matches!(self.peek(), Some(':' | '.' | '=')) => {
                    self.skip_while(|c| c != ']' && c != '\n');
                    self.next();
                }
                Some(_) => {}
            }
        }
    }
}

/// Whether a `q` or `Q` is among the commands, at another address than the last line.
fn sed_quits(script: &str) -> bool {
    let mut script = Cursor::new(script);
    loop {
        script.skip_while(|c| c.is_whitespace() || c == ';' || c == '{' || c == '}');
        let Some(first) = script.peek() else { return false };
        let last_line = first == '$';
        sed_addresses(&mut script);
        let Some(command) = script.next() else { return false };
        match command {
            'q' | 'Q' if !last_line => return true,
            's' => {
                let Some(end) = script.next() else { return false };
                script.skip_delimited(end, true);
                script.skip_delimited(end, false);
                sed_flags(&mut script);
            }
            'y' => {
                let Some(end) = script.next() else { return false };
                script.skip_delimited(end, false);
                script.skip_delimited(end, false);
            }
            'a' | 'i' | 'c' => {
                while let Some(c) = script.next() {
                    match c {
                        '\\' => drop(script.next()),
                        '\n' => break,
                        _ => {}
                    }
                }
            }
            'r' | 'R' | 'w' | 'W' | '#' | 'e' => script.skip_line(),
            ':' => script.skip_while(|c| c != '\n' && c != ';' && !c.is_whitespace()),
            'b' | 't' | 'T' => script.skip_while(|c| c != '\n' && c != ';' && c != '}'),
            _ => {}
        }
    }
}

fn sed_addresses(script: &mut Cursor) {
    loop {
        script.skip_while(|c| c == ' ' || c == '\t');
        match script.peek() {
            Some('/') => {
                script.next();
                script.skip_delimited('/', true);
                script.skip_while(|c| c == 'I' || c == 'M');
            }
            Some('\\') => {
                script.next();
                if let Some(end) = script.next() {
                    script.skip_delimited(end, true);
                }
                script.skip_while(|c| c == 'I' || c == 'M');
            }
            Some(c) if c.is_ascii_digit() || matches!(c, '$' | HOLE | ',' | '!' | '~' | '+') => {
                script.next();
            }
            _ => return,
        }
    }
}

fn sed_flags(script: &mut Cursor) {
    while let Some(c) = script.peek() {
        match c {
            'w' => return script.skip_line(),
            c if c.is_ascii_alphanumeric() => drop(script.next()),
            _ => return,
        }
    }
}

/// Whether `exit` stands outside of every `END` block, or the program is a `BEGIN` and nothing more.
fn awk_exits(program: &str) -> bool {
    let mut program = Cursor::new(program);
    let mut depth = 0_u32;
    let mut pattern = String::new();
    let (mut begins, mut others) = (false, false);
    let mut at_end = false;
    // Whether a slash here would divide.
    let mut value_before = false;
    while let Some(c) = program.next() {
        match c {
            '"' => {
                program.skip_delimited('"', false);
                value_before = true;
            }
            '/' if !value_before => {
                program.skip_delimited('/', true);
                value_before = true;
                if depth == 0 {
                    pattern.push('/');
                }
            }
            '#' => program.skip_line(),
            '{' => {
                if depth == 0 {
                    at_end = pattern.trim() == "END";
                    let begin = pattern.trim() == "BEGIN";
                    begins |= begin;
                    others |= !begin && !pattern.trim_start().starts_with("func");
                    pattern.clear();
                }
                depth += 1;
                value_before = false;
            }
            '}' => {
                depth = depth.saturating_sub(1);
                value_before = false;
            }
            c if c.is_ascii_alphanumeric() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = program.peek().filter(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    word.push(c);
                    program.next();
                }
                if depth > 0 && word == "exit" && !at_end {
                    return true;
                }
                value_before = !matches!(word.as_str(), "print" | "return" | "in" | "exit");
                if depth == 0 {
                    pattern.push_str(&word);
                }
            }
            c => {
                if !c.is_whitespace() {
                    value_before = matches!(c, ')' | ']' | '$' | HOLE);
                }
                if depth == 0 {
                    pattern.push(c);
                }
                if depth == 0 && (c == '\n' || c == ';') {
                    others |= pattern.trim_matches([';', '\n', ' ']).len() > 1;
                    pattern.clear();
                }
            }
        }
    }
    others |= !pattern.trim().is_empty();
    begins && !others
}

/// Whether `last` or `exit` is among the words, and no name of a variable or text.
fn perl_leaves(script: &str) -> bool {
    let mut script = Cursor::new(script);
    let mut before = ' ';
    let mut adjacent = ' ';
    while let Some(c) = script.next() {
        let sigil = std::mem::replace(&mut adjacent, c);
        match c {
            '"' | '\'' => script.skip_delimited(c, false),
            '/' if !before.is_alphanumeric() && before != ')' => script.skip_delimited('/', true),
            '#' if before.is_whitespace() => script.skip_line(),
            c if c.is_ascii_alphabetic() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = script.peek().filter(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    word.push(c);
                    script.next();
                }
                if !matches!(sigil, '$' | '@' | '%' | '&') && matches!(word.as_str(), "last" | "exit") {
                    return true;
                }
                if !matches!(sigil, '$' | '@' | '%')
                    && matches!(word.as_str(), "if" | "unless" | "and" | "or" | "not")
                {
                    before = ' ';
                    continue;
                }
            }
            _ => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    false
}
