//! A script as checks see it, and the way in which they report.

use std::ops::Range;

use crate::bash::query::{Match, Query, Searched};
use crate::bash::syntax::{self, CommandKind, Sequence};
use crate::bash::visit::{Visitor, walk_script, walk_statement};
use crate::bash::{self, Dialect, Unread, Witness};
use crate::catalogue::Rule;
use crate::commands::Effect;
use crate::facts::{self, Context, Observation, Observations, Step, StepKind};
use crate::finding::{Advice, Edit, Finding, Fix, Label, Severity};
use crate::markdown::ShellFence;
use crate::source::{RepoPath, SourceText, Span};

use super::suppress::{self, Reach, Suppression};
use super::template;

/// Where a script stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// It is a file.
    File,
    /// It is a fence of a runbook.
    Fence {
        /// Whether the lines above say that it only reads.
        check: bool,
        /// Whether it has gaps, so that it need not parse.
        fragment: bool,
    },
}

/// What could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    /// The script itself.
    Here,
    /// Shell text that it hands on.
    Carried,
    /// It is a template.
    Template,
}

/// Which part of a file is the script.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'s> {
    /// All of it.
    Whole,
    /// A fence of it.
    Fence(&'s ShellFence),
}

impl Part<'_> {
    /// The place in the file of a span of the script.
    fn place(self, span: Span) -> Span {
        match self {
            Part::Whole => span,
            Part::Fence(fence) => fence.script.span(span),
        }
    }
}

/// A script with everything that is known of it.
pub(super) struct Script<'s> {
    pub source: &'s SourceText,
    /// What was read of it.
    part: Part<'s>,
    pub form: Form,
    pub dialect: Dialect,
    /// What it says, for a repair that must know what else it would change; a check filters `seen`.
    pub syntax: syntax::Script,
    pub unread: Vec<Unread>,
    /// The statements that are a template's actions.
    pub actions: Vec<Span>,
    /// Comments before the first statement, in order.
    pub header: Vec<Span>,
    /// Whether it only defines functions for others.
    pub library: bool,
    pub seen: Observations,
    /// What each rule that is a shape found, by the rule's slug.
    pub matches: Vec<(&'static str, Vec<Match>)>,
    /// Where no shape can be looked for.
    pub withheld: Vec<Unread>,
    /// The option that lets a script change something.
    pub gate: String,
}

/// Finds the statements that a comment stands behind, on one line.
struct Behind<'b, 's> {
    script: &'b Script<'s>,
    comment: Span,
    ends: bool,
    /// The lines on which they start, of those that hold no other statement than in substitutions.
    starts: Vec<u32>,
}

impl<'a> Visitor<'a> for Behind<'_, '_> {
    fn statement(&mut self, statement: &'a syntax::Statement) {
        if statement.span.start >= self.comment.start {
            return;
        }
        let end = statement.span.end;
        let closes = |c: char| matches!(c, ' ' | '\t' | ';' | '&' | ')' | '}');
        if end <= self.comment.start
            && self.script.text(Span::new(end, self.comment.start)).chars().all(closes)
        {
            self.ends = true;
            let plain = |command: &syntax::Command| {
                matches!(
                    command.kind,
                    CommandKind::Simple(_)
                        | CommandKind::Declare(_)
                        | CommandKind::Test(_)
                        | CommandKind::Arithmetic(_)
                )
            };
            if statement.pipelines().flat_map(|pipeline| &pipeline.stages).all(plain) {
                self.starts.push(self.script.line(statement.span));
            }
        }
        walk_statement(self, statement);
    }
}

