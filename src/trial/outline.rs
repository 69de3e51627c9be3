//! What the plan and the judge need to know of the scripts' shape: which calls write into a pipe whose reader may
//! close early, and which calls run beside each other.
//!
//! Calls are known by the line that they come from, so the answers are generous: what may be is taken to be, and the
//! trial shows whether it is.

mod early;
mod order;
mod shape;

use std::collections::BTreeSet;

use crate::bash::syntax::Script;
use crate::bash::{self, Dialect, Witness};
use crate::commands::Tables;
use crate::fault::Interruption;
use crate::source::SourceText;
use crate::trial::calls::REPOSITORY;
use crate::trial::pattern::argv_matches;
use crate::trial::world::{Call, Site};
pub(in crate::trial) use shape::open_text;
use shape::{Child, Lines, Shape};

/// The shape of the scripts of a harness.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    shapes: Vec<Shape>,
}

impl Outline {
    /// Reads the shape of the scripts of a world.
    pub fn of(scripts: &[SourceText], witness: &dyn Witness) -> Self {
        let shape = |source: &SourceText| {
            Shape::of(source, &bash::read(source.text(), Dialect::Bash, witness).script)
        };
        Self { shapes: scripts.iter().filter(|source| is_shell(source)).map(shape).collect() }
    }

