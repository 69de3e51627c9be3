//! Text to syntax to facts: no panic, no hang, no outbreak of memory.

#![no_main]

use gauntlet::{bash, facts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let reading = bash::parse(text);
    let _ = facts::invocations(&reading.script);
});
