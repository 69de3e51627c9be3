//! What a trial asks of the world, and what the world says afterwards.
//!
//! These values cross a process boundary (the sandbox is another process), so they are plain data. Nothing here
//! decides anything.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fault::{FaultKind, Persistence};
use crate::trial::guess::Guesses;

/// One run of a script in a fresh world.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Plan {
    /// What runs: the interpreter's or program's name first, paths as the world sees them
    /// (`["bash", "/repo/scripts/x.sh", "--apply"]`).
    pub command: Vec<String>,
    /// What the script reads on stdin (a pipe).
    pub stdin: String,
    /// Its whole environment besides `HOME`, `TMPDIR`, `PATH`, `TZ` and `LC_ALL`.
    pub env: BTreeMap<String, String>,
    /// Answers, in order of preference.
    pub stubs: Vec<Stub>,
    /// The call that fails, where one does.
    pub fault: Option<Fault>,
    /// How long the script may run, in milliseconds of real time.
    pub deadline_ms: u64,
    /// Files to hand back after the run, by their path in the world.
    pub collect: Vec<String>,
    /// Texts to look for in every file that the script left in the writable world (canary values).
    pub search: Vec<String>,
    /// Whether the script runs as root of its world (else as the user `op`).
    #[serde(default)]
    pub as_root: bool,
    /// Where the script starts; empty for the repository's folder.
    #[serde(default)]
    pub folder: String,
    /// What is there before the script starts, besides its files.
    #[serde(default)]
    pub there: BTreeMap<String, There>,
    /// What answers calls that no stub answers, where answers are guessed.
    #[serde(default)]
    pub guesses: Option<Guesses>,
    /// A script that makes the same call more often than that is in a loop and is stopped; `None` for any number.
    #[serde(default)]
    pub loop_limit: Option<u32>,
    /// Whether a wait that goes on and on passes faster and faster: the script looks at the clock for its end.
    #[serde(default)]
    pub hurries: bool,
    /// Globs: files and folders to report where they are left and were not there before.
    #[serde(default)]
    pub residue: Vec<String>,
    /// What is typed at the script's terminal, where it has one.
    #[serde(default)]
    pub tty: Option<String>,
    /// Whether the shells of the world are left as they are: nobody asks which line calls.
    #[serde(default)]
    pub untraced: bool,
    /// Whether a shell follows, at the terminal of whoever asked, in the world as the script left it.
    #[serde(default)]
    pub shell: bool,
    /// Whether the script runs once before, to its end, in the same world; only the second run is recorded.
    #[serde(default)]
    pub again: bool,
}

/// Something that the script's machine has and a fresh world has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum There {
    /// A folder.
    Folder,
    /// A file with this content.
    File(String),
    /// A program, which is answered for like any other.
    Program,
}

/// An answer to calls that match it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stub {
    /// Patterns, the program's name first; each globs one word of the call, a final `**` any rest.
    pub argv: Vec<String>,
    /// What it prints.
    pub stdout: String,
    /// What it prints on stderr.
    pub stderr: String,
    /// Its exit code.
    pub exit: u8,
    /// How often it answers; `None` for any number of times.
    pub times: Option<u32>,
    /// Bash text that answers instead, run with the call's words as `"$0" "$@"` and `$STATE` set.
    pub handler: Option<String>,
    /// Whether it reads its stdin to the end.
    pub reads_stdin: bool,
    /// A glob over the whole stdin that must match too.
    pub stdin: Option<String>,
    /// Files that it writes: path in the world, content.
    pub writes: BTreeMap<String, String>,
}

/// Which call fails, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The call.
    pub site: Site,
    /// Which of the calls at that site, from 1.
    pub occurrence: u32,
    /// How it fails.
    pub kind: FaultKind,
    /// How long.
    pub persistence: Persistence,
    /// How the failing tool ends, where the kind does not say so.
    pub exit: u8,
    /// What it says on stdout.
    #[serde(default)]
    pub stdout: String,
    /// What it says on stderr.
    pub stderr: String,
}

/// How `timeout` ends where the limit passed.
pub const TIMED_OUT: u8 = 124;

/// What a call prints whose output is garbage: what a proxy says in the place of who was asked.
pub const GARBAGE: &str =
    "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body>\n</html>\n";

/// What is left of an output that breaks off: its first half, in the middle of a line.
pub fn half(text: &str) -> &str {
    let whole = text.trim_end();
    &whole[..whole.floor_char_boundary(whole.len() / 2)]
}

/// Where a call comes from: the same words from the same line are the same site.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Site {
    /// The call's words after [`normalise`], the program's name (without folders) first.
    pub argv: Vec<String>,
    /// The caller: script path as the world sees it and line from 1; `None` where it could not be told.
    pub at: Option<(String, u32)>,
}

