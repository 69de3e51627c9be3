//! Our reading of bash against shfmt's, word by word, over real scripts.
//!
//! Without shfmt the comparison is one ignored test that says so. `GAUNTLET_ORACLE_LIST` names a file with the paths of
//! the scripts, one a line; without it, every shell script of the machine is compared. `GAUNTLET_ORACLE_REQUIRED`
//! makes a missing shfmt a failure.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "the oracle is a program of the machine, its scripts are files, and what differs is printed"
)]

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Trial, run};

#[path = "oracle/compare.rs"]
mod compare;
#[path = "oracle/faults.rs"]
mod faults;
#[path = "oracle/scripts.rs"]
mod scripts;
#[path = "oracle/seeds.rs"]
mod seeds;
#[path = "oracle/shfmt.rs"]
mod shfmt;
#[path = "oracle/survey.rs"]
mod survey;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let available =
        Command::new("shfmt").arg("--version").output().is_ok_and(|output| output.status.success());
    let required = std::env::var_os("GAUNTLET_ORACLE_REQUIRED").is_some();
    let list = std::env::var_os("GAUNTLET_ORACLE_LIST");
    if !available && !arguments.list {
        anstream::eprintln!(
            "shfmt is not installed (Debian: apt-get install shfmt): the oracle is not asked"
        );
    }
    let mut tests = seeds::tests(available);
    let name = if available { "the reading is shfmt's" } else { "the reading is shfmt's (needs shfmt)" };
    let survey = Trial::test(name, move || hold(list.as_ref()));
    tests.push(survey.with_ignored_flag(!available && !required));
    run(&arguments, tests).exit_code()
}

fn hold(list: Option<&OsString>) -> Result<(), libtest_mimic::Failed> {
    let paths = match list {
        Some(list) => scripts::listed(list.as_ref())?,
        None => scripts::of_the_machine(),
    };
    let minimum = if list.is_some() { 1 } else { scripts::MINIMUM };
    let tally = survey::survey(&paths);
    let (excused, wrong) = faults::known().divide(tally.differences);
    for difference in &wrong {
        anstream::println!("{difference}");
    }
    let numbers = tally.numbers.to_string();
    anstream::println!("{numbers}: {}; {} excepted", compare::by_kind(&wrong), excused.len());
    if tally.numbers.scripts < minimum {
        return Err(format!("{} scripts were compared, fewer than {minimum}", tally.numbers.scripts).into());
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{} differences", wrong.len()).into()) }
}
