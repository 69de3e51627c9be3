//! The shell's own commands: which of them change nothing outside of the shell and evaluate nothing.

use crate::bash::is_name;
use crate::commands::HOLE;

use super::environment::{Class, class};

/// Builtins that do nothing but print, test or steer this shell, whatever their words are.
const INERT: [&str; 24] = [
    ":", "true", "false", "echo", "pwd", "cd", "pushd", "popd", "dirs", "type", "help", "times", "wait",
    "exit", "return", "break", "continue", "shift", "caller", "jobs", "[", "test", "printf", "logout",
];

/// Whether a function of that name would shadow a command of the shell.
pub(super) fn is_inert_name(name: &str) -> bool {
    INERT.contains(&name)
        || [
            "read",
            "set",
            "shopt",
            "unset",
            "export",
            "declare",
            "local",
            "typeset",
            "readonly",
            "eval",
            "exec",
            "source",
            ".",
            "trap",
            "command",
            "builtin",
            "kill",
            "mapfile",
            "readarray",
            "let",
            "alias",
            "hash",
            "getopts",
            "umask",
            "ulimit",
            "enable",
            "compgen",
            "complete",
            "history",
            "fc",
            "bind",
        ]
        .contains(&name)
}

/// Why a builtin is not known to be inert; `None` where it is.
/// `loose`: one of its words may be none, or several.
pub(super) fn why_not_inert(words: &[String], loose: bool) -> Option<String> {
    let (name, args) = words.split_first()?;
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let unknown = loose || args.iter().any(|arg| arg.contains(HOLE));
    let evaluates = || Some(format!("`{name}` evaluates the names that it is given"));
    match name.as_str() {
        "test" | "[" => {
            let mut pairs = args.windows(2);
            let bad = pairs.any(|pair| ["-v", "-R"].contains(&pair[0]) && !is_name(pair[1]));
            let hidden = loose
                || args.iter().any(|arg| arg.starts_with(HOLE)) && args.iter().any(|arg| arg.contains('['));
            if bad || hidden { evaluates() } else { None }
        }
        "printf" => {
            let first = args.first().copied().unwrap_or_default();
            let variable = first
                .strip_prefix("-v")
                .map(|rest| if rest.is_empty() { args.get(1).copied().unwrap_or_default() } else { rest });
            match variable {
                None if first.starts_with(HOLE) => {
                    Some("what `printf` is told to do is not known".to_owned())
                }
                None => None,
                Some(variable) => variable_set(variable, "printf -v"),
            }
        }
        "cd" | "pushd" | "popd" | "dirs" | "shift" | "exit" | "return" | "break" | "continue" | "logout" => {
            None
        }
        "wait" if args.iter().any(|arg| arg.starts_with("-p")) => evaluates(),
        name if INERT.contains(&name) => None,
        "read" => read(&args, unknown),
        "mapfile" | "readarray" => mapfile(&args, unknown),
        "unset" => {
            let bad = |arg: &&&str| !(arg.starts_with('-') || is_name(arg) && class(arg) == Class::Own);
            let functions = args.first().is_some_and(|arg| arg.starts_with('-') && arg.contains(['f', 'n']));
            (functions || args.iter().any(|arg| bad(&arg))).then(|| {
                "`unset` evaluates the names that it is given, and takes away what others may rely on"
                    .to_owned()
            })
        }
        "set" => set(&args),
        "shopt" => shopt(&args),
        "command" => None,
        "kill" => {
            let asks = args.first().is_some_and(|arg| ["-l", "-L"].contains(arg))
                || args.len() == 2 && args[0] == "-0" && args[1].bytes().all(|byte| byte.is_ascii_digit());
            (!asks).then(|| "`kill` signals processes".to_owned())
        }
        "exec" | "hash" | "umask" | "alias" if args.is_empty() => None,
        "ulimit" if args.iter().all(|arg| arg.starts_with('-')) => None,
        "compgen" if matches!(args.as_slice(), ["-b" | "-c" | "-k" | "-v" | "-u"]) => None,
        "trap" if args.is_empty() || args == ["-p"] || args == ["-l"] => None,
        "trap" if args.first().is_some_and(|arg| ["-", ""].contains(arg)) => None,
        _ => Some(format!("`{name}` changes what the shell does, or evaluates its words")),
    }
}

