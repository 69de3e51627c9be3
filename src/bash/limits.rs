//! Texts that no parser is shown: nested so deeply that a parser would take minutes or the process down with it.
//!
//! The depth is counted without regard to quotes, so a text may be refused that only looks deep; a script that people
//! wrote never comes near. Everything else is bounded by the parsers' own budgets.

/// Brackets of one kind that may be open at once.
const MAX_OPEN: u32 = 200;

/// Prefixes (`!`, `time`, `coproc`) that may follow one another.
const MAX_PREFIXES: u32 = 64;

/// Steps of the parser beside those that the length of the text allows.
const FUEL_BASE: usize = 1_000_000;

/// Steps of the parser for every byte.
const FUEL_PER_BYTE: usize = 40;

/// Levels of the tree that a parser may build.
pub(super) const MAX_TREE_DEPTH: usize = 100;

/// What the parser may spend on a text.
pub(super) fn fuel(text: &str) -> usize {
    FUEL_BASE.saturating_add(text.len().saturating_mul(FUEL_PER_BYTE))
}

/// Whether the text may be shown to the parsers.
pub(super) fn allows(text: &str) -> bool {
    let mut open = [0_u32; 3];
    for byte in text.bytes() {
        let (kind, opens) = match byte {
            b'(' => (0, true),
            b')' => (0, false),
            b'{' => (1, true),
            b'}' => (1, false),
            b'[' => (2, true),
            b']' => (2, false),
            _ => continue,
        };
        open[kind] = if opens { open[kind] + 1 } else { open[kind].saturating_sub(1) };
        if open[kind] > MAX_OPEN {
            return false;
        }
    }
    let mut prefixes = 0;
    for word in text.split_ascii_whitespace() {
        prefixes = if matches!(word, "!" | "time" | "coproc") { prefixes + 1 } else { 0 };
        if prefixes > MAX_PREFIXES {
            return false;
        }
    }
    true
}
