//! What the command line of a sweep says of the script's calls.

use crate::run::gauntlet::Sweep;
use crate::trial::harness::DeclaredStub;
use crate::trial::pattern::Pattern;
use crate::trial::world::Stub;

/// What the command line says of the calls.
pub(super) struct Own {
    pub stubs: Vec<DeclaredStub>,
    pub mutates: Vec<Pattern>,
}

impl Own {
    pub fn of(request: &Sweep) -> Result<Self, String> {
        let pattern = |text: &String| {
            Pattern::parse(text).map_err(|error| format!("cannot be swept: --mutates '{text}': {error}"))
        };
        let mutates = request.mutates.iter().map(pattern).collect::<Result<_, _>>()?;
        Ok(Self { stubs: stubs(&request.stubs)?, mutates })
    }
}

/// Reads the answers of the command line; the last comes first, so that it wins.
fn stubs(texts: &[String]) -> Result<Vec<DeclaredStub>, String> {
    let read = |text: &String| {
        // `CALL =>` has an empty answer.
        let (call, stdout) = text
            .split_once(" => ")
            .or_else(|| text.strip_suffix(" =>").map(|call| (call, "")))
            .ok_or_else(|| {
                format!(
                    "cannot be swept: --stub '{text}' has no answer: write 'PROGRAM ARG-PATTERN... => STDOUT'"
                )
            })?;
        let pattern =
            Pattern::parse(call).map_err(|error| format!("cannot be swept: --stub '{text}': {error}"))?;
        let mut stdout = stdout.to_owned();
        if !stdout.is_empty() && !stdout.ends_with('\n') {
            stdout.push('\n');
        }
        let answer = Stub { argv: pattern.words().to_vec(), stdout, ..Stub::default() };
        Ok(DeclaredStub { pattern, answer, optional: true, line: 0 })
    };
    texts.iter().rev().map(read).collect()
}
