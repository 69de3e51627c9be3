//! The environment: what other shells and programs get of this shell's variables, and what they print of it.

use std::rc::Rc;

use crate::bash::is_name;
use crate::bash::syntax::Assignment;
use crate::commands::HOLE;

use super::calls::Line;
use super::state::State;
use super::value::{Content, Flow, StepKind};
use super::walk::{Out, Stdin, Walk};

/// The variables in front of a command, and what they hold for others.
pub(super) struct Prefix {
    lent: Vec<(Rc<str>, Content)>,
    kept: Vec<(Rc<str>, Option<Content>, bool)>,
}

impl<'a> Walk<'a> {
    /// Reads the assignments in front of a command (`PASSWORD=$p cmd`).
    pub(super) fn prefix(&mut self, assignments: &'a [Assignment], state: &mut State) -> Prefix {
        let mut lent = Vec::with_capacity(assignments.len());
        for assignment in assignments {
            let content = self.assigned(assignment, state);
            let place = self.place(assignment.span);
            let name: Rc<str> = Rc::from(assignment.target.name.as_str());
            let content = self.stored(&name, content, place, state);
            lent.push((name, content));
        }
        Prefix { lent, kept: Vec::new() }
    }

    /// An inner shell on this machine gets what is exported.
    pub(super) fn inherit(&self, outer: &State, inner: &mut State) {
        let reset = self.way.links().iter().any(|link| {
            let has = |names: [&str; 2]| link.options.iter().any(|option| names.contains(&option.as_str()));
            match link.name.as_str() {
                "env" => has(["-i", "-"]),
                "su" | "runuser" => has(["-l", "-"]),
                "sudo" | "doas" => !has(["-E", "--preserve-env"]),
                _ => false,
            }
        });
        if self.remote > 0 || reset {
            return;
        }
        for name in &outer.rare.exported {
            if let Some(content) = outer.vars.get(name) {
                inner.set(name, content.clone());
                inner.rare_mut().exported.insert(Rc::clone(name));
            }
        }
    }

    /// Notes that what a program prints holds a secret of its environment: `jq -n env.PASSWORD`, `envsubst`.
    pub(super) fn prints_environment(&mut self, line: &Line, state: &State) {
        if self.outputs.last().is_none_or(|output| output.secret.is_some()) {
            return;
        }
        let Some((name, flow)) = self.read_from_environment(line, state) else { return };
        let program = line.texts().first().map_or_else(String::new, |program| (*program).to_owned());
        let what = format!("`{program}` prints `{name}` from its environment");
        let copies = self.tables.secrets().copiers.contains(&program) || program.ends_with("env");
        let kind = if copies { StepKind::Moved } else { StepKind::Answered };
        let flow = flow.step(kind, line.place, &program, what);
        if let Some(output) = self.outputs.last_mut() {
            output.secret_at.get_or_insert(line.place);
            output.secret = Some(flow);
        }
    }

    /// The secret variable that a program reads from its environment by name.
    fn read_from_environment(&mut self, line: &Line, state: &State) -> Option<(String, Rc<Flow>)> {
        let texts = line.texts();
        let (program, words) = texts.split_first()?;
        let marks = self.tables.secrets().environment.get(*program)?;
        let stdin = match self.stdins.last() {
            Some(Stdin::Other(value)) => value.text.clone(),
            _ => String::new(),
        };
        let operands: Vec<&str> = words.iter().filter(|word| !word.starts_with('-')).copied().collect();
        // A text that is not known may name any variable; `env` and `printenv` alone print all.
        let any = operands.is_empty() && (marks.is_empty() || stdin.contains(HOLE));
        if any {
            let mut exported = state.rare.exported.iter();
            return exported.find_map(|name| Some((name.to_string(), secret_of(name, state)?)));
        }
        let read = operands.iter().copied().chain(operands.is_empty().then_some(stdin.as_str()));
        let names: Vec<String> = read.flat_map(|text| names_behind(marks, text)).collect();
        for name in names {
            if state.rare.exported.contains(name.as_str()) {
                if let Some(flow) = secret_of(&name, state) {
                    return Some((name, flow));
                }
            } else if !state.vars.contains_key(name.as_str()) && self.tells_of_secret(&name) {
                let what = format!("`${name}` holds a secret by its name");
                let flow = Flow::start(line.place, format!("`${name}`"), what);
                return Some((name, flow));
            }
        }
        None
    }
}

impl Prefix {
    /// The command's own variables come into force.
    pub(super) fn lend(&mut self, state: &mut State) {
        for (name, content) in std::mem::take(&mut self.lent) {
            let exported = state.rare.exported.contains(&name);
            self.kept.push((Rc::clone(&name), state.vars.get(&name).cloned(), exported));
            state.set(&name, content);
            if !exported {
                state.rare_mut().exported.insert(name);
            }
        }
    }

    /// The command has ended: its variables are what they were.
    pub(super) fn take_back(&self, out: &mut Out) {
        if self.kept.is_empty() {
            return;
        }
        for state in out.ok.iter_mut().chain(&mut out.fail) {
            for (name, content, exported) in self.kept.iter().rev() {
                match content {
                    Some(content) => state.set(name, content.clone()),
                    None => state.vars.remove(name),
                }
                if !exported {
                    state.rare_mut().exported.remove(name);
                }
            }
        }
    }
}

fn secret_of(name: &str, state: &State) -> Option<Rc<Flow>> {
    state.vars.get(name)?.values().iter().find_map(|value| value.secret.clone())
}

/// The names that stand behind one of the marks (`env.NAME`, `ENVIRON["NAME"]`); the whole text where there are none.
fn names_behind(marks: &[String], text: &str) -> Vec<String> {
    if marks.is_empty() {
        return if is_name(text) { vec![text.to_owned()] } else { Vec::new() };
    }
    let mut names = Vec::new();
    for mark in marks {
        for (at, _) in text.match_indices(mark.as_str()) {
            let rest = &text[at + mark.len()..];
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            if is_name(&rest[..end]) {
                names.push(rest[..end].to_owned());
            }
        }
    }
    names
}
