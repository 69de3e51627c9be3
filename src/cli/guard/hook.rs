//! The hook: one request on stdin, one decision on stdout. Whatever goes wrong is a denial.
//!
//! The process that is started only supervises: a child of the same binary reads and decides. A crash of the child, of
//! whatever kind, and a child that does not answer in time are denials too.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::panic::AssertUnwindSafe;
use std::process::{ChildStdout, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::bash::InProcess;
use crate::guard::{self, Answer, Decision, Malformed};
use crate::run::guard::Guarded;

use super::{contract, folder, tell};

/// The name that the deciding child is started under.
const NAME: &str = "gauntlet-guard";

/// How long a decision may take. The hook's own timeout, after which the tool runs, is longer.
const DEADLINE: Duration = Duration::from_secs(10);

/// The longest request.
const MOST_BYTES: u64 = 4 << 20;

/// Stack of the thread that decides: the readers' own limits are far below it.
const STACK_BYTES: usize = 256 << 20;

/// Blocks, whatever the JSON says.
const BLOCKED: u8 = 2;

/// Starts the child that decides and answers for it where it cannot.
pub fn supervise() -> ExitCode {
    let child = Command::new("/proc/self/exe")
        .arg0(NAME)
        .stdin(Stdio::inherit())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            return block(&format!(
                "gauntlet: the guard could not start ({error}): nothing runs until it can"
            ));
        }
    };
    let Some(mut stdout) = child.stdout.take() else {
        return block("gauntlet: the guard could not be read: nothing runs until it can");
    };
    let Some(bytes) = read_within(&mut stdout, DEADLINE) else {
        let _ = child.kill();
        let _ = child.wait();
        return block(
            "gauntlet: the guard did not decide in time: split the command, or ask the user to run it",
        );
    };
    let status = child.wait();
    let code = status.as_ref().ok().and_then(std::process::ExitStatus::code);
    let answer = matches!(code, Some(0 | 2)).then(|| relayed(&bytes)).flatten();
    match answer {
        Some((Decision::Deny, reason)) => block(&reason),
        Some((decision, reason)) if code == Some(0) => {
            match std::io::stdout().write_all(contract(decision, &reason).as_bytes()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::from(BLOCKED),
            }
        }
        _ => {
            let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            block(&format!(
                "gauntlet: the guard failed on this command ({how}): write it more plainly, or ask the user to run it, and report it as a fault of gauntlet"
            ))
        }
    }
}

/// All that the child says, where it has said all in time. What cannot be read ends it: it is then no answer.
fn read_within(stdout: &mut ChildStdout, deadline: Duration) -> Option<Vec<u8>> {
    let end = Instant::now() + deadline;
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let left = end.saturating_duration_since(Instant::now()).as_millis();
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let mut waited = [PollFd::new(stdout.as_fd(), PollFlags::POLLIN)];
        match poll(&mut waited, timeout) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(_) => return Some(Vec::new()),
        }
        match stdout.read(&mut part) {
            Ok(0) => return Some(bytes),
            Ok(count) => bytes.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Some(Vec::new()),
        }
    }
}

/// The child's answer, where it is one.
fn relayed(bytes: &[u8]) -> Option<(Decision, String)> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let decision = Decision::from_word(value.get("decision")?.as_str()?)?;
    Some((decision, value.get("reason")?.as_str()?.to_owned()))
}

/// A denial: JSON, stderr and the exit code that blocks by itself.
fn block(reason: &str) -> ExitCode {
    let _ = std::io::stdout().write_all(contract(Decision::Deny, reason).as_bytes());
    tell(reason);
    ExitCode::from(BLOCKED)
}

/// The hook, and the child's part, where this process is either.
pub fn dispatch() -> Option<ExitCode> {
    let mut words = std::env::args_os();
    let name = words.next()?;
    if name != NAME {
        // The hook itself: it must not wait for the command line's grammar.
        let is_hook = words.next().is_some_and(|verb| verb == "guard") && words.next().is_none();
        let own = name.to_str().is_some_and(|name| name == "gauntlet" || name.ends_with("/gauntlet"));
        return (is_hook && own).then(supervise);
    }
    let thread = thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(|| std::panic::catch_unwind(AssertUnwindSafe(answer)).ok());
    let answer = thread.ok().and_then(|thread| thread.join().ok().flatten());
    let Some(answer) = answer else { return Some(ExitCode::from(3)) };
    let told = serde_json::json!({ "decision": answer.decision.word(), "reason": answer.reason });
    let written = std::io::stdout().write_all(told.to_string().as_bytes());
    Some(if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn answer() -> Answer {
    let mut bytes = Vec::new();
    let read = std::io::stdin().take(MOST_BYTES + 1).read_to_end(&mut bytes);
    if let Err(error) = read {
        return guard::malformed(&Malformed(format!("it cannot be read ({error})")));
    }
    if bytes.len() as u64 > MOST_BYTES {
        return guard::malformed(&Malformed(format!("it is longer than {MOST_BYTES} bytes")));
    }
    let request = match guard::parse(&bytes) {
        Ok(request) => request,
        Err(wrong) => return guard::malformed(&wrong),
    };
    let witness = InProcess::new();
    let unusable = |why: String| {
        let what = format!("the guard's policy cannot be used: {why}");
        let verdict = guard::Verdict::plain(Decision::Deny, "policy", what, "ask the user to repair it");
        Answer { decision: Decision::Deny, reason: verdict.text(), verdict }
    };
    match Guarded::load(&folder()) {
        Err(why) => unusable(why),
        Ok(guarded) => {
            if let Err(why) = guarded.vouched(&witness) {
                return unusable(why);
            }
            let answer = guarded.answer(&request, &witness);
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            guarded.remember(&request, &answer, (now.as_secs(), now.subsec_nanos()));
            answer
        }
    }
}
