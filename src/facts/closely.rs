//! The walk for whoever must prove something of every command: which commands the walk came to, and each text that it
//! read besides the script.
//!
//! What a walk leaves out (a branch that it takes for impossible, a function of a payload that nothing calls) is no
//! observation. Here it can be told from what was seen to do nothing.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bash::syntax::Script;
use crate::source::{RepoPath, Span};

use super::value::Place;
use super::walk::{Arenas, Walk};
use super::{Context, Observations, ids, literals};

/// Shell text that a command of the script carries, and that was read.
#[derive(Debug, Clone)]
pub struct Carried {
    /// What it says.
    pub script: Script,
    /// The same as text. Parts that are not known are variables in it.
    pub text: String,
    /// Whether a part of its text is not known: a shell reads whatever stands there then.
    pub partly_unknown: bool,
    /// The command in the script that carries it, perhaps by way of other texts.
    pub at: Span,
    /// The simple commands and declarations in it that the walk came to.
    pub reached: FxHashSet<Span>,
}

/// What a walk saw, and what it did not.
#[derive(Debug, Default)]
pub struct Close {
    /// What was seen.
    pub seen: Observations,
    /// The simple commands and declarations of the script that the walk came to.
    pub reached: FxHashSet<Span>,
    /// The further texts.
    pub carried: Vec<Carried>,
}

/// Walks a script as [`super::observe`] does, and tells where it has been.
pub fn observe_closely(path: &RepoPath, script: &Script, context: &Context<'_>) -> Close {
    let arenas = Arenas::default();
    let mut walk = Walk::new(&arenas, context, path, ids::extent(script));
    walk.reached = Some(FxHashSet::default());
    walk.whole_script(script);
    let mut by_file: FxHashMap<u16, FxHashSet<Span>> = FxHashMap::default();
    for Place { file, span } in walk.reached.take().unwrap_or_default() {
        by_file.entry(file).or_default().insert(span);
    }
    let carried = walk
        .known_texts
        .iter()
        .map(|known| Carried {
            script: known.script.clone(),
            text: known.key.1.clone(),
            partly_unknown: super::holes::stands_in(&known.key.1),
            at: walk.report_span(Place { file: known.file, span: Span::default() }).0,
            reached: by_file.remove(&known.file).unwrap_or_default(),
        })
        .collect();
    let mut seen = walk.observations;
    seen.literals = literals::literals(script, context.secret_names);
    Close { seen, reached: by_file.remove(&0).unwrap_or_default(), carried }
}
