//! The hook: one request on stdin, one decision on stdout. Whatever goes wrong is a denial.
//!
//! A short, plain command is decided in this process: within its bounds neither parser was ever seen to fail, and neither
//! can use up the stack. Everything else is decided by a child of the same binary, which may crash in any way. A watchdog
//! denies where no decision comes in time, and the child never outlives the hook.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{ChildStdout, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
use nix::sys::signal::Signal;

use crate::bash::InProcess;
use crate::guard::{self, Answer, Decision, Malformed, Request};
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

/// The stack that a decision in this process must have.
const LEAST_STACK_BYTES: u64 = 8 << 20;

/// The stack of the thread that only waits.
const WATCH_STACK_BYTES: usize = 64 << 10;

/// Decides on the request on stdin.
pub fn supervise() -> ExitCode {
    let last_word = Arc::new(Mutex::new(false));
    if let Err(error) = watch(Arc::clone(&last_word)) {
        return block(&format!("gauntlet: the guard could not start ({error}): nothing runs until it can"));
    }
    let outcome = catch_unwind(decided);
    // From here on the watchdog is silent.
    let Ok(mut said) = last_word.lock() else { return ExitCode::from(BLOCKED) };
    *said = true;
    match outcome {
        Ok((Decision::Deny, reason)) => block(&reason),
        Ok((decision, reason)) => match std::io::stdout().write_all(contract(decision, &reason).as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(BLOCKED),
        },
        Err(_) => block(FAILED),
    }
}

/// What is told where the guard itself is at fault.
const FAILED: &str = "gauntlet: the guard failed on this command: write it more plainly, or ask the user to run it, and report it as a fault of gauntlet";

/// Denies when the time is over, unless something was said by then.
fn watch(last_word: Arc<Mutex<bool>>) -> std::io::Result<()> {
    let wait = move || {
        thread::sleep(DEADLINE);
        if let Ok(mut said) = last_word.lock()
            && !*said
        {
            *said = true;
            let reason =
                "gauntlet: the guard did not decide in time: split the command, or ask the user to run it";
            let _ = block(reason);
            std::process::exit(i32::from(BLOCKED));
        }
    };
    thread::Builder::new().stack_size(WATCH_STACK_BYTES).spawn(wait).map(|_| ())
}

/// Reads the request and decides, here or in a child.
fn decided() -> (Decision, String) {
    let told = |answer: Answer| (answer.decision, answer.reason);
    let (bytes, request) = match read() {
        Ok(read) => read,
        Err(wrong) => return told(guard::malformed(&wrong)),
    };
    if guard::is_plain(&request) && has_room() {
        match Guarded::load(&folder()) {
            Err(why) => return told(unusable(&why)),
            // Where the cases must be tried first, the child does it.
            Ok(guarded) if guarded.is_vouched() => return told(answer(&guarded, &request)),
            Ok(_) => {}
        }
    }
    by_child(&bytes)
}

/// Whether this process has the stack and the memory that a plain command may take.
fn has_room() -> bool {
    let soft = |resource| getrlimit(resource).map_or(0, |(soft, _)| soft);
    soft(Resource::RLIMIT_STACK) >= LEAST_STACK_BYTES && soft(Resource::RLIMIT_AS) == RLIM_INFINITY
}

/// Starts the child that decides, and answers for it where it cannot.
fn by_child(bytes: &[u8]) -> (Decision, String) {
    let deny = |reason: String| (Decision::Deny, reason);
    let child = Command::new("/proc/self/exe")
        .arg0(NAME)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            return deny(format!("gauntlet: the guard could not start ({error}): nothing runs until it can"));
        }
    };
    let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return deny("gauntlet: the guard could not be read: nothing runs until it can".to_owned());
    };
    // It reads all before it says anything. Where it does not, what it says is no answer.
    let _ = stdin.write_all(bytes);
    drop(stdin);
    let Some(bytes) = read_within(&mut stdout, DEADLINE) else {
        let _ = child.kill();
        let _ = child.wait();
        return deny(
            "gauntlet: the guard did not decide in time: split the command, or ask the user to run it"
                .to_owned(),
        );
    };
    let status = child.wait();
    let code = status.as_ref().ok().and_then(std::process::ExitStatus::code);
    let answer = (code == Some(0)).then(|| relayed(&bytes)).flatten();
    answer.unwrap_or_else(|| {
        let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        deny(format!("{FAILED} ({how})"))
    })
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
    end_with_the_hook();
    let thread = thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(|| catch_unwind(AssertUnwindSafe(answer_in_child)).ok());
    let answer = thread.ok().and_then(|thread| thread.join().ok().flatten());
    let Some(answer) = answer else { return Some(ExitCode::from(3)) };
    let told = serde_json::json!({ "decision": answer.decision.word(), "reason": answer.reason });
    let written = std::io::stdout().write_all(told.to_string().as_bytes());
    Some(if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

/// The child ends with the hook that started it, and in any case when nobody waits for its decision any more.
fn end_with_the_hook() {
    let _ = set_pdeathsig(Signal::SIGKILL);
    let wait = || {
        thread::sleep(DEADLINE);
        std::process::exit(3);
    };
    let _ = thread::Builder::new().stack_size(WATCH_STACK_BYTES).spawn(wait);
}

/// The request on stdin.
fn read() -> Result<(Vec<u8>, Request), Malformed> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().take(MOST_BYTES + 1).read_to_end(&mut bytes);
    if let Err(error) = read {
        return Err(Malformed(format!("it cannot be read ({error})")));
    }
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Malformed(format!("it is longer than {MOST_BYTES} bytes")));
    }
    let request = guard::parse(&bytes)?;
    Ok((bytes, request))
}

fn answer_in_child() -> Answer {
    let request = match read() {
        Ok((_, request)) => request,
        Err(wrong) => return guard::malformed(&wrong),
    };
    let guarded = match Guarded::load(&folder()) {
        Ok(guarded) => guarded,
        Err(why) => return unusable(&why),
    };
    match guarded.vouched(&InProcess::new()) {
        Ok(()) => answer(&guarded, &request),
        Err(why) => unusable(&why),
    }
}

fn answer(guarded: &Guarded, request: &Request) -> Answer {
    let answer = guarded.answer(request, &InProcess::new());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    guarded.remember(request, &answer, (now.as_secs(), now.subsec_nanos()));
    answer
}

fn unusable(why: &str) -> Answer {
    let what = format!("the guard's policy cannot be used: {why}");
    let verdict = guard::Verdict::plain(Decision::Deny, "policy", what, "ask the user to repair it");
    Answer { decision: Decision::Deny, reason: verdict.text(), verdict }
}
