//! Commands that print names of files, and loops that read them line by line.

use crate::bash::is_name;
use crate::bash::syntax::{
    Command, CommandKind, Fd, Part, PartKind, Pipeline, RedirectOp, Simple, Target, Value, Word,
};
use crate::commands::beyond;
use crate::source::Span;

/// What is known of the names that a command prints, each of which is a file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    /// Nothing more: with a newline in it, one name is two.
    Files,
    /// They end so that no shell takes one for options: behind a dot.
    Ending,
    /// They begin with a folder that is no option, and end with a NUL.
    Placed,
}

/// A loop that reads one name after the other.
pub(super) struct Reader<'s> {
    /// The command that reads.
    pub read: Span,
    /// The variable.
    pub name: String,
    /// Variables for what is left of the line behind its first word.
    pub others: Vec<String>,
    /// Whether a NUL ends a name.
    pub nul: bool,
    /// What prints the names.
    pub source: &'s [Command],
}

/// The loops among the stages of a pipeline that read what stands before them, or what a process substitution prints
/// (`done < <(...)`).
pub(super) fn readers(pipeline: &Pipeline) -> impl Iterator<Item = Reader<'_>> {
    pipeline.stages.iter().enumerate().filter_map(|(index, stage)| {
        let source = if stage.redirects.is_empty() {
            pipeline.stages.get(..index).filter(|before| !before.is_empty())
        } else {
            substituted(stage)
        }?;
        let (read, mut names, nul) = reads_lines(stage)?;
        let others = names.split_off(1);
        Some(Reader { read, name: names.pop()?, others, nul, source })
    })
}

/// The commands whose output a command's only redirection gives it.
pub(super) fn substituted(stage: &Command) -> Option<&[Command]> {
    let [redirect] = stage.redirects.as_slice() else { return None };
    let Target::Word(word) = &redirect.target else { return None };
    let [Part { kind: PartKind::Process(process), .. }] = word.parts.as_slice() else { return None };
    let [statement] = process.body.statements.as_slice() else { return None };
    let stdin = redirect.op == RedirectOp::Input && matches!(redirect.fd, None | Some(Fd::Number(0)));
    (stdin && process.input && statement.rest.is_empty() && !statement.background)
        .then_some(statement.first.stages.as_slice())
}

/// The command of a loop that reads a line, the variables that it reads it to, and whether a NUL ends the line.
fn reads_lines(stage: &Command) -> Option<(Span, Vec<String>, bool)> {
    let CommandKind::While(each) = &stage.kind else { return None };
    let [statement] = each.condition.statements.as_slice() else { return None };
    let [read] = statement.first.stages.as_slice() else { return None };
    let CommandKind::Simple(simple) = &read.kind else { return None };
    let words: Option<Vec<String>> = simple.words.iter().map(Word::plain).collect();
    let words = words?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (names, nul): (&[&str], bool) = match words.as_slice() {
        ["read", "-r", names @ ..] | ["read", names @ ..]
            if names.len() > 1 && simple.assignments.is_empty() && names.iter().all(|name| is_name(name)) =>
        {
            (names, false)
        }
        ["read", name] | ["read", "-r", name] => (std::slice::from_ref(name), false),
        ["read", "-r", "-d", "", name] | ["read", "-d", "", "-r", name] | ["read", "-rd", "", name] => {
            (std::slice::from_ref(name), true)
        }
        _ => return None,
    };
    let alone = statement.rest.is_empty() && read.redirects.is_empty() && !each.until && keeps_words(simple);
    let known = names.iter().all(|name| is_name(name)) && !names.is_empty();
    (alone && known).then(|| (read.span, names.iter().map(|name| (*name).to_owned()).collect(), nul))
}

/// Whether nothing but blanks, or nothing, divides what a `read` reads.
fn keeps_words(simple: &Simple) -> bool {
    simple.assignments.iter().all(|assignment| {
        let Value::Scalar(word) = &assignment.value else { return false };
        let blank = |text: String| text.chars().all(char::is_whitespace);
        assignment.target.name == "IFS" && word.plain().is_some_and(blank)
    })
}

/// Whether a command prints names of files, and nothing else, one a line.
pub(super) fn prints_names(words: &[String]) -> bool {
    let begins = |line: &&str| begins(line, words);
    if let Some(search) = beyond::NAME_SEARCHES.iter().find(|line| begins(line)) {
        return finds_names(&words[search.split(' ').count()..]);
    }
    let Some(program) = words.first() else { return false };
    // The one of `find` is an `or`.
    let acts = |word: &String| ["-exec", "-ok", "-printf", "-fprint"].iter().any(|act| word.starts_with(act));
    let prints = |word: &String| acts(word) || ["-o", "--format"].iter().any(|act| word.starts_with(act));
    let more = |word: &String| if program == "find" { acts(word) } else { prints(word) };
    beyond::PRINT_NAMES.iter().any(begins) && !words.iter().any(more)
}

