//! What a script does, computed once: which commands run, on which paths, with which values.
//!
//! [`facts`](self) walks a script as a shell would, path by path, and hands out observations. Rules are filters over
//! them. Nothing here reports, reads a file or runs anything.

mod arithmetic;
mod assignments;
mod braces;
mod branches;
mod builtins;
mod calls;
mod closely;
mod credentials;
mod cuts;
mod decide;
mod definitions;
mod dispatch;
mod effects;
mod elements;
mod environment;
mod flags;
mod getopts;
mod habits;
mod handlers;
mod holes;
mod ids;
mod input;
mod invocations;
mod leaks;
mod library;
mod lists;
mod literals;
mod loops;
mod map;
mod naming;
mod observe;
mod outlets;
mod payload;
mod picked;
mod places;
mod printed;
mod programs;
mod put_off;
mod redirects;
mod reentry;
mod restore;
mod secret_names;
mod slots;
mod state;
mod status;
mod summary;
mod texts;
mod turns;
mod unwrap;
mod value;
mod walk;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bash::Dialect;
use crate::bash::syntax::Script;
use crate::commands::Tables;
use crate::source::{RepoPath, Span};

pub use closely::{Carried, Close, observe_closely};
pub use habits::{Habits, habits, reads_itself};
pub use invocations::{Ending, Invocation, Invocations, Link, UnreadText, invocations};
pub use leaks::{Leak, Shown};
pub use library::Sourced;
pub use literals::{Given, Literal, literals};
pub use observe::{Exposure, Missing, Observation, Observations, Step, Switched, Unchecked};
pub use payload::{Payload, handed_over, payload};
pub use places::{Regime, Seen};
pub use secret_names::SecretNames;
pub use state::{Options, Switch};
pub use status::{Pipe, Stage, Statuses, Theft, Throw, Thrown, Use, UseKind};
pub use value::StepKind;
pub use walk::{Library, NoLibrary};

use state::{Parameters, State};
use value::{Place, Source, Symbols, Value};
use walk::{Arenas, Body, Frame, Text, Walk};

/// Statements that may be walked, on top of those that the script's length allows.
const FREE_STATEMENTS: u32 = 600;

/// Statements of functions that nothing calls which may be walked: nothing of them is known to run.
const UNCALLED_STATEMENTS: u32 = 300;

/// How often each statement of a script may be walked, on average, before calls are only summed up: the time that a
/// script takes grows no faster than its length.
const WALKS_A_STATEMENT: u32 = 2;

/// What counts as a gate in front of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gates {
    /// Options that let a script change something.
    pub options: Vec<String>,
    /// Commands that end with 0 only where the operator confirmed: the program, and words that glob.
    pub commands: Vec<String>,
}

static USUAL_GATES: LazyLock<Gates> =
    LazyLock::new(|| Gates { options: vec!["--apply".to_owned()], commands: Vec::new() });

impl Gates {
    /// `--apply`, and what the script compares with what the operator typed.
    pub fn usual() -> &'static Self {
        &USUAL_GATES
    }

    fn lets_change(&self, word: &str) -> bool {
        self.options.iter().any(|option| option == word)
    }
}

/// What the walk needs besides the script.
pub struct Context<'c> {
    /// The scripts that can be sourced.
    pub library: &'c dyn Library,
    /// Names that tell of a secret.
    pub secret_names: &'c SecretNames,
    /// What counts as a gate.
    pub gates: &'c Gates,
    /// Whether a script may always write the file of that path (logs, locks).
    pub own_files: &'c dyn Fn(&str) -> bool,
    /// Whether the script is started with `-x`, as its first line says.
    pub traced: bool,
    /// The shell that it is written for: `print` is ksh's own, and substitutions inherit errexit in every shell but bash.
    pub dialect: Dialect,
}

/// Walks a script and gives what was seen. `path` resolves what it sources.
pub fn observe(path: &RepoPath, script: &Script, context: &Context<'_>) -> Observations {
    let arenas = Arenas::default();
    let mut walk = Walk::new(&arenas, context, path, ids::extent(script));
    walk.whole_script(script);
    let places = std::mem::take(&mut walk.places);
    let sourced = walk.sourced_functions(script);
    let asked = walk.asked();
    let texts = walk.carried_texts();
    let steps = walk.steps;
    let mut seen = walk.observations;
    library::leave_to_their_files(&mut seen, context);
    seen.steps = steps;
    seen.asked = asked;
    seen.literals = literals::literals(script, context.secret_names);
    seen.statuses = status::statuses(script, &places, texts, sourced, context.dialect);
    seen
}

