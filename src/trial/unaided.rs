//! What the judge goes by where nobody wrote a harness: nothing is declared, so the run itself must show that a script
//! noticed a fault.

use std::fmt::Write as _;

use crate::commands::Tables;
use crate::trial::calls::place;
use crate::trial::claim;
use crate::trial::world::{Answer, Call, Fault};

/// Why exit 0 is right after the fault, where it is: the same call came again and succeeded, and that is no chance. A
/// script that calls the same once more in any case, and nothing that it does not call in the green run, did not notice.
pub(super) fn recovered(fault: &Fault, later: &[Call], green_later: &[Call]) -> Option<String> {
    let again = later
        .iter()
        .find(|call| call.site.argv == fault.site.argv && call.answer != Answer::Fault && call.exit == 0)?;
    let times = |calls: &[Call], argv: &[String]| calls.iter().filter(|call| call.site.argv == argv).count();
    let more = |call: &Call| times(later, &call.site.argv) > times(green_later, &call.site.argv);
    if !later.iter().any(more) {
        return None;
    }
    let mut rest = "; the same call came again".to_owned();
    if again.site.at != fault.site.at {
        let _ = write!(rest, " at {}", place(&again.site));
    }
    rest.push_str(" and succeeded, exit 0");
    Some(rest)
}

/// What claims success although the script ended with a failure.
///
/// Who says what failed may well say that other things are fine: only a claim that nothing takes back counts.
pub(super) fn claim(stdout: &str, stderr: &str) -> Option<String> {
    let found = claim::claim(None, stdout).or_else(|| claim::claim(None, stderr))?;
    let closing = |text: &str| {
        text.lines().rev().find(|line| !line.trim().is_empty()).is_some_and(|line| line.trim() == found)
    };
    let denied = claim::denies(stdout) || claim::denies(stderr);
    let whole = claim::claims_the_whole(found);
    (!denied || whole && closing(stdout)).then(|| found.to_owned())
}

/// Whether the call tells somebody something, and changes nothing else.
pub(super) fn notifies(call: &Call) -> bool {
    let notices = Tables::builtin().notices();
    notices.notifies(call.program())
        || matches!(call.program(), "curl" | "wget") && call.argv.iter().any(|word| notices.is_hook(word))
}
