//! `declare -f NAME`: a function's text on its way into another shell.

use crate::bash::syntax::{Declare, Operand, Word};
use crate::commands::HOLE;

use super::state::State;
use super::value::{Sym, Value};
use super::walk::Walk;

/// How the command begins that stands for a function's text.
const DEFINES: &str = "gauntlet_defines_";

impl Walk<'_> {
    /// A declaration prints functions: whatever reads its output as shell text has them too.
    pub(super) fn prints_functions(&mut self, declare: &Declare, state: &State) {
        let keyword = declare.keyword.plain().unwrap_or_default();
        let flags =
            |word: &Word| word.plain().is_some_and(|text| text == "-f" || text == "-pf" || text == "-fp");
        let prints =
            declare.operands.iter().any(|operand| matches!(operand, Operand::Flag(word) if flags(word)));
        if !prints || !["declare", "typeset"].contains(&keyword.as_str()) {
            return;
        }
        let names = declare.operands.iter().filter_map(|operand| match operand {
            Operand::Name(name) => Some(name.name.as_str()),
            _ => None,
        });
        let mut indexes: Vec<usize> = names.filter_map(|name| state.functions.get(name).copied()).collect();
        let all = !declare.operands.iter().any(|operand| !matches!(operand, Operand::Flag(_)));
        if all {
            indexes.extend(state.functions.iter().map(|(_, index)| *index));
            indexes.sort_unstable();
        }
        let Some(output) = self.outputs.last_mut().filter(|_| !indexes.is_empty()) else { return };
        // The text itself is not known: whoever looks into it learns nothing.
        let lines: Vec<String> = indexes.iter().map(|index| format!("{DEFINES}{index} {HOLE}")).collect();
        let text = Value::known(lines.join("\n"));
        output.values.push(text.with(|text| text.syms = vec![Sym::VOLATILE; indexes.len()]));
    }

    /// In shell text that holds a function's text the function is defined: what it does is done there.
    pub(super) fn defined_again(&mut self, command: &str, state: &State) -> Option<State> {
        let index = command.strip_prefix(DEFINES)?.parse::<usize>().ok()?;
        self.texts.get(usize::from(self.file))?.host?;
        let name = self.definitions.get(index)?.name;
        let (body, _) = self.body_of(index)?;
        let here = self.define(name, body);
        let mut state = state.clone();
        state.functions.insert(name, here);
        Some(state)
    }
}