/// The variable that decides what runs, where a builtin sets it by its name.
pub(super) fn hijacked(words: &[String]) -> Option<&str> {
    let (name, args) = words.split_first()?;
    let by_name = match name.as_str() {
        "read" | "mapfile" | "readarray" | "getopts" => args,
        "printf" if args.first().is_some_and(|word| word == "-v") => args.get(1..2)?,
        _ => return None,
    };
    by_name.iter().map(String::as_str).find(|word| is_name(word) && class(word) == Class::Hijack)
}

fn variable_set(name: &str, by: &str) -> Option<String> {
    if !is_name(name) {
        return Some(format!("`{by}` evaluates the name that it is given"));
    }
    (class(name) != Class::Own && name != "REPLY")
        .then(|| format!("`{by}` sets `{name}`, which changes what programs do"))
}

fn read(args: &[&str], unknown: bool) -> Option<String> {
    if unknown {
        return Some("which variables `read` sets is not known".to_owned());
    }
    let mut at = 0;
    while at < args.len() {
        let arg = args[at];
        at += 1;
        if let Some(letters) = arg.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            for (index, letter) in letters.char_indices() {
                match letter {
                    'r' | 's' | 'e' => {}
                    'p' | 't' | 'n' | 'N' | 'd' | 'u' | 'i' | 'a' => {
                        let rest = &letters[index + 1..];
                        let value = if rest.is_empty() {
                            at += 1;
                            args.get(at - 1).copied().unwrap_or_default()
                        } else {
                            rest
                        };
                        if letter == 'a'
                            && let Some(why) = variable_set(value, "read -a")
                        {
                            return Some(why);
                        }
                        break;
                    }
                    _ => return Some(format!("`read -{letter}` is not known")),
                }
            }
        } else if let Some(why) = variable_set(arg, "read") {
            return Some(why);
        }
    }
    None
}

fn mapfile(args: &[&str], unknown: bool) -> Option<String> {
    if unknown || args.iter().any(|arg| arg.starts_with('-') && arg.contains(['C', 'O'])) {
        return Some("`mapfile` may be told to run a command".to_owned());
    }
    let mut operands = args.iter();
    while let Some(arg) = operands.next() {
        if ["-d", "-n", "-s", "-u", "-c"].contains(arg) {
            operands.next();
        } else if !arg.starts_with('-')
            && let Some(why) = variable_set(arg, "mapfile")
        {
            return Some(why);
        }
    }
    None
}

fn set(args: &[&str]) -> Option<String> {
    const NAMES: [&str; 7] = ["pipefail", "errexit", "nounset", "xtrace", "noclobber", "verbose", "noglob"];
    let mut words = args.iter();
    if args.is_empty() {
        return Some("`set` prints every variable, secrets too".to_owned());
    }
    while let Some(arg) = words.next() {
        if ["--", "-"].contains(arg) || !arg.starts_with(['-', '+']) {
            return None;
        }
        let letters = &arg[1..];
        if letters.chars().any(|letter| !"euxofCvE".contains(letter)) {
            return Some(format!("`set {arg}` changes how the shell reads commands"));
        }
        if letters.contains('o') {
            match words.next() {
                Some(name) if NAMES.contains(name) => {}
                None => return None,
                Some(name) => return Some(format!("`set -o {name}` changes how the shell reads commands")),
            }
        }
    }
    None
}

fn shopt(args: &[&str]) -> Option<String> {
    const NAMES: [&str; 11] = [
        "nullglob",
        "failglob",
        "dotglob",
        "globstar",
        "extglob",
        "nocaseglob",
        "nocasematch",
        "inherit_errexit",
        "pipefail",
        "globskipdots",
        "checkjobs",
    ];
    let bad = args
        .iter()
        .find(|arg| !["-s", "-u", "-q", "-p", "-o", "-so", "-uo"].contains(arg) && !NAMES.contains(arg));
    bad.map(|arg| format!("`shopt {arg}` changes how the shell reads commands"))
}
