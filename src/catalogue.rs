//! The rules' metadata and pages: one table from which `explain`, the docs, the settings and the tests read.
//!
//! A rule is one page, `rules/<slug>.md`, and one line here. What it checks lives in `lint/checks`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::finding::Severity;
use crate::id::RuleCode;
use crate::markdown;

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
}

/// An example on a rule's page.
#[derive(Debug, Clone)]
pub struct Example {
    /// Whether it must have exactly one finding of its rule; else none.
    pub bad: bool,
    /// The script.
    pub text: String,
    /// Line of the page's body (from 1) on which it starts.
    pub line: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    code: String,
    summary: String,
    scope: Scope,
    fences: bool,
}

/// The page of each rule, in the order of the codes.
const PAGES: &[(&str, &str)] = &[
    ("unparsed", include_str!("../rules/unparsed.md")),
    ("error-regime", include_str!("../rules/error-regime.md")),
    ("secret-on-argv", include_str!("../rules/secret-on-argv.md")),
    ("ungated-mutation", include_str!("../rules/ungated-mutation.md")),
    ("unchecked-id", include_str!("../rules/unchecked-id.md")),
    ("changelog-entry", include_str!("../rules/changelog-entry.md")),
    ("secret-in-trace", include_str!("../rules/secret-in-trace.md")),
    ("stale-suppression", include_str!("../rules/stale-suppression.md")),
];

static RULES: LazyLock<Vec<Rule>> =
    LazyLock::new(|| PAGES.iter().map(|(slug, page)| read(slug, page)).collect());

/// Every rule, in the order of the codes.
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// The rule with that slug or code.
pub fn find(name: &str) -> Option<&'static Rule> {
    let code = RuleCode::parse(name);
    rules().iter().find(|rule| rule.slug == name || Some(rule.code) == code)
}

impl Rule {
    /// The examples on its page.
    pub fn examples(&self) -> Vec<Example> {
        markdown::fences(self.page)
            .into_iter()
            .filter_map(|fence| {
                let bad = match fence.info.split_whitespace().collect::<Vec<_>>().as_slice() {
                    ["bash", "bad"] => true,
                    ["bash", "good"] => false,
                    _ => return None,
                };
                let before = &self.page[..fence.content.start];
                let text = self.page[fence.content].to_owned();
                Some(Example { bad, text, line: before.matches('\n').count() + 1 })
            })
            .collect()
    }
}

fn read(slug: &'static str, page: &'static str) -> Rule {
    let (front, body) = page
        .strip_prefix("+++\n")
        .and_then(|rest| rest.split_once("\n+++\n"))
        .unwrap_or_else(|| panic!("rules/{slug}.md does not start with front matter between `+++` lines"));
    let front: FrontMatter =
        toml::from_str(front).unwrap_or_else(|error| panic!("the front matter of rules/{slug}.md: {error}"));
    let code = RuleCode::parse(&front.code)
        .unwrap_or_else(|| panic!("rules/{slug}.md: `{}` is no code", front.code));
    Rule {
        code,
        slug,
        summary: front.summary,
        severity: Severity::Fail,
        scope: front.scope,
        fences: front.fences,
        page: body.trim_start_matches('\n'),
    }
}
