//! `gauntlet` keeps a repository of operations scripts honest.
//!
//! The modules are floors: each imports only floors below its own, and siblings never import each other
//! (`tests/` proves it). `docs/architecture.md` has the map.

// 0: vocabulary (pure)
pub mod event;
pub mod fault;
pub mod finding;
pub mod id;
pub mod nearest;
pub mod source;
pub mod verdict;

// 1: understanding (pure)
pub mod bash;
pub mod catalogue;
pub mod changelog;
pub mod commands;
pub mod facts;
pub mod markdown;
pub mod settings;

// 2: judgement (pure)
pub mod guard;
pub mod lint;
pub mod trial;

// 3: the world
pub mod repo;
pub mod report;
pub mod sandbox;
pub mod witness;

// 4: jobs
pub mod run;

// 5: the command line
pub mod cli;

/// Following a script makes and drops many small values; the system's allocator takes half as long again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
