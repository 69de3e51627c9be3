//! `if`, `while`, `until`, `for`, `select` and what stands in parentheses.

use super::lists::Until;
use super::{Parser, Read};
use crate::bash::syntax::{ArithmeticFor, CommandKind, For, If, Name, Sequence, While};

impl Parser<'_> {
    /// The list behind an open parenthesis, and the parenthesis that closes it.
    pub(super) fn in_parentheses(&mut self, of: &str) -> Read<Sequence> {
        self.parentheses += 1;
        let body = self.body(Until::PARENTHESIS, of);
        self.parentheses -= 1;
        let body = body?;
        self.close_parenthesis()?;
        Ok(body)
    }

    /// `)`
    pub(super) fn close_parenthesis(&mut self) -> Read<()> {
        if self.take(b")") {
            return Ok(());
        }
        let found = self.token_name();
        Err(self.fault(format!("`)` is missing, and {found} stands there: close the parenthesis before")))
    }

    pub(super) fn if_command(&mut self) -> Read<If> {
        const CONDITION: Until = Until::words(&["then"]);
        const BODY: Until = Until::words(&["elif", "else", "fi"]);
        let mut branches = Vec::new();
        loop {
            let condition = self.body(CONDITION, "condition")?;
            self.expect("then", "`if`")?;
            let body = self.body(BODY, "`then`")?;
            branches.push((condition, body));
            self.blanks();
            if self.take_word("elif") {
                continue;
            }
            let otherwise =
                if self.take_word("else") { Some(self.body(Until::words(&["fi"]), "`else`")?) } else { None };
            self.expect("fi", "`if`")?;
            return Ok(If { branches, otherwise });
        }
    }

    pub(super) fn while_command(&mut self, until: bool) -> Read<While> {
        let condition = self.body(Until::words(&["do"]), "condition")?;
        self.expect("do", if until { "`until`" } else { "`while`" })?;
        let body = self.done()?;
        Ok(While { until, condition, body })
    }

    /// The body of a loop behind `do`.
    fn done(&mut self) -> Read<Sequence> {
        let body = self.body(Until::words(&["done"]), "`do`")?;
        self.expect("done", "`do`")?;
        Ok(body)
    }

    /// The body of `for` and `select`: `do ... done` or `{ ... }`.
    fn loop_body(&mut self, of: &str) -> Read<Sequence> {
        self.lines()?;
        if self.take_word("{") {
            let body = self.body(Until::words(&["}"]), "`{ }`")?;
            self.expect("}", "`{`")?;
            return Ok(body);
        }
        self.expect("do", of)?;
        self.done()
    }

    /// `for` behind its word.
    pub(super) fn for_command(&mut self) -> Read<CommandKind> {
        self.blanks();
        if self.starts_with(b"((") {
            return Ok(CommandKind::ArithmeticFor(self.arithmetic_for()?));
        }
        Ok(CommandKind::For(self.for_words("for")?))
    }

    fn arithmetic_for(&mut self) -> Read<ArithmeticFor> {
        self.at += 2;
        let header = self.arithmetic_header()?;
        self.blanks();
        self.take(b";");
        let body = self.loop_body("`for`")?;
        Ok(ArithmeticFor { header, body })
    }

    /// `for` and `select` over words.
    pub(super) fn for_words(&mut self, of: &str) -> Read<For> {
        self.blanks();
        let start = self.at;
        let word = self.word()?;
        if word.parts.is_empty() {
            let found = self.token_name();
            let reason = format!("`{of}` needs the name of a variable, and {found} stands there");
            return Err(self.broken_at(self.token_end(), reason));
        }
        let end = self.at.min(start + word.span.len() as usize);
        let variable =
            Name { name: self.slice(start, end).replace("\\\n", ""), subscript: None, span: word.span };
        self.blanks();
        if self.take(b";") {
            return Ok(For { variable, words: None, body: self.loop_body(of)? });
        }
        let named = self.at;
        self.lines()?;
        if self.at == named && self.starts_with(b"{") {
            let reason = format!("`{of}` needs `in`, `;` or the end of the line in front of `{{`");
            return Err(self.broken_at(self.token_end(), reason));
        }
        let words = if self.take_word("in") {
            let mut words = Vec::new();
            loop {
                self.blanks();
                match self.peek() {
                    None | Some(b'\n') => break,
                    Some(b';') => {
                        self.at += 1;
                        break;
                    }
                    _ => {}
                }
                let word = self.word()?;
                if word.span.is_empty() {
                    let found = self.token_name();
                    let reason = format!(
                        "{found} cannot stand among the words of `{of}`: quote it, or end the list before"
                    );
                    return Err(self.broken_at(self.token_end(), reason));
                }
                words.push(word);
            }
            Some(words)
        } else {
            None
        };
        Ok(For { variable, words, body: self.loop_body(of)? })
    }
}
