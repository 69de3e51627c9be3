//! Every key of a harness file: drives the reference page, which a test compares with what the types read.

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Path from the top, dots between the parts; `[[stub]]` and its like are written `stub`.
    pub path: &'static str,
    /// Its default, as TOML; empty where it must be given.
    pub default: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

const fn key(path: &'static str, default: &'static str, meaning: &'static str) -> Key {
    Key { path, default, meaning }
}

/// Every key there is, table by table.
pub const KEYS: &[Key] = &[
    key("version", "", "Version of the format: 1."),
    key("script", "", "The script, relative to the project root. It runs as `bash SCRIPT ARGS` in /repo."),
    key(
        "files",
        "[]",
        "Globs over the project: the other files of the world. Nothing else of the project is in it.",
    ),
    key("mutates", "[]", "Argv patterns of calls that mutate although the built-in tables do not say so."),
    key("success", "built in", "Regexes: text that claims success. Given, they replace the built-in ones."),
    key(
        "residue",
        "[]",
        "Globs over the world's paths: a lock, a temporary file, an output. After a fault none may be left unless the green run leaves it with the same content; the green run may leave those only that `expect.files` names.",
    ),
    key("env", "{}", "The script's environment. Nothing is inherited."),
    key(
        "canaries",
        "{}",
        "Environment too, but secret: no value may show in an argv, in output or in a file that is left.",
    ),
    key(
        "stub",
        "[]",
        "Answers to calls. The case's own come first; the first that matches and is not used up answers.",
    ),
    key("stub.argv", "", "The call, as an argv pattern."),
    key("stub.stdout", "\"\"", "What it prints."),
    key("stub.stderr", "\"\"", "What it prints on stderr."),
    key("stub.exit", "0", "Its exit code."),
    key("stub.times", "any number", "It answers at most so often."),
    key(
        "stub.optional",
        "false",
        "Whether it need not be called. A stub that is never called is `unmet` otherwise.",
    ),
    key(
        "stub.handler",
        "none",
        "Instead of a fixed answer: bash text, run with the call as `\"$0\" \"$@\"`; `$STATE` is a folder that lives as long as the trial.",
    ),
    key(
        "stub.reads_stdin",
        "false",
        "Whether it reads its stdin to the end. Otherwise it leaves the script's stdin alone.",
    ),
    key("stub.stdin", "none", "A glob that the whole stdin must match too; implies `reads_stdin`."),
    key("stub.writes", "{}", "Files that it writes in the world: path, content."),
    key("case", "", "The ways in which the script is run; at least one."),
    key("case.name", "", "Its name: one word, it stands in the ids of its trials."),
    key("case.args", "[]", "The script's arguments."),
    key("case.stdin", "\"\"", "What the script reads on stdin (a pipe)."),
    key(
        "case.tty",
        "no terminal",
        "What is typed at the script's terminal, that is `/dev/tty`; then its end. What the script shows there counts as stderr.",
    ),
    key("case.env", "{}", "Environment besides `env` and `canaries`; wins over both."),
    key("case.stubs", "[]", "Stubs of this case, with the keys of `stub`, tried before the others."),
    key("case.expect.exit", "0", "The exit code."),
    key("case.expect.stdout", "[]", "Regexes; each must be found."),
    key("case.expect.stderr", "[]", "Regexes; each must be found."),
    key("case.expect.absent", "[]", "Regexes; none may be found, in stdout nor in stderr."),
    key(
        "case.expect.calls",
        "[]",
        "Argv patterns of calls that come in this order; others may come between.",
    ),
    key("case.expect.mutations", "not checked", "Argv patterns: exactly the mutating calls, in order."),
    key("case.expect.files", "{}", "Files of the world after the run: path, a regex that must be found."),
    key("case.sweep", "true where `expect.exit` is 0", "Whether its calls fail in turn."),
    key(
        "case.idempotent",
        "false",
        "Whether a second run after this one, in the same world, mutates nothing and ends with exit 0.",
    ),
    key("recovery", "[]", "Faults after which exit 0 is right."),
    key("recovery.program", "", "The program's name."),
    key(
        "recovery.argv",
        "",
        "Which of its calls, as an argv pattern; one that matches every call is refused.",
    ),
    key(
        "recovery.kind",
        "",
        "The kind of fault, or several of them; `interrupt-term` names one signal of `interrupt`.",
    ),
    key("recovery.case", "every case", "The case."),
    key("recovery.reason", "", "Why that is right."),
    key("cleanup", "[]", "Mutating calls that are right after a fault: they put back, lock again, revoke."),
    key("cleanup.argv", "", "The call, as an argv pattern."),
    key("cleanup.reason", "", "Why that is right."),
];

/// Every key of a harness that is a program.
pub const SUITE_KEYS: &[Key] = &[
    key("version", "", "Version of the format: 1."),
    key(
        "command",
        "",
        "The program and its words. It runs in /repo; a shell is there, everything else must be in `tools` or in `files`.",
    ),
    key(
        "files",
        "[]",
        "Globs over the project: the files of the world. Nothing else of the project is in it.",
    ),
    key(
        "tools",
        "[]",
        "Programs of this machine that run for real, by name or absolute path; their shared libraries come along. Calls of them are not recorded.",
    ),
    key(
        "host",
        "[]",
        "Files and folders of this machine that are in the world, read-only, at the same paths: what a tool reads.",
    ),
    key("env", "{}", "Its environment. Nothing is inherited."),
    key("stdin", "\"\"", "What it reads on stdin."),
    key("stub", "[]", "Answers to calls, with the keys above."),
    key("skip", "[]", "Tests that may be skipped. One that is skipped otherwise is red."),
    key("skip.test", "", "A regex that the test's description matches."),
    key("skip.reason", "", "Why that is right."),
    key(
        "deadline_s",
        "120",
        "How many seconds of real time it may take; at most 3600. No more are given on a slow machine.",
    ),
];
