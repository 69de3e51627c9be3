//! Which line of which script makes a call, under which name, and where it is answered: worked out from what the call's process is
//! told.
//!
//! Also compiled alone, as a part of the program in `stub/`: nothing here may need more than `alloc`.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::places;

/// What a process can find out.
pub trait Told {
    /// The value of a variable of the environment, where it is text.
    fn variable(&self, name: &str) -> Option<String>;
    /// The folder in which it runs.
    fn folder(&self) -> Option<String>;
    /// Whether there is a file of that path.
    fn exists(&self, path: &str) -> bool;
}

/// Which line of which script calls: what the shell's `DEBUG` trap said last.
pub fn caller(told: &impl Told) -> Option<(String, u32)> {
    let place = |text: &str| {
        let (file, line) = text.rsplit_once(':')?;
        let line: u32 = line.parse().ok()?;
        (!file.is_empty()).then(|| (file.to_string(), line))
    };
    let own = told.variable("GAUNTLET_AT");
    let outer = || told.variable("GAUNTLET_OUTER").and_then(|text| place(&text));
    // A line of a text that the script hands to a shell elsewhere.
    let inner = || {
        let line: i64 = own.as_ref()?.strip_prefix(':')?.parse().ok()?;
        let behind: i64 = told.variable("GAUNTLET_BEHIND")?.parse().ok()?;
        Some((outer()?.0, u32::try_from(line + behind).ok()?))
    };
    let (file, line) = own.as_deref().and_then(place).or_else(inner).or_else(outer)?;
    if file.starts_with('/') {
        return Some((tidy(&file), line));
    }
    // As it was named when the shell started; a library may have been named later, from another folder.
    let bases = [told.variable("GAUNTLET_CWD"), told.folder()];
    let paths = bases.into_iter().flatten().map(|base| format!("{base}/{file}"));
    let found = { paths }.find(|path| told.exists(path));
    Some((found.map_or(file, |path| tidy(&path)), line))
}

/// The name under which this binary was executed: `argv[0]` is the caller's to choose.
pub fn program(executed: &str, called: &str) -> String {
    let own = [places::STUB, places::WHOLE].contains(&executed);
    let name = if own || executed.is_empty() { called } else { executed };
    name.rsplit('/').next().unwrap_or_default().to_string()
}

/// The abstract name of the trial's socket, in a world whose `/` is that folder. Where it is none, the network is the world's own.
pub fn socket(root: &str) -> Vec<u8> {
    [places::SOCKET, root.rsplit('/').next().unwrap_or_default().as_bytes()].concat()
}

/// Without `.` and `x/..`.
fn tidy(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    format!("/{}", parts.join("/"))
}
