//! Identifiers as types: each is parsed once, at the edge, and trusted after that.
//!
//! This module never looks anything up; it only says what an identifier may look like.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares a newtype over `String` that prints as its text.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A harness: the stem of its file's name.
    HarnessName
}
text_id! {
    /// A trial: `HARNESS/CASE/PROGRAM#K/KIND/once`, or `HARNESS/CASE/KIND...` for a free trial. Stable across runs.
    TrialId
}

impl HarnessName {
    /// Takes the stem of a harness file's name. Slashes and blanks cannot stand in it: they divide trial ids.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && !text.contains(['/', ' ', '\t', '\n']);
        fits.then(|| Self(text.to_owned()))
    }
}

impl TrialId {
    /// Joins the parts of a trial's address with `/`.
    pub fn from_parts(parts: &[&str]) -> Self {
        Self(parts.join("/"))
    }

    /// The harness that the trial belongs to: everything before the first `/`.
    pub fn harness(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }
}

/// The code of a rule as operators know it: `L` and a number, such as `L5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleCode(u16);

impl RuleCode {
    /// The code `L` followed by `number`.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Reads `L12` (any case). Anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(['L', 'l'])?;
        let canonical = digits == "0" || !digits.starts_with('0');
        (canonical && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok().map(Self))?
    }
}

impl fmt::Display for RuleCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L{}", self.0)
    }
}

impl Serialize for RuleCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A ledger id: a prefix of capitals, a dash, three digits (`D-071`, `DOCFIX-082`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerId {
    prefix: String,
    number: u16,
}

impl LedgerId {
    /// Reads exactly one id. `D-1` is none: a ledger id has three digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, digits) = text.rsplit_once('-')?;
        let prefix_fits = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_uppercase());
        let digits_fit = digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit());
        (prefix_fits && digits_fit)
            .then(|| Self { prefix: prefix.to_owned(), number: digits.parse().unwrap_or_default() })
    }

    /// The capitals before the dash.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The three digits as a number.
    pub fn number(&self) -> u16 {
        self.number
    }
}

impl fmt::Display for LedgerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:03}", self.prefix, self.number)
    }
}
