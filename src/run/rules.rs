//! The job `rule test`, and the loading of a repository's own rules before any lint.
//!
//! A rule of a repository is a page in its folder `rules/` with a query on it. Pages without one are the project's own
//! business.

use std::ops::Range;

use crate::bash::Witness;
use crate::bash::query::{Query, QueryError};
use crate::catalogue::{self, Rule};
use crate::event::FileKind;
use crate::facts::NoLibrary;
use crate::lint::Linter;
use crate::repo::{Problem, Project, rules};
use crate::settings::Settings;
use crate::source::{RepoPath, SourceText};

/// A rule of the repository, ready to run.
#[derive(Debug, Clone)]
pub struct OwnRule {
    /// Its page.
    pub path: RepoPath,
    /// What the page says.
    pub rule: &'static Rule,
    /// Its query.
    pub query: Query,
    /// Line of the page (from 1) at which the rule's body starts.
    first_line: usize,
}

/// Why a page is no rule.
#[derive(Debug)]
pub enum Fault {
    /// It cannot be read.
    Unreadable(Problem),
    /// It says something that no rule says.
    Wrong {
        /// The page.
        page: SourceText,
        /// The bytes of it that are wrong.
        place: Range<usize>,
        /// What is wrong, and what to write instead.
        message: String,
    },
}

/// The rules of the project, in the order of their codes, or everything that is wrong with their pages. They are in the
/// catalogue from here on.
pub fn load(project: &Project, witness: &dyn Witness) -> Result<Vec<OwnRule>, Vec<Fault>> {
    let (pages, problems) = rules::pages(project);
    let mut faults: Vec<Fault> = problems.into_iter().map(Fault::Unreadable).collect();
    let mut read: Vec<(SourceText, Rule, Query)> = Vec::new();
    for page in pages {
        match understand(&page, witness) {
            Ok((rule, _)) if read.iter().any(|(_, known, _)| known.code == rule.code) => {
                let message =
                    format!("the code {} belongs to another rule already: give each its own", rule.code);
                faults.push(Fault::Wrong { page, place: 0..0, message });
            }
            Ok((rule, query)) => read.push((page, rule, query)),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let adopted = catalogue::adopt(read.iter().map(|(_, rule, _)| rule.clone()).collect());
    let ready = adopted.iter().filter_map(|rule| {
        let (page, _, query) = read.iter().find(|(_, read, _)| read.slug == rule.slug)?;
        let before = &page.text()[..page.text().len() - rule.page.len()];
        Some(OwnRule {
            path: page.path().clone(),
            rule,
            query: query.clone(),
            first_line: before.matches('\n').count() + 1,
        })
    });
    Ok(ready.collect())
}

fn understand(page: &SourceText, witness: &dyn Witness) -> Result<(Rule, Query), Fault> {
    let wrong = |place: Range<usize>, message: String| Fault::Wrong { page: page.clone(), place, message };
    let rule = catalogue::own(rules::slug(page.path()), page.text())
        .map_err(|fault| wrong(fault.place, fault.message))?;
    let (text, start) = rule.shape.as_ref().map_or(("", 0), |shape| (shape.query.as_str(), shape.offset));
    match Query::compile(text, witness) {
        Ok(query) => Ok((rule, query)),
        Err(QueryError::Invalid { offset, message, .. }) => {
            let at = start + offset as usize;
            let end = page.text()[at..].chars().next().map_or(at, |c| at + c.len_utf8());
            Err(wrong(at..end, message))
        }
        Err(error @ QueryError::Silent(_)) => Err(wrong(start..start, error.to_string())),
    }
}

/// What the examples of one rule showed.
#[derive(Debug)]
pub struct Tested {
    /// Its page.
    pub path: RepoPath,
    /// How many `bad` examples there are.
    pub bad: usize,
    /// How many `good` ones.
    pub good: usize,
    /// What does not hold: line of the page, and what was wanted and found.
    pub failures: Vec<(usize, String)>,
}

/// Holds a rule against the examples on its page: each `bad` one has exactly one finding, each `good` one has none.
pub fn test(own: &OwnRule, witness: &dyn Witness) -> Tested {
    let mut tested = Tested { path: own.path.clone(), bad: 0, good: 0, failures: Vec::new() };
    for example in own.rule.examples() {
        let (count, wanted) = if example.bad { (&mut tested.bad, 1) } else { (&mut tested.good, 0) };
        *count += 1;
        let line = own.first_line + example.line - 1;
        let found = match linter(own) {
            Ok(linter) => {
                let source = SourceText::new(RepoPath::new("example.sh"), example.text);
                linter.check(&source, FileKind::Script, &NoLibrary, witness).findings
            }
            Err(message) => {
                tested.failures.push((line, message));
                continue;
            }
        };
        let own_findings = found.iter().filter(|finding| finding.rule == own.rule.slug).count();
        let unread = found.iter().find(|finding| finding.rule != own.rule.slug);
        if let Some(unread) = unread {
            let at = line + unread.primary.start.line as usize - 1;
            tested.failures.push((at, format!("the example cannot be read: {}", unread.advice.message)));
        } else if own_findings != wanted {
            let kind = if example.bad { "bad" } else { "good" };
            let lines: Vec<String> = found
                .iter()
                .map(|finding| (line + finding.primary.start.line as usize - 1).to_string())
                .collect();
            let where_ =
                if lines.is_empty() { String::new() } else { format!(" (at line {})", lines.join(", ")) };
            tested.failures.push((
                line,
                format!(
                    "this {kind} example has {own_findings} findings{where_}; wanted is exactly {wanted}"
                ),
            ));
        }
    }
    for (kind, count) in [("bad", tested.bad), ("good", tested.good)] {
        if count == 0 {
            tested.failures.push((
                1,
                format!("there is no ```bash {kind} fence: without one nothing shows that the rule works"),
            ));
        }
    }
    tested
}

fn linter(own: &OwnRule) -> Result<Linter, String> {
    let select = [own.rule.slug.to_owned()];
    Linter::new(Settings::default(), &select, &[], false, String::new())
        .map(|linter| linter.with_shapes(vec![(own.rule, own.query.clone())]))
        .map_err(|error| error.to_string())
}
