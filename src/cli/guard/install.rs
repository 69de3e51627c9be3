//! `gauntlet guard install`, `uninstall` and `check`: the guard's entry in Claude Code's settings.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use similar::TextDiff;

use crate::bash::InProcess;
use crate::cli::Failure;
use crate::guard::{self, Form, Found, Said};
use crate::repo::guard as files;
use crate::run::guard::Guarded;

use super::{folder, print, probe};

/// Options of install and uninstall.
#[derive(Debug, Args)]
pub(super) struct InstallArgs {
    /// The settings file; without it, .claude/settings.json of the project.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Show the change, and make none.
    #[arg(long)]
    dry_run: bool,
    /// Write the entry for Claude Code before 2.1.295: a line for a shell that blocks when it fails.
    #[arg(long)]
    older: bool,
}

/// Options of check.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The settings file; without it, the project's and the user's.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Leave out the probe that waits for the guard's own deadline.
    #[arg(long)]
    quick: bool,
}

/// Puts the entry in, or takes it out.
pub(super) fn change(args: &InstallArgs, installs: bool) -> Result<ExitCode, Failure> {
    let guarded = Guarded::load(&folder())?;
    let path = args.settings.clone().unwrap_or_else(|| project_file(&guarded, "settings.json"));
    if installs {
        guarded.vouched(&InProcess::new())?;
    }
    let before = files::text(&path).unwrap_or_default();
    if before.is_empty() && path.exists() && path.metadata().is_ok_and(|known| known.len() > 0) {
        return Err(format!("failed to read {}: it is no text", path.display()).into());
    }
    let form = if args.older { Form::Shell } else { Form::Exec };
    let after = if installs { guard::install(&before, &program(), &form) } else { guard::uninstall(&before) };
    let after =
        after.map_err(|error| format!("failed to change {}: {error}; repair it first", path.display()))?;
    let same = serde_json::from_str::<serde_json::Value>(&before).ok()
        == serde_json::from_str::<serde_json::Value>(&after).ok();
    if same || !installs && before.is_empty() {
        print(&format!("{} is as it should be\n", path.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let shown = path.display().to_string();
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    print(&diff.unified_diff().header(&shown, &shown).to_string())?;
    if args.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let kept = files::replace_with_backup(&path, &after)
        .map_err(|error| format!("failed to write {shown}: {error}"))?;
    let kept = kept.map_or_else(String::new, |kept| format!("; what it was is in {}", kept.display()));
    print(&format!("{shown} is written{kept}\n"))?;
    if installs {
        print("Start a new session of the agent, then run `gauntlet guard check`.\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Looks at the entries, and tries each as the agent would.
pub(super) fn check(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let guarded = Guarded::load(&folder())?;
    let mut paths =
        vec![project_file(&guarded, "settings.json"), project_file(&guarded, "settings.local.json")];
    if let Some(home) = std::env::var_os("HOME") {
        paths.push(PathBuf::from(home).join(".claude").join("settings.json"));
    }
    if let Some(path) = &args.settings {
        paths = vec![path.clone()];
    }
    let mut told = Told::default();
    let mut entries = 0;
    for path in paths {
        let Some(text) = files::text(&path) else { continue };
        let shown = path.display();
        match guard::look(&text) {
            Err(error) => told.bad(format!("{shown}: {error}")),
            Ok(said) => {
                entries += said.guards.len();
                settings(&said, &path, &mut told);
                for found in &said.guards {
                    entry(found, &mut told);
                    probe::try_entry(found, guarded.root(), args.quick, &mut told);
                }
            }
        }
    }
    match guarded.vouched(&InProcess::new()) {
        Ok(()) => told.good("the policy's cases hold"),
        Err(why) => told.bad(why),
    }
    if entries == 0 {
        told.bad("no settings file has an entry of the guard: run `gauntlet guard install`");
    }
    print(&told.text)?;
    Ok(if told.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What check says.
#[derive(Debug, Default)]
pub(super) struct Told {
    text: String,
    failed: bool,
}

impl Told {
    pub(super) fn good(&mut self, what: &str) {
        self.text.extend(["ok    ", what, "\n"]);
    }

    pub(super) fn note(&mut self, what: impl AsRef<str>) {
        self.text.extend(["note  ", what.as_ref(), "\n"]);
    }

    pub(super) fn bad(&mut self, what: impl AsRef<str>) {
        self.failed = true;
        self.text.extend(["FAIL  ", what.as_ref(), "\n"]);
    }
}

fn settings(said: &Said, path: &Path, told: &mut Told) {
    let shown = path.display();
    if said.disabled {
        told.bad(format!("{shown}: `disableAllHooks` switches the guard off: take it out"));
    }
    for other in &said.others {
        told.note(format!(
            "{shown}: another hook, `{other}`, sees the same calls; one that answers with `updatedInput` changes what runs after it was judged"
        ));
    }
    if !said.guards.is_empty() && !said.missing_rules.is_empty() {
        told.note(format!(
            "{shown}: permission rules that hold without a hook are missing ({}): `gauntlet guard install` adds them",
            said.missing_rules.join(", ")
        ));
    }
}

fn entry(found: &Found, told: &mut Told) {
    let shown = shown(found);
    if found.blocks {
        told.good(&format!("`{shown}`: a failure of it blocks"));
    } else {
        told.bad(format!(
            "`{shown}`: a failure of it lets the tool run: write `\"onFailure\": \"block\"`, or `|| exit 2` behind it"
        ));
    }
    if !found.uncovered.is_empty() {
        told.bad(format!(
            "`{shown}`: its matcher leaves out {}: write {:?}",
            found.uncovered.join(", "),
            guard::MATCHER
        ));
    }
    let too_short = found.timeout.is_some_and(|seconds| seconds < probe::LEAST_TIMEOUT_SECONDS);
    if too_short {
        told.bad(format!(
            "`{shown}`: its timeout is shorter than the guard's own deadline, and a hook that times out lets the tool run: write {} or more",
            probe::LEAST_TIMEOUT_SECONDS
        ));
    }
}

fn shown(found: &Found) -> String {
    let args = found.args.iter().flatten();
    std::iter::once(&found.command).chain(args).cloned().collect::<Vec<_>>().join(" ")
}

fn project_file(guarded: &Guarded, name: &str) -> PathBuf {
    guarded.root().join(".claude").join(name)
}

/// How the entry names this program: by its name where that leads here, else by its path.
fn program() -> String {
    let here = std::env::current_exe().and_then(|path| path.canonicalize());
    let named = files::on_path("gauntlet").and_then(|path| path.canonicalize().ok());
    match here {
        Ok(here) if named.as_ref() == Some(&here) => "gauntlet".to_owned(),
        Ok(here) => here.to_string_lossy().into_owned(),
        Err(_) => "gauntlet".to_owned(),
    }
}
