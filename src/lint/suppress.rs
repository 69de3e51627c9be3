//! Suppressions in the text: `# gauntlet: allow(<slug>[,<slug>]) reason="..." until=YYYY-MM-DD`, in a comment of the
//! script; in Markdown outside of its fences in an HTML comment.
//!
//! One counts on its own line; one that stands alone for the line below it, one behind a statement of several lines for the
//! first of them. L0 is beyond it. One that silences nothing is a finding itself.

use std::ops::Range;

use crate::catalogue;
use crate::finding::{Allowance, Finding, Label, Severity, Suppressed};
use crate::source::{SourceText, Span};

use super::stale::{Claim, Stale, Written};

/// The rule that says what is wrong with a suppression.
pub(super) const RULE: &str = "stale-suppression";

/// A suppression where it stands.
pub(super) struct Suppression {
    /// From the `#` to its end, in the file.
    span: Span,
    line: u32,
    reach: Reach,
    claim: Claim,
    /// Which of the claim's rules silenced something.
    used: Vec<bool>,
}

/// The lines for which one counts, besides its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// The one below: it stands alone.
    Below,
    /// Those on which the statements start that end in front of it.
    Starts(Vec<u32>),
}

/// What remains after suppressions.
pub(super) struct Remainder {
    pub findings: Vec<Finding>,
    pub suppressed: Vec<Suppressed>,
}

/// What is known of the run.
pub(super) struct Run<'r> {
    /// The day, as `YYYY-MM-DD`.
    pub today: &'r str,
    /// Whether the rule of that slug looked at the file.
    pub ran: &'r dyn Fn(&str) -> bool,
    /// How much a stale suppression weighs; `None` where that rule does not run.
    pub severity: Option<Severity>,
}

/// The suppression in a comment, where there is one. `comment` is its text, `place` where each of its bytes stands.
pub(super) fn in_comment(
    source: &SourceText,
    comment: &str,
    reach: impl FnOnce() -> Reach,
    place: impl Fn(Range<usize>) -> Span,
) -> Option<Suppression> {
    let at = mark(comment)?;
    let rest = &comment[at..];
    // Another comment behind it is not part of it.
    let end = end_of(rest);
    let span = place(at..at + end);
    Some(Suppression::new(source, span, reach(), &rest[..end]))
}

/// Where a suppression starts: at the comment's start, or as a comment behind the comment.
fn mark(comment: &str) -> Option<usize> {
    comment.match_indices('#').map(|(at, _)| at).find(|at| {
        let before = &comment[..*at];
        let stands_alone = before.chars().all(|c| c == '#') || before.ends_with([' ', '\t']);
        let rest = comment[at + 1..].trim_start_matches([' ', '\t']);
        stands_alone && is_directive(rest)
    })
}

/// Whether it begins like a suppression: `gauntlet: allow`, with the blanks that a hand may slip in.
fn is_directive(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("gauntlet") else { return false };
    let Some(rest) = rest.trim_start().strip_prefix(':') else { return false };
    let rest = rest.trim_start();
    // `allow(` in prose about suppressions, `allow(<slug>)`, is no attempt at one.
    rest.strip_prefix("allow").is_some_and(|rest| !rest.trim_start().starts_with("(<"))
}

/// The length of a suppression at the start of a comment: up to the next ` #` outside of its reason.
fn end_of(text: &str) -> usize {
    let mut quoted = false;
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' if at > 0 && !quoted && last.is_whitespace() => return text[..at].trim_end().len(),
            _ => {}
        }
        last = c;
    }
    text.trim_end().len()
}

impl Suppression {
    fn new(source: &SourceText, span: Span, reach: Reach, text: &str) -> Self {
        let claim = claim(text);
        Self { span, line: source.line(span.start), reach, used: vec![false; claim.rules.len()], claim }
    }

    /// An HTML comment of a Markdown file, at `range`.
    pub(super) fn in_html(source: &SourceText, range: Range<usize>) -> Option<Self> {
        let text = &source.text()[range.clone()];
        let inside = text.strip_prefix("<!--")?.strip_suffix("-->")?;
        let start = range.start + text.find(inside.trim_start())?;
        let inside = inside.trim();
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span::new(offset(start), offset(start + inside.len()));
        is_directive(inside).then(|| Self::new(source, span, Reach::Below, inside))
    }

    /// Whether it stands on the line of the finding, alone on the line above, or behind its statement; which of its rules
    /// silences it.
    fn silences(&self, finding: &Finding) -> Option<usize> {
        let line = finding.primary.start.line;
        let near = self.line == line
            || match &self.reach {
                Reach::Below => self.line + 1 == line,
                Reach::Starts(lines) => lines.contains(&line),
            };
        near.then(|| self.claim.rules.iter().position(|slug| slug == finding.rule)).flatten()
    }

    fn faults(&self, run: &Run<'_>, findings: &[Finding]) -> Vec<Stale> {
        let mut faults = self.claim.faults(run.today);
        if !self.claim.counts(run.today) {
            return faults;
        }
        for (rule, used) in self.claim.rules.iter().zip(&self.used) {
            let known = catalogue::all().any(|known| known.slug == rule && rule != "unparsed");
            if *used || !known || rule == RULE || !(run.ran)(rule) {
                continue;
            }
            let lines = findings.iter().filter(|finding| finding.rule == rule);
            let nearest = lines
                .map(|finding| finding.primary.start.line)
                .min_by_key(|line| (line.abs_diff(self.line), *line));
            faults.push(Stale::Unmatched { rule: rule.clone(), nearest });
        }
        faults
    }
}

