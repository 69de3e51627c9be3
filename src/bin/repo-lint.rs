//! `gauntlet lint` under the name that operators know.

fn main() {}
