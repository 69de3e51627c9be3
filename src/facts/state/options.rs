//! Shell options as a path has them.

/// A shell option's state on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Switch {
    /// Off.
    #[default]
    Off,
    /// On.
    On,
    /// Not known.
    Unknown,
}

/// The options that rules ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Options {
    /// `set -e`
    pub errexit: Switch,
    /// `set -u`
    pub nounset: Switch,
    /// `set -o pipefail`
    pub pipefail: Switch,
    /// `set -x`
    pub xtrace: Switch,
    /// `shopt -s nocasematch`: the case of letters does not matter to `[[` and `case`.
    pub nocasematch: Switch,
}

impl Options {
    /// The option of that name, of `set -o` or as its letter.
    pub fn named(&mut self, name: &str) -> Option<&mut Switch> {
        match name {
            "errexit" | "e" => Some(&mut self.errexit),
            "nounset" | "u" => Some(&mut self.nounset),
            "pipefail" => Some(&mut self.pipefail),
            "xtrace" | "x" => Some(&mut self.xtrace),
            _ => None,
        }
    }

    fn both(self, other: Self, each: impl Fn(Switch, Switch) -> Switch) -> Self {
        Self {
            errexit: each(self.errexit, other.errexit),
            nounset: each(self.nounset, other.nounset),
            pipefail: each(self.pipefail, other.pipefail),
            xtrace: each(self.xtrace, other.xtrace),
            nocasematch: each(self.nocasematch, other.nocasematch),
        }
    }

    /// What is the same in both.
    #[must_use]
    pub fn common(self, other: Self) -> Self {
        self.both(other, |a, b| if a == b { a } else { Switch::Unknown })
    }

    /// What these options have become since `before`; unknown where they are the same.
    #[must_use]
    pub fn changed_from(self, before: Self) -> Self {
        self.both(before, |mine, before| if mine == before { Switch::Unknown } else { mine })
    }

    /// These options, and where they are not known, those of `before`.
    #[must_use]
    pub fn over(self, before: Self) -> Self {
        self.both(before, |mine, before| if mine == Switch::Unknown { before } else { mine })
    }
}
