//! How long a script may wait for something, read from its text: a loop with a limit ends, however high that is.

use std::sync::LazyLock;

use regex::Regex;

/// Whoever makes the same call more often, and has no higher limit of his own, will never end.
const TURNS: u32 = 400;
/// Nobody counts further than that.
const MOST_TURNS: u32 = 4_000;
/// What a loop may do in one turn more than once.
const MARGIN: u32 = 50;

/// Where a number may be the limit of a loop: `{1..600}`, `seq 600`, `-lt 600`, `i < 600`, `max_tries=${MAX:-600}`.
static LIMIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)\{\d+\.\.(\d{3,4})\}|\bseq\s(?:\S+\s)*?(\d{3,4})\b|(?:-l[te]|-g[te]|-eq|[<>]=?)\s*"?(\d{3,4})\b|\w*(?:max|tries|attempt|retr|count|limit|timeout|wait|deadline|loop|poll|turn)\w*=["'$\{\w:-]*?(\d{3,4})\b"#,
    )
    .expect("it compiles: a test uses it")
});

/// Where a script looks at the clock.
static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\bdate\b.*%s|\bSECONDS\b|\bEPOCH|%\([^)]*\)T").expect("it compiles: a test uses it")
});

/// How long a script waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// How often it may make the same call.
    pub turns: u32,
    /// Whether it looks at the clock for the end.
    pub by_the_clock: bool,
}

impl Default for Waits {
    fn default() -> Self {
        Self { turns: TURNS, by_the_clock: false }
    }
}

impl Waits {
    /// Reads scripts.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut waits = Self::default();
        for text in texts {
            waits.by_the_clock |= CLOCK.is_match(text);
            let numbers = LIMIT.captures_iter(text).filter_map(|found| {
                found.iter().skip(1).flatten().next().and_then(|number| number.as_str().parse::<u32>().ok())
            });
            let highest = numbers.filter(|number| *number <= MOST_TURNS).max().unwrap_or_default();
            waits.turns = waits.turns.max(highest + MARGIN);
        }
        if waits.by_the_clock {
            waits.turns = MOST_TURNS;
        }
        waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_a_loop_is_read_from_its_text() {
        for (text, turns) in [
            ("for i in {1..600}; do x; done", 650),
            ("for i in $(seq 1 900); do x; done", 950),
            ("while [ \"$n\" -lt 720 ]; do x; done", 770),
            ("while ((n < 1200)); do x; done", 1250),
            ("MAX_TRIES=${MAX_TRIES:-500}", 550),
            ("until x; do sleep 5; done; psql -p 5432; chmod 0644 y", 400),
            ("for i in {1..30}; do x; done", 400),
        ] {
            assert_eq!(Waits::of([text]), Waits { turns, by_the_clock: false }, "{text}");
        }
        for text in ["end=$(($(date +%s) + 600))", "while ((SECONDS < 600))", "printf -v now '%(%s)T' -1"] {
            assert!(Waits::of([text]).by_the_clock, "{text}");
        }
        assert!(!Waits::of(["day=$(date +%F)"]).by_the_clock);
    }
}
