//! What the text does without any command: assignments, redirections, and what is evaluated behind the reader's back
//! (arithmetic, subscripts, `${x@P}`, names that are computed).

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bash::syntax::{
    Arithmetic, Assignment, Command, CommandKind, Fd, Function, Name, Parameter, ParameterOp, Part, PartKind,
    Pipeline, Redirect, RedirectOp, Simple, Target, Test, Value, Word,
};
use crate::bash::visit::{self, Visitor};
use crate::commands::{HOLE, Plainly, Tables, is_no_file};
use crate::facts::SecretNames;
use crate::source::Span;

use super::constants::Constants;
use super::environment::{Class, class, inert_value};
use super::found;
use super::inputs::Inputs;
use super::listing::{Listing, listed};
use super::numbers::Numbers;
use super::own;
use super::policy::Policy;
use super::relied::Relied;
use super::secret_files;
use super::sets::each_sum;
use super::starts::{self, Starts};
use super::verdict::{Decision, Reason};

mod declared;

/// Operators of `[[` whose operands are arithmetic.
const NUMERIC: [&str; 6] = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];

/// Looks at one text.
pub(super) struct Plain<'p> {
    /// Where everything is told, for a text that a command carries.
    pub host: Option<Span>,
    pub numbers: &'p Numbers,
    pub constants: &'p Constants,
    pub starts: &'p Starts,
    /// Variables that are arrays, or may be.
    pub arrays: &'p FxHashSet<&'p str>,
    pub policy: &'p Policy,
    /// Whether the text changes its folder: relative paths are then not known.
    pub moves: bool,
    /// Folders that it may change to.
    pub folders: &'p [String],
    pub names: &'p SecretNames,
    /// Files that redirections write, by the redirection.
    pub written: &'p FxHashMap<Span, Vec<&'p str>>,
    /// Names of commands of whose output something is believed.
    pub relied_on: &'p Relied,
    pub reasons: &'p mut Vec<Reason>,
    pub looks: &'p mut Looks,
}

/// What is seen besides reasons.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// Commands with words that may be file names or several words.
    pub spread: FxHashSet<Span>,
    /// Commands in which all that is split are numbers.
    pub counted: FxHashSet<Span>,
    /// Commands with words that are not known, by how many they may come to where none of them can be an option.
    pub tame: FxHashMap<Span, Option<Plainly>>,
    /// Commands that `xargs` feeds with words which are no options.
    pub fed: FxHashMap<Span, Plainly>,
    /// Commands that `xargs` feeds with names of files, by what is known of these.
    pub listed: FxHashMap<Span, Listing>,
    /// Commands that `xargs` feeds with names of the guard's files.
    pub handed: FxHashSet<Span>,
    /// Functions that the text defines.
    pub functions: FxHashSet<String>,
    /// What the aliases that the text defines stand for.
    pub aliases: FxHashMap<String, String>,
    /// Commands of which a word is a program: whether all that is not written in their words is numbers.
    pub filled: FxHashMap<Span, bool>,
    /// Commands that do sums: whether over nothing but numbers.
    pub sums: FxHashMap<Span, bool>,
    /// What redirections and pipes give to read.
    pub inputs: Inputs,
    /// Values of variables that a shell evaluates as text, to be read as commands.
    pub evaluated: Vec<(Span, String)>,
}

