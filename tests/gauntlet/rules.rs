//! The rules' pages: each `bad` example yields exactly one finding of its rule, each `good` one none.

use libtest_mimic::Trial;

/// One test an example.
pub fn tests() -> Vec<Trial> {
    Vec::new()
}
