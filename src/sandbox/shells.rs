//! What the world's shells read first: it tells the stubs which line of which script calls them.
//!
//! A `DEBUG` trap exports the place of every command before it runs. It keeps `$?`, `PIPESTATUS` and `BASH_REMATCH`.
//! The careful form also keeps `$_`, stays out of an `xtrace`, and steps back where the script sets a `DEBUG` or
//! `RETURN` trap of its own (`functrace` would make its `RETURN` trap fire in every function that it calls); it
//! costs several times as much, so a trial gets it only where its files mention such things.
//!
//! Where `GAUNTLET_POSIX` is set the script is one for `sh`: bash keeps to POSIX for it.
//!
//! Where `GAUNTLET_LIVES` names a process that only a guess knows of, `kill` finds it, until it is told to end.

use super::places;
use super::wire::Seed;

/// What is the same in all forms: the fixed clock, and names that nobody knew beforehand. A shell that reads its stdin reads the
/// document behind its own line, where that line has one.
const COMMON: &str = r#"case ${GAUNTLET_AT-} in
"" | :*) export GAUNTLET_OUTER="${GAUNTLET_OUTER-}" ;;
/*) export GAUNTLET_OUTER="$GAUNTLET_AT" ;;
*) export GAUNTLET_OUTER="${GAUNTLET_CWD-}/$GAUNTLET_AT" ;;
esac
case ${GAUNTLET_AT-}${GAUNTLET_BEHIND:+ behind} in
:*behind) GAUNTLET_OUTER=${GAUNTLET_OUTER%:*}:$((${GAUNTLET_AT#:} + GAUNTLET_BEHIND)) ;;
esac
[[ -z ${GAUNTLET_AT-} ]] || unset GAUNTLET_BEHIND
case ${0##*/}-$-/${GAUNTLET_BEHIND-}$GAUNTLET_OUTER in
*-*c*//*) ;;
bash-*//*:* | sh-*//*:*) mapfile -t -s $((${GAUNTLET_OUTER##*:} - 1)) -n 1 GAUNTLET_LINE <"${GAUNTLET_OUTER%:*}"
  case ${GAUNTLET_LINE-} in
  *"<<<"*) ;;
  *"<<"*) export GAUNTLET_BEHIND=${GAUNTLET_OUTER##*:} ;;
  esac
  unset GAUNTLET_LINE ;;
esac 2>/dev/null
export GAUNTLET_CWD="$PWD" GAUNTLET_AT=
unset EPOCHSECONDS EPOCHREALTIME
EPOCHSECONDS=1767323045 EPOCHREALTIME=1767323045.000000 RANDOM=1
case ${GAUNTLET_LIVES-} in "") ;; *) kill() {
  case " $* " in *" ${GAUNTLET_LIVES:-.} "*) ;; *) builtin kill "$@"; return ;; esac
  case " $* " in *" -0 "* | *HUP* | *USR* | *" -1 "*) ;; *) GAUNTLET_LIVES= ;; esac
} ;; esac
command_not_found_handle() { GAUNTLET_AT="${BASH_SOURCE[1]-}:${BASH_LINENO[0]-}" exec -a "$1" /.gauntlet/call "${@:2}"; }
case ${GAUNTLET_POSIX-} in "") ;; *) unset GAUNTLET_POSIX; set -o posix ;; esac
"#;

/// What a shell reads first that is left as it is: only names that nobody knew beforehand.
pub(super) const UNTRACED: &str = r#"command_not_found_handle() { GAUNTLET_AT="${BASH_SOURCE[1]-}:${BASH_LINENO[0]-}" exec -a "$1" /.gauntlet/call "${@:2}"; }
"#;

