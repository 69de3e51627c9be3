//! L1: the header states the error regime, and the script executes it before it does anything else.

mod fix;

use std::collections::BTreeSet;

use crate::bash::Dialect;
use crate::commands::Effect;
use crate::facts::{Options, Switch, Switched};
use crate::finding::Advice;
use crate::lint::script::{Form, Report, Script};
use crate::source::Span;
use fix::Lacking;

/// What the header says.
#[derive(Default)]
struct Stated {
    options: BTreeSet<&'static str>,
    capture_then_test: bool,
    at: Span,
}

pub(super) fn check(script: &Script<'_>, report: &mut Report<'_>) {
    if script.form != Form::File {
        return;
    }
    if script.library {
        return library(script, report);
    }
    let Some((first, options)) = script.seen.first else { return };
    let stated = stated(script);
    let stated_options = stated.as_ref().map(|stated| stated.options.clone());
    let options = Options {
        errexit: errexit(script, first, options.errexit),
        // What was switched on and is undone again before the first command is said where it is undone.
        nounset: in_time(script, first, &["u", "nounset"], options.nounset),
        pipefail: in_time(script, first, &["pipefail"], options.pipefail),
        ..options
    };
    let problem = problem(script, stated.as_ref(), options);
    let agrees = problem.is_none();
    if let Some(problem) = problem {
        let at = place(script, first);
        let lacking = Lacking {
            header: stated.is_none(),
            options: options.nounset != Switch::On || options.pipefail != Switch::On,
        };
        let secondary = stated.map(|stated| (stated.at, "stated here".to_owned())).into_iter().collect();
        report.add(at, "", secondary, problem);
        report.fix(fix::edits(script, &lacking, options));
    }
    if let Some(stated) = stated_options.filter(|_| agrees) {
        errexit_changes(script, first, &stated, report);
    }
    for switch in &script.seen.switches {
        let undone = ["pipefail", "nounset", "u"].contains(&switch.name.as_str());
        if undone && !switch.on && !switch.contained {
            report.add(
                switch.at,
                "undone here",
                Vec::new(),
                Advice {
                    message: format!(
                        "`{}` is switched off for the rest of the script",
                        long_name(&switch.name)
                    ),
                    why: "from here on a failure that the header promises to catch passes unseen".to_owned(),
                    instead: "switch it off in a subshell, around the one command that needs it".to_owned(),
                },
            );
        }
    }
}

/// An option that was on in front of the first command counts as on: what switches it off is a finding of its own.
fn in_time(script: &Script<'_>, first: Span, names: &[&str], at_first: Switch) -> Switch {
    let undone = script.seen.switches.iter().any(|off| {
        !off.on
            && !off.contained
            && !off.at.is_empty()
            && off.at.end <= first.start
            && names.contains(&off.name.as_str())
    });
    let was_on =
        script.seen.switches.iter().any(|on| {
            on.on && !on.contained && on.at.end <= first.start && names.contains(&on.name.as_str())
        });
    if undone && was_on { Switch::On } else { at_first }
}

/// Errexit is in force, too, where it is lifted around a command whose status is wanted and put back.
fn errexit(script: &Script<'_>, first: Span, at_first: Switch) -> Switch {
    let lasting = script.seen.switches.iter().filter(|switch| {
        !switch.contained && !switch.at.is_empty() && ["e", "errexit"].contains(&switch.name.as_str())
    });
    let (before, after): (Vec<_>, Vec<_>) = lasting.partition(|switch| switch.at.end <= first.start);
    let lifted = before.iter().any(|switch| switch.on) && before.last().is_some_and(|switch| !switch.on);
    if at_first == Switch::Off && lifted && after.last().is_some_and(|switch| switch.on) {
        Switch::On
    } else {
        at_first
    }
}

/// Errexit that is switched behind the first command and not switched back: from there on the header says something else.
fn errexit_changes(
    script: &Script<'_>,
    first: Span,
    stated: &BTreeSet<&'static str>,
    report: &mut Report<'_>,
) {
    let mut lasting = script.seen.switches.iter().filter(|switch| {
        !switch.contained
            && !switch.at.is_empty()
            && switch.at.start >= first.start
            && ["e", "errexit"].contains(&switch.name.as_str())
    });
    let Some(last) = lasting.next_back().filter(|last| last.on != stated.contains("errexit")) else { return };
    let (now, header) = if last.on { ("on", "does not state it") } else { ("off", "states it") };
    report.add(
        last.at,
        "from here on",
        Vec::new(),
        Advice {
            message: format!(
                "`errexit` is switched {now} for the rest of the script, and the header {header}"
            ),
            why: "the next change will rely on what the header says".to_owned(),
            instead:
                "keep to one regime; around a command whose status is wanted, switch back what was switched"
                    .to_owned(),
        },
    );
}

/// Where the finding stands: the first `set` of the script, else its first command.
fn place(script: &Script<'_>, first: Span) -> Span {
    let is_set = |switch: &&Switched| switch.on && !switch.shopt && !switch.at.is_empty();
    script.seen.switches.iter().find(is_set).map_or(first, |switch| {
        let line = script.source.line_span(script.source.line(switch.at.start));
        let text = script.text(line);
        let indent = u32::try_from(text.len() - text.trim_start().len()).unwrap_or(0);
        let end = u32::try_from(text.trim_end().len()).unwrap_or(0);
        Span::new(line.start + indent, line.start + end.max(indent))
    })
}

