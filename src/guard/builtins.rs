//! The shell's own commands: which of them change nothing outside of the shell and evaluate nothing.

use crate::bash::{counts_bytes, is_name};
use crate::commands::{HOLE, Tables};

use super::environment::{Class, class};

/// Builtins that do nothing but print, test or steer this shell, whatever their words are.
const INERT: [&str; 24] = [
    ":", "true", "false", "echo", "pwd", "cd", "pushd", "popd", "dirs", "type", "help", "times", "wait",
    "exit", "return", "break", "continue", "shift", "caller", "jobs", "[", "test", "printf", "logout",
];

/// Builtins that may set the variables which their words name.
pub(super) const SETTING: [&str; 13] = [
    "read",
    "mapfile",
    "readarray",
    "printf",
    "getopts",
    "wait",
    "let",
    "unset",
    "export",
    "declare",
    "typeset",
    "local",
    "readonly",
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
            let (variable, rest) = given_to_printf(&args);
            let (format, values) =
                rest.split_first().map_or(("", rest), |(format, values)| (*format, values));
            let unknown = |word: &&str| word.contains(HOLE);
            if format.starts_with(HOLE) || format.contains(HOLE) && values.iter().any(unknown) {
                return Some("what `printf` is told to do is not known".to_owned());
            }
            let counted = if counts_bytes(format) { values } else { &[] };
            let counted = counted.iter().find_map(|name| variable_set(name, "printf %n"));
            counted.or_else(|| variable.and_then(|variable| variable_set(variable, "printf -v")))
        }
        "jobs" => {
            let may_run = |arg: &&str| arg.starts_with(HOLE);
            (loose || args.len() > 1 && args.iter().any(may_run))
                .then(|| "`jobs` may be told to run a command".to_owned())
        }
        "cd" | "pushd" | "popd" | "dirs" | "shift" | "exit" | "return" | "break" | "continue" | "logout" => {
            None
        }
        "wait" if args.iter().any(|arg| arg.starts_with("-p")) => evaluates(),
        name if INERT.contains(&name) => None,
        "read" => read(&args, unknown),
        "mapfile" | "readarray" => mapfile(&args, unknown),
        "unset" => {
            // Without them git looks where it is.
            let places = |name: &str| ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"].contains(&name);
            let harmless = |name: &str| is_name(name) && (class(name) == Class::Own || places(name));
            // An element by its number.
            let element = |arg: &str| {
                let (name, index) =
                    arg.strip_suffix(']').and_then(|arg| arg.split_once('[')).unwrap_or_default();
                let digits = index.strip_prefix('-').unwrap_or(index);
                harmless(name) && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
            };
            let bad = |arg: &&&str| !(arg.starts_with('-') || harmless(arg) || element(arg));
            let functions = args.first().is_some_and(|arg| arg.starts_with('-') && arg.contains(['f', 'n']));
            (functions || args.iter().any(|arg| bad(&arg))).then(|| {
                "`unset` evaluates the names that it is given, and takes away what others may rely on"
                    .to_owned()
            })
        }
        "set" => set(&args),
        "shopt" if !unknown && args.iter().all(|arg| is_name(arg) || ["-q", "-p"].contains(arg)) => None,
        "shopt" => shopt(&args),
        "command" => None,
        "kill" => {
            let asks = args.first().is_some_and(|arg| ["-l", "-L"].contains(arg))
                || args.len() == 2 && args[0] == "-0" && args[1].bytes().all(|byte| byte.is_ascii_digit());
            (!asks).then(|| "`kill` signals processes".to_owned())
        }
        "exec" | "hash" | "umask" | "alias" if args.is_empty() => None,
        // What prints, and does nothing else.
        "alias" if !unknown && args.iter().all(|arg| *arg == "-p" || is_name(arg) || names_nothing(arg)) => {
            None
        }
        "unalias" if !unknown && args.iter().all(|arg| is_name(arg)) => None,
        "hash" if args == ["-l"] || args == ["-r"] => None,
        "bind" if matches!(args.as_slice(), ["-l" | "-p" | "-P" | "-s" | "-S" | "-v" | "-V" | "-X"]) => None,
        "history" if args.iter().all(|arg| arg.bytes().all(|byte| byte.is_ascii_digit())) && !loose => None,
        "getopts" if args.len() > 1 && !unknown => variable_set(args[1], "getopts"),
        "complete" if args == ["-p"] => None,
        "enable" if matches!(args.as_slice(), ["-a" | "-p" | "-n" | "-s"]) => None,
        "umask" if args == ["-S"] || args == ["-p"] => None,
        "ulimit" if args.iter().all(|arg| arg.starts_with('-')) => None,
        "compgen" if matches!(args.as_slice(), ["-b" | "-c" | "-k" | "-v" | "-u"]) => None,
        "compgen" if args.len() == 2 && args[0] == "-A" => {
            let kinds = ["function", "builtin", "keyword", "alias", "command", "variable", "shopt", "signal"];
            (!kinds.contains(&args[1])).then(|| "`compgen` may run a command".to_owned())
        }
        "hash" if args.len() > 1 && args[0] == "-t" && !unknown => None,
        "trap" if args.is_empty() || args == ["-p"] || args == ["-l"] => None,
        "trap" if args.first().is_some_and(|arg| ["-", ""].contains(arg)) => None,
        _ => Some(format!("`{name}` changes what the shell does, or evaluates its words")),
    }
}

