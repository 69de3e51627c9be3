//! The invariants of the code's shape. Each is a function from source text to complaints, so that each can be shown a
//! violation that it must catch.

use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};

/// Every top-level module with its floor, in tens; floor 1 has two steps. A module that is not listed is a complaint.
const FLOORS: &[(u8, &[&str])] = &[
    (0, &["event", "fault", "finding", "id", "nearest", "source", "verdict"]),
    (10, &["bash", "commands", "markdown", "settings"]),
    (11, &["catalogue", "changelog", "facts"]),
    (20, &["guard", "lint", "trial"]),
    (30, &["repo", "report", "sandbox", "witness"]),
    (40, &["run"]),
    (50, &["cli"]),
];

/// Modules of the world: they opt out of `clippy.toml`'s list at their top.
const WORLD: &[&str] =
    &["src/repo.rs", "src/sandbox.rs", "src/witness.rs", "src/cli.rs", "src/main.rs", "src/bin/repo-lint.rs"];

/// Crates whose types stay behind `bash`.
const PARSERS: &[&str] = &["tree_sitter", "tree_sitter_bash"];

/// What the pure floors must not name.
const WORLDLY: &[&str] =
    &["std::env", "std::fs", "std::net", "std::process", "std::time", "std::thread::sleep", "nix"];

/// A source file: its path from the repository's root, its text.
struct File {
    path: String,
    text: String,
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// `src/lint/checks/x.rs` is `["lint", "checks", "x"]`; `src/lib.rs` is `[]`.
    fn module(&self) -> Vec<String> {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        if inner == "lib" { Vec::new() } else { inner.split('/').map(str::to_owned).collect() }
    }

    fn top(&self) -> String {
        self.module().first().cloned().unwrap_or_default()
    }

    fn names(&self) -> Names {
        let mut names = Names { module: self.module(), ..Names::default() };
        names.visit_file(
            &syn::parse_file(&self.text).expect("the source file parses: cargo has just compiled it"),
        );
        names
    }

    /// A place in the program that is above all floors: `main.rs` and `bin/`.
    fn is_entry(&self) -> bool {
        self.path == "src/main.rs" || self.path.starts_with("src/bin/")
    }
}

/// Every path that a file names, made absolute: `crate::...` for our own, the crate's name first for others.
#[derive(Default)]
struct Names {
    module: Vec<String>,
    paths: Vec<String>,
    exported: Vec<String>,
    macros: Vec<String>,
    attributes: Vec<String>,
}

impl Names {
    fn add(&mut self, segments: &[String]) {
        let path = self.absolute(segments);
        self.paths.push(path);
    }

    /// Resolves `self::` and `super::` against the module that the text stands in.
    fn absolute(&self, segments: &[String]) -> String {
        let mut base = self.module.clone();
        let mut rest = segments;
        let relative = matches!(rest.first().map(String::as_str), Some("self" | "super"));
        while let Some((first, tail)) = rest.split_first() {
            match first.as_str() {
                "self" => {}
                "super" => {
                    base.pop();
                }
                "crate" => base.clear(),
                _ => break,
            }
            rest = tail;
        }
        let ours = relative || segments.first().is_some_and(|first| first == "crate");
        let mut all = if ours { vec!["crate".to_owned()] } else { Vec::new() };
        if ours {
            all.extend(base);
        }
        all.extend(rest.iter().cloned());
        all.join("::")
    }

    fn use_tree(&mut self, prefix: &[String], tree: &syn::UseTree, exported: bool) {
        let with = |name: String| {
            let mut path = prefix.to_vec();
            path.push(name);
            path
        };
        let leaf = match tree {
            syn::UseTree::Path(path) => {
                return self.use_tree(&with(path.ident.to_string()), &path.tree, exported);
            }
            syn::UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.use_tree(prefix, tree, exported));
            }
            syn::UseTree::Name(name) => with(name.ident.to_string()),
            syn::UseTree::Rename(rename) => with(rename.ident.to_string()),
            syn::UseTree::Glob(_) => with("*".to_owned()),
        };
        self.add(&leaf);
        if exported {
            let path = self.absolute(&leaf);
            self.exported.push(path);
        }
    }

    /// What a macro's or an attribute's tokens name: they are no syntax yet, so words and `::` are all there is.
    fn tokens(&mut self, tokens: &str) {
        let path =
            regex::Regex::new(r"[A-Za-z_]\w*(?:\s*::\s*[A-Za-z_]\w*)+").expect("the pattern is a constant");
        for found in path.find_iter(tokens) {
            let segments: Vec<String> =
                found.as_str().split("::").map(|part| part.trim().to_owned()).collect();
            self.add(&segments);
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let exported = !matches!(item.vis, syn::Visibility::Inherited);
        self.use_tree(&[], &item.tree, exported);
        visit::visit_item_use(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.add(&segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if let Some(name) = mac.path.segments.last() {
            self.macros.push(name.ident.to_string());
        }
        self.tokens(&mac.tokens.to_string());
        visit::visit_macro(self, mac);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            let text = list.tokens.to_string();
            self.tokens(&text);
            self.attributes.push(format!(
                "{}({text})",
                list.path.segments.last().map_or(String::new(), |last| last.ident.to_string())
            ));
        }
        visit::visit_attribute(self, attribute);
    }
}

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(_, modules)| modules.contains(&module)).map(|(floor, _)| *floor)
}

