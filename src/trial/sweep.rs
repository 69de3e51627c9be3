//! The sweep: which faults follow from a green run.
//!
//! Every call fails in every way that applies to it. What does not apply is counted, so that nobody can thin the
//! sweep unseen.

use std::collections::{BTreeSet, HashMap};

use crate::commands::{Said, Tables, Trouble, Written, is_no_file};
use crate::fault::{FaultKind, Interruption, Persistence};
use crate::id::TrialId;
use crate::trial::effect::commands;
use crate::trial::harness::{Case, Harness};
use crate::trial::outline::Outline;
use crate::trial::world::{Answer, Call, Fault, GARBAGE, Output, Record, Site, TIMED_OUT, half};

/// The kinds that are not tried where the answers are guessed. Whether a script must notice that half of an answer is
/// missing, or that it is another's, nobody can say who does not know the answer: a tool that is given such words refuses
/// them, a guess does not.
const NEED_AN_ANSWER: [FaultKind; 2] = [FaultKind::Truncated, FaultKind::Garbage];

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
    /// Calls without a time limit, which cannot be made to hang.
    pub unbounded: usize,
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

/// The kinds, those first that show most of a script: what it does when a call fails at all, when it gets nothing for an
/// answer, and last what only a signal shows.
const TELLING: [FaultKind; 14] = [
    FaultKind::Exit,
    FaultKind::Empty,
    FaultKind::Signal,
    FaultKind::Unreachable,
    FaultKind::Absent,
    FaultKind::DiskFull,
    FaultKind::Missing,
    FaultKind::Interrupt(Interruption::Term),
    FaultKind::Sigpipe,
    FaultKind::Hang,
    FaultKind::Interrupt(Interruption::Int),
    FaultKind::Interrupt(Interruption::Hup),
    FaultKind::Truncated,
    FaultKind::Garbage,
];

impl Sweep {
    /// Puts those first that show most: every call fails once before one fails in a second way, and one that comes from the
    /// same place as another (a round of a loop) waits until the others had their turn.
    pub fn most_telling_first(&mut self, green: &Record) {
        let rank = |kind: FaultKind| TELLING.iter().position(|own| *own == kind);
        let mut turns: HashMap<usize, usize> = HashMap::new();
        let mut places: HashMap<_, BTreeSet<usize>> = HashMap::new();
        self.trials.sort_by_key(|trial| (rank(trial.fault.kind), trial.call));
        let with_turn = |trial: FaultTrial| {
            let call = &green.calls[trial.call];
            let turn = turns.entry(trial.call).or_default();
            *turn += 1;
            let place = places.entry((call.site.at.as_ref(), call.program())).or_default();
            place.insert(trial.call);
            (*turn + place.range(..trial.call).count(), trial)
        };
        let mut trials: Vec<(usize, FaultTrial)> = self.trials.drain(..).map(with_turn).collect();
        trials.sort_by_key(|(turn, _)| *turn);
        self.trials.extend(trials.into_iter().map(|(_, trial)| trial));
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
        // Between the first turn of a loop that asks the same and the last one nothing else happens.
        if harness.guessed && call.occurrence > 1 && recurs(&green.calls[index + 1..], &call.site) {
            sweep.inapplicable += FaultKind::ALL.len();
            continue;
        }
        let writes = match call.answer {
            Answer::Stub(stub) => {
                harness.stubs_of(case).nth(stub).is_some_and(|stub| !stub.answer.writes.is_empty())
            }
            _ => false,
        };
        let mut tried: Vec<Reply> = Vec::new();
        for kind in FaultKind::ALL {
            if harness.guessed && NEED_AN_ANSWER.contains(&kind) {
                sweep.inapplicable += 1;
                continue;
            }
            let Some(reply) = reply_of(call, kind, writes, outline, harness.guessed) else {
                if kind == FaultKind::Hang {
                    sweep.unbounded += 1;
                } else {
                    sweep.inapplicable += 1;
                }
                continue;
            };
            // What looks like the green answer, or like another fault, shows nothing.
            if reply.is_fixed(kind) && (reply.is_answer_of(call) || tried.contains(&reply)) {
                sweep.inapplicable += 1;
                continue;
            }
            let address = format!("{}#{ordinal}", call.program());
            let id = |persistence: Persistence| {
                let parts = [harness.name.as_str(), &case.name, &address, kind.slug(), persistence.word()];
                TrialId::from_parts(&parts)
            };
            sweep.trials.push(FaultTrial {
                id: id(Persistence::Once),
                forever_id: id(Persistence::Forever),
                call: index,
                recurs: recurs(&green.calls[index + 1..], &call.site),
                fault: Fault {
                    site: call.site.clone(),
                    occurrence: call.occurrence,
                    kind,
                    persistence: Persistence::Once,
                    exit: reply.exit,
                    stdout: reply.stdout.clone(),
                    stderr: reply.stderr.clone(),
                },
            });
            if reply.is_fixed(kind) {
                tried.push(reply);
            }
        }
    }
    sweep
}

fn recurs(later: &[Call], site: &Site) -> bool {
    later.iter().any(|call| call.site == *site)
}

