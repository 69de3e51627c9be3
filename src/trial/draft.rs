//! The first version of a harness file, from runs in which the answers were guessed.
//!
//! It says what was seen, no more: which calls came, what they were answered, how each case ended. What is right about
//! that only a person knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::commands::Tables;
use crate::facts::SecretNames;
use crate::source::RepoPath;
use crate::trial::calls::{REPOSITORY, typed};
use crate::trial::guess::{Guesses, escaped};
use crate::trial::world::{Answer, Call, Record};

/// One way in which the script was run.
#[derive(Debug)]
pub struct Run {
    /// The case's name.
    pub name: String,
    /// The script's arguments.
    pub args: Vec<String>,
    /// What it read.
    pub stdin: String,
    /// What happened.
    pub record: Record,
    /// The exit code.
    pub exit: i32,
}

/// A call whose failure the script makes up for.
#[derive(Debug)]
pub struct MadeUpFor {
    /// Its words.
    pub argv: Vec<String>,
    /// The kinds of failure.
    pub kinds: BTreeSet<&'static str>,
    /// How it does.
    pub how: String,
}

/// What the file is made of.
#[derive(Debug)]
pub struct Draft<'d> {
    /// The script.
    pub script: &'d RepoPath,
    /// The other files of its world.
    pub files: &'d BTreeSet<RepoPath>,
    /// Variables that it needs.
    pub env: &'d BTreeMap<String, String>,
    /// What answered.
    pub guesses: &'d Guesses,
    /// The runs.
    pub runs: &'d [Run],
    /// Calls whose failure the script makes up for.
    pub recoveries: &'d [MadeUpFor],
    /// Calls that come only after a failure, and whether they change something.
    pub answers: &'d [(Call, bool)],
}

/// An answer to calls of one pattern.
#[derive(Debug, Clone, PartialEq)]
struct Answered {
    stdout: String,
    exit: i32,
    writes: BTreeMap<String, String>,
    reads_stdin: bool,
}

