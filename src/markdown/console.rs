//! Console sessions: the commands behind the prompts, without the output.
//!
//! This is no parser: it looks just far enough into a command to know whether the next line belongs to it.

use std::sync::LazyLock;

use regex::Regex;

use super::excerpt::Excerpt;

/// What `# ` at the start of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    /// The prompt of root.
    Prompt,
    /// A comment.
    Comment,
}

/// `$ `, `# `, `user@host:~$ `, `[user@host dir]# `, `(venv) $ `, `bash-5.2$ `, `~/src$ `, `host:/etc# `.
static PROMPT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^[\ \t]*
        (?: \([\w.-]+\)[\ ] )?
        (?: \[[\w.-]+@[^\]]*\][\ ]?
          | [\w.-]+@[\w.-]+ (?: [\ ]? | :[^$\#]* )
          | (?:ba|da|k)?sh-[\d.]+
          | (?:[\w.-]+:)? [~/] [^\s$\#]* )?
        [$\#] (?: [\ \t]+ | $ )",
    )
    .expect("the pattern is well formed")
});

/// Whether the lines of a script are those of a session: the first that is no comment has a prompt.
pub(super) fn is_session(text: &str) -> bool {
    let mut lines =
        text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    lines.next().is_some_and(|line| prompt(line, Hash::Comment).is_some())
}

/// Length of the prompt at the start of a line.
fn prompt(line: &str, hash: Hash) -> Option<usize> {
    let found = PROMPT.find(line)?.as_str();
    (hash == Hash::Prompt || found.trim() != "#").then_some(found.len())
}

/// Keeps the commands of a session, each on lines of its own.
pub(super) fn commands(session: &Excerpt, hash: Hash) -> Excerpt {
    let text = session.text();
    let mut kept = Excerpt::default();
    let mut command = Command::default();
    // Whether the line above belongs to a command.
    let mut below = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        let body = line.trim_end_matches('\n');
        let rest = &text[end..];
        let skipped = if below && command.wants(body, rest, hash) {
            Some(if command.shows_prompts(body) { secondary(body).unwrap_or(0) } else { 0 })
        } else {
            command = Command::default();
            if is_suppression(body) {
                Some(0)
            } else {
                prompt(body, hash).filter(|length| hash_is_prompt(&body[..*length], &body[*length..]))
            }
        };
        below = skipped.is_some();
        if let Some(length) = skipped {
            command.line(&body[length..]);
            kept.take(session, start + length..end);
        }
    }
    kept
}

/// `# gauntlet: allow(...)` is a comment on the next line, whoever's prompt `#` is.
fn is_suppression(line: &str) -> bool {
    let rest = line.trim_start().strip_prefix('#').unwrap_or_default();
    rest.trim_start().starts_with("gauntlet:")
}

/// Length of the prompt of a continuation line.
fn secondary(line: &str) -> Option<usize> {
    let blanks = line.len() - line.trim_start().len();
    match &line[blanks..] {
        ">" => Some(blanks + 1),
        rest if rest.starts_with("> ") => Some(blanks + 2),
        _ => None,
    }
}

/// `# don't do this` is a comment: what root types ends.
fn hash_is_prompt(prompt: &str, rest: &str) -> bool {
    if prompt.trim() != "#" {
        return true;
    }
    let mut command = Command::default();
    command.line(rest);
    command.quote != Some('\'')
}

/// A command as far as it was typed.
#[derive(Debug, Default)]
struct Command {
    /// The quote that is open.
    quote: Option<char>,
    /// Whether the last line ends in a backslash or an operator.
    goes_on: bool,
    /// The heredocs whose bodies are still to come: their delimiters, and whether tabs before them go.
    heredocs: Vec<(String, bool)>,
    /// Whether the first of them has an end; unknown before its first line.
    closed: Option<bool>,
    /// Whether its second line has a prompt; the others follow it.
    prompts: Option<bool>,
}

impl Command {
    /// Whether `line` belongs to it, `rest` being what comes after.
    fn wants(&mut self, line: &str, rest: &str, hash: Hash) -> bool {
        let prompted = secondary(line).is_some();
        if let Some((delimiter, tabs)) = self.heredocs.first() {
            // Whatever stands before the delimiter is the body; without one, the next prompt ends it.
            let ends = |line: &str| ends_heredoc(line, delimiter, *tabs);
            let closed = *self.closed.get_or_insert_with(|| ends(line) || rest.lines().any(ends));
            return prompted || closed || prompt(line, hash).is_none();
        }
        let open = self.goes_on || self.quote.is_some();
        // A loop shows no sign of being open here: its lines are known by their prompts.
        if prompted {
            return open || self.prompts != Some(false);
        }
        // Whatever is still open, a prompt starts a command: one slip must not swallow the rest of the session.
        open && self.prompts != Some(true) && prompt(line, Hash::Comment).is_none()
    }

    /// Whether the lines after the first have prompts, now that `line` is one of them.
    fn shows_prompts(&mut self, line: &str) -> bool {
        *self.prompts.get_or_insert(secondary(line).is_some())
    }

    /// Takes the next line, without its prompt.
    fn line(&mut self, line: &str) {
        if let Some((delimiter, tabs)) = self.heredocs.first() {
            if ends_heredoc(line, delimiter, *tabs) {
                self.heredocs.remove(0);
                self.closed = None;
            }
            return;
        }
        self.goes_on = false;
        let mut rest = line.chars().peekable();
        let mut word_starts = true;
        let mut last = ' ';
        while let Some(character) = rest.next() {
            match (self.quote, character) {
                (Some('\''), '\'') | (Some('"'), '"') => self.quote = None,
                (Some('\''), _) => {}
                (_, '\\') => self.goes_on = rest.next().is_none(),
                (None, '\'' | '"') => self.quote = Some(character),
                (None, '#') if word_starts => break,
                (None, '<') if rest.peek() == Some(&'<') => {
                    rest.next();
                    if rest.peek() == Some(&'<') {
                        rest.next();
                    } else {
                        self.heredocs.extend(heredoc(&mut rest));
                    }
                }
                _ => {}
            }
            word_starts = self.quote.is_none() && (character.is_whitespace() || ";&|(".contains(character));
            if !character.is_whitespace() {
                last = character;
            }
        }
        let operator = last == '|' || line.trim_end().ends_with("&&");
        self.goes_on |= self.quote.is_none() && operator;
    }
}

fn ends_heredoc(line: &str, delimiter: &str, tabs: bool) -> bool {
    let line = secondary(line).map_or(line, |length| &line[length..]);
    (if tabs { line.trim_start_matches('\t') } else { line }) == delimiter
}

/// The delimiter behind `<<`; none where it is the shift of an arithmetic expression.
fn heredoc(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<(String, bool)> {
    let tabs = rest.next_if_eq(&'-').is_some();
    while rest.next_if(|character| [' ', '\t'].contains(character)).is_some() {}
    let mut delimiter = String::new();
    while let Some(character) = rest.next_if(|c| !c.is_whitespace() && !";&|<>()".contains(*c)) {
        if !['\'', '"', '\\'].contains(&character) {
            delimiter.push(character);
        }
    }
    let number = delimiter.chars().all(|character| character.is_ascii_digit());
    (!number).then_some((delimiter, tabs))
}
