//! SARIF 2.1.0, for code scanning: results with their rules' pages, fingerprints and suppressions.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::catalogue;
use crate::event::{Event, Status};
use crate::finding::{Allowance, Finding, Label, Severity, Suppressed};
use crate::report::{Report, plain};
use crate::source::RepoPath;

/// The name under which results carry their identity.
const FINGERPRINT: &str = "gauntletFingerprint/v1";

/// One SARIF log with one run, written at the end.
#[derive(Debug, Default)]
pub struct Sarif {
    /// The project's folder in the repository, with a `/` at its end: locations count from the repository's root.
    prefix: String,
    results: Vec<Value>,
    notifications: Vec<Value>,
}

impl Sarif {
    /// `prefix` is the project's folder in its repository; empty where it is the whole repository.
    pub fn new(prefix: &str) -> Self {
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Self { prefix, ..Self::default() }
    }

    fn result(&self, finding: &Finding) -> Value {
        let rule = catalogue::all().position(|rule| rule.slug == finding.rule);
        let advice = &finding.advice;
        let text = format!("{}.\nWhy: {}.\nInstead: {}", advice.message, advice.why, advice.instead);
        let mut result = json!({
            "ruleId": finding.code.to_string(),
            "level": level(finding.severity),
            "message": { "text": plain::block(&text) },
            "locations": [self.location(&finding.path, &finding.primary)],
            "partialFingerprints": { FINGERPRINT: finding.fingerprint },
        });
        if let Some(index) = rule {
            result["ruleIndex"] = json!(index);
        }
        let related: Vec<Value> = (0..)
            .zip(&finding.secondary)
            .map(|(id, label): (u32, _)| {
                let mut location = self.location(&finding.path, label);
                location["id"] = json!(id);
                if !label.text.is_empty() {
                    location["message"] = json!({ "text": plain::line(&label.text) });
                }
                location
            })
            .collect();
        if !related.is_empty() {
            result["relatedLocations"] = json!(related);
        }
        if finding.legacy {
            result["properties"] = json!({ "tags": ["legacy"] });
        }
        result
    }

    fn suppressed(&self, suppressed: &Suppressed) -> Value {
        let mut result = self.result(&suppressed.finding);
        let kind = match suppressed.by {
            Allowance::Comment => "inSource",
            Allowance::Settings | Allowance::Trailer => "external",
        };
        result["suppressions"] = json!([{ "kind": kind, "status": "accepted", "justification": plain::block(&suppressed.reason) }]);
        result
    }

    fn location(&self, path: &RepoPath, label: &Label) -> Value {
        json!({
            "physicalLocation": {
                "artifactLocation": self.artifact(path.as_str()),
                "region": {
                    "startLine": label.start.line,
                    "startColumn": label.start.column,
                    "endLine": label.end.line,
                    "endColumn": label.end.column,
                },
            },
        })
    }

    fn artifact(&self, path: &str) -> Value {
        if path.starts_with('/') {
            return json!({ "uri": format!("file://{}", encoded(path)) });
        }
        json!({ "uri": encoded(&format!("{}{path}", self.prefix)), "uriBaseId": "%SRCROOT%" })
    }
}

impl Report for Sarif {
    fn event(&mut self, event: &Event, _out: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::FileChecked { findings, suppressed, .. } => {
                let mut own: Vec<(u32, Value)> = Vec::new();
                own.extend(findings.iter().map(|f| (f.primary.span.start, self.result(f))));
                own.extend(suppressed.iter().map(|s| (s.finding.primary.span.start, self.suppressed(s))));
                own.sort_by_key(|(at, _)| *at);
                self.results.extend(own.into_iter().map(|(_, result)| result));
            }
            Event::NotChecked { what, reason } => {
                let text = format!("not checked: {what} {reason}");
                self.notifications
                    .push(json!({ "level": "error", "message": { "text": plain::block(&text) } }));
            }
            Event::Interrupted { by, .. } => {
                let text = format!("stopped {by} before the end");
                self.notifications.push(json!({ "level": "error", "message": { "text": text } }));
            }
            Event::LintStarted { .. }
            | Event::FileSkipped { .. }
            | Event::LintFinished
            | Event::GuardTested { .. }
            | Event::RunStarted { .. }
            | Event::GreenSought { .. }
            | Event::HarnessStarted { .. }
            | Event::TrialsPlanned { .. }
            | Event::TrialFinished(_)
            | Event::HarnessFinished { .. } => {}
        }
        Ok(())
    }

    fn finish(&mut self, status: &Status, out: &mut dyn Write) -> io::Result<()> {
        let complete = status.not_checked == 0
            && status.interrupted.is_none()
            && status.lint.as_ref().is_some_and(|lint| lint.finished);
        let document = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "gauntlet",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": catalogue::all().map(rule).collect::<Vec<_>>(),
                } },
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "the root of the repository" } } },
                "invocations": [{
                    "executionSuccessful": complete,
                    "toolExecutionNotifications": self.notifications,
                }],
                "results": self.results,
            }],
        });
        serde_json::to_writer(&mut *out, &document)?;
        writeln!(out)
    }
}

fn rule(rule: &catalogue::Rule) -> Value {
    json!({
        "id": rule.code.to_string(),
        "name": rule.slug,
        "shortDescription": { "text": rule.summary },
        "help": { "text": rule.page, "markdown": rule.page },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Fail => "error",
        Severity::Warn => "warning",
    }
}

/// A path as a part of a URI: every byte that is not plain is written as `%XX`.
fn encoded(path: &str) -> String {
    use std::fmt::Write as _;
    path.bytes().fold(String::new(), |mut uri, byte| {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
        uri
    })
}