impl Plain<'_> {
    pub(super) fn at(&self, span: Span) -> Span {
        self.host.unwrap_or(span)
    }

    fn say(&mut self, decision: Decision, rule: &str, span: Span, what: String, instead: &str) {
        let reason = Reason {
            decision,
            rule: rule.to_owned(),
            what,
            instead: instead.to_owned(),
            at: self.at(span),
            invocation: String::new(),
        };
        self.reasons.push(reason);
    }

    fn ask(&mut self, rule: &str, span: Span, what: String) {
        self.say(Decision::Ask, rule, span, what, "");
    }

    /// A variable that is set; `exported` where programs see it for sure.
    fn set(&mut self, name: &str, value: Option<&str>, span: Span, exported: bool) {
        match class(name) {
            Class::Hijack => {
                let what = format!("`{name}` decides which programs or code run");
                let instead = "leave it as it is, and call the program by its full path";
                self.say(Decision::Deny, "hijacked-environment", span, what, instead);
            }
            Class::Steers if value.is_some_and(|value| inert_value(name, value)) => {}
            Class::Steers => {
                self.ask("steered-environment", span, format!("`{name}` changes what programs do"));
            }
            Class::Own if exported => {
                self.ask("unknown-environment", span, format!("what `{name}` does to programs is not known"));
            }
            Class::Harmless | Class::Own => {}
        }
        if ["PS4", "PROMPT_COMMAND", "PS0", "PS1", "PS2", "BASH_ENV"].contains(&name)
            && let Some(value) = value
        {
            let code = if name == "PROMPT_COMMAND" { value.to_owned() } else { format!(": \"{value}\"") };
            self.looks.evaluated.push((self.at(span), code));
        }
    }

    fn simple(&mut self, command: &Command, simple: &Simple) {
        let first = simple.words.first().and_then(Word::plain);
        // `IFS= read -r line` lasts as long as the read.
        let reads = first.as_deref() == Some("read");
        for assignment in &simple.assignments {
            let value = value_text(assignment);
            if reads && assignment.target.name == "IFS" && value.is_some()
                || first.is_some() && self.steers_nowhere(assignment)
            {
                continue;
            }
            self.set(&assignment.target.name, value.as_deref(), assignment.span, first.is_some());
        }
        if first.as_deref() == Some("alias") {
            // What an alias stands for runs where its name is written, perhaps in a line that comes later.
            let values = simple.words.iter().skip(1).filter_map(Word::plain);
            let pairs =
                values.filter_map(|word| word.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned())));
            for (name, value) in pairs {
                self.looks.evaluated.push((self.at(command.span), value.clone()));
                self.looks.aliases.insert(name, value);
            }
        }
        if first.as_deref().is_some_and(|first| ["sed", "jq", "yq"].contains(&first)) {
            let filled = simple.words.iter().all(|word| self.numbers.fills_with_numbers(&word.parts));
            let at = self.at(command.span);
            *self.looks.filled.entry(at).or_insert(true) &= filled;
        }
        if first.as_deref() == Some("let") {
            self.sum(command, simple);
        }
        if first.as_deref() == Some("xargs") && command.redirects.iter().any(found::gives_own) {
            self.looks.handed.insert(self.at(command.span));
        }
        if let Some(value) = first.and_then(|first| self.looks.aliases.get(&first)) {
            let rest: Vec<String> = simple.words.iter().skip(1).map(|word| known_text(&word.parts)).collect();
            let rest = shlex::try_join(rest.iter().map(String::as_str)).unwrap_or_default();
            let code = format!("{value} {rest}");
            self.looks.evaluated.push((self.at(command.span), code));
        }
        if own::changes_found(&simple.words) {
            let what = "it changes the guard's own program".to_owned();
            self.say(Decision::Deny, "own-files", command.span, what, own::INSTEAD);
        }
        let at = self.at(command.span);
        let plainly = self.starts.of_words(&simple.words);
        // Several commands of a text that a command carries stand at the same place.
        let known = self.looks.tame.entry(at).or_insert(plainly);
        *known = known.zip(plainly).map(|(a, b)| a.max(b));
        if simple.words.iter().any(spreads) {
            let at = self.at(command.span);
            let counts = |word: &Word| !globs(word) && self.numbers.splits_numbers(word);
            if simple.words.iter().all(counts) {
                self.looks.counted.insert(at);
            }
            self.looks.spread.insert(at);
        }
    }

    /// Whether a variable that steers is given what is known to do no harm, by variables whose values are written.
    fn steers_nowhere(&self, assignment: &Assignment) -> bool {
        let name = assignment.target.name.as_str();
        let Value::Scalar(word) = &assignment.value else { return false };
        let texts = || self.constants.texts(word).unwrap_or_default();
        class(name) == Class::Steers
            && !assignment.append
            && !texts().is_empty()
            && texts().iter().all(|text| inert_value(name, text))
    }

    fn test(&mut self, test: &Test, span: Span) {
        match test {
            Test::Word(_) => {}
            Test::Unary(op, word) => {
                let plain = word.plain().is_some_and(|name| crate::bash::is_name(&name));
                if (op == "-v" || op == "-R") && !plain {
                    self.ask(
                        "evaluated-later",
                        word.span,
                        format!("`{op}` evaluates the name that it is given"),
                    );
                }
            }
            Test::Binary(left, op, right) => {
                if NUMERIC.contains(&op.as_str())
                    && !(self.numbers.is_inert_word(left) && self.numbers.is_inert_word(right))
                {
                    let what = format!("`{op}` in `[[` evaluates values that may hold commands");
                    self.say(Decision::Ask, "evaluated-later", span, what, "compare with `[` instead");
                }
            }
            Test::Not(inner) => self.test(inner, span),
            Test::And(a, b) | Test::Or(a, b) => {
                self.test(a, span);
                self.test(b, span);
            }
        }
    }

    fn function(&mut self, function: &Function, span: Span) {
        let tables = Tables::builtin();
        let name = function.name.as_str();
        // Of a mere program its calls are followed to what the function does, as those of any other function are.
        let followed =
            self.host.is_none() && self.relied_on.is_leading(span) && !self.relied_on.contains(name);
        let shadows = tables.tool(name).is_some() && !followed
            || !tables.wrappers(name).is_empty()
            || super::builtins::is_inert_name(name)
            || name.contains('/');
        self.looks.functions.insert(name.to_owned());
        if shadows {
            self.ask("shadowed-command", span, format!("a function takes the place of the command `{name}`"));
        }
    }

    /// Whether some variable among the parts has a secret's name.
    fn tells_secret(&self, parts: &[Part]) -> bool {
        parts.iter().any(|part| match &part.kind {
            PartKind::Parameter(parameter) => self.names.matches(&parameter.name),
            PartKind::DoubleQuoted(inner) => self.tells_secret(inner),
            _ => false,
        })
    }

    fn subscript(&mut self, name: &Name) {
        if let Some(subscript) = &name.subscript
            && !self.numbers.is_inert_subscript(&name.name, subscript)
        {
            self.subscript_evaluates(&name.name, name.span);
        }
    }

    fn subscript_evaluates(&mut self, name: &str, span: Span) {
        let what = format!("the subscript of `{name}` is evaluated, and its value may hold commands");
        self.ask("evaluated-later", span, what);
    }

    fn redirect_to(&mut self, redirect: &Redirect, word: &Word) {
        let target = word.plain();
        let moves_descriptor = target
            .as_deref()
            .is_some_and(|text| text.trim_end_matches('-').bytes().all(|byte| byte.is_ascii_digit()));
        match redirect.op {
            RedirectOp::HereString | RedirectOp::HereDocument | RedirectOp::DuplicateInput => {}
            RedirectOp::DuplicateOutput if moves_descriptor => {}
            RedirectOp::Input => {
                let secret = |path: &str| {
                    secret_files::holds_secret(path, self.names)
                        || secret_files::is_below(self.folders, path, self.names).is_some()
                };
                if target.as_deref().is_some_and(secret) {
                    self.ask("prints-secret", redirect.span, "it reads a file of secrets".to_owned());
                }
            }
            _ if own::is_found(word) => {
                let what = "it changes the guard's own program".to_owned();
                self.say(Decision::Deny, "own-files", redirect.span, what, own::INSTEAD);
            }
            _ => self.written(redirect, target.as_deref(), &known_text(&word.parts)),
        }
    }

    fn written(&mut self, redirect: &Redirect, target: Option<&str>, known: &str) {
        let told = self.written.get(&self.at(redirect.span)).filter(|told| !told.is_empty());
        if told.is_some_and(|told| told.iter().all(|target| own::is_stream(target))) {
            return;
        }
        let Some(target) = target else {
            if own::is_own(known) {
                let what = "it writes a file of the guard".to_owned();
                return self.say(Decision::Deny, "own-files", redirect.span, what, own::INSTEAD);
            }
            return self.ask(
                "written-file",
                redirect.span,
                "it writes a file whose name is not known".to_owned(),
            );
        };
        if own::is_stream(target) {
            return;
        }
        if self.policy.is_own(target, self.moves) || self.policy.reaches_own(self.folders, target) {
            return self.say(
                Decision::Deny,
                "own-files",
                redirect.span,
                format!("`{target}` belongs to the guard"),
                own::INSTEAD,
            );
        }
        if !is_no_file(target) && self.policy.may_write(target, self.moves) {
            return;
        }
        self.ask("written-file", redirect.span, format!("it writes the file `{target}`"));
    }
}

