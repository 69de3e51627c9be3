//! What does reading a script cost in CPU time, next to a bare tree-sitter parse of the same bytes?
//!
//! `GAUNTLET_BENCH_LIST` names a file of paths, one a line (scripts that the measured ones source are found beside
//! them, on the disk), and the peers read them too, unless `GAUNTLET_BENCH_ALONE` is set. Without a list the fixtures are
//! read. The numbers are CPU seconds of the whole process, system time
//! included, from `getrusage`: another busy core does not change them much. Each is the fastest of a few rounds.

#![expect(clippy::cast_precision_loss, reason = "bytes of a corpus and seconds of a run are far below 2^52")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::disallowed_types,
    reason = "a benchmark starts its peers, reads the scripts that it measures from the disk, and says what it found"
)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};

use gauntlet::bash::syntax::Script;
use gauntlet::bash::{self, Dialect, InProcess};
use gauntlet::commands::Tables;
use gauntlet::facts::{self, Context, Gates, Library, Observations, SecretNames, Sourced};
use gauntlet::lint::dialect;
use gauntlet::source::RepoPath;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use walkdir::WalkDir;

/// In this process: what containment costs on top is another question.
static WITNESS: LazyLock<InProcess> = LazyLock::new(InProcess::new);

/// One script of the corpus.
struct Text {
    path: RepoPath,
    text: String,
}

fn main() {
    let corpus = corpus();
    let bytes: usize = corpus.iter().map(|text| text.text.len()).sum();
    println!("{} scripts, {bytes} bytes", corpus.len());
    let bare = fastest(|| bare_tree_sitter(&corpus));
    report("bare tree-sitter", bytes, bare, bare);
    let own = fastest(|| corpus.iter().for_each(|text| drop(bash::parse(&text.text))));
    report("our own parser", bytes, own, bare);
    let reading = fastest(|| {
        for text in &corpus {
            bash::read(&text.text, dialect(&text.text, text.path.as_str()), &*WITNESS);
        }
    });
    report("bash::read", bytes, reading, bare);
    let scripts: Vec<Script> = corpus
        .iter()
        .map(|text| bash::read(&text.text, dialect(&text.text, text.path.as_str()), &*WITNESS).script)
        .collect();
    let files = Files::default();
    let names = SecretNames::new(Tables::builtin(), &[]);
    let observe = |index: usize| -> Observations {
        let context = Context {
            library: &files,
            secret_names: &names,
            gates: Gates::usual(),
            own_files: &|_| false,
            traced: false,
            dialect: Dialect::Bash,
        };
        facts::observe(&corpus[index].path, &scripts[index], &context)
    };
    // Sourced files are read once for the whole run: their parse is no part of the walk.
    (0..corpus.len()).for_each(|index| drop(observe(index)));
    let walk = (0..rounds())
        .map(|_| {
            files.forget_summaries();
            cpu_seconds(|| (0..corpus.len()).for_each(|index| drop(observe(index))))
        })
        .fold(f64::INFINITY, f64::min);
    report("facts::observe", bytes, walk, bare);
    println!("both together: {:.2} parses", (reading + walk) / bare);
    if let Some(list) = std::env::var_os("GAUNTLET_BENCH_LIST")
        && std::env::var_os("GAUNTLET_BENCH_ALONE").is_none()
    {
        for (name, args) in PEERS {
            peer(name, args, &PathBuf::from(list.clone()), bytes, bare);
        }
    }
    slowest(&corpus, &observe);
    let peak = getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| usage.max_rss());
    println!("peak resident set: {} MB", peak / 1024);
}

/// Linters that read the same scripts, where they are installed, with all that they check.
const PEERS: [(&str, &[&str]); 2] =
    [("shellcheck", &["--norc", "--format=gcc"]), ("shuck", &["check", "--no-cache"])];

/// What another linter takes for the same scripts, in processes of its own.
fn peer(name: &str, args: &[&str], list: &Path, bytes: usize, bare: f64) {
    let used = || {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("a process can ask what its children used");
        seconds(usage.user_time()) + seconds(usage.system_time())
    };
    let list = std::fs::read_to_string(list).expect("the list can be read");
    let paths: Vec<&str> = list.lines().collect();
    let before = used();
    for some in paths.chunks(200) {
        let run =
            Command::new(name).args(args).args(some).stdout(Stdio::null()).stderr(Stdio::null()).status();
        if run.is_err() {
            println!("{name:18} is not installed");
            return;
        }
    }
    report(name, bytes, used() - before, bare);
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}

