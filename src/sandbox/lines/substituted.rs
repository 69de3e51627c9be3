//! The commands in substitutions that stand in a command of several lines: bash counts their lines from another one than theirs.

use crate::bash::syntax::{Command, CommandKind, Part, PartKind, Target};
use crate::bash::visit::{Visitor, walk_command, walk_part, walk_script};
use crate::source::{RepoPath, SourceText, Span};
use crate::trial::guess::escaped;
use crate::trial::pattern::argv_matches;

/// Any words.
const ANY: &str = "**";

/// A command with its words.
struct Written {
    lines: (u32, u32),
    words: Vec<String>,
    /// The lines that bash may name in its place.
    named: Option<(u32, u32)>,
}

/// The commands of a script, where some of them are in such a substitution.
#[derive(Default)]
pub(super) struct Substituted {
    commands: Vec<Written>,
}

impl Substituted {
    /// Reads a script.
    pub fn of(text: &str) -> Self {
        if !(text.contains("$(") || text.contains('`')) || !text.lines().any(goes_on) {
            return Self::default();
        }
        let source = SourceText::new(RepoPath::new("x"), text.to_owned());
        let mut walk = Walk { source: &source, outer: None, commands: Vec::new() };
        walk_script(&mut walk, &crate::bash::parse(text).script);
        if walk.commands.iter().all(|command| command.named.is_none()) {
            return Self::default();
        }
        Self { commands: walk.commands }
    }

    /// The line of the call with these words that bash says is on that one, where it is another.
    pub fn line(&self, said: u32, argv: &[String]) -> Option<u32> {
        let fits = |words: &[String]| {
            let mut programs = (0..words.len()).filter(|from| *from == 0 || words[*from] != ANY);
            programs.any(|from| argv_matches(&words[from..], argv))
        };
        let fitting = self.commands.iter().filter(|command| fits(&command.words));
        let holds = |lines: &(u32, u32)| (lines.0..=lines.1).contains(&said);
        if fitting.clone().any(|command| holds(&command.lines)) {
            return None;
        }
        let named = fitting.filter(|command| command.named.as_ref().is_some_and(holds));
        named.map(|command| command.lines.0).min_by_key(|line| line.abs_diff(said))
    }
}

/// Whether a line may begin a command that goes on in the next, or that reads the next ones.
fn goes_on(line: &str) -> bool {
    let count = |c: char| line.matches(c).count();
    count('"') % 2 == 1
        || count('`') % 2 == 1
        || count('(') > count(')')
        || line.ends_with('\\')
        || line.contains("<<")
        || line.contains("[[") && !line.contains("]]")
}

struct Walk<'w> {
    source: &'w SourceText,
    /// The lines of the word's command, and how many more bash may count.
    outer: Option<(u32, u32)>,
    commands: Vec<Written>,
}

impl Walk<'_> {
    /// Goes on below something with that span, which may be the outermost of several lines.
    fn within(&mut self, span: Span, go: impl FnOnce(&mut Self)) {
        let before = self.outer;
        let (first, last) = self.source.lines(span);
        if before.is_none() && last > first {
            self.outer = Some((first, last + (last - first)));
        }
        go(self);
        self.outer = before;
    }
}

impl<'s> Visitor<'s> for Walk<'_> {
    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Simple(simple) = &command.kind {
            let words = simple.words.iter().map(|word| match word.plain() {
                Some(text) => escaped(&text),
                None => ANY.to_owned(),
            });
            let words: Vec<String> = words.collect();
            let named = self.outer.filter(|_| words.first().is_some_and(|name| name != ANY));
            self.commands.push(Written { lines: self.source.lines(command.span), words, named });
        }
        // A heredoc's lines belong to the command that reads it.
        let span = command.redirects.iter().fold(command.span, |span, redirect| match &redirect.target {
            Target::HereDocument(document) => span.to(document.body_span()),
            Target::Word(_) => span,
        });
        match &command.kind {
            CommandKind::Simple(_) | CommandKind::Declare(_) | CommandKind::Test(_) => {
                self.within(span, |walk| walk_command(walk, command));
            }
            CommandKind::For(each) | CommandKind::Select(each) => {
                let words = each.words.as_deref().unwrap_or_default();
                if let Some(last) = words.last() {
                    let head = Span { end: last.span.end, ..command.span };
                    self.within(head, |walk| words.iter().for_each(|word| walk.word(word)));
                }
                self.sequence(&each.body);
                command.redirects.iter().for_each(|redirect| self.redirect(redirect));
            }
            _ => walk_command(self, command),
        }
    }

    fn part(&mut self, part: &'s Part) {
        match part.kind {
            PartKind::Command(_) => self.within(part.span, |walk| walk_part(walk, part)),
            _ => walk_part(self, part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_substitution_in_a_word_of_several_lines_is_found_by_its_words() {
        let text = "x=$(\n  tool a\n  tool \"$y\" c\n)\ntool d\nbody=\"text\n$(tool e)\n$(tool f)\"\n";
        let found = Substituted::of(text);
        let line = |said: u32, words: &str| {
            found.line(said, &words.split(' ').map(str::to_owned).collect::<Vec<_>>())
        };
        assert_eq!(line(4, "tool a"), Some(2));
        assert_eq!(line(5, "tool b c"), Some(3));
        assert_eq!(line(5, "tool d"), None);
        assert_eq!(line(8, "tool e"), Some(7));
        assert_eq!(line(8, "tool f"), None);
        assert_eq!(line(8, "other"), None);
        let text = "declare -A x=(\n  [a]=$(tool a)\n  [b]=$(tool b)\n)\nfor i in \\\n  $(tool c) \\\n  $(tool d)\ndo tool e; done\ncat <<X\n$(tool f)\nand $(tool g)\nX\n[[ -n $(tool h) &&\n  -n $(tool i) ]]\n";
        let found = Substituted::of(text);
        let line = |said: u32, words: &str| {
            found.line(said, &words.split(' ').map(str::to_owned).collect::<Vec<_>>())
        };
        for (said, words, is) in [
            (1, "tool a", Some(2)),
            (1, "tool b", Some(3)),
            (5, "tool c", Some(6)),
            (5, "tool d", Some(7)),
            (8, "tool e", None),
            (9, "tool f", Some(10)),
            (9, "tool g", Some(11)),
            (14, "tool h", Some(13)),
            (14, "tool i", None),
        ] {
            assert_eq!(line(said, words), is, "{words}");
        }
        assert!(Substituted::of("x=$(tool a)\ntool \\\n  b\n").commands.is_empty());
    }
}
