//! Rules that are a query on their page: each match is a finding, and so is each place where none can be looked for.

use crate::catalogue::{Shape, filled};
use crate::finding::Advice;
use crate::lint::script::{Report, Script};
use crate::source::Span;

pub(super) fn check(shape: &Shape, script: &Script<'_>, report: &mut Report<'_>) {
    let slug = report.rule.slug;
    let matches = script.matches.iter().find(|(rule, _)| *rule == slug).map_or(&[][..], |(_, found)| found);
    let mut reported: Vec<Span> = Vec::new();
    for one in matches {
        let place = |name: &str| one.captures.iter().find(|(known, _)| known == name).map(|(_, span)| *span);
        // A pattern of the query without that capture has its outermost node instead.
        let Some(at) = place(&shape.at).or_else(|| one.captures.first().map(|(_, span)| *span)) else {
            continue;
        };
        if reported.contains(&at) {
            continue;
        }
        reported.push(at);
        let labels =
            shape.labels.iter().filter_map(|(name, text)| Some((place(name)?, text.clone()))).collect();
        let text = |name: &str| place(name).map(|span| script.text(span));
        let advice = Advice {
            message: filled(&shape.message, text),
            why: shape.why.clone(),
            instead: filled(&shape.instead, text),
        };
        report.add(at, "", labels, advice);
    }
    // What could not be read at all is L0 already.
    let unread = |span: Span| script.unread.iter().any(|region| region.span.contains(span));
    for region in script.withheld.iter().filter(|region| !unread(region.span)) {
        let advice = Advice {
            message: format!("`{slug}` could not look at this: {}", region.reason),
            why: "what the rule forbids may stand here unseen".to_owned(),
            instead: format!(
                "rewrite it, or look at it yourself and write `# gauntlet: allow({slug}) reason=\"...\"`"
            ),
        };
        report.add(region.span, "", Vec::new(), advice);
    }
}
