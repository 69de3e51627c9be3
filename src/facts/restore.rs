//! Options as text: what `set +o` and `shopt -po` print brings them back when it is run.

use crate::commands::HOLE;

use super::calls::Line;
use super::state::{State, Switch};
use super::value::Value;
use super::walk::{Stdin, Walk};

/// How each command begins that brings an option back.
const COMMAND: &str = "set ";

impl Walk<'_> {
    /// Prints the commands that bring these options back. Errexit is none of them: bash has it off in substitutions.
    pub(super) fn prints_options(&mut self, wanted: &[String], state: &State) {
        let options = state.options;
        let all = [("nounset", options.nounset), ("pipefail", options.pipefail), ("xtrace", options.xtrace)];
        let Some(output) = self.outputs.last_mut() else { return };
        let mut commands: Vec<String> = Vec::new();
        for (name, switch) in all {
            let sign = match switch {
                _ if !wanted.is_empty() && !wanted.iter().any(|one| one == name) => continue,
                Switch::On => '-',
                Switch::Off => '+',
                Switch::Unknown => {
                    output.opaque = true;
                    return;
                }
            };
            commands.push(format!("{COMMAND}{sign}o {name}\n"));
        }
        if commands.is_empty() {
            output.opaque = true;
        } else {
            output.values.push(Value::known(commands.concat()));
        }
    }

    /// `grep` takes the commands of one option out of them.
    pub(super) fn picks_options(&mut self, line: &Line) -> bool {
        let ["grep", pattern] = line.texts()[..] else { return false };
        let Some(Stdin::Other(read)) = self.stdins.last() else { return false };
        let Some(text) = read.constant().filter(|text| text.starts_with(COMMAND)) else { return false };
        if pattern.contains(HOLE) || !pattern.chars().all(char::is_alphanumeric) {
            return false;
        }
        let picked: String = text
            .lines()
            .filter(|line| line.contains(pattern))
            .fold(String::new(), |picked, line| picked + line + "\n");
        let Some(output) = self.outputs.last_mut().filter(|_| !picked.is_empty()) else { return false };
        output.values.push(Value::known(picked));
        true
    }
}
