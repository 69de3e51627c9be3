//! Names of commands of whose output something is believed: those in substitutions and in pipes.

use rustc_hash::FxHashSet;

use crate::bash::syntax::{Command, CommandKind, Part, PartKind, Pipeline, Script, Statement, Word};
use crate::bash::visit::{self, Visitor};
use crate::commands::{Tables, Tool};
use crate::source::Span;

/// The names; none where one of them is not known.
#[derive(Debug, Default)]
pub(super) struct Relied {
    names: FxHashSet<String>,
    any: bool,
    inside: u32,
    /// Functions that are defined before anything else happens.
    leading: FxHashSet<Span>,
}

impl Relied {
    /// Reads these texts, of which the first one carries the others.
    pub(super) fn of<'s>(scripts: impl Iterator<Item = &'s Script> + Clone) -> Self {
        let mut relied = Self::default();
        let first = scripts.clone().next();
        let statements = first.iter().flat_map(|script| &script.body.statements);
        relied.leading = statements.map_while(defines).collect();
        for script in scripts {
            visit::walk_script(&mut relied, script);
        }
        relied
    }

    /// Whether the function that is defined there is the one that runs, whenever its name is called.
    pub(super) fn is_leading(&self, at: Span) -> bool {
        self.leading.contains(&at)
    }

    /// Whether a function of that name would say something else than what is believed.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.any || self.names.contains(name)
    }
}

/// The place of the function that a statement defines, where it does nothing else.
fn defines(statement: &Statement) -> Option<Span> {
    let [command] = statement.first.stages.as_slice() else { return None };
    let alone = statement.rest.is_empty() && !statement.background && command.redirects.is_empty();
    (alone && matches!(command.kind, CommandKind::Function(_))).then_some(command.span)
}

/// Whether a command does no more with what a pipe gives it than to read it: nothing is made of it that could run.
fn is_reader(command: &Command) -> bool {
    let CommandKind::Simple(simple) = &command.kind else { return false };
    let tables = Tables::builtin();
    simple.words.first().and_then(Word::plain).is_some_and(|name| {
        tables.wrappers(&name).is_empty() && tables.tool(&name).is_some_and(Tool::only_reads)
    })
}

impl<'s> Visitor<'s> for Relied {
    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        let piped = u32::from(pipeline.stages.len() > 1 && !pipeline.stages.iter().all(is_reader));
        self.inside += piped;
        for stage in &pipeline.stages {
            if let CommandKind::Simple(simple) = &stage.kind
                && self.inside > 0
            {
                // A word that is not the first one may run, too: behind a wrapper.
                let names = simple.words.iter().filter_map(Word::plain);
                self.names.extend(names);
                self.any |= simple.words.first().is_some_and(|first| first.plain().is_none());
            }
        }
        visit::walk_pipeline(self, pipeline);
        self.inside -= piped;
    }

    fn part(&mut self, part: &'s Part) {
        let inside = u32::from(matches!(part.kind, PartKind::Command(_) | PartKind::Process(_)));
        self.inside += inside;
        visit::walk_part(self, part);
        self.inside -= inside;
    }
}
