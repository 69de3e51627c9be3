//! One page for a browser, whole in itself: no script, nothing that is fetched. What is red comes first, open; what is
//! green can be opened, so that nobody can thin the trials unseen.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::event::{Event, NotReached, Outcome, SkipReason, Status, Trial, TrialKind};
use crate::finding::{Finding, Severity};
use crate::report::text::{harness_line, lint_line, trials_line};
use crate::report::{Report, plain};

/// The page, written at the end.
#[derive(Debug, Default)]
pub struct Html {
    red: String,
    findings: String,
    problems: String,
    green: String,
    /// Calls that no run made.
    not_reached: String,
    /// What the green runs of sweeps took for given.
    given: String,
    /// The green trials of the harness that runs.
    rows: String,
    count: usize,
}

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1b1b1b;background:#fff}\
pre,code,td.id{font:13px/1.4 ui-monospace,monospace}pre{background:#f5f5f5;padding:.6rem;overflow-x:auto;margin:.3rem 0}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.15rem .6rem .15rem 0}\
.red{color:#a40000;font-weight:600}.warn{color:#8a5a00;font-weight:600}.green{color:#1a6b1a;font-weight:600}\
article{border-left:4px solid #a40000;padding:.1rem 0 .1rem .8rem;margin:.8rem 0}article.warn{border-color:#c98a00;color:inherit;font-weight:inherit}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}pre{background:#222}.red{color:#ff7b72}.green{color:#7ee787}.warn{color:#e3b341}}";

/// Text that can be no markup.
fn safe(text: &str) -> String {
    let text = plain::block(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Html {
    fn trial(&mut self, trial: &Trial) {
        if !trial.verdict.is_red() {
            self.count += 1;
            if matches!(trial.kind, TrialKind::Green) {
                for line in &trial.aftermath {
                    let _ = writeln!(self.given, "<li><code>{}</code></li>", safe(line));
                }
            }
            let _ = writeln!(
                self.rows,
                "<tr><td class=id>{}</td><td>{}</td><td>{}</td></tr>",
                safe(trial.id.as_str()),
                trial.verdict,
                safe(&trial.explanation)
            );
            return;
        }
        let place = match (&trial.path, trial.line) {
            (Some(path), Some(line)) => format!("{path}:{line}"),
            (Some(path), None) => path.to_string(),
            (None, _) => trial.harness.to_string(),
        };
        let _ = writeln!(
            self.red,
            "<article id=\"{0}\"><p><span class=red>{1}</span> {2}<br><code>{0}</code> at <code>{3}</code></p>",
            safe(trial.id.as_str()),
            trial.verdict,
            safe(&trial.explanation),
            safe(&place)
        );
        if !trial.aftermath.is_empty() {
            let _ = writeln!(self.red, "<pre>{}</pre>", safe(&trial.aftermath.join("\n")));
        }
        if let Some(repeat) = &trial.repeat {
            let _ = writeln!(self.red, "<p>repeat: <code>{}</code></p>", safe(repeat));
        }
        self.red.push_str("</article>\n");
    }

    fn finding(&mut self, finding: &Finding) {
        let (class, word) = match finding.severity {
            Severity::Fail => ("red", "fail"),
            Severity::Warn => ("warn", "warn"),
        };
        let at = finding.primary.start;
        let _ = writeln!(
            self.findings,
            "<article class={class}><p><span class={class}>{word}</span> {} <code>{} {}</code> at <code>{}:{}:{}</code><br>why: {}<br>instead: {}</p></article>",
            safe(&finding.advice.message),
            finding.code,
            finding.rule,
            safe(finding.path.as_str()),
            at.line,
            at.column,
            safe(&finding.advice.why),
            safe(&finding.advice.instead)
        );
    }
}

impl Report for Html {
    fn event(&mut self, event: &Event, _out: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::FileChecked { findings, .. } => findings.iter().for_each(|finding| self.finding(finding)),
            Event::FileSkipped { path, reason: SkipReason::OtherShell(shell) } => {
                let _ = writeln!(
                    self.problems,
                    "<li><code>{}</code> is a script of {}, which is not read here</li>",
                    safe(path.as_str()),
                    safe(shell)
                );
            }
            Event::NotChecked { what, reason } => {
                let _ = writeln!(
                    self.problems,
                    "<li class=red>not checked: {} {}</li>",
                    safe(what),
                    safe(reason)
                );
            }
            Event::Interrupted { by, not_run } => {
                let _ = writeln!(
                    self.problems,
                    "<li class=red>stopped {by}; not run: {}</li>",
                    safe(&not_run.join(", "))
                );
            }
            Event::GuardTested { failures, .. } => {
                for failure in failures {
                    let _ = writeln!(
                        self.problems,
                        "<li class=red>a case of the guard does not hold: <code>{}</code></li>",
                        safe(failure)
                    );
                }
            }
            Event::TrialFinished(trial) => self.trial(trial),
            Event::HarnessFinished { name, not_reached, .. } => {
                for NotReached { path, line, call } in not_reached {
                    let _ = writeln!(
                        self.not_reached,
                        "<li><code>{}:{line}</code> <code>{}</code></li>",
                        safe(path.as_str()),
                        safe(call)
                    );
                }
                let rows = std::mem::take(&mut self.rows);
                let count = std::mem::take(&mut self.count);
                let _ = writeln!(
                    self.green,
                    "<details><summary>{}: {count} green</summary><table>\n{rows}</table></details>",
                    safe(name.as_str())
                );
            }
            Event::LintStarted { .. }
            | Event::LintFinished
            | Event::RunStarted { .. }
            | Event::GreenSought { .. }
            | Event::HarnessStarted { .. }
            | Event::TrialsPlanned { .. } => {}
        }
        Ok(())
    }

    fn finish(&mut self, status: &Status, out: &mut dyn Write) -> io::Result<()> {
        let (class, word) = match status.outcome() {
            Outcome::Clean => ("green", "clean"),
            Outcome::Findings => ("red", "red"),
            Outcome::CouldNotCheck => ("red", "could not check"),
        };
        writeln!(
            out,
            "<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>gauntlet: {word}</title><style>{STYLE}</style></head><body>\n<h1>gauntlet {}: <span class={class}>{word}</span></h1>\n<pre>",
            env!("CARGO_PKG_VERSION")
        )?;
        for line in rows(status) {
            writeln!(out, "{}", safe(&line))?;
        }
        writeln!(out, "</pre>")?;
        for (title, part, list) in [
            ("Not checked", &self.problems, true),
            ("Red trials", &self.red, false),
            ("Findings", &self.findings, false),
            ("Calls that were not reached", &self.not_reached, true),
            ("Guessed and placed", &self.given, true),
            ("Harnesses", &self.green, false),
        ] {
            if !part.is_empty() {
                let (open, close) = if list { ("<ul>\n", "</ul>") } else { ("", "") };
                writeln!(out, "<h2>{title}</h2>\n{open}{part}{close}")?;
            }
        }
        writeln!(out, "</body></html>")
    }
}

/// The rows of the status block, without its head.
pub(super) fn rows(status: &Status) -> Vec<String> {
    let mut rows = Vec::new();
    if let Some(lint) = &status.lint {
        rows.push(format!("lint      {}", lint_line(lint)));
    }
    if let Some(guard) = &status.guard {
        rows.push(format!("guard     {}/{} cases", guard.cases - guard.failed, guard.cases));
    }
    if let Some(run) = &status.run {
        rows.push(format!("harness   {}", harness_line(run, status)));
        if run.planned > 0 {
            rows.push(format!("trials    {}", trials_line(run)));
        }
    }
    if status.not_checked > 0 {
        rows.push(format!("unchecked {}", status.not_checked));
    }
    if let Some(by) = status.interrupted {
        rows.push(format!("stopped   {by} before the end"));
    }
    rows
}