impl<'s> Script<'s> {
    /// Reads `part` of `source`.
    pub fn read(
        source: &'s SourceText,
        part: Part<'s>,
        context: &Context<'_>,
        witness: &dyn Witness,
        shapes: &[(&'static Rule, Query)],
    ) -> Self {
        let (text, form) = match part {
            Part::Whole => (source.text(), Form::File),
            Part::Fence(fence) => {
                let text = fence.filled.as_deref().unwrap_or_else(|| fence.script.text());
                (text, Form::Fence { check: fence.check, fragment: fence.fragment })
            }
        };
        let dialect = dialect(text, source.path().as_str());
        let queries: Vec<Query> = shapes.iter().map(|(_, query)| query.clone()).collect();
        let Searched { reading, matches, withheld } = bash::search(text, dialect, witness, &queries);
        let matches = shapes.iter().map(|(rule, _)| rule.slug).zip(matches).collect();
        let seen = facts::observe(source.path(), &reading.script, context);
        let first_statement = reading.script.body.statements.first().map(|statement| statement.span);
        let before = first_statement.map_or(u32::MAX, |span| span.start);
        let header =
            reading.script.comments.iter().copied().filter(|comment| comment.end <= before).collect();
        let changes = |seen: &Observation| seen.effect == Effect::Mutate && !seen.dead && !seen.elsewhere;
        let runs = text.starts_with("#!") && seen.list.iter().any(changes);
        let library = only_defines(&reading.script.body) || in_lib(source.path()) && !runs;
        let actions = if form == Form::File { template::actions(&reading.script) } else { Vec::new() };
        Self {
            source,
            part,
            form,
            dialect,
            actions,
            syntax: reading.script,
            unread: reading.unread,
            header,
            library,
            seen,
            matches,
            withheld,
            gate: context.gates.options.first().cloned().unwrap_or_default(),
        }
    }

    /// The suppressions in its comments.
    pub fn suppressions(&self) -> Vec<Suppression> {
        let in_comment = |comment: &Span| {
            let reach = || self.reach(*comment);
            let offset = |at: usize| comment.start + u32::try_from(at).unwrap_or(0);
            let place =
                |range: Range<usize>| self.part.place(Span::new(offset(range.start), offset(range.end)));
            suppress::in_comment(self.source, self.text(*comment), reach, place)
        };
        self.syntax.comments.iter().filter_map(in_comment).collect()
    }

    /// The lines for which a suppression in a comment counts.
    fn reach(&self, comment: Span) -> Reach {
        let mut behind = Behind { script: self, comment, ends: false, starts: Vec::new() };
        walk_script(&mut behind, &self.syntax);
        if behind.ends { Reach::Starts(behind.starts) } else { Reach::Below }
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> &str {
        match self.part {
            Part::Whole => span.slice(self.source.text()),
            Part::Fence(fence) => span.slice(fence.script.text()),
        }
    }

    /// Where it could not be read: each place, what to say there, and why. A fragment need not parse.
    pub fn breaks(&self) -> Vec<(Span, Break, &str)> {
        if matches!(self.form, Form::Fence { fragment: true, .. }) {
            return Vec::new();
        }
        let mut breaks = Vec::new();
        for unread in &self.unread {
            // A region starts where the last statement that was read ends: the break is behind the blank space.
            let text = self.text(unread.span);
            let blank = u32::try_from(text.len() - text.trim_start().len()).unwrap_or(0);
            let at = if blank < unread.span.len() { unread.span.start + blank } else { unread.span.start };
            breaks.push((Span::new(at, unread.span.end), Break::Here, unread.reason.as_str()));
        }
        let inside = |at: Span| self.unread.iter().any(|unread| unread.span.contains(at));
        for unread in self.seen.unread.iter().filter(|unread| !inside(unread.at)) {
            breaks.push((unread.at, Break::Carried, unread.reason.as_str()));
        }
        breaks.extend(self.actions.first().map(|action| (*action, Break::Template, template::REASON)));
        breaks
    }

    /// The line of the file on which a span starts.
    pub fn line(&self, span: Span) -> u32 {
        self.source.line(self.part.place(span).start)
    }

    /// Whether it was said already of this command, or on this line of one around it or in it.
    pub fn is_said(&self, reported: &[Span], at: Span) -> bool {
        reported.iter().any(|known| {
            *known == at || (known.contains(at) || at.contains(*known)) && self.line(*known) == self.line(at)
        })
    }

    /// The way of a secret in words: where it comes from, and the variables and functions that it went through.
    pub fn journey(&self, way: &[Step]) -> String {
        const MOST: usize = 5;
        let Some((source, steps)) = way.split_first() else { return "a secret".to_owned() };
        let mut journey = source.subject.clone();
        if !source.span.is_empty() {
            journey = format!("{journey} from line {}", self.line(source.span));
        }
        let mut through: Vec<String> = Vec::new();
        for step in steps {
            let stop = match step.kind {
                StepKind::Stored { .. } => format!("`{}`", step.subject),
                StepKind::Passed => format!("`{}()`", step.subject),
                StepKind::Answered | StepKind::Picked { .. } => format!("the answer of `{}`", step.subject),
                StepKind::Source | StepKind::Moved => continue,
            };
            let is_source = source.subject.trim_matches(['`', '$']) == step.subject;
            if !is_source && through.last() != Some(&stop) {
                through.push(stop);
            }
        }
        if through.len() > MOST {
            through.truncate(MOST);
            through.push("more".to_owned());
        }
        if !through.is_empty() {
            journey = format!("{journey} through {}", through.join(", "));
        }
        journey
    }

    /// A pen for the findings of one rule.
    pub fn report<'r>(
        &'r self,
        rule: &'static Rule,
        severity: Severity,
        findings: &'r mut Vec<Finding>,
    ) -> Report<'r> {
        Report { rule, severity, source: self.source, part: self.part, findings }
    }
}

/// Whether the first line asks for a trace (`#!/bin/bash -ex`).
pub(super) fn is_traced(text: &str) -> bool {
    let first = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let Some(line) = first.strip_prefix("#!") else { return false };
    let words: Vec<&str> = line.split_ascii_whitespace().skip(1).collect();
    let bundle = |word: &&str| word.starts_with('-') && !word.starts_with("--") && word.contains('x');
    words.iter().any(bundle) || words.windows(2).any(|pair| pair == ["-o", "xtrace"])
}

/// The dialect that the first line or the file's name asks for.
pub fn dialect(text: &str, path: &str) -> Dialect {
    let first = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let Some(line) = first.strip_prefix("#!") else {
        return match path.rsplit_once('.') {
            Some((_, "ksh")) => Dialect::Ksh,
            Some((_, "dash")) => Dialect::Posix,
            _ => Dialect::Bash,
        };
    };
    let mut words = line.split_ascii_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let name = match words.next() {
        Some("env") => words.find(|word| !word.starts_with('-') && !word.contains('=')),
        Some("busybox") => words.next(),
        other => other,
    };
    match name {
        Some("sh" | "dash" | "ash" | "posh" | "yash") => Dialect::Posix,
        Some("ksh" | "ksh93" | "mksh" | "lksh" | "pdksh") => Dialect::Ksh,
        _ => Dialect::Bash,
    }
}

/// Whether a file lies in a folder `lib/` of the repository. One of the machine (`/usr/lib`, `/var/lib`) is another thing.
fn in_lib(path: &RepoPath) -> bool {
    let parts: Vec<&str> = path.as_str().split('/').rev().skip(1).collect();
    let of_machine =
        |at: usize| parts.get(at + 1).is_some_and(|above| ["usr", "var", "local"].contains(above));
    !path.as_str().starts_with('/')
        && parts.iter().enumerate().any(|(at, part)| *part == "lib" && !of_machine(at))
}

/// Whether every statement is a function definition, a constant, or a guard against being read twice.
fn only_defines(body: &Sequence) -> bool {
    let mut functions = 0;
    for statement in &body.statements {
        let [command] = statement.first.stages.as_slice() else { return false };
        match &command.kind {
            CommandKind::Function(_) => functions += 1,
            CommandKind::Declare(_) => {}
            CommandKind::Simple(simple) if simple.words.is_empty() => {}
            CommandKind::Test(_) if !statement.rest.is_empty() => {}
            _ => return false,
        }
    }
    functions > 0
}

/// Takes the findings of one rule.
pub(super) struct Report<'r> {
    pub rule: &'static Rule,
    pub severity: Severity,
    pub source: &'r SourceText,
    part: Part<'r>,
    pub findings: &'r mut Vec<Finding>,
}

