//! Functions of sourced files that the script calls: what their callers have to know of them.
//!
//! Nothing is reported in them; that file is linted by itself. What they do to the script's own loops and conditions is
//! said where the script calls them. The walk notes nothing in there for this pass: the first word says what runs, and the
//! options are those at the call.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bash::syntax::{Command, CommandKind, Pipeline, Script};
use crate::bash::visit::{Visitor, walk_command, walk_script};
use crate::facts::walk::{Body, Walk};
use crate::source::Span;

use super::around::Around;
use super::names::{Bodies, command_name};
use super::{Pass, Pipe, Theft, Use, UseKind};

/// The number of the texts that other files hold: the walk gives it to none.
pub(super) const ELSEWHERE: u16 = u16::MAX;

/// A function, by its body: spans of two files may be the same.
pub(super) type Key = *const Command;

/// What a function of a sourced file does to its caller.
#[derive(Clone)]
pub(super) enum Beyond {
    /// It ends with the status of such a pipe.
    Pipe(Pipe),
    /// It runs that program, which swallows what the loop reads.
    Theft(String, Span),
}

/// What is known of that, by function and way of being called.
pub(super) type Known = FxHashMap<(Key, Around, bool), Rc<Vec<Beyond>>>;

/// The names of the commands in a text.
#[derive(Default)]
struct Called {
    names: Vec<String>,
}

impl<'s> Visitor<'s> for Called {
    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Simple(simple) = &command.kind {
            self.names.extend(command_name(simple));
        }
        walk_command(self, command);
    }
}

impl<'a> Walk<'a> {
    /// The functions of sourced files that a script calls, also by way of each other, and does not define itself.
    pub(in crate::facts) fn sourced_functions(&mut self, script: &Script) -> Bodies<'a> {
        let mut elsewhere: FxHashMap<&'a str, Vec<usize>> = FxHashMap::default();
        let mut own: FxHashSet<&'a str> = FxHashSet::default();
        for (index, definition) in self.definitions.iter().enumerate() {
            let sourced = match definition.body {
                Body::Elsewhere(_) => true,
                Body::Here(_) => {
                    definition.file != 0 && self.texts[usize::from(definition.file)].host.is_none()
                }
            };
            if sourced {
                elsewhere.entry(definition.name).or_default().push(index);
            } else {
                own.insert(definition.name);
            }
        }
        let mut found = Bodies::default();
        if elsewhere.is_empty() {
            return found;
        }
        let mut called = Called::default();
        walk_script(&mut called, script);
        while let Some(name) = called.names.pop() {
            if own.contains(name.as_str()) {
                continue;
            }
            let Some((name, indexes)) = elsewhere.remove_entry(name.as_str()) else { continue };
            let mut bodies: Vec<&'a Command> = Vec::new();
            for index in indexes {
                if let Some((body, _)) = self.body_of(index)
                    && !bodies.iter().any(|known| std::ptr::eq(*known, body))
                {
                    called.command(body);
                    bodies.push(body);
                }
            }
            found.insert(name, bodies);
        }
        found
    }
}

impl<'s> Pass<'s> {
    /// Whether a function is a sourced file's.
    pub(super) fn is_sourced(&self, body: &Command) -> bool {
        self.sourced.contains(&std::ptr::from_ref(body))
    }

    /// The number of the text that holds a function.
    pub(super) fn file_of(&self, body: &Command) -> u16 {
        if self.is_sourced(body) { ELSEWHERE } else { 0 }
    }

    /// Whether what is in hand stands in a sourced file.
    pub(super) fn elsewhere(&self) -> bool {
        self.file.get() == ELSEWHERE
    }

    /// A call of a sourced file's function: what it does to the loop and the condition around the call.
    pub(super) fn enter_sourced(&mut self, call: Span, name: &str, body: &'s Command, around: Around) {
        let looked = |used: Use| !matches!(used.kind, UseKind::Caller | UseKind::Discarded | UseKind::Each);
        let lies = around.used.is_some_and(looked) && self.regime.pipefail.on;
        if around.stdin.is_none() && !lies {
            return;
        }
        let key = (std::ptr::from_ref(body), around, lies);
        let found = if let Some(known) = self.known.get(&key) {
            Rc::clone(known)
        } else {
            // A call of itself does nothing more.
            self.known.insert(key, Rc::default());
            let outer = std::mem::take(&mut self.beyond);
            self.enter_first(body, around);
            let found = Rc::new(std::mem::replace(&mut self.beyond, outer));
            self.known.insert(key, Rc::clone(&found));
            found
        };
        self.answer_for(body);
        if self.elsewhere() {
            self.beyond.extend(found.iter().cloned());
            return;
        }
        let at = self.reported(call);
        for beyond in found.iter() {
            match beyond {
                Beyond::Pipe(pipe) => {
                    if !self.out.pipes.iter().any(|known| known.at == at) {
                        self.out.pipes.push(Pipe { at, within: Some(name.to_owned()), ..pipe.clone() });
                    }
                }
                Beyond::Theft(program, of) => {
                    if !self.out.thefts.iter().any(|theft| theft.at == at) {
                        let (program, within) = (program.clone(), Some(name.to_owned()));
                        self.out.thefts.push(Theft { at, program, of: *of, within });
                    }
                }
            }
        }
    }

    /// A pipe in a sourced file's function counts where its status is the function's, and a command may leave it early.
    pub(super) fn note_sourced_pipe(&mut self, pipeline: &'s Pipeline, around: Around) {
        let mut regime = self.regime;
        let Some(used) = around.used.filter(|_| around.used == around.returns && regime.pipefail.on) else {
            return;
        };
        let stages = self.stages(pipeline);
        if stages.iter().any(|stage| stage.early.is_some()) {
            // What a pipe hides without `pipefail` is said in the file that holds it.
            regime.pipefail.off = false;
            let used = vec![used];
            let (at, within) = (pipeline.span, None);
            let pipe = Pipe { at, used, captured: false, each_read: false, regime, stages, within };
            self.beyond.push(Beyond::Pipe(pipe));
        }
    }
}