fn problem(script: &Script<'_>, stated: Option<&Stated>, options: Options) -> Option<Advice> {
    let posix = script.dialect == Dialect::Posix;
    let mutates = script.seen.list.iter().any(|seen| seen.effect == Effect::Mutate && !seen.dead);
    if posix && mutates {
        return Some(Advice {
            message: "a `sh` script that changes things cannot have `pipefail`".to_owned(),
            why: "a failed producer in a pipeline is invisible to sh, and this script acts on what pipelines say".to_owned(),
            instead: "start it with `#!/usr/bin/env bash` and `set -uo pipefail`".to_owned(),
        });
    }
    let (short, long) = if posix { ("set -u", "set -eu") } else { ("set -uo pipefail", "set -euo pipefail") };
    let mut lacking = Vec::new();
    if options.nounset != Switch::On {
        lacking.push("nounset");
    }
    if options.pipefail != Switch::On && !posix {
        lacking.push("pipefail");
    }
    if !lacking.is_empty() {
        let both = lacking.join("` and `");
        let unstated = if stated.is_none() { ", and its header states no error regime" } else { "" };
        return Some(Advice {
            message: format!("`{both}` not in force before the script's first command{unstated}"),
            why: if posix {
                "a misspelt variable passes unseen and the script goes on"
            } else {
                "a failed command in a pipeline, or a misspelt variable, passes unseen and the script goes on"
            }
            .to_owned(),
            instead: format!(
                "write `{short}` (or `{long}`) before the first command, and `# Error regime: {short}, capture-then-test` in the header"
            ),
        });
    }
    let Some(stated) = stated else {
        return Some(Advice {
            message: "the header states no error regime".to_owned(),
            why: "whoever changes the script cannot know whether a failure stops it or must be tested"
                .to_owned(),
            instead: format!(
                "write `# Error regime: {short}, capture-then-test` (or `{long}`) in the header comment"
            ),
        });
    };
    let in_force = in_force(options, posix);
    if stated.options != in_force {
        return Some(Advice {
            message: format!("the header states {}, in force is {}", list(&stated.options), list(&in_force)),
            why: "the next change will rely on what the header says".to_owned(),
            instead: "make the header and the `set` line say the same".to_owned(),
        });
    }
    if options.errexit != Switch::On && !stated.capture_then_test {
        return Some(Advice {
            message: "without errexit the header must say `capture-then-test`".to_owned(),
            why: "nothing stops this script on a failure but its own tests; the regime must say that they are there".to_owned(),
            instead: format!("write `# Error regime: {short}, capture-then-test`"),
        });
    }
    None
}

fn library(script: &Script<'_>, report: &mut Report<'_>) {
    let changed = script.seen.switches.iter().find(|switch| !switch.contained);
    if let Some(switch) = changed {
        report.add(
            switch.at,
            "changes the caller's options",
            Vec::new(),
            Advice {
                message: format!(
                    "a library switches `{}` {}",
                    long_name(&switch.name),
                    if switch.on { "on" } else { "off" }
                ),
                why: "whoever sources it gets another error regime than its own header states".to_owned(),
                instead: "leave the options to the caller; where a function needs one, set it in a subshell"
                    .to_owned(),
            },
        );
    }
}

fn long_name(name: &str) -> &str {
    match name {
        "e" => "errexit",
        "u" => "nounset",
        "x" => "xtrace",
        other => other,
    }
}

fn in_force(options: Options, posix: bool) -> BTreeSet<&'static str> {
    let mut set = BTreeSet::new();
    if options.errexit == Switch::On {
        set.insert("errexit");
    }
    if options.nounset == Switch::On {
        set.insert("nounset");
    }
    if options.pipefail == Switch::On && !posix {
        set.insert("pipefail");
    }
    set
}

fn list(options: &BTreeSet<&'static str>) -> String {
    let words: Vec<String> = options.iter().map(|option| format!("`{option}`")).collect();
    if words.is_empty() { "no option".to_owned() } else { words.join(", ") }
}

/// Reads `Error regime: ...` and what follows it up to an empty comment line.
fn stated(script: &Script<'_>) -> Option<Stated> {
    const MARK: &str = "error regime:";
    let start = script.header.iter().position(|comment| {
        let text = script.text(*comment).trim_start_matches(['#', ' ', '\t']);
        text.get(..MARK.len()).is_some_and(|start| start.eq_ignore_ascii_case(MARK))
    })?;
    let mut text = String::new();
    for comment in &script.header[start..] {
        let line = script.text(*comment).trim_start_matches('#').trim();
        if line.is_empty() {
            break;
        }
        text.push_str(line);
        text.push(' ');
    }
    let mut stated = Stated { at: script.header[start], ..Stated::default() };
    let lower = text.to_ascii_lowercase();
    stated.capture_then_test = lower.contains("capture-then-test");
    let words: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || ",;:()`\"".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let mut index = 0;
    while index < words.len() {
        if words[index] == "set" {
            index += 1;
            while let Some(letters) = words.get(index).and_then(|word| word.strip_prefix('-')) {
                index += 1;
                if letters.contains('e') {
                    stated.options.insert("errexit");
                }
                if letters.contains('u') {
                    stated.options.insert("nounset");
                }
                if letters.contains('o')
                    && let Some(name) = words.get(index)
                {
                    let name = name.trim_end_matches('.');
                    stated
                        .options
                        .extend(["errexit", "nounset", "pipefail"].into_iter().find(|known| *known == name));
                    index += 1;
                }
            }
        } else {
            index += 1;
        }
    }
    Some(stated)
}
