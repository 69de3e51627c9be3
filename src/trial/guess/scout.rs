//! What a script needs of its world before anything was run: programs, variables, files, a terminal's lines.

use std::collections::{BTreeMap, BTreeSet};

use super::flow::{self, SHELL};
use super::{Hint, inner, lacks, values};
use crate::bash::syntax::{
    Assignment, Command, CommandKind, Declare, Operand, Parameter, ParameterOp, Pipeline, Script, Target,
    Word,
};
use crate::bash::visit::{
    Visitor, walk_assignment, walk_command, walk_parameter, walk_pipeline, walk_script,
};
use crate::facts::{Ending, invocations};
use crate::source::{SourceText, Span};
use crate::trial::outline::{open_text, says_shell};

/// A script of the world.
#[derive(Debug)]
pub struct Scout<'s> {
    /// Its text.
    pub source: &'s SourceText,
    /// What was read of it.
    pub script: &'s Script,
    /// How the world names it.
    pub file: String,
}

/// What the scripts of a world need.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// Their commands and what becomes of the answers.
    pub hints: Vec<Hint>,
    /// Programs that they may call.
    pub programs: BTreeSet<String>,
    /// Variables that somebody else must set, with a value.
    pub env: BTreeMap<String, String>,
    /// Variables that may be unset, and then are empty: whether the script goes on without them only a run shows.
    pub optional: BTreeMap<String, String>,
    /// Texts that lead on where an operator types them.
    pub typed: Vec<String>,
    /// Texts that the scripts' `case` commands choose by.
    pub arms: Vec<String>,
    /// Whether the script reads lines that an operator types.
    pub asks: bool,
    /// The highest positional parameter that the script names.
    pub positional: usize,
    /// The options that the script knows and that stand alone.
    pub options: BTreeSet<String>,
    /// The lines on which a script reads a file as part of itself.
    pub sourced: BTreeSet<u32>,
    /// Files that the patterns of its loops mean.
    pub globs: BTreeSet<String>,
    /// The functions of all its scripts.
    pub functions: BTreeSet<String>,
    /// Whether it calls programs by a path.
    pub by_path: bool,
    /// Whether it looks at its user's number.
    pub looks_at_user: bool,
}