/// Whether a search with these options prints the names of the files in which it finds something, and no more.
fn finds_names(options: &[String]) -> bool {
    let mut names = false;
    let known = |word: &String| {
        let Some(option) = word.strip_prefix('-').filter(|option| !option.is_empty()) else { return true };
        if let Some(long) = option.strip_prefix('-') {
            names |= ["files", "files-with-matches", "files-without-match", "name-only"].contains(&long);
            return beyond::NAME_SEARCH_OPTIONS.contains(&long.split('=').next().unwrap_or(long));
        }
        // What stands behind one of these is its value.
        let letters = option.split(['g', 't', 'T', 'e']).next().unwrap_or(option);
        names |= letters.contains(['l', 'L']);
        letters.chars().all(|letter| beyond::NAME_SEARCH_LETTERS[0].contains(letter))
    };
    options.iter().all(known) && names
}

fn begins(line: &str, words: &[String]) -> bool {
    line.split(' ').eq(words.iter().take(line.split(' ').count()).map(String::as_str))
}

/// What is known of the names that a pipeline of these commands prints; `nul`: a NUL ends each. `None` where it may print anything
/// else.
pub(super) fn listed(commands: &[Command], nul: bool) -> Option<Listing> {
    let lists: Vec<Vec<String>> = commands.iter().map(words_of).collect::<Option<_>>()?;
    let (first, filters) = lists.split_first()?;
    let keeps = |filter: &Vec<String>| {
        let prints =
            |word: &String| ["-o", "--only", "-c", "--count"].iter().any(|act| word.starts_with(act));
        beyond::KEEP_LINES.iter().any(|line| begins(line, filter)) && !filter.iter().any(prints)
    };
    if !prints_names(first) || !filters.iter().all(keeps) {
        return None;
    }
    let whole = filters.iter().all(|filter| keeps_lines(filter));
    Some(match first.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["find", words @ .., "-print0"] if nul && filters.is_empty() && is_placed(words) => Listing::Placed,
        ["git", "ls-files", words @ ..]
            if whole
                && words.contains(&"-z") == nul
                && (filters.is_empty() || !nul)
                && end_plainly(words) =>
        {
            Listing::Ending
        }
        _ => Listing::Files,
    })
}

/// The words of a command that does nothing else, where all of them are written.
fn words_of(command: &Command) -> Option<Vec<String>> {
    let CommandKind::Simple(simple) = &command.kind else { return None };
    let quiet = command.redirects.iter().all(|redirect| matches!(redirect.fd, Some(Fd::Number(2))));
    let words: Option<Vec<String>> = simple.words.iter().map(Word::plain).collect();
    words.filter(|_| quiet && simple.assignments.is_empty())
}

/// Whether a filter gives the lines on as they are: of `head -c 3` they are no names any more.
fn keeps_lines(words: &[String]) -> bool {
    let Some((program, words)) = words.split_first() else { return false };
    let operands = words.iter().filter(|word| !word.starts_with('-')).count();
    let letters = match program.as_str() {
        "grep" => "vEFi",
        "sort" => "ruV",
        "head" | "tail" => "n0123456789",
        _ => "",
    };
    let known = |word: &String| {
        word.strip_prefix('-').is_none_or(|rest| rest.chars().all(|letter| letters.contains(letter)))
    };
    words.iter().all(known) && operands <= usize::from(["grep", "head", "tail"].contains(&program.as_str()))
}

/// Whether all that `find` finds begins with a folder that is no option, and nothing else is printed.
fn is_placed(words: &[&str]) -> bool {
    let mut folders = words.iter().take_while(|word| !word.starts_with(['-', '(', '!', ','])).peekable();
    let known = |word: &&str| word.starts_with(|c: char| c.is_ascii_alphanumeric() || "./_~".contains(c));
    let more = words
        .iter()
        .any(|word| ["-print", "-ls", "-fls", "-files0-from"].iter().any(|act| word.starts_with(act)));
    !more && folders.all(known)
}

/// Whether what these words of `git ls-files` name ends behind a dot.
fn end_plainly(words: &[&str]) -> bool {
    let (options, names): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with('-'));
    let known = ["-z", "-c", "--cached", "--others", "--exclude-standard", "--modified", "-m", "--"];
    let ends = |name: &&str| {
        let last = name.rsplit('/').next().unwrap_or(name);
        let end = last.rsplit(['*', '?', ']']).next().unwrap_or(last);
        let kind = end.rsplit_once('.').map_or("", |(_, kind)| kind);
        kind.starts_with(|c: char| c.is_ascii_alphanumeric()) && !name.starts_with(':')
    };
    options.iter().all(|word| known.contains(word)) && !names.is_empty() && names.iter().all(ends)
}