/// The clock that bash keeps in variables, as plain ones that follow the world's time. A script may set `SECONDS`. What
/// `printf '%(...)T'` says of now, and of when the shell began, is of that time too.
const CLOCK: &str = r#"unset SECONDS
SECONDS=0 GAUNTLET_TICK=0
printf() {
  { local -; set +x; } 2>/dev/null
  case "$*" in *"%("*")T"*) ;; *) builtin printf "$@"; return ;; esac
  local GAUNTLET_WORDS GAUNTLET_REST
  case $1 in -v) GAUNTLET_WORDS=("${@:1:2}"); shift 2 ;; esac
  case $1 in --) shift ;; esac
  GAUNTLET_WORDS+=(-- "$1")
  GAUNTLET_REST=${1//%%/}
  shift
  while :; do
    case $GAUNTLET_REST in *%*) GAUNTLET_REST=${GAUNTLET_REST#*%} ;; *) break ;; esac
    case $GAUNTLET_REST/${1--1} in
    "("*")T"*/-1) GAUNTLET_WORDS+=("$EPOCHSECONDS") ;;
    "("*")T"*/-2) GAUNTLET_WORDS+=(1767323045) ;;
    *) GAUNTLET_WORDS+=("${1-}") ;;
    esac
    case $GAUNTLET_REST in "("*")T"*) GAUNTLET_REST=${GAUNTLET_REST#*")T"} ;; esac
    shift $(($# > 0))
  done
  builtin printf "${GAUNTLET_WORDS[@]}" "$@"
}
read -r GAUNTLET_TICK 2>/dev/null </.gauntlet/state/.clock
EPOCHSECONDS=$((EPOCHSECONDS + GAUNTLET_TICK)) EPOCHREALTIME=$((1767323045 + GAUNTLET_TICK)).000000
"#;

/// What the trap does about it before each command.
const TICK: &str = r#"{ read -r GAUNTLET_NOW </.gauntlet/state/.clock; case ${GAUNTLET_NOW-} in "$GAUNTLET_TICK") ;; *) SECONDS=$((SECONDS + GAUNTLET_NOW - GAUNTLET_TICK)); EPOCHSECONDS=$((EPOCHSECONDS + GAUNTLET_NOW - GAUNTLET_TICK)); EPOCHREALTIME=$EPOCHSECONDS.000000; GAUNTLET_TICK=$GAUNTLET_NOW;; esac; } 2>/dev/null; "#;

/// Bash seeds `RANDOM` anew in each subshell, and nothing seeds `SRANDOM`.
const CHANCE: &str = r"unset SRANDOM
SRANDOM=1 GAUNTLET_STEP=1 GAUNTLET_SHELL=$BASHPID
";

/// What the trap does about it before each command: a subshell gets a seed by the number of the command that it is part of.
const DRAW: &str = r#"case $BASHPID in "$GAUNTLET_SHELL") ;; *) GAUNTLET_SHELL=$BASHPID RANDOM=$GAUNTLET_STEP;; esac; GAUNTLET_STEP=$((GAUNTLET_STEP + 1)) SRANDOM=$((GAUNTLET_STEP * 2654435761 & 4294967295)); "#;

/// What a bare `exit` in an `EXIT` trap ends with is what was so before the trap; a `DEBUG` trap makes bash forget that. So the
/// trap remembers it where a handler begins: the line is another one, and bash still names the command before it. In the handler
/// of a signal, which the world alone sends, a bare `exit` ends with what was last.
const ENDS: &str = r#"case $BASH_COMMAND in "${GAUNTLET_DONE-}") case ${GAUNTLET_IN-}:$LINENO in :"${GAUNTLET_LINE-}") ;; :*) GAUNTLET_END=$? GAUNTLET_IN=1; case ${GAUNTLET_TOLD-} in "") if read -r GAUNTLET_SIGNAL </.gauntlet/state/.signal; then case $(trap -p "$GAUNTLET_SIGNAL") in "") ;; *) GAUNTLET_TOLD=1 GAUNTLET_END=;; esac; fi;; esac 2>/dev/null; case :$SHELLOPTS: in *:posix:*) ;; *) exit() { GAUNTLET_END=${1-${GAUNTLET_END:-$?}}; builtin exit "$GAUNTLET_END"; };; esac;; esac;; *) case ${GAUNTLET_IN-} in "") ;; *) unset -f exit; GAUNTLET_IN=;; esac; GAUNTLET_DONE=$BASH_COMMAND GAUNTLET_LINE=$LINENO;; esac; "#;

const PLAIN: &str = "GAUNTLET_AT=${BASH_SOURCE-}:$LINENO";

const CAREFUL: (&str, &str) = (
    "{ GAUNTLET_LAST=${_-}; ",
    r#"GAUNTLET_AT=${BASH_SOURCE-}:$LINENO; case $BASH_COMMAND in *trap*DEBUG*) GAUNTLET_AT= GAUNTLET_OUTER=;; *trap\ -\ *RETURN*) set -o functrace;; *trap*RETURN*) set +o functrace;; esac; : "$GAUNTLET_LAST"; } 2>/dev/null"#,
);

/// A text whose paths of our own begin so.
pub(super) fn seen(text: &str, root: &str) -> String {
    text.replace(places::PRIVATE, &format!("{root}{}", places::PRIVATE))
}

/// What a trial's shells read first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    careful: bool,
    clock: bool,
    ends: bool,
    chance: bool,
}

impl Form {
    /// Every form.
    pub fn all() -> impl Iterator<Item = Self> {
        let has = |form: u8, bit: u8| form & bit != 0;
        (0..16).map(move |form| Self {
            careful: has(form, 1),
            clock: has(form, 2),
            ends: has(form, 4),
            chance: has(form, 8),
        })
    }

    /// The form that the trial's scripts need.
    pub fn needed(seeds: &[Seed], command: &[String]) -> Self {
        Self {
            careful: needs_care(seeds, command),
            clock: mention(seeds, CLOCKS),
            ends: end_in_a_trap(seeds),
            chance: mention(seeds, &["RANDOM"]),
        }
    }

    /// Where it is in the world.
    pub fn path(self) -> String {
        let suffixes = [
            (self.careful, "-careful"),
            (self.clock, "-clock"),
            (self.ends, "-ends"),
            (self.chance, "-chance"),
        ];
        let suffixes = suffixes.iter().filter(|(is_so, _)| *is_so).map(|(_, suffix)| *suffix);
        format!("{}{}", places::BASH_ENV, suffixes.collect::<String>())
    }

    /// The text of `BASH_ENV`.
    pub fn text(self) -> String {
        let clock = if self.clock { CLOCK } else { "" };
        let chance = if self.chance { CHANCE } else { "" };
        format!("{COMMON}{clock}{chance}set -o functrace\ntrap '{}' DEBUG\n", self.trap())
    }

    fn trap(self) -> String {
        let tick = if self.clock { TICK } else { "" };
        let ends = if self.ends { ENDS } else { "" };
        let draw = if self.chance { DRAW } else { "" };
        if self.careful {
            format!("{}{ends}{tick}{draw}{}", CAREFUL.0, CAREFUL.1)
        } else {
            format!("{ends}{tick}{draw}{PLAIN}")
        }
    }

    /// What a shell that repeats its input (`set -v`) says of it: the whole where it is told so from the start, and the trap
    /// before each command.
    pub fn repeated(self) -> [String; 2] {
        [self.text(), self.trap() + "\n"]
    }
}

/// Words in a script that look at the clock.
const CLOCKS: &[&str] = &["SECONDS", "EPOCHREALTIME", ")T"];

/// Words in a script that call for the careful form.
const DELICATE: &[&str] = &["RETURN", "DEBUG", "xtrace", "$_", "${_", "BASH_XTRACEFD"];

/// Whether a file of the trial has one of these words.
fn mention(seeds: &[Seed], words: &[&str]) -> bool {
    seeds.iter().any(|seed| {
        let text = String::from_utf8_lossy(&seed.content);
        words.iter().any(|word| text.contains(word))
    })
}

/// Whether one of the trial's files sets traps, and ends somewhere without a status of its own.
fn end_in_a_trap(seeds: &[Seed]) -> bool {
    seeds.iter().any(|seed| {
        let text = String::from_utf8_lossy(&seed.content);
        let is_bare = |(at, word): (usize, &str)| {
            let behind = text[at + word.len()..].trim_start_matches([' ', '\t']).chars().next();
            behind.is_none_or(|next| "\n;}'\"&|)#".contains(next))
        };
        text.contains("trap") && text.match_indices("exit").any(is_bare)
    })
}

/// Whether the trial's scripts need the careful form.
fn needs_care(seeds: &[Seed], command: &[String]) -> bool {
    let traced = |word: &str| {
        word.len() > 1
            && word.starts_with(['-', '+'])
            && word.ends_with(|last: char| last.is_ascii_alphabetic())
            && word[1..].bytes().all(|byte| byte.is_ascii_alphabetic())
            && word.contains('x')
    };
    command.iter().take(3).any(|word| traced(word))
        || mention(seeds, DELICATE)
        || seeds.iter().any(|seed| {
            let text = String::from_utf8_lossy(&seed.content);
            text.lines().any(|line| {
                let may_trace = line.contains("set ") || line.contains("sh ") || line.starts_with("#!");
                may_trace && line.split_whitespace().any(traced)
            })
        })
}