/// The scripts whose walk takes the most time for their size, and the most time at all.
fn slowest(corpus: &[Text], observe: &dyn Fn(usize) -> Observations) {
    let mut costs: Vec<(f64, usize)> =
        (0..corpus.len()).map(|index| (cpu_seconds(|| drop(observe(index))), index)).collect();
    costs.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (cost, index) in costs.iter().take(12) {
        let text = &corpus[*index];
        println!("  {:8.2} ms  {:8} bytes  {}", cost * 1e3, text.text.len(), text.path);
    }
}

fn report(what: &str, bytes: usize, seconds: f64, bare: f64) {
    let rate = bytes as f64 / seconds / 1e6;
    println!("{what:18} {seconds:8.3} s  {rate:8.2} MB/s  {:6.2} parses", seconds / bare);
}

fn bare_tree_sitter(corpus: &[Text]) {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).expect("the grammar fits the library");
    for text in corpus {
        // Some characters beyond ASCII crash this grammar: to bash they are ordinary word characters.
        let masked: Vec<u8> =
            text.text.bytes().map(|byte| if byte.is_ascii() { byte } else { b'x' }).collect();
        parser.parse(&masked, None);
    }
}

/// How many rounds each measurement takes: `GAUNTLET_BENCH_ROUNDS`, or a few.
fn rounds() -> usize {
    std::env::var("GAUNTLET_BENCH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(5)
}

/// CPU seconds of the fastest round.
fn fastest(mut round: impl FnMut()) -> f64 {
    (0..rounds()).map(|_| cpu_seconds(&mut round)).fold(f64::INFINITY, f64::min)
}

fn cpu_seconds(work: impl FnOnce()) -> f64 {
    let now = || {
        let usage = getrusage(UsageWho::RUSAGE_SELF).expect("a process can ask what it used");
        seconds(usage.user_time()) + seconds(usage.system_time())
    };
    let before = now();
    work();
    now() - before
}

/// The scripts of the list, or of the fixtures, without those that are not UTF-8.
fn corpus() -> Vec<Text> {
    let paths: Vec<PathBuf> = match std::env::var_os("GAUNTLET_BENCH_LIST") {
        Some(list) => {
            let list = std::fs::read_to_string(list).expect("the list can be read");
            list.lines().map(PathBuf::from).collect()
        }
        None => WalkDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
            .sort_by_file_name()
            .into_iter()
            .filter_map(Result::ok)
            .map(walkdir::DirEntry::into_path)
            .filter(|path| path.extension().is_some_and(|ending| ending == "sh" || ending == "bash"))
            .collect(),
    };
    let texts = paths.iter().filter_map(|path| {
        let text = std::fs::read_to_string(path).ok()?;
        Some(Text { path: RepoPath::new(path.to_str()?.trim_start_matches('/')), text })
    });
    texts.collect()
}

/// The disk as the place where sourced scripts are found.
#[derive(Default)]
struct Files {
    read: RefCell<HashMap<RepoPath, Option<Arc<Sourced>>>>,
}

impl Files {
    /// Forgets every summary, as at the start of a run; what was read stays read.
    fn forget_summaries(&self) {
        for sourced in self.read.borrow_mut().values_mut().flatten() {
            *sourced = Arc::new(Sourced::new(sourced.script().clone()));
        }
    }
}

impl Library for Files {
    fn script(&self, path: &RepoPath) -> Option<Arc<Sourced>> {
        if let Some(known) = self.read.borrow().get(path) {
            return known.clone();
        }
        let sourced = std::fs::read_to_string(format!("/{path}")).ok().map(|text| {
            Arc::new(Sourced::new(bash::read(&text, dialect(&text, path.as_str()), &*WITNESS).script))
        });
        self.read.borrow_mut().insert(path.clone(), sourced.clone());
        sourced
    }
}