/// Looks through scripts; the first is the one that runs.
pub fn survey(scripts: &[Scout<'_>], args: &[String]) -> Survey {
    let mut found = Survey::default();
    let mut names = Variables::default();
    let mut demanded: BTreeMap<String, String> = BTreeMap::new();
    for (index, scout) in scripts.iter().enumerate() {
        let walked = flow::hints(scout.source, &scout.file, scout.script, args);
        found.hints.extend(walked.hints);
        found.hints.extend(inner::hints(scout.source, &scout.file, scout.script));
        found.programs.extend(written(scout.script));
        found.typed.extend(walked.typed);
        demanded.extend(walked.demanded);
        found.sourced.extend(walked.sourced);
        found.globs.extend(walked.globs.iter().filter_map(|path| lacks::meant(path)));
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let mut parts = scout.source.text().split(|c: char| !is_part(c));
        found.looks_at_user |= parts.any(|name| matches!(name, "UID" | "EUID"));
        let mut walk = Walk { found: &mut found, names: &mut names, main: index == 0, in_function: false };
        walk_script(&mut walk, scout.script);
        let called = programs(scout.script);
        found.by_path |= called.iter().any(|name| is_a_path(name));
        found.programs.extend(called);
    }
    let in_their_place: Vec<Hint> = found.hints.iter().filter_map(handed_over).collect();
    found.hints.extend(in_their_place);
    found.functions = names.functions;
    found.programs.retain(|name| is_program(name) && !found.functions.contains(name));
    let outer = names.read.union(&names.guarded).filter(|name| !names.set.contains(*name) && !is_own(name));
    for name in outer {
        match demanded.get(name) {
            Some(text) if !text.is_empty() => found.env.insert(name.clone(), text.clone()),
            Some(_) => found.env.insert(name.clone(), environment(name)),
            None if !names.guarded.contains(name) => found.env.insert(name.clone(), environment(name)),
            None if names.emptied.contains(name) => found.optional.insert(name.clone(), environment(name)),
            None => None,
        };
    }
    for name in DEMANDED {
        if let Some(text) = demanded.get(name).filter(|text| !text.is_empty()) {
            found.env.insert(name.to_owned(), text.clone());
        }
    }
    found
}

/// The hint for the command that a command hands over to (`ionice -c3 tar ...`): what it says is used alike.
fn handed_over(hint: &Hint) -> Option<Hint> {
    let (_, words) = crate::facts::handed_over(&hint.words)?;
    Some(Hint { words, ..hint.clone() })
}

/// The programs that a script calls, those on the way to another one too.
fn programs(script: &Script) -> Vec<String> {
    let all = invocations(script).into_iter().flat_map(|invocation| {
        let last = match invocation.ending {
            Ending::Program(words) => words.into_iter().next(),
            _ => None,
        };
        last.into_iter().chain(invocation.chain.into_iter().map(|link| link.name))
    });
    all.collect()
}

/// Whether a program's name says where it is, and not where the system's programs are.
fn is_a_path(name: &str) -> bool {
    let of_the_system = ["/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/", "/bin/", "/sbin/"];
    name.contains('/') && !of_the_system.iter().any(|folder| name.starts_with(folder))
}

/// The programs of scripts that a script writes: documents that begin with `#!`, or go into a file that is named like one.
fn written(script: &Script) -> BTreeSet<String> {
    struct Written(BTreeSet<String>);
    impl<'s> Visitor<'s> for Written {
        fn command(&mut self, command: &'s Command) {
            let named = command.redirects.iter().filter_map(|redirect| match &redirect.target {
                Target::Word(word) => Some(open_text(&word.parts)),
                Target::HereDocument(_) => None,
            });
            let words = match &command.kind {
                CommandKind::Simple(simple) => simple.words.as_slice(),
                _ => &[],
            };
            let is_script = named
                .chain(words.iter().map(|word| open_text(&word.parts)))
                .any(|name| [".sh", ".bash"].iter().any(|ending| name.ends_with(ending)));
            let documents = command.redirects.iter().filter_map(|redirect| match &redirect.target {
                Target::HereDocument(document) => Some(open_text(document.body())),
                Target::Word(_) => None,
            });
            for text in documents.filter(|text| is_script || says_shell(text)) {
                self.0.extend(programs(&crate::bash::parse(&text).script));
            }
            walk_command(self, command);
        }
    }
    let mut found = Written(BTreeSet::new());
    walk_script(&mut found, script);
    found.0
}

/// Variables of the world that a script may want to hold something else.
const DEMANDED: [&str; 5] = ["USER", "LOGNAME", "SHELL", "TERM", "LANG"];

#[derive(Default)]
struct Variables {
    read: BTreeSet<String>,
    set: BTreeSet<String>,
    guarded: BTreeSet<String>,
    /// Those of them that are empty where nobody sets them.
    emptied: BTreeSet<String>,
    functions: BTreeSet<String>,
}

struct Walk<'w> {
    found: &'w mut Survey,
    names: &'w mut Variables,
    main: bool,
    in_function: bool,
}

impl Walk<'_> {
    fn simple(&mut self, command: &Command) {
        let CommandKind::Simple(simple) = &command.kind else { return };
        let words: Vec<Option<String>> = simple.words.iter().map(Word::plain).collect();
        let Some(Some(first)) = words.first() else { return };
        let operands = || words.iter().skip(1).flatten();
        match first.as_str() {
            "read" | "mapfile" | "readarray" | "getopts" => {
                self.names.set.extend(operands().filter(|word| crate::bash::is_name(word)).cloned());
                if first == "read"
                    && command
                        .redirects
                        .iter()
                        .all(|redirect| redirect.op != crate::bash::syntax::RedirectOp::HereString)
                {
                    self.found.asks = true;
                }
            }
            "printf" if words.get(1) == Some(&Some("-v".to_owned())) => {
                self.names.set.extend(words.get(2).cloned().flatten());
            }
            "unset" => self.names.guarded.extend(operands().cloned()),
            // `command -v docker` asks for a program that is called later, perhaps by another name.
            "command" | "which" | "type" | "hash" => self.found.programs.extend(operands().cloned()),
            "id" => self.found.looks_at_user = true,
            _ => {}
        }
        self.found.programs.insert(first.clone());
        // `"$1" server list`, `run openstack server list`: any word may be a program that a function runs.
        if words.len() > 2
            && let Some(Some(second)) = words.get(1)
            && second.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
            && !SHELL.contains(&first.as_str())
            && self.names.functions.contains(first)
        {
            self.found.programs.insert(second.clone());
        }
    }
}