/// Whether an alias (`name=text`) takes no command's place: whoever writes the name runs what nobody knows, and is asked.
/// Its text is looked at by itself.
fn names_nothing(alias: &str) -> bool {
    const KEYWORDS: [&str; 16] = [
        "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "select",
        "function", "time", "coproc",
    ];
    let tables = Tables::builtin();
    alias.split_once('=').is_some_and(|(name, _)| {
        is_name(name)
            && tables.tool(name).is_none()
            && tables.wrappers(name).is_empty()
            && !is_inert_name(name)
            && !KEYWORDS.contains(&name)
    })
}

/// The variable that decides what runs, where a builtin sets it by its name.
pub(super) fn hijacked(words: &[String]) -> Option<&str> {
    let by_name = words
        .first()
        .is_some_and(|name| ["read", "mapfile", "readarray", "getopts", "printf"].contains(&name.as_str()));
    let names = if by_name { sets(words) } else { Vec::new() };
    names.into_iter().find(|word| is_name(word) && class(word) == Class::Hijack)
}

/// The variables that a builtin sets, and perhaps words that are none.
pub(super) fn sets(words: &[String]) -> Vec<&str> {
    let Some((name, args)) = words.split_first() else { return Vec::new() };
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match name.as_str() {
        "read" | "mapfile" | "readarray" => {
            let other = if name == "read" { "REPLY" } else { "MAPFILE" };
            std::iter::once(other).chain(args.into_iter().map(named)).collect()
        }
        "getopts" => ["OPTARG", "OPTIND"].into_iter().chain(args).collect(),
        "printf" => {
            let (variable, rest) = given_to_printf(&args);
            let counts = rest.first().is_some_and(|format| counts_bytes(format) || format.contains(HOLE));
            variable.into_iter().chain(if counts { rest } else { &[] }.iter().copied()).collect()
        }
        "wait" if args.iter().any(|word| word.starts_with("-p")) => args.into_iter().map(named).collect(),
        "let" => args
            .into_iter()
            .flat_map(|text| text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
            .collect(),
        "unset" | "export" | "declare" | "typeset" | "local" | "readonly" => {
            args.into_iter().map(|word| word.split(['=', '+', '[']).next().unwrap_or(word)).collect()
        }
        _ => Vec::new(),
    }
}

/// The variable that a word names by which a builtin sets one: `NAME`, `-vNAME`, `-raNAME`.
fn named(word: &str) -> &str {
    let attached = word.strip_prefix('-').and_then(|letters| letters.split_once(['v', 'a', 'p']));
    attached.map_or(word, |(_, name)| name)
}

/// The variable that `printf` sets, and the words behind its options.
fn given_to_printf<'w, 'l>(args: &'l [&'w str]) -> (Option<&'w str>, &'l [&'w str]) {
    let mut variable = None;
    let mut rest = args;
    while let Some((first, behind)) = rest.split_first() {
        match first.strip_prefix("-v") {
            Some("") => {
                variable = behind.first().copied();
                rest = behind.get(1..).unwrap_or_default();
            }
            Some(name) => {
                variable = Some(name);
                rest = behind;
            }
            None if *first == "--" => return (variable, behind),
            None => break,
        }
    }
    (variable, rest)
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
    if args[0].starts_with(HOLE) {
        return Some(
            "what `set` is told is not known: where that is nothing, it prints every variable".to_owned(),
        );
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
