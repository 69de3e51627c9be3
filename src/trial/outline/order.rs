//! The order of calls that the stages of a pipeline make: which of them the journal has first is chance.

use std::collections::HashMap;

use super::Outline;
use crate::trial::world::{Call, Site};

/// A command: where it stands, and its program.
type Command<'c> = (Option<&'c (String, u32)>, &'c str);

fn command(call: &Call) -> Command<'_> {
    (call.site.at.as_ref(), call.program())
}

impl Outline {
    /// The calls of a run, those of a pipeline in the order of its stages. How often each command is called for one call of
    /// another (a loop runs its pipeline again and again) is told by the green run, or by the run itself.
    pub fn in_order(&self, calls: &[Call], green: &[Call]) -> Vec<Call> {
        if self.shapes.iter().all(|shape| shape.pipelines.is_empty()) {
            return calls.to_vec();
        }
        let (usual, own) = (counts(green), counts(calls));
        let turns = |one: &Call, other: &Call| {
            let of = |all: &HashMap<Command<'_>, usize>| {
                Some((*all.get(&command(one))?, *all.get(&command(other))?))
            };
            of(&usual).or_else(|| of(&own)).unwrap_or((1, 1))
        };
        let mut order: Vec<usize> = (0..calls.len()).collect();
        for index in 1..order.len() {
            let late = &calls[order[index]];
            let mut at = index;
            while at > 0 && self.is_before_in_pipeline(&late.site, &calls[order[at - 1]].site) {
                let early = &calls[order[at - 1]];
                let came = |until: usize, what: &Call| {
                    order[..until].iter().filter(|own| command(&calls[**own]) == command(what)).count()
                };
                let (of_early, of_late) = turns(early, late);
                // Otherwise it was a stage of the round before.
                if came(at, early) * of_late <= came(index, late) * of_early {
                    break;
                }
                at -= 1;
            }
            order[at..=index].rotate_right(1);
        }
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new;
        }
        let moved = |old: &usize| {
            let mut call = calls[*old].clone();
            for from in &mut call.given {
                *from = place.get(*from).copied().unwrap_or(*from);
            }
            call
        };
        order.iter().map(moved).collect()
    }

    /// Whether the first call comes from an earlier stage than the second, as far as lines and names tell.
    fn is_before_in_pipeline(&self, first: &Site, second: &Site) -> bool {
        let mut before = false;
        for shape in &self.shapes {
            for stages in &shape.pipelines {
                let of = |site: &Site| -> Vec<usize> {
                    let all = stages.iter().enumerate();
                    all.filter(|(_, stage)| self.makes(shape, stage.lines, &stage.names, site))
                        .map(|(at, _)| at)
                        .collect()
                };
                let (one, other) = (of(first), of(second));
                if one.iter().any(|one| other.iter().any(|other| one > other)) {
                    return false;
                }
                before |= one.iter().any(|one| other.iter().any(|other| one < other));
            }
        }
        before
    }
}

fn counts(calls: &[Call]) -> HashMap<Command<'_>, usize> {
    let mut counts = HashMap::new();
    for call in calls {
        *counts.entry(command(call)).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bash;
    use crate::source::{RepoPath, SourceText};

    #[test]
    fn the_calls_of_a_pipeline_are_told_in_the_order_of_its_stages() {
        let text = "for i in 1 2; do\n  curl x | jq .y\ndone\ntool z\n";
        let scripts = [SourceText::new(RepoPath::new("x.sh"), text.to_owned())];
        let outline = Outline::of(&scripts, &bash::InProcess::new());
        let call = |name: &&str| {
            let line = if *name == "tool" { 4 } else { 2 };
            let argv = vec![(*name).to_owned()];
            let site = Site { argv: argv.clone(), at: Some(("/repo/x.sh".to_owned(), line)) };
            Call { argv, site, ..Call::default() }
        };
        let green: Vec<Call> = ["curl", "jq", "curl", "jq", "tool"].iter().map(call).collect();
        for came in [
            ["curl", "jq", "curl", "jq", "tool"],
            ["jq", "curl", "curl", "jq", "tool"],
            ["jq", "curl", "jq", "curl", "tool"],
            ["curl", "jq", "jq", "curl", "tool"],
        ] {
            let came: Vec<Call> = came.iter().map(call).collect();
            assert_eq!(outline.in_order(&came, &green), green);
        }
    }
}
