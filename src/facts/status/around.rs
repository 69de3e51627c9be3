//! What stands around a command: who looks at its status, whether errexit acts, what it reads.

use crate::source::Span;

use super::{Use, UseKind};

/// Whether errexit ends the shell where it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Acts {
    /// It does.
    Yes,
    /// A substitution around it switches it off.
    Substitution,
    /// A substitution around a call of the function switches it off. The function is judged as if it did not, but for its
    /// bare assignments: its author wrote it for errexit, and what else is wrong shows where it is called plainly.
    Captured,
    /// A condition around it in the same function switches it off.
    Here,
    /// The same, and it is in a substitution in there.
    Inside,
    /// A condition around a call of the function switches it off, or nobody would see the end.
    Call,
}

/// What stands around a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Around {
    pub used: Option<Use>,
    pub acts: Acts,
    /// Whether only errexit would look at its status, in what a substitution captures.
    pub lost: bool,
    /// Who looks at the status of the function around it.
    pub returns: Option<Use>,
    /// Whether a command substitution captures what it prints.
    pub captured: bool,
    /// The loop that reads the same stdin.
    pub stdin: Option<Span>,
    /// The loop around it that reads another descriptor, and which.
    pub descriptor: Option<(Span, u32)>,
    /// Whether a redirection or a pipe gave it its stdin: a command in the background keeps that one.
    pub given: bool,
}

impl Acts {
    /// Whether a pipeline is judged as one that errexit ends the shell for.
    pub fn guards(self) -> bool {
        matches!(self, Self::Yes | Self::Captured)
    }
}

impl Around {
    pub fn top() -> Self {
        Self {
            used: None,
            acts: Acts::Yes,
            lost: false,
            returns: None,
            captured: false,
            stdin: None,
            descriptor: None,
            given: false,
        }
    }

    /// Where somebody looks at the status: errexit does not act.
    pub fn ignored(self) -> Self {
        let acts = match self.acts {
            Acts::Yes | Acts::Substitution | Acts::Captured | Acts::Here => Acts::Here,
            Acts::Inside | Acts::Call => Acts::Call,
        };
        Self { acts, ..self }
    }

    /// Inside a command substitution whose status is looked at by `used`.
    pub fn substituted(self, used: Option<Use>) -> Self {
        let acts = match self.acts {
            Acts::Yes | Acts::Substitution | Acts::Captured => Acts::Substitution,
            Acts::Here | Acts::Inside => Acts::Inside,
            Acts::Call => Acts::Call,
        };
        Self { used, acts, returns: used, captured: true, ..self }
    }

    /// Inside a function that is called here; `inherits`: whether substitutions inherit errexit.
    pub fn called(self, inherits: bool) -> Self {
        let acts = match self.acts {
            Acts::Substitution | Acts::Captured if !inherits => Acts::Captured,
            Acts::Yes | Acts::Substitution | Acts::Captured => Acts::Yes,
            Acts::Here | Acts::Inside | Acts::Call => Acts::Call,
        };
        // What errexit sees here, it sees inside.
        let used = self.used.filter(|used| used.kind != UseKind::Errexit || acts == Acts::Captured);
        Self { used, acts, lost: false, returns: used, ..self }
    }

    /// Whether only errexit would look at the status, and a substitution around it switches that off; `inherits`: whether
    /// substitutions inherit it. Where nobody looks at the substitution either, that is what is wrong.
    pub fn loses(self, inherits: bool) -> bool {
        self.used.is_none()
            && match self.acts {
                Acts::Captured => true,
                Acts::Substitution => self.returns.is_some() && !inherits,
                Acts::Inside => self.returns.is_some(),
                Acts::Yes | Acts::Here | Acts::Call => false,
            }
    }

    /// Nobody looks at the status, and the loop around goes on.
    pub fn unseen(self) -> Self {
        Self { used: None, ..self }
    }
}
