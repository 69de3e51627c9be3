//! `gauntlet lint --show-settings`: what is in force, and who said so.
//!
//! Everything here is asked of what lint itself uses; nothing is worked out a second time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::cli::Failure;
use crate::event::{FileKind, SkipReason};
use crate::finding::Severity;
use crate::lint::{Linter, Origin};
use crate::repo::Project;
use crate::repo::discover::discover;
use crate::report::plain;
use crate::settings::{FILE_NAME, KEYS, LISTED, places};
use crate::source::{RepoPath, SourceText};

/// Rules of the command line.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// `--select`
    pub select: &'a [String],
    /// `--ignore`
    pub ignore: &'a [String],
}

/// The settings of a project, then the rules of each of these files; without any, the rules of the project.
pub fn settings(
    project: &Project,
    linter: &Linter,
    asked: Asked<'_>,
    paths: &[PathBuf],
) -> Result<String, Failure> {
    let written = Written::new(project);
    let mut text = format!("project  {}\n", plain::line(&project.root().display().to_string()));
    let name = match (project.settings_text(), project.is_isolated()) {
        (Some(_), _) => FILE_NAME,
        (None, true) => "left out (--isolated)",
        (None, false) => "none: every key has its default",
    };
    let _ = writeln!(text, "settings {name}\n\n{}", table(&keys(&written, asked), ""));
    if paths.is_empty() {
        let title = match project.settings().lint.paths.as_slice() {
            [] => "every file",
            _ => "files of which no table of [[lint.paths]] speaks",
        };
        let _ = write!(text, "{title}\n{}", rules(linter, None, &written));
        return Ok(text);
    }
    let found = discover(project, paths);
    if !found.problems.is_empty() {
        let told = found.problems.iter().map(|problem| {
            format!("failed to show the settings of {}: it {}", plain::line(&problem.what), problem.reason)
        });
        return Err(told.collect::<Vec<_>>().join("\nerror: ").into());
    }
    // Files of which the same holds are told of once.
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for file in &found.files {
        let mut title = plain::line(file.path.as_str()).into_owned();
        if file.kind == FileKind::Runbook {
            title.push_str(" (its shell fences)");
        }
        if project.settings().exclude.matches(file.path.as_str()) {
            let _ = write!(title, " (checked only where it is named: {})", written.place("exclude"));
        }
        let rules = rules(linter, Some((&file.path, file.kind)), &written);
        match groups.iter_mut().find(|(known, _)| *known == rules) {
            Some((_, titles)) => titles.push(title),
            None => groups.push((rules, vec![title])),
        }
    }
    let mut parts: Vec<String> =
        groups.into_iter().map(|(rules, titles)| format!("{}\n{rules}", titles.join("\n"))).collect();
    for (path, SkipReason::OtherShell(shell)) in &found.skipped {
        parts.push(format!("{} (not checked: a script of {shell})\n", plain::line(path.as_str())));
    }
    if parts.is_empty() {
        return Err("failed to find a file to show the settings of: no script and no Markdown file is there; name one".into());
    }
    text.push_str(&parts.join("\n"));
    Ok(text)
}

/// The settings file as its author wrote it.
struct Written<'a> {
    text: Option<&'a SourceText>,
    places: BTreeMap<String, usize>,
    values: toml::Table,
}

impl<'a> Written<'a> {
    fn new(project: &'a Project) -> Self {
        let text = project.settings_text();
        let said = text.map_or("", SourceText::text);
        // It was understood before, else there would be no project.
        Self { text, places: places(said), values: said.parse().unwrap_or_default() }
    }

    /// Where the key stands, as `gauntlet.toml:LINE`.
    fn place(&self, path: &str) -> String {
        match (self.text, self.places.get(path)) {
            (Some(text), Some(&at)) => {
                let line = text.position(u32::try_from(at).unwrap_or(u32::MAX)).line;
                format!("{FILE_NAME}:{line}")
            }
            _ => FILE_NAME.to_owned(),
        }
    }

    fn value(&self, path: &str) -> Option<&toml::Value> {
        let mut parts = path.split('.');
        let first = self.values.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }
}

/// Key, value and origin of each key.
fn keys(written: &Written<'_>, asked: Asked<'_>) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    for key in KEYS {
        let option = match key.path {
            "lint.select" => Some(("--select", asked.select)),
            "lint.ignore" => Some(("--ignore", asked.ignore)),
            _ => None,
        };
        // Who asks for rules gets them: then the file's choice does not count.
        let overruled = option.is_some() && !asked.select.is_empty();
        let row = |value: &str, from: String| [key.path.to_owned(), plain::line(value).into_owned(), from];
        let before = rows.len();
        match written.value(key.path).filter(|_| !overruled) {
            Some(toml::Value::Array(tables)) if LISTED.iter().any(|(listed, _)| *listed == key.path) => {
                rows.extend(tables.iter().enumerate().map(|(index, table)| {
                    row(&table.to_string(), written.place(&format!("{}.{index}", key.path)))
                }));
            }
            Some(value) => rows.push(row(&value.to_string(), written.place(key.path))),
            None => {}
        }
        if let Some((option, names)) = option.filter(|(_, names)| !names.is_empty()) {
            rows.push(row(&format!("{names:?}"), format!("command line ({option})")));
        }
        if rows.len() == before {
            rows.push(row(key.default, "default".to_owned()));
        }
    }
    rows
}

/// Code, slug, weight and origin of each rule.
fn rules(linter: &Linter, file: Option<(&RepoPath, FileKind)>, written: &Written<'_>) -> String {
    let rows: Vec<[String; 4]> = linter
        .choices(file)
        .into_iter()
        .map(|(rule, choice)| {
            let weight = match choice.severity {
                None => "off",
                Some(Severity::Warn) => "warn",
                Some(Severity::Fail) => "fail",
            };
            let from = match &choice.from {
                Origin::Default => "default".to_owned(),
                Origin::Settings(key) => format!("{} ({})", written.place(key), plain::line(key)),
                Origin::CommandLine(option) => format!("command line ({option})"),
            };
            [rule.code.to_string(), rule.slug.to_owned(), weight.to_owned(), from]
        })
        .collect();
    table(&rows, "  ")
}

/// Rows as columns that stand below each other.
fn table<const N: usize>(rows: &[[String; N]], indent: &str) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(|column| width(column).min(48));
    let mut text = String::new();
    for row in rows {
        let mut line = indent.to_owned();
        for (cell, &width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