impl<'s> Visitor<'s> for Walk<'_> {
    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        walk_pipeline(self, pipeline);
    }

    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Function(function) => {
                self.names.functions.insert(function.name.clone());
                let outer = std::mem::replace(&mut self.in_function, true);
                walk_command(self, command);
                self.in_function = outer;
                return;
            }
            CommandKind::For(each) | CommandKind::Select(each) => {
                self.names.set.insert(each.variable.name.clone());
            }
            CommandKind::Declare(Declare { operands, .. }) => {
                for operand in operands {
                    if let Operand::Name(name) = operand {
                        self.names.set.insert(name.name.clone());
                    }
                }
            }
            CommandKind::Case(case) => {
                let texts = case.arms.iter().flat_map(|arm| &arm.patterns).filter_map(Word::plain);
                for text in texts.map(|text| text.trim_matches('*').to_owned()) {
                    let plain = !text.is_empty() && !text.starts_with('-') && !text.contains(['*', '?', '[']);
                    if plain && !self.found.arms.contains(&text) {
                        self.found.arms.push(text);
                    }
                }
                for arm in case.arms.iter().filter(|_| self.main) {
                    let mut texts = arm.patterns.iter().filter_map(Word::plain);
                    let option =
                        texts.find(|text| text.starts_with("--") && text.len() > 3 && !text.contains('*'));
                    let mut takes = TakesValue(false);
                    takes.sequence(&arm.body);
                    self.found.options.extend(option.filter(|_| !takes.0));
                }
            }
            CommandKind::Coproc(_) => {
                self.names.set.insert("COPROC".to_owned());
            }
            CommandKind::Simple(_) => self.simple(command),
            _ => {}
        }
        walk_command(self, command);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        self.names.set.insert(assignment.target.name.clone());
        walk_assignment(self, assignment);
    }

    fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
        let name = &parameter.name;
        if let Ok(position) = name.parse::<usize>() {
            if self.main && !self.in_function {
                self.found.positional = self.found.positional.max(position);
            }
        } else if crate::bash::is_name(name) {
            if matches!(&parameter.op, ParameterOp::Default { word, .. } if word.plain().is_some_and(|word| word.is_empty()))
            {
                self.names.emptied.insert(name.clone());
            }
            let own = match &parameter.op {
                ParameterOp::Default { .. } | ParameterOp::Alternate { .. } => &mut self.names.guarded,
                ParameterOp::Assign { .. } => &mut self.names.set,
                _ => &mut self.names.read,
            };
            own.insert(name.clone());
        }
        walk_parameter(self, parameter);
    }
}

/// Whether an arm of the options' `case` looks at the word behind the option.
struct TakesValue(bool);

impl<'s> Visitor<'s> for TakesValue {
    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Simple(simple) = &command.kind {
            let words: Vec<Option<String>> = simple.words.iter().take(2).map(Word::plain).collect();
            self.0 |= words == [Some("shift".to_owned()), Some("2".to_owned())];
        }
        walk_command(self, command);
    }

    fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
        self.0 |= parameter.name == "2" || parameter.name == "OPTARG";
        walk_parameter(self, parameter);
    }
}

fn is_program(name: &str) -> bool {
    !name.is_empty()
        && name.len() < 100
        && !SHELL.contains(&name)
        && !name.starts_with(['-', '.', '~'])
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._+-/[".contains(c))
        && (name.starts_with('/') || !name.contains('/'))
        && !matches!(
            name,
            "if" | "then" | "fi" | "for" | "do" | "done" | "command" | "time" | "alias" | "jobs" | "kill"
        )
}

/// A value for a variable that somebody else sets.
fn environment(name: &str) -> String {
    match name {
        // The root of the machine's own tree is in front of no path.
        "DPKG_ROOT" | "DESTDIR" => String::new(),
        _ if name.ends_with("_ADDR") => "https://192.0.2.10:8200".to_owned(),
        _ => values::by_name(name),
    }
}

/// Variables that the shell or the world sets.
fn is_own(name: &str) -> bool {
    const OWN: &[&str] = &[
        "HOME",
        "PATH",
        "PWD",
        "OLDPWD",
        "TMPDIR",
        "TZ",
        "LC_ALL",
        "IFS",
        "EUID",
        "UID",
        "PPID",
        "OPTARG",
        "OPTIND",
        "OPTERR",
        "REPLY",
        "COLUMNS",
        "LINES",
        "RANDOM",
        "SECONDS",
        "LINENO",
        "FUNCNAME",
        "PIPESTATUS",
        "HOSTNAME",
        "OSTYPE",
        "MACHTYPE",
        "HOSTTYPE",
        "SHELLOPTS",
        "SHLVL",
        "DIRSTACK",
        "MAPFILE",
        "GROUPS",
        "PS1",
        "PS2",
        "PS3",
        "PS4",
        "SRANDOM",
        "EPOCHSECONDS",
        "EPOCHREALTIME",
        "COPROC",
        "_",
        "USER",
        "LOGNAME",
        "SHELL",
        "TERM",
        "LANG",
    ];
    name.starts_with("BASH") || OWN.contains(&name)
}
