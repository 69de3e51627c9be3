//! One command: which kind starts here, and the redirections that stand on it.

use super::lists::Until;
use super::{Parser, Read};
use crate::bash::syntax::{Command, CommandKind, Coproc, Function, Pipeline, Sequence};

/// Words that start a command of their own kind where a command may start.
const STARTS: [&str; 11] =
    ["if", "while", "until", "for", "select", "case", "function", "coproc", "{", "[[", "in"];

impl Parser<'_> {
    /// A command with its redirections.
    pub(super) fn command(&mut self) -> Read<Command> {
        self.deeper(|parser| match parser.compound()? {
            Some(command) => Ok(command),
            None => parser.simple(),
        })
    }

    /// A compound command or a function definition, where one starts here.
    fn compound(&mut self) -> Read<Option<Command>> {
        let start = self.at;
        let word = match self.peek() {
            Some(b'(') => "(",
            Some(b'i' | b'w' | b'u' | b'f' | b's' | b'c' | b'{' | b'[') => match self.reserved(&STARTS) {
                Some(("in", _)) | None => return Ok(None),
                Some((word, end)) => {
                    if word == "coproc" {
                        self.at = end;
                        return self.coproc(start).map(Some);
                    }
                    if word == "function" {
                        self.at = end;
                        return self.function_word(start).map(Some);
                    }
                    self.at = end;
                    word
                }
            },
            _ => return Ok(None),
        };
        let kind = match word {
            "(" => self.parentheses()?,
            "{" => CommandKind::Group(self.braces()?),
            "if" => CommandKind::If(self.if_command()?),
            "while" | "until" => CommandKind::While(self.while_command(word == "until")?),
            "for" => self.for_command()?,
            "select" => CommandKind::Select(self.for_words("select")?),
            "case" => CommandKind::Case(self.case_command()?),
            _ => CommandKind::Test(self.conditional_command()?),
        };
        self.with_redirects(kind, start).map(Some)
    }

    /// The redirections behind a compound command.
    fn with_redirects(&mut self, kind: CommandKind, start: usize) -> Read<Command> {
        let mut end = self.at;
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            let Some(redirect) = self.redirect()? else { break };
            redirects.push(redirect);
            end = self.at;
        }
        Ok(Command { kind, redirects, span: self.span(start, end) })
    }

    /// `(( ... ))` or `( ... )`.
    fn parentheses(&mut self) -> Read<CommandKind> {
        if self.starts_with(b"((")
            && let Some(arithmetic) = self.double_parentheses(2)?
        {
            return Ok(CommandKind::Arithmetic(arithmetic));
        }
        self.at += 1;
        let body = self.in_parentheses("`( )`")?;
        Ok(CommandKind::Subshell(body))
    }

    /// `{ ... }` behind its brace.
    fn braces(&mut self) -> Read<Sequence> {
        const UNTIL: Until = Until::words(&["}"]);
        let body = self.body(UNTIL, "`{ }`")?;
        self.expect("}", "`{`")?;
        Ok(body)
    }

    /// A word that must end a construct.
    pub(super) fn expect(&mut self, word: &str, of: &str) -> Read<()> {
        self.blanks();
        if self.take_word(word) {
            return Ok(());
        }
        let found = self.token_name();
        Err(self
            .fault(format!("`{word}` is missing for this {of}, and {found} stands there: close it before")))
    }

    /// `name() body`, the name read already.
    pub(super) fn function_body(&mut self, start: usize, name: (usize, usize)) -> Read<Command> {
        self.lines()?;
        let body = self.deeper(Self::compound)?;
        let Some(body) = body else {
            let found = self.token_name();
            let reason = format!("{found} cannot be the body of a function: write `{{ ...; }}`");
            return Err(self.broken_at(self.token_end(), reason));
        };
        let end = self.text.len().min(self.at);
        let span = self.span(start, end.max(name.1)).to(body.span);
        let span = crate::source::Span::new(span.start, body.span.end);
        let function = Function {
            name: self.slice(name.0, name.1).to_owned(),
            name_span: self.span(name.0, name.1),
            body: Box::new(body),
        };
        Ok(Command { kind: CommandKind::Function(function), redirects: Vec::new(), span })
    }

    /// `function name [()] body` behind the word `function`.
    fn function_word(&mut self, start: usize) -> Read<Command> {
        self.blanks();
        let from = self.at;
        let word = self.word()?;
        let end = self.at.min(from + word.span.len() as usize).max(from);
        if word.parts.is_empty() {
            let reason = "`function` needs a name behind it";
            return Err(self.broken_at(self.token_end(), reason));
        }
        self.blanks();
        let mark = self.at;
        if self.operator(b"(") {
            self.blanks();
            if !self.operator(b")") {
                self.at = mark;
            }
        }
        self.function_body(start, (from, end))
    }

    /// `coproc [NAME] command` behind the word `coproc`.
    fn coproc(&mut self, start: usize) -> Read<Command> {
        self.blanks();
        if let Some(body) = self.deeper(Self::compound)? {
            return Ok(self.coprocess(start, None, body));
        }
        let mark = self.mark();
        let from = self.at;
        if !self.word()?.span.is_empty() {
            let name = self.slice(from, self.at).to_owned();
            self.blanks();
            if let Some(body) = self.deeper(Self::compound)? {
                return Ok(self.coprocess(start, Some(name), body));
            }
            self.back_to(mark)?;
        }
        let body = self.simple()?;
        Ok(self.coprocess(start, None, body))
    }

    fn coprocess(&self, start: usize, name: Option<String>, body: Command) -> Command {
        let span = body.span;
        let pipeline = Pipeline { negated: false, timed: false, stages: vec![body], span };
        let coproc = Coproc { name, body: Box::new(pipeline) };
        let start = self.span(start, start + 1).start;
        Command {
            kind: CommandKind::Coproc(coproc),
            redirects: Vec::new(),
            span: crate::source::Span::new(start, span.end),
        }
    }
}
