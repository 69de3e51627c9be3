//! Text to syntax: no panic, and every place where it must be.

#![no_main]

use gauntlet::bash;
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/suite/spans.rs"]
mod spans;

fuzz_target!(|text: &str| {
    let reading = bash::parse(text);
    let wrong = spans::complaints(&reading, text);
    assert!(wrong.is_empty(), "{text:?}: {wrong:#?}");
});