    /// Reads the shape of texts that are known to be scripts, whatever their names and first lines say.
    pub fn of_scripts<'s>(scripts: impl IntoIterator<Item = (&'s SourceText, &'s Script)>) -> Self {
        Self { shapes: scripts.into_iter().map(|(source, script)| Shape::of(source, script)).collect() }
    }

    /// Whether the call on that line may write into a pipe whose reader may close early.
    pub fn feeds_early_closer(&self, path: &str, line: u32) -> bool {
        let Some(here) = self.shape(path) else { return false };
        here.feeders.iter().any(|feeder| feeder.lines.hold(line))
            || self.shapes.iter().flat_map(|shape| &shape.feeders).any(|feeder| {
                self.bodies(&feeder.names).any(|(file, lines)| file == here.file && lines.hold(line))
            })
    }

    /// Whether calls may run beside each other: background commands, pipelines of several programs.
    pub fn has_parallel_calls(&self) -> bool {
        self.shapes.iter().any(|shape| shape.parallel)
    }

    /// Whether the call is part of what a trap runs when the script ends or fails: in the trap's own text, or in a
    /// function that only traps call.
    pub fn cleans_up(&self, call: &Call) -> bool {
        let Some((path, line)) = &call.site.at else { return false };
        self.shapes.iter().any(|shape| {
            shape.traps.iter().any(|trap| {
                let own = shape.file == *path
                    && trap.commands.iter().any(|words| argv_matches(words, &call.site.argv));
                let called: BTreeSet<String> =
                    trap.names.iter().filter(|name| !self.is_called(name)).cloned().collect();
                own || self.bodies(&called).any(|(file, lines)| file == path && lines.hold(*line))
            })
        })
    }

    /// Whether something but a trap calls the function.
    fn is_called(&self, name: &str) -> bool {
        self.shapes.iter().any(|shape| shape.called.contains(name))
    }

    /// Whether `call` was begun without waiting for `fault`: one of them runs in the background, and no `wait` stands
    /// between them.
    pub fn run_beside(&self, fault: &Site, call: &Site) -> bool {
        self.shapes.iter().any(|shape| {
            shape.blocks.iter().enumerate().any(|(block, body)| {
                let background =
                    body.statements.iter().enumerate().filter(|(_, statement)| statement.background);
                background
                    .filter(|(_, statement)| self.holds(shape, statement, fault))
                    .any(|(index, _)| self.beside(shape, block, index, fault, call))
            })
        })
    }

    /// Whether one command in the background of a loop makes both calls, and its rounds run beside each other.
    pub fn are_of_rounds_beside(&self, fault: &Site, call: &Site) -> bool {
        self.shapes.iter().any(|shape| {
            let loops = shape.blocks.iter().filter(|body| body.is_loop);
            loops.filter(|body| !body.statements.iter().any(|statement| statement.waits)).any(|body| {
                body.statements.iter().filter(|statement| statement.background).any(|statement| {
                    self.holds(shape, statement, fault) && self.holds(shape, statement, call)
                })
            })
        })
    }

    /// Whether the calls come from different stages of one pipeline, as far as lines and names tell.
    pub fn are_stages(&self, fault: &Site, call: &Site) -> bool {
        self.shapes.iter().any(|shape| {
            shape.pipelines.iter().any(|stages| {
                let of = |site| {
                    let all = stages.iter().enumerate();
                    all.filter(move |(_, stage)| self.makes(shape, stage.lines, &stage.names, site))
                        .map(|(at, _)| at)
                };
                of(fault).any(|one| of(call).any(|other| one != other))
            })
        })
    }

    /// Whether a process of its own makes the call, which began before the fault or with it: what `fault` carries (`sudo sh -c
    /// TEXT`), or, where the signal is for the script alone (SIGTERM), the subshell, pipeline or carrier that `fault` is
    /// part of; or a carrier beyond which the signal does not reach. It is not told to stop.
    pub fn goes_on(&self, fault: &Site, call: &Site, how: Interruption) -> bool {
        let name = how.signal().trim_start_matches("SIG");
        self.shapes.iter().any(|shape| {
            shape.children.iter().any(|child| {
                let unreached = how == Interruption::Term || child.out_of_reach.contains(&name);
                let fault_is_of_it =
                    carries(shape, child, fault) || unreached && self.child_makes(shape, child, fault);
                fault_is_of_it && self.child_makes(shape, child, call)
            })
        })
    }

    /// Whether nobody waits for the process that makes the call.
    pub fn is_unwaited(&self, call: &Site) -> bool {
        let unwaited = |shape: &Shape| {
            shape.children.iter().any(|child| child.unwaited && self.child_makes(shape, child, call))
        };
        self.shapes.iter().any(unwaited)
    }

    /// Whether the call is made in `>(...)`: it reads what others print, and nobody hears how it ends.
    pub fn reads_output(&self, call: &Site) -> bool {
        let reads = |shape: &Shape| {
            shape.children.iter().any(|child| child.reads_output && self.child_makes(shape, child, call))
        };
        self.shapes.iter().any(reads)
    }

    /// Whether one of the run's calls carries this one: a signal that comes while it runs comes while its carrier does.
    pub fn is_carried(&self, call: &Site, run: &[Call]) -> bool {
        run.iter()
            .any(|other| self.is_carried_by(call, &other.site) && !Tables::builtin().hands_over(&other.argv))
    }

    /// Whether the one call is made by text that the other one carries.
    pub fn is_carried_by(&self, call: &Site, carrier: &Site) -> bool {
        self.shapes.iter().any(|shape| {
            shape
                .children
                .iter()
                .filter(|child| child.carrier.is_some())
                .any(|child| carries(shape, child, carrier) && self.child_makes(shape, child, call))
        })
    }

    /// Whether a process that nobody waits for makes the call, and stands before the fault: it was begun before it.
    pub fn was_begun(&self, fault: &Site, call: &Site) -> bool {
        let Some((path, line)) = &fault.at else { return false };
        self.shapes.iter().filter(|shape| shape.file == *path).any(|shape| {
            shape.children.iter().any(|child| {
                child.unwaited
                    && child.carrier.is_none()
                    && child.lines.end_by(*line)
                    && self.child_makes(shape, child, call)
                    && !self.child_makes(shape, child, fault)
            })
        })
    }

    fn child_makes(&self, shape: &Shape, child: &Child, site: &Site) -> bool {
        self.makes(shape, child.lines, &child.names, site)
    }

    /// Whether these lines of the text make the call, by one of these names or by a function of that name.
    fn makes(&self, shape: &Shape, within: Lines, names: &BTreeSet<String>, site: &Site) -> bool {
        site.at.as_ref().is_some_and(|(path, line)| {
            let called = site.argv.first().is_some_and(|name| names.contains(name));
            called && shape.file == *path && within.hold(*line)
                || self.bodies(names).any(|(file, lines)| file == path && lines.hold(*line))
        })
    }

    /// Whether `call` comes from a place that does not wait for the background statement `index` of `block`, looking
    /// outward from it.
    fn beside(&self, shape: &Shape, block: usize, index: usize, fault: &Site, call: &Site) -> bool {
        let (mut block, mut index, mut innermost) = (block, index, true);
        loop {
            let body = &shape.blocks[block];
            let waits =
                |from: usize, to: usize| body.statements[from..to].iter().any(|statement| statement.waits);
            for (other, statement) in body.statements.iter().enumerate() {
                if !self.holds(shape, statement, call) {
                    continue;
                }
                let beside = match other.cmp(&index) {
                    std::cmp::Ordering::Greater => !waits(index + 1, other),
                    std::cmp::Ordering::Less => {
                        let earlier = statement.background && !waits(other + 1, index);
                        let next_round =
                            body.is_loop && !waits(index + 1, body.statements.len()) && !waits(0, other);
                        earlier || next_round
                    }
                    std::cmp::Ordering::Equal => {
                        innermost
                            && body.is_loop
                            && another_round(fault, call)
                            && !waits(0, body.statements.len())
                    }
                };
                if beside {
                    return true;
                }
            }
            let waited = if body.is_loop {
                waits(0, body.statements.len())
            } else {
                waits(index + 1, body.statements.len())
            };
            match body.parent {
                Some((outer, at)) if !waited => (block, index, innermost) = (outer, at, false),
                _ => return false,
            }
        }
    }

    fn holds(&self, shape: &Shape, statement: &shape::StatementShape, site: &Site) -> bool {
        let Some((path, line)) = &site.at else { return false };
        (shape.file == *path && statement.lines.hold(*line))
            || self.bodies(&statement.names).any(|(file, lines)| file == path && lines.hold(*line))
    }

    /// The bodies of the functions that these names call, directly or through others.
    fn bodies(&self, names: &BTreeSet<String>) -> impl Iterator<Item = (&str, Lines)> {
        let mut found = Vec::new();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = names.iter().map(String::as_str).collect();
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            for shape in &self.shapes {
                for function in shape.functions.iter().filter(|function| function.name == name) {
                    found.push((shape.file.as_str(), function.lines));
                    open.extend(function.names.iter().map(String::as_str));
                }
            }
        }
        found.into_iter()
    }

    fn shape(&self, path: &str) -> Option<&Shape> {
        self.shapes.iter().find(|shape| shape.file == path)
    }
}

