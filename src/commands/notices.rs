//! What programs say on the way, as data: `rules/commands/notices.toml`.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

/// The table, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoticesFile {
    job: Vec<String>,
    end: String,
    opens: Vec<String>,
    closes: Vec<String>,
    notifies: Vec<String>,
    takes_down: Vec<String>,
    dresses: Vec<String>,
    hooks: Vec<String>,
}

/// What is no word of a script about itself.
#[derive(Debug)]
pub struct Notices {
    job: LazyRegex,
    end: LazyRegex,
    opens: Vec<String>,
    closes: Vec<String>,
    notifies: Vec<String>,
    takes_down: Vec<String>,
    dresses: Vec<String>,
    hooks: Vec<String>,
}

type LazyRegex = LazyLock<Regex, Box<dyn FnOnce() -> Regex + Send>>;

impl Notices {
    pub(super) fn new(file: NoticesFile) -> Self {
        let job = format!("^({})$", file.job.join("|"));
        let end = format!("{}$", file.end);
        Self {
            job: compiled(job),
            end: compiled(end),
            opens: file.opens,
            closes: file.closes,
            notifies: file.notifies,
            takes_down: file.takes_down,
            dresses: file.dresses,
            hooks: file.hooks,
        }
    }

    /// Whether bash says this line of a job, or of a command that is not there.
    pub fn is_of_a_job(&self, line: &str) -> bool {
        self.job.is_match(line)
    }

    /// Whether bash says this line of a process that a signal ended.
    pub fn is_of_an_end(&self, line: &str) -> bool {
        self.end.is_match(line)
    }

    /// Whether the command that such a line repeats goes on over further lines.
    pub fn opens(&self, line: &str) -> bool {
        let substitutions = line.matches("$(").count() + line.matches("<(").count();
        substitutions > line.matches(')').count()
            || line.ends_with(';')
            || line
                .split_whitespace()
                .next_back()
                .is_some_and(|last| self.opens.iter().any(|word| word == last))
    }

    /// Whether the line ends a command that goes on over several.
    pub fn closes(&self, line: &str) -> bool {
        self.closes.iter().any(|word| line.starts_with(word.as_str()))
    }

    /// Whether the program tells somebody something, and changes nothing else.
    pub fn notifies(&self, program: &str) -> bool {
        self.notifies.iter().any(|name| name == program)
    }

    /// Whether the program takes down what it reads, for whoever looks later.
    pub fn takes_down(&self, program: &str) -> bool {
        self.takes_down.iter().any(|name| name == program)
    }

    /// Whether the program does nothing but dress what a terminal shows.
    pub fn dresses(&self, program: &str) -> bool {
        self.dresses.iter().any(|name| name == program)
    }

    /// Whether a word is the address of a hook that tells somebody something.
    pub fn is_hook(&self, word: &str) -> bool {
        let word = word.to_ascii_lowercase();
        word.contains("://") && self.hooks.iter().any(|hook| word.contains(hook))
    }
}

fn compiled(text: String) -> LazyRegex {
    LazyLock::new(Box::new(move || {
        Regex::new(&text).expect("the table's patterns compile: a test uses them")
    }))
}