/// Imports that go up, or sideways to a sibling; and names of the whole crate, which could be anything.
fn upward_imports(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|file| !file.is_entry()) {
        let top = file.top();
        let own = if top.is_empty() { None } else { floor(&top) };
        if own.is_none() && !top.is_empty() {
            complaints.push(format!("{}: the module `{top}` has no floor", file.path));
        }
        for path in file.names().paths {
            let Some(rest) = path.strip_prefix("crate") else { continue };
            let target = rest.trim_start_matches("::").split("::").next().unwrap_or_default();
            if target.is_empty() || target == "*" {
                complaints.push(format!("{}: `{path}` names the whole crate", file.path));
            }
            let allowed = target == top
                || floor(target).zip(own).is_none_or(|(theirs, own)| theirs < own || own == 0 && theirs == 0);
            if !allowed {
                complaints.push(format!("{}: imports `{path}`, which is no lower floor", file.path));
            }
        }
    }
    complaints
}

/// Names of a parser outside `bash`, and names of a parser that `bash` hands on.
fn parsers_in_the_open(files: &[File]) -> Vec<String> {
    let is_parser = |path: &String| PARSERS.contains(&path.split("::").next().unwrap_or_default());
    let mut complaints = Vec::new();
    for file in files {
        let names = file.names();
        let seen = if file.top() == "bash" { names.exported } else { names.paths };
        complaints.extend(
            seen.iter().filter(|path| is_parser(path)).map(|path| format!("{}: names `{path}`", file.path)),
        );
    }
    complaints
}

/// I/O, processes, clocks and threads in the floors that must give the same answer everywhere.
fn worldly_pure_floors(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|file| floor(&file.top()).is_some_and(|floor| floor <= 20)) {
        for path in file.names().paths {
            let worldly =
                WORLDLY.iter().any(|world| path == *world || path.starts_with(&format!("{world}::")));
            let stream = ["stdin", "stdout", "stderr"].iter().any(|name| path == format!("std::io::{name}"));
            if worldly || stream {
                complaints.push(format!("{}: names `{path}`", file.path));
            }
        }
    }
    complaints
}

/// Opt-outs from `clippy.toml`'s lists outside the modules of the world.
fn stray_opt_outs(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| !WORLD.contains(&file.path.as_str()))
        .filter(|file| {
            file.names().attributes.iter().any(|attribute| {
                (attribute.starts_with("allow(") || attribute.starts_with("expect("))
                    && attribute.replace(' ', "").contains("clippy::disallowed_")
            })
        })
        .map(|file| format!("{}: opts out of what clippy.toml forbids", file.path))
        .collect()
}

/// Printing below the command line.
fn printing_executors(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|file| floor(&file.top()).is_some_and(|floor| floor <= 40)) {
        let names = file.names();
        complaints.extend(
            names
                .macros
                .iter()
                .filter(|name| ["print", "println", "eprint", "eprintln", "dbg"].contains(&name.as_str()))
                .map(|name| format!("{}: {name}!", file.path)),
        );
    }
    complaints
}

fn sources() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<File> = walkdir::WalkDir::new(root.join("src"))
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.expect("the sources can be listed"))
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"))
        .map(|entry| {
            let path = entry.path().strip_prefix(root).expect("it is below the root").display().to_string();
            File { path, text: fs::read_to_string(entry.path()).expect("a source file is readable") }
        })
        .collect();
    assert!(files.len() > 20, "the sources were not found: {} files", files.len());
    files
}

