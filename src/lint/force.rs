//! Which rules are in force for a file, how much they weigh there, and who said so.
//!
//! Layers: what a rule's page says, `[lint]`, the tables of `[[lint.paths]]` that match, the command line. The last word
//! counts. This module never looks at what a file says, only at its path.

use std::collections::BTreeMap;

use super::{UnknownRule, known};
use crate::catalogue::{self, Rule};
use crate::finding::Severity;
use toml::Spanned;

use crate::settings::{Globs, LintSettings};

/// The rule that is always in force, at its own weight: nothing else can be believed of text that cannot be read.
const ALWAYS: &str = "unparsed";

/// Who decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: the rule's page says it.
    Default,
    /// The settings: the path of the key, and of the element below it where there is one.
    Settings(String),
    /// An option of the command line.
    CommandLine(&'static str),
}

/// What holds of one rule in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The rule's slug.
    pub slug: &'static str,
    /// How much its findings weigh; `None` where it does not run.
    pub severity: Option<Severity>,
    /// Who decided that.
    pub from: Origin,
}

/// What somebody says of the rules.
#[derive(Default)]
struct Layer {
    /// The files it is about; `None` for all.
    files: Option<Globs>,
    /// The rules that run, where any are named: slug, and who says so.
    select: Vec<(&'static str, Origin)>,
    /// Who says that others do not.
    others: Option<Origin>,
    ignore: Vec<(&'static str, Origin)>,
    severity: Vec<(&'static str, Severity, Origin)>,
}

impl Layer {
    /// What the table `key` of the settings says.
    fn new(
        key: &str,
        select: &[String],
        ignore: &[String],
        severity: &BTreeMap<String, Severity>,
    ) -> Result<Self, UnknownRule> {
        let list = |part: &str, names: &[String]| {
            let read =
                |name: &String| Ok((known(name)?.slug, Origin::Settings(format!("{key}.{part}.{name}"))));
            names.iter().map(read).collect::<Result<Vec<_>, UnknownRule>>()
        };
        let weigh = |(name, severity): (&String, &Severity)| {
            Ok((known(name)?.slug, *severity, Origin::Settings(format!("{key}.severity.{name}"))))
        };
        Ok(Self {
            files: None,
            select: list("select", select)?,
            others: Some(Origin::Settings(format!("{key}.select"))),
            ignore: list("ignore", ignore)?,
            severity: severity.iter().map(weigh).collect::<Result<_, UnknownRule>>()?,
        })
    }

    fn command_line(select: &[String], ignore: &[String]) -> Result<Self, UnknownRule> {
        let list = |option: &'static str, names: &[String]| {
            let read = |name: &String| Ok((known(name)?.slug, Origin::CommandLine(option)));
            names.iter().map(read).collect::<Result<Vec<_>, UnknownRule>>()
        };
        Ok(Self {
            select: list("--select", select)?,
            others: Some(Origin::CommandLine("--select")),
            ignore: list("--ignore", ignore)?,
            ..Self::default()
        })
    }

    fn holds(&self, path: Option<&str>) -> bool {
        self.files.as_ref().is_none_or(|files| path.is_some_and(|path| files.matches(path)))
    }

    /// Whether it says that the rule runs, and who does; `None` where it says nothing.
    fn runs(&self, slug: &str) -> Option<(bool, &Origin)> {
        let named = |list: &'_ [(&'static str, Origin)]| list.iter().position(|(named, _)| *named == slug);
        if let Some(at) = named(&self.ignore) {
            return Some((false, &self.ignore[at].1));
        }
        if self.select.is_empty() {
            return None;
        }
        match named(&self.select) {
            Some(at) => Some((true, &self.select[at].1)),
            None => self.others.as_ref().map(|origin| (false, origin)),
        }
    }
}

/// The layers, the weakest first.
pub(super) struct Force {
    layers: Vec<Layer>,
    /// What holds of every file that no layer of its own is about.
    everywhere: Vec<(&'static Rule, Severity)>,
}

impl Force {
    /// What the settings and the command line say together.
    pub(super) fn new(
        settings: &LintSettings,
        select: &[String],
        ignore: &[String],
    ) -> Result<Self, UnknownRule> {
        let mut layers = vec![Layer::new("lint", &settings.select, &settings.ignore, &settings.severity)?];
        for (index, paths) in settings.paths.iter().map(Spanned::get_ref).enumerate() {
            let key = format!("lint.paths.{index}");
            let layer = Layer::new(&key, &paths.select, &paths.ignore, &paths.severity)?;
            layers.push(Layer { files: Some(paths.files.clone()), ..layer });
        }
        // With a `--select` it decides about every rule: who asks for one gets it, whatever the file ignores.
        layers.push(Layer::command_line(select, ignore)?);
        let mut force = Self { layers, everywhere: Vec::new() };
        force.everywhere = force.rules(None);
        Ok(force)
    }

    /// What holds of every rule, for the file of that path; without one, for files that no table of theirs is about.
    pub(super) fn choices(&self, path: Option<&str>) -> Vec<(&'static Rule, Choice)> {
        catalogue::all().map(|rule| (rule, self.choice(rule, path))).collect()
    }

    fn choice(&self, rule: &'static Rule, path: Option<&str>) -> Choice {
        let mut runs = (true, &Origin::Default);
        let mut weight = (rule.severity, &Origin::Default);
        for layer in self.layers.iter().filter(|layer| rule.slug != ALWAYS && layer.holds(path)) {
            runs = layer.runs(rule.slug).unwrap_or(runs);
            let set = layer.severity.iter().rfind(|(slug, ..)| *slug == rule.slug);
            weight = set.map_or(weight, |(_, severity, origin)| (*severity, origin));
        }
        let from = if !runs.0 || *weight.1 == Origin::Default { runs.1 } else { weight.1 };
        Choice { slug: rule.slug, severity: runs.0.then_some(weight.0), from: from.clone() }
    }

    /// The rules that run, for the file of that path.
    fn rules(&self, path: Option<&str>) -> Vec<(&'static Rule, Severity)> {
        let choices = self.choices(path).into_iter();
        choices.filter_map(|(rule, choice)| Some((rule, choice.severity?))).collect()
    }

    /// The rules that run in the file of that path.
    pub(super) fn within(&self, path: &str) -> std::borrow::Cow<'_, [(&'static Rule, Severity)]> {
        let own = self.layers.iter().any(|layer| layer.files.is_some() && layer.holds(Some(path)));
        if own { self.rules(Some(path)).into() } else { self.everywhere.as_slice().into() }
    }

    /// The rules that run where no table of `[[lint.paths]]` says otherwise.
    pub(super) fn everywhere(&self) -> &[(&'static Rule, Severity)] {
        &self.everywhere
    }

    /// Whether the rule runs in any file that there may be.
    pub(super) fn may_run(&self, slug: &str) -> bool {
        self.everywhere.iter().any(|(rule, _)| rule.slug == slug)
            || self.layers.iter().any(|layer| layer.select.iter().any(|(selected, _)| *selected == slug))
    }
}
