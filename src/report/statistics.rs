//! How often each rule was broken: the fold behind `--statistics`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::event::Event;
use crate::finding::{Finding, Severity};
use crate::id::RuleCode;

/// Counts for each rule that has any, in the order of the codes.
#[derive(Debug, Default)]
pub struct Statistics {
    rules: BTreeMap<RuleCode, Row>,
}

/// What one rule showed.
#[derive(Debug, Serialize)]
pub struct Row {
    code: String,
    rule: &'static str,
    fail: usize,
    warn: usize,
    suppressed: usize,
}

impl Statistics {
    /// Takes in one event.
    pub fn fold(&mut self, event: &Event) {
        let Event::FileChecked { findings, suppressed, .. } = event else { return };
        for finding in findings {
            let row = self.row(finding);
            match finding.severity {
                Severity::Fail => row.fail += 1,
                Severity::Warn => row.warn += 1,
            }
        }
        for suppressed in suppressed {
            self.row(&suppressed.finding).suppressed += 1;
        }
    }

    fn row(&mut self, finding: &Finding) -> &mut Row {
        self.rules.entry(finding.code).or_insert_with(|| Row {
            code: finding.code.to_string(),
            rule: finding.rule,
            fail: 0,
            warn: 0,
            suppressed: 0,
        })
    }

    /// The rows.
    pub fn rows(&self) -> Vec<&Row> {
        self.rules.values().collect()
    }

    /// A table for people.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.rules.is_empty() {
            return Ok(());
        }
        writeln!(out, "  fail   warn  suppressed  rule")?;
        for row in self.rules.values() {
            writeln!(
                out,
                "{:>6} {:>6}  {:>10}  {} {}",
                row.fail, row.warn, row.suppressed, row.code, row.rule
            )?;
        }
        writeln!(out)
    }
}