/// Whether the call is the one that runs what the child does.
fn carries(shape: &Shape, child: &Child, site: &Site) -> bool {
    site.at.as_ref().is_some_and(|(path, line)| {
        site.argv.first() == child.carrier.as_ref() && shape.file == *path && child.lines.hold(*line)
    })
}

/// In a loop's background statement: whether the call is of another round, which shows in its last word.
fn another_round(fault: &Site, call: &Site) -> bool {
    let same_command =
        fault.at == call.at && fault.argv.len() == call.argv.len() && fault.argv.first() == call.argv.first();
    same_command && fault.argv != call.argv || fault.argv.last().is_some_and(|own| !call.argv.contains(own))
}

/// Whether a file's name or first line says that it is a shell script.
pub fn is_shell(source: &SourceText) -> bool {
    let name = source.path().file_name();
    [".sh", ".bash", ".ksh"].iter().any(|ending| name.ends_with(ending)) || says_shell(source.text())
}

/// Whether a text's first line says that it is a shell script.
pub fn says_shell(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.starts_with("#!") && first.ends_with(|c: char| c.is_alphanumeric()) && first.contains("sh")
}

/// Where a file of the repository stands in the world.
pub(super) fn in_world(source: &SourceText) -> String {
    format!("{REPOSITORY}/{}", source.path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::RepoPath;

    fn outline(text: &str) -> Outline {
        let scripts = [SourceText::new(RepoPath::new("x.sh"), text.to_owned())];
        Outline::of(&scripts, &bash::InProcess::new())
    }

    fn feeding_lines(text: &str) -> Vec<u32> {
        let outline = outline(text);
        let count = u32::try_from(text.lines().count()).expect("a small text");
        (1..=count).filter(|line| outline.feeds_early_closer("/repo/x.sh", *line)).collect()
    }

    #[test]
    fn only_readers_that_can_close_early_make_a_feeder() {
        for reader in [
            "grep -q x",
            "grep -Fxq -- x",
            "grep --quiet x",
            "grep -m1 x",
            "egrep -l x",
            "head -n 1",
            "head",
            "sed 1q",
            "sed -n '/x/{p;q}'",
            "awk '/x/ { print; exit }'",
            "read -r line",
            "cmp -s - y",
            "{ read -r a; echo \"$a\"; }",
            "while read -r l; do break; done",
            "sort | head -1",
            "true",
        ] {
            assert_eq!(feeding_lines(&format!("tool list | {reader}\n")), [1], "{reader}");
        }
        for reader in [
            "grep x",
            "grep -e -q",
            "grep -c x",
            "sed s/q/x/",
            "sed -n p",
            "awk '{ print }'",
            "cat",
            "tail -1",
            "sort",
            "wc -l",
            "while read -r l; do echo \"$l\"; done",
            "jq .x",
            "tee log",
            "xargs tool delete",
        ] {
            assert_eq!(feeding_lines(&format!("tool list | {reader}\n")), [0_u32; 0], "{reader}");
        }
    }

    #[test]
    fn a_call_inside_a_function_of_the_pipeline_feeds_it_too() {
        let text = "list() {\n  tool list\n}\nother() {\n  tool other\n}\nif list | grep -q x; then\n  tool create\nfi\nother | cat\n";
        assert_eq!(feeding_lines(text), [1, 2, 3, 7]);
        assert_eq!(feeding_lines("found=$(tool list |\n  head -1)\n"), [1]);
    }

    #[test]
    fn background_calls_run_beside_each_other_until_a_wait() {
        let text = "tool a x &\ntool b y &\nwait\ntool c z\nfor i in 1 2; do\n  tool d \"$i\" &\ndone\ntool e\nwait\ntool f\n";
        let outline = outline(text);
        let site = |words: &str, line: u32| Site {
            argv: words.split(' ').map(str::to_owned).collect(),
            at: Some(("/repo/x.sh".to_owned(), line)),
        };
        assert!(outline.run_beside(&site("tool a x", 1), &site("tool b y", 2)));
        assert!(outline.run_beside(&site("tool b y", 2), &site("tool a x", 1)));
        assert!(!outline.run_beside(&site("tool a x", 1), &site("tool c z", 4)));
        assert!(outline.run_beside(&site("tool d 1", 6), &site("tool d 2", 6)));
        assert!(outline.run_beside(&site("tool d 1", 6), &site("tool e", 8)));
        assert!(!outline.run_beside(&site("tool d 1", 6), &site("tool f", 10)));
        assert!(!outline.run_beside(&site("tool c z", 4), &site("tool d 1", 6)));
        assert!(outline.has_parallel_calls());
    }

    #[test]
    fn the_stages_of_a_pipeline_run_beside_each_other() {
        let outline = outline(
            "send a |\n  receive b\nreceive c\nask() {\n  send d\n}\nask | read e\nssh h 'send f | receive g'\n",
        );
        let site = |words: &str, line: u32| Site {
            argv: words.split(' ').map(str::to_owned).collect(),
            at: Some(("/repo/x.sh".to_owned(), line)),
        };
        assert!(outline.are_stages(&site("send a", 1), &site("receive b", 2)));
        assert!(!outline.are_stages(&site("send a", 1), &site("receive c", 3)));
        assert!(!outline.are_stages(&site("receive b", 2), &site("receive d", 2)));
        assert!(outline.are_stages(&site("read e", 7), &site("send d", 5)));
        assert!(outline.are_stages(&site("send f", 8), &site("receive g", 8)));
    }
}
