//! The sweep: which faults follow from a green run.
//!
//! Every call fails in every way that applies to it. What does not apply is counted, so that nobody can thin the
//! sweep unseen.

use std::collections::HashMap;

use crate::commands::Tables;
use crate::fault::{FaultKind, Persistence};
use crate::id::TrialId;
use crate::trial::harness::{Case, Harness};
use crate::trial::outline::Outline;
use crate::trial::world::{Answer, Call, Fault, Output, Record, Site};

/// One fault of one call of the green run.
#[derive(Debug, Clone)]
pub struct FaultTrial {
    /// Its address.
    pub id: TrialId,
    /// The address of the trial in which the same fault lasts for ever.
    pub forever_id: TrialId,
    /// Which call of the green run.
    pub call: usize,
    /// What fails; it lasts once.
    pub fault: Fault,
    /// Whether the same site is called again in the green run, so that the fault can last.
    pub recurs: bool,
}

/// The faults of one case.
#[derive(Debug, Clone, Default)]
pub struct Sweep {
    /// In the order of the green run, then of the kinds.
    pub trials: Vec<FaultTrial>,
    /// Call and kind pairs where the kind does not apply.
    pub inapplicable: usize,
}

impl FaultTrial {
    /// The fault, lasting for ever.
    pub fn forever(&self) -> Fault {
        Fault { persistence: Persistence::Forever, ..self.fault.clone() }
    }

    /// Whether the fault could last: its site was called again after it.
    pub fn recurred(&self, record: &Record) -> bool {
        let fired = record.calls.iter().position(|call| call.answer == Answer::Fault);
        fired.is_some_and(|at| record.calls[at + 1..].iter().any(|call| call.site == self.fault.site))
    }
}

/// Plans the faults of `case` from its green run.
pub fn plan(harness: &Harness, case: &Case, green: &Record, outline: &Outline) -> Sweep {
    let mut sweep = Sweep::default();
    let mut ordinals: HashMap<&str, usize> = HashMap::new();
    for (index, call) in green.calls.iter().enumerate() {
        let ordinal = ordinals.entry(call.program()).or_default();
        *ordinal += 1;
        if call.answer == Answer::Unstubbed {
            continue;
        }
        for kind in FaultKind::ALL {
            // It names what it made, or it says that it could not.
            let never = harness.guessed && kind == FaultKind::Empty && call.program() == "mktemp";
            let Some(fault) = fault_of(call, kind, outline).filter(|_| !never) else {
                sweep.inapplicable += 1;
                continue;
            };
            let address = format!("{}#{ordinal}", call.program());
            let id = |persistence: Persistence| {
                TrialId::from_parts(&[
                    harness.name.as_str(),
                    &case.name,
                    &address,
                    kind.word(),
                    persistence.word(),
                ])
            };
            sweep.trials.push(FaultTrial {
                id: id(Persistence::Once),
                forever_id: id(Persistence::Forever),
                call: index,
                recurs: recurs(&green.calls[index + 1..], &call.site),
                fault,
            });
        }
    }
    sweep
}

fn recurs(later: &[Call], site: &Site) -> bool {
    later.iter().any(|call| call.site == *site)
}

/// The fault of that kind, where it applies to the call and differs from what the call answered anyway.
fn fault_of(call: &Call, kind: FaultKind, outline: &Outline) -> Option<Fault> {
    let tables = Tables::builtin();
    let (exit, stderr) = tables.failure(&call.argv);
    let applies = match kind {
        FaultKind::Exit => call.exit != i32::from(exit),
        FaultKind::Signal => call.exit != 128 + 9,
        FaultKind::Missing => call.exit != 127,
        FaultKind::Empty => {
            matches!(call.output, Output::Pipe | Output::File)
                && call.exit == 0
                && !call.stdout.is_empty()
                && !tables.empty_is_valid(&call.argv)
        }
        FaultKind::Sigpipe => {
            call.output == Output::Pipe
                && call.exit == 0
                && !call.stdout.is_empty()
                && call.site.at.as_ref().is_some_and(|(path, line)| outline.feeds_early_closer(path, *line))
        }
    };
    let stderr = if stderr.is_empty() || stderr.ends_with('\n') { stderr } else { stderr + "\n" };
    applies.then(|| Fault {
        site: call.site.clone(),
        occurrence: call.occurrence,
        kind,
        persistence: Persistence::Once,
        exit,
        stderr,
    })
}