/// What a suppression says, as far as it can be read.
fn claim(text: &str) -> Claim {
    let inside = text.split_once('(').and_then(|(before, rest)| Some((before, rest.split_once(')')?)));
    let Some((before, (slugs, rest))) = inside else { return Claim::default() };
    // `allow-file(...)` and the like are wishes that nobody grants.
    if !before.trim_end().ends_with("allow") {
        return Claim::default();
    }
    let rules = slugs.split(',').map(str::trim).filter(|slug| !slug.is_empty()).map(str::to_owned).collect();
    let (reason, rest) = match rest.split_once("reason=\"") {
        Some((before, quoted)) => match quoted.split_once('"') {
            Some((reason, after)) => (Some(reason.trim().to_owned()), format!("{before} {after}")),
            None => (None, before.to_owned()),
        },
        None => (None, rest.to_owned()),
    };
    let until = rest.split_whitespace().find_map(|word| word.strip_prefix("until="));
    let until = until.map(|until| until.trim_matches(['"', '\'', ',', ';']).to_owned());
    let keys = rest.split_whitespace().filter_map(|word| word.split_once('=')).map(|(key, _)| key);
    let is_key = |key: &&str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphabetic());
    let unknown = keys.filter(is_key).find(|key| !["reason", "until"].contains(key)).map(str::to_owned);
    Claim { rules, reason, until, unknown }
}

/// Leaves out the findings that a suppression silences, and adds what is wrong with suppressions.
pub(super) fn apply(
    source: &SourceText,
    findings: Vec<Finding>,
    mut suppressions: Vec<Suppression>,
    run: &Run<'_>,
) -> Remainder {
    let (mut kept, mut suppressed) = (Vec::new(), Vec::new());
    for finding in findings {
        match silenced(&finding, &mut suppressions, None, run) {
            Some(reason) => suppressed.push(Suppressed { finding, by: Allowance::Comment, reason }),
            None => kept.push(finding),
        }
    }
    let Some(severity) = run.severity else { return Remainder { findings: kept, suppressed } };
    let stale: Vec<(usize, Finding)> = suppressions
        .iter()
        .enumerate()
        .filter_map(|(index, suppression)| {
            Some((index, say(source, suppression, &suppression.faults(run, &kept), severity)?))
        })
        .collect();
    for (index, finding) in stale {
        // One must not vouch for itself.
        match silenced(&finding, &mut suppressions, Some(index), run) {
            Some(reason) => suppressed.push(Suppressed { finding, by: Allowance::Comment, reason }),
            None => kept.push(finding),
        }
    }
    let idle = suppressions.iter().filter(|suppression| suppression.claim.counts(run.today)).filter_map(
        |suppression| {
            let index = suppression.claim.rules.iter().position(|rule| rule == RULE)?;
            let fault = Stale::Unmatched { rule: RULE.to_owned(), nearest: None };
            (!suppression.used[index]).then(|| say(source, suppression, &[fault], severity)).flatten()
        },
    );
    let idle: Vec<Finding> = idle.collect();
    for finding in idle {
        if !kept.iter().any(|known| known.rule == RULE && known.primary.span == finding.primary.span) {
            kept.push(finding);
        }
    }
    Remainder { findings: kept, suppressed }
}

/// Why a suppression (other than the one numbered `but`) silences a finding, where one does; all that do are in use.
fn silenced(
    finding: &Finding,
    suppressions: &mut [Suppression],
    but: Option<usize>,
    run: &Run<'_>,
) -> Option<String> {
    if finding.rule == "unparsed" {
        return None;
    }
    let mut silenced = None;
    for (index, suppression) in suppressions.iter_mut().enumerate() {
        if Some(index) == but || !suppression.claim.counts(run.today) {
            continue;
        }
        if let Some(rule) = suppression.silences(finding) {
            suppression.used[rule] = true;
            let reason = suppression.claim.reason.as_ref();
            silenced = silenced.or_else(|| reason.cloned());
        }
    }
    silenced
}

/// One finding for all that is wrong with one suppression.
fn say(
    source: &SourceText,
    suppression: &Suppression,
    faults: &[Stale],
    severity: Severity,
) -> Option<Finding> {
    let rule = catalogue::find(RULE)?;
    let (first, others) = faults.split_first()?;
    let mut advice = first.advice(Written::Comment);
    for other in others {
        let more = other.advice(Written::Comment);
        advice.message = format!("{}; {}", advice.message, more.message);
        advice.instead = format!("{}; {}", advice.instead, more.instead);
    }
    Some(Finding {
        code: rule.code,
        rule: rule.slug,
        severity,
        path: source.path().clone(),
        primary: Label::new(source, suppression.span, ""),
        secondary: Vec::new(),
        advice,
        fix: None,
        legacy: false,
        fingerprint: String::new(),
    })
}
