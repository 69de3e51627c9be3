//! What a suppression says, and what can be wrong with it. One in the text and one in the settings say the same things,
//! so both are judged here.
//!
//! This module neither finds suppressions nor knows which findings there are.

use crate::catalogue;
use crate::finding::Advice;
use crate::nearest;

/// What a suppression claims, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claim {
    /// The rules that it names.
    pub rules: Vec<String>,
    /// Why; `None` where it does not say.
    pub reason: Option<String>,
    /// The last day on which it counts.
    pub until: Option<String>,
    /// A key that it has and that says nothing (`untill=`).
    pub unknown: Option<String>,
}

/// Where a suppression is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// In a comment.
    Comment,
    /// In the settings.
    Settings,
}

/// What is wrong with a suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// It is no suppression that can be read.
    Malformed,
    /// It does not say why.
    NoReason,
    /// `until` is no day.
    NoDate(String),
    /// The day has passed.
    Expired(String),
    /// It has a key that says nothing.
    UnknownKey(String),
    /// There is no such rule.
    UnknownRule(String),
    /// L0 is beyond every suppression.
    Beyond,
    /// The rule found nothing that it stands at.
    Unmatched {
        /// The rule.
        rule: String,
        /// The nearest line on which the rule did find something.
        nearest: Option<u32>,
    },
    /// It speaks of files, and there are none.
    NoFile,
}

impl Claim {
    /// What can be told without the findings, on the day `today` (`YYYY-MM-DD`).
    pub fn faults(&self, today: &str) -> Vec<Stale> {
        let mut faults = Vec::new();
        if self.rules.is_empty() {
            return vec![Stale::Malformed];
        }
        for rule in &self.rules {
            if rule == "unparsed" || rule == "L0" {
                faults.push(Stale::Beyond);
            } else if !catalogue::all().any(|known| known.slug == rule) {
                faults.push(Stale::UnknownRule(rule.clone()));
            }
        }
        if self.reason.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
            faults.push(Stale::NoReason);
        }
        faults.extend(self.unknown.clone().map(Stale::UnknownKey));
        match &self.until {
            Some(until) if !is_day(until) => faults.push(Stale::NoDate(until.clone())),
            Some(until) if until.as_str() < today => faults.push(Stale::Expired(until.clone())),
            _ => {}
        }
        faults
    }

    /// Whether it silences anything on the day `today`: it says why, and its day has not passed.
    pub fn counts(&self, today: &str) -> bool {
        let fatal = |fault: &Stale| {
            matches!(
                fault,
                Stale::Malformed
                    | Stale::NoReason
                    | Stale::NoDate(_)
                    | Stale::Expired(_)
                    | Stale::UnknownKey(_)
            )
        };
        !self.faults(today).iter().any(fatal)
    }
}

/// Whether a text is a day of the calendar, as `YYYY-MM-DD`.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |text: &str, digits: usize| -> Option<u32> {
        let all = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        all.then(|| text.parse().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return false,
    };
    (1..=days).contains(&day)
}

impl Stale {
    /// What to say of it.
    pub fn advice(&self, written: Written) -> Advice {
        let form = match written {
            Written::Comment => "`# gauntlet: allow(<slug>) reason=\"...\" until=YYYY-MM-DD`",
            Written::Settings => "`rule`, `files`, `reason` and, if it shall end, `until = \"YYYY-MM-DD\"`",
        };
        let (message, why, instead) = match self {
            Self::Malformed => (
                "this suppression cannot be read, so it silences nothing".to_owned(),
                "whoever wrote it believes that a finding is dealt with",
                match written {
                    Written::Comment => format!("write {form}; a whole file only in `gauntlet.toml`"),
                    Written::Settings => format!("write {form}"),
                },
            ),
            Self::NoReason => (
                "this suppression gives no reason, so it silences nothing".to_owned(),
                "a suppression without a reason cannot be told from a mistake",
                format!("say why the finding may stand: {form}; or remove it and mend what was found"),
            ),
            Self::NoDate(until) => (
                format!("`{until}` is no day, so this suppression silences nothing"),
                "a suppression whose end cannot be read would never end",
                "write the last day on which it counts as YYYY-MM-DD, or leave `until` out".to_owned(),
            ),
            Self::Expired(until) => (
                format!("this suppression expired on {until}, so it silences nothing"),
                "the time that was given to mend what was found is over",
                "mend what was found and remove the suppression, or give a new day with a new reason"
                    .to_owned(),
            ),
            Self::UnknownKey(key) => (
                format!("`{key}=` says nothing, so this suppression silences nothing"),
                "a slip in `until` would make a suppression that never ends",
                nearest::suggestion(key, ["reason", "until"]),
            ),
            Self::UnknownRule(name) => (
                format!("there is no rule `{name}`"),
                "a suppression that names no rule silences nothing, now or later",
                suggestion(name),
            ),
            Self::Beyond => (
                "`unparsed` cannot be suppressed".to_owned(),
                "what was not understood may do anything, and no reason vouches for it",
                "rewrite the statement so that it can be read, and remove the suppression".to_owned(),
            ),
            Self::Unmatched { rule, nearest } => (
                format!("`{rule}` finds nothing here to suppress"),
                "what it was written for has gone; left in place it would hide the next fault",
                match (nearest, written) {
                    (Some(line), Written::Comment) => format!(
                        "remove it; if it means the finding on line {line}, write it on that line or the line above"
                    ),
                    _ => "remove it".to_owned(),
                },
            ),
            Self::NoFile => (
                "no file that is checked is one of these `files`".to_owned(),
                "what it says of rules holds nowhere, and would hold unseen for a file that comes later",
                "remove the table, or correct its globs: they are relative to the project's root".to_owned(),
            ),
        };
        Advice { message, why: why.to_owned(), instead }
    }
}

/// What an unknown name was probably meant to be.
fn suggestion(name: &str) -> String {
    match catalogue::find(name) {
        Some(rule) => format!("name the rule by its slug: `{}`", rule.slug),
        None => nearest::suggestion(name, catalogue::all().map(|rule| rule.slug)),
    }
}