impl<'a> Walk<'a> {
    /// A walk that has not begun, over a script like that.
    fn new(arenas: &'a Arenas, context: &'a Context<'a>, path: &RepoPath, extent: ids::Extent) -> Self {
        Walk {
            arenas,
            context,
            sourcing: Vec::new(),
            cut_at: usize::MAX,
            round: library::Round::default(),
            shared: FxHashMap::default(),
            library: context.library,
            tables: Tables::builtin(),
            secret_names: context.secret_names,
            own_files: context.own_files,
            texts: vec![Text { host: None, path: Some(path.clone()) }],
            known_texts: Vec::new(),
            libraries: FxHashMap::default(),
            asked: BTreeSet::default(),
            definitions: Vec::new(),
            defined: FxHashMap::default(),
            overriding: Vec::new(),
            called: FxHashSet::default(),
            reached: None,
            symbols: Symbols::default(),
            literals: FxHashMap::default(),
            own_symbols: FxHashSet::default(),
            observations: Observations::default(),
            places: places::Places::default(),
            exits: vec![walk::Ended::default()],
            no_errexit: 0,
            returns: Vec::new(),
            loops: Vec::new(),
            frames: Vec::new(),
            way: invocations::Way::default(),
            outputs: Vec::new(),
            stdins: Vec::new(),
            file: 0,
            regexes: FxHashMap::default(),
            secret_by_name: FxHashMap::default(),
            budget: FREE_STATEMENTS.saturating_add(WALKS_A_STATEMENT.saturating_mul(extent.statements)),
            ids: extent.ids,
            alone: false,
            arm: false,
            began: None,
            steps: 0,
            secret_symbols: FxHashSet::default(),
            defaults: FxHashMap::default(),
            found_below: FxHashMap::default(),
            in_traps: 0,
            missed: BTreeSet::default(),
            descriptors: FxHashSet::default(),
            unsettled: false,
            terminal: FxHashSet::default(),
            levels: 0,
            summaries: FxHashMap::default(),
            seen: Vec::new(),
            waiting: BTreeMap::new(),
            subshells: 0,
            remote: 0,
            dead: false,
            last_substitution: None,
            piped_in: None,
            traces: false,
            at_command: Place { file: 0, span: Span::default() },
            piped_from: None,
            handlers: handlers::Handlers::default(),
            outlets: vec![outlets::Outlets::default()],
        }
    }

    fn whole_script(&mut self, root: &'a Script) {
        let mut argument = Value::unknown(self.symbols.of(Source::Argument(0)));
        argument.from_args = true;
        let params = Parameters { list: Vec::new(), rest: Some(argument), shifted: 0 };
        let mut start = State::start(params, Rc::default());
        if self.context.traced {
            start.options.xtrace = Switch::On;
        }
        let out = self.sequence(&root.body, vec![start.clone()], false);
        let mut ends = out.both();
        ends.extend(self.exits.pop().unwrap_or_default().paths.into_iter().map(|(state, _)| state));
        let ends = self.settle(ends);
        self.exit_traps(&ends);
        self.follow_put_off();
        self.uncalled_functions(ends.first().unwrap_or(&start));
    }

    fn exit_traps(&mut self, ends: &[State]) {
        for state in ends {
            let Some((text, place)) = state.rare.traps.get("EXIT").cloned() else { continue };
            let mut state = state.clone();
            state.rare_mut().traps.clear();
            self.exits.push(walk::Ended::default());
            self.trapped(&text, place, state);
            self.exits.pop();
        }
    }

    /// Functions that nothing calls are walked with unknown parameters: secrets leak there too once they are called.
    fn uncalled_functions(&mut self, start: &State) {
        self.dead = true;
        // Nothing of them is known to run: what is left of the budget is not for them.
        self.budget = self.budget.min(UNCALLED_STATEMENTS);
        let mut index = 0;
        while index < self.definitions.len() {
            let definition = self.definitions[index];
            if !self.called.contains(&index)
                && definition.file == 0
                && let Body::Here(body) = definition.body
            {
                let rest = Value::unknown(self.symbols.of(Source::Argument(0)));
                let params = Rc::new(Parameters { list: Vec::new(), rest: Some(rest), shifted: 0 });
                let place = Place { file: 0, span: Span::default() };
                self.frames.push(Frame {
                    call: place,
                    function: Some(index),
                    name: Rc::from(definition.name),
                });
                self.exits.push(walk::Ended::default());
                self.in_function(body, definition.file, params, start.clone());
                self.exits.pop();
                self.frames.pop();
            }
            index += 1;
        }
    }
}