impl Draft<'_> {
    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = String::from("version = 1\n");
        let _ = writeln!(text, "script = {}", quoted(self.script.as_str()));
        let others: Vec<String> =
            self.files.iter().filter(|file| *file != self.script).map(|file| quoted(file.as_str())).collect();
        if !others.is_empty() {
            let _ = writeln!(text, "files = [{}]", others.join(", "));
        }
        self.success(&mut text);
        self.variables(&mut text);
        let stubs = self.stubs();
        if !stubs.is_empty() {
            text.push_str("\n# Guessed: put what the tools really say.\n");
        }
        for (pattern, answers) in &stubs {
            for (index, answer) in answers.iter().enumerate() {
                let _ = writeln!(text, "[[stub]]\nargv = {}", quoted(pattern));
                if !answer.stdout.is_empty() {
                    let _ = writeln!(text, "stdout = {}", quoted(&answer.stdout));
                }
                if answer.exit != 0 {
                    let _ = writeln!(text, "exit = {}", answer.exit);
                }
                if answer.reads_stdin {
                    text.push_str("reads_stdin = true\n");
                }
                if !answer.writes.is_empty() {
                    let files: Vec<String> = answer
                        .writes
                        .iter()
                        .map(|(path, content)| format!("{} = {}", quoted(path), quoted(content)))
                        .collect();
                    let _ = writeln!(text, "writes = {{ {} }}", files.join(", "));
                }
                if index + 1 < answers.len() {
                    text.push_str("times = 1\n");
                }
                text.push('\n');
            }
        }
        self.after_failures(&mut text, &stubs);
        for run in self.runs {
            let args: Vec<String> = run.args.iter().map(|arg| quoted(arg)).collect();
            let _ = writeln!(text, "[[case]]\nname = {}\nargs = [{}]", quoted(&run.name), args.join(", "));
            if !run.stdin.is_empty() {
                let _ = writeln!(text, "stdin = {}", quoted(&run.stdin));
            }
            if run.exit != 0 {
                let _ = writeln!(text, "expect.exit = {}", run.exit);
            }
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }

    /// What the script says last where all went well.
    fn success(&self, text: &mut String) {
        let ends_well = self.runs.iter().filter(|run| run.exit == 0);
        let last = |run: &Run| {
            run.record.stdout.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
        };
        let lines: BTreeSet<String> = ends_well.filter_map(last).collect();
        let lines: Vec<String> =
            lines.iter().map(|line| quoted(&format!("(?m)^\\s*{}\\s*$", regex::escape(line)))).collect();
        if !lines.is_empty() {
            let _ = writeln!(text, "success = [{}]", lines.join(", "));
        }
    }

    /// What the script calls only after a failure, and what it makes up for.
    fn after_failures(&self, text: &mut String, stubs: &[(String, Vec<Answered>)]) {
        let mut known: BTreeSet<String> = stubs.iter().map(|(pattern, _)| pattern.clone()).collect();
        let fresh: Vec<(String, &Call, bool)> = self
            .answers
            .iter()
            .map(|(call, changes)| (self.pattern(call), call, *changes))
            .filter(|(pattern, ..)| known.insert(pattern.clone()))
            .collect();
        if !fresh.is_empty() {
            text.push_str("# Seen only after a failure.\n");
        }
        for (pattern, call, _) in &fresh {
            let _ = writeln!(text, "[[stub]]\nargv = {}", quoted(pattern));
            if !call.stdout.is_empty() {
                let _ = writeln!(text, "stdout = {}", quoted(&call.stdout));
            }
            if call.exit != 0 {
                let _ = writeln!(text, "exit = {}", call.exit);
            }
            text.push_str("optional = true\n\n");
        }
        for (pattern, ..) in fresh.iter().filter(|(_, _, changes)| *changes) {
            let reason = "seen: the script does this only after a failure";
            let _ = writeln!(text, "[[cleanup]]\nargv = {}\nreason = {}\n", quoted(pattern), quoted(reason));
        }
        for MadeUpFor { argv, kinds, how } in self.recoveries {
            let program = quoted(argv.first().map_or("", |name| name.rsplit('/').next().unwrap_or(name)));
            let kinds = kinds.iter().map(|kind| quoted(kind)).collect::<Vec<_>>().join(", ");
            let (argv, reason) = (quoted(&exact(argv)), quoted(&format!("seen: {how}")));
            let _ = writeln!(
                text,
                "[[recovery]]\nprogram = {program}\nargv = {argv}\nkind = [{kinds}]\nreason = {reason}\n"
            );
        }
    }

    fn variables(&self, text: &mut String) {
        let secret_names = SecretNames::new(Tables::builtin(), &[]);
        let (secrets, plain): (Vec<_>, Vec<_>) =
            self.env.iter().partition(|(name, _)| secret_names.matches(name));
        if !plain.is_empty() {
            text.push_str("\n[env]\n");
            for (name, value) in plain {
                let _ = writeln!(text, "{name} = {}", quoted(value));
            }
        }
        if !secrets.is_empty() {
            text.push_str("\n[canaries]\n");
            for (name, _) in secrets {
                let word = name.to_ascii_lowercase().replace('_', "-");
                let _ = writeln!(text, "{name} = {}", quoted(&format!("canary-{word}-5d1f0c62")));
            }
        }
    }

    /// Patterns with their answers in order, the most exact first.
    fn stubs(&self) -> Vec<(String, Vec<Answered>)> {
        let mut by_pattern: BTreeMap<String, Vec<&Call>> = BTreeMap::new();
        let calls = || self.runs.iter().flat_map(|run| &run.record.calls).filter(|call| guessed(call));
        for call in calls() {
            by_pattern.entry(self.pattern(call)).or_default().push(call);
        }
        let mut stubs: BTreeMap<String, Vec<Answered>> = BTreeMap::new();
        for (pattern, calls) in by_pattern {
            let words: BTreeSet<&[String]> = calls.iter().map(|call| call.argv.as_slice()).collect();
            let answers: Vec<Answered> = calls.iter().map(|call| self.answered(call)).collect();
            let same = answers.iter().all(|answer| *answer == answers[0]);
            if same {
                stubs.insert(pattern, vec![answers[0].clone()]);
            } else if words.len() == 1 {
                stubs.insert(pattern, self.in_turn(words.first().copied().unwrap_or_default()));
            } else {
                for argv in words {
                    stubs.insert(exact(argv), self.in_turn(argv));
                }
            }
        }
        let mut stubs: Vec<(String, Vec<Answered>)> = stubs.into_iter().collect();
        stubs.sort_by_key(|(pattern, _)| (pattern.matches('*').count(), pattern.clone()));
        stubs
    }

    /// The answers of the same words in the run that has the most of them; equal ones at the end count once.
    fn in_turn(&self, argv: &[String]) -> Vec<Answered> {
        let of = |run: &Run| -> Vec<Answered> {
            let calls = run.record.calls.iter().filter(|call| guessed(call) && call.argv == argv);
            calls.map(|call| self.answered(call)).collect()
        };
        let mut answers = self.runs.iter().map(of).max_by_key(Vec::len).unwrap_or_default();
        while answers.len() > 1 && answers[answers.len() - 1] == answers[answers.len() - 2] {
            answers.pop();
        }
        answers
    }

    fn answered(&self, call: &Call) -> Answered {
        let reply = self.guesses.answer(&call.argv, call.site.at.as_ref(), call.occurrence);
        let absolute =
            |path: String| if path.starts_with('/') { path } else { format!("{REPOSITORY}/{path}") };
        let writes = if call.answer == Answer::Guess {
            reply.writes.into_iter().map(|(path, text)| (absolute(path), text)).collect()
        } else {
            BTreeMap::new()
        };
        Answered {
            stdout: call.stdout.clone(),
            exit: call.exit,
            writes,
            reads_stdin: self.guesses.is_fed(&call.argv, call.site.at.as_ref()),
        }
    }

    /// The pattern of the command as it stands in the script, where that says enough.
    fn pattern(&self, call: &Call) -> String {
        let hint =
            self.guesses.hint(&call.argv, call.site.at.as_ref()).map(|hint| &self.guesses.hints[hint].words);
        match hint {
            Some(words)
                if words.first().is_some_and(|word| !word.contains('*'))
                    && words.get(1).is_some_and(|word| word != "**") =>
            {
                typed_pattern(words)
            }
            _ => exact(&call.site.argv),
        }
    }
}

fn guessed(call: &Call) -> bool {
    matches!(call.answer, Answer::Guess | Answer::Stub(_))
}

fn exact(argv: &[String]) -> String {
    let words: Vec<String> = argv.iter().map(|word| escaped(word).replace("XXXXXX", "*")).collect();
    typed_pattern(&words)
}

/// Words of a pattern; quotes only group there, so only blanks need them.
fn typed_pattern(words: &[String]) -> String {
    let words: Vec<String> = words
        .iter()
        .map(|word| {
            let plain =
                !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_=./:,@%+*?".contains(c));
            if plain { word.clone() } else { typed(&[word.as_str()]) }
        })
        .collect();
    words.join(" ")
}

/// A basic string of TOML, on one line: JSON escapes what TOML does.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
