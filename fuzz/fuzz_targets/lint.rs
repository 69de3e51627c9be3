//! Text to findings: no rule fails over it.

#![no_main]

use std::sync::LazyLock;

use gauntlet::bash::InProcess;
use gauntlet::event::FileKind;

use gauntlet::facts::NoLibrary;
use gauntlet::lint::Linter;
use gauntlet::settings::Settings;
use gauntlet::source::{RepoPath, SourceText};
use libfuzzer_sys::fuzz_target;

static WITNESS: LazyLock<InProcess> = LazyLock::new(InProcess::new);
static LINTER: LazyLock<Linter> = LazyLock::new(|| {
    Linter::new(Settings::default(), &[], &[], true, "2026-01-01".to_owned()).expect("it names no rule")
});

fuzz_target!(|text: &str| {
    let source = SourceText::new(RepoPath::new("scripts/x.sh"), text.to_owned());
    LINTER.check(&source, FileKind::Script, &NoLibrary, &*WITNESS);
});