/// What the failing call says instead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Reply {
    exit: u8,
    stdout: String,
    stderr: String,
}

impl Reply {
    fn new(exit: u8, stdout: &str, stderr: &str) -> Self {
        let stderr = stderr.trim_end_matches('\n');
        let stderr = if stderr.is_empty() { String::new() } else { format!("{stderr}\n") };
        Self { exit, stdout: stdout.to_owned(), stderr }
    }

    fn of(said: &Said) -> Self {
        Self::new(said.exit, &said.stdout, &said.stderr)
    }

    /// Whether the call does nothing but say this.
    fn is_fixed(&self, kind: FaultKind) -> bool {
        match kind {
            FaultKind::Sigpipe | FaultKind::DiskFull | FaultKind::Interrupt(_) => false,
            FaultKind::Hang => self.exit != TIMED_OUT,
            _ => true,
        }
    }

    /// Whether the green run's call says the same. What a handler or a real tool says on stderr is not known; it is
    /// taken to be the same.
    fn is_answer_of(&self, call: &Call) -> bool {
        call.exit == i32::from(self.exit)
            && call.stdout == self.stdout
            && call.stderr.as_ref().is_none_or(|stderr| stderr.trim_end() == self.stderr.trim_end())
    }
}

/// What a call says that fails in that way; `None` where the kind does not apply to it.
fn reply_of(call: &Call, kind: FaultKind, writes: bool, outline: &Outline, guessed: bool) -> Option<Reply> {
    let tables = Tables::builtin();
    let answer = |trouble| tables.answer(&call.argv, trouble).map(|said| Reply::of(&said));
    match kind {
        FaultKind::Exit => {
            // A carrier ends as the command that it carries, whose answers are its own.
            let carried = commands(call);
            let inner =
                carried.first().filter(|argv| carried.len() == 1 && !tables.answer_codes(argv).is_empty());
            let failure = tables.plain_failure(inner.unwrap_or(&call.argv));
            failure.map(|(exit, stderr)| Reply::new(exit, "", &stderr))
        }
        FaultKind::Signal => Some(Reply::new(128 + 9, "", "")),
        FaultKind::Missing => Some(Reply::new(127, "", &format!("{}: command not found", call.program()))),
        FaultKind::Absent => answer(Trouble::Absent),
        FaultKind::Unreachable => answer(Trouble::Unreachable),
        // Where answers are guessed the judge looks what was done with it, so that a list may be empty too; what always says
        // something is not believed to be silent.
        FaultKind::Empty if guessed && tables.always_speaks(&call.argv) => None,
        FaultKind::Empty => (is_consumed(call) || guessed && is_read(call)).then(Reply::default),
        FaultKind::Truncated => {
            let cut = half(&call.stdout);
            let applies = is_consumed(call) && !tables.is_local(&call.argv) && !cut.is_empty();
            applies.then(|| Reply::new(0, cut, ""))
        }
        FaultKind::Garbage => {
            (is_consumed(call) && !tables.is_local(&call.argv)).then(|| Reply::new(0, GARBAGE, ""))
        }
        FaultKind::Sigpipe => {
            let applies = call.output == Output::Pipe
                && call.exit == 0
                && !call.stdout.is_empty()
                && call.site.at.as_ref().is_some_and(|(path, line)| outline.feeds_early_closer(path, *line));
            applies.then(Reply::default)
        }
        FaultKind::DiskFull => disk_full(call, writes),
        FaultKind::Interrupt(_) => Some(Reply::default()),
        FaultKind::Hang => {
            answer(Trouble::Timeout).or_else(|| call.limited.then(|| Reply::new(TIMED_OUT, "", "")))
        }
    }
}

/// Whether the script reads what the call prints, and cannot do without it.
fn is_consumed(call: &Call) -> bool {
    is_read(call) && !Tables::builtin().empty_is_valid(&call.argv)
}

/// Whether the script reads what the call prints.
fn is_read(call: &Call) -> bool {
    matches!(call.output, Output::Pipe | Output::File) && call.exit == 0 && !call.stdout.is_empty()
}

/// What a call says that finds the disk full, where it writes into the world: into the file that its stdout is, one
/// that its stub writes, or one that its words name.
fn disk_full(call: &Call, writes: bool) -> Option<Reply> {
    let tables = Tables::builtin();
    let own = tables.answer(&call.argv, Trouble::Full).map(|said| Reply::of(&said));
    let fills_stdout = call.output == Output::File && !call.stdout.is_empty();
    let named = tables.judge(&call.argv, None).files;
    let is_file = |file: &Written| match file {
        Written::Word { index, from } => {
            !call.argv.get(*index).and_then(|word| word.get(*from..)).is_none_or(is_no_file)
        }
        Written::Here => true,
    };
    // `curl -o /dev/null`: whoever names what is no file writes none.
    let unnamed = own.is_some() && named.is_empty();
    if call.exit != 0 || !(fills_stdout || writes || unnamed || named.iter().any(is_file)) {
        return None;
    }
    let plain = || {
        let (exit, _) = tables.plain_failure(&call.argv)?;
        Some(Reply::new(exit, "", &format!("{}: write error: No space left on device", call.program())))
    };
    own.or_else(plain)
}
