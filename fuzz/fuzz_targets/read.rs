//! Text to what both parsers make of it together: no panic, and every place where it must be.

#![no_main]

use std::sync::LazyLock;

use gauntlet::bash::{self, Dialect, InProcess};
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/suite/spans.rs"]
mod spans;

static WITNESS: LazyLock<InProcess> = LazyLock::new(InProcess::new);

fuzz_target!(|text: &str| {
    let reading = bash::read(text, Dialect::Bash, &*WITNESS);
    let wrong = spans::complaints(&reading, text);
    assert!(wrong.is_empty(), "{text:?}: {wrong:#?}");
});
