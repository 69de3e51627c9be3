//! The rules' metadata and pages: one table from which `explain`, the docs, the settings and the tests read.
//!
//! A rule is one page, `rules/<slug>.md`, and one line here. What it checks lives in `lint/checks`; a rule of a repository is
//! a page alone, with a query on it.

mod page;

use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;

use crate::finding::Severity;
use crate::id::RuleCode;
use crate::markdown;

pub use page::{PageFault, Shape, filled, is_shape, own};

/// The codes from here on are for the rules of repositories.
pub const FIRST_OWN_CODE: RuleCode = RuleCode::new(100);

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// One script or runbook at a time.
    Script,
    /// The whole project.
    Project,
}

/// A rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its code, such as `L2`.
    pub code: RuleCode,
    /// Its slug.
    pub slug: &'static str,
    /// What it forbids, in one line.
    pub summary: String,
    /// How much its findings weigh unless the settings say otherwise.
    pub severity: Severity,
    /// What it looks at.
    pub scope: Scope,
    /// Whether it holds for runbook fences too.
    pub fences: bool,
    /// Its page without the front matter.
    pub page: &'static str,
    /// What it looks for, where it is a query and not code.
    pub shape: Option<Shape>,
}

/// An example on a rule's page.
#[derive(Debug, Clone)]
pub struct Example {
    /// Whether it must have exactly one finding of its rule; else none.
    pub bad: bool,
    /// Whether it is a runbook; else a script.
    pub runbook: bool,
    /// What it says.
    pub text: String,
    /// Line of the page's body (from 1) on which it starts.
    pub line: usize,
}

/// The page of each rule, in the order of the codes.
const PAGES: &[(&str, &str)] = &[
    ("unparsed", include_str!("../rules/unparsed.md")),
    ("error-regime", include_str!("../rules/error-regime.md")),
    ("secret-on-argv", include_str!("../rules/secret-on-argv.md")),
    ("ungated-mutation", include_str!("../rules/ungated-mutation.md")),
    ("unchecked-id", include_str!("../rules/unchecked-id.md")),
    ("changelog-entry", include_str!("../rules/changelog-entry.md")),
    ("early-closed-pipe", include_str!("../rules/early-closed-pipe.md")),
    ("masked-status", include_str!("../rules/masked-status.md")),
    ("runbook-check", include_str!("../rules/runbook-check.md")),
    ("secret-in-trace", include_str!("../rules/secret-in-trace.md")),
    ("stdin-theft", include_str!("../rules/stdin-theft.md")),
    ("stale-suppression", include_str!("../rules/stale-suppression.md")),
];

static RULES: LazyLock<Vec<Rule>> =
    LazyLock::new(|| PAGES.iter().map(|(slug, page)| page::builtin(slug, page)).collect());

/// The rules of the repository.
static OWN: OnceLock<Vec<Rule>> = OnceLock::new();

/// Every built-in rule, in the order of the codes.
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// Takes over the rules of the repository: once in a process, before anything asks for a rule. Answers with them, or with
/// those that came first.
pub fn adopt(mut own: Vec<Rule>) -> &'static [Rule] {
    own.sort_by_key(|rule| rule.code);
    OWN.get_or_init(|| own)
}

/// Every rule, the built-in ones first, in the order of the codes.
pub fn all() -> impl Iterator<Item = &'static Rule> + Clone {
    RULES.iter().chain(OWN.get().into_iter().flatten())
}

/// The rule with that slug or code.
pub fn find(name: &str) -> Option<&'static Rule> {
    let code = RuleCode::parse(name);
    all().find(|rule| rule.slug == name || Some(rule.code) == code)
}

impl Rule {
    /// The examples on its page.
    pub fn examples(&self) -> Vec<Example> {
        markdown::fences(self.page)
            .into_iter()
            .filter_map(|fence| {
                let (runbook, bad) = match fence.info.split_whitespace().collect::<Vec<_>>().as_slice() {
                    [language @ ("bash" | "markdown"), kind @ ("bad" | "good")] => {
                        (*language == "markdown", *kind == "bad")
                    }
                    _ => return None,
                };
                let before = &self.page[..fence.content.start];
                let text = self.page[fence.content].to_owned();
                Some(Example { bad, runbook, text, line: before.matches('\n').count() + 1 })
            })
            .collect()
    }
}