#[track_caller]
fn holds(check: fn(&[File]) -> Vec<String>) {
    let complaints = check(&sources());
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Each `(path, text)` must be caught, each by itself.
#[track_caller]
fn catches(check: fn(&[File]) -> Vec<String>, seeds: &[(&str, &str)]) {
    for (path, text) in seeds {
        assert_eq!(check(&[File::new(path, text)]).len(), 1, "not caught once: {path}: {text}");
    }
}

#[test]
fn a_floor_imports_only_lower_floors() {
    holds(upward_imports);
}

#[test]
fn an_upward_or_sideways_import_is_caught_however_it_is_spelt() {
    catches(
        upward_imports,
        &[
            ("src/bash.rs", "use crate::lint::Linter;"),
            ("src/bash/lower.rs", "use super::super::facts::Facts;"),
            ("src/bash.rs", "mod inner { use super::super::cli; }"),
            ("src/repo.rs", "use self::super::report::Report;"),
            ("src/repo/read.rs", "use crate::{repo::Problem, source::Span, sandbox as s};"),
            ("src/source.rs", "pub use crate::run::Stop;"),
            ("src/trial.rs", "fn f() -> usize { crate::lint::count() }"),
            ("src/trial.rs", "fn f() { g::<crate::repo::Project>(); }"),
            ("src/lint.rs", "fn f() { println!(\"{}\", crate::repo::root()); }"),
            ("src/lint.rs", "macro_rules! m { () => { $crate::run::go() } }"),
            ("src/lint.rs", "#[derive(Debug)] #[helper(crate::cli::X)] struct A;"),
            ("src/event.rs", "use crate::*;"),
            ("src/event.rs", "use crate as everything;"),
            ("src/surprise.rs", "fn f() {}"),
        ],
    );
}

#[test]
fn lower_floors_and_ones_own_parts_may_be_imported() {
    let fine = File::new(
        "src/run/lint.rs",
        "use crate::run::Sink; use super::Stop; use crate::{event::Event, lint::Linter};",
    );
    assert_eq!(upward_imports(&[fine]), Vec::<String>::new());
}

#[test]
fn no_parser_is_named_outside_bash() {
    holds(parsers_in_the_open);
}

#[test]
fn a_parser_in_the_open_is_caught() {
    catches(
        parsers_in_the_open,
        &[
            ("src/lint/checks/x.rs", "use tree_sitter::Node;"),
            ("src/facts.rs", "fn f(tree: &tree_sitter::Tree) {}"),
            ("src/bash.rs", "pub use tree_sitter::Parser;"),
            ("src/cli.rs", "fn f() { vec![tree_sitter_bash::LANGUAGE] }"),
        ],
    );
}

#[test]
fn floors_0_to_2_do_no_io() {
    holds(worldly_pure_floors);
}

#[test]
fn io_in_a_pure_floor_is_caught() {
    catches(
        worldly_pure_floors,
        &[
            ("src/settings.rs", "use std::fs;"),
            ("src/lint.rs", "use std::{collections::BTreeMap, env::var};"),
            ("src/bash.rs", "fn f() { std::process::exit(1) }"),
            ("src/trial.rs", "fn f() { let _ = std::time::Instant::now(); }"),
            ("src/event.rs", "fn f() { let _ = std::io::stdout(); }"),
        ],
    );
}

#[test]
fn clippy_forbids_what_the_pure_floors_must_not_do_and_only_the_world_opts_out() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("clippy.toml"))
        .expect("clippy.toml is there");
    let table: toml::Table = text.parse().expect("clippy.toml is TOML");
    for (list, path) in [
        ("disallowed-methods", "std::fs::read_to_string"),
        ("disallowed-methods", "std::fs::read_dir"),
        ("disallowed-methods", "std::path::Path::exists"),
        ("disallowed-methods", "std::env::var"),
        ("disallowed-methods", "std::env::current_dir"),
        ("disallowed-methods", "std::process::Command::new"),
        ("disallowed-methods", "std::time::SystemTime::now"),
        ("disallowed-methods", "std::time::Instant::now"),
        ("disallowed-types", "std::fs::File"),
        ("disallowed-types", "std::net::TcpStream"),
        ("disallowed-macros", "std::println"),
        ("disallowed-macros", "std::eprintln"),
    ] {
        let entry =
            table[list].as_array().into_iter().flatten().find(|entry| entry["path"].as_str() == Some(path));
        let reason = entry.and_then(|entry| entry.get("reason")).and_then(toml::Value::as_str);
        assert!(
            reason.is_some_and(|reason| reason.len() > 10),
            "{list} does not forbid {path} with a reason"
        );
    }
    holds(stray_opt_outs);
}

#[test]
fn an_opt_out_in_a_pure_floor_is_caught() {
    catches(
        stray_opt_outs,
        &[
            ("src/lint.rs", "#![allow(clippy::disallowed_methods, reason = \"x\")]"),
            ("src/trial/judge.rs", "#[expect(clippy::disallowed_types, reason = \"x\")] fn f() {}"),
        ],
    );
}

#[test]
fn executors_never_print() {
    holds(printing_executors);
}

#[test]
fn printing_below_the_command_line_is_caught() {
    catches(
        printing_executors,
        &[
            ("src/run/lint.rs", "fn f() { println!(); }"),
            ("src/sandbox/worker.rs", "fn f() { if true { anstream::eprintln!(\"x\"); } }"),
            ("src/repo.rs", "fn f() { std::dbg!(1); }"),
        ],
    );
}