impl<'s> Visitor<'s> for Plain<'_> {
    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        for (index, stage) in pipeline.stages.iter().enumerate().skip(1) {
            let CommandKind::Simple(simple) = &stage.kind else { continue };
            let mut words = simple.words.iter().map(Word::plain);
            if found::lists_own(&pipeline.stages[..index]) {
                self.looks.handed.insert(self.at(stage.span));
            }
            if words.next().flatten().as_deref() == Some("xargs") && stage.redirects.is_empty() {
                let nul = words
                    .map_while(|word| word.filter(|word| word.starts_with('-')))
                    .any(|word| word == "-0");
                if let Some(fed) = starts::fed(&pipeline.stages[..index], nul) {
                    self.looks.fed.insert(self.at(stage.span), fed);
                }
                if let Some(listing) = listed(&pipeline.stages[..index], nul).filter(|_| self.host.is_none())
                {
                    self.looks.listed.insert(stage.span, listing);
                }
            }
        }
        visit::walk_pipeline(self, pipeline);
    }

    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Simple(simple) => self.simple(command, simple),
            CommandKind::Declare(declare) => self.declare(declare),
            CommandKind::Test(test) => self.test(test, command.span),
            CommandKind::Function(function) => self.function(function, command.span),
            CommandKind::For(each) | CommandKind::Select(each) => {
                self.set(&each.variable.name, None, each.variable.span, false);
            }
            CommandKind::Coproc(coproc) => {
                self.set(coproc.name.as_deref().unwrap_or("COPROC"), None, command.span, false);
            }
            _ => {}
        }
        visit::walk_command(self, command);
    }

    fn redirect(&mut self, redirect: &'s Redirect) {
        if matches!(redirect.fd, Some(Fd::Variable(_))) {
            self.ask("computed-name", redirect.span, "a variable is given a descriptor".to_owned());
        }
        if let Target::Word(word) = &redirect.target {
            self.redirect_to(redirect, word);
        }
        visit::walk_redirect(self, redirect);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        self.subscript(&assignment.target);
        if let Value::Array(elements) = &assignment.value {
            for key in elements.iter().filter_map(|element| element.key.as_ref()) {
                let subscript = crate::bash::syntax::Subscript::Index(key.clone());
                if !self.numbers.is_inert_subscript(&assignment.target.name, &subscript) {
                    self.subscript_evaluates(&assignment.target.name, key.span);
                }
            }
        }
        visit::walk_assignment(self, assignment);
    }

    fn parameter(&mut self, parameter: &'s Parameter, span: Span) {
        if parameter.indirect {
            self.ask(
                "computed-name",
                span,
                format!("the value of `{}` names what is expanded", parameter.name),
            );
        }
        match &parameter.op {
            ParameterOp::Transform('P') => {
                self.ask(
                    "evaluated-later",
                    span,
                    format!("`${{{}@P}}` runs what the value holds", parameter.name),
                );
            }
            ParameterOp::Assign { word, .. } => {
                self.set(&parameter.name, word.plain().as_deref(), span, false);
            }
            ParameterOp::Error { word, .. } if self.tells_secret(&word.parts) => {
                self.ask(
                    "prints-secret",
                    span,
                    format!("the message of `${{{}:?}}` is a secret", parameter.name),
                );
            }
            _ => {}
        }
        if let Some(subscript) = &parameter.subscript
            && !self.numbers.is_inert_subscript(&parameter.name, subscript)
        {
            self.subscript_evaluates(&parameter.name, span);
        }
        visit::walk_parameter(self, parameter);
    }

    fn arithmetic(&mut self, arithmetic: &'s Arithmetic) {
        if !self.numbers.is_inert(arithmetic) {
            let what = "arithmetic evaluates values that are not known to be numbers".to_owned();
            self.ask("evaluated-later", arithmetic.span, what);
        }
        if let Some(expression) = &arithmetic.expression {
            each_sum(expression, &mut |name, _| self.set(name, None, arithmetic.span, false));
        }
        visit::walk_parts(self, &arithmetic.parts);
    }
}

/// Whether a word begins with a glob, or has an expansion that bash splits: it may come to other words than it seems.
fn spreads(word: &Word) -> bool {
    globs(word) || word.parts.iter().any(splits)
}

fn globs(word: &Word) -> bool {
    word.parts.first().is_some_and(
        |part| matches!(&part.kind, PartKind::Literal(text) if text.starts_with(['*', '?']) || text.starts_with('[') && text.contains(']')),
    )
}

fn splits(part: &Part) -> bool {
    matches!(part.kind, PartKind::Parameter(_) | PartKind::Command(_))
}

fn value_text(assignment: &Assignment) -> Option<String> {
    match &assignment.value {
        Value::Scalar(word) => word.plain(),
        Value::Array(_) => None,
    }
}

/// The text of parts, with a hole for what is not known.
pub(super) fn known_text(parts: &[Part]) -> String {
    let text = |part: &Part| match &part.kind {
        PartKind::Literal(text) | PartKind::Quoted(text) => text.clone(),
        PartKind::DoubleQuoted(inner) => known_text(inner),
        _ => HOLE.to_string(),
    };
    parts.iter().map(text).collect()
}
