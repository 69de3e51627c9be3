//! The rules' pages: each `bad` example yields exactly one finding of its rule, each `good` one none.

use gauntlet::bash::InProcess;
use gauntlet::catalogue::{self, Example, Rule, Scope};
use gauntlet::event::FileKind;
use gauntlet::facts::NoLibrary;
use gauntlet::lint::Linter;
use gauntlet::settings::Settings;
use gauntlet::source::{RepoPath, SourceText};
use libtest_mimic::{Failed, Trial};

/// One test an example, and one a rule that says it has both kinds.
pub fn tests() -> Vec<Trial> {
    let mut tests = Vec::new();
    for rule in catalogue::rules() {
        let examples = rule.examples();
        if rule.scope == Scope::Script {
            let both =
                examples.iter().any(|example| example.bad) && examples.iter().any(|example| !example.bad);
            tests.push(Trial::test(format!("rules/{}/has a bad and a good example", rule.slug), move || {
                if both {
                    Ok(())
                } else {
                    Err("the page lacks a ```bash bad or a ```bash good fence (or ````markdown)".into())
                }
            }));
        }
        for example in examples {
            let kind = if example.bad { "bad" } else { "good" };
            let name = format!("rules/{}/{kind} example at line {}", rule.slug, example.line);
            tests.push(Trial::test(name, move || hold(rule, &example)));
        }
    }
    tests
}

fn hold(rule: &'static Rule, example: &Example) -> Result<(), Failed> {
    // What is wrong with a suppression is seen beside what the others find.
    let suppressions = rule.slug == "stale-suppression";
    let select = if suppressions { Vec::new() } else { vec![rule.slug.to_owned()] };
    let linter = Linter::new(Settings::default(), &select, &[], suppressions, "2026-01-01".to_owned())
        .map_err(|error| error.to_string())?;
    let kind = if example.runbook { FileKind::Runbook } else { FileKind::Script };
    let path = if example.runbook { "docs/example.md" } else { "scripts/example.sh" };
    let source = SourceText::new(RepoPath::new(path), example.text.clone());
    let mut found = linter.check(&source, kind, &NoLibrary, &InProcess::new()).findings;
    found.retain(|finding| !suppressions || [rule.slug, "unparsed"].contains(&finding.rule));
    let wanted = usize::from(example.bad);
    if found.len() == wanted {
        return Ok(());
    }
    let found: Vec<String> = found
        .iter()
        .map(|finding| {
            format!("  line {}: {} {}", finding.primary.start.line, finding.code, finding.advice.message)
        })
        .collect();
    Err(format!(
        "wanted {wanted} finding(s), got {}:\n{}\nin\n{}",
        found.len(),
        found.join("\n"),
        example.text
    )
    .into())
}
