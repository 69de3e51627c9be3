//! What the world's shells read first: it tells the stubs which line of which script calls them.
//!
//! A `DEBUG` trap exports the place of every command before it runs. It keeps `$?`, `PIPESTATUS` and `BASH_REMATCH`.
//! The careful form also keeps `$_`, stays out of an `xtrace`, and steps back where the script sets a `DEBUG` or
//! `RETURN` trap of its own (`functrace` would make its `RETURN` trap fire in every function that it calls); it
//! costs several times as much, so a trial gets it only where its files mention such things.

use super::wire::Seed;

/// What is the same in both forms: the fixed clock, and names that nobody knew beforehand.
const COMMON: &str = r#"case ${GAUNTLET_AT-} in
"" | :*) export GAUNTLET_OUTER="${GAUNTLET_OUTER-}" ;;
/*) export GAUNTLET_OUTER="$GAUNTLET_AT" ;;
*) export GAUNTLET_OUTER="${GAUNTLET_CWD-}/$GAUNTLET_AT" ;;
esac
export GAUNTLET_CWD="$PWD" GAUNTLET_AT=
unset EPOCHSECONDS EPOCHREALTIME
EPOCHSECONDS=1767323045 EPOCHREALTIME=1767323045.000000 RANDOM=1
command_not_found_handle() { GAUNTLET_AT="${BASH_SOURCE[1]-}:${BASH_LINENO[0]-}" exec -a "$1" /.gauntlet/call "${@:2}"; }
set -o functrace
"#;

const PLAIN: &str = "trap 'GAUNTLET_AT=${BASH_SOURCE-}:$LINENO' DEBUG
";

const CAREFUL: &str = r#"trap '{ GAUNTLET_LAST=${_-}; GAUNTLET_AT=${BASH_SOURCE-}:$LINENO; case $BASH_COMMAND in *trap*DEBUG*) GAUNTLET_AT= GAUNTLET_OUTER=;; *trap\ -\ *RETURN*) set -o functrace;; *trap*RETURN*) set +o functrace;; esac; : "$GAUNTLET_LAST"; } 2>/dev/null' DEBUG
"#;

/// Words in a script that call for the careful form.
const DELICATE: &[&str] = &["RETURN", "DEBUG", "xtrace", "$_", "${_", "BASH_XTRACEFD"];

/// The text of `BASH_ENV`.
pub(super) fn environment(careful: bool) -> String {
    format!("{COMMON}{}", if careful { CAREFUL } else { PLAIN })
}

/// Whether the trial's scripts need the careful form.
pub(super) fn needs_care(seeds: &[Seed], command: &[String]) -> bool {
    let traced = |word: &str| {
        word.len() > 1
            && word.starts_with(['-', '+'])
            && word.ends_with(|last: char| last.is_ascii_alphabetic())
            && word[1..].bytes().all(|byte| byte.is_ascii_alphabetic())
            && word.contains('x')
    };
    command.iter().take(3).any(|word| traced(word))
        || seeds.iter().any(|seed| {
            let text = String::from_utf8_lossy(&seed.content);
            DELICATE.iter().any(|word| text.contains(word))
                || text.lines().any(|line| {
                    let may_trace = line.contains("set ") || line.contains("sh ") || line.starts_with("#!");
                    may_trace && line.split_whitespace().any(traced)
                })
        })
}
