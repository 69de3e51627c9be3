//! Suppressions in the text: `# gauntlet: allow(<slug>) reason="..." until=YYYY-MM-DD`.
//!
//! One counts only with a reason, on the finding's line or the line above it, and until it expires. L0 is beyond it.

use crate::finding::Finding;
use crate::source::SourceText;

/// A suppression that counts.
struct Allow {
    line: u32,
    slugs: Vec<String>,
}

/// Leaves out the findings that a suppression silences; gives the others and how many went.
pub(super) fn apply(source: &SourceText, findings: Vec<Finding>, today: &str) -> (Vec<Finding>, usize) {
    let allows = allows(source, today);
    let before = findings.len();
    let kept: Vec<Finding> = findings
        .into_iter()
        .filter(|finding| finding.rule == "unparsed" || !allows.iter().any(|allow| allow.silences(finding)))
        .collect();
    let suppressed = before - kept.len();
    (kept, suppressed)
}

impl Allow {
    fn silences(&self, finding: &Finding) -> bool {
        let line = finding.primary.start.line;
        (self.line == line || self.line + 1 == line) && self.slugs.iter().any(|slug| slug == finding.rule)
    }
}

fn allows(source: &SourceText, today: &str) -> Vec<Allow> {
    const MARK: &str = "# gauntlet: allow(";
    let mut allows = Vec::new();
    if !source.text().contains(MARK) {
        return allows;
    }
    for (index, line) in (1..).zip(source.text().lines()) {
        let Some(at) = line.find(MARK) else { continue };
        let rest = &line[at + MARK.len()..];
        let Some((slugs, rest)) = rest.split_once(')') else { continue };
        let reason = rest
            .split_once("reason=\"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(reason, _)| reason.trim());
        let until =
            rest.split_once("until=").map(|(_, rest)| rest.split_whitespace().next().unwrap_or_default());
        let expired = until.is_some_and(|until| until < today);
        if reason.is_some_and(|reason| !reason.is_empty()) && !expired {
            allows.push(Allow {
                line: index,
                slugs: slugs.split(',').map(|slug| slug.trim().to_owned()).collect(),
            });
        }
    }
    allows
}
