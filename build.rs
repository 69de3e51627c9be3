//! Turns the tables of `rules/commands/*.toml` into JSON, entry by entry, each found by its name.
//!
//! TOML is what people write; a guard that starts before each command has no time to read it. What an entry says is
//! still judged by the types that own it, when somebody asks for the entry.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it runs while the program is built: cargo reads its stdout, it starts the compiler, it writes what the program embeds"
)]

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The files of tools. Each name has one entry.
const TOOLS: [&str; 6] =
    ["openstack.toml", "cloud.toml", "system.toml", "files.toml", "readers.toml", "agents.toml"];

/// The files of wrappers.
const WRAPPERS: [&str; 1] = ["wrappers.toml"];

/// What tools answer, in a trial whose answers nobody wrote.
const ANSWERS: [&str; 1] = ["answers.toml"];

/// How programs read pipes.
const PIPES: [&str; 1] = ["pipes.toml"];

/// Files that are read whole, but for the entries of shelves.
const WHOLE: [&str; 6] =
    ["secrets.toml", "pipes.toml", "real.toml", "notices.toml", "outputs.toml", "inverses.toml"];

fn main() {
    println!("cargo:rerun-if-changed=rules/commands");
    println!("cargo:rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        // A program at a fixed address starts without relocating tens of thousands of pointers.
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
    stub();
    if let Err(reason) = without_loader() {
        println!("cargo:warning=each start will take a quarter longer: {reason}");
    }
    let mut code = String::new();
    shelf(&mut code, "TOOLS", "tool", &TOOLS);
    shelf(&mut code, "WRAPPERS", "wrapper", &WRAPPERS);
    shelf(&mut code, "ANSWERS", "tool", &ANSWERS);
    writeln!(code, "pub(super) static COLLECTIONS: &[&str] = &{:?};", collections()).expect("a string grows");
    writeln!(code, "pub(super) static WITH_IDS: &[&str] = &{:?};", with_ids()).expect("a string grows");
    shelf(&mut code, "CLOSERS", "closer", &PIPES);
    shelf(&mut code, "READERS", "reader", &PIPES);
    for file in WHOLE {
        let name = file.trim_end_matches(".toml").to_uppercase();
        let mut table = read(file);
        // Most of the file, and asked for only where something is wrong.
        let safe = table.as_table_mut().and_then(|table| table.remove("safe"));
        for shelf in ["closer", "reader"] {
            table.as_table_mut().and_then(|table| table.remove(shelf));
        }
        writeln!(code, "pub(super) static {name}: &str = {:?};", json(&table)).expect("a string grows");
        if let Some(safe) = safe {
            writeln!(code, "pub(super) static SAFE: &str = {:?};", json(&safe)).expect("a string grows");
        }
    }
    let out = env::var("OUT_DIR").expect("cargo names the folder");
    fs::write(Path::new(&out).join("guard.rs"), statics("guard.toml"))
        .expect("cargo's folder can be written");
    fs::write(Path::new(&out).join("tables.rs"), code).expect("cargo's folder can be written");
}

/// The program that a trial's calls are: small, without a C library, and so started in an eighth of the time. Where it cannot
/// be built (a processor that it does not know, for one) the `gauntlet` binary does its work.
fn stub() {
    for path in ["stub", "src/sandbox/brief.rs", "src/sandbox/caller.rs", "src/sandbox/places.rs"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let file = Path::new(&variable("OUT_DIR")).join("stub");
    let architecture = variable("CARGO_CFG_TARGET_ARCH");
    if variable("CARGO_CFG_TARGET_OS") != "linux" || !["x86_64", "aarch64"].contains(&architecture.as_str()) {
        fs::write(file, "").expect("cargo's folder can be written");
        return;
    }
    let mut rustc = Command::new(variable("RUSTC"));
    rustc.args([
        "--edition=2024",
        "--crate-name=stub",
        "--target",
        &variable("TARGET"),
        "stub/main.rs",
        "-o",
    ]);
    rustc.arg(&file).args([
        "-Copt-level=3",
        "-Clto=fat",
        "-Ccodegen-units=1",
        "-Cpanic=abort",
        "-Cstrip=symbols",
        "-Crelocation-model=static",
        "-Crelro-level=off",
        "-Clink-arg=-nostdlib",
        "-Clink-arg=-nostartfiles",
        "-Clink-arg=-static",
    ]);
    // Parts of it are the library's too, which uses more of them.
    rustc.arg("--cap-lints=allow");
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={linker}"));
    }
    let built = rustc.output();
    if !built.as_ref().is_ok_and(|built| built.status.success()) {
        let said = built.map(|built| String::from_utf8_lossy(&built.stderr).into_owned());
        // A fault in the program itself (a part of it that came to need the standard library) is no lack of the machine.
        assert!(!said.as_ref().is_ok_and(|said| said.contains("error[E")), "stub/ is wrong: {said:?}");
        println!("cargo:warning=trials will be slower: stub/ could not be built: {said:?}");
        fs::write(file, "").expect("cargo's folder can be written");
    }
}

/// Links the programs without a dynamic loader: a hook that starts before each command spends a fifth of its time in it.
///
/// `-Ctarget-feature=+crt-static` would do it, but cargo would give it to procedural macros too, which cannot be linked
/// so. Where `rustc` asks for a shared library by name, the linker takes what it finds in the first folder that has the name:
/// here is one in which the names lead to the static libraries.
fn without_loader() -> Result<(), String> {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let is_gnu = variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    if !is_gnu || variable("HOST") != variable("TARGET") {
        return Ok(());
    }
    let linker = env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_owned());
    let folder = Path::new(&variable("OUT_DIR")).join("static");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for name in ["c", "m", "rt", "pthread", "util", "dl", "gcc_eh", "gcc"] {
        let file = format!("lib{name}.a");
        let told = Command::new(&linker).arg(format!("-print-file-name={file}")).output();
        let told = told.map_err(|error| format!("{linker} cannot be asked: {error}"))?;
        let path = String::from_utf8_lossy(&told.stdout).trim().to_owned();
        // A name that it does not know comes back as it was.
        if path == file || !Path::new(&path).exists() {
            return Err(format!("there is no {file}"));
        }
        let leads = |name: &str| fs::write(folder.join(name), format!("INPUT(\"{path}\")\n"));
        leads(&file).map_err(|error| error.to_string())?;
        if name == "gcc_eh" {
            leads("libgcc_s.a").map_err(|error| error.to_string())?;
        }
    }
    println!("cargo:rustc-link-arg-bins=-static");
    println!("cargo:rustc-link-arg-bins=-L{}", folder.display());
    Ok(())
}

