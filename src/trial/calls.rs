//! Calls as the judge sees them: where they come from, how they read, whether they mutate, whether two traces agree.

use std::collections::HashMap;

use crate::source::RepoPath;
use crate::trial::effect::mutates;
use crate::trial::harness::Harness;
use crate::trial::world::{Call, Record, Site, steady};

/// Where the repository stands in a trial's world.
pub const REPOSITORY: &str = "/repo";

/// Longer command lines are cut in explanations.
const SHOWN_WORDS: usize = 110;

/// The repository's path of a file of the world; `None` for what is no file of the repository.
pub fn repo_path(world: &str) -> Option<RepoPath> {
    let inside = world.strip_prefix(REPOSITORY)?.strip_prefix('/')?;
    Some(RepoPath::new(inside))
}

/// `scripts/x.sh:31`, as far as it is known.
pub fn place(site: &Site) -> String {
    match &site.at {
        Some((path, line)) => match repo_path(path) {
            Some(inside) => format!("{inside}:{line}"),
            None => format!("{path}:{line}"),
        },
        None => "a line that could not be told".to_owned(),
    }
}

/// The words as a shell would need them typed.
pub fn typed<S: AsRef<str>>(argv: &[S]) -> String {
    let quoted: Vec<String> = argv.iter().map(|word| quote(word.as_ref())).collect();
    quoted.join(" ")
}

/// The words as a shell would need them typed, cut where they are long.
pub fn shown<S: AsRef<str>>(argv: &[S]) -> String {
    let line = typed(argv).replace('\n', "\\n");
    if line.chars().count() <= SHOWN_WORDS {
        return line;
    }
    let cut: String = line.chars().take(SHOWN_WORDS).collect();
    format!("{cut}...")
}

/// One word, quoted where a shell would read it otherwise.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=./:,@%+^".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The mutating calls of a run, in order.
pub fn mutations<'r>(harness: &Harness, record: &'r Record) -> Vec<&'r Call> {
    record.calls.iter().filter(|call| mutates(harness, call)).collect()
}

/// How two traces compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// The same calls in the same order.
    Same,
    /// The same calls in another order.
    Reordered,
    /// Other calls.
    Different,
}

/// Compares two traces by the sites of their calls.
pub fn agreement(left: &[Call], right: &[Call]) -> Agreement {
    if left.len() == right.len() && left.iter().zip(right).all(|(a, b)| a.site == b.site) {
        return Agreement::Same;
    }
    if left.len() == right.len() && within(left, right) { Agreement::Reordered } else { Agreement::Different }
}

/// Whether every call of `part` is one of `whole`, each counted.
pub fn within(part: &[Call], whole: &[Call]) -> bool {
    let mut left: HashMap<&Site, usize> = HashMap::new();
    for call in whole {
        *left.entry(&call.site).or_default() += 1;
    }
    part.iter().all(|call| match left.get_mut(&call.site) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    })
}

/// The calls in an order that does not depend on which of several at once came first: where two runs of the same
/// script disagree about the order, the calls of that stretch are sorted.
pub fn settled(first: &[Call], second: &[Call]) -> Vec<Call> {
    let mut settled = first.to_vec();
    let mut balance: HashMap<&Site, i64> = HashMap::new();
    let mut open_since = 0;
    let mut unbalanced = 0_usize;
    for (index, (a, b)) in first.iter().zip(second).enumerate() {
        for (site, step) in [(&a.site, 1), (&b.site, -1)] {
            let entry = balance.entry(site).or_default();
            unbalanced -= usize::from(*entry != 0);
            *entry += step;
            unbalanced += usize::from(*entry != 0);
        }
        if unbalanced == 0 {
            if index > open_since {
                settled[open_since..=index]
                    .sort_by(|x, y| (&x.site, x.occurrence).cmp(&(&y.site, y.occurrence)));
            }
            open_since = index + 1;
        }
    }
    settled
}

/// A call as a line of a trace: place, words. Random names are settled: two traces are compared by these lines.
pub fn trace_line(call: &Call) -> String {
    format!("{}  {}", place(&call.site), steady(&shown(&call.argv)))
}