impl<'r> Report<'r> {
    /// A pen for the findings of a rule that looks at a file as a whole.
    pub fn new(
        rule: &'static Rule,
        severity: Severity,
        source: &'r SourceText,
        findings: &'r mut Vec<Finding>,
    ) -> Self {
        Self { rule, severity, source, part: Part::Whole, findings }
    }

    /// One finding, with labels beside the primary one.
    pub fn add(&mut self, at: Span, label: &str, secondary: Vec<(Span, String)>, advice: Advice) {
        let secondary = secondary
            .into_iter()
            .filter(|(span, _)| !span.is_empty())
            .map(|(span, text)| Label::new(self.source, self.part.place(span), text))
            .collect();
        self.findings.push(Finding {
            code: self.rule.code,
            rule: self.rule.slug,
            severity: self.severity,
            path: self.source.path().clone(),
            primary: Label::new(self.source, self.part.place(at), label),
            secondary,
            advice,
            fix: None,
            legacy: false,
            fingerprint: String::new(),
        });
    }

    /// Offers a repair of the last finding, where the script is a file: in a runbook's fence nothing is changed.
    pub fn fix(&mut self, edits: Vec<Edit>) {
        // A carriage return is a part of the words for bash, and nothing may come before a mark of the byte order.
        let text = self.source.text();
        let odd = text.starts_with('\u{feff}') || text.contains("\r\n");
        if let (Part::Whole, Some(finding)) = (self.part, self.findings.last_mut())
            && !edits.is_empty()
            && !odd
        {
            finding.fix = Some(Fix { edits });
        }
    }
}

/// Gives each finding that has none its identity: rule, path, the statement's words, and which of equal ones it is.
pub(super) fn fingerprint(source: &SourceText, findings: &mut [Finding]) {
    let mut seen: Vec<(u16, String)> = Vec::new();
    for finding in findings.iter_mut().filter(|finding| finding.fingerprint.is_empty()) {
        let statement: Vec<&str> = finding.primary.span.slice(source.text()).split_whitespace().collect();
        let key = format!("{}\n{}\n{}", finding.rule, finding.path, statement.join(" "));
        let count = if let Some((count, _)) = seen.iter_mut().find(|(_, known)| *known == key) {
            *count += 1;
            *count
        } else {
            seen.push((0, key.clone()));
            0
        };
        let hash = blake3::hash(format!("{key}\n{count}").as_bytes());
        hash.to_hex()[..32].clone_into(&mut finding.fingerprint);
    }
}