fn read(file: &str) -> toml::Value {
    let text = fs::read_to_string(Path::new("rules/commands").join(file))
        .unwrap_or_else(|error| panic!("rules/commands/{file}: {error}"));
    let table: toml::Table = toml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    toml::Value::Table(table)
}

fn json(value: &toml::Value) -> String {
    serde_json::to_string(value).expect("what TOML says can be said in JSON")
}

/// The entries of files under one key: a static for each, and an index that is sorted by name.
fn shelf(code: &mut String, shelf: &str, key: &str, files: &[&str]) {
    let mut index: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut count = 0;
    for file in files {
        let table = read(file);
        let entries = table.get(key).and_then(toml::Value::as_array);
        for entry in entries.unwrap_or_else(|| panic!("{file} has no [[{key}]]")) {
            let text = json(entry);
            writeln!(code, "static {shelf}_{count}: Entry = ({file:?}, {text:?});").expect("a string grows");
            let name = entry.get("name").and_then(toml::Value::as_str);
            let aliases = entry.get("aliases").and_then(toml::Value::as_array);
            let aliases = aliases.into_iter().flatten().filter_map(toml::Value::as_str);
            for name in name.into_iter().chain(aliases) {
                let entries = index.entry(name.to_owned()).or_default();
                assert!(entries.is_empty() || shelf != "TOOLS", "{file}: `{name}` has an entry already");
                entries.push(count);
            }
            count += 1;
        }
    }
    writeln!(code, "pub(super) static {shelf}: &[(&str, &[&Entry])] = &[").expect("a string grows");
    for (name, entries) in index {
        let entries: Vec<String> = entries.iter().map(|entry| format!("&{shelf}_{entry}")).collect();
        writeln!(code, "    ({name:?}, &[{}]),", entries.join(", ")).expect("a string grows");
    }
    code.push_str("];\n");
}

/// The segments of an address behind which an id stands, of all tools.
fn collections() -> Vec<String> {
    of_tools(|tool| texts(tool.get("http").and_then(|http| http.get("collections"))))
}

/// The names of the tools that take ids.
fn with_ids() -> Vec<String> {
    of_tools(|tool| match tool.get("id_forms") {
        Some(_) => {
            [texts(tool.get("aliases")), tool["name"].as_str().map(str::to_owned).into_iter().collect()]
                .concat()
        }
        None => Vec::new(),
    })
}

/// What the entries of all tools have, sorted.
fn of_tools(get: impl Fn(&toml::Value) -> Vec<String>) -> Vec<String> {
    let tables: Vec<toml::Value> = TOOLS.iter().map(|file| read(file)).collect();
    let tools = tables.iter().filter_map(|table| table.get("tool").and_then(toml::Value::as_array));
    let mut found: Vec<String> = tools.flatten().flat_map(get).collect();
    found.sort();
    found.dedup();
    found
}

fn texts(list: Option<&toml::Value>) -> Vec<String> {
    let list = list.and_then(toml::Value::as_array).into_iter().flatten();
    list.filter_map(toml::Value::as_str).map(str::to_owned).collect()
}

/// The lists of a file as statics, and its doors.
fn statics(file: &str) -> String {
    let table = read(file);
    let table = table.as_table().unwrap_or_else(|| panic!("{file} is no table"));
    let list = |value: Option<&toml::Value>| {
        let words = value.and_then(toml::Value::as_array).into_iter().flatten();
        let words: Vec<&str> = words.filter_map(toml::Value::as_str).collect();
        format!("{words:?}")
    };
    let mut code = String::new();
    for (key, value) in table.iter().filter(|(key, _)| *key != "door") {
        let (name, words) = (key.to_uppercase(), list(Some(value)));
        writeln!(code, "/// `{key}` of `{file}`.\npub static {name}: &[&str] = &{words};")
            .expect("a string grows");
    }
    code.push_str("/// The doors of `guard.toml`.\nstatic DOORS: &[Door] = &[\n");
    for door in table.get("door").and_then(toml::Value::as_array).into_iter().flatten() {
        let keys = ["programs", "starts", "words", "holds", "calls", "options", "values", "but_for"];
        for key in door.as_table().into_iter().flat_map(toml::Table::keys) {
            assert!(keys.contains(&key.as_str()), "{file}: a door has no `{key}`: {door}");
        }
        let lists = keys.map(|key| format!("{key}: &{}", list(door.get(key))));
        writeln!(code, "    Door {{ {} }},", lists.join(", ")).expect("a string grows");
    }
    code.push_str("];\n");
    code
}
