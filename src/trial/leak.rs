//! Canaries: planted secrets that must stay out of every argv, every output and every file.

use crate::trial::calls::{place, shown};
use crate::trial::harness::Harness;
use crate::trial::world::{Record, Site};

/// One canary in one place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Sighting {
    canary: String,
    place: Place,
}

/// Where a canary may turn up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    /// In a call's words: script and line, the program.
    Argv {
        at: String,
        program: String,
        words: String,
    },
    Stdout,
    Stderr,
    /// In a file that the script left.
    File(String),
}

impl Sighting {
    fn sentence(&self) -> String {
        let canary = &self.canary;
        match &self.place {
            Place::Argv { at, words, .. } => {
                format!("the canary {canary} stood in the argv of `{words}` at {at}")
            }
            Place::Stdout => format!("the canary {canary} was printed on stdout"),
            Place::Stderr => format!("the canary {canary} was printed on stderr"),
            Place::File(path) => format!("the canary {canary} was left in the file {path}"),
        }
    }

    fn site(&self, record: &Record) -> Option<Site> {
        let Place::Argv { at, words, .. } = &self.place else { return None };
        let call =
            record.calls.iter().find(|call| place(&call.site) == *at && shown(&call.argv) == *words)?;
        Some(Site { argv: call.argv.clone(), at: call.site.at.clone() })
    }

    /// The same leak, whatever the other words of the call are.
    fn same_as(&self, other: &Self) -> bool {
        self.canary == other.canary
            && match (&self.place, &other.place) {
                (Place::Argv { at, program, .. }, Place::Argv { at: at2, program: program2, .. }) => {
                    at == at2 && program == program2
                }
                (left, right) => left == right,
            }
    }
}

/// What must be searched for in the files of a run: the canaries' values.
pub fn searched(harness: &Harness) -> Vec<String> {
    let mut values: Vec<String> = harness.canaries.values().cloned().collect();
    values.sort();
    values.dedup();
    values
}

/// One leak.
#[derive(Debug, Clone, PartialEq)]
pub struct Leak {
    /// What leaked where.
    pub sentence: String,
    /// The call whose words hold it; `None` where it is in output or a file.
    pub site: Option<Site>,
}

/// Every leak of a run.
pub fn leaks(harness: &Harness, record: &Record) -> Vec<Leak> {
    let leak = |sighting: &Sighting| Leak { sentence: sighting.sentence(), site: sighting.site(record) };
    sightings(harness, record).iter().map(leak).collect()
}

/// The first leak of a run that the green run does not have: that one is reported once, for the case.
pub fn new_leak(harness: &Harness, green: &Record, record: &Record) -> Option<String> {
    let known = sightings(harness, green);
    sightings(harness, record)
        .into_iter()
        .find(|sighting| !known.iter().any(|old| old.same_as(sighting)))
        .map(|sighting| sighting.sentence())
}

fn sightings(harness: &Harness, record: &Record) -> Vec<Sighting> {
    let mut found = Vec::new();
    for (name, value) in &harness.canaries {
        let mut see = |place: Place| {
            let sighting = Sighting { canary: name.clone(), place };
            if !found.iter().any(|old: &Sighting| old.same_as(&sighting)) {
                found.push(sighting);
            }
        };
        for call in &record.calls {
            if call.argv.iter().any(|word| word.contains(value.as_str())) {
                see(Place::Argv {
                    at: place(&call.site),
                    program: call.program().to_owned(),
                    words: shown(&call.argv),
                });
            }
        }
        if record.stdout.contains(value.as_str()) {
            see(Place::Stdout);
        }
        if record.stderr.contains(value.as_str()) {
            see(Place::Stderr);
        }
        for (_, path) in record.found.iter().filter(|(text, _)| text == value) {
            see(Place::File(path.clone()));
        }
    }
    found
}