/// How the part of a name begins that `mktemp` chose; digits follow. In a trial's world that part is settled, so that a name
/// which a script makes from it (`$tmp.out`, `${dir##*/}.tgz`) is the same in every run.
pub const CHOSEN: &str = "Zq";

/// Replaces what differs from run to run: random names under the temporary folder, and what `mktemp` chose, wherever it stands.
pub fn normalise(word: &str) -> String {
    without_chosen(&without_random(word))
}

/// With X in the place of what `mktemp` chose.
fn without_chosen(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(CHOSEN) {
        let (before, tail) = rest.split_at(at);
        let digits = tail[CHOSEN.len()..].bytes().take_while(u8::is_ascii_digit).count();
        let end = CHOSEN.len() + digits;
        out.push_str(before);
        if digits > 0 {
            out.extend(std::iter::repeat_n('X', end));
        } else {
            out.push_str(&tail[..end]);
        }
        rest = &tail[end..];
    }
    out + rest
}

fn without_random(word: &str) -> String {
    const MARK: &str = "/tmp/";
    let Some(at) = word.find(MARK) else { return word.to_owned() };
    let (head, rest) = word.split_at(at + MARK.len());
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(rest.len());
    let name = &rest[..end];
    let random = name
        .rsplit('.')
        .next()
        .is_some_and(|tail| tail.len() >= 6 && tail.bytes().all(|b| b.is_ascii_alphanumeric()));
    if random { format!("{head}XXXXXX{}", &rest[end..]) } else { word.to_owned() }
}

/// [`normalise`], for every path in a text.
pub fn steady(text: &str) -> String {
    const MARK: &str = "/tmp/";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(MARK) {
        let tail = &rest[at + MARK.len()..];
        let length = tail.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)));
        let end = at + MARK.len() + length.unwrap_or(tail.len());
        out.push_str(&rest[..at]);
        out.push_str(&without_random(&rest[at..end]));
        rest = &rest[end..];
    }
    without_chosen(&(out + rest))
}

/// Where a call's stdout leads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// The script's own stdout or stderr.
    #[default]
    Script,
    /// `/dev/null`.
    Null,
    /// A pipe: a pipeline or a command substitution reads it.
    Pipe,
    /// A file.
    File,
}

/// Who answered a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The stub with this index in the plan.
    Stub(usize),
    /// A guess.
    Guess,
    /// The real tool ran (journalled tools such as `mktemp`).
    Real,
    /// The planned fault.
    Fault,
    /// Nobody: no stub matched; it failed with 127.
    #[default]
    Unstubbed,
}

/// One external command of the script.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The call's words, as they came; the program's name as it was called first.
    pub argv: Vec<String>,
    /// Its address.
    pub site: Site,
    /// Which of the calls at that site, from 1.
    pub occurrence: u32,
    /// Who answered.
    pub answer: Answer,
    /// Where its stdout leads.
    pub output: Output,
    /// What it printed on stdout (up to 64 KiB).
    pub stdout: String,
    /// What it printed on stderr, where its answer is a fixed one.
    #[serde(default)]
    pub stderr: Option<String>,
    /// Its exit code; 128 + n for a signal.
    pub exit: i32,
    /// Whether `timeout` runs it.
    #[serde(default)]
    pub limited: bool,
    /// Whether the script ignores the signal that was to interrupt it.
    #[serde(default)]
    pub ignored: bool,
    /// Whether its consumer had closed the pipe before all was written.
    pub broken_pipe: bool,
    /// What it read on stdin, where its stub reads (up to 64 KiB).
    pub stdin: Option<String>,
    /// How many calls of the run had been answered when this one began: one that reads its stdin is answered after that.
    #[serde(default)]
    pub begun: Option<usize>,
    /// Earlier calls of the run, by their places, whose output is in a file that this one is given: in its words, or as its
    /// stdin. Only looked at where answers are guessed.
    #[serde(default)]
    pub given: Vec<usize>,
    /// Bytes of the script's stdout that had been printed when the call came.
    pub stdout_before: usize,
    /// The same for stderr.
    pub stderr_before: usize,
}

impl Call {
    /// The program's name without folders.
    pub fn program(&self) -> &str {
        self.site.argv.first().map_or("", String::as_str)
    }
}

/// How the script ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// It outlived its deadline and was killed.
    TimedOut,
}

/// What happened in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// How it ended.
    pub end: End,
    /// All of its stdout (up to 1 MiB).
    pub stdout: String,
    /// All of its stderr (up to 1 MiB).
    pub stderr: String,
    /// The calls, in the order in which they were answered.
    pub calls: Vec<Call>,
    /// The files asked for, where they exist: path, content.
    pub files: BTreeMap<String, String>,
    /// Which searched texts were found, and in which file.
    pub found: Vec<(String, String)>,
    /// What is left of [`Plan::residue`]: path, what is in it (a digest; the kind of what is no file).
    #[serde(default)]
    pub left: BTreeMap<String, String>,
}
