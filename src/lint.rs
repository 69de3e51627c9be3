//! Lint: what the rules find in one script, after suppressions.
//!
//! A check is a filter over what [`crate::facts`] saw; it never walks a tree of its own. This module never reads a
//! file: sourced libraries come from whoever calls.

pub mod baseline;
mod checks;
mod fix;
mod force;
pub mod kept;
mod mend;
mod script;
pub mod stale;
pub mod standing;
mod suppress;
mod template;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::bash::query::Query;
use crate::bash::{self, Witness};
use crate::catalogue::{self, Rule, Scope};
use crate::changelog::Entry;
use crate::event::FileKind;
use crate::facts::{Gates, Library, SecretNames};
use crate::finding::{Allowance, Finding, Severity, Suppressed};
use crate::markdown;
use crate::settings::Settings;
use crate::source::{RepoPath, SourceText};

use baseline::Baseline;
pub use fix::repair;
use force::Force;
pub use force::{Choice, Origin};
pub use script::dialect;
use script::{Form, Part, Report, Script};
use standing::{Coverage, Standing};
use suppress::Suppression;

/// What one file showed.
#[derive(Debug, Default)]
pub struct Checked {
    /// Sorted.
    pub findings: Vec<Finding>,
    /// What somebody allowed, sorted.
    pub suppressed: Vec<Suppressed>,
    /// The slugs of the rules that were asked.
    pub rules: Arc<[&'static str]>,
    /// How many regions could not be read.
    pub unparsed: usize,
    /// Every file that what it sources was looked for in, whether it was there or not: all this depends on them.
    pub asked: BTreeSet<RepoPath>,
}

/// A rule that is asked for but does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{name}`: {suggestion}")]
pub struct UnknownRule {
    /// As it was written.
    pub name: String,
    /// The nearest slug, in words.
    pub suggestion: String,
}

/// What the rules of the whole project need to know.
#[derive(Debug, Clone)]
pub enum Record {
    /// The project as it is.
    Tree {
        /// Every changelog entry.
        entries: Vec<Entry>,
        /// Every script.
        scripts: Vec<RepoPath>,
    },
    /// What a change does to it.
    Diff(Diff),
}

/// A change, and the record of why.
#[derive(Debug, Clone, Default)]
pub struct Diff {
    /// The changelog entries that it adds.
    pub entries: Vec<Entry>,
    /// Every path that there is after it.
    pub known: Vec<RepoPath>,
    /// What it does to scripts; those in which only comments and blank space change are not among them.
    pub touches: HashMap<RepoPath, Touch>,
    /// Scripts that need no entry, and why, by their commits' trailer.
    pub excused: HashMap<RepoPath, String>,
}

/// What a change does to a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touch {
    /// It is new.
    Added,
    /// Its commands are others.
    Edited,
    /// It had another name.
    Renamed(RepoPath),
    /// It can be run now, or no longer.
    Mode,
    /// It is gone.
    Removed,
}

/// Whether two texts run the same commands: they differ in comments and blank space at most.
pub fn same_commands(one: &SourceText, other: &SourceText, witness: &dyn Witness) -> bool {
    let first_line = |source: &SourceText| source.text().lines().next().unwrap_or_default().to_owned();
    let read = |source: &SourceText| {
        bash::read(source.text(), dialect(source.text(), source.path().as_str()), witness)
    };
    // The first line says who runs it.
    let shebang = |line: &str| line.starts_with("#!").then(|| line.trim().to_owned());
    one.text() == other.text()
        || shebang(&first_line(one)) == shebang(&first_line(other))
            && bash::same_commands(&read(one), &read(other))
}

/// The rules that are in force, with what they need.
pub struct Linter {
    force: Force,
    settings: Settings,
    secret_names: SecretNames,
    gates: Gates,
    record: Option<Record>,
    suppressions: bool,
    today: String,
    shapes: Shapes,
    /// Those of rules that are not in force.
    left_out: Shapes,
}

/// Rules that are shapes, and what they look for.
type Shapes = Vec<(&'static Rule, Query)>;

impl Linter {
    /// The rules that `settings` (and the command line's `select` and `ignore`) leave.
    ///
    /// `today` (`YYYY-MM-DD`, UTC) is when suppressions expire. Without `suppressions`, none counts.
    pub fn new(
        settings: Settings,
        select: &[String],
        ignore: &[String],
        suppressions: bool,
        today: String,
    ) -> Result<Self, UnknownRule> {
        let force = Force::new(&settings.lint, select, ignore)?;
        let secret_names = SecretNames::new(crate::commands::Tables::builtin(), &settings.lint.secret_names);
        let gates = Gates {
            options: settings.lint.gates.options.clone(),
            commands: settings.lint.gates.commands.clone(),
        };
        Ok(Self {
            force,
            settings,
            secret_names,
            gates,
            record: None,
            suppressions,
            today,
            shapes: Shapes::new(),
            left_out: Shapes::new(),
        })
    }

    /// The same with every rule, where some are left out here: what holds of a text whatever was asked for.
    pub fn of_every_rule(&self) -> Option<Self> {
        let mut settings = self.settings.clone();
        settings.lint.select.clear();
        settings.lint.ignore.clear();
        settings.lint.paths.clear();
        let every = Self::new(settings, &[], &[], self.suppressions, self.today.clone()).ok()?;
        let fewer = self.force.everywhere().len() < every.force.everywhere().len();
        let shapes = || self.shapes.iter().chain(&self.left_out).cloned().collect();
        (fewer || !self.settings.lint.paths.is_empty()).then(|| every.with_shapes(shapes()))
    }

    /// Adds the compiled queries of the rules that are shapes; those of rules that are not in force are asked by
    /// [`Self::of_every_rule`] only.
    #[must_use]
    pub fn with_shapes(mut self, shapes: Vec<(&'static Rule, Query)>) -> Self {
        (self.shapes, self.left_out) =
            shapes.into_iter().partition(|(rule, _)| self.force.may_run(rule.slug));
        self
    }

    /// Adds the rules of the whole project.
    #[must_use]
    pub fn with_record(mut self, record: Record) -> Self {
        self.record = Some(record);
        self
    }

    /// What the settings and the baseline say of findings; `None` where suppressions are left out.
    pub fn standing(&self, baseline: Option<&Baseline>, coverage: Coverage) -> Option<Standing> {
        self.suppressions.then(|| Standing::new(&self.settings.lint, baseline, coverage, &self.today))
    }

    /// What holds of every rule that is asked of a file of that kind; without a file, of every rule, where no table of
    /// `[[lint.paths]]` says otherwise.
    pub fn choices(&self, file: Option<(&RepoPath, FileKind)>) -> Vec<(&'static Rule, Choice)> {
        let choices = self.force.choices(file.map(|(path, _)| path.as_str())).into_iter();
        choices.filter(|(rule, _)| file.is_none_or(|(_, kind)| asked(rule, kind))).collect()
    }

    /// How much what is stale weighs; `None` where nobody asks.
    pub fn stale_severity(&self) -> Option<Severity> {
        let stale = self.force.everywhere().iter().find(|(rule, _)| rule.slug == suppress::RULE);
        stale.map(|(_, severity)| *severity)
    }

    /// Whether any rule looks at the whole project.
    pub fn wants_record(&self) -> bool {
        catalogue::all().any(|rule| rule.scope == Scope::Project && self.force.may_run(rule.slug))
    }

    /// Judges one file. `library` finds what it sources, `witness` gives the second opinion on what it says.
    pub fn check(
        &self,
        source: &SourceText,
        kind: FileKind,
        library: &dyn Library,
        witness: &dyn Witness,
    ) -> Checked {
        let own = |path: &str| self.settings.lint.own_files.matches(path);
        let context = crate::facts::Context {
            library,
            secret_names: &self.secret_names,
            gates: &self.gates,
            own_files: &own,
            traced: script::is_traced(source.text()),
            dialect: script::dialect(source.text(), source.path().as_str()),
        };
        let rules = self.force.within(source.path().as_str());
        let mut checked = Checked::default();
        let mut suppressions = Vec::new();
        match kind {
            FileKind::Script => {
                let mut script = Script::read(source, Part::Whole, &context, witness, &self.shapes);
                checked.asked = std::mem::take(&mut script.seen.asked);
                suppressions.extend(script.suppressions());
                checked.unparsed =
                    script.unread.len() + script.seen.unread.len() + usize::from(!script.actions.is_empty());
                Self::judge(&rules, &script, &mut checked.findings);
                self.judge_project(&rules, source, &mut checked.findings);
            }
            FileKind::Removed => self.judge_project(&rules, source, &mut checked.findings),
            // What is stale in them is known only at the end: `standing` says it.
            FileKind::Settings => {}
            FileKind::Runbook => {
                for fence in markdown::shell_fences(source.text()) {
                    let mut script =
                        Script::read(source, Part::Fence(&fence), &context, witness, &self.shapes);
                    checked.asked.append(&mut script.seen.asked);
                    suppressions.extend(script.suppressions());
                    // A fragment need not parse; what could be read of it must hold all the same.
                    if !fence.fragment {
                        checked.unparsed += script.unread.len() + script.seen.unread.len();
                    }
                    Self::judge(&rules, &script, &mut checked.findings);
                }
                let comments = markdown::html_comments(source.text()).into_iter();
                suppressions.extend(comments.filter_map(|range| Suppression::in_html(source, range)));
            }
        }
        checked.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        checked.findings.dedup();
        // Before any is left out: an identity does not depend on what stands in a comment.
        script::fingerprint(source, &mut checked.findings);
        if self.suppressions {
            let ran = |slug: &str| {
                let in_force = rules.iter().find(|(rule, _)| rule.slug == slug);
                in_force.is_some_and(|(rule, _)| rule.scope == Scope::Script || self.record.is_some())
            };
            let stale = rules.iter().find(|(rule, _)| rule.slug == suppress::RULE);
            let severity = stale.map(|(_, severity)| *severity);
            let run = suppress::Run { today: &self.today, ran: &ran, severity };
            let left = suppress::apply(source, checked.findings, suppressions, &run);
            checked.findings = left.findings;
            checked.suppressed = left.suppressed;
            checked.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
            script::fingerprint(source, &mut checked.findings);
        }
        self.excuse(source, &mut checked);
        checked.rules = self.asked_of(&rules, kind);
        checked
    }

    /// The slugs of those of the rules that are asked of a file of that kind.
    fn asked_of(&self, rules: &[(&'static Rule, Severity)], kind: FileKind) -> Arc<[&'static str]> {
        let asked = |rule: &Rule| asked(rule, kind) && (rule.scope == Scope::Script || self.record.is_some());
        rules.iter().filter(|(rule, _)| asked(rule)).map(|(rule, _)| rule.slug).collect()
    }

    fn judge(rules: &[(&'static Rule, Severity)], script: &Script<'_>, findings: &mut Vec<Finding>) {
        let content = |rule: &Rule| rule.fences && rule.scope == Scope::Script && rule.slug != suppress::RULE;
        let reads_fences = rules.iter().any(|(rule, _)| content(rule));
        let runbooks = !reads_fences || rules.iter().any(|(rule, _)| rule.slug == "runbook-check");
        for (rule, severity) in rules {
            // What does not parse in a fence is said by the rule for runbooks; without it, by the one for scripts.
            let holds = script.form == Form::File || rule.fences || (rule.slug == "unparsed" && !runbooks);
            if rule.scope == Scope::Script && holds {
                let mut found = Vec::new();
                checks::run(script, &mut script.report(rule, *severity, &mut found));
                // What is no bash is said once.
                let in_action = |finding: &Finding| {
                    let at = finding.primary.start.line;
                    script.actions.iter().any(|action| script.line(*action) == at)
                };
                found.retain(|finding| rule.slug == "unparsed" || !in_action(finding));
                findings.append(&mut found);
            }
        }
    }

    fn judge_project(
        &self,
        rules: &[(&'static Rule, Severity)],
        source: &SourceText,
        findings: &mut Vec<Finding>,
    ) {
        let Some(record) = &self.record else { return };
        for (rule, severity) in rules {
            if rule.scope == Scope::Project {
                checks::run_project(source, record, &mut Report::new(rule, *severity, source, findings));
            }
        }
    }

    /// Sets aside what the commits of a change say needs no entry.
    fn excuse(&self, source: &SourceText, checked: &mut Checked) {
        let Some(Record::Diff(diff)) = &self.record else { return };
        let Some(reason) = diff.excused.get(source.path()) else { return };
        let excused = |finding: &Finding| finding.rule == checks::TRAILER_EXCUSES;
        let (by, all) = (Allowance::Trailer, std::mem::take(&mut checked.findings));
        for finding in all {
            if excused(&finding) {
                checked.suppressed.push(Suppressed { finding, by, reason: reason.clone() });
            } else {
                checked.findings.push(finding);
            }
        }
    }
}

/// Whether a rule is asked of files of that kind.
fn asked(rule: &Rule, kind: FileKind) -> bool {
    match (kind, rule.scope) {
        (FileKind::Script, _) | (FileKind::Removed, Scope::Project) => true,
        (FileKind::Runbook, Scope::Script) => rule.fences,
        (FileKind::Removed, Scope::Script)
        | (FileKind::Runbook, Scope::Project)
        | (FileKind::Settings, _) => false,
    }
}

fn known(name: &str) -> Result<&'static Rule, UnknownRule> {
    catalogue::find(name).ok_or_else(|| UnknownRule {
        name: name.to_owned(),
        suggestion: crate::nearest::suggestion(name, catalogue::all().map(|rule| rule.slug)),
    })
}
